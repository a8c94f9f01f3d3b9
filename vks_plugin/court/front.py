"""Cover and index of a bundle, drawn in the manner of Vietnamese official papers."""

from __future__ import annotations

import datetime as dt
import io
from typing import NamedTuple

from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from vks_plugin.court.plan import BundlePlan, Part, PlannedDocument, PlannedVolume
from vks_plugin.papers.fonts import BOLD as _BOLD
from vks_plugin.papers.fonts import REGULAR as _REGULAR
from vks_plugin.papers.fonts import register_fonts

_MILLIMETRE = 72 / 25.4
# margins of an official paper (Nghị định 30/2020/NĐ-CP, Phụ lục I): left 30 mm is for binding, the rest 20 and 15
_LEFT, _RIGHT, _TOP = 25 * _MILLIMETRE, 15 * _MILLIMETRE, 18 * _MILLIMETRE
_WIDTH, _HEIGHT = A4
_ROW = 25.5
_HEADER = 24.0
_ROW_LINES = 2

COLUMNS = (
    ("STT", 9),
    ("Tên tài liệu", 77),
    ("Số, ngày", 34),
    ("Bút lục", 18),
    ("Trang", 18),
    ("Số trang", 14),
)
"""Heading and width in millimetres."""


class RowArea(NamedTuple):
    """Where on a front page an index row stands: the page from 0, and the rectangle in points."""

    page: int
    rectangle: tuple[float, float, float, float]
    document: PlannedDocument


def day(date: dt.date | None) -> str:
    """Return the date as it is written in Vietnam; empty when there is none."""
    return f"{date:%d/%m/%Y}" if date is not None else ""


def _centred(
    canvas: Canvas, text: str, y: float, font: str, size: float, *, within: float = 400, step: float = 1.25
) -> float:
    for line in simpleSplit(text, font, size, within):
        canvas.setFont(font, size)
        canvas.drawCentredString(_WIDTH / 2 + (_LEFT - _RIGHT) / 2, y, line)
        y -= size * step
    return y


