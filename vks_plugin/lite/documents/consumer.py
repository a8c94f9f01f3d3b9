"""How a file becomes a document, in the host's order.

Owner, grants and custom fields are set before anybody is told; those told run inside the
transaction and can undo it; only then do files move.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import shutil
import uuid
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import pypdfium2
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from documents.data_models import ConsumableDocument, ConsumeFileSuccessResult, DocumentMetadataOverrides
from documents.file_handling import generate_unique_filename
from documents.models import CustomField, CustomFieldInstance, Document, DocumentType, StoragePath, Tag
from documents.parsers import is_mime_type_supported
from documents.permissions import set_permissions_for_object
from documents.signals import document_consumption_finished, document_consumption_started
from filelock import FileLock

_LONGEST_TITLE = 127
_THUMBNAIL_WIDTH = 500


class ConsumerError(Exception):
    """No document was made of a file."""


def _checksum(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


class _Read(NamedTuple):
    text: str
    page_count: int


def _read_pdf(path: Path, picture: Path) -> _Read:
    """Return the text of a PDF, and write a picture of its first page."""
    with pypdfium2.PdfDocument(path) as pdf:
        pages = [page.get_textpage().get_text_bounded() for page in pdf]
        width = pdf[0].get_width() or 1
        pdf[0].render(scale=_THUMBNAIL_WIDTH / width).to_pil().save(picture, "WEBP")
    text = re.sub(r"[^\S\r\n]+", " ", "\n".join(pages).replace("\r\n", "\n").replace("\0", " "))
    return _Read(text.strip(), len(pages))


class ConsumerPlugin:
    """Makes the document."""

    def __init__(
        self,
        input_doc: ConsumableDocument,
        metadata: DocumentMetadataOverrides,
        status_mgr: Any,
        base_tmp_dir: Path,
        task_id: str,
    ) -> None:
        self.input_doc = input_doc
        self.metadata = metadata
        self.base_tmp_dir = base_tmp_dir
        self.filename = metadata.filename or input_doc.original_file.name

    def run(self) -> ConsumeFileSuccessResult:
        """Read, store, tell, move.

        Raises:
            ConsumerError: nothing of it remains, and the file is where it was.
        """
        source = self.input_doc.original_file
        if not source.is_file():
            self._fail(f"Cannot consume {source}: File not found.")
        if not is_mime_type_supported(self.input_doc.mime_type):
            self._fail(f"Unsupported mime type {self.input_doc.mime_type}")
        for folder in (settings.THUMBNAIL_DIR, settings.ORIGINALS_DIR):
            folder.mkdir(parents=True, exist_ok=True)
        copy = self.base_tmp_dir / source.name
        shutil.copy2(source, copy)
        picture = self.base_tmp_dir / "thumbnail.webp"
        group = uuid.uuid4()
        document_consumption_started.send(sender=type(self), filename=copy, logging_group=group)
        try:
            read = _read_pdf(copy, picture)
        except Exception as error:  # noqa: BLE001 - a library in C, on a file from anywhere
            self._fail(f"Error occurred while consuming document {self.filename}: {error}", error)
        try:
            with transaction.atomic():
                document = Document.objects.get(pk=self._store(read, copy).pk)
                document_consumption_finished.send(
                    sender=type(self), document=document, logging_group=group, classifier=None, original_file=copy
                )
                with FileLock(settings.MEDIA_LOCK):
                    document.filename = str(generate_unique_filename(document))
                    document.source_path.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy2(copy, document.source_path)
                    shutil.copy2(picture, document.thumbnail_path)
                document.save()
                source.unlink()
        except Exception as error:  # noqa: BLE001 - whatever it was, the transaction is undone
            self._fail(f"The following error occurred while storing document {self.filename}: {error}", error)
        return ConsumeFileSuccessResult(document_id=document.pk)

    def _fail(self, message: str, cause: Exception | None = None) -> NoReturn:
        sentence = f"{self.filename}: {message}"
        raise ConsumerError(sentence) from cause

    def _store(self, read: _Read, copy: Path) -> Document:
        told = self.metadata
        title = told.title if told.title is not None else Path(self.filename).stem
        written = dt.datetime.fromtimestamp(copy.stat().st_mtime, tz=timezone.get_current_timezone())
        document = Document.objects.create(
            title=title[:_LONGEST_TITLE],
            content=read.text,
            mime_type=self.input_doc.mime_type,
            checksum=_checksum(copy),
            created=told.created or written.date(),
            page_count=read.page_count,
            original_filename=self.filename,
        )
        self.apply_overrides(document)
        document.save()
        return document

    def apply_overrides(self, document: Document) -> None:
        """Give the document what was said of it, its grants among that; the caller saves it."""
        told = self.metadata
        if told.document_type_id:
            document.document_type = DocumentType.objects.get(pk=told.document_type_id)
        if told.storage_path_id:
            document.storage_path = StoragePath.objects.get(pk=told.storage_path_id)
        if told.tag_ids:
            document.tags.add(*Tag.objects.filter(pk__in=told.tag_ids))
        if told.asn is not None:
            document.archive_serial_number = told.asn
        if told.owner_id:
            document.owner = User.objects.get(pk=told.owner_id)
        named = (told.view_users, told.view_groups, told.change_users, told.change_groups)
        if any(ids is not None for ids in named):
            view_users, view_groups, change_users, change_groups = (ids or [] for ids in named)
            set_permissions_for_object(
                permissions={
                    "view": {"users": view_users, "groups": view_groups},
                    "change": {"users": change_users, "groups": change_groups},
                },
                object=document,
            )
        values = told.custom_fields or {}
        for field in CustomField.objects.filter(pk__in=values):
            column = CustomFieldInstance.get_value_field_name(CustomField.FieldDataType(field.data_type))
            CustomFieldInstance.objects.create(document=document, field=field, **{column: values[field.pk]})
