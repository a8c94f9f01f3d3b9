"""What stands in a cell: read generously, written always the same, and read back as what it was."""

from __future__ import annotations

import datetime as dt
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vks_plugin.exchange.cells import (
    Birth,
    CellError,
    birth_of,
    choice_of,
    day_of,
    flag_of,
    guarded,
    integer_of,
    text_of,
    unguarded,
    written_day,
)

DAY = dt.date(2021, 9, 28)


@pytest.mark.parametrize(
    "raw",
    [
        "28/09/2021",
        "28/9/2021",
        " 28 / 09 / 2021 ",
        "28-09-2021",
        "28.09.2021",
        "2021-09-28",
        "2021-09-28T00:00:00",
        "2021-09-28 00:00:00",
        "ngày 28 tháng 9 năm 2021",
        unicodedata.normalize("NFD", "Ngày 28 tháng 09 năm 2021"),
        "44467",
        44467,
        44467.0,
        DAY,
        dt.datetime(2021, 9, 28, 7, 30),  # noqa: DTZ001 - a workbook knows no time zone
    ],
)
def test_a_day_is_read_however_it_is_written(raw: object) -> None:
    assert day_of(raw) == DAY  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "raw",
    [
        "31/02/2021",
        "9/28/2021",
        "28/09/21",
        "2021",
        "09/2021",
        "hôm qua",
        "28/09/0021",
        "28/09/9999",
        "123",
        5e9,
        "1e5",
    ],
)
def test_what_is_no_day_is_refused_and_not_guessed(raw: object) -> None:
    with pytest.raises(CellError) as caught:
        day_of(raw)  # type: ignore[arg-type]
    assert str(caught.value)


def test_the_first_days_of_excel_are_those_it_shows() -> None:
    # it shows 1 as 01/01/1900, 59 as 28/02/1900 and, after a day that never was, 61 as 01/03/1900
    assert [day_of(number) for number in (1, 59, 61)] == [
        dt.date(1900, 1, 1),
        dt.date(1900, 2, 28),
        dt.date(1900, 3, 1),
    ]


@given(st.dates(min_value=dt.date(1900, 1, 1), max_value=dt.date(2200, 12, 31)))
def test_a_written_day_reads_back(day: dt.date) -> None:
    assert day_of(written_day(day)) == day
    assert day_of(day.isoformat()) == day


@pytest.mark.parametrize(
    ("raw", "meant"),
    [("x", True), ("Có", True), ("TRUE", True), (True, True), (1, True), ("không", False), ("0", False), ("-", False)],
)
def test_marks(raw: object, meant: bool) -> None:
    assert flag_of(raw) is meant  # type: ignore[arg-type]


def test_an_empty_cell_says_nothing() -> None:
    assert (day_of(""), flag_of(None), integer_of(" "), choice_of("", [("a", "A")])) == (None, None, None, "")
    assert birth_of("") == Birth()


@pytest.mark.parametrize("raw", ["có lẽ", "2", "xx"])
def test_what_is_neither_yes_nor_no_is_refused(raw: str) -> None:
    with pytest.raises(CellError):
        flag_of(raw)


def test_a_choice_is_known_by_value_or_label_without_accents() -> None:
    choices = [("truy_to", "Truy tố"), ("dieu_tra", "Điều tra")]
    assert [choice_of(each, choices) for each in ("dieu_tra", "điều tra", "DIEU TRA", "Truy  tố")] == [
        "dieu_tra",
        "dieu_tra",
        "dieu_tra",
        "truy_to",
    ]
    with pytest.raises(CellError, match="Truy tố; Điều tra"):
        choice_of("xét hỏi", choices)


@pytest.mark.parametrize(("raw", "text"), [(169, "169"), (169.0, "169"), (1.5, "1.5"), (" a \n b ", "a b"), (None, "")])
def test_numbers_of_decisions_come_as_numbers_from_workbooks(raw: object, text: str) -> None:
    assert text_of(raw) == text  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("1990", "1990"),
        ("năm 1990", "1990"),
        ("12/05/1990", "12/05/1990"),
        ("05/1990", "05/1990"),
        ("tháng 5/1990", "05/1990"),
        ("quý II/1990", "quý 2/1990"),
        ("Quý 2 năm 1990", "quý 2/1990"),
        ("nửa đầu năm 1990", "nửa đầu 1990"),
        ("6 tháng cuối năm 1990", "nửa cuối 1990"),
    ],
)
def test_a_birth_is_as_exact_as_it_was_said(text: str, written: str) -> None:
    birth = birth_of(text)
    assert str(birth) == written
    assert str(birth_of(written)) == written


@pytest.mark.parametrize("text", ["199", "13/1990", "quý 5/1990", "khoảng 1990", "1990-1991", "0000"])
def test_what_is_no_birth_is_refused(text: str) -> None:
    with pytest.raises(CellError):
        birth_of(text)


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+84 912", "-5", "@SUM(A1)", '=HYPERLINK("http://x")', "'=1", "''@x", "\t=1", "＝1+1"],
)
def test_what_would_run_as_a_formula_does_not(text: str) -> None:
    safe = guarded(text)
    assert safe == f"'{text}"
    assert unguarded(safe) == text


@given(st.text())
def test_the_guard_comes_off_as_it_went_on(text: str) -> None:
    safe = guarded(text)
    assert unguarded(safe) == text
    assert not safe.startswith(("=", "+", "-", "@", "\t", "\r"))


@pytest.mark.parametrize("text", ["'tên trong nháy'", "Nguyễn Văn A", "12/QĐ-CSĐT"])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert guarded(text) == unguarded(text) == text
