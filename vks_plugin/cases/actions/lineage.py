"""Cases that grow out of others: a report of crime that becomes a case, two cases merged, one split, one appealed.

Whether the actor may is decided before, in `access`. Each act is one transaction: what is refused anywhere in it
leaves nothing behind. Papers stay filed where they are, since a document lies in one case only; what is carried is
the record: people, charges, custody. Every row that is carried says in the history by which decision it came; the
other case is named by the relation between the two, to those who may know of it.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.acts import tell_each
from vks_plugin.cases.actions.charges import ChargeInput
from vks_plugin.cases.actions.proceedings import MEASURE_EVENTS, Happened, events_of, record_event
from vks_plugin.cases.actions.record import add_entry, lock_record, told_of_assignment
from vks_plugin.cases.actions.registration import cases_of_appeal, create_case
from vks_plugin.cases.actions.rules import enforce
from vks_plugin.cases.models import (
    Accused,
    Assignment,
    CaseFile,
    CasePerson,
    PreventiveMeasure,
    ProceduralEvent,
    RelatedCase,
)
from vks_plugin.cases.proceedings import EVENTS, NEWCOMER, State
from vks_plugin.cases.record import ACCUSED, CHARGE, MEASURE, PERSON
from vks_plugin.cases.validation import MERGED, SPLIT, Merging, may_be_merged
from vks_plugin.errors import BadInput, Conflict
from vks_plugin.organization.actions import keep_as_it_is
from vks_plugin.organization.models import Appointment, Department

BECOMES = "nguon_tin_khoi_to"
"""The event of a report by which it becomes a case."""
MERGES, TAKES_IN, SPLITS = "nhap_vu_an", "nhan_vu_nhap", "tach_vu_an"

REPORTER = "reporter"
REPORTER_BECOMES = ("victim", "witness", "related_person")
"""What a reporter may be in the case."""

_FROM_REPORT = (
    "department",
    "leader_in_charge",
    "crime_date",
    "crime_place",
    "charge_summary",
    "investigation_agency",
    "investigator",
    "evidence_summary",
    "confidentiality",
    "is_key_case",
    "is_provincial_watch",
    "is_corruption",
    "is_sexual_abuse_minor",
    "is_national_security",
    "is_special_agency",
    "is_flagrant",
)
_FROM_ORIGIN = (*_FROM_REPORT, "court", "judge", "is_complex", "is_closed_trial")
"""What a case split off has in common with the one it came from."""
_FROM_APPEALED = tuple(
    field for field in _FROM_ORIGIN if field not in {"department", "leader_in_charge", "court", "judge"}
)
"""What the case of the office above has in common with the one appealed: not who handles it, and at which court."""
_NOT_YET_DECIDED = ("init_decision_no", "init_decision_date", "approval_no", "approval_date", "sentence")

_CUSTODY = (*MEASURE_EVENTS.values(), "ap_dung_bpnc", "gia_han_tam_giu", "gia_han_tam_giam", "huy_bpnc", "tra_tu_do")
"""Events of one accused without which nobody would be reminded of his custody."""
_RESTRICTED = CaseFile.Confidentiality.RESTRICTED
_NOT_CHARGED = frozenset({"", "nguon_tin", NEWCOMER.stage})
_SET_ASIDE = frozenset({"tam_dinh_chi", "dinh_chi"})
_GONE = frozenset({MERGED, SPLIT})


@dataclass(frozen=True)
class Grown:
    """A case that came of another one."""

    case: CaseFile
    made: bool = True
    """Whether it was made just now, or by the same form before."""
    warnings: tuple[str, ...] = ()
    """What somebody has to see to, in sentences."""


def _has_event(case: CaseFile, *events: str) -> bool:
    return all(event in EVENTS.get(case.kind, {}) for event in events)


# --- a report becomes a case


@transaction.atomic
def become_criminal_case(
    *,
    actor: User,
    report: CaseFile,
    init_decision_no: str,
    init_decision_date: dt.date,
    init_decision_agency: str,
    name: str = "",
    reporters: Mapping[int, str] | None = None,
    accused: Collection[int] = (),
    charges: Sequence[ChargeInput] = (),
    code: str | None = None,
    handled_at: dt.date | None = None,
    form_token: uuid.UUID | None = None,
) -> Grown:
    """Open the case to which a report of crime led, in the office that handles the report.

    Who works on the report works on the case from today. Nobody is prosecuted by it: people reported who are named
    stand in the list of accused without a decision, until there is one.

    Args:
        actor: who records it.
        report: the report of crime.
        init_decision_no: of the decision to initiate the case, with date and agency.
        init_decision_date: see there.
        init_decision_agency: see there.
        name: of the case; that of the report when empty.
        reporters: what each reporter is in the case, of `REPORTER_BECOMES`, by row; who is left out is not carried.
        accused: rows of people reported who are to stand in the list of accused.
        charges: of the case; those of the report when there are none.
        code: of the case; the next free one of the office when None.
        handled_at: today when None.
        form_token: one per form shown: the same form sent twice makes one case.

    Raises:
        BadInput: a value is missing or malformed, or a row is not one of the report.
        Conflict: the report is none, has become a case already or cannot now, or the decision is registered already.
    """
    report = lock_record(report)
    if not _has_event(report, BECOMES):
        raise Conflict(_("Chỉ nguồn tin về tội phạm mới khởi tố thành vụ án."))
    earlier = RelatedCase.objects.filter(other=report, relation=RelatedCase.Relation.FROM_REPORT).first()
    if earlier is not None:
        if form_token is None or earlier.case.form_token != form_token or earlier.case.created_by_id != actor.pk:
            raise Conflict(_("Nguồn tin này đã được khởi tố thành vụ án: hãy tải lại trang."))
        return Grown(earlier.case, made=False)
    people, reported = list(report.people.all()), list(report.accused.all())
    roles = _roles(people, reporters or {})
    chosen = _chosen(reported, accused)
    in_common, gone = _in_common(report, _FROM_REPORT)
    case, made = create_case(
        actor=actor,
        unit=report.unit,
        code=code,
        name=name or report.name,
        init_decision_no=init_decision_no,
        init_decision_date=init_decision_date,
        init_decision_agency=init_decision_agency,
        stage="nguon_tin",
        charges=charges,
        handled_at=handled_at,
        form_token=form_token,
        **in_common,
    )
    if not made:
        # the form is that of a case registered otherwise
        raise Conflict(_("Biểu mẫu này đã được dùng: hãy tải lại trang rồi nhập lại."), field="form_token")
    reason = _("Khởi tố từ nguồn tin")
    carried = {
        person.pk: add_entry(
            actor=actor,
            case=case,
            part="accused",
            values=_values(person, ACCUSED.fields, _NOT_YET_DECIDED),
            reason=reason,
        )
        for person in chosen
    }
    _carry_people(actor, case, [person for person in people if roles[person.pk]], carried, reason, roles=roles)
    if not charges:
        _carry_charges(actor, case, report, None, reason)
    _carry_assignments(actor, report, case)
    _relate(actor, case, RelatedCase.Relation.FROM_REPORT, report, init_decision_no, init_decision_date, reason)
    record_event(
        actor=actor,
        case=report,
        happened=Happened(BECOMES, init_decision_date, number=init_decision_no, agency=init_decision_agency),
    )
    case.refresh_from_db()
    return Grown(case, warnings=tuple(gone))


def _roles(people: Iterable[CasePerson], reporters: Mapping[int, str]) -> dict[int, str]:
    """Return what each person of a report is in the case; empty: not carried."""
    rows = {person.pk: person for person in people}
    for pk, role in reporters.items():
        if pk not in rows or rows[pk].role != REPORTER:
            raise BadInput(_("Người này không phải người tố giác, báo tin của nguồn tin này."), field="reporters")
        if role and role not in REPORTER_BECOMES:
            raise BadInput(
                _("Người tố giác, báo tin chỉ vào vụ án là bị hại, người làm chứng hoặc người liên quan."),
                field="reporters",
            )
    return {pk: reporters.get(pk, "") if row.role == REPORTER else row.role for pk, row in rows.items()}


def _chosen(rows: Sequence[Accused], wanted: Collection[int]) -> list[Accused]:
    if not set(wanted) <= {row.pk for row in rows}:
        raise BadInput(_("Người này không có trong hồ sơ: hãy tải lại trang."), field="accused")
    return [row for row in rows if row.pk in set(wanted)]


# --- two cases are merged


@transaction.atomic
def merge_cases(
    *,
    actor: User,
    source: CaseFile,
    target: CaseFile,
    decision_no: str,
    decided_on: dt.date,
    agency: str = "",
    note: str = "",
) -> Grown:
    """Merge a case into another one.

    The source keeps its file, folios and history and counts no more; people, charges and custody are carried to the
    target, whose time limits run from the first initiation of the two (TTLT 04/2018, Điều 14). An accused who is in
    both is one person in the target. Sent twice, it is done once.

    Raises:
        BadInput, Conflict: they are not two cases of one kind, one of them is merged already, or proceedings do not
            allow it now.
    """
    # always in the same order, so that two acts on the same cases wait for each other
    locked = {each.pk: lock_record(each) for each in sorted({source, target}, key=lambda each: each.pk)}
    source, target = locked[source.pk], locked[target.pk]
    merging = Merging(
        same=source.pk == target.pk,
        source_kind=source.kind,
        target_kind=target.kind,
        has_events=_has_event(source, MERGES, TAKES_IN),
        widens=_RESTRICTED == source.confidentiality != target.confidentiality,
    )
    enforce(may_be_merged(merging), Conflict)
    earlier = RelatedCase.objects.filter(case=source, relation=RelatedCase.Relation.MERGED_INTO).first()
    if earlier is not None:
        if earlier.other_id != target.pk:
            raise Conflict(_("Vụ án này đã nhập vào vụ khác: hãy tải lại trang."))
        return Grown(target, made=False)
    reason = _("Nhập vụ án theo quyết định số %(number)s") % {"number": decision_no}
    people = [person for person in source.accused.all() if person.status not in _GONE]
    carried, warnings = _carry_accused(actor, target, people, reason)
    _carry_people(actor, target, source.people.all(), carried, reason)
    _carry_charges(actor, target, source, None, reason)
    decision: dict[str, Any] = {"number": decision_no, "agency": agency, "note": note}
    record_event(
        actor=actor,
        case=target,
        happened=Happened(TAKES_IN, decided_on, named_day=_first_initiation(source), **decision),
    )
    record_event(actor=actor, case=source, happened=Happened(MERGES, decided_on, **decision))
    _relate(actor, source, RelatedCase.Relation.MERGED_INTO, target, decision_no, decided_on, reason="")
    target.refresh_from_db()
    return Grown(target, warnings=tuple(warnings))


def _first_initiation(case: CaseFile) -> dt.date:
    """Return the day the first of what is in a case was initiated: it may have taken others in, or be split off."""
    of = {TAKES_IN, case.kind_data.first_event}
    days = [each.named_day for each in events_of(case) if each.event in of and each.named_day is not None]
    return min([case.init_decision_date, *days])


# --- a case is split


@transaction.atomic
def split_case(
    *,
    actor: User,
    source: CaseFile,
    accused: Collection[int],
    decision_no: str,
    decided_on: dt.date,
    agency: str,
    name: str,
    people: Collection[int] = (),
    init_decision_no: str = "",
    init_decision_date: dt.date | None = None,
    init_decision_agency: str = "",
    code: str | None = None,
    form_token: uuid.UUID | None = None,
) -> Grown:
    """Split a case of its own off another one.

    Args:
        actor: who records it.
        source: the case it comes from; it stays where it is.
        accused: rows of those who go with the new case; none where acts are split off whose author is not known.
        decision_no: of the decision to split.
        decided_on: its day.
        agency: who decided.
        name: of the new case.
        people: rows of others in the case who are of concern to the new one, besides those who stand for its accused.
        init_decision_no: by which the new case is opened, with day and agency; the decision to split when left out.
        init_decision_date: see there; time limits run from the initiation of the case it comes from.
        init_decision_agency: see there.
        code: of the new case; the next free one of the office when None.
        form_token: one per form shown.

    Raises:
        BadInput: a value is missing or malformed, or a row is not one of the case.
        Conflict: there is no splitting in this kind, proceedings do not allow it now, or the decision is registered.
    """
    source = lock_record(source)
    if not _has_event(source, SPLITS):
        raise Conflict(_("Loại vụ án này không nhập, không tách."))
    earlier = (
        RelatedCase.objects.filter(
            other=source, relation=RelatedCase.Relation.SPLIT_FROM, case__form_token=form_token, case__created_by=actor
        ).first()
        if form_token is not None
        else None
    )
    if earlier is not None:
        return Grown(earlier.case, made=False)
    chosen = _chosen(list(source.accused.all()), accused)
    others = list(source.people.all())
    if not set(people) <= {person.pk for person in others}:
        raise BadInput(_("Người này không có trong hồ sơ: hãy tải lại trang."), field="people")
    in_common, gone = _in_common(source, _FROM_ORIGIN)
    case, made = create_case(
        actor=actor,
        unit=source.unit,
        kind=source.kind,
        code=code,
        name=name,
        init_decision_no=init_decision_no or decision_no,
        init_decision_date=init_decision_date or decided_on,
        init_decision_agency=init_decision_agency or agency,
        stage=source.stage,
        details=source.details,
        form_token=form_token,
        **in_common,
    )
    if not made:
        # the form is that of a case registered otherwise
        raise Conflict(_("Biểu mẫu này đã được dùng: hãy tải lại trang rồi nhập lại."), field="form_token")
    # splitting gives nobody more time: limits run from where those of the origin ran from
    case.events.filter(event=case.kind_data.first_event).update(named_day=_first_initiation(source))
    reason = _("Tách vụ án theo quyết định số %(number)s") % {"number": decision_no}
    carried, warnings = _carry_accused(actor, case, chosen, reason)
    wanted = [person for person in others if person.pk in set(people) or person.accused_id in carried]
    _carry_people(actor, case, wanted, carried, reason)
    if not chosen:
        _carry_charges(actor, case, source, None, reason)
    _carry_assignments(actor, source, case)
    _relate(actor, case, RelatedCase.Relation.SPLIT_FROM, source, decision_no, decided_on, reason)
    who: Sequence[Accused | None] = chosen or [None]
    for person in who:
        happened = Happened(SPLITS, decided_on, accused=person, number=decision_no, agency=agency)
        record_event(actor=actor, case=source, happened=happened)
    case.refresh_from_db()
    return Grown(case, warnings=(*gone, *warnings))


# --- a case is appealed


def name_on_appeal(origin: CaseFile) -> str:
    """Return what the case of the office above is called, unless somebody says otherwise."""
    return _("%(name)s (phúc thẩm)") % {"name": origin.name[:235].rstrip()}


@transaction.atomic
def open_appeal(
    *,
    actor: User,
    origin: CaseFile,
    leading: Collection[str],
    name: str = "",
    code: str | None = None,
    handled_at: dt.date | None = None,
    form_token: uuid.UUID | None = None,
) -> Grown:
    """Open the case in which the office above handles the appeal, with a file and a supervision file of its own.

    The case appealed stays as it is, with its office and its readers. Accused, charges and other people are carried;
    custody stays recorded where it was ordered. Who is assigned to the appeal is assigned to the new case: the first
    leads it.

    Args:
        actor: who records it.
        origin: the case appealed.
        leading: posts whose holders may lead a case.
        name: of the new case; made from that of the origin when empty.
        code: of the new case; the next free one of the office above when None.
        handled_at: today when None.
        form_token: one per form shown.

    Raises:
        BadInput: a value is missing or malformed.
        Conflict: the appeal has a case already, there is no office above, or the archive has the file.
    """
    origin = lock_record(origin)
    unit = origin.unit.parent
    if unit is None:
        raise Conflict(_("Đơn vị thụ lý không có đơn vị cấp trên trong hệ thống."))
    earlier = cases_of_appeal(origin).select_related("unit").first()
    if earlier is not None:
        if form_token is None or earlier.form_token != form_token or earlier.created_by_id != actor.pk:
            raise Conflict(
                _("Hồ sơ phúc thẩm của vụ án này đã được mở tại %(unit)s: xem mục Vụ liên quan.")
                % {"unit": earlier.unit.name}
            )
        return Grown(earlier, made=False)
    case, made = create_case(
        actor=actor,
        unit=unit,
        kind=origin.kind,
        code=code,
        name=name or name_on_appeal(origin),
        init_decision_no=origin.init_decision_no,
        init_decision_date=origin.init_decision_date,
        init_decision_agency=origin.init_decision_agency,
        stage="phuc_tham",
        details=origin.details,
        handled_at=handled_at,
        form_token=form_token,
        on_appeal=True,
        **{field: getattr(origin, field) for field in _FROM_APPEALED},
    )
    if not made:
        # the form is that of a case registered otherwise
        raise Conflict(_("Biểu mẫu này đã được dùng: hãy tải lại trang rồi nhập lại."), field="form_token")
    reason = _("Mở hồ sơ phúc thẩm")
    carried: dict[int, Accused] = {}
    for person in origin.accused.exclude(status__in=_GONE):
        carried[person.pk] = _enter(actor, case, person, reason)
        _carry_charges(actor, case, origin, (person, carried[person.pk]), reason)
    _carry_charges(actor, case, origin, None, reason)
    _carry_people(actor, case, origin.people.all(), carried, reason)
    _carry_appeal_assignments(actor, origin, case, leading)
    _relate(actor, case, RelatedCase.Relation.APPEAL_OF, origin, "", case.handled_at, reason)
    case.refresh_from_db()
    return Grown(case)


def _carry_appeal_assignments(actor: User, origin: CaseFile, case: CaseFile, leading: Collection[str]) -> None:
    """Let whoever is assigned to the appeal handle its case: it is the same leader's decision, so it keeps his name.

    Not who has left the office: the case would have a leading prosecutor to whom it opens nothing. Nor who is there by now
    in a post that is for no prosecutor's part.
    """
    today = timezone.localdate()
    there = Appointment.objects.in_force(today).filter(unit=case.unit, role__in=leading, user__is_active=True)
    rows = Assignment.objects.in_force(today).filter(
        case=origin, role=Assignment.Role.APPEAL_PROSECUTOR, user_id__in=there.values("user_id")
    )
    # who stays leads before who is there until a day
    chosen = sorted(rows.select_related("user", "assigned_by"), key=lambda each: (each.ends_on is not None, each.pk))
    roles = [Assignment.Role.PROSECUTOR_LEAD, *[Assignment.Role.PROSECUTOR] * len(chosen)]
    carried = Assignment.objects.bulk_create(
        Assignment(
            case=case, user=each.user, role=role, starts_on=today, ends_on=each.ends_on, assigned_by=each.assigned_by
        )
        for each, role in zip(chosen, roles, strict=False)
    )
    tell_each("assigned", actor=actor, each=[(case, told_of_assignment(row)) for row in carried])


# --- what is carried


def _values(row: Any, fields: Iterable[str], without: Collection[str] = ()) -> dict[str, Any]:
    left_out = {"position", *without}
    return {field: getattr(row, field) for field in fields if field not in left_out}


def _in_common(origin: CaseFile, fields: Iterable[str]) -> tuple[dict[str, Any], list[str]]:
    """Return what a new case has from the one it comes of, and what somebody has to see to.

    A department ends while cases of it lie in the archive, and one of them may be opened again: the new one lies in none,
    which is for the office to say.
    """
    values = {field: getattr(origin, field) for field in fields}
    department = origin.department
    if department is None:
        return values, []
    keep_as_it_is(department)
    if Department.objects.on(timezone.localdate()).filter(pk=department.pk).exists():
        return values, []
    warning = _("Phòng %(code)s không còn: vụ mới chưa thuộc phòng nào, hãy ghi phòng cho vụ ấy.")
    return values | {"department": None}, [warning % {"code": department.code}]


def _relate(
    actor: User, case: CaseFile, relation: str, other: CaseFile, decision_no: str, decided_on: dt.date, reason: str
) -> None:
    values = {"relation": relation, "other": other, "decision_no": decision_no, "decided_on": decided_on}
    add_entry(actor=actor, case=case, part="relation", values=values, reason=reason)


def _carry_assignments(actor: User, origin: CaseFile, case: CaseFile) -> None:
    """Let whoever works on the origin work on the case: it is the same leader's decision, so it keeps his name."""
    today = timezone.localdate()
    carried = Assignment.objects.bulk_create(
        Assignment(
            case=case,
            user=each.user,
            role=each.role,
            starts_on=today,
            ends_on=each.ends_on,
            assigned_by=each.assigned_by,
        )
        for each in Assignment.objects.in_force(today).filter(case=origin).select_related("user", "assigned_by")
    )
    tell_each("assigned", actor=actor, each=[(case, told_of_assignment(row)) for row in carried])


