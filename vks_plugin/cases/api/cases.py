"""Cases through the API: the list, one case, registering and editing."""

from __future__ import annotations

import datetime as dt  # read by the schema generator
from typing import TYPE_CHECKING, Any, cast

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers
from rest_framework.response import Response

from vks_plugin.access.actions import register_case
from vks_plugin.access.api import AssignmentSerializer, decisions_for
from vks_plugin.access.policy import Decision, Level
from vks_plugin.access.queries import CaseView, case_for, case_list
from vks_plugin.cases.actions import AccusedInput
from vks_plugin.cases.filters import CaseFilterSet
from vks_plugin.cases.models import Accused, CaseFile
from vks_plugin.errors import BadInput
from vks_plugin.organization.models import Department, ProcuracyUnit
from vks_plugin.rest import CODE, ApiViewSet, ComposedField, DefiniteOrdering, refusals

if TYPE_CHECKING:
    from rest_framework.request import Request


class CaseSerializer(serializers.Serializer[CaseFile]):
    """A case as a list shows it."""

    code = serializers.CharField(help_text="Identifies the case in every address.")
    name = serializers.CharField()
    kind = serializers.CharField(help_text="`criminal`.")
    stage = serializers.CharField(help_text="Stage of proceedings, such as `dieu_tra`, `truy_to`, `xet_xu_so_tham`.")
    status = serializers.CharField(help_text="Such as `dang_giai_quyet`.")
    unit = serializers.CharField(source="unit.code", help_text="Code of the office that handles the case.")
    department = serializers.CharField(source="department.code", default=None, allow_null=True)
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

    def get_main_accused(self, case: CaseFile) -> str | None:
        """Return what the list's query found, or look."""
        if hasattr(case, "main_accused"):
            return str(case.main_accused) if case.main_accused is not None else None
        first = case.accused.first()
        return first.full_name if first is not None else None

    def get_document_count(self, case: CaseFile) -> int:
        """Return what the list's query counted, or count."""
        if hasattr(case, "document_count"):
            return int(case.document_count)
        return case.documents.filter(part="hsva").count()

    def _decision(self, case: CaseFile) -> Decision:
        decisions: dict[int, Decision] = self.context["decisions"]
        return decisions[case.pk]

    def get_level(self, case: CaseFile) -> str:
        """Return the level by its name."""
        return self._decision(case).level.name.lower()

    def get_reason(self, case: CaseFile) -> str:
        """Return why."""
        return _(self._decision(case).reason)


class AccusedSerializer(serializers.Serializer[Any]):
    """A person prosecuted."""

    full_name = ComposedField(max_length=150)
    birth_year = serializers.IntegerField(required=False, allow_null=True)
    sex = serializers.CharField(required=False, allow_blank=True, default="", help_text="`nam`, `nu` or empty.")

    def validate_sex(self, value: str) -> str:
        """Refuse what is not in the list."""
        if value and value not in Accused.Sex.values:
            raise serializers.ValidationError(_("Giới tính ghi là nam, nu hoặc để trống."))
        return value


class CaseDetailSerializer(CaseSerializer):
    """A case with its people, and what the asker may do.

    Who may only know that the case exists gets neither note nor place and date of the crime.
    """

    accused = AccusedSerializer(many=True)
    accused_label = serializers.CharField(help_text="What the law calls the accused at this stage.")
    assignments = serializers.SerializerMethodField(help_text="In force today.")
    crime_date = serializers.SerializerMethodField()
    crime_place = serializers.SerializerMethodField()
    note = serializers.SerializerMethodField()
    internal_level = serializers.SerializerMethodField(
        help_text="The same for the supervision file (hsks), which never leaves the procuracy; may also be `none`."
    )
    internal_reason = serializers.SerializerMethodField()
    may = serializers.SerializerMethodField(
        help_text="What the asker may do: of `view`, `file`, `file_internal`, `assign`, `bundle`."
    )

    @property
    def _view(self) -> CaseView:
        view: CaseView = self.context["view"]
        return view

    def _reads(self) -> bool:
        return max(self._view.decision.level, self._view.internal.level) >= Level.VIEW

    @extend_schema_field(AssignmentSerializer(many=True))
    def get_assignments(self, _case: CaseFile) -> Any:
        """Return who works on it."""
        return AssignmentSerializer(cast("Any", self._view.assignments), many=True).data

    def get_crime_date(self, case: CaseFile) -> dt.date | None:
        """Return the day for readers."""
        return case.crime_date if self._reads() else None

    def get_crime_place(self, case: CaseFile) -> str:
        """Return the place for readers."""
        return case.crime_place if self._reads() else ""

    def get_note(self, case: CaseFile) -> str:
        """Return the note for readers."""
        return case.note if self._reads() else ""

    def get_internal_level(self, _case: CaseFile) -> str:
        """Return the level by its name."""
        return self._view.internal.level.name.lower()

    def get_internal_reason(self, _case: CaseFile) -> str:
        """Return why."""
        return _(self._view.internal.reason)

    def get_may(self, _case: CaseFile) -> list[str]:
        """Return what is open to the asker."""
        return sorted(self._view.may)


