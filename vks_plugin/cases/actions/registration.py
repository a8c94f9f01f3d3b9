"""Registering cases. Whether the actor may is decided before, in `access`."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.acts import tell
from vks_plugin.cases.actions.charges import ChargeInput, charge_values
from vks_plugin.cases.actions.proceedings import follow_accused, follow_identity
from vks_plugin.cases.actions.record import (
    check,
    clean_details,
    clean_text,
    follow_up,
    heaviest_class,
    note_change,
    told_of_suspended,
)
from vks_plugin.cases.actions.rules import enforce, refusal
from vks_plugin.cases.kinds import CRIMINAL, KINDS, kind_of, person_role_label
from vks_plugin.cases.models import Accused, CaseChange, CaseFile, CasePerson, Charge, RelatedCase
from vks_plugin.cases.models.case import ON_APPEAL
from vks_plugin.cases.record import CASE_FIELDS, PERSON, difference, values_of
from vks_plugin.cases.validation import KnownDecision, Sensitivity, no_state_secrets, same_decision
from vks_plugin.conf import configuration
from vks_plugin.errors import BadInput, Conflict, VksError
from vks_plugin.organization.actions import refuse_ended_meanwhile, refuse_outside
from vks_plugin.organization.models import ProcuracyUnit
from vks_plugin.text import folded, gettext_noop, one_line

CODE = re.compile(r"[A-Z0-9][A-Z0-9.-]{1,38}[A-Z0-9]")
"""What a case code may look like; it appears in addresses and file names."""
_CODE_FORM = gettext_noop("Mã vụ án chỉ gồm chữ in hoa không dấu, chữ số và các dấu . - (từ 3 đến 40 ký tự).")


@dataclass(frozen=True)
class AccusedInput:
    """A person prosecuted, as entered at registration."""

    full_name: str
    birth_year: int | None = None
    sex: str = ""
    charges: Sequence[ChargeInput] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    """Other fields of an accused, by name."""


def init_decision_key(
    number: str, date: dt.date, agency: str, kind: str = CRIMINAL.value, *, on_appeal: bool = False
) -> str:
    """Return what identifies the case as it is compared: tones, case and spaces do not count.

    Other kinds have numbers of their own, so that theirs never clash with those of criminal cases. Nor does the case of
    the office that is heard on appeal clash with the one appealed; there is one of each.
    """
    key = f"{folded(number)}|{date.isoformat()}|{folded(agency)}"
    key = key if kind == CRIMINAL.value else f"{kind}:{key}"
    return f"{ON_APPEAL}{key}" if on_appeal else key


def appeal_key(case: CaseFile) -> str:
    """Return the key of the case in which the office above handles the appeal of this one, whether there is one or not."""
    return f"{ON_APPEAL}{case.init_decision_key}"


def cases_of_appeal(origin: CaseFile) -> QuerySet[CaseFile]:
    """Return the case in which the office above handles the appeal of this one.

    Whichever of the two had its decision corrected since: the relation holds them together then.
    """
    related = RelatedCase.objects.filter(other=origin, relation=RelatedCase.Relation.APPEAL_OF)
    return CaseFile.objects.filter(Q(init_decision_key=appeal_key(origin)) | Q(pk__in=related.values("case_id")))


def _required(value: str, label: str, field: str, *, longest: int) -> str:
    clean = one_line(value)
    if not clean:
        raise BadInput(_("Hãy nhập %(label)s.") % {"label": label}, field=field)
    if len(clean) > longest:
        raise BadInput(
            _("%(label)s dài quá %(longest)d ký tự: hãy viết ngắn lại.")
            % {"label": label[:1].upper() + label[1:], "longest": longest},
            field=field,
        )
    return clean


def _not_in_future(day: dt.date | None, label: str, field: str) -> None:
    if day is None:
        return
    if day > timezone.localdate():
        raise BadInput(
            _("%(label)s %(day)s nằm trong tương lai: hãy kiểm tra lại.") % {"label": label, "day": f"{day:%d/%m/%Y}"},
            field=field,
        )
    if day.year < 1900:
        raise BadInput(_("%(label)s trước năm 1900: hãy kiểm tra lại.") % {"label": label}, field=field)


def _next_code(unit: ProcuracyUnit, year: int, mark: str) -> str:
    words = [configuration().case_code_prefix, *([mark] if mark else []), unit.code, str(year), ""]
    prefix = "-".join(words)
    numbers = [
        int(code.removeprefix(prefix))
        for code in CaseFile.objects.filter(code__startswith=prefix).values_list("code", flat=True)
        if code.removeprefix(prefix).isdigit()
    ]
    return f"{prefix}{max(numbers, default=0) + 1:04d}"


def check_code(code: str, *, as_written: bool = False) -> None:
    """Refuse a typed code that no case here can have, or that looks numbered and is not numbered as it is done here.

    By its form alone: whether there is such a case is not looked at, so that nobody is told. Where numbering was different,
    or codes were chosen, whoever has the paper in hand says that it is `as_written`.

    Raises:
        BadInput: the sentence says what such a code looks like.
    """
    odd = oddity_of(code)
    if not odd or (as_written and CODE.fullmatch(code)):
        return
    confirm = _("Nếu giấy tờ ghi đúng như vậy, hãy xác nhận là đúng như trên giấy rồi gửi lại.")
    raise BadInput(f"{odd} {confirm}" if CODE.fullmatch(code) else odd, field="code")


def typed_code(code: str) -> str:
    """Return a code that somebody typed as codes are written: spaces and small letters do not count."""
    return one_line(code).upper()


def no_such_case(code: str) -> str:
    """Return the sentence that there is no case of this code for whoever typed it, with what is odd about its form alone."""
    sentence = _("Không có vụ án nào mang mã này trong phạm vi của bạn.")
    return f"{sentence} {oddity_of(code)}".strip()


def oddity_of(code: str) -> str:
    """Return a sentence on what is odd about a typed code, by its form alone; empty where it may be one (see `check_code`)."""
    if not CODE.fullmatch(code):
        return _(_CODE_FORM)
    prefix, today = configuration().case_code_prefix, timezone.localdate()
    units = dict(ProcuracyUnit.objects.order_by("kind", "position", "code").values_list("code", "valid_to"))
    offices = {f"{prefix}-{mark}{code}".upper() for mark in _marks() for code in units}
    numbered = re.fullmatch(r"(.+)-([0-9]{4})-[0-9]{4,}", code)
    if numbered is not None and numbered[1] in offices and 1900 <= int(numbered[2]) <= today.year:
        return ""
    if not re.search(r"-[0-9]{4}-[0-9]+$", code) and not any(code.startswith(f"{each}-") for each in offices):
        # one that somebody chose
        return ""
    present = next((code for code, until in units.items() if until is None), "")
    example = "-".join([prefix, present, str(today.year), "0001"])
    return _(
        "“%(code)s” không giống mã do hệ thống cấp (như %(example)s: đầu mã, mã đơn vị, năm, số thứ tự có ít nhất 4 chữ "
        "số): hãy xem lại."
    ) % {"code": code, "example": example}


def _marks() -> list[str]:
    return [f"{mark}-" if mark else "" for mark in dict.fromkeys(kind.code_mark for kind in KINDS.values())]


def _clash(key: str, code: str | None, cases: QuerySet[CaseFile] | None = None) -> VksError | None:
    """Say what is there already, naming only the other unit: the case itself may not be the reader's (rule V01)."""
    among = CaseFile.objects.all() if cases is None else cases
    other = among.filter(init_decision_key=key).select_related("unit").first()
    known = KnownDecision(other.unit.name, initiated=other.kind_data.prosecutes) if other else KnownDecision(None)
    taken = refusal(same_decision(known), Conflict)
    if taken is not None:
        return taken
    if code and CaseFile.objects.filter(code=code).exists():
        return Conflict(_("Mã vụ án %(code)s đã được dùng: hãy chọn mã khác.") % {"code": code}, field="code")
    return None


