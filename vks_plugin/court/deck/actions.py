"""Composing presentations, marking folios, and making decks of them."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, cast
from urllib.parse import quote
from uuid import UUID

from django.contrib.auth.models import User
from django.db import DataError, IntegrityError, transaction
from django.db.models import F, Max, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from vks_plugin.acts import digest_of, tell
from vks_plugin.cases.actions.record import check, clean_text, lock_case
from vks_plugin.cases.models import CaseDocument, CaseFile
from vks_plugin.conf import configuration
from vks_plugin.court.deck import drawing
from vks_plugin.court.deck.composing import composed_slides
from vks_plugin.court.deck.contents import Deck
from vks_plugin.court.deck.diagrams import Edits
from vks_plugin.court.deck.html import write_folder
from vks_plugin.court.deck.locking import checked_password, ending_of, lock
from vks_plugin.court.deck.manifest import digest_of_manifest
from vks_plugin.court.deck.models import DeckExport, FolioMark, PlanMarker, Presentation, Slide
from vks_plugin.court.deck.paper import write_pdf
from vks_plugin.court.deck.plans import documents_of, photos_of, put_markers, read_markers, refuse_outside, told_of
from vks_plugin.court.deck.powerpoint import write_pptx
from vks_plugin.court.deck.queries import (
    deck_for,
    deck_view,
    is_closed,
    known_export,
    material_for,
    may_confirm,
    private_words,
    slide_fingerprint,
    told_of_package,
)
from vks_plugin.court.deck.rendering import areas_of_words
from vks_plugin.court.deck.rules import GROUNDS_308, MOST_SLIDES, ONE_PAGE, SHOWING_PAGES
from vks_plugin.court.deck.stills import put_still, told_of_still
from vks_plugin.court.making import close, resume, send_new, taken
from vks_plugin.court.models import OPEN, RUNNING
from vks_plugin.court.sessions.models import CourtSession
from vks_plugin.court.sessions.states import PLANNED
from vks_plugin.custody.signing import OfficeKey, office_key
from vks_plugin.errors import BadInput, Conflict, NotAllowed, NotFound
from vks_plugin.hashing import sha256_of
from vks_plugin.host.files import readable_pdf
from vks_plugin.language import speaking
from vks_plugin.organization.queries import display_name
from vks_plugin.text import ascii_file_name, composed, gettext_noop, one_line
from vks_plugin.working import held_alone

MOST_PRESENTATIONS = 50
MOST_MARKS = 500
"""Marks of one document."""

# --- presentations -------------------------------------------------------------------------------


@transaction.atomic
def create_presentation(
    *,
    actor: User,
    case: CaseFile,
    title: str = "",
    order: str = Presentation.Order.INDICTMENT,
    compose: bool = False,
) -> Presentation:
    """Begin a presentation of a case.

    Args:
        actor: somebody who may contribute to the case.
        case: the case.
        title: empty: that of the case.
        order: by what the slides are put in order.
        compose: whether slides are made from the case file at once, in that order.

    Raises:
        NotFound, NotAllowed: the actor may not.
        BadInput: unknown order, title too long, or there are too many already.
    """
    deck_view(actor, case.code, writing=True)
    locked = lock_case(case)
    if order not in Presentation.Order.values:
        raise BadInput(_("Cách xếp không có trong danh mục."), field="order")
    last = Presentation.objects.filter(case=locked).aggregate(last=Max("number"))["last"] or 0
    if Presentation.objects.filter(case=locked).count() >= MOST_PRESENTATIONS:
        raise BadInput(
            _("Vụ án đã có %(most)d bài trình chiếu: hãy sửa hoặc bỏ bài cũ.") % {"most": MOST_PRESENTATIONS}
        )
    made = Presentation(
        case=locked, number=last + 1, title=composed(title).strip() or locked.name[:200], order=order, created_by=actor
    )
    check(made)
    made.save()
    if compose:
        slides = composed_slides(actor, made)
        for position, slide in enumerate(slides, 1):
            slide.position = position
        Slide.objects.bulk_create(slides)
    return made


@transaction.atomic
def change_presentation(*, actor: User, presentation: Presentation, values: Mapping[str, Any]) -> Presentation:
    """Change title or order.

    Raises:
        NotFound, NotAllowed: the actor may not.
        BadInput: a value cannot be used.
    """
    row = _locked(actor, presentation)
    for name, value in clean_text(dict(values)).items():
        if name not in {"title", "order"}:
            raise BadInput(_("Không sửa được trường này của bài trình chiếu."), field=name)
        setattr(row, name, value)
    if row.order not in Presentation.Order.values:
        raise BadInput(_("Cách xếp không có trong danh mục."), field="order")
    if not row.title:
        raise BadInput(_("Hãy ghi tên bài trình chiếu."), field="title")
    check(row)
    row.save(update_fields=["title", "order"])
    return row


@transaction.atomic
def remove_presentation(*, actor: User, presentation: Presentation) -> None:
    """Take a presentation out that was never made into a deck.

    Raises:
        NotFound, NotAllowed: the actor may not.
        Conflict: a deck was made of it; what went to court is kept.
    """
    row = _locked(actor, presentation)
    if row.exports.filter(status=DeckExport.Status.DONE).exists():
        raise Conflict(_("Bài này đã xuất gói trình chiếu nên được giữ lại để đối chiếu."))
    _end_interrupted(row)
    if row.exports.filter(status__in=OPEN).exists():
        raise Conflict(_("Gói của bài này đang được lập: hãy đợi xong."))
    row.exports.all().delete()
    row.delete()


def _locked(actor: User, presentation: Presentation) -> Presentation:
    """Return a presentation as the database has it, held until the transaction ends.

    Raises:
        NotFound, NotAllowed: the actor may not change it.
    """
    case = deck_view(actor, presentation.case.code, writing=True).case
    row = Presentation.objects.select_for_update().filter(pk=presentation.pk, case=case).first()
    if row is None:
        raise NotFound(_("Vụ án không có bài trình chiếu số này."))
    row.case = case
    return row


# --- slides --------------------------------------------------------------------------------------

_OF_A_SLIDE = frozenset(
    {
        "kind",
        "state",
        "title",
        "text",
        "notes",
        "case_document",
        "page_from",
        "page_to",
        "crop",
        "ground_308",
        "redacted",
        "video",
        "plays_from",
        "plays_to",
        "diagram",
        "edits",
        "markers",
        "still",
    }
)


@transaction.atomic
def add_slide(*, actor: User, presentation: Presentation, values: Mapping[str, Any], after: int | None = None) -> Slide:
    """Add a slide.

    Args:
        actor: somebody who may contribute to the case.
        presentation: where.
        values: fields of `Slide`; `case_document` is a document of the case.
        after: the id of the slide it comes after; None: at the end.

    Raises:
        NotFound, NotAllowed: the actor may not.
        BadInput: a value cannot be used; testimony without its ground is refused here already.
    """
    row = _locked(actor, presentation)
    if row.slides.count() >= MOST_SLIDES:
        raise BadInput(_("Một bài nhận tối đa %(most)d trang trình chiếu: hãy tách bài.") % {"most": MOST_SLIDES})
    slide = Slide(presentation=row)
    markers = _fill(actor, row.case, slide, values)
    before = row.slides.filter(pk=after).first() if after is not None else None
    if before is not None:
        row.slides.filter(position__gt=before.position).update(position=F("position") + 1)
        slide.position = before.position + 1
    else:
        slide.position = (row.slides.aggregate(last=Max("position"))["last"] or 0) + 1
    _save(slide, markers)
    put_still(actor, slide, values)
    return slide


def state_of(slide: Slide) -> str:
    """Return a digest of what stands on a slide, by which two people who change it at once are told apart."""
    told: dict[str, Any] = {
        each.attname: getattr(slide, each.attname) for each in Slide._meta.concrete_fields if each.name in _OF_A_SLIDE
    }
    told["markers"] = told_of(slide)
    told["still"] = told_of_still(slide)
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()


@transaction.atomic
def change_slide(
    *, actor: User, presentation: Presentation, slide_id: int, values: Mapping[str, Any], seen: str = ""
) -> Slide:
    """Change what stands on a slide; whatever a leader confirmed of it no longer holds when it shows something else.

    Args:
        actor: somebody who may contribute to the case.
        presentation: where.
        slide_id: which slide.
        values: fields of `Slide`.
        seen: what `state_of` said of the slide these values were made from; empty: whatever it is now.

    Raises:
        NotFound, NotAllowed: the actor may not, or there is no such slide.
        BadInput: a value cannot be used.
        Conflict: somebody else changed the slide meanwhile.
    """
    row = _locked(actor, presentation)
    slide = _slide(row, slide_id)
    if seen and seen != state_of(slide):
        raise Conflict(
            _(
                "Người khác vừa sửa trang này. Điều bạn nhập còn ở dưới, chưa lưu: bấm Lưu lần nữa để lưu đè, "
                "hoặc mở lại trang để xem bản mới."
            )
        )
    markers = _fill(actor, row.case, slide, values)
    _save(slide, markers)
    put_still(actor, slide, values)
    return slide


@transaction.atomic
def move_slide(*, actor: User, presentation: Presentation, slide_id: int, to: int) -> None:
    """Put a slide at place `to`, counted from 1; the others close up.

    Raises:
        NotFound, NotAllowed: the actor may not, or there is no such slide.
    """
    row = _locked(actor, presentation)
    slides = list(row.slides.order_by("position", "id"))
    moved = next((slide for slide in slides if slide.pk == slide_id), None)
    if moved is None:
        raise NotFound(_("Bài trình chiếu không có trang này."))
    slides.remove(moved)
    slides.insert(min(max(to, 1), len(slides) + 1) - 1, moved)
    changed = []
    for position, slide in enumerate(slides, 1):
        if slide.position != position:
            slide.position = position
            changed.append(slide)
    Slide.objects.bulk_update(changed, ["position"])


@transaction.atomic
def remove_slide(*, actor: User, presentation: Presentation, slide_id: int) -> None:
    """Take a slide out.

    Raises:
        NotFound, NotAllowed: the actor may not, or there is no such slide.
    """
    _slide(_locked(actor, presentation), slide_id).delete()


@transaction.atomic
def confirm_slide(*, actor: User, presentation: Presentation, slide_id: int, fingerprint: str) -> Slide:
    """Answer, as a leader of the case, for showing a page that may tell who somebody protected is, or words on private matters.

    It holds for these very pages of this very file, and these very words: another page, another version, and it has to be
    given again.

    Args:
        actor: who answers for it.
        presentation: whose slide.
        slide_id: which slide.
        fingerprint: of what the leader saw, as the obstacle has it.

    Raises:
        NotFound: the actor may not see the presentation, or there is no such slide.
        NotAllowed: the actor leads neither the office of the case nor the one at its trial.
        BadInput: the slide shows nothing of the case file, and nothing private is written on it.
        Conflict: it shows something else by now than what the leader saw.
    """
    case = deck_view(actor, presentation.case.code).case
    if not may_confirm(actor, case):
        raise NotAllowed(_("Chỉ lãnh đạo đơn vị thụ lý hoặc đơn vị được phân công xét xử được xác nhận cho chiếu."))
    row = Presentation.objects.select_for_update().filter(pk=presentation.pk, case=case).first()
    if row is None:
        raise NotFound(_("Vụ án không có bài trình chiếu số này."))
    slide = _slide(row, slide_id)
    material = material_for(actor, case, documents_of([slide]))
    filed = material.visible.get(slide.case_document_id or 0)
    private = private_words(material, slide)
    if filed is None and (slide.case_document_id or not private):
        raise BadInput(_("Trang này không chiếu tài liệu nào: không có gì phải xác nhận."))
    shown = slide_fingerprint(material, slide)
    if fingerprint != shown:
        raise Conflict(_("Trang này vừa được sửa: hãy xem lại rồi xác nhận."))
    slide.confirmed_for = shown
    slide.confirmed_by, slide.confirmed_at = actor, timezone.now()
    slide.save(update_fields=["confirmed_for", "confirmed_by", "confirmed_at"])
    number = [each.pk for each in row.slides.order_by("position", "id")].index(slide.pk) + 1
    # of a scene plan each photo is answered for, too
    for each in (slide, *(photo for _number, photo in photos_of(slide))):
        paper = material.visible.get(each.case_document_id or 0)
        if paper is None:
            continue
        tell(
            "exhibit_confirmed",
            actor=actor,
            case=case,
            presentation=row.number,
            slide=number,
            document=paper.document_id,
            page_from=each.page_from,
            page_to=each.page_to,
            sha256=paper.sha256,
            title=paper.title,
        )
    if private:
        tell("slide_words_confirmed", actor=actor, case=case, presentation=row.number, slide=number, sha256=private)
    return slide


def _slide(presentation: Presentation, slide_id: int) -> Slide:
    slide = presentation.slides.select_for_update().filter(pk=slide_id).first()
    if slide is None:
        raise NotFound(_("Bài trình chiếu không có trang này."))
    slide.presentation = presentation
    return slide


def _document(actor: User, case: CaseFile, document: int | None) -> CaseDocument | None:
    if document is None:
        return None
    return deck_view(actor, case.code).documents.filter(pk=document).first()


def _fill(actor: User, case: CaseFile, slide: Slide, values: Mapping[str, Any]) -> list[PlanMarker] | None:
    """Put values on a slide; return the numbers that are to stand on its plan, or None where they stay as they are."""
    unknown = values.keys() - _OF_A_SLIDE
    if unknown:
        raise BadInput(_("Không sửa được trường này của trang trình chiếu."), field=min(unknown))
    given = clean_text(
        {name: value for name, value in values.items() if name not in {"case_document", "markers", "still"}}
    )
    for name in ("text", "notes"):
        if isinstance(given.get(name), str):
            given[name] = composed(str(values[name])).strip()
    for name, value in given.items():
        setattr(slide, name, value)
    if slide.kind not in Slide.Kind.values:
        raise BadInput(_("Loại trang không có trong danh mục."), field="kind")
    if "case_document" in values:
        chosen = values["case_document"]
        filed = _document(actor, case, chosen.pk if isinstance(chosen, CaseDocument) else chosen)
        if chosen is not None and filed is None:
            raise BadInput(_("Không có tài liệu này trong hồ sơ vụ án."), field="case_document")
        slide.case_document = filed
    if slide.kind == Slide.Kind.VIDEO:
        _check_video(actor, case, slide)
    else:
        slide.video, slide.plays_from, slide.plays_to = None, None, None
    if slide.kind in SHOWING_PAGES:
        _check_pages(slide)
    elif slide.kind != Slide.Kind.VIDEO:
        slide.case_document, slide.page_from, slide.page_to, slide.crop = None, None, None, None
        slide.redacted = False
    if slide.kind == Slide.Kind.TESTIMONY:
        if slide.ground_308 not in {"a", "b", "c", "d"}:
            raise BadInput(
                _(
                    "Lời khai chỉ được công bố khi có một căn cứ tại khoản 2 Điều 308 BLTTHS: hãy chọn điểm a, b, c hoặc d."
                ),
                field="ground_308",
            )
        slide.state = Slide.State.AWAITS_PANEL
    elif slide.kind == Slide.Kind.VIDEO:
        # BLTTHS, Điều 313; of testimony Điều 308 besides, which the rules look after
        slide.state = Slide.State.AWAITS_PANEL
        if slide.ground_308 not in {"", *GROUNDS_308}:
            raise BadInput(_("Căn cứ không có trong danh mục."), field="ground_308")
    else:
        slide.ground_308 = ""
    if slide.state not in Slide.State.values:
        raise BadInput(_("Cách chiếu không có trong danh mục."), field="state")
    if slide.kind == Slide.Kind.DIAGRAM:
        if slide.diagram not in Slide.Diagram.values:
            raise BadInput(_("Hãy chọn sơ đồ cần vẽ."), field="diagram")
        # what was there already is not refused: a title is mended also where a folio is gone since
        changed = "edits" in values
        edits = drawing.read_edits(deck_view(actor, case.code), slide.edits) if changed else Edits.read(slide.edits)
        slide.edits = edits.stored()
        if len(json.dumps(slide.edits)) > _LARGEST_EDITS:
            raise BadInput(_("Sơ đồ có quá nhiều chỗ sửa tay: hãy bỏ bớt."), field="edits")
    else:
        slide.diagram, slide.edits = "", {}
    if slide.kind not in ONE_PAGE:
        slide.crop = None
    if slide.kind != Slide.Kind.PLAN:
        return []
    markers = read_markers(deck_view(actor, case.code), values["markers"]) if "markers" in values else None
    kept = markers if markers is not None else list(slide.markers.all()) if slide.pk is not None else []
    refuse_outside(kept, slide.crop)
    return markers


_LARGEST_EDITS = 100_000
_SHORTEST_PART = 0.2
"""Seconds."""


def _check_video(actor: User, case: CaseFile, slide: Slide) -> None:
    papers = deck_view(actor, case.code).documents.filter(part="hsva")
    video = slide.video
    filed = papers.filter(pk=video.case_document_id).first() if video is not None else None
    if video is None or filed is None:
        raise BadInput(_("Hãy chọn video đã nạp vào vụ án."), field="video")
    # cited by the folios of the paper it belongs to; its pages are not shown
    slide.case_document, slide.page_from, slide.page_to, slide.crop, slide.redacted = filed, None, None, None, False
    first, last = slide.plays_from or 0.0, slide.plays_to if slide.plays_to is not None else video.seconds
    if not (0 <= first < video.seconds and first + _SHORTEST_PART <= last <= video.seconds + 1):
        raise BadInput(
            _("Video dài %(seconds)d giây: hãy chọn đoạn chiếu trong đó, giây đầu nhỏ hơn giây cuối.")
            % {"seconds": int(video.seconds)},
            field="plays_from",
        )


def _check_pages(slide: Slide) -> None:
    filed = slide.case_document
    if filed is None:
        raise BadInput(_("Hãy chọn tài liệu trong hồ sơ để chiếu."), field="case_document")
    if filed.part != "hsva" or (filed.document_type is not None and filed.document_type.part != "hsva"):
        raise BadInput(
            _("Tài liệu hồ sơ kiểm sát là tài liệu nội bộ, không bao giờ được trình chiếu."), field="case_document"
        )
    count = filed.page_count or 1
    if slide.page_to is not None and slide.page_from is None:
        slide.page_from = 1
    if slide.page_from is not None and slide.page_to is None:
        slide.page_to = slide.page_from
    first, last = slide.page_from or 1, slide.page_to or count
    if not 1 <= first <= last <= count:
        raise BadInput(
            _("Tài liệu này có %(count)d trang: hãy chọn khoảng trang trong đó.") % {"count": count}, field="page_from"
        )
    if slide.kind in ONE_PAGE:
        slide.page_from = slide.page_to = slide.page_from or 1
        slide.crop = _area(slide.crop, "crop") if slide.crop else None


def _area(given: Any, field: str) -> list[float]:
    """Return a rectangle as it is stored.

    Raises:
        BadInput: it is none, or lies outside the page.
    """
    wrong = BadInput(_("Vùng trên trang phải nằm trong trang: trái, trên, rộng, cao, mỗi số từ 0 đến 1."), field=field)
    if not isinstance(given, list | tuple) or len(given) != 4:
        raise wrong
    if not all(isinstance(each, int | float) and not isinstance(each, bool) for each in given):
        raise wrong
    x, y, width, height = (round(float(each), 4) for each in given)
    if not (0 <= x < 1 and 0 <= y < 1 and 0.005 <= width <= 1 - x + 0.001 and 0.005 <= height <= 1 - y + 0.001):
        raise wrong
    return [x, y, min(width, round(1 - x, 4)), min(height, round(1 - y, 4))]


def _save(slide: Slide, markers: list[PlanMarker] | None) -> None:
    check(slide)
    try:
        with transaction.atomic():
            slide.save()
            if markers is not None:
                put_markers(slide, markers)
    except (DataError, IntegrityError) as error:
        raise BadInput(
            _("Trang trình chiếu không hợp lệ: hãy kiểm tra lại loại trang, căn cứ và khoảng trang.")
        ) from error


# --- marks ---------------------------------------------------------------------------------------


@transaction.atomic
def add_mark(
    *,
    actor: User,
    case: CaseFile,
    document_id: int,
    page: int,
    area: Any = None,
    quote_text: str = "",
    note: str = "",
    shared: bool = False,
) -> FolioMark:
    """Mark a place on a page: a rectangle, or words that stand there.

    Args:
        actor: somebody who may contribute to the case.
        case: the case.
        document_id: the document's id in the DMS.
        page: counted from 1.
        area: x, y, width, height as parts of the page; not needed with words.
        quote_text: words on the page; tones and case do not matter.
        note: for whoever presents.
        shared: whether everybody who works on the case sees it.

    Raises:
        NotFound, NotAllowed: the actor may not, or there is no such document.
        BadInput: the words are not on the page, or the rectangle is none.
    """
    view = deck_view(actor, case.code, writing=True)
    filed = view.documents.filter(document_id=document_id, part="hsva").first()
    if filed is None:
        raise NotFound(_("Không có tài liệu này trong hồ sơ vụ án."))
    if not 1 <= page <= (filed.page_count or 1):
        raise BadInput(_("Trang này không có trong tệp: hãy kiểm tra lại số trang."), field="page")
    CaseDocument.objects.select_for_update().get(pk=filed.pk)
    if FolioMark.objects.filter(case_document=filed).count() >= MOST_MARKS:
        raise BadInput(_("Tài liệu này đã có quá nhiều chỗ đánh dấu: hãy bỏ bớt."))
    words = composed(quote_text).strip()
    if words:
        found = areas_of_words(readable_pdf(filed.document), page, words)
        if not found:
            raise BadInput(_("Không thấy đoạn chữ này trên trang: hãy chép đúng chữ, hoặc khoanh vùng."), field="quote")
        areas = [list(each) for each in found]
    else:
        areas = [_area(area, "area")]
    mark = FolioMark(
        case_document=filed,
        page=page,
        areas=areas,
        quote=words[:500],
        note=composed(note).strip(),
        shared=shared,
        created_by=actor,
    )
    check(mark)
    mark.save()
    return mark


@transaction.atomic
def remove_mark(*, actor: User, case: CaseFile, mark_id: int) -> None:
    """Take a mark away: one's own; a shared one also as a leader of the case.

    Raises:
        NotFound: there is none that the actor sees.
        NotAllowed: it is somebody else's.
    """
    view = deck_view(actor, case.code, writing=True)
    mark = FolioMark.objects.filter(pk=mark_id, case_document__in=view.documents).first()
    if mark is None or not (mark.shared or mark.created_by_id == actor.pk):
        raise NotFound(_("Không có chỗ đánh dấu này."))
    if mark.created_by_id != actor.pk and not may_confirm(actor, case):
        raise NotAllowed(_("Chỉ người đánh dấu hoặc lãnh đạo vụ án được bỏ chỗ này."))
    mark.delete()


# --- decks ---------------------------------------------------------------------------------------


@transaction.atomic
def request_deck(
    *,
    actor: User,
    presentation: Presentation,
    file_type: str = DeckExport.Format.HTML,
    encrypted: bool = False,
    closed_trial: bool = False,
) -> DeckExport:
    """Queue a deck of a presentation; a worker makes it. Asking again while one is being made returns that one.

    Args:
        encrypted: whether it is to leave the server with a password alone; see `locked_deck`.
        closed_trial: of a trial behind closed doors: that the actor answers for who is in the room; kept in the ledger.

    Raises:
        NotFound, NotAllowed: the actor may not.
        BadInput: unknown format, something stands in the way (every sentence of it), or nobody answers for a closed trial.
        Unavailable: the task queue cannot be reached.
    """
    if file_type not in DeckExport.Format.values:
        raise BadInput(_("Dạng gói trình chiếu không có trong danh mục."), field="format")
    row = _locked(actor, presentation)
    deck = deck_for(actor, row)
    closed = is_closed(row.case)
    if closed and not closed_trial:
        raise BadInput(_(UNANSWERED), field="closed_trial")
    same = row.exports.filter(format=file_type, encrypted=encrypted, requested_by=actor)
    running = same.filter(status__in=OPEN).first()
    if running is not None:
        resume_interrupted(DeckExport.objects.filter(pk=running.pk))
        return running
    export = DeckExport.objects.create(
        presentation=row,
        format=file_type,
        encrypted=encrypted,
        requested_by=actor,
        total=len(deck.pages),
        document_ids=[pk for pk, _sha256 in deck.documents],
    )
    if closed:
        tell_closed(actor, export)
    transaction.on_commit(partial(send_new, export, _to_worker))
    return export


UNANSWERED = gettext_noop(
    "Vụ án xét xử kín: hãy xác nhận chỉ chiếu trong phòng xử án, trước người được phép dự, và đã thống nhất với chủ tọa."
)
"""Why a deck of a closed trial is not made before somebody answers for it (BLTTHS, Điều 25; TTLT 01/2022, Điều 23)."""


def tell_closed(actor: User | None, export: DeckExport) -> None:
    """Tell the ledger that whoever takes a deck of a closed trial out answers for who is in the room."""
    tell(
        "closed_trial_answered",
        actor=actor,
        case=export.presentation.case,
        package=str(export.pk),
        presentation=export.presentation.number,
        file_type=export.format,
    )


def _end_interrupted(presentation: Presentation) -> None:
    """Give up decks whose worker is gone, so that they stand in nobody's way."""
    with speaking("vi"):
        sentence = _("Việc lập gói bị ngắt: hãy xuất lại.")
    for export in presentation.exports.filter(status=RUNNING):
        with held_alone(export.lock_path) as alone:
            if alone:
                close(export, DeckExport.Status.FAILED, error=sentence)


