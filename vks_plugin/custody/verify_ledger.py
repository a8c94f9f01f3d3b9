#!/usr/bin/env python3
"""Kiểm tra sổ cái đã xuất: không cần mạng, không cần cài gì ngoài Python 3.9 trở lên.

    python3 verify_ledger.py THƯ_MỤC [--key KHÓA_CÔNG_KHAI] [--checkpoint TỆP [--consistency BẰNG_CHỨNG.json]]
    python3 verify_ledger.py BẰNG_CHỨNG.json [--key KHÓA_CÔNG_KHAI] [--checkpoint TỆP]
    python3 verify_ledger.py GÓI_TRÌNH_CHIẾU | BẢNG_KÊ.json [--key KHÓA_CÔNG_KHAI] [--proof BẰNG_CHỨNG.json]

Checks an exported custody ledger; needs neither a network nor anything but Python 3.9 or later. Where files lie with it, as
in a package for the archive, they are compared with what the ledger recorded of them. A signed head that was kept elsewhere
(--checkpoint, the file or the text of the printed one) tells a ledger that is not its continuation. The files of a bundle
(its manifest lies beside them) or of a deck that was unpacked are compared with their manifest, and that with the entry of
the ledger that tells of its making (--proof).

An entry is one line of canonical JSON (RFC 8785). Its hash, SHA-256 over a zero byte and the line, is named by the next
entry of the same case and is a leaf of one Merkle tree over all entries (RFC 6962). The head of that tree is signed
(C2SP tlog-checkpoint, Ed25519). What this file says of a ledger is worth as much as the public key it was given: compare
the key with the one on the signed paper, or give it with --key.

This one file travels: it imports nothing of the program it comes from. That program imports it, so that what it checks
and what an expert checks are the same.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import contextlib
import datetime as dt
import hashlib
import json
import os
import re
import sys
from collections import OrderedDict, deque
from itertools import islice, zip_longest
from pathlib import Path
from typing import (
    Any,
    Callable,
    Deque,
    Dict,
    FrozenSet,
    Iterable,
    Iterator,
    List,
    NamedTuple,
    Optional,
    Sequence,
    Tuple,
    Union,
)

FIRST = "0" * 64
"""What the first entry of a case names as the hash of the one before."""
LARGEST = 2**53 - 1
"""Of any integer in an entry: what every reader of JSON holds exactly (RFC 8785, RFC 7493)."""
HASH_LENGTH = 32
CHUNK_LEVEL = 15
CHUNK = 1 << CHUNK_LEVEL
"""Entries that are checked at a time: a whole subtree."""
MOST_PROBLEMS = 20


class LedgerError(Exception):
    """Something in a ledger is not as it must be; a sentence in Vietnamese and one in English."""

    def __init__(self, vietnamese: str, english: str) -> None:
        super().__init__(vietnamese, english)
        self.vietnamese = vietnamese
        self.english = english

    def __str__(self) -> str:
        return f"{self.vietnamese} ({self.english})"


# --- canonical JSON (RFC 8785) -----------------------------------------------------------------


_TOO_DEEP = LedgerError("JSON lồng quá sâu", "the JSON is nested too deeply")
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True)
# from U+E000 on, which these bytes begin, sorting by code points and by UTF-16 units differ
_HIGH = bytes(range(0xEE, 0xF5))


def canonical(value: Any) -> bytes:
    """Return the one form of a value: strings, integers, booleans, null, lists and objects only.

    Raises:
        LedgerError: there is something else in it, an integer is too large, or a text is no Unicode.
    """
    try:
        _refuse_others(value)
        line = _ENCODER.encode(value).encode("utf-8")
        return line if len(line.translate(None, _HIGH)) == len(line) else _text(value).encode("utf-8")
    except UnicodeEncodeError:
        raise LedgerError("văn bản không phải Unicode hợp lệ", "a text is not valid Unicode") from None
    except RecursionError:
        raise _TOO_DEEP from None


def _refuse_others(value: Any) -> None:
    """Refuse what no entry may hold."""
    if value is None or isinstance(value, (str, bool)):
        return
    if isinstance(value, int):
        if not -LARGEST <= value <= LARGEST:
            raise LedgerError("số nguyên quá lớn", "an integer is too large")
    elif isinstance(value, (list, tuple)):
        for each in value:
            _refuse_others(each)
    elif isinstance(value, dict):
        for name, each in value.items():
            if not isinstance(name, str):
                raise LedgerError("tên trường không phải là chữ", "a name in an object is not a text")
            _refuse_others(each)
    else:
        raise LedgerError("giá trị không được phép trong sổ cái", "a value of a kind that no entry may hold")


def _text(value: Any) -> str:
    """Return a value whose names may need sorting by UTF-16 units, as the RFC has it."""
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(_text, value)) + "]"
    if isinstance(value, dict):
        # surrogates that stand alone are refused when encoded
        names = sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(f"{_ENCODER.encode(name)}:{_text(value[name])}" for name in names) + "}"
    return _ENCODER.encode(value)


def _refuse(_number: str) -> Any:
    raise LedgerError("có số không nguyên", "a number is not whole")


def _whole(digits: str) -> int:
    number = int(digits) if len(digits) < 18 else LARGEST + 1
    if not -LARGEST <= number <= LARGEST:
        raise LedgerError("số nguyên quá lớn", "an integer is too large")
    return number


_DECODER = json.JSONDecoder(parse_int=_whole, parse_float=_refuse, parse_constant=_refuse)


def parsed(line: bytes) -> Any:
    """Return what a line of canonical JSON says.

    Raises:
        LedgerError: it is no JSON, or not in its canonical form.
    """
    try:
        text = line.decode("utf-8")
        value, end = _DECODER.raw_decode(text)
        plain = len(line.translate(None, _HIGH)) == len(line)
        same = _ENCODER.encode(value) == text if plain else canonical(value) == line
    except RecursionError:
        raise _TOO_DEEP from None
    except ValueError:
        raise LedgerError("không phải JSON", "it is not JSON") from None
    if end != len(text) or not same:
        raise LedgerError("JSON không ở dạng chuẩn tắc", "the JSON is not in canonical form")
    return value


# --- entries -----------------------------------------------------------------------------------

_NAMES = frozenset(("v", "ledger", "seq", "prev", "at", "actor", "kind", "data"))
_ACTOR = frozenset(("id", "name", "unit", "role"))
_LEDGER = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_HEX = re.compile(r"[0-9a-f]{64}")
# of the days of a calendar no other: the 29th of February in years that have one
_LEAP_YEAR = r"(?:\d\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)"
_DAY = (
    r"(?:\d{4}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)|%s-02-29)"
    % _LEAP_YEAR
)
_AT = re.compile(r"(?!0000)%sT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{6}Z" % _DAY, re.ASCII)


class Entry(NamedTuple):
    """What links an entry to others, and what it says."""

    ledger: str
    seq: int
    prev: str
    said: Dict[str, Any]


_NO_ENTRY = LedgerError("không phải một mục của sổ cái", "it is not an entry of a ledger")


def _shaped(said: Any) -> bool:
    """Tell whether this is an entry; its ledger and what it follows are looked at where a chain begins."""
    if type(said) is not dict or said.keys() != _NAMES or said["v"] != 1 or type(said["v"]) is not int:
        return False
    at, actor = said["at"], said["actor"]
    return (
        type(said["seq"]) is int
        and type(said["data"]) is dict
        and type(actor) is dict
        and actor.keys() == _ACTOR
        and (actor["id"] is None or type(actor["id"]) is int)
        and type(actor["name"]) is str
        and (actor["unit"] is None or type(actor["unit"]) is str)
        and (actor["role"] is None or type(actor["role"]) is str)
        and type(said["kind"]) is str
        and type(said["ledger"]) is str
        and type(at) is str
        and _AT.fullmatch(at) is not None
    )


def _begins(said: Any) -> bool:
    """Tell whether ledger and hash of the entry before have their form: an entry that follows another has theirs."""
    prev = said["prev"]
    return (
        said["seq"] >= 0
        and said["kind"] != ""
        and _LEDGER.fullmatch(said["ledger"]) is not None
        and type(prev) is str
        and _HEX.fullmatch(prev) is not None
    )


def entry_of(line: bytes) -> Entry:
    """Return the entry a line holds.

    Raises:
        LedgerError: it is not canonical JSON, or not an entry.
    """
    said = parsed(line)
    if not _shaped(said) or not _begins(said):
        raise _NO_ENTRY
    return Entry(said["ledger"], said["seq"], said["prev"], said)


# --- the same at one look ----------------------------------------------------------------------

# Reading a line and writing it again is nine tenths of a check. What follows accepts nothing that the above refuses: texts
# without escapes, whole numbers that are small, names in plain letters, lists of lists at most. Anything else is read.
# That bytes are Unicode, and nothing in them is or would have to be escaped but quotation marks, is asked of many lines at once.
_ESCAPED = bytes(range(0x20)) + b"\\"


def _is_plain(data: bytes) -> bool:
    """Tell whether bytes are UTF-8 with neither escapes nor characters of control."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return len(data.translate(None, _ESCAPED)) == len(data)


_PLAIN_TEXT = b'"[^"]*"'
_PLAIN_NUMBER = rb"(?:0|-?[1-9][0-9]{0,14})"
_PLAIN = b"(?:%b|%b|true|false|null)" % (_PLAIN_TEXT, _PLAIN_NUMBER)


def _plain_list(each: bytes) -> bytes:
    return rb"\[(?:%b(?:,%b)*)?\]" % (each, each)


_PLAIN_VALUE = b"(?:%b|%b)" % (_PLAIN, _plain_list(b"(?:%b|%b)" % (_PLAIN, _plain_list(_PLAIN))))
_PLAIN_MEMBER = rb'"[a-z][a-z0-9_]*":' + _PLAIN_VALUE
_PLAIN_MEMBERS = rb"((?:%b(?:,%b)*)?)" % (_PLAIN_MEMBER, _PLAIN_MEMBER)
# no text in a plain entry holds a quotation mark: what stands between one and a colon is a name
_PLAIN_NAME = re.compile(rb'"([a-z][a-z0-9_]*)":')


def _plain_entries(members: bytes) -> re.Pattern[bytes]:
    """Return what accepts entries whose data has these members; groups: `at` first, then those of the members, last
    ledger, `prev` and `seq`."""
    return re.compile(
        rb'\{"actor":\{"id":(?:%b|null),"name":%b,"role":(?:%b|null),"unit":(?:%b|null)\},"at":"(%b)","data":\{%b\},"kind":"[^"]+",'
        rb'"ledger":"(%b)","prev":"(%b)","seq":(0|[1-9][0-9]{0,14}),"v":1\}'
        % (
            *(_PLAIN_NUMBER, *[_PLAIN_TEXT] * 3),
            *(_AT.pattern.encode(), members, _LEDGER.pattern.encode(), _HEX.pattern.encode()),
        )
    )


_PLAIN_ENTRY = _plain_entries(_PLAIN_MEMBERS)
_USUAL = 32
"""How often entries of a kind with the same names are met before they get an expression of their own."""
_MOST_MET = 1000
"""Kinds with their names that are counted: a log may hold more than any program writes."""


class PlainEntries:
    """Looks at entries of which most have, by their kind, the same names in their data.

    An expression in which the names stand takes a quarter of the time of one that allows any, which then have to be found
    and compared. It is made of names that were found to be in order, and allows no other.
    """

    def __init__(self) -> None:
        self._met: Dict[Tuple[bytes, ...], int] = {}
        self.usual: Dict[bytes, Callable[[bytes], Optional[re.Match[bytes]]]] = {}
        """By kind of entry."""

    def look(self, line: bytes) -> Optional[Tuple[bytes, bytes, bytes, bytes]]:
        """Return `at`, ledger, `prev` and `seq` of an entry that is well-formed; None: it must be read.

        Args:
            line: of which `_is_plain` is known.
        """
        # no more than a guess which expression to try: what it accepts is well-formed whatever the kind
        begin = line.rfind(b'"kind":"') + 8
        kind = line[begin : line.find(b'"', begin)]
        usual = self.usual.get(kind)
        found = usual(line) if usual is not None else None
        if found is not None:
            return found.groups()  # type: ignore[return-value]
        found = _PLAIN_ENTRY.fullmatch(line)
        if found is None:
            return None
        at, data, ledger, prev, seq = found.groups()
        names = _PLAIN_NAME.findall(data)
        if any(map(bytes.__ge__, names, names[1:])):
            return None
        key = (kind, *names)
        before = self._met.get(key, 0)
        if before < _USUAL and (before or len(self._met) < _MOST_MET):
            self._met[key] = before + 1
            if before + 1 == _USUAL:
                members = b",".join(b'"%b":%b' % (name, _PLAIN_VALUE) for name in names)
                self.usual[kind] = _plain_entries(members).fullmatch
        return at, ledger, prev, seq


def plain_entry(line: bytes, entries: Optional[PlainEntries] = None) -> Optional[Tuple[str, int, str]]:
    """Return ledger, number and hash of the entry before, of an entry that is surely well-formed; None: it must be read."""
    found = (entries or PlainEntries()).look(line) if _is_plain(line) else None
    return None if found is None else (found[1].decode(), int(found[3]), found[2].decode())


# --- Merkle tree (RFC 6962, RFC 9162) ----------------------------------------------------------

_sha256 = hashlib.sha256
EMPTY_ROOT = _sha256(b"").digest()


