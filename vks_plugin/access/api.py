"""Who may see and do what, through the API: appointments, assignments, and the answer to "who can see this"."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import django_filters
from django.contrib.auth.models import User
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django_filters.rest_framework import DjangoFilterBackend, FilterSet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from vks_plugin.access import actions
from vks_plugin.access.explanations import (
    case_explained_to,
    case_told,
    cases_explained_to,
    explained,
    table_told,
    told,
)
from vks_plugin.access.filters import AccessEntryFilterSet
from vks_plugin.access.log_queries import entries_told, visible_entries
from vks_plugin.access.models import AccessEntry, DeadlineReminder
from vks_plugin.access.policy import CONDITIONS, RELATIONS, Level, Sensitivity
from vks_plugin.access.queries import (
    FACTS,
    CaseView,
    case_for,
    require,
    units_to_appoint_in,
    who_can_see,
    without_post,
)
from vks_plugin.access.reminders import mark_read, unread
from vks_plugin.cases.deadlines import deadline_rules
from vks_plugin.cases.models import Assignment, CaseFile
from vks_plugin.cases.stages import PARTS
from vks_plugin.errors import BadInput, NotAllowed, NotFound
from vks_plugin.organization.models import Appointment, Department, ProcuracyUnit
from vks_plugin.organization.queries import posts_in_force
from vks_plugin.rest import NUMBER, ApiViewSet, InputSerializer, PersonSerializer, refusals

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet
    from rest_framework.request import Request

CASE_CODE = OpenApiParameter("code", str, OpenApiParameter.PATH, description="Code of the case.")
"""The case in an address, for the schema."""

_ASSIGNMENT_ROLES = (
    "`prosecutor_lead`, `prosecutor`, `inspector`, `scan_operator` or `qc_reviewer`, given by leaders of the handling office; "
    "`trial_prosecutor`, by those of the office appointed for the trial; `appeal_prosecutor` or `reviewer`, for people of "
    "the office above, by leaders of either."
)


class OfCaseViewSet(ApiViewSet):
    """Base of the routes below a case: nothing is looked at before the case itself may be known of."""

    def case_view(self) -> CaseView:
        """Return the case of the address as the asker may see it.

        Raises:
            NotFound: there is none, or none that the asker may know of.
        """
        return case_for(self.actor, str(self.kwargs["code"]))


class AssignmentSerializer(serializers.Serializer[Assignment]):
    """A person works on a case."""

    id = serializers.IntegerField()
    user = PersonSerializer()
    role = serializers.CharField(help_text=_ASSIGNMENT_ROLES)
    starts_on = serializers.DateField(help_text="First day, included.")
    ends_on = serializers.DateField(allow_null=True, help_text="Last day, included; null: open.")
    ended_at = serializers.DateTimeField(allow_null=True, help_text="The moment it was ended before its day.")
    left = serializers.SerializerMethodField(
        help_text="Whether the person has no post any more in an office that has to do with the case, or no account: the "
        "assignment then opens nothing."
    )

    def get_left(self, row: Assignment) -> bool:
        """Return whether the person left."""
        return row.user_id in self.context["left"]


def left_among(case: CaseFile, rows: Iterable[Assignment]) -> dict[str, Any]:
    """Return what `AssignmentSerializer` is to know of assignments to one case (one query)."""
    return {"left": {user_id for _case, user_id in without_post((case, each.user_id) for each in rows)}}


class AssignSerializer(InputSerializer):
    """Whom to assign."""

    user = serializers.CharField(help_text="Account of somebody with a post in an office that fits the role.")
    role = serializers.CharField(help_text=_ASSIGNMENT_ROLES)
    starts_on = serializers.DateField(required=False, allow_null=True, help_text="Today when left out.")
    ends_on = serializers.DateField(required=False, allow_null=True)


@extend_schema(parameters=[CASE_CODE])
@extend_schema_view(
    list=extend_schema(summary="Who works on a case", responses={200: AssignmentSerializer, **refusals(404)}),
    create=extend_schema(
        summary="Assign somebody to a case",
        description="For leaders of the office that gives the role. Access to the documents follows before the answer is "
        "given; a new lead prosecutor takes the place of the one before. A reviewer is assigned until a day.",
        request=AssignSerializer,
        responses={201: AssignmentSerializer, **refusals(400, 403, 404, 409)},
    ),
)
class CaseAssignmentViewSet(OfCaseViewSet):
    """Assignments of a case."""

    queryset: QuerySet[Any] = Assignment.objects.none()
    serializer_class = AssignmentSerializer
    lookup_value_regex = NUMBER

    def list(self, _request: Request, **_kwargs: str) -> Response:
        """Answer with the assignments in force."""
        view = self.case_view()
        return self.page(view.assignments, knowing=lambda rows: left_among(view.case, rows))

    def create(self, _request: Request, **_kwargs: str) -> Response:
        """Assign."""
        case = self.case_view().case
        given = self.given(AssignSerializer)
        # before accounts are looked up: others could otherwise learn which exist
        actions.require_assign(self.actor, case, given["role"])
        user = User.objects.filter(username=given["user"]).first()
        if user is None:
            raise BadInput(_("Người này không có chức danh tại đơn vị thụ lý hoặc đơn vị cấp trên."), field="user")
        made = actions.assign(
            actor=self.actor,
            case=case,
            user=user,
            role=given["role"],
            starts_on=given.get("starts_on"),
            ends_on=given.get("ends_on"),
        )
        return self.shown(made, status=201, **left_among(case, [made]))

    @extend_schema(
        summary="End an assignment",
        description="At this moment; what it opened closes before the answer is given. "
        "For leaders of the office and the assigned person.",
        request=None,
        responses={200: AssignmentSerializer, **refusals(403, 404, 409)},
    )
    @action(detail=True, methods=["post"])
    def end(self, _request: Request, pk: str, **_kwargs: str) -> Response:
        """End it."""
        case = self.case_view().case
        assignment = Assignment.objects.filter(case=case, pk=pk).select_related("user", "case__unit__parent").first()
        if assignment is None:
            raise NotFound(_("Không có phân công này trong vụ án."))
        actions.end_assignment(actor=self.actor, assignment=assignment)
        assignment.refresh_from_db()
        return self.shown(assignment, **left_among(case, [assignment]))


class ViewerSerializer(serializers.Serializer[Any]):
    """Somebody who may see a case, and why."""

    user = PersonSerializer()
    level = serializers.CharField(help_text="`view`, `contribute` or `manage`.")
    reason = serializers.CharField(help_text="The rule that opens the case to this person, in Vietnamese.")


@extend_schema(parameters=[CASE_CODE])
@extend_schema_view(
    list=extend_schema(
        summary="Who can see a case",
        description="For those who manage the case. Everybody the rules let read it, with the reason.",
        parameters=[
            OpenApiParameter(
                "part", str, description="`hsva` the case file (default) or `hsks` the internal supervision file."
            )
        ],
        responses={200: ViewerSerializer(many=True), **refusals(400, 403, 404)},
    ),
)
class CaseAccessViewSet(OfCaseViewSet):
    """Everybody who can see a case."""

    queryset: QuerySet[Any] = User.objects.none()
    serializer_class = ViewerSerializer
    # a handful of people, and all of them are the answer
    pagination_class = None

    def list(self, request: Request, **_kwargs: str) -> Response:
        """Answer with all of them."""
        case = self.case_view().case
        part = request.query_params.get("part", "hsva")
        if part not in dict(PARTS):
            raise BadInput(_("Phần hồ sơ phải là hồ sơ vụ án hoặc hồ sơ kiểm sát."), field="part")
        require(self.actor, case, Level.MANAGE, part=part, doing=_("xem danh sách người có quyền"))
        rows = [
            {"user": user, "level": decision.level.name.lower(), "reason": _(decision.reason)}
            for user, decision in who_can_see(case, part)
        ]
        return Response(self.get_serializer(rows, many=True).data)


ASKED_ABOUT = OpenApiParameter(
    "user",
    str,
    description="Account the question is about; the asker when left out. About others: for leaders who assign there.",
)


class HeldSerializer(serializers.Serializer[Any]):
    """The post, assignment or temporary access a row of the table holds through."""

    assignment = serializers.BooleanField(help_text="Whether it is an assignment to the case and no post.")
    role = serializers.CharField(help_text="Of the post or the assignment; the kind of a temporary access.")
    role_name = serializers.CharField()
    unit = serializers.CharField(help_text="Code of the office of a post; empty otherwise.")
    starts_on = serializers.DateField(help_text="First day, included.")
    ends_on = serializers.DateField(allow_null=True, help_text="Last day, included; null: open.")
    ends_at = serializers.DateTimeField(
        allow_null=True, help_text="The moment on that day at which a temporary access is over."
    )


class ExplainedRowSerializer(serializers.Serializer[Any]):
    """A row of the access table, and what became of it for this person."""

    relation = serializers.CharField(help_text=", ".join(f"`{each}`" for each in RELATIONS) + ".")
    role = serializers.CharField()
    level = serializers.CharField(help_text="What the row gives.")
    level_name = serializers.CharField()
    reason = serializers.CharField()
    holds = serializers.BooleanField()
    failed = serializers.CharField(help_text="The first condition that fails; empty when the row holds.")
    through = HeldSerializer(allow_null=True)


class ExplainedLevelSerializer(serializers.Serializer[Any]):
    """How far somebody may go in one part of a case, and until when."""

    part = serializers.CharField(help_text="`hsva` the case file or `hsks` the internal supervision file.")
    part_name = serializers.CharField()
    level = serializers.CharField(help_text="`none`, `metadata`, `view`, `contribute` or `manage`.")
    level_name = serializers.CharField()
    reason = serializers.CharField()
    through = HeldSerializer(allow_null=True)
    lasts_until = serializers.DateField(allow_null=True, help_text="Last day of this level; null: none is recorded.")
    lasts_until_moment = serializers.DateTimeField(
        allow_null=True, help_text="The moment on that day, where it ends before the day does."
    )
    then_level = serializers.CharField(allow_null=True, help_text="What follows that day.")
    then_reason = serializers.CharField(allow_null=True)


class ExplainedPartSerializer(ExplainedLevelSerializer):
    """The same with every row of the table."""

    unrestricted_level = serializers.CharField(
        allow_null=True, help_text="What would hold were it an ordinary case; null: the same."
    )
    unrestricted_reason = serializers.CharField(allow_null=True)
    rows = ExplainedRowSerializer(many=True)


class StoredGrantSerializer(serializers.Serializer[Any]):
    """A grant of the host that reaches the person."""

    holder = serializers.CharField(help_text="`user` or `group`.")
    name = serializers.CharField()
    action = serializers.CharField(help_text="`view`, `change` or `delete`.")
    documents = serializers.IntegerField(help_text="On how many of the documents.")


class DifferingSerializer(serializers.Serializer[Any]):
    """A document on which the host and the access table disagree."""

    document = serializers.IntegerField(help_text="Id of the document in the host.")
    title = serializers.CharField()
    owner = serializers.CharField(help_text="Account that owns it in the host.")
    missing = serializers.ListField(child=serializers.CharField(), help_text="Given by the table, not stored.")
    extra = serializers.ListField(child=serializers.CharField(), help_text="Stored, not given by the table.")


class HostStateSerializer(serializers.Serializer[Any]):
    """What the host has stored for the person, over the documents the asker may see."""

    superuser = serializers.BooleanField(help_text="The host shows a superuser everything.")
    documents = serializers.IntegerField()
    shown = serializers.IntegerField(help_text="How many of them the host shows to the person.")
    grants = StoredGrantSerializer(many=True)
    differing = DifferingSerializer(many=True)


class ExplainedSerializer(serializers.Serializer[Any]):
    """Why somebody may or may not see a case or a document."""

    user = serializers.CharField(help_text="Account in the host.")
    name = serializers.CharField()
    case = serializers.CharField(allow_null=True, help_text="Code of the case; null: the document is in none.")
    restricted = serializers.BooleanField()
    parts = ExplainedPartSerializer(many=True)
    host = HostStateSerializer()
    warnings = serializers.ListField(child=serializers.CharField(), help_text="Where host and table disagree.")
    notes = serializers.ListField(
        child=serializers.CharField(),
        help_text="What the host withholds by design, as from a borrower; why it shows a document that is in no case.",
    )


class ExplainedCaseSerializer(serializers.Serializer[Any]):
    """How far somebody may go in one of many cases."""

    case = serializers.CharField(help_text="Code of the case.")
    name = serializers.CharField()
    unit = serializers.CharField(help_text="Code of the office.")
    parts = ExplainedLevelSerializer(many=True)


@extend_schema(parameters=[CASE_CODE])
@extend_schema_view(
    list=extend_schema(
        summary="Why somebody may or may not see a case",
        description="For oneself, and for leaders who assign in the case about others: each row of the access table "
        "with what it lacks, the days, and what the host has stored.",
        parameters=[ASKED_ABOUT],
        responses={200: ExplainedSerializer(many=False), **refusals(400, 403, 404)},
    ),
)
class CaseExplainViewSet(OfCaseViewSet):
    """The reasons, of one case."""

    queryset: QuerySet[Any] = User.objects.none()
    serializer_class = ExplainedSerializer
    pagination_class = None

    def list(self, request: Request, **kwargs: str) -> Response:
        """Answer with the whole chain."""
        return self.shown(told(case_explained_to(self.actor, kwargs["code"], request.query_params.get("user", ""))))


class TableRowSerializer(serializers.Serializer[Any]):
    """A row of the table that decides who may see what."""

    relation = serializers.CharField(help_text=", ".join(f"`{each}`" for each in RELATIONS) + ".")
    relation_name = serializers.CharField()
    role = serializers.CharField()
    role_name = serializers.CharField()
    levels = serializers.DictField(
        child=serializers.CharField(),
        help_text="By part, `hsva` and `hsks`: `none`, `metadata`, `view`, `contribute` or `manage`.",
    )
    up_to = serializers.CharField(
        help_text="The most sensitive cases it is for: "
        + ", ".join(f"`{each.name.lower()}`" for each in Sensitivity)
        + "."
    )
    up_to_name = serializers.CharField()
    when = serializers.CharField(help_text=", ".join(f"`{each}`" for each in CONDITIONS) + "; empty: always.")
    when_name = serializers.CharField()


@extend_schema_view(
    list=extend_schema(
        summary="Cases somebody may know of, and why",
        description="One's own; about others, for leaders: those of the cases in which the asker assigns.",
        parameters=[ASKED_ABOUT],
        responses={200: ExplainedCaseSerializer, **refusals(400, 403)},
    ),
)
class ExplainViewSet(ApiViewSet):
    """The reasons, over all cases."""

    queryset: QuerySet[Any] = CaseFile.objects.none()
    serializer_class = ExplainedCaseSerializer

    def list(self, request: Request) -> Response:
        """Answer with a page of cases."""
        user, cases = cases_explained_to(self.actor, request.query_params.get("user", ""))
        chosen = list(self.paginate_queryset(cases.select_related(*FACTS).order_by("code")) or [])
        rows = [case_told(case, parts) for case, parts in explained(user, chosen)]
        return self.get_paginated_response(self.get_serializer(rows, many=True).data)

    @extend_schema(
        summary="The table that decides who may see what",
        description="Every row of it; whoever is in none sees nothing.",
        responses={200: TableRowSerializer(many=True), **refusals(403)},
    )
    @action(detail=False, pagination_class=None, filter_backends=[])
    def table(self, _request: Request) -> Response:
        """Answer with the whole table."""
        return Response(TableRowSerializer(table_told(), many=True).data)


_CAPACITIES = "`regular`, `acting`, or `deputising` while the holder is absent."


class AppointmentSerializer(serializers.Serializer[Appointment]):
    """A person holds a role in an office."""

    id = serializers.IntegerField()
    user = PersonSerializer()
    unit = serializers.CharField(source="unit.code", help_text="Code of the office.")
    department = serializers.CharField(source="department.code", default=None, allow_null=True)
    role = serializers.CharField(help_text="Such as `prosecutor` or `records_clerk`.")
    capacity = serializers.CharField(help_text=_CAPACITIES)
    starts_on = serializers.DateField(help_text="First day, included.")
    ends_on = serializers.DateField(allow_null=True, help_text="Last day, included; null: open.")
    ended_at = serializers.DateTimeField(allow_null=True, help_text="The moment it was ended before its day.")
    warnings = serializers.ListField(
        child=serializers.CharField(),
        help_text="What there is to say of a post that was just recorded; empty otherwise.",
    )


class AppointSerializer(InputSerializer):
    """Whom to appoint to what."""

    user = serializers.CharField(help_text="Account in the host.")
    unit = serializers.CharField(help_text="Code of the office.")
    role = serializers.CharField(help_text="Such as `prosecutor` or `records_clerk`.")
    department = serializers.CharField(
        required=False, allow_blank=True, help_text="Code of a department of that office."
    )
    capacity = serializers.CharField(
        required=False,
        default=Appointment.Capacity.REGULAR,
        help_text=f"{_CAPACITIES} Who deputises does so until a day.",
    )
    starts_on = serializers.DateField(required=False, allow_null=True, help_text="Today when left out.")
    ends_on = serializers.DateField(required=False, allow_null=True)


class EndSerializer(InputSerializer):
    """When a post ends."""

    ends_on = serializers.DateField(
        required=False, allow_null=True, help_text="Last day of the post; at this very moment when left out."
    )


class AppointmentFilterSet(FilterSet):
    """Narrows the list of appointments."""

    unit = django_filters.CharFilter(field_name="unit__code", label="code of an office")
    user = django_filters.CharFilter(field_name="user__username", label="an account")
    role = django_filters.CharFilter(label="a role")
    in_force = django_filters.BooleanFilter(method="only_in_force", label="only those in force today, or only others")

    class Meta:
        model = Appointment
        fields: tuple[str, ...] = ()

    def only_in_force(self, queryset: QuerySet[Appointment], _name: str, wanted: bool) -> QuerySet[Appointment]:  # noqa: FBT001 - the signature django-filter calls
        """Keep those in force today, or the others."""
        present = Appointment.objects.in_force(timezone.localdate()).values("pk")
        return queryset.filter(pk__in=present) if wanted else queryset.exclude(pk__in=present)


@extend_schema_view(
    list=extend_schema(
        summary="Appointments",
        description="Past ones too. Of the offices the asker works in, and of those whose appointments "
        "the asker may record.",
    ),
    create=extend_schema(
        summary="Appoint somebody",
        description="For chief procurators, in their office and those below, and for the system administrator. "
        "Access follows at once when the day has come.",
        request=AppointSerializer,
        responses={201: AppointmentSerializer, **refusals(400, 403, 409)},
    ),
)
class AppointmentViewSet(ApiViewSet):
    """Appointments."""

    queryset: QuerySet[Any] = Appointment.objects.none()
    serializer_class = AppointmentSerializer
    lookup_value_regex = NUMBER
    filter_backends = (DjangoFilterBackend,)
    filterset_class = AppointmentFilterSet

    def _known(self) -> QuerySet[Appointment]:
        own = [unit.pk for _role, unit in posts_in_force(self.actor)]
        return (
            Appointment.objects.filter(Q(unit__in=own) | Q(unit__in=units_to_appoint_in(self.actor).values("pk")))
            .select_related("user", "unit", "department")
            .order_by("unit__code", "role", "user__username", "starts_on", "pk")
        )

    def list(self, _request: Request) -> Response:
        """Answer with those the asker may know of."""
        return self.page(self.filter_queryset(self._known()))

    def create(self, _request: Request) -> Response:
        """Appoint."""
        if not units_to_appoint_in(self.actor).exists():
            raise NotAllowed(_("Bạn không được ghi bổ nhiệm."))
        given = self.given(AppointSerializer)
        unit = ProcuracyUnit.objects.filter(code=given["unit"]).first()
        if unit is None:
            raise BadInput(_("Không có đơn vị mang mã này."), field="unit")
        user = User.objects.filter(username=given["user"]).first()
        if user is None:
            raise BadInput(_("Không có tài khoản này."), field="user")
        department = None
        if given.get("department"):
            department = Department.objects.filter(unit=unit, code=given["department"]).first()
            if department is None:
                raise BadInput(_("Đơn vị không có phòng mang mã này."), field="department")
        made = actions.record_appointment(
            actor=self.actor,
            unit=unit,
            user=user,
            role=given["role"],
            department=department,
            capacity=given["capacity"],
            starts_on=given.get("starts_on"),
            ends_on=given.get("ends_on"),
        )
        return self.shown(made, status=201)

    @extend_schema(
        summary="End an appointment",
        description="What the post opened closes before the answer is given.",
        request=EndSerializer,
        responses={200: AppointmentSerializer, **refusals(400, 403, 404, 409)},
    )
    @action(detail=True, methods=["post"])
    def end(self, _request: Request, pk: str) -> Response:
        """End it."""
        appointment = self._known().filter(pk=pk).first()
        if appointment is None:
            raise NotFound(_("Không có bổ nhiệm này trong phạm vi của bạn."))
        given = self.given(EndSerializer)
        actions.end_appointment(actor=self.actor, appointment=appointment, ends_on=given.get("ends_on"))
        appointment.refresh_from_db()
        return self.shown(appointment)


class ReminderSerializer(serializers.Serializer[DeadlineReminder]):
    """A time limit somebody was told of."""

    id = serializers.IntegerField()
    case = serializers.CharField(source="case.code", help_text="Code of the case.")
    case_name = serializers.CharField(source="case.name")
    accused = serializers.CharField(source="accused.full_name", default=None, allow_null=True)
    rule = serializers.CharField(help_text="Id of the time limit, as `vks_deadlines` knows it.")
    limit = serializers.SerializerMethodField(help_text="Its name, in the language of the request.")
    due_on = serializers.DateField(help_text="Its last day.")
    band = serializers.CharField(help_text="`yellow`, `orange` or `red`: how near it was when the asker was told.")

    def get_limit(self, reminder: DeadlineReminder) -> str:
        """Return the name of the limit."""
        rule = deadline_rules().get(reminder.rule)
        return _(rule.label) if rule is not None else reminder.rule


class ReadSerializer(InputSerializer):
    """Which reminders were read."""

    reminders = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**31 - 1),
        required=False,
        max_length=1000,
        help_text="Ids; all of the asker's own when left out.",
    )


class ReadAnswerSerializer(serializers.Serializer[Any]):
    """How many were noted."""

    read = serializers.IntegerField()


@extend_schema_view(
    list=extend_schema(
        summary="Reminders not read yet",
        description="Of time limits that still run, in cases the asker may still read; the nearest first.",
    ),
)
class ReminderViewSet(ApiViewSet):
    """Reminders of time limits."""

    queryset: QuerySet[Any] = DeadlineReminder.objects.none()
    serializer_class = ReminderSerializer
    lookup_value_regex = NUMBER

    def list(self, _request: Request) -> Response:
        """Answer with the asker's own."""
        return self.page(unread(self.actor))

    @extend_schema(
        summary="Note that reminders were read",
        request=ReadSerializer,
        responses={200: ReadAnswerSerializer, **refusals(400)},
    )
    @action(detail=False, methods=["post"])
    def read(self, _request: Request) -> Response:
        """Note it."""
        given = self.given(ReadSerializer)
        return Response({"read": mark_read(self.actor, given.get("reminders"))})


