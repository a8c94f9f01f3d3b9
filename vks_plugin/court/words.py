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
    a, b, c, d, e, f = _as_drawn(page)
    found: list[_Letter] = []
    for index in range(count):
        code = pdfium.FPDFText_GetUnicode(words.raw, index)
        if code in _ENDS_A_LINE and found:
            last = found[-1].box
            found.append(_Letter(" ", Box(last.right, last.top, last.right, last.bottom), found[-1].turn))
        if code < 32 or 0xD800 <= code < 0xE000:
            continue
        left, bottom, right, top = _extent(words, index)
        across = sorted((a * left + c * bottom + e, a * right + c * top + e))
        down = sorted((b * left + d * bottom + f, b * right + d * top + f))
        box = Box(across[0], down[0], across[1], down[1])
        angle = math.degrees(pdfium.FPDFText_GetCharAngle(words.raw, index))
        turn = round((turned - angle) / 90) % 4
        found += [_Letter(letter, box, turn) for letter in _spelt(chr(code))]
    words.close()
    return found


def _as_drawn(page: pypdfium2.PdfPage) -> tuple[float, float, float, float, float, float]:
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
    return (
        box,
        Box(top, -right, bottom, -left),
        Box(-right, -bottom, -left, -top),
        Box(-bottom, left, -top, right),
    )[turn]


def _extent(words: pypdfium2.PdfTextPage, index: int) -> tuple[float, float, float, float]:
    """Return the place of a letter: where its font says that it stands, and where it is drawn."""
    said: tuple[float, float, float, float]
    drawn: tuple[float, float, float, float]
    said, drawn = (words.get_charbox(index, loose=loose) for loose in (True, False))
    if drawn[0] >= drawn[2] or drawn[1] >= drawn[3]:
        return said
    return min(said[0], drawn[0]), min(said[1], drawn[1]), max(said[2], drawn[2]), max(said[3], drawn[3])


@lru_cache(maxsize=4096)
def _spelt(letter: str) -> str:
    """Return what letters joined into one stand for: `fi`."""
    return unicodedata.normalize("NFKC", letter) if "\ufb00" <= letter <= "\ufb06" else letter


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
    text = ""
    boxes: list[Box] = []
    for letter, box, _turn in letters:
        if boxes and not text.endswith(" "):
            gap = box.left - boxes[-1].right
            if gap > (box.bottom - box.top) * _SPACE and not letter.isspace():
                text += " "
                boxes.append(Box(boxes[-1].right, box.top, box.left, box.bottom))
        if letter.isspace() and (not text or text.endswith(" ")):
            continue
        text += " " if letter.isspace() else letter
        boxes.append(box)
    return Run(text, tuple(boxes))


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


def passages_of(page: pypdfium2.PdfPage) -> Iterator[Run]:
    """Yield the words of a page: line by line as they stand, each way up by itself, then all in the order they were written.

    The latter is right where lines are slanted or overlap.
    """
    letters = _placed(page)
    for turn in sorted({each.turn for each in letters}):
        upright = [each._replace(box=_turned(each.box, turn)) for each in letters if each.turn == turn]
        for text, boxes in _passages(_runs(upright)):
            yield Run(text, tuple(_turned(box, -turn % 4) for box in boxes))
    yield _as_run(letters)


_LOOKS_LIKE = str.maketrans("ÐðɖАВЕКМНОРСТУХаеорсухіјѕΑΒΕΖΗΙΚΜΝΟΡΤΥΧο", "ĐđđABEKMHOPCTYXaeopcyxijsABEZHIKMNOPTYXo")
"""Letters of other alphabets that nobody tells from Latin ones on paper."""
_OLD_LETTERS = str.maketrans(
    "µ¸¶·¹¨»¾¼½Æ©ÇÊÈÉË®ÌÐÎÏÑªÒÕÓÔÖ×ÝØÜÞßãáâä«åèæçé¬êíëìîïóñòô\u00adõøö÷ùúýûüþ¡¢£¤¥¦§",
    "àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵĂÂÊÔƠƯĐ",
)
"""What the fonts of TCVN 5712 (`.VnTime`) draw where a program reads other letters: right on paper, wrong when copied."""


@lru_cache(maxsize=4096)
def _plain_letter(letter: str) -> str:
    if unicodedata.category(letter) == "Cf":
        # it joins, parts or turns, and is not seen
        return " "
    return folded(unicodedata.normalize("NFKC", letter).translate(_LOOKS_LIKE))[:1] or " "


def comparable(text: str) -> str:
    """Return the text letter by letter without accents and case: as long as it was."""
    return "".join(map(_plain_letter, text))


def comparable_if_old(text: str) -> str:
    """Return the same for a text whose fonts are of the time before Unicode."""
    return comparable(text.translate(_OLD_LETTERS))


def text_of_page(page: pypdfium2.PdfPage) -> str:
    """Return all words of a page, each passage in a line."""
    return "\n".join(passage.text for passage in passages_of(page))
