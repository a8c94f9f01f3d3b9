"""Filing from the DMS itself: the field "Mã vụ án", kept in step both ways."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from documents.models import CustomFieldInstance, Document, Note
from rest_framework.authtoken.models import Token

from tests.people import FiledCase, pdf_bytes, register
from vks_plugin.access.actions import assign
from vks_plugin.cases.models import CaseChange, CaseDocument, CaseFile, CatalogueType
from vks_plugin.custody.models import LedgerEntry
from vks_plugin.filing.actions import follow_document
from vks_plugin.host.provision import case_code_field_id, case_code_on, write_case_code
from vks_plugin.organization.actions import service_account_id
from vks_plugin.organization.models import ProcuracyUnit

pytestmark = pytest.mark.django_db(transaction=True)


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def upload(user: User, **fields: Any) -> Document:
    """Upload a PDF through the host's own door, as its web interface does."""
    before = set(Document.objects.values_list("pk", flat=True))
    answer = client_of(user).post(
        "/api/documents/post_document/",
        {"document": SimpleUploadedFile("scan.pdf", pdf_bytes(2), "application/pdf"), **fields},
    )
    assert answer.status_code == 200, answer.content
    return Document.objects.exclude(pk__in=before).get()


def write_code(user: User, document: Document, code: str | None, **more: Any) -> Any:
    fields = [] if code is None else [{"field": case_code_field_id(), "value": code}]
    return client_of(user).patch(
        f"/api/documents/{document.pk}/",
        json.dumps({"custom_fields": fields, **more}),
        content_type="application/json",
    )


def test_writing_the_code_files_the_document(
    case: CaseFile, people: dict[str, User], catalogue: dict[str, CatalogueType]
) -> None:
    document = upload(people["prosecutor_kv1"], title="Biên bản hỏi cung", document_type=catalogue["BBHC"].host_type_id)
    assert document.owner == people["prosecutor_kv1"]
    assert write_code(people["prosecutor_kv1"], document, case.code).status_code == 200
    filed = CaseDocument.objects.get()
    assert (filed.case, filed.document_id, filed.title, filed.document_type) == (
        case,
        document.pk,
        "Biên bản hỏi cung",
        catalogue["BBHC"],
    )
    document.refresh_from_db()
    assert document.owner_id == service_account_id()
    assert client_of(people["chief_kv1"]).get(f"/api/documents/{document.pk}/").status_code == 200
    assert client_of(people["prosecutor_kv3"]).get(f"/api/documents/{document.pk}/").status_code in {403, 404}


def test_the_code_may_come_with_the_upload(
    case: CaseFile, people: dict[str, User], catalogue: dict[str, CatalogueType]
) -> None:
    document = upload(people["prosecutor_kv1"], custom_fields=json.dumps({case_code_field_id(): case.code}))
    assert CaseDocument.objects.get().document_id == document.pk
    assert Document.objects.get(pk=document.pk).owner_id == service_account_id()


def test_a_code_of_another_unit_is_refused_before_anything_is_written(
    case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit], catalogue: dict[str, CatalogueType]
) -> None:
    document = upload(people["prosecutor_kv3"], title="Đơn")
    sentences = []
    # a case of another unit and one that does not exist answer alike
    for code in (case.code, "HS-QN-KV1-2026-9999"):
        answer = write_code(people["prosecutor_kv3"], document, code, title="Tên mới")
        assert answer.status_code == 400
        sentences.append(answer.content.decode().replace(code, "CODE"))
    assert sentences[0] == sentences[1]
    # what nobody's case is called is told by its form
    for code in ("HS-QN-KV9-2026-0001", case.code.lower()):
        detail = write_code(people["prosecutor_kv3"], document, code).json()["detail"]
        assert "không giống mã" in detail or "chữ in hoa" in detail
    document.refresh_from_db()
    assert (document.title, document.owner) == ("Đơn", people["prosecutor_kv3"])
    assert CustomFieldInstance.objects.count() == 0
    assert CaseDocument.objects.count() == 0


def test_an_upload_with_a_foreign_code_is_refused(
    case: CaseFile, people: dict[str, User], catalogue: dict[str, CatalogueType]
) -> None:
    answer = client_of(people["prosecutor_kv3"]).post(
        "/api/documents/post_document/",
        {
            "document": SimpleUploadedFile("scan.pdf", pdf_bytes(1), "application/pdf"),
            "custom_fields": json.dumps({case_code_field_id(): case.code}),
        },
    )
    assert answer.status_code == 400
    assert Document.objects.count() == 0


