"""Cases through the API: the list, one case, registering and editing."""

from __future__ import annotations

import datetime as dt  # read by the schema generator
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django.db.models import F, QuerySet
from django.utils.translation import gettext as _
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers
from rest_framework.response import Response

from vks_plugin.access.actions import edit_case, register_case
from vks_plugin.access.api import AssignmentSerializer, left_among
from vks_plugin.access.case_lists import (
    CasePaginator,
    Deadline,
    Listed,
    decisions_for,
    listed,
    with_document_count,
    with_due,
)
from vks_plugin.access.policy import Decision, Level
from vks_plugin.access.queries import CaseView, case_for, require, visible_cases
from vks_plugin.cases.actions import AccusedInput
from vks_plugin.cases.api.fields import columns, input_of, output_field
from vks_plugin.cases.api.record import REASON, ChargeOfSerializer, charge_at, charge_of
from vks_plugin.cases.filters import BANDS, CaseFilterSet
from vks_plugin.cases.models import Accused, CaseFile, CasePerson
from vks_plugin.cases.record import CASE_FIELDS, FLAGS, PARTS_OF_RECORD
from vks_plugin.errors import BadInput
from vks_plugin.host.rest import StandardPagination
from vks_plugin.organization.models import Department, ProcuracyUnit
from vks_plugin.rest import CODE, LARGEST_NUMBER, ApiViewSet, DefiniteOrdering, PersonSerializer, refusals

if TYPE_CHECKING:
    from rest_framework.request import Request


class NextDeadlineSerializer(serializers.Serializer[Deadline]):
    """The time limit of a case that ends first."""

    rule = serializers.CharField(source="row.rule", help_text="Id in the table of time limits.")
    due_on = serializers.DateField(source="row.due_on", help_text="Its last day.")
    band = serializers.CharField(help_text="`red` past, `orange` up to 5 days left, `yellow` up to 10, `green` more.")
    days_left = serializers.IntegerField(help_text="Below zero: so many days past.")


class CaseSerializer(serializers.Serializer[CaseFile]):
    """A case as a list shows it."""

    code = serializers.CharField(help_text="Identifies the case in every address.")
    name = serializers.CharField()
    kind = serializers.CharField(help_text="Such as `criminal`, `crime_report`, `civil`, `administrative`.")
    kind_label = serializers.CharField(help_text="The kind in words.")
    stage = serializers.CharField(help_text="Stage of proceedings, such as `dieu_tra`, `truy_to`, `xet_xu_so_tham`.")
    stage_label = serializers.CharField(help_text="The stage in words.")
    status = serializers.CharField(help_text="Such as `dang_giai_quyet`.")
    status_label = serializers.CharField(help_text="The status in words.")
    unit = serializers.CharField(source="unit.code", help_text="Code of the office that handles the case.")
    department = serializers.CharField(source="department.code", default=None, allow_null=True)
    trial_unit = serializers.CharField(
        source="trial_unit.code", default=None, allow_null=True, help_text="Code of the office appointed for the trial."
    )
    charge_summary = serializers.CharField()
    init_decision_no = serializers.CharField(help_text="Number of the decision that opened the case.")
    init_decision_date = serializers.DateField()
    init_decision_agency = serializers.CharField(
        help_text="With number and date it identifies the case in the whole province."
    )
    national_case_code = serializers.CharField(allow_null=True)
    handled_at = serializers.DateField(help_text="The day the office took the case.")
    main_accused = serializers.SerializerMethodField(help_text="Name of the first accused; null when there is none.")
    document_count = serializers.SerializerMethodField(help_text="Documents in the case file (hsva).")
    confidentiality = serializers.CharField(help_text="`thuong` or `han_che_noi_bo`.")
    level = serializers.SerializerMethodField(
        help_text="How far the asker may go: `metadata`, `view`, `contribute` or `manage`; each includes those before."
    )
    reason = serializers.SerializerMethodField(help_text="The rule that gives the level, in Vietnamese.")

    lead_prosecutor = serializers.SerializerMethodField(help_text="Who leads the case today; null: nobody.")
    lead_left = serializers.SerializerMethodField(
        help_text="Whether that person has no post any more in an office that has to do with the case, or no account: "
        "somebody else is to be assigned."
    )
    next_deadline = serializers.SerializerMethodField(
        help_text="The time limit that ends first; null where none runs, and for who may not read the case."
    )

    def _listed(self, case: CaseFile) -> Listed:
        """Return what was looked up for the rows of a page, or look."""
        context: dict[str, Any] = cast("dict[str, Any]", self.context)
        known: dict[int, Listed] = context.setdefault("listed", {})
        if case.pk not in known:
            known |= listed(context["request"].user, [case])
        return known[case.pk]

    def get_main_accused(self, case: CaseFile) -> str | None:
        """Return the name."""
        return self._listed(case).main_accused

    def get_document_count(self, case: CaseFile) -> int:
        """Return the number."""
        return self._listed(case).document_count

    @extend_schema_field(PersonSerializer(allow_null=True))
    def get_lead_prosecutor(self, case: CaseFile) -> Any:
        """Return account and name."""
        lead = self._listed(case).lead
        return PersonSerializer(lead).data if lead is not None else None

    def get_lead_left(self, case: CaseFile) -> bool:
        """Return whether whoever leads it left."""
        return self._listed(case).lead_left

    @extend_schema_field(NextDeadlineSerializer(allow_null=True))
    def get_next_deadline(self, case: CaseFile) -> Any:
        """Return rule, day and colour."""
        due = self._listed(case).next_deadline
        return NextDeadlineSerializer(due).data if due is not None else None

    def _decision(self, case: CaseFile) -> Decision:
        decisions: dict[int, Decision] = self.context["decisions"]
        return decisions[case.pk]

    def get_level(self, case: CaseFile) -> str:
        """Return the level by its name."""
        return self._decision(case).level.name.lower()

    def get_reason(self, case: CaseFile) -> str:
        """Return why."""
        return _(self._decision(case).reason)


