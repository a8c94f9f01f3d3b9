"""Events of cases and whatever else says how long a file is kept: what the database says, compared with the ledger.

By the events that stand, the kind of the case, its stage, status and heaviest class of crime a period is counted and a case held;
so it is by accused whose proceedings are suspended and by cases it was split from or merged with. Entries of before say less:
what one does not say is not compared until one says it.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from vks_plugin.acts import plain_value
from vks_plugin.cases.actions.proceedings import FROM_ACCUSED, told_time
from vks_plugin.cases.actions.record import heaviest_class
from vks_plugin.cases.models import Accused, CaseChange, CaseFile, Charge, ProceduralEvent, RelatedCase
from vks_plugin.cases.stages import SUSPENDED
from vks_plugin.custody.queries.findings import Finding, of_kind
from vks_plugin.custody.queries.recorded_keeping import Told

TELLS_OF_PROCEEDINGS = frozenset({"case_registered", "event_recorded", "event_withdrawn", "record_changed"})
"""Kinds of entries that say what happened in a case, and what else decides how long it is kept."""
_UNSAID = "unsaid"


class _Event(NamedTuple):
    """An event, by its last entry."""

    event: str
    accused: int | None
    on: str
    time: str | None
    """`_UNSAID`: the entry is from before it said the hour."""
    withdrawn: bool


class _Said:
    """What the entries of a case say."""

    def __init__(self) -> None:
        self.is_whole = False
        """Whether the ledger has the case from its registration on."""
        self.kind: str | None = None
        self.registered: tuple[str, str] | None = None
        """Stage and status in which it was registered."""
        self.stands: tuple[str, str] | None = None
        """Stage and status since the last entry that says so; None: what came after left it open."""
        self.suspended: set[int] | None = None
        """Accused whose proceedings are suspended, of those who were in the case then."""
        self.joined: set[int] = set()
        """Accused entered since, of whom their entry does not say how they stand."""
        self.suspended_at_entry: set[int] | None = None
        """Accused whose proceedings were suspended when they were entered: it never changes, so the first entry that says it holds."""
        self.crime_class: str | None = None
        self.events: dict[int, _Event] = {}
        self.corrected: set[int] = set()
        """Events after which the record they may follow was changed: their day goes by it since."""
        self.relations: dict[int, tuple[str, int | None] | None] = {}
        """Of each row the relation and the other case; None: the entry does not say it."""

    def learn(self, told: Told) -> None:
        """Learn from an entry."""
        data = told.data
        if told.kind == "case_registered":
            self.is_whole, self.kind = True, data["case_kind"]
            self.registered = data["stage"], data["status"]
            if "crime_class" in data:
                self.crime_class, self.stands = data["crime_class"], self.registered
            if "suspended_at_entry" in data:
                self.suspended_at_entry = set(data["suspended_at_entry"])
                self.suspended = {*self.suspended_at_entry}
        elif told.kind == "record_changed":
            self._changed(data)
        else:
            time = data.get("event_time", _UNSAID)
            happened = data["event"], data["accused_id"], data["happened_on"], time
            number = int(data["event_id"])
            self.events[number] = _Event(*happened, withdrawn=told.kind == "event_withdrawn")
            self.corrected.discard(number)
            says = "case_stage" in data
            self.stands = (data["case_stage"], data["case_status"]) if says else None
            self.suspended, self.joined = set(data["suspended"]) if says else None, set()
            self._began(data.get("suspended_at_entry"))

    def _began(self, numbers: Sequence[int] | None, *, entered: int | None = None) -> None:
        """Learn of whom proceedings were suspended on entry; once that is known, of who is entered now alone."""
        if numbers is None:
            if entered is not None:
                # nobody can tell of this one until an entry says it again
                self.suspended_at_entry = None
        elif self.suspended_at_entry is None:
            self.suspended_at_entry = set(numbers)
        elif entered is not None and entered in numbers:
            self.suspended_at_entry.add(entered)

    def _changed(self, data: Mapping[str, Any]) -> None:
        change, subject, row = data["change_kind"], data["subject"], int(data["subject_id"])
        removed = change == CaseChange.Act.REMOVED
        if subject in {"accused", "case"}:
            whose = row if subject == "accused" else None
            self.corrected |= {number for number, event in self.events.items() if event.accused == whose}
        if subject == "accused":
            created, now = change == CaseChange.Act.CREATED, data.get("suspended")
            if now is not None:
                self.suspended, self.joined = set(now), set()
            elif created:
                self.joined.add(row)
            elif removed and self.suspended is not None:
                self.suspended.discard(row)
            self._began(data.get("suspended_at_entry"), entered=row if created else None)
            if removed and self.suspended_at_entry is not None:
                self.suspended_at_entry.discard(row)
        elif subject == "charge":
            self.crime_class = data.get("crime_class")
        elif subject == "relation" and removed:
            self.relations.pop(row, None)
        elif subject == "relation":
            self.relations[row] = (data["relation"], data["related_id"]) if "relation" in data else None


class _Rows:
    """What the database says of some cases."""

    def __init__(self, cases: Sequence[int]) -> None:
        self.cases = {case.pk: case for case in CaseFile.objects.filter(pk__in=cases)}
        self.events: dict[int, dict[int, ProceduralEvent]] = defaultdict(dict)
        self.accused: dict[int, dict[int, Accused]] = defaultdict(dict)
        self.charges: dict[int, list[Charge]] = defaultdict(list)
        self.relations: dict[int, dict[int, tuple[str, int | None]]] = defaultdict(dict)
        for event in ProceduralEvent.objects.filter(case__in=cases).order_by("pk").iterator(chunk_size=2000):
            self.events[event.case_id][event.pk] = event
        whose = ("case_id", "status", "registered_status", *(day for _event, _number, day in FROM_ACCUSED))
        for person in Accused.objects.filter(case__in=cases).order_by("pk").only(*whose).iterator(chunk_size=2000):
            self.accused[person.case_id][person.pk] = person
        charges = Charge.objects.filter(case__in=cases).order_by("pk")
        for charge in charges.only("case_id", "crime_class", "ended_on").iterator(chunk_size=2000):
            self.charges[charge.case_id].append(charge)
        for row in RelatedCase.objects.filter(case__in=cases).order_by("pk"):
            self.relations[row.case_id][row.pk] = row.relation, row.other_id


def proceedings_compared(
    codes: Mapping[int, str], entries: Mapping[int, Sequence[Told]]
) -> Iterator[tuple[int, Finding]]:
    """Yield the case of each event, and of whatever else decides how long it is kept, that is otherwise than the ledger recorded it.

    Args:
        codes: the cases, by their keys.
        entries: of each, those of `TELLS_OF_PROCEEDINGS`, in their order.
    """
    rows = _Rows(list(codes))
    for key, code in codes.items():
        said, case = _Said(), rows.cases.get(key)
        if case is None:
            # it is told by what the ledger has of it
            continue
        for told in entries.get(key, ()):
            try:
                said.learn(told)
            except (KeyError, TypeError, ValueError):
                # what is malformed is named by the check of the entries
                continue
        found = (_events(code, said, case, rows), _case(code, said, case, rows), _relations(code, said, rows, key))
        yield from ((key, finding) for sentences in found for finding in of_kind("proceedings", sentences))


def _events(code: str, said: _Said, case: CaseFile, rows: _Rows) -> Iterator[str]:
    there = rows.events[case.pk]
    for number, told in said.events.items():
        named = {"code": code, "number": number}
        row = there.get(number)
        if row is None:
            yield _("%(code)s: sự kiện tố tụng số %(number)d mà sổ cái đã ghi không còn.") % named
        elif (row.event, row.accused_id) != (told.event, told.accused):
            yield _("%(code)s: sự kiện tố tụng số %(number)d đã bị sửa thành sự kiện khác với sổ cái đã ghi.") % named
        elif (row.withdrawn_at is not None) != told.withdrawn:
            yield (
                _("%(code)s: sự kiện tố tụng số %(number)d được ghi là còn hiệu lực, sổ cái ghi đã rút.") % named
                if told.withdrawn
                else _("%(code)s: sự kiện tố tụng số %(number)d được ghi là đã rút, sổ cái không ghi.") % named
            )
        elif plain_value(row.happened_on) != told.on and not (
            number in said.corrected and _is_corrected(row, case, rows)
        ):
            yield (
                _(
                    "%(code)s: ngày của sự kiện tố tụng số %(number)d đã bị sửa thành %(present)s, sổ cái ghi %(recorded)s."
                )
                % {**named, "present": _day(plain_value(row.happened_on)), "recorded": _day(told.on)}
            )
        elif told.time not in {_UNSAID, told_time(row.happened_at)}:
            yield _("%(code)s: giờ của sự kiện tố tụng số %(number)d đã bị sửa, khác với sổ cái đã ghi.") % named
    followed: set[tuple[str, int | None]] = set()
    for number in sorted(there.keys() - said.events.keys()):
        named, row = {"code": code, "number": number}, there[number]
        alike, of_record = (row.event, row.accused_id), row.event in _days_of_record(case)
        if said.is_whole and of_record and row.withdrawn_at is not None:
            yield _("%(code)s: sự kiện tố tụng số %(number)d được ghi là đã rút, sổ cái không ghi.") % named
        elif not of_record or alike in followed:
            # of what happened before the ledger began, it knows nothing; what follows the record is there once
            if said.is_whole:
                yield _("%(code)s: sự kiện tố tụng số %(number)d có trong hồ sơ mà sổ cái không ghi.") % named
        elif not _is_corrected(row, case, rows):
            yield (
                _("%(code)s: ngày của sự kiện tố tụng số %(number)d khác với ngày quyết định ghi trong hồ sơ.") % named
            )
        followed.add(alike)


def _days_of_record(case: CaseFile) -> dict[str, str]:
    """Return the events that are entered and corrected with the record, not told each by itself, with the field of their day."""
    return {case.kind_data.first_event: "init_decision_date", **{event: day for event, _number, day in FROM_ACCUSED}}


def _is_corrected(row: ProceduralEvent, case: CaseFile, rows: _Rows) -> bool:
    """Tell whether the day of an event is the one the record says; where it says none, or of several alike, nobody can tell."""
    field = _days_of_record(case).get(row.event)
    if field is None:
        return False
    alike = [
        each for each in rows.events[case.pk].values() if (each.event, each.accused_id) == (row.event, row.accused_id)
    ]
    whose = case if row.accused_id is None else rows.accused[case.pk].get(row.accused_id)
    day = getattr(whose, field, None)
    return day in {None, row.happened_on} or len(alike) > 1


def _case(code: str, said: _Said, case: CaseFile, rows: _Rows) -> Iterator[str]:
    named = {"code": code}
    if said.kind is not None and case.kind != said.kind:
        yield _("%(code)s: loại vụ án đã bị sửa, khác với sổ cái đã ghi.") % named
    stands = (case.stage, case.status), (case.registered_stage, case.registered_status)
    if any(told not in {None, now} for told, now in zip((said.stands, said.registered), stands, strict=True)):
        yield _("%(code)s: giai đoạn hoặc trạng thái của vụ án đã bị sửa, khác với sổ cái đã ghi.") % named
    if said.crime_class is not None and {case.crime_class, heaviest_class(rows.charges[case.pk])} != {said.crime_class}:
        yield _("%(code)s: loại tội phạm nặng nhất của vụ án đã bị sửa, khác với sổ cái đã ghi.") % named
    people = rows.accused[case.pk].values()
    if said.suspended is not None:
        now = {person.pk for person in people if person.status == SUSPENDED} - said.joined
        if now != said.suspended:
            yield _("%(code)s: bị can đang tạm đình chỉ khác với sổ cái đã ghi.") % named
    began = {person.pk for person in people if person.registered_status == SUSPENDED}
    if said.suspended_at_entry is not None and said.suspended_at_entry != began:
        yield _("%(code)s: bị can đã tạm đình chỉ khi được ghi vào vụ khác với sổ cái đã ghi.") % named


def _relations(code: str, said: _Said, rows: _Rows, case: int) -> Iterator[str]:
    for number, told in said.relations.items():
        row = rows.relations[case].get(number)
        if row is None or told not in {None, row}:
            yield (
                _("%(code)s: vụ liên quan ở dòng số %(number)d mà sổ cái đã ghi đã bị xóa hoặc sửa.")
                % {"code": code, "number": number}
            )


def _day(text: str) -> str:
    try:
        return f"{dt.date.fromisoformat(text):%d/%m/%Y}"
    except ValueError:
        return text
