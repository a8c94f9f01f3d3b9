"""The list and the records of a disposal on paper, as PDF, DOCX and XLSX.

No form is prescribed that this program knows of: what they carry follows the steps of an appraisal (danh mục kèm thuyết minh,
xét hủy, hai lần duyệt, thực hiện), their layout Nghị định 30/2020/NĐ-CP, and none bears the number of a form.
"""

from __future__ import annotations

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.custody.states import DISPOSAL
from vks_plugin.disposal.models import DestructionBatch, DestructionItem, Tombstone
from vks_plugin.disposal.queries import batch_for, exhibits_left, knows_all, pieces_settled
from vks_plugin.errors import Conflict, NotFound
from vks_plugin.organization.queries import display_name, present_office
from vks_plugin.papers import Column, OfficialPaper, Signature
from vks_plugin.printing import Printed, numbered, print_paper

PAPERS = {
    "list": "danh-muc-ho-so-de-nghi-tieu-huy",
    "record": "bien-ban-xet-huy-ho-so",
    "outcome": "bien-ban-thuc-hien-tieu-huy-ho-so",
}
"""By the name in the address: the name of the file."""

_COLUMNS = (
    Column("STT", 11, "center"),
    Column("Mã hồ sơ", 48),
    Column("Tiêu đề hồ sơ", 40),
    Column("Thời hạn bảo quản", 20, "center"),
    Column("Bảo quản đến hết", 22, "center"),
    Column("Số tài liệu", 12, "center"),
    Column("Số trang", 12, "center"),
)

_OUTCOME_COLUMNS = (
    Column("STT", 11, "center"),
    Column("Mã hồ sơ", 48),
    Column("Số tài liệu", 14, "center"),
    Column("Số trang", 14, "center"),
    Column("Số bút lục", 14, "center"),
    Column("Kết quả", 64),
)

_APPRAISED = (
    "Các hồ sơ dưới đây đã nộp lưu, thời hạn bảo quản đã xác định và đã hết; không hồ sơ nào đang bị giữ lại, đang cho mượn "
    "hoặc đang giao nhận."
)
_LEFT = (
    "Bản điện tử bị xóa hẳn cùng mọi bản chương trình đã lập từ nó; bản giấy do đơn vị hủy. Còn lại: mã hồ sơ, số lượng, "
    "mã băm từng tệp, sổ cái và biên bản này."
)


def has_outcome(batch: DestructionBatch) -> bool:
    """Tell whether it was carried out, to the end or with files left over, so that its outcome can be printed."""
    return batch.state == DISPOSAL.move("finish").target


def _became(item: DestructionItem) -> str:
    if item.finished_at is not None:
        return f"Đã xóa hết bản điện tử, {timezone.localtime(item.finished_at):%H:%M %d/%m/%Y}"
    return f"Để lại, không tiêu hủy{f': {item.error}' if item.error else ''}"


def _outcome(batch: DestructionBatch) -> OfficialPaper:
    """Return the record of what was carried out: what went, what stayed and why, by whom."""
    items = list(batch.items.select_related("case").order_by("case_id"))
    stones = {each.case_id: each for each in Tombstone.objects.filter(batch_id=batch.pk)}
    gone = [each for each in items if each.finished_at is not None]

    def counted(item: DestructionItem, stone: Tombstone | None) -> tuple[str, str, str]:
        if stone is None:
            return str(item.documents), str(item.pages), ""
        return str(stone.documents), str(stone.pages), str(stone.folios)

    rows = [
        (str(place), each.case.code, *counted(each, stones.get(each.case_id)), _became(each))
        for place, each in enumerate(items, start=1)
    ]
    ordered = timezone.localtime(batch.executed_at) if batch.executed_at is not None else None
    # approved by one office and carried out by another that took over from it
    unit = present_office(batch.unit, ordered.date()) if ordered is not None else batch.unit
    approved_by = f" của {batch.unit.name}" if unit != batch.unit else ""
    who = display_name(batch.executed_by)
    number = numbered("disposal", batch.number).removeprefix("Số: ")
    return OfficialPaper(
        agency=unit.name,
        higher_agency=unit.parent.name if unit.parent is not None else "",
        title="BIÊN BẢN THỰC HIỆN TIÊU HỦY HỒ SƠ",
        opening=[
            f"Căn cứ Biên bản xét hủy hồ sơ số {number} năm {batch.year}{approved_by}, đã duyệt hai lần; bản đã ký có mã SHA-256 {batch.record_sha256}.",
            f"Người cho thực hiện: {who}{f', {ordered:%H:%M %d/%m/%Y}' if ordered is not None else ''}.",
        ],
        columns=_OUTCOME_COLUMNS,
        rows=rows,
        closing=[
            f"Đã tiêu hủy: {len(gone)} hồ sơ. Để lại: {len(items) - len(gone)} hồ sơ.",
            "Ngày hủy bản giấy: ……/……/………",
            "Cách hủy bản giấy: ……………………………………",
        ],
        # when the papers themselves were destroyed is written by hand, and when this was drawn up after it
        is_dated_below=True,
        signatures=[Signature("NGƯỜI THỰC HIỆN", who), Signature("LÃNH ĐẠO ĐƠN VỊ", "")],
    )


