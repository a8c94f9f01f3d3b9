"""The host's API for documents: list, search, detail, files, changing what is said of one, uploading."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pathvalidate
from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Lower
from django.http import FileResponse, Http404, HttpResponseBadRequest, HttpResponseForbidden
from django.http.response import HttpResponseBase
from django.views.generic import TemplateView
from django_filters.rest_framework import DjangoFilterBackend
from documents.data_models import ConsumableDocument, DocumentMetadataOverrides, DocumentSource
from documents.filters import (
    CustomFieldFilterSet,
    DocumentFilterSet,
    DocumentPermissionsFilter,
    DocumentTypeFilterSet,
    ObjectOwnedOrGrantedPermissionsFilter,
)
from documents.models import CustomField, Document, DocumentType
from documents.permissions import (
    PaperlessObjectPermissions,
    ViewDocumentsPermissions,
    has_perms_owner_aware,
    permitted_document_ids,
)
from documents.search import SearchMode, SearchQueryError, TantivyBackend, TantivyRelevanceList, get_backend
from documents.serialisers import (
    CustomFieldSerializer,
    DocumentSerializer,
    DocumentTypeSerializer,
    PostDocumentSerializer,
    SearchResultSerializer,
    SerializerWithPerms,
)
from documents.signals import document_updated
from documents.tasks import consume_file
from paperless.views import StandardPagination
from rest_framework import parsers
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.filters import OrderingFilter, SearchFilter
from rest_framework.generics import GenericAPIView
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin, UpdateModelMixin
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

_MODES = {"text": SearchMode.TEXT, "title_search": SearchMode.TITLE, "query": SearchMode.QUERY}
_TRUE = {"1", "true", "yes"}
_RECENT = 20


class IndexView(TemplateView):
    """The home page, in place of the host's web interface."""

    template_name = "index.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Show the latest documents the person may see."""
        mine = Document.objects.filter(root_document=None, id__in=permitted_document_ids(self.request.user))
        return super().get_context_data(**kwargs) | {"documents": mine.order_by("-added")[:_RECENT]}


class PassUserMixin(GenericAPIView[Any]):
    """Tells serializers who asks."""

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        """Return the serializer, with the asker."""
        if issubclass(self.get_serializer_class(), SerializerWithPerms):
            kwargs.setdefault("user", self.request.user)
        return super().get_serializer(*args, **kwargs)


class DocumentTypeViewSet(PassUserMixin, ListModelMixin, RetrieveModelMixin, GenericViewSet[DocumentType]):
    """Document types, read only here."""

    queryset = DocumentType.objects.select_related("owner").order_by(Lower("name"))
    serializer_class = DocumentTypeSerializer
    pagination_class = StandardPagination
    permission_classes = (IsAuthenticated, PaperlessObjectPermissions)
    filter_backends = (DjangoFilterBackend, OrderingFilter, ObjectOwnedOrGrantedPermissionsFilter)
    filterset_class = DocumentTypeFilterSet
    ordering_fields = ("name", "matching_algorithm", "match", "document_count")

    def get_queryset(self) -> QuerySet[DocumentType]:
        """Count only documents the asker may see."""
        seen = Q(documents__id__in=permitted_document_ids(self.request.user))
        counted: QuerySet[DocumentType] = super().get_queryset()
        return counted.annotate(document_count=Count("documents", filter=seen, distinct=True))


class CustomFieldViewSet(PassUserMixin, ListModelMixin, RetrieveModelMixin, GenericViewSet[CustomField]):
    """Custom fields, read only here."""

    queryset = CustomField.objects.order_by("name")
    serializer_class = CustomFieldSerializer
    pagination_class = StandardPagination
    permission_classes = (IsAuthenticated, PaperlessObjectPermissions)
    filter_backends = (DjangoFilterBackend, OrderingFilter)
    filterset_class = CustomFieldFilterSet

    def get_queryset(self) -> QuerySet[CustomField]:
        """Count only documents the asker may see."""
        seen = Q(fields__document_id__in=permitted_document_ids(self.request.user))
        counted: QuerySet[CustomField] = super().get_queryset()
        return counted.annotate(document_count=Count("fields__document", filter=seen, distinct=True))


