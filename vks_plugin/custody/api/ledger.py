"""Reading the ledger through the API: that of a case, that of the province, its signed heads."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_field,
    extend_schema_view,
)
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from vks_plugin.access.api import CASE_CODE, OfCaseViewSet
from vks_plugin.custody.actions import begin_heads, record_restored
from vks_plugin.custody.actions.ledger import write_extract
from vks_plugin.custody.models import LedgerCheckpoint, LedgerEntry
from vks_plugin.custody.printed import verifier, write_checkpoint
from vks_plugin.custody.queries import (
    checkpoints_for,
    last_checkpoint,
    log_size,
    lost_heads,
    of_case,
    of_province,
    require_province,
    seen_fork,
)
from vks_plugin.custody.queries.key_changes import keys_handed_out
from vks_plugin.custody.queries.ledger import case_of_extract, checkpoint_for, continuation_for, proof_for
from vks_plugin.custody.words import WHOLE, Reader, Said, in_words, reader_of
from vks_plugin.errors import BadInput
from vks_plugin.rest import NUMBER, ApiViewSet, ComposedField, InputSerializer, files, refusals

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpResponse
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
    at = serializers.DateTimeField(source="stated")
    act = serializers.CharField(source="said.kind", help_text="Such as `case_transferred`; the manual lists them.")
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


class ProofSerializer(serializers.Serializer[Any]):
    """What shows that an entry is in the signed log."""

    entry = serializers.CharField(help_text="Its line: canonical JSON (RFC 8785).")
    leaf = serializers.IntegerField(help_text="Its place in the log, from 0.")
    path = serializers.ListField(
        child=serializers.CharField(), help_text="Hashes up to the head (RFC 6962), hexadecimal."
    )
    checkpoint = serializers.CharField(help_text="The C2SP signed note of the head.")
    keys = serializers.ListField(child=serializers.CharField(), help_text="Every key that signs or once signed.")


class _LedgerViewSet(OfCaseViewSet):
    queryset: QuerySet[Any] = LedgerEntry.objects.none()
    serializer_class = LedgerEntrySerializer

    def answer(self, rows: QuerySet[LedgerEntry], reader: Reader) -> Response:
        """Answer with a page of entries, the newest first."""
        act = self.request.query_params.get("act")
        chosen = rows.filter(kind=act) if act else rows
        return self.page(
            chosen.order_by("-seq"),
            lambda shown: {"said": {each.entry.pk: each for each in in_words(shown, reader)}},
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

    lookup_value_regex = NUMBER
    lookup_url_kwarg = "seq"

    @extend_schema(
        summary="What shows somebody outside that an entry is in the signed log",
        description="As the verifier that comes with an export reads it. For those who may read the entry.",
        parameters=[OpenApiParameter("seq", int, OpenApiParameter.PATH, description="Number of the entry, from 0.")],
        responses={200: ProofSerializer, **refusals(403, 404, 409)},
    )
    @action(detail=True, methods=["get"], pagination_class=None)
    def proof(self, _request: Request, seq: str, **kwargs: str) -> Response:
        """Answer with the proof."""
        return Response(ProofSerializer(proof_for(self.actor, kwargs["code"], int(seq)).as_data()).data)

    @extend_schema(
        summary="Extract of the ledger of a case",
        description="A ZIP with every entry, its proof, the signed head that says where the ledger of the case ends, and the "
        "program that checks it; no hidden value is opened. For leaders of its office and the one above who read both parts; "
        "the access log has it.",
        responses={
            (200, "application/zip"): OpenApiResponse(OpenApiTypes.BINARY, description="The extract."),
            **refusals(403, 404, 503),
        },
    )
    @action(detail=False, methods=["get"], pagination_class=None)
    def export(self, _request: Request, **kwargs: str) -> HttpResponse:
        """Answer with the extract."""
        return write_extract(case_of_extract(self.actor, kwargs["code"])).as_answer()

    def list(self, _request: Request, **_kwargs: str) -> Response:
        """Answer with a page of it."""
        view = self.case_view()
        return self.answer(of_case(self.actor, view.case.code), reader_of(self.actor, view))


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


class ForkSerializer(serializers.Serializer[Any]):
    """The ledger does not go on from a head that was signed."""

    seen = serializers.CharField(
        source="key", help_text="To be sent with the answer: nobody answers for more than was shown."
    )
    sentence = serializers.CharField()
    agreed_entries = serializers.IntegerField(source="agreed", help_text="Entries both have in common.")
    head_entries = serializers.IntegerField(
        source="newest.size", help_text="Entries of the newest head that is remembered."
    )
    head_root = serializers.SerializerMethodField(help_text="Its root, in hexadecimal.")
    head_at = serializers.CharField(source="newest.at", help_text="When it was signed; empty: it does not say.")

    def get_head_root(self, found: Any) -> str:
        """Return the root."""
        root: bytes = found.newest.root
        return root.hex()


class HeadsLostSerializer(serializers.Serializer[Any]):
    """The file of signed heads outside of the database is gone."""

    seen = serializers.CharField(
        source="key", help_text="To be sent with the answer: nobody answers for another database."
    )
    size = serializers.IntegerField(help_text="Entries the newest head of the database covers; 0: it has none.")
    made_at = serializers.DateTimeField(allow_null=True)


class LedgerStandingSerializer(serializers.Serializer[Any]):
    """Whether the ledger goes on from what was signed."""

    entries = serializers.IntegerField(help_text="In the log of the province.")
    newest = LedgerCheckpointSerializer(allow_null=True, help_text="The newest signed head.")
    keys = serializers.ListField(
        child=serializers.CharField(), help_text="Every key that signs or once signed, public."
    )
    forked = ForkSerializer(allow_null=True, help_text="Nothing more is signed until a leader answers (`restored`).")
    heads_lost = HeadsLostSerializer(
        allow_null=True, help_text="Nothing more is signed until a leader answers (`heads`)."
    )


class LedgerAnswerSerializer(InputSerializer):
    """What a leader answers for, and why."""

    seen = serializers.CharField(max_length=120, help_text="As the standing told it.")
    reason = ComposedField(max_length=500)


class HeadsBegunSerializer(serializers.Serializer[Any]):
    """The file was begun anew."""

    heads = serializers.IntegerField(help_text="Signed heads in it.")


class ContinuationSerializer(serializers.Serializer[Any]):
    """What shows that a later signed head only added to an earlier one (RFC 9162, 2.1.4)."""

    to = serializers.CharField(help_text="The signed note of the later one.")
    path = serializers.ListField(child=serializers.CharField(), help_text="Hashes, in hexadecimal.")
    keys = serializers.ListField(child=serializers.CharField(), help_text="Every key that signs or once signed.")

    def get_fields(self) -> dict[str, Any]:
        """Return the fields; a word of Python names the first."""
        return {"from": serializers.CharField(help_text="The signed note of the earlier one.")} | super().get_fields()


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
        return self.answer(of_province(self.actor), WHOLE)

    @extend_schema(
        summary="Whether the ledger goes on from what was signed",
        description="What the page of the ledger begins with. For leaders of the province.",
        responses={200: LedgerStandingSerializer, **refusals(403)},
    )
    @action(detail=False, methods=["get"], pagination_class=None)
    def standing(self, _request: Request) -> Response:
        """Answer with it."""
        require_province(self.actor)
        told = {
            "entries": log_size(),
            "newest": last_checkpoint(),
            "keys": [str(key) for key in keys_handed_out().own],
            "forked": seen_fork(),
            "heads_lost": lost_heads(),
        }
        return Response(LedgerStandingSerializer(told).data)

    @extend_schema(
        summary="The program that checks exports and proofs",
        description="One file of Python that needs neither a network nor anything installed; it comes with every export. For "
        "everybody.",
        responses={(200, "text/x-python"): OpenApiResponse(OpenApiTypes.BINARY, description="The program.")},
    )
    @action(detail=False, methods=["get"], pagination_class=None, url_path="verifier")
    def program(self, _request: Request) -> HttpResponse:
        """Answer with it."""
        return verifier().as_answer()

    @extend_schema(
        summary="Answer for a database that was put back from a backup",
        description="Heads signed since then are given up, and signing goes on; an entry of the ledger. For leaders of the province.",
        request=LedgerAnswerSerializer,
        responses={201: LedgerEntrySerializer, **refusals(400, 403, 409, 503)},
    )
    @action(detail=False, methods=["post"], pagination_class=None)
    def restored(self, _request: Request) -> Response:
        """Answer for it."""
        require_province(self.actor)
        entry = record_restored(actor=self.actor, **self.given(LedgerAnswerSerializer))
        return self.shown(entry, status=201, said={each.entry.pk: each for each in in_words([entry], WHOLE)})

    @extend_schema(
        summary="Begin a new file of signed heads in the place of one that is lost",
        description="After comparison with paper; an entry of the ledger. For leaders of the province.",
        request=LedgerAnswerSerializer,
        responses={201: HeadsBegunSerializer, **refusals(400, 403, 409, 503)},
    )
    @action(detail=False, methods=["post"], pagination_class=None)
    def heads(self, _request: Request) -> Response:
        """Begin it."""
        require_province(self.actor)
        number = begin_heads(actor=self.actor, **self.given(LedgerAnswerSerializer))
        return Response(HeadsBegunSerializer({"heads": number}).data, status=201)


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

    lookup_value_regex = NUMBER
    lookup_url_kwarg = "size"

    def list(self, _request: Request) -> Response:
        """Answer with a page of them."""
        return self.page(checkpoints_for(self.actor))

    @extend_schema(
        summary="A signed head to print",
        description="With the signed note as text and as a QR code, to be signed and kept outside of the server.",
        parameters=[OpenApiParameter("size", int, OpenApiParameter.PATH, description="Entries it covers.")],
        responses={**files("pdf"), **refusals(403, 404)},
    )
    @action(detail=True, methods=["get"])
    def file(self, _request: Request, size: str) -> HttpResponse:
        """Answer with the paper."""
        return write_checkpoint(checkpoint_for(self.actor, int(size))).as_answer()

    @extend_schema(
        summary="What shows somebody outside that a later head only added to this one",
        description="As the verifier that comes with an export reads it; it tells of no entry. For leaders of the province.",
        parameters=[
            OpenApiParameter("size", int, OpenApiParameter.PATH, description="Entries the earlier head covers."),
            OpenApiParameter("until", int, description="Entries the later one covers; left out: the newest."),
        ],
        responses={200: ContinuationSerializer, **refusals(400, 403, 404, 409)},
    )
    @action(detail=True, methods=["get"], pagination_class=None)
    def continuation(self, request: Request, size: str) -> Response:
        """Answer with the proof."""
        until = request.query_params.get("until", "")
        if until and not re.fullmatch(NUMBER, until):
            raise BadInput(_("Hãy nêu số mục của điểm chốt sau."), field="until")
        found = continuation_for(self.actor, int(size), int(until) if until else None)
        return Response(ContinuationSerializer(found.as_data()).data)
