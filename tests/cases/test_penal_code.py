"""The penal code: the table against the law, what typed texts refer to, and what is proposed for them."""

from __future__ import annotations

import datetime as dt

import pytest

from vks_plugin.cases.penal_code import (
    article,
    class_of_penalty,
    crime_class,
    heaviest,
    suggest,
    version_of,
    version_on,
    versions,
)
from vks_plugin.errors import BadInput

V2017 = "blhs_2015_2017"
V2025 = "blhs_2015_2025"


# --- versions


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2000-07-01", "blhs_1999"),
        ("2017-12-31", "blhs_1999"),
        ("2018-01-01", V2017),
        ("2025-06-30", V2017),
        ("2025-07-01", V2025),
        ("2999-01-01", V2025),
    ],
)
def test_the_version_is_that_of_the_day_of_the_offence(day: str, expected: str) -> None:
    found = version_on(dt.date.fromisoformat(day))
    assert found is not None
    assert found.id == expected


def test_before_the_oldest_version_there_is_none() -> None:
    assert version_on(dt.date(2000, 6, 30)) is None


def test_versions_follow_one_another_without_a_gap() -> None:
    for earlier, later in zip(versions(), versions()[1:], strict=False):
        assert earlier.valid_to is not None
        assert earlier.valid_to + dt.timedelta(days=1) == later.valid_from
    assert versions()[-1].valid_to is None


def test_the_code_of_1999_is_a_name_without_a_table() -> None:
    assert version_of("blhs_1999").has_articles is False
    assert article("blhs_1999", "138") is None
    assert crime_class("blhs_1999", "138", 1) is None
    assert suggest("trộm cắp", version="blhs_1999") == ()


def test_a_version_that_does_not_exist_is_refused() -> None:
    with pytest.raises(BadInput) as refused:
        article("blhs_2030", "173")
    assert refused.value.field == "code_version"


# --- classes


@pytest.mark.parametrize(
    ("years", "expected"),
    [(0, "A"), (3, "A"), (4, "B"), (7, "B"), (8, "C"), (15, "C"), (16, "D"), (20, "D"), (None, None)],
)
def test_the_class_is_that_of_article_9(years: int | None, expected: str | None) -> None:
    assert class_of_penalty(years) == expected


def test_life_and_death_are_the_heaviest_class_whatever_the_years() -> None:
    assert class_of_penalty(15, life=True) == "D"
    assert class_of_penalty(None, death=True) == "D"


def test_a_case_has_the_heaviest_class_of_its_charges() -> None:
    assert heaviest(["A", "C", "B"]) == "C"
    assert heaviest(["D", "A"]) == "D"
    assert heaviest([None, "B", None]) == "B"
    assert heaviest([]) is None
    assert heaviest([None]) is None
