"""What is kept of reading case documents: by whom, through which door, and who was refused."""

from __future__ import annotations

import datetime as dt
import errno
import json
import os
import re
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import DataError, IntegrityError, connection, transaction
from django.test import Client
from rest_framework.authtoken.models import Token

from tests.access.readings import written
from tests.api.conftest import unfiled_document
from tests.people import FiledCase, file_pdf, register
from vks_plugin.access import actions as access
from vks_plugin.access import log, waiting_readings
from vks_plugin.access.models import LEDGER_COMMAND, AccessEntry
from vks_plugin.cases.models import CaseDocument, CaseFile, CatalogueType
from vks_plugin.conf import configuration
from vks_plugin.court import actions as court
from vks_plugin.host.models import Document
from vks_plugin.organization import actions as organization
from vks_plugin.organization.models import Appointment, Department, ProcuracyUnit

pytestmark = pytest.mark.django_db

SignIn = Callable[..., Client]
PLAIN = Client.request


@pytest.fixture
def as_person(people: dict[str, User]) -> SignIn:
    """Return a function from a person's key, or an account, to a browser signed in as that person."""

    def sign_in(who: str | User) -> Client:
        client = Client(REMOTE_ADDR="10.1.2.3")
        client.force_login(people[who] if isinstance(who, str) else who)
        return client

    return sign_in


def doors(document: int) -> dict[str, str]:
    """Return the addresses of one document that both hosts have, and what it is to go there."""
    return {
        f"/api/documents/{document}/": "view",
        f"/api/documents/{document}/preview/": "preview",
        f"/api/documents/{document}/download/": "download",
        f"/api/vks/documents/{document}/": "view",
    }


def test_every_door_of_a_document_is_noted_with_who_where_and_when(filed_case: FiledCase, as_person: SignIn) -> None:
    client = as_person("prosecutor_kv1")
    document = filed_case.documents[0].document_id
    for address, act in doors(document).items():
        log.forget_recent()
        before = AccessEntry.objects.count()
        assert client.get(address).status_code == 200
        assert written()[before:] == [("prosecutor_kv1", act, False, document, 1)], address
    entry = AccessEntry.objects.order_by("pk").first()
    assert entry is not None
    assert (entry.actor_name, entry.is_superuser, entry.address) == ("Đỗ Hữu Ước", False, "10.1.2.3")
    assert (entry.case, entry.unit, entry.part) == (filed_case.case, filed_case.case.unit, "hsva")


def test_nothing_of_what_a_document_says_is_kept(filed_case: FiledCase, as_person: SignIn) -> None:
    as_person("prosecutor_kv1").get(f"/api/documents/{filed_case.documents[0].document_id}/")
    row = AccessEntry.objects.values().get()
    words = " ".join(str(value) for value in row.values())
    filed = filed_case.documents[0]
    for secret in (filed.title, filed_case.case.name, "Nguyễn Văn Ánh"):
        assert secret not in words


def test_everybody_who_is_refused_is_noted_each_time(filed_case: FiledCase, as_person: SignIn) -> None:
    document = filed_case.documents[0].document_id
    for who in ("prosecutor_kv3", "other_prosecutor_kv1", "clerk_kv1", "admin_province", "outsider"):
        client = as_person(who)
        for address, act in doors(document).items():
            before = AccessEntry.objects.count()
            for _again in range(2):
                assert client.get(address).status_code in {403, 404}
            assert written()[before:] == [(who, act, True, document, 0)] * 2, (who, address)


def test_internal_paper_is_noted_as_internal(filed_case: FiledCase, as_person: SignIn) -> None:
    internal = filed_case.internal.document_id
    as_person("prosecutor_kv1").get(f"/api/documents/{internal}/preview/")
    as_person("scanner_kv1").get(f"/api/documents/{internal}/preview/")
    assert list(AccessEntry.objects.order_by("pk").values_list("part", "refused")) == [("hsks", False), ("hsks", True)]


def test_thumbnails_are_noted_only_when_refused(filed_case: FiledCase, as_person: SignIn) -> None:
    address = f"/api/documents/{filed_case.documents[0].document_id}/thumb/"
    assert as_person("prosecutor_kv1").get(address).status_code == 200
    assert written() == []
    assert as_person("prosecutor_kv3").get(address).status_code == 404
    assert written() == [("prosecutor_kv3", "preview", True, filed_case.documents[0].document_id, 0)]


def test_documents_in_no_case_leave_no_row(filed_case: FiledCase, people: dict[str, User], as_person: SignIn) -> None:
    own = unfiled_document(people["prosecutor_kv1"])
    for who in ("prosecutor_kv1", "prosecutor_kv3"):
        for address in doors(own.pk):
            as_person(who).get(address)
    # nor does a number that is no document's
    as_person("prosecutor_kv3").get("/api/documents/987654/")
    as_person("prosecutor_kv3").get("/api/documents/98765432109876543210/preview/")
    assert written() == []


