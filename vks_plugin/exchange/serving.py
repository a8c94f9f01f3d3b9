"""Files of lists as answers to a request."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import FileResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.cases.models import CaseFile, CaseImport
from vks_plugin.errors import BadInput
from vks_plugin.exchange.columns import columns
from vks_plugin.exchange.exporting import Layout, export
from vks_plugin.exchange.writing import CONTENT_TYPES, FileType, Value, csv_blocks, workbook
from vks_plugin.language import speaking
from vks_plugin.text import ascii_file_name

SHEET = "Danh sách"
_EXPLAINED = ("Cột", "Tên tiếng Anh", "Phần mềm ngành", "Bắt buộc", "Giải thích")


def file_of_cases(user: User, cases: QuerySet[CaseFile], *, file_type: str, layout: str) -> HttpResponseBase:
    """Answer with these cases, as far as the person may see them.

    Raises:
        BadInput: there is no such file type or layout.
    """
    if file_type not in FileType.values:
        raise BadInput(_("Loại tệp phải là csv hoặc xlsx."), field="file_type")
    if layout not in Layout.values:
        raise BadInput(_("Cách xếp dòng phải là case hoặc accused."), field="layout")
    headings, rows = export(user, cases, layout)
    name = f"danh-sach-vu-an-{timezone.localdate():%Y-%m-%d}"
    return _answer(name, file_type, headings, rows)


def _answer(name: str, file_type: str, headings: list[str], rows: Iterable[list[Value]]) -> HttpResponseBase:
    response: HttpResponseBase
    if file_type == FileType.CSV:
        response = StreamingHttpResponse(csv_blocks(headings, rows), content_type=CONTENT_TYPES[FileType.CSV])
    else:
        # closed by the response
        response = FileResponse(workbook([(SHEET, headings, rows)]), content_type=CONTENT_TYPES[FileType.XLSX])
    return _named(response, f"{name}.{file_type}")


def _named(response: HttpResponseBase, name: str) -> HttpResponseBase:
    response["Content-Disposition"] = (
        f"attachment; filename=\"{ascii_file_name(name)}\"; filename*=UTF-8''{quote(name, safe='')}"
    )
    response["Cache-Control"] = "private, no-store"
    return response


def template() -> HttpResponseBase:
    """Answer with an empty list to fill in, and a second sheet that explains its columns."""
    with speaking("vi"):
        known = columns()
        common = [
            column.heading for column in known if column.source in {"case", "assignment"} or column.name == "victim"
        ]
        explained: list[list[Value]] = [
            [
                column.heading,
                column.name,
                column.national,
                "x" if column.required else "",
                # nothing said is not the heading of the catalogue
                _(column.help) if column.help else "",
            ]
            for column in known
        ]
        content = workbook([(SHEET, common, []), ("Giải thích", _EXPLAINED, explained)])
    return _named(FileResponse(content, content_type=CONTENT_TYPES[FileType.XLSX]), "mau-danh-sach-vu-an.xlsx")


def report_of(row: CaseImport) -> HttpResponseBase:
    """Answer with what became of each row of a list."""
    with speaking("vi"):
        rows: list[list[Value]] = [
            [each.row, each.get_outcome_display(), each.code, " ".join(each.sentences)] for each in row.rows.all()
        ]
    return _answer(f"ket-qua-nap-{row.pk}", FileType.XLSX, ["Dòng", "Kết quả", "Mã vụ án", "Ghi chú"], rows)
