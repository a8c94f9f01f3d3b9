"""Moving cases between offices: one case, the trial of a case, or everything of offices that another takes over."""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.access.models import Restructuring
from vks_plugin.access.policy import Decision, Level
from vks_plugin.access.projection import project_case, project_cases
from vks_plugin.access.queries import FACTS, case_decision, leads, may_organize, require, who_can_see
from vks_plugin.access.temporary import close_for_transfer
from vks_plugin.acts import digest_of, tell, tell_each
from vks_plugin.cases.actions.record import lock_case, note_change
from vks_plugin.cases.models import Assignment, CaseChange, CaseDocument, CaseFile
from vks_plugin.cases.stages import PARTS
from vks_plugin.errors import BadInput, Conflict, NotAllowed, NotFound, Unavailable, VksError
from vks_plugin.language import speaking
from vks_plugin.organization import actions as organization_actions
from vks_plugin.organization.models import BY_CODE, Appointment, Department, ProcuracyUnit, UnitSuccession
from vks_plugin.organization.roles import OF_A_DEPARTMENT
from vks_plugin.text import one_line

logger = logging.getLogger("paperless.vks.access")

AT_A_TIME = 25
"""Cases moved in one transaction when an office takes over from others."""
LOST_AFTER = dt.timedelta(minutes=2)
"""Without a sign of a worker for so long, a take-over that one had in hand may be gone on with."""
WAITS_FOR = dt.timedelta(hours=6)
"""How long one that was sent to a worker may wait until it is taken for lost: a morning of scans may stand before it."""
_SLICE = 600
"""Seconds after which a worker makes way for other tasks; the host ends a task that takes half an hour."""


def _decision(text: str, field: str) -> str:
    decision = one_line(text)
    if not decision or len(decision) > 200:
        raise BadInput(_("Hãy ghi số, ngày văn bản làm căn cứ (không quá 200 chữ cái)."), field=field)
    return decision


def _history(actor: User, case: CaseFile, values: list[list[str]], reason: str) -> None:
    """Write one row of the history; each value is a field with what it was and what it is."""
    note_change(
        case=case,
        actor=actor,
        act=CaseChange.Act.CHANGED,
        subject="case",
        subject_id=case.pk,
        label=case.code,
        values=values,
        reason=reason,
        told=True,
    )


def require_transfer(actor: User, case: CaseFile) -> None:
    """Refuse who may not hand a case over to another office.

    Raises:
        NotFound: the actor may not know of the case.
        NotAllowed: the actor leads neither the office that has it nor the one above.
    """
    require(actor, case, Level.METADATA, doing=_("chuyển vụ án"))
    if not may_transfer(actor, case):
        require(actor, case, Level.MANAGE, doing=_("chuyển vụ án"))


def may_transfer(user: User, case: CaseFile) -> bool:
    """Tell whether somebody may hand a case over to another office (`unit` of the case is read)."""
    level = case_decision(user, case).level
    return level >= Level.METADATA and (level >= Level.MANAGE or leads(user, [case.unit_id, case.unit.parent_id]))


@transaction.atomic
def transfer_case(*, actor: User, case: CaseFile, to: ProcuracyUnit, decision: str) -> CaseFile:
    """Hand a case over to another office on behalf of an actor who may (see `move_case`).

    Raises:
        NotFound, NotAllowed: see `require_transfer`.
        BadInput, Conflict: see `move_case`.
    """
    case = lock_case(case)
    require_transfer(actor, case)
    return move_case(actor=actor, case=case, to=to, decision=decision)


TakeOver = Callable[[Restructuring], None]
"""Takes a take-over whose cases have all moved."""
CasesOf = Callable[[Collection[int]], Iterable[int]]
"""Takes old offices; returns the keys of cases that what they have beside their cases is about."""

_taken_over: list[TakeOver] = []
_about: list[CasesOf] = []


def on_taken_over(*followers: TakeOver, about: Iterable[CasesOf] = ()) -> None:
    """Let concepts above hand over what an old office had beside its cases; called when the program starts.

    Args:
        followers: what hands it over.
        about: what tells which cases the followers go on to hold; they are held together, since who holds some and then
            others meets who has them in another order.
    """
    _taken_over[:], _about[:] = followers, about


@dataclass(frozen=True)
class Companion:
    """What offices have beside their cases and that belongs to a case, such as paper; for a concept above."""

    cases: Callable[[Collection[int]], Q]
    """Takes offices by their ids; returns the condition on cases of which something is still with them."""
    move: Callable[[Restructuring, Collection[int]], None]
    """Takes a take-over and cases by their keys, which are held: what is with the old offices passes to who took over."""


_along: list[Companion] = []


def goes_along(*companions: Companion) -> None:
    """Let concepts above take along what belongs to the cases of offices taken over; called when the program starts."""
    _along[:] = companions


