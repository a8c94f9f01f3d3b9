"""Alarms of stored files reach the leaders of the office, on the page and through the API, and nobody else."""

from __future__ import annotations

import os
import time
import uuid
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from kombu.exceptions import OperationalError
from rest_framework.test import APIClient

from tests.web.conftest import Page
from vks_plugin.cases.models import CaseDocument
from vks_plugin.conf import configuration
from vks_plugin.court.bundle import path_of_volume
from vks_plugin.court.deck.models import DeckExport, Presentation
from vks_plugin.court.kept import folders_of_made
from vks_plugin.court.models import Bundle, Redaction, RedactionWork
from vks_plugin.court.redaction import Mark
from vks_plugin.court.redactions import redact_document
from vks_plugin.court.words import Box
from vks_plugin.custody.actions import check_files, close_finding, fixity
from vks_plugin.custody.actions.fixity import request_check, stop_check
from vks_plugin.custody.models import Accession, AccessionItem, FixityFinding, FixityRun, LedgerEntry
from vks_plugin.custody.queries.fixity import LOST, alarms_for, case_of, state_of
from vks_plugin.custody.tasks import compare_as_asked, compare_files
from vks_plugin.disposal.models import DestructionBatch
from vks_plugin.errors import Conflict, NotAllowed, Unavailable
from vks_plugin.hashing import sha256_of
from vks_plugin.host import stored

if TYPE_CHECKING:
    from django.core.mail import EmailMessage
    from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks, Settings

    from tests.people import FiledCase

pytestmark = pytest.mark.django_db


def test_alarms_reach_leaders_who_close_them(filed_case: FiledCase, people: dict[str, User], client: Client) -> None:
    broken = filed_case.documents[0].document
    broken.source_path.write_bytes(b"other")
    stray = Path(settings.ORIGINALS_DIR) / "la.pdf"
    stray.write_bytes(b"stray")
    long_ago = time.time() - 2 * stored.SETTLED_AFTER
    os.utime(stray, (long_ago, long_ago))
    check_files()
    changed, extra = (FixityFinding.objects.get(kind=kind) for kind in ("changed", "extra"))
    at, rest = "/vks/archive/fixity/", "/api/vks/fixity-alarms/"

    def told(key: str) -> tuple[set[int], str]:
        """Return the alarms somebody is told of through the API, and the page."""
        api = APIClient()
        api.force_login(people[key])
        client.force_login(people[key])
        page = client.get(at)
        # who runs the machines is told how many files differ, of all cases
        assert page.status_code == (200 if key in {*leaders, "admin_province"} else 403), key
        return {row["id"] for row in api.get(rest).json()["results"]}, Page(page).text

    leaders = ("chief_kv1", "deputy_kv1", "chief_kv3", "chief_province", "deputy_province")
    for key in ("chief_kv1", "deputy_kv1"):
        found, text = told(key)
        assert found == {changed.pk}
        assert filed_case.case.code in text
        assert str(broken.source_path) in text
        assert "la.pdf" not in text
        assert "Lưu trữ 1 " in text
    for key in ("chief_province", "deputy_province"):
        found, text = told(key)
        assert found == {extra.pk}
        assert str(stray) in text
        assert filed_case.case.code not in text
    found, text = told("chief_kv3")
    assert found == set()
    assert "Không có sai lệch nào" in text
    for key in ("prosecutor_kv1", "clerk_kv1", "admin_province", "archivist_province", "outsider"):
        found, text = told(key)
        assert found == set()
        assert filed_case.case.code not in text
        client.force_login(people[key])
        assert client.post(f"{at}{changed.pk}/close/", {"reason": "Đã phục hồi"}).status_code == 404
    for key, alarm in (("chief_province", changed), ("chief_kv1", extra), ("chief_kv3", changed)):
        client.force_login(people[key])
        assert client.post(f"{at}{alarm.pk}/close/", {"reason": "Đã phục hồi"}).status_code == 404
        api = APIClient()
        api.force_login(people[key])
        assert api.post(f"{rest}{alarm.pk}/close/", {"reason": "Đã phục hồi"}).status_code == 404
    assert not FixityFinding.objects.filter(closed_at__isnull=False).exists()
    client.force_login(people["chief_kv1"])
    empty = client.post(f"{at}{changed.pk}/close/", {"reason": " "})
    assert empty.status_code == 400
    assert "Hãy ghi lý do" in Page(empty).text
    assert client.post(f"{at}{changed.pk}/close/", {"reason": "Đã phục hồi"}).status_code == 302
    assert client.post(f"{at}{changed.pk}/close/", {"reason": "Đã phục hồi"}).status_code == 409
    assert told("deputy_kv1")[0] == set()
    api = APIClient()
    api.force_login(people["chief_province"])
    answer = api.post(f"{rest}{extra.pk}/close/", {"reason": "Tệp thử của quản trị"}).json()
    assert (answer["closing_reason"], answer["case"], answer["path"]) == ("Tệp thử của quản trị", None, str(stray))
    assert api.post(f"{rest}{extra.pk}/close/", {}).status_code == 400
    assert set(FixityFinding.objects.values_list("closed_by__username", flat=True)) == {"chief_kv1", "chief_province"}


