"""Registers (sổ) of an office over a period: columns as data, running numbers, a place to sign.

A register says which rows it has and what can be told of each (`fields`). Which columns it has, how they are called and what
stands in them is data (`register_columns`), which an office can have otherwise; how it is laid out, numbered, counted and
written is the same for all. To add one: a `Register` in `REGISTERS`, and its columns in `fixtures/register_columns.json`.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.access.queries import visible_cases
from vks_plugin.cases.models import CaseFile
from vks_plugin.cases.queries import names_at
from vks_plugin.cases.stages import PARTS
from vks_plugin.custody.accession_papers import period_of
from vks_plugin.custody.handing import REASONS, is_lacking
from vks_plugin.custody.models import AccessionItem, CertifiedCopy, HandOver, LedgerEntry, Loan, NumberSeries
from vks_plugin.custody.printed_copy import TITLES
from vks_plugin.custody.queries.copies import COPY_ACTS
from vks_plugin.custody.queries.holding import KEEPING, archives_kept, named_cases, offices_kept
from vks_plugin.custody.queries.loans import (
    LOAN_ACTS,
    borrower_name,
    borrower_then,
    entries_by_row,
    posts_at,
    posts_held,
    slip_number,
)
from vks_plugin.custody.queries.retention import kept_now
from vks_plugin.custody.register_columns import Column, columns_of, office_columns
from vks_plugin.errors import BadInput, NotAllowed, NotFound
from vks_plugin.language import speaking
from vks_plugin.organization.models import Appointment, ProcuracyUnit
from vks_plugin.organization.queries import display_name, posts_in_force
from vks_plugin.organization.roles import Role
from vks_plugin.papers import Column as PaperColumn
from vks_plugin.papers import OfficialPaper, Signature
from vks_plugin.printing import Printed, print_paper
from vks_plugin.text import gettext_noop

MOST_ROWS = 5000
"""Rows of one register; a longer period has to be cut up, which is told."""


Says = Callable[[Any, int], str]
"""What a field says of a row with its running number."""


@dataclass(frozen=True)
class Register:
    """A register an office keeps."""

    name: str
    """In addresses."""
    label: str
    """In lists, translated by whoever shows it."""
    title: str
    """On the paper, in Vietnamese and capitals."""
    fields: Mapping[str, Says]
    """What may stand in a column, by its name in the data."""
    rows: Callable[[ProcuracyUnit, dt.date, dt.date], QuerySet[Any]]
    """From the office, the first and the last day; ordered by when they came into it, first of all. `case` is read of each; what it was
    called then is put into `case_named`."""
    number: Callable[[Any], str]
    """The number a row has in a series, on the paper."""
    numbered_by: Callable[[Any], int | None]
    """The office in whose series that is, by its id."""
    looked_up: Callable[[Iterable[Any]], dict[int, dict[str, str]]] | None = None
    """Returns what is looked up for all rows together, by their ids, each by a word the fields know: who acted, with name and post of
    that day; how long a file is kept. Put into `told`."""
    note: str = ""
    """Below the table; in Vietnamese."""
    by_archive: bool = False
    """Whether archivists of the office keep it, too."""

    @property
    def columns(self) -> list[Column]:
        """Its columns, as they are now.

        Raises:
            Unavailable: the office's file of columns is wrong.
        """
        return self.columns_in_force()[0]

    def columns_in_force(self) -> tuple[list[Column], bool]:
        """Return its columns, and whether an office has decided about them.

        Raises:
            Unavailable: the office's file of columns is wrong.
        """
        return columns_of(self.name, FIELDS)


def check_columns() -> None:
    """Look whether the office's file of columns can be used.

    Raises:
        Unavailable: it is wrong; the sentence says where.
    """
    office_columns(FIELDS)


def registers_for(user: User, *registers: Register) -> list[ProcuracyUnit]:
    """Return the offices of which the person keeps one of these registers; none named: any."""
    offices = set(offices_kept(user))
    if any(each.by_archive for each in registers or REGISTERS.values()):
        offices |= archives_kept(user)
    return list(ProcuracyUnit.objects.filter(pk__in=offices).order_by("kind", "code"))


def require_registers(user: User) -> None:
    """Refuse who keeps no register of any office.

    Raises:
        NotAllowed: so it is.
    """
    if not keeps_registers(user):
        raise NotAllowed(_("Chỉ văn thư, lưu trữ viên, lãnh đạo đơn vị in được sổ của đơn vị."))


def register_lines(
    user: User, *, register: str, unit: str, first: dt.date, last: dt.date
) -> tuple[Register, ProcuracyUnit, list[list[str]]]:
    """Return a register of an office from one day to another with what stands in each of its rows, for who keeps it.

    Raises:
        NotFound: no such register, or the person keeps none of that office.
        BadInput: days out of order, or more rows than one register takes.
        Unavailable: the office's file of columns is wrong.
    """
    found = REGISTERS.get(register)
    kept = registers_for(user, found) if found is not None else []
    office = next((each for each in kept if each.code == unit), None)
    if found is None or office is None:
        raise NotFound(_("Không có sổ này trong phạm vi của bạn."))
    if last < first:
        raise BadInput(_("Ngày cuối phải từ ngày đầu trở đi."), field="last")
    asked = found.rows(office, first, last)
    rows = list(asked[: MOST_ROWS + 1])
    if len(rows) > MOST_ROWS:
        raise BadInput(_("Quá %(most)d dòng: hãy chọn khoảng ngày ngắn hơn.") % {"most": MOST_ROWS}, field="last")
    hidden = _kept_back(user, office, rows)
    columns = found.columns
    entered_at = attrgetter(str(asked.query.order_by[0]).replace("__", "."))
    for row, name in zip(rows, names_at([(row.case, entered_at(row)) for row in rows]), strict=True):
        row.case_named = name
    # drawn up by who did not know of the case: its name is for who does
    unnamed = [row for row in rows if getattr(row, "case_name", None) == ""]
    known = named_cases(user, unnamed) if unnamed else set()
    for row in unnamed:
        row.case_name = row.case_named if row.case_id in known else ""
    with speaking("vi"):
        told = found.looked_up(rows) if found.looked_up is not None else {}
    for row in rows:
        row.told = told.get(row.pk, {})
    lines = [
        # the number of another office's paper is not told
        [
            _lines((str(number), found.number(row) if found.numbered_by(row) == office.pk else "")),
            hidden[row.pk],
            *[""] * (len(columns) - 2),
        ]
        if row.pk in hidden
        else [_lines(found.fields[each](row, number) for each in column.fields) for column in columns]
        for number, row in zip(_running_numbers(found, office, first, entered_at, rows), rows, strict=True)
    ]
    return found, office, lines


def _running_numbers(
    register: Register,
    office: ProcuracyUnit,
    first: dt.date,
    entered_at: Callable[[Any], dt.datetime],
    rows: list[Any],
) -> Iterator[int]:
    """Yield the running number of each row: counted from the first of January, whichever period is printed, for whoever reads.

    Args:
        register: whose rows.
        office: which keeps it.
        first: first day of the period.
        entered_at: tells when a row came into the register.
        rows: those of the period, also what is not told to the reader.
    """
    year, number = first.year, 0
    if rows and (first.month, first.day) != (1, 1):
        number = register.rows(office, dt.date(year, 1, 1), first - dt.timedelta(days=1)).count()
    for row in rows:
        entered = timezone.localtime(entered_at(row)).year
        number = number + 1 if entered == year else 1
        year = entered
        yield number


def register_paper(
    user: User, *, register: str, unit: str, first: dt.date, last: dt.date
) -> tuple[Register, OfficialPaper]:
    """Return a register of an office from one day to another as a paper, for who keeps it.

    Raises:
        NotFound, BadInput: see `register_lines`.
    """
    found, office, lines = register_lines(user, register=register, unit=unit, first=first, last=last)
    columns, decided = found.columns_in_force()
    note = "Cột do đơn vị đặt, chưa đối chiếu mẫu chính thức." if decided else found.note
    higher = office.parent
    paper = OfficialPaper(
        agency=office.name,
        higher_agency=higher.name if higher is not None else "",
        title=found.title,
        subtitle=(f"Từ ngày {first:%d/%m/%Y} đến ngày {last:%d/%m/%Y}",),
        day=timezone.localdate(),
        columns=[PaperColumn(each.heading, each.width, each.align) for each in columns],
        rows=lines,
        closing=(f"Sổ có {len(lines)} dòng.", *((note,) if note else ())),
        signatures=(Signature("LÃNH ĐẠO ĐƠN VỊ", ""), Signature("NGƯỜI LẬP SỔ", display_name(user))),
        is_wide=True,
    )
    return found, paper


def _kept_back(user: User, office: ProcuracyUnit, rows: list[Any]) -> dict[int, str]:
    """Return, by their ids, the rows of which who keeps the register is told no more than the number (of another office's paper not even that), with what stands there instead.

    A clerk is not told of restricted cases, an archivist neither of those nor of what the archive does not have.
    """
    kept = offices_kept(user)
    if kept.get(office.pk):
        return {}
    normal = {row.pk for row in rows if row.case.confidentiality == CaseFile.Confidentiality.NORMAL}
    found = {row.pk: "Hồ sơ hạn chế nội bộ: ghi ở sổ do lãnh đạo đơn vị in." for row in rows if row.pk not in normal}
    if office.pk not in kept:
        # of what was disposed of nothing is left to tell but that
        keys = {row.case_id for row in rows if row.pk in normal and row.case.destroyed_at is None}
        unknown = keys - set(visible_cases(user).filter(pk__in=keys).values_list("pk", flat=True))
        elsewhere = "Hồ sơ không ở lưu trữ: ghi ở sổ do văn thư, lãnh đạo đơn vị in."
        found |= {row.pk: elsewhere for row in rows if row.pk in normal and row.case_id in unknown}
    return found


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
    return any(role in KEEPING or role == Role.ARCHIVIST for role, _unit in posts_in_force(user))


# --- hand-overs: register 13, and one for what is not in that


def _moment(value: dt.datetime | None) -> str:
    return f"{timezone.localtime(value):%d/%m/%Y}" if value is not None else ""


def _lines(parts: Iterable[str]) -> str:
    return "\n".join(part for part in parts if part)


def _folios(row: HandOver) -> str:
    if not row.volumes:
        # exhibits alone follow
        return ""
    return ", ".join(filter(None, (row.folios_counted, f"{len(row.volumes)} tập")))


def _exhibits(row: HandOver) -> str:
    not_there = "còn thiếu" if row.state == "chua_nhan" else "chưa giao"

    def line(each: Mapping[str, Any]) -> str:
        said = " ".join(filter(None, (each["quantity"], each["name"])))
        return f"{said or 'Vật chứng'} ({not_there})" if is_lacking(each) else said

    return _lines(line(each) for each in row.exhibits)


def _person(name: str, title: str) -> str:
    return f"{name} – {title}" if name and title else name


def _record(row: HandOver) -> str:
    return f"BB số {row.written_number}"


def _state(row: HandOver) -> str:
    if row.state == "chua_nhan":
        return f"Chưa nhận: {row.missing}"
    if row.state in {"cho_nhan", "huy"}:
        return {"cho_nhan": "Chờ nhận", "huy": "Đã hủy"}[row.state]
    return f"Còn thiếu: {row.lacking}" if row.missing else ""


def _awaited(row: HandOver) -> str:
    return "Chờ biên bản đã ký" if row.awaits_paper and row.case.destroyed_at is None else ""


_OF_A_HAND_OVER: dict[str, Says] = {
    "running_number": lambda _row, number: str(number),
    "handed_on": lambda row, _n: _moment(row.accepted_at or row.numbered_at),
    "part": lambda row, _n: dict(PARTS)[row.part],
    "case_code": lambda row, _n: row.case.code,
    "case_name": lambda row, _n: row.case_name,
    "main_accused": lambda row, _n: f"Bị can chính: {row.main_accused}" if row.main_accused else "",
    "folios": lambda row, _n: _folios(row),
    "exhibits": lambda row, _n: _exhibits(row),
    "reason": lambda row, _n: REASONS.get(row.reason, row.reason),
    "giver": lambda row, _n: _person(row.giver_name, row.giver_title),
    "giver_place": lambda row, _n: row.giver.place,
    "receiver": lambda row, _n: _person(row.receiver_name, row.receiver_title),
    "receiver_place": lambda row, _n: row.receiver.place,
    "record": lambda row, _n: _record(row),
    "state": lambda row, _n: _state(row),
    "signed_record": lambda row, _n: _awaited(row),
    "seal_condition": lambda row, _n: row.seal_condition,
    "note": lambda row, _n: row.note,
}


def _hand_overs(series: str) -> Callable[[ProcuracyUnit, dt.date, dt.date], QuerySet[HandOver]]:
    """Return what an office sent or received in a period with a number of this series.

    A number that was given is there even if nothing came of it, in the period in which it was given: the register has no
    holes, and what is sent again does not leave it for a later one.
    """

    def rows(unit: ProcuracyUnit, first: dt.date, last: dt.date) -> QuerySet[HandOver]:
        found = HandOver.objects.filter(
            # what it numbered and another office received, or sent again, after taking over from it
            Q(giver_unit=unit) | Q(receiver_unit=unit) | Q(number_unit=unit),
            number_series=series,
            number__isnull=False,
            numbered_at__date__gte=first,
            numbered_at__date__lte=last,
        )
        return found.select_related("case", "giver_unit", "receiver_unit", "giver_person", "receiver_person").order_by(
            "numbered_at", "pk"
        )

    return rows


HAND_OVER_REGISTER = Register(
    name="giao-nhan",
    label=gettext_noop("Sổ giao nhận hồ sơ vụ án hình sự (sổ 13)"),
    title="SỔ GIAO NHẬN HỒ SƠ VỤ ÁN HÌNH SỰ",
    fields=_OF_A_HAND_OVER,
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
    fields=_OF_A_HAND_OVER,
    rows=_hand_overs(NumberSeries.Series.OTHER_HAND_OVER),
    number=_record,
    numbered_by=lambda row: row.number_unit_id,
    note="Sổ của phần mềm này, không phải mẫu đánh số của ngành; cột như sổ giao nhận hồ sơ vụ án hình sự, "
    "chưa đối chiếu mẫu chính thức.",
)
"""What register 13 is not of: supervision files, and files of everything that is no criminal case."""

# --- lending


def _lent(row: Loan) -> str:
    volumes = f"tập {', '.join(map(str, row.volumes))}" if row.volumes else "toàn bộ"
    return f"{dict(PARTS)[row.part]}, {volumes}"


def _counts(volumes: int | None, folios: int | None) -> str:
    return f"{volumes} tập, {folios} bút lục" if volumes is not None else ""


def _acted(entries: Mapping[int, Iterable[LedgerEntry]]) -> dict[int, dict[str, str]]:
    """Return who acted by the entries of each row, as the ledger has name, post and office of that day, by the kind of entry.

    A command has no account: for whom it acted the row tells.
    """
    said = {key: [(entry.kind, entry.said["actor"]) for entry in each] for key, each in entries.items()}
    codes = {actor["unit"] for each in said.values() for _kind, actor in each}
    offices = dict(ProcuracyUnit.objects.filter(code__in=codes - {None}).values_list("code", "short_name"))

    def written(actor: Mapping[str, Any]) -> str:
        post = str(dict(Role.choices).get(actor["role"], "")) if actor["role"] else ""
        return _person(actor["name"], ", ".join(filter(None, (post, offices.get(actor["unit"], "")))))

    return {
        key: {kind: written(actor) for kind, actor in each if actor["id"] is not None} for key, each in said.items()
    }


def _people_of_loans(rows: Iterable[Loan]) -> dict[int, dict[str, str]]:
    """Return who lent, borrowed and took back (three queries)."""
    lent = list(rows)
    cases = {row.case_id for row in lent if row.case_id is not None}
    entries = entries_by_row(cases, LOAN_ACTS, "loan", [row.pk for row in lent])
    posts: dict[int, list[Appointment]] = defaultdict(list)
    for post in posts_held({row.borrower for row in lent if row.borrower is not None}):
        posts[post.user_id].append(post)
    found = _acted(entries)
    for row in lent:
        found[row.pk] |= borrower_then(entries[row.pk])
        if row.borrower_id is not None and row.issued_at is not None:
            found[row.pk]["posts"] = _lines(posts_at(posts[row.borrower_id], row.issued_at))
    return found


def _people_of_copies(rows: Iterable[CertifiedCopy]) -> dict[int, dict[str, str]]:
    """Return who allowed copies and gave them out (two queries)."""
    given = list(rows)
    return _acted(entries_by_row({row.case_id for row in given}, COPY_ACTS, "copy", [row.pk for row in given]))


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
    fields={
        "running_number": lambda _row, number: str(number),
        "slip": lambda row, _n: f"Phiếu {slip_number(row)}",
        "case_code": lambda row, _n: row.case_code,
        "case_name": lambda row, _n: row.case_named,
        "lent": lambda row, _n: _lent(row),
        "form": lambda row, _n: "" if row.is_paper else "Bản điện tử",
        "borrower": lambda row, _n: row.told.get("borrower") or borrower_name(row),
        "agency": lambda row, _n: row.told.get("posts") or row.outside_agency,
        "purpose": lambda row, _n: row.purpose,
        "issued_on": lambda row, _n: _moment(row.issued_at),
        "due_on": lambda row, _n: f"Hạn {row.until:%d/%m/%Y}",
        "issued_counts": lambda row, _n: _counts(row.issued_volumes, row.issued_folios),
        "issued_by": lambda row, _n: row.told.get("loan_issued") or display_name(row.issued_by),
        "returned_on": lambda row, _n: _moment(row.returned_at),
        "returned_counts": lambda row, _n: _counts(row.returned_volumes, row.returned_folios),
        "returned_by": lambda row, _n: (
            row.told.get("loan_returned") or display_name(row.returned_by) if row.returned_at is not None else ""
        ),
        "condition": lambda row, _n: row.condition,
        "difference": lambda row, _n: row.difference,
        "settlement": lambda row, _n: "Trả thiếu, chưa giải quyết" if row.state == "tra_thieu" else row.settlement,
    },
    rows=_loans,
    looked_up=_people_of_loans,
    number=lambda row: f"Phiếu {slip_number(row)}",
    numbered_by=lambda row: row.unit_id,
    note="Cột của phần mềm này, chưa đối chiếu mẫu chính thức.",
    by_archive=True,
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
    later = AccessionItem.objects.filter(
        case=OuterRef("case"),
        accession__state="da_nop_luu",
        accession__accepted_at__gt=OuterRef("accession__accepted_at"),
    )
    rows = rows.annotate(taken_again=Exists(later))
    return rows.select_related("accession", "case").order_by("accession__accepted_at", "accession", "case")


def _since_then(row: Any) -> str:
    """Return what became of a file the archive took: nothing, while it is still there."""
    if row.taken_again:
        return "Đã ra khỏi lưu trữ, sau nộp lưu lại"
    if row.case.destroyed_at is not None:
        return f"Đã tiêu hủy {timezone.localdate(row.case.destroyed_at):%d/%m/%Y}"
    return "Đã ra khỏi lưu trữ" if row.case.archived_at is None else ""


def _periods_of_accessions(rows: Iterable[AccessionItem]) -> dict[int, dict[str, str]]:
    """Return how long files are kept as it is known today, with what the list of that day said where that was something else."""
    given = list(rows)
    known = kept_now([row.case for row in given])
    return {
        row.pk: {
            "retention": kept.words
            if row.retention in {kept.term, ""}
            else f"{kept.words}\n(lúc nộp lưu: {row.retention})"
        }
        for row, kept in ((row, known[row.case_id]) for row in given)
    }


def _accession_record(row: AccessionItem) -> str:
    year = timezone.localdate(row.accession.accepted_at).year
    return f"BB số {row.accession.number}/{year}"


ACCESSION_REGISTER = Register(
    name="nop-luu",
    label=gettext_noop("Mục lục hồ sơ nộp lưu"),
    title="MỤC LỤC HỒ SƠ, TÀI LIỆU NỘP LƯU",
    fields={
        "running_number": lambda _row, number: str(number),
        "record": lambda row, _n: _accession_record(row),
        "accepted_on": lambda row, _n: _moment(row.accession.accepted_at),
        "case_code": lambda row, _n: row.case.code,
        "case_name": lambda row, _n: row.case_named,
        "period": lambda row, _n: period_of(row.dated_from, row.dated_to),
        "retention": lambda row, _n: row.told["retention"],
        "documents": lambda row, _n: f"{row.documents} tài liệu",
        "pages": lambda row, _n: f"{row.pages} trang",
        "since_then": lambda row, _n: _since_then(row),
    },
    rows=_accessions,
    looked_up=_periods_of_accessions,
    number=_accession_record,
    numbered_by=lambda row: row.accession.unit_id,
    note="Cột theo mẫu mục lục hồ sơ, tài liệu nộp lưu của Nghị định 30/2020/NĐ-CP (Phụ lục V) do bên thứ ba chép lại, "
    "chưa đối chiếu mẫu chính thức.",
    by_archive=True,
)
"""What an office gave to its archive, over all records of a period; its columns are those of the list of each, and its
remarks say by which record a file went."""

# --- copies that were given


def _copies(unit: ProcuracyUnit, first: dt.date, last: dt.date) -> QuerySet[CertifiedCopy]:
    """Return the copies and extracts an office gave in a period, in the order of their numbers."""
    rows = CertifiedCopy.objects.filter(
        unit=unit, number__isnull=False, issued_at__date__gte=first, issued_at__date__lte=last
    )
    return rows.select_related("case", "decided_by", "issued_by").order_by("issued_at", "pk")


COPY_REGISTER = Register(
    name="ban-sao",
    label=gettext_noop("Sổ chứng thực bản sao, trích lục hồ sơ"),
    title="SỔ CHỨNG THỰC BẢN SAO, TRÍCH LỤC HỒ SƠ",
    fields={
        "running_number": lambda _row, number: str(number),
        "number": lambda row, _n: f"Số {row.written_number}",
        "issued_on": lambda row, _n: _moment(row.issued_at),
        "case_code": lambda row, _n: row.case.code,
        "case_name": lambda row, _n: row.case_named,
        "kind": lambda row, _n: TITLES[row.kind].capitalize(),
        "content": lambda row, _n: row.content,
        "counts": lambda row, _n: f"{row.copies} bản, mỗi bản {row.pages} trang",
        "receiver": lambda row, _n: row.receiver_name,
        "agency": lambda row, _n: row.receiver_agency,
        "purpose": lambda row, _n: row.purpose,
        "decided_by": lambda row, _n: row.told.get("copy_approved") or display_name(row.decided_by),
        "issued_by": lambda row, _n: row.told.get("copy_issued") or display_name(row.issued_by),
    },
    rows=_copies,
    looked_up=_people_of_copies,
    number=lambda row: f"Số {row.written_number}",
    numbered_by=lambda row: row.unit_id,
    note="Cột của phần mềm này, chưa đối chiếu mẫu chính thức.",
    by_archive=True,
)
"""Copies and extracts an office gave; no source at hand has its columns, so they are this program's."""

REGISTERS: dict[str, Register] = {
    each.name: each
    for each in (HAND_OVER_REGISTER, OTHER_HAND_OVER_REGISTER, LOAN_REGISTER, COPY_REGISTER, ACCESSION_REGISTER)
}
"""Every register, by its name."""
FIELDS: dict[str, Mapping[str, Says]] = {each.name: each.fields for each in REGISTERS.values()}
