"""The ledger of the province, for its leaders; that of a case is a section of its page."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from vks_plugin.access.policy import Level
from vks_plugin.access.queries import CaseView
from vks_plugin.custody.printed import checkpoint_pdf
from vks_plugin.custody.queries import checkpoints_for, of_case, of_province, reads_reasons
from vks_plugin.custody.words import in_words
from vks_plugin.errors import NotFound
from vks_plugin.papers import content_type
from vks_plugin.web.shell import SignedInRequest, page, show

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
        "entries": in_words(
            list(rows),
            leads=reads_reasons(request.user, view.case),
            internal=view.internal.level >= Level.VIEW,
        ),
    }


@page
@require_GET
def ledger(request: SignedInRequest) -> HttpResponse:
    """Show what concerns no single case, and the newest signed heads."""
    rows = Paginator(of_province(request.user), ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "title": _("Sổ cái của tỉnh"),
        "rows": rows,
        "entries": in_words(list(rows), leads=True, internal=True),
        "checkpoints": list(checkpoints_for(request.user)[:CHECKPOINTS]),
    }
    return show(request, "vks/ledger/ledger.html", context)


@page
@require_GET
def checkpoint(request: SignedInRequest, size: int) -> HttpResponse:
    """Answer with a signed head as a paper to print."""
    found = checkpoints_for(request.user).filter(size=size).first()
    if found is None:
        raise NotFound(_("Không có điểm chốt này."))
    answer = HttpResponse(checkpoint_pdf(found), content_type=content_type("pdf"))
    answer["Content-Disposition"] = f'inline; filename="diem-chot-{size}.pdf"'
    return answer
