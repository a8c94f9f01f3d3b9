"""The layout of a bundle, as pure data: what stands on which page, before a page is written.

Numbering starts at the first page, cover and index included, and runs without a
gap, so that stamped number, page label and position are the same figure everywhere.
It runs on through the volumes of one bundle, and through what is added to it later:
a page keeps its number for good.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from vks_plugin.errors import BadInput

COVER_PAGES = 1
ROWS_ON_FIRST_INDEX_PAGE = 24
ROWS_ON_FURTHER_INDEX_PAGES = 28
BYTES_OF_A_PAGE = 1200
"""At most what stamp, link and bookmark add to a page's own bytes."""
BYTES_OF_A_VOLUME = 128 * 1024
"""At most what cover, fonts and the file's own frame take."""
CORNERS = ("", "top_right", "top_left", "bottom_right", "bottom_left")
"""Where the folio stands on a page: in the middle below, or in a corner."""


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
    back_by_page: Mapping[int, str] = field(default_factory=dict)
    """Where sheets are counted: from page to the folio whose back it is."""
    agency: str = ""
    """Who put the folios on, in short, when the stamp is to say so."""
    agency_by_page: Mapping[int, str] = field(default_factory=dict)
    """From page to who put its folio on, in short; for the manifest, whatever the stamp says."""
    key: str = ""
    """What the document is known by in the program; empty where nobody asks."""
    sha256: str = ""
    """Of the file the document was filed as; two of the same are marked in the index."""
    size: int = 0
    """Bytes of the file at `path`; 0 when volumes have no limit of size."""
    main_page: int = 0
    """In a core bundle: the page of the main bundle on which the document begins. 0: none."""
    redacted: bool = False
    """Whether `path` is a copy in which something was taken out."""
    copy_sha256: str = ""
    """Of that copy as it was made: what lies at `path` has to be it."""
    shown: str = ""
    """What its pages show, in short; empty when nobody looked. Two of the same in files that differ are marked in the index."""
    also: str = ""
    """Folios of a copy that is left out because it shows the same."""

    @property
    def folios(self) -> str:
        """The folios as the index shows them: `12–14`; empty when there are none."""
        labels = [self.folio_by_page[page] for page in sorted(self.folio_by_page)]
        if not labels:
            return ""
        return labels[0] if labels[0] == labels[-1] else f"{labels[0]}–{labels[-1]}"

    def mark(self, page: int) -> str:
        """Return what the stamp says beside the bundle page: folio, who put it on, page of the main bundle."""
        said = ""
        if page in self.folio_by_page:
            said = f"BL {self.folio_by_page[page]}"
        elif page in self.back_by_page:
            said = f"BL {self.back_by_page[page]} (mặt sau)"
        if said and self.agency:
            said += f" – {self.agency}"
        main = f"tập chính tr. {self.main_page + page - 1}" if self.main_page else ""
        return " · ".join(part for part in (said, main) if part)


@dataclass(frozen=True)
class VolumeLimits:
    """What one volume may hold; 0 is no limit. A document is never cut in two."""

    pages: int = 0
    size: int = 0
    """In bytes."""


@dataclass(frozen=True)
class BundleRequest:
    """What a bundle is asked to hold, in its order."""

    case_code: str
    case_name: str
    office_name: str
    made_on: dt.date
    title: str
    documents: Sequence[BundleDocument]
    late: Sequence[Sequence[BundleDocument]] = ()
    """What was added afterwards, each time with an index of its own behind everything that was there."""
    heading: str = "TẬP HỒ SƠ VỤ ÁN"
    limits: VolumeLimits = VolumeLimits()
    corner: str = ""
    """Where the folio stands; one of `CORNERS`."""
    notes: Sequence[str] = ()
    """Sentences for the cover: what is left out, and on what ground."""


