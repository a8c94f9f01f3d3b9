"""The penal code: the table against the law, what typed texts refer to, and what is proposed for them."""

from __future__ import annotations

import datetime as dt
import re
import time
import unicodedata
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vks_plugin.cases.penal_code import (
    POINTS,
    ChargeReference,
    Suggestion,
    article,
    charge_label,
    class_of_penalty,
    crime_class,
    heaviest,
    parse_reference,
    parse_references,
    parse_versions,
    suggest,
    version_of,
    version_on,
    versions,
)
from vks_plugin.errors import BadInput
from vks_plugin.text import folded, one_line

V2017 = "blhs_2015_2017"
V2025 = "blhs_2015_2025"
VERSION = {"id": "code", "name": "Bộ luật", "valid_from": "2018-01-01", "valid_to": None}

both = pytest.mark.parametrize("version", [V2017, V2025])


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
    assert [each.id for each in versions()] == ["blhs_1999", V2017, V2025]
    for earlier, later in pairwise(versions()):
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
    assert heaviest([None, "B", ""]) == "B"
    assert heaviest([]) is None
    assert heaviest([None]) is None


# --- the table, whole


@pytest.mark.parametrize(("version", "added"), [(V2017, {"217a"}), (V2025, {"217a", "256a"})])
def test_every_article_from_108_to_425_is_there(version: str, added: set[str]) -> None:
    numbers = list(version_of(version).articles)
    assert set(numbers) == {str(number) for number in range(108, 426)} | added
    assert numbers[numbers.index("217") + 1] == "217a"
    assert numbers[-1] == "425"


@both
def test_what_defines_no_offence_is_known_as_such(version: str) -> None:
    kinds = {each.number: each.kind for each in version_of(version).articles.values() if each.kind != "offence"}
    assert kinds == {
        "122": "provision",
        "352": "provision",
        "367": "provision",
        "392": "provision",
        "292": "repealed",
    }


@both
def test_names_are_whole_and_composed(version: str) -> None:
    names = [each.name for each in version_of(version).articles.values()]
    assert len(set(names)) == len(names)
    for each in version_of(version).articles.values():
        assert each.name == unicodedata.normalize("NFC", each.name)
        assert each.name == one_line(each.name)
        assert each.kind != "offence" or re.match(r"Tội \w", each.name)
        assert not re.search(r"[\d.,;:(]$|\s$", each.name)


@both
def test_clauses_are_numbered_from_one_and_a_gap_is_an_additional_penalty(version: str) -> None:
    gaps = {}
    for each in version_of(version).articles.values():
        numbers = [clause.number for clause in each.clauses]
        if numbers != list(range(1, len(numbers) + 1)):
            gaps[each.number] = numbers
    # the clause left out is the one on additional penalties
    assert gaps == {"353": [1, 2, 3, 4, 6], "354": [1, 2, 3, 4, 6], "364": [1, 2, 3, 4, 6], "365": [1, 2, 3, 4, 7]}


@both
def test_every_clause_with_a_penalty_has_the_class_of_article_9(version: str) -> None:
    for each in version_of(version).articles.values():
        for clause in each.clauses:
            if clause.max_years is None:
                continue
            assert clause.max_years in range(21)
            above = clause.life or clause.death
            expected = (
                "D" if above or clause.max_years > 15 else "CBA"[(clause.max_years <= 7) + (clause.max_years <= 3)]
            )
            assert clause.crime_class == expected, f"{each.number}.{clause.number}"


@both
def test_only_clauses_that_refer_to_the_others_have_no_class(version: str) -> None:
    without = {
        (each.number, clause.number)
        for each in version_of(version).articles.values()
        for clause in each.clauses
        if clause.crime_class is None
    }
    assert without == {("113", 4), ("353", 6), ("354", 6), ("364", 6), ("365", 7)}
    assert all(version_of(version).articles[number].clause(clause).note for number, clause in without)  # type: ignore[union-attr]


