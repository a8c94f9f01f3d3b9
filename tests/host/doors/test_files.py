"""The file of a filed document stays as it was filed, and nothing is made of it, whoever asks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from celery.result import allow_join_result
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from documents import bulk_edit, tasks  # type: ignore[attr-defined]
from documents.data_models import ConsumableDocument, DocumentSource

from tests.custody.batches import seal_outright
from tests.host.doors.conftest import STRANGERS, Kept, Secret, Visitor, host_model
from tests.people import pdf_bytes
from vks_plugin.cases.models import CaseDocument, CatalogueType
from vks_plugin.filing.actions import adopt
from vks_plugin.host.models import Document, StoragePath
from vks_plugin.host.provision import STORAGE_PATH, STORAGE_TEMPLATE, case_code_field_id, storage_path_id
from vks_plugin.host.queued import unspared_tasks
from vks_plugin.host.refusals import UNSEEN

pytestmark = pytest.mark.django_db(transaction=True)

SignIn = Callable[..., Visitor]
Tell = Callable[[], Kept]

_POWERS = ("change_document", "delete_document", "add_document", "view_document")
FILE, REMOVED, READERS = "hồ sơ vụ án không sửa ở đây", "không xóa", "theo chức danh và phân công"


@pytest.fixture
def staff(secret: Secret, as_person: SignIn) -> dict[str, Visitor]:
    """Return who may read the case by right and who runs the host, all with every model permission on documents."""
    found = {who: as_person(who, *_POWERS) for who in ("prosecutor_kv1", "chief_kv1")}
    return found | {"superuser": as_person(User.objects.create_superuser("toan_quyen"))}


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names of the tasks that were sent off so far."""
    names: list[str] = []
    send = current_app.Task.apply_async

    def note(self: Any, *args: Any, **kwargs: Any) -> Any:
        names.append(self.name)
        return send(self, *args, **kwargs)

    monkeypatch.setattr(current_app.Task, "apply_async", note)
    return names


def told(secret: Secret) -> list[Any]:
    """Return everything about the two documents that a request of these could change, beside what `kept` tells."""
    rows = Document.global_objects.filter(pk__in=secret.ids).order_by("pk")
    values = rows.values_list("title", "content", "checksum", "archive_checksum", "modified", "storage_path")
    tags = [sorted(row.tags.values_list("name", flat=True)) for row in rows]
    files = [row.source_path.read_bytes() for row in rows]
    return [*values, *tags, *files, *CaseDocument.objects.order_by("pk").values_list("title", "sha256")]


def version(text: str = "Bản chụp lại") -> dict[str, Any]:
    return {"document": SimpleUploadedFile("v.pdf", pdf_bytes(1, text), "application/pdf")}


