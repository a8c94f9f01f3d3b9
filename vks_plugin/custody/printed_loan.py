"""The slip of a loan on paper: what goes out, to whom, until when; both sides sign.

It is a paper of this program, not an official form: its number is that of the slip, in the series of the office and year.
"""

from __future__ import annotations

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.custody.queries.loans import LoanTold, loan_told
from vks_plugin.errors import Conflict, NotFound
from vks_plugin.papers import Column, OfficialPaper, Signature
from vks_plugin.printing import Printed, print_paper

_COLUMNS = (Column("Nội dung", 45), Column("Chi tiết", 120))


def slip_paper(loan: LoanTold) -> OfficialPaper:
    """Return the slip of a loan that was handed out, in the words of the language spoken."""
    row = loan.row
    assert row.issued_at is not None  # noqa: S101 - the database gives a number with the day
    issued = timezone.localtime(row.issued_at)
    unit, higher = row.unit, row.unit.parent if row.unit is not None else None
    details = [
        ("Hồ sơ", " – ".join(filter(None, (row.case_code, loan.case.name if loan.case is not None else "")))),
        ("Phần mượn", loan.what),
        ("Hình thức", str(row.get_form_display())),
        ("Người mượn", "\n".join((loan.person, *loan.posts_in_words))),
        ("Mục đích", row.purpose),
        ("Người duyệt", loan.decider),
        ("Giao lúc", f"{issued:%H giờ %M phút, ngày %d/%m/%Y}"),
    ]
    if row.is_paper:
        details.append(("Số tập, bút lục giao", f"{row.issued_volumes} tập, {row.issued_folios} bút lục"))
    details += [("Tình trạng lúc giao", row.condition)] if row.condition else []
    details.append(("Hạn trả", f"{row.until:%d/%m/%Y}"))
    if row.returned_at is not None:
        details.append(("Trả lúc", f"{timezone.localtime(row.returned_at):%H giờ %M phút, ngày %d/%m/%Y}"))
        if row.is_paper:
            details.append(("Số tập, bút lục trả", f"{row.returned_volumes} tập, {row.returned_folios} bút lục"))
        details += [("Ghi chú khi trả", row.difference)] if row.difference else []
        details += [("Phần thiếu", row.settlement)] if row.settlement else []
    return OfficialPaper(
        agency=unit.name if unit is not None else "",
        higher_agency=higher.name if higher is not None else "",
        title="PHIẾU MƯỢN HỒ SƠ",
        subtitle=(f"Phiếu số {loan.slip}",),
        day=issued.date(),
        columns=_COLUMNS,
        rows=details,
        signatures=(Signature("NGƯỜI GIAO", loan.issuer), Signature("NGƯỜI MƯỢN", loan.person)),
    )


def slip_for(user: User, loan_id: int, file_format: str) -> Printed:
    """Return the slip of a loan as a file, for who may know of its case: it says what that is called.

    Raises:
        NotFound: there is no such loan, or none of a case the person may know of.
        BadInput, Conflict: see `write_slip`.
    """
    told = loan_told(user, loan_id)
    if told.case is None:
        raise NotFound(_("Không có lần mượn hồ sơ nào như vậy."))
    return write_slip(told, file_format)


def write_slip(loan: LoanTold, file_format: str) -> Printed:
    """Return the slip of a loan as a file.

    Raises:
        BadInput: there is no such format.
        Conflict: nothing was handed out yet.
    """
    if not loan.slip:
        raise Conflict(_("Hồ sơ chưa giao nên chưa có phiếu mượn."))
    return print_paper(lambda: slip_paper(loan), file_format, name=f"phieu-muon {loan.slip}")
