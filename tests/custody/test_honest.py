"""A long honest history raises no alarm: years of what offices do with files, checked again and again as outsiders do it.

    VKS_HONEST_YEARS=20 python -m pytest -n0 --host=lite -s tests/custody/test_honest.py

One year is in the test line. In a year a file is taken in, its pages are turned, it is digitised, sealed and supplemented,
handed to court and back by way of another, lent to another office and back, handed over, goes to the archive and is disposed
of; another case changes its office; files are compared; a document comes back from the bin; the key is changed. In the end one
office takes over from another.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.test import TestCase
from django.utils import timezone
from documents.models import Document

from tests.custody.batches import batch_in, sealed
from tests.custody.test_hand_overs import COURT, PASSED
from tests.custody.test_passed_on import APPEAL
from tests.custody.test_retention import ended_long_ago, kept_one_year
from tests.disposal.conftest import carried_out, ready
from tests.people import FiledCase, _make_papers, file_pdf, register
from vks_plugin.access import actions as access
from vks_plugin.access import transfers
from vks_plugin.cases.models import CaseDocument, CaseFile
from vks_plugin.custody import actions, queries
from vks_plugin.custody.actions import accession, as_it_stands, hand_overs
from vks_plugin.custody.actions.hand_overs import Terms
from vks_plugin.custody.actions.holding import state_beginning, state_passed_on
from vks_plugin.custody.models import Accession, Keeper, LedgerEntry
from vks_plugin.custody.verify_ledger import PublicKey, check_export, check_proof, parse_key
from vks_plugin.disposal.models import Tombstone
from vks_plugin.filing.page_map import Placed
from vks_plugin.filing.pages import change_pages

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from vks_plugin.cases.models import CatalogueType
    from vks_plugin.organization.models import ProcuracyUnit

pytestmark = pytest.mark.django_db(transaction=True)

YEARS = int(os.environ.get("VKS_HONEST_YEARS", "1"))


class Outsider:
    """Keeps what was handed out, and checks all of it whenever something new is."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.papers: list[PublicKey] = []
        """The keys as they were printed, one after the other."""
        self.heads: list[tuple[int, Path]] = []
        self.proofs: list[Path] = []
        self.extracts: list[Path] = []
        self.checks = 0
        self.alarms: list[object] = []

    def prints(self, key: str) -> None:
        self.papers.append(parse_key(key))

    def look(self, case: CaseFile) -> None:
        """Ask for everything there is, and compare it with everything that was kept."""
        made = self.folder / f"{len(self.heads)}"
        made.mkdir()
        head = actions.export(made / "whole")
        actions.export(made / "case", case=case)
        as_it_stands.export_as_it_stands(made / "as-it-stands")
        older = [path for _size, path in self.heads]
        for name in ("whole", "as-it-stands"):
            for paper in {self.papers[0], self.papers[-1]}:
                self._told(check_export(made / name, keys=[paper], older=older, processes=1), quiet=name == "whole")
        for size, path in self.heads[-3:]:
            step = made / f"since-{size}.json"
            step.write_text(json.dumps(queries.prove_continuation(size).as_data()))
            self._told(check_proof(step, older=[path], keys=self.papers))
            self._told(check_export(made / "case", older=[path], consistency=[step], keys=self.papers))
        entry = made / "entry.json"
        entry.write_text(json.dumps(queries.prove(case, 0).as_data(), ensure_ascii=False))
        self.proofs.append(entry)
        self.extracts.append(made / "case")
        for path in self.proofs:
            self._told(check_proof(path, keys=self.papers))
        for path in self.extracts:
            self._told(check_export(path, keys=self.papers))
        self.heads.append((head.size, made / "whole" / "checkpoint"))
        inside = queries.verify(heads=[path.read_text() for _size, path in self.heads])
        self.checks += 1
        self.alarms += inside.problems

    def unpacks(self, package: Path) -> None:
        where = self.folder / f"package-{package.stem}"
        with zipfile.ZipFile(package) as archive:
            archive.extractall(where)
        (inside,) = where.iterdir()
        self.extracts.append(inside)

    def _told(self, report: object, *, quiet: bool = False) -> None:
        self.checks += 1
        self.alarms += report.problems  # type: ignore[attr-defined]
        # nor is anything of a whole log such that its reader has to be told
        self.alarms += report.remarks if quiet else []  # type: ignore[attr-defined]


