"""People in one cell: the syntax that is documented, what is refused, and that what is written reads back."""

from __future__ import annotations

import datetime as dt
import unicodedata
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vks_plugin.cases.penal_code import POINTS
from vks_plugin.cases.persons import BirthPrecision
from vks_plugin.exchange.cells import Birth, CellError
from vks_plugin.exchange.people import GivenCharge, GivenPerson, read_charges, read_people, written_people
from vks_plugin.text import one_line

THEFT = GivenCharge("173", 2)


def test_the_example_of_the_manual() -> None:
    people = read_people("Nguyễn Văn A (1990, nam): 173.2; Trần Thị B (12/05/1991, nữ): 173.1, 134.2.a")
    assert people == (
        GivenPerson("Nguyễn Văn A", Birth(None, "", 1990), "nam", charges=(THEFT,)),
        GivenPerson(
            "Trần Thị B",
            Birth(dt.date(1991, 5, 12), BirthPrecision.DAY),
            "nu",
            charges=(GivenCharge("173", 1), GivenCharge("134", 2, ("a",))),
        ),
    )


@pytest.mark.parametrize(
    "text",
    [
        "Nguyễn Văn A; Trần Thị B",
        "Nguyễn Văn A\nTrần Thị B",
        "1. Nguyễn Văn A\n2. Trần Thị B\n",
        "1) Nguyễn Văn A;  2) Trần Thị B;",
        unicodedata.normalize("NFD", "Nguyễn Văn A ; Trần Thị B"),
    ],
)
def test_people_are_told_apart(text: str) -> None:
    assert [person.name for person in read_people(text)] == ["Nguyễn Văn A", "Trần Thị B"]


@pytest.mark.parametrize(
    "about",
    ["nam, 1990", "1990, nam", "Nam,1990", "SN 1990, nam", "sinh năm 1990, NAM", "sn: 1990; nam".replace(";", ",")],
)
def test_what_is_said_of_a_person_has_no_order(about: str) -> None:
    assert read_people(f"Lê C ({about})") == (GivenPerson("Lê C", Birth(None, "", 1990), "nam"),)


@pytest.mark.parametrize(
    ("text", "charges"),
    [
        ("173.2", [("173", 2, "")]),
        ("Điều 173 khoản 2", [("173", 2, "")]),
        ("k2 đ173", [("173", 2, "")]),
        ("các điểm a, b khoản 2 Điều 173 BLHS", [("173", 2, "ab")]),
        ("điểm đ khoản 2 Điều 173", [("173", 2, "đ")]),
        ("173.2, 134.1", [("173", 2, ""), ("134", 1, "")]),
        ("173.2,134.1", [("173", 2, ""), ("134", 1, "")]),
        ("173.2; 134.1", [("173", 2, ""), ("134", 1, "")]),
        ("khoản 2 Điều 173, khoản 1 Điều 134", [("173", 2, ""), ("134", 1, "")]),
        ("Điều 173 khoản 2 điểm a, b, Điều 134 khoản 1", [("173", 2, "ab"), ("134", 1, "")]),
        ("173", [("173", None, "")]),
        ("217a.2", [("217a", 2, "")]),
        ("Trộm cắp tài sản", [("173", None, "")]),
        ("tội trom cap tai san", [("173", None, "")]),
        ("173.2, 173.2", [("173", 2, "")]),
        ("", []),
    ],
)
def test_charges_are_read_as_people_write_them(text: str, charges: list[tuple[str, int | None, str]]) -> None:
    assert [(each.article, each.clause, "".join(each.points)) for each in read_charges(text)] == charges


@pytest.mark.parametrize(
    "text",
    [
        "Nguyễn Văn A, Trần Thị B",
        "Nguyễn Văn A (1990, nam): 173.2; 134.1",
        "Nguyễn Văn A (bị can đầu vụ)",
        "Nguyễn Văn A (1990) nam",
        "Nguyễn Văn A: theo danh sách",
        "Nguyễn Văn A: khoản 2",
        "(1990, nam): 173.2",
        ": 173.2",
        "123",
    ],
)
def test_what_is_not_understood_is_refused_and_quoted(text: str) -> None:
    with pytest.raises(CellError) as caught:
        read_people(text)
    assert "“" in str(caught.value)


def test_charges_belong_to_the_accused_alone() -> None:
    with pytest.raises(CellError):
        read_people("Trần Thị B: 173.2", charged=False)


def test_too_many_people_for_a_cell() -> None:
    with pytest.raises(CellError):
        read_people(";".join(f"Người {number}" for number in range(501)))


def test_a_name_with_marks_stands_in_quotes() -> None:
    person = GivenPerson('Công ty TNHH "A; B" (Việt Nam)', is_legal_person=True, charges=(THEFT,))
    written = written_people([person, GivenPerson("Lê C")])
    assert written == '"Công ty TNHH ""A; B"" (Việt Nam)" (pháp nhân): 173.2; Lê C'
    assert read_people(written) == (person, GivenPerson("Lê C"))


_NAMES = (
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn", "Co"]), min_size=1, max_size=30)
    .map(one_line)
    .filter(lambda name: any(letter.isalpha() for letter in name))
)
_DAYS = st.dates(min_value=dt.date(1900, 1, 1), max_value=dt.date(2200, 12, 31))
_BIRTHS = st.one_of(
    st.just(Birth()),
    st.integers(1900, 2200).map(lambda year: Birth(None, "", year)),
    st.builds(Birth, _DAYS, st.sampled_from(list(BirthPrecision))),
)
_CHARGES = st.builds(
    GivenCharge,
    article=st.one_of(st.integers(1, 426).map(str), st.sampled_from(["217a", "256a"])),
    clause=st.one_of(st.none(), st.integers(1, 9)),
    points=st.lists(st.sampled_from(POINTS), max_size=3, unique=True).map(tuple),
    name=st.sampled_from(["", "Trộm cắp tài sản", "Mua bán, tàng trữ trái phép"]),
    code_version=st.sampled_from(["", "blhs_1999"]),
)
_PEOPLE = st.builds(
    GivenPerson,
    name=_NAMES,
    birth=_BIRTHS,
    sex=st.sampled_from(["", "nam", "nu"]),
    is_legal_person=st.booleans(),
    charges=st.lists(_CHARGES, max_size=3, unique=True).map(tuple),
)


@given(st.lists(_PEOPLE, max_size=4))
def test_what_is_written_reads_back(people: list[GivenPerson]) -> None:
    read = read_people(written_people(people))
    assert [(each.key, each.sex, each.is_legal_person, each.charges) for each in read] == [
        (each.key, each.sex, each.is_legal_person, each.charges) for each in people
    ]
    assert [each.name for each in read] == [each.name for each in people]


@given(st.text(max_size=120))
def test_no_text_does_anything_but_read_or_be_refused(text: str) -> None:
    with suppress(CellError):
        read_people(text)
