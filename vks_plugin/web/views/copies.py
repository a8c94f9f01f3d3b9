"""Pages of certified copies and extracts of a case."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vks_plugin.access.queries import case_for
from vks_plugin.custody.actions import copies as acts
from vks_plugin.custody.printed_copy import write_copy
from vks_plugin.custody.queries.copies import copies_of, copy_told, may_ask
from vks_plugin.errors import NotFound, VksError
from vks_plugin.web.copy_forms import CopyForm, CopyIssueForm
from vks_plugin.web.fields import StyledForm
from vks_plugin.web.loan_forms import DenialForm
from vks_plugin.web.shell import OURS, SignedInRequest, in_pages, page, show

ON_A_PAGE = 50


@page
@require_http_methods(["GET", "POST"])
def copies(request: SignedInRequest, code: str) -> HttpResponse:
    """Show the copies of a case, and record who asks for some."""
    form = CopyForm(request.POST if request.method == "POST" else None)
    if request.method != "POST":
        return _show(request, code, form)
    status = 400
    if form.is_valid():
        try:
            acts.request_copy(actor=request.user, code=code, **form.cleaned_data)
        except VksError as error:
            form.place(error)
            status = error.status
        else:
            messages.success(request, _("Đã ghi đề nghị cấp bản sao, trích lục."), extra_tags=OURS)
            return redirect("vks:case_copies", code=code)
    return _show(request, code, form, status=status)


def _show(
    request: SignedInRequest,
    code: str,
    form: StyledForm,
    *,
    refused: tuple[int, str, StyledForm] | None = None,
    status: int = 200,
) -> HttpResponse:
    view = case_for(request.user, code)
    rows, kept = in_pages(request, copies_of(request.user, view), ON_A_PAGE)
    told = []
    for row in rows.object_list:
        given: dict[str, StyledForm] = {
            "deny": DenialForm(auto_id=f"deny_{row.pk}_%s"),
            "issue": CopyIssueForm(initial={"copies": row.copies, "pages": row.pages}, auto_id=f"issue_{row.pk}_%s"),
        }
        if refused is not None and refused[0] == row.pk:
            given[refused[1]] = refused[2]
        told.append((copy_told(request.user, row), given))
    context = {
        "case": view.case,
        "ask": form if may_ask(request.user, view) else None,
        "rows": told,
        "chosen": rows,
        "kept": kept,
    }
    return show(request, "vks/copies/copies.html", context, status=status)


class _Act(NamedTuple):
    """Something that is done with a copy by its page."""

    form: type[StyledForm] | None
    does: Callable[..., object]
    said: Any
    nothing: dict[str, Any]
    """What it is called with where the form could not be read, to be refused by it."""


_ACTS: dict[str, _Act] = {
    "approve": _Act(None, acts.approve_copy, gettext_lazy("Đã duyệt cấp."), {}),
    "deny": _Act(DenialForm, acts.deny_copy, gettext_lazy("Đã từ chối cấp."), {"reason": ""}),
    "withdraw": _Act(None, acts.withdraw_copy, gettext_lazy("Đã rút đề nghị."), {}),
    "issue": _Act(CopyIssueForm, acts.issue_copy, gettext_lazy("Đã ghi cấp."), {"copies": 0, "pages": 0}),
}


@page
@require_POST
def act(request: SignedInRequest, code: str, pk: int, act: str) -> HttpResponse:
    """Do one thing with a copy."""
    wanted = _ACTS.get(act)
    if wanted is None:
        raise NotFound(_("Không có trang này."))
    form = wanted.form(request.POST, auto_id=f"{act}_{pk}_%s") if wanted.form is not None else None
    given = wanted.nothing if form is None or not form.is_valid() else form.cleaned_data
    try:
        wanted.does(actor=request.user, code=code, copy_id=pk, **given)
    except VksError as error:
        if form is None or error.field not in form.fields:
            raise
        form.is_valid()
        if not form.errors:
            form.place(error)
        return _show(request, code, CopyForm(), refused=(pk, act, form), status=error.status)
    messages.success(request, wanted.said, extra_tags=OURS)
    return redirect("vks:case_copies", code=code)


@page
@require_GET
def paper(request: SignedInRequest, code: str, pk: int) -> HttpResponse:
    """Answer with the paper of a copy as a file."""
    row = copies_of(request.user, case_for(request.user, code)).filter(pk=pk).first()
    if row is None:
        raise NotFound(_("Không có bản sao, trích lục nào như vậy."))
    return write_copy(copy_told(request.user, row), request.GET.get("format", "pdf")).as_answer()
