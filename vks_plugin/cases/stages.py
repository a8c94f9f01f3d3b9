"""Kinds, stages, statuses and parts of a case file.

Values are those of the national case software where it has them (stages G0–G6),
labels are the procuracy's own words.
"""

from __future__ import annotations

from typing import NamedTuple


class Stage(NamedTuple):
    """A stage of criminal proceedings."""

    value: str
    label: str
    code: str
    """Code used by the national case software (G0 is ours: it has none for reports of crime)."""


STAGES: tuple[Stage, ...] = (
    Stage("nguon_tin", "Giải quyết nguồn tin", "G0"),
    Stage("khoi_to", "Khởi tố", "G1"),
    Stage("dieu_tra", "Điều tra", "G1"),
    Stage("truy_to", "Truy tố", "G2"),
    Stage("xet_xu_so_tham", "Xét xử sơ thẩm", "G3"),
    Stage("phuc_tham", "Xét xử phúc thẩm", "G4"),
    Stage("giam_doc_tham_tai_tham", "Giám đốc thẩm, tái thẩm", "G5"),
    Stage("thi_hanh_an", "Thi hành án", "G6"),
    Stage("ket_thuc", "Kết thúc", ""),
)

STATUSES: tuple[tuple[str, str], ...] = (
    ("dang_giai_quyet", "Đang giải quyết"),
    ("tam_dinh_chi", "Tạm đình chỉ"),
    ("dinh_chi", "Đình chỉ"),
    ("tra_ho_so_dtbs", "Trả hồ sơ điều tra bổ sung"),
    ("tra_dieu_tra_lai", "Trả điều tra lại"),
    ("phuc_hoi", "Phục hồi"),
    ("chuyen_tham_quyen", "Chuyển theo thẩm quyền"),
    ("da_nhap", "Đã nhập vào vụ khác"),
    ("da_tach", "Đã tách"),
    ("da_truy_to", "Đã truy tố"),
    ("da_xet_xu_st", "Đã xét xử sơ thẩm"),
    ("co_khang_cao_khang_nghi", "Có kháng cáo, kháng nghị"),
    ("co_hieu_luc", "Bản án, quyết định có hiệu lực"),
    ("da_nop_luu", "Đã nộp lưu"),
)

PARTS: tuple[tuple[str, str], ...] = (
    ("hsva", "Hồ sơ vụ án"),
    ("hsks", "Hồ sơ kiểm sát (nội bộ)"),
)
"""The case file travels between agencies; the supervision file never leaves the procuracy."""

_TRIAL_STAGES = frozenset({"xet_xu_so_tham", "phuc_tham"})
_AFTER_TRIAL = frozenset({"giam_doc_tham_tai_tham", "thi_hanh_an", "ket_thuc"})


def accused_label(stage: str) -> str:
    """Return what the law calls the person prosecuted at `stage` (Điều 60, 61 BLTTHS)."""
    if stage in _TRIAL_STAGES:
        return "Bị cáo"
    if stage in _AFTER_TRIAL:
        return "Người bị kết án"
    if stage == "nguon_tin":
        return "Người bị tố giác, kiến nghị khởi tố"
    return "Bị can"