def _cover(canvas: Canvas, plan: BundlePlan, volume: PlannedVolume) -> None:
    request = plan.request
    left, right = _LEFT, _WIDTH - _RIGHT
    canvas.setFont(_REGULAR, 12)
    canvas.drawCentredString(left + 105, _HEIGHT - _TOP - 12, "VIỆN KIỂM SÁT NHÂN DÂN")
    y = _HEIGHT - _TOP - 28
    office = request.office_name.upper().removeprefix("VIỆN KIỂM SÁT NHÂN DÂN").removeprefix("VKSND").strip()
    for line in simpleSplit(office, _BOLD, 12, 210):
        canvas.setFont(_BOLD, 12)
        canvas.drawCentredString(left + 105, y, line)
        y -= 15
    canvas.line(left + 65, y + 8, left + 145, y + 8)
    canvas.setFont(_BOLD, 12)
    canvas.drawCentredString(right - 130, _HEIGHT - _TOP - 12, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM")
    canvas.drawCentredString(right - 130, _HEIGHT - _TOP - 28, "Độc lập – Tự do – Hạnh phúc")
    canvas.line(right - 205, _HEIGHT - _TOP - 34, right - 55, _HEIGHT - _TOP - 34)
    several = len(plan.volumes) > 1
    y = _centred(canvas, request.heading, _HEIGHT * 0.63, _BOLD, 26 if len(request.heading) < 24 else 20, within=440)
    if several:
        y = _centred(canvas, f"Tập {volume.number}/{len(plan.volumes)}", y - 4, _BOLD, 17)
    y = _centred(canvas, request.title, y - 4, _REGULAR, 15)
    y = _centred(canvas, request.case_name, y - 34, _BOLD, 17, within=430)
    y = _centred(canvas, f"Mã vụ án: {request.case_code}", y - 10, _REGULAR, 14) - 38
    documents = volume.documents if several else plan.documents
    said = [f"{len(documents)} tài liệu – {plan.page_count} trang (kể cả bìa và mục lục)"]
    if several:
        said = [
            f"{len(documents)} tài liệu – trang {volume.first_page}–{volume.last_page}",
            f"Cả bộ: {len(plan.documents)} tài liệu – {plan.page_count} trang, trong {len(plan.volumes)} tập",
        ]
    folios = {label for each in documents for label in each.document.folio_by_page.values()}
    if folios:
        said.append(f"{len(folios)} bút lục được dẫn trang")
    for line in said:
        y = _centred(canvas, line, y - 2, _REGULAR, 13)
    y -= 14
    for note in request.notes:
        y = _centred(canvas, note, y - 2, _REGULAR, 11, within=420)
    _centred(
        canvas, f"Lập ngày {request.made_on:%d} tháng {request.made_on:%m} năm {request.made_on:%Y}", 120, _REGULAR, 13
    )
    _centred(
        canvas,
        "Số trang đóng ở chân mỗi trang là số trang của tập"
        + (", chạy liên tục qua các tập" if several else "")
        + "; BL là số bút lục của hồ sơ gốc.",
        96,
        _REGULAR,
        10.5,
    )


def _breakable(text: str, font: str, size: float, width: float) -> str:
    """Cut words wider than the column, such as file names used as titles."""
    words = []
    for word in text.split():
        while pdfmetrics.stringWidth(word, font, size) > width:
            fits = next(
                (end for end in range(len(word) - 1, 1, -1) if pdfmetrics.stringWidth(word[:end], font, size) <= width),
                1,
            )
            # a range of pages is cut between its two numbers, not in the middle of one
            fits = word.rfind("–", 0, fits) + 1 or fits
            words.append(word[:fits])
            word = word[fits:]  # noqa: PLW2901 - the rest of the same word
        words.append(word)
    return " ".join(words)


def _lines(text: str, font: str, size: float, width: float, most: int) -> list[str]:
    lines = simpleSplit(_breakable(text, font, size, width), font, size, width)
    if len(lines) <= most:
        return list(lines)
    last = lines[most - 1]
    while last and pdfmetrics.stringWidth(last + "…", font, size) > width:
        last = last[:-1]
    return [*lines[: most - 1], last.rstrip() + "…"]


def _cells(canvas: Canvas, values: tuple[str, ...], y: float, *, bold: bool = False) -> None:
    x = _LEFT
    font, size = (_BOLD, 10) if bold else (_REGULAR, 10)
    for (_heading, millimetres), value, position in zip(COLUMNS, values, range(len(COLUMNS)), strict=True):
        width = millimetres * _MILLIMETRE
        lines = _lines(value, font, size, width - 6, _ROW_LINES)
        top = y + _ROW / 2 + (len(lines) - 1) * 5.5 - 3.3
        for offset, line in enumerate(lines):
            canvas.setFont(font, size)
            if position == 1 and not bold:
                canvas.drawString(x + 3, top - offset * 11, line)
            else:
                canvas.drawCentredString(x + width / 2, top - offset * 11, line)
        x += width


def _rules(canvas: Canvas, top: float, bottom: float, *, vertical: bool = True) -> None:
    x = _LEFT
    total = sum(width for _, width in COLUMNS) * _MILLIMETRE
    canvas.setLineWidth(0.5)
    canvas.line(_LEFT, bottom, _LEFT + total, bottom)
    if not vertical:
        canvas.line(_LEFT, top, _LEFT, bottom)
        canvas.line(_LEFT + total, top, _LEFT + total, bottom)
        return
    for _, width in (("", 0.0), *COLUMNS):
        x += width * _MILLIMETRE
        canvas.line(x, top, x, bottom)


def _title(planned: PlannedDocument) -> str:
    """Return what the index says of a document: of a title too long for its cell its end goes, not what is marked."""
    source = planned.document
    marks = [source.characteristics]
    if source.redacted:
        marks.append("đã che")
    if planned.same_as:
        marks.append(f"trùng STT {planned.same_as}")
    if planned.alike:
        marks.append(f"trùng nội dung STT {planned.alike}")
    if source.also:
        marks.append(f"bản trùng ở BL {source.also}")
    if source.main_page:
        last = source.main_page + source.page_count - 1
        marks.append(f"tập chính tr. {source.main_page}" + (f"–{last}" if last > source.main_page else ""))
    said = "; ".join(mark for mark in marks if mark)
    whole = source.title + (f" ({said})" if said else "")
    words = source.title.split()
    while said and len(words) > 1 and _cut(whole):
        words.pop()
        whole = f"{' '.join(words)}… ({said})"
    return whole


def _cut(title: str) -> bool:
    """Tell whether a title does not fit into its cell."""
    width = COLUMNS[1][1] * _MILLIMETRE - 6
    return len(simpleSplit(_breakable(title, _REGULAR, 10, width), _REGULAR, 10, width)) > _ROW_LINES


def draw_front(plan: BundlePlan, part: Part, volume: int) -> tuple[bytes, list[RowArea]]:
    """Draw cover and index of a part; return the PDF and where each row stands, for the links."""
    register_fonts()
    buffer = io.BytesIO()
    # the font a page begins with would otherwise be one that is not embedded
    canvas = Canvas(
        buffer,
        pagesize=A4,
        invariant=1,
        pageCompression=1,
        initialFontName=_REGULAR,  # type: ignore[arg-type]  # the stubs take it for a number
    )
    canvas.setTitle(f"{plan.request.case_code} – {plan.request.title}")
    if part.cover_pages:
        _cover(canvas, plan, plan.volumes[volume - 1])
        canvas.showPage()
    areas: list[RowArea] = []
    total = sum(width for _, width in COLUMNS) * _MILLIMETRE
    for number, rows in enumerate(part.index_pages):
        y = _HEIGHT - _TOP
        if number == 0:
            y = _centred(canvas, _heading(plan, part, volume), y - 16, _BOLD, 15) - 14
        canvas.setLineWidth(0.5)
        canvas.setFillGray(0.92)
        canvas.rect(_LEFT, y - _HEADER, total, _HEADER, stroke=0, fill=1)
        canvas.setFillGray(0)
        canvas.line(_LEFT, y, _LEFT + total, y)
        _rules(canvas, y, y - _HEADER)
        _cells(canvas, tuple(heading for heading, _ in COLUMNS), y - _HEADER, bold=True)
        y -= _HEADER
        for row in rows:
            bottom = y - _ROW
            if row.document is None:
                assert row.section is not None  # noqa: S101 - a row is one or the other
                _rules(canvas, y, bottom, vertical=False)
                canvas.setFont(_BOLD, 10.5)
                code = f"{row.section.code}. " if row.section.code else ""
                canvas.drawString(
                    _LEFT + 5,
                    bottom + _ROW / 2 - 3.5,
                    _lines(f"{code}{row.section.name}", _BOLD, 10.5, total - 10, 1)[0],
                )
            else:
                planned = row.document
                source = planned.document
                _rules(canvas, y, bottom)
                number_and_day = ", ".join(
                    each for each in (source.number and f"số {source.number}", day(source.date)) if each
                )
                pages = (
                    str(planned.first_page)
                    if planned.first_page == planned.last_page
                    else f"{planned.first_page}–{planned.last_page}"
                )
                if planned.volume != volume:
                    pages += f" (tập {planned.volume})"
                _cells(
                    canvas,
                    (
                        str(planned.position),
                        _title(planned),
                        number_and_day,
                        source.folios,
                        pages,
                        str(source.page_count),
                    ),
                    bottom,
                )
                areas.append(RowArea(part.cover_pages + number, (_LEFT, bottom, _LEFT + total, y), planned))
            y = bottom
        canvas.showPage()
    canvas.save()
    return buffer.getvalue(), areas


def _heading(plan: BundlePlan, part: Part, volume: int) -> str:
    if part.supplement:
        return f"MỤC LỤC TÀI LIỆU BỔ SUNG LẦN {part.supplement}"
    if len(plan.volumes) == 1:
        return "MỤC LỤC TÀI LIỆU"
    return "MỤC LỤC TÀI LIỆU CẢ BỘ" if volume == 1 else f"MỤC LỤC TÀI LIỆU TẬP {volume}"
