"""The layout of a bundle, as pure data: what stands on which page, before a page is written.

Numbering starts at the first page, cover and index included, and runs without a
gap, so that stamped number, page label and position are the same figure everywhere.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vks_plugin.errors import BadInput

COVER_PAGES = 1
ROWS_ON_FIRST_INDEX_PAGE = 24
ROWS_ON_FURTHER_INDEX_PAGES = 28


@dataclass(frozen=True)
class BundleDocument:
    """A document that goes in."""

    title: str
    kind_name: str
    section_code: str
    section_name: str
    number: str
    date: dt.date | None
    part: str
    """`hsva` or `hsks`; the latter is refused."""
    path: Path
    page_count: int
    folio_by_page: Mapping[int, str] = field(default_factory=dict)
    """From page of the document, counted from 1, to its folio label; a page may have none."""
    characteristics: str = ""


@dataclass(frozen=True)
class BundleRequest:
    """What a bundle is asked to hold, in its order."""

    case_code: str
    case_name: str
    office_name: str
    made_on: dt.date
    title: str
    documents: Sequence[BundleDocument]


@dataclass(frozen=True)
class PlannedDocument:
    """A document and the bundle pages it takes."""

    document: BundleDocument
    position: int
    """Its row in the index, from 1."""
    first_page: int
    last_page: int

    @property
    def folios(self) -> str:
        """The folios as the index shows them: `12–14`; empty when there are none."""
        labels = [self.document.folio_by_page[page] for page in sorted(self.document.folio_by_page)]
        if not labels:
            return ""
        return labels[0] if labels[0] == labels[-1] else f"{labels[0]}–{labels[-1]}"


@dataclass(frozen=True)
class Section:
    """Consecutive documents of one group."""

    code: str
    name: str
    documents: tuple[PlannedDocument, ...]


@dataclass(frozen=True)
class IndexRow:
    """A line of the index: a section's heading, or a document."""

    section: Section | None
    document: PlannedDocument | None


@dataclass(frozen=True)
class BundlePlan:
    """The whole layout."""

    request: BundleRequest
    sections: tuple[Section, ...]
    index_pages: tuple[tuple[IndexRow, ...], ...]
    page_count: int

    @property
    def documents(self) -> tuple[PlannedDocument, ...]:
        """Every document in order."""
        return tuple(document for section in self.sections for document in section.documents)

    @property
    def front_pages(self) -> int:
        """Pages before the first document: the cover and the index."""
        return COVER_PAGES + len(self.index_pages)


def _runs(documents: Sequence[BundleDocument]) -> list[list[BundleDocument]]:
    """Group neighbours of the same section; the order itself is the caller's and stays."""
    runs: list[list[BundleDocument]] = []
    for document in documents:
        if runs and runs[-1][-1].section_code == document.section_code:
            runs[-1].append(document)
        else:
            runs.append([document])
    return runs


def _paginate(rows: Sequence[IndexRow]) -> tuple[tuple[IndexRow, ...], ...]:
    """Cut the index into pages; a heading never stands last on one."""
    pages: list[list[IndexRow]] = [[]]
    for position, row in enumerate(rows):
        room = ROWS_ON_FIRST_INDEX_PAGE if len(pages) == 1 else ROWS_ON_FURTHER_INDEX_PAGES
        heading_would_be_last = row.document is None and position + 1 < len(rows) and len(pages[-1]) == room - 1
        if len(pages[-1]) >= room or heading_would_be_last:
            pages.append([])
        pages[-1].append(row)
    return tuple(tuple(page) for page in pages)


def make_plan(request: BundleRequest) -> BundlePlan:
    """Lay the bundle out.

    Raises:
        BadInput: nothing to bundle, a document of the supervision file, or one without pages.
    """
    if not request.documents:
        message = "Không có tài liệu nào để lập tập hồ sơ."
        raise BadInput(message)
    for document in request.documents:
        if document.part != "hsva":
            message = f"“{document.title}” thuộc hồ sơ kiểm sát nội bộ: không đưa vào tập hồ sơ."
            raise BadInput(message)
        if document.page_count < 1:
            message = f"“{document.title}” không có trang nào: hãy kiểm tra lại tệp."
            raise BadInput(message)
    runs = _runs(request.documents)
    # the number of index pages depends on the rows alone, so page numbers are known before anything is drawn
    trial = [Section("", "", tuple(PlannedDocument(each, 1, 1, 1) for each in run)) for run in runs]
    next_page = COVER_PAGES + len(_paginate(_rows(trial))) + 1
    position = 0
    sections: list[Section] = []
    for run in runs:
        planned = []
        for document in run:
            position += 1
            planned.append(PlannedDocument(document, position, next_page, next_page + document.page_count - 1))
            next_page += document.page_count
        sections.append(Section(run[0].section_code, run[0].section_name, tuple(planned)))
    return BundlePlan(
        request=request,
        sections=tuple(sections),
        index_pages=_paginate(_rows(sections)),
        page_count=next_page - 1,
    )


def _rows(sections: Sequence[Section]) -> list[IndexRow]:
    rows: list[IndexRow] = []
    for section in sections:
        rows.append(IndexRow(section, None))
        rows.extend(IndexRow(None, document) for document in section.documents)
    return rows
