"""Keeping the time limits of cases as rows, so that lists, reminders and the header of a page need not compute them."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.cases.actions.proceedings import EVENT_COLUMNS, events_of, happening, happening_of
from vks_plugin.cases.calendar import counting
from vks_plugin.cases.deadlines import Counting, DeadlineError
from vks_plugin.cases.kinds import KINDS
from vks_plugin.cases.models import Accused, CaseDeadline, CaseFile, Charge, ProceduralEvent
from vks_plugin.cases.penal_code import heaviest
from vks_plugin.cases.persons import MAJORITY, BirthPrecision, age_on, last_possible_birth
from vks_plugin.cases.proceedings import EVENTS, Happening
from vks_plugin.cases.running import ClassChange, Facts, Running, running, vet
from vks_plugin.cases.validation import SPLIT, counts_as_case
from vks_plugin.errors import Conflict
from vks_plugin.language import spoken
from vks_plugin.organization.models import ProcuracyUnit
from vks_plugin.text import Sentence

_SIMPLIFIED = frozenset({"ap_dung_ttrg", "huy_ttrg"})
CHUNK = 2000
"""Cases computed at once by `refresh_all`."""
_COLUMNS = (
    "due_on",
    "due_at",
    "request_by",
    "counted_days",
    "arithmetic",
    "article",
    "note",
    "is_duty",
)


class _Charge(NamedTuple):
    accused_id: int | None
    crime_class: str
    charged_on: dt.date
    ended_on: dt.date | None


class _Person(NamedTuple):
    pk: int
    is_minor: bool
    status: str


@dataclass(frozen=True)
class _Record:
    """What limits are computed from."""

    case: CaseFile
    accused: Sequence[_Person]
    charges: Sequence[_Charge]
    happenings: Sequence[Happening]


def _changes(charges: Iterable[_Charge]) -> tuple[ClassChange, ...]:
    """Return the class of crime over time: on each day on which a charge begins or ends, the heaviest then in force."""
    rows = [each for each in charges if each.crime_class]
    days = sorted({each.charged_on for each in rows} | {each.ended_on for each in rows if each.ended_on is not None})
    found: list[ClassChange] = []
    for day in days:
        # a charge that is replaced ends on the day the new one begins: the new one counts that day
        now = [each for each in rows if each.charged_on <= day and (each.ended_on is None or day < each.ended_on)]
        worst = heaviest(each.crime_class for each in now)
        if worst is not None and (not found or found[-1].crime_class != worst):
            found.append(ClassChange(day, worst))
    return tuple(found)


def _facts(record: _Record) -> Facts:
    case = record.case
    by_person: dict[int, list[_Charge]] = defaultdict(list)
    for charge in record.charges:
        if charge.accused_id is not None:
            by_person[charge.accused_id].append(charge)
    classes: dict[int | None, Sequence[ClassChange]] = {pk: _changes(rows) for pk, rows in by_person.items()}
    classes[None] = _changes(record.charges)
    told = {each.event for each in record.happenings}
    return Facts(
        classes={key: changes for key, changes in classes.items() if changes},
        accused=frozenset(person.pk for person in record.accused),
        minors=frozenset(person.pk for person in record.accused if person.is_minor),
        # a mark without the decision that lifts or applies it: the procedure was simplified when the case was registered
        simplified=case.is_simplified and _SIMPLIFIED.isdisjoint(told),
        complex=case.is_complex,
        special_agency=case.is_special_agency,
        clear=case.is_flagrant,
        assigned_below="phan_cong_thqct" in told,
        # a case the province brings to court is appealed above it (BLTTHS, Điều 341, 346); what it opened for an appeal
        # is heard at its own court
        appeal_level="tinh" if case.is_on_appeal or case.unit.kind != ProcuracyUnit.Kind.PROVINCE else "cap_cao",
        national_security=case.is_national_security,
        sexual_abuse_minor=case.is_sexual_abuse_minor,
        stage=case.stage,
    )


def facts_before(case: CaseFile, accused: Sequence[Accused], charges: Iterable[Charge]) -> Facts:
    """Return what limits depend on besides the events, to look at an event again: the stage is that of registration.

    Args:
        case: the case.
        accused: everybody in it.
        charges: all of its charges, those that ended included.
    """
    people = [_Person(each.pk, each.is_minor, each.status) for each in accused]
    rows = [_Charge(each.accused_id, each.crime_class, each.charged_on, each.ended_on) for each in charges]
    return replace(_facts(_Record(case, people, rows, ())), stage=case.registered_stage)


def doubts(case: CaseFile, row: ProceduralEvent) -> tuple[str, ...]:
    """Return what there is to say of an event just recorded, as far as time limits go (V08, V09).

    Raises:
        Conflict: an extension or an order of custody is beyond what the law gives, and no reason says why it is
            recorded all the same: the program keeps what was decided, it does not judge it.
    """
    event = EVENTS.get(case.kind, {}).get(row.event)
    if event is None or not (row.amount or event.to_stage):
        return ()
    people = list(Accused.objects.filter(case=case).select_related("case"))
    names = {person.pk: person.full_name for person in people}
    earlier = takewhile(lambda each: each.pk != row.pk, events_of(case))
    facts = facts_before(case, people, Charge.objects.filter(case=case))
    said: Sequence[str]
    try:
        said = vet(case.kind, [happening_of(each) for each in earlier], facts, happening_of(row), counting())
    except DeadlineError as error:
        if not row.override_reason:
            raise Conflict(
                _("%(why)s Nếu quyết định đã ban hành đúng như vậy, hãy ghi lý do để vẫn ghi nhận.")
                % {"why": spoken(error.message)},
                field="override_reason",
            ) from error
        said = (error.message,)
    return tuple(spoken(_with_names(each, names)) for each in said)


def _with_names(sentence: str, names: Mapping[int, str]) -> str:
    """Return a sentence of the pure rules, which know people by number, with the name in its place."""
    if isinstance(sentence, Sentence) and sentence.values.get("accused") in names:
        return Sentence(
            sentence.template, **{**sentence.values, "accused": names[int(str(sentence.values["accused"]))]}
        )
    return sentence


def _limits(record: _Record, today: dt.date, how: Counting, *, ended: bool = False) -> list[Running]:
    kind = record.case.kind
    # a kind without events has no limits; a case that was merged has none of its own any more (V17)
    if kind not in KINDS or kind not in EVENTS or not counts_as_case(record.case.status):
        return []
    elsewhere = {person.pk for person in record.accused if person.status == SPLIT}
    found = running(kind, record.happenings, _facts(record), how, today, ended=ended)
    return [each for each in found if each.accused not in elsewhere]


def _is_duty(limit: Running) -> bool:
    return limit.rule.weight == "duty"


_Key = tuple[int, int | None, str, dt.date, int]
_Values = tuple[Any, ...]
"""The columns of a row, in the order of `_COLUMNS`."""


def _values(limit: Running, due: dt.date | dt.datetime) -> _Values:
    hours = timezone.make_aware(due, timezone.get_current_timezone()) if isinstance(due, dt.datetime) else None
    return (
        due.date() if isinstance(due, dt.datetime) else due,
        hours,
        limit.request_by,
        limit.counted_days,
        str(limit.arithmetic)[:1000],
        limit.article[:200],
        " ".join(str(note) for note in limit.notes)[:500],
        _is_duty(limit),
    )


def _keyed(rows: Iterable[tuple[int, int | None, str, dt.date, Any]]) -> dict[_Key, Any]:
    """Return what each row carries by case, accused, rule, first day, and which of several that are alike."""
    found: dict[_Key, Any] = {}
    for case_id, accused_id, rule, starts_on, carried in rows:
        alike = 0
        while (key := (case_id, accused_id, rule, starts_on, alike)) in found:
            alike += 1
        found[key] = carried
    return found


def _wanted(records: Sequence[_Record], today: dt.date) -> dict[_Key, _Values]:
    how = counting()
    return _keyed(
        (
            record.case.pk,
            limit.accused,
            limit.rule.id,
            limit.start.date() if isinstance(limit.start, dt.datetime) else limit.start,
            _values(limit, limit.due),
        )
        for record in records
        for limit in _limits(record, today, how)
        if limit.due is not None
    )


def _stored(cases: Sequence[int]) -> dict[_Key, tuple[int, _Values]]:
    rows = CaseDeadline.objects.filter(case__in=cases).order_by("pk")
    columns = ("case_id", "accused_id", "rule", "starts_on", "pk", *_COLUMNS)
    found: Iterable[tuple[Any, ...]] = rows.values_list(*columns)
    return _keyed((row[0], row[1], row[2], row[3], (row[4], row[5:])) for row in found)


class Refreshed(NamedTuple):
    """What a recalculation changed."""

    cases: int
    added: int
    changed: int
    removed: int


def _settle(records: Sequence[_Record], today: dt.date) -> Refreshed:
    """Make the stored rows of these cases what their events say, by difference."""
    wanted = _wanted(records, today)
    stored = _stored([record.case.pk for record in records])
    gone = [pk for key, (pk, _old) in stored.items() if key not in wanted]
    new: list[CaseDeadline] = []
    changed: list[CaseDeadline] = []
    moved: list[int] = []
    for key, values in wanted.items():
        case_id, accused_id, rule, starts_on, _alike = key
        row = CaseDeadline(case_id=case_id, accused_id=accused_id, rule=rule, starts_on=starts_on)
        if key not in stored:
            new.append(row)
        elif stored[key][1] != values:
            row.pk, before = stored[key]
            changed.append(row)
            if before[0] != values[0]:
                moved.append(row.pk)
        else:
            continue
        for name, value in zip(_COLUMNS, values, strict=True):
            setattr(row, name, value)
    if gone:
        CaseDeadline.objects.filter(pk__in=gone).delete()
    if changed:
        CaseDeadline.objects.bulk_update(changed, _COLUMNS, batch_size=500)
    if moved:
        # a limit that was extended is told of again when it draws near again
        CaseDeadline.objects.filter(pk__in=moved).update(reminded_band="")
    if new:
        CaseDeadline.objects.bulk_create(new, batch_size=1000)
    _note_next(records, wanted)
    return Refreshed(len(records), len(new), len(changed), len(gone))


def _note_next(records: Sequence[_Record], wanted: Mapping[_Key, _Values]) -> None:
    """Keep with each case the day of its next limit: a long list is narrowed and ordered by it. Duties do not count."""
    nearest: dict[int, dt.date] = {}
    for (case_id, *_rest), (due_on, *_others, is_duty) in wanted.items():
        if not is_duty:
            nearest[case_id] = min(due_on, nearest.get(case_id, due_on))
    stale: dict[dt.date | None, list[int]] = defaultdict(list)
    for record in records:
        due = nearest.get(record.case.pk)
        if record.case.next_due_on != due:
            record.case.next_due_on = due
            stale[due].append(record.case.pk)
    for due, cases in stale.items():
        CaseFile.objects.filter(pk__in=cases).update(next_due_on=due)


def _records(cases: Sequence[CaseFile]) -> list[_Record]:
    """Return what the limits of these cases are computed from, in three queries."""
    keys = [case.pk for case in cases]
    crime_dates = {case.pk: case.crime_date for case in cases}
    people: dict[int, list[_Person]] = defaultdict(list)
    persons = Accused.objects.filter(case__in=keys).order_by("pk")
    born = ("case_id", "pk", "birth_date", "birth_precision", "birth_year", "offence_date", "status")
    for case_id, pk, birth_date, precision, year, offence_date, status in persons.values_list(*born):
        day = offence_date or crime_dates[case_id]
        people[case_id].append(_Person(pk, _was_minor(birth_date, precision, year, day), status))
    charges: dict[int, list[_Charge]] = defaultdict(list)
    charged = ("case_id", "accused_id", "crime_class", "charged_on", "ended_on")
    for case_id, accused_id, crime_class, charged_on, ended_on in (
        Charge.objects.filter(case__in=keys).order_by().values_list(*charged)
    ):
        charges[case_id].append(_Charge(accused_id, crime_class, charged_on, ended_on))
    happenings: dict[int, list[Happening]] = defaultdict(list)
    events = ProceduralEvent.objects.filter(case__in=keys, withdrawn_at__isnull=True)
    for case_id, *facts in events.values_list("case_id", *EVENT_COLUMNS):
        happenings[case_id].append(happening(*facts))
    return [_Record(case, people[case.pk], charges[case.pk], happenings[case.pk]) for case in cases]


def _was_minor(birth_date: dt.date | None, precision: str, year: int | None, day: dt.date | None) -> bool:
    if day is None or year is None or day.year - year > MAJORITY + 1:
        return False
    born = last_possible_birth(birth_date, precision or BirthPrecision.DAY, year)
    return born is not None and age_on(born, day) < MAJORITY


def limits_of(case: CaseFile, today: dt.date | None = None) -> list[Running]:
    """Return every time limit of the case, ended ones and those that cannot be computed yet included."""
    return _limits(_records([case])[0], today or timezone.localdate(), counting(), ended=True)


def refresh_deadlines(case: CaseFile) -> None:
    """Bring the stored limits of one case up to date, in the caller's transaction."""
    _settle(_records([case]), timezone.localdate())


def refresh_all(today: dt.date | None = None) -> Refreshed:
    """Recalculate every case, each chunk in a transaction of its own; return what changed.

    Needed after a change of the calendar or of a setting; what happens in a case updates its limits at once.
    """
    day = today or timezone.localdate()
    total = Refreshed(0, 0, 0, 0)
    last = 0
    while True:
        with transaction.atomic():
            chunk = list(
                CaseFile.objects.filter(pk__gt=last)
                .select_related("unit")
                .only(
                    "kind",
                    "init_decision_key",
                    "stage",
                    "status",
                    "crime_date",
                    "is_complex",
                    "is_national_security",
                    "is_sexual_abuse_minor",
                    "is_simplified",
                    "is_special_agency",
                    "is_flagrant",
                    "unit__kind",
                    "next_due_on",
                )
                .order_by("pk")[:CHUNK]
            )
            if not chunk:
                return total
            done = _settle(_records(chunk), day)
        total = Refreshed(*(one + other for one, other in zip(total, done, strict=True)))
        last = chunk[-1].pk
