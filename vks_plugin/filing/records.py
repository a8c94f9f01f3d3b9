"""The signed record of a hand-over, handed in as a scan where the hand-over waits for it."""

from __future__ import annotations

from pathlib import Path

from django.contrib.auth.models import User
from django.core.files import File
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.cases.models import CatalogueType
from vks_plugin.custody.actions.hand_overs import require_side
from vks_plugin.custody.models import HandOver
from vks_plugin.custody.queries.hand_overs import PAPER_TYPE, may_hand_in, takes_paper
from vks_plugin.errors import Conflict, NotAllowed
from vks_plugin.filing.actions import file_upload
from vks_plugin.filing.models import IntakeItem


def hand_in_record(*, actor: User, row: HandOver, file: File[bytes] | Path, filename: str) -> IntakeItem:
    """Have the scan of a signed record that is waited for filed in the case, also of one that the archive has; then it can be attached.

    Raises:
        NotAllowed: the actor is of neither side, or of another office that may not know of the case.
        BadInput, TooLarge, Unavailable: see `file_upload`.
        Conflict: no record is waited for, or this very file is in the case already.
    """
    require_side(actor, row)
    if not (takes_paper(row) and row.awaits_paper):
        raise Conflict(_("Lần giao nhận này không chờ biên bản đã ký."))
    if not may_hand_in(actor, row):
        raise NotAllowed(_("Bạn không được nộp tài liệu vào vụ án này: gửi bản quét cho văn thư đơn vị thụ lý nộp."))
    kind = CatalogueType.objects.filter(code=PAPER_TYPE).first()
    signed_on = timezone.localdate(row.accepted_at) if row.accepted_at is not None else None
    return file_upload(
        actor=actor,
        case=row.case,
        file=file,
        filename=filename,
        document_type=kind,
        title=f"Biên bản giao nhận hồ sơ số {row.written_number}",
        number=row.written_number,
        date=signed_on,
        decided=True,
    )
