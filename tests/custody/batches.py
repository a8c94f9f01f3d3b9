"""A batch of digitisation led to one of its states, each act by the person whose it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.utils import timezone

from vks_plugin.access import actions as access
from vks_plugin.cases.models import Assignment
from vks_plugin.custody import actions
from vks_plugin.custody.models import DigitisationBatch, SealedDocument, SealManifest
from vks_plugin.custody.queries import papers_to_seal
from vks_plugin.custody.verify_ledger import canonical

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from tests.people import FiledCase
    from vks_plugin.cases.models import CaseDocument, CaseFile

STATES = ("cho_so_hoa", "dang_so_hoa", "cho_kiem_tra", "cho_ky_so", "confirmed", "da_ket_thuc_so_hoa")


def staffed(filed: FiledCase, people: dict[str, User]) -> None:
    """Have somebody scan and somebody else check."""
    for who, role in (("scanner_kv1", "scan_operator"), ("inspector_kv1", "inspector")):
        if not Assignment.objects.filter(case=filed.case, user=people[who], role=role).exists():
            access.assign(actor=people["chief_kv1"], case=filed.case, user=people[who], role=role)


def batch_in(state: str, filed: FiledCase, people: dict[str, User], *, inventory: bool = True) -> DigitisationBatch:
    """Return the first batch of the case file in this state; `confirmed` is `cho_ky_so` with everything done."""
    staffed(filed, people)
    scanner, checker = people["scanner_kv1"], people["inspector_kv1"]
    wanted = STATES.index(state)
    batch = actions.open_batch(actor=scanner, case=filed.case)
    if wanted >= 1:
        batch = actions.move_batch(actor=scanner, batch=batch, name="start")
    if wanted >= 2:
        actions.note_step(actor=scanner, batch=batch, step="quet", pages=6)
        batch = actions.move_batch(actor=scanner, batch=batch, name="submit")
    if wanted >= 3:
        batch = actions.pass_quality(actor=checker, batch=batch)
    if wanted >= 4:
        if inventory:
            access.draw_up_inventory(actor=scanner, case=filed.case)
        batch = actions.confirm(actor=people["prosecutor_kv1"], batch=batch)
    if wanted >= 5:
        sealed(batch, scanner)
        batch.refresh_from_db()
    return batch


def sealed(batch: DigitisationBatch, actor: User) -> SealManifest:
    """Seal a batch as the worker does."""
    return actions.seal(actor=actor, batch=batch, read=actions.read_files(list(papers_to_seal(batch))))


def seal_outright(case: CaseFile, papers: Sequence[CaseDocument], *, by: User) -> DigitisationBatch:
    """Let these documents be sealed, without the work before it; for tests of what a seal freezes."""
    batch = DigitisationBatch.objects.create(
        case=case, part="hsva", number=1, state="da_ket_thuc_so_hoa", unit=case.unit, opened_by=by
    )
    nobody = {"scanned_by": [], "checked_by": [None, ""], "confirmed_by": [None, ""], "documents": []}
    manifest = SealManifest.objects.create(
        batch=batch,
        case=case,
        part="hsva",
        unit=case.unit,
        number=SealManifest.objects.count() + 1,
        number_year=timezone.localdate().year,
        sealed_at=timezone.now(),
        documents=len(papers),
        pages=len(papers),
        folios=0,
        line=canonical({"v": 1, "case": case.code, "part": "hsva", "batch": batch.number, **nobody}),
        sha256=f"{batch.pk:064x}",
    )
    for paper in papers:
        SealedDocument.objects.create(
            manifest=manifest, document_id=paper.document_id, version_id=paper.document_id, sha256=paper.sha256
        )
    return batch
