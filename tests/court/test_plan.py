"""The layout of a bundle: one numbering without gaps, whatever goes in."""

from __future__ import annotations

import dataclasses
import datetime as dt
from itertools import count, pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vks_plugin.court.plan import (
    COVER_PAGES,
    ROWS_ON_FIRST_INDEX_PAGE,
    ROWS_ON_FURTHER_INDEX_PAGES,
    BundleDocument,
    BundleRequest,
    make_plan,
)
from vks_plugin.errors import BadInput

MOST_ROWS = 150
"""Enough to fill the index's first page and several further ones."""


def document(**fields: object) -> BundleDocument:
    values: dict[str, object] = {
        "title": "Cáo trạng",
        "kind_name": "Cáo trạng",
        "section_code": "15",
        "section_name": "Truy tố",
        "number": "12/CT-VKS",
        "date": dt.date(2026, 3, 2),
        "part": "hsva",
        "path": Path("cao-trang.pdf"),
        "page_count": 3,
    }
    return BundleDocument(**(values | fields))  # type: ignore[arg-type]


@st.composite
def documents(draw: st.DrawFn) -> BundleDocument:
    section = draw(st.sampled_from(["", "01", "02", "05", "15"]))
    pages = draw(st.integers(min_value=1, max_value=40))
    numbered = draw(st.sets(st.integers(min_value=1, max_value=pages), max_size=6))
    first = draw(st.integers(min_value=1, max_value=900))
    return document(
        title=draw(st.text(max_size=40)),
        section_code=section,
        section_name=f"Nhóm {section}",
        number=draw(st.text(max_size=10)),
        date=draw(st.none() | st.dates()),
        page_count=pages,
        folio_by_page={page: str(first + index) for index, page in enumerate(sorted(numbered))},
    )


def numbered_once(chosen: list[BundleDocument]) -> list[BundleDocument]:
    """Give each folio to one document alone."""
    next_folio = count(1)
    return [
        dataclasses.replace(each, folio_by_page={page: str(next(next_folio)) for page in each.folio_by_page})
        for each in chosen
    ]


def request(chosen: list[BundleDocument]) -> BundleRequest:
    return BundleRequest(
        case_code="HS-QN-KV1-2026-0001",
        case_name="Nguyễn Văn Ánh – Trộm cắp tài sản",
        office_name="Viện kiểm sát nhân dân khu vực 1",
        made_on=dt.date(2026, 5, 4),
        title="Toàn bộ hồ sơ vụ án",
        documents=chosen,
    )


many = st.lists(documents(), min_size=1, max_size=MOST_ROWS).map(numbered_once)


@given(many)
def test_every_page_has_one_number_and_no_number_is_left_out(chosen: list[BundleDocument]) -> None:
    plan = make_plan(request(chosen))
    numbers = list(range(1, plan.front_pages + 1))
    for planned in plan.documents:
        assert planned.last_page - planned.first_page + 1 == planned.document.page_count
        numbers += range(planned.first_page, planned.last_page + 1)
    assert numbers == list(range(1, plan.page_count + 1))
    assert plan.page_count == plan.front_pages + sum(each.page_count for each in chosen)


@given(many)
def test_documents_keep_their_order_and_are_all_there(chosen: list[BundleDocument]) -> None:
    plan = make_plan(request(chosen))
    assert [planned.document for planned in plan.documents] == chosen
    assert [planned.position for planned in plan.documents] == list(range(1, len(chosen) + 1))
    assert all(one.code != other.code for one, other in pairwise(plan.sections))
    for section in plan.sections:
        assert {planned.document.section_code for planned in section.documents} == {section.code}


@given(many)
def test_index_pages_are_counted_exactly(chosen: list[BundleDocument]) -> None:
    plan = make_plan(request(chosen))
    assert plan.front_pages == COVER_PAGES + len(plan.index_pages)
    rows = [row for page in plan.index_pages for row in page]
    expected: list[object] = []
    for section in plan.sections:
        expected += [section, *section.documents]
    assert [row.section or row.document for row in rows] == expected
    assert all((row.section is None) != (row.document is None) for row in rows)
    for number, page in enumerate(plan.index_pages):
        assert 1 <= len(page) <= (ROWS_ON_FIRST_INDEX_PAGE if number == 0 else ROWS_ON_FURTHER_INDEX_PAGES)
        # a heading at the foot of a page would stand apart from what it heads
        assert page[-1].document is not None


