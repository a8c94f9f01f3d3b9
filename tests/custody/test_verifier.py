"""What an outsider finds, with nothing but the folder that was handed out: each kind of tampering in a sentence."""

from __future__ import annotations

import ast
import base64
import datetime as dt
import hashlib
import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone

from tests.custody.conftest import Export
from vks_plugin.access.models import AccessEntry
from vks_plugin.cases.models import CaseFile
from vks_plugin.custody import actions, keys, queries, verify_ledger
from vks_plugin.custody.checkpoint import SigningKey, checkpoint_text, sign_note
from vks_plugin.custody.models import LedgerCheckpoint, LedgerEntry, LedgerKey
from vks_plugin.custody.verify_ledger import (
    PlainEntries,
    Tree,
    canonical,
    check_lines,
    entry_of,
    leaf_hash,
    plain_entry,
)

HandOut = Callable[..., Export]
Tamper = Callable[[Export], None]


def test_what_was_changed_in_a_bundle_is_not_taken_for_what_was_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept, added = b"%PDF volume", b"%PDF what was added"
    rows = [{"sha256": hashlib.sha256(each).hexdigest(), "bytes": len(each)} for each in (kept, added)]
    listed = tmp_path / "bang-ke.json"
    listed.write_text(json.dumps({"volumes": [{"volume": 1, **rows[0]}], "addition": rows[1]}), encoding="utf-8")
    for volume, addition, status in (
        (kept, added, 0),
        (kept, None, 0),
        (None, added, 0),
        (b"%PDF changed", added, 1),
        (kept, b"%PDF another addition", 1),
    ):
        for name, content in (("tap.pdf", volume), ("phan-them.pdf", addition)):
            (tmp_path / name).unlink(missing_ok=True)
            if content is not None:
                (tmp_path / name).write_bytes(content)
        assert verify_ledger.main([str(listed)]) == status, capsys.readouterr().out


def test_an_export_holds(log: list[LedgerEntry], handed_out: HandOut, key: str) -> None:
    export = handed_out()
    status, told = export.check()
    assert status == 0, told
    assert f"ĐẠT: {len(log)} mục của 3 sổ" in told
    assert key in told
    status, told = export.check(str(export.folder), "--key", key)
    assert status == 0
    assert "so khóa" not in told


def test_the_lines_are_the_bytes_that_were_recorded(log: list[LedgerEntry], handed_out: HandOut) -> None:
    export = handed_out()
    assert export.lines() == [bytes(entry.line) for entry in log]
    heads: dict[str, tuple[int, str]] = {}
    tree = Tree()
    for line, said in zip(export.lines(), export.said(), strict=True):
        assert canonical(said) == line
        assert (said["seq"], said["prev"]) == heads.get(said["ledger"], (0, "0" * 64))
        heads[said["ledger"]] = (said["seq"] + 1, leaf_hash(line).hex())
        tree.add(0, leaf_hash(line))
    signed = verify_ledger.parse_checkpoint(verify_ledger.parse_note((export.folder / "checkpoint").read_bytes()).text)
    assert (signed.size, signed.root) == (len(log), tree.root())


