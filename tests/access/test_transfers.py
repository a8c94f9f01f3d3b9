"""A case, a trial and a whole office change hands: who had it has it no more, who gets it has it at once, nothing is lost."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from tests.access.test_projection import completions, found, listed
from tests.people import FiledCase, make_district, register
from vks_plugin import acts
from vks_plugin.access import actions as access
from vks_plugin.access import temporary, transfers
from vks_plugin.access.log_queries import entries_told, visible_entries
from vks_plugin.access.models import Restructuring
from vks_plugin.access.policy import Level
from vks_plugin.access.projection import project_case
from vks_plugin.access.queries import FACTS, case_decision, visible_cases
from vks_plugin.cases.models import Assignment, CaseChange, CaseFile
from vks_plugin.custody.models import LedgerEntry
from vks_plugin.errors import BadInput, Conflict, NotAllowed, NotFound
from vks_plugin.filing import inbox
from vks_plugin.host.models import Document
from vks_plugin.host.permissions import Grant, grants_of
from vks_plugin.host.provision import storage_path_id
from vks_plugin.organization import actions as organization
from vks_plugin.organization.models import Appointment, Department, ProcuracyUnit, UnitSuccession

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]

PAPER = "12/QĐ-VKS ngày 05/11/2026"


def _everything(filed_case: FiledCase) -> set[int]:
    return set(filed_case.host_ids)


def test_a_transferred_case_leaves_the_old_office_and_is_in_the_new_one(
    filed_case: FiledCase, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    everything = _everything(filed_case)
    assert listed(people["prosecutor_kv1"]) == everything
    let_in = temporary.request_emergency(
        actor=people["inspector_kv1"], code=filed_case.case.code, reason="Cần hồ sơ ngay trong đêm.", hours=9
    )
    temporary.approve_emergency(actor=people["chief_kv1"], request_id=let_in.pk)
    assert listed(people["inspector_kv1"]) == set(filed_case.host_ids[:3])
    before = CaseFile.objects.select_related(*FACTS).get(pk=filed_case.case.pk)
    moved = transfers.transfer_case(actor=people["chief_kv1"], case=filed_case.case, to=units["QN-KV3"], decision=PAPER)
    # who read the case before that, and writes its grants after it, gives nothing back
    project_case(before)
    for name in ("chief_kv1", "deputy_kv1", "prosecutor_kv1", "inspector_kv1", "clerk_kv1"):
        assert listed(people[name]) == set(), name
        assert found(people[name], "khoi to") == set(), name
        assert completions(people[name], "quye") == set(), name
        assert not visible_cases(people[name]).filter(pk=moved.pk).exists(), name
    assert LedgerEntry.objects.filter(kind="access_closed", case=moved).count() == 1
    assert listed(people["chief_kv3"]) == everything
    assert found(people["chief_kv3"], "khoi to") == set(filed_case.host_ids[:2])
    assert listed(people["chief_province"]) == everything
    # nobody of the new office works on it before its leaders say so
    assert listed(people["prosecutor_kv3"]) == set()
    assert moved.code == filed_case.case.code
    assert moved.assignments.filter(ended_at__isnull=True).count() == 0
    assert moved.assignments.count() > 0
    last = moved.changes.first()
    assert last is not None
    assert (
        last.values == [["unit", "VKSND khu vực 1 - Quảng Ninh", units["QN-KV3"].name]]
        or last.values[0][2] == units["QN-KV3"].name
    )
    assert last.reason == PAPER


def test_who_may_not_transfer_changes_nothing(
    filed_case: FiledCase, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    before = grants_of(filed_case.host_ids)
    for name, error in (
        ("prosecutor_kv1", NotAllowed),
        ("clerk_kv1", NotAllowed),
        ("chief_kv3", NotFound),
        ("admin_province", NotFound),
    ):
        with pytest.raises(error):
            transfers.transfer_case(actor=people[name], case=filed_case.case, to=units["QN-KV3"], decision=PAPER)
    with pytest.raises(BadInput):
        transfers.transfer_case(actor=people["chief_kv1"], case=filed_case.case, to=units["QN-KV3"], decision=" ")
    with pytest.raises(Conflict):
        transfers.transfer_case(actor=people["chief_kv1"], case=filed_case.case, to=units["QN-KV1"], decision=PAPER)
    assert grants_of(filed_case.host_ids) == before
    assert CaseFile.objects.get(pk=filed_case.case.pk).unit == units["QN-KV1"]


def test_the_leaders_of_the_province_transfer_too(
    filed_case: FiledCase, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    transfers.transfer_case(actor=people["chief_province"], case=filed_case.case, to=units["QN"], decision=PAPER)
    assert case_decision(people["chief_province"], CaseFile.objects.get(pk=filed_case.case.pk)).level == Level.MANAGE
    assert listed(people["chief_kv1"]) == set()


def test_the_trial_of_a_case_of_the_province(
    filed_case: FiledCase, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    case = transfers.transfer_case(actor=people["chief_province"], case=filed_case.case, to=units["QN"], decision=PAPER)
    with pytest.raises(BadInput, match="chưa được phân công"):
        access.assign(actor=people["chief_province"], case=case, user=people["prosecutor_kv3"], role="trial_prosecutor")
    case = transfers.appoint_trial_unit(actor=people["chief_province"], case=case, unit=units["QN-KV3"], decision=PAPER)
    own = set(filed_case.host_ids[:3])
    # its leaders read the case file, nothing internal, and name who appears
    assert listed(people["chief_kv3"]) == own
    assert listed(people["chief_kv1"]) == set()
    with pytest.raises(NotAllowed):
        access.assign(actor=people["chief_kv3"], case=case, user=people["prosecutor_kv3"], role="prosecutor")
    with pytest.raises(BadInput):
        access.assign(actor=people["chief_kv3"], case=case, user=people["prosecutor_kv1"], role="trial_prosecutor")
    access.assign(actor=people["chief_kv3"], case=case, user=people["prosecutor_kv3"], role="trial_prosecutor")
    assert listed(people["prosecutor_kv3"]) == own
    assert found(people["prosecutor_kv3"], "khoi to") == set(filed_case.host_ids[:2])
    transfers.appoint_trial_unit(actor=people["chief_province"], case=case, unit=None, decision=PAPER)
    for name in ("chief_kv3", "prosecutor_kv3"):
        assert listed(people[name]) == set(), name
        assert completions(people[name], "quye") == set(), name


def test_somebody_above_reviews_a_case_until_a_day(
    filed_case: FiledCase, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    above = people["statistics_province"]
    # who keeps the figures reads no file, unless by another post
    today = timezone.localdate()
    with pytest.raises(BadInput, match="Người này là: Cán bộ thống kê"):
        access.assign(actor=people["chief_kv1"], case=filed_case.case, user=above, role="reviewer", ends_on=today)
    organization.appoint(user=above, unit=units["QN"], role="specialist")
    with pytest.raises(BadInput, match="ngày kết thúc"):
        access.assign(actor=people["chief_kv1"], case=filed_case.case, user=above, role="reviewer")
    with pytest.raises(BadInput):
        access.assign(
            actor=people["chief_kv1"],
            case=filed_case.case,
            user=people["inspector_kv1"],
            role="reviewer",
            ends_on=today,
        )
    access.assign(actor=people["chief_province"], case=filed_case.case, user=above, role="reviewer", ends_on=today)
    assert listed(above) == set(filed_case.host_ids[:3])
    assert {
        grant.action
        for grant in grants_of(filed_case.host_ids[:1])[filed_case.host_ids[0]]
        if grant.holder_id == above.pk and grant.holder == "user"
    } == {"view"}


def test_who_moves_to_another_office_takes_no_case_along(
    filed_case: FiledCase, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    lead = people["prosecutor_kv1"]
    organization.appoint(user=lead, unit=units["QN-KV3"], role="prosecutor")
    assert listed(lead) == set(filed_case.host_ids)
    organization.end_appointment(appointment=Appointment.objects.get(user=lead, unit=units["QN-KV1"]))
    # the other post keeps the account in a group of ours, so only the grants on the documents stand in the way
    assert lead.groups.exists()
    assert listed(lead) == set()
    assert found(lead, "khoi to") == set()
    assert completions(lead, "quye") == set()
    assert not any(
        grant.holder == "user" and grant.holder_id == lead.pk
        for grants in grants_of(filed_case.host_ids).values()
        for grant in grants
    )
    assert Assignment.objects.filter(case=filed_case.case, user=lead, ended_at__isnull=True).exists()
    organization.appoint(user=lead, unit=units["QN-KV1"], role="prosecutor", starts_on=timezone.localdate())
    assert listed(lead) == set(filed_case.host_ids)


def test_acting_for_the_chief_between_two_days(
    filed_case: FiledCase, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    stand_in = people["other_prosecutor_kv1"]
    with pytest.raises(BadInput, match="ngày kết thúc"):
        organization.appoint(user=stand_in, unit=units["QN-KV1"], role="chief_procurator", capacity="deputising")
    post = organization.appoint(
        user=stand_in,
        unit=units["QN-KV1"],
        role="chief_procurator",
        capacity="deputising",
        ends_on=timezone.localdate(),
    )
    assert listed(stand_in) == set(filed_case.host_ids)
    access.assign(actor=stand_in, case=filed_case.case, user=people["inspector_kv1"], role="inspector")
    organization.end_appointment(appointment=post)
    assert listed(stand_in) == set()
    with pytest.raises(NotFound):
        access.assign(actor=stand_in, case=filed_case.case, user=people["scanner_kv1"], role="scan_operator")


def _restructure(people: dict[str, User], old: ProcuracyUnit, new: ProcuracyUnit, **more: bool) -> Restructuring:
    return transfers.begin_restructuring(
        actor=people["admin_province"],
        predecessors=[old],
        successor=new,
        effective_date=timezone.localdate(),
        decision="NQ 84/2025/UBTVQH15",
        **more,
    )


def test_an_office_takes_over_another_and_goes_on_after_a_stop(
    filed_case: FiledCase,
    people: dict[str, User],
    units: dict[str, ProcuracyUnit],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(transfers, "AT_A_TIME", 2)
    others = [register(actor=people["clerk_kv1"], unit=units["QN-KV1"]) for _ in range(4)]
    row = _restructure(people, units["QN-KV1"], units["QN-KV3"])
    assert row.total == 5
    lead = people["prosecutor_kv1"]
    steps = transfers.continue_restructuring(row)
    next(steps)
    del steps
    stopped = Restructuring.objects.get(pk=row.pk)
    assert (stopped.done, stopped.finished_at) == (2, None)
    # half-way, whoever works on a case still reads it: those moved and those not
    assert listed(lead) == set(filed_case.host_ids)
    # sent twice: what one worker has moved, the other does not move again
    twice = [Restructuring.objects.get(pk=row.pk), stopped]
    for _ in zip(*map(transfers.continue_restructuring, twice), strict=False):
        pass
    for each in twice:
        transfers.run_restructuring(each.pk)
    stopped.refresh_from_db()
    for act, entries in (("case_taken_over", 5), ("restructuring_finished", 1)):
        assert LedgerEntry.objects.filter(kind=act).count() == entries, act
    assert (stopped.done, stopped.finished_at is not None) == (5, True)
    assert set(
        CaseFile.objects.filter(pk__in=[filed_case.case.pk, *(case.pk for case in others)]).values_list(
            "unit__code", flat=True
        )
    ) == {"QN-KV3"}
    assert listed(lead) == set(filed_case.host_ids)
    assert listed(people["chief_kv3"]) == set(filed_case.host_ids)
    # the chief of the old office came along as a chief; nobody is left in the old one
    assert listed(people["chief_kv1"]) == set(filed_case.host_ids)
    assert not Appointment.objects.in_force(timezone.localdate()).filter(unit=units["QN-KV1"]).exists()
    old = {group.pk for group in lead.groups.model.objects.filter(name__startswith="vks:QN-KV1:")}
    assert not any(
        grant.holder == "group" and grant.holder_id in old
        for grants in grants_of(filed_case.host_ids).values()
        for grant in grants
    )
    # once more changes nothing
    assert list(transfers.continue_restructuring(stopped)) == []


def test_posts_that_are_not_carried_over_open_nothing(
    filed_case: FiledCase, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    row = _restructure(people, units["QN-KV1"], units["QN-KV3"], carries_posts=False)
    for _ in transfers.continue_restructuring(row):
        pass
    for name in ("chief_kv1", "prosecutor_kv1"):
        assert listed(people[name]) == set(), name
        assert completions(people[name], "quye") == set(), name
    assert listed(people["chief_kv3"]) == set(filed_case.host_ids)


def test_inbox_log_and_posts_to_come_of_the_old_office_go_along(
    filed_case: FiledCase, people: dict[str, User], units: dict[str, ProcuracyUnit], settings: Any
) -> None:
    settings.VKS_INBOX_UNIT = "QN-KV1"
    waiting = Document.objects.create(
        title="Đơn chưa vào hồ sơ",
        content="quyethuong",
        mime_type="application/pdf",
        checksum="w" * 32,
        storage_path_id=storage_path_id(),
    )
    inbox.take_unowned([waiting.pk])
    reader = Client()
    reader.force_login(people["prosecutor_kv1"])
    assert reader.get(f"/api/documents/{filed_case.host_ids[0]}/").status_code == 200
    soon, chief = timezone.localdate() + dt.timedelta(days=9), people["chief_kv3"]
    organization.appoint(user=people["outsider"], unit=units["QN-KV1"], role="records_clerk", starts_on=soon)
    # a post that is held in both offices is not carried twice, nor is one that has ended
    organization.appoint(user=chief, unit=units["QN-KV1"], role="chief_procurator", starts_on=soon)
    gone = organization.appoint(user=people["statistics_province"], unit=units["QN-KV1"], role="inspector")
    organization.end_appointment(appointment=gone)
    assert (listed(people["clerk_kv1"]), listed(people["clerk_kv3"])) == ({waiting.pk}, set())
    assert not visible_entries(chief).exists()
    row = _restructure(people, units["QN-KV1"], units["QN-KV3"])
    for _ in transfers.continue_restructuring(row):
        pass
    assert (listed(people["clerk_kv1"]), listed(people["clerk_kv3"])) == ({waiting.pk}, {waiting.pk})
    assert completions(people["clerk_kv3"], "quyeth") == {"quyethuong"}
    old = set(Group.objects.filter(name__startswith="vks:QN-KV1:").values_list("pk", flat=True))
    assert not {grant for grant in grants_of([waiting.pk])[waiting.pk] if grant.holder_id in old}
    keeper = inbox.inbox_unit()
    assert keeper == units["QN-KV3"]
    (told,) = entries_told(chief, list(visible_entries(chief)))
    assert (told.case_code, told.entry.actor_id) == (filed_case.case.code, people["prosecutor_kv1"].pk)
    posts = Appointment.objects.filter(unit=units["QN-KV3"], ended_at__isnull=True)
    assert list(posts.filter(user=people["outsider"]).values_list("role", "starts_on")) == [("records_clerk", soon)]
    assert posts.filter(user=chief, role="chief_procurator").count() == 1
    assert not posts.filter(user=people["statistics_province"]).exists()
    assert listed(people["outsider"]) == set()
    with time_machine.travel(timezone.now() + dt.timedelta(days=9), tick=False):
        assert listed(people["outsider"]) == {waiting.pk}


def test_departments_of_the_old_office_go_along(
    filed_case: FiledCase, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    """Heads of departments read what they read before; of two departments with one code nobody reads the other's."""

    units = units | {"QN-HL": make_district("QN-HL")}

    def department(unit: str, name: str, stages: list[str]) -> Department:
        return Department.objects.create(unit=units[unit], code="P1", name=name, stages=stages)

    old = {code: department(code, f"Phòng án hình sự {code}", ["dieu_tra"]) for code in ("QN-KV1", "QN-HL")}
    theirs = department("QN-KV3", "Phòng tổng hợp", [])
    CaseFile.objects.filter(pk=filed_case.case.pk).update(department=old["QN-KV1"])
    project_case(filed_case.case)
    head, other, resident = (people[name] for name in ("outsider", "other_prosecutor_kv1", "prosecutor_kv3"))
    # the same person heads the departments of both old offices
    for code, each in old.items():
        organization.appoint(user=head, unit=units[code], role="department_head", department=each)
    organization.appoint(user=other, unit=units["QN-HL"], role="department_head", department=old["QN-HL"])
    organization.appoint(user=resident, unit=units["QN-KV3"], role="department_head", department=theirs)
    assert (listed(head), listed(resident)) == (_everything(filed_case), set())
    (row,) = transfers.begin_plan(
        actor=people["admin_province"],
        plan=[(units["QN-KV1"], units["QN-KV3"]), (units["QN-HL"], units["QN-KV3"])],
        effective_date=timezone.localdate(),
        decision="NQ 84/2025/UBTVQH15",
    )
    for _ in transfers.continue_restructuring(row):
        pass
    case = CaseFile.objects.select_related("unit", "department").get(pk=filed_case.case.pk)
    assert (case.unit.code, str(case.department)) == ("QN-KV3", "P1-KV1 – Phòng án hình sự QN-KV1")
    assert case.department is not None
    assert case.department.stages == ["dieu_tra"]
    posts = Appointment.objects.in_force(timezone.localdate()).filter(user=head)
    assert set(posts.values_list("unit__code", "department__code")) == {("QN-KV3", "P1-KV1"), ("QN-KV3", "P1-HL")}
    assert listed(head) == _everything(filed_case)
    # each in a department of its own, whatever its code was
    assert (listed(other), listed(resident)) == (set(), set())
    change = CaseChange.objects.filter(case=case).latest("pk")
    assert ["department", str(old["QN-KV1"]), str(case.department)] in change.values
    begun = LedgerEntry.objects.get(kind="restructuring_begun")
    told = ["QN-HL/P1 > QN-KV3/P1-HL", "QN-KV1/P1 > QN-KV3/P1-KV1"]
    assert begun.said["data"]["departments"] == told
    assert {(before.unit.code, after.code) for before, after in transfers.departments_of(row)} == {
        ("QN-KV1", "P1-KV1"),
        ("QN-HL", "P1-HL"),
    }


