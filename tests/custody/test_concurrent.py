"""Many who write at once: nothing lost, nothing double, no gap, one order."""

from __future__ import annotations

import itertools
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from django.db import DatabaseError, connection, transaction

from tests.people import register
from vks_plugin.cases.models import CaseDocument
from vks_plugin.custody import actions, queries
from vks_plugin.custody.models import FixityFinding, FixityRun, LedgerEntry, LedgerLeaf

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from tests.people import FiledCase
    from vks_plugin.cases.models import CaseFile
    from vks_plugin.organization.models import ProcuracyUnit

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]

WRITERS = 24
EACH = 8


@pytest.fixture
def cases(people: dict[str, User], units: dict[str, ProcuracyUnit]) -> list[CaseFile]:
    """Return five cases for all writers."""
    return [register(actor=people["clerk_kv1"], unit=units["QN-KV1"], name=f"Vụ {number}") for number in range(5)]


def _only_on_postgresql() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("on SQLite one transaction writes at a time")


def test_twenty_four_writers_make_one_order(cases: list[CaseFile], people: dict[str, User]) -> None:
    _only_on_postgresql()
    actions.ensure_key()
    before = LedgerEntry.objects.count()
    begin = threading.Barrier(WRITERS)

    def write(writer: int) -> int:
        kept = 0
        try:
            begin.wait(timeout=30)
            for number in range(EACH):
                case = cases[(writer + number) % len(cases)]
                fails = (writer + number) % 7 == 0
                try:
                    with transaction.atomic():
                        actions.append(
                            case=case, actor=people["clerk_kv1"], kind="note", data={"writer": writer, "n": number}
                        )
                        # acts take their time, each another
                        time.sleep(0.001 * ((writer * 5 + number) % 9))
                        if fails:
                            raise RuntimeError
                except RuntimeError:
                    continue
                kept += 1
        finally:
            connection.close()
        return kept

    with ThreadPoolExecutor(WRITERS) as pool:
        written = sum(pool.map(write, range(WRITERS)))
    assert 0 < written < WRITERS * EACH
    assert LedgerEntry.objects.count() == before + written
    said = [(row.said["data"]["writer"], row.said["data"]["n"]) for row in LedgerEntry.objects.filter(kind="note")]
    assert len(said) == len(set(said)) == written
    assert list(LedgerLeaf.objects.values_list("index", flat=True)) == list(range(before + written))
    for case in cases:
        rows = LedgerEntry.objects.filter(case=case).order_by("seq")
        assert list(rows.values_list("seq", flat=True)) == list(range(rows.count()))
        # what was decided first stands first in the log of the province too
        places = list(rows.values_list("leaf__index", flat=True))
        assert places == sorted(places)
    actions.make_checkpoint()
    found = queries.verify()
    # the first head begins the file heads are remembered in, which is an entry too
    assert (found.problems, found.entries) == ([], before + written + 1)


CROWD = 50
ACTS = 6


def _killing(finished: threading.Event, spared: int) -> int:
    """End the connection of somebody at random, again and again, as when a machine or a network fails; return how often."""
    chance, killed = random.Random(50), 0
    statement = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
        "AND backend_type = 'client backend' AND pid NOT IN (pg_backend_pid(), %s) ORDER BY random() LIMIT %s"
    )
    try:
        while not finished.wait(timeout=chance.uniform(0.01, 0.05)):
            with connection.cursor() as cursor:
                cursor.execute(statement, [spared, chance.randint(1, 4)])
                killed += len(cursor.fetchall())
    finally:
        connection.close()
    return killed


