"""What becomes of the pages of a file: which come where, turned how far, and which give way to pages of another scan."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from django.utils.translation import gettext as _

from vks_plugin.errors import BadInput

TURNS = (0, 90, 180, 270)
"""Degrees clockwise."""


class Placed(NamedTuple):
    """A page of the file that is made, in its place."""

    page: int | None
    """The page of the present file, from 1; None: a page the present file lacks."""
    scan: int | None = None
    """The page of the scan handed in that is put here; None: the page stays what it is."""
    turn: int = 0

    def __str__(self) -> str:
        shown = "" if self.page is None else str(self.page)
        if self.scan is not None:
            shown += f"=M{self.scan}"
        return f"{shown}+{self.turn}" if self.turn else shown


Pages = Sequence[Placed]


def check_pages(placed: Pages, *, pages: int, scanned: int) -> None:
    """Accept what is to become of a file.

    Args:
        placed: the pages of the file that is made, in their order.
        pages: how many the present file has.
        scanned: how many the scan that was handed in has; 0: none was.

    Raises:
        BadInput: a page that is not there, one that stands twice, a turn that is none, no page left, or nothing changes.
    """
    if not placed:
        raise BadInput(_("Phải còn ít nhất một trang."), field="pages")
    kept = [each.page for each in placed if each.page is not None]
    if any(not 1 <= page <= pages for page in kept):
        wrong = next(page for page in kept if not 1 <= page <= pages)
        raise BadInput(_("Tài liệu không có trang %(page)d.") % {"page": wrong}, field="pages")
    if len(set(kept)) != len(kept):
        raise BadInput(_("Một trang được xếp vào hai chỗ: hãy xem lại thứ tự."), field="pages")
    for each in placed:
        if each.turn not in TURNS:
            raise BadInput(_("Chỉ xoay được 90, 180 hoặc 270 độ."), field="pages")
        if each.scan is None and each.page is None:
            raise BadInput(_("Có chỗ không nêu trang nào: hãy xem lại thứ tự."), field="pages")
        if each.scan is not None and not scanned:
            raise BadInput(_("Hãy chọn tệp PDF có các trang thay vào."), field="scan")
        if each.scan is not None and not 1 <= each.scan <= scanned:
            raise BadInput(
                _("Tệp thay vào có %(count)d trang, không có trang %(page)d.") % {"count": scanned, "page": each.scan},
                field="scan",
            )
    if scanned and all(each.scan is None for each in placed):
        raise BadInput(_("Hãy nêu trang nào được thay bằng trang của tệp mới, hoặc bỏ tệp mới."), field="scan")
    if len(placed) == pages and all(each == Placed(number) for number, each in enumerate(placed, start=1)):
        raise BadInput(_("Chưa có thay đổi nào."), field="pages")


def taken_out(placed: Pages, pages: int) -> list[int]:
    """Return the pages of the present file that are left out of the one that is made."""
    kept = {each.page for each in placed}
    return [page for page in range(1, pages + 1) if page not in kept]


def places(placed: Pages) -> dict[int, int]:
    """Return where each page of the present file comes to stand; one that gives way to a better scan counts as the same."""
    return {each.page: place for place, each in enumerate(placed, start=1) if each.page is not None}


def touched(placed: Pages, pages: int) -> set[int]:
    """Return the pages of the present file that are not simply where they were."""
    same = {each.page for place, each in enumerate(placed, start=1) if each == Placed(place)}
    return set(range(1, pages + 1)) - same


def written(placed: Pages) -> str:
    """Return the pages as the ledger has them: `1-4, 6+90, 5=M1, =M2`.

    Ranges stand as they were; `+90` is a turn clockwise; `5=M1` is page 5 of which page 1 of the new scan took the place;
    `=M2` is page 2 of the new scan where there was none.
    """
    return ", ".join(_runs(placed))


def _runs(placed: Pages) -> Iterator[str]:
    first = last = 0
    for each in placed:
        plain = each.page if each.scan is None and not each.turn and each.page is not None else 0
        if plain and plain == last + 1 and first:
            last = plain
            continue
        if first:
            yield str(first) if first == last else f"{first}-{last}"
        first = last = plain
        if not plain:
            yield str(each)
    if first:
        yield str(first) if first == last else f"{first}-{last}"
