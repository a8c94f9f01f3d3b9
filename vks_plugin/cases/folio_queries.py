"""Reading the numbering of a case file: its report, what waits to be numbered, what an inventory would list.

Only the case file itself (hsva) is looked at; the supervision file has no folios and is not even counted. Whether the
asker may is decided before, in `access`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from vks_plugin.cases.folio_report import (
    Defect,
    DocumentFact,
    ExplanationFact,
    Finding,
    FolioFact,
    FolioReport,
    described,
    report,
)
from vks_plugin.cases.folios import (
    CORRECTED,
    MISSING,
    Label,
    Numbered,
    Unnumbered,
    VolumeFact,
    cited,
    next_number,
    number_pages,
    parse_labels,
    propose_volumes,
    proposed_order,
)
from vks_plugin.cases.models import (
    CaseDocument,
    CaseFile,
    DocumentInventory,
    Folio,
    FolioExplanation,
    FolioProfile,
    WithheldPaper,
)
from vks_plugin.language import spoken, told

COVER = "BIA"
"""The type of document that is left out unless somebody says otherwise: a cover has no folio."""


USUAL_VOLUME = 250
"""Folios of a volume at the most, unless somebody says otherwise."""


def papers_of(case: CaseFile) -> QuerySet[CaseDocument]:
    """Return the documents of the case file, which alone have folios."""
    return CaseDocument.objects.filter(case=case, part="hsva").select_related("document_type")


def label_of(folio: Folio) -> Label | None:
    """Return the number of a folio; none for a stamp."""
    return Label(folio.number, folio.suffix) if folio.number is not None else None


def labels_of(case: CaseFile) -> list[Label]:
    """Return every number that is given in the case, to papers that are not stored here too."""
    rows = Folio.objects.filter(case=case, number__isnull=False).values_list("number", "suffix")
    given = {Label(number or 0, suffix) for number, suffix in rows}
    return sorted(given | withheld_labels(case))


def withheld_labels(case: CaseFile) -> set[Label]:
    """Return the numbers of papers that only have an index card."""
    return {each.label for each in _withheld(case) if each.label is not None}


def _withheld(case: CaseFile) -> list[FolioFact]:
    """Return the folios of papers that only have an index card; the number of the card stands for a document."""
    cards = case.withheld_papers.filter(folio_from__isnull=False).order_by("pk")
    return [
        FolioFact(-pk, Label(number), None)
        for pk, first, last in cards.values_list("pk", "folio_from", "folio_to")
        for number in range(first or 0, (last or 0) + 1)
    ]


def withheld_ranges(case: CaseFile) -> list[tuple[int, int]]:
    """Return first and last folio of each paper that only has an index card: nothing under them leaves the office."""
    cards = case.withheld_papers.filter(folio_from__isnull=False).order_by("folio_from")
    return [(first or 0, last or first or 0) for first, last in cards.values_list("folio_from", "folio_to")]


def is_withheld(filed: CaseDocument, ranges: Iterable[tuple[int, int]]) -> bool:
    """Tell whether a document bears a folio of `withheld_ranges`: by its pages, or by what it is filed under if none is known.

    Where many are asked about, their `folios` are prefetched.
    """
    numbers = [folio.number for folio in filed.folios.all() if folio.number is not None]
    if not numbers and filed.folio_from is not None:
        numbers = list(range(filed.folio_from, (filed.folio_to or filed.folio_from) + 1))
    held = list(ranges)
    return any(first <= number <= last for number in numbers for first, last in held)


def card_at(case: CaseFile, first: int, last: int, *, ignoring: int | None = None) -> WithheldPaper | None:
    """Return an index card whose paper has one of these folios."""
    cards = case.withheld_papers.filter(folio_from__lte=last, folio_to__gte=first).order_by("folio_from")
    return (cards if ignoring is None else cards.exclude(pk=ignoring)).first()


# --- the report


@dataclass(frozen=True)
class Reported:
    """A defect as a person reads it."""

    defect: Defect
    sentence: str
    documents: tuple[CaseDocument, ...]
    explanations: tuple[FolioExplanation, ...]


@dataclass(frozen=True)
class FolioState:
    """How the numbering of a case stands."""

    report: FolioReport
    defects: tuple[Reported, ...]

    @property
    def open(self) -> tuple[Reported, ...]:
        """What nobody has explained."""
        return tuple(each for each in self.defects if not each.defect.explained)


def folio_report(case: CaseFile) -> FolioReport:
    """Return what is wrong with the numbering of a case, and what of it is explained (five queries)."""
    return report(
        documents=[
            DocumentFact(pk, pages, counting)
            for pk, pages, counting in papers_of(case).order_by("pk").values_list("pk", "page_count", "counting")
        ],
        folios=[
            FolioFact(document, Label(number, suffix) if number is not None else None, page, state)
            for document, number, suffix, page, state in Folio.objects.filter(case=case)
            .order_by("pk")
            .values_list("case_document_id", "number", "suffix", "page", "state")
        ]
        + _withheld(case),
        volumes=[
            VolumeFact(number, first, last)
            for number, first, last in case.volumes.order_by("number").values_list("number", "folio_from", "folio_to")
        ],
        explanations=[
            ExplanationFact(*row)
            for row in FolioExplanation.objects.filter(case=case)
            .order_by("pk")
            .values_list("pk", "finding", "folio_from", "folio_to", "about_id", "page_from", "page_to")
        ],
    )


def folio_state(case: CaseFile) -> FolioState:
    """Return the report with its documents and explanations, in the reader's language."""
    found = folio_report(case)
    papers = papers_of(case).in_bulk({pk for each in found.defects for pk in each.documents})
    reasons = (
        FolioExplanation.objects.filter(case=case)
        .select_related("case_document", "explained_by")
        .in_bulk({pk for each in found.defects for pk in each.explained_by})
    )
    return FolioState(
        found,
        tuple(
            Reported(
                each,
                spoken(described(each)),
                tuple(papers[pk] for pk in each.documents if pk in papers),
                tuple(reasons[pk] for pk in each.explained_by),
            )
            for each in found.defects
        ),
    )