def leaf_hash(line: bytes) -> bytes:
    """Return the hash of an entry, which is its leaf in the tree."""
    return _sha256(b"\x00" + line).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash over two subtrees."""
    return _sha256(b"\x01" + left + right).digest()


class Tree:
    """A tree that grows at its right edge: all that is kept of it is the complete subtrees of which it is made."""

    def __init__(self) -> None:
        self.size = 0
        self.subtrees: List[Tuple[int, bytes]] = []
        """Level and hash, from the left: each smaller than the one before."""

    def add(self, level: int, subtree: bytes) -> None:
        """Put a complete subtree of 2 to the power of `level` leaves at the right."""
        width = 1 << level
        if self.size % width:
            raise ValueError(self.size)
        self.size += width
        subtrees = self.subtrees
        while subtrees and subtrees[-1][0] == level:
            subtree = _sha256(b"\x01" + subtrees.pop()[1] + subtree).digest()
            level += 1
        subtrees.append((level, subtree))

    def root(self, more: Iterable[Tuple[int, bytes]] = ()) -> bytes:
        """Return the head of the tree, with these subtrees at its right if there are any."""
        if more:
            grown = Tree()
            grown.size, grown.subtrees = self.size, list(self.subtrees)
            for level, subtree in more:
                grown.add(level, subtree)
            return grown.root()
        if not self.subtrees:
            return EMPTY_ROOT
        head = self.subtrees[-1][1]
        for _level, subtree in reversed(self.subtrees[:-1]):
            head = node_hash(subtree, head)
        return head


def root_by_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """Return the head that a proof of inclusion leads to (RFC 9162, 2.1.3.2).

    Raises:
        LedgerError: the proof has another length than one for this place.
    """
    wrong = LedgerError("bằng chứng không thuộc vị trí này", "the proof is not one for this place")
    if not 0 <= index < size:
        raise wrong
    place, last, head = index, size - 1, leaf
    for hash_ in path:
        if last == 0:
            raise wrong
        if place & 1 or place == last:
            head = node_hash(hash_, head)
            while place and not place & 1:
                place >>= 1
                last >>= 1
        else:
            head = node_hash(head, hash_)
        place >>= 1
        last >>= 1
    if last:
        raise wrong
    return head


def is_consistent(first: int, second: int, first_root: bytes, second_root: bytes, path: Sequence[bytes]) -> bool:
    """Tell whether a proof shows that the larger tree only added to the smaller one (RFC 9162, 2.1.4.2)."""
    if not 0 <= first <= second:
        return False
    if first == second:
        return not path and first_root == second_root
    if first == 0:
        return not path and first_root == EMPTY_ROOT
    steps = list(path)
    if not first & (first - 1):
        steps.insert(0, first_root)
    if not steps:
        return False
    place, last = first - 1, second - 1
    while place & 1:
        place >>= 1
        last >>= 1
    before = after = steps[0]
    for hash_ in steps[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            before, after = node_hash(hash_, before), node_hash(hash_, after)
            while place and not place & 1:
                place >>= 1
                last >>= 1
        else:
            after = node_hash(after, hash_)
        place >>= 1
        last >>= 1
    return last == 0 and before == first_root and after == second_root


# --- Ed25519 (RFC 8032), verification only -----------------------------------------------------

_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_ROOT_OF_MINUS_ONE = pow(2, (_P - 1) // 4, _P)
_Point = Tuple[int, int, int, int]


def _add(one: _Point, other: _Point) -> _Point:
    a = (one[1] - one[0]) * (other[1] - other[0]) % _P
    b = (one[1] + one[0]) * (other[1] + other[0]) % _P
    c = 2 * one[3] * other[3] * _D % _P
    d = 2 * one[2] * other[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(factor: int, point: _Point) -> _Point:
    product: _Point = (0, 1, 1, 0)
    while factor:
        if factor & 1:
            product = _add(product, point)
        point = _add(point, point)
        factor >>= 1
    return product


def _x(y: int, sign: int) -> Optional[int]:
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    if square == 0:
        return None if sign else 0
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT_OF_MINUS_ONE % _P
    if (x * x - square) % _P:
        return None
    return _P - x if x & 1 != sign else x


def _point(data: bytes) -> Optional[_Point]:
    number = int.from_bytes(data, "little")
    y = number & ((1 << 255) - 1)
    x = _x(y, number >> 255)
    return None if x is None else (x, y, 1, x * y % _P)


def _encoded(point: _Point) -> bytes:
    inverse = pow(point[2], _P - 2, _P)
    x, y = point[0] * inverse % _P, point[1] * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")


_BASE_Y = 4 * pow(5, _P - 2, _P) % _P
_BASE_X = _x(_BASE_Y, 0) or 0
_BASE: _Point = (_BASE_X, _BASE_Y, 1, _BASE_X * _BASE_Y % _P)


def signed_by(public: bytes, message: bytes, signature: bytes) -> bool:
    """Tell whether an Ed25519 signature of a message is that of a key."""
    if len(public) != 32 or len(signature) != 64:
        return False
    key = _point(public)
    scalar = int.from_bytes(signature[32:], "little")
    if key is None or scalar >= _ORDER:
        return False
    digest = hashlib.sha512(signature[:32] + public + message).digest()
    challenge = int.from_bytes(digest, "little") % _ORDER
    minus = (_P - key[0], key[1], key[2], _P - key[3])
    return _encoded(_add(_times(scalar, _BASE), _times(challenge, minus))) == signature[:32]


# --- signed notes and checkpoints (C2SP) -------------------------------------------------------

ED25519 = b"\x01"
"""The kind of a key and its signature in a note."""


class PublicKey(NamedTuple):
    """A key by which notes are signed."""

    name: str
    key_id: bytes
    public: bytes

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(ED25519 + self.public).decode()}"


def key_id_of(name: str, public: bytes) -> bytes:
    """Return the four bytes by which a signature names its key."""
    return _sha256(name.encode() + b"\n" + ED25519 + public).digest()[:4]


def is_key_name(name: str) -> bool:
    """Tell whether a key may have this name."""
    return bool(name) and "+" not in name and name.isprintable() and not any(each.isspace() for each in name)


def _base64(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if not data or base64.b64encode(data).decode() != text:
        raise LedgerError("mã base64 không hợp lệ", "a base64 text is malformed")
    return data


def parse_key(text: str) -> PublicKey:
    """Return a public key written as `name+id+key`.

    Raises:
        LedgerError: it is none, or of another kind than Ed25519.
    """
    wrong = LedgerError("khóa công khai không hợp lệ", "the public key is malformed")
    parts = text.lstrip(_MARK).strip().split("+", 2)
    if len(parts) != 3 or not is_key_name(parts[0]):
        raise wrong
    data = _base64(parts[2])
    public = data[1:]
    if len(public) != 32 or data[:1] != ED25519 or parts[1] != key_id_of(parts[0], public).hex():
        raise wrong
    return PublicKey(parts[0], key_id_of(parts[0], public), public)


class Note(NamedTuple):
    """A text and who signed it."""

    text: str
    signatures: Tuple[Tuple[str, bytes, bytes], ...]
    """Name and id of a key, and the signature."""


def parse_note(data: bytes) -> Note:
    """Return a note, its signatures not looked at yet.

    Raises:
        LedgerError: it is malformed.
    """
    wrong = LedgerError("checkpoint không đúng định dạng", "the checkpoint is malformed")
    try:
        whole = data.decode("utf-8")
    except UnicodeDecodeError:
        raise wrong from None
    head, blank, tail = whole.rpartition("\n\n")
    if not blank or not tail.endswith("\n") or any(letter < " " and letter != "\n" for letter in whole):
        raise wrong
    lines = tail[:-1].split("\n")
    if len(lines) > 100:
        raise wrong
    signatures = []
    for line in lines:
        parts = line.split(" ")
        if len(parts) != 3 or parts[0] != "\u2014" or not is_key_name(parts[1]):
            raise wrong
        signature = _base64(parts[2])
        if len(signature) < 5:
            raise wrong
        signatures.append((parts[1], signature[:4], signature[4:]))
    return Note(head + "\n", tuple(signatures))


class End(NamedTuple):
    """Where the ledger of a case ended, as it was signed."""

    ledger: str
    entries: int
    hash: str
    """Of the last entry."""


class Checkpoint(NamedTuple):
    """The head of the tree at a size."""

    origin: str
    size: int
    root: bytes
    at: str = ""
    """When it was signed, written as in an entry; empty: it does not say."""
    ends: Tuple[End, ...] = ()
    """Where ledgers ended at this size, of those it speaks of."""
    files: str = ""
    """SHA-256 of the list of the files that went out with the ledger; empty: it speaks of none."""
    signers: Tuple[str, ...] = ()
    """The known keys that signed it."""
    case: str = ""
    """Code of the case the ledger went out for; empty: it says none."""


# lines after the head, which the form of a checkpoint leaves to each log; others are left alone
_SIGNED_AT = re.compile("at (%s)" % _AT.pattern, re.ASCII)
_SIGNED_END = re.compile("ledger (%s) (0|[1-9][0-9]{0,14}) (%s)" % (_LEDGER.pattern, _HEX.pattern))
_SIGNED_FILES = re.compile("files (%s)" % _HEX.pattern)
_SIGNED_CASE = re.compile(r"case (\S{1,100})")


def parse_checkpoint(text: str) -> Checkpoint:
    """Return what the text of a checkpoint says.

    Raises:
        LedgerError: it is malformed.
    """
    lines = text.split("\n")
    number = lines[1] if len(lines) > 1 else ""
    if len(lines) < 4 or not all(lines[:-1]) or re.fullmatch(r"0|[1-9][0-9]{0,17}", number) is None:
        raise LedgerError("checkpoint không đúng định dạng", "the checkpoint is malformed")
    root = _base64(lines[2])
    if len(root) != HASH_LENGTH:
        raise LedgerError("checkpoint không đúng định dạng", "the checkpoint is malformed")
    more = lines[3:-1]
    at = next((found[1] for found in map(_SIGNED_AT.fullmatch, more) if found), "")
    ends = tuple(End(found[1], int(found[2]), found[3]) for found in map(_SIGNED_END.fullmatch, more) if found)
    files = next((found[1] for found in map(_SIGNED_FILES.fullmatch, more) if found), "")
    case = next((found[1] for found in map(_SIGNED_CASE.fullmatch, more) if found), "")
    return Checkpoint(lines[0], int(number), root, at, ends, files, case=case)


def typed_note(text: str) -> bytes:
    """Return a note that was copied from paper or a page as the bytes that were signed.

    Lines that were broken, ended otherwise or indented on the way, and a blank line that was lost, are put right: a
    signature tells whether it is the same note again.
    """
    said: List[str] = []
    signatures: List[List[str]] = []
    for words in map(str.split, text.lstrip("\ufeff").splitlines()):
        if words and words[0] in ("\u2014", "\u2013", "-", "--"):
            signatures.append(words[1:])
        elif signatures:
            signatures[-1] += words
        elif words:
            said.append(" ".join(words))
    lines = [f"\u2014 {words[0]} {''.join(words[1:])}" for words in signatures if words]
    return "\n".join([*said, "", *lines, ""]).encode()


SignatureTest = Callable[[bytes, bytes, bytes], bool]


def open_checkpoint(data: bytes, keys: Iterable[PublicKey], test: SignatureTest = signed_by) -> Checkpoint:
    """Return what a checkpoint says, if one of these keys signed it.

    Raises:
        LedgerError: it is malformed, no known key signed it, or a known key did not sign what is there.
    """
    note = parse_note(data)
    keys = list(keys)
    signers = _signers(note, keys, test)
    if not signers:
        by = ", ".join(f"{name}+{key_id.hex()}" for name, key_id, _signature in note.signatures[:3])
        raise LedgerError(
            f"Checkpoint không do khóa nào đã biết ký: so lại khóa công khai. Nó nêu khóa {by}; sổ đã thay khóa thì nêu mọi khóa "
            "trên giấy (--key nhiều lần).",
            f"no known key signed the checkpoint; it names {by}: after a change of key give every key that is on paper",
        )
    checkpoint = parse_checkpoint(note.text)._replace(signers=tuple(signers))
    if not any(key.name == checkpoint.origin for key in keys):
        raise LedgerError("Checkpoint thuộc một sổ cái khác.", "the checkpoint is that of another log")
    return checkpoint


def _signers(note: Note, keys: Iterable[PublicKey], test: SignatureTest) -> List[str]:
    """Return which of these keys signed a note.

    Raises:
        LedgerError: one of them did not sign what is there.
    """
    known = {(key.name, key.key_id): key for key in keys}
    signers = []
    for name, key_id, signature in note.signatures:
        key = known.get((name, key_id))
        if key is None:
            continue
        if not test(key.public, note.text.encode(), signature):
            raise LedgerError(
                f"Chữ ký của checkpoint không đúng: không phải khóa {name}+{key_id.hex()} đã ký nội dung này.",
                "the signature of the checkpoint is forged",
            )
        signers.append(str(key))
    return signers


def answer_text(origin: str, entry: str) -> str:
    """Return what the key of the log signs of an entry by which somebody answers for a restored database.

    No head has such a text: the name of a log has no space in it.

    Args:
        origin: name of the log.
        entry: hash of the entry, as hexadecimal digits.
    """
    return f"{origin} restored\n{entry}\n"


def change_text(origin: str, before: Optional[str], public: str) -> str:
    """Return what the keys sign of an entry by which the log tells of a new key; no head has such a text (`answer_text`).

    Args:
        origin: name of the log.
        before: the key of before; None: this is the first.
        public: the new key.
    """
    return f"{origin} key\n{before or '-'}\n{public}\n"


def read_answers(data: bytes, keys: Sequence[PublicKey], test: SignatureTest = signed_by) -> FrozenSet[str]:
    """Return the hashes of such entries, of the lines of a file of heads (`{"restored": …, "signed": …}`) a known key signed."""
    found = set()
    for line in _unmarked(data).splitlines():
        if b'"restored"' not in line:
            continue
        try:
            row = _object(line, "")
            note = parse_note(str(row.get("signed", "")).encode("utf-8", "replace"))
            signers = _signers(note, keys, test)
        except LedgerError:
            continue
        entry = str(row.get("restored"))
        if signers and any(note.text == answer_text(key.name, entry) for key in keys):
            found.add(entry)
    return frozenset(found)


# --- values an entry names but does not show ---------------------------------------------------


def item_salt(salt: bytes, place: int) -> bytes:
    """Return what hides the value at one place of an entry; it tells nothing of the others."""
    return _sha256(b"\x02" + salt + place.to_bytes(4, "big")).digest()


def commitment(hidden_by: bytes, value: Any) -> str:
    """Return what an entry holds in the place of a value: whoever is shown the value can compare, nobody can guess."""
    return _sha256(b"\x03" + hidden_by + canonical(value)).hexdigest()


# --- a whole log, in the order of its leaves ---------------------------------------------------


class Link(NamedTuple):
    """What a run of entries has of one case."""

    first_index: int
    first_seq: int
    first_prev: str
    last_seq: int
    last_hash: str
    first_at: str
    last_at: str


Latest = Tuple[str, int]
"""The latest or the earliest moment that entries state, and the place of the one that does; empty: none does."""


class Checked(NamedTuple):
    """What was found in a run of entries."""

    subtrees: List[Tuple[int, bytes]]
    at_sizes: List[Tuple[int, List[Tuple[int, bytes]]]]
    """The complete subtrees up to each size that was asked for."""
    dates: List[Tuple[Latest, Latest]]
    """The latest and the earliest moment up to the first of these sizes, from there to the next, and so on to the end."""
    links: Dict[str, Link]
    problems: List[Tuple[str, str]]
    broken: Dict[Tuple[str, str], str]
    """Those that tell of a chain that does not hold, and of which ledger; of an entry that cannot be read, of none."""


def _place(index: int, entry: Entry) -> str:
    return f"Mục {index} (sổ {entry.ledger}, số thứ tự {entry.seq})"


def _link_problem(index: int, entry: Entry, seq: int, hash_: str) -> Optional[Tuple[str, str]]:
    """Say what is wrong between an entry and the one before it in the same case; `seq` is -1 before the first."""
    where = _place(index, entry)
    if entry.seq > seq + 1:
        missing = f"{seq + 1}" if entry.seq == seq + 2 else f"{seq + 1}–{entry.seq - 1}"
        return f"{where}: thiếu mục số thứ tự {missing} trước đó.", f"entry {index}: entries before it were removed"
    if entry.seq <= seq:
        return (
            f"{where}: đứng sau mục số thứ tự {seq}, thứ tự đã bị đảo hoặc mục bị lặp.",
            f"entry {index}: entries were reordered or repeated",
        )
    if entry.prev != hash_:
        return (
            f"{where}: mã băm của mục trước không khớp, mục số thứ tự {seq} hoặc chính mục này đã bị sửa.",
            f"entry {index}: it does not follow the entry before, one of the two was changed",
        )
    return None


def _date_problem(index: int, ledger: str, seq: int, at: str, before: str) -> Optional[Tuple[str, str]]:
    """Say that an entry is dated before the one it follows in its case; whoever writes them never does that."""
    if at >= before:
        return None
    where = f"Mục {index} (sổ {ledger}, số thứ tự {seq})"
    return (
        f"{where}: đề lúc {_shown(at)}, trước mục đứng trước nó ({_shown(before)}): ngày giờ đã bị ghi lùi.",
        f"entry {index}: it is dated before the entry it follows, it was back-dated",
    )


_BLOCK = 512
"""Lines that are looked at together."""
_entries_met = PlainEntries()


def check_lines(first: int, lines: Sequence[bytes], sizes: Sequence[int] = ()) -> Checked:
    """Check a run of entries, which stand in the log from `first` on.

    Args:
        first: the place of the first one; a whole subtree begins there.
        lines: the entries.
        sizes: at which sizes of the log inside this run the head will be asked for.
    """
    firsts: Dict[bytes, Tuple[int, int, str, str]] = {}
    ends: Dict[bytes, Tuple[bytes, bytes, bytes]] = {}
    dates: List[bytes] = []
    problems: List[Tuple[str, str]] = []
    broken: Dict[Tuple[str, str], str] = {}
    hashes: List[bytes] = []
    look = _entries_met.look
    all_plain = False
    for place, line in enumerate(lines):
        if place % _BLOCK == 0:
            # with a space between: a letter that begins in one line does not end in the next
            all_plain = _is_plain(b" ".join(lines[place : place + _BLOCK]))
        hash_ = _sha256(b"\x00" + line).digest()
        hashes.append(hash_)
        plain = look(line) if all_plain or _is_plain(line) else None
        if plain is None:
            try:
                entry = entry_of(line)
            except LedgerError as error:
                if len(problems) < MOST_PROBLEMS:
                    told = f"Mục {first + place}: {error.vietnamese}.", f"entry {first + place}: {error.english}"
                    problems.append(told)
                    broken[told] = ""
                dates.append(b"")
                continue
            plain = entry.said["at"].encode(), entry.ledger.encode(), entry.prev.encode(), b"%d" % entry.seq
        at, ledger, prev, seq = plain
        dates.append(at)
        follows = ends.get(ledger)
        ends[ledger] = binascii.hexlify(hash_), seq, at
        if follows is None:
            firsts[ledger] = first + place, int(seq), prev.decode(), at.decode()
        elif follows[0] != prev or int(follows[1]) + 1 != int(seq):
            entry = Entry(ledger.decode(), int(seq), prev.decode(), {})
            problem = _link_problem(first + place, entry, int(follows[1]), follows[0].decode())
            if problem is not None and len(problems) < MOST_PROBLEMS:
                problems.append(problem)
                broken[problem] = entry.ledger
        elif at < follows[2] and len(problems) < MOST_PROBLEMS:
            problem = _date_problem(first + place, ledger.decode(), int(seq), at.decode(), follows[2].decode())
            problems += [problem] if problem is not None else []
    rows = _rows_over(hashes)
    at_sizes = [(size, _complete(rows, size - first)) for size in sizes]
    edges = [0, *(size - first for size in sizes), len(lines)]
    stretches = list(map(slice, edges, edges[1:]))
    moments = [(_latest(first, dates, each), _earliest(first, dates, each)) for each in stretches]
    links = {}
    for ledger, (end, seq, at) in ends.items():
        index, first_seq, first_prev, first_at = firsts[ledger]
        links[ledger.decode()] = Link(index, first_seq, first_prev, int(seq), end.decode(), first_at, at.decode())
    return Checked(_complete(rows, len(hashes)), at_sizes, moments, links, problems, broken)


def _latest(first: int, dates: List[bytes], stretch: slice) -> Latest:
    latest = max(dates[stretch], default=b"")
    return latest.decode(), first + dates.index(latest, stretch.start) if latest else first


def _earliest(first: int, dates: List[bytes], stretch: slice) -> Latest:
    earliest = min(filter(None, dates[stretch]), default=b"")
    return earliest.decode(), first + dates.index(earliest, stretch.start) if earliest else first


def _rows_over(hashes: List[bytes]) -> List[List[bytes]]:
    """Return the complete subtrees over these leaves, those of one level in a row."""
    rows = [hashes]
    while len(rows[-1]) > 1:
        row = rows[-1]
        rows.append([_sha256(b"\x01" + left + right).digest() for left, right in zip(row[::2], row[1::2])])
    return rows


def _complete(rows: List[List[bytes]], number: int) -> List[Tuple[int, bytes]]:
    """Return level and hash of the complete subtrees over so many of the leaves, from the left."""
    found, place = [], 0
    for level in range(len(rows) - 1, -1, -1):
        if number >> level & 1:
            found.append((level, rows[level][place >> level]))
            place += 1 << level
    return found


def subtrees_over(hashes: List[bytes]) -> List[Tuple[int, bytes]]:
    """Return level and hash of the complete subtrees over these leaves, from the left."""
    return _complete(_rows_over(hashes), len(hashes))


class Part(NamedTuple):
    """Where in a file some entries stand: whoever checks them reads them, instead of being sent them."""

    path: Path
    begin: int
    length: int

    def lines(self) -> List[bytes]:
        """Return the entries."""
        with self.path.open("rb") as stream:
            stream.seek(self.begin)
            found = stream.read(self.length).split(b"\n")
        return found[:-1] if found[-1] == b"" else found


Run = Tuple[int, Union[List[bytes], Part], List[int]]
"""The place of the first entry, the entries, and at which sizes the head is asked for."""


def _checked(run: Run) -> Checked:
    first, source, sizes = run
    lines = source.lines() if isinstance(source, Part) else source
    return check_lines(first, lines, [size for size in sizes if size <= first + len(lines)])


class Found(NamedTuple):
    """What a check of a whole log found."""

    size: int
    ledgers: int
    root: bytes
    roots: Dict[int, bytes]
    """The head at each size that was asked for and is there."""
    latest: Dict[int, Latest]
    """The latest moment stated up to each of these sizes."""
    earliest: Dict[int, Latest]
    """The earliest moment stated from each of these sizes on."""
    ends: Dict[str, Tuple[int, str, str]]
    """Number, hash and moment of the last entry of each case."""
    problems: List[Tuple[str, str]]
    broken: Dict[Tuple[str, str], str]
    """Those that tell of a chain that does not hold, and of which ledger; of an entry that cannot be read, of none."""


def _chunks(lines: Iterable[bytes]) -> Iterator[List[bytes]]:
    source = iter(lines)
    while True:
        chunk = list(islice(source, CHUNK))
        if not chunk:
            return
        yield chunk


def _parts(path: Path) -> Iterator[Part]:
    begin = 0
    with path.open("rb") as stream:
        while True:
            length = sum(map(len, islice(stream, CHUNK)))
            if not length:
                return
            yield Part(path, begin, length)
            begin += length


def _runs(sources: Iterable[Union[List[bytes], Part]], sizes: Sequence[int]) -> Iterator[Run]:
    for number, source in enumerate(sources):
        first = number * CHUNK
        yield first, source, [size for size in sizes if first < size <= first + CHUNK]


def _results(runs: Iterable[Run], processes: int) -> Iterator[Checked]:
    """Check runs on several processes, in their order; a short log is not worth starting them."""
    source = iter(runs)
    start = list(islice(source, processes + 1))
    if processes < 2 or len(start) < 2:
        for run in start:
            yield _checked(run)
        for run in source:
            yield _checked(run)
        return
    from concurrent.futures import Future, ProcessPoolExecutor  # noqa: PLC0415 - short logs need none
    from multiprocessing import get_context  # noqa: PLC0415

    # not forked: who calls may hold connections and threads
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        waiting: Deque[Future[Checked]] = deque(pool.submit(_checked, run) for run in start)
        for run in source:
            yield waiting.popleft().result()
            waiting.append(pool.submit(_checked, run))
        while waiting:
            yield waiting.popleft().result()


def check_log(lines: Iterable[bytes], *, sizes: Iterable[int] = (), processes: int = 1) -> Found:
    """Check every entry of a log, given in the order of its leaves: form, chain of each case, head.

    Args:
        lines: the entries; read once, and never all of them held.
        sizes: at which sizes the head is asked for.
        processes: how many do the work.
    """
    return _check(_chunks(lines), sizes, processes)


def check_file(path: Path, *, sizes: Iterable[int] = (), processes: int = 1) -> Found:
    """Check a log as `check_log` does, given as a file with an entry a line."""
    return _check(_parts(path), sizes, processes)


def _check(sources: Iterable[Union[List[bytes], Part]], sizes: Iterable[int], processes: int) -> Found:
    tree = Tree()
    heads: Dict[str, Tuple[int, str, str]] = {}
    latest: Dict[int, Latest] = {}
    since: Dict[int, Latest] = {}
    until: Latest = ("", 0)
    roots: Dict[int, bytes] = {}
    problems: List[Tuple[str, str]] = []
    broken: Dict[Tuple[str, str], str] = {}
    wanted = sorted(set(sizes))
    if 0 in wanted:
        roots[0] = EMPTY_ROOT
    last = 0
    for checked in _results(_runs(sources, wanted), processes):
        problems += checked.problems
        broken.update(checked.broken)
        for ledger, link in checked.links.items():
            seq, hash_, before = heads.get(ledger, (-1, FIRST, ""))
            entry = Entry(ledger, link.first_seq, link.first_prev, {})
            problem = _link_problem(link.first_index, entry, seq, hash_)
            if problem is not None:
                broken[problem] = ledger
            problem = problem or _date_problem(link.first_index, ledger, link.first_seq, link.first_at, before)
            if problem is not None:
                problems.append(problem)
            heads[ledger] = (link.last_seq, link.last_hash, link.last_at)
        for (size, subtrees), dated in zip([*checked.at_sizes, (-1, [])], checked.dates):
            until = max(until, dated[0], key=_moment)
            since[last] = min(filter(_moment, (since.get(last, ("", 0)), dated[1])), key=_moment, default=("", 0))
            if size >= 0:
                roots[size], latest[size], last = tree.root(subtrees), until, size
        for level, subtree in checked.subtrees:
            tree.add(level, subtree)
    earliest: Dict[int, Latest] = {}
    soonest: Latest = ("", 0)
    for size in sorted(since, reverse=True):
        soonest = min(filter(_moment, (since[size], soonest)), key=_moment, default=("", 0))
        earliest[size] = soonest
    return Found(tree.size, len(heads), tree.root(), roots, latest, earliest, heads, problems[:MOST_PROBLEMS], broken)


def _moment(latest: Latest) -> str:
    return latest[0]


def _dated_after(checkpoint: Checkpoint, latest: Latest) -> Optional[Tuple[str, str]]:
    """Say that an entry is dated after the checkpoint that signs it; a checkpoint that states no moment tells nothing."""
    at, index = latest
    if not checkpoint.at or at <= checkpoint.at:
        return None
    head = f"checkpoint {checkpoint.size} mục ({_shown(checkpoint.at)})"
    return (
        f"Mục {index} đề lúc {_shown(at)}, sau lúc ký {head}: ngày giờ của mục không đúng.",
        f"entry {index} is dated after the checkpoint that signs it",
    )


def compare_with(checkpoint: Checkpoint, found: Found) -> Optional[Tuple[str, str]]:
    """Say what is wrong between a checkpoint and the entries; None when they agree."""
    if found.size < checkpoint.size:
        return (
            f"Sổ bị cắt bớt: checkpoint ghi {checkpoint.size} mục nhưng chỉ có {found.size} mục.",
            f"the log was cut off: {checkpoint.size} entries were signed, {found.size} are there",
        )
    if found.roots[checkpoint.size] != checkpoint.root:
        return (
            f"{checkpoint.size} mục đầu không phải là những mục đã được ký trong checkpoint: sổ đã bị viết lại.",
            f"the first {checkpoint.size} entries are not those that were signed: the log was rewritten",
        )
    return _dated_after(checkpoint, found.latest.get(checkpoint.size, ("", 0)))


def not_continued(
    kept: Sequence[Checkpoint], size: int, root_at: Callable[[int], Optional[bytes]]
) -> Optional[Tuple[str, str]]:
    """Say that a log is not the continuation of what was signed and kept elsewhere; None: it is, as far as is known.

    Args:
        kept: checkpoints that were kept elsewhere.
        size: how many entries the log has.
        root_at: the head the log has, or had, at a size up to its own; None: it is not known.
    """
    agreed = 0
    for each in sorted(kept, key=lambda each: each.size):
        when = f", ký lúc {_shown(each.at)}" if each.at else ""
        then = f", signed at {_shown(each.at)}" if each.at else ""
        if each.size > size:
            return (
                (
                    f"Checkpoint giữ ở nơi khác có {each.size} mục{when}, sổ này chỉ có {size} mục: cơ sở dữ liệu đã được phục "
                    "hồi từ bản sao lưu cũ, hoặc các mục sau đã bị bỏ."
                ),
                (
                    f"a checkpoint kept elsewhere has {each.size} entries{then}, this log only {size}: an old backup was "
                    "restored, or later entries were taken away"
                ),
            )
        found = root_at(each.size)
        if found is None:
            continue
        since = f"; hai bên còn giống nhau đến mục thứ {agreed}" if agreed else ""
        until = f"; both agree on the first {agreed}" if agreed else ""
        if found != each.root and each.size == size:
            return (
                (
                    f"Checkpoint giữ ở nơi khác cũng có {size} mục{when} nhưng mã gốc khác: có hai sổ cùng được ký, sổ đã rẽ "
                    f"nhánh{since}."
                ),
                (
                    f"a checkpoint kept elsewhere has {size} entries too{then}, but another root: two logs were signed, a "
                    f"fork{until}"
                ),
            )
        if found != each.root:
            return (
                (
                    f"{each.size} mục đầu không phải là những mục đã được ký trong checkpoint giữ ở nơi khác{when}: "
                    f"sổ đã bị viết lại hoặc rẽ nhánh{since}."
                ),
                (
                    f"the first {each.size} entries are not those of a checkpoint kept elsewhere{then}: "
                    f"the log was rewritten or forked{until}"
                ),
            )
        agreed = each.size
    return None


KEY = "key"
"""Kind of the entry that tells of a new signing key."""
RESTORED = "ledger_restored"
"""Kind of the entry by which somebody answers for a database that was put back from a backup."""


class Restored(NamedTuple):
    """What such an entry gives up: heads of what came after the common beginning, signed until a moment or named one by one."""

    agreed: int
    """How many entries the log still had in common with them."""
    size: int
    """How many entries the newest of them covers."""
    root: str
    """Its head, as hexadecimal digits."""
    until: str
    """When it was signed."""
    at: str
    """When the entry was written."""
    roots: FrozenSet[str] = frozenset()
    """Each of them, where the clock of the day could not tell them from what is signed later; empty: it could."""
    entry: str = ""
    """Hash of the entry, as hexadecimal digits."""
    by: str = ""
    """Who answered, as the entry names the person."""

    def covers(self, head: Checkpoint) -> bool:
        """Tell whether a head is one of those. Whatever is signed later than the entry is signed later than `until`."""
        if head.size <= self.agreed:
            return False
        return head.root.hex() in self.roots if self.roots else head.at <= self.until

    def is_borne_out(self, kept: Iterable[Checkpoint]) -> bool:
        """Tell whether the entry may be believed: without a head that was signed and kept, anybody could write any moment.

        Heads that are named one by one are no others than those.
        """
        named = (self.size, self.root, self.until)
        return bool(self.roots) or (
            self.until < self.at and any((each.size, each.root.hex(), each.at) == named for each in kept)
        )


def restored(said: Dict[str, Any], line: bytes = b"") -> Optional[Restored]:
    """Return what such an entry says; None: it is malformed.

    Args:
        said: what it says.
        line: its bytes.
    """
    data = said["data"]
    agreed, until, size = data.get("agreed_entries"), data.get("head_at"), data.get("head_entries")
    root, roots = data.get("head_root"), data.get("given_up", [])
    if type(agreed) is not int or type(until) is not str or type(size) is not int or type(root) is not str:
        return None
    if type(roots) is not list or not all(type(each) is str for each in roots):
        return None
    by = said["actor"]["name"] or data.get("on_behalf_of") or ""
    return Restored(agreed, size, root, until, said["at"], frozenset(roots), leaf_hash(line).hex(), str(by))


def still_claimed(
    kept: Iterable[Checkpoint], given_up: Sequence[Restored], known: Sequence[Checkpoint]
) -> List[Checkpoint]:
    """Return the heads that no entry of a restored database gives up.

    Args:
        kept: heads that are looked at.
        given_up: what those entries say.
        known: every head that was kept, among which are those the entries name.
    """
    believed = [entry for entry in given_up if entry.is_borne_out(known)]
    return [each for each in kept if not any(entry.covers(each) for entry in believed)]


# --- what was done to entries that do not hold --------------------------------------------------

# All of it is asked only after something was found wrong. What was done is guessed and undone: where the entries are then
# those that were signed, the guess is proven, whoever did it and whatever was computed anew behind it.

MOST_TRIED = 1_000_000
"""Hashes that are computed for one kind of guess: a second or two."""
MOST_LOOKED_AT = 20_000
"""Entries between two signed heads: of more no guess is made."""
MOST_LINKED_ANEW = 100_000
"""Entries that are written anew for guesses at most."""
_MOST_INSERTED = 8


class _Row(NamedTuple):
    """An entry of a chain that does not hold."""

    place: int
    seq: int
    prev: str
    hash: str


_NAMED_LEDGER = re.compile(b'"ledger":"([0-9a-f-]{36})"')


def _chains_of(path: Path, ledgers: FrozenSet[str]) -> Dict[str, List[_Row]]:
    """Return the entries of some ledgers, in the order of the file."""
    chains: Dict[str, List[_Row]] = {each: [] for each in sorted(ledgers)}
    wanted = {each.encode() for each in chains}
    for index, line in enumerate(_lines(path)):
        if not wanted.isdisjoint(_NAMED_LEDGER.findall(line)):
            try:
                entry = entry_of(line)
            except LedgerError:
                continue
            if entry.ledger in chains:
                chains[entry.ledger].append(_Row(index, entry.seq, entry.prev, leaf_hash(line).hex()))
    return chains


def _numbers(first: int, last: int) -> str:
    return f"{first}" if first == last else f"{first}–{last}"


def _explained_chain(ledger: str, rows: List[_Row], *, all_read: bool) -> List[Tuple[str, str]]:
    """Say what was done to a chain of which numbers and hashes do not follow one another.

    Args:
        ledger: whose it is.
        rows: its entries, in the order in which they were found.
        all_read: no entry was malformed: what is missing is then not one of those.
    """
    told: List[Tuple[str, str]] = []

    def where(row: _Row) -> str:
        return f"Mục {row.place} (sổ {ledger}, số thứ tự {row.seq})"

    follows = {(row.seq - 1, row.prev) for row in rows}
    hashes = {(row.seq, row.hash) for row in rows}
    by_seq: Dict[int, List[_Row]] = {}
    for row in rows:
        by_seq.setdefault(row.seq, []).append(row)
    kept: List[_Row] = []
    for seq in sorted(by_seq):
        # the true one of several is that which others are linked with
        ranked = sorted(
            by_seq[seq],
            key=lambda row: (
                -((row.seq, row.hash) in follows) - ((row.seq - 1, row.prev) in hashes or row.prev == FIRST),
                row.place,
            ),
        )
        true = ranked[0]
        kept.append(true)
        for row in ranked[1:]:
            if row.hash == true.hash:
                told.append(
                    (
                        f"{where(row)} bị chép thêm: lặp lại mục {true.place}.",
                        f"entry {row.place} was put in a second time: it repeats entry {true.place}",
                    )
                )
            else:
                told.append(
                    (
                        f"{where(row)} bị chèn vào: mục {true.place} đã mang số thứ tự ấy.",
                        f"entry {row.place} was inserted: entry {true.place} has its number already",
                    )
                )
    before = -1
    for row in kept:
        if row.seq > before + 1:
            vietnamese = f"{where(row)}: thiếu mục số thứ tự {_numbers(before + 1, row.seq - 1)} trước đó"
            told.append(
                (
                    f"{vietnamese}, đã bị xóa." if all_read else f"{vietnamese}.",
                    f"entry {row.place}: entries before it were deleted",
                )
            )
        before = row.seq
    true_ones = set(kept)
    told += _explained_order(ledger, [row for row in rows if row in true_ones], kept)
    begins = not kept or kept[0].seq > 0 or kept[0].prev == FIRST
    linked = [
        begins,
        *(two.prev == one.hash or two.seq != one.seq + 1 for one, two in zip(kept, islice(kept, 1, None))),
    ]
    linked.append(True)
    changed = -1
    for place, row in enumerate(kept):
        if linked[place] or changed == place - 1 >= 0:
            continue
        if place and linked[place + 1] and place + 1 < len(kept):
            # the others still name what it was
            changed = place - 1
            told.append(
                (
                    f"{where(kept[changed])} đã bị sửa: mục sau nối với mã băm khác.",
                    f"entry {kept[changed].place} was changed: the entry after it names another hash",
                )
            )
        elif place and place + 1 == len(kept):
            told.append(
                (
                    f"{where(row)}: mã băm của mục trước không khớp, mục số thứ tự {row.seq - 1} hoặc chính mục này đã bị sửa.",
                    f"entry {row.place}: it does not follow the entry before, one of the two was changed",
                )
            )
        else:
            changed = place
            told.append(
                (
                    f"{where(row)} đã bị sửa: không nối với mục trước, mục sau cũng không nối với nó.",
                    f"entry {row.place} was changed: neither side is linked with it",
                )
            )
    return told


def _explained_order(ledger: str, found: List[_Row], ordered: List[_Row]) -> List[Tuple[str, str]]:
    """Say which entries of a chain stand elsewhere than their numbers have it."""
    wrong = [place for place, (one, other) in enumerate(zip(found, ordered)) if one != other]
    if not wrong:
        return []
    first, last = wrong[0], wrong[-1]
    one, other = found[first], found[last]
    if len(wrong) == 2:
        return [
            (
                (
                    f"Mục {one.place} và mục {other.place} (sổ {ledger}, số thứ tự {one.seq} và {other.seq}) đã bị đổi chỗ cho "
                    "nhau, thứ tự đã bị đảo."
                ),
                f"entries {one.place} and {other.place} were swapped",
            )
        ]
    moved = None
    if [*found[first + 1 : last + 1], one] == ordered[first : last + 1]:
        moved = one
    elif [other, *found[first:last]] == ordered[first : last + 1]:
        moved = other
    if moved is not None:
        after = f"sau mục số thứ tự {moved.seq - 1}" if moved.seq else "ở đầu sổ"
        return [
            (
                f"Mục {moved.place} (sổ {ledger}, số thứ tự {moved.seq}) đã bị dời chỗ: đúng ra đứng {after}, thứ tự đã bị đảo.",
                f"entry {moved.place} was moved: by its number it stands elsewhere",
            )
        ]
    numbers = _numbers(ordered[first].seq, ordered[last].seq)
    return [
        (
            f"Sổ {ledger}: các mục số thứ tự {numbers} không còn đứng theo thứ tự, thứ tự đã bị đảo.",
            f"ledger {ledger}: entries {numbers} were reordered",
        )
    ]


class _Leaves:
    """The tree over the first entries of a log, of which those behind a certain place can be put otherwise."""

    def __init__(self, before: Tree, leaves: Sequence[bytes]) -> None:
        self.first, self.size = before.size, before.size + len(leaves)
        self.tried = 0
        self._kept: Dict[Tuple[int, int], bytes] = {}
        place = 0
        for level, subtree in before.subtrees:
            self._kept[level, place >> level] = subtree
            place += 1 << level
        self._rows = [list(leaves)]
        while (self.size - 1) >> (len(self._rows) - 1):
            level = len(self._rows)
            nodes = range(self.first >> level, ((self.size - 1) >> level) + 1)
            self._rows.append([self._over(level, node) for node in nodes])

    def _node(self, level: int, index: int) -> bytes:
        begin = self.first >> level
        return self._rows[level][index - begin] if index >= begin else self._kept[level, index]

    def _over(self, level: int, index: int) -> bytes:
        self.tried += 1
        left, right = self._node(level - 1, 2 * index), 2 * index + 1
        return left if right > (self.size - 1) >> (level - 1) else node_hash(left, self._node(level - 1, right))

    def at(self, place: int) -> bytes:
        """Return what stands at a place."""
        return self._rows[0][place - self.first]

    def put(self, place: int, leaf: bytes) -> None:
        """Let another entry stand at a place."""
        self._rows[0][place - self.first] = leaf
        for level in range(1, len(self._rows)):
            index = place >> level
            self._rows[level][index - (self.first >> level)] = self._over(level, index)

    def root(self) -> bytes:
        """Return the head with all entries as they stand now."""
        return self._rows[-1][0]


class _Undone(NamedTuple):
    """A chain as it was before one thing was done to it, if that was done: its entries are numbered and linked anew."""

    deed: str
    one: int
    """The place in the chain of the entry it was done to."""
    other: int
    """Of the one it was swapped with, or where it stood."""
    lines: List[bytes]
    """From the first entry on that was written anew."""


def _written_anew(entries: Iterable[Dict[str, Any]], seq: int, prev: str) -> List[bytes]:
    lines = []
    for number, said in enumerate(entries, seq):
        lines.append(canonical({**said, "seq": number, "prev": prev}))
        prev = leaf_hash(lines[-1]).hex()
    return lines


def _without(chain: Sequence[Dict[str, Any]], place: int) -> _Undone:
    said = chain[place]
    return _Undone("inserted", place, place, _written_anew(chain[place + 1 :], said["seq"], said["prev"]))


def _reordered(chain: Sequence[Dict[str, Any]]) -> Iterator[_Undone]:
    """Yield a chain with two entries swapped back or one moved back, neighbours first; moments stay or go with them."""
    count = len(chain)
    for one, other in ((one, one + step) for step in range(1, count) for one in range(count - step)):
        begin = chain[one]
        moments = [said["at"] for said in chain[one:]]
        deeds = [("swapped", one, other, [chain[other], *chain[one + 1 : other], chain[one], *chain[other + 1 :]])]
        if other > one + 1:
            deeds += [
                ("moved", other, one, [chain[other], *chain[one:other], *chain[other + 1 :]]),
                ("moved", one, other, [*chain[one + 1 : other + 1], chain[one], *chain[other + 1 :]]),
            ]
        for deed, place, target, entries in deeds:
            yield _Undone(deed, place, target, _written_anew(entries, begin["seq"], begin["prev"]))
            kept = [{**said, "at": at} for said, at in zip(entries, moments)]
            yield _Undone(deed, place, target, _written_anew(kept, begin["seq"], begin["prev"]))


_ANEW = (
    ", các mục sau của sổ ấy đã được đánh số và nối lại",
    ", and those behind it in its ledger were numbered and linked anew",
)


class _Signed(NamedTuple):
    """What a guess is compared with."""

    vietnamese: str
    english: str


def _inserted(first: int, last: int, of: str, signed: _Signed, *, anew: bool = False) -> Tuple[str, str]:
    what, entries = ("Mục", "entry") if first == last else ("Các mục", "entries")
    behind, then = _ANEW if anew else ("", "")
    number = f"{first}" if first == last else f"{first}-{last}"
    return (
        f"{what} {_numbers(first, last)}{of} bị chèn vào{behind}: bỏ ra thì {signed.vietnamese}.",
        f"{entries} {number} inserted{then}: without that {signed.english}",
    )


def _put_elsewhere(deed: str, one: int, other: int, of: str, signed: _Signed, *, anew: bool = False) -> Tuple[str, str]:
    behind, then = _ANEW if anew else ("", "")
    if deed == "swapped":
        one, other = sorted((one, other))
        return (
            f"Mục {one} và mục {other}{of} đã bị đổi chỗ cho nhau{behind}: đổi lại thì {signed.vietnamese}.",
            f"entries {one} and {other} were swapped{then}: swapped back, {signed.english}",
        )
    return (
        f"Mục {one}{of} đã bị dời khỏi vị trí {other}{behind}: đưa về thì {signed.vietnamese}.",
        f"entry {one} was moved from {other}{then}: put back, {signed.english}",
    )


class _Rewritten:
    """The first entries of a log that were signed otherwise, all of them well-formed and linked."""

    def __init__(self, path: Path, agreed: int, head: Checkpoint) -> None:
        self._head = head
        self._first = agreed
        before = Tree()
        self._lines: List[bytes] = []
        for index, line in enumerate(islice(_lines(path), head.size + _MOST_INSERTED)):
            if index < agreed:
                before.add(0, leaf_hash(line))
            else:
                self._lines.append(line)
        self._hashes = [leaf_hash(line) for line in self._lines]
        self._before = before
        self._linked_anew = 0
        self._chains: Dict[str, List[int]] = {}
        self._said: List[Dict[str, Any]] = []
        if len(self._lines) <= MOST_LINKED_ANEW // 4:
            self._said = [entry_of(line).said for line in self._lines]
            for place, said in enumerate(self._said):
                self._chains.setdefault(said["ledger"], []).append(place)
        when = f" ({_shown(head.at)})" if head.at else ""
        self._signed = _Signed(
            f"{head.size} mục đầu đúng như đã ký{when}", f"the first {head.size} entries are those that were signed"
        )

    def explained(self) -> Optional[Tuple[str, str]]:
        """Say what was done; None: it is nothing that can be undone with what is there."""
        for count in range(1, min(_MOST_INSERTED, len(self._lines) - (self._head.size - self._first)) + 1):
            told = self._tried_without(count)
            if told is not None:
                return told
        return self._tried_neighbours() or self._tried_anew() or self._tried_elsewhere()

    def _of(self, place: int) -> str:
        said = entry_of(self._lines[place]).said
        return f" (sổ {said['ledger']}, số thứ tự {said['seq']})"

    def _tried_without(self, count: int) -> Optional[Tuple[str, str]]:
        """Take so many entries in a row out, wherever they stand; one of them also with its chain as it was before."""
        first, number = self._first, self._head.size - self._first
        leaves = _Leaves(self._before, self._hashes[count : number + count])
        for place in range(number + 1):
            if place:
                leaves.put(first + place - 1, self._hashes[place - 1])
            if leaves.root() == self._head.root:
                of = self._of(place) if count == 1 else ""
                return _inserted(first + place, first + place + count - 1, of, self._signed)
            if count == 1 and self._said and self._linked_anew < MOST_LINKED_ANEW:
                chain = [each for each in self._chains[self._said[place]["ledger"]] if place <= each <= number]
                self._linked_anew += len(chain)
                undone = _without([self._said[each] for each in chain], 0)
                if self._holds(leaves, [each - 1 for each in chain[1:]], undone.lines):
                    return _inserted(first + place, first + place, self._of(place), self._signed, anew=True)
            if leaves.tried > MOST_TRIED:
                break
        return None

    def _holds(self, leaves: _Leaves, places: List[int], lines: List[bytes]) -> bool:
        """Tell whether this is what was signed where these lines stand at these places; leave the tree as it was."""
        begin = self._first
        before = [leaves.at(begin + place) for place in places]
        for place, line in zip(places, lines):
            leaves.put(begin + place, leaf_hash(line))
        same = leaves.root() == self._head.root
        for place, hash_ in zip(places, before):
            leaves.put(begin + place, hash_)
        return same

    def _tried_neighbours(self) -> Optional[Tuple[str, str]]:
        """Swap each two that stand side by side: where they are of different cases no chain tells."""
        first, number, hashes = self._first, self._head.size - self._first, self._hashes
        leaves = _Leaves(self._before, hashes[:number])
        for one, other in zip(range(number), range(1, number)):
            leaves.put(first + one, hashes[other])
            leaves.put(first + other, hashes[one])
            if leaves.root() == self._head.root:
                return _put_elsewhere("swapped", first + one, first + other, "", self._signed)
            leaves.put(first + one, hashes[one])
            leaves.put(first + other, hashes[other])
        return None

    def _tried_elsewhere(self) -> Optional[Tuple[str, str]]:
        """Move each entry, and swap it with others, as far as that can be tried for all of them."""
        first, number, hashes = self._first, self._head.size - self._first, self._hashes
        leaves = _Leaves(self._before, hashes[:number])
        reach = MOST_TRIED // max(number * 6 * (self._head.size.bit_length() + 1), 1)
        for one in range(number):
            for step in (1, -1):
                # it goes on by a place each time, and what it passes goes the other way
                other = one
                while 0 <= other + step < number and abs(other - one) < reach:
                    leaves.put(first + other, hashes[other + step])
                    other += step
                    leaves.put(first + other, hashes[one])
                    if leaves.root() == self._head.root:
                        return _put_elsewhere("moved", first + one, first + other, self._of(one), self._signed)
                for place in range(min(one, other), max(one, other) + 1):
                    leaves.put(first + place, hashes[place])
            for other in range(one + 2, min(number, one + reach)):
                leaves.put(first + one, hashes[other])
                leaves.put(first + other, hashes[one])
                if leaves.root() == self._head.root:
                    return _put_elsewhere("swapped", first + one, first + other, "", self._signed)
                leaves.put(first + other, hashes[other])
            leaves.put(first + one, hashes[one])
        return None

    def _tried_anew(self) -> Optional[Tuple[str, str]]:
        """Swap two entries of a case, or move one, and number and link its chain as it was before."""
        first, number = self._first, self._head.size - self._first
        leaves = _Leaves(self._before, self._hashes[:number])
        self._linked_anew = 0
        for places in self._chains.values():
            chain = [each for each in places if each < number]
            for undone in _reordered([self._said[each] for each in chain]):
                self._linked_anew += len(undone.lines)
                if self._linked_anew > MOST_LINKED_ANEW or leaves.tried > MOST_TRIED:
                    return None
                if self._holds(leaves, chain[len(chain) - len(undone.lines) :], undone.lines):
                    one, other = chain[undone.one], chain[undone.other]
                    of = f" (sổ {self._said[one]['ledger']})"
                    return _put_elsewhere(undone.deed, first + one, first + other, of, self._signed, anew=True)
        return None


def _held_until(heads: Sequence[Checkpoint], found: Found) -> Tuple[Optional[Checkpoint], Optional[Checkpoint]]:
    """Return the largest head with which the entries agree, and the smallest with which they do not, of those they reach.

    Where two heads of one size say otherwise, neither vouches for it.
    """
    here = sorted((head for head in heads if head.size <= found.size), key=lambda head: head.size)
    broken = next((head for head in here if found.roots.get(head.size) != head.root), None)
    until = found.size + 1 if broken is None else broken.size
    return max((head for head in here if head.size < until), key=lambda head: head.size, default=None), broken


def _explained(path: Path, found: Found, heads: Sequence[Checkpoint]) -> List[Tuple[str, str]]:
    """Say what is wrong with the entries of a log, and as far as it can be known what was done to them.

    Args:
        path: where they are.
        found: what was found in them.
        heads: every head that was signed of this log.
    """
    of_chains = {problem: ledger for problem, ledger in found.broken.items() if ledger}
    malformed = len(found.broken) > len(of_chains)
    others = [each for each in found.problems if each not in of_chains]
    if of_chains:
        # no more is told than that many problems, and one of each ledger is enough
        ledgers = islice(OrderedDict.fromkeys(of_chains.values()), MOST_PROBLEMS)
        chains = _chains_of(path, frozenset(ledgers))
        told = [
            each for ledger, rows in chains.items() for each in _explained_chain(ledger, rows, all_read=not malformed)
        ]
        return others + (told or list(of_chains))
    held, broken = _held_until(heads, found)
    if malformed or broken is None or len(others) >= MOST_PROBLEMS:
        return others
    agreed = held.size if held is not None else 0
    told_as = _Rewritten(path, agreed, broken).explained() if broken.size - agreed <= MOST_LOOKED_AT else None
    if told_as is None:
        return others or [_not_known(agreed, broken)]
    return [told_as, *others]


def _not_known(agreed: int, head: Checkpoint) -> Tuple[str, str]:
    return (
        (
            f"Từ vị trí {_numbers(agreed, head.size - 1)} các mục không còn là những mục đã ký: có mục bị sửa, hoặc bị xóa, bị "
            "thêm rồi các mục sau được đánh số và nối lại. Những gì ở đây không cho biết đó là mục nào; điểm chốt khác giữ ở "
            "nơi khác thu hẹp khoảng này."
        ),
        (
            f"entries {agreed}-{head.size - 1} are not those that were signed: some were changed, or deleted or added with "
            "those behind numbered and linked anew; nothing here tells which, other heads would narrow it down"
        ),
    )


# --- an export ---------------------------------------------------------------------------------


class Report(NamedTuple):
    """What is said of an export."""

    entries: int
    ledgers: int
    checkpoint: Optional[Checkpoint]
    keys: List[PublicKey]
    keys_are_from_outside: bool
    openings: int
    problems: List[Tuple[str, str]]
    remarks: Sequence[Tuple[str, str]] = ()
    """What is no fault, and what the reader must know: how far it goes what was proven."""
    files: int = 0
    """Files that are those on the list that was signed with the ledger."""
    proven: Optional[Tuple[str, str]] = None
    """What was proven, where it is not a number of entries."""
    cases: Sequence[str] = ()
    """Codes of the cases of an extract, as they were registered."""
    asked: Sequence[Tuple[str, str]] = ()
    """What no file can tell and somebody has to be asked before what holds otherwise may be called valid."""


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        for line in stream:
            yield line[:-1] if line.endswith(b"\n") else line


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise LedgerError(f"Không đọc được tệp {path.name}.", f"{path.name} cannot be read") from None


def read_keys(text: str) -> List[PublicKey]:
    """Return the public keys of a file, one a line."""
    lines = text.lstrip(_MARK).splitlines()
    return [parse_key(line) for line in lines if line.strip() and not line.startswith("#")]


_MARK = "\ufeff"
"""What editors of Windows put at the beginning of a file."""


def _keys_of(folder: Path) -> List[PublicKey]:
    """Return the keys that came with an export.

    Raises:
        LedgerError: the file cannot be read, or one of them is none.
    """
    path = folder / "keys"
    try:
        return read_keys(_read(path).decode("utf-8", "replace"))
    except LedgerError as error:
        raise _in_file(path, error) from None


def _in_file(path: Path, error: LedgerError) -> LedgerError:
    if path.name in error.vietnamese:
        return error
    return LedgerError(f"Tệp {path.name}: {error.vietnamese}", f"{path.name}: {error.english}")


def _opened(path: Path, keys: Sequence[PublicKey], test: SignatureTest) -> List[Checkpoint]:
    """Return the heads of a file that was kept elsewhere; see `open_checkpoint`."""
    notes = read_notes(path)
    for note in notes:
        try:
            parse_checkpoint(parse_note(note).text)
        except LedgerError as error:
            raise _in_file(path, error) from None
    return [open_checkpoint(note, keys, test) for note in notes]


def _object(line: bytes, name: str) -> Dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise LedgerError(f"Tệp {name} không đúng định dạng.", f"{name} is malformed")
    return value


def _unmarked(data: bytes) -> bytes:
    mark = _MARK.encode()
    return data[len(mark) :] if data.startswith(mark) else data


def read_notes(path: Path) -> List[bytes]:
    """Return the signed heads of a file: one as it is or as it was printed, or one a line as JSON (`{"note": …}`).

    Raises:
        LedgerError: the file cannot be read.
    """
    data = _unmarked(_read(path))
    if data.strip() and not data.lstrip().startswith(b"{"):
        return [typed_note(data.decode("utf-8", "replace"))]
    rows = [_object(line, path.name) for line in data.splitlines() if line.strip()]
    # lines that tell of restored databases are no heads (`read_answers`)
    return [str(row.get("note", "")).encode("utf-8", "replace") for row in rows if "restored" not in row]


def _hashes(values: Any) -> List[bytes]:
    if not isinstance(values, list) or not all(isinstance(each, str) and _HEX.fullmatch(each) for each in values):
        raise LedgerError("bằng chứng không đúng định dạng", "a proof is malformed")
    return [bytes.fromhex(each) for each in values]


def _given_up(believed: Sequence[Restored], heads: Sequence[Checkpoint]) -> List[Tuple[str, str]]:
    """Say what has to be asked of whom, where heads that were kept elsewhere are given up."""
    asked = []
    for entry in believed:
        lost = [head for head in heads if entry.covers(head)]
        if not lost:
            continue
        newest = max(lost, key=lambda head: (head.at, head.size))
        when, then = (f", mới nhất ký lúc {_shown(newest.at)}", f", the newest signed at {_shown(newest.at)}")
        when, then = (when, then) if newest.at else ("", "")
        asked.append(
            (
                (
                    f"{len(lost)} checkpoint giữ ở nơi khác{when}, {newest.size} mục, thuộc phần sổ đã mất khi cơ sở dữ liệu được "
                    f"phục hồi; sổ này chỉ giữ {entry.agreed} mục đầu của chúng. Hãy hỏi {entry.by or 'người quản trị'}, người ghi "
                    f"mục {RESTORED} lúc {_shown(entry.at)}: có ghi không, vì sao phục hồi, phần đã mất gồm những gì."
                ),
                (
                    f"{len(lost)} checkpoints kept elsewhere{then}, {newest.size} entries, are of a part of the log that was lost "
                    f"when the database was restored; this log keeps the first {entry.agreed} of them. Ask "
                    f"{entry.by or 'the administrator'}, who wrote {RESTORED} at {_shown(entry.at)}, whether that is so, why, and "
                    "what was lost"
                ),
            )
        )
    return asked


_NOT_ANSWERED = (
    (
        f"Sổ có mục ghi lần phục hồi ({RESTORED}) mà không có xác nhận do khóa của sổ ký: ai ghi được vào cơ sở dữ liệu cũng thêm "
        "được mục ấy, nên mục ấy chưa được tính. Lần phục hồi trước khi có xác nhận thì nêu thêm bản sao mới nhất của heads.jsonl."
    ),
    (
        f"an entry of a restored database ({RESTORED}) has no note signed by the key of the log: whoever writes into the database "
        "can add such an entry, so it does not count; of one from before there were notes give the newest copy of heads.jsonl"
    ),
)


_NOT_BORNE_OUT = (
    (
        f"Sổ có mục ghi lần phục hồi ({RESTORED}) nêu điểm chốt không có trong những checkpoint giữ ở nơi khác: mục ấy chưa "
        "được tính. Hãy đối chiếu với bản sao mới nhất của heads.jsonl; nếu vẫn không có thì mục ấy không đúng."
    ),
    (
        f"an entry of a restored database ({RESTORED}) names a head that is not among the checkpoints kept elsewhere, so it "
        "does not count: compare with the newest copy of heads.jsonl; if it is not there either, the entry is false"
    ),
)


def _restores(
    path: Path, answers: FrozenSet[str], kept: Sequence[Checkpoint], found: Found
) -> Tuple[List[Restored], List[Restored]]:
    """Return every restored database the entries of a log tell of: those that were answered for, and the others.

    Whoever owns the database can write the entry. The service alone, whose key is in no database, signs a note of it, or a
    head that covers it and was fetched by others.

    Args:
        path: where the entries lie.
        answers: hashes of the entries of which a note is there.
        kept: heads that were kept elsewhere.
        found: what was found in the entries, with the heads at all these sizes.
    """
    continued = max((head.size for head in kept if found.roots.get(head.size) == head.root), default=0)
    answered: List[Restored] = []
    others: List[Restored] = []
    for index, line in enumerate(_lines(path)):
        if b'"kind":"ledger_restored"' in line:
            try:
                entry = entry_of(line)
            except LedgerError:
                continue
            given_up = restored(entry.said, line) if entry.said["kind"] == RESTORED else None
            if given_up is not None:
                (answered if given_up.entry in answers or index < continued else others).append(given_up)
    return answered, others


def _answers(paths: Iterable[Path], keys: Sequence[PublicKey], test: SignatureTest) -> FrozenSet[str]:
    return frozenset(each for path in paths if path.is_file() for each in read_answers(_read(path), keys, test))


class _KeyChange(NamedTuple):
    """An entry by which the log tells of a new key."""

    place: int
    before: str
    public: str
    signed_before: bool
    """Whether the key of before signs it too; it was lost otherwise."""
    signers: Optional[FrozenSet[str]]
    """Which of the two signed the change itself; None: the entry is from before they did."""
    at: str = ""
    """When it was written, as it says."""

    def is_signed_by(self, key: str) -> bool:
        """Tell whether a key stands behind the change, as far as entries of its time say."""
        return self.signers is None or key in self.signers

    @property
    def says_more_than_is_signed(self) -> bool:
        """Whether a key that the entry has sign the change did not."""
        named = {self.public, self.before} if self.signed_before else {self.public}
        return self.signers is not None and not named <= self.signers

    @property
    def is_signed_by_both(self) -> bool:
        """Whether the key of before itself said that another takes its place: whoever writes into the database cannot."""
        return self.signers is not None and {self.public, self.before} <= self.signers


def _keys_of_changes(changes: Iterable[_KeyChange]) -> List[PublicKey]:
    """Return the keys that took the place of others, as both signed."""
    return [parse_key(each.public) for each in changes if each.is_signed_by_both]


def _signed_once_replaced(
    heads: Iterable[Checkpoint], found: Found, changes: Sequence[_KeyChange]
) -> List[Tuple[str, str]]:
    """Say which heads only keys signed that were replaced before, of those with which the entries agree.

    The head at the change is signed by both keys, and no later one by the key of before: whoever still has that could sign
    another end of the log.
    """
    told: Dict[str, Tuple[str, str]] = {}
    for head in sorted(heads, key=lambda head: head.size):
        replaced: Dict[str, int] = {}
        for change in changes:
            if change.is_signed_by_both and change.place < head.size:
                replaced.setdefault(change.before, change.place)
        agrees = found.roots.get(head.size) == head.root
        if not agrees or not head.signers or not all(key in replaced for key in head.signers):
            continue
        key = head.signers[0]
        when, then = (f" ký lúc {_shown(head.at)}", f", signed at {_shown(head.at)},") if head.at else ("", "")
        problem = (
            (
                f"Checkpoint {head.size} mục{when} chỉ do khóa {key} ký, mà mục {replaced[key]} đã thay khóa ấy: khóa đã thôi dùng mà "
                "vẫn ký. Hãy hỏi ai còn giữ khóa cũ và lấy checkpoint do khóa mới ký."
            ),
            (
                f"the head at {head.size} entries{then} is signed by {key} alone, which entry {replaced[key]} replaced: a key that "
                "was given up goes on signing; ask who still has it, and for a head signed by the new one"
            ),
        )
        told.setdefault(key, problem)
    return list(told.values())


def _not_in_log(paper: Iterable[PublicKey], named: FrozenSet[str]) -> List[Tuple[str, str]]:
    """Tell of keys on paper that no entry names, of a log that has entries of its keys."""
    return [
        (
            (
                f"Khóa {key} nêu trên giấy không có trong sổ: không mục nào ghi khóa ấy. Khóa của một sổ khác, hoặc lần thay sang khóa ấy "
                "không còn ở đây (phục hồi bản sao lưu cũ, hoặc bị bỏ): hãy hỏi."
            ),
            (
                f"key {key}, given from paper, is in no entry of this log: it is of another log, or the change to it is not here any "
                "more (an old backup was restored, or it was taken away): ask"
            ),
        )
        for key in paper
        if named and str(key) not in named
    ]


def _key_changes(path: Path, test: SignatureTest) -> Tuple[List[_KeyChange], FrozenSet[str]]:
    """Return the entries by which a log tells of new keys, in their order; and every key such an entry names, the first too.

    Whoever writes into the database adds one, and the next head covers it. So the keys sign the change itself; once an entry
    of the log has such a signature no later one does without.
    """
    found = []
    named = set()
    signing = False
    for index, line in enumerate(_lines(path)):
        if b'"kind":"key"' in line:
            try:
                said = entry_of(line).said
            except LedgerError:
                continue
            data = said["data"]
            before, public, signed = (data.get(name) for name in ("before", "public", "signed_by_the_one_before"))
            if said["kind"] != KEY:
                continue
            signing = signing or "signed" in data
            named |= {each for each in (before, public) if type(each) is str}
            if type(before) is str and type(public) is str:
                signers = who_signed(data.get("signed"), before, public, test) if signing else None
                found.append(_KeyChange(index, before, public, signed is True, signers, said["at"]))
    return found, frozenset(named)


def who_signed(signed: Any, before: Optional[str], public: str, test: SignatureTest) -> FrozenSet[str]:
    """Return which of two keys signed that the one takes the place of the other, or the first one that it is that."""
    try:
        keys = [parse_key(key) for key in (public, before) if key is not None]
        name = keys[0].name
        lines = "".join(f"\u2014 {name} {each}\n" for each in (signed if isinstance(signed, list) else ()))
        note = f"{change_text(name, before, public)}\n{lines}"
        return frozenset(_signers(parse_note(note.encode("utf-8", "replace")), keys, test))
    except LedgerError:
        return frozenset()


def _unsigned_changes(changes: Sequence[_KeyChange]) -> List[Tuple[str, str]]:
    """Tell of changes of key that no key signed: those of before were such, and so is one that somebody added then."""
    return [
        (
            (
                f"Mục {each.place} đề lúc {_shown(each.at)} thay khóa mà không có chữ ký của khóa, như mọi mục thay khóa của bản cũ: ai "
                f"ghi được vào cơ sở dữ liệu lúc ấy cũng thêm được. Hãy so lần thay khóa ấy và khóa {each.public} với giấy."
            ),
            (
                f"entry {each.place}, dated {_shown(each.at)}, changes the key without the signature of a key, as all did in older "
                f"versions: whoever could write into the database then could add it; compare that change and key {each.public} with paper"
            ),
        )
        for each in changes
        if each.signers is None
    ][:MOST_PROBLEMS]


def _succession(
    paper: Sequence[PublicKey], heads: Sequence[Checkpoint], found: Found, changes: Sequence[_KeyChange]
) -> Dict[str, Optional[int]]:
    """Return the keys that may be believed where some are known from paper, each with the size up to which it may.

    A new key is vouched for by a head of the one before that covers the entry of the change; the one before by a head of
    the new one that does, and then for what was signed before the change only. The key that vouches signed the change, too.
    """
    known: Dict[str, Optional[int]] = {str(key): None for key in paper}
    there = [head for head in heads if found.roots.get(head.size) == head.root]

    def vouches(key: str, change: _KeyChange) -> bool:
        covered = any(head.size > change.place and _believed(head, {key: known[key]}) for head in there)
        return covered and change.is_signed_by(key)

    for _round in changes:
        for change in changes:
            if change.before in known and change.public not in known and vouches(change.before, change):
                known[change.public] = None
            elif change.public in known and change.before not in known and vouches(change.public, change):
                known[change.before] = change.place
    return known


def _believed(head: Checkpoint, known: Dict[str, Optional[int]]) -> bool:
    limits = [known[key] for key in head.signers if key in known]
    return any(limit is None or head.size <= limit for limit in limits)


def _refuse_replaced_key(head: Checkpoint, changes: Sequence[_KeyChange]) -> None:
    """Say that a key that came with an export has taken the place of the one on paper.

    Raises:
        LedgerError: always.
    """
    key = head.signers[0]
    lost = any(change.public == key and not change.signed_before for change in changes)
    added = any(key in {change.public, change.before} and change.says_more_than_is_signed for change in changes)
    why = (
        "mục thay khóa ấy không do những khóa nó nêu ký: có người chèn vào sổ, khóa đã bị thay"
        if added
        else "sổ có mục nói khóa trước đã mất nên không ký: chỉ giấy có khóa mới, lãnh đạo ký, mới cho biết điều ấy đúng không"
        if lost
        else "không điểm chốt nào do khóa trên giấy ký có mục thay khóa ấy: khóa đã bị thay"
    )
    raise LedgerError(
        f"Checkpoint không do khóa nào đã biết ký: khóa {key} đi cùng bản xuất không có trên giấy, và {why}.",
        f"no known key signed the checkpoint: {key}, which came with the export, is not on paper and nothing the key on paper "
        "signed tells of it: the key was replaced"
        + (", or, as an entry has it, the one before was lost" if lost else ""),
    )


def _keys_beside(folder: Path) -> List[PublicKey]:
    """Return the keys that came with an export; where they cannot be read, those on paper have to do."""
    try:
        return _keys_of(folder)
    except LedgerError:
        return []


def _with_those_there(keys: Sequence[PublicKey], own: Sequence[PublicKey]) -> List[PublicKey]:
    return [*keys, *(key for key in own if key not in keys)]


_HOUR = dt.timedelta(hours=1)
"""By which an honest entry may be dated before a head that was signed while its act was under way."""


def _dated_before(found: Found, heads: Iterable[Checkpoint]) -> List[Tuple[str, str]]:
    """Tell of entries that are dated before a head that did not have them yet: back-dated, or the clock ran ahead then."""
    told: Dict[int, Tuple[str, str]] = {}
    for head in sorted(heads, key=lambda head: head.size):
        at, index = found.earliest.get(head.size, ("", 0))
        if not at or found.roots.get(head.size) != head.root or index in told:
            continue
        remark = _back_dated(index, at, head)
        told.update({index: remark} if remark is not None else {})
    return list(told.values())[:MOST_PROBLEMS]


def _back_dated(index: int, at: str, head: Checkpoint) -> Optional[Tuple[str, str]]:
    """Say that an entry which a head does not have yet is dated well before it; None: it is not, or the head has no moment."""
    if not head.at or at >= head.at:
        return None
    if dt.datetime.fromisoformat(head.at[:-1]) - dt.datetime.fromisoformat(at[:-1]) <= _HOUR:
        return None
    return (
        (
            f"Mục {index} đề lúc {_shown(at)} nhưng chưa có trong sổ lúc ký điểm chốt {head.size} mục "
            f"({_shown(head.at)}): ngày giờ của mục bị ghi lùi, hoặc lúc ký đồng hồ máy chủ chạy nhanh."
        ),
        (
            f"entry {index} is dated {_shown(at)}, but was not there when the head at {head.size} entries was signed "
            f"({_shown(head.at)}): it was back-dated, or the clock ran ahead when that was signed"
        ),
    )


def _check_whole(
    path: Path,
    found: Found,
    checkpoints: Sequence[Checkpoint],
    kept: Sequence[Checkpoint],
    strange: Sequence[Checkpoint] = (),
    answers: FrozenSet[str] = frozenset(),
) -> Tuple[List[Tuple[str, str]], List[Tuple[str, str]], List[Tuple[str, str]]]:
    """Compare a whole log with its signed heads and those that were kept elsewhere; return problems, remarks and what to ask.

    Args:
        path: where the entries lie.
        found: what was found in them, with the heads at all these sizes.
        checkpoints: heads that came with it, the newest first.
        kept: heads that were kept elsewhere.
        strange: what an entry of a restored database may name besides: heads by a key that was lost with the database.
        answers: hashes of the entries of restored databases of which the key of the log signed a note.
    """
    remarks: List[Tuple[str, str]] = []
    asked: List[Tuple[str, str]] = []
    problems: List[Tuple[str, str]] = []
    for checkpoint in checkpoints:
        problem = compare_with(checkpoint, found)
        if problem is not None:
            problems.append(problem)
            break
    agrees = not problems
    problem = not_continued(kept, found.size, found.roots.get)
    if problem is not None:
        answered, others = _restores(path, answers, kept, found)
        known = [*kept, *strange]
        claimed = still_claimed(kept, answered, known)
        asked = _given_up([each for each in answered if each.is_borne_out(known)], kept)
        problems += [_NOT_BORNE_OUT] if any(not entry.is_borne_out(known) for entry in answered + others) else []
        problems += [_NOT_ANSWERED] if any(entry.covers(head) for entry in others for head in claimed) else []
        kept = claimed
        problem = not_continued(kept, found.size, found.roots.get)
    if problem is not None and checkpoints and agrees and not found.problems:
        remarks.append(_SIGNED_TWICE)
    problem = problem or next(
        filter(None, (_dated_after(each, found.latest.get(each.size, ("", 0))) for each in kept)), None
    )
    problems += [problem] if problem is not None else []
    remarks += _dated_before(found, [*checkpoints, *kept])
    return _explained(path, found, [*checkpoints, *kept]) + problems, remarks, asked


_SIGNED_TWICE = (
    (
        "Bản này tự nó nguyên vẹn và có chữ ký, checkpoint giữ ở nơi khác cũng có chữ ký của sổ: đã có hai sổ khác nhau cùng được ký "
        "bằng khóa của sổ, là việc chỉ người dùng được khóa ấy làm được."
    ),
    (
        "this log is whole and signed, and so is the checkpoint kept elsewhere: two different logs were signed with its key, "
        "which takes somebody who could use that key"
    ),
)


def _held(problems: Sequence[object], heads: Sequence[Checkpoint], found: Found) -> List[Tuple[str, str]]:
    """Say how many entries are still those that were signed, of a log with which something is wrong."""
    held, _broken = _held_until(heads, found)
    if not problems or held is None:
        return []
    when, then = (f" lúc {_shown(held.at)}", f" at {_shown(held.at)}") if held.at else ("", "")
    return [
        (
            f"{held.size} mục đầu còn đúng như đã ký{when}.",
            f"the first {held.size} entries are those that were signed{then}",
        )
    ]


def _unsigned(found: Found, newest: Checkpoint) -> List[Tuple[str, str]]:
    """Say how many entries no signature covers."""
    number = found.size - newest.size
    if number <= 0:
        return []
    return [
        (
            f"Có {number} mục nằm ngoài checkpoint: chưa được ký.",
            f"{number} entries are not covered by the checkpoint",
        )
    ]


def _shown(at: str) -> str:
    return f"{at[:10]} {at[11:19]} UTC"


def _compare_ends(found: Found, checkpoint: Checkpoint) -> Tuple[List[Tuple[str, str]], ...]:
    """Compare where the ledgers of cases end with what was signed; return problems, and remarks how far the proof goes."""
    problems, remarks = [], []
    for end in checkpoint.ends:
        seq, hash_, _at = found.ends.get(end.ledger, (-1, FIRST, ""))
        if seq + 1 < end.entries:
            problems.append(
                (
                    f"Sổ {end.ledger} bị cắt bớt: khi ký có {end.entries} mục, ở đây chỉ có {seq + 1} mục.",
                    f"ledger {end.ledger} was cut off: {end.entries} entries were signed, {seq + 1} are there",
                )
            )
        elif (seq + 1, hash_) != (end.entries, end.hash):
            problems.append(
                (
                    f"Sổ {end.ledger} không kết thúc ở mục đã được ký là mục cuối.",
                    f"ledger {end.ledger} does not end with the entry that was signed as its last",
                )
            )
        else:
            when = f" lúc {_shown(checkpoint.at)}" if checkpoint.at else ""
            ends = (
                f"Sổ {end.ledger} có đúng {end.entries} mục khi xuất{when}: số mục và mục cuối đã được ký. "
                "Mục ghi sau lúc ấy không có ở đây."
            )
            then = f" at {_shown(checkpoint.at)}" if checkpoint.at else ""
            signed = (
                f"ledger {end.ledger} had exactly {end.entries} entries when it was exported{then}, which is signed; "
                "later ones are not here"
            )
            remarks.append((ends, signed))
    for ledger in sorted(found.ends.keys() - {end.ledger for end in checkpoint.ends}):
        # heads of the whole log are everywhere: with one of those in its place anything could be left out unseen
        seq, _hash, last_at = found.ends[ledger]
        problems.append(
            (
                (
                    f"Điểm chốt này không phải của bản trích: nó không ký sổ {ledger} kết thúc ở mục nào. Ở đây có {seq + 1} "
                    f"mục, mục cuối ghi lúc {_shown(last_at)}; mục sau đó có thể đã bị bỏ. Hãy lấy đúng tệp checkpoint đã giao "
                    "cùng bản trích, hoặc xin bản xuất mới của vụ án hay toàn bộ sổ."
                ),
                (
                    f"this head is not that of the extract: it does not sign where ledger {ledger} ends. {seq + 1} entries are "
                    f"here, the last of {_shown(last_at)}; later ones may have been left out. Take the file checkpoint that "
                    "came with the extract, or ask for a new export of the case or of the whole log"
                ),
            )
        )
    if not found.ends and not checkpoint.ends:
        problems.append(
            (
                "Bản trích không có mục nào và điểm chốt này không phải của bản trích: không chứng minh được gì.",
                "the extract holds no entry, and this head is not that of an extract: it proves nothing",
            )
        )
    return problems, remarks


def _check_some(
    folder: Path, checkpoint: Checkpoint, kept: Sequence[Checkpoint]
) -> Tuple[Found, List[Tuple[str, str]], List[Tuple[str, str]]]:
    """Check the entries of a few cases, each by its proof of inclusion, and where they end.

    Args:
        folder: where they lie.
        checkpoint: to which they are proven.
        kept: earlier heads, of which it was proven that this one continues them.
    """
    lines = list(_lines(folder / "entries.jsonl"))
    proofs = [_object(line, "proofs.jsonl") for line in _lines(folder / "proofs.jsonl")]
    found = check_log(lines, sizes=[len(lines)])
    problems: List[Tuple[str, str]] = []
    proven: List[bool] = []
    leaves: Dict[int, int] = {}
    if len(proofs) != len(lines):
        problems.append(
            (
                f"Có {len(lines)} mục nhưng {len(proofs)} bằng chứng: mục đã bị thêm hoặc bớt.",
                f"{len(lines)} entries, but {len(proofs)} proofs: entries were added or removed",
            )
        )
    for index, (line, proof) in enumerate(zip(lines, proofs)):
        try:
            place = proof.get("leaf")
            if type(place) is not int:
                raise LedgerError("bằng chứng không đúng định dạng", "a proof is malformed")
            head = root_by_inclusion(leaf_hash(line), place, checkpoint.size, _hashes(proof.get("path")))
        except LedgerError as error:
            problems.append((f"Mục {index}: {error.vietnamese}.", f"entry {index}: {error.english}"))
            proven.append(False)
            continue
        proven.append(head == checkpoint.root)
        if head == checkpoint.root:
            leaves[index] = place
        else:
            problems.append(
                (
                    f"Mục {index} không nằm trong sổ đã được ký: mục đã bị sửa, hoặc checkpoint thuộc lúc khác.",
                    f"entry {index} is not in the signed log: it was changed, or the checkpoint is an older one",
                )
            )
    dated = _dated_after(checkpoint, found.latest.get(len(lines), ("", 0)))
    problems += [dated] if dated is not None else []
    cut, remarks = _compare_ends(found, checkpoint)
    out_of_order, dated_by_place = _compare_places(lines, leaves, kept)
    problems, remarks = problems + out_of_order, remarks + dated_by_place
    told = _explained(folder / "entries.jsonl", found, []) or _explained_ends(lines, proven, checkpoint)
    return found, told + problems + cut, remarks


REGISTERED = "case_registered"
"""Kind of the entry that says the code of a case, which never changes."""


def _registered_code(line: bytes) -> Optional[Tuple[str, str]]:
    """Return a ledger and the code of its case, of an entry by which a case was registered."""
    if b'"kind":"case_registered"' not in line:
        return None
    try:
        entry = entry_of(line)
    except LedgerError:
        return None
    code = entry.said["data"].get("code")
    return (entry.ledger, code) if entry.said["kind"] == REGISTERED and type(code) is str else None


def _compare_codes(
    path: Path, checkpoint: Checkpoint, payload: Optional[Path]
) -> Tuple[List[str], List[Tuple[str, str]], List[Tuple[str, str]]]:
    """Compare whose ledger an extract is with what was asked for; return the codes of its cases, problems and remarks."""
    codes: Dict[str, str] = {}
    for found in map(_registered_code, _lines(path)):
        if found is not None:
            codes.setdefault(*found)
    asked = {"": checkpoint.case} if checkpoint.case else {}
    if payload is not None and (payload / _DESCRIPTION).is_file():
        try:
            described = json.loads((payload / _DESCRIPTION).read_bytes())["code"]
        except (ValueError, KeyError, TypeError, RecursionError):
            described = None
        asked.update({_DESCRIPTION: described} if type(described) is str else {})
    problems, remarks = [], []
    for where, code in asked.items():
        for ledger, recorded in codes.items():
            if recorded != code:
                given = f"Theo {where}, gói" if where else "Bản trích được giao"
                problems.append(
                    (
                        f"{given} là của vụ án {code}, nhưng sổ {ledger} ở đây là của vụ án {recorded} như mục đăng ký ghi.",
                        f"ledger {ledger} is of case {recorded}, as registered, not of {code} as {where or 'the head'} says",
                    )
                )
    if asked and not codes:
        code = next(iter(asked.values()))
        remarks.append(
            (
                f"Sổ không có mục đăng ký vụ án: rằng nó là của vụ án {code} là lời của nơi xuất, không mục nào chứng minh.",
                f"no entry tells of the registration: that this is of case {code} is the word of whoever exported it",
            )
        )
    return sorted(set(codes.values())), problems, remarks


def _cases_beside(cases: Dict[str, Dict[Any, None]], codes: Dict[str, str]) -> List[Tuple[str, str]]:
    """Say which ledgers are put with another case in the database than that they are of.

    Args:
        cases: by ledger, the codes of the cases its entries are put with; None: with none.
        codes: by ledger, the code it was registered with.
    """
    problems = []
    ledgers: Dict[Any, List[str]] = {}
    for ledger, several in cases.items():
        for each in several:
            ledgers.setdefault(each, []).append(ledger)
        recorded = codes.get(ledger)
        if len(several) > 1:
            problems.append(
                (
                    f"Các mục của sổ {ledger} bị gắn với nhiều vụ án trong cơ sở dữ liệu.",
                    f"the entries of ledger {ledger} are put with several cases in the database",
                )
            )
        elif recorded is not None and recorded not in several:
            present = next(iter(several))
            problems.append(
                (
                    (
                        f"Sổ {ledger} là của vụ án {recorded} như mục đăng ký ghi, nhưng trong cơ sở dữ liệu bị gắn với "
                        f"{present or 'không vụ án nào'}."
                    ),
                    f"ledger {ledger} is of case {recorded}, as registered, but put with {present or 'none'} in the database",
                )
            )
    for case, found in ledgers.items():
        if len(found) > 1:
            problems.append(
                (
                    f"Cơ sở dữ liệu gắn nhiều sổ cái với {case or 'không vụ án nào'}: {', '.join(sorted(found)[:5])}.",
                    f"several ledgers are put with {case or 'no case'} in the database",
                )
            )
    return problems


def _compare_places(
    lines: Sequence[bytes], leaves: Dict[int, int], kept: Sequence[Checkpoint]
) -> Tuple[List[Tuple[str, str]], List[Tuple[str, str]]]:
    """Compare what entries say of themselves with their places in the whole log; return problems and remarks.

    Args:
        lines: the entries.
        leaves: by where an entry stands here, its proven place in the log.
        kept: earlier heads of that log.
    """
    problems: List[Tuple[str, str]] = []
    entries = {}
    for index in leaves:
        try:
            entries[index] = entry_of(lines[index])
        except LedgerError:
            # told of where the lines are checked
            continue
    before: Dict[str, int] = {}
    for index, entry in entries.items():
        if leaves[index] <= before.get(entry.ledger, -1):
            problems.append(
                (
                    f"{_place(index, entry)}: trong sổ chung của tỉnh nó đứng trước mục mà nó nối theo: thứ tự đã bị đảo.",
                    f"entry {index} stands before the one it follows in the log of all cases: they were reordered",
                )
            )
        before[entry.ledger] = leaves[index]
    remarks: Dict[int, Tuple[str, str]] = {}
    for head in sorted(kept, key=lambda head: head.size):
        for index, entry in entries.items():
            at = entry.said["at"]
            if leaves[index] < head.size:
                problem = _dated_after(head, (at, index))
                problems += [problem] if problem is not None else []
            elif index not in remarks:
                remark = _back_dated(index, at, head)
                remarks.update({index: remark} if remark is not None else {})
    return problems, list(remarks.values())[:MOST_PROBLEMS]


def _explained_ends(lines: Sequence[bytes], proven: Sequence[bool], checkpoint: Checkpoint) -> List[Tuple[str, str]]:
    """Say what was done to the ledgers of cases that are well-formed and linked, and not those that were signed."""
    chains: Dict[str, List[Tuple[int, Dict[str, Any]]]] = {}
    for index, line in enumerate(lines):
        entry = entry_of(line)
        chains.setdefault(entry.ledger, []).append((index, entry.said))
    told = []
    for ledger, chain in chains.items():
        first = next((place for place, (index, _said) in enumerate(chain) if not all(proven[index : index + 1])), None)
        if first is None:
            continue
        end = next((end for end in checkpoint.ends if end.ledger == ledger), None)
        undone = _undone_to([said for _index, said in chain], first, end) if end is not None else None
        of, seq = f" của sổ {ledger}", chain[first][1]["seq"]
        signed = _Signed("sổ đúng như đã ký", "the ledger is as it was signed")
        if undone is None:
            less = max(end.entries - len(chain), 0) if end is not None else 0
            fewer, then = (f", ít hơn {less} mục so với lúc ký", f", and {less} are missing") if less else ("", "")
            told.append(
                (
                    (
                        f"Sổ {ledger}: từ mục số thứ tự {seq} các mục không còn là những mục đã ký{fewer}: có mục bị sửa, bị "
                        "xóa, bị thêm, các mục sau được đánh số và nối lại."
                    ),
                    (
                        f"ledger {ledger}: from entry {seq} on it is not what was signed{then}: entries were changed, deleted "
                        "or added, those behind numbered and linked anew"
                    ),
                )
            )
        elif undone.deed == "inserted":
            one = chain[undone.one][1]["seq"]
            told.append(_inserted(one, one, of, signed, anew=len(undone.lines) > 0))
        else:
            one, other = (chain[place][1]["seq"] for place in (undone.one, undone.other))
            told.append(_put_elsewhere(undone.deed, one, other, of, signed, anew=True))
    return told


def _undone_to(chain: List[Dict[str, Any]], first: int, end: End) -> Optional[_Undone]:
    """Return what leads back to where the ledger of a case ended as it was signed."""
    written = 0
    if len(chain) == end.entries + 1:
        for place in range(first, len(chain)):
            undone = _without(chain, place)
            last = leaf_hash(undone.lines[-1]).hex() if undone.lines else str(chain[place]["prev"])
            written += len(undone.lines)
            if last == end.hash:
                return undone
            if written > MOST_LINKED_ANEW:
                break
    elif len(chain) == end.entries:
        for undone in _reordered(chain[first:]):
            written += len(undone.lines)
            if leaf_hash(undone.lines[-1]).hex() == end.hash:
                return undone._replace(one=undone.one + first, other=undone.other + first)
            if written > MOST_LINKED_ANEW:
                break
    return None


OPENINGS = "openings.jsonl"
"""The values that are shown, one a line, with what they are compared by."""


def _check_openings(folder: Path) -> Tuple[int, List[Tuple[str, str]]]:
    """Compare what is shown of hidden values with what the entries hold in their place."""
    path = folder / OPENINGS
    if not path.is_file():
        return 0, []
    held: Dict[Tuple[str, int], Any] = {}
    for line in _lines(folder / "entries.jsonl"):
        try:
            entry = entry_of(line)
        except LedgerError:
            continue
        held[entry.ledger, entry.seq] = entry.said["data"].get("hidden", [])
    problems = []
    count = 0
    for line in _lines(path):
        shown = _object(line, OPENINGS)
        count += 1
        try:
            name, value = held[shown["ledger"], shown["seq"]][shown["place"]]
            salt = bytes.fromhex(shown["salt"])
            # of another length it could have taken in the beginning of the value
            same = len(salt) == HASH_LENGTH and name == shown["name"] and commitment(salt, shown["value"]) == value
        except (KeyError, IndexError, TypeError, ValueError, LedgerError):
            same = False
        if not same:
            problems.append(
                (
                    f"Giá trị được mở ở dòng {count} của openings.jsonl không phải là giá trị sổ cái đã ghi.",
                    f"line {count} of openings.jsonl does not show what was recorded",
                )
            )
    return count, problems


# --- files of a case ---------------------------------------------------------------------------


class Paper:
    """A document of a case, as the entries have it so far."""

    def __init__(self, sha256: str, pages: Optional[int]) -> None:
        self.sha256 = sha256
        """Of the file its readers see; empty: nobody noted it."""
        self.pages = pages
        self.versions = [sha256]
        """Of every file the entries name, those of documents that were merged into it too; the newest last. What it was
        before it came from another case is in the ledger of that one."""


class Seal(NamedTuple):
    """A seal, as its entry has it."""

    part: str
    batch: int
    documents: int
    pages: int
    folios: int
    manifest: str
    """SHA-256 of the manifest."""
    before: str
    """That of the manifest it adds to; empty: it is the first one."""


_CHANGES_A_FILE = ("pages_changed", "signed_version", "document_split", "documents_merged")
TELLS_OF_FILES = frozenset(
    (
        "case_registered",
        "case_destroyed",
        "document_filed",
        "document_moved_in",
        "document_moved_out",
        "file_sealed",
        "video_kept",
        "video_removed",
        *_CHANGES_A_FILE,
    )
)
"""Kinds of entries from which `FilesOfCase` learns."""


class FilesOfCase:
    """What the entries of a case, told one after the other, say of its documents, their files and seals."""

    def __init__(self) -> None:
        self.papers: Dict[int, Paper] = {}
        """Documents that are in the case, by their number."""
        self.seals: List[Seal] = []
        self.copies: Dict[str, int] = {}
        """Redacted copies by their SHA-256, with the document they were made of."""
        self.videos: Dict[str, Tuple[int, str]] = {}
        """Videos by their number, with the document each was kept with and its SHA-256."""
        self.is_whole = False
        """Whether the ledger has the case from its registration on: only then it knows all of its documents."""
        self.is_destroyed = False

    def learn(self, kind: str, data: Dict[str, Any]) -> None:
        """Learn from an entry; what is not of the form it should have is left alone."""
        document, sha256, pages = data.get("document"), data.get("sha256"), data.get("pages")
        if kind == "case_registered":
            self.is_whole = True
        elif kind == "case_destroyed":
            self.is_destroyed = True
            self.papers.clear()
            self.videos.clear()
        elif kind == "file_sealed":
            self._learn_seal(data)
        elif type(document) is not int or type(sha256) is not str:
            return
        elif kind == "document_redacted":
            self.copies[sha256] = document
        elif kind == "video_kept":
            self.videos[str(data.get("video"))] = document, sha256
        elif kind == "video_removed":
            self.videos.pop(str(data.get("video")), None)
        elif kind == "document_moved_out":
            self.papers.pop(document, None)
        elif kind in ("document_filed", "document_moved_in"):
            self.papers[document] = Paper(sha256, pages)
        elif kind in _CHANGES_A_FILE:
            paper = self.papers.setdefault(document, Paper("", None))
            other = data.get("merged_document")
            merged = self.papers.pop(other, None) if type(other) is int else None
            before = [data.get("sha256_before"), *(merged.versions if merged is not None else ()), sha256]
            paper.versions += [each for each in before if type(each) is str and each not in paper.versions]
            paper.sha256, paper.pages = sha256, pages

    def _learn_seal(self, data: Dict[str, Any]) -> None:
        numbers = [data.get(name) for name in ("batch", "documents", "pages", "folios")]
        batch, documents, pages, folios = (each if type(each) is int else 0 for each in numbers)
        part, manifest, before = (str(data.get(name) or "") for name in ("part", "manifest", "manifest_before"))
        self.seals.append(Seal(part, batch, documents, pages, folios, manifest, before))


def seal_problem(said: Any, seal: Seal) -> Optional[Tuple[str, str]]:
    """Say what a manifest counts otherwise than the entry that names it."""
    try:
        rows = said["documents"]
        counted = len(rows), sum(row["pages"] or 0 for row in rows), sum(len(row["folios"]) for row in rows)
        before = said["previous"] or ""
    except (KeyError, TypeError):
        counted, before = (-1, -1, -1), ""
    if counted == (seal.documents, seal.pages, seal.folios) and before == seal.before:
        return None
    return (
        (
            f"Bảng kê niêm phong đợt {seal.batch} ({seal.part}): số tài liệu, trang, bút lục hoặc bảng kê trước khác với mục niêm "
            "phong trong sổ cái."
        ),
        f"the manifest of batch {seal.batch} ({seal.part}) counts otherwise than the entry that sealed it",
    )


_IN_PACKAGE = re.compile(r"documents/\d+-(\d{1,15})/(?:versions/(\d{1,15})/)?(original|archive)\.[a-z0-9]+")
_VIDEO = re.compile(r"documents/\d+-(\d{1,15})/videos/([0-9a-f-]{36})\.[a-z0-9]+")
_DESCRIPTION = "metadata/case.json"
_EVENTS = "metadata/premis.xml"
_SEALS = re.compile(r"metadata/seal-[^/]+\.json")
FILES = "files.sha256"
"""List of what went out with the ledger of a case and of the ledger's own files, as `sha256sum` writes it; its own hash is
signed."""
_BESIDE = "ledger"
"""The folder of the ledger in a package."""
_ONCE_UNLISTED = frozenset(
    [_EVENTS]
    + [
        f"{_BESIDE}/{each}"
        for each in ("entries.jsonl", "proofs.jsonl", "openings.jsonl", "keys", "verify_ledger.py", "DOC-TRUOC.txt")
    ]
)
"""What earlier versions wrote once the list was signed."""


def _file_hash(path: Path) -> str:
    digest = _sha256()
    with path.open("rb") as stream:
        for block in iter(lambda: stream.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def _is_link(path: Path) -> bool:
    """Tell whether a path is a link to another one, also of the kind Windows has for folders."""
    is_junction = getattr(path, "is_junction", None)  # Python 3.12
    return path.is_symlink() or (is_junction is not None and bool(is_junction()))


def _is_plain_file(path: Path) -> bool:
    return not _is_link(path) and path.is_file()


def _below(folder: Path) -> List[Path]:
    """Return all that lies below a folder but the folders themselves; links are followed nowhere, and are among it.

    Raises:
        OSError: a folder cannot be listed, other than one systems keep to themselves.
    """
    found = []

    def refuse(error: OSError) -> None:
        inside = Path(error.filename).relative_to(folder).as_posix()
        if not any(each in _FOLDERS_OF_SYSTEMS for each in inside.lower().split("/")):
            raise error

    for at, folders, names in os.walk(folder, onerror=refuse):
        linked = [name for name in folders if _is_link(Path(at, name))]
        # a link to a folder that this version of Python would go into
        folders[:] = [name for name in folders if name not in linked]
        found += [Path(at, name) for name in (*names, *linked)]
    return sorted(found)


def _is_given(path: Path, own: Iterable[Path]) -> bool:
    """Tell whether a path is one of those that whoever checks named."""
    try:
        return path.resolve() in own
    except (OSError, RuntimeError):
        # a link that leads to itself
        return False


def _others_than_files(folder: Path, below: Iterable[Path], own: Iterable[Path]) -> List[str]:
    """Return the paths below a folder that are neither files nor folders: nobody handed any out.

    Args:
        folder: in which they lie.
        below: all that lies there.
        own: what whoever checks named.
    """
    names = [
        path.relative_to(folder).as_posix() for path in below if not _is_plain_file(path) and not _is_given(path, own)
    ]
    return [name for name in names if not _is_in_folder_of_systems(name)]


def _no_plain_file(name: str) -> Tuple[str, str]:
    return (
        (
            f"{name} là liên kết hoặc vật đặc biệt, không phải tệp, thư mục thường: có người để vào, nội dung thật nằm nơi khác. Hãy "
            "lấy lại bản như đã giao."
        ),
        f"{name} is a link or something else than a file or folder: somebody put it there, what it shows lies elsewhere",
    )


def list_files(payload: Path, ledger: Path) -> Dict[str, str]:
    """Return every file below a folder by its path, with its SHA-256, but the head and the list it signs.

    Args:
        payload: the folder.
        ledger: the one in it where the ledger lies, whatever it is called while it is written.
    """
    own = ledger / "checkpoint", ledger / FILES
    found = {}
    for path in _below(payload):
        if _is_plain_file(path) and path not in own:
            inside = f"{_BESIDE}/{path.relative_to(ledger).as_posix()}" if ledger in path.parents else None
            found[inside or path.relative_to(payload).as_posix()] = _file_hash(path)
    return dict(sorted(found.items()))


class _Package:
    """The files that lie with the ledger of a case, compared with what it recorded of them."""

    def __init__(self, payload: Path, ledger: Path, signed: str, said: FilesOfCase, given: Iterable[Path]) -> None:
        self.payload = payload
        self.said = said
        self.present = list_files(payload, ledger)
        self.compared = 0
        """Files that are those on the signed list."""
        self.problems: List[Tuple[str, str]] = []
        self.remarks: List[Tuple[str, str]] = []
        self._named: Dict[str, None] = {}
        self._listed = self._read_list(ledger / FILES, signed)
        self._pass_over(given)
        self._sealed: Dict[int, Dict[str, Any]] = {}
        self._look_at_seals()
        self._look_at_documents()
        self._look_at_videos()
        self._look_at_description()
        self._look_at_bag()
        if self._listed is not None:
            self._look_at_list(self._listed)

    def _tell(self, name: str, vietnamese: str, english: str) -> None:
        """Tell of a file, once."""
        if name not in self._named:
            self._named[name] = None
            self.problems.append((vietnamese, english))

    def _pass_over(self, given: Iterable[Path]) -> None:
        """Leave alone what systems leave in every folder they show, and what whoever checks put beside the ledger."""
        own = {each.resolve() for each in given}
        for name in _others_than_files(self.payload, _below(self.payload), own):
            self._tell(name, *_no_plain_file(name))
        for name in [each for each in self.present if each not in (self._listed or {})]:
            if _is_of_systems(name) or _is_given(self.payload / name, own):
                del self.present[name]

    def _read_list(self, path: Path, signed: str) -> Optional[Dict[str, str]]:
        if not signed:
            self.problems.append(
                (
                    (
                        "Điểm chốt không ký danh sách tệp nào nên tệp trong gói có thể đã bị sửa, bỏ, thêm: nó không phải điểm "
                        "chốt của gói này. Hãy lấy lại gói như đã giao; chỉ muốn kiểm tra sổ cái thì để riêng thư mục ledger."
                    ),
                    (
                        "the head signs no list of files, so files may have been changed, removed or added: it is not that of "
                        "this package. Take the package as it was handed out; to check the ledger alone put the folder ledger "
                        "by itself"
                    ),
                )
            )
            return None
        data = path.read_bytes() if path.is_file() else b""
        if _sha256(data).hexdigest() == signed:
            rows = (line.split("  ", 1) for line in data.decode("utf-8", "replace").splitlines())
            return {row[1]: row[0] for row in rows if len(row) == 2}
        self.problems.append(
            (
                f"Danh sách tệp ledger/{FILES} không phải danh sách đã được ký cùng sổ cái: đã bị sửa, thay hoặc bỏ.",
                f"the list of files ledger/{FILES} is not the one that was signed with the ledger",
            )
        )
        return None

    def _look_at_seals(self) -> None:
        manifests = {name: each for name, each in self.present.items() if _SEALS.fullmatch(name)}
        seals = {seal.manifest: seal for seal in self.said.seals}
        false = set()
        for name, hash_ in manifests.items():
            try:
                said = json.loads((self.payload / name).read_bytes())
            except (ValueError, RecursionError):
                said = None
            seal = seals.get(hash_)
            if seal is None:
                false |= {(str(said.get("part")), str(said.get("batch")))} if isinstance(said, dict) else set()
                self._tell(
                    name,
                    f"Bảng kê niêm phong {name} không phải bảng kê sổ cái đã ghi khi niêm phong: đã bị sửa hoặc thay.",
                    f"{name} is not the manifest the ledger recorded at the seal: it was changed or replaced",
                )
                continue
            problem = seal_problem(said, seal)
            if problem is not None:
                self._tell(name, *problem)
                continue
            self._sealed.update({row["document"]: row for row in said["documents"] if type(row.get("document")) is int})
            self._look_at_sealed_videos(name, said)
        for hash_, seal in seals.items():
            if hash_ not in manifests.values() and (seal.part, str(seal.batch)) not in false:
                self.problems.append(
                    (
                        f"Thiếu bảng kê niêm phong đợt {seal.batch} ({seal.part}) mà sổ cái đã ghi (SHA-256 {hash_}).",
                        f"the manifest of batch {seal.batch} ({seal.part}) that the ledger recorded is missing",
                    )
                )

    def _look_at_sealed_videos(self, name: str, said: Dict[str, Any]) -> None:
        rows = said.get("videos", [])
        named = [(each.get("video"), (each.get("document"), each.get("sha256"))) for each in rows]
        wrong = [str(video) for video, facts in named if self.said.videos.get(str(video)) != facts]
        if wrong:
            self._tell(
                name,
                f"Bảng kê niêm phong {name} nêu video {wrong[0]} khác với sổ cái.",
                f"{name} says of video {wrong[0]} otherwise than the ledger",
            )

    def _look_at_videos(self) -> None:
        """Compare the videos that lie with their papers; a package from before videos went along has none, and says so."""
        there = set()
        for name, hash_ in self.present.items():
            found = _VIDEO.fullmatch(name)
            if found is None:
                continue
            document, sha256 = self.said.videos.get(found[2], (0, ""))
            if document != int(found[1]):
                self._tell(
                    name,
                    f"Tệp thừa: {name}, sổ cái không ghi video này kèm tài liệu số {found[1]}.",
                    f"{name} is extra: the ledger knows no such video of document {found[1]}",
                )
            elif hash_ != sha256:
                self._tell(
                    name,
                    f"Tệp {name} (video kèm tài liệu số {document}) đã bị thay: SHA-256 không phải mã sổ cái đã ghi.",
                    f"{name} was replaced: it is not the video the ledger recorded",
                )
            there.add(found[2])
        for video, (document, sha256) in self.said.videos.items():
            if document in self.said.papers and video not in there:
                self._tell(
                    video,
                    f"Thiếu video {video} kèm tài liệu số {document} mà sổ cái đã ghi (SHA-256 {sha256}).",
                    f"video {video} of document {document} that the ledger recorded is missing",
                )

    def _look_at_documents(self) -> None:
        originals: Dict[int, List[str]] = {}
        shown: Dict[int, str] = {}
        for name, hash_ in self.present.items():
            found = _IN_PACKAGE.fullmatch(name)
            if found is None:
                if not _VIDEO.fullmatch(name):
                    self._look_at_other(name, hash_)
                continue
            document, is_shown, is_original = int(found[1]), found[2] is None, found[3] == "original"
            paper = self.said.papers.get(document)
            if paper is None:
                self._tell(
                    name,
                    f"Tệp thừa: {name}, sổ cái không ghi tài liệu số {document} trong vụ án này.",
                    f"{name} is extra: the ledger knows no document {document} in this case",
                )
                continue
            row = self._sealed.get(document, {})
            if is_original:
                originals.setdefault(document, []).append(hash_)
            if is_original and is_shown:
                shown[document] = name
                if paper.sha256 and hash_ != paper.sha256:
                    self._tell(
                        name,
                        f"Tệp {name} (tài liệu số {document}) đã bị thay: SHA-256 không phải mã sổ cái đã ghi.",
                        f"{name} was replaced: it is not the file the ledger recorded of document {document}",
                    )
            elif not is_original and is_shown and hash_ != (row.get("archive_sha256") or hash_):
                self._tell(
                    name,
                    f"Tệp {name} (bản lưu của tài liệu số {document}) đã bị thay: SHA-256 không phải mã bảng kê niêm "
                    "phong đã ghi.",
                    f"{name} was replaced: it is not the archive copy of document {document} that was sealed",
                )
            # copies with recognised words before the seal, and what a file was before it came into the case, are on the
            # signed list alone
        for document, paper in self.said.papers.items():
            self._look_for_versions(document, paper, shown, originals.get(document, []))

    def _look_at_other(self, name: str, hash_: str) -> None:
        known = name in (_DESCRIPTION, _EVENTS) or _SEALS.fullmatch(name[:-4] if name.endswith(".p7s") else name)
        # what is on the list, and the folder of the ledger, are compared with the list
        by_list = name in (self._listed or {}) or name.startswith(_BESIDE + "/")
        if known or hash_ in self.said.copies or by_list:
            return
        self._tell(
            name,
            f"Tệp thừa: {name} không có trong sổ cái.",
            f"{name} is extra: the ledger knows nothing of it",
        )

    def _look_for_versions(self, document: int, paper: Paper, shown: Dict[int, str], originals: List[str]) -> None:
        row = self._sealed.get(document)
        if row is not None and paper.sha256 and row.get("sha256") != paper.sha256:
            self._tell(
                f"{document}",
                f"Tài liệu số {document}: mã băm trong bảng kê niêm phong khác với mã sổ cái ghi sau cùng.",
                f"document {document}: the seal's manifest has another hash than the ledger has last",
            )
        if document not in shown:
            self._tell(
                f"{document}",
                f"Thiếu tệp của tài liệu số {document} mà sổ cái đã ghi (SHA-256 {paper.sha256}).",
                f"the file of document {document} that the ledger recorded is missing",
            )
        missing = [each for each in paper.versions if each and each != paper.sha256 and each not in originals]
        for hash_ in missing:
            self._tell(
                f"{document} {hash_}",
                f"Thiếu hoặc đã bị thay: tệp của tài liệu số {document} như lúc trước khi sửa (SHA-256 {hash_}).",
                f"a file of document {document} from before it was changed is missing or was replaced",
            )

    def _look_at_description(self) -> None:
        if _DESCRIPTION not in self.present:
            return
        try:
            rows = json.loads((self.payload / _DESCRIPTION).read_bytes())["documents"]
            told = {row["document"]: (row["sha256"], row["pages"]) for row in rows}
        except (ValueError, KeyError, TypeError, RecursionError):
            told = {}
        recorded = {document: (paper.sha256, paper.pages) for document, paper in self.said.papers.items()}
        wrong = sorted(str(document) for document in {*told, *recorded} if told.get(document) != recorded.get(document))
        if wrong:
            self._tell(
                _DESCRIPTION,
                f"Bản mô tả {_DESCRIPTION} khác với sổ cái về mã băm hoặc số trang của tài liệu số {', '.join(wrong[:5])}.",
                f"{_DESCRIPTION} says otherwise than the ledger of hash or pages of document {', '.join(wrong[:5])}",
            )

    def _look_at_bag(self) -> None:
        """Compare what the bag says on its outside with the description inside, which is on the signed list."""
        path = self.payload.parent / "bag-info.txt"
        if self.payload.name != "data" or not path.is_file() or _DESCRIPTION not in self.present:
            return
        rows = (line.partition(":") for line in _read(path).decode("utf-8-sig", "replace").splitlines())
        # labels are the same however their letters are written (RFC 8493, 2.2.2)
        codes = [value.strip() for name, _colon, value in rows if name.strip().lower() == "external-identifier"]
        try:
            code = json.loads((self.payload / _DESCRIPTION).read_bytes())["code"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return
        if codes and codes != [code]:
            self._tell(
                path.name,
                f"Nhãn gói bag-info.txt nêu mã vụ án {', '.join(codes)}, khác mã trong {_DESCRIPTION} ({code}).",
                f"bag-info.txt names another case than {_DESCRIPTION}",
            )
        elif not codes:
            self.remarks.append(
                (
                    f"Nhãn gói bag-info.txt không nêu mã vụ án (External-Identifier); theo {_DESCRIPTION} là {code}.",
                    f"bag-info.txt names no case (External-Identifier); {_DESCRIPTION} names {code}",
                )
            )

    def _look_at_list(self, listed: Dict[str, str]) -> None:
        for name, hash_ in listed.items():
            found = self.present.get(name)
            in_package, video = _IN_PACKAGE.fullmatch(name), _VIDEO.fullmatch(name)
            told = in_package[1] if in_package else video[2] if video else name
            if found is None and told not in self._named:
                self._tell(
                    name,
                    f"Thiếu tệp {name} có trong danh sách đã ký.",
                    f"{name} is missing: it is on the signed list",
                )
            elif found is not None and found != hash_:
                self._tell(
                    name,
                    f"Tệp {name} đã bị thay: SHA-256 không phải mã trong danh sách đã ký.",
                    f"{name} was replaced: it has another hash than on the signed list",
                )
            self.compared += found == hash_
        unlisted = (
            set() if any(name.startswith(_BESIDE + "/") for name in listed) else _ONCE_UNLISTED & self.present.keys()
        )
        if unlisted:
            names = ", ".join(sorted(unlisted))
            self.remarks.append(
                (
                    (
                        f"Gói lập bằng phiên bản cũ: danh sách đã ký không có các tệp {names}; chúng có thể đã bị sửa, bỏ hay thêm "
                        "mà danh sách không cho biết. Mục sổ cái và bằng chứng trong đó vẫn được kiểm tra; hãy lấy chương trình "
                        "kiểm tra từ nơi khác."
                    ),
                    (
                        f"a package by an earlier version: the signed list does not cover {names}; they may have been changed, "
                        "removed or added. Entries and proofs among them are checked all the same; take the verifier from elsewhere"
                    ),
                )
            )
        for name in self.present:
            if name in listed or name in unlisted:
                continue
            extra = f"Tệp thừa: {name} không có trong danh sách đã ký", f"{name} is extra: it is not on the signed list"
            if name.startswith(_BESIDE + "/") and not (self.payload / name).stat().st_size:
                # what the words of this very check are being written to
                self.remarks.append((f"{extra[0]} (tệp rỗng).", f"{extra[1]} (it is empty)"))
            else:
                self._tell(
                    name,
                    f"{extra[0]}. Tệp do người nhận để vào thì chuyển ra ngoài gói rồi chạy lại.",
                    f"{extra[1]}. One that whoever received the package put there has to be moved out of it",
                )


def _check_files(
    payload: Optional[Path], folder: Path, checkpoint: Checkpoint, given: Iterable[Path]
) -> Tuple[int, List[Tuple[str, str]], List[Tuple[str, str]]]:
    """Compare the files that lie with the ledger of a case; return how many were, problems and remarks.

    Args:
        payload: where they lie; None: nowhere.
        folder: of the ledger.
        checkpoint: what was signed with it.
        given: what whoever checks named besides, which may lie there too.
    """
    if payload is None:
        alone = (
            "Bản trích này đi cùng một gói có tệp; gói không có ở đây nên tệp chưa được đối chiếu: hãy nêu thư mục của cả gói.",
            "this extract came with files that are not here, so they were not compared: name the folder of all of it",
        )
        return 0, [], [alone] if checkpoint.files else []
    said: Dict[str, FilesOfCase] = {}
    for line in _lines(folder / "entries.jsonl"):
        try:
            entry = entry_of(line)
        except LedgerError:
            continue
        said.setdefault(entry.ledger, FilesOfCase()).learn(entry.said["kind"], entry.said["data"])
    if len(said) != 1:
        raise LedgerError(
            "Tệp chỉ đối chiếu được với bản trích sổ của một vụ án.",
            "files can be compared with the extract of one case only",
        )
    package = _Package(payload, folder, checkpoint.files, next(iter(said.values())), given)
    return package.compared, package.problems, package.remarks


class _Place(NamedTuple):
    """Where a ledger lies and what lies with it."""

    ledger: Path
    payload: Optional[Path]
    """Where the files lie that belong to it; None: nowhere that is known."""
    bag: Optional[Path]
    """The folder of the package around `data`; None: there is none."""


_TAG = re.compile(r"(bagit|bag-info|fetch|(tag)?manifest-[a-z0-9]+)\.txt(\.p7s)?")
"""What lies in a package outside of `data`."""
_OF_PACKAGES = ("documents", "metadata")
"""Folders of a package beside the one of the ledger."""
_NUMBERED = re.compile(r"\d{5,}-\d{1,15}")
"""How the folder of a document is called in a package."""


def _where(what: Path) -> _Place:
    """Return where the ledger lies that is meant by a folder, and where the files lie that belong to it, if any do."""
    what = what.resolve()
    ledgers = what / "data" / _BESIDE, what / _BESIDE
    ledger = next((each for each in ledgers if any((each / name).is_file() for name in ("checkpoint", LEAVES))), what)
    around = what.parent
    in_bag = around.name == "data" and _has_tags(around.parent)
    beside = what.name == _BESIDE and (in_bag or bool(_folders_of_packages(around, surely=False)))
    if ledger == what and not beside:
        return _Place(what, None, None)
    payload = ledger.parent
    around = payload.parent
    if payload.name != "data" or not (around == what or _has_tags(around)):
        return _Place(ledger, payload, None)
    return _Place(ledger, payload, around)


def _has_tags(folder: Path) -> bool:
    return any(_TAG.fullmatch(each.name) and not _listed(each) for each in _listed(folder))


def _listed(folder: Path) -> List[Path]:
    """Return what lies in a folder; nothing where that cannot be listed, as of somebody else's."""
    try:
        return sorted(folder.iterdir()) if folder.is_dir() else []
    except OSError:
        return []


