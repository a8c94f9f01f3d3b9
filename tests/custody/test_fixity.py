"""Stored files beside what was recorded of them: what is told, and what is no alarm."""

from __future__ import annotations

import json
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from documents.models import Document

from vks_plugin.cases.models import CaseDocument
from vks_plugin.conf import configuration
from vks_plugin.custody.actions import check_files, close_finding, fixity
from vks_plugin.custody.models import FixityFinding, FixityRun, LedgerEntry
from vks_plugin.custody.queries import is_due, open_findings
from vks_plugin.custody.tasks import compare_files
from vks_plugin.errors import BadInput, Conflict, NotAllowed
from vks_plugin.hashing import sha256_of
from vks_plugin.host import stored
from vks_plugin.management.commands.vks_fixity import Command
from vks_plugin.working import held_alone

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from tests.people import FiledCase

pytestmark = pytest.mark.django_db


def _found(run: FixityRun) -> list[tuple[str, int | None, bool]]:
    return [(each.kind, each.document_id, each.archive) for each in run.findings.order_by("pk")]


def _said(kind: str) -> dict[str, Any]:
    data: dict[str, Any] = LedgerEntry.objects.filter(kind=kind).order_by("-pk")[0].said["data"]
    return data


def test_each_kind_of_harm_is_told_apart(filed_case: FiledCase, people: dict[str, User]) -> None:
    clean = check_files()
    documents = CaseDocument.objects.count()
    assert (_found(clean), clean.documents) == ([], documents)
    assert clean.files >= documents
    assert clean.octets > 0
    changed, missing = (Document.objects.get(pk=each.document_id) for each in filed_case.documents[:2])
    whose = filed_case.internal.document
    changed.source_path.write_bytes(changed.source_path.read_bytes()[:-1] + b"?")
    missing.source_path.unlink()
    # a folder in the place of a file cannot be read, whoever asks
    whose.source_path.unlink()
    whose.source_path.mkdir()
    stray = Path(settings.ORIGINALS_DIR) / "la.pdf"
    stray.write_bytes(b"stray")
    long_ago = time.time() - 2 * stored.SETTLED_AFTER
    os.utime(stray, (long_ago, long_ago))
    # one that is only now coming in is nobody's yet
    (Path(settings.ORIGINALS_DIR) / "moi.pdf").write_bytes(b"new")
    run = check_files()
    assert sorted(_found(run), key=str) == sorted(
        [
            ("changed", changed.pk, False),
            ("missing", missing.pk, False),
            ("unreadable", whose.pk, False),
            ("extra", None, False),
        ],
        key=str,
    )
    assert run.findings.get(kind="extra").path == str(stray)
    assert run.findings.get(kind="changed").expected == changed.checksum
    said = _said("fixity_checked")
    assert (said["fixity_run"], said["documents"]) == (run.pk, documents)
    assert [said[f"files_{kind}"] for kind in FixityFinding.Kind.values] == [1, 1, 1, 1]
    # of one case, only its own, and no strays
    assert {kind for kind, *_rest in _found(check_files(case=filed_case.case))} == {"changed", "missing", "unreadable"}
    alarm = run.findings.get(kind="extra")
    chief = people["chief_province"]
    # for leaders alone: of the province where there is no case, else of the office that has the case
    whose_case = run.findings.get(kind="changed")
    refused = [
        (alarm, "chief_kv1"),
        (alarm, "admin_province"),
        (whose_case, "prosecutor_kv1"),
        (whose_case, "chief_kv3"),
        (whose_case, "locked"),
    ]
    for finding, who in refused:
        with pytest.raises(NotAllowed):
            close_finding(actor=people[who], finding=finding.pk, reason="Tệp thử của quản trị")
    assert not run.findings.filter(closed_at__isnull=False).exists()
    with pytest.raises(BadInput):
        close_finding(actor=chief, finding=alarm.pk, reason=" ")
    close_finding(actor=chief, finding=alarm.pk, reason="Tệp thử của quản trị")
    with pytest.raises(Conflict):
        close_finding(actor=chief, finding=alarm.pk, reason="lần nữa")
    assert _said("fixity_closed")["finding"] == alarm.pk
    assert set(open_findings().values_list("kind", flat=True)) == {"changed", "missing", "unreadable"}