def test_a_letter_to_each_leader_with_alarms_names_nothing(
    filed_case: FiledCase, people: dict[str, User], settings: Settings, mailoutbox: list[EmailMessage]
) -> None:
    settings.EMAIL_ENABLED = True
    for key in ("chief_kv1", "chief_kv3", "chief_province", "prosecutor_kv1", "locked"):
        User.objects.filter(pk=people[key].pk).update(email=f"{key}@example.com")
    filed_case.documents[0].document.source_path.unlink()
    # one that was cut off goes on
    FixityRun.objects.create()
    compare_files()
    (letter,) = mailoutbox
    assert letter.to == ["chief_kv1@example.com"]
    assert "1 tệp lưu trữ không như đã ghi" in letter.subject
    assert filed_case.case.code not in f"{letter.subject}{letter.body}"
    settings.VKS_REMINDER_EMAIL = False
    FixityRun.objects.update(finished_at=None)
    compare_files()
    assert len(mailoutbox) == 1


def test_an_alarm_is_told_as_it_is_found_once_and_stays_until_somebody_closes_it(
    filed_case: FiledCase,
    people: dict[str, User],
    settings: Settings,
    mailoutbox: list[EmailMessage],
    monkeypatch: pytest.MonkeyPatch,
    client: Client,
) -> None:
    chief, document = people["chief_kv1"], filed_case.documents[0].document
    client.force_login(chief)
    whole = document.source_path.read_bytes()
    document.source_path.write_bytes(b"other")
    settings.EMAIL_ENABLED = True
    User.objects.filter(pk=chief.pk).update(email="chief@example.com")
    # by hand, of one case: written of as at night
    with pytest.raises(CommandError):
        call_command("vks_fixity", "--case", filed_case.case.code, stdout=StringIO())
    first = alarms_for(chief).get()
    # who reads the paper is told which it is, as it stands in the file
    filed = filed_case.documents[0]
    told = Page(client.get("/vks/archive/fixity/")).text
    assert f"Bản gốc của “{filed.title}”, {filed.folio_label} bị đổi" in told
    assert ("Giữ nguyên máy" in told, "nay đã khớp" in told) == (True, False)
    assert [each.to for each in mailoutbox] == [["chief@example.com"]]
    # cut off after a slice: found again, told once, and written of that night
    FixityRun.objects.create()
    monkeypatch.setattr("vks_plugin.custody.tasks._SLICE", 0)
    monkeypatch.setattr("vks_plugin.custody.actions.fixity._AT_ONCE", 1)
    compare_files()
    assert FixityRun.objects.get(case=None).finished_at is None
    second = alarms_for(chief).get()
    assert second.pk > first.pk
    assert len(mailoutbox) == 2
    with pytest.raises(Conflict, match="nêu lại"):
        close_finding(actor=chief, finding=first.pk, reason="Đã phục hồi")
    # the next slice finds nothing new
    compare_files()
    assert len(mailoutbox) == 2
    # put back: the file is whole, and still somebody says why it was not
    document.source_path.write_bytes(whole)
    assert not check_files().findings.exists()
    assert alarms_for(chief).get() == second
    assert "nay đã khớp" in Page(client.get("/vks/archive/fixity/")).text
    close_finding(actor=chief, finding=second.pk, reason="Đã phục hồi")
    assert "Giữ nguyên máy" not in Page(client.get("/vks/archive/fixity/")).text
    assert not alarms_for(chief).exists()