def _no_extract(place: _Place) -> List[Tuple[str, str]]:
    """Say that files of a package lie with a ledger that is not the extract of its case, so that nothing tells of them."""
    payload, bag = place.payload, place.bag
    if payload is None:
        return []
    with_it = [each.name for each in payload.iterdir() if each != place.ledger and not _is_of_systems(each.name)]
    is_package = bag is not None and (bool(with_it) or _has_tags(bag))
    if not is_package and not _folders_of_packages(payload, surely=False):
        return []
    return [
        (
            (
                "Trong gói này không có bản trích sổ của vụ án (proofs.jsonl) nên không tệp nào đối chiếu được: hãy lấy lại gói "
                "như đã giao; chỉ muốn kiểm tra sổ cái thì để riêng thư mục ledger."
            ),
            (
                "this package has no extract of its case (proofs.jsonl), so no file can be compared: take the package as it was "
                "handed out; to check the ledger alone put the folder ledger by itself"
            ),
        )
    ]


def _strayed(place: _Place) -> List[Tuple[str, str]]:
    """Say that files of a package lie with a ledger that is not where it was put in it, so that they are compared with nothing."""
    if place.payload is not None:
        there = [place.payload.parent] if place.bag is None and place.payload.name == "data" else []
        found = [each for folder in there for each in _folders_of_packages(folder, surely=False)]
    else:
        found = _folders_of_packages(place.ledger, surely=True)
        for folder in (place.ledger.parent, place.ledger.parent / "data"):
            found += _folders_of_packages(folder, surely=False)
    if not found:
        return []
    return [
        (
            (
                f"Cạnh sổ cái có thư mục {found[0].name} của một gói, mà sổ cái không nằm ở thư mục data/{_BESIDE} như trong gói đã "
                "giao nên không tệp nào được đối chiếu: hãy lấy lại gói như đã giao và nêu thư mục của cả gói; chỉ muốn kiểm tra "
                "sổ cái thì để riêng nó."
            ),
            (
                f"with the ledger lies a folder {found[0].name} of a package, but the ledger is not in data/{_BESIDE} as it was handed "
                "out, so no file was compared: take the package as it was handed out and name its folder; to check the ledger alone "
                "put it by itself"
            ),
        )
    ]


