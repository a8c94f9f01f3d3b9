"""What the access log keeps of the host's own doors, by which case documents are read or asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import Group, User

from tests.access.readings import forget, written
from tests.host.doors.conftest import STRANGERS, TEXT, TITLE, Secret, Visitor, host_model
from vks_plugin.access.models import AccessEntry
from vks_plugin.host import contract, reading
from vks_plugin.host.models import Document
from vks_plugin.web import readings

pytestmark = pytest.mark.django_db(transaction=True)

SignIn = Callable[..., Visitor]

DOORS = {
    "": "view",
    "metadata/": "view",
    "notes/": "view",
    "suggestions/": "view",
    "preview/": "preview",
    "download/": "download",
    "download/?original=true": "download",
}


def test_doors_that_are_named_are_there() -> None:
    """A door the host calls differently would be read through without a word."""
    from django.urls import get_resolver

    def names(patterns: Any, space: str = "") -> set[str]:
        found = set()
        for each in patterns:
            if hasattr(each, "url_patterns"):
                found |= names(each.url_patterns, f"{each.namespace}:" if each.namespace else space)
            elif each.name:
                found.add(f"{space}{each.name}")
        return found

    assert {*reading.DOORS, *reading.LISTS} <= names(get_resolver().url_patterns)


def test_each_door_of_a_document(secret: Secret, as_person: SignIn) -> None:
    reader = as_person("prosecutor_kv1")
    for door, act in DOORS.items():
        forget()
        assert reader.get(f"/api/documents/{secret.statement}/{door}").status_code == 200, door
        assert written() == [("prosecutor_kv1", act, False, secret.statement, 1)], door


def test_who_is_refused_at_each_door(secret: Secret, as_person: SignIn) -> None:
    doors = DOORS | {"thumb/": "preview", "root/": "view", "history/": "view", "share_links/": "share"}
    for stranger in STRANGERS:
        visitor = as_person(stranger)
        for door, act in doors.items():
            forget()
            assert visitor.get(f"/api/documents/{secret.statement}/{door}").status_code in {403, 404}
            assert written() == [(stranger, act, True, secret.statement, 0)], (door, stranger)


def spelt(number: int) -> list[str]:
    """Return ways to write a number in an address that the host finds the same row by."""
    return [f"+{number}", f"%20{number}", f"%0A{number}", f"0_{number}", f"{number:010d}", f"{number:025d}"]


def test_a_number_that_is_spelt_otherwise_is_noted_as_the_document_it_finds(secret: Secret, as_person: SignIn) -> None:
    reader, stranger = as_person("prosecutor_kv1"), as_person("prosecutor_kv3")
    for number in spelt(secret.statement):
        for door, act in DOORS.items():
            forget()
            address = f"/api/documents/{number}/{door}"
            assert reader.get(address).status_code == 200, address
            assert written() == [("prosecutor_kv1", act, False, secret.statement, 1)], address
            assert stranger.get(address).status_code in {403, 404}
            assert written()[1:] == [("prosecutor_kv3", act, True, secret.statement, 0)], address
    # what the host finds nothing by is nobody's document
    forget()
    for number in (*spelt(987654), str(10**30), "khong", f"-{secret.statement}"):
        assert reader.get(f"/api/documents/{number}/").status_code == 404
    assert written() == []


def test_a_number_that_is_spelt_otherwise_in_the_administration_pages(secret: Secret, as_person: SignIn) -> None:
    root = as_person(User.objects.create_superuser("root", password="x"))
    # the addresses of these pages have no line in them
    plain = [each for each in spelt(secret.statement) if "%0A" not in each]
    for number in (f"_2B{secret.statement}", f"_0A{secret.statement}", *plain):
        for page in ("change", "delete", "history"):
            forget()
            address = f"/admin/documents/document/{number}/{page}/"
            assert root.get(address).status_code == 200, address
            assert written() == [("root", "view", False, secret.statement, 1)], address


def test_what_nobody_can_tell_the_number_of_is_withheld(
    secret: Secret, as_person: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readings, "number_in_address", lambda *_asked: None)
    answer = as_person("prosecutor_kv1").get(f"/api/documents/{secret.statement}/download/")
    assert (answer.status_code, answer.streaming) == (503, False)
    # a small picture leaves no row, whosever it is
    assert as_person("prosecutor_kv1").get(f"/api/documents/{secret.statement}/thumb/").status_code == 200
    assert as_person("prosecutor_kv3").get(f"/api/documents/{secret.statement}/download/").status_code == 404
    assert written() == []


def test_what_is_shown_again_from_the_browsers_own_store(secret: Secret, as_person: SignIn) -> None:
    reader = as_person("prosecutor_kv1")
    address = f"/api/documents/{secret.statement}/preview/"
    day = reader.get(address)["Last-Modified"]
    forget()
    assert reader.get(address, headers={"If-Modified-Since": day}).status_code == 304
    assert written() == [("prosecutor_kv1", "preview", False, secret.statement, 1)]


def test_archive_of_several_documents(secret: Secret, as_person: SignIn, people: dict[str, User]) -> None:
    reader = as_person("prosecutor_kv1")
    forget()
    answer = reader.ask("post", "/api/documents/bulk_download/", {"documents": secret.ids})
    assert answer.status_code == 200
    assert written() == [("prosecutor_kv1", "download", False, pk, 1) for pk in secret.ids]
    forget()
    # the host works out which ones itself
    assert reader.ask("post", "/api/documents/bulk_download/", {"all": True, "filters": {}}).status_code == 200
    assert written() == [("prosecutor_kv1", "download", False, pk, 1) for pk in secret.ids]
    for stranger in STRANGERS:
        forget()
        visitor = as_person(stranger)
        assert visitor.ask("post", "/api/documents/bulk_download/", {"documents": secret.ids}).status_code == 403
        assert written() == [(stranger, "download", True, pk, 0) for pk in secret.ids]


def test_archive_is_withheld_when_nobody_knows_what_is_in_it(
    secret: Secret, as_person: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    from documents import views

    mixin: Any = views.DocumentSelectionMixin  # type: ignore[attr-defined]  # the stand-in has none
    noting = mixin._resolve_document_ids
    monkeypatch.setattr(mixin, "_resolve_document_ids", noting.__wrapped__)
    answer = as_person("prosecutor_kv1").ask("post", "/api/documents/bulk_download/", {"documents": secret.ids})
    assert (answer.status_code, answer.streaming) == (503, False)
    assert written(act="download") == []
    assert "documents.views.DocumentSelectionMixin._resolve_document_ids" in {each.path for each in contract.REAL_ONLY}


def test_texts_in_lists_and_searches(secret: Secret, as_person: SignIn) -> None:
    reader = as_person("prosecutor_kv1")
    both = {("prosecutor_kv1", "text", False, pk, 1) for pk in secret.ids}
    for address, rows in (
        ("/api/documents/", both),
        ("/api/documents/?query=khai", {("prosecutor_kv1", "text", False, secret.statement, 1)}),
        ("/api/search/?query=khai", {("prosecutor_kv1", "text", False, secret.statement, 1)}),
        # as the host's own interface asks
        ("/api/documents/?truncate_content=true", set()),
        ("/api/documents/?fields=id,title", set()),
    ):
        forget()
        assert reader.get(address).status_code == 200, address
        assert set(written()) == rows, address


def test_a_path_that_is_tried_on_a_document_tells_its_text(secret: Secret, as_person: SignIn) -> None:
    """The host fills whatever template it is sent, with the whole text too."""
    door = "/api/storage_paths/test/"
    body = {"document": secret.statement, "path": "{{ document.content }}"}
    reader = as_person("prosecutor_kv1")
    forget()
    assert TEXT in reader.ask("post", door, body).json()
    assert written() == [("prosecutor_kv1", "text", False, secret.statement, 1)]
    forget()
    # nothing was told of what has no template
    assert reader.ask("post", door, {"document": secret.statement}).status_code == 400
    assert written() == []
    for stranger in STRANGERS:
        forget()
        visitor = as_person(stranger)
        refused, absent = visitor.ask("post", door, body), visitor.ask("post", door, body | {"document": 987654})
        assert (refused.status_code, secret.told_by(refused)) == (403, [])
        assert refused.content == absent.content
        assert written() == [(stranger, "text", True, secret.statement, 0)]
    root = as_person(User.objects.create_superuser("root", password="x"))
    forget()
    assert TEXT in root.ask("post", door, body).json()
    assert written() == [("root", "text", False, secret.statement, 1)]


def test_what_a_language_model_answers_from(
    secret: Secret, as_person: SignIn, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The host says which passages it found before it answers; the model itself is not there."""
    from paperless_ai import chat  # type: ignore[import-not-found]

    def answer(_question: str, documents: Any, **_named: Any) -> Iterator[str]:
        found = [SimpleNamespace(metadata={"document_id": str(pk)}) for pk in (secret.report, "x")]
        chat._get_document_references(documents, found)
        yield f"rows: {len(written())}"

    monkeypatch.setattr(chat, "_stream_chat_with_documents", answer)
    settings.AI_ENABLED = True
    reader, row = as_person("prosecutor_kv1"), ("prosecutor_kv1", "text", False)
    for body, rows in (
        ({"q": "Ai khai?"}, [(*row, secret.report, 1)]),
        ({"q": "Ai khai?", "document_id": secret.report}, [(*row, secret.report, 1)]),
    ):
        forget()
        told = reader.ask("post", "/api/documents/chat/", body)
        assert (told.status_code, b"".join(told.streaming_content)) == (200, b"rows: 1"), body
        assert written() == rows, body
    forget()
    body = {"q": "Ai khai?", "document_id": secret.report}
    assert as_person("prosecutor_kv3").ask("post", "/api/documents/chat/", body).status_code == 403
    assert written() == [("prosecutor_kv3", "text", True, secret.report, 0)]


