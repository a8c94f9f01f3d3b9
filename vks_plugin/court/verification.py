"""Judging a finished bundle, whoever made it, by what courts abroad commonly ask of one.

Vietnamese law makes no such rules, but for the list of documents in a file: rows that rest on no other source are customs of
foreign courts or of the trade, and say whose.

Reads the file with pypdf, for words also with pdfium, and knows nothing of the program that wrote it: what it accepts, a stranger's reader accepts.
Numbers of rows are those of the project's list of requirements; each row names its source.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import pypdfium2
from pypdf import PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, NullObject

from vks_plugin.court.words import page_of, text_of_page
from vks_plugin.filing.signatures import (
    INTEGRITY_LABELS,
    VERDICT_LABELS,
    NotRead,
    Verdict,
    is_installed,
    read_apart,
)

_NUMBER = re.compile(r"(?:\btrang|\btr\.|\bpage|\bp\.)\s*([A-Z]?\d+[a-z]?)(?:\s*/\s*\d+)?", re.IGNORECASE)
_ALONE = re.compile(r"[–—\-\s]*([A-Z]?\d{1,6}[a-z]?)[–—\-\s]*")
_FOLIO = re.compile(r"\bBL\s+(\d+[a-z]{0,3})\b")
_DUPLICATE = re.compile(r"\btrùng\b|\bduplicate\b", re.IGNORECASE)
_FILE_NAME = re.compile(r".*\d.*[ _-].*(\d{4}-\d{2}-\d{2}|\d{2}[-.]\d{2}[-.]\d{4}).*")
_MOST_DOTS = 300
"""Of a scanned page, an inch; a tenth more is taken for rounding."""
_MOST_NAMED = 10
_LONG_ENOUGH = 200
"""Letters a document has before its text is compared with another's: forms left empty are alike."""
_RUNNING = (
    "/JavaScript",
    "/Launch",
    "/SubmitForm",
    "/ImportData",
    "/GoToR",
    "/GoToE",
    "/URI",
    "/Movie",
    "/Sound",
    "/Rendition",
)
_MEDIA = ("/Widget", "/FileAttachment", "/Screen", "/Movie", "/Sound", "/RichMedia", "/3D")
_POINTS = 72.0
_DEEPEST = 40


class State(StrEnum):
    """How a row stands."""

    MET = "dat"
    BROKEN = "khong_dat"
    LOOK = "can_xem"
    NOT_ASKED = "khong_ap_dung"
    NOT_TOLD = "khong_kiem"


WORDS = {
    State.MET: "đạt",
    State.BROKEN: "KHÔNG ĐẠT",
    State.LOOK: "cần xem",
    State.NOT_ASKED: "không áp dụng",
    State.NOT_TOLD: "máy không kiểm được",
}


@dataclass(frozen=True)
class Row:
    """One requirement and how the bundle meets it."""

    number: int
    name: str
    source: str
    state: State
    sentence: str
    pages: tuple[str, ...] = ()
    """Labels of pages the sentence is about; the first of them."""

    def as_data(self) -> dict[str, Any]:
        """Return the row for scripts."""
        return {
            "row": self.number,
            "name": self.name,
            "source": self.source,
            "state": self.state.value,
            "sentence": self.sentence,
            "pages": list(self.pages),
        }


@dataclass
class _Page:
    label: str
    text: str
    numbers: frozenset[str]
    folios: tuple[str, ...]
    dots: int
    pictures: bool
    hidden_by_number: bool
    links: list[tuple[int, str]] = field(default_factory=list)
    """Target page from 0, or -1, and the kind of view it asks for."""


@dataclass
class _File:
    path: Path
    size: int
    sha256: str
    pages: list[_Page] = field(default_factory=list)
    outline: list[tuple[int, str, int, bool]] = field(default_factory=list)
    """Depth, title, page from 0 or -1, whether the reader's zoom is kept."""
    opening: str = ""
    forbidden: set[str] = field(default_factory=set)
    loose_fonts: set[str] = field(default_factory=set)
    dumb_fonts: set[str] = field(default_factory=set)
    title: str = ""
    language: str = ""
    tagged: bool = False
    signed: bool = False
    everything: str = ""
    """Words outside the pages: titles, bookmarks, notes, metadata."""