class AccusedNameSerializer(serializers.Serializer[Accused]):
    """A person prosecuted, as far as whoever knows of the case is told."""

    id = serializers.IntegerField(
        allow_null=True, help_text="Of the row below `accused`; null for who may not read it."
    )
    full_name = serializers.CharField()
    birth_year = serializers.IntegerField(allow_null=True)
    sex = serializers.CharField(help_text="`nam`, `nu` or empty.")


TOLD_OF_CASE = frozenset(
    {
        "name",
        "init_decision_no",
        "init_decision_date",
        "init_decision_agency",
        "national_case_code",
        "charge_summary",
        "department",
        "handled_at",
        "confidentiality",
    }
)
"""Fields told to whoever may know of a case; the others only to those who may read it."""
_EMPTY_TEXTS = frozenset({"crime_place", "note"})


class CaseDetailSerializer(CaseSerializer):
    """A case with its people, and what the asker may do.

    Who may only know that the case exists is told null instead of what is in its record.
    """

    accused = serializers.SerializerMethodField()
    accused_label = serializers.SerializerMethodField(help_text="What the law calls the accused at this stage.")
    assignments = serializers.SerializerMethodField(help_text="In force today.")
    internal_level = serializers.SerializerMethodField(
        help_text="The same for the supervision file (hsks), which never leaves the procuracy; may also be `none`."
    )
    internal_reason = serializers.SerializerMethodField()
    may = serializers.SerializerMethodField(
        help_text="What the asker may do: of `view`, `edit`, `file`, `file_internal`, `assign`, `bundle`."
    )
    crime_class = serializers.CharField(
        allow_null=True, help_text="The heaviest class of any charge in force: `A`, `B`, `C`, `D` or empty."
    )
    revision = serializers.IntegerField(
        allow_null=True,
        help_text="Counts changes of the record; sent back with a change, it shows that none came between.",
    )

    def get_fields(self) -> dict[str, Any]:
        """Return the fields above and every column a person may set."""
        fields: dict[str, Any] = super().get_fields()
        for column in columns(CaseFile, CASE_FIELDS):
            if column.name not in TOLD_OF_CASE:
                fields[column.name] = output_field(column, hidden=True)
        return fields

    def to_representation(self, case: CaseFile) -> dict[str, Any]:
        """Return what this asker may be told."""
        told: dict[str, Any] = super().to_representation(case)
        if not self._reads():
            for name in ("crime_class", "revision", *CASE_FIELDS):
                if name not in TOLD_OF_CASE:
                    told[name] = "" if name in _EMPTY_TEXTS else None
        return told

    @property
    def _view(self) -> CaseView:
        view: CaseView = self.context["view"]
        return view

    def _reads(self) -> bool:
        return max(self._view.decision.level, self._view.internal.level) >= Level.VIEW

    @extend_schema_field(AssignmentSerializer(many=True))
    def get_assignments(self, case: CaseFile) -> Any:
        """Return who works on it."""
        rows = list(self._view.assignments)
        return AssignmentSerializer(cast("Any", rows), many=True, context=left_among(case, rows)).data

    @extend_schema_field(AccusedNameSerializer(many=True))
    def get_accused(self, case: CaseFile) -> Any:
        """Return who is prosecuted."""
        rows: Any = AccusedNameSerializer(cast("Any", case.accused.all()), many=True).data
        return rows if self._reads() else [{**row, "id": None} for row in rows]

    def get_accused_label(self, case: CaseFile) -> str:
        """Return it, without how the case ended where its record is closed."""
        return case.accused_label if self._reads() else case.accused_label_outside

    def get_internal_level(self, _case: CaseFile) -> str:
        """Return the level by its name."""
        return self._view.internal.level.name.lower()

    def get_internal_reason(self, _case: CaseFile) -> str:
        """Return why."""
        return _(self._view.internal.reason)

    def get_may(self, _case: CaseFile) -> list[str]:
        """Return what is open to the asker."""
        return sorted(self._view.may)


