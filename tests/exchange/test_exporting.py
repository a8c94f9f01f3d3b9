"""The list as a file: what each asker may see; read back, it changes nothing."""

from __future__ import annotations

import csv
import datetime as dt
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.exchange.conftest import Load, told
from tests.people import register
from vks_plugin.access import actions as access
from vks_plugin.access.queries import visible_cases
from vks_plugin.cases.actions import AccusedInput, ChargeInput
from vks_plugin.cases.models import Assignment, CaseFile
from vks_plugin.custody.models import LedgerEntry
from vks_plugin.exchange import actions
from vks_plugin.exchange.columns import columns
from vks_plugin.exchange.exporting import Layout, export
from vks_plugin.exchange.reading import read_file
from vks_plugin.exchange.writing import FileType, csv_blocks, workbook
from vks_plugin.organization.models import Appointment
from vks_plugin.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.contrib.auth.models import User

    from tests.api.conftest import Snapshot
    from vks_plugin.organization.models import ProcuracyUnit

pytestmark = pytest.mark.django_db


def exported(user: User, layout: str = "case", file_type: str = "csv") -> bytes:
    headings, rows = export(user, visible_cases(user).order_by("code"), layout)
    if file_type == FileType.CSV:
        return "".join(csv_blocks(headings, rows)).encode()
    with workbook([("Danh sách", headings, rows)]) as book:
        return book.read()


def table(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


@pytest.fixture
def rich(people: dict[str, User], units: dict[str, ProcuracyUnit], provisioned: None) -> CaseFile:
    """Return a case of KV1 with everything a list can tell."""
    made = register(
        actor=people["chief_kv1"],
        unit=units["QN-KV1"],
        code="HS-1",
        name="=cmd|' /C calc'!A0",
        crime_place="+84 Hạ Long",
        crime_date=dt.date(2026, 1, 5),
        note="dòng 1\r\ndòng 2; “trích”",
        is_key_case=True,
        details={"folio_total": 250, "acceptance_number": "12/TL"},
        leader_in_charge=people["deputy_kv1"],
        accused=[
            AccusedInput(
                'Công ty "A; B" (VN)', None, "", [ChargeInput(text="174.4")], {"is_legal_person": True, "note": "@x"}
            ),
            AccusedInput("Đỗ Thị Ước", 1993, "nu", [ChargeInput(text="các điểm a, b khoản 2 Điều 173")]),
            AccusedInput(
                "Đỗ Thị Ước",
                None,
                "nu",
                [],
                {"birth_date": dt.date(1990, 5, 1), "birth_precision": "quy", "id_number": "022"},
            ),
        ],
        charges=[ChargeInput(text="173.1")],
        people=[{"role": "victim", "full_name": "Lò Thị Bị Hại", "birth_year": 2012, "is_minor": True}],
    )
    access.assign(actor=people["chief_kv1"], case=made, user=people["prosecutor_kv1"], role="prosecutor_lead")
    access.assign(actor=people["chief_kv1"], case=made, user=people["inspector_kv1"], role="inspector")
    return made


def test_one_row_a_case(rich: CaseFile, people: dict[str, User]) -> None:
    [row] = table(exported(people["chief_kv1"]))
    assert row["Mã vụ án"] == "HS-1"
    assert row["Bị can, bị cáo"] == (
        '"Công ty ""A; B"" (VN)" (pháp nhân): 174.4; Đỗ Thị Ước (1993, nữ): Điều 173 khoản 2 điểm a, b; '
        "Đỗ Thị Ước (quý 2/1990, nữ)"
    )
    assert row["Kiểm sát viên thụ lý chính"] == "Đỗ Hữu Ước (prosecutor_kv1)"
    assert row["Ngày phạm tội"] == "05/01/2026"
    assert (row["Án điểm"], row["Tham nhũng"]) == ("x", "")
    assert row["Bị hại"] == "Lò Thị Bị Hại (2012)"
    assert row["Tổng số bút lục (bản giấy)"] == "250"
    assert "Nguyên đơn" not in row


def test_one_row_an_accused(rich: CaseFile, people: dict[str, User]) -> None:
    rows = table(exported(people["chief_kv1"], "accused"))
    assert [row["Họ và tên bị can"] for row in rows] == ['Công ty "A; B" (VN)', "Đỗ Thị Ước", "Đỗ Thị Ước"]
    assert {row["Số quyết định khởi tố"] for row in rows} == {rich.init_decision_no}
    assert rows[2]["Ngày sinh bị can"] == "quý 2/1990"
    assert rows[2]["Số căn cước (bị can)"] == "022"
    assert "Bị can, bị cáo" not in rows[0]


@pytest.mark.parametrize("layout", Layout.values)
def test_nothing_runs_as_a_formula(layout: str, rich: CaseFile, people: dict[str, User]) -> None:
    for row in csv.reader(io.StringIO(exported(people["chief_kv1"], layout).decode("utf-8-sig"), newline="")):
        assert [cell for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == []
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(exported(people["chief_kv1"], layout, "xlsx")))
    kinds = {cell.data_type for sheet in book.worksheets for row in sheet.iter_rows() for cell in row}
    assert "f" not in kinds
    [cell] = [cell for cell in next(book.active.iter_rows(min_row=2)) if "calc" in str(cell.value)]
    assert cell.value == "'=cmd|' /C calc'!A0"


@pytest.mark.parametrize("layout", Layout.values)
@pytest.mark.parametrize("file_type", FileType.values)
@pytest.mark.parametrize("asker", ["chief_kv1", "clerk_kv1", "prosecutor_kv1"])
def test_read_back_it_changes_nothing(
    asker: str,
    file_type: str,
    layout: str,
    rich: CaseFile,
    people: dict[str, User],
    units: dict[str, ProcuracyUnit],
    load: Load,
    snapshot: Callable[[], Snapshot],
) -> None:
    register(actor=people["clerk_kv1"], unit=units["QN-KV1"], code="HS-2", accused=[])
    content = exported(people[asker], layout, file_type)
    before = snapshot()
    again = load(content, actor=asker, updates=True)
    assert {(outcome, sentences) for _row, outcome, sentences in told(again)} == {("unchanged", "")}
    after = snapshot()
    # the ledger tells that a list was loaded, and nothing else
    assert [entry.kind for entry in LedgerEntry.objects.order_by("pk")][len(before["LedgerEntry"]) :] == [
        "list_imported"
    ]
    told_apart = ("CaseImport", "Ledger")
    assert {name: rows for name, rows in after.items() if not name.startswith(told_apart)} == {
        name: rows for name, rows in before.items() if not name.startswith(told_apart)
    }


def test_in_an_empty_province_it_makes_the_same_cases(
    rich: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit], load: Load
) -> None:
    content = exported(people["chief_kv1"])
    key = rich.init_decision_key
    # what stood in its place is another decision's now
    CaseFile.objects.filter(pk=rich.pk).update(init_decision_key="x", code="HS-0")
    assert told(load(content)) == [(2, "created", "")]
    made = CaseFile.objects.get(init_decision_key=key)
    again = table(exported(people["chief_kv1"]))
    assert again[1] == table(content)[0]
    assert made.code == "HS-1"


