"""The host's own record of a document: its file and its title."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from documents.models import Document

BATCH = 400
"""Values in one statement: SQLite's limit on variables in one statement is the tightest of the databases served."""


def newest_version(document: Document) -> Document:
    """Return the version of a document that its readers see."""
    return Document.objects.filter(root_document_id=document.pk).order_by("-id").first() or document


def newest_versions(documents: Iterable[Document]) -> dict[int, Document]:
    """Return, by the ids of these documents, the version of each that its readers see (one query)."""
    found = {document.pk: document for document in documents}
    roots = list(found)
    for start in range(0, len(roots), BATCH):
        versions = Document.objects.filter(root_document_id__in=roots[start : start + BATCH]).order_by("id")
        found |= {each.root_document_id: each for each in versions if each.root_document_id is not None}
    return found


def files_of(version: Document) -> tuple[Path, Path | None]:
    """Return where the original of a version and its archive copy lie; None: it has none."""
    return version.source_path, version.archive_path


def readable_pdf(document: Document) -> Path:
    """Return the file that shows the document as a PDF: its newest version, archive copy first.

    The archive copy carries the recognised text; a born-digital PDF has none and is its own.
    """
    newest = newest_version(document)
    archive = newest.archive_path
    return archive if archive is not None else newest.source_path


def text_of(document: Document) -> str:
    """Return the words the host recognised in the version that readers see; empty when there are none."""
    return newest_version(document).content or ""


def set_title(document_id: int, title: str) -> None:
    """Give a document its title, without the host's handlers; the host keeps 127 characters."""
    Document.objects.filter(pk=document_id).update(title=title[:127])
