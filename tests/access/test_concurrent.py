"""Two at one case at once: one of them gets it, nobody keeps what was taken, and the rows say what the table says."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone
from documents import permissions

from vks_plugin.access import actions as access
from vks_plugin.access import offices, temporary, transfers
from vks_plugin.access.queries import FACTS
from vks_plugin.cases.actions import record, registration
from vks_plugin.cases.models import Assignment, CaseChange, CaseFile
from vks_plugin.errors import Conflict, NotFound, VksError
from vks_plugin.host.search import find_documents
from vks_plugin.host.version import is_stand_in
from vks_plugin.organization import actions as organization
from vks_plugin.organization.models import Appointment, Department, ProcuracyUnit

if TYPE_CHECKING:
    from tests.people import FiledCase

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]


WHY = "Bị can trốn, cần hồ sơ ngay trong đêm để ra lệnh bắt."


@pytest.fixture(autouse=True)
def _many_connections() -> None:
    if connection.vendor == "sqlite":
        pytest.skip("an in-memory SQLite database has one connection")


def _at_once(acts: list[Callable[[], object]]) -> list[VksError | None]:
    """Do all of these in threads that begin together; return what each was refused with.

    What else goes wrong in one of them is raised here: an act that ended in an error of the database was not done.
    """
    begin = threading.Barrier(len(acts))
    refused: list[VksError | None] = [None] * len(acts)
    wrong: list[BaseException] = []

    def do(number: int, act: Callable[[], object]) -> None:
        try:
            begin.wait(timeout=30)
            act()
        except VksError as error:
            refused[number] = error
        except BaseException as error:  # noqa: BLE001 - a test that fails in a thread fails for nobody
            wrong.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=do, args=each) for each in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not [thread for thread in threads if thread.is_alive()]
    if wrong:
        raise wrong[0]
    return refused


def _until_somebody_waits(or_done: threading.Event | None = None) -> None:
    """Return once another connection to this database waits for a lock; or the other act is done, which did not wait."""
    until = time.monotonic() + 30
    with connection.cursor() as cursor:
        while time.monotonic() < until:
            # within a transaction it would go on saying what it said first
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(
                "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            if cursor.fetchone() or (or_done is not None and or_done.is_set()):
                return
            time.sleep(0.02)
    pytest.fail("nobody waits")


def _while_it_is_handed_over(
    monkeypatch: pytest.MonkeyPatch, hand_over: Callable[[], object], other: Callable[[], object]
) -> list[VksError | None]:
    """Hand a case over, and do something else once that has begun and before it is done; return both refusals."""
    begun, go_on = threading.Event(), threading.Event()
    noted = transfers._history

    def note(*said: object) -> None:
        begun.set()
        go_on.wait(timeout=30)
        noted(*said)  # type: ignore[arg-type]

    monkeypatch.setattr(transfers, "_history", note)

    def wait_and_do() -> None:
        assert begun.wait(timeout=30)
        other()

    def let_go() -> None:
        try:
            assert begun.wait(timeout=30)
            _until_somebody_waits()
        finally:
            go_on.set()

    return _at_once([hand_over, wait_and_do, let_go])[:2]


def test_two_leaders_hand_one_case_to_two_offices(
    filed_case: FiledCase, people: dict[str, User], units: dict[str, ProcuracyUnit], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second asks while the first is at it, and has to wait: both would find the case in their office."""
    code = filed_case.case.code
    chosen = {"chief_kv1": units["QN-KV3"], "deputy_kv1": units["QN"]}
    before = CaseChange.objects.filter(case__code=code).count()

    def hand_over(who: str) -> None:
        case = CaseFile.objects.select_related("unit__parent", "department", "trial_unit").get(code=code)
        transfers.transfer_case(actor=people[who], case=case, to=chosen[who], decision="1/QĐ ngày 05/11/2026")

    taken, refused = _while_it_is_handed_over(monkeypatch, *(partial(hand_over, who) for who in chosen))
    assert taken is None
    # whoever came second leads the office no more that has the case, and is told what a stranger is
    assert isinstance(refused, NotFound)
    assert CaseFile.objects.get(code=code).unit == units["QN-KV3"]
    assert CaseChange.objects.filter(case__code=code).count() == before + 1
    assert not Assignment.objects.filter(case__code=code, ended_at=None).exists()
    ours = set(filed_case.host_ids)
    for who in ("prosecutor_kv1", *chosen):
        user = User.objects.get(pk=people[who].pk)
        assert ours.isdisjoint(permissions.permitted_document_ids(user)), who
        assert ours.isdisjoint(find_documents(user, "biên")), who
    # the rows are what the table says: the night finds nothing to put right
    assert access.project_everything().documents == 0