def _folders_of_packages(folder: Path, *, surely: bool) -> List[Path]:
    """Return folders that are called as those of a package are, however their letters are written.

    Args:
        folder: in which they lie.
        surely: by their name alone; else what lies in them has to be that of a package, as people call many folders so.
    """
    called = [each for each in _listed(folder) if each.name.lower() in _OF_PACKAGES]
    return [each for each in called if any(map(_is_in_package, _listed(each))) or (surely and each.is_dir())]


def _is_in_package(path: Path) -> bool:
    """Tell whether this is what lies in those folders of a package, however its letters are written."""
    name = f"{path.parent.name}/{path.name}".lower()
    if name in (_DESCRIPTION, _EVENTS) or _SEALS.fullmatch(name):
        return True
    is_document = path.parent.name.lower() == "documents" and _NUMBERED.fullmatch(path.name)
    # people number folders too
    return bool(is_document) and any(each.name.lower().startswith("original.") for each in _listed(path))


def _around(place: _Place, given: Iterable[Path]) -> Tuple[List[Tuple[str, str]], List[Tuple[str, str]]]:
    """Return problems and remarks on what lies in a package outside of `data`: nothing says what that is."""
    problems: List[Tuple[str, str]] = []
    remarks: List[Tuple[str, str]] = []
    # this very program, too, may have been put there
    own = {each.resolve() for each in [*given, Path(__file__)]}
    for each in sorted(place.bag.iterdir()) if place.bag is not None else ():
        if each.is_dir() and not _is_link(each):
            below = _below(each) if each != place.payload else []
        else:
            below = [] if _TAG.fullmatch(each.name) and _is_plain_file(each) else [each]
        linked = _others_than_files(each.parent, below, own)
        problems += [_no_plain_file(name) for name in linked]
        names = {path: path.relative_to(each.parent).as_posix() for path in below}
        left = [
            path
            for path in below
            if not _is_of_systems(names[path]) and names[path] not in linked and not _is_given(path, own)
        ]
        if not left:
            continue
        name = names[left[0]]
        extra = (
            f"Tệp thừa: {name} nằm trong gói mà ngoài thư mục data",
            f"{name} is extra: it lies in the package outside of data",
        )
        if left == [each] and not each.stat().st_size:
            # what the words of this very check are being written to
            remarks.append((f"{extra[0]} (tệp rỗng).", f"{extra[1]} (it is empty)"))
        else:
            problems.append(
                (
                    f"{extra[0]}, không được đối chiếu. Tệp do người nhận để vào thì chuyển ra ngoài gói rồi chạy lại.",
                    f"{extra[1]}, compared with nothing. One that whoever received the package put there has to be moved out",
                )
            )
    return problems, remarks


