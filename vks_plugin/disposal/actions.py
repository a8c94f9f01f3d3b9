"""Disposing of files: drafting, approving, the signed record, carrying it out.

Nothing here is called by a clock. A worker carries out what a person has ordered, case after case: the rows of a case go in one
transaction together with the tombstone that stays, then its files. A run that was cut off goes on where it was.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Literal

from django.contrib.auth.models import User
from django.core.files import File
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.access.models import Restructuring
from vks_plugin.access.policy import Level
from vks_plugin.access.queries import FACTS, visible_cases
from vks_plugin.acts import digest_of, tell, tell_each
from vks_plugin.cases.actions.rules import enforce
from vks_plugin.cases.models import CaseDocument, CaseFile, Folio, Volume
from vks_plugin.cases.validation import Disposal, may_be_destroyed
from vks_plugin.conf import configuration
from vks_plugin.custody.actions.holding import end_keeping
from vks_plugin.custody.actions.moving import move, next_number, said
from vks_plugin.custody.models import NumberSeries
from vks_plugin.custody.queries.accession import longest_silence
from vks_plugin.custody.queries.hand_overs import exhibits_still_out
from vks_plugin.custody.queries.holding import kept_though_gone
from vks_plugin.custody.queries.retention import Standing, standings, term_words
from vks_plugin.custody.retention import LIMITED, PERMANENT, UNDETERMINED
from vks_plugin.custody.states import DISPOSAL
from vks_plugin.custody.videos import videos_with
from vks_plugin.disposal.erasure import erase, files_made_of
from vks_plugin.disposal.models import DestructionBatch, DestructionItem, Tombstone
from vks_plugin.disposal.queries import (
    batch_for,
    destroyed_documents,
    is_at_work,
    may_approve,
    may_cancel,
    may_draft,
    obstacles,
)
from vks_plugin.errors import BadInput, Conflict, NotAllowed, NotFound, Unavailable, VksError
from vks_plugin.filing.actions import receive
from vks_plugin.filing.pdf import inspect_pdf
from vks_plugin.filing.signature_checks import read_upload
from vks_plugin.filing.signatures import is_installed
from vks_plugin.host.erasing import come_back, erase_rows, files_held, forget, remove_files, traces_of
from vks_plugin.host.stored import stored_files
from vks_plugin.organization.models import ProcuracyUnit
from vks_plugin.organization.queries import display_name
from vks_plugin.text import gettext_noop, one_line
from vks_plugin.working import failure_kept

logger = logging.getLogger("paperless.vks.disposal")

MOST_CASES = 30
"""Cases of one disposal."""
_RETENTION: Mapping[str, Literal["undetermined", "permanent", "years"]] = {
    UNDETERMINED: "undetermined",
    PERMANENT: "permanent",
    LIMITED: "years",
}
_ONLY_ARCHIVIST = gettext_noop("Chỉ Lưu trữ viên của đơn vị lập và thực hiện được đợt tiêu hủy.")
_NO_QUEUE = gettext_noop("Hàng đợi xử lý không hoạt động: hãy báo quản trị và thử lại sau.")
_CRASHED = gettext_noop("Không tiêu hủy xong do lỗi hệ thống: hãy báo quản trị, rồi thực hiện lại.")


def _hold(keys: Iterable[int]) -> None:
    """Hold cases until the transaction ends, in the order every act holds them in, and before the disposal itself."""
    list(CaseFile.objects.select_for_update().filter(pk__in=list(keys)).order_by("pk").values_list("pk"))


def _cases(keys: Iterable[int]) -> list[CaseFile]:
    return list(CaseFile.objects.select_related(*FACTS).filter(pk__in=list(keys)).order_by("pk"))


def _refuse_kept(cases: Sequence[CaseFile], batch: DestructionBatch | None = None) -> None:
    """Refuse files that may not be disposed of, each by its code.

    Raises:
        Conflict: one may not.
    """
    against = obstacles(cases, batch=batch)
    wrong = [f"{case.code} ({against[case.pk]})" for case in cases if case.pk in against]
    if wrong:
        raise Conflict(_("Chưa tiêu hủy được: %(cases)s.") % {"cases": "; ".join(wrong)})


def _known(day: dt.date | None) -> dt.date:
    """Return a day that is known of every file that may be disposed of."""
    if day is None:
        message = "the day was looked at before"
        raise TypeError(message)
    return day


@transaction.atomic
def draft(*, actor: User, codes: Sequence[str], reason: str) -> DestructionBatch:
    """Draft the disposal of the files of archived cases of one office.

    Args:
        codes: of the cases.
        reason: why they are worth keeping no longer (thuyết minh).

    Raises:
        BadInput: no case, too many, cases of several offices, or a reason that says nothing.
        NotFound: there is no such case, or the actor may not read it.
        NotAllowed: the actor is no archivist of the office of the cases.
        Conflict: a file may not be disposed of; the sentence names each and why.
    """
    wanted = sorted({one_line(code) for code in codes} - {""})
    if not wanted or len(wanted) > MOST_CASES:
        raise BadInput(_("Hãy chọn từ 1 đến %(most)d vụ án để tiêu hủy.") % {"most": MOST_CASES}, field="cases")
    why = said(reason, "reason", least=10, most=1000)
    keys = list(visible_cases(actor, at_least=Level.VIEW).filter(code__in=wanted).values_list("pk", flat=True))
    _hold(keys)
    cases = _cases(keys)
    if len(cases) != len(wanted):
        raise NotFound(_("Không có vụ án nào mang mã này trong phạm vi của bạn."))
    unit = cases[0].unit
    if any(case.unit_id != unit.pk for case in cases):
        raise BadInput(_("Mỗi đợt tiêu hủy chỉ gồm vụ án của một đơn vị."), field="cases")
    if not may_draft(actor, unit.pk):
        raise NotAllowed(_(_ONLY_ARCHIVIST))
    _refuse_kept(cases)
    row = DestructionBatch.objects.create(unit=unit, drafted_by=actor, reason=why)
    items = []
    for each in standings(cases):
        papers = CaseDocument.objects.filter(case=each.case).values_list("page_count", flat=True)
        items.append(
            DestructionItem(
                batch=row,
                case=each.case,
                retention=term_words(each),
                kept_until=_known(each.retention.ends_on),
                documents=len(papers),
                pages=sum(pages or 0 for pages in papers),
            )
        )
    DestructionItem.objects.bulk_create(items)
    tell_each(
        "disposal_drafted",
        actor=actor,
        each=[(case, {"disposal": row.pk, "unit": unit.code, "reason": why}) for case in cases],
    )
    return row


def _held(actor: User, pk: int) -> tuple[DestructionBatch, list[CaseFile]]:
    """Return a disposal the actor may know of, with its cases, held until the transaction ends."""
    row = batch_for(actor, pk)
    keys = list(row.items.values_list("case_id", flat=True))
    _hold(keys)
    # as it is now that nobody else changes it
    return batch_for(actor, pk), _cases(keys)


def _require_archivist(actor: User, row: DestructionBatch) -> None:
    if not may_draft(actor, row.unit_id):
        raise NotAllowed(_(_ONLY_ARCHIVIST))


@transaction.atomic
def submit(*, actor: User, pk: int) -> DestructionBatch:
    """Put a draft before who approves.

    Raises:
        NotFound, NotAllowed: the actor is no archivist of the office.
        Conflict: it is no draft, or a file may not be disposed of any more.
    """
    row, cases = _held(actor, pk)
    _require_archivist(actor, row)
    move(row, DISPOSAL, "submit")
    _refuse_kept(cases, row)
    tell_each("disposal_submitted", actor=actor, each=[(case, {"disposal": row.pk}) for case in cases])
    return row


@transaction.atomic
def approve(*, actor: User, pk: int) -> DestructionBatch:
    """Approve: first a leader of the office, then the chief procurator of the province; never the same, nor who drafted it.

    Raises:
        NotFound, NotAllowed: the actor is not the one to approve now.
        Conflict: it does not wait for approval, or a file may not be disposed of any more.
    """
    row, cases = _held(actor, pk)
    second = row.state in DISPOSAL.move("approve_second").sources
    now = timezone.now()
    if not may_approve(actor, row):
        _refuse_approval(row)
    if not second:
        move(row, DISPOSAL, "approve_first", first_by=actor, first_at=now)
    else:
        move(row, DISPOSAL, "approve_second", second_by=actor, second_at=now)
        row.year = timezone.localdate(now).year
        row.number = next_number(row.unit, NumberSeries.Series.DISPOSAL, row.year)
        row.save(update_fields=["year", "number"])
    _refuse_kept(cases, row)
    told = {"disposal": row.pk, "approval": 2 if second else 1, "record": row.number}
    tell_each("disposal_approved", actor=actor, each=[(case, told) for case in cases])
    return row


def _refuse_approval(row: DestructionBatch) -> None:
    """Say why somebody may not approve or deny.

    Raises:
        NotAllowed, Conflict: so it is.
    """
    waits = DISPOSAL.move("deny").sources
    if row.state not in waits:
        raise Conflict(_("Đợt tiêu hủy này không chờ duyệt. Hãy tải lại trang."))
    raise NotAllowed(
        _("Lần 1 do lãnh đạo đơn vị duyệt, lần 2 do Viện trưởng tỉnh; người lập và người đã duyệt không duyệt nữa.")
    )


@transaction.atomic
def deny(*, actor: User, pk: int, reason: str) -> DestructionBatch:
    """Deny what waits for approval; the files stay as they are.

    Raises:
        NotFound, NotAllowed: the actor is not the one to approve now.
        BadInput: the reason says nothing.
        Conflict: it does not wait for approval.
    """
    row, cases = _held(actor, pk)
    if not may_approve(actor, row):
        _refuse_approval(row)
    why = said(reason, "reason")
    move(row, DISPOSAL, "deny", ended_by=actor, ended_at=timezone.now(), end_reason=why)
    row.items.update(pending=False)
    tell_each("disposal_denied", actor=actor, each=[(case, {"disposal": row.pk, "reason": why}) for case in cases])
    return row


@transaction.atomic
def cancel(*, actor: User, pk: int, reason: str) -> DestructionBatch:
    """Call a disposal off before it is carried out.

    Raises:
        NotFound, NotAllowed: the actor is neither archivist of the office nor one who approves.
        BadInput: the reason says nothing.
        Conflict: it is carried out, or over.
    """
    row, cases = _held(actor, pk)
    if not may_cancel(actor, row):
        raise NotAllowed(_("Chỉ Lưu trữ viên hoặc người duyệt hủy được đợt tiêu hủy."))
    why = said(reason, "reason")
    move(row, DISPOSAL, "cancel", ended_by=actor, ended_at=timezone.now(), end_reason=why)
    row.items.update(pending=False)
    tell_each("disposal_cancelled", actor=actor, each=[(case, {"disposal": row.pk, "reason": why}) for case in cases])
    return row


def attach_record(*, actor: User, pk: int, file: File[bytes] | Path, filename: str) -> DestructionBatch:
    """Attach the signed record as a PDF; another takes its place until the disposal is carried out.

    Raises:
        NotFound, NotAllowed: the actor is no archivist of the office.
        BadInput: the file is no PDF that can be read, or somebody's signature in it does not hold.
        TooLarge: above `VKS_MAX_UPLOAD_BYTES`.
        Conflict: it is not approved, or is carried out.
    """
    row = batch_for(actor, pk)
    _require_archivist(actor, row)
    if row.state not in DISPOSAL.move("attach").sources:
        raise Conflict(_("Chỉ gắn biên bản sau khi duyệt đủ hai lần và trước khi thực hiện."))
    name = one_line(Path(filename.replace("\\", "/")).name)[:250] or "bien-ban.pdf"
    coming = row.record_path.with_name(f"{row.key}.{actor.pk}.part")
    coming.unlink(missing_ok=True)
    try:
        receive(file, coming, name=name)
        facts = inspect_pdf(coming, name=name, max_pages=configuration().max_document_pages)
        signatures = read_upload(coming, name=name, field="file").signatures if is_installed() else []
        with transaction.atomic():
            row, cases = _held(actor, pk)
            move(
                row,
                DISPOSAL,
                "attach",
                record_sha256=facts.sha256,
                record_pages=facts.page_count,
                record_signatures=[each.as_json() for each in signatures],
                recorded_by=actor,
                recorded_at=timezone.now(),
            )
            told = {"disposal": row.pk, "sha256": facts.sha256}
            tell_each("disposal_record", actor=actor, each=[(case, told) for case in cases])
            coming.replace(row.record_path)
    finally:
        coming.unlink(missing_ok=True)
    return row


@transaction.atomic
def execute(*, actor: User, pk: int) -> DestructionBatch:
    """Have a worker carry a disposal out, or go on with what is left of it. There is no way back.

    Raises:
        NotFound, NotAllowed: the actor is no archivist of the office.
        Conflict: it is not approved twice, has no signed record, or a worker is at it.
        Unavailable: the task queue cannot be reached.
    """
    row, cases = _held(actor, pk)
    _require_archivist(actor, row)
    if is_at_work(row):
        raise Conflict(_("Đang tiêu hủy: hãy chờ."))
    if row.state in DISPOSAL.move("execute").sources and not row.record_path.is_file():
        raise Conflict(_("Tệp biên bản đã ký không còn trên máy chủ: hãy báo quản trị."))
    move(row, DISPOSAL, "execute", executed_by=actor, executed_at=timezone.now(), beat=None, error="")
    whole = [case for case in cases if case.destroyed_at is None]
    tell_each("disposal_ordered", actor=actor, each=[(case, {"disposal": row.pk}) for case in whole])
    transaction.on_commit(partial(_send, row))
    return row


def _send(row: DestructionBatch) -> None:
    from vks_plugin.disposal.tasks import destroy_batch  # noqa: PLC0415 - the task imports this module

    try:
        destroy_batch.apply_async(kwargs={"batch_id": row.pk})
    except Exception as error:
        _stopped(row, _(_NO_QUEUE), Q(beat__isnull=True))
        if isinstance(error, VksError):
            raise
        raise Unavailable(_(_NO_QUEUE)) from error
    row.refresh_from_db()


@transaction.atomic
def close(*, actor: User, pk: int) -> DestructionBatch:
    """End a disposal of which some files could not be disposed of: those stay as they are, and free.

    Raises:
        NotFound, NotAllowed: the actor is no archivist of the office.
        Conflict: nothing was left over, or files of a case that is gone are still there.
    """
    row, cases = _held(actor, pk)
    _require_archivist(actor, row)
    move(row, DISPOSAL, "close", beat=None, error="")
    if row.items.filter(erased_at__isnull=False, finished_at__isnull=True).exists():
        raise Conflict(_("Còn tệp của hồ sơ đã tiêu hủy chưa xóa hết: hãy thực hiện lại."))
    row.items.update(pending=False)
    left = [case for case in cases if case.destroyed_at is None]
    tell_each("disposal_left_out", actor=actor, each=[(case, {"disposal": row.pk}) for case in left])
    return row


def disposals_in_hand(unit: ProcuracyUnit) -> str:
    """Return a sentence on how many disposals of an office are not over; empty for none."""
    open_ones = DestructionBatch.objects.filter(unit=unit, state__in=DISPOSAL.open).count()
    told = _("%(unit)s còn %(number)d đợt tiêu hủy chưa xong: hãy làm xong trước.")
    return told % {"unit": unit.name, "number": open_ones} if open_ones else ""


def cases_in_disposals(offices: Collection[int]) -> Iterable[int]:
    """Return the keys of cases in disposals of offices that have no number yet."""
    rows = DestructionBatch.objects.filter(unit__in=offices, state__in=DISPOSAL.open, number__isnull=True)
    return DestructionItem.objects.filter(batch__in=rows).values_list("case_id", flat=True)


def take_disposals_along(row: Restructuring) -> None:
    """Let who takes over go on with disposals that have no number yet; an approved one is the old office's, whose work others do."""
    old = {unit.pk: unit.code for unit in row.predecessors.all()}
    rows = DestructionBatch.objects.filter(unit__in=old, state__in=DISPOSAL.open, number__isnull=True)
    _hold(cases_in_disposals(old))
    for batch in rows.prefetch_related("items__case"):
        # compared and set in one statement: what was approved meanwhile has its number
        if rows.filter(pk=batch.pk).update(unit=row.successor):
            told = {"restructuring": row.pk, "disposal": batch.pk, "unit": row.successor.code}
            each = [(item.case, {**told, "unit_before": old[batch.unit_id]}) for item in batch.items.all()]
            tell_each("disposal_taken_over", actor=row.started_by, each=each)


