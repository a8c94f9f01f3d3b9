"""The record of a case through the API: what is entered, corrected, taken out and told."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from rest_framework.test import APIClient

from tests.api.conftest import Everything, Snapshot, fill_record, new_row
from tests.people import register
from vks_plugin.access import actions as access
from vks_plugin.cases.actions import ChargeInput
from vks_plugin.cases.kinds import KINDS
from vks_plugin.cases.models import CalendarDay, CaseChange, CaseDeadline, CaseFile, Charge, ProceduralEvent
from vks_plugin.cases.record import CASE_FIELDS, PARTS_OF_RECORD

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from pytest_django import DjangoCaptureOnCommitCallbacks

    from tests.people import FiledCase
    from vks_plugin.organization.models import ProcuracyUnit

pytestmark = pytest.mark.django_db

PLACES = {
    "accused": "accused",
    "people": "person",
    "charges": "charge",
    "measures": "measure",
    "exhibits": "exhibit",
    "withheld": "withheld",
    "relations": "relation",
    "volumes": "volume",
}
every_place = pytest.mark.parametrize("place", PLACES)


@pytest.fixture
def prosecutor(as_person: Callable[[str], APIClient]) -> APIClient:
    """Return the client of the prosecutor who leads `case`."""
    return as_person("prosecutor_kv1")


def _address(case: CaseFile, *rest: object) -> str:
    return "/".join(["/api/vks/cases", case.code, *(str(each) for each in rest), ""])


def test_every_part_has_its_place() -> None:
    assert set(PLACES.values()) == set(PARTS_OF_RECORD)


# --- the case itself


def test_what_is_patched_is_read_back(case: CaseFile, prosecutor: APIClient) -> None:
    values: dict[str, Any] = {
        "crime_date": "2026-02-01",
        "crime_place": "Phường Hồng Gai",
        "judge": unicodedata.normalize("NFD", "Trần Thẩm"),
        "leader_in_charge": "chief_kv1",
        "is_key_case": True,
        "is_complex": True,
        "national_case_code": "VN-1",
        "note": "Dòng một\nDòng hai",
    }
    answer = prosecutor.patch(_address(case), values, format="json")
    assert answer.status_code == 200, answer.content.decode()
    told = prosecutor.get(_address(case)).json()
    assert told == answer.json()
    assert {name: told[name] for name in values} == values | {
        "judge": "Trần Thẩm",
        "leader_in_charge": {"username": "chief_kv1", "name": "Bùi Văn Đạt"},
    }
    assert set(CASE_FIELDS) <= set(told)
    cleared = prosecutor.patch(
        _address(case), {"leader_in_charge": None, "national_case_code": None, "crime_date": None}, format="json"
    ).json()
    assert (cleared["leader_in_charge"], cleared["national_case_code"], cleared["crime_date"]) == (None, None, None)


def test_a_stale_revision_is_a_conflict_and_the_present_one_is_not(
    case: CaseFile, prosecutor: APIClient, as_person: Any, snapshot: Callable[[], Snapshot]
) -> None:
    read = prosecutor.get(_address(case)).json()["revision"]
    body = {"note": "Của lãnh đạo", "revision": read}
    assert as_person("chief_kv1").patch(_address(case), body, format="json").status_code == 200
    before = snapshot()
    answer = prosecutor.patch(_address(case), {"note": "Của KSV", "revision": read}, format="json")
    assert answer.status_code == 409
    assert answer.json()["detail"].startswith("Bùi Văn Đạt vừa sửa vụ án này")
    assert snapshot() == before
    present = prosecutor.get(_address(case)).json()["revision"]
    assert prosecutor.patch(_address(case), {"note": "x", "revision": present}, format="json").status_code == 200


def test_the_same_values_again_change_nothing(
    case: CaseFile, prosecutor: APIClient, snapshot: Callable[[], Snapshot]
) -> None:
    told = prosecutor.get(_address(case)).json()
    before = snapshot()
    same = {name: told[name] for name in CASE_FIELDS if name != "leader_in_charge"}
    answer = prosecutor.patch(_address(case), same | {"revision": told["revision"]}, format="json")
    assert (answer.status_code, answer.json()) == (200, told)
    assert snapshot() == before


@pytest.mark.parametrize(
    ("values", "status", "field"),
    [
        ({"name": ""}, 400, "name"),
        ({"name": "x" * 251}, 400, "name"),
        ({"name": None}, 400, "name"),
        ({"init_decision_date": "31/12/2025"}, 400, "init_decision_date"),
        ({"crime_date": "0001-01-01"}, 400, "crime_date"),
        ({"confidentiality": "mat"}, 400, "confidentiality"),
        ({"department": "P1"}, 400, "department"),
        ({"leader_in_charge": "nobody"}, 400, "leader_in_charge"),
        ({"leader_in_charge": "chief_kv3"}, 400, "leader_in_charge"),
        ({"is_key_case": "vâng"}, 400, "is_key_case"),
        ({"details": {"source": "x"}}, 400, "source"),
        ({"details": []}, 400, "details"),
        ({"details": {"source": {"a": 1}}}, 400, "details"),
        ({"stage": "ket_thuc"}, 400, "stage"),
        ({"status": "dinh_chi"}, 400, "status"),
        ({"unit": "QN-KV3"}, 400, "unit"),
        ({"code": "HS-1"}, 400, "code"),
        ({"kind": "civil"}, 400, "kind"),
        ({"crime_class": "A"}, 400, "crime_class"),
        ({"revision": -1}, 400, "revision"),
        ({"revision": 10**30}, 400, "revision"),
        ({"revision": 999}, 409, None),
    ],
)
def test_what_cannot_be_patched_leaves_nothing(
    values: dict[str, Any],
    status: int,
    field: str | None,
    case: CaseFile,
    prosecutor: APIClient,
    snapshot: Callable[[], Snapshot],
) -> None:
    before = snapshot()
    answer = prosecutor.patch(_address(case), {"judge": "Khác"} | values, format="json")
    assert (answer.status_code, answer.json().get("field")) == (status, field), answer.content.decode()
    assert answer.json()["detail"]
    assert snapshot() == before


def test_accounts_cannot_be_guessed_by_who_may_not_edit(case: CaseFile, as_person: Any) -> None:
    clerk = as_person("clerk_kv1")
    said = {
        clerk.patch(_address(case), {"leader_in_charge": name}, format="json").content
        for name in ("chief_kv1", "chief_kv3", "nobody")
    }
    assert len(said) == 1


def test_a_case_of_each_kind_is_registered_with_everything(
    people: dict[str, User], as_person: Any, units: dict[str, ProcuracyUnit]
) -> None:
    client = as_person("clerk_kv1")
    details = {
        "criminal": {},
        "crime_report": {"report_type": "to_giac", "source": "Người dân", "content": "Dòng một\nDòng hai"},
        "civil": {"legal_relation": "Tranh chấp hợp đồng"},
        "administrative": {"contested_act": "Quyết định 12"},
    }
    assert set(details) == set(KINDS)
    for kind, own in details.items():
        role = KINDS[kind].person_roles[0][0]
        form: dict[str, Any] = {
            "unit": "QN-KV1",
            "kind": kind,
            "name": "Vụ mới",
            "init_decision_no": "900",
            "init_decision_date": "2026-05-04",
            "init_decision_agency": "Công an tỉnh",
            "details": own,
            "people": [{"full_name": "Bế Văn Nhân", "role": role, "is_minor": True}],
            "judge": "Trần Thẩm",
            "is_complex": True,
            "leader_in_charge": "chief_kv1",
        }
        if KINDS[kind].has_accused:
            form["accused"] = [
                {
                    "full_name": "Đinh Một",
                    "birth_date": "1990-05-06",
                    "sex": "nam",
                    "id_number": "022090000001",
                    "recidivism": "tai_pham",
                    "charges": [{"text": "173.2"}, {"article": "174", "clause": 1, "decision_no": "9"}],
                },
                {"full_name": "Công ty Hai", "is_legal_person": True, "registration_number": "5700"},
            ]
        made = client.post("/api/vks/cases/", form, format="json")
        assert made.status_code == 201, (kind, made.content.decode())
        address = f"/api/vks/cases/{made.json()['code']}/"
        told = client.get(address).json()
        assert (told["kind"], told["kind_label"], told["details"]) == (kind, KINDS[kind].label, own)
        assert (told["judge"], told["is_complex"], told["leader_in_charge"]["username"]) == (
            "Trần Thẩm",
            True,
            "chief_kv1",
        )
        others = client.get(f"{address}people/").json()["results"]
        assert [(each["full_name"], each["role"], each["is_minor"]) for each in others] == [("Bế Văn Nhân", role, True)]
        if KINDS[kind].has_accused:
            first, second = client.get(f"{address}accused/").json()["results"]
            assert (first["birth_date"], first["birth_year"], first["recidivism"], first["position"]) == (
                "1990-05-06",
                1990,
                "tai_pham",
                1,
            )
            assert (second["is_legal_person"], told["has_legal_person"]) == (True, True)
            charges = client.get(f"{address}charges/?accused={first['id']}").json()["results"]
            assert [(each["article"], each["clause"], each["crime_class"]) for each in charges] == [
                ("173", 2, "B"),
                ("174", 1, "A"),
            ]
            assert told["crime_class"] == "B"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "military"}, "kind"),
        ({"kind": "civil", "details": {}}, "legal_relation"),
        ({"kind": "crime_report", "details": {"report_type": "khac"}}, "report_type"),
        ({"kind": "civil", "details": {"legal_relation": "x"}, "accused": [{"full_name": "A"}]}, "accused"),
        ({"accused": [{"full_name": "A", "charges": [{"text": "không phải điều luật"}]}]}, "charges"),
        ({"accused": [{"full_name": "A", "charges": [{"article": "9999"}]}]}, "charges"),
        ({"accused": [{"full_name": "A", "position": 2}]}, "accused"),
        ({"accused": [{"full_name": "A"}] * 501}, "accused"),
        ({"charges": [{}]}, "charges"),
        ({"people": [{"full_name": "A", "role": "king"}]}, "people"),
        ({"people": [{"full_name": "A", "role": "victim", "accused": 1}]}, "people"),
        ({"leader_in_charge": "chief_kv3"}, "leader_in_charge"),
        ({"kien_truc": 1}, "kien_truc"),
    ],
)
def test_a_registration_that_cannot_be_leaves_nothing(
    changes: dict[str, Any],
    field: str,
    people: dict[str, User],
    as_person: Any,
    snapshot: Callable[[], Snapshot],
) -> None:
    form = {
        "unit": "QN-KV1",
        "name": "Vụ mới",
        "init_decision_no": "900",
        "init_decision_date": "2026-05-04",
        "init_decision_agency": "Công an tỉnh",
    }
    before = snapshot()
    answer = as_person("clerk_kv1").post("/api/vks/cases/", form | changes, format="json")
    assert (answer.status_code, answer.json().get("field")) == (400, field), answer.content.decode()
    assert snapshot() == before


# --- rows of the record


@every_place
def test_a_row_is_entered_read_corrected_and_taken_out(place: str, case: CaseFile, prosecutor: APIClient) -> None:
    body = new_row(place, case.accused.all()[0].pk)
    address = _address(case, place)
    there = prosecutor.get(address).json()["count"]
    made = prosecutor.post(address, body | {"reason": "Theo đơn"}, format="json")
    assert made.status_code == 201, made.content.decode()
    told = made.json()
    asked = {name: value for name, value in body.items() if name != "text"}
    assert {name: told[name] for name in asked} == asked
    one = f"{address}{told['id']}/"
    assert prosecutor.get(one).json() == told
    assert told in prosecutor.get(f"{address}?page_size=100").json()["results"]
    own = {"measures": {"decision_no": "9/L"}, "accused": {"occupation": "Tự do"}, "withheld": {"kept_at": "Két số 9"}}
    correction = own.get(place, {"note": "Sửa"})
    corrected = prosecutor.patch(one, correction, format="json")
    assert (corrected.status_code, corrected.json()) == (200, told | correction), corrected.content.decode()
    gone = prosecutor.delete(one, {"reason": "Nhập nhầm"}, format="json")
    assert (gone.status_code, gone.content) == (204, b"")
    assert prosecutor.get(one).status_code == 404
    assert prosecutor.get(address).json()["count"] == there
    history = prosecutor.get(f"{_address(case, 'history')}?subject={PLACES[place]}&subject_id={told['id']}").json()
    assert [(each["act"], each["reason"]) for each in history["results"]] == [
        ("removed", "Nhập nhầm"),
        ("changed", ""),
        ("created", "Theo đơn"),
    ]


@every_place
def test_taking_out_needs_a_reason_in_body_or_address(
    place: str, case: CaseFile, people: dict[str, User], prosecutor: APIClient, snapshot: Callable[[], Snapshot]
) -> None:
    row = fill_record(people["prosecutor_kv1"], case)[place]
    one = _address(case, place, row.pk)
    before = snapshot()
    for body in ({}, {"reason": "  "}, {"why": "Nhầm"}, {"reason": ["a"]}):
        answer = prosecutor.delete(one, body, format="json")
        assert answer.status_code == 400, body
        assert answer.json()["detail"]
    assert snapshot() == before
    assert prosecutor.delete(f"{one}?reason=Nh%E1%BA%A7m").status_code == 204
    assert CaseChange.objects.filter(case=case, act="removed", subject=PLACES[place]).get().reason == "Nhầm"


@every_place
def test_a_row_of_another_case_is_not_found_through_this_one(
    place: str, case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit], as_person: Any
) -> None:
    chief = people["chief_kv1"]
    other = register(actor=chief, unit=units["QN-KV1"])
    row = fill_record(chief, other)[place]
    client = as_person("chief_kv1")
    own, through, made_up = (
        _address(other, place, row.pk),
        _address(case, place, row.pk),
        _address(case, place, 999_999),
    )
    assert client.get(own).status_code == 200, "there is something to find"
    before = list(type(row)._default_manager.filter(pk=row.pk).values())
    for send in (
        client.get,
        lambda address: client.patch(address, {"note": "x"}, format="json"),
        lambda address: client.delete(address, {"reason": "x"}, format="json"),
    ):
        assert send(through).status_code == send(made_up).status_code == 404
        assert send(through).content == send(made_up).content
    assert list(type(row)._default_manager.filter(pk=row.pk).values()) == before


def test_rows_point_at_nobody_of_another_case(
    case: CaseFile,
    people: dict[str, User],
    units: dict[str, ProcuracyUnit],
    prosecutor: APIClient,
    snapshot: Callable[[], Snapshot],
) -> None:
    other = register(actor=people["chief_kv1"], unit=units["QN-KV1"])
    theirs = fill_record(people["chief_kv1"], other)
    before = snapshot()
    said = set()
    for accused in (theirs["accused"].pk, 999_999):
        for place in ("people", "charges", "measures"):
            answer = prosecutor.post(
                _address(case, place), new_row(place, accused) | {"accused": accused}, format="json"
            )
            assert (answer.status_code, answer.json()["field"]) == (400, "accused"), place
            said.add(answer.content)
    measure = new_row("measures", case.accused.all()[0].pk) | {"extends": theirs["measures"].pk}
    answer = prosecutor.post(_address(case, "measures"), measure, format="json")
    assert (answer.status_code, answer.json()["field"]) == (400, "extends")
    assert len(said) == 1, "one of another case and one that is not there are the same"
    assert snapshot() == before


@every_place
def test_who_may_only_know_of_a_case_is_told_the_same_whatever_is_asked(
    place: str, case: CaseFile, people: dict[str, User], as_person: Any
) -> None:
    row = fill_record(people["prosecutor_kv1"], case)[place]
    clerk = as_person("clerk_kv1")
    said = {clerk.get(_address(case, place, pk)).content for pk in (row.pk, 999_999)}
    said |= {clerk.get(_address(case, place)).content}
    assert len(said) == 1
    writing = {clerk.patch(_address(case, place, pk), {"note": 1}, format="json").content for pk in (row.pk, 999_999)}
    writing |= {clerk.delete(_address(case, place, row.pk)).content}
    writing |= {clerk.post(_address(case, place), "{", content_type="application/json").content}
    assert len(writing) == 1


# --- charges


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"text": "173.2"}, ("173", 2, "", "B")),
        ({"text": "điểm a, b khoản 2 Điều 173"}, ("173", 2, "a, b", "B")),
        ({"article": "173", "clause": 4}, ("173", 4, "", "D")),
        ({"article": "173", "clause": 1, "points": "a"}, ("173", 1, "a", "A")),
        ({"text": "173", "crime_class": "C"}, ("173", None, "", "C")),
    ],
)
def test_a_charge_is_read_from_what_is_typed(
    given: dict[str, Any], wanted: tuple[Any, ...], case: CaseFile, prosecutor: APIClient
) -> None:
    made = prosecutor.post(_address(case, "charges"), given | {"charged_on": "2026-03-02"}, format="json")
    assert made.status_code == 201, made.content.decode()
    told = made.json()
    assert (told["article"], told["clause"], told["points"], told["crime_class"]) == wanted
    assert (told["name"], told["accused"], told["charged_on"]) == ("Tội trộm cắp tài sản", None, "2026-03-02")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "article"),
        ({"text": "không phải điều luật nào"}, "text"),
        ({"text": "173.77"}, "text"),
        ({"article": "9999"}, "article"),
        ({"article": "173", "clause": 77}, "article"),
        ({"article": "173", "clause": -1}, "clause"),
        ({"article": "173", "clause": "hai"}, "clause"),
        ({"text": "173.2", "code_version": "x"}, "code_version"),
        ({"text": "173.2", "basis": "x"}, "basis"),
        ({"text": "173", "crime_class": "Z"}, "crime_class"),
        ({"text": "173.2", "charged_on": "2026-03-05", "ended_on": "2026-03-04"}, "ended_on"),
        ({"text": "x" * 501}, "text"),
    ],
)
def test_a_charge_that_cannot_be_leaves_nothing(
    given: dict[str, Any], field: str, case: CaseFile, prosecutor: APIClient, snapshot: Callable[[], Snapshot]
) -> None:
    before = snapshot()
    answer = prosecutor.post(_address(case, "charges"), given, format="json")
    assert (answer.status_code, answer.json().get("field")) == (400, field), answer.content.decode()
    assert snapshot() == before


def test_a_charge_is_corrected_or_replaced(case: CaseFile, prosecutor: APIClient) -> None:
    accused = case.accused.all()[0]
    address = _address(case, "charges")
    made = prosecutor.post(address, new_row("charges", accused.pk), format="json").json()
    one = f"{address}{made['id']}/"
    corrected = prosecutor.patch(one, {"text": "173.3"}, format="json").json()
    assert (corrected["id"], corrected["clause"], corrected["crime_class"]) == (made["id"], 3, "C")
    replaced = prosecutor.post(
        f"{one}replace/", {"text": "174.1", "charged_on": "2026-04-01", "reason": "Đổi tội danh"}, format="json"
    )
    assert replaced.status_code == 201, replaced.content.decode()
    new = replaced.json()
    assert (new["accused"], new["article"], new["charged_on"], new["ended_on"]) == (
        accused.pk,
        "174",
        "2026-04-01",
        None,
    )
    assert prosecutor.get(one).json()["ended_on"] == "2026-04-01"
    assert prosecutor.get(_address(case)).json()["crime_class"] == "A"
    assert [each["id"] for each in prosecutor.get(f"{address}?ended=true").json()["results"]] == [made["id"]]
    assert [each["id"] for each in prosecutor.get(f"{address}?ended=false").json()["results"]] == [new["id"]]
    again = prosecutor.post(f"{one}replace/", {"text": "173.4", "charged_on": "2026-05-01"}, format="json")
    assert again.status_code == 409
    early = prosecutor.post(
        f"{address}{new['id']}/replace/", {"text": "173.4", "charged_on": "2026-03-01"}, format="json"
    )
    assert (early.status_code, early.json()["field"]) == (400, "charged_on")
    assert Charge.objects.filter(case=case).count() == 2


# --- related cases


def test_a_hidden_case_is_neither_pointed_at_nor_told(
    case: CaseFile,
    people: dict[str, User],
    units: dict[str, ProcuracyUnit],
    prosecutor: APIClient,
    as_person: Any,
) -> None:
    hidden = register(actor=people["clerk_kv3"], unit=units["QN-KV3"], name="Vụ Phạm Bí Mật – Đánh bạc")
    address = _address(case, "relations")
    for code in (hidden.code, "HS-KHONG-CO"):
        answer = prosecutor.post(address, {"relation": "lien_quan", "other": code}, format="json")
        assert (answer.status_code, answer.json()["field"]) == (400, "other")
        assert "Bí Mật" not in answer.content.decode()
    # who leads the case's office and knows both may
    access.assign(actor=people["chief_kv3"], case=hidden, user=people["chief_province"], role="inspector")
    relation = access.add_entry(
        actor=people["chief_kv1"], case=case, part="relation", values={"relation": "lien_quan", "other_text": "x"}
    )
    relation.other, relation.other_text = hidden, ""
    relation.save()
    for path in (address, f"{address}{relation.pk}/", _address(case, "related"), _address(case, "history")):
        said = prosecutor.get(path).content.decode()
        assert hidden.code not in said, path
        assert "Bí Mật" not in said, path
    told = prosecutor.get(f"{address}{relation.pk}/").json()
    assert (told["other"], told["other_label"], told["out_of_scope"]) == (None, "ngoài phạm vi", True)
    corrected = prosecutor.patch(f"{address}{relation.pk}/", {"note": "Cùng bị can"}, format="json").json()
    assert (corrected["note"], corrected["other"]) == ("Cùng bị can", None)
    relation.refresh_from_db()
    assert relation.other_id == hidden.pk
    known = as_person("chief_province").get(f"{address}{relation.pk}/").json()
    assert (known["other"], known["other_label"], known["out_of_scope"]) == (hidden.code, str(hidden), False)


def test_a_known_case_is_pointed_at_by_its_code(
    case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit], as_person: Any
) -> None:
    other = register(actor=people["chief_kv1"], unit=units["QN-KV1"])
    client = as_person("chief_kv1")
    made = client.post(_address(case, "relations"), {"relation": "tach_tu", "other": other.code}, format="json")
    assert (made.status_code, made.json()["other"]) == (201, other.code), made.content.decode()
    itself = client.post(_address(case, "relations"), {"relation": "tach_tu", "other": case.code}, format="json")
    assert (itself.status_code, itself.json()["field"]) == (400, "other")


# --- history


def test_the_history_tells_who_changed_what_from_what_to_what(case: CaseFile, prosecutor: APIClient) -> None:
    prosecutor.patch(_address(case), {"judge": "Trần Thẩm", "reason": "Phân công lại"}, format="json")
    told = prosecutor.get(_address(case, "history")).json()["results"][0]
    assert (told["actor_name"], told["act"], told["subject"], told["reason"]) == (
        "Đỗ Hữu Ước",
        "changed",
        "case",
        "Phân công lại",
    )
    assert told["values"] == [{"name": "judge", "label": "Thẩm phán", "before": "", "after": "Trần Thẩm"}]


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_the_history_is_read_only(method: str, case: CaseFile, prosecutor: APIClient) -> None:
    change = CaseChange.objects.filter(case=case).latest("pk")
    for path, status in ((_address(case, "history"), 405), (_address(case, "history", change.pk), 404)):
        assert getattr(prosecutor, method)(path, {}, format="json").status_code == status


# --- events


def test_an_event_moves_the_case_and_its_withdrawal_moves_it_back(case: CaseFile, prosecutor: APIClient) -> None:
    address = _address(case, "events")
    assert prosecutor.get(_address(case)).json()["stage"] == "dieu_tra"
    body = {"event": "nhan_ho_so", "happened_on": "2026-04-10", "agency": "Cơ quan CSĐT"}
    prosecutor.post(address, {"event": "ket_luan_dieu_tra", "happened_on": "2026-04-09", "number": "5"}, format="json")
    made = prosecutor.post(address, body, format="json")
    assert made.status_code == 201, made.content.decode()
    told = made.json()
    assert (told["stage_before"], told["stage_after"], told["recorded_by"]["username"]) == (
        "dieu_tra",
        "truy_to",
        "prosecutor_kv1",
    )
    assert prosecutor.get(_address(case)).json()["stage"] == "truy_to"
    limits = {each["rule"]: each for each in prosecutor.get(_address(case, "deadlines")).json()}
    assert limits["dieu_tra"]["state"] == "ended"
    withdrawn = prosecutor.post(f"{address}{told['id']}/withdraw/", {"reason": "Nhập nhầm"}, format="json")
    assert withdrawn.status_code == 200, withdrawn.content.decode()
    assert (withdrawn.json()["withdrawal_reason"], withdrawn.json()["withdrawn_by"]["username"]) == (
        "Nhập nhầm",
        "prosecutor_kv1",
    )
    assert prosecutor.get(_address(case)).json()["stage"] == "dieu_tra"
    assert [each["id"] for each in prosecutor.get(f"{address}?withdrawn=true").json()["results"]] == [told["id"]]
    again = prosecutor.post(f"{address}{told['id']}/withdraw/", {"reason": "Nhập nhầm"}, format="json")
    assert again.status_code == 409


def test_what_may_not_happen_says_why_in_the_words_of_the_refusal(
    case: CaseFile, prosecutor: APIClient, snapshot: Callable[[], Snapshot]
) -> None:
    rows = {each["event"]: each for each in prosecutor.get(_address(case, "possible-events")).json()}
    possible, not_now = rows["ket_luan_dieu_tra"], rows["phuc_hoi_dieu_tra"]
    assert (possible["now"], possible["why_not"], not_now["now"]) == (True, "", False)
    before = snapshot()
    refused = prosecutor.post(
        _address(case, "events"),
        {"event": "phuc_hoi_dieu_tra", "happened_on": "2026-04-01", "number": "1"},
        format="json",
    )
    assert refused.status_code == 409
    assert refused.json()["detail"] == not_now["why_not"]
    assert snapshot() == before
    now = prosecutor.get(f"{_address(case, 'possible-events')}?now=true").json()
    assert {each["event"] for each in now} == {name for name, each in rows.items() if each["now"]}
    english = prosecutor.get(_address(case, "possible-events"), HTTP_ACCEPT_LANGUAGE="en").json()
    assert [each["event"] for each in english] == list(rows)


def test_what_may_happen_to_one_accused(
    case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit], prosecutor: APIClient
) -> None:
    address = _address(case, "possible-events")
    accused = case.accused.all()[0]
    rows = {each["event"]: each for each in prosecutor.get(f"{address}?accused={accused.pk}").json()}
    assert rows["khoi_to_vu_an"]["now"] is False
    assert rows["khoi_to_bi_can"]["now"] is True
    stranger = register(actor=people["chief_kv1"], unit=units["QN-KV1"]).accused.all()[0]
    for asked in (stranger.pk, 999_999, "x", "9" * 40, "-1", "²"):
        answer = prosecutor.get(address, {"accused": str(asked)})
        assert (answer.status_code, answer.json()["field"]) == (400, "accused"), asked


@pytest.mark.parametrize(
    ("changes", "status", "field"),
    [
        ({"event": "khong_co"}, 409, "event"),
        ({"event": ""}, 400, "event"),
        ({"happened_on": "2099-01-01"}, 400, "happened_on"),
        ({"happened_on": "hôm nay"}, 400, "happened_on"),
        ({"happened_at": "25:00"}, 400, "happened_at"),
        ({"number": ""}, 409, "number"),
        ({"number": "x" * 61}, 400, "number"),
        ({"amount": "hai tháng"}, 400, "amount"),
        ({"accused": 999_999}, 400, "accused"),
        ({"document": 999_999}, 400, "document"),
        ({"document": "x"}, 400, "document"),
        ({"stage_after": "ket_thuc"}, 400, "stage_after"),
        ({"withdrawn_at": None}, 400, "withdrawn_at"),
    ],
)
def test_an_event_that_cannot_be_leaves_nothing(
    changes: dict[str, Any],
    status: int,
    field: str,
    case: CaseFile,
    prosecutor: APIClient,
    snapshot: Callable[[], Snapshot],
) -> None:
    before = snapshot()
    body = {"event": "ket_luan_dieu_tra", "happened_on": "2026-04-09", "number": "5"} | changes
    answer = prosecutor.post(_address(case, "events"), body, format="json")
    assert (answer.status_code, answer.json().get("field")) == (status, field), answer.content.decode()
    assert snapshot() == before


def test_an_event_names_only_papers_its_reader_may_read(
    filed_case: FiledCase, people: dict[str, User], prosecutor: APIClient, as_person: Any
) -> None:
    case, address = filed_case.case, _address(filed_case.case, "events")
    access.assign(actor=people["chief_kv1"], case=case, user=people["scanner_kv1"], role="scan_operator")
    body = {"event": "ket_luan_dieu_tra", "happened_on": "2026-04-09", "number": "5"}
    internal = filed_case.internal.document_id
    scanner = as_person("scanner_kv1")
    refused = scanner.post(address, body | {"document": internal}, format="json")
    assert (refused.status_code, refused.json()["field"]) == (400, "document")
    made = prosecutor.post(address, body | {"document": internal}, format="json").json()
    assert made["document"] == internal
    assert scanner.get(f"{address}{made['id']}/").json()["document"] is None
    other = filed_case.documents[0].document_id
    made = prosecutor.post(
        address, {"event": "nhan_ho_so", "happened_on": "2026-04-10", "document": other}, format="json"
    ).json()
    assert scanner.get(f"{address}{made['id']}/").json()["document"] == other


def test_an_event_of_another_case_is_not_withdrawn_through_this_one(
    case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit], as_person: Any
) -> None:
    other = register(actor=people["chief_kv1"], unit=units["QN-KV1"])
    event = ProceduralEvent.objects.filter(case=other).latest("pk")
    client = as_person("chief_kv1")
    assert client.get(_address(other, "events", event.pk)).status_code == 200
    assert client.get(_address(case, "events", event.pk)).status_code == 404
    answer = client.post(_address(case, "events", event.pk, "withdraw"), {"reason": "x"}, format="json")
    assert answer.status_code == 404
    event.refresh_from_db()
    assert event.withdrawn_at is None


# --- time limits


@pytest.fixture
def limits(people: dict[str, User], units: dict[str, ProcuracyUnit], case: CaseFile) -> CaseFile:
    """Return a case of KV3 beside `case`; limits run in both, those of `case` end first."""
    access.charge(actor=people["prosecutor_kv1"], case=case, accused=None, given=ChargeInput(text="173.1"))
    other = register(
        actor=people["chief_kv3"],
        unit=units["QN-KV3"],
        init_decision_date=dt.date(2026, 3, 20),
        handled_at=dt.date(2026, 3, 20),
        charges=[ChargeInput(text="173.1")],
    )
    assert CaseDeadline.objects.filter(case=case).exists()
    assert CaseDeadline.objects.filter(case=other).exists()
    return other


def _codes(client: APIClient, query: str = "") -> set[str]:
    answer = client.get(f"/api/vks/deadlines/?page_size=100&{query}")
    assert answer.status_code == 200, answer.content.decode()
    return {each["case"] for each in answer.json()["results"]}


def test_limits_are_those_of_readable_cases(case: CaseFile, limits: CaseFile, as_person: Any) -> None:
    assert _codes(as_person("prosecutor_kv1")) == {case.code}
    assert _codes(as_person("chief_kv3")) == {limits.code}
    assert _codes(as_person("chief_province")) == {case.code, limits.code}
    for key in ("clerk_kv1", "other_prosecutor_kv1", "outsider", "admin_province"):
        assert _codes(as_person(key)) == set(), key


def test_limits_are_narrowed(case: CaseFile, limits: CaseFile, people: dict[str, User], as_person: Any) -> None:
    province = as_person("chief_province")
    both = {case.code, limits.code}
    assert _codes(province, "unit=QN-KV3") == {limits.code}
    assert _codes(province, "mine=true") == set()
    assert _codes(as_person("prosecutor_kv1"), "mine=true") == {case.code}
    assert _codes(province, "rule=dieu_tra") == both
    assert _codes(province, "kind=civil") == set()
    due = {each.case.code: each.due_on for each in CaseDeadline.objects.filter(rule="dieu_tra").select_related("case")}
    assert due[case.code] < due[limits.code]
    assert _codes(province, f"rule=dieu_tra&due_before={due[case.code].isoformat()}") == {case.code}
    assert _codes(province, "rule=dieu_tra&duty=true") == set()
    assert _codes(province, "rule=dieu_tra&duty=false") == both
    for query in ("band=purple", "due_before=mai", "mine=vâng"):
        assert province.get(f"/api/vks/deadlines/?{query}").status_code in {200, 400}
    assert province.get("/api/vks/deadlines/?band=purple").json()["field"] == "band"
    assert province.get("/api/vks/deadlines/?due_before=mai").json()["field"] == "due_before"


@pytest.mark.parametrize(
    ("left", "band"), [(11, "green"), (10, "yellow"), (6, "yellow"), (5, "orange"), (0, "orange"), (-1, "red")]
)
def test_the_colour_of_a_limit_is_that_of_the_filter(
    left: int, band: str, case: CaseFile, limits: CaseFile, as_person: Any
) -> None:
    due = CaseDeadline.objects.get(case=case, rule="dieu_tra").due_on
    with time_machine.travel(dt.datetime.combine(due - dt.timedelta(days=left), dt.time(5), dt.UTC), tick=False):
        client = as_person("chief_kv1")
        found: dict[str, set[str]] = {}
        for each in ("green", "yellow", "orange", "red"):
            rows = client.get(f"/api/vks/deadlines/?rule=dieu_tra&band={each}").json()["results"]
            found |= {each: {row["band"] for row in rows}}
    assert found == {each: ({band} if each == band else set()) for each in found}


def test_every_limit_shows_its_arithmetic_and_article(case: CaseFile, limits: CaseFile, prosecutor: APIClient) -> None:
    for each in prosecutor.get(_address(case, "deadlines")).json():
        assert each["article"], each["rule"]
        assert each["arithmetic"], each["rule"]
    running = prosecutor.get(f"{_address(case, 'deadlines')}?state=running").json()
    stored = prosecutor.get("/api/vks/deadlines/?page_size=100").json()["results"]
    assert {(each["rule"], each["due_on"]) for each in running if each["due_on"]} == {
        (each["rule"], each["due_on"]) for each in stored
    }
    assert prosecutor.get(f"{_address(case, 'deadlines')}?state=x").json()["field"] == "state"


# --- what the record is written with


def test_kinds_are_told_with_labels_in_the_language_asked_for(people: dict[str, User], as_person: Any) -> None:
    client = as_person("outsider")
    told = {each["value"]: each for each in client.get("/api/vks/kinds/").json()}
    assert set(told) == set(KINDS)
    report = told["crime_report"]
    assert (report["label"], report["number_label"]) == ("Nguồn tin về tội phạm", "Số tiếp nhận")
    assert [each["name"] for each in report["details"]] == [each.name for each in KINDS["crime_report"].fields]
    assert report["details"][0]["choices"][0] == {"value": "to_giac", "label": "Tố giác về tội phạm"}
    assert {each["value"] for each in told["civil"]["person_roles"]} >= {"plaintiff", "defendant"}
    english = client.get("/api/vks/kinds/criminal/", HTTP_ACCEPT_LANGUAGE="en").json()
    assert english["label"] != told["criminal"]["label"]
    assert client.get("/api/vks/kinds/military/").status_code == 404


def test_a_typed_charge_is_suggested_from_the_code_of_the_day(people: dict[str, User], as_person: Any) -> None:
    client = as_person("outsider")

    def told(query: str) -> list[dict[str, Any]]:
        answer = client.get(f"/api/vks/charges/suggest/?{query}")
        assert answer.status_code == 200
        rows: list[dict[str, Any]] = answer.json()
        return rows

    first = told("q=173.2.a")[0]
    assert (first["article"], first["clause"], first["points"], first["crime_class"]) == ("173", 2, "a", "B")
    assert told("q=trom cap tai san")[0]["article"] == "173"
    assert told("q=173.2&on=2019-05-01")[0]["code_version"] != told("q=173.2&on=2026-05-01")[0]["code_version"]
    assert told("q=") == told("q=%20") == []
    assert len(told("q=toi")) <= 10
    refused = client.get("/api/vks/charges/suggest/?q=173&on=mai")
    assert refused.status_code == 400


def test_what_is_suggested_can_be_entered(case: CaseFile, prosecutor: APIClient) -> None:
    found = prosecutor.get("/api/vks/charges/suggest/?q=174.2").json()[0]
    body = {name: found[name] for name in ("code_version", "article", "clause", "points")}
    made = prosecutor.post(_address(case, "charges"), body, format="json")
    assert made.status_code == 201, made.content.decode()
    assert {name: made.json()[name] for name in body} == body


def test_a_day_off_moves_the_limits_of_every_office(
    case: CaseFile,
    limits: CaseFile,
    as_person: Any,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    row = CaseDeadline.objects.get(case=case, rule="dieu_tra")
    admin, address = as_person("admin_province"), f"/api/vks/calendar-days/{row.due_on.isoformat()}/"
    with django_capture_on_commit_callbacks(execute=True):
        made = admin.put(address, {"is_day_off": True, "note": "Theo quyết định"}, format="json")
    assert (made.status_code, made.json()) == (
        200,
        {"day": row.due_on.isoformat(), "is_day_off": True, "note": "Theo quyết định"},
    )
    assert CaseDeadline.objects.get(case=case, rule="dieu_tra").due_on > row.due_on
    assert as_person("outsider").get(f"/api/vks/calendar-days/?year={row.due_on.year}").json()["count"] == 1
    assert as_person("outsider").get("/api/vks/calendar-days/?year=2001").json()["count"] == 0
    with django_capture_on_commit_callbacks(execute=True):
        assert admin.delete(address).status_code == 204
    assert CaseDeadline.objects.get(case=case, rule="dieu_tra").due_on == row.due_on
    assert admin.delete(address).status_code == 404


def test_who_keeps_the_calendar(people: dict[str, User], as_person: Any) -> None:
    from django.contrib.auth.models import User as Account

    people["root"] = Account.objects.create_superuser("root")
    address = "/api/vks/calendar-days/2027-02-13/"
    for key in ("chief_province", "chief_kv1", "statistics_province", "outsider"):
        assert as_person(key).put(address, {}, format="json").status_code == 403, key
    assert CalendarDay.objects.count() == 0
    for key in ("admin_province", "root"):
        assert as_person(key).put(address, {"is_day_off": False}, format="json").status_code == 200, key
    assert CalendarDay.objects.get().is_day_off is False


@pytest.mark.parametrize(
    ("day", "body", "status"),
    [
        ("2027-02-31", {}, 404),
        ("0001-01-01", {}, 400),
        ("9999-01-01", {}, 400),
        ("2027-02-13", {"is_day_off": "x"}, 400),
        ("2027-02-13", {"note": "x" * 201}, 400),
        ("2027-02-13", {"day": "2027-02-14"}, 400),
        ("mai", {}, 404),
    ],
)
def test_a_day_that_cannot_be_leaves_nothing(
    day: str, body: dict[str, Any], status: int, people: dict[str, User], as_person: Any
) -> None:
    answer = as_person("admin_province").put(f"/api/vks/calendar-days/{day}/", body, format="json")
    assert answer.status_code == status
    assert answer.json()["detail"]
    assert CalendarDay.objects.count() == 0


def test_everything_of_a_case_is_read_by_its_readers(everything: Everything, as_person: Any) -> None:
    client = as_person("chief_province")
    for place in (*PLACES, "events", "possible-events", "deadlines", "history"):
        answer = client.get(_address(everything.filed.case, place))
        assert answer.status_code == 200, place
        rows = answer.json()
        assert rows["results"] if isinstance(rows, dict) else rows, place
