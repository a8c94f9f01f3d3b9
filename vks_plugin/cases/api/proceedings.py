"""What happened in a case, what may happen next, and the time limits that follow, through the API."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django_filters.rest_framework import DjangoFilterBackend, FilterSet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from vks_plugin.access import actions as access
from vks_plugin.access.api import CASE_CODE
from vks_plugin.access.policy import Level
from vks_plugin.access.queries import visible_deadlines
from vks_plugin.cases.actions.deadlines import limits_of
from vks_plugin.cases.api.fields import SpokenField, ValueSerializer, input_of, output_of
from vks_plugin.cases.api.record import OfRecordViewSet
from vks_plugin.cases.deadlines import deadline_rules
from vks_plugin.cases.models import Accused, Assignment, CaseDeadline, CaseDocument, ProceduralEvent
from vks_plugin.cases.queries import Possible, possible_events, timeline
from vks_plugin.cases.running import BAND_DAYS, Running, band
from vks_plugin.errors import BadInput, NotFound
from vks_plugin.language import spoken
from vks_plugin.rest import LARGEST_NUMBER, ApiViewSet, ComposedField, InputSerializer, PersonSerializer, refusals

if TYPE_CHECKING:
    from rest_framework.request import Request

    from vks_plugin.access.queries import CaseView

EVENT_FIELDS = (
    "event",
    "accused",
    "happened_on",
    "happened_at",
    "number",
    "agency",
    "signer_name",
    "signer_title",
    "ground",
    "amount",
    "asked_on",
    "named_day",
    "note",
    "override_reason",
)


@extend_schema_field(int)
class FiledDocumentField(serializers.Field[Any, Any, Any, Any]):
    """A document filed in the case that the asker may read, by its id in the host."""

    def to_internal_value(self, data: Any) -> CaseDocument:
        """Return the filing."""
        view: CaseView = self.context["view"]
        found = None
        if type(data) is int and 0 < data <= LARGEST_NUMBER:
            found = view.documents.filter(document_id=data).first()
        if found is None:
            raise serializers.ValidationError(_("Vụ án không có tài liệu mang số này trong phạm vi của bạn."))
        return found

    def to_representation(self, value: Any) -> int:
        """Return the id."""
        return int(value)


_EventColumns: Any = output_of("_EventColumns", "", ProceduralEvent, EVENT_FIELDS)
_NewEventColumns: Any = input_of("_NewEventColumns", "", ProceduralEvent, EVENT_FIELDS)


class ProceduralEventSerializer(_EventColumns):
    """Something that happened in the proceedings."""

    label = serializers.CharField(help_text="The event in words.")
    article = serializers.CharField(help_text="Where the law speaks of it.")
    ground_label = serializers.CharField(help_text="The ground in words.")
    accused_name = serializers.CharField(source="accused.full_name", default=None, allow_null=True)
    document = serializers.SerializerMethodField(
        help_text="Id in the host of the paper it stands in; null: none, or none that the asker may read."
    )
    stage_before = serializers.CharField(help_text="Stage of whom it concerns, before.")
    stage_after = serializers.CharField()
    status_before = serializers.CharField()
    status_after = serializers.CharField()
    recorded_at = serializers.DateTimeField()
    recorded_by = PersonSerializer()
    withdrawn_at = serializers.DateTimeField(allow_null=True, help_text="When it was taken back; null: it stands.")
    withdrawn_by = PersonSerializer(allow_null=True)
    withdrawal_reason = serializers.CharField()
    warnings = serializers.ListField(
        child=serializers.CharField(),
        help_text="What there is to say about it though it was accepted; told once, when it is recorded.",
    )

    def get_document(self, event: ProceduralEvent) -> int | None:
        """Return the host's id for readers of that document."""
        paper = event.case_document
        return paper.document_id if paper is not None and paper.part in self.context["parts"] else None


class EventInputSerializer(_NewEventColumns):
    """What happened."""

    document = FiledDocumentField(
        required=False, allow_null=True, help_text="Id in the host of the paper it stands in, filed in this case."
    )


class WithdrawalSerializer(InputSerializer):
    """Why an event is taken back."""

    reason = ComposedField(max_length=500, help_text="Why.")


class EventFilterSet(FilterSet):
    """Narrows the events of a case."""

    accused = django_filters.NumberFilter(
        field_name="accused_id", label="id of an accused", min_value=1, max_value=LARGEST_NUMBER, decimal_places=0
    )
    event = django_filters.CharFilter(label="an event, such as `khoi_to_bi_can`")
    withdrawn = django_filters.BooleanFilter(
        field_name="withdrawn_at", lookup_expr="isnull", exclude=True, label="only those taken back, or only others"
    )

    class Meta:
        model = ProceduralEvent
        fields: tuple[str, ...] = ()


