"""The tree over all entries of a province: its head and its proofs, from hashes that are kept (RFC 6962, RFC 9162).

Beside the leaves, only complete subtrees of 256, 65,536, … leaves are kept: a head or a proof reads a few hundred
hashes however long the log is, and what is kept besides the leaves is a 255th of them. How a proof is checked stands in
`verify_ledger.py`, which travels with every export.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from vks_plugin.custody.verify_ledger import EMPTY_ROOT, Tree, is_consistent, node_hash, root_by_inclusion

__all__ = [
    "EMPTY_ROOT",
    "STEP",
    "Hashes",
    "Subtree",
    "Tree",
    "completed",
    "consistency_path",
    "head",
    "inclusion_path",
    "is_consistent",
    "root_by_inclusion",
]

STEP = 8
"""Subtrees are kept at every eighth level."""
WIDTH = 1 << STEP

Read = Callable[[int, int, int], Sequence[bytes]]
"""Level, first and how many: gives hashes that are kept, level 0 being the leaves."""


class Subtree(NamedTuple):
    """A complete subtree that is kept."""

    level: int
    place: int
    hash: bytes


def _fold(hashes: Sequence[bytes]) -> bytes:
    while len(hashes) > 1:
        hashes = [node_hash(hashes[each], hashes[each + 1]) for each in range(0, len(hashes), 2)]
    return hashes[0]


class Hashes:
    """What is kept of a log of `size` leaves, read by the tile and each tile once."""

    def __init__(self, read: Read, size: int) -> None:
        self._read = read
        self._tiles: dict[tuple[int, int], Sequence[bytes]] = {}
        self.size = size

    def _kept(self, level: int, first: int, count: int) -> Sequence[bytes]:
        """Return hashes of one tile of a level that is kept."""
        tile = first >> STEP
        if (level, tile) not in self._tiles:
            begins = tile << STEP
            known = (self.size >> level) - begins
            self._tiles[level, tile] = self._read(level, begins, min(WIDTH, known))
        inside = first - (tile << STEP)
        return self._tiles[level, tile][inside : inside + count]

    def complete(self, level: int, index: int) -> bytes:
        """Return the hash of a complete subtree of 2 to the power of `level` leaves."""
        up = level % STEP
        return _fold(self._kept(level - up, index << up, 1 << up))

    def over(self, first: int, last: int) -> bytes:
        """Return the hash over the leaves from `first` to before `last` (MTH of the RFC)."""
        count = last - first
        if count == 0:
            return EMPTY_ROOT
        level = count.bit_length() - 1
        if count == 1 << level and first % count == 0:
            return self.complete(level, first >> level)
        middle = first + _left(count)
        return node_hash(self.over(first, middle), self.over(middle, last))


def _left(count: int) -> int:
    """Return the largest power of two below `count`."""
    return 1 << ((count - 1).bit_length() - 1)


def head(hashes: Hashes, size: int) -> bytes:
    """Return the head of the tree at a size."""
    return hashes.over(0, size)


def inclusion_path(hashes: Hashes, index: int, size: int) -> list[bytes]:
    """Return the proof that a leaf is in the tree of this size (PATH of the RFC), from the leaf upwards.

    Raises:
        ValueError: there is no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError(index)
    path = []
    first, last = 0, size
    while last - first > 1:
        middle = first + _left(last - first)
        if index < middle:
            path.append(hashes.over(middle, last))
            last = middle
        else:
            path.append(hashes.over(first, middle))
            first = middle
    return path[::-1]


def consistency_path(hashes: Hashes, smaller: int, larger: int) -> list[bytes]:
    """Return the proof that the larger tree only added to the smaller one (PROOF of the RFC).

    Raises:
        ValueError: there is none between these sizes.
    """
    if not 0 < smaller <= larger:
        raise ValueError(smaller)
    path = []
    first, last, whole = 0, larger, True
    while last > smaller:
        middle = first + _left(last - first)
        if smaller <= middle:
            path.append(hashes.over(middle, last))
            last = middle
        else:
            path.append(hashes.over(first, middle))
            first = middle
            whole = False
    if not whole:
        path.append(hashes.over(first, last))
    return path[::-1]


def completed(read: Read, before: int, size: int) -> Iterator[Subtree]:
    """Yield the subtrees to keep that became complete since the log had `before` leaves, lower levels first.

    `read` must know by then what was yielded of the level below.
    """
    level = STEP
    while size >> level:
        for index in range(before >> level, size >> level):
            yield Subtree(level, index, _fold(read(level - STEP, index << STEP, WIDTH)))
        level += STEP
