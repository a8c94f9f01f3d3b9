"""Looking at the host without changing it: what the doctor asks.

Parts that the stand-in does not have are looked up by name and answered with nothing.
"""

from __future__ import annotations

import datetime as dt
import os
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import tantivy
from django.apps import apps
from django.conf import settings
from django.db import DatabaseError
from django.db.models import Q, QuerySet
from django.utils import timezone
from documents.models import CustomField, CustomFieldInstance, Document, StoragePath

from vks_plugin.host.provision import CASE_CODE_FIELD, STORAGE_PATH
from vks_plugin.host.workflows import GIVES, TAKES, saying, unspared


def running_version() -> tuple[int, ...]:
    """Return the version the host gives itself."""
    from paperless import version  # noqa: PLC0415 - read when asked, not when first imported

    return tuple(version.__version__)


def celery_app() -> Any:
    """Return the host's task queue."""
    from paperless.celery import app  # noqa: PLC0415 - importing it reads Django's settings

    return app


def _model(name: str) -> Any:
    """Return a model of the host; None where the stand-in has no such thing."""
    try:
        return apps.get_model(name)
    except LookupError:
        return None


def stored_configuration() -> dict[str, Any]:
    """Return what was set on the host's configuration page; it wins over the environment."""
    model = _model("paperless.ApplicationConfiguration")
    try:
        found = model.objects.values().first() if model is not None else None
    except DatabaseError:
        # before the first migration nobody can have set anything there
        found = None
    return dict(found or {})


def unguarded_doors() -> list[str]:
    """Return which of the host's doors do not ask our guards."""
    from vks_plugin.host.guard import unguarded  # noqa: PLC0415 - imports every door of the host
    from vks_plugin.host.importing import unsettled  # noqa: PLC0415 - imports a command of the host
    from vks_plugin.host.queued import unspared_tasks  # noqa: PLC0415 - imports the host's tasks

    return unguarded() + unspared() + unspared_tasks() + unsettled()


class FieldFacts(NamedTuple):
    """A custom field that has the name of ours."""

    id: int
    is_text: bool


def case_code_fields() -> list[FieldFacts]:
    """Return the custom fields named like ours, whatever their type."""
    rows = CustomField.objects.filter(name=CASE_CODE_FIELD).values_list("pk", "data_type")
    return [FieldFacts(pk, kind == CustomField.FieldDataType.STRING) for pk, kind in rows]


def coded_documents() -> QuerySet[CustomFieldInstance]:
    """Return what the field says on each document where it says something."""
    found: QuerySet[CustomFieldInstance] = (
        CustomFieldInstance.objects.filter(field__name=CASE_CODE_FIELD, document__deleted_at__isnull=True)
        .exclude(value_text__isnull=True)
        .exclude(value_text="")
    )
    return found


class PathFacts(NamedTuple):
    """A storage path that has the name of ours."""

    id: int
    template: str
    matches_by_itself: bool


def case_storage_paths() -> list[PathFacts]:
    """Return the storage paths named like ours."""
    rows = StoragePath.objects.filter(name=STORAGE_PATH).values_list("pk", "path", "matching_algorithm")
    return [PathFacts(pk, path, matching != StoragePath.MATCH_NONE) for pk, path, matching in rows]


def trashed(document_ids: QuerySet[Any]) -> list[int]:
    """Return which of these documents lie in the host's trash."""
    return list(
        Document.global_objects.filter(pk__in=document_ids, deleted_at__isnull=False)
        .order_by("pk")
        .values_list("pk", flat=True)
    )


class StoredFile(NamedTuple):
    """A file the host keeps for a document."""

    document_id: int
    path: Path


def stored_files(document_ids: Iterable[int]) -> list[StoredFile]:
    """Return where the host keeps the files of these documents."""
    found = []
    for document in Document.global_objects.filter(pk__in=list(document_ids)).order_by("pk"):
        archive = document.archive_path
        found += [StoredFile(document.pk, path) for path in (document.source_path, archive) if path is not None]
    return found


class Link(NamedTuple):
    """Something by which anybody may read documents without signing in."""

    address: str
    """Where the host's API deletes it."""
    document_ids: tuple[int, ...]


def open_links(document_ids: QuerySet[Any]) -> list[Link] | None:
    """Return share links and bundles that still open one of these documents; None on the stand-in, which has none."""
    link, bundle = _model("documents.ShareLink"), _model("documents.ShareLinkBundle")
    if link is None or bundle is None:
        return None
    unexpired = Q(expiration__isnull=True) | Q(expiration__gt=timezone.now())
    ours = Q(document_id__in=document_ids) | Q(document__root_document_id__in=document_ids)
    found = [
        Link(f"/api/share_links/{pk}/", (document_id,))
        for pk, document_id in link.objects.filter(unexpired, ours).order_by("pk").values_list("pk", "document_id")
    ]
    inside: dict[int, list[int]] = {}
    rows = bundle.objects.filter(unexpired, documents__in=document_ids).order_by("pk", "documents")
    for pk, document_id in rows.values_list("pk", "documents"):
        inside.setdefault(pk, []).append(document_id)
    return found + [Link(f"/api/share_link_bundles/{pk}/", tuple(ids)) for pk, ids in inside.items()]