def as_paper(batch: DestructionBatch, what: str) -> OfficialPaper:
    """Return the list (`list`), the record of appraisal (`record`) or that of the carrying out (`outcome`)."""
    if what == "outcome":
        return _outcome(batch)
    unit = batch.unit
    items = list(batch.items.select_related("case").order_by("case_id"))
    rows = [
        (
            str(place),
            each.case.code,
            each.case.name,
            each.retention,
            f"{each.kept_until:%d/%m/%Y}",
            str(each.documents),
            str(each.pages),
        )
        for place, each in enumerate(items, start=1)
    ]
    left = exhibits_left(batch)
    out = "; ".join(f"{each.case.code}: {', '.join(left[each.case_id])}" for each in items if each.case_id in left)
    elsewhere = [f"Vật chứng đi kèm chưa về cùng hồ sơ, không hủy theo biên bản này: {out}."] if out else []
    settled = pieces_settled(batch)
    gone = "; ".join(
        f"{each.case.code}: {', '.join(settled[each.case_id])}" for each in items if each.case_id in settled
    )
    elsewhere += [f"Tập, vật chứng không còn cùng hồ sơ, không hủy theo biên bản này: {gone}."] if gone else []
    drafted, first, second = (display_name(each) for each in (batch.drafted_by, batch.first_by, batch.second_by))
    total = f"Tổng số: {len(items)} hồ sơ, {sum(each.documents for each in items)} tài liệu, {sum(each.pages for each in items)} trang."
    day = timezone.localtime(batch.second_at).date() if batch.second_at is not None else None
    agency, higher = unit.name, unit.parent.name if unit.parent is not None else ""
    if what == "list":
        return OfficialPaper(
            agency=agency,
            higher_agency=higher,
            title="DANH MỤC HỒ SƠ HẾT THỜI HẠN BẢO QUẢN ĐỀ NGHỊ TIÊU HỦY",
            day=timezone.localdate(batch.drafted_at),
            opening=[f"Thuyết minh: {batch.reason}"],
            columns=_COLUMNS,
            rows=rows,
            closing=[total, *elsewhere],
            signatures=[Signature("NGƯỜI LẬP", drafted)],
        )

    def approval(label: str, who: str, when: object) -> str:
        return f"{label}: {who}, {when:%d/%m/%Y}." if who and when else f"{label}: ……"

    first_at = timezone.localtime(batch.first_at) if batch.first_at is not None else None
    return OfficialPaper(
        agency=agency,
        higher_agency=higher,
        number=numbered("disposal", batch.number),
        day=day,
        # until then it is written by hand
        is_dated_below=day is None,
        title="BIÊN BẢN XÉT HỦY HỒ SƠ HẾT THỜI HẠN BẢO QUẢN",
        opening=[
            f"Thuyết minh: {batch.reason}",
            _APPRAISED,
        ],
        columns=_COLUMNS,
        rows=rows,
        closing=[
            total,
            *elsewhere,
            approval("Duyệt lần 1 (đơn vị)", first, first_at),
            approval("Duyệt lần 2 (tỉnh)", second, day),
            _LEFT,
        ],
        signatures=[
            Signature("NGƯỜI LẬP", drafted),
            Signature("LÃNH ĐẠO ĐƠN VỊ", first),
            Signature("VIỆN TRƯỞNG TỈNH", second),
        ],
    )


def paper_for(user: User, pk: int, what: str, file_format: str) -> Printed:
    """Return a paper as a file, to who may know of every case in it.

    Raises:
        NotFound: there is none, or none the person may have.
        BadInput: there is no such format.
        Conflict: the record of the carrying out, before that is over.
    """
    batch = batch_for(user, pk)
    if what not in PAPERS or not knows_all(user, batch):
        raise NotFound(_("Không có văn bản này trong phạm vi của bạn."))
    if what == "outcome" and not has_outcome(batch):
        raise Conflict(_("Đợt tiêu hủy chưa thực hiện xong nên chưa có biên bản thực hiện."))
    return print_paper(lambda: as_paper(batch, what), file_format, name=f"{PAPERS[what]}-{batch.pk}")
