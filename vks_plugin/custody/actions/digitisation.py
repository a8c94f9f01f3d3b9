"""Digitising a case, batch by batch: opening a batch, its steps, the check of quality, the prosecutor's confirmation.

The seal itself is in `sealing.py`. Every act says who may do it.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.access.policy import Level
from vks_plugin.access.queries import assignments_in_force, require
from vks_plugin.acts import tell
from vks_plugin.cases.actions.record import lock_case
from vks_plugin.cases.actions.rules import refuse_archived
from vks_plugin.cases.folios import LARGEST_FOLIO
from vks_plugin.cases.models import Assignment, CaseDocument, CaseFile
from vks_plugin.cases.stages import PARTS
from vks_plugin.cases.validation import CHECKED_BY_ANOTHER
from vks_plugin.custody.actions.moving import move
from vks_plugin.custody.models import DigitisationBatch, DigitisationStep, PageChange, QualityFinding
from vks_plugin.custody.queries.digitisation import (
    CONFIRMERS,
    counted_pages,
    is_being_read,
    outdated_check,
    papers_to_seal,
    present_digest,
    scanned_by,
)
from vks_plugin.custody.states import DIGITISATION, DIGITISATION_STEPS
from vks_plugin.errors import BadInput, Conflict, NotAllowed, NotFound
from vks_plugin.text import one_line

LONGEST = 500
_BY_NAME = {each.name: each for each in DIGITISATION_STEPS}
_NEEDS_REASON = frozenset({"recall", "cancel"})
BY_HAND = frozenset({"start", "submit", "recall", "cancel"})
"""Moves that are nothing but that; the others come with a check, a confirmation or a seal."""


def _said(text: str, *, needed: str = "", field: str) -> str:
    said = one_line(text)
    if needed and not said:
        raise BadInput(needed, field=field)
    if len(said) > LONGEST:
        raise BadInput(_("Nội dung dài quá %(most)d ký tự.") % {"most": LONGEST}, field=field)
    return said


def _working(actor: User, batch: DigitisationBatch) -> None:
    require(actor, batch.case, Level.CONTRIBUTE, part=batch.part, doing=_("số hóa hồ sơ"))


def held(batch: DigitisationBatch) -> DigitisationBatch:
    """Return the batch as the database has it now; its case is held until the transaction ends."""
    lock_case(batch.case)
    return DigitisationBatch.objects.select_related("case__unit__parent", "unit").get(pk=batch.pk)


def _moved(batch: DigitisationBatch, name: str, *, actor: User, reason: str = "", **changes: Any) -> None:
    before = batch.state
    move(batch, DIGITISATION, name, state_since=timezone.now(), **changes)
    tell(
        "digitisation_moved",
        actor=actor,
        case=batch.case,
        batch=batch.number,
        part=batch.part,
        batch_state_before=before,
        batch_state=batch.state,
        findings=batch.findings.filter(resolved_at__isnull=True).count(),
        reason=reason,
    )


@transaction.atomic
def open_batch(*, actor: User, case: CaseFile, part: str = "hsva", reason: str = "") -> DigitisationBatch:
    """Open a batch: the first of a part, by whoever works on it, or a supplement to what is sealed, by a leader.

    A supplement opens what was sealed for more papers; the seal before stays, and the next is chained to it.

    Raises:
        NotFound, NotAllowed: the actor may not digitise this part, or leads not the office where a leader is asked for.
        BadInput: no such part, or a supplement without a reason.
        Conflict: a batch of this part is open, or the archive has the file.
    """
    if part not in dict(PARTS):
        raise BadInput(_("Phần hồ sơ phải là hồ sơ vụ án hoặc hồ sơ kiểm sát."), field="part")
    require(actor, case, Level.CONTRIBUTE, part=part, doing=_("số hóa hồ sơ"))
    case = lock_case(case)
    refuse_archived(case)
    earlier = DigitisationBatch.objects.filter(case=case, part=part).order_by("-number")
    unfinished = earlier.filter(state__in=DIGITISATION.open).first()
    if unfinished is not None:
        raise Conflict(
            _("Đợt số hóa %(number)d của phần hồ sơ này chưa kết thúc: hãy làm tiếp đợt đó.")
            % {"number": unfinished.number}
        )
    sealed = earlier.filter(manifest__isnull=False).first()
    if sealed is not None:
        require(actor, case, Level.MANAGE, part=part, doing=_("mở đợt số hóa bổ sung"))
    said = _said(reason, needed=_("Hãy nêu lý do mở đợt bổ sung.") if sealed is not None else "", field="reason")
    last = earlier.first()
    batch = DigitisationBatch.objects.create(
        case=case,
        part=part,
        number=last.number + 1 if last is not None else 1,
        unit=case.unit,
        supplements=sealed,
        reason=said,
        opened_by=actor,
    )
    tell(
        "digitisation_opened",
        actor=actor,
        case=case,
        batch=batch.number,
        part=part,
        supplements=sealed.number if sealed is not None else None,
        reason=said,
    )
    return batch


@transaction.atomic
def note_step(
    *, actor: User, batch: DigitisationBatch, step: str, pages: int | None = None, note: str = ""
) -> DigitisationStep:
    """Note down that the actor did a step; one that is done again is noted again.

    Raises:
        NotFound, NotAllowed: the actor may not digitise this part of the case.
        BadInput: no such step, one that is an act of its own, or a number of pages that is none.
        Conflict: the batch is in no state for it.
    """
    _working(actor, batch)
    known = _BY_NAME.get(step)
    if known is None or not known.states:
        raise BadInput(_("Bước này không có trong danh sách các bước tự ghi."), field="step")
    if pages is not None and not 1 <= pages <= LARGEST_FOLIO:
        raise BadInput(_("Số trang phải từ 1 trở lên."), field="pages")
    if known.name == "quet" and pages is None:
        raise BadInput(_("Hãy ghi số trang đã quét."), field="pages")
    batch = held(batch)
    if batch.state not in known.states:
        raise Conflict(
            _("Không ghi được bước “%(step)s” khi đợt số hóa đang ở trạng thái “%(state)s”.")
            % {"step": _(known.label), "state": batch.state_label}
        )
    unsaid = _("Hãy ghi đã ký số tài liệu nào, hoặc đưa tệp đã ký vào ở mục Chữ ký số của tài liệu.")
    said = _said(note, needed=unsaid if step == "ky_so" else "", field="note")
    row = DigitisationStep.objects.create(batch=batch, step=step, done_by=actor, pages=pages, note=said)
    tell(
        "digitisation_step",
        actor=actor,
        case=batch.case,
        batch=batch.number,
        part=batch.part,
        step=step,
        pages=pages,
        reason=said,
    )
    return row


@transaction.atomic
def move_batch(*, actor: User, batch: DigitisationBatch, name: str, reason: str = "") -> DigitisationBatch:
    """Start a batch, hand it to the check of quality, take it back from the seal, or give it up.

    Raises:
        NotFound, NotAllowed: the actor may not digitise; only leaders of the office give a batch up.
        BadInput: no such move, a reason is missing, or nothing was scanned that could be checked.
        Conflict: the batch is in no state for it.
    """
    if name not in BY_HAND:
        raise BadInput(_("Không có việc này."), field="move")
    _working(actor, batch)
    if name == "cancel":
        require(actor, batch.case, Level.MANAGE, part=batch.part, doing=_("hủy đợt số hóa"))
    said = _said(reason, needed=_("Hãy nêu lý do.") if name in _NEEDS_REASON else "", field="reason")
    batch = held(batch)
    if name == "submit":
        if not batch.steps.filter(step="quet").exists():
            raise BadInput(_("Chưa ghi bước “Quét”: hãy ghi ai quét, bao nhiêu trang, rồi chuyển kiểm tra."))
        if not papers_to_seal(batch).exists():
            raise BadInput(_("Chưa có tài liệu nào để kiểm tra: hãy nộp bản quét vào hồ sơ trước."))
    _moved(batch, name, actor=actor, reason=said, **(_UNCHECKED if name == "recall" else {}))
    return batch


_UNCHECKED: dict[str, Any] = {
    "checked_by": None,
    "checked_at": None,
    "checked_digest": "",
    "confirmed_by": None,
    "confirmed_at": None,
    "seal_asked_by": None,
    "seal_beat": None,
    "seal_error": "",
}


# --- quality


def may_check(user: User, batch: DigitisationBatch) -> bool:
    """Tell whether the person may check the quality: who works on the case or was given the check, and did not scan."""
    try:
        _checking(user, batch)
    except (NotAllowed, NotFound):
        return False
    return True


def _checking(actor: User, batch: DigitisationBatch) -> None:
    given = assignments_in_force(batch.case).filter(user_id=actor.pk, role=Assignment.Role.QC_REVIEWER).exists()
    level = Level.VIEW if given else Level.CONTRIBUTE
    require(actor, batch.case, level, part=batch.part, doing=_("kiểm tra chất lượng số hóa"))
    if actor.pk in scanned_by(batch):
        raise NotAllowed(_(CHECKED_BY_ANOTHER))


@transaction.atomic
def note_finding(
    *,
    actor: User,
    batch: DigitisationBatch,
    document: CaseDocument,
    kind: str,
    page: int | None = None,
    note: str = "",
) -> QualityFinding:
    """Note down what is wrong with a document or one of its pages; it is then on the list to be scanned again.

    Raises:
        NotFound, NotAllowed: the actor may not check this batch; who scanned may not.
        BadInput: a document of another batch, no such page, or no such kind of fault.
        Conflict: the batch is not being checked.
    """
    _checking(actor, batch)
    batch = held(batch)
    if batch.state != "cho_kiem_tra":
        raise Conflict(_("Chỉ ghi lỗi khi đợt số hóa đang chờ kiểm tra chất lượng."))
    if not papers_to_seal(batch).filter(pk=document.pk).exists():
        raise BadInput(_("Tài liệu này không thuộc đợt số hóa."), field="document")
    if kind not in QualityFinding.Kind.values:
        raise BadInput(_("Loại lỗi không có trong danh mục."), field="kind")
    if page is not None and not 1 <= page <= (document.page_count or LARGEST_FOLIO):
        raise BadInput(_("Tài liệu không có trang %(page)d.") % {"page": page}, field="page")
    said = _said(note, needed=_("Hãy tả lỗi.") if kind == QualityFinding.Kind.OTHER else "", field="note")
    row = QualityFinding.objects.create(
        batch=batch, case_document=document, page=page, kind=kind, note=said, found_by=actor
    )
    tell(
        "digitisation_finding",
        actor=actor,
        case=batch.case,
        batch=batch.number,
        part=batch.part,
        document=document.document_id,
        page=page,
        quality_kind=kind,
        finding_id=row.pk,
        reason=said,
    )
    return row


@transaction.atomic
def resolve_finding(*, actor: User, finding: QualityFinding) -> QualityFinding:
    """Note down that a fault was put right; whoever checks looks at it again.

    Raises:
        NotFound, NotAllowed: the actor may not digitise this part of the case.
        Conflict: it was put right already, or the batch was not sent back.
    """
    _working(actor, finding.batch)
    batch = held(finding.batch)
    if batch.state not in {"tra_lai_quet", "cho_kiem_tra"}:
        raise Conflict(_("Đợt số hóa không ở bước khắc phục lỗi."))
    rows = QualityFinding.objects.filter(pk=finding.pk, resolved_at__isnull=True)
    if rows.update(resolved_at=timezone.now(), resolved_by=actor) != 1:
        raise Conflict(_("Lỗi này đã được ghi là khắc phục."))
    tell(
        "digitisation_resolved",
        actor=actor,
        case=batch.case,
        batch=batch.number,
        part=batch.part,
        finding_id=finding.pk,
    )
    finding.refresh_from_db()
    return finding


@transaction.atomic
def send_back(*, actor: User, batch: DigitisationBatch, reason: str = "") -> DigitisationBatch:
    """Give a batch back to be scanned again, with what was found.

    Raises:
        NotFound, NotAllowed: the actor may not check this batch; who scanned may not.
        BadInput: nothing was noted that is wrong.
        Conflict: the batch is not being checked.
    """
    _checking(actor, batch)
    batch = held(batch)
    if not batch.findings.filter(resolved_at__isnull=True).exists():
        raise BadInput(_("Hãy ghi ít nhất một lỗi trước khi trả lại quét."))
    said = _said(reason, field="reason")
    DigitisationStep.objects.create(batch=batch, step="kiem_tra_chat_luong", done_by=actor, note=said)
    _moved(batch, "send_back", actor=actor, reason=said)
    return batch


@transaction.atomic
def pass_quality(*, actor: User, batch: DigitisationBatch, reason: str = "") -> DigitisationBatch:
    """Let the quality pass. What is changed afterwards has to be checked anew.

    Args:
        actor: who checked.
        batch: the batch.
        reason: why nothing is missing though fewer pages are filed than were noted down; the ledger has it.

    Raises:
        NotFound, NotAllowed: the actor may not check this batch; who scanned may not.
        BadInput: something that was found is not put right, or pages are missing and no reason says why.
        Conflict: the batch is not being checked.
    """
    _checking(actor, batch)
    batch = held(batch)
    left = batch.findings.filter(resolved_at__isnull=True).count()
    if left:
        raise BadInput(_("Còn %(count)d lỗi chưa khắc phục: hãy trả lại quét.") % {"count": left})
    papers = list(papers_to_seal(batch))
    pages = sum(each.page_count or 0 for each in papers)
    said = _said(reason, field="reason")
    if is_being_read(papers):
        raise BadInput(_("Chữ của các trang mới đang được nhận dạng: hãy chờ vài phút rồi cho đạt."))
    count = counted_pages(batch, pages)
    if count.is_short and not said:
        raise BadInput(
            _("Chưa đủ trang: %(missing)s. Hãy trả lại quét, hoặc ghi lý do vì sao như thế là đủ.")
            % {"missing": "; ".join(count.missing)},
            field="reason",
        )
    DigitisationStep.objects.create(
        batch=batch, step="kiem_tra_chat_luong", done_by=actor, pages=pages or None, note=said
    )
    _moved(
        batch,
        "pass",
        actor=actor,
        reason=said,
        checked_by=actor,
        checked_at=timezone.now(),
        checked_digest=present_digest(batch, papers),
    )
    return batch


# --- confirmation


def may_confirm(user: User, batch: DigitisationBatch) -> bool:
    """Tell whether the person is a prosecutor of the case."""
    return assignments_in_force(batch.case).filter(user_id=user.pk, role__in=CONFIRMERS).exists()


@transaction.atomic
def confirm(*, actor: User, batch: DigitisationBatch) -> DigitisationBatch:
    """Confirm, as a prosecutor of the case, that what was digitised is the file.

    Raises:
        NotFound, NotAllowed: the actor is no prosecutor assigned to the case.
        Conflict: the quality has not passed, the batch is confirmed, or its papers changed meanwhile.
    """
    require(actor, batch.case, Level.VIEW, part=batch.part, doing=_("xác nhận số hóa"))
    if not may_confirm(actor, batch):
        raise NotAllowed(_("Chỉ kiểm sát viên được phân công vào vụ án xác nhận kết quả số hóa."))
    batch = held(batch)
    if batch.state != "cho_ky_so" or batch.confirmed_at is not None:
        raise Conflict(_("Đợt số hóa không ở bước chờ kiểm sát viên xác nhận."))
    refuse_outdated(batch)
    now = timezone.now()
    DigitisationBatch.objects.filter(pk=batch.pk).update(confirmed_by=actor, confirmed_at=now)
    batch.confirmed_by, batch.confirmed_at = actor, now
    DigitisationStep.objects.create(batch=batch, step="xac_nhan", done_by=actor)
    tell(
        "digitisation_confirmed",
        actor=actor,
        case=batch.case,
        batch=batch.number,
        part=batch.part,
        digest=batch.checked_digest,
    )
    return batch


# --- signatures on what was confirmed


def refuse_outdated(batch: DigitisationBatch) -> None:
    """Refuse to confirm or sign what is not what was checked.

    Raises:
        Conflict: something that would be sealed changed since the check.
    """
    outdated = outdated_check(batch)
    if outdated:
        raise Conflict(outdated)


def note_signed(*, actor: User, batch: DigitisationBatch, change: PageChange) -> None:
    """Note down that a confirmed document was signed, and let the check hold for the signed file: it continues the other.

    To be called in the transaction that brought the file, before which `refuse_outdated` was asked.

    Args:
        actor: who brought the signed file.
        batch: with the confirmed document, held.
        change: what the file became the newest version by.
    """
    paper, before = change.case_document, batch.checked_digest
    batch.checked_digest = present_digest(batch)
    DigitisationBatch.objects.filter(pk=batch.pk).update(checked_digest=batch.checked_digest)
    DigitisationStep.objects.create(
        batch=batch, step="ky_so", done_by=actor, pages=change.pages, note=paper.title[:LONGEST]
    )
    tell(
        "digitisation_signed",
        actor=actor,
        case=batch.case,
        batch=batch.number,
        part=batch.part,
        document=paper.document_id,
        sha256_before=change.sha256_before,
        sha256=change.sha256,
        digest_before=before,
        digest=batch.checked_digest,
    )
