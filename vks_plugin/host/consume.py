"""Handing files to the host for consumption."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db.models.signals import pre_save
from documents.data_models import ConsumableDocument, DocumentMetadataOverrides, DocumentSource
from documents.signals import document_consumption_finished
from documents.tasks import consume_file

from vks_plugin.host.provision import case_code_field_id


@dataclass(frozen=True)
class Intake:
    """A file and everything its document has from the first moment.

    Owner and grants travel with the file, so that they are set before the host
    writes its index: at no time can anyone else read or find it.
    """

    path: Path
    """The host deletes this file once it has stored it."""
    filename: str
    """Shows in the host's logs and task list, so it must say nothing about the case; nor does anything else here."""
    owner_id: int
    view_users: Collection[int]
    view_groups: Collection[int]
    change_users: Collection[int]
    created: dt.date | None = None
    host_type_id: int | None = None
    storage_path_id: int | None = None


def submit(intake: Intake) -> str:
    """Queue the file and return the task's id (empty when the queue gives none).

    Raises:
        kombu.exceptions.OperationalError: the broker cannot be reached.
    """
    overrides = DocumentMetadataOverrides(
        filename=intake.filename,
        # the true title is set when the document is filed: the host expands placeholders in this one
        title="-",
        created=intake.created,
        document_type_id=intake.host_type_id,
        storage_path_id=intake.storage_path_id,
        owner_id=intake.owner_id,
        view_users=sorted(intake.view_users),
        view_groups=sorted(intake.view_groups),
        change_users=sorted(intake.change_users),
        change_groups=[],
    )
    document = ConsumableDocument(source=DocumentSource.ApiUpload, original_file=intake.path)
    result = consume_file.apply_async(
        kwargs={"input_doc": document, "overrides": overrides}, headers={"trigger_source": "api_upload"}
    )
    return str(result.id or "")


_INDEXERS = ("add_to_index", "run_workflows_added", "add_or_update_document_in_llm_index")
"""What the host does with a document it has just stored, in this order; the rest of it comes before."""


def before_indexing(receiver: Callable[..., None], *, dispatch_uid: str) -> None:
    """Tell `receiver` of a stored document before the host indexes it; its transaction is still open."""
    handlers = import_module("documents.signals.handlers")
    named = (getattr(handlers, name, None) for name in _INDEXERS)
    later = [each for each in named if each is not None and document_consumption_finished.disconnect(each)]
    document_consumption_finished.connect(receiver, dispatch_uid=dispatch_uid)
    for each in later:
        document_consumption_finished.connect(each)


def keep_codes_out_of_tasks() -> None:
    """Leave out of the host's list of tasks, which all of its staff may read, what a file of a case is called."""
    tasks = apps.get_app_config("documents").models.get("paperlesstask")
    if tasks is not None:
        pre_save.connect(_say_less, sender=tasks, dispatch_uid="vks.task_written")


def _say_less(sender: object, *, instance: Any, **_signal: object) -> None:
    told = instance.input_data if isinstance(instance.input_data, dict) else {}
    said = told.get("overrides") or {}
    fields = said.get("custom_fields")
    if isinstance(fields, dict) and str(case_code_field_id()) in {str(key) for key in fields}:
        instance.input_data = {
            **told,
            "filename": "-",
            "overrides": {
                key: value for key, value in said.items() if key not in {"custom_fields", "filename", "title"}
            },
        }
