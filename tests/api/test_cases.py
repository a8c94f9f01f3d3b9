"""Registering, finding and reading cases through the API."""

from __future__ import annotations

import datetime as dt
import threading
import unicodedata
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from tests.api.conftest import Snapshot
from tests.people import register
from vks_plugin.access import actions as access
from vks_plugin.cases.actions import AccusedInput
from vks_plugin.cases.models import Accused, CaseFile
from vks_plugin.organization.models import Appointment

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from tests.people import FiledCase
    from vks_plugin.organization.models import ProcuracyUnit

pytestmark = pytest.mark.django_db

FORM: dict[str, Any] = {
    "unit": "QN-KV1",
    "name": "Đỗ Văn Ủy – Cố ý gây thương tích",
    "init_decision_no": "45/QĐ-CSĐT",
    "init_decision_date": "2026-04-01",
    "init_decision_agency": "Công an tỉnh Quảng Ninh",
    "charge_summary": "Cố ý gây thương tích",
    "accused": [{"full_name": "Đỗ Văn Ủy", "birth_year": 1988, "sex": "nam"}, {"full_name": "Lò Thị Ỉ"}],
}


def _post(client: APIClient, **changes: Any) -> Any:
    return client.post("/api/vks/cases/", FORM | changes, format="json")


def test_a_clerk_registers_a_case_and_reads_it_back(people: dict[str, User], as_person: Any) -> None:
    client = as_person("clerk_kv1")
    made = _post(client)
    assert made.status_code == 201
    assert made.json()["code"] == f"HS-QN-KV1-{timezone.localdate().year}-0001"
    assert made.json()["level"] == "contribute"
    read = client.get(f"/api/vks/cases/{made.json()['code']}/").json()
    assert [each["full_name"] for each in read["accused"]] == ["Đỗ Văn Ủy", "Lò Thị Ỉ"]
    assert read["accused_label"] == "Bị can"
    assert read["may"] == ["bundle", "edit", "file", "view"]
    assert [(each["user"]["username"], each["role"]) for each in read["assignments"]] == [
        ("clerk_kv1", "scan_operator")
    ]
    assert client.get("/api/vks/cases/").json()["results"][0] == {
        key: value for key, value in read.items() if key in made.json()
    }


def test_who_does_not_digitise_is_still_told_the_code(people: dict[str, User], as_person: Any) -> None:
    client = as_person("prosecutor_kv1")
    made = _post(client, digitise_myself=False)
    assert made.status_code == 201
    assert made.json()["level"] == "none"
    assert client.get(f"/api/vks/cases/{made.json()['code']}/").status_code == 404


def test_the_same_form_sent_twice_makes_one_case(people: dict[str, User], as_person: Any) -> None:
    client = as_person("clerk_kv1")
    token = str(uuid.uuid4())
    first, second = _post(client, form_token=token), _post(client, form_token=token)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert CaseFile.objects.count() == 1
    assert Accused.objects.count() == 2


def test_somebody_elses_token_opens_nothing(people: dict[str, User], as_person: Any) -> None:
    token = str(uuid.uuid4())
    assert _post(as_person("clerk_kv1"), form_token=token).status_code == 201
    other = _post(as_person("clerk_kv3"), unit="QN-KV3", form_token=token, init_decision_no="46", name="Vụ khác hẳn")
    assert other.status_code == 409
    assert "Ủy" not in other.content.decode()
    assert "HS-" not in other.content.decode()


@pytest.mark.database
@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_make_one_case(people: dict[str, User]) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("an in-memory SQLite database has one connection")
    token = str(uuid.uuid4())
    answers: list[int] = []

    def click() -> None:
        client = APIClient()
        client.force_login(people["clerk_kv1"])
        answers.append(_post(client, form_token=token).status_code)
        connection.close()

    clicks = [threading.Thread(target=click) for _ in range(4)]
    for each in clicks:
        each.start()
    for each in clicks:
        each.join()
    assert answers == [201] * 4
    assert CaseFile.objects.count() == 1


_tomorrow = timezone.localdate() + dt.timedelta(days=1)