def test_a_file_that_is_gone_is_no_refusal(filed_case: FiledCase, as_person: SignIn) -> None:
    document = filed_case.documents[0].document
    document.source_path.unlink()
    if document.archive_path is not None:
        document.archive_path.unlink()
    assert as_person("prosecutor_kv1").get(f"/api/documents/{document.pk}/preview/").status_code == 404
    assert written() == []
    assert as_person("prosecutor_kv3").get(f"/api/documents/{document.pk}/preview/").status_code == 404
    assert len(written()) == 1


def test_a_version_is_noted_as_its_document(filed_case: FiledCase, as_person: SignIn) -> None:
    filed = filed_case.documents[0]
    root = filed.document
    assert root.filename is not None
    shutil.copy(root.source_path, root.source_path.with_name("again.pdf"))
    version = Document.objects.create(
        title="Bản quét lại",
        content="",
        mime_type="application/pdf",
        checksum=f"{7:064x}",
        root_document=root,
        owner=root.owner,
        filename=str(Path(root.filename).with_name("again.pdf")),
    )
    assert as_person("prosecutor_kv1").get(f"/api/documents/{version.pk}/download/").status_code == 200
    assert as_person("prosecutor_kv3").get(f"/api/documents/{version.pk}/download/").status_code == 404
    assert written() == [
        ("prosecutor_kv1", "download", False, root.pk, 1),
        ("prosecutor_kv3", "download", True, root.pk, 0),
    ]


def test_full_texts_in_lists_are_noted_and_excerpts_are_not(filed_case: FiledCase, as_person: SignIn) -> None:
    client = as_person("prosecutor_kv1")
    long = "Bị can khai nhận. " * 100
    Document.objects.filter(pk__in=filed_case.host_ids).update(content=long)
    told = client.get("/api/documents/").json()["results"]
    assert {row["id"] for row in told} == set(filed_case.host_ids)
    assert {(act, document) for _who, act, _refused, document, _count in written()} == {
        ("text", pk) for pk in filed_case.host_ids
    }
    # once more within the minute says nothing new
    client.get("/api/documents/")
    assert len(written()) == len(filed_case.host_ids)
    log.forget_recent()
    # what is told is short: only the first words, or nothing
    answer = client.get("/api/documents/?truncate_content=true").json()["results"]
    shortened = {row["id"] for row in answer if len(row["content"]) < len(long)}
    assert len(written()) == len(filed_case.host_ids) * 2 - len(shortened)
    # what a stranger's list leaves out was not asked for
    assert as_person("prosecutor_kv3").get("/api/documents/").json()["results"] == []
    assert {row[0] for row in written()} == {"prosecutor_kv1"}


def test_looking_again_is_kept_once_a_minute_and_files_each_time(filed_case: FiledCase, as_person: SignIn) -> None:
    document = filed_case.documents[0].document_id
    client = as_person("prosecutor_kv1")
    clock = [1000.0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "monotonic", lambda: clock[0])
        for seconds, seen in ((0, 1), (59, 1), (60, 2), (61, 2)):
            clock[0] = 1000.0 + seconds
            client.get(f"/api/documents/{document}/preview/")
            assert len(written(act="preview")) == seen, seconds
        # somebody else's look, and a look at something else, are news
        as_person("chief_kv1").get(f"/api/documents/{document}/preview/")
        client.get(f"/api/documents/{filed_case.documents[1].document_id}/preview/")
        client.get(f"/api/documents/{document}/")
        assert len(written()) == 5
        for _again in range(3):
            client.get(f"/api/documents/{document}/download/")
        assert len(written(act="download")) == 3


def test_printing_from_the_hosts_interface_is_told_from_downloading(filed_case: FiledCase, as_person: SignIn) -> None:
    """The host fetches the same address for both; our script says beforehand that it will be printed."""
    first, second = (each.document_id for each in filed_case.documents[:2])
    client = as_person("prosecutor_kv1")
    client.cookies["vks_print"] = str(first)
    client.get(f"/api/documents/{first}/download/")
    client.get(f"/api/documents/{second}/download/")
    assert [(act, document) for _who, act, _refused, document, _count in written()] == [
        ("print", first),
        ("download", second),
    ]


def test_superuser_of_the_host_is_noted_and_marked(filed_case: FiledCase, as_person: SignIn) -> None:
    root = User.objects.create_superuser("root", password="x")
    document = filed_case.documents[0].document_id
    as_person(root).get(f"/api/documents/{document}/preview/")
    assert list(AccessEntry.objects.values_list("actor_username", "is_superuser", "document_id")) == [
        ("root", True, document)
    ]


def test_who_comes_with_a_token_is_noted_by_name(filed_case: FiledCase, people: dict[str, User]) -> None:
    """The API finds out who asks after every middleware has run."""
    token = Token.objects.create(user=people["prosecutor_kv1"]).key
    client = Client()
    document = filed_case.documents[0].document_id
    client.get(f"/api/documents/{document}/download/", headers={"Authorization": f"Token {token}"})
    # nobody in particular leaves no row
    assert client.get(f"/api/documents/{document}/download/").status_code == 401
    assert written() == [("prosecutor_kv1", "download", False, document, 1)]


