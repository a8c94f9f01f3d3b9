"""What the record of cases is written with, through the API: kinds of cases, the penal code, days off."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django_filters.rest_framework import DjangoFilterBackend, FilterSet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin
from rest_framework.response import Response

from vks_plugin.access import actions as access
from vks_plugin.access.queries import require_calendar
from vks_plugin.cases import penal_code
from vks_plugin.cases.api.fields import SpokenField, ValueSerializer, input_of
from vks_plugin.cases.kinds import KINDS, Kind, KindField
from vks_plugin.cases.models import CalendarDay, CaseFile, Charge
from vks_plugin.errors import NotFound
from vks_plugin.rest import CODE, ApiViewSet, PlainJSONParser, refusals

if TYPE_CHECKING:
    from rest_framework.request import Request


class KindFieldSerializer(serializers.Serializer[KindField]):
    """A field only cases of this kind have, by its name in `details`."""

    name = serializers.CharField()
    label = SpokenField()  # type: ignore[assignment]  # so named in the answer
    type = serializers.CharField(help_text="`text`, `long_text`, `date`, `integer` or `choice`.")
    required = serializers.BooleanField()  # type: ignore[assignment]  # so named in the answer
    choices = ValueSerializer(many=True)
    help = SpokenField(help_text="What to enter.")
    longest = serializers.IntegerField(help_text="Letters a text may have.")


class KindSerializer(serializers.Serializer[Kind]):
    """A kind of case: what it is called, what identifies it, which stages, people and fields it has.

    Labels are in the language of the request.
    """

    value = serializers.CharField()
    label = SpokenField()  # type: ignore[assignment]  # so named in the answer
    number_label = SpokenField(help_text="What `init_decision_no` is for this kind.")
    date_label = SpokenField(help_text="What `init_decision_date` is.")
    agency_label = SpokenField(help_text="What `init_decision_agency` is.")
    name_example = SpokenField(help_text="How a case of this kind may be called.")
    stages = ValueSerializer(many=True, help_text="In their order.")
    statuses = ValueSerializer(many=True)
    first_stage = serializers.CharField(help_text="The stage of a new case.")
    first_status = serializers.CharField(help_text="The status of a new case.")
    has_accused = serializers.BooleanField(help_text="Whether anybody is prosecuted or accused of something.")
    accused_group_label = SpokenField(help_text="What those are called; empty where there are none.")
    person_roles = ValueSerializer(many=True, help_text="Roles of other people.")
    details = KindFieldSerializer(source="fields", many=True, help_text="Fields only these cases have.")
    verified = serializers.BooleanField(help_text="Whether the sources for its fields and limits were read.")


@extend_schema_view(
    list=extend_schema(
        summary="Kinds of cases",
        description="With their stages, statuses, roles and fields. Read-only; signed-in people see them all.",
        responses=KindSerializer(many=True),
    ),
    retrieve=extend_schema(summary="One kind of case", responses={200: KindSerializer, **refusals(404)}),
)
class KindViewSet(ApiViewSet):
    """Kinds of cases."""

    queryset: QuerySet[Any] = CaseFile.objects.none()
    serializer_class = KindSerializer
    lookup_field = "kind"
    lookup_value_regex = CODE
    # a handful, and all of them are the answer
    pagination_class = None

    def list(self, _request: Request) -> Response:
        """Answer with all of them."""
        return Response(self.get_serializer(list(KINDS.values()), many=True).data)

    def retrieve(self, _request: Request, kind: str) -> Response:
        """Answer with one."""
        if kind not in KINDS:
            raise NotFound(_("Loại vụ án không có trong danh mục."))
        return self.shown(KINDS[kind])


class ChargeSuggestionSerializer(serializers.Serializer[penal_code.Suggestion]):
    """A charge that a typed text may mean."""

    label = serializers.CharField(help_text="A line to choose by, in Vietnamese.")  # type: ignore[assignment]  # so named in the answer
    code_version = serializers.CharField(source="version", help_text="Id of the version of the penal code.")
    article = serializers.CharField(source="article.number")
    clause = serializers.IntegerField(
        source="reference.clause", allow_null=True, help_text="Null: still to be chosen, or the article has none."
    )
    points = serializers.SerializerMethodField(help_text="Such as `a, b`; may be empty.")
    name = serializers.CharField(source="article.name", help_text="Name of the offence.")
    crime_class = serializers.CharField(allow_null=True, help_text="`A`, `B`, `C`, `D`; null: not known.")
    verified = serializers.BooleanField(help_text="Whether the row was read in a text of the code.")

    def get_points(self, suggestion: penal_code.Suggestion) -> str:
        """Return the points as they are entered."""
        return ", ".join(suggestion.reference.points)


class ChargeViewSet(ApiViewSet):
    """Charges there are in the penal code."""

    queryset: QuerySet[Any] = Charge.objects.none()
    serializer_class = ChargeSuggestionSerializer
    # the best ones, and no more
    pagination_class = None

    @extend_schema(
        summary="What a typed charge may mean",
        description="The best first, at most ten. What is chosen is entered with its `code_version`, article, clause "
        "and points.",
        parameters=[
            OpenApiParameter("q", str, description="an article and clause, such as `173.2`, or words, accents or not"),
            OpenApiParameter(
                "on", str, description="day of the offence, which says which code counts; today's if left out"
            ),
        ],
        responses={200: ChargeSuggestionSerializer(many=True), **refusals(400)},
    )
    @action(detail=False, methods=["get"])
    def suggest(self, request: Request) -> Response:
        """Answer with the best."""
        asked = request.query_params.get("on", "")
        day = serializers.DateField().run_validation(asked) if asked else timezone.localdate()
        version = penal_code.version_on(day)
        typed = request.query_params.get("q", "")
        rows = penal_code.suggest(typed, version=version) if version is not None and typed.strip() else ()
        return Response(self.get_serializer(rows, many=True).data)


class CalendarDaySerializer(serializers.Serializer[CalendarDay]):
    """A day off or a working day by decree."""

    day = serializers.DateField()
    is_day_off = serializers.BooleanField(help_text="False: worked in exchange for another.")
    note = serializers.CharField(help_text="The decree.")


CalendarDayInputSerializer = input_of(
    "CalendarDayInputSerializer",
    "A day off or a working day by decree.",
    CalendarDay,
    ("is_day_off", "note"),
    filled_in=("is_day_off",),
)


class CalendarDayFilterSet(FilterSet):
    """Narrows the list of days."""

    year = django_filters.NumberFilter(
        field_name="day__year", label="a year", min_value=1900, max_value=2200, decimal_places=0
    )

    class Meta:
        model = CalendarDay
        fields: tuple[str, ...] = ()


_DAY = OpenApiParameter("day", OpenApiTypes.DATE, OpenApiParameter.PATH, description="The day.")


@extend_schema_view(
    list=extend_schema(
        summary="Days off and working days by decree",
        description="Where they differ from the shipped calendar of public holidays. Signed-in people see them all.",
        responses={200: CalendarDaySerializer, **refusals(400)},
    ),
    update=extend_schema(
        summary="Say whether a day is off",
        description="For the system administrator of the province and superusers of the host. The time limits of all "
        "cases are recalculated by a worker.",
        parameters=[_DAY],
        request=CalendarDayInputSerializer,
        responses={200: CalendarDaySerializer, **refusals(400, 403, 404)},
    ),
    destroy=extend_schema(
        summary="Go back to the shipped calendar for a day",
        parameters=[_DAY],
        responses={204: None, **refusals(403, 404)},
    ),
)
class CalendarDayViewSet(ListModelMixin, ApiViewSet):
    """Days off and working days by decree."""

    queryset: QuerySet[Any] = CalendarDay.objects.order_by("day")
    serializer_class = CalendarDaySerializer
    parser_classes = (PlainJSONParser,)
    lookup_field = "day"
    lookup_value_regex = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    filter_backends = (DjangoFilterBackend,)
    filterset_class = CalendarDayFilterSet

    def update(self, _request: Request, day: str) -> Response:
        """Set it."""
        require_calendar(self.actor)
        chosen = self._day(day)
        given = self.given(CalendarDayInputSerializer)
        access.set_calendar_day(
            actor=self.actor, day=chosen, is_day_off=given.get("is_day_off", True), note=given.get("note", "")
        )
        return self.shown(CalendarDay.objects.get(day=chosen))

    def destroy(self, _request: Request, day: str) -> Response:
        """Take it out."""
        require_calendar(self.actor)
        access.remove_calendar_day(actor=self.actor, day=self._day(day))
        return Response(status=204)

    def _day(self, text: str) -> dt.date:
        try:
            return dt.date.fromisoformat(text)
        except ValueError as error:
            raise NotFound(_("Lịch không có ngày này.")) from error