def _same_person(person: Accused, others: Iterable[Accused]) -> Accused | None:
    """Return the one of the others who is this person: the same number of identity, or name and birth."""
    for other in others:
        if person.id_number and other.id_number:
            if person.id_number == other.id_number:
                return other
        elif other.folded_name == person.folded_name and person.birth_year and other.birth_year == person.birth_year:
            return other
    return None


def _state_on_joining(person: Accused, case: CaseFile) -> State:
    """Return where somebody stands from the beginning of a case that is entered later.

    Whoever was charged is in step with the case from its start, so that all of its history holds for him too; who was
    set aside stays where that happened.
    """
    if person.status in _SET_ASIDE:
        return State(person.stage, person.status)
    if person.stage in _NOT_CHARGED:
        return NEWCOMER
    stage = "dieu_tra" if case.registered_stage in _NOT_CHARGED else case.registered_stage
    return State(stage, case.registered_status)


def _carry_accused(
    actor: User, case: CaseFile, people: Iterable[Accused], reason: str
) -> tuple[dict[int, Accused], list[str]]:
    """Enter accused of another case with their charges and custody; return them by their rows there."""
    present = list(case.accused.all())
    carried: dict[int, Accused] = {}
    warnings: list[str] = []
    for person in people:
        made = _same_person(person, present)
        if made is None:
            made = _enter(actor, case, person, reason)
            warnings += _carry_custody(actor, case, person, made, reason)
        else:
            warnings.append(
                _(
                    "%(name)s có trong cả hai vụ: tội danh được gộp, biện pháp ngăn chặn giữ theo vụ nhận. Hãy kiểm tra lại."
                )
                % {"name": made.full_name}
            )
        carried[person.pk] = made
        _carry_charges(actor, case, person.case, (person, made), reason)
    return carried, warnings


