"""What is wrong with the numbering of a file, and what of it is explained; pure.

Thông tư liên tịch 04/2018/TTLT-VKSNDTC-BCA-BQP, Điều 35: folios run from 01 to the end without a hole, each page has
its own, and a mistake is explained rather than renumbered. Each folio is in one volume, and volumes follow each other.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from vks_plugin.cases.folios import CORRECTED, FINAL, MISSING, Counting, Label, VolumeFact, cited, runs
from vks_plugin.text import Sentence
from vks_plugin.text import gettext_noop as _


class Finding(StrEnum):
    """A kind of defect."""

    GAP = "gap"
    DUPLICATE = "duplicate"
    OVERLAP = "overlap"
    """The folios of one document stand among those of another."""
    MISSING = "missing"
    """The number is known, the paper is not there."""
    CORRECTION = "correction"
    PAGE = "page"
    """A page of a numbered document has no folio."""
    PAGE_UNKNOWN = "page_unknown"
    """It is not known which page shows a folio."""
    PROVISIONAL = "provisional"
    """Stamped and not numbered yet."""
    DOCUMENT = "document"
    """A document has no folio."""
    OUTSIDE_VOLUMES = "outside_volumes"
    VOLUME_HOLE = "volume_hole"
    VOLUME_OVERLAP = "volume_overlap"
    VOLUME_ORDER = "volume_order"
    VOLUME_EMPTY = "volume_empty"


ABOUT_FOLIOS = frozenset(
    {
        Finding.GAP,
        Finding.DUPLICATE,
        Finding.OVERLAP,
        Finding.MISSING,
        Finding.CORRECTION,
        Finding.OUTSIDE_VOLUMES,
        Finding.VOLUME_HOLE,
        Finding.VOLUME_OVERLAP,
        Finding.VOLUME_ORDER,
    }
)
"""What is explained for a range of folios."""

ABOUT_DOCUMENTS = frozenset({Finding.PAGE, Finding.PAGE_UNKNOWN, Finding.DOCUMENT})
"""What is explained for a document or its pages."""

OF_DOCUMENTS = ABOUT_DOCUMENTS | {Finding.PROVISIONAL}
"""What is found in one document."""

_SENTENCES: Mapping[Finding, str] = {
    Finding.GAP: _("Thiếu bút lục %(folios)s."),
    Finding.DUPLICATE: _("Bút lục %(folios)s bị trùng."),
    Finding.OVERLAP: _("Bút lục %(folios)s của hai tài liệu nằm xen nhau."),
    Finding.MISSING: _("Bút lục %(folios)s có số nhưng không có giấy."),
    Finding.CORRECTION: _("Bút lục %(folios)s đã sửa số."),
    Finding.PAGE: _("Trang %(pages)s không có bút lục."),
    Finding.PAGE_UNKNOWN: _("Chưa rõ bút lục %(folios)s ở trang nào của tài liệu."),
    Finding.PROVISIONAL: _("Tài liệu mới đóng dấu bút lục, chưa đánh số."),
    Finding.DOCUMENT: _("Tài liệu không có bút lục."),
    Finding.OUTSIDE_VOLUMES: _("Bút lục %(folios)s không thuộc tập nào."),
    Finding.VOLUME_HOLE: _("Tập %(volumes)s thiếu bút lục %(folios)s."),
    Finding.VOLUME_OVERLAP: _("Tập %(volumes)s cùng chứa bút lục %(folios)s."),
    Finding.VOLUME_ORDER: _("Tập %(volumes)s không theo thứ tự bút lục."),
    Finding.VOLUME_EMPTY: _("Tập %(volumes)s chưa ghi bút lục."),
}


@dataclass(frozen=True)
class FolioFact:
    """A folio as it is recorded; without a label it is only a stamp."""

    document: int
    label: Label | None
    page: int | None
    state: str = FINAL


@dataclass(frozen=True)
class DocumentFact:
    """A document of the case file."""

    document: int
    pages: int | None
    counting: str = Counting.PAGE


@dataclass(frozen=True)
class ExplanationFact:
    """An explanation, and what it is about."""

    id: int
    finding: str
    first: int | None = None
    last: int | None = None
    document: int | None = None
    page_from: int | None = None
    page_to: int | None = None


@dataclass(frozen=True)
class Defect:
    """One thing that is not as it should be, or was not and is explained."""

    finding: Finding
    first: Label | None = None
    last: Label | None = None
    documents: tuple[int, ...] = ()
    pages: tuple[int, ...] = ()
    volumes: tuple[int, ...] = ()
    explained_by: tuple[int, ...] = ()

    @property
    def explained(self) -> bool:
        """Whether somebody wrote down why."""
        return bool(self.explained_by)


def described(defect: Defect) -> Sentence:
    """Return what is wrong, in a sentence."""
    folios = "" if defect.first is None else str(defect.first)
    if defect.last is not None and defect.last != defect.first:
        folios += f"–{defect.last}"
    return Sentence(
        _SENTENCES[defect.finding],
        folios=folios,
        pages=cited(Label(page) for page in defect.pages),
        volumes=", ".join(str(number) for number in defect.volumes),
    )


@dataclass(frozen=True)
class FolioReport:
    """Everything that is wrong with the numbering of a file."""

    defects: tuple[Defect, ...]
    documents: int
    folios: int
    """Numbered ones."""
    last: int
    """The highest number; 0 when there is none."""

    @property
    def open(self) -> tuple[Defect, ...]:
        """Those nobody has explained."""
        return tuple(each for each in self.defects if not each.explained)


def _holes(numbers: Sequence[int], first: int, last: int) -> list[tuple[int, int]]:
    """Return the ranges between `first` and `last` that hold none of the sorted numbers."""
    found = []
    expected = first
    for number in numbers[bisect_left(numbers, first) :]:
        if number > last:
            break
        if number > expected:
            found.append((expected, number - 1))
        expected = number + 1
    if expected <= last:
        found.append((expected, last))
    return found


class _Explanations:
    """Finds what explains a defect."""

    def __init__(self, given: Iterable[ExplanationFact]) -> None:
        self._ranges: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
        self._documents: dict[tuple[str, int], list[ExplanationFact]] = defaultdict(list)
        for each in given:
            if each.document is not None:
                self._documents[each.finding, each.document].append(each)
            elif each.first is not None and each.last is not None:
                self._ranges[each.finding].append((each.first, each.last, each.id))

    def split(self, first: int, last: int, *findings: str) -> list[tuple[int, int, tuple[int, ...]]]:
        """Cut a range of folios where an explanation begins or ends."""
        ranges = [each for finding in findings for each in self._ranges[finding]]
        borders = {first, last + 1}
        for begin, end, _id in ranges:
            borders |= {border for border in (begin, end + 1) if first < border <= last}
        found = []
        for begin, following in pairwise(sorted(borders)):
            covering = tuple(sorted(key for low, high, key in ranges if low <= begin and following - 1 <= high))
            found.append((begin, following - 1, covering))
        return found

    def of_range(self, first: int, last: int, *findings: str) -> tuple[int, ...]:
        """Return what explains the whole of a range."""
        ranges = (each for finding in findings for each in self._ranges[finding])
        return tuple(sorted(key for low, high, key in ranges if low <= first and last <= high))

    def of_document(self, document: int, finding: str, page: int | None = None) -> tuple[int, ...]:
        """Return what explains a document, or one page of it."""
        return tuple(
            sorted(
                each.id
                for each in self._documents[finding, document]
                if page is None or each.page_from is None or each.page_from <= page <= (each.page_to or each.page_from)
            )
        )


def _ranged(finding: Finding, first: int, last: int, explanations: _Explanations, *also: str) -> list[Defect]:
    return [
        Defect(finding, Label(begin), Label(end), explained_by=ids)
        for begin, end, ids in explanations.split(first, last, finding, *also)
    ]


def _overlaps(labels_of: Mapping[int, list[Label]], explanations: _Explanations) -> list[Defect]:
    """Find documents that stand among each other; a label both have is a duplicate and nothing more."""
    spans = sorted((min(labels), max(labels), document) for document, labels in labels_of.items())
    held = {document: set(labels) for document, labels in labels_of.items()}
    found = []
    open_spans: list[tuple[Label, Label, int]] = []
    for first, last, document in spans:
        open_spans = [each for each in open_spans if each[1] >= first]
        for _begin, end, other in open_spans:
            low, high = first, min(end, last)
            inside = {label for each in (document, other) for label in held[each] if low <= label <= high}
            if inside <= held[document] & held[other]:
                continue
            documents = (other, document) if other < document else (document, other)
            found.append(
                Defect(
                    Finding.OVERLAP,
                    low,
                    high,
                    documents=documents,
                    explained_by=explanations.of_range(low.number, high.number, Finding.OVERLAP),
                )
            )
        open_spans.append((first, last, document))
    return found


def _pages(document: DocumentFact, folios: Sequence[FolioFact], explanations: _Explanations) -> list[Defect]:
    """Find pages of a numbered document that no folio stands for."""
    if document.pages is None:
        return []
    unknown = [
        each
        for each in folios
        if each.state != MISSING and (each.page is None or not 1 <= each.page <= document.pages) and each.label
    ]
    if unknown:
        labels = sorted(each.label for each in unknown if each.label is not None)
        ids = explanations.of_document(document.document, Finding.PAGE_UNKNOWN)
        return [
            Defect(Finding.PAGE_UNKNOWN, labels[0], labels[-1], documents=(document.document,), explained_by=tuple(ids))
        ]
    shown = {each.page for each in folios if each.page is not None}
    if document.counting == Counting.SHEET:
        shown |= {page + 1 if page % 2 else page - 1 for page in shown}
    grouped: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for page in range(1, document.pages + 1):
        if page not in shown:
            grouped[explanations.of_document(document.document, Finding.PAGE, page)].append(page)
    return [
        Defect(Finding.PAGE, documents=(document.document,), pages=tuple(pages), explained_by=ids)
        for ids, pages in grouped.items()
    ]


def _volumes(
    volumes: Sequence[VolumeFact], numbers: Sequence[int], used: Sequence[int], explanations: _Explanations
) -> list[Defect]:
    """Check volumes against the plain numbers there are, and every number, with a suffix or not, against the volumes."""
    found: list[Defect] = []
    ranged: list[tuple[int, int, int]] = []
    for volume in sorted(volumes, key=lambda each: each.number):
        if volume.first is None or volume.last is None:
            found.append(Defect(Finding.VOLUME_EMPTY, volumes=(volume.number,)))
            continue
        for first, last in _holes(numbers, volume.first, volume.last):
            for begin, end, ids in explanations.split(first, last, Finding.VOLUME_HOLE, Finding.GAP):
                found.append(
                    Defect(
                        Finding.VOLUME_HOLE, Label(begin), Label(end), volumes=(volume.number,), explained_by=tuple(ids)
                    )
                )
        ranged.append((volume.number, volume.first, volume.last))
    for position, (number, first, last) in enumerate(ranged):
        for other, begin, end in ranged[position + 1 :]:
            low, high = max(first, begin), min(last, end)
            if low <= high:
                ids = explanations.of_range(low, high, Finding.VOLUME_OVERLAP)
                found.append(
                    Defect(
                        Finding.VOLUME_OVERLAP,
                        Label(low),
                        Label(high),
                        volumes=(number, other),
                        explained_by=tuple(ids),
                    )
                )
    for (number, first, _last), (other, begin, end) in pairwise(ranged):
        if end < first:
            ids = explanations.of_range(begin, end, Finding.VOLUME_ORDER)
            found.append(
                Defect(Finding.VOLUME_ORDER, Label(begin), Label(end), volumes=(number, other), explained_by=tuple(ids))
            )
    outside = [number for number in used if not any(first <= number <= last for _number, first, last in ranged)]
    for low_label, high_label in runs(Label(number) for number in outside):
        found += _ranged(Finding.OUTSIDE_VOLUMES, low_label.number, high_label.number, explanations)
    return found


def report(
    *,
    documents: Sequence[DocumentFact],
    folios: Sequence[FolioFact],
    volumes: Sequence[VolumeFact] = (),
    explanations: Iterable[ExplanationFact] = (),
) -> FolioReport:
    """Find everything that is wrong with the numbering of a file, and what of it is explained."""
    why = _Explanations(explanations)
    of_document: dict[int, list[FolioFact]] = defaultdict(list)
    for each in folios:
        of_document[each.document].append(each)
    labelled = [(each.label, each) for each in folios if each.label is not None]
    # 57a does not stand for 57
    numbers = sorted({label.number for label, _each in labelled if not label.suffix})
    last = max((label.number for label, _each in labelled), default=0)
    found: list[Defect] = []
    for begin, end in _holes(numbers, 1, last):
        found += _ranged(Finding.GAP, begin, end, why)
    times = Counter(label for label, _each in labelled)
    for label in sorted(label for label, number in times.items() if number > 1):
        holders = sorted({each.document for other, each in labelled if other == label})
        ids = why.of_range(label.number, label.number, Finding.DUPLICATE)
        found.append(Defect(Finding.DUPLICATE, label, label, documents=tuple(holders), explained_by=ids))
    found += _overlaps(
        {
            document: [each.label for each in rows if each.label is not None]
            for document, rows in of_document.items()
            if any(each.label is not None for each in rows)
        },
        why,
    )
    for state, finding in ((MISSING, Finding.MISSING), (CORRECTED, Finding.CORRECTION)):
        for first, final in runs(label for label, each in labelled if each.state == state):
            if first.suffix:
                ids = why.of_range(first.number, first.number, finding)
                found.append(Defect(finding, first, first, explained_by=ids))
            else:
                found += _ranged(finding, first.number, final.number, why)
    for document in documents:
        rows = of_document[document.document]
        if not rows:
            ids = why.of_document(document.document, Finding.DOCUMENT)
            found.append(Defect(Finding.DOCUMENT, documents=(document.document,), explained_by=ids))
        elif all(each.label is None for each in rows):
            pages = tuple(sorted(each.page for each in rows if each.page is not None))
            found.append(Defect(Finding.PROVISIONAL, documents=(document.document,), pages=pages))
        else:
            found += _pages(document, rows, why)
    used = sorted({label.number for label, _each in labelled})
    found += _volumes(volumes, numbers, used, why)
    return FolioReport(tuple(found), len(documents), len(labelled), last)
