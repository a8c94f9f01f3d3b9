"""The ledger: its key, its checkpoints, its newest entries."""

from __future__ import annotations

import datetime as dt
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import TestCase
from django.utils import timezone
from documents.models import Document

from tests.disposal.conftest import archived, carried_out, ready
from tests.doctor.treatment import Ward, treats
from vks_plugin import append_only
from vks_plugin.access import actions as access
from vks_plugin.custody import actions, heads, into_log, keys, queries, verify_ledger
from vks_plugin.custody.checkpoint import SigningKey
from vks_plugin.custody.models import FixityFinding, Holding, LedgerEntry
from vks_plugin.disposal import actions as disposal
from vks_plugin.disposal.models import Tombstone

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from tests.people import FiledCase
    from vks_plugin.cases.models import CaseFile

pytestmark = pytest.mark.django_db


@treats("ledger-key")
def test_without_a_key_the_doctor_says_how_to_make_one(ward: Ward, case: CaseFile) -> None:
    result = ward.sick("ledger-key", "warning")
    ward.follow(result)
    ward.sound("ledger-key")


def test_a_key_others_can_read_is_found_and_closed(ward: Ward, case: CaseFile, key: str) -> None:
    ward.sound("ledger-key")
    keys.key_path().chmod(0o644)
    result = ward.sick("ledger-key", "error")
    ward.follow(result)
    ward.sound("ledger-key")


@pytest.mark.parametrize("what", ["gone", "another"])
def test_a_key_that_is_not_the_one_is_found(ward: Ward, case: CaseFile, key: str, what: str) -> None:
    keys.key_path().unlink()
    if what == "another":
        keys.write_key(keys.key_path(), SigningKey.generate("vks-ledger/another"))
    result = ward.sick("ledger-key", "error")
    ward.follow(result)
    ward.sound("ledger-key")


@treats("ledger-checkpoint")
def test_entries_that_stay_unsigned_are_told(ward: Ward, case: CaseFile, key: str) -> None:
    ward.sound("ledger-checkpoint")
    with time_machine.travel(timezone.now() + dt.timedelta(days=4), tick=False):
        result = ward.sick("ledger-checkpoint", "warning")
        ward.follow(result)
        ward.sound("ledger-checkpoint")


@treats("ledger-heads")
def test_heads_that_are_not_remembered_or_contradict_the_ledger_are_told(
    ward: Ward, case: CaseFile, key: str, people: dict[str, User]
) -> None:
    ward.sound("ledger-heads")
    actions.make_checkpoint()
    result = ward.sick("ledger-heads", "warning")
    with TestCase.captureOnCommitCallbacks(execute=True):
        ward.follow(result)
    ward.sound("ledger-heads")
    backup = transaction.savepoint()
    actions.append(case=case, actor=None, kind="note", data={})
    actions.make_checkpoint()
    actions.remember_heads()
    transaction.savepoint_rollback(backup)
    result = ward.sick("ledger-heads", "error")
    assert "phục hồi từ bản sao lưu cũ" in result.sentence
    call_command(
        "vks_ledger", "restored", "--by", people["chief_province"].username, "--reason", "x", stdout=StringIO()
    )
    with TestCase.captureOnCommitCallbacks(execute=True):
        call_command("vks_ledger", "checkpoint", stdout=StringIO())
    # whether or not a leader wrote it
    assert "mục 2 ngày" in ward.sick("ledger-heads", "warning").sentence
    with time_machine.travel(timezone.now() + dt.timedelta(days=31)):
        ward.sound("ledger-heads")
    heads.heads_path().unlink()
    assert "không được ký tiếp" in ward.sick("ledger-heads", "error").sentence
    call_command("vks_ledger", "heads", "--by", people["chief_province"].username, "--reason", "x", stdout=StringIO())
    with time_machine.travel(timezone.now() + dt.timedelta(days=31)):
        ward.sound("ledger-heads")
    heads.heads_path().unlink()
    heads.heads_path().mkdir()
    assert "Không đọc được" in ward.sick("ledger-heads", "error").sentence


_TAMPERING = (
    "UPDATE vks_ledger_entry SET line = hash WHERE seq = 2",
    "UPDATE vks_ledger_checkpoint SET root = (SELECT hash FROM vks_ledger_entry WHERE id = (SELECT MAX(id) FROM vks_ledger_entry))",
    'DELETE FROM vks_ledger_leaf WHERE "index" = (SELECT MAX("index") FROM vks_ledger_leaf)',
    "UPDATE vks_ledger_entry SET kind = 'assigned' WHERE seq = 2",
    "UPDATE vks_ledger_entry SET case_id = NULL WHERE case_id = (SELECT MIN(case_id) FROM vks_ledger_entry)",
    (
        "UPDATE vks_ledger_entry SET case_id = (SELECT MIN(case_id) + MAX(case_id) FROM vks_ledger_entry) - case_id "
        "WHERE case_id IS NOT NULL"
    ),
)


