"""What is called a state secret and waits in the inbox has lost its words, and no door of the host reads them again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from auditlog.models import LogEntry  # type: ignore[import-untyped]
from django.contrib.auth.models import User
from django.core.management import call_command
from documents import tasks

from tests.filing.test_inbox import Consume, come_in, one_office
from tests.host.doors.conftest import Visitor
from tests.host.doors.test_files import Held, held, queued, run, version
from vks_plugin.cases.models import CatalogueType
from vks_plugin.host.models import Document
from vks_plugin.host.search import reindex
from vks_plugin.organization.actions import service_account_id

__all__ = ["come_in", "held", "one_office", "queued"]

pytestmark = pytest.mark.django_db(transaction=True)

SignIn = Callable[..., Visitor]

_POWERS = ("change_document", "delete_document", "add_document", "view_document")
_RULE = "không xử lý lại"


@pytest.fixture
def keepers(
    one_office: None, as_person: SignIn, people: dict[str, User], catalogue: dict[str, CatalogueType]
) -> dict[str, Visitor]:
    """Return who looks after the inbox, and who runs the host."""
    return {
        "scanner_kv1": as_person("scanner_kv1", *_POWERS),
        "superuser": as_person(User.objects.create_superuser("toan_quyen")),
    }


def words_of(paper: Document, *visitors: Visitor) -> list[str]:
    """Return where a word of a paper is still kept or found: rows, the host's log of changes, its index."""
    rows = Document.global_objects.filter(pk=paper.pk) | Document.global_objects.filter(root_document_id=paper.pk)
    trail = json.dumps([entry.changes for entry in LogEntry.objects.all()], ensure_ascii=False)
    found = {pk for each in visitors for pk in each.found(text="khong chu")}
    return [
        *(f"row {row.pk}" for row in rows if row.content),
        *(["trail"] if "không chủ" in trail else []),
        *(["index"] if found & {row.pk for row in rows} else []),
    ]


def test_nobody_has_its_words_read_again(keepers: dict[str, Visitor], come_in: Consume, queued: list[str]) -> None:
    paper = come_in(name="quet_TỐI_MẬT.pdf")
    other = come_in(name="thu.pdf")
    one = [paper.pk]
    doors: tuple[tuple[str, dict[str, Any]], ...] = (
        ("reprocess", {"documents": one}),
        ("reprocess", {"documents": [other.pk, paper.pk]}),
        ("rotate", {"documents": one, "degrees": 90}),
        ("merge", {"documents": [paper.pk, other.pk]}),
        ("edit_pdf", {"documents": one, "operations": [{"page": 1}], "update_document": True}),
        ("edit_pdf", {"documents": one, "operations": [{"page": 1}], "include_metadata": False}),
        ("remove_password", {"documents": one, "password": "x"}),
        ("bulk_edit", {"documents": one, "method": "reprocess", "parameters": {}}),
        ("bulk_edit", {"documents": one, "method": "split", "parameters": {"pages": "1"}}),
        ("bulk_edit", {"documents": one, "method": "delete_pages", "parameters": {"pages": [1]}}),
        ("bulk_edit", {"documents": [other.pk, paper.pk], "method": "merge", "parameters": {}}),
    )
    for who, visitor in keepers.items():
        queued.clear()
        for door, body in doors:
            answer = visitor.ask("post", f"/api/documents/{door}/", body)
            assert (answer.status_code, _RULE in answer.json()["detail"]) == (403, True), (who, door, body)
        address = f"/api/documents/{paper.pk}/"
        for answer in (
            visitor.post(f"{address}update_version/", version("Bản quét không chủ")),
            visitor.ask("patch", address, {"content": "Bản quét không chủ"}),
        ):
            assert (answer.status_code, _RULE in answer.json()["detail"]) == (403, True), who
        assert queued == [], who
        # what the interface sends along of what it has
        assert visitor.ask("patch", address, {"content": "", "tags": []}).status_code == 200, who
    call_command("document_archiver", "--overwrite", "--processes", "1", "--no-progress-bar")
    assert words_of(paper, *keepers.values()) == ["trail"]
    assert Document.objects.get(pk=other.pk).content
    LogEntry.objects.filter(object_pk=str(other.pk)).delete()
    assert words_of(paper, *keepers.values()) == []
    # to throw it away is what is asked of people
    answer = keepers["superuser"].ask("post", "/api/documents/delete/", {"documents": one})
    assert answer.status_code == 200


