"""Pages by which a case, or its trial, goes to another office."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from vks_plugin.access.policy import Level
from vks_plugin.access.queries import case_for, require, visible_cases
from vks_plugin.access.transfers import appoint_trial_unit, require_transfer, transfer_case, try_transfer
from vks_plugin.errors import VksError
from vks_plugin.organization.queries import display_name
from vks_plugin.web.access_forms import TransferForm, TrialUnitForm
from vks_plugin.web.shell import OURS, SignedInRequest, page, show


@page
@require_http_methods(["GET", "POST"])
def transfer(request: SignedInRequest, code: str) -> HttpResponse:
    """Hand the case over to another office, once it was shown who loses and who gains access."""
    case = case_for(request.user, code).case
    require_transfer(request.user, case)
    form = TransferForm(request.POST if request.method == "POST" else None, case=case)
    context: dict[str, Any] = {}
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            given = form.cleaned_data
            try:
                if request.POST.get("act") == "confirm":
                    transfer_case(actor=request.user, case=case, **given)
                    return _transferred(request, code, given["to"].name)
                handover = try_transfer(actor=request.user, case=case, **given)
            except VksError as error:
                form.place(error)
                status = error.status
            else:
                status = 200
                context = {
                    name: [(display_name(user), decision) for user, decision in getattr(handover, name)]
                    for name in ("lose", "gain", "keep")
                } | {
                    "to": given["to"],
                    "decision": given["decision"],
                    "confirming": True,
                    "follows": handover.follows,
                }
    context |= {"case": case, "form": form, "back": reverse("vks:case", args=[code])}
    return show(request, "vks/access/transfer.html", context, status=status)


def _transferred(request: SignedInRequest, code: str, unit: str) -> HttpResponse:
    messages.success(
        request, _("Đã chuyển vụ án %(code)s cho %(unit)s.") % {"code": code, "unit": unit}, extra_tags=OURS
    )
    # who led the old office alone knows of it no more
    if visible_cases(request.user).filter(code=code).exists():
        return redirect("vks:case", code=code)
    return redirect("vks:case_list")


@page
@require_http_methods(["GET", "POST"])
def trial_unit(request: SignedInRequest, code: str) -> HttpResponse:
    """Appoint an office below to appear at the trial (Điều 239), or take that back."""
    case = case_for(request.user, code).case
    require(request.user, case, Level.MANAGE, doing=_("phân công xét xử"))
    form = TrialUnitForm(
        request.POST if request.method == "POST" else None,
        case=case,
        initial={"unit": case.trial_unit.code if case.trial_unit is not None else None},
    )
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                appoint_trial_unit(actor=request.user, case=case, **form.cleaned_data)
            except VksError as error:
                form.place(error)
                status = error.status
            else:
                unit = form.cleaned_data["unit"]
                said = (
                    _("Đã phân công %(unit)s tại phiên tòa.") % {"unit": unit.name}
                    if unit is not None
                    else _("Đã thu hồi phân công xét xử.")
                )
                messages.success(request, said, extra_tags=OURS)
                return redirect("vks:section", code=code, section="assignments")
    context = {
        "case": case,
        "form": form,
        "groups": [(_("Quyết định phân công"), [(form["unit"], "col-md-6"), (form["decision"], "col-md-6")])],
        "heading": _("Phân công đơn vị xét xử (Điều 239)"),
        "explained": _(
            "Lãnh đạo đơn vị được phân công xem được hồ sơ vụ án (không xem hồ sơ kiểm sát) và cử kiểm sát viên tại phiên "
            "tòa. Đổi hoặc thu hồi thì người của đơn vị trước hết quyền ngay."
        ),
        "button": _("Ghi phân công"),
        "back": reverse("vks:case", args=[code]),
    }
    return show(request, "vks/cases/lineage.html", context, status=status)
