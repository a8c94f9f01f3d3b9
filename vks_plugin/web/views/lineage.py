"""Pages of the acts by which a case grows out of another one."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from vks_plugin.access import actions
from vks_plugin.access.policy import Level
from vks_plugin.access.queries import case_for, require
from vks_plugin.cases.actions import Grown
from vks_plugin.cases.actions.lineage import BECOMES, MERGES, SPLITS, name_on_appeal
from vks_plugin.cases.actions.rules import refuse_archived
from vks_plugin.cases.models import CaseFile
from vks_plugin.cases.proceedings import EVENTS
from vks_plugin.errors import NotFound, VksError
from vks_plugin.web.lineage_forms import AppealForm, BecomeForm, MergeForm, SplitForm
from vks_plugin.web.shell import OURS, SignedInRequest, page, show


def _case(request: SignedInRequest, code: str, event: str, doing: str) -> CaseFile:
    """Return the case somebody may do this with.

    Raises:
        NotFound: the person may not know of the case, or there is no such act in its kind.
        NotAllowed: the person may not work on it.
    """
    case = case_for(request.user, code).case
    require(request.user, case, Level.CONTRIBUTE, doing=doing)
    refuse_archived(case)
    if event not in EVENTS.get(case.kind, {}):
        raise NotFound(_("Không có trang này."))
    return case


def _ask(
    request: SignedInRequest, case: CaseFile, form: Any, heading: str, explained: str, button: str, status: int = 200
) -> HttpResponse:
    context = {
        "case": case,
        "form": form,
        "groups": form.groups(),
        "heading": heading,
        "explained": explained,
        "button": button,
        "back": reverse("vks:case", args=[case.code]),
    }
    return show(request, "vks/cases/lineage.html", context, status=status)


def _done(request: SignedInRequest, grown: Grown, said: str) -> HttpResponse:
    messages.success(request, said, extra_tags=OURS)
    for sentence in grown.warnings:
        messages.warning(request, sentence, extra_tags=OURS)
    return redirect("vks:case", code=grown.case.code)


@page
@require_http_methods(["GET", "POST"])
def become(request: SignedInRequest, code: str) -> HttpResponse:
    """Open the case to which a report of crime led."""
    report = _case(request, code, BECOMES, _("khởi tố vụ án từ nguồn tin"))
    words = (
        _("Trở thành vụ án hình sự"),
        _(
            "Vụ án mới do đơn vị này thụ lý, người đang được phân công tiếp tục làm. Tài liệu vẫn nằm trong hồ sơ nguồn "
            "tin và mở được từ mục “Vụ liên quan” của vụ án. Việc này không khởi tố bị can."
        ),
        _("Khởi tố vụ án"),
    )
    if request.method == "GET":
        form = BecomeForm(report=report, initial={"name": report.name, "form_token": uuid.uuid4()})
        return _ask(request, report, form, *words)
    form = BecomeForm(request.POST, report=report)
    status = 400
    if form.is_valid():
        try:
            grown = actions.become_criminal_case(actor=request.user, report=report, **form.values())
        except VksError as error:
            form.refused(error)
            status = error.status
        else:
            said = _("Đã khởi tố vụ án %(code)s từ nguồn tin %(report)s.")
            return _done(request, grown, said % {"code": grown.case.code, "report": report.code})
    return _ask(request, report, form, *words, status=status)


@page
@require_http_methods(["GET", "POST"])
def merge(request: SignedInRequest, code: str) -> HttpResponse:
    """Merge the case into another one."""
    source = _case(request, code, MERGES, _("nhập vụ án"))
    words = (
        _("Nhập vào vụ án khác"),
        _(
            "Vụ này giữ nguyên hồ sơ, bút lục và không đếm nữa; bị can, tội danh, biện pháp ngăn chặn và người tham gia "
            "tố tụng được đưa sang vụ nhận. Thời hạn tính từ ngày khởi tố vụ án đầu tiên."
        ),
        _("Nhập vụ án"),
    )
    if request.method == "GET":
        return _ask(request, source, MergeForm(user=request.user), *words)
    form = MergeForm(request.POST, user=request.user)
    status = 400
    if form.is_valid():
        try:
            grown = actions.merge_cases(actor=request.user, source=source, **form.values())
        except VksError as error:
            form.refused(error)
            status = error.status
        else:
            said = _("Đã nhập vụ án %(source)s vào vụ án %(target)s.")
            return _done(request, grown, said % {"source": source.code, "target": grown.case.code})
    return _ask(request, source, form, *words, status=status)


@page
@require_http_methods(["GET", "POST"])
def split(request: SignedInRequest, code: str) -> HttpResponse:
    """Split a case of its own off."""
    source = _case(request, code, SPLITS, _("tách vụ án"))
    words = (
        _("Tách vụ án"),
        _(
            "Vụ mới có hồ sơ và số bút lục riêng: tài liệu là bản sao, được nộp vào vụ mới. Không chọn bị can: tách hành "
            "vi, vụ án này không đổi. Thời hạn của vụ mới tính từ ngày khởi tố vụ án gốc."
        ),
        _("Tách vụ án"),
    )
    if request.method == "GET":
        return _ask(request, source, SplitForm(source=source, initial={"form_token": uuid.uuid4()}), *words)
    form = SplitForm(request.POST, source=source)
    status = 400
    if form.is_valid():
        try:
            grown = actions.split_case(actor=request.user, source=source, **form.values())
        except VksError as error:
            form.refused(error)
            status = error.status
        else:
            said = _("Đã tách vụ án %(code)s từ vụ án %(source)s.")
            return _done(request, grown, said % {"code": grown.case.code, "source": source.code})
    return _ask(request, source, form, *words, status=status)


@page
@require_http_methods(["GET", "POST"])
def appeal(request: SignedInRequest, code: str) -> HttpResponse:
    """Open the case in which the office above handles the appeal of this one."""
    origin = case_for(request.user, code).case
    actions.require_appeal(request.user, origin)
    refuse_archived(origin)
    words = (
        _("Mở hồ sơ phúc thẩm"),
        _(
            "Vụ mới thuộc đơn vị cấp trên, có hồ sơ và hồ sơ kiểm sát riêng; vụ án này, hồ sơ kiểm sát sơ thẩm và người "
            "xem không đổi. Bị can, tội danh, người tham gia tố tụng được đưa sang; Kiểm sát viên được phân công phúc "
            "thẩm thụ lý vụ mới."
        ),
        _("Mở hồ sơ phúc thẩm"),
    )
    if request.method == "GET":
        initial = {"name": name_on_appeal(origin), "form_token": uuid.uuid4()}
        return _ask(request, origin, AppealForm(initial=initial), *words)
    form = AppealForm(request.POST)
    status = 400
    if form.is_valid():
        try:
            grown = actions.open_appeal(actor=request.user, origin=origin, **form.values())
        except VksError as error:
            form.refused(error)
            status = error.status
        else:
            said = _("Đã mở hồ sơ phúc thẩm %(code)s của vụ án %(origin)s.")
            return _done(request, grown, said % {"code": grown.case.code, "origin": origin.code})
    return _ask(request, origin, form, *words, status=status)
