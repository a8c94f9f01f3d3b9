"""Files as offices have them are read; what is no list, or made to do harm, is refused with a sentence."""

from __future__ import annotations

import datetime as dt
import time
import tracemalloc
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.exchange.files import (
    HEADINGS,
    ROWS,
    changed_part,
    csv_text,
    vietnamese_code_page,
    workbook_bytes,
    written,
)
from vks_plugin.errors import BadInput, TooLarge
from vks_plugin.exchange.cells import text_of
from vks_plugin.exchange.columns import KEY, by_heading, columns, plain_heading
from vks_plugin.exchange.reading import Sheet, is_error, read_file

ALL = [HEADINGS, *ROWS]
NAMES = ["name", "init_decision_no", "init_decision_date", "init_decision_agency", "accused"]


def cells(sheet: Sheet) -> list[list[str]]:
    return [[text_of(line.cells[name].raw) for name in NAMES] for line in sheet.lines]


ENCODINGS: dict[str, Callable[[str], bytes]] = {
    "UTF-8": lambda text: text.encode("utf-8"),
    "UTF-8 with its mark": lambda text: text.encode("utf-8-sig"),
    "UTF-16": lambda text: text.encode("utf-16"),
    "UTF-16, big end first": lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
    "UTF-16 without its mark": lambda text: text.encode("utf-16-le"),
    "Windows-1258": vietnamese_code_page,
    "decomposed": lambda text: unicodedata.normalize("NFD", text).encode("utf-8"),
}


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_text_file_is_read_in_any_encoding(encoding: str, separator: str, tmp_path: Path) -> None:
    text = csv_text(ALL, separator=separator)
    sheet = read_file(written(tmp_path, ENCODINGS[encoding](text)), name="ds.csv")
    assert cells(sheet) == [list(row) for row in ROWS]
    assert sheet.columns == NAMES
    assert sheet.unknown == []


def test_what_excel_tells_itself_of_the_separator_is_heard(tmp_path: Path) -> None:
    text = f"sep=|\r\n{csv_text(ALL, separator='|')}"
    assert cells(read_file(written(tmp_path, text), name="ds.csv")) == [list(row) for row in ROWS]


def test_a_workbook_is_read_with_its_own_days_and_numbers(tmp_path: Path) -> None:
    rows = [HEADINGS, ("Vụ A", 169, dt.datetime(2021, 9, 28), "CSĐT", "A"), ("Vụ B", 170.0, 44621, "CSĐT", "B")]  # noqa: DTZ001
    sheet = read_file(written(tmp_path, workbook_bytes(rows), "ds.xlsx"), name="ds.xlsx")
    assert cells(sheet) == [["Vụ A", "169", "28/09/2021", "CSĐT", "A"], ["Vụ B", "170", "44621", "CSĐT", "B"]]


def test_the_heading_may_stand_below_a_title_and_on_a_later_sheet(tmp_path: Path) -> None:
    rows = [("DANH SÁCH VỤ ÁN NĂM 2021",), (), ("STT", *HEADINGS), *((n, *row) for n, row in enumerate(ROWS, 1))]
    sheet = read_file(written(tmp_path, workbook_bytes(rows, before=["Bìa"]), "ds.xlsx"), name="ds.xlsx")
    assert cells(sheet) == [list(row) for row in ROWS]
    assert [line.number for line in sheet.lines] == [4, 5]
    assert sheet.lines[0].cells["init_decision_date"].place == "D4"
    assert sheet.told == ["Đã đọc trang tính “Danh sách”."]
    # the column that counts rows is not worth a word
    assert sheet.unknown == []


def test_a_heading_that_is_none_of_ours_is_named(tmp_path: Path) -> None:
    rows = [(*HEADINGS, "Tình hình dư luận", "Tên vụ án"), (*ROWS[0], "ổn định", "khác")]
    sheet = read_file(written(tmp_path, csv_text(rows)), name="ds.csv")
    # a column that is there twice counts once
    assert sheet.unknown == ["Tình hình dư luận", "Tên vụ án"]
    assert cells(sheet) == [list(ROWS[0])]


@pytest.mark.parametrize(
    "headings",
    [
        ("name", *KEY, "accused"),
        ("NAME", "Init Decision No", "init-decision-date", "initDecisionAgency", "Accused"),
        ("ten vu an", "so quyet dinh khoi to", "ngay qd khoi to", "co quan khoi to", "bi can"),
        ("Tên vụ án", "begin_setnum", "begin_indate", "begin_office", "Bị can"),
        ("TÊN  VỤ ÁN", "Số  QĐ khởi tố", "NGÀY QĐ KHỞI TỐ", "Cơ quan ra quyết định", "Bị can/bị cáo"),
    ],
)
def test_headings_are_understood_whatever_their_spelling(headings: tuple[str, ...], tmp_path: Path) -> None:
    sheet = read_file(written(tmp_path, csv_text([headings, *ROWS])), name="ds.csv")
    assert sheet.columns == NAMES