# --- checking ----------------------------------------------------------------------------------


class Step(NamedTuple):
    """A proof that the later of two checkpoints only added to the earlier one."""

    before: Checkpoint
    after: Checkpoint


_NOT_PROVEN = LedgerError(
    "Với checkpoint giữ ở nơi khác, bản trích sổ của một vụ án, bằng chứng của một mục cần thêm bằng chứng nối tiếp giữa hai checkpoint "
    "(vks_ledger prove --since SỐ_MỤC, rồi --consistency TỆP), hoặc hãy đối chiếu bản xuất toàn bộ sổ.",
    "an older checkpoint needs a proof of consistency (vks_ledger prove --since, then --consistency) or the whole log",
)


def _step(proof: Dict[str, Any], name: str, keys: Sequence[PublicKey], test: SignatureTest) -> Step:
    """Return what a proof of consistency shows.

    Raises:
        LedgerError: it is malformed, its checkpoints are not signed by these keys, or it shows the contrary.
    """
    try:
        notes = [str(proof[each]).encode("utf-8", "replace") for each in ("from", "to")]
    except KeyError:
        raise LedgerError(f"Tệp {name} không đúng định dạng.", f"{name} is malformed") from None
    before, after = (open_checkpoint(note, keys, test) for note in notes)
    problem = not_continued([before], after.size, {after.size: after.root}.get)
    if problem is not None:
        raise LedgerError(*problem)
    path = _hashes(proof.get("path"))
    if not is_consistent(before.size, after.size, before.root, after.root, path):
        raise LedgerError(
            f"Checkpoint {after.size} mục không nối tiếp checkpoint {before.size} mục: sổ đã bị viết lại hoặc rẽ nhánh "
            "giữa hai lần ký, hoặc bằng chứng đã bị sửa.",
            f"the head at {after.size} entries is no continuation of the one at {before.size}: the log was rewritten or "
            "forked between the two, or the proof was changed",
        )
    return Step(before, after)