@dataclass(frozen=True)
class PlannedDocument:
    """A document and the bundle pages it takes."""

    document: BundleDocument
    position: int
    """Its row in the index, from 1."""
    first_page: int
    last_page: int
    volume: int = 1
    same_as: int = 0
    """Row of an earlier document with the same file; 0 when there is none."""
    alike: int = 0
    """Row of an earlier document that shows the same in another file; 0 when there is none."""


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
class Part:
    """What has an index of its own: a bundle, a volume of one, or what was added later."""

    supplement: int
    """Which addition this is; 0 for what the bundle began with."""
    first_page: int
    index_pages: tuple[tuple[IndexRow, ...], ...]
    sections: tuple[Section, ...]

    @property
    def cover_pages(self) -> int:
        """Pages before the index: an addition has no cover."""
        return 0 if self.supplement else COVER_PAGES

    @property
    def front_pages(self) -> int:
        """Pages before the first document: the cover and the index."""
        return self.cover_pages + len(self.index_pages)

    @property
    def documents(self) -> tuple[PlannedDocument, ...]:
        """Every document in order."""
        return tuple(document for section in self.sections for document in section.documents)

    @property
    def last_page(self) -> int:
        """The number of the last page."""
        return self.sections[-1].documents[-1].last_page


@dataclass(frozen=True)
class PlannedVolume:
    """What goes into one file."""

    number: int
    parts: tuple[Part, ...]

    @property
    def first_page(self) -> int:
        """The number of its first page."""
        return self.parts[0].first_page

    @property
    def last_page(self) -> int:
        """The number of its last page."""
        return self.parts[-1].last_page

    @property
    def page_count(self) -> int:
        """How many pages the file has."""
        return self.last_page - self.first_page + 1

    @property
    def documents(self) -> tuple[PlannedDocument, ...]:
        """Every document in order."""
        return tuple(document for part in self.parts for document in part.documents)

    def marks(self) -> Iterator[str]:
        """Yield what the stamp says beside the number, page after page."""
        for part in self.parts:
            yield from [""] * part.front_pages
            for planned in part.documents:
                for page in range(1, planned.document.page_count + 1):
                    yield planned.document.mark(page)


@dataclass(frozen=True)
class BundlePlan:
    """The whole layout."""

    request: BundleRequest
    volumes: tuple[PlannedVolume, ...]
    page_count: int

    @property
    def parts(self) -> tuple[Part, ...]:
        """Every part in order."""
        return tuple(part for volume in self.volumes for part in volume.parts)

    @property
    def sections(self) -> tuple[Section, ...]:
        """Every section in order; one that goes on in the next volume stands here twice."""
        return tuple(section for part in self.parts for section in part.sections)

    @property
    def documents(self) -> tuple[PlannedDocument, ...]:
        """Every document in order."""
        return tuple(document for part in self.parts for document in part.documents)

    @property
    def index_pages(self) -> tuple[tuple[IndexRow, ...], ...]:
        """The first index."""
        return self.volumes[0].parts[0].index_pages

    @property
    def front_pages(self) -> int:
        """Pages before the first document: the cover and the index."""
        return self.volumes[0].parts[0].front_pages

    def addition(self) -> PlannedVolume | None:
        """Return what was added last as a file of its own, with the numbers it has in the whole bundle."""
        last = self.volumes[-1].parts[-1]
        return PlannedVolume(self.volumes[-1].number, (last,)) if last.supplement else None


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


def _rows(sections: Sequence[Section]) -> list[IndexRow]:
    rows: list[IndexRow] = []
    for section in sections:
        rows.append(IndexRow(section, None))
        rows.extend(IndexRow(None, document) for document in section.documents)
    return rows


def _index_length(documents: Sequence[BundleDocument]) -> int:
    """Return how many pages an index of these takes: it depends on the rows alone."""
    trial = [Section("", "", tuple(PlannedDocument(each, 1, 1, 1) for each in run)) for run in _runs(documents)]
    return len(_paginate(_rows(trial)))


