"""From rows of values to the bytes of a file; what a spreadsheet program would run as a formula is guarded."""

from __future__ import annotations

import csv
import datetime as dt
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from vks_plugin.exchange.cells import guarded, written_day
from vks_plugin.text import composed

Value = str | int | dt.date | None


class FileType(TextChoices):
    """What a list can be written as."""

    XLSX = "xlsx", _("Excel (.xlsx)")
    CSV = "csv", "CSV (UTF-8)"


CONTENT_TYPES = {
    FileType.CSV: "text/csv; charset=utf-8",
    FileType.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

_WIDTH = 24
_TRUSTED_FROM = dt.date(1900, 3, 1)
"""Before this day Excel counts one that never was."""
_BLOCK = 200


class _Line:
    """Stands where a file would, for the writer of rows to write into."""

    def write(self, text: str) -> str:
        """Hand the row back."""
        return text


def csv_blocks(headings: Sequence[str], rows: Iterable[Sequence[Value]]) -> Iterator[str]:
    """Yield the file piece by piece, with the mark by which Excel knows UTF-8."""
    writer: Any = csv.writer(_Line(), lineterminator="\r\n")
    block = ["\ufeff", writer.writerow([guarded(each) for each in headings])]
    for row in rows:
        block.append(writer.writerow([_as_text(value) for value in row]))
        if len(block) >= _BLOCK:
            yield "".join(block)
            block = []
    yield "".join(block)


def _as_text(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, dt.date):
        return written_day(value)
    return guarded(value) if isinstance(value, str) else str(value)


def write_workbook(target: IO[bytes], sheets: Sequence[tuple[str, Sequence[str], Iterable[Sequence[Value]]]]) -> None:
    """Write sheets, each with its title, headings and rows; the heading stays in sight when the rows are scrolled."""
    # half a second of imports that only a workbook needs
    from openpyxl import Workbook  # noqa: PLC0415
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415
    from openpyxl.styles import Alignment, Font  # noqa: PLC0415
    from openpyxl.utils import get_column_letter  # noqa: PLC0415

    book = Workbook(write_only=True)
    for title, headings, rows in sheets:
        sheet = book.create_sheet(title)
        sheet.freeze_panes = "A2"
        for index in range(1, len(headings) + 1):
            sheet.column_dimensions[get_column_letter(index)].width = _WIDTH
        heading = []
        for words in headings:
            cell = WriteOnlyCell(sheet, value=guarded(words))
            cell.font, cell.alignment = Font(bold=True), Alignment(wrap_text=True, vertical="top")
            heading.append(cell)
        sheet.append(heading)
        for row in rows:
            sheet.append([_as_cell(sheet, value, WriteOnlyCell) for value in row])
    book.save(target)


def _as_cell(sheet: Any, value: Value, kind: Any) -> Any:
    if isinstance(value, dt.date) and value >= _TRUSTED_FROM:
        cell = kind(sheet, value=value)
        cell.number_format = "dd/mm/yyyy"
        return cell
    if isinstance(value, dt.date):
        value = written_day(value)
    if isinstance(value, str):
        # a text that looks like a formula, a number or a date stays a text
        cell = kind(sheet, value=guarded(composed(value)))
        cell.data_type = "s"
        return cell
    return value


def workbook(sheets: Sequence[tuple[str, Sequence[str], Iterable[Sequence[Value]]]]) -> IO[bytes]:
    """Return a finished workbook as an open file, read from its start; it lies on disk when it is large."""
    # closed by whoever sends it
    target = tempfile.SpooledTemporaryFile(max_size=2 * 1024 * 1024, suffix=".xlsx")  # noqa: SIM115
    write_workbook(target, sheets)
    target.seek(0)
    return target
