"""The access log, for leaders: who read what in the cases their office held."""

from __future__ import annotations

from typing import Any

from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from vks_plugin.access.filters import AccessEntryFilterSet, first_day
from vks_plugin.access.log import reader_of
from vks_plugin.access.log_queries import entries_told, require_leader, visible_entries
from vks_plugin.exchange.serving import file_of_log
from vks_plugin.exchange.writing import FileType
from vks_plugin.organization.models import ProcuracyUnit
from vks_plugin.web.fields import StyledForm
from vks_plugin.web.shell import SignedInRequest, in_pages, page, show

ON_A_PAGE = 50


@page
@require_GET
def access_log(request: SignedInRequest) -> HttpResponseBase:
    """Show the log, narrowed and in pages; with a file type, hand it out."""
    led = require_leader(request.user)
    filters = AccessEntryFilterSet(request.GET, queryset=visible_entries(request.user), request=request)
    for field in filters.form.fields.values():
        StyledForm.style(field)
    offices: Any = filters.form.fields["unit"]
    offices.queryset = ProcuracyUnit.objects.filter(pk__in=led.all)
    if "file_type" in request.GET:
        return file_of_log(request.user, filters.qs, file_type=request.GET["file_type"], reader=reader_of(request))
    chosen, kept = in_pages(request, filters.qs, ON_A_PAGE)
    context = {
        "form": filters.form,
        "chosen": chosen,
        "rows": entries_told(request.user, list(chosen)),
        "several": len(led.all) > 1,
        "since": None if request.GET.get("since") or request.GET.get("until") else first_day(),
        "types": FileType.choices,
        "kept": kept,
        "title": _("Nhật ký truy cập"),
    }
    return show(request, "vks/access/log.html", context)
