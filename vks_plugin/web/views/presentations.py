"""Pages of the section “Trình chiếu”: presentations of a case, their slides, marks on folios, decks to fetch."""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, BinaryIO
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from vks_plugin.access.policy import Level
from vks_plugin.access.queries import CaseView
from vks_plugin.court.deck import actions, drawing, queries, videos
from vks_plugin.court.deck.diagrams import OWN_KEY, Edits
from vks_plugin.court.deck.models import DeckExport, Presentation, Slide
from vks_plugin.court.deck.plans import documents_of
from vks_plugin.court.deck.rules import SHOWING_PAGES, Obstacle, Rule
from vks_plugin.court.deck.stills import still_of
from vks_plugin.court.masking import masked
from vks_plugin.court.page_pictures import page_to_mark, paper_to_mark
from vks_plugin.court.protected import protected_people
from vks_plugin.court.sessions.queries import may_plan, session_view, sessions_of, with_people
from vks_plugin.errors import BadInput, Conflict, NotAllowed, NotFound, TooLarge, VksError
from vks_plugin.host.rest import leave_uncompressed
from vks_plugin.language import spoken
from vks_plugin.rest import SVG, inert
from vks_plugin.web.deck_forms import (
    DestroyedForm,
    DiagramForm,
    MarkForm,
    PasswordForm,
    PlanForm,
    PresentationForm,
    SlideForm,
    VideoForm,
)
from vks_plugin.web.shell import OURS, SignedInRequest, page, show
from vks_plugin.web.views.record import header, tabs


def _show(
    request: SignedInRequest, view: CaseView, template: str, context: Mapping[str, Any], *, status: int = 200
) -> HttpResponse:
    whole = header(view) | {
        "tabs": tabs(view, request.user),
        "section": "presentations",
        "section_template": f"vks/deck/{template}.html",
        "may_compose": view.decision.level >= Level.CONTRIBUTE,
        **context,
    }
    return show(request, "vks/record/page.html", whole, status=status)


@page
@require_http_methods(["GET", "POST"])
def presentations(request: SignedInRequest, code: str) -> HttpResponse:
    """Show the presentations and the court sessions of a case; begin a presentation.

    Who may only read the case file sees its sessions: what the procuracy prepares to show is not for everybody.
    """
    composing = True
    try:
        view = queries.deck_view(request.user, code, writing=request.method == "POST")
    except NotAllowed:
        if request.method == "POST":
            raise
        composing, view = False, session_view(request.user, code)
    form = PresentationForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.create_presentation(actor=request.user, case=view.case, **form.cleaned_data)
        except VksError as error:
            form.place(error)
            status = error.status
        else:
            return redirect("vks:presentation", code=code, number=made.number)
    elif request.method == "POST":
        status = 400
    rows = Presentation.objects.filter(case=view.case).prefetch_related("slides") if composing else None
    sessions = list(sessions_of(view.case))
    names = with_people(sessions)
    for each in sessions:
        each.case = view.case
    context = {
        "rows": rows,
        "form": form,
        "sessions": [{"row": each, "names": names[each.pk]} for each in sessions],
        "may_plan": bool(may_plan(request.user, view)),
        "packages": queries.told_of_packages(queries.packages_of(view.case)) if composing else [],
        "may_destroy": view.decision.level >= Level.CONTRIBUTE or queries.may_confirm(request.user, view.case),
    }
    return _show(request, view, "presentations", context, status=status)