# --- carried out by a worker


def run_destruction(batch_id: int) -> None:
    """Dispose of the files of a batch; called by the worker. What goes wrong with a case is kept with it as a sentence."""
    now = timezone.now()
    idle = Q(beat__isnull=True) | Q(beat__lt=now - longest_silence())
    if DestructionBatch.objects.filter(idle, pk=batch_id, state="dang_tieu_huy").update(beat=now) != 1:
        return
    row = DestructionBatch.objects.select_related("unit", "executed_by").get(pk=batch_id)
    with failure_kept(partial(_failed, row), crashed=_CRASHED, what=f"disposal {row.pk}", logger=logger):
        for item in row.items.filter(finished_at__isnull=True).order_by("case_id"):
            DestructionBatch.objects.filter(pk=row.pk, state="dang_tieu_huy").update(beat=timezone.now())
            _destroy(row, item)
        if row.items.filter(finished_at__isnull=True).exists():
            _stopped(row, "")
        else:
            # each case was told that its files are gone
            move(row, DISPOSAL, "finish", beat=None)


def _failed(row: DestructionBatch, sentence: str) -> None:
    _stopped(row, sentence)


def _stopped(row: DestructionBatch, sentence: str, which: Q | None = None) -> None:
    """Note that it stopped before its end, and tell the chain of each case that is not done; why not is kept with the case."""
    with transaction.atomic():
        items = list(row.items.filter(finished_at__isnull=True).select_related("case").order_by("case_id"))
        _hold(item.case_id for item in items)
        at_work = DestructionBatch.objects.filter(which or Q(), pk=row.pk, state__in=DISPOSAL.move("stop").sources)
        if at_work.update(state=DISPOSAL.move("stop").target, beat=None, error=sentence[:500]):
            each = [(item.case, {"disposal": row.pk, "destroyed": item.erased_at is not None}) for item in items]
            tell_each("disposal_stopped", actor=row.executed_by, each=each)