@both
def test_preparation_is_punished_where_article_14_says_so(version: str) -> None:
    named = "108 109 110 111 112 113 114 115 116 117 118 119 120 121 123 134 168 169 207 299 300 301 302 303 324"
    found = [each for each in version_of(version).articles.values() if any(c.preparation for c in each.clauses)]
    assert [each.number for each in found] == named.split()
    for each in found:
        assert [clause.number for clause in each.clauses if clause.preparation] == [each.clauses[-1].number]


def test_the_death_penalty_stands_where_the_law_has_it() -> None:
    def found(version: str) -> list[str]:
        return [each.number for each in version_of(version).articles.values() if any(c.death for c in each.clauses)]

    assert found(V2017) == [
        "108",
        "109",
        "110",
        "112",
        "113",
        "114",
        "123",
        "142",
        "194",
        "248",
        "250",
        "251",
        "299",
        "353",
        "354",
        "421",
        "422",
        "423",
    ]
    assert found(V2025) == ["108", "112", "113", "123", "142", "248", "251", "299", "422", "423"]


@both
def test_a_clause_is_milder_than_the_one_before_only_where_the_law_is_so(version: str) -> None:
    milder: dict[str, list[int]] = {}
    for each in version_of(version).articles.values():
        clauses = [clause for clause in each.clauses if not clause.preparation and clause.max_years is not None]
        for first, second in pairwise(clauses):
            if (second.death, second.life, second.max_years) <= (first.death, first.life, first.max_years):
                milder.setdefault(each.number, []).append(second.number)
    assert milder == {
        # accomplices, mitigating circumstances, lesser acts
        **{
            number: [2]
            for number in ["108", "109", "110", "111", "112", "114", "115", "116", "118", "119", "421", "422", "423"]
        },
        "113": [2, 3],
        "299": [2, 3],
        # without aggravating circumstances; abandoning a newborn child
        "123": [2],
        "124": [2],
        # a victim of 16 or 17
        "141": [4],
        "143": [4],
        # nothing happened yet, but it well might have
        **{
            number: [4]
            for number in ["260", "261", "267", "268", "272", "273", "278", "295", "307", "310", "313", "314"]
        },
    }


def test_what_was_not_read_in_a_text_of_the_code_is_marked() -> None:
    unverified = {
        (version.id, each.number)
        for version in versions()
        for each in version.articles.values()
        if not each.verified or not all(clause.verified for clause in each.clauses)
    }
    assert unverified == {(V2017, "292"), (V2025, "292")}


def test_no_class_changed_in_2025() -> None:
    before, after = version_of(V2017).articles, version_of(V2025).articles
    for number, each in before.items():
        for clause in each.clauses:
            assert crime_class(V2025, number, clause.number) == clause.crime_class
    assert [number for number in after if number not in before] == ["256a"]
    added = {n: len(after[n].clauses) - len(before[n].clauses) for n in before if after[n] != before[n]}
    assert {number for number, more in added.items() if more} == {"248", "251"}


# --- the table, against the law as it is known

LAW = {
    "108": "DCb",
    "123": "DCb",
    "124": "AA",
    "125": "AB",
    "128": "BC",
    "134": "ABCCDa",
    "141": "BCDC",
    "142": "CDD",
    "143": "BCDB",
    "144": "CCD",
    "145": "BCC",
    "146": "ABC",
    "150": "CCD",
    "151": "CDD",
    "155": "AAB",
    "157": "ABC",
    "168": "CCDDb",
    "169": "BCDDb",
    "170": "BCCD",
    "171": "BCCD",
    "172": "ABCD",
    "173": "ABCD",
    "174": "ABCD",
    "175": "ABCD",
    "178": "ABCD",
    "188": "ABCD",
    "190": "BCC",
    "193": "BCCD",
    "194": "BCDD",
    "200": "AAB",
    "201": "AA",
    "206": "ABCD",
    "207": "BCDa",
    "217a": "AB",
    "227": "AB",
    "244": "BCC",
    "248": "BCDD",
    "249": "BCCD",
    "250": "BCDD",
    "251": "BCDD",
    "255": "BCDD",
    "256": "BC",
    "260": "BCCA",
    "290": "ABCD",
    "295": "BBCA",
    "304": "BCCD",
    "305": "BCCD",
    "318": "AB",
    "321": "AB",
    "322": "BC",
    "323": "ABCC",
    "327": "BCCD",
    "328": "ABC",
    "330": "AB",
    "341": "ABB",
    "348": "BCC",
    "353": "BCDD-",
    "354": "BCDD-",
    "355": "BCDD",
    "360": "BBC",
    "364": "ABCD-",
    "386": "AC",
}
"""The classes of the clauses in turn; small: preparation, `-`: no penalty of its own."""


