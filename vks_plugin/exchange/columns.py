"""The columns of a list of cases, as data: what each is called, how it is read and written, who may see it.

Fields of the case and of its accused come from `cases.record`, those of a kind from `cases.kinds`; a field added there
is a column here. A heading is understood by its Vietnamese label, its English identifier, the name the national case
software has for it, and a few others offices use; case, accents, spaces and punctuation do not count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from django.db import models
from django.utils import translation
from django.utils.translation import gettext_noop as _

from vks_plugin.cases.kinds import KINDS, Kind, KindField
from vks_plugin.cases.models import Accused, Assignment, CaseFile
from vks_plugin.cases.record import ACCUSED, CASE_FIELDS
from vks_plugin.text import folded

Form = Literal[
    "text",
    "lines",
    "day",
    "flag",
    "integer",
    "choice",
    "kind",
    "stage",
    "status",
    "unit",
    "department",
    "officer",
    "officers",
    "accused",
    "people",
    "charges",
    "birth",
]
Source = Literal["case", "details", "assignment", "people", "accused", "told"]


@dataclass(frozen=True)
class Column:
    """One column."""

    name: str
    """The English identifier."""
    heading: str
    """In Vietnamese, whatever language the reader of a page has: a file goes from office to office."""
    form: Form
    source: Source
    field: str
    """What it is called where it is kept; of source `told`, which a list tells and nobody writes, what it is told of."""
    national: str = ""
    """What the national case software calls it (not checked against that software)."""
    also: tuple[str, ...] = ()
    required: bool = False
    known_to_all: bool = False
    """Whether it is exported to who may only know that a case exists."""
    edited: bool = True
    """Whether it can change a case that is there already."""
    choices: tuple[tuple[str, str], ...] = ()
    help: str = ""

    @property
    def headings(self) -> tuple[str, ...]:
        """Everything it is understood by."""
        return tuple(each for each in (self.heading, self.name, self.national, *self.also) if each)


KEY = ("init_decision_no", "init_decision_date", "init_decision_agency")
"""What identifies a case, here as in the national case software."""

IGNORED = frozenset({"stt", "tt", "sott", "sothutu", "no", ""})
"""Headings of columns that only count rows."""

_NATIONAL = {
    "acceptance_number": "setnum",
    "handled_at": "indate",
    "init_decision_no": "begin_setnum",
    "init_decision_date": "begin_indate",
    "init_decision_agency": "begin_office",
    "crime_date": "crimdate",
    "crime_place": "crimwhere",
    "folio_total": "num_of_pen",
    "evidence_summary": "evidence",
    "is_key_case": "special",
    "is_simplified": "rutgon",
    "has_legal_person": "legalper",
}

_ALSO = {
    "code": ("Mã hồ sơ",),
    "name": ("Vụ án", "Tên vụ"),
    "init_decision_no": ("Số QĐ khởi tố", "Số QĐKT", "Số khởi tố", "Số quyết định khởi tố vụ án"),
    "init_decision_date": ("Ngày QĐ khởi tố", "Ngày QĐKT", "Ngày khởi tố", "Ngày quyết định khởi tố vụ án"),
    "init_decision_agency": ("Cơ quan ra quyết định", "Cơ quan khởi tố", "Cơ quan ra QĐ khởi tố"),
    "national_case_code": ("Mã hồ sơ quốc gia", "Mã quốc gia"),
    "charge_summary": ("Tội danh khởi tố",),
    "handled_at": ("Ngày thụ lý kiểm sát",),
    "unit": ("Đơn vị", "Mã đơn vị"),
    "leader_in_charge": ("Lãnh đạo",),
    "lead_prosecutor": ("Kiểm sát viên", "KSV", "KSV thụ lý", "KSV thụ lý chính"),
    "prosecutors": ("KSV khác",),
    "inspectors": ("KTV",),
    "investigator": ("ĐTV",),
    "evidence_summary": ("Vật chứng",),
    "accused": ("Bị can", "Các bị can", "Danh sách bị can", "Bị can và tội danh"),
    "accused_full_name": ("Họ và tên", "Họ tên bị can", "Họ tên"),
    "accused_birth": ("Năm sinh bị can", "Năm sinh", "Ngày sinh", "Ngày, năm sinh"),
    "accused_sex": ("Giới tính",),
    "accused_charges": ("Điều khoản", "Điều luật"),
    "accused_id_number": ("Số căn cước", "CCCD", "Số CCCD", "CMND"),
    "accused_residence": ("Nơi cư trú", "Chỗ ở", "Địa chỉ"),
    "accused_occupation": ("Nghề nghiệp",),
    "accused_nationality": ("Quốc tịch",),
    "accused_ethnicity": ("Dân tộc",),
}

_KNOWN_TO_ALL = frozenset(
    {
        "kind",
        "code",
        "name",
        *KEY,
        "national_case_code",
        "unit",
        "department",
        "stage",
        "status",
        "handled_at",
        "charge_summary",
        "lead_prosecutor",
        "lead_left",
        "accused",
        "accused_full_name",
    }
)

_HELP = {
    "kind": _("Để trống: vụ án hình sự."),
    "code": _("Để trống: hệ thống cấp mã kế tiếp của đơn vị. Không đổi sau khi đăng ký."),
    "name": _("Cần có khi vụ án chưa đăng ký."),
    "init_decision_no": _("Cùng ngày và cơ quan xác định một vụ án. Các dòng cùng bộ ba này là một vụ."),
    "unit": _("Mã, tên hoặc tên ngắn. Để trống: đơn vị chọn khi nạp. Không đổi sau khi đăng ký."),
    "department": _("Mã hoặc tên phòng của đơn vị."),
    "stage": _("Chỉ ghi khi đăng ký mới; sau đó theo quyết định, sự kiện tố tụng."),
    "status": _("Chỉ ghi khi đăng ký mới; sau đó theo quyết định, sự kiện tố tụng."),
    "handled_at": _("Để trống: hôm nay."),
    "leader_in_charge": _("Tên đăng nhập, hoặc họ và tên của người có chức danh tại đơn vị hay đơn vị cấp trên."),
    "lead_prosecutor": _("Như trên. Chỉ lãnh đạo đơn vị nạp thì mới được phân công."),
    "lead_left": _("Chỉ có trong danh sách xuất ra; nạp vào thì không đọc."),
    "prosecutors": _("Nhiều người: cách nhau bằng dấu chấm phẩy."),
    "inspectors": _("Nhiều người: cách nhau bằng dấu chấm phẩy."),
    "scan_operators": _("Nhiều người: cách nhau bằng dấu chấm phẩy."),
    "charges": _("Khi chưa khởi tố bị can: 173.2 hoặc điểm a khoản 2 Điều 173; nhiều tội cách nhau bằng dấu phẩy."),
    "accused": _("Nguyễn Văn A (1990, nam): 173.2; Trần Thị B (12/05/1991, nữ): 173.1, 134.2.a"),
    "accused_full_name": _("Thay cho cột “Bị can, bị cáo”: mỗi bị can một dòng."),
    "accused_birth": _("Ngày, tháng (05/1990), quý (quý 2/1990), nửa năm (nửa đầu 1990) hoặc năm sinh."),
    "accused_charges": _("173.2 hoặc điểm a khoản 2 Điều 173; nhiều tội cách nhau bằng dấu phẩy."),
}

_ASSIGNED: tuple[tuple[str, str, Form, str], ...] = (
    ("lead_prosecutor", "Kiểm sát viên thụ lý chính", "officer", Assignment.Role.PROSECUTOR_LEAD),
    ("prosecutors", "Kiểm sát viên khác", "officers", Assignment.Role.PROSECUTOR),
    ("inspectors", "Kiểm tra viên", "officers", Assignment.Role.INSPECTOR),
    ("scan_operators", "Cán bộ số hóa", "officers", Assignment.Role.SCAN_OPERATOR),
)
_BORN = frozenset({"birth_date", "birth_precision", "birth_year"})


def _column(name: str, heading: str, form: Form, source: Source, field: str, **more: Any) -> Column:
    return Column(
        name=name,
        heading=heading,
        form=form,
        source=source,
        field=field,
        national=_NATIONAL.get(name, ""),
        also=(*_ALSO.get(name, ()), *_key_labels(name)),
        required=name in KEY,
        known_to_all=name in _KNOWN_TO_ALL,
        help=_HELP.get(name, ""),
        **more,
    )


def _key_labels(name: str) -> tuple[str, ...]:
    """Return what each kind calls this part of the key."""
    label = dict(zip(KEY, ("number_label", "date_label", "agency_label"), strict=True)).get(name)
    return tuple(str(getattr(kind, label)) for kind in KINDS.values()) if label else ()


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _form(field: models.Field[Any, Any]) -> Form:
    if isinstance(field, models.BooleanField):
        return "flag"
    if isinstance(field, models.DateField):
        return "day"
    if isinstance(field, models.IntegerField):
        return "integer"
    if field.choices:
        return "choice"
    return "lines" if isinstance(field, models.TextField) else "text"


def _from_model(model: type[models.Model], name: str, prefix: str, source: Source, ending: str) -> Column:
    field: Any = model._meta.get_field(name)
    choices = tuple((value, str(label)) for value, label in field.flatchoices if value)
    label = _capital(str(field.verbose_name))
    heading = label + ("" if ending.strip(" ()") in label else ending)
    return _column(f"{prefix}{name}", heading, _form(field), source, name, choices=choices)


_OTHERWISE: Mapping[str, Form] = {"department": "department", "leader_in_charge": "officer"}


def columns() -> tuple[Column, ...]:
    """Return every column, in the order they are written in; which there are depends on the kinds known."""
    return _columns_of(tuple(KINDS.values()))


@lru_cache(maxsize=4)
def _columns_of(_kinds: tuple[Kind, ...]) -> tuple[Column, ...]:
    # a heading is Vietnamese in every language of the pages: files go from office to office
    with translation.override("vi"):
        return tuple(_columns())


def _columns() -> Iterable[Column]:
    yield _column("kind", "Loại vụ án", "kind", "case", "kind", edited=False)
    yield _column("code", "Mã vụ án", "text", "case", "code", edited=False)
    for name in CASE_FIELDS:
        if name in {"details", "department"}:
            continue
        if name == "handled_at":
            yield _column("unit", "Đơn vị thụ lý", "unit", "case", "unit", edited=False)
            yield _column("department", "Phòng", "department", "case", "department")
            yield _column("stage", "Giai đoạn", "stage", "case", "stage", edited=False)
            yield _column("status", "Trạng thái", "status", "case", "status", edited=False)
        if name in _OTHERWISE:
            yield _column(name, "Lãnh đạo phụ trách", _OTHERWISE[name], "case", name)
        else:
            yield _from_model(CaseFile, name, "", "case", "")
    yield from _of_kinds()
    for name, heading, form, role in _ASSIGNED:
        yield _column(name, heading, form, "assignment", role)
        if name == "lead_prosecutor":
            yield _column(
                "lead_left", "Kiểm sát viên thụ lý chính đã thôi giữ chức vụ", "flag", "told", role, edited=False
            )
    yield from _of_roles()
    yield _column("charges", "Tội danh khởi tố (điều, khoản)", "charges", "case", "charges")
    yield _column("accused", "Bị can, bị cáo", "accused", "case", "accused")
    yield from _of_accused()


def _of_kinds() -> Iterable[Column]:
    """Yield the fields only some kinds have; one that several kinds share is one column."""
    fields: dict[str, KindField] = {}
    for kind in KINDS.values():
        for field in kind.fields:
            fields.setdefault(field.name, field)
    for field in fields.values():
        forms: dict[str, Form] = {"long_text": "lines", "date": "day", "integer": "integer", "choice": "choice"}
        form = forms.get(field.type, "text")
        yield _column(field.name, str(field.label), form, "details", field.name, choices=field.choices)


def _of_roles() -> Iterable[Column]:
    roles = dict.fromkeys(role for kind in KINDS.values() for role in kind.person_roles)
    for value, label in roles:
        yield _column(value, str(label), "people", "people", value)


def _of_accused() -> Iterable[Column]:
    for name in ACCUSED.fields:
        if name == "birth_date":
            yield _column("accused_birth", "Ngày sinh bị can", "birth", "accused", "birth")
        if name in _BORN or name == "position":
            continue
        if name == "full_name":
            yield _column("accused_full_name", "Họ và tên bị can", "text", "accused", "full_name")
        else:
            yield _from_model(Accused, name, "accused_", "accused", " (bị can)")
    yield _column("accused_charges", "Điều, khoản (bị can)", "charges", "accused", "charges")


def plain_heading(text: str) -> str:
    """Return a heading as it is compared."""
    return re.sub(r"[^a-z0-9]", "", folded(text))


def by_heading() -> Mapping[str, Column]:
    """Return every column by each heading it is understood by; of two with the same, the first one has it."""
    return _by_heading(columns())


@lru_cache(maxsize=4)
def _by_heading(known: tuple[Column, ...]) -> Mapping[str, Column]:
    found: dict[str, Column] = {}
    for column in known:
        for heading in map(plain_heading, column.headings):
            found.setdefault(heading, column)
    return found


def by_name() -> dict[str, Column]:
    """Return every column by its identifier."""
    return {column.name: column for column in columns()}
