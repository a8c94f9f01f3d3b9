"""The ledger of the province, for its leaders; that of a case is a section of its page."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from vks_plugin.access.queries import CaseView
from vks_plugin.custody.actions import begin_heads, record_restored
from vks_plugin.custody.actions.ledger import write_extract
from vks_plugin.custody.printed import checkpoint_pdf
from vks_plugin.custody.printed import verifier as verifier_file
from vks_plugin.custody.queries import checkpoints_for, lost_heads, of_case, of_province, seen_fork
from vks_plugin.custody.queries.ledger import (
    case_of_extract,
    checkpoint_for,
    continuation_for,
    may_have_extract,
    proof_for,
)
from vks_plugin.custody.words import WHOLE, in_words, reader_of
from vks_plugin.errors import VksError
from vks_plugin.papers import content_type
from vks_plugin.printing import Printed
from vks_plugin.text import ascii_file_name
from vks_plugin.web.archive_forms import ReasonForm
from vks_plugin.web.shell import OURS, SignedInRequest, page, show

ON_A_PAGE = 50
CHECKPOINTS = 30
"""Signed heads on the page; the API has all of them."""


def ledger_context(request: SignedInRequest, view: CaseView) -> dict[str, Any]:
    """Return what the section of a case shows, the newest first."""
    rows = Paginator(of_case(request.user, view.case.code).order_by("-seq"), ON_A_PAGE).get_page(
        request.GET.get("page")
    )
    return {
        "rows": rows,
        "entries": in_words(list(rows), reader_of(request.user, view)),
        # that of one entry; who is told only a part of it asks through the API
        "proofs_of": view.case.code,
        "may_export": may_have_extract(request.user, view),
    }


def _page(request: SignedInRequest, *, status: int = 200, form: ReasonForm | None = None) -> HttpResponse:
    rows = Paginator(of_province(request.user), ON_A_PAGE).get_page(request.GET.get("page"))
    forked, lost = seen_fork(), lost_heads()
    context = {
        "title": _("Sổ cái của tỉnh"),
        "rows": rows,
        "entries": in_words(list(rows), WHOLE),
        "checkpoints": list(checkpoints_for(request.user)[:CHECKPOINTS]),
        "forked": forked,
        "lost": lost,
        "form": None if forked is None and lost is None else form or ReasonForm(auto_id="id_restored_%s"),
    }
    return show(request, "vks/ledger/ledger.html", context, status=status)


@page
@require_GET
def ledger(request: SignedInRequest) -> HttpResponse:
    """Show what concerns no single case, and the newest signed heads; first, what keeps the ledger from being signed."""
    return _page(request)


@page
@require_POST
def restored(request: SignedInRequest) -> HttpResponse:
    """Answer for a database that was put back from a backup, with a reason."""
    return _answered(
        request,
        record_restored,
        _("Đã ghi vào sổ cái. Tối nay sổ được chốt tiếp; hãy nhập lại những việc làm sau bản sao lưu."),
    )


@page
@require_POST
def heads(request: SignedInRequest) -> HttpResponse:
    """Begin a new file of signed heads in the place of one that is lost, with a reason."""
    return _answered(request, begin_heads, _("Đã lập tệp mới và ghi vào sổ cái. Tối nay sổ được chốt tiếp."))


def _answered(request: SignedInRequest, act: Callable[..., object], done: str) -> HttpResponse:
    try:
        act(actor=request.user, reason=request.POST.get("reason", ""), seen=request.POST.get("seen", ""))
    except VksError as error:
        if error.field != "reason":
            raise
        form = ReasonForm(request.POST, auto_id="id_restored_%s")
        form.place(error)
        return _page(request, status=error.status, form=form)
    messages.success(request, done, extra_tags=OURS)
    return redirect("vks:ledger")


@page
@require_GET
def checkpoint(request: SignedInRequest, size: int) -> HttpResponse:
    """Answer with a signed head as a paper to print."""
    found = checkpoint_for(request.user, size)
    answer = HttpResponse(checkpoint_pdf(found), content_type=content_type("pdf"))
    answer["Content-Disposition"] = f'inline; filename="diem-chot-{size}.pdf"'
    return answer


@page
@require_GET
def continuation(request: SignedInRequest, size: int) -> HttpResponse:
    """Hand out what shows that the newest signed head only added to this one, as the verifier reads it."""
    found = continuation_for(request.user, size)
    return _as_file(f"noi-tiep-{size}-{found.after.size}", found.as_data())


@page
@require_GET
def proof(request: SignedInRequest, code: str, seq: int) -> HttpResponse:
    """Hand out what shows that an entry of a case is in the signed log, as the verifier reads it."""
    return _as_file(ascii_file_name(f"bang-chung {code} {seq}"), proof_for(request.user, code, seq).as_data())


@page
@require_GET
def extract(request: SignedInRequest, code: str) -> HttpResponse:
    """Hand out the ledger of a case with its proofs and the program that checks them."""
    return write_extract(case_of_extract(request.user, code)).as_answer()


@page
@require_GET
def verifier(_request: SignedInRequest) -> HttpResponse:
    """Hand out the program that checks exports and proofs."""
    return verifier_file().as_answer()


def _as_file(name: str, data: dict[str, Any]) -> HttpResponse:
    content = json.dumps(data, ensure_ascii=False, indent=1).encode() + b"\n"
    return Printed(f"{name}.json", "application/json", content).as_answer()