def _roots(newest: Checkpoint, steps: Iterable[Step]) -> Dict[int, bytes]:
    """Return the heads of the log at sizes that are proven to be earlier ones of this checkpoint's."""
    roots = {newest.size: newest.root}
    for step in sorted(steps, key=lambda step: step.after.size, reverse=True):
        if roots.get(step.after.size) == step.after.root:
            roots[step.before.size] = step.before.root
    return roots


# --- an export as it stands --------------------------------------------------------------------

LEAVES = "leaves.jsonl"
"""What the database had beside each entry; lies only in an export for which nothing was signed."""

_SIGNED_AND_NOT = (
    (
        f"Có cả tệp checkpoint của bản xuất đã ký lẫn tệp {LEAVES} của bản xuất nguyên trạng; không bản xuất nào có cả hai: có người "
        "để thêm vào. Hãy lấy lại bản xuất như đã giao; checkpoint giữ ở nơi khác thì để ngoài thư mục và nêu bằng --checkpoint."
    ),
    (
        f"there is the file checkpoint of a signed export as well as {LEAVES} of one as it stands, and no export has both: somebody "
        "put one there. Take the export as it was handed out; a checkpoint kept elsewhere lies outside of it (--checkpoint)"
    ),
)
_AS_IT_STANDS = (
    "Bản xuất nguyên trạng: không có gì được ký khi xuất; được so với các điểm chốt đã ký từ trước.",
    "an export as it stands: nothing was signed for it, it was compared with the heads that were signed before",
)


