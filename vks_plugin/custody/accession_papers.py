"""The list and the record of an accession on paper, as PDF, DOCX and XLSX; two copies of each are signed.

They carry what Nghị định 30/2020/NĐ-CP, Điều 30 asks for, two lists and two records; their columns are this program's.
"""

from __future__ import annotations

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.cases.queries import names_at
from vks_plugin.custody.models import Accession
from vks_plugin.custody.queries.accession import accession_for, knows_all
from vks_plugin.errors import NotFound
from vks_plugin.organization.queries import display_name
from vks_plugin.papers import Column, OfficialPaper, Signature
from vks_plugin.printing import Printed, numbered, print_paper

PAPERS = {"list": "muc-luc-ho-so-nop-luu", "record": "bien-ban-giao-nhan-ho-so-nop-luu"}
"""By the name in the address: the name of the file."""

_COLUMNS = (
    Column("STT", 11, "center"),
    Column("Mã hồ sơ", 48),
    Column("Tiêu đề hồ sơ", 46),
    Column("Thời hạn bảo quản", 24, "center"),
    Column("Số tài liệu", 18, "center"),
    Column("Số trang", 18, "center"),
)
_RECORD_COLUMNS = (
    Column("STT", 11, "center"),
    Column("Mã hồ sơ", 48),
    Column("Số tài liệu", 18, "center"),
    Column("Số trang", 18, "center"),
    Column("SHA-256 của gói hồ sơ điện tử", 70),
)


def as_paper(accession: Accession, what: str) -> OfficialPaper:
    """Return the list (`list`) or the record of hand-over (`record`)."""
    unit = accession.unit
    items = list(accession.items.select_related("case").order_by("case_id"))
    giver, receiver = display_name(accession.giver), display_name(accession.receiver)
    taken = timezone.localtime(accession.accepted_at) if accession.accepted_at is not None else None
    total = f"Tổng số: {len(items)} hồ sơ, {sum(each.documents for each in items)} tài liệu, {sum(each.pages for each in items)} trang."
    common = {
        "agency": unit.name,
        "higher_agency": unit.parent.name if unit.parent is not None else "",
        "day": taken.date() if taken is not None else None,
        "number": numbered("accession", accession.number) if what == "record" else "",
    }
    if what == "list":
        names = names_at([(each.case, accession.accepted_at) for each in items])
        return OfficialPaper(
            **common,  # type: ignore[arg-type]  # each is what its field takes
            title="MỤC LỤC HỒ SƠ NỘP LƯU",
            columns=_COLUMNS,
            rows=[
                (str(place), each.case.code, name, each.retention, str(each.documents), str(each.pages))
                for place, (each, name) in enumerate(zip(items, names, strict=True), start=1)
            ],
            closing=[total, "Mục lục này được lập thành 02 bản, bên giao và bên nhận mỗi bên giữ 01 bản."],
            signatures=[Signature("NGƯỜI LẬP", giver)],
        )
    when = f"Giao nhận lúc {taken:%H giờ %M phút, ngày %d/%m/%Y}" if taken is not None else "Chưa giao nhận"
    return OfficialPaper(
        **common,  # type: ignore[arg-type]  # each is what its field takes
        title="BIÊN BẢN GIAO NHẬN HỒ SƠ NỘP LƯU",
        subtitle=(f"Bên giao: {giver or '……'}", f"Bên nhận (lưu trữ): {receiver or '……'}", when),
        columns=_RECORD_COLUMNS,
        rows=[
            (str(place), each.case.code, str(each.documents), str(each.pages), each.sha256)
            for place, each in enumerate(items, start=1)
        ],
        closing=[
            total,
            "Mỗi hồ sơ điện tử là một gói BagIt có bảng kê SHA-256; mã băm trên đây nhận diện gói.",
            "Biên bản này được lập thành 02 bản, bên giao và bên nhận mỗi bên giữ 01 bản.",
        ],
        signatures=[Signature("BÊN GIAO", giver), Signature("BÊN NHẬN", receiver)],
    )


def paper_for(user: User, pk: int, what: str, file_format: str) -> Printed:
    """Return a paper as a file, to who may know of every case in it.

    Raises:
        NotFound: there is none, or none the person may have.
        BadInput: there is no such format.
    """
    accession = accession_for(user, pk)
    if what not in PAPERS or not knows_all(user, accession):
        raise NotFound(_("Không có văn bản này trong phạm vi của bạn."))
    return print_paper(lambda: as_paper(accession, what), file_format, name=f"{PAPERS[what]}-{accession.pk}")
