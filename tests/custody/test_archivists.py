"""Many at one archive at once: what is packed, taken, held, lent and disposed of follows one another, and nothing is done twice."""

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

from tests.custody.test_retention import ended_long_ago, kept_one_year
from tests.disposal.conftest import WHY, signed
from tests.people import STARTED, file_pdf, register
from vks_plugin.cases.models import CaseFile
from vks_plugin.custody import actions, queries
from vks_plugin.custody.actions import accession, loans
from vks_plugin.custody.actions.holding import state_beginning
from vks_plugin.custody.actions.retention import end_hold, place_hold
from vks_plugin.custody.models import Accession, Keeper, LedgerEntry, LedgerLeaf, Loan, RetentionHold
from vks_plugin.custody.states import ACCESSION, DISPOSAL
from vks_plugin.disposal import actions as disposal
from vks_plugin.disposal.models import DestructionBatch, Tombstone
from vks_plugin.errors import VksError
from vks_plugin.organization.actions import synchronise_memberships
from vks_plugin.organization.models import Appointment

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.people import FiledCase
    from vks_plugin.cases.models import CatalogueType
    from vks_plugin.organization.models import ProcuracyUnit

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]

CREW = 10
SECONDS, AT_MOST = 2, 180
MOSTLY = 0.85
BEFORE_THE_END = ("accessioned", "hold_placed", "hold_ended", "loan_issued", "loan_returned", "disposal_approved")
"""What has to happen before a file is disposed of: afterwards nothing does."""