def _keys_there(folder: Path) -> Tuple[List[PublicKey], List[Tuple[str, str]]]:
    """Return the keys the database had, and what is wrong with them: the log names each of them in an entry."""
    found: List[PublicKey] = []
    problems = []
    for row in _unmarked(_read(folder / "keys")).decode("utf-8", "replace").splitlines():
        try:
            found.append(parse_key(row))
        except LedgerError:
            problems.append(
                ("Bảng khóa có một dòng không phải khóa: đã bị sửa.", "the table of keys has a row that is no key")
            )
    recorded = set()
    for line in _lines(folder / "entries.jsonl"):
        if b'"kind":"key"' in line:
            try:
                said = entry_of(line).said
            except LedgerError:
                continue
            if said["kind"] == KEY:
                recorded.add(str(said["data"].get("public")))
    there = {str(key) for key in found}
    problems += [
        (
            f"Khóa {each} có trong bảng khóa mà không mục nào của sổ ghi: bảng khóa đã bị sửa.",
            f"key {each} is in the table of keys and in no entry: the table was changed",
        )
        for each in sorted(there - recorded)
    ]
    problems += [
        (
            f"Khóa {each} có mục trong sổ mà bảng khóa không còn: bảng khóa đã bị sửa.",
            f"key {each} is in an entry and not in the table of keys: the table was changed",
        )
        for each in sorted(recorded - there)
    ]
    return found, problems


class _Heads(NamedTuple):
    """The heads of a file that may have been changed."""

    known: List[Checkpoint]
    strange: List[Checkpoint]
    """Those by no known key."""
    problems: List[Tuple[str, str]]
    remarks: List[Tuple[str, str]]

    def believed(self, known: Dict[str, Optional[int]]) -> "_Heads":
        """Return the same with those told apart that no key on paper stands behind."""
        strange = [head for head in self.known if not _believed(head, known)]
        return self._replace(known=[head for head in self.known if head not in strange], strange=self.strange + strange)


def _heads_there(path: Path, keys: Sequence[PublicKey], test: SignatureTest) -> _Heads:
    """Read every head of a file; what is wrong with one hides no other."""
    heads = _Heads([], [], [], [])
    for number, line in enumerate(_lines(path) if path.is_file() else (), 1):
        where, place = f"Điểm chốt ở dòng {number} của {path.name}", f"the head in line {number} of {path.name}"
        try:
            row = _object(_unmarked(line), path.name)
        except LedgerError:
            heads.remarks.append(
                (f"{where} không đọc được: dòng bị cắt dở.", f"{place} cannot be read: it was cut off")
            )
            continue
        if "restored" in row:
            continue
        note = str(row.get("note", "")).encode("utf-8", "replace")
        try:
            head = open_checkpoint(note, keys, test)
            heads.known.append(head)
        except LedgerError as error:
            try:
                heads.strange.append(parse_checkpoint(parse_note(note).text))
            except LedgerError:
                heads.problems.append((f"{where}: {error.vietnamese}", f"{place}: {error.english}"))
            continue
        if "root" in row and (row["root"], row.get("size")) != (head.root.hex(), head.size):
            heads.problems.append(
                (
                    f"{where}: bản ký và bản lưu khác nhau, dòng trong cơ sở dữ liệu đã bị sửa.",
                    f"{place}: what was signed and what is stored differ, the row was changed",
                )
            )
    return heads


def _beside_problem(line: bytes, row: Dict[str, Any]) -> Optional[Tuple[str, str]]:
    """Say what the database has beside an entry that is otherwise than the entry says."""
    where = f"Mục ở vị trí {row.get('index')} (sổ {row.get('ledger')}, số thứ tự {row.get('seq')})"
    place = f"entry {row.get('index')}"
    if row.get("index") is None:
        return (
            f"{where} không có vị trí trong sổ chung: bị chèn thẳng vào cơ sở dữ liệu, hoặc vị trí của nó đã bị xóa.",
            f"entry {row.get('seq')} of ledger {row.get('ledger')} has no place: it was inserted, or its place was deleted",
        )
    if row.get("hash") is None:
        return (
            f"Mục ở vị trí {row['index']} đã bị xóa khỏi cơ sở dữ liệu: chỉ còn mã băm {row.get('leaf')}.",
            f"{place} was deleted: only its hash {row.get('leaf')} is left",
        )
    if not leaf_hash(line).hex() == row["hash"] == row.get("leaf"):
        return (
            f"{where} đã bị sửa: nội dung không khớp mã băm lưu bên cạnh.",
            f"{place} was changed: it does not agree with the hashes that are kept beside it",
        )
    try:
        said = entry_of(line).said
    except LedgerError:
        return None
    for name, what in (("ledger", "mã sổ"), ("seq", "số thứ tự"), ("kind", "loại việc"), ("at", "ngày giờ")):
        if said[name] != row.get(name):
            return (
                f"{where}: cột {what} lưu bên cạnh khác nội dung mục, cột đã bị sửa.",
                f"{place}: the column {name} beside it says otherwise, it was changed",
            )
    return None


def _check_beside(folder: Path) -> List[Tuple[str, str]]:
    """Compare each entry with what the database had beside it, and the places with one another."""
    problems: List[Tuple[str, str]] = []
    expected = 0
    cases: Dict[str, Dict[Any, None]] = {}
    codes: Dict[str, str] = {}
    for line, text in zip_longest(_lines(folder / "entries.jsonl"), _lines(folder / LEAVES)):
        if line is None or text is None:
            problems.append(
                (
                    f"Số mục khác số dòng của {LEAVES}: bản xuất đã bị sửa.",
                    f"there are more or fewer entries than lines in {LEAVES}: the export was changed",
                )
            )
            break
        row = _object(text, LEAVES)
        index = row.get("index")
        if type(index) is int:
            if index != expected:
                missing = f"{expected}" if index == expected + 1 else f"{expected}–{index - 1}"
                problems.append(
                    (
                        f"Thiếu mục ở vị trí {missing} của sổ: đã bị xóa khỏi cơ sở dữ liệu.",
                        f"the log has no entry at {missing}: it was deleted from the database",
                    )
                )
            expected = index + 1
        problem = _beside_problem(line, row)
        problems += [problem] if problem is not None else []
        if "case" in row and type(row.get("ledger")) is str:
            cases.setdefault(row["ledger"], {})[str(row["case"]) if row["case"] is not None else None] = None
        registered = _registered_code(line)
        if registered is not None:
            codes.setdefault(*registered)
        if len(problems) >= MOST_PROBLEMS:
            break
    return problems + _cases_beside(cases, codes)


def _check_as_it_stands(
    folder: Path, keys: Sequence[PublicKey], older: Sequence[Path], processes: int, test: SignatureTest
) -> Report:
    """Check what was handed out without signing it: by every head that was signed before, and with itself."""
    _read(folder / "entries.jsonl") if not (folder / "entries.jsonl").is_file() else None
    path = folder / "entries.jsonl"
    own, problems = _keys_there(folder)
    wide = _with_those_there(keys, own)
    stored = _heads_there(folder / "checkpoints.jsonl", wide, test)
    remembered = _heads_there(folder / "heads.jsonl", wide, test)
    outside = [head for each in older for head in _opened(each, wide, test)]
    heads = [*stored.known, *remembered.known, *outside]
    found = check_file(path, sizes=[head.size for head in heads], processes=processes)
    trusted = list(keys) or own
    unsigned: List[Tuple[str, str]] = []
    changes, named = _key_changes(path, test)
    problems += _signed_once_replaced(heads, found, changes)
    if keys:
        unsigned = _unsigned_changes(changes) + _not_in_log(keys, named)
        known = _succession(keys, heads, found, changes)
        trusted = [key for key in wide if str(key) in known]
        for head in outside:
            if not _believed(head, known):
                _refuse_replaced_key(head, changes)
        stored, remembered = stored.believed(known), remembered.believed(known)
    kept = remembered.known + outside
    remarks = [_AS_IT_STANDS, *stored.remarks, *remembered.remarks, *unsigned]
    problems += stored.problems + remembered.problems
    signed = sorted(stored.known, key=lambda head: (head.at, head.size), reverse=True)
    problems += _check_beside(folder)
    answers = _answers([folder / "checkpoints.jsonl", folder / "heads.jsonl", *older], trusted, test)
    wrong, more, asked = _check_whole(path, found, signed, kept, remembered.strange, answers)
    problems, remarks = wrong + problems, remarks + more
    answered, _others = _restores(path, answers, kept, found)
    claimed = still_claimed(remembered.strange, answered, kept + remembered.strange)
    if not asked and len(claimed) < len(remembered.strange):
        asked = _given_up(answered, remembered.strange)
    number = len(stored.strange) + len(claimed)
    if number:
        problems.append(
            (
                f"Có {number} điểm chốt không do khóa nào đã biết ký: khóa đã bị thay, hoặc điểm chốt thuộc một sổ khác.",
                f"{number} heads were signed by no known key: the key was replaced, or they are of another log",
            )
        )
    heads = signed + kept
    newest = max(heads, key=lambda head: (head.at, head.size), default=None)
    if newest is None:
        problems.append(
            (
                "Không có điểm chốt nào do khóa đã biết ký: không có gì để so.",
                "no head was signed by a known key: there is nothing to compare with",
            )
        )
    else:
        # of the day it was exported: no fault, and covered by nothing
        remarks += _unsigned(found, newest)
    remarks += _held(problems, heads, found)
    openings, wrong = _check_openings(folder)
    problems = (problems + wrong)[:MOST_PROBLEMS]
    return Report(found.size, found.ledgers, newest, trusted, bool(keys), openings, problems, remarks, asked=asked)


def check_export(
    folder: Path,
    *,
    keys: Sequence[PublicKey] = (),
    older: Sequence[Path] = (),
    consistency: Sequence[Path] = (),
    processes: int = 2,
    test: SignatureTest = signed_by,
) -> Report:
    """Check an export: form, chains, tree, signature; and the files that lie with it, as in a package for the archive.

    Args:
        folder: where `entries.jsonl` and `checkpoint` lie, or a package with a folder `ledger` that has them.
        keys: public keys that are trusted, from paper; those that came with the export when left out.
        older: checkpoints that were kept elsewhere; the log must contain what they signed.
        consistency: proofs from those checkpoints on, for the ledger of one case.
        processes: how many do the work on a long log.
        test: how a signature is tested.

    Raises:
        LedgerError: a file is missing or malformed, or the checkpoint is not signed by a known key.
    """
    remarks: List[Tuple[str, str]] = []
    asked: List[Tuple[str, str]] = []
    codes: List[str] = []
    place = _where(folder)
    folder, payload = place.ledger, place.payload
    if (folder / LEAVES).is_file():
        stands = _check_as_it_stands(folder, keys, older, processes, test)
        mixed = [_SIGNED_AND_NOT] if (folder / "checkpoint").exists() else []
        return stands._replace(problems=mixed + _no_extract(place) + _strayed(place) + stands.problems)
    path = folder / "entries.jsonl"
    _read(path) if not path.is_file() else None
    trusted = list(keys) or _keys_of(folder)
    files = 0
    if (folder / "proofs.jsonl").is_file():
        newest = open_checkpoint(_read(folder / "checkpoint"), trusted, test)
        kept = [head for each in older for head in _opened(each, trusted, test)]
        steps = [_step(_object(_read(each), each.name), each.name, trusted, test) for each in consistency]
        roots = _roots(newest, steps)
        forked = not_continued(kept, newest.size, roots.get)
        if forked is None and any(each.size not in roots for each in kept):
            raise _NOT_PROVEN
        found, problems, remarks = _check_some(folder, newest, kept if forked is None else [])
        problems += [forked] if forked is not None else []
        codes, wrong, more = _compare_codes(path, newest, payload)
        problems, remarks = problems + wrong, remarks + more
        files, wrong, more = _check_files(payload, folder, newest, [*older, *consistency])
        beyond, told = _around(place, [*older, *consistency])
        strayed = _strayed(place)
        problems, remarks = strayed + problems + beyond + wrong, remarks + told + more
    else:
        changes, named = _key_changes(path, test)
        wide = _with_those_there(keys, _keys_beside(folder) if keys else trusted)
        # one of them may have signed a head together with the one before it
        wide = _with_those_there(wide, _keys_of_changes(changes))
        newest = open_checkpoint(_read(folder / "checkpoint"), wide, test)
        # what went out with the log, and what was kept elsewhere
        beside = folder / "checkpoints.jsonl"
        earlier = [newest, *(_opened(beside, wide, test) if beside.is_file() else ())]
        kept = [head for each in older for head in _opened(each, wide, test)]
        heads, believed = [*earlier, *kept], trusted
        unsigned: List[Tuple[str, str]] = []
        found = check_file(path, sizes=[head.size for head in heads], processes=processes)
        if len(wide) > len(trusted):
            unsigned = _unsigned_changes(changes)
            known = _succession(trusted, heads, found, changes)
            for head in heads:
                if not _believed(head, known):
                    _refuse_replaced_key(head, changes)
            believed = [key for key in wide if str(key) in known]
        answers = _answers([beside, *older], believed, test)
        problems, remarks, asked = _check_whole(path, found, earlier, kept, answers=answers)
        problems = _no_extract(place) + _strayed(place) + problems + _unsigned(found, newest)
        problems += _signed_once_replaced(heads, found, changes)
        remarks += unsigned + _not_in_log(keys, named) + _held(problems, heads, found)
    openings, wrong = _check_openings(folder)
    problems = (problems + wrong)[:MOST_PROBLEMS]
    return Report(
        found.size,
        found.ledgers,
        newest,
        trusted,
        bool(keys),
        openings,
        problems,
        remarks,
        files,
        cases=codes,
        asked=asked,
    )


def _check_step(
    proof: Dict[str, Any], path: Path, keys: Sequence[PublicKey], older: Sequence[Path], test: SignatureTest
) -> Report:
    try:
        trusted = list(keys) or [parse_key(each) for each in proof["keys"]]
    except (KeyError, TypeError, AttributeError):
        raise LedgerError(f"Tệp {path.name} không đúng định dạng.", f"{path.name} is malformed") from None
    step = _step(proof, path.name, trusted, test)
    roots = _roots(step.after, [step])
    kept = [head for each in older for head in _opened(each, trusted, test)]
    forked = not_continued(kept, step.after.size, roots.get)
    if forked is None and any(each.size not in roots for each in kept):
        forked = (
            "Bằng chứng nối tiếp này không bắt đầu từ checkpoint giữ ở nơi khác: hãy lập lại bằng --since đúng số mục của nó.",
            "this proof does not begin at the checkpoint that was kept elsewhere: make one with its number of entries",
        )
    proven = (
        (
            f"Checkpoint {step.after.size} mục nối tiếp checkpoint {step.before.size} mục: không mục nào trong "
            f"{step.before.size} mục đầu bị sửa, bớt hay đổi thứ tự."
        ),
        f"the head at {step.after.size} entries continues the one at {step.before.size}: none of those was changed.",
    )
    problems = [forked] if forked is not None else []
    return Report(0, 0, step.after, trusted, bool(keys), 0, problems, proven=proven)


