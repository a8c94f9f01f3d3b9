"""Diagrams of a case as its record has them: people, charges, evidence, and what happened when."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from vks_plugin.access.queries import case_for
from vks_plugin.cases.folio_queries import is_withheld, withheld_ranges
from vks_plugin.cases.models import CaseDocument, CaseFile
from vks_plugin.court.deck.diagrams import (
    CHARGE,
    EVENT,
    EVIDENCE,
    MOST_BOXES,
    PERSON,
    VICTIM,
    Diagram,
    Edits,
    Item,
    Link,
    connections,
    timeline,
)
from vks_plugin.court.deck.models import Slide
from vks_plugin.court.deck.rules import DELIBERATION_TYPES, EVIDENCE_GROUPS, INTERNAL_GROUPS
from vks_plugin.text import folded

_MOST_DOCUMENTS = 40
_VICTIM = "victim"
"""Role of a person of the case."""


class Content(NamedTuple):
    """What a diagram of the case shows and joins before anybody changed it."""

    items: list[Item]
    links: list[Link]
    left_out: int
    """How many papers, exhibits and events are not in it because they are never shown."""


def content_of(case: CaseFile, slide: Slide, user: User) -> Content:
    """Return what a diagram shows (a few queries).

    Nothing of a paper that is never shown stands in it, neither its title nor its number: what bears a folio of a state
    secret, and what was entered by a paper of the supervision file or of the deliberation.
    """
    found = _timeline(case) if slide.diagram == Slide.Diagram.TIMELINE else _connections(case, user)
    return found._replace(items=_all_told(found.items))


def _all_told(items: list[Item]) -> list[Item]:
    """Return as many items as are drawn; where there are more, the last one says how many."""
    if len(items) <= MOST_BOXES:
        return items
    kept = items[: MOST_BOXES - 1]
    return [*kept, _more("more", items[-1].group, len(items) - len(kept))]


def _more(key: str, group: str, number: int) -> Item:
    return Item(key, group, _("… còn %(number)d mục không vẽ ở đây") % {"number": number}, "")


def words_of(content: Content, slide: Slide) -> str:
    """Return every word a diagram shows, names and all: what is looked for in it is never to be shown."""
    edits = Edits.read(slide.edits)
    words = [part for item in content.items if item.key not in edits.hidden for part in (item.label, item.note)]
    return "\n".join([*words, *edits.labels.values()])


def drawn(case: CaseFile, slide: Slide, mask: Callable[[str], str], user: User) -> Diagram:
    """Return the diagram of a slide, with what was changed by hand; no name stands in it that is not to be told."""
    items, links, _left_out = content_of(case, slide, user)
    shown = [item._replace(label=mask(item.label), note=mask(item.note)) for item in items]
    edits = Edits.read(slide.edits)
    edits = Edits(
        edits.places,
        {key: mask(words) for key, words in edits.labels.items()},
        edits.hidden,
        edits.added,
        edits.removed,
    )
    title = mask(slide.title)
    if slide.diagram == Slide.Diagram.TIMELINE:
        return timeline(shown, edits=edits, title=title)
    headings = {
        PERSON: case.kind_data.accused_group_label and _(case.kind_data.accused_group_label),
        CHARGE: _("Tội danh"),
        VICTIM: _("Bị hại"),
        EVIDENCE: _("Chứng cứ"),
    }
    return connections(shown, links, headings=headings, edits=edits, title=title)


def _timeline(case: CaseFile) -> Content:
    items = []
    left_out = 0
    withheld = withheld_ranges(case)
    if case.crime_date is not None:
        items.append(Item("crime", EVENT, f"{case.crime_date:%d/%m/%Y}", _("Ngày phạm tội")))
    rows = case.events.filter(withdrawn_at__isnull=True).select_related(
        "case", "accused", "case_document__document_type"
    )
    for event in rows.prefetch_related("case_document__folios"):
        if event.case_document is not None and _is_never_shown(event.case_document, withheld):
            left_out += 1
            continue
        who = f" – {event.accused.full_name}" if event.accused is not None else ""
        number = f" {event.number}" if event.number else ""
        filed = event.case_document
        folio = _first_folio(filed) if filed is not None else ""
        note = f"{event.label}{number}{who}" + (f" (BL {folio})" if folio else "")
        items.append(Item(f"event:{event.pk}", EVENT, f"{event.happened_on:%d/%m/%Y}", note, folio))
    return Content(items, [], left_out)


def _is_never_shown(filed: CaseDocument, withheld: Sequence[tuple[int, int]]) -> bool:
    kind = filed.document_type
    internal = filed.part != "hsva" or (kind is not None and kind.group_code in INTERNAL_GROUPS)
    return internal or (kind is not None and kind.code in DELIBERATION_TYPES) or is_withheld(filed, withheld)


def _connections(case: CaseFile, user: User) -> Content:
    items: list[Item] = []
    left_out = 0
    withheld = withheld_ranges(case)
    links: list[Link] = []
    people = list(case.accused.all())
    for person in people:
        born = f"{_('sinh')} {person.birth_year}" if person.birth_year else ""
        items.append(Item(f"accused:{person.pk}", PERSON, person.full_name, born))
    charges: dict[tuple[str, str], str] = {}
    for charge in case.charges.filter(ended_on__isnull=True):
        known = (charge.reference, charge.name)
        if known not in charges:
            charges[known] = f"charge:{charge.pk}"
            items.append(Item(charges[known], CHARGE, charge.name, charge.reference))
        if charge.accused_id is not None:
            links.append(Link(f"accused:{charge.accused_id}", charges[known]))
    victims = list(case.people.filter(role=_VICTIM))
    items += [Item(f"person:{each.pk}", VICTIM, each.full_name, "") for each in victims]
    evidence: list[str] = []
    for exhibit in case.exhibits.all():
        if exhibit.folio is not None and any(first <= exhibit.folio <= last for first, last in withheld):
            left_out += 1
            continue
        key = f"exhibit:{exhibit.pk}"
        folio = str(exhibit.folio) if exhibit.folio else ""
        note = " · ".join(part for part in (exhibit.quantity, f"BL {folio}" if folio else "") if part)
        items.append(Item(key, EVIDENCE, exhibit.name, note, folio))
        evidence.append(key)
    filed = case_for(user, case.code).documents.filter(part="hsva", document_type__group_code__in=EVIDENCE_GROUPS)
    papers = list(filed.prefetch_related("folios"))
    found = [document for document in papers if not _is_never_shown(document, withheld)]
    left_out += len(papers) - len(found)
    for document in found[:_MOST_DOCUMENTS]:
        key = f"document:{document.pk}"
        items.append(Item(key, EVIDENCE, document.title, document.folio_label, _first_folio(document)))
        evidence.append(key)
        named = [person for person in people if folded(person.full_name) in folded(document.title)]
        links += [Link(f"accused:{person.pk}", key) for person in named]
        harmed = [each for each in victims if folded(each.full_name) in folded(document.title)]
        links += [Link(f"person:{each.pk}", key) for each in harmed]
    if len(found) > _MOST_DOCUMENTS:
        items.append(_more("more:documents", EVIDENCE, len(found) - _MOST_DOCUMENTS))
    if len(charges) == 1:
        # what proves one of several charges, and whom it harmed, is not in the record: people draw those lines
        (only,) = charges.values()
        links += [Link(only, key) for key in (*(f"person:{each.pk}" for each in victims), *evidence)]
    return Content(items, links, left_out)


def _first_folio(document: CaseDocument) -> str:
    return f"{document.folio_from}{document.suffix_from}" if document.folio_from is not None else ""