class DocumentViewSet(PassUserMixin, RetrieveModelMixin, UpdateModelMixin, ListModelMixin, GenericViewSet[Document]):
    """Documents the asker may see."""

    queryset = Document.objects.all()
    serializer_class = DocumentSerializer
    pagination_class = StandardPagination
    permission_classes = (IsAuthenticated, PaperlessObjectPermissions)
    filter_backends = (DjangoFilterBackend, SearchFilter, OrderingFilter, DocumentPermissionsFilter)
    filterset_class = DocumentFilterSet
    search_fields = ("title", "correspondent__name", "content")
    ordering_fields = (
        "id",
        "title",
        "correspondent__name",
        "document_type__name",
        "storage_path__name",
        "created",
        "modified",
        "added",
        "archive_serial_number",
        "num_notes",
        "owner",
        "page_count",
    )

    def get_queryset(self) -> QuerySet[Document]:
        """Leave out versions: they show through their document."""
        return (
            Document.objects.filter(root_document__isnull=True)
            .order_by("-created", "-id")
            .annotate(num_notes=Count("notes", distinct=True))
            .select_related("correspondent", "storage_path", "document_type", "owner")
            .prefetch_related("tags", "custom_fields__field", "notes__user")
        )

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        """Return the serializer with the fields asked for in `fields`, and short texts for `truncate_content`."""
        asked = self.request.query_params
        if "fields" in asked:
            kwargs.setdefault("fields", asked["fields"].split(","))
        kwargs.setdefault("truncate_content", asked.get("truncate_content", "").lower() in _TRUE)
        return super().get_serializer(*args, **kwargs)

    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Write, index, and then tell: receivers find everything stored."""
        super().update(request, *args, **kwargs)
        document = self.get_queryset().get(pk=self.kwargs["pk"])
        get_backend().add_or_update(document)
        document_updated.send(sender=type(self), document=document)
        return Response(self.get_serializer(document).data)

    def _viewable(self, pk: Any) -> Document:
        try:
            document = Document.global_objects.select_related("owner", "root_document").get(pk=pk)
        except (Document.DoesNotExist, ValueError) as error:
            raise Http404 from error
        if not has_perms_owner_aware(self.request.user, "view_document", document.root_document or document):
            self.permission_denied(self.request, message="Insufficient permissions")
        return document

    def file_response(self, pk: Any, request: Request, disposition: str) -> HttpResponseBase:
        """Answer with the file of a document, its archive copy unless `original=true` asks for what was taken in.

        Raises:
            Http404: no such document, or no file.
        """
        document = self._viewable(pk)
        archive = document.has_archive_version and request.query_params.get("original") != "true"
        try:
            return serve_file(doc=document, use_archive=archive, disposition=disposition)
        except FileNotFoundError as error:
            raise Http404 from error

    @action(methods=["get"], detail=True, filter_backends=[])
    def preview(self, request: Request, pk: Any = None) -> HttpResponseBase:
        """Show the file in the browser."""
        return self.file_response(pk, request, "inline")

    @action(methods=["get"], detail=True)
    def download(self, request: Request, pk: Any = None) -> HttpResponseBase:
        """Hand out the file."""
        return self.file_response(pk, request, "attachment")

    @action(methods=["get"], detail=True, filter_backends=[])
    def thumb(self, request: Request, pk: Any = None) -> HttpResponseBase:
        """Show a picture of the first page."""
        try:
            return FileResponse(self._viewable(pk).thumbnail_file, content_type="image/webp")
        except FileNotFoundError as error:
            raise Http404 from error


class UnifiedSearchViewSet(DocumentViewSet):
    """The same, and full-text search with `query`, `text` or `title_search`."""

    def get_serializer_class(self) -> type[DocumentSerializer]:
        """Return the serializer for what is asked."""
        return SearchResultSerializer if self._asked() else DocumentSerializer

    def _asked(self) -> list[str]:
        return [name for name in _MODES if name in self.request.query_params]

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List or search; what the index finds counts only as far as the database shows it to the asker.

        Raises:
            ValidationError: two kinds of search at once, or a query that cannot be read.
        """
        asked = self._asked()
        if not asked:
            return super().list(request, *args, **kwargs)
        if len(asked) > 1:
            raise ValidationError({"detail": "Specify only one of text, title_search, or query."})
        query, mode = request.query_params[asked[0]], _MODES[asked[0]]
        order = request.query_params.get("ordering", "")
        field = order.removeprefix("-")
        visible = self.filter_queryset(self.get_queryset())
        try:
            found = get_backend().search_ids(
                query,
                None if request.user.is_superuser else request.user,
                sort_field=field,
                sort_reverse=order.startswith("-"),
                search_mode=mode,
            )
        except SearchQueryError as error:
            raise ValidationError({"query": [str(error)]}) from error
        ids = list(visible.filter(pk__in=found).values_list("pk", flat=True))
        if field in TantivyBackend.SORTABLE_FIELDS or field in {"", "score"}:
            allowed = set(ids)
            ids = [pk for pk in found if pk in allowed]
        if order == "score":
            ids.reverse()
        pages = StandardPagination()
        size = pages.get_page_size(request) or pages.page_size
        number = request.query_params.get("page", "1")
        offset = (int(number) - 1) * size if number.isdigit() and int(number) else 0
        shown = get_backend().highlight_hits(
            query, ids[offset : offset + size], search_mode=mode, rank_start=offset + 1
        )
        page = self.paginate_queryset(TantivyRelevanceList(ids, shown, offset))  # type: ignore[arg-type]
        context = self.get_serializer_context()
        context["documents"] = self.get_queryset().in_bulk([hit["id"] for hit in shown])
        rows = self.get_serializer(page, many=True, context=context).data
        return self.get_paginated_response(rows)


