"""Handing cases on, and opening them for a while, through the API."""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import CommandError, call_command
from django.test import TestCase
from django.utils import timezone

from tests.api.conftest import WHY, Snapshot
from tests.people import make_district, register
from vks_plugin.access import temporary, transfers
from vks_plugin.access.models import Restructuring, TemporaryAccess
from vks_plugin.access.tasks import restructure
from vks_plugin.cases.models import Assignment, CaseFile
from vks_plugin.errors import Unavailable
from vks_plugin.organization import actions as organization
from vks_plugin.organization.models import Appointment, Department, ProcuracyUnit

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from pytest_django import DjangoCaptureOnCommitCallbacks

    from tests.people import FiledCase

pytestmark = pytest.mark.django_db

PAPER = "12/QĐ-VKS"
ROUTE = "/api/vks/temporary-access/"


def _post(client: Any, path: str, body: dict[str, Any] | None = None) -> Any:
    return client.post(path, body or {}, format="json")


def test_an_emergency_opens_the_documents_and_closes_them(filed_case: FiledCase, as_person: Any) -> None:
    code, document = filed_case.case.code, f"/api/documents/{filed_case.host_ids[0]}/"
    asker, leader = as_person("prosecutor_kv3"), as_person("chief_kv1")
    made = _post(asker, ROUTE, {"case": code, "reason": WHY, "hours": 3})
    assert made.status_code == 201
    told = made.json()
    assert (told["state"], told["case_name"], told["approved_by"], told["may"]) == ("waiting", None, None, ["end"])
    assert told["posts"] == [{"role": "prosecutor", "unit": "QN-KV3", "department": None}]
    (waiting,) = leader.get(f"{ROUTE}?answerable=true").json()["results"]
    assert (waiting["id"], waiting["case_name"], waiting["reason"]) == (told["id"], filed_case.case.name, WHY)
    assert waiting["may"] == ["approve", "decline"]
    assert asker.get(f"{ROUTE}?answerable=true").json()["count"] == 0
    assert asker.get(document).status_code in {403, 404}
    assert _post(asker, f"{ROUTE}{told['id']}/approve/").status_code == 404
    approved = _post(leader, f"{ROUTE}{told['id']}/approve/").json()
    assert (approved["state"], approved["approved_by"]["username"]) == ("open", "chief_kv1")
    assert asker.get(document).status_code == 200
    assert asker.get(f"{ROUTE}?state=open").json()["results"][0]["case_name"] == filed_case.case.name
    assert as_person("prosecutor_kv1").get(ROUTE).json()["count"] == 0
    assert _post(as_person("prosecutor_kv1"), f"{ROUTE}{told['id']}/end/").status_code == 404
    assert _post(asker, f"{ROUTE}{told['id']}/end/").json()["state"] == "closed"
    assert asker.get(document).status_code in {403, 404}
    assert _post(leader, f"{ROUTE}{told['id']}/end/").status_code == 409
    assert _post(leader, f"{ROUTE}{told['id']}/approve/").status_code == 404


@pytest.mark.parametrize(
    ("asker", "change", "status", "field"),
    [
        ("prosecutor_kv3", {"case": " "}, 400, "case"),
        ("prosecutor_kv3", {"case": "HS-QN-KV9-2026-0001"}, 400, "case"),
        ("prosecutor_kv3", {"case": "HS/1", "as_written": True}, 400, "case"),
        ("prosecutor_kv3", {"reason": "gấp"}, 400, "reason"),
        ("prosecutor_kv3", {"hours": 0}, 400, "hours"),
        ("prosecutor_kv3", {"hours": 73}, 400, "hours"),
        ("outsider", {}, 403, None),
    ],
)
def test_a_request_that_cannot_be_leaves_nothing(
    asker: str,
    change: dict[str, Any],
    status: int,
    field: str | None,
    case: CaseFile,
    as_person: Any,
    snapshot: Callable[[], Snapshot],
) -> None:
    before = snapshot()
    answer = _post(as_person(asker), ROUTE, {"case": case.code, "reason": WHY, "hours": 2} | change)
    assert (answer.status_code, answer.json().get("field")) == (status, field)
    assert snapshot() == before


def test_whoever_asks_is_answered_alike_whether_there_is_such_a_case(case: CaseFile, as_person: Any) -> None:
    asker, told = as_person("prosecutor_kv3"), []
    for code in (case.code, "HS-QN-KV1-2026-9999"):
        answer = _post(asker, ROUTE, {"case": code, "reason": WHY, "hours": 2})
        told.append(
            (
                answer.status_code,
                {key: answer.json()[key] for key in answer.json().keys() - {"id", "case", "requested_at"}},
            )
        )
    assert told[0] == told[1]
    doubtful = {"case": "HS-QN-KV9-2026-0001", "reason": WHY, "hours": 2}
    assert "HS-QN" in _post(asker, ROUTE, doubtful).json()["detail"]
    assert _post(asker, ROUTE, doubtful | {"as_written": True}).status_code == 201