def test_address_behind_a_proxy_counts_only_when_the_host_trusts_it(
    filed_case: FiledCase, as_person: SignIn, settings: Any
) -> None:
    address = f"/api/documents/{filed_case.documents[0].document_id}/download/"
    claimed = {"X-Forwarded-For": "203.0.113.9, 192.0.2.7"}
    client = as_person("prosecutor_kv1")
    client.get(address, headers=claimed)
    settings.TRUSTED_PROXIES = ["10.1.2.3"]
    client.get(address, headers=claimed)
    client.get(address, headers={"X-Forwarded-For": "nonsense"})
    assert list(AccessEntry.objects.order_by("pk").values_list("address", flat=True)) == ["10.1.2.3", "192.0.2.7", None]


# --- our own pages and routes -------------------------------------------------------------------


def test_a_case_that_is_refused_is_noted_without_a_document(filed_case: FiledCase, as_person: SignIn) -> None:
    code = filed_case.case.code
    stranger = as_person("prosecutor_kv3")
    for address in (f"/vks/cases/{code}/", f"/api/vks/cases/{code}/", f"/api/vks/cases/{code}/documents/"):
        before = AccessEntry.objects.count()
        assert stranger.get(address).status_code == 404
        assert written()[before:] == [("prosecutor_kv3", "view", True, None, 0)], address
    # a code that is no case's, a thing that is not in a case one may read, and a success
    assert stranger.get("/vks/cases/HS-QN-KV1-1999-0001/").status_code == 404
    reader = as_person("prosecutor_kv1")
    assert reader.get(f"/vks/cases/{code}/folios/inventories/77/").status_code == 404
    assert reader.get(f"/vks/cases/{code}/").status_code == 200
    assert len(written()) == 3
    # who knows that the case exists, and asks for more
    clerk = as_person("clerk_kv1")
    assert clerk.get(f"/vks/cases/{code}/folios/").status_code == 403
    assert clerk.post(f"/vks/cases/{code}/bundle/").status_code == 403
    assert written(actor_username="clerk_kv1") == [
        ("clerk_kv1", "view", True, None, 0),
        ("clerk_kv1", "export", True, None, 0),
    ]


def test_pages_of_one_document(filed_case: FiledCase, as_person: SignIn) -> None:
    code, document = filed_case.case.code, filed_case.documents[0].document_id
    reader = as_person("prosecutor_kv1")
    for address in (f"/vks/cases/{code}/folios/documents/{document}/", f"/vks/cases/{code}/documents/{document}/"):
        log.forget_recent()
        assert reader.get(address).status_code == 200
    assert written() == [("prosecutor_kv1", "view", False, document, 1)] * 2
    # the case itself is refused, so it is the case that was asked for
    stranger = as_person("prosecutor_kv3")
    assert stranger.get(f"/vks/cases/{code}/folios/documents/{document}/").status_code == 404
    # this one knows of the case and may read none of its papers
    assert as_person("clerk_kv1").get(f"/vks/cases/{code}/folios/documents/{document}/").status_code == 403
    assert written(refused=True) == [
        ("prosecutor_kv3", "view", True, None, 0),
        ("clerk_kv1", "view", True, document, 0),
    ]


