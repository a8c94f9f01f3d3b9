"""Pages of court sessions: those of all cases, one of a case with what may be done with it, planning one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from vks_plugin.access.queries import CaseView, not_yours
from vks_plugin.cases.trials import CourtLevel, ShownKind
from vks_plugin.court.deck.queries import overdue_packages, told_of_packages
from vks_plugin.court.sessions import actions
from vks_plugin.court.sessions.filters import SessionFilterSet
from vks_plugin.court.sessions.models import CourtSession
from vks_plugin.court.sessions.queries import (
    SessionTold,
    fingerprint,
    keeps,
    may_plan,
    readable_sessions,
    session_of,
    session_view,
    shown_in,
    told_to,
    with_people,
)
from vks_plugin.errors import BadInput, Conflict, VksError
from vks_plugin.web.fields import StyledForm
from vks_plugin.web.record_forms import tell_meanwhile
from vks_plugin.web.session_forms import (
    AdjournForm,
    CallOffForm,
    CorrectionForm,
    HoldForm,
    LogForm,
    OutcomeForm,
    RemarksForm,
    SessionForm,
)
from vks_plugin.web.shell import OURS, SignedInRequest, in_pages, page, show
from vks_plugin.web.views.record import header, tabs

ON_A_PAGE = 50
MOST_SHOWN = 200
"""Of what was shown in a session, on one page."""
MOST_PACKAGES = 100


def _show(
    request: SignedInRequest, view: CaseView, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    whole = header(view) | {
        "tabs": tabs(view, request.user),
        "section": "presentations",
        "section_template": f"vks/sessions/{template}.html",
        **context,
    }
    return show(request, "vks/record/page.html", whole, status=status)


_ASKED = ("state", "unit", "court_level", "learning", "presented", "since", "until", "case")
"""What the page narrows by; the rest is for the API."""


@page
@require_GET
def court_sessions(request: SignedInRequest) -> HttpResponse:
    """Show the sessions of every case the person may read."""
    filters = SessionFilterSet(request.GET, queryset=readable_sessions(request.user), request=request)
    for field in filters.form.fields.values():
        StyledForm.style(field)
    chosen, kept = in_pages(request, filters.qs.order_by("-starts_on", "-pk"), ON_A_PAGE)
    rows = list(chosen.object_list)
    names = with_people(rows)
    context = {
        "packages": told_of_packages(overdue_packages(request.user)[:MOST_PACKAGES]),
        "asked": [filters.form[name] for name in _ASKED],
        "chosen": chosen,
        "rows": [{"row": row, "names": names[row.pk]} for row in rows],
        "kept": kept,
        "narrowed": any(request.GET.get(name) for name in filters.filters),
    }
    return show(request, "vks/sessions/sessions.html", context)


@page
@require_http_methods(["GET", "POST"])
def court_session_new(request: SignedInRequest, code: str) -> HttpResponse:
    """Plan a session."""
    view = session_view(request.user, code)
    levels = may_plan(request.user, view)
    if not levels:
        if keeps(request.user, view, CourtLevel.FIRST):
            raise Conflict(_("Loại hồ sơ này không có phiên tòa: hãy dự kiến ở vụ án đã khởi tố từ nguồn tin."))
        raise not_yours(_("ghi phiên tòa"))
    form = SessionForm(request.POST or None, case=view.case, levels=levels)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                made = actions.plan_session(
                    actor=request.user,
                    case=view.case,
                    values=form.given(),
                    procurators=form.cleaned_data["procurators"],
                )
            except VksError as error:
                form.place(error)
                status = error.status
            else:
                messages.success(request, _("Đã ghi dự kiến phiên tòa."), extra_tags=OURS)
                return redirect("vks:court_session", code=code, number=made.number)
    return _show(request, view, "edit", {"form": form}, status=status)


@page
@require_http_methods(["GET", "POST"])
def court_session_edit(request: SignedInRequest, code: str, number: int) -> HttpResponse:
    """Change what is planned of a session, or put right what was written of one that took place."""
    view = session_view(request.user, code)
    row = session_of(view, number)
    told = told_to(request.user, view, row)
    if not told.may & {"change", "correct"}:
        if not told.records:
            raise not_yours(_("ghi phiên tòa"))
        raise Conflict(_("Phiên tòa này “%(state)s”: không sửa dự kiến được nữa.") % {"state": row.state_label})
    kind = SessionForm if "change" in told.may else CorrectionForm
    words: dict[str, Any] = {"case": view.case, "levels": may_plan(request.user, view), "session": row}
    form = kind(request.POST or None, **words)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                sentence = _edit(request, row, form)
            except VksError as error:
                status = error.status
                if form.cleaned_data["seen"] in {"", fingerprint(row)}:
                    form.place(error)
                else:
                    form = _meanwhile(request, kind, words)
            else:
                messages.success(request, sentence, extra_tags=OURS)
                return redirect("vks:court_session", code=code, number=number)
    return _show(request, view, "edit", {"form": form, "told": told, "row": row}, status=status)


def _edit(request: SignedInRequest, row: CourtSession, form: SessionForm) -> str:
    """Change a plan or correct what was written; return what to tell of it."""
    given: dict[str, Any] = {
        "actor": request.user,
        "session": row,
        "values": form.given(),
        "procurators": form.cleaned_data["procurators"],
        "seen": form.cleaned_data["seen"],
    }
    if isinstance(form, CorrectionForm):
        told = {name: form.cleaned_data[name] for name in ("reason", "shown_kinds")}
        actions.correct_session(**given, **told)
        return _("Đã sửa lại phiên tòa.")
    actions.change_session(**given)
    return _("Đã sửa dự kiến phiên tòa.")


def _meanwhile(request: SignedInRequest, kind: type[SessionForm], words: dict[str, Any]) -> SessionForm:
    """Return the form after somebody else changed the session: what was typed stays, what that person changed is in it."""
    data, both = kind(**words).reconciled(request.POST)
    form = kind(data, **words)
    form.is_valid()
    tell_meanwhile(form, both)
    return form


class _Act(NamedTuple):
    """Something that is done with a session by its page."""

    form: Callable[..., Any]
    does: Callable[..., object]
    said: Any
    needs_session: bool = False


_ACTS: dict[str, _Act] = {
    "hold": _Act(HoldForm, actions.hold_session, gettext_lazy("Đã ghi phiên tòa diễn ra."), needs_session=True),
    "adjourn": _Act(AdjournForm, actions.adjourn_session, gettext_lazy("Đã ghi hoãn phiên tòa.")),
    "call_off": _Act(CallOffForm, actions.call_off_session, gettext_lazy("Đã ghi phiên tòa không mở.")),
    "record_outcome": _Act(
        OutcomeForm, actions.record_outcome, gettext_lazy("Đã ghi kết quả phiên tòa."), needs_session=True
    ),
    "import_log": _Act(LogForm, actions.import_log, gettext_lazy("Đã nạp nhật ký trình chiếu.")),
    "remark": _Act(RemarksForm, actions.remark_on_session, gettext_lazy("Đã ghi nhận xét rút kinh nghiệm.")),
}


def _form(name: str, told: SessionTold, posted: Any = None, files: Any = None) -> StyledForm:
    act = _ACTS[name]
    more: dict[str, Any] = {"session": told.row} if act.needs_session else {}
    if name == "remark":
        more["initial"] = {"remarks": told.remarks}
    form: StyledForm = act.form(posted, files, auto_id=f"{name}_%s", **more)
    return form


@page
@require_http_methods(["GET", "POST"])
def court_session(request: SignedInRequest, code: str, number: int) -> HttpResponse:
    """Show a session with what may be done with it, and do one thing."""
    view = session_view(request.user, code)
    told = told_to(request.user, view, session_of(view, number))
    if request.method == "GET":
        return _one(request, view, told)
    name = request.POST.get("act", "")
    wanted = _ACTS.get(name)
    if wanted is None:
        raise BadInput(_("Hãy chọn một việc trên trang."))
    form: Any = _form(name, told, request.POST, request.FILES)
    if name not in told.may:
        if not told.records:
            raise not_yours(_("ghi phiên tòa"))
        raise Conflict(_("Phiên tòa này “%(state)s”: không làm được việc này.") % {"state": told.row.state_label})
    if not form.is_valid():
        return _one(request, view, told, refused=(name, form), status=400)
    try:
        wanted.does(actor=request.user, session=told.row, **form.given())
    except VksError as error:
        form.place(error)
        return _one(request, view, told, refused=(name, form), status=error.status)
    messages.success(request, wanted.said, extra_tags=OURS)
    return redirect("vks:court_session", code=code, number=number)


def _one(
    request: SignedInRequest,
    view: CaseView,
    told: SessionTold,
    *,
    refused: tuple[str, StyledForm] | None = None,
    status: int = 200,
) -> HttpResponse:
    forms = {name: _form(name, told) for name in _ACTS if name in told.may}
    if refused is not None:
        forms[refused[0]] = refused[1]
    row = told.row
    shown, kept = in_pages(request, shown_in(row), MOST_SHOWN)
    labels = dict(ShownKind.choices)
    context = {
        "told": told,
        "row": row,
        "forms": forms,
        "refused": refused[0] if refused else "",
        "shown": shown,
        "kept": kept,
        "following": getattr(row, "following", None),
        "shown_labels": [labels.get(each, each) for each in row.shown_kinds],
    }
    return _show(request, view, "session", context, status=status)