def test_a_record_changed_together_with_the_file_is_told(filed_case: FiledCase) -> None:
    """Who writes another file and the host's checksum of it does not know of what was recorded at filing."""
    document = filed_case.documents[0].document
    document.source_path.write_bytes(b"other")
    Document.objects.filter(pk=document.pk).update(checksum=fixity.Pace().sha256(document.source_path))
    run = check_files()
    assert _found(run) == [("changed", document.pk, False)]
    assert run.findings.get().expected == filed_case.documents[0].sha256


def _with_archive_copy(document: Document) -> Path:
    path = Path(settings.ARCHIVE_DIR) / f"{document.pk}.pdf"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"old")
    Document.objects.filter(pk=document.pk).update(archive_filename=path.name, archive_checksum=sha256_of(path))
    return path


def _moved(document: Document, name: str) -> Callable[[], int]:
    """Move a file as the host does, and return what then writes the row of it; by its time it has long been there."""
    place = document.source_path.with_name(name)
    document.source_path.rename(place)
    long_ago = time.time() - 2 * stored.SETTLED_AFTER
    os.utime(place, (long_ago, long_ago))
    document.filename = str(place.relative_to(settings.ORIGINALS_DIR))
    return partial(Document.objects.filter(pk=document.pk).update, filename=document.filename)


