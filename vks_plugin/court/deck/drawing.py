"""Diagrams of a case: people, charges, evidence and what happened when, as its record has them; and boxes added by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from vks_plugin.access.queries import CaseView, case_for
from vks_plugin.cases.folio_queries import is_withheld, withheld_ranges
from vks_plugin.cases.folios import FolioError, parse_label
from vks_plugin.cases.models import CaseDocument, CaseFile, Folio
from vks_plugin.court.deck.diagrams import (
    CHARGE,
    EVENT,
    EVIDENCE,
    LONGEST_WORDS,
    MOST_BOXES,
    MOST_LETTERS,
    MOST_LINKS,
    MOST_OWN,
    OWN_KEY,
    OWN_KINDS,
    PERSON,
    VICTIM,
    Diagram,
    Edits,
    Item,
    Link,
    OwnBox,
    connections,
    kept_words,
    timeline,
)
from vks_plugin.court.deck.models import Slide
from vks_plugin.court.deck.rules import DELIBERATION_TYPES, EVIDENCE_GROUPS, INTERNAL_GROUPS, cited_folios
from vks_plugin.errors import BadInput
from vks_plugin.text import folded, one_line

_MOST_DOCUMENTS = 40
_VICTIM = "victim"
"""Role of a person of the case."""


class Content(NamedTuple):
    """What a diagram shows: what the record has and joins, and the boxes that were added by hand."""

    items: list[Item]
    links: list[Link]
    left_out: int
    """How many papers, exhibits, events and boxes by hand are not in it because they are never shown."""
    lost: tuple[Link, ...] = ()
    """Lines drawn by hand to what is not in the case any more."""


def content_of(case: CaseFile, slide: Slide, user: User) -> Content:
    """Return what a diagram shows (a few queries).

    Nothing of a paper that is never shown stands in it, neither its title nor its number: what bears a folio of a state
    secret, and what was entered by a paper of the supervision file or of the deliberation.
    """
    edits = Edits.read(slide.edits)
    along = slide.diagram == Slide.Diagram.TIMELINE
    found = _timeline(case) if along else _connections(case, user)
    own, withheld = _own_items(case, edits.boxes, along=along)
    items = [*_all_told(found.items, MOST_BOXES - len(own)), *own]
    if along:
        # what bears no day keeps its place behind what does
        items.sort(key=lambda item: item.day or dt.date.max)
    return Content(items, found.links, found.left_out + withheld, tuple(_lost(case, edits)))


def _all_told(items: list[Item], most: int) -> list[Item]:
    """Return as many items as are drawn; where there are more, the last one says how many."""
    if len(items) <= most:
        return items
    kept = items[: most - 1]
    return [*kept, _more("more", items[-1].group, len(items) - len(kept))]


def _more(key: str, group: str, number: int) -> Item:
    return Item(key, group, _("… còn %(number)d mục không vẽ ở đây") % {"number": number}, "")


def words_of(content: Content, slide: Slide) -> str:
    """Return every word a diagram shows, names and all: what is looked for in it is never to be shown."""
    edits = Edits.read(slide.edits)
    words = [part for item in content.items if item.key not in edits.hidden for part in (item.label, item.note)]
    return "\n".join([*words, *edits.labels.values(), *edits.words.values()])


def drawn(case: CaseFile, slide: Slide, mask: Callable[[str], str], user: User) -> Diagram:
    """Return the diagram of a slide, with what was changed by hand; no name stands in it that is not to be told."""
    content = content_of(case, slide, user)
    shown = [item._replace(label=mask(item.label), note=mask(item.note)) for item in content.items]
    edits = Edits.read(slide.edits)
    edits = replace(
        edits,
        labels={key: mask(words) for key, words in edits.labels.items()},
        words={link: mask(words) for link, words in edits.words.items()},
    )
    title = mask(slide.title)
    if slide.diagram == Slide.Diagram.TIMELINE:
        return timeline(shown, edits=edits, title=title)
    headings = {
        PERSON: case.kind_data.accused_group_label and _(case.kind_data.accused_group_label),
        CHARGE: _("Tội danh"),
        VICTIM: _("Bị hại"),
        EVIDENCE: _("Chứng cứ"),
        **{kind: _(words) for kind, words in OWN_KINDS.items()},
    }
    return connections(shown, content.links, headings=headings, edits=edits, title=title)


def _timeline(case: CaseFile) -> Content:
    items = []
    left_out = 0
    withheld = withheld_ranges(case)
    if case.crime_date is not None:
        when = f"{case.crime_date:%d/%m/%Y}"
        items.append(Item("crime", EVENT, when, _("Ngày phạm tội"), day=case.crime_date))
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
        when = f"{event.happened_on:%d/%m/%Y}"
        items.append(Item(f"event:{event.pk}", EVENT, when, note, folio, event.happened_on))
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


# --- boxes added by hand --------------------------------------------------------------------------


def _own_items(case: CaseFile, boxes: Sequence[OwnBox], *, along: bool) -> tuple[list[Item], int]:
    """Return the boxes added by hand as items, and how many are left out because they cite what is never shown."""
    cites = {box.key: {folio for folio in (box.folio, *cited_folios(box.label)) if folio} for box in boxes}
    never = _never_shown(case, set().union(*cites.values()))
    items = []
    for box in boxes:
        if cites[box.key] & never:
            continue
        when = f"{box.day:%d/%m/%Y}" if box.day is not None else ""
        cited = f"BL {box.folio}" if box.folio else ""
        if along and when:
            label, note = when, f"{box.label} ({cited})" if cited else box.label
        else:
            label, note = box.label, " · ".join(part for part in (when, cited) if part)
        items.append(Item(box.key, box.kind, label, note, box.folio, box.day, apart=box.day is None))
    return items, len(boxes) - len(items)


def _never_shown(case: CaseFile, folios: set[str]) -> set[str]:
    """Return which of these folios belong to papers that are never shown."""
    numbers: dict[str, int] = {}
    for folio in folios:
        try:
            numbers[folio] = parse_label(folio).number
        except FolioError:
            continue
    if not numbers:
        return set()
    withheld = withheld_ranges(case)
    never = {folio for folio, number in numbers.items() if any(first <= number <= last for first, last in withheld)}
    papers = case.documents.filter(part="hsva", folios__number__in=set(numbers.values())).distinct()
    for filed in papers.select_related("document_type").prefetch_related("folios"):
        if _is_never_shown(filed, withheld):
            never |= {f"{folio.number}{folio.suffix}" for folio in filed.folios.all()}
    return never & folios


def _lost(case: CaseFile, edits: Edits) -> list[Link]:
    """Return the lines drawn by hand that lead to what is not in the case any more."""
    if not edits.added:
        return []
    kept: Mapping[str, Any] = {
        "accused": case.accused.all(),
        "charge": case.charges.filter(ended_on__isnull=True),
        "person": case.people.filter(role=_VICTIM),
        "exhibit": case.exhibits.all(),
        "document": case.documents.filter(part="hsva", document_type__group_code__in=EVIDENCE_GROUPS),
        "event": case.events.filter(withdrawn_at__isnull=True),
    }
    here = {"crime", "more", "more:documents", *(box.key for box in edits.boxes)}
    asked: dict[str, set[int]] = {}
    for key in {end for link in edits.added for end in link}:
        name, _colon, number = key.partition(":")
        if name in kept and number.isascii() and number.isdigit() and len(number) < 18:
            asked.setdefault(name, set()).add(int(number))
    for name, numbers in asked.items():
        here |= {f"{name}:{pk}" for pk in kept[name].filter(pk__in=numbers).values_list("pk", flat=True)}
    return [link for link in edits.added if not here.issuperset(link)]


def read_edits(view: CaseView, given: Any) -> Edits:
    """Return what somebody changed of a diagram; lines to what is not in the case any more are dropped.

    Args:
        view: the case, as the person who gives it may see it.
        given: as `Edits.stored` has it. A box without a `key` is new.

    Raises:
        BadInput: a box or the words on a line cannot be used; the sentence names it.
    """
    edits = Edits.read(given)
    boxes = given.get("boxes", []) if isinstance(given, Mapping) else []
    if not isinstance(boxes, list | tuple) or not all(isinstance(each, Mapping) for each in boxes):
        raise _refused(_("Các ô thêm bằng tay gửi lên không đúng dạng."))
    if len(boxes) > MOST_OWN:
        raise _refused(
            _("Một sơ đồ nhận tối đa %(most)d ô thêm bằng tay: hãy bớt ô hoặc lập thêm sơ đồ.") % {"most": MOST_OWN}
        )
    words = given.get("words", []) if isinstance(given, Mapping) else []
    for each in words if isinstance(words, list | tuple) else []:
        if isinstance(each, list | tuple) and len(each) == 3 and len(str(each[2])) > LONGEST_WORDS:
            raise _refused(
                _("Chữ trên đường nối “%(words)s…” dài quá %(most)d chữ: hãy viết gọn lại.")
                % {"words": str(each[2])[:20], "most": LONGEST_WORDS}
            )
    if len(edits.added) > MOST_LINKS:
        raise _refused(_("Một sơ đồ nhận tối đa %(most)d đường nối vẽ tay: hãy bớt đường nối.") % {"most": MOST_LINKS})
    edits = replace(edits, boxes=_own_boxes(view, boxes))
    lost = set(_lost(view.case, edits))
    added = tuple(link for link in edits.added if link not in lost)
    drawn = {link: one_line(said) for link, said in edits.words.items() if one_line(said) and link in added}
    return replace(edits, added=added, words=drawn)


def _own_boxes(view: CaseView, given: Sequence[Mapping[str, Any]]) -> tuple[OwnBox, ...]:
    keys = [str(each.get("key") or "") for each in given]
    wrong = next((key for key in keys if key and (not OWN_KEY.fullmatch(key) or keys.count(key) > 1)), None)
    if wrong is not None:
        raise _refused(_("Mã ô “%(key)s” không dùng được: mỗi ô một mã riêng, dạng own:1.") % {"key": wrong[:20]})
    last = max((int(key.partition(":")[2]) for key in keys if key), default=0)
    made = []
    for key, each in zip(keys, given, strict=True):
        last += not key
        made.append(_own_box(key or f"own:{last}", each))
    _refuse_folios(view, made)
    return tuple(made)


def _own_box(key: str, given: Mapping[str, Any]) -> OwnBox:
    label = kept_words(one_line(str(given.get("label") or "")), most=MOST_LETTERS + 1)
    if not label:
        raise _refused(_("Có ô thêm bằng tay chưa có tên: hãy ghi tên ô hoặc bỏ ô đó."))
    told = {"label": label[:40]}
    if len(label) > MOST_LETTERS:
        raise _refused(_("Tên ô “%(label)s…” dài quá 200 chữ: hãy viết gọn lại.") % told)
    kind = given.get("kind")
    if not isinstance(kind, str) or kind not in OWN_KINDS:
        raise _refused(_("Ô “%(label)s”: loại ô không có trong danh mục.") % told)
    try:
        day = dt.date.fromisoformat(str(given["day"])) if given.get("day") else None
    except ValueError as error:
        raise _refused(_("Ô “%(label)s”: ngày không đọc được, hãy kiểm tra lại.") % told) from error
    folio = one_line(str(given.get("folio") or ""))
    if folio:
        try:
            folio = str(parse_label(folio))
        except FolioError as error:
            raise _refused(_("Ô “%(label)s”: số bút lục không đọc được, hãy ghi như 12 hoặc 125a.") % told) from error
    return OwnBox(key, kind, label, day, folio)


def _refuse_folios(view: CaseView, boxes: Iterable[OwnBox]) -> None:
    """Refuse boxes that cite a folio the case file does not have, or one of a paper that is never shown."""
    cited = {box.folio: box for box in boxes if box.folio}
    known = _known_folios(view, cited)
    never = _never_shown(view.case, set(cited))
    for folio, box in cited.items():
        told = {"label": box.label[:40], "folio": folio}
        if folio in never:
            raise _refused(
                _("Ô “%(label)s”: BL %(folio)s thuộc tài liệu không bao giờ được trình chiếu, hãy bỏ bút lục đó.")
                % told
            )
        if folio not in known:
            raise _refused(_("Ô “%(label)s”: hồ sơ vụ án không có BL %(folio)s.") % told)


def _known_folios(view: CaseView, folios: Iterable[str]) -> set[str]:
    numbers = {parse_label(folio).number for folio in folios}
    papers = view.documents.filter(part="hsva")
    rows = Folio.objects.filter(case_document__in=papers, number__in=numbers)
    return {f"{number}{suffix}" for number, suffix in rows.values_list("number", "suffix")}


def _refused(sentence: str) -> BadInput:
    return BadInput(sentence, field="edits")