def test_bundle_is_one_row_with_how_many_documents_are_in_it(
    filed_case: FiledCase,
    people: dict[str, User],
    as_person: SignIn,
    django_capture_on_commit_callbacks: Any,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        bundle = court.request_bundle(actor=people["prosecutor_kv1"], case=filed_case.case)
    reader = as_person("prosecutor_kv1")
    assert reader.get(f"/vks/bundles/{bundle.pk}/").status_code == 200
    assert written() == []
    for address in (
        f"/vks/bundles/{bundle.pk}/download/?inline=1",
        f"/vks/bundles/{bundle.pk}/download/",
        f"/api/vks/bundles/{bundle.pk}/download/",
    ):
        assert reader.get(address).status_code == 200
    assert as_person("prosecutor_kv3").get(f"/vks/bundles/{bundle.pk}/download/").status_code == 404
    assert written() == [
        ("prosecutor_kv1", "preview", False, None, 3),
        ("prosecutor_kv1", "export", False, None, 3),
        ("prosecutor_kv1", "export", False, None, 3),
        ("prosecutor_kv3", "export", True, None, 0),
    ]
    assert set(AccessEntry.objects.values_list("case", flat=True)) == {filed_case.case.pk}
    # a finished file that is gone is nobody's refusal
    bundle.refresh_from_db()
    bundle.path.unlink()
    assert reader.get(f"/vks/bundles/{bundle.pk}/download/").status_code == 404
    assert len(written()) == 4


def test_inventory_is_an_export(filed_case: FiledCase, people: dict[str, User], as_person: SignIn) -> None:
    access.draw_up_inventory(actor=people["prosecutor_kv1"], case=filed_case.case)
    code = filed_case.case.code
    reader = as_person("prosecutor_kv1")
    assert reader.get(f"/vks/cases/{code}/folios/inventories/1/").status_code == 200
    assert reader.get(f"/api/vks/cases/{code}/inventories/1/file/?format=docx").status_code == 200
    assert reader.get(f"/vks/cases/{code}/folios/inventories/1/?format=exe").status_code == 400
    assert as_person("prosecutor_kv3").get(f"/vks/cases/{code}/folios/inventories/1/").status_code == 404
    assert written() == [
        ("prosecutor_kv1", "export", False, None, 3),
        ("prosecutor_kv1", "export", False, None, 3),
        ("prosecutor_kv3", "export", True, None, 0),
    ]


@pytest.mark.parametrize("address", ["/vks/cases/export/", "/api/vks/cases/export/"])
def test_list_of_cases_that_goes_out_is_told_to_each_office(
    address: str, case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit], as_person: SignIn
) -> None:
    register(actor=people["clerk_kv1"], unit=units["QN-KV1"])
    register(actor=people["clerk_kv3"], unit=units["QN-KV3"])
    assert as_person("chief_province").get(f"{address}?file_type=csv").status_code == 200
    rows = AccessEntry.objects.order_by("unit__code").values_list("actor_username", "act", "unit__code", "count")
    assert list(rows) == [("chief_province", "case_list", "QN-KV1", 2), ("chief_province", "case_list", "QN-KV3", 1)]
    assert not AccessEntry.objects.exclude(case=None, document_id=None).exists()
    # the page that offers the file hands nothing out
    as_person("chief_province").get("/vks/cases/export/")
    assert len(written()) == 2


def test_bundle_made_on_the_server_is_noted_as_a_command(filed_case: FiledCase, tmp_path: Any, capsys: Any) -> None:
    call_command("vks_bundle", case=filed_case.case.code, out=tmp_path / "tap.pdf")
    entry = AccessEntry.objects.get()
    assert (entry.actor_id, entry.actor_username, entry.actor_name) == (None, "", "vks_bundle")
    assert (entry.act, entry.count, entry.case) == ("export", 3, filed_case.case)


# --- what must not happen -----------------------------------------------------------------------


@pytest.mark.database
@pytest.mark.django_db(transaction=True)
def test_nothing_goes_out_that_cannot_be_logged(
    case: CaseFile, people: dict[str, User], catalogue: dict[str, CatalogueType], as_person: SignIn, tmp_path: Any
) -> None:
    item = file_pdf(actor=people["prosecutor_kv1"], case=case, document_type=catalogue["CT"])
    item.refresh_from_db()
    document = item.document_id
    assert document is not None
    own = unfiled_document(people["prosecutor_kv1"])
    reader, stranger = as_person("prosecutor_kv1"), as_person("prosecutor_kv3")
    rename = "ALTER TABLE {} RENAME TO {}".format
    with connection.cursor() as cursor:
        cursor.execute(rename("vks_access_entry", "vks_access_away"))
    try:
        # what was kept in our own file may go out; what comes after it waits for the database
        assert reader.get(f"/api/documents/{document}/preview/").status_code == 200
        log.forget_recent()
        for address in doors(document):
            answer = reader.get(address)
            assert answer.status_code == 503, address
            assert "nhật ký" in answer.json()["detail"]
        page = reader.get(f"/vks/cases/{case.code}/folios/documents/{document}/")
        assert (page.status_code, "nhật ký" in page.content.decode()) == (503, True)
        assert reader.get("/vks/cases/export/?file_type=csv").status_code == 503
        changed = reader.patch(f"/api/documents/{document}/", {"archive_serial_number": 5}, "application/json")
        assert (changed.status_code, "đã được lưu" in changed.json()["detail"]) == (503, True)
        # a refusal stays what it is, and what is in no case is nobody's business
        assert stranger.get(f"/api/documents/{document}/preview/").status_code == 404
        assert stranger.get(f"/vks/cases/{case.code}/").status_code == 404
        assert reader.get(f"/api/documents/{own.pk}/").status_code == 200
        assert reader.get(f"/vks/cases/{case.code}/").status_code == 200
    finally:
        with connection.cursor() as cursor:
            cursor.execute(rename("vks_access_away", "vks_access_entry"))
    # what was withheld was not seen: the next look is news
    assert reader.get(f"/api/documents/{document}/").status_code == 200
    assert written() == [
        ("prosecutor_kv1", "preview", False, document, 1),
        ("prosecutor_kv1", "view", False, document, 1),
    ]


def kept() -> list[list[Any]]:
    """Return what files of processes hold of readings that are in no table yet."""
    folder = configuration().data_dir / "access-log"
    return [json.loads(line) for place in folder.glob("*.jsonl") for line in place.read_text().splitlines()]