@treats("ledger-tail")
@pytest.mark.parametrize("statement", _TAMPERING)
def test_what_was_changed_behind_its_back_is_found(ward: Ward, log: list[Any], statement: str) -> None:
    actions.make_checkpoint()
    actions.append(case=None, actor=None, kind="note", data={})
    # PostgreSQL gives places when the transaction ends, which that of a test does only after it
    into_log.settle(connection)
    ward.sound("ledger-tail")
    assert queries.verify_tail() == []
    into_log.settle(connection)
    # PostgreSQL alters no table that waits for a check or a trigger
    connection.check_constraints()
    append_only.unprotect(connection)
    with connection.cursor() as cursor:
        cursor.execute(statement)
        assert cursor.rowcount > 0
    connection.check_constraints()
    append_only.protect(connection)
    assert "nguyên vẹn" in ward.sick("ledger-tail", "error").sentence


def test_a_link_that_was_broken_is_found_without_reading_the_whole(log: list[Any], case: CaseFile) -> None:
    """A last entry is put in again with another predecessor, hash and leaf made to fit."""
    entry = LedgerEntry.objects.filter(case=case).order_by("-seq")[0]
    forged = bytes(entry.line).replace(entry.said["prev"].encode(), b"ab" * 32)
    assert forged != bytes(entry.line)
    into_log.settle(connection)
    # PostgreSQL alters no table that waits for a check or a trigger
    connection.check_constraints()
    append_only.unprotect(connection)
    with connection.cursor() as cursor:
        hash_ = verify_ledger.leaf_hash(forged)
        cursor.execute("UPDATE vks_ledger_entry SET line = %s, hash = %s WHERE id = %s", [forged, hash_, entry.pk])
        cursor.execute("UPDATE vks_ledger_leaf SET hash = %s WHERE entry_id = %s", [hash_, entry.pk])
    connection.check_constraints()
    append_only.protect(connection)
    assert any("không nối với mục trước" in problem for problem in queries.verify_tail())


@treats("fixity")
def test_files_that_are_not_as_recorded_are_told_until_a_leader_closes_it(
    ward: Ward, filed_case: FiledCase, people: dict[str, User]
) -> None:
    ward.sound("fixity")
    path = filed_case.documents[0].document.source_path
    kept = path.read_bytes()
    path.write_bytes(kept + b"x")
    with pytest.raises(CommandError, match="1 tệp không như đã ghi"):
        call_command("vks_fixity", "--all", stdout=StringIO())
    result = ward.sick("fixity", "error")
    path.write_bytes(kept)
    call_command("vks_fixity", "--all", stdout=StringIO())
    # the file is as it was, and the alarm stays until a leader says why
    ward.sick("fixity", "error")
    ward.follow(result)
    actions.close_finding(
        actor=people["chief_kv1"], finding=FixityFinding.objects.get().pk, reason="Đã trả tệp từ bản sao lưu"
    )
    ward.sound("fixity")
    with time_machine.travel(timezone.now() + dt.timedelta(days=61), tick=False):
        result = ward.sick("fixity", "warning")
        ward.follow(result)
        ward.sound("fixity")


@treats("disposals")
def test_a_disposal_that_was_cut_off_and_a_document_that_came_back_are_told(
    ward: Ward, filed_case: FiledCase, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    archived(filed_case.case, people["prosecutor_kv1"])
    archivist = people["outsider"]
    access.record_appointment(actor=people["chief_kv1"], user=archivist, unit=filed_case.case.unit, role="archivist")
    row = ready(archivist, people, filed_case.case.code)
    ward.sound("disposals")
    with monkeypatch.context() as patch:
        # a folder that is not ours to write in
        patch.setattr(disposal, "remove_files", list)
        carried_out(archivist, row)
    assert row.state == "chua_xong"
    result = ward.sick("disposals", "error")
    assert f"/vks/archive/disposals/{row.pk}/" in result.mend
    carried_out(archivist, row)
    ward.sound("disposals")
    document, *_rest, sha256, _files = Tombstone.objects.get().files[0]
    back = Document.objects.create(pk=document, checksum=sha256, mime_type="application/pdf", title="", content="")
    result = ward.sick("disposals", "error")
    assert str(document) in result.sentence
    ward.follow(result)
    ward.sound("disposals")
    assert not Document.global_objects.filter(pk=back.pk).exists()
    # as a version left it that did not end what was kept
    case = filed_case.case
    case.refresh_from_db()
    since = timezone.now() - dt.timedelta(days=9)
    kept = Holding.objects.create(case=case, part="hsva", unit=case.unit, since=since, cause=Holding.Cause.STATED)
    result = ward.sick("disposals", "warning")
    assert case.code in result.sentence
    for _twice in range(2):
        ward.follow(result)
    ward.sound("disposals")
    kept.refresh_from_db()
    assert kept.until == case.destroyed_at