@page
@require_http_methods(["GET", "POST"])
def presentation(request: SignedInRequest, code: str, number: int) -> HttpResponse:
    """Show the slides of a presentation with what stands in the way; put them in order, take them out, export."""
    # who leads may confirm without composing
    writing = request.method == "POST" and not request.POST.get("act", "").startswith("confirm:")
    view = queries.deck_view(request.user, code, writing=writing)
    row = queries.presentation_of(view.case, number)
    if request.method == "POST":
        try:
            done = _act(request, row)
        except VksError as error:
            messages.error(request, error.message, extra_tags=OURS)
        else:
            if done is not None:
                return done
        return redirect("vks:presentation", code=code, number=number)
    slides = queries.slides_of(row)
    found = queries.obstacles_of(request.user, row, slides)
    told: dict[int | None, list[tuple[str, bool]]] = defaultdict(list)
    confirmable: dict[int | None, Obstacle] = {}
    for each in found:
        told[each.slide].append((spoken(each.sentence), each.blocks))
        # one button for a slide: it says the most that is answered for
        if each.confirmable and (each.slide not in confirmable or each.rule == Rule.YOUNG_VICTIM):
            confirmable[each.slide] = each
    filed = {each.pk: each for each in view.documents.filter(slides__presentation=row)}
    shown = [
        {
            "slide": slide,
            "number": place,
            "filed": filed.get(slide.case_document_id or 0),
            "title": slide.title or getattr(filed.get(slide.case_document_id or 0), "title", ""),
            "told": told[place],
            "confirmable": confirmable.get(place),
        }
        for place, slide in enumerate(slides, 1)
    ]
    papers = view.documents.filter(part="hsva", folio_from__isnull=False)
    context = {
        "presentation": row,
        "shown": shown,
        "general": told[None],
        "blocking": sum(each.blocks for each in found),
        "closed_trial": any(each.rule == Rule.CLOSED_TRIAL for each in found),
        "may_confirm": queries.may_confirm(request.user, view.case),
        "exports": queries.exports_of(request.user, row),
        "papers": papers[:_PAPERS],
        "kinds": Slide.Kind.choices,
        "formats": DeckExport.Format.choices,
    }
    return _show(request, view, "presentation", context)


_PAPERS = 500


def _act(request: SignedInRequest, row: Presentation) -> HttpResponse | None:
    """Do what a button of the page says: `up:ID`, `down:ID`, `to:ID`, `remove:ID`, `confirm:ID:WHAT WAS SEEN`, `paper`,
    `export:FORMAT`, `remove`."""
    what, _colon, named = request.POST.get("act", "").partition(":")
    user, code = request.user, row.case.code
    named, _colon, seen = named.partition(":")
    key = int(named) if named.isascii() and named.isdigit() and len(named) < 10 else 0
    if what in {"up", "down"}:
        order = [slide.pk for slide in queries.slides_of(row)]
        place = order.index(key) + 1 if key in order else 1
        actions.move_slide(
            actor=user, presentation=row, slide_id=key, to=max(place - 1, 1) if what == "up" else place + 1
        )
    elif what == "remove" and named:
        actions.remove_slide(actor=user, presentation=row, slide_id=key)
        messages.success(request, _("Đã bỏ trang trình chiếu."), extra_tags=OURS)
    elif what == "confirm":
        actions.confirm_slide(actor=user, presentation=row, slide_id=key, fingerprint=seen)
        messages.success(request, _("Đã xác nhận cho chiếu; việc này được ghi vào sổ cái."), extra_tags=OURS)
    elif what == "papers":
        _add_papers(request, row)
    elif what == "export":
        actions.request_deck(
            actor=user,
            presentation=row,
            file_type=named,
            encrypted="encrypted" in request.POST,
            closed_trial="closed_trial" in request.POST,
        )
        messages.success(request, _("Đang lập gói trình chiếu."), extra_tags=OURS)
    elif what == "remove":
        actions.remove_presentation(actor=user, presentation=row)
        messages.success(request, _("Đã bỏ bài trình chiếu."), extra_tags=OURS)
        return redirect("vks:presentations", code=code)
    else:
        raise BadInput(_("Hãy chọn một việc trên trang."))
    return None


def _add_papers(request: SignedInRequest, row: Presentation) -> None:
    """Add a slide for each document that was ticked; testimony goes to its own form, since it needs a ground."""
    ticked = [
        int(each) for each in request.POST.getlist("paper") if each.isascii() and each.isdigit() and len(each) < 10
    ]
    view = queries.deck_view(request.user, row.case.code, writing=True)
    papers = list(view.documents.filter(pk__in=ticked, part="hsva"))
    if not papers:
        raise BadInput(_("Hãy đánh dấu ít nhất một tài liệu."))
    state = request.POST.get("state", "")
    # all of them or none: a refusal tells of one, and who tries again does not get the others twice
    with transaction.atomic():
        for filed in papers:
            values: dict[str, Any] = {"kind": Slide.Kind.EXHIBIT, "case_document": filed, "title": filed.title[:200]}
            if state in {Slide.State.SHOWN, Slide.State.RESERVE}:
                values["state"] = state
            actions.add_slide(actor=request.user, presentation=row, values=values)
    messages.success(request, _("Đã thêm %(count)d trang trình chiếu.") % {"count": len(papers)}, extra_tags=OURS)


