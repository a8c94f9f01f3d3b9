"""Offices and posts on their page."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from rest_framework.authtoken.models import Token

from tests.web.conftest import Page
from vks_plugin.cases.models import CaseFile
from vks_plugin.organization.models import Appointment, Department
from vks_plugin.organization.queries import display_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.api.conftest import Snapshot
    from tests.people import FiledCase
    from tests.web.conftest import SignIn
    from vks_plugin.organization.models import ProcuracyUnit

pytestmark = pytest.mark.django_db

ADDRESS = "/vks/organization/"


def test_a_chief_sees_the_own_office_and_those_below(units: dict[str, ProcuracyUnit], as_person: SignIn) -> None:
    own = as_person("chief_kv1").get(ADDRESS).content.decode()
    assert units["QN-KV1"].name in own
    assert units["QN-KV3"].name not in own
    assert "Phan Thị Sát" not in Page(as_person("chief_kv1").get(ADDRESS)).words
    for asker in ("chief_province", "admin_province"):
        words = Page(as_person(asker).get(ADDRESS)).words
        assert {unit.name for unit in units.values()} <= set(words)
        assert "Phan Thị Sát" in words


def test_the_link_stands_only_for_who_may_use_it(case: object, as_person: SignIn) -> None:
    for asker, shown in (("chief_kv1", True), ("admin_province", True), ("prosecutor_kv1", False), ("outsider", False)):
        assert (ADDRESS in Page(as_person(asker).get("/vks/")).links()) is shown, asker


def test_accounts_of_the_host_itself_are_nobody_s_colleague(people: dict[str, User], as_person: SignIn) -> None:
    User.objects.get_or_create(username="consumer")
    User.objects.get_or_create(username="AnonymousUser")
    words = as_person("chief_province").get(ADDRESS).content.decode()
    for account in ("(AnonymousUser)", "(consumer)", "(vks-records)", "(locked)"):
        assert account not in words
    assert "(outsider)" in words


def test_an_appointment_opens_the_door_at_once_and_its_end_closes_it(
    filed_case: FiledCase, people: dict[str, User], units: dict[str, ProcuracyUnit], as_person: SignIn
) -> None:
    chief, newcomer = as_person("chief_province"), as_person("outsider")
    address = f"/vks/cases/{filed_case.case.code}/"
    preview = f"/api/documents/{filed_case.documents[0].document_id}/preview/"
    assert newcomer.get(address).status_code == 404
    assert newcomer.get(preview).status_code in {403, 404}
    body = {
        "user": str(people["outsider"].pk),
        "unit": str(units["QN-KV1"].pk),
        "role": "deputy_chief_procurator",
        "starts_on": "",
        "ends_on": "",
    }
    answer = chief.post(ADDRESS, body, follow=True)
    assert "Đã ghi bổ nhiệm." in Page(answer).text
    assert "đang có người giữ" not in Page(answer).text
    assert newcomer.get(address).status_code == 200
    assert newcomer.get(preview).status_code == 200
    post = Appointment.objects.get(user=people["outsider"])
    assert post.starts_on == timezone.localdate()
    ended = chief.post(f"{ADDRESS}appointments/{post.pk}/end/", follow=True)
    assert "Đã chấm dứt bổ nhiệm." in Page(ended).text
    assert newcomer.get(address).status_code == 404
    assert newcomer.get(preview).status_code in {403, 404}
    assert chief.post(f"{ADDRESS}appointments/{post.pk}/end/").status_code == 409
    # a second head is told of, not refused; who only deputises is none, and is shown so among the readers
    until = f"{timezone.localdate() + dt.timedelta(days=9):%d/%m/%Y}"
    deputising = {"role": "chief_procurator", "capacity": "deputising", "ends_on": until}
    assert "đang có người giữ" not in Page(chief.post(ADDRESS, body | deputising, follow=True)).text
    section = Page(as_person("chief_kv1").get(f"{address}record/assignments/")).text
    words = "Viện trưởng đơn vị thụ lý"
    assert f"{words} (được ủy quyền khi người giữ chức danh vắng mặt, đến hết {until})" in section
    assert section.count(f"{words} (") == 1
    second = {"user": str(people["inspector_kv1"].pk), "role": "chief_procurator", "capacity": "regular"}
    told = Page(chief.post(ADDRESS, body | second, follow=True)).text
    assert f"đang có người giữ: {display_name(people['chief_kv1'])}." in told


def test_a_locked_account_is_out_at_once_and_its_leader_sees_what_stays_with_it(
    filed_case: FiledCase, people: dict[str, User], as_person: SignIn
) -> None:
    """A session that is open and a token that was given end with the account; posts, cases and papers stay its own."""
    who, chief = people["prosecutor_kv1"], as_person("chief_kv1")
    document = f"/api/documents/{filed_case.documents[0].document_id}/preview/"
    addresses = (f"/vks/cases/{filed_case.case.code}/", f"/api/vks/cases/{filed_case.case.code}/", document)
    signed_in, by_token = as_person("prosecutor_kv1"), Client(headers={"Authorization": "Token abc"})
    Token.objects.create(user=who, key="abc")
    assert [signed_in.get(each).status_code for each in addresses] == [200] * 3
    assert [by_token.get(each).status_code for each in addresses[1:]] == [200] * 2
    words = "tài khoản đã khóa"
    before = Page(chief.get(ADDRESS)).text.count(words)
    User.objects.filter(pk=who.pk).update(is_active=False)
    assert {signed_in.get(each).status_code for each in addresses} <= {302, 401, 403}
    assert {by_token.get(each).status_code for each in addresses[1:]} == {401}
    told = Page(chief.get(ADDRESS)).text
    assert told.count(words) == before + 1
    assert "vụ án vẫn giao cho người này" in told
    post = Appointment.objects.get(user=who, unit__code="QN-KV1")
    assert chief.post(f"{ADDRESS}appointments/{post.pk}/end/").status_code == 302
    assert Page(chief.get(ADDRESS)).text.count(words) == before


@pytest.mark.parametrize(
    ("change", "status", "field", "words"),
    [
        ({"user": ""}, 400, "user", "bắt buộc"),
        ({"role": "king"}, 400, "role", "king"),
        ({"role": ""}, 400, "role", "bắt buộc"),
        ({"starts_on": "xx"}, 400, "starts_on", "dd/mm/yyyy"),
        ({"starts_on": "02/03/2026", "ends_on": "01/03/2026"}, 400, "ends_on", "từ ngày bắt đầu"),
        ({"user": "{inspector}", "role": "inspector", "starts_on": "01/07/2025"}, 409, "role", "đã giữ chức danh"),
        ({"unit": "{other}"}, 400, "unit", ""),
    ],
)
def test_an_appointment_that_cannot_be_is_refused_at_its_field(
    change: dict[str, str],
    status: int,
    field: str,
    words: str,
    people: dict[str, User],
    units: dict[str, ProcuracyUnit],
    as_person: SignIn,
    snapshot: Callable[[], Snapshot],
) -> None:
    ids = {"inspector": people["inspector_kv1"].pk, "other": units["QN-KV3"].pk}
    body = {
        "user": str(people["outsider"].pk),
        "unit": str(units["QN-KV1"].pk),
        "role": "specialist",
        "starts_on": "",
        "ends_on": "",
    } | {name: value.format(**ids) for name, value in change.items()}
    before = snapshot()
    answer = as_person("chief_kv1").post(ADDRESS, body)
    page = Page(answer)
    assert answer.status_code == status
    assert page.error_at(field)
    assert words in page.error_at(field)
    assert {name: page.fields.get(name, "") for name in ("starts_on", "ends_on")} == {
        name: body[name] for name in ("starts_on", "ends_on")
    }
    assert snapshot() == before


def test_a_chief_ends_no_post_of_another_office(people: dict[str, User], as_person: SignIn) -> None:
    post = Appointment.objects.get(user=people["prosecutor_kv3"])
    assert as_person("chief_kv1").post(f"{ADDRESS}appointments/{post.pk}/end/").status_code == 404
    post.refresh_from_db()
    assert post.ended_at is None


def test_departments_stand_by_number_wherever_they_are_shown_or_chosen(
    case: CaseFile, units: dict[str, ProcuracyUnit], as_person: SignIn
) -> None:
    codes = ["P1", "P2", "P3A", "P10", "P11", "VP"]
    ordered = ["P1", "P2", "P10", "P11", "P3A", "VP"]
    for code in reversed(codes):
        Department.objects.create(unit=units["QN-KV1"], code=code, name=f"Phòng {code}")
    chief = as_person("chief_province")
    api = chief.get("/api/vks/departments/?unit=QN-KV1").json()["results"]
    assert [each["code"] for each in api] == ordered
    suggested = as_person("clerk_kv1").get("/vks/suggest/departments/", {"q": "Phòng"}).json()["results"]
    assert [each["value"].partition(" ")[0] for each in suggested] == ordered
    for shown in (
        chief.get("/vks/"),
        chief.get(ADDRESS),
        as_person("admin_province").get("/vks/organization/offices/QN-KV1/"),
    ):
        assert list(dict.fromkeys(re.findall(r"Phòng (V?P\w*)", shown.content.decode()))) == ordered
    # one that the office gave a place keeps it
    Department.objects.filter(code="VP").update(position=0)
    Department.objects.exclude(code="VP").update(position=5)
    found = Department.objects.filter(unit=units["QN-KV1"]).values_list("code", flat=True)
    assert list(found) == ["VP", *ordered[:-1]]
    # what is ordered by its department follows
    assert list(CaseFile.objects.order_by("department")) == [case]
