"""Reading a finished bundle back, with another library than the one that wrote it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pypdf import PdfReader
from pypdf.errors import PdfReadError
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

_STAMP = re.compile(r"Tập hồ sơ(?: \d+/\d+)? – trang (\d+)/(\d+)")
_FOLIO = re.compile(r"BL (\d+[a-z]{0,3})")
_FORBIDDEN = ("/JavaScript", "/EmbeddedFiles", "/AcroForm")


@dataclass
class BundleInspection:
    """What stands in the file, and what is wrong with it."""

    page_count: int = 0
    labels: list[str] = field(default_factory=list)
    stamps: list[int | None] = field(default_factory=list)
    """Per page, the number stamped on it; None where none could be read."""
    folios: list[str] = field(default_factory=list)
    """Per page, the folio stamped beside it; empty where there is none."""
    outline: list[tuple[int, str, int]] = field(default_factory=list)
    """Depth, text and page (from 1) of every bookmark."""
    links: list[tuple[int, int]] = field(default_factory=list)
    """From page and to page (from 1) of every link."""
    problems: list[str] = field(default_factory=list)


def _resolve(value: Any) -> Any:
    return value.get_object() if isinstance(value, IndirectObject) else value


def inspect_bundle(
    path: Path, *, first_page: int = 1, looked_at: Callable[[int], None] = lambda _page: None
) -> BundleInspection:
    """Read the bundle, or a volume that begins with this page, and judge what a reader in court would trip over.

    `looked_at` is called with every page, counted from 1; what it raises ends the reading. The problems are sentences
    in Vietnamese; an empty list means none was found.
    """
    found = BundleInspection()
    try:
        reader = PdfReader(path)
        _pages(reader, found, looked_at)
        _outline(reader, reader.outline, found, depth=0)
        _links(reader, found)
        _forbidden(reader, found)
    except (PdfReadError, ValueError, KeyError, TypeError, OSError) as error:
        found.problems.append(f"Không đọc được tệp: {type(error).__name__}.")
        return found
    _judge(found, first_page)
    return found


def _pages(reader: PdfReader, found: BundleInspection, looked_at: Callable[[int], None]) -> None:
    found.page_count = len(reader.pages)
    found.labels = list(reader.page_labels)
    for number, page in enumerate(reader.pages, start=1):
        looked_at(number)
        # the stamp is the last thing on the page: what stands before it may quote another bundle's
        text = _tail_text(page)
        stamps = _STAMP.findall(text)
        found.stamps.append(int(stamps[-1][0]) if stamps else None)
        folios = _FOLIO.findall(text)
        found.folios.append(folios[-1] if folios else "")


def _tail_text(page: Any) -> str:
    """Return the text of the page's last content stream alone: the pictures before it need not be decoded."""
    contents = _resolve(page.get("/Contents"))
    if not isinstance(contents, ArrayObject) or not contents:
        return ""
    data = _resolve(contents[-1]).get_data()
    fonts = _resolve(_resolve(page["/Resources"])["/Font"])
    stamp_font = _resolve(fonts.get("/VksStamp")) if "/VksStamp" in fonts else None
    if not isinstance(stamp_font, DictionaryObject):
        return ""
    table = _unicode_table(stamp_font)
    words = []
    for run in re.findall(rb"<([0-9A-F]+)> Tj", data):
        codes = [run[start : start + 4].decode("ascii") for start in range(0, len(run), 4)]
        words.append("".join(table.get(code, "\ufffd") for code in codes))
    return unicodedata.normalize("NFC", "\n".join(words))


def _unicode_table(font: DictionaryObject) -> dict[str, str]:
    source = _resolve(font["/ToUnicode"]).get_data().decode("ascii")
    return {code: chr(int(letter, 16)) for code, letter in re.findall(r"<([0-9A-F]{4})> <([0-9A-F]{4})>", source)}


def _outline(reader: PdfReader, items: Any, found: BundleInspection, *, depth: int) -> None:
    for item in items:
        if isinstance(item, list):
            _outline(reader, item, found, depth=depth + 1)
            continue
        page = reader.get_destination_page_number(item)
        found.outline.append((depth, str(item.title), -1 if page is None else page + 1))


def _links(reader: PdfReader, found: BundleInspection) -> None:
    numbers = {
        page.indirect_reference.idnum: number
        for number, page in enumerate(reader.pages, start=1)
        if page.indirect_reference
    }
    for number, page in enumerate(reader.pages, start=1):
        for reference in _resolve(page.get("/Annots")) or []:
            annotation = _resolve(reference)
            if annotation.get("/Subtype") != "/Link":
                continue
            target = _resolve(annotation.get("/Dest"))
            raw = (
                target.raw_get(0)
                if isinstance(target, ArrayObject) and hasattr(target, "raw_get")
                else (target or [None])[0]
            )
            reached = numbers.get(raw.idnum, -1) if isinstance(raw, IndirectObject) else -1
            found.links.append((number, reached))


def _forbidden(reader: PdfReader, found: BundleInspection) -> None:
    root = _resolve(reader.trailer["/Root"])
    names = _resolve(root.get("/Names")) or {}
    for key in _FORBIDDEN:
        if key in root or key in names:
            found.problems.append(f"Tệp còn chứa {key[1:]}.")
    if reader.is_encrypted:
        found.problems.append("Tệp bị mã hóa.")


def _judge(found: BundleInspection, first_page: int) -> None:
    for position, (label, stamped) in enumerate(zip(found.labels, found.stamps, strict=True), start=first_page):
        if label != str(position):
            found.problems.append(f"Trang {position} mang nhãn {label}.")
        if stamped != position:
            found.problems.append(f"Trang {position} đóng số {stamped}.")
    for _, title, page in found.outline:
        if page < 1:
            found.problems.append(f"Dấu trang “{title}” không dẫn đến trang nào.")
    found.problems += [f"Liên kết ở trang {start} không dẫn đến trang nào." for start, end in found.links if end < 1]
    if not found.outline:
        found.problems.append("Tệp không có dấu trang.")
    if not found.links:
        found.problems.append("Mục lục không có liên kết.")
