"""What a page of a PDF shows besides its words: pictures and how fine they are, which way up most letters stand."""

from __future__ import annotations

import ctypes
import math
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium

from vks_plugin.court.words import turn_of

LARGE_PICTURE = 0.2
"""Of a page: a smaller picture may well be finer than a scan."""
_MOST_OBJECTS = 20_000
"""Drawn things looked at on one page."""
_DEEPEST = 5
"""Forms within forms."""
UNSEEN = frozenset({3, 7})
"""Ways of writing that leave no mark (ISO 32000-1, 9.3.6)."""
_SAMPLED = 150
"""Letters of a page asked which way up they stand."""
_POINTS = 72.0
_ACCENT = re.compile(r"[\u0300-\u036f]")
MOST_APART = 0.02
"""Of the letters of a page: so many accents apart from their letters are a way of writing and no slip."""
_UNTOLD = 0.2
"""Of the letters looked at: more without a meaning, and the text cannot be copied."""
_DARK = 60
"""Shades of 255, each of red, green and blue, up to which a bar is black."""
_SMALLEST_BAR = (12.0, 5.0)
"""Points: a bar that could hide a word."""
_LONGEST_NAME = 128
"""Bytes of a font's name that are read."""

Matrix = tuple[float, float, float, float, float, float]


class Picture(NamedTuple):
    """A picture on a page."""

    width: int
    height: int
    """In dots."""
    dots: int
    """An inch, along its finer side."""
    share: float
    """Of the page."""


def objects_of(page: pypdfium2.PdfPage) -> Iterator[tuple[Any, Matrix]]:
    """Yield what is drawn, and the matrix from its own space to the page's, forms opened."""
    left = [_MOST_OBJECTS]

    def inside(holder: Any, count: int, get: Any, outer: Matrix, depth: int) -> Iterator[tuple[Any, Matrix]]:
        for at in range(count):
            drawn = get(holder, at)
            left[0] -= 1
            if not drawn or left[0] < 0:
                return
            matrix = _times(_matrix_of(drawn), outer)
            if pdfium.FPDFPageObj_GetType(drawn) == pdfium.FPDF_PAGEOBJ_FORM and depth < _DEEPEST:
                count_inside = pdfium.FPDFFormObj_CountObjects(drawn)
                yield from inside(drawn, count_inside, pdfium.FPDFFormObj_GetObject, matrix, depth + 1)
            else:
                yield drawn, matrix

    yield from inside(
        page.raw, pdfium.FPDFPage_CountObjects(page.raw), pdfium.FPDFPage_GetObject, (1, 0, 0, 1, 0, 0), 0
    )


def _matrix_of(drawn: Any) -> Matrix:
    if pdfium.FPDFPageObj_GetType(drawn) not in {pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_FORM}:
        return (1, 0, 0, 1, 0, 0)
    found = pdfium.FS_MATRIX()
    pdfium.FPDFPageObj_GetMatrix(drawn, found)
    return found.a, found.b, found.c, found.d, found.e, found.f


def _times(one: Matrix, other: Matrix) -> Matrix:
    """Return the matrix of one after the other."""
    a, b, c, d, e, f = one
    p, q, r, s, t, u = other
    return a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u


def picture_of(drawn: Any, matrix: Matrix, page_area: float) -> Picture | None:
    """Return a picture among what is drawn; None for one that nobody sees.

    Args:
        drawn: of `objects_of`, a picture.
        matrix: its own.
        page_area: of the page as it is shown, in square points.
    """
    across, down = math.hypot(matrix[0], matrix[1]), math.hypot(matrix[2], matrix[3])
    told = pdfium.FPDF_IMAGEOBJ_METADATA()
    if not pdfium.FPDFImageObj_GetImageMetadata(drawn, None, told) or not across * down or not page_area:
        return None
    dots = max(told.width / across, told.height / down) * _POINTS
    return Picture(told.width, told.height, round(dots), across * down / page_area)


def is_loose(text: Any) -> bool:
    """Tell whether text that shows is written with a font that does not lie in the file."""
    if pdfium.FPDFTextObj_GetTextRenderMode(text) in UNSEEN:
        return False
    return bool(pdfium.FPDFFont_GetIsEmbedded(pdfium.FPDFTextObj_GetFont(text)) == 0)


