"""The ledger in the database: what is written, what is refused, what is signed."""

from __future__ import annotations

import datetime as dt
import json
import logging
import re
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.db.transaction import TransactionManagementError
from django.utils import timezone

from vks_plugin import append_only
from vks_plugin.cases.models import CaseFile
from vks_plugin.conf import configuration
from vks_plugin.custody import actions, into_log, keys, queries, verify_ledger
from vks_plugin.custody.actions.ledger import Act
from vks_plugin.custody.checkpoint import SigningKey
from vks_plugin.custody.models import (
    LedgerCheckpoint,
    LedgerEntry,
    LedgerHidden,
    LedgerKey,
    LedgerLeaf,
    LedgerSubtree,
)
from vks_plugin.custody.statements import APPEND
from vks_plugin.errors import Conflict, NotFound, Unavailable
from vks_plugin.organization.models import Appointment
from vks_plugin.working import held_alone

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.test import Client
    from pytest_django import Settings

    from tests.custody.conftest import Export
    from vks_plugin.organization.models import ProcuracyUnit

pytestmark = pytest.mark.django_db

COLUMNS = {"v", "ledger", "seq", "prev", "at", "actor", "kind", "data"}


def _count() -> int:
    return LedgerEntry.objects.count()


def test_an_entry_says_who_by_the_names_of_the_day(case: CaseFile, people: dict[str, User]) -> None:
    entry = actions.append(case=case, actor=people["prosecutor_kv1"], kind="note", data={"number": 1})
    said = entry.said
    assert set(said) == COLUMNS
    assert said["actor"] == {
        "id": people["prosecutor_kv1"].pk,
        "name": "Đỗ Hữu Ước",
        "unit": "QN-KV1",
        "role": "prosecutor",
    }
    assert (said["kind"], said["data"]) == ("note", {"number": 1})
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", said["at"])
    assert bytes(entry.hash) == verify_ledger.leaf_hash(bytes(entry.line))


