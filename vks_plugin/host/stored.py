"""Files the host keeps: which ones a document has, and which ones no document has."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.db.models import Q
from documents.models import Document

from vks_plugin.host.files import BATCH

SETTLED_AFTER = 3600
"""Seconds after which a file that no document names is nobody's: the host writes the file first."""


class Stored(NamedTuple):
    """A file as the host records it."""

    document: int
    """The document, of which a version may be another row of the host."""
    version: int
    archive: bool
    """Whether it is the archive copy; else the original."""
    path: Path
    checksum: str
    """SHA-256 by the host's own record."""


def stored_files(documents: Collection[int]) -> list[Stored]:
    """Return the files of these documents and of all their versions, those in the trash too; in order (one query)."""
    rows = Document.global_objects.filter(Q(pk__in=documents) | Q(root_document_id__in=documents)).order_by("pk")
    found = []
    for row in rows:
        root = row.root_document_id or row.pk
        found.append(Stored(root, row.pk, False, row.source_path, row.checksum))  # noqa: FBT003 - named in the tuple
        if row.archive_path is not None:
            found.append(Stored(root, row.pk, True, row.archive_path, row.archive_checksum or ""))  # noqa: FBT003
    return found


def nobodys_files(among: Collection[Path] | None = None) -> Iterator[Path]:
    """Yield the originals and archive copies that no document names.

    The host writes the row of a file it moves after it moved it: such a file is nobody's for a moment.

    Args:
        among: only these; None: all there are.
    """
    before = time.time() - SETTLED_AFTER
    for folder, column in (
        (Path(settings.ORIGINALS_DIR), "filename"),
        (Path(settings.ARCHIVE_DIR), "archive_filename"),
    ):
        paths = folder.rglob("*") if among is None else (path for path in among if path.is_relative_to(folder))
        files = (path for path in paths if path.is_file())
        while some := list(islice(files, BATCH)):
            names = {str(path.relative_to(folder)): path for path in some}
            known = Document.global_objects.filter(**{f"{column}__in": list(names)}).values_list(column, flat=True)
            for name in names.keys() - {str(each) for each in known}:
                try:
                    settled = names[name].stat().st_mtime < before
                except FileNotFoundError:
                    # moved on meanwhile
                    continue
                if settled:
                    yield names[name]


class Hashes(NamedTuple):
    """SHA-256 of the files of a version, by the host's own record."""

    original: str
    archive: str
    """Empty: there is no archive copy, or the host has no record of it."""


def recorded_hashes(documents: Collection[int]) -> dict[int, dict[int, Hashes]]:
    """Return, for each of these documents, what the host records of every version, those in the trash too (one query)."""
    rows = Document.global_objects.filter(Q(pk__in=documents) | Q(root_document_id__in=documents))
    found: dict[int, dict[int, Hashes]] = {}
    for pk, root, original, archive in rows.values_list("pk", "root_document_id", "checksum", "archive_checksum"):
        found.setdefault(root or pk, {})[pk] = Hashes(original, archive or "")
    return found
