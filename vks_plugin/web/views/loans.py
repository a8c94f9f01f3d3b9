"""Pages of lending: what waits, what is out, what is overdue; one loan with what may be done with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vks_plugin.access.queries import CaseView, visible_cases
from vks_plugin.custody import actions
from vks_plugin.custody.filters import LoanFilterSet
from vks_plugin.custody.models import Loan
from vks_plugin.custody.printed_loan import slip_for
from vks_plugin.custody.queries.copies import copies_waiting, copy_told
from vks_plugin.custody.queries.loans import (
    LoanTold,
    counted,
    goes_back_to,
    loan_told,
    loans_of,
    places_of,
    shown_to,
    to_come_back,
    told_to,
    waiting_for,
)
from vks_plugin.errors import NotFound, VksError
from vks_plugin.organization.queries import posts_in_force
from vks_plugin.web.fields import StyledForm
from vks_plugin.web.loan_forms import DenialForm, IssueForm, LoanForm, RenewForm, ReturnForm, SettleForm
from vks_plugin.web.shell import OURS, SignedInRequest, in_pages, page, show

ON_A_PAGE = 50
MOST_OVERDUE = 100


@page
@require_http_methods(["GET", "POST"])
def loans(request: SignedInRequest) -> HttpResponse:
    """Ask for a file; show what waits for the person, what is overdue, and all loans the person may know of."""
    places = places_of(request.user)
    for_others = bool(places.led | places.desk)
    initial = {"code": request.GET.get("code", "")[:40]}
    form = LoanForm(request.POST if request.method == "POST" else None, for_others=for_others, initial=initial)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                row = actions.request_loan(actor=request.user, **form.cleaned_data)
            except VksError as error:
                form.place(error)
                status = error.status
            else:
                messages.success(request, _sent(request, row), extra_tags=OURS)
                return redirect("vks:loans")
    return show(request, "vks/loans/loans.html", _context(request) | {"ask": form}, status=status)


def _sent(request: SignedInRequest, row: Loan) -> str:
    """Return what is said of a request that was sent: of a case the person may not know of, not whether it is there."""
    if row.case_id is not None and visible_cases(request.user).filter(pk=row.case_id).exists():
        return _("Đã gửi đề nghị mượn hồ sơ.")
    return _(
        "Nếu có vụ án mang mã này, đề nghị đã được chuyển đến đơn vị giữ hồ sơ; kiểm tra lại mã nếu đề nghị mãi không được trả lời."
    )


def _context(request: SignedInRequest) -> dict[str, Any]:
    user = request.user
    shown = shown_to(user)
    filters = LoanFilterSet(request.GET, queryset=shown, request=request)
    chosen, kept = in_pages(request, filters.qs.order_by("-requested_at", "-pk"), ON_A_PAGE)
    return {
        "may_ask": bool(posts_in_force(user)),
        "at_desk": bool(places_of(user).any),
        "waiting": told_to(user, waiting_for(user).order_by("requested_at", "pk")[:MOST_OVERDUE]),
        "copies": [copy_told(user, row) for row in copies_waiting(user)[:MOST_OVERDUE]],
        "late": told_to(user, to_come_back(shown).order_by("until", "pk")[:MOST_OVERDUE]),
        "filters": filters.form,
        "chosen": chosen,
        "rows": told_to(user, chosen.object_list),
        "kept": kept,
        "narrowed": any(request.GET.get(name) for name in filters.filters),
    }


@page
@require_GET
def loan(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show one loan with what the person may do with it."""
    return _show(request, loan_told(request.user, pk))


@page
@require_GET
def slip(request: SignedInRequest, pk: int) -> HttpResponse:
    """Answer with the slip of a loan, to who may know of its case: it says what that is called."""
    return slip_for(request.user, pk, request.GET.get("format", "pdf")).as_answer()