@pytest.mark.parametrize(
    ("changes", "status", "field"),
    [
        ({"name": " "}, 400, "name"),
        ({"name": "x" * 251}, 400, "name"),
        ({"init_decision_no": ""}, 400, "init_decision_no"),
        ({"init_decision_date": "31/12/2025"}, 400, "init_decision_date"),
        ({"init_decision_date": "2026-02-30"}, 400, "init_decision_date"),
        ({"init_decision_date": _tomorrow.isoformat()}, 400, "init_decision_date"),
        ({"init_decision_date": "0001-01-01"}, 400, "init_decision_date"),
        ({"handled_at": _tomorrow.isoformat()}, 400, "handled_at"),
        ({"crime_date": _tomorrow.isoformat()}, 400, "crime_date"),
        ({"code": "<script>alert(1)</script>"}, 400, "code"),
        ({"code": "HS/../../etc"}, 400, "code"),
        ({"code": "HS 1"}, 400, "code"),
        ({"unit": "QN-KV9"}, 400, "unit"),
        ({"unit": "QN-KV3"}, 403, "unit"),
        ({"department": "P99"}, 400, "department"),
        ({"stage": "khong_co"}, 400, "stage"),
        ({"confidentiality": "tuyet_mat"}, 400, "confidentiality"),
        ({"accused": [{"full_name": "A", "birth_year": 3000}]}, 400, "accused"),
        ({"accused": [{"full_name": "A", "birth_year": 10**30}]}, 400, "accused"),
        ({"accused": [{"full_name": "A", "sex": "khác"}]}, 400, "accused"),
        ({"accused": [{"birth_year": 1990}]}, 400, "accused"),
        ({"accused": "Nguyễn Văn A"}, 400, "accused"),
        ({"form_token": "không phải"}, 400, "form_token"),
        ({"charge_summary": "x" * 251}, 400, "charge_summary"),
    ],
)
def test_what_cannot_be_registered_leaves_nothing(
    changes: dict[str, Any],
    status: int,
    field: str,
    people: dict[str, User],
    as_person: Any,
    snapshot: Callable[[], Snapshot],
) -> None:
    before = snapshot()
    answer = _post(as_person("clerk_kv1"), **changes)
    assert (answer.status_code, answer.json().get("field")) == (status, field), answer.content.decode()
    assert answer.json()["detail"]
    assert snapshot() == before


