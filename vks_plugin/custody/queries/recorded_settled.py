"""What leaders took for lost, or for kept for good, of hand-overs: the database compared with the ledger.

A row that says so keeps a volume from being waited for; one that is put in or taken out behind the program is named here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from vks_plugin.custody.models import HandOver
from vks_plugin.custody.queries.recorded_keeping import Told, is_moment_of
from vks_plugin.custody.queries.settled import EXHIBIT, VOLUME
from vks_plugin.text import composed

LISTS = ((VOLUME, "volume_numbers"), (EXHIBIT, "exhibit_numbers"))
"""Kinds of pieces, each with the field of the entries that has their numbers."""


class Ended(NamedTuple):
    """A piece that was settled, as the entries say."""

    piece: str
    number: int
    settled: Told
    found: Told | None = None


def settled_by(told: Told) -> list[Ended]:
    """Return what an entry says was settled."""
    return [Ended(piece, number, told) for piece, name in LISTS for number in told.data[name]]


def found_by(told: Told, ended: list[Ended]) -> list[Ended]:
    """Return what was settled, with what this entry says was found."""
    there = {(piece, number) for piece, name in LISTS for number in told.data[name]}
    return [
        each._replace(found=told) if each.found is None and (each.piece, each.number) in there else each
        for each in ended
    ]


def settled_compared(
    code: str,
    rows: Mapping[int, HandOver],
    ended: Mapping[int, list[Ended]],
    agrees: Callable[[Told, str, Any], bool],
    *,
    is_destroyed: bool,
) -> Iterator[str]:
    """Yield a sentence for each hand-over of which something else is settled than the ledger recorded.

    Args:
        code: of the case.
        rows: hand-overs that were received, by their numbers.
        ended: what the entries say of each.
        agrees: whether a hidden value of an entry is this one.
        is_destroyed: whether the ledger says that the file was disposed of, and with it every reason.
    """
    for number, row in rows.items():
        recorded = ended.get(number, [])
        present = row.settled_pieces
        whole = isinstance(present, list) and len(present) == len(recorded)
        if whole and all(
            _is_so(line, each, agrees, is_destroyed=is_destroyed) for line, each in zip(present, recorded, strict=True)
        ):
            continue
        yield (
            _(
                "%(code)s: lần giao nhận số %(number)d: phần đã ghi thất lạc, giữ hẳn bị sửa thành %(present)s, sổ cái ghi %(recorded)s. Trước khi nộp lưu hay tiêu hủy hồ sơ này: so với văn bản của lãnh đạo."
            )
            % {
                "code": code,
                "number": number,
                "present": _in_words(present),
                "recorded": ", ".join(_piece(each.piece, each.number, each.found is None) for each in recorded)
                or _("trống"),
            }
        )


def _is_so(line: Any, each: Ended, agrees: Callable[[Told, str, Any], bool], *, is_destroyed: bool) -> bool:
    """Tell whether a line of a row is a piece as the entries have it; once the file was disposed of no reason is left."""
    try:
        same = (line["piece"], line["number"], line["outcome"]) == (
            each.piece,
            each.number,
            each.settled.data["settlement"],
        )
        # the ledger has names composed; the host has them as a directory wrote them
        named = composed(str(line["by"])) == each.settled.actor.get("name")
        explained = line["reason"] == "" if is_destroyed else agrees(each.settled, "reason", line["reason"])
        dated = is_moment_of(line["at"], each.settled)
        again = line["found_at"] is None if each.found is None else is_moment_of(line["found_at"], each.found)
    except (KeyError, TypeError):
        return False
    return same and named and explained and dated and again


def _in_words(present: Any) -> str:
    try:
        said = [_piece(each["piece"], each["number"], each["found_at"] is None) for each in present]
    except (KeyError, TypeError, ValueError):
        return _("một giá trị hỏng")
    return ", ".join(said) or _("trống")


def _piece(piece: str, number: int, is_settled: bool) -> str:  # noqa: FBT001 - read by its place, twice here
    words = _("tập %(number)d") if piece == VOLUME else _("vật chứng số %(number)d")
    return words % {"number": number} + ("" if is_settled else f" ({_('đã tìm thấy')})")
