"""Which days are off in Viet Nam, and how this office counts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

import holidays

from vks_plugin.cases.deadlines import Counting
from vks_plugin.cases.models import CalendarDay
from vks_plugin.conf import configuration


@lru_cache(maxsize=1)
def _holidays() -> holidays.HolidayBase:
    return holidays.country_holidays("VN")


def is_day_off(day: dt.date) -> bool:
    """Tell whether offices are closed by the shipped calendar: weekends, public holidays, days off by exchange.

    The Saturdays worked in exchange are working days.
    """
    found = _holidays()
    if day in found:
        return True
    return day.weekday() >= 5 and day not in found.weekend_workdays


@dataclass(frozen=True)
class DaysOff:
    """The shipped calendar with the days a later decree made days off or working days.

    Two of the same days are equal, so what was computed with one holds for the other.
    """

    off: frozenset[dt.date] = frozenset()
    worked: frozenset[dt.date] = frozenset()

    def __call__(self, day: dt.date) -> bool:
        """Tell whether offices are closed."""
        if day in self.worked:
            return False
        return day in self.off or is_day_off(day)


def days_off() -> DaysOff:
    """Return the calendar as the office has it: one query, whose answer serves any number of cases."""
    rows = list(CalendarDay.objects.values_list("day", "is_day_off"))
    return DaysOff(
        frozenset(day for day, off in rows if off),
        frozenset(day for day, off in rows if not off),
    )


def has_exchanged_days(year: int) -> bool:
    """Tell whether it is known which days of a year are off or worked by exchange.

    Public holidays follow from the law; which working days are exchanged for them is decided anew every year. A year is
    known where the shipped calendar holds such a decision or somebody entered a day of it.
    """
    shipped: Collection[int] = getattr(_holidays(), "special_public_holidays", ())
    return year in shipped or CalendarDay.objects.filter(day__year=year).exists()


def counting() -> Counting:
    """Return how this office counts what the law leaves open; ask once and use it for all cases at hand."""
    found = configuration()
    return Counting(
        start_offset=found.deadline_start_offset,
        move_days=found.deadline_move_days,
        is_day_off=days_off(),
        juvenile=(min(found.deadline_juvenile_percent, 100), 100),
        juvenile_custody=(min(found.deadline_juvenile_custody_percent, 100), 100),
    )
