"""Where files are put."""

from __future__ import annotations

from pathlib import Path

import pathvalidate
from django.conf import settings
from documents.models import Document
from jinja2 import TemplateError
from jinja2.sandbox import SandboxedEnvironment


def format_filename(document: Document, template_str: str) -> str | None:
    """Return the path a template gives for a document, or None when it cannot be rendered or leads out."""
    known = {
        "title": pathvalidate.sanitize_filename(document.title, replacement_text="-") or "none",
        "created": f"{document.created:%Y-%m-%d}",
        "created_year": f"{document.created:%Y}",
        "doc_pk": f"{document.pk:07}",
    }
    try:
        rendered = Path(SandboxedEnvironment(autoescape=False).from_string(template_str).render(known).strip())
    except TemplateError:
        return None
    return None if rendered.is_absolute() or ".." in rendered.parts or not rendered.name else str(rendered)


def generate_filename(doc: Document, *, counter: int = 0) -> Path:
    """Return the path of a document's file below its folder; the number of the document without a template."""
    template = doc.storage_path.path if doc.storage_path else settings.FILENAME_FORMAT
    base = (format_filename(doc, template) if template else None) or f"{doc.pk:07}"
    return Path(base + (f"_{counter:02}" if counter else "") + doc.file_type)


def generate_unique_filename(doc: Document, *, archive_filename: bool = False) -> Path:
    """Return such a path where no other file lies."""
    counter, folder = 0, settings.ARCHIVE_DIR if archive_filename else settings.ORIGINALS_DIR
    while (folder / (found := generate_filename(doc, counter=counter))).exists():
        counter += 1
    return found
