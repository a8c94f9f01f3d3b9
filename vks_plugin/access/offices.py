"""Keeping offices and departments: who may, what may be changed, and who sees what from then on.

An office ends by succession (`vks_plugin.access.transfers`), or here once nothing is left in it. Codes stand on paper, in
codes of cases, in names of groups and in the ledger: one is put right only while nothing was ever recorded under it.
"""

from __future__ import annotations

import datetime as dt
import logging
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Group, User
from django.db import IntegrityError, models, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.access.models import Restructuring, TemporaryAccess
from vks_plugin.access.policy import LEADING, OVERSEEING, OVERSIGHT
from vks_plugin.access.projection import follow_posts, hold_cases, hold_what_follows, project_each
from vks_plugin.access.queries import cases_overseen, may_organize
from vks_plugin.access.transfers import companions
from vks_plugin.acts import tell
from vks_plugin.cases.kinds import all_stages
from vks_plugin.cases.models import CaseDocument, CaseFile
from vks_plugin.cases.stages import ARCHIVED, stage_label
from vks_plugin.errors import BadInput, Conflict, NotAllowed, NotFound
from vks_plugin.language import speaking
from vks_plugin.organization.actions import hold_posts, keep_as_it_is
from vks_plugin.organization.models import Appointment, Department, ProcuracyUnit, UnitSuccession
from vks_plugin.organization.roles import GROUP_PREFIX
from vks_plugin.text import one_line

logger = logging.getLogger("paperless.vks.access")

UNIT_FIELDS = ("code", "name", "short_name", "kind", "parent", "position", "valid_from", "active_from")
"""What is said of an office; `valid_to` is set by ending it."""
DEPARTMENT_FIELDS = ("code", "name", "stages", "position", "valid_from", "verified")

_UNIT_CODE = re.compile(r"[A-Z0-9](?:[A-Z0-9-]{0,30}[A-Z0-9])?")
_DEPARTMENT_CODE = re.compile(r"[A-Z0-9](?:[A-Z0-9.-]{0,14}[A-Z0-9])?")
_LAST_POSITION = 999


@dataclass(frozen=True)
class Effect:
    """Whom and what a change concerns."""

    gained: int = 0
    """Cases that come within reach of the people."""
    lost: int = 0
    """Cases that go out of their reach."""
    people: int = 0
    """Who holds such a post today, before the change or after it."""
    documents: int = 0
    """Documents whose readers are written anew."""
    closed: int = 0
    """Cases opened by a reason that close."""

    @property
    def any(self) -> bool:
        """Tell whether it concerns anybody's cases."""
        return bool(self.gained or self.lost)


Look = Callable[[ProcuracyUnit], str]
"""Takes an office; returns a sentence on what stands against its end, or another code, and what to do; empty for nothing."""

_before_ending: list[Look] = []
_before_renaming: list[Look] = []


def before_ending(*looks: Look) -> None:
    """Let concepts above tell what stands against the end of an office beside its cases; called when the program starts."""
    _before_ending[:] = looks


def before_renaming(*looks: Look) -> None:
    """Let concepts above tell what stands against another code of an office nobody uses; called when the program starts."""
    _before_renaming[:] = looks


def require_organizer(actor: User) -> None:
    """Refuse who may not keep offices and departments.

    Raises:
        NotAllowed: the actor may not.
    """
    if not may_organize(actor):
        raise NotAllowed(_("Chỉ Viện trưởng tỉnh hoặc quản trị hệ thống của tỉnh sửa được đơn vị, phòng."))


def units_for(actor: User) -> QuerySet[ProcuracyUnit]:
    """Return every office, past ones too, the present ones first.

    Raises:
        NotAllowed: the actor may not keep them.
    """
    require_organizer(actor)
    above_all_first = F("parent__code").asc(nulls_first=True)
    return ProcuracyUnit.objects.select_related("parent").order_by(above_all_first, "position", "code")