def test_sharing_that_is_refused(secret: Secret, as_person: SignIn) -> None:
    reader = as_person("prosecutor_kv1", "add_sharelink")
    letter = {"addresses": "ai-do@example.org", "subject": "x", "message": "y"}
    forget()
    body = {"document": secret.statement, "file_version": "original"}
    assert reader.ask("post", "/api/share_links/", body).status_code == 403
    assert reader.ask("post", "/api/documents/email/", {"documents": [secret.report], **letter}).status_code == 403
    answer = reader.post(f"/api/documents/{secret.report}/email/", {"documents": secret.report, **letter})
    assert answer.status_code == 403
    assert written() == [
        ("prosecutor_kv1", "share", True, secret.statement, 0),
        ("prosecutor_kv1", "share", True, secret.report, 0),
        ("prosecutor_kv1", "share", True, secret.report, 0),
    ]
    # an own paper in no case goes where it likes
    forget()
    reader.upload(title="Thư mời họp")
    mine = Document.objects.exclude(pk__in=secret.ids).get().pk
    assert reader.ask("post", "/api/documents/email/", {"documents": [mine], **letter}).status_code == 200
    assert written() == []


def test_what_a_superuser_reads_in_the_administration_pages(secret: Secret, as_person: SignIn) -> None:
    root = as_person(User.objects.create_superuser("root", password="x"))
    # the text as it was before somebody corrected it stands in the trail
    document = Document.objects.get(pk=secret.statement)
    document.content = "Chữ khác"
    document.save()
    corrected = entries_of(Document, secret.statement).latest("pk")
    note = host_model("Note").objects.get(document=secret.statement)
    value = host_model("CustomFieldInstance").objects.get(document=secret.statement)
    kept = entries_of(type(note), note.pk).earliest("pk")
    places = {
        f"documents/document/{secret.statement}/change/": ("view", TITLE),
        f"auditlog/logentry/{corrected.pk}/change/": ("text", TEXT),
        f"auditlog/logentry/{kept.pk}/change/": ("text", "đổi lời khai"),
        "documents/note/": ("view", "đổi lời khai"),
        f"documents/note/{note.pk}/change/": ("view", "đổi lời khai"),
        f"documents/note/{note.pk}/history/": ("view", "đổi lời khai"),
        f"documents/customfieldinstance/{value.pk}/change/": ("view", secret.case.code),
        f"documents/customfieldinstance/{value.pk}/history/": ("view", secret.case.code),
    }
    chief, group = User.objects.get(username="chief_kv1").pk, Group.objects.get(name="vks:QN-KV1:leaders").pk
    for row, said in (
        (f"document/{secret.statement}", TITLE),
        (f"note/{note.pk}", "đổi lời khai"),
        (f"customfieldinstance/{value.pk}", secret.case.code),
    ):
        for page in ("", f"user-manage/{chief}/", f"group-manage/{group}/"):
            places[f"documents/{row}/permissions/{page}"] = ("view", said)
    places[f"documents/document/_2B{secret.statement}/permissions/"] = ("view", TITLE)
    for place, (act, said) in places.items():
        forget()
        answer = root.get(f"/admin/{place}")
        assert (answer.status_code, said in answer.content.decode()) == (200, True), place
        rows = AccessEntry.objects.values_list("actor_username", "act", "is_superuser", "document_id")
        assert list(rows) == [("root", act, True, secret.statement)], place
    forget()
    assert root.get("/admin/documents/customfieldinstance/").status_code == 200
    assert set(written()) == {("root", "view", False, pk, 1) for pk in secret.ids}
    # the trail calls notes and values by what they say, documents by title
    forget()
    assert "đổi lời khai" in root.get("/admin/auditlog/logentry/").content.decode()
    assert set(written()) == {("root", "view", False, pk, 1) for pk in secret.ids}
    forget()
    assert root.get("/admin/auditlog/logentry/?q=khongco").status_code == 200
    assert written() == []
    # before something is done to them, those chosen are shown once more
    forget()
    chosen = {"action": "delete_selected", "_selected_action": [note.pk]}
    assert root.post("/admin/documents/note/", chosen).status_code == 200
    assert written() == [("root", "view", False, secret.statement, 1)]
    # what says nothing of a document leaves no row, and is shown
    forget()
    tag = host_model("Tag").objects.create(name="Khẩn")
    assert root.get(f"/admin/auditlog/logentry/{entries_of(type(tag), tag.pk).get().pk}/change/").status_code == 200
    assert root.get("/admin/documents/note/?q=khongco").status_code == 200
    assert written() == []


