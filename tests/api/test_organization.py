"""Offices and appointments through the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import User
from django.test import TestCase

from tests.api.conftest import Snapshot
from tests.people import PASSWORD
from vks_plugin.access.tasks import write_of_leading_post
from vks_plugin.organization.models import Appointment, ProcuracyUnit

if TYPE_CHECKING:
    from tests.people import FiledCase

pytestmark = pytest.mark.django_db

FORM = {"user": "outsider", "unit": "QN-KV1", "role": "deputy_chief_procurator"}


def test_offices_of_a_day(people: Any, as_person: Any, units: dict[str, ProcuracyUnit]) -> None:
    ProcuracyUnit.objects.create(
        code="QN-HL",
        name="VKSND thành phố Hạ Long",
        short_name="Hạ Long",
        kind="district",
        parent=units["QN"],
        valid_from="2000-01-01",
        valid_to="2025-06-30",
    )
    client = as_person("outsider")

    def codes(query: str) -> list[str]:
        return [each["code"] for each in client.get(f"/api/vks/units/?{query}").json()["results"]]

    assert codes("on=2024-01-01") == ["QN-HL", "QN"]
    assert codes("on=2025-07-01") == ["QN", "QN-KV1", "QN-KV3"]
    assert codes("kind=regional") == ["QN-KV1", "QN-KV3"]
    assert client.get("/api/vks/units/?on=mai").status_code == 400
    assert client.get("/api/vks/units/QN-KV1/").json()["parent"] == "QN"
    assert client.get("/api/vks/units/QN-KV9/").status_code == 404
    assert [each["code"] for each in client.get("/api/vks/departments/?unit=QN").json()["results"]] == ["P1"]
    assert client.get("/api/vks/departments/?unit=QN-KV1").json()["count"] == 0


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize("path", ["document-types/", "document-types/CT/"])
def test_reference_data_is_read_only(method: str, path: str, people: Any, as_person: Any) -> None:
    assert getattr(as_person("admin_province"), method)(f"/api/vks/{path}", {}, format="json").status_code == 405


def test_an_appointment_opens_and_its_end_closes(filed_case: FiledCase, as_person: Any) -> None:
    newcomer, chief = as_person("outsider"), as_person("chief_kv1")
    document = f"/api/vks/documents/{filed_case.host_ids[0]}/"
    assert newcomer.get(document).status_code == 404
    made = chief.post("/api/vks/appointments/", FORM, format="json")
    assert made.status_code == 201, made.content.decode()
    assert newcomer.get(document).status_code == 200
    assert newcomer.get(f"/api/documents/{filed_case.host_ids[0]}/").status_code == 200
    again = chief.post("/api/vks/appointments/", FORM, format="json")
    assert (again.status_code, again.json()["field"]) == (409, "role")
    ended = chief.post(f"/api/vks/appointments/{made.json()['id']}/end/")
    assert ended.status_code == 200
    assert ended.json()["ended_at"]
    assert newcomer.get(document).status_code == 404
    assert newcomer.get(f"/api/documents/{filed_case.host_ids[0]}/").status_code in {403, 404}
    assert chief.post(f"/api/vks/appointments/{made.json()['id']}/end/").status_code == 409


@pytest.mark.parametrize(
    ("asker", "changes", "status", "field"),
    [
        ("chief_kv1", {"role": "king"}, 400, "role"),
        ("chief_kv1", {"user": "nobody"}, 400, "user"),
        ("chief_kv1", {"unit": "QN-KV9"}, 400, "unit"),
        ("chief_kv1", {"department": "P1"}, 400, "department"),
        ("chief_kv1", {"starts_on": "2026-05-02", "ends_on": "2026-05-01"}, 400, "ends_on"),
        ("chief_kv1", {"starts_on": "mai"}, 400, "starts_on"),
        ("chief_kv1", {"unit": "QN-KV3"}, 403, None),
        ("chief_kv1", {"unit": "QN"}, 403, None),
        ("deputy_kv1", {}, 403, None),
        ("clerk_kv1", {"user": "clerk_kv1"}, 403, None),
        ("admin_province", {"user": "admin_province", "role": "chief_procurator"}, 403, "user"),
    ],
)
def test_an_appointment_that_cannot_be_leaves_nothing(
    asker: str,
    changes: dict[str, str],
    status: int,
    field: str | None,
    people: Any,
    as_person: Any,
    snapshot: Callable[[], Snapshot],
) -> None:
    before = snapshot()
    answer = as_person(asker).post("/api/vks/appointments/", FORM | changes, format="json")
    assert (answer.status_code, answer.json().get("field")) == (status, field), answer.content.decode()
    assert snapshot() == before


def test_nobody_ends_a_post_before_it_began(people: Any, as_person: Any, snapshot: Callable[[], Snapshot]) -> None:
    post = Appointment.objects.get(user__username="inspector_kv1")
    before = snapshot()
    answer = as_person("chief_kv1").post(
        f"/api/vks/appointments/{post.pk}/end/", {"ends_on": "2020-01-01"}, format="json"
    )
    assert (answer.status_code, answer.json()["field"]) == (400, "ends_on")
    assert snapshot() == before


def test_appointments_are_told_by_office(people: Any, as_person: Any) -> None:
    def told(key: str, query: str = "page_size=100") -> set[str]:
        rows = as_person(key).get(f"/api/vks/appointments/?{query}").json()["results"]
        return {each["user"]["username"] for each in rows}

    office = {each.user.username for each in Appointment.objects.filter(unit__code="QN-KV3").select_related("user")}
    assert told("prosecutor_kv3") == office
    assert told("outsider") == set()
    assert told("chief_province") >= office
    assert told("chief_province", "unit=QN-KV3&role=records_clerk") == {"clerk_kv3"}
    assert told("chief_province", "user=clerk_kv1") == {"clerk_kv1"}
    assert told("chief_province", "in_force=false") == set()


def test_the_first_appointment_comes_from_the_hosts_superuser(people: Any, as_person: Any) -> None:
    User.objects.create_superuser("root", password=PASSWORD)
    people["root"] = User.objects.get(username="root")
    root = as_person("root")
    assert root.post("/api/vks/appointments/", FORM, format="json").status_code == 201
    # and being one opens no case
    assert root.get("/api/vks/cases/").json()["count"] == 0


def test_leaders_are_written_to_when_somebody_who_does_not_lead_gives_a_leading_post(
    people: dict[str, User], as_person: Any, settings: Any, mailoutbox: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.EMAIL_ENABLED = True
    for name, person in people.items():
        User.objects.filter(pk=person.pk).update(email=f"{name}@example.org")

    def told(by: str, **changes: str) -> set[str]:
        mailoutbox.clear()
        with TestCase.captureOnCommitCallbacks(execute=True):
            made = as_person(by).post("/api/vks/appointments/", FORM | changes, format="json")
        assert made.status_code == 201, made.content.decode()
        for letter in mailoutbox:
            assert "VKSND khu vực 1: chức danh Phó Viện trưởng" in letter.subject
            assert not any(name in letter.subject + letter.body for name in ("Ngoài", "outsider", "Máy", "admin"))
        return {letter.to[0].removesuffix("@example.org") for letter in mailoutbox}

    # neither who is locked, nor who got it, nor who gave it
    assert told("admin_province") == {"chief_kv1", "deputy_kv1", "chief_province", "deputy_province"}
    assert told("admin_province", role="specialist") == set()
    assert told("chief_kv1", user="inspector_kv1") == set()

    def unreachable(**_said: Any) -> None:
        raise OSError("no broker")

    # the letters are the worker's: nobody waits for a mail server, and the post is recorded without them
    monkeypatch.setattr(write_of_leading_post, "apply_async", unreachable)
    assert told("admin_province", user="prosecutor_kv1") == set()