def test_who_is_assigned_while_the_case_goes_to_another_office_does_not_stay_behind(
    filed_case: FiledCase, people: dict[str, User], units: dict[str, ProcuracyUnit], monkeypatch: pytest.MonkeyPatch
) -> None:
    chief, case = people["chief_kv1"], CaseFile.objects.select_related(*FACTS).get(pk=filed_case.case.pk)
    taken, refused = _while_it_is_handed_over(
        monkeypatch,
        partial(transfers.transfer_case, actor=chief, case=case, to=units["QN-KV3"], decision="1/QĐ ngày 05/11/2026"),
        partial(access.assign, actor=chief, case=case, user=people["deputy_kv1"], role="inspector"),
    )
    assert taken is None
    assert isinstance(refused, NotFound)
    assert not Assignment.objects.filter(case=case, ended_at=None).exists()
    for who in ("chief_kv1", "deputy_kv1", "prosecutor_kv1"):
        user = User.objects.get(pk=people[who].pk)
        assert set(filed_case.host_ids).isdisjoint(permissions.permitted_document_ids(user)), who
    assert access.project_everything().documents == 0


def test_what_is_taken_away_while_it_is_read_is_gone_once_that_is_answered(
    filed_case: FiledCase, people: dict[str, User]
) -> None:
    person = people["prosecutor_kv1"]
    row = Assignment.objects.get(case=filed_case.case, user=person, ended_at=None)
    read: list[tuple[float, int]] = []
    # the stand-in has no doors of the host's
    address = (
        f"/api/vks/cases/{filed_case.case.code}/documents/"
        if is_stand_in()
        else f"/api/documents/{filed_case.host_ids[0]}/download/"
    )
    enough, stop = threading.Event(), threading.Event()

    def go_on_reading() -> None:
        client = Client()
        client.force_login(person)
        try:
            while not stop.is_set():
                begun = time.monotonic()
                answer = client.get(address)
                read.append((begun, answer.status_code))
                if len(read) > 3:
                    enough.set()
        finally:
            connection.close()

    thread = threading.Thread(target=go_on_reading)
    thread.start()
    try:
        assert enough.wait(timeout=60)
        access.end_assignment(actor=people["chief_kv1"], assignment=row)
        answered = time.monotonic()
        until = time.monotonic() + 60
        while sum(begun > answered for begun, _status in read) < 5 and time.monotonic() < until:
            time.sleep(0.05)
    finally:
        stop.set()
        thread.join(timeout=60)
    assert {status for begun, status in read if begun < answered} >= {200}
    assert [status for begun, status in read if begun > answered][:5] == [404] * 5


def _held_back(
    monkeypatch: pytest.MonkeyPatch,
    acts: list[Callable[[], object]],
    at: tuple[Any, str] = (organization, "_memberships"),
) -> list[VksError | None]:
    """Do two acts: the second begins when the first has done this; by default, looked which groups go with posts.

    It waits for the first, which is not done before; where it does not wait, it is done before the first goes on.
    """
    first, second = acts
    begun, other_done = threading.Event(), threading.Event()
    looked = getattr(*at)

    def look(*said: Any, **named: Any) -> Any:
        found = looked(*said, **named)
        if not begun.is_set():
            begun.set()
            _until_somebody_waits(or_done=other_done)
        return found

    monkeypatch.setattr(*at, look)

    def then() -> None:
        assert begun.wait(timeout=30)
        try:
            second()
        finally:
            other_done.set()

    return _at_once([first, then])