@pytest.mark.parametrize("body", ["[]", '"x"', "{", "null", "12"])
def test_a_body_that_is_no_form_is_refused(body: str, people: dict[str, User], as_person: Any) -> None:
    answer = as_person("clerk_kv1").post("/api/vks/cases/", body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["detail"]
    assert CaseFile.objects.count() == 0


def test_markup_in_an_address_finds_no_case(people: dict[str, User], as_person: Any) -> None:
    answer = as_person("clerk_kv1").get("/api/vks/cases/%3Cscript%3Ealert(1)%3C/")
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/json"
    assert "<" not in answer.content.decode()


def test_a_registered_decision_names_only_the_other_office(
    people: dict[str, User], units: dict[str, ProcuracyUnit], as_person: Any, snapshot: Callable[[], Snapshot]
) -> None:
    register(
        actor=people["clerk_kv3"],
        unit=units["QN-KV3"],
        name="Tên vụ không ai khác được biết",
        init_decision_no=" 45/qđ-csđt ",
        init_decision_date=dt.date(2026, 4, 1),
        init_decision_agency="CÔNG AN TỈNH QUẢNG NINH",
    )
    before = snapshot()
    answer = _post(as_person("clerk_kv1"))
    assert (answer.status_code, answer.json()["field"]) == (409, "init_decision_no")
    assert units["QN-KV3"].name in answer.json()["detail"]
    assert "không ai khác" not in answer.content.decode()
    assert "HS-" not in answer.content.decode()
    assert snapshot() == before


def test_decomposed_text_is_stored_composed(people: dict[str, User], as_person: Any) -> None:
    name = unicodedata.normalize("NFD", "Nguyễn Thị Ước – Đánh bạc")
    made = _post(as_person("clerk_kv1"), name=name, accused=[{"full_name": unicodedata.normalize("NFD", "Ỷ Lan")}])
    assert made.status_code == 201
    assert CaseFile.objects.get().name == unicodedata.normalize("NFC", name)
    assert Accused.objects.get().full_name == unicodedata.normalize("NFC", "Ỷ Lan")


@pytest.mark.parametrize("method", ["put", "delete"])
def test_a_case_can_be_neither_replaced_nor_deleted(
    method: str, case: CaseFile, as_person: Any, snapshot: Callable[[], Snapshot]
) -> None:
    before = snapshot()
    answer = getattr(as_person("chief_kv1"), method)(f"/api/vks/cases/{case.code}/", FORM, format="json")
    assert answer.status_code == 405
    assert snapshot() == before


@pytest.fixture
def three(people: dict[str, User], units: dict[str, ProcuracyUnit], case: CaseFile) -> list[str]:
    """Return the codes of three cases: the one of `case`, then two in other stages, oldest taken in last."""
    chief = people["chief_kv1"]
    second = register(
        actor=chief,
        unit=units["QN-KV1"],
        name="Lê Đức Ấn – Tham ô tài sản",
        stage="truy_to",
        handled_at=dt.date(2026, 2, 1),
        accused=[AccusedInput("Lê Đức Ấn")],
    )
    third = register(
        actor=people["chief_kv3"],
        unit=units["QN-KV3"],
        name="Hà Thị Xuân – Lừa đảo",
        stage="xet_xu_so_tham",
        handled_at=dt.date(2026, 1, 1),
        accused=[AccusedInput("Hà Thị Xuân")],
    )
    return [case.code, second.code, third.code]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("", [0, 1, 2]),
        ("q=le duc an", [1]),
        ("q=ẤN ĐỨC", [1]),
        ("q=do thi uoc", [0]),
        ("q=%25", []),
        ("q=_", []),
        ("stage=truy_to", [1]),
        ("unit=QN-KV3", [2]),
        ("unit=QN-KV1&stage=dieu_tra", [0]),
        ("status=da_nop_luu", []),
        ("ordering=handled_at", [2, 1, 0]),
        ("ordering=-name", [0, 1, 2]),
        ("mine=true", []),
        ("mine=false", [0, 1, 2]),
        ("page_size=2", [0, 1]),
        ("page_size=2&page=2", [2]),
    ],
)
def test_the_list_narrows_and_orders(query: str, wanted: list[int], three: list[str], as_person: Any) -> None:
    answer = as_person("chief_province").get(f"/api/vks/cases/?{query}")
    assert answer.status_code == 200
    assert [each["code"] for each in answer.json()["results"]] == [three[index] for index in wanted]


def test_mine_is_what_is_assigned_to_me(three: list[str], as_person: Any) -> None:
    answer = as_person("prosecutor_kv1").get("/api/vks/cases/?mine=true").json()
    assert [each["code"] for each in answer["results"]] == three[:1]
    assert as_person("chief_kv1").get("/api/vks/cases/?mine=true").json()["count"] == 0


def test_a_lead_who_left_is_told_and_the_case_is_found(
    three: list[str], people: dict[str, User], as_person: Any
) -> None:
    chief, clerk = as_person("chief_kv1"), as_person("clerk_kv1")

    def waiting() -> list[list[str]]:
        answers = [each.get("/api/vks/cases/?needs_lead=true").json() for each in (chief, clerk)]
        return [[each["code"] for each in answer["results"]] for answer in answers]

    def left() -> dict[str, Any]:
        rows = clerk.get(f"/api/vks/cases/{three[0]}/assignments/").json()["results"]
        one = chief.get(f"/api/vks/cases/{three[0]}/").json()
        assert one["assignments"] == rows
        listed = {each["code"]: each for each in clerk.get("/api/vks/cases/").json()["results"]}
        assert one["lead_prosecutor"] == listed[three[0]]["lead_prosecutor"] != None  # noqa: E711 - a person, and the same
        assert one["lead_left"] is listed[three[0]]["lead_left"]
        assert listed[three[1]]["lead_left"] is False
        return {"case": one["lead_left"], **{each["user"]["username"]: each["left"] for each in rows}}

    lead = people["prosecutor_kv1"]
    assert waiting() == [three[1:2], three[1:2]]
    before = left()
    assert before["case"] is before[lead.username] is False
    Appointment.objects.filter(user=lead).update(ends_on=timezone.localdate() - dt.timedelta(days=1))
    assert waiting() == [three[:2], three[:2]]
    assert left() == before | {"case": True, lead.username: True}
    case = CaseFile.objects.get(code=three[0])
    pk = case.assignments.get(user=lead).pk
    assert chief.post(f"/api/vks/cases/{three[0]}/assignments/{pk}/end/").json()["left"] is True
    made = {"user": people["other_prosecutor_kv1"].username, "role": "prosecutor_lead"}
    assert chief.post(f"/api/vks/cases/{three[0]}/assignments/", made, format="json").json()["left"] is False
    assert waiting() == [three[1:2], three[1:2]]


