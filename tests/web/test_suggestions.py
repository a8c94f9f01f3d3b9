"""What fields offer while one types: the lists, and that none of them tells of what the asker may not see."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.people import register
from vks_plugin.access import actions as access
from vks_plugin.cases.models import CaseFile
from vks_plugin.organization.models import Department
from vks_plugin.web.suggestions import ETHNIC_GROUPS, MOST, NATIONALITIES, SOURCES

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.test import Client

    from tests.web.conftest import SignIn
    from vks_plugin.organization.models import ProcuracyUnit

pytestmark = pytest.mark.django_db


def offered(client: Client, what: str, typed: str = "", **about: str) -> list[str]:
    answer = client.get(f"/vks/suggest/{what}/", {"q": typed, **about})
    assert answer.status_code == 200, what
    assert answer["Content-Type"] == "application/json"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "private, no-store"
    rows: list[dict[str, Any]] = answer.json()["results"]
    return [row["value"] for row in rows]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("173.2", "Điều 173 khoản 2 – Tội trộm cắp tài sản (tội phạm nghiêm trọng)"),
        ("trom cap tai san", "Điều 173 khoản 1 – Tội trộm cắp tài sản (tội phạm ít nghiêm trọng)"),
        ("Trộm cắp tài sản khoản 3", "Điều 173 khoản 3 – Tội trộm cắp tài sản (tội phạm rất nghiêm trọng)"),
    ],
)
def test_a_charge_is_offered_by_number_or_words(typed: str, first: str, people: Any, as_person: SignIn) -> None:
    client = as_person("clerk_kv1")
    assert offered(client, "charges", typed)[0] == first
    assert offered(client, "charges", "") == []
    # what a case is named after comes along
    assert client.get("/vks/suggest/charges/", {"q": "173.2"}).json()["results"][0]["short"] == "Trộm cắp tài sản"


@pytest.mark.parametrize("day", ["01/03/2019", "2019-03-01", "không rõ", "01/01/1990"])
def test_a_charge_is_offered_whatever_the_day_of_the_crime(day: str, people: Any, as_person: SignIn) -> None:
    assert offered(as_person("clerk_kv1"), "charges", "173.1", crime_date=day)


def test_agencies_and_courts_are_those_of_cases_one_may_know_of(
    case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit], as_person: SignIn
) -> None:
    CaseFile.objects.filter(pk=case.pk).update(
        init_decision_agency="Công an phường Bãi Cháy",
        investigation_agency="Cơ quan điều tra Hình sự khu vực 1",
        court="Tòa án nhân dân khu vực 1",
    )
    register(actor=people["clerk_kv3"], unit=units["QN-KV3"], init_decision_agency="Công an phường Cửa Ông")
    prosecutor = as_person("prosecutor_kv1")
    assert offered(prosecutor, "agencies", "cong an") == ["Công an phường Bãi Cháy"]
    assert offered(prosecutor, "agencies", "dieu tra hinh su") == ["Cơ quan điều tra Hình sự khu vực 1"]
    assert offered(prosecutor, "courts", "khu vuc 1") == ["Tòa án nhân dân khu vực 1"]
    # who may only know of a case learns what its head says and no more
    clerk = as_person("clerk_kv1")
    assert offered(clerk, "agencies") == ["Công an phường Bãi Cháy"]
    assert offered(clerk, "courts") == []
    assert offered(as_person("clerk_kv3"), "agencies") == ["Công an phường Cửa Ông"]
    assert offered(as_person("outsider"), "agencies") == []
    assert len(offered(as_person("chief_province"), "agencies", "cong an phuong")) == 2


def test_a_restricted_case_lends_its_agency_to_nobody_new(case: CaseFile, as_person: SignIn) -> None:
    CaseFile.objects.filter(pk=case.pk).update(init_decision_agency="Cơ quan kín", confidentiality="han_che_noi_bo")
    assert offered(as_person("prosecutor_kv1"), "agencies", "kin") == ["Cơ quan kín"]
    for stranger in ("clerk_kv1", "chief_province"):
        assert offered(as_person(stranger), "agencies", "kin") == []


def test_people_are_those_of_the_office_meant(case: CaseFile, as_person: SignIn) -> None:
    leader = as_person("chief_kv1")
    assert offered(leader, "people", "do huu") == ["Đỗ Hữu Ước (prosecutor_kv1)"]
    # an office one has no post in offers nobody, whatever is asked; nor does a locked account
    assert offered(leader, "people", "phan thi", unit="QN-KV3") == []
    assert offered(leader, "people", "(locked)") == []
    # for a case, leaders of the office above too
    assert offered(leader, "people", "pham quoc", case=case.code) == ["Phạm Quốc Thịnh (chief_province)"]
    # who may not edit the case is offered nobody; who may not know of it, not even that it is there
    assert offered(as_person("clerk_kv1"), "people", "", case=case.code) == []
    for what in ("people", "departments"):
        for code in (case.code, "HS-KHONG-CO"):
            assert as_person("clerk_kv3").get(f"/vks/suggest/{what}/", {"case": code}).status_code == 404
    assert offered(as_person("outsider"), "people") == []


def test_units_and_departments_are_those_one_registers_in(
    people: dict[str, User], units: dict[str, ProcuracyUnit], as_person: SignIn
) -> None:
    Department.objects.create(unit=units["QN-KV1"], code="P9", name="Phòng 9")
    assert offered(as_person("clerk_kv1"), "units") == ["QN-KV1 – VKSND khu vực 1"]
    assert offered(as_person("clerk_kv1"), "departments") == ["P9 – Phòng 9"]
    assert offered(as_person("clerk_kv3"), "departments") == []
    assert offered(as_person("outsider"), "units") == []


def test_cases_are_those_one_may_know_of(
    case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit], as_person: SignIn
) -> None:
    theirs = register(actor=people["clerk_kv3"], unit=units["QN-KV3"], name="Nguyễn Văn Ánh – Vụ khác")
    prosecutor = as_person("prosecutor_kv1")
    assert offered(prosecutor, "cases", "nguyen van anh") == [f"{case.code} – {case.name}"]
    assert offered(prosecutor, "cases", theirs.code) == []
    assert offered(prosecutor, "cases", "") == []
    # a case is not related to itself
    assert offered(prosecutor, "cases", "nguyen van anh", case=case.code) == []
    assert len(offered(as_person("chief_province"), "cases", "nguyen van anh")) == 2


def test_lists_that_do_not_depend_on_cases(people: Any, as_person: SignIn) -> None:
    client = as_person("outsider")
    assert offered(client, "ethnicities", "tay") == ["Tày"]
    assert offered(client, "nationalities", "viet")[0] == "Việt Nam"
    assert len(set(ETHNIC_GROUPS)) == len(ETHNIC_GROUPS) == 54
    assert len(set(NATIONALITIES)) == len(NATIONALITIES)
    assert len(offered(client, "ethnicities")) == MOST


@pytest.mark.parametrize("typed", ["lenh tam giam", "Lệnh tạm giam", "ltg", "LỆNH TẠM  GIAM"])
def test_a_kind_of_paper_is_offered_with_or_without_accents(
    typed: str, people: Any, as_person: SignIn, every_type: None
) -> None:
    client = as_person("prosecutor_kv1")
    assert offered(client, "types", typed)[0] == "LTG – Lệnh tạm giam"
    assert offered(client, "types", typed, part="hsks") == []
    assert offered(client, "types", typed, part="hsva") == offered(client, "types", typed, part="gì đó")


@pytest.fixture
def every_type() -> None:
    call_command("loaddata", "document_types", verbosity=0)


@pytest.mark.parametrize("what", sorted(SOURCES))
def test_whatever_is_typed_is_answered(what: str, case: CaseFile, as_person: SignIn) -> None:
    client = as_person("prosecutor_kv1")
    for typed in ("", "x" * 5000, "%", "'; DROP", "<b>", "Điều " * 200):
        assert len(offered(client, what, typed)) <= MOST
    assert client.get(f"/vks/suggest/{what}/", {"q": "\x00"}).status_code == 400
    assert client.post(f"/vks/suggest/{what}/", {"q": "a"}).status_code == 405


def test_a_list_that_is_none_is_not_there(people: Any, as_person: SignIn) -> None:
    assert as_person("prosecutor_kv1").get("/vks/suggest/no-such-list/").status_code == 404


@pytest.mark.parametrize("what", ["agencies", "courts", "cases", "people"])
def test_a_list_costs_the_same_for_three_cases_as_for_one(
    what: str, case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit], as_person: SignIn
) -> None:
    client = as_person("prosecutor_kv1")

    def cost() -> int:
        offered(client, what, "a")
        with CaptureQueriesContext(connection) as captured:
            offered(client, what, "a")
        return len(captured)

    one = cost()
    for number in (2, 3):
        other = register(
            actor=people["clerk_kv1"],
            unit=units["QN-KV1"],
            init_decision_agency=f"Công an phường số {number}",
            court=f"Tòa án số {number}",
            init_decision_date=dt.date(2026, 2, number),
        )
        access.assign(actor=people["chief_kv1"], case=other, user=people["prosecutor_kv1"], role="prosecutor_lead")
    assert cost() == one
