"""Disposing of files through the API: the steps of the pages, with the same refusals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Count
from django.http import FileResponse, HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from vks_plugin.access.api import CASE_CODE, OfCaseViewSet
from vks_plugin.access.queries import FACTS
from vks_plugin.cases.models import CaseFile
from vks_plugin.custody.api.listed_cases import ListedCaseSerializer
from vks_plugin.custody.api.retention import DueCaseSerializer, exhibits_of
from vks_plugin.custody.queries.hand_overs import settled_in_words
from vks_plugin.custody.queries.retention import Standing
from vks_plugin.custody.states import DISPOSAL
from vks_plugin.disposal import actions, papers
from vks_plugin.disposal.models import DestructionBatch, DestructionItem, Tombstone
from vks_plugin.disposal.queries import (
    batch_for,
    batches_for,
    exhibits_left,
    known_items,
    lapsed_cases,
    obstacles,
    pieces_settled,
    record_for,
    tombstone_of,
)
from vks_plugin.errors import NotFound
from vks_plugin.rest import (
    FORMAT,
    NUMBER,
    ApiViewSet,
    ComposedField,
    FormatIsOurs,
    HandsOutFiles,
    InputSerializer,
    PersonSerializer,
    files,
    handed_out,
    refusals,
)

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request

_ID = OpenApiParameter("id", int, OpenApiParameter.PATH)
_STATES = ", ".join(f"`{value}`" for value, _label in DISPOSAL.states)


class DestructionItemSerializer(ListedCaseSerializer[DestructionItem]):
    """A case in a disposal."""

    kept_until = serializers.DateField()
    finished_at = serializers.DateTimeField(allow_null=True, help_text="When all of it was gone.")
    error = serializers.CharField(help_text="Why it is still there.")
    against = serializers.SerializerMethodField(
        help_text="Why it may not be disposed of as things stand; empty: it may, or the asker may not know of the case."
    )

    def get_against(self, row: DestructionItem) -> str:
        """Return the words, to who may know of the case."""
        told: dict[int, str] = self.context.get("against", {})
        return told.get(row.case_id, "") if row.case_id in self.context["known"] else ""


class LapsedCaseSerializer(DueCaseSerializer):
    """An archived case whose period of keeping is over."""

    against = serializers.SerializerMethodField(help_text="Why its file may not be disposed of yet; empty: it may.")

    def get_against(self, found: Standing) -> str:
        """Return the words."""
        told: dict[int, str] = self.context["against"]
        return told.get(found.case.pk, "")


class RowSerializer(serializers.Serializer[Any]):
    """A row of a list in a tombstone; its fields are in the order in which the row has them."""

    def to_representation(self, row: Any) -> dict[str, Any]:
        """Return it by the names of its fields."""
        return dict(super().to_representation(dict(zip(self.fields, row, strict=True))))


class LeftTypeSerializer(RowSerializer):
    """How much there was of a type of document."""

    type = serializers.CharField(help_text="Code of the catalogue; empty: nobody said.")
    part = serializers.CharField()
    documents = serializers.IntegerField()
    pages = serializers.IntegerField()


class LeftVersionSerializer(RowSerializer):
    """A file of a document that is gone."""

    version = serializers.CharField(help_text="Its id in the host; of a video its number.")
    role = serializers.CharField(help_text="`original`, `archive` or `video`.")
    sha256 = serializers.CharField()


class LeftFileSerializer(RowSerializer):
    """A document that is gone."""

    document = serializers.IntegerField(help_text="What its id in the host was.")
    part = serializers.CharField()
    type = serializers.CharField()
    pages = serializers.IntegerField(allow_null=True)
    sha256 = serializers.CharField(help_text="Of the file as it was filed.")
    files = LeftVersionSerializer(many=True, help_text="All its files, and the videos kept with it.")


class LeftDecisionSerializer(RowSerializer):
    """What somebody did about it."""

    account = serializers.IntegerField()
    name = serializers.CharField()
    act = serializers.CharField(help_text="`drafted`, `first`, `second`, `recorded`, `executed`.")
    at = serializers.DateTimeField()


class TombstoneSerializer(serializers.Serializer[Tombstone]):
    """What is left of a file that was disposed of; it names those who decided, and nobody else."""

    code = serializers.CharField()
    kind = serializers.CharField()
    unit = serializers.CharField(source="unit_code")
    unit_name = serializers.CharField(help_text="As it was called then.")
    disposal = serializers.IntegerField(source="batch_id")
    record_number = serializers.IntegerField()
    record_year = serializers.IntegerField()
    record_sha256 = serializers.CharField(help_text="Of the signed record.")
    retention = serializers.CharField(help_text="How long it was kept, in words.")
    finished_on = serializers.DateField()
    kept_until = serializers.DateField()
    destroyed_at = serializers.DateTimeField()
    documents = serializers.IntegerField()
    pages = serializers.IntegerField()
    folios = serializers.IntegerField()
    volumes = serializers.IntegerField()
    digest = serializers.CharField(help_text="SHA-256 over a line `ID SHA256` for each document, as in the ledger.")
    types = LeftTypeSerializer(many=True)
    files = LeftFileSerializer(many=True)
    decided = LeftDecisionSerializer(many=True)
    pieces_settled = serializers.SerializerMethodField(
        help_text="Volumes and exhibits that a leader had taken for lost or for kept for good, each with who said so."
    )

    def get_pieces_settled(self, stone: Tombstone) -> list[str]:
        """Return the words."""
        return settled_in_words([stone.case_id], stone.destroyed_at).get(stone.case_id, [])


class DestructionBatchSerializer(serializers.Serializer[DestructionBatch]):
    """Files of an office that are disposed of together."""

    id = serializers.IntegerField()
    unit = serializers.CharField(source="unit.code")
    state = serializers.CharField(help_text=f"Of {_STATES}.")
    reason = serializers.CharField()
    number = serializers.IntegerField(allow_null=True, help_text="Of the record; given with the second approval.")
    year = serializers.IntegerField(allow_null=True)
    drafted_by = PersonSerializer()
    drafted_at = serializers.DateTimeField()
    first_by = PersonSerializer(allow_null=True)
    first_at = serializers.DateTimeField(allow_null=True)
    second_by = PersonSerializer(allow_null=True)
    second_at = serializers.DateTimeField(allow_null=True)
    ended_by = PersonSerializer(allow_null=True, help_text="Who denied it, or called it off.")
    ended_at = serializers.DateTimeField(allow_null=True)
    end_reason = serializers.CharField()
    record_sha256 = serializers.CharField(help_text="Of the signed record; empty: none is attached.")
    executed_by = PersonSerializer(allow_null=True)
    executed_at = serializers.DateTimeField(allow_null=True)
    error = serializers.CharField()


class DestructionBatchListSerializer(DestructionBatchSerializer):
    """A disposal in a list."""

    cases = serializers.IntegerField(help_text="How many.")


class DestructionBatchDetailSerializer(DestructionBatchSerializer):
    """A disposal with its cases."""

    items = serializers.SerializerMethodField()

    def get_items(self, row: DestructionBatch) -> list[dict[str, Any]]:
        """Return the cases."""
        rows = row.items.select_related("case").order_by("case_id")
        return [dict(DestructionItemSerializer(each, context=self.context).data) for each in rows]


class DraftDisposalSerializer(InputSerializer):
    """Which files, and why they are worth keeping no longer."""

    cases = serializers.ListField(
        child=serializers.CharField(max_length=60),
        min_length=1,
        max_length=actions.MOST_CASES,
        help_text="Codes, of one office.",
    )
    reason = ComposedField(max_length=1000)


class DisposalReasonSerializer(InputSerializer):
    """Why it is denied, or called off."""

    reason = ComposedField(max_length=500)


class SignedRecordSerializer(InputSerializer):
    """The signed record."""

    file = serializers.FileField(allow_empty_file=True, help_text="A PDF.")


_WRITES: dict[str, Any] = {"parameters": [_ID], "request": None}


@extend_schema_view(
    list=extend_schema(
        summary="Cases whose period of keeping is over",
        description="In the archives of offices whose archivist the asker is, the longest finished first, at most 200: what is "
        "disposed of makes room for the next. For everybody else there are none.",
        responses={200: LapsedCaseSerializer},
    ),
)
class LapsedCaseViewSet(ApiViewSet):
    """Archived cases whose period of keeping is over."""

    queryset: QuerySet[Any] = CaseFile.objects.none()
    serializer_class = LapsedCaseSerializer

    def list(self, _request: Request) -> Response:
        """Answer with a page of them."""
        rows: Any = lapsed_cases(self.actor)
        return self.page(
            rows,
            lambda some: {"against": obstacles([each.case for each in some])} | exhibits_of(some),
        )


@extend_schema(parameters=[CASE_CODE])
@extend_schema_view(
    list=extend_schema(
        summary="What is left of a file that was disposed of",
        description="For who may know of the case.",
        responses={200: TombstoneSerializer, **refusals(404)},
    ),
)
class CaseTombstoneViewSet(OfCaseViewSet):
    """The tombstone of a case."""

    queryset: QuerySet[Any] = Tombstone.objects.none()
    serializer_class = TombstoneSerializer
    pagination_class = None

    def list(self, _request: Request, **_kwargs: str) -> Response:
        """Answer with it."""
        stone = tombstone_of(self.case_view().case)
        if stone is None:
            raise NotFound(_("Hồ sơ của vụ án này chưa bị tiêu hủy."))
        return self.shown(stone)


@extend_schema_view(
    list=extend_schema(
        summary="Disposals",
        description="Of offices whose archivist or leader the asker is, or which the asker leads from above; the newest first.",
        responses={200: DestructionBatchListSerializer},
    ),
    retrieve=extend_schema(
        summary="One disposal", parameters=[_ID], responses={200: DestructionBatchDetailSerializer, **refusals(404)}
    ),
    create=extend_schema(
        summary="Draft a disposal",
        description="For archivists of the office, of archived files whose period is determined and over and that nothing holds.",
        request=DraftDisposalSerializer,
        responses={201: DestructionBatchDetailSerializer, **refusals(400, 403, 404, 409)},
    ),
)
class DisposalViewSet(HandsOutFiles, ApiViewSet):
    """Disposals."""

    queryset: QuerySet[Any] = DestructionBatch.objects.none()
    serializer_class: Any = DestructionBatchDetailSerializer
    content_negotiation_class = FormatIsOurs
    lookup_value_regex = NUMBER

    def get_serializer_class(self) -> Any:
        """Return what a row of the list, or one of them, is shown as."""
        return DestructionBatchListSerializer if self.action == "list" else DestructionBatchDetailSerializer

    def list(self, _request: Request) -> Response:
        """Answer with a page of them."""
        return self.page(batches_for(self.actor).annotate(cases=Count("items")))

    def retrieve(self, _request: Request, pk: str) -> Response:
        """Answer with one."""
        return self._told(int(pk))

    def create(self, _request: Request) -> Response:
        """Draft one."""
        given = self.given(DraftDisposalSerializer)
        row = actions.draft(actor=self.actor, codes=given["cases"], reason=given["reason"])
        return self._told(row.pk, status=201)

    def _told(self, pk: int, *, status: int = 200) -> Response:
        row = batch_for(self.actor, pk)
        against: dict[int, str] = {}
        if row.state in DISPOSAL.open:
            waiting = row.items.filter(erased_at__isnull=True).values("case_id")
            against = obstacles(CaseFile.objects.select_related(*FACTS).filter(pk__in=waiting), batch=row)
        known, exhibits = known_items(self.actor, row), exhibits_left(row)
        return self.shown(
            row, status=status, known=known, against=against, exhibits=exhibits, settled=pieces_settled(row)
        )

    def _does(self, does: Any, pk: str, **more: Any) -> Response:
        does(actor=self.actor, pk=int(pk), **more)
        return self._told(int(pk))

    def _reason(self, pk: str) -> str:
        # who may not know of it is told so, whatever was written
        batch_for(self.actor, int(pk))
        return str(self.given(DisposalReasonSerializer)["reason"])

    @extend_schema(
        summary="Submit a draft",
        **_WRITES,
        responses={200: DestructionBatchDetailSerializer, **refusals(403, 404, 409)},
    )
    @action(detail=True, methods=["post"])
    def submit(self, _request: Request, pk: str) -> Response:
        """Submit it."""
        return self._does(actions.submit, pk)

    @extend_schema(
        summary="Approve a disposal",
        description="First a leader of the office, then the chief of the province; two people, and neither who drafted it.",
        **_WRITES,
        responses={200: DestructionBatchDetailSerializer, **refusals(403, 404, 409)},
    )
    @action(detail=True, methods=["post"])
    def approve(self, _request: Request, pk: str) -> Response:
        """Approve it."""
        return self._does(actions.approve, pk)

    @extend_schema(
        summary="Deny a disposal",
        parameters=[_ID],
        request=DisposalReasonSerializer,
        responses={200: DestructionBatchDetailSerializer, **refusals(400, 403, 404, 409)},
    )
    @action(detail=True, methods=["post"])
    def deny(self, _request: Request, pk: str) -> Response:
        """Deny it."""
        return self._does(actions.deny, pk, reason=self._reason(pk))

    @extend_schema(
        summary="Call a disposal off",
        parameters=[_ID],
        request=DisposalReasonSerializer,
        responses={200: DestructionBatchDetailSerializer, **refusals(400, 403, 404, 409)},
    )
    @action(detail=True, methods=["post"])
    def cancel(self, _request: Request, pk: str) -> Response:
        """Call it off."""
        return self._does(actions.cancel, pk, reason=self._reason(pk))

    @extend_schema(
        summary="Attach the signed record",
        parameters=[_ID],
        request={"multipart/form-data": SignedRecordSerializer},
        responses={200: DestructionBatchDetailSerializer, **refusals(400, 403, 404, 409, 413)},
    )
    @action(detail=True, methods=["post"])
    def attach(self, _request: Request, pk: str) -> Response:
        """Attach it."""
        batch_for(self.actor, int(pk))
        file = self.given(SignedRecordSerializer)["file"]
        return self._does(actions.attach_record, pk, file=file, filename=file.name or "")

    @extend_schema(
        summary="Carry a disposal out, or go on with it",
        description="A worker does it. There is no way back.",
        **_WRITES,
        responses={200: DestructionBatchDetailSerializer, **refusals(403, 404, 409, 503)},
    )
    @action(detail=True, methods=["post"])
    def execute(self, _request: Request, pk: str) -> Response:
        """Have it carried out."""
        return self._does(actions.execute, pk)

    @extend_schema(
        summary="End a disposal, leaving what is still there",
        **_WRITES,
        responses={200: DestructionBatchDetailSerializer, **refusals(403, 404, 409)},
    )
    @action(detail=True, methods=["post"])
    def close(self, _request: Request, pk: str) -> Response:
        """End it."""
        return self._does(actions.close, pk)

    @extend_schema(
        summary="The signed record",
        description="For who may know of every case in it.",
        parameters=[_ID],
        responses={
            (200, "application/pdf"): OpenApiResponse(OpenApiTypes.BINARY, description="The file."),
            **refusals(404),
        },
    )
    @action(detail=True, methods=["get"])
    def record(self, _request: Request, pk: str) -> FileResponse:
        """Answer with the file."""
        row = record_for(self.actor, int(pk))
        named = f'attachment; filename="bien-ban-tieu-huy-{row.pk}.pdf"'
        return handed_out(row.record_path.open("rb"), "application/pdf", named)

    @extend_schema(
        summary="List or record of a disposal as a file",
        description="For who may know of every case in it; `outcome`, once it was carried out.",
        parameters=[
            _ID,
            OpenApiParameter("what", str, OpenApiParameter.PATH, enum=tuple(papers.PAPERS)),
            FORMAT,
        ],
        responses={**files(), **refusals(400, 404, 409)},
    )
    @action(detail=True, methods=["get"], url_path=r"papers/(?P<what>[^/.]+)")
    def paper(self, request: Request, pk: str, what: str) -> HttpResponse:
        """Answer with the paper."""
        chosen = request.query_params.get("format", "pdf")
        return papers.paper_for(self.actor, int(pk), what, chosen).as_answer()