def _made_by(form_token: uuid.UUID | None, actor: User) -> CaseFile | None:
    """Return the case this form made already.

    Raises:
        Conflict: somebody else's form made it; nothing of it is told.
    """
    earlier = CaseFile.objects.filter(form_token=form_token).first() if form_token is not None else None
    if earlier is not None and earlier.created_by_id != actor.pk:
        raise Conflict(_("Biểu mẫu này đã được dùng: hãy mở lại trang đăng ký rồi nhập lại."), field="form_token")
    return earlier


def check_identity(case: CaseFile) -> None:
    """Check what identifies an existing case after an edit, and bring what is derived from it up to date.

    Raises:
        BadInput: a part is missing or lies in the future.
        Conflict: another case has the same, or the same national code.
    """
    kind = case.kind_data
    _required(case.name, _("tên vụ án"), "name", longest=250)
    _required(case.init_decision_no, _(kind.number_label).lower(), "init_decision_no", longest=60)
    _required(case.init_decision_agency, _(kind.agency_label).lower(), "init_decision_agency", longest=200)
    _not_in_future(case.init_decision_date, _(kind.date_label), "init_decision_date")
    _not_in_future(case.handled_at, _("Ngày thụ lý"), "handled_at")
    _not_in_future(case.crime_date, _("Ngày phạm tội"), "crime_date")
    enforce(no_state_secrets(Sensitivity(case.confidentiality)))
    if case.department is not None and case.department.unit_id != case.unit_id:
        raise BadInput(_("Phòng này thuộc đơn vị khác."), field="department")
    case.folded_name = folded(case.name)
    case.init_decision_key = init_decision_key(
        case.init_decision_no,
        case.init_decision_date,
        case.init_decision_agency,
        case.kind,
        on_appeal=case.is_on_appeal,
    )
    others = CaseFile.objects.exclude(pk=case.pk)
    clash = _clash(case.init_decision_key, None, others)
    if clash is not None:
        raise clash
    if case.national_case_code and others.filter(national_case_code=case.national_case_code).exists():
        raise Conflict(_("Mã hồ sơ điện tử quốc gia này đã được dùng: hãy kiểm tra lại."), field="national_case_code")