def companions() -> list[Companion]:
    """Return what offices have beside their cases."""
    return list(_along)


_waiting: list[Callable[[ProcuracyUnit], int]] = []


def waiting_in(*counts: Callable[[ProcuracyUnit], int]) -> None:
    """Let concepts above count the papers that wait in an office and are in no case yet; called when the program starts."""
    _waiting[:] = counts


_before_leaving: list[Callable[[CaseFile, User], None]] = []


def before_leaving(*looks: Callable[[CaseFile, User], None]) -> None:
    """Let concepts above look at a case before somebody moves it to another office, or refuse; called when the program starts."""
    _before_leaving[:] = looks


@dataclass(frozen=True)
class Consequence:
    """What a transfer does to something a concept above keeps of a case, or leaves where it is."""

    kind: str
    """For programs."""
    label: str
    """In words, with what becomes of it."""
    count: int
    people: list[str]
    """Whom it concerns, as far as the asker may know them; there may be fewer than it counts."""


_consequences: list[Callable[[User, CaseFile], list[Consequence]]] = []


def told_before_leaving(*tellers: Callable[[User, CaseFile], list[Consequence]]) -> None:
    """Let concepts above tell what would follow for what they keep; called when the program starts."""
    _consequences[:] = tellers


def consequences_of(actor: User, case: CaseFile) -> list[Consequence]:
    """Return what would become of what concepts above keep of a case, were it transferred now."""
    return [each for teller in _consequences for each in teller(actor, case)]


@transaction.atomic
def move_case(*, actor: User, case: CaseFile, to: ProcuracyUnit, decision: str) -> CaseFile:
    """Let another office have a case; who worked on it or was let in stops, and the leaders there go on, at this moment (rule V14).

    The code stays: it is on paper already. Who it is assigned to there is for the leaders of that office. Whether the
    actor may is decided before: by `require_transfer`, or by the leader who sent its paper there.

    Args:
        decision: number and day of the paper it rests on.

    Raises:
        BadInput: the office does not use the system, or no paper is named.
        Conflict: it is there already, or on its way with its paper.
    """
    case = lock_case(case)
    check_transfer(case, to=to, decision=decision)
    decision = _decision(decision, "decision")
    for look in _before_leaving:
        look(case, actor)
    organization_actions.refuse_ended_meanwhile(to)
    going = Assignment.objects.filter(case=case, ended_at__isnull=True)
    # before the case is another office's: the actor acts by the post in this one
    tell(
        "case_transferred",
        actor=actor,
        case=case,
        unit_before=case.unit.code,
        unit=to.code,
        assignments_ended=going.count(),
        decision=decision,
        **_papers_of([case])[case.pk],
    )
    close_for_transfer(actor=actor, case=case)
    moved = [["unit", case.unit.name, to.name]]
    if case.department is not None:
        moved.append(["department", str(case.department), ""])
    case.unit, case.department, case.trial_unit, case.leader_in_charge = to, None, None, None
    case.revision += 1
    case.save(update_fields=["unit", "department", "trial_unit", "leader_in_charge", "revision"])
    # also those of people who hold a post there too: the leaders of the office assign anew
    going.update(ended_at=timezone.now())
    _history(actor, case, moved, decision)
    project_case(case)
    told = partial(logger.info, "case %d transferred to unit %d by account %d", case.pk, to.pk, actor.pk)
    transaction.on_commit(told)
    return case


def check_transfer(case: CaseFile, *, to: ProcuracyUnit, decision: str) -> None:
    """Refuse a transfer that could not be made.

    Raises:
        BadInput, Conflict: see `move_case`.
    """
    if to.pk == case.unit_id:
        raise Conflict(_("Vụ án đang do %(unit)s thụ lý.") % {"unit": to.name}, field="to")
    if not to.is_active(timezone.localdate()):
        raise BadInput(_("%(unit)s chưa dùng hệ thống hoặc không còn tồn tại.") % {"unit": to.name}, field="to")
    _decision(decision, "decision")


def _papers_of(cases: Iterable[CaseFile]) -> dict[int, dict[str, Any]]:
    """Return, for each case by its id, what the ledger is told of the documents that lie in it (one query)."""
    found: dict[int, list[tuple[int, str]]] = {case.pk: [] for case in cases}
    filed = CaseDocument.objects.filter(case__in=found)
    for case, document, sha256 in filed.values_list("case_id", "document_id", "sha256"):
        found[case].append((document, sha256))
    return {case: {"documents": len(rows), "digest": digest_of(rows)} for case, rows in found.items()}


@dataclass(frozen=True)
class Handover:
    """Who may view something of a case before and after it is transferred."""

    lose: list[tuple[User, Decision]]
    """With what opens it to them now."""
    gain: list[tuple[User, Decision]]
    keep: list[tuple[User, Decision]]
    follows: list[Consequence]
    """What becomes of paper and loans."""


