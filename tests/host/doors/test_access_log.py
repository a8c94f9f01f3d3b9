"""What the access log keeps of the host's own doors, by which case documents are read or asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from tests.access.readings import forget, written
from tests.host.doors.conftest import STRANGERS, Secret, Visitor
from vks_plugin.access.models import AccessEntry
from vks_plugin.host import contract, reading
from vks_plugin.host.models import Document

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
    forget()
    assert root.get(f"/admin/documents/document/{secret.statement}/change/").status_code == 200
    assert list(AccessEntry.objects.values_list("actor_username", "act", "is_superuser", "document_id")) == [
        ("root", "view", True, secret.statement)
    ]


def test_a_change_that_is_refused_is_no_refused_reading(secret: Secret, as_person: SignIn) -> None:
    leader = as_person("chief_province")
    forget()
    assert leader.ask("patch", f"/api/documents/{secret.statement}/", {"title": "x"}).status_code == 403
    assert written() == []
    assert as_person("prosecutor_kv3").ask(
        "patch", f"/api/documents/{secret.statement}/", {"title": "x"}
    ).status_code in {403, 404}
    assert written() == [("prosecutor_kv3", "view", True, secret.statement, 0)]
