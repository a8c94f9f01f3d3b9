"""What leaders took for lost or for kept for good, as the API tells of it."""

from __future__ import annotations

from rest_framework import serializers

from vks_plugin.custody.handing import SETTLEMENTS
from vks_plugin.custody.queries.hand_overs import PieceTold


class SettledPieceSerializer(serializers.Serializer[PieceTold]):
    """A volume or exhibit that a leader took for lost, or for kept for good."""

    piece = serializers.CharField(source="piece.piece", help_text="`volume` or `exhibit`.")
    number = serializers.IntegerField(source="piece.number", help_text="Of the volume; of an exhibit its id.")
    called = serializers.CharField(help_text="Of an exhibit quantity and seal, and its name for who may know that.")
    outcome = serializers.CharField(
        source="piece.outcome", help_text=f"Of {', '.join(f'`{each}`' for each in SETTLEMENTS)}."
    )
    at = serializers.DateTimeField(source="piece.at")
    by = serializers.CharField(source="piece.by", help_text="Name of the leader who said so.")
    reason = serializers.CharField(source="piece.reason", help_text="Empty once the file was disposed of.")
    found_at = serializers.DateTimeField(
        source="piece.found_at", allow_null=True, help_text="When it was found after all; null: it was not."
    )
    found_by = serializers.CharField(source="piece.found_by", help_text="Name of who recorded it.")
    found_where = serializers.CharField(
        source="piece.found_where", help_text="Where it turned up; empty once the file was disposed of."
    )
    hand_over = serializers.IntegerField(source="piece.hand_over.pk", help_text="The one it was missing from.")
