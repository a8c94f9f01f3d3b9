"""Lists of cases in and out through the API, and the filters people keep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django_filters.rest_framework import DjangoFilterBackend
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

from vks_plugin.access.api import LOG_FILTERS
from vks_plugin.access.filters import AccessEntryFilterSet
from vks_plugin.access.log import reader_of
from vks_plugin.access.log_queries import visible_entries
from vks_plugin.access.models import AccessEntry
from vks_plugin.access.queries import visible_cases
from vks_plugin.access.saved_filters import delete_filter, filters_of, save_filter
from vks_plugin.cases.filters import CaseFilterSet
from vks_plugin.cases.models import CaseFile, CaseImport, CaseImportRow, SavedFilter
from vks_plugin.errors import BadInput
from vks_plugin.exchange import actions
from vks_plugin.exchange.exporting import Layout
from vks_plugin.exchange.serving import file_of_cases, file_of_log
from vks_plugin.exchange.writing import CONTENT_TYPES, FileType
from vks_plugin.organization.models import ProcuracyUnit
from vks_plugin.rest import NUMBER, ApiViewSet, InputSerializer, refusals

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http.response import HttpResponseBase
    from rest_framework.request import Request


class ImportSerializer(serializers.Serializer[CaseImport]):
    """One loading of a list of cases."""

    id = serializers.IntegerField()
    filename = serializers.CharField()
    unit = serializers.CharField(
        source="unit.code", default=None, allow_null=True, help_text="Office of the rows that name none."
    )
    updates = serializers.BooleanField(help_text="Whether cases that are there are changed.")
    status = serializers.CharField(
        help_text="`waiting`, `checking`, `checked` (tried, not loaded), `queued`, `running`, `done`, `failed` or "
        "`discarded`."
    )
    done = serializers.IntegerField(help_text="Rows finished so far.")
    total = serializers.IntegerField(help_text="Rows there are.")
    notes = serializers.ListField(child=serializers.CharField(), help_text="What there is to say of the whole file.")
    error = serializers.CharField(help_text="Why the file cannot be used, in a sentence.")
    counts = serializers.SerializerMethodField(
        help_text="Rows and cases by outcome: `created`, `updated`, `unchanged`, `refused`. Of a trial: what would be."
    )
    created_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)

    @extend_schema_field({"type": "object", "additionalProperties": {"type": "object"}})
    def get_counts(self, row: CaseImport) -> Any:
        """Return rows and cases by outcome."""
        return actions.summary_of(row)


class ImportRowSerializer(serializers.Serializer[CaseImportRow]):
    """What became, or would become, of one row."""

    row = serializers.IntegerField(help_text="As the file counts them.")
    outcome = serializers.CharField(help_text="`created`, `updated`, `unchanged` or `refused`.")
    code = serializers.CharField(help_text="Code of the case; empty for a case that was only tried.")
    sentences = serializers.ListField(child=serializers.CharField(), help_text="In Vietnamese; each names its cell.")


class HandInSerializer(InputSerializer):
    """A list that is handed in."""

    file = serializers.FileField(help_text="CSV or XLSX.")
    unit = serializers.CharField(required=False, allow_blank=True, help_text="Office of the rows that name none.")
    updates = serializers.BooleanField(required=False, default=False, help_text="Change cases that are there.")
    dry_run = serializers.BooleanField(required=False, default=True, help_text="Only try; load later with `load`.")


@extend_schema_view(
    list=extend_schema(summary="One's own loadings of lists of cases", description="The newest first."),
    retrieve=extend_schema(summary="One loading", responses={200: ImportSerializer, **refusals(404)}),
    create=extend_schema(
        summary="Hand in a list of cases",
        description="A worker tries it row by row and writes nothing; ask until its status is `checked`, read its rows, "
        "then `load` it. Rows with the same initiating decision are one case. Columns: see the manual.",
        request={"multipart/form-data": HandInSerializer},
        responses={202: ImportSerializer, **refusals(400, 403, 413, 503)},
    ),
)
class CaseImportViewSet(ApiViewSet):
    """Loadings."""

    queryset: QuerySet[Any] = CaseImport.objects.none()
    serializer_class = ImportSerializer
    lookup_value_regex = NUMBER

    def list(self, _request: Request) -> Response:
        """Answer with one's own."""
        return self.page(actions.imports_of(self.actor))

    def retrieve(self, _request: Request, pk: str) -> Response:
        """Answer with one."""
        return self.shown(actions.import_for(self.actor, pk))

    def create(self, _request: Request) -> Response:
        """Hand one in."""
        given = self.given(HandInSerializer)
        unit = None
        if given.get("unit"):
            unit = ProcuracyUnit.objects.filter(code=given["unit"]).first()
            if unit is None:
                raise BadInput(_("Không có đơn vị mang mã này."), field="unit")
        made = actions.hand_in(
            actor=self.actor,
            file=given["file"],
            filename=given["file"].name,
            unit=unit,
            updates=given["updates"],
            load=not given["dry_run"],
        )
        return self.shown(made, status=202)

    @extend_schema(
        summary="What became of each row",
        description="Of a list that was only tried: what would become of it.",
        parameters=[OpenApiParameter("outcome", str, description="Only rows with this outcome.")],
        responses={200: ImportRowSerializer(many=True), **refusals(404)},
    )
    @action(detail=True, methods=["get"], serializer_class=ImportRowSerializer)
    def rows(self, request: Request, pk: str) -> Response:
        """Answer with its rows."""
        found = actions.import_for(self.actor, pk).rows.all()
        outcome = request.query_params.get("outcome")
        return self.page(found.filter(outcome=outcome) if outcome else found)

    @extend_schema(
        summary="Load a list that was tried",
        description="Also takes up a run whose worker is gone.",
        request=None,
        responses={202: ImportSerializer, **refusals(404, 409, 503)},
    )
    @action(detail=True, methods=["post"])
    def load(self, _request: Request, pk: str) -> Response:
        """Load it."""
        return self.shown(actions.load(actor=self.actor, pk=pk), status=202)

    @extend_schema(
        summary="Give up a list that was tried",
        request=None,
        responses={200: ImportSerializer, **refusals(404, 409)},
    )
    @action(detail=True, methods=["post"])
    def discard(self, _request: Request, pk: str) -> Response:
        """Give it up."""
        return self.shown(actions.discard(actor=self.actor, pk=pk))


