"""The list of cases: finding one again, page by page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.people import register
from tests.web.conftest import Page
from vks_plugin.access import actions as access
from vks_plugin.cases.actions import AccusedInput
from vks_plugin.cases.models import CaseFile
from vks_plugin.organization.models import Appointment
from vks_plugin.web.views.lists import PAGE_SIZE

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from tests.web.conftest import SignIn
    from vks_plugin.organization.models import ProcuracyUnit

pytestmark = pytest.mark.django_db

PART = {"HX-Request": "true"}


@pytest.fixture
def three(people: dict[str, User], units: dict[str, ProcuracyUnit], provisioned: None) -> dict[str, CaseFile]:
    """Return three cases of KV1 that differ in everything, and one of KV3 that resembles each of them."""
    clerk = people["clerk_kv1"]
    cases = {
        "theft": register(
            actor=clerk,
            unit=units["QN-KV1"],
            code="HS-TROM-1",
            name="Nguyễn Văn Ánh và đồng phạm – Trộm cắp tài sản",
            init_decision_no="101/QĐ-CSĐT",
            handled_at=dt.date(2026, 3, 1),
            accused=[AccusedInput("Nguyễn Văn Ánh"), AccusedInput("Đỗ Thị Ước")],
        ),
        "assault": register(
            actor=clerk,
            unit=units["QN-KV1"],
            code="HS-GAY-2",
            name="Trần Thị Bưởi – Cố ý gây thương tích",
            init_decision_no="102/QĐ-VPCQCSĐT",
            stage="truy_to",
            handled_at=dt.date(2026, 3, 2),
            accused=[AccusedInput("Trần Thị Bưởi")],
        ),
        "drugs": register(
            actor=clerk,
            unit=units["QN-KV1"],
            code="HS-MATUY-3",
            name="Lê Đức Đạt – Mua bán trái phép chất ma túy",
            init_decision_no="205/QĐ",
            stage="xet_xu_so_tham",
            handled_at=dt.date(2026, 3, 3),
            accused=[AccusedInput("Lê Đức Đạt")],
        ),
        "hidden": register(
            actor=people["clerk_kv3"],
            unit=units["QN-KV3"],
            code="HS-KV3-TROM",
            name="Nguyễn Văn Ánh, Trần Thị Bưởi, Lê Đức Đạt – 101, 102, 205",
            init_decision_no="101-102-205/QĐ",
            accused=[AccusedInput("Nguyễn Văn Ánh"), AccusedInput("Trần Thị Bưởi"), AccusedInput("Lê Đức Đạt")],
        ),
    }
    access.assign(actor=people["chief_kv1"], case=cases["assault"], user=people["clerk_kv1"], role="scan_operator")
    CaseFile.objects.filter(code="HS-MATUY-3").update(status="tam_dinh_chi")
    return cases


def codes(response: Any) -> list[str]:
    """Return the codes of the rows shown, in order."""
    prefix = "/vks/cases/"
    links = (link.split("?")[0] for link in Page(response).links())
    return [link.removeprefix(prefix).strip("/") for link in links if link.startswith(f"{prefix}HS")]


SEARCHES = {
    "HS-GAY-2": ["HS-GAY-2"],
    "hs-gay": ["HS-GAY-2"],
    "Nguyễn Văn Ánh": ["HS-TROM-1"],
    "nguyen van anh": ["HS-TROM-1"],
    "Anh Van Nguyen": ["HS-TROM-1"],
    "do thi uoc": ["HS-TROM-1"],
    "ĐỖ THỊ ƯỚC": ["HS-TROM-1"],
    "buoi": ["HS-GAY-2"],
    "101/QĐ-CSĐT": ["HS-TROM-1"],
    "102/qd": ["HS-GAY-2"],
    "205": ["HS-MATUY-3"],
    "ma tuy dat": ["HS-MATUY-3"],
    "qd": ["HS-MATUY-3", "HS-GAY-2", "HS-TROM-1"],
    "  ": ["HS-MATUY-3", "HS-GAY-2", "HS-TROM-1"],
    # every agency is a "cơ quan Cảnh sát điều tra": that is no answer to a name
    "canh sat": [],
    "2026-03-02": [],
    "không có ai": [],
    "%": [],
    "_": [],
    "KV3-TROM": [],
}


@pytest.mark.parametrize("text", SEARCHES)
def test_a_case_is_found_by_code_name_and_decision(text: str, three: dict[str, CaseFile], as_person: SignIn) -> None:
    client = as_person("clerk_kv1")
    for headers in ({}, PART):
        answer = client.get("/vks/", {"q": text}, headers=headers)
        assert answer.status_code == 200
        assert codes(answer) == SEARCHES[text]
        assert "HS-KV3-TROM" not in answer.content.decode()


def test_the_search_stays_in_its_field(three: dict[str, CaseFile], as_person: SignIn) -> None:
    page = Page(as_person("clerk_kv1").get("/vks/", {"q": "bưởi", "stage": "truy_to", "mine": "on"}))
    assert page.fields["q"] == "bưởi"
    assert page.fields["stage"] == "truy_to"
    assert page.fields["mine"] == "on"


@pytest.mark.parametrize(
    ("narrowed", "found"),
    [
        ({"stage": "truy_to"}, ["HS-GAY-2"]),
        ({"stage": "khoi_to"}, []),
        ({"status": "tam_dinh_chi"}, ["HS-MATUY-3"]),
        ({"unit": "QN-KV1"}, ["HS-MATUY-3", "HS-GAY-2", "HS-TROM-1"]),
        ({"mine": "on"}, ["HS-GAY-2"]),
        ({"mine": "on", "q": "anh"}, []),
        ({"q": "qd", "stage": "dieu_tra"}, ["HS-TROM-1"]),
        ({"order": "code"}, ["HS-GAY-2", "HS-MATUY-3", "HS-TROM-1"]),
        ({"order": "-code"}, ["HS-TROM-1", "HS-MATUY-3", "HS-GAY-2"]),
        ({"order": "handled_at"}, ["HS-TROM-1", "HS-GAY-2", "HS-MATUY-3"]),
        # what is not one of the columns changes nothing
        ({"order": "note"}, ["HS-MATUY-3", "HS-GAY-2", "HS-TROM-1"]),
        ({"order": "created_by__password"}, ["HS-MATUY-3", "HS-GAY-2", "HS-TROM-1"]),
    ],
)
def test_the_list_is_narrowed_and_ordered(
    narrowed: dict[str, str], found: list[str], three: dict[str, CaseFile], as_person: SignIn
) -> None:
    assert codes(as_person("clerk_kv1").get("/vks/", narrowed)) == found


def test_cases_nobody_leads_are_found_as_the_rows_tell_them(
    three: dict[str, CaseFile], people: dict[str, User], as_person: SignIn
) -> None:
    chief, clerk = as_person("chief_kv1"), as_person("clerk_kv1")

    def waiting(client: Client = chief) -> list[str]:
        answer = client.get("/vks/", {"needs_lead": "on", "order": "code"})
        assert Page(answer).fields["needs_lead"] == "on"
        return codes(answer)

    def lead(case: str, who: str, role: str = "prosecutor_lead", **days: dt.date) -> None:
        access.assign(actor=people["chief_kv1"], case=three[case], user=people[who], role=role, **days)

    assert waiting() == waiting(clerk) == ["HS-GAY-2", "HS-MATUY-3", "HS-TROM-1"]
    assert "HS-KV3-TROM" in waiting(as_person("chief_province"))
    today = timezone.localdate()
    lead("theft", "prosecutor_kv1")
    # who prosecutes beside a lead, or leads from tomorrow on, leads nothing today
    lead("assault", "prosecutor_kv1", "prosecutor")
    lead("drugs", "other_prosecutor_kv1", starts_on=today + dt.timedelta(days=1))
    assert waiting() == waiting(clerk) == ["HS-GAY-2", "HS-MATUY-3"]
    # of the office above
    lead("assault", "chief_province")
    assert waiting() == ["HS-MATUY-3"]
    post = Appointment.objects.filter(user=people["prosecutor_kv1"])
    post.update(ended_at=timezone.now())
    assert waiting() == ["HS-MATUY-3", "HS-TROM-1"]
    row = Page(chief.get("/vks/", {"q": "HS-TROM-1"})).text
    assert "đã thôi giữ chức vụ" in row
    # while somebody stands in, the case has a lead, and the row names that person
    lead("theft", "deputy_kv1", ends_on=today)
    assert waiting() == ["HS-MATUY-3"]
    row = Page(chief.get("/vks/", {"q": "HS-TROM-1"})).text
    assert "Hoàng Thị Ngân" in row
    assert "đã thôi giữ chức vụ" not in row
    assert "Hoàng Thị Ngân" in Page(chief.get("/vks/cases/HS-TROM-1/")).text
    assert "cần phân công lại" not in Page(chief.get("/vks/cases/HS-TROM-1/")).text
    people["deputy_kv1"].is_active = False
    people["deputy_kv1"].save()
    assert waiting() == ["HS-MATUY-3", "HS-TROM-1"]
    # what the archive has, and what was disposed of, waits for nobody
    CaseFile.objects.filter(code="HS-MATUY-3").update(status="da_nop_luu")
    CaseFile.objects.filter(code="HS-TROM-1").update(destroyed_at=timezone.now())
    assert waiting() == []
    CaseFile.objects.filter(code="HS-MATUY-3").update(status="tam_dinh_chi", archived_at=timezone.now())
    assert waiting() == []


def test_only_offices_with_cases_one_may_know_of_are_offered(
    three: dict[str, CaseFile], units: dict[str, ProcuracyUnit], as_person: SignIn
) -> None:
    assert units["QN-KV3"].name not in as_person("clerk_kv1").get("/vks/").content.decode()
    assert units["QN-KV3"].name in as_person("chief_province").get("/vks/").content.decode()


def test_an_office_one_may_not_know_cases_of_is_no_filter(three: dict[str, CaseFile], as_person: SignIn) -> None:
    answer = as_person("clerk_kv1").get("/vks/", {"unit": "QN-KV3"})
    nowhere = as_person("clerk_kv1").get("/vks/", {"unit": "QN-KV99"})
    assert codes(answer) == codes(nowhere)
    assert Page(answer).error_at("unit") == Page(nowhere).error_at("unit") != ""


def test_the_first_accused_and_the_lead_stand_in_the_row(
    three: dict[str, CaseFile], people: dict[str, User], as_person: SignIn
) -> None:
    access.assign(actor=people["chief_kv1"], case=three["theft"], user=people["prosecutor_kv1"], role="prosecutor_lead")
    words = Page(as_person("clerk_kv1").get("/vks/", {"q": "trom"})).words
    row = words[words.index("HS-TROM-1") :]
    assert row[:9] == [
        "HS-TROM-1",
        "Nguyễn Văn Ánh và đồng phạm – Trộm cắp tài sản",
        "Nguyễn Văn Ánh",
        "Trộm cắp tài sản",
        "Điều tra",
        "VKSND khu vực 1",
        "Đỗ Hữu Ước",
        "01/03/2026",
        "0",
    ]


def test_an_empty_list_says_what_to_do(three: dict[str, CaseFile], as_person: SignIn) -> None:
    nothing = Page(as_person("clerk_kv1").get("/vks/", {"q": "không có ai"}))
    assert "Không có vụ án nào khớp." in nothing.text
    assert "Bỏ lọc" in nothing.text
    registers = Page(as_person("prosecutor_kv1").get("/vks/"))
    assert "Đăng ký vụ án đầu tiên" in registers.text
    waits = Page(as_person("statistics_province").get("/vks/"))
    assert "Lãnh đạo đơn vị phân công thì vụ án sẽ hiện ở đây." in waits.text
    assert "Đăng ký vụ án" not in waits.text


@pytest.fixture
def many(people: dict[str, User], units: dict[str, ProcuracyUnit], provisioned: None) -> int:
    """Make two pages of cases and one more; return how many there are."""
    number = 2 * PAGE_SIZE + 1
    for each in range(number):
        register(actor=people["clerk_kv1"], unit=units["QN-KV1"], code=f"HS-{each:03d}", name=f"Vụ số {each:03d}")
    return number


def test_pages_hold_every_case_once(many: int, as_person: SignIn) -> None:
    client = as_person("clerk_kv1")
    pages = [codes(client.get("/vks/", {"page": str(page), "order": "code"})) for page in (1, 2, 3)]
    assert [len(page) for page in pages] == [PAGE_SIZE, PAGE_SIZE, 1]
    assert [code for page in pages for code in page] == [f"HS-{each:03d}" for each in range(many)]
    assert f"{many} vụ án" in Page(client.get("/vks/")).text
    # the many have the same day: their order must not change from page to page
    assert {code for page in (1, 2, 3) for code in codes(client.get("/vks/", {"page": page}))} == {
        code for page in pages for code in page
    }


def test_turning_a_page_keeps_what_was_searched(many: int, as_person: SignIn) -> None:
    client = as_person("clerk_kv1")
    first = client.get("/vks/", {"q": "vụ số", "order": "-code"})
    onward = next(link for link in Page(first).links() if "page=2" in link)
    second = client.get(f"/vks/{onward}")
    assert codes(first)[0] == f"HS-{many - 1:03d}"
    assert codes(second)[0] == f"HS-{many - 1 - PAGE_SIZE:03d}"
    assert Page(second).fields["q"] == "vụ số"
    back = next(link for link in Page(second).links() if "page=1" in link)
    assert codes(client.get(f"/vks/{back}")) == codes(first)


def test_a_page_that_is_none_shows_one_that_is(many: int, as_person: SignIn) -> None:
    client = as_person("clerk_kv1")
    for page, shown in (("0", 3), ("-1", 3), ("99", 3), ("abc", 1), ("", 1), ("9" * 30, 3), ("1e3", 1)):
        answer = client.get("/vks/", {"page": page})
        assert answer.status_code == 200, page
        assert f"{shown}/3" in Page(answer).words, page


@pytest.fixture
def queries() -> Callable[[Client, str], int]:
    """Return a function that counts the queries of a page, after whatever is looked up once a day."""

    def count(client: Client, address: str) -> int:
        client.get(address)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    return count


def test_the_list_costs_the_same_for_one_case_and_for_three(
    people: dict[str, User],
    units: dict[str, ProcuracyUnit],
    provisioned: None,
    as_person: SignIn,
    queries: Callable[[Client, str], int],
) -> None:
    client = as_person("chief_kv1")

    def another(lead: str) -> None:
        made = register(actor=people["clerk_kv1"], unit=units["QN-KV1"], digitise_myself=True)
        access.assign(actor=people["chief_kv1"], case=made, user=people[lead], role="prosecutor_lead")

    another("prosecutor_kv1")
    one = queries(client, "/vks/")
    another("other_prosecutor_kv1")
    another("deputy_kv1")
    assert len(codes(client.get("/vks/"))) == 3
    assert queries(client, "/vks/") == one
    # the bar asks leaders what waits for them: requests, hand-overs, loans, alarms, disposals, limits, offices taken over
    assert one < 35
