"""Time limits as the pages show them: a band of colour that is also said in words, and the arithmetic.

Nothing here says that a limit was broken; a day that is past is said to be past.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Case, CharField, Count, QuerySet, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from vks_plugin.access.policy import Level
from vks_plugin.access.queries import visible_cases
from vks_plugin.access.reminders import WORKING
from vks_plugin.cases.actions.deadlines import limits_of
from vks_plugin.cases.deadlines import deadline_rules
from vks_plugin.cases.models import Assignment, CaseDeadline, CaseFile
from vks_plugin.cases.running import Running, band
from vks_plugin.language import spoken

BANDS: Mapping[str, Any] = {
    "red": gettext_lazy("đã qua ngày tính được"),
    "orange": gettext_lazy("còn tới 5 ngày"),
    "yellow": gettext_lazy("còn tới 10 ngày"),
    "green": gettext_lazy("còn hơn 10 ngày"),
}
"""The bands, the nearest first; the words are those of the page that counts them."""
URGENT = frozenset({"red", "orange"})


def left_in_words(due: dt.date, today: dt.date) -> str:
    """Return how far off a day is, in words."""
    days = (due - today).days
    if days < 0:
        return ngettext("đã qua %(days)d ngày", "đã qua %(days)d ngày", -days) % {"days": -days}
    if days == 0:
        return _("hôm nay")
    return ngettext("còn %(days)d ngày", "còn %(days)d ngày", days) % {"days": days}


@dataclass(frozen=True)
class Limit:
    """A time limit as a page shows it."""

    label: str
    band: str
    left: str
    """How far off its last day is; empty where it cannot be computed."""
    due: dt.date | None
    due_at: dt.datetime | None
    starts_on: dt.date | None
    request_by: dt.date | None
    arithmetic: str
    article: str
    notes: tuple[str, ...]
    accused: str = ""
    ended_on: dt.date | None = None


def rule_label(rule: str) -> str:
    """Return what a limit is called; its id where the table has it no more."""
    found = deadline_rules().get(rule)
    return _(found.label) if found is not None else rule


def _unverified() -> str:
    return _("Chưa kiểm chứng: đối chiếu điều luật trước khi dùng.")


def of_row(row: CaseDeadline, today: dt.date) -> Limit:
    """Return a limit that is kept as a row; of its notes, those that say how far it can be relied on."""
    rule = deadline_rules().get(row.rule)
    return Limit(
        rule_label(row.rule),
        band(row.due_on, today),
        left_in_words(row.due_on, today),
        row.due_on,
        timezone.localtime(row.due_at) if row.due_at is not None else None,
        row.starts_on,
        row.request_by,
        row.arithmetic,
        row.article,
        (_unverified(),) if rule is not None and not rule.verified else (),
        row.accused.full_name if row.accused is not None else "",
    )


def nearest(case: CaseFile) -> Limit | None:
    """Return the limit on proceedings that ends first, duties to send papers left out (one query)."""
    row = case.deadlines.filter(is_duty=False).select_related("accused").order_by("due_on", "pk").first()
    return of_row(row, timezone.localdate()) if row is not None else None


def _of_running(limit: Running, names: Mapping[int, str], today: dt.date) -> Limit:
    due = limit.due
    hours = due if isinstance(due, dt.datetime) else None
    day = due.date() if isinstance(due, dt.datetime) else due
    start = limit.start
    notes = tuple(spoken(note) for note in limit.notes)
    if not limit.verified:
        notes = (*notes, _unverified())
    return Limit(
        _(limit.rule.label),
        limit.band,
        left_in_words(day, today) if day is not None and limit.state == "running" else "",
        day,
        hours,
        start.date() if isinstance(start, dt.datetime) else start,
        limit.request_by,
        spoken(limit.arithmetic),
        limit.article,
        tuple(dict.fromkeys(notes)),
        names.get(limit.accused or 0, ""),
        limit.ended_on,
    )


def grouped(case: CaseFile) -> dict[str, list[Limit]]:
    """Return the limits of a case: those that run, those that cannot be computed yet, duties, ended ones."""
    today = timezone.localdate()
    names = dict(case.accused.values_list("pk", "full_name"))
    found: dict[str, list[Limit]] = {"running": [], "open": [], "duties": [], "ended": []}
    for each in limits_of(case):
        limit = _of_running(each, names, today)
        if each.state == "ended":
            found["ended"].append(limit)
        elif limit.due is None:
            found["open"].append(limit)
        else:
            found["duties" if each.rule.weight == "duty" else "running"].append(limit)
    for name in ("running", "duties"):
        found[name].sort(key=lambda limit: limit.due or dt.date.max)
    found["ended"].sort(key=lambda limit: limit.ended_on or dt.date.min, reverse=True)
    return found


# --- of many cases


def mine(user: User) -> QuerySet[Assignment]:
    """Return the assignments by which a person works on cases today."""
    return Assignment.objects.in_force(timezone.localdate()).filter(user_id=user.pk, role__in=WORKING)


def visible_limits(user: User, *, only_mine: bool, duties: bool = False) -> QuerySet[CaseDeadline]:
    """Return the limits of the cases whose record the person may read, the nearest first.

    Args:
        user: who asks.
        only_mine: those of cases the person works on.
        duties: duties to send papers too.
    """
    cases = visible_cases(user, at_least=Level.VIEW)
    rows = CaseDeadline.objects.filter(case__in=cases.values("pk"))
    if only_mine:
        rows = rows.filter(case__in=mine(user).values("case_id"))
    if not duties:
        rows = rows.filter(is_duty=False)
    return rows.order_by("due_on", "case_id", "pk")


def edges(today: dt.date) -> dict[str, tuple[dt.date | None, dt.date | None]]:
    """Return the first and the last day of each band, as `band` draws them."""
    day = dt.timedelta(days=1)
    return {
        "red": (None, today - day),
        "orange": (today, today + 5 * day),
        "yellow": (today + 6 * day, today + 10 * day),
        "green": (today + 11 * day, None),
    }


def in_band(rows: QuerySet[CaseDeadline], name: str, today: dt.date) -> QuerySet[CaseDeadline]:
    """Narrow to one band."""
    first, last = edges(today)[name]
    if first is not None:
        rows = rows.filter(due_on__gte=first)
    if last is not None:
        rows = rows.filter(due_on__lte=last)
    return rows


def count_bands(rows: QuerySet[CaseDeadline], today: dt.date) -> dict[str, int]:
    """Return how many limits are in each band (one query)."""
    bounds = edges(today)
    whens = [When(due_on__lte=bounds[name][1], then=Value(name)) for name in ("red", "orange", "yellow")]
    in_which = Case(*whens, default=Value("green"), output_field=CharField())
    counted = rows.order_by().annotate(in_band=in_which).values("in_band").annotate(number=Count("pk"))
    found = {row["in_band"]: row["number"] for row in counted}
    return {name: found.get(name, 0) for name in BANDS}


def urgent_of_mine(user: User) -> int:
    """Return how many limits of one's own cases are red or orange, for the menu (a few queries)."""
    last = edges(timezone.localdate())["orange"][1]
    return visible_limits(user, only_mine=True).filter(due_on__lte=last).count()
