"""Taking something out of copies of filed documents: proposed, looked at, made by a worker, read before they go out."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vks_plugin.access.queries import case_for
from vks_plugin.cases.models import CaseDocument
from vks_plugin.court import redaction_works as works
from vks_plugin.court import redactions as actions
from vks_plugin.court.models import RedactionWork
from vks_plugin.court.redaction import NEVER_TICKED, USUAL_PATTERNS, Mark, page_preview
from vks_plugin.errors import BadInput, Conflict, NotAllowed, VksError
from vks_plugin.host.files import readable_pdf
from vks_plugin.host.rest import leave_uncompressed
from vks_plugin.web.court_forms import RedactionForm, RedactionGroundForm, RedactionSearchForm, frames_in
from vks_plugin.web.shell import OURS, SignedInRequest, is_fragment, page, show

KINDS = {
    "nguoi": gettext_lazy("Tên người"),
    "dia_chi": gettext_lazy("Nơi ở"),
    "can_cuoc": gettext_lazy("Số căn cước"),
    "dien_thoai": gettext_lazy("Điện thoại"),
    "tai_khoan": gettext_lazy("Số tài khoản"),
    "noi_o": gettext_lazy("Địa chỉ, của bất kỳ ai"),
    "chu": gettext_lazy("Chữ được nêu"),
    "khung": gettext_lazy("Khung"),
}


def key_of(mark: Mark) -> str:
    """Return what tells a place from the others, for a form."""
    return ":".join(map(str, (mark.page, *mark.box)))


@dataclass(frozen=True)
class _Choice:
    """A place that may be taken out, as the page shows it."""

    mark: Mark
    chosen: bool

    @property
    def key(self) -> str:
        """What tells it from the others."""
        return key_of(self.mark)

    @property
    def kind(self) -> str:
        """Why it is proposed, in words."""
        return str(KINDS[self.mark.kind])


def _filed(request: SignedInRequest, code: str, document_id: int) -> CaseDocument:
    view = case_for(request.user, code)
    if "borrowed" in view.may:
        raise NotAllowed(
            _("Bạn mượn bản điện tử của hồ sơ này: đọc trong trang của vụ án, không lập tập, không tải về.")
        )
    filed: CaseDocument = get_object_or_404(view.documents, document_id=document_id)
    filed.case = view.case
    return filed


@page
@require_http_methods(["GET", "POST"])
def redact(request: SignedInRequest, code: str, document_id: int) -> HttpResponse:
    """Propose what to take out, show the page before and after, and have the copy made."""
    filed = _filed(request, code, document_id)
    actions.may_redact(request.user, filed)
    posted = request.method == "POST"
    form = RedactionForm(request.POST if posted else {"numbers": "on"})
    status = 200
    valid = form.is_valid()
    terms, patterns = (form.lines(), USUAL_PATTERNS if form.cleaned_data["numbers"] else ()) if valid else ([], ())
    # in a long one a worker looks; rectangles can be drawn at once
    long = (filed.page_count or 0) > actions.PAGES_AT_ONCE
    found: list[Mark] = []
    try:
        if posted and "search" in request.POST and valid:
            work = works.request_search(
                actor=request.user,
                case=filed.case,
                terms=terms,
                patterns=patterns,
                documents=[document_id],
                usual=True,
            )
            return redirect("vks:redaction_work", pk=work.pk)
        if not long:
            found = actions.proposals(actor=request.user, filed=filed, terms=terms, patterns=patterns)
    except VksError as error:
        if not posted or error.field not in form.fields:
            raise
        form.add_error(error.field, error.message)
        status = error.status
    # what nobody has looked at yet is proposed; what was looked at is as it was left
    kept, seen = set(request.POST.getlist("chosen")), set(request.POST.get("seen", "").split())
    choices = [
        _Choice(mark, (key := key_of(mark)) in kept or (key not in seen and mark.kind not in NEVER_TICKED))
        for mark in found
    ]
    frames: list[Mark] = []
    try:
        frames = form.frames() if valid else []
        marks = [each.mark for each in choices if each.chosen] + frames
        if posted and "make" in request.POST and valid and status == 200:
            work = works.request_copies(
                actor=request.user,
                case=filed.case,
                marks={document_id: marks},
                ground=form.cleaned_data["ground"],
                reason=form.cleaned_data["reason"],
            )
            return redirect("vks:redaction_work", pk=work.pk)
    except VksError as error:
        form.add_error(error.field if error.field in form.fields else None, error.message)
        marks, status = [each.mark for each in choices if each.chosen] + frames, error.status
    if not valid:
        status = 400
    first = marks[0].page if marks else 1
    number = min((form.cleaned_data.get("page") if valid else None) or first, filed.page_count or 1)
    boxes = [mark.box for mark in marks if mark.page == number]
    context = {
        "form": form,
        "case": filed.case,
        "filed": filed,
        "long": long,
        "choices": choices,
        "seen": " ".join(each.key for each in choices),
        "number": number,
        "pages": filed.page_count or 1,
        "before": _as_address(page_preview(readable_pdf(filed.document), number, boxes, after=False)),
        "after": _as_address(page_preview(readable_pdf(filed.document), number, boxes, after=True)),
        "copies": actions.standing(filed.redactions.select_related("case_document", "created_by", "read_by")[:10]),
    }
    return show(request, "vks/cases/redact.html", context, status=status)


def _as_address(picture: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(picture).decode('ascii')}"


@page
@require_GET
def redacted(request: SignedInRequest, code: str, document_id: int) -> FileResponse:
    """Hand out the copy that stands in for a document; one nobody read is only opened to be read."""
    filed = _filed(request, code, document_id)
    inline = request.GET.get("inline") == "1"
    copy = actions.copy_to_open(request.user, filed) if inline else actions.redacted_copy(filed)
    # closed by the response
    response = FileResponse(copy.path.open("rb"), content_type="application/pdf")
    response["Content-Disposition"] = actions.content_disposition(copy, "inline" if inline else "attachment")
    leave_uncompressed(request)
    return response


@page
@require_POST
def read(request: SignedInRequest, code: str, document_id: int) -> HttpResponse:
    """Record that somebody read the newest copy and found nothing left."""
    filed = _filed(request, code, document_id)
    actions.confirm_read(actor=request.user, filed=filed, sha256=request.POST.get("sha256", ""))
    messages.success(request, _("Đã ghi nhận bạn đã đọc lại: bản đã che được đưa ra ngoài."), extra_tags=OURS)
    return redirect("vks:redactions", code=code)


@page
@require_http_methods(["GET", "POST"])
def overview(request: SignedInRequest, code: str) -> HttpResponse:
    """Look for people in all papers of a case; show the works and the copies there are."""
    view = case_for(request.user, code)
    posted = request.method == "POST"
    works.require_redacting(request.user, view.case)
    people = works.people_of(view.case)
    form = RedactionSearchForm(request.POST if posted else None, people=people)
    status = 200
    if posted and form.is_valid():
        try:
            work = works.request_search(actor=request.user, case=view.case, **form.asked())
            return redirect("vks:redaction_work", pk=work.pk)
        except (BadInput, Conflict) as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
            status = error.status
    elif posted:
        status = 400
    context = {
        "case": view.case,
        "form": form,
        "people": people,
        "works": works.works_of(request.user, view.case),
        "copies": actions.standing(actions.copies_in(request.user, view.case)[:_MOST_SHOWN]),
    }
    return show(request, "vks/cases/redactions.html", context, status=status)


_MOST_SHOWN = 300


@page
@require_http_methods(["GET", "POST"])
def work(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Show how far a work is and what it found; have the copies made of what is chosen."""
    row = works.work_for(request.user, pk)
    if is_fragment(request):
        response = show(request, "vks/cases/redaction_progress.html", {"work": row})
        if not row.is_open:
            # what there is to choose from, or the copies, are on the page
            response.headers["HX-Refresh"] = "true"
        return response
    posted = request.method == "POST"
    form = RedactionGroundForm(request.POST if posted else None)
    status = 200
    found = works.found_in(request.user, row) if row.status == RedactionWork.Status.FOUND else []
    picked = set(request.POST.getlist("pick"))
    if posted:
        try:
            if not form.is_valid():
                raise BadInput(str(next(iter(form.errors.values()))[0]))
            works.make_copies(actor=request.user, work=row, **_chosen(request, found, picked), **form.cleaned_data)
            return redirect("vks:redaction_work", pk=pk)
        except BadInput as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
            status = error.status
    copies = row.copies.select_related("case_document__document", "created_by", "read_by").order_by("case_document")
    context = {
        "case": row.case,
        "work": row,
        "form": form,
        "found": [_told(each, picked if posted else None, request) for each in found],
        "copies": actions.standing(copies),
        "failures": _named(request, row),
    }
    return show(request, "vks/cases/redaction_work.html", context, status=status)


