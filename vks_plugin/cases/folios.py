"""Folios (bút lục) as pure rules: labels, numbering once over the whole file, volumes.

Thông tư liên tịch 04/2018/TTLT-VKSNDTC-BCA-BQP, Điều 35: while a case is investigated its pages are stamped and not
numbered; at the end of the investigation they are put into the order of proceedings and numbered once, from 01 to the
end; what the procuracy adds is numbered on from there; the order stays. So a number is only ever added after the last
one, and what went wrong is explained.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from vks_plugin.errors import BadInput, Conflict
from vks_plugin.text import Sentence, one_line
from vks_plugin.text import gettext_noop as _

LARGEST_FOLIO = 1_000_000
"""Higher folio numbers are taken for a slip of the hand; the database could not hold all of them."""

NUMBERED_ONCE = _(
    "Bút lục đã đánh số thì không đánh lại và không đổi thứ tự (Điều 35 Thông tư liên tịch 04/2018): nếu nhầm, hãy ghi giải trình."
)
"""The refusal of whatever would give a numbered page another place."""

PROVISIONAL, FINAL, CORRECTED, MISSING = "tam", "chinh_thuc", "sua_co_giai_trinh", "thieu"
"""States of a folio."""

_LABEL = re.compile(r"(?:BL\s*)?(\d{1,7})\s*([a-z]{0,2})", re.IGNORECASE | re.ASCII)
_RANGE = re.compile(r"\s*[-–—]\s*")


class FolioError(BadInput):
    """What was said of folios cannot be used as it is."""


class NumberedOnceError(Conflict):
    """A page that has its number would get another one, or another place."""

    def __init__(self, *, field: str | None = None) -> None:
        super().__init__(Sentence(NUMBERED_ONCE), field=field)


class ChangedMeanwhileError(Conflict):
    """The documents are no longer those that were shown for confirmation."""

    def __init__(self) -> None:
        super().__init__(
            Sentence(_("Hồ sơ vừa có tài liệu mới hoặc vừa được đánh số: hãy xem lại thứ tự rồi xác nhận lần nữa."))
        )


class Counting(StrEnum):
    """What gets a number."""

    PAGE = "page"
    SHEET = "sheet"
    """Front and back together."""


class Label(NamedTuple):
    """A folio's number as it stands on the page; `125a` comes after `125` and before `126`."""

    number: int
    suffix: str = ""

    def __str__(self) -> str:
        return f"{self.number}{self.suffix}"


def parse_label(text: str, *, field: str | None = None) -> Label:
    """Return the folio that a person typed: `125`, `01`, `BL 125a`.

    Raises:
        FolioError: it is none.
    """
    found = _LABEL.fullmatch(one_line(text))
    if found is None or not 1 <= int(found[1]) <= LARGEST_FOLIO:
        raise FolioError(
            Sentence(_("“%(text)s” không phải số bút lục: hãy ghi như 125 hoặc 125a."), text=one_line(text)[:40]),
            field=field,
        )
    return Label(int(found[1]), found[2].lower())


def runs(labels: Iterable[Label]) -> list[tuple[Label, Label]]:
    """Return the labels as ranges; only plain numbers that follow each other form one."""
    found: list[tuple[Label, Label]] = []
    for label in sorted(set(labels)):
        if found and not label.suffix and not found[-1][1].suffix and found[-1][1].number + 1 == label.number:
            found[-1] = (found[-1][0], label)
        else:
            found.append((label, label))
    return found


def cited(labels: Iterable[Label]) -> str:
    """Return the labels as they are cited: `12–14, 125a`; empty when there are none."""
    return ", ".join(str(first) if first == last else f"{first}–{last}" for first, last in runs(labels))


