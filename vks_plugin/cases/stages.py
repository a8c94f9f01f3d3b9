"""Kinds, stages, statuses and parts of a case file.

Values are those of the national case software where it has them (stages G0–G6),
labels are the procuracy's own words, translated by whoever shows them.
"""

from __future__ import annotations

from typing import NamedTuple

from vks_plugin.text import gettext_noop as _


class Stage(NamedTuple):
    """A stage of criminal proceedings."""

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

PARTS: tuple[tuple[str, str], ...] = (
    ("hsva", _("Hồ sơ vụ án")),
    ("hsks", _("Hồ sơ kiểm sát (nội bộ)")),
)
"""The case file travels between agencies; the supervision file never leaves the procuracy."""

_TRIAL_STAGES = frozenset({"xet_xu_so_tham", "phuc_tham"})
_AFTER_TRIAL = frozenset({"giam_doc_tham_tai_tham", "thi_hanh_an", "ket_thuc"})


def accused_label(stage: str) -> str:
    """Return what the law calls the person prosecuted at `stage` (Điều 60, 61 BLTTHS)."""
    if stage in _TRIAL_STAGES:
        return _("Bị cáo")
    if stage in _AFTER_TRIAL:
        return _("Người bị kết án")
    if stage == "nguon_tin":
        return _("Người bị tố giác, kiến nghị khởi tố")
    return _("Bị can")
