"""Time limits of criminal procedure: a rule, a first day and a class of crime give a last day, with the arithmetic.

Counting (BLTTHS 2015, Điều 134; TTLT 04/2018, Điều 17): a limit in days ends with its last day; one in months on
the same day of a later month, or on that month's last day where there is none; one that ends on a day off ends on
the first working day after it. Custody is counted apart: a month is 30 days, the first day counts, nothing is
moved, and days held before are taken off (Điều 118).

The program warns; it never declares a limit broken.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

CLASSES = ("A", "B", "C", "D")
"""Less serious, serious, very serious, extremely serious crime (BLHS, Điều 9)."""
DAYS_IN_CUSTODY_MONTH = 30

Mode = Literal["procedural", "custody", "holding"]
_UNITS = {"d": "ngày", "m": "tháng", "h": "giờ"}
_WEEKDAYS = ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ nhật")


class DeadlineError(Exception):
    """The question has no answer in the law as it stands in the table; the sentence says why."""


@dataclass(frozen=True)
class Span:
    """A number of days, months or hours."""

    number: int
    unit: Literal["d", "m", "h"]

    def __str__(self) -> str:
        return f"{self.number} {_UNITS[self.unit]}"


@dataclass(frozen=True)
class Rule:
    """A time limit as the law gives it."""

    id: str
    label: str
    start: str
    """What it is counted from, in words."""
    mode: Mode
    amount: Mapping[str, Span]
    """By class of crime; under `""` when the class does not matter."""
    extensions: Sequence[Mapping[str, Span]]
    """Each extension in turn, as much as it may be."""
    article: str
    before: bool = False
    """Counted backwards: something is to be done this long before a day."""
    request_before: Span | None = None
    """How long before the end an extension has to be asked for."""
    note: str = ""


@dataclass(frozen=True)
class Counting:
    """What the law leaves open, as the office has settled it."""

    start_offset: int = 1
    """1: the day after the event is the first day; 0: the day of the event is."""
    move_days: bool = True
    """Whether a limit in days that ends on a day off is moved too; for months the law says so."""
    is_day_off: Callable[[dt.date], bool] = lambda day: day.weekday() >= 5


@dataclass(frozen=True)
class Deadline:
    """The answer, and how it was reached."""

    rule: Rule
    start: dt.date | dt.datetime
    due: dt.date | dt.datetime
    counted_days: int
    """Calendar days from the first day that counts to the last one, both included; 0 for hours."""
    arithmetic: str
    request_by: dt.date | None = None
    """Last day on which an extension can be asked for, where the law sets one."""


def parse_span(text: str) -> Span:
    """Read `20d`, `2m` or `24h`.

    Raises:
        ValueError: it is none of these.
    """
    found = re.fullmatch(r"([1-9]\d{0,3})([dmh])", text)
    if found is None:
        message = f"not a span: {text!r}"
        raise ValueError(message)
    unit = found.group(2)
    return Span(int(found.group(1)), "d" if unit == "d" else "m" if unit == "m" else "h")


def parse_rules(rows: Iterable[Mapping[str, object]]) -> dict[str, Rule]:
    """Read the table of rules.

    Raises:
        ValueError: a row does not say what it should.
    """

    def amounts(value: object) -> dict[str, Span]:
        if isinstance(value, Mapping):
            return {str(key): parse_span(str(each)) for key, each in value.items()}
        return {"": parse_span(str(value))}

    rules: dict[str, Rule] = {}
    for row in rows:
        mode = str(row["mode"])
        extensions = row.get("extensions") or []
        if mode not in {"procedural", "custody", "holding"} or not isinstance(extensions, list):
            message = f"rule {row.get('id')!r} cannot be read"
            raise ValueError(message)
        asked = row.get("request_before")
        rule = Rule(
            id=str(row["id"]),
            label=str(row["label"]),
            start=str(row["from"]),
            mode="custody" if mode == "custody" else "holding" if mode == "holding" else "procedural",
            amount=amounts(row["amount"]),
            extensions=tuple(amounts(each) for each in extensions),
            article=str(row["article"]),
            before=bool(row.get("before", False)),
            request_before=parse_span(str(asked)) if asked else None,
            note=str(row.get("note", "")),
        )
        if rule.id in rules:
            message = f"rule {rule.id!r} stands twice"
            raise ValueError(message)
        rules[rule.id] = rule
    return rules


def add_months(day: dt.date, months: int) -> dt.date:
    """Return the same day of a later (or earlier) month, or that month's last day where there is none."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return dt.date(year, month + 1, min(day.day, last))


def _spans(rule: Rule, crime_class: str | None, extensions: int) -> list[Span]:
    """Return the limit and its extensions, as much as each may be."""

    def of(table: Mapping[str, Span]) -> Span | None:
        return table.get("") or (table.get(crime_class) if crime_class else None)

    if "" not in rule.amount and crime_class not in CLASSES:
        message = f"Thời hạn “{rule.label}” tùy loại tội phạm: hãy nêu loại A, B, C hoặc D."
        raise DeadlineError(message)
    first = of(rule.amount)
    if first is None:
        message = f"Thời hạn “{rule.label}” không áp dụng cho tội phạm loại {crime_class}."
        raise DeadlineError(message)
    allowed = [span for span in (of(table) for table in rule.extensions) if span is not None]
    if not 0 <= extensions <= len(allowed):
        message = (
            f"“{rule.label}” chỉ được gia hạn {len(allowed)} lần ({rule.article}): không tính được lần {extensions}."
        )
        raise DeadlineError(message)
    return [first, *allowed[:extensions]]