class PostDocumentView(GenericAPIView[Any]):
    """Takes an upload."""

    permission_classes = (IsAuthenticated,)
    serializer_class = PostDocumentSerializer
    parser_classes = (parsers.MultiPartParser,)

    def post(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Queue the file and answer with the task's id; the uploader becomes the document's owner."""
        if not request.user.has_perm("documents.add_document"):
            return HttpResponseForbidden("Insufficient permissions")
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        told = serializer.validated_data
        name, content = told["document"]
        name = normalize("NFC", name)
        settings.SCRATCH_DIR.mkdir(parents=True, exist_ok=True)
        path = Path(tempfile.mkdtemp(dir=settings.SCRATCH_DIR)) / pathvalidate.sanitize_filename(name)
        path.write_bytes(content)
        created = told.get("created")
        overrides = DocumentMetadataOverrides(
            filename=name,
            title=told.get("title"),
            correspondent_id=getattr(told.get("correspondent"), "pk", None),
            document_type_id=getattr(told.get("document_type"), "pk", None),
            storage_path_id=getattr(told.get("storage_path"), "pk", None),
            tag_ids=[tag.pk for tag in told.get("tags", [])] or None,
            created=created.date() if isinstance(created, dt.datetime) else None,
            owner_id=request.user.pk,
            custom_fields=told.get("custom_fields"),
        )
        source = DocumentSource.WebUI if told.get("from_webui") else DocumentSource.ApiUpload
        task = consume_file.apply_async(
            kwargs={
                "input_doc": ConsumableDocument(source=source, original_file=path),
                "overrides": overrides,
            }
        )
        return Response(task.id)


class SearchAutoCompleteView(GenericAPIView[Any]):
    """Completes a word."""

    permission_classes = (IsAuthenticated, ViewDocumentsPermissions)

    def get(self, request: Request, format: str | None = None) -> HttpResponseBase:  # noqa: A002 - the host's own name
        """Answer with words of documents whose index entries name the asker."""
        term = request.query_params.get("term", "").strip()
        limit = request.query_params.get("limit", "10")
        if "term" not in request.query_params:
            return HttpResponseBadRequest("Term required")
        if not limit.isdigit() or int(limit) == 0:
            return HttpResponseBadRequest("Invalid limit")
        return Response(get_backend().autocomplete(term, int(limit), request.user))


def serve_file(*, doc: Document, use_archive: bool, disposition: str, follow_formatting: bool = False) -> FileResponse:
    """Answer with the file of a document, under a name that says what it is."""
    path = doc.archive_path if use_archive else doc.source_path
    name = path.name if follow_formatting and path else doc.get_public_filename(archive=use_archive)
    kind = "application/pdf" if use_archive else doc.mime_type
    stream = doc.archive_file if use_archive else doc.source_file
    return FileResponse(stream, as_attachment=disposition == "attachment", filename=name, content_type=kind)
