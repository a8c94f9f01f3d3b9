"""Where files are put."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pathvalidate
from django.conf import settings
from documents.models import Document
from jinja2 import TemplateError
from jinja2.sandbox import SandboxedEnvironment

_NOTHING = "-none-"


def create_source_path_directory(source_path: Path) -> None:
    """Make the folder a file is to lie in."""
    source_path.parent.mkdir(parents=True, exist_ok=True)


def format_filename(document: Document, template_str: str) -> str | None:
    """Return the path a template gives for a document, or None when it cannot be rendered or leads out."""

    def clean(value: Any) -> str:
        return pathvalidate.sanitize_filename(str(value), replacement_text="-") if value else _NOTHING

    known = {
        "title": clean(document.title),
        "correspondent": clean(document.correspondent),
        "document_type": clean(document.document_type),
        "owner_username": clean(document.owner),
        "created": f"{document.created:%Y-%m-%d}",
        "created_year": f"{document.created:%Y}",
        "doc_pk": f"{document.pk:07}",
    }
    try:
        rendered = Path(SandboxedEnvironment(autoescape=False).from_string(template_str).render(known).strip())
    except TemplateError:
        return None
    if rendered.is_absolute() or ".." in rendered.parts or not rendered.name:
        return None
    return str(rendered).replace(_NOTHING, "none")


def generate_filename(
    doc: Document, *, counter: int = 0, archive_filename: bool = False, use_format: bool = True
) -> Path:
    """Return the path of a document's file below its folder; the number of the document without a template."""
    template = doc.storage_path.path if doc.storage_path else settings.FILENAME_FORMAT
    base = (format_filename(doc, template) if use_format and template else None) or f"{doc.pk:07}"
    return Path(base + (f"_{counter:02}" if counter else "") + (".pdf" if archive_filename else doc.file_type))


def generate_unique_filename(doc: Document, *, archive_filename: bool = False) -> Path:
    """Return such a path where no other file lies."""
    root = settings.ARCHIVE_DIR if archive_filename else settings.ORIGINALS_DIR
    counter = 0
    while (root / (found := generate_filename(doc, counter=counter, archive_filename=archive_filename))).exists():
        counter += 1
    return found
