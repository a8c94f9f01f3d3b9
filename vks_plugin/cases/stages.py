"""Kinds, stages, statuses and parts of a case file.

Values are those of the national case software where it has them (stages G0–G6, the four statuses of
a report of crime), labels are the procuracy's own words, translated by whoever shows them. What leads
from one stage to another is in `proceedings.py`.
"""

from __future__ import annotations

from typing import NamedTuple

from vks_plugin.text import gettext_noop as _


class Stage(NamedTuple):
    """A stage of proceedings."""

    value: str
    label: str
    code: str
    """Code used by the national case software (G0 is ours: it has none for reports of crime)."""


STAGES: tuple[Stage, ...] = (
    Stage("nguon_tin", _("Giải quyết nguồn tin"), "G0"),
    Stage("khoi_to", _("Khởi tố"), "G1"),
    Stage("dieu_tra", _("Điều tra"), "G1"),
    Stage("truy_to", _("Truy tố"), "G2"),
    Stage("xet_xu_so_tham", _("Xét xử sơ thẩm"), "G3"),
    Stage("phuc_tham", _("Xét xử phúc thẩm"), "G4"),
    Stage("giam_doc_tham_tai_tham", _("Giám đốc thẩm, tái thẩm"), "G5"),
    Stage("thi_hanh_an", _("Thi hành án"), "G6"),
    Stage("ket_thuc", _("Kết thúc"), ""),
)
"""Of a criminal case."""

STATUSES: tuple[tuple[str, str], ...] = (
    ("dang_giai_quyet", _("Đang giải quyết")),
    ("tam_dinh_chi", _("Tạm đình chỉ")),
    ("dinh_chi", _("Đình chỉ")),
    ("tra_ho_so_dtbs", _("Trả hồ sơ điều tra bổ sung")),
    ("tra_dieu_tra_lai", _("Trả điều tra lại")),
    ("phuc_hoi", _("Phục hồi")),
    ("chuyen_tham_quyen", _("Chuyển theo thẩm quyền")),
    ("da_nhap", _("Đã nhập vào vụ khác")),
    ("da_tach", _("Đã tách")),
    ("da_truy_to", _("Đã truy tố")),
    ("da_xet_xu_st", _("Đã xét xử sơ thẩm")),
    ("co_khang_cao_khang_nghi", _("Có kháng cáo, kháng nghị")),
    ("co_hieu_luc", _("Bản án, quyết định có hiệu lực")),
    ("da_nop_luu", _("Đã nộp lưu")),
)
"""Of a criminal case, and of each accused in it (Điều 247 khoản 2, Điều 248 khoản 2)."""

SUSPENDED = "tam_dinh_chi"
"""The status of a case, or of somebody accused, whose proceedings are suspended."""
ARCHIVED = "da_nop_luu"
"""The status of a case that is in the archive."""

_STAGE = {stage.value: stage for stage in STAGES}
_STATUS = {value: (value, label) for value, label in STATUSES}

_COURT_STAGES = (
    Stage("thu_ly", _("Thụ lý"), ""),
    Stage("so_tham", _("Sơ thẩm"), ""),
    *(_STAGE[value]._replace(code="") for value in ("phuc_tham", "giam_doc_tham_tai_tham", "thi_hanh_an", "ket_thuc")),
)
_COURT_STATUSES = tuple(
    _STATUS[value]
    for value in (
        "dang_giai_quyet",
        "tam_dinh_chi",
        "dinh_chi",
        "da_xet_xu_st",
        "co_khang_cao_khang_nghi",
        "co_hieu_luc",
    )
)

STAGES_OF: dict[str, tuple[Stage, ...]] = {
    "criminal": STAGES,
    "crime_report": (_STAGE["nguon_tin"],),
    "civil": _COURT_STAGES,
    "administrative": _COURT_STAGES,
}
"""By kind. A civil or administrative file belongs to the court; the procuracy has it while it studies it."""

