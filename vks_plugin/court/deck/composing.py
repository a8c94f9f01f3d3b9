"""A first draft of a presentation, made from the case file: what people would otherwise click together one by one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from vks_plugin.access.queries import case_for
from vks_plugin.cases.folio_queries import is_withheld, withheld_ranges
from vks_plugin.cases.models import CaseDocument, CaseFile
from vks_plugin.court.choosing import INDICTMENT_TYPES
from vks_plugin.court.deck.models import Presentation, Slide
from vks_plugin.court.deck.rules import (
    DELIBERATION_TYPES,
    EVIDENCE_GROUPS,
    INTERNAL_GROUPS,
    JUVENILE_GROUP,
    MOST_PAGES,
    MOST_SLIDES,
    RECORDING_TYPES,
    SCENE_PLAN_TYPE,
    cited_folios,
    is_testimony,
)
from vks_plugin.host.files import text_of
from vks_plugin.language import speaking
from vks_plugin.text import folded


def composed_slides(user: User, presentation: Presentation) -> list[Slide]:
    """Return slides for a new presentation, unsaved and without positions.

    What goes in comes in by itself where no rule can be against it: numbered papers of the case file. Testimony waits
    until somebody chooses its ground; papers on minors, sensitive ones, recordings of questionings and those of the
    panel's deliberation stay out. Headings are title slides: nothing is claimed on them that a folio had to prove. Evidence is shown in order, everything else waits as a reserve that its folio number
    calls up.
    """
    case = presentation.case
    with speaking("vi"):
        return _Composer(user, presentation, case).slides()


class _Composer:
    def __init__(self, user: User, presentation: Presentation, case: CaseFile) -> None:
        self.presentation, self.case = presentation, case
        self.pages = 0
        self.made: list[Slide] = []
        withheld = withheld_ranges(case)
        numbered = case_for(user, case.code).documents.filter(part="hsva", folio_from__isnull=False)
        self.documents = [filed for filed in numbered.prefetch_related("folios") if self._fits(filed, withheld)]
        self.used: set[int] = set()

    @staticmethod
    def _fits(filed: CaseDocument, withheld: Sequence[tuple[int, int]]) -> bool:
        kind = filed.document_type
        if kind is None or kind.sensitive or kind.code in DELIBERATION_TYPES | RECORDING_TYPES:
            return False
        if is_testimony(kind.code, kind.group_code) or kind.group_code in INTERNAL_GROUPS | {JUVENILE_GROUP}:
            return False
        return not is_withheld(filed, withheld)

    def slides(self) -> list[Slide]:
        case, order = self.case, self.presentation.order
        self._add(Slide.Kind.TITLE, self.presentation.title, text=_("Trình chiếu tại phiên tòa"))
        if case.kind_data.has_accused:
            self._add(Slide.Kind.DIAGRAM, _("Người – tội danh – chứng cứ"), diagram=Slide.Diagram.CONNECTIONS)
        self._add(Slide.Kind.DIAGRAM, _("Diễn biến vụ án"), diagram=Slide.Diagram.TIMELINE)
        indictment = [
            each for each in self.documents if each.document_type and each.document_type.code in INDICTMENT_TYPES
        ]
        evidence = [
            each for each in self.documents if each.document_type and each.document_type.group_code in EVIDENCE_GROUPS
        ]
        if order == Presentation.Order.INDICTMENT:
            self._exhibits(indictment)
            self._exhibits(self._cited(indictment))
        if order == Presentation.Order.ACCUSED:
            concerned = self._concerned(evidence)
            for person in case.accused.all():
                charges = [
                    f"{charge.name}, {charge.reference}" for charge in person.charges.filter(ended_on__isnull=True)
                ]
                self._add(Slide.Kind.TITLE, person.full_name, text="\n".join(charges) or _("(chưa ghi tội danh)"))
                self._exhibits(each for each in evidence if concerned[each.pk] == {person.pk})
            self._of_all(evidence)
        if order == Presentation.Order.ACT:
            concerned = self._concerned(evidence)
            charged: dict[tuple[str, str], set[int]] = {}
            for charge in case.charges.filter(ended_on__isnull=True):
                charged.setdefault((charge.name, charge.reference), set()).add(charge.accused_id or 0)
            for (name, reference), people in charged.items():
                self._add(Slide.Kind.TITLE, name, text=reference)
                # whoever is named in a paper was charged with nothing else; of one charge, everything is about it
                others = set().union(*(each for known, each in charged.items() if known != (name, reference)))
                alone = people - others
                self._exhibits(
                    each
                    for each in evidence
                    if len(charged) == 1 or (concerned[each.pk] and concerned[each.pk] <= alone)
                )
            self._of_all(evidence)
        self._exhibits(evidence)
        self._exhibits(self.documents, state=Slide.State.RESERVE)
        return self.made

    def _concerned(self, evidence: Sequence[CaseDocument]) -> dict[int, set[int]]:
        """Return which accused each paper names, in its title or in what was recognised of it."""
        people = [
            (
                person.pk,
                [wanted for name in (person.full_name, person.other_name, person.alias) if (wanted := folded(name))],
            )
            for person in self.case.accused.all()
        ]
        found = {}
        for filed in evidence:
            told = folded(f"{filed.title}\n{text_of(filed.document)}")
            found[filed.pk] = {key for key, names in people if any(name in told for name in names)}
        return found

    def _of_all(self, evidence: Sequence[CaseDocument]) -> None:
        """Put a heading before what concerns several, or nobody by name."""
        if any(filed.pk not in self.used for filed in evidence):
            self._add(
                Slide.Kind.TITLE,
                _("Chứng cứ chung"),
                text=_("Liên quan nhiều bị cáo, nhiều hành vi, hoặc không nêu tên ai."),
            )

    def _cited(self, papers: Iterable[CaseDocument]) -> list[CaseDocument]:
        """Return the documents whose folios these papers cite, in the order in which they are cited first."""
        found: dict[int, CaseDocument] = {}
        for paper in papers:
            for cited in cited_folios(text_of(paper.document)):
                number = int(cited.rstrip("abcdefghijklmnopqrstuvwxyz"))
                for filed in self.documents:
                    if (filed.folio_from or 0) <= number <= (filed.folio_to or 0):
                        found.setdefault(filed.pk, filed)
        return list(found.values())

    def _add(self, kind: str, title: str, **values: object) -> None:
        self.made.append(Slide(presentation=self.presentation, kind=kind, title=title[:200], **values))

    def _exhibits(self, documents: Iterable[CaseDocument], *, state: str = Slide.State.SHOWN) -> None:
        for filed in documents:
            count = filed.page_count or 1
            if filed.pk in self.used or self.pages + count > MOST_PAGES or len(self.made) >= MOST_SLIDES:
                continue
            self.used.add(filed.pk)
            self.pages += count
            # people put the numbers on it
            drawn = count == 1 and filed.document_type is not None and filed.document_type.code == SCENE_PLAN_TYPE
            kind = Slide.Kind.PLAN if drawn else Slide.Kind.EXHIBIT
            self._add(kind, filed.title, case_document=filed, page_from=1, page_to=count, state=state)
