"""Entries as bytes: the one form of a value, and what links an entry to the one before."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vks_plugin.custody import chain
from vks_plugin.custody.verify_ledger import (
    FIRST,
    LARGEST,
    LedgerError,
    canonical,
    check_log,
    commitment,
    entry_of,
    item_salt,
    parsed,
)

LEDGER = uuid.UUID("0b5d6b8e-6f2c-4b7e-9a51-3c9a3f0e7d11")
AT = dt.datetime(2026, 11, 24, 7, 5, 9, 42, tzinfo=dt.timezone(dt.timedelta(hours=7)))
OFFICER = chain.Actor(7, "Đỗ Hữu Ước", "QN-KV1", "prosecutor")


# --- RFC 8785

# what section 3.2.2 of the RFC has as its example, without the numbers that are no integers
WRITTEN = (
    r'{"string":"\u20ac$\u000F\u000aA\u0027\u0042\u0022\u005c\\\"\/", "numbers":[333, 0, -7], '
    r'"literals":[null, true, false]}'
)
EXPECTED = '{"literals":[null,true,false],"numbers":[333,0,-7],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'

# section 3.2.3: names are sorted by their UTF-16 units
UNSORTED = {
    "€": "Euro Sign",
    "\r": "Carriage Return",
    "\ufb33": "Hebrew Letter Dalet With Dagesh",
    "1": "One",
    "😀": "Emoji: Grinning Face",
    "\x80": "Control",
    "ö": "Latin Small Letter O With Diaeresis",
}
SORTED = ["Carriage Return", "One", "Control", "Latin Small Letter O With Diaeresis", "Euro Sign"]
SORTED += ["Emoji: Grinning Face", "Hebrew Letter Dalet With Dagesh"]


def test_the_example_of_the_rfc_has_its_form() -> None:
    assert canonical(json.loads(WRITTEN)) == EXPECTED.encode()


def test_names_stand_in_the_order_of_the_rfc() -> None:
    assert list(json.loads(canonical(UNSORTED)).values()) == SORTED
    assert parsed(canonical(UNSORTED)) == UNSORTED


def test_vietnamese_stays_as_it_is_written() -> None:
    assert canonical({"tên": "Nguyễn Văn Ánh"}) == '{"tên":"Nguyễn Văn Ánh"}'.encode()


@pytest.mark.parametrize(
    "value", [1.0, float("nan"), 2**53, -(2**53), b"x", {1: "a"}, object(), "\ud800", {"\ud800": 1}, {"a": [0.5]}]
)
def test_other_values_are_refused(value: Any) -> None:
    with pytest.raises(LedgerError):
        canonical(value)


@pytest.mark.parametrize(
    "line",
    [
        b'{"a":1 }',
        b'{"b":1,"a":2}',
        b'{"a":1,"a":1}',
        b'{"a":"\\u0041"}',
        b'{"a":"\\/"}',
        b'{"a":1.0}',
        b'{"a":1e2}',
        b'{"a":-0}',
        b'{"a":01}',
        b'{"a":9007199254740992}',
        b'{"a":NaN}',
        b'{"a":"\\ud800"}',
        b'\xef\xbb\xbf{"a":1}',
        b'{"a":"\xff"}',
        b'{"a":1}\n',
        b"",
        '{"\ufb33":1,"😀":2}'.encode(),
        b"[" * 100_000,
    ],
)
def test_what_is_not_in_the_one_form_is_refused(line: bytes) -> None:
    with pytest.raises(LedgerError):
        parsed(line)


_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_values = st.recursive(
    st.none() | st.booleans() | st.integers(-LARGEST, LARGEST) | _texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_texts, inner, max_size=4),
    max_leaves=12,
)

_SHORT = {0x08: "\\b", 0x09: "\\t", 0x0A: "\\n", 0x0C: "\\f", 0x0D: "\\r", 0x22: '\\"', 0x5C: "\\\\"}


def _by_the_letter(value: Any) -> str:
    """Write a value as the RFC puts it, letter by letter: a second implementation."""
    if isinstance(value, str):
        letters = [_SHORT.get(ord(each)) or (f"\\u{ord(each):04x}" if ord(each) < 0x20 else each) for each in value]
        return f'"{"".join(letters)}"'
    if isinstance(value, list):
        return f"[{','.join(_by_the_letter(each) for each in value)}]"
    if isinstance(value, dict):
        units = {name: [*memoryview(name.encode("utf-16-le")).cast("H")] for name in value}
        names = sorted(value, key=lambda name: units[name])
        return "{" + ",".join(f"{_by_the_letter(name)}:{_by_the_letter(value[name])}" for name in names) + "}"
    return {None: "null", True: "true", False: "false"}[value] if not _number(value) else str(value)


def _number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


@given(_values)
def test_any_value_has_the_form_a_second_implementation_gives_it(value: Any) -> None:
    line = canonical(value)
    assert line == _by_the_letter(value).encode()
    assert parsed(line) == value


@given(_values, st.data())
def test_any_other_spelling_is_noticed(value: Any, data: st.DataObject) -> None:
    line = canonical(value)
    loose = json.dumps(value, ensure_ascii=data.draw(st.booleans()), indent=data.draw(st.sampled_from([None, 1])))
    if loose.encode() != line:
        with pytest.raises(LedgerError):
            parsed(loose.encode())


# --- the chain


def _entries(count: int) -> list[chain.Written]:
    made: list[chain.Written] = []
    for seq in range(count):
        previous = made[-1].hash if made else None
        made.append(
            chain.write_entry(
                ledger=LEDGER, seq=seq, previous=previous, at=AT, actor=OFFICER, kind="record", data={"row": seq}
            )
        )
    return made


def test_an_entry_holds_exactly_what_it_must() -> None:
    (entry,) = _entries(1)
    assert entry.line.decode() == (
        '{"actor":{"id":7,"name":"Đỗ Hữu Ước","role":"prosecutor","unit":"QN-KV1"},"at":"2026-11-24T00:05:09.000042Z",'
        f'"data":{{"row":0}},"kind":"record","ledger":"{LEDGER}","prev":"{FIRST}","seq":0,"v":1}}'
    )
    assert entry.hash == hashlib.sha256(b"\x00" + entry.line).digest()


def test_each_entry_names_the_hash_of_the_one_before() -> None:
    first, second, third = _entries(3)
    assert entry_of(second.line).prev == first.hash.hex()
    assert entry_of(third.line).prev == second.hash.hex()
    assert check_log(each.line for each in (first, second, third)).problems == []


@pytest.mark.parametrize(
    ("places", "told"),
    [
        ([0, 2], "thiếu mục số thứ tự 1"),
        ([0, 1, 4], "thiếu mục số thứ tự 2–3"),
        ([1, 2], "thiếu mục số thứ tự 0"),
        ([0, 2, 1, 3], "thiếu mục số thứ tự 1"),
        ([0, 1, 1, 2], "thứ tự đã bị đảo hoặc mục bị lặp"),
        ([0, 1, 2, 1], "thứ tự đã bị đảo hoặc mục bị lặp"),
    ],
)
def test_what_is_missing_or_in_another_order_is_told(places: list[int], told: str) -> None:
    entries = _entries(5)
    problems = check_log(entries[place].line for place in places).problems
    assert any(told in vietnamese for vietnamese, _english in problems), problems


def test_a_changed_entry_breaks_the_chain() -> None:
    lines = [each.line for each in _entries(3)]
    lines[1] = lines[1].replace(b'"row":1', b'"row":9')
    problems = check_log(lines).problems
    assert len(problems) == 1
    assert "mục số thứ tự 1 hoặc chính mục này đã bị sửa" in problems[0][0]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'"v":1', b'"v":2'),
        (b'"v":1', b'"v":true'),
        (b',"v":1', b',"v":1,"w":1'),
        (b'"seq":0', b'"seq":-1'),
        (b'"kind":"record"', b'"kind":""'),
        (b'"kind":"record"', b'"kind":null'),
        (b'"data":{"row":0}', b'"data":[]'),
        (b"2026-11-24T", b"2026-11-24 "),
        (b"0000", b"000g"),
        (b'"id":7,', b""),
    ],
)
def test_what_is_no_entry_is_refused(before: bytes, after: bytes) -> None:
    (entry,) = _entries(1)
    changed = entry.line.replace(before, after, 1)
    assert changed != entry.line
    with pytest.raises(LedgerError):
        entry_of(changed)
    assert check_log([changed]).problems != []


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=30), st.data())
def test_whatever_is_done_to_a_chain_is_noticed(cases: list[str], data: st.DataObject) -> None:
    """Entries of several cases lie mixed in the log; one is changed, dropped, repeated or moved."""
    heads: dict[str, tuple[int, bytes | None]] = {}
    lines: list[bytes] = []
    for case in cases:
        seq, previous = heads.get(case, (0, None))
        ledger = uuid.uuid5(LEDGER, case)
        made = chain.write_entry(
            ledger=ledger, seq=seq, previous=previous, at=AT, actor=OFFICER, kind="k", data={"case": case}
        )
        heads[case] = (seq + 1, made.hash)
        lines.append(made.line)
    whole = check_log(lines)
    assert (whole.problems, whole.size, whole.ledgers) == ([], len(lines), len(heads))
    place = data.draw(st.integers(0, len(lines) - 1))
    act = data.draw(st.sampled_from(["change", "drop", "repeat", "swap"]))
    other = data.draw(st.integers(0, len(lines) - 1))
    changed = list(lines)
    match act:
        case "change":
            changed[place] = changed[place].replace(b'"kind":"k"', b'"kind":"x"')
        case "drop":
            del changed[place]
        case "repeat":
            changed.insert(other, changed[place])
        case _:
            changed[place], changed[other] = changed[other], changed[place]
    found = check_log(changed)
    # a last entry of a case can be changed without breaking a chain: the signed head tells
    assert changed == lines or found.root != whole.root


def test_a_hidden_value_can_be_compared_and_not_be_guessed() -> None:
    salt = bytes(range(32))
    shown = chain.hide(salt, [("full_name", ["", "Nguyễn Thị A"]), ("birth_year", ["", "2009"])])
    assert [name for name, _hash in shown] == ["full_name", "birth_year"]
    assert shown[0][1] == commitment(item_salt(salt, 0), ["", "Nguyễn Thị A"])
    assert shown[0][1] != commitment(item_salt(salt, 0), ["", "Nguyễn Thị B"])
    assert shown[0][1] != commitment(bytes(32), ["", "Nguyễn Thị A"])
    # what is shown with one value tells nothing of the next
    assert chain.opened(salt, 0) != chain.opened(salt, 1)
