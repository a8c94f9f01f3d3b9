"""The host's API for documents: list, search, detail, files, changing what is said of one, uploading."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pathvalidate
from django.conf import settings
from django.db.models import Count, QuerySet
from django.http import FileResponse, Http404, HttpResponseBadRequest, HttpResponseForbidden
from django.http.response import HttpResponseBase
from django.views.generic import TemplateView
from django_filters.rest_framework import DjangoFilterBackend
from documents.data_models import ConsumableDocument, DocumentMetadataOverrides, DocumentSource
from documents.filters import DocumentFilterSet, DocumentPermissionsFilter, DocumentsOrderingFilter
from documents.models import Document
from documents.permissions import (
    PaperlessObjectPermissions,
    ViewDocumentsPermissions,
    has_perms_owner_aware,
    permitted_document_ids,
)
from documents.search import SearchMode, SearchQueryError, get_backend
from documents.serialisers import DocumentSerializer, PostDocumentSerializer, SerializerWithPerms
from documents.signals import document_updated
from documents.tasks import consume_file
from paperless.views import StandardPagination
from rest_framework import parsers
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.filters import SearchFilter
from rest_framework.generics import GenericAPIView
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin, UpdateModelMixin
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

_MODES = {"text": SearchMode.TEXT, "title_search": SearchMode.TITLE, "query": SearchMode.QUERY}
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


class DocumentViewSet(PassUserMixin, RetrieveModelMixin, UpdateModelMixin, ListModelMixin, GenericViewSet[Document]):
    """Documents the asker may see."""

    queryset = Document.objects.all()
    serializer_class = DocumentSerializer
    pagination_class = StandardPagination
    permission_classes = (IsAuthenticated, PaperlessObjectPermissions)
    filter_backends = (DjangoFilterBackend, SearchFilter, DocumentsOrderingFilter, DocumentPermissionsFilter)
    filterset_class = DocumentFilterSet
    search_fields = ("title",)
    ordering_fields = (
        "id",
        "title",
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
            .select_related("storage_path", "document_type", "owner")
            .prefetch_related("tags", "custom_fields__field", "notes__user")
        )

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

    def _shown(self, pk: Any, request: Request) -> Document:
        """Return the version that is asked for, which is the newest unless `version` names another."""
        document, asked = self._viewable(pk), request.query_params.get("version")
        if asked == str(document.pk):
            return document
        versions = Document.objects.filter(root_document=document)
        if asked is None:
            return versions.order_by("-id").first() or document
        found = versions.filter(pk=asked).first() if asked.isdigit() else None
        if found is None:
            raise Http404
        return found

    def file_response(self, pk: Any, request: Request, disposition: str) -> HttpResponseBase:
        """Answer with the file of a document, its archive copy unless `original=true` asks for what was taken in.

        Raises:
            Http404: no such document, or no file.
        """
        document = self._shown(pk, request)
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
            return FileResponse(self._shown(pk, request).thumbnail_file, content_type="image/webp")
        except FileNotFoundError as error:
            raise Http404 from error


class UnifiedSearchViewSet(DocumentViewSet):
    """The same, and full-text search with `query`, `text` or `title_search`."""

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List or search; what the index finds counts only as far as the database shows it to the asker.

        Raises:
            ValidationError: two kinds of search at once, or a query that cannot be read.
        """
        asked = [name for name in _MODES if name in request.query_params]
        if not asked:
            return super().list(request, *args, **kwargs)
        if len(asked) > 1:
            raise ValidationError({"detail": "Specify only one of text, title_search, or query."})
        asker = None if request.user.is_superuser else request.user
        try:
            found = get_backend().search_ids(request.query_params[asked[0]], asker, search_mode=_MODES[asked[0]])
        except SearchQueryError as error:
            raise ValidationError({"query": [str(error)]}) from error
        rows = list(self.filter_queryset(self.get_queryset()).filter(pk__in=found))
        if "ordering" not in request.query_params:
            rank = {pk: place for place, pk in enumerate(found)}
            rows.sort(key=lambda document: rank[document.pk])
        return self.get_paginated_response(self.get_serializer(self.paginate_queryset(rows), many=True).data)


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


def serve_file(*, doc: Document, use_archive: bool, disposition: str) -> FileResponse:
    """Answer with the file of a document, under a name that says what it is."""
    name = doc.get_public_filename(archive=use_archive)
    kind = "application/pdf" if use_archive else doc.mime_type
    stream = doc.archive_file if use_archive else doc.source_file
    return FileResponse(stream, as_attachment=disposition == "attachment", filename=name, content_type=kind)
