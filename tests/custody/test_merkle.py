"""The tree over all entries, against published vectors and a second, plain implementation."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vks_plugin.custody import merkle
from vks_plugin.custody.verify_ledger import (
    EMPTY_ROOT,
    LedgerError,
    Tree,
    is_consistent,
    leaf_hash,
    root_by_inclusion,
    subtrees_over,
)

# the reference leaves and heads of Certificate Transparency (RFC 6962), as published in
# transparency-dev/merkle, testonly/constants.go
DATA = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
# index, size and path of two proofs published with them
INCLUSION = [
    (
        0,
        8,
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        5,
        8,
        [
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
]
# sizes and path of one published proof of consistency
CONSISTENCY = (
    2,
    5,
    [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
)
LEAVES = [leaf_hash(bytes.fromhex(each)) for each in DATA]


def _plain(leaves: Sequence[bytes]) -> bytes:
    """MTH as section 2.1 of RFC 6962 defines it."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + _plain(leaves[:k]) + _plain(leaves[k:])).digest()


def _many(count: int) -> list[bytes]:
    return [leaf_hash(str(each).encode()) for each in range(count)]


class Store:
    """Keeps what the database keeps, and counts what is read."""

    def __init__(self, leaves: list[bytes]) -> None:
        self.leaves = leaves
        self.subtrees: dict[tuple[int, int], bytes] = {}
        self.read_hashes = 0

    def read(self, level: int, first: int, count: int) -> list[bytes]:
        self.read_hashes += count
        if level == 0:
            found = self.leaves[first : first + count]
        else:
            found = [self.subtrees[level, place] for place in range(first, first + count)]
        assert len(found) == count
        return found

    def grow(self, before: int, size: int) -> merkle.Hashes:
        for subtree in merkle.completed(self.read, before, size):
            self.subtrees[subtree.level, subtree.place] = subtree.hash
        return merkle.Hashes(self.read, size)


def test_published_heads() -> None:
    hashes = Store(LEAVES).grow(0, 8)
    assert [merkle.head(hashes, size).hex() for size in range(9)] == ROOTS
    tree = Tree()
    for size, leaf in enumerate(LEAVES, 1):
        tree.add(0, leaf)
        assert tree.root().hex() == ROOTS[size]
    assert EMPTY_ROOT.hex() == ROOTS[0]


@pytest.mark.parametrize(("index", "size", "path"), INCLUSION)
def test_published_proofs_of_inclusion(index: int, size: int, path: list[str]) -> None:
    hashes = Store(LEAVES).grow(0, 8)
    assert [each.hex() for each in merkle.inclusion_path(hashes, index, size)] == path
    found = root_by_inclusion(LEAVES[index], index, size, [bytes.fromhex(each) for each in path])
    assert found.hex() == ROOTS[size]


def test_a_published_proof_of_consistency() -> None:
    smaller, larger, path = CONSISTENCY
    hashes = Store(LEAVES).grow(0, 8)
    made = merkle.consistency_path(hashes, smaller, larger)
    assert [each.hex() for each in made] == path
    assert is_consistent(smaller, larger, bytes.fromhex(ROOTS[smaller]), bytes.fromhex(ROOTS[larger]), made)


@settings(max_examples=60)
@given(st.lists(st.integers(1, 400), min_size=1, max_size=6), st.data())
def test_a_growing_log_has_the_heads_and_proofs_of_a_plain_tree(steps: list[int], data: st.DataObject) -> None:
    leaves = _many(sum(steps))
    store = Store(leaves)
    size = 0
    for step in steps:
        hashes = store.grow(size, size + step)
        size += step
        root = _plain(leaves[:size])
        assert merkle.head(hashes, size) == root
        index = data.draw(st.integers(0, size - 1))
        path = merkle.inclusion_path(hashes, index, size)
        assert root_by_inclusion(leaves[index], index, size, path) == root
        smaller = data.draw(st.integers(1, size))
        before = _plain(leaves[:smaller])
        assert merkle.head(hashes, smaller) == before
        assert is_consistent(smaller, size, before, root, merkle.consistency_path(hashes, smaller, size))


@settings(max_examples=60)
@given(st.integers(2, 300), st.data())
def test_a_proof_of_something_else_proves_nothing(size: int, data: st.DataObject) -> None:
    leaves = _many(size)
    hashes = Store(leaves).grow(0, size)
    root = _plain(leaves)
    index = data.draw(st.integers(0, size - 1))
    path = merkle.inclusion_path(hashes, index, size)
    wrong: list[tuple[bytes, int, int, list[bytes]]] = [
        (leaf_hash(b"another"), index, size, path),
        (leaves[index], (index + 1) % size, size, path),
        (leaves[index], index, size, path[:-1]),
        (leaves[index], index, size, [*path, root]),
        (leaves[index], index, size, [bytes(32), *path[1:]]),
        (leaves[index], size, size, path),
        (leaves[index], -1, size, path),
    ]
    for leaf, place, of, hashes_ in wrong:
        try:
            assert root_by_inclusion(leaf, place, of, hashes_) != root
        except LedgerError:
            continue
    smaller = data.draw(st.integers(1, size - 1))
    proof = merkle.consistency_path(hashes, smaller, size)
    before = _plain(leaves[:smaller])
    other = _plain([*leaves[: smaller - 1], leaf_hash(b"another")])
    assert not is_consistent(smaller, size, other, root, proof)
    assert not is_consistent(smaller, size, before, other, proof)
    assert not is_consistent(smaller, size, before, root, proof[:-1])
    assert not is_consistent(smaller, size, before, root, [*proof, root])
    assert not is_consistent(size, smaller, root, before, proof)


@given(st.integers(0, 70))
def test_a_run_of_leaves_is_the_complete_subtrees_of_a_tree(count: int) -> None:
    tree = Tree()
    for leaf in _many(count):
        tree.add(0, leaf)
    assert subtrees_over(_many(count)) == tree.subtrees


def test_what_is_read_does_not_grow_with_the_log() -> None:
    store = Store(_many(200_000))
    hashes = store.grow(0, 200_000)
    store.read_hashes = 0
    merkle.head(hashes, 200_000)
    merkle.inclusion_path(merkle.Hashes(store.read, 200_000), 123_456, 200_000)
    merkle.consistency_path(merkle.Hashes(store.read, 200_000), 77_777, 200_000)
    assert store.read_hashes < 4_000
    assert len(store.subtrees) < 200_000 / 250
