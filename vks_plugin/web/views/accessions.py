"""Pages on which cases are handed to the archive."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vks_plugin.custody import accession_papers
from vks_plugin.custody.actions.accession import cancel, prepare, request_acceptance, retry
from vks_plugin.custody.models import Accession
from vks_plugin.custody.queries.accession import (
    accession_for,
    accessions_for,
    exhibits_left,
    is_being_taken,
    known_cases,
    may_be_packed_again,
    may_give,
    may_take,
    package_for,
    pieces_settled,
    told_error,
)
from vks_plugin.custody.queries.retention import kept_now
from vks_plugin.custody.states import ACCESSION
from vks_plugin.host.rest import leave_uncompressed
from vks_plugin.organization.queries import display_name
from vks_plugin.web.shell import OURS, SignedInRequest, is_fragment, page, show

ON_A_PAGE = 50


def _told(user: User, row: Accession) -> dict[str, Any]:
    return {
        "row": row,
        "error": told_error(user, row),
        "giver": display_name(row.giver),
        "receiver": display_name(row.receiver),
        "cases": row.items.count(),
        "percent": 100 * row.done // row.total if row.total else 0,
    }


@page
@require_http_methods(["GET", "POST"])
def accessions(request: SignedInRequest) -> HttpResponse:
    """Show the accessions of one's offices; have chosen cases packed."""
    if request.method == "POST":
        row = prepare(actor=request.user, codes=request.POST.getlist("case"))
        messages.success(request, _("Đã lập lần nộp lưu; máy đang đóng gói hồ sơ."), extra_tags=OURS)
        return redirect("vks:accession", pk=row.pk)
    rows = Paginator(accessions_for(request.user), ON_A_PAGE).get_page(request.GET.get("page"))
    context = {"rows": rows, "accessions": [_told(request.user, each) for each in rows], "part": "accessions"}
    return show(request, "vks/archive/accessions.html", context)


@page
@require_GET
def accession(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show one accession."""
    row = accession_for(request.user, pk)
    taking = is_being_taken(row)
    if is_fragment(request):
        response = show(request, "vks/archive/taking.html", _told(request.user, row) | {"taking": taking})
        if not taking:
            # done, or stopped: the whole page says so
            response.headers["HX-Refresh"] = "true"
        return response
    items = list(row.items.select_related("case").order_by("case_id"))
    known, left, settled = known_cases(request.user, row), exhibits_left(row), pieces_settled(row)
    open_moves = {move.name for move in ACCESSION.moves_from(row.state)}
    giving = may_give(request.user, row.unit_id)
    kept = kept_now([each.case for each in items if each.case_id in known])
    context = _told(request.user, row) | {
        "items": [
            (each, True, left.get(each.case_id), settled.get(each.case_id), kept[each.case_id])
            if each.case_id in known
            else (each, False, None, None, None)
            for each in items
        ],
        "taking": taking,
        "may_take": "accept" in open_moves and not taking and may_take(request.user, row),
        # its worker was lost
        "goes_on": row.taking_at is not None and not taking,
        "may_cancel": giving and "cancel" in open_moves,
        "may_retry": giving and may_be_packed_again(row),
        "may_print": len(known) == len(items) and row.state != "huy",
        "part": "accessions",
    }
    return show(request, "vks/archive/accession.html", context)


@page
@require_POST
def take(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take an accession into the archive."""
    row = request_acceptance(actor=request.user, pk=pk)
    if row.number is not None:
        said = _("Đã nhận vào lưu trữ, biên bản số %(number)d.") % {"number": row.number}
        messages.success(request, said, extra_tags=OURS)
    elif not row.error:
        messages.success(request, _("Máy đang đọc lại gói hồ sơ; đọc xong thì ghi nhận."), extra_tags=OURS)
    return redirect("vks:accession", pk=pk)


@page
@require_POST
def call_off(request: SignedInRequest, pk: int) -> HttpResponse:
    """Call an accession off."""
    cancel(actor=request.user, pk=pk)
    messages.success(request, _("Đã hủy lần nộp lưu."), extra_tags=OURS)
    return redirect("vks:accession", pk=pk)


@page
@require_POST
def pack_again(request: SignedInRequest, pk: int) -> HttpResponse:
    """Pack again what could not be packed."""
    retry(actor=request.user, pk=pk)
    messages.success(request, _("Đang đóng gói lại."), extra_tags=OURS)
    return redirect("vks:accession", pk=pk)


@page
@require_GET
def paper(request: SignedInRequest, pk: int, what: str) -> HttpResponse:
    """Answer with the list or the record, to who may know of every case in it."""
    return accession_papers.paper_for(request.user, pk, what, request.GET.get("format", "pdf")).as_answer()


@page
@require_GET
def package(request: SignedInRequest, pk: int, code: str) -> FileResponse:
    """Hand a package out, to who may read both parts of its case."""
    item = package_for(request.user, pk, code)
    # closed by the response
    answer = FileResponse(item.path.open("rb"), content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="{item.case.code}.zip"'
    leave_uncompressed(request)
    return answer
