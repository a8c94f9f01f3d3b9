"""The list and the record of an accession on paper, as PDF, DOCX and XLSX; two copies of each are signed.

That there are two lists and two records is Nghị định 30/2020/NĐ-CP, Điều 30. Their layout is that of its Phụ lục V (mẫu III,
mẫu V), as third parties typed it; it was compared with no official copy. What is not known here is left to be written by
hand. What the forms have no place for, the packages and their hashes, stands in an annex of the record.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.cases.queries import names_at
from vks_plugin.custody.models import Accession, AccessionItem, Holding
from vks_plugin.custody.queries.accession import (
    ARCHIVIST,
    GIVERS,
    accession_for,
    exhibits_left,
    knows_all,
    pieces_settled,
)
from vks_plugin.custody.queries.loans import actors_then, entries_of, held_at, posts_held
from vks_plugin.errors import NotFound
from vks_plugin.organization.models import ProcuracyUnit
from vks_plugin.organization.queries import display_name
from vks_plugin.papers import Annex, Column, OfficialPaper, Signature, number_in_words
from vks_plugin.printing import Printed, numbered, print_paper

PAPERS = {"list": "muc-luc-ho-so-nop-luu", "record": "bien-ban-giao-nhan-ho-so-nop-luu"}
"""By the name in the address: the name of the file."""

_COLUMNS = (
    Column("Số TT", 11, "center"),
    Column("Số, ký hiệu hồ sơ", 46),
    Column("Tiêu đề hồ sơ", 33),
    Column("Thời gian tài liệu", 26, "center"),
    Column("Thời hạn bảo quản", 18, "center"),
    Column("Số tờ/ Số trang", 15, "center"),
    Column("Ghi chú", 16, "center"),
)
_PACKAGES = (
    Column("Số TT", 11, "center"),
    Column("Số, ký hiệu hồ sơ", 46),
    Column("Số tài liệu", 14, "center"),
    Column("Số tệp", 14, "center"),
    Column("Số trang", 16, "center"),
    Column("SHA-256 của gói hồ sơ điện tử", 64),
)
_PACKAGE = (
    "Mỗi hồ sơ điện tử là một gói BagIt có bảng kê SHA-256; mã băm trên đây nhận diện gói. Số tệp gồm tệp gốc, bản có lớp chữ, "
    "các phiên bản trước và video của mọi tài liệu."
)
_BLANK = "……………………………………"
_SHORT_BLANK = "…………"


def period_of(first: dt.date | None, last: dt.date | None) -> str:
    """Return from which day to which documents are (thời gian tài liệu), as a column has it; empty: none bears a day."""
    if first is None or last is None:
        return ""
    return f"{first:%d/%m/%Y}" if first == last else f"{first:%d/%m/%Y} – {last:%d/%m/%Y}"


class _Person(NamedTuple):
    """Who signs for a side."""

    name: str
    post: str


def _people(accession: Accession, items: Sequence[AccessionItem]) -> tuple[_Person, _Person]:
    """Return who gave and who took it, by the names and posts of that moment."""
    names: dict[str, str] = {}
    if items:
        entries = entries_of(items[0].case_id, ("accession_prepared", "accessioned"), "accession", accession.pk)
        names = actors_then(entries)
    giver = names.get("accession_prepared", display_name(accession.giver))
    receiver = names.get("accessioned", display_name(accession.receiver))
    return (
        _Person(giver, _post(accession.giver, GIVERS, accession.unit, accession.asked_at)),
        _Person(receiver, _post(accession.receiver, {ARCHIVIST}, accession.unit, accession.accepted_at)),
    )


def _post(user: User | None, roles: Collection[str], unit: ProcuracyUnit, moment: dt.datetime | None) -> str:
    """Return by which post somebody acted, in words; empty: not known."""
    if user is None or moment is None:
        return ""
    held = held_at(posts_held([user]), moment)
    # one may hold several, and the office may have been taken over by another since
    held.sort(key=lambda post: (post.role not in roles, post.unit_id != unit.pk))
    return str(held[0].get_role_display()) if held else ""


def _list(accession: Accession, items: Sequence[AccessionItem], common: dict[str, Any]) -> OfficialPaper:
    giver, _receiver = _people(accession, items)
    names = names_at([(each.case, accession.accepted_at) for each in items])
    taken = common["day"]
    return OfficialPaper(
        **common,
        title="MỤC LỤC HỒ SƠ, TÀI LIỆU NỘP LƯU",
        subject=(_BLANK, f"Năm {taken.year if taken is not None else '……'}"),
        columns=_COLUMNS,
        numbers_columns=True,
        rows=[
            (
                str(place),
                each.case.code,
                name,
                period_of(each.dated_from, each.dated_to),
                each.retention,
                f"{each.pages} trang",
                f"{each.documents} tài liệu",
            )
            for place, (each, name) in enumerate(zip(items, names, strict=True), start=1)
        ],
        closing=[
            f"Mục lục này gồm: {len(items)} hồ sơ (đơn vị bảo quản).",
            f"Viết bằng chữ: {number_in_words(len(items))} hồ sơ (đơn vị bảo quản).",
            *_without(accession, items),
            "Thời hạn bảo quản ghi như lúc nộp lưu.",
        ],
        is_dated_below=True,
        signatures=[Signature("NGƯỜI LẬP", giver.name, "(Ký và ghi rõ họ và tên, chức vụ)", giver.post)],
    )


def _without(accession: Accession, items: Sequence[AccessionItem]) -> list[str]:
    """Return the line on volumes and exhibits nobody waits for any more; none where there are none."""
    settled = pieces_settled(accession)
    gone = "; ".join(
        f"{each.case.code}: {', '.join(settled[each.case_id])}" for each in items if each.case_id in settled
    )
    return [f"Tập, vật chứng không còn cùng hồ sơ: {gone}."] if gone else []


def _span(items: Sequence[AccessionItem]) -> str:
    """Return the period of all of them; dots where none is known."""
    first = min((each.dated_from for each in items if each.dated_from is not None), default=None)
    last = max((each.dated_to for each in items if each.dated_to is not None), default=None)
    if first is None or last is None:
        return _BLANK
    return f"từ ngày {first:%d/%m/%Y} đến ngày {last:%d/%m/%Y}"


def _body(
    accession: Accession, items: Sequence[AccessionItem], giver: _Person, receiver: _Person, *, annex: str
) -> list[str]:
    """Return the paragraphs of the record, as mẫu V has them."""
    unit = accession.unit
    passed = Holding.objects.filter(
        cause=Holding.Cause.ACCESSION, reference=accession.pk, case__in=[each.case_id for each in items]
    )
    paper = passed.values("case").distinct().count()
    counted = [each.files for each in items if each.files is not None]
    files = str(sum(counted)) if len(counted) == len(items) else _BLANK
    state = (
        f"từng gói hồ sơ điện tử đã được đọc lại, khớp mã băm lúc đóng gói; hồ sơ giấy: {_BLANK}"
        if accession.accepted_at is not None
        else _BLANK
    )
    left = exhibits_left(accession)
    out = "; ".join(f"{each.case.code}: {', '.join(left[each.case_id])}" for each in items if each.case_id in left)
    return [
        "Căn cứ Nghị định số 30/2020/NĐ-CP ngày 05 tháng 3 năm 2020 của Chính phủ về công tác văn thư;",
        f"Căn cứ {_BLANK} (Danh mục hồ sơ năm ………, Kế hoạch thu thập tài liệu {_SHORT_BLANK}),",
        "Chúng tôi gồm:",
        f"BÊN GIAO: {unit.name}",
        f"Ông (bà): {giver.name or _BLANK}",
        f"Chức vụ công tác: {giver.post or _BLANK}",
        "BÊN NHẬN: Lưu trữ cơ quan",
        f"Ông (bà): {receiver.name or _BLANK}",
        f"Chức vụ công tác: {receiver.post or _BLANK}",
        "Thống nhất lập biên bản giao nhận tài liệu với những nội dung như sau:",
        f"1. Tên khối tài liệu giao nộp: Hồ sơ vụ án của {unit.name}",
        f"2. Thời gian của hồ sơ, tài liệu: {_span(items)}",
        "3. Số lượng tài liệu:",
        "a) Đối với hồ sơ, tài liệu giấy:",
        f"- Tổng số hộp (cặp): {_BLANK}",
        f"- Tổng số hồ sơ (đơn vị bảo quản): {paper or _SHORT_BLANK}. Quy ra mét giá: {_SHORT_BLANK} mét.",
        "b) Đối với hồ sơ, tài liệu điện tử:",
        f"- Tổng số hồ sơ: {len(items)}",
        f"- Tổng số tệp tin trong hồ sơ: {files}",
        f"4. Tình trạng tài liệu giao nộp: {state}",
        *([f"Vật chứng đi kèm chưa về cùng hồ sơ: {out}."] if out else []),
        *_without(accession, items),
        f"5. Mục lục hồ sơ, tài liệu nộp lưu kèm theo; {annex}.",
    ]


def _record(accession: Accession, items: Sequence[AccessionItem], common: dict[str, Any]) -> OfficialPaper:
    giver, receiver = _people(accession, items)
    note = "(Ký và ghi rõ họ và tên)"
    when = (
        f"Nhận vào lưu trữ lúc {timezone.localtime(accession.accepted_at):%H giờ %M phút, ngày %d/%m/%Y}."
        if accession.accepted_at is not None
        else "Chưa nhận vào lưu trữ."
    )
    total = f"Tổng số: {len(items)} hồ sơ, {sum(each.documents for each in items)} tài liệu, {sum(each.pages for each in items)} trang."
    return OfficialPaper(
        **common,
        number=numbered("accession", accession.number),
        title="BIÊN BẢN",
        subject=("Giao nhận hồ sơ, tài liệu",),
        opening=_body(accession, items, giver, receiver, annex="bảng kê gói hồ sơ điện tử ở cuối biên bản này"),
        columns=(),
        rows=(),
        closing=["Biên bản này được lập thành hai bản; bên giao giữ một bản, bên nhận giữ một bản./."],
        signatures=[
            Signature("ĐẠI DIỆN BÊN GIAO", giver.name, note),
            Signature("ĐẠI DIỆN BÊN NHẬN", receiver.name, note),
        ],
        annex=Annex(
            title="BẢNG KÊ GÓI HỒ SƠ ĐIỆN TỬ",
            columns=_PACKAGES,
            rows=[
                (
                    str(place),
                    each.case.code,
                    str(each.documents),
                    str(each.files) if each.files is not None else "",
                    str(each.pages),
                    each.sha256,
                )
                for place, each in enumerate(items, start=1)
            ],
            closing=[
                f"{total} {when}",
                _PACKAGE,
            ],
        ),
    )


def as_paper(accession: Accession, what: str) -> OfficialPaper:
    """Return the list (`list`) or the record of hand-over (`record`)."""
    unit = accession.unit
    items = list(accession.items.select_related("case").order_by("case_id"))
    taken = timezone.localtime(accession.accepted_at) if accession.accepted_at is not None else None
    common = {
        "agency": unit.name,
        "higher_agency": unit.parent.name if unit.parent is not None else "",
        "day": taken.date() if taken is not None else None,
    }
    return (_list if what == "list" else _record)(accession, items, common)


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