def department_for(actor: User, pk: int | str, unit: str | None = None) -> Department:
    """Return one department, of this office where it is named.

    Raises:
        NotAllowed: the actor may not keep departments.
        NotFound: there is none.
    """
    require_organizer(actor)
    rows = Department.objects.select_related("unit").filter(pk=pk)
    found = (rows if unit is None else rows.filter(unit__code=unit)).first()
    if found is None:
        raise NotFound(_("Không có phòng này."))
    return found


# --- offices


@transaction.atomic
def add_unit(*, actor: User, values: Mapping[str, Any], decision: str = "") -> ProcuracyUnit:
    """Add an office.

    Args:
        values: of `UNIT_FIELDS`; the code, both names, kind, first day and, but for a province, the office above have to
            be there.
        decision: number and day of the paper it rests on, where there is one.

    Raises:
        NotAllowed: see `require_organizer`.
        BadInput: something is missing, malformed, or an office above that cannot be.
        Conflict: another office has the code.
    """
    required = {
        "code": _("Hãy nhập mã đơn vị."),
        "name": _("Hãy nhập tên đơn vị."),
        "short_name": _("Hãy nhập tên ngắn."),
        "kind": _("Hãy chọn cấp của đơn vị."),
        "valid_from": _("Hãy nhập ngày đơn vị bắt đầu có."),
    }
    given, decision = _to_add(actor, values, UNIT_FIELDS, required, decision)
    unit = ProcuracyUnit(**given)
    _check_unit_code(unit)
    _check_above(unit)
    _add(actor, unit, decision, unit=unit.code, unit_kind=unit.kind, unit_above=_code_of(unit.parent))
    return unit


def change_unit(*, actor: User, unit: ProcuracyUnit, values: Mapping[str, Any], decision: str = "") -> Effect:
    """Change an office; another office above reads its cases from this moment, and the one before does no more.

    Args:
        values: of `UNIT_FIELDS`, those to change; `valid_to` may be None, which takes an end back.
        decision: see `add_unit`.

    Raises:
        NotAllowed: see `require_organizer`.
        BadInput: something is malformed, or an office above that cannot be.
        Conflict: another office has the code; code or level of an office in use, or a code that the settings name; nothing
            would change; it was taken over.
    """
    return _change_unit(actor, unit, values, decision)


def try_unit(*, actor: User, unit: ProcuracyUnit, values: Mapping[str, Any]) -> Effect:
    """Return whom a change would concern; it is made and taken back, so that a refusal is the one it would meet.

    Raises:
        NotAllowed, BadInput, Conflict: see `change_unit`.
    """
    with transaction.atomic():
        found = _change_unit(actor, unit, values, "", projecting=False)
        transaction.set_rollback(True)
    return found


@transaction.atomic
def _change_unit(
    actor: User, unit: ProcuracyUnit, values: Mapping[str, Any], decision: str, *, projecting: bool = True
) -> Effect:
    require_organizer(actor)
    decision = _paper(decision)
    given = _given(values, UNIT_FIELDS, valid_to=True)
    moving = "parent" in given and given["parent"] != unit.parent
    present = _hold_with_cases(unit) if moving else _held_unit(unit.pk)
    before = _said(present)
    code_before, above_before = present.code, present.parent
    used = in_use(present)
    against = list(filter(None, (look(present) for look in _before_renaming)))
    for name, value in given.items():
        setattr(present, name, value)
    changes = _changes(before, present)
    fields = {name for name, _before, _after in changes}
    if used and fields & {"code", "kind"}:
        raise Conflict(
            _("%(unit)s đã có vụ án, người giữ chức danh hoặc giấy tờ ghi dưới mã và cấp này: chỉ sửa được tên.")
            % {"unit": unit.name},
            field="code" if "code" in fields else "kind",
        )
    if "code" in fields:
        _check_unit_code(present)
        if against:
            raise Conflict(" ".join(against), field="code")
    if fields & {"kind", "parent"}:
        _check_above(present)
    _check_first_day(present, present.valid_from, fields, used=used)
    if "valid_to" in fields and UnitSuccession.objects.filter(predecessor=present).exists():
        raise Conflict(_("%(unit)s đã có đơn vị kế thừa: không mở lại được.") % {"unit": unit.name}, field="valid_to")
    _write(present, given)
    if "code" in fields:
        _rename_groups(code_before, present.code)
    effect = Effect()
    if "parent" in fields:
        effect = _effect_of_moving(present, above_before)
        if projecting:
            project_each(CaseFile.objects.filter(unit=present))
    tell(
        "unit_changed",
        actor=actor,
        case=None,
        unit_before=code_before,
        unit=present.code,
        fields=[name for name, _before, _after in changes],
        unit_above_before=_code_of(above_before),
        unit_above=_code_of(present.parent),
        cases=max(effect.gained, effect.lost),
        documents=effect.documents,
        changes=changes,
        decision=decision,
    )
    logger.info("office %d changed by account %d: %s", present.pk, actor.pk, ", ".join(sorted(fields)))
    return effect