# --- what waits to be numbered


@dataclass(frozen=True)
class ProposedDocument:
    """A document and the folios it would get."""

    document: CaseDocument
    without: frozenset[int]
    """Pages that would get none."""
    folios: str
    """As they would be cited; empty when it is left out."""

    @property
    def without_text(self) -> str:
        """The pages without a number, as they are typed."""
        return cited(Label(page) for page in self.without)


@dataclass(frozen=True)
class Proposal:
    """How the file would be numbered, to be confirmed before anything is written."""

    profile: FolioProfile | None
    first: int
    documents: tuple[ProposedDocument, ...]
    """In their order."""
    left_out: tuple[CaseDocument, ...]
    numbers: tuple[Numbered, ...]

    @property
    def last(self) -> int:
        """The last number that would be given."""
        return self.numbers[-1].number if self.numbers else self.first - 1


def waiting_documents(case: CaseFile) -> QuerySet[CaseDocument]:
    """Return the documents of the case file none of whose pages has a number."""
    return papers_of(case).filter(folio_from__isnull=True).order_by("pk")


def explained_documents(case: CaseFile) -> set[int]:
    """Return the documents of which somebody wrote down why they have no folio."""
    rows = FolioExplanation.objects.filter(case=case, finding=Finding.DOCUMENT.value, about__isnull=False)
    return {pk for pk in rows.values_list("about_id", flat=True) if pk is not None}


def numbered_documents(case: CaseFile) -> set[int]:
    """Return the documents that have numbers."""
    return set(papers_of(case).filter(folio_from__isnull=False).values_list("pk", flat=True))


def stamped_pages(documents: Iterable[CaseDocument]) -> dict[int, frozenset[int]]:
    """Return the pages of each document that bear a stamp without a number; documents without any are left out."""
    found: dict[int, set[int]] = defaultdict(set)
    rows = Folio.objects.filter(case_document__in=[each.pk for each in documents], number__isnull=True)
    for document, page in rows.values_list("case_document_id", "page"):
        if page is not None:
            found[document].add(page)
    return {document: frozenset(pages) for document, pages in found.items()}


def as_unnumbered(
    documents: Sequence[CaseDocument], without: Mapping[int, Collection[int]] | None = None
) -> list[Unnumbered]:
    """Return documents as the rules read them; a page that bears no stamp while others do gets no number."""
    stamped = stamped_pages(documents)
    given = without or {}
    found = []
    for each in documents:
        left = frozenset(given.get(each.pk, ()))
        if each.pk not in given and each.pk in stamped and each.page_count:
            left = frozenset(range(1, each.page_count + 1)) - stamped[each.pk]
        found.append(
            Unnumbered(
                document=each.pk,
                pages=each.page_count,
                position=each.document_type.position if each.document_type is not None else None,
                date=each.date,
                without=left,
            )
        )
    return found


def usual_profile(labels: Collection[Label]) -> FolioProfile | None:
    """Return the profile that fits: numbering once as long as nothing is numbered, numbering on afterwards."""
    wanted = FolioProfile.Numbering.CONTINUE if labels else FolioProfile.Numbering.ONCE
    return FolioProfile.objects.filter(numbering=wanted).order_by("-verified", "position", "code").first()


