"""Doors of the real host; without it there is nothing here to open, nor to import."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.people import file_pdf, pdf_bytes
from tests.plugin import HOST
from vks_plugin.cases.models import CaseDocument, CaseFile, CatalogueType
from vks_plugin.filing.models import IntakeItem
from vks_plugin.host.models import Document
from vks_plugin.host.permissions import Grant, grants_of

collect_ignore_glob = [] if HOST == "paperless" else ["*.py"]

STRANGERS = ("prosecutor_kv3", "other_prosecutor_kv1", "clerk_kv1", "admin_province", "outsider")
"""Another office's prosecutor, a colleague who is not assigned, the clerk who knows that the case exists,
who runs the machines, and somebody without a post. None of them may read the case's documents."""

TITLE = "Lời khai của Nguyễn Văn Ánh"
TEXT = "Bị can khai nhận lấy trộm xe máy"


class Visitor(Client):
    """Somebody signed in, who sends JSON."""

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request and return the answer, whatever it is."""
        if body is None:
            return getattr(self, method)(path)
        return getattr(self, method)(path, json.dumps(body), content_type="application/json")

    def found(self, **asked: str) -> list[int]:
        """Return the ids of what the list of documents shows, `[]` when it shows nothing or is refused."""
        answer = self.get("/api/documents/", asked | {"page_size": "100"})
        return sorted(row["id"] for row in answer.json()["results"]) if answer.status_code == 200 else []

    def completed(self, start: str) -> list[str]:
        """Return the completions of a word."""
        answer = self.get("/api/search/autocomplete/", {"term": start})
        return list(answer.json()) if answer.status_code == 200 else []

    def upload(self, **fields: Any) -> Any:
        """Hand in a new PDF as the host's interface does."""
        content = fields.pop("content", None) or pdf_bytes(1, "Công văn phối hợp")
        file = SimpleUploadedFile(fields.pop("name", "scan.pdf"), content, "application/pdf")
        return self.post("/api/documents/post_document/", {"document": file, **fields})


@dataclass(frozen=True)
class Secret:
    """Two documents of a case that `prosecutor_kv1` works on, one of them with a note."""

    case: CaseFile
    statement: int
    """Host id of the statement, folios 1 to 2; its title and text are `TITLE` and `TEXT`."""
    report: int
    """Host id of another document of the case, without folios."""
    words: tuple[str, ...]
    """What must be in no answer to a stranger."""

    @property
    def ids(self) -> list[int]:
        """Both."""
        return sorted([self.statement, self.report])

    def told_by(self, answer: Any) -> list[str]:
        """Return which of the words an answer says, whatever its encoding of Vietnamese letters."""
        if answer.streaming:
            return ["a file"]
        text = answer.content.decode(errors="replace")
        if answer.get("Content-Type", "").startswith("application/json"):
            text = json.dumps(json.loads(text), ensure_ascii=False)
        return [word for word in self.words if word in text]


@pytest.fixture
def secret(case: CaseFile, people: dict[str, User], catalogue: dict[str, CatalogueType]) -> Secret:
    """Return a case with two documents; for tests whose transactions commit."""
    ids = []
    for code, title, text, folios in (
        ("BBHC", TITLE, TEXT, (1, 2)),
        ("CT", "Cáo trạng mật", "Truy tố Ánh", (None, None)),
    ):
        item = file_pdf(
            actor=people["prosecutor_kv1"],
            case=case,
            document_type=catalogue[code],
            content=pdf_bytes(2, text),
            title=title,
            folio_from=folios[0],
            folio_to=folios[1],
        )
        item.refresh_from_db()
        assert item.status == IntakeItem.Status.FILED, item.error
        assert item.document_id is not None
        ids.append(item.document_id)
    statement = Document.objects.get(pk=ids[0])
    host_model("Note").objects.create(document=statement, note="Bị can đổi lời khai", user=people["prosecutor_kv1"])
    words = ("Văn Ánh", "khai nhận", "đổi lời khai", "Cáo trạng mật", case.code, statement.checksum)
    return Secret(case=case, statement=ids[0], report=ids[1], words=words)


@pytest.fixture
def as_person(people: dict[str, User]) -> Callable[..., Visitor]:
    """Return a function from a person's key, or an account, to that person signed in.

    Further words are model permissions of the host that the person is given first, as an
    administrator could through another group.
    """

    def sign_in(who: str | User, *codenames: str) -> Visitor:
        account = people[who] if isinstance(who, str) else who
        for codename in codenames:
            account.user_permissions.add(
                Permission.objects.get(codename=codename, content_type__app_label__in=["documents", "auth", "auditlog"])
            )
        visitor = Visitor(raise_request_exception=False)
        visitor.force_login(User.objects.get(pk=account.pk))
        return visitor

    return sign_in


@dataclass(frozen=True)
class Kept:
    """Everything about the documents of the host that nobody may change through it."""

    documents: list[tuple[Any, ...]]
    grants: dict[int, list[Grant]]
    filed: list[tuple[Any, ...]]
    found: list[int]
    completed: list[str]


@pytest.fixture
def kept(secret: Secret, people: dict[str, User], as_person: Callable[..., Visitor]) -> Callable[[], Kept]:
    """Return a function that tells owner, grants and filing of every document, and what its reader finds."""

    reader = as_person("prosecutor_kv1")

    def tell() -> Kept:
        rows = Document.global_objects.order_by("pk")
        ids = list(rows.values_list("pk", flat=True))
        return Kept(
            documents=list(rows.values_list("pk", "owner__username", "deleted_at", "root_document_id")),
            grants={pk: sorted(grants) for pk, grants in grants_of(ids).items()},
            filed=list(CaseDocument.objects.order_by("pk").values_list("case_id", "document_id", "folio_from")),
            found=reader.found(text="khai nhan"),
            completed=reader.completed("trom"),
        )

    before = tell()
    assert before.found == [secret.statement]
    assert before.completed == ["trom"]
    return tell


def host_model(name: str, *, app: str = "documents") -> Any:
    """Return a model that only the real host has."""
    return apps.get_model(app, name)