def _hold_with_cases(unit: ProcuracyUnit) -> ProcuracyUnit:
    """Return an office, held with all its cases: none comes to it, or goes, until who reads them is written.

    The cases first, as every act has it that holds one and then names its office.
    """
    cases = CaseFile.objects.filter(unit=unit).order_by("pk")
    hold_cases(list(cases.values_list("pk", flat=True)))
    present = _held_unit(unit.pk)
    hold_cases(list(cases.values_list("pk", flat=True)))
    return present


def _effect_of_moving(unit: ProcuracyUnit, above: ProcuracyUnit | None) -> Effect:
    cases = CaseFile.objects.filter(unit=unit).count()
    over = [each.pk for each in (above, unit.parent) if each is not None]
    posts = Appointment.objects.in_force(timezone.localdate())
    people = posts.filter(unit__in=over, role__in=LEADING | OVERSEEING).values("user_id").distinct().count()
    return Effect(
        gained=cases if unit.parent is not None else 0,
        lost=cases if above is not None else 0,
        people=people,
        documents=CaseDocument.objects.filter(case__unit=unit).count(),
    )


@transaction.atomic
def end_unit(
    *, actor: User, unit: ProcuracyUnit, gone_from: dt.date, decision: str = "", trying: bool = False
) -> ProcuracyUnit:
    """End an office that has nothing left, and its departments with it.

    Args:
        gone_from: the first day on which it exists no more; not one to come.
        decision: see `add_unit`.
        trying: whether to end nothing: a refusal is the one it would meet, and what is returned is as it would be.

    Raises:
        NotAllowed: see `require_organizer`.
        BadInput: the day is to come, or the office did not exist before it.
        Conflict: it has ended, or has cases, people, paper, work in hand, an inbox or offices below; another has to take it
            over. All that stands against its end is named at once.
    """
    require_organizer(actor)
    decision = _paper(decision)
    present = _held_unit(unit.pk)
    last = _last_day(present, gone_from)
    left = stands_against(present, gone_from)
    if left:
        raise Conflict(" ".join(left))
    present.valid_to = last
    present.save(update_fields=["valid_to"])
    for department in present.departments.filter(valid_to__isnull=True):
        department.valid_to = max(last, department.valid_from or last)
        department.save(update_fields=["valid_to"])
    tell("unit_ended", actor=actor, case=None, unit=present.code, ends_on=last, decision=decision)
    if trying:
        transaction.set_rollback(True)
        return present
    logger.info("office %d ended by account %d", present.pk, actor.pk)
    return present


def stands_against(unit: ProcuracyUnit, day: dt.date) -> list[str]:
    """Return, as sentences, what stands against the end of an office on a day, and what to do about each."""
    return list(_left_in(unit, day))