@pytest.mark.parametrize(("number", "expected"), LAW.items())
def test_well_known_articles_have_the_classes_practice_knows(number: str, expected: str) -> None:
    found = article(V2017, number)
    assert found is not None
    letters = [(clause.crime_class or "-", clause.preparation) for clause in found.clauses]
    assert "".join(letter.lower() if preparation else letter for letter, preparation in letters) == expected


@pytest.mark.parametrize(
    ("place", "years", "life"),
    [
        ("125.2", 7, False),
        ("132.2", 5, False),
        ("132.3", 7, False),
        ("134.2", 6, False),
        ("134.4", 14, False),
        ("140.1", 2, False),
        ("143.3", 18, False),
        ("163.2", 3, False),
        ("169.3", 18, False),
        ("173.3", 15, False),
        ("174.4", 20, True),
        ("175.3", 12, False),
        ("178.3", 10, False),
        ("206.3", 12, False),
        ("207.2", 12, False),
        ("207.3", 20, True),
        ("253.2", 13, False),
        ("282.3", 20, True),
        ("313.2", 8, False),
        ("353.4", 20, True),
        ("355.1", 6, False),
    ],
)
def test_highest_penalties_as_they_are_known(place: str, years: int, life: bool) -> None:
    number, clause = place.split(".")
    found = version_of(V2017).articles[number].clause(int(clause))
    assert found is not None
    assert (found.max_years, found.life) == (years, life)


def test_reform_without_detention_and_fines_are_no_prison() -> None:
    none = {
        each.number for each in version_of(V2017).articles.values() if each.clauses and each.clauses[0].max_years == 0
    }
    known = "135 136 138 155 159 165 179 180 183 197 198 201 204 205 213 225 226 231 264 284 291 293 294 336 362"
    assert none == set(known.split())


def test_the_new_clauses_of_2025() -> None:
    assert [crime_class(V2025, "256a", clause) for clause in (1, 2, 3)] == ["A", "B", None]
    assert [crime_class(V2025, "251", clause) for clause in (4, 5)] == ["D", "D"]
    assert crime_class(V2017, "256a", 1) is None
    assert crime_class(V2017, "251", 5) is None


def test_a_class_needs_the_clause_unless_there_is_only_one() -> None:
    assert crime_class(V2017, "173", None) is None
    assert crime_class(V2017, "184", None) == "B"
    assert crime_class(V2017, 173, 2) == "B"
    assert crime_class(V2017, "173", 9) is None
    assert crime_class(V2017, "999", 1) is None
    assert crime_class(V2017, "292", 1) is None
    assert crime_class(V2017, " 217A ", 2) == "B"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"clauses": [{"clause": 1, "years": "3"}]}, "no number of years"),
        ({"clauses": [{"clause": 1, "years": 300}]}, "no number of years"),
        ({"clauses": []}, "does not go with 0 clauses"),
        ({"kind": "repealed"}, "does not go with 1 clauses"),
        ({"kind": "other"}, "does not go with 1 clauses"),
    ],
)
def test_a_row_that_says_nothing_sensible_is_refused(change: dict[str, Any], sentence: str) -> None:
    row = {"article": "173", "name": "Tội trộm cắp tài sản", "chapter": "XVI", "clauses": [{"clause": 1, "years": 3}]}
    table = {"chapters": {"XVI": "SỞ HỮU"}, "versions": [{**VERSION, "articles": [row]}]}
    assert parse_versions(table)[0].articles["173"].clauses[0].crime_class == "A"
    table["versions"] = [{**VERSION, "articles": [row | change]}]
    with pytest.raises(ValueError, match=sentence):
        parse_versions(table)