def test_nothing_reworks_the_file(
    secret: Secret, kept: Tell, staff: dict[str, Visitor], queued: list[str], as_person: SignIn
) -> None:
    before, state = kept(), told(secret)
    one, two = [secret.statement], secret.ids
    doors: tuple[tuple[str, dict[str, Any]], ...] = (
        ("reprocess", {"documents": one}),
        ("rotate", {"documents": one, "degrees": 90}),
        ("merge", {"documents": two}),
        ("edit_pdf", {"documents": one, "operations": [{"page": 1}], "update_document": True}),
        ("edit_pdf", {"documents": one, "operations": [{"page": 1}], "update_document": False}),
        ("remove_password", {"documents": one, "password": "x", "update_document": False}),
        ("bulk_edit", {"documents": one, "method": "reprocess", "parameters": {}}),
        ("bulk_edit", {"documents": one, "method": "rotate", "parameters": {"degrees": 90}}),
        ("bulk_edit", {"documents": one, "method": "split", "parameters": {"pages": "1,2"}}),
        ("bulk_edit", {"documents": two, "method": "merge", "parameters": {}}),
        ("bulk_edit", {"documents": one, "method": "delete_pages", "parameters": {"pages": [1]}}),
    )
    for who, visitor in staff.items():
        # tasks that the sign-in or the test itself needed are none of the door's
        queued.clear()
        for door, body in doors:
            answer = visitor.ask("post", f"/api/documents/{door}/", body)
            assert answer.status_code == 403, (who, door, body)
            assert queued == [], (who, door, body)
        answer = visitor.post(f"/api/documents/{secret.statement}/update_version/", version())
        assert answer.status_code == 403, who
        assert FILE in answer.json()["detail"], who
        assert (kept(), told(secret), queued) == (before, state, []), who
    # to who reads them our rule says why, also where the host would refuse everybody but the owner; to nobody else
    stranger = as_person("prosecutor_kv3", *_POWERS)
    others = (
        (
            READERS,
            {"documents": two, "method": "set_permissions", "parameters": {"owner": None, "set_permissions": {}}},
        ),
        (REMOVED, {"documents": one, "method": "delete", "parameters": {}}),
    )
    for rule, door, body in [(FILE, *each) for each in doors] + [(rule, "bulk_edit", body) for rule, body in others]:
        address = f"/api/documents/{door}/"
        for who in ("superuser", "prosecutor_kv1"):
            answer = staff[who].ask("post", address, body)
            assert (answer.status_code, rule in answer.json()["detail"]) == (403, True), (who, door, body)
        answer = stranger.ask("post", address, body)
        assert (answer.status_code, answer.json()["detail"]) == (403, UNSEEN), (door, body)
    assert (kept(), told(secret)) == (before, state)
    for odd in ("x", ["x"], 3):
        body = {"documents": one, "method": "modify_custom_fields", "parameters": odd}
        assert staff["prosecutor_kv1"].ask("post", "/api/documents/bulk_edit/", body).status_code == 400, odd


def test_what_is_ones_own_is_reworked_as_ever(secret: Secret, staff: dict[str, Visitor], queued: list[str]) -> None:
    visitor = staff["prosecutor_kv1"]
    visitor.upload(title="Công văn", content=pdf_bytes(2, "Công văn"))
    mine = Document.objects.exclude(pk__in=secret.ids).get()
    queued.clear()
    for door, body in (("reprocess", {}), ("rotate", {"degrees": 90})):
        assert visitor.ask("post", f"/api/documents/{door}/", {"documents": [mine.pk], **body}).status_code == 200
    assert visitor.post(f"/api/documents/{mine.pk}/update_version/", version()).status_code == 200
    assert "documents.tasks.update_document_content_maybe_archive_file" in queued
    assert Document.objects.filter(root_document=mine).count() == 2
    # another version is another paper: one that calls itself a state secret is not taken in either
    marked = SimpleUploadedFile("BC_TỐI_MẬT.pdf", pdf_bytes(1), "application/pdf")
    for sent in ({"document": marked}, version("Lần nữa") | {"version_label": "Báo cáo (Mật)"}):
        answer = visitor.post(f"/api/documents/{mine.pk}/update_version/", sent)
        assert (answer.status_code, "thẻ chỉ dẫn" in answer.content.decode()) == (400, True)
    assert Document.objects.filter(root_document=mine).count() == 2


def test_a_refused_request_leaves_nothing_else_of_it_done(
    secret: Secret, kept: Tell, staff: dict[str, Visitor], people: dict[str, User]
) -> None:
    before, state = kept(), told(secret)
    tag = host_model("Tag").objects.create(name="Khẩn")
    other = host_model("StoragePath").objects.create(name="Khác", path="{{ title }}")
    friend = people["prosecutor_kv3"].pk
    beside = {"title": "Tên khác", "tags": [tag.pk], "content": "Chữ khác"}
    changes: tuple[dict[str, Any], ...] = (
        {"owner": friend},
        {"set_permissions": {"view": {"users": [friend], "groups": []}}},
        {"storage_path": other.pk},
        {"storage_path": None},
    )
    address = f"/api/documents/{secret.statement}/"
    for who, visitor in staff.items():
        for change in changes:
            answer = visitor.ask("patch", address, beside | change)
            assert answer.status_code in {403, 404}, (who, change)
            assert (kept(), told(secret)) == (before, state), (who, change)
        # a form has other names for what lies inside
        forms: tuple[dict[str, Any], ...] = (
            {"set_permissions.view.users": friend, "title": "Tên khác"},
            {"set_permissions[view][users]": friend, "title": "Tên khác"},
            {"owner": friend, "title": "Tên khác"},
            {"custom_fields[0]field": case_code_field_id(), "custom_fields[0]value": "", "title": "Tên khác"},
        )
        for form in forms:
            body = "&".join(f"{key}={value}" for key, value in form.items())
            answer = visitor.patch(address, body, content_type="application/x-www-form-urlencoded")
            assert answer.status_code in {400, 403}, (who, form)
            assert (kept(), told(secret)) == (before, state), (who, form)
        answer = visitor.ask(
            "post",
            "/api/documents/bulk_edit/",
            {"documents": secret.ids, "method": "set_storage_path", "parameters": {"storage_path": other.pk}},
        )
        assert answer.status_code == 403, who
        assert (kept(), told(secret)) == (before, state), who


