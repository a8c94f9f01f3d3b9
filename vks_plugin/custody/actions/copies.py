"""Certified copies and extracts: the request, the answer, giving them out with the next number of the register.

Who decides is who lends the file to people outside the procuracy; no source at hand says it of copies, so it is a convention
of this program, as the columns of the register are.
"""

from __future__ import annotations

import logging
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.access.queries import case_for
from vks_plugin.acts import tell
from vks_plugin.cases.actions.record import lock_case
from vks_plugin.cases.actions.rules import refuse_destroyed
from vks_plugin.cases.models import CaseFile
from vks_plugin.custody.actions.moving import move, next_number, said
from vks_plugin.custody.models import CertifiedCopy, NumberSeries
from vks_plugin.custody.queries.copies import copies_of, copy_told, may_ask
from vks_plugin.custody.states import COPY
from vks_plugin.errors import BadInput, Conflict, NotAllowed, NotFound
from vks_plugin.text import gettext_noop, one_line

logger = logging.getLogger("paperless.vks.copies")

MOST_COPIES = 999
MOST_PAGES = 100_000
_REFUSED = {
    "approve": gettext_noop(
        "Bản sao, trích lục do Viện trưởng đơn vị thụ lý duyệt; không ai tự duyệt đề nghị của mình."
    ),
    "deny": gettext_noop("Bản sao, trích lục do Viện trưởng đơn vị thụ lý duyệt; không ai tự duyệt đề nghị của mình."),
    "withdraw": gettext_noop("Chỉ người ghi đề nghị, hoặc lãnh đạo đơn vị thụ lý, rút được đề nghị."),
    "issue": gettext_noop("Lưu trữ viên, văn thư hoặc lãnh đạo của đơn vị thụ lý cấp bản sao, trích lục."),
}


def _counted(copies: int, pages: int) -> None:
    if not 1 <= copies <= MOST_COPIES:
        raise BadInput(_("Số bản từ 1 đến %(most)d.") % {"most": MOST_COPIES}, field="copies")
    if not 1 <= pages <= MOST_PAGES:
        raise BadInput(_("Số trang từ 1 đến %(most)d.") % {"most": MOST_PAGES}, field="pages")


def _name(text: str, field: str, *, least: int, most: int) -> str:
    found = one_line(text)
    if not least <= len(found) <= most:
        raise BadInput(_("Hãy ghi rõ, không quá %(most)d chữ cái.") % {"most": most}, field=field)
    return found


@transaction.atomic
def request_copy(
    *,
    actor: User,
    code: str,
    kind: str,
    content: str,
    copies: int,
    pages: int,
    receiver_name: str,
    purpose: str,
    receiver_agency: str = "",
) -> CertifiedCopy:
    """Record who asks for copies of which papers; nothing is given before somebody else allows it.

    Raises:
        NotFound: there is no such case, or the actor may not know of it.
        NotAllowed: the actor neither reads its file nor is at the desk of its office.
        BadInput: what was entered cannot be used.
        Conflict: the file was disposed of.
    """
    view = case_for(actor, code)
    if not may_ask(actor, view):
        raise NotAllowed(
            _("Chỉ người đọc được hồ sơ vụ án, lưu trữ viên, văn thư, lãnh đạo đơn vị thụ lý ghi được đề nghị này.")
        )
    case = lock_case(view.case)
    refuse_destroyed(case)
    if kind not in CertifiedCopy.Kind.values:
        raise BadInput(_("Hãy chọn chứng thực bản sao hay trích lục."), field="kind")
    _counted(copies, pages)
    row = CertifiedCopy.objects.create(
        case=case,
        kind=kind,
        content=said(content, "content", most=1000),
        copies=copies,
        pages=pages,
        receiver_name=_name(receiver_name, "receiver_name", least=2, most=150),
        receiver_agency=_name(receiver_agency, "receiver_agency", least=0, most=200),
        purpose=said(purpose, "purpose", most=1000),
        requested_by=actor,
    )
    tell(
        "copy_requested",
        actor=actor,
        case=case,
        copy=row.pk,
        copy_kind=row.kind,
        copy_count=row.copies,
        pages=row.pages,
        content=row.content,
        receiver=_receiver(row),
        purpose=row.purpose,
    )
    logger.info("copy %d asked for by account %d", row.pk, actor.pk)
    return row


