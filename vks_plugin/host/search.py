"""The host's full-text index.

An entry carries owner, viewers and viewer groups of its document, and autocomplete
is filtered by nothing else. So whenever those change the entry is written again, and
what narrows is written before the act is acknowledged.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db import transaction
from documents.models import Document
from documents.search import get_backend

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def reindex(document_ids: Iterable[int]) -> None:
    """Write the index entries of these documents again, in one commit of the index."""
    wanted = set(document_ids)
    if not wanted:
        return
    with get_backend().batch_update() as batch:
        for document in Document.objects.filter(pk__in=wanted).iterator(chunk_size=200):
            batch.add_or_update(document, effective_content=document.get_effective_content())


_pending = threading.local()


def reindex_on_commit(document_ids: Iterable[int]) -> None:
    """Write these index entries again when the present transaction commits, all of its documents at once.

    What a rolled-back transaction left behind is merely written again unchanged with the next one.
    """
    waiting: set[int] = _pending.__dict__.setdefault("ids", set())
    waiting |= set(document_ids)
    transaction.on_commit(_flush)


def _flush() -> None:
    waiting: set[int] = _pending.__dict__.setdefault("ids", set())
    chosen = set(waiting)
    waiting.clear()
    reindex(chosen)


def find_documents(user: User, text: str, *, limit: int = 200) -> list[int]:
    """Return ids of documents that match `text` and that the index lets `user` find."""
    from documents.search import SearchMode  # noqa: PLC0415 - only this call needs it

    asker = None if user.is_superuser else user
    return list(get_backend().search_ids(text, asker, search_mode=SearchMode.TEXT, limit=limit))