class Archivist:
    """Does at random what the file it meets allows; keeps what was done, and forgets what was refused."""

    def __init__(self, number: int, me: User, cases: list[CaseFile], chief: User) -> None:
        self.me, self.cases, self.chief = me, cases, chief
        self.random = random.Random(number)
        self.done: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()

    def work(self, is_over: Callable[[], bool], may_end: Callable[[], bool]) -> None:
        acts = [self.pack, *[self.take] * 2, self.hold, *[self.release] * 2, self.lend, *[self.lend_out] * 2]
        acts += [self.go_on] * 5
        try:
            while not is_over():
                self.try_to(self.end if may_end() and self.random.random() < 0.5 else self.random.choice(acts))
        finally:
            connection.close()

    def try_to(self, act: Callable[[CaseFile], list[str]]) -> None:
        try:
            case = CaseFile.objects.select_related("unit__parent").get(pk=self.random.choice(self.cases).pk)
            self.done.update(act(case))
        except VksError as error:
            self.refused[error.message] += 1

    def pack(self, case: CaseFile) -> list[str]:
        accession.prepare(actor=self.me, codes=[case.code])
        return ["accession_prepared"]

    def take(self, case: CaseFile) -> list[str]:
        row = Accession.objects.filter(items__case=case, state__in=["cho_luu_tru", "loi"]).first()
        if row is None:
            return []
        if row.state == "loi" or self.random.random() < 0.2:
            accession.cancel(actor=self.me, pk=row.pk)
            return ["accession_cancelled"]
        accession.accept(actor=self.me, pk=row.pk)
        return ["accessioned"]

    def hold(self, case: CaseFile) -> list[str]:
        if self.random.random() < MOSTLY:
            # what is held and lent all the time is never disposed of
            return []
        place_hold(actor=self.me, case=case, ground="khac", reason="Còn đơn khiếu nại")
        return ["hold_placed"]

    def release(self, case: CaseFile) -> list[str]:
        row = RetentionHold.objects.filter(case=case, ended_at__isnull=True).first()
        if row is None:
            return []
        end_hold(actor=self.me, case=case, hold_id=row.pk, reason="Đã trả lời đơn")
        return ["hold_ended"]

    def lend(self, case: CaseFile) -> list[str]:
        if self.random.random() < MOSTLY:
            return []
        if Loan.objects.filter(case=case, state__in=["de_nghi", "da_duyet", "dang_muon"]).exists():
            return []
        form, until = self.random.choice(["paper", "electronic"]), timezone.localdate() + dt.timedelta(days=3)
        loans.request_loan(actor=self.me, code=case.code, form=form, purpose="Nghiên cứu hồ sơ vụ án", until=until)
        return ["loan_requested"]

    def lend_out(self, case: CaseFile) -> list[str]:
        row = Loan.objects.filter(case=case, state__in=["de_nghi", "da_duyet", "dang_muon"]).first()
        if row is None:
            return []
        if row.state == "de_nghi":
            loans.approve_loan(actor=self.me, loan_id=row.pk)
            return ["loan_approved"] if row.is_paper else ["loan_approved", "loan_issued"]
        counts: dict[str, Any] = {"volume_count": 1, "folio_count": 6} if row.is_paper else {}
        if row.state == "da_duyet":
            loans.issue_loan(actor=self.me, loan_id=row.pk, **counts)
            return ["loan_issued"]
        loans.return_loan(actor=self.me, loan_id=row.pk, **counts)
        return ["loan_returned"]

    def go_on(self, case: CaseFile) -> list[str]:
        row = DestructionBatch.objects.filter(items__case=case, state__in=DISPOSAL.open).first()
        if row is None:
            disposal.draft(actor=self.me, codes=[case.code], reason=WHY)
            return ["disposal_drafted"]
        if row.state in DISPOSAL.move("submit").sources:
            disposal.submit(actor=self.me, pk=row.pk)
            return ["disposal_submitted"]
        if row.state not in DISPOSAL.move("deny").sources:
            return []
        second = row.state in DISPOSAL.move("approve_second").sources
        by = self.chief if second else self.me
        if self.random.random() < 0.15:
            disposal.deny(actor=by, pk=row.pk, reason="Còn giá trị tra cứu")
            return ["disposal_denied"]
        disposal.approve(actor=by, pk=row.pk)
        return ["disposal_approved"]

    def end(self, case: CaseFile) -> list[str]:
        """Carry out the disposal of a file that was approved twice."""
        approved = [*DISPOSAL.move("execute").sources, *DISPOSAL.move("attach").sources]
        row = DestructionBatch.objects.filter(items__case=case, state__in=approved).first()
        if row is None:
            return self.release(case) or self.lend_out(case) or self.go_on(case)
        if row.state not in DISPOSAL.move("execute").sources:
            disposal.attach_record(actor=self.me, pk=row.pk, file=signed(), filename="bien-ban.pdf")
            return ["disposal_record"]
        disposal.execute(actor=self.me, pk=row.pk)
        return ["disposal_ordered"]


def _replayed(case: CaseFile) -> None:
    """Assert that, entry after entry, nothing is decided over what is held or lent, nor by one person alone."""
    archived = destroyed = False
    packing: set[int] = set()
    holds: set[int] = set()
    lent: set[int] = set()
    deciders: dict[int, list[int]] = {}
    for entry in LedgerEntry.objects.filter(case=case).order_by("seq"):
        kind, said = entry.kind, entry.said
        told, by = said["data"], said["actor"]["id"]
        if kind == "accession_prepared":
            assert (archived, packing) == (False, set()), entry.seq
            packing = {told["accession"]}
        elif kind in {"accessioned", "accession_cancelled"}:
            assert packing == {told["accession"]}, entry.seq
            archived, packing = kind == "accessioned", set()
        elif kind in {"hold_placed", "hold_ended"}:
            assert (told["hold"] in holds) is (kind == "hold_ended"), entry.seq
            holds ^= {told["hold"]}
        elif kind in {"loan_issued", "loan_returned"}:
            assert (told["loan"] in lent) is (kind == "loan_returned"), entry.seq
            lent ^= {told["loan"]}
        elif kind == "disposal_drafted":
            assert (archived, holds, lent) == (True, set(), set()), entry.seq
            deciders[told["disposal"]] = [by]
        elif kind in {"disposal_submitted", "disposal_approved"}:
            assert (holds, lent) == (set(), set()), entry.seq
            if kind == "disposal_approved":
                assert by not in deciders[told["disposal"]], entry.seq
                deciders[told["disposal"]].append(by)
                assert told["approval"] == len(deciders[told["disposal"]]) - 1, entry.seq
        elif kind == "case_destroyed":
            assert (holds, lent, len(deciders[told["disposal"]]), destroyed) == (set(), set(), 3, False), entry.seq
            destroyed = True
    case.refresh_from_db()
    assert (case.archived_at is not None, case.destroyed_at is not None) == (archived, destroyed)
    assert Tombstone.objects.filter(case=case).count() == destroyed
    assert (
        set(Accession.objects.filter(items__case=case, state__in=ACCESSION.open).values_list("pk", flat=True))
        == packing
    )


