"""The morning review: which time limits draw near, in one's own cases and in one's office."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from vks_plugin.access.queries import leads_of, visible_cases
from vks_plugin.access.reminders import mark_read, unread
from vks_plugin.access.temporary import in_state, shown_to
from vks_plugin.errors import BadInput
from vks_plugin.organization.models import ProcuracyUnit
from vks_plugin.web import limits
from vks_plugin.web.shell import OURS, SignedInRequest, page, show

ON_A_PAGE = 50


@page
@require_GET
def review(request: SignedInRequest) -> HttpResponse:
    """Show the limits of the person's cases, or of all cases the person may read, the nearest first."""
    today = timezone.localdate()
    whose = request.GET.get("whose", "")
    has_own = limits.mine(request.user).exists()
    if whose not in {"mine", "all"}:
        whose = "mine" if has_own else "all"
    rows = limits.visible_limits(request.user, only_mine=whose == "mine")
    unit = request.GET.get("unit", "")
    units = ProcuracyUnit.objects.filter(cases__in=visible_cases(request.user).values("pk")).distinct()
    if unit:
        rows = rows.filter(case__unit__code=unit)
    counts = limits.count_bands(rows, today)
    band = request.GET.get("band", "")
    if band in limits.BANDS:
        rows = limits.in_band(rows, band, today)
    chosen = Paginator(rows.select_related("case__unit", "accused"), ON_A_PAGE).get_page(request.GET.get("page"))
    leads = leads_of(row.case for row in chosen)
    kept = request.GET.copy()
    for key in ("page", "band"):
        kept.pop(key, None)
    new = {(each.case_id, each.accused_id, each.rule, each.due_on): each.pk for each in unread(request.user)}
    context: dict[str, Any] = {
        "rows": [
            (
                row.case,
                limits.of_row(row, today),
                leads.get(row.case_id),
                (row.case_id, row.accused_id, row.rule, row.due_on) in new,
            )
            for row in chosen
        ],
        "reminders": len(new),
        "last_reminder": max(new.values(), default=0),
        "chosen": chosen,
        "whose": whose,
        "has_own": has_own,
        "bands": [(name, words, counts[name]) for name, words in limits.BANDS.items()],
        "total": sum(counts.values()),
        "band": band,
        "units": units if units.count() > 1 else (),
        "unit": unit,
        "kept": kept.urlencode(),
        "today": today,
        "opened": in_state(shown_to(request.user), "open").exclude(user=request.user).count(),
        "title": _("Thời hạn"),
    }
    return show(request, "vks/deadlines/review.html", context)


@page
@require_POST
def read(request: SignedInRequest) -> HttpResponse:
    """Note that the reminders shown were read: those that came later than the page stay."""
    last = request.POST.get("last", "")
    if not last.isascii() or not last.isdigit() or len(last) > 18:
        raise BadInput(_("Không rõ những lời nhắc nào đã xem: hãy mở lại trang Thời hạn."), field="last")
    mark_read(request.user, unread(request.user).filter(pk__lte=int(last)).values_list("pk", flat=True))
    messages.success(request, _("Đã ghi nhận: bạn đã xem các lời nhắc."), extra_tags=OURS)
    return redirect("vks:deadlines")