LOG_FILTERS = [
    OpenApiParameter("person", str, description="Account, or words of a name."),
    OpenApiParameter("case", str, description="Code of a case."),
    OpenApiParameter(
        "document", int, description="Id of a document in the host; also finds exports of its whole case."
    ),
    OpenApiParameter("act", str, enum=AccessEntry.Act.values, description="What was done."),
    OpenApiParameter("refused", bool, description="Only what was refused."),
    OpenApiParameter("unit", str, description="Code of the office that held the case."),
    OpenApiParameter("since", dt.date, description="First day; six days ago when neither day is named."),
    OpenApiParameter("until", dt.date, description="Last day, included."),
]
"""What the log is narrowed by, for the schema."""


class AccessEntrySerializer(serializers.Serializer[AccessEntry]):
    """Somebody read a case document, took it out, or was refused it."""

    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    username = serializers.CharField(source="actor_username", help_text="Empty for a command on the server.")
    name = serializers.CharField(source="actor_name", help_text="As it was that day; of a command what it is called.")
    is_superuser = serializers.BooleanField(help_text="Whether the account was a superuser of the host.")
    act = serializers.CharField(
        help_text="`view`, `text` (full text in a list), `preview`, `download`, `print`, `export`, `share`, `case_list` or `log`."
    )
    refused = serializers.BooleanField()
    document = serializers.IntegerField(
        source="document_id", allow_null=True, help_text="Id in the host; null: the case as a whole, or a list."
    )
    title = serializers.SerializerMethodField(help_text="As it is today; empty when the asker may not see it.")
    folios = serializers.SerializerMethodField(help_text="As they are cited.")
    part = serializers.CharField(help_text="`hsva`, `hsks` or empty.")
    case = serializers.SerializerMethodField(help_text="Code; empty for lists and for what the asker may not know of.")
    unit = serializers.CharField(source="unit.code", help_text="The office that held the case at that moment.")
    count = serializers.IntegerField(
        help_text="Documents of an export (values of the ledger, when `vks_ledger` took those out); cases or entries of a list; 0 when refused."
    )
    address = serializers.CharField(allow_null=True, help_text="IP address.")

    def get_title(self, entry: AccessEntry) -> str:
        """Return the title of the document."""
        return str(self.context["told"][entry.pk].title)

    def get_folios(self, entry: AccessEntry) -> str:
        """Return the folios of the document."""
        return str(self.context["told"][entry.pk].folios)

    def get_case(self, entry: AccessEntry) -> str:
        """Return the code of the case."""
        return str(self.context["told"][entry.pk].case_code)


@extend_schema_view(
    list=extend_schema(
        summary="The access log",
        description="For leaders: of the cases their office held at that moment, the newest first; for those of the province, "
        "of every office. The last seven days unless a period is named.",
        parameters=LOG_FILTERS,
        responses={200: AccessEntrySerializer, **refusals(400, 403)},
    ),
)
class AccessLogViewSet(ApiViewSet):
    """Who read what. Rows are only ever added."""

    queryset: QuerySet[Any] = AccessEntry.objects.none()
    serializer_class = AccessEntrySerializer
    filter_backends = (DjangoFilterBackend,)
    filterset_class = AccessEntryFilterSet

    def list(self, _request: Request) -> Response:
        """Answer with what the asker reads."""
        entries = self.filter_queryset(visible_entries(self.actor))
        return self.page(
            entries, lambda rows: {"told": {each.entry.pk: each for each in entries_told(self.actor, rows)}}
        )
