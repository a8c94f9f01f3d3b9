"""Pages that tell why somebody may or may not see a case."""

from __future__ import annotations

import re

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from vks_plugin.access.explain import LEVEL_NAMES, REACH_NAMES
from vks_plugin.access.explanations import (
    case_explained_to,
    case_told,
    cases_explained_to,
    document_explained_to,
    explained,
    told,
)
from vks_plugin.access.models import TemporaryAccess
from vks_plugin.access.policy import CONDITIONS, RELATIONS, as_table
from vks_plugin.access.queries import FACTS, CaseView, case_for
from vks_plugin.cases.models import Assignment, CaseDocument
from vks_plugin.organization.queries import display_name
from vks_plugin.organization.roles import Role
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
    """Show the cases somebody may know of, each with the reason."""
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


@page
@require_GET
def access_table(request: SignedInRequest) -> HttpResponse:
    """Show the table that decides who may see what."""
    kinds: dict[str, dict[str, object]] = {
        "assigned": dict(Assignment.Role.choices),
        "granted": dict(TemporaryAccess.Kind.choices),
    }
    posts: dict[str, object] = dict(Role.choices)
    rows = [
        {
            "role": kinds.get(row.relation, posts)[row.role],
            "relation": gettext(RELATIONS[row.relation]),
            "levels": [{"name": gettext(LEVEL_NAMES[level]), "none": not level} for level in row.levels.values()],
            "reach": gettext(REACH_NAMES[row.up_to]),
            "when": gettext(CONDITIONS[row.when]) if row.when else "",
        }
        for row in as_table()
    ]
    return show(request, "vks/access/table.html", {"rows": rows})