def refuse_department(case: CaseFile) -> None:
    """Refuse a department, just written, that does not exist today.

    Raises:
        BadInput: it has ended, or begins later.
    """
    if case.department is not None:
        today = timezone.localdate()
        refuse_outside(case.department, today, today)


def create_case(
    *,
    actor: User,
    unit: ProcuracyUnit,
    name: str,
    init_decision_no: str,
    init_decision_date: dt.date,
    init_decision_agency: str,
    kind: str = CRIMINAL.value,
    code: str | None = None,
    accused: Sequence[AccusedInput] = (),
    charges: Sequence[ChargeInput] = (),
    people: Sequence[Mapping[str, Any]] = (),
    stage: str = "",
    status: str = "",
    handled_at: dt.date | None = None,
    details: Mapping[str, Any] | None = None,
    form_token: uuid.UUID | None = None,
    on_appeal: bool = False,
    **fields: Any,
) -> tuple[CaseFile, bool]:
    """Create the case with its accused and charges; return it, and whether it was made just now.

    The same form sent twice makes one case: the second call returns the first one's.

    Args:
        actor: who registers.
        unit: the office that handles the case.
        name: as it is called in the papers.
        init_decision_no: with date and agency, what identifies a case of its kind.
        init_decision_date: see there.
        init_decision_agency: see there.
        kind: a kind in `kinds.py`.
        code: the next free one of the office when None.
        accused: in the order of the indictment.
        charges: of the case itself, while nobody is prosecuted.
        people: fields of each other person of the case, by name.
        stage: the kind's first one when empty.
        status: the kind's first one when empty.
        handled_at: today when None.
        details: the kind's own fields.
        form_token: one per form shown.
        on_appeal: whether the office handles the appeal of a case below, of which the decision is; see V01.
        fields: others in `vks_plugin.cases.record.CASE_FIELDS`.

    Raises:
        BadInput: a field is missing, malformed or in the future.
        Conflict: the initiating decision or the code is registered already.
    """
    if kind not in KINDS:
        raise BadInput(_("Loại vụ án không có trong danh mục."), field="kind")
    chosen = kind_of(kind)
    name = _required(name, _("tên vụ án"), "name", longest=250)
    number = _required(init_decision_no, _(chosen.number_label).lower(), "init_decision_no", longest=60)
    agency = _required(init_decision_agency, _(chosen.agency_label).lower(), "init_decision_agency", longest=200)
    handled_at = handled_at or timezone.localdate()
    _not_in_future(init_decision_date, _(chosen.date_label), "init_decision_date")
    stage, status = stage or chosen.first_stage, status or chosen.first_status
    if stage not in {each.value for each in chosen.stages}:
        raise BadInput(_("Giai đoạn không có trong danh mục."), field="stage")
    if status not in dict(chosen.statuses):
        raise BadInput(_("Trạng thái không có trong danh mục."), field="status")
    for field_name in fields:
        if field_name not in CASE_FIELDS:
            raise BadInput(_("Vụ án không có trường “%(field)s”.") % {"field": field_name}, field=field_name)
    enforce(no_state_secrets(Sensitivity(fields.get("confidentiality") or CaseFile.Confidentiality.NORMAL)))
    if fields.get("national_case_code") == "":
        fields["national_case_code"] = None
    if code is not None:
        code = typed_code(code) or None
    if code is not None and not CODE.fullmatch(code):
        raise BadInput(_(_CODE_FORM), field="code")
    prosecuted = [person for person in accused if one_line(person.full_name)]
    key = init_decision_key(number, init_decision_date, agency, kind, on_appeal=on_appeal)
    # in this order: what clashes may be what the first click of the same form has made meanwhile
    clash = _clash(key, code)
    earlier = _made_by(form_token, actor)
    if earlier is not None:
        return earlier, False
    if clash is not None:
        raise clash
    values: dict[str, Any] = clean_text(fields) | {
        "kind": kind,
        "name": name,
        "init_decision_no": number,
        "init_decision_date": init_decision_date,
        "init_decision_agency": agency,
        "init_decision_key": key,
        "details": clean_details(kind, details or {}),
        "stage": stage,
        "status": status,
        "registered_stage": stage,
        "registered_status": status,
        "unit": unit,
        "handled_at": handled_at,
        "form_token": form_token,
        "created_by": actor,
    }
    # two clerks may be given the same next number: the database decides and the other one counts again
    for attempt in range(5):
        try:
            with transaction.atomic():
                case = CaseFile(code=code or _next_code(unit, handled_at.year, chosen.code_mark), **values)
                check_identity(case)
                check(case)
                case.save()
                refuse_ended_meanwhile(unit)
                refuse_department(case)
                _fill(case, actor=actor, prosecuted=prosecuted, charges=charges, people=people)
        except IntegrityError as error:
            clash = _clash(key, code)
            earlier = _made_by(form_token, actor)
            if earlier is not None:
                return earlier, False
            if clash is not None:
                raise clash from error
            if attempt == 4:
                raise
        else:
            return case, True
    raise AssertionError


