"""The page on which leaders see stored files that are not as recorded, and close alarms."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from vks_plugin.custody.actions.fixity import close_finding
from vks_plugin.custody.queries.fixity import alarm_for, alarms_for, last_run, leads_any, readable_paths
from vks_plugin.errors import NotAllowed, VksError
from vks_plugin.web.archive_forms import ReasonForm
from vks_plugin.web.shell import OURS, SignedInRequest, page, show

ON_A_PAGE = 50


def _page(
    request: SignedInRequest, *, status: int = 200, closing: tuple[int, ReasonForm] | None = None
) -> HttpResponse:
    if not leads_any(request.user):
        raise NotAllowed(_("Chỉ lãnh đạo xem được sai lệch của tệp lưu trữ."))
    rows = Paginator(alarms_for(request.user), ON_A_PAGE).get_page(request.GET.get("page"))
    readable = readable_paths(request.user, rows)
    alarms: list[dict[str, Any]] = [
        {
            "row": each,
            "path": each.path if each.pk in readable else "",
            "form": closing[1] if closing and closing[0] == each.pk else ReasonForm(auto_id=f"id_{each.pk}_%s"),
        }
        for each in rows
    ]
    return show(
        request,
        "vks/archive/fixity.html",
        {"rows": rows, "alarms": alarms, "run": last_run(), "part": "fixity"},
        status=status,
    )


@page
@require_GET
def alarms(request: SignedInRequest) -> HttpResponse:
    """Show the open alarms of one's offices."""
    return _page(request)


@page
@require_POST
def close(request: SignedInRequest, pk: int) -> HttpResponse:
    """Close one with a reason."""
    row = alarm_for(request.user, pk)
    try:
        close_finding(actor=request.user, finding=row.pk, reason=request.POST.get("reason", ""))
    except VksError as error:
        if error.field != "reason":
            raise
        form = ReasonForm(request.POST, auto_id=f"id_{pk}_%s")
        form.place(error)
        return _page(request, status=error.status, closing=(pk, form))
    messages.success(request, _("Đã đóng sai lệch; tệp chưa phục hồi thì lần đối chiếu sau lại nêu."), extra_tags=OURS)
    return redirect("vks:fixity")
