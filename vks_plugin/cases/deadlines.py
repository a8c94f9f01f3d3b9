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
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Literal, cast

import vks_plugin
from vks_plugin.errors import BadInput
from vks_plugin.text import Listing, Sentence
from vks_plugin.text import gettext_noop as _

CLASSES = ("A", "B", "C", "D")
"""Less serious, serious, very serious, extremely serious crime (BLHS, Điều 9)."""
DAYS_IN_CUSTODY_MONTH = 30

Mode = Literal["procedural", "custody", "holding"]
Weight = Literal["limit", "duty", "right", "ceiling"]
_UNITS = {"d": _("%(number)s ngày"), "m": _("%(number)s tháng"), "h": _("%(number)s giờ")}
_WEEKDAYS = ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ nhật")


class DeadlineError(BadInput):
    """The question has no answer in the law as it stands in the table; the sentence says why."""


@dataclass(frozen=True)
class Span:
    """A number of days, months or hours."""

    number: int
    unit: Literal["d", "m", "h"]

    def __str__(self) -> str:
        return str(self.words)

    @property
    def words(self) -> Sentence:
        """The span as it is read, to be shown or filled into a sentence."""
        return Sentence(_UNITS[self.unit], number=self.number)

    @property
    def code(self) -> str:
        """The span as the table writes it: `20d`, `2m`, `24h`."""
        return f"{self.number}{self.unit}"

    @property
    def days(self) -> int:
        """How long it is to compare with another: a month for 30 days, part of a day for a whole one."""
        if self.unit == "h":
            return -(-self.number // 24)
        return self.number * (DAYS_IN_CUSTODY_MONTH if self.unit == "m" else 1)


Share = tuple[int, int]
"""Part of a limit that applies to persons under 18: numerator and denominator."""


@dataclass(frozen=True)
class Rule:
    """A time limit as the law gives it, and what starts, extends and ends it in a case."""

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
    kind: str = "criminal"
    scope: Literal["case", "accused"] = "case"
    weight: Weight = "limit"
    """A limit on proceedings; a small duty to send or deliver; a right, which lapses; a ceiling over others."""
    starts: tuple[str, ...] = ()
    """Events it is counted from, `event` or `event:ground` or `event:!ground`."""
    ends: tuple[str, ...] = ()
    extended_by: tuple[str, ...] = ()
    when: Mapping[str, object] = field(default_factory=dict)
    """What else must be so for it to start; see `running.py`."""
    end_of: tuple[str, ...] = ()
    """Counted from the end of these limits instead of an event: back from the one that runs, on from the last."""
    named_day: bool = False
    """Counted from the day a decision names, not from the day it was made."""
    cap: tuple[str, ...] = ()
    """Never longer than the one of these that runs."""
    simplified_of: str = ""
    """Takes the place of that limit under the simplified procedure, counted from the same day (Điều 458)."""
    complex_of: str = ""
    """Takes the place of that limit in a complex matter."""
    security: Sequence[Mapping[str, Span]] = ()
    """Further extensions for crimes against national security."""
    juvenile: Literal["", "limit", "custody"] = ""
    """Shortened for persons under 18, and how."""
    stages: tuple[str, ...] = ()
    """Stages of the case outside which it no longer runs; none named: any."""
    verified: bool = True
    """Whether the table of verified rules names amount, article and first day."""

    def allowed_extensions(self, crime_class: str | None, *, security: bool = False) -> list[Span]:
        """Return each extension there may be for this class, as much as it may be."""
        tables = [*self.extensions, *self.security] if security else self.extensions
        found = [table.get("") or (table.get(crime_class) if crime_class else None) for table in tables]
        return [span for span in found if span is not None]


@dataclass(frozen=True)
class Counting:
    """What the law leaves open, as the office has settled it."""

    start_offset: int = 1
    """1: the day after the event is the first day; 0: the day of the event is."""
    move_days: bool = True
    """Whether a limit in days that ends on a day off is moved too; for months the law says so."""
    is_day_off: Callable[[dt.date], bool] = lambda day: day.weekday() >= 5
    juvenile: Share = (1, 2)
    """Part of a limit for persons under 18 in cases initiated from 2026 (Luật 59/2024/QH15: at most half)."""
    juvenile_custody: Share = (1, 2)
    """The same for custody, which the sources at hand do not settle."""


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
    end: dt.date | None = None
    """The last day before it was moved off days off; none for hours."""


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


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(each) for each in value) if isinstance(value, list) else ()