def test_what_the_host_is_at_work_on_is_no_alarm_and_real_harm_beside_it_is(
    filed_case: FiledCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The host moves a file, or replaces an archive copy, and writes the row of it a moment later."""
    moved, renewed, lost = (Document.objects.get(pk=each.document_id) for each in filed_case.documents[:3])
    copy = _with_archive_copy(renewed)
    copy.write_bytes(b"new")
    under_way: list[Callable[[], int]] = [
        _moved(moved, "mot.pdf"),
        partial(Document.objects.filter(pk=renewed.pk).update, archive_checksum=sha256_of(copy)),
    ]
    lost.source_path.unlink()
    waits = []

    def meanwhile(since: float) -> None:
        """End what was under way; once, the same file is being moved again when it is looked at again."""
        waits.append(since)
        while under_way:
            under_way.pop()()
        if len(waits) == 1:
            under_way.append(_moved(moved, "hai.pdf"))

    monkeypatch.setattr(fixity, "_wait", meanwhile)
    run = check_files()
    assert _found(run) == [("missing", lost.pk, False)]
    assert len(waits) == 2
    assert run.files == len(stored.stored_files(CaseDocument.objects.values_list("document_id", flat=True)))


def test_a_file_that_is_moved_while_all_are_listed_is_not_nobodys(
    filed_case: FiledCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = Document.objects.get(pk=filed_case.documents[0].document_id)
    listed, under_way = stored.nobodys_files, list[Callable[[], int]]()

    def just_then(*among: Any) -> Iterator[Path]:
        if not among:
            under_way.append(_moved(moved, "mot.pdf"))
        return listed(*among)

    monkeypatch.setattr(fixity, "nobodys_files", just_then)
    monkeypatch.setattr(fixity, "_wait", lambda _since: under_way.pop()())
    assert _found(check_files()) == []
    assert not under_way


def test_what_keeps_changing_is_an_alarm_in_the_end(filed_case: FiledCase, monkeypatch: pytest.MonkeyPatch) -> None:
    document = Document.objects.get(pk=filed_case.documents[0].document_id)
    copy = _with_archive_copy(document)
    looks = []

    def meanwhile(since: float) -> None:
        looks.append(since)
        copy.write_bytes(b"x" * len(looks))

    monkeypatch.setattr(fixity, "_wait", meanwhile)
    copy.write_bytes(b"other")
    assert _found(check_files(case=filed_case.case)) == [("changed", document.pk, True)]
    assert len(looks) == fixity._LOOKS


def test_some_time_passes_before_what_differs_is_looked_at_again(
    filed_case: FiledCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = filed_case.documents[0].document
    place = document.source_path.with_name("cho-moi.pdf")
    wait, waited = fixity._wait, []

    def beside(since: float) -> None:
        """Wait, while another thread brings the file back."""
        back = threading.Timer(0.05, place.rename, [document.source_path])
        back.start()
        wait(since)
        waited.append(time.monotonic() - since)
        back.join()

    monkeypatch.setattr(fixity, "_SETTLES", 0.4)
    monkeypatch.setattr(fixity, "_wait", beside)
    check_files(case=filed_case.case)
    assert waited == [], "nobody waits where nothing differs"
    document.source_path.rename(place)
    assert _found(check_files(case=filed_case.case)) == []
    assert len(waited) == 1
    assert waited[0] >= 0.4


def test_what_was_put_aside_when_a_run_broke_off_is_compared_again(
    filed_case: FiledCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fixity, "_AT_ONCE", 1)
    monkeypatch.setattr(fixity, "_SETTLES", 60)
    second = filed_case.documents[1]
    second.document.source_path.unlink()
    monkeypatch.setattr(fixity, "_wait", Mock(side_effect=KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        check_files(case=filed_case.case)
    cut = FixityRun.objects.get()
    assert cut.behind < second.pk
    assert _found(cut) == []
    monkeypatch.setattr(fixity, "_wait", lambda _since: None)
    run = check_files(case=filed_case.case, resume=True)
    assert (run.pk, run.documents) == (cut.pk, filed_case.case.documents.count())
    assert _found(run) == [("missing", second.document_id, False)]


def test_one_process_alone_works_on_a_run(filed_case: FiledCase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fixity, "_AT_ONCE", 1)
    cut = check_files(seconds=0)
    with held_alone(configuration().data_dir / "fixity" / "all.lock") as alone:
        assert alone
        compare_files()
        for words in (("--all",), ("--all", "--resume")):
            with pytest.raises(CommandError, match="Đang có một lần đối chiếu khác"):
                call_command("vks_fixity", *words, stdout=StringIO())
        run = FixityRun.objects.get()
        assert (run.pk, run.documents, run.finished_at) == (cut.pk, 1, None)
        assert not LedgerEntry.objects.filter(kind="fixity_checked").exists()
        # one case alone is another matter
        call_command("vks_fixity", "--case", filed_case.case.code, stdout=StringIO())
    compare_files()
    run.refresh_from_db()
    assert (run.documents, run.finished_at is not None) == (CaseDocument.objects.count(), True)


def test_a_run_goes_on_where_it_was_cut_off(filed_case: FiledCase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fixity, "_AT_ONCE", 1)
    filed_case.documents[0].document.source_path.unlink()
    cut = check_files(seconds=0)
    assert (cut.finished_at, cut.documents) == (None, 1)
    assert is_due(30)
    # what beat sends goes on with what is there
    compare_files()
    run = FixityRun.objects.get()
    assert (run.pk, run.documents) == (cut.pk, CaseDocument.objects.count())
    assert run.finished_at is not None
    assert _found(run) == [("missing", filed_case.documents[0].document_id, False)]
    assert not is_due(30)


def test_no_more_is_read_than_allowed(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(3 << 20))
    began = time.monotonic()
    pace = fixity.Pace(10 << 20)
    pace.sha256(path)
    assert time.monotonic() - began >= 0.2
    assert pace.octets == 3 << 20


def test_the_command(filed_case: FiledCase, people: dict[str, User]) -> None:
    out = StringIO()
    call_command("vks_fixity", "--case", filed_case.case.code, "--json", stdout=out)
    assert json.loads(out.getvalue())["findings"] == []
    # no limit is asked for by its number, too; less than none is a slip
    call_command("vks_fixity", "--case", filed_case.case.code, "--limit-rate", "0", stdout=StringIO())
    assert "không hạn chế" in re.sub(r"\s+", " ", Command().create_parser("manage.py", "vks_fixity").format_help())
    with pytest.raises(CommandError, match="từ 1; 0 là không hạn chế"):
        call_command("vks_fixity", "--case", filed_case.case.code, "--limit-rate=-5", stdout=StringIO())
    filed_case.documents[0].document.source_path.unlink()
    out = StringIO()
    with pytest.raises(CommandError, match="1 tệp không như đã ghi"):
        call_command("vks_fixity", "--all", "--limit-rate", "100", stdout=out)
    assert "bị mất" in out.getvalue()
    finding = str(FixityFinding.objects.get().pk)
    words = ["--close", finding, "--reason", "Đã phục hồi"]
    for who, why in (("locked", "Không có tài khoản đang hoạt động"), ("clerk_kv1", "Chỉ lãnh đạo đơn vị thụ lý")):
        with pytest.raises(CommandError, match=why):
            call_command("vks_fixity", *words, "--by", who)
    with pytest.raises(CommandError, match="--by"):
        call_command("vks_fixity", *words)
    assert FixityFinding.objects.get().closed_at is None
    call_command("vks_fixity", *words, "--by", "chief_kv1", stdout=StringIO())
    assert FixityFinding.objects.get().closed_by == people["chief_kv1"]
    with pytest.raises(CommandError, match="Không có vụ án mã"):
        call_command("vks_fixity", "--case", "HS-KHONG-CO")