def _left_in(unit: ProcuracyUnit, day: dt.date) -> Iterator[str]:
    about = {"unit": unit.name}
    take_over = _("hãy để đơn vị khác nhận (trang Sắp xếp đơn vị)")
    cases = CaseFile.objects.filter(Q(unit=unit) | Q(trial_unit=unit)).count()
    if cases:
        yield _("%(unit)s còn %(cases)d vụ án: %(do)s.") % {**about, "cases": cases, "do": take_over}
    paper = sum(CaseFile.objects.filter(each.cases([unit.pk])).count() for each in companions())
    if paper:
        yield _("%(unit)s còn giữ, còn chờ nhận giấy của %(cases)d vụ án: %(do)s.") % {
            **about,
            "cases": paper,
            "do": take_over,
        }
    below = ProcuracyUnit.objects.on(day).filter(parent=unit).order_by("code").first()
    if below is not None:
        yield _("%(below)s còn thuộc %(unit)s: hãy ghi đơn vị cấp trên mới của nó trước.") % {
            **about,
            "below": below.name,
        }
    # before the people: it is they who do it
    yield from filter(None, (look(unit) for look in _before_ending))
    people = _open_posts(day).filter(unit=unit).count()
    if people:
        yield _("%(unit)s còn %(people)d chức danh đang giữ hoặc sắp giữ: hãy chấm dứt trước (trang Tổ chức).") % {
            **about,
            "people": people,
        }
    if Restructuring.objects.filter(Q(successor=unit) | Q(predecessors=unit), finished_at__isnull=True).exists():
        yield _("%(unit)s đang trong một lần sắp xếp chưa xong.") % about


# --- departments


@transaction.atomic
def add_department(*, actor: User, unit: ProcuracyUnit, values: Mapping[str, Any], decision: str = "") -> Department:
    """Add a department of an office.

    Args:
        values: of `DEPARTMENT_FIELDS`; code and name have to be there.
        decision: see `add_unit`.

    Raises:
        NotAllowed: see `require_organizer`.
        BadInput: something is missing or malformed, or the office is no more.
        Conflict: another department of the office has the code.
    """
    required = {"code": _("Hãy nhập mã phòng."), "name": _("Hãy nhập tên phòng.")}
    given, decision = _to_add(actor, values, DEPARTMENT_FIELDS, required, decision)
    present = _held_unit(unit.pk)
    if present.valid_to is not None and present.valid_to < timezone.localdate():
        raise BadInput(_("%(unit)s đã thôi hoạt động: không lập phòng ở đó được.") % {"unit": present.name})
    department = Department(unit=present, **given)
    _check_department_code(department)
    _add(actor, department, decision, unit=present.code, department=department.code, stages=department.stages)
    return department


def change_department(*, actor: User, department: Department, values: Mapping[str, Any], decision: str = "") -> Effect:
    """Change a department; its heads see cases of the offices below in its stages from this moment, and no others.

    What they opened by a reason closes where the stage is theirs no more.

    Args:
        values: of `DEPARTMENT_FIELDS`, those to change; `valid_to` may be None, which takes an end back.
        decision: see `add_unit`.

    Raises:
        NotAllowed: see `require_organizer`; or the actor heads it or is to, and would give stages to himself.
        BadInput: something is malformed.
        Conflict: another department of the office has the code; the code of one in use; nothing would change.
    """
    return _change_department(actor, department, values, decision)


def try_department(*, actor: User, department: Department, values: Mapping[str, Any]) -> Effect:
    """Return whom a change would concern; it is made and taken back, so that a refusal is the one it would meet.

    Raises:
        NotAllowed, BadInput, Conflict: see `change_department`.
    """
    with transaction.atomic():
        found = _change_department(actor, department, values, "", projecting=False)
        transaction.set_rollback(True)
    return found


