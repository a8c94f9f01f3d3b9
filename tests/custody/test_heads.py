"""Signed heads that are remembered outside of the database: an old copy of it, or another one, is noticed and answered for."""

from __future__ import annotations

import datetime as dt
import errno
import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import TestCase
from django.utils import timezone

from vks_plugin.acts import BY_COMMAND
from vks_plugin.custody import actions, heads, into_log, keys, queries
from vks_plugin.custody.actions import make_checkpoint, record_restored, remember_heads
from vks_plugin.custody.chain import written_at
from vks_plugin.custody.checkpoint import SigningKey, checkpoint_text, sign_note
from vks_plugin.custody.models import LedgerCheckpoint, LedgerEntry, LedgerKey
from vks_plugin.custody.printed import checkpoint_pdf
from vks_plugin.custody.queries.heads import root_at
from vks_plugin.custody.tasks import sign_the_day
from vks_plugin.custody.verify_ledger import answer_text, change_text
from vks_plugin.doctor.custody import ledger_key
from vks_plugin.doctor.results import Scope, Status
from vks_plugin.errors import BadInput, Conflict, NotAllowed, NotFound, Unavailable
from vks_plugin.management.actor import system_account
from vks_plugin.organization.queries import display_name

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.core.mail import EmailMessage
    from django.test import Client
    from pytest_django import Settings

    from tests.custody.conftest import Export
    from vks_plugin.cases.models import CaseFile

pytestmark = pytest.mark.django_db

Signed = Callable[[], LedgerCheckpoint]


@pytest.fixture
def signed(log: list[LedgerEntry], case: CaseFile) -> Signed:
    """Return what adds an entry, signs the head and remembers it, as where the transaction ends."""

    def sign() -> LedgerCheckpoint:
        if not queries.heads_begun():
            # the ledger says behind the very first head that the file is begun; the others have one entry more each
            make_checkpoint()
            remember_heads()
        actions.append(case=case, actor=None, kind="note", data={"number": queries.log_size()})
        made = make_checkpoint()
        remember_heads()
        return made

    return sign


def _kept() -> list[str]:
    return heads.read_heads(heads.heads_path())


def _lost(signed: Signed, number: int = 2) -> list[LedgerCheckpoint]:
    """Work and sign, and then put the database back to what it was before."""
    backup = transaction.savepoint()
    gone = [signed() for _each in range(number)]
    transaction.savepoint_rollback(backup)
    return gone


def test_every_signed_head_is_remembered_once_and_none_is_taken_away(signed: Signed) -> None:
    path = heads.heads_path()
    with TestCase.captureOnCommitCallbacks(execute=True):
        first = make_checkpoint()
    assert _kept() == [first.note]
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    # that the file was begun is said in the ledger, behind it, and signed with the next head
    begun = LedgerEntry.objects.get(kind="ledger_heads_begun")
    assert (begun.said["actor"]["id"], begun.said["data"]["heads"]) == (None, 1)
    for _each in range(2):
        with TestCase.captureOnCommitCallbacks(execute=True):
            begins = make_checkpoint()
    assert _kept() == [first.note, begins.note]
    # a line that was cut off while it was written is left, and what it said is written behind it
    path.write_bytes(path.read_bytes() + b'{"note": "vks-led')
    with TestCase.captureOnCommitCallbacks(execute=True):
        actions.rotate_key()
    second = queries.last_checkpoint()
    assert second is not None
    third = signed()
    assert _kept() == [first.note, begins.note, second.note, third.note]
    assert path.read_bytes().count(b"\n") == 5
    assert queries.contradiction() is None
    assert queries.verify().problems == []
    # the newest alone was lost, as when the disk was full that night
    path.write_text(path.read_text().replace(json.dumps({"note": third.note}, ensure_ascii=False) + "\n", ""))
    assert not queries.is_remembered()
    with TestCase.captureOnCommitCallbacks(execute=True):
        make_checkpoint()
    assert _kept()[-1] == third.note


