"""The slip of a loan on paper: what goes out, to whom, until when, and that it came back; who allowed it and both sides sign.

It is a paper of this program, not an official form: its number is that of the slip, in the series of the office and year.
"""

from __future__ import annotations

import datetime as dt

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.cases.queries import names_at
from vks_plugin.custody.queries.loans import LoanTold, loan_told, names_of_loan
from vks_plugin.errors import Conflict, NotFound
from vks_plugin.papers import Column, OfficialPaper, Signature
from vks_plugin.printing import Printed, print_paper, sent_to

_COLUMNS = (Column("Nội dung", 45), Column("Chi tiết", 120))


def slip_paper(loan: LoanTold) -> OfficialPaper:
    """Return the slip of a loan that was allowed, in the words of the language spoken.

    Case, people and the borrower's posts are those of the day it went out, however late it is printed. What is not known yet
    is left to be written by hand: the number and what goes out, and what comes back.
    """
    row = loan.row
    unit = row.unit or (row.case.unit if row.case is not None else None)
    higher = unit.parent if unit is not None else None
    (case_name,) = names_at([(loan.case, row.issued_at)])
    acted = names_of_loan(row)
    decider, issuer = acted.get("loan_approved", loan.decider), acted.get("loan_issued", loan.issuer)
    borrower = acted.get("borrower", loan.person)
    returner = acted.get("loan_returned", loan.returner) if row.returned_at is not None else ""
    taken_back = f"{returner} nhận lại" if row.is_paper and row.returned_at is not None else ""
    details = [
        ("Hồ sơ", " – ".join(filter(None, (row.case_code, case_name)))),
        ("Phần mượn", loan.what),
        ("Hình thức", str(row.get_form_display())),
        ("Người mượn", "\n".join((borrower, *loan.posts_then))),
        ("Mục đích", row.purpose),
        ("Người duyệt", _at(decider, row.decided_at)),
        ("Giao lúc", _moment(row.issued_at)),
    ]
    if row.is_paper:
        details.append(("Số tập, bút lục giao", _counts(row.issued_volumes, row.issued_folios)))
    details += [("Tình trạng lúc giao", row.condition)] if row.condition or not loan.slip else []
    details.append(("Hạn trả", f"{row.until:%d/%m/%Y}"))
    details.append(("Trả lúc", "; ".join(filter(None, (_moment(row.returned_at), taken_back)))))
    if row.is_paper:
        details.append(("Số tập, bút lục trả", _counts(row.returned_volumes, row.returned_folios)))
    details += [("Ghi chú khi trả", row.difference)] if row.difference else []
    details += [("Phần thiếu", row.settlement)] if row.settlement else []
    allowed, taken = Signature("NGƯỜI DUYỆT", decider), Signature("NGƯỜI MƯỢN", borrower)
    return OfficialPaper(
        agency=unit.name if unit is not None else "",
        higher_agency=higher.name if higher is not None else "",
        title="PHIẾU MƯỢN HỒ SƠ",
        subtitle=(f"Phiếu số {loan.slip}" if loan.slip else "Phiếu số ……………",),
        day=timezone.localdate(row.issued_at) if row.issued_at is not None else None,
        columns=_COLUMNS,
        rows=details,
        signatures=(allowed, Signature("NGƯỜI GIAO", issuer), taken) if row.is_paper else (allowed, taken),
        # an electronic copy closes, nobody takes it back
        later_signatures=(Signature("NGƯỜI TRẢ"), Signature("NGƯỜI NHẬN LẠI", returner)) if row.is_paper else (),
        recipients=sent_to(borrower),
    )


def _moment(value: dt.datetime | None) -> str:
    return f"{timezone.localtime(value):%H giờ %M phút, ngày %d/%m/%Y}" if value is not None else ""


def _at(name: str, value: dt.datetime | None) -> str:
    return f"{name}, ngày {timezone.localtime(value):%d/%m/%Y}" if value is not None else name


def _counts(volumes: int | None, folios: int | None) -> str:
    return f"{volumes} tập, {folios} bút lục" if volumes is not None else ""


def slip_for(user: User, loan_id: int, file_format: str) -> Printed:
    """Return the slip of a loan as a file, for who may know of its case, which it names; for who lent it, by the code alone.

    Raises:
        NotFound: there is no such loan, or none of a case the person may know of or lends for.
        BadInput, Conflict: see `write_slip`.
    """
    told = loan_told(user, loan_id)
    if not told.prints:
        raise NotFound(_("Không có lần mượn hồ sơ nào như vậy."))
    return write_slip(told, file_format)


def write_slip(loan: LoanTold, file_format: str) -> Printed:
    """Return the slip of a loan as a file.

    Raises:
        BadInput: there is no such format.
        Conflict: nobody allowed it yet, or it came to nothing.
    """
    if not loan.has_slip:
        raise Conflict(_("Lần mượn chưa được duyệt, hoặc đã kết thúc mà không giao, nên không có phiếu mượn."))
    return print_paper(lambda: slip_paper(loan), file_format, name=f"phieu-muon {loan.slip or loan.row.case_code}")
