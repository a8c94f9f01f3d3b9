"""A signed head of the ledger on paper: what is kept outside, so that nobody can rewrite the ledger unseen."""

from __future__ import annotations

import base64
from pathlib import Path

from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.custody import verify_ledger
from vks_plugin.custody.checkpoint import signed_by
from vks_plugin.custody.models import LedgerCheckpoint
from vks_plugin.custody.queries import public_keys
from vks_plugin.custody.verify_ledger import LedgerError, open_checkpoint
from vks_plugin.errors import Conflict
from vks_plugin.organization.models import ProcuracyUnit
from vks_plugin.papers import Column, OfficialPaper, Signature, write_paper
from vks_plugin.printing import Printed, print_paper

_WIDTHS = (45, 120)
_HOW = (
    "Mọi mục được ghi trước điểm chốt này không thể bị sửa, bớt hoặc đổi thứ tự mà vẫn khớp mã gốc trên đây. "
    "Giữ bản giấy đã ký ở ngoài máy chủ. Để đối chiếu: xuất sổ cái (vks_ledger export), chép bản ký từ mã QR hoặc từ chữ in vào "
    "một tệp, rồi chạy verify_ledger.py (có trong bản xuất, tải được ở Nhật ký lưu giữ của vụ án) THƯ_MỤC --key KHÓA_CÔNG_KHAI --checkpoint TỆP."
)


def checkpoint_paper(checkpoint: LedgerCheckpoint) -> OfficialPaper:
    """Return the form: the numbers in words people can compare, the signed note as text and as a QR code.

    It is a paper of this program, not an official form: the law knows none for it. The keys on it are those that signed this
    head, whichever sign now; a head that covers a change of key bears both.

    Raises:
        Conflict: no key of the ledger signed it: paper would lend it a weight it has not.
    """
    try:
        signers = open_checkpoint(checkpoint.note.encode(), public_keys(), signed_by).signers
    except LedgerError as error:
        told = {"size": checkpoint.size, "why": error.vietnamese}
        raise Conflict(_("Điểm chốt %(size)d mục: %(why)s") % told) from error
    made = timezone.localtime(checkpoint.made_at)
    province = ProcuracyUnit.objects.filter(kind=ProcuracyUnit.Kind.PROVINCE).order_by("pk").first()
    rows = [
        ("Chốt lúc", f"{made:%H:%M:%S ngày %d/%m/%Y}"),
        ("Số mục đã chốt", f"{checkpoint.size}"),
        ("Mã gốc (base64)", base64.b64encode(bytes(checkpoint.root)).decode()),
        ("Mã gốc (hex)", bytes(checkpoint.root).hex()),
        ("Bản ký", checkpoint.note.strip()),
        *(("Khóa công khai", each) for each in signers),
    ]
    return OfficialPaper(
        agency=province.name if province is not None else "",
        title="ĐIỂM CHỐT SỔ CÁI LƯU GIỮ HỒ SƠ",
        columns=[Column("Nội dung", _WIDTHS[0]), Column("Giá trị", _WIDTHS[1])],
        rows=[list(row) for row in rows],
        day=made.date(),
        closing=[_HOW],
        signatures=[Signature("NGƯỜI IN"), Signature("NGƯỜI GIỮ")],
        code=checkpoint.note,
    )


def write_checkpoint(checkpoint: LedgerCheckpoint) -> Printed:
    """Return the form as a file; raises what `checkpoint_paper` raises."""
    return print_paper(lambda: checkpoint_paper(checkpoint), "pdf", name=f"diem-chot {checkpoint.size}")


def checkpoint_pdf(checkpoint: LedgerCheckpoint) -> bytes:
    """Return the form as PDF."""
    return write_paper(checkpoint_paper(checkpoint), "pdf")


def verifier() -> Printed:
    """Return the program that checks exports and proofs: one file, which needs nothing of this one.

    It is no secret: who was handed a proof or a printed head needs it, whatever else they may read here.
    """
    source = Path(verify_ledger.__file__)
    return Printed(source.name, "text/x-python; charset=utf-8", source.read_bytes())