def parse_labels(text: str, *, field: str | None = None) -> list[Label]:
    """Return the folios of a citation such as `12–14, 125a`, in order.

    Raises:
        FolioError: a part of it is no folio, or a range runs backwards.
    """
    found: set[Label] = set()
    for part in text.split(","):
        if not part.strip():
            continue
        ends = [parse_label(end, field=field) for end in _RANGE.split(part.strip(), maxsplit=1)]
        if len(ends) == 1 or ends[0] == ends[-1]:
            found.add(ends[0])
            continue
        if ends[0].suffix or ends[1].suffix or ends[0] > ends[1]:
            raise FolioError(
                Sentence(_("Khoảng bút lục “%(text)s” không hợp lệ: hãy ghi như 12-14."), text=part.strip()[:40]),
                field=field,
            )
        found |= {Label(number) for number in range(ends[0].number, ends[1].number + 1)}
    return sorted(found)


def parse_pages(text: str, page_count: int, *, field: str | None = None) -> frozenset[int]:
    """Return the pages of a list such as `2, 4-5`.

    Raises:
        FolioError: it is no such list, or the document has no such page.
    """
    found = {label.number for label in parse_labels(text, field=field) if not label.suffix}
    if any(label.suffix for label in parse_labels(text, field=field)) or any(page > page_count for page in found):
        raise FolioError(
            Sentence(
                _("“%(text)s” không phải trang của tài liệu có %(count)d trang: hãy ghi như 2, 4-5."),
                text=one_line(text)[:40],
                count=page_count,
            ),
            field=field,
        )
    return frozenset(found)


# --- numbering


@dataclass(frozen=True)
class Unnumbered:
    """A document of the case file whose pages have no numbers yet."""

    document: int
    pages: int | None
    position: int | None = None
    """Place of its type in the order of proceedings; none: not classified."""
    date: dt.date | None = None
    without: frozenset[int] = frozenset()
    """Pages that get none: blank ones, a cover."""


class Numbered(NamedTuple):
    """A number that is given, and where it stands."""

    document: int
    number: int
    page: int


def proposed_order(documents: Iterable[Unnumbered]) -> list[int]:
    """Return the documents in the order of proceedings: by type, then by date; the unknown last, as they were filed."""
    return [
        each.document
        for each in sorted(
            documents,
            key=lambda each: (
                each.position is None,
                each.position or 0,
                each.date is None,
                each.date or dt.date.max,
                each.document,
            ),
        )
    ]


def next_number(taken: Iterable[Label]) -> int:
    """Return the number after the last one."""
    return max((label.number for label in taken), default=0) + 1


def check_order(
    order: Sequence[int], *, left_out: Collection[int], waiting: Collection[int], numbered: Collection[int]
) -> None:
    """Accept an order that holds each waiting document once, except those left out on purpose.

    Raises:
        NumberedOnceError: a document in it has its numbers already.
        ChangedMeanwhileError: one is missing, or is none of them.
        FolioError: one is named twice, or none is left to be numbered.
    """
    named = [*order, *left_out]
    if set(named) & set(numbered):
        raise NumberedOnceError(field="order")
    if len(set(named)) != len(named):
        raise FolioError(Sentence(_("Một tài liệu được nêu hai lần trong thứ tự: hãy tải lại trang.")), field="order")
    if set(named) != set(waiting):
        raise ChangedMeanwhileError
    if not order:
        raise FolioError(Sentence(_("Không còn tài liệu nào để đánh số bút lục.")), field="order")


def check_start(first: int, taken: Collection[Label], *, explained: bool) -> None:
    """Accept the first number to be given.

    Raises:
        NumberedOnceError: it is not after the last one.
        FolioError: it leaves a gap that is not explained, or is not a sensible number.
    """
    expected = next_number(taken)
    if first < expected:
        raise NumberedOnceError(field="first")
    if first > LARGEST_FOLIO:
        raise FolioError(Sentence(_("Số bút lục đầu quá lớn: hãy kiểm tra lại.")), field="first")
    if first > expected and not explained:
        raise FolioError(
            Sentence(
                _("Số tiếp theo là %(expected)d: muốn bắt đầu từ %(first)d thì hãy ghi lý do bỏ trống."),
                expected=expected,
                first=first,
            ),
            field="reason",
        )


