"""What the host tells us: translated into our actions, nothing decided here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from celery.signals import task_failure, task_success
from django.utils.translation import gettext as _

from vks_plugin.errors import VksError
from vks_plugin.filing import actions as filing
from vks_plugin.host.actor import current_actor
from vks_plugin.host.guard import on_case_code_change
from vks_plugin.host.models import Document, document_consumption_finished, document_updated

_CONSUME = "documents.tasks.consume_file"


def document_consumed(sender: object, *, document: Document, **_extra: object) -> None:
    """The host stored a document; its transaction is still open."""
    filing.receive_consumed(document)


def document_changed(sender: object, *, document: Document, **_extra: object) -> None:
    """The host changed a document, through its API or in bulk."""
    filing.follow_document(document, actor=current_actor())


def _item_id(kwargs: dict[str, Any] | None) -> str | None:
    """Return the item a consumption was for: its file carries the item's id as its name."""
    document = (kwargs or {}).get("input_doc")
    path = getattr(document, "original_file", None)
    if not isinstance(path, Path) or path.parent.name != "intake":
        return None
    return path.stem


def consumption_failed(sender: Any = None, **signal: Any) -> None:
    """The host could not take a file in."""
    if getattr(sender, "name", "") != _CONSUME:
        return
    item_id = _item_id(signal.get("kwargs"))
    if item_id is None:
        return
    error = signal.get("exception")
    while error is not None and not isinstance(error, VksError):
        error = error.__cause__ or error.__context__
    if isinstance(error, VksError):
        filing.mark_failed(item_id, error.message)
        return
    filing.mark_failed(
        item_id,
        _("Máy chủ không đọc được tệp này. Tệp vẫn được giữ: hãy thử lại, hoặc quét lại rồi nộp bản mới."),
    )


def consumption_ended(sender: Any = None, **_signal: Any) -> None:
    """The host finished with a file; if it made no document of it, say so."""
    if getattr(sender, "name", "") != _CONSUME:
        return
    request = getattr(sender, "request", None)
    item_id = _item_id(getattr(request, "kwargs", None))
    if item_id is not None:
        filing.mark_failed(item_id, _("Máy chủ đã dừng xử lý tệp này mà không tạo tài liệu. Hãy báo quản trị."))


def connect() -> None:
    """Listen to the host; each receiver once."""
    document_consumption_finished.connect(document_consumed, dispatch_uid="vks.document_consumed")
    document_updated.connect(document_changed, dispatch_uid="vks.document_changed")
    task_failure.connect(consumption_failed, dispatch_uid="vks.consumption_failed", weak=False)
    task_success.connect(consumption_ended, dispatch_uid="vks.consumption_ended", weak=False)
    on_case_code_change(filing.check_code_changes)