def test_who_only_knows_of_a_case_gets_names_and_nothing_of_the_record(rich: CaseFile, people: dict[str, User]) -> None:
    for layout in Layout.values:
        [row, *_more] = table(exported(people["clerk_kv1"], layout))
        told_to_all = {column.heading for column in columns() if column.known_to_all}
        assert {heading for heading, cell in row.items() if cell} <= told_to_all
        text = exported(people["clerk_kv1"], layout).decode()
        for hidden in ("Bị Hại", "1993", "173", "Hạ Long", "dòng 1", "022", "Ngân", "inspector"):
            assert hidden not in text, hidden
    assert row["Họ và tên bị can"] == 'Công ty "A; B" (VN)'


def test_a_lead_who_left_is_marked_and_the_mark_is_not_read(
    rich: CaseFile, people: dict[str, User], load: Load, snapshot: Callable[[], Snapshot]
) -> None:
    mark = "Kiểm sát viên thụ lý chính đã thôi giữ chức vụ"
    for asker in ("chief_kv1", "clerk_kv1"):
        assert table(exported(people[asker]))[0][mark] == ""
    Appointment.objects.filter(user=people["prosecutor_kv1"]).update(ended_at=timezone.now())
    for asker in ("chief_kv1", "clerk_kv1"):
        [row] = table(exported(people[asker]))
        assert row[mark] == "x"
        assert row["Kiểm sát viên thụ lý chính"] == "Đỗ Hữu Ước (prosecutor_kv1)"
    # of whoever stands in for him, who is there, both columns tell
    tomorrow = timezone.localdate() + dt.timedelta(days=1)
    standing_in = Assignment.objects.create(
        case=rich,
        user=people["other_prosecutor_kv1"],
        assigned_by=people["chief_kv1"],
        role="prosecutor_lead",
        starts_on=timezone.localdate(),
        ends_on=tomorrow,
    )
    [row] = table(exported(people["chief_kv1"]))
    assert row["Kiểm sát viên thụ lý chính"].endswith("(other_prosecutor_kv1)")
    assert (row["Kiểm sát viên thụ lý chính"].count("("), row[mark]) == (1, "")
    standing_in.delete()
    content = exported(people["chief_kv1"])
    assert mark in content.decode()
    before = snapshot()
    headings, cells = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    cells[headings.index(mark)] = "ai biết"
    written = io.StringIO(newline="")
    csv.writer(written).writerows([headings, cells])
    for said in (content, written.getvalue().encode()):
        assert told(load(said, updates=True)) == [(2, "unchanged", "")]
    changed = {name for name, rows in snapshot().items() if rows != before[name]}
    assert {name for name in changed if not name.startswith(("CaseImport", "Ledger"))} == set()