def _receiver(row: CertifiedCopy) -> str:
    return ", ".join(filter(None, (row.receiver_name, row.receiver_agency)))


def _mine(actor: User, code: str, copy_id: int, act: str) -> tuple[CertifiedCopy, CaseFile]:
    """Return a copy with which the person may do this, its case held.

    Raises:
        NotFound: there is none, or the person may not know of it.
        Conflict: it is in no state this may be done in.
        NotAllowed: it is for somebody else to do.
    """
    case = lock_case(case_for(actor, code).case)
    # as it is now that the case is held: it may have gone to another office meanwhile
    row = copies_of(actor, case_for(actor, code)).filter(pk=copy_id).first()
    if row is None:
        raise NotFound(_("Không có bản sao, trích lục nào như vậy."))
    told = copy_told(actor, row)
    if act not in told.may:
        if row.state not in COPY.move(act).sources:
            raise Conflict(
                _("Không làm được việc này: đề nghị đang ở trạng thái “%(state)s”. Hãy tải lại trang.")
                % {"state": told.label}
            )
        raise NotAllowed(_(_REFUSED[act]))
    return row, case


@transaction.atomic
def approve_copy(*, actor: User, code: str, copy_id: int) -> CertifiedCopy:
    """Allow it.

    Raises:
        NotFound, NotAllowed, Conflict: see `_mine`.
    """
    row, case = _mine(actor, code, copy_id, "approve")
    move(row, COPY, "approve", decided_at=timezone.now(), decided_by=actor)
    tell("copy_approved", actor=actor, case=case, copy=row.pk)
    return row


@transaction.atomic
def deny_copy(*, actor: User, code: str, copy_id: int, reason: str) -> CertifiedCopy:
    """Refuse it, with the reason.

    Raises:
        NotFound, NotAllowed, Conflict: see `_mine`.
        BadInput: a reason that says nothing.
    """
    row, case = _mine(actor, code, copy_id, "deny")
    why = said(reason, "reason", most=1000)
    move(row, COPY, "deny", decided_at=timezone.now(), decided_by=actor, denial=why)
    tell("copy_denied", actor=actor, case=case, copy=row.pk, reason=why)
    return row


@transaction.atomic
def withdraw_copy(*, actor: User, code: str, copy_id: int) -> CertifiedCopy:
    """Take back what was asked for and not given.

    Raises:
        NotFound, NotAllowed, Conflict: see `_mine`.
    """
    row, case = _mine(actor, code, copy_id, "withdraw")
    move(row, COPY, "withdraw")
    tell("copy_withdrawn", actor=actor, case=case, copy=row.pk)
    return row


@transaction.atomic
def issue_copy(*, actor: User, code: str, copy_id: int, copies: int, pages: int) -> CertifiedCopy:
    """Give it out: it gets the next number of the office and year.

    Args:
        copies: how many were made in the end.
        pages: how many pages each has.

    Raises:
        NotFound, NotAllowed, Conflict: see `_mine`.
        BadInput: counts that cannot be.
    """
    row, case = _mine(actor, code, copy_id, "issue")
    _counted(copies, pages)
    now = timezone.now()
    year = timezone.localtime(now).year
    number = next_number(case.unit, NumberSeries.Series.COPY, year)
    numbered: dict[str, Any] = {"unit": case.unit, "number": number, "number_year": year}
    move(row, COPY, "issue", copies=copies, pages=pages, issued_at=now, issued_by=actor, **numbered)
    tell(
        "copy_issued",
        actor=actor,
        case=case,
        copy=row.pk,
        copy_kind=row.kind,
        copy_number=row.number,
        unit=case.unit.code,
        copy_count=row.copies,
        pages=row.pages,
        content=row.content,
        receiver=_receiver(row),
    )
    return row


def withdraw_before_leaving(case: CaseFile, actor: User) -> None:
    """Take back what the office of a case allowed and did not give, when the case goes to another that never agreed."""
    for row in CertifiedCopy.objects.filter(case=case, state="da_duyet").order_by("pk"):
        move(row, COPY, "withdraw")
        tell("copy_withdrawn", actor=actor, case=case, copy=row.pk)
