"""Cases, their documents and folios, and the catalogue of document types, through the API."""

from __future__ import annotations

import datetime as dt  # read by the schema generator
from typing import TYPE_CHECKING, Any, cast

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django_filters.rest_framework import DjangoFilterBackend, FilterSet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.response import Response

from vks_plugin.access.actions import register_case
from vks_plugin.access.api import CASE_CODE, AssignmentSerializer, OfCaseViewSet, decisions_for
from vks_plugin.access.policy import Decision, Level
from vks_plugin.access.queries import CaseView, case_for, case_list
from vks_plugin.cases.actions import AccusedInput
from vks_plugin.cases.filters import CaseFilterSet
from vks_plugin.cases.models import Accused, CaseDocument, CaseFile, CatalogueType, Folio
from vks_plugin.errors import BadInput
from vks_plugin.organization.models import Department, ProcuracyUnit
from vks_plugin.rest import CODE, ApiViewSet, ComposedField, DefiniteOrdering, PersonSerializer, refusals
from vks_plugin.text import folded

if TYPE_CHECKING:
    from rest_framework.request import Request

LARGEST_FOLIO = 1_000_000
"""Higher folio numbers are taken for a slip of the hand; the database could not hold all of them."""


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


class CaseDocumentSerializer(serializers.Serializer[CaseDocument]):
    """A document filed in a case."""

    id = serializers.IntegerField(source="document_id", help_text="Id of the document in the host.")
    case = serializers.CharField(source="case.code", help_text="Code of the case.")
    case_name = serializers.CharField(source="case.name")
    part = serializers.CharField(help_text="`hsva` the case file or `hsks` the internal supervision file.")
    document_type = serializers.CharField(
        source="document_type.code",
        default=None,
        allow_null=True,
        help_text="Code in the catalogue; null: not yet said.",
    )
    document_type_name = serializers.CharField(source="document_type.name", default="")
    group_code = serializers.CharField(source="document_type.group_code", default="")
    group_name = serializers.CharField(source="document_type.group_name", default="")
    title = serializers.CharField()
    number = serializers.CharField()
    date = serializers.DateField(allow_null=True)
    folio_from = serializers.IntegerField(allow_null=True)
    folio_to = serializers.IntegerField(allow_null=True)
    folios = serializers.CharField(source="folio_label", help_text="As they are cited: `BL 12–14`; may be empty.")
    page_count = serializers.IntegerField(allow_null=True)
    sha256 = serializers.CharField(help_text="Of the file as it was handed in.")
    filed_at = serializers.DateTimeField()
    filed_by = PersonSerializer()


class CaseDocumentFilterSet(FilterSet):
    """Narrows the documents of a case."""

    part = django_filters.CharFilter(label="`hsva` or `hsks`")
    document_type = django_filters.CharFilter(field_name="document_type__code", label="code in the catalogue")

    class Meta:
        model = CaseDocument
        fields: tuple[str, ...] = ()


@extend_schema(parameters=[CASE_CODE])
@extend_schema_view(
    list=extend_schema(
        summary="Documents of a case",
        description="Those the asker may read, in the order of proceedings; none for those who may only know "
        "that the case exists.",
        responses={200: CaseDocumentSerializer, **refusals(404)},
    ),
)
class CaseDocumentViewSet(OfCaseViewSet):
    """Documents of a case."""

    queryset: QuerySet[Any] = CaseDocument.objects.none()
    serializer_class = CaseDocumentSerializer
    filter_backends = (DjangoFilterBackend,)
    filterset_class = CaseDocumentFilterSet

    def list(self, _request: Request, **_kwargs: str) -> Response:
        """Answer with those the asker may read."""
        rows = self.case_view().documents.select_related("case", "document_type", "filed_by")
        return self.page(self.filter_queryset(rows))


