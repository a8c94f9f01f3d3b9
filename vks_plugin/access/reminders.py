"""Telling people of time limits that draw near: in the DMS, and by e-mail where the host sends any."""

from __future__ import annotations

import datetime as dt
import logging
from collections import defaultdict
from collections.abc import Iterable

from django.contrib.auth.models import User
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.access.models import DeadlineReminder
from vks_plugin.access.policy import Level
from vks_plugin.access.queries import visible_cases
from vks_plugin.cases.deadlines import deadline_rules
from vks_plugin.cases.models import Assignment, CaseDeadline, CaseFile
from vks_plugin.cases.running import band
from vks_plugin.conf import configuration
from vks_plugin.host.mail import host_sends_mail
from vks_plugin.organization.models import Appointment
from vks_plugin.organization.roles import Role

logger = logging.getLogger("paperless.vks.reminders")

_LEADERS = (Role.CHIEF_PROCURATOR, Role.DEPUTY_CHIEF_PROCURATOR)
WORKING = (Assignment.Role.PROSECUTOR_LEAD, Assignment.Role.PROSECUTOR, Assignment.Role.INSPECTOR)
"""Whose case it is: who only scans has no limits to keep."""
HORIZON = 10
"""Days before the end from which people are told: where the colour is no longer green."""
MOST_LINES = 100
"""Lines of one e-mail."""


def remind(today: dt.date | None = None) -> int:
    """Make a reminder for every limit that came into a nearer band since the last time; return how many were made.

    Whoever works on the case is told in every band but green; the leader in charge and the leaders of its office
    when it is orange or red; duties to send papers are left to the case page. Nobody is told of the same limit in the same band twice.
    """
    day = today or timezone.localdate()
    horizon = day + dt.timedelta(days=HORIZON)
    made: dict[int, list[DeadlineReminder]] = defaultdict(list)
    with transaction.atomic():
        near = CaseDeadline.objects.filter(is_duty=False, due_on__lte=horizon)
        due = [each for each in near.select_related("case") if band(each.due_on, day) != each.reminded_band]
        told = _people_by_case({each.case_id for each in due}, day)
        for each in due:
            each.reminded_band = band(each.due_on, day)
            everybody = told[each.case_id]
            people = everybody.working | (everybody.leading if each.reminded_band in {"orange", "red"} else set())
            for user_id in people:
                made[user_id].append(
                    DeadlineReminder(
                        user_id=user_id,
                        case_id=each.case_id,
                        accused_id=each.accused_id,
                        rule=each.rule,
                        due_on=each.due_on,
                        band=each.reminded_band,
                    )
                )
        DeadlineReminder.objects.bulk_create([row for rows in made.values() for row in rows], batch_size=500)
        CaseDeadline.objects.bulk_update(due, ["reminded_band"], batch_size=500)
    if configuration().reminder_email and host_sends_mail():
        for user in User.objects.filter(pk__in=made, is_active=True).exclude(email=""):
            _send(user, made[user.pk])
    return sum(len(rows) for rows in made.values())


class _Told:
    """Who is told of the limits of a case."""

    def __init__(self) -> None:
        self.working: set[int] = set()
        self.leading: set[int] = set()


def _people_by_case(cases: set[int], day: dt.date) -> dict[int, _Told]:
    found: dict[int, _Told] = defaultdict(_Told)
    rows = Assignment.objects.in_force(day).filter(case_id__in=cases, role__in=WORKING, user__is_active=True)
    for case_id, user_id in rows.values_list("case_id", "user_id"):
        found[case_id].working.add(user_id)
    leaders: dict[int, set[int]] = defaultdict(set)
    posts = Appointment.objects.in_force(day).filter(role__in=_LEADERS, user__is_active=True)
    for unit_id, user_id in posts.values_list("unit_id", "user_id"):
        leaders[unit_id].add(user_id)
    for pk, unit_id, in_charge in CaseFile.objects.filter(pk__in=cases).values_list(
        "pk", "unit_id", "leader_in_charge_id"
    ):
        found[pk].leading |= leaders[unit_id] | ({in_charge} if in_charge is not None else set())
    return found


def _send(user: User, rows: list[DeadlineReminder]) -> None:
    """Write one letter. It leaves the building: it names codes and limits, never people or what a case is about."""
    codes = dict(CaseFile.objects.filter(pk__in={row.case_id for row in rows}).values_list("pk", "code"))
    rules = deadline_rules()
    ordered = sorted(rows, key=lambda row: row.due_on)
    lines = [
        f"- {row.due_on:%d/%m/%Y}  {codes[row.case_id]}  {_(rules[row.rule].label) if row.rule in rules else row.rule}"
        for row in ordered[:MOST_LINES]
    ]
    if len(ordered) > MOST_LINES:
        lines.append(_("… và %(count)d thời hạn khác.") % {"count": len(ordered) - MOST_LINES})
    lines += ["", _("Xem cách tính từng thời hạn tại trang Thời hạn. Phần mềm chỉ cảnh báo, không kết luận quá hạn.")]
    try:
        send_mail(_("%(count)d thời hạn tố tụng sắp đến") % {"count": len(rows)}, "\n".join(lines), None, [user.email])
    except OSError as error:
        # the reminder itself is kept: it is shown in the DMS whether or not the letter went out
        logger.warning("reminder mail was not sent: %s", type(error).__name__)


def unread(user: User) -> QuerySet[DeadlineReminder]:
    """Return the reminders a person has not read, of cases the person may still read and limits that still run."""
    readable = visible_cases(user, at_least=Level.VIEW)
    rows = DeadlineReminder.objects.filter(user=user, read_at__isnull=True, case__in=readable.values("pk"))
    same = CaseDeadline.objects.filter(case_id=OuterRef("case_id"), rule=OuterRef("rule"), due_on=OuterRef("due_on"))
    return rows.filter(Exists(same)).select_related("case", "accused").order_by("due_on", "pk")


def mark_read(user: User, reminders: Iterable[int] | None = None) -> int:
    """Note that a person read these reminders, or all of them; return how many."""
    rows = DeadlineReminder.objects.filter(user=user, read_at__isnull=True)
    if reminders is not None:
        rows = rows.filter(pk__in=list(reminders))
    return rows.update(read_at=timezone.now())