def check_proof(
    path: Path,
    *,
    keys: Sequence[PublicKey] = (),
    older: Sequence[Path] = (),
    consistency: Sequence[Path] = (),
    made: Sequence[Path] = (),
    test: SignatureTest = signed_by,
) -> Report:
    """Check the proof that one entry is in the log, that one checkpoint continues another, or the manifest of a bundle or deck.

    Args:
        path: the proof.
        keys: public keys that are trusted, from paper; those that came with the proof when left out.
        older: checkpoints that were kept elsewhere, from which a proof of consistency has to begin; that of an entry has to be
            to one of them, or proofs of consistency have to lead from one to the other.
        consistency: those proofs.
        made: proofs of the entries that tell of the making of what a manifest lists.
        test: how a signature is tested.

    Raises:
        LedgerError: it is malformed or proves nothing.
    """
    proof = _object(_read(path), path.name)
    if "entry" not in proof and ("volumes" in proof or proof.get("format") == _DECK_FORMAT):
        return _check_made(path, proof, keys, made, test)
    if "from" in proof:
        return _check_step(proof, path, keys, older, test)
    try:
        line, note = (str(proof[each]).encode("utf-8", "replace") for each in ("entry", "checkpoint"))
        place, trusted = proof["leaf"], list(keys) or [parse_key(each) for each in proof["keys"]]
    except (KeyError, TypeError, AttributeError):
        raise LedgerError(f"Tệp {path.name} không đúng định dạng.", f"{path.name} is malformed") from None
    checkpoint = open_checkpoint(note, trusted, test)
    dated = _dated_after(checkpoint, (entry_of(line).said["at"], 0))
    if dated is not None:
        raise LedgerError(*dated)
    if type(place) is not int:
        raise LedgerError("bằng chứng không đúng định dạng", "the proof is malformed")
    if root_by_inclusion(leaf_hash(line), place, checkpoint.size, _hashes(proof.get("path"))) != checkpoint.root:
        raise LedgerError("Mục này không nằm trong sổ đã được ký.", "this entry is not in the signed log")
    kept = [head for each in older for head in _opened(each, trusted, test)]
    steps = [_step(_object(_read(each), each.name), each.name, trusted, test) for each in consistency]
    problems, remarks = _compare_kept(checkpoint, kept, steps, place, entry_of(line).said["at"])
    return Report(1, 1, checkpoint, trusted, bool(keys), 0, problems, remarks)


def _compare_kept(
    checkpoint: Checkpoint, kept: Sequence[Checkpoint], steps: Sequence[Step], place: int, at: str
) -> Tuple[List[Tuple[str, str]], List[Tuple[str, str]]]:
    """Compare the head to which one entry is proven with others that were kept elsewhere; return problems and remarks.

    Args:
        checkpoint: the head.
        kept: the others, of which each may be the earlier or the later one.
        steps: proofs that lead from one to another.
        place: of the entry in the log.
        at: when it was written, as it says.

    Raises:
        LedgerError: nothing leads from one of them to the head.
    """
    later = {checkpoint.size: checkpoint.root}
    for step in sorted(steps, key=lambda step: step.before.size):
        if later.get(step.before.size) == step.before.root:
            later[step.after.size] = step.after.root
    roots = {**later, **_roots(checkpoint, steps)}
    problems: List[Tuple[str, str]] = []
    remarks: List[Tuple[str, str]] = []
    for head in kept:
        if head.size not in roots:
            raise _NOT_PROVEN
        forked = not_continued([head], max(head.size, checkpoint.size), roots.get)
        dated = _dated_after(head, (at, 0)) if place < head.size else None
        problems += [each for each in (forked, dated) if each is not None]
        remark = _back_dated(0, at, head) if place >= head.size else None
        remarks += [remark] if remark is not None else []
    return problems, remarks


# --- bundles and decks -------------------------------------------------------------------------

_DECK, _DECK_FORMAT, _DECK_NAMES = "manifest.json", "vks-deck/1", "package.js"
_MADE = ("bundle_made", "deck_made")
_OF_SYSTEMS = (".ds_store", "thumbs.db", "desktop.ini")
"""Names, in small letters, of files that systems put into every folder they show."""
_FOLDERS_OF_SYSTEMS = (".spotlight-v100", ".trashes", ".fseventsd", "system volume information", "$recycle.bin")
"""Names, in small letters, of folders that systems put on every disk and stick."""
_HALF = "._"
"""How a name begins, under which a Mac puts what it knows of a file on a stick that has no place for it."""
_INERT = (".json", ".txt", ".md", ".pdf", ".doc", ".docx", ".log")
"""How names end, in small letters, of files beside a deck that no page of it runs or shows."""


_NOTHING_LISTED = LedgerError(
    "Bảng kê không nêu tệp nào nên không có gì để so: nó không phải bảng kê đã giao.",
    "the manifest lists no file, so there is nothing to compare: it is not the one that was handed out",
)


class _Made(NamedTuple):
    """What was made, as its manifest says."""

    files: int
    """That were compared."""
    sha256: str
    """By which the entry of its making knows it: of the manifest of a deck; of a bundle as a whole."""
    added: str
    """Of what was added last to a bundle; empty: nothing."""
    manifest: str
    """SHA-256 of the manifest."""
    problems: List[Tuple[str, str]]
    remarks: List[Tuple[str, str]]


def _is_of_systems(name: str) -> bool:
    """Tell whether a file, by its path, is what systems leave and nobody copied."""
    last = name.lower().rsplit("/", 1)[-1]
    return last in _OF_SYSTEMS or last.startswith(_HALF) or _is_in_folder_of_systems(name)


def _is_in_folder_of_systems(name: str) -> bool:
    """Tell whether a path leads through a folder of systems; they put none into the folder of a single document."""
    *folders, _last = name.lower().split("/")
    inside = next((place for place, each in enumerate(folders) if each in _FOLDERS_OF_SYSTEMS), None)
    return inside is not None and not any(map(_NUMBERED.fullmatch, folders[:inside]))


def _is_deck(folder: Path) -> bool:
    """Tell whether a folder is a deck that was unpacked."""
    return (folder / _DECK).is_file() and (folder / _DECK_NAMES).is_file() and not (folder / "checkpoint").is_file()


def _deck(folder: Path, said: Dict[str, Any], data: bytes) -> _Made:
    """Compare the files of a deck with its manifest, which is named by the one file it cannot name."""
    listed = {name: str(each) for name, each in said["files"].items()}
    if not listed:
        raise _NOTHING_LISTED
    below = _below(folder)
    present = {path.relative_to(folder).as_posix(): path for path in below if _is_plain_file(path)}
    own = _sha256(data).hexdigest()
    problems = [_no_plain_file(name) for name in _others_than_files(folder, below, ())]
    for name, expected in sorted(listed.items()):
        path = present.pop(name, None)
        if path is None:
            problems.append((f"Thiếu tệp {name} có trong danh mục.", f"{name} is missing: the manifest lists it"))
        elif _file_hash(path) != expected:
            problems.append(
                (f"Tệp {name} đã bị thay: SHA-256 không phải mã trong danh mục.", f"{name} is not the listed file")
            )
    names = present.pop(_DECK_NAMES, None)
    named = names.read_bytes().replace(b"\r\n", b"\n") if names is not None else b""
    if named != f'window.DECK_MANIFEST="{own}";\n'.encode():
        # no more than that: the pages run it, and no manifest has its hash
        added = own.encode() in named
        problems.append(
            (
                (
                    f"Tệp {_DECK_NAMES} có thêm nội dung ngoài dòng nêu danh mục: đã bị sửa, và các trang của gói chạy nó."
                    if added
                    else f"Danh mục {_DECK} không phải danh mục mà gói nêu ({_DECK_NAMES}): đã bị sửa hoặc thay."
                ),
                (
                    f"{_DECK_NAMES} holds more than the line that names the manifest: it was changed, and the pages run it"
                    if added
                    else f"{_DECK} is not the manifest that {_DECK_NAMES} names: it was changed or replaced"
                ),
            )
        )
    remarks: List[Tuple[str, str]] = []
    for name in present:
        last = name.rsplit("/", 1)[-1].lower()
        compiled = name.startswith("__pycache__/") and name.endswith(".pyc")
        if name in (_DECK, _DECK + ".p7s") or compiled or _is_of_systems(name):
            continue
        extra = f"Tệp thừa: {name} không có trong danh mục.", f"{name} is extra: the manifest does not list it"
        # what the deck itself cannot run or show does not change it, such as the log that was saved beside it
        (remarks if last.endswith(_INERT) and "/" not in name else problems).append(extra)
    return _Made(len(listed), own, "", own, problems, remarks)


def _bundle(path: Path, said: Dict[str, Any], data: bytes) -> _Made:
    """Look for the files of a bundle beside its manifest, whatever they are called now.

    What a supplement added goes out without the volumes it was added to, and they without it.
    """
    rows = [(f"tập {row['volume']}", f"volume {row['volume']}", row) for row in said["volumes"]]
    if not rows:
        raise _NOTHING_LISTED
    added = said.get("addition")
    rows += [("phần thêm", "what was added", added)] if added else []
    sizes = {row["bytes"] for _vietnamese, _english, row in rows}
    beside = [each for each in sorted(path.parent.iterdir()) if each.is_file() and each.stat().st_size in sizes]
    there = {_file_hash(each) for each in beside}
    missing = [row for row in rows if row[2]["sha256"] not in there]
    whole = [row for row in rows if row[2] is not added]
    told = [
        (
            f"Không tệp nào cạnh bảng kê là {vietnamese} như đã lập (SHA-256 {row['sha256']}): tệp đã bị đổi, hoặc không ở đây.",
            f"no file beside the manifest is {english} as it was made: it was changed, or is not here",
        )
        for vietnamese, english, row in missing
    ]
    # either is handed out alone
    parts = [rows] if added is None else [whole, [row for row in rows if row[2] is added]]
    is_there = any(not any(row in missing for row in part) for part in parts)
    if is_there and missing:
        # what is missing may lie here changed: then nobody may take the folder for what was made
        listed = {str(row["sha256"]) for _vietnamese, _english, row in rows}
        others = [each for each in sorted(path.parent.iterdir()) if each.is_file() and each.suffix.lower() == ".pdf"]
        is_there = all(_file_hash(each) in listed for each in others)
    hashes = [str(row["sha256"]) for _vietnamese, _english, row in whole]
    made = hashes[0] if len(hashes) == 1 else _sha256("".join(f"{each}\n" for each in hashes).encode()).hexdigest()
    last, own = str(added["sha256"]) if added else "", _sha256(data).hexdigest()
    return _Made(len(rows) - len(missing), made, last, own, [] if is_there else told, told if is_there else [])


def _may_tell_of(data: Dict[str, Any], said: Dict[str, Any]) -> bool:
    """Tell whether an older entry, which has no hash of a manifest, can be of the making of a deck with this one."""
    if data.get("manifest") is not None:
        return False
    lists = [said.get(name) for name in ("slides", "pages")]
    there = [len(each) if isinstance(each, list) else -1 for each in lists]
    return [data.get(name) for name in ("presentation", "slides", "pages")] == [said.get("presentation"), *there]


def _check_made(
    path: Path, said: Dict[str, Any], keys: Sequence[PublicKey], proofs: Sequence[Path], test: SignatureTest
) -> Report:
    """Compare the files of a bundle or a deck with their manifest, and that with the entry of its making.

    Raises:
        LedgerError: the manifest is malformed, or what it or the proof has of the ledger is not signed by a known key.
    """
    try:
        is_deck, data = said.get("format") == _DECK_FORMAT, _read(path)
        made = _deck(path.parent, said, data) if is_deck else _bundle(path, said, data)
    except (KeyError, TypeError, AttributeError, IndexError):
        raise LedgerError(f"Tệp {path.name} không đúng định dạng.", f"{path.name} is malformed") from None
    problems, remarks = list(made.problems), list(made.remarks)
    if said.get("signer"):
        remarks.append(
            (
                f"Danh mục có chữ ký số ở tệp {path.name}.p7s: xem chữ ký bằng phần mềm ký số.",
                f"the manifest is signed in {path.name}.p7s: look at that with a program for signatures",
            )
        )
    note = str(said.get("ledger_checkpoint") or "").encode("utf-8", "replace")
    if note and keys:
        head = open_checkpoint(note, keys, test)
        remarks.append(
            (
                f"Lúc lập, sổ cái đã được ký ở {head.size} mục; điểm chốt trong bảng kê đúng chữ ký.",
                f"when it was made the ledger was signed at {head.size} entries; the head in the manifest holds",
            )
        )
    elif note:
        remarks.append(
            (
                "Chưa xét chữ ký của điểm chốt sổ cái trong bảng kê: nêu khóa trên giấy bằng --key.",
                "the head of the ledger in the manifest was not looked at: give the key on the paper with --key",
            )
        )
    told: List[PublicKey] = []
    for each in proofs:
        shown = check_proof(each, keys=keys, test=test)
        entry = entry_of(str(_object(_read(each), each.name).get("entry", "")).encode("utf-8", "replace")).said
        data = entry["data"]
        known = made.sha256 in (data.get("manifest"), data.get("sha256"))
        if not known and is_deck and entry["kind"] == "deck_made" and _may_tell_of(data, said):
            # older entries tell of the file as it was handed out, by nothing that is in the folder
            remarks.append(
                (
                    (
                        f"Mục sổ cái trong {each.name} ghi từ trước, không có mã của danh mục: nó chứng minh tệp nén đã tải, "
                        f"SHA-256 {data.get('sha256')}; hãy so mã ấy với tệp nén."
                    ),
                    (
                        f"the entry in {each.name} is an older one without the hash of the manifest: it proves the file that "
                        f"was downloaded, SHA-256 {data.get('sha256')}; compare that with the file"
                    ),
                )
            )
            told = shown.keys
            continue
        # older entries do not have the hash of a manifest
        same = (data.get("addition_sha256") or "") == made.added and (data.get("manifest") or "") in ("", made.manifest)
        if entry["kind"] not in _MADE or not (known and same):
            problems.append(
                (
                    f"Mục sổ cái trong {each.name} không phải mục ghi việc lập các tệp nêu trong danh mục này.",
                    f"the entry in {each.name} does not tell of the making of the files in this manifest",
                )
            )
        else:
            remarks.append(
                (
                    f"Sổ cái ghi việc lập đúng các tệp này lúc {_shown(entry['at'])} (mục {entry['seq'] + 1} của vụ án).",
                    f"the ledger has an entry of the making of exactly these files, at {_shown(entry['at'])}",
                )
            )
        told = shown.keys
    if not proofs:
        remarks.append(
            (
                (
                    "Danh mục tự nó không chứng minh là chưa ai viết lại cả danh mục lẫn tệp: nêu thêm bằng chứng của mục ghi "
                    "việc lập (nhật ký lưu giữ của vụ án, “đã chốt”) bằng --proof."
                ),
                (
                    "a manifest alone does not show that nobody rewrote it with its files: give the proof of the entry of its "
                    "making with --proof"
                ),
            )
        )
    proven = (
        f"{made.files} tệp đúng như danh mục đã ghi.",
        f"{made.files} files are those the manifest lists.",
    )
    return Report(0, 0, None, told, bool(keys) or not told, 0, problems[:MOST_PROBLEMS], remarks, proven=proven)


def _say(*lines: str) -> None:
    """Write lines; what lies in files may not move the words of this check on a screen, nor look like one of them."""
    for line in lines:
        shown = "".join(each if each.isprintable() else ascii(each)[1:-1] for each in line)
        # nobody reads along: the status tells
        with contextlib.suppress(OSError, ValueError, AttributeError):
            sys.stdout.write(shown + "\n")


def _finish() -> None:
    """Write out what was said; where that fails the interpreter shall not fail once more as it ends."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (ValueError, AttributeError):
        # it was closed from the beginning
        return


def _numbered(report: Report, checkpoint: Checkpoint) -> Tuple[str, str]:
    """Say how many entries are as they were signed, and how many stand behind them."""
    after = report.entries - checkpoint.size
    if after <= 0:
        return f"{report.entries} mục của {report.ledgers} sổ", f"{report.entries} entries of {report.ledgers} ledgers"
    return (
        f"{checkpoint.size} mục đầu ({after} mục sau đó chưa được ký) trong {report.entries} mục của {report.ledgers} sổ",
        f"the first {checkpoint.size} entries (the {after} after them are not signed) of {report.entries} of {report.ledgers} ledgers",
    )


def main(words: Optional[Sequence[str]] = None) -> int:
    """Check what is named on the command line; 0: it holds, 1: it does not, 2: it, or a key given, cannot be read, 3: somebody has to be asked."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    parser = argparse.ArgumentParser(description="Kiểm tra sổ cái đã xuất (checks an exported custody ledger).")
    parser.add_argument(
        "what",
        type=Path,
        help="thư mục xuất, thư mục của gói, tệp bằng chứng hoặc bảng kê .json (export, package, deck, proof or manifest)",
    )
    parser.add_argument("--key", action="append", default=[], help="khóa công khai ghi trên giấy (key on the paper)")
    parser.add_argument(
        "--checkpoint",
        action="append",
        default=[],
        type=Path,
        help="checkpoint cũ giữ ở nơi khác: tệp, hoặc chữ chép từ bản in (older checkpoint, also typed from paper)",
    )
    parser.add_argument(
        "--consistency",
        action="append",
        default=[],
        type=Path,
        help="bằng chứng nối tiếp từ checkpoint ấy, cho bản trích của một vụ (proof from that checkpoint on)",
    )
    parser.add_argument(
        "--proof",
        action="append",
        default=[],
        type=Path,
        help="bằng chứng của mục ghi việc lập tập hồ sơ, gói trình chiếu (proof of the entry of its making)",
    )
    parser.add_argument("--processes", type=int, default=2, help="số tiến trình, ít nhất 1 (processes)")
    chosen = parser.parse_args(words)
    missing = [
        path for path in (chosen.what, *chosen.checkpoint, *chosen.consistency, *chosen.proof) if not path.exists()
    ]
    if missing:
        _say(f"Không có tệp hay thư mục này (there is no such file or folder): {missing[0]}")
        return 2
    try:
        keys = [parse_key(each) for each in chosen.key]
    except LedgerError:
        # nothing was read yet: what was typed is no finding about the log
        _say(
            "Chưa kiểm tra: khóa ghi sau --key không đúng dạng TÊN+MÃ+KHÓA; hãy chép lại từ bản giấy.",
            "Not checked: what follows --key is no key of the form NAME+ID+KEY; copy it from the paper again.",
        )
        return 2
    try:
        what = chosen.what / _DECK if chosen.what.is_dir() and _is_deck(chosen.what) else chosen.what
        if what.is_dir():
            report = check_export(
                what,
                keys=keys,
                older=chosen.checkpoint,
                consistency=chosen.consistency,
                # Windows waits for no more than that many
                processes=min(max(chosen.processes, 1), 60),
            )
        else:
            report = check_proof(
                what, keys=keys, older=chosen.checkpoint, consistency=chosen.consistency, made=chosen.proof
            )
    except LedgerError as error:
        _say(f"KHÔNG ĐẠT: {error.vietnamese}", f"NOT VALID: {error.english}")
        return 1
    except OSError as error:
        _say(f"Không đọc được (cannot be read): {error}")
        return 2
    for vietnamese, english in OrderedDict.fromkeys(report.problems):
        _say(f"KHÔNG ĐẠT: {vietnamese}", f"NOT VALID: {english}")
    if report.problems:
        for vietnamese, english in report.asked:
            _say(f"HỎI: {vietnamese}", f"ASK: {english}")
        for vietnamese, english in report.remarks:
            _say(f"LƯU Ý: {vietnamese}", f"NOTE: {english}")
        return 1
    checkpoint = report.checkpoint
    if report.proven is not None:
        _say(f"ĐẠT: {report.proven[0]}", f"VALID: {report.proven[1]}")
    elif checkpoint is not None and report.asked:
        _say(
            f"PHẢI HỎI LẠI: {_numbered(report, checkpoint)[0]} đúng như đã ký tại checkpoint {checkpoint.size} mục (mã gốc "
            f"{base64.b64encode(checkpoint.root).decode()}), nhưng sổ này bỏ một phần đã từng được ký.",
            f"TO BE ASKED: {_numbered(report, checkpoint)[1]} are as signed at {checkpoint.size} entries, but the log gave up a part "
            "that was signed.",
        )
    elif checkpoint is not None:
        _say(
            f"ĐẠT: {_numbered(report, checkpoint)[0]}, đúng như đã ký tại checkpoint {checkpoint.size} mục "
            f"(mã gốc {base64.b64encode(checkpoint.root).decode()}).",
            f"VALID: {_numbered(report, checkpoint)[1]}, as signed at {checkpoint.size} entries.",
        )
    for vietnamese, english in report.asked:
        _say(f"HỎI: {vietnamese}", f"ASK: {english}")
    if report.cases:
        _say(f"Vụ án theo mục đăng ký (case, as registered): {', '.join(report.cases)}")
    if report.files:
        _say(f"{report.files} tệp đi cùng đúng như danh sách đã ký (files that came with it are those signed).")
    for vietnamese, english in report.remarks:
        _say(f"LƯU Ý: {vietnamese}", f"NOTE: {english}")
    if report.openings:
        _say(f"{report.openings} giá trị được mở đúng như sổ đã ghi (values shown are those recorded).")
    if not report.keys_are_from_outside:
        _say("Hãy so khóa dưới đây với khóa trên bản giấy đã ký (compare with the key on the signed paper):")
        for key in report.keys:
            _say(f"  {key}")
    return 3 if report.asked else 0


if __name__ == "__main__":
    status = main()
    _finish()
    sys.exit(status)