def test_packages_and_signed_records_are_read_too(filed_case: FiledCase, people: dict[str, User]) -> None:
    case, clerk = filed_case.case, people["clerk_kv1"]
    accession = Accession.objects.create(unit=case.unit, giver=clerk, state="cho_luu_tru")
    item = AccessionItem.objects.create(accession=accession, case=case)
    item.path.parent.mkdir(parents=True, exist_ok=True)
    item.path.write_bytes(b"package")
    AccessionItem.objects.filter(pk=item.pk).update(sha256=sha256_of(item.path), size=7)
    row = DestructionBatch.objects.create(unit=case.unit, drafted_by=clerk, reason="Hết hạn")
    row.record_path.parent.mkdir(parents=True, exist_ok=True)
    row.record_path.write_bytes(b"record")
    DestructionBatch.objects.filter(pk=row.pk).update(record_sha256=sha256_of(row.record_path))
    clean = check_files()
    documents = check_files(case=case)
    assert (clean.findings.count(), clean.files) == (0, documents.files + 1)
    item.path.write_bytes(b"pack-ge")
    row.record_path.unlink()
    check_files()
    told = {key: alarms_for(people[key]) for key in ("chief_kv1", "chief_province", "chief_kv3")}
    assert [(each.kind, case_of(each), each.path) for each in told["chief_kv1"]] == [("changed", case, str(item.path))]
    assert [(each.kind, case_of(each)) for each in told["chief_province"]] == [("missing", None)]
    assert not told["chief_kv3"].exists()
    with pytest.raises(NotAllowed):
        close_finding(actor=people["chief_province"], finding=told["chief_kv1"].get().pk, reason="Đã phục hồi")
    close_finding(actor=people["chief_kv1"], finding=told["chief_kv1"].get().pk, reason="Đã phục hồi")


