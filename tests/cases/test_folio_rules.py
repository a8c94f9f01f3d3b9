"""Numbering once over the whole file, as pure rules."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vks_plugin.cases.folios import (
    ChangedMeanwhileError,
    FolioError,
    Label,
    NumberedOnceError,
    Unnumbered,
    check_added,
    check_correction,
    check_order,
    check_start,
    cited,
    next_number,
    number_pages,
    numbered_pages,
    parse_label,
    parse_labels,
    parse_pages,
    propose_volumes,
    proposed_order,
)

labels = st.builds(Label, st.integers(1, 300), st.sampled_from(["", "", "", "a", "b", "aa"]))
documents = st.lists(
    st.tuples(st.integers(1, 8), st.sets(st.integers(1, 8), max_size=8)).map(
        lambda pair: (pair[0], frozenset(page for page in pair[1] if page <= pair[0]))
    ),
    min_size=1,
    max_size=12,
).map(
    lambda rows: [
        Unnumbered(document=number, pages=pages, without=without)
        for number, (pages, without) in enumerate(rows, start=1)
    ]
)


# --- labels and ranges


@pytest.mark.parametrize(
    ("typed", "label"),
    [
        ("125", Label(125)),
        ("01", Label(1)),
        (" 125a ", Label(125, "a")),
        ("125 A", Label(125, "a")),
        ("BL 125b", Label(125, "b")),
        ("bl7", Label(7)),
    ],
)
def test_a_folio_is_understood_as_people_write_it(typed: str, label: Label) -> None:
    assert parse_label(typed) == label


@pytest.mark.parametrize(
    "typed", ["", "0", "a", "12-", "-3", "1.5", "12abc", "1000001", "٣", "²", "12\n13", "BL", "1 2"]
)
def test_what_is_no_folio_is_refused_with_its_words(typed: str) -> None:
    with pytest.raises(FolioError, match="không phải số bút lục"):
        parse_label(typed, field="label")


def test_a_suffix_comes_after_its_number_and_before_the_next() -> None:
    assert sorted([Label(126), Label(125, "b"), Label(125), Label(125, "a")]) == [
        Label(125),
        Label(125, "a"),
        Label(125, "b"),
        Label(126),
    ]


@given(st.sets(labels))
def test_a_citation_says_exactly_its_folios(chosen: set[Label]) -> None:
    assert parse_labels(cited(chosen)) == sorted(chosen)


def test_folios_are_cited_as_they_are_in_a_file() -> None:
    assert cited([]) == ""
    assert cited([Label(3), Label(1), Label(2)]) == "1–3"
    assert cited([Label(124), Label(125), Label(125, "a"), Label(126)]) == "124–125, 125a, 126"


@pytest.mark.parametrize("typed", ["14-12", "12a-14", "12-14b", "12-13-14", "1, x"])
def test_a_range_that_is_none_is_refused(typed: str) -> None:
    with pytest.raises(FolioError):
        parse_labels(typed)


def test_pages_are_those_of_the_document() -> None:
    assert parse_pages("2, 4–5", 5) == {2, 4, 5}
    assert parse_pages("", 5) == frozenset()
    for typed in ("6", "2a", "4-6", "0"):
        with pytest.raises(FolioError):
            parse_pages(typed, 5)


# --- numbering


def test_the_order_of_proceedings_goes_by_type_then_by_date_then_as_filed() -> None:
    day = dt.date(2026, 3, 2)
    waiting = [
        Unnumbered(1, 1, None, day),
        Unnumbered(2, 1, 50, None),
        Unnumbered(3, 1, 50, day),
        Unnumbered(4, 1, 10, dt.date(2026, 5, 1)),
        Unnumbered(5, 1, 50, dt.date(2026, 1, 1)),
        Unnumbered(6, 1, 50, day),
    ]
    assert proposed_order(waiting) == [4, 5, 3, 6, 2, 1]


@given(documents, st.integers(1, 500), st.sampled_from(["page", "sheet"]))
def test_numbers_follow_each_other_and_the_order(rows: list[Unnumbered], first: int, counting: str) -> None:
    given_numbers = number_pages(rows, first=first, counting=counting)
    assert [each.number for each in given_numbers] == list(range(first, first + len(given_numbers)))
    # documents in their order, pages in theirs
    places = [(each.document, each.page) for each in given_numbers]
    assert places == sorted(places)
    assert len(set(places)) == len(places)


@given(documents)
def test_counted_by_page_exactly_the_stamped_pages_are_numbered(rows: list[Unnumbered]) -> None:
    numbered = {(each.document, each.page) for each in number_pages(rows, first=1, counting="page")}
    assert numbered == {
        (row.document, page) for row in rows for page in range(1, (row.pages or 0) + 1) if page not in row.without
    }


@given(st.integers(1, 60), st.sets(st.integers(1, 60)))
def test_counted_by_sheet_front_and_back_share_a_number(pages: int, without: set[int]) -> None:
    numbered = numbered_pages(pages, without, "sheet")
    sheets = [(page - 1) // 2 for page in numbered]
    assert len(set(sheets)) == len(sheets)
    written_on = {(page - 1) // 2 for page in range(1, pages + 1) if page not in without}
    assert set(sheets) == written_on
    assert not set(numbered) & without


def test_a_sheet_of_which_only_the_back_counts_is_shown_by_its_back() -> None:
    assert numbered_pages(4, {1}, "sheet") == [2, 3]
    assert numbered_pages(4, {1, 2}, "sheet") == [3]
    assert numbered_pages(3, set(), "sheet") == [1, 3]


def test_a_document_of_unknown_length_is_not_numbered() -> None:
    with pytest.raises(FolioError, match="chưa biết số trang"):
        number_pages([Unnumbered(1, None)], first=1, counting="page")


@given(st.lists(documents, min_size=2, max_size=5))
def test_what_is_added_later_stands_after_everything_before(batches: list[list[Unnumbered]]) -> None:
    taken: list[Label] = []
    for batch in batches:
        first = next_number(taken)
        check_start(first, taken, explained=False)
        added = [Label(each.number) for each in number_pages(batch, first=first, counting="page")]
        assert all(label > last for label in added for last in taken)
        taken += added
    assert len(set(taken)) == len(taken)


@given(st.sets(labels, min_size=1), st.integers(1, 400))
def test_no_number_is_given_that_does_not_come_after_the_last(taken: set[Label], first: int) -> None:
    if first > max(label.number for label in taken):
        check_start(first, taken, explained=True)
    else:
        with pytest.raises(NumberedOnceError, match="Điều 35"):
            check_start(first, taken, explained=True)


def test_a_gap_on_purpose_needs_a_reason() -> None:
    with pytest.raises(FolioError, match="ghi lý do") as refused:
        check_start(351, [Label(3)], explained=False)
    assert refused.value.field == "reason"
    check_start(351, [Label(3)], explained=True)
    check_start(4, [Label(3)], explained=False)


def test_only_what_waits_is_put_into_an_order_and_all_of_it() -> None:
    check_order([2, 1], left_out=[3], waiting=[1, 2, 3], numbered=[7])
    with pytest.raises(NumberedOnceError, match="Điều 35"):
        check_order([2, 1, 7], left_out=[3], waiting=[1, 2, 3], numbered=[7])
    with pytest.raises(NumberedOnceError):
        check_order([2, 1, 3], left_out=[7], waiting=[1, 2, 3], numbered=[7])
    with pytest.raises(ChangedMeanwhileError):
        check_order([2, 1], left_out=[], waiting=[1, 2, 3], numbered=[7])
    with pytest.raises(ChangedMeanwhileError):
        check_order([2, 1, 3, 9], left_out=[], waiting=[1, 2, 3], numbered=[7])
    with pytest.raises(FolioError, match="hai lần"):
        check_order([2, 1, 1], left_out=[3], waiting=[1, 2, 3], numbered=[])
    with pytest.raises(FolioError, match="Không còn"):
        check_order([], left_out=[1], waiting=[1], numbered=[])


# --- corrections


def test_a_suffix_needs_its_number_and_a_place_of_its_own() -> None:
    taken = [Label(124), Label(125), Label(125, "a")]
    check_added(Label(124, "a"), taken)
    check_added(Label(125, "b"), taken)
    for label, sentence in ((Label(126), "hậu tố"), (Label(125, "a"), "đã có"), (Label(130, "a"), "không có bút lục")):
        with pytest.raises(FolioError, match=sentence):
            check_added(label, taken)


@given(st.lists(labels, min_size=1, max_size=30, unique=True), st.data())
def test_a_correction_never_changes_the_order(existing: list[Label], data: st.DataObject) -> None:
    before = dict(enumerate(existing))
    changes = data.draw(st.dictionaries(st.sampled_from(sorted(before)), labels, min_size=1))
    try:
        check_correction(before, changes)
    except NumberedOnceError:
        after = before | changes
        assert sorted(before, key=lambda key: before[key]) != sorted(after, key=lambda key: after[key])
    except FolioError:
        after = before | changes
        assert len(set(after.values())) < len(after)
    else:
        after = before | changes
        assert len(set(after.values())) == len(after)
        pairs = [(before[key], after[key]) for key in before]
        for label, right in pairs:
            assert all((label < other) == (right < other_right) for other, other_right in pairs)


def test_a_second_57_becomes_57a_but_no_page_moves() -> None:
    before = {1: Label(56), 2: Label(57), 3: Label(59), 4: Label(60)}
    check_correction(before, {3: Label(58)})
    check_correction(before, {2: Label(57, "a")})
    check_correction(before, {3: Label(57, "a"), 2: Label(57)})
    with pytest.raises(NumberedOnceError, match="Điều 35"):
        check_correction(before, {2: Label(61)})
    with pytest.raises(FolioError, match="đã có"):
        check_correction(before, {2: Label(59)})


# --- volumes


@given(
    st.lists(st.integers(1, 40), min_size=1, max_size=40),
    st.integers(1, 120),
)
def test_volumes_hold_each_folio_once_and_cut_no_document(sizes: list[int], most: int) -> None:
    spans = []
    number = 1
    for size in sizes:
        spans.append([Label(each) for each in range(number, number + size)])
        number += size
    volumes = propose_volumes(spans, most=most)
    assert [volume.number for volume in volumes] == list(range(1, len(volumes) + 1))
    covered = [n for volume in volumes for n in range(volume.first or 0, (volume.last or 0) + 1)]
    assert covered == list(range(1, number))
    for labels_of in spans:
        holders = {
            volume.number
            for volume in volumes
            for label in labels_of
            if (volume.first or 0) <= label.number <= (volume.last or 0)
        }
        assert len(holders) == 1
    for volume in volumes:
        length = (volume.last or 0) - (volume.first or 0) + 1
        inside = [each for each in spans if (volume.first or 0) <= each[0].number <= (volume.last or 0)]
        assert length <= most or len(inside) == 1


def test_later_volumes_begin_where_the_last_one_ends() -> None:
    spans = [[Label(number) for number in range(first, first + 10)] for first in range(1, 101, 10)]
    later = propose_volumes(spans, most=30, first_volume=3, after=50)
    assert [(each.number, each.first, each.last) for each in later] == [(3, 51, 80), (4, 81, 100)]


def test_documents_that_stand_among_each_other_stay_in_one_volume() -> None:
    spans = [[Label(1), Label(5)], [Label(2), Label(3)], [Label(6)]]
    assert [(each.first, each.last) for each in propose_volumes(spans, most=2)] == [(1, 5), (6, 6)]


def test_a_volume_holds_at_least_one_folio() -> None:
    with pytest.raises(FolioError):
        propose_volumes([[Label(1)]], most=0)