def _enter(actor: User, case: CaseFile, person: Accused, reason: str) -> Accused:
    """Enter an accused of another case, in step with this one."""
    values, state = _values(person, ACCUSED.fields), _state_on_joining(person, case)
    made: Accused = add_entry(actor=actor, case=case, part="accused", values=values, reason=reason, joins_as=state)
    return made


def _carry_charges(
    actor: User, case: CaseFile, origin: CaseFile, people: tuple[Accused, Accused] | None, reason: str
) -> None:
    """Enter the charges of one accused, or those in force of the case itself."""
    person, made = people or (None, None)
    rows = origin.charges.filter(accused=person)
    if person is None:
        rows = rows.filter(ended_on__isnull=True)
    for row in rows:
        values = _values(row, CHARGE.fields) | {"accused": made}
        add_entry(actor=actor, case=case, part="charge", values=values, reason=reason)


def _carry_custody(actor: User, case: CaseFile, person: Accused, made: Accused, reason: str) -> list[str]:
    """Record anew what holds somebody, so that its limits run where the case goes on; return what could not be."""
    refused: list[str] = []
    measures: dict[int, PreventiveMeasure] = {}
    known = {row.event_id: row for row in person.measures.all() if row.event_id is not None}
    for event in events_of(person.case):
        if event.accused_id != person.pk or event.event not in _CUSTODY:
            continue
        try:
            row = _record_again(actor, case, _again(event, made, reason), reason)
        except (BadInput, Conflict) as error:
            refused.append(
                _("Chưa mang theo được “%(event)s” của %(name)s: hãy ghi lại. %(why)s")
                % {"event": str(event), "name": made.full_name, "why": error.message}
            )
            continue
        before, after = known.get(event.pk), PreventiveMeasure.objects.filter(event=row).first()
        if before is not None and after is not None:
            for field in MEASURE.fields:
                if field not in {"accused", "extends"}:
                    setattr(after, field, getattr(before, field))
            after.save()
            measures[before.pk] = after
    for longer in person.measures.filter(event__isnull=True, extends__in=measures).select_related("extends"):
        prolonged = measures[longer.extends.pk] if longer.extends is not None else None
        values = _values(longer, MEASURE.fields) | {"accused": made, "extends": prolonged}
        add_entry(actor=actor, case=case, part="measure", values=values, reason=reason)
    return refused


