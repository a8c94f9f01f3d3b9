"""States of custody and what leads from one to another: literal tables that actions, pages, the API and tests read.

Names of states are those of the offices' own vocabulary. A row of a table is never taken away: rows of the database and
entries of the ledger name its states.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from vks_plugin.text import gettext_noop as _


@dataclass(frozen=True)
class Move:
    """What somebody does, from which states it may be done, and the state it leads to."""

    name: str
    label: str
    sources: frozenset[str]
    target: str


@dataclass(frozen=True)
class Machine:
    """The states of one thing."""

    states: tuple[tuple[str, str], ...]
    """Value and label, in the order people meet them; the first is that of something new."""
    moves: tuple[Move, ...]
    closed: frozenset[str] = frozenset()
    """States in which nobody waits for anything."""

    @property
    def first(self) -> str:
        """The state of something new."""
        return self.states[0][0]

    @property
    def open(self) -> frozenset[str]:
        """States in which somebody still has to act."""
        return frozenset(value for value, _label in self.states) - self.closed

    def label(self, state: str) -> str:
        """Return what a state is called; the state itself where it is unknown."""
        return dict(self.states).get(state, state)

    def move(self, name: str) -> Move:
        """Return a move by its name.

        Raises:
            KeyError: there is none.
        """
        return {each.name: each for each in self.moves}[name]

    def moves_from(self, state: str) -> tuple[Move, ...]:
        """Return what may be done in a state."""
        return tuple(each for each in self.moves if state in each.sources)


def _move(name: str, label: str, sources: Iterable[str], target: str) -> Move:
    return Move(name, label, frozenset(sources), target)


DIGITISATION = Machine(
    states=(
        ("cho_so_hoa", _("Chờ số hóa")),
        ("dang_so_hoa", _("Đang số hóa")),
        ("cho_kiem_tra", _("Chờ kiểm tra chất lượng")),
        ("tra_lai_quet", _("Trả lại quét")),
        ("cho_ky_so", _("Chờ xác nhận, ký số")),
        ("da_ket_thuc_so_hoa", _("Đã kết thúc số hóa")),
        ("da_nop_luu", _("Đã nộp lưu")),
        ("da_huy", _("Đã hủy")),
    ),
    moves=(
        _move("start", _("Bắt đầu số hóa"), ["cho_so_hoa"], "dang_so_hoa"),
        _move("submit", _("Chuyển kiểm tra chất lượng"), ["dang_so_hoa", "tra_lai_quet"], "cho_kiem_tra"),
        _move("send_back", _("Trả lại quét"), ["cho_kiem_tra"], "tra_lai_quet"),
        _move("pass", _("Đạt chất lượng"), ["cho_kiem_tra"], "cho_ky_so"),
        _move("recall", _("Lấy lại để quét"), ["cho_ky_so"], "tra_lai_quet"),
        _move("seal", _("Kết thúc số hóa"), ["cho_ky_so"], "da_ket_thuc_so_hoa"),
        _move("accession", _("Nộp lưu"), ["da_ket_thuc_so_hoa"], "da_nop_luu"),
        _move("leave_archive", _("Ra khỏi lưu trữ"), ["da_nop_luu"], "da_ket_thuc_so_hoa"),
        _move("cancel", _("Hủy"), ["cho_so_hoa", "dang_so_hoa", "cho_kiem_tra", "tra_lai_quet", "cho_ky_so"], "da_huy"),
    ),
    closed=frozenset({"da_ket_thuc_so_hoa", "da_nop_luu", "da_huy"}),
)
"""A batch of digitisation of a case: the first, or a supplement to what is sealed. A sealed batch is never opened again:
what is reopened with a reason is a new batch chained to it."""


NOT_BEGUN = ("chua_mo", _("Chưa mở đợt số hóa"))
"""How a case stands of whose file no batch was opened, or all were called off. It is kept nowhere."""
NOT_DIGITISED = ("khong_so_hoa", _("Xong mà không số hóa ở đây"))
"""The same of a case that is over here: finished, archived, merged, gone elsewhere, disposed of."""
ALL_OF_THEM = "tat_ca"
"""Asks a board for every case, however it stands."""


@dataclass(frozen=True)
class Step:
    """A step of the work on a batch, as offices do it one after the other; any may be done again."""

    name: str
    label: str
    states: frozenset[str] = frozenset()
    """States of the batch in which somebody may note it down; none: an act of its own does."""
    counts_pages: bool = False


_SCANNING = frozenset({"dang_so_hoa", "tra_lai_quet"})

PAGES_OPEN = _SCANNING | {"cho_so_hoa"}
"""States of a batch in which pages may be turned, ordered and replaced; in the later ones somebody looks at them."""

SIGNED_IN = "cho_ky_so"
"""State of a batch in which what was checked and confirmed is signed, and then sealed."""

DIGITISATION_STEPS: tuple[Step, ...] = (
    Step("tiep_nhan", _("Tiếp nhận hồ sơ"), _SCANNING | {"cho_so_hoa"}, counts_pages=True),
    Step("kiem_tra_but_luc", _("Kiểm tra bút lục"), _SCANNING),
    Step("thao_gay", _("Tháo gáy"), _SCANNING),
    Step("quet", _("Quét"), _SCANNING, counts_pages=True),
    Step("ghep_dat_ten", _("Ghép, đặt tên"), _SCANNING),
    Step("ocr", _("Nhận dạng chữ (OCR)"), _SCANNING),
    Step("kiem_tra_chat_luong", _("Kiểm tra chất lượng")),
    Step("xac_nhan", _("Kiểm sát viên xác nhận")),
    Step("ky_so", _("Ký số"), frozenset({"cho_ky_so"})),
    Step("dong_ho_so", _("Đóng hồ sơ")),
    Step("phuc_hoi_gay", _("Phục hồi gáy"), frozenset({"cho_ky_so", "da_ket_thuc_so_hoa"})),
)


def step_label(name: str) -> str:
    """Return what a step is called; the name itself where it is unknown."""
    return next((each.label for each in DIGITISATION_STEPS if each.name == name), name)


HAND_OVER = Machine(
    states=(
        ("du_thao", _("Dự thảo")),
        ("cho_nhan", _("Chờ nhận")),
        ("da_nhan", _("Đã nhận")),
        ("chua_nhan", _("Chưa nhận")),
        ("huy", _("Đã hủy")),
    ),
    moves=(
        _move("send", _("Giao"), ["du_thao", "chua_nhan"], "cho_nhan"),
        _move("accept", _("Nhận"), ["cho_nhan"], "da_nhan"),
        _move("reject", _("Chưa nhận"), ["cho_nhan"], "chua_nhan"),
        _move("cancel", _("Hủy"), ["du_thao", "cho_nhan", "chua_nhan"], "huy"),
    ),
    closed=frozenset({"da_nhan", "huy"}),
)
"""A hand-over (giao nhận) between two keepers; what is not accepted can be sent again once it is complete."""

LOAN = Machine(
    states=(
        ("de_nghi", _("Đề nghị")),
        ("da_duyet", _("Đã duyệt")),
        ("tu_choi", _("Từ chối")),
        ("dang_muon", _("Đang mượn")),
        ("tra_thieu", _("Trả thiếu")),
        ("da_tra", _("Đã trả")),
        ("huy", _("Đã rút")),
        ("huy_duyet", _("Đã hủy duyệt")),
    ),
    moves=(
        _move("approve", _("Duyệt cho mượn"), ["de_nghi"], "da_duyet"),
        _move("deny", _("Từ chối"), ["de_nghi"], "tu_choi"),
        _move("withdraw", _("Rút đề nghị"), ["de_nghi", "da_duyet"], "huy"),
        _move("revoke", _("Hủy duyệt cho mượn"), ["da_duyet"], "huy_duyet"),
        _move("issue", _("Giao cho mượn"), ["da_duyet"], "dang_muon"),
        _move("return", _("Trả"), ["dang_muon"], "da_tra"),
        _move("return_short", _("Trả thiếu"), ["dang_muon"], "tra_thieu"),
        _move("settle", _("Giải quyết phần thiếu"), ["tra_thieu"], "da_tra"),
    ),
    closed=frozenset({"tu_choi", "da_tra", "huy", "huy_duyet"}),
)
"""A loan (mượn). What came back short stays open until what is missing came, or a leader closed it. `qua_han` (overdue) is what a loan is called whose day has passed: it follows from the day and is not kept."""

OVERDUE = ("qua_han", _("Quá hạn"))
"""A loan that should be back."""

COPY = Machine(
    states=(
        ("de_nghi", _("Đề nghị")),
        ("da_duyet", _("Đã duyệt")),
        ("tu_choi", _("Từ chối")),
        ("da_cap", _("Đã cấp")),
        ("huy", _("Đã rút")),
    ),
    moves=(
        _move("approve", _("Duyệt cấp"), ["de_nghi"], "da_duyet"),
        _move("deny", _("Từ chối"), ["de_nghi"], "tu_choi"),
        _move("withdraw", _("Rút đề nghị"), ["de_nghi", "da_duyet"], "huy"),
        _move("issue", _("Cấp"), ["da_duyet"], "da_cap"),
    ),
    closed=frozenset({"tu_choi", "da_cap", "huy"}),
)
"""A certified copy or an extract (chứng thực bản sao, trích lục) from the request until it is given."""

ACCESSION = Machine(
    states=(
        ("dang_dong_goi", _("Đang đóng gói")),
        ("loi", _("Chưa đóng gói được")),
        ("cho_luu_tru", _("Chờ lưu trữ nhận")),
        ("da_nop_luu", _("Đã nộp lưu")),
        ("huy", _("Đã hủy")),
    ),
    moves=(
        _move("fail", _("Dừng đóng gói"), ["dang_dong_goi"], "loi"),
        _move("retry", _("Đóng gói lại"), ["loi", "dang_dong_goi"], "dang_dong_goi"),
        _move("finish", _("Đóng gói xong"), ["dang_dong_goi"], "cho_luu_tru"),
        _move("accept", _("Nhận vào lưu trữ"), ["cho_luu_tru"], "da_nop_luu"),
        _move("cancel", _("Hủy"), ["dang_dong_goi", "loi", "cho_luu_tru"], "huy"),
    ),
    closed=frozenset({"da_nop_luu", "huy"}),
)
"""Cases that are handed to the archive together (nộp lưu): a worker packs them, an archivist takes them."""

DISPOSAL = Machine(
    states=(
        ("du_thao", _("Dự thảo")),
        ("cho_don_vi_duyet", _("Chờ lãnh đạo đơn vị duyệt")),
        ("cho_tinh_duyet", _("Chờ Viện trưởng tỉnh duyệt")),
        ("da_duyet", _("Đã duyệt, chờ biên bản đã ký")),
        ("co_bien_ban", _("Đã có biên bản, chờ thực hiện")),
        ("dang_tieu_huy", _("Đang tiêu hủy")),
        ("chua_xong", _("Chưa tiêu hủy hết")),
        ("da_tieu_huy", _("Đã tiêu hủy")),
        ("khong_duyet", _("Không duyệt")),
        ("huy", _("Đã hủy")),
    ),
    moves=(
        _move("submit", _("Trình duyệt"), ["du_thao"], "cho_don_vi_duyet"),
        _move("approve_first", _("Duyệt lần 1"), ["cho_don_vi_duyet"], "cho_tinh_duyet"),
        _move("approve_second", _("Duyệt lần 2"), ["cho_tinh_duyet"], "da_duyet"),
        _move("deny", _("Không duyệt"), ["cho_don_vi_duyet", "cho_tinh_duyet"], "khong_duyet"),
        _move("attach", _("Gắn biên bản đã ký"), ["da_duyet", "co_bien_ban"], "co_bien_ban"),
        _move("execute", _("Thực hiện tiêu hủy"), ["co_bien_ban", "chua_xong", "dang_tieu_huy"], "dang_tieu_huy"),
        _move("stop", _("Dừng tiêu hủy"), ["dang_tieu_huy"], "chua_xong"),
        _move("finish", _("Tiêu hủy xong"), ["dang_tieu_huy"], "da_tieu_huy"),
        _move("close", _("Kết thúc, để lại hồ sơ chưa hủy"), ["chua_xong"], "da_tieu_huy"),
        _move(
            "cancel",
            _("Hủy"),
            ["du_thao", "cho_don_vi_duyet", "cho_tinh_duyet", "da_duyet", "co_bien_ban"],
            "huy",
        ),
    ),
    closed=frozenset({"da_tieu_huy", "khong_duyet", "huy"}),
)
"""Cases that are disposed of together (đợt tiêu hủy): drafted, approved by two, carried out by a person with the signed record.

No move of it is made by the clock.
"""
