"""Judging a finished bundle, whoever made it, by what courts abroad commonly ask of one.

Vietnamese law makes no such rules, but for the list of documents in a file: rows that rest on no other source are customs of
foreign courts or of the trade, and say whose.

What stands in the file is read by `finished`, with pypdf and pdfium: what is accepted, a stranger's reader accepts.
Numbers of rows are those of the project's list of requirements; each row names its source.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pypdfium2
from pypdf.errors import PyPdfError

from vks_plugin.court.finished import NUMBER, File, Page, read_file
from vks_plugin.court.finished_deck import read_deck
from vks_plugin.court.shown import MOST_APART, are_untold
from vks_plugin.court.upright import knows_up, which_way_up
from vks_plugin.court.words import page_of, text_of_page
from vks_plugin.custody.verify_ledger import LedgerError, PublicKey, open_checkpoint, parse_checkpoint, parse_note
from vks_plugin.filing.signatures import (
    NotRead,
    Verdict,
    is_installed,
    read_apart,
    read_detached,
)
from vks_plugin.hashing import sha256_of
from vks_plugin.pdfium import pdfium_document

_DUPLICATE = re.compile(r"\btrùng\b|\bduplicate\b", re.IGNORECASE)
_ADDITION = re.compile(r"\bbổ sung lần \d|\bphần thêm\b|\bsupplement(?:ary|al)?\b", re.IGNORECASE)
_REDACTED = re.compile(r"\bđã che\b|\bredacted\b", re.IGNORECASE)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}|\d{2}[-._]\d{2}[-._]\d{4}|(?<!\d)20\d{6}(?!\d)")
_MOST_DOTS, _FEWEST_DOTS = 300, 200
"""Of a scanned page, an inch."""
_ROUNDED = 1.1
"""A tenth more is taken for rounding."""
_MOST_NAMED = 10
_LONG_ENOUGH = 200
"""Letters a page or a document has before its text is compared with another's: forms left empty are alike."""
_MUTE = 20
"""Letters of its own below which a page of pictures has no text."""
_MARGIN = 11.0
"""Points at the edge of a sheet that printers leave white."""
_A4 = (597.0, 844.0)
_SAME_TITLE = 18
"""Letters of a bookmark looked for in its row of the index, which may be cut."""
_MOST_TURNED = 40
"""Scanned pages without words that are looked at for which way up they stand, about a second each."""
_UNREADABLE = (
    *(PyPdfError, pypdfium2.PdfiumError, OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError),
    MemoryError,
)
"""What is raised by files that somebody made badly, or made to do harm."""


class State(StrEnum):
    """How a row stands."""

    MET = "dat"
    BROKEN = "khong_dat"
    LOOK = "can_xem"
    NOT_ASKED = "khong_ap_dung"
    LATER = "de_sau"