def _destroy(row: DestructionBatch, item: DestructionItem) -> None:
    """Dispose of one file; a failure is kept with it and does not keep the others."""
    try:
        if item.erased_at is None:
            _erase(row, item)
        _remove(row, item)
    except VksError as error:
        sentence = error.message
    except Exception as error:  # noqa: BLE001 - whatever it is, it is kept with the case, and the next one has its turn
        # its message may quote what was in the file
        logger.error("disposal %d, case %d: %s", row.pk, item.case_id, type(error).__name__)
        sentence = _(_CRASHED)
    else:
        sentence = ""
    DestructionItem.objects.filter(pk=item.pk).update(error=sentence[:500])


def _erase(row: DestructionBatch, item: DestructionItem) -> None:
    """Take the rows of a case out and leave its tombstone: all of it or nothing.

    Raises:
        Conflict: something stands against it by now, such as a hold (rule V15).
        Unavailable: the host is busy with its files.
    """
    with ExitStack() as held, transaction.atomic():
        _erase_held(row, item, held)


def _erase_held(row: DestructionBatch, item: DestructionItem, held: ExitStack) -> None:
    _hold([item.case_id])
    (case,) = _cases([item.case_id])
    _refuse_kept([case], row)
    (found,) = standings([case])
    kept = found.retention
    enforce(
        may_be_destroyed(
            Disposal(
                retention=_RETENTION[kept.term],
                keep_until=kept.ends_on,
                on_hold=found.held,
                approved_by=frozenset(each for each in (row.first_by_id, row.second_by_id) if each is not None),
                record_attached=bool(row.record_sha256) and row.record_path.is_file(),
                today=timezone.localdate(),
            )
        ),
        Conflict,
    )
    papers = list(CaseDocument.objects.filter(case=case).select_related("document_type").order_by("document_id"))
    documents = [each.document_id for each in papers]
    traces = traces_of(documents, held)
    files = [*traces.files, *files_made_of(case)]
    stone = _tombstone(row, item, case, found, papers)
    out = exhibits_still_out([case.pk])
    now = timezone.now()
    erase(case, now)
    end_keeping(case, now)
    erase_rows(traces.ids)
    stone.destroyed_at = now
    stone.save(force_insert=True)
    item.erased_at = now
    item.files_left = [str(path) for path in files]
    item.index_left = traces.ids
    item.save(update_fields=["erased_at", "files_left", "index_left"])
    tell(
        "case_destroyed",
        actor=row.executed_by,
        case=case,
        disposal=row.pk,
        unit=row.unit.code,
        record=row.number,
        kept_until=item.kept_until,
        documents=stone.documents,
        pages=stone.pages,
        folios=stone.folios,
        files=sum(len(each[5]) for each in stone.files),
        digest=stone.digest,
        sha256=row.record_sha256,
        exhibits_outstanding=sorted(out.get(case.pk, ())),
    )


