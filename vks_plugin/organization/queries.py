"""Reading the organisation."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import Any, TypeVar

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils import timezone

from vks_plugin.organization.models import Appointment, DatedAccessSuspension, ProcuracyUnit, UnitSuccession

_T = TypeVar("_T")


def appointments_in_force(user: User, day: dt.date | None = None) -> list[Appointment]:
    """Return the posts the person holds on `day`, each with its office and department (one query)."""
    day = day or timezone.localdate()

    def find() -> list[Appointment]:
        return list(Appointment.objects.in_force(day).filter(user_id=user.pk).select_related("unit", "department"))

    return looked_up(("posts", user.pk, day), find)


def posts_in_force(user: User, day: dt.date | None = None) -> list[tuple[str, ProcuracyUnit]]:
    """Return the role and unit of each post the person holds on `day` (one query)."""
    return [(row.role, row.unit) for row in appointments_in_force(user, day)]


_kept: ContextVar[dict[Hashable, Any] | None] = ContextVar("looked_up", default=None)


@contextmanager
def reading_only() -> Iterator[None]:
    """Within, what `looked_up` finds is found once: for answers that ask much about one person and change nothing."""
    token = _kept.set(_kept.get() or {})
    try:
        yield
    finally:
        _kept.reset(token)


def answering(method: str | None) -> AbstractContextManager[None]:
    """Return `reading_only` for a request of this method, if one that changes nothing."""
    return reading_only() if method in {"GET", "HEAD", "OPTIONS"} else nullcontext()


def looked_up(key: Hashable, find: Callable[[], _T]) -> _T:
    """Return what `find` returns; within `reading_only` what it returned first for this key."""
    kept = _kept.get()
    if kept is None:
        return find()
    if key not in kept:
        kept[key] = find()
    found: _T = kept[key]
    return found


def colleagues(unit: ProcuracyUnit, roles: Collection[str] | None = None) -> QuerySet[User]:
    """Return the people with a post in force in the unit; with `roles` only those who hold one of these."""
    holders = Appointment.objects.in_force(timezone.localdate()).filter(unit=unit)
    if roles is not None:
        holders = holders.filter(role__in=roles)
    return User.objects.filter(pk__in=holders.values("user_id"), is_active=True).order_by(
        "last_name", "first_name", "username"
    )


def display_name(user: User | None) -> str:
    """Return the person's full name as it is written here: family name first, given name last."""
    if user is None:
        return ""
    return f"{user.last_name} {user.first_name}".strip() or user.get_username()


def acting_for(units: Iterable[int | None]) -> set[int]:
    """Return the offices whose people act for these today: they themselves, and who took over from them."""
    asked = frozenset(pk for pk in units if pk is not None)
    return set(looked_up(("acting for", asked), lambda: _acting_for(asked)))


def _acting_for(units: Collection[int]) -> set[int]:
    found = set(units)
    fresh = found
    while fresh:
        rows = UnitSuccession.objects.filter(predecessor_id__in=fresh, effective_date__lte=timezone.localdate())
        fresh = set(rows.values_list("successor_id", flat=True)) - found
        found |= fresh
    return found


def taken_over_by(units: Iterable[int]) -> list[tuple[int, int]]:
    """Return the old offices of which these have taken over by today, each with who took over from it.

    One query for each time an office was taken over that had taken over from another.
    """
    asked = frozenset(units)
    found: list[tuple[int, int]] = looked_up(("taken over", asked), lambda: _taken_over_by(asked))
    return found


def _taken_over_by(units: Collection[int]) -> list[tuple[int, int]]:
    known = set(units)
    fresh, found = known, []
    while fresh:
        rows = UnitSuccession.objects.filter(successor_id__in=fresh, effective_date__lte=timezone.localdate())
        before = list(rows.order_by("pk").values_list("predecessor_id", "successor_id"))
        fresh = {predecessor for predecessor, _successor in before} - known
        known |= fresh
        found += before
    return found


def with_taken_over(units: Iterable[int]) -> set[int]:
    """Return these offices and all that they took over from by today: those whose work their people do."""
    own = set(units)
    return own | {predecessor for predecessor, _successor in taken_over_by(own)}


def present_office(unit: ProcuracyUnit, day: dt.date | None = None) -> ProcuracyUnit:
    """Return the office that does the work of one today, or on `day`: itself, or the last that took over.

    One query for each that took over, and one more.
    """
    found, seen = unit, {unit.pk}
    while True:
        rows = UnitSuccession.objects.filter(predecessor=found, effective_date__lte=day or timezone.localdate())
        row = rows.exclude(successor__in=seen).select_related("successor__parent").order_by("pk").first()
        if row is None:
            return found
        found = row.successor
        seen.add(found.pk)


def dated_access_suspended() -> bool:
    """Tell whether posts and assignments with a last day open nothing for now."""
    return DatedAccessSuspension.objects.exists()


def province_ids() -> QuerySet[ProcuracyUnit, int]:
    """Return the ids of the offices that are a province's own."""
    return ProcuracyUnit.objects.filter(kind=ProcuracyUnit.Kind.PROVINCE).values_list("pk", flat=True)
