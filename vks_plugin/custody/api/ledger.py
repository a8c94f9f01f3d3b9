"""Reading the ledger through the API: that of a case, that of the province, its signed heads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers
from rest_framework.response import Response

from vks_plugin.access.api import CASE_CODE, OfCaseViewSet
from vks_plugin.access.policy import Level
from vks_plugin.custody.models import LedgerCheckpoint, LedgerEntry
from vks_plugin.custody.queries import checkpoints_for, of_case, of_province, reads_reasons
from vks_plugin.custody.words import Said, in_words
from vks_plugin.rest import ApiViewSet, refusals

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request

_ACT = OpenApiParameter("act", str, description="Only entries of this act, such as `document_filed`.")


class LedgerActorSerializer(serializers.Serializer[Any]):
    """Who acted, by the name, office and role of that moment."""

    id = serializers.IntegerField(allow_null=True, help_text="Account in the host; null: a worker or a command.")
    name = serializers.CharField()
    unit = serializers.CharField(allow_null=True, help_text="Code of the office.")
    role = serializers.CharField(allow_null=True)


class LedgerValueSerializer(serializers.Serializer[Any]):
    """A field of an entry."""

    name = serializers.CharField()
    label = serializers.CharField(help_text="What it is called, in words.")  # type: ignore[assignment]  # so named in the answer
    value = serializers.JSONField(help_text="As it is recorded.")
    text = serializers.CharField(help_text="As people read it.")


class LedgerEntrySerializer(serializers.Serializer[LedgerEntry]):
    """One act. Entries are added and never changed."""

    seq = serializers.IntegerField(help_text="Number in its chain, from 0.")
    at = serializers.DateTimeField()
    act = serializers.CharField(source="kind", help_text="Such as `case_transferred`; the manual lists them.")
    label = serializers.SerializerMethodField(help_text="The act in words.")  # type: ignore[assignment]  # so named in the answer
    actor = serializers.SerializerMethodField()
    values = serializers.SerializerMethodField()
    withheld = serializers.SerializerMethodField(help_text="Whether something in it is not for the asker.")
    hash = serializers.SerializerMethodField(help_text="SHA-256 that the next entry names, in hexadecimal.")
    covered = serializers.SerializerMethodField(help_text="Whether a signed head covers it.")

    def _said(self, entry: LedgerEntry) -> Said:
        said: Said = self.context["said"][entry.pk]
        return said

    def get_label(self, entry: LedgerEntry) -> str:
        """Return the act in words."""
        return self._said(entry).label

    @extend_schema_field(LedgerActorSerializer())
    def get_actor(self, entry: LedgerEntry) -> Any:
        """Return who acted."""
        return entry.said["actor"]

    @extend_schema_field(LedgerValueSerializer(many=True))
    def get_values(self, entry: LedgerEntry) -> Any:
        """Return what the asker may read of it."""
        return [value._asdict() for value in self._said(entry).values]

    def get_withheld(self, entry: LedgerEntry) -> bool:
        """Tell whether something is left out."""
        return self._said(entry).withheld

    def get_hash(self, entry: LedgerEntry) -> str:
        """Return the hash."""
        return bytes(entry.hash).hex()

    def get_covered(self, entry: LedgerEntry) -> bool:
        """Tell whether it is signed."""
        return self._said(entry).covered


class _LedgerViewSet(OfCaseViewSet):
    queryset: QuerySet[Any] = LedgerEntry.objects.none()
    serializer_class = LedgerEntrySerializer

    def answer(self, rows: QuerySet[LedgerEntry], *, leads: bool, internal: bool) -> Response:
        """Answer with a page of entries, the newest first."""
        act = self.request.query_params.get("act")
        chosen = rows.filter(kind=act) if act else rows
        return self.page(
            chosen.order_by("-seq"),
            lambda shown: {"said": {each.entry.pk: each for each in in_words(shown, leads=leads, internal=internal)}},
        )


@extend_schema(parameters=[CASE_CODE])
@extend_schema_view(
    list=extend_schema(
        summary="Custody ledger of a case",
        description="Every act that moved the case, opened it or added to it, the newest first. For those who may read the "
        "case; reasons of temporary access for leaders of its office and the one above. Read-only.",
        parameters=[_ACT],
        responses={200: LedgerEntrySerializer, **refusals(403, 404)},
    ),
)
class CaseLedgerViewSet(_LedgerViewSet):
    """Custody ledger of a case."""

    def list(self, _request: Request, **_kwargs: str) -> Response:
        """Answer with a page of it."""
        view = self.case_view()
        return self.answer(
            of_case(self.actor, view.case.code),
            leads=reads_reasons(self.actor, view.case),
            internal=view.internal.level >= Level.VIEW,
        )


@extend_schema_view(
    list=extend_schema(
        summary="Ledger of the province",
        description="What concerns no single case: posts, restructuring, lists handed out, keys. For leaders of the province.",
        parameters=[_ACT],
        responses={200: LedgerEntrySerializer, **refusals(403)},
    ),
)
class LedgerViewSet(_LedgerViewSet):
    """Ledger of the province."""

    def list(self, _request: Request) -> Response:
        """Answer with a page of it."""
        return self.answer(of_province(self.actor), leads=True, internal=True)


class LedgerCheckpointSerializer(serializers.Serializer[LedgerCheckpoint]):
    """A signed head of the ledger."""

    size = serializers.IntegerField(help_text="Entries it covers.")
    root = serializers.SerializerMethodField(  # type: ignore[assignment]  # so named in the answer
        help_text="Head of the tree over them (RFC 6962), in hexadecimal."
    )
    note = serializers.CharField(help_text="The C2SP signed note.")
    made_at = serializers.DateTimeField()

    def get_root(self, checkpoint: LedgerCheckpoint) -> str:
        """Return the head of the tree."""
        return bytes(checkpoint.root).hex()


@extend_schema_view(
    list=extend_schema(
        summary="Signed heads of the ledger",
        description="The newest first, to be kept outside of the server. For leaders of the province.",
        responses={200: LedgerCheckpointSerializer, **refusals(403)},
    ),
)
class LedgerCheckpointViewSet(ApiViewSet):
    """Signed heads of the ledger."""

    queryset: QuerySet[Any] = LedgerCheckpoint.objects.none()
    serializer_class = LedgerCheckpointSerializer

    def list(self, _request: Request) -> Response:
        """Answer with a page of them."""
        return self.page(checkpoints_for(self.actor))
