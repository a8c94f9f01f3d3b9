"""Pages on which leaders have stored files compared, see which are not as recorded, and close alarms."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vks_plugin.access.queries import case_for
from vks_plugin.cases.models import CaseFile
from vks_plugin.custody.actions.fixity import close_finding, request_check, require_compare, stop_check
from vks_plugin.custody.queries.fixity import (
    GOING_ON,
    alarm_for,
    alarms_for,
    counts_of,
    documents_of,
    findings_of,
    last_run,
    leads_any,
    matched_since,
    may_compare,
    newest_run,
    readable_paths,
    sentence,
    state_of,
    titles_of,
)
from vks_plugin.errors import Conflict, NotAllowed, NotFound, VksError
from vks_plugin.web.archive_forms import ReasonForm
from vks_plugin.web.shell import OURS, SignedInRequest, is_fragment, page, show

ON_A_PAGE = 50
SHORT_LIST = 20
"""Differences told beside a comparison; all open ones are on the page of alarms, and the API has every one."""


def comparison_of(user: User, case: CaseFile | None) -> dict[str, Any] | None:
    """Return what the part about comparing tells, of a case or of all; None for who may not have them compared."""
    if not may_compare(user, case) or (case is not None and case.destroyed_at is not None):
        return None
    run = newest_run(case)
    at = reverse("vks:case_comparison", args=[case.code]) if case is not None else reverse("vks:comparison")
    if run is None:
        return {"run": None, "at": at, "case": case}
    state, counts = state_of(run), counts_of([run])[run.pk]
    found = list(findings_of(user, run).order_by("pk")[:SHORT_LIST]) if any(counts.values()) else []
    readable, titles = readable_paths(user, found), titles_of(user, found)
    return {
        "run": run,
        "at": at,
        "case": case,
        "state": state,
        "going_on": state in GOING_ON,
        "total": documents_of(run),
        "differ": sum(counts.values()),
        "found": [
            (each, sentence(each, titles.get(each.pk, "")), each.path if each.pk in readable else "") for each in found
        ],
        "more": sum(counts.values()) - len(found),
    }


def _page(
    request: SignedInRequest, *, status: int = 200, closing: tuple[int, ReasonForm] | None = None
) -> HttpResponse:
    comparison = comparison_of(request.user, None)
    if comparison is None and not leads_any(request.user):
        raise NotAllowed(_("Chỉ lãnh đạo xem được sai lệch của tệp lưu trữ."))
    rows = Paginator(alarms_for(request.user), ON_A_PAGE).get_page(request.GET.get("page"))
    readable, titles, matching = readable_paths(request.user, rows), titles_of(request.user, rows), matched_since(rows)
    alarms: list[dict[str, Any]] = [
        {
            "row": each,
            "sentence": sentence(each, titles.get(each.pk, "")),
            "matches": each.pk in matching,
            "path": each.path if each.pk in readable else "",
            "form": closing[1] if closing and closing[0] == each.pk else ReasonForm(auto_id=f"id_{each.pk}_%s"),
        }
        for each in rows
    ]
    return show(
        request,
        "vks/archive/fixity.html",
        {"rows": rows, "alarms": alarms, "run": last_run(), "comparison": comparison, "part": "fixity"},
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


@page
@require_http_methods(["GET", "POST"])
def compare_case(request: SignedInRequest, code: str) -> HttpResponse:
    """Have the files of a case compared, stop that, or tell how far it is."""
    return _compare(request, case_for(request.user, code).case, reverse("vks:case_custody", args=[code]))


@page
@require_http_methods(["GET", "POST"])
def compare_all(request: SignedInRequest) -> HttpResponse:
    """Have the files of all cases compared, stop that, or tell how far it is."""
    return _compare(request, None, reverse("vks:fixity"))


def _compare(request: SignedInRequest, case: CaseFile | None, whole: str) -> HttpResponse:
    require_compare(request.user, case)
    if request.method == "POST":
        _act(request, case)
        return redirect(whole)
    comparison = comparison_of(request.user, case)
    if not is_fragment(request) or comparison is None or comparison["run"] is None:
        return redirect(whole)
    response = show(request, "vks/archive/comparing.html", {"comparison": comparison})
    if not comparison["going_on"]:
        # done, or stopped: the whole page says so
        response.headers["HX-Refresh"] = "true"
    return response


def _act(request: SignedInRequest, case: CaseFile | None) -> None:
    match request.POST.get("act"):
        case "start" | "go_on" as act:
            run = request_check(actor=request.user, case=case, go_on=act == "go_on")
            if state_of(run) in GOING_ON:
                messages.success(request, _("Máy sẽ đối chiếu; xem ở đây xong đến đâu."), extra_tags=OURS)
        case "stop":
            run_now = newest_run(case)
            if run_now is None:
                raise Conflict(_("Lần đối chiếu này không đang chạy."))
            stop_check(actor=request.user, run=run_now)
            messages.success(request, _("Đang dừng; phần đã đối chiếu vẫn tính."), extra_tags=OURS)
        case _other:
            raise NotFound(_("Không có việc này."))
