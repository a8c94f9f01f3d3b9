"""Reminders of time limits: who is told, when, once only, and nothing of cases one may not read."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from django.core import mail
from django.test import override_settings

from vks_plugin.access import actions as access
from vks_plugin.access.models import DeadlineReminder
from vks_plugin.access.reminders import mark_read, remind, unread
from vks_plugin.cases.models import Assignment, CaseDeadline, CaseFile

if TYPE_CHECKING:
    from django.contrib.auth.models import User

pytestmark = pytest.mark.django_db

RECEIVED = dt.date(2026, 5, 22)


@pytest.fixture
def limit(case: CaseFile, people: dict[str, User]) -> CaseDeadline:
    """Return the limit to decide on prosecution of a case received on 22 May 2026: serious crime, 20 days."""
    lead = people["prosecutor_kv1"]
    Assignment.objects.filter(case=case).update(starts_on=dt.date(2026, 3, 5))
    for person in case.accused.all():
        from vks_plugin.cases.actions import ChargeInput

        access.charge(actor=lead, case=case, accused=person, given=ChargeInput(text="173.1"))
    access.record_event(actor=lead, case=case, event="nhan_ho_so", happened_on=RECEIVED)
    return CaseDeadline.objects.get(case=case, rule="truy_to")


def told() -> dict[str, str]:
    """Return who has which band unread."""
    return {row.user.username: row.band for row in DeadlineReminder.objects.filter(read_at__isnull=True)}


def test_the_limit_is_kept_with_its_arithmetic(limit: CaseDeadline) -> None:
    assert limit.due_on == dt.date(2026, 6, 11)
    assert "22/05/2026 + 20 ngày = 11/06/2026" in limit.arithmetic
    assert limit.article == "Điều 240 khoản 1"
    assert not limit.is_duty


def test_people_are_told_as_the_day_draws_near_and_once(limit: CaseDeadline) -> None:
    assert remind(dt.date(2026, 5, 31)) == 0
    assert remind(dt.date(2026, 6, 1)) == 1
    assert told() == {"prosecutor_kv1": "yellow"}
    assert remind(dt.date(2026, 6, 2)) == 0
    # from five days on, the leaders of the office too
    assert remind(dt.date(2026, 6, 6)) == 3
    assert {name for name, band in told().items() if band == "orange"} == {
        "prosecutor_kv1",
        "chief_kv1",
        "deputy_kv1",
    }
    assert remind(dt.date(2026, 6, 12)) == 3


def test_a_limit_that_ended_is_not_reminded_of(limit: CaseDeadline, people: dict[str, User]) -> None:
    remind(dt.date(2026, 6, 1))
    assert unread(people["prosecutor_kv1"]).count() == 1
    access.record_event(
        actor=people["prosecutor_kv1"], case=limit.case, event="cao_trang", happened_on=dt.date(2026, 6, 2), number="1"
    )
    assert unread(people["prosecutor_kv1"]).count() == 0
    remind(dt.date(2026, 6, 11))
    assert not DeadlineReminder.objects.filter(rule="truy_to", band__in=["orange", "red"]).exists()


def test_who_left_the_case_reads_no_reminder_of_it(limit: CaseDeadline, people: dict[str, User]) -> None:
    remind(dt.date(2026, 6, 1))
    assignment = Assignment.objects.get(user=people["prosecutor_kv1"])
    access.end_assignment(actor=people["chief_kv1"], assignment=assignment)
    assert not unread(people["prosecutor_kv1"]).exists()


def test_reading_is_ones_own_affair(limit: CaseDeadline, people: dict[str, User]) -> None:
    remind(dt.date(2026, 6, 6))
    mine = unread(people["prosecutor_kv1"]).get()
    assert mark_read(people["chief_kv1"], [mine.pk]) == 0
    assert mark_read(people["prosecutor_kv1"], [mine.pk]) == 1
    assert not unread(people["prosecutor_kv1"]).exists()
    assert unread(people["chief_kv1"]).count() == 1


def test_letters_name_no_person_and_only_go_where_the_host_sends_any(
    limit: CaseDeadline, people: dict[str, User]
) -> None:
    person = people["prosecutor_kv1"]
    person.email = "uoc@example.invalid"
    person.save()
    with override_settings(EMAIL_ENABLED=False):
        remind(dt.date(2026, 6, 1))
    assert mail.outbox == []
    with override_settings(EMAIL_ENABLED=True):
        remind(dt.date(2026, 6, 6))
    letter = mail.outbox[0]
    assert [each.to for each in mail.outbox] == [["uoc@example.invalid"]]
    assert limit.case.code in letter.body
    assert "11/06/2026" in letter.body
    for secret in ("Nguyễn Văn Ánh", "Trộm cắp", limit.case.name):
        assert secret not in f"{letter.subject} {letter.body}"


def test_the_api_tells_ones_own(limit: CaseDeadline, people: dict[str, User]) -> None:
    from rest_framework.test import APIClient

    remind(dt.date(2026, 6, 1))
    answers: dict[str, Any] = {}
    for name in ("prosecutor_kv1", "chief_kv1", "prosecutor_kv3"):
        client = APIClient()
        client.force_login(people[name])
        answers[name] = client.get("/api/vks/reminders/").json()
    assert [answers[name]["count"] for name in answers] == [1, 0, 0]
    assert answers["prosecutor_kv1"]["results"][0]["limit"] == "Quyết định việc truy tố"