@pytest.mark.parametrize("query", ["stage=x", "unit=QN-KV9", "q=%00"])
def test_a_filter_that_means_nothing_is_refused(query: str, three: list[str], as_person: Any) -> None:
    answer = as_person("chief_kv1").get(f"/api/vks/cases/?{query}")
    assert answer.status_code == 400
    assert answer.json()["field"] == query.partition("=")[0]


def test_a_page_beyond_the_last_is_not_found(three: list[str], as_person: Any) -> None:
    assert as_person("chief_kv1").get("/api/vks/cases/?page=9").status_code == 404


def test_a_script_of_the_older_version_of_the_hosts_api_gets_its_pages_too(three: list[str], as_person: Any) -> None:
    for path in ("cases/", f"cases/{three[0]}/assignments/", f"cases/{three[0]}/bundles/", "units/", "intake/"):
        answer = as_person("chief_kv1").get(f"/api/vks/{path}", HTTP_ACCEPT="application/json; version=9")
        assert answer.status_code == 200, path
        # the stand-in does not keep the older version's list of keys
        assert len(answer.json().get("all", answer.json()["results"])) == answer.json()["count"]
    # rows that are put together from several tables have no numbers
    for path in (
        f"cases/{three[0]}/relations/",
        f"cases/{three[0]}/custody/timeline/",
        "digitisation/",
        "archive/lapsed/",
    ):
        answer = as_person("chief_kv1").get(f"/api/vks/{path}", HTTP_ACCEPT="application/json; version=9")
        assert (answer.status_code, answer.json().get("all", [])) == (200, []), path


def test_a_folio_is_found_with_its_document_and_page(filed_case: FiledCase, as_person: Any) -> None:
    told = as_person("prosecutor_kv1").get(f"/api/vks/cases/{filed_case.case.code}/folios/?number=4").json()
    assert told["results"] == [
        {
            "number": 4,
            "suffix": "",
            "label": "4",
            "document": filed_case.documents[1].document_id,
            "title": "Quyết định khởi tố bị can",
            "page": 2,
            "state": "chinh_thuc",
            "stamped_by": "",
        }
    ]


@pytest.mark.parametrize("number", ["x", "-1", "1e9", "99999999999999999999", "1.5"])
def test_a_folio_number_that_is_none_is_refused(number: str, case: CaseFile, as_person: Any) -> None:
    answer = as_person("prosecutor_kv1").get(f"/api/vks/cases/{case.code}/folios/?number={number}")
    assert answer.status_code == 400
    assert answer.json()["field"] == "number"


def test_documents_come_in_the_order_of_proceedings(filed_case: FiledCase, as_person: Any) -> None:
    client = as_person("prosecutor_kv1")
    address = f"/api/vks/cases/{filed_case.case.code}/documents/"
    told = client.get(address).json()["results"]
    assert [each["folios"] for each in told] == ["BL 1–2", "BL 3–5", "BL 6", ""]
    assert [each["id"] for each in told] == filed_case.host_ids
    assert [each["id"] for each in client.get(f"{address}?part=hsks").json()["results"]] == filed_case.host_ids[3:]
    assert client.get(f"{address}?document_type=BBHC").json()["count"] == 1


