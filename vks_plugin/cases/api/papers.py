"""What lies in a case file, and the catalogue of document types, through the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import django_filters
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _
from django_filters.rest_framework import DjangoFilterBackend, FilterSet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.response import Response

from vks_plugin.access import actions as access
from vks_plugin.access.api import CASE_CODE, OfCaseViewSet
from vks_plugin.access.policy import Level
from vks_plugin.access.queries import require
from vks_plugin.cases.api.folios import paper_of
from vks_plugin.cases.folios import LARGEST_FOLIO, parse_label
from vks_plugin.cases.models import CaseDocument, CatalogueType, Folio
from vks_plugin.language import told
from vks_plugin.rest import CODE, LARGEST_NUMBER, ApiViewSet, ComposedField, InputSerializer, PersonSerializer, refusals
from vks_plugin.text import folded

if TYPE_CHECKING:
    from rest_framework.request import Request


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
    characteristics = serializers.CharField(help_text="What is particular about it; a column of the inventory.")
    page_count = serializers.IntegerField(allow_null=True)
    sha256 = serializers.CharField(
        help_text="Of the file as it is now: as it was handed in, unless its pages were changed before the seal."
    )
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

    number = serializers.IntegerField(allow_null=True, help_text="Null: a stamp without a number.")
    suffix = serializers.CharField(help_text="Such as `a`; mostly empty.")
    label = serializers.CharField(  # type: ignore[assignment]  # the field is named so in the answer
        help_text="As it is cited: `125`, `125a`."
    )
    document = serializers.IntegerField(source="case_document.document_id", help_text="Id in the host.")
    title = serializers.CharField(source="case_document.title", help_text="Title of the document.")
    page = serializers.IntegerField(allow_null=True, help_text="Page of the document, from 1; null: not known.")
    state = serializers.CharField(help_text="`tam` stamped only, `chinh_thuc`, `sua_co_giai_trinh` or `thieu`.")
    stamped_by = serializers.CharField(help_text="`CQDT`, `VKS`, `TA` or empty.")


class AddFolioSerializer(InputSerializer):
    """A folio with a suffix, and why it is there."""

    label = serializers.CharField(max_length=12, help_text="Such as `125a`.")  # type: ignore[assignment]  # as above
    document = serializers.IntegerField(min_value=1, max_value=LARGEST_NUMBER, help_text="Id in the host.")
    page = serializers.IntegerField(
        min_value=1, max_value=LARGEST_FOLIO, required=False, allow_null=True, help_text="Needed beyond one page."
    )
    text = ComposedField(max_length=1000, help_text="The explanation; it stays.")
    report = serializers.IntegerField(
        min_value=1, max_value=LARGEST_NUMBER, required=False, allow_null=True, help_text="Report of explanation."
    )


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
    create=extend_schema(
        summary="Enter a folio with a suffix",
        description="For a page that was passed over when the file was numbered. A plain number is only given behind "
        "the last one, by numbering.",
        request=AddFolioSerializer,
        responses={201: FolioSerializer, **refusals(400, 403, 404, 409)},
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
        return self.page(
            self.filter_queryset(rows.order_by(F("number").asc(nulls_last=True), "suffix", "case_document_id", "page"))
        )

    def create(self, _request: Request, **_kwargs: str) -> Response:
        """Enter one."""
        case = self.case_view().case
        require(self.actor, case, Level.CONTRIBUTE, doing=_("đánh số bút lục"))
        given = self.given(AddFolioSerializer)
        with told():
            label = parse_label(given["label"], field="label")
        made = access.add_folio(
            actor=self.actor,
            case=case,
            document=paper_of(case, given["document"]),
            label=label,
            page=given.get("page"),
            text=given["text"],
            report=paper_of(case, given.get("report"), field="report"),
        )
        return self.shown(made, status=201)


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