@transaction.atomic
def _change_department(
    actor: User, department: Department, values: Mapping[str, Any], decision: str, *, projecting: bool = True
) -> Effect:
    require_organizer(actor)
    decision = _paper(decision)
    given = _given(values, DEPARTMENT_FIELDS, valid_to=True)
    heads = _heads_of(department)
    if "stages" in given:
        # who opens a case by a stage holds the post first: the one act sees what the other did
        hold_posts(heads)
        # before the department, as every act has it that puts a case into one
        hold_what_follows(heads)
    present = _held_department(department.pk)
    unit = present.unit
    before = _said(present)
    code_before, stages_before = present.code, list(present.stages)
    used = in_use(present)
    for name, value in given.items():
        setattr(present, name, value)
    changes = _changes(before, present)
    fields = {name for name, _before, _after in changes}
    if "code" in fields:
        if used:
            raise Conflict(
                _("Phòng này đã có vụ án hoặc người giữ chức danh ghi dưới mã này: chỉ sửa được tên."), field="code"
            )
        _check_department_code(present)
    gains = set(present.stages) - set(stages_before)
    # who is to head it from a day to come gives himself stages as well
    heading = _open_posts(timezone.localdate()).filter(department=present, role__in=OVERSEEING, user=actor)
    if gains and not actor.is_superuser and heading.exists():
        raise NotAllowed(
            _("Bạn đang hoặc sắp lãnh đạo phòng này: việc giao thêm giai đoạn cho phòng phải do người khác ghi."),
            field="stages",
        )
    _check_first_day(present, present.valid_from, fields, used=used)
    if "valid_to" in fields and unit.valid_to is not None:
        raise Conflict(
            _("%(unit)s đã thôi hoạt động: không mở lại phòng được.") % {"unit": unit.name}, field="valid_to"
        )
    _write(present, given)
    effect = Effect()
    if "stages" in fields:
        effect = _effect_of_stages(present, stages_before, heads)
        if projecting:
            follow_posts(heads)
    tell(
        "department_changed",
        actor=actor,
        case=None,
        unit=unit.code,
        department_before=code_before,
        department=present.code,
        fields=[name for name, _before, _after in changes],
        stages_before=stages_before,
        stages=present.stages,
        department_heads=len(heads),
        cases=effect.gained + effect.lost,
        changes=changes,
        decision=decision,
    )
    logger.info("department %d changed by account %d: %s", present.pk, actor.pk, ", ".join(sorted(fields)))
    return effect


def _heads_of(department: Department) -> set[int]:
    """Return who heads a department today, by the ids of the accounts."""
    posts = Appointment.objects.in_force(timezone.localdate()).filter(department=department, role__in=OVERSEEING)
    return set(posts.values_list("user_id", flat=True))


def _effect_of_stages(department: Department, stages_before: list[str], heads: set[int]) -> Effect:
    gone = set(stages_before) - set(department.stages)
    lost = cases_overseen(department.unit_id, gone)
    opened = TemporaryAccess.objects.in_force(timezone.now()).filter(kind=OVERSIGHT, user__in=heads)
    return Effect(
        gained=cases_overseen(department.unit_id, set(department.stages) - set(stages_before)).count(),
        lost=lost.count(),
        people=len(heads),
        closed=opened.filter(case__in=lost.values("pk")).count(),
    )


@transaction.atomic
def end_department(
    *, actor: User, department: Department, gone_from: dt.date, decision: str = "", trying: bool = False
) -> Department:
    """End a department in which nobody holds a post and no case lies that is not in the archive.

    Args:
        gone_from: the first day on which it exists no more; not one to come.
        decision: see `add_unit`.
        trying: whether to end nothing: a refusal is the one it would meet, and what is returned is as it would be.

    Raises:
        NotAllowed: see `require_organizer`.
        BadInput: the day is to come, or the department did not exist before it.
        Conflict: it has ended, or has people or cases.
    """
    require_organizer(actor)
    decision = _paper(decision)
    present = _held_department(department.pk)
    last = _last_day(present, gone_from)
    people = _open_posts(gone_from).filter(department=present).count()
    if people:
        raise Conflict(
            _("Phòng còn %(people)d chức danh đang giữ hoặc sắp giữ: hãy chấm dứt trước (trang Tổ chức).")
            % {"people": people}
        )
    cases = CaseFile.objects.filter(department=present).exclude(status=ARCHIVED).count()
    if cases:
        raise Conflict(
            _(
                "Phòng còn %(cases)d vụ án chưa nộp lưu: hãy ghi phòng khác cho từng vụ trước (danh sách vụ án, lọc theo phòng)."
            )
            % {"cases": cases}
        )
    present.valid_to = last
    present.save(update_fields=["valid_to"])
    tell(
        "department_ended",
        actor=actor,
        case=None,
        unit=present.unit.code,
        department=present.code,
        ends_on=last,
        decision=decision,
    )
    if trying:
        transaction.set_rollback(True)
        return present
    logger.info("department %d ended by account %d", present.pk, actor.pk)
    return present


