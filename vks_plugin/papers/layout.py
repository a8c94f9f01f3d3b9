"""What stands on an official form, and its measures (Nghị định 30/2020/NĐ-CP, Phụ lục I)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from vks_plugin.text import composed

TOP = BOTTOM = 20
LEFT, RIGHT = 30, 15
"""Margins in millimetres: 20–25 at top and bottom, 30–35 at the bound edge, 15–20 at the other."""

NATIONAL_SIZE, MOTTO_SIZE = 12, 13
"""Sizes in points: 12–13 for the national name, 13–14 for the motto, both bold and upright."""
AGENCY_SIZE = 12
"""Of the agency and the one above: 12–13, in capitals."""
NUMBER_SIZE, DATED_SIZE = 13, 13
"""Of the line with the number, upright; and of that with place and date, 13–14 and slanted."""
TITLE_SIZE, BODY_SIZE = 14, 13
"""Both 13–14; the title in bold capitals."""
RECIPIENTS_TITLE_SIZE, RECIPIENTS_SIZE = 12, 11
"""Of the words above those who get the paper, bold and slanted; and of the lines that name them, upright."""
RECIPIENTS_TITLE = "Nơi nhận:"
SPACING = 6
"""Points between paragraphs, the fewest allowed."""
INDENT = 12.7
"""Millimetres by which the first line of a paragraph is set in: 1 or 1.27 cm."""

PAGE_WIDTH, PAGE_HEIGHT = 210, 297

NATIONAL_TITLE = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
MOTTO = "Độc lập - Tự do - Hạnh phúc"

# what XML 1.0 cannot hold, beside the control characters that `composed` takes out
_UNWRITABLE = re.compile("[\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class Column:
    """A column of the table."""

    heading: str
    width: float
    """In millimetres; those of a table make up the width of the text."""
    align: Literal["left", "center"] = "left"


@dataclass(frozen=True)
class Signature:
    """A place to sign."""

    title: str
    """In capitals, such as `NGƯỜI LẬP`."""
    name: str = ""
    note: str = "(Ký, ghi rõ họ tên)"
    post: str = ""
    """Below the name; empty: the form does not ask for it."""


@dataclass(frozen=True)
class Annex:
    """A table that stands behind the signatures: what a form has no place for."""

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    subtitle: Sequence[str] = ()
    """Centred lines below the title."""
    closing: Sequence[str] = ()
    """Paragraphs below the table."""


@dataclass(frozen=True)
class OfficialPaper:
    """A form, most with a table; without columns it has none."""

    agency: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    higher_agency: str = ""
    number: str = ""
    """The line below the agency, such as `Số: 12/TK-VKS`; empty: none."""
    place: str = ""
    """Before the date; empty: what the name of the agency says, else dots to write on."""
    day: dt.date | None = None
    subject: Sequence[str] = ()
    """Bold centred lines below the title that say what it is of, with a short line drawn below them."""
    subtitle: Sequence[str] = ()
    """Centred lines below the title."""
    opening: Sequence[str] = ()
    """Paragraphs between the title and the table."""
    closing: Sequence[str] = ()
    """Paragraphs below the table."""
    signatures: Sequence[Signature] = field(default_factory=tuple)
    later_signatures: Sequence[Signature] = field(default_factory=tuple)
    """Below those: what is signed another day, such as that something came back."""
    recipients: Sequence[str] = ()
    """Who gets the paper and, last, where it is kept, without dashes and stops; empty: it is kept by those who sign it."""
    is_wide: bool = False
    """Whether the page lies on its long side: a register of many columns."""
    numbers_columns: bool = False
    """Whether a row below the headings counts the columns: (1), (2) and so on."""
    is_dated_below: bool = False
    """Whether place and date stand above who signs last, and not in the head."""
    annex: Annex | None = None
    code: str = ""
    """What a QR code says, on the PDF and the DOCX, above the last paragraph before the signatures; empty: none."""

    @property
    def page_size(self) -> tuple[int, int]:
        """Width and height of the page in millimetres."""
        return (PAGE_HEIGHT, PAGE_WIDTH) if self.is_wide else (PAGE_WIDTH, PAGE_HEIGHT)

    @property
    def text_width(self) -> int:
        """Width of the text in millimetres."""
        return self.page_size[0] - LEFT - RIGHT

    @property
    def closing_apart(self) -> Sequence[str]:
        """The paragraphs below the table that may stand on another page than the signatures."""
        return self.closing[:-1] if self.signatures else self.closing

    @property
    def closing_signed(self) -> Sequence[str]:
        """The last paragraph, which is on the page of the signatures."""
        return self.closing[-1:] if self.signatures else ()

    @property
    def signs_alone(self) -> bool:
        """Whether one person signs, so that who gets the paper stands at the left of that, and not below."""
        return len(self.signatures) == 1 and not self.later_signatures

    @property
    def recipient_lines(self) -> list[str]:
        """The lines below "Nơi nhận:": a dash before each, a semicolon after each but the last, which ends the list."""
        last = len(self.recipients) - 1
        return [f"- {each}{';' if place < last else '.'}" for place, each in enumerate(self.recipients)]

    @property
    def heads(self) -> list[list[str]]:
        """The rows above those of the table, which come again on each page."""
        headings = [column.heading for column in self.columns]
        return (
            [headings, [f"({place})" for place in range(1, len(headings) + 1)]] if self.numbers_columns else [headings]
        )

    @property
    def grid(self) -> Sequence[Column]:
        """The columns a sheet of cells has."""
        return self.columns or (self.annex.columns if self.annex is not None else ())

    @property
    def dated(self) -> str:
        """The line with place and date in the head; empty without a date, or where that stands below."""
        return f"{self._at}, {written_day(self.day)}" if self.day is not None and not self.is_dated_below else ""

    @property
    def dated_below(self) -> str:
        """The line with place and date above who signs last, to be written by hand without a date; empty: it stands in the head."""
        day = written_day(self.day) if self.day is not None else "ngày … tháng … năm ……"
        return f"{self._at}, {day}" if self.is_dated_below else ""

    @property
    def _at(self) -> str:
        return self.place or place_of(self.agency) or "………………"


_PLACE = re.compile(r" (?=(?:TỈNH|THÀNH PHỐ|KHU VỰC|HUYỆN|THỊ XÃ|QUẬN) )")
_PLACE_OF = re.compile(r"(?: – |\b(?:tỉnh|thành phố) )([^–]+)$")


def place_of(agency: str) -> str:
    """Return the place a paper of an agency is dated at, as its name says it; empty: it names none.

    Of an office of a province it is the name of that (Nghị định 30/2020/NĐ-CP, Phụ lục I). Of a regional one it is taken for
    the name behind its number, which no source at hand says.
    """
    found = _PLACE_OF.search(composed(agency))
    return found[1].strip() if found is not None else ""


_AGENCY_FITS = 26
"""Letters in capitals of 12 points that half a page's head holds in one line."""


def agency_lines(name: str) -> list[str]:
    """Return an agency in capitals as it stands in a head: one too long for a line ends it before the name of its place."""
    said = writable(name).upper()
    return _PLACE.split(said, maxsplit=1) if len(said) > _AGENCY_FITS else [said]


def written_day(day: dt.date) -> str:
    """Return the date as a document states it: a zero before days below 10 and before January and February only."""
    return f"ngày {day:%d} tháng {day.month if day.month > 2 else f'{day:%m}'} năm {day.year}"


def writable(text: str) -> str:
    """Return `text` as every format can hold it."""
    return _UNWRITABLE.sub("", composed(text))