@dataclass(frozen=True)
class Asked:
    """What the bundle is compared with, besides the rules."""

    manifest: dict[str, Any] | None = None
    earlier: Path | None = None
    """A bundle that this one adds to."""
    absent: tuple[str, ...] = ()
    """Words that were taken out and may stand nowhere."""
    megabytes: int = 0
    """The court's limit for one file; 0 for none."""
    roots: Path | None = None
    """Folder or file of the certificates that are trusted; without them nobody vouches for who signed."""


def verify(paths: Sequence[Path], asked: Asked | None = None) -> list[Row]:
    """Judge a bundle: its volumes in their order."""
    asked = asked or Asked()
    files = []
    for path in paths:
        try:
            files.append(_read(path))
        except (PyPdfError, OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            sentence = f"Không đọc được {path.name}: {type(error).__name__}."
            return [Row(1, "Một tệp PDF, hoặc các tập theo thứ tự", "Anh, Canada", State.BROKEN, sentence)]
    judge = _Judge(files, asked)
    return judge.rows()


def is_sound(rows: Iterable[Row]) -> bool:
    """Tell whether no requirement is broken."""
    return all(row.state != State.BROKEN for row in rows)


def _resolve(value: Any) -> Any:
    for _level in range(_DEEPEST):
        if not isinstance(value, IndirectObject):
            break
        value = value.get_object()
    return None if isinstance(value, NullObject) else value


def _entries(value: Any) -> DictionaryObject:
    found = _resolve(value)
    return found if isinstance(found, DictionaryObject) else DictionaryObject()


def _read(path: Path) -> _File:
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    reader = PdfReader(path)
    found = _File(path, path.stat().st_size, digest)
    if reader.is_encrypted:
        found.forbidden.add("mã hóa")
        if not reader.decrypt(""):
            message = "locked"
            raise ValueError(message)
    labels = list(reader.page_labels)
    numbers = {page.indirect_reference.idnum: at for at, page in enumerate(reader.pages) if page.indirect_reference}
    seen: set[int] = set()
    for at, page in enumerate(reader.pages):
        found.pages.append(_page(page, labels[at], numbers, found, seen))
    _outline(reader, reader.outline, numbers, found, 0)
    _catalogue(reader, found)
    return found


def _page(page: Any, label: str, numbers: dict[int, int], found: _File, seen: set[int]) -> _Page:
    pieces: list[tuple[float, float, float, str]] = []

    def note(text: str, user: Any, matrix: Any, _font: Any, size: Any) -> None:
        if text.strip():
            x, y = float(matrix[4]), float(matrix[5])
            a, b, c, d, e, f = (float(value) for value in user)
            pieces.append((a * x + c * y + e, b * x + d * y + f, abs(float(size or 1)), text.strip()))

    text = unicodedata.normalize("NFC", page.extract_text(visitor_text=note) or "")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    said = {number for line in lines for number in _NUMBER.findall(line)}
    edge = [*lines[:3], *lines[-3:]]
    said |= {alone[1] for line in edge if (alone := _ALONE.fullmatch(line))}
    pictures, dots = _pictures(page)
    _fonts(page, found, seen)
    if "/AA" in page:
        found.forbidden.add("lệnh tự chạy của trang")
    result = _Page(
        label=label,
        text=text,
        numbers=frozenset(said),
        folios=tuple(_FOLIO.findall(text)),
        dots=dots,
        pictures=pictures,
        hidden_by_number=_overlaps(pieces, label),
    )
    for reference in _resolve(page.get("/Annots")) or []:
        _annotation(_entries(reference), numbers, found, result)
    return result


def _overlaps(pieces: Sequence[tuple[float, float, float, str]], label: str) -> bool:
    """Tell whether other words begin on the line of the page's number, right of where that line begins.

    A reader of text joins what one program put on one line: what it does not join was put there by another.
    """
    stamps = [piece for piece in pieces if label in _NUMBER.findall(piece[3]) or piece[3] == label]
    if not stamps:
        return False
    x, y, size, words = stamps[-1]
    return any(
        abs(other_y - y) < size * 0.6 and other_x >= x
        for other_x, other_y, _size, other in pieces
        if (other_x, other_y, other) != (x, y, words)
    )


def _pictures(page: Any) -> tuple[bool, int]:
    """Return whether pictures stand on the page, and the resolution of one that fills it."""
    width = float(page.cropbox.width) / _POINTS * float(page.get("/UserUnit", 1))
    most = 0
    some = False
    objects = _entries(_entries(page.get("/Resources")).get("/XObject"))
    for name in objects:
        picture = _entries(objects.get(name))
        if picture.get("/Subtype") != "/Image":
            continue
        some = True
        # what fills the page is what was scanned; a small picture may well be finer
        if len(objects) == 1 and width:
            pixels = max(int(picture.get("/Width", 0)), 0)
            most = max(most, round(pixels / width))
    return some, most


def _fonts(page: Any, found: _File, seen: set[int]) -> None:
    fonts = _entries(_entries(page.get("/Resources")).get("/Font"))
    for key in fonts:
        reference = fonts.raw_get(key)
        if isinstance(reference, IndirectObject):
            if reference.idnum in seen:
                continue
            seen.add(reference.idnum)
        font = _entries(reference)
        name = str(font.get("/BaseFont", key))
        if font.get("/Subtype") == "/Type3":
            continue
        below = _resolve(font.get("/DescendantFonts"))
        described = _entries(below[0]) if isinstance(below, ArrayObject) and below else font
        descriptor = _entries(described.get("/FontDescriptor"))
        if not any(file in descriptor for file in ("/FontFile", "/FontFile2", "/FontFile3")):
            found.loose_fonts.add(name)
        if font.get("/Subtype") == "/Type0" and "/ToUnicode" not in font:
            found.dumb_fonts.add(name)


def _annotation(annotation: DictionaryObject, numbers: dict[int, int], found: _File, page: _Page) -> None:
    kind = str(annotation.get("/Subtype", ""))
    if kind in _MEDIA and not _is_signature(annotation):
        found.forbidden.add(
            {"/Widget": "ô biểu mẫu", "/FileAttachment": "tệp đính kèm"}.get(kind, "âm thanh, hình ảnh động")
        )
    found.everything += f"\n{annotation.get('/Contents', '')}"
    action = _entries(annotation.get("/A"))
    does = str(action.get("/S", ""))
    if does in _RUNNING:
        found.forbidden.add(f"liên kết hoặc lệnh {does[1:]}")
    if "/AA" in annotation:
        found.forbidden.add("lệnh tự chạy của chú thích")
    if kind == "/Link" and does not in _RUNNING:
        target = annotation.get("/Dest") if "/Dest" in annotation else action.get("/D")
        page.links.append(_target(target, numbers))


def _target(value: Any, numbers: dict[int, int]) -> tuple[int, str]:
    """Return the page a destination leads to, from 0 or -1, and its view with its zoom."""
    target = _resolve(value)
    if not isinstance(target, ArrayObject) or not target:
        return -1, ""
    first = list.__getitem__(target, 0)
    at = numbers.get(first.idnum, -1) if isinstance(first, IndirectObject) else -1
    zoom = _resolve(target[4]) if len(target) > 4 else None
    view = str(target[1]) if len(target) > 1 else ""
    return at, f"{view} {zoom if zoom is not None else ''}".strip()


def _outline(reader: PdfReader, items: Any, numbers: dict[int, int], found: _File, depth: int) -> None:
    if depth > _DEEPEST:
        return
    for item in items:
        if isinstance(item, list):
            _outline(reader, item, numbers, found, depth + 1)
            continue
        page = reader.get_destination_page_number(item)
        zoom = _resolve(item.get("/Zoom"))
        kept = str(item.typ) == "/XYZ" and (zoom is None or not float(zoom))
        title = unicodedata.normalize("NFC", str(item.title))
        found.everything += f"\n{title}"
        found.outline.append((depth, title, -1 if page is None else page, kept))


def _is_signature(field: DictionaryObject) -> bool:
    """Tell whether this is a signature, its place on a page among that, with nothing that would run."""
    return str(field.get("/FT", "")) == "/Sig" and "/V" in field and not {"/A", "/AA", "/Kids"} & set(field)


def _catalogue(reader: PdfReader, found: _File) -> None:
    root = _entries(reader.trailer["/Root"])
    names = _entries(root.get("/Names"))
    for key, words in (("/JavaScript", "mã JavaScript"), ("/EmbeddedFiles", "tệp đính kèm")):
        if key in names:
            found.forbidden.add(words)
    for key, words in (("/AcroForm", "biểu mẫu"), ("/AA", "lệnh tự chạy"), ("/Collection", "gói nhiều tệp")):
        if key in root:
            found.forbidden.add(words)
    form = _entries(root.get("/AcroForm"))
    fields = _resolve(form.get("/Fields"))
    if "/XFA" not in form and isinstance(fields, ArrayObject) and fields:
        found.signed = all(_is_signature(_entries(each)) for each in fields)
        if found.signed:
            # a form of signatures alone asks nobody to fill anything in
            found.forbidden.discard("biểu mẫu")
    opening = _resolve(root.get("/OpenAction"))
    if isinstance(opening, DictionaryObject):
        does = str(opening.get("/S", ""))
        if does != "/GoTo":
            found.forbidden.add(f"lệnh {does[1:]} khi mở tệp")
        opening = _resolve(opening.get("/D"))
    if isinstance(opening, ArrayObject):
        found.opening = _target(opening, {})[1]
    found.language = str(root.get("/Lang", ""))
    found.tagged = "/MarkInfo" in root
    information: dict[str, Any] = dict(reader.metadata or {})
    found.title = str(information.get("/Title", "") or "")
    found.everything += "\n".join(str(value) for value in information.values())
    metadata = _resolve(root.get("/Metadata"))
    if metadata is not None and hasattr(metadata, "get_data"):
        found.everything += metadata.get_data().decode("utf-8", "replace")


def _named(labels: Sequence[str]) -> str:
    more = f" và {len(labels) - _MOST_NAMED} trang nữa" if len(labels) > _MOST_NAMED else ""
    return ", ".join(labels[:_MOST_NAMED]) + more


class _Judge:
    """Looks at the same facts row after row."""

    def __init__(self, files: list[_File], asked: Asked) -> None:
        self._files = files
        self._asked = asked
        self._pages = [page for file in files for page in file.pages]

    def rows(self) -> list[Row]:
        """Judge every row."""
        judges: list[tuple[int, str, str, Callable[[], tuple[State, str, Sequence[str]]]]] = [
            (1, "Một tệp PDF, hoặc các tập theo thứ tự", "Anh, Canada", self._one_bundle),
            (2, "Máy đánh số, từ trang đầu kể cả mục lục", "Anh 2021", self._numbered),
            (3, "Số đóng = nhãn trang = vị trí", "Anh; California 8.74", self._one_number),
            (4, "Số chạy liên tục qua các tập", "California", self._runs_on),
            (
                6,
                "Bút lục ghi cạnh số trang, có bảng đối chiếu",
                "đề xuất của phần mềm (đối chiếu TTLT 04/2018)",
                self._folios,
            ),
            (7, "Số đóng không che nội dung", "Thực hành tòa Anh", self._hides_nothing),
            (8, "Mục lục đủ tài liệu", "BLTTHS Điều 131", self._index),
            (9, "Mỗi dòng mục lục dẫn tới trang đầu của tài liệu", "Anh", self._links),
            (10, "Mỗi tài liệu, mỗi nhóm có dấu trang kèm số trang", "Anh", self._bookmarks),
            (11, "Dấu trang giữ mức phóng; mở ở 100%", "California; Anh", self._zoom),
            (12, "Trang có chữ thì chọn được chữ, Unicode dựng sẵn", "Anh, California", self._text),
            (13, "Trang ngang đọc từ trái sang phải", "Anh", self._orientation),
            (14, "Ảnh không quá 300 dpi; dung lượng theo tòa", "Anh", self._weight),
            (15, "Tên tệp: mã vụ, tên tập, ngày", "Anh", self._name),
            (16, "Trang thêm sau không làm đổi trang đã dẫn", "Anh", self._cites),
            (18, "Không trùng tài liệu, trừ khi ghi rõ", "Tòa thương mại Anh", self._duplicates),
            (19, "Không lệnh chạy, biểu mẫu, tệp kèm, mã hóa", "CM/ECF Hoa Kỳ", self._forbidden),
            (21, "Phông nhúng, chữ Việt đọc lại đúng", "PDF/A", self._fonts),
            (23, "Bản in có cùng số trang", "Anh, Ấn Độ", self._print),
            (25, "Thông tin đã che là đã bỏ", "ABA, California", self._redacted),
            (26, "Có tên tài liệu, ngôn ngữ, thứ tự đọc", "WCAG, PDF/UA", self._accessible),
            (28, "Bảng kê có mã băm khớp với tệp", "chưa có ở phần mềm nguồn mở", self._manifest),
            (29, "Chữ ký số, nếu có, còn giá trị", "PAdES", self._signatures),
        ]
        found = []
        for number, name, source, judge in judges:
            state, sentence, pages = judge()
            found.append(Row(number, name, source, state, sentence, tuple(pages[:_MOST_NAMED])))
        return found

    def _one_bundle(self) -> tuple[State, str, Sequence[str]]:
        empty = [file.path.name for file in self._files if not file.pages]
        if empty:
            return State.BROKEN, f"{empty[0]} không có trang nào.", ()
        return State.MET, f"{len(self._files)} tệp, {len(self._pages)} trang.", ()

    def _numbered(self) -> tuple[State, str, Sequence[str]]:
        bare = [page.label for page in self._pages if not page.numbers]
        if bare:
            return State.BROKEN, f"Không đọc thấy số đóng ở {len(bare)} trang: {_named(bare)}.", bare
        return State.MET, "Trang nào cũng đọc được số.", ()

    def _one_number(self) -> tuple[State, str, Sequence[str]]:
        first = self._files[0].pages[0].label
        expected = int(first) if first.isdecimal() else 1
        wrong = []
        for number, page in enumerate(self._pages, start=expected):
            if page.label != str(number) or page.label not in page.numbers:
                wrong.append(str(number))
        if wrong:
            return State.BROKEN, f"Số đóng, nhãn và vị trí không là một ở {len(wrong)} trang: {_named(wrong)}.", wrong
        return State.MET, f"Số đóng, nhãn và vị trí là một, từ {expected} đến {expected + len(self._pages) - 1}.", ()

    def _runs_on(self) -> tuple[State, str, Sequence[str]]:
        if len(self._files) == 1:
            return State.NOT_ASKED, "Chỉ có một tệp.", ()
        for one, other in zip(self._files, self._files[1:], strict=False):
            last, first = one.pages[-1].label, other.pages[0].label
            if not (last.isdecimal() and first.isdecimal() and int(last) + 1 == int(first)):
                return (
                    State.BROKEN,
                    f"{one.path.name} hết ở trang {last}, {other.path.name} bắt đầu ở trang {first}.",
                    (),
                )
        return State.MET, "Tập sau nối số của tập trước.", ()

    def _folios(self) -> tuple[State, str, Sequence[str]]:
        by_label = {page.label: page for page in self._pages}
        rows = [row for each in (self._asked.manifest or {}).get("documents", ()) for row in each.get("folios", ())]
        if rows:
            lost = [
                str(row["folio"])
                for row in rows
                if str(row["page"]) not in by_label or str(row["folio"]) not in by_label[str(row["page"])].folios
            ]
            if lost:
                return State.BROKEN, f"Bảng kê ghi bút lục {_named(lost)} nhưng trang đó không đóng.", lost
            return State.MET, f"{len(rows)} bút lục trong bảng kê đều ở đúng trang.", ()
        marked = sum(bool(page.folios) for page in self._pages)
        if not marked:
            return State.NOT_ASKED, "Không trang nào ghi bút lục.", ()
        return State.LOOK, f"{marked} trang ghi bút lục; muốn đối chiếu thì đưa cả bảng kê.", ()

    def _hides_nothing(self) -> tuple[State, str, Sequence[str]]:
        hidden = [page.label for page in self._pages if page.hidden_by_number]
        if hidden:
            return State.LOOK, f"Số đóng có thể đè lên chữ khác ở trang {_named(hidden)}.", hidden
        return State.MET, "Không có chữ nào nằm dưới số đóng; dấu và nét trong ảnh quét thì xem bằng mắt.", ()

    def _leaves(self, file: _File) -> Iterator[tuple[str, int]]:
        for at, (depth, title, page, _kept) in enumerate(file.outline):
            below = at + 1 < len(file.outline) and file.outline[at + 1][0] > depth
            if depth and not below:
                yield title, page

    def _index(self) -> tuple[State, str, Sequence[str]]:
        wanted = (self._asked.manifest or {}).get("documents")
        targets = {
            (number, page) for number, file in enumerate(self._files) for each in file.pages for page, _v in each.links
        }
        leaves = sum(1 for file in self._files for _leaf in self._leaves(file))
        if wanted is not None:
            if leaves != len(wanted):
                return State.BROKEN, f"Bảng kê có {len(wanted)} tài liệu, dấu trang có {leaves}.", ()
            return State.MET, f"Đủ {leaves} tài liệu của bảng kê.", ()
        if not targets:
            return State.BROKEN, "Không thấy mục lục có liên kết.", ()
        if len(targets) < leaves:
            return State.BROKEN, f"Mục lục dẫn tới {len(targets)} tài liệu, dấu trang có {leaves}.", ()
        return State.MET, f"Mục lục dẫn tới {len(targets)} tài liệu.", ()

    def _links(self) -> tuple[State, str, Sequence[str]]:
        lost = [page.label for page in self._pages if any(at < 0 for at, _view in page.links)]
        if lost:
            return State.BROKEN, f"Có liên kết không dẫn tới trang nào, ở trang {_named(lost)}.", lost
        missed = []
        for file in self._files:
            reached = {at for page in file.pages for at, _view in page.links}
            missed += [title for title, page in self._leaves(file) if page not in reached]
        if missed:
            return (
                State.BROKEN,
                f"Mục lục không dẫn tới “{missed[0]}”"
                + (f" và {len(missed) - 1} tài liệu nữa." if len(missed) > 1 else "."),
                (),
            )
        count = sum(len(page.links) for page in self._pages)
        return (
            (State.MET, f"{count} liên kết đều dẫn đúng.", ())
            if count
            else (State.BROKEN, "Không có liên kết nào.", ())
        )

    def _bookmarks(self) -> tuple[State, str, Sequence[str]]:
        bare = [file.path.name for file in self._files if not file.outline]
        if bare:
            return State.BROKEN, f"{bare[0]} không có dấu trang.", ()
        for file in self._files:
            for _depth, title, page, _kept in file.outline:
                if page < 0:
                    return State.BROKEN, f"Dấu trang “{title}” không dẫn tới trang nào.", ()
                label = file.pages[page].label
                if not re.search(rf"(?<!\d){re.escape(label)}(?!\d)", title):
                    return State.LOOK, f"Dấu trang “{title}” không ghi số trang {label}.", (label,)
        return State.MET, f"{sum(len(file.outline) for file in self._files)} dấu trang, dấu nào cũng ghi số trang.", ()

    def _zoom(self) -> tuple[State, str, Sequence[str]]:
        fixed = [title for file in self._files for _depth, title, _page, kept in file.outline if not kept]
        if fixed:
            return State.BROKEN, f"Dấu trang “{fixed[0]}” làm đổi mức phóng của người đọc.", ()
        odd = [file.path.name for file in self._files if file.opening not in {"/XYZ 1", "/XYZ 1.0"}]
        if odd:
            return State.LOOK, f"{odd[0]} không mở ở 100%.", ()
        return State.MET, "Dấu trang giữ mức phóng; tệp mở ở 100%.", ()

    def _text(self) -> tuple[State, str, Sequence[str]]:
        apart = [page.label for page in self._pages if any(unicodedata.combining(letter) for letter in page.text)]
        if apart:
            return State.BROKEN, f"Chữ Việt bị tách dấu ở trang {_named(apart)}.", apart
        # a line or two is what the program that made the bundle put there
        mute = [page.label for page in self._pages if page.pictures and len(page.text) < _LONG_ENOUGH]
        if mute:
            return State.LOOK, f"{len(mute)} trang ảnh gần như không có chữ chọn được: {_named(mute)}.", mute
        return State.MET, "Trang nào cũng có chữ chọn được.", ()

    def _orientation(self) -> tuple[State, str, Sequence[str]]:
        return State.NOT_TOLD, "Cần người xem: có trang nào nằm ngang hoặc lộn ngược không.", ()

    def _weight(self) -> tuple[State, str, Sequence[str]]:
        limit = self._asked.megabytes * 1024 * 1024
        heavy = [file.path.name for file in self._files if limit and file.size > limit]
        if heavy:
            return State.BROKEN, f"{heavy[0]} nặng quá {self._asked.megabytes} MB.", ()
        fine = [page.label for page in self._pages if page.dots > _MOST_DOTS * 1.1]
        if fine:
            return State.LOOK, f"{len(fine)} trang quét trên 300 dpi: {_named(fine)}.", fine
        return State.MET, f"Nặng nhất {max(file.size for file in self._files) / 1024 / 1024:.1f} MB.", ()

    def _name(self) -> tuple[State, str, Sequence[str]]:
        odd = [file.path.name for file in self._files if not _FILE_NAME.fullmatch(file.path.stem)]
        if odd:
            return State.LOOK, f"Tên {odd[0]} không cho biết mã vụ, tên tập và ngày.", ()
        return State.MET, "Tên tệp có mã vụ, tên tập và ngày.", ()

    def _cites(self) -> tuple[State, str, Sequence[str]]:
        if self._asked.earlier is None:
            return State.NOT_ASKED, "Không đưa tập trước để so.", ()
        try:
            before = _read(self._asked.earlier)
        except (PyPdfError, OSError, ValueError, KeyError, TypeError) as error:
            return State.BROKEN, f"Không đọc được tập trước: {type(error).__name__}.", ()
        now = {page.label: _without_numbers(page.text) for page in self._pages}
        links = {page.label for page in before.pages if page.links}
        first = before.pages[0].label if before.pages else ""
        # cover and index say how much there is, and may say something else now
        moved = [
            page.label
            for page in before.pages
            if page.label not in links | {first} and now.get(page.label) != _without_numbers(page.text)
        ]
        if moved:
            return State.BROKEN, f"Trang {_named(moved)} của tập trước nay là trang khác.", moved
        return State.MET, f"{len(before.pages)} trang của tập trước giữ nguyên số.", ()

    def _duplicates(self) -> tuple[State, str, Sequence[str]]:
        seen: dict[str, str] = {}
        marked = any(_DUPLICATE.search(page.text) for page in self._pages if page.links)
        for file in self._files:
            leaves = list(self._leaves(file))
            starts = sorted({page for _depth, _title, page, _kept in file.outline if page >= 0} | {len(file.pages)})
            for title, page in leaves:
                end = next((start for start in starts if start > page), len(file.pages))
                text = "".join(_without_numbers(each.text) for each in file.pages[page:end])
                if len(text) < _LONG_ENOUGH:
                    continue
                other = seen.setdefault(hashlib.sha256(text.encode()).hexdigest(), title)
                if other != title and not marked:
                    return State.LOOK, f"“{title}” và “{other}” có cùng nội dung chữ.", (file.pages[page].label,)
        return State.MET, "Không có hai tài liệu cùng nội dung chữ mà không ghi rõ.", ()

    def _forbidden(self) -> tuple[State, str, Sequence[str]]:
        found = sorted({each for file in self._files for each in file.forbidden})
        if found:
            return State.BROKEN, f"Tệp còn có: {', '.join(found)}.", ()
        return State.MET, "Không có lệnh chạy, biểu mẫu, tệp kèm, âm thanh, hình động hay mã hóa.", ()

    def _fonts(self) -> tuple[State, str, Sequence[str]]:
        dumb = sorted({font for file in self._files for font in file.dumb_fonts})
        loose = sorted({font for file in self._files for font in file.loose_fonts})
        if dumb:
            return State.LOOK, f"Phông không cho đọc lại chữ: {', '.join(dumb[:_MOST_NAMED])}.", ()
        if loose:
            return State.LOOK, f"Phông không nhúng: {', '.join(loose[:_MOST_NAMED])}.", ()
        return State.MET, "Mọi phông đều nhúng và đọc lại được. Chuẩn PDF/A: dùng phần mềm riêng để kiểm.", ()

    def _print(self) -> tuple[State, str, Sequence[str]]:
        return State.NOT_TOLD, "Số trang nằm trên trang nên bản in mang cùng số; in hai mặt thì xem bằng mắt.", ()

    def _redacted(self) -> tuple[State, str, Sequence[str]]:
        if not self._asked.absent:
            return State.NOT_ASKED, "Không nêu chữ nào phải vắng mặt.", ()
        # fonts that share a word's letters out put it in pieces for one reader of text and not for another
        shown = [
            (page.label, _folded(f"{page.text}\n{other}"))
            for page, other in zip(self._pages, self._seen(), strict=True)
        ]
        for word in self._asked.absent:
            wanted = _folded(word)
            left = [label for label, text in shown if wanted in text]
            if left:
                return (
                    State.BROKEN,
                    f"Chữ phải vắng mặt thứ {self._asked.absent.index(word) + 1} còn ở trang {_named(left)}.",
                    left,
                )
            if any(wanted in _folded(file.everything) for file in self._files):
                return State.BROKEN, "Chữ phải vắng mặt còn ở tên tệp, dấu trang, chú thích hoặc thuộc tính.", ()
        return State.MET, f"{len(self._asked.absent)} chữ phải vắng mặt không còn ở trang nào và thuộc tính nào.", ()

    def _seen(self) -> Iterator[str]:
        """Yield each page's text as another reader finds it."""
        for file in self._files:
            pdf = pypdfium2.PdfDocument(file.path)
            pdf.init_forms()
            try:
                for at in range(len(pdf)):
                    page = page_of(pdf, at)
                    yield text_of_page(page)
                    page.close()
            finally:
                pdf.close()

    def _accessible(self) -> tuple[State, str, Sequence[str]]:
        bare = [file.path.name for file in self._files if not file.title or not file.language]
        if bare:
            return State.LOOK, f"{bare[0]} thiếu tên tài liệu hoặc ngôn ngữ.", ()
        if not all(file.tagged for file in self._files):
            return State.LOOK, "Có tên và ngôn ngữ; thứ tự đọc không được đánh dấu.", ()
        return State.MET, "Có tên, ngôn ngữ và thứ tự đọc.", ()

    def _manifest(self) -> tuple[State, str, Sequence[str]]:
        manifest = self._asked.manifest
        if manifest is None:
            return State.NOT_ASKED, "Không đưa bảng kê.", ()
        told = [each.get("sha256") for each in manifest.get("volumes", ())]
        if told != [file.sha256 for file in self._files]:
            return State.BROKEN, "Mã băm của tệp khác bảng kê: tệp đã bị sửa, hoặc không phải tập này.", ()
        ranges = [*manifest.get("documents", ()), *manifest.get("indexes", ())]
        covered = sorted(page for each in ranges for page in range(each["first_page"], each["last_page"] + 1))
        if covered != list(range(1, int(manifest.get("pages", 0)) + 1)):
            return State.BROKEN, "Bảng kê không cho biết nguồn của mọi trang, hoặc có trang hai nguồn.", ()
        if not manifest.get("ledger_checkpoint"):
            return State.LOOK, "Mã băm khớp; bảng kê không có điểm chốt sổ cái.", ()
        return State.MET, "Mã băm khớp, trang nào cũng có nguồn, có điểm chốt sổ cái.", ()

    def _signatures(self) -> tuple[State, str, Sequence[str]]:
        if not any(file.signed for file in self._files):
            return State.NOT_ASKED, "Không có chữ ký số.", ()
        if not is_installed():
            return State.NOT_TOLD, "Máy này chưa cài phần đọc chữ ký số (vks-plugin[signatures]).", ()
        verdicts, told = [], []
        for file in self._files:
            try:
                found = read_apart(file.path, self._asked.roots) if file.signed else []
            except NotRead as refusal:
                return State.BROKEN, f"{file.path.name}: {refusal}", ()
            if not found:
                verdicts.append(Verdict.INVALID)
                told.append(f"{file.path.name} không được ký")
            for each in found:
                verdicts.append(each.verdict)
                label = VERDICT_LABELS[each.verdict].lower()
                at = dt.datetime.fromisoformat(each.said_at).astimezone() if each.said_at else None
                when = f" lúc {at:%H:%M %d/%m/%Y}" if at is not None else ""
                told.append(f"{each.signer or '?'} ký{when}: {label}, {INTEGRITY_LABELS[each.integrity].lower()}")
        sentence = f"{'; '.join(told[:_MOST_NAMED])}. Thu hồi chỉ xét theo dữ liệu kèm trong tệp."
        if Verdict.INVALID in verdicts:
            return State.BROKEN, sentence, ()
        return (State.MET if set(verdicts) == {Verdict.VALID} else State.LOOK), sentence, ()


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def _without_numbers(text: str) -> str:
    """Return the words of a page without what a bundle stamps on it."""
    kept = [
        line
        for line in text.splitlines()
        if line.strip() and not _NUMBER.search(line) and not _ALONE.fullmatch(line.strip())
    ]
    return " ".join(" ".join(kept).split())


def read_manifest(path: Path) -> dict[str, Any]:
    """Return a manifest.

    Raises:
        ValueError: it is none.
        OSError: it cannot be read.
    """
    found = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(found, dict) or "volumes" not in found or "documents" not in found:
        message = "no manifest"
        raise ValueError(message)
    return found