STATUSES_OF: dict[str, tuple[tuple[str, str], ...]] = {
    "criminal": STATUSES,
    "crime_report": (
        ("chua_thuc_hien", _("Chưa thực hiện")),
        _STATUS["dang_giai_quyet"],
        _STATUS["tam_dinh_chi"],
        ("da_giai_quyet", _("Đã giải quyết")),
    ),
    "civil": _COURT_STATUSES,
    "administrative": _COURT_STATUSES,
}

PARTS: tuple[tuple[str, str], ...] = (
    ("hsva", _("Hồ sơ vụ án")),
    ("hsks", _("Hồ sơ kiểm sát (nội bộ)")),
)
"""The case file travels between agencies; the supervision file never leaves the procuracy."""

MEASURES: tuple[tuple[str, str], ...] = (
    ("giu_khan_cap", _("Giữ người trong trường hợp khẩn cấp")),
    ("bat", _("Bắt")),
    ("tam_giu", _("Tạm giữ")),
    ("tam_giam", _("Tạm giam")),
    ("bao_linh", _("Bảo lĩnh")),
    ("dat_tien", _("Đặt tiền để bảo đảm")),
    ("cam_di_khoi_noi_cu_tru", _("Cấm đi khỏi nơi cư trú")),
    ("tam_hoan_xuat_canh", _("Tạm hoãn xuất cảnh")),
    ("giam_sat_dien_tu", _("Giám sát điện tử")),
    ("giam_sat_nguoi_dai_dien", _("Giám sát bởi người đại diện")),
)
"""Preventive measures (Điều 109); the last two are for persons under 18."""


def stage_label(stage: str) -> str:
    """Return the words for a stage of any kind; the value itself when it is none."""
    return next((each.label for stages in STAGES_OF.values() for each in stages if each.value == stage), stage)


def status_label(status: str) -> str:
    """Return the words for a status of any kind; the value itself when it is none."""
    return next((label for rows in STATUSES_OF.values() for value, label in rows if value == status), status)


HOLDING = frozenset({"giu_khan_cap", "bat", "tam_giu"})
"""Measures by which somebody is held before being charged (Điều 58, 59)."""
BEFORE_CHARGE = "khoi_to"
"""The stage of somebody in a criminal case whom no decision charges yet."""

_TRIAL_STAGES = frozenset({"xet_xu_so_tham", "phuc_tham"})
AFTER_TRIAL = frozenset({"giam_doc_tham_tai_tham", "thi_hanh_an", "ket_thuc"})
"""The stages after a trial, or after what ended the proceedings without one."""
CONVICTED, DROPPED, ACQUITTED = "co_hieu_luc", "dinh_chi", "khong_pham_toi"
"""How proceedings against somebody ended: by a judgment in force, by being dropped, by an acquittal."""
_ENDED = {
    CONVICTED: _("Người bị kết án"),
    DROPPED: _("Bị can, bị cáo (đã đình chỉ)"),
    ACQUITTED: _("Bị cáo (được tuyên không phạm tội)"),
}
OF_SEVERAL = _("Bị can, bị cáo")
"""What people are called together whose proceedings ended in different ways, or in none that is known."""


def accused_label(stage: str, *, held: bool = True, ended: str = CONVICTED) -> str:
    """Return what the law calls the person prosecuted at `stage` (Điều 58 to 61 BLTTHS).

    The stage of the person, where it is known: one is charged only by the decision against him, and
    stands trial only by the decision to open it, so a person's stage may be behind that of the case.

    Args:
        stage: of the person, or of the case.
        held: for somebody not charged yet, whether that person is held; who was only reported is not called so.
        ended: for somebody after the trial, how the proceedings ended; only who was judged is called convicted.
    """
    if stage in _TRIAL_STAGES:
        return _("Bị cáo")
    if stage in AFTER_TRIAL:
        return _ENDED.get(ended, OF_SEVERAL)
    if stage == "nguon_tin":
        return _("Người bị tố giác, kiến nghị khởi tố")
    if stage == BEFORE_CHARGE:
        return _("Người bị giữ, bị tạm giữ") if held else _("Người chưa bị khởi tố")
    return _("Bị can")