MOST_AT_ONCE = 500
"""Rows of a part that one registration may bring."""

_REGISTERED = tuple(name for name in CASE_FIELDS if name != "department")


_ACCUSED = [name for name in PARTS_OF_RECORD["accused"].fields if name != "position"]
_PERSON = [name for name in PARTS_OF_RECORD["person"].fields if name != "accused"]
_AccusedColumns: Any = input_of("_AccusedColumns", "", Accused, _ACCUSED)
_PersonColumns: Any = input_of("_PersonColumns", "", CasePerson, _PERSON)
_NewCaseColumns: Any = input_of("_NewCaseColumns", "", CaseFile, _REGISTERED, filled_in=("handled_at",))
_CaseColumns: Any = input_of("_CaseColumns", "", CaseFile, CASE_FIELDS)


class AccusedOfCaseSerializer(_AccusedColumns):
    """A person prosecuted, with charges; persons stand in the order given."""

    charges = ChargeOfSerializer(many=True, required=False, max_length=MOST_AT_ONCE)


class PersonOfCaseSerializer(_PersonColumns):
    """Another person of the case; whom a defender stands for is said later, when the accused have their ids."""


class RegistrationSerializer(_NewCaseColumns):
    """What a case is registered with."""

    unit = serializers.CharField(help_text="Code of an office in which the asker holds a post that registers cases.")
    kind = serializers.CharField(required=False, help_text="A kind of case; `criminal` when left out.")
    code = serializers.CharField(
        required=False, allow_blank=True, help_text="The next free one of the office when left out."
    )
    accused = AccusedOfCaseSerializer(many=True, required=False, max_length=MOST_AT_ONCE)
    people = PersonOfCaseSerializer(many=True, required=False, max_length=MOST_AT_ONCE)
    charges = ChargeOfSerializer(
        many=True,
        required=False,
        max_length=MOST_AT_ONCE,
        help_text="Of the case itself, while nobody is prosecuted.",
    )
    stage = serializers.CharField(required=False, help_text="The first one of the kind when left out.")
    status = serializers.CharField(required=False, help_text="The first one of the kind when left out.")
    department = serializers.CharField(
        required=False, allow_blank=True, allow_null=True, help_text="Code of a department of the office."
    )
    handled_at = serializers.DateField(required=False, allow_null=True, help_text="Today when left out.")
    form_token = serializers.UUIDField(
        required=False, allow_null=True, help_text="The same token sent again answers with the case it made."
    )
    digitise_myself = serializers.BooleanField(
        required=False, default=True, help_text="Whether the asker is to file the papers and may therefore read them."
    )


