"""Handing files to the host for consumption."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path, PurePath
from typing import Any

from django.apps import apps
from django.db.models import Q
from django.db.models.signals import post_save, pre_save
from documents.data_models import ConsumableDocument, DocumentMetadataOverrides, DocumentSource
from documents.models import Document
from documents.signals import document_consumption_finished
from documents.tasks import consume_file

from vks_plugin.host.filed import filed_among
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


# --- the host's list of tasks, which all of its staff may read ------------------------------------

_NOTHING = "-"
_AROUND = (dt.timedelta(minutes=5), dt.timedelta(days=2))
"""How long before and after a document was stored the task that stored it may have ended, clocks of several machines included."""

_keeper: list[Callable[[], int | None]] = []
_secrets: list[tuple[Callable[[], int | None], Callable[..., bool]]] = []


def keep_names_out_of_tasks(
    keeper: Callable[[], int | None], of_secrets: Callable[[], int | None], is_secret: Callable[..., bool]
) -> None:
    """Leave out of the host's list of tasks what a file of a case, or one that is called a state secret, is called.

    The host shows a task, and a letter it fetched, to everybody where neither has an owner: the names of files in its
    folder and the subjects of letters.

    Args:
        keeper: returns the account that owns what comes in without an owner; None: the host is left as it is.
        of_secrets: returns the account that owns what is called a state secret, whoever else the host is for.
        is_secret: tells whether one of these names says of a paper that it is a state secret.
    """
    _keeper[:], _secrets[:] = [keeper], [(of_secrets, is_secret)]
    tasks, letters = _tasks(), apps.all_models["paperless_mail"].get("processedmail")
    if tasks is not None:
        pre_save.connect(_say_less, sender=tasks, dispatch_uid="vks.task_written")
        post_save.connect(_say_less_of_filed, sender=tasks, dispatch_uid="vks.task_done")
    if letters is not None:
        pre_save.connect(_own_letter, sender=letters, dispatch_uid="vks.letter_written")


def _tasks() -> Any:
    """Return the host's model of its tasks; the stand-in has none."""
    return apps.get_app_config("documents").models.get("paperlesstask")


def _own(instance: Any, *, raw: bool, secret: bool) -> None:
    """Give an owner to a row that is written for the first time and is nobody's."""
    if instance.owner_id is None and instance._state.adding and not raw:  # noqa: SLF001 - Django's documented way
        owner, _is_secret = _secrets[0]
        instance.owner_id = owner() if secret else _keeper[0]()


def _own_letter(sender: object, *, instance: Any, raw: bool = False, **_signal: object) -> None:
    _own(instance, raw=raw, secret=_is_called_secret(instance.subject))


def _is_called_secret(*names: object) -> bool:
    _owner, is_secret = _secrets[0]
    return is_secret(*(name for name in names if isinstance(name, str)))


def _say_less(sender: object, *, instance: Any, raw: bool = False, **_signal: object) -> None:
    told = instance.input_data if isinstance(instance.input_data, dict) else {}
    said = told.get("overrides") or {}
    # the folder that a file lay in may be called so, too
    path = PurePath(str(told.get("source_path") or ""))
    secret = _is_called_secret(told.get("filename"), *path.parts, said.get("filename"), said.get("title"))
    if instance.task_type == "consume_file":
        _own(instance, raw=raw, secret=secret)
    fields = said.get("custom_fields")
    if secret or (isinstance(fields, dict) and str(case_code_field_id()) in {str(key) for key in fields}):
        instance.input_data = _without_names(told)


def _without_names(told: dict[str, Any]) -> dict[str, Any]:
    said = told.get("overrides") or {}
    kept = {key: value for key, value in told.items() if key not in {"source_path", "overrides"}}
    if said:
        kept["overrides"] = {
            key: value for key, value in said.items() if key not in {"custom_fields", "filename", "title"}
        }
    return {**kept, "filename": _NOTHING}


def _forget(rows: Any) -> None:
    for pk, told in list(rows.values_list("pk", "input_data")):
        if isinstance(told, dict) and (after := _without_names(told)) != told:
            rows.model.objects.filter(pk=pk).update(input_data=after)


def _say_less_of_filed(sender: Any, *, instance: Any, raw: bool = False, **_signal: object) -> None:
    """A file that was filed while its task still ran: the task is told now which document it made."""
    result = instance.result_data if isinstance(instance.result_data, dict) else {}
    made = result.get("document_id")
    if not raw and isinstance(made, int) and filed_among([made]):
        _forget(sender.objects.filter(pk=instance.pk))


def forget_names(document_id: int) -> None:
    """Leave out what the files of a document and of its versions were called, in the transaction that files it."""
    tasks = _tasks()
    if tasks is None:
        return
    stored = Document.global_objects.filter(Q(pk=document_id) | Q(root_document_id=document_id))
    for pk, added in stored.values_list("pk", "added"):
        # by day first: what a task made is written where no index finds it
        near = tasks.objects.filter(date_done__range=(added - _AROUND[0], added + _AROUND[1]))
        _forget(near.filter(result_data__document_id=pk))


def forget_failed(task_id: str, *, root_id: int | None) -> None:
    """Leave out what a file was called that the host could not take in, where it was meant for a case.

    Args:
        task_id: the task that failed.
        root_id: the document the file was to be a newer version of, if any.
    """
    tasks = _tasks()
    row: Any = tasks.objects.filter(task_id=task_id).first() if tasks is not None else None
    told = row.input_data if row is not None and isinstance(row.input_data, dict) else {}
    if told and (told.get("filename") == _NOTHING or (root_id is not None and filed_among([root_id]))):
        kind = (row.result_data or {}).get("error_type", _NOTHING)
        tasks.objects.filter(pk=row.pk).update(
            input_data=_without_names(told), result_data={"error_type": kind, "error_message": kind}
        )
