"""Acts that change who may see what."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.access.models import GrantSweep
from vks_plugin.access.policy import LEADING, OF_HIGHER_UNIT, OF_TRIAL_UNIT, POSTS_FOR, Level
from vks_plugin.access.projection import hold_case, project_case, project_each
from vks_plugin.access.queries import (
    case_decision,
    facts_of,
    handles_appeal,
    leads,
    require,
    require_calendar,
    units_to_appoint_in,
    units_to_register_in,
)
from vks_plugin.access.temporary import close_what_is_over
from vks_plugin.acts import tell
from vks_plugin.cases import actions as case_actions
from vks_plugin.cases.actions import ChargeInput, Grown
from vks_plugin.cases.actions import folios as folio_actions
from vks_plugin.cases.actions import inventories as inventory_actions
from vks_plugin.cases.actions.calendar import set_calendar_days
from vks_plugin.cases.actions.proceedings import typed
from vks_plugin.cases.actions.record import lock_case, told_of_assignment
from vks_plugin.cases.actions.registration import no_such_case
from vks_plugin.cases.actions.rules import refuse_destroyed
from vks_plugin.cases.models import (
    Accused,
    Assignment,
    CalendarDay,
    CaseFile,
    Charge,
    DocumentInventory,
    Folio,
    FolioExplanation,
    ProceduralEvent,
    Volume,
)
from vks_plugin.cases.proceedings import TO_ARCHIVE
from vks_plugin.errors import BadInput, Conflict, NotAllowed, NotFound
from vks_plugin.organization import actions as organization_actions
from vks_plugin.organization.letters import in_office, write_to
from vks_plugin.organization.models import Appointment, ProcuracyUnit
from vks_plugin.organization.queries import colleagues, display_name
from vks_plugin.organization.roles import OF_A_DEPARTMENT, Role

logger = logging.getLogger("paperless.vks.access")


@transaction.atomic
def register_case(
    *,
    actor: User,
    unit: ProcuracyUnit,
    digitise_myself: bool = True,
    lead: User | None = None,
    **fields: Any,
) -> CaseFile:
    """Register a case in one of the actor's units.

    Args:
        actor: who registers.
        unit: where.
        digitise_myself: whether the actor is to scan and file the papers; without that, somebody who is
            not assigned may not read what is filed.
        lead: the prosecutor who is to lead the case, where the actor may assign.
        fields: see `vks_plugin.cases.actions.create_case`.

    Raises:
        NotAllowed: the actor has no post in that unit that registers cases, or may not assign somebody there; or the
            unit does not use the system.
        BadInput, Conflict: see `create_case` and `assign`.
    """
    _may_register(actor, unit)
    _check_leader(fields.get("leader_in_charge"), unit)
    case, made = case_actions.create_case(actor=actor, unit=unit, **fields)
    if made and digitise_myself:
        mine = Assignment.objects.create(
            case=case,
            user=actor,
            role=Assignment.Role.SCAN_OPERATOR,
            starts_on=timezone.localdate(),
            assigned_by=actor,
        )
        tell("assigned", actor=actor, case=case, **told_of_assignment(mine))
    if made and lead is not None:
        try:
            assign(actor=actor, case=case, user=lead, role=Assignment.Role.PROSECUTOR_LEAD)
        except BadInput as error:
            raise BadInput(error.message, field="lead") from error
    return case


def _may_register(actor: User, unit: ProcuracyUnit) -> None:
    if not units_to_register_in(actor).filter(pk=unit.pk).exists():
        raise NotAllowed(
            _(
                "Bạn không đăng ký được vụ án cho %(unit)s: cần có chức danh tại đơn vị, và đơn vị phải đang dùng hệ thống."
            )
            % {"unit": unit.name},
            field="unit",
        )


@transaction.atomic
def edit_case(*, actor: User, case: CaseFile, values: Mapping[str, Any], **more: Any) -> CaseFile:
    """Change fields of the case itself, on behalf of an actor who may; what it opens or closes follows at once.

    Raises:
        NotFound, NotAllowed: the actor may not work on this case, or may not open a restricted one to more people; or, while
            the archive has it, does not lead its office and would change who may know of it.
        BadInput, Conflict: see `vks_plugin.cases.actions.edit_case`.
    """
    require(actor, case, Level.CONTRIBUTE, doing=_("sửa hồ sơ"))
    _check_leader(values.get("leader_in_charge"), case.unit)
    # as it is now, not as it was when it was read: somebody may have restricted it meanwhile
    held = lock_case(case)
    before = held.confidentiality
    after = values.get("confidentiality", before)
    if before == CaseFile.Confidentiality.RESTRICTED != after:
        require(actor, case, Level.MANAGE, doing=_("bỏ hạn chế nội bộ"))
    if held.archived_at is not None and before != after:
        # what the archive has is no longer theirs who worked on it: nobody else takes it from its readers
        require(actor, case, Level.MANAGE, doing=_("đổi độ nhạy cảm của hồ sơ đã nộp lưu"))
    return case_actions.edit_case(actor=actor, case=case, values=values, **more)


def _check_leader(leader: User | None, unit: ProcuracyUnit) -> None:
    if leader is not None and not _posted(leader, unit, timezone.localdate()):
        raise BadInput(
            _("Người này không có chức danh tại đơn vị thụ lý hoặc đơn vị cấp trên."), field="leader_in_charge"
        )


def add_entry(*, actor: User, case: CaseFile, part: str, values: Mapping[str, Any], reason: str = "") -> Any:
    """Add a row to a part of the record, on behalf of an actor who may.

    Raises:
        NotFound, NotAllowed: the actor may not work on this case.
        BadInput, Conflict: see `vks_plugin.cases.actions.add_entry`.
    """
    require(actor, case, Level.CONTRIBUTE, doing=_("sửa hồ sơ"))
    _own_relations_only(actor, values)
    return case_actions.add_entry(actor=actor, case=case, part=part, values=values, reason=reason)


def change_entry(*, actor: User, entry: Any, values: Mapping[str, Any], reason: str = "", seen: str = "") -> Any:
    """Change a row of the record, on behalf of an actor who may.

    Raises:
        NotFound, NotAllowed: the actor may not work on this case.
        BadInput, Conflict: see `vks_plugin.cases.actions.change_entry`.
    """
    require(actor, entry.case, Level.CONTRIBUTE, doing=_("sửa hồ sơ"))
    _own_relations_only(actor, values)
    return case_actions.change_entry(actor=actor, entry=entry, values=values, reason=reason, seen=seen)


def remove_entry(*, actor: User, entry: Any, reason: str) -> None:
    """Take a row out of the record, on behalf of an actor who may.

    Raises:
        NotFound, NotAllowed: the actor may not work on this case.
        BadInput, Conflict: see `vks_plugin.cases.actions.remove_entry`.
    """
    require(actor, entry.case, Level.CONTRIBUTE, doing=_("sửa hồ sơ"))
    case_actions.remove_entry(actor=actor, entry=entry, reason=reason)


def charge(*, actor: User, case: CaseFile, accused: Accused | None, given: ChargeInput, reason: str = "") -> Charge:
    """Charge somebody, on behalf of an actor who may.

    Raises:
        NotFound, NotAllowed: the actor may not work on this case.
        BadInput: see `vks_plugin.cases.actions.charge_values`.
    """
    require(actor, case, Level.CONTRIBUTE, doing=_("sửa hồ sơ"))
    return case_actions.add_charge(actor=actor, case=case, accused=accused, given=given, reason=reason)


def correct_charge(*, actor: User, charge: Charge, values: Mapping[str, Any], reason: str = "") -> Charge:
    """Correct a charge that was entered in error, on behalf of an actor who may.

    Raises:
        NotFound, NotAllowed: the actor may not work on this case.
        BadInput, Conflict: see `vks_plugin.cases.actions.correct_charge`.
    """
    require(actor, charge.case, Level.CONTRIBUTE, doing=_("sửa hồ sơ"))
    return case_actions.correct_charge(actor=actor, charge=charge, values=values, reason=reason)


def replace_charge(*, actor: User, charge: Charge, given: ChargeInput, reason: str = "") -> Charge:
    """Change a charge, on behalf of an actor who may; the old one stays in the record.

    Raises:
        NotFound, NotAllowed: the actor may not work on this case.
        BadInput: see `vks_plugin.cases.actions.replace_charge`.
    """
    require(actor, charge.case, Level.CONTRIBUTE, doing=_("sửa hồ sơ"))
    return case_actions.replace_charge(actor=actor, charge=charge, given=given, reason=reason)


def record_event(*, actor: User, case: CaseFile, **happened: Any) -> ProceduralEvent:
    """Record something that happened in the proceedings, on behalf of an actor who may.

    Args:
        happened: the fields of `vks_plugin.cases.actions.Happened`.

    Raises:
        NotFound, NotAllowed: the actor may not work on this case.
        BadInput, Conflict: see `vks_plugin.cases.actions.record_event`.
    """
    require(actor, case, Level.CONTRIBUTE, doing=_("ghi sự kiện tố tụng"))
    if happened.get("event") == TO_ARCHIVE and case.documents.exists():
        # papers that are stored here go with a package, taken by an archivist
        raise Conflict(
            _("Hồ sơ có tài liệu trong hệ thống: nộp lưu ở trang Lưu trữ, để có gói hồ sơ và Lưu trữ viên nhận."),
            field="event",
        )
    return case_actions.record_event(actor=actor, case=case, happened=typed(happened))


def withdraw_event(*, actor: User, event: ProceduralEvent, reason: str) -> None:
    """Take back an event recorded in error, on behalf of an actor who may.

    To take back that its file went to the archive takes the case out of the archive: a leader does.

    Raises:
        NotFound, NotAllowed: the actor may not work on this case, or leads not its office where that is asked for.
        BadInput, Conflict: see `vks_plugin.cases.actions.withdraw_event`.
    """
    if event.event == TO_ARCHIVE and event.case.archived_at is not None:
        require(actor, event.case, Level.MANAGE, doing=_("đưa hồ sơ ra khỏi lưu trữ"))
    require(actor, event.case, Level.CONTRIBUTE, doing=_("rút sự kiện tố tụng"))
    case_actions.withdraw_event(actor=actor, event=event, reason=reason)


def become_criminal_case(*, actor: User, report: CaseFile, **fields: Any) -> Grown:
    """Open the case to which a report of crime led, on behalf of an actor who works on the report and may register.

    Args:
        fields: see `vks_plugin.cases.actions.become_criminal_case`.

    Raises:
        NotFound, NotAllowed: the actor may not work on this report, or registers no cases in its office.
        BadInput, Conflict: see `vks_plugin.cases.actions.become_criminal_case`.
    """
    require(actor, report, Level.CONTRIBUTE, doing=_("khởi tố vụ án từ nguồn tin"))
    _may_register(actor, report.unit)
    return case_actions.become_criminal_case(actor=actor, report=report, **fields)


def merge_cases(*, actor: User, source: CaseFile, target: CaseFile, **fields: Any) -> Grown:
    """Merge a case into another one, on behalf of an actor who works on both.

    Args:
        fields: see `vks_plugin.cases.actions.merge_cases`.

    Raises:
        NotFound, NotAllowed: the actor may not work on one of them.
        BadInput, Conflict: see `vks_plugin.cases.actions.merge_cases`; a target the actor may not know of is refused
            like one that is not there.
    """
    require(actor, source, Level.CONTRIBUTE, doing=_("nhập vụ án"))
    _own_relations_only(actor, {"other": target}, field="target")
    require(actor, target, Level.CONTRIBUTE, doing=_("nhập vụ án"))
    return case_actions.merge_cases(actor=actor, source=source, target=target, **fields)


def split_case(*, actor: User, source: CaseFile, **fields: Any) -> Grown:
    """Split a case of its own off another one, on behalf of an actor who works on it and may register.

    Args:
        fields: see `vks_plugin.cases.actions.split_case`.

    Raises:
        NotFound, NotAllowed: the actor may not work on this case, or registers no cases in its office.
        BadInput, Conflict: see `vks_plugin.cases.actions.split_case`.
    """
    require(actor, source, Level.CONTRIBUTE, doing=_("tách vụ án"))
    _may_register(actor, source.unit)
    return case_actions.split_case(actor=actor, source=source, **fields)


def open_appeal(*, actor: User, origin: CaseFile, **fields: Any) -> Grown:
    """Open the case in which the office above handles the appeal of this one, on behalf of who leads there or is assigned.

    The only way past V01: the decision is registered by the office below already.

    Args:
        fields: see `vks_plugin.cases.actions.open_appeal`.

    Raises:
        NotFound, NotAllowed: the actor may not read this case, or its appeal is not his.
        BadInput, Conflict: the case is not under appeal, or the office above does not use the system; see
            `vks_plugin.cases.actions.open_appeal`.
    """
    require_appeal(actor, origin)
    leading = POSTS_FOR[Assignment.Role.PROSECUTOR_LEAD]
    return case_actions.open_appeal(actor=actor, origin=origin, leading=leading, **fields)


def require_appeal(actor: User, origin: CaseFile) -> None:
    """Refuse to open a case for an appeal, as `open_appeal` does.

    Raises:
        NotFound, NotAllowed: the actor may not read this case, or its appeal is not his.
        Conflict: the case is not under appeal, or the office above does not use the system.
    """
    require(actor, origin, Level.VIEW, doing=_("mở hồ sơ phúc thẩm"))
    parent = origin.unit.parent
    if parent is None or not handles_appeal(actor, origin):
        raise NotAllowed(
            _("Chỉ lãnh đạo đơn vị cấp trên và Kiểm sát viên được phân công phúc thẩm mở được hồ sơ phúc thẩm.")
        )
    if not facts_of(origin).under_appeal:
        raise Conflict(_("Chưa mở được hồ sơ phúc thẩm: vụ án chưa có kháng cáo, kháng nghị, hoặc đã hết phúc thẩm."))
    if not parent.is_active(timezone.localdate()):
        raise Conflict(_("%(unit)s chưa dùng hệ thống hoặc đã kết thúc.") % {"unit": parent.name})


def stamp_pages(*, actor: User, case: CaseFile, **given: Any) -> int:
    """Record stamps without numbers, on behalf of an actor who may.

    Raises:
        NotFound, NotAllowed: the actor may not work on this case.
        BadInput, Conflict: see `vks_plugin.cases.actions.folios.stamp_pages`.
    """
    require(actor, case, Level.CONTRIBUTE, doing=_("đánh số bút lục"))
    return folio_actions.stamp_pages(actor=actor, case=case, **given)


def number_folios(*, actor: User, case: CaseFile, **given: Any) -> int:
    """Number what waits, on behalf of an actor who may.

    Raises:
        NotFound, NotAllowed: the actor may not work on this case.
        BadInput, Conflict: see `vks_plugin.cases.actions.folios.number_folios`.
    """
    require(actor, case, Level.CONTRIBUTE, doing=_("đánh số bút lục"))
    return folio_actions.number_folios(actor=actor, case=case, **given)


def place_folios(*, actor: User, case: CaseFile, **given: Any) -> None:
    """Say which pages show the folios of a document, on behalf of an actor who may.

    Raises:
        NotFound, NotAllowed: the actor may not work on this case.
        BadInput, Conflict: see `vks_plugin.cases.actions.folios.place_folios`.
    """
    require(actor, case, Level.CONTRIBUTE, doing=_("đánh số bút lục"))
    folio_actions.place_folios(actor=actor, case=case, **given)


def add_folio(*, actor: User, case: CaseFile, **given: Any) -> Folio:
    """Enter a folio with a suffix and its explanation, on behalf of an actor who may.

    Raises:
        NotFound, NotAllowed: the actor may not work on this case.
        BadInput, Conflict: see `vks_plugin.cases.actions.folios.add_folio`.
    """
    require(actor, case, Level.CONTRIBUTE, doing=_("đánh số bút lục"))
    return folio_actions.add_folio(actor=actor, case=case, **given)


def correct_folios(*, actor: User, case: CaseFile, **given: Any) -> int:
    """Correct folios with an explanation, on behalf of an actor who may.

    Raises:
        NotFound, NotAllowed: the actor may not work on this case.
        BadInput, Conflict: see `vks_plugin.cases.actions.folios.correct_folios`.
    """
    require(actor, case, Level.CONTRIBUTE, doing=_("đánh số bút lục"))
    return folio_actions.correct_folios(actor=actor, case=case, **given)


def explain_folios(*, actor: User, case: CaseFile, **given: Any) -> FolioExplanation:
    """Explain something in the numbering, on behalf of an actor who may.

    Raises:
        NotFound, NotAllowed: the actor may not work on this case.
        BadInput: see `vks_plugin.cases.actions.folios.explain`.
    """
    require(actor, case, Level.CONTRIBUTE, doing=_("giải trình bút lục"))
    return folio_actions.explain(actor=actor, case=case, **given)


def bind_volumes(*, actor: User, case: CaseFile, volumes: Sequence[tuple[str, int, int]]) -> list[Volume]:
    """Add volumes, on behalf of an actor who may.

    Raises:
        NotFound, NotAllowed: the actor may not work on this case.
        BadInput, Conflict: see `vks_plugin.cases.actions.folios.bind_volumes`.
    """
    require(actor, case, Level.CONTRIBUTE, doing=_("chia tập hồ sơ"))
    return folio_actions.bind_volumes(actor=actor, case=case, volumes=volumes)


def draw_up_inventory(*, actor: User, case: CaseFile, day: dt.date | None = None) -> DocumentInventory:
    """Draw up an inventory of documents, on behalf of an actor who may.

    Raises:
        NotFound, NotAllowed: the actor may not work on this case.
        BadInput, Conflict: see `vks_plugin.cases.actions.inventories.draw_up_inventory`.
    """
    require(actor, case, Level.CONTRIBUTE, doing=_("lập thống kê tài liệu"))
    return inventory_actions.draw_up_inventory(actor=actor, case=case, day=day)


def _own_relations_only(actor: User, values: Mapping[str, Any], *, field: str = "other") -> None:
    """Refuse to point at a case the actor may not know of: the refusal is the same as for one that is not there."""
    other = values.get("other")
    if isinstance(other, CaseFile) and case_decision(actor, other).level < Level.METADATA:
        raise BadInput(no_such_case(other.code), field=field)


def _posted(user: User, unit: ProcuracyUnit, day: dt.date) -> bool:
    return bool(_posts_in(user, [unit.pk, unit.parent_id], day))


def _posts_in(user: User, units: Iterable[int | None], day: dt.date) -> set[str]:
    """Return the roles somebody holds in these offices on a day; none for a locked account."""
    if not user.is_active:
        return set()
    places = [pk for pk in units if pk is not None]
    held = Appointment.objects.in_force(day).filter(user=user, unit_id__in=places)
    return set(held.values_list("role", flat=True))


def require_assign(actor: User, case: CaseFile, role: str) -> None:
    """Refuse who may not give or end an assignment in this role (Điều 239 for the one at the trial).

    Raises:
        NotFound: the actor may not know of the case.
        NotAllowed: the actor leads no office that gives it.
        BadInput: no office is appointed for the trial.
    """
    decision = require(actor, case, Level.METADATA, doing=_("phân công"))
    if role == OF_TRIAL_UNIT:
        if case.trial_unit is None:
            raise BadInput(_("Vụ án chưa được phân công cho đơn vị cấp dưới xét xử."), field="role")
        if not leads(actor, [case.trial_unit_id]):
            raise NotAllowed(_("Chỉ lãnh đạo đơn vị được phân công xét xử cử kiểm sát viên tại phiên tòa."))
    elif decision.level < Level.MANAGE and not (role in OF_HIGHER_UNIT and leads(actor, [case.unit.parent_id])):
        require(actor, case, Level.MANAGE, doing=_("phân công"))


def roles_to_give(actor: User, case: CaseFile) -> dict[str, QuerySet[User]]:
    """Return the roles this person may give in the case now, each with the people who may get it.

    For roles within the handling office those of that office; `assign` takes people of the one above as well.
    """
    found: dict[str, QuerySet[User]] = {}
    above, trial = case.unit.parent, case.trial_unit
    manages = case_decision(actor, case).level >= Level.MANAGE
    for role in Assignment.Role.values:
        if role == OF_TRIAL_UNIT:
            if trial is not None and leads(actor, [trial.pk]):
                found[role] = colleagues(trial, POSTS_FOR[role])
        elif role in OF_HIGHER_UNIT:
            if above is not None and (manages or leads(actor, [above.pk])):
                found[role] = colleagues(above, POSTS_FOR[role])
        elif manages:
            found[role] = colleagues(case.unit, POSTS_FOR[role])
    return found


@transaction.atomic
def assign(
    *,
    actor: User,
    case: CaseFile,
    user: User,
    role: str,
    starts_on: dt.date | None = None,
    ends_on: dt.date | None = None,
) -> Assignment:
    """Assign a person to a case; a new lead prosecutor takes the place of the one before, from the first day on.

    Who leads a case until a day stands in for the lead prosecutor, who stays.

    Raises:
        NotAllowed: the actor does not lead the unit that gives this assignment: the one that holds the case; for the trial
            the one appointed for it; for appeal and review the one above, too. Or he leads it until a day, and would
            assign himself for longer.
        BadInput: unknown role, dates out of order or missing, a locked account, or somebody without a post there that the
            role is for.
        Conflict: the person already works on the case in that role, or its file was disposed of.
    """
    if role not in Assignment.Role.values:
        raise BadInput(_("Vai trò không có trong danh mục."), field="role")
    # whose post ends, or whose case goes to another office at this moment, is seen by the one or the other act
    organization_actions.hold_posts([user.pk])
    case = hold_case(case)
    require_assign(actor, case, role)
    refuse_destroyed(case)
    starts_on = starts_on or timezone.localdate()
    if role == Assignment.Role.REVIEWER and ends_on is None:
        raise BadInput(_("Giao xét hồ sơ đề nghị phải có ngày kết thúc."), field="ends_on")
    if ends_on is not None and ends_on < starts_on:
        raise BadInput(_("Ngày kết thúc phải từ ngày bắt đầu trở đi."), field="ends_on")
    if actor.pk == user.pk:
        _refuse_outlasting(actor, case, role, ends_on)
    if role == OF_TRIAL_UNIT:
        places, sentence = [case.trial_unit_id], _("Người này không có chức danh tại đơn vị được phân công xét xử.")
    elif role in OF_HIGHER_UNIT:
        places, sentence = [case.unit.parent_id], _("Người này không có chức danh tại đơn vị cấp trên.")
    else:
        places = [case.unit_id, case.unit.parent_id]
        sentence = _("Người này không có chức danh tại đơn vị thụ lý hoặc đơn vị cấp trên.")
    posts = _posts_in(user, places, starts_on)
    if not posts:
        raise BadInput(sentence, field="user")
    if POSTS_FOR[role].isdisjoint(posts):
        names = dict(Role.choices)
        raise BadInput(
            _("Vai trò “%(role)s” chỉ giao cho người là: %(posts)s. Người này là: %(held)s.")
            % {
                "role": Assignment.Role(role).label,
                "posts": ", ".join(str(label) for value, label in Role.choices if value in POSTS_FOR[role]),
                "held": ", ".join(str(names[each]) for each in sorted(posts)),
            },
            field="user",
        )
    replaced: list[int] = []
    if role == Assignment.Role.PROSECUTOR_LEAD and ends_on is None:
        replaced = _replace_lead(case, user, starts_on)
    try:
        with transaction.atomic():
            assignment = Assignment.objects.create(
                case=case, user=user, role=role, starts_on=starts_on, ends_on=ends_on, assigned_by=actor
            )
    except IntegrityError as error:
        raise Conflict(_("Người này đã được phân công vai trò đó trong vụ án."), field="user") from error
    project_case(case)
    tell("assigned", actor=actor, case=case, **told_of_assignment(assignment, replaced=replaced))
    return assignment


def _refuse_outlasting(actor: User, case: CaseFile, role: str, ends_on: dt.date | None) -> None:
    """Refuse who leads until a day, and would keep for himself by an assignment what he reads as a leader."""
    places: list[int | None] = [case.trial_unit_id] if role == OF_TRIAL_UNIT else [case.unit_id]
    if role in OF_HIGHER_UNIT:
        places.append(case.unit.parent_id)
    today, a_day = timezone.localdate(), dt.timedelta(days=1)
    led = Appointment.objects.filter(user=actor, role__in=LEADING, unit_id__in=places, ended_at__isnull=True)
    # one post after the other: who is appointed anew from the day after goes on reading
    last = today - a_day
    for starts, ends in (
        led.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=today))
        .order_by("starts_on")
        .values_list("starts_on", "ends_on")
    ):
        if starts - a_day <= last:
            last = max(last, ends or dt.date.max)
    if actor.is_superuser or last < today or last == dt.date.max or (ends_on is not None and ends_on <= last):
        return
    raise NotAllowed(
        _(
            "Bạn lãnh đạo đơn vị đến hết ngày %(day)s: tự phân công mình thì ghi ngày kết thúc không sau ngày đó, hoặc nhờ "
            "lãnh đạo khác của đơn vị phân công."
        )
        % {"day": f"{last:%d/%m/%Y}"},
        field="ends_on",
    )


@transaction.atomic
def end_assignment(*, actor: User, assignment: Assignment) -> None:
    """End an assignment at this moment; what it opened closes with it.

    Raises:
        NotAllowed: the actor neither leads the unit nor is the assigned person.
        Conflict: somebody ended it already.
    """
    case = hold_case(assignment.case)
    if actor.pk != assignment.user_id:
        require_assign(actor, case, assignment.role)
    ended = Assignment.objects.filter(pk=assignment.pk, ended_at__isnull=True).update(ended_at=timezone.now())
    if ended != 1:
        raise Conflict(_("Phân công này đã chấm dứt trước đó."))
    project_case(case)
    tell(
        "assignment_ended",
        actor=actor,
        case=case,
        assignment=assignment.pk,
        person_id=assignment.user_id,
        person=display_name(assignment.user),
        assignment_role=assignment.role,
    )


def _replace_lead(case: CaseFile, successor: User, starts_on: dt.date) -> list[int]:
    """Let the lead prosecutor of a case be that until another one begins; return the assignments that end so.

    One that was to begin on that day or later is called off, and whom it would have followed goes by the new day.
    """
    leading = Assignment.objects.filter(case=case, role=Assignment.Role.PROSECUTOR_LEAD, ended_at__isnull=True)
    last = starts_on - dt.timedelta(days=1)
    standing = leading.filter(ends_on__isnull=True).exclude(user=successor).first()
    if standing is None:
        return []
    today = timezone.localdate()
    chosen = [standing]
    if standing.starts_on > max(last, today):
        chosen += leading.filter(ends_on=standing.starts_on - dt.timedelta(days=1))
    for each in chosen:
        if starts_on > today and each.starts_on <= last:
            each.ends_on = last
        else:
            each.ended_at = timezone.now()
        each.save(update_fields=["ends_on", "ended_at"])
    return sorted(each.pk for each in chosen)


@transaction.atomic
def set_calendar_day(*, actor: User, day: dt.date, is_day_off: bool, note: str = "") -> None:
    """Say that a day is off, or worked, whatever the shipped calendar says; every time limit is counted anew.

    Raises:
        NotAllowed: the actor does not keep the calendar.
        BadInput: see `vks_plugin.cases.actions.calendar.set_calendar_days`.
    """
    require_calendar(actor)
    if is_day_off:
        set_calendar_days(off=[day], note=note)
    else:
        set_calendar_days(worked=[day], note=note)
    logger.info("%s is a day %s by account %d", day, "off" if is_day_off else "of work", actor.pk)
    transaction.on_commit(_recalculate)


@transaction.atomic
def remove_calendar_day(*, actor: User, day: dt.date) -> None:
    """Go back to what the shipped calendar says of a day; every time limit is counted anew.

    Raises:
        NotAllowed: the actor does not keep the calendar.
        NotFound: nothing else is said of that day.
    """
    require_calendar(actor)
    if not CalendarDay.objects.filter(day=day).exists():
        raise NotFound(_("Lịch không có ngày này."))
    set_calendar_days(removed=[day])
    logger.info("%s is as shipped by account %d", day, actor.pk)
    transaction.on_commit(_recalculate)


def _recalculate() -> None:
    from vks_plugin.access.tasks import recalculate_deadlines  # noqa: PLC0415 - the task imports this module

    try:
        recalculate_deadlines.apply_async()
    except Exception as error:  # noqa: BLE001 - whatever the queue raises; what was set is kept, and the night recalculates too
        logger.warning("limits are recalculated at night only: %s", type(error).__name__)


def record_appointment(*, actor: User, unit: ProcuracyUnit, user: User, **fields: Any) -> Appointment:
    """Appoint somebody, on behalf of an actor who may.

    Raises:
        NotAllowed: the actor may not record appointments of that unit, or would appoint himself.
        BadInput, Conflict: see `vks_plugin.organization.actions.appoint`.
    """
    _may_appoint(actor, unit)
    _refuse_own_post(actor, user.pk)
    made = organization_actions.appoint(actor=actor, unit=unit, user=user, **fields)
    offices = [unit.pk, unit.parent_id]
    if made.role in LEADING | OF_A_DEPARTMENT and not leads(actor, offices):
        transaction.on_commit(partial(_send_word_of_leading_post, made.pk, actor.pk), robust=True)
    return made


def _send_word_of_leading_post(post_id: int, actor_id: int) -> None:
    from vks_plugin.access.tasks import write_of_leading_post  # noqa: PLC0415 - the task imports this module

    # a mail server that does not answer would hold the page up for half a minute with each letter
    try:
        write_of_leading_post.apply_async(kwargs={"post_id": post_id, "actor_id": actor_id})
    except Exception as error:  # noqa: BLE001 - whatever the queue raises; the pages show the post either way
        logger.warning("nobody is written to of appointment %d: %s", post_id, type(error).__name__)


def write_of_leading_post(post_id: int, actor_id: int) -> None:
    """Write to who leads there or above that somebody who does not has given a post that opens files; no name leaves.

    Args:
        post_id: the appointment; of one that is gone by now nothing is written.
        actor_id: who recorded it.
    """
    post = Appointment.objects.select_related("unit").filter(pk=post_id).first()
    if post is None:
        return
    sentence = _("%(unit)s: chức danh %(role)s vừa được ghi cho một người, từ ngày %(day)s.") % {
        "unit": post.unit.short_name,
        "role": post.get_role_display(),
        "day": f"{post.starts_on:%d/%m/%Y}",
    }
    where = _("Viện trưởng xem đó là ai ở trang Tổ chức; không đúng thì chấm dứt ở đó.")
    leaders = in_office(LEADING, units=[post.unit_id, post.unit.parent_id])
    write_to(leaders.exclude(pk__in=[actor_id, post.user_id]), lambda _user: sentence, where=where)


def end_appointment(*, actor: User, appointment: Appointment, ends_on: dt.date | None = None) -> None:
    """End somebody's post, on behalf of an actor who may.

    Raises:
        NotAllowed: the actor may not record appointments of that unit, or would keep a post of his own for longer.
        BadInput, Conflict: see `vks_plugin.organization.actions.end_appointment`.
    """
    _may_appoint(actor, appointment.unit)
    if ends_on is not None and appointment.ends_on is not None and ends_on > appointment.ends_on:
        _refuse_own_post(actor, appointment.user_id)
    organization_actions.end_appointment(actor=actor, appointment=appointment, ends_on=ends_on)


def _may_appoint(actor: User, unit: ProcuracyUnit) -> None:
    if not units_to_appoint_in(actor).filter(pk=unit.pk).exists():
        raise NotAllowed(_("Bạn không ghi được bổ nhiệm của %(unit)s.") % {"unit": unit.name})


def _refuse_own_post(actor: User, user_id: int) -> None:
    """Refuse who would give himself a post: whoever records posts may read nothing, and a post opens files."""
    if actor.pk == user_id and not actor.is_superuser:
        raise NotAllowed(
            _(
                "Không ai tự ghi, tự kéo dài chức danh của chính mình: hãy nhờ người khác ghi được bổ nhiệm của đơn vị này "
                "(Viện trưởng đơn vị hoặc cấp trên, quản trị hệ thống khác), hoặc siêu quản trị."
            ),
            field="user",
        )


def sweep(today: dt.date | None = None) -> bool:
    """Bring dated appointments and assignments up to date, once a day; tell whether this call did it.

    Called before a request is served, so that what fell due at midnight has ended before anybody sees a page.
    """
    day = today or timezone.localdate()
    if GrantSweep.objects.filter(swept_on=day).exists():
        return False
    with transaction.atomic():
        GrantSweep.objects.get_or_create(pk=1, defaults={"swept_on": dt.date.min})
        last = GrantSweep.objects.select_for_update().get(pk=1).swept_on
        if last >= day:
            return False
        organization_actions.synchronise_memberships(today=day)
        close_what_is_over()
        due = Assignment.objects.filter(ended_at__isnull=True).filter(
            Q(ends_on__gte=max(last, dt.date(1900, 1, 2)) - dt.timedelta(days=1), ends_on__lt=day)
            | Q(starts_on__gt=last, starts_on__lte=day)
        )
        project_each(CaseFile.objects.filter(pk__in=due.values("case_id")))
        GrantSweep.objects.filter(pk=1).update(swept_on=day)
    return True


@dataclass(frozen=True)
class Swept:
    """What a pass over every case changed."""

    cases: int
    documents: int
    memberships: int


def project_everything() -> Swept:
    """Make groups, owners and grants of every filed document what appointments and assignments say.

    Whatever somebody changed behind our back, in the host's own dialogs or in its database, is put right.
    """
    memberships = organization_actions.synchronise_memberships()
    found = project_each(CaseFile.objects.all())
    return Swept(found.cases, found.documents, memberships)


def put_right_at_night() -> Swept:
    """Put everything right as `project_everything` does, and note how much somebody had changed past the plugin."""
    # what fell due at midnight is no drift
    sweep()
    found = project_everything()
    if found.documents or found.memberships:
        logger.warning("put right at night: %d documents, %d memberships", found.documents, found.memberships)
        with transaction.atomic():
            tell("access_put_right_at_night", actor=None, case=None, **asdict(found))
    return found
