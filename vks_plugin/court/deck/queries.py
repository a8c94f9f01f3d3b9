"""Reading presentations: who may, what stands in their way, and everything that goes onto the slides."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.access.policy import LEADING, Level
from vks_plugin.access.queries import (
    CaseView,
    case_for,
    leads,
    not_yours,
    sees_preparations,
    visible_cases,
    visible_documents,
)
from vks_plugin.cases.folios import Counting, FolioError, Label, cited, parse_label
from vks_plugin.cases.models import CaseDocument, CaseFile, Folio, WithheldPaper
from vks_plugin.conf import configuration
from vks_plugin.court.choosing import copies_told, redactions_of, still_readable
from vks_plugin.court.deck import drawing, plans, rendering
from vks_plugin.court.deck.contents import (
    REDACTED,
    Deck,
    DeckPage,
    DeckSlide,
    DeckStill,
    DeckVideo,
    PlanMark,
    ShownMark,
)
from vks_plugin.court.deck.diagrams import as_svg
from vks_plugin.court.deck.manifest import contents_of, digest_of_manifest
from vks_plugin.court.deck.models import DeckExport, FolioMark, Presentation, Slide, Video
from vks_plugin.court.deck.plans import documents_of, photos_of, within
from vks_plugin.court.deck.rendering import Area, file_sha256, opened, page_texts, render
from vks_plugin.court.deck.rules import (
    AWAITS_PANEL,
    DIAGRAM,
    GROUNDS_308,
    INTERNAL_GROUPS,
    JUVENILE_GROUP,
    ONE_PAGE,
    PLAN,
    VIDEO,
    Obstacle,
    PagesFacts,
    SlideFacts,
    TrialFacts,
    cited_folios,
    examine,
    words_shown,
)
from vks_plugin.court.deck.stills import still_of, told_of_still
from vks_plugin.court.masking import PersonFacts, masked, named_in
from vks_plugin.court.models import Redaction
from vks_plugin.court.private import ADDRESSES, NUMBERS, tells_of
from vks_plugin.court.protected import protected_people
from vks_plugin.court.sessions.states import CALLED_OFF
from vks_plugin.custody.queries import sealed_files
from vks_plugin.errors import BadInput, Conflict, NotAllowed, NotFound
from vks_plugin.host.files import newest_version, readable_pdf
from vks_plugin.language import spoken
from vks_plugin.organization.queries import display_name, posts_in_force

# --- who may -------------------------------------------------------------------------------------


def deck_view(user: User, code: str, *, writing: bool = False) -> CaseView:
    """Return the case for somebody who may read what the procuracy prepares to show in it, see `sees_preparations`.

    Raises:
        NotFound: the person may not know of the case.
        NotAllowed: the person knows of it but may not do this.
    """
    view = case_for(user, code)
    contributes = view.decision.level >= Level.CONTRIBUTE
    if contributes or (not writing and sees_preparations(user, view)):
        return view
    raise not_yours(_("soạn trình chiếu") if writing else _("xem phần trình chiếu"))


def may_confirm(user: User, case: CaseFile) -> bool:
    """Tell whether the person leads the office of the case, or the one that appears at its trial."""
    return leads(user, [case.unit_id, case.trial_unit_id])


def presentation_of(case: CaseFile, number: int) -> Presentation:
    """Return a presentation of a case the asker was let into.

    Raises:
        NotFound: there is none of this number.
    """
    found = Presentation.objects.filter(case=case, number=number).first()
    if found is None:
        raise NotFound(_("Vụ án không có bài trình chiếu số này."))
    found.case = case
    return found


_PRIVATE = "private"
"""Among the contents of a package: it has marks that its maker did not share."""


def may_have(user: User, export: DeckExport) -> bool:
    """Tell whether the person may have a deck: works on the case and may read everything in it at this moment.

    One with marks that its maker shares with nobody is for its maker alone.
    """
    if export.requested_by_id != user.pk and _PRIVATE in export.contents:
        return False
    return _may_read(user, export)


def _may_read(user: User, export: DeckExport) -> bool:
    try:
        deck_view(user, export.presentation.case.code, writing=True)
    except (NotFound, NotAllowed):
        return False
    inside = set(export.document_ids)
    return visible_documents(user).filter(document_id__in=inside).count() == len(inside)


def export_for(user: User, export_id: UUID | str) -> DeckExport:
    """Return a deck the person may have.

    Raises:
        NotFound: there is none, or something in it is not for this person (any more).
    """
    found = DeckExport.objects.select_related("presentation__case__unit__parent", "requested_by").filter(pk=export_id)
    export = found.first()
    if export is not None and may_have(user, export):
        return export
    raise NotFound(_("Không có gói trình chiếu này trong phạm vi của bạn."))


def known_export(user: User, export_id: UUID | str) -> DeckExport:
    """Return a package whose end is the person's to confirm: of a case worked on or led, whoever asked for it; or one's own.

    Raises:
        NotFound: there is none, or none the person asked for or of a case whose presentations the person may see.
        NotAllowed: the person looks at presentations of the case only from above.
    """
    found = DeckExport.objects.select_related("presentation__case__unit__parent", "requested_by").filter(pk=export_id)
    export = found.first()
    missing = NotFound(_("Không có gói trình chiếu này trong phạm vi của bạn."))
    if export is None:
        raise missing
    case = export.presentation.case
    try:
        own = export.requested_by_id == user.pk and case_for(user, case.code).decision.level >= Level.VIEW
        if own:
            # who took it out may have left the work on the case, and still has the copies
            return export
        view = deck_view(user, case.code)
    except (NotFound, NotAllowed) as error:
        raise missing from error
    if view.decision.level < Level.CONTRIBUTE and not may_confirm(user, case):
        raise NotAllowed(_("Chỉ người làm trong vụ án hoặc lãnh đạo vụ án xác nhận đã hủy gói trình chiếu."))
    return export


def packages_of(case: CaseFile) -> list[DeckExport]:
    """Return the newest finished packages of a case the asker was let into: who took what out, and what became of it."""
    rows = DeckExport.objects.filter(presentation__case=case, status=DeckExport.Status.DONE)
    told = rows.select_related("presentation", "requested_by").defer("contents")
    chosen = list(told.order_by("-created_at")[:_PACKAGES])
    for each in chosen:
        each.presentation.case = case
    return chosen


_PACKAGES = 100


def overdue_packages(user: User) -> QuerySet[DeckExport]:
    """Return the packages past their day that nobody confirmed as destroyed: one's own, and those of offices one leads."""
    led = [unit.pk for role, unit in posts_in_force(user) if role in LEADING] if user.is_active else []
    whose = Q(requested_by=user) | Q(presentation__case__unit__in=led) | Q(presentation__case__trial_unit__in=led)
    known = visible_cases(user, at_least=Level.VIEW).order_by().values("pk")
    rows = DeckExport.objects.filter(
        whose,
        status=DeckExport.Status.DONE,
        destroyed_at__isnull=True,
        expires_on__lt=timezone.localdate(),
        presentation__case__in=known,
    )
    told = rows.select_related("presentation__case__unit", "requested_by").defer("contents")
    return told.order_by("expires_on", "pk")


