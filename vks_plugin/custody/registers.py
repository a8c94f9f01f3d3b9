"""Registers (sổ) of an office over a period: columns as data, running numbers, a place to sign.

A register says which rows it has and what stands in each column; how it is laid out, numbered, counted and written is the
same for all. To add one: a `Register` in `REGISTERS`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.access.policy import LEADING
from vks_plugin.cases.models import CaseFile
from vks_plugin.cases.stages import PARTS
from vks_plugin.custody.handing import REASONS
from vks_plugin.custody.models import AccessionItem, HandOver, Loan, NumberSeries
from vks_plugin.custody.queries.holding import offices_kept
from vks_plugin.custody.queries.loans import borrower_name, slip_number
from vks_plugin.errors import BadInput, NotAllowed, NotFound
from vks_plugin.organization.models import ProcuracyUnit
from vks_plugin.organization.queries import display_name, posts_in_force
from vks_plugin.papers import Column, OfficialPaper, Signature
from vks_plugin.printing import Printed, print_paper
from vks_plugin.text import gettext_noop

MOST_ROWS = 5000
"""Rows of one register; a longer period has to be cut up, which is told."""


class Cell(NamedTuple):
    """A column: its heading and width on a page that lies on its side, and what stands in it."""

    name: str
    """To programs."""
    heading: str
    width: float
    """In millimetres; those of a register make up 252."""
    says: Callable[[Any, int], str]
    """From a row and its running number."""
    align: Any = "left"


@dataclass(frozen=True)
class Register:
    """A register an office keeps."""

    name: str
    """In addresses."""
    label: str
    """In lists, translated by whoever shows it."""
    title: str
    """On the paper, in Vietnamese and capitals."""
    cells: Sequence[Cell]
    rows: Callable[[ProcuracyUnit, dt.date, dt.date], QuerySet[Any]]
    """From the office, the first and the last day; `case` is read of each."""
    number: Callable[[Any], str]
    """The number a row has in a series, on the paper."""
    numbered_by: Callable[[Any], int | None]
    """The office in whose series that is, by its id."""
    note: str = ""
    """Below the table; in Vietnamese."""


def registers_for(user: User) -> list[ProcuracyUnit]:
    """Return the offices whose registers the person keeps."""
    return list(ProcuracyUnit.objects.filter(pk__in=offices_kept(user)).order_by("kind", "code"))


def require_registers(user: User) -> None:
    """Refuse who keeps no register of any office.

    Raises:
        NotAllowed: so it is.
    """
    if not keeps_registers(user):
        raise NotAllowed(_("Chỉ văn thư, lãnh đạo đơn vị in được sổ của đơn vị."))


def register_lines(
    user: User, *, register: str, unit: str, first: dt.date, last: dt.date
) -> tuple[Register, ProcuracyUnit, list[list[str]]]:
    """Return a register of an office from one day to another with what stands in each of its rows, for who keeps it.

    Raises:
        NotFound: no such register, or the person keeps none of that office.
        BadInput: days out of order, or more rows than one register takes.
    """
    found = REGISTERS.get(register)
    office = next((each for each in registers_for(user) if each.code == unit), None)
    if found is None or office is None:
        raise NotFound(_("Không có sổ này trong phạm vi của bạn."))
    if last < first:
        raise BadInput(_("Ngày cuối phải từ ngày đầu trở đi."), field="last")
    leads = offices_kept(user)[office.pk]
    rows = list(found.rows(office, first, last)[: MOST_ROWS + 1])
    if len(rows) > MOST_ROWS:
        raise BadInput(_("Quá %(most)d dòng: hãy chọn khoảng ngày ngắn hơn.") % {"most": MOST_ROWS}, field="last")
    if not leads:
        # what another office numbered leaves no gap here, and is not told of
        rows = [row for row in rows if not _is_kept_back(row) or found.numbered_by(row) == office.pk]
    lines = [
        _kept_back(found, row, number)
        if not leads and _is_kept_back(row)
        else [cell.says(row, number) for cell in found.cells]
        for number, row in enumerate(rows, start=1)
    ]
    return found, office, lines


def register_paper(
    user: User, *, register: str, unit: str, first: dt.date, last: dt.date
) -> tuple[Register, OfficialPaper]:
    """Return a register of an office from one day to another as a paper, for who keeps it.

    Raises:
        NotFound, BadInput: see `register_lines`.
    """
    found, office, lines = register_lines(user, register=register, unit=unit, first=first, last=last)
    higher = office.parent
    paper = OfficialPaper(
        agency=office.name,
        higher_agency=higher.name if higher is not None else "",
        title=found.title,
        subtitle=(f"Từ ngày {first:%d/%m/%Y} đến ngày {last:%d/%m/%Y}",),
        day=timezone.localdate(),
        columns=[Column(cell.heading, cell.width, cell.align) for cell in found.cells],
        rows=lines,
        closing=(f"Sổ có {len(lines)} dòng.", *((found.note,) if found.note else ())),
        signatures=(Signature("LÃNH ĐẠO ĐƠN VỊ", ""), Signature("NGƯỜI LẬP SỔ", display_name(user))),
        is_wide=True,
    )
    return found, paper


def _is_kept_back(row: Any) -> bool:
    return bool(row.case.confidentiality != CaseFile.Confidentiality.NORMAL)


def _kept_back(register: Register, row: Any, number: int) -> list[str]:
    """Return the line of a restricted case for who keeps the register and may not know of it: its number, and no more."""
    empty = [""] * (len(register.cells) - 2)
    return [f"{number}\n{register.number(row)}", "Hồ sơ hạn chế nội bộ: ghi ở sổ do lãnh đạo đơn vị in.", *empty]


def write_register(user: User, *, register: str, unit: str, first: dt.date, last: dt.date, file_format: str) -> Printed:
    """Return a register as a file.

    Raises:
        NotFound, BadInput: see `register_lines`; or there is no such format.
    """
    found, paper = register_paper(user, register=register, unit=unit, first=first, last=last)
    name = f"{found.name} {unit} {first:%Y%m%d} {last:%Y%m%d}"
    return print_paper(lambda: paper, file_format, name=name)


def keeps_registers(user: User) -> bool:
    """Tell whether the person keeps registers of some office: by post, without asking which."""
    return any(role in LEADING or role == "records_clerk" for role, _unit in posts_in_force(user))


# --- hand-overs: register 13, and one for what is not in that


def _moment(value: dt.datetime | None) -> str:
    return f"{timezone.localtime(value):%d/%m/%Y}" if value is not None else ""


def _lines(parts: Iterable[str]) -> str:
    return "\n".join(part for part in parts if part)


def _case(row: HandOver, _number: int) -> str:
    folios = row.folio_range
    return _lines(
        (
            row.case_name,
            f"Bị can chính: {row.main_accused}" if row.main_accused else "",
            f"{row.folio_count} bút lục (từ {folios[0]} đến {folios[1]}), {len(row.volumes)} tập"
            if folios is not None
            else f"{len(row.volumes)} tập",
        )
    )


def _exhibits(row: HandOver, _number: int) -> str:
    return _lines(" ".join(filter(None, (each["quantity"], each["name"]))) for each in row.exhibits)


def _side(name: str, title: str, place: str) -> str:
    return _lines((f"{name} – {title}" if name and title else name, place))


def _record(row: HandOver) -> str:
    return f"BB số {row.written_number}"


def _note(row: HandOver, _number: int) -> str:
    parts = [_record(row)]
    if row.state == "cho_nhan":
        parts.append("Chờ nhận")
    elif row.state == "chua_nhan":
        parts.append(f"Chưa nhận: {row.missing}")
    elif row.state == "huy":
        parts.append("Đã hủy")
    elif row.missing:
        parts.append(f"Còn thiếu: {row.missing}")
    if row.awaits_paper and row.case.destroyed_at is None:
        parts.append("Chờ biên bản đã ký")
    return _lines([*parts, row.seal_condition, row.note])


def _hand_overs(series: str) -> Callable[[ProcuracyUnit, dt.date, dt.date], QuerySet[HandOver]]:
    """Return what an office sent or received in a period with a number of this series.

    A number that was given is there even if nothing came of it, in the period in which it was given: the register has no
    holes, and what is sent again does not leave it for a later one.
    """

    def rows(unit: ProcuracyUnit, first: dt.date, last: dt.date) -> QuerySet[HandOver]:
        found = HandOver.objects.filter(
            Q(giver_unit=unit) | Q(receiver_unit=unit),
            number_series=series,
            number__isnull=False,
            numbered_at__date__gte=first,
            numbered_at__date__lte=last,
        )
        return found.select_related("case", "giver_unit", "receiver_unit", "giver_person", "receiver_person").order_by(
            "numbered_at", "pk"
        )

    return rows


def _hand_over_cells(case: str, say: Callable[[HandOver, int], str]) -> tuple[Cell, ...]:
    return (
        Cell(
            "entry",
            "STT, ngày giao nhận",
            26,
            lambda row, number: f"{number}\n{_moment(row.accepted_at or row.numbered_at)}",
            "center",
        ),
        Cell("case", case, 58, say),
        Cell("exhibits", "Vật chứng", 32, _exhibits),
        Cell("reason", "Lý do chuyển", 30, lambda row, _number: REASONS.get(row.reason, row.reason)),
        Cell(
            "giver",
            "Bên giao (họ tên; cơ quan)",
            38,
            lambda row, _n: _side(row.giver_name, row.giver_title, row.giver.place),
        ),
        Cell(
            "receiver",
            "Bên nhận (họ tên; cơ quan)",
            38,
            lambda row, _n: _side(row.receiver_name, row.receiver_title, row.receiver.place),
        ),
        Cell("note", "Ghi chú", 30, _note),
    )


def _case_and_part(row: HandOver, number: int) -> str:
    return _lines((dict(PARTS)[row.part], _case(row, number)))


HAND_OVER_REGISTER = Register(
    name="giao-nhan",
    label=gettext_noop("Sổ giao nhận hồ sơ vụ án hình sự (sổ 13)"),
    title="SỔ GIAO NHẬN HỒ SƠ VỤ ÁN HÌNH SỰ",
    cells=_hand_over_cells("Vụ án, bị can chính, tổng số bút lục", _case),
    rows=_hand_overs(NumberSeries.Series.HAND_OVER),
    number=_record,
    numbered_by=lambda row: row.number_unit_id,
    note="Cột theo phần mềm quản lý án, chưa đối chiếu mẫu chính thức.",
)
"""Register 13 of the national case software, with its seven columns."""

OTHER_HAND_OVER_REGISTER = Register(
    name="giao-nhan-khac",
    label=gettext_noop("Sổ giao nhận hồ sơ kiểm sát và hồ sơ vụ án, vụ việc khác"),
    title="SỔ GIAO NHẬN HỒ SƠ KIỂM SÁT VÀ HỒ SƠ VỤ ÁN, VỤ VIỆC KHÁC",
    cells=_hand_over_cells("Hồ sơ, vụ án, vụ việc, tổng số bút lục", _case_and_part),
    rows=_hand_overs(NumberSeries.Series.OTHER_HAND_OVER),
    number=_record,
    numbered_by=lambda row: row.number_unit_id,
    note="Sổ của phần mềm này, không phải mẫu đánh số của ngành; cột như sổ giao nhận hồ sơ vụ án hình sự, "
    "chưa đối chiếu mẫu chính thức.",
)
"""What register 13 is not of: supervision files, and files of everything that is no criminal case."""

# --- lending


def _lent(row: Loan, _number: int) -> str:
    volumes = f"tập {', '.join(map(str, row.volumes))}" if row.volumes else "toàn bộ"
    return _lines((f"{dict(PARTS)[row.part]}, {volumes}", "" if row.is_paper else "Bản điện tử"))


def _counts(volumes: int | None, folios: int | None) -> str:
    return f"{volumes} tập, {folios} bút lục" if volumes is not None else ""


def _loans(unit: ProcuracyUnit, first: dt.date, last: dt.date) -> QuerySet[Loan]:
    """Return what an office lent in a period, by the day it was handed out."""
    rows = Loan.objects.filter(
        unit=unit, number__isnull=False, issued_at__date__gte=first, issued_at__date__lte=last
    ).select_related("case", "borrower", "issued_by", "returned_by")
    return rows.order_by("issued_at", "pk")


LOAN_REGISTER = Register(
    name="muon-tra",
    label=gettext_noop("Sổ mượn, trả hồ sơ"),
    title="SỔ MƯỢN, TRẢ HỒ SƠ",
    cells=(
        Cell("entry", "STT, số phiếu", 22, lambda row, number: f"{number}\nPhiếu {slip_number(row)}", "center"),
        Cell(
            "case", "Hồ sơ", 52, lambda row, _n: _lines((row.case_code, row.case.name if row.case is not None else ""))
        ),
        Cell("lent", "Phần mượn", 28, _lent),
        Cell("borrower", "Người mượn", 42, lambda row, _n: _lines((borrower_name(row), row.outside_agency))),
        Cell(
            "term",
            "Ngày mượn, hạn trả",
            28,
            lambda row, _n: f"{_moment(row.issued_at)}\nHạn {row.until:%d/%m/%Y}",
            "center",
        ),
        Cell(
            "issued",
            "Số giao, người giao",
            28,
            lambda row, _n: _lines((_counts(row.issued_volumes, row.issued_folios), display_name(row.issued_by))),
        ),
        Cell(
            "returned",
            "Ngày trả, số trả, người nhận",
            28,
            lambda row, _n: _lines(
                (
                    _moment(row.returned_at),
                    _counts(row.returned_volumes, row.returned_folios),
                    display_name(row.returned_by),
                )
            ),
        ),
        Cell(
            "note",
            "Ghi chú",
            24,
            lambda row, _n: _lines(
                (
                    row.condition,
                    row.difference,
                    "Trả thiếu, chưa giải quyết" if row.state == "tra_thieu" else row.settlement,
                )
            ),
        ),
    ),
    rows=_loans,
    number=lambda row: f"Phiếu {slip_number(row)}",
    numbered_by=lambda row: row.unit_id,
    note="Cột của phần mềm này, chưa đối chiếu mẫu chính thức.",
)
"""What an office lends; its columns are this program's."""

