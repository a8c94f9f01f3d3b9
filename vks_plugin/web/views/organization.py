"""Pages about offices and posts."""

from __future__ import annotations

import datetime as dt
from collections import Counter

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from vks_plugin.access import actions
from vks_plugin.access.queries import may_organize, units_to_appoint_in
from vks_plugin.custody.queries.leaving import counted_in_person
from vks_plugin.errors import NotAllowed, VksError
from vks_plugin.organization.models import Appointment, ProcuracyUnit
from vks_plugin.organization.queries import display_name
from vks_plugin.organization.roles import Role
from vks_plugin.web.forms import AppointForm
from vks_plugin.web.shell import OURS, SignedInRequest, page, show


def _in_force(post: Appointment, day: dt.date) -> bool:
    ends = post.ends_on is not None and post.ends_on < day
    return post.ended_at is None and post.starts_on <= day and not ends


@page
@require_http_methods(["GET", "POST"])
def organization(request: SignedInRequest) -> HttpResponse:
    """Show offices and posts, and record appointments where the person may."""
    units = units_to_appoint_in(request.user)
    if not units.exists():
        raise NotAllowed(_("Trang này dành cho Viện trưởng và quản trị hệ thống."))
    form = AppointForm(request.POST or None, units=units.filter(pk__in=ProcuracyUnit.objects.on(timezone.localdate())))
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                made = actions.record_appointment(actor=request.user, **form.cleaned_data)
            except VksError as error:
                form.add_error(error.field if error.field in form.fields else None, error.message)
                status = error.status
            else:
                messages.success(request, _("Đã ghi bổ nhiệm."), extra_tags=OURS)
                for sentence in made.warnings:
                    messages.warning(request, sentence, extra_tags=OURS)
                return redirect("vks:organization")
    today = timezone.localdate()
    posts = list(
        Appointment.objects.filter(unit__in=units).select_related("user", "unit", "department").order_by("starts_on")
    )
    held = counted_in_person({post.user_id for post in posts})
    in_force = [post for post in posts if _in_force(post, today)]
    # who keeps another post in the office keeps the paper with it
    alone = {place for place, n in Counter((post.user_id, post.unit_id) for post in in_force).items() if n == 1}
    leaving = {post.pk for post in in_force if (post.user_id, post.unit_id) in alone}
    context = {
        "form": form,
        "may_organize": may_organize(request.user),
        "units": [
            (unit, unit.is_active(today))
            for unit in sorted(
                units, key=lambda each: (each.valid_to is not None, each.parent_id is not None, each.code)
            )
        ],
        "posts": [
            (
                post,
                display_name(post.user),
                post.ended_at is None and (post.ends_on is None or post.ends_on >= today),
                held.get((post.user_id, post.unit_id), ""),
                post.pk in leaving,
            )
            for post in sorted(posts, key=lambda each: (each.unit.code, Role.values.index(each.role)))
        ],
    }
    return show(request, "vks/organization/organization.html", context, status=status)


@page
@require_POST
def end_appointment(request: SignedInRequest, pk: int) -> HttpResponse:
    """End a post now."""
    post = get_object_or_404(Appointment.objects.filter(unit__in=units_to_appoint_in(request.user)), pk=pk)
    actions.end_appointment(actor=request.user, appointment=post)
    messages.success(request, _("Đã chấm dứt bổ nhiệm."), extra_tags=OURS)
    held = counted_in_person([post.user_id]).get((post.user_id, post.unit_id))
    stays = Appointment.objects.in_force(timezone.localdate()).filter(user=post.user_id, unit=post.unit_id).exists()
    if held and not stays:
        messages.warning(
            request,
            _(
                "%(person)s còn giữ: %(held)s. Phải bàn giao, lập biên bản: văn thư, lãnh đạo đơn vị thấy ở trang Giữ hồ sơ, mục "
                "Phải bàn giao."
            )
            % {"person": display_name(post.user), "held": held},
            extra_tags=OURS,
        )
    return redirect("vks:organization")