class RegistrationSerializer(serializers.Serializer[Any]):
    """What a case is registered with."""

    unit = serializers.CharField(help_text="Code of an office in which the asker holds a post that registers cases.")
    code = serializers.CharField(
        required=False, allow_blank=True, help_text="The next free one of the office when left out."
    )
    name = ComposedField(max_length=250)
    init_decision_no = ComposedField(max_length=60)
    init_decision_date = serializers.DateField()
    init_decision_agency = ComposedField(max_length=200)
    charge_summary = ComposedField(required=False, allow_blank=True, max_length=250)
    accused = AccusedSerializer(many=True, required=False)
    stage = serializers.CharField(required=False, help_text="`dieu_tra` when left out.")
    department = serializers.CharField(
        required=False, allow_blank=True, help_text="Code of a department of the office."
    )
    handled_at = serializers.DateField(required=False, allow_null=True, help_text="Today when left out.")
    crime_date = serializers.DateField(required=False, allow_null=True)
    crime_place = ComposedField(required=False, allow_blank=True, max_length=250)
    confidentiality = serializers.CharField(
        required=False, help_text="`thuong` or `han_che_noi_bo`; state secrets are not stored here."
    )
    note = ComposedField(required=False, allow_blank=True, max_length=5000)
    form_token = serializers.UUIDField(
        required=False, allow_null=True, help_text="The same token sent again answers with the case it made."
    )
    digitise_myself = serializers.BooleanField(
        required=False, default=True, help_text="Whether the asker is to file the papers and may therefore read them."
    )


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
            OpenApiParameter("mine", bool, description="Only cases the asker is assigned to today."),
        ],
    ),
    retrieve=extend_schema(summary="One case", responses={200: CaseDetailSerializer, **refusals(404)}),
    create=extend_schema(
        summary="Register a case",
        description="Number, date and agency of the initiating decision identify a case in the whole province; "
        "when it is registered already the refusal names only the other office.",
        request=RegistrationSerializer,
        responses={201: CaseSerializer, **refusals(400, 403, 409)},
    ),
)
class CaseViewSet(ApiViewSet):
    """Cases. None is ever deleted."""

    queryset: QuerySet[Any] = CaseFile.objects.none()
    serializer_class = CaseSerializer
    lookup_field = "code"
    lookup_value_regex = CODE
    filter_backends = (DjangoFilterBackend, DefiniteOrdering)
    filterset_class = CaseFilterSet
    ordering_fields = ("code", "name", "handled_at", "init_decision_date", "stage", "status", "unit", "document_count")
    ordering = ("-handled_at",)

    def list(self, _request: Request) -> Response:
        """Answer with those the asker may know of."""
        cases = case_list(self.actor).select_related("unit__parent")
        return self.page(
            self.filter_queryset(cases), knowing=lambda shown: {"decisions": decisions_for(self.actor, shown)}
        )

    def retrieve(self, _request: Request, code: str) -> Response:
        """Answer with one."""
        view = case_for(self.actor, code)
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
        people = [
            AccusedInput(each["full_name"], each.get("birth_year"), each["sex"]) for each in given.pop("accused", [])
        ]
        case = register_case(actor=self.actor, unit=unit, accused=people, code=given.pop("code", "") or None, **given)
        return self.shown(case, status=201, decisions=decisions_for(self.actor, [case]))
