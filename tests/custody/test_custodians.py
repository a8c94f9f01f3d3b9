"""Fifty people of two offices at the paper of three cases at once: the ledger and the tables tell one story, in which nothing is done twice."""

from __future__ import annotations

import datetime as dt
import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from tests.custody.batches import batch_in, sealed
from tests.custody.test_hand_overs import PASSED
from tests.people import STARTED, register
from vks_plugin.cases.models import CaseFile
from vks_plugin.custody import actions, queries
from vks_plugin.custody.actions import hand_overs, loans
from vks_plugin.custody.actions.hand_overs import Terms
from vks_plugin.custody.actions.holding import state_beginning
from vks_plugin.custody.models import (
    DigitisationBatch,
    HandOver,
    Holding,
    Keeper,
    LedgerEntry,
    LedgerLeaf,
    Loan,
    SealManifest,
)
from vks_plugin.custody.states import HAND_OVER
from vks_plugin.errors import VksError
from vks_plugin.organization.actions import synchronise_memberships
from vks_plugin.organization.models import Appointment, ProcuracyUnit

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.people import FiledCase

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]

CUSTODIANS = 50
OFFICES = ("QN-KV1", "QN-KV3")
SECONDS = 4
AT_MOST = 120
"""Seconds after which they stop though not everything has happened: on a machine with much else to do."""
WANTED = ("hand_over_accepted", "hand_over_rejected", "case_transferred", "loan_issued", "loan_returned", "file_sealed")
COPIES = 0.25
"""Share of the requests for what is lent that are for the electronic copy."""


@pytest.fixture
def custodians(people: dict[str, User], units: dict[str, ProcuracyUnit]) -> list[User]:
    """Return fifty people, by turns of two offices, who may all do everything with the paper of theirs."""
    if connection.vendor != "postgresql":
        pytest.skip("on SQLite one transaction writes at a time")
    User.objects.bulk_create(
        User(username=f"keeper{number}", first_name=f"Giữ {number}") for number in range(CUSTODIANS)
    )
    found = list(User.objects.filter(username__startswith="keeper").order_by("pk"))
    Appointment.objects.bulk_create(
        Appointment(user=each, unit=units[OFFICES[number % 2]], role="deputy_chief_procurator", starts_on=STARTED)
        for number, each in enumerate(found)
    )
    synchronise_memberships()
    return found


