"""The archive's desk: what is due, what is held back, how long cases are kept; and the section of a case about it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vks_plugin.access.queries import CaseView, case_for
from vks_plugin.custody.actions.retention import change_rule, end_hold, place_hold
from vks_plugin.custody.models import RetentionRule
from vks_plugin.custody.queries.hand_overs import exhibits_still_out, settled_in_words, still_out_in_words
from vks_plugin.custody.queries.retention import (
    Standing,
    finished_cases,
    holds_for,
    holds_of,
    may_change_rules,
    may_hold,
    standing,
    standings,
    term_words,
)
from vks_plugin.errors import NotAllowed, VksError
from vks_plugin.language import spoken
from vks_plugin.organization.queries import display_name
from vks_plugin.web.archive_forms import EndHoldForm, HoldForm, RuleForm
from vks_plugin.web.shell import OURS, SignedInRequest, page, show
from vks_plugin.web.views.record import header, tabs

ON_A_PAGE = 50


def _told(found: Standing) -> dict[str, Any]:
    """Return what a row of a list tells of a case."""
    return {
        "case": found.case,
        "finished_on": found.retention.finished_on,
        "due_on": found.due_on,
        "late": found.due_on is not None and found.due_on < timezone.localdate(),
        "term": term_words(found),
        "basis": spoken(found.retention.basis),
        "ends_on": found.retention.ends_on,
        "over": found.retention.is_over(timezone.localdate()),
        "holds": found.holds_in_words,
    }


def _held(row: Any) -> dict[str, Any]:
    return {"row": row, "placed_by": display_name(row.placed_by), "ended_by": display_name(row.ended_by)}


@page
@require_GET
def due(request: SignedInRequest) -> HttpResponse:
    """Show the finished cases that are to be handed to the archive, the longest finished first."""
    rows = Paginator(finished_cases(request.user), ON_A_PAGE).get_page(request.GET.get("page"))
    keys = [case.pk for case in rows]
    left, settled = still_out_in_words(exhibits_still_out(keys)), settled_in_words(keys)
    cases = [
        _told(each) | {"exhibits": left.get(each.case.pk), "settled": settled.get(each.case.pk)}
        for each in standings(rows)
    ]
    context = {"rows": rows, "cases": cases, "part": "due"}
    return show(request, "vks/archive/due.html", context)


@page
@require_GET
def holds(request: SignedInRequest) -> HttpResponse:
    """Show what leaders hold back, and what they held back before."""
    rows = Paginator(holds_for(request.user), ON_A_PAGE).get_page(request.GET.get("page"))
    return show(
        request, "vks/archive/holds.html", {"rows": rows, "held": [_held(each) for each in rows], "part": "holds"}
    )


@page
@require_GET
def rules(request: SignedInRequest) -> HttpResponse:
    """Show how long cases are kept."""
    context = {
        "table": list(RetentionRule.objects.all()),
        "may_change": may_change_rules(request.user),
        "part": "rules",
    }
    return show(request, "vks/archive/rules.html", context)


@page
@require_http_methods(["GET", "POST"])
def rule(request: SignedInRequest, pk: int) -> HttpResponse:
    """Say how long the cases of one row are kept."""
    if not may_change_rules(request.user):
        raise NotAllowed(_("Chỉ Lưu trữ viên hoặc Viện trưởng tỉnh được sửa bảng thời hạn bảo quản."))
    row = get_object_or_404(RetentionRule, pk=pk)
    form = RuleForm(
        request.POST if request.method == "POST" else None,
        initial={"term": row.term, "years": row.years, "source": row.source},
    )
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                change_rule(actor=request.user, rule_id=pk, **form.cleaned_data)
            except VksError as error:
                form.place(error)
                status = error.status
            else:
                messages.success(request, _("Đã sửa bảng thời hạn bảo quản."), extra_tags=OURS)
                return redirect("vks:archive_rules")
    return show(request, "vks/archive/rule.html", {"row": row, "form": form, "part": "rules"}, status=status)


# --- of one case


def retention_context(
    request: SignedInRequest,
    view: CaseView,
    *,
    form: HoldForm | None = None,
    ending: tuple[int, EndHoldForm] | None = None,
) -> dict[str, Any]:
    """Return what the section of a case shows."""
    may = may_hold(request.user, view.case)
    rows = [
        _held(row) | {"form": ending[1] if ending and ending[0] == row.pk else EndHoldForm(auto_id=f"id_{row.pk}_%s")}
        for row in holds_of(view.case)[:ON_A_PAGE]
    ]
    return {"standing": _told(standing(view.case)), "held": rows, "may_hold": may, "hold": form or HoldForm()}


def _section(request: SignedInRequest, view: CaseView, *, status: int, **shown: Any) -> HttpResponse:
    context = header(view) | retention_context(request, view, **shown)
    context |= {
        "tabs": tabs(view, request.user),
        "section": "retention",
        "section_template": "vks/record/retention.html",
    }
    return show(request, "vks/record/page.html", context, status=status)


@page
@require_POST
def place(request: SignedInRequest, code: str) -> HttpResponse:
    """Hold a case back."""
    view = case_for(request.user, code)
    form = HoldForm(request.POST)
    given = {name: request.POST.get(name, "") for name in form.fields}
    try:
        # who may not is told so, whatever was written
        place_hold(actor=request.user, case=view.case, **given)
    except VksError as error:
        if error.status in {403, 404}:
            raise
        form.place(error)
        return _section(request, view, status=error.status, form=form)
    messages.success(request, _("Đã giữ hồ sơ lại: không ai tiêu hủy được cho đến khi thôi giữ."), extra_tags=OURS)
    return redirect("vks:section", code=code, section="retention")


@page
@require_POST
def end(request: SignedInRequest, code: str, pk: int) -> HttpResponse:
    """Hold a case back no longer."""
    view = case_for(request.user, code)
    form = EndHoldForm(request.POST, auto_id=f"id_{pk}_%s")
    try:
        end_hold(actor=request.user, case=view.case, hold_id=pk, reason=request.POST.get("reason", ""))
    except VksError as error:
        if error.field != "reason":
            raise
        form.place(error)
        return _section(request, view, status=error.status, ending=(pk, form))
    messages.success(request, _("Đã thôi giữ hồ sơ."), extra_tags=OURS)
    return redirect("vks:section", code=code, section="retention")