@pytest.mark.parametrize("asker", ["prosecutor_kv3", "outsider", "admin_province", "locked", "other_prosecutor_kv1"])
def test_a_stranger_gets_headings_alone(asker: str, rich: CaseFile, people: dict[str, User]) -> None:
    assert table(exported(people[asker])) == []


def test_access_that_ends_meanwhile_ends_the_rows(rich: CaseFile, people: dict[str, User]) -> None:
    reader = people["prosecutor_kv1"]
    _headings, rows = export(reader, visible_cases(reader), "case")
    access.end_assignment(
        actor=people["chief_kv1"], assignment=rich.assignments.get(user=reader, role="prosecutor_lead")
    )
    assert list(rows) == []


def test_a_block_costs_the_same_for_one_case_and_for_three(
    rich: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit], django_assert_num_queries: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            exported(people["chief_kv1"])
        return len(queries)

    one = cost()
    for number in (2, 3):
        register(actor=people["chief_kv1"], unit=units["QN-KV1"], code=f"HS-{number}")
    assert cost() == one


def test_a_cell_holds_no_more_than_a_spreadsheet_takes(
    people: dict[str, User], units: dict[str, ProcuracyUnit], provisioned: None
) -> None:
    crowd = [AccusedInput(f"Người Thứ {number} {'x' * 100}") for number in range(400)]
    register(actor=people["chief_kv1"], unit=units["QN-KV1"], accused=crowd)
    [row] = table(exported(people["chief_kv1"]))
    assert len(row["Bị can, bị cáo"]) <= 32_767
    assert row["Bị can, bị cáo"].endswith("x")


_TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cn", "Co"], exclude_characters="\x00"), max_size=40
).map(one_line)
_NAME = _TEXT.filter(lambda name: any(letter.isalpha() for letter in name))


@hypothesis_settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    texts=st.tuples(_NAME, _TEXT, _TEXT, _TEXT),
    names=st.lists(_NAME, max_size=3, unique_by=lambda name: one_line(name).casefold()),
    day=st.dates(dt.date(1900, 1, 1), dt.date(2026, 1, 1)),
    layout=st.sampled_from(Layout.values),
    file_type=st.sampled_from(FileType.values),
)
def test_whatever_is_recorded_reads_back_unchanged(
    texts: tuple[str, str, str, str],
    names: list[str],
    day: dt.date,
    layout: str,
    file_type: str,
    people: dict[str, User],
    units: dict[str, ProcuracyUnit],
    provisioned: None,
    tmp_path: Path,
) -> None:
    from django.db import transaction

    name, place, note, court = texts
    with transaction.atomic():
        register(
            actor=people["chief_kv1"],
            unit=units["QN-KV1"],
            name=name,
            crime_place=place,
            note=note,
            court=court,
            crime_date=day,
            accused=[
                AccusedInput(each, 1990, "nam", [ChargeInput(article="173", clause=2, name="Trộm cắp")])
                for each in names
            ],
        )
        path = tmp_path / f"list.{file_type}"
        path.write_bytes(exported(people["chief_kv1"], layout, file_type))
        made = actions.hand_in(
            actor=people["chief_kv1"], file=path, filename=path.name, updates=True, load=True, queued=False
        )
        actions.run(made.pk)
        made.refresh_from_db()
        assert {(outcome, sentences) for _row, outcome, sentences in told(made)} == {("unchanged", "")}
        transaction.set_rollback(True)


def test_what_is_written_is_what_is_read(rich: CaseFile, people: dict[str, User], tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    path.write_bytes(exported(people["chief_kv1"], "accused", "xlsx"))
    sheet = read_file(path, name="list.xlsx")
    assert sheet.unknown == []
    assert len(sheet.lines) == 3