def test_nothing_in_the_verifier_is_newer_than_python_3_9() -> None:
    source = Path(verify_ledger.__file__).read_text(encoding="utf-8")
    tree = ast.parse(source, feature_version=(3, 9))
    imported = {
        alias.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    }
    imported |= {(node.module or "").split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported <= {
        *(
            "__future__",
            "argparse",
            "base64",
            "binascii",
            "collections",
            "concurrent",
            "contextlib",
            "datetime",
            "hashlib",
            "itertools",
        ),
        *("json", "multiprocessing", "os", "pathlib", "re", "sys", "typing"),
    }
    # newer keyword arguments and methods, which the grammar does not tell
    assert "strict=" not in source
    assert "bit_count" not in source
    assert "removeprefix" not in source


# --- tampering


def _linked(said: list[dict[str, Any]]) -> list[bytes]:
    """Number and link entries anew, as whoever has the database can."""
    heads: dict[str, tuple[int, str]] = {}
    lines = []
    for each in said:
        seq, prev = heads.get(each["ledger"], (0, "0" * 64))
        lines.append(canonical(each | {"seq": seq, "prev": prev}))
        heads[each["ledger"]] = (seq + 1, leaf_hash(lines[-1]).hex())
    return lines


def _noted(export: Export, number: int) -> int:
    """Return where the note stands that has a number: 1, 2, 4, 5 and from 7 on those of one case, 0 and 3 of another."""
    return next(at for at, said in enumerate(export.said()) if said["data"].get("number") == number)


def _change_a_byte(export: Export) -> None:
    lines = export.lines()
    lines[2] = lines[2].replace(b'"kind":"', b'"kind":"x', 1)
    export.write(lines)


def _change_in_the_middle(export: Export) -> None:
    lines, place = export.lines(), _noted(export, 2)
    lines[place] = lines[place].replace(b'"number":2', b'"number":3')
    export.write(lines)


def _change_the_end(export: Export) -> None:
    """Change the last entry of a case, which no other one names."""
    lines = export.lines()
    lines[-1] = lines[-1].replace(b'"number":8', b'"number":9')
    export.write(lines)


def _rewrite(export: Export) -> None:
    """Change an entry and compute the whole chain anew, leaving the checkpoint."""
    said = export.said()
    said[_noted(export, 1)]["data"]["number"] = 11
    export.write(_linked(said))


def _remove_one(export: Export) -> None:
    lines, place = export.lines(), _noted(export, 1)
    export.write(lines[:place] + lines[place + 1 :])


def _remove_and_link(export: Export) -> None:
    said, place = export.said(), _noted(export, 1)
    export.write(_linked(said[:place] + said[place + 1 :]))


def _reorder(export: Export) -> None:
    """Put the first note of a case behind three others, numbers and links as they are."""
    lines, place, last = export.lines(), _noted(export, 1), _noted(export, 5)
    export.write([*lines[:place], *lines[place + 1 : last + 1], lines[place], *lines[last + 1 :]])


def _reorder_and_link(export: Export) -> None:
    """Do the same, and let what is told of each moment follow the one before."""
    said = export.said()
    own = [place for place, each in enumerate(said) if each["ledger"] == said[_noted(export, 1)]["ledger"]]
    own = own[own.index(_noted(export, 1)) : own.index(_noted(export, 5)) + 1]
    told = [said[place] for place in [*own[1:], own[0]]]
    for place, each in zip(own, told, strict=True):
        said[place] = each | {"at": export.said()[place]["at"]}
    export.write(_linked(said))


def _swap(export: Export) -> None:
    lines, one, other = export.lines(), _noted(export, 1), _noted(export, 2)
    lines[one], lines[other] = lines[other], lines[one]
    export.write(lines)


def _swap_and_link(export: Export) -> None:
    """Swap what two entries of a case say, not when, and number and link all of it anew."""
    said, one, other = export.said(), _noted(export, 1), _noted(export, 4)
    moments = said[one]["at"], said[other]["at"]
    said[one], said[other] = said[other] | {"at": moments[0]}, said[one] | {"at": moments[1]}
    export.write(_linked(said))


def _swap_two_cases(export: Export) -> None:
    """Swap neighbours of two cases, which breaks no chain."""
    lines, one, other = export.lines(), _noted(export, 2), _noted(export, 3)
    lines[one], lines[other] = lines[other], lines[one]
    export.write(lines)


def _truncate(export: Export) -> None:
    export.write(export.lines()[:-2])


def _add(export: Export) -> None:
    lines, last = export.lines(), export.said()[-1]
    more = last | {"seq": last["seq"] + 1, "prev": leaf_hash(lines[-1]).hex()}
    export.write([*lines, canonical(more)])


def _insert(export: Export) -> None:
    """Put an entry between two of a case, with the number and the link of the one behind it."""
    lines, place = export.lines(), _noted(export, 2)
    export.write([*lines[:place], lines[place].replace(b'"number":2', b'"number":22'), *lines[place:]])


def _insert_a_copy(export: Export) -> None:
    lines, place = export.lines(), _noted(export, 2)
    export.write([*lines[: place + 1], lines[place], *lines[place + 1 :]])


def _insert_and_link(export: Export) -> None:
    """Put an entry between two of a case, and number and link those behind it anew."""
    lines, said, place = export.lines(), export.said(), _noted(export, 2)
    found = _linked([*said[:place], said[place] | {"data": {"number": 22}}, *said[place:]])
    assert found[:place] == lines[:place]
    export.write(found)


def _insert_a_case(export: Export) -> None:
    """Put in an entry of a case that never was, which breaks no chain."""
    lines, place = export.lines(), _noted(export, 2)
    more = export.said()[place] | {"ledger": "00000000-0000-4000-8000-000000000000", "seq": 0, "prev": "0" * 64}
    export.write([*lines[:place], canonical(more), *lines[place:]])


def _insert_and_sign(export: Export) -> None:
    _insert_and_link(export)
    _sign_again(export)


def _sign_again(export: Export) -> None:
    """Sign what stands there as the server would: with its key, and without the heads of before."""
    tree = Tree()
    for line in export.lines():
        tree.add(0, leaf_hash(line))
    own = keys.read_key(keys.key_path())
    (export.folder / "checkpoint").write_text(sign_note(checkpoint_text(own.name, tree.size, tree.root()), own))
    (export.folder / "checkpoints.jsonl").unlink(missing_ok=True)


def _rewrite_and_sign(export: Export) -> None:
    _rewrite(export)
    _sign_again(export)


def _fork(export: Export) -> None:
    """Let another end follow what was signed before, as long as the true one."""
    lines, last = export.lines(), export.said()[-1]
    assert last["data"] == {"number": 8}
    export.write([*lines[:-1], canonical(last | {"data": {"number": 9}})])
    _sign_again(export)


def _restore_an_old_backup(export: Export) -> None:
    """Hand out what the log was before, which is signed and whole."""
    early = export.folder.with_name("early")
    for name in ("entries.jsonl", "checkpoint", "checkpoints.jsonl"):
        (export.folder / name).write_bytes((early / name).read_bytes())


def _date_back(export: Export) -> None:
    """Date the last entry before the one it follows, and sign that."""
    lines, last = export.lines(), export.said()[-1]
    moment = dt.datetime.fromisoformat(last["at"]) - dt.timedelta(days=9)
    export.write([*lines[:-1], canonical(last | {"at": moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")})])
    _sign_again(export)


def _date_back_and_link(export: Export) -> None:
    """Date an entry in the middle before the one it follows, and link those behind it anew."""
    said = export.said()
    said[_noted(export, 5)]["at"] = "2020-01-01T00:00:00.000000Z"
    export.write(_linked(said))


def _forge_the_signature(export: Export) -> None:
    path = export.folder / "checkpoint"
    text, _blank, line = path.read_text().rpartition("\n\n")
    public = verify_ledger.parse_key((export.folder / "keys").read_text().splitlines()[0])
    false = SigningKey.generate(public.name)
    signature = false.signature_line(text + "\n").split(" ")[2]
    raw = public.key_id + verify_ledger._base64(signature.strip())[4:]
    path.write_text(f"{text}\n\n— {public.name} {base64.b64encode(raw).decode()}\n")
    assert line not in path.read_text()


def _sign_the_head_of_another_log(export: Export) -> None:
    """Rewrite everything and sign it with a key of one's own, under the same name."""
    _rewrite(export)
    tree = Tree()
    for line in export.lines():
        tree.add(0, leaf_hash(line))
    public = verify_ledger.parse_key((export.folder / "keys").read_text().splitlines()[0])
    own = SigningKey.generate(public.name)
    note = sign_note(checkpoint_text(public.name, tree.size, tree.root()), own)
    (export.folder / "checkpoint").write_text(note)


# {p1} is where the first note of the case stands and {s1} its number there, and so on; two heads were kept elsewhere: of
# {early} entries, and of two more
TAMPERING: list[tuple[Tamper, str]] = [
    (_change_a_byte, "đã bị sửa"),
    (_change_in_the_middle, "Mục {p2} (sổ {case}, số thứ tự {s2}) đã bị sửa: mục sau nối với mã băm khác"),
    (_change_the_end, "Từ vị trí {early}–{last} các mục không còn là những mục đã ký: có mục bị sửa"),
    (_rewrite, "Từ vị trí 0–{before} các mục không còn là những mục đã ký: có mục bị sửa"),
    (_remove_one, "thiếu mục số thứ tự {s1} trước đó, đã bị xóa"),
    (_remove_and_link, "Từ vị trí 0–{before} các mục không còn là những mục đã ký: có mục bị sửa, hoặc bị xóa"),
    (_remove_and_link, "Sổ bị cắt bớt: checkpoint ghi {all} mục nhưng chỉ có {last} mục"),
    (_reorder, "Mục {p5} (sổ {case}, số thứ tự {s1}) đã bị dời chỗ: đúng ra đứng sau mục số thứ tự {s0}"),
    (
        _reorder_and_link,
        "Mục {p5} (sổ {case}) đã bị dời khỏi vị trí {p1}, các mục sau của sổ ấy đã được đánh số và nối lại",
    ),
    (_swap, "Mục {p1} và mục {p2} (sổ {case}, số thứ tự {s2} và {s1}) đã bị đổi chỗ cho nhau"),
    (_swap_and_link, "Mục {p1} và mục {p4} (sổ {case}) đã bị đổi chỗ cho nhau, các mục sau của sổ ấy"),
    (_swap_two_cases, "Mục {p2} và mục {p3} đã bị đổi chỗ cho nhau: đổi lại thì {early} mục đầu đúng như đã ký"),
    (_truncate, "Sổ bị cắt bớt: checkpoint ghi {all} mục nhưng chỉ có {early} mục"),
    (_add, "nằm ngoài checkpoint: chưa được ký"),
    (_insert, "Mục {p2} (sổ {case}, số thứ tự {s2}) bị chèn vào: mục {p3} đã mang số thứ tự ấy"),
    (_insert_a_copy, "Mục {p3} (sổ {case}, số thứ tự {s2}) bị chép thêm: lặp lại mục {p2}"),
    (
        _insert_and_link,
        "Mục {p2} (sổ {case}, số thứ tự {s2}) bị chèn vào, các mục sau của sổ ấy đã được đánh số và nối lại",
    ),
    (
        _insert_a_case,
        "Mục {p2} (sổ 00000000-0000-4000-8000-000000000000, số thứ tự 0) bị chèn vào: bỏ ra thì {early} mục đầu đúng",
    ),
    (
        _insert_and_sign,
        "Mục {p2} (sổ {case}, số thứ tự {s2}) bị chèn vào, các mục sau của sổ ấy đã được đánh số và nối lại",
    ),
    (_insert_and_sign, "sổ đã bị viết lại hoặc rẽ nhánh"),
    (_rewrite_and_sign, "đã có hai sổ khác nhau cùng được ký bằng khóa của sổ"),
    (_fork, "có hai sổ cùng được ký, sổ đã rẽ nhánh; hai bên còn giống nhau đến mục thứ {early}"),
    (_restore_an_old_backup, "cơ sở dữ liệu đã được phục hồi từ bản sao lưu cũ"),
    (_date_back, "ngày giờ đã bị ghi lùi"),
    (
        _date_back_and_link,
        "Mục {p5} (sổ {case}, số thứ tự {s5}): đề lúc 2020-01-01 00:00:00 UTC, trước mục đứng trước nó",
    ),
    (_forge_the_signature, "Chữ ký của checkpoint không đúng"),
    (_sign_the_head_of_another_log, "Checkpoint không do khóa nào đã biết ký"),
]


def _filled_in(told: str, export: Export, early: int) -> str:
    """Put the places and numbers of this export into a sentence."""
    said = export.said()
    own = said[_noted(export, 1)]
    facts = {"case": own["ledger"], "early": early, "before": early - 1, "last": len(said) - 1, "all": len(said)}
    facts["s0"] = own["seq"] - 1
    for number in (1, 2, 3, 4, 5):
        if any(each["data"].get("number") == number for each in said):
            place = _noted(export, number)
            facts |= {f"p{number}": place, f"s{number}": said[place]["seq"]}
    return told.format_map(facts)


def _with_kept_heads(handed_out: HandOut, case: CaseFile, kept_in: Path) -> tuple[Export, list[str]]:
    """Return an export, and how it is checked by somebody who kept the head of before and the newest one."""
    early = handed_out("early")
    for number in (7, 8):
        actions.append(case=case, actor=None, kind="note", data={"number": number})
    export = handed_out()
    words = [str(export.folder)]
    for each in (early, export):
        kept = kept_in / f"kept-{each.folder.name}"
        kept.write_bytes((each.folder / "checkpoint").read_bytes())
        words += ["--checkpoint", str(kept)]
    return export, words


def test_heads_that_were_kept_elsewhere_raise_no_alarm(
    log: list[LedgerEntry], handed_out: HandOut, case: CaseFile, tmp_path: Path
) -> None:
    export, words = _with_kept_heads(handed_out, case, tmp_path)
    status, said = export.check(*words)
    assert (status, said.startswith("ĐẠT")) == (0, True), said


def test_tampering_is_told_in_a_sentence(
    log: list[LedgerEntry],
    handed_out: HandOut,
    case: CaseFile,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Whoever kept two signed heads elsewhere is told of each attack by its name: what was done, and where."""
    export, words = _with_kept_heads(handed_out, case, tmp_path)
    early = len(Export(export.folder.with_name("early")).lines())
    missed = []
    for number, (tamper, sentence) in enumerate(TAMPERING):
        copy = export.copy(tmp_path / f"{number}")
        tamper(copy)
        status = verify_ledger.main([str(copy.folder), *words[1:]])
        told, said = _filled_in(sentence, export, early), capsys.readouterr().out
        if status != 1 or told not in said or "\nĐẠT" in said or said.startswith("ĐẠT"):
            missed.append((tamper.__name__, told, said))
    assert missed == []


def test_keys_that_came_with_a_forgery_are_found_out_by_the_paper(
    log: list[LedgerEntry], handed_out: HandOut, key: str
) -> None:
    export = handed_out()
    _sign_the_head_of_another_log(export)
    own = SigningKey.generate(verify_ledger.parse_key(key).name)
    tree = Tree()
    for line in export.lines():
        tree.add(0, leaf_hash(line))
    (export.folder / "checkpoint").write_text(sign_note(checkpoint_text(own.name, tree.size, tree.root()), own))
    (export.folder / "keys").write_text(f"{own.public}\n")
    # everything in the folder agrees; only the paper tells
    assert export.check()[0] == 0
    status, said = export.check(str(export.folder), "--key", key)
    assert status == 1
    assert "không do khóa nào đã biết ký" in said


def test_a_key_that_was_copied_wrongly_says_nothing_of_the_log(
    log: list[LedgerEntry], handed_out: HandOut, key: str
) -> None:
    export = handed_out()
    for typed in ("nonsense", key[:-1], key.replace("+", "-"), key[:-8] + "AAAAAAA=", ""):
        status, told = export.check(str(export.folder), "--key", typed)
        assert (status, "khóa ghi sau --key không đúng dạng" in told, "KHÔNG ĐẠT" in told) == (2, True, False), typed
    assert export.check(str(export.folder), "--key", key)[0] == 0


def test_the_key_on_paper_holds_over_changes_of_key(
    log: list[LedgerEntry], handed_out: HandOut, case: CaseFile, key: str, tmp_path: Path
) -> None:
    """The paper of before and that of today both check the same ledger, and heads that the other key signed."""
    early = handed_out("early")
    newest = [actions.rotate_key(), actions.rotate_key()][-1]
    actions.append(case=case, actor=None, kind="note", data={"number": 7})
    export = handed_out()
    older = ("--checkpoint", str(early.folder / "checkpoint"))
    for paper in (key, newest):
        status, told = export.check(str(export.folder), "--key", paper, *older)
        assert (status, told.startswith("ĐẠT")) == (0, True), told
    as_it_stands = tmp_path / "as-it-stands"
    call_command("vks_ledger", "export", str(as_it_stands), "--as-it-stands", stdout=StringIO())
    for paper in (key, newest):
        report = verify_ledger.check_export(as_it_stands, keys=[verify_ledger.parse_key(paper)], older=[Path(older[1])])
        assert report.problems == []
    # nothing the key on paper signed tells of this one, and the one of before vouches for nothing it signed afterwards
    own = SigningKey.generate(verify_ledger.parse_key(key).name)
    with (export.folder / "keys").open("a") as stream:
        stream.write(f"{own.public}\n")
    tree = Tree()
    for line in export.lines():
        tree.add(0, leaf_hash(line))
    (export.folder / "checkpoint").write_text(sign_note(checkpoint_text(own.name, tree.size, tree.root()), own))
    status, told = export.check(str(export.folder), "--key", key)
    assert (status, f"khóa {own.public} đi cùng bản xuất không có trên giấy" in told) == (1, True), told
    assert "khóa đã bị thay" in told


@pytest.mark.parametrize("form", ["as of before", "signed by the new one", "in the place of the one before"])
def test_a_change_of_key_that_somebody_added_to_the_log_vouches_for_no_key(
    log: list[LedgerEntry], handed_out: HandOut, case: CaseFile, key: str, form: str
) -> None:
    """The entry stands in the database, and the head the service signed next covers it; no key it names signed the change."""
    own = SigningKey.generate(verify_ledger.parse_key(key).name)
    before, public = (str(own.public), key) if form.startswith("in") else (key, str(own.public))
    said: dict[str, Any] = {"before": before, "public": public, "signed_by_the_one_before": True}
    if form != "as of before":
        said["signed"] = [own.signature_of(verify_ledger.change_text(own.name, before, public))]
    actions.append(case=None, actor=None, kind=actions.KEY, data=said)
    export = handed_out()
    assert export.check(str(export.folder), "--key", key)[0] == 0
    tree = Tree()
    for line in export.lines()[:-1] if form.startswith("in") else export.lines():
        tree.add(0, leaf_hash(line))
    forged = sign_note(checkpoint_text(own.name, tree.size, tree.root()), own)
    with (export.folder / "keys").open("a") as stream:
        stream.write(f"{own.public}\n")
    true = (export.folder / "checkpoint").read_text()
    rows = [json.dumps({"note": note}) for note in (true, forged)]
    (export.folder / "checkpoints.jsonl").write_text("".join(f"{row}\n" for row in rows))
    status, told = export.check(str(export.folder), "--key", key)
    assert (status, "có người chèn vào sổ, khóa đã bị thay" in told) == (1, True), told


def test_keys_that_somebody_put_into_the_table_go_out_apart_and_are_believed_by_nobody(
    log: list[LedgerEntry], handed_out: HandOut, case: CaseFile, key: str, tmp_path: Path
) -> None:
    first = actions.make_checkpoint()
    newest = actions.rotate_key()
    own, other = (SigningKey.generate(verify_ledger.parse_key(key).name) for _each in range(2))
    for each in (own, other):
        LedgerKey.objects.create(text=str(each.public))
    # one of them also as an entry has it that says it is the one of before, in the form that nobody signed
    said = {"before": str(own.public), "public": newest, "signed_by_the_one_before": True}
    actions.append(case=None, actor=None, kind=actions.KEY, data=said)
    strange = [str(own.public), str(other.public)]
    for name, of in (("whole", None), ("case", case)):
        export = handed_out(name, case=of)
        kept = {each: (export.folder / each).read_text().splitlines() for each in ("keys", "keys-not-trusted")}
        assert kept == {"keys": [key, newest], "keys-not-trusted": strange}
        assert "keys-not-trusted" in (export.folder / "DOC-TRUOC.txt").read_text()
        for paper in ((), ("--key", newest)):
            status, told = export.check(str(export.folder), *paper)
            assert status == 0, told
            assert not any(each in told for each in strange)
        # a head by one of them opens for nobody, with a key on paper or without
        tree = Tree()
        for line in handed_out(f"{name} again").lines():
            tree.add(0, leaf_hash(line))
        (export.folder / "checkpoint").write_text(sign_note(checkpoint_text(own.name, tree.size, tree.root()), own))
        status, told = export.check(str(export.folder))
        assert (status, "không do khóa nào đã biết ký" in told) == (1, True), told
    proofs = (queries.prove(case, 0), queries.prove_continuation(first.size))
    assert [each.as_data()["keys"] for each in proofs] == [[key, newest]] * 2
    standing = queries.prove(case, 0).as_data()
    standing_file = tmp_path / "proof.json"
    standing_file.write_text(json.dumps(standing))
    assert verify_ledger.check_proof(standing_file).problems == []


def test_an_export_without_strange_keys_has_no_file_of_them(log: list[LedgerEntry], handed_out: HandOut) -> None:
    export = handed_out()
    assert not (export.folder / "keys-not-trusted").exists()
    assert "keys-not-trusted" not in (export.folder / "DOC-TRUOC.txt").read_text()


def test_a_change_of_key_from_before_the_keys_signed_it_holds(tmp_path: Path) -> None:
    before, after = str(SigningKey.generate("n").public), str(SigningKey.generate("n").public)
    path = tmp_path / "entries.jsonl"
    chained = [
        {"before": None, "public": before, "signed_by_the_one_before": False},
        {"before": before, "public": after, "signed_by_the_one_before": True},
    ]
    lines = [
        verify_ledger.canonical(
            {
                "v": 1, "ledger": "00000000-0000-4000-8000-000000000000", "seq": seq, "prev": "0" * 64,
                "at": "2026-01-01T00:00:00.000000Z",
                "actor": {"id": None, "name": "", "unit": None, "role": None},
                "kind": "key", "data": data,
            }
        )
        for seq, data in enumerate(chained)
    ]  # fmt: skip
    path.write_bytes(b"\n".join(lines) + b"\n")
    (change,), named = verify_ledger._key_changes(path, verify_ledger.signed_by)
    assert named == {before, after}
    assert (change.signers, change.is_signed_by(before), change.is_signed_by(after)) == (None, True, True)


def test_a_change_of_key_that_no_key_signed_is_told_with_its_day(
    case: CaseFile, handed_out: HandOut, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is believed as it was in older versions; an entry that somebody added then looks the same."""
    real = actions.append

    def as_before(**said: Any) -> LedgerEntry:
        data = {name: value for name, value in said.pop("data").items() if name != "signed"}
        return real(**said, data=data)

    with monkeypatch.context() as before:
        before.setattr("vks_plugin.custody.actions.ledger.append", as_before)
        key, _made = actions.ensure_key()
        later = actions.rotate_key()
    actions.append(case=case, actor=None, kind="note", data={})
    export = handed_out()
    for paper in (key, later):
        status, told = export.check(str(export.folder), "--key", paper)
        assert (status, "LƯU Ý" in told, f"khóa {later} với giấy" in told) == (0, True, True), told


def test_an_entry_dated_before_a_head_that_did_not_have_it_is_told(
    log: list[LedgerEntry], handed_out: HandOut, case: CaseFile
) -> None:
    """Whoever can write entries dates one as of before, in order with its case; a head signed meanwhile did not have it."""
    start = timezone.now()
    with time_machine.travel(start + dt.timedelta(days=5), tick=False):
        actions.make_checkpoint()
    actions.append(case=case, actor=None, kind="note", data={"number": 7})
    with time_machine.travel(start + dt.timedelta(days=6), tick=False):
        status, told = handed_out().check()
    place = LedgerEntry.objects.filter(case=case).latest("seq").leaf.index
    assert status == 0
    assert f"LƯU Ý: Mục {place} đề lúc" in told
    assert f"chưa có trong sổ lúc ký điểm chốt {place} mục" in told
    assert "ngày giờ của mục bị ghi lùi, hoặc lúc ký đồng hồ máy chủ chạy nhanh" in told
    # so it is in the extract of the case, where the earlier head and its proof come from outside
    with time_machine.travel(start + dt.timedelta(days=6), tick=False):
        some = handed_out("some", case=case)
    head, proof = some.folder.with_name("head"), some.folder.with_name("proof.json")
    head.write_text(LedgerCheckpoint.objects.get(size=place).note)
    proof.write_text(json.dumps(queries.prove_continuation(place).as_data()))
    alone, told = some.check()
    assert (alone, "bị ghi lùi" in told) == (0, False)
    status, told = some.check(str(some.folder), "--checkpoint", str(head), "--consistency", str(proof))
    index = len(some.lines()) - 1
    assert (status, told.count("chưa có trong sổ lúc ký điểm chốt"), f"LƯU Ý: Mục {index} đề lúc" in told) == (
        0,
        1,
        True,
    )


def test_an_older_checkpoint_kept_elsewhere_finds_a_log_written_anew(
    log: list[LedgerEntry], handed_out: HandOut, tmp_path: Path, case: CaseFile
) -> None:
    older = tmp_path / "older"
    older.write_text(actions.make_checkpoint().note)
    actions.append(case=case, actor=None, kind="note", data={"number": 7})
    export = handed_out()
    assert export.check(str(export.folder), "--checkpoint", str(older))[0] == 0
    _rewrite(export)
    tree = Tree()
    for line in export.lines():
        tree.add(0, leaf_hash(line))
    own = keys.read_key(keys.key_path())
    (export.folder / "checkpoint").write_text(sign_note(checkpoint_text(own.name, tree.size, tree.root()), own))
    (export.folder / "checkpoints.jsonl").unlink()
    # whoever has the key and the database can write everything anew, but not what lies elsewhere
    assert export.check()[0] == 0
    status, said = export.check(str(export.folder), "--checkpoint", str(older))
    assert status == 1
    assert "sổ đã bị viết lại" in said


@pytest.mark.parametrize(("days", "told"), [(-1, "ngày giờ đã bị ghi lùi"), (400, "sau lúc ký checkpoint")])
def test_a_date_that_cannot_be_is_told_even_where_everything_was_signed_anew(
    log: list[LedgerEntry], handed_out: HandOut, days: int, told: str
) -> None:
    """Whoever has the key can write the log anew, but a date that others contradict is named."""
    export = handed_out()
    said = export.said()
    last = said[-1]
    moment = dt.datetime.fromisoformat(last["at"]) + dt.timedelta(days=days)
    last["at"] = moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    lines = [*export.lines()[:-1], canonical(last)]
    export.write(lines)
    tree = Tree()
    for line in lines:
        tree.add(0, leaf_hash(line))
    own = keys.read_key(keys.key_path())
    path = export.folder / "checkpoint"
    at = verify_ledger.parse_checkpoint(verify_ledger.parse_note(path.read_bytes()).text).at
    assert at >= said[0]["at"]
    path.write_text(sign_note(checkpoint_text(own.name, tree.size, tree.root(), at=at), own))
    status, words = export.check()
    assert status == 1
    assert f"Mục {len(lines) - 1} " in words
    assert told in words
    assert words.count("KHÔNG ĐẠT") == 1
    # told the same where a run ends between the two
    found = verify_ledger.check_lines(0, lines[:-1])
    assert found.problems == []
    # a head of before that says nothing of its moment still holds
    path.write_text(sign_note(checkpoint_text(own.name, tree.size, tree.root()), own))
    assert export.check()[0] == (1 if days < 0 else 0)


def test_a_long_honest_history_raises_no_alarm(
    log: list[LedgerEntry], handed_out: HandOut, case: CaseFile, other_case: CaseFile
) -> None:
    """Two changes of key, heads between, a clock that jumps ahead, back by days and goes on: nothing of it is a fault."""
    start = timezone.now()
    hours = (1, 30, 2, -50, 3, 4, 900, 5, 6, -1000, 7, 8)
    for number, hour in enumerate(hours):
        with time_machine.travel(start + dt.timedelta(hours=hour), tick=False):
            for each in (case, other_case, None):
                actions.append(case=each, actor=None, kind="note", data={"number": number})
            if number in (3, 7):
                actions.rotate_key()
            elif number % 2:
                actions.make_checkpoint()
    moments = list(LedgerEntry.objects.filter(case=case).order_by("seq").values_list("at", flat=True))
    assert moments == sorted(moments)
    # PostgreSQL adds what the statement took until then
    assert dt.timedelta(0) <= moments[-1] - (start + dt.timedelta(hours=900)) < dt.timedelta(seconds=1)
    assert queries.verify() == (LedgerEntry.objects.count(), 3, 6, [])
    assert queries.verify_tail() == []
    whole, some = handed_out("all"), handed_out("some", case=case)
    for export in (whole, some):
        status, told = export.check()
        assert status == 0, told
    assert len(whole.lines("checkpoints.jsonl")) == 5
    assert len((whole.folder / "keys").read_text().splitlines()) == 3


# --- one case, one entry


def test_the_ledger_of_one_case_is_proven_without_the_others(
    log: list[LedgerEntry], handed_out: HandOut, case: CaseFile, other_case: CaseFile
) -> None:
    export = handed_out(case=case)
    entries = [entry for entry in log if entry.case_id == case.pk]
    assert export.lines() == [bytes(entry.line) for entry in entries]
    status, told = export.check()
    assert status == 0, told
    other = next(entry for entry in log if entry.case_id == other_case.pk)
    for path in export.folder.iterdir():
        assert str(other.ledger).encode() not in path.read_bytes()
    assert b"N\xe1\xbb\x99i dung" not in (export.folder / "entries.jsonl").read_bytes()


def test_tampering_with_one_case_is_told(
    log: list[LedgerEntry], handed_out: HandOut, case: CaseFile, tmp_path: Path
) -> None:
    """What was signed of its end tells what was done, even where everything behind was numbered and linked anew."""
    export = handed_out(case=case)
    attacks: list[tuple[Tamper, str]] = [
        (lambda each: each.write(each.lines()[:-1]), "mục đã bị thêm hoặc bớt"),
        (_change_in_the_middle, "số thứ tự {s2}) đã bị sửa: mục sau nối với mã băm khác"),
        (_rewrite, "từ mục số thứ tự {s1} các mục không còn là những mục đã ký: có mục bị sửa"),
        (_remove_one, "thiếu mục số thứ tự {s1} trước đó, đã bị xóa"),
        (_remove_and_link, "từ mục số thứ tự {s1} các mục không còn là những mục đã ký, ít hơn 1 mục so với lúc ký"),
        (_reorder, "số thứ tự {s1}) đã bị dời chỗ: đúng ra đứng sau mục số thứ tự {s0}"),
        (_reorder_and_link, "Mục {s5} của sổ {case} đã bị dời khỏi vị trí {s1}"),
        (_swap, "Mục {s1} và mục {s2} (sổ {case}, số thứ tự {s2} và {s1}) đã bị đổi chỗ cho nhau"),
        (
            _swap_and_link,
            "Mục {s1} và mục {s4} của sổ {case} đã bị đổi chỗ cho nhau, các mục sau của sổ ấy đã được đánh số",
        ),
        (_insert, "bị chèn vào: mục {s4} đã mang số thứ tự ấy"),
        (_insert_and_link, "Mục {s2} của sổ {case} bị chèn vào, các mục sau của sổ ấy đã được đánh số và nối lại"),
        (_date_back_and_link, "trước mục đứng trước nó"),
    ]
    for number, (tamper, sentence) in enumerate(attacks):
        copy = export.copy(tmp_path / f"{number}")
        tamper(copy)
        assert copy.lines() != export.lines()
        problems = [vietnamese for vietnamese, _english in verify_ledger.check_export(copy.folder).problems]
        told = _filled_in(sentence, export, 0)
        assert any(told in each for each in problems), (tamper, told, problems)


def test_an_extract_cut_off_at_its_end_is_told(
    log: list[LedgerEntry], handed_out: HandOut, case: CaseFile, other_case: CaseFile
) -> None:
    """Lines and proofs are taken away alike, so each that is left is proven; the number that was signed tells."""
    export = handed_out(case=case)
    number = len(export.lines())
    status, told = export.check()
    assert status == 0
    assert f"có đúng {number} mục khi xuất lúc 20" in told
    assert f"exactly {number} entries" in told
    whole = export.copy(export.folder.with_name("whole"))
    for left in (number - 1, 1, 0):
        for name in ("entries.jsonl", "proofs.jsonl"):
            export.write(whole.lines(name)[:left], name)
        status, told = export.check()
        assert status == 1, told
        assert f"bị cắt bớt: khi ký có {number} mục, ở đây chỉ có {left} mục" in told
    # a head of the whole log, which anybody has, serves no extract: it says nothing of where the case ends
    other = handed_out("other", case=other_case)
    plain = (handed_out("all").folder / "checkpoint").read_bytes()
    for name in ("entries.jsonl", "proofs.jsonl"):
        export.write(whole.lines(name)[:2], name)
    (export.folder / "checkpoint").write_bytes(plain)
    status, told = export.check()
    assert status == 1, told
    assert "Điểm chốt này không phải của bản trích" in told
    assert "Ở đây có 2 mục, mục cuối ghi lúc 20" in told
    for name in ("entries.jsonl", "proofs.jsonl"):
        export.write([], name)
    status, told = export.check()
    assert status == 1
    assert "Bản trích không có mục nào và điểm chốt này không phải của bản trích" in told
    for name in ("entries.jsonl", "proofs.jsonl"):
        export.write(whole.lines(name)[:2], name)
    # nor does what was signed of another case serve
    (export.folder / "checkpoint").write_bytes((other.folder / "checkpoint").read_bytes())
    assert "bị cắt bớt" in export.check()[1]
    # neither number nor hash can be changed, nor the line left out
    signed = (whole.folder / "checkpoint").read_bytes()
    line = next(each for each in signed.splitlines(keepends=True) if each.startswith(b"ledger "))
    for forged in (signed.replace(line, b""), signed.replace(b" %d " % number, b" 2 ")):
        assert forged != signed
        (export.folder / "checkpoint").write_bytes(forged)
        status, told = export.check()
        assert (status, "Chữ ký của checkpoint không đúng" in told) == (1, True)


def test_values_that_are_shown_are_those_recorded(log: list[LedgerEntry], handed_out: HandOut, case: CaseFile) -> None:
    export = handed_out(case=case, shown=["note"])
    status, told = export.check()
    assert status == 0
    assert "4 giá trị được mở" in told
    lines = export.lines("openings.jsonl")
    assert json.loads(lines[0])["value"] == "Nội dung 1"
    # who opened what is in the access log of the case and in its chain
    (logged,) = AccessEntry.objects.filter(case=case, act="export")
    assert (logged.actor_name, logged.count, logged.unit) == ("vks_ledger", 4, case.unit)
    entry = LedgerEntry.objects.filter(case=case).latest("seq")
    assert (entry.kind, entry.said["data"]) == ("ledger_values_shown", {"entry_kinds": "note", "values": 4})
    handed_out("without", case=case)
    handed_out("none", case=case, shown=["key"])
    assert AccessEntry.objects.filter(case=case, act="export").count() == 1
    # whoever holds it passes on as many as he likes: with fewer it holds, and says how many there are
    for count in (1, 3):
        export.write(lines[:count], "openings.jsonl")
        status, told = export.check()
        assert (status, f"{count} giá trị được mở" in told) == (0, True)
    (export.folder / "openings.jsonl").unlink()
    status, told = export.check()
    assert (status, "giá trị được mở" in told) == (0, False)
    export.write([lines[0].replace("Nội dung 1".encode(), "Nội dung 2".encode()), *lines[1:]], "openings.jsonl")
    status, told = export.check()
    assert status == 1
    assert "không phải là giá trị sổ cái đã ghi" in told


def test_one_entry_is_proven(log: list[LedgerEntry], handed_out: HandOut, case: CaseFile, tmp_path: Path) -> None:
    export = handed_out()
    proof = queries.prove(case, 1)
    path = tmp_path / "proof.json"
    path.write_text(json.dumps(proof.as_data(), ensure_ascii=False))
    status, told = export.check(str(path))
    assert status == 0, told
    path.write_text(path.read_text().replace('\\"kind\\":\\"', '\\"kind\\":\\"x'))
    status, told = export.check(str(path))
    assert status == 1
    assert "không nằm trong sổ đã được ký" in told


def test_a_later_head_is_proven_to_go_on_from_an_earlier_one(
    log: list[LedgerEntry], handed_out: HandOut, case: CaseFile, tmp_path: Path
) -> None:
    """Without the log, and for the extract of one case, which shows nothing of the others."""
    older = tmp_path / "older"
    first = actions.make_checkpoint()
    older.write_text(first.note)
    actions.append(case=case, actor=None, kind="note", data={"number": 7})
    some = handed_out("some", case=case)
    proof = tmp_path / "continues.json"
    call_command("vks_ledger", "prove", "--since", str(first.size), "--out", str(proof), stdout=StringIO())
    check, folder = some.check, str(some.folder)
    status, told = check(str(proof), "--checkpoint", str(older))
    assert (status, f"{first.size + 1} mục nối tiếp checkpoint {first.size} mục" in told) == (0, True), told
    # what was typed from paper, broken and indented on the way
    typed = tmp_path / "typed"
    lines = first.note.splitlines()
    typed.write_text("\r\n".join(f"  {each[:90]}\r\n{each[90:]}" for each in lines if each))
    assert typed.read_text() != first.note
    for kept in (older, typed):
        assert check(folder, "--checkpoint", str(kept), "--consistency", str(proof))[0] == 0
    status, told = check(folder, "--checkpoint", str(older))
    assert (status, "cần thêm bằng chứng nối tiếp" in told) == (1, True)
    # of an entry nothing is proven by it, nor by one that begins elsewhere
    entry = tmp_path / "entry.json"
    entry.write_text(json.dumps(queries.prove(case, 1).as_data()))
    assert check(str(entry), "--checkpoint", str(older))[0] == 1
    last = tmp_path / "last.json"
    last.write_text(json.dumps(queries.prove_continuation(first.size + 1).as_data()))
    assert check(str(last))[0] == 0
    status, told = check(str(last), "--checkpoint", str(older))
    assert (status, "không bắt đầu từ checkpoint giữ ở nơi khác" in told) == (1, True)
    # another head of the same size, signed with the same key; one of a longer log that is gone
    own, at = keys.read_key(keys.key_path()), {}
    for size, name in ((first.size, "other"), (first.size + 1, "fork"), (first.size + 9, "longer")):
        at[name] = tmp_path / name
        at[name].write_text(sign_note(checkpoint_text(own.name, size, b"x" * 32), own))
    for name, words in (
        ("other", "sổ đã bị viết lại hoặc rẽ nhánh"),
        ("fork", "sổ đã rẽ nhánh"),
        ("longer", "phục hồi từ bản sao lưu cũ"),
    ):
        for what in ((str(proof),), (folder, "--consistency", str(proof))):
            status, told = check(*what, "--checkpoint", str(at[name]))
            assert (status, words in told) == (1, True), (name, told)
    said = json.loads(proof.read_text())
    wrong = (
        {"path": ["0" * 64, *said["path"][1:]]},
        {"path": said["path"][:-1]},
        {"from": at["other"].read_text()},
        {"to": said["from"], "from": said["to"]},
        {"to": said["to"].replace("\nat 2", "\nat 3")},
        {"path": 3},
        {"keys": 3},
    )
    for changed in wrong:
        proof.write_text(json.dumps(said | changed))
        assert verify_ledger.main([str(proof)]) == 1, changed
    proof.write_text(json.dumps(said | wrong[0]))
    assert "không nối tiếp" in check(str(proof))[1]


def test_a_folder_without_the_files_is_told(tmp_path: Path, log: list[LedgerEntry], handed_out: HandOut) -> None:
    export = handed_out()
    (export.folder / "entries.jsonl").unlink()
    status, told = export.check()
    assert status == 1
    assert "Không đọc được tệp entries.jsonl" in told
    # a name that was mistyped says nothing of the ledger
    for words in ((str(tmp_path / "no"),), (str(export.folder), "--checkpoint", str(tmp_path / "no"))):
        status, told = export.check(*words)
        assert (status, "KHÔNG ĐẠT" in told, "Không có tệp hay thư mục này" in told) == (2, False, True)


def test_an_entry_told_at_one_look_is_one_that_reading_tells_alike(log: list[LedgerEntry]) -> None:
    """Whatever letter of an entry is another, left out or twice: what is not read is what reading would have found."""
    lines = [bytes(each.line) for each in log]
    more = (
        b'{"actor":{"id":null,"name":"","role":"","unit":""},"at":"2026-01-02T03:04:05.000006Z","data":%s,"kind":"k",'
    )
    more += b'"ledger":"00000000-0000-4000-8000-000000000000","prev":"' + b"0" * 64 + b'","seq":0,"v":1}'
    written = (
        *(b"{}", b'{"a":[],"b":[["c",-1,true,null],[]]}', '{"a":"\u2028\U0001f600ệ"}'.encode()),
        # out of order, twice, escaped where it need not be, too large, another form of a number, a value of another kind
        *(b'{"b":1,"a":2}', b'{"a":1,"a":1}', b'{"a":"\\u1ec7"}', b'{"a":9007199254740993}', b'{"a":-0}', b'{"a":01}'),
        *(
            b'{"a":1.0}',
            b'{"a":1e3}',
            b'{"a":NaN}',
            b'{"a":"\t"}',
            b'{"a":"\xed\xa0\x80"}',
            b"{ }",
            b'{"a":1,}',
            b'{"a":[1,]}',
        ),
        *(b'{"a":{"c":1,"b":2}}', b'{"a":"b","c":":","b":1}', b'{"a":["b:","a:"],"a":2}', b'{"A":1,"a":{}}'),
    )
    lines += [more % data for data in written]
    # what was met often is looked at with an expression of its own
    often = PlainEntries()
    assert all(plain_entry(line, often) for line in lines[: len(log)] * 40)
    assert {b"note", b"case_registered"} <= often.usual.keys()
    looked_at = accepted = 0
    for line in lines:
        changed = {line, line + b"\n", b" " + line, line[:-1]}
        for place in range(0, len(line), 3):
            for letter in (b"", b"0", b'"', b",", b":", b"\\", b"}", b"\xff", line[place : place + 1] * 2):
                changed.add(line[:place] + letter + line[place + 1 :])
        for each in changed:
            looked_at += 1
            told = plain_entry(each)
            assert plain_entry(each, often) == told, each
            if told is not None:
                accepted += 1
                assert told == entry_of(each)[:3], each
    assert 1000 < accepted < looked_at
    assert all(plain_entry(bytes(each.line)) for each in log)


def test_one_line_that_has_to_be_read_does_not_hide_another_that_is_wrong() -> None:
    """Lines are asked together whether they are plain: neither a letter cut between two nor an escape changes the answer."""
    said = {
        "v": 1,
        "ledger": "00000000-0000-4000-8000-000000000000",
        "at": "2026-01-02T03:04:05.000006Z",
        "kind": "note",
    }
    names = ("Thư", 'Thư "Ba"', "Thư\n", "Thư\u1ec7", "Thư")
    lines: list[bytes] = []
    for seq, name in enumerate(names):
        prev = leaf_hash(lines[-1]).hex() if lines else "0" * 64
        actor = {"id": 1, "name": name, "unit": None, "role": None}
        lines.append(canonical(said | {"seq": seq, "prev": prev, "actor": actor, "data": {"name": name}}))
    assert check_lines(0, lines).problems == []
    cut = "ệ".encode()
    wrong = lines.copy()
    wrong[0], wrong[1] = wrong[0] + cut[:1], cut[1:] + wrong[1]
    wrong[3] = wrong[3].replace(cut, cut[:2])
    wrong[4] = wrong[4].replace(b'"name":"Th', b'"name":"\tTh')
    told = [sentence for _vietnamese, sentence in check_lines(0, wrong).problems]
    for index in (0, 1, 3, 4):
        assert f"entry {index}: it is not JSON" in told