def test_many_at_one_archive_tell_one_story(
    filed_case: FiledCase,
    people: dict[str, User],
    units: dict[str, ProcuracyUnit],
    catalogue: dict[str, CatalogueType],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("on SQLite one transaction writes at a time")
    actions.ensure_key()
    office = units["QN-KV1"]
    User.objects.bulk_create(User(username=f"keeper{number}", first_name=f"Giữ {number}") for number in range(CREW))
    crew = list(User.objects.filter(username__startswith="keeper").order_by("pk"))
    roles = ("archivist", "deputy_chief_procurator")
    Appointment.objects.bulk_create(
        Appointment(user=each, unit=office, role=roles[number % 2], starts_on=STARTED)
        for number, each in enumerate(crew)
    )
    synchronise_memberships()
    other = register(actor=people["clerk_kv1"], unit=office, name="Vụ khác")
    file_pdf(actor=people["chief_kv1"], case=other, document_type=catalogue["CT"])
    cases = [filed_case.case, other]
    kept_one_year()
    for case in cases:
        ended_long_ago(case, people["chief_kv1"])
        keeper = Keeper(unit=case.unit)
        state_beginning(actor=people["chief_kv1"], case=case, part="hsva", keeper=keeper, since=timezone.now())
    # what makes packages changes the folder of its process: workers are processes of their own, these here are threads
    packing, pack = threading.Lock(), accession._pack

    def packed_alone(row: Accession) -> None:
        with packing:
            pack(row)

    monkeypatch.setattr(accession, "_pack", packed_alone)
    first = LedgerLeaf.objects.count()
    working = [Archivist(number, each, cases, people["chief_province"]) for number, each in enumerate(crew)]
    begin = threading.Barrier(CREW)

    def done() -> Counter[str]:
        return sum((each.done.copy() for each in working), Counter[str]())

    def work(each: Archivist) -> None:
        begin.wait(timeout=60)
        began = time.monotonic()

        def is_over() -> bool:
            since = time.monotonic() - began
            return since > AT_MOST or (since > SECONDS and done()["disposal_ordered"] > 0)

        each.work(is_over, lambda: all(done()[kind] for kind in BEFORE_THE_END))

    with ThreadPoolExecutor(CREW) as pool:
        list(pool.map(work, working))
    found = done()
    refused = sum((each.refused for each in working), Counter[str]())
    assert [kind for kind in (*BEFORE_THE_END, "disposal_ordered") if not found[kind]] == [], refused.most_common(9)
    entries = LedgerEntry.objects.filter(leaf__index__gte=first)
    kinds = Counter(entries.values_list("kind", flat=True))
    assert {kind: kinds[kind] for kind in found} == dict(found)
    assert refused.total() > 0
    # of each series no number is missing and none given twice
    for rows in (Accession.objects, DestructionBatch.objects, Loan.objects):
        numbers = sorted(number or 0 for number in rows.filter(number__isnull=False).values_list("number", flat=True))
        assert numbers == list(range(1, len(numbers) + 1))
    for case in cases:
        _replayed(case)
    actions.make_checkpoint()
    assert queries.verify().problems == []