def numbered_pages(pages: int, without: Collection[int], counting: str) -> list[int]:
    """Return the pages that carry a number; of a sheet it is the front, unless only its back has something on it."""
    if counting == Counting.SHEET:
        sides = [[page for page in (front, front + 1) if page <= pages] for front in range(1, pages + 1, 2)]
        kept = [[page for page in sheet if page not in without] for sheet in sides]
        return [sheet[0] for sheet in kept if sheet]
    return [page for page in range(1, pages + 1) if page not in without]


def number_pages(documents: Sequence[Unnumbered], *, first: int, counting: str) -> list[Numbered]:
    """Give numbers to the pages of the documents, in this order, without a hole.

    Raises:
        FolioError: a document does not say how many pages it has, or more numbers are needed than there may be.
    """
    given: list[Numbered] = []
    for each in documents:
        if each.pages is None:
            raise FolioError(
                Sentence(_("Có tài liệu chưa biết số trang: hãy bỏ tài liệu đó khỏi lần đánh số này.")), field="order"
            )
        for page in numbered_pages(each.pages, each.without, counting):
            given.append(Numbered(each.document, first + len(given), page))
    if given and given[-1].number > LARGEST_FOLIO:
        raise FolioError(Sentence(_("Số bút lục đầu quá lớn: hãy kiểm tra lại.")), field="first")
    return given


def check_added(label: Label, taken: Collection[Label]) -> None:
    """Accept a folio with a suffix beside the number it belongs to, such as 125a after 125.

    Raises:
        FolioError: it has no suffix, there is no such number, or it is there already.
    """
    if not label.suffix:
        raise FolioError(
            Sentence(_("Chỉ thêm được bút lục có hậu tố như 125a; số mới thì đánh nối tiếp ở cuối hồ sơ.")),
            field="label",
        )
    if label in taken:
        raise FolioError(Sentence(_("Bút lục %(label)s đã có trong hồ sơ."), label=str(label)), field="label")
    if Label(label.number) not in taken:
        raise FolioError(
            Sentence(
                _("Hồ sơ không có bút lục %(number)d: không thêm được %(label)s."),
                number=label.number,
                label=str(label),
            ),
            field="label",
        )


def check_correction(before: Mapping[int, Label], changes: Mapping[int, Label]) -> None:
    """Accept other labels for some folios if each is free and every folio keeps its place among the others.

    Args:
        before: every folio of the file, by any key.
        changes: the label that is right, by the same keys.

    Raises:
        FolioError: two folios would have the same label.
        NumberedOnceError: a folio would stand before another one it stood behind.
    """
    after = {**before, **changes}
    for label, times in Counter(after.values()).items():
        if times > 1:
            raise FolioError(Sentence(_("Bút lục %(label)s đã có trong hồ sơ."), label=str(label)), field="label")
    if sorted(before, key=before.__getitem__) != sorted(after, key=after.__getitem__):
        raise NumberedOnceError(field="label")


# --- volumes


@dataclass(frozen=True)
class VolumeFact:
    """A volume and the folios it says it holds."""

    number: int
    first: int | None
    last: int | None


def propose_volumes(
    documents: Iterable[Collection[Label]], *, most: int, first_volume: int = 1, after: int = 0
) -> list[VolumeFact]:
    """Divide the folios after number `after` into volumes of at most `most`, never within a document.

    A document that is longer has a volume of its own. Documents that stand among each other stay together.

    Raises:
        FolioError: `most` is not a sensible number.
    """
    if not 1 <= most <= LARGEST_FOLIO:
        raise FolioError(Sentence(_("Số bút lục của một tập phải từ 1 trở lên.")), field="most")
    spans: list[tuple[int, int]] = []
    for labels in sorted((sorted(each) for each in documents if each), key=lambda labels: labels[0]):
        first, last = labels[0].number, labels[-1].number
        if last <= after:
            continue
        first = max(first, after + 1)
        if spans and first <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], last))
        else:
            spans.append((first, last))
    volumes: list[tuple[int, int]] = []
    for first, last in spans:
        if volumes and last - volumes[-1][0] + 1 <= most:
            volumes[-1] = (volumes[-1][0], last)
        else:
            volumes.append((first, last))
    return [VolumeFact(number, first, last) for number, (first, last) in enumerate(volumes, start=first_volume)]
