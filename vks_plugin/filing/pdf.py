"""Looking at an uploaded file before it is let in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pikepdf
from django.utils.translation import gettext as _

from vks_plugin.errors import BadInput
from vks_plugin.hashing import sha256_of

_HEADER_WITHIN = 1024
"""Readers accept a PDF header anywhere in the first 1024 bytes (ISO 32000-1, Annex H)."""


@dataclass(frozen=True)
class PdfFacts:
    """What is recorded of an accepted file."""

    sha256: str
    page_count: int


def inspect_pdf(path: Path, *, name: str, max_pages: int) -> PdfFacts:
    """Open the file and count its pages.

    Args:
        path: the file.
        name: what the person calls it; the sentence of a refusal names it.
        max_pages: the most pages accepted.

    Raises:
        BadInput: empty, not a PDF, encrypted, damaged, without pages or with too many.
    """
    if path.stat().st_size == 0:
        raise BadInput(_("Tệp %(name)s rỗng (0 byte): hãy quét hoặc chép lại.") % {"name": name}, field="file")
    with path.open("rb") as stream:
        if b"%PDF-" not in stream.read(_HEADER_WITHIN):
            raise BadInput(
                _("Tệp %(name)s không phải PDF: hãy lưu tài liệu thành PDF rồi nộp lại.") % {"name": name}, field="file"
            )
    try:
        # repair of a broken cross-reference table is not attempted: a damaged scan must be scanned again
        with pikepdf.open(path, attempt_recovery=False) as pdf:
            if pdf.is_encrypted:
                raise BadInput(
                    _("Tệp %(name)s bị khóa (mã hóa): hãy bỏ mật khẩu rồi nộp lại.") % {"name": name}, field="file"
                )
            pages = len(pdf.pages)
    except pikepdf.PasswordError as error:
        raise BadInput(
            _("Tệp %(name)s có mật khẩu: hãy bỏ mật khẩu rồi nộp lại.") % {"name": name}, field="file"
        ) from error
    except (pikepdf.PdfError, ValueError, RuntimeError) as error:
        raise BadInput(
            _("Tệp %(name)s bị hỏng hoặc thiếu phần cuối: hãy quét hoặc chép lại.") % {"name": name}, field="file"
        ) from error
    if pages == 0:
        raise BadInput(_("Tệp %(name)s không có trang nào.") % {"name": name}, field="file")
    if pages > max_pages:
        raise BadInput(
            _("Tệp %(name)s có %(pages)d trang, quá %(limit)d: hãy tách thành nhiều tệp.")
            % {"name": name, "pages": pages, "limit": max_pages},
            field="file",
        )
    return PdfFacts(sha256=sha256_of(path), page_count=pages)