@extend_schema_view(
    list=extend_schema(
        summary="The list of cases as a file",
        description="Narrowed as the list is. Who may only know that a case exists gets what a row of the list tells.",
        operation_id="vks_cases_export",
        parameters=[
            OpenApiParameter("file_type", str, enum=FileType.values, description="`xlsx` (default) or `csv`."),
            OpenApiParameter("layout", str, enum=Layout.values, description="A row is a `case` or an `accused`."),
            OpenApiParameter("q", str, description="Words of code, name, decision number or an accused's name."),
        ],
        filters=False,
        responses={
            (200, CONTENT_TYPES[FileType.XLSX]): OpenApiResponse(OpenApiTypes.BINARY, description="The file."),
            **refusals(400, 503),
        },
    )
)
class CaseExportViewSet(ApiViewSet):
    """The list of cases as a file."""

    queryset: QuerySet[Any] = CaseFile.objects.none()
    serializer_class = serializers.Serializer
    pagination_class = None
    filter_backends = (DjangoFilterBackend,)
    filterset_class = CaseFilterSet

    def list(self, request: Request) -> HttpResponseBase:
        """Answer with the file."""
        cases = self.filter_queryset(visible_cases(self.actor))
        return file_of_cases(
            self.actor,
            cases.order_by("-handled_at", "-pk"),
            file_type=request.query_params.get("file_type", FileType.XLSX),
            layout=request.query_params.get("layout", Layout.CASE),
            reader=reader_of(request),
        )


@extend_schema_view(
    list=extend_schema(
        summary="The access log as a file",
        description="Narrowed as the log is, at most 100,000 entries. For leaders; that they fetched it is logged.",
        operation_id="vks_access_log_export",
        parameters=[
            OpenApiParameter("file_type", str, enum=FileType.values, description="`xlsx` (default) or `csv`."),
            *LOG_FILTERS,
        ],
        responses={
            (200, CONTENT_TYPES[FileType.XLSX]): OpenApiResponse(OpenApiTypes.BINARY, description="The file."),
            **refusals(400, 403, 503),
        },
    )
)
class AccessLogExportViewSet(ApiViewSet):
    """The access log as a file."""

    queryset: QuerySet[Any] = AccessEntry.objects.none()
    serializer_class = serializers.Serializer
    pagination_class = None
    filter_backends = (DjangoFilterBackend,)
    filterset_class = AccessEntryFilterSet

    def list(self, request: Request) -> HttpResponseBase:
        """Answer with the file."""
        return file_of_log(
            self.actor,
            self.filter_queryset(visible_entries(self.actor)),
            file_type=request.query_params.get("file_type", FileType.XLSX),
            reader=reader_of(request),
        )


class SavedFilterSerializer(serializers.Serializer[SavedFilter]):
    """A filter of the case list that the asker keeps."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    query = serializers.CharField(help_text="What follows the question mark in an address of the list.")
    saved_at = serializers.DateTimeField()


class SaveFilterSerializer(InputSerializer):
    """A filter to keep."""

    name = serializers.CharField(max_length=60)
    query = serializers.CharField(max_length=2000, help_text="Such as `stage=truy_to&charge=173`.")


@extend_schema_view(
    list=extend_schema(summary="One's own filters of the case list"),
    create=extend_schema(
        summary="Keep a filter under a name",
        description="One of that name is replaced. Applied, it finds what the asker may see at that moment.",
        request=SaveFilterSerializer,
        responses={201: SavedFilterSerializer, **refusals(400, 409)},
    ),
    destroy=extend_schema(summary="Forget a filter", responses={204: None, **refusals(404)}),
)
class SavedFilterViewSet(ApiViewSet):
    """Filters."""

    queryset: QuerySet[Any] = SavedFilter.objects.none()
    serializer_class = SavedFilterSerializer
    lookup_value_regex = NUMBER

    def list(self, _request: Request) -> Response:
        """Answer with one's own."""
        return self.page(filters_of(self.actor).order_by("name", "pk"))

    def create(self, _request: Request) -> Response:
        """Keep one."""
        given = self.given(SaveFilterSerializer)
        return self.shown(save_filter(user=self.actor, name=given["name"], query=given["query"]), status=201)

    def destroy(self, _request: Request, pk: str) -> Response:
        """Forget one."""
        delete_filter(user=self.actor, pk=int(pk))
        return Response(status=204)