def _show(
    request: SignedInRequest, told: LoanTold, *, refused: tuple[str, StyledForm] | None = None, status: int = 200
) -> HttpResponse:
    row = told.row
    volumes, folios = counted(row)
    forms: dict[str, StyledForm] = {
        "deny": DenialForm(auto_id="deny_%s"),
        "revoke": DenialForm(auto_id="revoke_%s"),
        "issue": IssueForm(initial={"volume_count": volumes, "folio_count": folios}, auto_id="issue_%s"),
        # what came back is counted, not confirmed: nothing is filled in
        "return": ReturnForm(auto_id="return_%s"),
        "settle": SettleForm(may_write_off="write_off" in told.may, auto_id="settle_%s"),
        "renew": RenewForm(auto_id="renew_%s"),
        "refuse": DenialForm(auto_id="refuse_%s"),
    }
    if refused is not None:
        forms[refused[0]] = refused[1]
    context = {
        "told": told,
        "row": row,
        "forms": forms,
        "volumes_known": volumes,
        "folios_known": folios,
        "back": goes_back_to(row) if "return" in told.may else None,
    }
    return show(request, "vks/loans/loan.html", context | {"refused": refused[0] if refused else ""}, status=status)


class _Act(NamedTuple):
    """Something that is done with a loan by its page."""

    form: type[StyledForm] | None
    does: Callable[..., object]
    said: Any


def _grant(**given: Any) -> object:
    return actions.answer_renewal(granted=True, **given)


def _refuse(**given: Any) -> object:
    return actions.answer_renewal(granted=False, **given)


_ACTS: dict[str, _Act] = {
    "approve": _Act(None, actions.approve_loan, gettext_lazy("Đã duyệt cho mượn.")),
    "deny": _Act(DenialForm, actions.deny_loan, gettext_lazy("Đã từ chối cho mượn.")),
    "withdraw": _Act(None, actions.withdraw_loan, gettext_lazy("Đã rút đề nghị mượn.")),
    "revoke": _Act(DenialForm, actions.revoke_loan, gettext_lazy("Đã hủy duyệt cho mượn.")),
    "issue": _Act(IssueForm, actions.issue_loan, gettext_lazy("Đã ghi giao hồ sơ.")),
    "return": _Act(ReturnForm, actions.return_loan, gettext_lazy("Đã ghi nhận lại hồ sơ.")),
    "settle": _Act(SettleForm, actions.settle_loan, gettext_lazy("Đã ghi giải quyết phần thiếu.")),
    "renew": _Act(RenewForm, actions.ask_renewal, gettext_lazy("Đã gửi đề nghị gia hạn.")),
    "grant": _Act(None, _grant, gettext_lazy("Đã gia hạn.")),
    "refuse": _Act(DenialForm, _refuse, gettext_lazy("Đã từ chối gia hạn.")),
}


@page
@require_POST
def act(request: SignedInRequest, pk: int, act: str) -> HttpResponse:
    """Do one thing with a loan."""
    wanted = _ACTS.get(act)
    if wanted is None:
        raise NotFound(_("Không có trang này."))
    told = loan_told(request.user, pk)
    form = wanted.form(request.POST, auto_id=f"{act}_%s") if wanted.form is not None else None
    if act == "return" and not told.row.is_paper:
        # nothing to count
        form = None
    if form is not None and not form.is_valid():
        if _MAY.get(act, act) in told.may:
            return _show(request, told, refused=(act, form), status=400)
        # who may not is told so, whatever was written
        form = None
    try:
        wanted.does(
            actor=request.user, loan_id=pk, **(form.cleaned_data if form is not None else _NOTHING.get(act, {}))
        )
    except VksError as error:
        if form is None or error.field not in form.fields:
            raise
        form.place(error)
        return _show(request, loan_told(request.user, pk), refused=(act, form), status=error.status)
    # no file comes back where none was given out
    closed = act == "return" and not told.row.is_paper
    messages.success(request, _("Đã trả, quyền xem đã đóng.") if closed else wanted.said, extra_tags=OURS)
    return redirect("vks:loan", pk=pk)


_MAY = {"grant": "answer", "refuse": "answer"}
_NOTHING: dict[str, dict[str, Any]] = {
    "deny": {"reason": ""},
    "revoke": {"reason": ""},
    "refuse": {"reason": ""},
    "issue": {"volume_count": 0, "folio_count": 0},
    "settle": {"found": True, "note": ""},
    "renew": {"until": None, "reason": ""},
}
"""What an act is called with where the form was not read, to be refused by it."""


def loans_context(request: SignedInRequest, view: CaseView) -> dict[str, Any]:
    """Return what the section of a case shows."""
    rows, _kept = in_pages(request, loans_of(request.user, view).order_by("-requested_at", "-pk"), ON_A_PAGE)
    return {"rows": rows, "loans": told_to(request.user, rows.object_list)}
