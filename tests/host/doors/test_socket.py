"""The host's websocket: who is told what of files that come in and of documents that change."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from asgiref.testing import ApplicationCommunicator
from channels.layers import get_channel_layer
from django.contrib.auth.models import User
from django.utils import timezone
from documents.data_models import ConsumableDocument, DocumentMetadataOverrides, DocumentSource
from documents.plugins.helpers import DocumentsStatusManager  # type: ignore[import-not-found]
from documents.signals.handlers import send_websocket_document_updated  # type: ignore[attr-defined]
from documents.tasks import consume_file

from tests.host.doors.conftest import STRANGERS, Visitor
from tests.people import FiledCase, pdf_bytes
from vks_plugin.host import sockets
from vks_plugin.host.models import Document
from vks_plugin.organization.models import Appointment

pytestmark = pytest.mark.django_db(transaction=True)

# untyped
open_socket: Any = ApplicationCommunicator


def _come_in(folder: Path, name: str, owner: User | None) -> None:
    path = folder / name
    path.write_bytes(pdf_bytes(1, f"Tệp {name}"))
    consume_file.apply(
        kwargs={
            "input_doc": ConsumableDocument(source=DocumentSource.ApiUpload, original_file=path),
            "overrides": DocumentMetadataOverrides(owner_id=owner.pk if owner is not None else None),
        },
        throw=True,
    )


def told_while(act: Callable[[], object], people: dict[str, User | None]) -> dict[str, str]:
    """Return, for everybody who holds the socket open while something is done, all that came through; None: nobody."""
    from paperless.asgi import application

    def cookie(user: User | None) -> list[tuple[bytes, bytes]]:
        client = Visitor()
        if user is not None:
            client.force_login(user)
        return [(b"cookie", "; ".join(f"{key}={each.value}" for key, each in client.cookies.items()).encode())]

    cookies = {who: cookie(user) for who, user in people.items()}

    async def scene() -> dict[str, str]:
        sockets: dict[str, Any] = {}
        said: dict[str, str] = {}
        for who, headers in cookies.items():
            scope = {
                "type": "websocket",
                "path": "/ws/status/",
                "headers": headers,
                "query_string": b"",
                "subprotocols": [],
            }
            sockets[who] = open_socket(application, scope)
            await sockets[who].send_input({"type": "websocket.connect"})
            answer = await sockets[who].receive_output(timeout=120)
            assert (answer["type"] == "websocket.accept") == (people[who] is not None), who
        await sync_to_async(act)()
        # each hears this last, however busy the machine is
        signed_in = [user.pk for user in people.values() if user is not None]
        last = {"document_id": None, "task_id": "the last", "users_can_view": signed_in, "groups_can_view": []}
        await get_channel_layer().group_send("status_updates", {"type": "status_update", "data": last})
        for who, socket in sockets.items():
            heard: list[str] = []
            while people[who] is not None and '"the last"' not in "".join(heard[-1:]):
                answer = await socket.receive_output(timeout=120)
                # who was shut out hears no more
                heard.append(answer["text"] if answer["type"] == "websocket.send" else '"the last"')
            said[who] = "\n".join(json.dumps(json.loads(each), ensure_ascii=False) for each in heard[:-1])
            await socket.send_input({"type": "websocket.disconnect", "code": 1000})
            await socket.wait(timeout=120)
        return said

    return async_to_sync(scene)()


def test_files_that_come_in_and_documents_that_change_are_told_to_who_may_read_them(
    filed_case: FiledCase, people: dict[str, User], admin_user: User, tmp_path: Path
) -> None:
    number = filed_case.host_ids[0]
    lead = Visitor()
    lead.force_login(people["prosecutor_kv1"])

    def act() -> None:
        _come_in(tmp_path, "riêng của thư ký.pdf", people["clerk_kv1"])
        _come_in(tmp_path, "từ thư mục quét.pdf", None)
        answer = lead.ask("patch", f"/api/documents/{number}/", {"title": "Quyết định khởi tố (sửa)"})
        assert answer.status_code == 200, answer.content

    readers, strangers = ("prosecutor_kv1", "chief_kv1"), [each for each in STRANGERS if each != "clerk_kv1"]
    asked: dict[str, User | None] = {who: people[who] for who in (*readers, *strangers, "clerk_kv1")}
    said = told_while(act, {**asked, "superuser": admin_user, "nobody": None})
    # who may know is told: else nothing that is asked here could leak
    assert "riêng của thư ký.pdf" in said["clerk_kv1"]
    assert "từ thư mục quét.pdf" in said["superuser"]
    changed = f'"document_id": {number}'
    assert [changed in said[who] for who in readers] == [True, True]
    for who in strangers:
        assert said[who] == "", who
    assert said["nobody"] == ""
    for who in readers:
        assert "riêng" not in said[who], who
        assert "thư mục" not in said[who], who
    assert changed not in said["clerk_kv1"]
    assert "khởi tố" not in "".join(said.values())


def test_many_messages_are_looked_up_once_and_a_moment_later_anew(
    filed_case: FiledCase, people: dict[str, User], admin_user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change of hundreds of documents tells everybody of each; who lost access hears no more when the moment is over."""
    documents = list(Document.objects.filter(pk__in=filed_case.host_ids))
    lead = people["prosecutor_kv1"]
    asked: list[str] = []
    holder, seen = sockets._holder, sockets._sees

    def counted(scope: Any) -> User | None:
        asked.append("account")
        return holder(scope)

    def change() -> None:
        for _time in range(3):
            for document in documents:
                send_websocket_document_updated(None, document)

    def heard(by: str) -> int:
        return said[by].count('"document_id": ')

    monkeypatch.setattr(sockets, "_holder", counted)
    monkeypatch.setattr(sockets, "close_old_connections", lambda: asked.append("connection"))
    monkeypatch.setattr(sockets, "_freshened", float("-inf"))
    monkeypatch.setattr(sockets, "KEPT_SECONDS", 3600.0)
    everybody: dict[str, User | None] = {"lead": lead, "chief": people["chief_kv1"], "superuser": admin_user}
    said = told_while(change, everybody)
    assert [heard(by) for by in everybody] == [3 * len(documents)] * 3
    assert sorted(asked) == ["account"] * 3 + ["connection"]

    def last_day(user: User, document_id: int) -> bool:
        sees = seen(user, document_id)
        if user.pk == lead.pk:
            Appointment.objects.filter(user=lead).update(ends_on=timezone.localdate() - dt.timedelta(days=1))
        return sees

    monkeypatch.setattr(sockets, "_sees", last_day)
    monkeypatch.setattr(sockets, "KEPT_SECONDS", 0.0)
    said = told_while(change, everybody)
    assert [heard(by) for by in everybody] == [1, 3 * len(documents), 3 * len(documents)]


