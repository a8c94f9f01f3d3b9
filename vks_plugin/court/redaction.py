"""Taking something out of a paper for good: what was chosen is gone from the copy, not covered in it.

Every page of the copy is a picture of the page with its black boxes already in it, in a file made from nothing. So no
text, hidden layer, bookmark, note, metadata, attached file or earlier revision of the paper is in it, and no reader can
lift a box. The price is that the copy has no words to select.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
from pikepdf import Array, Dictionary, Name, Stream, String
from PIL import Image, ImageChops, ImageDraw, ImageFont, ImageStat

from vks_plugin.court.masking import PersonFacts, addressed, stands_alone
from vks_plugin.court.words import Box, Run, comparable, comparable_if_old, page_of, passages_of
from vks_plugin.errors import BadInput
from vks_plugin.papers.fonts import BOLD, FILES, FONTS

DOTS = 200
"""Of a page of the copy, an inch."""
_POINTS = 72
_MOST_PIXELS = 40_000_000
_QUALITY = 85
_AROUND = 1.2
"""Points a box reaches beyond the letters it takes out."""
_COLOURED = 14
"""From which difference between red, green and blue a page is kept in colour."""
_SIGN = "ĐÃ CHE"
_READABLE = 14
"""Dots high; a smaller sign is not read."""
MOST_MARKS = 5000
_SHORTEST_TERM = 3

PATTERNS: dict[str, re.Pattern[str]] = {
    "can_cuoc": re.compile(r"(?<!\d)\d{12}(?!\d)|(?<!\d)\d{9}(?!\d)"),
    "dien_thoai": re.compile(r"(?<!\d)(?:\+84|0)(?:[ .-]?\d){9}(?!\d)"),
    "tai_khoan": re.compile(r"(?:tai khoan|stk|so tk)[^\d\n]{0,40}((?:\d[ .-]?){5,18}\d)"),
}
"""Numbers that are proposed without being named; looked for in words without accents."""


@dataclass(frozen=True)
class Mark:
    """A place that is taken out."""

    page: int
    """From 1."""
    box: Box
    """As the page is shown, in points from its upper left corner."""
    kind: str
    """Why it was proposed: `nguoi`, `dia_chi`, `can_cuoc`, `dien_thoai`, `tai_khoan`, `chu`, or `khung` for a rectangle."""
    text: str = ""
    """The words that were found there; empty for a rectangle."""


def long_enough(term: str) -> bool:
    """Tell whether words can be looked for: fewer than three letters would be found everywhere."""
    return len(_squeezed(term)[0]) >= _SHORTEST_TERM


def _squeezed(text: str) -> tuple[str, list[int]]:
    """Return the text without spaces, and where each letter stood."""
    places = [index for index, letter in enumerate(text) if not letter.isspace()]
    return "".join(text[index] for index in places), places


def _found(run: Run, term: str) -> Iterator[tuple[int, int]]:
    """Yield where a term stands: accents, case and spaces do not count, and it is no part of a longer word or number."""
    wanted, _places = _squeezed(comparable(term))
    for plain in {comparable(run.text): None, comparable_if_old(run.text): None}:
        text, places = _squeezed(plain)
        start = text.find(wanted)
        while start >= 0:
            first, last = places[start], places[start + len(wanted) - 1]
            if stands_alone(plain, first, last + 1):
                yield first, last
            start = text.find(wanted, start + 1)


def _boxes(run: Run, first: int, last: int) -> Iterator[Box]:
    """Yield a box for each line the letters stand in."""
    line: list[Box] = []
    for index in range(first, last + 1):
        box = run.boxes[index]
        if run.text[index].isspace():
            continue
        # words that are shown upright or upside down go on too: only a new line lies both left and below
        if line and box.left < line[-1].left - 1 and box.top > line[-1].bottom - (box.bottom - box.top) / 2:
            yield _around(line)
            line = []
        line.append(box)
    if line:
        yield _around(line)


def _around(boxes: Sequence[Box]) -> Box:
    return Box(
        min(box.left for box in boxes) - _AROUND,
        min(box.top for box in boxes) - _AROUND,
        max(box.right for box in boxes) + _AROUND,
        max(box.bottom for box in boxes) + _AROUND,
    )


def propose(
    path: Path,
    terms: Iterable[tuple[str, str]],
    *,
    people: Sequence[PersonFacts] = (),
    patterns: Iterable[str] = tuple(PATTERNS),
) -> list[Mark]:
    """Find where terms and numbers stand in a paper; a person decides what becomes of them.

    Args:
        path: the PDF.
        terms: kind and words: a name, an address, anything typed.
        people: whoever is looked for by the given name alone, too: "cháu Hoa".
        patterns: keys of `PATTERNS`.

    Raises:
        BadInput: the file cannot be read, a term is too short to mean anything, or there are more places than
            `MOST_MARKS`: to show some of them would look as if they were all.
    """
    wanted = [(kind, term) for kind, term in terms if term.strip()]
    for _kind, term in wanted:
        if not long_enough(term):
            message = f"“{term}” quá ngắn: hãy nêu ít nhất {_SHORTEST_TERM} chữ cái."
            raise BadInput(message, field="terms")
    marks: dict[tuple[int, Box], Mark] = {}
    # what is shown, and what the file says in its place to whoever copies it
    for reading in (path, _taken_at_its_letters(path)):
        if reading is not None:
            _propose(reading, wanted, people, patterns, marks)
    return sorted(marks.values(), key=lambda mark: (mark.page, mark.box.top, mark.box.left))


def _propose(
    reading: Path | io.BytesIO,
    wanted: Sequence[tuple[str, str]],
    people: Sequence[PersonFacts],
    patterns: Iterable[str],
    marks: dict[tuple[int, Box], Mark],
) -> None:
    """Add the places found in a paper to those found before, each once."""
    with _opened(reading) as pdf:
        for number in range(1, len(pdf) + 1):
            page = page_of(pdf, number - 1)
            for run in passages_of(page):
                spans = [(kind, *span) for kind, term in wanted for span in _found(run, term)]
                spans += [
                    ("nguoi", match.start(1), match.end(1) - 1)
                    for person in people
                    for match in addressed(run.text, person)
                ]
                plain = comparable(run.text)
                for kind in patterns:
                    for match in PATTERNS[kind].finditer(plain):
                        group = 1 if match.re.groups else 0
                        spans.append((kind, match.start(group), match.end(group) - 1))
                for kind, first, last in spans:
                    for box in _boxes(run, first, last):
                        rounded = Box(*(round(side, 1) for side in box))
                        marks.setdefault((number, rounded), Mark(number, rounded, kind, run.text[first : last + 1]))
            page.close()
            if len(marks) > MOST_MARKS:
                message = f"Tìm thấy quá {MOST_MARKS} chỗ cần che: hãy nêu cụm chữ dài hơn."
                raise BadInput(message, field="terms")


_SAID_INSTEAD = b"/ActualText"


def _taken_at_its_letters(path: Path) -> io.BytesIO | None:
    """Return a paper without the words that a reader is given in place of those shown (ISO 32000-1, 14.9.4); None if it has none.

    A name under other words would not be found, though everybody sees it.
    """
    found = False
    try:
        with pikepdf.open(path) as pdf:
            for page in pdf.pages:
                found = _without_in_lists(page.obj.get("/Resources")) or found
            for each in pdf.objects:
                if isinstance(each, Dictionary) and _SAID_INSTEAD.decode() in each:
                    del each[_SAID_INSTEAD.decode()]
                    found = True
                elif isinstance(each, Stream) and not _NOT_DRAWN & set(each.keys()):
                    found = _without(each) or found
            if not found:
                return None
            buffer = io.BytesIO()
            pdf.save(buffer)
    except (pikepdf.PdfError, OSError):
        # whoever reads it next says that it cannot be read
        return None
    buffer.seek(0)
    return buffer


_NOT_DRAWN = frozenset({"/Width", "/Length1", "/Length2", "/CMapName"})
"""Entries of streams that hold no drawing commands: pictures and fonts."""


def _without(stream: Stream) -> bool:
    resources: Any = stream.get("/Resources")
    found = _without_in_lists(resources)
    try:
        data = stream.read_bytes()
    except pikepdf.PdfError:
        return found
    if _SAID_INSTEAD not in data:
        return found
    stream.write(data.replace(_SAID_INSTEAD, b"/Overlooked"))
    return True


def _without_in_lists(resources: Any) -> bool:
    """Take it out of the lists that drawing commands call by name."""
    lists: Any = resources.get("/Properties") if isinstance(resources, Dictionary) else None
    found = False
    for key in lists.keys() if isinstance(lists, Dictionary) else ():
        if isinstance(lists[key], Dictionary) and _SAID_INSTEAD.decode() in lists[key]:
            del lists[key][_SAID_INSTEAD.decode()]
            found = True
    return found


class _opened:  # noqa: N801 - used as a word
    """Opens a PDF with pdfium; what it cannot read is told in a sentence."""

    def __init__(self, path: Path | io.BytesIO) -> None:
        try:
            self._pdf = pypdfium2.PdfDocument(path)
            self._pdf.init_forms()
        except (pypdfium2.PdfiumError, FileNotFoundError) as error:
            message = "Tệp của tài liệu này không đọc được để che: hãy báo quản trị kiểm tra."
            raise BadInput(message) from error

    def __enter__(self) -> pypdfium2.PdfDocument:
        return self._pdf

    def __exit__(self, *_reason: object) -> None:
        self._pdf.close()


def _scale(page: pypdfium2.PdfPage, dots: int) -> float:
    width, height = page.get_size()
    scale = dots / _POINTS
    return float(min(scale, (_MOST_PIXELS / max(width * height, 1)) ** 0.5))


def picture(page: pypdfium2.PdfPage, boxes: Iterable[Box], *, dots: int = DOTS, outline: bool = False) -> Image.Image:
    """Return a page as it is shown, with the boxes black; or, to be looked at first, with their outlines."""
    scale = _scale(page, dots)
    shown: Image.Image = page.render(scale=scale, may_draw_forms=True).to_pil().convert("RGB")
    pen = ImageDraw.Draw(shown)
    told, some = False, False
    for box in boxes:
        some = True
        # outwards to whole pixels: half a letter's edge would be left
        edges = [
            int(box.left * scale),
            int(box.top * scale),
            int(box.right * scale) + 1,
            int(box.bottom * scale) + 1,
        ]
        if outline:
            pen.rectangle(edges, outline=(200, 0, 0), width=max(2, dots // 70))
            continue
        pen.rectangle(edges, fill=(0, 0, 0))
        size = min(int((edges[3] - edges[1]) * 0.7), int((edges[2] - edges[0]) / 5))
        if size >= _READABLE:
            font = ImageFont.truetype(str(FONTS / FILES[BOLD]), size)
            middle = ((edges[0] + edges[2]) / 2, (edges[1] + edges[3]) / 2)
            pen.text(middle, _SIGN, font=font, fill=(255, 255, 255), anchor="mm")
            told = True
    if some and not told and not outline:
        _say_in_a_corner(shown, scale)
    return shown


_CORNER_SIGN = "TRANG CÓ CHỖ ĐÃ CHE"
_CORNER_SIZE = 8
"""Points."""


def _say_in_a_corner(shown: Image.Image, scale: float) -> None:
    """Say on a page whose boxes are too small for words that something is taken out, in the corner with the least on it."""
    font = ImageFont.truetype(str(FONTS / FILES[BOLD]), max(int(_CORNER_SIZE * scale), _READABLE))
    width, height = int(font.getlength(_CORNER_SIGN)) + 8, font.size + 8
    edge = int(_CORNER_SIZE * scale)
    across = {edge, max(shown.width - edge - width, 0)}
    down = {edge, max(shown.height - edge - int(height), 0)}
    places = [(x, y, x + width, y + int(height)) for y in sorted(down) for x in sorted(across)]
    least = max(places, key=lambda place: ImageStat.Stat(shown.crop(place).convert("L")).sum[0])
    pen = ImageDraw.Draw(shown)
    pen.rectangle(least, fill=(255, 255, 255), outline=(0, 0, 0))
    pen.text(
        ((least[0] + least[2]) / 2, (least[1] + least[3]) / 2), _CORNER_SIGN, font=font, fill=(0, 0, 0), anchor="mm"
    )


def _without_colour(shown: Image.Image) -> Image.Image:
    """Return the picture in grey when nobody would see the difference."""
    small = shown.resize((max(1, shown.width // 8), max(1, shown.height // 8)))
    red, green, blue = small.split()
    difference = ImageChops.lighter(ImageChops.difference(red, green), ImageChops.difference(green, blue))
    extent = difference.getextrema()
    return shown.convert("L") if isinstance(extent[1], (int, float)) and extent[1] < _COLOURED else shown


def page_preview(path: Path, number: int, boxes: Sequence[Box], *, after: bool) -> bytes:
    """Return a page as PNG: with outlines of what would go, or as it would be.

    Raises:
        BadInput: there is no such page, or the file cannot be read.
    """
    with _opened(path) as pdf:
        if not 1 <= number <= len(pdf):
            message = f"Tài liệu chỉ có {len(pdf)} trang."
            raise BadInput(message, field="page")
        buffer = io.BytesIO()
        picture(pdf[number - 1], boxes, dots=72, outline=not after).save(buffer, "PNG")
        return buffer.getvalue()


def redact(source: Path, target: Path, marks: Sequence[Mark]) -> int:
    """Write the copy without what is marked; return its number of pages.

    The file appears under its name only when it is complete.

    Raises:
        BadInput: nothing is marked, a mark lies on no page, or the file cannot be read.
    """
    if not marks:
        message = "Chưa chọn chỗ nào để che."
        raise BadInput(message)
    by_page: dict[int, list[Box]] = {}
    for mark in marks:
        by_page.setdefault(mark.page, []).append(mark.box)
    partial = target.with_name(f".{target.name}.partial")
    try:
        with _opened(source) as pdf, pikepdf.new() as copy:
            if max(by_page) > len(pdf) or min(by_page) < 1:
                message = f"Tài liệu chỉ có {len(pdf)} trang."
                raise BadInput(message, field="page")
            for index in range(len(pdf)):
                page = pdf[index]
                _append(copy, picture(page, by_page.get(index + 1, ())), page.get_size())
                page.close()
            copy.docinfo = copy.make_indirect(Dictionary(Title=String("Bản đã che"), Producer=String("vks-plugin")))
            copy.Root.Lang = String("vi")
            pages = len(copy.pages)
            copy.save(partial, static_id=True)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return pages


def _append(copy: pikepdf.Pdf, shown: Image.Image, size: tuple[float, float]) -> None:
    shown = _without_colour(shown)
    buffer = io.BytesIO()
    shown.save(buffer, "JPEG", quality=_QUALITY)
    stream = copy.make_stream(buffer.getvalue())
    stream.Type, stream.Subtype = Name.XObject, Name.Image
    stream.Width, stream.Height = shown.size
    stream.ColorSpace = Name.DeviceGray if shown.mode == "L" else Name.DeviceRGB
    stream.BitsPerComponent = 8
    stream.Filter = Name.DCTDecode
    width, height = (round(side, 2) for side in size)
    page = Dictionary(
        Type=Name.Page,
        MediaBox=Array([0, 0, width, height]),
        Resources=Dictionary(XObject=Dictionary(P=stream)),
        Contents=copy.make_stream(f"q {width} 0 0 {height} 0 0 cm /P Do Q".encode("ascii")),
    )
    copy.pages.append(pikepdf.Page(copy.make_indirect(page)))