def _amounts(value: object) -> dict[str, Span]:
    if isinstance(value, Mapping):
        return {str(key): parse_span(str(each)) for key, each in value.items()}
    return {"": parse_span(str(value))}


_CHOICES: Mapping[str, tuple[str, ...]] = {
    "mode": ("procedural", "custody", "holding"),
    "weight": ("limit", "duty", "right", "ceiling"),
    "scope": ("case", "accused"),
    "juvenile": ("", "limit", "custody"),
}


def _parse_rule(row: Mapping[str, object]) -> Rule:
    chosen: dict[str, str] = {}
    for name, choices in _CHOICES.items():
        default = "limit" if name == "weight" else "case" if name == "scope" else ""
        chosen[name] = str(row.get(name, default))
        if chosen[name] not in choices:
            message = f"rule {row.get('id')!r} cannot be read: {name}"
            raise ValueError(message)
    extensions, security, when = row.get("extensions") or [], row.get("security") or [], row.get("when") or {}
    if not isinstance(extensions, list) or not isinstance(security, list) or not isinstance(when, dict):
        message = f"rule {row.get('id')!r} cannot be read"
        raise ValueError(message)
    asked = row.get("request_before")
    return Rule(
        id=str(row["id"]),
        label=str(row["label"]),
        start=str(row["from"]),
        mode=cast("Mode", chosen["mode"]),
        amount=_amounts(row["amount"]),
        extensions=tuple(_amounts(each) for each in extensions),
        article=str(row["article"]),
        before=bool(row.get("before", False)),
        request_before=parse_span(str(asked)) if asked else None,
        note=str(row.get("note", "")),
        kind=str(row.get("kind", "criminal")),
        scope=cast("Literal['case', 'accused']", chosen["scope"]),
        weight=cast("Weight", chosen["weight"]),
        starts=_texts(row.get("starts")),
        ends=_texts(row.get("ends")),
        extended_by=_texts(row.get("extended_by")),
        when=when,
        end_of=_texts(row.get("end_of")),
        named_day=bool(row.get("named_day", False)),
        cap=_texts(row.get("cap")),
        simplified_of=str(row.get("simplified_of", "")),
        complex_of=str(row.get("complex_of", "")),
        security=tuple(_amounts(each) for each in security),
        juvenile=cast("Literal['', 'limit', 'custody']", chosen["juvenile"]),
        stages=_texts(row.get("stages")),
        verified=bool(row.get("verified", True)),
    )


def parse_rules(rows: Iterable[Mapping[str, object]]) -> dict[str, Rule]:
    """Read the table of rules.

    Raises:
        ValueError: a row does not say what it should.
    """
    rules: dict[str, Rule] = {}
    for row in rows:
        rule = _parse_rule(row)
        if rule.id in rules:
            message = f"rule {rule.id!r} stands twice"
            raise ValueError(message)
        rules[rule.id] = rule
    return rules


@lru_cache(maxsize=1)
def deadline_rules() -> dict[str, Rule]:
    """Return the time limits that ship with the package, by their id."""
    path = Path(vks_plugin.__file__).parent / "fixtures" / "deadline_rules.json"
    return parse_rules(json.loads(path.read_text(encoding="utf-8")))


def register_rules(rows: Iterable[Mapping[str, object]]) -> None:
    """Make time limits of another kind of case known, when the program starts.

    Args:
        rows: as in the table that ships with the package; each names its kind.

    Raises:
        ValueError: a row does not say what it should, or its id is taken.
    """
    table = deadline_rules()
    for name, rule in parse_rules(rows).items():
        if name in table:
            message = f"rule {name!r} is there already"
            raise ValueError(message)
        table[name] = rule