def test_what_was_made_of_a_case_is_read_and_files_of_nobody_beside_it_are_told(
    filed_case: FiledCase,
    people: dict[str, User],
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    """Redacted copies, bundles and decks are compared with what the ledger was told, a run that is cut off goes on behind them."""
    case, actor = filed_case.case, people["prosecutor_kv1"]
    copy = redact_document(
        actor=actor,
        filed=filed_case.documents[0],
        marks=[Mark(1, Box(10, 10, 90, 30), "khung")],
        ground="khac",
        reason="Theo đề nghị",
    )
    bundle = Bundle.objects.create(case=case, requested_by=actor, status="done")
    volumes = [path_of_volume(bundle.path, number, 2) for number in (1, 2)]
    deck = DeckExport.objects.create(
        presentation=Presentation.objects.create(case=case, number=1, title="Phiên tòa", created_by=actor),
        format="html",
        status="done",
        requested_by=actor,
    )
    for path in (*volumes, bundle.addition_path, bundle.manifest_path, deck.path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(path.name.encode())
    rows = [{"volume": number, "sha256": sha256_of(path)} for number, path in enumerate(volumes, start=1)]
    beside = {"addition": sha256_of(bundle.addition_path), "manifest": sha256_of(bundle.manifest_path)}
    Bundle.objects.filter(pk=bundle.pk).update(volumes=rows, beside=beside)
    DeckExport.objects.filter(pk=deck.pk).update(sha256=sha256_of(deck.path))
    folders = [path.parent for path in (copy.path, deck.path, bundle.path)]
    folders += [configuration().data_dir / name for name in ("accessions", "disposals", "videos")]
    mine = [
        folders[2] / f"{bundle.pk}.json.p7s",
        folders[0] / f"{uuid.uuid4()}.lock",
        folders[1] / f".{uuid.uuid4()}.zip",
    ]
    strays = [*(each / f"{uuid.uuid4()}.pdf" for each in folders), folders[0] / "ban-goc.pdf"]
    for path in (*mine, *strays):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
        os.utime(path, (0, 0))
    # the copy a work may still make is somebody's; that of one that was given up, or is kept to go on with no more, is not
    first = filed_case.documents[0]
    for status, chosen in (("failed", [{"filing": first.pk}]), ("failed", []), ("cancelled", [])):
        work = RedactionWork.objects.create(
            case=case, requested_by=actor, status=status, document_ids=[first.document_id], chosen=chosen
        )
        path = Redaction(pk=work.copy_id(first.pk)).path
        path.write_bytes(b"x")
        os.utime(path, (0, 0))
        strays += [] if chosen else [path]
    copies = next(folders_of_made())
    with django_assert_num_queries(2):
        list(copies.known([uuid.uuid4()]))
    fresh = folders[0] / f"{uuid.uuid4()}.pdf"
    fresh.write_bytes(b"x")
    whole = check_files()
    told = whole.findings.values_list("kind", "path")
    assert sorted(told) == sorted(("extra", str(path)) for path in strays)
    assert not check_files(case=case).findings.exists()
    for path in strays:
        path.unlink()
    copy.path.write_bytes(b"with the name")
    volumes[1].unlink()
    bundle.addition_path.unlink()
    bundle.manifest_path.write_bytes(b"rewritten")
    deck.path.write_bytes(b"another")
    compare, of = fixity._compare_kept, FixityRun.objects.filter(finished_at=None)

    def then_stopped(*words: Any) -> list[FixityFinding]:
        of.update(stop_asked=True)
        return compare(*words)

    monkeypatch.setattr(fixity, "_compare_kept", then_stopped)
    run, turns = check_files(), 1
    while run.finished_at is None and turns < 9:
        run, turns = check_files(resume=True), turns + 1
    assert (turns, run.files) == (6, whole.files)
    wrong = [("changed", copy.path), ("changed", deck.path), ("missing", volumes[1])]
    wrong += [("missing", bundle.addition_path), ("changed", bundle.manifest_path)]
    assert sorted(run.findings.values_list("kind", "path")) == sorted((kind, str(path)) for kind, path in wrong)
    assert {case_of(each) for each in alarms_for(people["chief_kv1"])} == {case}


def test_a_leader_has_the_files_of_a_case_compared(
    filed_case: FiledCase,
    people: dict[str, User],
    client: Client,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    case, lost = filed_case.case, filed_case.documents[0].document
    lost.source_path.unlink()
    whole, at = f"/vks/cases/{case.code}/custody/", f"/vks/cases/{case.code}/custody/comparison/"
    for key, status in (("prosecutor_kv1", 403), ("clerk_kv1", 403), ("chief_province", 403), ("chief_kv3", 404)):
        client.force_login(people[key])
        assert client.post(at, {"act": "start"}).status_code == status, key
        if status == 403:
            assert "Đối chiếu tệp của vụ án" not in Page(client.get(whole)).text
    assert not FixityRun.objects.exists()
    client.force_login(people["chief_kv1"])
    assert "Chưa đối chiếu riêng lần nào" in Page(client.get(whole)).text
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(at, {"act": "start"}).status_code == 302
        waiting = client.get(at, headers={"HX-Request": "true"})
        assert "chờ máy" in Page(waiting).text
        assert "HX-Refresh" not in waiting.headers
        assert client.post(at, {"act": "start"}).status_code == 409
    run = FixityRun.objects.get()
    assert (run.case, run.documents, run.work) == (case, case.documents.count(), "")
    told = LedgerEntry.objects.get(kind="fixity_checked")
    assert (told.case, told.said["actor"]["id"]) == (case, people["chief_kv1"].pk)
    text = Page(client.get(whole)).text
    filed = filed_case.documents[0]
    assert f"Bản gốc của “{filed.title}”, {filed.folio_label} bị mất: không còn ở nơi đã ghi" in text
    assert str(lost.source_path) in text
    assert client.get(at, headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"
    assert [client.post(at, {"act": act}).status_code for act in ("stop", "go_on", "khac")] == [409, 409, 404]


def test_comparisons_are_asked_for_through_the_api(
    filed_case: FiledCase,
    people: dict[str, User],
    client: Client,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def asking(key: str) -> APIClient:
        api = APIClient()
        api.force_login(people[key])
        return api

    at, lost = "/api/vks/fixity-runs/", filed_case.documents[0].document
    lost.source_path.unlink()
    chief, province, machines = asking("chief_kv1"), asking("chief_province"), asking("admin_province")
    assert chief.post(at, {}, format="json").status_code == 403
    assert machines.post(at, {"case": filed_case.case.code}, format="json").status_code == 404
    with django_capture_on_commit_callbacks(execute=True):
        asked = machines.post(at, {}, format="json")
    assert (asked.status_code, asked.json()["state"], asked.json()["case"]) == (202, "waiting", None)
    row = f"{at}{asked.json()['id']}/"
    told = machines.get(row).json()
    documents = CaseDocument.objects.count()
    assert (told["state"], told["documents"], told["of_documents"]) == ("finished", documents, documents)
    assert told["found"] == {"changed": 0, "missing": 1, "unreadable": 0, "extra": 0}
    # who runs the machines is told how many, and who leads another office not which
    assert [each.get(f"{row}alarms/").json()["results"] for each in (machines, province)] == [[], []]
    client.force_login(people["admin_province"])
    page = Page(client.get("/vks/archive/fixity/")).text
    assert "1 tệp không như đã ghi" in page
    assert filed_case.case.code not in page
    assert chief.get(row).status_code == 404
    with django_capture_on_commit_callbacks(execute=True):
        mine = chief.post(at, {"case": filed_case.case.code}, format="json").json()["id"]
    (alarm,) = chief.get(f"{at}{mine}/alarms/").json()["results"]
    assert (alarm["document"], alarm["kind"], alarm["path"]) == (lost.pk, "missing", str(lost.source_path))
    assert alarm["sentence"].startswith(f"Bản gốc của tài liệu số {lost.pk} bị mất")
    assert [each["id"] for each in chief.get(at).json()["results"]] == [mine]
    assert province.get(f"{at}{mine}/").status_code == 404
    # nothing is left where the queue cannot be reached
    monkeypatch.setattr(compare_as_asked, "apply_async", Mock(side_effect=OperationalError))
    with pytest.raises(Unavailable), django_capture_on_commit_callbacks(execute=True):
        request_check(actor=people["chief_kv1"], case=filed_case.case)
    assert FixityRun.objects.count() == 2


def test_a_comparison_is_stopped_and_gone_on_with(
    filed_case: FiledCase,
    people: dict[str, User],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chief, case = people["chief_kv1"], filed_case.case
    monkeypatch.setattr(fixity, "_AT_ONCE", 1)
    run = request_check(actor=chief, case=case)
    assert state_of(stop_check(actor=chief, run=run)) == "unfinished"
    # what the queue still holds begins nothing
    compare_as_asked(run_id=run.pk)
    assert FixityRun.objects.get().documents == 0
    compare, stopped = fixity._compare, list[str]()

    def stopping(run: FixityRun, *rest: Any) -> Any:
        if not stopped:
            stopped.append(state_of(stop_check(actor=chief, run=FixityRun.objects.get(pk=run.pk))))
        return compare(run, *rest)

    monkeypatch.setattr(fixity, "_compare", stopping)
    with django_capture_on_commit_callbacks(execute=True):
        request_check(actor=chief, case=case, go_on=True)
    run.refresh_from_db()
    assert (stopped, state_of(run), run.documents) == (["stopping"], "unfinished", 1)
    assert not LedgerEntry.objects.filter(kind="fixity_checked").exists()
    # slice by slice, to its end
    monkeypatch.setattr("vks_plugin.custody.tasks._SLICE", 0)
    with django_capture_on_commit_callbacks(execute=True):
        request_check(actor=chief, case=case, go_on=True)
    run.refresh_from_db()
    assert (state_of(run), run.documents) == ("finished", case.documents.count())
    assert LedgerEntry.objects.filter(kind="fixity_checked").count() == 1
    # a worker that was killed keeps nobody from asking again
    FixityRun.objects.filter(pk=run.pk).update(finished_at=None, work="working", touched_at=timezone.now() - LOST)
    with django_capture_on_commit_callbacks(execute=True):
        again = request_check(actor=chief, case=case)
    assert (again.pk > run.pk, state_of(FixityRun.objects.get(pk=again.pk))) == (True, "finished")
