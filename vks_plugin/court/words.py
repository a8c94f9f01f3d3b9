"""Where words stand on a page as it is shown, whatever order its program wrote them in.

Forms made by word processors often take the letters of one word from two fonts, and readers of text then give them
apart: `Nguy n Văn ễ`. Here letters are put in order by where they stand.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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


def _placed(page: pypdfium2.PdfPage) -> list[tuple[str, Box]]:
    """Return every letter and where it is shown, in the order they were written."""
    words = page.get_textpage()
    count = min(words.count_chars(), _MOST_LETTERS)
    x0, y0, x1, y1 = page.get_cropbox()
    turned = page.get_rotation()
    found = []
    for index in range(count):
        code = pdfium.FPDFText_GetUnicode(words.raw, index)
        if code < 32 or 0xD800 <= code < 0xE000:
            continue
        left, bottom, right, top = words.get_charbox(index, loose=True)
        left, right, bottom, top = left - x0, right - x0, bottom - y0, top - y0
        width, height = x1 - x0, y1 - y0
        if turned == 90:
            box = Box(bottom, left, top, right)
        elif turned == 180:
            box = Box(width - right, bottom, width - left, top)
        elif turned == 270:
            box = Box(height - top, width - right, height - bottom, width - left)
        else:
            box = Box(left, height - top, right, height - bottom)
        found.append((chr(code), box))
    words.close()
    return found


def _as_run(letters: Sequence[tuple[str, Box]]) -> Run:
    text = ""
    boxes: list[Box] = []
    for letter, box in letters:
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


def runs_of(page: pypdfium2.PdfPage) -> list[Run]:
    """Return the words of a page, line by line from the top, each line cut where columns part."""
    letters = [(letter, box) for letter, box in _placed(page) if not letter.isspace() and box.right > box.left]
    letters.sort(key=lambda each: (each[1].top + each[1].bottom) / 2)
    lines: list[list[tuple[str, Box]]] = []
    middle = 0.0
    for letter, box in letters:
        here = (box.top + box.bottom) / 2
        if lines and abs(here - middle) <= (box.bottom - box.top) * _SAME_LINE:
            lines[-1].append((letter, box))
        else:
            lines.append([(letter, box)])
            middle = here
    found = []
    for line in lines:
        line.sort(key=lambda each: each[1].left)
        part: list[tuple[str, Box]] = []
        for letter, box in line:
            if part and box.left - part[-1][1].right > (box.bottom - box.top) * _COLUMN:
                found.append(_as_run(part))
                part = []
            part.append((letter, box))
        found.append(_as_run(part))
    return found


def as_written(page: pypdfium2.PdfPage) -> Run:
    """Return the words in the order they were written: right where lines are turned or overlap."""
    return _as_run(_placed(page))


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


def passages_of(page: pypdfium2.PdfPage) -> Iterator[Run]:
    """Yield every run with the two that follow it, so that a name broken at the end of a line is found, then all as written."""
    runs = [run for run in runs_of(page) if run.text]
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
    if page.get_rotation() == 180:
        # words that stand on their heads run from the right
        for run in runs:
            yield Run(run.text[::-1], run.boxes[::-1])
    yield as_written(page)


def comparable(text: str) -> str:
    """Return the text letter by letter without accents and case: as long as it was."""
    return "".join(folded(letter)[:1] or " " for letter in text)


def text_of_page(page: pypdfium2.PdfPage) -> str:
    """Return all words of a page, each passage in a line."""
    return "\n".join(passage.text for passage in passages_of(page))