@extend_schema(parameters=[CASE_CODE])
@extend_schema_view(
    list=extend_schema(
        summary="What happened in a case",
        description="Decisions and other events, oldest first, withdrawn ones too. For those who may read the case.",
        responses={200: ProceduralEventSerializer, **refusals(403, 404)},
    ),
    retrieve=extend_schema(summary="One event", responses={200: ProceduralEventSerializer, **refusals(403, 404)}),
    create=extend_schema(
        summary="Record what happened",
        description="Stage, status, measures and time limits follow. What the proceedings do not allow is refused "
        "with a sentence that says what is possible; see `possible-events`.",
        request=EventInputSerializer,
        responses={201: ProceduralEventSerializer, **refusals(400, 403, 404, 409)},
    ),
)
class CaseEventViewSet(OfRecordViewSet):
    """Events of a case."""

    queryset: QuerySet[Any] = ProceduralEvent.objects.none()
    serializer_class = ProceduralEventSerializer
    filterset_class = EventFilterSet

    def list(self, _request: Request, **_kwargs: str) -> Response:
        """Answer with all of them."""
        view = self.opened_view()
        return self.page(self.filter_queryset(timeline(view.case)), knowing=lambda _rows: {"parts": self._parts(view)})

    def retrieve(self, _request: Request, pk: str, **_kwargs: str) -> Response:
        """Answer with one."""
        view = self.opened_view()
        return self.shown(self._event(view, pk), parts=self._parts(view))

    def create(self, _request: Request, **_kwargs: str) -> Response:
        """Record one."""
        view = self.opened_view(Level.CONTRIBUTE)
        given = dict(self.given(EventInputSerializer, case=view.case, view=view))
        paper = given.pop("document", None)
        made = access.record_event(actor=self.actor, case=view.case, case_document=paper, **given)
        return self.shown(made, status=201, parts=self._parts(view))

    @extend_schema(
        summary="Take back an event recorded in error",
        description="It stays visible with the reason; refused where what was recorded after it needs it.",
        request=WithdrawalSerializer,
        responses={200: ProceduralEventSerializer, **refusals(400, 403, 404, 409)},
    )
    @action(detail=True, methods=["post"])
    def withdraw(self, _request: Request, pk: str, **_kwargs: str) -> Response:
        """Take it back."""
        view = self.opened_view(Level.CONTRIBUTE)
        event = self._event(view, pk)
        access.withdraw_event(actor=self.actor, event=event, reason=self.given(WithdrawalSerializer)["reason"])
        return self.shown(self._event(view, pk), parts=self._parts(view))

    def _event(self, view: CaseView, pk: str) -> ProceduralEvent:
        found = timeline(view.case).filter(pk=pk).first()
        if found is None:
            raise NotFound(_("Vụ án không có sự kiện này."))
        return found

    def _parts(self, view: CaseView) -> frozenset[str]:
        """Return the parts of the file whose papers the asker may read."""
        levels = {"hsva": view.decision.level, "hsks": view.internal.level}
        return frozenset(part for part, level in levels.items() if level >= Level.VIEW)


class PossibleEventSerializer(serializers.Serializer[Possible]):
    """An event of the kind of the case, and whether it may be recorded now."""

    event = serializers.CharField(source="event.value")
    label = SpokenField(source="event.label", help_text="The event in words.")  # type: ignore[assignment]  # so named in the answer
    now = serializers.BooleanField(help_text="Whether it may be recorded now.")
    why_not = serializers.CharField(help_text="Why it may not, and what is possible instead; empty when it may.")
    scope = serializers.CharField(source="event.scope", help_text="Whom it concerns: `case`, `accused` or `either`.")
    article = serializers.CharField(source="event.article", help_text="Where the law speaks of it.")
    needs = serializers.ListField(
        source="event.needs",
        child=serializers.CharField(),
        help_text="What has to be said: of `number`, `ground`, `amount`, `time`, `accused`.",
    )
    grounds = ValueSerializer(source="event.grounds", many=True, help_text="The grounds there are, where it has any.")
    verified = serializers.BooleanField(source="event.verified", help_text="Whether a source for this row was read.")


