"""Lists of cases as files, in every form offices send them in, and files made to do harm."""

from __future__ import annotations

import io
import unicodedata
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

HEADINGS = (
    "Tên vụ án",
    "Số quyết định khởi tố",
    "Ngày quyết định khởi tố",
    "Cơ quan ra quyết định khởi tố",
    "Bị can, bị cáo",
)
ROWS: tuple[tuple[Any, ...], ...] = (
    (
        "Nguyễn Văn Ánh – Trộm cắp tài sản",
        "169",
        "28/09/2021",
        "Cơ quan Cảnh sát điều tra Công an tỉnh",
        "Nguyễn Văn Ánh (1990, nam): 173.2",
    ),
    (
        "Đỗ Thị Ước – Cố ý gây thương tích",
        "170/QĐ-CSĐT",
        "01/03/2022",
        "Cơ quan Cảnh sát điều tra Công an tỉnh",
        "Đỗ Thị Ước (12/05/1991, nữ): 134.1; Lê Văn “Tý”",
    ),
)


def csv_text(rows: Sequence[Sequence[Any]], *, separator: str = ",") -> str:
    """Return rows as the text of a CSV file, every cell quoted."""
    quoted = (separator.join('"' + str(cell).replace('"', '""') + '"' for cell in row) for row in rows)
    return "".join(f"{line}\r\n" for line in quoted)


def vietnamese_code_page(text: str) -> bytes:
    """Return text in Windows-1258, in which a tone stands behind its letter."""
    out = bytearray()
    for letter in unicodedata.normalize("NFC", text):
        try:
            out += letter.encode("cp1258")
            continue
        except UnicodeEncodeError:
            parts = unicodedata.normalize("NFD", letter)
        tones = [each for each in parts if each in "\u0300\u0301\u0303\u0309\u0323"]
        base = unicodedata.normalize("NFC", "".join(each for each in parts if each not in tones))
        out += (base + "".join(tones)).encode("cp1258")
    return bytes(out)


def workbook_bytes(rows: Sequence[Sequence[Any]], *, title: str = "Danh sách", before: Sequence[str] = ()) -> bytes:
    """Return rows as a workbook; `before` names empty sheets that stand before it."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for each in before:
        book.create_sheet(each)
    sheet = book.create_sheet(title)
    for row in rows:
        sheet.append(list(row))
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def changed_part(workbook: bytes, part: str, content: bytes) -> bytes:
    """Return the workbook with one part replaced or added."""
    source, target = zipfile.ZipFile(io.BytesIO(workbook)), io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for each in source.infolist():
            if each.filename != part:
                made.writestr(each.filename, source.read(each.filename))
        made.writestr(part, content)
    return target.getvalue()


def written(folder: Path, content: bytes | str, name: str = "danh-sach.csv") -> Path:
    """Write a file and return where it is."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path