def _tombstone(
    row: DestructionBatch, item: DestructionItem, case: CaseFile, found: Standing, papers: Sequence[CaseDocument]
) -> Tombstone:
    """Return what is to be left of a case, not saved."""
    if row.number is None or row.year is None:
        message = "a number is given with the second approval"
        raise TypeError(message)
    hashes: dict[int, list[list[object]]] = {}
    for stored in stored_files([each.document_id for each in papers]):
        role = "archive" if stored.archive else "original"
        hashes.setdefault(stored.document, []).append([stored.version, role, stored.checksum])
    for video in videos_with(each.document_id for each in papers):
        hashes.setdefault(video.document, []).append([video.key, "video", video.sha256])

    def kind(paper: CaseDocument) -> str:
        return paper.document_type.code if paper.document_type is not None else ""

    counted = Counter((kind(each), each.part) for each in papers)
    pages = Counter[tuple[str, str]]()
    for each in papers:
        pages[kind(each), each.part] += each.page_count or 0
    decided = (
        (row.drafted_by, "drafted", row.drafted_at),
        (row.first_by, "first", row.first_at),
        (row.second_by, "second", row.second_at),
        (row.recorded_by, "recorded", row.recorded_at),
        (row.executed_by, "executed", row.executed_at),
    )
    return Tombstone(
        case=case,
        code=case.code,
        kind=case.kind,
        unit_code=row.unit.code,
        unit_name=row.unit.name,
        batch_id=row.pk,
        record_number=row.number,
        record_year=row.year,
        record_sha256=row.record_sha256,
        retention=item.retention,
        finished_on=_known(found.retention.finished_on),
        kept_until=item.kept_until,
        documents=len(papers),
        pages=sum(pages.values()),
        folios=Folio.objects.filter(case=case).count(),
        volumes=Volume.objects.filter(case=case).count(),
        types=[[code, part, number, pages[code, part]] for (code, part), number in sorted(counted.items())],
        files=[
            [each.document_id, each.part, kind(each), each.page_count, each.sha256, hashes.get(each.document_id, [])]
            for each in papers
        ],
        digest=digest_of((each.document_id, each.sha256) for each in papers),
        decided=[
            [user.pk, display_name(user), what, when.isoformat()]
            for user, what, when in decided
            if user is not None and when is not None
        ],
    )


