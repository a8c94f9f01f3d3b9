"""What stands in one cell of a list: text to value and back.

Reading is generous (dd/mm/yyyy, ISO, a day as Excel counts it, with or without accents), writing is always the same, and
what is written reads back as the value it was written from. A cell that holds nothing says nothing.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable

from django.utils.translation import gettext as _

from vks_plugin.cases.persons import BirthPrecision
from vks_plugin.text import composed, folded, one_line

Raw = str | int | float | bool | dt.date | dt.datetime | dt.time | None
"""What a reader of files hands over; a cell of a text file is always a string."""

_FIRST_YEAR = 1900
_LAST_YEAR = 2200


class CellError(ValueError):
    """A cell does not say what it should; the sentence says what to write, without naming the cell."""


def text_of(raw: Raw, *, lines: bool = False) -> str:
    """Return the text of a cell: composed, a guard against formulas taken off, numbers without a decimal point of zero."""
    if raw is None:
        return ""
    if isinstance(raw, bool):
        return "có" if raw else "không"
    if isinstance(raw, float):
        return str(int(raw)) if raw.is_integer() else repr(raw)
    if isinstance(raw, dt.datetime):
        return written_day(raw.date())
    if isinstance(raw, dt.date):
        return written_day(raw)
    if isinstance(raw, str):
        return unguarded(composed(raw).strip() if lines else one_line(raw))
    return str(raw)


# --- formulas

_FORMULA = re.compile(r"'*[=+\-@\t\r＝＋－＠]")
"""What a spreadsheet program may take for a formula at the start of a cell, behind any number of our guards."""


def guarded(text: str) -> str:
    """Return `text` with a guard before what a spreadsheet program would run as a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def unguarded(text: str) -> str:
    """Take the guard off again."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


# --- days

_DAY = re.compile(r"(\d{1,2})\s*[/.\-]\s*(\d{1,2})\s*[/.\-]\s*(\d{4})")
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?")
_WORDS = re.compile(r"(?:ngay\s+)?(\d{1,2})\s+thang\s+(\d{1,2})\s+nam\s+(\d{4})")
_SERIAL = re.compile(r"\d{5}")
_EXCEL_DAYS = range(1, 110_000)
_EXCEL_ZERO = dt.date(1899, 12, 30)


def day_of(raw: Raw) -> dt.date | None:
    """Return the day in a cell; None when it is empty.

    Raises:
        CellError: it holds something else.
    """
    if isinstance(raw, dt.datetime):
        return _sensible(raw.date())
    if isinstance(raw, dt.date):
        return _sensible(raw)
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        return _excel_day(float(raw))
    text = text_of(raw)
    if not text:
        return None
    found = _DAY.fullmatch(text) or _WORDS.fullmatch(folded(text))
    if found:
        return _day(int(found[3]), int(found[2]), int(found[1]), text)
    found = _ISO.fullmatch(text)
    if found:
        return _day(int(found[1]), int(found[2]), int(found[3]), text)
    if _SERIAL.fullmatch(text):
        return _excel_day(float(text))
    raise CellError(_not_a_day(text))


def _not_a_day(text: str) -> str:
    return _("“%(text)s” không phải ngày: hãy ghi dạng dd/mm/yyyy, ví dụ 28/09/2021.") % {"text": text[:40]}


def _day(year: int, month: int, day: int, text: str) -> dt.date:
    try:
        return _sensible(dt.date(year, month, day))
    except ValueError as error:
        if isinstance(error, CellError):
            raise
        raise CellError(_("không có ngày “%(text)s”: hãy kiểm tra lại.") % {"text": text[:40]}) from error


def _excel_day(number: float) -> dt.date:
    if int(number) not in _EXCEL_DAYS:
        raise CellError(_not_a_day(text_of(number)))
    day = _EXCEL_ZERO + dt.timedelta(days=int(number))
    # the program believes that 1900 was a leap year
    return _sensible(day if number > 60 else day + dt.timedelta(days=1))


def _sensible(day: dt.date) -> dt.date:
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise CellError(_("năm %(year)d không hợp lý: hãy kiểm tra lại.") % {"year": day.year})
    return day


def written_day(day: dt.date | None) -> str:
    """Return a day as it is written here."""
    return f"{day.day:02d}/{day.month:02d}/{day.year:04d}" if day is not None else ""


# --- yes and no, numbers, words of a list

_YES = frozenset({"x", "co", "1", "true", "yes", "y", "dung", "v", "✓", "✔"})
_NO = frozenset({"khong", "0", "false", "no", "n", "sai", "-", "k"})


def flag_of(raw: Raw) -> bool | None:
    """Return the mark in a cell; None when it is empty.

    Raises:
        CellError: it is neither a yes nor a no.
    """
    if isinstance(raw, bool):
        return raw
    text = text_of(raw)
    plain = folded(text)
    if not plain:
        return None
    if plain in _YES:
        return True
    if plain in _NO:
        return False
    raise CellError(_("“%(text)s”: hãy ghi “x” hoặc “có”, “không”, hoặc để trống.") % {"text": text[:40]})


def written_flag(value: bool) -> str:  # noqa: FBT001 - the value itself
    """Return a mark; nothing where there is none, so that reading it changes nothing."""
    return "x" if value else ""


def integer_of(raw: Raw) -> int | None:
    """Return the whole number in a cell; None when it is empty.

    Raises:
        CellError: it holds something else.
    """
    text = text_of(raw)
    if not text:
        return None
    if not re.fullmatch(r"\d{1,9}", text):
        raise CellError(_("“%(text)s” không phải số nguyên không âm.") % {"text": text[:40]})
    return int(text)


def choice_of(raw: Raw, choices: Iterable[tuple[str, str]]) -> str:
    """Return the value whose value or label the cell holds, whatever its accents; empty when the cell is.

    Raises:
        CellError: there is none; the sentence lists what there is.
    """
    text = text_of(raw)
    if not text:
        return ""
    rows = list(choices)
    plain = folded(text)
    for value, label in rows:
        if plain in {folded(value), folded(label)}:
            return value
    labels = "; ".join(dict.fromkeys(label for _value, label in rows))
    raise CellError(
        _("“%(text)s” không có trong danh mục: hãy ghi một trong %(labels)s.") % {"text": text[:60], "labels": labels}
    )


# --- when somebody was born

_MONTH = re.compile(r"(?:thang\s*)?(\d{1,2})\s*[/.\-]\s*(\d{4})")
_QUARTER = re.compile(r"quy\s*(\d|i{1,3}|iv)\s*(?:[/.\-]|nam)?\s*(\d{4})")
_HALF = re.compile(r"(?:nua|6 thang|sau thang)\s*(dau|cuoi)\s*(?:nam\s*)?(\d{4})")
_YEAR = re.compile(r"(?:nam\s*)?(\d{4})")
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4}


class Birth(tuple[dt.date | None, str, int | None]):
    """Day of birth, how much of it is known, and the year: three fields of one person that say one thing."""

    __slots__ = ()

    def __new__(cls, day: dt.date | None = None, precision: str = "", year: int | None = None) -> Birth:
        """Keep the three."""
        return super().__new__(cls, (day, precision, year))

    def __str__(self) -> str:
        """Return it as it is written in a cell: `12/05/1990`, `05/1990`, `quý 2/1990`, `nửa đầu 1990`, `1990`."""
        day, precision, year = self
        if day is None:
            return f"{year:04d}" if year is not None else ""
        if precision == BirthPrecision.MONTH:
            return f"{day.month:02d}/{day.year:04d}"
        if precision == BirthPrecision.QUARTER:
            return f"quý {(day.month + 2) // 3}/{day.year:04d}"
        if precision == BirthPrecision.HALF_YEAR:
            return f"nửa {'đầu' if day.month <= 6 else 'cuối'} {day.year:04d}"
        if precision == BirthPrecision.YEAR:
            return f"{day.year:04d}"
        return written_day(day)


def birth_of(raw: Raw) -> Birth:
    """Return when somebody was born, as exactly as the cell says it.

    Raises:
        CellError: it holds something else.
    """
    text = text_of(raw)
    plain = folded(text)
    if not plain:
        return Birth()
    found = _YEAR.fullmatch(plain)
    if found:
        return Birth(None, "", _sensible(dt.date(max(int(found[1]), 1), 1, 1)).year)
    found = _MONTH.fullmatch(plain)
    if found:
        return Birth(_day(int(found[2]), int(found[1]), 1, text), BirthPrecision.MONTH)
    found = _QUARTER.fullmatch(plain)
    if found:
        quarter = _ROMAN.get(found[1]) or int(found[1])
        return Birth(_day(int(found[2]), quarter * 3 - 2, 1, text), BirthPrecision.QUARTER)
    found = _HALF.fullmatch(plain)
    if found:
        return Birth(_day(int(found[2]), 1 if found[1] == "dau" else 7, 1, text), BirthPrecision.HALF_YEAR)
    day = day_of(raw)
    return Birth(day, BirthPrecision.DAY if day is not None else "")