def _check(request: BundleRequest) -> list[BundleDocument]:
    """Return every document, once nothing is wrong with any."""
    everything = [*request.documents, *(document for late in request.late for document in late)]
    if not request.documents or not all(request.late):
        message = "Không có tài liệu nào để lập tập hồ sơ."
        raise BadInput(message)
    claimed: dict[str, BundleDocument] = {}
    for document in everything:
        if document.part != "hsva":
            message = f"“{document.title}” thuộc hồ sơ kiểm sát nội bộ: không đưa vào tập hồ sơ."
            raise BadInput(message)
        if document.page_count < 1:
            message = f"“{document.title}” không có trang nào: hãy kiểm tra lại tệp."
            raise BadInput(message)
        if request.limits.size and _weight([document]) > request.limits.size:
            message = (
                f"“{document.title}” nặng {document.size / 1024 / 1024:.1f} MB, quá mức của một tập: "
                "hãy tăng dung lượng mỗi tập hoặc nộp lại bản nhẹ hơn."
            )
            raise BadInput(message)
        for label in document.folio_by_page.values():
            other = claimed.setdefault(label, document)
            if other is not document:
                message = (
                    f"Bút lục {label} có ở cả “{other.title}” và “{document.title}”: "
                    "hãy sửa ở mục Bút lục & tập trước khi lập tập."
                )
                raise BadInput(message)
    return everything


def _weight(documents: Iterable[BundleDocument]) -> int:
    return BYTES_OF_A_VOLUME + sum(each.size + each.page_count * BYTES_OF_A_PAGE for each in documents)


def _split(request: BundleRequest) -> list[list[BundleDocument]]:
    """Fill one volume after the other; the order stays, and a document stays whole."""
    limits = request.limits
    volumes: list[list[BundleDocument]] = [[]]
    pages, size = _index_length(request.documents) + COVER_PAGES, BYTES_OF_A_VOLUME
    rows = 0
    for document in request.documents:
        weight = document.size + document.page_count * BYTES_OF_A_PAGE
        # one row more, and perhaps one for a heading, of which each page may lose one
        front = 0 if len(volumes) == 1 else math.ceil((rows + 2) / (ROWS_ON_FIRST_INDEX_PAGE - 1))
        too_long = bool(limits.pages) and pages + front + document.page_count > limits.pages
        too_heavy = bool(limits.size) and size + weight > limits.size
        if volumes[-1] and (too_long or too_heavy):
            volumes.append([])
            pages, size, rows = COVER_PAGES, BYTES_OF_A_VOLUME, 0
        volumes[-1].append(document)
        pages += document.page_count
        size += weight
        rows += 2
    return volumes


class _Layout:
    """Gives pages and rows their numbers, one part after the other."""

    def __init__(self) -> None:
        self.next_page = 1
        self._position = 0
        self._seen: dict[str, int] = {}
        self._shown: dict[str, int] = {}

    def sections(self, documents: Sequence[BundleDocument], *, volume: int) -> tuple[Section, ...]:
        found = []
        for run in _runs(documents):
            planned = [self._document(document, volume) for document in run]
            found.append(Section(run[0].section_code, run[0].section_name, tuple(planned)))
        return tuple(found)

    def _document(self, document: BundleDocument, volume: int) -> PlannedDocument:
        self._position += 1
        first = self.next_page
        self.next_page += document.page_count
        same_as = self._earlier(self._seen, document.sha256)
        # noted of each, so that a third is told of the first
        alike = self._earlier(self._shown, document.shown)
        return PlannedDocument(
            document, self._position, first, self.next_page - 1, volume, same_as, 0 if same_as else alike
        )

    def _earlier(self, seen: dict[str, int], told: str) -> int:
        """Return the row of an earlier document of which the same is told; 0 when there is none."""
        row = seen.setdefault(told, self._position) if told else self._position
        return 0 if row == self._position else row