def test_root_takes_no_prepared_folder_away_from_the_service(
    signed: Signed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a disk of its own: what the folder lies in is root's, the folder was given to the service."""
    given: list[Path] = []
    owners: set[tuple[int, int]] = set()

    def chown(path: Path, user: int, group: int) -> None:
        given.append(path)
        owners.add((user, group))

    monkeypatch.setattr("vks_plugin.custody.heads.os.geteuid", lambda: 0)
    monkeypatch.setattr("vks_plugin.custody.heads.os.chown", chown)
    prepared, fresh = tmp_path / "prepared", tmp_path / "fresh" / "heads"
    prepared.mkdir()
    for folder, expected in ((prepared, []), (fresh, [fresh, fresh.parent])):
        given.clear()
        monkeypatch.setattr("vks_plugin.custody.heads.heads_path", lambda folder=folder: folder / "heads.jsonl")
        heads.add_heads([make_checkpoint().note])
        assert given == [*expected, folder / "heads.jsonl"]
    assert owners == {(tmp_path.stat().st_uid, tmp_path.stat().st_gid)}


def test_a_key_the_ledger_names_is_not_removed_by_what_ends_the_program_afterwards(
    signed: Signed, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, depth = transaction.atomic, 0

    @contextmanager
    def cut_off(*, savepoint: bool = True) -> Iterator[None]:
        nonlocal depth
        depth += 1
        with real(savepoint=savepoint):
            yield
        depth -= 1
        if depth == 0:
            raise KeyboardInterrupt

    signed()
    with monkeypatch.context() as patch:
        patch.setattr("vks_plugin.custody.actions.ledger.transaction.atomic", cut_off)
        with pytest.raises(KeyboardInterrupt):
            actions.rotate_key()
    # the next who signs finds it
    signed()
    assert str(keys.read_key(keys.key_path()).public) == LedgerKey.objects.latest("pk").text
    assert (keys.next_path().exists(), queries.verify().problems) == (False, [])


def test_what_is_taken_back_was_never_a_head(signed: Signed) -> None:
    def fails() -> None:
        with TestCase.captureOnCommitCallbacks(execute=True), transaction.atomic():
            make_checkpoint()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    assert _kept() == []


def test_a_file_that_cannot_be_written_stops_nobody(
    signed: Signed, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr("vks_plugin.custody.heads.os.fsync", full)
        made = signed()
    assert queries.last_checkpoint() == made
    assert "was not remembered outside of the database: OSError" in caplog.text
    # one that cannot be read does: nobody knows whether this is the log that was signed
    heads.heads_path().unlink()
    heads.heads_path().mkdir()
    with pytest.raises(Unavailable, match="Không đọc được tệp ghi nhớ"):
        make_checkpoint()
    assert any("Không đọc được tệp ghi nhớ" in each for each in queries.verify().problems)


def test_a_database_put_back_from_a_backup_is_told_until_a_leader_of_the_province_answers_for_it(
    signed: Signed, people: dict[str, User], handed_out: Callable[..., Export], tmp_path: Path
) -> None:
    first = signed()
    gone = _lost(signed)
    found = queries.contradiction()
    assert found is not None
    assert (found.newest.size, found.agreed) == (gone[-1].size, first.size)
    assert "phục hồi từ bản sao lưu cũ" in found.sentence
    assert found.sentence in queries.verify().problems
    for act in (make_checkpoint, actions.rotate_key, lambda: actions.export(tmp_path / "none")):
        with pytest.raises(Conflict, match="Không ký tiếp"):
            act()
    chief = people["chief_province"]
    with pytest.raises(NotAllowed):
        record_restored(actor=people["chief_kv1"], reason="Ổ đĩa hỏng")
    with pytest.raises(BadInput):
        record_restored(actor=chief, reason=" ")
    entry = record_restored(actor=chief, reason="Ổ đĩa hỏng, phục hồi bản sao lưu ngày 28/11")
    into_log.settle(connection)
    data = entry.said["data"]
    assert (entry.kind, entry.case) == ("ledger_restored", None)
    assert {name: data[name] for name in data if name != "hidden"} == {
        "log_entries": first.size,
        "agreed_entries": first.size,
        "head_entries": gone[-1].size,
        "head_root": bytes(gone[-1].root).hex(),
        "head_at": found.newest.at,
        "given_up": [],
    }
    assert queries.contradiction() is None
    assert queries.verify().problems == []
    with pytest.raises(Conflict, match="không có lần phục hồi nào"):
        record_restored(actor=chief, reason="Lần nữa")
    second = signed()
    assert _kept()[1:] == [each.note for each in (first, *gone, second)]
    # whoever kept the heads is told so by the verifier, and that somebody answered
    export = handed_out()
    status, told = export.check(str(export.folder), "--checkpoint", str(heads.heads_path()))
    assert (status, "thuộc phần sổ đã mất khi cơ sở dữ liệu được phục hồi" in told) == (3, True), told
    # what no file can tell is no plain yes: who answered is named
    assert told.startswith("PHẢI HỎI LẠI")
    assert "ĐẠT" not in told
    assert f"Hãy hỏi {entry.said['actor']['name']}, người ghi mục ledger_restored" in told
    # what was signed of it travels with the export: an older copy of the file is enough
    (tmp_path / "before.jsonl").write_text("".join(json.dumps({"note": each}) + "\n" for each in _kept()[:-1]))
    assert export.check(str(export.folder), "--checkpoint", str(tmp_path / "before.jsonl"))[0] == 3
    # with another lost head alone nobody outside can tell whether the one it names was ever signed
    (tmp_path / "lost").write_text(gone[0].note)
    status, told = export.check(str(export.folder), "--checkpoint", str(tmp_path / "lost"))
    assert (status, "mục ấy chưa được tính" in told, "phục hồi từ bản sao lưu cũ" in told or "rẽ nhánh" in told) == (
        1,
        True,
        True,
    )
    # that one answer is for that one time: neither the next one nor what was signed before it is covered
    again = _lost(signed, 1)
    assert again[0].size <= gone[-1].size + 1
    later = queries.contradiction()
    assert later is not None
    assert later.newest.size == again[0].size
    status, told = export.check(str(export.folder), "--checkpoint", str(heads.heads_path()))
    assert (status, "phục hồi từ bản sao lưu cũ" in told) == (1, True)
    own = keys.read_key(keys.key_path())
    before = sign_note(checkpoint_text(own.name, first.size, b"x" * 32, at=found.newest.at), own)
    assert any("bị viết lại hoặc rẽ nhánh" in each for each in queries.verify(heads=[before]).problems)


def test_another_branch_is_told_even_where_it_is_longer(signed: Signed, case: CaseFile) -> None:
    first = signed()
    (gone,) = _lost(signed, 1)
    for number in range(3):
        actions.append(case=case, actor=None, kind="other", data={"number": number})
        # as where its transaction ends
        into_log.settle(connection)
        found = queries.contradiction()
        assert found is not None
        assert found.agreed == first.size
        assert ("đã rẽ nhánh" in found.sentence) == (number == 0)
        assert ("bị viết lại hoặc rẽ nhánh" in found.sentence) == (number > 0)
        assert found.sentence in queries.verify().problems
    assert gone.size == first.size + 1


def test_a_long_log_is_compared_before_its_subtrees_are_kept(signed: Signed, case: CaseFile) -> None:
    signed()
    backup = transaction.savepoint()
    while queries.log_size() < 600:
        actions.append(case=case, actor=None, kind="note", data={})
        into_log.settle(connection)
    signed()
    transaction.savepoint_rollback(backup)
    while queries.log_size() < 700:
        actions.append(case=case, actor=None, kind="other", data={})
        into_log.settle(connection)
    found = queries.contradiction()
    assert found is not None
    assert "601 mục đầu không phải" in found.sentence


def test_a_backup_from_before_a_change_of_key_is_told_and_answered_for(
    signed: Signed, people: dict[str, User], key: str
) -> None:
    first = signed()
    backup, old = transaction.savepoint(), keys.key_path().read_bytes()
    actions.rotate_key()
    signed()
    transaction.savepoint_rollback(backup)
    found = queries.contradiction()
    assert found is not None
    assert "từ trước lần thay khóa" in found.sentence or "phục hồi từ bản sao lưu cũ" in found.sentence
    assert found.agreed == first.size
    record_restored(actor=people["chief_province"], reason="Ổ đĩa hỏng")
    assert queries.contradiction() is None
    assert keys.key_path().read_bytes() != old
    assert [*heads.read_answers(heads.heads_path()).values()] == [""]
    with TestCase.captureOnCommitCallbacks(execute=True):
        actions.rotate_key(lost=True)
        signed()
    assert "" not in heads.read_answers(heads.heads_path()).values()
    assert queries.verify().problems == []


def test_heads_of_a_clock_that_ran_ahead_are_given_up_by_name_and_no_others(
    signed: Signed, people: dict[str, User], handed_out: Callable[..., Export]
) -> None:
    first = signed()
    with time_machine.travel("2099-01-01T00:00:00Z", tick=False):
        gone = _lost(signed)
    found = queries.contradiction()
    assert found is not None
    assert found.newest.at.startswith("2099-01-01")
    entry = record_restored(actor=people["chief_province"], reason="Ổ đĩa hỏng")
    assert entry.said["data"]["given_up"] == [bytes(each.root).hex() for each in gone]
    assert signed().size > first.size
    assert queries.verify().problems == []
    export = handed_out()
    assert export.check(str(export.folder), "--checkpoint", str(heads.heads_path()))[0] == 3
    # another one of that moment, which nobody gave up
    own = keys.read_key(keys.key_path())
    heads.add_heads([sign_note(checkpoint_text(own.name, gone[0].size, b"x" * 32, at=found.newest.at), own)])
    assert queries.contradiction() is not None


@pytest.mark.parametrize(
    "said", [{"head_root": "0" * 64}, {"head_at": "9999-12-31T23:59:59.999999Z"}, {"head_entries": 1}]
)
def test_an_entry_that_names_a_head_nobody_signed_gives_up_none(signed: Signed, said: dict[str, object]) -> None:
    """As by somebody who writes into the database: the entry is chained like any other."""
    first = signed()
    _lost(signed)
    newest = queries.contradiction()
    assert newest is not None
    named = {"head_entries": newest.newest.size, "head_root": newest.newest.root.hex(), "head_at": newest.newest.at}
    data = {"log_entries": first.size, "agreed_entries": 0, **named, "given_up": [], **said}
    actions.append(case=None, actor=None, kind="ledger_restored", data=data)
    into_log.settle(connection)
    assert queries.contradiction() is not None
    with pytest.raises(Conflict, match="Không ký tiếp"):
        make_checkpoint()


@pytest.mark.parametrize("by_name", [False, True])
def test_who_has_the_database_alone_answers_for_no_restore(
    signed: Signed,
    case: CaseFile,
    handed_out: Callable[..., Export],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    by_name: bool,
) -> None:
    """All the entry names stands in the database; what is missing is the service's word outside of it."""
    first = signed()
    _lost(signed)
    found = queries.contradiction()
    assert found is not None
    data = {
        "log_entries": first.size,
        "agreed_entries": found.agreed,
        "head_entries": found.newest.size,
        "head_root": found.newest.root.hex(),
        "head_at": found.newest.at,
        "given_up": [each.root.hex() for each in found.lost] if by_name else [],
    }
    actions.append(case=None, actor=None, kind="ledger_restored", data=data)
    into_log.settle(connection)
    assert queries.contradiction() is not None
    assert queries.seen_fork() is not None
    assert any("phục hồi từ bản sao lưu cũ" in each or "rẽ nhánh" in each for each in queries.verify().problems)
    with pytest.raises(Conflict, match="Không ký tiếp"):
        make_checkpoint()
    # nor is it believed where it was signed on all the same
    kept = tmp_path / "kept.jsonl"
    kept.write_bytes(heads.heads_path().read_bytes())
    monkeypatch.setattr("vks_plugin.custody.actions.ledger.contradiction", lambda: None)
    export = handed_out()
    status, told = export.check(str(export.folder), "--checkpoint", str(kept))
    assert (status, "không có xác nhận do khóa của sổ ký" in told) == (1, True), told
    # a note by another key is none
    own, (entry,) = SigningKey.generate(keys.read_key(keys.key_path()).name), _restores()
    with (export.folder / "checkpoints.jsonl").open("a") as text:
        note = sign_note(answer_text(own.name, entry), own)
        text.write(json.dumps({"restored": entry, "signed": note}) + "\n")
    assert export.check(str(export.folder), "--checkpoint", str(kept))[0] == 1


def _row(size: int, root: bytes, key: SigningKey, *, at: str = "") -> LedgerCheckpoint:
    """Put a signed head into the table, as somebody who writes into the database alone."""
    note = sign_note(checkpoint_text(key.name, size, root, at=at or written_at(timezone.now())), key)
    return LedgerCheckpoint.objects.create(size=size, root=root, note=note)


def _named(key: SigningKey, *, first: bool = True) -> None:
    """Name a key in the database as one that signed before all others, or after them."""
    with connection.cursor() as cursor:
        place, now = 0 if first else 1000, timezone.now()
        cursor.execute(
            "insert into vks_ledger_key (id, text, made_at) values (%s, %s, %s)", [place, str(key.public), now]
        )


@pytest.mark.parametrize("remembered", [False, True])
def test_heads_that_stand_in_the_database_alone_answer_for_no_restore(
    signed: Signed, case: CaseFile, people: dict[str, User], remembered: bool
) -> None:
    """Whoever writes there prepares the log he will put in place, and has the service itself remember his heads of it.

    Or had: the file may have them from before the service looked at what it remembers.
    """
    first, before = signed(), queries.log_size()
    own = SigningKey.generate(keys.read_key(keys.key_path()).name)
    now = timezone.now()
    until = now + dt.timedelta(minutes=20)
    lost = (before + 3, b"\x01" * 32)
    data = {"log_entries": before, "agreed_entries": first.size, "head_entries": lost[0], "given_up": []}
    data |= {"head_root": lost[1].hex(), "head_at": written_at(until)}
    prepared = transaction.savepoint()
    with time_machine.travel(until + dt.timedelta(minutes=5), tick=True):
        actions.append(case=None, actor=people["chief_province"], kind="ledger_restored", data=data)
    into_log.settle(connection)
    size, root = queries.log_size(), root_at(queries.log_size())
    columns = ("ledger", "seq", "kind", "at", "line", "hash", "case_id")
    entry = LedgerEntry.objects.filter(kind="ledger_restored").values(*columns).get()
    transaction.savepoint_rollback(prepared)
    assert root is not None
    backup = transaction.savepoint()
    for number in range(7):
        actions.append(case=case, actor=None, kind="note", data={"number": number})
    signed()
    _named(own)
    forged = [_row(*lost, own, at=written_at(until)), _row(size, root, own, at=written_at(now))]
    last = signed()
    assert not {each.note for each in forged} & {*_kept()}
    assert _kept()[-1] == last.note
    if remembered:
        heads.add_heads([each.note for each in forged])
    transaction.savepoint_rollback(backup)
    _named(own)
    LedgerEntry.objects.create(**entry)
    into_log.settle(connection)
    assert root_at(queries.log_size()) == root
    assert queries.contradiction() is not None
    assert any("phục hồi từ bản sao lưu cũ" in each or "rẽ nhánh" in each for each in queries.verify().problems)
    with pytest.raises(Conflict, match="Không ký tiếp"):
        make_checkpoint()


@pytest.mark.parametrize("known", [False, True])
def test_a_row_among_the_signed_heads_stops_nobody_who_signs_and_is_told(
    signed: Signed, caplog: pytest.LogCaptureFixture, known: bool
) -> None:
    signed()
    own = SigningKey.generate(keys.read_key(keys.key_path()).name if known else "vks-ledger/other")
    if known:
        _named(own)
    strange = _row(3, b"\x02" * 32, own)
    for _evening in range(2):
        last = signed()
        assert (_kept()[-1], strange.note in _kept(), queries.contradiction()) == (last.note, False, None)
    assert "a head of 3 entries in the database is not remembered" in caplog.text
    problems = queries.verify().problems
    assert any("Điểm chốt 3 mục" in each or "3 mục đầu" in each for each in problems), problems
    # one of the log as it is, by the service's key: beside its signature somebody put his own, which vouches for nobody
    sizes = {*LedgerCheckpoint.objects.values_list("size", flat=True)}
    at, real = max({*range(last.size)} - sizes), keys.read_key(keys.key_path())
    root = root_at(at) or b""
    note = sign_note(checkpoint_text(real.name, at, root), real, own)
    LedgerCheckpoint.objects.create(size=at, root=root, note=note)
    remember_heads()
    assert note not in _kept()


def test_a_file_that_is_begun_takes_heads_of_earlier_keys_and_no_others(signed: Signed, case: CaseFile) -> None:
    """After an upgrade from before there was a file, with changes of key behind it."""
    honest = [make_checkpoint()]
    for _change in range(2):
        actions.rotate_key()
        honest += LedgerCheckpoint.objects.order_by("-size")[:1]
        for number in range(2):
            actions.append(case=case, actor=None, kind="note", data={"number": number})
        honest.append(make_checkpoint())
    own = SigningKey.generate(keys.read_key(keys.key_path()).name)
    _named(own)
    size = honest[-1].size - 1
    _row(size, root_at(size) or b"", own)
    remember_heads()
    assert sorted(_kept()) == sorted({each.note for each in honest})
    assert queries.contradiction() is None


def _restores() -> list[str]:
    rows = LedgerEntry.objects.filter(kind="ledger_restored").order_by("seq")
    return [bytes(row.hash).hex() for row in rows]


def test_a_restore_from_before_there_were_notes_is_noted_by_the_next_head(
    signed: Signed, people: dict[str, User]
) -> None:
    signed()
    _lost(signed)
    record_restored(actor=people["chief_province"], reason="Ổ đĩa hỏng")
    (entry,) = _restores()
    assert [*heads.read_answers(heads.heads_path())] == [entry]
    signed()
    path = heads.heads_path()
    path.write_text("".join(json.dumps({"note": each}) + "\n" for each in _kept()))
    assert heads.read_answers(path) == {}
    assert queries.contradiction() is None
    with TestCase.captureOnCommitCallbacks(execute=True):
        signed()
    assert [entry for entry, note in heads.read_answers(path).items() if note] == [entry]
    # without a head behind it nobody can tell it from one that somebody wrote into the database
    path.write_text("".join(json.dumps({"note": each}) + "\n" for each in _kept()[:-2]))
    assert queries.contradiction() is not None


def test_heads_kept_elsewhere_are_compared_too(signed: Signed, tmp_path: Path) -> None:
    made = signed()
    copy, paper = tmp_path / "copy.jsonl", tmp_path / "paper.txt"
    copy.write_bytes(heads.heads_path().read_bytes())
    (tmp_path / "head.pdf").write_bytes(checkpoint_pdf(made))
    program = ["pdftotext", "-layout", str(tmp_path / "head.pdf"), "-"]
    printed = subprocess.run(program, check=True, capture_output=True).stdout.decode().splitlines()
    # as somebody copies it from the sheet, with its lines broken where the cell is full
    origin = made.note.splitlines()[0]
    begin = next(at for at, line in enumerate(printed) if line.strip() == origin)
    end = next(at for at, line in enumerate(printed) if line.strip().startswith(f"{origin}+"))
    paper.write_text("\n".join(line for line in printed[begin:end] if "Bản ký" not in line))
    assert len(paper.read_text().splitlines()) > len(made.note.splitlines())

    def verify(*words: str) -> str:
        out = StringIO()
        call_command("vks_ledger", "verify", *words, stdout=out)
        return out.getvalue()

    assert "nguyên vẹn" in verify("--heads", str(copy), "--heads", str(paper))
    other = SigningKey.generate("vks-ledger/another")
    paper.write_text(sign_note(checkpoint_text(other.name, 3, b"x" * 32), other))
    with pytest.raises(CommandError, match="không nguyên vẹn"):
        verify("--heads", str(paper))


def test_leaders_of_the_province_see_it_and_answer_on_the_page(
    signed: Signed,
    people: dict[str, User],
    client: Client,
    settings: Settings,
    mailoutbox: list[EmailMessage],
) -> None:
    signed()
    _lost(signed, 1)
    settings.EMAIL_ENABLED = True
    for key in ("chief_province", "chief_kv1"):
        type(people[key]).objects.filter(pk=people[key].pk).update(email=f"{key}@example.com")
    with pytest.raises(Conflict):
        sign_the_day()
    assert [each.to for each in mailoutbox] == [["chief_province@example.com"]]
    leader, other = client, type(client)()
    leader.force_login(people["deputy_province"])
    other.force_login(people["chief_kv1"])
    alarm, badge = "Ghi nhận phục hồi cơ sở dữ liệu", "Sổ cái không nối tiếp điểm chốt đã ký"
    page = leader.get("/vks/ledger/").content.decode()
    assert alarm in page
    assert "phục hồi từ bản sao lưu cũ" in page
    assert badge in leader.get("/vks/").content.decode()
    assert badge not in other.get("/vks/").content.decode()
    assert other.post("/vks/ledger/restored/", {"reason": "x"}).status_code == 403
    answer = leader.post("/vks/ledger/restored/", {"reason": ""})
    assert (answer.status_code, "Hãy ghi lý do" in answer.content.decode()) == (400, True)
    (seen,) = re.findall(r'name="seen" value="([0-9a-f]{64}-\d+)"', page)
    said = {"reason": "Phục hồi sau khi ổ đĩa hỏng"}
    # nobody answers for more than was shown
    for other_seen in ({}, {"seen": f"{seen}0"}):
        answer = leader.post("/vks/ledger/restored/", said | other_seen)
        assert (answer.status_code, "không còn như lúc bạn xem" in answer.content.decode()) == (409, True)
    # the API tells and takes the same
    told = leader.get("/api/vks/ledger/standing/").json()
    assert (told["forked"]["seen"], told["heads_lost"]) == (seen, None)
    assert other.get("/api/vks/ledger/standing/").status_code == 403
    for sent, status in ((said, 400), (said | {"seen": f"{seen}0"}, 409)):
        assert leader.post("/api/vks/ledger/restored/", sent).status_code == status
    entry = leader.post("/api/vks/ledger/restored/", said | {"seen": seen})
    assert (entry.status_code, entry.json()["act"]) == (201, "ledger_restored")
    assert leader.get("/api/vks/ledger/standing/").json()["forked"] is None
    answer = leader.get("/vks/ledger/")
    page = answer.content.decode()
    assert (answer.status_code, "Phục hồi sau khi ổ đĩa hỏng" in page, "alert-danger" in page) == (200, True, False)
    assert badge not in leader.get("/vks/").content.decode()
    with TestCase.captureOnCommitCallbacks(execute=True):
        sign_the_day()
    # also where nobody wrote it on a page
    assert [each.to for each in mailoutbox[1:]] == [["chief_province@example.com"]]
    assert "ghi nhận phục hồi cơ sở dữ liệu" in mailoutbox[1].subject


def test_beside_a_file_that_is_gone_nothing_is_signed_until_a_leader_of_the_province_begins_a_new_one(
    signed: Signed,
    people: dict[str, User],
    settings: Settings,
    mailoutbox: list[EmailMessage],
    client: Client,
    tmp_path: Path,
) -> None:
    """As by whoever puts an old copy in the place of the database and takes the file away that would tell."""
    settings.EMAIL_ENABLED = True
    chief = people["chief_province"]
    type(chief).objects.filter(pk=chief.pk).update(email="chief@example.com")

    def answer(by: str, reason: str) -> None:
        call_command("vks_ledger", "heads", "--by", people[by].username, "--reason", reason, stdout=StringIO())

    made = [signed(), signed()]
    with pytest.raises(CommandError, match="vẫn còn"):
        answer("chief_province", "Ổ đĩa mới")
    gone = _lost(signed, 1)
    signed_before = LedgerCheckpoint.objects.count()
    path = heads.heads_path()
    for remains in (None, b"", b'{"note": "vks-led', b'{"note": "none"}\n'):
        path.unlink(missing_ok=True)
        if remains is not None:
            path.write_bytes(remains)
        for act in (make_checkpoint, actions.rotate_key, lambda: actions.export(tmp_path / "none"), sign_the_day):
            with (
                pytest.raises(Conflict, match=r"đã mất: không ký tiếp\. Hãy lấy lại tệp mới nhất"),
                TestCase.captureOnCommitCallbacks(execute=True),
            ):
                act()
        remember_heads()
        assert not {each.note for each in made} & {*_kept()}
        assert LedgerCheckpoint.objects.count() == signed_before
    assert [(each.to, "đã mất" in each.subject) for each in mailoutbox] == [(["chief@example.com"], True)] * 4
    path.unlink()
    # it was no restored backup that can be answered for: nobody knows what was lost
    with pytest.raises(Conflict, match="đã mất"):
        record_restored(actor=chief, reason="Ổ đĩa hỏng")
    for by, reason, match in (("chief_kv1", "x", "tỉnh"), ("chief_province", " ", "lý do")):
        with pytest.raises(CommandError, match=match):
            answer(by, reason)
    assert _kept() == []
    client.force_login(chief)
    badge = "Tệp ghi nhớ điểm chốt của sổ cái đã mất"
    assert badge in client.get("/vks/").content.decode()
    page = client.get("/vks/ledger/").content.decode()
    assert f"Điểm chốt mới nhất trong máy có {made[-1].size} mục" in page
    (seen,) = re.findall(r'name="seen" value="([0-9a-f-]+)"', page)
    said = {"reason": "Ổ đĩa hỏng, không còn bản nào"}
    for sent, status in (({"reason": "", "seen": seen}, 400), (said | {"seen": f"{seen}0"}, 409), (said, 409)):
        assert client.post("/vks/ledger/heads/", sent).status_code == status
    assert _kept() == []
    page = client.post("/vks/ledger/heads/", said | {"seen": seen}, follow=True).content.decode()
    assert (badge in page, said["reason"] in page) == (False, True)
    entry = LedgerEntry.objects.latest("pk")
    assert (entry.kind, entry.said["data"]["heads"]) == ("ledger_heads_begun", LedgerCheckpoint.objects.count())
    assert entry.said["actor"]["id"] == chief.pk
    assert "command" not in entry.said["data"]
    assert _kept()[1:] == [each.note for each in made]
    assert gone[0].note not in _kept()
    with TestCase.captureOnCommitCallbacks(execute=True):
        sign_the_day()
    assert "lập tệp ghi nhớ" in mailoutbox[-1].subject
    last = signed()
    assert _kept()[-1] == last.note
    # once is for once; by a command nobody signed in, so the entry and the letter name who did what for whom
    path.unlink()
    with pytest.raises(Conflict, match="không ký tiếp"):
        make_checkpoint()
    answer("chief_province", "Ổ đĩa hỏng lần nữa")
    entry = LedgerEntry.objects.latest("pk")
    on_server, name = system_account(), display_name(chief)
    assert entry.said["actor"] == {"id": None, "name": f"vks_ledger ({on_server})", "unit": None, "role": None}
    told = {field: entry.said["data"][field] for field in BY_COMMAND}
    assert told == {
        "command": "vks_ledger",
        "system_account": on_server,
        "on_behalf_of": name,
        "on_behalf_of_id": chief.pk,
    }
    with TestCase.captureOnCommitCallbacks(execute=True):
        sign_the_day()
    said_by_letter = mailoutbox[-1].subject
    assert "bằng lệnh vks_ledger" in said_by_letter
    assert said_by_letter.endswith(f"{on_server}, thay mặt {name}.")
    page = client.get("/vks/ledger/").content.decode()
    assert f"vks_ledger ({on_server})" in page
    # and through the API
    path.unlink()
    lost = client.get("/api/vks/ledger/standing/").json()["heads_lost"]
    assert lost["size"] == LedgerCheckpoint.objects.latest("size").size
    again = {"reason": "Ổ đĩa hỏng lần ba", "seen": f"{lost['seen']}0"}
    assert client.post("/api/vks/ledger/heads/", again).status_code == 409
    begun = client.post("/api/vks/ledger/heads/", again | {"seen": lost["seen"]})
    assert (begun.status_code, begun.json()["heads"]) == (201, LedgerCheckpoint.objects.count())
    assert LedgerEntry.objects.latest("pk").said["actor"]["id"] == chief.pk


def test_a_ledger_from_before_the_file_begins_it_by_itself_and_says_so_once(
    signed: Signed, settings: Settings, mailoutbox: list[EmailMessage], people: dict[str, User], case: CaseFile
) -> None:
    settings.EMAIL_ENABLED = True
    chief = people["chief_province"]
    type(chief).objects.filter(pk=chief.pk).update(email="chief@example.com")
    older = [make_checkpoint()]
    actions.append(case=case, actor=None, kind="note", data={})
    older.append(make_checkpoint())
    assert _kept() == []
    for _evening in range(3):
        actions.append(case=case, actor=None, kind="note", data={})
        with TestCase.captureOnCommitCallbacks(execute=True):
            sign_the_day()
    assert _kept()[:2] == [each.note for each in older]
    (begun,) = LedgerEntry.objects.filter(kind="ledger_heads_begun")
    assert (begun.said["actor"]["id"], begun.said["data"]["heads"]) == (None, 3)
    # a backup from before there was a file, put back by somebody, is told by this letter
    assert [each.to for each in mailoutbox] == [["chief@example.com"]]


def test_a_file_that_was_begun_by_a_program_that_ended_then_is_no_leader_s_word(
    signed: Signed, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    signed()
    heads.heads_path().unlink()
    real, calls = heads.add_heads, 0

    def ends(notes: list[str]) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise KeyboardInterrupt
        real(notes)

    with monkeypatch.context() as patch:
        patch.setattr("vks_plugin.custody.actions.ledger.add_heads", ends)
        with pytest.raises(KeyboardInterrupt):
            actions.begin_heads(actor=people["chief_province"], reason="Ổ đĩa hỏng")
    with pytest.raises(Conflict, match="không ký tiếp"):
        make_checkpoint()
    # said once more, and it goes on
    assert actions.begin_heads(actor=people["chief_province"], reason="Ổ đĩa hỏng") == LedgerCheckpoint.objects.count()
    signed()


def test_what_somebody_answers_for_is_told_also_where_there_was_one_head(
    log: list[LedgerEntry], people: dict[str, User]
) -> None:
    make_checkpoint()
    remember_heads()
    assert queries.recent_beginnings(1) == []
    heads.heads_path().unlink()
    actions.begin_heads(actor=people["chief_province"], reason="Ổ đĩa hỏng")
    assert [each.said["actor"]["id"] for each in queries.recent_beginnings(1)] == [people["chief_province"].pk]


@pytest.mark.parametrize("known", [None, "first", "last"])
@pytest.mark.parametrize("borrowed", [False, True])
def test_a_row_of_more_entries_than_the_log_has_stops_nobody_who_signs_and_is_told(
    signed: Signed, case: CaseFile, known: str | None, borrowed: bool
) -> None:
    first = signed()
    if borrowed:
        # the note of a true head, beside columns that say more
        strange = LedgerCheckpoint.objects.create(size=first.size + 1000, root=b"\x02" * 32, note=first.note + "\n")
    else:
        own = SigningKey.generate(keys.read_key(keys.key_path()).name if known else "vks-ledger/other")
        if known:
            _named(own, first=known == "first")
        strange = _row(first.size + 1000, b"\x02" * 32, own)
    assert queries.last_checkpoint() == first
    for _evening in range(2):
        last = signed()
        assert (last.size < strange.size, queries.last_checkpoint(), _kept()[-1]) == (True, last, last.note)
        assert queries.contradiction() is None
    # what is proven is proven by the service's head, and what is told tells the two apart
    assert queries.prove(case, 0).checkpoint == last
    for problems in (queries.verify().problems, queries.verify_tail()):
        assert any(f"Điểm chốt {strange.size} mục" in each for each in problems), problems
        assert not any("bị cắt bớt" in each for each in problems), problems


def test_a_row_in_the_place_of_the_next_head_is_told_and_the_one_after_it_is_signed(signed: Signed) -> None:
    signed()
    own = SigningKey.generate(keys.read_key(keys.key_path()).name)
    actions.append(case=None, actor=None, kind="note", data={})
    into_log.settle(connection)
    size = queries.log_size()
    _row(size, root_at(size) or b"", own)
    with pytest.raises(Conflict, match="có người chèn vào"):
        make_checkpoint()
    assert signed().size > size


def test_a_log_that_was_cut_off_is_still_not_signed(signed: Signed) -> None:
    """Its head stands in the database, signed by the service: it is not one that somebody put there."""
    backup = transaction.savepoint()
    signed()
    last = signed()
    size, root, note = last.size, bytes(last.root), last.note
    transaction.savepoint_rollback(backup)
    heads.heads_path().unlink()
    signed()
    LedgerCheckpoint.objects.create(size=size, root=root, note=note)
    assert queries.last_checkpoint() == LedgerCheckpoint.objects.get(size=size)
    with pytest.raises(Conflict, match="không ký tiếp"):
        make_checkpoint()
    assert any("bị cắt bớt" in each for each in queries.verify().problems)


@pytest.mark.parametrize("kind", ["unknown", "named", "named last", "borrowed", "no note"])
def test_a_row_that_somebody_put_there_goes_out_with_no_export_and_is_shown_to_nobody(
    signed: Signed, people: dict[str, User], handed_out: Callable[..., Export], kind: str
) -> None:
    first = signed()
    size = first.size + 2
    if kind in {"borrowed", "no note"}:
        note = first.note + "\n" if kind == "borrowed" else "?"
        LedgerCheckpoint.objects.create(size=size, root=b"\x02" * 32, note=note)
    else:
        own = SigningKey.generate(keys.read_key(keys.key_path()).name)
        if kind.startswith("named"):
            _named(own, first=kind == "named")
        _row(size, b"\x02" * 32, own)
    key = str(keys.read_key(keys.key_path()).public)
    for _each in range(3):
        actions.append(case=None, actor=None, kind="note", data={})
    last = signed()
    assert last.size > size
    export = handed_out()
    assert export.check(str(export.folder), "--key", key)[0] == 0
    assert export.check()[0] == 0
    assert len(export.lines("checkpoints.jsonl")) == LedgerCheckpoint.objects.count() - 2
    chief = people["chief_province"]
    assert size not in queries.checkpoints_for(chief).values_list("size", flat=True)
    # told by the plain doctor too, in words that ask for no key
    for problems in (queries.verify().problems, queries.verify_tail()):
        assert any(f"Điểm chốt {size} mục" in each for each in problems), problems
        assert not any("--key" in each for each in problems), problems
    with pytest.raises(NotFound):
        queries.prove_continuation(size)
    with pytest.raises(NotFound):
        queries.prove_continuation(first.size, size)
    assert queries.prove_continuation(first.size).after == last
    # the expert is handed all there is
    actions.export_as_it_stands(export.folder.with_name("stands"))
    assert len((export.folder.with_name("stands") / "checkpoints.jsonl").read_text().splitlines()) == (
        LedgerCheckpoint.objects.count()
    )


@pytest.mark.parametrize("remembered", [False, True])
def test_a_row_in_the_table_of_keys_takes_the_place_of_no_key(signed: Signed, remembered: bool) -> None:
    present = str(keys.read_key(keys.key_path()).public)
    if remembered:
        signed()
    own = SigningKey.generate(keys.read_key(keys.key_path()).name)
    _named(own, first=False)
    assert (queries.present_key(), actions.ensure_key()) == (present, (present, False))
    signed()
    assert ledger_key(Scope()).status == Status.OK
    told = f"Khóa {own.public} có trong bảng khóa mà không mục nào của sổ ghi"
    for problems in (queries.verify().problems, queries.verify_tail()):
        assert any(told in each for each in problems), problems
    later = actions.rotate_key()
    assert LedgerEntry.objects.filter(kind="key").latest("seq").said["data"]["before"] == present
    assert signed().note.count(own.public.name) == 2
    # lost: what was signed tells which it was
    remember_heads()
    keys.key_path().unlink()
    last = actions.rotate_key(lost=True)
    assert LedgerEntry.objects.filter(kind="key").latest("seq").said["data"]["before"] == later
    signed()
    assert queries.present_key() == last
    assert len(queries.verify().problems) == 1


def test_a_row_that_is_no_key_stops_nobody_who_signs(signed: Signed) -> None:
    signed()
    with connection.cursor() as cursor:
        cursor.execute("insert into vks_ledger_key (id, text, made_at) values (1000, 'x', %s)", [timezone.now()])
    signed()
    assert any("Khóa x có trong bảng khóa" in each for each in queries.verify().problems)


def test_an_older_key_that_was_put_back_does_not_sign(signed: Signed) -> None:
    signed()
    for lost in (False, True):
        old = keys.key_path().read_bytes()
        actions.rotate_key(lost=lost)
        signed()
        new = keys.key_path().read_bytes()
        keys.key_path().write_bytes(old)
        with pytest.raises(Conflict, match="không phải khóa mà sổ cái đã ghi"):
            make_checkpoint()
        assert ledger_key(Scope()).status == Status.ERROR
        keys.key_path().write_bytes(new)
    signed()
    assert queries.verify().problems == []


@pytest.mark.parametrize("how", ["signed alone", "said lost", "old form", "again"])
def test_an_entry_of_a_key_that_somebody_put_into_the_log_is_named(signed: Signed, how: str) -> None:
    signed()
    present = str(keys.read_key(keys.key_path()).public)
    own = SigningKey.generate(keys.read_key(keys.key_path()).name)
    public = present if how == "again" else str(own.public)
    text = change_text(own.name, present, public)
    data = {"public": public, "before": present, "signed_by_the_one_before": how != "said lost"}
    if how != "old form":
        data["signed"] = [own.signature_of(text)]
    _named(own, first=False)
    actions.append(case=None, actor=None, kind="key", data=data)
    signed()
    assert queries.present_key() == present
    for problems in (queries.verify().problems, queries.verify_tail()):
        assert any("Mục thay khóa số" in each and public in each for each in problems), problems
    # an honest change afterwards is not named with it
    later = actions.rotate_key()
    signed()
    assert not any(later in each for each in queries.verify().problems)


def test_a_head_by_a_key_that_was_lost_since_is_nobody_s_insertion(signed: Signed, people: dict[str, User]) -> None:
    first = signed()
    keys.key_path().unlink()
    actions.rotate_key(lost=True)
    heads.heads_path().unlink()
    actions.begin_heads(actor=people["chief_province"], reason="Ổ đĩa hỏng")
    signed()
    assert first.note not in _kept()
    assert first in queries.checkpoints_for(people["chief_province"])
    assert (queries.verify().problems, queries.verify_tail()) == ([], [])