class Custodian:
    """Does at random what the paper it meets allows; keeps what was done, and forgets what was refused."""

    def __init__(self, number: int, cases: list[CaseFile], everybody: list[User], batch: DigitisationBatch) -> None:
        self.me = everybody[number]
        self.cases, self.batch = cases, batch
        self.colleagues = everybody[number % 2 :: 2]
        here, there = OFFICES[number % 2], OFFICES[1 - number % 2]
        self.home, self.other = (ProcuracyUnit.objects.get(code=code) for code in (here, there))
        self.random = random.Random(number)
        self.done: Counter[str] = Counter()
        self.refused = self.lent_across = 0

    def work(self, is_over: Callable[[], bool]) -> None:
        acts = (self.give, self.transfer, *[self.close] * 3, self.lend, *[self.decide] * 2, self.take_back)
        try:
            if self.random.random() < 0.2:
                self.try_to(self.seal)
            while not is_over():
                self.try_to(self.random.choice(acts))
        finally:
            connection.close()

    def try_to(self, act: Callable[[CaseFile], list[str]]) -> None:
        try:
            case = CaseFile.objects.select_related("unit__parent").get(pk=self.random.choice(self.cases).pk)
            for kind in act(case):
                self.done[kind] += 1
        except VksError:
            self.refused += 1

    def give(self, case: CaseFile) -> list[str]:
        terms = Terms(part="hsva", direction="noi_bo", reason="nghien_cuu", person=self.random.choice(self.colleagues))
        hand_overs.hand_over(actor=self.me, case=case, terms=terms)
        return ["hand_over_sent"]

    def transfer(self, case: CaseFile) -> list[str]:
        if case.pk == self.batch.case_id:
            # it stays where it is to be sealed
            return []
        terms = Terms(
            part="hsva",
            direction="vks_vks",
            reason="chuyen_tham_quyen",
            other_unit=self.other,
            decision="12/QĐ-VKS ngày 05/11/2026",
        )
        hand_overs.hand_over(actor=self.me, case=case, terms=terms)
        return ["hand_over_sent"]

    def close(self, case: CaseFile) -> list[str]:
        row = HandOver.objects.filter(case=case, state__in=HAND_OVER.open).first()
        if row is None:
            return []
        if row.state == "chua_nhan":
            hand_overs.cancel(actor=row.created_by, row=row, reason="Không giao nữa, để lại chỗ cũ")
            return ["hand_over_cancelled"]
        receiver = row.receiver_person or self.me
        if self.random.random() < 0.4:
            checks = PASSED._replace(documents_complete=False)
            hand_overs.reject(actor=receiver, row=row, checks=checks, missing="Thiếu một tờ trong tập 1")
            return ["hand_over_rejected"]
        hand_overs.accept(actor=receiver, row=row, checks=PASSED)
        return ["hand_over_accepted", *(["case_transferred"] if row.direction == "vks_vks" else [])]

    def lend(self, case: CaseFile) -> list[str]:
        until = timezone.localdate() + dt.timedelta(days=3)
        if Loan.objects.filter(case=case, state__in=["de_nghi", "da_duyet"]).exists():
            return []
        form = "electronic" if self.random.random() < COPIES else "paper"
        loans.request_loan(actor=self.me, code=case.code, form=form, purpose="Nghiên cứu hồ sơ vụ án", until=until)
        return ["loan_requested"]

    def decide(self, case: CaseFile) -> list[str]:
        row = Loan.objects.filter(case=case, state__in=["de_nghi", "da_duyet"]).order_by("state", "?").first()
        if row is None:
            return []
        if row.state == "de_nghi":
            # to another office its chief alone lends
            chief = User.objects.get(username="chief_kv1" if self.home.code == "QN-KV1" else "chief_kv3")
            loans.approve_loan(actor=self.me if row.requested_by in self.colleagues else chief, loan_id=row.pk)
            # a copy is open from then on
            return ["loan_approved"] if row.is_paper else ["loan_approved", "loan_issued"]
        loans.issue_loan(actor=self.me, loan_id=row.pk, volume_count=1, folio_count=6)
        # who borrows is of this office or of the other
        self.lent_across += row.requested_by not in self.colleagues
        return ["loan_issued"]

    def take_back(self, case: CaseFile) -> list[str]:
        row = Loan.objects.filter(case=case, state="dang_muon").order_by("?").first()
        if row is None:
            return []
        counts: dict[str, Any] = {"volume_count": 1, "folio_count": 6} if row.is_paper else {}
        loans.return_loan(actor=self.me, loan_id=row.pk, **counts)
        return ["loan_returned"]

    def seal(self, _case: CaseFile) -> list[str]:
        sealed(self.batch, self.me)
        return ["file_sealed"]


def _replayed(case: CaseFile) -> None:
    """Assert that, entry after entry, one has the paper, and nothing begins before what was under way is over."""
    given = lent = None
    copies: set[int] = set()
    for entry in LedgerEntry.objects.filter(case=case).order_by("seq"):
        kind, told = entry.kind, entry.said["data"]
        if kind == "hand_over_sent":
            assert (given, lent) == (None, None), entry.seq
            given = told["hand_over"]
        elif kind in {"hand_over_accepted", "hand_over_cancelled", "hand_over_rejected"}:
            assert told["hand_over"] == given, entry.seq
            # what was not received is still under way, until it is given up
            given = given if kind == "hand_over_rejected" else None
        elif told.get("loan_form") == "electronic" and kind in {"loan_issued", "loan_returned"}:
            assert (told["loan"] in copies) is (kind == "loan_returned"), entry.seq
            copies ^= {told["loan"]}
        elif kind == "loan_issued":
            assert (given, lent) == (None, None), entry.seq
            lent = told["loan"]
        elif kind == "loan_returned":
            assert told["loan"] == lent, entry.seq
            lent = None
    assert HandOver.objects.filter(case=case, state__in=HAND_OVER.open).count() == (given is not None)
    out = Loan.objects.filter(case=case, state="dang_muon")
    assert out.filter(form="paper").count() == (lent is not None)
    assert set(out.filter(form="electronic").values_list("pk", flat=True)) == copies
    # nobody reads by a copy that came back, and everybody whose copy is out does
    opened = Loan.objects.filter(case=case, access__isnull=False)
    assert set(opened.filter(access__ended_at__isnull=True).values_list("pk", flat=True)) == copies