def test_an_article_that_stands_twice_is_refused() -> None:
    row = {"article": "173", "name": "Tội trộm cắp tài sản", "chapter": "XVI", "clauses": [{"clause": 1, "years": 3}]}
    with pytest.raises(ValueError, match="twice"):
        parse_versions({"chapters": {"XVI": "SỞ HỮU"}, "versions": [{**VERSION, "articles": [row, row]}]})


# --- what people type


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("173", [("173", None, "")]),
        ("173.2", [("173", 2, "")]),
        ("173.2.a", [("173", 2, "a")]),
        ("173.2đ", [("173", 2, "đ")]),
        ("173/2", [("173", 2, "")]),
        ("173 2 a", [("173", 2, "a")]),
        ("217a.2", [("217a", 2, "")]),
        ("điều 173 khoản 2 điểm a", [("173", 2, "a")]),
        ("Dieu 173 khoan 2 diem a", [("173", 2, "a")]),
        ("ĐIỀU 173 KHOẢN 2", [("173", 2, "")]),
        ("k2 đ173", [("173", 2, "")]),
        ("k2d173", [("173", 2, "")]),
        ("đ.a k.2 đ.173", [("173", 2, "a")]),
        ("đ173k2", [("173", 2, "")]),
        ("điểm a, b khoản 2 Điều 173 BLHS", [("173", 2, "ab")]),
        ("các điểm a, d và đ khoản 2 Điều 134 Bộ luật Hình sự năm 2015", [("134", 2, "adđ")]),
        ("khoản 2 Điều 173 (sửa đổi, bổ sung năm 2017)", [("173", 2, "")]),
        ("khoản 1, 2 Điều 249", [("249", 1, ""), ("249", 2, "")]),
        ("điểm a khoản 2 và khoản 3 Điều 174", [("174", 2, "a"), ("174", 3, "")]),
        ("Điều 174 khoản 2 điểm a, khoản 3", [("174", 2, "a"), ("174", 3, "")]),
        ("khoản 2 Điều 173, điểm a khoản 1 Điều 134", [("173", 2, ""), ("134", 1, "a")]),
        ("Điều 173 khoản 2; Điều 134 khoản 1 điểm đ", [("173", 2, ""), ("134", 1, "đ")]),
        ("Tội trộm cắp tài sản (Điều 173)", [("173", None, "")]),
        ("Điều 8 BLHS 1999", [("8", None, "")]),
        ("trộm cắp khoản 2", [("", 2, "")]),
        # numbers that are no articles
        ("chiếm đoạt 200.000.000 đồng", []),
        ("Quyết định số 173/2021/QĐ", []),
        ("ngày 12/05/2021", []),
        ("năm 2015", []),
        ("0912345678", []),
        ("Điều 0 khoản 0", []),
        # letters that are no points
        ("lật đổ", []),
        ("đe dọa", []),
        ("điểm ể khoản 2 Điều 173", [("173", 2, "")]),
        ("", []),
        ("đ", []),
        (". , ; – ( )", []),
    ],
)
def test_a_typed_text_is_read_as_its_author_means_it(text: str, expected: list[tuple[str, int | None, str]]) -> None:
    references = [ChargeReference(number, clause, tuple(points)) for number, clause, points in expected]
    assert list(parse_references(text)) == references
    assert list(parse_references(unicodedata.normalize("NFD", text))) == references
    assert parse_reference(text) == (references[0] if references else None)