def resume_interrupted(exports: QuerySet[DeckExport]) -> int:
    """Begin decks anew whose worker is gone, and send those again that no worker took; return how many."""
    return resume(exports.select_related("presentation__case", "requested_by"), _to_worker)


def _to_worker(export_id: str) -> None:
    from vks_plugin.court.deck.tasks import make_deck  # noqa: PLC0415 - the task imports this module

    make_deck.apply_async(kwargs={"export_id": export_id})


def build_deck(export_id: UUID | str) -> None:
    """Make a queued deck; called by the worker.

    Whatever goes wrong is kept with it as a sentence. One that another worker took is left alone.
    """
    chosen = DeckExport.objects.select_related("presentation__case__unit__parent", "requested_by")
    export = chosen.filter(pk=export_id).first()
    if export is None:
        return
    crashed = gettext_noop("Không lập được gói trình chiếu do lỗi hệ thống: hãy báo quản trị.")
    with taken(export, partial(_failed, export), crashed=crashed) as ours:
        if ours:
            _build(export)


def _failed(export: DeckExport, sentence: str) -> None:
    close(export, DeckExport.Status.FAILED, error=sentence)


def _build(export: DeckExport) -> None:
    deck = deck_for(export.requested_by, export.presentation)
    # one that is configured and cannot be used is told before the long work
    key = office_key()
    target = export.path
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)

    def progress(done: int) -> None:
        if done % 10 == 0:
            DeckExport.objects.filter(pk=export.pk).update(progress=done)

    finished = False
    try:
        expires_on = expiry_for(export.presentation.case)
        deck = replace(deck, package=str(export.pk), expires_on=expires_on)
        manifest = write_deck(deck, target, export.format, progress=progress, key=key)
        sha256 = sha256_of(target)
        with transaction.atomic():
            finished = close(
                export,
                DeckExport.Status.DONE,
                sha256=sha256,
                progress=len(deck.pages),
                total=len(deck.pages),
                document_ids=[pk for pk, _sha256 in deck.documents],
                expires_on=expires_on,
                **told_of_package(deck, manifest),
            )
            if finished:
                tell_made(export.requested_by, export, deck, sha256, manifest)
    except BaseException:
        finished = False
        raise
    finally:
        # also when it was given up meanwhile
        if not finished:
            target.unlink(missing_ok=True)