def test_fifty_custodians_tell_one_story(
    custodians: list[User], filed_case: FiledCase, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    actions.ensure_key()
    batch = batch_in("confirmed", filed_case, people)
    others = [register(actor=people["clerk_kv1"], unit=units["QN-KV1"], name=f"Vụ {number}") for number in (1, 2)]
    cases = [filed_case.case, *others]
    for case in cases:
        state_beginning(
            actor=people["chief_kv1"], case=case, part="hsva", keeper=Keeper(unit=case.unit), since=timezone.now()
        )
    first = LedgerLeaf.objects.count()
    crew = [Custodian(number, cases, custodians, batch) for number in range(CUSTODIANS)]
    begin = threading.Barrier(CUSTODIANS)

    def done() -> Counter[str]:
        return sum((each.done.copy() for each in crew), Counter[str]())

    def work(each: Custodian) -> None:
        begin.wait(timeout=60)
        began = time.monotonic()

        def is_over() -> bool:
            since = time.monotonic() - began
            everything = all(done()[kind] for kind in WANTED) and any(one.lent_across for one in crew)
            return since > AT_MOST or (since > SECONDS and everything)

        each.work(is_over)

    with ThreadPoolExecutor(CUSTODIANS) as pool:
        list(pool.map(work, crew))
    # everything that was answered as done is in the ledger, once, and nothing that was refused
    found = done()
    # a case that goes to another office takes back what was approved to be lent there
    found["loan_revoked"] = Loan.objects.filter(state="huy_duyet").count()
    entries = LedgerEntry.objects.filter(leaf__index__gte=first).values_list("kind", flat=True)
    assert Counter(entries) == found
    assert found["file_sealed"] == SealManifest.objects.count() == 1
    assert [kind for kind in WANTED if not found[kind]] == []
    assert sum(each.refused for each in crew) > 0
    assert sum(each.lent_across for each in crew) > 0
    # numbers of what is printed and signed: of each series none is missing and none given twice
    records = HandOver.objects.filter(number__isnull=False)
    slips = Loan.objects.filter(number__isnull=False)
    given: dict[tuple[Any, ...], list[int]] = {}
    for *series, number in records.values_list("number_unit", "number_series", "number_year", "number"):
        given.setdefault(tuple(series), []).append(number or 0)
    for unit, number in slips.values_list("unit", "number"):
        given.setdefault((unit, "loan"), []).append(number or 0)
    assert len(given) >= 2
    assert {series: sorted(numbers) for series, numbers in given.items()} == {
        series: list(range(1, len(numbers) + 1)) for series, numbers in given.items()
    }
    for case in cases:
        _replayed(case)
        rows = list(Holding.objects.filter(case=case, part="hsva").order_by("since"))
        assert [each.until for each in rows] == [*(each.since for each in rows[1:]), None]
        causes = Counter(each.cause for each in rows)
        entries_of_case = LedgerEntry.objects.filter(case=case)
        told = Counter(entry.kind for entry in entries_of_case if entry.said["data"].get("loan_form") != "electronic")
        assert causes["hand_over"] == told["hand_over_accepted"]
        assert (causes["loan"], causes["loan_return"]) == (told["loan_issued"], told["loan_returned"])
    actions.make_checkpoint()
    checked = queries.verify()
    # the first head begins the file that remembers heads, and the ledger says so
    assert (checked.problems, checked.entries) == ([], first + found.total() + 1)
