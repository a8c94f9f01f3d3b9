"""Files of lists as answers to a request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.http import FileResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.access.log import Act, Reader, cases_by_unit, or_withheld, record_list
from vks_plugin.access.log_queries import entries_by_unit, entries_told
from vks_plugin.access.models import AccessEntry
from vks_plugin.access.queries import OUT_OF_SCOPE
from vks_plugin.acts import tell
from vks_plugin.cases.models import CaseFile, CaseImport
from vks_plugin.errors import BadInput
from vks_plugin.exchange.columns import columns
from vks_plugin.exchange.exporting import Layout, export
from vks_plugin.exchange.writing import CONTENT_TYPES, FileType, Value, csv_blocks, workbook
from vks_plugin.language import speaking
from vks_plugin.text import ascii_file_name

SHEET = "Danh sách"
_EXPLAINED = ("Cột", "Tên tiếng Anh", "Phần mềm ngành", "Bắt buộc", "Giải thích")


LOG_SHEET = "Nhật ký truy cập"
LOG_HEADINGS = (
    "Lúc",
    "Người",
    "Tài khoản",
    "Siêu quản trị",
    "Việc",
    "Bị từ chối",
    "Vụ án",
    "Đơn vị",
    "Phần hồ sơ",
    "Tài liệu số",
    "Tên tài liệu",
    "Bút lục",
    "Số lượng",
    "Địa chỉ máy",
)
MOST_ENTRIES = 100_000
"""Entries of the access log in one file."""
_BLOCK = 1000


def _known_type(file_type: str) -> None:
    if file_type not in FileType.values:
        raise BadInput(_("Loại tệp phải là csv hoặc xlsx."), field="file_type")


def file_of_cases(
    user: User, cases: QuerySet[CaseFile], *, file_type: str, layout: str, reader: Reader
) -> HttpResponseBase:
    """Answer with these cases, as far as the person may see them; that they went out is logged.

    Raises:
        BadInput: there is no such file type or layout.
        Unavailable: it cannot be logged.
    """
    _known_type(file_type)
    if layout not in Layout.values:
        raise BadInput(_("Cách xếp dòng phải là case hoặc accused."), field="layout")
    headings, rows = export(user, cases, layout)
    by_unit = cases_by_unit(cases)
    with or_withheld(), transaction.atomic():
        record_list(reader, Act.CASE_LIST, by_unit)
        tell("list_exported", actor=user, case=None, file_type=file_type, cases=sum(by_unit.values()))
    name = f"danh-sach-vu-an-{timezone.localdate():%Y-%m-%d}"
    return _answer(name, file_type, headings, rows)


def file_of_log(user: User, entries: QuerySet[AccessEntry], *, file_type: str, reader: Reader) -> HttpResponseBase:
    """Answer with these entries of the access log, as the person may read them; that they went out is logged too.

    Raises:
        BadInput: there is no such file type, or there are too many entries for one file.
        Unavailable: it cannot be logged.
    """
    _known_type(file_type)
    keys = list(entries.values_list("pk", flat=True)[: MOST_ENTRIES + 1])
    if len(keys) > MOST_ENTRIES:
        raise BadInput(
            _("Có hơn %(most)d dòng: hãy chọn khoảng ngày ngắn hơn, hoặc lọc theo người, vụ án rồi xuất.")
            % {"most": MOST_ENTRIES}
        )
    with or_withheld():
        record_list(reader, Act.LOG, entries_by_unit(entries))
    return _answer(
        f"nhat-ky-truy-cap-{timezone.localdate():%Y-%m-%d}",
        file_type,
        list(LOG_HEADINGS),
        _log_rows(user, keys),
        sheet=LOG_SHEET,
    )


def _log_rows(user: User, keys: Sequence[int]) -> Iterator[list[Value]]:
    for start in range(0, len(keys), _BLOCK):
        rows = AccessEntry.objects.select_related("case", "unit").in_bulk(keys[start : start + _BLOCK])
        # rows are written while they are sent, when the request's language is long forgotten
        with speaking("vi"):
            block: list[list[Value]] = [
                [
                    f"{timezone.localtime(each.entry.at):%d/%m/%Y %H:%M:%S}",
                    each.entry.actor_name,
                    each.entry.actor_username,
                    "x" if each.entry.is_superuser else "",
                    each.entry.act_label,
                    "x" if each.entry.refused else "",
                    _(OUT_OF_SCOPE) if each.hidden else each.case_code,
                    each.entry.unit.short_name,
                    each.entry.get_part_display() if each.entry.part else "",
                    each.entry.document_id,
                    each.title,
                    each.folios,
                    each.entry.count,
                    each.entry.address or "",
                ]
                for each in entries_told(user, [rows[key] for key in keys[start : start + _BLOCK]])
            ]
        yield from block


def _answer(
    name: str, file_type: str, headings: list[str], rows: Iterable[list[Value]], *, sheet: str = SHEET
) -> HttpResponseBase:
    response: HttpResponseBase
    if file_type == FileType.CSV:
        response = StreamingHttpResponse(csv_blocks(headings, rows), content_type=CONTENT_TYPES[FileType.CSV])
    else:
        # closed by the response
        response = FileResponse(workbook([(sheet, headings, rows)]), content_type=CONTENT_TYPES[FileType.XLSX])
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
            if column.source != "told"
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