def try_transfer(*, actor: User, case: CaseFile, to: ProcuracyUnit, decision: str) -> Handover:
    """Return who would lose and gain access; the transfer itself is done and taken back, so that it tells what would happen.

    Raises:
        NotFound, NotAllowed, BadInput, Conflict: see `transfer_case`.
    """
    require_transfer(actor, case)
    follows = consequences_of(actor, case)
    with transaction.atomic():
        before = _readers(case)
        after = _readers(transfer_case(actor=actor, case=case, to=to, decision=decision))
        transaction.set_rollback(True)
    return Handover(
        lose=[pair for pk, pair in before.items() if pk not in after],
        gain=[pair for pk, pair in after.items() if pk not in before],
        keep=[pair for pk, pair in after.items() if pk in before],
        follows=follows,
    )


def _readers(case: CaseFile) -> dict[int, tuple[User, Decision]]:
    found: dict[int, tuple[User, Decision]] = {}
    for part, _label in PARTS:
        for user, decision in who_can_see(case, part):
            found.setdefault(user.pk, (user, decision))
    return found


def offices_for_transfer(case: CaseFile) -> QuerySet[ProcuracyUnit]:
    """Return the offices that could take a case over."""
    day = timezone.localdate()
    return ProcuracyUnit.objects.on(day).filter(active_from__lte=day).exclude(pk=case.unit_id)


def offices_for_trial(case: CaseFile) -> QuerySet[ProcuracyUnit]:
    """Return the offices that could be appointed to appear at the trial of a case (Điều 239): those below its own."""
    return offices_for_transfer(case).filter(parent_id=case.unit_id)


@transaction.atomic
def appoint_trial_unit(*, actor: User, case: CaseFile, unit: ProcuracyUnit | None, decision: str) -> CaseFile:
    """Appoint an office below to appear at the trial of a case of the province (Điều 239), or take that back.

    Args:
        unit: the office; None takes back an appointment.
        decision: number and day of the decision.

    Raises:
        NotFound, NotAllowed: the actor does not lead the office that has the case.
        BadInput: the office is not below it, or no decision is named.
        Conflict: nothing would change, or the office ended meanwhile.
    """
    require(actor, case, Level.MANAGE, doing=_("phân công xét xử"))
    case = lock_case(case)
    if unit is not None and unit.parent_id != case.unit_id:
        raise BadInput(_("Chỉ phân công được cho đơn vị cấp dưới của đơn vị thụ lý."), field="unit")
    if unit is not None and not unit.is_active(timezone.localdate()):
        raise BadInput(_("%(unit)s chưa dùng hệ thống hoặc không còn tồn tại.") % {"unit": unit.name}, field="unit")
    if (unit.pk if unit is not None else None) == case.trial_unit_id:
        raise Conflict(_("Vụ án đang như vậy rồi: không có gì để đổi."), field="unit")
    decision = _decision(decision, "decision")
    if unit is not None:
        organization_actions.refuse_ended_meanwhile(unit)
    before = case.trial_unit.name if case.trial_unit is not None else ""
    code_before = case.trial_unit.code if case.trial_unit is not None else None
    going = Assignment.objects.filter(case=case, role=Assignment.Role.TRIAL_PROSECUTOR, ended_at__isnull=True)
    ended = going.update(ended_at=timezone.now())
    case.trial_unit = unit
    case.revision += 1
    case.save(update_fields=["trial_unit", "revision"])
    _history(actor, case, [["trial_unit", before, unit.name if unit is not None else ""]], decision)
    project_case(case)
    told: dict[str, Any] = {"unit_before": code_before, "assignments_ended": ended, "decision": decision}
    if unit is not None:
        tell("trial_unit_appointed", actor=actor, case=case, unit=unit.code, **told)
    else:
        tell("trial_unit_revoked", actor=actor, case=case, **told)
    return case


@transaction.atomic
def begin_restructuring(
    *,
    actor: User,
    predecessors: Iterable[ProcuracyUnit],
    successor: ProcuracyUnit,
    effective_date: dt.date,
    decision: str,
    carries_posts: bool = True,
    queued: bool = False,
) -> Restructuring:
    """Record that an office takes over from others; `continue_restructuring` then moves their cases.

    Args:
        carries_posts: whether who holds a post in the old offices holds the same in the new one from that day.
        queued: whether a worker is to be sent; otherwise the caller goes on with it.

    Raises:
        NotAllowed: the actor may not.
        BadInput: no old office, one twice, the new one among them, one that others are below, a day to come, or no paper
            named.
        Conflict: one of them has been taken over already, or a take-over it is in is not done.
        Unavailable: the task queue cannot be reached; what was decided is recorded, and can be gone on with.
    """
    chosen = list(predecessors)
    if successor in chosen:
        raise BadInput(_("Hãy chọn các đơn vị cũ, khác đơn vị mới, mỗi đơn vị một lần."), field="predecessors")
    plan = [(old, successor) for old in chosen]
    decision = _check_plan(actor, plan, effective_date, decision)
    for old, new in plan:
        _check_succession(old, new, leaving=chosen, effective_date=effective_date)
    begun = _begin(actor, chosen, successor, effective_date, decision, carries_posts=carries_posts)
    _tell_begun(actor, [begun])
    row, _told = begun
    if queued:
        _queue([row])
    return row