def test_catalogue_is_searched_without_accents(catalogue: Any, people: dict[str, User], as_person: Any) -> None:
    client = as_person("outsider")
    codes = [each["code"] for each in client.get("/api/vks/document-types/?q=khoi to").json()["results"]]
    assert codes == ["QDKTVA", "QDKTBC"]
    assert [each["code"] for each in client.get("/api/vks/document-types/?q=cáo").json()["results"]] == ["CT", "BCDX"]
    assert client.get("/api/vks/document-types/?part=hsks").json()["count"] == 1
    assert client.get("/api/vks/document-types/?group=05").json()["results"][0]["code"] == "BBHC"
    assert client.get("/api/vks/document-types/KHONG/").status_code == 404
    assert client.post("/api/vks/document-types/", {}).status_code == 405


def test_who_can_see_names_everybody_with_the_reason(filed_case: FiledCase, as_person: Any) -> None:
    address = f"/api/vks/cases/{filed_case.case.code}/access/"
    told = as_person("chief_kv1").get(address).json()
    assert {each["user"]["username"]: each["level"] for each in told} == {
        "chief_kv1": "manage",
        "deputy_kv1": "manage",
        "prosecutor_kv1": "contribute",
        "chief_province": "view",
        "deputy_province": "view",
    }
    assert all(each["reason"] for each in told)
    assert as_person("chief_kv1").get(f"{address}?part=x").status_code == 400


def test_assigning_opens_the_documents_and_ending_closes_them(
    filed_case: FiledCase, people: dict[str, User], as_person: Any
) -> None:
    address = f"/api/vks/cases/{filed_case.case.code}/assignments/"
    leader, newcomer = as_person("chief_kv1"), as_person("inspector_kv1")
    document = f"/api/vks/documents/{filed_case.host_ids[0]}/"
    in_the_dms = f"/api/documents/{filed_case.host_ids[0]}/"
    assert newcomer.get(document).status_code == newcomer.get(in_the_dms).status_code == 404
    made = leader.post(address, {"user": "inspector_kv1", "role": "inspector"}, format="json")
    assert made.status_code == 201
    assert newcomer.get(document).status_code == newcomer.get(in_the_dms).status_code == 200
    again = leader.post(address, {"user": "inspector_kv1", "role": "inspector"}, format="json")
    assert (again.status_code, again.json()["field"]) == (409, "user")
    ended = leader.post(f"{address}{made.json()['id']}/end/")
    assert ended.status_code == 200
    assert newcomer.get(document).status_code == newcomer.get(in_the_dms).status_code == 404
    assert leader.post(f"{address}{made.json()['id']}/end/").status_code == 409


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"user": "nobody"}, "user"),
        ({"user": "prosecutor_kv3"}, "user"),
        ({"user": "locked"}, "user"),
        ({"user": ""}, "user"),
        ({"role": "king"}, "role"),
        ({"starts_on": "2026-05-02", "ends_on": "2026-05-01"}, "ends_on"),
        ({"ends_on": "mai"}, "ends_on"),
    ],
)
def test_an_assignment_that_cannot_be_leaves_nothing(
    changes: dict[str, str], field: str, case: CaseFile, as_person: Any, snapshot: Callable[[], Snapshot]
) -> None:
    before = snapshot()
    body = {"user": "inspector_kv1", "role": "inspector"} | changes
    answer = as_person("chief_kv1").post(f"/api/vks/cases/{case.code}/assignments/", body, format="json")
    assert (answer.status_code, answer.json()["field"]) == (400, field)
    assert snapshot() == before


def test_an_assignment_of_another_case_is_not_ended_through_this_one(
    case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit], as_person: Any
) -> None:
    elsewhere = register(actor=people["chief_kv3"], unit=units["QN-KV3"])
    theirs = access.assign(actor=people["chief_kv3"], case=elsewhere, user=people["prosecutor_kv3"], role="prosecutor")
    answer = as_person("chief_kv1").post(f"/api/vks/cases/{case.code}/assignments/{theirs.pk}/end/")
    assert answer.status_code == 404
    theirs.refresh_from_db()
    assert theirs.ended_at is None
