"""Asks the running host who may do what, and what it tells when it takes a file in.

The same people ask at the same doors about the same seven documents on every host; the answers are
part of the contract. Nothing of the plugin's is involved: these are the rules it builds on.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group, Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client, override_settings
from documents.data_models import ConsumableDocument, DocumentMetadataOverrides, DocumentSource
from documents.models import CustomField, CustomFieldInstance, Document
from documents.permissions import set_permissions_for_object
from documents.search import get_backend
from documents.signals import document_consumption_finished, document_consumption_started, document_updated
from documents.tasks import consume_file

from tests.people import pdf_bytes

_PASSWORD = "Only-for-tests-1"
_MODEL_PERMISSIONS = ("add_document", "change_document", "view_document")

ASKERS = (
    "nobody signed in",
    "without model permissions",
    "without grants",
    "owner",
    "view granted",
    "view granted to a group",
    "change granted",
    "change granted to a group",
    "superuser",
)

# whose it is, and who holds what on it
_DOCUMENTS: dict[str, tuple[str | None, dict[str, dict[str, list[str]]]]] = {
    "unowned": (None, {}),
    "owned": ("owner", {}),
    "viewable": ("owner", {"view": {"users": ["view granted"]}}),
    "viewable by group": ("owner", {"view": {"groups": ["viewers"]}}),
    "changeable": ("owner", {"change": {"users": ["change granted"]}}),
    "changeable by group": ("owner", {"change": {"groups": ["changers"]}}),
    "in the bin": ("owner", {"view": {"users": ["view granted"], "groups": ["viewers"]}}),
}


def answers() -> dict[str, Any]:
    """Ask everything; the database must be empty and its transactions must commit."""
    people = _people()
    with override_settings(ALLOWED_HOSTS=["*"]):
        told = {"consumption": _consumption(people["owner"])}
        CustomFieldInstance.global_objects.all().hard_delete()
        Document.global_objects.all().hard_delete()
        documents = _documents(people)
        told |= {
            "doors": {asker: _asked(asker, people.get(asker), documents) for asker in ASKERS},
            "keys": _keys(people["owner"], documents),
            "sign in": _sign_in(people["owner"]),
        }
    return told


def _people() -> dict[str, User]:
    permissions = Permission.objects.filter(content_type__app_label="documents", codename__in=_MODEL_PERMISSIONS)
    people = {}
    for asker in ASKERS[1:]:
        superuser = asker == "superuser"
        user = User.objects.create_user(
            asker.replace(" ", "_"), password=_PASSWORD, is_superuser=superuser, is_staff=superuser
        )
        if asker != "without model permissions":
            user.user_permissions.set(permissions)
        people[asker] = user
    for name, member in (("viewers", "view granted to a group"), ("changers", "change granted to a group")):
        people[member].groups.add(Group.objects.create(name=name))
    return {asker: User.objects.get(pk=user.pk) for asker, user in people.items()}


def _word(name: str) -> str:
    """Return the word that stands in this document only."""
    return "rieng" + name.replace(" ", "")


def _documents(people: dict[str, User]) -> dict[str, Document]:
    from PIL import Image

    groups = dict(Group.objects.values_list("name", "pk"))
    ids = {"users": {asker: user.pk for asker, user in people.items()}, "groups": groups}
    made = {}
    for number, (name, (owner, grants)) in enumerate(_DOCUMENTS.items(), start=1):
        document = Document.objects.create(
            title=f"Biên bản {name}",
            content=f"Biên bản chung {_word(name)}",
            mime_type="application/pdf",
            checksum=f"{number:064x}",
            page_count=1,
            owner=people[owner] if owner else None,
        )
        set_permissions_for_object(
            {
                action: {key: [ids[key][each] for each in held] for key, held in to.items()}
                for action, to in grants.items()
            },
            document,
        )
        for path in (document.source_path, document.thumbnail_path):
            path.parent.mkdir(parents=True, exist_ok=True)
        document.source_path.write_bytes(pdf_bytes())
        Image.new("RGB", (4, 4)).save(document.thumbnail_path, "WEBP")
        get_backend().add_or_update(document)
        made[name] = document
    made["in the bin"].delete()
    return made


def _asked(asker: str, user: User | None, documents: dict[str, Document]) -> dict[str, Any]:
    client = Client(raise_request_exception=False)
    if user is not None:
        client.force_login(user)
    names = {document.pk: name for name, document in documents.items()}

    def found(**asked: str) -> Any:
        response = client.get("/api/documents/", asked | {"ordering": "id", "page_size": "100"})
        if response.status_code != 200:
            return response.status_code
        rows = response.json()["results"]
        return sorted(names[row["id"]] for row in rows)

    def each(door: str, *, method: str = "get", **sent: str) -> Any:
        statuses: dict[int, list[str]] = {}
        for name, document in documents.items():
            address = f"/api/documents/{document.pk}/{door}"
            if method == "patch":
                body = json.dumps({key: value.format(name=name) for key, value in sent.items()})
                response = client.patch(address, body, content_type="application/json")
            else:
                response = client.get(address)
            statuses.setdefault(response.status_code, []).append(name)
            response.close()
        return (
            dict(sorted((str(status), names) for status, names in statuses.items()))
            if len(statuses) > 1
            else min(statuses)
        )

    def completed() -> Any:
        response = client.get("/api/search/autocomplete/", {"term": "rieng", "limit": "50"})
        if response.status_code != 200:
            return response.status_code
        words = response.json()
        return sorted(name for name in names.values() if _word(name) in words)

    def changeable() -> Any:
        response = client.get("/api/documents/", {"page_size": "100"})
        if response.status_code != 200:
            return response.status_code
        return sorted(names[row["id"]] for row in response.json()["results"] if row["user_can_change"])

    listed = client.get("/api/documents/")
    return {
        "list": found(),
        "count": listed.json()["count"] if listed.status_code == 200 else listed.status_code,
        "text": found(text="bien ban chung"),
        "query": found(query="chung"),
        "title_search": found(title_search="bien ban"),
        "foreign word": found(text=_word("owned")),
        "completions": completed(),
        "may change": changeable(),
        "detail": each(""),
        "preview": each("preview/"),
        "download": each("download/"),
        "thumb": each("thumb/"),
        "patch": each("", method="patch", title="Biên bản {name}"),
        "upload": client.post(
            "/api/documents/post_document/",
            # refused for its kind once the asker is let in, so that nothing is taken in
            {"document": SimpleUploadedFile("a.gz", gzip.compress(b"a"))},
        ).status_code,
    }


def _kind(value: Any) -> str:
    return {"NoneType": "null"}.get(type(value).__name__, type(value).__name__)


def _kinds(answer: Any) -> dict[str, str]:
    return {key: _kind(value) for key, value in sorted(answer.items())}


def _keys(user: User, documents: dict[str, Document]) -> dict[str, Any]:
    client = Client()
    client.force_login(user)
    field = CustomField.objects.create(name="Số", data_type=CustomField.FieldDataType.STRING)
    owned = documents["owned"]
    changed = client.patch(
        f"/api/documents/{owned.pk}/",
        json.dumps({"custom_fields": [{"field": field.pk, "value": "12"}], "title": "Biên bản mới"}),
        content_type="application/json",
    )
    emptied = client.patch(
        f"/api/documents/{owned.pk}/", json.dumps({"custom_fields": []}), content_type="application/json"
    )
    listed = client.get("/api/documents/").json()
    hit = client.get("/api/documents/", {"text": "bien ban"}).json()["results"][0]
    file = client.get(f"/api/documents/{owned.pk}/download/")
    shown = client.get(f"/api/documents/{owned.pk}/preview/")
    told = {
        "list": _kinds(listed),
        "row": _kinds(listed["results"][0]),
        "hit": _kinds(hit.get("__search_hit__", {})),
        "detail": _kinds(client.get(f"/api/documents/{owned.pk}/").json()),
        "changed": {key: changed.json()[key] for key in ("title", "custom_fields")} | {"status": changed.status_code},
        "fields left out are taken off": emptied.json()["custom_fields"],
        "two searches at once": client.get("/api/documents/", {"text": "a", "query": "b"}).status_code,
        "unreadable query": client.get("/api/documents/", {"query": "title:("}).status_code,
        "page too far": client.get("/api/documents/", {"page": "99"}).status_code,
        "no such document": client.get("/api/documents/999999/").status_code,
        "completions without a word": client.get("/api/search/autocomplete/").status_code,
        "file": {
            "download": [file["Content-Type"], file["Content-Disposition"].partition(";")[0]],
            "preview": [shown["Content-Type"], shown["Content-Disposition"].partition(";")[0]],
        },
        "unknown address": client.get("/no/such/page").status_code,
    }
    told["changed"]["custom_fields"] = [
        {"field": "id", "value": row["value"]} for row in told["changed"]["custom_fields"]
    ]
    file.close()
    shown.close()
    return told


def _sign_in(user: User) -> dict[str, Any]:
    def header(response: Any) -> list[Any]:
        return [response.status_code, response.get("WWW-Authenticate", "").partition(" ")[0]]

    told: dict[str, Any] = {"nobody": header(Client().get("/api/documents/"))}
    token = Client().post("/api/token/", {"username": user.username, "password": _PASSWORD})
    told["token"] = [token.status_code, _kinds(token.json())]
    with_token = Client(headers={"authorization": f"Token {token.json()['token']}"}).get("/api/documents/")
    told["with a token"] = [with_token.status_code, with_token.get("X-Api-Version"), with_token.get("X-Version")]
    told["wrong password"] = Client().post("/api/token/", {"username": user.username, "password": "x"}).status_code
    told["wrong token"] = header(Client(headers={"authorization": "Token 0"}).get("/api/documents/"))
    told["page for nobody"] = Client().get("/dashboard").status_code
    told["unknown version"] = (
        Client(headers={"authorization": f"Token {token.json()['token']}", "accept": "application/json; version=1"})
        .get("/api/documents/")
        .status_code
    )
    return told


# --- taking a file in --------------------------------------------------------------------------


@contextmanager
def _listening(signal: Any, receiver: Any) -> Iterator[None]:
    signal.connect(receiver, weak=False)
    try:
        yield
    finally:
        signal.disconnect(receiver)


def _consumption(owner: User) -> dict[str, Any]:
    """Take in one file, and a second one that a receiver refuses."""
    told: dict[str, Any] = {}
    field = CustomField.objects.create(name="Mã", data_type=CustomField.FieldDataType.STRING)
    group = Group.objects.create(name="readers")

    def started(sender: Any, **sent: Any) -> None:
        told["document_consumption_started"] = sorted(set(sent) - {"signal"})

    def finished(sender: Any, **sent: Any) -> None:
        document = sent["document"]
        told["document_consumption_finished"] = sorted(set(sent) - {"signal"})
        told["when it is told"] = {
            "a receiver's change is kept": True,
            "custom fields are set": document.custom_fields.filter(field=field, value_text="12").exists(),
            "file is in its place": bool(document.filename) and Path(document.source_path).is_file(),
            "found in the index": document.pk in get_backend().search_ids("khoi to", None),
            "grants are set": _viewers(document) == ["readers"],
            "in a transaction": connection.in_atomic_block,
            "owner is set": document.owner_id == owner.pk,
            "text is read": "khởi tố" in (document.content or ""),
            "title": document.title,
        }
        document.content = f"{document.content} thuxem"

    def updated(sender: Any, **sent: Any) -> None:
        told["document_updated"] = sorted(set(sent) - {"signal"})
        told["stored when it is told"] = Document.objects.get(pk=sent["document"].pk).title

    overrides = DocumentMetadataOverrides(
        filename="mot.pdf",
        title="Quyết định",
        owner_id=owner.pk,
        view_groups=[group.pk],
        custom_fields={field.pk: "12"},
    )
    with _listening(document_consumption_started, started), _listening(document_consumption_finished, finished):
        path = _consume(overrides)
    document = Document.objects.get()
    told["when it is told"]["a receiver's change is kept"] = "thuxem" in document.content
    told["afterwards"] = {
        "checksum": f"{len(document.checksum)} characters",
        "file is in its place": document.source_path.is_file(),
        "file name": document.source_path.name == f"{document.pk:07}.pdf",
        "found in the index": document.pk in get_backend().search_ids("khoi to", None),
        "original name": document.original_filename,
        "pages": document.page_count,
        "picture is there": document.thumbnail_path.is_file(),
        "what was handed in is gone": not path.exists(),
    }
    client = Client()
    client.force_login(owner)
    with _listening(document_updated, updated):
        client.patch(f"/api/documents/{document.pk}/", json.dumps({"title": "Sửa"}), content_type="application/json")

    class RefusalError(Exception):
        pass

    def refuses(sender: Any, **sent: Any) -> None:
        raise RefusalError

    raised = "nothing"
    with _listening(document_consumption_finished, refuses):
        try:
            path = _consume(overrides, into=told)
        except Exception as error:  # noqa: BLE001 - whatever the host makes of it
            raised = type(error).__name__
            causes = []
            cause: BaseException | None = error
            while cause is not None:
                causes.append(type(cause).__name__)
                cause = cause.__cause__ or cause.__context__
            told["refused"] = {"cause is told": "RefusalError" in causes}
    path = Path(told.pop("path"))
    told["refused"] |= {
        "documents": Document.global_objects.count() - 1,
        "raises": raised,
        "what was handed in is still there": path.exists(),
    }
    uploaded = client.post(
        "/api/documents/post_document/",
        {"document": SimpleUploadedFile("hai.pdf", pdf_bytes(), "application/pdf"), "title": "Tải lên"},
    )
    fresh = Document.objects.exclude(pk=document.pk).get()
    told["upload"] = {
        "answer": [uploaded.status_code, _kind(uploaded.json())],
        "grants": _viewers(fresh),
        "original name": fresh.original_filename,
        "owner is the uploader": fresh.owner_id == owner.pk,
        "title": fresh.title,
    }
    return told


def _viewers(document: Document) -> list[str]:
    from guardian.shortcuts import get_groups_with_perms, get_users_with_perms

    users: Any = get_users_with_perms(document, with_group_users=False)
    groups: Any = get_groups_with_perms(document)
    return sorted([*users.values_list("username", flat=True), *groups.values_list("name", flat=True)])


def _consume(overrides: DocumentMetadataOverrides, *, into: dict[str, Any] | None = None) -> Path:
    settings.SCRATCH_DIR.mkdir(parents=True, exist_ok=True)
    folder = Path(settings.CONSUMPTION_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "handed-in.pdf"
    path.write_bytes(pdf_bytes())
    if into is not None:
        into["path"] = str(path)
    consume_file.apply(
        kwargs={
            "input_doc": ConsumableDocument(source=DocumentSource.ApiUpload, original_file=path),
            "overrides": overrides,
        },
        headers={"trigger_source": "api_upload"},
        throw=True,
    )
    return path