def test_who_has_a_post_in_the_office_of_the_case_acts_by_that_post(
    case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    from vks_plugin.organization import actions as organization

    organization.appoint(
        user=people["prosecutor_kv3"], unit=units["QN-KV1"], role="inspector", starts_on=dt.date(2026, 1, 1)
    )
    said = actions.append(case=case, actor=people["prosecutor_kv3"], kind="note", data={}).said
    assert (said["actor"]["unit"], said["actor"]["role"]) == ("QN-KV1", "inspector")


def test_a_worker_acts_for_the_system(case: CaseFile) -> None:
    said = actions.append(case=case, actor=None, kind="note", data={}).said
    assert said["actor"] == {"id": None, "name": "", "unit": None, "role": None}


def test_entries_of_a_case_stand_one_behind_the_other(log: list[LedgerEntry], case: CaseFile) -> None:
    rows = list(LedgerEntry.objects.filter(case=case).order_by("seq"))
    assert [row.seq for row in rows] == list(range(len(rows)))
    assert len({row.ledger for row in rows}) == 1
    for before, row in zip([None, *rows], rows, strict=False):
        assert row.said["prev"] == (bytes(before.hash).hex() if before is not None else "0" * 64)
        assert row.said["ledger"] == str(row.ledger)


def test_every_case_has_a_ledger_of_its_own(log: list[LedgerEntry], case: CaseFile, other_case: CaseFile) -> None:
    of = {row.case_id: row.ledger for row in log}
    assert len(set(of.values())) == len(of) == 3
    assert {case.pk, other_case.pk, None} == set(of)


def test_what_is_rolled_back_leaves_no_entry(case: CaseFile) -> None:
    before = _count(), LedgerLeaf.objects.count()

    def fails() -> None:
        with transaction.atomic():
            actions.append(case=case, actor=None, kind="note", data={})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    assert (_count(), LedgerLeaf.objects.count()) == before


def test_a_value_no_entry_may_hold_changes_nothing(case: CaseFile) -> None:
    before = _count()

    def goes_on() -> None:
        with transaction.atomic():
            with pytest.raises(verify_ledger.LedgerError):
                actions.append(case=case, actor=None, kind="note", data={"share": 0.5})
            with pytest.raises(TransactionManagementError):
                actions.append(case=case, actor=None, kind="note", data={"share": 1})
            CaseFile.objects.update(name="without an entry")

    # the act is taken back with its entry, whoever kept the error to himself
    with pytest.raises(TransactionManagementError):
        goes_on()
    assert _count() == before


def test_hidden_values_stay_beside_the_entry(case: CaseFile) -> None:
    entry = actions.append(case=case, actor=None, kind="note", data={"a": 1}, hidden=[("name", "Nguyễn Thị A")])
    assert "Nguyễn Thị A".encode() not in bytes(entry.line)
    kept = LedgerHidden.objects.get(entry=entry)
    assert kept.values == [["name", "Nguyễn Thị A"]]
    (name, hash_) = entry.said["data"]["hidden"][0]
    hidden_by = verify_ledger.item_salt(bytes(kept.salt), 0)
    assert (name, hash_) == ("name", verify_ledger.commitment(hidden_by, "Nguyễn Thị A"))
    into_log.settle(connection)
    assert queries.verify().problems == []
    # neither a value nor the salt can be changed unseen, nor a row taken away or put beside an entry that names none
    place = LedgerLeaf.objects.get(entry=entry).index
    salt = bytes(kept.salt)
    changes: tuple[dict[str, Any], ...] = (
        {"values": [["name", "Trần Văn B"]]},
        {"salt": b"x" * 32},
        {"values": "x"},
        {"values": []},
    )
    for changed in changes:
        LedgerHidden.objects.filter(entry=entry).update(**{"salt": salt, "values": kept.values} | changed)
        for problems in (queries.verify().problems, queries.verify_tail()):
            assert problems == [queries.ledger.CHANGED_BESIDE % {"place": place}]
    LedgerHidden.objects.filter(entry=entry).update(salt=salt, values=kept.values)
    assert queries.verify_tail() == []
    kept.delete()
    for problems in (queries.verify().problems, queries.verify_tail()):
        assert problems == [queries.ledger.LOST_BESIDE % {"place": place}]
    # a disposal takes what was hidden before it: neither what comes after, nor why it was disposed of
    why = actions.append(case=case, actor=None, kind="disposal_drafted", data={}, hidden=[("reason", "Hết hạn")])
    actions.append(case=case, actor=None, kind="case_destroyed", data={})
    LedgerHidden.objects.filter(entry__case=case).exclude(entry=why).delete()
    into_log.settle(connection)
    assert queries.verify().problems == queries.verify_tail() == []
    later = actions.append(case=case, actor=None, kind="note", data={}, hidden=[("name", "Nguyễn Thị A")])
    LedgerHidden.objects.filter(entry__in=[why, later]).delete()
    into_log.settle(connection)
    places = LedgerLeaf.objects.filter(entry__in=[why, later]).order_by("index").values_list("index", flat=True)
    told = [queries.ledger.LOST_BESIDE % {"place": each} for each in places]
    assert queries.verify().problems == queries.verify_tail() == told


# --- the database refuses

TABLES = (LedgerEntry, LedgerLeaf, LedgerSubtree, LedgerCheckpoint, LedgerKey)


@pytest.mark.database
@pytest.mark.parametrize("model", TABLES, ids=lambda model: model.__name__)
def test_the_database_refuses_to_change_or_remove_a_row(log: list[LedgerEntry], model: Any) -> None:
    actions.make_checkpoint()
    LedgerSubtree.objects.create(level=8, index=0, hash=b"x")
    table = model._meta.db_table
    assert model.objects.exists()
    for statement in (f"DELETE FROM {table}", f'UPDATE {table} SET "{model._meta.pk.column}" = 99'):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


@pytest.mark.database
def test_the_trigger_that_gives_places_is_made_again(case: CaseFile) -> None:
    # what registering the case wrote waits for no trigger and no check any more: PostgreSQL alters no table before
    into_log.settle(connection)
    connection.check_constraints()
    with connection.cursor() as cursor:
        for statement in into_log.dropping(connection.vendor):
            cursor.execute(statement)
    assert into_log.is_lost(connection)
    into_log.make_again(using="default", plan=[])
    assert not into_log.is_lost(connection)
    entry = actions.append(case=case, actor=None, kind="note", data={})
    into_log.settle(connection)
    assert LedgerLeaf.objects.get(entry=entry).hash == bytes(entry.hash)


@pytest.mark.database
def test_whoever_acts_is_named_by_a_post_that_is_in_force(
    case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    clerk, other, today = people["outsider"], people["clerk_kv1"], timezone.localdate()
    before, after, now = today - dt.timedelta(days=1), today + dt.timedelta(days=1), timezone.now()
    Appointment.objects.filter(user__in=[clerk, other]).delete()
    kinds = [
        (clerk, "clerk", before, None, None),
        (clerk, "archivist", today, today, None),
        (clerk, "prosecutor", before, before, None),
        (clerk, "deputy", after, None, None),
        (clerk, "leader", before, after, now),
        (other, "leader", before, None, None),
    ]
    for user, role, starts_on, ends_on, ended_at in kinds:
        Appointment.objects.create(
            user=user, unit=units["QN-KV1"], role=role, starts_on=starts_on, ends_on=ends_on, ended_at=ended_at
        )
    # what is in force is what the register of posts says; the first of them, unless one is in the office of the case
    in_force = Appointment.objects.in_force(today).filter(user=clerk).order_by("pk")
    assert [*in_force.values_list("role", flat=True)] == ["clerk", "archivist"]
    before_it = LedgerEntry.objects.filter(case=case).latest("seq")
    entry = actions.append(case=case, actor=clerk, kind="note", data={})
    assert (entry.said["actor"]["unit"], entry.said["actor"]["role"]) == ("QN-KV1", "clerk")
    assert (entry.ledger, entry.seq, entry.said["prev"]) == (
        before_it.ledger,
        before_it.seq + 1,
        bytes(before_it.hash).hex(),
    )
    elsewhere = units["QN-KV3"]
    Appointment.objects.filter(user=clerk, role="clerk").update(unit=elsewhere)
    acts = [Act(case, {}), Act(None, {}), Act(case, {})]
    said = [each.said["actor"] for each in actions.append_each(actor=clerk, kind="note", acts=acts)]
    assert [(each["unit"], each["role"]) for each in said] == [
        ("QN-KV1", "archivist"),
        ("QN-KV3", "clerk"),
        ("QN-KV1", "archivist"),
    ]
    Appointment.objects.filter(user=clerk).delete()
    assert actions.append(case=case, actor=clerk, kind="note", data={}).said["actor"]["role"] is None
    into_log.settle(connection)
    assert queries.verify().problems == []


@pytest.mark.database
def test_what_the_database_writes_otherwise_is_taken_back(case: CaseFile) -> None:
    """A function that writes other words, an earlier moment or another hash leaves nothing of the act."""
    if connection.vendor != "postgresql":
        pytest.skip("on SQLite the program alone puts entries together")
    before = _count()

    def written_by(body: str) -> None:
        with transaction.atomic():
            with connection.cursor() as cursor:
                for statement in APPEND._replace(body=body).making():
                    cursor.execute(statement)
            actions.append(case=case, actor=None, kind="note", data={"text": "Tám"})

    changes = [
        ("said, ',", "replace(said, 'Tám', 'Chín'), ',"),
        ("GREATEST(dated, moment", "LEAST(dated, moment"),
        ("sha256('\\x00'::bytea || bytes)", "sha256(bytes)"),
    ]
    for was, becomes in changes:
        body = APPEND.body.replace(was, becomes)
        assert body != APPEND.body, was
        with pytest.raises(Unavailable, match="chưa được lưu"):
            written_by(body)
    written_by(APPEND.body)
    assert _count() == before + 1


# --- checkpoints


@pytest.mark.database
def test_a_checkpoint_signs_the_head_of_everything(log: list[LedgerEntry], key: str) -> None:
    made = actions.make_checkpoint()
    into_log.settle(connection)
    signed = verify_ledger.open_checkpoint(made.note.encode(), [verify_ledger.parse_key(key)])
    tree = verify_ledger.Tree()
    for leaf in LedgerLeaf.objects.order_by("index"):
        tree.add(0, bytes(leaf.hash))
    assert (signed.size, signed.root) == (_count(), tree.root())
    # the same head is signed once
    assert actions.make_checkpoint().pk == made.pk
    assert queries.verify().problems == []


def test_a_long_log_is_signed_from_what_is_kept(case: CaseFile, key: str) -> None:
    for size in (200, 300, 330):
        while queries.log_size() < size:
            actions.append(case=case, actor=None, kind="note", data={})
        made = actions.make_checkpoint()
        tree = verify_ledger.Tree()
        for leaf in LedgerLeaf.objects.order_by("index"):
            tree.add(0, bytes(leaf.hash))
        assert bytes(made.root) == tree.root()
    assert list(LedgerSubtree.objects.values_list("level", "index")) == [(8, 0)]
    proof = queries.prove(case, 123)
    assert verify_ledger.root_by_inclusion(bytes(proof.entry.hash), proof.leaf, 330, proof.path) == tree.root()
    assert queries.verify().checkpoints == 3


def test_an_entry_after_the_last_checkpoint_cannot_be_proven_yet(log: list[LedgerEntry], case: CaseFile) -> None:
    with pytest.raises(Conflict, match="chưa nằm trong điểm chốt nào"):
        queries.prove(case, 0)
    actions.make_checkpoint()
    assert queries.prove(case, 0).leaf == LedgerLeaf.objects.get(entry__case=case, entry__seq=0).index
    with pytest.raises(NotFound):
        queries.prove(case, 1000)


def _behind_the_back(statement: str, *values: Any) -> None:
    """Do what somebody does who owns the database."""
    append_only.unprotect(connection)
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        assert cursor.rowcount > 0


def _otherwise(entry: LedgerEntry) -> dict[str, bytes]:
    line, said = bytes(entry.line), entry.said
    deep = b"[" * 700 + '"\uf000"'.encode() + b"]" * 700
    return {
        "no JSON": b"x",
        "nested deeply": line.replace(b'"data":{', b'"data":{"aaa":%b,' % deep, 1),
        "no entry before": verify_ledger.canonical({name: said[name] for name in said if name != "prev"}),
        "a list": b"[]",
        "data that is a list": verify_ledger.canonical({**said, "data": []}),
        "half a letter": line.replace(b'"data":{', b'"data":{"aaa":"\\ud800",', 1),
    }


@pytest.mark.parametrize(
    "how", ["no JSON", "nested deeply", "no entry before", "a list", "data that is a list", "half a letter"]
)
def test_an_entry_nobody_can_read_is_told_with_its_place(how: str, log: list[LedgerEntry], case: CaseFile) -> None:
    """Its hash was computed anew by whoever put it there, and the checks go on with the others."""
    actions.make_checkpoint()
    entry = LedgerEntry.objects.filter(case=case).latest("seq")
    line = _otherwise(entry)[how]
    append_only.unprotect(connection)
    LedgerEntry.objects.filter(pk=entry.pk).update(line=line, hash=verify_ledger.leaf_hash(line))
    LedgerLeaf.objects.filter(entry=entry).update(hash=verify_ledger.leaf_hash(line))
    place = LedgerLeaf.objects.get(entry=entry).index
    tail, whole = queries.verify_tail(), queries.verify().problems
    assert any(each.startswith(f"Mục ở vị trí {place} đã bị sửa: ") for each in tail), tail
    assert any(each.startswith(f"Mục {place}: ") for each in whole), whole
    for problems in (tail, whole):
        assert any("điểm chốt" in each or "checkpoint" in each for each in problems), problems


TAMPERING: list[tuple[str, str]] = [
    ("UPDATE vks_ledger_entry SET line = hash WHERE seq = 1", "đã bị sửa: nội dung không khớp mã băm"),
    ('DELETE FROM vks_ledger_leaf WHERE "index" = 2', "Sổ cái thiếu mục ở vị trí 2"),
    (
        "UPDATE vks_ledger_checkpoint SET root = (SELECT hash FROM vks_ledger_entry WHERE id = (SELECT MAX(id) FROM vks_ledger_entry))",
        "bản ký và bản lưu khác nhau",
    ),
    ("UPDATE vks_ledger_checkpoint SET note = 'x'", "checkpoint không đúng định dạng"),
    ("UPDATE vks_ledger_entry SET kind = 'assigned' WHERE seq = 1", "bị sửa, khác với nội dung mục: kind"),
    ("UPDATE vks_ledger_entry SET at = '2020-01-01 00:00:00' WHERE seq = 1", "bị sửa, khác với nội dung mục: at"),
    ("UPDATE vks_ledger_entry SET seq = seq + 100 WHERE seq = 1", "bị sửa, khác với nội dung mục: seq"),
    (
        "UPDATE vks_ledger_entry SET ledger = '00000000000000000000000000000000' WHERE id = (SELECT MAX(id) FROM vks_ledger_entry)",
        "bị sửa, khác với nội dung mục: ledger",
    ),
    (
        "UPDATE vks_ledger_entry SET case_id = NULL WHERE case_id = (SELECT MIN(case_id) FROM vks_ledger_entry)",
        "Có nhiều sổ cái không gắn với vụ án nào",
    ),
    (
        "UPDATE vks_ledger_entry SET case_id = (SELECT MIN(case_id) FROM vks_ledger_entry) WHERE case_id IS NOT NULL",
        "có sổ bị gắn sang vụ án khác",
    ),
    (
        (
            "UPDATE vks_ledger_entry SET case_id = (SELECT MIN(case_id) FROM vks_ledger_entry) WHERE id = "
            "(SELECT MAX(id) FROM vks_ledger_entry WHERE case_id = (SELECT MAX(case_id) FROM vks_ledger_entry))"
        ),
        "bị gắn với vụ án khác các mục còn lại",
    ),
    (
        (
            "UPDATE vks_ledger_entry SET case_id = (SELECT MIN(case_id) + MAX(case_id) FROM vks_ledger_entry) - case_id "
            "WHERE case_id IS NOT NULL"
        ),
        "như mục đăng ký ghi, nhưng bị gắn với",
    ),
]


@pytest.mark.parametrize(("statement", "told"), TAMPERING)
def test_verify_tells_what_was_done_behind_its_back(log: list[LedgerEntry], statement: str, told: str) -> None:
    actions.make_checkpoint()
    assert queries.verify().problems == []
    _behind_the_back(statement)
    problems = queries.verify().problems
    assert any(told in problem for problem in problems), problems


def test_an_extract_is_of_the_case_it_was_asked_for(
    log: list[LedgerEntry], case: CaseFile, other_case: CaseFile, handed_out: Callable[..., Export]
) -> None:
    honest = handed_out("honest", case=case)
    status, told = honest.check()
    assert (status, f"Vụ án theo mục đăng ký (case, as registered): {case.code}\n" in told) == (0, True), told
    _behind_the_back(
        "UPDATE vks_ledger_entry SET case_id = %s - case_id WHERE case_id IS NOT NULL", case.pk + other_case.pk
    )
    status, told = handed_out("swapped", case=case).check()
    sentence = f"là của vụ án {case.code}, nhưng sổ"
    assert (status, sentence in told, f"của vụ án {other_case.code} như mục đăng ký" in told) == (1, True, True), told
    # nor does a case of which the entries were set aside go out as one that has none
    _behind_the_back("UPDATE vks_ledger_entry SET case_id = NULL WHERE case_id = %s", case.pk)
    with pytest.raises(Conflict, match="không có mục nào trong sổ cái nên không có gì để xuất"):
        handed_out("none", case=case)


def test_moments_and_acts_are_shown_as_the_entries_say_them(
    log: list[LedgerEntry], case: CaseFile, people: dict[str, User], client: Client
) -> None:
    client.force_login(people["chief_kv1"])
    address = f"/api/vks/cases/{case.code}/ledger/"

    def shown() -> list[tuple[str, str]]:
        return [(each["at"], each["act"]) for each in client.get(address).json()["results"]]

    honest, page = shown(), client.get(f"/vks/cases/{case.code}/record/ledger/").content
    _behind_the_back("UPDATE vks_ledger_entry SET at = '2020-01-01 00:00:00', kind = 'assigned'")
    assert shown() == honest
    assert b"01/01/2020" not in client.get(f"/vks/cases/{case.code}/record/ledger/").content
    assert page.count(b"<tr>") > 1


def test_a_last_entry_taken_away_is_found_by_the_checkpoint(log: list[LedgerEntry]) -> None:
    actions.make_checkpoint()
    last = LedgerLeaf.objects.order_by("-index")[0]
    _behind_the_back("DELETE FROM vks_ledger_hidden WHERE entry_id = %s", last.entry_id)
    _behind_the_back('DELETE FROM vks_ledger_leaf WHERE "index" = %s', last.index)
    _behind_the_back("DELETE FROM vks_ledger_entry WHERE id = %s", last.entry_id)
    assert any("Sổ bị cắt bớt" in problem for problem in queries.verify().problems)
    # nor does an entry of the same place hide it
    actions.append(case=None, actor=None, kind="note", data={})
    with pytest.raises(Conflict, match="không ký tiếp"):
        actions.make_checkpoint()


def test_an_entry_that_lost_its_place_is_told(log: list[LedgerEntry]) -> None:
    _behind_the_back('DELETE FROM vks_ledger_leaf WHERE "index" = (SELECT MAX("index") FROM vks_ledger_leaf)')
    assert any("1 mục không có vị trí" in problem for problem in queries.verify().problems)


def test_two_processes_find_what_one_finds(case: CaseFile, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks are made small, so that a short log is worth several."""
    lines = [bytes(actions.append(case=case, actor=None, kind="note", data={"n": number}).line) for number in range(40)]
    lines = [bytes(row.line) for row in LedgerEntry.objects.filter(case=case).order_by("seq")]
    one = verify_ledger.check_log(lines, sizes=[3, 17, len(lines)])
    monkeypatch.setattr(verify_ledger, "CHUNK", 4)
    two = verify_ledger.check_log(lines, sizes=[3, 17, len(lines)], processes=2)
    assert one == two
    assert one.problems == []
    changed = [*lines[:20], lines[20].replace(b'"kind":"', b'"kind":"x'), *lines[21:]]
    found = verify_ledger.check_log(changed, processes=2)
    assert found.problems == verify_ledger.check_log(changed).problems != []


# --- the key


def test_the_key_is_for_the_service_alone(
    db: None, caplog: pytest.LogCaptureFixture, settings: Settings, tmp_path: Path
) -> None:
    settings.VKS_LEDGER_KEY_FILE = str(tmp_path / "key")
    with caplog.at_level(logging.DEBUG):
        public, made = actions.ensure_key()
    assert made
    path = keys.key_path()
    assert path.stat().st_mode & 0o777 == 0o600
    secret = path.read_text().strip().split("+", 4)[4]
    assert secret not in caplog.text
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table.startswith("vks_"):
                cursor.execute(f'SELECT * FROM "{table}"')
                assert secret not in repr(cursor.fetchall())
    assert actions.ensure_key() == (public, False)
    assert [str(key) for key in queries.public_keys()] == [public]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o777])
def test_a_key_that_others_can_read_is_not_used(log: list[LedgerEntry], mode: int) -> None:
    keys.key_path().chmod(mode)
    with pytest.raises(Unavailable, match="mở cho tài khoản khác"):
        actions.make_checkpoint()
    assert not LedgerCheckpoint.objects.exists()


def test_no_key_no_checkpoint(case: CaseFile) -> None:
    with pytest.raises(Unavailable, match="vks_ledger key"):
        actions.make_checkpoint()


def test_another_key_in_the_place_of_ours_signs_nothing(log: list[LedgerEntry]) -> None:
    path = keys.key_path()
    path.unlink()
    keys.write_key(path, SigningKey.generate("vks-ledger/another"))
    with pytest.raises(Conflict, match="không phải khóa mà sổ cái đã ghi"):
        actions.make_checkpoint()


def test_a_key_that_is_there_is_never_overwritten(db: None) -> None:
    path = keys.key_path()
    keys.write_key(path, SigningKey.generate("vks-ledger/another"))
    before = path.read_bytes()
    with pytest.raises(Conflict, match="không ghi đè"):
        actions.ensure_key()
    assert path.read_bytes() == before
    assert not LedgerKey.objects.exists()


def test_after_a_change_of_key_both_are_known(log: list[LedgerEntry], key: str) -> None:
    first = actions.make_checkpoint()
    old_file = keys.key_path().read_bytes()
    later = actions.rotate_key()
    assert later != key
    assert [str(each) for each in queries.public_keys()] == [key, later]
    assert keys.key_path().read_bytes() != old_file
    assert not keys.next_path().exists()
    entry = LedgerEntry.objects.filter(kind=actions.KEY).order_by("-seq")[0]
    said = entry.said["data"]
    signed = said.pop("signed")
    assert said == {"before": key, "public": later, "signed_by_the_one_before": True}
    text = verify_ledger.change_text(verify_ledger.parse_key(key).name, key, later)
    assert [keys.read_key(keys.key_path()).signature_of(text)] == signed[-1:]
    assert len(signed) == 2
    # the head after the change is vouched for by both
    second = queries.last_checkpoint()
    assert second is not None
    assert second.size > first.size
    for each in (key, later):
        verify_ledger.open_checkpoint(second.note.encode(), [verify_ledger.parse_key(each)])
    actions.append(case=None, actor=None, kind="note", data={})
    third = actions.make_checkpoint()
    with pytest.raises(verify_ledger.LedgerError):
        verify_ledger.open_checkpoint(third.note.encode(), [verify_ledger.parse_key(key)])
    assert queries.verify().problems == []


def test_a_head_is_signed_by_the_key_that_signs_once_its_size_is_known(
    log: list[LedgerEntry], key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key is changed while another process is about to sign: the old one is no signer of what comes after the change."""
    later: list[str] = []
    real = queries.log_size

    def meanwhile() -> int:
        if not later:
            later.append("")
            later.append(actions.rotate_key())
            actions.append(case=None, actor=None, kind="note", data={})
            into_log.settle(connection)
        return real()

    monkeypatch.setattr("vks_plugin.custody.actions.ledger.log_size", meanwhile)
    made = actions.make_checkpoint()
    assert made.size == real()
    verify_ledger.open_checkpoint(made.note.encode(), [verify_ledger.parse_key(later[1])])
    with pytest.raises(verify_ledger.LedgerError):
        verify_ledger.open_checkpoint(made.note.encode(), [verify_ledger.parse_key(key)])


def test_of_two_who_change_the_key_at_once_one_waits(log: list[LedgerEntry], key: str) -> None:
    with held_alone(configuration().data_dir / "ledger-key.lock"), pytest.raises(Conflict):
        actions.rotate_key(lost=True)
    assert [str(each) for each in queries.public_keys()] == [key]
    assert not keys.next_path().exists()
    assert actions.rotate_key() != key


def test_a_lost_key_is_replaced_and_the_entry_says_so(log: list[LedgerEntry], key: str) -> None:
    keys.key_path().unlink()
    with pytest.raises(Unavailable):
        actions.rotate_key()
    later = actions.rotate_key(lost=True)
    entry = LedgerEntry.objects.filter(kind=actions.KEY).order_by("-seq")[0]
    said = entry.said["data"]
    signed = said.pop("signed")
    assert said == {"before": key, "public": later, "signed_by_the_one_before": False}
    text = verify_ledger.change_text(verify_ledger.parse_key(key).name, key, later)
    assert [keys.read_key(keys.key_path()).signature_of(text)] == signed[-1:]
    assert len(signed) == 1
    assert queries.verify().problems == []


def test_a_change_of_key_that_was_cut_off_is_finished(log: list[LedgerEntry], key: str) -> None:
    path = keys.key_path()
    old = path.read_bytes()
    later = actions.rotate_key()
    # as it was before the file took its place
    path.rename(keys.next_path())
    path.write_bytes(old)
    path.chmod(0o600)
    actions.append(case=None, actor=None, kind="note", data={})
    verify_ledger.open_checkpoint(actions.make_checkpoint().note.encode(), [verify_ledger.parse_key(later)])
    assert path.read_bytes() != old


@pytest.mark.parametrize("old_file", [True, False])
def test_a_key_the_ledger_names_is_not_removed_as_lost(log: list[LedgerEntry], key: str, *, old_file: bool) -> None:
    path, coming = keys.key_path(), keys.next_path()
    old = path.read_bytes()
    later = actions.rotate_key()
    path.rename(coming)
    if old_file:
        path.write_bytes(old)
        path.chmod(0o600)
    with pytest.raises(Conflict, match="chưa mất"):
        actions.rotate_key(lost=True)
    assert (str(keys.read_key(coming).public), LedgerKey.objects.count()) == (later, 2)
    # what the sentence says to do
    actions.make_checkpoint()
    assert (str(keys.read_key(path).public), coming.exists()) == (later, False)
    # nor is one of which nobody can tell what it holds; one that was never recorded is in nobody's way
    keys.write_key(coming, SigningKey.generate("vks-ledger/left"))
    coming.chmod(0o640)
    for lost in (True, False):
        with pytest.raises(Conflict, match="cất tệp ấy đi"):
            actions.rotate_key(lost=lost)
    assert coming.exists()
    coming.chmod(0o600)
    assert actions.rotate_key(lost=True) == LedgerKey.objects.latest("pk").text
    assert (coming.exists(), queries.verify().problems) == (False, [])


def test_a_change_of_key_that_fails_leaves_the_old_one(log: list[LedgerEntry], key: str) -> None:
    actions.make_checkpoint()
    _behind_the_back(
        "UPDATE vks_ledger_checkpoint SET root = (SELECT hash FROM vks_ledger_entry WHERE id = (SELECT MAX(id) FROM vks_ledger_entry))"
    )
    # PostgreSQL alters no table that waits for a check
    into_log.settle(connection)
    connection.check_constraints()
    append_only.protect(connection)
    before = keys.key_path().read_bytes(), _count()
    with pytest.raises(Conflict, match="không ký tiếp"):
        actions.rotate_key()
    assert (keys.key_path().read_bytes(), _count()) == before
    assert not keys.next_path().exists()
    assert [str(each) for each in queries.public_keys()] == [key]


# --- commands


def _run(*words: str) -> str:
    out = StringIO()
    call_command("vks_ledger", *words, stdout=out)
    return out.getvalue()


def test_the_commands(log: list[LedgerEntry], case: CaseFile, tmp_path: Path, key: str) -> None:
    assert f"Sổ cái nguyên vẹn: {len(log)} mục của 3 sổ, 0 điểm chốt." in _run("verify")
    assert _run("checkpoint").startswith(verify_ledger.parse_key(key).name)
    assert json.loads(_run("checkpoint", "--json"))["size"] == len(log)
    assert json.loads(_run("verify", "--json")) == {"entries": len(log), "ledgers": 3, "checkpoints": 1, "problems": []}
    assert json.loads(_run("prove", "--case", case.code, "--seq", "1"))["leaf"] == queries.prove(case, 1).leaf
    _run("prove", "--case", case.code, "--seq", "1", "--out", str(tmp_path / "proof.json"))
    assert verify_ledger.main([str(tmp_path / "proof.json")]) == 0
    assert "chốt ở" in _run("export", str(tmp_path / "all"))
    assert verify_ledger.main([str(tmp_path / "all")]) == 0
    assert key in _run("key")
    assert _run("key", "--rotate", "--json") != ""
    assert "Sổ cái nguyên vẹn" in _run("verify", "--processes", "1")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["prove"], "--seq"),
        (["prove", "--case", "HS-KHONG-CO", "--seq", "0"], "Không có vụ án mã HS-KHONG-CO"),
        (["prove", "--seq", "0", "--since", "3"], "--since"),
        (["prove", "--since", "3"], "không có điểm chốt nào ở 3 mục"),
        (["export"], "thư mục sẽ ghi"),
        (["export", "x", "--show", "note"], "chỉ dùng cùng --case"),
        (["key", "--lost"], "chỉ dùng cùng --rotate"),
    ],
)
def test_a_command_that_cannot_be_done_says_so(db: None, words: list[str], told: str) -> None:
    with pytest.raises(CommandError, match=re.escape(told)):
        _run(*words)