SECRET = "Báo cáo TỐI MẬT"


def test_a_paper_marked_as_a_state_secret_is_filed_by_no_door(
    case: CaseFile, people: dict[str, User], catalogue: dict[str, CatalogueType]
) -> None:
    user, code = people["prosecutor_kv1"], json.dumps({case_code_field_id(): case.code})
    before = Document.objects.count()
    for title, name, said in (
        (SECRET, "scan.pdf", {"custom_fields": code}),
        ("Báo cáo", f"{SECRET}.pdf", {"custom_fields": code}),
        # for nobody's case
        (SECRET, "scan.pdf", {}),
        ("", "bao_cao_toi_mat.pdf", {}),
    ):
        file = SimpleUploadedFile(name, pdf_bytes(2), "application/pdf")
        answer = client_of(user).post("/api/documents/post_document/", {"document": file, "title": title} | said)
        assert (answer.status_code, "thẻ chỉ dẫn" in answer.content.decode()) == (400, True)
    assert Document.objects.count() == before
    document = upload(user, title="Báo cáo")
    # called so once it is there, it is given a code later, at once or with another title
    Document.objects.filter(pk=document.pk).update(title=SECRET)
    document.refresh_from_db()
    answer = write_code(user, document, case.code)
    assert (answer.status_code, "sửa tiêu đề trong DMS" in answer.json()["detail"]) == (400, True)
    fields = {"add_custom_fields": {case_code_field_id(): case.code}, "remove_custom_fields": []}
    bulk = {"documents": [document.pk], "method": "modify_custom_fields", "parameters": fields}
    answer = client_of(user).post("/api/documents/bulk_edit/", json.dumps(bulk), content_type="application/json")
    assert answer.status_code == 400
    # past the doors, from a folder
    write_case_code(document, case.code)
    follow_document(document, actor=user)
    assert (CaseDocument.objects.exists(), case_code_on(document)) == (False, None)
    assert write_code(user, document, case.code, title="Báo cáo kết thúc điều tra").status_code == 200
    assert CaseDocument.objects.get().document_id == document.pk
    # nor is one that is filed called so
    answer = client_of(user).patch(
        f"/api/documents/{document.pk}/", json.dumps({"title": SECRET}), content_type="application/json"
    )
    assert (answer.status_code, Document.objects.get(pk=document.pk).title) == (400, "Báo cáo kết thúc điều tra")


def test_the_code_of_a_filed_document_is_not_emptied(filed_case: FiledCase, people: dict[str, User]) -> None:
    document = filed_case.documents[0].document
    for code in (None, ""):
        answer = write_code(people["prosecutor_kv1"], document, code, title="Khác")
        assert answer.status_code == 400
        assert "Mã vụ án" in answer.json()["detail"]
    document.refresh_from_db()
    assert document.title == "Quyết định khởi tố vụ án hình sự"
    assert CustomFieldInstance.objects.get(document=document).value == filed_case.case.code