def propose_numbering(
    case: CaseFile,
    *,
    order: Sequence[int] | None = None,
    left_out: Collection[int] | None = None,
    without: Mapping[int, Collection[int]] | None = None,
    profile: FolioProfile | None = None,
    first: int | None = None,
    reserved: int = 0,
) -> Proposal:
    """Lay out how what waits would be numbered; nothing is written.

    Args:
        order: the documents in the order somebody wants; new ones follow, those that are gone are dropped. The order
            of proceedings when left out.
        left_out: documents that are not to be numbered now; when left out, covers and those of which it is written
            down why they have no folio.
        without: pages that get no number, by document.
        profile: how; the usual one when left out.
        first: the first number; the next free one when left out.
        reserved: the highest number that a file on its way has claimed.

    Raises:
        FolioError: more numbers are needed than there may be.
    """
    waiting = {each.pk: each for each in waiting_documents(case)}
    out = (
        {pk for pk, each in waiting.items() if each.document_type is not None and each.document_type.code == COVER}
        | (explained_documents(case) & set(waiting))
        if left_out is None
        else set(left_out) & set(waiting)
    )
    facts = {each.document: each for each in as_unnumbered(list(waiting.values()), without)}
    usual = proposed_order(facts.values())
    chosen = usual if order is None else [pk for pk in dict.fromkeys(order) if pk in facts]
    chosen += [pk for pk in usual if pk not in set(chosen)]
    # one of unknown length cannot be numbered
    out |= {pk for pk in chosen if facts[pk].pages is None}
    labels = labels_of(case)
    profile = profile or usual_profile(labels)
    start = first if first is not None else max(next_number(labels), reserved + 1)
    inside = [facts[pk] for pk in chosen if pk not in out]
    with told():
        numbers = number_pages(inside, first=start, counting=profile.counting if profile is not None else "page")
    given: dict[int, list[Label]] = defaultdict(list)
    for each in numbers:
        given[each.document].append(Label(each.number))
    return Proposal(
        profile,
        start,
        tuple(ProposedDocument(waiting[each.document], each.without, cited(given[each.document])) for each in inside),
        tuple(waiting[pk] for pk in chosen if pk in out),
        tuple(numbers),
    )


# --- volumes


def volumes_to_bind(case: CaseFile, *, most: int = USUAL_VOLUME) -> list[VolumeFact]:
    """Return how the folios that lie behind the last volume could be divided, cut between documents.

    Raises:
        FolioError: `most` is not a sensible number.
    """
    inside: dict[int, list[Label]] = defaultdict(list)
    rows = Folio.objects.filter(case=case, number__isnull=False, case_document__part="hsva")
    for document, number, suffix in rows.values_list("case_document_id", "number", "suffix"):
        inside[document].append(Label(number or 0, suffix))
    volumes = list(case.volumes.all())
    with told():
        return propose_volumes(
            inside.values(),
            most=most,
            first_volume=max((each.number for each in volumes), default=0) + 1,
            after=max((each.folio_to or 0 for each in volumes), default=0),
        )


# --- inventories


@dataclass(frozen=True)
class InventoryRow:
    """A line of an inventory."""

    document: int
    """Id in the host."""
    title: str
    folios: str
    characteristics: str

    def as_data(self) -> dict[str, int | str]:
        """Return the row as it is kept."""
        return {
            "document": self.document,
            "title": self.title,
            "folios": self.folios,
            "characteristics": self.characteristics,
        }


def listed_labels(case: CaseFile) -> set[Label]:
    """Return the folios that an inventory of the case lists already."""
    return {
        label
        for rows in DocumentInventory.objects.filter(case=case).values_list("rows", flat=True)
        for row in rows
        for label in parse_labels(row["folios"])
    }


def rows_to_list(case: CaseFile) -> list[InventoryRow]:
    """Return what the next inventory would list: every numbered folio that no earlier one has, document by document."""
    listed = listed_labels(case)
    folios: dict[int, list[Folio]] = defaultdict(list)
    for folio in Folio.objects.filter(case=case, number__isnull=False, case_document__part="hsva"):
        if label_of(folio) not in listed:
            folios[folio.case_document_id].append(folio)
    papers = papers_of(case).in_bulk(folios)
    rows = []
    for pk, inside in folios.items():
        labels = sorted(label for each in inside if (label := label_of(each)) is not None)
        rows.append(
            (
                labels[0],
                InventoryRow(papers[pk].document_id, _named(papers[pk]), cited(labels), _features(papers[pk], inside)),
            )
        )
    return [row for _first, row in sorted(rows, key=lambda pair: pair[0])]


def _named(filed: CaseDocument) -> str:
    """Return the name of a document with its number and date, which tell papers of one type apart."""
    name = filed.title
    if filed.number and filed.number not in name:
        name += f" số {filed.number}"
    if filed.date is not None and f"{filed.date:%d/%m/%Y}" not in name:
        name += f" ngày {filed.date:%d/%m/%Y}"
    return name


def _features(filed: CaseDocument, folios: Iterable[Folio]) -> str:
    """Return the third column; a number that was corrected or whose paper is missing is told there (Điều 35)."""
    told = [filed.characteristics] if filed.characteristics else []
    for state, words in ((CORRECTED, "đã sửa, có giải trình"), (MISSING, "thiếu giấy")):
        labels = [label for each in folios if each.state == state and (label := label_of(each)) is not None]
        if labels:
            told.append(f"BL {cited(labels)}: {words}")
    return "; ".join(told)
