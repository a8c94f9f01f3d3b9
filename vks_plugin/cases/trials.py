"""What is told apart of sessions of the court: at which court_level, what is shown there, in which events they can end."""

from __future__ import annotations

from collections.abc import Collection

from django.db import models
from django.utils.translation import gettext_lazy as _


class CourtLevel(models.TextChoices):
    """Before which court (cấp xét xử)."""

    FIRST = "so_tham", _("Sơ thẩm")
    APPEAL = "phuc_tham", _("Phúc thẩm")


class ShownKind(models.TextChoices):
    """What was shown in a session, as statistics tell it apart."""

    DIAGRAM = "so_do", _("Sơ đồ")
    IMAGE = "hinh_anh", _("Bút lục, hình ảnh")
    VIDEO = "video", _("Ghi âm, ghi hình")
    PRESENTATION = "bai_trinh_chieu", _("Bài trình chiếu")


def kinds_of_slides(kinds: Collection[str]) -> list[str]:
    """Return what was shown, told apart as statistics do, by the kinds of the slides."""
    found = []
    if "so_do" in kinds:
        found.append(ShownKind.DIAGRAM.value)
    if {"but_luc", "hinh_anh", "loi_khai"} & set(kinds):
        found.append(ShownKind.IMAGE.value)
    return [*found, ShownKind.PRESENTATION.value] if kinds else found


VERDICTS: frozenset[str] = frozenset(
    {
        "tuyen_an",
        "ra_quyet_dinh",
        "an_phuc_tham",
        "tam_dinh_chi_xet_xu",
        "dinh_chi_xet_xu",
        "dinh_chi_phuc_tham",
        "huy_an_dieu_tra_lai",
        "huy_an_xet_xu_lai",
    }
)
"""Events of the proceedings in which a session can end."""