def expiry_for(case: CaseFile) -> dt.date:
    """Return the last day of a package made now.

    That is the last day of the next session that is planned; where none is, so many days from now as the setting says.
    """
    today = timezone.localdate()
    planned = CourtSession.objects.filter(case=case, state=PLANNED).order_by("starts_on", "pk")
    days = [row.last_day for row in planned if row.last_day >= today]
    return days[0] if days else today + dt.timedelta(days=configuration().deck_expires_days)


def record_made(export: DeckExport, deck: Deck, sha256: str, manifest: dict[str, Any]) -> None:
    """Record a package that was written elsewhere, by a command, in the caller's transaction."""
    export.status, export.sha256 = DeckExport.Status.DONE, sha256
    export.progress = export.total = len(deck.pages)
    export.document_ids = [pk for pk, _sha256 in deck.documents]
    export.finished_at, export.expires_on = timezone.now(), deck.expires_on
    for name, value in told_of_package(deck, manifest).items():
        setattr(export, name, value)
    export.save(force_insert=True)


@transaction.atomic
def confirm_destroyed(
    *, actor: User, export_id: UUID | str, destroyed_on: dt.date, copies: str, person: str = ""
) -> DeckExport:
    """Record that every copy of a package that went out was destroyed; the file here goes too.

    What was confirmed stays: a package that is found again later is a finding, not a correction.

    Args:
        destroyed_on: from the day it was made to today.
        copies: where it had been copied to (stick, computer of the court).
        person: who destroyed it; empty: the actor.

    Raises:
        NotFound: there is none, or none the actor may know of.
        NotAllowed: the actor neither works on the case nor leads it.
        BadInput: a day that cannot be, or no word of where it was.
        Conflict: it is not finished, or was confirmed already.
    """
    export = known_export(actor, export_id)
    case = lock_case(export.presentation.case)
    where, who = one_line(copies), one_line(person) or display_name(actor)
    if not 3 <= len(where) <= 300:
        raise BadInput(_("Hãy ghi gói đã chép vào đâu: USB, máy tính nào (từ 3 đến 300 chữ cái)."), field="copies")
    if len(who) > 150:
        raise BadInput(_("Nhiều nhất %(most)d chữ cái.") % {"most": 150}, field="person")
    made_on = timezone.localdate(export.created_at)
    if not made_on <= destroyed_on <= timezone.localdate():
        raise BadInput(
            _("Ngày hủy từ ngày lập gói (%(day)s) đến hôm nay.") % {"day": f"{made_on:%d/%m/%Y}"}, field="destroyed_on"
        )
    values = {
        "destroyed_on": destroyed_on,
        "destroyed_person": who,
        "destroyed_copies": where,
        "destroyed_at": timezone.now(),
        "destroyed_by": actor,
    }
    still = DeckExport.objects.filter(pk=export.pk, status=DeckExport.Status.DONE, destroyed_at__isnull=True)
    if still.update(**values) != 1:
        raise Conflict(_("Gói này chưa lập xong hoặc đã được xác nhận hủy. Hãy tải lại trang."))
    tell(
        "deck_destroyed",
        actor=actor,
        case=case,
        package=str(export.pk),
        presentation=export.presentation.number,
        file_type=export.format,
        sha256=export.sha256,
        destroyed_on=destroyed_on,
        person=who,
        copies=where,
    )
    transaction.on_commit(partial(export.path.unlink, missing_ok=True))
    for name, value in values.items():
        setattr(export, name, value)
    return export


