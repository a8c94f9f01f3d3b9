"""Handing cases over to other offices, through the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from vks_plugin.access import transfers
from vks_plugin.access.api import CASE_CODE, OfCaseViewSet, ViewerSerializer
from vks_plugin.access.models import Restructuring
from vks_plugin.access.policy import Level
from vks_plugin.access.queries import require
from vks_plugin.cases.models import CaseFile
from vks_plugin.errors import BadInput, VksError
from vks_plugin.organization.models import ProcuracyUnit
from vks_plugin.rest import (
    NUMBER,
    ApiViewSet,
    ComposedField,
    InputSerializer,
    PersonSerializer,
    in_row,
    printable,
    refusals,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.contrib.auth.models import User
    from django.db.models import QuerySet
    from rest_framework.request import Request

    from vks_plugin.access.policy import Decision


def _unit(code: str, field: str) -> ProcuracyUnit:
    """Return an office by its code.

    Raises:
        BadInput: there is none.
    """
    found = ProcuracyUnit.objects.filter(code=code).first()
    if found is None:
        raise BadInput(_("Không có đơn vị mang mã này."), field=field)
    return found


class PlacedSerializer(serializers.Serializer[CaseFile]):
    """Which offices have a case now."""

    case = serializers.CharField(source="code", help_text="Its code, which stays.")
    unit = serializers.CharField(source="unit.code", help_text="Office that handles it.")
    trial_unit = serializers.CharField(
        source="trial_unit.code", default=None, allow_null=True, help_text="Office appointed for the trial."
    )


class TransferSerializer(InputSerializer):
    """To which office a case goes."""

    to = serializers.CharField(help_text="Code of the office.")
    decision = ComposedField(help_text="Number and day of the paper it rests on.")


class ConsequenceSerializer(serializers.Serializer[transfers.Consequence]):
    """What becomes of loans and paper."""

    kind = serializers.CharField(
        help_text="`loan_revoked` (allowed and not handed out), `loan_out` (paper), `loan_electronic`, `loan_asked`, "
        "`copy_withdrawn`, `copy_asked`, `hand_over` (not finished) or `paper` (stays where it is)."
    )
    label = serializers.CharField(help_text="In words.")  # type: ignore[assignment]  # so named in the answer
    count = serializers.IntegerField()
    people = serializers.ListField(
        child=serializers.CharField(), help_text="Names, as far as the asker may know them; there may be fewer."
    )


class HandoverSerializer(serializers.Serializer[Any]):
    """Who loses and who gains access by a transfer."""

    lose = ViewerSerializer(many=True, help_text="With what opens the case to them now.")
    gain = ViewerSerializer(many=True)
    keep = ViewerSerializer(many=True)
    follows = ConsequenceSerializer(many=True, help_text="What becomes of loans and paper.")


@extend_schema(parameters=[CASE_CODE])
@extend_schema_view(
    list=extend_schema(
        summary="Who a transfer would take access from, and give it to",
        description="Tried and taken back: nothing changes.",
        parameters=[OpenApiParameter("to", str, required=True, description="Code of the office.")],
        responses={200: HandoverSerializer(many=False), **refusals(400, 403, 404, 409)},
    ),
    create=extend_schema(
        summary="Transfer a case to another office",
        description="For leaders of the office that has it and of the one above. Whoever worked on it stops and the "
        "leaders there go on, before the answer is given.",
        request=TransferSerializer,
        responses={200: PlacedSerializer, **refusals(400, 403, 404, 409)},
    ),
)
class CaseTransferViewSet(OfCaseViewSet):
    """Transfers of a case."""

    queryset: QuerySet[Any] = CaseFile.objects.none()
    serializer_class = PlacedSerializer
    pagination_class = None

    def _case(self) -> CaseFile:
        case = self.case_view().case
        transfers.require_transfer(self.actor, case)
        return case

    def list(self, request: Request, **_kwargs: str) -> Response:
        """Answer with what would follow."""
        case = self._case()
        to = _unit(request.query_params.get("to", ""), "to")
        # no paper is needed to ask
        found = transfers.try_transfer(actor=self.actor, case=case, to=to, decision="–")
        told: dict[str, Any] = {name: _viewers(getattr(found, name)) for name in ("lose", "gain", "keep")}
        told["follows"] = found.follows
        return Response(HandoverSerializer(told).data)

    def create(self, _request: Request, **_kwargs: str) -> Response:
        """Transfer it."""
        case = self._case()
        given = self.given(TransferSerializer)
        to = _unit(given["to"], "to")
        return self.shown(transfers.transfer_case(actor=self.actor, case=case, to=to, decision=given["decision"]))


def _viewers(people: Iterable[tuple[User, Decision]]) -> list[dict[str, Any]]:
    return [
        {"user": user, "level": decision.level.name.lower(), "reason": _(decision.reason)} for user, decision in people
    ]


class TrialUnitSerializer(InputSerializer):
    """Which office appears at the trial."""

    unit = serializers.CharField(allow_null=True, help_text="Code of an office below; null takes an appointment back.")
    decision = ComposedField(help_text="Number and day of the decision.")


@extend_schema(parameters=[CASE_CODE])
@extend_schema_view(
    create=extend_schema(
        summary="Appoint an office below for the trial",
        description="Criminal Procedure Code, Article 239. For leaders of the office that has the case. The leaders of the "
        "office appointed read the case file and name who appears.",
        request=TrialUnitSerializer,
        responses={200: PlacedSerializer, **refusals(400, 403, 404, 409)},
    ),
)
class CaseTrialUnitViewSet(OfCaseViewSet):
    """The office at the trial of a case."""

    queryset: QuerySet[Any] = CaseFile.objects.none()
    serializer_class = PlacedSerializer

    def create(self, _request: Request, **_kwargs: str) -> Response:
        """Appoint it, or take that back."""
        case = self.case_view().case
        require(self.actor, case, Level.MANAGE, doing=_("phân công xét xử"))
        given = self.given(TrialUnitSerializer)
        unit = _unit(given["unit"], "unit") if given["unit"] is not None else None
        done = transfers.appoint_trial_unit(actor=self.actor, case=case, unit=unit, decision=given["decision"])
        return self.shown(done)


class RestructuringSerializer(serializers.Serializer[Restructuring]):
    """One office takes over from others."""

    id = serializers.IntegerField()
    predecessors = serializers.SerializerMethodField(help_text="Codes of the old offices.")
    successor = serializers.CharField(source="successor.code", help_text="Code of the new one.")
    effective_date = serializers.DateField()
    decision = serializers.CharField(source="decided_by")
    carries_posts = serializers.BooleanField(help_text="Whether posts in the old offices go on in the new one.")
    state = serializers.SerializerMethodField(help_text="`running`, `stopped` or `done`.")
    done = serializers.IntegerField(help_text="Cases moved so far.")
    total = serializers.IntegerField(help_text="Cases there were at the start.")
    started_by = PersonSerializer()
    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)

    @extend_schema_field({"type": "array", "items": {"type": "string"}})
    def get_predecessors(self, row: Restructuring) -> list[str]:
        """Return the codes."""
        return [unit.code for unit in row.predecessors.all()]

    def get_state(self, row: Restructuring) -> str:
        """Return how it stands."""
        return transfers.state_of(row)


class BeginSerializer(InputSerializer):
    """Which offices are taken over by which."""

    predecessors = serializers.ListField(
        child=serializers.CharField(), max_length=100, help_text="Codes of the old offices."
    )
    successor = serializers.CharField(help_text="Code of the office that takes over.")
    effective_date = serializers.DateField(help_text="Not a day to come.")
    decision = ComposedField(help_text="Number and day of the paper it rests on.")
    carries_posts = serializers.BooleanField(required=False, default=True)


@extend_schema_view(
    list=extend_schema(
        summary="Take-overs of offices",
        description="The newest first. For the chief procurator and the system administrator of the province.",
        responses={200: RestructuringSerializer, **refusals(403)},
    ),
    retrieve=extend_schema(summary="One take-over", responses={200: RestructuringSerializer, **refusals(403, 404)}),
    create=extend_schema(
        summary="Let an office take over from others",
        description="A worker moves their cases a few at a time, each with its access; ask until `state` is `done`. After 503 "
        "it is recorded and has stopped: go on with it, do not send it again.",
        request=BeginSerializer,
        responses={202: RestructuringSerializer, **refusals(400, 403, 409, 503)},
    ),
)
class RestructuringViewSet(ApiViewSet):
    """Take-overs."""

    queryset: QuerySet[Any] = Restructuring.objects.none()
    serializer_class = RestructuringSerializer
    lookup_value_regex = NUMBER

    def list(self, _request: Request) -> Response:
        """Answer with all of them."""
        return self.page(transfers.restructurings_for(self.actor))

    def retrieve(self, _request: Request, pk: str) -> Response:
        """Answer with one."""
        return self.shown(transfers.restructuring_for(self.actor, pk))

    def create(self, _request: Request) -> Response:
        """Begin one."""
        transfers.restructurings_for(self.actor)
        given = self.given(BeginSerializer)
        made = transfers.begin_restructuring(
            actor=self.actor,
            predecessors=[_unit(code, "predecessors") for code in given["predecessors"]],
            successor=_unit(given["successor"], "successor"),
            effective_date=given["effective_date"],
            decision=given["decision"],
            carries_posts=given["carries_posts"],
            queued=True,
        )
        return self.shown(made, status=202)

    @extend_schema(
        summary="Go on with a take-over that stopped",
        description="The others of its plan are left as they are.",
        request=None,
        responses={202: RestructuringSerializer, **refusals(403, 404, 409, 503)},
    )
    @action(detail=True, methods=["post"])
    def resume(self, _request: Request, pk: str) -> Response:
        """Go on with it."""
        return self.shown(transfers.resume_restructuring(actor=self.actor, pk=pk), status=202)


class SuccessionSerializer(InputSerializer):
    """Which office takes over one old office."""

    predecessor = serializers.CharField(help_text="Code of the old office.")
    successor = serializers.CharField(help_text="Code of the office that takes it over.")


class BeginPlanSerializer(InputSerializer):
    """Every old office of a plan, each with the one that takes it over."""

    # the stubs do not know what `many` takes
    plan = SuccessionSerializer(  # type: ignore[call-arg]
        many=True, max_length=100, help_text="One row for each old office."
    )
    effective_date = serializers.DateField(help_text="Not a day to come.")
    decision = ComposedField(help_text="Number and day of the paper it rests on.")
    carries_posts = serializers.BooleanField(required=False, default=True)
    dry_run = serializers.BooleanField(
        required=False,
        default=False,
        help_text="Tell what would move (200), or the refusal there would be; begin nothing.",
    )


class LeavingSerializer(serializers.Serializer[transfers.Leaving]):
    """What would go from one office to the one that takes it over."""

    predecessor = serializers.CharField(source="old.code", help_text="Code of the old office.")
    successor = serializers.CharField(source="new.code", help_text="Code of the office that takes it over.")
    cases = serializers.IntegerField()
    posts = serializers.IntegerField(help_text="Posts held there, or to be held.")
    people = serializers.IntegerField(help_text="Who hold those posts.")
    paper = serializers.IntegerField(
        help_text="Cases of which paper is with the old office, or on its way from or to it."
    )
    inbox = serializers.IntegerField(help_text="Papers that wait in its inbox.")


class PlanSerializer(serializers.Serializer[transfers.Plan]):
    """The take-overs by one paper from one day."""

    id = serializers.IntegerField(source="pk", help_text="The `id` of its first take-over.")
    state = serializers.CharField(help_text="`done` once every take-over is; `stopped` when one of them has stopped.")
    done = serializers.IntegerField(help_text="Cases moved so far.")
    total = serializers.IntegerField(help_text="Cases there were at the start.")
    take_overs = RestructuringSerializer(many=True, help_text="One for each new office.")


@extend_schema_view(
    create=extend_schema(
        summary="Let offices take over from others by one plan",
        description="Every row begins, or none does: a refusal names the row, counted from 1. A worker moves the cases of "
        "each new office a few at a time; ask until `state` is `done`. After 503 the plan is recorded and has stopped: go on "
        "with it, do not send it again.",
        request=BeginPlanSerializer,
        responses={200: LeavingSerializer(many=True), 202: PlanSerializer, **refusals(400, 403, 409, 503)},
    ),
    retrieve=extend_schema(
        summary="How far a plan is",
        description="By the number of any of its take-overs.",
        responses={200: PlanSerializer, **refusals(403, 404)},
    ),
)
class RestructuringPlanViewSet(ApiViewSet):
    """Take-overs of several offices by several, in one act."""

    queryset: QuerySet[Any] = Restructuring.objects.none()
    serializer_class = PlanSerializer
    lookup_value_regex = NUMBER

    def retrieve(self, _request: Request, pk: str) -> Response:
        """Answer with all of it."""
        return self.shown(transfers.plan_for(self.actor, pk))

    def create(self, _request: Request) -> Response:
        """Begin all of it, or tell what it would move."""
        transfers.restructurings_for(self.actor)
        given = dict(self.given(BeginPlanSerializer))
        rows: list[dict[str, str]] = given.pop("plan")
        plan, dry_run = _named(rows), given.pop("dry_run")
        try:
            if dry_run:
                leaving: Any = transfers.preview_plan(actor=self.actor, plan=plan, **given)
                return Response(LeavingSerializer(leaving, many=True).data)
            made = transfers.begin_plan(actor=self.actor, plan=plan, queued=True, **given)
        except VksError as error:
            raise _placed(error, rows) from error
        return self.shown(transfers.plan_for(self.actor, made[0].pk), status=202)

    @extend_schema(
        summary="Go on with a plan that stopped",
        description="With every take-over of it that has stopped.",
        request=None,
        responses={202: PlanSerializer, **refusals(403, 404, 409, 503)},
    )
    @action(detail=True, methods=["post"])
    def resume(self, _request: Request, pk: str) -> Response:
        """Go on with it."""
        return self.shown(transfers.resume_plan(actor=self.actor, pk=pk), status=202)


def _named(rows: list[dict[str, str]]) -> list[tuple[ProcuracyUnit, ProcuracyUnit]]:
    """Return the offices of each row of a plan.

    Raises:
        BadInput: a row names one that is not there.
    """
    units = {
        unit.code: unit
        for unit in ProcuracyUnit.objects.filter(code__in={code for row in rows for code in row.values()})
    }
    for number, row in enumerate(rows, 1):
        missing = [code for code in row.values() if code not in units]
        if missing:
            sentence = _("Không có đơn vị mang mã %(codes)s.") % {"codes": ", ".join(map(printable, missing))}
            raise BadInput(in_row(number, sentence), field="plan")
    return [(units[row["predecessor"]], units[row["successor"]]) for row in rows]


def _placed(error: VksError, rows: list[dict[str, str]]) -> VksError:
    """Return a refusal of a plan with the number of the row that is wrong, where it is one."""
    number = next((number for number, row in enumerate(rows, 1) if row["predecessor"] == error.field), None)
    if number is not None:
        return type(error)(in_row(number, error.message), field="plan")
    return type(error)(error.message, field="plan" if error.field == "predecessors" else error.field)
