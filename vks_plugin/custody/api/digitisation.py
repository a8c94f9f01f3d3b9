"""Digitisation through the API: batches of a case, what is done in them, their seals, and the board of all."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.utils import timezone
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
from vks_plugin.access.policy import Level
from vks_plugin.access.queries import require
from vks_plugin.cases.models import CaseDocument
from vks_plugin.custody import actions, queries
from vks_plugin.custody.models import DigitisationBatch
from vks_plugin.custody.seal_record import write_record
from vks_plugin.custody.signing import SUFFIX, detached, office_key
from vks_plugin.custody.states import ALL_OF_THEM, SIGNED_IN
from vks_plugin.errors import BadInput, Conflict, NotFound
from vks_plugin.printing import Printed
from vks_plugin.rest import (
    FORMAT,
    NUMBER,
    ApiViewSet,
    ComposedField,
    FormatIsOurs,
    InputSerializer,
    PersonSerializer,
    day_asked,
    files,
    refusals,
)

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request

_UNIT = OpenApiParameter("unit", str, description="Code of the office: only its cases.")
_PK = OpenApiParameter("pk", int, OpenApiParameter.PATH, description="Id of the batch.")


class BatchStepSerializer(serializers.Serializer[Any]):
    """Somebody did a step."""

    step = serializers.CharField(help_text="Such as `quet`; the manual lists them.")
    label = serializers.CharField(source="get_step_display", help_text="The step in words.")  # type: ignore[assignment]  # so named in the answer
    done_at = serializers.DateTimeField()
    done_by = PersonSerializer()
    pages = serializers.IntegerField(allow_null=True)
    note = serializers.CharField()


class BatchFindingSerializer(serializers.Serializer[Any]):
    """A fault that somebody found."""

    id = serializers.IntegerField()
    document = serializers.IntegerField(source="case_document.document_id", help_text="Id in the host.")
    page = serializers.IntegerField(allow_null=True)
    kind = serializers.CharField()
    note = serializers.CharField()
    found_at = serializers.DateTimeField()
    found_by = PersonSerializer()
    resolved_at = serializers.DateTimeField(allow_null=True)


class ObstacleSerializer(serializers.Serializer[Any]):
    """Something that stands in the way of a seal."""

    sentence = serializers.CharField()
    things = serializers.ListField(child=serializers.CharField(), help_text="What it is about, by name.")


class PageCountSerializer(serializers.Serializer[queries.PageCount]):
    """How many pages were noted down on the way, and how many are filed."""

    received = serializers.IntegerField(help_text="When the paper was taken in; 0: nobody counted.")
    scanned = serializers.IntegerField(help_text="Before the quality was first checked.")
    filed = serializers.IntegerField()
    is_short = serializers.BooleanField(
        help_text="Fewer are filed than were noted down: to let it pass takes a reason."
    )
    missing = serializers.ListField(child=serializers.CharField(), help_text="What is missing, in words.")


class PaperToSignSerializer(serializers.Serializer[Any]):
    """A document that is confirmed, and may be signed before the seal."""

    id = serializers.IntegerField(help_text="In the DMS.")
    title = serializers.CharField()
    signed = serializers.BooleanField(help_text="Whether the present file came back signed.")


class SealSerializer(serializers.Serializer[Any]):
    """What a batch was sealed with."""

    number = serializers.IntegerField(help_text="Of the printed record, in the series of the office and year.")
    sealed_at = serializers.DateTimeField()
    documents = serializers.IntegerField()
    pages = serializers.IntegerField()
    folios = serializers.IntegerField()
    sha256 = serializers.CharField(help_text="SHA-256 of the manifest, which the ledger has too.")
    previous = serializers.CharField(help_text="That of the manifest it adds to; empty for the first.")
    steps_not_noted = serializers.SerializerMethodField(
        help_text="Steps before the seal that nobody noted down, which its record lists; a seal waits for none of them."
    )

    def get_steps_not_noted(self, manifest: Any) -> list[str]:
        """Return their names."""
        return [each.name for each in queries.steps_not_noted(manifest.batch)]


class BatchSerializer(serializers.Serializer[DigitisationBatch]):
    """A batch of digitisation of one part of a case."""

    id = serializers.IntegerField()
    number = serializers.IntegerField()
    part = serializers.CharField(help_text="`hsva` or `hsks`.")
    state = serializers.CharField()
    state_label = serializers.CharField(help_text="The state in words.")
    state_since = serializers.DateTimeField()
    supplements = serializers.IntegerField(
        source="supplements.number", allow_null=True, default=None, help_text="Number of the sealed batch it adds to."
    )
    reason = serializers.CharField()
    opened_at = serializers.DateTimeField()
    opened_by = PersonSerializer()
    checked_by = PersonSerializer(allow_null=True)
    confirmed_by = PersonSerializer(allow_null=True)
    sealing = serializers.SerializerMethodField(help_text="Whether a worker is sealing it.")
    seal_done = serializers.IntegerField(help_text="Documents read so far.")
    seal_total = serializers.IntegerField()
    seal_error = serializers.CharField(help_text="Why the last attempt did not come off.")
    steps = BatchStepSerializer(many=True)
    findings = BatchFindingSerializer(many=True)
    pages = serializers.SerializerMethodField(help_text="Noted down and filed; of one batch that is open only.")
    obstacles = serializers.SerializerMethodField(help_text="What stands in the way of a seal; of one batch only.")
    papers = serializers.SerializerMethodField(
        help_text="Documents to be signed; of one batch only, once it is confirmed and until it is sealed. Else null."
    )
    seal = serializers.SerializerMethodField()

    def get_sealing(self, batch: DigitisationBatch) -> bool:
        """Tell whether it is being sealed."""
        return batch.seal_beat is not None

    @extend_schema_field(PageCountSerializer(allow_null=True))
    def get_pages(self, batch: DigitisationBatch) -> Any:
        """Return what was counted."""
        if not batch.is_open or not self.context.get("whole"):
            return None
        return PageCountSerializer(queries.counted_pages(batch)).data

    @extend_schema_field(ObstacleSerializer(many=True))
    def get_obstacles(self, batch: DigitisationBatch) -> Any:
        """Return what stands in the way."""
        if not batch.is_open or not self.context.get("whole"):
            return []
        return ObstacleSerializer(queries.obstacles(batch), many=True).data

    @extend_schema_field(PaperToSignSerializer(many=True, allow_null=True))
    def get_papers(self, batch: DigitisationBatch) -> Any:
        """Return what may be signed."""
        if batch.state != SIGNED_IN or batch.confirmed_at is None or not self.context.get("whole"):
            return None
        told = [
            {"id": paper.document_id, "title": paper.title, "signed": signed}
            for paper, signed in queries.papers_to_sign(batch)
        ]
        return PaperToSignSerializer(told, many=True).data

    @extend_schema_field(SealSerializer(allow_null=True))
    def get_seal(self, batch: DigitisationBatch) -> Any:
        """Return what it was sealed with."""
        manifest = getattr(batch, "manifest", None)
        return SealSerializer(manifest).data if manifest is not None else None


class OpenBatchSerializer(InputSerializer):
    """A batch to open."""

    part = serializers.CharField(required=False, default="hsva", help_text="`hsva` or `hsks`.")
    reason = ComposedField(required=False, default="", allow_blank=True, help_text="Needed for a supplement.")


class NoteStepSerializer(InputSerializer):
    """A step that was done."""

    step = serializers.CharField(help_text="Such as `quet`.")
    pages = serializers.IntegerField(required=False, allow_null=True)
    note = ComposedField(required=False, default="", allow_blank=True)


class MoveSerializer(InputSerializer):
    """What is done with a batch."""

    move = serializers.CharField(
        help_text="`start`, `submit` to the check of quality, `pass` it or `send_back`, `confirm` as a prosecutor of the "
        "case, `recall` before the seal, `cancel` as a leader."
    )
    reason = ComposedField(
        required=False,
        default="",
        allow_blank=True,
        help_text="Needed to recall, to cancel, and to `pass` what has fewer pages than were noted down.",
    )


class NoteFindingSerializer(InputSerializer):
    """A fault that was found."""

    document = serializers.IntegerField(help_text="Id in the host.")
    kind = serializers.CharField(
        help_text="`thieu_trang`, `sai_chieu`, `mo`, `mat_goc`, `sai_thu_tu`, `sai_loai`, `khac`."
    )
    page = serializers.IntegerField(required=False, allow_null=True)
    note = ComposedField(required=False, default="", allow_blank=True, help_text="Needed for `khac`.")


class ResolveSerializer(InputSerializer):
    """A fault that was put right."""

    finding = serializers.IntegerField(help_text="Id of the fault.")


def _told() -> dict[int, Any]:
    return {200: BatchSerializer, **refusals(400, 403, 404, 409)}


@extend_schema(parameters=[CASE_CODE])
@extend_schema_view(
    list=extend_schema(
        summary="Batches of digitisation of a case",
        description="Of the parts the asker may read, the newest first.",
        responses={200: BatchSerializer(many=True), **refusals(403, 404)},
    ),
    retrieve=extend_schema(
        summary="One batch, with what stands in the way of its seal",
        parameters=[_PK],
        responses={200: BatchSerializer, **refusals(403, 404)},
    ),
    create=extend_schema(
        summary="Open a batch",
        description="The first of a part by whoever works on it; once the part is sealed a supplement, by a leader, with a "
        "reason.",
        request=OpenBatchSerializer,
        responses={201: BatchSerializer, **refusals(400, 403, 404, 409)},
    ),
)
class CaseDigitisationViewSet(OfCaseViewSet):
    """Batches of a case."""

    queryset: QuerySet[Any] = DigitisationBatch.objects.none()
    serializer_class = BatchSerializer
    content_negotiation_class = FormatIsOurs
    lookup_value_regex = NUMBER
    lookup_url_kwarg = "pk"
    filter_backends: Any = ()

    def _batch(self, pk: str) -> DigitisationBatch:
        self.case_view()
        return queries.batch_for(self.actor, str(self.kwargs["code"]), pk)

    def _whole(self, batch: DigitisationBatch, *, status: int = 200) -> Response:
        return self.shown(queries.batch_for(self.actor, str(self.kwargs["code"]), batch.pk), status=status, whole=True)

    def list(self, _request: Request, **_kwargs: str) -> Response:
        """Answer with all of them."""
        case = self.case_view().case
        require(self.actor, case, Level.VIEW, doing=_("xem việc số hóa"))
        rows = queries.batches_of(self.actor, case).select_related(
            "supplements", "opened_by", "checked_by", "confirmed_by", "manifest"
        )
        return self.page(rows.prefetch_related("steps__done_by", "findings__case_document", "findings__found_by"))

    def retrieve(self, _request: Request, pk: str, **_kwargs: str) -> Response:
        """Answer with one."""
        return self._whole(self._batch(pk))

    def create(self, _request: Request, **_kwargs: str) -> Response:
        """Open one."""
        made = actions.open_batch(actor=self.actor, case=self.case_view().case, **self.given(OpenBatchSerializer))
        return self._whole(made, status=201)

    @extend_schema(
        summary="Note down a step that was done", parameters=[_PK], request=NoteStepSerializer, responses=_told()
    )
    @action(detail=True, methods=["post"])
    def steps(self, _request: Request, pk: str, **_kwargs: str) -> Response:
        """Note it down."""
        batch = self._batch(pk)
        actions.note_step(actor=self.actor, batch=batch, **self.given(NoteStepSerializer))
        return self._whole(batch)

    @extend_schema(
        summary="Take a batch a step further, or back",
        parameters=[_PK],
        request=MoveSerializer,
        responses=_told(),
    )
    @action(detail=True, methods=["post"])
    def move(self, _request: Request, pk: str, **_kwargs: str) -> Response:
        """Do it."""
        batch, given = self._batch(pk), self.given(MoveSerializer)
        name = given["move"]
        if name == "pass":
            actions.pass_quality(actor=self.actor, batch=batch, reason=given["reason"])
        elif name == "confirm":
            actions.confirm(actor=self.actor, batch=batch)
        elif name == "send_back":
            actions.send_back(actor=self.actor, batch=batch, reason=given["reason"])
        else:
            actions.move_batch(actor=self.actor, batch=batch, name=name, reason=given["reason"])
        return self._whole(batch)

    @extend_schema(
        summary="Note down a fault",
        description="For whoever checks the quality, who is another person than who scanned.",
        parameters=[_PK],
        request=NoteFindingSerializer,
        responses=_told(),
    )
    @action(detail=True, methods=["post"])
    def findings(self, _request: Request, pk: str, **_kwargs: str) -> Response:
        """Note it down."""
        batch, given = self._batch(pk), dict(self.given(NoteFindingSerializer))
        document = CaseDocument.objects.filter(case=batch.case, document_id=given.pop("document")).first()
        if document is None:
            raise BadInput(_("Tài liệu này không thuộc đợt số hóa."), field="document")
        actions.note_finding(actor=self.actor, batch=batch, document=document, **given)
        return self._whole(batch)

    @extend_schema(
        summary="Note that a fault was put right", parameters=[_PK], request=ResolveSerializer, responses=_told()
    )
    @action(detail=True, methods=["post"])
    def resolve(self, _request: Request, pk: str, **_kwargs: str) -> Response:
        """Note it down."""
        batch = self._batch(pk)
        finding = batch.findings.filter(pk=self.given(ResolveSerializer)["finding"]).first()
        if finding is None:
            raise NotFound(_("Đợt số hóa không có lỗi này."))
        finding.batch = batch
        actions.resolve_finding(actor=self.actor, finding=finding)
        return self._whole(batch)

    @extend_schema(
        summary="Seal a batch",
        description="A worker reads every file; ask for the batch again to see how far it is. A refusal names everything "
        "that stands in the way.",
        parameters=[_PK],
        request=None,
        responses={202: BatchSerializer, **refusals(400, 403, 404, 409, 503)},
    )
    @action(detail=True, methods=["post"])
    def seal(self, _request: Request, pk: str, **_kwargs: str) -> Response:
        """Have it sealed."""
        batch = actions.request_seal(actor=self.actor, batch=self._batch(pk))
        return self._whole(batch, status=202)

    def _sealed(self, pk: str) -> Any:
        manifest = getattr(self._batch(pk), "manifest", None)
        if manifest is None:
            raise Conflict(_("Đợt số hóa này chưa kết thúc."))
        return manifest

    @extend_schema(
        summary="The manifest of a sealed batch",
        description="The very bytes whose SHA-256 is in the ledger; or the signature of them: made at the seal, or, of a "
        "manifest from before the system had a key, when it is asked for.",
        parameters=[_PK, OpenApiParameter("signature", bool, description="`true`: the detached signature (CMS, DER).")],
        responses={
            (200, "application/json"): OpenApiResponse(OpenApiTypes.BINARY, description="Canonical JSON (RFC 8785)."),
            **refusals(403, 404, 409),
        },
    )
    @action(detail=True, methods=["get"])
    def manifest(self, _request: Request, pk: str, **_kwargs: str) -> HttpResponse:
        """Answer with the bytes."""
        manifest = self._sealed(pk)
        name = f"niem-phong-{manifest.sha256[:16]}.json"
        if self.request.query_params.get("signature") == "true":
            signature = manifest.signature
            if signature is None:
                key = office_key()
                if key is None:
                    raise NotFound(_("Hệ thống chưa có khóa ký: bảng kê này không được ký số."))
                signature = detached(bytes(manifest.line), key)
            return Printed(f"{name}{SUFFIX}", "application/pkcs7-signature", bytes(signature)).as_answer()
        return Printed(name, "application/json", bytes(manifest.line)).as_answer()

    @extend_schema(
        summary="The record of a seal as a file",
        parameters=[_PK, FORMAT],
        responses={**files(), **refusals(400, 403, 404, 409)},
    )
    @action(detail=True, methods=["get"])
    def record(self, request: Request, pk: str, **_kwargs: str) -> HttpResponse:
        """Answer with the paper."""
        return write_record(self._sealed(pk), request.query_params.get("format", "pdf")).as_answer()


class BoardRowSerializer(serializers.Serializer[queries.BoardLine]):
    """A batch on the board, or a case of whose file none was opened."""

    id = serializers.IntegerField(
        source="batch.id", default=None, allow_null=True, help_text="Of the batch; null: none was opened."
    )
    case = serializers.CharField(source="case.code")
    case_name = serializers.CharField(source="case.name")
    unit = serializers.CharField(source="case.unit.code")
    part = serializers.CharField()
    number = serializers.IntegerField(source="batch.number", default=None, allow_null=True)
    state = serializers.CharField(help_text=", ".join(f"`{value}`" for value, _label in queries.BOARD_STATES) + ".")
    state_label = serializers.CharField(source="label")
    state_since = serializers.DateTimeField(source="batch.state_since", default=None, allow_null=True)
    since = serializers.DateField(help_text="The day of that; of a case without a batch, when the office took it in.")
    days = serializers.IntegerField(help_text="Since then.")
    step = serializers.CharField(
        help_text="The step it is in, of "
        + ", ".join(f"`{name}`" for name, _label in queries.BOARD_STEPS)
        + "; empty: none was begun, or all are over. Where people note down what they do, the one noted last."
    )
    step_label = serializers.CharField()
    step_since = serializers.DateField(allow_null=True, help_text="Since when it is in that step.")
    step_days = serializers.IntegerField(allow_null=True, help_text="Days since then.")
    waits_for = serializers.CharField(
        source="holder.doing", default="", help_text="What it waits for; empty once nobody has to act."
    )
    people = serializers.ListField(
        source="holder.people",
        default=list,
        child=serializers.CharField(),
        help_text="Whose turn it is; none: nobody is assigned.",
    )


class ThroughputSerializer(serializers.Serializer[Any]):
    """What an office got done."""

    unit = serializers.CharField(help_text="Short name of the office.")
    batches = serializers.IntegerField(help_text="Sealed.")
    documents = serializers.IntegerField()
    pages = serializers.IntegerField()
    folios = serializers.IntegerField()
    scanned = serializers.IntegerField(help_text="Pages noted down as scanned.")
    sent_back = serializers.IntegerField(help_text="Faults found.")
    open = serializers.IntegerField(help_text="Batches open now.")
    not_begun = serializers.IntegerField(help_text="Cases now of which no batch was opened.")


@extend_schema_view(
    list=extend_schema(
        summary="Board of digitisation",
        description="Every batch in a case or part of a case the asker may know of, and every such case of whose file none "
        "was opened; what stands so longest first.",
        parameters=[
            OpenApiParameter(
                "state",
                str,
                enum=[*dict(queries.BOARD_STATES), ALL_OF_THEM],
                description="Only what stands so; left out: what somebody still has to act on.",
            ),
            OpenApiParameter("step", str, enum=[*dict(queries.BOARD_STEPS)], description="Only batches in this step."),
            _UNIT,
            OpenApiParameter("mine", bool, description="`true`: only cases the asker is assigned to."),
        ],
        responses={200: BoardRowSerializer, **refusals(400)},
    )
)
class DigitisationBoardViewSet(ApiViewSet):
    """All batches."""

    queryset: QuerySet[Any] = DigitisationBatch.objects.none()
    serializer_class = BoardRowSerializer
    filter_backends: Any = ()

    def list(self, request: Request, **_kwargs: str) -> Response:
        """Answer with a page of them."""
        state, known = request.query_params.get("state", ""), [*dict(queries.BOARD_STATES), ALL_OF_THEM]
        if state and state not in known:
            raise BadInput(_("Trạng thái phải là một trong: %(states)s.") % {"states": ", ".join(known)}, field="state")
        step, steps = request.query_params.get("step", ""), [*dict(queries.BOARD_STEPS)]
        if step and step not in steps:
            raise BadInput(_("Bước phải là một trong: %(steps)s.") % {"steps": ", ".join(steps)}, field="step")
        page = self.paginate_queryset(queries.board_rows(self._board(request).narrowed(step=step), state))
        lines: Any = queries.board_lines(page or [])
        return self.get_paginated_response(BoardRowSerializer(lines, many=True).data)

    def _board(self, request: Request) -> queries.Board:
        mine = request.query_params.get("mine", "")
        if mine not in {"", "true", "false"}:
            raise BadInput(_("Hãy ghi `true` hoặc `false`."), field="mine")
        return queries.board_of(self.actor).narrowed(
            unit=request.query_params.get("unit", ""), mine=self.actor if mine == "true" else None
        )

    @extend_schema(
        summary="What each office got done",
        parameters=[
            OpenApiParameter("first", dt.date, description="First day; that of the month when left out."),
            OpenApiParameter("last", dt.date, description="Last day; today when left out."),
            _UNIT,
        ],
        responses={200: ThroughputSerializer(many=True), **refusals(400)},
    )
    @action(detail=False, methods=["get"], pagination_class=None)
    def throughput(self, request: Request, **_kwargs: str) -> Response:
        """Answer with a row for each office."""
        today = timezone.localdate()
        first = day_asked(request, "first", today.replace(day=1))
        last = day_asked(request, "last", max(first, today))
        found = queries.throughput(self._board(request), first, last)
        return Response(ThroughputSerializer(found, many=True).data)
