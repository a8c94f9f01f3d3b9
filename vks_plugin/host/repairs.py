"""What got past the doors is put right when its transaction commits.

A scheduled workflow of the host, its administration pages and its shell ask no door of ours. Nothing
here refuses: signals also fire in imports, consumption and the deletion of accounts.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models.signals import post_save
from documents.models import Document
from guardian.models import GroupObjectPermission, UserObjectPermission

from vks_plugin.host.filed import filed_among

Restore = Callable[[set[int]], None]
_restorers: list[Restore] = []
_touched = threading.local()


def on_widened(restore: Restore) -> None:
    """Register what puts owner and grants of filed documents right after somebody else wrote them.

    Rows that are written here in bulk, as `write_grants` does, send no signal and start nothing.
    """
    _restorers[:] = [restore]
    for model in (UserObjectPermission, GroupObjectPermission):
        post_save.connect(_grant_written, sender=model, dispatch_uid=f"vks.grant_written.{model.__name__}")
    post_save.connect(_document_written, sender=Document, dispatch_uid="vks.document_written")


def _grant_written(sender: object, *, instance: Any, **_signal: object) -> None:
    if instance.content_type_id == ContentType.objects.get_for_model(Document).pk:
        _restore_on_commit(int(instance.object_pk))


def _document_written(sender: object, *, instance: Document, update_fields: Any = None, **_signal: object) -> None:
    if update_fields is None or "owner" in update_fields:
        _restore_on_commit(instance.pk)


def _restore_on_commit(document_id: int) -> None:
    """Look once for all that one transaction touched."""
    waiting: set[int] = _touched.__dict__.setdefault("ids", set())
    waiting.add(document_id)
    transaction.on_commit(_restore)


def _restore() -> None:
    waiting: set[int] = _touched.__dict__.setdefault("ids", set())
    chosen = set(waiting)
    waiting.clear()
    filed = filed_among(chosen) if chosen else set()
    for restore in _restorers if filed else []:
        restore(filed)