def test_tags_notes_and_its_own_path_stay_open(secret: Secret, staff: dict[str, Visitor]) -> None:
    tag = host_model("Tag").objects.create(name="Khẩn")
    visitor = staff["prosecutor_kv1"]
    address = f"/api/documents/{secret.statement}/"
    assert visitor.ask("patch", address, {"tags": [tag.pk]}).status_code == 200
    assert Document.objects.get(pk=secret.statement).tags.get() == tag
    assert visitor.ask("post", f"{address}notes/", {"note": "Đã đối chiếu"}).status_code == 200
    assert host_model("Note").objects.filter(document_id=secret.statement).count() == 2
    bulk: tuple[tuple[str, dict[str, Any]], ...] = (
        ("modify_tags", {"add_tags": [tag.pk], "remove_tags": []}),
        ("set_storage_path", {"storage_path": storage_path_id()}),
    )
    for method, parameters in bulk:
        body = {"documents": secret.ids, "method": method, "parameters": parameters}
        assert visitor.ask("post", "/api/documents/bulk_edit/", body).status_code == 200, method
    assert Document.objects.get(pk=secret.report).tags.get() == tag


@pytest.fixture
def versioned(secret: Secret, as_person: SignIn, people: dict[str, User]) -> Document:
    """Return a document of the prosecutor's with a newer version, filed just now."""
    visitor = as_person("prosecutor_kv1")
    visitor.upload(title="Biên bản", content=pdf_bytes(1, "Bản đầu"))
    document = Document.objects.exclude(pk__in=secret.ids).get()
    assert visitor.post(f"/api/documents/{document.pk}/update_version/", version()).status_code == 200
    adopt(actor=people["prosecutor_kv1"], case=secret.case, document=document)
    return document


def test_versions_of_before_stay_and_the_newest_is_what_is_filed(
    secret: Secret, versioned: Document, staff: dict[str, Visitor], as_person: SignIn
) -> None:
    newer = Document.objects.get(root_document=versioned)
    assert CaseDocument.objects.get(document=versioned).sha256 == newer.checksum != versioned.checksum
    address = f"/api/documents/{versioned.pk}/versions/{newer.pk}/"
    for who, visitor in staff.items():
        for method, body in (("delete", None), ("patch", {"version_label": "Sai"})):
            answer = visitor.ask(method, address, body)
            assert answer.status_code == 403, (who, method)
            assert FILE in answer.json()["detail"], (who, method)
    newer.refresh_from_db()
    assert (newer.deleted_at, newer.version_label) == (None, None)
    for stranger in STRANGERS:
        visitor = as_person(stranger, *_POWERS)
        answers = {
            visitor.ask("delete", address.replace(str(versioned.pk), pk, 1)).content
            for pk in (str(versioned.pk), "999999")
        }
        assert len(answers) == 1, stranger


