"""The report of a numbering finds exactly what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vks_plugin.cases.folio_report import (
    Defect,
    DocumentFact,
    ExplanationFact,
    Finding,
    FolioFact,
    FolioReport,
    report,
)
from vks_plugin.cases.folios import CORRECTED, MISSING, PROVISIONAL, Label, VolumeFact, parse_label

SIZES = st.lists(st.integers(1, 6), min_size=1, max_size=15)


def whole(sizes: Iterable[int]) -> tuple[list[DocumentFact], list[FolioFact], int]:
    """Return a file without a flaw: documents of so many pages, each page numbered."""
    documents, folios, number = [], [], 0
    for document, pages in enumerate(sizes, start=1):
        documents.append(DocumentFact(document, pages))
        for page in range(1, pages + 1):
            number += 1
            folios.append(FolioFact(document, Label(number), page))
    return documents, folios, number


def told(found: FolioReport) -> list[tuple[str, str, str, tuple[int, ...], tuple[int, ...], tuple[int, ...]]]:
    return [
        (each.finding.value, str(each.first or ""), str(each.last or ""), each.documents, each.pages, each.volumes)
        for each in found.defects
    ]


def one(found: FolioReport) -> Defect:
    assert len(found.defects) == 1, found.defects
    return found.defects[0]


@given(SIZES)
def test_a_file_without_a_flaw_has_no_finding(sizes: list[int]) -> None:
    documents, folios, last = whole(sizes)
    found = report(documents=documents, folios=folios, volumes=[VolumeFact(1, 1, last)])
    assert (found.defects, found.documents, found.folios, found.last) == ((), len(sizes), last, last)


@given(SIZES.filter(lambda sizes: sum(sizes) > 1), st.data())
def test_numbers_taken_away_are_exactly_the_gaps(sizes: list[int], data: st.DataObject) -> None:
    documents, folios, last = whole(sizes)
    gone = data.draw(st.sets(st.integers(1, last - 1), min_size=1))
    left = [each for each in folios if each.label is not None and each.label.number not in gone]
    found = report(documents=documents, folios=left, volumes=[VolumeFact(1, 1, last)])
    gaps = [each for each in found.defects if each.finding == Finding.GAP]
    assert {
        number for each in gaps if each.first and each.last for number in range(each.first.number, each.last.number + 1)
    } == gone
    holes = [(each.first, each.last) for each in found.defects if each.finding == Finding.VOLUME_HOLE]
    assert holes == [(each.first, each.last) for each in gaps]
    # and the pages they stood on are told of, with nothing else
    bare = {
        (document, page)
        for each in found.defects
        if each.finding == Finding.PAGE
        for document in each.documents
        for page in each.pages
    }
    emptied = {each.documents[0] for each in found.defects if each.finding == Finding.DOCUMENT}
    places = {(each.document, each.page) for each in folios if each.label and each.label.number in gone}
    assert bare == {place for place in places if place[0] not in emptied}
    assert emptied == {each.document for each in documents} - {each.document for each in left}
    kinds = {Finding.GAP, Finding.VOLUME_HOLE, Finding.PAGE, Finding.DOCUMENT}
    assert {each.finding for each in found.defects} <= kinds


@given(SIZES.filter(lambda sizes: sum(sizes) > 1), st.data())
def test_numbers_used_twice_are_exactly_the_duplicates(sizes: list[int], data: st.DataObject) -> None:
    documents, folios, last = whole(sizes)
    twice = data.draw(st.sets(st.integers(1, last), min_size=1, max_size=5))
    extra = DocumentFact(99, len(twice))
    folios += [FolioFact(99, Label(number), page) for page, number in enumerate(sorted(twice), start=1)]
    found = report(documents=[*documents, extra], folios=folios, volumes=[VolumeFact(1, 1, last)])
    duplicates = [each for each in found.defects if each.finding == Finding.DUPLICATE]
    assert [each.first for each in duplicates] == [Label(number) for number in sorted(twice)]
    assert all(99 in each.documents for each in duplicates)
    assert {each.finding for each in found.defects} <= {Finding.DUPLICATE, Finding.OVERLAP}


@given(st.lists(st.integers(2, 6), min_size=2, max_size=10), st.data())
def test_a_folio_among_those_of_another_document_is_an_overlap(sizes: list[int], data: st.DataObject) -> None:
    documents, folios, last = whole(sizes)
    number = data.draw(st.integers(1, last))
    host = next(each for each in folios if each.label == Label(number))
    inner = [each for each in folios if each.document == host.document]
    if host in {inner[-1]}:
        return
    folios.append(FolioFact(99, Label(number, "a"), 1))
    found = report(documents=[*documents, DocumentFact(99, 1)], folios=folios, volumes=[VolumeFact(1, 1, last)])
    assert told(found) == [("overlap", f"{number}a", f"{number}a", (host.document, 99), (), ())]


def test_a_page_added_at_the_end_to_an_earlier_document_is_an_overlap() -> None:
    documents, folios, _last = whole([2, 3])
    folios.append(FolioFact(1, Label(6), 3))
    documents[0] = DocumentFact(1, 3)
    found = report(documents=documents, folios=folios, volumes=[VolumeFact(1, 1, 6)])
    assert told(found) == [("overlap", "3", "5", (1, 2), (), ())]


def test_a_suffix_fills_no_gap() -> None:
    documents = [DocumentFact(1, 3)]
    folios = [FolioFact(1, Label(1), 1), FolioFact(1, parse_label("2a"), 2), FolioFact(1, Label(3), 3)]
    found = report(documents=documents, folios=folios, volumes=[VolumeFact(1, 1, 3)])
    assert told(found) == [("gap", "2", "2", (), (), ()), ("volume_hole", "2", "2", (), (), (1,))]


def test_the_beginning_may_be_missing_too() -> None:
    found = report(
        documents=[DocumentFact(1, 2)],
        folios=[FolioFact(1, Label(351), 1), FolioFact(1, Label(352), 2)],
        volumes=[VolumeFact(2, 351, 352)],
    )
    assert told(found) == [("gap", "1", "350", (), (), ())]
    assert found.last == 352


# --- pages and documents


def test_pages_without_a_folio() -> None:
    found = report(
        documents=[DocumentFact(1, 4)],
        folios=[FolioFact(1, Label(1), 1), FolioFact(1, Label(2), 3)],
        volumes=[VolumeFact(1, 1, 2)],
    )
    assert told(found) == [("page", "", "", (1,), (2, 4), ())]


def test_the_back_of_a_numbered_sheet_is_no_page_without_a_folio() -> None:
    document = DocumentFact(1, 5, "sheet")
    folios = [FolioFact(1, Label(1), 1), FolioFact(1, Label(2), 3), FolioFact(1, Label(3), 5)]
    assert report(documents=[document], folios=folios, volumes=[VolumeFact(1, 1, 3)]).defects == ()
    found = report(documents=[document], folios=folios[:2], volumes=[VolumeFact(1, 1, 2)])
    assert told(found) == [("page", "", "", (1,), (5,), ())]


def test_a_folio_whose_page_nobody_knows_is_told_once_for_its_document() -> None:
    folios = [FolioFact(1, Label(1), 1), FolioFact(1, Label(2), None), FolioFact(1, Label(3), 9)]
    found = report(documents=[DocumentFact(1, 5)], folios=folios, volumes=[VolumeFact(1, 1, 3)])
    assert told(found) == [("page_unknown", "2", "3", (1,), (), ())]


def test_a_stamp_is_no_number_and_no_stamp_is_worse() -> None:
    found = report(
        documents=[DocumentFact(1, 2), DocumentFact(2, 1)],
        folios=[FolioFact(1, None, 1, PROVISIONAL), FolioFact(1, None, 2, PROVISIONAL)],
    )
    assert told(found) == [("provisional", "", "", (1,), (1, 2), ()), ("document", "", "", (2,), (), ())]
    assert (found.folios, found.last) == (0, 0)


def test_a_missing_paper_is_not_looked_for_on_a_page() -> None:
    folios = [FolioFact(1, Label(1), 1), FolioFact(1, Label(2), None, MISSING), FolioFact(1, Label(3), 2)]
    found = report(documents=[DocumentFact(1, 2)], folios=folios, volumes=[VolumeFact(1, 1, 3)])
    assert told(found) == [("missing", "2", "2", (), (), ())]


# --- volumes


@pytest.mark.parametrize(
    ("volumes", "expected"),
    [
        ([], [("outside_volumes", "1", "20", (), (), ())]),
        ([VolumeFact(1, 1, 10), VolumeFact(2, 11, 20)], []),
        ([VolumeFact(1, 1, 10), VolumeFact(2, 10, 20)], [("volume_overlap", "10", "10", (), (), (1, 2))]),
        ([VolumeFact(1, 1, 8), VolumeFact(2, 11, 20)], [("outside_volumes", "9", "10", (), (), ())]),
        ([VolumeFact(1, 1, 10), VolumeFact(2, 11, 22)], [("volume_hole", "21", "22", (), (), (2,))]),
        ([VolumeFact(1, 11, 20), VolumeFact(2, 1, 10)], [("volume_order", "1", "10", (), (), (1, 2))]),
        ([VolumeFact(1, 1, 20), VolumeFact(2, None, None)], [("volume_empty", "", "", (), (), (2,))]),
        ([VolumeFact(1, 1, 20), VolumeFact(2, 5, 6)], [("volume_overlap", "5", "6", (), (), (1, 2))]),
    ],
    ids=["none", "sound", "overlap", "between", "beyond", "order", "empty", "inside"],
)
def test_each_folio_is_in_one_volume_and_volumes_follow_each_other(
    volumes: list[VolumeFact], expected: list[object]
) -> None:
    documents, folios, _last = whole([5, 5, 5, 5])
    assert told(report(documents=documents, folios=folios, volumes=volumes)) == expected


# --- explanations


def test_an_explanation_covers_what_it_names_and_no_more() -> None:
    documents = [DocumentFact(1, 1), DocumentFact(2, 1)]
    folios = [FolioFact(1, Label(1), 1), FolioFact(2, Label(11), 1)]
    volumes = [VolumeFact(1, 1, 1), VolumeFact(2, 11, 11)]
    found = report(
        documents=documents,
        folios=folios,
        volumes=volumes,
        explanations=[
            ExplanationFact(7, "gap", 2, 5),
            ExplanationFact(8, "gap", 4, 7),
            ExplanationFact(9, "overlap", 2, 10),
        ],
    )
    assert [(str(each.first), str(each.last), each.explained_by) for each in found.defects] == [
        ("2", "3", (7,)),
        ("4", "5", (7, 8)),
        ("6", "7", (8,)),
        ("8", "10", ()),
    ]
    assert [str(each.first) for each in found.open] == ["8"]


@given(SIZES.filter(lambda sizes: sum(sizes) > 2), st.data())
def test_splitting_by_explanations_loses_no_number(sizes: list[int], data: st.DataObject) -> None:
    documents, folios, last = whole(sizes)
    gone = data.draw(st.sets(st.integers(1, last - 1), min_size=1))
    spans = data.draw(st.lists(st.tuples(st.integers(1, last), st.integers(1, last)), max_size=5))
    explanations = [ExplanationFact(number, "gap", min(span), max(span)) for number, span in enumerate(spans, start=1)]
    left = [each for each in folios if each.label is not None and each.label.number not in gone]
    found = report(documents=documents, folios=left, explanations=explanations)
    numbers: list[int] = []
    for each in found.defects:
        if each.finding == Finding.GAP and each.first and each.last:
            numbers += range(each.first.number, each.last.number + 1)
            for number in range(each.first.number, each.last.number + 1):
                covering = tuple(fact.id for fact in explanations if (fact.first or 0) <= number <= (fact.last or 0))
                assert each.explained_by == covering
    assert numbers == sorted(gone)


def test_a_page_is_explained_by_its_own_page_or_for_the_whole_document() -> None:
    documents = [DocumentFact(1, 3), DocumentFact(2, 2)]
    folios = [FolioFact(1, Label(1), 1), FolioFact(2, Label(2), 1)]
    found = report(
        documents=documents,
        folios=folios,
        volumes=[VolumeFact(1, 1, 2)],
        explanations=[
            ExplanationFact(5, "page", document=1, page_from=2, page_to=2),
            ExplanationFact(6, "page", document=2),
            ExplanationFact(7, "document", document=1),
        ],
    )
    assert [(each.documents, each.pages, each.explained_by) for each in found.defects] == [
        ((1,), (2,), (5,)),
        ((1,), (3,), ()),
        ((2,), (2,), (6,)),
    ]


def test_a_corrected_folio_stands_in_the_report_with_its_explanation() -> None:
    folios = [FolioFact(1, Label(1), 1), FolioFact(1, parse_label("1a"), 2, CORRECTED)]
    documents = [DocumentFact(1, 2)]
    bare = one(report(documents=documents, folios=folios, volumes=[VolumeFact(1, 1, 1)]))
    assert (bare.finding, str(bare.first), bare.explained) == (Finding.CORRECTION, "1a", False)
    why = [ExplanationFact(3, "correction", 1, 1)]
    explained = one(report(documents=documents, folios=folios, volumes=[VolumeFact(1, 1, 1)], explanations=why))
    assert explained.explained_by == (3,)


def test_a_hole_of_a_volume_is_explained_with_the_gap_itself() -> None:
    folios = [FolioFact(1, Label(1), 1), FolioFact(1, Label(3), 2)]
    found = report(
        documents=[DocumentFact(1, 2)],
        folios=folios,
        volumes=[VolumeFact(1, 1, 3)],
        explanations=[ExplanationFact(4, "gap", 2, 2)],
    )
    assert [(each.finding, each.explained_by) for each in found.defects] == [
        (Finding.GAP, (4,)),
        (Finding.VOLUME_HOLE, (4,)),
    ]
    assert found.open == ()
