"""From the bytes of a file to rows of cells: CSV in the encodings offices have, and XLSX.

A file comes from outside: it may be another kind of file under that name, broken, or made to exhaust the server.
"""

from __future__ import annotations

import codecs
import csv
import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO

from django.utils.translation import gettext as _

from vks_plugin.conf import configuration
from vks_plugin.errors import BadInput, TooLarge
from vks_plugin.exchange.cells import Raw, text_of
from vks_plugin.exchange.columns import IGNORED, KEY, Column, by_heading, plain_heading

_HEADING_WITHIN = 20
"""Rows in which the heading is looked for: lists often carry a title above it."""
_SAMPLE = 200_000
"""Letters looked at to find out what separates the cells."""
_MOST_COLUMNS = 250
_MOST_SHEETS = 30
_MOST_PARTS = 2000
_UNPACKED = 10
"""How many times `VKS_MAX_IMPORT_BYTES` the unpacked parts of a workbook may take."""
_MOST_BLANK = 5000
"""Blank rows one after another that end a sheet: a format down to the last row makes a million of them."""


@dataclass(frozen=True)
class Cell:
    """One cell that is not empty."""

    raw: Raw
    place: str
    """As a spreadsheet program calls it: `D7`."""
    heading: str
    """As it stands in the file."""


@dataclass(frozen=True)
class Line:
    """One row, its cells by the name of their column."""

    number: int
    cells: dict[str, Cell]


@dataclass
class Sheet:
    """A list as it was read."""

    lines: list[Line]
    columns: list[str]
    """Names of the columns found, in the order of the file."""
    unknown: list[str] = field(default_factory=list)
    """Headings that are none of ours."""
    told: list[str] = field(default_factory=list)
    """What else there is to say of the file."""


class _ErrorCell(str):
    """What a formula that failed left in its cell."""

    __slots__ = ()


Row = Sequence[Raw]


