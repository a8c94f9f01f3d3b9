"""What a hand-over of a case file can be: between whom, for what, what is checked when it is received. Pure.

Values are those of the offices' vocabulary; those of directions with a code are the codes of the national case software.
A row is never taken away: hand-overs that are there name it.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from vks_plugin.text import gettext_noop as _


class Direction(NamedTuple):
    """From whom to whom paper goes."""

    value: str
    label: str
    code: str
    """In the national case software; empty: it knows none."""
    giver_outside: bool = False
    receiver_outside: bool = False

    @property
    def is_outside(self) -> bool:
        """Whether an agency outside the system takes part, so that its side is proven by the signed paper."""
        return self.giver_outside or self.receiver_outside


DIRECTIONS: dict[str, Direction] = {
    each.value: each
    for each in (
        Direction("vks_ta", _("Viện kiểm sát → Tòa án"), "01", receiver_outside=True),
        Direction("ta_vks", _("Tòa án → Viện kiểm sát"), "02", giver_outside=True),
        Direction("vks_cqdt", _("Viện kiểm sát → Cơ quan điều tra"), "03", receiver_outside=True),
        Direction("cqdt_vks", _("Cơ quan điều tra → Viện kiểm sát"), "04", giver_outside=True),
        Direction("vks_vks", _("Giữa hai Viện kiểm sát"), ""),
        Direction("vks_khac", _("Viện kiểm sát → Viện kiểm sát ngoài hệ thống"), "", receiver_outside=True),
        Direction("khac_vks", _("Viện kiểm sát ngoài hệ thống → Viện kiểm sát"), "", giver_outside=True),
        Direction("noi_bo", _("Nội bộ đơn vị"), ""),
    )
}

TO_OTHERS = frozenset({"vks_khac", "khac_vks"})
"""Directions in which a procuracy that does not use this system takes part: of another province, above, military, or to join."""

REASONS: dict[str, str] = {
    "ket_thuc_dt": _("Kết thúc điều tra, đề nghị truy tố"),
    "tra_dtbs": _("Trả hồ sơ để điều tra bổ sung"),
    "truy_to": _("Truy tố, chuyển hồ sơ sang Tòa án"),
    "phuc_tham": _("Xét xử phúc thẩm"),
    "tra_ho_so": _("Trả hồ sơ"),
    "chuyen_tham_quyen": _("Chuyển theo thẩm quyền"),
    "nghien_cuu": _("Nghiên cứu hồ sơ"),
    "nop_luu": _("Nộp lưu"),
}

_ONLY: dict[str, frozenset[str]] = {
    "ket_thuc_dt": frozenset({"cqdt_vks"}),
    "tra_dtbs": frozenset({"ta_vks", "vks_cqdt", "vks_vks", "vks_khac", "khac_vks"}),
    "truy_to": frozenset({"vks_ta"}),
    "phuc_tham": frozenset({"ta_vks", "vks_ta", "vks_vks", "vks_khac", "khac_vks"}),
    "chuyen_tham_quyen": frozenset({"vks_vks", "vks_khac", "khac_vks", "cqdt_vks", "vks_cqdt", "ta_vks", "vks_ta"}),
    "nop_luu": frozenset({"noi_bo", "vks_vks"}),
}
"""Directions of reasons that do not go with every one."""
_OF_PROSECUTION = frozenset({"ket_thuc_dt", "tra_dtbs", "truy_to"})
"""Reasons of cases in which somebody is prosecuted."""
_OF_CRIMES = frozenset({"criminal", "crime_report"})

IN_PARTS = "tra_ho_so"
"""The reason for which a file may come back in parts; every other wants all of it at once."""
TRANSFER = "chuyen_tham_quyen"
"""The reason that, between two offices, takes the case along with its paper."""


BACK = {"vks_cqdt": "cqdt_vks", "cqdt_vks": "vks_cqdt", "vks_ta": "ta_vks", "ta_vks": "vks_ta"}
"""The way a file comes back that went the other way."""


def directions_for(kind: str) -> tuple[str, ...]:
    """Return the directions that go with a kind of case.

    An agency that investigates has files of crimes alone; a report of crime goes to no court before it is a case.
    """
    left_out = {
        "vks_cqdt": kind not in _OF_CRIMES,
        "cqdt_vks": kind not in _OF_CRIMES,
        "vks_ta": kind == "crime_report",
        "ta_vks": kind == "crime_report",
    }
    return tuple(direction for direction in DIRECTIONS if not left_out.get(direction, False))


def reasons_for(kind: str, direction: str) -> tuple[str, ...]:
    """Return the reasons that go with a kind of case and a direction."""
    return tuple(
        reason
        for reason in REASONS
        if direction in _ONLY.get(reason, {direction})
        and (kind == "criminal" or reason not in _OF_PROSECUTION)
        and (kind != "crime_report" or reason != "phuc_tham")
    )


class Checks(NamedTuple):
    """What the receiving side found; None: not looked at."""

    documents_complete: bool | None = None
    """Documents are all there, as the inventory lists them."""
    exhibits_complete: bool | None = None
    """Exhibits that go along are all there, as the inventory lists them."""
    served: bool | None = None
    """Conclusion of the investigation, or indictment, was served on the accused or his representative."""


CHECKS: dict[str, str] = {
    "documents_complete": _("Đủ tài liệu so với bảng kê"),
    "exhibits_complete": _("Đủ vật chứng (nếu có) so với bảng kê"),
    "served": _("Bản kết luận điều tra hoặc cáo trạng đã giao cho bị can, người đại diện"),
}


RECEIVING: dict[str, str] = {"cqdt_vks": _("Điều 238 BLTTHS"), "vks_ta": _("Điều 276 BLTTHS")}
"""Directions in which the law says what is checked before the file of a criminal case is received, with the article."""


def article_of(kind: str, part: str, direction: str) -> str:
    """Return the article that says what is checked; empty: none does, what is counted is a convention of this program."""
    return RECEIVING.get(direction, "") if (kind, part) == ("criminal", "hsva") else ""


def checks_for(kind: str, part: str, direction: str, *, completes: bool) -> tuple[str, ...]:
    """Return which checks are made before a file is received.

    Documents and exhibits are counted whoever gives them. That the conclusion or indictment was served is asked where the
    law asks it, whatever the reason: a file that comes back with a supplementary conclusion too.

    Args:
        kind: of the case.
        part: of the file.
        direction: from whom to whom.
        completes: whether only volumes come that were missing before; of the file itself it was asked then.
    """
    serving = bool(article_of(kind, part, direction)) and not completes
    return tuple(name for name in CHECKS if name != "served" or serving)


LOST, KEPT = "that_lac", "giu_han"
SETTLEMENTS: dict[str, str] = {
    LOST: _("Thất lạc"),
    KEPT: _("Nơi đang giữ giữ hẳn, không trả"),
}
"""What a leader may say of a piece that did not come along with its file and that nobody waits for any more."""


def volume_code(case_code: str, part: str, number: int) -> str:
    """Return what the label of a volume says: letters every keyboard sends alike, whatever method of input is on."""
    return f"{case_code}-{part}-T{number:02d}".upper()


def case_of_volume_code(code: str) -> str:
    """Return the code of the case that a label of a volume begins with; empty for what no label can say."""
    found = re.fullmatch(r"(.+)-(?:HSVA|HSKS)-T[0-9]{2,}", code.upper())
    return found[1] if found is not None else ""


_MARKS = frozenset({"id", "received"})
"""What a listed exhibit has beside what is written of it: which one it is, and whether it came."""


def exhibit_line(pk: int, name: str, quantity: str, seal: str) -> dict[str, Any]:
    """Return an exhibit as a hand-over lists it, before anybody counted."""
    return {"id": pk, "name": name, "quantity": quantity, "seal": seal, "received": None}


def as_written(line: Any) -> Any:
    """Return what is written of a listed exhibit, without which one it is and whether it came.

    What no act ever wrote comes back as it is, for who compares it with what was recorded.
    """
    return {name: value for name, value in line.items() if name not in _MARKS} if isinstance(line, dict) else line


def is_lacking(line: Any) -> bool:
    """Tell whether a listed exhibit was marked as not being there; of one nobody marked it is not said."""
    return isinstance(line, dict) and line.get("received") is False