@page
@require_http_methods(["GET", "POST"])
def slide_new(request: SignedInRequest, code: str, number: int) -> HttpResponse:
    """Add a slide of one kind."""
    view = queries.deck_view(request.user, code, writing=True)
    row = queries.presentation_of(view.case, number)
    kind = request.GET.get("kind") or request.POST.get("kind") or Slide.Kind.TEXT
    if kind not in Slide.Kind.values:
        raise NotFound(_("Loại trang không có trong danh mục."))
    form = SlideForm(request.POST or None, kind=kind, papers=_papers(view), videos=videos.videos_of(request.user, code))
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.add_slide(actor=request.user, presentation=row, values={"kind": kind, **form.given()})
        except VksError as error:
            form.place(error)
            status = error.status
        else:
            messages.success(request, _("Đã thêm trang trình chiếu."), extra_tags=OURS)
            if made.kind in {Slide.Kind.DIAGRAM, Slide.Kind.PLAN}:
                return redirect("vks:slide", code=code, number=number, pk=made.pk)
            return redirect("vks:presentation", code=code, number=number)
    elif request.method == "POST":
        status = 400
    heading = _("Thêm trang: %(kind)s") % {"kind": Slide.Kind(kind).label}
    return _show(
        request, view, "slide", {"presentation": row, "form": form, "heading": heading, "kind": kind}, status=status
    )


def _papers(view: CaseView) -> Any:
    return view.documents.filter(part="hsva")


@page
@require_http_methods(["GET", "POST"])
def slide(request: SignedInRequest, code: str, number: int, pk: int) -> HttpResponse:
    """Show and change a slide; of a diagram its boxes and lines too."""
    view = queries.deck_view(request.user, code, writing=True)
    row = queries.presentation_of(view.case, number)
    found = row.slides.filter(pk=pk).first()
    if found is None:
        raise NotFound(_("Bài trình chiếu không có trang này."))
    filed = view.documents.filter(pk=found.case_document_id or 0).first()
    kept = videos.videos_of(request.user, code)
    # who may not see the paper of the video sees no picture of it either
    still = still_of(found) if filed is not None else None
    form = SlideForm(
        request.POST or None, kind=found.kind, papers=_papers(view), videos=kept, slide=found, still=still is not None
    )
    drawn = _diagram(request, view, found) if found.kind == Slide.Kind.DIAGRAM else None
    plan = _plan(request, view, found) if found.kind == Slide.Kind.PLAN else None
    seen = request.POST.get("seen", "") or actions.state_of(found)
    status = 200
    if request.method == "POST":
        # each is asked: whoever corrects one thing is told of the others, too
        wrong = [each for each in (form, drawn, plan) if each is not None and not each.is_valid()]
        if not wrong:
            values = form.given()
            if drawn is not None:
                values["edits"] = drawn.edits()
            if plan is not None:
                values["markers"] = plan.given()
            try:
                actions.change_slide(
                    actor=request.user, presentation=row, slide_id=pk, values=values, seen=request.POST.get("seen", "")
                )
            except VksError as error:
                part = {"markers": plan, "edits": drawn}.get(error.field or "")
                if part is not None:
                    part.refused(error.message)
                else:
                    form.place(error)
                status = error.status
                if isinstance(error, Conflict):
                    # told once; whoever saves again saves over it
                    seen = actions.state_of(row.slides.get(pk=pk))
            else:
                messages.success(request, _("Đã lưu trang trình chiếu."), extra_tags=OURS)
                if drawn is not None or plan is not None:
                    return redirect("vks:slide", code=code, number=number, pk=pk)
                return redirect("vks:presentation", code=code, number=number)
        else:
            status = 400
    context: dict[str, Any] = {
        "presentation": row,
        "form": form,
        "slide": found,
        "kind": found.kind,
        "heading": _("Sửa trang: %(kind)s") % {"kind": found.get_kind_display()},
        "filed": filed,
        "diagram_form": drawn,
        "plan_form": plan,
        "seen": seen,
        "still": still,
        "still_picture": base64.b64encode(still.jpeg).decode("ascii") if still is not None else "",
    }
    if plan is not None and filed is not None:
        context["plan_page"] = found.page_from or 1
        context["crop"] = [f"{100 * each:.2f}" for each in found.crop] if found.crop else None
    elif filed is not None and found.kind in SHOWING_PAGES:
        context["looks"] = list(queries.shown_pages(found, filed))[:12]
    return _show(request, view, "slide", context, status=status)


