"""Where words stand on a page as it is shown, whatever order its program wrote them in.

Forms made by word processors often take the letters of one word from two fonts, and readers of text then give them
apart: `Nguy n Văn ễ`. Here letters are put in order by where they stand.
"""

from __future__ import annotations

import ctypes
import math
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium

from vks_plugin.court.old_fonts import in_tcvn, in_vni, may_be_old
from vks_plugin.text import folded

_SPACE = 0.18
"""Of a letter's height: a wider gap is a space."""
_COLUMN = 2.5
"""Of a letter's height: a wider gap parts columns."""
_SAME_LINE = 0.45
"""Of a letter's height: how far letters of a line may stand above or below each other."""
_ENDS_A_LINE = frozenset({2, 10, 13, 0xFFFE})
"""How pdfium writes that a line ends, by itself or within a word."""
_MOST_LETTERS = 60_000
"""Letters looked at on one page."""


class Box(NamedTuple):
    """A place on a page as it is shown, in points from its upper left corner."""

    left: float
    top: float
    right: float
    bottom: float


class Run(NamedTuple):
    """Words in one line of one column."""

    text: str
    boxes: tuple[Box, ...]
    """Of each letter; of a space, the gap it stands for."""


class _Letter(NamedTuple):
    """A letter, where it is shown, and by how many quarters of a turn, with the clock, it stands off upright."""

    text: str
    box: Box
    turn: int


def _placed(page: pypdfium2.PdfPage) -> list[_Letter]:
    """Return every letter and where it is shown, in the order they were written; lines end in a space."""
    words = page.get_textpage()
    count = min(words.count_chars(), _MOST_LETTERS)
    turned = page.get_rotation()
    matrix = as_drawn(page)
    extent = _Extents(words)
    found: list[_Letter] = []
    # pages of a report have thousands of letters: each is asked for once, and nothing is made that is not kept
    for index in range(count):
        code = pdfium.FPDFText_GetUnicode(words.raw, index)
        if code in _ENDS_A_LINE and found:
            last = found[-1].box
            found.append(_Letter(" ", Box(last.right, last.top, last.right, last.bottom), found[-1].turn))
        if code < 32 or 0xD800 <= code < 0xE000:
            continue
        box = shown_at(matrix, extent.of(index))
        turn = turn_of(pdfium.FPDFText_GetCharAngle(words.raw, index), turned)
        if _JOINED[0] <= code <= _JOINED[1]:
            found += [_Letter(letter, box, turn) for letter in _spelt(chr(code))]
        else:
            found.append(_Letter(chr(code), box, turn))
    words.close()
    return found


def turn_of(angle: float, rotation: int) -> int:
    """Return by how many quarters of a turn, with the clock, a letter stands off upright as it is shown.

    Args:
        angle: of the letter in the page's own space, in radians.
        rotation: of the page, in degrees.
    """
    return round((rotation - math.degrees(angle)) / 90) % 4


def shown_at(matrix: Sequence[float], place: tuple[float, float, float, float]) -> Box:
    """Return where a place of the page's own space (left, bottom, right, top) is shown; for the matrix see `as_drawn`."""
    left, bottom, right, top = place
    a, b, c, d, e, f = matrix
    one, other = a * left + c * bottom + e, a * right + c * top + e
    upper, lower = b * left + d * bottom + f, b * right + d * top + f
    if one > other:
        one, other = other, one
    if upper > lower:
        upper, lower = lower, upper
    return Box(one, upper, other, lower)


def as_drawn(page: pypdfium2.PdfPage) -> tuple[float, float, float, float, float, float]:
    """Return the matrix from the page's own space to points from the upper left corner of the page as it is drawn.

    Asked of the library that draws: boxes of a page may be inherited, turned over, larger than the sheet.
    """
    width, height = page.get_size()
    places = []
    for x, y in ((0.0, 0.0), (_FAR, 0.0), (0.0, _FAR)):
        across, down = ctypes.c_int(), ctypes.c_int()
        size = round(width * _FINE), round(height * _FINE)
        pdfium.FPDF_PageToDevice(page, 0, 0, *size, 0, x, y, across, down)
        places.append((across.value / _FINE, down.value / _FINE))
    (e, f), (one, other), (third, fourth) = places
    return (one - e) / _FAR, (other - f) / _FAR, (third - e) / _FAR, (fourth - f) / _FAR, e, f


