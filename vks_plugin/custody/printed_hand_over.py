"""What is printed of a hand-over: its record (biên bản giao nhận) and the labels of volumes."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from vks_plugin.cases.models import CaseFile
from vks_plugin.cases.queries import names_at
from vks_plugin.cases.stages import PARTS
from vks_plugin.custody.handing import REASONS, is_lacking
from vks_plugin.custody.models import HandOver
from vks_plugin.custody.queries.hand_overs import kept_back_now, named_rows, volumes_of
from vks_plugin.language import speaking
from vks_plugin.papers import Column, OfficialPaper, Signature, content_type
from vks_plugin.papers.labels import Label, label_sheet
from vks_plugin.printing import Printed, numbered, print_paper
from vks_plugin.text import ascii_file_name

_TITLES = {
    "hsva": "BIÊN BẢN GIAO NHẬN HỒ SƠ VỤ ÁN, VỤ VIỆC",
    "hsks": "BIÊN BẢN GIAO NHẬN HỒ SƠ KIỂM SÁT",
}
COLUMNS = (
    Column("STT", 12, "center"),
    Column("Tài liệu, vật chứng bàn giao", 68),
    Column("Bút lục, số lượng", 45, "center"),
    Column("Ghi chú", 40),
)


_BLANK = "………………………………"
"""What is filled in by hand."""


def _side(heading: str, name: str, title: str, place: str) -> str:
    return f"{heading}: ông (bà) {name or _BLANK}; chức vụ: {title or '……………………'}; đơn vị: {place}."


def _span(volume: dict[str, Any]) -> str:
    first, last = volume["folio_from"], volume["folio_to"]
    if first is None:
        return ""
    return str(first) if first == last else f"{first} – {last}"


def _found(value: bool | None, *, refused: bool) -> str:  # noqa: FBT001 - what a box on the paper says
    if value is None:
        return "chưa xác nhận" if refused else "…"
    return "có" if value else "không"


def _opening(row: HandOver) -> tuple[str, ...]:
    moment = timezone.localtime(row.accepted_at or row.sent_at or row.created_at)
    where = f", tại {row.place}" if row.place else ""
    accused = f" (bị can chính: {row.main_accused})" if row.main_accused else ""
    decided = f", theo {row.decision}" if row.decision else ""
    reason = REASONS[row.reason]
    what = "hồ sơ vụ án" if row.part == "hsva" else "hồ sơ kiểm sát của vụ án"
    return (
        f"Hôm nay, hồi {moment:%H} giờ {moment:%M} phút, ngày {moment:%d/%m/%Y}{where}, chúng tôi gồm:",
        _side("Bên giao", row.giver_name, row.giver_title, row.giver.place),
        _side("Bên nhận", row.receiving_name, row.receiver_title, row.receiver.place),
        f"Đã giao, nhận {what}: {row.case_name or _BLANK}{accused}, mã {row.case.code}.",
        f"Lý do: {reason[0].lower()}{reason[1:]}{decided}.",
    )


def hand_over_paper(row: HandOver) -> OfficialPaper:
    """Return the record as an official form: as it was signed, or to be signed."""
    unit = row.number_unit or row.giver_unit or row.receiver_unit
    higher = unit.parent if unit is not None else None
    moment = timezone.localtime(row.accepted_at or row.sent_at or row.created_at)
    form = f"(Mẫu số {row.form_number}, {row.form_edition})" if row.form_number and row.form_edition else ""
    not_there = "Còn thiếu" if row.state == "chua_nhan" else "Chưa giao"
    kept = kept_back_now(row)
    exhibits = [*row.exhibits, *kept]
    rows = [
        (
            str(number),
            f"{each['label']} – {dict(PARTS)[row.part].lower()}",
            _span(each),
            not_there if each["received"] is False else "",
        )
        for number, each in enumerate(row.volumes, start=1)
    ]
    rows += [
        (
            str(len(row.volumes) + number),
            f"Vật chứng: {each['name'] or _BLANK}",
            each["quantity"],
            "; ".join(
                filter(
                    None,
                    (not_there if is_lacking(each) else "", f"Niêm phong số {each['seal']}" if each["seal"] else ""),
                )
            ),
        )
        for number, each in enumerate(exhibits, start=1)
    ]
    lacking = sum(map(is_lacking, exhibits))
    counted = [f"{len(row.volumes)} tập"] if row.volumes or not exhibits else []
    counted += [row.folios_counted] if row.folios_counted else []
    counted += [f"{row.total_pages} trang"] if row.total_pages else []
    if exhibits:
        counted.append(
            f"{len(exhibits)} vật chứng đi kèm" + (f" ({not_there.lower()} {lacking} vật chứng)" if lacking else "")
        )
    closing = [f"Tổng cộng: {', '.join(counted)}."]
    if row.seal_condition:
        closing.append(f"Tình trạng niêm phong: {row.seal_condition}.")
    results = "; ".join(
        f"{label[0].lower()}{label[1:]}: {_found(getattr(row, name), refused=row.state == 'chua_nhan')}"
        for name, label in row.checks.items()
    )
    checked = f"Kết quả kiểm tra theo {row.article}" if row.article else "Kết quả kiểm đếm (quy ước của phần mềm)"
    closing.append(f"{checked}: {results}.")
    if row.missing:
        closing.append(f"Còn thiếu: {row.lacking}")
    if row.note:
        closing.append(f"Ghi chú: {row.note}")
    ending = {"chua_nhan": "Bên nhận chưa nhận hồ sơ.", "huy": "Lần giao này đã hủy."}.get(
        row.state,
        "Hai bên đã giao, nhận đủ theo biên bản này."
        if not row.missing and not kept
        else "Hai bên giao, nhận phần đã ghi trên đây.",
    )
    closing.append(ending)
    return OfficialPaper(
        agency=unit.name if unit is not None else "",
        higher_agency=higher.name if higher is not None else "",
        number=numbered(row.number_series, row.number) if row.number is not None else "",
        place=row.place,
        day=moment.date(),
        title=_TITLES[row.part],
        subtitle=tuple(filter(None, (form,))),
        opening=_opening(row),
        columns=COLUMNS,
        rows=rows,
        closing=tuple(closing),
        signatures=(Signature("BÊN GIAO", row.giver_name), Signature("BÊN NHẬN", row.receiving_name)),
    )


def write_hand_over(row: HandOver, file_format: str, reader: User | None = None) -> Printed:
    """Return the record as a file.

    Who drew it up without knowing of the case left the name out: who knows of it, or is to receive it, reads it, as it was
    that day.

    Raises:
        BadInput: there is no such format.
    """
    if not row.case_name and reader is not None and named_rows(reader, [row]):
        (row.case_name,) = names_at([(row.case, row.sent_at)])
    number = f"{row.number} {row.number_year}" if row.number is not None else "du thao"
    name = f"{row.case.code} bien ban giao nhan {number}"
    return print_paper(lambda: hand_over_paper(row), file_format, name=name)


def write_labels(case: CaseFile) -> Printed:
    """Return labels for every volume of the case file, and one for the supervision file, as a file."""
    return Printed(f"nhan-{ascii_file_name(case.code)}.pdf", content_type("pdf"), volume_labels(case))


def volume_labels(case: CaseFile) -> bytes:
    """Return labels for every volume of the case file, and for the supervision file, as PDF.

    A label says code and volume and no name: it lies open on desks. What is handed over within the office is scanned too.
    """

    def label(part: str, each: dict[str, Any]) -> Label:
        span = _span(each)
        folios = f"Bút lục {span}" if span else ""
        said = folios if part == "hsva" else "Hồ sơ kiểm sát"
        return Label(each["code"], each["label"], (case.code, said, case.unit.short_name))

    with speaking("vi"):
        labels = [label(part, each) for part, _name in PARTS for each in volumes_of(case, part)]
        return label_sheet(labels, title=f"Nhãn tập hồ sơ {case.code}")
