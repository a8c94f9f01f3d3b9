"""What the host was asked to do while a document was in no case, and does once its worker gets round to it.

The doors were asked when it was queued: joining, splitting and editing pages bin the originals after the new file has
been recognised, and a document that is processed again gets another text, archive copy and small picture. Where a file was
not made after all, archive numbers that it was to have go back to where they came from, frozen since or not. What was
filed (for numbers: frozen) in between is left alone here, the rest is done. No words are read anew either from what waits in
no case and is called a state secret: they were taken off it when it came in.

What keeps the host's other tasks off case documents, each by its name, says `contract.PAST_DOORS`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from contextvars import ContextVar
from functools import wraps
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from documents.models import Document

from vks_plugin.host.filed import filed_among, frozen_among, named_secrets_among
from vks_plugin.host.reading import roots_of

_log = logging.getLogger("paperless.vks.queued")

_processed: ContextVar[int | None] = ContextVar("vks_processed", default=None)
"""The document that the task running now processes again."""


class _LeftAsItIs(BaseException):
    """Stops a task of the host, which takes every `Exception` for a fault of the file and writes its title to the log."""

    def __init__(self, told: dict[str, str]) -> None:
        self.told = told


def _left(what: str, document_ids: Collection[int]) -> dict[str, str]:
    """Say what was not done, to the log and in the host's list of tasks, which takes a reason from what a task returns."""
    _log.warning("%s queued before they were filed was left out for case documents %s", what, sorted(document_ids))
    return {
        "reason": _(
            "Có tài liệu đã vào hồ sơ vụ án trong lúc việc này chờ chạy, nên được giữ nguyên: không xóa, không xử lý lại. "
            "Các tài liệu khác đã làm xong."
        )
    }


def _unread(document_id: int) -> dict[str, str]:
    """Say the same of a paper that is called a state secret."""
    _log.warning("Processing again was left out for document %s, whose text is not kept", document_id)
    return {
        "reason": _(
            "Tài liệu mang dấu độ mật ở tên nên không xử lý lại: chữ của nó không được lưu ở đây. Nếu không "
            "mật, hãy sửa tiêu đề, hoặc nhờ quản trị xóa rồi tải lên lại với tên tệp khác."
        )
    }


def _held_and_filed(document_ids: Collection[int]) -> set[int]:
    """Return which of these are filed; who would file another of them waits until this transaction has ended."""
    _hold(document_ids)
    return filed_among(document_ids)


def _hold(document_ids: Collection[int]) -> None:
    rows = Document.global_objects.filter(pk__in=list(roots_of(document_ids))).order_by("pk")
    # as who files one holds it: by a stronger lock this would wait for whatever names a document, a note or a value of a
    # field, while holding others that the same act goes on to change
    list(rows.select_for_update(no_key=True).values_list("pk", flat=True))


def _spare_deletion(run: Any) -> Any:
    @wraps(run)
    def delete(doc_ids: list[int]) -> Any:
        with transaction.atomic():
            filed = _held_and_filed(doc_ids)
            others = [pk for pk in doc_ids if pk not in filed]
            done = run(others) if others or not filed else None
        return _left("A deletion", filed) if filed else done

    return delete


def _spare_processing(run: Any) -> Any:
    @wraps(run)
    def process(document_id: int) -> Any:
        if filed_among([document_id]):
            return _left("Processing again", [document_id])
        if named_secrets_among([document_id]):
            return _unread(document_id)
        token = _processed.set(document_id)
        try:
            return run(document_id)
        except _LeftAsItIs as stopped:
            return stopped.told
        finally:
            _processed.reset(token)

    return process


def _spare_numbers(run: Any) -> Any:
    @wraps(run)
    def restore(backup: dict[Any, int | None], *args: Any, **kwargs: Any) -> Any:
        with transaction.atomic():
            # on their way through the queue the numbers of documents became text
            told = {int(pk): number for pk, number in backup.items()}
            _hold(told)
            frozen = frozen_among(told)
            run({pk: number for pk, number in told.items() if pk not in frozen}, *args, **kwargs)
        if not frozen:
            return None
        _log.warning("Archive numbers were not put back on frozen case documents %s", sorted(frozen))
        return {
            "reason": _(
                "Có tài liệu đã vào hồ sơ vụ án và được niêm phong trong lúc việc này chờ chạy, nên số lưu trữ của tài liệu "
                "được giữ nguyên. Số của các tài liệu khác đã trả lại."
            )
        }

    return restore


def _ask_before_moving(lock: Any) -> Any:
    """Wrap the lock under which the host moves files: recognition takes minutes, in which a document may be filed, or renamed.

    The host asks for it in the transaction that has just written the new text, which is taken back.
    """

    @wraps(lock)
    def ask(*given: Any, **named: Any) -> Any:
        document_id = _processed.get()
        if document_id is not None:
            if _held_and_filed([document_id]):
                raise _LeftAsItIs(_left("Processing again", [document_id]))
            if named_secrets_among([document_id]):
                raise _LeftAsItIs(_unread(document_id))
        return lock(*given, **named)

    return ask


_TASKS: tuple[tuple[str, str, Callable[[Any], Any]], ...] = (
    ("documents.bulk_edit", "delete", _spare_deletion),
    ("documents.bulk_edit", "restore_archive_serial_numbers_task", _spare_numbers),
    ("documents.tasks", "update_document_content_maybe_archive_file", _spare_processing),
)
"""Tasks that spare what is filed by the time they run: module, name, and what wraps what they do."""

_LOCK = "FileLock"


def unspared_tasks() -> list[str]:
    """Return which of the host's tasks would rework or bin what was filed after they were queued."""
    if find_spec("documents.bulk_edit") is None:
        return []
    found = [
        f"{module}.{name}"
        for module, name, _wrap in _TASKS
        if not hasattr(getattr(import_module(module), name).run, "spares_cases")
    ]
    lock = getattr(import_module("documents.tasks"), _LOCK)
    return found if hasattr(lock, "spares_cases") else [*found, f"documents.tasks.{_LOCK}"]


def spare_what_is_filed() -> None:
    """Let those tasks leave case documents alone; twice is once. The stand-in queues nothing of the kind."""
    if find_spec("documents.bulk_edit") is None:
        return
    for module, name, wrap in _TASKS:
        task = getattr(import_module(module), name)
        if not hasattr(task.run, "spares_cases"):
            sparing = wrap(task.run)
            sparing.spares_cases = True
            task.run = sparing
    tasks: Any = import_module("documents.tasks")
    if not hasattr(tasks.FileLock, "spares_cases"):
        asking = _ask_before_moving(tasks.FileLock)
        asking.spares_cases = True
        tasks.FileLock = asking