def _next_file(people: dict[str, User], unit: ProcuracyUnit) -> FiledCase:
    case = register(actor=people["clerk_kv1"], unit=unit)
    access.assign(actor=people["chief_kv1"], case=case, user=people["prosecutor_kv1"], role="prosecutor_lead")
    _make_papers(case)
    papers = list(CaseDocument.objects.filter(case=case, part="hsva").order_by("pk"))
    return FiledCase(case, papers, CaseDocument.objects.get(case=case, part="hsks"))


def _digitised(filed: FiledCase, people: dict[str, User], catalogue: dict[str, CatalogueType]) -> None:
    """Turn a page, seal, and add what came later."""
    case, scanner, second = filed.case, people["scanner_kv1"], filed.documents[1]
    change_pages(
        actor=people["prosecutor_kv1"],
        filed=second,
        seen=second.sha256,
        placed=[Placed(1, turn=90), Placed(2), Placed(3)],
    )
    batch_in("da_ket_thuc_so_hoa", filed, people)
    batch = actions.open_batch(actor=people["chief_kv1"], case=case, reason="Có cáo trạng nộp thêm.")
    with TestCase.captureOnCommitCallbacks(execute=True):
        file_pdf(actor=scanner, case=case, document_type=catalogue["CT"], folio_from=7)
    batch = actions.move_batch(actor=scanner, batch=batch, name="start")
    actions.note_step(actor=scanner, batch=batch, step="quet", pages=1)
    batch = actions.move_batch(actor=scanner, batch=batch, name="submit")
    batch = actions.pass_quality(actor=people["inspector_kv1"], batch=batch)
    batch = actions.confirm(actor=people["prosecutor_kv1"], batch=batch)
    access.draw_up_inventory(actor=scanner, case=case)
    sealed(batch, scanner)


def _binned_and_back(document: int) -> None:
    """Let a document come back from the bin, into which only a database's administrator gets it; compared while there, too."""
    Document.objects.filter(pk=document).update(deleted_at=timezone.now())
    assert not actions.check_files().findings.exists()
    Document.deleted_objects.filter(pk=document).update(deleted_at=None)
    assert Document.objects.filter(pk=document).exists()


def _here(case: CaseFile, people: dict[str, User]) -> None:
    state_beginning(
        actor=people["chief_kv1"], case=case, part="hsva", keeper=Keeper(unit=case.unit), since=timezone.now()
    )


def _to_court_and_back(case: CaseFile, people: dict[str, User]) -> None:
    """Hand the file to a court, which passes it on to the one of appeal, and take it in from there."""
    clerk = people["clerk_kv1"]
    out = Terms(part="hsva", direction="vks_ta", reason="truy_to", agency=COURT)
    row = hand_overs.hand_over(actor=clerk, case=case, terms=out)
    hand_overs.accept(actor=clerk, row=row, checks=PASSED, awaits_paper=True)
    state_passed_on(
        actor=clerk,
        case=case,
        giver=COURT,
        agency=APPEAL,
        happened_at=timezone.now(),
        known_from="Công văn số 12/TA-HS",
    )
    back = Terms(part="hsva", direction="ta_vks", reason="phuc_tham", agency=APPEAL)
    row = hand_overs.hand_over(actor=clerk, case=case, terms=back)
    hand_overs.accept(actor=clerk, row=row, checks=PASSED, awaits_paper=True)


def _lent_and_given(case: CaseFile, people: dict[str, User]) -> None:
    """Lend the file to another office and take it back, then hand it to somebody of this one, not at the first attempt."""
    chief, clerk, taker = people["chief_kv1"], people["clerk_kv1"], people["inspector_kv1"]
    until = timezone.localdate() + dt.timedelta(days=9)
    loan = actions.request_loan(
        actor=people["prosecutor_kv3"], code=case.code, form="paper", purpose="Nghiên cứu hồ sơ vụ án", until=until
    )
    actions.approve_loan(actor=chief, loan_id=loan.pk)
    actions.issue_loan(actor=clerk, loan_id=loan.pk, volume_count=1, folio_count=7)
    actions.return_loan(actor=clerk, loan_id=loan.pk, volume_count=1, folio_count=7)
    terms = Terms(part="hsva", direction="noi_bo", reason="nghien_cuu", person=taker)
    row = hand_overs.hand_over(actor=clerk, case=case, terms=terms)
    lacking = PASSED._replace(documents_complete=False)
    hand_overs.reject(actor=taker, row=row, checks=lacking, missing="Thiếu một tờ trong tập 1")
    hand_overs.send(actor=clerk, row=row)
    hand_overs.accept(actor=taker, row=row, checks=PASSED)