def test_the_list_is_narrowed_and_a_wrong_filter_is_refused(
    case: CaseFile, people: dict[str, User], as_person: Any
) -> None:
    temporary.request_emergency(actor=people["prosecutor_kv3"], code=case.code, reason=WHY, hours=2)
    leader, today = as_person("deputy_kv1"), timezone.localdate()
    for query, count in (
        ("", 1),
        ("state=waiting", 1),
        ("state=open", 0),
        ("kind=oversight", 0),
        (f"case={case.code}", 1),
        (f"since={today}", 1),
        (f"until={today.replace(year=today.year - 1)}", 0),
    ):
        assert leader.get(f"{ROUTE}?{query}").json()["count"] == count, query
    for query in ("state=x", "kind=x", "since=mai", "answerable=x"):
        assert leader.get(f"{ROUTE}?{query}").status_code == 400, query


def test_a_head_of_a_department_above_gives_a_reason(
    filed_case: FiledCase, people: dict[str, User], units: dict[str, ProcuracyUnit], as_person: Any
) -> None:
    department = Department.objects.create(unit=units["QN"], code="P2", name="Phòng 2", stages=["dieu_tra"])
    organization.appoint(user=people["outsider"], unit=units["QN"], role="department_head", department=department)
    head, path = as_person("outsider"), f"/api/vks/cases/{filed_case.case.code}/oversight/"
    assert head.get(f"/api/vks/documents/{filed_case.host_ids[0]}/").status_code == 404
    refused = _post(head, path, {"reason": "xem"})
    assert (refused.status_code, refused.json()["field"]) == (400, "reason")
    opened = _post(head, path, {"reason": WHY})
    assert (opened.status_code, opened.json()["kind"], opened.json()["state"]) == (201, "oversight", "open")
    assert head.get(f"/api/vks/documents/{filed_case.host_ids[0]}/").status_code == 200
    assert head.get(f"/api/vks/documents/{filed_case.internal.document_id}/").status_code == 404
    assert as_person("chief_kv1").get(f"{ROUTE}?kind=oversight").json()["results"][0]["reason"] == WHY


def test_a_transfer_is_tried_and_done(filed_case: FiledCase, as_person: Any, snapshot: Callable[[], Snapshot]) -> None:
    leader, path = as_person("chief_kv1"), f"/api/vks/cases/{filed_case.case.code}/transfer/"
    before = snapshot()
    told = leader.get(f"{path}?to=QN-KV3").json()
    assert snapshot() == before
    assert [each["kind"] for each in told.pop("follows")] == ["paper"]
    people = {name: {each["user"]["username"] for each in rows} for name, rows in told.items()}
    assert people == {
        "lose": {"chief_kv1", "deputy_kv1", "prosecutor_kv1"},
        "gain": {"chief_kv3"},
        "keep": {"chief_province", "deputy_province"},
    }
    for query, status, field in (("", 400, "to"), ("to=QN-KV9", 400, "to"), ("to=QN-KV1", 409, "to")):
        answer = leader.get(f"{path}?{query}")
        assert (answer.status_code, answer.json()["field"]) == (status, field), query
    assert _post(leader, path, {"to": "QN-KV3"}).json()["field"] == "decision"
    done = _post(leader, path, {"to": "QN-KV3", "decision": PAPER})
    assert done.json() == {"case": filed_case.case.code, "unit": "QN-KV3", "trial_unit": None}
    assert leader.get(path.removesuffix("transfer/")).status_code == 404
    # who was told would gain and keep it has it, who would lose it has not
    for name, status in (("chief_kv3", 200), ("chief_province", 200), ("prosecutor_kv1", 404), ("deputy_kv1", 404)):
        assert as_person(name).get(f"/api/documents/{filed_case.host_ids[0]}/").status_code == status, name


