"""What a list of documents can be narrowed by, and what it is always narrowed to."""

# django-filter carries no types
# mypy: disable-error-code="misc"

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django_filters.rest_framework import FilterSet
from documents.models import Document
from documents.permissions import permitted_document_ids
from rest_framework.filters import BaseFilterBackend, OrderingFilter
from rest_framework.request import Request

CHAR_KWARGS = ["istartswith", "iendswith", "icontains", "iexact"]
ID_KWARGS = ["in", "exact"]
INT_KWARGS = ["exact", "gt", "gte", "lt", "lte", "isnull"]
DATE_KWARGS = ["year", "month", "day", "gt", "gte", "lt", "lte"]


class DocumentFilterSet(FilterSet):
    """The host's filters of documents by their own columns; apps add theirs to `base_filters`."""

    class Meta:
        model = Document
        fields = {
            "id": ID_KWARGS,
            "title": CHAR_KWARGS,
            "archive_serial_number": INT_KWARGS,
            "created": DATE_KWARGS,
            "added": DATE_KWARGS,
            "modified": DATE_KWARGS,
            "document_type": ["isnull"],
            "document_type__id": ID_KWARGS,
            "storage_path__id": ID_KWARGS,
            "tags__id": ID_KWARGS,
            "owner": ["isnull"],
            "owner__id": ID_KWARGS,
        }


class DocumentsOrderingFilter(OrderingFilter):
    """By columns only; not by what custom fields say."""


class DocumentPermissionsFilter(BaseFilterBackend):
    """Documents: only those the asker may view."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        """Narrow the rows, for everybody but superusers."""
        if request.user.is_superuser:
            return queryset
        return queryset.filter(id__in=permitted_document_ids(request.user))
