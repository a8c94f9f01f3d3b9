"""Reports that become cases, mergers and splits through the API, and what the rules find."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from rest_framework.test import APIClient

from tests.api.conftest import Snapshot
from tests.cases.test_lineage import appealed, gang, lead, merge, on, pair, report
from vks_plugin.access import actions as access
from vks_plugin.cases.models import CaseFile

if TYPE_CHECKING:
    from django.contrib.auth.models import User

__all__ = ["appealed", "gang", "lead", "pair", "report"]

pytestmark = pytest.mark.django_db

SignIn = Callable[[str], APIClient]


def _post(client: APIClient, case: CaseFile, act: str, **body: Any) -> Any:
    return client.post(f"/api/vks/cases/{case.code}/{act}/", body, format="json")


def _become(report: CaseFile, **changes: Any) -> dict[str, Any]:
    return {
        "init_decision_no": "88/QĐ-CSĐT",
        "init_decision_date": "2026-04-01",
        "init_decision_agency": "Công an tỉnh",
        "reporters": [{"id": report.people.get(role="reporter").pk, "role": "witness"}],
        "accused": [report.accused.all()[0].pk],
        **changes,
    }


def test_a_report_becomes_a_case(report: CaseFile, as_person: SignIn) -> None:
    client = as_person("prosecutor_kv1")
    body = _become(report, form_token=str(uuid.uuid4()), charges=[{"text": "174.1"}])
    made = _post(client, report, "become", **body)
    assert made.status_code == 201, made.json()
    told = made.json()["case"]
    assert (told["kind"], told["stage"], told["init_decision_no"], told["level"]) == (
        "criminal",
        "khoi_to",
        "88/QĐ-CSĐT",
        "contribute",
    )
    case = CaseFile.objects.get(code=told["code"])
    assert [str(charge) for charge in case.charges.all()] == ["khoản 1 Điều 174"]
    assert sorted(case.people.values_list("role", "full_name")) == [
        ("victim", "Đỗ Văn Mất"),
        ("witness", "Trần Thị Bích"),
    ]
    again = _post(client, report, "become", **body)
    assert (again.status_code, again.json()["case"]["code"]) == (200, told["code"])
    (related,) = client.get(f"/api/vks/cases/{told['code']}/related/").json()
    assert (related["relation"], related["other"], related["out_of_scope"]) == ("tu_nguon_tin", report.code, False)
    (back,) = client.get(f"/api/vks/cases/{report.code}/related/").json()
    assert (back["label"], back["other"]) == ("Đã khởi tố thành vụ án", told["code"])


@pytest.mark.parametrize(
    ("changes", "status", "field"),
    [
        ({"init_decision_no": ""}, 400, "init_decision_no"),
        ({"init_decision_date": "32/01/2026"}, 400, "init_decision_date"),
        ({"accused": [987_654]}, 400, "accused"),
        ({"reporters": [{"id": 987_654, "role": "victim"}]}, 400, "reporters"),
        ({"reporters": [{"id": "x"}]}, 400, "reporters"),
        ({"charges": [{"text": "không phải điều luật"}]}, 400, "charges"),
        ({"accuse": [1]}, 400, "accuse"),
    ],
)
def test_what_cannot_be_used_is_refused_at_its_field(
    report: CaseFile,
    as_person: SignIn,
    snapshot: Callable[[], Snapshot],
    changes: dict[str, Any],
    status: int,
    field: str,
) -> None:
    before = snapshot()
    answer = _post(as_person("prosecutor_kv1"), report, "become", **_become(report, **changes))
    assert (answer.status_code, answer.json()["field"]) == (status, field)
    assert snapshot() == before


def test_two_cases_are_merged(pair: tuple[CaseFile, CaseFile], as_person: SignIn) -> None:
    older, newer = pair
    client = as_person("prosecutor_kv1")
    body = {"target": newer.code, "decision_no": "9/QĐ", "decided_on": "2026-03-10"}
    made = _post(client, older, "merge", **body)
    assert (made.status_code, made.json()["case"]["code"], made.json()["warnings"]) == (201, newer.code, [])
    assert _post(client, older, "merge", **body).status_code == 200
    assert client.get(f"/api/vks/cases/{older.code}/").json()["status"] == "da_nhap"
    assert client.get(f"/api/vks/cases/{newer.code}/accused/").json()["count"] == 2


def test_a_target_one_may_not_know_of_is_refused_like_one_that_is_not_there(
    pair: tuple[CaseFile, CaseFile], people: dict[str, User], as_person: SignIn
) -> None:
    older, newer = pair
    access.assign(actor=people["chief_kv1"], case=older, user=people["other_prosecutor_kv1"], role="prosecutor")
    client = as_person("other_prosecutor_kv1")
    answers = [
        _post(client, older, "merge", target=code, decision_no="9/QĐ", decided_on="2026-03-10")
        for code in (newer.code, "HS-KHONG-CO")
    ]
    assert [each.status_code for each in answers] == [400, 400]
    assert answers[0].json() == answers[1].json()


def test_a_case_is_split(gang: CaseFile, as_person: SignIn) -> None:
    client = as_person("prosecutor_kv1")
    second = gang.accused.get(full_name="Đinh Hai")
    made = _post(
        client,
        gang,
        "split",
        decision_no="7/QĐ",
        decided_on="2026-03-20",
        agency="Công an tỉnh",
        name="Vụ tách",
        accused=[second.pk],
    )
    assert made.status_code == 201, made.json()
    code = made.json()["case"]["code"]
    told = client.get(f"/api/vks/cases/{code}/accused/").json()["results"]
    assert [each["full_name"] for each in told] == ["Đinh Hai"]
    (related,) = client.get(f"/api/vks/cases/{code}/related/").json()
    assert (related["relation"], related["other"]) == ("tach_tu", gang.code)


def test_the_office_above_opens_its_case_for_an_appeal(appealed: CaseFile, as_person: SignIn) -> None:
    client, token = as_person("outsider"), str(uuid.uuid4())
    made = _post(client, appealed, "appeal", form_token=token)
    assert made.status_code == 201, made.json()
    told = made.json()["case"]
    assert (told["unit"], told["stage"], told["level"]) == ("QN", "phuc_tham", "contribute")
    assert _post(client, appealed, "appeal", form_token=token).status_code == 200
    assert _post(client, appealed, "appeal").status_code == 409
    (related,) = client.get(f"/api/vks/cases/{told['code']}/related/").json()
    assert (related["relation"], related["other"]) == ("phuc_tham_cua", appealed.code)
    assert as_person("chief_kv1").get(f"/api/vks/cases/{appealed.code}/related/").json() == []


def test_nothing_names_a_case_to_who_may_not_know_of_it(
    pair: tuple[CaseFile, CaseFile], lead: User, people: dict[str, User], as_person: SignIn
) -> None:
    older, newer = pair
    merge(lead, older, newer)
    access.assign(actor=people["chief_kv1"], case=newer, user=people["other_prosecutor_kv1"], role="prosecutor")
    client = as_person("other_prosecutor_kv1")
    access.assign(actor=people["chief_kv1"], case=older, user=people["inspector_kv1"], role="inspector")
    (related,) = as_person("inspector_kv1").get(f"/api/vks/cases/{older.code}/related/").json()
    assert (related["other"], related["other_name"], related["out_of_scope"]) == (None, "", True)
    assert client.get(f"/api/vks/cases/{newer.code}/related/").json() == []
    assert "Nguyễn Văn Cũ" in client.get(f"/api/vks/cases/{newer.code}/history/").content.decode()
    for place in ("related", "history", "relations", "accused", "findings", "measures"):
        told = client.get(f"/api/vks/cases/{newer.code}/{place}/").content.decode()
        assert older.code not in told, place
        assert older.name not in told, place


def test_findings_tell_rule_place_and_sentence(gang: CaseFile, lead: User, as_person: SignIn) -> None:
    client = as_person("prosecutor_kv1")
    young = access.add_entry(
        actor=lead,
        case=gang,
        part="accused",
        values={"full_name": "Đinh Út", "birth_date": on("03-01").replace(year=2010)},
    )
    found = client.get(f"/api/vks/cases/{gang.code}/findings/").json()
    mine = [each for each in found if each["rule"] == "V10"]
    assert [(each["severity"], each["part"], each["entry"], each["field"]) for each in mine] == [
        ("warn", "accused", young.pk, "offence_date"),
        ("warn", "case", None, "is_closed_trial"),
    ]
    assert "Đinh Út" in mine[0]["sentence"]
    assert mine[0]["title"] == "Bị can dưới 18 tuổi khi phạm tội"
    english = client.get(f"/api/vks/cases/{gang.code}/findings/", headers={"Accept-Language": "en"})
    assert english.status_code == 200