def outward_workflows() -> list[int] | None:
    """Return ids of enabled workflows that send something by e-mail or to an address; None on the stand-in."""
    model, action = _model("documents.Workflow"), _model("documents.WorkflowAction")
    if model is None:
        return None
    kinds = action.WorkflowActionType
    rows = model.objects.filter(enabled=True, actions__type__in=[kinds.EMAIL, kinds.WEBHOOK])
    return sorted(set(rows.values_list("pk", flat=True)))


def meddling_workflows(owner_id: int | None) -> list[int] | None:
    """Return ids of enabled workflows that change owners, grants or our field, or delete; None on the stand-in.

    One that gives documents to the account `owner_id` and grants nothing to anybody is as we want it.
    """
    model, action = _model("documents.Workflow"), _model("documents.WorkflowAction")
    if model is None:
        return None
    removes = saying((*TAKES, "remove_all_storage_paths"), through="actions__")
    assigns = saying(set(GIVES) - {"assign_owner"}, through="actions__")
    assigns |= Q(actions__assign_owner__isnull=False) & ~Q(actions__assign_owner_id=owner_id)
    kinds = action.WorkflowActionType
    meddles = (
        (Q(actions__type=kinds.REMOVAL) & removes)
        | (Q(actions__type=kinds.ASSIGNMENT) & assigns)
        | Q(actions__type=kinds.MOVE_TO_TRASH)
    )
    return sorted(set(model.objects.filter(meddles, enabled=True).values_list("pk", flat=True)))


_NAMED = ("tag", "correspondent", "storagepath", "documenttype", "savedview", "customfield")
"""Things of the host whose names many may read: what belongs to nobody is shown to everybody."""

_ADDRESSES = {
    "tag": "tags",
    "correspondent": "correspondents",
    "storagepath": "storage_paths",
    "documenttype": "document_types",
    "savedview": "saved_views",
    "customfield": "custom_fields",
}


class Named(NamedTuple):
    """Something of the host that has a name."""

    address: str
    """Where the host's API changes it."""
    name: str


def named_things() -> list[Named]:
    """Return the names people gave to tags, correspondents and the like."""
    found = []
    for kind in _NAMED:
        model = _model(f"documents.{kind}")
        for pk, name in model.objects.order_by("pk").values_list("pk", "name") if model is not None else ():
            found.append(Named(f"/api/{_ADDRESSES[kind]}/{pk}/", name))
    return found


def public_documents(since: dt.datetime) -> list[int]:
    """Return documents without an owner, which everybody may read and change, that came in since then."""
    return list(
        Document.objects.filter(owner__isnull=True, added__gte=since, root_document__isnull=True)
        .order_by("pk")
        .values_list("pk", flat=True)
    )


def decomposed_documents(document_ids: Iterable[int]) -> list[int]:
    """Return which of these documents have text whose accents stand apart from their letters."""
    rows = Document.objects.filter(pk__in=list(document_ids)).order_by("pk").values_list("pk", "content")
    return [pk for pk, content in rows.iterator(chunk_size=50) if not unicodedata.is_normalized("NFC", content or "")]


class IndexFacts(NamedTuple):
    """The search index as it lies on disk."""

    entries: int
    documents: int
    """How many there should be entries for."""
    outdated: bool
    """The host will throw the entries away the next time it opens the index."""


def index_facts(folder: Path) -> IndexFacts:
    """Count the entries of the index; unlike the host's own access, this never makes or rebuilds one."""
    documents = Document.objects.filter(root_document__isnull=True).count()
    entries = 0
    if tantivy.Index.exists(str(folder)):
        entries = tantivy.Index.open(str(folder)).searcher().num_docs
    from documents import search  # noqa: PLC0415 - starts the search engine

    needs_rebuild = getattr(search, "needs_rebuild", None)
    outdated = bool(entries and needs_rebuild is not None and needs_rebuild(folder))
    return IndexFacts(entries, documents, outdated)


def demonstration() -> bool:
    """Tell whether this is the demonstration."""
    return os.environ.get("VKS_DEMONSTRATION", "").lower() == "true"


def test_or_demonstration() -> bool:
    """Tell whether this is a demonstration or a test run, where the stand-in is in its place."""
    return demonstration() or bool(os.environ.get("VKS_TEST_HOST"))


def has(setting: str) -> bool:
    """Tell whether the running host knows a setting."""
    return hasattr(settings, setting)


def value(setting: str) -> Any:
    """Return a setting that only the real host has."""
    return getattr(settings, setting, None)
