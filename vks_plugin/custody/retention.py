"""How long a case is kept, from which day, and what keeps it from being disposed of: pure rules over literal tables.

No period is written in here or shipped: which period holds for which case is data (`RetentionRule`) that the archive of
the province fills in from the table in force, with the paper it goes by. Until then a case is kept: “undetermined” is
never taken for “over”.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from vks_plugin.text import Sentence
from vks_plugin.text import gettext_noop as _

UNDETERMINED, PERMANENT, LIMITED = "chua_xac_dinh", "vinh_vien", "co_thoi_han"

TERMS: tuple[tuple[str, str], ...] = (
    (UNDETERMINED, _("Chưa xác định")),
    (PERMANENT, _("Vĩnh viễn")),
    (LIMITED, _("Có thời hạn")),
)
"""What a rule can say."""

OUTCOMES: tuple[tuple[str, str], ...] = (
    ("co_hieu_luc", _("Bản án, quyết định có hiệu lực")),
    ("dinh_chi", _("Đình chỉ")),
    ("chuyen", _("Chuyển theo thẩm quyền hoặc nhập vào vụ khác")),
    ("khoi_to", _("Khởi tố")),
    ("khong_khoi_to", _("Không khởi tố")),
)
"""What a case can have come to."""

OUTCOME_OF: dict[str, str] = {
    "co_hieu_luc": "co_hieu_luc",
    "an_phuc_tham": "co_hieu_luc",
    "dinh_chi_phuc_tham": "co_hieu_luc",
    "qd_giam_doc_tham": "co_hieu_luc",
    "thi_hanh_an": "co_hieu_luc",
    "dinh_chi_dieu_tra": "dinh_chi",
    "dinh_chi_truy_to": "dinh_chi",
    "dinh_chi_xet_xu": "dinh_chi",
    "dinh_chi": "dinh_chi",
    "chuyen_tham_quyen": "chuyen",
    "nhap_vu_an": "chuyen",
    "nguon_tin_chuyen": "chuyen",
    "nguon_tin_khoi_to": "khoi_to",
    "nguon_tin_khong_khoi_to": "khong_khoi_to",
}
"""By the event of the whole case that says so."""

_OUTCOME_OF_STATUS = {
    "co_hieu_luc": "co_hieu_luc",
    "dinh_chi": "dinh_chi",
    "chuyen_tham_quyen": "chuyen",
    "da_nhap": "chuyen",
}
"""For a case that was entered when it was over already."""

REOPENING = frozenset(
    {
        "phuc_hoi",
        "phuc_hoi_dieu_tra",
        "phuc_hoi_truy_to",
        "phuc_hoi_xet_xu",
        "phuc_hoi_nguon_tin",
        "giam_doc_tham",
        "tai_tham",
        "huy_an_dieu_tra_lai",
        "huy_an_xet_xu_lai",
        "khang_cao",
        "khang_nghi",
    }
)
"""Events after which a case is not finished any more."""


class Happened(NamedTuple):
    """An event of the whole case."""

    event: str
    on: dt.date


class CaseState(NamedTuple):
    """What is asked of a case."""

    kind: str
    crime_class: str
    """Heaviest class of crime, `A` to `D`; empty: not known, or none."""
    status: str
    events: Sequence[Happened]
    """Those of the whole case that stand, in their order."""


class Rule(NamedTuple):
    """A row of the table of retention."""

    kind: str
    """Empty: any; so for the two below."""
    crime_class: str
    outcome: str
    term: str
    years: int | None
    """For a limited term."""

    def fits(self, kind: str, crime_class: str, outcome: str) -> bool:
        """Tell whether it is about such a case."""
        return all(
            not asked or asked == found
            for asked, found in ((self.kind, kind), (self.crime_class, crime_class), (self.outcome, outcome))
        )

    @property
    def narrowness(self) -> int:
        """How much it asks of a case."""
        return sum(map(bool, (self.kind, self.crime_class, self.outcome)))

    @property
    def safety(self) -> tuple[int, int]:
        """How long it keeps a case: undetermined above permanent above the longer term."""
        return {UNDETERMINED: 2, PERMANENT: 1, LIMITED: 0}[self.term], self.years or 0


@dataclass(frozen=True)
class Retention:
    """How long a case is kept, and why."""

    term: str
    years: int | None
    rule: Rule | None
    """The row it follows from; None: no row is about such a case."""
    outcome: str
    """What the case came to; empty: not known."""
    finished_on: dt.date | None
    """The day from which it counts; None: it is not finished, or nobody entered when."""
    ends_on: dt.date | None
    """The last day it is kept; None: no last day is known."""

    def is_over(self, today: dt.date) -> bool:
        """Tell whether the last day has passed."""
        return self.ends_on is not None and self.ends_on < today

    @property
    def basis(self) -> Sentence:
        """Why, in words."""
        if self.finished_on is None:
            return Sentence(_("Chưa ghi ngày kết thúc việc giải quyết nên chưa tính được."))
        day = f"{self.finished_on:%d/%m/%Y}"
        if self.rule is None or self.term == UNDETERMINED:
            return Sentence(_("Kết thúc ngày %(day)s; bảng thời hạn chưa xác định cho loại này."), day=day)
        if self.ends_on is None:
            return Sentence(_("Kết thúc ngày %(day)s; bảng thời hạn ghi bảo quản vĩnh viễn."), day=day)
        return Sentence(
            _("Kết thúc ngày %(day)s; bảng thời hạn ghi %(years)d năm, tính từ năm kết thúc, đến hết %(end)s."),
            day=day,
            years=self.years or 0,
            end=f"{self.ends_on:%d/%m/%Y}",
        )


def finished_on(events: Iterable[Happened], finishing: frozenset[str]) -> dt.date | None:
    """Return the day a case counts as finished.

    Args:
        events: in their order.
        finishing: which events count; the offices have yet to confirm it, so it is a setting.
    """
    day: dt.date | None = None
    for each in events:
        if each.event in finishing:
            day = each.on
        elif each.event in REOPENING:
            day = None
    return day


def outcome_of(case: CaseState) -> str:
    """Return what the case came to; empty: not known."""
    found = _OUTCOME_OF_STATUS.get(case.status, "")
    for each in case.events:
        if each.event in REOPENING:
            found = ""
        found = OUTCOME_OF.get(each.event, found)
    return found


def rule_for(rules: Iterable[Rule], kind: str, crime_class: str, outcome: str) -> Rule | None:
    """Return the narrowest row about such a case; of several alike, the one that keeps it longest."""
    fitting = [each for each in rules if each.fits(kind, crime_class, outcome)]
    return max(fitting, key=lambda each: (each.narrowness, each.safety), default=None)


def retention_of(case: CaseState, rules: Iterable[Rule], finishing: frozenset[str]) -> Retention:
    """Return how long a case is kept.

    A term in years is counted from the year in which the case was finished, and ends with a year: so no case is over
    a day too early whichever way an office counts.
    """
    outcome = outcome_of(case)
    rule = rule_for(rules, case.kind, case.crime_class, outcome)
    day = finished_on(case.events, finishing)
    term, years = (rule.term, rule.years) if rule is not None else (UNDETERMINED, None)
    ends = dt.date(day.year + years, 12, 31) if day is not None and term == LIMITED and years else None
    return Retention(term, years, rule, outcome, day, ends)


def accession_due(finished: dt.date) -> dt.date:
    """Return the last day to hand a case to the archive: one year from the year the work ended (Luật Lưu trữ 33/2024)."""
    return dt.date(finished.year + 1, 12, 31)


# --- holds


class HoldFacts(NamedTuple):
    """What holds a case by itself."""

    stage: str
    status: str
    suspended_persons: bool
    """Whether proceedings are suspended for one of the accused."""
    open_kin: bool
    """Whether a case that it was split from, or that was split from it or merged with it, is not finished."""
    asked_for: bool
    """Whether the file was asked for to examine a protest after it was finished."""


AUTOMATIC: tuple[tuple[str, str], ...] = (
    ("giam_doc_tham", _("Đang xem xét giám đốc thẩm, tái thẩm")),
    ("khang_cao", _("Có kháng cáo, kháng nghị chưa giải quyết")),
    ("tam_dinh_chi", _("Vụ án hoặc một bị can đang tạm đình chỉ")),
    ("vu_tach", _("Vụ tách ra, vụ gốc hoặc vụ nhập chung chưa kết thúc")),
)
"""Holds that follow from the case and end with their cause; nobody places or lifts them."""

GROUNDS: tuple[tuple[str, str], ...] = (
    ("khieu_nai", _("Khiếu nại, tố cáo đang được giải quyết")),
    ("gdt", _("Đang xem xét giám đốc thẩm, tái thẩm")),
    ("thanh_tra", _("Thanh tra, kiểm tra, giám sát")),
    ("khac", _("Lý do khác")),
)
"""Why a leader holds a case."""

ASKING = frozenset({"yeu_cau_ho_so_gdt", "nhan_ho_so_gdt", "nhan_tin_bao_tai_tham"})
"""Events by which a finished case is examined again."""
ANSWERING = frozenset({"qd_giam_doc_tham", "ket_thuc"})
"""Events after which that examination is over."""


def asked_for(events: Iterable[Happened]) -> bool:
    """Tell whether a finished case is being examined again."""
    found = False
    for each in events:
        found = (found or each.event in ASKING) and each.event not in ANSWERING
    return found


def automatic_holds(facts: HoldFacts) -> tuple[str, ...]:
    """Return which of `AUTOMATIC` hold a case now."""
    holding = {
        "giam_doc_tham": facts.stage == "giam_doc_tham_tai_tham" or facts.asked_for,
        "khang_cao": facts.status == "co_khang_cao_khang_nghi" and facts.stage != "giam_doc_tham_tai_tham",
        "tam_dinh_chi": facts.status == "tam_dinh_chi" or facts.suspended_persons,
        "vu_tach": facts.open_kin,
    }
    return tuple(name for name, _label in AUTOMATIC if holding[name])