def font_of(text: Any) -> str:
    """Return the name of the font a piece of text is written with."""
    room = ctypes.create_string_buffer(_LONGEST_NAME)
    pdfium.FPDFFont_GetBaseFontName(pdfium.FPDFTextObj_GetFont(text), room, _LONGEST_NAME - 1)
    return room.value.decode("utf-8", "replace")


def accents_apart(text: str) -> int:
    """Return how many accents stand apart from their letters."""
    return len(_ACCENT.findall(text))


def are_untold(letters: int, untold: int) -> bool:
    """Tell whether so many of the letters that were looked at say nothing of what they are that the text cannot be copied."""
    return untold > _UNTOLD * max(letters, 10)


class Bars:
    """Black bars that are drawn over words of a page: what is drawn is handed in in its order."""

    def __init__(self) -> None:
        self._words: dict[int, int] = {}
        self._bars: list[tuple[tuple[float, float, float, float], int]] = []

    def word(self, drawn: Any) -> None:
        """Note a piece of text."""
        self._words[ctypes.addressof(drawn.contents)] = len(self._words)

    def path(self, drawn: Any) -> None:
        """Note what may be a bar."""
        if self._words and (place := _bar(drawn)):
            self._bars.append((place, len(self._words)))

    def hide_words(self, words: pypdfium2.PdfTextPage) -> bool:
        """Tell whether something can still be read under one of them."""
        return any(self._reads_under(words, place, before) for place, before in self._bars)

    def _reads_under(self, words: pypdfium2.PdfTextPage, place: tuple[float, float, float, float], before: int) -> bool:
        left, bottom, right, top = place
        for part in (0.25, 0.5, 0.75):
            x = left + (right - left) * part
            letter = pdfium.FPDFText_GetCharIndexAtPos(words.raw, x, (bottom + top) / 2, 4, 3)
            if letter < 0 or pdfium.FPDFText_GetUnicode(words.raw, letter) <= 32:
                continue
            drawn = pdfium.FPDFText_GetTextObject(words.raw, letter)
            if drawn and self._words.get(ctypes.addressof(drawn.contents), before) < before:
                return True
        return False


def _bar(drawn: Any) -> tuple[float, float, float, float] | None:
    """Return the place of a black bar: left, bottom, right, top; None for anything else."""
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    if not pdfium.FPDFPath_GetDrawMode(drawn, fill, stroke) or not fill.value:
        return None
    red, green, blue, opaque = (ctypes.c_uint() for _shade in range(4))
    pdfium.FPDFPageObj_GetFillColor(drawn, red, green, blue, opaque)
    if max(red.value, green.value, blue.value) > _DARK or opaque.value < 250:
        return None
    left, bottom, right, top = (ctypes.c_float() for _side in range(4))
    if not pdfium.FPDFPageObj_GetBounds(drawn, left, bottom, right, top):
        return None
    place = (left.value, bottom.value, right.value, top.value)
    wide, high = place[2] - place[0], place[3] - place[1]
    return place if wide >= _SMALLEST_BAR[0] and high >= _SMALLEST_BAR[1] else None


class Letters(NamedTuple):
    """What some letters of a page say of all."""

    looked_at: int
    untold: int
    """How many of them do not say what they are."""
    turn: int
    """Quarters of a turn, with the clock, by which most stand off upright."""


def letters_of(
    page: pypdfium2.PdfPage, words: pypdfium2.PdfTextPage, passed_over: Callable[[int], bool] = lambda _letter: False
) -> Letters:
    """Look at some letters of a page.

    Args:
        page: the page.
        words: its words.
        passed_over: tells of a letter that it is no part of the page's own words.
    """
    rotation, raw, count = page.get_rotation(), words.raw, words.count_chars()
    turns = [0, 0, 0, 0]
    looked = untold = 0
    for letter in range(0, count, max(1, count // _SAMPLED)):
        code = pdfium.FPDFText_GetUnicode(raw, letter)
        if code <= 32:
            continue
        looked += 1
        untold += pdfium.FPDFText_HasUnicodeMapError(raw, letter) == 1 or code == 0xFFFD or 0xE000 <= code < 0xF900
        if not passed_over(letter):
            turns[turn_of(pdfium.FPDFText_GetCharAngle(raw, letter), rotation)] += 1
    most = max(range(4), key=lambda turn: turns[turn])
    # a stamp or a note at the side stands as it likes
    return Letters(looked, untold, most if turns[most] > 2 * (sum(turns) - turns[most]) else 0)