class PackageTold(NamedTuple):
    """A package that went out, in words for a list."""

    export: DeckExport
    asked_by: str
    overdue: bool


def told_of_packages(exports: Iterable[DeckExport]) -> list[PackageTold]:
    """Return packages with who asked for them, and whether they are past their day and not confirmed as destroyed."""
    today = timezone.localdate()
    return [PackageTold(each, display_name(each.requested_by), each.is_overdue(today)) for each in exports]


def exports_of(user: User, presentation: Presentation) -> list[DeckExport]:
    """Return the newest decks of a presentation that the person may have."""
    rows = presentation.exports.select_related("presentation__case__unit__parent", "requested_by").defer("contents")
    own = rows.filter(Q(requested_by=user) | ~Q(contents__has_key=_PRIVATE))
    return [export for export in own[:10] if _may_read(user, export)]


def told_of_package(deck: Deck, manifest: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of an export that say what is in it."""
    contents = contents_of(manifest) | ({_PRIVATE: True} if deck.private else {})
    return {"manifest_sha256": digest_of_manifest(manifest), "contents": contents}


def marks_for(user: User, documents: Iterable[int]) -> QuerySet[FolioMark]:
    """Return the marks the person sees on these documents (ids of `CaseDocument`): the own ones and shared ones."""
    return FolioMark.objects.filter(Q(shared=True) | Q(created_by=user), case_document_id__in=list(documents))


# --- what the rules are asked with ---------------------------------------------------------------


@dataclass
class Material:
    """What slides of one case are made from, read once for one person."""

    user: User
    case: CaseFile
    trial: TrialFacts
    visible: dict[int, CaseDocument]
    """Documents of the case the person may see, of those asked for, by their ids."""
    labels: dict[int, dict[int, str]] = field(default_factory=dict)
    """By document, the folio of each page as it is cited."""
    numbers: dict[int, dict[int, Label]] = field(default_factory=dict)
    """By document, the folio of each page that has one of its own."""
    seals: dict[int, frozenset[str]] = field(default_factory=dict)
    """By host id, the SHA-256 of the files of each sealed document."""
    copies: dict[int, Redaction] = field(default_factory=dict)
    """By document, the newest copy with something taken out that was made of the file as it is now, and is as the ledger has it."""
    diagrams: dict[int, drawing.Content] = field(default_factory=dict)
    """By slide, what its diagram shows of the case; see `content`."""

    def label(self, filed: CaseDocument, page: int) -> str:
        """Return the folio of a page; empty when it has none."""
        return self.labels.get(filed.pk, {}).get(page, "")

    def content(self, slide: Slide) -> drawing.Content:
        """Return what a diagram shows, read once."""
        if slide.pk not in self.diagrams:
            self.diagrams[slide.pk] = drawing.content_of(self.case, slide, self.user)
        return self.diagrams[slide.pk]


def trial_facts(case: CaseFile) -> TrialFacts:
    """Return what the rules need to know of a case (four queries)."""
    secret = list(WithheldPaper.objects.filter(case=case))
    return TrialFacts(
        closed_trial=is_closed(case),
        restricted=case.confidentiality == CaseFile.Confidentiality.RESTRICTED,
        secret_folios=tuple(
            (each.folio_from, each.folio_to)
            for each in secret
            if each.folio_from is not None and each.folio_to is not None
        ),
        secret_numbers=tuple(each.number for each in secret),
        protected=protected_people(case),
        unsealed_shown=configuration().deck_unsealed,
    )


def is_closed(case: CaseFile) -> bool:
    """Tell whether the public is kept out: by what the case says, or by the panel, of a session, whatever the case says."""
    return case.is_closed_trial or case.court_sessions.filter(is_closed=True).exclude(state=CALLED_OFF).exists()


def material_for(user: User, case: CaseFile, documents: Iterable[int]) -> Material:
    """Read what slides with these documents (ids of `CaseDocument`) are made from."""
    asked = {each for each in documents if each is not None}
    view = case_for(user, case.code)
    rows = {row.pk: row for row in view.documents.filter(pk__in=asked)}
    material = Material(user, case, trial_facts(case), rows)
    material.seals = sealed_files(row.document_id for row in rows.values())
    copies = redactions_of(list(rows.values()))
    told = copies_told(case, [copy.sha256 for copy in copies.values()])
    as_told = {pk: copy for pk, copy in copies.items() if copy.sha256 in told}
    material.copies = {pk: copy for pk, copy in as_told.items() if _stands_for(copy, rows[pk])}
    folios = Folio.objects.filter(case_document_id__in=rows, page__isnull=False, number__isnull=False)
    for folio in folios.order_by("case_document_id", "page"):
        assert folio.page is not None  # noqa: S101 - chosen so, one line above
        assert folio.number is not None  # noqa: S101
        material.numbers.setdefault(folio.case_document_id, {})[folio.page] = Label(folio.number, folio.suffix)
    for filed in rows.values():
        own = material.numbers.get(filed.pk, {})
        labels = {page: str(label) for page, label in own.items()}
        if filed.counting == Counting.SHEET:
            # numbered by sheets: the back of a sheet is cited with its front
            for page in range(1, (filed.page_count or 0) + 1):
                if page not in labels and page - 1 in own:
                    labels[page] = _("%(folio)s (mặt sau)") % {"folio": own[page - 1]}
        material.labels[filed.pk] = labels
    return material


def _stands_for(copy: Redaction, filed: CaseDocument) -> bool:
    try:
        return file_sha256(readable_pdf(filed.document)) == copy.source_sha256 and file_sha256(copy.path) == copy.sha256
    except OSError:
        return False


def shown_copy(material: Material, slide: Slide) -> Redaction | None:
    """Return the copy a slide shows in place of its document; None: it shows the document itself.

    One is shown where it was chosen, and wherever the pages name somebody who is not to be named, or the paper is one
    that may show such people. Whether it is enough is for the rules to say.

    Raises:
        BadInput: the file cannot be read.
    """
    filed = material.visible.get(slide.case_document_id or 0)
    copy = material.copies.get(slide.case_document_id or 0)
    if filed is None or copy is None or slide.kind == VIDEO:
        return None
    kind = filed.document_type
    guarded = kind is not None and (kind.sensitive or kind.group_code == JUVENILE_GROUP)
    if slide.redacted or guarded:
        return copy
    people = material.trial.protected
    if not people:
        return None
    within = [page for page in shown_pages(slide, filed) if page <= (filed.page_count or 1)]
    said = "\n".join([filed.title, *page_texts(readable_pdf(filed.document), within)])
    return copy if named_in(said, people) else None


@lru_cache(maxsize=1000)
def _pages_left(source: Path, sha256: str, copy: UUID, person: PersonFacts) -> frozenset[int]:
    """Return the pages of a copy on which somebody's name can still be read; worked out once for each file and copy."""
    made = Redaction.objects.get(pk=copy)
    return frozenset(mark.page for mark in still_readable(source, [person], made))


def _left_named(material: Material, filed: CaseDocument, copy: Redaction, pages: range) -> tuple[PersonFacts, ...]:
    source = readable_pdf(filed.document)
    return tuple(
        person
        for person in material.trial.protected
        if not _pages_left(source, copy.source_sha256, copy.pk, person).isdisjoint(pages)
    )


def shown_pages(slide: Slide, filed: CaseDocument | None) -> range:
    """Return the pages a slide shows; a slide that names none shows the whole document."""
    last = (filed.page_count if filed is not None else None) or 1
    first_page = slide.page_from or 1
    return range(first_page, (slide.page_to or (first_page if slide.page_from else last)) + 1)


def slide_fingerprint(material: Material, slide: Slide) -> str:
    """Return what stands for exactly what a slide shows of the case file, and who is not to be named in it.

    Another page, version or redacted copy has another, and so has the same page once somebody more is protected, or
    somebody turns out to be a victim under 18. Words that tell of private matters are part of it, other words are not.

    Raises:
        BadInput: the file is not there.
    """
    filed = material.visible.get(slide.case_document_id or 0)
    told: list[object] = _pages_told(material, slide, filed) if filed is not None else [slide.kind]
    if private := private_words(material, slide):
        told.append(private)
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def private_words(material: Material, slide: Slide) -> str:
    """Return the digest of what stands on a slide beside its pages, where that tells of private matters; else nothing."""
    if slide.pk is None:
        # the photo of a plan: what stands on it is the plan's
        return ""
    filed = material.visible.get(slide.case_document_id or 0)
    words = words_shown(slide.title, filed.title if filed is not None else "", slide.text, _drawn(material, slide))
    return hashlib.sha256(words.encode()).hexdigest() if tells_of(words, *NUMBERS, ADDRESSES) else ""


def _pages_told(material: Material, slide: Slide, filed: CaseDocument) -> list[object]:
    pages = shown_pages(slide, filed)
    try:
        copy = shown_copy(material, slide)
        sha256 = copy.sha256 if copy is not None else file_sha256(readable_pdf(filed.document))
    except OSError as error:
        raise BadInput(_("Không mở được tệp PDF của một tài liệu: hãy báo quản trị kiểm tra kho tài liệu.")) from error
    told: list[object] = [
        filed.document_id,
        sha256,
        pages.start,
        pages.stop,
        slide.crop,
        slide.kind,
        # what a leader answers for of a victim under 18 is more than of others
        sorted((each.name, each.young_victim) for each in material.trial.protected),
    ]
    if slide.video is not None:
        # a picture that stands for it shows somebody as well
        told.append([slide.video.sha256, slide.plays_from, slide.plays_to, *told_of_still(slide)])
    for number, photo in photos_of(slide):
        if photo.case_document_id in material.visible:
            told.append([number, slide_fingerprint(material, photo)])
    return told


def _pages_facts(material: Material, slide: Slide) -> PagesFacts | None:
    if slide.case_document_id is None:
        return None
    filed = material.visible.get(slide.case_document_id)
    if filed is None:
        return PagesFacts(title="", part="", in_case=False)
    pages = shown_pages(slide, filed)
    kind = filed.document_type
    within = [page for page in pages if page <= (filed.page_count or 1)]
    own = material.numbers.get(filed.pk, {})
    # the back of a sheet belongs to the folio of its front
    backs = filed.counting == Counting.SHEET
    standing = [own.get(page) or (own.get(page - 1) if backs else None) for page in within]
    texts: list[str] = []
    internal = filed.part != "hsva" or (kind is not None and kind.group_code in INTERNAL_GROUPS)
    if not internal:
        texts = page_texts(readable_pdf(filed.document), within)
    copy = shown_copy(material, slide) if not internal else None
    return PagesFacts(
        title=filed.title,
        part=filed.part,
        type_code=kind.code if kind is not None else "",
        group_code=kind.group_code if kind is not None else "",
        page_count=filed.page_count or 0,
        first=pages.start,
        last=pages.stop - 1,
        folios=tuple(label.number for label in standing if label is not None),
        unnumbered=sum(not material.label(filed, page) for page in within),
        sensitive=kind is not None and kind.sensitive,
        classified=kind is not None,
        text="\n".join(texts),
        unread=sum(not text.strip() for text in texts),
        sealed=filed.document_id in material.seals,
        as_sealed=_as_sealed(material, filed),
        video_kept=slide.kind != VIDEO or _is_kept(slide.video),
        copy_wanted=slide.redacted,
        copy_shown=copy is not None,
        copy_unread=copy is not None and not copy.is_read,
        left_named=_left_named(material, filed, copy, pages) if copy is not None else (),
    )


def _is_kept(video: Video | None) -> bool:
    try:
        return video is not None and file_sha256(video.path) == video.sha256
    except OSError:
        return False


def _as_sealed(material: Material, filed: CaseDocument) -> bool:
    """Tell whether the file that would be shown is byte for byte one that was sealed."""
    sealed = material.seals.get(filed.document_id, frozenset())
    try:
        return bool(sealed) and file_sha256(readable_pdf(filed.document)) in sealed
    except OSError:
        return False


def _confirmed(material: Material, slide: Slide) -> bool:
    if not slide.confirmed_for or (slide.case_document_id and slide.case_document_id not in material.visible):
        return False
    return slide.confirmed_for == slide_fingerprint(material, slide)


def slides_of(presentation: Presentation) -> list[Slide]:
    """Return the slides in their order, with the numbers of scene plans (two queries)."""
    rows = presentation.slides.select_related("confirmed_by", "video").prefetch_related("markers")
    return list(rows.order_by("position", "id"))


def obstacles_of(user: User, presentation: Presentation, slides: Sequence[Slide] | None = None) -> list[Obstacle]:
    """Return what stands in the way of showing a presentation, and what is to be thought of."""
    rows = slides_of(presentation) if slides is None else list(slides)
    return _examined(material_for(user, presentation.case, documents_of(rows)), rows)


def _examined(material: Material, slides: Sequence[Slide], first: int = 1) -> list[Obstacle]:
    """Return what stands in the way of these slides, the first of which bears the number `first`."""
    facts = [_slide_facts(material, number, slide) for number, slide in enumerate(slides, first)]
    shown = dict(enumerate(slides, first))
    return [_to_confirm(material, shown, each) for each in examine(material.trial, facts)]


def _drawn(material: Material, slide: Slide) -> str:
    if slide.kind == DIAGRAM:
        return drawing.words_of(material.content(slide), slide)
    return "\n".join(each.caption for each in slide.markers.all()) if slide.kind == PLAN else ""


def _slide_facts(material: Material, number: int, slide: Slide) -> SlideFacts:
    return SlideFacts(
        number=number,
        kind=slide.kind,
        state=slide.state,
        title=slide.title,
        text=slide.text,
        ground_308=slide.ground_308,
        pages=_pages_facts(material, slide),
        drawn=_drawn(material, slide),
        left_out=material.content(slide).left_out if slide.kind == DIAGRAM else 0,
        lost=len(material.content(slide).lost) if slide.kind == DIAGRAM else 0,
        photos=tuple((place, _photo_facts(material, photo)) for place, photo in photos_of(slide)),
        confirmed=_confirmed(material, slide),
    )


def _photo_facts(material: Material, photo: Slide) -> PagesFacts:
    found = _pages_facts(material, photo)
    # its document is gone, and only the page is still known
    return found if found is not None else PagesFacts(title="", part="", in_case=False)


def _to_confirm(material: Material, slides: Mapping[int, Slide], obstacle: Obstacle) -> Obstacle:
    """Add to what a leader may confirm what the leader then answers for."""
    if not obstacle.confirmable or obstacle.slide is None:
        return obstacle
    return obstacle._replace(fingerprint=slide_fingerprint(material, slides[obstacle.slide]))


# --- what goes onto the slides -------------------------------------------------------------------


class _PageKey(NamedTuple):
    document: int
    page: int
    crop: Area | None
    redacted: bool


def ground_words(ground: str) -> str:
    """Return the ground on which testimony is made public, in words; empty when there is none."""
    if ground not in GROUNDS_308:
        return ""
    return _("Điểm %(point)s khoản 2 Điều 308 BLTTHS: %(words)s") % {"point": ground, "words": _(GROUNDS_308[ground])}


def _ground(slide: Slide) -> str:
    if slide.kind == VIDEO:
        panel = _("Điều 313 BLTTHS: Hội đồng xét xử quyết định cho xem ghi âm, ghi hình")
        return "; ".join(part for part in (ground_words(slide.ground_308), panel) if part)
    return ground_words(slide.ground_308) if slide.kind == Slide.Kind.TESTIMONY else ""


def deck_for(user: User, presentation: Presentation) -> Deck:
    """Return a presentation with everything it shows, names that are not to be told left out.

    Raises:
        NotFound, NotAllowed: the person may not have it.
        BadInput: something stands in the way; every sentence of it is in the message.
    """
    case = deck_view(user, presentation.case.code, writing=True).case
    slides = slides_of(presentation)
    material = material_for(user, case, documents_of(slides))
    found = _examined(material, slides)
    _refuse_blocked([obstacle for obstacle in found if obstacle.blocks])
    return _Builder(material, presentation, slides).deck(
        tuple(spoken(obstacle.sentence) for obstacle in found if obstacle.slide is None)
    )


def drawing_of(user: User, presentation: Presentation, slide: Slide, *, keyed: bool = False) -> str:
    """Return a diagram or a scene plan as an SVG of its own, without names that are not to be told.

    Args:
        user: who may see the presentation.
        presentation: whose slide it is.
        slide: a diagram or a scene plan.
        keyed: see `diagrams.as_svg`; of a diagram this is how its form shows it, to be mended, whatever stands in the way.

    Raises:
        NotFound: the slide is neither, or the person may not see it.
        NotAllowed: the person may not see it.
        BadInput: something stands in the way of showing it, every sentence of it.
        Conflict: it waits for the panel, and a file of its own would wait for nobody.
    """
    case = deck_view(user, presentation.case.code).case
    if slide.kind == DIAGRAM and keyed:
        return _diagram_of(user, case, slide, keyed=True)
    if slide.kind not in {DIAGRAM, PLAN}:
        raise NotFound(_("Trang này không phải sơ đồ."))
    if slide.state == AWAITS_PANEL:
        raise Conflict(_("Trang này chờ HĐXX đồng ý: chỉ mở được từ gói trình chiếu, không xuất riêng."))
    number = (
        1
        + presentation.slides.filter(
            Q(position__lt=slide.position) | Q(position=slide.position, pk__lt=slide.pk)
        ).count()
    )
    material = material_for(user, case, documents_of([slide]))
    _refuse_blocked([each for each in _examined(material, [slide], number) if each.blocks])
    if slide.kind == DIAGRAM:
        return _diagram_of(user, case, slide)
    deck = _Builder(material, presentation, [slide]).deck(())
    page = deck.by_key[deck.slides[0].pages[0]]
    with opened(page.path) as pdf:
        picture = render(pdf, page.page, crop=page.crop)
    return plans.as_svg(deck, deck.slides[0], picture)


def _diagram_of(user: User, case: CaseFile, slide: Slide, *, keyed: bool = False) -> str:
    people = protected_people(case)
    slide.presentation.case = case
    return as_svg(drawing.drawn(case, slide, lambda text: masked(text, people), user), keyed=keyed)


def drawing_disposition(presentation: Presentation, slide: Slide) -> str:
    """Return the header that names a diagram or a scene plan that is fetched."""
    kind = "so-do" if slide.kind == DIAGRAM else "so-do-hien-truong"
    return f'attachment; filename="{kind}-{presentation.number}-{slide.pk}.svg"'


def _refuse_blocked(blocking: Sequence[Obstacle]) -> None:
    if blocking:
        told = "\n".join(f"– {spoken(obstacle.sentence)}" for obstacle in blocking)
        raise BadInput(
            _("Chưa xuất được bài trình chiếu, còn %(count)d điều phải xử lý:") % {"count": len(blocking)} + f"\n{told}"
        )


def _still(number: int, slide: Slide, video: DeckVideo) -> DeckStill | None:
    still = still_of(slide)
    if still is None:
        return None
    file = f"videos/{video.key}-{number:03}.jpg"
    jpeg = bytes(still.jpeg)
    return DeckStill(file, still.second, jpeg, still.sha256, still.width, still.height, printed=not slide.ground_308)


class _Builder:
    """Puts a deck together."""

    def __init__(self, material: Material, presentation: Presentation, slides: Sequence[Slide]) -> None:
        self.material, self.presentation, self.slides = material, presentation, slides
        self.people = material.trial.protected
        self.keys: dict[_PageKey, str] = {}
        self.videos: dict[UUID, str] = {}
        self.users: dict[_PageKey, list[Slide]] = defaultdict(list)
        self.marks: dict[tuple[int, int], list[FolioMark]] = defaultdict(list)
        self.private = False
        for mark in marks_for(material.user, material.visible):
            self.marks[mark.case_document_id, mark.page].append(mark)

    def masked(self, text: str) -> str:
        return masked(text, self.people)

    def deck(self, remarks: tuple[str, ...]) -> Deck:
        case = self.presentation.case
        made = [self._slide(number, slide) for number, slide in enumerate(self.slides, 1)]
        return Deck(
            case_code=case.code,
            case_name=self.masked(case.name),
            office=case.unit.name,
            number=self.presentation.number,
            title=self.masked(self.presentation.title),
            made_on=timezone.localdate(),
            slides=tuple(made),
            pages=tuple(self._page(key, name) for key, name in self.keys.items()),
            remarks=remarks,
            private=self.private,
        )

    def _slide(self, number: int, slide: Slide) -> DeckSlide:
        filed = self.material.visible.get(slide.case_document_id or 0)
        keys, labels, redacted = self._shown(slide, slide)
        photos: dict[int, str] = {}
        for place, photo in photos_of(slide):
            (photos[place],), more, taken_out = self._shown(slide, photo)
            labels += more
            redacted = redacted or taken_out
        keys += [key for key in dict.fromkeys(photos.values()) if key not in keys]
        said = f"{slide.title}\n{slide.text}"
        diagram = None
        if slide.kind == DIAGRAM:
            diagram = drawing.drawn(self.presentation.case, slide, self.masked, self.material.user)
            said = "\n".join(f"BL {box.folio}" for box in diagram.boxes if box.folio)
        for each in cited_folios(said) if filed is None else ():
            try:
                labels.append(parse_label(each))
            except FolioError:
                continue
        title = self.masked(slide.title) or (self.masked(filed.title) if filed is not None else "")
        video = self._video(slide, filed) if slide.kind == VIDEO and filed is not None else None
        return DeckSlide(
            number=number,
            kind=slide.kind,
            state=slide.state,
            title=title,
            text=self.masked(slide.text),
            notes=slide.notes,
            citation=self._citation(labels, redacted=redacted),
            ground=_ground(slide),
            pages=tuple(keys),
            diagram=diagram,
            markers=self._markers(slide, photos),
            video=video,
            still=_still(number, slide, video) if video is not None else None,
        )

    def _shown(self, slide: Slide, shown: Slide) -> tuple[list[str], list[Label], bool]:
        """Return the keys of the pages a slide shows, or one of its photos, their folios, and whether it is the redacted copy."""
        filed = self.material.visible.get(shown.case_document_id or 0)
        keys: list[str] = []
        labels: list[Label] = []
        copy = shown_copy(self.material, shown)
        if filed is None:
            return keys, labels, False
        crop: Area | None = tuple(shown.crop) if shown.crop and shown.kind in ONE_PAGE else None
        for page in shown_pages(shown, filed):
            if shown.kind != VIDEO:
                key = _PageKey(filed.pk, page, crop, copy is not None)
                self.users[key].append(slide)
                keys.append(self.keys.setdefault(key, f"p{len(self.keys) + 1:04}"))
            own = self.material.numbers.get(filed.pk, {})
            label = own.get(page) or own.get(page - 1)
            labels += [label] if label is not None and label not in labels else []
        return keys, labels, copy is not None

    def _markers(self, slide: Slide, photos: dict[int, str]) -> tuple[PlanMark, ...]:
        if slide.kind != PLAN:
            return ()
        placed = [(each, within(each, slide.crop)) for each in slide.markers.all()]
        return tuple(
            PlanMark(each.number, *at, self.masked(each.caption), photos.get(each.number, ""))
            for each, at in placed
            if at is not None
        )

    def _video(self, slide: Slide, filed: CaseDocument) -> DeckVideo | None:
        video = slide.video
        if video is None:
            return None
        key = self.videos.setdefault(video.pk, f"v{len(self.videos) + 1:04}")
        return DeckVideo(
            key=key,
            id=str(video.pk),
            title=self.masked(video.title),
            document_id=filed.document_id,
            filed_sha256=filed.sha256,
            sha256=video.sha256,
            path=video.path,
            container=video.container,
            seconds=video.seconds,
            width=video.width,
            height=video.height,
            plays_from=slide.plays_from or 0.0,
            plays_to=slide.plays_to if slide.plays_to is not None else video.seconds,
        )

    def _citation(self, labels: Iterable[Label], *, redacted: bool) -> str:
        file = _("HSVA số %(code)s") % {"code": self.presentation.case.code}
        folios = cited(sorted(set(labels)))
        cited_as = f"BL {folios} ({REDACTED})" if redacted else f"BL {folios}"
        return f"{cited_as} · {file}" if folios else file

    def _page(self, key: _PageKey, name: str) -> DeckPage:
        filed = self.material.visible[key.document]
        copy = self.material.copies[key.document] if key.redacted else None
        marks = []
        for mark in self.marks[key.document, key.page]:
            # of a part of the page, what lies on it
            places = [rendering.within(tuple(area), key.crop) for area in mark.areas]
            if areas := tuple(place for place in places if place is not None):
                marks.append(ShownMark(areas, mark.note))
                self.private = self.private or not mark.shared
        return DeckPage(
            key=name,
            folio=self.material.label(filed, key.page),
            title=self.masked(filed.title),
            page=key.page,
            page_count=filed.page_count or key.page,
            document_id=filed.document_id,
            version_id=newest_version(filed.document).pk,
            filed_sha256=filed.sha256,
            path=copy.path if copy is not None else readable_pdf(filed.document),
            crop=key.crop,
            redaction=str(copy.pk) if copy is not None else "",
            original_sha256=copy.source_sha256 if copy is not None else "",
            sealed=_as_sealed(self.material, filed),
            marks=tuple(marks),
            held=all(slide.state == AWAITS_PANEL for slide in self.users[key]),
        )
