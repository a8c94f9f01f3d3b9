"""Registering cases. Whether the actor may is decided before, in `access`."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.cases.models import Accused, CaseFile
from vks_plugin.cases.stages import STAGES
from vks_plugin.conf import configuration
from vks_plugin.errors import BadInput, Conflict
from vks_plugin.organization.models import Department, ProcuracyUnit
from vks_plugin.text import folded, one_line

CODE = re.compile(r"[A-Z0-9][A-Z0-9.-]{1,38}[A-Z0-9]")
"""What a case code may look like; it appears in addresses and file names."""


@dataclass(frozen=True)
class AccusedInput:
    """A person prosecuted, as entered at registration."""

    full_name: str
    birth_year: int | None = None
    sex: str = ""


def init_decision_key(number: str, date: dt.date, agency: str) -> str:
    """Return the initiating decision as it is compared: tones, case and spaces do not count."""
    return f"{folded(number)}|{date.isoformat()}|{folded(agency)}"


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


def _next_code(unit: ProcuracyUnit, year: int) -> str:
    prefix = f"{configuration().case_code_prefix}-{unit.code}-{year}-"
    numbers = [
        int(code.removeprefix(prefix))
        for code in CaseFile.objects.filter(code__startswith=prefix).values_list("code", flat=True)
        if code.removeprefix(prefix).isdigit()
    ]
    return f"{prefix}{max(numbers, default=0) + 1:04d}"


def _clash(key: str, code: str | None) -> Conflict | None:
    """Say what is there already, naming only the other unit: the case itself may not be the reader's."""
    other = CaseFile.objects.filter(init_decision_key=key).select_related("unit").first()
    if other is not None:
        return Conflict(
            _("Vụ án có quyết định khởi tố này đã được %(unit)s đăng ký. Hãy liên hệ đơn vị đó.")
            % {"unit": other.unit.name},
            field="init_decision_no",
        )
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


def create_case(
    *,
    actor: User,
    unit: ProcuracyUnit,
    name: str,
    init_decision_no: str,
    init_decision_date: dt.date,
    init_decision_agency: str,
    code: str | None = None,
    accused: Sequence[AccusedInput] = (),
    charge_summary: str = "",
    stage: str = "dieu_tra",
    department: Department | None = None,
    handled_at: dt.date | None = None,
    crime_date: dt.date | None = None,
    crime_place: str = "",
    confidentiality: str = CaseFile.Confidentiality.NORMAL,
    note: str = "",
    form_token: uuid.UUID | None = None,
) -> tuple[CaseFile, bool]:
    """Create the case with its accused; return it, and whether it was made just now.

    The same form sent twice makes one case: the second call returns the first one's.

    Raises:
        BadInput: a field is missing, malformed or in the future.
        Conflict: the initiating decision or the code is registered already.
    """
    name = _required(name, _("tên vụ án"), "name", longest=250)
    number = _required(init_decision_no, _("số quyết định khởi tố"), "init_decision_no", longest=60)
    agency = _required(init_decision_agency, _("cơ quan ra quyết định khởi tố"), "init_decision_agency", longest=200)
    handled_at = handled_at or timezone.localdate()
    _not_in_future(init_decision_date, _("Ngày quyết định khởi tố"), "init_decision_date")
    _not_in_future(handled_at, _("Ngày thụ lý"), "handled_at")
    _not_in_future(crime_date, _("Ngày phạm tội"), "crime_date")
    if stage not in {each.value for each in STAGES}:
        raise BadInput(_("Giai đoạn không có trong danh mục."), field="stage")
    if confidentiality not in CaseFile.Confidentiality.values:
        raise BadInput(
            _("Hệ thống không lưu hồ sơ mật, tối mật: chỉ ghi vị trí bản giấy theo quy định."), field="confidentiality"
        )
    if department is not None and department.unit_id != unit.pk:
        raise BadInput(_("Phòng này thuộc đơn vị khác."), field="department")
    if code is not None:
        code = one_line(code).upper() or None
    if code is not None and not CODE.fullmatch(code):
        raise BadInput(
            _("Mã vụ án chỉ gồm chữ in hoa không dấu, chữ số và các dấu . - (từ 3 đến 40 ký tự)."), field="code"
        )
    people = [
        AccusedInput(
            _required(person.full_name, _("họ tên bị can"), "accused", longest=150), person.birth_year, person.sex
        )
        for person in accused
        if one_line(person.full_name)
    ]
    for person in people:
        if person.birth_year is not None and not 1900 <= person.birth_year <= timezone.localdate().year:
            raise BadInput(_("Năm sinh của %(name)s không hợp lệ.") % {"name": person.full_name}, field="accused")
    key = init_decision_key(number, init_decision_date, agency)
    # in this order: what clashes may be what the first click of the same form has made meanwhile
    clash = _clash(key, code)
    earlier = _made_by(form_token, actor)
    if earlier is not None:
        return earlier, False
    if clash is not None:
        raise clash
    values: dict[str, Any] = {
        "name": name,
        "folded_name": folded(name),
        "init_decision_no": number,
        "init_decision_date": init_decision_date,
        "init_decision_agency": agency,
        "init_decision_key": key,
        "charge_summary": one_line(charge_summary)[:250],
        "stage": stage,
        "unit": unit,
        "department": department,
        "handled_at": handled_at,
        "crime_date": crime_date,
        "crime_place": one_line(crime_place)[:250],
        "confidentiality": confidentiality,
        "note": note.strip()[:5000],
        "form_token": form_token,
        "created_by": actor,
    }
    # two clerks may be given the same next number: the database decides and the other one counts again
    for attempt in range(5):
        try:
            with transaction.atomic():
                case = CaseFile.objects.create(code=code or _next_code(unit, handled_at.year), **values)
                Accused.objects.bulk_create(
                    Accused(
                        case=case,
                        position=position,
                        full_name=person.full_name,
                        folded_name=folded(person.full_name),
                        birth_year=person.birth_year,
                        sex=person.sex if person.sex in Accused.Sex.values else "",
                    )
                    for position, person in enumerate(people, start=1)
                )
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