class FolioSerializer(serializers.Serializer[Folio]):
    """One folio (bút lục) and where to see it."""

    number = serializers.IntegerField()
    suffix = serializers.CharField(help_text="Such as `a`; mostly empty.")
    label = serializers.CharField(  # type: ignore[assignment]  # the field is named so in the answer
        help_text="As it is cited: `125`, `125a`."
    )
    document = serializers.IntegerField(source="case_document.document_id", help_text="Id in the host.")
    title = serializers.CharField(source="case_document.title", help_text="Title of the document.")
    page = serializers.IntegerField(allow_null=True, help_text="Page of the document, from 1; null: not known.")


class FolioFilterSet(FilterSet):
    """Narrows the folios of a case."""

    number = django_filters.NumberFilter(
        label="the number of a folio", min_value=1, max_value=LARGEST_FOLIO, decimal_places=0
    )
    document = django_filters.NumberFilter(
        field_name="case_document__document_id",
        label="id of a document in the host",
        min_value=1,
        max_value=2**31 - 1,
        decimal_places=0,
    )

    class Meta:
        model = Folio
        fields: tuple[str, ...] = ()


@extend_schema(parameters=[CASE_CODE])
@extend_schema_view(
    list=extend_schema(
        summary="Folios of a case",
        description="Of the documents the asker may read. `?number=125` finds the document and page to open.",
        responses={200: FolioSerializer, **refusals(400, 404)},
    ),
)
class CaseFolioViewSet(OfCaseViewSet):
    """Folios of a case."""

    queryset: QuerySet[Any] = Folio.objects.none()
    serializer_class = FolioSerializer
    filter_backends = (DjangoFilterBackend,)
    filterset_class = FolioFilterSet

    def list(self, _request: Request, **_kwargs: str) -> Response:
        """Answer with those of readable documents."""
        readable = self.case_view().documents.order_by().values("pk")
        rows = Folio.objects.filter(case_document__in=readable).select_related("case_document")
        return self.page(self.filter_queryset(rows.order_by("number", "suffix")))


class CatalogueTypeSerializer(serializers.Serializer[CatalogueType]):
    """A type of document that occurs in case files."""

    code = serializers.CharField()
    name = serializers.CharField()
    group_code = serializers.CharField()
    group_name = serializers.CharField()
    position = serializers.IntegerField(help_text="Place in the order of proceedings.")
    part = serializers.CharField(help_text="`hsva` or, for internal papers, `hsks`.")
    issuer = serializers.CharField()
    form_number = serializers.CharField(help_text="Changes with every circular; never a key.")
    form_edition = serializers.CharField(help_text="The circular the number belongs to.")
    verified = serializers.BooleanField(help_text="Whether an official source for this row was read.")
    sensitive = serializers.BooleanField(help_text="Whether such documents may hold sensitive pictures.")


class CatalogueTypeFilterSet(FilterSet):
    """Narrows the catalogue."""

    q = django_filters.CharFilter(method="search", label="words of code and name, with or without accents")
    part = django_filters.CharFilter(label="`hsva` or `hsks`")
    group = django_filters.CharFilter(field_name="group_code", label="code of a group")

    class Meta:
        model = CatalogueType
        fields: tuple[str, ...] = ()

    def search(self, queryset: QuerySet[CatalogueType], _name: str, text: str) -> QuerySet[CatalogueType]:
        """Keep the types that have every word of `text`."""
        words = folded(text).split()
        # a few hundred short rows: no index of folded names is kept for them
        found = [
            pk
            for pk, code, name in queryset.values_list("pk", "code", "name")
            if all(word in folded(f"{code} {name}") for word in words)
        ]
        return queryset.filter(pk__in=found)


@extend_schema_view(
    list=extend_schema(summary="Catalogue of document types", description="In the order of proceedings. Read-only."),
    retrieve=extend_schema(summary="One document type", responses={200: CatalogueTypeSerializer, **refusals(404)}),
)
class CatalogueTypeViewSet(ListModelMixin, RetrieveModelMixin, ApiViewSet):
    """Document types."""

    queryset: QuerySet[Any] = CatalogueType.objects.order_by("position", "code")
    serializer_class = CatalogueTypeSerializer
    lookup_field = "code"
    lookup_value_regex = CODE
    filter_backends = (DjangoFilterBackend,)
    filterset_class = CatalogueTypeFilterSet