def test_a_version_that_was_on_its_way_when_the_document_was_filed(secret: Secret, kept: Tell, tmp_path: Any) -> None:
    before, state = kept(), told(secret)
    path = tmp_path / "v.pdf"
    path.write_bytes(pdf_bytes(1, "Bản chụp lại"))
    result = tasks.consume_file.apply(
        kwargs={
            "input_doc": ConsumableDocument(
                source=DocumentSource.ApiUpload,
                original_file=path,
                root_document_id=secret.statement,  # type: ignore[call-arg]
            )
        },
        headers={"trigger_source": "api_upload"},
    )
    assert result.failed()
    assert FILE in str(result.result)
    assert path.is_file()
    assert kept() == before
    assert [row[:4] for row in told(secret)[:2]] == [row[:4] for row in state[:2]]


Held = list[tuple[Any, tuple[Any, ...], dict[str, Any]]]


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[Held]:
    """Return what was sent off and waits; a worker gets round to it when `run` is called."""
    waiting: Held = []
    slow = {
        "documents.tasks.consume_file",
        "documents.bulk_edit.delete",
        "documents.tasks.update_document_content_maybe_archive_file",
    }
    send = current_app.Task.apply_async

    def wait(self: Any, *args: Any, **kwargs: Any) -> Any:
        if self.name not in slow:
            return send(self, *args, **kwargs)
        waiting.append((self, args, kwargs))
        return None

    with monkeypatch.context() as patch:
        patch.setattr(current_app.Task, "apply_async", wait)
        yield waiting


def run(waiting: Held) -> list[Any]:
    """Let a worker do what waits, and what follows it; return what each task gave."""
    given = []
    while waiting:
        task, args, kwargs = waiting.pop(0)
        after = kwargs.pop("link", [])
        sent = dict(zip(("args", "kwargs"), args, strict=False)) | kwargs
        done = task.apply(sent.get("args"), sent.get("kwargs"), headers=sent.get("headers"))
        # tasks that ran in two threads at once in an earlier test leave the process forbidden to wait for a result
        with allow_join_result():
            given.append(done.get())
        for each in after:
            each.apply_async()
    return given


def state_of(document: Document) -> list[Any]:
    """Return all that is kept of a document and that work on its file would change."""
    row = Document.global_objects.get(pk=document.pk)
    files = [row.source_path, row.thumbnail_path, *([row.archive_path] if row.archive_path else [])]
    return [row.deleted_at, row.content, row.archive_checksum, *(path.read_bytes() for path in files)]


def own(visitor: Visitor, title: str) -> Document:
    """Return a document of one's own, which was given another text than its pages have."""
    visitor.upload(title=title, content=pdf_bytes(1, title))
    document = Document.objects.get(title=title)
    Document.objects.filter(pk=document.pk).update(content="Chữ đã sửa tay")
    document.refresh_from_db()
    return document


@pytest.mark.parametrize("sealed", [False, True])
def test_work_that_was_queued_before_a_document_was_filed(
    secret: Secret,
    staff: dict[str, Visitor],
    people: dict[str, User],
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    sealed: bool,
) -> None:
    visitor, actor = staff["prosecutor_kv1"], people["prosecutor_kv1"]
    kept, during, loose = (own(visitor, title) for title in ("Biên bản một", "Biên bản hai", "Thư riêng"))
    held: Held = request.getfixturevalue("held")

    def file(document: Document) -> None:
        paper = adopt(actor=actor, case=secret.case, document=document)
        if sealed and document == kept:
            seal_outright(secret.case, [paper], by=people["chief_kv1"])

    def ask(door: str, documents: list[Document], **more: Any) -> None:
        body = {"documents": [each.pk for each in documents], **more}
        answer = visitor.ask("post", f"/api/documents/{door}/", body)
        assert answer.status_code == 200, (door, answer.content)

    ask("reprocess", [kept, during, loose])
    ask("merge", [kept, loose], delete_originals=True, metadata_document_id=kept.pk)
    file(kept)
    before = {each.pk: state_of(each) for each in (kept, during)}
    # the third is filed while its pages are being recognised
    decide = tasks.should_produce_archive  # type: ignore[attr-defined]

    def decide_slowly(parser: Any, kind: str, path: Path) -> Any:
        if path == during.source_path:
            file(during)
            before[during.pk] = state_of(during)
        return decide(parser, kind, path)

    monkeypatch.setattr(tasks, "should_produce_archive", decide_slowly)
    given = run(held)
    assert {each.pk: state_of(each) for each in (kept, during)} == before
    # everything else of what was asked for is done
    assert Document.objects.filter(title="Biên bản một (merged)").exists()
    loose = Document.global_objects.get(pk=loose.pk)
    assert loose.deleted_at is not None
    assert loose.content != "Chữ đã sửa tay"
    # joining failed: the numbers it had taken for the new file are put back, not on what a seal has frozen without one
    restored = bulk_edit.restore_archive_serial_numbers_task.apply([{str(kept.pk): 41, str(during.pk): 42}])
    with allow_join_result():
        given.append(restored.get())
    numbers = Document.objects.filter(pk__in=[kept.pk, during.pk]).order_by("pk")
    assert list(numbers.values_list("archive_serial_number", flat=True)) == [None if sealed else 41, 42]
    told = [each["reason"] for each in given if isinstance(each, dict) and "reason" in each]
    assert len(told) == (4 if sealed else 3)
    assert all("đã vào hồ sơ vụ án" in each for each in told)
    assert unspared_tasks() == []


