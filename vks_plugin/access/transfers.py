"""Moving cases between offices: one case, the trial of a case, or everything of offices that another takes over."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterable, Iterator

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.access.models import Restructuring
from vks_plugin.access.policy import Level
from vks_plugin.access.projection import project_case, project_cases
from vks_plugin.access.queries import FACTS, leads, require
from vks_plugin.cases.actions.record import lock_case, note_change
from vks_plugin.cases.models import Assignment, CaseChange, CaseFile
from vks_plugin.errors import BadInput, Conflict, NotAllowed
from vks_plugin.organization import actions as organization_actions
from vks_plugin.organization.models import Appointment, ProcuracyUnit, UnitSuccession
from vks_plugin.organization.queries import posts_in_force
from vks_plugin.text import one_line

logger = logging.getLogger("paperless.vks.access")

AT_A_TIME = 25
"""Cases moved in one transaction when an office takes over from others."""


def _decision(text: str, field: str) -> str:
    decision = one_line(text)
    if not decision or len(decision) > 200:
        raise BadInput(_("Hãy ghi số, ngày văn bản làm căn cứ (không quá 200 chữ cái)."), field=field)
    return decision


def _history(actor: User, case: CaseFile, field: str, before: str, after: str, reason: str) -> None:
    note_change(
        case=case,
        actor=actor,
        act=CaseChange.Act.CHANGED,
        subject="case",
        subject_id=case.pk,
        label=case.code,
        values=[[field, before, after]],
        reason=reason,
    )


@transaction.atomic
def transfer_case(*, actor: User, case: CaseFile, to: ProcuracyUnit, decision: str) -> CaseFile:
    """Hand a case over to another office; who worked on it here stops, and the leaders there go on, at this moment.

    The code stays: it is on paper already. Who it is assigned to there is for the leaders of that office.

    Args:
        decision: number and day of the paper it rests on.

    Raises:
        NotFound: the actor may not know of the case.
        NotAllowed: the actor leads neither the office that has it nor the one above.
        BadInput: the office does not use the system, or no paper is named.
        Conflict: it is there already.
    """
    require(actor, case, Level.METADATA, doing=_("chuyển vụ án"))
    case = lock_case(case)
    if not leads(actor, [case.unit_id, case.unit.parent_id]):
        require(actor, case, Level.MANAGE, doing=_("chuyển vụ án"))
    if to.pk == case.unit_id:
        raise Conflict(_("Vụ án đang do %(unit)s thụ lý.") % {"unit": to.name}, field="to")
    if not to.is_active(timezone.localdate()):
        raise BadInput(_("%(unit)s chưa dùng hệ thống hoặc không còn tồn tại.") % {"unit": to.name}, field="to")
    decision = _decision(decision, "decision")
    before = case.unit.name
    case.unit, case.department, case.trial_unit, case.leader_in_charge = to, None, None, None
    case.revision += 1
    case.save(update_fields=["unit", "department", "trial_unit", "leader_in_charge", "revision"])
    # also those of people who hold a post there too: the leaders of the office assign anew
    Assignment.objects.filter(case=case, ended_at__isnull=True).update(ended_at=timezone.now())
    _history(actor, case, "unit", before, to.name, decision)
    project_case(case)
    logger.info("case %d transferred to unit %d by account %d", case.pk, to.pk, actor.pk)
    return case


@transaction.atomic
def appoint_trial_unit(*, actor: User, case: CaseFile, unit: ProcuracyUnit | None, decision: str) -> CaseFile:
    """Appoint an office below to appear at the trial of a case of the province (Điều 239), or take that back.

    Args:
        unit: the office; None takes back an appointment.
        decision: number and day of the decision.

    Raises:
        NotFound, NotAllowed: the actor does not lead the office that has the case.
        BadInput: the office is not below it, or no decision is named.
        Conflict: nothing would change.
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
    before = case.trial_unit.name if case.trial_unit is not None else ""
    Assignment.objects.filter(case=case, role=Assignment.Role.TRIAL_PROSECUTOR, ended_at__isnull=True).update(
        ended_at=timezone.now()
    )
    case.trial_unit = unit
    case.revision += 1
    case.save(update_fields=["trial_unit", "revision"])
    _history(actor, case, "trial_unit", before, unit.name if unit is not None else "", decision)
    project_case(case)
    return case


def may_restructure(actor: User) -> bool:
    """Tell whether the person may let one office take over from others: who keeps the system for the province."""
    return actor.is_active and (
        actor.is_superuser
        or any(
            role in {"system_admin", "chief_procurator"} and unit.kind == ProcuracyUnit.Kind.PROVINCE
            for role, unit in posts_in_force(actor)
        )
    )