def _plan(request: SignedInRequest, view: CaseView, found: Slide) -> PlanForm:
    markers = list(found.markers.all())
    material = queries.material_for(request.user, view.case, documents_of([found]))
    folios = {
        each.pk: material.label(filed, each.page or 0)
        for each in markers
        if (filed := material.visible.get(each.case_document_id or 0)) is not None
    }
    return PlanForm(request.POST or None, markers=markers, folios=folios)


def _diagram(request: SignedInRequest, view: CaseView, found: Slide) -> DiagramForm:
    content = drawing.content_of(view.case, found, request.user)
    people = protected_people(view.case)
    return DiagramForm(
        request.POST or None,
        items=[
            item._replace(label=masked(item.label, people)) for item in content.items if not OWN_KEY.fullmatch(item.key)
        ],
        links=content.links,
        edits=Edits.read(found.edits),
        lost=content.lost,
    )


@page
@require_GET
def slide_drawing(request: SignedInRequest, code: str, number: int, pk: int) -> HttpResponse:
    """Hand the diagram or the scene plan of a slide out as SVG."""
    view = queries.deck_view(request.user, code)
    row = queries.presentation_of(view.case, number)
    found = row.slides.filter(pk=pk).first()
    if found is None:
        raise NotFound(_("Bài trình chiếu không có trang này."))
    keyed = "keys" in request.GET
    response = inert(HttpResponse(queries.drawing_of(request.user, row, found, keyed=keyed), content_type=SVG))
    if not keyed:
        response["Content-Disposition"] = queries.drawing_disposition(row, found)
    return response


# --- marks on folios


@page
@require_http_methods(["GET", "POST"])
def marks(request: SignedInRequest, code: str, document_id: int) -> HttpResponse:
    """Show a page with its marks; mark a place, take a mark away."""
    view = queries.deck_view(request.user, code, writing=request.method == "POST")
    filed = paper_to_mark(view, document_id)
    text = request.GET.get("page") or request.POST.get("page") or "1"
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 1
    number = min(max(number, 1), filed.page_count or 1)
    form = MarkForm(request.POST or None)
    status = 200
    if request.method == "POST" and request.POST.get("remove"):
        key = request.POST["remove"]
        actions.remove_mark(
            actor=request.user,
            case=view.case,
            mark_id=int(key) if key.isascii() and key.isdigit() and len(key) < 10 else 0,
        )
        return redirect(f"{request.path}?page={number}")
    if request.method == "POST" and form.is_valid():
        try:
            actions.add_mark(actor=request.user, case=view.case, document_id=document_id, page=number, **form.given())
        except VksError as error:
            form.place(error)
            status = error.status
        else:
            messages.success(request, _("Đã đánh dấu."), extra_tags=OURS)
            return redirect(f"{request.path}?page={number}")
    elif request.method == "POST":
        status = 400
    rows = list(queries.marks_for(request.user, [filed.pk]).select_related("created_by"))
    context = {
        "filed": filed,
        "page_number": number,
        "rows": rows,
        "here": [row for row in rows if row.page == number],
        "boxes": [[f"{100 * each:.2f}" for each in area] for row in rows if row.page == number for area in row.areas],
        "form": form,
        "before": number - 1,
        "after": number + 1 if number < (filed.page_count or 1) else 0,
    }
    return _show(request, view, "marks", context, status=status)


@page
@require_GET
def page_picture(request: SignedInRequest, code: str, document_id: int, number: int) -> HttpResponse:
    """Hand a page of the case file out as a picture."""
    return inert(HttpResponse(page_to_mark(request.user, code, document_id, number), content_type="image/jpeg"))