@transaction.atomic
def begin_plan(
    *,
    actor: User,
    plan: Iterable[tuple[ProcuracyUnit, ProcuracyUnit]],
    effective_date: dt.date,
    decision: str,
    carries_posts: bool = True,
    queued: bool = False,
) -> list[Restructuring]:
    """Begin every take-over of a plan by one paper, or none of them: thirteen offices become six in one act.

    Args:
        plan: each old office with the one that takes it over.

    Raises:
        NotAllowed, BadInput, Conflict, Unavailable: see `begin_restructuring`; an old office twice, or one that takes
            over itself. Where one row is wrong, the field is the code of its old office.
    """
    chosen = list(plan)
    decision = _check_plan(actor, chosen, effective_date, decision)
    leaving = [old for old, _new in chosen]
    by_new: dict[ProcuracyUnit, list[ProcuracyUnit]] = {}
    for old, new in chosen:
        try:
            if new in leaving:
                raise BadInput(_("%(unit)s vừa là đơn vị cũ vừa là đơn vị mới.") % {"unit": new.name})
            organization_actions.refuse_ended_meanwhile(new)
            _check_succession(old, new, leaving=leaving, effective_date=effective_date)
        except VksError as error:
            error.field = old.code
            raise
        by_new.setdefault(new, []).append(old)
    begun = [
        _begin(actor, olds, new, effective_date, decision, carries_posts=carries_posts) for new, olds in by_new.items()
    ]
    _tell_begun(actor, begun)
    rows = [row for row, _told in begun]
    if queued:
        _queue(rows)
    return rows


@dataclass(frozen=True)
class Leaving:
    """What goes from one office to the one that takes it over."""

    old: ProcuracyUnit
    new: ProcuracyUnit
    cases: int
    posts: int
    people: int
    """Who hold those posts."""
    paper: int
    """Cases of which paper is with the old office, or on its way from or to it."""
    inbox: int
    """Papers that wait in its inbox."""


@transaction.atomic
def preview_plan(
    *,
    actor: User,
    plan: Iterable[tuple[ProcuracyUnit, ProcuracyUnit]],
    effective_date: dt.date,
    decision: str,
    carries_posts: bool = True,
) -> list[Leaving]:
    """Return what a plan would move, and begin nothing (three queries for each old office, beside those of its beginning).

    Raises:
        NotAllowed, BadInput, Conflict: those `begin_plan` would meet.
    """
    chosen = list(plan)
    found = []
    for old, new in chosen:
        posts = Appointment.objects.not_over(timezone.localdate()).filter(unit=old)
        found.append(
            Leaving(
                old,
                new,
                cases=CaseFile.objects.filter(unit=old).count(),
                posts=posts.count(),
                people=posts.values("user_id").distinct().count(),
                paper=sum(CaseFile.objects.filter(each.cases([old.pk])).count() for each in companions()),
                inbox=sum(counted(old) for counted in _waiting),
            )
        )
    begin_plan(actor=actor, plan=chosen, effective_date=effective_date, decision=decision, carries_posts=carries_posts)
    transaction.set_rollback(True)
    return found


def _check_plan(
    actor: User, plan: list[tuple[ProcuracyUnit, ProcuracyUnit]], effective_date: dt.date, decision: str
) -> str:
    """Refuse what is wrong with a plan as a whole, and hold its offices; return the paper as it is kept.

    Raises:
        NotAllowed, BadInput: see `begin_restructuring`.
    """
    if not may_organize(actor):
        raise NotAllowed(_("Chỉ Viện trưởng tỉnh hoặc quản trị hệ thống của tỉnh sắp xếp được đơn vị."))
    olds = Counter(old for old, _new in plan)
    if not olds:
        raise BadInput(_("Hãy chọn các đơn vị cũ, khác đơn vị mới, mỗi đơn vị một lần."), field="predecessors")
    twice = next((unit for unit, times in olds.items() if times > 1), None)
    if twice is not None:
        raise BadInput(
            _("%(unit)s đứng hai lần trong các đơn vị cũ: mỗi đơn vị cũ chỉ có một đơn vị nhận.")
            % {"unit": twice.name},
            field="predecessors",
        )
    if effective_date > timezone.localdate():
        raise BadInput(_("Chỉ chuyển vụ án từ ngày việc sắp xếp có hiệu lực."), field="effective_date")
    decision = _decision(decision, "decision")
    # of two who send one plan at the same moment the second finds what the first has begun
    offices = {unit.pk for both in plan for unit in both}
    list(ProcuracyUnit.objects.select_for_update(no_key=True).filter(pk__in=offices).order_by("pk").values_list("pk"))
    return decision


