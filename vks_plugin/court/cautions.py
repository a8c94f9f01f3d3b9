"""What a person should look at before papers go into a bundle: nothing here is refused, and nothing of it is mended.

Looked for before the long work starts, so that it can be stopped and the paper filed anew.
"""

from __future__ import annotations

import ctypes
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium

from vks_plugin.court.old_fonts import is_old_font
from vks_plugin.court.plan import BundleDocument, BundlePlan
from vks_plugin.court.shown import (
    LARGE_PICTURE,
    MOST_APART,
    Bars,
    accents_apart,
    are_untold,
    font_of,
    is_loose,
    letters_of,
    objects_of,
    picture_of,
)
from vks_plugin.pdfium import pdfium_document
from vks_plugin.text import gettext_noop as _

_MOST_PAGES = 5_000
"""Pages of one bundle that are looked at; a page takes a few thousandths of a second."""
_MOST_TOLD = 50
"""Pages named of one document."""
_MUTE = 20
"""Letters below which a page of pictures has no words."""
_MOST_DOTS = 330
"""An inch: three hundred, and a tenth for rounding."""
_HUGE = 60_000_000
"""Dots of a picture: twice an A4 page at 600 an inch; unpacked in colour about 180 MB."""
_CORNER = 60.0
"""Points from the edge of a page in which programs put their numbers."""
_STAMPED = re.compile(
    r"(?:\b(?:trang|tr\.|page|p\.)\s*\d+\s*(?:/|of|trên)\s*\d+)|(?:\bBL\s*\d+)|(?:\b[A-Z]{2,10}[-_ ]?\d{5,}\b)",
    re.IGNORECASE,
)
"""A number with its total, a folio, or a number with a prefix: what programs stamp. Page numbers of the paper itself stand alone."""
_FONTS_ASKED = 60
"""Pieces of text of a page that are asked for their font."""
_LONG_ENOUGH = 200
"""Letters a paper without pictures has before it is compared with others: forms left empty are alike."""


class Caution(StrEnum):
    """What is odd."""

    TURNED = "nghieng"
    MUTE = "khong_chu"
    LOOSE = "phong"
    OLD = "phong_cu"
    UNTOLD = "khong_chep_duoc"
    APART = "tach_dau"
    BARRED = "o_den"
    FINE = "day"
    HUGE = "lon"
    STAMPED = "da_dong_so"
    ALIKE = "giong_nhau"
    UNSEEN = "chua_xem"


LABELS: Mapping[str, str] = {
    Caution.TURNED: _("chữ quay ngang hoặc lộn ngược"),
    Caution.MUTE: _("ảnh chưa nhận dạng chữ: không tìm, không chép được"),
    Caution.LOOSE: _("phông chữ không nằm trong tệp: máy khác có thể hiện sai"),
    Caution.OLD: _("phông có trước Unicode (.Vn, VNI): chữ chép ra sai, tìm không thấy"),
    Caution.UNTOLD: _("phông không cho biết chữ: tìm không thấy, chép ra chữ khác"),
    Caution.APART: _("chữ Việt bị tách dấu: tìm không thấy"),
    Caution.BARRED: _("dưới ô đen còn chữ đọc được: hãy che lại bằng mục Che thông tin"),
    Caution.FINE: _("quét trên 300 dpi: nặng mà không rõ hơn"),
    Caution.HUGE: _("ảnh rất lớn: máy cũ khó mở"),
    Caution.STAMPED: _("đã có số của phần mềm khác ở góc trang"),
    Caution.ALIKE: _("cùng chữ, cùng hình với tài liệu khác của tập mà khác tệp: có thể đã nộp hai lần"),
    Caution.UNSEEN: _("chưa xem trước, tập quá dài"),
}


@dataclass(frozen=True)
class Cautioned:
    """Something odd about a document."""

    document: BundleDocument
    caution: Caution
    pages: tuple[int, ...]
    """Of the document, from 1; the first of them. Empty where it is the whole document."""
    count: int
    """Of all such pages."""


class Looked(NamedTuple):
    """What was found in the papers of a bundle."""

    cautions: list[Cautioned]
    shown: dict[Path, str]
    """What a paper's pages show, in short, by its file; of those that show enough to be compared."""