def test_the_trial_goes_to_an_office_below_whose_leaders_name_who_appears(
    filed_case: FiledCase, people: dict[str, User], units: dict[str, ProcuracyUnit], as_person: Any
) -> None:
    transfers.transfer_case(actor=people["chief_kv1"], case=filed_case.case, to=units["QN"], decision=PAPER)
    of_case = f"/api/vks/cases/{filed_case.case.code}/"
    leader, theirs = as_person("chief_province"), as_person("chief_kv3")
    trial = f"{of_case}trial-unit/"
    named = {"user": "prosecutor_kv3", "role": "trial_prosecutor"}
    assert _post(leader, f"{of_case}assignments/", named).json()["field"] == "role"
    assert _post(leader, trial, {"unit": "QN", "decision": PAPER}).status_code == 400
    assert _post(leader, trial, {"unit": "QN-KV3", "decision": PAPER}).json()["trial_unit"] == "QN-KV3"
    assert _post(leader, trial, {"unit": "QN-KV3", "decision": PAPER}).status_code == 409
    assert leader.get(of_case).json()["trial_unit"] == "QN-KV3"
    assert _post(theirs, trial, {"unit": None, "decision": PAPER}).status_code == 403
    assert _post(leader, f"{of_case}assignments/", named).status_code == 403
    assert _post(theirs, f"{of_case}assignments/", {"user": "prosecutor_kv3", "role": "prosecutor"}).status_code == 403
    # an account of elsewhere and one that is not there are refused alike
    others = [
        _post(theirs, f"{of_case}assignments/", named | {"user": user}).status_code for user in ("clerk_kv1", "nobody")
    ]
    assert others == [400, 400]
    assert _post(theirs, f"{of_case}assignments/", named).status_code == 201
    assert as_person("prosecutor_kv3").get(of_case).status_code == 200
    assert _post(leader, trial, {"unit": None, "decision": PAPER}).json()["trial_unit"] is None
    assert as_person("prosecutor_kv3").get(of_case).status_code == 404
    assert not Assignment.objects.filter(role="trial_prosecutor", ended_at__isnull=True).exists()