def _remove(row: DestructionBatch, item: DestructionItem) -> None:
    """Take a case whose rows are gone out of the index, and its files off the disk.

    Raises:
        Unavailable: a file cannot be removed; it is tried again with the next run.
    """
    forget(item.index_left)
    paths = [Path(each) for each in item.files_left]
    with files_held():
        left = remove_files(paths)
    if left:
        DestructionItem.objects.filter(pk=item.pk).update(index_left=[], files_left=[str(path) for path in left])
        raise _not_removed(left)
    with transaction.atomic():
        tell("files_destroyed", actor=row.executed_by, case=item.case, disposal=row.pk, files=len(paths))
        DestructionItem.objects.filter(pk=item.pk).update(
            index_left=[], files_left=[], finished_at=timezone.now(), pending=False
        )


def _not_removed(left: Sequence[Path]) -> Unavailable:
    return Unavailable(
        _("Không xóa được %(count)d tệp trên máy chủ: hãy báo quản trị, rồi thực hiện lại.") % {"count": len(left)}
    )


@transaction.atomic
def end_what_is_kept_open() -> int:
    """Write down that nobody has paper of files that were disposed of before a disposal did so itself; return of how many parts.

    It ends at the moment of the disposal, and the ledger tells each once. The doctor names this call.
    """
    ended = 0
    cases = CaseFile.objects.filter(pk__in=kept_though_gone().order_by().values("case"))
    for case in cases.select_for_update().order_by("pk"):
        if case.destroyed_at is None:
            continue
        for row in end_keeping(case, case.destroyed_at):
            unit = row.unit.code if row.unit is not None else None
            batch = Tombstone.objects.get(case=case).batch_id
            tell("keeping_ended", actor=None, case=case, disposal=batch, part=row.part, unit=unit, until=row.until)
            ended += 1
    return ended


def remove_what_came_back() -> int:
    """Remove documents again that were disposed of and are in the host once more; return how many.

    Only those that have the id and the file of a document in a tombstone, or of a version of it. The doctor names this call.

    Raises:
        ProtectedError: one of them was filed in a case since.
        Unavailable: a file cannot be removed, or the host is busy with its files; called again, this goes on.
    """
    back = come_back(destroyed_documents())
    if not back:
        return 0
    with ExitStack() as held, transaction.atomic():
        traces = traces_of(back, held)
        erase_rows(traces.ids)
        left = remove_files(traces.files)
        if left:
            # the rows stay, and with them the names of the files
            raise _not_removed(left)
        forget(traces.ids)
        for stone in Tombstone.objects.select_related("case").order_by("case_id").iterator(chunk_size=200):
            of_this = {version for version, _sha256 in stone.originals} & set(back)
            if of_this:
                tell("files_destroyed", actor=None, case=stone.case, disposal=stone.batch_id, files=len(of_this))
    return len(back)
