"""Which files are taken in."""

from __future__ import annotations

import mimetypes


def is_mime_type_supported(mime_type: str) -> bool:
    """Tell whether a file of this kind is taken in: PDF is the only one here."""
    return mime_type == "application/pdf"


def get_default_file_extension(mime_type: str) -> str:
    """Return the extension with its dot, or an empty text for an unknown kind."""
    return mimetypes.guess_extension(mime_type) or ""
