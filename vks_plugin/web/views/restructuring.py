"""Pages on which offices take over from others."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vks_plugin.access import transfers
from vks_plugin.access.models import Restructuring
from vks_plugin.errors import VksError
from vks_plugin.organization.queries import display_name
from vks_plugin.web.access_forms import RestructuringForm
from vks_plugin.web.shell import SignedInRequest, is_fragment, page, show

_SHOWN = 50


@page
@require_http_methods(["GET", "POST"])
def restructuring(request: SignedInRequest) -> HttpResponse:
    """Let offices take over from others by one plan, once what that moves was shown; show how far those that did are."""
    rows = transfers.restructurings_for(request.user)
    if is_fragment(request):
        return show(request, "vks/organization/restructuring_rows.html", _progress(rows))
    form = RestructuringForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            given = {name: form.cleaned_data[name] for name in ("effective_date", "decision", "carries_posts")}
            try:
                if request.POST.get("act") != "confirm":
                    told = transfers.preview_plan(actor=request.user, plan=form.plan, **given)
                    given = {"form": form, "told": told}
                    return show(request, "vks/organization/restructuring_confirm.html", given)
                made = transfers.begin_plan(actor=request.user, plan=form.plan, queued=True, **given)
            except VksError as error:
                form.place(error, form.rows)
                status = error.status
            else:
                if len(made) > 1:
                    return redirect("vks:restructuring")
                return redirect("vks:restructuring_one", pk=made[0].pk)
    return show(request, "vks/organization/restructuring.html", {"form": form} | _progress(rows), status=status)


def _progress(rows: QuerySet[Restructuring]) -> dict[str, Any]:
    """Return the take-overs that are shown, and how far those of every plan are in which one is not done."""
    shown = [(row, transfers.is_stopped(row)) for row in rows[:_SHOWN]]
    open_plans = {transfers.plan_key(row) for row, _stopped in shown if row.finished_at is None}
    together = [row for row, _stopped in shown if transfers.plan_key(row) in open_plans]
    return {
        "rows": shown,
        "done": sum(row.done for row in together),
        "total": sum(row.total for row in together),
        "offices": len(together),
        "under_way": any(row.finished_at is None and not stopped for row, stopped in shown),
    }


@page
@require_GET
def show_restructuring(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show how far a take-over is."""
    row: Restructuring = transfers.restructuring_for(request.user, pk)
    stopped = transfers.is_stopped(row)
    part = "restructuring_state.html" if is_fragment(request) else "restructuring_one.html"
    context = {
        "row": row,
        "started_by": display_name(row.started_by),
        "stopped": stopped,
        "departments": transfers.departments_of(row),
        "under_way": row.finished_at is None and not stopped,
    }
    return show(request, f"vks/organization/{part}", context)


@page
@require_POST
def resume(request: SignedInRequest, pk: int) -> HttpResponse:
    """Go on with a take-over that stopped."""
    transfers.resume_restructuring(actor=request.user, pk=pk)
    return redirect("vks:restructuring_one", pk=pk)
