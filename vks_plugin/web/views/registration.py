"""Registering a case and editing what is said of it, on one screen."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from vks_plugin.access import actions
from vks_plugin.access.policy import Level
from vks_plugin.access.queries import case_for, not_yours, units_to_assign_in, units_to_register_in
from vks_plugin.cases.actions.rules import closed_by_the_archive
from vks_plugin.cases.kinds import CRIMINAL, KINDS, Kind, kind_of
from vks_plugin.cases.models import CaseFile
from vks_plugin.errors import NotAllowed, NotFound, VksError
from vks_plugin.web.case_forms import AccusedRows, CaseForm, ParticipantRows, SensitivityForm, case_offences, propose
from vks_plugin.web.record_forms import told_of_meanwhile
from vks_plugin.web.shell import OURS, SignedInRequest, is_fragment, page, show
from vks_plugin.web.views.record import in_archive


def _chosen_kind(request: SignedInRequest) -> Kind:
    value = request.GET.get("kind") or request.POST.get("kind") or CRIMINAL.value
    if value not in KINDS:
        raise NotFound(_("Không có loại vụ án này."))
    return kind_of(value)


def _again(request: SignedInRequest) -> dict[str, Any]:
    """Return what was typed, to be shown again unchecked: another kind was chosen, or another row asked for."""
    return {name: values[-1] for name, values in request.POST.lists()}


def _rows_again(request: SignedInRequest, prefix: str) -> list[dict[str, Any]]:
    total = request.POST.get(f"{prefix}-TOTAL_FORMS", "")
    rows = []
    for number in range(min(int(total), 200) if total.isascii() and total.isdigit() and len(total) < 10 else 0):
        start = f"{prefix}-{number}-"
        row = {
            name.removeprefix(start): values if name == f"{start}charges" else values[-1]
            for name, values in request.POST.lists()
            if name.startswith(start)
        }
        rows.append(row)
    return rows


@page
@require_http_methods(["GET", "POST"])
def new_case(request: SignedInRequest) -> HttpResponse:
    """Register a case."""
    units = list(units_to_register_in(request.user).select_related("parent"))
    if not units:
        raise NotAllowed(
            _("Bạn chưa có chức danh đăng ký vụ án tại đơn vị đang dùng hệ thống. Hãy liên hệ lãnh đạo đơn vị.")
        )
    kind = _chosen_kind(request)
    may_assign = units_to_assign_in(request.user).exists()
    words: dict[str, Any] = {"kind": kind, "units": units, "may_assign": may_assign}
    first = f"{units[0].code} – {units[0].short_name}"
    if request.method == "GET":
        form = CaseForm(initial={"form_token": uuid.uuid4(), "unit": first}, **words)
        return _registration(request, form, _blank(AccusedRows, kind), _blank(ParticipantRows, kind))
    more = request.POST.get("more", "")
    if more or "other_kind" in request.POST:
        # a box that is not ticked is not sent
        form = CaseForm(initial={"unit": first, "digitise_myself": False, **_again(request)}, **words)
        rows = {
            prefix: [*_rows_again(request, prefix), *([{}] if more == prefix else [])]
            for prefix in ("accused", "participants")
        }
        accused_again: Any = AccusedRows(prefix="accused", initial=rows["accused"])
        others_again: Any = ParticipantRows(
            prefix="participants", initial=rows["participants"], form_kwargs={"kind": kind}
        )
        for formset in (accused_again, others_again):
            formset.extra = 0 if formset.initial else 1
        return _registration(request, form, accused_again, others_again, fresh=more)
    form = CaseForm(request.POST, **words)
    accused: Any = AccusedRows(request.POST, prefix="accused")
    participants: Any = ParticipantRows(request.POST, prefix="participants", form_kwargs={"kind": kind})
    status = 400
    if _complete(form, accused, participants):
        try:
            case = actions.register_case(
                actor=request.user,
                kind=kind.value,
                accused=[row.as_input() for row in accused.filled()],
                people=[row.values() for row in participants.filled()],
                **form.registration(),
            )
        except VksError as error:
            form.refused(error)
            status = error.status
        else:
            messages.success(request, _("Đã đăng ký vụ án %(code)s.") % {"code": case.code}, extra_tags=OURS)
            return redirect("vks:case", code=case.code)
    return _registration(request, form, accused, participants, status=status)


def _blank(rows: Any, kind: Kind) -> Any:
    if rows is AccusedRows:
        return AccusedRows(prefix="accused")
    formset = ParticipantRows(prefix="participants", form_kwargs={"kind": kind})
    if not kind.has_accused:
        # a claim has two sides at the least
        formset.extra = 2
    return formset


def _complete(form: CaseForm, accused: Any, participants: Any) -> bool:
    """Check everything, so that all that is wrong is told at once; fill in what is proposed."""
    fine = [form.is_valid(), participants.is_valid(), not form.kind.has_accused or accused.is_valid()]
    offences: list[str] = []
    if form.kind.has_accused and accused.is_valid():
        charged = form.cleaned_data.get("init_decision_date") or timezone.localdate()
        for row in accused.filled():
            offences += row.check_charges(crime_day=form.cleaned_data.get("crime_date"), charged_on=charged)
            fine.append(not row.errors)
    # no name is proposed from rows that are wrong, and none is asked for because of them
    if form.is_valid() and all(fine):
        offences += case_offences(form)
        propose(form, accused.filled() if form.kind.has_accused else [], offences)
        fine.append(not form.errors)
    return all(fine)


def _registration(
    request: SignedInRequest,
    form: CaseForm,
    accused: Any,
    participants: Any,
    *,
    fresh: str = "",
    status: int = 200,
) -> HttpResponse:
    """Show the form; of everything that is wrong, only the first has the focus."""
    kind = form.kind
    added = {"accused": accused, "participants": participants}.get(fresh)
    _one_focus(form, [*(accused.forms if kind.has_accused else []), *participants.forms], added)
    context = {
        "form": form,
        "groups": form.groups(),
        "opened": form.opened() | {"participants": not kind.has_accused or _named(participants)},
        "accused": accused if kind.has_accused else None,
        "participants": participants,
        "kind": kind,
        "kind_label": _(kind.label),
        "accused_group_label": _(kind.accused_group_label) if kind.accused_group_label else "",
        "kinds": [(each.value, _(each.label)) for each in KINDS.values()],
    }
    template = "vks/cases/form.html" if is_fragment(request) else "vks/cases/new.html"
    return show(request, template, context, status=status)


def _named(formset: Any) -> bool:
    """Tell whether somebody is named in a row, or something is wrong in one."""
    return any(row.errors or row["full_name"].value() for row in formset.forms)


def _one_focus(form: CaseForm, rows: list[Any], fresh: Any) -> None:
    """Leave the focus with the first field that is wrong, or with the row that was asked for."""
    if fresh is not None:
        _unfocus([form])
        last = fresh.forms[-1]
        next(iter(last.fields.values())).widget.attrs["autofocus"] = True
        return
    # people stand between what identifies the case and the rest of it
    above = {NON_FIELD_ERRORS, *(name for group in ("identity", "details") for name, _width in form.layout[group])}
    wrong = [each for each in (form, *rows) if each.is_bound and each.errors]
    if len(wrong) > 1 and wrong[0] is form and above.isdisjoint(form.errors):
        wrong.remove(form)
    first = wrong[0] if wrong else form
    _unfocus([each for each in (form, *rows) if each is not first])


def _unfocus(forms: list[Any]) -> None:
    for each in forms:
        for field in each.fields.values():
            field.widget.attrs.pop("autofocus", None)


@page
@require_http_methods(["GET", "POST"])
def edit_case(request: SignedInRequest, code: str) -> HttpResponse:
    """Change what is said of a case itself."""
    view = case_for(request.user, code)
    if view.decision.level >= Level.MANAGE and in_archive(view) is not None:
        return _edit_sensitivity(request, view.case)
    if "edit" not in view.may:
        raise not_yours(_("sửa hồ sơ"))
    case = view.case
    words: dict[str, Any] = {"kind": case.kind_data, "units": [case.unit], "case": case}
    form = CaseForm(request.POST or None, **words) if request.method == "POST" else CaseForm(**words)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                actions.edit_case(
                    actor=request.user, case=case, values=form.values(), revision=form.cleaned_data["revision"]
                )
            except VksError as error:
                status = error.status
                case.refresh_from_db()
                if case.revision == form.cleaned_data["revision"]:
                    form.refused(error)
                else:
                    form = _meanwhile(request, words)
            else:
                messages.success(request, _("Đã lưu."), extra_tags=OURS)
                return redirect("vks:section", code=case.code, section="info")
    context = {
        "view": view,
        "case": case,
        "form": form,
        "groups": form.groups(),
        "opened": form.opened(),
        "kind_label": case.kind_label,
    }
    return show(request, "vks/cases/edit.html", context, status=status)


def _edit_sensitivity(request: SignedInRequest, case: CaseFile) -> HttpResponse:
    """Change who may know of a case that the archive has: all that is still changed of it."""
    form = SensitivityForm(
        request.POST if request.method == "POST" else None,
        initial={"confidentiality": case.confidentiality, "revision": case.revision},
    )
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            given = form.cleaned_data
            try:
                actions.edit_case(
                    actor=request.user,
                    case=case,
                    values={"confidentiality": given["confidentiality"]},
                    revision=given["revision"],
                )
            except VksError as error:
                form.place(error)
                status = error.status
            else:
                messages.success(request, _("Đã lưu."), extra_tags=OURS)
                return redirect("vks:section", code=case.code, section="info")
    context = {"case": case, "form": form, "sentence": closed_by_the_archive()}
    return show(request, "vks/cases/sensitivity.html", context, status=status)


def _meanwhile(request: SignedInRequest, words: dict[str, Any]) -> CaseForm:
    """Return the form after somebody else changed the case: what was typed stays, what that person changed is in it."""
    data, both = CaseForm(**words).reconciled(request.POST)
    form = CaseForm(data, **words)
    form.is_valid()
    told_of_meanwhile(form, words["case"], both)
    return form
