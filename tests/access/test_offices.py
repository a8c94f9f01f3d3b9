"""Offices and departments are kept by the province: who sees what follows at once, and nothing is broken by it."""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from tests.access.test_projection import listed, told
from tests.api.conftest import Snapshot, snapshot
from tests.people import FiledCase
from tests.web.conftest import Page
from vks_plugin.access import actions as access
from vks_plugin.access import offices, temporary, transfers
from vks_plugin.access.queries import visible_cases
from vks_plugin.cases.models import CaseFile
from vks_plugin.custody import queries as ledger
from vks_plugin.custody.models import LedgerEntry
from vks_plugin.errors import BadInput, Conflict, VksError
from vks_plugin.filing import inbox
from vks_plugin.host.models import Document
from vks_plugin.organization import actions as organization
from vks_plugin.organization.models import Appointment, Department, ProcuracyUnit

__all__ = ["snapshot"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]

WHY = "Xem đề nghị gia hạn của đơn vị cấp dưới trong vụ án này."
TODAY = timezone.localdate()


@pytest.fixture
def heads(people: dict[str, User], units: dict[str, ProcuracyUnit]) -> dict[str, tuple[Department, User]]:
    """Return two departments of the province, one in charge of investigations, each with who heads it."""
    found = {}
    for code, stages, name in (
        ("P2", ["dieu_tra", "truy_to"], "outsider"),
        ("P7", ["phuc_tham"], "statistics_province"),
    ):
        department = Department.objects.create(unit=units["QN"], code=code, name=f"Phòng {code}", stages=stages)
        organization.appoint(user=people[name], unit=units["QN"], role="department_head", department=department)
        found[code] = (department, people[name])
    return found


def test_stages_that_change_hands_take_cases_and_give_them_at_once(
    filed_case: FiledCase, people: dict[str, User], heads: dict[str, tuple[Department, User]]
) -> None:
    admin, case = people["admin_province"], filed_case.case
    (before, loser), (after, winner) = heads["P2"], heads["P7"]
    temporary.open_for_oversight(actor=loser, case=case, reason=WHY)
    assert listed(loser) == set(filed_case.host_ids[:3])
    assert told(loser, "quye")
    assert not visible_cases(winner).exists()

    tried = offices.try_department(actor=admin, department=before, values={"stages": ["truy_to"]})
    assert (tried.gained, tried.lost, tried.people, tried.closed) == (0, 1, 1, 1)
    assert listed(loser) == set(filed_case.host_ids[:3])

    done = offices.change_department(actor=admin, department=before, values={"stages": ["truy_to"]})
    assert done == tried
    assert listed(loser) == set()
    assert told(loser, "quye") == set()
    assert not visible_cases(loser).exists()

    given = offices.change_department(
        actor=admin, department=after, values={"stages": ["phuc_tham", "dieu_tra"]}, decision="7/QĐ-VKS"
    )
    assert (given.gained, given.lost, given.people) == (1, 0, 1)
    assert list(visible_cases(winner)) == [case]
    temporary.open_for_oversight(actor=winner, case=case, reason=WHY)
    assert listed(winner) == set(filed_case.host_ids[:3])
    assert listed(loser) == set()
    assert ledger.verify().problems == []