def entries_of(model: type[Any], pk: int) -> Any:
    """Return the entries of the audit trail about one thing."""
    from auditlog.models import LogEntry  # type: ignore[import-untyped]
    from django.contrib.contenttypes.models import ContentType

    return LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(model), object_id=pk)


def test_what_a_superuser_reads_in_the_trash(secret: Secret, as_person: SignIn) -> None:
    """It got there past every door; its text is in the list."""
    Document.objects.filter(pk=secret.statement).update(deleted_at="2026-01-01T00:00:00Z")
    root = as_person(User.objects.create_superuser("root", password="x"))
    forget()
    assert TEXT in root.get("/api/trash/").json()["results"][0]["content"]
    assert written() == [("root", "text", False, secret.statement, 1)]
    forget()
    assert as_person("prosecutor_kv1").get("/api/trash/").json()["count"] == 0
    assert written() == []


def test_a_change_that_is_refused_is_no_refused_reading(secret: Secret, as_person: SignIn) -> None:
    leader = as_person("chief_province")
    forget()
    assert leader.ask("patch", f"/api/documents/{secret.statement}/", {"title": "x"}).status_code == 403
    assert written() == []
    assert as_person("prosecutor_kv3").ask(
        "patch", f"/api/documents/{secret.statement}/", {"title": "x"}
    ).status_code in {403, 404}
    assert written() == [("prosecutor_kv3", "view", True, secret.statement, 0)]