# --- videos


@page
@require_http_methods(["GET", "POST"])
def case_videos(request: SignedInRequest, code: str) -> HttpResponse:
    """Show the videos of a case; take one in, or one out."""
    posted = request.method == "POST"
    view = queries.deck_view(request.user, code, writing=posted)
    papers = view.documents.filter(part="hsva", folio_from__isnull=False)[:_PAPERS]
    removed = request.POST.get("remove", "")
    if removed:
        try:
            videos.remove_video(actor=request.user, case=view.case, pk=_key(removed))
        except Conflict as error:
            messages.error(request, error.message, extra_tags=OURS)
        else:
            messages.success(request, _("Đã bỏ video."), extra_tags=OURS)
        return redirect("vks:case_videos", code=code)
    form = VideoForm(request.POST or None, request.FILES or None, papers=papers)
    status = 200
    if posted:
        status = 400
        if form.is_valid():
            file, document = form.cleaned_data["file"], int(form.cleaned_data["document"])
            try:
                videos.keep_video(
                    actor=request.user,
                    case=view.case,
                    file=file,
                    size=file.size,
                    document=document,
                    title=form.cleaned_data["title"],
                )
            except (BadInput, Conflict, TooLarge) as error:
                form.place(error)
                status = error.status
            else:
                messages.success(request, _("Đã nạp video."), extra_tags=OURS)
                return redirect("vks:case_videos", code=code)
    return _show(request, view, "videos", {"form": form, "rows": videos.videos_of(request.user, code)}, status=status)


def _key(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound(_("Vụ án không có video này.")) from error


@page
@require_GET
def video(request: SignedInRequest, code: str, pk: UUID) -> HttpResponseBase:
    """Hand a video out, to be looked at."""
    found = videos.video_of(request.user, code, pk)
    # closed by the response
    response = FileResponse(videos.opened_video(found), content_type=f"video/{found.container}")
    response["Content-Disposition"] = f'inline; filename="{videos.download_name(found)}"'
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    leave_uncompressed(request)
    return response


# --- decks


@page
@require_GET
def deck_status(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Show how far a deck is."""
    return show(request, "vks/deck/export.html", {"export": queries.export_for(request.user, pk)})


@page
@require_http_methods(["GET", "POST"])
def deck_destroyed(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Confirm that every copy of a package was destroyed."""
    export = queries.known_export(request.user, pk)
    view = session_view(request.user, export.presentation.case.code)
    form = DestroyedForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                actions.confirm_destroyed(actor=request.user, export_id=pk, **form.cleaned_data)
            except BadInput as error:
                form.place(error)
            else:
                messages.success(request, _("Đã ghi gói trình chiếu được hủy."), extra_tags=OURS)
                return redirect("vks:presentations", code=view.case.code)
    return _show(request, view, "destroyed", {"export": export, "form": form}, status=status)


@sensitive_post_parameters("password", "again")
@page
@require_http_methods(["GET", "POST"])
def deck_download(request: SignedInRequest, pk: UUID) -> HttpResponseBase:
    """Hand a finished deck out, to whoever works on the case and may see everything in it at this moment.

    With a password it is encrypted on its way.
    """
    export = queries.export_for(request.user, pk)
    file: BinaryIO
    if request.method == "GET":
        file, disposition = actions.plain_deck(export).open("rb"), actions.deck_disposition(export)
    else:
        form = PasswordForm(request.POST)
        locked = _locked(request, export, form)
        if locked is None:
            view = queries.deck_view(request.user, export.presentation.case.code)
            return _show(request, view, "locked", {"export": export, "form": form}, status=400)
        file, disposition = locked, actions.locked_disposition(export)
    # closed by the response
    response = FileResponse(file, content_type="application/octet-stream")
    response["Content-Disposition"] = disposition
    leave_uncompressed(request)
    return response


def _locked(request: SignedInRequest, export: DeckExport, form: PasswordForm) -> BinaryIO | None:
    """Return the encrypted package; None when the form says what is wrong with the password."""
    if not form.is_valid():
        return None
    try:
        return actions.locked_deck(actor=request.user, export=export, password=form.cleaned_data["password"])
    except BadInput as error:
        form.place(error)
        return None
