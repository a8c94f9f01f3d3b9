"""Which time limits run in a case: its events, told in order, against the table of rules.

A rule names the events it starts from, those that extend it and those that end it. Staying proceedings ends
their limit and resuming starts one of its own (BLTTHS, Điều 174 khoản 1, 249 khoản 4); under the simplified
procedure another limit stands in the place of the general one, counted from the same day, so that when it is
lifted the general one goes on and does not begin anew (Điều 458). Which class of crime counts is asked when the
limit is shown: a heavier charge gives the heavier limit less the time used, a lighter one the lighter limit,
counted from the same day (TTLT 04/2018, Điều 14).

Everything here is a reminder with its arithmetic. That a day is past is shown; that a limit was broken is for a
person to say.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from operator import itemgetter
from typing import Literal, NamedTuple

from vks_plugin.cases.deadlines import (
    CLASSES,
    Counting,
    Deadline,
    DeadlineError,
    Rule,
    Share,
    Span,
    compute,
    deadline_rules,
    last_day_to_ask,
    shared,
)
from vks_plugin.cases.proceedings import EVENTS, SENT, Happening
from vks_plugin.text import Sentence
from vks_plugin.text import gettext_noop as _

Band = Literal["green", "yellow", "orange", "red", ""]

JUVENILE_REFORM = dt.date(2026, 1, 1)
"""Luật 59/2024/QH15; cases under way before that day keep the old limits (Điều 179 of it)."""
JUVENILE_CUSTODY_BEFORE: Share = (2, 3)
"""BLTTHS, Điều 419 khoản 1: custody of a person under 18 is two thirds of that of an adult."""

JUVENILE_OLD = _("Người dưới 18 tuổi: thời hạn tạm giam bằng hai phần ba (Điều 419 khoản 1).")
JUVENILE_NEW = _(
    "Người dưới 18 tuổi, vụ án khởi tố từ 01/01/2026: áp dụng tỷ lệ đã cấu hình; đối chiếu Luật 59/2024/QH15."
)
JUVENILE_MIXED = _(
    "Vụ án có cả người dưới 18 tuổi và người đủ 18 tuổi: xem xét tách vụ án; thời hạn của vụ án tính theo người đủ 18 tuổi."
)
NO_CLASS = _("Chưa xác định loại tội phạm nên chưa tính được.")
NO_HOUR = _("Sự kiện chưa ghi giờ: tính đến hết ngày.")
CUT = _("Thời gian gia hạn ghi nhận vượt mức của loại tội hiện tại: chỉ tính phần trong mức.")
CAP_PAST = _("Lệnh tạm giam sau khi thời hạn điều tra, truy tố đã qua: hãy kiểm tra các sự kiện đã ghi.")
MERGED = _("Nhập vụ án: tính từ ngày khởi tố vụ án đầu tiên (TTLT 04/2018 Điều 14).")
SPLIT_OFF = _("Tách vụ án: tính từ ngày khởi tố vụ án gốc; mốc này chưa được kiểm chứng.")


class ClassChange(NamedTuple):
    """From this day on, this class of crime."""

    on: dt.date
    crime_class: str


@dataclass(frozen=True)
class Facts:
    """What limits depend on besides the events."""

    classes: Mapping[int | None, Sequence[ClassChange]] = field(default_factory=dict)
    """Class of crime of each accused and, under None, of the case, in order of days; without the latter it is the
    heaviest class of any accused."""
    accused: frozenset[int] = frozenset()
    minors: frozenset[int] = frozenset()
    """Accused who were under 18 at the act (Điều 417 settles doubts)."""
    simplified: bool = False
    """The simplified procedure applies from the beginning; the events say when it began or was lifted later."""
    complex: bool = False
    special_agency: bool = False
    """Initiated by an agency charged with some investigation only (Điều 164)."""
    clear: bool = False
    """Caught in the act or clear evidence and identity (Điều 164: it may finish a case of class A)."""
    national_security: bool = False
    sexual_abuse_minor: bool = False
    assigned_below: bool = False
    """The provincial office prosecutes and assigns the trial to a lower one (Điều 239)."""
    appeal_level: Literal["tinh", "cap_cao"] = "tinh"
    held_days: Mapping[int, int] = field(default_factory=dict)
    """Days each accused was held, where they do not follow from the events (Điều 118)."""
    stage: str = ""
    """Stage of the case as it is now: limits of an earlier stage do not run, whatever was not recorded."""

    @classmethod
    def of(cls, crime_class: str | None, **more: object) -> Facts:
        """Return the facts of a case whose class of crime never changed."""
        classes = {None: (ClassChange(dt.date.min, crime_class),)} if crime_class else {}
        return cls(classes=classes, **more)  # type: ignore[arg-type]

    def class_on(self, accused: int | None, day: dt.date) -> str | None:
        """Return the class of crime that counted that day; the first known one before anything was known."""
        changes = self.classes.get(accused)
        if changes:
            found = changes[0].crime_class
            for each in changes:
                if each.on > day:
                    break
                found = each.crime_class
            return found
        if accused is not None:
            return self.class_on(None, day)
        known = [self.class_on(each, day) for each in self.classes if each is not None]
        return max((each for each in known if each), key=CLASSES.index, default=None)


class Running(NamedTuple):
    """A time limit in a case."""

    rule: Rule
    accused: int | None
    start: dt.date | dt.datetime
    due: dt.date | dt.datetime | None
    """None: something is missing to compute it; the arithmetic says what."""
    counted_days: int
    request_by: dt.date | None
    """Last day to ask for the next extension; none where there is no further one."""
    arithmetic: str
    article: str
    state: Literal["running", "ended"]
    ended_on: dt.date | None
    band: Band
    notes: tuple[str, ...]
    extensions: tuple[Span, ...] = ()

    @property
    def verified(self) -> bool:
        """Whether the table of verified rules settles this limit."""
        return self.rule.verified


BAND_DAYS: Mapping[Band, tuple[int | None, int | None]] = {
    "red": (None, -1),
    "orange": (0, 5),
    "yellow": (6, 10),
    "green": (11, None),
}
"""First and last number of days left for each colour, nearest first."""


def band(due: dt.date | dt.datetime | None, today: dt.date) -> Band:
    """Return the colour of a limit: green over 10 days, yellow up to 10, orange up to 5, red past."""
    if due is None:
        return ""
    left = ((due.date() if isinstance(due, dt.datetime) else due) - today).days
    return next(found for found, (_first, last) in BAND_DAYS.items() if last is None or left <= last)


# --- the table, turned round


class _Index:
    """The rules of a kind by the events that matter to them."""

    def __init__(self, rules: Mapping[str, Rule], kind: str) -> None:
        mine = [rule for rule in rules.values() if rule.kind == kind]
        self.kind = kind
        self.starts: dict[str, list[tuple[Rule, str]]] = {}
        self.ends: dict[str, list[tuple[str, str]]] = {}
        self.extends: dict[str, frozenset[str]] = {}
        self.simplified = {rule.simplified_of: rule for rule in mine if rule.simplified_of}
        self.complex = {rule.complex_of: rule for rule in mine if rule.complex_of}
        self.derived = [rule for rule in mine if rule.end_of]
        # what is counted back from the end of a limit needs no more than those that run
        self.bases = frozenset(base for rule in self.derived if not rule.before for base in rule.end_of)
        for rule in mine:
            for text in rule.starts:
                event, _colon, ground = text.partition(":")
                self.starts.setdefault(event, []).append((rule, ground))
            for text in rule.ends:
                event, _colon, ground = text.partition(":")
                self.ends.setdefault(event, []).append((rule.id, ground))
        extended: dict[str, set[str]] = {}
        for rule in mine:
            base = rule.simplified_of or rule.complex_of or rule.id
            for event in rule.extended_by:
                extended.setdefault(event, set()).add(base)
        self.extends = {event: frozenset(ids) for event, ids in extended.items()}
        self.moves = {event.value: event.to_stage for event in EVENTS[kind].values() if event.to_stage}
        self.comes_from = {event.value: event.stages[0] for event in EVENTS[kind].values() if event.to_stage}
        self.scopes = {event.value: event.scope for event in EVENTS[kind].values()}
        self.extend_stages = {
            rule.id: frozenset(stage for event in rule.extended_by for stage in EVENTS[kind][event].stages)
            for rule in mine
        }
        """Stages in which an extension can still be granted."""
        self.found: dict[tuple[object, ...], Deadline | DeadlineError] = {}
        """What was computed before: many cases share a day, a class and a rule."""


_INDEXES: dict[tuple[int, str], tuple[Mapping[str, Rule], _Index]] = {}
_MOST_FOUND = 200_000


def _index(rules: Mapping[str, Rule] | None, kind: str) -> _Index:
    if rules is None:
        return _shipped(kind)
    key = (id(rules), kind)
    known = _INDEXES.get(key)
    if known is None or known[0] is not rules:
        known = (rules, _Index(rules, kind))
        _INDEXES[key] = known
    return known[1]


@lru_cache
def _shipped(kind: str) -> _Index:
    return _Index(deadline_rules(), kind)


# --- telling the events


class _Open:
    """A limit that was started."""

    __slots__ = ("accused", "base", "ended_on", "extensions", "held", "moved", "on", "rule", "simplified", "start")

    def __init__(self, rule: Rule, accused: int | None, start: dt.date | dt.datetime, on: dt.date) -> None:
        self.rule = rule
        self.accused = accused
        self.start = start
        self.on = on
        self.ended_on: dt.date | None = None
        self.extensions: tuple[Span, ...] = ()
        self.base: Span | None = None
        self.held = 0
        self.moved = ""
        """Why it is counted from an earlier day than its event."""
        self.simplified = False


_RETURNS = {
    "vks_tra_ho_so": "vks",
    "tham_phan_tra_ho_so": "toa",
    "hdxx_tra_ho_so": "toa",
    "huy_an_dieu_tra_lai": "lai",
}
_LIFTS = frozenset(
    {
        "huy_ttrg",
        "vks_tra_ho_so",
        "tham_phan_tra_ho_so",
        "hdxx_tra_ho_so",
        "huy_an_dieu_tra_lai",
        "tam_dinh_chi_dieu_tra",
        "tam_dinh_chi_truy_to",
        "tam_dinh_chi_xet_xu",
    }
)
"""What ends the simplified procedure (Điều 458)."""
_NEW_ROUND = frozenset({*_RETURNS, "phuc_hoi_dieu_tra"})
"""After these the investigation has a limit of its own, and custody in it too."""
_HOLDING_ENDS = frozenset({"tam_giu", "tam_giam", "tra_tu_do", "ap_dung_bpnc", "huy_bpnc"})


_ON = itemgetter(Happening._fields.index("on"))


class _Told:
    """What follows from the events so far."""

    __slots__ = (
        "complex",
        "done",
        "facts",
        "held",
        "holding",
        "index",
        "initiated",
        "opened",
        "returned_by",
        "seen",
        "simplified",
        "stage",
        "used",
    )

    def __init__(self, index: _Index, facts: Facts) -> None:
        self.index = index
        self.facts = facts
        self.opened: list[_Open] = []
        self.done: dict[tuple[str, int | None], dt.date] = {}
        self.seen: set[str] = set()
        self.stage = ""
        self.returned_by = ""
        self.simplified = facts.simplified
        self.complex = facts.complex
        self.initiated: dt.date | None = None
        self.holding: dict[int, dt.date] = {}
        self.held: dict[int, int] = {}
        self.used: dict[tuple[str, int | None], int] = {}

    def all(self, happenings: Iterable[Happening]) -> None:
        """Take in every event, in order of days; those of one day as they were recorded."""
        told = sorted(happenings, key=_ON)
        moves = self.index.comes_from
        self.stage = next((moves[each.event] for each in told if each.event in moves), self.facts.stage)
        for each in told:
            self.one(each)

    def one(self, each: Happening) -> None:
        """Take in the next event."""
        event = each.event
        index = self.index
        ended = index.ends.get(event)
        if ended is not None:
            self._end(each, ended)
        extended = index.extends.get(event)
        if extended is not None:
            self._extend(each, extended)
        self._flags(each)
        started = index.starts.get(event)
        if started is not None:
            for rule, ground in started:
                if not ground or (each.ground != ground[1:] if ground[0] == "!" else each.ground == ground):
                    self._start(each, rule)
        if event == "khoi_to_vu_an" and each.named_day is not None:
            self._count_from(each.named_day, SPLIT_OFF)
        self.seen.add(event)
        stage = index.moves.get(event)
        if stage is not None and (each.accused is None or event == "khoi_to_bi_can"):
            self.stage = stage

    def _end(self, each: Happening, ended: Sequence[tuple[str, str]]) -> None:
        accused = each.accused
        # what concerns one of several ends what runs for him; an act that is always about one may end the case's
        whole = accused is None or self.index.scopes.get(each.event) == "accused"
        for rule_id, ground in ended:
            if ground and each.ground != ground:
                continue
            if each.event == SENT and each.ground != rule_id:
                continue
            self.done[(rule_id, accused)] = each.on
            for one in self.opened:
                if one.rule.id != rule_id or one.ended_on is not None:
                    continue
                if (accused is None or one.accused == accused) or (whole and one.accused is None):
                    one.ended_on = each.on
                    one.simplified = self.simplified
                    if one.rule.mode == "custody":
                        key = (rule_id, one.accused)
                        self.used[key] = self.used.get(key, 0) + (each.on - one.on).days

    def _extend(self, each: Happening, extended: frozenset[str]) -> None:
        for one in self.opened:
            if (
                one.ended_on is None
                and one.rule.id in extended
                and each.amount is not None
                and (each.accused is None or one.accused is None or one.accused == each.accused)
            ):
                one.extensions = (*one.extensions, each.amount)

    def _flags(self, each: Happening) -> None:
        event, accused = each.event, each.accused
        if event in _RETURNS:
            self.returned_by = _RETURNS[event]
        if accused is None and event in _NEW_ROUND:
            self.held.clear()
            self.used.clear()
        if event in _LIFTS:
            if accused is None:
                self.simplified = False
        elif event == "ap_dung_ttrg":
            self.simplified = True
        elif event == "keo_dai_nguon_tin":
            self.complex = True
        elif event == "khoi_to_vu_an" and self.initiated is None:
            self.initiated = each.named_day or each.on
        elif event == "nhan_vu_nhap" and each.named_day is not None:
            self._count_from(each.named_day, MERGED)
        if accused is not None and event in _HOLDING_ENDS:
            since = self.holding.pop(accused, None)
            if since is not None:
                self.held[accused] = self.held.get(accused, 0) + (each.on - since).days
            if event == "tam_giu":
                self.holding[accused] = each.on

    def _count_from(self, first: dt.date, why: str) -> None:
        """Count the investigation from the first initiation: of the cases that were merged, or of that split from."""
        for one in self.opened:
            if one.ended_on is None and one.rule.id == "dieu_tra" and first < one.on:
                one.start = one.on = first
                one.moved = why

    def _start(self, each: Happening, rule: Rule) -> None:
        if rule.when and not self.holds(rule.when):
            return
        start: dt.date | dt.datetime = each.on
        if rule.named_day:
            if each.named_day is None:
                return
            start = each.named_day
        elif each.at is not None:
            start = dt.datetime.combine(each.on, each.at)
        one = _Open(rule, each.accused, start, each.on)
        if rule.mode == "custody":
            one.base = each.amount
            if each.accused is not None and rule.id == "tam_giam_dt":
                held = self.facts.held_days.get(each.accused)
                one.held = self.held.get(each.accused, 0) if held is None else held
            one.held += self.used.get((rule.id, each.accused), 0)
        self.opened.append(one)

    def holds(self, when: Mapping[str, object]) -> bool:
        for name, wanted in when.items():
            if name == "stage":
                if self.stage not in wanted:  # type: ignore[operator]
                    return False
            elif name == "after":
                if self.seen.isdisjoint(wanted):  # type: ignore[arg-type]
                    return False
            elif name == "returned_by":
                if self.returned_by not in wanted:  # type: ignore[operator]
                    return False
            elif name == "level":
                if self.facts.appeal_level != wanted:
                    return False
            elif name == "simplified":
                if self.simplified is not wanted:
                    return False
            elif getattr(self.facts, name) is not wanted:
                return False
        return True


# --- showing what runs


class _Shown(NamedTuple):
    """A limit that was started, with what was computed."""

    one: _Open
    rule: Rule
    deadline: Deadline | None
    allowed: int
    due: dt.date | dt.datetime | None
    counted_days: int
    arithmetic: str
    notes: tuple[str, ...]


def _reckon(
    index: _Index,
    rule: Rule,
    start: dt.date | dt.datetime,
    crime_class: str | None,
    extensions: tuple[Span, ...],
    held: int,
    base: Span | None,
    share: Share | None,
    security: bool,  # noqa: FBT001 - part of the key of what was computed before
    counting: Counting,
) -> Deadline | DeadlineError:
    key = (rule.id, start, crime_class, extensions, held, base, share, security, counting)
    found = index.found.get(key)
    if found is None:
        try:
            found = compute(
                rule,
                start,
                crime_class=crime_class,
                extensions=extensions,
                held_days=held,
                counting=counting,
                base=base,
                share=share,
                security=security,
            )
        except DeadlineError as error:
            found = error
        if len(index.found) >= _MOST_FOUND:
            index.found.clear()
        index.found[key] = found
    return found


def _within(spans: Sequence[Span], allowed: Sequence[Span], share: Share | None, *, custody: bool) -> tuple[Span, ...]:
    """Return the part of what was granted that the table allows now, which a lighter charge may have lessened."""
    found = []
    for span, most in zip(spans, allowed, strict=False):
        parts = shared(most, share, custody=custody)
        if span.days <= sum(each.days for each in parts):
            found.append(span)
        else:
            found.append(parts[0] if len(parts) == 1 else Span(sum(each.days for each in parts), "d"))
    return tuple(found)


class _Show:
    """Turns what was started into what is shown."""

    def __init__(self, told: _Told, counting: Counting, today: dt.date) -> None:
        self.told = told
        self.facts = told.facts
        self.index = told.index
        self.counting = counting
        self.today = today
        self.stage = told.facts.stage or told.stage

    def rule_of(self, one: _Open) -> Rule:
        """Return the limit in whose place another may stand."""
        simplified = self.told.simplified if one.ended_on is None else one.simplified
        if simplified:
            found = self.index.simplified.get(one.rule.id)
            if found is not None:
                return found
        if self.told.complex:
            return self.index.complex.get(one.rule.id, one.rule)
        return one.rule

    def share_of(self, rule: Rule, one: _Open) -> tuple[Share | None, str]:
        """Return the part that applies to persons under 18, and the note that says so."""
        facts = self.facts
        if not rule.juvenile or not facts.minors:
            return None, ""
        if one.accused is not None:
            if one.accused not in facts.minors:
                return None, ""
        elif not facts.accused or not facts.accused <= facts.minors:
            return None, JUVENILE_MIXED if rule.juvenile == "limit" else ""
        if (self.told.initiated or one.on) < JUVENILE_REFORM:
            return (JUVENILE_CUSTODY_BEFORE, JUVENILE_OLD) if rule.juvenile == "custody" else (None, "")
        if rule.juvenile == "custody":
            return self.counting.juvenile_custody, JUVENILE_NEW
        return self.counting.juvenile, JUVENILE_NEW

    def shown(self, one: _Open) -> _Shown:
        """Compute a limit that was started."""
        rule = self.rule_of(one)
        custody = rule.mode == "custody"
        notes: list[str] = [rule.note] if rule.note else []
        share: Share | None = None
        if rule.juvenile:
            share, note = self.share_of(rule, one)
            if note:
                notes.append(note)
        if one.moved:
            notes.append(one.moved)
        crime_class: str | None = None
        if "" not in rule.amount or rule.extensions:
            crime_class = self.facts.class_on(one.accused, max(one.ended_on or self.today, one.on))
        security = self.facts.national_security
        allowed: Sequence[Span] = ()
        extensions = one.extensions
        if rule.extensions or rule.security or extensions:
            allowed = rule.allowed_extensions(crime_class, security=security)
            if extensions:
                extensions = _within(extensions, allowed, share, custody=custody)
                if extensions != one.extensions:
                    notes.append(CUT)
        base = one.base
        if base is not None:
            most = rule.amount.get("") or rule.amount.get(crime_class or "")
            if most is None or base.days >= sum(each.days for each in shared(most, share, custody=custody)):
                base = None
        start = one.start
        in_hours = next(iter(rule.amount.values())).unit == "h"
        if isinstance(start, dt.datetime):
            if not in_hours:
                start = start.date()
        elif in_hours:
            return self._without_hour(one, rule, tuple(notes))
        found = _reckon(
            self.index,
            rule,
            start,
            None if "" in rule.amount and not extensions else crime_class,
            extensions,
            one.held if custody else 0,
            base,
            share,
            security,
            self.counting,
        )
        if isinstance(found, DeadlineError):
            sentence: str = found.message
            if crime_class is None and "" not in rule.amount:
                sentence = NO_CLASS
            return _Shown(one, rule, None, len(allowed), None, 0, sentence, tuple(notes))
        due, days, words = found.due, found.counted_days, found.arithmetic
        if rule.cap:
            limit = self.cap(rule, one)
            if limit is not None and limit.end is not None and limit.end < _day(one.start):
                notes.append(CAP_PAST)
            elif limit is not None and limit.end is not None and _day(due) > limit.end:
                days -= (_day(due) - limit.end).days
                due = limit.end
                # what ends earlier is asked for earlier
                found = replace(found, request_by=last_day_to_ask(rule, due))
                words += f"; không quá thời hạn “{limit.rule.label}” hết {due:%d/%m/%Y}"
        return _Shown(one, rule, found, len(allowed), due, days, words, tuple(notes))

    def _without_hour(self, one: _Open, rule: Rule, notes: tuple[str, ...]) -> _Shown:
        """Show a limit in hours whose hour was not recorded: it ends at the latest with the day named."""
        span = rule.amount[""]
        due = one.on + dt.timedelta(days=span.days)
        words = f"{rule.start} {one.on:%d/%m/%Y} + {span}: chậm nhất trong ngày {due:%d/%m/%Y}, {rule.article}"
        return _Shown(one, rule, None, 0, due, 0, words, (*notes, NO_HOUR))

    def cap(self, rule: Rule, one: _Open) -> Deadline | None:
        """Return the limit that custody may not outlast: the one that ran when it began, else the last one."""
        chosen: _Open | None = None
        for each in self.told.opened:
            mine = each.rule.id in rule.cap and (each.accused is None or each.accused == one.accused)
            if mine and (chosen is None or each.on <= one.on):
                chosen = each
        return self.shown(chosen).deadline if chosen is not None else None

    def running(self, found: _Shown) -> Running:
        """Return the row for a limit."""
        one, rule = found.one, found.rule
        ended_on = one.ended_on
        over = ended_on is not None or self._is_over(one, rule)
        if rule.weight == "right" and not over and found.due is not None and found.due < self.today:
            over, ended_on = True, found.due
        deadline = found.deadline
        more = len(one.extensions) < found.allowed and (
            not self.stage or self.stage in self.index.extend_stages[rule.id]
        )
        return Running(
            rule,
            one.accused,
            deadline.start if deadline is not None else one.start,
            found.due,
            found.counted_days,
            deadline.request_by if deadline is not None and more else None,
            found.arithmetic,
            rule.article,
            "ended" if over else "running",
            ended_on,
            "" if over else band(found.due, self.today),
            found.notes,
            one.extensions,
        )

    def _is_over(self, one: _Open, rule: Rule) -> bool:
        stages = one.rule.stages or rule.stages
        return bool(
            stages and self.stage and self.stage not in stages and (one.accused is None or rule.scope != "case")
        )

    def derived(self, rule: Rule, shown: Sequence[_Shown]) -> list[Running]:
        """Return what is counted from the end of other limits."""
        if rule.when:
            stage, self.told.stage = self.told.stage, self.stage
            holds = self.told.holds(rule.when)
            self.told.stage = stage
            if not holds:
                return []
        bases = [each for each in shown if each.one.rule.id in rule.end_of and each.due is not None]
        if not rule.before:
            if not bases:
                return []
            last = max(bases, key=lambda each: _day(each.due))
            return [self._derived(rule, last, _day(last.due))]
        return [
            self._derived(
                rule, each, each.due if each.rule.mode == "custody" or each.deadline is None else each.deadline.end
            )
            for each in bases
            if each.one.ended_on is None and not self._is_over(each.one, each.rule)
        ]

    def _derived(self, rule: Rule, base: _Shown, day: dt.date | dt.datetime | None) -> Running:
        one = _Open(rule, base.one.accused, _day(day), base.one.on)
        done = self.told.done
        ended = [each for each in (done.get((rule.id, one.accused)), done.get((rule.id, None))) if each is not None]
        one.ended_on = max((each for each in ended if each >= one.on), default=None)
        return self.running(self.shown(one))


def _day(moment: dt.date | dt.datetime | None) -> dt.date:
    if isinstance(moment, dt.datetime):
        return moment.date()
    return moment or dt.date.min


def running(
    kind: str,
    happenings: Iterable[Happening],
    facts: Facts,
    counting: Counting,
    today: dt.date,
    *,
    ended: bool = False,
    rules: Mapping[str, Rule] | None = None,
) -> list[Running]:
    """Return the limits that run in a case, those that are due first.

    Args:
        kind: kind of the case file.
        happenings: its events; put in order of days here, those of one day as they are given.
        facts: what limits depend on besides.
        counting: what the law leaves open.
        today: the day it is asked for.
        ended: include limits that ended.
        rules: another table than the one shipped.
    """
    index = _index(rules, kind)
    told = _Told(index, facts)
    told.all(happenings)
    show = _Show(told, counting, today)
    shown = [show.shown(one) for one in told.opened if ended or one.ended_on is None or one.rule.id in index.bases]
    found = [show.running(each) for each in shown]
    for rule in index.derived:
        found += show.derived(rule, shown)
    if not ended:
        found = [each for each in found if each.state == "running"]
    found.sort(key=_due_first)
    return found


def _due_first(each: Running) -> tuple[bool, dt.date, str, int]:
    return each.due is None, _day(each.due), each.rule.id, each.accused or 0


# --- before an event is recorded


def vet(
    kind: str,
    happenings: Iterable[Happening],
    facts: Facts,
    happening: Happening,
    counting: Counting,
    *,
    rules: Mapping[str, Rule] | None = None,
) -> list[str]:
    """Return what to think of before an event is recorded, as far as time limits go.

    Args:
        kind: kind of the case file.
        happenings: what was recorded before.
        facts: what limits depend on besides.
        happening: what is to be recorded.
        counting: what the law leaves open.
        rules: another table than the one shipped.

    Raises:
        DeadlineError: an extension is longer, or one more, than the law allows, or so is an order of custody.
    """
    index = _index(rules, kind)
    told = _Told(index, facts)
    before = list(happenings)
    told.all(before)
    show = _Show(told, counting, happening.on)
    warnings: list[str] = []
    if happening.event in index.extends and happening.amount is not None:
        warnings += _vet_extension(show, happening)
    if happening.event == "tam_giam" and happening.amount is not None:
        warnings += _vet_custody(told, show, happening)
    if happening.event in _NEXT_STAGE:
        warnings += _vet_stage(show, _NEXT_STAGE[happening.event])
    return warnings


def _vet_extension(show: _Show, happening: Happening) -> list[str]:
    index = show.index
    mine = [
        one
        for one in show.told.opened
        if one.ended_on is None
        and one.rule.id in index.extends[happening.event]
        and (happening.accused is None or one.accused is None or one.accused == happening.accused)
    ]
    if not mine:
        return [
            Sentence(
                _("“%(event)s”: chưa ghi sự kiện bắt đầu thời hạn này nên không kiểm tra được mức gia hạn."),
                event=EVENTS[index.kind][happening.event].label,
            )
        ]
    warnings: list[str] = []
    for one in mine:
        found = show.shown(one)
        share, _note = show.share_of(found.rule, one)
        amount = happening.amount
        compute(
            found.rule,
            _day(one.start),
            crime_class=show.facts.class_on(one.accused, happening.on),
            extensions=(*one.extensions, amount) if amount is not None else one.extensions,
            counting=show.counting,
            share=share,
            security=show.facts.national_security,
        )
        by = found.deadline.request_by if found.deadline is not None else None
        asked = happening.asked or happening.on
        if by is not None and asked > by:
            warnings.append(
                Sentence(
                    _("“%(label)s”: phải đề nghị gia hạn chậm nhất %(by)s (%(article)s), ghi nhận đề nghị %(asked)s."),
                    label=found.rule.label,
                    by=f"{by:%d/%m/%Y}",
                    article=found.rule.article,
                    asked=f"{asked:%d/%m/%Y}",
                )
            )
    return warnings


def _vet_custody(told: _Told, show: _Show, happening: Happening) -> list[str]:
    before = len(told.opened)
    told.one(happening)
    warnings: list[str] = []
    for one in told.opened[before:]:
        if one.rule.mode != "custody":
            continue
        rule = show.rule_of(one)
        share, _note = show.share_of(rule, one)
        crime_class = show.facts.class_on(one.accused, happening.on)
        if "" not in rule.amount and crime_class is None:
            continue
        whole = compute(
            rule, one.on, crime_class=crime_class, base=happening.amount, share=share, counting=show.counting
        )
        cap = show.cap(rule, one) if rule.cap else None
        if cap is not None and cap.end is not None and _day(one.start) <= cap.end < _day(whole.due):
            warnings.append(
                Sentence(
                    _("Thời hạn tạm giam theo lệnh hết %(due)s, sau thời hạn “%(label)s” hết %(end)s."),
                    due=f"{whole.due:%d/%m/%Y}",
                    label=cap.rule.label,
                    end=f"{cap.end:%d/%m/%Y}",
                )
            )
    return warnings


_NEXT_STAGE = {"nhan_ho_so": (5, "Điều 241, TTLT 04/2018 Điều 18"), "chuyen_toa": (7, "Điều 244")}
"""Events by which the case goes to the next stage, and how long before its end custody must have been seen to."""


def _vet_stage(show: _Show, rule: tuple[int, str]) -> list[str]:
    days, article = rule
    warnings: list[str] = []
    for one in show.told.opened:
        if one.ended_on is not None or one.rule.mode != "custody":
            continue
        due = show.shown(one).due
        if due is None:
            continue
        warnings.append(
            Sentence(
                _(
                    "Bị can %(accused)s đang bị tạm giam đến hết %(due)s: kiểm tra còn đủ thời hạn, "
                    "xử lý trước khi hết hạn %(days)s ngày, chậm nhất %(by)s (%(article)s)."
                ),
                accused=one.accused,
                due=f"{due:%d/%m/%Y}",
                days=days,
                by=f"{due - dt.timedelta(days=days):%d/%m/%Y}",
                article=article,
            )
        )
    return warnings
