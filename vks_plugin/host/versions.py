"""Files we make of files the host keeps: a newer version of a document, or a document of its own.

The host would take such a file in like any other, in a worker, and recognise every page again. Here its rows and files
are written as its consumer writes them, in the transaction of our act, with the text that the pages already have. No
file is ever written over: what was there stays, as an earlier version.
"""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path, PurePath
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from documents.file_handling import generate_unique_filename
from documents.models import Document, Note
from filelock import FileLock

from vks_plugin.hashing import sha256_of
from vks_plugin.host.files import newest_version
from vks_plugin.host.version import is_stand_in
from vks_plugin.pdfium import pdfium_document

PDF = "application/pdf"
_THUMBNAIL_WIDTH = 500


@dataclass(frozen=True)
class NewFile:
    """What a version or a document is made of."""

    original: Path
    archive: Path | None
    """The same pages with recognised text; None: the original carries it itself."""
    text: str
    pages: int


def add_version(root: Document, new: NewFile, *, undo: ExitStack) -> Document:
    """Give a document a newer version, in the caller's transaction.

    Args:
        root: the document, held by the caller against whoever would do the same.
        new: its files; they are copied.
        undo: what takes the copies away again if the transaction comes to nothing. The caller empties it as the last thing in
            the transaction: what is to happen once that is committed may fail, and must take no file back.
    """
    before, values = newest_version(root), _next_index(root)
    version = _write(
        new,
        undo,
        root_document=root,
        title=root.title,
        created=root.created,
        like=before,
        owner_id=root.owner_id,
        **values,
    )
    Document.objects.filter(pk=root.pk).update(modified=timezone.now())
    if not is_stand_in():
        # a cache that cannot be reached takes nothing back, and forgets by itself
        forget = partial(import_module("documents.caching").clear_document_caches, root.pk)
        transaction.on_commit(forget, robust=True)
    return version


def add_document(like: Document, new: NewFile, *, title: str, undo: ExitStack) -> Document:
    """Make a document that lies where another does and belongs to whom it belongs; nobody holds a grant on it yet."""
    return _write(
        new,
        undo,
        like=newest_version(like),
        title=title[:127],
        created=like.created,
        owner_id=like.owner_id,
        document_type_id=like.document_type_id,
        storage_path_id=like.storage_path_id,
    )


def join_as_version(document: Document, root: Document) -> None:
    """Make a document and its versions earlier versions of another one, with its notes and tags; its files stay.

    Nobody holds a grant on a version, and none carries a case code: the caller sees to both. A version written after
    this is the newest.
    """
    # those in the host's trash too: a version of a version would be found by nobody
    rows = Document.global_objects
    for pk in [document.pk, *rows.filter(root_document_id=document.pk).order_by("pk").values_list("pk", flat=True)]:
        rows.filter(pk=pk).update(root_document_id=root.pk, **_next_index(root))
    Note.objects.filter(document_id=document.pk).update(document_id=root.pk)
    root.tags.add(*document.tags.all())


def _next_index(root: Document) -> dict[str, int]:
    """Return the number of the next version; the stand-in does not number them."""
    if not any(field.name == "version_index" for field in Document._meta.get_fields()):
        return {}
    taken = Document.global_objects.filter(root_document_id=root.pk).aggregate(last=Max("version_index"))["last"]
    return {"version_index": (taken or 0) + 1}


def _write(new: NewFile, undo: ExitStack, *, like: Document, **values: Any) -> Document:
    document = Document.objects.create(
        content=new.text,
        checksum=sha256_of(new.original),
        archive_checksum=sha256_of(new.archive) if new.archive is not None else None,
        page_count=new.pages,
        mime_type=PDF,
        original_filename=f"{PurePath(like.original_filename or '').stem or document_name(like)}.pdf",
        **values,
    )
    with FileLock(settings.MEDIA_LOCK):
        document.filename = str(generate_unique_filename(document))
        _copy(new.original, document.source_path, undo)
        if new.archive is not None:
            document.archive_filename = str(generate_unique_filename(document, archive_filename=True))
            if document.archive_path is not None:
                _copy(new.archive, document.archive_path, undo)
        undo.callback(document.thumbnail_path.unlink, missing_ok=True)
        _draw_thumbnail(new.archive or new.original, document.thumbnail_path)
    document.save()
    return document


def document_name(document: Document) -> str:
    """Return the name of a file that tells nothing but the number of its document."""
    return f"{document.pk:07}"


def _copy(source: Path, target: Path, undo: ExitStack) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    undo.callback(target.unlink, missing_ok=True)
    shutil.copyfile(source, target)


def _draw_thumbnail(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with pdfium_document(source) as pdf:
        first = pdf[0]
        first.render(scale=_THUMBNAIL_WIDTH / max(first.get_width(), 1)).to_pil().save(target, "WEBP")


# --- words on pages that have none


def recognises() -> bool:
    """Tell whether the host can recognise words; the stand-in cannot."""
    return not is_stand_in()


def recognise(path: Path, target: Path) -> bool:
    """Have the host recognise the words of a PDF as it does of what it takes in; takes seconds for each page.

    Returns:
        Whether a copy with words was written to `target`: offices may have switched recognition off.

    Raises:
        Exception: whatever the host's parser raises.
    """
    parser_class = (
        import_module("paperless.parsers.registry").get_parser_registry().get_parser_for_file(PDF, path.name, path)
    )
    if parser_class is None:
        return False
    with parser_class() as parser:
        parser.configure(import_module("paperless.parsers").ParserContext())
        parser.parse(path, PDF, produce_archive=True)
        archive = parser.get_archive_path()
        if archive is None or not Path(archive).is_file():
            return False
        shutil.copyfile(archive, target)
    return True


def replace_archive(version: Document, archive: Path, text: str, *, undo: ExitStack) -> None:
    """Give a version another archive copy and its words; the copy before goes once the transaction commits.

    Args:
        version: must be one that nothing keeps yet.
        archive: is copied.
        text: the words of it.
        undo: see `add_version`.
    """
    before = version.archive_path
    with FileLock(settings.MEDIA_LOCK):
        version.archive_filename = None
        version.archive_filename = str(generate_unique_filename(version, archive_filename=True))
        if version.archive_path is not None:
            _copy(archive, version.archive_path, undo)
    Document.objects.filter(pk=version.pk).update(
        archive_filename=version.archive_filename,
        archive_checksum=sha256_of(archive),
        content=text,
        modified=timezone.now(),
    )
    if before is not None:
        transaction.on_commit(partial(before.unlink, missing_ok=True), robust=True)