def make_plan(request: BundleRequest) -> BundlePlan:
    """Lay the bundle out.

    Raises:
        BadInput: nothing to bundle, a document of the supervision file, one without pages or too heavy for
            a volume, an addition too heavy for one, or two documents that claim one folio.
    """
    _check(request)
    layout = _Layout()
    chosen = _split(request)
    placed: list[tuple[int, tuple[Section, ...]]] = []
    for number, documents in enumerate(chosen, start=1):
        first = layout.next_page
        # the first index names every document of the bundle, a further one those of its volume
        listed = request.documents if number == 1 else documents
        layout.next_page += COVER_PAGES + _index_length(listed)
        placed.append((first, layout.sections(documents, volume=number)))
    whole = [section for _first, sections in placed for section in sections]
    volumes = []
    for number, (first, sections) in enumerate(placed, start=1):
        rows = _rows(_joined(whole) if number == 1 else sections)
        volumes.append(PlannedVolume(number, (Part(0, first, _paginate(rows), sections),)))
    for number, late in enumerate(request.late, start=1):
        volumes = _add(volumes, number, late, layout, request.limits)
    return BundlePlan(request=request, volumes=tuple(volumes), page_count=layout.next_page - 1)


def without_equals(request: BundleRequest) -> tuple[BundleRequest, list[tuple[BundleDocument, BundleDocument]]]:
    """Return the request without papers that are there already, and each of those with the one that stays.

    Equal is what shows the same, or, of papers in which nothing was taken out, the same file. What a bundle that is
    added to has stays in it, page for page; only what comes anew is left out.
    """
    groups = [list(request.documents), *(list(late) for late in request.late)]
    first: dict[str, tuple[int, int]] = {}
    dropped: list[tuple[BundleDocument, tuple[int, int]]] = []
    kept: list[list[BundleDocument]] = [[] for _group in groups]
    for at, group in enumerate(groups):
        for document in group:
            told = [each for each in (document.shown, "" if document.redacted else document.sha256) if each]
            there = next((first[each] for each in told if each in first), None)
            if there is not None and at == len(groups) - 1:
                dropped.append((document, there))
                continue
            for each in told:
                first.setdefault(each, there or (at, len(kept[at])))
            kept[at].append(document)
    if request.late and not kept[-1]:
        message = "Tài liệu mới đều trùng với tài liệu đã có trong tập trước: không có gì để bổ sung."
        raise BadInput(message)
    for document, (at, place) in dropped:
        # an index that was handed out before says what it said
        if at == len(groups) - 1 and document.folios:
            stays = kept[at][place]
            kept[at][place] = replace(stays, also=", ".join(filter(None, (stays.also, document.folios))))
    thinned = replace(request, documents=kept[0], late=kept[1:])
    return thinned, [(document, kept[at][place]) for document, (at, place) in dropped]


def _joined(sections: Sequence[Section]) -> list[Section]:
    """Put together again what the end of a volume cut."""
    found: list[Section] = []
    for section in sections:
        if found and found[-1].code == section.code:
            found[-1] = Section(section.code, found[-1].name, found[-1].documents + section.documents)
        else:
            found.append(section)
    return found


def _add(
    volumes: list[PlannedVolume],
    supplement: int,
    documents: Sequence[BundleDocument],
    layout: _Layout,
    limits: VolumeLimits,
) -> list[PlannedVolume]:
    """Put what came later behind everything that is there: in the last volume, or in one of its own."""
    last = volumes[-1]
    index = _index_length(documents)
    pages = last.page_count + index + sum(each.page_count for each in documents)
    there = [each.document for each in last.documents]
    fits = not (limits.pages and pages > limits.pages) and not (
        limits.size and _weight([*there, *documents]) > limits.size
    )
    if not fits and limits.size and _weight(documents) > limits.size:
        message = (
            f"Phần thêm lần {supplement} nặng quá mức của một tập: "
            "hãy tăng dung lượng mỗi tập, hoặc bổ sung làm nhiều lần."
        )
        raise BadInput(message)
    number = last.number if fits else last.number + 1
    first = layout.next_page
    layout.next_page += index
    sections = layout.sections(documents, volume=number)
    part = Part(supplement, first, _paginate(_rows(sections)), sections)
    if fits:
        return [*volumes[:-1], PlannedVolume(number, (*last.parts, part))]
    return [*volumes, PlannedVolume(number, (part,))]