@transaction.atomic
def begin_restructuring(
    *,
    actor: User,
    predecessors: Iterable[ProcuracyUnit],
    successor: ProcuracyUnit,
    effective_date: dt.date,
    decision: str,
    carries_posts: bool = True,
) -> Restructuring:
    """Record that an office takes over from others; `continue_restructuring` then moves their cases.

    Args:
        carries_posts: whether who holds a post in the old offices holds the same in the new one from that day.

    Raises:
        NotAllowed: the actor may not.
        BadInput: no old office, one twice, the new one among them, a day to come, or no paper named.
        Conflict: one of them has been taken over already.
    """
    if not may_restructure(actor):
        raise NotAllowed(_("Chỉ Viện trưởng tỉnh hoặc quản trị hệ thống của tỉnh sắp xếp được đơn vị."))
    chosen = list(predecessors)
    if not chosen or successor in chosen or len({unit.pk for unit in chosen}) != len(chosen):
        raise BadInput(_("Hãy chọn các đơn vị cũ, khác đơn vị mới, mỗi đơn vị một lần."), field="predecessors")
    if effective_date > timezone.localdate():
        raise BadInput(_("Chỉ chuyển vụ án từ ngày việc sắp xếp có hiệu lực."), field="effective_date")
    if not successor.is_active(max(effective_date, timezone.localdate())):
        raise BadInput(
            _("%(unit)s chưa dùng hệ thống hoặc không còn tồn tại.") % {"unit": successor.name}, field="successor"
        )
    decision = _decision(decision, "decision")
    taken = UnitSuccession.objects.filter(predecessor__in=chosen).exclude(successor=successor).first()
    if taken is not None:
        raise Conflict(
            _("%(unit)s đã có đơn vị kế thừa khác.") % {"unit": taken.predecessor.name}, field="predecessors"
        )
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
    if carries_posts:
        _carry_posts(row)
    return row


def _carry_posts(row: Restructuring) -> None:
    """Let who holds a post in an old office hold the same in the new one, so that nobody is without for a moment."""
    held = set(
        Appointment.objects.in_force(timezone.localdate()).filter(unit=row.successor).values_list("user", "role")
    )
    fresh = []
    for post in Appointment.objects.in_force(timezone.localdate()).filter(unit__in=row.predecessors.all()):
        if (post.user_id, post.role) in held:
            continue
        held.add((post.user_id, post.role))
        fresh.append(
            Appointment(
                user_id=post.user_id,
                unit=row.successor,
                role=post.role,
                capacity=post.capacity,
                starts_on=max(row.effective_date, post.starts_on),
                ends_on=post.ends_on,
            )
        )
    Appointment.objects.bulk_create(fresh)
    organization_actions.synchronise_memberships({post.user_id for post in fresh})


def continue_restructuring(row: Restructuring) -> Iterator[Restructuring]:
    """Move the cases that have not moved yet, yielding after each few of them; can be stopped and called again.

    The posts in the old offices end once nothing is left there.
    """
    old = [unit.pk for unit in row.predecessors.all()]
    names = {unit.pk: unit.name for unit in row.predecessors.all()}
    while row.finished_at is None:
        with transaction.atomic():
            waiting = CaseFile.objects.filter(Q(unit_id__in=old) | Q(trial_unit_id__in=old)).order_by("pk")
            keys = list(waiting.select_for_update(of=("self",)).values_list("pk", flat=True)[:AT_A_TIME])
            if not keys:
                _finish(row, old)
            else:
                _move(row, keys, names)
        yield row


def _move(row: Restructuring, keys: list[int], names: dict[int, str]) -> None:
    cases = list(CaseFile.objects.filter(pk__in=keys).select_related(*FACTS))
    moved = 0
    for case in cases:
        if case.unit_id in names:
            _history(row.started_by, case, "unit", names[case.unit_id], row.successor.name, row.decided_by)
            case.unit, case.department = row.successor, None
            moved += 1
        if case.trial_unit_id in names:
            case.trial_unit = row.successor
        case.revision += 1
    CaseFile.objects.bulk_update(cases, ["unit", "department", "trial_unit", "revision"])
    project_cases(cases)
    Restructuring.objects.filter(pk=row.pk).update(done=F("done") + moved)
    row.refresh_from_db(fields=["done"])


def _finish(row: Restructuring, old: list[int]) -> None:
    now = timezone.now()
    people = list(Appointment.objects.filter(unit_id__in=old, ended_at__isnull=True).values_list("user_id", flat=True))
    Appointment.objects.filter(unit_id__in=old, ended_at__isnull=True).update(ended_at=now)
    organization_actions.synchronise_memberships(people)
    row.finished_at = now
    row.save(update_fields=["finished_at"])