_FAR, _FINE = 1000.0, 500
"""Points between the places asked for, and the parts of a point they are told in."""


def _turned(box: Box, turn: int) -> Box:
    """Return a place after so many quarters of a turn against the clock, around the corner."""
    left, top, right, bottom = box
    if turn == 1:
        return Box(top, -right, bottom, -left)
    if turn == 2:
        return Box(-right, -bottom, -left, -top)
    return Box(-bottom, left, -top, right) if turn else box


class _Extents:
    """Tells the place of a letter in the page's own space: left, bottom, right, top."""

    def __init__(self, words: pypdfium2.PdfTextPage) -> None:
        self._words = words
        self._said = pdfium.FS_RECTF()
        self._drawn = [ctypes.c_double() for _side in range(4)]

    def of(self, index: int) -> tuple[float, float, float, float]:
        """Return where its font says that a letter stands, and where it is drawn: the smallest box around both."""
        said = self._said
        left, right, bottom, top = self._drawn
        told = pdfium.FPDFText_GetLooseCharBox(self._words.raw, index, said)
        if not (told and pdfium.FPDFText_GetCharBox(self._words.raw, index, left, right, bottom, top)):
            message = "the place of a letter cannot be told"
            raise pypdfium2.PdfiumError(message)
        x0, y0, x1, y1 = left.value, bottom.value, right.value, top.value
        if x0 >= x1 or y0 >= y1:
            return said.left, said.bottom, said.right, said.top
        return min(said.left, x0), min(said.bottom, y0), max(said.right, x1), max(said.top, y1)


_JOINED = (0xFB00, 0xFB06)
"""Letters joined into one."""


@lru_cache(maxsize=8)
def _spelt(letter: str) -> str:
    """Return what letters joined into one stand for: `fi`."""
    return unicodedata.normalize("NFKC", letter)


_POINTS = 72
_MOST_PIXELS = 40_000_000


def scale_of(page: pypdfium2.PdfPage, dots: int) -> float:
    """Return by what a page is enlarged to be drawn with so many dots an inch; a huge page is drawn with fewer."""
    width, height = page.get_size()
    return float(min(dots / _POINTS, (_MOST_PIXELS / max(width * height, 1)) ** 0.5))


def page_of(pdf: pypdfium2.PdfDocument, at: int) -> pypdfium2.PdfPage:
    """Return a page, from 0, with the looks of its notes and fields as part of it: they are shown and hold words, too.

    The document as it lies in memory is changed. Its forms are initialised.
    """
    page = pdf[at]
    if not pdfium.FPDFPage_GetAnnotCount(page):
        return page
    shown = page.get_bbox()
    # not the method of the library, which asks for a form in the document
    pdfium.FPDFPage_Flatten(page, pdfium.FLAT_NORMALDISPLAY)
    # it writes other boxes to the page than those it was shown with
    page.set_mediabox(*shown)
    page.set_cropbox(*shown)
    page.close()
    return pdf[at]


def _as_run(letters: Sequence[_Letter]) -> Run:
    text: list[str] = []
    boxes: list[Box] = []
    right = 0.0
    parted = True
    for letter, box, _turn in letters:
        if letter.isspace():
            if parted:
                continue
            letter, parted = " ", True  # noqa: PLW2901 - whatever space it was
        else:
            if not parted and box.left - right > (box.bottom - box.top) * _SPACE:
                text.append(" ")
                boxes.append(Box(right, box.top, box.left, box.bottom))
            parted = False
        text.append(letter)
        boxes.append(box)
        right = box.right
    return Run("".join(text), tuple(boxes))


def _runs(page_letters: Sequence[_Letter]) -> list[Run]:
    """Return words that stand upright, line by line from the top, each line cut where columns part."""
    letters = [each for each in page_letters if not each.text.isspace() and each.box.right > each.box.left]
    letters.sort(key=lambda each: (each.box.top + each.box.bottom) / 2)
    lines: list[list[_Letter]] = []
    middle = 0.0
    for each in letters:
        here = (each.box.top + each.box.bottom) / 2
        if lines and abs(here - middle) <= (each.box.bottom - each.box.top) * _SAME_LINE:
            lines[-1].append(each)
        else:
            lines.append([each])
            middle = here
    found = []
    for line in lines:
        line.sort(key=lambda each: each.box.left)
        part: list[_Letter] = []
        for each in line:
            if part and each.box.left - part[-1].box.right > (each.box.bottom - each.box.top) * _COLUMN:
                found.append(_as_run(part))
                part = []
            part.append(each)
        found.append(_as_run(part))
    return [run for run in found if run.text]