def _check_succession(
    old: ProcuracyUnit, new: ProcuracyUnit, *, leaving: list[ProcuracyUnit], effective_date: dt.date
) -> None:
    """Refuse to let one office take over another.

    Args:
        leaving: every office that is taken over by the same paper.

    Raises:
        BadInput, Conflict: see `begin_restructuring`.
    """
    today = timezone.localdate()
    below = ProcuracyUnit.objects.on(today).filter(parent=old).exclude(pk__in=[unit.pk for unit in leaving]).first()
    if below is not None:
        raise BadInput(
            _("%(unit)s thuộc một đơn vị cũ đã chọn: hãy ghi đơn vị cấp trên mới của nó trước.") % {"unit": below.name},
            field="predecessors",
        )
    if not new.is_active(max(effective_date, today)):
        raise BadInput(_("%(unit)s chưa dùng hệ thống hoặc không còn tồn tại.") % {"unit": new.name}, field="successor")
    if UnitSuccession.objects.filter(predecessor=old).exclude(successor=new).exists():
        raise Conflict(_("%(unit)s đã có đơn vị kế thừa khác.") % {"unit": old.name}, field="predecessors")
    # cases would go round, or be counted twice; more may come to an office that others are coming to
    under_way = Restructuring.objects.filter(finished_at__isnull=True)
    for unit, field, found in (
        (old, "predecessors", under_way.filter(Q(predecessors=old) | Q(successor=old))),
        (new, "successor", under_way.filter(predecessors=new)),
    ):
        if found.exists():
            raise Conflict(
                _("%(unit)s đang trong một lần sắp xếp chưa xong: hãy đợi xong, hoặc tiếp tục lần ấy nếu đã dừng.")
                % {"unit": unit.name},
                field=field,
            )


def _begin(
    actor: User,
    chosen: list[ProcuracyUnit],
    successor: ProcuracyUnit,
    effective_date: dt.date,
    decision: str,
    *,
    carries_posts: bool,
) -> tuple[Restructuring, dict[str, Any]]:
    """Record one take-over that was found to be possible; return it, and what the ledger is to be told of it."""
    for unit in chosen:
        UnitSuccession.objects.get_or_create(
            predecessor=unit, successor=successor, defaults={"effective_date": effective_date}
        )
        last = effective_date - dt.timedelta(days=1)
        if (unit.valid_to is None or unit.valid_to > last) and last >= unit.valid_from:
            unit.valid_to = last
            unit.save(update_fields=["valid_to"])
    row = Restructuring.objects.create(
        successor=successor,
        effective_date=effective_date,
        decided_by=decision,
        carries_posts=carries_posts,
        total=CaseFile.objects.filter(unit__in=chosen).count(),
        started_by=actor,
    )
    row.predecessors.set(chosen)
    departments = _Departments(successor)
    for department in _in_use(chosen):
        departments.of(department)
    carried = _carry_posts(row, departments) if carries_posts else 0
    for department in departments.found():
        organization_actions.keep_as_it_is(department)
    told: dict[str, Any] = {
        "restructuring": row.pk,
        "units_before": sorted(unit.code for unit in chosen),
        "unit": successor.code,
        "starts_on": effective_date,
        "cases": row.total,
        "posts": carried,
        "departments": departments.told(),
        "decision": decision,
    }
    return row, told


def _tell_begun(actor: User, begun: list[tuple[Restructuring, dict[str, Any]]]) -> None:
    """Tell the ledger of take-overs, once the posts of all of them are written.

    The chain of what concerns no case is held from the first entry on, and every act holds it last.
    """
    for _row, told in begun:
        tell("restructuring_begun", actor=actor, case=None, **told)


def restructurings_for(actor: User) -> QuerySet[Restructuring]:
    """Return every take-over, newest first.

    Raises:
        NotAllowed: the actor may not restructure.
    """
    if not may_organize(actor):
        raise NotAllowed(_("Chỉ Viện trưởng tỉnh hoặc quản trị hệ thống của tỉnh sắp xếp được đơn vị."))
    return Restructuring.objects.select_related("successor", "started_by").prefetch_related("predecessors")


def restructuring_for(actor: User, pk: int | str) -> Restructuring:
    """Return one take-over.

    Raises:
        NotAllowed: the actor may not restructure.
        NotFound: there is none.
    """
    found = restructurings_for(actor).filter(pk=pk).first()
    if found is None:
        raise NotFound(_("Không có lần sắp xếp này."))
    return found