@extend_schema(parameters=[CASE_CODE])
@extend_schema_view(
    list=extend_schema(
        summary="What may happen in a case now",
        description="Every event of the kind of the case, in the order of proceedings, and why others may not be "
        "recorded now. For those who may read the case.",
        parameters=[
            OpenApiParameter("accused", int, description="id of an accused: what may happen to this one alone"),
            OpenApiParameter("now", bool, description="only those that may be recorded now, or only others"),
        ],
        responses={200: PossibleEventSerializer(many=True), **refusals(400, 403, 404)},
    ),
)
class PossibleEventViewSet(OfRecordViewSet):
    """What may happen in a case."""

    queryset: QuerySet[Any] = ProceduralEvent.objects.none()
    serializer_class = PossibleEventSerializer
    # the table of one kind, and all of it is the answer
    pagination_class = None

    def list(self, request: Request, **_kwargs: str) -> Response:
        """Answer with the table."""
        case = self.opened()
        asked = request.query_params.get("accused", "")
        person = None
        if asked:
            person = (
                Accused.objects.filter(case=case, pk=asked).first() if asked.isdecimal() and len(asked) < 10 else None
            )
            if person is None:
                raise BadInput(_("Vụ án không có dòng mang số này."), field="accused")
        rows = possible_events(case, person)
        wanted = request.query_params.get("now", "").lower()
        if wanted in {"true", "false"}:
            rows = [each for each in rows if each.now is (wanted == "true")]
        return Response(self.get_serializer(rows, many=True).data)


def _due(moment: dt.date | dt.datetime | None) -> dt.date | None:
    return moment.date() if isinstance(moment, dt.datetime) else moment


def _hour(moment: dt.date | dt.datetime | None) -> dt.datetime | None:
    return timezone.make_aware(moment) if isinstance(moment, dt.datetime) else None


class LimitSerializer(serializers.Serializer[Running]):
    """A time limit of a case, with its arithmetic. The program warns; it never declares a breach."""

    rule = serializers.CharField(source="rule.id", help_text="Id of the rule, as `vks_deadlines` knows it.")
    label = SpokenField(source="rule.label", help_text="The limit in words.")  # type: ignore[assignment]  # so named in the answer
    accused = serializers.IntegerField(allow_null=True, help_text="Id of the accused it runs for; null: the case.")
    starts_on = serializers.SerializerMethodField(help_text="The day it is counted from.")
    due_on = serializers.SerializerMethodField(
        help_text="Its last day; null: something is missing to compute it, and the arithmetic says what."
    )
    due_at = serializers.SerializerMethodField(help_text="The moment, for limits in hours.")
    request_by = serializers.DateField(
        allow_null=True, help_text="Last day to ask for the next extension; null: there is none."
    )
    counted_days = serializers.IntegerField()
    arithmetic = SpokenField(help_text="How it was computed.")
    article = serializers.CharField(help_text="Where the law sets it.")
    state = serializers.CharField(help_text="`running` or `ended`.")
    ended_on = serializers.DateField(allow_null=True)
    band = serializers.CharField(help_text="`green`, `yellow` (10 days and less), `orange` (5), `red` (past) or empty.")
    is_duty = serializers.SerializerMethodField(help_text="Whether it is a duty to send or deliver a paper.")
    notes = serializers.ListField(child=SpokenField(), help_text="What is to be checked by a person.")
    verified = serializers.BooleanField(help_text="Whether the table of verified rules settles this limit.")

    def get_starts_on(self, limit: Running) -> dt.date | None:
        """Return the first day."""
        return _due(limit.start)

    def get_due_on(self, limit: Running) -> dt.date | None:
        """Return the last day."""
        return _due(limit.due)

    def get_due_at(self, limit: Running) -> dt.datetime | None:
        """Return the last moment."""
        return _hour(limit.due)

    def get_is_duty(self, limit: Running) -> bool:
        """Tell whether it is a duty to send."""
        return limit.rule.weight == "duty"


@extend_schema(parameters=[CASE_CODE])
@extend_schema_view(
    list=extend_schema(
        summary="Time limits of a case",
        description="Computed from its events now: those that run, those that have ended, and those that lack "
        "something. For those who may read the case.",
        parameters=[OpenApiParameter("state", str, description="`running` or `ended`")],
        responses={200: LimitSerializer(many=True), **refusals(400, 403, 404)},
    ),
)
class CaseLimitViewSet(OfRecordViewSet):
    """Time limits of a case."""

    queryset: QuerySet[Any] = CaseDeadline.objects.none()
    serializer_class = LimitSerializer
    # those of one case, and all of them are the answer
    pagination_class = None

    def list(self, request: Request, **_kwargs: str) -> Response:
        """Answer with all of them."""
        case = self.opened()
        state = request.query_params.get("state", "")
        if state not in {"", "running", "ended"}:
            raise BadInput(_("Tình trạng thời hạn ghi là running hoặc ended."), field="state")
        rows = [each for each in limits_of(case) if state in {"", each.state}]
        return Response(self.get_serializer(rows, many=True).data)