# --- what both have in common


def _to_add(
    actor: User, values: Mapping[str, Any], fields: tuple[str, ...], required: Mapping[str, str], decision: str
) -> tuple[dict[str, Any], str]:
    """Return what somebody who may says of an office or a department to add, and the paper it rests on, both checked.

    Args:
        required: what has to be there, and the sentence that says so.

    Raises:
        NotAllowed: see `require_organizer`.
        BadInput: something is missing or malformed.
    """
    require_organizer(actor)
    decision = _paper(decision)
    given = _given(values, fields)
    for name, sentence in required.items():
        if not given.get(name):
            raise BadInput(sentence, field=name)
    return given, decision


def _add(actor: User, row: ProcuracyUnit | Department, decision: str, **told: Any) -> None:
    """Write a new office or department, and tell the ledger of it.

    Args:
        told: what the ledger is told beside name, first day and paper.

    Raises:
        Conflict: see `_write`.
    """
    _write(row)
    act, what = ("unit_added", "office") if isinstance(row, ProcuracyUnit) else ("department_added", "department")
    told |= {"starts_on": row.valid_from, "office_name": row.name, "decision": decision}
    tell(act, actor=actor, case=None, **told)
    logger.info("%s %d added by account %d", what, row.pk, actor.pk)


def _held_unit(pk: int) -> ProcuracyUnit:
    """Return an office as it is now, held until the transaction ends: nothing comes to name it meanwhile."""
    list(ProcuracyUnit.objects.select_for_update().filter(pk=pk).values_list("pk"))
    return ProcuracyUnit.objects.select_related("parent").get(pk=pk)


def _held_department(pk: int) -> Department:
    """Return a department as it is now, held in the same way."""
    list(Department.objects.select_for_update().filter(pk=pk).values_list("pk"))
    return Department.objects.select_related("unit").get(pk=pk)


def _open_posts(day: dt.date) -> QuerySet[Appointment]:
    """Return the posts that are not over on a day, those to come included."""
    return Appointment.objects.not_over(day)


def in_use(row: ProcuracyUnit | Department) -> bool:
    """Tell whether anything was ever recorded under an office or a department; what belongs to an office is not counted."""
    parts = {ProcuracyUnit, Department} if isinstance(row, ProcuracyUnit) else set()
    naming = (each for each in row._meta.get_fields(include_hidden=True) if each.auto_created and not each.concrete)
    return any(
        each.related_model._base_manager.filter(**{each.field.name: row.pk}).exists()  # noqa: SLF001 - the managers of models differ
        for each in naming
        if isinstance(each, models.ManyToOneRel) and each.related_model not in parts
    )


def _paper(text: str) -> str:
    decision = one_line(text)
    if len(decision) > 200:
        raise BadInput(_("Số, ngày văn bản làm căn cứ không quá 200 chữ cái."), field="decision")
    return decision