def test_names_of_the_national_software_are_columns() -> None:
    national = {
        "setnum": "acceptance_number",
        "indate": "handled_at",
        "begin_setnum": "init_decision_no",
        "begin_indate": "init_decision_date",
        "begin_office": "init_decision_agency",
        "crimdate": "crime_date",
        "crimwhere": "crime_place",
        "num_of_pen": "folio_total",
        "evidence": "evidence_summary",
        "special": "is_key_case",
        "rutgon": "is_simplified",
        "legalper": "has_legal_person",
    }
    known = by_heading()
    assert {name: known[plain_heading(name)].name for name in national} == national


def test_no_heading_means_two_columns() -> None:
    known = by_heading()
    for column in columns():
        for heading in column.headings:
            assert known[plain_heading(heading)].name == column.name, heading


def test_a_formula_that_failed_is_no_text(tmp_path: Path) -> None:
    rows = [HEADINGS, ("#N/A", *ROWS[0][1:])]
    sheet = read_file(written(tmp_path, workbook_bytes(rows), "ds.xlsx"), name="ds.xlsx")
    assert is_error(sheet.lines[0].cells["name"].raw)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "rỗng"),
        (b"%PDF-1.7\n\x00\x01\x02", "không phải bảng tính"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "Excel kiểu cũ"),
        (b"PK\x03\x04 not an archive", "bị hỏng"),
        ("Tên vụ án;Ghi chú\r\nA;B\r\n", "không có dòng tiêu đề với các cột: Số quyết định khởi tố"),
        ("một dòng chữ", "không có dòng tiêu đề"),
        (csv_text([HEADINGS]), "không có dòng nào"),
        (csv_text([HEADINGS, ["", " ", ""]]), "không có dòng nào"),
        ('Số QĐKT,Ngày QĐKT,Cơ quan khởi tố\r\n"' + "x" * 200_000 + "\r\n", "không phải CSV đọc được"),
        (bytes(range(128, 256)) * 40, "không phải bảng tính"),
        (b"\xff\xfe\x00\xd8", "không phải bảng tính"),
    ],
)
def test_what_is_no_list_is_refused(content: bytes | str, says: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput) as caught:
        read_file(written(tmp_path, content), name="ds.csv")
    assert says in caught.value.message
    assert "ds.csv" in caught.value.message
    assert caught.value.field == "file"


def test_limits_hold(tmp_path: Path, settings: Any) -> None:
    path = written(tmp_path, csv_text(ALL))
    settings.VKS_MAX_IMPORT_ROWS = 2
    assert len(read_file(path, name="ds.csv").lines) == 2
    settings.VKS_MAX_IMPORT_ROWS = 1
    with pytest.raises(TooLarge, match="quá 1 dòng"):
        read_file(path, name="ds.csv")
    settings.VKS_MAX_IMPORT_ROWS = 100
    settings.VKS_MAX_IMPORT_BYTES = path.stat().st_size - 1
    with pytest.raises(TooLarge):
        read_file(path, name="ds.csv")


GOOD = workbook_bytes(ALL)
_ENTITIES = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>&b;</t></si></sst>"""
_FAR = b"""<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">
<dimension ref="A1:XFD1048576"/><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>x</t></is></c></row>
<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>y</t></is></c></row></sheetData></worksheet>"""


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        # 220 MB of zeros in 220 kB
        (changed_part(GOOD, "xl/media/image1.bin", b"\0" * 220_000_000), TooLarge),
        (changed_part(GOOD, "xl/sharedStrings.xml", _ENTITIES), BadInput),
        (changed_part(GOOD, "xl/worksheets/sheet1.xml", _FAR), BadInput),
        (changed_part(GOOD, "xl/worksheets/sheet1.xml", b"<not xml"), BadInput),
        (changed_part(GOOD, "xl/workbook.xml", b""), BadInput),
        (GOOD[: len(GOOD) // 2], BadInput),
        (changed_part(GOOD, "x", b"")[:-30], BadInput),
    ],
    ids=["bomb", "entities", "a cell at the far end", "no XML", "an empty part", "half", "cut"],
)
def test_a_workbook_made_to_do_harm_is_refused_at_once(content: bytes, refusal: type[BadInput], tmp_path: Path) -> None:
    path = written(tmp_path, content, "ds.xlsx")
    tracemalloc.start()
    began = time.monotonic()
    try:
        with pytest.raises(refusal) as caught:
            read_file(path, name="ds.xlsx")
        took, peak = time.monotonic() - began, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert "ds.xlsx" in caught.value.message
    assert took < 20
    assert peak < 64 * 1024 * 1024


def test_a_size_that_is_a_lie_does_not_get_further(tmp_path: Path) -> None:
    bomb = bytearray(changed_part(GOOD, "xl/media/image1.bin", b"\0" * 50_000_000))
    # the last entry of the directory says it unpacks into one byte
    at = bomb.rindex(b"PK\x01\x02")
    bomb[at + 24 : at + 28] = (1).to_bytes(4, "little")
    sheet = read_file(written(tmp_path, bytes(bomb), "ds.xlsx"), name="ds.xlsx")
    # nobody reads that part, so the list itself is read
    assert cells(sheet) == [list(row) for row in ROWS]
