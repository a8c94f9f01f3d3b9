"""Ledgers this program did not write, made from what docs/custody.md says of the form with json, hashlib and a library for
Ed25519: the verifier passes them, and fails each that departs from the form in one place."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from vks_plugin.custody import verify_ledger

Said = dict[str, Any]
NAME = "so-cai.example/tay"
ONE, OTHER = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def written(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def head_of(leaves: Sequence[bytes], node: Callable[[bytes, bytes], bytes]) -> bytes:
    """Return MTH of RFC 6962, as its text has it."""
    if len(leaves) <= 1:
        return leaves[0] if leaves else sha256(b"")
    middle = 1
    while middle * 2 < len(leaves):
        middle *= 2
    return node(head_of(leaves[:middle], node), head_of(leaves[middle:], node))


def node_of(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right)


def path_of(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """Return PATH of RFC 6962."""
    if len(leaves) == 1:
        return []
    middle = 1
    while middle * 2 < len(leaves):
        middle *= 2
    if index < middle:
        return [*path_of(index, leaves[:middle]), head_of(leaves[middle:], node_of)]
    return [*path_of(index - middle, leaves[middle:]), head_of(leaves[:middle], node_of)]


def continuation_of(smaller: int, leaves: Sequence[bytes], *, whole: bool = True) -> list[bytes]:
    """Return SUBPROOF of RFC 6962."""
    if smaller == len(leaves):
        return [] if whole else [head_of(leaves, node_of)]
    middle = 1
    while middle * 2 < len(leaves):
        middle *= 2
    if smaller <= middle:
        return [*continuation_of(smaller, leaves[:middle], whole=whole), head_of(leaves[middle:], node_of)]
    rest = continuation_of(smaller - middle, leaves[middle:], whole=False)
    return [*rest, head_of(leaves[:middle], node_of)]


class Key:
    """A key that signs notes."""

    def __init__(self, seed: int, name: str = NAME) -> None:
        self.name = name
        self._private = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        self.public = self._private.public_key().public_bytes_raw()
        self.id = sha256(name.encode() + b"\n\x01" + self.public)[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(bytes([1]) + self.public).decode()}"

    def line(self, text: str) -> str:
        return f"— {self.name} {base64.b64encode(self.id + self._private.sign(text.encode())).decode()}\n"


@dataclass
class Form:
    """How a ledger is written; each part can be put in the place of the one the description asks for."""

    line: Callable[[Said], bytes] = written
    entry: Callable[[Said], Said] = lambda said: said
    leaf: Callable[[bytes], bytes] = lambda line: sha256(b"\x00" + line)
    node: Callable[[bytes, bytes], bytes] = node_of
    root: Callable[[bytes], str] = lambda root: base64.b64encode(root).decode()
    note: Callable[[str], str] = lambda note: note
    ended: bytes = b"\n"
    commitment: Callable[[bytes, Any], bytes] = lambda salt, value: sha256(b"\x03" + salt + written(value))
    key: Key = field(default_factory=lambda: Key(1))
    path: Callable[[list[bytes]], list[bytes]] = lambda path: path


class Made:
    """A ledger as somebody else's program would keep it."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self.lines: list[bytes] = []
        self.of: list[str] = []
        self._ends: dict[str, tuple[int, bytes]] = {}

    def add(self, ledger: str, kind: str, **data: Any) -> None:
        seq, before = self._ends.get(ledger, (0, b"\x00" * 32))
        said = {
            "v": 1,
            "ledger": ledger,
            "seq": seq,
            "prev": before.hex(),
            "at": f"2026-03-0{1 + len(self.lines) // 24}T{len(self.lines) % 24:02}:00:00.000000Z",
            "actor": {"id": 7, "name": "Trần Thị Bưởi", "unit": "QN-KV1", "role": None},
            "kind": kind,
            "data": data,
        }
        line = self.form.line(self.form.entry(said))
        self.lines.append(line)
        self.of.append(ledger)
        # the chain goes by what the description says, whatever the tree does
        self._ends[ledger] = seq + 1, sha256(b"\x00" + line)

    @property
    def leaves(self) -> list[bytes]:
        return [self.form.leaf(line) for line in self.lines]

    def note(self, keys: Iterable[Key], *more: str, size: int | None = None) -> str:
        leaves = self.leaves[:size]
        root = self.form.root(head_of(leaves, self.form.node))
        text = "".join(f"{line}\n" for line in (NAME, len(leaves), root, *more))
        return self.form.note(f"{text}\n" + "".join(key.line(text) for key in keys))

    def whole(self, folder: Path, *keys: Key, earlier: Sequence[str] = ()) -> Path:
        folder.mkdir()
        (folder / "entries.jsonl").write_bytes(b"".join(line + self.form.ended for line in self.lines))
        (folder / "checkpoint").write_text(self.note(keys or [self.form.key]))
        (folder / "keys").write_text("".join(f"{key}\n" for key in keys or [self.form.key]))
        (folder / "checkpoints.jsonl").write_text("".join(json.dumps({"note": note}) + "\n" for note in earlier))
        return folder

    def extract(
        self, folder: Path, ledger: str, openings: Sequence[Said] = (), *, along: Mapping[str, bytes] | None = None
    ) -> Path:
        folder.mkdir(parents=True)
        places = [at for at, each in enumerate(self.of) if each == ledger]
        entries, end = self._ends[ledger]
        signed = ["at 2026-04-01T00:00:00.000000Z", f"ledger {ledger} {entries} {end.hex()}"]
        paths = [self.form.path(path_of(at, self.leaves)) for at in places]
        rows = [{"leaf": at, "path": [each.hex() for each in path]} for at, path in zip(places, paths, strict=True)]
        (folder / "entries.jsonl").write_bytes(b"".join(self.lines[at] + self.form.ended for at in places))
        (folder / "proofs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        (folder / "openings.jsonl").write_text("".join(json.dumps(row) + "\n" for row in openings))
        (folder / "keys").write_text(f"{self.form.key}\n")
        if along is not None:
            own = {f"ledger/{each.name}": each.read_bytes() for each in folder.iterdir()}
            files = sorted({**along, **own}.items())
            listed = "".join(f"{sha256(content).hex()}  {name}\n" for name, content in files)
            (folder / "files.sha256").write_text(listed)
            signed.append(f"files {sha256(listed.encode()).hex()}")
        (folder / "checkpoint").write_text(self.note([self.form.key], *signed))
        return folder


SALT = sha256(b"salt")


def _one(form: Form, folder: Path) -> Path:
    made = Made(form)
    made.add(ONE, "note", number=1, text='"Ký" \\ \n', yes=True, nothing=None, list=[1, [], {"b": -1, "a": "ă"}])
    return made.whole(folder)


def _two_cases(form: Form, folder: Path) -> Path:
    made = Made(form)
    for number in range(11):
        made.add((ONE, OTHER)[number % 3 == 1], "note", number=number)
    return made.whole(folder, earlier=[made.note([form.key], size=size) for size in (1, 4, 7)])


def _change_of_key(form: Form, folder: Path) -> Path:
    made, old, new = Made(form), form.key, Key(2)
    made.add(ONE, "key", public=str(old), before=None)
    made.add(OTHER, "note", number=1)
    before = made.note([old])
    made.add(ONE, "key", public=str(new), before=str(old))
    between = made.note([old, new])
    made.add(OTHER, "note", number=2)
    folder = made.whole(folder, new, earlier=[before, between])
    (folder / "keys").write_text(f"{old}\n{new}\n")
    return folder


def _hidden(form: Form, folder: Path) -> Path:
    made = Made(form)
    made.add(OTHER, "note", number=0)
    made.add(ONE, "note", number=1, hidden=[["name", form.commitment(SALT, "Lê Văn C").hex()]])
    made.add(OTHER, "note", number=2)
    made.add(ONE, "note", number=3)
    shown = {"ledger": ONE, "seq": 0, "place": 0, "name": "name", "value": "Lê Văn C", "salt": SALT.hex()}
    return made.extract(folder, ONE, [shown])


def _with_files(form: Form, folder: Path) -> Path:
    """A package: a document, its archive copy as it was sealed, and the manifest of the seal."""
    paper, copy = b"%PDF-1.4 paper", b"%PDF-1.4 copy"
    digest, copied = hashlib.sha256(paper).hexdigest(), hashlib.sha256(copy).hexdigest()
    row = {"document": 5, "version": 5, "pages": 2, "sha256": digest, "archive_sha256": copied, "folios": [["1", 1]]}
    manifest = written({"v": 1, "part": "hsva", "batch": 1, "previous": None, "documents": [row]})
    made = Made(form)
    made.add(ONE, "case_registered", code="HS-1")
    made.add(ONE, "document_filed", document=5, sha256=digest, pages=2)
    sealed = {"part": "hsva", "batch": 1, "documents": 1, "pages": 2, "folios": 1, "manifest_before": None}
    made.add(ONE, "file_sealed", manifest=hashlib.sha256(manifest).hexdigest(), **sealed)
    files = {
        "documents/00001-5/original.pdf": paper,
        "documents/00001-5/archive.pdf": copy,
        "metadata/seal-hsva-1.json": manifest,
        "metadata/case.json": written({"documents": [{"document": 5, "sha256": digest, "pages": 2}]}),
    }
    for name, content in files.items():
        path = folder / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    made.extract(folder / "data" / "ledger", ONE, along=files)
    return folder


Shape = Callable[[Form, Path], Path]
SHAPES: tuple[Shape, ...] = (_one, _two_cases, _change_of_key, _hidden, _with_files)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda each: each.__name__.strip("_"))
def test_a_ledger_another_program_wrote_passes(
    shape: Shape, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shape(Form(), tmp_path / "made")
    assert verify_ledger.main([str(folder)]) == 0, capsys.readouterr().out
    told = capsys.readouterr().out
    assert "ĐẠT: " in told
    if shape is _hidden:
        assert "1 giá trị được mở" in told
    if shape is _with_files:
        # with entries, proofs, openings and keys
        assert "8 tệp đi cùng đúng như danh sách đã ký" in told


def test_a_continuation_another_program_proved_passes(tmp_path: Path) -> None:
    made, key, proof, older = Made(Form()), Key(1), tmp_path / "proof.json", tmp_path / "older"
    for number in range(13):
        made.add(ONE, "note", number=number)
    for size in range(1, 14):
        path = [each.hex() for each in continuation_of(size, made.leaves)]
        said: Said = {"from": made.note([key], size=size), "to": made.note([key]), "path": path, "keys": [str(key)]}
        proof.write_text(json.dumps(said))
        older.write_text(said["from"])
        assert verify_ledger.main([str(proof), "--checkpoint", str(older)]) == 0
        if len(path) > 1:
            proof.write_text(json.dumps(said | {"path": path[::-1]}))
            assert verify_ledger.main([str(proof)]) == 1


def _with(**changes: Any) -> Callable[[Said], Said]:
    return lambda said: said | changes


def _by(**changes: Any) -> Form:
    return Form(entry=lambda said: said | {"actor": said["actor"] | changes})


def _spaced(said: Said) -> bytes:
    return json.dumps(said, ensure_ascii=False, sort_keys=True).encode()


DEVIATIONS: list[tuple[str, Shape, Callable[[], Form]]] = [
    ("spaces between members", _one, lambda: Form(line=_spaced)),
    ("members not in order", _one, lambda: Form(line=lambda said: json.dumps(said, separators=(",", ":")).encode())),
    (
        "letters escaped",
        _one,
        lambda: Form(line=lambda said: json.dumps(said, separators=(",", ":"), sort_keys=True).encode()),
    ),
    ("lines ended as on Windows", _one, lambda: Form(ended=b"\r\n")),
    ("an empty line between", _two_cases, lambda: Form(ended=b"\n\n")),
    ("another version", _one, lambda: Form(entry=_with(v=2))),
    ("a version that is no number", _one, lambda: Form(entry=_with(v=True))),
    ("a member too many", _one, lambda: Form(entry=_with(note="x"))),
    (
        "a member that lacks",
        _one,
        lambda: Form(entry=lambda said: {name: said[name] for name in said if name != "actor"}),
    ),
    ("an actor with less", _one, lambda: Form(entry=_with(actor={"id": 7, "name": "x", "unit": None}))),
    ("a share", _one, lambda: Form(entry=_with(data={"share": 0.5}))),
    ("a number too large", _one, lambda: Form(entry=_with(data={"n": 2**53}))),
    ("counted from one", _one, lambda: Form(entry=lambda said: said | {"seq": said["seq"] + 1})),
    ("a first entry that follows", _one, lambda: Form(entry=_with(prev="1" * 64))),
    ("hashes in capitals", _two_cases, lambda: Form(entry=lambda said: said | {"prev": said["prev"].upper()})),
    *(
        (f"an actor whose {name} is {value!r}", _two_cases, partial(_by, **{name: value}))
        for name, value in (
            *(("id", [1, 2]), ("id", True), ("id", "7"), ("name", 5), ("name", None)),
            *(("unit", 1), ("unit", []), ("role", True), ("role", [])),
        )
    ),
    ("a day of no calendar", _two_cases, lambda: Form(entry=_with(at="2026-19-39T29:55:61.000000Z"))),
    ("a moment without its parts", _one, lambda: Form(entry=_with(at="2026-03-01T00:00:00Z"))),
    ("a moment of a place", _one, lambda: Form(entry=_with(at="2026-03-01T00:00:00.000000+07:00"))),
    ("a ledger by another name", _one, lambda: Form(entry=_with(ledger="so-cai"))),
    ("leaves without their byte", _two_cases, lambda: Form(leaf=sha256)),
    ("nodes without theirs", _two_cases, lambda: Form(node=lambda left, right: sha256(left + right))),
    ("sides the other way round", _two_cases, lambda: Form(node=lambda left, right: node_of(right, left))),
    ("the root in other digits", _one, lambda: Form(root=bytes.hex)),
    ("a note without its last newline", _one, lambda: Form(note=lambda note: note[:-1])),
    ("a note without its blank line", _one, lambda: Form(note=lambda note: note.replace("\n\n", "\n"))),
    ("a hyphen for the dash", _one, lambda: Form(note=lambda note: note.replace("—", "-"))),
    ("signed for another size", _one, lambda: Form(note=lambda note: note.replace("\n1\n", "\n2\n"))),
    (
        "signed by who is not known",
        _change_of_key,
        lambda: Form(note=lambda note: note.replace(str(NAME), "so.example/x")),
    ),
    ("a log under another key's name", _one, lambda: Form(key=Key(1, "khac.example/tay"))),
    ("hidden values without their salt", _hidden, lambda: Form(commitment=lambda _salt, value: sha256(written(value)))),
    (
        "hidden values without their byte",
        _hidden,
        lambda: Form(commitment=lambda salt, value: sha256(salt + written(value))),
    ),
    ("paths from the root down", _hidden, lambda: Form(path=lambda path: path[::-1])),
    ("paths cut short", _hidden, lambda: Form(path=lambda path: path[:-1])),
]


def test_entries_of_an_extract_that_stand_the_other_way_round_in_the_log_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Chained, proven and signed, but put into the log of all cases before the entry it follows."""
    made = Made(Form())
    for number in range(4):
        made.add((ONE, OTHER)[number == 0], "note", number=number)
    made.lines[1], made.lines[2] = made.lines[2], made.lines[1]
    folder = made.extract(tmp_path / "made", ONE)
    for name in ("entries.jsonl", "proofs.jsonl"):
        first, second, *rest = (folder / name).read_bytes().splitlines(keepends=True)
        (folder / name).write_bytes(b"".join([second, first, *rest]))
    assert verify_ledger.main([str(folder)]) == 1
    told = capsys.readouterr().out
    assert (told.count("KHÔNG ĐẠT"), "số thứ tự 1): trong sổ chung của tỉnh nó đứng trước" in told) == (1, True), told


def test_a_moment_is_one_of_a_calendar() -> None:
    """Whether a line is taken at one look or read: the days of a leap year, of a century, and no others."""
    made = Made(Form())
    made.add(ONE, "note", number=1)
    at = b"2026-03-01T00:00:00.000000Z"
    assert at in made.lines[0]
    for year, month, day in product((0, 1900, 2000, 2024, 2026), range(14), range(33)):
        try:
            dt.date(year, month, day)
            is_one = True
        except ValueError:
            is_one = False
        line = made.lines[0].replace(at[:10], b"%04d-%02d-%02d" % (year, month, day))
        assert (not verify_ledger.check_lines(0, [line]).problems) == is_one, line
    for clock, is_one in ((b"23:59:59", True), (b"24:00:00", False), (b"23:60:00", False), (b"23:59:60", False)):
        assert (not verify_ledger.check_lines(0, [made.lines[0].replace(b"00:00:00", clock)]).problems) == is_one


@pytest.mark.parametrize(("shape", "form"), [each[1:] for each in DEVIATIONS], ids=[each[0] for each in DEVIATIONS])
def test_what_departs_from_the_form_in_one_place_fails(
    shape: Shape, form: Callable[[], Form], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify_ledger.main([str(shape(form(), tmp_path / "made"))]) == 1
    told = capsys.readouterr().out
    assert "KHÔNG ĐẠT: " in told
    assert "\nĐẠT" not in told


def test_nonsense_in_a_package_is_told_and_breaks_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = Made(Form())
    for data in (
        {"document": "x", "sha256": 1},
        {"document": 1, "sha256": "x", "pages": []},
        {"document": 1, "sha256": "y", "merged_document": [], "sha256_before": {}},
        {"manifest": [], "batch": {}, "part": 5, "documents": "x"},
        {"agreed_entries": "x", "head_at": 1},
    ):
        for kind in (*sorted(verify_ledger.TELLS_OF_FILES), "document_redacted", "ledger_restored"):
            made.add(ONE, kind, **data)
    folder = tmp_path / "made"
    made.extract(folder / "ledger", ONE)
    told = {"metadata/case.json", "metadata/seal-hsva-1.json", "metadata/seal-x.json.p7s", "documents/0-1/original.pdf"}
    for content in (
        b"",
        b"[]",
        b"{}",
        b'{"documents":[5]}',
        b'{"documents":[{"document":[]}],"part":[]}',
        b"[" * 99999,
    ):
        for name in told:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        assert verify_ledger.main([str(folder)]) == 1
        assert "seal-hsva-1.json không phải bảng kê sổ cái đã ghi" in capsys.readouterr().out
    assert (
        verify_ledger.main([str(made.whole(tmp_path / "whole")), "--checkpoint", str(folder / "metadata/case.json")])
        == 1
    )


@pytest.mark.parametrize(
    "name", ["documents/00001-5/original.pdf", "documents/00001-5/archive.pdf", "metadata/seal-hsva-1.json"]
)
def test_a_file_that_is_another_is_told_in_a_package_another_program_made(tmp_path: Path, name: str) -> None:
    folder = _with_files(Form(), tmp_path / "made")
    path = folder / "data" / name
    path.write_bytes(path.read_bytes() + b" ")
    assert verify_ledger.main([str(folder)]) == 1


def _whole_log(folder: Path) -> None:
    form = Form()
    made = Made(form)
    made.add(ONE, "case_registered", code="HS-1")
    made.add(ONE, "note", number=1)
    made.whole(folder)


def _put_a_whole_log_there(folder: Path) -> Path:
    """Whatever says that this is a package is gone, too."""
    shutil.rmtree(folder / "data" / "ledger")
    shutil.rmtree(folder / "data" / "metadata")
    (folder / "bagit.txt").unlink()
    _whole_log(folder / "data" / "ledger")
    return folder


def _call_the_documents_otherwise(folder: Path) -> Path:
    _put_a_whole_log_there(folder)
    (folder / "data" / "documents").rename(folder / "data" / "tai-lieu")
    return folder


def _move_the_ledger_up(folder: Path) -> Path:
    for each in (folder / "data" / "ledger").iterdir():
        each.rename(folder / "data" / each.name)
    return folder / "data"


def _move_the_ledger_into_the_bag(folder: Path) -> Path:
    (folder / "data" / "ledger").rename(folder / "ledger")
    return folder / "ledger"


def _call_the_ledger_otherwise(folder: Path) -> Path:
    return (folder / "data" / "ledger").rename(folder / "data" / "so-cai")


def _call_a_whole_log_otherwise(folder: Path) -> Path:
    shutil.rmtree(folder / "data" / "ledger")
    _whole_log(folder / "data" / "so-cai")
    return folder / "data" / "so-cai"


def _put_papers_beside_data(folder: Path) -> Path:
    shutil.copytree(folder / "data" / "documents", folder / "documents")
    (folder / "data" / "documents" / "00001-5" / "original.pdf").write_bytes(b"%PDF-1.4 paper")
    return folder


def _put_papers_beside_data_and_name_the_ledger(folder: Path) -> Path:
    return _put_papers_beside_data(folder) / "data" / "ledger"


def _put_papers_beside_data_alone(folder: Path) -> Path:
    _put_papers_beside_data(folder)
    (folder / "bagit.txt").unlink()
    return folder / "data" / "ledger"


def _put_one_beside_data(folder: Path) -> Path:
    (folder / "data" / "documents" / "00001-5" / "original.pdf").rename(folder / "ban-dung.pdf")
    (folder / "data" / "documents" / "00001-5" / "original.pdf").write_bytes(b"%PDF-1.4 paper")
    return folder


@pytest.mark.parametrize(
    ("rearranged", "told"),
    [
        (_put_a_whole_log_there, "Trong gói này không có bản trích sổ của vụ án"),
        (_call_the_documents_otherwise, "Trong gói này không có bản trích sổ của vụ án"),
        (_move_the_ledger_up, "Cạnh sổ cái có thư mục documents của một gói"),
        (_move_the_ledger_into_the_bag, "Cạnh sổ cái có thư mục documents của một gói"),
        (_call_the_ledger_otherwise, "Cạnh sổ cái có thư mục documents của một gói"),
        (_call_a_whole_log_otherwise, "Cạnh sổ cái có thư mục documents của một gói"),
        (_put_papers_beside_data, "Tệp thừa: documents/00001-5/archive.pdf nằm trong gói mà ngoài thư mục data"),
        (_put_papers_beside_data_and_name_the_ledger, "Tệp thừa: documents/00001-5/archive.pdf nằm trong gói"),
        (_put_papers_beside_data_alone, "Cạnh sổ cái có thư mục documents của một gói"),
        (_put_one_beside_data, "Tệp thừa: ban-dung.pdf nằm trong gói mà ngoài thư mục data"),
    ],
    ids=lambda each: each.__name__.strip("_") if callable(each) else "",
)
def test_papers_written_anew_are_told_however_the_package_is_rearranged(
    rearranged: Callable[[Path], Path], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = _with_files(Form(), tmp_path / "made")
    (folder / "bagit.txt").write_text("BagIt-Version: 0.97\n")
    (folder / "data" / "documents" / "00001-5" / "original.pdf").write_bytes(b"%PDF-1.4 written anew")
    assert verify_ledger.main([str(rearranged(folder)), "--processes", "1"]) == 1
    said = capsys.readouterr().out
    assert told in said
    assert "\nĐẠT" not in said


def test_what_lies_around_a_ledger_and_is_no_package_raises_no_alarm(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def passes(folder: Path, *words: str) -> str:
        assert verify_ledger.main([str(folder), "--processes", "1", *words]) == 0, capsys.readouterr().out
        return capsys.readouterr().out

    # a folder of papers of somebody's own, as systems call it, with what was handed out alone or as a whole
    home = tmp_path / "home"
    for name in ("Documents", "documents", "metadata"):
        (home / name).mkdir(parents=True)
        (home / name / "thu.txt").write_text("x")
    # years, which look like the folder of a document, and one with a name like it
    for name in ("Documents/2025-12", "documents/2025-2026", "documents/20250-1"):
        (home / name).mkdir(parents=True)
    passes(_hidden(Form(), home / "so-cai HS-1"))
    passes(_two_cases(Form(), home / "toan-bo"))
    passes(_hidden(Form(), home / "ledger"))
    shutil.rmtree(home / "ledger")
    passes(_two_cases(Form(), home / "ledger"))
    passes(home)
    shutil.rmtree(home / "ledger")
    packed = _with_files(Form(), tmp_path / "packed") / "data" / "ledger"
    for name in ("ledger", "so-cai"):
        shutil.copytree(packed, home / name)
        assert "tệp chưa được đối chiếu" in passes(home / name)
    (tmp_path / "server" / "data").mkdir(parents=True)
    _two_cases(Form(), tmp_path / "server" / "data" / "ledger")
    passes(tmp_path / "server")
    # a package with the files of BagIt, a program that checks it, a head kept elsewhere and the words of the check
    folder = _with_files(Form(), tmp_path / "made")
    for name in ("bagit.txt", "bag-info.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt.p7s", ".DS_Store"):
        (folder / name).write_text("x")
    for left in (".Trashes", "$RECYCLE.BIN", "data/documents/$RECYCLE.BIN"):
        (folder / left).mkdir()
        (folder / left / "x.pdf").write_text("x")
    (folder / "rong").mkdir()
    (folder / "ket-qua.txt").touch()
    kept = folder / "chot.txt"
    kept.write_bytes((folder / "data" / "ledger" / "checkpoint").read_bytes())
    for named in (folder, folder / "data", folder / "data" / "ledger"):
        told = passes(named, "--checkpoint", str(kept))
        assert "8 tệp đi cùng đúng như danh sách đã ký" in told
        assert "ket-qua.txt nằm trong gói mà ngoài thư mục data (tệp rỗng)" in told
    # the ledger of a package by itself is a ledger, and says that files were not compared
    shutil.copytree(folder / "data" / "ledger", tmp_path / "alone" / "ledger")
    assert "tệp chưa được đối chiếu" in passes(tmp_path / "alone" / "ledger")


def test_a_package_of_an_earlier_version_says_what_its_list_does_not_cover(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The list was signed before the ledger and the record of events were written."""

    def made(name: str) -> Path:
        form = Form()
        folder = _with_files(form, tmp_path / name)
        ledger = folder / "data" / "ledger"
        lines = (ledger / "files.sha256").read_text().splitlines(keepends=True)
        listed = "".join(line for line in lines if "  ledger/" not in line)
        (ledger / "files.sha256").write_text(listed)
        said = (ledger / "checkpoint").read_text().split("\n\n")[0].splitlines()
        kept = [line for line in said if not line.startswith("files ")]
        text = "\n".join([*kept, f"files {sha256(listed.encode()).hex()}"]) + "\n"
        (ledger / "checkpoint").write_text(f"{text}\n{form.key.line(text)}")
        (ledger / "verify_ledger.py").write_text("pass")
        (folder / "data" / "metadata" / "premis.xml").write_text("<premis/>")
        return folder

    assert verify_ledger.main([str(made("older"))]) == 0, capsys.readouterr().out
    told = capsys.readouterr().out
    (remark,) = [line for line in told.splitlines() if line.startswith("LƯU Ý: Gói lập bằng phiên bản cũ")]
    assert all(name in remark for name in ("ledger/keys", "ledger/verify_ledger.py", "metadata/premis.xml"))
    assert "4 tệp đi cùng đúng như danh sách đã ký" in told
    for number, name in enumerate(("data/ledger/extra.txt", "data/metadata/thu.txt", "data/documents/00001-5/b.pdf")):
        folder = made(f"added-{number}")
        (folder / name).write_text("x")
        assert verify_ledger.main([str(folder)]) == 1
        assert f"Tệp thừa: {name.removeprefix('data/')}" in capsys.readouterr().out
    folder = made("replaced")
    (folder / "data" / "documents" / "00001-5" / "original.pdf").write_bytes(b"x")
    assert verify_ledger.main([str(folder)]) == 1
    # one that signs the ledger's files is not taken for an older one because some were taken out of it
    folder = _with_files(Form(), tmp_path / "present")
    (folder / "data" / "ledger" / "keys").write_text(f"{Key(1)}\n{Key(2)}\n")
    assert verify_ledger.main([str(folder)]) == 1


def _checked(folder: Path, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    status = verify_ledger.main([str(folder), "--processes", "1", *words])
    return status, capsys.readouterr().out


def _signed_change(made: Made, before: Key | None, key: Key) -> None:
    text = verify_ledger.change_text(NAME, None if before is None else str(before), str(key))
    signed = [each.line(text).split(" ")[2].strip() for each in (before, key) if each is not None]
    data = {"public": str(key), "before": None if before is None else str(before), "signed": signed}
    made.add(ONE, "key", signed_by_the_one_before=before is not None, **data)


def _with_a_change_of_key(end: int) -> tuple[Made, Key, Key, list[str]]:
    """Return a log whose key was changed, both keys, and its heads: before, at and after the change."""
    made, old, new = Made(Form()), Key(1), Key(2)
    _signed_change(made, None, old)
    made.add(OTHER, "note", number=1)
    heads = [made.note([old])]
    _signed_change(made, old, new)
    heads.append(made.note([old, new]))
    made.add(OTHER, "note", number=end)
    return made, old, new, [*heads, made.note([new])]


def _papers(*keys: Key) -> list[str]:
    return [word for key in keys for word in ("--key", str(key))]


def test_a_key_that_was_replaced_signs_nothing_more(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made, old, new, heads = _with_a_change_of_key(2)
    honest = made.whole(tmp_path / "honest", new, earlier=heads)
    (honest / "keys").write_text(f"{old}\n{new}\n")
    papers: tuple[list[Key], ...] = ([], [old], [new], [old, new])
    for paper in papers:
        status, told = _checked(honest, capsys, *_papers(*paper))
        assert (status, "khóa đã thôi dùng" in told, "nêu trên giấy" in told) == (0, False, False), told
    # the head at the change alone, where the file of keys was lost: the new key stands in the entry
    at_change = _with_a_change_of_key(2)[0]
    at_change.lines.pop()
    folder = at_change.whole(tmp_path / "at", old, new, earlier=heads[:1])
    (folder / "keys").write_text(f"{old}\n")
    assert _checked(folder, capsys, "--key", str(old))[0] == 0
    # who still has the old key writes another end and signs that, with either form of export
    forged, *_rest = _with_a_change_of_key(666)
    note = forged.note([old])
    folder = forged.whole(tmp_path / "forged", old, earlier=heads[:2])
    (folder / "keys").write_text(f"{old}\n{new}\n")
    kept = tmp_path / "kept"
    kept.write_text(note)
    for paper in papers:
        status, told = _checked(folder, capsys, *_papers(*paper))
        assert status == 1, told
        assert ("khóa đã thôi dùng mà vẫn ký" in told) == (paper != [new]), told
    (folder / "checkpoint").unlink()
    (folder / "leaves.jsonl").write_text("".join(_rows_beside(forged)))
    (folder / "checkpoints.jsonl").write_text("".join(json.dumps({"note": each}) + "\n" for each in [*heads[:2], note]))
    for paper in ([], [old], [old, new]):
        status, told = _checked(folder, capsys, *_papers(*paper))
        assert (status, "khóa đã thôi dùng mà vẫn ký" in told) == (1, True), told
    # kept elsewhere it is told of the honest log, too
    status, told = _checked(honest, capsys, *_papers(old, new), "--checkpoint", str(kept))
    assert (status, "viết lại hoặc rẽ nhánh" in told or "rẽ nhánh" in told) == (1, True), told


def test_a_change_that_no_key_signed_retires_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever writes into the database adds one, and could make an honest log look false."""
    made, old = Made(Form()), Key(1)
    _signed_change(made, None, old)
    made.add(ONE, "key", public=str(Key(3)), before=str(old), signed_by_the_one_before=True)
    made.add(ONE, "key", public=str(Key(3)), before=str(old), signed_by_the_one_before=True, signed=["x"])
    made.add(OTHER, "note", number=1)
    for paper in ([], [old]):
        folder = made.whole(tmp_path / f"made-{len(paper)}", old)
        status, told = _checked(folder, capsys, *_papers(*paper))
        assert (status, "khóa đã thôi dùng" in told) == (0, False), told


def test_a_key_on_paper_that_no_entry_names_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made, old, new, heads = _with_a_change_of_key(2)
    folder = made.whole(tmp_path / "made", new, earlier=heads)
    (folder / "keys").write_text(f"{old}\n{new}\n")
    status, told = _checked(folder, capsys, *_papers(old, new, Key(3)))
    assert (status, told.count("nêu trên giấy không có trong sổ")) == (0, 1), told
    assert f"Khóa {Key(3)} nêu trên giấy" in told
    # a log from before keys had entries says nothing of them
    status, told = _checked(_two_cases(Form(), tmp_path / "older"), capsys, *_papers(Key(1), Key(3)))
    assert (status, "nêu trên giấy" in told) == (0, False), told


def _rows_beside(made: Made) -> list[str]:
    rows = []
    for index, line in enumerate(made.lines):
        said, hash_ = json.loads(line), sha256(b"\x00" + line).hex()
        beside = {name: said[name] for name in ("ledger", "seq", "kind", "at")}
        rows.append(json.dumps({"index": index, "leaf": hash_, "hash": hash_, **beside}) + "\n")
    return rows


def test_entries_no_head_covers_do_not_pass_as_an_export_as_it_stands(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made, key = Made(Form()), Key(1)
    made.add(ONE, "key", public=str(key), before=None)
    made.add(OTHER, "note", number=1)
    note = made.note([key])
    made.add(OTHER, "note", number=2)
    folder = made.whole(tmp_path / "made", earlier=[note])
    (folder / "checkpoint").write_text(note)
    assert _checked(folder, capsys, *_papers(key))[0] == 1
    (folder / "leaves.jsonl").write_text("".join(_rows_beside(made)))
    status, told = _checked(folder, capsys, *_papers(key))
    assert (status, "Có cả tệp checkpoint của bản xuất đã ký lẫn tệp leaves.jsonl" in told) == (1, True), told
    (folder / "checkpoint").unlink()
    status, told = _checked(folder, capsys, *_papers(key))
    assert (status, "ĐẠT: 2 mục đầu (1 mục sau đó chưa được ký) trong 3 mục của 2 sổ" in told) == (0, True), told


def test_a_value_with_a_salt_of_another_length_is_not_what_was_recorded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the hash is over is the same where the beginning of the value is taken for the end of the salt."""
    made, value = Made(Form()), 'Đơn tố cáo "không có căn cứ" đối với ông A'
    made.add(ONE, "note", number=1, hidden=[["title", sha256(b"\x03" + SALT + written(value)).hex()]])
    whole = written(value)
    cut = whole.index(b'\\"') + 1
    for name, salt, shown, status in (
        ("whole", SALT, value, 0),
        ("cut", SALT + whole[:cut], json.loads(whole[cut:]), 1),
    ):
        row = {"ledger": ONE, "seq": 0, "place": 0, "name": "title", "value": shown, "salt": salt.hex()}
        assert sha256(b"\x03" + salt + written(shown)).hex() in made.lines[0].decode()
        assert _checked(made.extract(tmp_path / name, ONE, [row]), capsys)[0] == status


@pytest.mark.parametrize(
    ("name", "to"),
    [
        ("documents/00001-5/original.pdf", "file"),
        ("documents", "folder"),
        ("documents/00002-6", "folder"),
        ("documents/them", "nowhere"),
        ("documents/vong", "itself"),
        ("documents/ong", "pipe"),
        ("../them", "folder"),
        ("../bagit.txt", "file"),
    ],
)
def test_a_link_in_a_package_is_told_wherever_it_leads(
    name: str, to: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = _with_files(Form(), tmp_path / "made")
    (folder / "bag-info.txt").write_text("Contact-Name: x\n")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "original.pdf").write_bytes(b"%PDF-1.4 paper")
    path = folder / "data" / name
    if path.is_dir():
        shutil.copytree(path, tmp_path / "copy")
        shutil.rmtree(path)
        outside = tmp_path / "copy"
    path.unlink(missing_ok=True)
    if to == "pipe":
        os.mkfifo(path)
    else:
        leads = {"file": outside / "original.pdf", "folder": outside, "nowhere": tmp_path / "x", "itself": path}
        path.symlink_to(leads[to])
    status, told = _checked(folder, capsys)
    assert (status, f"{name.removeprefix('../')} là liên kết hoặc vật đặc biệt" in told) == (1, True), told


def test_nothing_hides_in_the_folder_of_a_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = _with_files(Form(), tmp_path / "made")
    beside = folder / "data" / "documents" / "00001-5"
    for left in ("._original.pdf", ".DS_Store"):
        (beside / left).write_bytes(b"x")
    assert _checked(folder, capsys)[0] == 0
    (beside / ".Trashes").mkdir()
    (beside / ".Trashes" / "khac.pdf").write_bytes(b"x")
    status, told = _checked(folder, capsys)
    assert (status, "Tệp thừa: documents/00001-5/.Trashes/khac.pdf" in told) == (1, True), told


def test_the_label_of_a_package_is_compared_however_its_letters_are_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made, form = Made(Form()), {"metadata/case.json": written({"code": "HS-1", "documents": []})}
    made.add(ONE, "case_registered", code="HS-1")
    folder = tmp_path / "made"
    (folder / "data" / "metadata").mkdir(parents=True)
    (folder / "data" / "metadata" / "case.json").write_bytes(form["metadata/case.json"])
    made.extract(folder / "data" / "ledger", ONE, along=form)
    for label, status, words in (
        ("External-Identifier: HS-1", 0, ""),
        ("\ufeffexternal-identifier : HS-1", 0, ""),
        ("external-IDENTIFIER: HS-2", 1, "nêu mã vụ án HS-2"),
        ("Contact-Name: x", 0, "không nêu mã vụ án (External-Identifier)"),
    ):
        (folder / "bag-info.txt").write_text(f"{label}\n", encoding="utf-8")
        found, told = _checked(folder, capsys)
        assert (found, words in told, "bag-info" in told) == (status, True, bool(words)), told


def test_a_folder_beside_that_cannot_be_listed_is_no_package(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = Path.iterdir

    def refusing(path: Path) -> Any:
        if path.name in {"Documents", "metadata"}:
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    for name in ("Documents", "metadata"):
        (tmp_path / name).mkdir()
    folders = [_two_cases(Form(), tmp_path / "so-cai"), _hidden(Form(), tmp_path / "ledger")]
    monkeypatch.setattr(Path, "iterdir", refusing)
    for folder in folders:
        status, told = _checked(folder, capsys)
        assert status == 0, told


def test_the_proof_of_an_entry_is_compared_with_heads_kept_elsewhere(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made, key = Made(Form()), Key(1)
    for number in range(8):
        made.add(ONE, "note", number=number)

    def note(size: int) -> Path:
        path = tmp_path / f"head-{size}"
        path.write_text(made.note([key], size=size))
        return path

    def leading(one: int, other: int) -> Path:
        path, between = tmp_path / f"step-{one}-{other}.json", continuation_of(one, made.leaves[:other])
        said = {"from": note(one).read_text(), "to": note(other).read_text(), "path": [each.hex() for each in between]}
        path.write_text(json.dumps({**said, "keys": [str(key)]}))
        return path

    proof = tmp_path / "proof.json"
    path = [each.hex() for each in path_of(2, made.leaves[:6])]
    said = {"entry": made.lines[2].decode(), "leaf": 2, "path": path, "checkpoint": note(6).read_text()}
    proof.write_text(json.dumps({**said, "keys": [str(key)]}))
    word, older = "--consistency", "--checkpoint"
    for words, status in (
        ([older, str(note(6))], 0),
        ([older, str(note(4))], 1),
        ([older, str(note(4)), word, str(leading(4, 6))], 0),
        ([older, str(note(8)), word, str(leading(6, 8))], 0),
        ([older, str(note(8))], 1),
        # both go on from an earlier one, which does not make the one go on from the other
        ([older, str(note(8)), word, str(leading(4, 6)), word, str(leading(4, 8))], 1),
        ([older, str(note(4)), older, str(note(6)), word, str(leading(4, 6))], 0),
    ):
        found, told = _checked(proof, capsys, *_papers(key), *words)
        assert (found, "ĐẠT: 1 mục" in told) == (status, status == 0), (words, told)
    made.lines[5] = made.lines[5].replace(b'"number":5', b'"number":6')
    for size in (6, 8):
        found, told = _checked(proof, capsys, *_papers(key), older, str(note(size)))
        assert found == 1
        assert ("hai sổ cùng được ký" in told) == (size == 6), told


def test_what_editors_put_at_the_beginning_of_a_file_does_no_harm(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mark = "\ufeff".encode()
    folder = _two_cases(Form(), tmp_path / "made")
    kept = tmp_path / "heads.jsonl"
    kept.write_bytes(mark + (folder / "checkpoints.jsonl").read_bytes())
    for name in ("keys", "checkpoints.jsonl"):
        (folder / name).write_bytes(mark + (folder / name).read_bytes())
    status, told = _checked(folder, capsys, "--checkpoint", str(kept))
    assert status == 0, told
    # a file nobody can read is named
    kept.write_text("x")
    assert "Tệp heads.jsonl: checkpoint không đúng định dạng" in _checked(folder, capsys, "--checkpoint", str(kept))[1]
    (folder / "keys").write_text("x")
    assert "Tệp keys: khóa công khai không hợp lệ" in _checked(folder, capsys)[1]


@pytest.mark.parametrize("inner", ["1", '"\uf000"'])
def test_json_that_is_nested_too_deeply_is_told(inner: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for depth in (400, 700, 960, 5000):
        made, deep = Made(Form()), "[" * depth + inner + "]" * depth
        made.add(ONE, "note", number=1)
        folder = made.whole(tmp_path / f"made-{depth}")
        said = made.lines[0].replace(b'"number":1', f'"x":{deep}'.encode())
        (folder / "entries.jsonl").write_bytes(said + b"\n")
        status, told = _checked(folder, capsys)
        assert (status, "KHÔNG ĐẠT: " in told) == (1, True)
        folder = _hidden(Form(), tmp_path / f"hidden-{depth}")
        row = (folder / "openings.jsonl").read_text()
        (folder / "openings.jsonl").write_text(row.replace('"L\\u00ea V\\u0103n C"', deep))
        status, told = _checked(folder, capsys)
        assert (status, "KHÔNG ĐẠT: " in told) == (1, True)


@pytest.mark.parametrize(
    "said",
    [
        {"entry": "\ud800", "checkpoint": "x", "leaf": 0, "keys": []},
        {"entry": "x", "checkpoint": "\ud800", "leaf": 0, "keys": []},
        {"from": "\ud800", "to": "x", "path": [], "keys": []},
        {"volumes": [{"volume": 1, "bytes": 1, "sha256": "x"}], "ledger_checkpoint": "\ud800"},
        {"volumes": [], "ledger_checkpoint": ""},
        {"volumes": [], "addition": {"sha256": "x", "bytes": 1}},
        {"format": "vks-deck/1", "files": {}},
        {"note": "\ud800"},
    ],
)
def test_half_a_letter_and_a_list_of_nothing_are_told(
    said: Said, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "said.json"
    path.write_text(json.dumps(said))
    what, words = (
        (path, []) if "note" not in said else (_two_cases(Form(), tmp_path / "made"), ["--checkpoint", str(path)])
    )
    status, told = _checked(what, capsys, *_papers(Key(1)), *words)
    assert (status, "KHÔNG ĐẠT: " in told, "\nĐẠT" in told) == (1, True, False), told


def test_of_many_chains_that_do_not_hold_the_first_are_explained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of them was looked for in each line: hours for a log of a province that was cut off at its beginning."""
    made = Made(Form())
    for number in range(180):
        made.add(f"00000000-0000-4000-8000-{number % 60:012}", "note", number=number)
    folder = made.whole(tmp_path / "made")
    (folder / "entries.jsonl").write_bytes(b"".join(line + b"\n" for line in made.lines[60:]))
    explained = []
    real = verify_ledger._explained_chain

    def counted(ledger: str, *rows: Any, **more: Any) -> Any:
        explained.append(ledger)
        return real(ledger, *rows, **more)

    monkeypatch.setattr(verify_ledger, "_explained_chain", counted)
    status, told = _checked(folder, capsys)
    assert (status, told.count("thiếu mục số thứ tự 0 trước đó, đã bị xóa")) == (1, verify_ledger.MOST_PROBLEMS), told
    assert len(explained) == verify_ledger.MOST_PROBLEMS


def test_what_lies_in_files_moves_nothing_on_a_screen_and_looks_like_no_word_of_the_check(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = _with_files(Form(), tmp_path / "made")
    (folder / "data" / "documents" / "x\x1b[2J\nĐẠT: 3 mục của 1 sổ\u202e").write_bytes(b"x")
    status, told = _checked(folder, capsys)
    assert (status, "\x1b" in told, "\u202e" in told, "\nĐẠT" in told) == (1, False, False, False)
    assert "documents/x\\x1b[2J\\nĐẠT: 3 mục của 1 sổ\\u202e" in told


def test_odd_numbers_of_processes_and_a_closed_end_raise_nothing(tmp_path: Path) -> None:
    folder = _two_cases(Form(), tmp_path / "made")
    program = f"'{sys.executable}' -I '{verify_ledger.__file__}' '{folder}'"
    for words in ("--processes -5", "--processes 0", ">&-", "> /dev/full"):
        done = subprocess.run(f"{program} {words}", shell=True, capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, b""), words
