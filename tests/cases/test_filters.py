"""Narrowing and ordering a list of cases: on the pages and in the API alike, and never a way to learn more."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from rest_framework.test import APIClient

from tests.people import register
from tests.web.conftest import Page, as_person
from tests.web.test_list import codes
from vks_plugin.access import actions as access
from vks_plugin.access.case_lists import CasePaginator, listed, ordered
from vks_plugin.access.queries import visible_cases
from vks_plugin.access.saved_filters import MOST_FILTERS, save_filter
from vks_plugin.cases.actions import AccusedInput, ChargeInput
from vks_plugin.cases.models import CaseDeadline, CaseFile, SavedFilter
from vks_plugin.errors import Conflict
from vks_plugin.organization.models import Department

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from tests.web.conftest import SignIn
    from vks_plugin.organization.models import ProcuracyUnit

__all__ = ["as_person"]

pytestmark = pytest.mark.django_db

TODAY = dt.date(2026, 5, 4)
PAGES = "/vks/"
API = "/api/vks/cases/"


@pytest.fixture(autouse=True)
def a_day_that_stands_still() -> Iterator[None]:
    """Stop the clock before anything is made."""
    with time_machine.travel(dt.datetime(2026, 5, 4, 3, tzinfo=dt.UTC), tick=False):
        yield


@pytest.fixture
def cases(people: dict[str, User], units: dict[str, ProcuracyUnit], provisioned: None) -> dict[str, CaseFile]:
    """Return cases of KV1 that differ in everything a filter asks for, a civil one, and a twin of each in KV3."""
    department = Department.objects.create(unit=units["QN-KV1"], code="T1", name="Tổ 1")
    leader = people["chief_kv1"]

    def made(code: str, charge: str, due: int | None, **fields: Any) -> CaseFile:
        accused = [AccusedInput(f"Người {code}", 1990, "nam", [ChargeInput(text=charge, name="Trộm cắp")])]
        case = register(
            actor=leader, unit=units["QN-KV1"], code=f"HS-{code}", name=f"Vụ {code}", accused=accused, **fields
        )
        CaseDeadline.objects.filter(case=case).delete()
        if due is not None:
            day = TODAY + dt.timedelta(days=due)
            CaseDeadline.objects.create(
                case=case, rule="dieu_tra", starts_on=case.handled_at, due_on=day, arithmetic="…", article="Điều 172"
            )
        CaseFile.objects.filter(pk=case.pk).update(next_due_on=None if due is None else TODAY + dt.timedelta(days=due))
        return case

    found = {
        "A": made("A", "173.2", -1, department=department, handled_at=dt.date(2026, 1, 1), is_key_case=True),
        "B": made("B", "173.1", 5, handled_at=dt.date(2026, 2, 1), is_key_case=True, is_corruption=True),
        "C": made("C", "249.1", 10, handled_at=dt.date(2026, 3, 1), stage="truy_to"),
        "D": made("D", "123.1", 11, handled_at=dt.date(2026, 4, 1)),
        "E": made("E", "138.2", None, handled_at=dt.date(2026, 4, 2), crime_date=dt.date(2015, 1, 1)),
    }
    register(
        actor=leader,
        unit=units["QN-KV1"],
        code="HS-F",
        name="Vụ F",
        kind="civil",
        accused=[],
        details={"legal_relation": "Vay tài sản"},
        handled_at=dt.date(2026, 4, 3),
    )
    CaseFile.objects.filter(code="HS-F").update(next_due_on=None)
    CaseDeadline.objects.filter(case__code="HS-F").delete()
    access.assign(actor=leader, case=found["B"], user=people["prosecutor_kv1"], role="prosecutor_lead")
    access.assign(actor=leader, case=found["C"], user=people["other_prosecutor_kv1"], role="prosecutor_lead")
    hidden = register(
        actor=people["chief_kv3"],
        unit=units["QN-KV3"],
        code="HS-Z",
        is_key_case=True,
        is_corruption=True,
        accused=[AccusedInput("Người Z", 1990, "nam", [ChargeInput(text="173.2")])],
        handled_at=dt.date(2026, 2, 2),
    )
    CaseFile.objects.filter(pk=hidden.pk).update(next_due_on=TODAY)
    return found


FILTERS: dict[str, str] = {
    "kind=civil": "F",
    "kind=criminal": "ABCDE",
    "stage=truy_to": "C",
    "unit=QN-KV1": "ABCDEF",
    "department=T1": "A",
    "department=t1": "A",
    "department=P1": "",
    "crime_class=B": "AC",
    "crime_class=D": "D",
    "charge=173": "AB",
    "charge=173.2": "A",
    "charge=kho%E1%BA%A3n+1+%C4%90i%E1%BB%81u+173": "B",
    "charge=249": "C",
    "charge=trom+cap": "AB",
    "charge=Tr%E1%BB%99m+c%E1%BA%AFp": "ABE",
    "charge=gi%E1%BA%BFt+ng%C6%B0%E1%BB%9Di": "D",
    "charge=138": "E",
    "charge=xyz": "",
    "flags=is_key_case": "AB",
    "flags=is_key_case&flags=is_corruption": "B",
    "lead=prosecutor_kv1": "B",
    "lead=chief_kv3": "",
    "lead=nobody": "",
    "handled_from=01/02/2026&handled_to=01/03/2026": "BC",
    "handled_from=2026-04-02": "EF",
    "band=red": "A",
    "band=orange": "B",
    "band=yellow": "C",
    "band=green": "D",
    "due_within=0": "A",
    "due_within=5": "AB",
    "due_within=3650": "ABCD",
    "q=vu&charge=173&flags=is_key_case&due_within=4": "A",
}


@pytest.mark.parametrize("query", FILTERS)
def test_every_filter_finds_the_same_on_the_page_and_in_the_api(
    query: str, cases: dict[str, CaseFile], as_person: SignIn, people: dict[str, User]
) -> None:
    expected = [f"HS-{letter}" for letter in FILTERS[query]]
    page = as_person("chief_kv1").get(f"{PAGES}?{query}&order=code")
    assert codes(page) == expected
    client = APIClient()
    client.force_login(people["chief_kv1"])
    answer = client.get(f"{API}?{query}&ordering=code").json()
    assert [row["code"] for row in answer["results"]] == expected
    assert answer["count"] == len(expected)


@pytest.mark.parametrize(
    "query", ["crime_class=B", "charge=173", "flags=is_key_case", "band=red", "due_within=3650", "charge=trom"]
)
def test_who_only_knows_of_cases_finds_none_by_what_is_in_them(
    query: str, cases: dict[str, CaseFile], as_person: SignIn, people: dict[str, User]
) -> None:
    clerk = as_person("clerk_kv1")
    assert len(codes(clerk.get(PAGES))) == 6
    assert codes(clerk.get(f"{PAGES}?{query}")) == []
    client = APIClient()
    client.force_login(people["clerk_kv1"])
    assert client.get(f"{API}?{query}").json()["count"] == 0
    # of the one that is read, it is found
    access.assign(actor=people["chief_kv1"], case=cases["A"], user=people["clerk_kv1"], role="scan_operator")
    assert codes(clerk.get(f"{PAGES}?{query}")) == ["HS-A"]


def test_time_limits_are_told_and_ordered_for_readers_alone(
    cases: dict[str, CaseFile], as_person: SignIn, people: dict[str, User]
) -> None:
    leader, clerk = as_person("chief_kv1"), as_person("clerk_kv1")
    assert codes(leader.get(f"{PAGES}?order=due"))[:4] == ["HS-A", "HS-B", "HS-C", "HS-D"]
    words = Page(leader.get(f"{PAGES}?q=vu+a")).words
    assert words[words.index("03/05/2026") + 1] == "đã qua 1 ngày"
    assert "03/05/2026" not in Page(clerk.get(f"{PAGES}?q=vu+a")).words
    by_limit = codes(clerk.get(f"{PAGES}?order=due"))
    CaseFile.objects.filter(code="HS-D").update(next_due_on=TODAY - dt.timedelta(days=90))
    assert codes(clerk.get(f"{PAGES}?order=due")) == by_limit
    assert codes(leader.get(f"{PAGES}?order=due"))[0] == "HS-D"
    told = listed(people["clerk_kv1"], list(CaseFile.objects.filter(code="HS-A")))
    assert [each.next_deadline for each in told.values()] == [None]


@pytest.mark.parametrize(
    "query", ["handled_from=hôm+qua", "due_within=-1", "due_within=99999", "band=blue", "flags=note", "kind=x"]
)
def test_what_a_filter_does_not_understand_it_says(
    query: str, cases: dict[str, CaseFile], as_person: SignIn, people: dict[str, User]
) -> None:
    field = query.partition("=")[0]
    page = Page(as_person("chief_kv1").get(f"{PAGES}?{query}"))
    assert page.error_at(field) != ""
    client = APIClient()
    client.force_login(people["chief_kv1"])
    assert client.get(f"{API}?{query}").status_code == 400


def test_headings_tell_the_order_and_turn_it_round(cases: dict[str, CaseFile], as_person: SignIn) -> None:
    page = Page(as_person("chief_kv1").get(f"{PAGES}?order=name&stage=dieu_tra"))
    [heading] = [attributes for tag, attributes in page.elements if tag == "th" and "aria-sort" in attributes]
    assert heading["aria-sort"] == "ascending"
    assert "?stage=dieu_tra&order=-name" in page.links()


@pytest.mark.parametrize("order", ["code", "-name", "-handled_at", "stage", "unit", "-due"])
@pytest.mark.parametrize("few", [0, 2000])
def test_pages_are_those_of_a_plain_list(
    order: str, few: int, cases: dict[str, CaseFile], people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CasePaginator, "few", few)
    user = people["chief_kv1"]
    rows = ordered(visible_cases(user), order, user)
    plain = [case.pk for case in rows]
    assert len(plain) == 6
    pages = CasePaginator(rows, 2)
    assert pages.count == 6
    assert [case.pk for number in pages.page_range for case in pages.page(number)] == plain
    assert [len(CasePaginator(rows, 4).page(number)) for number in (1, 2)] == [4, 2]


# --- filters people keep


def test_a_filter_is_kept_applied_and_deleted(cases: dict[str, CaseFile], as_person: SignIn) -> None:
    client = as_person("chief_kv1")
    kept = client.post(
        "/vks/filters/", {"name": " Án  điểm ", "query": "flags=is_key_case&order=code&page=3&csrf=x&q="}
    )
    assert kept["Location"] == "/vks/?flags=is_key_case&order=code"
    page = Page(client.get(PAGES))
    assert "Án điểm" in page.words
    assert "/vks/?flags=is_key_case&order=code" in page.links()
    assert codes(client.get("/vks/?flags=is_key_case&order=code")) == ["HS-A", "HS-B"]
    client.post("/vks/filters/", {"name": "Án điểm", "query": "stage=truy_to"})
    [saved] = SavedFilter.objects.all()
    assert saved.query == "stage=truy_to"
    client.post(f"/vks/filters/{saved.pk}/delete/")
    assert not SavedFilter.objects.exists()


def test_a_kept_filter_is_nobody_else_s_and_opens_nothing(
    cases: dict[str, CaseFile], as_person: SignIn, people: dict[str, User]
) -> None:
    saved = save_filter(user=people["chief_kv1"], name="Bí mật", query="charge=173")
    for stranger in ("deputy_kv1", "clerk_kv1", "chief_province"):
        client = as_person(stranger)
        assert "Bí mật" not in Page(client.get(PAGES)).text
        assert client.post(f"/vks/filters/{saved.pk}/delete/").status_code == 404
    assert SavedFilter.objects.exists()
    # the same question, asked by who sees less
    assert codes(as_person("prosecutor_kv1").get(f"/vks/?{saved.query}")) == ["HS-B"]
    assert codes(as_person("outsider").get(f"/vks/?{saved.query}")) == []


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"name": "", "query": "q=a"}, "Hãy đặt tên cho bộ lọc."),
        ({"name": "A", "query": ""}, "Danh sách chưa lọc gì"),
        ({"name": "A", "query": "page=2&x=1"}, "Danh sách chưa lọc gì"),
        ({"name": "A" * 61, "query": "q=a"}, "dài quá 60 ký tự"),
        ({"name": "A", "query": "q=" + "a" * 1001}, "Bộ lọc quá dài"),
        ({"name": "A", "query": "&".join(["q=a"] * 300)}, "Bộ lọc quá dài"),
    ],
)
def test_a_filter_that_cannot_be_kept_says_why(
    given: dict[str, str], says: str, cases: dict[str, CaseFile], as_person: SignIn
) -> None:
    answer = as_person("chief_kv1").post("/vks/filters/", given, follow=True)
    assert answer.status_code == 200
    assert says in Page(answer).text
    assert not SavedFilter.objects.exists()


def test_there_is_an_end_to_filters(people: dict[str, User]) -> None:
    for number in range(MOST_FILTERS):
        save_filter(user=people["chief_kv1"], name=str(number), query="q=a")
    with pytest.raises(Conflict):
        save_filter(user=people["chief_kv1"], name="one more", query="q=a")
    save_filter(user=people["chief_kv1"], name="0", query="q=b")