def _moved(people: dict[str, User], units: dict[str, ProcuracyUnit]) -> CaseFile:
    """Let a case change its office with its paper."""
    case = register(actor=people["clerk_kv1"], unit=units["QN-KV1"], name="Vụ chuyển thẩm quyền")
    _here(case, people)
    terms = Terms(
        part="hsva",
        direction="vks_vks",
        reason="chuyen_tham_quyen",
        other_unit=units["QN-KV3"],
        decision="12/QĐ-VKS ngày 05/11/2026",
    )
    row = hand_overs.hand_over(actor=people["chief_kv1"], case=case, terms=terms)
    hand_overs.accept(actor=people["clerk_kv3"], row=row, checks=PASSED)
    return case


def _archived(case: CaseFile, people: dict[str, User]) -> Path:
    """Let the archive take a case that is finished; return its package."""
    ended_long_ago(case, people["prosecutor_kv1"])
    with TestCase.captureOnCommitCallbacks(execute=True):
        row = accession.prepare(actor=people["clerk_kv1"], codes=[case.code])
    with TestCase.captureOnCommitCallbacks(execute=True):
        accession.request_acceptance(actor=people["outsider"], pk=row.pk)
    row = Accession.objects.get(pk=row.pk)
    assert (row.state, row.error) == ("da_nop_luu", "")
    return row.items.get().path


def _disposed_of(case: CaseFile, people: dict[str, User]) -> None:
    """Let the file go: it was finished years ago."""
    carried_out(people["outsider"], ready(people["outsider"], people, case.code))
    assert Tombstone.objects.filter(case=case).exists()


def test_years_of_honest_work_raise_no_alarm(
    filed_case: FiledCase,
    people: dict[str, User],
    units: dict[str, ProcuracyUnit],
    catalogue: dict[str, CatalogueType],
    tmp_path: Path,
) -> None:
    outsider, unit = Outsider(tmp_path), units["QN-KV1"]
    outsider.prints(actions.ensure_key()[0])
    access.record_appointment(actor=people["chief_kv1"], user=people["outsider"], unit=unit, role="archivist")
    kept_one_year()
    for year in range(YEARS):
        filed = _next_file(people, unit) if year else filed_case
        case = filed.case
        outsider.look(case)
        _here(case, people)
        _digitised(filed, people, catalogue)
        _binned_and_back(filed.internal.document_id)
        _to_court_and_back(case, people)
        _lent_and_given(case, people)
        outsider.look(case)
        outsider.prints(actions.rotate_key())
        moved = _moved(people, units)
        outsider.look(moved)
        outsider.unpacks(_archived(case, people))
        run = actions.check_files()
        assert not run.findings.exists()
        outsider.look(case)
        if year % 2 == 0:
            _disposed_of(case, people)
        assert not actions.check_files().findings.exists()
    takes_over = transfers.begin_restructuring(
        actor=people["chief_province"],
        predecessors=[unit],
        successor=units["QN-KV3"],
        effective_date=timezone.localdate(),
        decision="NQ 84/2025/UBTVQH15",
    )
    for _step in transfers.continue_restructuring(takes_over):
        pass
    outsider.look(moved)
    assert outsider.alarms == []
    kinds = set(LedgerEntry.objects.values_list("kind", flat=True))
    assert {"case_destroyed", "case_taken_over", "case_transferred", "accessioned", "key", "fixity_checked"} <= kinds
    print(
        f"{YEARS} years, {LedgerEntry.objects.count()} entries of {len(kinds)} kinds, {outsider.checks} checks, no alarm"
    )