def _fill(
    case: CaseFile,
    *,
    actor: User,
    prosecuted: Sequence[AccusedInput],
    charges: Sequence[ChargeInput],
    people: Sequence[Mapping[str, Any]],
) -> None:
    """Enter accused, charges and other people of a case just made; one row of history tells of all of it."""
    if prosecuted and not case.kind_data.has_accused:
        raise BadInput(_("Loại vụ án này không có bị can: hãy nhập người tham gia tố tụng."), field="accused")
    rows: list[Charge] = []
    entered: list[Accused] = []
    for position, person in enumerate(prosecuted, start=1):
        values = clean_text(
            {
                "full_name": person.full_name,
                "birth_year": person.birth_year,
                "sex": person.sex,
                **person.values,
            }
        )
        accused = Accused(case=case, **{"position": position, **values})
        accused.folded_name = folded(accused.full_name)
        # whoever is registered with the case is in step with it
        accused.registered_stage = accused.stage = case.stage
        accused.registered_status = accused.status = case.status
        try:
            check(accused)
        except BadInput as error:
            raise BadInput(error.message, field="accused") from error
        accused.save()
        entered.append(accused)
        rows += [_charge(case, accused, given) for given in person.charges]
    rows += [_charge(case, None, given) for given in charges]
    for row in rows:
        check(row)
    Charge.objects.bulk_create(rows)
    others = [_person(case, values) for values in people]
    told = difference({}, values_of(case, CASE_FIELDS))
    told += [["accused", "", str(accused)] for accused in entered]
    told += [["charge", "", f"{row.reference} – {row.name}"] for row in rows]
    told += [["person", "", f"{person.full_name} – {person_role_label(person.role)}"] for person in others]
    note_change(
        case=case,
        actor=actor,
        act=CaseChange.Act.CREATED,
        subject="case",
        subject_id=case.pk,
        label=case.code,
        values=told,
        told=True,
    )
    tell(
        "case_registered",
        actor=actor,
        case=case,
        code=case.code,
        case_kind=case.kind,
        unit=case.unit.code,
        stage=case.stage,
        status=case.status,
        handled_on=case.handled_at,
        decision_date=case.init_decision_date,
        accused=len(entered),
        crime_class=heaviest_class(rows),
        suspended_at_entry=told_of_suspended(entered)["suspended_at_entry"],
        name=case.name,
        number=case.init_decision_no,
        agency=case.init_decision_agency,
    )
    follow_identity(actor=actor, case=case)
    for accused in entered:
        follow_accused(actor=actor, case=case, accused=accused)
    follow_up(case)


def _person(case: CaseFile, values: Mapping[str, Any]) -> CasePerson:
    for name in values:
        if name not in PERSON.fields:
            raise BadInput(_("Phần này không có trường “%(field)s”.") % {"field": name}, field="people")
    person = CasePerson(case=case, **clean_text(values))
    person.folded_name = folded(person.full_name)
    try:
        check(person)
    except BadInput as error:
        raise BadInput(error.message, field="people") from error
    person.save()
    return person


def _charge(case: CaseFile, accused: Accused | None, given: ChargeInput) -> Charge:
    day = accused.offence_day if accused is not None else case.crime_date
    begins = (accused.init_decision_date if accused is not None else None) or case.init_decision_date
    return Charge(case=case, accused=accused, **charge_values(given, offence_day=day, charged_on=begins))
