"""What the host tells of lent papers by the doors that only it has: to a language model, and in the pages of administration."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from documents import views
from paperless_ai import ai_classifier  # type: ignore[import-not-found]

from tests.host.doors.conftest import Secret, Visitor
from vks_plugin.custody import actions
from vks_plugin.custody.models import Loan
from vks_plugin.host.models import Document
from vks_plugin.host.search import reindex

pytestmark = pytest.mark.django_db(transaction=True)

SignIn = Callable[..., Visitor]
WHY = "Nghiên cứu hồ sơ để chuẩn bị phiên tòa."
DOOR = "/api/documents/chat/"


@pytest.fixture
def borrower(secret: Secret, people: dict[str, User]) -> User:
    """Return somebody of another office who borrows the electronic copy of the case, and owns a document."""
    person = people["prosecutor_kv3"]
    until = timezone.localdate() + dt.timedelta(days=3)
    row = actions.request_loan(actor=person, code=secret.case.code, form="electronic", purpose=WHY, until=until)
    actions.approve_loan(actor=people["chief_kv1"], loan_id=row.pk)
    return person


@pytest.fixture
def mine(borrower: User) -> Document:
    return Document.objects.create(title="Sổ trực", content="Trực ban", checksum="0" * 64, owner=borrower)


def test_a_language_model_is_asked_nothing_of_what_is_lent(
    secret: Secret,
    borrower: User,
    mine: Document,
    as_person: SignIn,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.AI_ENABLED = True

    def talks(*, documents: Any, **_asked: Any) -> Any:
        """Say all that was given to the model."""
        return iter([each.content for each in documents])

    monkeypatch.setattr(views, "stream_chat_with_documents", talks)

    def said(visitor: Visitor, **asked: Any) -> tuple[int, str]:
        answer = visitor.ask("post", DOOR, {"q": "Ai lấy xe?"} | asked)
        return answer.status_code, (answer.getvalue() if answer.streaming else answer.content).decode()

    reader, visitor = as_person("prosecutor_kv1"), as_person(borrower)
    about_one: dict[str, Any] = {"document_id": secret.statement}
    for asked in (about_one, {}):
        status, words = said(reader, **asked)
        assert (status, "khai nhận" in words) == (200, True), asked
    # about one of them, however its number is written, or about all that one reads
    number = secret.statement
    for asked in (
        {"document_id": given} for given in (number, f"{number}", float(number), f" {number}", f"{number}.0")
    ):
        status, words = said(visitor, **asked)
        assert (status, "/vks/" in words, "khai nhận" in words) == (403, True, False), asked
    assert said(visitor)[0] == 403
    # of one's own papers as ever, and of all of them once nothing is lent any more
    assert said(visitor, document_id=mine.pk) == (200, "Trực ban")
    actions.return_loan(actor=borrower, loan_id=Loan.objects.get(borrower=borrower).pk)
    assert said(as_person(borrower)) == (200, "Trực ban")


def test_pages_of_administration_hide_what_is_lent(
    secret: Secret, borrower: User, mine: Document, as_person: SignIn
) -> None:
    """They would show its text and its small picture without a name."""
    borrower.is_staff = True
    borrower.save()
    visitor = as_person(borrower, "view_document", "change_document", "view_note", "view_customfieldinstance")
    # which they do to who reads the case
    reader = User.objects.get(username="prosecutor_kv1")
    reader.is_staff = True
    reader.save()
    colleague = as_person(reader, "view_document", "view_note", "view_customfieldinstance")
    pages = (
        "documents/document/",
        f"documents/document/{secret.statement}/change/",
        "documents/note/",
        "documents/customfieldinstance/",
    )
    for page in pages:
        assert secret.told_by(colleague.get(f"/admin/{page}")) != [], page
        assert secret.told_by(visitor.get(f"/admin/{page}")) == [], page
    assert mine.title in visitor.get("/admin/documents/document/").content.decode()


def test_no_filter_tells_which_words_are_in_what_is_lent(
    secret: Secret, borrower: User, mine: Document, as_person: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever may try words one after another reads the text in the end; titles are shown, so they may be looked for."""
    mine.content = "Trực ban khai nhận"
    mine.save()
    reindex([mine.pk])
    reader, visitor = as_person("prosecutor_kv1"), as_person(borrower)
    by_words = [
        {"content__istartswith": "Bị can khai"},
        {"content__icontains": "khai nhận"},
        {"title_content": "khai nhận"},
        {"search": "khai nhận"},
        {"text": "khai nhan"},
        {"query": "content:khai"},
    ]
    for asked in by_words:
        assert secret.statement in reader.found(**asked), asked
        assert visitor.found(**asked) == ([mine.pk] if "Bị can khai" not in asked.values() else []), asked
    assert reader.completed("trom") == ["trom"]
    assert visitor.completed("trom") == []
    likeness = f"/api/documents/?more_like_id={secret.statement}"
    assert (reader.get(likeness).status_code, visitor.get(likeness).status_code) == (200, 403)
    # nor is a language model shown what is lent beside one's own
    asked_of: list[set[int]] = []

    def looks(*, document_ids: list[int], **_asked: Any) -> list[Any]:
        asked_of.append(set(document_ids))
        return []

    monkeypatch.setattr(ai_classifier, "query_similar_documents", looks)
    ai_classifier.get_context_for_document(mine, borrower)
    ai_classifier.get_context_for_document(mine, User.objects.get(username="prosecutor_kv1"))
    assert [secret.statement in each for each in asked_of] == [False, True]
    # one document at a time
    one = f"/api/documents/{secret.statement}/?content__icontains="
    assert {visitor.get(one + word).status_code for word in ("khai", "zzz")} == {404}
    # several by the same filters: neither named, counted nor refused
    for word in ("lấy trộm", "zzz"):
        for name in ("content__icontains", "text"):
            body = {"all": True, "filters": {name: word}, "content": "originals"}
            answer = visitor.ask("post", "/api/documents/bulk_download/", body)
            assert answer.status_code == 200, (name, word)
            assert zipfile.ZipFile(io.BytesIO(answer.getvalue())).namelist() == []
    # what is shown may be looked for, and the list is whole
    assert visitor.found() == sorted([*secret.ids, mine.pk])
    for asked in ({"title__icontains": "Lời khai"}, {"title_search": "Loi khai"}):
        assert visitor.found(**asked) == [secret.statement], asked
    actions.return_loan(actor=borrower, loan_id=Loan.objects.get(borrower=borrower).pk)
    assert visitor.found(text="khai nhan") == [mine.pk]
