"""Why somebody may or may not see a case: who is told, what, and what nobody learns by asking."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils import timezone

from tests.api.test_access import ASKERS, STRANGERS
from tests.people import STARTED, FiledCase, register
from vks_plugin.access import actions as access
from vks_plugin.access import temporary
from vks_plugin.access.explanations import answer, loose_told
from vks_plugin.access.policy import as_table
from vks_plugin.access.projection import project_case
from vks_plugin.access.queries import case_decision
from vks_plugin.cases.models import Assignment, CaseDocument, CaseFile
from vks_plugin.filing import inbox
from vks_plugin.host.models import Document
from vks_plugin.host.permissions import Grant, may_view, write_grants
from vks_plugin.organization import actions as organization
from vks_plugin.organization.actions import service_account_id
from vks_plugin.organization.models import Appointment

if TYPE_CHECKING:
    from rest_framework.test import APIClient

    from vks_plugin.organization.models import ProcuracyUnit

    SignIn = Callable[[str], APIClient]

pytestmark = pytest.mark.django_db

ABOUT_A_COLLEAGUE = "404 404 404 404  403  403 200 403"
"""In the order of ASKERS, about `inspector_kv1`."""


@pytest.fixture(autouse=True)
def _swept(db: None) -> None:
    # the first request of a day puts grants right by itself
    access.sweep()


def _restrict(case: CaseFile, people: dict[str, User]) -> None:
    access.edit_case(
        actor=people["chief_kv1"], case=case, values={"confidentiality": CaseFile.Confidentiality.RESTRICTED}
    )


def _about(client: APIClient, case: CaseFile, user: str) -> dict[str, Any]:
    answered = client.get(f"/api/vks/cases/{case.code}/explain/", {"user": user})
    assert answered.status_code == 200, answered.json()
    found: dict[str, Any] = answered.json()
    return found


def _part(told: dict[str, Any], part: str = "hsva") -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in told["parts"] if each["part"] == part)
    return found


def _failed(told: dict[str, Any], reason: str, part: str = "hsva") -> str:
    return str(next(row["failed"] for row in _part(told, part)["rows"] if row["reason"] == reason))


@pytest.mark.parametrize("asker", ASKERS)
def test_only_who_assigns_is_told_about_others(asker: str, filed_case: FiledCase, as_person: SignIn) -> None:
    expected = int(ABOUT_A_COLLEAGUE.split()[ASKERS.index(asker)])
    client = as_person(asker)
    of_case = f"/api/vks/cases/{filed_case.case.code}/explain/"
    assert client.get(of_case, {"user": "inspector_kv1"}).status_code == expected
    of_document = f"/api/vks/documents/{filed_case.host_ids[0]}/explain/"
    # the clerk knows of the case and of none of its papers
    seen = 404 if asker == "clerk_kv1" else expected
    assert client.get(of_document, {"user": "inspector_kv1"}).status_code == seen


@pytest.mark.parametrize("asker", STRANGERS)
@pytest.mark.parametrize("user", ["", "prosecutor_kv1", "nobody-at-all"])
def test_a_stranger_learns_neither_of_case_nor_of_account(
    asker: str, user: str, filed_case: FiledCase, as_person: SignIn
) -> None:
    client = as_person(asker)
    for there, not_there in (
        (f"/api/vks/cases/{filed_case.case.code}/explain/", "/api/vks/cases/HS-QN-KV1-2099-0001/explain/"),
        (f"/api/vks/documents/{filed_case.host_ids[0]}/explain/", "/api/vks/documents/999999/explain/"),
    ):
        real, made_up = (client.get(path, {"user": user}) for path in (there, not_there))
        assert (real.status_code, real.json()) == (made_up.status_code, made_up.json())
        assert real.status_code == 404


@pytest.mark.parametrize("asker", ["clerk_kv1", "prosecutor_kv1", "chief_kv1", "chief_province"])
def test_nobody_learns_which_accounts_exist(asker: str, case: CaseFile, as_person: SignIn) -> None:
    client = as_person(asker)
    for path in (f"/api/vks/cases/{case.code}/explain/", "/api/vks/explain/"):
        there, not_there = (client.get(path, {"user": user}) for user in ("prosecutor_kv3", "nobody-at-all"))
        if asker == "chief_province" and path == "/api/vks/explain/":
            # the province has cases of its own to assign people to, and nobody of another office works on them
            assert there.status_code == 400
        assert (there.status_code, there.json()) == (not_there.status_code, not_there.json())
        assert there.status_code in {400, 403}


def test_the_chain_names_row_assignment_and_days(case: CaseFile, people: dict[str, User], as_person: SignIn) -> None:
    last = timezone.localdate() + dt.timedelta(days=10)
    access.assign(actor=people["chief_kv1"], case=case, user=people["scanner_kv1"], role="scan_operator", ends_on=last)
    told = _about(as_person("chief_kv1"), case, "scanner_kv1")
    part = _part(told)
    assert (part["level"], part["reason"]) == ("contribute", "Được giao số hóa hồ sơ này")
    assert part["through"] == {
        "assignment": True,
        "role": "scan_operator",
        "role_name": "Cán bộ số hóa",
        "unit": "",
        "starts_on": timezone.localdate().isoformat(),
        "ends_on": last.isoformat(),
        "ends_at": None,
    }
    assert (part["lasts_until"], part["then_level"]) == (last.isoformat(), "none")
    internal = _part(told, "hsks")
    assert (internal["level"], internal["through"]) == ("none", None)
    assert _failed(told, "Kiểm sát viên được phân công vào vụ án", "hsks") == (
        "Chưa được phân công vai trò này trong vụ án."
    )
    assert _failed(told, "Viện trưởng đơn vị thụ lý", "hsks") == ("Không giữ chức danh này tại VKSND khu vực 1.")


def test_an_ended_assignment_and_an_ended_post_are_named(
    case: CaseFile, people: dict[str, User], as_person: SignIn
) -> None:
    today = f"{timezone.localdate():%d/%m/%Y}"
    leader = as_person("chief_kv1")
    access.end_assignment(actor=people["chief_kv1"], assignment=Assignment.objects.get(case=case))
    told = _about(leader, case, "prosecutor_kv1")
    assert _part(told)["level"] == "none"
    assert _failed(told, "Kiểm sát viên thụ lý chính của vụ án") == f"Phân công đã chấm dứt ngày {today}."
    organization.end_appointment(appointment=Appointment.objects.get(user=people["deputy_kv1"]))
    told = _about(leader, case, "deputy_kv1")
    assert _failed(told, "Phó Viện trưởng đơn vị thụ lý") == (
        f"Chức danh tại VKSND khu vực 1 đã chấm dứt ngày {today}."
    )


def test_a_restricted_case_says_what_the_flag_took_away(
    case: CaseFile, people: dict[str, User], as_person: SignIn
) -> None:
    _restrict(case, people)
    told = _about(as_person("chief_kv1"), case, "chief_province")
    part = _part(told)
    assert told["restricted"] is True
    assert (part["level"], part["unrestricted_level"]) == ("none", "view")
    assert _failed(told, "Viện trưởng đơn vị cấp trên").startswith("Vụ án hạn chế nội bộ:")
    # who lost it is not told that the case is there
    assert as_person("chief_province").get(f"/api/vks/cases/{case.code}/explain/").status_code == 404


def test_a_locked_account_is_the_first_thing_named(case: CaseFile, as_person: SignIn) -> None:
    told = _about(as_person("chief_kv1"), case, "locked")
    assert {row["failed"] for row in _part(told)["rows"]} == {"Chưa đăng nhập hoặc tài khoản đã khóa"}


def test_every_explanation_is_the_decision_of_the_day(
    case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    day = timezone.localdate()
    one = dt.timedelta(days=1)
    leader = people["chief_kv1"]
    access.assign(actor=leader, case=case, user=people["inspector_kv1"], role="inspector", ends_on=day)
    access.assign(actor=leader, case=case, user=people["scanner_kv1"], role="scan_operator", starts_on=day + one)
    organization.appoint(user=people["outsider"], unit=units["QN-KV1"], role="chief_procurator", ends_on=day)
    province = register(actor=people["chief_province"], unit=units["QN"])
    for moved in (-1, 0, 1):
        with time_machine.travel(timezone.now() + moved * one, tick=False):
            for each in (case, province):
                for user in people.values():
                    told = answer(user, each, [])
                    assert {part.part: part.decision for part in told.parts} == {
                        part: case_decision(user, each, part) for part in ("hsva", "hsks")
                    }, user


# --- the host beside it


def test_what_the_host_has_stored_and_through_what(filed_case: FiledCase, as_person: SignIn) -> None:
    leader = as_person("chief_kv1")
    assigned = _about(leader, filed_case.case, "prosecutor_kv1")
    assert assigned["host"]["grants"] == [
        {"holder": "user", "name": "prosecutor_kv1", "action": "change", "documents": 4},
        {"holder": "user", "name": "prosecutor_kv1", "action": "view", "documents": 4},
    ]
    standing = _about(leader, filed_case.case, "chief_province")
    assert standing["host"]["grants"] == [
        {"holder": "group", "name": "vks:QN:leaders", "action": "view", "documents": 4}
    ]
    for told in (assigned, standing):
        assert (told["host"]["documents"], told["host"]["shown"]) == (4, 4)
        assert (told["host"]["differing"], told["warnings"]) == ([], [])
    nobody = _about(leader, filed_case.case, "other_prosecutor_kv1")
    assert (nobody["host"]["shown"], nobody["host"]["grants"], nobody["warnings"]) == (0, [], [])


def test_a_borrower_is_told_what_the_host_withholds(
    filed_case: FiledCase, people: dict[str, User], as_person: SignIn
) -> None:
    until = timezone.now().replace(microsecond=0) + dt.timedelta(days=2)
    borrower, leader = people["prosecutor_kv3"], as_person("chief_kv1")
    temporary.open_for_loan(
        case=filed_case.case, user=borrower, approved_by=people["chief_kv1"], ends_at=until, reason="Đối chiếu"
    )
    told = _about(leader, filed_case.case, "prosecutor_kv3")
    lent = CaseDocument.objects.filter(case=filed_case.case, part="hsva")
    assert told["host"]["shown"] == lent.count()
    (note,) = told["notes"]
    assert note.startswith(f"{lent.count()} tài liệu người này chỉ đọc được nhờ mượn bản điện tử, đến ")
    assert f"{timezone.localtime(until):%H:%M %d/%m/%Y}" in note
    door = as_person("prosecutor_kv3").get(f"/api/documents/{lent[0].document_id}/download/")
    assert door.status_code == 403
    # who is assigned as well is withheld nothing
    assert _about(leader, filed_case.case, "prosecutor_kv1")["notes"] == []


def test_a_leader_is_told_what_the_table_gives_and_the_host_does_not(filed_case: FiledCase, as_person: SignIn) -> None:
    leader = as_person("chief_kv1")
    (note,) = _about(leader, filed_case.case, "chief_kv1")["notes"]
    assert "nhãn và ghi chú trong DMS thì người được phân công vào vụ án sửa" in note
    door = f"/api/documents/{filed_case.documents[0].document_id}/"
    assert leader.patch(door, {"tags": []}, format="json").status_code == 403
    assert as_person("prosecutor_kv1").patch(door, {"tags": []}, format="json").status_code == 200
    assert _about(leader, filed_case.case, "chief_province")["notes"] == []


def _loose(people: dict[str, User], **said: Any) -> Document:
    return Document.objects.create(
        **{"title": "Thư mời", "checksum": "a" * 64, "owner": people["prosecutor_kv1"]} | said
    )


def test_a_document_in_no_case_is_explained_as_the_host_shows_it(
    people: dict[str, User], as_person: SignIn, provisioned: None, settings: Any
) -> None:
    settings.VKS_INBOX_UNIT = "QN-KV1"
    mine, waiting = _loose(people), _loose(people, checksum="b" * 64)
    write_grants(
        {mine.pk: frozenset({Grant("user", people["inspector_kv1"].pk, "view")}), waiting.pk: frozenset()},
        owner_id=people["prosecutor_kv1"].pk,
    )
    inbox.keep_alone(waiting.pk)
    waiting.refresh_from_db()
    for document in (mine, waiting):
        for key in ("prosecutor_kv1", "inspector_kv1", "clerk_kv1", "chief_kv1", "outsider", "locked"):
            told = loose_told(people[key], document)
            door = as_person(key).get(f"/api/documents/{document.pk}/") if people[key].is_active else None
            assert bool(told["host"]["shown"]) is (door is not None and door.status_code == 200), (key, told)
            if door is None:
                continue
            asked = as_person(key).get(f"/api/vks/documents/{document.pk}/explain/")
            assert asked.status_code == (200 if told["host"]["shown"] else 404), key
    about = f"/api/vks/documents/{mine.pk}/explain/"
    assert "Là chủ" in as_person("prosecutor_kv1").get(about).json()["notes"][0]
    assert as_person("prosecutor_kv1").get(about, {"user": "chief_kv1"}).json()["host"]["shown"] == 0
    assert as_person("prosecutor_kv1").get(about, {"user": "chief_kv3"}).status_code == 400
    # who may only read it is not told about others
    assert as_person("inspector_kv1").get(about, {"user": "chief_kv1"}).status_code == 403


def test_the_table_is_told_as_the_policy_has_it(as_person: SignIn) -> None:
    rows = as_person("outsider").get("/api/vks/explain/table/").json()
    assert [(each["relation"], each["role"], each["levels"]["hsva"], each["up_to"]) for each in rows] == [
        (row.relation, row.role, row.levels["hsva"].name.lower(), row.up_to.name.lower()) for row in as_table()
    ]


def test_host_and_table_agree_about_everybody_as_long_as_nobody_meddles(
    filed_case: FiledCase, people: dict[str, User]
) -> None:
    documents = list(CaseDocument.objects.filter(case=filed_case.case))
    for restricted in (False, True):
        if restricted:
            _restrict(filed_case.case, people)
            filed_case.case.refresh_from_db()
        for user in people.values():
            told = answer(user, filed_case.case, documents)
            assert told.differing == [], user
            shown = {each.filed.document_id for each in told.documents if each.shown}
            assert shown == (may_view(user, filed_case.host_ids) if user.is_active else set())


def test_a_projection_that_is_behind_is_said(filed_case: FiledCase, people: dict[str, User], as_person: SignIn) -> None:
    leader, first = as_person("chief_kv1"), filed_case.host_ids[0]
    write_grants({first: frozenset()}, owner_id=service_account_id())
    told = _about(leader, filed_case.case, "prosecutor_kv1")
    assert [(each["document"], each["missing"], each["extra"]) for each in told["host"]["differing"]] == [
        (first, ["change", "view"], [])
    ]
    assert (_part(told)["level"], told["host"]["shown"]) == ("contribute", 3)
    assert "chưa theo kịp: 1 tài liệu" in told["warnings"][0]
    project_case(filed_case.case)
    # an assignment that ended in the database alone: the host still opens what the table does not
    Assignment.objects.update(ended_at=timezone.now())
    told = _about(leader, filed_case.case, "prosecutor_kv1")
    assert (_part(told)["level"], told["host"]["shown"]) == ("none", 4)
    assert "rộng hơn bảng phân quyền ở 4 tài liệu" in told["warnings"][0]


def test_a_document_of_another_owner_is_said(filed_case: FiledCase, people: dict[str, User], as_person: SignIn) -> None:
    Document.objects.filter(pk=filed_case.host_ids[0]).update(owner=people["inspector_kv1"])
    told = _about(as_person("chief_kv1"), filed_case.case, "inspector_kv1")
    assert (_part(told)["level"], told["host"]["shown"]) == ("none", 1)
    assert [(each["document"], each["owner"]) for each in told["host"]["differing"]] == [
        (filed_case.host_ids[0], "inspector_kv1")
    ]
    assert "Chủ của 1 tài liệu" in told["warnings"][0]


def test_a_superuser_is_told_apart_from_the_table(
    filed_case: FiledCase, people: dict[str, User], as_person: SignIn
) -> None:
    User.objects.filter(username="inspector_kv1").update(is_superuser=True)
    told = _about(as_person("chief_kv1"), filed_case.case, "inspector_kv1")
    assert (_part(told)["level"], told["host"]["shown"], told["host"]["superuser"]) == ("none", 4, True)
    assert [sentence for sentence in told["warnings"] if "siêu quản trị" in sentence] == told["warnings"]


def test_an_assignment_without_a_post_opens_nothing_in_the_host(
    filed_case: FiledCase, people: dict[str, User], as_person: SignIn
) -> None:
    organization.end_appointment(appointment=Appointment.objects.get(user=people["prosecutor_kv1"]))
    told = _about(as_person("chief_kv1"), filed_case.case, "prosecutor_kv1")
    assert (_part(told)["level"], told["host"]["shown"], told["host"]["grants"]) == ("none", 0, [])
    lead = next(row for row in _part(told)["rows"] if row["role"] == "prosecutor_lead")
    assert lead["failed"].startswith("Không còn chức danh tại đơn vị thụ lý")


def test_dated_access_that_is_suspended_is_said(
    filed_case: FiledCase, people: dict[str, User], as_person: SignIn
) -> None:
    day = timezone.localdate()
    leader = people["chief_kv1"]
    access.assign(actor=leader, case=filed_case.case, user=people["inspector_kv1"], role="inspector", ends_on=day)
    organization.suspend_dated_access()
    access.project_everything()
    told = _about(as_person("chief_kv1"), filed_case.case, "inspector_kv1")
    assert (_part(told)["level"], told["host"]["shown"], told["host"]["differing"]) == ("contribute", 0, [])
    assert "đang tạm dừng" in told["warnings"][0]


def test_who_only_scans_is_told_nothing_of_the_supervision_file(
    filed_case: FiledCase, people: dict[str, User], as_person: SignIn
) -> None:
    access.assign(actor=people["chief_kv1"], case=filed_case.case, user=people["scanner_kv1"], role="scan_operator")
    # the host has a grant it should not have, on a paper the asker may not know of
    internal = filed_case.internal.document_id
    Document.objects.filter(pk=internal).update(owner=people["scanner_kv1"], title="Ý kiến lãnh đạo")
    client = as_person("scanner_kv1")
    told = _about(client, filed_case.case, "")
    assert told["host"]["documents"] == 3
    assert str(internal) not in json.dumps(told["host"])
    assert client.get(f"/api/vks/documents/{internal}/explain/").status_code == 404


def test_a_document_is_explained_by_its_own_part(filed_case: FiledCase, as_person: SignIn) -> None:
    leader = as_person("chief_kv1")
    for filed in (filed_case.documents[0], filed_case.internal):
        told = leader.get(f"/api/vks/documents/{filed.document_id}/explain/", {"user": "prosecutor_kv1"}).json()
        assert [each["part"] for each in told["parts"]] == [filed.part]
        assert told["host"]["documents"] == 1


# --- from a person to all cases


def test_one_s_own_cases_each_with_its_reason(
    case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit], as_person: SignIn
) -> None:
    other = register(actor=people["clerk_kv1"], unit=units["QN-KV1"])
    theirs = register(actor=people["clerk_kv3"], unit=units["QN-KV3"])
    mine = as_person("prosecutor_kv1").get("/api/vks/explain/").json()
    assert [each["case"] for each in mine["results"]] == [case.code]
    told = as_person("chief_kv1").get("/api/vks/explain/", {"page_size": 1}).json()
    assert (told["count"], len(told["results"])) == (2, 1)
    part = _part(told["results"][0])
    assert (part["level"], part["reason"]) == ("manage", "Viện trưởng đơn vị thụ lý")
    assert part["through"]["starts_on"] == STARTED.isoformat()
    province = as_person("chief_province").get("/api/vks/explain/").json()
    assert {each["case"] for each in province["results"]} == {case.code, other.code, theirs.code}


def test_a_leader_is_told_of_a_colleague_s_cases_only_where_the_leader_assigns(
    case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit], as_person: SignIn
) -> None:
    theirs = register(actor=people["clerk_kv3"], unit=units["QN-KV3"])
    organization.appoint(user=people["prosecutor_kv1"], unit=units["QN-KV3"], role="deputy_chief_procurator")
    assert set(_codes(as_person("prosecutor_kv1"), "")) == {case.code, theirs.code}
    assert _codes(as_person("chief_kv1"), "prosecutor_kv1") == [case.code]
    assert _codes(as_person("chief_kv3"), "prosecutor_kv1") == [theirs.code]
    assert as_person("other_prosecutor_kv1").get("/api/vks/explain/", {"user": "prosecutor_kv1"}).status_code == 403


def _codes(client: APIClient, user: str) -> list[str]:
    return [each["case"] for each in client.get("/api/vks/explain/", {"user": user}).json()["results"]]


def test_a_leader_is_not_told_of_posts_in_other_offices(
    case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit], as_person: SignIn
) -> None:
    organization.appoint(user=people["prosecutor_kv1"], unit=units["QN-KV3"], role="chief_procurator")
    assert "khu vực 3" not in json.dumps(_about(as_person("chief_kv1"), case, "prosecutor_kv1"), ensure_ascii=False)
    own = _about(as_person("prosecutor_kv1"), case, "")
    assert _failed(own, "Viện trưởng đơn vị thụ lý") == (
        "Giữ chức danh này tại VKSND khu vực 3, không phải tại VKSND khu vực 1."
    )


def test_english_is_for_who_asks_for_it(case: CaseFile, as_person: SignIn) -> None:
    client = as_person("chief_kv1")
    address = f"/api/vks/cases/{case.code}/explain/"
    told = client.get(address, {"user": "inspector_kv1"}, headers={"Accept-Language": "en"}).json()
    assert _part(told)["level_name"] == "no access"
    assert "Not assigned to this role in the case." in {row["failed"] for row in _part(told)["rows"]}