class CaseEditSerializer(_CaseColumns):
    """What is corrected; what is left out stays. Stage and status follow from events."""

    revision = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=LARGEST_NUMBER,
        help_text="The revision that was read: a change by somebody else meanwhile is then a conflict.",
    )
    reason = REASON


def _accused_input(given: Mapping[str, Any]) -> AccusedInput:
    values = dict(given)
    return AccusedInput(
        values.pop("full_name"),
        values.pop("birth_year", None),
        values.pop("sex", ""),
        charges=[charge_of(each) for each in values.pop("charges", ())],
        values=values,
    )


class CasePagination(StandardPagination):
    """The host's pages, over a list that may be a whole province's."""

    django_paginator_class = CasePaginator


class CaseOrdering(DefiniteOrdering):
    """Orders by the columns that have an index, and by what is looked up only when it is asked for."""

    columns: ClassVar[dict[str, str]] = {"name": "folded_name", "unit": "unit_id"}

    def filter_queryset(self, request: Request, queryset: Any, view: Any) -> Any:
        """Order `queryset`."""
        asked = [(term.startswith("-"), term.lstrip("-")) for term in self.get_ordering(request, queryset, view) or ()]
        names = {name for _down, name in asked}
        if "document_count" in names:
            queryset = with_document_count(queryset)
        if "due" in names:
            queryset = with_due(queryset, view.actor)
        terms: list[Any] = []
        for down, name in asked:
            column = F(self.columns.get(name, name))
            terms.append(column.desc(nulls_last=True) if down else column.asc(nulls_last=True))
        # the way the newest-first index runs
        terms.append("pk" if asked and not asked[0][0] else "-pk")
        return queryset.order_by(*terms)


_FOR_READERS = "Finds only cases the asker may read."