def test_verify_fails_loudly(log: list[LedgerEntry]) -> None:
    actions.make_checkpoint()
    _behind_the_back("UPDATE vks_ledger_entry SET line = hash WHERE seq = 1")
    with pytest.raises(CommandError, match="Sổ cái không nguyên vẹn"):
        _run("verify")


def test_an_export_overwrites_nothing(log: list[LedgerEntry], tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "letter").write_text("x")
    with pytest.raises(CommandError, match="đã có nội dung"):
        _run("export", str(tmp_path / "there"))
    assert [each.name for each in (tmp_path / "there").iterdir()] == ["letter"]
    assert [each.name for each in tmp_path.iterdir()] == ["there"]


def test_an_export_without_a_key_leaves_nothing(case: CaseFile, tmp_path: Path) -> None:
    actions.append(case=case, actor=None, kind="note", data={})
    with pytest.raises(CommandError, match="Chưa có khóa"):
        _run("export", str(tmp_path / "new"))
    assert list(tmp_path.iterdir()) == []


def test_the_export_holds_every_checkpoint(log: list[LedgerEntry], handed_out: Callable[..., Export]) -> None:
    actions.make_checkpoint()
    actions.append(case=None, actor=None, kind="note", data={})
    export = handed_out()
    assert len(export.lines("checkpoints.jsonl")) == 1
    assert export.check()[0] == 0
    forged = json.loads(export.lines("checkpoints.jsonl")[0])
    forged["note"] = re.sub(r"\n\d+\n", "\n2\n", forged["note"], count=1)
    export.write([json.dumps(forged).encode()], "checkpoints.jsonl")
    assert export.check()[0] == 1
