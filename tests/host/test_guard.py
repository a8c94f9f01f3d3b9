"""What both hosts' doors refuse of filed documents, and that nothing else of the request is done."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.custody.batches import seal_outright
from tests.people import FiledCase
from vks_plugin.cases.models import CaseDocument
from vks_plugin.host.models import Document, StoragePath
from vks_plugin.host.permissions import grants_of
from vks_plugin.host.provision import storage_path_id

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ask(people: dict[str, User]) -> Callable[..., Any]:
    """Return a function that sends a request as somebody."""
    accounts = people | {"superuser": User.objects.create_superuser("toan_quyen")}

    def send(who: str, method: str, path: str, body: Any = None) -> Any:
        client = Client()
        client.force_login(User.objects.get(pk=accounts[who].pk))
        if body is None:
            return getattr(client, method)(path)
        return getattr(client, method)(path, json.dumps(body), content_type="application/json")

    return send


def told(document_id: int) -> Any:
    document = Document.objects.get(pk=document_id)
    values = (document.title, document.owner_id, document.storage_path_id, document.created, document.content)
    return (*values, grants_of([document_id]), CaseDocument.objects.get(document_id=document_id).title)


@pytest.mark.parametrize("who", ["prosecutor_kv1", "superuser"])
def test_readers_and_place(filed_case: FiledCase, people: dict[str, User], ask: Callable[..., Any], who: str) -> None:
    document = filed_case.documents[0].document_id
    other = StoragePath.objects.create(name="Khác", path="{{ title }}")
    before = told(document)
    friend = {"users": [people["prosecutor_kv3"].pk], "groups": []}
    changes: tuple[tuple[dict[str, Any], str], ...] = (
        ({"owner": people["prosecutor_kv3"].pk}, "theo chức danh và phân công"),
        ({"set_permissions": {"view": friend, "change": friend}}, "theo chức danh và phân công"),
        ({"storage_path": other.pk}, "đường dẫn lưu trữ riêng"),
    )
    for change, sentence in changes:
        answer = ask(who, "patch", f"/api/documents/{document}/", {"title": "Tên khác", "content": "Khác", **change})
        assert answer.status_code == 403, change
        assert sentence in answer.json()["detail"], change
        assert told(document) == before, change
    same = {"title": "Tên khác", "owner": before[1], "storage_path": storage_path_id()}
    assert ask(who, "patch", f"/api/documents/{document}/", same).status_code == 200
    assert told(document)[0] == "Tên khác"


def test_what_is_frozen(filed_case: FiledCase, people: dict[str, User], ask: Callable[..., Any]) -> None:
    sealed, open_ = (each.document_id for each in filed_case.documents[:2])
    seal_outright(filed_case.case, filed_case.documents[:1], by=people["chief_kv1"])
    before = told(sealed)
    for change in ({"title": "Tên khác"}, {"created": "2020-01-01"}, {"document_type": None}, {"content": "Khác"}):
        answer = ask("prosecutor_kv1", "patch", f"/api/documents/{sealed}/", change)
        assert answer.status_code == 403, change
        assert "niêm phong" in answer.json()["detail"], change
        assert told(sealed) == before, change
    assert ask("prosecutor_kv1", "patch", f"/api/documents/{open_}/", {"title": "Tên khác"}).status_code == 200


def test_a_document_one_may_not_see_is_answered_as_none(
    filed_case: FiledCase, people: dict[str, User], ask: Callable[..., Any], host: str
) -> None:
    secret = filed_case.documents[0].document_id
    unfiled = Document.objects.create(
        title="Đơn", mime_type="application/pdf", checksum="0" * 64, owner=people["clerk_kv3"]
    )
    doors = ["", "preview/", "download/", "thumb/"]
    if host == "paperless":
        doors += ["metadata/", "notes/", "suggestions/", "ai_suggestions/", "root/", "share_links/"]
    for door in doors:
        told_of = {
            (answer.status_code, answer.content)
            for pk in (secret, unfiled.pk, 999999)
            for answer in [ask("prosecutor_kv3", "get", f"/api/documents/{pk}/{door}")]
        }
        assert len(told_of) == 1, (door, told_of)
        assert {status for status, _content in told_of} == {404}, door
    assert ask("prosecutor_kv1", "get", f"/api/documents/{secret}/download/").status_code == 200
