"""Pages about cases."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from vks_plugin.access import actions
from vks_plugin.access.queries import CaseView, case_for, lent_until
from vks_plugin.access.temporary import may_oversee
from vks_plugin.cases.models import Assignment, CaseFile, CatalogueType
from vks_plugin.conf import configuration
from vks_plugin.court.actions import bundles_of, kept_back, oddities
from vks_plugin.court.choosing import reading_remark
from vks_plugin.custody.queries.digitisation import sealed_files
from vks_plugin.custody.queries.leaving import to_bring_back, to_hand_over
from vks_plugin.custody.queries.loans import borrower_name
from vks_plugin.errors import VksError
from vks_plugin.filing.models import IntakeItem
from vks_plugin.web.access_forms import OversightForm, handing_on
from vks_plugin.web.court_forms import BundleForm
from vks_plugin.web.findings import findings_context
from vks_plugin.web.forms import AssignForm, UploadForm
from vks_plugin.web.lineage_forms import Act, acts, appealing
from vks_plugin.web.shell import OURS, SignedInRequest, is_fragment, page, show
from vks_plugin.web.views.record import header, tabs


def case_context(request: SignedInRequest, view: CaseView) -> dict[str, Any]:
    """Return what the case page and its parts show."""
    documents = list(view.documents.select_related("signature_check"))
    sealed = set(sealed_files(each.document_id for each in documents))
    parts = []
    for part, label in (("hsva", _("Hồ sơ vụ án")), ("hsks", _("Hồ sơ kiểm sát (nội bộ)"))):
        inside = [each for each in documents if each.part == part]
        if inside:
            for each in inside:
                # what cannot be changed any more is told here, not by a refusal at the end
                each.is_sealed = each.document_id in sealed  # type: ignore[attr-defined]
            groups = groupby(
                inside, key=lambda each: each.document_type.group_name if each.document_type else _("Chưa phân loại")
            )
            may_change = ("file" if part == "hsva" else "file_internal") in view.may
            parts.append((label, part, may_change, [(name, list(rows)) for name, rows in groups]))
    may_file = bool(view.may & {"file", "file_internal"})
    items = (
        IntakeItem.objects.filter(case=view.case)
        .exclude(status=IntakeItem.Status.FILED)
        .select_related("document_type")
        if may_file
        else IntakeItem.objects.none()
    )
    if "file_internal" not in view.may:
        items = items.filter(part="hsva")
    folios = [each.folio_to for each in documents if each.folio_to]
    return {
        "view": view,
        "case": view.case,
        "parts": parts,
        "document_count": len(documents),
        "items": items,
        "waiting": any(item.status == IntakeItem.Status.WAITING for item in items),
        "next_folio": max(folios, default=0) + 1,
        "may_file": may_file,
    }


@page
@require_GET
def show_case(request: SignedInRequest, code: str) -> HttpResponse:
    """Show one case: header, documents with a preview, intake and bundles."""
    view = case_for(request.user, code)
    if is_fragment(request):
        return show(request, "vks/cases/documents.html", case_context(request, view))
    return case_page(request, view)


def case_page(
    request: SignedInRequest, view: CaseView, *, oversight: OversightForm | None = None, status: int = 200
) -> HttpResponse:
    """Show the page of a case; `oversight` is the refused form of who asks to read it."""
    context = case_context(request, view)
    context |= header(view) | {"section": "documents"}
    if context["can_read"]:
        bundles = bundles_of(request.user, view.case)
        kept, odd = kept_back(request.user, bundles), oddities(request.user, bundles)
        context |= {
            "tabs": tabs(view, request.user),
            "lent_until": lent_until(request.user, view.case) if "borrowed" in view.may else None,
            "upload": UploadForm(),
            "types": CatalogueType.objects.all() if context["may_file"] else (),
            "bundles": [(bundle, kept.get(bundle.pk, []), odd.get(bundle.pk, [])) for bundle in bundles],
            "bundle_form": BundleForm(bundles=bundles, remark=reading_remark(view.case), auto_id="bundle-%s"),
            "acts": [*acts(view), *appealing(request.user, view), *handing_on(request.user, view), *_taking_out(view)],
            **findings_context(view),
        }
    elif may_oversee(request.user, view.case):
        context |= {"oversight": oversight or OversightForm(), "oversight_days": configuration().oversight_days}
    return show(request, "vks/cases/case.html", context, status=status)


def _taking_out(view: CaseView) -> list[Act]:
    """Return the way to redact somebody in all papers, for who may contribute."""
    if "file" not in view.may:
        return []
    return [Act(_("Che thông tin"), reverse("vks:redactions", args=[view.case.code]))]


def _say_what_is_held(request: SignedInRequest, case: CaseFile) -> None:
    """Say who still has paper of a case that is theirs no more: whoever changes the prosecutor sees that it is handed over."""
    names = {row.person_name for row in to_hand_over(request.user).filter(case=case)}
    names |= {borrower_name(loan) for loan in to_bring_back(request.user).filter(case=case)}
    if names:
        messages.warning(
            request,
            _(
                "Còn giữ hồ sơ của vụ án này mà không còn được phân công: %(people)s. Phải bàn giao, lập biên bản (trang Giữ hồ sơ)."
            )
            % {"people": ", ".join(sorted(names))},
            extra_tags=OURS,
        )


@page
@require_POST
def assign(request: SignedInRequest, code: str) -> HttpResponse:
    """Assign somebody to the case."""
    view = case_for(request.user, code)
    form = AssignForm(request.POST, giving=actions.roles_to_give(request.user, view.case))
    try:
        # who may not give this role is told so before people are looked for
        actions.require_assign(request.user, view.case, request.POST.get("role", ""))
        if form.is_valid():
            actions.assign(actor=request.user, case=view.case, **form.cleaned_data)
            messages.success(request, _("Đã phân công."), extra_tags=OURS)
            _say_what_is_held(request, view.case)
        else:
            messages.error(request, _("Chưa phân công được: hãy chọn người và vai trò."), extra_tags=OURS)
    except VksError as error:
        messages.error(request, error.message, extra_tags=OURS)
    if "view" not in view.may:
        return redirect("vks:case", code=code)
    return redirect("vks:section", code=code, section="assignments")


@page
@require_POST
def end_assignment(request: SignedInRequest, code: str, pk: int) -> HttpResponse:
    """End an assignment now."""
    view = case_for(request.user, code)
    assignment = get_object_or_404(Assignment, pk=pk, case=view.case)
    actions.end_assignment(actor=request.user, assignment=assignment)
    messages.success(request, _("Đã thu hồi phân công."), extra_tags=OURS)
    _say_what_is_held(request, view.case)
    # who gave up the own assignment may not see the case any more
    if assignment.user_id == request.user.pk:
        return redirect("vks:case_list")
    return redirect("vks:section", code=code, section="assignments")
