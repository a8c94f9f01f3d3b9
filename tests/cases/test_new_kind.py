"""A kind of case nobody thought of is data and labels: registered here, and everything else follows without other code.

The kinds are invented, and so are their fields, events and time limits.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from tests.api.conftest import Snapshot, snapshot
from tests.people import register
from tests.web.conftest import Page
from vks_plugin.access import actions as access
from vks_plugin.cases import running
from vks_plugin.cases.deadlines import deadline_rules, register_rules
from vks_plugin.cases.findings import findings
from vks_plugin.cases.kinds import KINDS, Kind, KindField, register_kind
from vks_plugin.cases.models import CaseDeadline, CaseFile, ProceduralEvent
from vks_plugin.cases.proceedings import EVENTS, START, Event, State, register_events
from vks_plugin.cases.queries import possible_events, timeline
from vks_plugin.cases.stages import STAGES_OF, STATUSES_OF, Stage
from vks_plugin.errors import BadInput, Conflict
from vks_plugin.exchange.columns import by_heading, columns
from vks_plugin.language import speaking

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.test import Client
    from rest_framework.test import APIClient

    from vks_plugin.organization.models import ProcuracyUnit

__all__ = ["snapshot"]

pytestmark = pytest.mark.django_db

ENFORCEMENT = Kind(
    value="enforcement",
    label="Kiểm sát thi hành án hình sự",
    code_mark="TH",
    number_label="Số quyết định thi hành án",
    date_label="Ngày quyết định thi hành án",
    agency_label="Tòa án ra quyết định",
    stages=(Stage("tiep_nhan_tha", "Tiếp nhận", ""), Stage("kiem_sat_tha", "Đang kiểm sát", "")),
    statuses=(("moi", "Mới nhận"), ("dang_kiem_sat", "Đang kiểm sát thi hành"), ("xong", "Đã xong")),
    first_stage="tiep_nhan_tha",
    first_event="nhan_quyet_dinh_tha",
    has_accused=True,
    accused_group_label="Người chấp hành án",
    name_example="Nguyễn Văn A – chấp hành án phạt tù",
    person_roles=(("guardian", "Người giám sát, giáo dục"),),
    fields=(
        KindField("facility", "Nơi chấp hành án", required=True),
        KindField("released_on", "Ngày chấp hành xong", "date"),
        KindField("months", "Số tháng tù", "integer"),
        KindField("regime", "Chế độ", "choice", choices=(("tu", "Tù"), ("treo", "Án treo"))),
    ),
    verified=False,
)
EVENTS_OF_IT = (
    Event(
        "nhan_quyet_dinh_tha",
        "Nhận quyết định thi hành án",
        "",
        "case",
        ("tiep_nhan_tha",),
        ("moi",),
        most=1,
        needs=("number",),
    ),
    Event(
        "bat_dau_kiem_sat",
        "Bắt đầu kiểm sát",
        "",
        "case",
        ("tiep_nhan_tha",),
        ("moi",),
        to_stage="kiem_sat_tha",
        to_status="dang_kiem_sat",
        article="Điều bịa đặt",
    ),
    # of the same name in another kind, where it is called otherwise
    Event("khang_nghi", "Kiến nghị khắc phục vi phạm", "", "case", ("kiem_sat_tha",), ("dang_kiem_sat",)),
    Event(
        "ket_thuc_kiem_sat", "Kết thúc kiểm sát", "", "case", ("kiem_sat_tha",), ("dang_kiem_sat",), to_status="xong"
    ),
)
RULES_OF_IT = (
    {
        "id": "tha_kiem_sat",
        "label": "Kiểm sát lần đầu",
        "from": "nhận quyết định thi hành án",
        "mode": "procedural",
        "amount": "10d",
        "extensions": [],
        "article": "Điều bịa đặt",
        "starts": ["nhan_quyet_dinh_tha"],
        "ends": ["bat_dau_kiem_sat"],
        "kind": "enforcement",
        "verified": False,
    },
)
PETITION = Kind(
    value="petition",
    label="Đơn kiến nghị",
    code_mark="KN",
    number_label="Số đơn",
    date_label="Ngày đơn",
    agency_label="Nơi gửi",
    stages=(Stage("xu_ly_don", "Xử lý đơn", ""),),
    statuses=(("moi", "Mới nhận"),),
    first_stage="xu_ly_don",
    person_roles=(("petitioner", "Người kiến nghị"),),
)
"""A kind without events."""


@pytest.fixture(autouse=True)
def kinds() -> Iterator[None]:
    """Register both kinds, and forget them afterwards."""
    register_kind(ENFORCEMENT)
    register_events("enforcement", EVENTS_OF_IT, start=State("tiep_nhan_tha", "moi"))
    register_rules(RULES_OF_IT)
    register_kind(PETITION)
    with speaking("vi"):
        yield
    for kind in ("enforcement", "petition"):
        for table in (KINDS, STAGES_OF, STATUSES_OF, EVENTS, START):
            table.pop(kind, None)
    del deadline_rules()["tha_kiem_sat"]
    running._shipped.cache_clear()


@pytest.fixture
def clerk(people: dict[str, User]) -> Client:
    """Return the browser of a clerk."""
    from django.test import Client

    client = Client()
    client.force_login(people["chief_kv1"])
    return client


@pytest.fixture
def api(people: dict[str, User]) -> APIClient:
    """Return a client of the API."""
    from rest_framework.test import APIClient

    client = APIClient()
    client.force_login(people["chief_kv1"])
    return client


BODY: dict[str, Any] = {
    "unit": "QN-KV1",
    "kind": "enforcement",
    "name": "Đinh Một – chấp hành án phạt tù",
    "init_decision_no": "12/QĐ-CA",
    "init_decision_date": "2026-03-02",
    "init_decision_agency": "Tòa án nhân dân khu vực 1",
    "details": {"facility": "Trại giam số 3", "released_on": "2028-03-02", "months": 24, "regime": "tu"},
    "accused": [{"full_name": "Đinh Một", "birth_year": 1980}],
}


@pytest.fixture
def case(people: dict[str, User], units: dict[str, ProcuracyUnit]) -> CaseFile:
    """Return a case of the invented kind."""
    return register(
        actor=people["chief_kv1"],
        unit=units["QN-KV1"],
        kind="enforcement",
        init_decision_date=dt.date(2026, 3, 2),
        details={"facility": "Trại giam số 3"},
        charge_summary="",
    )


# --- registration and pages


def test_its_form_has_its_words_and_fields(clerk: Client) -> None:
    page = Page(clerk.get("/vks/cases/new/?kind=enforcement"))
    for words in (
        "Kiểm sát thi hành án hình sự",
        "Số quyết định thi hành án",
        "Tòa án ra quyết định",
        "Nơi chấp hành án",
        "Chế độ",
        "Người chấp hành án",
        "Án treo",
        "chưa được kiểm chứng",
    ):
        assert words in page.text, words
    assert {"detail_facility", "detail_released_on", "detail_months", "detail_regime"} <= {
        attributes.get("name", "") for _tag, attributes in page.elements
    }


def test_it_is_registered_edited_and_shown_on_the_pages(clerk: Client) -> None:
    body = Page(clerk.get("/vks/cases/new/?kind=enforcement")).fields | {
        "name": BODY["name"],
        "init_decision_no": "12/QĐ-CA",
        "init_decision_date": "02/03/2026",
        "init_decision_agency": BODY["init_decision_agency"],
        "detail_facility": "Trại giam số 3",
        "detail_released_on": "02/03/2028",
        "detail_months": "24",
        "detail_regime": "treo",
        "accused-0-full_name": "Đinh Một",
    }
    answer = clerk.post("/vks/cases/new/?kind=enforcement", body)
    made = CaseFile.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/vks/cases/{made.code}/")
    assert made.code.startswith("HS-TH-QN-KV1-")
    assert made.details == {
        "facility": "Trại giam số 3",
        "released_on": "2028-03-02",
        "months": 24,
        "regime": "treo",
    }
    shown = Page(clerk.get(answer["Location"]))
    assert "Kiểm sát thi hành án hình sự" in shown.text
    assert "Người chấp hành án" in shown.text
    assert "Tiếp nhận" in shown.text
    # its people are called as its row says, not as the law calls who is prosecuted
    assert "Bị can" not in shown.text
    info = Page(clerk.get(f"/vks/cases/{made.code}/record/info/"))
    assert "Trại giam số 3" in info.text
    assert "Án treo" in info.text
    edit = f"/vks/cases/{made.code}/edit/"
    assert clerk.post(edit, Page(clerk.get(edit)).fields | {"detail_months": "36"}).status_code == 302
    made.refresh_from_db()
    assert made.details["months"] == 36
    # and what is wrong is told at its field
    wrong = clerk.post(edit, Page(clerk.get(edit)).fields | {"detail_facility": ""})
    assert wrong.status_code == 400
    assert Page(wrong).error_at("detail_facility")


def test_the_list_is_narrowed_to_it(clerk: Client, people: dict[str, User], case: CaseFile) -> None:
    other = register(actor=people["chief_kv1"], unit=case.unit)
    only = Page(clerk.get("/vks/?kind=enforcement"))
    assert case.code in only.text
    assert other.code not in only.text
    assert case.code not in Page(clerk.get("/vks/?kind=criminal")).text
    staged = Page(clerk.get("/vks/?stage=tiep_nhan_tha"))
    assert case.code in staged.text
    assert other.code not in staged.text


# --- API


def test_it_is_registered_found_and_explained_through_the_api(api: APIClient) -> None:
    told = {each["value"]: each for each in api.get("/api/vks/kinds/").json()}
    assert told["enforcement"]["number_label"] == "Số quyết định thi hành án"
    assert [each["name"] for each in told["enforcement"]["details"]] == ["facility", "released_on", "months", "regime"]
    made = api.post("/api/vks/cases/", BODY, format="json")
    assert made.status_code == 201, made.json()
    code = made.json()["code"]
    read = api.get(f"/api/vks/cases/{code}/").json()
    assert (read["kind"], read["stage"], read["status"], read["stage_label"]) == (
        "enforcement",
        "tiep_nhan_tha",
        "moi",
        "Tiếp nhận",
    )
    assert read["details"] == BODY["details"]
    assert read["accused_label"] == "Người chấp hành án"
    register_other = api.post(
        "/api/vks/cases/", {**BODY, "kind": "petition", "details": {}, "accused": []}, format="json"
    )
    # the same number of another kind is another matter
    assert register_other.status_code == 201, register_other.json()
    found = api.get("/api/vks/cases/?kind=enforcement").json()
    assert [each["code"] for each in found["results"]] == [code]


@pytest.mark.parametrize(
    ("details", "field"),
    [
        ({}, "facility"),
        ({"facility": "T3", "months": -1}, "months"),
        ({"facility": "T3", "released_on": "2028-02-30"}, "released_on"),
        ({"facility": "T3", "regime": "khac"}, "regime"),
        ({"facility": "T3", "khong_co": "x"}, "khong_co"),
    ],
)
def test_its_fields_are_checked(
    api: APIClient, snapshot: Callable[[], Snapshot], units: Any, details: dict[str, Any], field: str
) -> None:
    before = snapshot()
    answer = api.post("/api/vks/cases/", {**BODY, "details": details}, format="json")
    assert (answer.status_code, answer.json()["field"]) == (400, field)
    assert snapshot() == before


def test_the_same_matter_twice_is_told_in_its_own_words(api: APIClient) -> None:
    assert api.post("/api/vks/cases/", BODY, format="json").status_code == 201
    again = api.post("/api/vks/cases/", BODY, format="json")
    assert again.status_code == 409
    assert again.json()["detail"].startswith("Vụ việc có số, ngày, cơ quan này đã được Viện kiểm sát")


def test_its_people_have_its_roles(case: CaseFile, people: dict[str, User]) -> None:
    made = access.add_entry(
        actor=people["chief_kv1"], case=case, part="person", values={"role": "guardian", "full_name": "Bà Giám Sát"}
    )
    assert made.role_label == "Người giám sát, giáo dục"
    with pytest.raises(BadInput):
        access.add_entry(
            actor=people["chief_kv1"], case=case, part="person", values={"role": "victim", "full_name": "Ai Đó"}
        )
    (first, *_rest) = case.accused.all()
    assert first.role_label == "Người chấp hành án"


# --- events, time line, time limits


def test_its_events_lead_where_its_table_says(case: CaseFile, people: dict[str, User]) -> None:
    chief = people["chief_kv1"]
    # number, day and court tell of the first one
    (first,) = timeline(case)
    assert (first.event, first.label, first.number) == (
        "nhan_quyet_dinh_tha",
        "Nhận quyết định thi hành án",
        case.init_decision_no,
    )
    assert [each.event.value for each in possible_events(case) if each.now] == ["bat_dau_kiem_sat"]
    with pytest.raises(Conflict) as refusal:
        access.record_event(actor=chief, case=case, event="ket_thuc_kiem_sat", happened_on=dt.date(2026, 3, 5))
    assert "Đang kiểm sát" in refusal.value.message
    access.record_event(actor=chief, case=case, event="bat_dau_kiem_sat", happened_on=dt.date(2026, 3, 5))
    case.refresh_from_db()
    assert (case.stage_label, case.status_label) == ("Đang kiểm sát", "Đang kiểm sát thi hành")
    made = access.record_event(actor=chief, case=case, event="khang_nghi", happened_on=dt.date(2026, 3, 6))
    assert made.label == "Kiến nghị khắc phục vi phạm"
    assert [row.event for row in timeline(case)] == ["nhan_quyet_dinh_tha", "bat_dau_kiem_sat", "khang_nghi"]
    assert findings(case) == []


def test_its_time_limit_runs_and_ends(case: CaseFile, people: dict[str, User]) -> None:
    limit = CaseDeadline.objects.get(case=case)
    assert (limit.rule, limit.starts_on, limit.due_on) == ("tha_kiem_sat", dt.date(2026, 3, 2), dt.date(2026, 3, 12))
    access.record_event(actor=people["chief_kv1"], case=case, event="bat_dau_kiem_sat", happened_on=dt.date(2026, 3, 5))
    assert not CaseDeadline.objects.filter(case=case).exists()


def test_what_belongs_to_criminal_cases_is_not_offered(clerk: Client, case: CaseFile) -> None:
    page = Page(clerk.get(f"/vks/cases/{case.code}/"))
    assert not [link for link in page.links() if link.endswith(("/become/", "/merge/", "/split/"))]
    for act in ("become", "merge", "split"):
        assert clerk.get(f"/vks/cases/{case.code}/{act}/").status_code == 404


def test_a_kind_without_events_simply_has_none(
    clerk: Client, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    made = register(actor=people["chief_kv1"], unit=units["QN-KV1"], kind="petition", accused=[], charge_summary="")
    assert possible_events(made) == []
    assert list(timeline(made)) == []
    assert findings(made) == []
    with pytest.raises(Conflict) as refusal:
        access.record_event(
            actor=people["chief_kv1"], case=made, event="khoi_to_vu_an", happened_on=timezone.localdate(), number="1"
        )
    assert refusal.value.message.startswith("Không có sự kiện tố tụng mã")
    assert not ProceduralEvent.objects.exists()
    page = Page(clerk.get(f"/vks/cases/{made.code}/"))
    assert "Đơn kiến nghị" in page.text


# --- lists from and to files


def test_its_fields_are_columns_of_lists() -> None:
    names = {column.name for column in columns()}
    assert {"facility", "released_on", "months", "regime"} <= names
    assert by_heading()["noichaphanhan"].name == "facility"


# --- what contradicts itself is not taken


def test_a_kind_its_events_and_its_limits_are_registered_once() -> None:
    with pytest.raises(ValueError, match="enforcement"):
        register_kind(ENFORCEMENT)
    with pytest.raises(ValueError, match="nhan_quyet_dinh_tha"):
        register_events("enforcement", EVENTS_OF_IT, start=State("tiep_nhan_tha", "moi"))
    with pytest.raises(ValueError, match="tha_kiem_sat"):
        register_rules(RULES_OF_IT)
    with pytest.raises(ValueError, match="is there already"):
        register_events("petition", [EVENTS_OF_IT[0], EVENTS_OF_IT[0]], start=State("xu_ly_don", "moi"))
    assert "petition" not in EVENTS