def test_what_a_seal_freezes(
    secret: Secret,
    kept: Tell,
    staff: dict[str, Visitor],
    catalogue: dict[str, CatalogueType],
    people: dict[str, User],
) -> None:
    """One of the two is sealed."""
    papers = CaseDocument.objects.filter(document_id=secret.statement)
    seal_outright(secret.case, list(papers), by=people["chief_kv1"])
    before, state = kept(), told(secret)
    tag = host_model("Tag").objects.create(name="Khẩn")
    changes: tuple[dict[str, Any], ...] = (
        {"title": "Tên khác"},
        {"document_type": catalogue["CT"].host_type_id},
        {"created": "2020-01-01"},
        {"archive_serial_number": 77},
        {"content": "Lời khai khác"},
        {"custom_fields": [{"field": case_code_field_id(), "value": "HS-QN-KV1-2026-0999"}]},
    )
    for who in ("prosecutor_kv1", "superuser"):
        for change in changes:
            answer = staff[who].ask("patch", f"/api/documents/{secret.statement}/", {"tags": [tag.pk], **change})
            assert answer.status_code == 403, (who, change)
            assert "niêm phong" in answer.json()["detail"]
        body = {"method": "set_document_type", "parameters": {"document_type": catalogue["CT"].host_type_id}}
        answer = staff[who].ask("post", "/api/documents/bulk_edit/", {"documents": secret.ids, **body})
        assert answer.status_code == 403, who
        fields = {"add_custom_fields": {str(case_code_field_id()): "HS-QN-KV1-2026-0999"}, "remove_custom_fields": []}
        body = {"method": "modify_custom_fields", "parameters": fields}
        answer = staff[who].ask("post", "/api/documents/bulk_edit/", {"documents": secret.ids, **body})
        assert answer.status_code == 403, who
        assert (kept(), told(secret)) == (before, state), who
    visitor = staff["prosecutor_kv1"]
    document = visitor.get(f"/api/documents/{secret.statement}/").json()
    same = {
        key: document[key]
        for key in ("title", "document_type", "created", "custom_fields", "content", "archive_serial_number")
    }
    assert visitor.ask("patch", f"/api/documents/{secret.statement}/", {**same, "tags": [tag.pk]}).status_code == 200
    answer = visitor.ask("post", f"/api/documents/{secret.statement}/notes/", {"note": "Đã đối chiếu"})
    assert answer.status_code == 200
    # the other one is not sealed
    assert visitor.ask("patch", f"/api/documents/{secret.report}/", {"title": "Cáo trạng"}).status_code == 200
    assert CaseDocument.objects.get(document_id=secret.report).title == "Cáo trạng"