def write_deck(
    deck: Deck,
    target: Path,
    file_type: str,
    *,
    progress: Callable[[int], None] | None = None,
    key: OfficeKey | None = None,
) -> dict[str, Any]:
    """Write a deck into one file; return its manifest, which is within.

    Args:
        deck: what to write.
        target: the file; an existing one is replaced once the new one is complete.
        file_type: `html` (a ZIP of the folder), `pptx` or `pdf`.
        progress: told how many pages are finished.
        key: signs the manifest, and a PDF as a whole.

    Raises:
        BadInput: a page cannot be drawn.
    """
    told = progress or (lambda _done: None)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".deck-") as place:
        fresh = Path(place) / "fresh"
        if file_type == DeckExport.Format.HTML:
            folder = Path(place) / ascii_file_name(f"trinh-chieu-{deck.case_code}-{deck.number}", limit=60)
            folder.mkdir()
            manifest = write_folder(deck, folder, progress=told, key=key)
            _zipped(folder, fresh)
        elif file_type == DeckExport.Format.PPTX:
            manifest = write_pptx(deck, fresh, progress=told, key=key)
        else:
            manifest = write_pdf(deck, fresh, progress=told, key=key)
        fresh.replace(target)
    return manifest


_PACKED = frozenset({".jpg", ".mp4", ".webm"})


