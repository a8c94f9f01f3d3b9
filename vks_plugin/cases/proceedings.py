"""What may happen in a case, and what it leads to: one table of procedural events, kind by kind.

A case has a stage and a status, and so has each accused (BLTTHS, Điều 247 khoản 2, 248 khoản 2: proceedings
may be stayed or ended for one of several). An event concerns the case or one accused; whoever is in step
with the case moves with it. What the table does not allow is refused with a sentence that says what is possible.

Dates out of order and the like are warnings, never refusals: papers are recorded when they arrive.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from vks_plugin.cases.deadlines import Span, deadline_rules
from vks_plugin.cases.stages import ACQUITTED, CONVICTED, DROPPED, MEASURES, STAGES_OF, stage_label, status_label
from vks_plugin.errors import Conflict
from vks_plugin.text import Listing, Sentence
from vks_plugin.text import gettext_noop as _

Scope = Literal["case", "accused", "either"]
Need = Literal["number", "ground", "amount", "time", "accused"]


class ProceedingsError(Conflict):
    """The table of events does not allow this now; nothing has changed."""

    brief: Sentence | None = None
    """The reason alone, for a list of many that need not say each time what is possible instead."""


class State(NamedTuple):
    """Where a case, or one accused, stands."""

    stage: str
    status: str


class Happening(NamedTuple):
    """One event as it was recorded."""

    event: str
    on: dt.date
    at: dt.time | None = None
    """The hour, for limits counted in hours."""
    accused: int | None = None
    """Whom it concerns; none for the whole case."""
    ground: str = ""
    amount: Span | None = None
    """How long an extension or an order is."""
    number: str = ""
    asked: dt.date | None = None
    """Day on which an extension was asked for."""
    named_day: dt.date | None = None
    """The day a decision names: when the trial opens; when the case merged into this one, or the one it was split from,
    was initiated."""
    override: bool = False
    """A soft limit was exceeded knowingly, for `reason`."""
    reason: str = ""


@dataclass(frozen=True)
class Event:
    """A row of the table."""

    value: str
    label: str
    kind: str
    scope: Scope
    stages: tuple[str, ...]
    """Stages of whom it concerns in which it may happen."""
    statuses: tuple[str, ...]
    to_stage: str | None = None
    to_status: str | None = None
    article: str = ""
    most: int | None = None
    """How often at most, for one case or one accused."""
    soft: bool = False
    """Whether `most` may be exceeded with a reason."""
    again_after: tuple[str, ...] = ()
    """What makes the count start anew."""
    grounds: tuple[tuple[str, str], ...] = ()
    needs: tuple[Need, ...] = ()
    late: tuple[str, ...] = ()
    """Later stages in which it may still be recorded, once, when it is missing; it then leads nowhere."""
    case_stages: tuple[str, ...] = ()
    """For an event of one accused: stages of the case in which it may happen; none named: any."""
    case_to: State | None = None
    """What an event of one accused makes of the case; an empty part leaves it."""
    person_stage: str | None = None
    """Stage of the accused where it is not that of the case; an empty text leaves it."""
    verified: bool = True
    note: str = ""

    @property
    def moves(self) -> bool:
        """Whether it leads anywhere."""
        return self.to_stage is not None or self.to_status is not None


class Step(NamedTuple):
    """What an event led to."""

    case: State
    accused: Mapping[int, State]
    warnings: tuple[str, ...] = ()


START: dict[str, State] = {
    "criminal": State("nguon_tin", "dang_giai_quyet"),
    "crime_report": State("nguon_tin", "chua_thuc_hien"),
    "civil": State("thu_ly", "dang_giai_quyet"),
    "administrative": State("thu_ly", "dang_giai_quyet"),
}
"""Where a matter stands before anything is recorded of it."""

NEWCOMER = State("khoi_to", "dang_giai_quyet")
"""A person of whom nothing is recorded yet: held at most, not charged."""

# --- words of the table

_N, _K, _D, _P, _T, _A, _G, _E, _END = (stage.value for stage in STAGES_OF["criminal"])
_INVESTIGATION = (_K, _D)
_TO_TRIAL = (_K, _D, _P, _T)
_OPEN = (
    "dang_giai_quyet",
    "phuc_hoi",
    "tra_ho_so_dtbs",
    "tra_dieu_tra_lai",
    "da_truy_to",
    "da_xet_xu_st",
    "co_khang_cao_khang_nghi",
    "co_hieu_luc",
)
"""Statuses in which proceedings go on."""
_HELD = (*_OPEN, "tam_dinh_chi")
_UNDER_WAY = ("dang_giai_quyet", "phuc_hoi", "tra_ho_so_dtbs", "tra_dieu_tra_lai")
_BEFORE_COURT = ("dang_giai_quyet", "phuc_hoi", "da_truy_to", "tra_ho_so_dtbs")
_BEFORE_JUDGMENT = ("dang_giai_quyet", "phuc_hoi", "da_truy_to")
_APPEALED = ("dang_giai_quyet", "co_khang_cao_khang_nghi")
_IN_FORCE = ("dang_giai_quyet", "co_hieu_luc")
_AT_REST = frozenset({"tam_dinh_chi", "dinh_chi", "da_tach", "da_nhap", "chuyen_tham_quyen", "da_nop_luu"})
_ALL = (_N, _K, _D, _P, _T, _A, _G, _E, _END)

_DIEU_245 = (
    ("a", _("Điều 245 khoản 1 điểm a: thiếu chứng cứ quy định tại Điều 85")),
    ("b", _("Điều 245 khoản 1 điểm b: bị can còn phạm tội khác")),
    ("c", _("Điều 245 khoản 1 điểm c: còn đồng phạm hoặc người khác liên quan")),
    ("d", _("Điều 245 khoản 1 điểm d: vi phạm nghiêm trọng thủ tục tố tụng")),
)
_DIEU_247 = (
    ("a", _("Điều 247: bị can bị bệnh tâm thần hoặc bệnh hiểm nghèo")),
    ("b", _("Điều 247: bị can bỏ trốn, đã yêu cầu truy nã")),
    ("c", _("Điều 247: chờ kết quả giám định, định giá, tương trợ tư pháp")),
    ("d", _("Điều 247: bất khả kháng do thiên tai, dịch bệnh")),
)
_DIEU_248 = (
    ("dieu_155_2", _("Điều 155 khoản 2 BLTTHS")),
    ("dieu_157", _("Điều 157 BLTTHS")),
    ("blhs_16", _("Điều 16 BLHS")),
    ("blhs_29", _("Điều 29 BLHS")),
    ("blhs_91_2", _("Điều 91 khoản 2 BLHS")),
)
_TTLT04_14 = (
    ("nang_hon", _("Thay đổi sang tội, khoản nặng hơn")),
    ("nhe_hon", _("Thay đổi sang tội, khoản nhẹ hơn")),
    ("bo_sung", _("Bổ sung tội")),
)
_DIEU_458 = (
    ("het_dieu_kien", _("Điều 458: không còn một trong các điều kiện")),
    ("tam_dinh_chi", _("Điều 458: vụ án bị tạm đình chỉ")),
    ("tra_ho_so_dtbs", _("Điều 458: trả hồ sơ để điều tra bổ sung")),
)
_PROTEST = (
    ("cung_cap", _("Viện kiểm sát cùng cấp")),
    ("cap_tren", _("Viện kiểm sát cấp trên trực tiếp")),
)
_OTHER_MEASURES = tuple(
    (value, label) for value, label in MEASURES if value not in {"giu_khan_cap", "bat", "tam_giu", "tam_giam"}
)

TO_ARCHIVE = "nop_luu"
"""The event by which a case is in the archive; to withdraw it takes the case out again."""
ACQUITTAL = "tuyen_khong_pham_toi"
"""The event by which the judgment acquits somebody; it leads nowhere, since the judgment does."""
SENT = "gui_van_ban"
"""The event that ends a duty to send, deliver or notify; its ground is the id of that time limit."""


def _row(
    value: str,
    label: str,
    stages: tuple[str, ...],
    statuses: tuple[str, ...],
    article: str = "",
    *,
    to: tuple[str | None, str | None] = (None, None),
    scope: Scope = "case",
    most: int | None = None,
    soft: bool = False,
    again_after: tuple[str, ...] = (),
    grounds: tuple[tuple[str, str], ...] = (),
    needs: tuple[Need, ...] = (),
    late: tuple[str, ...] = (),
    case_stages: tuple[str, ...] = (),
    case_to: State | None = None,
    person_stage: str | None = None,
    verified: bool = True,
    note: str = "",
) -> Event:
    """Return a row whose kind is filled in by the table it stands in."""
    return Event(
        value,
        label,
        "",
        scope,
        stages,
        statuses,
        to[0],
        to[1],
        article,
        most,
        soft,
        again_after,
        grounds,
        needs,
        late,
        case_stages,
        case_to,
        person_stage,
        verified,
        note,
    )


_OURS = _("Việc ghi nhận của phần mềm, không phải một quyết định theo mẫu.")
_OPEN_POINT = _("Chưa kiểm chứng: đối chiếu điều luật trước khi dùng.")

_CRIMINAL = (
    # initiation and charging
    _row(
        "khoi_to_vu_an",
        _("Khởi tố vụ án"),
        (_N,),
        ("dang_giai_quyet",),
        "Điều 154",
        to=(_K, "dang_giai_quyet"),
        most=1,
        needs=("number",),
        late=_ALL[1:],
    ),
    _row(
        "khoi_to_bi_can",
        _("Khởi tố bị can"),
        (_K,),
        _OPEN,
        "Điều 179",
        scope="accused",
        to=(_D, "dang_giai_quyet"),
        case_stages=(_K, _D, _P),
        case_to=State(_D, ""),
        most=1,
        again_after=("huy_ktbc",),
        needs=("number", "accused"),
        late=_ALL[2:],
    ),
    _row(
        "nhan_ktbc",
        _("Viện kiểm sát nhận quyết định khởi tố bị can"),
        (_D, _P),
        _HELD,
        "Điều 179 khoản 3",
        scope="accused",
        needs=("accused",),
    ),
    _row(
        "yeu_cau_bo_sung_ktbc",
        _("Yêu cầu bổ sung chứng cứ, tài liệu để phê chuẩn khởi tố bị can"),
        (_D, _P),
        _HELD,
        "Điều 179 khoản 3",
        scope="accused",
        needs=("accused",),
    ),
    _row(
        "nhan_bo_sung_ktbc",
        _("Viện kiểm sát nhận chứng cứ, tài liệu bổ sung để phê chuẩn khởi tố bị can"),
        (_D, _P),
        _HELD,
        "Điều 179 khoản 3",
        scope="accused",
        needs=("accused",),
    ),
    _row(
        "phe_chuan_ktbc",
        _("Phê chuẩn quyết định khởi tố bị can"),
        (_D, _P, _T),
        _HELD,
        "Điều 179 khoản 3",
        scope="accused",
        most=1,
        again_after=("huy_ktbc",),
        needs=("number", "accused"),
    ),
    _row(
        "huy_ktbc",
        _("Hủy bỏ quyết định khởi tố bị can"),
        (_D,),
        _OPEN,
        "Điều 179 khoản 3",
        scope="accused",
        to=(_K, "dang_giai_quyet"),
        needs=("number", "accused"),
    ),
    _row(
        "doi_toi_danh",
        _("Thay đổi, bổ sung tội danh"),
        _TO_TRIAL,
        _HELD,
        "TTLT 04/2018 Điều 14",
        scope="either",
        grounds=_TTLT04_14,
    ),
    # arrest and custody
    _row(
        "giu_khan_cap",
        _("Giữ người trong trường hợp khẩn cấp"),
        _INVESTIGATION,
        _HELD,
        "Điều 110",
        scope="accused",
        needs=("time", "accused"),
    ),
    _row(
        "lenh_bat_khan_cap",
        _("Ra lệnh bắt người bị giữ trong trường hợp khẩn cấp"),
        _INVESTIGATION,
        _HELD,
        "Điều 110 khoản 4",
        scope="accused",
        needs=("accused",),
    ),
    _row(
        "nhan_de_nghi_phe_chuan_bat",
        _("Viện kiểm sát nhận đề nghị phê chuẩn lệnh bắt người bị giữ khẩn cấp"),
        _INVESTIGATION,
        _HELD,
        "Điều 110",
        scope="accused",
        needs=("time", "accused"),
    ),
    _row(
        "phe_chuan_bat",
        _("Phê chuẩn lệnh bắt người bị giữ khẩn cấp"),
        _INVESTIGATION,
        _HELD,
        "Điều 110",
        scope="accused",
        needs=("accused",),
    ),
    _row(
        "khong_phe_chuan_bat",
        _("Không phê chuẩn lệnh bắt người bị giữ khẩn cấp"),
        _INVESTIGATION,
        _HELD,
        "Điều 110",
        scope="accused",
        needs=("accused",),
    ),
    _row("bat_nguoi", _("Bắt"), _ALL[1:6], _HELD, "Điều 109", scope="accused", needs=("accused",)),
    _row("tam_giu", _("Tạm giữ (ngày nhận người)"), _ALL[1:6], _HELD, "Điều 118", scope="accused", needs=("accused",)),
    _row(
        "nhan_de_nghi_gia_han_tam_giu",
        _("Viện kiểm sát nhận đề nghị phê chuẩn gia hạn tạm giữ"),
        _ALL[1:6],
        _HELD,
        "Điều 118",
        scope="accused",
        needs=("time", "accused"),
    ),
    _row(
        "gia_han_tam_giu",
        _("Gia hạn tạm giữ"),
        _ALL[1:6],
        _HELD,
        "Điều 118",
        scope="accused",
        needs=("amount", "accused"),
    ),
    _row(
        "nhan_lenh_tam_giam",
        _("Viện kiểm sát nhận lệnh tạm giam và hồ sơ"),
        (_D, _P),
        _HELD,
        "Điều 119 khoản 5",
        scope="accused",
        needs=("accused",),
    ),
    _row(
        "phe_chuan_tam_giam",
        _("Phê chuẩn lệnh tạm giam"),
        (_D, _P),
        _HELD,
        "Điều 119 khoản 5",
        scope="accused",
        needs=("accused",),
    ),
    _row(
        "khong_phe_chuan_tam_giam",
        _("Không phê chuẩn lệnh tạm giam"),
        (_D, _P),
        _HELD,
        "Điều 119 khoản 5",
        scope="accused",
        needs=("accused",),
    ),
    _row(
        "tam_giam",
        _("Tạm giam (từ ngày ghi trong lệnh)"),
        (_D, _P, _T, _A),
        _HELD,
        "Điều 119",
        scope="accused",
        needs=("accused",),
    ),
    _row(
        "gia_han_tam_giam",
        _("Gia hạn tạm giam"),
        (_D,),
        _HELD,
        "Điều 173",
        scope="accused",
        needs=("amount", "accused"),
    ),
    _row(
        "ap_dung_bpnc",
        _("Áp dụng hoặc thay thế bằng biện pháp ngăn chặn khác"),
        _ALL[1:6],
        _HELD,
        "Điều 109",
        scope="accused",
        grounds=_OTHER_MEASURES,
        needs=("ground", "accused"),
    ),
    _row(
        "huy_bpnc",
        _("Hủy bỏ biện pháp ngăn chặn"),
        _ALL[1:],
        (*_HELD, "dinh_chi"),
        "",
        scope="accused",
        needs=("accused",),
    ),
    _row(
        "tra_tu_do",
        _("Trả tự do"),
        _ALL[1:],
        (*_HELD, "dinh_chi"),
        "",
        scope="accused",
        needs=("accused",),
    ),
    # investigation
    _row(
        "lap_bien_ban",
        _("Lập biên bản hoạt động điều tra Viện kiểm sát không trực tiếp kiểm sát"),
        _INVESTIGATION,
        _OPEN,
        "Điều 88 khoản 5",
        grounds=(("tro_ngai", _("Có trở ngại")),),
    ),
    _row("nhan_bien_ban", _("Viện kiểm sát nhận biên bản, tài liệu"), _INVESTIGATION, _OPEN, "Điều 88 khoản 5"),
    _row("tra_bien_ban", _("Viện kiểm sát trả biên bản, tài liệu"), _INVESTIGATION, _OPEN, "Điều 88 khoản 5"),
    _row("gia_han_dieu_tra", _("Gia hạn điều tra"), _INVESTIGATION, _UNDER_WAY, "Điều 172", needs=("amount",)),
    _row(
        "ket_luan_dieu_tra",
        _("Kết luận điều tra"),
        _INVESTIGATION,
        _UNDER_WAY,
        "Điều 232",
        needs=("number",),
        late=_ALL[3:],
    ),
    _row(
        "nhan_ho_so",
        _("Viện kiểm sát nhận hồ sơ vụ án và kết luận điều tra"),
        (_D,),
        _UNDER_WAY,
        "Điều 240 khoản 1",
        to=(_P, "dang_giai_quyet"),
        late=_ALL[3:],
    ),
    _row(
        "tam_dinh_chi_dieu_tra",
        _("Tạm đình chỉ điều tra"),
        _INVESTIGATION,
        _UNDER_WAY,
        "Điều 229",
        scope="either",
        to=(None, "tam_dinh_chi"),
        needs=("number",),
    ),
    _row(
        "dinh_chi_dieu_tra",
        _("Đình chỉ điều tra"),
        _INVESTIGATION,
        _HELD,
        "Điều 230",
        scope="either",
        to=(None, "dinh_chi"),
        needs=("number",),
    ),
    _row(
        "nhan_qd_dinh_chi_dieu_tra",
        _("Viện kiểm sát nhận quyết định đình chỉ điều tra và hồ sơ"),
        _INVESTIGATION,
        (*_OPEN, "dinh_chi"),
        "Điều 230 khoản 3",
        scope="either",
    ),
    _row(
        "xem_xet_dinh_chi_dieu_tra",
        _("Viện kiểm sát xem xét xong quyết định đình chỉ điều tra"),
        _INVESTIGATION,
        (*_OPEN, "dinh_chi"),
        "Điều 230 khoản 3",
        scope="either",
        note=_OURS,
    ),
    _row(
        "phuc_hoi_dieu_tra",
        _("Phục hồi điều tra"),
        _INVESTIGATION,
        ("tam_dinh_chi", "dinh_chi"),
        "Điều 235",
        scope="either",
        to=(None, "phuc_hoi"),
        needs=("number",),
    ),
    # transfer, merging, splitting
    _row(
        "de_nghi_chuyen_vu_an",
        _("Viện kiểm sát nhận đề nghị chuyển vụ án để điều tra"),
        _INVESTIGATION,
        _UNDER_WAY,
        "Điều 169",
    ),
    _row(
        "chuyen_tham_quyen",
        _("Chuyển vụ án theo thẩm quyền"),
        (_K, _D, _P),
        (*_UNDER_WAY, "da_truy_to"),
        "Điều 169, Điều 239",
        to=(None, "chuyen_tham_quyen"),
        needs=("number",),
    ),
    _row(
        "nhan_chuyen_tham_quyen",
        _("Cơ quan có thẩm quyền nhận hồ sơ vụ án chuyển đến"),
        (_K, _D, _P),
        ("chuyen_tham_quyen",),
        "Điều 169, Điều 239",
        to=(None, "dang_giai_quyet"),
    ),
    _row(
        "nhap_vu_an",
        _("Nhập vào vụ án khác"),
        _TO_TRIAL,
        _HELD,
        "",
        to=(None, "da_nhap"),
        needs=("number",),
    ),
    _row(
        "nhan_vu_nhap",
        _("Nhận vụ án khác nhập vào"),
        _TO_TRIAL,
        _OPEN,
        "TTLT 04/2018 Điều 14",
        note=_("Ngày ghi thêm là ngày khởi tố của vụ án nhập vào."),
    ),
    _row(
        "tach_vu_an",
        _("Tách vụ án"),
        _TO_TRIAL,
        _HELD,
        "",
        scope="either",
        to=(None, "da_tach"),
        needs=("number",),
        note=_("Không nêu bị can: tách hành vi, vụ án gốc không đổi trạng thái."),
    ),
    # simplified procedure
    _row(
        "nhan_qd_ttrg",
        _("Viện kiểm sát nhận quyết định áp dụng thủ tục rút gọn"),
        _INVESTIGATION,
        _OPEN,
        "Điều 456–464",
        verified=False,
        note=_OPEN_POINT,
    ),
    _row("ap_dung_ttrg", _("Áp dụng thủ tục rút gọn"), (*_TO_TRIAL, _A), _OPEN, "Điều 456"),
    _row(
        "huy_ttrg",
        _("Hủy bỏ quyết định áp dụng thủ tục rút gọn"),
        (*_TO_TRIAL, _A),
        _HELD,
        "Điều 458",
        grounds=_DIEU_458,
    ),
    # prosecution
    _row(
        "gia_han_truy_to",
        _("Gia hạn thời hạn quyết định việc truy tố"),
        (_P,),
        _BEFORE_COURT,
        "Điều 240 khoản 1",
        needs=("amount",),
    ),
    _row(
        "vks_tra_ho_so",
        _("Viện kiểm sát trả hồ sơ để điều tra bổ sung"),
        (_P,),
        _BEFORE_COURT,
        "Điều 245",
        to=(_D, "tra_ho_so_dtbs"),
        most=2,
        soft=True,
        grounds=_DIEU_245,
        needs=("number", "ground"),
    ),
    _row(
        "vks_chuyen_ho_so_dtbs",
        _("Viện kiểm sát chuyển hồ sơ cho Cơ quan điều tra theo yêu cầu điều tra bổ sung của Tòa án"),
        (_P,),
        ("tra_ho_so_dtbs",),
        "Điều 280",
        to=(_D, "tra_ho_so_dtbs"),
    ),
    _row(
        "cqdt_nhan_lai_ho_so",
        _("Cơ quan điều tra nhận lại hồ sơ"),
        (_D,),
        ("tra_ho_so_dtbs", "tra_dieu_tra_lai"),
        "Điều 174",
    ),
    _row(
        "tam_dinh_chi_truy_to",
        _("Tạm đình chỉ vụ án (giai đoạn truy tố)"),
        (_P,),
        _BEFORE_COURT,
        "Điều 247",
        scope="either",
        to=(None, "tam_dinh_chi"),
        grounds=_DIEU_247,
        needs=("number", "ground"),
    ),
    _row(
        "dinh_chi_truy_to",
        _("Đình chỉ vụ án (giai đoạn truy tố)"),
        (_P,),
        (*_BEFORE_COURT, "tam_dinh_chi"),
        "Điều 248",
        scope="either",
        to=(None, "dinh_chi"),
        grounds=_DIEU_248,
        needs=("number", "ground"),
    ),
    _row(
        "phuc_hoi_truy_to",
        _("Phục hồi vụ án (giai đoạn truy tố)"),
        (_P,),
        ("tam_dinh_chi", "dinh_chi"),
        "Điều 249",
        scope="either",
        to=(None, "phuc_hoi"),
        needs=("number",),
    ),
    _row(
        "cao_trang",
        _("Quyết định truy tố bằng cáo trạng"),
        (_P,),
        _BEFORE_COURT,
        "Điều 243",
        to=(None, "da_truy_to"),
        needs=("number",),
        late=_ALL[4:],
    ),
    _row(
        "qd_truy_to_ttrg",
        _("Quyết định truy tố theo thủ tục rút gọn"),
        (_P,),
        _BEFORE_COURT,
        "Điều 456–464",
        to=(None, "da_truy_to"),
        needs=("number",),
        late=_ALL[4:],
    ),
    _row(
        "giu_nguyen_truy_to",
        _("Giữ nguyên quyết định truy tố sau điều tra bổ sung"),
        (_P,),
        _BEFORE_COURT,
        "",
        to=(None, "da_truy_to"),
        verified=False,
        note=_OPEN_POINT,
    ),
    _row(
        "phan_cong_thqct",
        _("Phân công Viện kiểm sát cấp dưới thực hành quyền công tố xét xử"),
        (_P,),
        _BEFORE_COURT,
        "Điều 239",
    ),
    _row(
        "chuyen_toa",
        _("Chuyển hồ sơ và cáo trạng đến Tòa án"),
        (_P,),
        ("da_truy_to", "tra_ho_so_dtbs"),
        "Điều 244",
        to=(_T, "da_truy_to"),
        person_stage="",
        late=_ALL[4:],
    ),
    # trial
    _row(
        "toa_thu_ly",
        _("Tòa án thụ lý vụ án"),
        (_T,),
        _BEFORE_JUDGMENT,
        "Điều 276",
        late=_ALL[5:],
    ),
    _row("phan_cong_tham_phan", _("Phân công Thẩm phán"), (_T,), _BEFORE_JUDGMENT, "Điều 276"),
    _row(
        "gia_han_cbxx",
        _("Gia hạn thời hạn chuẩn bị xét xử"),
        (_T,),
        _BEFORE_JUDGMENT,
        "Điều 277 khoản 1",
        needs=("amount",),
    ),
    _row(
        "toa_nhan_lai_ho_so",
        _("Tòa án nhận lại hồ sơ sau điều tra bổ sung"),
        (_T,),
        _BEFORE_JUDGMENT,
        "Điều 277 khoản 2",
    ),
    _row(
        "tham_phan_tra_ho_so",
        _("Thẩm phán trả hồ sơ để điều tra bổ sung"),
        (_T,),
        _BEFORE_JUDGMENT,
        "Điều 280",
        to=(_P, "tra_ho_so_dtbs"),
        most=1,
        soft=True,
        needs=("number",),
    ),
    _row(
        "hdxx_tra_ho_so",
        _("Hội đồng xét xử trả hồ sơ để điều tra bổ sung"),
        (_T,),
        _BEFORE_JUDGMENT,
        "Điều 280",
        to=(_P, "tra_ho_so_dtbs"),
        most=1,
        soft=True,
        needs=("number",),
    ),
    _row(
        "tam_dinh_chi_xet_xu",
        _("Tạm đình chỉ vụ án (giai đoạn xét xử)"),
        (_T,),
        _BEFORE_JUDGMENT,
        "Điều 281",
        scope="either",
        to=(None, "tam_dinh_chi"),
        needs=("number",),
    ),
    _row(
        "dinh_chi_xet_xu",
        _("Đình chỉ vụ án (giai đoạn xét xử)"),
        (_T,),
        (*_BEFORE_JUDGMENT, "tam_dinh_chi"),
        "Điều 282",
        scope="either",
        to=(None, "dinh_chi"),
        needs=("number",),
    ),
    _row(
        "phuc_hoi_xet_xu",
        _("Phục hồi vụ án (giai đoạn xét xử)"),
        (_T,),
        ("tam_dinh_chi", "dinh_chi"),
        "Điều 283",
        scope="either",
        to=(None, "phuc_hoi"),
        needs=("number",),
    ),
    _row(
        "qd_xet_xu",
        _("Quyết định đưa vụ án ra xét xử"),
        (_T,),
        _BEFORE_JUDGMENT,
        "Điều 277",
        person_stage=_T,
        grounds=(("bat_kha_khang", _("Mở phiên tòa chậm vì lý do bất khả kháng")),),
        needs=("number",),
        note=_("Ngày ghi thêm là ngày mở phiên tòa."),
        late=_ALL[5:],
    ),
    _row("mo_phien_toa", _("Mở phiên tòa sơ thẩm"), (_T,), _BEFORE_JUDGMENT, ""),
    _row("hoan_phien_toa", _("Hoãn phiên tòa"), (_T,), _BEFORE_JUDGMENT, "Điều 297"),
    _row(
        "tuyen_an",
        _("Tuyên án sơ thẩm"),
        (_T,),
        _BEFORE_JUDGMENT,
        "",
        to=(None, "da_xet_xu_st"),
        person_stage=_T,
        needs=("number",),
        late=_ALL[5:],
    ),
    _row(
        ACQUITTAL,
        _("Tuyên bị cáo không phạm tội"),
        (_T, _A, _G, _E, _END),
        ("da_xet_xu_st", "co_khang_cao_khang_nghi", "co_hieu_luc"),
        "",
        scope="accused",
        needs=("number", "accused"),
        note=_("Ghi sau khi ghi bản án; số là số bản án, quyết định tuyên không phạm tội."),
    ),
    _row(
        "nhan_ban_an", _("Nhận bản án"), (_T,), ("da_xet_xu_st", "co_khang_cao_khang_nghi"), "Điều 333", scope="either"
    ),
    _row(
        "nhan_quyet_dinh_st",
        _("Nhận quyết định sơ thẩm"),
        (_T,),
        (*_OPEN, "tam_dinh_chi", "dinh_chi"),
        "Điều 333",
        scope="either",
    ),
    # appeal
    _row(
        "khang_cao",
        _("Kháng cáo"),
        (_T,),
        ("da_xet_xu_st", "co_khang_cao_khang_nghi"),
        "Điều 333",
        scope="either",
        to=(None, "co_khang_cao_khang_nghi"),
        case_to=State("", "co_khang_cao_khang_nghi"),
        late=_ALL[5:],
    ),
    _row(
        "khang_nghi",
        _("Kháng nghị phúc thẩm"),
        (_T,),
        ("da_xet_xu_st", "co_khang_cao_khang_nghi"),
        "Điều 337",
        scope="either",
        to=(None, "co_khang_cao_khang_nghi"),
        case_to=State("", "co_khang_cao_khang_nghi"),
        grounds=_PROTEST,
        needs=("number", "ground"),
        late=_ALL[5:],
    ),
    _row(
        "thu_ly_phuc_tham",
        _("Tòa án cấp phúc thẩm thụ lý"),
        (_T,),
        ("co_khang_cao_khang_nghi",),
        "Điều 346",
        to=(_A, None),
        late=_ALL[5:],
    ),
    _row("vks_nhan_ho_so_pt", _("Viện kiểm sát nhận hồ sơ phúc thẩm từ Tòa án"), (_A,), _APPEALED, "Điều 341"),
    _row(
        "gia_han_nghien_cuu_pt",
        _("Kéo dài thời hạn nghiên cứu hồ sơ phúc thẩm"),
        (_A,),
        _APPEALED,
        "Điều 341",
        needs=("amount",),
    ),
    _row("vks_tra_ho_so_pt", _("Viện kiểm sát trả hồ sơ phúc thẩm cho Tòa án"), (_A,), _APPEALED, "Điều 341"),
    _row(
        "nhan_tai_lieu_bo_sung_pt",
        _("Viện kiểm sát nhận tài liệu bổ sung ở cấp phúc thẩm"),
        (_A,),
        _APPEALED,
        "Điều 341",
    ),
    _row(
        "tra_tai_lieu_bo_sung_pt", _("Viện kiểm sát trả tài liệu bổ sung ở cấp phúc thẩm"), (_A,), _APPEALED, "Điều 341"
    ),
    _row("qd_xet_xu_pt", _("Quyết định đưa vụ án ra xét xử phúc thẩm"), (_A,), _APPEALED, "Điều 346", person_stage=_A),
    _row("mo_phien_toa_pt", _("Mở phiên tòa phúc thẩm"), (_A,), _APPEALED, "Điều 346"),
    _row(
        "an_phuc_tham",
        _("Bản án, quyết định phúc thẩm"),
        (_A,),
        _APPEALED,
        "",
        to=(_E, "co_hieu_luc"),
        needs=("number",),
        late=_ALL[6:],
    ),
    _row(
        "dinh_chi_phuc_tham",
        _("Đình chỉ xét xử phúc thẩm"),
        (_A,),
        _APPEALED,
        "",
        to=(_E, "co_hieu_luc"),
        needs=("number",),
        verified=False,
        note=_OPEN_POINT,
    ),
    # annulment
    _row(
        "huy_an_dieu_tra_lai",
        _("Hủy bản án để điều tra lại"),
        (_A, _G),
        _APPEALED,
        "Điều 174 khoản 3",
        to=(_D, "tra_dieu_tra_lai"),
        needs=("number",),
    ),
    _row(
        "huy_an_xet_xu_lai",
        _("Hủy bản án để xét xử lại"),
        (_A, _G),
        _APPEALED,
        "",
        to=(_T, "da_truy_to"),
        person_stage=_P,
        needs=("number",),
    ),
    # in force and after
    _row(
        "co_hieu_luc",
        _("Bản án, quyết định có hiệu lực pháp luật"),
        (_T, _A),
        ("da_xet_xu_st", "co_khang_cao_khang_nghi"),
        "",
        scope="either",
        to=(_E, "co_hieu_luc"),
        late=_ALL[6:],
    ),
    _row(
        "thi_hanh_an",
        _("Quyết định thi hành án"),
        (_E,),
        _IN_FORCE,
        "Điều 364",
        to=(None, "co_hieu_luc"),
        scope="either",
    ),
    _row(
        "yeu_cau_ho_so_gdt",
        _("Yêu cầu Tòa án chuyển hồ sơ để xem xét giám đốc thẩm"),
        (_E, _END),
        _IN_FORCE,
        "Điều 376",
    ),
    _row("nhan_ho_so_gdt", _("Nhận hồ sơ để xem xét giám đốc thẩm"), (_E, _END), _IN_FORCE, "Điều 376"),
    _row("nhan_tin_bao_tai_tham", _("Nhận tin báo về tình tiết mới"), (_E, _END), _IN_FORCE, "Điều 401"),
    _row(
        "giam_doc_tham",
        _("Kháng nghị giám đốc thẩm"),
        (_E, _END),
        _IN_FORCE,
        "Điều 379",
        to=(_G, "co_khang_cao_khang_nghi"),
        needs=("number",),
    ),
    _row(
        "tai_tham",
        _("Kháng nghị tái thẩm"),
        (_E, _END),
        _IN_FORCE,
        "Điều 401",
        to=(_G, "co_khang_cao_khang_nghi"),
        needs=("number",),
    ),
    _row(
        "qd_giam_doc_tham",
        _("Quyết định giám đốc thẩm, tái thẩm không hủy bản án"),
        (_G,),
        _APPEALED,
        "",
        to=(_E, "co_hieu_luc"),
        needs=("number",),
    ),
    _row(
        "ket_thuc",
        _("Kết thúc giải quyết vụ án"),
        _ALL[1:8],
        ("co_hieu_luc", "dinh_chi"),
        "",
        to=(_END, None),
        note=_OURS,
    ),
    _row(
        TO_ARCHIVE,
        _("Nộp lưu hồ sơ"),
        (_END,),
        ("dang_giai_quyet", "co_hieu_luc", "dinh_chi"),
        "",
        to=(None, "da_nop_luu"),
        note=_OURS,
    ),
    _row(
        SENT,
        _("Đã gửi, giao, thông báo văn bản"),
        _ALL,
        (*_HELD, "dinh_chi", "chuyen_tham_quyen"),
        "",
        scope="either",
        needs=("ground",),
        note=_OURS,
    ),
)

_REPORTED = ("chua_thuc_hien", "dang_giai_quyet")
_REPORT = (
    _row("tiep_nhan_nguon_tin", _("Tiếp nhận nguồn tin về tội phạm"), (_N,), _REPORTED, "Điều 146", most=1),
    _row(
        "phan_cong_giai_quyet",
        _("Phân công giải quyết nguồn tin"),
        (_N,),
        ("chua_thuc_hien",),
        "",
        to=(None, "dang_giai_quyet"),
    ),
    _row(
        "keo_dai_nguon_tin",
        _("Kéo dài thời hạn vì nguồn tin có nhiều tình tiết phức tạp"),
        (_N,),
        _REPORTED,
        "Điều 147",
        most=1,
    ),
    _row(
        "gia_han_nguon_tin",
        _("Viện kiểm sát gia hạn giải quyết nguồn tin"),
        (_N,),
        _REPORTED,
        "Điều 147",
        most=1,
        needs=("amount",),
    ),
    _row("vks_rut_nguon_tin", _("Viện kiểm sát yêu cầu chuyển hồ sơ nguồn tin"), (_N,), _REPORTED, "Điều 146"),
    _row("vks_nhan_nguon_tin", _("Viện kiểm sát nhận hồ sơ nguồn tin để giải quyết"), (_N,), _REPORTED, "Điều 146"),
    _row(
        "tam_dinh_chi_nguon_tin",
        _("Tạm đình chỉ giải quyết nguồn tin"),
        (_N,),
        _REPORTED,
        "Điều 148",
        to=(None, "tam_dinh_chi"),
        needs=("number",),
    ),
    _row(
        "phuc_hoi_nguon_tin",
        _("Phục hồi giải quyết nguồn tin"),
        (_N,),
        ("tam_dinh_chi",),
        "Điều 149",
        to=(None, "dang_giai_quyet"),
        needs=("number",),
    ),
    _row(
        "nguon_tin_khoi_to",
        _("Khởi tố vụ án từ nguồn tin"),
        (_N,),
        _REPORTED,
        "Điều 147",
        to=(None, "da_giai_quyet"),
        needs=("number",),
    ),
    _row(
        "nguon_tin_khong_khoi_to",
        _("Không khởi tố vụ án"),
        (_N,),
        _REPORTED,
        "Điều 147",
        to=(None, "da_giai_quyet"),
        needs=("number",),
    ),
    _row(
        "nguon_tin_chuyen",
        _("Chuyển nguồn tin đến cơ quan có thẩm quyền"),
        (_N,),
        _REPORTED,
        "",
        to=(None, "da_giai_quyet"),
    ),
    _row(
        SENT,
        _("Đã gửi, giao, thông báo văn bản"),
        (_N,),
        (*_REPORTED, "tam_dinh_chi", "da_giai_quyet"),
        "",
        needs=("ground",),
        note=_OURS,
    ),
)

REPORT_RESULTS: Mapping[str, tuple[str, str]] = {
    "nguon_tin_khoi_to": ("khoi_to", _("Khởi tố")),
    "nguon_tin_khong_khoi_to": ("khong_khoi_to", _("Không khởi tố")),
    "tam_dinh_chi_nguon_tin": ("tam_dinh_chi", _("Tạm đình chỉ")),
    "nguon_tin_chuyen": ("chuyen", _("Chuyển")),
}
"""What a report of crime came to, by the event that says so."""


def _court(articles: Mapping[str, str], matters: tuple[tuple[str, str], ...]) -> tuple[Event, ...]:
    """Return the events of a matter whose file belongs to the court; none of them compared with the law yet."""
    taken, first, second = ("thu_ly",), ("thu_ly", "so_tham"), ("phuc_tham",)
    going = ("dang_giai_quyet",)
    judged = ("da_xet_xu_st", "co_khang_cao_khang_nghi")
    appealed = ("dang_giai_quyet", "co_khang_cao_khang_nghi")
    in_force = ("dang_giai_quyet", "co_hieu_luc")

    def article(name: str) -> str:
        return articles.get(name, "")

    rows = (
        _row(
            "toa_thu_ly",
            _("Tòa án thụ lý vụ án"),
            taken,
            going,
            article("cbxx"),
            most=1,
            grounds=matters,
            late=first[1:],
        ),
        _row(
            "gia_han_cbxx",
            _("Gia hạn thời hạn chuẩn bị xét xử"),
            taken,
            going,
            article("cbxx"),
            needs=("amount",),
        ),
        _row("nhan_ho_so_nghien_cuu", _("Viện kiểm sát nhận hồ sơ để nghiên cứu"), first, going, article("nghien_cuu")),
        _row("tra_ho_so_nghien_cuu", _("Viện kiểm sát trả hồ sơ cho Tòa án"), first, going, article("nghien_cuu")),
        _row("qd_xet_xu", _("Quyết định đưa vụ án ra xét xử"), first, going, "", to=("so_tham", None)),
        _row("tam_dinh_chi", _("Tạm đình chỉ giải quyết vụ án"), first, going, "", to=(None, "tam_dinh_chi")),
        _row("phuc_hoi", _("Tiếp tục giải quyết vụ án"), first, ("tam_dinh_chi",), "", to=(None, "dang_giai_quyet")),
        _row("dinh_chi", _("Đình chỉ giải quyết vụ án"), first, (*going, "tam_dinh_chi"), "", to=(None, "dinh_chi")),
        _row("ra_quyet_dinh", _("Ra quyết định giải quyết vụ án"), first, going, "", to=("so_tham", "da_xet_xu_st")),
        _row(
            "tuyen_an",
            _("Tuyên án sơ thẩm"),
            first,
            going,
            "",
            to=("so_tham", "da_xet_xu_st"),
            needs=("number",),
        ),
        _row("khang_cao", _("Kháng cáo"), first[1:], judged, "", to=(None, "co_khang_cao_khang_nghi")),
        _row(
            "khang_nghi",
            _("Kháng nghị phúc thẩm"),
            first[1:],
            judged,
            article("khang_nghi"),
            to=(None, "co_khang_cao_khang_nghi"),
            grounds=_PROTEST,
            needs=("number", "ground"),
        ),
        _row(
            "thu_ly_phuc_tham",
            _("Tòa án cấp phúc thẩm thụ lý"),
            first[1:],
            ("co_khang_cao_khang_nghi",),
            "",
            to=("phuc_tham", None),
        ),
        _row(
            "nhan_ho_so_nghien_cuu_pt",
            _("Viện kiểm sát nhận hồ sơ phúc thẩm để nghiên cứu"),
            second,
            appealed,
            article("nghien_cuu_pt"),
        ),
        _row(
            "tra_ho_so_nghien_cuu_pt",
            _("Viện kiểm sát trả hồ sơ phúc thẩm cho Tòa án"),
            second,
            appealed,
            article("nghien_cuu_pt"),
        ),
        _row(
            "an_phuc_tham",
            _("Bản án, quyết định phúc thẩm"),
            second,
            appealed,
            "",
            to=("thi_hanh_an", "co_hieu_luc"),
            needs=("number",),
        ),
        _row(
            "co_hieu_luc",
            _("Bản án, quyết định có hiệu lực pháp luật"),
            first[1:],
            judged,
            "",
            to=("thi_hanh_an", "co_hieu_luc"),
        ),
        _row(
            "giam_doc_tham",
            _("Kháng nghị giám đốc thẩm, tái thẩm"),
            ("thi_hanh_an", "ket_thuc"),
            in_force,
            "",
            to=("giam_doc_tham_tai_tham", "co_khang_cao_khang_nghi"),
            needs=("number",),
        ),
        _row(
            "qd_giam_doc_tham",
            _("Quyết định giám đốc thẩm, tái thẩm không hủy bản án"),
            ("giam_doc_tham_tai_tham",),
            appealed,
            "",
            to=("thi_hanh_an", "co_hieu_luc"),
            needs=("number",),
        ),
        _row(
            "huy_an_xet_xu_lai",
            _("Hủy bản án để xét xử lại"),
            ("phuc_tham", "giam_doc_tham_tai_tham"),
            appealed,
            "",
            to=("thu_ly", "dang_giai_quyet"),
            needs=("number",),
        ),
        _row(
            "ket_thuc",
            _("Kết thúc giải quyết vụ án"),
            (*first, "thi_hanh_an"),
            ("co_hieu_luc", "dinh_chi"),
            "",
            to=("ket_thuc", None),
            note=_OURS,
        ),
    )
    return tuple(replace(each, verified=False, note=each.note or _OPEN_POINT) for each in rows)


_CIVIL = _court(
    {
        "cbxx": "Điều 203 BLTTDS",
        "nghien_cuu": "Điều 220 BLTTDS",
        "khang_nghi": "Điều 280 BLTTDS",
        "nghien_cuu_pt": "Điều 292 BLTTDS",
    },
    (
        ("dan_su_hon_nhan", _("Dân sự, hôn nhân và gia đình")),
        ("kinh_doanh_lao_dong", _("Kinh doanh, thương mại, lao động")),
    ),
)
_ADMINISTRATIVE = _court({"nghien_cuu": "Điều 147 Luật TTHC", "khang_nghi": "Điều 213 Luật TTHC"}, ())

EVENTS: dict[str, Mapping[str, Event]] = {
    kind: {each.value: replace(each, kind=kind) for each in rows}
    for kind, rows in (
        ("criminal", _CRIMINAL),
        ("crime_report", _REPORT),
        ("civil", _CIVIL),
        ("administrative", _ADMINISTRATIVE),
    )
}
"""The table, by kind and value."""


def register_events(kind: str, rows: Iterable[Event], *, start: State) -> None:
    """Make the events of another kind of case known, when the program starts.

    Args:
        kind: the kind; what its rows say of it is filled in here.
        rows: in the order in which forms offer them.
        start: where a case stands before anything is recorded of it.

    Raises:
        ValueError: the kind has events already, or one of them stands twice.
    """
    table: dict[str, Event] = {}
    for each in rows:
        if kind in EVENTS or each.value in table:
            message = f"event {each.value!r} of {kind!r} is there already"
            raise ValueError(message)
        table[each.value] = replace(each, kind=kind)
    EVENTS[kind] = table
    START[kind] = start


# --- what is possible


def _effective(case: State, person: State) -> State:
    """Return where an accused stands for the question what may be decided about him.

    Before the decision to open the trial he is still charged only, though the case lies with the court.
    """
    return State(case.stage, person.status) if (case.stage, person.stage) == (_T, _P) else person


_JUDGED = frozenset({"da_xet_xu_st", "co_khang_cao_khang_nghi", "co_hieu_luc"})


def _in_step(case: State, person: State) -> bool:
    """Tell whether an accused goes where the case goes; who was not judged does not follow a judgment further."""
    return (
        person.status not in _AT_REST
        and _effective(case, person).stage == case.stage
        and (person.status in _JUDGED or case.status not in _JUDGED)
    )


def _times(event: Event, history: Iterable[Happening], accused: int | None) -> int:
    """Return how often it has happened, to the case or this accused, since the count last started anew."""
    count = 0
    for each in history:
        if event.scope != "case" and each.accused != accused:
            continue
        if each.event == event.value:
            count += 1
        elif each.event in event.again_after:
            count = 0
    return count


def _subjects(case: State, person: State) -> tuple[State, ...]:
    """Return where an accused may be taken to stand: whoever was set apart earlier is still where he was then."""
    effective = _effective(case, person)
    return (effective, person) if person.status in _AT_REST and effective != person else (effective,)


def _fits(event: Event, case: State, person: State | None) -> bool:
    if person is None:
        if event.scope == "accused":
            return not event.case_stages or case.stage in event.case_stages
        return case.stage in event.stages and case.status in event.statuses
    if event.scope == "case" or (event.case_stages and case.stage not in event.case_stages):
        return False
    if case.status in _AT_REST and case.status not in event.statuses:
        return False
    return any(each.stage in event.stages and each.status in event.statuses for each in _subjects(case, person))


def _fits_late(event: Event, case: State, person: State | None) -> bool:
    """Tell whether it may still be recorded though proceedings are past it."""
    if event.scope == "accused" and person is None:
        return False
    subject = case if person is None or event.scope == "case" else person
    return subject.stage in event.late and subject.status not in {"da_nop_luu", "da_nhap", "da_tach"}


def allowed(
    kind: str, case_state: State, accused_state: State | None = None, history: Sequence[Happening] | None = None
) -> list[Event]:
    """Return what may be recorded now, of the case or, where his state is given, of one accused.

    Without an accused, events of one accused are included where the case is in a stage for them: whom they
    concern is still to be said. With `history`, what has happened as often as it may is left out, and what is
    missing from an earlier stage is included.
    """
    found = []
    for event in EVENTS.get(kind, {}).values():
        if _fits(event, case_state, accused_state):
            if not (
                history is not None
                and event.most is not None
                and event.scope == "case"
                and not event.soft
                and _times(event, history, None) >= event.most
            ):
                found.append(event)
        elif (
            history is not None
            and (accused_state is None or event.scope != "case")
            and _fits_late(event, case_state, accused_state)
            and all(each.event != event.value for each in history)
        ):
            found.append(event)
    return found


def why_not(
    event: Event, case: State, person: State | None, history: Sequence[Happening], accused: int | None = None
) -> ProceedingsError:
    """Return the refusal of an event that `allowed` leaves out: the sentence says what is possible instead.

    Args:
        event: one of the kind of the case.
        case: where the case stands.
        person: where the accused stands, for what concerns that one alone.
        history: what was recorded before.
        accused: who that is, for what may happen only so often.
    """
    if _fits(event, case, person):
        try:
            _check_count(event, history, Happening(event.value, dt.date.max, accused=accused), override=False)
        except ProceedingsError as error:
            return error
    return _refuse(event, event.kind, case, person)


def _names(events: Iterable[Event]) -> str:
    labels = [each.label for each in events]
    return Listing(labels, "; ") if labels else _("không việc nào")


_OF_CASE_STAGE = _(
    "Vụ án đang ở giai đoạn “%(stage)s”: “%(event)s” chỉ có ở %(where)s. Lúc này chỉ ghi được: %(possible)s."
)
_OF_CASE_STATUS = _(
    "Vụ án đang ở trạng thái “%(status)s”: “%(event)s” chỉ ghi được khi %(when)s. Lúc này chỉ ghi được: %(possible)s."
)
_OF_PERSON_STAGE = _(
    "Bị can, bị cáo này đang ở giai đoạn “%(stage)s”: “%(event)s” chỉ có ở %(where)s. "
    "Lúc này chỉ ghi được: %(possible)s."
)
_OF_PERSON_STATUS = _(
    "Bị can, bị cáo này đang ở trạng thái “%(status)s”: “%(event)s” chỉ ghi được khi %(when)s. "
    "Lúc này chỉ ghi được: %(possible)s."
)
_BY_STAGE = _("chỉ có ở %(where)s")
_BY_STATUS = _("chỉ ghi được khi %(when)s")


def _refuse(event: Event, kind: str, case: State, person: State | None) -> ProceedingsError:
    subject = case if person is None else _effective(case, person)
    possible = _names(
        each for each in allowed(kind, case, person) if (each.moves and each.scope != "accused") or person
    )
    words = {
        "event": event.label,
        "stage": stage_label(subject.stage),
        "status": status_label(subject.status),
        "where": Listing(stage_label(each) for each in event.stages),
        "when": Listing(status_label(each) for each in event.statuses),
        "possible": possible,
    }
    if event.scope == "case" and person is not None:
        return ProceedingsError(Sentence(_("“%(event)s” là việc của cả vụ án: không nêu bị can."), event=event.label))
    if person is not None and case.status in _AT_REST and case.status not in event.statuses:
        words["status"] = status_label(case.status)
        sentence = _OF_CASE_STATUS
    elif subject.stage not in event.stages:
        sentence = _OF_CASE_STAGE if person is None else _OF_PERSON_STAGE
    elif subject.status not in event.statuses:
        sentence = _OF_CASE_STATUS if person is None else _OF_PERSON_STATUS
    else:
        words["stage"] = stage_label(case.stage)
        words["where"] = Listing(stage_label(each) for each in event.case_stages)
        sentence = _OF_CASE_STAGE
    refusal = ProceedingsError(Sentence(sentence, **words))
    by_status = sentence in {_OF_CASE_STATUS, _OF_PERSON_STATUS}
    refusal.brief = Sentence(_BY_STATUS, when=words["when"]) if by_status else Sentence(_BY_STAGE, where=words["where"])
    return refusal


_MISSING = {
    "number": ("number", _("“%(event)s” cần số văn bản.")),
    "ground": ("ground", _("“%(event)s” cần căn cứ.")),
    "amount": ("amount", _("“%(event)s” cần thời hạn được gia hạn.")),
    "time": ("at", _("“%(event)s” cần cả giờ, vì thời hạn tính theo giờ.")),
    "accused": ("accused", _("“%(event)s” cần nêu bị can, bị cáo.")),
}


def _check_inputs(event: Event, happening: Happening) -> None:
    given = {
        "number": bool(happening.number),
        "ground": bool(happening.ground),
        "amount": happening.amount is not None,
        "time": happening.at is not None,
        "accused": happening.accused is not None,
    }
    for need in event.needs:
        if not given[need]:
            name, sentence = _MISSING[need]
            raise ProceedingsError(Sentence(sentence, event=event.label), field=name)
    if happening.ground and event.value != SENT and happening.ground not in dict(event.grounds):
        raise ProceedingsError(
            Sentence(
                _("“%(event)s” không có căn cứ mã “%(ground)s”."), event=event.label, ground=happening.ground[:40]
            ),
            field="ground",
        )


def _check_count(event: Event, history: Sequence[Happening], happening: Happening, *, override: bool) -> str | None:
    """Return a warning where a soft limit is exceeded knowingly.

    Raises:
        ProceedingsError: it has happened as often as it may.
    """
    if event.most is None:
        return None
    times = _times(event, history, happening.accused)
    if times < event.most:
        return None
    words = {"event": event.label, "most": event.most, "article": event.article, "next": times + 1}
    if not event.soft:
        raise ProceedingsError(Sentence(_("Đã ghi “%(event)s” %(most)s lần: không ghi thêm được."), **words))
    if not (override or happening.override) or not happening.reason.strip():
        raise ProceedingsError(
            Sentence(
                _(
                    "“%(event)s” không quá %(most)s lần (Điều 174 khoản 2): lần thứ %(next)s chỉ ghi được khi người ghi xác nhận và nêu lý do."
                ),
                **words,
            ),
            field="reason",
        )
    return Sentence(_("“%(event)s” lần thứ %(next)s: luật cho không quá %(most)s lần (Điều 174 khoản 2)."), **words)


def _moved(event: Event, state: State, *, person: bool) -> State:
    stage = event.to_stage
    if person and event.person_stage is not None:
        stage = event.person_stage or None
    return State(stage or state.stage, event.to_status or state.status)


_SETS_APART = frozenset(
    f"{what}_{where}" for what in ("tam_dinh_chi", "dinh_chi") for where in ("dieu_tra", "truy_to", "xet_xu")
)
_RESUMES = frozenset({"phuc_hoi_dieu_tra", "phuc_hoi_truy_to", "phuc_hoi_xet_xu"})
_TAKES_UP = _RESUMES | {"nhan_chuyen_tham_quyen"}
"""By these, whoever came to rest with the case goes on with it."""


_ANNULS = frozenset({"huy_an_dieu_tra_lai", "huy_an_xet_xu_lai"})


def how_it_ended(kind: str, told: Iterable[tuple[str, int | None]], accused: int | None) -> str:
    """Return how proceedings ended, of `stages.py`: convicted, dropped, acquitted; empty: not, or nothing tells.

    Args:
        kind: of the case file.
        told: event and accused of what happened in the case, oldest first.
        accused: who is asked about; None: the case as a whole.
    """
    table, ended = EVENTS.get(kind, {}), ""
    for value, whom in told:
        event = table.get(value)
        if event is None or whom not in (None, accused):
            continue
        if value in _RESUMES | _ANNULS:
            ended = ""
        elif value == ACQUITTAL:
            ended = ACQUITTED
        elif event.to_status == DROPPED or (event.to_status == CONVICTED and ended not in {DROPPED, ACQUITTED}):
            ended = event.to_status
    return ended


def _apart(history: Iterable[Happening]) -> set[int]:
    """Return the accused whose proceedings were stayed or ended by a decision about them alone."""
    found: set[int] = set()
    for each in history:
        if each.accused is not None:
            if each.event in _SETS_APART:
                found.add(each.accused)
            elif each.event in _RESUMES:
                found.discard(each.accused)
    return found


def advance(
    kind: str,
    case_state: State,
    accused_states: Mapping[int, State],
    history: Sequence[Happening],
    happening: Happening,
    override: bool = False,  # noqa: FBT001, FBT002 - as its callers name it
) -> Step:
    """Return where the case and each accused stand after an event.

    Args:
        kind: kind of the case file.
        case_state: where the case stands.
        accused_states: where each accused stands, by number.
        history: what was recorded before, oldest first.
        happening: what is to be recorded.
        override: a soft limit may be exceeded, for `happening.reason`.

    Raises:
        ProceedingsError: the table does not allow it; the sentence says what is possible.
    """
    event = EVENTS.get(kind, {}).get(happening.event)
    if event is None:
        raise ProceedingsError(
            Sentence(_("Không có sự kiện tố tụng mã “%(event)s”."), event=happening.event[:40]), field="event"
        )
    _check_inputs(event, happening)
    return _step(event, case_state, accused_states, history, happening, override=override)


def _step(
    event: Event,
    case: State,
    people: Mapping[int, State],
    history: Sequence[Happening],
    happening: Happening,
    *,
    override: bool,
) -> Step:
    number = happening.accused
    person = None if number is None else people.get(number, NEWCOMER)
    warnings = list(order_warnings(history, happening))
    if not _fits(event, case, person):
        missing = all(each.event != event.value or each.accused != number for each in history)
        if not (missing and (event.scope != "case" or person is None) and _fits_late(event, case, person)):
            raise _refuse(event, event.kind, case, person)
        warnings.append(
            Sentence(_("“%(event)s” được ghi bổ sung: giai đoạn và trạng thái giữ nguyên."), event=event.label)
        )
        return Step(case, people, tuple(warnings))
    exceeded = _check_count(event, history, happening, override=override)
    if exceeded is not None:
        warnings.append(exceeded)
    if number is not None and person is not None:
        return _person_step(event, case, people, number, person, warnings)
    return _case_step(event, case, people, history, warnings)


def _person_step(
    event: Event,
    case: State,
    people: Mapping[int, State],
    number: int,
    person: State,
    warnings: list[str],
) -> Step:
    after = _moved(event, person, person=True)
    if event.value in _RESUMES and person.stage != case.stage and not _in_step(case, State(person.stage, "phuc_hoi")):
        warnings.append(
            Sentence(
                _("Vụ án đang ở giai đoạn “%(case)s”, bị can này được phục hồi ở “%(person)s”: xem xét tách vụ án."),
                case=stage_label(case.stage),
                person=stage_label(person.stage),
            )
        )
    found = {**people, number: after}
    if event.case_to is not None and case.status not in _AT_REST:
        ahead = event.case_to.stage and case.stage == _K
        case = State(event.case_to.stage if ahead else case.stage, event.case_to.status or case.status)
    if event.to_status == "dinh_chi" and all(each.status == "dinh_chi" for each in found.values()):
        warnings.append(_("Mọi bị can đã được đình chỉ: xem xét đình chỉ vụ án."))
    return Step(case, found, tuple(warnings))


def _case_step(
    event: Event, case: State, people: Mapping[int, State], history: Sequence[Happening], warnings: list[str]
) -> Step:
    if event.value == "tach_vu_an":
        return Step(case, people, tuple(warnings))
    if event.value == "nhan_vu_nhap" and case.stage == _K and any(each.stage == _D for each in people.values()):
        # somebody charged came with the case that was merged into it
        return Step(State(_D, case.status), people, tuple(warnings))
    found = dict(people)
    if event.moves or event.person_stage is not None:
        apart = _apart(history) if event.value in _TAKES_UP else set()
        for number, person in people.items():
            if event.value in _TAKES_UP:
                moves = number not in apart and _effective(case, person) == case
            elif event.value == "ket_thuc":
                moves = person.status in {"dinh_chi", "co_hieu_luc"}
            else:
                moves = _in_step(case, person) or (event.value == TO_ARCHIVE and person.stage == _END)
            if moves:
                found[number] = _moved(event, person, person=True)
    return Step(_moved(event, case, person=False), found, tuple(warnings))


def replay(
    kind: str,
    happenings: Iterable[Happening],
    *,
    start: Step | None = None,
    history: Sequence[Happening] = (),
) -> Step:
    """Return where a whole history leads; what was accepted once is not asked for its inputs again.

    Args:
        kind: kind of the case file.
        happenings: what was recorded, oldest first.
        start: where to begin; where nothing is recorded yet unless told.
        history: what was recorded before `start`.

    Raises:
        ProceedingsError: the table does not allow one of them.
    """
    step = start or Step(START[kind], {})
    told = list(history)
    warnings = list(step.warnings)
    for each in happenings:
        event = EVENTS.get(kind, {}).get(each.event)
        if event is None:
            raise ProceedingsError(Sentence(_("Không có sự kiện tố tụng mã “%(event)s”."), event=each.event[:40]))
        step = _step(event, step.case, step.accused, told, each, override=False)
        warnings += step.warnings
        told.append(each)
    return Step(step.case, step.accused, tuple(warnings))


# --- dates

_ORDER = (
    ("khoi_to_vu_an", "khoi_to_bi_can", "phe_chuan_ktbc"),
    (
        "ket_luan_dieu_tra",
        "nhan_ho_so",
        "cao_trang",
        "chuyen_toa",
        "toa_thu_ly",
        "qd_xet_xu",
        "mo_phien_toa",
        "tuyen_an",
    ),
)
"""What comes no earlier than what stands before it."""
_NEW_ROUND = frozenset(
    {
        "vks_tra_ho_so",
        "tham_phan_tra_ho_so",
        "hdxx_tra_ho_so",
        "huy_an_dieu_tra_lai",
        "huy_an_xet_xu_lai",
        *_RESUMES,
    }
)


def order_warnings(history: Iterable[Happening], happening: Happening) -> list[str]:
    """Return a sentence for each recorded event whose date does not fit before or after this one.

    A file that was returned goes round again: dates of different rounds are not compared.
    """
    chain = next((each for each in _ORDER if happening.event in each), None)
    if chain is None:
        return []
    told = list(history)
    place = chain.index(happening.event)
    rounds = [each.on for each in told if each.event in _NEW_ROUND]
    found: list[str] = []
    for each in told:
        if each.event not in chain or (
            each.accused is not None and happening.accused is not None and each.accused != happening.accused
        ):
            continue
        other = chain.index(each.event)
        early, late = (happening, each) if place < other else (each, happening)
        if place == other or early.on <= late.on:
            continue
        if any(late.on <= day <= early.on for day in rounds):
            continue
        found.append(
            Sentence(
                _("Ngày không theo thứ tự: “%(early)s” %(early_day)s sau “%(late)s” %(late_day)s. Hãy kiểm tra lại."),
                early=event_label(early.event),
                early_day=f"{early.on:%d/%m/%Y}",
                late=event_label(late.event),
                late_day=f"{late.on:%d/%m/%Y}",
            )
        )
    return found


def event_label(value: str) -> str:
    """Return the words for an event of any kind; the value itself when it is none."""
    return next((rows[value].label for rows in EVENTS.values() if value in rows), value)


def ground_label(event: str, ground: str) -> str:
    """Return the words for a ground of an event; the ground itself when the table has none."""
    if event == SENT:
        # what was sent is told by the limit within which it had to be
        rule = deadline_rules().get(ground)
        return rule.label if rule is not None else ground
    for rows in EVENTS.values():
        if event in rows:
            return dict(rows[event].grounds).get(ground, ground)
    return ground
