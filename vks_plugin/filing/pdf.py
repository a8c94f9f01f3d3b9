"""Looking at an uploaded file before it is let in, and making a file of pages of others."""

from __future__ import annotations

import re
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pikepdf
from django.utils.translation import gettext as _

from vks_plugin.errors import BadInput
from vks_plugin.filing.page_map import Pages, taken_out
from vks_plugin.hashing import sha256_of
from vks_plugin.pdfium import pdfium_document
from vks_plugin.text import composed

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


_NAVIGATION = ("/Outlines", "/StructTreeRoot", "/Dests", "/OpenAction", "/PageLabels", "/Threads")
_NAMES = ("/Dests", "/Pages", "/Templates")
"""What of a file leads to its pages, by itself or among its names: it would keep a page in the file that was taken out."""
_SIGNED = 1
"""Bit of `SigFlags` (ISO 32000-1, table 219)."""
_DEEPEST = 20
"""Fields of a form within fields that are looked into."""


def page_count_of(path: Path) -> int:
    """Return how many pages a PDF has.

    Raises:
        BadInput: it cannot be read.
    """
    with _opened(path) as pdf:
        return len(pdf.pages)


def _opened(path: Path) -> pikepdf.Pdf:
    try:
        return pikepdf.open(path)
    except (pikepdf.PdfError, OSError, ValueError, RuntimeError) as error:
        # the message of the library may quote the path
        raise BadInput(_("Không mở được tệp PDF của tài liệu: hãy báo quản trị kiểm tra kho tài liệu.")) from error


def is_signed(path: Path) -> bool:
    """Tell whether somebody signed the file itself: whatever changes a byte of it breaks the signature."""
    with _opened(path) as pdf:
        form = pdf.Root.get("/AcroForm")
        if not isinstance(form, pikepdf.Dictionary):
            return False
        try:
            return bool(int(form.get("/SigFlags", 0)) & _SIGNED) or _filled(form.get("/Fields"))
        except (TypeError, ValueError, AttributeError):
            # a form that is none; what is signed can be read at least
            return False


def _filled(fields: object, depth: int = 0) -> bool:
    """Tell whether a signature stands in one of these fields of a form, or of those below them."""
    if not isinstance(fields, pikepdf.Array) or depth > _DEEPEST:
        return False
    for field in fields:
        if not isinstance(field, pikepdf.Dictionary):
            continue
        if field.get("/FT") == pikepdf.Name.Sig and "/V" in field:
            return True
        if _filled(field.get("/Kids"), depth + 1):
            return True
    return False


def rearrange(source: Path, target: Path, placed: Pages, *, scan: Path | None = None) -> None:
    """Write a file of the pages of another, each with all that is on it, the text that was recognised among that.

    What leads from one page to another (an outline, named places) is left out once a page is: it would keep in the file
    what is no longer to be seen.

    Raises:
        BadInput: a file cannot be read.
    """
    with ExitStack() as files:
        pdf = files.enter_context(_opened(source))
        new = files.enter_context(_opened(scan)) if scan is not None else None
        present = list(pdf.pages)
        del pdf.pages[:]
        for each in placed:
            if each.scan is not None and new is not None:
                pdf.pages.append(new.pages[each.scan - 1])
            elif each.page is not None:
                pdf.pages.append(present[each.page - 1])
            if each.turn:
                pdf.pages[-1].rotate(each.turn, relative=True)
        out = taken_out([each for each in placed if each.scan is None], len(present))
        if out:
            _empty(pdf, [present[number - 1] for number in out])
        pdf.remove_unreferenced_resources()
        pdf.save(target)


def _empty(pdf: pikepdf.Pdf, gone: list[pikepdf.Page]) -> None:
    """Leave nothing of pages that were taken out, whatever in the file still points to them: links, fields, named places."""
    for name in _NAVIGATION:
        if name in pdf.Root:
            del pdf.Root[name]
    names = pdf.Root.get("/Names")
    for name in _NAMES:
        # attached files stand there too, and stay
        if names is not None and name in names:
            del names[name]
    notes = {each.objgen for page in gone for each in page.get("/Annots", pikepdf.Array()) if each.is_indirect}
    form = pdf.Root.get("/AcroForm")
    if form is not None and "/Fields" in form:
        form["/Fields"] = pikepdf.Array([each for each in form["/Fields"] if _is_left(each, notes)])
    for page in gone:
        for key in list(page.obj.keys()):
            del page.obj[key]


def _is_left(field: pikepdf.Object, gone: set[tuple[int, int]]) -> bool:
    """Tell whether a field of a form still stands on a page; it is left out of those that are gone."""
    if "/Kids" not in field:
        return field.objgen not in gone
    field["/Kids"] = pikepdf.Array([each for each in field["/Kids"] if _is_left(each, gone)])
    return len(field["/Kids"]) > 0


@dataclass(frozen=True)
class PageTexts:
    """The words that can be read from a file."""

    text: str
    without: tuple[int, ...]
    """Pages on which there are none."""


def page_texts(path: Path) -> PageTexts:
    """Return the words of a file, page after page."""
    with pdfium_document(path) as pdf:
        pages = []
        for number in range(len(pdf)):
            page = pdf[number]
            text = page.get_textpage().get_text_bounded().replace("\r\n", "\n").replace("\0", " ")
            pages.append(re.sub(r"[^\S\n]+", " ", text).strip())
            page.close()
    return PageTexts(
        composed("\n\n".join(filter(None, pages))), tuple(at for at, text in enumerate(pages, start=1) if not text)
    )
