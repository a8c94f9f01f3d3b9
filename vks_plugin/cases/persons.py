"""Age in doubt: what counts when a day of birth is not fully known.

BLTTHS 2015, Điều 417: where only the month is known, the last day of the month counts; only the quarter, half-year
or year: the last day of it. The doubt counts for the minor.
"""

from __future__ import annotations

import calendar
import datetime as dt
from enum import StrEnum

MAJORITY = 18
"""Years; under it a person is a minor."""


class BirthPrecision(StrEnum):
    """How much of a date of birth is known."""

    DAY = "ngay"
    MONTH = "thang"
    QUARTER = "quy"
    HALF_YEAR = "nua_nam"
    YEAR = "nam"


_MONTHS = {BirthPrecision.MONTH: 1, BirthPrecision.QUARTER: 3, BirthPrecision.HALF_YEAR: 6, BirthPrecision.YEAR: 12}


def last_possible_birth(day: dt.date | None, precision: str, year: int | None = None) -> dt.date | None:
    """Return the last day on which somebody can have been born, which is the day that counts.

    Args:
        day: any day within what is known; None when only the year is.
        precision: how much of `day` is known.
        year: the year of birth, used when there is no day.
    """
    if day is None:
        return dt.date(year, 12, 31) if year else None
    months = _MONTHS.get(BirthPrecision(precision))
    if months is None:
        return day
    month = (day.month - 1) // months * months + months
    return dt.date(day.year, month, calendar.monthrange(day.year, month)[1])


def age_on(born: dt.date, day: dt.date) -> int:
    """Return the completed years on `day`; who was born on 29 February completes a year on 1 March."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
