"""Pages on which offices and departments are kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from vks_plugin.access import offices
from vks_plugin.cases.stages import stage_label
from vks_plugin.errors import BadInput, NotFound, VksError
from vks_plugin.organization.models import Department, ProcuracyUnit
from vks_plugin.web.office_forms import DepartmentForm, EndForm, UnitForm
from vks_plugin.web.shell import OURS, SignedInRequest, page, show


@page
@require_http_methods(["GET", "POST"])
def all_offices(request: SignedInRequest) -> HttpResponse:
    """Show every office, and add one."""
    units = offices.units_for(request.user)
    form = UnitForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        made: list[ProcuracyUnit] = []

        def add() -> None:
            made.append(
                offices.add_unit(actor=request.user, values=form.values, decision=form.cleaned_data["decision"])
            )

        status = _tried(form, add)
        if made:
            messages.success(request, _("Đã thêm đơn vị."), extra_tags=OURS)
            return redirect("vks:office", code=made[0].code)
    today = timezone.localdate()
    there = {unit.pk for unit in ProcuracyUnit.objects.on(today)}
    rows = [
        (unit, unit.pk in there, [each for each in unit.departments.all() if each.exists_on(today)])
        for unit in sorted(units.prefetch_related("departments"), key=lambda each: each.pk not in there)
    ]
    return show(request, "vks/organization/offices.html", {"form": form, "rows": rows}, status=status)


def _tried(form: Any, act: Callable[[], None]) -> int:
    """Do what a form says, if it can be read; return the status of the page, with the refusal where it belongs."""
    if not form.is_valid():
        return 400
    try:
        act()
    except VksError as error:
        form.place(error)
        return error.status
    return 200


@page
@require_http_methods(["GET", "POST"])
def office(request: SignedInRequest, code: str) -> HttpResponse:
    """Show an office with its departments; change it, end it, take that back, add a department."""
    unit = offices.units_for(request.user).filter(code=code).first()
    if unit is None:
        raise NotFound(_("Không có đơn vị mang mã này."))
    asked = _act(request, {"change", "end", "reopen", "department"})
    sent = request.POST
    form = UnitForm(sent if asked == "change" else None, row=unit)
    end = EndForm(sent if asked == "end" else None, prefix="end")
    new = DepartmentForm(sent if asked == "department" else None, prefix="new")
    actor, status = request.user, 200
    context: dict[str, Any] = {}
    if asked == "change":
        values: dict[str, Any] = form.values if form.is_valid() else {}
        if "parent" in values and not sent.get("confirmed"):
            status = _tried(
                form, lambda: context.update(effect=offices.try_unit(actor=actor, unit=unit, values=values))
            )
        else:
            decision = form.cleaned_data.get("decision", "")
            status = _tried(
                form,
                lambda: context.update(
                    done=offices.change_unit(actor=actor, unit=unit, values=values, decision=decision)
                ),
            )
    elif asked == "end":
        status = _tried(end, lambda: context.update(done=offices.end_unit(actor=actor, unit=unit, **end.cleaned_data)))
    elif asked == "reopen":
        context["done"] = offices.change_unit(actor=actor, unit=unit, values={"valid_to": None})
    elif asked == "department":
        status = _tried(
            new,
            lambda: context.update(
                done=offices.add_department(
                    actor=actor, unit=unit, values=new.values, decision=new.cleaned_data["decision"]
                )
            ),
        )
    if "done" in context:
        messages.success(request, _("Đã ghi."), extra_tags=OURS)
        return redirect("vks:office", code=ProcuracyUnit.objects.get(pk=unit.pk).code)
    context |= {
        "unit": unit,
        "form": form,
        "end": end,
        "new": new,
        "opened": asked,
        # a refusal says it itself
        "left": [] if asked == "end" or unit.valid_to else offices.stands_against(unit, timezone.localdate()),
        "departments": [
            (each, each.exists_on(timezone.localdate()), ", ".join(_(stage_label(stage)) for stage in each.stages))
            for each in unit.departments.all()
        ],
    }
    return show(request, "vks/organization/office.html", context, status=status)


@page
@require_http_methods(["GET", "POST"])
def department(request: SignedInRequest, code: str, pk: int) -> HttpResponse:
    """Show a department; change it, end it, take that back."""
    row: Department = offices.department_for(request.user, pk, code)
    asked = _act(request, {"change", "end", "reopen"})
    form = DepartmentForm(request.POST if asked == "change" else None, row=row)
    end = EndForm(request.POST if asked == "end" else None, prefix="end")
    actor, status = request.user, 200
    context: dict[str, Any] = {}
    if asked == "change":
        values: dict[str, Any] = form.values if form.is_valid() else {}
        if "stages" in values and not request.POST.get("confirmed"):
            status = _tried(
                form,
                lambda: context.update(effect=offices.try_department(actor=actor, department=row, values=values)),
            )
        else:
            decision = form.cleaned_data.get("decision", "")
            status = _tried(
                form,
                lambda: context.update(
                    done=offices.change_department(actor=actor, department=row, values=values, decision=decision)
                ),
            )
    elif asked == "end":
        status = _tried(
            end, lambda: context.update(done=offices.end_department(actor=actor, department=row, **end.cleaned_data))
        )
    elif asked == "reopen":
        context["done"] = offices.change_department(actor=actor, department=row, values={"valid_to": None})
    if "done" in context:
        messages.success(request, _("Đã ghi."), extra_tags=OURS)
        return redirect("vks:office", code=code)
    context |= {"unit": row.unit, "row": row, "form": form, "end": end, "opened": asked}
    return show(request, "vks/organization/department.html", context, status=status)


def _act(request: SignedInRequest, known: set[str]) -> str:
    """Return which of the forms of a page was sent; empty: none.

    Raises:
        BadInput: one the page does not have.
    """
    if request.method != "POST":
        return ""
    asked: str = request.POST.get("act", "change")
    if asked not in known:
        raise BadInput(_("Không có thao tác này."))
    return asked