def test_another_office_above_reads_from_that_moment_and_the_one_before_no_more(
    filed_case: FiledCase, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    admin, everything = people["admin_province"], set(filed_case.host_ids)
    chief_before, chief_after = people["chief_province"], people["chief_kv3"]
    assert listed(chief_before) == everything
    values = {"parent": units["QN-KV3"]}
    tried = offices.try_unit(actor=admin, unit=units["QN-KV1"], values=values)
    assert (tried.gained, tried.lost, tried.documents) == (1, 1, 4)
    assert listed(chief_before) == everything
    offices.change_unit(actor=admin, unit=units["QN-KV1"], values=values)
    assert listed(chief_after) == everything
    assert listed(chief_before) == set()
    assert told(chief_before, "quye") == set()
    assert not visible_cases(chief_before).exists()
    # who works on it does so still
    assert listed(people["prosecutor_kv1"]) == everything
    assert access.project_everything().documents == 0
    assert ledger.verify().problems == []


def _refused(people: dict[str, User], units: dict[str, ProcuracyUnit], p2: Department) -> dict[str, Callable[[], Any]]:
    admin, kv1, province = people["admin_province"], units["QN-KV1"], units["QN"]

    def unit(which: ProcuracyUnit = kv1, actor: User = admin, **values: Any) -> Any:
        return offices.change_unit(actor=actor, unit=which, values=values)

    def department(actor: User = admin, **values: Any) -> Any:
        return offices.change_department(actor=actor, department=p2, values=values)

    added = {"code": "QN-KV9", "name": "Khu vực 9", "short_name": "KV9", "kind": "regional", "parent": province}
    added["valid_from"] = TODAY
    return {
        "NotAllowed not of the province": lambda: unit(actor=people["chief_kv1"], name="Tên khác"),
        "NotAllowed reads nothing, keeps nothing": lambda: department(actor=people["deputy_province"], stages=[]),
        "NotAllowed stages for oneself": lambda: department(actor=people["chief_province"], stages=["phuc_tham"]),
        "NotAllowed stages for who is to head it": lambda: department(stages=[*p2.stages, "phuc_tham"]),
        "Conflict the code is on paper": lambda: unit(code="QN-KV7"),
        "Conflict so is the level": lambda: unit(kind="district"),
        "Conflict a code twice": lambda: offices.add_unit(actor=admin, values=added | {"code": "qn-kv3"}),
        "BadInput a code that is none": lambda: offices.add_unit(actor=admin, values=added | {"code": "KV:9"}),
        "BadInput nobody above": lambda: offices.add_unit(actor=admin, values=added | {"parent": None}),
        "BadInput its own above": lambda: unit(parent=kv1),
        "BadInput below itself": lambda: unit(province, kind="province", parent=kv1),
        "BadInput no name": lambda: unit(name="  "),
        "BadInput not a stage": lambda: department(stages=["an_trua"]),
        "BadInput a field of none": lambda: unit(owner="ai đó"),
        "BadInput a last day": lambda: unit(valid_to=TODAY),
        "Conflict nothing new": lambda: department(name=p2.name),
        "Conflict a department's code twice": lambda: offices.add_department(
            actor=admin, unit=province, values={"code": "p2", "name": "Phòng hai"}
        ),
        "Conflict cases in it": lambda: offices.end_unit(actor=admin, unit=kv1, gone_from=TODAY),
        "Conflict people in it": lambda: offices.end_unit(actor=admin, unit=units["QN-KV3"], gone_from=TODAY),
        "Conflict people in the department": lambda: offices.end_department(
            actor=admin, department=p2, gone_from=TODAY
        ),
        "BadInput a day to come": lambda: offices.end_department(
            actor=admin, department=Department.objects.get(code="P1"), gone_from=TODAY + dt.timedelta(days=1)
        ),
    }


def test_what_would_break_something_is_refused_and_leaves_nothing(
    filed_case: FiledCase,
    people: dict[str, User],
    units: dict[str, ProcuracyUnit],
    heads: dict[str, tuple[Department, User]],
    snapshot: Callable[[], Snapshot],
) -> None:
    p2, _head = heads["P2"]
    # the chief heads it too
    organization.appoint(user=people["chief_province"], unit=units["QN"], role="department_head", department=p2)
    to_come: dict[str, Any] = {"department": p2, "starts_on": TODAY + dt.timedelta(days=1)}
    organization.appoint(user=people["admin_province"], unit=units["QN"], role="department_head", **to_come)
    before = snapshot()
    for name, act in _refused(people, units, p2).items():
        with pytest.raises(VksError) as refusal:
            act()
        assert type(refusal.value).__name__ == name.split()[0], (name, refusal.value.message)
        assert snapshot() == before, name


def test_a_department_ends_once_it_is_empty_and_takes_nothing_new(
    filed_case: FiledCase, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    admin, case = people["admin_province"], filed_case.case
    p1 = offices.add_department(actor=admin, unit=units["QN-KV1"], values={"code": "BP1", "name": "Bộ phận 1"})
    access.edit_case(actor=people["chief_kv1"], case=case, values={"department": p1})
    with pytest.raises(Conflict, match="1 vụ án"):
        offices.end_department(actor=admin, department=p1, gone_from=TODAY)
    access.edit_case(actor=people["chief_kv1"], case=CaseFile.objects.get(pk=case.pk), values={"department": None})
    offices.end_department(actor=admin, department=p1, gone_from=TODAY)
    # what was read before it ended is looked at again
    for act in (
        lambda: access.edit_case(
            actor=people["chief_kv1"], case=CaseFile.objects.get(pk=case.pk), values={"department": p1}
        ),
        lambda: organization.appoint(
            user=people["outsider"], unit=units["QN-KV1"], role="department_head", department=p1
        ),
    ):
        with pytest.raises(BadInput, match="BP1 chỉ có đến hết"):
            act()
    assert CaseFile.objects.get(pk=case.pk).department is None
    assert not Appointment.objects.filter(user=people["outsider"]).exists()
    offices.change_department(actor=admin, department=p1, values={"valid_to": None})
    access.edit_case(actor=people["chief_kv1"], case=CaseFile.objects.get(pk=case.pk), values={"department": p1})


def test_an_office_is_added_put_right_while_unused_and_ended_while_empty(
    people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    admin = people["admin_province"]
    values = {
        "code": "qn-kv8",
        "name": "Viện kiểm sát nhân dân khu vực 8",
        "short_name": "VKSND khu vực 8",
        "kind": "regional",
        "parent": units["QN"],
        "valid_from": dt.date(2026, 1, 1),
    }
    made = offices.add_unit(actor=admin, values=values)
    organization.ensure_group(made, "prosecutor")
    offices.change_unit(actor=admin, unit=made, values={"code": "QN-KV2", "position": 2})
    assert {name for name in Group.objects.values_list("name", flat=True) if "KV8" in name or "KV2" in name} == {
        "vks:QN-KV2:prosecutor"
    }
    made.refresh_from_db()
    organization.appoint(user=people["outsider"], unit=made, role="prosecutor")
    with pytest.raises(Conflict):
        offices.change_unit(actor=admin, unit=made, values={"code": "QN-KV8"})
    with pytest.raises(Conflict, match="chức danh"):
        offices.end_unit(actor=admin, unit=made, gone_from=TODAY)
    organization.end_appointment(appointment=Appointment.objects.get(user=people["outsider"]))
    offices.end_unit(actor=admin, unit=made, gone_from=TODAY)
    made.refresh_from_db()
    assert made.valid_to == TODAY - dt.timedelta(days=1)
    with pytest.raises(BadInput):
        organization.appoint(user=people["outsider"], unit=made, role="prosecutor")
    kinds = LedgerEntry.objects.filter(kind__startswith="unit_").order_by("seq").values_list("kind", flat=True)
    assert list(kinds) == ["unit_added", "unit_changed", "unit_ended"]


def test_no_paper_is_left_in_the_inbox_of_an_office_that_ends(
    people: dict[str, User], units: dict[str, ProcuracyUnit], provisioned: None, settings: Any
) -> None:
    """Superusers alone would read it, and what comes in later."""
    admin, today = people["admin_province"], f"{TODAY}"
    unit = ProcuracyUnit.objects.create(
        code="QN-KV8",
        name="Khu vực 8",
        short_name="KV8",
        kind="regional",
        parent=units["QN"],
        valid_from=dt.date(2026, 1, 1),
    )
    settings.VKS_INBOX_UNIT = "QN-KV8"
    paper = Document.objects.create(title="Đơn", mime_type="application/pdf", checksum="w" * 64)
    inbox.take_unowned([paper.pk])

    def end(*words: str) -> None:
        call_command("vks_offices", "--unit", "QN-KV8", "--end", today, "--user", admin.username, *words)

    with pytest.raises(CommandError, match=r"1 tài liệu chờ trong hộp nhận.*VKS_INBOX_UNIT"):
        end("--dry-run")
    client = Client()
    client.force_login(admin)
    shown = Page(client.get("/vks/organization/offices/QN-KV8/")).text
    assert "1 tài liệu chờ trong hộp nhận" in shown
    assert "VKS_INBOX_UNIT" in shown
    # a marked one is filed by nobody
    assert "nhờ quản trị xóa" in shown
    (leaving,) = transfers.preview_plan(
        actor=admin, plan=[(unit, units["QN-KV1"])], effective_date=TODAY, decision="12/NQ"
    )
    assert leaving.inbox == 1
    plan = {"to_QN-KV8": "QN-KV1", "effective_date": today, "decision": "12/NQ"}
    assert "có tài liệu chờ" in Page(client.post("/vks/organization/restructuring/", plan)).text
    # under another code nobody would keep it
    office = "/api/vks/units/QN-KV8/"
    for sent in ({"code": "QN-KV9"}, {"code": "QN-KV9", "dry_run": True}):
        renamed = client.patch(office, sent, content_type="application/json")
        assert (renamed.status_code, renamed.json()["field"]) == (409, "code")
        assert "VKS_INBOX_UNIT" in renamed.json()["detail"]
    assert client.patch(office, {"name": "VKS khu vực 8"}, content_type="application/json").status_code == 200
    settings.VKS_INBOX_UNIT = "QN-KV1"
    for code in ("QN-KV9", "QN-KV8"):
        assert client.patch(office, {"code": code}, content_type="application/json").status_code == 200
        office = f"/api/vks/units/{code}/"
    address = "/api/vks/units/QN-KV8/end/"
    refused = client.post(address, {"gone_from": today}, content_type="application/json")
    assert refused.status_code == 409
    assert "1 tài liệu chờ trong hộp nhận" in refused.json()["detail"]
    assert "VKS_INBOX_UNIT" not in refused.json()["detail"]
    # what somebody threw away waits for nobody
    paper.delete()
    end("--dry-run")
    tried = client.post(address, {"gone_from": today, "dry_run": True}, content_type="application/json")
    assert (tried.status_code, tried.json()["valid_to"]) == (200, f"{TODAY - dt.timedelta(days=1)}")
    unit.refresh_from_db()
    assert unit.valid_to is None
    end()
    unit.refresh_from_db()
    assert unit.valid_to == TODAY - dt.timedelta(days=1)


def test_the_command_shows_tries_and_changes(
    filed_case: FiledCase, people: dict[str, User], heads: dict[str, tuple[Department, User]]
) -> None:
    def run(*words: str) -> Any:
        out = io.StringIO()
        call_command("vks_offices", *words, "--json", stdout=out)
        return json.loads(out.getvalue())

    p2 = ("--unit", "QN", "--department", "P2")
    rows = {(row["unit"], row.get("department")): row for row in run()}
    assert rows["QN", "P2"]["stages"] == ["dieu_tra", "truy_to"]
    assert rows["QN-KV1", None]["parent"] == "QN"
    told = run(*p2, "--set", "stages=truy_to", "--dry-run", "--user", "admin_province")
    assert told["lost"] == 1
    assert visible_cases(heads["P2"][1]).exists()
    run(*p2, "--set", "stages=truy_to", "--user", "admin_province")
    assert not visible_cases(heads["P2"][1]).exists()
    with pytest.raises(CommandError, match="chức danh"):
        run(*p2, "--end", f"{TODAY}", "--user", "admin_province")
    run("--unit", "QN-KV3", "--department", "BP2", "--add", "--set", "name=Bộ phận 2", "--user", "admin_province")
    run("--unit", "QN-KV3", "--department", "BP2", "--set", "name=Bộ phận hai", "--user", "admin_province")
    assert Department.objects.get(code="BP2").name == "Bộ phận hai"
    with pytest.raises(CommandError):
        run("--unit", "QN", "--set", "name=Tên khác", "--user", "chief_kv1")


def test_the_page_shows_whom_a_change_concerns_before_it_is_made(
    filed_case: FiledCase, people: dict[str, User], heads: dict[str, tuple[Department, User]]
) -> None:
    client = Client()
    client.force_login(people["admin_province"])
    p2, head = heads["P2"]
    address = f"/vks/organization/offices/QN/departments/{p2.pk}/"
    shown = Page(client.get(address))
    # as a browser sends it: what was ticked, and what each field showed
    sent: dict[str, Any] = {name: value for name, value in shown.fields.items() if name.startswith("initial-")}
    sent |= {name: shown.fields.get(name, "") for name in ("name", "position", "valid_from", "decision")}
    sent |= {"act": "change", "stages": ["truy_to"], "initial-stages": ["dieu_tra", "truy_to"]}
    # somebody else names it otherwise meanwhile
    offices.change_department(actor=people["chief_province"], department=p2, values={"name": "Phòng án trật tự"})
    asked = client.post(address, sent)
    assert asked.status_code == 200
    assert "đưa 1 vụ án ra khỏi phạm vi" in Page(asked).text
    assert list(visible_cases(head)) == [filed_case.case]
    assert client.post(address, sent | {"confirmed": "1"}).status_code == 302
    assert not visible_cases(head).exists()
    p2.refresh_from_db()
    assert (p2.name, p2.stages) == ("Phòng án trật tự", ["truy_to"])
    refused = client.post("/vks/organization/offices/QN-KV1/", {"act": "end", "end-gone_from": f"{TODAY:%d/%m/%Y}"})
    assert refused.status_code == 409
    assert "hãy để đơn vị khác nhận" in Page(refused).text
