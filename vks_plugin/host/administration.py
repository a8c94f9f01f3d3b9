"""Case documents in the host's administration pages.

Staff read there what neither owner nor grants give them; the API would answer 404. Documents
that are in no case stay as the host shows them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q
from documents.models import CustomFieldInstance, Document, Note
from documents.permissions import permitted_document_ids

if TYPE_CHECKING:
    from django.db.models import QuerySet

Filed = Callable[[], "QuerySet[Document]"]

# how each row leads to its document
_PATHS = {"documents.Document": "pk", "documents.Note": "document_id", "documents.CustomFieldInstance": "document_id"}
_PATHS |= {"documents.ShareLink": "document_id"}


def narrow_administration(filed: Filed) -> None:
    """Leave case documents out for everybody who is no superuser and may not read them anyway.

    Args:
        filed: returns the documents filed in a case, their versions too.
    """

    def hidden(request: Any) -> Q:
        """Match documents, by `pk`, that this person is not to see."""
        rows = filed().exclude(pk__in=permitted_document_ids(request.user))
        return Q(pk__in=[]) if request.user.is_superuser else Q(pk__in=rows.values("pk"))

    for label, path in _PATHS.items():
        registered = _registered(label)
        if registered is not None:
            registered.get_queryset = partial(_rows, registered.get_queryset, hidden, path)
            registered.formfield_for_foreignkey = partial(_choices, registered.formfield_for_foreignkey, hidden)
    trail = _registered("auditlog.LogEntry")
    if trail is not None:
        trail.get_queryset = partial(_entries, trail.get_queryset, hidden)


def _registered(label: str) -> Any:
    model = apps.get_model(label) if apps.is_installed(label.partition(".")[0]) else None
    return admin.site._registry.get(model) if model is not None else None  # noqa: SLF001 - the only way to it


def _documents(hidden: Callable[[Any], Q], request: Any) -> Any:
    return Document.global_objects.filter(hidden(request)).values("pk")


def _rows(present: Any, hidden: Callable[[Any], Q], path: str, request: Any) -> Any:
    return present(request).exclude(**{f"{path}__in": _documents(hidden, request)})


def _choices(present: Any, hidden: Callable[[Any], Q], db_field: Any, request: Any, **arguments: Any) -> Any:
    """Offer only visible documents where a form lets choose one; the host's forms list every title."""
    if db_field.remote_field.model is Document:
        arguments["queryset"] = Document.objects.exclude(hidden(request))
    return present(db_field, request, **arguments)


def _entries(present: Any, hidden: Callable[[Any], Q], request: Any) -> Any:
    """Leave out what the audit trail says of such documents: it keeps every title they had."""
    rows, documents = present(request), _documents(hidden, request)
    for model, ids in (
        (Document, documents),
        (Note, Note.objects.filter(document_id__in=documents).values("pk")),
        (CustomFieldInstance, CustomFieldInstance.objects.filter(document_id__in=documents).values("pk")),
    ):
        rows = rows.exclude(content_type=ContentType.objects.get_for_model(model), object_id__in=ids)
    return rows