def is_stopped(row: Restructuring) -> bool:
    """Tell whether nobody seems to have an unfinished take-over in hand, nor to be about to.

    To go on with one that waits in the queue after all does no harm: each case moves once, whoever holds it first.
    """
    return row.finished_at is None and (row.touched_at is None or row.touched_at < timezone.now() - LOST_AFTER)


@transaction.atomic
def resume_restructuring(*, actor: User, pk: int | str) -> Restructuring:
    """Send a worker to go on with a take-over that stopped.

    Raises:
        NotAllowed, NotFound: see `restructuring_for`.
        Conflict: it is done, or a worker has it in hand.
        Unavailable: the task queue cannot be reached; nothing moved.
    """
    restructuring_for(actor, pk)
    row = Restructuring.objects.select_for_update().get(pk=pk)
    if not is_stopped(row):
        raise Conflict(_("Lần sắp xếp này đang chạy hoặc đã xong."))
    _queue([row])
    return row


@dataclass(frozen=True)
class Plan:
    """The take-overs by one paper from one day, and how far they are together."""

    take_overs: list[Restructuring]
    """In the order in which they began; never none."""

    @property
    def pk(self) -> int:
        """The number of the first of them, by which the plan is asked for."""
        return self.take_overs[0].pk

    @property
    def done(self) -> int:
        """Cases moved so far."""
        return sum(row.done for row in self.take_overs)

    @property
    def total(self) -> int:
        """Cases there were at the start."""
        return sum(row.total for row in self.take_overs)

    @property
    def state(self) -> str:
        """`stopped` once one of them waits for somebody to go on with it; else `running` until all are `done`."""
        states = {state_of(row) for row in self.take_overs}
        return next(state for state in ("stopped", "running", "done") if state in states)


def plan_key(row: Restructuring) -> tuple[dt.date, str]:
    """Return what the take-overs of one plan have in common: day and paper."""
    return (row.effective_date, row.decided_by)


def plan_for(actor: User, pk: int | str) -> Plan:
    """Return the plan that a take-over belongs to.

    Raises:
        NotAllowed, NotFound: see `restructuring_for`.
    """
    day, decision = plan_key(restructuring_for(actor, pk))
    together = restructurings_for(actor).filter(effective_date=day, decided_by=decision)
    return Plan(list(together.order_by("pk")))


@transaction.atomic
def resume_plan(*, actor: User, pk: int | str) -> Plan:
    """Send workers to go on with every take-over of a plan that stopped.

    Raises:
        NotAllowed, NotFound: see `restructuring_for`.
        Conflict: none of them has stopped.
        Unavailable: see `resume_restructuring`.
    """
    plan = plan_for(actor, pk)
    keys = [row.pk for row in plan.take_overs]
    list(Restructuring.objects.select_for_update().filter(pk__in=keys).order_by("pk").values_list("pk"))
    plan = plan_for(actor, pk)
    stopped = [row for row in plan.take_overs if is_stopped(row)]
    if not stopped:
        raise Conflict(_("Lần sắp xếp này đang chạy hoặc đã xong."))
    _queue(stopped)
    return plan


def state_of(row: Restructuring) -> str:
    """Return how a take-over stands: `running`, `stopped` or `done`."""
    if row.finished_at is not None:
        return "done"
    return "stopped" if is_stopped(row) else "running"


def _queue(rows: list[Restructuring]) -> None:
    for row in rows:
        row.touched_at = timezone.now() + WAITS_FOR
        row.save(update_fields=["touched_at"])
    transaction.on_commit(partial(_send, rows))


def _send(rows: list[Restructuring]) -> None:
    from vks_plugin.access.tasks import restructure  # noqa: PLC0415 - the task imports this module

    for number, row in enumerate(rows):
        try:
            restructure.apply_async(kwargs={"restructuring_id": row.pk})
        except VksError:
            raise
        except Exception as error:
            # what was decided stays recorded; whoever sees it stopped goes on with it
            Restructuring.objects.filter(pk__in=[each.pk for each in rows[number:]]).update(touched_at=None)
            raise Unavailable(_("Hàng đợi xử lý không hoạt động: hãy báo quản trị, rồi bấm Tiếp tục.")) from error
        row.refresh_from_db()


@transaction.atomic
def send_again(restructuring_id: int) -> None:
    """Send a take-over that made way for other tasks to a worker once more.

    Raises:
        Unavailable: the task queue cannot be reached; it is seen to have stopped.
    """
    _queue([Restructuring.objects.get(pk=restructuring_id)])


def run_restructuring(restructuring_id: int) -> bool:
    """Go on with a take-over for a while; called by the worker. Tell whether there is more to do."""
    row = Restructuring.objects.filter(pk=restructuring_id).first()
    if row is None:
        return False
    # no longer waiting: should this process end before the first few cases have moved, it is soon seen to have stopped
    Restructuring.objects.filter(pk=row.pk, finished_at__isnull=True).update(touched_at=timezone.now())
    began = time.monotonic()
    # its history is kept for whoever reads it, in the language of the offices
    with speaking("vi"):
        for _each in continue_restructuring(row):
            if time.monotonic() - began > _SLICE:
                return row.finished_at is None
    return False