def look_at(plan: BundlePlan, should_stop: Callable[[], bool] = lambda: False) -> Looked:
    """Look at the pages of a bundle that is planned, and whose sources were found usable.

    Args:
        plan: the layout.
        should_stop: asked after each document; a true answer ends the look.
    """
    found: list[Cautioned] = []
    looked = 0
    alike: dict[str, list[BundleDocument]] = {}
    shown_in: dict[Path, str] = {}
    for planned in plan.documents:
        document = planned.document
        if should_stop():
            break
        if looked + document.page_count > _MOST_PAGES:
            found.append(Cautioned(document, Caution.UNSEEN, (), document.page_count))
            continue
        looked += document.page_count
        by_caution: dict[Caution, list[int]] = {}
        pages, shown = _pages(document)
        if shown:
            shown_in[document.path] = shown
        # one whose file is another's needs no second look
        if shown and not planned.same_as:
            alike.setdefault(shown, []).append(document)
        for page, cautions in enumerate(pages, start=1):
            for caution in cautions:
                by_caution.setdefault(caution, []).append(page)
        found += [
            Cautioned(document, caution, tuple(by_caution[caution][:_MOST_TOLD]), len(by_caution[caution]))
            for caution in Caution
            if caution in by_caution
        ]
    found += [
        Cautioned(document, Caution.ALIKE, (), document.page_count)
        for documents in alike.values()
        if len(documents) > 1
        for document in documents
    ]
    return Looked(found, shown_in)


class _Shown:
    """The words and pictures of a paper, however its file was written."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self._letters = 0
        self._pictures = False

    def words(self, text: str) -> None:
        """Add the words of a page."""
        said = " ".join(text.split())
        self._letters += len(said)
        self._digest.update(f"{said}\f".encode(errors="surrogatepass"))

    def picture(self, drawn: Any) -> None:
        """Add a picture as it lies in the file, packed."""
        size = pdfium.FPDFImageObj_GetImageDataRaw(drawn, None, 0)
        # none for one that is written into the page itself
        content = ctypes.create_string_buffer(size)
        pdfium.FPDFImageObj_GetImageDataRaw(drawn, content, size)
        self._pictures = self._pictures or size > 0
        self._digest.update(hashlib.sha256(content).digest())

    @property
    def told(self) -> str:
        """What is the same for two papers that show the same; empty for one that shows too little to say."""
        return self._digest.hexdigest() if self._pictures or self._letters >= _LONG_ENOUGH else ""


def _pages(document: BundleDocument) -> tuple[list[set[Caution]], str]:
    found = []
    shown = _Shown()
    try:
        with pdfium_document(document.path) as pdf:
            for at in range(len(pdf)):
                page = pdf[at]
                found.append(_page(page, shown) - ({Caution.MUTE} if document.redacted else set()))
                page.close()
    except (pypdfium2.PdfiumError, OSError):
        # whoever writes the bundle says so by name
        return [], ""
    return found, shown.told


def _page(page: pypdfium2.PdfPage, shown: _Shown) -> set[Caution]:
    width, height = page.get_size()
    found: set[Caution] = set()
    large = False
    fonts = _FONTS_ASKED
    bars = Bars()
    for drawn, matrix in objects_of(page):
        kind = pdfium.FPDFPageObj_GetType(drawn)
        if kind == pdfium.FPDF_PAGEOBJ_IMAGE:
            shown.picture(drawn)
            picture = picture_of(drawn, matrix, width * height)
            if picture is None:
                continue
            if picture.width * picture.height > _HUGE:
                found.add(Caution.HUGE)
            if picture.share >= LARGE_PICTURE:
                large = True
                if picture.dots > _MOST_DOTS:
                    found.add(Caution.FINE)
        elif kind == pdfium.FPDF_PAGEOBJ_TEXT:
            bars.word(drawn)
            if fonts:
                fonts -= 1
                if Caution.LOOSE not in found and is_loose(drawn):
                    found.add(Caution.LOOSE)
                if Caution.OLD not in found and is_old_font(font_of(drawn)):
                    found.add(Caution.OLD)
        elif kind == pdfium.FPDF_PAGEOBJ_PATH:
            bars.path(drawn)
    words = page.get_textpage()
    said = words.get_text_bounded()
    shown.words(said)
    count = len("".join(said.split()))
    if large and count < _MUTE:
        found.add(Caution.MUTE)
    else:
        letters = letters_of(page, words)
        if letters.turn:
            found.add(Caution.TURNED)
        if are_untold(letters.looked_at, letters.untold):
            found.add(Caution.UNTOLD)
    if accents_apart(said) > MOST_APART * count:
        found.add(Caution.APART)
    if bars.hide_words(words):
        found.add(Caution.BARRED)
    left, bottom, right, top = page.get_bbox()
    edges = (
        (left, bottom, right, bottom + _CORNER),
        (left, top - _CORNER, right, top),
    )
    if any(_STAMPED.search(words.get_text_bounded(*edge)) for edge in edges):
        found.add(Caution.STAMPED)
    words.close()
    return found