def _zipped(folder: Path, target: Path) -> None:
    with zipfile.ZipFile(target, "w") as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                # pictures are compressed already
                kind = zipfile.ZIP_STORED if path.suffix in _PACKED else zipfile.ZIP_DEFLATED
                archive.write(path, f"{folder.name}/{path.relative_to(folder).as_posix()}", kind)


def tell_made(actor: User | None, export: DeckExport, deck: Deck, sha256: str, manifest: dict[str, Any]) -> None:
    """Tell the ledger of a deck that is finished."""
    tell(
        "deck_made",
        actor=actor,
        case=export.presentation.case,
        presentation=export.presentation.number,
        file_type=export.format,
        encrypted=export.encrypted,
        slides=len(deck.slides),
        pages=len(deck.pages),
        documents=len(deck.documents),
        digest=digest_of(deck.documents),
        sha256=sha256,
        manifest=digest_of_manifest(manifest),
    )


def finished_deck(export: DeckExport) -> Path:
    """Return the finished file.

    Raises:
        Conflict: it is not finished.
        NotFound: the file is no longer there.
    """
    if export.status != DeckExport.Status.DONE:
        raise Conflict(_("Gói trình chiếu chưa lập xong."))
    if export.destroyed_at is not None:
        raise Conflict(_("Gói này đã được xác nhận hủy: hãy xuất gói mới."))
    if not export.path.is_file():
        raise NotFound(_("Tệp không còn trên máy chủ: hãy xuất lại gói trình chiếu."))
    return export.path