class DeadlineSerializer(serializers.Serializer[CaseDeadline]):
    """A time limit that runs, in one of many cases."""

    case = serializers.CharField(source="case.code", help_text="Code of the case.")
    case_name = serializers.CharField(source="case.name")
    unit = serializers.CharField(source="case.unit.code", help_text="Code of the office that handles the case.")
    accused = serializers.IntegerField(source="accused_id", allow_null=True, help_text="Id; null: the case.")
    accused_name = serializers.CharField(source="accused.full_name", default=None, allow_null=True)
    rule = serializers.CharField(help_text="Id of the rule, as `vks_deadlines` knows it.")
    label = serializers.SerializerMethodField(help_text="The limit in words.")  # type: ignore[assignment]  # so named in the answer
    starts_on = serializers.DateField()
    due_on = serializers.DateField(help_text="Its last day.")
    due_at = serializers.DateTimeField(allow_null=True, help_text="The moment, for limits in hours.")
    request_by = serializers.DateField(allow_null=True, help_text="Last day to ask for the next extension.")
    counted_days = serializers.IntegerField()
    arithmetic = serializers.CharField(help_text="How it was computed, in Vietnamese.")
    article = serializers.CharField()
    note = serializers.CharField()
    is_duty = serializers.BooleanField(help_text="Whether it is a duty to send or deliver a paper.")
    band = serializers.SerializerMethodField(help_text="`green`, `yellow`, `orange` or `red`, today.")

    def get_label(self, deadline: CaseDeadline) -> str:
        """Return the limit in words."""
        rule = deadline_rules().get(deadline.rule)
        return spoken(rule.label) if rule is not None else deadline.rule

    def get_band(self, deadline: CaseDeadline) -> str:
        """Return today's colour."""
        return band(deadline.due_on, timezone.localdate())


class DeadlineFilterSet(FilterSet):
    """Narrows the time limits over all cases."""

    mine = django_filters.BooleanFilter(method="only_mine", label="only of cases the asker is assigned to today")
    unit = django_filters.CharFilter(field_name="case__unit__code", label="code of an office")
    kind = django_filters.CharFilter(field_name="case__kind", label="a kind of case")
    rule = django_filters.CharFilter(label="id of a rule")
    band = django_filters.ChoiceFilter(
        method="in_band", choices=[(each, each) for each in BAND_DAYS], label="a colour: how near it is today"
    )
    due_before = django_filters.DateFilter(
        field_name="due_on", lookup_expr="lte", label="last day on or before this one"
    )
    duty = django_filters.BooleanFilter(field_name="is_duty", label="only duties to send or deliver, or only others")

    class Meta:
        model = CaseDeadline
        fields: tuple[str, ...] = ()

    def only_mine(self, queryset: QuerySet[CaseDeadline], _name: str, wanted: bool) -> QuerySet[CaseDeadline]:  # noqa: FBT001 - the signature django-filter calls
        """Keep those of cases the asker works on today."""
        if not wanted:
            return queryset
        mine = Assignment.objects.in_force(timezone.localdate()).filter(user_id=self.request.user.pk)
        return queryset.filter(case__in=mine.values("case_id"))

    def in_band(self, queryset: QuerySet[CaseDeadline], _name: str, colour: str) -> QuerySet[CaseDeadline]:
        """Keep those of one colour."""
        today = timezone.localdate()
        first, last = next(days for each, days in BAND_DAYS.items() if each == colour)
        if first is not None:
            queryset = queryset.filter(due_on__gte=today + dt.timedelta(days=first))
        return queryset if last is None else queryset.filter(due_on__lte=today + dt.timedelta(days=last))


@extend_schema_view(
    list=extend_schema(
        summary="Time limits that run, over all cases",
        description="Of cases the asker may read, the nearest first. A list of warnings: the program never declares "
        "a breach.",
        responses={200: DeadlineSerializer, **refusals(400)},
    ),
)
class DeadlineViewSet(ApiViewSet):
    """Time limits over all cases."""

    queryset: QuerySet[Any] = CaseDeadline.objects.none()
    serializer_class = DeadlineSerializer
    filter_backends = (DjangoFilterBackend,)
    filterset_class = DeadlineFilterSet

    def list(self, _request: Request) -> Response:
        """Answer with a page of them."""
        return self.page(self.filter_queryset(visible_deadlines(self.actor)))
