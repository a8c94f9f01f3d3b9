"""Pages on which cases are opened to one person for a while."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from vks_plugin.access import temporary
from vks_plugin.access.filters import TemporaryAccessFilterSet
from vks_plugin.access.models import TemporaryAccess
from vks_plugin.access.policy import LEADING
from vks_plugin.access.queries import case_for, visible_cases
from vks_plugin.conf import configuration
from vks_plugin.errors import VksError
from vks_plugin.organization.queries import posts_in_force
from vks_plugin.web.access_forms import EmergencyForm, OversightForm
from vks_plugin.web.shell import OURS, SignedInRequest, in_pages, page, show

ON_A_PAGE = 50


@page
@require_http_methods(["GET", "POST"])
def temporary_access(request: SignedInRequest) -> HttpResponse:
    """Ask for a case in an emergency; show what waits for an answer, what is open, and everything there was."""
    form = EmergencyForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                temporary.request_emergency(actor=request.user, **form.cleaned_data)
            except VksError as error:
                form.place(error)
                status = error.status
            else:
                said = _(
                    "Đã gửi đề nghị. Lãnh đạo đơn vị thụ lý hoặc cấp trên trả lời; sau %(hours)d giờ không ai trả lời thì "
                    "đề nghị hết hiệu lực."
                )
                messages.success(request, said % {"hours": temporary.WAITS_HOURS}, extra_tags=OURS)
                return redirect("vks:temporary_access")
    return show(request, "vks/access/temporary.html", _context(request) | {"ask": form}, status=status)


def _context(request: SignedInRequest) -> dict[str, Any]:
    user = request.user
    posts = posts_in_force(user)
    shown = temporary.shown_to(user)
    state = TemporaryAccess.State
    mine = [*temporary.in_state(shown, state.OPEN), *temporary.in_state(shown, state.WAITING)]
    filters = TemporaryAccessFilterSet(request.GET, queryset=shown, request=request)
    chosen, kept = in_pages(request, filters.qs, ON_A_PAGE)
    return {
        "may_ask": bool(posts),
        "leading": any(role in LEADING for role, _unit in posts),
        "waiting": temporary.told_to(user, temporary.answerable_by(user)),
        "mine": temporary.told_to(user, [row for row in mine if row.user_id == user.pk]),
        "filters": filters.form,
        "chosen": chosen,
        "rows": temporary.told_to(user, chosen),
        "kept": kept,
        "narrowed": any(request.GET.get(name) for name in filters.filters),
    }


@page
@require_POST
def approve(request: SignedInRequest, pk: int) -> HttpResponse:
    """Let somebody into a case, as was asked for."""
    row = temporary.approve_emergency(actor=request.user, request_id=pk)
    ends = timezone.localtime(row.ends_at)
    said = _("Đã duyệt: vụ án mở đến %(time)s.") % {"time": f"{ends:%H:%M %d/%m/%Y}"}
    messages.success(request, said, extra_tags=OURS)
    return redirect("vks:temporary_access")


@page
@require_POST
def decline(request: SignedInRequest, pk: int) -> HttpResponse:
    """Turn a request down."""
    temporary.decline_emergency(actor=request.user, request_id=pk)
    messages.success(request, _("Đã từ chối đề nghị."), extra_tags=OURS)
    return redirect("vks:temporary_access")


@page
@require_POST
def end(request: SignedInRequest, pk: int) -> HttpResponse:
    """Close what is open, or take back an own request."""
    row = temporary.end_temporary(actor=request.user, access_id=pk)
    said = _("Đã đóng quyền tạm thời.") if row.starts_at is not None else _("Đã rút đề nghị.")
    messages.success(request, said, extra_tags=OURS)
    # back to the case it was closed on, unless it is closed to this very person
    if request.POST.get("back") == "case" and visible_cases(request.user).filter(code=row.case_code).exists():
        return redirect("vks:section", code=row.case_code, section="assignments")
    return redirect("vks:temporary_access")


@page
@require_POST
def oversee(request: SignedInRequest, code: str) -> HttpResponse:
    """Open a case of an office below to the head of the department in charge of its stage, who says why."""
    from vks_plugin.web.views.cases import case_page  # noqa: PLC0415 - it shows the form of this act

    view = case_for(request.user, code)
    form = OversightForm(request.POST)
    status = 400
    if form.is_valid():
        try:
            temporary.open_for_oversight(actor=request.user, case=view.case, reason=form.cleaned_data["reason"])
        except VksError as error:
            if error.field not in form.fields:
                raise
            form.place(error)
            status = error.status
        else:
            said = _("Đã mở vụ án để xem trong %(days)d ngày.") % {"days": configuration().oversight_days}
            messages.success(request, said, extra_tags=OURS)
            return redirect("vks:case", code=code)
    if not temporary.may_oversee(request.user, view.case):
        # who may not is told so, whatever was written
        temporary.open_for_oversight(actor=request.user, case=view.case, reason=" ")
    return case_page(request, view, oversight=form, status=status)