def test_an_office_takes_over_another(
    case: CaseFile, as_person: Any, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    admin, route = as_person("admin_province"), "/api/vks/restructurings/"
    body = {
        "predecessors": ["QN-KV1"],
        "successor": "QN-KV3",
        "effective_date": f"{timezone.localdate()}",
        "decision": PAPER,
    }
    for change, field in (
        ({"predecessors": []}, "predecessors"),
        ({"predecessors": ["QN-KV9"]}, "predecessors"),
        ({"successor": "QN-KV9"}, "successor"),
        ({"effective_date": "2099-01-01"}, "effective_date"),
        ({"decision": ""}, "decision"),
    ):
        answer = _post(admin, route, body | change)
        assert (answer.status_code, answer.json()["field"]) == (400, field)
    assert _post(as_person("chief_kv1"), route, body).status_code == 403
    made = _post(admin, route, body)
    assert (made.status_code, made.json()["state"], made.json()["total"]) == (202, "running", 1)
    one = f"{route}{made.json()['id']}/"
    assert _post(admin, f"{one}resume/").status_code == 409
    Restructuring.objects.update(touched_at=None)
    assert admin.get(one).json()["state"] == "stopped"
    assert as_person("deputy_province").get(one).status_code == 403
    with django_capture_on_commit_callbacks(execute=True):
        assert _post(admin, f"{one}resume/").status_code == 202
    done = admin.get(one).json()
    assert (done["state"], done["done"], done["predecessors"]) == ("done", 1, ["QN-KV1"])
    assert CaseFile.objects.get(pk=case.pk).unit.code == "QN-KV3"
    assert admin.get(route).json()["count"] == 1


PLANS = "/api/vks/restructurings/plans/"


def _plan(*rows: tuple[str, str]) -> dict[str, Any]:
    return {
        "plan": [{"predecessor": old, "successor": new} for old, new in rows],
        "effective_date": f"{timezone.localdate()}",
        "decision": PAPER,
    }


def test_several_offices_take_over_by_one_plan(
    case: CaseFile,
    people: dict[str, User],
    as_person: Any,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    """Cut off after one of two new offices, the plan tells so and goes on by one request."""
    register(actor=people["chief_kv1"], unit=case.unit)
    elsewhere = register(actor=people["chief_kv1"], unit=case.unit)
    CaseFile.objects.filter(pk=elsewhere.pk).update(unit=make_district("QN-CP"))
    make_district("QN-HL")
    admin = as_person("admin_province")
    body = _plan(("QN-KV1", "QN-KV3"), ("QN-CP", "QN"), ("QN-HL", "QN-KV3"))
    assert _post(as_person("chief_kv1"), PLANS, body).status_code == 403
    made = _post(admin, PLANS, body)
    told = made.json()
    assert (made.status_code, told["state"], told["done"], told["total"]) == (202, "running", 0, 3)
    assert [(sorted(each["predecessors"]), each["successor"], each["total"]) for each in told["take_overs"]] == [
        (["QN-HL", "QN-KV1"], "QN-KV3", 2),
        (["QN-CP"], "QN", 1),
    ]
    one = f"{PLANS}{told['id']}/"
    assert _post(admin, f"{one}resume/").status_code == 409
    # whoever lost the answer and sends it again does not begin it twice
    again = _post(admin, PLANS, body)
    assert (again.status_code, again.json()["field"]) == (409, "plan")
    assert again.json()["detail"].startswith("Dòng 1: ")
    assert "chưa xong" in again.json()["detail"]
    assert Restructuring.objects.count() == 2
    # the worker of the first new office was faster, that of the second is gone
    transfers.run_restructuring(told["take_overs"][0]["id"])
    Restructuring.objects.filter(finished_at=None).update(touched_at=None)
    stopped = admin.get(f"{PLANS}{told['take_overs'][1]['id']}/").json()
    assert (stopped["id"], stopped["state"], stopped["done"]) == (told["id"], "stopped", 2)
    assert as_person("deputy_province").get(one).status_code == 403
    assert admin.get(f"{PLANS}999999/").status_code == 404
    with django_capture_on_commit_callbacks(execute=True):
        assert _post(admin, f"{one}resume/").json()["state"] == "running"
    done = admin.get(one).json()
    assert (done["state"], done["done"], [each["state"] for each in done["take_overs"]]) == ("done", 3, ["done"] * 2)
    assert CaseFile.objects.get(pk=case.pk).unit.code == "QN-KV3"
    assert CaseFile.objects.get(pk=elsewhere.pk).unit.code == "QN"
    assert _post(admin, f"{one}resume/").status_code == 409


@pytest.mark.parametrize("dissolved", [False, True])
def test_an_office_is_split_among_several_case_by_case(
    dissolved: bool,
    case: CaseFile,
    people: dict[str, User],
    as_person: Any,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    """As docs/leaders.md has it: what goes elsewhere first, by a filter, then the rest to the one that takes over."""
    old, leader = case.unit, as_person("chief_province")
    going = [register(actor=people["chief_kv1"], unit=old, name="Vụ án ở phường Hà Lầm") for _number in range(2)]
    rest = register(actor=people["chief_kv1"], unit=old)
    ProcuracyUnit.objects.filter(pk=make_district("QN-HL").pk).update(active_from=dt.date(2000, 1, 1))
    if dissolved:
        # it ended by the paper that split it, with its cases left in it
        ProcuracyUnit.objects.filter(pk=old.pk).update(valid_to=timezone.localdate() - dt.timedelta(days=1))
    listed = leader.get("/api/vks/cases/", {"unit": old.code, "q": "phường Hà Lầm"}).json()["results"]
    assert {each["code"] for each in listed} == {each.code for each in going}
    for each in listed:
        path = f"/api/vks/cases/{each['code']}/transfer/"
        assert _post(as_person("chief_kv3"), path, {"to": "QN-HL", "decision": PAPER}).status_code == 404
        assert _post(leader, path, {"to": "QN-HL", "decision": PAPER}).status_code == 200
    left = _post(leader, PLANS, _plan((old.code, "QN-KV3")) | {"dry_run": True}).json()
    assert [each["cases"] for each in left] == [2]
    with django_capture_on_commit_callbacks(execute=True):
        assert _post(leader, PLANS, _plan((old.code, "QN-KV3"))).status_code == 202
    now = dict(CaseFile.objects.values_list("code", "unit__code"))
    assert now == {case.code: "QN-KV3", rest.code: "QN-KV3"} | {each.code: "QN-HL" for each in going}


def test_a_plan_is_tried_before_it_is_begun(
    filed_case: FiledCase, people: dict[str, User], as_person: Any, snapshot: Callable[[], Snapshot]
) -> None:
    """The page, the API and the command tell the same, and none of them changes anything."""
    make_district("QN-HL")
    admin, body = as_person("admin_province"), _plan(("QN-KV1", "QN-KV3"), ("QN-HL", "QN-KV3"))
    before = snapshot()
    told = _post(admin, PLANS, body | {"dry_run": True})
    assert told.status_code == 200, told.content
    posts = Appointment.objects.filter(unit=filed_case.case.unit)
    assert told.json() == [
        {
            "predecessor": "QN-KV1",
            "successor": "QN-KV3",
            "cases": 1,
            "posts": posts.count(),
            "people": posts.values("user_id").distinct().count(),
            "paper": 0,
            "inbox": 0,
        },
        {"predecessor": "QN-HL", "successor": "QN-KV3", "cases": 0, "posts": 0, "people": 0, "paper": 0, "inbox": 0},
    ]
    words = ("--plan", "QN-KV1,QN-HL=QN-KV3", "--on", body["effective_date"], "--decision", PAPER)
    out = io.StringIO()
    call_command("vks_restructure", *words, "--user", "admin_province", "--dry-run", "--json", stdout=out)
    assert json.loads(out.getvalue()) == told.json()
    call_command("vks_restructure", *words, "--user", "admin_province", "--dry-run", stdout=out)
    assert "QN-KV1 → QN-KV3: 1 vụ án" in out.getvalue()
    # the refusals are those of the act
    with pytest.raises(CommandError, match="Chỉ Viện trưởng tỉnh"):
        call_command("vks_restructure", *words, "--user", "chief_kv1", "--dry-run")
    with pytest.raises(CommandError, match="--resume"):
        call_command("vks_restructure", "--resume", "--dry-run")
    assert _post(as_person("chief_kv1"), PLANS, body | {"dry_run": True}).status_code == 403
    refused = _post(admin, PLANS, _plan(("QN-KV1", "QN-KV3"), ("QN-HL", "QN-HL")) | {"dry_run": True})
    assert (refused.status_code, refused.json()["detail"][:7]) == (400, "Dòng 2:")
    assert snapshot() == before


def test_a_plan_with_one_wrong_row_begins_nothing_and_names_the_row(
    case: CaseFile, as_person: Any, snapshot: Callable[[], Snapshot]
) -> None:
    make_district("QN-HL")
    admin, right = as_person("admin_province"), ("QN-KV1", "QN-KV3")
    before = snapshot()
    for rows, status, words in (
        ([], 400, "mỗi đơn vị một lần"),
        ([right, ("QN-HL", "QN-KV9")], 400, "Dòng 2: Không có đơn vị mang mã QN-KV9."),
        ([right, ("QN-HL", "QN-HL")], 400, "Dòng 2: "),
        ([("QN-HL", "QN-KV1"), right], 400, "vừa là đơn vị cũ vừa là đơn vị mới"),
        ([right, ("QN-KV1", "QN")], 400, "đứng hai lần"),
        ([right, ("QN", "QN-KV3")], 400, "Dòng 2: "),
    ):
        refused = _post(admin, PLANS, _plan(*rows))
        assert (refused.status_code, refused.json()["field"]) == (status, "plan"), rows
        assert words in refused.json()["detail"]
    body = _plan(right, ("QN-HL", "QN-KV3"))
    del body["plan"][1]["successor"]
    assert _post(admin, PLANS, body).json()["detail"].startswith("Dòng 2: ")
    for change, field in (({"effective_date": "2099-01-01"}, "effective_date"), ({"decision": " "}, "decision")):
        refused = _post(admin, PLANS, _plan(right) | change)
        assert (refused.status_code, refused.json()["field"]) == (400, field)
    assert snapshot() == before


def test_a_plan_whose_workers_cannot_be_sent_is_recorded_and_stopped(
    case: CaseFile, as_person: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not one of its take-overs passes for running, so that each can be gone on with at once."""

    def unreachable(**_said: Any) -> None:
        raise OSError("no broker")

    # the broker is not ours
    monkeypatch.setattr(restructure, "apply_async", unreachable)
    make_district("QN-HL")
    admin = as_person("admin_province")
    with pytest.raises(Unavailable), TestCase.captureOnCommitCallbacks(execute=True):
        _post(admin, PLANS, _plan(("QN-KV1", "QN-KV3"), ("QN-HL", "QN")))
    assert [each["state"] for each in admin.get("/api/vks/restructurings/").json()["results"]] == ["stopped"] * 2


def test_a_post_is_held_in_a_capacity(people: Any, as_person: Any) -> None:
    chief, path = as_person("chief_kv1"), "/api/vks/appointments/"
    body = {"user": "outsider", "unit": "QN-KV1", "role": "chief_procurator", "capacity": "deputising"}
    assert _post(chief, path, body).json()["field"] == "ends_on"
    assert _post(chief, path, body | {"capacity": "king"}).json()["field"] == "capacity"
    assert (
        _post(chief, path, body | {"role": "department_head", "ends_on": f"{timezone.localdate()}"}).json()["field"]
        == "department"
    )
    made = _post(chief, path, body | {"ends_on": f"{timezone.localdate()}"})
    assert (made.status_code, made.json()["capacity"]) == (201, "deputising")
    assert chief.get(f"{path}?user=inspector_kv1").json()["results"][0]["capacity"] == "regular"
    assert Appointment.objects.filter(capacity="deputising").count() == 1
    assert not TemporaryAccess.objects.exists()