@pytest.mark.parametrize(
    ("plan", "match"),
    [
        ([], "mỗi đơn vị một lần"),
        ([("QN-KV1", "QN-KV3"), ("QN-KV1", "QN")], "đứng hai lần"),
        ([("QN-KV1", "QN-KV3"), ("QN-KV3", "QN")], "vừa là đơn vị cũ vừa là đơn vị mới"),
        ([("QN", "QN-KV3")], "thuộc một đơn vị cũ"),
    ],
)
def test_a_plan_begins_whole_or_not_at_all(
    plan: list[tuple[str, str]], match: str, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    with pytest.raises(BadInput, match=match):
        transfers.begin_plan(
            actor=people["admin_province"],
            plan=[(units[old], units[new]) for old, new in plan],
            effective_date=timezone.localdate(),
            decision=PAPER,
        )
    assert not Restructuring.objects.exists()
    assert not UnitSuccession.objects.exists()


def test_a_plan_tells_the_ledger_once_all_its_posts_are_written(
    people: dict[str, User], units: dict[str, ProcuracyUnit], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who ends a post holds it before the chain of the ledger: a plan that went on with posts afterwards met that person."""
    order: list[str] = []
    write, say = organization.synchronise_memberships, acts.tell

    def posts(*given: Any, **named: Any) -> int:
        order.append("posts")
        return write(*given, **named)

    def told(*given: Any, **named: Any) -> Any:
        order.append("ledger")
        return say(*given, **named)

    monkeypatch.setattr(organization, "synchronise_memberships", posts)
    monkeypatch.setattr(transfers, "tell", told)
    transfers.begin_plan(
        actor=people["admin_province"],
        plan=[(units["QN-KV1"], units["QN-KV3"]), (make_district("QN-HL"), units["QN"])],
        effective_date=timezone.localdate(),
        decision=PAPER,
    )
    assert order == ["posts", "posts", "ledger", "ledger"]


def test_only_the_province_restructures(people: dict[str, User], units: dict[str, ProcuracyUnit]) -> None:
    for name in ("chief_kv1", "deputy_province", "clerk_kv1"):
        with pytest.raises(NotAllowed):
            transfers.begin_restructuring(
                actor=people[name],
                predecessors=[units["QN-KV1"]],
                successor=units["QN-KV3"],
                effective_date=timezone.localdate(),
                decision=PAPER,
            )
    with pytest.raises(BadInput):
        _restructure(people, units["QN-KV3"], units["QN-KV3"])
    assert ProcuracyUnit.objects.get(code="QN-KV1").valid_to is None


def test_a_mark_that_protects_closes_nothing_to_who_may_read_protected_cases_and_a_restricted_one_does(
    filed_case: FiledCase, people: dict[str, User]
) -> None:
    everything = _everything(filed_case)
    access.edit_case(actor=people["chief_kv1"], case=filed_case.case, values={"involves_minor_victim": True})
    assert listed(people["chief_province"]) == everything
    access.edit_case(actor=people["chief_kv1"], case=filed_case.case, values={"confidentiality": "han_che_noi_bo"})
    assert listed(people["chief_province"]) == set()
    assert completions(people["chief_province"], "quye") == set()
    assert {
        grant for grant in grants_of(filed_case.host_ids[:1])[filed_case.host_ids[0]] if grant.holder == "user"
    } == {
        Grant("user", people["prosecutor_kv1"].pk, "view"),
        Grant("user", people["prosecutor_kv1"].pk, "change"),
    }