class _Departments:
    """The departments of an office that go on with the cases and posts of those it takes over.

    One of the same name is the same department. A new office that has none gets it, with what it is in charge of; where
    another department has its code already, with the old office in the code.
    """

    def __init__(self, successor: ProcuracyUnit) -> None:
        self._successor = successor
        self._found: dict[int, tuple[Department, Department]] = {}

    def of(self, old: Department) -> Department:
        """Return the department that goes on as an old one; made when there is none."""
        if old.pk not in self._found:
            self._found[old.pk] = (old, goes_on_as(old, self._successor) or self._made(old))
        return self._found[old.pk][1]

    def _made(self, old: Department) -> Department:
        taken = set(self._successor.departments.values_list("code", flat=True))
        code = next(each for each in _codes(old) if each not in taken)
        return Department.objects.create(unit=self._successor, code=code, name=old.name, stages=old.stages)

    def found(self) -> list[Department]:
        """Return those that go on, of the office that takes over."""
        return [new for _old, new in self._found.values()]

    def told(self) -> list[str]:
        """Return which goes on as which, as the ledger is told: by their codes."""
        return sorted(f"{old.unit.code}/{old.code} > {new.unit.code}/{new.code}" for old, new in self._found.values())


def _codes(old: Department) -> Iterator[str]:
    """Return the codes that a department may have in another office, the best first; a code has 16 letters at most."""
    office = old.unit.code.rpartition("-")[2]
    yield old.code
    for number in count(1):
        end = f"-{office}" if number == 1 else f"-{office[:4]}-{number}"
        yield f"{old.code[: 16 - len(end)]}{end}"


def goes_on_as(old: Department, successor: ProcuracyUnit) -> Department | None:
    """Return the department of the same name in another office; None: there is none."""
    # one that has ended goes on as nothing
    there = successor.departments.on(timezone.localdate())
    same = [each for each in there if each.name.casefold() == old.name.casefold()]
    return min(same, key=lambda each: (each.code != old.code, each.code), default=None)


def _in_use(units: Iterable[ProcuracyUnit]) -> QuerySet[Department]:
    """Return the departments of offices that cases lie in, or that somebody has a post in which goes on."""
    posts = Appointment.objects.not_over(timezone.localdate())
    used = Q(pk__in=CaseFile.objects.values("department_id")) | Q(pk__in=posts.values("department_id"))
    return Department.objects.filter(used, unit__in=[unit.pk for unit in units]).select_related("unit")


def departments_of(row: Restructuring) -> list[tuple[Department, Department]]:
    """Return which departments of the old offices go on as which of the new one, for its page."""
    olds = Department.objects.filter(unit__in=row.predecessors.all()).select_related("unit").order_by("unit", *BY_CODE)
    pairs = ((old, goes_on_as(old, row.successor)) for old in olds)
    return [(old, new) for old, new in pairs if new is not None]


def _carry_posts(row: Restructuring, departments: _Departments) -> int:
    """Let who holds a post in an old office hold the same in the new one, so that nobody is without for a moment.

    Returns:
        How many posts that were.
    """
    today = timezone.localdate()
    # those to come too: who was appointed from next month on is so in the new office
    rows = Appointment.objects.not_over(today).select_related("department__unit")
    held: dict[_Held, list[tuple[dt.date, dt.date]]] = defaultdict(list)
    for post in rows.filter(unit=row.successor):
        held[_held_as(post, post.department)].append((post.starts_on, post.ends_on or dt.date.max))
    fresh = []
    for post in rows.filter(unit__in=row.predecessors.all()).order_by("starts_on", F("ends_on").desc(nulls_first=True)):
        department = None if post.department is None else departments.of(post.department)
        kept = held[_held_as(post, department)]
        starts, ends = max(row.effective_date, post.starts_on), post.ends_on or dt.date.max
        # what the person holds there already is not given twice
        for begun, over in sorted(kept):
            if begun <= starts <= over:
                starts = min(over, dt.date.max - dt.timedelta(days=1)) + dt.timedelta(days=1)
        if starts > ends or starts == dt.date.max:
            continue
        kept.append((starts, ends))
        fresh.append(
            Appointment(
                user_id=post.user_id,
                unit=row.successor,
                department=department,
                role=post.role,
                capacity=post.capacity,
                starts_on=starts,
                ends_on=post.ends_on,
            )
        )
    Appointment.objects.bulk_create(fresh)
    organization_actions.synchronise_memberships({post.user_id for post in fresh})
    return len(fresh)


_Held = tuple[int, str, int | None]
"""Person, role, and the department where the role reaches no further than that."""