@given(many)
def test_the_same_request_gives_the_same_layout(chosen: list[BundleDocument]) -> None:
    assert make_plan(request(chosen)) == make_plan(request(list(chosen)))


@given(many, st.data())
def test_no_paper_of_the_supervision_file_ever_gets_in(chosen: list[BundleDocument], data: st.DataObject) -> None:
    place = data.draw(st.integers(min_value=0, max_value=len(chosen)))
    part = data.draw(st.sampled_from(["hsks", "", "HSVA", "hsva ", "khác"]))
    internal = document(title="Báo cáo đề xuất", part=part)
    with pytest.raises(BadInput, match="“Báo cáo đề xuất” thuộc hồ sơ kiểm sát nội bộ"):
        make_plan(request([*chosen[:place], internal, *chosen[place:]]))


@pytest.mark.parametrize("pages", [0, -1])
def test_a_document_without_pages_is_named(pages: int) -> None:
    with pytest.raises(BadInput, match="“Lệnh tạm giam” không có trang nào"):
        make_plan(request([document(), document(title="Lệnh tạm giam", page_count=pages)]))


def test_an_empty_request_is_refused() -> None:
    with pytest.raises(BadInput, match="Không có tài liệu nào"):
        make_plan(request([]))


@pytest.mark.parametrize(
    ("documents_in", "pages"),
    [
        # one heading and so many documents
        (1, 1),
        (ROWS_ON_FIRST_INDEX_PAGE - 1, 1),
        (ROWS_ON_FIRST_INDEX_PAGE, 2),
        (ROWS_ON_FIRST_INDEX_PAGE - 1 + ROWS_ON_FURTHER_INDEX_PAGES, 2),
        (ROWS_ON_FIRST_INDEX_PAGE + ROWS_ON_FURTHER_INDEX_PAGES, 3),
    ],
)
def test_the_index_turns_the_page_when_it_is_full(documents_in: int, pages: int) -> None:
    plan = make_plan(request([document() for _ in range(documents_in)]))
    assert len(plan.index_pages) == pages
    assert plan.documents[0].first_page == COVER_PAGES + pages + 1


def test_a_heading_moves_to_the_page_of_what_it_heads() -> None:
    first = [document(section_code="01") for _ in range(ROWS_ON_FIRST_INDEX_PAGE - 2)]
    plan = make_plan(request([*first, document(section_code="02")]))
    assert [len(page) for page in plan.index_pages] == [ROWS_ON_FIRST_INDEX_PAGE - 1, 2]
    assert plan.index_pages[1][0].section == plan.sections[1]


def test_a_group_that_comes_back_is_a_section_of_its_own() -> None:
    """The order is that of the folios; sorting by group would tear the numbering apart."""
    plan = make_plan(request([document(section_code=code) for code in ("01", "02", "02", "01")]))
    assert [(section.code, len(section.documents)) for section in plan.sections] == [("01", 1), ("02", 2), ("01", 1)]


@pytest.mark.parametrize(
    ("folios", "shown"),
    [
        ({}, ""),
        ({1: "12"}, "12"),
        ({2: "12a"}, "12a"),
        ({1: "12", 2: "13", 3: "14"}, "12–14"),
        # by page, not by the order in which they were entered
        ({3: "14", 1: "12"}, "12–14"),
        ({9: "2", 10: "10"}, "2–10"),
    ],
)
def test_folios_are_cited_from_first_to_last(folios: dict[int, str], shown: str) -> None:
    plan = make_plan(request([document(page_count=10, folio_by_page=folios)]))
    assert plan.documents[0].document.folios == shown


def test_a_plan_cannot_be_changed_afterwards() -> None:
    plan = make_plan(request([document()]))
    with pytest.raises(dataclasses.FrozenInstanceError):
        plan.page_count = 1  # type: ignore[misc]