def _given(values: Mapping[str, Any], fields: tuple[str, ...], *, valid_to: bool = False) -> dict[str, Any]:
    """Return what was given, checked one by one.

    Raises:
        BadInput: an unknown field, or one that cannot be.
    """
    given: dict[str, Any] = {}
    for name, value in values.items():
        if name == "valid_to" and valid_to:
            if value is not None:
                raise BadInput(_("Ngày cuối do việc kết thúc ghi; ở đây chỉ để trống được (mở lại)."), field=name)
        elif name not in fields:
            raise BadInput(_("Không sửa được trường “%(field)s” ở đây.") % {"field": name}, field=name)
        given[name] = _CHECKED.get(name, lambda kept: kept)(value)
    if not given.get("valid_from", True) and fields is UNIT_FIELDS:
        raise BadInput(_("Hãy nhập ngày đơn vị bắt đầu có."), field="valid_from")
    return given


def _text(longest: int, field: str) -> Callable[[Any], str]:
    def checked(value: Any) -> str:
        text = one_line(str(value))
        if not text or len(text) > longest:
            raise BadInput(_("Hãy nhập tên, không quá %(longest)d chữ cái.") % {"longest": longest}, field=field)
        return text

    return checked


def _position(value: Any) -> int:
    if not isinstance(value, int) or not 0 <= value <= _LAST_POSITION:
        raise BadInput(_("Thứ tự là số từ 0 đến %(last)d.") % {"last": _LAST_POSITION}, field="position")
    return value


def _kind(value: Any) -> str:
    if value not in ProcuracyUnit.Kind.values:
        raise BadInput(_("Cấp của đơn vị không có trong danh mục."), field="kind")
    return str(value)


def _stages(value: Any) -> list[str]:
    order = [stage for stage, _label in all_stages()]
    unknown = [each for each in value if each not in order]
    if unknown:
        raise BadInput(_("Giai đoạn không có trong danh mục."), field="stages")
    return [stage for stage in order if stage in value]


_CHECKED: dict[str, Callable[[Any], Any]] = {
    "code": lambda value: one_line(str(value)).upper(),
    "name": _text(200, "name"),
    "short_name": _text(80, "short_name"),
    "position": _position,
    "kind": _kind,
    "stages": _stages,
}


def _write(row: ProcuracyUnit | Department, fields: Collection[str] | None = None) -> None:
    """Write an office or a department; those fields of one that is there.

    Raises:
        Conflict: another one was given its code at the same moment.
    """
    try:
        with transaction.atomic():
            row.save(update_fields=fields)
    except IntegrityError:
        if isinstance(row, ProcuracyUnit):
            _check_unit_code(row)
        else:
            _check_department_code(row)
        raise


def _check_unit_code(unit: ProcuracyUnit) -> None:
    if not _UNIT_CODE.fullmatch(unit.code):
        raise BadInput(
            _("Mã đơn vị chỉ gồm chữ in hoa không dấu, chữ số và dấu gạch nối, không quá 32 ký tự."), field="code"
        )
    if ProcuracyUnit.objects.filter(code__iexact=unit.code).exclude(pk=unit.pk).exists():
        raise Conflict(_("Đã có đơn vị mang mã %(code)s.") % {"code": unit.code}, field="code")


def _check_department_code(department: Department) -> None:
    if not _DEPARTMENT_CODE.fullmatch(department.code):
        raise BadInput(
            _("Mã phòng chỉ gồm chữ in hoa không dấu, chữ số và các dấu . - (không quá 16 ký tự)."), field="code"
        )
    others = department.unit.departments.filter(code__iexact=department.code).exclude(pk=department.pk)
    if others.exists():
        raise Conflict(_("Đơn vị đã có phòng mang mã %(code)s.") % {"code": department.code}, field="code")