def test_fifty_writers_whose_connections_are_killed_leave_no_hole_and_nothing_twice(
    cases: list[CaseFile], people: dict[str, User]
) -> None:
    """What was acknowledged is there once; what was cut off is there whole or not at all, and no place is lost to it."""
    _only_on_postgresql()
    actions.ensure_key()
    before = LedgerEntry.objects.count()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (spared,) = cursor.fetchone()
    begin, finished = threading.Barrier(CROWD), threading.Event()

    def write(writer: int) -> tuple[list[list[int]], int]:
        kept, cut_off = [], 0
        begin.wait(timeout=30)
        for number in range(ACTS):
            case = [*cases, None][(writer + number) % (len(cases) + 1)]
            try:
                with transaction.atomic():
                    data = {"writer": writer, "number": number}
                    actions.append(case=case, actor=people["clerk_kv1"], kind="note", data=data)
                    # acts take their time, each another, so that they are met in the middle and at the end
                    time.sleep(0.002 * ((writer * 5 + number) % 9))
                kept.append([writer, number])
            except DatabaseError:
                cut_off += 1
            finally:
                connection.close()
        return kept, cut_off

    with ThreadPoolExecutor(CROWD + 1) as pool:
        killer = pool.submit(_killing, finished, spared)
        try:
            told = list(pool.map(write, range(CROWD)))
        finally:
            finished.set()
        killed = killer.result(timeout=30)
    acknowledged = sorted(each for kept, _cut_off in told for each in kept)
    cut_off = sum(number for _kept, number in told)
    # somebody was met, and somebody was not
    assert min(killed, cut_off, len(acknowledged)) > CROWD // 5, (killed, cut_off, len(acknowledged))
    rows = LedgerEntry.objects.filter(kind="note")
    there = sorted([said["writer"], said["number"]] for said in (row.said["data"] for row in rows))
    assert all(one != other for one, other in itertools.pairwise(there))
    assert [each for each in acknowledged if each not in there] == []
    # an act whose connection broke after the commit and before its answer is there too
    assert len(acknowledged) <= len(there) <= len(acknowledged) + cut_off
    count = LedgerEntry.objects.count()
    assert count == before + len(there)
    assert list(LedgerLeaf.objects.values_list("index", flat=True)) == list(range(count))
    assert LedgerLeaf.objects.values("entry").distinct().count() == count
    for each in [*cases, None]:
        chain = LedgerEntry.objects.filter(case=each).order_by("seq").values_list("seq", flat=True)
        assert list(chain) == list(range(len(chain)))
    actions.make_checkpoint()
    assert queries.verify().problems == []


def test_a_long_act_does_not_keep_others_waiting(cases: list[CaseFile]) -> None:
    """The head of the log is held for the end of an act only, not from its entry on."""
    _only_on_postgresql()
    written, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        try:
            with transaction.atomic():
                actions.append(case=cases[0], actor=None, kind="slow", data={})
                written.set()
                assert go_on.wait(timeout=30)
        finally:
            connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    try:
        assert written.wait(timeout=30)
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '5s'")
            quick = actions.append(case=cases[1], actor=None, kind="quick", data={})
        place = LedgerLeaf.objects.get(entry=quick).index
        assert not LedgerEntry.objects.filter(kind="slow").exists()
    finally:
        go_on.set()
        thread.join()
    assert LedgerEntry.objects.get(kind="slow").leaf.index == place + 1


def test_two_that_sign_at_once_sign_the_same_head(cases: list[CaseFile]) -> None:
    _only_on_postgresql()
    actions.ensure_key()
    # the first head begins the file of heads, and that is an entry
    actions.make_checkpoint()
    actions.append(case=cases[0], actor=None, kind="note", data={})
    begin = threading.Barrier(4)

    def sign(_number: int) -> int:
        try:
            begin.wait(timeout=30)
            return actions.make_checkpoint().pk
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(sign, range(4)))) == 1


def test_a_case_and_all_compared_at_once_tell_an_alarm_once(
    filed_case: FiledCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two runs find the same at the same moment; neither counts for the other, and one row is open for each file."""
    _only_on_postgresql()
    for each in filed_case.documents[:2]:
        each.document.source_path.unlink()
    both, write = threading.Barrier(2), FixityFinding.objects.bulk_create

    def together(*rows: Any, **options: Any) -> Any:
        # who holds the case waits in vain for the other
        with suppress(threading.BrokenBarrierError):
            both.wait(timeout=1)
        return write(*rows, **options)

    monkeypatch.setattr(FixityFinding.objects, "bulk_create", together)

    def compare(case: CaseFile | None) -> FixityRun:
        try:
            return actions.check_files(case=case)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        of_case, of_all = pool.map(compare, [filed_case.case, None])
    assert both.broken
    assert (of_case.documents, of_all.documents) == (filed_case.case.documents.count(), CaseDocument.objects.count())
    assert [run.findings.count() for run in (of_case, of_all)] == [2, 2]
    told = queries.open_findings().order_by("document_id").values_list("document_id", flat=True)
    assert list(told) == sorted(each.document_id for each in filed_case.documents[:2])
    assert {each.finished_at is not None for each in FixityRun.objects.all()} == {True}