# --- what went to the archive


def _accessions(unit: ProcuracyUnit, first: dt.date, last: dt.date) -> QuerySet[AccessionItem]:
    """Return the cases the archive of an office took in a period, in the order of its records and their lists."""
    rows = AccessionItem.objects.filter(
        accession__unit=unit,
        accession__state="da_nop_luu",
        accession__accepted_at__date__gte=first,
        accession__accepted_at__date__lte=last,
    )
    return rows.select_related("accession", "case").order_by("accession__accepted_at", "accession", "case")


def _accession_record(row: AccessionItem) -> str:
    year = timezone.localdate(row.accession.accepted_at).year
    return f"BB số {row.accession.number}/{year}"


ACCESSION_REGISTER = Register(
    name="nop-luu",
    label=gettext_noop("Mục lục hồ sơ nộp lưu"),
    title="MỤC LỤC HỒ SƠ NỘP LƯU",
    cells=(
        Cell(
            "entry",
            "STT, biên bản giao nhận, ngày nộp lưu",
            36,
            lambda row, number: f"{number}\n{_accession_record(row)}\n{_moment(row.accession.accepted_at)}",
            "center",
        ),
        Cell("case", "Mã hồ sơ", 54, lambda row, _n: row.case.code),
        Cell("name", "Tiêu đề hồ sơ", 84, lambda row, _n: row.case.name),
        Cell("retention", "Thời hạn bảo quản", 34, lambda row, _n: row.retention, "center"),
        Cell("documents", "Số tài liệu", 22, lambda row, _n: str(row.documents), "center"),
        Cell("pages", "Số trang", 22, lambda row, _n: str(row.pages), "center"),
    ),
    rows=_accessions,
    number=_accession_record,
    numbered_by=lambda row: row.accession.unit_id,
    note="Cột như mục lục của từng lần nộp lưu trong phần mềm này, chưa đối chiếu mẫu chính thức.",
)
"""What an office gave to its archive, over all records of a period; its columns are those of the list of each."""

REGISTERS: dict[str, Register] = {
    each.name: each for each in (HAND_OVER_REGISTER, OTHER_HAND_OVER_REGISTER, LOAN_REGISTER, ACCESSION_REGISTER)
}
"""Every register, by its name."""