def _told(each: works.FoundIn, picked: set[str] | None, request: SignedInRequest) -> dict[str, Any]:
    """Return a paper of a search as the page shows it, with what was ticked already."""
    groups = [
        {
            "group": group,
            "kind": KINDS[group.kind],
            "pages": ", ".join(map(str, group.pages[:_MOST_PAGES_NAMED]))
            + ("…" if len(group.pages) > _MOST_PAGES_NAMED else ""),
            "count": len(group.marks),
            "ticked": group.ticked if picked is None else group.key in picked,
        }
        for group in each.groups
    ]
    return {
        "filed": each.filed,
        "count": len(each.marks),
        "groups": groups,
        "unsearched": [
            (why, ", ".join(map(str, pages[:_MOST_PAGES_NAMED])) + ("…" if len(pages) > _MOST_PAGES_NAMED else ""))
            for why, pages in each.unsearched
        ],
        "error": each.error,
        "frames": request.POST.get(f"frames-{each.filed.document_id}", ""),
    }


_MOST_PAGES_NAMED = 30


def _chosen(request: SignedInRequest, found: list[works.FoundIn], picked: set[str]) -> dict[str, Any]:
    """Return what was ticked and drawn, as `make_copies` takes it.

    Raises:
        BadInput: a rectangle is none.
    """
    numbers = {
        each.filed.document_id: [number for group in each.groups if group.key in picked for number in group.marks]
        for each in found
    }
    frames = {
        each.filed.document_id: frames_in(request.POST.get(f"frames-{each.filed.document_id}", "")[:5000])
        for each in found
    }
    return {"picked": numbers, "frames": frames}


def _named(request: SignedInRequest, row: RedactionWork) -> list[tuple[str, str]]:
    """Return title and reason of the documents of which no copy could be made."""
    view = case_for(request.user, row.case.code)
    asked = [document for document, _why in row.failures if document is not None]
    titles = {each.document_id: each.title for each in view.documents.filter(document_id__in=asked)}
    return [(titles.get(document, "–"), why) for document, why in row.failures]


@page
@require_POST
def cancel(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Stop a work."""
    row = works.work_for(request.user, pk)
    told = (
        _("Đã dừng. Bản đã che đã lập xong vẫn giữ.")
        if row.is_open
        else _("Đã bỏ. Những gì máy tìm thấy đã bị xóa; bản đã che đã lập xong vẫn giữ.")
    )
    works.cancel_work(actor=request.user, work=row)
    messages.success(request, told, extra_tags=OURS)
    return redirect("vks:redactions", code=row.case.code)


@page
@require_POST
def go_on(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Try again what failed."""
    works.go_on(actor=request.user, work=works.work_for(request.user, pk))
    return redirect("vks:redaction_work", pk=pk)
