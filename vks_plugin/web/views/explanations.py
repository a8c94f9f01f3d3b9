"""Pages that tell why somebody may or may not see a case."""

from __future__ import annotations

import re

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from vks_plugin.access.explanations import (
    case_explained_to,
    case_told,
    cases_explained_to,
    document_explained_to,
    document_told_to,
    explained,
    table_told,
    told,
)
from vks_plugin.access.queries import FACTS, CaseView, case_for
from vks_plugin.cases.models import CaseDocument
from vks_plugin.errors import BadInput
from vks_plugin.organization.queries import display_name
from vks_plugin.web.shell import SignedInRequest, page, show
from vks_plugin.web.views.record import explain_form, header, tabs

CASES_ON_A_PAGE = 50


def _filed(view: CaseView, number: str) -> CaseDocument:
    """Return a document of the case that the reader may see.

    Raises:
        Http404: there is none of this number.
    """
    known = view.documents.filter(document_id=int(number)) if re.fullmatch(r"[0-9]{1,9}", number) else []
    for filed in known:
        return filed
    raise Http404


@page
@require_GET
def explain_case(request: SignedInRequest, code: str) -> HttpResponse:
    """Show the reasons of one case, or of one document in it, of the reader or of a colleague the reader may assign."""
    view = case_for(request.user, code)
    username, document = request.GET.get("user", ""), request.GET.get("document", "")
    filed = _filed(view, document) if document else None
    if filed is not None:
        found = document_explained_to(request.user, filed.document_id, username)
    else:
        found = case_explained_to(request.user, code, username)
    context = header(view) | {
        "told": told(found),
        "filed": filed,
        "explain": explain_form(view, found.user.get_username()),
        "section": "assignments",
        "section_template": "vks/record/explain.html",
    }
    if context["can_read"]:
        context["tabs"] = tabs(view, request.user)
    return show(request, "vks/record/page.html", context)


@page
@require_GET
def explain_cases(request: SignedInRequest) -> HttpResponse:
    """Show the cases somebody may know of, each with the reason; or one document, by its number in the DMS."""
    if number := request.GET.get("document", "").strip():
        return _explain_document(request, number)
    user, cases = cases_explained_to(request.user, request.GET.get("user", ""))
    rows = Paginator(cases.select_related(*FACTS).order_by("code"), CASES_ON_A_PAGE).get_page(request.GET.get("page"))
    return show(
        request,
        "vks/cases/explained.html",
        {
            "name": display_name(user),
            "username": user.get_username(),
            "own": user == request.user,
            "rows": rows,
            "told": [case_told(case, parts) for case, parts in explained(user, list(rows))],
        },
    )


def _explain_document(request: SignedInRequest, number: str) -> HttpResponse:
    """Show the reasons of a document in no case; of one in a case on the page of the case."""
    if not re.fullmatch(r"[0-9]{1,9}", number):
        raise BadInput(
            _("Số của tài liệu trong DMS gồm chữ số, như trong địa chỉ của trang tài liệu."), field="document"
        )
    username = request.GET.get("user", "")
    found = document_told_to(request.user, int(number), username)
    if found["case"] is not None:
        query = urlencode({"document": int(number)} | ({"user": username} if username else {}))
        return redirect(f"{reverse('vks:explain', args=[found['case']])}?{query}")
    return show(request, "vks/cases/explained_document.html", {"told": found, "number": int(number)})


@page
@require_GET
def access_table(request: SignedInRequest) -> HttpResponse:
    """Show the table that decides who may see what."""
    rows = [
        row | {"levels": [(row["level_names"][part], level == "none") for part, level in row["levels"].items()]}
        for row in table_told()
    ]
    return show(request, "vks/access/table.html", {"rows": rows})
