"""Who had the paper of a case from one day to another: the rows that are closed, compared with the entries that made them.

Where paper is now `recorded_paper` compares. Each row of the past is made by one entry and named by its cause and number; the first
may be one that was assumed, of which the entry after it says who gave. Entries of before say less, and so less is compared.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from vks_plugin.acts import plain_value
from vks_plugin.custody.models import Holding, LedgerEntry
from vks_plugin.custody.verify_ledger import LedgerError
from vks_plugin.organization.queries import acting_for

_SLACK = dt.timedelta(hours=1)
"""How far the moment of a row may lie from that of its entry: one act writes both, and a take-over writes those of many cases."""
_MOMENT = dt.timedelta(microseconds=1)


class Told(NamedTuple):
    """An entry, as it is compared here."""

    entry: int
    kind: str
    data: dict[str, Any]
    at: str | None = None
    """When it was written, as it says; None: not compared."""
    actor: Mapping[str, Any] = {}
    """Who acted, as it says: `id` and `name`."""


class Place(NamedTuple):
    """Where a part is by the last entry that says so."""

    known: Mapping[str, Any]
    """Of `unit` (its code; None: an agency outside) and `person_id`, what the entry says."""
    stated: tuple[Told, str] | None = None
    """The entry that has the name of an agency, and its hidden field, where no row of its own has it."""
    agency: str | None = None
    """Its name by the row of the hand-over or loan."""
    named: tuple[Told, str] | None = None
    """The entry that has the name of the person who has it, and its hidden field; no field: the person acted."""


class Step(NamedTuple):
    """An entry by which a part of the paper came to somebody."""

    told: Told
    cause: str
    """Of the row it made, from `Holding.Cause`."""
    reference: int | None
    """Of the row it made; None: the entry does not say it."""
    place: Place
    is_certain: bool = True
    """Whether it made a row; else the entry leaves open whether it did."""
    at: str | None = None
    """When paper changed hands, where the entry says it; to the second."""
    before: Mapping[str, Any] = {}
    """Who had it before: `unit` (a code; None: an agency outside), and `agency`, its name by the row of the hand-over."""

    def made(self, row: Holding, before: Holding | None) -> bool:
        """Tell whether a row, which follows on another, is the one this entry made."""
        if self.cause == Holding.Cause.SUCCESSION and row.cause == Holding.Cause.LOAN:
            # what is lent stays lent, by the same slip
            return before is not None and (before.cause, before.reference) == (row.cause, row.reference)
        return row.cause == self.cause and self.reference in {None, row.reference}


class TimeLine(NamedTuple):
    """The rows of a part of a case, and what the entries say of it."""

    code: str
    label: str
    """Of the part, in the language of the reader."""
    rows: Sequence[Holding]
    """In their order (`unit` is read)."""
    steps: Sequence[Step]
    is_whole: bool
    """Whether the ledger has the case from its registration on."""
    destroyed: Told | None
    """The entry of its disposal."""


def past_keepers(
    line: TimeLine,
    *,
    units: Mapping[str, int],
    is_named: Callable[[Holding, Place], bool],
    is_person_named: Callable[[Holding, Place], bool],
    is_known_from: Callable[[Holding, Told], bool],
) -> Iterator[str]:
    """Yield a sentence for each closed row, and each moment, that is otherwise than the ledger recorded it.

    Args:
        line: what is compared.
        units: keys of offices by their codes.
        is_named: whether an agency outside that had the paper is the one that was recorded.
        is_person_named: whether who had it is written as was recorded.
        is_known_from: whether what told us of a keeper, if anything did, is what an entry recorded.
    """
    rows = line.rows
    if not rows:
        # that nothing is there the comparison of the present says
        return
    named = {"code": line.code, "part": line.label}
    place = 1 if rows[0].cause == Holding.Cause.ASSUMED else 0
    knows = line.is_whole
    for number, step in enumerate(line.steps):
        found = _made_by(step, rows, place)
        if found is None:
            stays = place > 0 and _lets_stay(step, rows[place - 1])
            told_of_present = number == len(line.steps) - 1 and rows[-1].until is not None and line.destroyed is None
            if step.is_certain and not stays and not told_of_present and not _had_left(step, line.steps[number + 1 :]):
                yield (
                    _("%(code)s: lần giữ %(part)s mà sổ cái ghi lúc %(recorded)s không còn.")
                    % {**named, "recorded": _shown(_moment(step.told.at))}
                )
            continue
        yield from _not_told(rows[place:found] if knows else (), named)
        # of before its first entry the ledger of an older case knows nothing
        knows, place = True, found + 1
        yield from _row_otherwise(line, step, found, named, is_named, is_person_named)
        if not is_known_from(rows[found], step.told):
            yield (
                _("%(code)s: căn cứ biết ai giữ %(part)s từ %(since)s đã bị sửa, khác với sổ cái đã ghi.")
                % {**named, "since": _shown(rows[found].since)}
            )
        if found == 1 and rows[0].cause == Holding.Cause.ASSUMED and not _gave(rows[0], step.before, units):
            yield (_("%(code)s: nơi giữ ban đầu của %(part)s đã bị sửa, khác với bên giao mà sổ cái đã ghi.") % named)
    yield from _not_told(rows[place:] if knows else (), named)
    for one, other in pairwise(rows):
        if one.until != other.since:
            yield (
                _("%(code)s: lúc thôi giữ %(part)s (%(until)s) đã bị sửa: lần giữ sau bắt đầu lúc %(since)s.")
                % {**named, "until": _shown(one.until), "since": _shown(other.since)}
            )
    last = rows[-1].until
    if line.destroyed is not None and last is not None:
        ended = _moment(line.destroyed.at)
        if ended is not None and not _is_near(last, max(ended, rows[-1].since)):
            yield (
                _("%(code)s: lúc thôi giữ %(part)s (%(until)s) đã bị sửa: sổ cái ghi hồ sơ tiêu hủy lúc %(since)s.")
                % {**named, "until": _shown(last), "since": _shown(ended)}
            )


def _lets_stay(step: Step, row: Holding) -> bool:
    """Tell whether an entry made no row because the paper lay already where it says."""
    if step.cause == Holding.Cause.PASSED_ON:
        # both are agencies outside, and never the same one
        return False
    if row.cause == Holding.Cause.ASSUMED and step.cause not in {Holding.Cause.HAND_OVER, Holding.Cause.SUCCESSION}:
        # giver and receiver may be one since offices took over; every other act writes a row, or there is nothing to assume
        return False
    return _is_at(row, step.place.known)


def _had_left(step: Step, later: Sequence[Step]) -> bool:
    """Tell whether an office took over what was gone by then, as the paper of the next hand-over states: it never had it."""
    if step.cause != Holding.Cause.SUCCESSION:
        return False
    following = next((each for each in later if each.cause != Holding.Cause.SUCCESSION), None)
    stated, taken = _moment(following.at) if following is not None else None, _moment(step.told.at)
    return stated is not None and taken is not None and stated <= taken


def _made_by(step: Step, rows: Sequence[Holding], place: int) -> int | None:
    # what may have made no row at all must not take that of a later entry
    among = range(place, len(rows) if step.is_certain else min(place + 1, len(rows)))
    return next((each for each in among if step.made(rows[each], rows[each - 1] if each else None)), None)


def _not_told(rows: Sequence[Holding], named: Mapping[str, str]) -> Iterator[str]:
    for row in rows:
        # who has it now is compared by the last entry, whichever row says so
        if row.until is not None:
            yield (
                _("%(code)s: lần giữ %(part)s từ %(since)s được ghi mà sổ cái không ghi.")
                % {**named, "since": _shown(row.since)}
            )


def _row_otherwise(
    line: TimeLine,
    step: Step,
    number: int,
    named: Mapping[str, str],
    is_named: Callable[[Holding, Place], bool],
    is_person_named: Callable[[Holding, Place], bool],
) -> Iterator[str]:
    row, named = line.rows[number], {**named, "since": _shown(line.rows[number].since)}
    if row.until is not None:
        if not _is_at(row, step.place.known):
            yield (
                _("%(code)s: nơi giữ %(part)s từ %(since)s đã bị sửa thành %(present)s, sổ cái ghi %(recorded)s.")
                % {**named, "present": in_words(_now(row)), "recorded": in_words(step.place.known)}
            )
        elif line.destroyed is None and not is_named(row, step.place):
            # with a file that is disposed of, the names written beside it go
            yield (
                _("%(code)s: tên cơ quan ngoài giữ %(part)s từ %(since)s đã bị sửa, khác với sổ cái đã ghi.") % named
            )
        elif line.destroyed is None and not is_person_named(row, step.place):
            yield _("%(code)s: tên người giữ %(part)s từ %(since)s đã bị sửa, khác với sổ cái đã ghi.") % named
    if not _is_dated(row, step, line.rows[number - 1] if number else None):
        yield (
            _("%(code)s: lúc bắt đầu giữ %(part)s (%(since)s) đã bị sửa, sổ cái ghi %(recorded)s.")
            % {**named, "recorded": _shown(_moment(step.at) or _moment(step.told.at))}
        )


def _now(row: Holding) -> dict[str, Any]:
    return {"unit": row.unit.code if row.unit is not None else None, "person_id": row.person_id}


def _is_at(row: Holding, known: Mapping[str, Any]) -> bool:
    now = _now(row)
    return all(now[name] == value for name, value in known.items())


def _gave(row: Holding, before: Mapping[str, Any], units: Mapping[str, int]) -> bool:
    """Tell whether who was assumed to have the paper is who gave it, or an office that took over from that one."""
    if row.person_id is not None:
        # of nobody is that assumed
        return False
    if "unit" not in before:
        return True
    if before["unit"] is None or row.unit_id is None:
        agency = before.get("agency")
        return before["unit"] is None and row.unit_id is None and (agency is None or row.agency == agency)
    giver = units.get(before["unit"])
    # an office that is known no more cannot be compared
    return giver is None or giver in acting_for([row.unit_id]) or row.unit_id in acting_for([giver])


def _is_dated(row: Holding, step: Step, before: Holding | None) -> bool:
    """Tell whether paper came to somebody at the moment the entry says."""
    written, stated = _moment(step.told.at), _moment(step.at)
    if written is None:
        return True
    if stated is not None and not _is_near(stated, written):
        # on paper, days before it was recorded; never before the one who gave it got it
        expected = stated if before is None else max(stated, before.since + _MOMENT)
        return bool(plain_value(row.since) == plain_value(expected))
    if _is_near(row.since, written) or (before is not None and row.since == before.since + _MOMENT > written):
        return True
    # a clock that was set back dates no entry before the one it follows: when it was written nobody can say
    return row.since < written and _was_held_back(step.told)


def is_moment_of(text: Any, told: Told) -> bool:
    """Tell whether what a row says of when something was done is when the entry of it was written, as nearly as one can say."""
    moment, written = _moment(text), _moment(told.at)
    if moment is None or written is None:
        return moment is not None
    return _is_near(moment, written) or (moment < written and _was_held_back(told))


def _was_held_back(told: Told) -> bool:
    entry = LedgerEntry.objects.filter(pk=told.entry).first()
    if entry is None:
        return False
    before = LedgerEntry.objects.filter(ledger=entry.ledger, seq=entry.seq - 1).first()
    try:
        return before is not None and bool(before.said["at"] == told.at)
    except (LedgerError, KeyError, TypeError):
        return False


def _is_near(one: dt.datetime, other: dt.datetime) -> bool:
    return abs(one - other) <= _SLACK


def _moment(text: Any) -> dt.datetime | None:
    """Return a moment an entry states; None: it states none, or what nobody can read."""
    try:
        found = parse_datetime(text)
    except (TypeError, ValueError):
        return None
    return found if found is not None and timezone.is_aware(found) else None


def _shown(moment: dt.datetime | None) -> str:
    return f"{timezone.localtime(moment):%H:%M:%S %d/%m/%Y}" if moment is not None else "—"


def in_words(known: Mapping[str, Any]) -> str:
    """Return who has paper, as an entry or a row knows it."""
    unit, person = known.get("unit", ""), known.get("person_id")
    said = [_("cơ quan ngoài hệ thống") if unit is None else str(unit)] if unit != "" else []
    said += [_("tài khoản số %(number)d") % {"number": person}] if isinstance(person, int) else []
    return ", ".join(said)
