"""What the host's command `document_importer` loads, which tells nobody of it: rows are written in bulk, without a signal."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import wraps
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.db import transaction
from documents.models import Document

_COMMAND = "documents.management.commands.document_importer"


def _importer() -> Any:
    """Return the host's command, or None; the stand-in has none."""
    there = find_spec("documents.management") is not None and find_spec(_COMMAND) is not None
    return import_module(_COMMAND).Command if there else None


def _unowned() -> set[int]:
    return set(Document.global_objects.filter(owner__isnull=True).values_list("pk", flat=True))


def settle_imports(remember: Callable[[], Any], settle: Callable[[Collection[int], Any], None]) -> None:
    """Let what an import loads be settled in the very transaction that loads it; twice is once.

    Until then everybody would read what nobody owns, and the import has taken the grants off what was there before: it
    deletes the kinds of things they are of, and makes them again.

    Args:
        remember: returns what is to be compared with what the import leaves.
        settle: is told which documents without an owner the import brought, and that; what it raises takes the import back.
    """
    command = _importer()
    if command is None or hasattr(command.load_data_to_database, "settles"):
        return
    loads = command.load_data_to_database

    @wraps(loads)
    def load(self: Any) -> None:
        with transaction.atomic():
            before, remembered = _unowned(), remember()
            loads(self)
            settle(_unowned() - before, remembered)

    load.settles = True  # type: ignore[attr-defined]
    command.load_data_to_database = load


def unsettled() -> list[str]:
    """Return what of the host's imports is not settled."""
    command = _importer()
    lacking = command is not None and not hasattr(command.load_data_to_database, "settles")
    return ["document_importer.load_data_to_database"] if lacking else []
