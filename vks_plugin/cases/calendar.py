"""Which days are off in Viet Nam, and the table of time limits shipped with the package."""

from __future__ import annotations

import datetime as dt
import json
from functools import lru_cache
from pathlib import Path

import holidays

import vks_plugin
from vks_plugin.cases.deadlines import Counting, Rule, parse_rules
from vks_plugin.conf import configuration


@lru_cache(maxsize=1)
def _holidays() -> holidays.HolidayBase:
    return holidays.country_holidays("VN")


def is_day_off(day: dt.date) -> bool:
    """Tell whether offices are closed: weekends, public holidays, days off by exchange; not the Saturdays worked for them."""
    found = _holidays()
    if day in found:
        return True
    return day.weekday() >= 5 and day not in found.weekend_workdays


@lru_cache(maxsize=1)
def deadline_rules() -> dict[str, Rule]:
    """Return the time limits by their id."""
    path = Path(vks_plugin.__file__).parent / "fixtures" / "deadline_rules.json"
    return parse_rules(json.loads(path.read_text(encoding="utf-8")))


def counting() -> Counting:
    """Return how this office counts what the law leaves open."""
    found = configuration()
    return Counting(start_offset=found.deadline_start_offset, move_days=found.deadline_move_days, is_day_off=is_day_off)