def test_numbered_documents_do_not_change_cases(
    filed_case: FiledCase, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    other = register(actor=people["clerk_kv1"], unit=units["QN-KV1"])
    assign(actor=people["chief_kv1"], case=other, user=people["prosecutor_kv1"], role="prosecutor_lead")
    assert write_code(people["prosecutor_kv1"], filed_case.documents[0].document, other.code).status_code == 409
    assert write_code(people["prosecutor_kv1"], filed_case.internal.document, other.code).status_code == 200
    assert CaseDocument.objects.get(pk=filed_case.internal.pk).case == other
    assert CaseDocument.objects.filter(case=filed_case.case).count() == 3


def test_nothing_comes_into_a_case_that_was_disposed_of(
    filed_case: FiledCase, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    """Neither through the doors nor past them: a task that was queued before, a row written by another program."""
    actor, internal = people["prosecutor_kv1"], filed_case.internal
    gone = register(actor=people["clerk_kv1"], unit=units["QN-KV1"])
    assign(actor=people["chief_kv1"], case=gone, user=actor, role="prosecutor_lead")
    CaseFile.objects.filter(pk=gone.pk).update(destroyed_at=timezone.now())
    document = upload(actor, title="Đơn")
    for each in (document, internal.document):
        answer = write_code(actor, each, gone.code)
        assert (answer.status_code, "đã tiêu hủy" in answer.json()["detail"]) == (409, True)
    for each, kept, said in (
        (document, None, "Chưa đưa vào vụ án nào"),
        (internal.document, filed_case.case.code, "Tài liệu ở lại vụ án của nó"),
    ):
        write_case_code(each, gone.code)
        follow_document(each, actor=actor)
        assert case_code_on(each) == kept
        note = Note.objects.get(document=each).note
        # who reads the note may not know of the case
        assert (note.startswith(said), gone.code in note) == (True, False)
    assert not CaseDocument.objects.filter(case=gone).exists()
    assert CaseDocument.objects.get(pk=internal.pk).case == filed_case.case
    document.refresh_from_db()
    assert document.owner == actor


def test_title_and_type_changed_in_the_dms_show_in_the_case(
    filed_case: FiledCase, people: dict[str, User], catalogue: dict[str, CatalogueType]
) -> None:
    filed = filed_case.documents[2]
    answer = client_of(people["prosecutor_kv1"]).patch(
        f"/api/documents/{filed.document_id}/",
        json.dumps({"title": "Cáo trạng", "document_type": catalogue["CT"].host_type_id}),
        content_type="application/json",
    )
    assert answer.status_code == 200
    filed.refresh_from_db()
    assert (filed.title, filed.document_type) == ("Cáo trạng", catalogue["CT"])


def test_filed_documents_are_not_deleted(filed_case: FiledCase, people: dict[str, User], admin_user: User) -> None:
    document = filed_case.documents[0].document
    for user in (people["prosecutor_kv1"], people["chief_kv1"], admin_user):
        answer = client_of(user).delete(f"/api/documents/{document.pk}/")
        assert answer.status_code in {400, 403, 405, 409}
        assert Document.objects.filter(pk=document.pk).exists()


def test_an_ordinary_document_stays_the_host_s_own(
    people: dict[str, User], catalogue: dict[str, CatalogueType]
) -> None:
    document = upload(people["prosecutor_kv1"], title="Lịch trực")
    assert CaseDocument.objects.count() == 0
    assert Document.objects.get(pk=document.pk).owner == people["prosecutor_kv1"]
    answer = client_of(people["prosecutor_kv1"]).patch(
        f"/api/documents/{document.pk}/", json.dumps({"title": "Lịch trực tháng 11"}), content_type="application/json"
    )
    assert answer.status_code == 200
    assert Document.objects.get(pk=document.pk).title == "Lịch trực tháng 11"


def test_who_comes_with_a_token_or_a_password_is_known(
    filed_case: FiledCase, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    """The host finds out who that is only in its view: what is done carries the name, and moves what may be moved."""
    actor, internal = people["prosecutor_kv1"], filed_case.internal
    other = register(actor=people["clerk_kv1"], unit=units["QN-KV1"])
    assign(actor=people["chief_kv1"], case=other, user=actor, role="prosecutor_lead")
    actor.set_password("mat khau")
    actor.save()
    client = Client()
    for with_, body in (
        (f"Token {Token.objects.create(user=actor).key}", {"title": "Tờ trình"}),
        (
            f"Basic {base64.b64encode(f'{actor.username}:mat khau'.encode()).decode()}",
            {"custom_fields": [{"field": case_code_field_id(), "value": other.code}]},
        ),
    ):
        answer = client.patch(
            f"/api/documents/{internal.document_id}/",
            json.dumps(body),
            content_type="application/json",
            headers={"authorization": with_},
        )
        assert answer.status_code == 200, answer.content
    internal.refresh_from_db()
    assert (internal.title, internal.case) == ("Tờ trình", other)
    assert CaseChange.objects.get(subject_id=internal.pk, act=CaseChange.Act.CHANGED).actor_id == actor.pk
    told = LedgerEntry.objects.filter(kind__in=["document_described", "document_moved_in", "document_moved_out"])
    assert [json.loads(bytes(each.line))["actor"]["id"] for each in told] == [actor.pk] * 3


def test_a_type_of_the_supervision_file_is_refused_to_who_files_in_the_case_file_alone(
    case: CaseFile, people: dict[str, User], catalogue: dict[str, CatalogueType]
) -> None:
    scanner = people["scanner_kv1"]
    assign(actor=people["chief_kv1"], case=case, user=scanner, role="scan_operator")
    internal = next(each for each in catalogue.values() if each.part == "hsks")
    document = upload(scanner, title="Phiếu đề xuất")
    answer = write_code(scanner, document, case.code, document_type=internal.host_type_id)
    assert (answer.status_code, "hồ sơ kiểm sát" in answer.json()["detail"]) == (403, True)
    assert (case_code_on(document), CaseDocument.objects.exists()) == (None, False)
    assert write_code(scanner, document, case.code).status_code == 200
