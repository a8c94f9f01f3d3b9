"""What the API tells of everything that somebody asked for and a worker makes."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from vks_plugin.rest import PersonSerializer


class MadeSerializer(serializers.Serializer[Any]):
    """Something that a worker makes; each kind has its own statuses."""

    id = serializers.UUIDField()
    progress = serializers.IntegerField(help_text="Pages finished so far.")
    total = serializers.IntegerField(help_text="Pages there are to be done.")
    error = serializers.CharField(help_text="Why it failed, in a sentence.")
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    requested_by = PersonSerializer()
