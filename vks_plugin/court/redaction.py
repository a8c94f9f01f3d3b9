"""Taking something out of a paper for good: what was chosen is gone from the copy, not covered in it.

Every page of the copy is a picture of the page with its black boxes already in it, in a file made from nothing. So no
text, hidden layer, bookmark, note, metadata, attached file or earlier revision of the paper is in it, and no reader can
lift a box. The price is that the copy has no words to select.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pypdfium2.raw as pdfium
from pikepdf import Dictionary, Stream, String
from PIL import Image, ImageChops, ImageDraw, ImageFont, ImageStat

from vks_plugin.court.masking import PersonFacts, addressed, stands_alone
from vks_plugin.court.output import Output
from vks_plugin.court.private import ACCOUNTS, ADDRESSES, NUMBERS, PATTERNS, private_places
from vks_plugin.court.words import Box, Run, comparable, page_of, passages_of, readings_of, scale_of
from vks_plugin.errors import BadInput
from vks_plugin.papers.fonts import BOLD, FILES, FONTS
from vks_plugin.pdfium import pdfium_document
from vks_plugin.text import gettext_noop

DOTS = 200
"""Of a page of the copy, an inch."""
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

USUAL_PATTERNS = (*NUMBERS, ADDRESSES)
NEVER_TICKED = frozenset({ADDRESSES})
"""Kinds that are proposed, and taken out only where somebody ticks them: most papers name the address of an office, too."""


@dataclass(frozen=True)
class Mark:
    """A place that is taken out."""

    page: int
    """From 1."""
    box: Box
    """As the page is shown, in points from its upper left corner."""
    kind: str
    """Why it was proposed: `nguoi`, `dia_chi`, `can_cuoc`, `dien_thoai`, `tai_khoan`, `noi_o` for an address whoever's it
    is, `chu`, or `khung` for a rectangle."""
    text: str = ""
    """The words that were found there; empty for a rectangle."""


@dataclass(frozen=True)
class Unsearched:
    """A page on which words cannot be relied on, so that somebody has to look at it."""

    page: int
    """From 1."""
    why: str
    """A key of `WHY_UNSEARCHED`."""


WHY_UNSEARCHED = {
    "khong_chu": gettext_noop("không có chữ đọc được: trang ảnh chưa nhận dạng, hoặc trang trống"),
    "it_chu": gettext_noop("trang ảnh chỉ đọc được ít chữ: có thể viết tay, chữ mờ"),
    "phong_la": gettext_noop("chữ trong tệp không phải chữ nhìn thấy: phông lạ, phông cũ"),
}


@dataclass
class Search:
    """What was found in a paper, and where nobody could look."""

    marks: list[Mark] = field(default_factory=list)
    unsearched: list[Unsearched] = field(default_factory=list)
    pages: int = 0


class Stopped(Exception):  # noqa: N818 - no error
    """Somebody stopped the work."""


def long_enough(term: str) -> bool:
    """Tell whether words can be looked for: fewer than three letters would be found everywhere."""
    return len(_squeezed(term)[0]) >= _SHORTEST_TERM


def _squeezed(text: str, *, also: str = "") -> tuple[str, list[int]]:
    """Return the text without spaces and these other letters, and where each letter stood."""
    places = [index for index, letter in enumerate(text) if not letter.isspace() and letter not in also]
    return "".join(text[index] for index in places), places


_PARTING = ".,;:-–"
"""What papers put between the parts of an address or the groups of a number, each its own way."""


def _found(plain: str, kind: str, term: str) -> Iterator[tuple[int, int]]:
    """Yield where a term stands in comparable words: spaces do not count, and it is no part of a longer word or number."""
    # a name goes over no full stop: "Trần Văn. Anh ấy"
    also = "" if kind == "nguoi" else _PARTING
    wanted, _places = _squeezed(comparable(term), also=also)
    text, places = _squeezed(plain, also=also)
    start = text.find(wanted) if wanted else -1
    while start >= 0:
        first, last = places[start], places[start + len(wanted) - 1]
        if stands_alone(plain, first, last + 1):
            yield first, last
        start = text.find(wanted, start + 1)


def _spans(
    run: Run, wanted: Sequence[tuple[str, str]], people: Sequence[PersonFacts], patterns: Sequence[str]
) -> set[tuple[str, int, int]]:
    """Return kind, first and last letter of everything that is looked for, in whatever the words may say."""
    found: set[tuple[str, int, int]] = set()
    for reading in readings_of(run.text):
        plain = comparable(reading.text)
        spans = [(kind, *span) for kind, term in wanted for span in _found(plain, kind, term)]
        spans += [
            ("nguoi", match.start(1), match.end(1) - 1)
            for person in people
            for match in addressed(reading.text, person)
        ]
        spans += [(kind, start, end - 1) for kind, start, end in private_places(reading.text, patterns)]
        found |= {(kind, reading.first[first], reading.last[last]) for kind, first, last in spans}
    # twelve digits that the words call an account are no number of a person
    called = [(first, last) for kind, first, last in found if kind == ACCOUNTS]
    found -= {
        (kind, first, last)
        for kind, first, last in found
        if kind in PATTERNS and any(one <= first and last <= other for one, other in called)
    }
    # of an address that is known its beginning, and what looks like one, is nothing more
    known = [(first, last) for kind, first, last in found if kind == "dia_chi"]
    return {
        (kind, first, last)
        for kind, first, last in found
        if kind not in {"dia_chi", ADDRESSES}
        or not any(
            one <= first and last <= other and (kind == ADDRESSES or (one, other) != (first, last))
            for one, other in known
        )
    }


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
    patterns: Iterable[str] = USUAL_PATTERNS,
) -> list[Mark]:
    """Find where terms and numbers stand in a paper; a person decides what becomes of them.

    Args:
        path: the PDF.
        terms: kind and words: a name, an address, anything typed.
        people: whoever is looked for by the given name alone, too: "cháu Hoa".
        patterns: of `USUAL_PATTERNS`.

    Raises:
        BadInput: the file cannot be read, a term is too short to mean anything, or there are more places than
            `MOST_MARKS`: to show some of them would look as if they were all.
    """
    return search(path, terms, people=people, patterns=patterns).marks


def search(
    path: Path,
    terms: Iterable[tuple[str, str]],
    *,
    people: Sequence[PersonFacts] = (),
    patterns: Iterable[str] = USUAL_PATTERNS,
    after_page: Callable[[int], None] | None = None,
) -> Search:
    """Find the same, and the pages on which words cannot be relied on.

    Args:
        path, terms, people, patterns: as for `propose`.
        after_page: told how many pages are done; what it raises ends the search.

    Raises:
        BadInput: as for `propose`.
    """
    wanted = [(kind, term) for kind, term in terms if term.strip()]
    for _kind, term in wanted:
        if not long_enough(term):
            message = f"“{term}” quá ngắn: hãy nêu ít nhất {_SHORTEST_TERM} chữ cái."
            raise BadInput(message, field="terms")
    marks: dict[tuple[int, Box], Mark] = {}
    found = Search()
    # what is shown, and what the file says in its place to whoever copies it
    for reading in (path, _taken_at_its_letters(path)):
        if reading is not None:
            _search(reading, wanted, people, tuple(patterns), marks, found, after_page or (lambda _done: None))
    found.marks = sorted(marks.values(), key=lambda mark: (mark.page, mark.box.top, mark.box.left))
    return found


def _search(
    reading: Path | io.BytesIO,
    wanted: Sequence[tuple[str, str]],
    people: Sequence[PersonFacts],
    patterns: Sequence[str],
    marks: dict[tuple[int, Box], Mark],
    found: Search,
    after_page: Callable[[int], None],
) -> None:
    """Add the places found in a paper to those found before, each once; tell of its pages what is not told yet."""
    again = found.pages > 0
    for number, page in _pages_of(reading, flattened=True):
        runs = list(passages_of(page))
        for run in runs:
            for kind, first, last in sorted(_spans(run, wanted, people, patterns)):
                for box in _boxes(run, first, last):
                    rounded = Box(*(round(side, 1) for side in box))
                    marks.setdefault((number, rounded), Mark(number, rounded, kind, run.text[first : last + 1]))
        if not again and (why := _why_unsearched(page, runs[-1].text)):
            found.unsearched.append(Unsearched(number, why))
        if len(marks) > MOST_MARKS:
            message = f"Tìm thấy quá {MOST_MARKS} chỗ cần che: hãy nêu cụm chữ dài hơn."
            raise BadInput(message, field="terms")
        found.pages = number
        after_page(number)


_FEW_LETTERS = 200
_LARGE_PICTURE = 0.4
"""Of a page."""
_STRANGE = 0.1
"""Of the letters of a page: from so many that mean nothing on it is in a font nobody can read."""


def _why_unsearched(page: pypdfium2.PdfPage, words: str) -> str:
    """Return why words cannot be relied on on this page, a key of `WHY_UNSEARCHED`; empty when they can."""
    letters = [letter for letter in words if not letter.isspace()]
    if not letters:
        return "khong_chu"
    strange = sum(
        letter == "\ufffd" or "\ue000" <= letter <= "\uf8ff" or "\x7f" <= letter <= "\x9f" or letter < " "
        for letter in letters
    )
    if strange > len(letters) * _STRANGE:
        return "phong_la"
    if len(letters) < _FEW_LETTERS and _has_large_picture(page):
        return "it_chu"
    return ""


def _has_large_picture(page: pypdfium2.PdfPage) -> bool:
    width, height = page.get_size()
    for drawn in page.get_objects(filter=(pdfium.FPDF_PAGEOBJ_IMAGE,), max_depth=3):
        left, bottom, right, top = drawn.get_bounds()
        if abs((right - left) * (top - bottom)) > width * height * _LARGE_PICTURE:
            return True
    return False


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


UNREADABLE = (pypdfium2.PdfiumError, pikepdf.PdfError, OSError)
"""What is raised by a paper that opens, and yet has a page nobody can read, or whose file or copy the disk refuses."""


@contextmanager
def _opened(path: Path | io.BytesIO) -> Iterator[pypdfium2.PdfDocument]:
    """Open a PDF with pdfium; what it cannot read is told in a sentence."""
    with ExitStack() as stack:
        try:
            pdf = stack.enter_context(pdfium_document(path, forms=True))
        except (pypdfium2.PdfiumError, FileNotFoundError) as error:
            message = "Tệp của tài liệu này không đọc được để che: hãy báo quản trị kiểm tra."
            raise BadInput(message) from error
        yield pdf


_OPEN_FOR = 50
"""Pages after which a paper is opened anew: pdfium keeps the fonts and pictures of every page it has read."""


def _pages_of(path: Path | io.BytesIO, *, flattened: bool = False) -> Iterator[tuple[int, pypdfium2.PdfPage]]:
    """Yield the number and each page of a paper, closed behind; no more of it lies in memory than of a few pages.

    Args:
        path: the paper.
        flattened: whether notes and fields are part of the page, so that their words are found.
    """
    done, count = 0, 1
    while done < count:
        with _opened(path) as pdf:
            count = len(pdf)
            for at in range(done, min(done + _OPEN_FOR, count)):
                page = page_of(pdf, at) if flattened else pdf[at]
                yield at + 1, page
                page.close()
        done += _OPEN_FOR


def picture(page: pypdfium2.PdfPage, boxes: Iterable[Box], *, dots: int = DOTS, outline: bool = False) -> Image.Image:
    """Return a page as it is shown, with the boxes black; or, to be looked at first, with their outlines."""
    scale = scale_of(page, dots)
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


def half_made(target: Path) -> Path:
    """Return where a copy lies while it is written."""
    return target.with_name(f".{target.name}.partial")


def redact(
    source: Path, target: Path, marks: Sequence[Mark], *, after_page: Callable[[int], None] | None = None
) -> int:
    """Write the copy without what is marked; return its number of pages.

    The file appears under its name only when it is complete, and no more than one page of it lies in memory.

    Args:
        source: the paper.
        target: where the copy is to lie.
        marks: what goes.
        after_page: told how many pages are done; what it raises ends the work.

    Raises:
        BadInput: nothing is marked, a mark lies on no page, or the file cannot be read.
    """
    if not marks:
        message = "Chưa chọn chỗ nào để che."
        raise BadInput(message)
    by_page: dict[int, list[Box]] = {}
    for mark in marks:
        by_page.setdefault(mark.page, []).append(mark.box)
    partial = half_made(target)
    try:
        with _opened(source) as pdf:
            pages = len(pdf)
        if max(by_page) > pages or min(by_page) < 1:
            message = f"Tài liệu chỉ có {pages} trang."
            raise BadInput(message, field="page")
        with partial.open("wb", buffering=0) as stream:
            output = Output(stream)
            first = output.reserve_pages(pages)
            for number, page in _pages_of(source):
                shown = picture(page, by_page.get(number, ()))
                _add_page(output, first + number - 1, shown, page.get_size())
                if after_page is not None:
                    after_page(number)
            told = Dictionary(Title=String("Bản đã che"), Producer=String("vks-plugin"))
            output.finish(b"/Lang " + String("vi").unparse(), told)
            os.fsync(stream.fileno())
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return pages


def _add_page(output: Output, number: int, shown: Image.Image, size: tuple[float, float]) -> None:
    shown = _without_colour(shown)
    buffer = io.BytesIO()
    shown.save(buffer, "JPEG", quality=_QUALITY)
    colours = b"/DeviceGray" if shown.mode == "L" else b"/DeviceRGB"
    entries = (
        b"/Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace %s /BitsPerComponent 8 /Filter /DCTDecode"
    )
    drawn = output.add_stream(entries % (*shown.size, colours), buffer.getbuffer())
    width, height = (f"{round(side, 2):.2f}".encode("ascii") for side in size)
    commands = output.add_drawing(b"q %s 0 0 %s 0 0 cm /P Do Q" % (width, height))
    output.add(
        b"<< /Type /Page /Parent %d 0 R /MediaBox [ 0 0 %s %s ] /Resources << /XObject << /P %d 0 R >> >> /Contents %d 0 R >>"
        % (output.parent_of(number), width, height, drawn, commands),
        number,
    )