def test_two_posts_that_end_at_once_leave_nobody_in_the_group_they_share(
    filed_case: FiledCase, people: dict[str, User], units: dict[str, ProcuracyUnit], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Chief and deputy are in one group: each act would leave the membership to the other post."""
    person = people["chief_kv1"]
    acting = organization.appoint(user=person, unit=units["QN-KV1"], role="deputy_chief_procurator")
    chief = Appointment.objects.get(user=person, role="chief_procurator")
    ended: list[Callable[[], object]] = [
        partial(organization.end_appointment, appointment=each) for each in (chief, acting)
    ]
    assert _held_back(monkeypatch, ended) == [None, None]
    assert not person.groups.filter(name__startswith="vks:").exists()
    assert set(filed_case.host_ids).isdisjoint(permissions.permitted_document_ids(User.objects.get(pk=person.pk)))
    assert organization.synchronise_memberships() == 0


def test_who_is_appointed_while_another_post_ends_is_in_the_group_they_share(
    filed_case: FiledCase, people: dict[str, User], units: dict[str, ProcuracyUnit], monkeypatch: pytest.MonkeyPatch
) -> None:
    person = people["chief_kv1"]
    chief = Appointment.objects.get(user=person, role="chief_procurator")
    acts: list[Callable[[], object]] = [
        partial(organization.end_appointment, appointment=chief),
        partial(organization.appoint, user=person, unit=units["QN-KV1"], role="deputy_chief_procurator"),
    ]
    assert _held_back(monkeypatch, acts) == [None, None]
    assert person.groups.filter(name="vks:QN-KV1:leaders").exists()
    assert set(filed_case.host_ids) <= set(permissions.permitted_document_ids(User.objects.get(pk=person.pk)))
    assert organization.synchronise_memberships() == 0


def test_one_post_recorded_twice_at_once_is_held_once(people: dict[str, User], units: dict[str, ProcuracyUnit]) -> None:
    act = partial(organization.appoint, user=people["outsider"], unit=units["QN-KV3"], role="inspector")
    refused = _at_once([act, act])
    assert sorted(type(error).__name__ for error in refused) == ["Conflict", "NoneType"]
    assert Appointment.objects.filter(user=people["outsider"]).count() == 1
    assert [group.name for group in people["outsider"].groups.all()] == ["vks:QN-KV3:inspector"]


@pytest.mark.parametrize("opening", ["assign", "emergency", "oversight"])
def test_what_is_opened_while_the_post_ends_that_it_rests_on_opens_nothing(
    opening: str,
    filed_case: FiledCase,
    people: dict[str, User],
    units: dict[str, ProcuracyUnit],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Who leaves is not let in by an act that began while the post was still held."""
    case, person = filed_case.case, people["outsider"]
    department = None
    if opening == "oversight":
        department = Department.objects.create(unit=units["QN"], code="P2", name="Phòng 2", stages=[case.stage])
    where, role = ("QN", "department_head") if department else ("QN-KV1", "prosecutor")
    post = organization.appoint(user=person, unit=units[where], role=role, department=department)
    act: Callable[[], object]
    if opening == "assign":
        act = partial(access.assign, actor=people["chief_kv1"], case=case, user=person, role="prosecutor")
    elif opening == "emergency":
        asked = temporary.request_emergency(actor=person, code=case.code, reason=WHY, hours=2)
        act = partial(temporary.approve_emergency, actor=people["chief_kv1"], request_id=asked.pk)
    else:
        act = partial(temporary.open_for_oversight, actor=person, case=case, reason=WHY)
    left, refused = _held_back(monkeypatch, [partial(organization.end_appointment, appointment=post), act])
    assert left is None
    assert refused is not None
    user = User.objects.get(pk=person.pk)
    assert set(filed_case.host_ids).isdisjoint(permissions.permitted_document_ids(user))
    assert access.project_everything().documents == 0


def test_a_case_of_its_head_comes_into_a_department_while_its_stages_change(
    filed_case: FiledCase, people: dict[str, User], units: dict[str, ProcuracyUnit], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one holds the case and then the department; the other, which writes who reads the case, must not go the other way."""
    case = CaseFile.objects.get(pk=filed_case.case.pk)
    department = Department.objects.create(unit=units["QN-KV1"], code="BP1", name="Bộ phận 1")
    organization.appoint(
        user=people["prosecutor_kv1"], unit=units["QN-KV1"], role="department_head", department=department
    )
    acts: list[Callable[[], object]] = [
        partial(record.edit_case, actor=people["clerk_kv1"], case=case, values={"department": department}),
        partial(
            offices.change_department,
            actor=people["admin_province"],
            department=department,
            values={"stages": ["dieu_tra"]},
        ),
    ]
    assert _held_back(monkeypatch, acts, (record, "_written")) == [None, None]
    department.refresh_from_db()
    case.refresh_from_db()
    assert (case.department, department.stages) == (department, ["dieu_tra"])


def test_who_ends_or_moves_an_office_waits_for_what_is_written_of_it(
    filed_case: FiledCase, people: dict[str, User], units: dict[str, ProcuracyUnit], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each act has looked at the office and told the ledger, and is not committed: who ends the office counts it too."""
    if connection.vendor != "postgresql":
        pytest.skip("on SQLite one transaction writes at a time")
    admin, clerk, today = people["admin_province"], people["clerk_kv1"], timezone.localdate()
    case = CaseFile.objects.get(pk=filed_case.case.pk)
    first, second, third = (
        ProcuracyUnit.objects.create(
            code=f"QN-KV{number}",
            name=f"Viện kiểm sát nhân dân khu vực {number}",
            short_name=f"VKSND khu vực {number}",
            kind=ProcuracyUnit.Kind.REGIONAL,
            parent=units["QN"],
            valid_from=dt.date(2026, 1, 1),
            active_from=dt.date(2026, 1, 1),
        )
        for number in (7, 8, 9)
    )
    department = Department.objects.create(unit=third, code="BP1", name="Bộ phận 1")

    def move(to: ProcuracyUnit) -> Callable[[], object]:
        return partial(transfers.move_case, actor=clerk, case=case, to=to, decision="1/QĐ ngày 05/11/2026")

    def end(unit: ProcuracyUnit) -> Callable[[], object]:
        return partial(offices.end_unit, actor=admin, unit=unit, gone_from=today)

    registered = partial(
        registration.create_case,
        actor=clerk,
        unit=first,
        name="Vụ mới",
        init_decision_no="99/QĐ-CSĐT",
        init_decision_date=dt.date(2026, 3, 2),
        init_decision_agency="Cơ quan Cảnh sát điều tra",
    )
    appointed = partial(organization.appoint, user=people["outsider"], unit=second, role="prosecutor")
    changed = partial(record.edit_case, actor=clerk, case=case, values={"department": department})
    ended = partial(offices.end_department, actor=admin, department=department, gone_from=today)
    steps: list[tuple[Callable[[], object], tuple[Any, str], Callable[[], object], str]] = [
        (registered, (registration, "_fill"), end(first), "1 vụ án"),
        (appointed, (organization, "tell"), end(second), "1 chức danh"),
        (move(third), (transfers, "_history"), end(third), "1 vụ án"),
        (changed, (record, "note_change"), ended, "1 vụ án"),
    ]
    for act, at, other, why in steps:
        done, refused = _held_back(monkeypatch, [act, other], at)
        assert done is None
        assert isinstance(refused, Conflict), why
        assert why in refused.message
    assert not ProcuracyUnit.objects.filter(pk__in=[first.pk, second.pk, third.pk], valid_to__isnull=False).exists()
    # another office above reads from now on what comes at this moment, and the one before does no more
    moved = partial(offices.change_unit, actor=admin, unit=first, values={"parent": units["QN-KV3"]})
    assert _held_back(monkeypatch, [move(first), moved], (transfers, "project_case")) == [None, None]
    assert access.project_everything().documents == 0
    # one code given twice: who comes second is told so
    values = {"code": "QN-KV5", "name": "Khu vực 5", "short_name": "KV5", "kind": "regional", "parent": units["QN"]}
    added = partial(offices.add_unit, actor=admin, values=values | {"valid_from": today})
    refused, done = _held_back(monkeypatch, [added, added], (offices, "_check_unit_code"))
    assert (type(refused), done) == (Conflict, None)