def test_who_opens_a_file_does_not_wait_for_the_row(
    filed_case: FiledCase, as_person: SignIn, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    document = filed_case.documents[0].document_id
    client = as_person("prosecutor_kv1")
    # as a server does it: the answer is closed once it is out
    monkeypatch.setattr(Client, "request", PLAIN)
    answer = client.get(f"/api/documents/{document}/download/")
    assert (answer.status_code, written()) == (200, [])
    [(_at, who, address, act, documents)] = kept()
    assert (who[1], address, act, documents) == ("prosecutor_kv1", "10.1.2.3", "download", [document])
    assert filed_case.documents[0].title not in str(kept())
    assert whole(answer).startswith(b"%PDF")
    assert (written(), kept()) == ([("prosecutor_kv1", "download", False, document, 1)], [])
    # an answer that is put together at once is out when it is closed
    assert client.get(f"/api/documents/{document}/").status_code == 200
    assert [row[1] for row in written()] == ["download", "view"]
    # one that nobody closes, as when the browser goes away, is written at the end of the next request
    client.get(f"/api/documents/{document}/download/")
    client.get("/api/vks/cases/")
    assert [row[1] for row in written()] == ["download", "view", "download"]


def test_what_a_process_answered_before_it_was_killed_is_in_the_log(
    filed_case: FiledCase, people: dict[str, User]
) -> None:
    reader = log.Reader(people["prosecutor_kv1"], "10.0.0.1")
    first, second = (each.document_id for each in filed_case.documents[:2])
    process = os.fork()
    if not process:
        waiting_readings.keep_documents(reader, "download", [first])
        waiting_readings.keep_documents(reader, "preview", [second])
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(process, 0)
    assert (written(), len(kept())) == ([], 2)
    # the second was in the table already, and a third broke off
    moment = log.Reading.from_kept(kept()[1])
    log.write_reading(moment)
    [place] = (configuration().data_dir / "access-log").glob("*.jsonl")
    with place.open("a") as file:
        file.write('["2026-11-')
    # what this process keeps is its own to write
    waiting_readings.keep_documents(reader, "download", [second])
    assert waiting_readings.write_left() == 1
    assert [(row[1], row[3]) for row in written()] == [("preview", second), ("download", first)]
    assert waiting_readings.write_left() == 0
    waiting_readings.write_waiting()
    assert [(row[1], row[3]) for row in written()][2:] == [("download", second)]
    assert kept() == []


def test_where_no_file_can_be_written_the_row_is_there_before_the_answer(
    filed_case: FiledCase, as_person: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = filed_case.documents[0].document_id
    folder = configuration().data_dir / "access-log"
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("in the way")
    monkeypatch.setattr(Client, "request", PLAIN)
    client = as_person("prosecutor_kv1")
    client.get(f"/api/documents/{document}/download/")
    assert written() == [("prosecutor_kv1", "download", False, document, 1)]
    folder.unlink()
    # a full disk takes half a line
    with pytest.MonkeyPatch.context() as patch:
        put = os.write
        patch.setattr(os, "write", lambda file, line: put(file, line[:20]))
        client.get(f"/api/documents/{document}/preview/")
    assert ([row[1] for row in written()], kept()) == (["download", "preview"], [])


def test_a_reading_that_no_database_takes_does_not_stand_in_the_way_of_others(
    filed_case: FiledCase, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (each.document_id for each in filed_case.documents[:2])
    reader = log.Reader(people["prosecutor_kv1"])
    write = log.write_reading

    def refused(reading: log.Reading) -> int:
        if first in reading.documents:
            raise DataError
        return write(reading)

    monkeypatch.setattr(waiting_readings, "write_reading", refused)
    for document in (first, second):
        waiting_readings.keep_documents(reader, "download", [document])
    waiting_readings.write_waiting()
    assert ([row[3] for row in written()], kept()) == ([second], [])
    folder = configuration().data_dir / "access-log"
    assert [json.loads(each.read_text())[4] for each in folder.glob("*.unreadable")] == [[first]]
    # nor where a process left it
    (folder / "left.jsonl").write_text(
        "".join(
            f"{json.dumps(log.Reading.now(reader, 'print', [document]).as_kept())}\n" for document in (first, second)
        )
    )
    assert waiting_readings.write_left() == 1
    assert [row[3] for row in written(act="print")] == [second]
    assert (folder / "left.unreadable").exists()


def test_a_full_disk_leaves_such_a_reading_where_it_waits_and_those_behind_it_are_written(
    filed_case: FiledCase, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (each.document_id for each in filed_case.documents[:2])
    reader = log.Reader(people["prosecutor_kv1"])
    write, full = log.write_reading, OSError(errno.ENOSPC, "No space left on device")

    def refused(reading: log.Reading) -> int:
        if first in reading.documents:
            raise DataError
        return write(reading)

    def no_room(*_given: object, **_named: object) -> None:
        raise full

    monkeypatch.setattr(waiting_readings, "write_reading", refused)
    for document in (first, second):
        waiting_readings.keep_documents(reader, "download", [document])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "open", no_room)
        waiting_readings.write_at_the_end()
    assert [row[3] for row in written()] == [second]
    assert len(kept()) == 2
    # with room again it is set aside, and nothing waits
    waiting_readings.write_waiting()
    assert kept() == []
    assert [row[3] for row in written()] == [second]
    assert len([*(configuration().data_dir / "access-log").glob("*.unreadable")]) == 1


@pytest.mark.database
@pytest.mark.django_db(transaction=True)
def test_the_database_keeps_every_entry(
    case: CaseFile, people: dict[str, User], catalogue: dict[str, CatalogueType], as_person: SignIn
) -> None:
    item = file_pdf(actor=people["prosecutor_kv1"], case=case, document_type=catalogue["CT"])
    item.refresh_from_db()
    as_person("prosecutor_kv1").get(f"/api/documents/{item.document_id}/download/")
    for refused in (
        lambda: AccessEntry.objects.update(actor_username="nobody"),
        lambda: AccessEntry.objects.all().delete(),
    ):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            refused()
    assert len(written(actor_username="prosecutor_kv1")) == 1
    # whoever leaves takes nothing along: an account without papers of its own is deleted
    stranger = people["outsider"]
    as_person("outsider").get(f"/api/documents/{item.document_id}/download/")
    stranger.delete()
    assert [row[0] for row in written()] == ["prosecutor_kv1", "outsider"]


def test_a_reading_costs_one_query_and_one_row(
    filed_case: FiledCase, people: dict[str, User], django_assert_num_queries: Any
) -> None:
    reader = log.Reader(people["prosecutor_kv1"], "10.0.0.1")
    document = filed_case.documents[0].document_id
    with django_assert_num_queries(1 if connection.vendor == "postgresql" else 2):
        log.record_documents(reader, "preview", [document])
    with django_assert_num_queries(0):
        log.record_documents(reader, "preview", [document])
    own = unfiled_document(people["prosecutor_kv1"])
    with django_assert_num_queries(1):
        log.record_documents(reader, "download", [own.pk])


def test_what_was_looked_at_is_not_remembered_for_ever(filed_case: FiledCase, people: dict[str, User]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        clock = [0.0]
        patch.setattr(time, "monotonic", lambda: clock[0])
        patch.setattr(log, "_MOST_REMEMBERED", 3)
        for second, document in enumerate(filed_case.host_ids * 2):
            clock[0] = second * 100.0
            log.record_documents(log.Reader(people["chief_kv1"]), "view", [document])
        assert len(log._recent) <= 5
    assert len(written()) == 8


# --- who reads the log --------------------------------------------------------------------------


@pytest.fixture
def read_about(filed_case: FiledCase, people: dict[str, User], units: dict[str, ProcuracyUnit]) -> CaseFile:
    """Return a case of KV3; both offices have an entry, KV1's of yesterday's week too."""
    other = register(actor=people["clerk_kv3"], unit=units["QN-KV3"])
    now = dt.datetime.now(tz=dt.UTC)
    reader = log.Reader(people["prosecutor_kv1"], "10.0.0.1")
    with time_machine.travel(now - dt.timedelta(days=8), tick=False):
        log.record_documents(reader, "download", [filed_case.documents[0].document_id])
    log.record_documents(reader, "download", [filed_case.documents[1].document_id])
    log.record_refused_case(log.Reader(people["outsider"]), "view", other)
    return other


def whole(answer: Any) -> bytes:
    """Return what an answer says, sent in pieces or not."""
    return b"".join(answer.streaming_content) if answer.streaming else bytes(answer.content)


def found(client: Client, **asked: str) -> list[tuple[str, str, str]]:
    """Return what the API tells, as (account, act, office), the newest first."""
    answer = client.get("/api/vks/access-log/", asked)
    assert answer.status_code == 200, answer.content
    return [(row["username"], row["act"], row["unit"]) for row in answer.json()["results"]]


def test_leaders_read_what_concerned_their_office_and_the_province_everything(
    read_about: CaseFile, as_person: SignIn
) -> None:
    kv1, kv3 = ("prosecutor_kv1", "download", "QN-KV1"), ("outsider", "view", "QN-KV3")
    assert found(as_person("chief_kv1")) == found(as_person("deputy_kv1")) == [kv1]
    assert found(as_person("chief_kv3")) == [kv3]
    assert found(as_person("chief_province")) == found(as_person("deputy_province")) == [kv3, kv1]
    # seven days, unless more are asked for
    assert found(as_person("chief_kv1"), since="2020-01-01") == [kv1, kv1]
    for who in ("prosecutor_kv1", "clerk_kv1", "archivist_province", "admin_province", "outsider"):
        for address in ("/api/vks/access-log/", "/api/vks/access-log/export/", "/vks/access-log/"):
            answer = as_person(who).get(address)
            assert answer.status_code == 403, (who, address)
            assert b"prosecutor_kv1" not in answer.content.replace(who.encode(), b"")


def test_a_head_of_department_and_a_superuser_are_no_leaders(
    read_about: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit], as_person: SignIn
) -> None:
    organization.appoint(
        user=people["outsider"],
        unit=units["QN"],
        role="department_head",
        department=Department.objects.create(unit=units["QN"], code="P2", name="Phòng án trật tự xã hội"),
        starts_on=dt.date(2025, 7, 1),
    )
    root = User.objects.create_superuser("root", password="x")
    for who in ("outsider", root):
        assert as_person(who).get("/api/vks/access-log/").status_code == 403
        assert as_person(who).get("/vks/access-log/").status_code == 403
    # and who was a leader is none
    access.end_appointment(
        actor=people["chief_province"], appointment=Appointment.objects.get(user=people["chief_kv1"])
    )
    assert as_person("chief_kv1").get("/api/vks/access-log/").status_code == 403


def test_filters(read_about: CaseFile, filed_case: FiledCase, as_person: SignIn) -> None:
    leader = as_person("chief_province")
    code = filed_case.case.code
    document = str(filed_case.documents[1].document_id)
    kv1, kv3 = ("prosecutor_kv1", "download", "QN-KV1"), ("outsider", "view", "QN-KV3")
    for asked, rows in (
        ({"person": "PROSECUTOR_KV1"}, [kv1]),
        ({"person": "Hữu"}, [kv1]),
        ({"person": "kv1"}, []),
        ({"case": code.lower()}, [kv1]),
        ({"case": "HS-0"}, []),
        ({"document": document}, [kv1]),
        ({"document": str(filed_case.documents[0].document_id)}, []),
        ({"document": str(filed_case.documents[0].document_id), "since": "2020-01-01"}, [kv1]),
        ({"act": "view"}, [kv3]),
        ({"refused": "true"}, [kv3]),
        ({"refused": "false"}, [kv3, kv1]),
        ({"unit": "QN-KV3"}, [kv3]),
        ({"until": "2020-01-01"}, []),
        ({"since": dt.date.today().strftime("%d/%m/%Y")}, [kv3, kv1]),  # noqa: DTZ011 - both are the machine's
    ):
        assert found(leader, **asked) == rows, asked
    assert leader.get("/api/vks/access-log/?since=hôm qua").status_code == 400
    assert leader.get("/api/vks/access-log/?act=steal").status_code == 400


def test_an_export_of_the_whole_case_is_found_by_a_document_that_was_in_it(
    filed_case: FiledCase, people: dict[str, User], as_person: SignIn
) -> None:
    log.record_case(log.Reader(people["prosecutor_kv1"]), "export", filed_case.case, count=3)
    document = str(filed_case.documents[0].document_id)
    assert found(as_person("chief_kv1"), document=document) == [("prosecutor_kv1", "export", "QN-KV1")]


def test_values_of_the_ledger_are_not_told_as_documents(filed_case: FiledCase, as_person: SignIn) -> None:
    for command in (LEDGER_COMMAND, "vks_bundle"):
        log.record_case(log.Reader(None, command=command), "export", filed_case.case, count=7)
    leader = as_person("chief_kv1")
    text = " ".join(re.sub("<[^>]+>", " ", leader.get("/vks/access-log/").content.decode()).split())
    assert "lệnh trên máy chủ vks_ledger Xuất giá trị của sổ cái" in text
    assert (text.count("7 giá trị của sổ cái"), text.count("7 tài liệu")) == (1, 1)
    file = whole(leader.get("/vks/access-log/?file_type=csv")).decode()
    assert (file.count("Xuất giá trị của sổ cái"), file.count("Xuất tập hồ sơ, thống kê tài liệu")) == (1, 1)


def test_restricted_case_of_an_office_below_is_not_named(
    filed_case: FiledCase, people: dict[str, User], as_person: SignIn
) -> None:
    """The leaders of the province may not know of it; that somebody read something there they do read."""
    log.record_documents(log.Reader(people["prosecutor_kv1"]), "download", [filed_case.documents[0].document_id])
    CaseFile.objects.filter(pk=filed_case.case.pk).update(confidentiality="han_che_noi_bo")
    code, title = filed_case.case.code, filed_case.documents[0].title
    for who, may in (("chief_province", False), ("chief_kv1", True)):
        client = as_person(who)
        row = client.get("/api/vks/access-log/?act=download").json()["results"][0]
        assert (row["case"], row["title"]) == ((code, title) if may else ("", "")), who
        for address in ("/vks/access-log/", "/vks/access-log/?file_type=csv"):
            answer = client.get(address)
            text = whole(answer).decode()
            assert ((code in text), (title in text)) == (may, may), (who, address)
        # nor does trying its code, or the number of its document, tell
        assert len(found(client, case=code, act="download")) == int(may), who
        assert len(found(client, document=str(filed_case.documents[0].document_id), act="download")) == int(may), who


def test_a_case_that_went_elsewhere_stays_in_the_log_of_who_held_it(
    filed_case: FiledCase, people: dict[str, User], units: dict[str, ProcuracyUnit], as_person: SignIn
) -> None:
    log.record_documents(log.Reader(people["prosecutor_kv1"]), "download", [filed_case.documents[0].document_id])
    CaseFile.objects.filter(pk=filed_case.case.pk).update(unit=units["QN-KV3"])
    row = as_person("chief_kv1").get("/api/vks/access-log/").json()["results"][0]
    # its code was known there; the title is for those who may read the paper now
    assert (row["unit"], row["case"], row["title"]) == ("QN-KV1", filed_case.case.code, "")
    assert found(as_person("chief_kv1"), case=filed_case.case.code) != []
    assert found(as_person("chief_kv3")) == []


def test_page_tells_who_what_and_when(read_about: CaseFile, filed_case: FiledCase, as_person: SignIn) -> None:
    page = as_person("chief_kv1").get("/vks/access-log/").content.decode()
    filed = filed_case.documents[1]
    for words in ("Đỗ Hữu Ước", "Tải về", filed_case.case.code, filed.title, filed.folio_label, "10.0.0.1"):
        assert words in page, words
    # the number of the DMS is not taken for that of the paper
    assert f"(mã DMS {filed.document_id})" in page
    assert "bị từ chối</span>" not in page
    refused = as_person("chief_kv3").get("/vks/access-log/?refused=on").content.decode()
    assert "bị từ chối</span>" in refused
    assert "Không có lần truy cập nào khớp" in as_person("chief_kv1").get("/vks/access-log/?person=ai").content.decode()


def test_case_page_leads_leaders_to_its_log(filed_case: FiledCase, as_person: SignIn) -> None:
    address = f"/vks/access-log/?case={filed_case.case.code}"
    for who, may in (("chief_kv1", True), ("chief_province", True), ("prosecutor_kv1", False), ("clerk_kv1", False)):
        page = as_person(who).get(f"/vks/cases/{filed_case.case.code}/").content.decode()
        assert (address in page) is may, who
        assert ('href="/vks/access-log/"' in page) is may, who


def test_pages_of_the_log_ask_the_same_whatever_stands_in_it(
    filed_case: FiledCase, people: dict[str, User], as_person: SignIn
) -> None:
    from django.test.utils import CaptureQueriesContext

    leader = as_person("chief_province")
    # the first request of a day has more to do
    leader.get("/vks/")
    asked = []
    for _round in range(2):
        for document in filed_case.host_ids:
            log.record_documents(log.Reader(people["prosecutor_kv1"]), "download", [document])
        with CaptureQueriesContext(connection) as queries:
            leader.get("/vks/access-log/")
        asked.append(len(queries))
    assert asked[0] == asked[1]


@pytest.mark.parametrize("file_type", ["csv", "xlsx"])
@pytest.mark.parametrize("address", ["/vks/access-log/", "/api/vks/access-log/export/"])
def test_log_goes_out_as_a_file_and_that_is_logged(
    address: str, file_type: str, read_about: CaseFile, filed_case: FiledCase, as_person: SignIn
) -> None:
    from io import BytesIO

    from openpyxl import load_workbook

    leader = as_person("chief_province")
    answer = leader.get(address, {"file_type": file_type})
    assert answer.status_code == 200
    content = whole(answer)
    if file_type == "csv":
        lines = [line.split(",") for line in content.decode("utf-8-sig").splitlines()]
    else:
        sheet = load_workbook(BytesIO(content)).active
        assert sheet is not None
        lines = [[str(cell or "") for cell in row] for row in sheet.iter_rows(values_only=True)]
    assert len(lines) == 3
    assert [line[2] for line in lines[1:]] == ["outsider", "prosecutor_kv1"]
    assert filed_case.case.code in lines[2]
    assert filed_case.documents[1].title in lines[2]
    rows = (
        AccessEntry.objects.filter(act="log")
        .order_by("unit__code")
        .values_list("actor_username", "unit__code", "count")
    )
    assert list(rows) == [("chief_province", "QN-KV1", 1), ("chief_province", "QN-KV3", 1)]
    assert leader.get(address, {"file_type": "exe"}).status_code == 400


def test_too_much_for_one_file_is_refused_with_what_to_do(
    read_about: CaseFile, as_person: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vks_plugin.exchange import serving

    monkeypatch.setattr(serving, "MOST_ENTRIES", 1)
    answer = as_person("chief_province").get("/api/vks/access-log/export/")
    assert (answer.status_code, "khoảng ngày" in answer.json()["detail"]) == (400, True)
    assert written(act="log") == []


def test_who_reads_a_document_elsewhere_is_not_told_by_its_number(
    filed_case: FiledCase, people: dict[str, User], as_person: SignIn
) -> None:
    log.record_documents(log.Reader(people["prosecutor_kv1"]), "download", [filed_case.documents[0].document_id])
    assert found(as_person("chief_kv3"), document=str(filed_case.documents[0].document_id)) == []
    assert CaseDocument.objects.filter(case=filed_case.case).count() == 4