def _held_as(post: Appointment, department: Department | None) -> _Held:
    within = department.pk if department is not None and post.role in OF_A_DEPARTMENT else None
    return (post.user_id, post.role, within)


def continue_restructuring(row: Restructuring) -> Iterator[Restructuring]:
    """Move the cases that have not moved yet, yielding after each few of them; can be stopped and called again.

    What belongs to a case goes with it; then what the old offices have of other cases. Their posts end once nothing is left.
    """
    old = [unit.pk for unit in row.predecessors.all()]
    names = {unit.pk: unit.name for unit in row.predecessors.all()}
    _wait_for_writers(old)
    while row.finished_at is None:
        with transaction.atomic():
            if keys := _held(Q(unit_id__in=old) | Q(trial_unit_id__in=old)):
                _move(row, keys, names)
            elif others := [(each, keys) for each in _along if (keys := _held(each.cases(old)))]:
                organization_actions.keep_as_it_is(row.successor)
                for companion, keys in others:
                    companion.move(row, keys)
                Restructuring.objects.filter(pk=row.pk).update(touched_at=timezone.now())
            else:
                _finish(row, old)
        yield row


def _wait_for_writers(offices: Iterable[int]) -> None:
    """Wait for acts under way that found these offices there before they ended; acts to come find that they have.

    Each alone, and let go again: an act may go on to hold what a take-over holds.
    """
    for pk in offices:
        with transaction.atomic():
            list(ProcuracyUnit.objects.select_for_update().filter(pk=pk).values_list("pk"))


def _held(wanted: Q) -> list[int]:
    """Return the keys of the next few cases of which this is so, held until the transaction ends."""
    rows = CaseFile.objects.filter(wanted).order_by("pk").select_for_update(of=("self",))
    return list(rows.values_list("pk", flat=True)[:AT_A_TIME])


def _move(row: Restructuring, keys: list[int], names: dict[int, str]) -> None:
    cases = list(CaseFile.objects.filter(pk__in=keys).select_related(*FACTS))
    papers = _papers_of(cases)
    codes = {unit.pk: unit.code for unit in row.predecessors.all()}
    departments = _Departments(row.successor)
    each = []
    moved = 0
    for case in cases:
        trial = codes.get(case.trial_unit_id) if case.trial_unit_id is not None else None
        values: dict[str, Any] = {
            "restructuring": row.pk,
            "unit_before": codes.get(case.unit_id),
            "unit": row.successor.code if case.unit_id in codes else None,
            "trial_unit_before": trial,
            "trial_unit": row.successor.code if trial is not None else None,
            "department_before": None,
            "department": None,
            **papers[case.pk],
        }
        each.append((case, values))
        if case.unit_id in names:
            changed = [["unit", names[case.unit_id], row.successor.name]]
            if case.department is not None:
                new = departments.of(case.department)
                values |= {"department_before": case.department.code, "department": new.code}
                changed.append(["department", str(case.department), str(new)])
                case.department = new
            _history(row.started_by, case, changed, row.decided_by)
            case.unit = row.successor
            moved += 1
        if case.trial_unit_id in names:
            case.trial_unit = row.successor
        case.revision += 1
    CaseFile.objects.bulk_update(cases, ["unit", "department", "trial_unit", "revision"])
    tell_each("case_taken_over", actor=row.started_by, each=each)
    for companion in _along:
        companion.move(row, keys)
    project_cases(cases)
    Restructuring.objects.filter(pk=row.pk).update(done=F("done") + moved, touched_at=timezone.now())
    row.refresh_from_db(fields=["done", "touched_at"])


def _finish(row: Restructuring, old: list[int]) -> None:
    # another worker may have ended it: a plan that waited long in the queue can be gone on with beside it
    still = Restructuring.objects.select_for_update().filter(pk=row.pk, finished_at__isnull=True)
    if not list(still.values_list("pk")):
        row.refresh_from_db(fields=["finished_at"])
        return
    now = timezone.now()
    # before the cases that followers hold, as every act has it
    people = list(Appointment.objects.filter(unit_id__in=old, ended_at__isnull=True).values_list("user_id", flat=True))
    organization_actions.hold_posts(people)
    keys = {key for about in _about for key in about(old)}
    list(CaseFile.objects.select_for_update().filter(pk__in=keys).order_by("pk").values_list("pk"))
    organization_actions.keep_as_it_is(row.successor)
    for follower in _taken_over:
        follower(row)
    ended = Appointment.objects.filter(unit_id__in=old, ended_at__isnull=True).update(ended_at=now)
    organization_actions.synchronise_memberships(people)
    row.finished_at = now
    row.save(update_fields=["finished_at"])
    tell(
        "restructuring_finished",
        actor=row.started_by,
        case=None,
        restructuring=row.pk,
        unit=row.successor.code,
        cases=row.done,
        posts=ended,
    )