WORDS = {
    State.MET: "đạt",
    State.BROKEN: "KHÔNG ĐẠT",
    State.LOOK: "cần xem",
    State.NOT_ASKED: "không áp dụng",
    State.LATER: "để sau",
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


@dataclass(frozen=True)
class Asked:
    """What the bundle is compared with, besides the rules."""

    manifest: dict[str, Any] | None = None
    earlier: tuple[Path, ...] = ()
    """A bundle that this one adds to, its volumes in their order."""
    absent: tuple[str, ...] = ()
    """Words that were taken out and may stand nowhere."""
    megabytes: int = 0
    """The court's limit for one file; 0 for none."""
    roots: Path | None = None
    """Folder or file of the certificates that are trusted; without them nobody vouches for who signed."""
    manifest_path: Path | None = None
    """Where the manifest lies; its signature lies beside it."""
    again: tuple[Path, ...] = ()
    """The same bundle, made once more from the same papers."""
    deck: Path | None = None
    """Folder of the deck that is shown beside the bundle."""
    ledger_keys: tuple[PublicKey, ...] = ()
    """Whose signatures of the ledger's heads count; without one nobody vouches for the head in the manifest."""
    sources: Path | None = None
    """Folder of the papers it was made of, under whatever names."""


_Judged = tuple[State, str, Sequence[str]]


class _FolioRow(NamedTuple):
    """A folio in the manifest."""

    folio: str
    page: str
    """Its label."""
    row: int
    """Of the index."""
    back: bool
    """Whether it is the back of that sheet."""

    @property
    def said(self) -> str:
        return self.folio + (" (mặt sau)" if self.back else "")


def verify(paths: Sequence[Path], asked: Asked | None = None) -> list[Row]:
    """Judge a bundle: its volumes in their order."""
    asked = asked or Asked()
    files = []
    for path in paths:
        try:
            files.append(read_file(path))
        except _UNREADABLE as error:
            sentence = f"Không đọc được {path.name}: {type(error).__name__}."
            return [Row(1, "Một tệp PDF, hoặc các tập theo thứ tự", "Anh, Canada", State.BROKEN, sentence)]
    return _Judge(files, asked).rows()


def is_sound(rows: Iterable[Row]) -> bool:
    """Tell whether no requirement is broken."""
    return all(row.state != State.BROKEN for row in rows)


def _named(labels: Sequence[str], thing: str = "trang") -> str:
    more = f" và {len(labels) - _MOST_NAMED} {thing} nữa" if len(labels) > _MOST_NAMED else ""
    return ", ".join(labels[:_MOST_NAMED]) + more


def _later(name: str) -> Callable[[], _Judged]:
    return lambda: (State.LATER, name, ())


def _if_read(judge: Callable[[], _Judged]) -> Callable[[], _Judged]:
    """Leave to a person what stands in a page that cannot be drawn or read once more."""

    def judged() -> _Judged:
        try:
            return judge()
        except _UNREADABLE as error:
            return State.LOOK, f"Không xét được hết các trang: {type(error).__name__}.", ()

    return judged


class _Judge:
    """Looks at the same facts row after row."""

    def __init__(self, files: list[File], asked: Asked) -> None:
        self._files = files
        self._asked = asked
        manifest: Mapping[str, Any] = asked.manifest or {}
        addition = manifest.get("addition") or {}
        self._adds = len(files) == 1 and bool(addition) and addition.get("sha256") == files[0].sha256
        """Whether the only file is what was added last, which the manifest of the whole bundle lists too."""
        self._manifest = _of_addition(manifest, addition) if self._adds else manifest
        self._pages = [page for file in files for page in file.pages]
        self._by_label = {page.label: page for page in self._pages}
        self._shown = read_deck(asked.deck) if asked.deck is not None else None

    def rows(self) -> list[Row]:
        """Judge every row."""
        judges: list[tuple[int, str, str, Callable[[], _Judged]]] = [
            (1, "Một tệp PDF, hoặc các tập theo thứ tự", "Anh, Canada", self._one_bundle),
            (2, "Máy đánh số, từ trang đầu kể cả mục lục", "Anh 2021", self._numbered),
            (3, "Số đóng = nhãn trang = vị trí", "Anh; California 8.74", self._one_number),
            (4, "Số chạy liên tục qua các tập", "California", self._runs_on),
            (5, "Đánh số theo nhóm (A1, B1)", "PD27A Anh", _later("Kiểu đánh số này chưa xét.")),
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
            (13, "Trang ngang đọc từ trái sang phải, không trang nào lộn ngược", "Anh", _if_read(self._orientation)),
            (14, "Ảnh 200–300 dpi; dung lượng theo tòa", "Anh", self._weight),
            (15, "Tên tệp: mã vụ, tên tập, ngày", "Anh", self._name),
            (16, "Trang thêm sau không làm đổi trang đã dẫn", "Anh", self._cites),
            (17, "Tập lõi giữ số trang của tập chính", "Anh", _later("Đối chiếu tập lõi với tập chính: chưa xét.")),
            (18, "Không trùng tài liệu, trừ khi ghi rõ", "Tòa thương mại Anh", self._duplicates),
            (19, "Không lệnh chạy, biểu mẫu, tệp kèm, mã hóa", "CM/ECF Hoa Kỳ", self._forbidden),
            (20, "Mọi phông đều nhúng (một phần của PDF/A)", "Hoa Kỳ, lưu trữ", self._embedded),
            (21, "Chữ Việt chép ra đúng", "PDF/A", self._glyphs),
            (22, "Khổ A4, bìa chừa góc cho dấu của tòa", "Canada", _later("Khổ giấy và góc bìa: chưa xét.")),
            (23, "Bản in có cùng số trang, in hai mặt không mất số", "Anh, Ấn Độ", self._print),
            (24, "Bản dịch đứng ngay sau bản tiếng nước ngoài", "Tòa thương mại Anh", _later("Chưa xét.")),
            (25, "Thông tin đã che là đã bỏ", "ABA, California", _if_read(self._redacted)),
            (26, "Có tên tài liệu, ngôn ngữ, thứ tự đọc", "WCAG, PDF/UA", self._accessible),
            (27, "Lập lại thì từng byte như cũ", "chưa có ở phần mềm nguồn mở", self._again),
            (28, "Bảng kê có mã băm khớp với tệp", "chưa có ở phần mềm nguồn mở", self._listed),
            (29, "Chữ ký số, nếu có, còn giá trị", "PAdES", self._signatures),
            (30, "Từ bút lục tra ngược về tài liệu", "chưa có ở phần mềm nguồn mở", self._reverse),
            (31, "Bài trình chiếu dẫn bút lục, mở được khi không có mạng", "CV 3659/VKSTC-C2", self._deck),
            (32, "Gõ số bút lục thì tới ngay trang", "Thực hành trình chiếu", self._presenter),
        ]
        found = []
        for number, name, source, judge in judges:
            state, sentence, pages = judge()
            found.append(Row(number, name, source, state, sentence, tuple(pages[:_MOST_NAMED])))
        return found

    def _where(self, labels: Sequence[str], state: State, sentence: str) -> _Judged:
        return state, sentence.format(count=len(labels), pages=_named(labels)), labels

    def _one_bundle(self) -> _Judged:
        empty = [file.path.name for file in self._files if not file.pages]
        if empty:
            return State.BROKEN, f"{empty[0]} không có trang nào.", ()
        told = len(self._manifest.get("volumes", ())) if self._asked.manifest else len(self._files)
        if told != len(self._files):
            return State.BROKEN, f"Bảng kê ghi {told} tập, ở đây có {len(self._files)} tệp.", ()
        if len(self._files) > 1:
            for at, file in enumerate(self._files, start=1):
                if file.volume not in {(0, 0), (at, len(self._files))}:
                    number, count = file.volume
                    return State.BROKEN, f"{file.path.name} ghi là tập {number}/{count}, đứng thứ {at}.", ()
            silent = [file.path.name for file in self._files if file.volume == (0, 0)]
            if silent:
                return State.LOOK, f"Bìa {silent[0]} không ghi là tập mấy trong {len(self._files)} tập.", ()
        return State.MET, f"{len(self._files)} tệp, {len(self._pages)} trang.", ()

    def _numbered(self) -> _Judged:
        bare = [page.label for page in self._pages if not page.numbers]
        if bare:
            return self._where(bare, State.BROKEN, "Không đọc thấy số đóng ở {count} trang: {pages}.")
        return State.MET, "Trang nào cũng đọc được số.", ()

    def _one_number(self) -> _Judged:
        opening = self._files[0].pages[0] if self._files[0].pages else Page("")
        expected = int(opening.label) if opening.label.isdecimal() else 1
        wrong = [
            str(number)
            for number, page in enumerate(self._pages, start=expected)
            if page.label != str(number) or page.label not in page.numbers
        ]
        if wrong:
            return self._where(wrong, State.BROKEN, "Số đóng, nhãn và vị trí không là một ở {count} trang: {pages}.")
        goes_on = self._files[0].volume[0] > 1 or self._adds or _ADDITION.search(" ".join(opening.text.split()))
        if expected != 1 and not goes_on:
            return (
                State.LOOK,
                f"Tệp bắt đầu ở trang {expected} mà không ghi là tập sau hay phần thêm: có thể thiếu tập trước.",
                (opening.label,),
            )
        return State.MET, f"Số đóng, nhãn và vị trí là một, từ {expected} đến {expected + len(self._pages) - 1}.", ()

    def _runs_on(self) -> _Judged:
        if len(self._files) == 1:
            return State.NOT_ASKED, "Chỉ có một tệp.", ()
        for one, other in pairwise(self._files):
            last, first = one.pages[-1].label, other.pages[0].label
            if not (last.isdecimal() and first.isdecimal() and int(last) + 1 == int(first)):
                return (
                    State.BROKEN,
                    f"{one.path.name} hết ở trang {last}, {other.path.name} bắt đầu ở trang {first}.",
                    (),
                )
        return State.MET, "Tập sau nối số của tập trước.", ()

    def _folio_rows(self) -> list[_FolioRow]:
        """Return each folio in the manifest, backs of sheets among them."""
        return [
            _FolioRow(str(row["folio"]), str(row["page"]), int(each.get("row", 0)), bool(row.get("back")))
            for each in self._manifest.get("documents", ())
            for row in each.get("folios", ())
        ]

    def _folios(self) -> _Judged:
        rows = self._folio_rows()
        if rows:
            lost = [
                each.said
                for each in rows
                if each.page not in self._by_label or (each.folio, each.back) not in self._by_label[each.page].folios
            ]
            if lost:
                return State.BROKEN, f"Bảng kê ghi bút lục {_named(lost)} nhưng trang đó không đóng.", lost
            told = {(each.page, each.folio) for each in rows if each.back}
            unlisted = [
                page.label
                for page in self._pages
                if any(back and (page.label, folio) not in told for folio, back in page.folios)
            ]
            if unlisted:
                return self._where(unlisted, State.LOOK, "{count} trang mặt sau không có trong bảng kê: {pages}.")
            backs = sum(each.back for each in rows)
            also = f", {backs} mặt sau" if backs else ""
            return State.MET, f"{len(rows) - backs} bút lục{also} trong bảng kê đều ở đúng trang.", ()
        fronts = Counter(folio for page in self._pages for folio, back in page.folios if not back)
        if not fronts:
            return State.NOT_ASKED, "Không trang nào ghi bút lục.", ()
        twice = [folio for folio, times in fronts.items() if times > 1]
        if twice:
            at = [page.label for page in self._pages if any(folio in twice for folio, _back in page.folios)]
            return State.BROKEN, f"Bút lục {_named(twice, 'bút lục')} ghi ở nhiều trang.", at
        return State.MET, f"{len(fronts)} bút lục, mỗi số ở một trang; có bảng kê thì đối chiếu được với nguồn.", ()

    def _hides_nothing(self) -> _Judged:
        words = [page.label for page in self._pages if page.over_words]
        if words:
            return self._where(words, State.BROKEN, "Số đóng đè lên chữ khác ở {count} trang: {pages}.")
        ink = [page.label for page in self._pages if page.over_ink]
        if ink:
            return self._where(ink, State.BROKEN, "Số đóng đè lên hình hoặc nét ở {count} trang: {pages}.")
        return State.MET, "Dưới số đóng không có chữ, hình hay nét nào.", ()

    def _rows_of_index(self) -> list[tuple[File, int, str]]:
        """Return each place the indexes lead to, once: file, page from 0, what is written in the row."""
        found: dict[tuple[int, int], str] = {}
        for number, file in enumerate(self._files):
            for page in file.pages:
                for link in page.links:
                    if link.page >= 0 and len(link.text) >= len(found.get((number, link.page), "")):
                        found[number, link.page] = link.text
        return [(self._files[number], page, text) for (number, page), text in found.items()]

    def _index(self) -> _Judged:
        rows = self._rows_of_index()
        if not rows:
            return State.BROKEN, "Không thấy mục lục có liên kết.", ()
        leaves = sum(len(file.documents()) for file in self._files)
        wanted = len(self._manifest.get("documents", ())) if self._asked.manifest else leaves
        if self._asked.manifest and leaves != wanted:
            return State.BROKEN, f"Bảng kê có {wanted} tài liệu, dấu trang có {leaves}.", ()
        # two documents never begin on one page
        if len(rows) < wanted:
            return State.BROKEN, f"Mục lục dẫn tới {len(rows)} tài liệu, cả tập có {wanted}.", ()
        silent = [file.pages[page].label for file, page, text in rows if not any(map(str.isalpha, text))]
        if silent:
            return State.LOOK, f"Dòng mục lục của trang {_named(silent)} không ghi tên tài liệu.", silent
        return State.MET, f"Mục lục dẫn tới {len(rows)} tài liệu.", ()

    def _links(self) -> _Judged:
        lost = [page.label for page in self._pages if any(link.page < 0 for link in page.links)]
        if lost:
            return State.BROKEN, f"Có liên kết không dẫn tới trang nào, ở trang {_named(lost)}.", lost
        missed = []
        for file in self._files:
            reached = {link.page for page in file.pages for link in page.links}
            missed += [title for title, page in file.documents() if page not in reached]
        if missed:
            more = f" và {len(missed) - 1} tài liệu nữa." if len(missed) > 1 else "."
            return State.BROKEN, f"Mục lục không dẫn tới “{missed[0]}”{more}", ()
        count = sum(len(page.links) for page in self._pages)
        if not count:
            return State.BROKEN, "Không có liên kết nào.", ()
        wrong = [file.pages[page].label for file, page, text in self._rows_of_index() if not _says(text, file, page)]
        if wrong:
            return State.BROKEN, f"Dòng mục lục dẫn tới trang {_named(wrong)} in số trang khác.", wrong
        return State.MET, f"{count} liên kết đều dẫn đúng trang in trong mục lục.", ()

    def _bookmarks(self) -> _Judged:
        bare = [file.path.name for file in self._files if not file.outline]
        if bare:
            return State.BROKEN, f"{bare[0]} không có dấu trang.", ()
        unnumbered: list[tuple[str, str]] = []
        for file in self._files:
            for each in file.outline:
                if each.page < 0:
                    return State.BROKEN, f"Dấu trang “{each.title}” không dẫn tới trang nào.", ()
                label = file.pages[each.page].label
                if not re.search(rf"(?<!\d){re.escape(label)}(?!\d)", each.title):
                    unnumbered.append((each.title, label))
        if unnumbered:
            title, label = unnumbered[0]
            return State.BROKEN, f"Dấu trang “{title}” không ghi số trang {label}.", [each for _t, each in unnumbered]
        written = {(id(file), page): text for file, page, text in self._rows_of_index()}
        for file in self._files:
            documents = file.documents()
            for title, page in documents:
                row = written.get((id(file), page), "")
                if row and not _same_title(title, row):
                    label = file.pages[page].label
                    return State.BROKEN, f"Ở trang {label} dấu trang ghi “{title}”, mục lục ghi tên khác.", (label,)
            begun = {page for _title, page in documents}
            extra = [page for other, page, _text in self._rows_of_index() if other is file and page not in begun]
            if extra:
                labels = [file.pages[page].label for page in extra]
                return State.BROKEN, f"Mục lục dẫn tới trang {_named(labels)}, không có dấu trang.", labels
        count = sum(len(file.outline) for file in self._files)
        return State.MET, f"{count} dấu trang, dấu nào cũng ghi số trang, khớp với mục lục.", ()

    def _zoom(self) -> _Judged:
        fixed = [each.title for file in self._files for each in file.outline if not each.keeps_zoom]
        if fixed:
            return State.BROKEN, f"Dấu trang “{fixed[0]}” làm đổi mức phóng của người đọc.", ()
        odd = [file.path.name for file in self._files if not re.fullmatch(r"/XYZ 1(\.0+)?", file.opening)]
        if odd:
            return State.BROKEN, f"{odd[0]} không mở ở 100%.", ()
        return State.MET, "Dấu trang giữ mức phóng; tệp mở ở 100%.", ()

    def _redacted_labels(self) -> set[str]:
        return {
            str(page)
            for each in self._manifest.get("documents", ())
            if each.get("redacted")
            for page in range(each["first_page"], each["last_page"] + 1)
        }

    def _mute(self) -> list[str]:
        """Return the pages of pictures without words, but for copies in which something was taken out."""
        excused = self._redacted_labels()
        return [
            page.label
            for page in self._pages
            if page.pictures and _letters(page.own) < _MUTE and page.label not in excused
        ]

    def _text(self) -> _Judged:
        apart = [page.label for page in self._pages if page.apart > MOST_APART * page.letters]
        if apart:
            return self._where(apart, State.BROKEN, "Chữ Việt bị tách dấu ở {count} trang: {pages}.")
        mute = self._mute()
        pictured = sum(page.pictures and page.label not in self._redacted_labels() for page in self._pages)
        if mute and len(mute) * 2 > pictured:
            return self._where(mute, State.BROKEN, "Chưa nhận dạng chữ: {count} trang ảnh không có chữ nào: {pages}.")
        if mute:
            return self._where(
                mute, State.LOOK, "{count} trang ảnh không có chữ chọn được: {pages}; ảnh chụp thì bỏ qua."
            )
        some = [page.label for page in self._pages if page.apart]
        if some:
            return self._where(
                some, State.LOOK, "Vài chữ bị tách dấu ở {count} trang: {pages}; tìm chữ ấy sẽ không thấy."
            )
        return State.MET, "Trang nào cũng có chữ chọn được.", ()

    def _orientation(self) -> _Judged:
        over = [page.label for page in self._pages if page.turn == 2]
        if over:
            return self._where(over, State.BROKEN, "{count} trang lộn ngược: {pages}.")
        side = [page.label for page in self._pages if page.turn]
        if side:
            return self._where(side, State.BROKEN, "{count} trang nằm nghiêng: {pages}.")
        mute = self._mute()
        if not mute:
            return State.MET, "Chữ trang nào cũng đứng thẳng.", ()
        if not knows_up():
            return self._where(
                mute, State.LOOK, "{count} trang ảnh không có chữ để xét, máy chưa cài tesseract: {pages}."
            )
        looked = set(mute[:_MOST_TURNED])
        turned, unknown = [], mute[_MOST_TURNED:]
        for file in self._files:
            for at, page in enumerate(file.pages):
                if page.label in looked:
                    way = which_way_up(file.path, at)
                    if way is None:
                        unknown.append(page.label)
                    elif way:
                        turned.append(page.label)
        if turned:
            return self._where(turned, State.BROKEN, "{count} trang quét nằm nghiêng hoặc lộn ngược: {pages}.")
        if unknown:
            return self._where(unknown, State.LOOK, "{count} trang ảnh không xét được chiều: {pages}.")
        return State.MET, "Chữ trang nào cũng đứng thẳng, kể cả trong ảnh quét.", ()

    def _weight(self) -> _Judged:
        limit = self._asked.megabytes * 1024 * 1024
        heavy = [file.path.name for file in self._files if limit and file.size > limit]
        if heavy:
            return State.BROKEN, f"{heavy[0]} nặng quá {self._asked.megabytes} MB.", ()
        fine = [page.label for page in self._pages if page.dots > _MOST_DOTS * _ROUNDED]
        if fine:
            return self._where(fine, State.BROKEN, "{count} trang quét trên 300 dpi: {pages}.")
        coarse = [page.label for page in self._pages if 0 < page.dots < _FEWEST_DOTS / _ROUNDED]
        if coarse:
            return self._where(coarse, State.LOOK, "{count} trang quét dưới 200 dpi: {pages}; ảnh chụp thì bỏ qua.")
        return State.MET, f"Không ảnh nào quá 300 dpi; tệp nặng nhất {_heaviest(self._files):.1f} MB.", ()

    def _name(self) -> _Judged:
        for file in self._files:
            stem = unicodedata.normalize("NFC", file.path.stem)
            rest = _DAY.sub(" ", stem)
            lacking = [] if rest != stem else ["ngày"]
            case = str(self._manifest.get("case", ""))
            if not (case in stem if case else re.search(r"\d", rest)):
                lacking.append("mã vụ")
            if not re.search(r"[^\W\d_]{2,}", rest.replace(case, " ") if case else re.sub(r"\S*\d\S*", " ", rest)):
                lacking.append("tên tập")
            if lacking:
                return State.BROKEN, f"Tên {file.path.name} thiếu {', '.join(lacking)}.", ()
        return State.MET, "Tên tệp có mã vụ, tên tập và ngày.", ()

    def _cites(self) -> _Judged:
        if not self._asked.earlier:
            return State.NOT_ASKED, "Không đưa tập trước để so (--earlier).", ()
        try:
            before = [read_file(path) for path in self._asked.earlier]
        except _UNREADABLE as error:
            return State.BROKEN, f"Không đọc được tập trước: {type(error).__name__}.", ()
        pages = [(page, at in file.front) for file in before for at, page in enumerate(file.pages)]
        # cover and index say how much there is, and may say something else now
        moved = [
            page.label
            for page, in_front in pages
            if not in_front and _identity(page) != _identity(self._by_label.get(page.label))
        ]
        if moved:
            return State.BROKEN, f"Trang {_named(moved)} của tập trước nay là trang khác.", moved
        return State.MET, f"{len(pages)} trang của tập trước giữ nguyên số.", ()

    def _duplicates(self) -> _Judged:
        seen: dict[str, tuple[str, str]] = {}
        rows = {(id(file), page): text for file, page, text in self._rows_of_index()}
        for file in self._files:
            starts = sorted({each.page for each in file.outline if each.page >= 0} | {len(file.pages)})
            for title, page in file.documents():
                end = next((start for start in starts if start > page), len(file.pages))
                inside = file.pages[page:end]
                pictures = "".join(each.digest for each in inside)
                words = "".join(" ".join(each.own.split()) for each in inside)
                if len(words) < _LONG_ENOUGH and not pictures:
                    continue
                other, label = seen.setdefault(f"{words}\n{pictures}", (title, file.pages[page].label))
                if label == file.pages[page].label or _DUPLICATE.search(rows.get((id(file), page), "")):
                    continue
                return (
                    State.BROKEN,
                    f"“{title}” và “{other}” là một, mục lục không ghi rõ.",
                    (label, file.pages[page].label),
                )
        return State.MET, "Không có hai tài liệu cùng chữ, cùng hình mà không ghi rõ.", ()

    def _forbidden(self) -> _Judged:
        found = sorted({each for file in self._files for each in file.forbidden})
        if found:
            return State.BROKEN, f"Tệp còn có: {', '.join(found)}.", ()
        return State.MET, "Không có lệnh chạy, biểu mẫu, tệp kèm, âm thanh, hình động hay mã hóa.", ()

    def _embedded(self) -> _Judged:
        written = [page for page in self._pages if page.writes_loosely]
        if written:
            names = sorted({font for page in written for font in page.loose_fonts})
            return State.BROKEN, f"Phông không nhúng: {_named(names, 'phông')}.", [page.label for page in written]
        return State.MET, "Mọi phông đều nhúng. Các điểm khác của PDF/A: để sau, dùng phần mềm riêng để kiểm.", ()

    def _glyphs(self) -> _Judged:
        dumb = sorted({font for file in self._files for font in file.dumb_fonts})
        if dumb:
            return State.BROKEN, f"Phông không cho đọc lại chữ: {_named(dumb, 'phông')}.", ()
        old = sorted({font for file in self._files for font in file.old_fonts})
        if old:
            return State.BROKEN, f"Phông có trước Unicode, chữ Việt chép ra sai: {_named(old, 'phông')}.", ()
        garbled = [page.label for page in self._pages if are_untold(page.looked_at, page.untold)]
        if garbled:
            return self._where(garbled, State.BROKEN, "Chữ không chép ra được ở {count} trang: {pages}.")
        return State.MET, "Chữ trang nào cũng chép ra được.", ()

    def _print(self) -> _Judged:
        unseen = [page.label for page in self._pages if page.unseen]
        if unseen:
            return self._where(unseen, State.BROKEN, "Số trang không hiện nên không in ra ở {count} trang: {pages}.")
        bare = [page.label for page in self._pages if page.edge < 0]
        if bare:
            return self._where(bare, State.BROKEN, "Bản in không có số ở {count} trang: {pages}.")
        unscaled = any(file.unscaled for file in self._files)
        # a page larger than the sheet is made smaller, with its edge
        cut = [page.label for page in self._pages if page.edge < _MARGIN and (unscaled or not _outgrows_a4(page))]
        if cut:
            return self._where(cut, State.LOOK, "Số sát mép giấy, máy in có thể cắt, ở {count} trang: {pages}.")
        return State.MET, "Trang nào số cũng nằm trong vùng in: in một hay hai mặt đều còn số.", ()

    def _redacted(self) -> _Judged:
        if any(file.redactions_open for file in self._files):
            return State.BROKEN, "Có chỗ mới đánh dấu để che, chưa bỏ nội dung.", ()
        barred = [page.label for page in self._pages if page.barred]
        if barred:
            return self._where(barred, State.BROKEN, "Dưới ô đen còn chữ đọc được ở {count} trang: {pages}.")
        told = self._redacted_labels()
        left = [page.label for page in self._pages if page.label in told and _letters(page.own)]
        if left:
            return self._where(left, State.BROKEN, "Bản đã che còn chữ chọn được ở {count} trang: {pages}.")
        rows = {file.pages[page].label: text for file, page, text in self._rows_of_index()}
        for each in self._manifest.get("documents", ()):
            label = str(each["first_page"])
            if each.get("redacted") and label in rows and not _REDACTED.search(rows[label]):
                return State.BROKEN, f"Tài liệu ở trang {label} đã che, mục lục không ghi.", (label,)
        if not self._asked.absent:
            return State.MET, "Không có ô đen nào trên chữ còn đọc được. Muốn tìm một chữ cụ thể: --absent.", ()
        # fonts that share a word's letters out put it in pieces for one reader of text and not for another
        shown = [
            (page.label, _folded(f"{page.text}\n{other}"))
            for page, other in zip(self._pages, self._seen(), strict=True)
        ]
        for at, word in enumerate(self._asked.absent, start=1):
            wanted = _folded(word)
            left = [label for label, text in shown if wanted in text]
            if left:
                return State.BROKEN, f"Chữ phải vắng mặt thứ {at} còn ở trang {_named(left)}.", left
            if any(wanted in _folded(file.everything) for file in self._files):
                return State.BROKEN, f"Chữ phải vắng mặt thứ {at} còn ở dấu trang, chú thích hoặc thuộc tính.", ()
        return State.MET, f"{len(self._asked.absent)} chữ phải vắng mặt không còn ở trang nào và thuộc tính nào.", ()

    def _seen(self) -> Iterator[str]:
        """Yield each page's text letter by letter as it stands, notes and fields among it."""
        for file in self._files:
            with pdfium_document(file.path, forms=True) as pdf:
                for at in range(len(pdf)):
                    page = page_of(pdf, at)
                    yield text_of_page(page)
                    page.close()

    def _accessible(self) -> _Judged:
        for file in self._files:
            lacking = [word for word, there in (("tên", file.title), ("ngôn ngữ", file.language)) if not there]
            if lacking:
                return State.BROKEN, f"{file.path.name} thiếu {' và '.join(lacking)}.", ()
        foreign = [file.path.name for file in self._files if not file.language.lower().startswith("vi")]
        if foreign:
            return State.LOOK, f"{foreign[0]} không ghi ngôn ngữ là tiếng Việt.", ()
        if not all(file.tagged for file in self._files):
            return State.LOOK, "Có tên và ngôn ngữ; thứ tự đọc không được đánh dấu (nên có, không bắt buộc).", ()
        return State.MET, "Có tên, ngôn ngữ và thứ tự đọc.", ()

    def _again(self) -> _Judged:
        again = self._asked.again
        if not again:
            return (
                State.NOT_ASKED,
                "Một tệp không tự nói được: lập lại từ cùng tài liệu rồi đưa vào để so (--again).",
                (),
            )
        if len(again) != len(self._files):
            return State.BROKEN, f"Lần sau lập ra {len(again)} tệp, lần này {len(self._files)}.", ()
        for file, other in zip(self._files, again, strict=True):
            try:
                one, two = file.path.read_bytes(), other.read_bytes()
            except OSError as error:
                return State.BROKEN, f"Không đọc được {other.name}: {type(error).__name__}.", ()
            if _unsigned(one) != _unsigned(two):
                return State.BROKEN, f"{file.path.name} và {other.name} khác nhau.", ()
        return State.MET, "Từng byte như nhau, phần trước chữ ký số.", ()

    def _listed(self) -> _Judged:
        manifest = self._manifest
        if self._asked.manifest is None:
            return State.NOT_ASKED, "Không đưa bảng kê (--manifest).", ()
        told = [each.get("sha256") for each in manifest.get("volumes", ())]
        if told != [file.sha256 for file in self._files]:
            return State.BROKEN, "Mã băm của tệp khác bảng kê: tệp đã bị sửa, hoặc không phải tập này.", ()
        ranges = [*manifest.get("documents", ()), *manifest.get("indexes", ())]
        covered = sorted(page for each in ranges for page in range(each["first_page"], each["last_page"] + 1))
        begins = manifest["addition"]["first_page"] if self._adds else 1
        if covered != list(range(begins, int(manifest.get("pages", 0)) + 1)):
            return State.BROKEN, "Bảng kê không cho biết nguồn của mọi trang, hoặc có trang hai nguồn.", ()
        bare = [
            str(each["first_page"])
            for each in manifest.get("documents", ())
            if not re.fullmatch(r"[0-9a-f]{64}", str(each.get("source_sha256", "")))
        ]
        if bare:
            return State.BROKEN, f"Bảng kê không có mã băm của tài liệu ở trang {_named(bare)}.", bare
        if not manifest.get("tool"):
            return State.BROKEN, "Bảng kê không ghi chương trình nào đã lập.", ()
        state, signed = self._signed_manifest()
        if state is State.BROKEN:
            return state, signed, ()
        lost = self._lost_sources()
        if lost:
            return (
                State.BROKEN,
                f"Không có tệp nguồn nào đúng mã băm và số trang của tài liệu ở trang {_named(lost)}.",
                lost,
            )
        headed, head = self._head()
        if headed is State.BROKEN:
            return headed, head, ()
        compared = ", tệp nguồn đủ và đúng" if self._asked.sources is not None else ""
        worst = State.MET if state is headed is State.MET else State.LOOK
        return worst, f"Mã băm khớp, trang nào cũng có nguồn{compared}. {head} {signed}", ()

    def _lost_sources(self) -> list[str]:
        """Return the first pages of documents whose source lies under no name in the folder that was given."""
        folder = self._asked.sources
        wanted: dict[str, list[Mapping[str, Any]]] = {}
        for each in self._manifest.get("documents", ()) if folder is not None else ():
            wanted.setdefault(str(each["source_sha256"]), []).append(each)
        lost: list[str] = []
        for path in sorted(folder.rglob("*")) if folder is not None else ():
            if not wanted:
                break
            try:
                rows = wanted.pop(sha256_of(path), []) if path.is_file() else []
                pages = _page_count(path) if rows else 0
            except _UNREADABLE:
                continue
            lost += [str(row["first_page"]) for row in rows if row["last_page"] - row["first_page"] + 1 != pages]
        lost += [str(row["first_page"]) for rows in wanted.values() for row in rows]
        return sorted(lost, key=int)

    def _head(self) -> tuple[State, str]:
        """Return what the signed head of the ledger in the manifest comes to."""
        note = str(self._manifest.get("ledger_checkpoint") or "").encode("utf-8", "replace")
        if not note:
            return State.LOOK, "Bảng kê không có điểm chốt sổ cái."
        try:
            size = parse_checkpoint(parse_note(note).text).size
            if not self._asked.ledger_keys:
                return (
                    State.LOOK,
                    f"Có điểm chốt sổ cái ({size} mục), chưa xét chữ ký: đưa khóa công khai (--ledger-key).",
                )
            open_checkpoint(note, self._asked.ledger_keys)
        except LedgerError as refusal:
            return State.BROKEN, f"Điểm chốt sổ cái trong bảng kê: {refusal.vietnamese}"
        return State.MET, f"Điểm chốt sổ cái ({size} mục) đúng chữ ký."

    def _signed_manifest(self) -> tuple[State, str]:
        """Return what the signature beside the manifest comes to."""
        signer = self._manifest.get("signer")
        path = self._asked.manifest_path
        beside = path.with_name(f"{path.name}.p7s") if path is not None else None
        if path is None or beside is None or not beside.is_file():
            if signer:
                return State.LOOK, f"Bảng kê ghi {signer} ký nhưng không có tệp .p7s bên cạnh."
            return State.MET, "Bảng kê không được ký."
        if not is_installed():
            return State.LOOK, "Có chữ ký của bảng kê; máy này chưa cài phần đọc (vks-plugin[signatures])."
        try:
            found = read_detached(path, beside, self._asked.roots)
        except NotRead as refusal:
            return State.BROKEN, f"Chữ ký của bảng kê: {refusal}"
        sentence = f"Bảng kê do {found.words}."
        if found.verdict is Verdict.INVALID:
            return State.BROKEN, sentence
        return State.MET if found.verdict is Verdict.VALID else State.LOOK, sentence

    def _signatures(self) -> _Judged:
        if not any(file.signed for file in self._files):
            return State.LATER, "Không có chữ ký số; chữ ký kèm dấu thời gian là việc để sau.", ()
        if not is_installed():
            return State.LOOK, "Máy này chưa cài phần đọc chữ ký số (vks-plugin[signatures]).", ()
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
                told.append(each.words)
        sentence = f"{'; '.join(told[:_MOST_NAMED])}. Thu hồi chỉ xét theo dữ liệu kèm trong tệp."
        if Verdict.INVALID in verdicts:
            return State.BROKEN, sentence, ()
        return (State.MET if set(verdicts) == {Verdict.VALID} else State.LOOK), sentence, ()

    def _reverse(self) -> _Judged:
        rows = self._folio_rows()
        if not rows:
            return (
                State.NOT_ASKED,
                "Tra theo bảng kê (--manifest); lịch sử lưu giữ, quyết định: tra trong phần mềm.",
                (),
            )
        claimed: dict[str, int] = {}
        twice = [each.folio for each in rows if claimed.setdefault(each.folio, each.row) != each.row]
        if twice:
            return State.BROKEN, f"Bút lục {_named(twice, 'bút lục')} dẫn về hai tài liệu.", ()
        ranges = {
            int(each.get("row", 0)): (each["first_page"], each["last_page"])
            for each in self._manifest.get("documents", ())
        }
        outside = [each.said for each in rows if not ranges[each.row][0] <= int(each.page) <= ranges[each.row][1]]
        if outside:
            return State.BROKEN, f"Bút lục {_named(outside, 'bút lục')} không nằm trong tài liệu của nó.", ()
        return (
            State.MET,
            f"{len(claimed)} bút lục, số nào cũng về một tài liệu, đúng trang; lịch sử lưu giữ, quyết định: tra trong phần mềm.",
            (),
        )

    def _deck(self) -> _Judged:
        folder, deck = self._asked.deck, self._shown
        if folder is None or deck is None:
            return State.NOT_ASKED, "Không phải việc của một tập: đưa thư mục bài trình chiếu (--deck) thì xét.", ()
        if not deck.pages:
            return State.BROKEN, f"{folder.name} không có trang HTML nào.", ()
        if deck.fault:
            return State.BROKEN, f"{deck.fault}.", ()
        if not deck.cites:
            return State.BROKEN, "Bài trình chiếu không dẫn bút lục nào.", ()
        files = f"{deck.pages} trang HTML, {deck.others} tệp lệnh và kiểu trình bày"
        return State.MET, f"{files}, {deck.links} liên kết đều ở trong gói; dẫn bút lục {deck.cites} lần.", ()

    def _presenter(self) -> _Judged:
        deck = self._shown
        if deck is None:
            return State.NOT_ASKED, "Không phải việc của một tập.", ()
        if not deck.shown:
            return State.LOOK, "Đo bằng tay khi trình chiếu: gõ số bút lục, trang phải hiện trong một giây.", ()
        lost = list(dict.fromkeys(page.folio for page in deck.shown if not page.is_there))
        if lost:
            return State.BROKEN, f"Gõ BL {_named(lost, 'bút lục')} thì không có trang để hiện.", ()
        # the back of a sheet is called up by the folio of its front
        asked = list(dict.fromkeys(page.folio.lower().split()[0] for page in deck.shown))
        held = {each.folio for each in self._folio_rows()}
        held |= {folio for page in self._pages for folio, _back in page.folios}
        strange = [folio for folio in asked if folio not in held]
        if strange:
            return State.LOOK, f"Gói có BL {_named(strange, 'bút lục')}, tập này không có: xem có đúng tập không.", ()
        return (
            State.MET,
            f"{len(asked)} bút lục của gói, số nào cũng có tệp trang và có trong tập; trang hiện nhanh hay chậm: thử trên máy chiếu.",
            (),
        )


def _of_addition(manifest: Mapping[str, Any], addition: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a manifest says of the file that holds what was added last."""

    def inside(rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        return [each for each in rows if addition["first_page"] <= each["first_page"] <= addition["last_page"]]

    return {
        **manifest,
        "volumes": [addition],
        "documents": inside(manifest["documents"]),
        "indexes": inside(manifest.get("indexes", ())),
    }


def _page_count(path: Path) -> int:
    with pdfium_document(path) as pdf:
        return len(pdf)


def _heaviest(files: Sequence[File]) -> float:
    return max(file.size for file in files) / 1024 / 1024


def _letters(text: str) -> int:
    return len("".join(text.split()))


def _outgrows_a4(page: Page) -> bool:
    short, long = sorted((page.width, page.height))
    return short > _A4[0] or long > _A4[1]


def _says(text: str, file: File, page: int) -> bool:
    """Tell whether a row of the index says the page it leads to; one without any number says nothing wrong."""
    label = file.pages[page].label
    return not re.search(r"\d", text) or re.search(rf"(?<!\d){re.escape(label)}(?!\d)", text) is not None


def _plain(text: str) -> str:
    return "".join(letter for letter in _folded(text) if letter.isalnum())


def _same_title(title: str, row: str) -> bool:
    """Tell whether a row of the index, which may cut or break a title, names what the bookmark names."""
    wanted = _plain(NUMBER.sub(" ", title))[:_SAME_TITLE]
    return wanted in _plain(row)


def _identity(page: Page | None) -> tuple[str, str]:
    """Return what makes a page the page it is, without what a bundle stamps on it."""
    if page is None:
        return "", "none"
    words = " ".join(page.own.split())
    # a program may write a picture anew; long words are enough
    return words, "" if len(words) >= _LONG_ENOUGH else page.digest


def _unsigned(content: bytes) -> bytes:
    """Return a file without the signatures behind its end."""
    if b"/ByteRange" not in content:
        return content
    end = content.find(b"%%EOF")
    return content[: end + 5]


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


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
