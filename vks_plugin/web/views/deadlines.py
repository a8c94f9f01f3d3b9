"""The morning review: which time limits draw near, in one's own cases and in one's office."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from vks_plugin.access.queries import visible_cases
from vks_plugin.access.reminders import mark_read
from vks_plugin.organization.models import ProcuracyUnit
from vks_plugin.organization.queries import display_name
from vks_plugin.web import limits
from vks_plugin.web.shell import SignedInRequest, is_fragment, page, show

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
    leads = limits.leads(row.case_id for row in chosen)
    kept = request.GET.copy()
    for key in ("page", "band"):
        kept.pop(key, None)
    # who looks at the list has been told
    if whose == "mine" and not band and not is_fragment(request):
        mark_read(request.user)
    context: dict[str, Any] = {
        "rows": [(row.case, limits.of_row(row, today), display_name(leads.get(row.case_id))) for row in chosen],
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
        "title": _("Thời hạn"),
    }
    return show(request, "vks/deadlines/review.html", context)