def _follows(upper: Run, runs: Sequence[Run], start: int) -> int | None:
    """Return which run continues one below it in the same column, if any."""
    left, right = upper.boxes[0].left, upper.boxes[-1].right
    foot = upper.boxes[0].bottom
    for index in range(start, len(runs)):
        lower = runs[index]
        if lower.boxes[0].top > foot + 2.5 * (foot - upper.boxes[0].top):
            return None
        if lower.boxes[0].top > upper.boxes[0].top + 1 and lower.boxes[0].left < right and left < lower.boxes[-1].right:
            return index
    return None


def _passages(runs: Sequence[Run]) -> Iterator[Run]:
    """Yield every run with the two that follow it, so that a name broken at the end of a line is found."""
    for index, run in enumerate(runs):
        text, boxes = run.text, list(run.boxes)
        at: int | None = index
        for _next in range(2):
            assert at is not None  # noqa: S101 - left below
            at = _follows(runs[at], runs, at + 1)
            if at is None:
                break
            text += " " + runs[at].text
            boxes += [runs[at].boxes[0], *runs[at].boxes]
        yield Run(text, tuple(boxes))


def _columns(runs: Sequence[Run]) -> Iterator[Run]:
    """Yield letters that stand by themselves, one below the other, as one word."""
    alone = sorted((run for run in runs if len(run.text) == 1), key=lambda run: run.boxes[0].top)
    while alone:
        column = [alone.pop(0)]
        for run in list(alone):
            last, here = column[-1].boxes[0], run.boxes[0]
            if here.left < last.right and last.left < here.right and here.top - last.bottom < last.bottom - last.top:
                column.append(run)
                alone.remove(run)
        if len(column) > 1:
            yield Run("".join(run.text for run in column), tuple(run.boxes[0] for run in column))


def passages_of(page: pypdfium2.PdfPage) -> Iterator[Run]:
    """Yield the words of a page: line by line as they stand, each way up by itself, then all in the order they were written.

    The latter is right where lines are slanted or overlap.
    """
    letters = _placed(page)
    for turn in sorted({each.turn for each in letters}):
        upright = [each for each in letters if each.turn == turn]
        if not turn:
            yield from _passages(_runs(upright))
            continue
        upright = [each._replace(box=_turned(each.box, turn)) for each in upright]
        runs = _runs(upright)
        for text, boxes in (*_passages(runs), *_columns(runs)):
            yield Run(text, tuple(_turned(box, -turn % 4) for box in boxes))
    yield _as_run(letters)


_LOOKS_LIKE = str.maketrans("ÐðɖАВЕКМНОРСТУХаеорсухіјѕΑΒΕΖΗΙΚΜΝΟΡΤΥΧο", "ĐđđABEKMHOPCTYXaeopcyxijsABEZHIKMNOPTYXo")
"""Letters of other alphabets that nobody tells from Latin ones on paper."""


@lru_cache(maxsize=4096)
def _plain_letter(letter: str) -> str:
    if unicodedata.category(letter) == "Cf":
        # it joins, parts or turns, and is not seen
        return " "
    return folded(unicodedata.normalize("NFKC", letter).translate(_LOOKS_LIKE))[:1] or " "


def comparable(text: str) -> str:
    """Return the text letter by letter without accents and case: as long as it was."""
    return "".join(map(_plain_letter, text))


class Reading(NamedTuple):
    """What words may say, as they are or in an old font, and where each letter of it stands in them."""

    text: str
    first: Sequence[int]
    """Of each letter, where it begins among the words as they are."""
    last: Sequence[int]
    """And where it ends: the fonts of VNI write a letter and its mark as two."""


def readings_of(words: str) -> Iterator[Reading]:
    """Yield what words may say; each other reading only where it differs."""
    everywhere = range(len(words))
    yield Reading(words, everywhere, everywhere)
    if (other := in_tcvn(words)) != words:
        yield Reading(other, everywhere, everywhere)
    if not may_be_old(words):
        return
    text, first = in_vni(words)
    yield Reading(text, first, [*(place - 1 for place in first[1:]), len(words) - 1])


def text_of_page(page: pypdfium2.PdfPage) -> str:
    """Return all words of a page, each passage in a line."""
    return "\n".join(passage.text for passage in passages_of(page))
