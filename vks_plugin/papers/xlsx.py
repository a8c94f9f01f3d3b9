"""A form as XLSX, to be sorted and copied from."""

from __future__ import annotations

import io
from collections.abc import Sequence
from math import ceil

from openpyxl import Workbook
from openpyxl.cell.cell import TYPE_STRING
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from vks_plugin.papers import layout
from vks_plugin.papers.layout import Column, OfficialPaper, writable

FONT = "Times New Roman"
_INCH = 25.4
_LETTER = 2.1
"""Width of an average letter at size 12, in millimetres."""
_LINE = 16.0
"""Height of a line at size 12, in points."""

_EDGE = Side(style="thin")
_FRAMED = Border(left=_EDGE, right=_EDGE, top=_EDGE, bottom=_EDGE)


def _say(
    sheet: Worksheet,
    row: int,
    column: int,
    text: str,
    *,
    bold: bool = False,
    italic: bool = False,
    size: int = 12,
    align: str = "center",
) -> None:
    """Write a text; one that begins with an equals sign stays a text and is no formula."""
    cell = sheet.cell(row=row, column=column)
    cell.value = writable(text)
    cell.data_type = TYPE_STRING
    cell.font = Font(name=FONT, size=size, bold=bold, italic=italic)
    cell.alignment = Alignment(horizontal=align, vertical="center", wrap_text=True)


def _line(
    sheet: Worksheet, row: int, first: int, last: int, text: str, *, size: int = layout.BODY_SIZE, **how: object
) -> None:
    if last > first:
        sheet.merge_cells(start_row=row, start_column=first, end_row=row, end_column=last)
    _say(sheet, row, first, text, size=size, **how)  # type: ignore[arg-type]  # handed on as given
    width = sum(float(sheet.column_dimensions[get_column_letter(each)].width) for each in range(first, last + 1))
    # merged cells do not grow by themselves
    larger = size / 12
    height = _LINE * larger * max(1, ceil(len(text) * larger / max(int(width), 1)))
    sheet.row_dimensions[row].height = max(float(sheet.row_dimensions[row].height or 0), height)


def _table(
    sheet: Worksheet,
    first: int,
    columns: Sequence[Column],
    heads: Sequence[Sequence[str]],
    rows: Sequence[Sequence[str]],
) -> int:
    """Write a table from a row of the sheet on; return the last row it takes."""
    row = first - 1
    for place, headings in enumerate(heads):
        row += 1
        for number, heading in enumerate(headings, start=1):
            _say(sheet, row, number, heading, bold=not place)
            sheet.cell(row=row, column=number).border = _FRAMED
    for values in rows:
        row += 1
        lines = 1
        for number, (value, column) in enumerate(zip(values, columns, strict=True), start=1):
            _say(sheet, row, number, value, align=column.align)
            sheet.cell(row=row, column=number).border = _FRAMED
            lines = max(lines, -(-len(value) // max(int(column.width / _LETTER), 1)))
        sheet.row_dimensions[row].height = _LINE * lines
    return row


def as_xlsx(paper: OfficialPaper) -> bytes:
    """Return the form as XLSX."""
    book = Workbook()
    sheet = book.active
    sheet.title = "Biểu"
    columns = len(paper.grid)
    for number, column in enumerate(paper.grid, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = round(column.width / _LETTER, 1)
    half = max(columns // 2, 1)
    row = 1
    for left, right, bold, size in (
        (paper.higher_agency.upper(), layout.NATIONAL_TITLE, False, layout.NATIONAL_SIZE),
        (paper.agency.upper(), layout.MOTTO, True, layout.MOTTO_SIZE),
    ):
        _line(sheet, row, 1, half, left, bold=bold, size=layout.AGENCY_SIZE)
        _line(sheet, row, half + 1, columns, right, bold=True, size=size)
        row += 1
    if paper.number or paper.dated:
        _line(sheet, row, 1, half, paper.number, size=layout.NUMBER_SIZE)
        _line(sheet, row, half + 1, columns, paper.dated, italic=True, size=layout.DATED_SIZE)
        row += 1
    row += 1
    _line(sheet, row, 1, columns, paper.title, bold=True, size=layout.TITLE_SIZE)
    for text in paper.subject:
        row += 1
        _line(sheet, row, 1, columns, text, bold=True)
    for text in paper.subtitle:
        row += 1
        _line(sheet, row, 1, columns, text)
    for text in paper.opening:
        row += 1
        _line(sheet, row, 1, columns, text, align="left")
    if paper.columns:
        first = row + 2
        row = _table(sheet, first, paper.columns, paper.heads, paper.rows)
        head = first + len(paper.heads) - 1
        sheet.print_title_rows = f"{first}:{head}"
        sheet.freeze_panes = f"A{head + 1}"
    for text in paper.closing:
        row += 1
        _line(sheet, row, 1, columns, text, align="left")
    row += 1
    signatures = [*paper.signatures, *paper.later_signatures]
    if paper.dated_below:
        row += 1
        _line(sheet, row, half + 1, columns, paper.dated_below, italic=True, size=layout.DATED_SIZE)
    for number, signature in enumerate(signatures):
        # two beside each other; the last alone on the right
        on_right = number % 2 == 1 or number == len(signatures) - 1
        first, last = (half + 1, columns) if on_right else (1, half)
        for offset, (text, bold, italic) in enumerate(
            (
                (signature.title, True, False),
                (signature.note, False, True),
                ("", False, False),
                (signature.name, True, False),
                *([(signature.post, False, False)] if signature.post else []),
            )
        ):
            _line(sheet, row + 1 + offset, first, last, text, bold=bold, italic=italic)
        sheet.row_dimensions[row + 3].height = 5 * _LINE
        row += 5 if number % 2 == 1 else 0
    if paper.recipients:
        row = sheet.max_row + 2
        _line(
            sheet,
            row,
            1,
            columns,
            layout.RECIPIENTS_TITLE,
            bold=True,
            italic=True,
            align="left",
            size=layout.RECIPIENTS_TITLE_SIZE,
        )
        for text in paper.recipient_lines:
            row += 1
            _line(sheet, row, 1, columns, text, align="left", size=layout.RECIPIENTS_SIZE)
    if paper.annex is not None:
        row = sheet.max_row + 3
        _line(sheet, row, 1, columns, paper.annex.title, bold=True, size=layout.TITLE_SIZE)
        for text in paper.annex.subtitle:
            row += 1
            _line(sheet, row, 1, columns, text)
        heads = [[column.heading for column in paper.annex.columns]]
        row = _table(sheet, row + 2, paper.annex.columns, heads, paper.annex.rows)
        for text in paper.annex.closing:
            row += 1
            _line(sheet, row, 1, columns, text, align="left")
    _page(sheet, is_wide=paper.is_wide)
    book.properties.title, book.properties.creator = writable(paper.title), writable(paper.agency)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _page(sheet: Worksheet, *, is_wide: bool) -> None:
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.orientation = sheet.ORIENTATION_LANDSCAPE if is_wide else sheet.ORIENTATION_PORTRAIT
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    margins = sheet.page_margins
    margins.top = margins.bottom = layout.TOP / _INCH
    margins.left, margins.right = layout.LEFT / _INCH, layout.RIGHT / _INCH
    margins.header = margins.footer = layout.TOP / 2 / _INCH
    sheet.HeaderFooter.differentFirst = True
    sheet.oddHeader.center.text = "&P"
