"""The paper of a certified copy or extract: which papers, how many, for whom and what for; who allowed, gave and got it sign.

It is a paper of this program, not an official form, and not the words of certification on the copy itself: no source at hand
has them. Its number is that of the register.
"""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.cases.queries import names_at
from vks_plugin.custody.models import CertifiedCopy
from vks_plugin.custody.queries.copies import CopyTold, names_of_copy
from vks_plugin.errors import Conflict
from vks_plugin.papers import Column, OfficialPaper, Signature
from vks_plugin.printing import Printed, print_paper, sent_to

_COLUMNS = (Column("Nội dung", 45), Column("Chi tiết", 120))
TITLES = {CertifiedCopy.Kind.COPY.value: "CHỨNG THỰC BẢN SAO", CertifiedCopy.Kind.EXTRACT.value: "TRÍCH LỤC HỒ SƠ"}


def copy_paper(told: CopyTold) -> OfficialPaper:
    """Return the paper; what is not known yet is left to be written by hand.

    The names are those of the day it was given out, however late it is printed.
    """
    row = told.row
    (case_name,) = names_at([(row.case, row.issued_at)])
    acted = names_of_copy(row)
    decider, issuer = acted.get("copy_approved", told.decider), acted.get("copy_issued", told.issuer)
    unit = row.unit or row.case.unit
    given = timezone.localtime(row.issued_at) if row.issued_at is not None else None
    decided = f", ngày {timezone.localtime(row.decided_at):%d/%m/%Y}" if row.decided_at is not None else ""
    return OfficialPaper(
        agency=unit.name,
        higher_agency=unit.parent.name if unit.parent is not None else "",
        title=f"PHIẾU {TITLES[row.kind]}",
        subtitle=(f"Số {row.written_number}" if row.written_number else "Số ……………",),
        day=given.date() if given is not None else None,
        columns=_COLUMNS,
        rows=[
            ("Hồ sơ", f"{row.case.code} – {case_name}"),
            ("Bản sao, trích lục", row.content),
            ("Số bản", str(row.copies)),
            ("Số trang mỗi bản", str(row.pages)),
            ("Người nhận", "\n".join(filter(None, (row.receiver_name, row.receiver_agency)))),
            ("Mục đích", row.purpose),
            ("Người duyệt", f"{decider}{decided}"),
            ("Cấp lúc", f"{given:%H giờ %M phút, ngày %d/%m/%Y}" if given is not None else ""),
        ],
        signatures=(
            Signature("NGƯỜI DUYỆT", decider),
            Signature("NGƯỜI CẤP", issuer),
            Signature("NGƯỜI NHẬN", row.receiver_name),
        ),
        recipients=sent_to(" – ".join(filter(None, (row.receiver_name, row.receiver_agency)))),
    )


def write_copy(told: CopyTold, file_format: str) -> Printed:
    """Return the paper as a file.

    Raises:
        BadInput: there is no such format.
        Conflict: nobody allowed it yet, or it came to nothing.
    """
    if not told.prints:
        raise Conflict(_("Đề nghị chưa được duyệt, hoặc đã kết thúc mà không cấp, nên không có phiếu."))
    number = told.row.written_number or told.row.case.code
    return print_paper(lambda: copy_paper(told), file_format, name=f"ban-sao {number}")
