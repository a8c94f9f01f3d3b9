"""The record of a seal on paper (biên bản kết thúc số hóa), as it stood that day.

It is a paper of this program: the law knows no form for it. What it says is read from the manifest, whose SHA-256 stands on
it in full and as a QR code, so that a photograph of the paper is enough to compare the manifest with.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from vks_plugin.cases.queries import names_at
from vks_plugin.cases.stages import PARTS
from vks_plugin.custody.models import PageChange, SealManifest
from vks_plugin.custody.queries.digitisation import counted_pages, steps_not_noted
from vks_plugin.papers import Column, OfficialPaper, Signature
from vks_plugin.printing import Printed, numbered, print_paper

_SHOWN = 16
"""Digits of each file's hash on the paper; the manifest has all of them."""

COLUMNS = (
    Column("STT", 11, "center"),
    Column("Tên tài liệu", 73),
    Column("Số bút lục", 23, "center"),
    Column("Trang", 14, "center"),
    Column("SHA-256 của tệp (đầu)", 44, "center"),
)


_KEPT = (
    "Từ lúc ghi trên, tệp, phiên bản, thứ tự trang, tên, loại, ngày và bút lục của các tài liệu nêu trong bảng được giữ "
    "nguyên. Tài liệu đến sau vào đợt bổ sung, có bảng kê riêng nối với bảng kê này."
)


def _folios(rows: list[list[Any]]) -> str:
    if not rows:
        return ""
    first, last = rows[0][0], rows[-1][0]
    return str(first) if first == last else f"{first}–{last}"


def _place(rows: list[list[Any]], position: int) -> tuple[int, int]:
    """Sort key: documents with folios in their order, the others behind as they are."""
    if not rows:
        return (1, position)
    digits = "".join(letter for letter in str(rows[0][0]) if letter.isdigit())
    return (0, int(digits or 0))


def _signed_rows(rows: Iterable[dict[str, Any]]) -> list[int]:
    """Return the places in the table of what was sealed as it came back signed."""
    listed = [(row["document"], row["sha256"]) for row in rows]
    changes = PageChange.objects.filter(
        kind=PageChange.Kind.SIGNED, case_document__document_id__in=[document for document, _sha256 in listed]
    )
    signed = set(changes.values_list("case_document__document_id", "sha256"))
    return [position for position, each in enumerate(listed, start=1) if each in signed]


def as_paper(manifest: SealManifest) -> OfficialPaper:
    """Return the record as an official paper."""
    said = manifest.said
    moment = timezone.localtime(manifest.sealed_at)
    higher = manifest.unit.parent
    (case_name,) = names_at([(manifest.case, manifest.sealed_at)])
    batch = manifest.batch
    supplement = f" BỔ SUNG (đợt {batch.number})" if manifest.previous else ""
    documents = sorted(enumerate(said["documents"]), key=lambda pair: _place(pair[1]["folios"], pair[0]))
    scanners = ", ".join(name for _pk, name in said["scanned_by"])
    closing = [
        f"Tổng số: {manifest.documents} tài liệu, {manifest.pages} trang, {manifest.folios} bút lục.",
        # on a line of its own: a line that is filled out would be torn apart before it
        "SHA-256 của bảng kê:",
        manifest.sha256,
    ]
    if manifest.previous:
        closing += ["Bảng kê này nối tiếp bảng kê có SHA-256:", manifest.previous]
    count = counted_pages(batch, manifest.pages)
    if count.is_short:
        noted = [
            f"{words} {pages} trang"
            for words, pages in (("khi tiếp nhận", count.received), ("khi quét", count.scanned))
            if pages
        ]
        closing.append(f"Số trang đã ghi {', '.join(noted)}; lý do hồ sơ ít trang hơn: {count.reason or '……'}.")
    signed = _signed_rows(row for _index, row in documents)
    if signed:
        closing.append(f"Tài liệu đã ký số sau khi xác nhận: số thứ tự {', '.join(map(str, signed))}.")
    missing = [each.label for each in steps_not_noted(batch)]
    if missing:
        closing.append(f"Bước không ghi nhận: {'; '.join(missing)}.")
    closing += [
        f"Người quét: {scanners}. Kiểm tra: {said['checked_by'][1]}. Xác nhận: {said['confirmed_by'][1]}.",
        _KEPT,
    ]
    return OfficialPaper(
        agency=manifest.unit.name,
        higher_agency=higher.name if higher is not None else "",
        title=f"BIÊN BẢN KẾT THÚC SỐ HÓA{supplement}",
        number=numbered("digitisation", manifest.number),
        day=moment.date(),
        subtitle=(
            f"Vụ án: {case_name}",
            f"Mã vụ án: {manifest.case.code} – {dict(PARTS)[manifest.part]}",
            f"Đợt {batch.number}, kết thúc lúc {_clock(moment)}",
        ),
        columns=COLUMNS,
        rows=[
            (
                str(position),
                row["title"],
                _folios(row["folios"]),
                "" if row["pages"] is None else str(row["pages"]),
                row["sha256"][:_SHOWN],
            )
            for position, (_index, row) in enumerate(documents, start=1)
        ],
        closing=closing,
        signatures=(
            Signature("NGƯỜI SỐ HÓA", scanners if len(said["scanned_by"]) == 1 else ""),
            Signature("NGƯỜI KIỂM TRA", said["checked_by"][1]),
            Signature("KIỂM SÁT VIÊN", said["confirmed_by"][1]),
        ),
        code=f"vks-seal:1 {said['case']} {said['part']} {said['batch']} {manifest.sha256}",
    )


def _clock(moment: dt.datetime) -> str:
    return f"{moment:%H giờ %M phút, ngày %d/%m/%Y}"


def write_record(manifest: SealManifest, file_format: str) -> Printed:
    """Return the record as a file.

    Raises:
        BadInput: there is no such format.
    """
    name = f"{manifest.case.code} bien ban ket thuc so hoa {manifest.number}"
    return print_paper(lambda: as_paper(manifest), file_format, name=name)
