"""Pages on which lists of cases come in and go out."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vks_plugin.access.log import reader_of
from vks_plugin.access.queries import units_to_register_in, visible_cases
from vks_plugin.cases.filters import CaseFilterSet
from vks_plugin.cases.models import CaseImport, CaseImportRow
from vks_plugin.errors import NotAllowed, VksError
from vks_plugin.exchange import actions
from vks_plugin.exchange.exporting import Layout
from vks_plugin.exchange.serving import file_of_cases, report_of, template
from vks_plugin.exchange.writing import FileType
from vks_plugin.organization.models import ProcuracyUnit
from vks_plugin.web.fields import StyledForm
from vks_plugin.web.shell import OURS, SignedInRequest, is_fragment, page, show

_ROWS = 200
_SHOWN = 10


class ImportForm(StyledForm):
    """A list, and what is to be done with it."""

    file = forms.FileField(
        label=gettext_lazy("Danh sách (.xlsx hoặc .csv)"),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.csv,.txt", "autofocus": True}),
        allow_empty_file=True,
    )
    unit = forms.ModelChoiceField(
        label=gettext_lazy("Đơn vị của các dòng không ghi đơn vị"),
        queryset=ProcuracyUnit.objects.none(),
        to_field_name="code",
        empty_label=None,
    )
    updates = forms.BooleanField(label=gettext_lazy("Cập nhật vụ đã có"), required=False)

    def __init__(self, *args: Any, units: QuerySet[ProcuracyUnit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chooser: Any = self.fields["unit"]
        chooser.queryset = units


@page
@require_http_methods(["GET", "POST"])
def hand_in(request: SignedInRequest) -> HttpResponse:
    """Take a list in and have it tried."""
    units = units_to_register_in(request.user)
    if not units.exists():
        raise NotAllowed(
            _("Bạn chưa có chức danh đăng ký vụ án tại đơn vị đang dùng hệ thống. Hãy liên hệ lãnh đạo đơn vị.")
        )
    status = 200
    form = ImportForm(units=units)
    if request.method == "POST":
        form = ImportForm(request.POST, request.FILES, units=units)
        status = 400
        if form.is_valid():
            given = form.cleaned_data
            try:
                made = actions.hand_in(
                    actor=request.user,
                    file=given["file"],
                    filename=given["file"].name,
                    unit=given["unit"],
                    updates=given["updates"],
                )
            except VksError as error:
                form.add_error(error.field if error.field in form.fields else None, error.message)
                status = error.status
            else:
                return redirect("vks:case_import", pk=made.pk)
    context = {"form": form, "imports": actions.imports_of(request.user)[:_SHOWN]}
    return show(request, "vks/exchange/import.html", context, status=status)


def _context(row: CaseImport, request: SignedInRequest) -> dict[str, Any]:
    counts = actions.summary_of(row)
    outcome = request.GET.get("outcome", "")
    rows = row.rows.filter(outcome=outcome) if outcome in CaseImportRow.Outcome.values else row.rows.all()
    return {
        "row": row,
        "under_way": row.status in {"waiting", "checking", "queued", "running"},
        "counts": [(value, label, counts[value]) for value, label in CaseImportRow.Outcome.choices],
        "outcome": outcome,
        "rows": Paginator(rows, _ROWS).get_page(request.GET.get("page")),
        "may_resume": actions.is_lost(row),
    }


@page
@require_GET
def show_import(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show how far a list is, and what became of each row."""
    row = actions.import_for(request.user, pk)
    part = "vks/exchange/import_state.html" if is_fragment(request) else "vks/exchange/import_result.html"
    return show(request, part, _context(row, request))


@page
@require_POST
def load(request: SignedInRequest, pk: int) -> HttpResponse:
    """Load a list that was tried, or take up a run whose worker is gone."""
    actions.load(actor=request.user, pk=pk)
    return redirect("vks:case_import", pk=pk)


@page
@require_POST
def discard(request: SignedInRequest, pk: int) -> HttpResponse:
    """Give up a list that was tried."""
    actions.discard(actor=request.user, pk=pk)
    messages.success(request, _("Đã bỏ danh sách."), extra_tags=OURS)
    return redirect("vks:case_import_new")


@page
@require_GET
def report(request: SignedInRequest, pk: int) -> HttpResponseBase:
    """Hand out what became of each row, as a workbook."""
    return report_of(actions.import_for(request.user, pk))


@page
@require_GET
def empty_list(_request: SignedInRequest) -> HttpResponseBase:
    """Hand out an empty list to fill in."""
    return template()


@page
@require_GET
def export(request: SignedInRequest) -> HttpResponseBase:
    """Hand out the list of cases as a file, narrowed as the list is; without a file type, offer them."""
    filters = CaseFilterSet(request.GET, queryset=visible_cases(request.user), request=request)
    if "file_type" in request.GET:
        return file_of_cases(
            request.user,
            filters.qs.order_by("-handled_at", "-pk"),
            file_type=request.GET["file_type"],
            layout=request.GET.get("layout", Layout.CASE),
            reader=reader_of(request),
        )
    kept = request.GET.copy()
    for key in ("page", "layout"):
        kept.pop(key, None)
    context = {
        "count": filters.qs.order_by().count(),
        "kept": kept.urlencode(),
        "types": FileType.choices,
        "layouts": Layout.choices,
    }
    return show(request, "vks/exchange/export.html", context)