def test_every_charge_is_read_back_however_it_is_cited() -> None:
    for version in versions():
        for each in version.articles.values():
            for clause in each.clauses:
                for points in ((), ("a",), ("d", "đ")):
                    meant = Suggestion(version.id, each, clause, points).reference
                    assert parse_references(charge_label(each, clause, points)) == (meant,)
                    if each.numbered:
                        listed = f"điểm {', '.join(points)} " if points else ""
                        assert parse_reference(f"{listed}khoản {clause.number} Điều {each.number} BLHS") == meant


@given(st.text(max_size=200))
def test_garbage_is_read_without_an_error(text: str) -> None:
    for reference in parse_references(text):
        assert reference.article or reference.clause or reference.points
        assert set(reference.points) <= set(POINTS)
    suggest(text, version=V2025)


@given(st.lists(st.sampled_from(["điều", "khoản", "điểm", "đ", "k", "173", "2", "a", ",", ".", "và", " ", "trộm"])))
def test_garbage_of_the_right_words_is_read_without_an_error(words: list[str]) -> None:
    suggest("".join(words), version=V2025)
    suggest(" ".join(words), version=V2025)


@pytest.mark.parametrize(
    "unit", ["173 ", "điểm a, ", "khoản 1, ", "Điều 173 khoản 2 ", "trộm cắp ", "e\u0301\u0301", "1", "đ "]
)
def test_a_huge_text_is_cut_before_it_is_read(unit: str) -> None:
    huge = unit * (2_000_000 // len(unit))
    start = time.process_time()
    references = parse_references(huge)
    suggestions = suggest(huge, version=V2025)
    assert time.process_time() - start < 2
    assert len(references) <= 20
    assert len(suggestions) <= 10


# --- what is proposed


def _places(text: str, version: str = V2017, limit: int = 10) -> list[str]:
    found = suggest(text, version=version, limit=limit)
    return [each.article.number + (f".{each.clause.number}" if each.clause else "") for each in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("173.2", ["173.2"]),
        ("k2 đ173", ["173.2"]),
        ("173", ["173.1", "173.2", "173.3", "173.4"]),
        ("điều 173 khoản 9", ["173.1", "173.2", "173.3", "173.4"]),
        ("184", ["184.1"]),
        ("217a", ["217a.1", "217a.2"]),
        ("trom cap", ["173.1", "173.2", "173.3", "173.4"]),
        ("trộm cắp tài sản khoản 2", ["173.2"]),
        ("khoản 3 trom cap", ["173.3"]),
        ("khoản 2 Điều 173, khoản 1 Điều 134", ["173.2", "134.1"]),
        # being typed
        ("trom ca", ["173.1", "173.2", "173.3", "173.4"]),
        ("17", ["170", "171", "172", "173", "174", "175", "176", "177", "178", "179"]),
        # no offence, or none at all
        ("292", []),
        ("352", []),
        ("999", []),
        ("256a", ["256.1", "256.2"]),
        ("xyz", []),
        ("Bộ luật Hình sự", []),
        ("", []),
    ],
)
def test_suggestions_are_those_expected(text: str, expected: list[str]) -> None:
    assert _places(text) == expected
    assert _places(unicodedata.normalize("NFD", text)) == expected


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("tang tru ma tuy", "249"),
        ("tàng trữ trái phép chất ma túy", "249"),
        ("mua ban ma tuy", "251"),
        ("buôn bán ma tuý", "251"),
        ("van chuyen ma tuy", "250"),
        ("giet nguoi", "123"),
        ("cuop", "168"),
        ("cướp giật", "171"),
        ("co y gay thuong tich", "134"),
        ("hiếp dâm", "141"),
        ("hiếp dâm trẻ em", "142"),
        ("lừa đảo", "174"),
        ("lam dung tin nhiem", "175"),
        ("danh bac", "321"),
        ("to chuc danh bac", "322"),
        ("gây rối", "318"),
        ("chong nguoi thi hanh cong vu", "330"),
        ("tai nan giao thong", "260"),
        ("tham ô", "353"),
        ("đưa hối lộ", "364"),
        ("nhan hoi lo", "354"),
        ("buon lau", "188"),
        ("gia mao trong cong tac", "359"),
        ("tín dụng đen", "201"),
    ],
)
def test_words_of_the_day_find_their_article_first(text: str, first: str) -> None:
    assert _places(text)[0].split(".")[0] == first