def _check_above(unit: ProcuracyUnit) -> None:
    """Refuse an office above that cannot be: for a province, none for others, one that is gone, or one below the office."""
    above = unit.parent
    if (unit.kind == ProcuracyUnit.Kind.PROVINCE) != (above is None):
        raise BadInput(
            _("Đơn vị cấp tỉnh không thuộc đơn vị nào ở đây; đơn vị cấp dưới phải thuộc một đơn vị."), field="parent"
        )
    if above is None:
        return
    keep_as_it_is(above)
    if not ProcuracyUnit.objects.on(timezone.localdate()).filter(pk=above.pk).exists():
        raise BadInput(_("%(unit)s không còn tồn tại.") % {"unit": above.name}, field="parent")
    each: ProcuracyUnit | None = above
    while each is not None:
        if unit.pk is not None and each.pk == unit.pk:
            raise BadInput(
                _("%(above)s là chính đơn vị này hoặc ở dưới nó: không thể là đơn vị cấp trên.")
                % {"above": above.name},
                field="parent",
            )
        each = each.parent


def _check_first_day(row: ProcuracyUnit | Department, first: dt.date | None, fields: set[str], *, used: bool) -> None:
    if "valid_from" not in fields or first is None:
        return
    if used and first > timezone.localdate():
        raise BadInput(
            _("Đang có vụ án hoặc người giữ chức danh: ngày đầu không thể là ngày sắp tới."), field="valid_from"
        )
    if row.valid_to is not None and first > row.valid_to:
        raise BadInput(_("Ngày kết thúc phải từ ngày bắt đầu trở đi."), field="valid_from")


def _last_day(row: ProcuracyUnit | Department, gone_from: dt.date) -> dt.date:
    """Return the last day of what is there no more from a day on.

    Raises:
        BadInput: the day is to come, or it did not exist before.
        Conflict: it has ended.
    """
    if row.valid_to is not None:
        raise Conflict(_("Đã kết thúc từ trước: đến hết ngày %(day)s.") % {"day": f"{row.valid_to:%d/%m/%Y}"})
    if gone_from > timezone.localdate():
        raise BadInput(_("Chỉ kết thúc từ hôm nay hoặc từ một ngày đã qua."), field="gone_from")
    last = gone_from - dt.timedelta(days=1)
    if row.valid_from is not None and last < row.valid_from:
        raise BadInput(
            _("Mới có từ ngày %(day)s: chỉ kết thúc được từ ngày sau đó.") % {"day": f"{row.valid_from:%d/%m/%Y}"},
            field="gone_from",
        )
    return last


def _rename_groups(before: str, after: str) -> None:
    """Let the groups of an office nobody ever had a post in be called by its new code."""
    start = f"{GROUP_PREFIX}{before}:"
    for group in Group.objects.filter(name__startswith=start):
        group.name = f"{GROUP_PREFIX}{after}:{group.name.removeprefix(start)}"
        group.save(update_fields=["name"])


def _code_of(unit: ProcuracyUnit | None) -> str | None:
    return unit.code if unit is not None else None


def _said(row: ProcuracyUnit | Department) -> dict[str, str]:
    """Return what is said of an office or a department, as people read it."""
    fields = UNIT_FIELDS if isinstance(row, ProcuracyUnit) else DEPARTMENT_FIELDS
    # kept for whoever reads the ledger, in the language of the offices
    with speaking("vi"):
        return {name: _readable(row, name) for name in (*fields, "valid_to")}


def _readable(row: models.Model, name: str) -> str:
    value = getattr(row, name)
    if value is None:
        return ""
    if name == "stages":
        return ", ".join(stage_label(each) for each in value)
    if name == "kind":
        return str(ProcuracyUnit.Kind(value).label)
    if isinstance(value, ProcuracyUnit):
        return f"{value.code} – {value.short_name}"
    if isinstance(value, bool):
        return _("có") if value else _("không")
    return f"{value:%d/%m/%Y}" if isinstance(value, dt.date) else str(value)


def _changes(before: Mapping[str, str], row: ProcuracyUnit | Department) -> list[list[str]]:
    """Return what differs now: each field with what was said of it and what is.

    Raises:
        Conflict: nothing does.
    """
    now = _said(row)
    found = [[name, before[name], now[name]] for name in now if now[name] != before[name]]
    if not found:
        raise Conflict(_("Không có gì thay đổi: hãy sửa ít nhất một mục."))
    return found
