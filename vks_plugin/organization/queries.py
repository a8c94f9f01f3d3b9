"""Reading the organisation."""

from __future__ import annotations

import datetime as dt

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils import timezone

from vks_plugin.organization.models import Appointment, DatedAccessSuspension, ProcuracyUnit


def posts_in_force(user: User, day: dt.date | None = None) -> list[tuple[str, ProcuracyUnit]]:
    """Return the role and unit of each post the person holds on `day` (one query)."""
    rows = Appointment.objects.in_force(day or timezone.localdate()).filter(user_id=user.pk).select_related("unit")
    return [(row.role, row.unit) for row in rows]


def colleagues(unit: ProcuracyUnit) -> QuerySet[User]:
    """Return the people with a post in force in the unit."""
    holders = Appointment.objects.in_force(timezone.localdate()).filter(unit=unit).values("user_id")
    return User.objects.filter(pk__in=holders, is_active=True).order_by("last_name", "first_name", "username")


def display_name(user: User | None) -> str:
    """Return the person's full name as it is written here: family name first, given name last."""
    if user is None:
        return ""
    return f"{user.last_name} {user.first_name}".strip() or user.get_username()


def dated_access_suspended() -> bool:
    """Tell whether posts and assignments with a last day open nothing for now."""
    return DatedAccessSuspension.objects.exists()