def test_no_version_of_what_is_sealed_takes_the_text_of_another(
    secret: Secret, versioned: Document, staff: dict[str, Visitor], people: dict[str, User]
) -> None:
    newer = Document.objects.get(root_document=versioned)
    first, second = versioned.content, newer.content
    assert first != second
    seal_outright(secret.case, [CaseDocument.objects.get(document=versioned)], by=people["chief_kv1"])
    address = f"/api/documents/{versioned.pk}/"
    # which version a request writes, with its own text and that of the other
    for asked, its_own, others in (
        ("", second, first),
        ("?version=", second, first),
        (f"?version={newer.pk}", second, first),
        (f"?version={versioned.pk}", first, second),
    ):
        for visitor in (staff["prosecutor_kv1"], staff["superuser"]):
            assert visitor.ask("patch", f"{address}{asked}", {"content": others}).status_code == 403, asked
        assert staff["prosecutor_kv1"].ask("patch", f"{address}{asked}", {"content": its_own}).status_code == 200, asked
    assert [Document.objects.get(pk=each.pk).content for each in (versioned, newer)] == [first, second]


def test_trash(secret: Secret, staff: dict[str, Visitor]) -> None:
    """A document that got there past every door is neither restored by halves nor emptied."""
    Document.objects.filter(pk=secret.statement).update(deleted_at="2026-01-01T00:00:00Z")
    visitor = staff["superuser"]
    bodies: tuple[dict[str, Any], ...] = (
        {"documents": [secret.statement], "action": "restore"},
        {"documents": [secret.statement], "action": "empty"},
        {"action": "empty"},
    )
    for body in bodies:
        answer = visitor.ask("post", "/api/trash/", body)
        assert answer.status_code == 403, body
        assert "vks_doctor" in answer.json()["detail"], body
    tasks.empty_trash()  # type: ignore[attr-defined]
    row = Document.global_objects.get(pk=secret.statement)
    assert row.deleted_at is not None
    assert row.source_path.is_file()
    assert json.loads(visitor.get("/api/trash/").content)["count"] == 1


def test_what_case_documents_hang_on(
    secret: Secret, staff: dict[str, Visitor], catalogue: dict[str, CatalogueType]
) -> None:
    """Field, storage path and document types: deleted or renamed, they take something off every document."""
    visitor = staff["superuser"]
    field = f"/api/custom_fields/{case_code_field_id()}/"
    path = f"/api/storage_paths/{storage_path_id()}/"
    used = catalogue["BBHC"].host_type_id
    kind = f"/api/document_types/{used}/"
    requests: tuple[tuple[str, str, Any], ...] = (
        ("delete", field, None),
        ("patch", field, {"name": "Mã"}),
        ("delete", path, None),
        ("patch", path, {"name": "Khác"}),
        ("patch", path, {"path": "{{ title }}"}),
        ("delete", kind, None),
        (
            "post",
            "/api/bulk_edit_objects/",
            {"objects": [used], "object_type": "document_types", "operation": "delete"},
        ),
        ("post", "/api/bulk_edit_objects/", {"all": True, "object_type": "document_types", "operation": "delete"}),
        (
            "post",
            "/api/bulk_edit_objects/",
            {"objects": [storage_path_id()], "object_type": "storage_paths", "operation": "delete"},
        ),
    )
    for method, address, body in requests:
        answer = visitor.ask(method, address, body)
        assert answer.status_code == 403, (method, address, body)
        assert "giữ nguyên" in answer.json()["detail"], (method, address, body)
    document = Document.objects.get(pk=secret.statement)
    assert document.custom_fields.get().value == secret.case.code
    assert (document.storage_path_id, document.document_type_id) == (storage_path_id(), used)
    # a template that was changed past every door is put back by this one, as the doctor says
    StoragePath.objects.filter(name=STORAGE_PATH).update(path="{{ title }}")
    assert visitor.ask("patch", path, {"path": "{{ created }}"}).status_code == 403
    assert visitor.ask("patch", path, {"path": STORAGE_TEMPLATE}).status_code == 200
    # what no case document carries goes as ever
    unused = catalogue["QDKTVA"].host_type_id
    assert visitor.ask("delete", f"/api/document_types/{unused}/").status_code == 204
    assert visitor.ask("patch", kind, {"name": "Biên bản hỏi cung bị can (mẫu)"}).status_code == 200