@extend_schema_view(
    list=extend_schema(
        summary="Cases the asker may know of",
        description="A page of them, newest first.",
        parameters=[
            OpenApiParameter(
                "q", str, description="Words of code, name, decision number or an accused's name, accents or not."
            ),
            OpenApiParameter("kind", str, description="A kind of case, such as `criminal` or `crime_report`."),
            OpenApiParameter("stage", str, description="A stage of proceedings, such as `dieu_tra`."),
            OpenApiParameter("status", str, description="Such as `dang_giai_quyet`."),
            OpenApiParameter("unit", str, description="Code of the office that handles the case."),
            OpenApiParameter("department", str, description="Code of a department, such as `P1`."),
            OpenApiParameter("lead", str, description="Account of the lead prosecutor of today."),
            OpenApiParameter("handled_from", dt.date, description="First day on which the office took the case."),
            OpenApiParameter("handled_to", dt.date, description="Last day on which the office took the case."),
            OpenApiParameter(
                "crime_class", str, description=f"Heaviest class of any charge: `A` to `D`. {_FOR_READERS}"
            ),
            OpenApiParameter(
                "charge",
                str,
                description=f"A charge in force: article (`173`, `173.2`) or words of the offence. {_FOR_READERS}",
            ),
            OpenApiParameter(
                "flags",
                str,
                many=True,
                enum=FLAGS,
                description=f"Marks of the case; named several times, it has all of them. {_FOR_READERS}",
            ),
            OpenApiParameter(
                "band",
                str,
                enum=[value for value, _label in BANDS],
                description="The next time limit: `red` is past, `orange` ends within 5 days, `yellow` within 10, `green` "
                f"later. {_FOR_READERS}",
            ),
            OpenApiParameter(
                "due_within",
                int,
                description=f"The next time limit ends within so many days, or is past. {_FOR_READERS}",
            ),
            OpenApiParameter(
                "ordering",
                str,
                description="Columns to order by, `-` before one turns it round: `code`, `name`, `handled_at`, "
                "`init_decision_date`, `stage`, `status`, `unit`, `document_count`, `due`.",
            ),
            OpenApiParameter("mine", bool, description="Only cases the asker is assigned to today."),
            OpenApiParameter(
                "needs_lead",
                bool,
                description="Only cases nobody leads today, or whose lead has left (`lead_left`), and that the archive does "
                "not have.",
            ),
        ],
    ),
    retrieve=extend_schema(summary="One case", responses={200: CaseDetailSerializer, **refusals(404)}),
    create=extend_schema(
        summary="Register a case",
        description="Number, date and agency of the initiating decision identify a case in the whole province; "
        "when it is registered already the refusal names only the other office. Kinds of cases and their own fields: "
        "see `kinds`.",
        request=RegistrationSerializer,
        responses={201: CaseSerializer, **refusals(400, 403, 409)},
    ),
    partial_update=extend_schema(
        summary="Correct what is recorded of a case",
        description="For those who work on the case. The history keeps what was said before; the same values again "
        "change nothing. `details` is replaced as a whole.",
        request=CaseEditSerializer,
        responses={200: CaseDetailSerializer, **refusals(400, 403, 404, 409)},
    ),
)
class CaseViewSet(ApiViewSet):
    """Cases. None is ever deleted."""

    queryset: QuerySet[Any] = CaseFile.objects.none()
    serializer_class = CaseSerializer
    lookup_field = "code"
    lookup_value_regex = CODE
    pagination_class = CasePagination
    filter_backends = (DjangoFilterBackend, CaseOrdering)
    filterset_class = CaseFilterSet
    ordering_fields = (
        "code",
        "name",
        "handled_at",
        "init_decision_date",
        "stage",
        "status",
        "unit",
        "document_count",
        "due",
    )
    ordering = ("-handled_at",)

    def list(self, _request: Request) -> Response:
        """Answer with those the asker may know of."""
        return self.page(self.filter_queryset(visible_cases(self.actor)), knowing=self._known_of)

    def _known_of(self, shown: Sequence[CaseFile]) -> dict[str, Any]:
        told = listed(self.actor, shown)
        return {"listed": told, "decisions": {pk: each.decision for pk, each in told.items()}}

    def retrieve(self, _request: Request, code: str) -> Response:
        """Answer with one."""
        return self._told(case_for(self.actor, code))

    def _told(self, view: CaseView) -> Response:
        context = dict(self.get_serializer_context()) | {"view": view, "decisions": {view.case.pk: view.decision}}
        return Response(CaseDetailSerializer(view.case, context=context).data)

    def create(self, _request: Request) -> Response:
        """Register one."""
        given = dict(self.given(RegistrationSerializer))
        unit = ProcuracyUnit.objects.filter(code=given.pop("unit")).first()
        if unit is None:
            raise BadInput(_("Không có đơn vị mang mã này."), field="unit")
        department = given.pop("department", "")
        if department:
            given["department"] = Department.objects.filter(unit=unit, code=department).first()
            if given["department"] is None:
                raise BadInput(_("Đơn vị không có phòng mang mã này."), field="department")
        with charge_at("charges"):
            case = register_case(
                actor=self.actor,
                unit=unit,
                code=given.pop("code", "") or None,
                accused=[_accused_input(each) for each in given.pop("accused", ())],
                charges=[charge_of(each) for each in given.pop("charges", ())],
                **given,
            )
        return self.shown(case, status=201, decisions=decisions_for(self.actor, [case]))

    def partial_update(self, _request: Request, code: str) -> Response:
        """Correct one."""
        case = case_for(self.actor, code).case
        # before names are looked up: others could otherwise learn which accounts exist
        require(self.actor, case, Level.CONTRIBUTE, doing=_("sửa hồ sơ"))
        values = dict(self.given(CaseEditSerializer, partial=True, case=case, unit=case.unit))
        revision, reason = values.pop("revision", None), values.pop("reason", "")
        edit_case(actor=self.actor, case=case, values=values, revision=revision, reason=reason)
        return self._told(case_for(self.actor, code))