def test_whoever_mends_the_title_has_them_read_again(keepers: dict[str, Visitor], come_in: Consume) -> None:
    """As the refusal says: the mark stood in the title alone."""
    paper, keeper = come_in(name="quet.pdf", title="Báo cáo TỐI MẬT"), keepers["scanner_kv1"]
    body = {"documents": [paper.pk]}
    assert (paper.content, keeper.ask("post", "/api/documents/reprocess/", body).status_code) == ("", 403)
    assert keeper.ask("patch", f"/api/documents/{paper.pk}/", {"title": "Báo cáo"}).status_code == 200
    assert keeper.ask("post", "/api/documents/reprocess/", body).status_code == 200
    assert "không chủ" in Document.objects.get(pk=paper.pk).content
    assert keeper.found(text="khong chu") == [paper.pk]


@pytest.fixture
def papers(keepers: dict[str, Visitor], come_in: Consume) -> list[Document]:
    """Return two papers that wait in the inbox by ordinary names."""
    return [come_in(name="mot.pdf"), come_in(name="hai.pdf")]


def test_what_was_queued_before_it_was_called_so_brings_no_word_back(
    papers: list[Document],
    keepers: dict[str, Visitor],
    held: Held,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before, during = papers

    def name(paper: Document) -> None:
        # as intake leaves what comes in by such a name
        Document.objects.filter(pk=paper.pk).update(title="Báo cáo TỐI MẬT", content="")
        reindex([paper.pk])

    ids = {"documents": [each.pk for each in papers]}
    for door, more in (("reprocess", {}), ("rotate", {"degrees": 90})):
        answer = keepers["superuser"].ask("post", f"/api/documents/{door}/", ids | more)
        assert answer.status_code == 200, answer.content
    name(before)
    # the other one is called so while its pages are being recognised
    decide = tasks.should_produce_archive  # type: ignore[attr-defined]

    def decide_slowly(parser: Any, kind: str, path: Path) -> Any:
        if path == during.source_path:
            name(during)
        return decide(parser, kind, path)

    monkeypatch.setattr(tasks, "should_produce_archive", decide_slowly)
    given = run(held)
    told = [each["reason"] for each in given if isinstance(each, dict) and "reason" in each]
    assert (len(told), all("độ mật" in each for each in told)) == (2, True)
    versions = Document.objects.filter(root_document__in=papers)
    assert set(versions.values_list("owner_id", "content")) == {(service_account_id(), "")}
    assert versions.count() == 2
    LogEntry.objects.filter(object_pk__in=[str(each.pk) for each in papers]).delete()
    for paper in papers:
        assert words_of(paper, *keepers.values()) == []


def test_what_a_keeper_comes_to_call_a_state_secret_loses_its_words(
    keepers: dict[str, Visitor], come_in: Consume
) -> None:
    keeper = keepers["scanner_kv1"]
    paper, other = come_in(name="quet.pdf"), come_in(name="thu.pdf")
    assert {*words_of(paper, *keepers.values())} >= {f"row {paper.pk}", "index"}
    for each, title in ((paper, "Báo cáo TỐI MẬT"), (other, "Báo cáo tiến độ")):
        assert keeper.ask("patch", f"/api/documents/{each.pk}/", {"title": title}).status_code == 200
    assert [each for each in words_of(paper, *keepers.values()) if each != "trail"] == []
    (said,) = paper.notes.values_list("note", flat=True)
    assert "chữ trên bản quét đã được bỏ" in said
    assert (Document.objects.get(pk=other.pk).content != "", other.notes.count()) == (True, 0)


def test_a_scan_from_before_there_were_cases_stays_as_it_is(
    keepers: dict[str, Visitor], come_in: Consume, as_person: SignIn, people: dict[str, User]
) -> None:
    """Nobody took its words: pages that were never recognised have none, and to process it again is how it gets them."""
    owner = as_person("prosecutor_kv1", *_POWERS)
    paper = come_in(name="quet.pdf", owner_id=people["prosecutor_kv1"].pk)
    body = {"documents": [paper.pk]}
    row = Document.objects.filter(pk=paper.pk)
    row.update(title="Báo cáo TỐI MẬT", content="")
    assert owner.ask("post", "/api/documents/reprocess/", body).status_code == 403
    row.update(added="2015-01-01T00:00:00Z")
    assert owner.ask("post", "/api/documents/rotate/", body | {"degrees": 90}).status_code == 200
    assert owner.ask("post", "/api/documents/reprocess/", body).status_code == 200
    assert "không chủ" in row.get().content
    assert owner.post(f"/api/documents/{paper.pk}/update_version/", version("Bản quét")).status_code == 200