def _record_again(actor: User, case: CaseFile, happened: Happened, reason: str) -> ProceduralEvent:
    """Record an event of another case; what was decided there is beyond the law here only for another class of crime."""
    try:
        return record_event(actor=actor, case=case, happened=happened)
    except Conflict as error:
        if error.field != "override_reason":
            raise
        return record_event(actor=actor, case=case, happened=replace(happened, override_reason=reason))


def _again(event: ProceduralEvent, accused: Accused, reason: str) -> Happened:
    return Happened(
        event.event,
        event.happened_on,
        happened_at=event.happened_at,
        accused=accused,
        number=event.number,
        agency=event.agency,
        signer_name=event.signer_name,
        signer_title=event.signer_title,
        ground=event.ground,
        amount=event.amount,
        asked_on=event.asked_on,
        named_day=event.named_day,
        note=reason,
        override_reason=event.override_reason,
    )


def _carry_people(
    actor: User,
    case: CaseFile,
    people: Iterable[CasePerson],
    accused: Mapping[int, Accused],
    reason: str,
    *,
    roles: Mapping[int, str] | None = None,
) -> None:
    """Enter others in the case, each once; who stands for an accused who is not carried stands for nobody in it."""
    present = {(row.role, row.folded_name, row.birth_year) for row in case.people.all()}
    for person in people:
        role = roles[person.pk] if roles is not None else person.role
        if (role, person.folded_name, person.birth_year) in present:
            continue
        values = _values(person, PERSON.fields) | {"role": role, "accused": accused.get(person.accused_id or 0)}
        add_entry(actor=actor, case=case, part="person", values=values, reason=reason)
