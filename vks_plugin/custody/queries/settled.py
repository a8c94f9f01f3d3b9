"""Volumes and exhibits that did not come along with their file and that a leader took for lost, or for kept for good.

Nobody waits for such a piece: it keeps the file out of nothing, and nobody hands it on. It stays told of, with who said so.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from vks_plugin.access.policy import LEADING
from vks_plugin.access.queries import holds_post
from vks_plugin.custody.handing import KEPT
from vks_plugin.custody.models import HandOver, Keeper, Loan
from vks_plugin.custody.queries.holding import holder_of, keeps_paper
from vks_plugin.custody.queries.loans import goes_back_to
from vks_plugin.organization.models import ProcuracyUnit
from vks_plugin.organization.queries import acting_for, present_office
from vks_plugin.text import folded

VOLUME, EXHIBIT = "volume", "exhibit"
"""Kinds of pieces."""


@dataclass(frozen=True)
class Settled:
    """A piece that nobody waits for, from one moment until it was found, if it was."""

    piece: str
    """`VOLUME` or `EXHIBIT`."""
    number: int
    """Number of the volume, or id of the exhibit."""
    outcome: str
    """Of `custody.handing.SETTLEMENTS`."""
    at: dt.datetime
    by: str
    reason: str
    """Empty once the file was disposed of."""
    found_at: dt.datetime | None
    hand_over: HandOver
    """The one it was missing from (`giver_unit` is read)."""
    found_by: str = ""
    """Who recorded that it was found."""
    found_where: str = ""
    """Where it turned up; empty once the file was disposed of."""

    def is_so_at(self, moment: dt.datetime | None) -> bool:
        """Tell whether it was settled at a moment; None: whether it is now."""
        if moment is None:
            return self.found_at is None
        return self.at <= moment and (self.found_at is None or self.found_at > moment)

    @property
    def place(self) -> str:
        """Who has it for good, in words; empty: it is lost."""
        return left_with(self.hand_over) if self.outcome == KEPT else ""

    @property
    def words(self) -> str:
        """What became of it, who said so and why."""
        return self.words_on(None)

    def words_on(self, at: dt.datetime | None) -> str:
        """Return the same as it was said at a moment: who has it by the name of that day; None: of today."""
        place = left_with(self.hand_over, at)
        became = _("%(keeper)s giữ hẳn") % {"keeper": place} if self.outcome == KEPT else _("thất lạc")
        day = f"{timezone.localtime(self.at):%d/%m/%Y}"
        decided = _("lãnh đạo %(by)s quyết định ngày %(day)s") % {"by": self.by, "day": day}
        return f"{became} ({decided}: {self.reason})" if self.reason else f"{became} ({decided})"


def left_with(row: HandOver, at: dt.datetime | None = None) -> str:
    """Return in words who has what did not come along at a hand-over, today or at a moment: offices are taken over."""
    day = timezone.localdate(at) if at is not None else None
    return present_office(row.giver_unit, day).name if row.giver_unit is not None else row.giver_agency


def settled_at(row: HandOver) -> list[Settled]:
    """Return all that was ever settled of what a hand-over was missing, as it was said.

    What somebody damaged in the database says nothing: the comparison with the ledger names it, and pages of everything
    else are shown.
    """
    pieces = row.settled_pieces if isinstance(row.settled_pieces, list) else []
    found = (_settled(row, each) for each in pieces)
    return [each for each in found if each is not None]


def _settled(row: HandOver, said: Any) -> Settled | None:
    try:
        found_at, number = said["found_at"], int(said["number"])
        words = [str(said[name]) for name in ("piece", "outcome", "by", "reason")]
        moments = _moment(said["at"]), _moment(found_at) if found_at is not None else None
        finding = _finding(row, found_at)
    except (KeyError, TypeError, ValueError):
        return None
    (piece, outcome, by, reason), (at, found) = words, moments
    return Settled(piece, number, outcome, at, by, reason, found, row, *finding)


def _finding(row: HandOver, found_at: str | None) -> tuple[str, str]:
    """Return who recorded that a piece was found, and where it was, by the step of that act: it is noted down right after."""
    if found_at is None:
        return "", ""
    moment = _moment(found_at)
    steps = (each for each in row.steps if each["act"] == "find" and _moment(each["at"]) >= moment)
    step = next(steps, None)
    return (step["by"], step["text"]) if step is not None else ("", "")


def _moment(text: str) -> dt.datetime:
    found = parse_datetime(text)
    if found is None:
        message = f"{text} is no moment"
        raise ValueError(message)
    return found


def settled_ever(cases: Collection[int], part: str = "hsva") -> Iterator[Settled]:
    """Yield all that was ever settled of a part of these cases, given by their keys (one query)."""
    rows = HandOver.objects.filter(case__in=cases, part=part, state="da_nhan").exclude(settled_pieces=[])
    for row in rows.select_related("giver_unit").order_by("pk"):
        yield from settled_at(row)


def settled_of(cases: Collection[int], part: str = "hsva") -> list[Settled]:
    """Return what nobody waits for now of a part of these cases (one query)."""
    return [each for each in settled_ever(cases, part) if each.is_so_at(None)]


def numbers_settled(case: int, part: str, piece: str) -> dict[int, Settled]:
    """Return which volumes, or exhibits, of a part nobody waits for now, by their numbers (one query)."""
    return {each.number: each for each in settled_of([case], part) if each.piece == piece}


def _keeper_of_rest(row: HandOver) -> Keeper:
    """Return who has the part by now; of what is lent, who lent it, to whom it comes back."""
    held = holder_of(row.case, row.part)
    if held.is_lent and held.holding is not None and held.holding.reference is not None:
        lent = Loan.objects.select_related("case__unit").get(pk=held.holding.reference)
        return goes_back_to(lent) or held.keeper
    return held.keeper


def lies_with_rest(row: HandOver) -> bool:
    """Tell whether who kept a piece back has the rest by now: the file came back there, or the two offices are one."""
    keeper = _keeper_of_rest(row)
    if row.giver_unit is None:
        return keeper.unit is None and folded(keeper.agency) == folded(row.giver_agency)
    if keeper.unit is None or keeper.unit.pk not in acting_for([row.giver_unit.pk]):
        return False
    # what a person kept of a file that stays in the office is with that person
    return row.direction != "noi_bo" or row.giver_person_id == (keeper.person.pk if keeper.person is not None else None)


def kept_from_itself(cases: Collection[int]) -> dict[int, list[str]]:
    """Return of which case files something was taken for kept for good by who has the file by now, with the numbers of the records.

    The file came back there, or two offices became one: what is said to be elsewhere lies in the same hands (one query, and
    some for each hand-over).
    """
    rows = {each.hand_over.pk: each.hand_over for each in settled_of(cases) if each.outcome == KEPT}
    found: dict[int, list[str]] = {}
    for row in rows.values():
        if lies_with_rest(row):
            found.setdefault(row.case_id, []).append(row.written_number)
    return found


def found_before(numbers: Collection[str]) -> str:
    """Return in words what is to be done first about such a file."""
    return _(
        "tập, vật chứng ghi là giữ hẳn nay ở cùng nơi với hồ sơ: ghi “Đã tìm thấy” ở biên bản %(numbers)s trước"
    ) % {"numbers": ", ".join(numbers)}


def came_to_ours(row: HandOver) -> ProcuracyUnit | None:
    """Return the office of ours that has the rest of what an agency outside received, where it is not the one that gave it."""
    if row.receiver_unit is not None or row.giver_unit is None:
        return None
    unit = _keeper_of_rest(row).unit
    return None if unit is None or unit.pk in acting_for([row.giver_unit.pk]) else unit


def office_owed(row: HandOver) -> ProcuracyUnit:
    """Return the office that waits for what did not come along, and so may say that it waits no more.

    The one that received the rest, or took over from it; once the rest is elsewhere and the case another office's, that one,
    unless it is who kept the piece. Of what an agency outside waits for, our office that kept it: it records both sides; once
    the agency gave the rest to another office of ours, that of the case, or that other where it is the case's that kept it and
    the other one still has to do with the case: nobody there could open the hand-over otherwise.
    """
    case = row.case
    of_case = present_office(case.unit)
    kept_it = row.giver_unit is not None and present_office(row.giver_unit).pk == of_case.pk
    if row.receiver_unit is None:
        assert row.giver_unit is not None  # noqa: S101 - the database keeps hand-overs to two sides, of which one is ours
        passed_on = came_to_ours(row)
        if passed_on is None:
            return present_office(row.giver_unit)
        around = {each for each in (case.unit_id, case.unit.parent_id, case.trial_unit_id) if each is not None}
        reaches = passed_on.pk in acting_for(around)
        return present_office(passed_on) if kept_it and reaches else of_case
    received = present_office(row.receiver_unit)
    held = holder_of(case, row.part).keeper.unit
    has_the_rest = held is not None and received.pk in acting_for([held.pk])
    return received if has_the_rest or kept_it else of_case


def may_settle(user: User, row: HandOver) -> bool:
    """Tell whether the person leads the office that is owed what did not come along."""
    return holds_post(user, LEADING, acting_for([office_owed(row).pk]))


def may_find(user: User, row: HandOver) -> bool:
    """Tell whether the person may record that what was settled is there: whoever keeps the paper of the office owed, or of the case's."""
    return keeps_paper(user, row.case, [office_owed(row).pk, row.case.unit_id])


def acts_on_rest(user: User, row: HandOver) -> list[str]:
    """Return what the person may do now about what did not come along: `settle`, `find`."""
    if row.state != "da_nhan" or row.case.destroyed_at is not None:
        return []
    found = ["settle"] if (row.outstanding or row.outstanding_exhibits) and may_settle(user, row) else []
    settled = any(each.is_so_at(None) for each in settled_at(row))
    return found + (["find"] if settled and may_find(user, row) else [])
