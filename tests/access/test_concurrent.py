"""Two at one case at once: one of them gets it, nobody keeps what was taken, and the rows say what the table says."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from documents import permissions

from vks_plugin.access import actions as access
from vks_plugin.access import transfers
from vks_plugin.cases.models import Assignment, CaseChange, CaseFile
from vks_plugin.errors import NotFound, VksError
from vks_plugin.host.search import find_documents
from vks_plugin.host.version import is_stand_in

if TYPE_CHECKING:
    from tests.people import FiledCase
    from vks_plugin.organization.models import ProcuracyUnit

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]


@pytest.fixture(autouse=True)
def _many_connections() -> None:
    if connection.vendor == "sqlite":
        pytest.skip("an in-memory SQLite database has one connection")


def _at_once(acts: list[Callable[[], object]]) -> list[VksError | None]:
    """Do all of these in threads that begin together; return what each was refused with."""
    begin = threading.Barrier(len(acts))
    refused: list[VksError | None] = [None] * len(acts)

    def do(number: int, act: Callable[[], object]) -> None:
        try:
            begin.wait(timeout=30)
            act()
        except VksError as error:
            refused[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=do, args=each) for each in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not [thread for thread in threads if thread.is_alive()]
    return refused


def test_two_leaders_hand_one_case_to_two_offices(
    filed_case: FiledCase, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    code = filed_case.case.code
    chosen = {"chief_kv1": units["QN-KV3"], "deputy_kv1": units["QN"]}
    before = CaseChange.objects.filter(case__code=code).count()

    def hand_over(who: str) -> None:
        case = CaseFile.objects.select_related("unit__parent", "department", "trial_unit").get(code=code)
        transfers.transfer_case(actor=people[who], case=case, to=chosen[who], decision="1/QĐ ngày 05/11/2026")

    refused = dict(zip(chosen, _at_once([partial(hand_over, who) for who in chosen]), strict=True))
    # whoever came second leads the office no more that has the case, and is told what a stranger is
    assert sorted(type(error).__name__ for error in refused.values()) == ["NoneType", NotFound.__name__]
    won = next(who for who, error in refused.items() if error is None)
    assert CaseFile.objects.get(code=code).unit == chosen[won]
    assert CaseChange.objects.filter(case__code=code).count() == before + 1
    assert not Assignment.objects.filter(case__code=code, ended_at=None).exists()
    ours = set(filed_case.host_ids)
    for who in ("prosecutor_kv1", *chosen):
        user = User.objects.get(pk=people[who].pk)
        assert ours.isdisjoint(permissions.permitted_document_ids(user)), who
        assert ours.isdisjoint(find_documents(user, "biên")), who
    # the rows are what the table says: the night finds nothing to put right
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
