"""Pages on which one office takes over from others."""

from __future__ import annotations

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
    """Let an office take over from others, and show those that did."""
    rows = transfers.restructurings_for(request.user)
    form = RestructuringForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                made = transfers.begin_restructuring(actor=request.user, queued=True, **form.cleaned_data)
            except VksError as error:
                form.place(error)
                status = error.status
            else:
                return redirect("vks:restructuring_one", pk=made.pk)
    context = {"form": form, "rows": [(row, transfers.is_stopped(row)) for row in rows[:_SHOWN]]}
    return show(request, "vks/organization/restructuring.html", context, status=status)


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
        "under_way": row.finished_at is None and not stopped,
    }
    return show(request, f"vks/organization/{part}", context)


@page
@require_POST
def resume(request: SignedInRequest, pk: int) -> HttpResponse:
    """Go on with a take-over that stopped."""
    transfers.resume_restructuring(actor=request.user, pk=pk)
    return redirect("vks:restructuring_one", pk=pk)