def test_every_offence_is_found_first_by_its_name_with_and_without_accents() -> None:
    for version in (V2017, V2025):
        for each in version_of(version).articles.values():
            if each.kind == "offence":
                for text in (each.name, folded(each.name), unicodedata.normalize("NFD", each.name.upper())):
                    assert suggest(text, version=version)[0].article == each


@pytest.mark.parametrize("word", ["tiền", "tiện", "biển", "biên", "giả"])
def test_the_tones_typed_decide_between_words_alike_without_them(word: str) -> None:
    found = suggest(word, version=V2017)
    assert word in re.findall(r"\w+", found[0].article.name.lower())


def test_a_list_that_would_not_fit_leaves_the_clause_open() -> None:
    found = suggest("ma túy", version=V2017)
    assert len(found) == 10
    assert all(each.clause is None and each.crime_class is None for each in found)
    assert _places("ma túy", limit=3) == _places("ma túy")[:3]


def test_a_suggestion_says_what_is_chosen() -> None:
    (found,) = suggest("điểm b, a k2 đ173", version=V2017)
    assert found.label == "Điều 173 khoản 2 điểm b, a – Tội trộm cắp tài sản (tội phạm nghiêm trọng)"
    assert (found.reference, found.crime_class, found.verified) == (ChargeReference("173", 2, ("b", "a")), "B", True)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("173.2", "Điều 173 khoản 2 – Tội trộm cắp tài sản (tội phạm nghiêm trọng)"),
        ("123.3", "Điều 123 khoản 3 – Tội giết người (chuẩn bị phạm tội; tội phạm nghiêm trọng)"),
        ("123.1", "Điều 123 khoản 1 – Tội giết người (tội phạm đặc biệt nghiêm trọng)"),
        ("168.1", "Điều 168 khoản 1 – Tội cướp tài sản (tội phạm rất nghiêm trọng)"),
        ("173.1", "Điều 173 khoản 1 – Tội trộm cắp tài sản (tội phạm ít nghiêm trọng)"),
        ("184", "Điều 184 – Tội loạn luân (tội phạm nghiêm trọng)"),
        ("354.6", "Điều 354 khoản 6 – Tội nhận hối lộ (chưa xác định loại tội phạm)"),
    ],
)
def test_labels(text: str, label: str) -> None:
    assert [each.label for each in suggest(text, version=V2017)] == [label]


def test_the_same_words_give_what_the_version_has() -> None:
    assert _places("sử dụng trái phép chất ma túy", V2025)[:2] == ["256a.1", "256a.2"]
    assert "256a" not in {place.split(".")[0] for place in _places("sử dụng trái phép chất ma túy", V2017)}
    assert _places("251", V2025)[-1] == "251.5"


def test_the_page_about_the_table_has_its_figures() -> None:
    page = (Path(__file__).parents[2] / "docs" / "penal-code.md").read_text(encoding="utf-8")
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if line[:1] == "|"]
    rows = {row[0]: row[1:] for row in cells}
    assert rows["Mã phiên bản"] == [f"`{version.id}`" for version in versions()]
    assert [dt.datetime.strptime(cell, "%d/%m/%Y").date() for cell in rows["Hành vi phạm tội từ ngày"]] == [  # noqa: DTZ007 - a day has no zone
        version.valid_from for version in versions()
    ]
    tables = [list(version.articles.values()) for version in versions() if version.has_articles]
    assert [cell.split(" ")[0] for cell in rows["Số điều"][1:]] == [str(len(each)) for each in tables]
    offences = [sum(each.kind == "offence" for each in table) for table in tables]
    assert rows["trong đó quy định tội phạm"][1:] == [str(number) for number in offences]
    assert rows["Số khoản"][1:] == [str(sum(len(each.clauses) for each in table)) for table in tables]
    assert "hơn 60 điều" in page
    assert len(LAW) > 60
