"""A case in the list that is drawn up of several, when they are handed to the archive and when they are disposed of."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from django.db.models import Model
from rest_framework import serializers

_Row = TypeVar("_Row", bound=Model)


class ListedCaseSerializer(serializers.Serializer[_Row], Generic[_Row]):
    """What both lists tell of a `case`; in the context `known` holds the keys of those the asker may know of, `exhibits` what did
    not come along with each, `settled` what nobody waits for any more."""

    case = serializers.CharField(source="case.code")
    name = serializers.SerializerMethodField(help_text="Empty for who may not know of the case.")
    retention = serializers.CharField(help_text="How long it is kept, in words, as it was that day.")
    documents = serializers.IntegerField()
    pages = serializers.IntegerField()
    exhibits_outstanding = serializers.SerializerMethodField(
        help_text="Exhibits that did not come along with the file, by quantity and seal with who has them; of what is done, as "
        "it was then. Empty for who may not know of the case."
    )

    pieces_settled = serializers.SerializerMethodField(
        help_text="Volumes and exhibits that a leader took for lost or for kept for good, each with who said so and why; of what "
        "is done, as it was then. Empty for who may not know of the case."
    )

    def get_name(self, row: Any) -> str:
        """Return the name, to who may know of the case."""
        return str(row.case.name) if row.case_id in self.context["known"] else ""

    def get_exhibits_outstanding(self, row: Any) -> list[str]:
        """Return the words, to who may know of the case."""
        told: dict[int, list[str]] = self.context["exhibits"]
        return told.get(row.case_id, []) if row.case_id in self.context["known"] else []

    def get_pieces_settled(self, row: Any) -> list[str]:
        """Return the words, to who may know of the case."""
        told: dict[int, list[str]] = self.context["settled"]
        return told.get(row.case_id, []) if row.case_id in self.context["known"] else []