def _show(day: dt.date) -> str:
    return f"{day:%d/%m/%Y}"


def compute(
    rule: Rule,
    start: dt.date | dt.datetime,
    *,
    crime_class: str | None = None,
    extensions: int = 0,
    held_days: int = 0,
    counting: Counting | None = None,
) -> Deadline:
    """Return the last day of a limit.

    Args:
        rule: the limit.
        start: the day of the event; with the hour for a limit in hours.
        crime_class: `A` to `D`; needed where the limit depends on it.
        extensions: how many extensions have been granted, each as long as it may be.
        held_days: days held before, taken off custody (Điều 118).
        counting: what the law leaves open.

    Raises:
        DeadlineError: the class is missing, there are not so many extensions, or days held do not fit the rule.
    """
    counting = counting or Counting()
    spans = _spans(rule, crime_class, extensions)
    if held_days and rule.mode != "custody":
        message = "Số ngày đã tạm giữ chỉ được trừ vào thời hạn tạm giam (Điều 118)."
        raise DeadlineError(message)
    if spans[0].unit == "h":
        if not isinstance(start, dt.datetime):
            message = f"“{rule.label}” tính theo giờ: hãy nêu cả giờ, ví dụ 2025-03-03T14:00."
            raise DeadlineError(message)
        due = start + dt.timedelta(hours=spans[0].number)
        words = f"{start:%H:%M %d/%m/%Y} + {spans[0]} = {due:%H:%M %d/%m/%Y}"
        return Deadline(rule, start, due, 0, f"{words} ({rule.article})")
    day = start.date() if isinstance(start, dt.datetime) else start
    try:
        if rule.mode == "custody":
            return _custody(rule, day, spans, held_days)
        if rule.mode == "holding":
            return _holding(rule, day, spans)
        return _before(rule, day, spans) if rule.before else _procedural(rule, day, spans, counting)
    except (OverflowError, ValueError) as error:
        message = "Ngày nằm ngoài phạm vi lịch: hãy kiểm tra lại."
        raise DeadlineError(message) from error


def _custody(rule: Rule, day: dt.date, spans: Sequence[Span], held_days: int) -> Deadline:
    days = sum(span.number * (DAYS_IN_CUSTODY_MONTH if span.unit == "m" else 1) for span in spans)
    if not 0 <= held_days < days:
        message = f"Số ngày đã tạm giữ phải từ 0 và ít hơn {days} ngày: đang là {held_days}."
        raise DeadlineError(message)
    counted = days - held_days
    due = day + dt.timedelta(days=counted - 1)
    words = f"từ {_show(day)}, {' + '.join(map(str, spans))}"
    if any(span.unit == "m" for span in spans):
        words += f" × {DAYS_IN_CUSTODY_MONTH} ngày/tháng = {days} ngày"
    if held_days:
        words += f" − {held_days} ngày đã tạm giữ = {counted} ngày"
    return Deadline(
        rule,
        day,
        due,
        counted,
        f"{words}, tính cả ngày đầu, hết {_show(due)}, không dời ({rule.article}; TTLT 04/2018 Điều 17)",
        _request_by(rule, due),
    )


def _holding(rule: Rule, day: dt.date, spans: Sequence[Span]) -> Deadline:
    days = sum(span.number for span in spans)
    due = day + dt.timedelta(days=days)
    words = f"{_show(day)} + {' + '.join(map(str, spans))} = {_show(due)}, không dời"
    return Deadline(rule, day, due, days, f"{words} ({rule.article})")


def _before(rule: Rule, day: dt.date, spans: Sequence[Span]) -> Deadline:
    span = spans[0]
    due = add_months(day, -span.number) if span.unit == "m" else day - dt.timedelta(days=span.number)
    words = f"{_show(day)} − {span} = {_show(due)}, chậm nhất"
    return Deadline(rule, day, due, (day - due).days, f"{words} ({rule.article})")


def _procedural(rule: Rule, day: dt.date, spans: Sequence[Span], counting: Counting) -> Deadline:
    end = day
    step = 0
    while step < len(spans):
        unit = spans[step].unit
        number = 0
        # extensions in the same unit are one longer limit: a short month on the way cuts nothing off
        while step < len(spans) and spans[step].unit == unit:
            number += spans[step].number
            step += 1
        end = add_months(end, number) if unit == "m" else end + dt.timedelta(days=number)
    in_days = all(span.unit == "d" for span in spans)
    first = day
    if in_days:
        first = day + dt.timedelta(days=counting.start_offset)
        end += dt.timedelta(days=counting.start_offset - 1)
    words = f"{rule.start} {_show(day)} + {' + '.join(map(str, spans))} = {_show(end)}"
    due = end
    if not in_days or counting.move_days:
        while counting.is_day_off(due):
            due += dt.timedelta(days=1)
    if due != end:
        off = _WEEKDAYS[end.weekday()] if end.weekday() >= 5 else "ngày nghỉ lễ"
        words += f", {off} → {_show(due)}"
    return Deadline(rule, day, due, (due - first).days + 1, f"{words} ({rule.article})", _request_by(rule, end))


def _request_by(rule: Rule, end: dt.date) -> dt.date | None:
    return end - dt.timedelta(days=rule.request_before.number) if rule.request_before is not None else None
