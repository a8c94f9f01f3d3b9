"""What a list of documents can be narrowed by, and what it is always narrowed to."""

# django-filter carries no types
# mypy: disable-error-code="misc"

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django_filters.rest_framework import BooleanFilter, Filter, FilterSet
from documents.models import Correspondent, CustomField, Document, DocumentType, StoragePath, Tag
from documents.permissions import permitted_document_ids
from rest_framework.filters import BaseFilterBackend
from rest_framework.request import Request
from rest_framework_guardian.filters import ObjectPermissionsFilter

CHAR_KWARGS = ["istartswith", "iendswith", "icontains", "iexact"]
ID_KWARGS = ["in", "exact"]
INT_KWARGS = ["exact", "gt", "gte", "lt", "lte", "isnull"]
DATE_KWARGS = ["year", "month", "day", "gt", "gte", "lt", "lte"]
DATETIME_KWARGS = [*DATE_KWARGS, "date__gt", "date__gte", "date__lt", "date__lte"]
_NAMED = {"id": ID_KWARGS, "name": CHAR_KWARGS}


class CorrespondentFilterSet(FilterSet):
    """By id and name."""

    class Meta:
        model = Correspondent
        fields = _NAMED


class TagFilterSet(FilterSet):
    """By id and name."""

    class Meta:
        model = Tag
        fields = _NAMED


class DocumentTypeFilterSet(FilterSet):
    """By id and name."""

    class Meta:
        model = DocumentType
        fields = _NAMED


class StoragePathFilterSet(FilterSet):
    """By id, name and template."""

    class Meta:
        model = StoragePath
        fields = {**_NAMED, "path": CHAR_KWARGS}


class CustomFieldFilterSet(FilterSet):
    """By id and name."""

    class Meta:
        model = CustomField
        fields = _NAMED


class ObjectFilter(Filter):
    """Ids separated by commas: rows tied to all of them, to any, or to none."""

    def __init__(self, *, exclude: bool = False, in_list: bool = False, field_name: str = "") -> None:
        super().__init__(field_name=field_name)
        # `Filter` has an `exclude` of its own, which inverts the lookup instead
        self.exclude = exclude
        self.in_list = in_list

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        """Narrow the rows; what is not a list of ids narrows nothing."""
        try:
            ids = [int(word) for word in str(value or "").split(",") if word]
        except ValueError:
            return qs
        if not ids:
            return qs
        if self.in_list:
            return qs.filter(**{f"{self.field_name}__id__in": ids}).distinct()
        for pk in ids:
            found = {f"{self.field_name}__id": pk}
            qs = qs.exclude(**found) if self.exclude else qs.filter(**found)
        return qs


class TitleContentFilter(Filter):
    """A piece of text in title or content."""

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        """Narrow the rows."""
        text = str(value or "").strip()
        return qs.filter(Q(title__icontains=text) | Q(content__icontains=text)) if text else qs


class DocumentFilterSet(FilterSet):
    """The host's filters of documents, those on values of custom fields left out."""

    is_tagged = BooleanFilter(field_name="tags", lookup_expr="isnull", exclude=True)
    tags__id__all = ObjectFilter(field_name="tags")
    tags__id__none = ObjectFilter(field_name="tags", exclude=True)
    tags__id__in = ObjectFilter(field_name="tags", in_list=True)
    correspondent__id__none = ObjectFilter(field_name="correspondent", exclude=True)
    document_type__id__none = ObjectFilter(field_name="document_type", exclude=True)
    storage_path__id__none = ObjectFilter(field_name="storage_path", exclude=True)
    owner__id__none = ObjectFilter(field_name="owner", exclude=True)
    custom_fields__id__all = ObjectFilter(field_name="custom_fields__field")
    custom_fields__id__none = ObjectFilter(field_name="custom_fields__field", exclude=True)
    custom_fields__id__in = ObjectFilter(field_name="custom_fields__field", in_list=True)
    has_custom_fields = BooleanFilter(field_name="custom_fields", lookup_expr="isnull", exclude=True)
    title_content = TitleContentFilter()

    class Meta:
        model = Document
        fields = {
            "id": ID_KWARGS,
            "title": CHAR_KWARGS,
            "archive_serial_number": INT_KWARGS,
            "created": DATE_KWARGS,
            "added": DATETIME_KWARGS,
            "modified": DATETIME_KWARGS,
            "original_filename": CHAR_KWARGS,
            "checksum": CHAR_KWARGS,
            **{
                f"{relation}{suffix}": lookups
                for relation in ("correspondent", "document_type", "storage_path")
                for suffix, lookups in (("", ["isnull"]), ("__id", ID_KWARGS), ("__name", CHAR_KWARGS))
            },
            "tags__id": ID_KWARGS,
            "tags__name": CHAR_KWARGS,
            "owner": ["isnull"],
            "owner__id": ID_KWARGS,
        }


class ObjectOwnedOrGrantedPermissionsFilter(ObjectPermissionsFilter):
    """Types, tags and the like: one's own, nobody's, and those one was granted."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        """Narrow the rows, for everybody but superusers."""
        if request.user.is_superuser:
            return queryset
        granted: QuerySet[Any] = super().filter_queryset(request, queryset, view)
        return granted | queryset.filter(owner=request.user) | queryset.filter(owner__isnull=True)


class DocumentPermissionsFilter(BaseFilterBackend):
    """Documents: only those the asker may view."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        """Narrow the rows, for everybody but superusers."""
        if request.user.is_superuser:
            return queryset
        return queryset.filter(id__in=permitted_document_ids(request.user))