def add_months(day: dt.date, months: int) -> dt.date:
    """Return the same day of a later (or earlier) month, or that month's last day where there is none."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return dt.date(year, month + 1, min(day.day, last))


def shared(span: Span, share: Share | None, *, custody: bool = False) -> tuple[Span, ...]:
    """Return the part of a span that applies, rounded down: half of three months is a month and 15 days.

    A month of custody is 30 days, so custody is shared in days.
    """
    if share is None:
        return (span,)
    over, under = share
    if span.unit != "m":
        return (Span(max(1, span.number * over // under), span.unit),)
    if custody:
        return (Span(max(1, span.days * over // under), "d"),)
    months, rest = divmod(span.number * over, under)
    days = rest * DAYS_IN_CUSTODY_MONTH // under
    parts = [Span(months, "m")] if months else []
    if days:
        parts.append(Span(days, "d"))
    return tuple(parts)


def _listed(spans: Sequence[Span]) -> Listing:
    return Listing((each.words for each in spans), " ")


def _most_days(span: Span, share: Share | None, *, custody: bool) -> int:
    return sum(each.days for each in shared(span, share, custody=custody))


def _granted(rule: Rule, spans: Sequence[Span], allowed: Sequence[Span], share: Share | None) -> None:
    """Check extensions that were granted against the table.

    Raises:
        DeadlineError: there are too many, or one is too long.
    """
    if len(spans) > len(allowed):
        raise DeadlineError(
            Sentence(
                _("“%(label)s” chỉ được gia hạn %(most)s lần (%(article)s): không tính được lần %(number)s."),
                label=rule.label,
                most=len(allowed),
                article=rule.article,
                number=len(spans),
            )
        )
    for number, (span, most) in enumerate(zip(spans, allowed, strict=False), start=1):
        if span.days > _most_days(most, share, custody=rule.mode == "custody"):
            raise DeadlineError(
                Sentence(
                    _("“%(label)s”: gia hạn lần %(number)s không quá %(most)s (%(article)s), không thể là %(span)s."),
                    label=rule.label,
                    number=number,
                    most=_listed(shared(most, share, custody=rule.mode == "custody")),
                    article=rule.article,
                    span=span.words,
                )
            )


def _base(rule: Rule, crime_class: str | None) -> Span:
    if "" not in rule.amount and crime_class not in CLASSES:
        raise DeadlineError(
            Sentence(
                _("Thời hạn “%(label)s” tùy loại tội phạm: hãy nêu loại A, B, C hoặc D."),
                label=rule.label,
            )
        )
    first = rule.amount.get("") or rule.amount.get(crime_class or "")
    if first is None:
        raise DeadlineError(
            Sentence(
                _("Thời hạn “%(label)s” không áp dụng cho tội phạm loại %(crime_class)s."),
                label=rule.label,
                crime_class=crime_class,
            )
        )
    return first


def _spans(
    rule: Rule,
    crime_class: str | None,
    extensions: int | Sequence[Span],
    base: Span | None,
    share: Share | None,
    *,
    security: bool,
) -> list[Span]:
    """Return the limit and its extensions: those granted, or so many as long as each may be."""
    custody = rule.mode == "custody"
    first = _base(rule, crime_class)
    if base is not None and base.days > _most_days(first, share, custody=custody):
        raise DeadlineError(
            Sentence(
                _("“%(label)s” không quá %(most)s (%(article)s), không thể là %(span)s."),
                label=rule.label,
                most=_listed(shared(first, share, custody=custody)),
                article=rule.article,
                span=base.words,
            )
        )
    allowed = rule.allowed_extensions(crime_class, security=security)
    if isinstance(extensions, int):
        if not 0 <= extensions <= len(allowed):
            raise DeadlineError(
                Sentence(
                    _("“%(label)s” chỉ được gia hạn %(most)s lần (%(article)s): không tính được lần %(number)s."),
                    label=rule.label,
                    most=len(allowed),
                    article=rule.article,
                    number=extensions,
                )
            )
        more = [part for span in allowed[:extensions] for part in shared(span, share, custody=custody)]
    else:
        _granted(rule, extensions, allowed, share)
        more = list(extensions)
    return [*((base,) if base is not None else shared(first, share, custody=custody)), *more]


def _show(day: dt.date) -> str:
    return f"{day:%d/%m/%Y}"


def compute(
    rule: Rule,
    start: dt.date | dt.datetime,
    *,
    crime_class: str | None = None,
    extensions: int | Sequence[Span] = 0,
    held_days: int = 0,
    counting: Counting | None = None,
    base: Span | None = None,
    share: Share | None = None,
    security: bool = False,
) -> Deadline:
    """Return the last day of a limit.

    Args:
        rule: the limit.
        start: the day of the event; with the hour for a limit in hours.
        crime_class: `A` to `D`; needed where the limit depends on it.
        extensions: those that were granted, or how many, each as long as it may be.
        held_days: days held before, taken off custody (Điều 118).
        counting: what the law leaves open.
        base: how long a decision says, where that is less than the limit.
        share: the part of the limit that applies to persons under 18.
        security: a crime against national security.

    Raises:
        DeadlineError: the class is missing, there are not so many extensions, one is too long, or days held do
            not fit the rule.
    """
    counting = counting or Counting()
    spans = _spans(rule, crime_class, extensions, base, share, security=security)
    if held_days and rule.mode != "custody":
        raise DeadlineError(_("Số ngày đã tạm giữ chỉ được trừ vào thời hạn tạm giam (Điều 118)."))
    if spans[0].unit == "h":
        if not isinstance(start, dt.datetime):
            raise DeadlineError(
                Sentence(
                    _("“%(label)s” tính theo giờ: hãy nêu cả giờ, ví dụ 2025-03-03T14:00."),
                    label=rule.label,
                )
            )
        due = start + dt.timedelta(hours=spans[0].number)
        words = f"{rule.start} {start:%H:%M %d/%m/%Y} + {spans[0]} = {due:%H:%M %d/%m/%Y}"
        return Deadline(rule, start, due, 0, f"{words}, {rule.article}")
    day = start.date() if isinstance(start, dt.datetime) else start
    try:
        if rule.mode == "custody":
            return _custody(rule, day, spans, held_days)
        if rule.mode == "holding":
            return _holding(rule, day, spans)
        return _before(rule, day, spans) if rule.before else _procedural(rule, day, spans, counting)
    except (OverflowError, ValueError) as error:
        raise DeadlineError(_("Ngày nằm ngoài phạm vi lịch: hãy kiểm tra lại.")) from error


def _custody(rule: Rule, day: dt.date, spans: Sequence[Span], held_days: int) -> Deadline:
    days = sum(span.days for span in spans)
    if not 0 <= held_days < days:
        raise DeadlineError(
            Sentence(
                _("Số ngày đã tạm giữ phải từ 0 và ít hơn %(days)s ngày: đang là %(held)s."),
                days=days,
                held=held_days,
            )
        )
    counted = days - held_days
    due = day + dt.timedelta(days=counted - 1)
    words = f"{rule.start} {_show(day)} + {' + '.join(map(str, spans))}"
    if any(span.unit == "m" for span in spans):
        words += f" × {DAYS_IN_CUSTODY_MONTH} ngày/tháng = {days} ngày"
    elif len(spans) > 1:
        words += f" = {days} ngày"
    if held_days:
        words += f" − {held_days} ngày đã tạm giữ, tạm giam = {counted} ngày"
    return Deadline(
        rule,
        day,
        due,
        counted,
        f"{words}, tính cả ngày đầu = {_show(due)}, không dời, {rule.article}, TTLT 04/2018 Điều 17",
        last_day_to_ask(rule, due),
        due,
    )


def _holding(rule: Rule, day: dt.date, spans: Sequence[Span]) -> Deadline:
    days = sum(span.number for span in spans)
    due = day + dt.timedelta(days=days)
    words = f"{rule.start} {_show(day)} + {' + '.join(map(str, spans))} = {_show(due)}, không dời"
    return Deadline(rule, day, due, days, f"{words}, {rule.article}", last_day_to_ask(rule, due), due)


def _before(rule: Rule, day: dt.date, spans: Sequence[Span]) -> Deadline:
    span = spans[0]
    due = add_months(day, -span.number) if span.unit == "m" else day - dt.timedelta(days=span.number)
    words = f"{rule.start} {_show(day)} − {span} = {_show(due)}, chậm nhất"
    return Deadline(rule, day, due, (day - due).days, f"{words}, {rule.article}", None, due)


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
    return Deadline(rule, day, due, (due - first).days + 1, f"{words}, {rule.article}", last_day_to_ask(rule, end), end)


def last_day_to_ask(rule: Rule, end: dt.date) -> dt.date | None:
    """Return until when an extension of a limit that ends on `end` can be asked for; None where the law sets no day."""
    return end - dt.timedelta(days=rule.request_before.number) if rule.request_before is not None else None