def plain_deck(export: DeckExport) -> Path:
    """Return the finished file of a deck that may leave as it is.

    Raises:
        Conflict: it is not finished, or leaves with a password alone.
        NotFound: the file is no longer there.
    """
    path = finished_deck(export)
    if export.encrypted:
        raise Conflict(_("Gói này chỉ tải về được khi đặt mật khẩu: hãy nhập mật khẩu ở bài trình chiếu."))
    return path


@sensitive_variables("password")
def locked_deck(*, actor: User, export: DeckExport, password: str) -> BinaryIO:
    """Return a finished deck encrypted, in a file without a name that is gone once it is closed.

    Args:
        export: see `queries.export_for`.
        password: see `locking.checked_password`; kept nowhere.

    Raises:
        BadInput: the password is none to use.
        Conflict: it is not finished, or damaged.
        NotFound: the file is no longer there.
    """
    checked_password(password)
    source = finished_deck(export)
    # closed by whoever sends it
    target = cast("BinaryIO", tempfile.TemporaryFile(dir=source.parent))  # noqa: SIM115
    try:
        lock(source, target, password)
        target.seek(0)
        sha256 = hashlib.file_digest(cast("Any", target), "sha256").hexdigest()
        target.seek(0)
        # what goes out was told before
        with transaction.atomic():
            tell_locked(actor, export, sha256)
    except BaseException:
        target.close()
        raise
    return target


def tell_locked(actor: User | None, export: DeckExport, sha256: str) -> None:
    """Tell the ledger of the encrypted file that goes out."""
    tell(
        "deck_encrypted",
        actor=actor,
        case=export.presentation.case,
        package=str(export.pk),
        presentation=export.presentation.number,
        file_type=export.format,
        sha256=sha256,
    )


def locked_disposition(export: DeckExport) -> str:
    """Return the header that names an encrypted deck: whoever finds it learns nothing from its name."""
    return f'attachment; filename="goi-{str(export.pk)[:8]}{ending_of(export.path)}"'


def deck_disposition(export: DeckExport) -> str:
    """Return the header that names a fetched deck, in plain letters and in Vietnamese (RFC 6266)."""
    made_on = timezone.localtime(export.created_at)
    presentation = export.presentation
    with speaking("vi"):
        words = _("Trình chiếu")
        full = composed(f"{presentation.case.code} {words} {presentation.number} {made_on:%Y-%m-%d}")
    ending = export.path.suffix
    return f"attachment; filename=\"{ascii_file_name(full)}{ending}\"; filename*=UTF-8''{quote(full, safe='')}{ending}"
