"""The list of cases: narrowed, ordered, page by page, and the filters people keep."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from vks_plugin.access.case_lists import CasePaginator, listed, officers_of, offices_of_list, ordered
from vks_plugin.access.queries import units_to_register_in, visible_cases
from vks_plugin.access.saved_filters import delete_filter, filters_of, save_filter
from vks_plugin.cases.filters import CaseFilterSet
from vks_plugin.errors import VksError
from vks_plugin.organization.models import BY_CODE, Department
from vks_plugin.organization.queries import display_name
from vks_plugin.text import gettext_noop as _
from vks_plugin.web.shell import OURS, SignedInRequest, is_fragment, page, show

PAGE_SIZE = 25
_NEWEST = "-handled_at"
_COLUMNS = (
    ("code", _("Mã")),
    ("name", _("Tên vụ án")),
    ("", _("Bị can, bị cáo chính")),
    ("", _("Tội danh")),
    ("stage", _("Giai đoạn")),
    ("unit", _("Đơn vị")),
    ("", _("Kiểm sát viên")),
    ("handled_at", _("Ngày thụ lý")),
    ("due", _("Hạn gần nhất")),
    ("", _("Tài liệu")),
)
"""Headings of the list, with what each orders by."""
_ORDERS = {key for key, _label in _COLUMNS if key}


class Heading(NamedTuple):
    """A heading of the list."""

    label: str
    order: str
    """The order it leads to; empty for a column that orders nothing."""
    sorted: str
    """`ascending` or `descending` when the list is ordered by it."""


def _headings(order: str) -> list[Heading]:
    found = []
    for key, label in _COLUMNS:
        shown = {key: "ascending", f"-{key}": "descending"}.get(order, "") if key else ""
        # days are looked for newest first
        first = f"-{key}" if key == "handled_at" else key
        other = key if first.startswith("-") else f"-{key}"
        found.append(Heading(gettext(label), (other if order == first else first) if key else "", shown))
    return found


@page
@require_GET
def list_cases(request: SignedInRequest) -> HttpResponse:
    """Show the cases the person may know of, narrowed and in pages."""
    seen = visible_cases(request.user)
    filters = CaseFilterSet(request.GET, queryset=seen, request=request)
    offices: Any = filters.form.fields["unit"]
    offices.queryset = offices_of_list(seen)
    order = request.GET.get("order", _NEWEST)
    if order.removeprefix("-") not in _ORDERS:
        order = _NEWEST
    paginator = CasePaginator(ordered(filters.qs, order, request.user), PAGE_SIZE)
    cases = paginator.get_page(request.GET.get("page"))
    told = listed(request.user, list(cases))
    kept = request.GET.copy()
    for key in ("page", "order"):
        kept.pop(key, None)
    context: dict[str, Any] = {
        "filter": filters,
        "cases": cases,
        "rows": [(case, told[case.pk]) for case in cases],
        "order": order,
        "headings": _headings(order),
        "kept": kept.urlencode(),
        "narrowed": any(request.GET.get(key) for key in filters.filters),
        "may_register": units_to_register_in(request.user).exists(),
    }
    if is_fragment(request):
        return show(request, "vks/cases/rows.html", context)
    return show(request, "vks/cases/list.html", context | _choices(request, filters))


def _choices(request: SignedInRequest, filters: CaseFilterSet) -> dict[str, Any]:
    """Return what there is to choose from, and the person's own filters."""
    offices = list(filters.form.fields["unit"].queryset)
    departments = Department.objects.filter(unit__in=offices).order_by(*BY_CODE, "unit__code")
    names = {each.code: f"{each.code} – {each.name}" for each in departments}
    further = ("lead", "department", "handled_from", "handled_to", "charge", "crime_class", "flags", "due_within")
    return {
        "departments": list(names.items()),
        "officers": [(each.get_username(), display_name(each)) for each in officers_of(offices)],
        "further": any(request.GET.get(key) for key in further),
        "saved": [(each, f"{reverse('vks:case_list')}?{each.query}") for each in filters_of(request.user)],
    }


@page
@require_POST
def save(request: SignedInRequest) -> HttpResponse:
    """Keep the filter of the list under a name."""
    try:
        saved = save_filter(user=request.user, name=request.POST.get("name", ""), query=request.POST.get("query", ""))
    except VksError as error:
        messages.error(request, error.message, extra_tags=OURS)
        return redirect("vks:case_list")
    messages.success(request, gettext("Đã lưu bộ lọc “%(name)s”.") % {"name": saved.name}, extra_tags=OURS)
    return redirect(f"{reverse('vks:case_list')}?{saved.query}")


@page
@require_POST
def delete(request: SignedInRequest, pk: int) -> HttpResponse:
    """Forget a filter."""
    delete_filter(user=request.user, pk=pk)
    messages.success(request, gettext("Đã xóa bộ lọc."), extra_tags=OURS)
    return redirect("vks:case_list")