def test_who_lost_access_while_the_socket_was_open_hears_no_more(
    filed_case: FiledCase, people: dict[str, User], admin_user: User, tmp_path: Path
) -> None:
    """The host remembers the account of when the socket was opened, and a message its readers of when it was sent."""
    document = Document.objects.get(pk=filed_case.host_ids[0])
    clerk, lead = people["clerk_kv1"], people["prosecutor_kv1"]

    def act() -> None:
        User.objects.filter(pk=admin_user.pk).update(is_superuser=False)
        User.objects.filter(pk=clerk.pk).update(is_active=False)
        # time goes by: the post ended yesterday, and nothing has been asked since that would take the grants
        Appointment.objects.filter(user=lead).update(ends_on=timezone.localdate() - dt.timedelta(days=1))
        _come_in(tmp_path, "riêng của thư ký.pdf", clerk)
        _come_in(tmp_path, "từ thư mục quét.pdf", None)
        send_websocket_document_updated(None, document)
        DocumentsStatusManager().send_documents_deleted([987654])

    asked: dict[str, User | None] = {"chief_kv1": people["chief_kv1"], "clerk": clerk, "lead": lead}
    said = told_while(act, {**asked, "superuser": admin_user})
    # a reader, and everybody who is there, are told: else nothing that is asked here could leak
    changed = f'"document_id": {document.pk}'
    assert changed in said["chief_kv1"]
    assert "987654" in said["lead"]
    assert changed not in said["lead"]
    assert said["clerk"] == ""
    assert "quét" not in said["superuser"]
    assert changed not in said["superuser"]
