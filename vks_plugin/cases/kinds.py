"""Kinds of cases: what a kind is called, what identifies it, which stages, people and fields it has.

A new kind is a row here (`register_kind`), its events (`proceedings.register_events`) and, where the law sets time
limits, rules (`deadlines.register_rules`). Forms, pages, API, import and search read everything from these rows.
A kind without events has none, and no time limits.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Literal

from vks_plugin.cases.stages import CONVICTED, STAGES_OF, STATUSES_OF, Stage, accused_label, stage_label, status_label
from vks_plugin.text import gettext_noop as _
from vks_plugin.text import one_line

FieldType = Literal["text", "long_text", "date", "integer", "choice"]


@dataclass(frozen=True)
class KindField:
    """A field only cases of this kind have."""

    name: str
    label: str
    type: FieldType = "text"
    required: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    help: str = ""
    longest: int = 250


class DetailError(Exception):
    """A value does not fit its field; `field` names it, the sentence says what to do."""

    def __init__(self, field: str, sentence: str, **words: str) -> None:
        super().__init__(sentence)
        self.field = field
        self.sentence = sentence
        self.words = words


@dataclass(frozen=True)
class Kind:
    """A kind of case."""

    value: str
    label: str
    code_mark: str
    """Stands in the codes of its cases; empty for criminal cases, whose codes carry only the general prefix."""
    number_label: str
    date_label: str
    agency_label: str
    """What number, date and agency identify a case of this kind are called."""
    stages: tuple[Stage, ...]
    statuses: tuple[tuple[str, str], ...]
    first_stage: str
    person_roles: tuple[tuple[str, str], ...]
    """Roles of people other than the accused."""
    first_event: str = ""
    """The event that number, date and agency tell of; recorded with the registration."""
    has_accused: bool = False
    accused_group_label: str = ""
    prosecutes: bool = False
    """Whether its accused are charged and tried, so that the law calls them by the stage they are in."""
    name_example: str = ""
    fields: tuple[KindField, ...] = ()
    left_out: tuple[str, ...] = ()
    """Fields every case has that mean nothing in this kind; a form leaves them out."""
    verified: bool = True
    """Whether the sources for its fields and limits were read."""

    @property
    def first_status(self) -> str:
        """The status a case has when it is registered."""
        return self.statuses[0][0]

    @property
    def goes_to_court(self) -> bool:
        """Whether a court hears cases of this kind; a report of crime becomes a case first."""
        return any(each.value == "phuc_tham" for each in self.stages)

    def stage_label(self, stage: str) -> str:
        """Return the words this kind has for a stage; those of any other kind when it has none."""
        return next((each.label for each in self.stages if each.value == stage), stage_label(stage))

    def status_label(self, status: str) -> str:
        """Return the words this kind has for a status; those of any other kind when it has none."""
        return dict(self.statuses).get(status, status_label(status))

    def accused_label(self, stage: str, *, held: bool = True, ended: str = CONVICTED) -> str:
        """Return what its accused are called at a stage."""
        return accused_label(stage, held=held, ended=ended) if self.prosecutes else self.accused_group_label

    def clean_details(self, given: dict[str, Any]) -> dict[str, Any]:
        """Return the kind's own fields as they are stored: strings, whole numbers, ISO dates; empty ones left out.

        Raises:
            DetailError: a field is unknown, missing or malformed.
        """
        known = {field.name: field for field in self.fields}
        for name in given:
            if name not in known:
                raise DetailError(name, _("Loại vụ án này không có trường “%(name)s”."), name=name)
        clean: dict[str, Any] = {}
        for field in self.fields:
            value = _clean_value(field, given.get(field.name))
            if value is not None:
                clean[field.name] = value
            elif field.required:
                raise DetailError(field.name, _("Hãy nhập %(label)s."), label=field.label)
        return clean


def _clean_value(field: KindField, value: Any) -> Any:
    if value is None or value == "":
        return None
    if field.type == "date":
        if isinstance(value, dt.datetime):
            value = value.date()
        if isinstance(value, dt.date):
            return value.isoformat()
        try:
            return dt.date.fromisoformat(str(value)).isoformat()
        except ValueError as error:
            raise DetailError(field.name, _("%(label)s: hãy nhập ngày dạng dd/mm/yyyy."), label=field.label) from error
    if field.type == "integer":
        if isinstance(value, bool) or not str(value).strip().isdigit() or len(str(value).strip()) > 9:
            raise DetailError(field.name, _("%(label)s: hãy nhập số nguyên không âm."), label=field.label)
        return int(value)
    text = str(value).strip() if field.type == "long_text" else one_line(str(value))
    if not text:
        return None
    if field.type == "choice" and text not in dict(field.choices):
        raise DetailError(field.name, _("%(label)s: hãy chọn trong danh mục."), label=field.label)
    if len(text) > field.longest:
        raise DetailError(
            field.name,
            _("%(label)s dài quá %(longest)s ký tự: hãy viết ngắn lại."),
            label=field.label,
            longest=str(field.longest),
        )
    return text


_OF_A_TRIAL = (
    "is_learning_trial",
    "is_closed_trial",
    "is_mobile_trial",
    "is_online_trial",
    "is_trial_in_absentia",
)
_OF_A_CRIME = (
    "charge_summary",
    "crime_date",
    "crime_place",
    "investigation_agency",
    "investigator",
    "evidence_summary",
    "is_simplified",
    "is_corruption",
    "has_legal_person",
    "involves_minor_accused",
    "involves_minor_victim",
    "is_sexual_abuse_minor",
    "is_national_security",
    "is_special_agency",
    "is_flagrant",
)

_OTHER_ROLES = (
    ("defender", _("Người bào chữa, người bảo vệ quyền lợi")),
    ("representative", _("Người đại diện")),
    ("interpreter", _("Người phiên dịch")),
    ("assessor", _("Hội thẩm")),
)

CRIMINAL = Kind(
    value="criminal",
    label=_("Vụ án hình sự"),
    code_mark="",
    number_label=_("Số quyết định khởi tố"),
    date_label=_("Ngày quyết định khởi tố"),
    agency_label=_("Cơ quan ra quyết định"),
    stages=STAGES_OF["criminal"],
    statuses=STATUSES_OF["criminal"],
    first_stage="dieu_tra",
    first_event="khoi_to_vu_an",
    has_accused=True,
    accused_group_label=_("Bị can, bị cáo"),
    prosecutes=True,
    name_example=_("Nguyễn Văn A và đồng phạm – Trộm cắp tài sản"),
    person_roles=(
        ("victim", _("Bị hại")),
        ("civil_plaintiff", _("Nguyên đơn dân sự")),
        ("civil_defendant", _("Bị đơn dân sự")),
        ("related_person", _("Người có quyền lợi, nghĩa vụ liên quan")),
        ("witness", _("Người làm chứng")),
        *_OTHER_ROLES,
    ),
    fields=(
        KindField("acceptance_number", _("Số thụ lý kiểm sát"), longest=60),
        KindField(
            "folio_total",
            _("Tổng số bút lục (bản giấy)"),
            "integer",
            help=_("Theo bản giấy hoặc danh sách của đơn vị, để đối chiếu với số bút lục đã số hóa."),
        ),
    ),
)

CRIME_REPORT = Kind(
    value="crime_report",
    label=_("Nguồn tin về tội phạm"),
    code_mark="NT",
    number_label=_("Số tiếp nhận"),
    date_label=_("Ngày tiếp nhận"),
    agency_label=_("Cơ quan tiếp nhận"),
    stages=STAGES_OF["crime_report"],
    statuses=STATUSES_OF["crime_report"],
    first_stage="nguon_tin",
    first_event="tiep_nhan_nguon_tin",
    has_accused=True,
    accused_group_label=_("Người bị tố giác, kiến nghị khởi tố"),
    name_example=_("Trần Thị B tố giác bị chiếm đoạt tài sản"),
    person_roles=(
        ("reporter", _("Người tố giác, báo tin, kiến nghị")),
        ("victim", _("Bị hại")),
        ("witness", _("Người làm chứng")),
        ("related_person", _("Người có quyền lợi, nghĩa vụ liên quan")),
        *_OTHER_ROLES,
    ),
    left_out=("court", "judge", "is_simplified", *_OF_A_TRIAL),
    fields=(
        KindField(
            "report_type",
            _("Loại nguồn tin"),
            "choice",
            required=True,
            choices=(
                ("to_giac", _("Tố giác về tội phạm")),
                ("tin_bao", _("Tin báo về tội phạm")),
                ("kien_nghi_khoi_to", _("Kiến nghị khởi tố")),
            ),
            help=_(
                "Tố giác: cá nhân phát hiện và tố cáo; tin báo: thông tin của cơ quan, tổ chức, cá nhân, truyền thông; "
                "kiến nghị khởi tố: cơ quan nhà nước gửi văn bản kèm chứng cứ (Điều 144)."
            ),
        ),
        KindField("source", _("Nguồn"), help=_("Ai hoặc cơ quan nào cung cấp.")),
        KindField("content", _("Nội dung"), "long_text", longest=2000),
    ),
)

CIVIL = Kind(
    value="civil",
    label=_("Vụ án dân sự"),
    code_mark="DS",
    number_label=_("Số thụ lý của Tòa án"),
    date_label=_("Ngày thụ lý của Tòa án"),
    agency_label=_("Tòa án thụ lý"),
    stages=STAGES_OF["civil"],
    statuses=STATUSES_OF["civil"],
    first_stage="thu_ly",
    first_event="toa_thu_ly",
    name_example=_("Trần Thị B kiện Lê Văn C – Tranh chấp hợp đồng vay tài sản"),
    person_roles=(
        ("plaintiff", _("Nguyên đơn")),
        ("defendant", _("Bị đơn")),
        ("related_person", _("Người có quyền lợi, nghĩa vụ liên quan")),
        ("witness", _("Người làm chứng")),
        *_OTHER_ROLES,
    ),
    # the court that handles it is the agency that identifies it
    left_out=("court", "is_mobile_trial", "is_trial_in_absentia", *_OF_A_CRIME),
    fields=(
        KindField("legal_relation", _("Quan hệ pháp luật"), required=True),
        KindField("procurator_statement", _("Phát biểu của Kiểm sát viên"), "long_text", longest=5000),
    ),
    verified=False,
)

ADMINISTRATIVE = Kind(
    value="administrative",
    label=_("Vụ án hành chính"),
    code_mark="HC",
    number_label=_("Số thụ lý của Tòa án"),
    date_label=_("Ngày thụ lý của Tòa án"),
    agency_label=_("Tòa án thụ lý"),
    stages=STAGES_OF["administrative"],
    statuses=STATUSES_OF["administrative"],
    first_stage="thu_ly",
    first_event="toa_thu_ly",
    name_example=_("Trần Thị B kiện quyết định thu hồi đất"),
    person_roles=(
        ("claimant", _("Người khởi kiện")),
        ("respondent", _("Người bị kiện")),
        ("related_person", _("Người có quyền lợi, nghĩa vụ liên quan")),
        ("witness", _("Người làm chứng")),
        *_OTHER_ROLES,
    ),
    left_out=CIVIL.left_out,
    fields=(
        KindField("contested_act", _("Quyết định, hành vi hành chính bị kiện"), required=True),
        KindField("legal_relation", _("Quan hệ pháp luật")),
        KindField("procurator_statement", _("Phát biểu của Kiểm sát viên"), "long_text", longest=5000),
    ),
    verified=False,
)

KINDS: dict[str, Kind] = {}


def register_kind(kind: Kind) -> None:
    """Make a kind known.

    Raises:
        ValueError: there is one of this name, or its tables contradict each other.
    """
    if kind.value in KINDS:
        message = f"kind {kind.value!r} is there already"
        raise ValueError(message)
    if kind.first_stage not in {stage.value for stage in kind.stages} or not kind.statuses:
        message = f"kind {kind.value!r} starts in a stage or status it does not have"
        raise ValueError(message)
    STAGES_OF.setdefault(kind.value, kind.stages)
    STATUSES_OF.setdefault(kind.value, kind.statuses)
    KINDS[kind.value] = kind


for _kind in (CRIMINAL, CRIME_REPORT, CIVIL, ADMINISTRATIVE):
    register_kind(_kind)


def kind_of(value: str) -> Kind:
    """Return the kind of this name.

    Raises:
        KeyError: there is none.
    """
    return KINDS[value]


def person_role_label(role: str) -> str:
    """Return the label of a role of any kind; the value itself when there is none."""
    return next((label for kind in KINDS.values() for value, label in kind.person_roles if value == role), role)


def all_stages() -> list[tuple[str, str]]:
    """Return value and label of every stage of every kind, each once, for a filter."""
    return list({stage.value: (stage.value, stage.label) for kind in KINDS.values() for stage in kind.stages}.values())


def all_statuses() -> list[tuple[str, str]]:
    """Return value and label of every status of every kind, each once, for a filter."""
    return list({value: (value, label) for kind in KINDS.values() for value, label in kind.statuses}.values())