def read_file(path: Path, *, name: str) -> Sheet:
    """Read a list.

    Raises:
        BadInput: it is no list of cases in a format known here.
        TooLarge: more bytes or rows than the settings allow.
    """
    limits = configuration()
    if path.stat().st_size > limits.max_import_bytes:
        raise TooLarge(
            _("Tệp %(name)s lớn hơn %(limit)d MB: hãy chia thành nhiều tệp.")
            % {"name": name, "limit": limits.max_import_bytes // (1024 * 1024)},
            field="file",
        )
    with path.open("rb") as stream:
        head = stream.read(8)
    if not head:
        raise BadInput(_("Tệp %(name)s rỗng.") % {"name": name}, field="file")
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise BadInput(
            _("Tệp %(name)s là Excel kiểu cũ (.xls) hoặc có mật khẩu: hãy lưu lại thành .xlsx không mật khẩu.")
            % {"name": name},
            field="file",
        )
    if head.startswith(b"PK"):
        # by its content: the library would go by the ending of a name, which is ours
        with path.open("rb") as stream:
            return _workbook(stream, name)
    return _text_file(path.read_bytes(), name)


def _nothing_found(name: str, missing: Iterable[str] = ()) -> BadInput:
    wanted = by_heading()
    headings = [wanted[plain_heading(each)].heading for each in (missing or KEY)]
    return BadInput(
        _("Tệp %(name)s không có dòng tiêu đề với các cột: %(columns)s. Hãy dùng tệp mẫu.")
        % {"name": name, "columns": "; ".join(headings)},
        field="file",
    )


# --- the heading


@dataclass
class _Heading:
    columns: dict[int, tuple[Column, str]]
    unknown: list[str]
    missing: list[str]


def _as_heading(row: Row) -> _Heading:
    known = by_heading()
    found: dict[int, tuple[Column, str]] = {}
    unknown: list[str] = []
    taken: set[str] = set()
    for index, raw in enumerate(row[:_MOST_COLUMNS]):
        words = text_of(raw)
        plain = plain_heading(words)
        if plain in IGNORED:
            continue
        column = known.get(plain)
        if column is None or column.name in taken:
            unknown.append(words[:80])
            continue
        if column.source == "told":
            continue
        taken.add(column.name)
        found[index] = (column, words)
    return _Heading(found, unknown, [each for each in KEY if each not in taken])


def _sheet(rows: Iterable[tuple[int, Row]], name: str) -> Sheet:
    """Find the heading and name the cells below it.

    Raises:
        BadInput: there is no heading.
        TooLarge: there are too many rows.
    """
    most = configuration().max_import_rows
    best: _Heading | None = None
    heading: _Heading | None = None
    lines: list[Line] = []
    looked = 0
    for number, row in rows:
        if heading is None:
            looked += 1
            candidate = _as_heading(row)
            if not candidate.missing:
                heading = candidate
            elif best is None or len(candidate.columns) > len(best.columns):
                best = candidate
            if heading is None and looked >= _HEADING_WITHIN:
                break
            continue
        cells = {
            column.name: Cell(row[index], f"{_letters(index)}{number}", words)
            for index, (column, words) in heading.columns.items()
            if index < len(row) and (isinstance(row[index], _ErrorCell) or text_of(row[index]))
        }
        if not cells:
            continue
        if len(lines) >= most:
            raise TooLarge(
                _("Tệp %(name)s có quá %(most)d dòng: hãy chia thành nhiều tệp.") % {"name": name, "most": most},
                field="file",
            )
        lines.append(Line(number, cells))
    if heading is None:
        raise _nothing_found(name, best.missing if best is not None and best.columns else ())
    if not lines:
        raise BadInput(_("Tệp %(name)s không có dòng nào dưới dòng tiêu đề.") % {"name": name}, field="file")
    return Sheet(lines, [column.name for column, _words in heading.columns.values()], heading.unknown)


def _letters(index: int) -> str:
    """Return the letters of a column: A, B … Z, AA."""
    words = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        words = chr(65 + rest) + words
    return words


# --- text


def _text_file(content: bytes, name: str) -> Sheet:
    text = _decoded(content, name)
    first = text[:10].lstrip("\ufeff\r\n ").lower()
    if first.startswith("sep=") and len(first) > 4:
        # what Excel writes to tell itself
        separator, text = first[4], text.partition("\n")[2]
    else:
        sample = text[:_SAMPLE]
        separator = max(",;\t", key=lambda each: _headings_found(_csv_rows(sample, each)))
    try:
        return _sheet(_csv_rows(text, separator), name)
    except csv.Error as error:
        raise BadInput(
            _("Tệp %(name)s không phải CSV đọc được: hãy lưu lại thành CSV UTF-8 hoặc .xlsx.") % {"name": name},
            field="file",
        ) from error


def _headings_found(rows: Iterator[tuple[int, Row]]) -> int:
    """Return how many columns the best of the first rows names."""
    found = 0
    with suppress(csv.Error):
        for _number, row in islice(rows, _HEADING_WITHIN):
            found = max(found, len(_as_heading(row).columns))
    return found


def _csv_rows(text: str, separator: str) -> Iterator[tuple[int, Row]]:
    # counted as a spreadsheet program does, for which a cell of several lines is one row
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    yield from enumerate(reader, start=1)


def _decoded(content: bytes, name: str) -> str:
    """Return the text of a file in whatever encoding it is.

    Raises:
        BadInput: it is no text.
    """
    refused = BadInput(
        _("Tệp %(name)s không phải bảng tính: hãy nộp tệp CSV hoặc .xlsx.") % {"name": name}, field="file"
    )
    try:
        if content.startswith(codecs.BOM_UTF8):
            return content.decode("utf-8-sig")
        if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return content.decode("utf-16")
        sample = content[:4096]
        if sample.count(0) > len(sample) // 10:
            little = sum(not byte for byte in sample[1::2]) > sum(not byte for byte in sample[::2])
            return content.decode("utf-16-le" if little else "utf-16-be")
    except UnicodeDecodeError as error:
        raise refused from error
    if b"\0" in content:
        raise refused
    for encoding in ("utf-8", "cp1258"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise refused


# --- workbooks


def _workbook(stream: IO[bytes], name: str) -> Sheet:
    """Read the first sheet that has a heading.

    Raises:
        BadInput: it is no workbook, or one made to do harm.
        TooLarge: there are too many rows, or it unpacks into too much.
    """
    _refuse_harmful(stream, name)
    # half a second of imports that only a workbook needs
    from openpyxl import load_workbook  # noqa: PLC0415

    try:
        book = load_workbook(stream, read_only=True, data_only=True, keep_links=False)
    except Exception as error:
        # the library raises whatever the parts of a broken file make it stumble over
        raise _broken(name) from error
    try:
        refusal: BadInput | None = None
        for sheet in book.worksheets[:_MOST_SHEETS]:
            try:
                found = _sheet(_sheet_rows(sheet), name)
            except TooLarge:
                raise
            except BadInput as error:
                refusal = refusal or error
                continue
            except Exception as error:
                raise _broken(name) from error
            if len(book.worksheets) > 1:
                found.told.append(_("Đã đọc trang tính “%(title)s”.") % {"title": str(sheet.title)[:60]})
            return found
        raise refusal if refusal is not None else _nothing_found(name)
    finally:
        book.close()


def _broken(name: str) -> BadInput:
    return BadInput(_("Tệp %(name)s bị hỏng hoặc không phải .xlsx: hãy lưu lại.") % {"name": name}, field="file")


def _sheet_rows(sheet: object) -> Iterator[tuple[int, Row]]:
    reader: object = sheet
    # what the file says of its own size is not to be relied on
    reader.reset_dimensions()  # type: ignore[attr-defined]
    blank = 0
    for number, cells in enumerate(reader.iter_rows(max_col=_MOST_COLUMNS), start=1):  # type: ignore[attr-defined]
        row = [_ErrorCell(cell.value) if cell.data_type == "e" else cell.value for cell in cells]
        blank = 0 if any(each is not None for each in row) else blank + 1
        if blank > _MOST_BLANK:
            return
        yield number, row


def is_error(raw: Raw) -> bool:
    """Tell whether a formula failed in this cell."""
    return isinstance(raw, _ErrorCell)


def _refuse_harmful(stream: IO[bytes], name: str) -> None:
    """Look at what a workbook is made of before anything unpacks it.

    Raises:
        BadInput: it is no archive of a workbook, or its XML declares entities.
        TooLarge: its parts are many or large.
    """
    limit = configuration().max_import_bytes * _UNPACKED
    try:
        with zipfile.ZipFile(stream) as archive:
            parts = archive.infolist()
            # what is declared bounds what can be read: the library stops there
            if len(parts) > _MOST_PARTS or sum(part.file_size for part in parts) > limit:
                raise TooLarge(
                    _("Tệp %(name)s giải nén ra quá lớn: hãy lưu lại chỉ với danh sách vụ án, hoặc dùng CSV.")
                    % {"name": name},
                    field="file",
                )
            if "[Content_Types].xml" not in archive.namelist():
                raise _broken(name)
            for part in parts:
                if part.filename.lower().endswith((".xml", ".rels")) and _declares_entities(archive, part):
                    raise _broken(name)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, zlib.error) as error:
        raise _broken(name) from error


def _declares_entities(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    seen = b""
    with archive.open(part) as stream:
        while block := stream.read(1024 * 1024):
            seen = seen[-16:] + block
            if b"<!DOCTYPE" in seen or b"<!ENTITY" in seen:
                return True
    return False
