"""What strangers learn of a case's documents at the host's own doors: nothing, neither content nor count."""

from __future__ import annotations

import datetime as dt
import html
import json
import re
from collections.abc import Callable
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
import time_machine
from django.apps import apps
from django.contrib.auth.models import Permission, User
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver
from django.utils import timezone
from documents.data_models import ConsumableDocument, DocumentMetadataOverrides, DocumentSource
from documents.models import Tag
from documents.tasks import consume_file
from rest_framework.authtoken.models import Token
from rest_framework.renderers import BrowsableAPIRenderer

from tests.host.doors.conftest import STRANGERS, TITLE, Secret, Visitor, host_model
from tests.people import file_pdf, pdf_bytes
from vks_plugin.access import actions as access
from vks_plugin.access import temporary
from vks_plugin.cases.models import Assignment, CaseDocument, CatalogueType
from vks_plugin.filing.actions import adopt, file_existing
from vks_plugin.host import hints
from vks_plugin.host.models import CustomField, CustomFieldInstance, Document
from vks_plugin.host.provision import CASE_CODE_FIELD, case_code_field_id
from vks_plugin.receivers import consumption_failed

pytestmark = pytest.mark.django_db(transaction=True)

SignIn = Callable[..., Visitor]

WHY = "Cần hồ sơ ngay trong đêm nay để ra quyết định."


def test_doors_of_one_document(secret: Secret, as_person: SignIn) -> None:
    told_to_reader = set()
    reader = as_person("prosecutor_kv1")
    strangers = {who: as_person(who) for who in STRANGERS}
    for door in (
        "",
        "metadata/",
        "notes/",
        "suggestions/",
        "history/",
        "share_links/",
        "root/",
        "preview/",
        "download/",
        "thumb/",
        "download/?original=true",
    ):
        address = f"/api/documents/{secret.statement}/{door}"
        told_to_reader |= set(secret.told_by(reader.get(address)))
        for stranger, visitor in strangers.items():
            answer = visitor.get(address)
            assert answer.status_code in {403, 404}, (door, stranger)
            assert secret.told_by(answer) == [], (door, stranger)
            # the host would let the checksum of the file go with its refusal
            assert not {"ETag", "Last-Modified"} & set(answer.headers), (door, stranger)
    # what the strangers were refused is there to be read
    assert told_to_reader == {"Văn Ánh", "khai nhận", "đổi lời khai", secret.case.code, secret.words[-1], "a file"}


def test_history_is_read_by_neither_strangers_nor_readers(secret: Secret, as_person: SignIn) -> None:
    """The audit trail has every title and code a document ever had."""
    for who in (*STRANGERS, "prosecutor_kv1", "chief_kv1"):
        answer = as_person(who, "view_document", "view_logentry").get(f"/api/documents/{secret.statement}/history/")
        assert answer.status_code == (404 if who in STRANGERS else 403), who


def test_searches(secret: Secret, as_person: SignIn) -> None:
    checksum = secret.words[-1]
    by_code = json.dumps([CASE_CODE_FIELD, "exact", secret.case.code])
    searches: tuple[dict[str, str], ...] = (
        {},
        {"text": "khai nhan"},
        {"query": "trộm"},
        {"query": f"title:{TITLE.split()[0]}"},
        {"title_search": "loi khai"},
        {"title__icontains": "Ánh"},
        {"title_content": "khai nhận"},
        {"checksum__iexact": checksum},
        {"custom_field_query": by_code},
        {"custom_fields__icontains": secret.case.code},
        {"id__in": ",".join(str(pk) for pk in secret.ids)},
        {"owner__username": "vks-records"},
    )
    reader = as_person("prosecutor_kv1")
    strangers = {who: as_person(who) for who in STRANGERS}
    for asked in searches:
        assert secret.statement in reader.found(**asked), asked
        for stranger, visitor in strangers.items():
            assert visitor.found(**asked) == [], (asked, stranger)


def test_more_like_a_document_one_may_not_see(secret: Secret, as_person: SignIn) -> None:
    for stranger in STRANGERS:
        answer = as_person(stranger).get("/api/documents/", {"more_like_id": secret.statement})
        assert answer.status_code == 403, stranger
    own = as_person("prosecutor_kv3")
    own.upload(title="Đơn", content=None)
    mine = Document.objects.exclude(pk__in=secret.ids).get().pk
    # similar or not, the case's documents are not among what is like one's own
    answer = own.get("/api/documents/", {"more_like_id": mine})
    assert [row["id"] for row in answer.json()["results"] if row["id"] in secret.ids] == []


def test_global_search_and_completions(secret: Secret, as_person: SignIn) -> None:
    addresses = [
        f"/api/search/?query={word}{only}"
        for word in ("khai", "Ánh ", secret.case.code)
        for only in ("", "&db_only=true")
    ]
    reader = as_person("prosecutor_kv1")
    assert {word for address in addresses for word in secret.told_by(reader.get(address))} >= {"Văn Ánh", "khai nhận"}
    assert reader.completed("tro") != []
    for stranger in STRANGERS:
        visitor = as_person(stranger)
        for address in addresses:
            answer = visitor.get(address)
            assert secret.told_by(answer) == [], (address, stranger)
            assert answer.json()["documents"] == [], (address, stranger)
        assert [visitor.completed(start) for start in ("tro", "anh", "kha", "loi")] == [[], [], [], []], stranger


def _counts(visitor: Visitor) -> dict[str, Any]:
    told: dict[str, Any] = {"statistics": None}
    answer = visitor.get("/api/statistics/")
    if answer.status_code == 200:
        keys = ("documents_total", "character_count", "document_file_type_counts")
        told["statistics"] = [answer.json()[key] for key in keys]
    for kind in ("document_types", "storage_paths", "custom_fields"):
        answer = visitor.get(f"/api/{kind}/", {"page_size": "100"})
        rows = answer.json()["results"] if answer.status_code == 200 else []
        told[kind] = sum(row["document_count"] for row in rows)
    answer = visitor.get("/api/documents/", {"include_selection_data": "true"})
    told["selection"] = (
        sum(row["document_count"] for rows in answer.json()["selection_data"].values() for row in rows)
        if answer.status_code == 200
        else 0
    )
    return told


def test_counts(secret: Secret, as_person: SignIn) -> None:
    shown = _counts(as_person("prosecutor_kv1"))
    assert shown["statistics"][0] == 2
    assert (shown["document_types"], shown["storage_paths"], shown["custom_fields"], shown["selection"]) == (2, 2, 2, 6)
    for stranger in STRANGERS:
        told = _counts(as_person(stranger))
        assert told.pop("statistics") in (None, [0, 0, []]), stranger
        assert set(told.values()) == {0}, stranger
    # nor of when the last of them was written, by whoever wrote to others too, or which number it has in the archive
    writer = host_model("Correspondent").objects.create(name="Công an phường")
    host_model("Document").objects.filter(pk__in=secret.ids).update(correspondent=writer, created="2026-05-17")
    Document.objects.filter(pk=secret.statement).update(archive_serial_number=777)
    own = as_person("prosecutor_kv3")
    own.upload(title="Đơn", correspondent=writer.pk, created="2025-02-03")
    alone = host_model("Correspondent").objects.create(name="Ban quản lý chợ")
    host_model("Document").objects.filter(pk=secret.report).update(correspondent=alone, deleted_at=timezone.now())
    for visitor, days, highest in (
        (own, ("2025-02-03", None), 0),
        (as_person("prosecutor_kv1"), ("2026-05-17", None), 777),
    ):
        for row, day in zip((writer, alone), days, strict=True):
            assert visitor.get(f"/api/correspondents/{row.pk}/").json()["last_correspondence"] == day
        asked = {"last_correspondence": "1", "ordering": "last_correspondence"}
        rows = visitor.get("/api/correspondents/", asked).json()["results"]
        assert {row["last_correspondence"] for row in rows} == set(days)
        assert visitor.get("/api/statistics/").json()["current_asn"] == highest


def test_files_and_figures_of_several(secret: Secret, as_person: SignIn) -> None:
    for stranger in STRANGERS:
        visitor = as_person(stranger)
        for door in ("bulk_download", "selection_data"):
            answer = visitor.ask("post", f"/api/documents/{door}/", {"documents": [secret.statement]})
            assert answer.status_code == 403, (door, stranger)
        # everything there is, which for a stranger is nothing
        answer = visitor.ask("post", "/api/documents/bulk_download/", {"all": True, "filters": {}})
        assert not answer.streaming or b"PDF" not in b"".join(answer.streaming_content)


def test_case_documents_do_not_leave_by_mail(secret: Secret, as_person: SignIn) -> None:
    letter = {"addresses": "ai-do@example.org", "subject": "x", "message": "y"}
    for who in (*STRANGERS, "prosecutor_kv1", "chief_kv1"):
        visitor = as_person(who)
        answer = visitor.ask("post", "/api/documents/email/", {"documents": secret.ids, **letter})
        assert answer.status_code == 403, who
        # the older address of the same door takes a form
        answer = visitor.post(f"/api/documents/{secret.statement}/email/", {"documents": secret.statement, **letter})
        assert answer.status_code in {403, 404}, who
        assert ("không gửi thư" in answer.content.decode()) == (who not in STRANGERS), who
    assert mail.outbox == []
    own = as_person("prosecutor_kv1")
    own.upload(title="Thư mời họp")
    mine = Document.objects.exclude(pk__in=secret.ids).get().pk
    assert own.ask("post", "/api/documents/email/", {"documents": [mine], **letter}).status_code == 200
    assert len(mail.outbox) == 1


def test_serial_number_of_a_case_document(listed_tasks: None, secret: Secret, as_person: SignIn) -> None:
    """A number that is taken is refused; by what, and whether that lies in the trash, is told to who sees it."""
    reader = as_person("prosecutor_kv1")
    answer = reader.ask("patch", f"/api/documents/{secret.statement}/", {"archive_serial_number": 777})
    assert answer.status_code == 200
    Document.objects.filter(pk=secret.report).update(archive_serial_number=778, deleted_at=timezone.now())
    stranger = as_person("prosecutor_kv3")
    stranger.upload(title="Đơn")
    mine = Document.objects.exclude(pk__in=secret.ids).get().pk
    assert stranger.found(archive_serial_number="777") == []
    refusals = [
        stranger.ask("patch", f"/api/documents/{mine}/", {"archive_serial_number": number})
        for number in (777, 778, "778")
    ]
    assert {each.status_code for each in refusals} == {400}
    assert len({each.content for each in refusals}) == 1
    assert secret.told_by(refusals[0]) == []
    for number in (777, 778):
        stranger.upload(name="so.pdf", archive_serial_number=number, content=pdf_bytes(1, f"Số {number}"))
    failed = stranger.get("/api/tasks/?status=failure").json()["results"]
    told = {json.dumps(each["result_data"]).replace("778", "777") for each in failed}
    assert len(failed) == 2
    assert len(told) == 1
    assert "already exists" in told.pop()
    # one's own in the trash is named as such
    Document.objects.filter(pk=mine).update(archive_serial_number=779, deleted_at=timezone.now())
    stranger.upload(title="Đơn khác", name="khac.pdf", content=pdf_bytes(1, "Khác"))
    other = Document.objects.get(title="Đơn khác").pk
    answer = stranger.ask("patch", f"/api/documents/{other}/", {"archive_serial_number": 779})
    assert "trash" in answer.content.decode()


def test_the_same_file_uploaded_by_a_stranger(secret: Secret, as_person: SignIn) -> None:
    """Whoever has the paper learns neither that it is filed nor under which name."""
    stranger = as_person("prosecutor_kv3")
    content = Document.objects.get(pk=secret.statement).source_path.read_bytes()
    answer = stranger.upload(name="mot.pdf", content=content)
    assert answer.status_code == 200
    mine = Document.objects.exclude(pk__in=secret.ids).get()
    shown = stranger.get(f"/api/documents/{mine.pk}/")
    assert shown.json()["duplicate_documents"] == []
    assert TITLE not in json.dumps(shown.json(), ensure_ascii=False)
    assert secret.case.code not in json.dumps(shown.json(), ensure_ascii=False)
    # the reader is told of the stranger's copy no more than the stranger of the reader's
    reader = as_person("prosecutor_kv1").get(f"/api/documents/{secret.statement}/").json()
    assert reader["duplicate_documents"] == []


def test_a_link_from_ones_own_document(secret: Secret, as_person: SignIn) -> None:
    """The host writes such links into both documents."""
    field = CustomField.objects.create(name="Liên quan", data_type="documentlink")
    stranger = as_person("prosecutor_kv3")
    stranger.upload(title="Đơn")
    mine = Document.objects.exclude(pk__in=secret.ids).get().pk
    value = {"field": field.pk, "value": [secret.statement]}
    answer = stranger.ask("patch", f"/api/documents/{mine}/", {"custom_fields": [value]})
    assert answer.status_code == 403
    parameters = {"add_custom_fields": {str(field.pk): [secret.statement]}, "remove_custom_fields": []}
    stranger.ask(
        "post",
        "/api/documents/bulk_edit/",
        {"documents": [mine], "method": "modify_custom_fields", "parameters": parameters},
    )
    assert not Document.objects.get(pk=secret.statement).custom_fields.filter(field=field).exists()
    told = stranger.get(f"/api/documents/{mine}/")
    assert secret.told_by(told) == []


def test_a_link_to_what_went_out_of_sight(secret: Secret, as_person: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """Documents that were linked while both were seen: one of them was filed, transferred or restricted since."""
    field = CustomField.objects.create(name="Liên quan", data_type="documentlink")
    writer = as_person("prosecutor_kv3", "view_logentry")
    for title in ("Đơn", "Giấy mời"):
        writer.upload(title=title, name=f"{title}.pdf", content=pdf_bytes(1, title))
    mine, other = (Document.objects.get(title=title).pk for title in ("Đơn", "Giấy mời"))
    hidden = secret.statement
    for document, numbers in ((mine, [hidden, other]), (other, [mine]), (hidden, [mine])):
        CustomFieldInstance.objects.create(document_id=document, field=field, value_document_ids=numbers)

    def stands(document: int) -> Any:
        row = CustomFieldInstance.objects.filter(document_id=document, field=field).first()
        return row and row.value, Document.objects.get(pk=document).modified

    def shown(answer: Any) -> Any:
        rows = [each for each in answer.json()["custom_fields"] if each["field"] == field.pk]
        return rows[0]["value"] if rows else None

    before = stands(hidden)
    address = f"/api/documents/{mine}/"
    assert shown(writer.get(address)) == [other]
    for asked in ({}, {"text": "Đơn"}, {"query": "Đơn"}):
        rows = {row["id"]: row["custom_fields"] for row in writer.get("/api/documents/", asked).json()["results"]}
        assert rows[mine] == [{"field": field.pk, "value": [other]}], asked
    root = User.objects.create_superuser("toan_quyen")
    superuser = as_person(root)
    assert shown(superuser.get(address)) == [hidden, other]
    # nor does the audit trail tell him, nor what tags of others are called that they put on his document
    ours, theirs = (Tag.objects.create(name=name, owner=owner) for name, owner in (("Chung", None), ("Riêng", root)))
    superuser.ask("patch", address, {"tags": [ours.pk, theirs.pk]})
    for visitor, numbers, names in (
        (superuser, [hidden, other], {"Chung", "Riêng"}),
        (writer, [other], {"Chung", "***"}),
    ):
        told = [each["changes"] for each in visitor.get(f"{address}history/").json()]
        fields, tags = (
            [each[name] for each in told if isinstance(each.get(name), dict)] for name in ("custom_fields", "tags")
        )
        assert [each["value"] for each in fields] == [str(numbers)]
        assert {name for each in tags for name in each["objects"]} == names
    # nor once the field is called otherwise than the trail calls it
    type(field).objects.filter(pk=field.pk).update(name="Tên khác")
    told = [each["changes"].get("custom_fields") for each in writer.get(f"{address}history/").json()]
    assert [each["value"] for each in told if isinstance(each, dict)] == [str([other])]
    # nor once another field, of words, has its old name; what that one says is left as it is
    words = CustomField.objects.create(name="Liên quan", data_type="string")
    CustomFieldInstance.objects.create(document_id=mine, field=words, value_text="Xem bút lục 12, 15")
    type(field).objects.filter(pk=words.pk).update(name="Ghi nhớ")
    type(field).objects.filter(pk=field.pk).update(name="Liên quan")
    in_words = {"field": "Liên quan", "type": "custom_field", "value": "Xem bút lục 12, 15"}
    in_links = {"field": "Liên quan", "type": "custom_field", "value": str([other])}
    for _now in range(2):
        told = [each["changes"].get("custom_fields") for each in writer.get(f"{address}history/").json()]
        assert [each for each in told if isinstance(each, dict)] == [in_words, in_links]
        type(field).objects.filter(pk=field.pk).update(name="Tên khác")
        type(field).objects.filter(pk=words.pk).update(name="Liên quan")
    # of a value nobody can ask any more, what might be links is hidden
    with monkeypatch.context() as patch:
        patch.setattr(hints, "_sorts_of_fields", lambda _entries: {})
        told = [each["changes"].get("custom_fields") for each in writer.get(f"{address}history/").json()]
    assert [each for each in told if isinstance(each, dict)] == [in_words, in_links]
    words.delete()
    for op, value, found in (
        ("contains", [other], [mine]),
        ("contains", [hidden], []),
        ("exact", [hidden, other], []),
        ("in", [[hidden, other], [mine]], [other]),
    ):
        assert writer.found(custom_field_query=json.dumps([field.pk, op, value])) == found, (op, value)
    # written back as it was shown, one at a time and in bulk: what was not shown stays
    for numbers in ([other], [], [other]):
        answer = writer.ask("patch", address, {"custom_fields": [{"field": field.pk, "value": numbers}]})
        assert answer.status_code == 200, answer.content
        assert shown(answer) == numbers
        assert set(stands(mine)[0]) == {*numbers, hidden}

    def edit(parameters: dict[str, Any]) -> int:
        body = {"documents": [mine], "method": "modify_custom_fields", "parameters": parameters}
        return int(writer.ask("post", "/api/documents/bulk_edit/", body).status_code)

    for given in ([other], None):
        assert edit({"add_custom_fields": {str(field.pk): given}, "remove_custom_fields": []}) == 200
        assert hidden in stands(mine)[0]
    assert stands(hidden) == before
    # and taken off altogether, nothing is written on the other side either
    assert writer.ask("patch", address, {"custom_fields": []}).status_code == 200
    assert stands(mine)[0] is None
    CustomFieldInstance.objects.create(document_id=mine, field=field, value_document_ids=[hidden])
    assert edit({"add_custom_fields": [], "remove_custom_fields": [field.pk]}) == 200
    assert stands(mine)[0] is None
    assert stands(hidden) == before


def test_all_that_is_found_by_a_link_tells_of_no_hidden_document(secret: Secret, as_person: SignIn) -> None:
    """Requests for whatever some filters find, where the host asks the filters without saying who asks."""
    field = CustomField.objects.create(name="Liên quan", data_type="documentlink")
    writer = as_person("prosecutor_kv3")
    for title in ("Đơn", "Giấy mời"):
        writer.upload(title=title, name=f"{title}.pdf", content=pdf_bytes(1, title))
    mine, other = (Document.objects.get(title=title) for title in ("Đơn", "Giấy mời"))
    tag = Tag.objects.create(name="Đã xem")
    hidden, absent = secret.statement, 999_999
    # the host finds by what stands on the other side, too
    for document, numbers in ((mine.pk, [hidden, other.pk]), (other.pk, [mine.pk]), (hidden, [mine.pk])):
        CustomFieldInstance.objects.create(document_id=document, field=field, value_document_ids=numbers)

    def all_found(number: int) -> dict[str, Any]:
        return {
            "all": True,
            "documents": [],
            "filters": {"custom_field_query": json.dumps([field.name, "contains", [number]])},
        }

    def tagged(visitor: Visitor, number: int) -> bool:
        mine.tags.clear()
        edit = {"method": "modify_tags", "parameters": {"add_tags": [tag.pk], "remove_tags": []}}
        answer = visitor.ask("post", "/api/documents/bulk_edit/", all_found(number) | edit)
        assert answer.status_code == 200, answer.content
        return bool(mine.tags.exists())

    def downloaded(visitor: Visitor, number: int) -> list[str]:
        answer = visitor.ask("post", "/api/documents/bulk_download/", all_found(number))
        assert answer.status_code == 200
        with ZipFile(BytesIO(b"".join(answer.streaming_content))) as archive:
            return archive.namelist()

    for number, found in ((other.pk, True), (hidden, False), (absent, False)):
        assert tagged(writer, number) is found, number
        assert bool(downloaded(writer, number)) is found, number
    superuser = as_person(User.objects.create_superuser("toan_quyen"))
    assert tagged(superuser, hidden)
    assert downloaded(superuser, hidden)


def test_a_search_by_links_finds_nothing_for_nobody(secret: Secret, as_person: SignIn) -> None:
    """A door of the host's that does not say who asks is to tell nothing, as one of a later version may."""
    from documents.filters import DocumentFilterSet

    field = CustomField.objects.create(name="Liên quan", data_type="documentlink")
    as_person("prosecutor_kv3").upload(title="Đơn")
    mine = Document.objects.get(title="Đơn")
    for document, number in ((mine.pk, secret.statement), (secret.statement, mine.pk)):
        CustomFieldInstance.objects.create(document_id=document, field=field, value_document_ids=[number])
    asked = {"custom_field_query": json.dumps([field.name, "contains", [secret.statement]])}
    assert list(DocumentFilterSet(data=asked, queryset=Document.objects.all()).qs) == []


def test_a_shared_view_shows_each_what_each_may_see(secret: Secret, as_person: SignIn, people: dict[str, User]) -> None:
    by_code = json.dumps([CASE_CODE_FIELD, "exact", secret.case.code])
    rules = [{"rule_type": 42, "value": by_code}]
    view = {"name": "Vụ của tôi", "sort_field": "created", "sort_reverse": False, "filter_rules": rules}
    everybody = {"users": [people["prosecutor_kv3"].pk], "groups": []}
    reader = as_person("prosecutor_kv1")
    answer = reader.ask(
        "post", "/api/saved_views/", view | {"set_permissions": {"view": everybody, "change": everybody}}
    )
    assert answer.status_code == 201, answer.content
    stranger = as_person("prosecutor_kv3")
    assert stranger.get(f"/api/saved_views/{answer.json()['id']}/").status_code == 200
    shown = [visitor.found(custom_field_query=by_code) for visitor in (reader, stranger)]
    assert shown == [secret.ids, []]


def test_list_of_tasks(
    secret: Secret,
    as_person: SignIn,
    people: dict[str, User],
    catalogue: dict[str, CatalogueType],
    settings: Any,
) -> None:
    """Tasks without an owner are shown to everybody, with the names of their files."""
    settings.CELERY_TASK_ALWAYS_EAGER = False
    file_pdf(
        actor=people["prosecutor_kv1"],
        case=secret.case,
        document_type=catalogue["QDKTBC"],
        title="Quyết định khởi tố Nguyễn Văn Ánh",
    )
    assert host_model("PaperlessTask").objects.filter(task_type="consume_file").count() == 1
    for stranger in STRANGERS:
        answer = as_person(stranger).get("/api/tasks/")
        assert answer.status_code == 403 or answer.json()["results"] == [], stranger
    # staff see every task, with its file's name and what came with it: of a case, nothing
    as_person("prosecutor_kv1").upload(
        name="loi-khai-anh.pdf",
        title=TITLE,
        custom_fields=json.dumps({case_code_field_id(): secret.case.code}),
    )
    staff = as_person(User.objects.create_superuser("toan_quyen"))
    for address in ("/api/tasks/", "/api/tasks/active/"):
        answer = staff.get(address)
        told = json.dumps(answer.json(), ensure_ascii=False)
        assert told.count("consume_file") >= 2, address
        assert [word for word in ("Quyết định khởi tố", "loi-khai-anh", TITLE, secret.case.code) if word in told] == []
    # what is in no case is named as ever
    as_person("prosecutor_kv3").upload(name="thu-moi.pdf")
    assert "thu-moi.pdf" in staff.get("/api/tasks/").content.decode()


def test_tasks_and_letters_that_are_called_a_state_secret(
    as_person: SignIn, people: dict[str, User], provisioned: None, settings: Any, tmp_path: Path
) -> None:
    """Where others use the host too, what is nobody's is everybody's to read: of these not even the name."""
    settings.VKS_TAKE_EVERY_UNOWNED = False
    handlers = import_module("documents.signals.handlers")

    def publish(number: str, name: str, **said: Any) -> Any:
        path = tmp_path / name
        path.write_bytes(pdf_bytes(1, "Công văn phối hợp"))
        file: Any = ConsumableDocument(DocumentSource.ConsumeFolder, path)
        file.original_path = path
        handed = {"input_doc": file, "overrides": DocumentMetadataOverrides(**said)}
        headers = {"task": consume_file.name, "id": number, "trigger_source": "folder_consume"}
        handlers.before_task_publish_handler(headers=headers, body=((), handed, {}))
        return host_model("PaperlessTask").objects.get(task_id=number)

    publish("1", "quet_TỐI_MẬT_đặc tình.pdf")
    publish("2", "quet.pdf", title="Báo cáo tối mật đặc tình")
    other = publish("3", "thu.pdf")
    host_model("PaperlessTask").objects.filter(task_id="1").update(result_data={"error_message": "đặc tình.pdf"})
    consumption_failed(consume_file, task_id="1", kwargs={})
    mail_of = {
        name: apps.get_model("paperless_mail", name).objects for name in ("MailAccount", "MailRule", "ProcessedMail")
    }
    account = mail_of["MailAccount"].create(name="Hộp thư", imap_server="localhost", username="x")
    rule = mail_of["MailRule"].create(name="Thư", account=account)
    seen = {"rule": rule, "folder": "INBOX", "received": timezone.now()}
    for number, subject in enumerate(("Thư mời", "Báo cáo (Mật) đặc tình")):
        mail_of["ProcessedMail"].create(uid=str(number), subject=subject, **seen)
    reader = people["prosecutor_kv3"]
    reader.user_permissions.add(*Permission.objects.filter(content_type__app_label="paperless_mail"))
    visitor = as_person("prosecutor_kv3", "view_paperlesstask")
    told = "".join(visitor.get(f"/api/{door}/").content.decode() for door in ("tasks", "processed_mail"))
    # what is no secret is left as the host has it
    assert (other.owner_id, "thu.pdf" in told, "Thư mời" in told) == (None, True, True)
    assert "đặc tình" not in told
    superuser = as_person(User.objects.create_superuser("toan_quyen"))
    rows = superuser.get("/api/tasks/").json()["results"]
    assert len(rows) == 3
    assert "đặc tình" not in json.dumps(rows, ensure_ascii=False)


def test_tasks_and_letters_of_others(secret: Secret, as_person: SignIn, people: dict[str, User]) -> None:
    """The host shows staff every task and every letter, and of a copy the title of what it is a copy of."""
    tasks, owner = host_model("PaperlessTask"), people["prosecutor_kv1"]
    staff = User.objects.create_user("nhan_vien", is_staff=True)
    row = {"task_type": "consume_file", "trigger_source": "web_ui", "status": "failure"}
    said = {"error_message": f"Not consuming {TITLE}.pdf"}
    others = tasks.objects.create(
        task_id="1", owner=owner, input_data={"filename": f"{TITLE}.pdf"}, result_data=said, **row
    )
    copied = {"reason": "Not consuming", "duplicate_of": secret.statement}
    tasks.objects.create(task_id="2", owner=staff, input_data={"filename": "thu.pdf"}, result_data=copied, **row)
    models = {
        name: apps.get_model("paperless_mail", name).objects for name in ("MailAccount", "MailRule", "ProcessedMail")
    }
    account = models["MailAccount"].create(name="Hộp thư", imap_server="localhost", username="x", owner=owner)
    rule = models["MailRule"].create(name="Thư", account=account, filter_subject=TITLE, owner=owner)
    letter = models["ProcessedMail"].create(
        rule=rule, folder="INBOX", uid="1", subject=TITLE, received=timezone.now(), owner=owner
    )
    as_person(staff, "view_paperlesstask")
    staff.user_permissions.add(*Permission.objects.filter(content_type__app_label="paperless_mail"))
    addresses = (
        "/api/tasks/",
        "/api/tasks/?name=khai",
        "/api/tasks/?task_id=1",
        f"/api/tasks/{others.pk}/",
        "/admin/documents/paperlesstask/",
        f"/admin/documents/paperlesstask/{others.pk}/change/",
        "/admin/paperless_mail/processedmail/",
        f"/admin/paperless_mail/processedmail/{letter.pk}/change/",
        f"/admin/paperless_mail/mailrule/{rule.pk}/change/",
    )
    visitor, superuser = as_person(staff), as_person(User.objects.create_superuser("toan_quyen"))
    for version in (9, 10):
        told: set[str] = set()
        for address in addresses:
            accept = {"accept": f"application/json; version={version}"} if address.startswith("/api/") else {}
            assert secret.told_by(visitor.get(address, follow=True, headers=accept)) == [], (address, version)
            told |= {address for _word in secret.told_by(superuser.get(address, headers=accept))}
        # what is kept from staff is there
        assert told >= set(addresses) - {"/admin/documents/paperlesstask/", "/api/tasks/?name=khai"}, version
    assert "thu.pdf" in visitor.get("/api/tasks/").content.decode()
    # of one's own file: that it is a copy, and not of which number, though every number is tried
    own = tasks.objects.get(task_id="2")
    tasks.objects.filter(pk=own.pk).update(result_data={"duplicate_of": secret.statement, "duplicate_in_trash": False})
    number = str(secret.statement)
    told_of: dict[str, list[str]] = {}
    for who, person in (("staff", visitor), ("superuser", superuser)):
        for version in (9, 10):
            accept = {"accept": f"application/json; version={version}"}
            answer = person.get(f"/api/tasks/{own.pk}/", headers=accept).json()
            keys = ("result", "related_document", "duplicate_documents", "result_data", "related_document_ids")
            told_of.setdefault(who, []).append(json.dumps([answer.get(key) for key in keys], ensure_ascii=False))
        page = html.unescape(person.get(f"/admin/documents/paperlesstask/{own.pk}/change/").content.decode())
        assert (f'"duplicate_of": {number}' in page, '"reason": ' in page) == (who != "staff", who == "staff")
        found = person.get(f"/api/tasks/?result={number}").json()["results"]
        assert [each["id"] for each in found] == ([] if who == "staff" else [own.pk])
    pattern = re.compile(rf"(?<!\d){number}(?!\d)")
    assert [bool(pattern.search(each)) for each in told_of["staff"]] == [False] * 2
    assert ["giống hệt" in each for each in told_of["staff"]] == [True] * 2
    assert [bool(pattern.search(each)) for each in told_of["superuser"]] == [True] * 2
    # a list with many copies looks their numbers up together
    asked = []
    for more in ([], secret.ids):
        for count, pk in enumerate(more):
            rows = {"input_data": {"filename": "thu.pdf"}, "result_data": {"duplicate_of": pk}}
            tasks.objects.create(task_id=f"3{count}", owner=staff, **rows, **row)
        with CaptureQueriesContext(connection) as queries:
            listed = visitor.get("/api/tasks/", headers={"accept": "application/json; version=10"}).json()
        assert (listed["count"], "duplicate_of" in json.dumps(listed)) == (1 + len(more), False)
        asked.append(len(queries))
    assert len(secret.ids) > 1
    assert asked[0] == asked[1]


def test_server_log(secret: Secret, as_person: SignIn, settings: Any, tmp_path: Path) -> None:
    """The host writes there what files were called, and the check of its files every title that it finds a fault with."""
    settings.LOGGING_DIR = tmp_path
    (tmp_path / "paperless.log").write_text(
        f"[INFO] Consuming {TITLE}.pdf\n[INFO] {secret.case.code}\n", encoding="utf-8"
    )
    visitor = as_person(User.objects.create_user("nhan_vien", is_staff=True))
    superuser, person = as_person(User.objects.create_superuser("toan_quyen")), as_person("chief_kv1")
    for address in ("/api/logs/", "/api/logs/paperless/", "/api/logs/paperless/?limit=1", "/api/logs/celery/"):
        answer = visitor.get(address)
        assert answer.status_code == 403, address
        assert "chỉ siêu quản trị đọc" in answer.json()["detail"], address
        assert person.get(address).status_code == 403
        assert secret.told_by(answer) == []
    assert "Văn Ánh" in secret.told_by(superuser.get("/api/logs/paperless/"))


@pytest.fixture
def listed_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the host list the files it takes in at once, too: without a queue it is told of none."""
    handler = import_module("documents.signals.handlers").before_task_publish_handler
    run = consume_file.apply

    def apply(args: Any = None, kwargs: Any = None, *, task_id: str, **options: Any) -> Any:
        handler(headers={"task": consume_file.name, "id": task_id}, body=(args, kwargs, {}))
        return run(args, kwargs, task_id=task_id, **options)

    monkeypatch.setattr(consume_file, "apply", apply)


def test_what_a_file_was_called_before_it_was_filed(
    listed_tasks: None, secret: Secret, as_person: SignIn, people: dict[str, User], tmp_path: Path
) -> None:
    """By whatever way it comes into the case, the list of tasks says it no longer; nor to everybody before that."""
    staff = as_person(User.objects.create_superuser("toan_quyen"))
    writer = as_person("prosecutor_kv1")

    def told(*names: str) -> list[str]:
        text = staff.get("/api/tasks/?page_size=1000").content.decode()
        return [name for name in names if f"{name}-anh" in text]

    def upload(name: str) -> Document:
        before = set(Document.objects.values_list("pk", flat=True))
        writer.upload(name=f"{name}-anh.pdf", title=f"{name}-anh", content=pdf_bytes(1, name))
        return Document.objects.exclude(pk__in=before).get()

    path = tmp_path / "thumuc-anh.pdf"
    path.write_bytes(pdf_bytes(1, "Từ thư mục"))
    folder = ConsumableDocument(source=DocumentSource.ConsumeFolder, original_file=path)
    consume_file.apply_async(kwargs={"input_doc": folder, "overrides": DocumentMetadataOverrides()})
    for stranger in STRANGERS:
        answer = as_person(stranger, "view_paperlesstask").get("/api/tasks/")
        assert answer.status_code == 200
        assert "thumuc-anh" not in answer.content.decode(), stranger
    assert told("thumuc") == ["thumuc"]

    names = ("mot", "nhieu", "trang", "nhan", "moi")
    by_field, in_bulk, by_page, adopted = map(upload, names[:4])
    newer = SimpleUploadedFile("moi-anh.pdf", pdf_bytes(2, "Bản sau"), "application/pdf")
    answer = writer.post(f"/api/documents/{by_page.pk}/update_version/", {"document": newer})
    assert answer.status_code == 200, answer.content
    assert told(*names) == list(names)
    code = {str(case_code_field_id()): secret.case.code}
    fields = [{"field": case_code_field_id(), "value": secret.case.code}]
    assert writer.ask("patch", f"/api/documents/{by_field.pk}/", {"custom_fields": fields}).status_code == 200
    parameters = {"add_custom_fields": code, "remove_custom_fields": []}
    asked = {"documents": [in_bulk.pk], "method": "modify_custom_fields", "parameters": parameters}
    assert writer.ask("post", "/api/documents/bulk_edit/", asked).status_code == 200
    file_existing(actor=people["prosecutor_kv1"], case=secret.case, document=by_page)
    adopt(actor=people["prosecutor_kv1"], case=secret.case, document=adopted)
    # and one that a workflow files while its task runs
    action = host_model("WorkflowAction").objects.create(type=1, assign_custom_fields_values=code)
    action.assign_custom_fields.add(case_code_field_id())
    workflow = host_model("Workflow").objects.create(name="Ghi mã", order=1)
    workflow.triggers.add(host_model("WorkflowTrigger").objects.create(type=1, filter_filename="chay*"))
    workflow.actions.add(action)
    running = upload("chay")
    filed = set(CaseDocument.objects.values_list("document_id", flat=True))
    assert filed >= {each.pk for each in (by_field, in_bulk, by_page, adopted, running)}
    # what is in no case is still called something
    assert told(*names, "chay", "thumuc") == ["thumuc"]


def test_what_a_file_was_called_that_never_came_into_the_case(
    listed_tasks: None, secret: Secret, as_person: SignIn
) -> None:
    """The host names it where it tells why it failed."""
    as_person("prosecutor_kv1").upload(
        name="hong-anh.pdf",
        content=b"%PDF-1.4 nothing of one",
        custom_fields=json.dumps({case_code_field_id(): secret.case.code}),
    )
    staff = as_person(User.objects.create_superuser("toan_quyen"))
    tasks = staff.get("/api/tasks/?status=failure").json()["results"]
    assert [each["input_data"]["filename"] for each in tasks] == ["-"]
    assert "hong-anh" not in json.dumps(tasks)


def test_who_left_the_case_keeps_nothing(secret: Secret, as_person: SignIn, people: dict[str, User]) -> None:
    """Filed from the DMS: the uploader, once owner, is a stranger when the assignment ends."""
    visitor = as_person("prosecutor_kv1")
    visitor.upload(title="Bản tự khai", custom_fields=json.dumps({case_code_field_id(): secret.case.code}))
    filed = CaseDocument.objects.exclude(document_id__in=secret.ids).get().document_id
    assert filed in visitor.found()
    assignment = Assignment.objects.get(case=secret.case, user=people["prosecutor_kv1"])
    access.end_assignment(actor=people["chief_kv1"], assignment=assignment)
    assert visitor.found() == []
    assert visitor.completed("cong") == []
    for door in ("", "metadata/", "notes/", "history/", "preview/", "download/"):
        assert visitor.get(f"/api/documents/{filed}/{door}").status_code in {403, 404}, door


def test_the_minute_in_which_access_ends(secret: Secret, as_person: SignIn, people: dict[str, User]) -> None:
    """By every door of the file, for a program with a token, and for who only asks whether what he has is still so."""
    person = people["prosecutor_kv3"]
    by_session, by_token = as_person("prosecutor_kv3"), Visitor(raise_request_exception=False)
    by_token.defaults["HTTP_AUTHORIZATION"] = f"Token {Token.objects.create(user=person).key}"
    began = timezone.now()
    doors = (("", False), ("thumb/", True), ("preview/", True), ("download/", False))
    ways = [(*each, visitor) for each in doors for visitor in (by_session, by_token)]
    for number, (door, marked, visitor) in enumerate(ways):
        address = f"/api/documents/{secret.statement}/{door}"
        # one after the other, as time goes
        with time_machine.travel(began + number * dt.timedelta(hours=2), tick=False):
            row = temporary.request_emergency(actor=person, code=secret.case.code, reason=WHY, hours=1)
            ends = temporary.approve_emergency(actor=people["chief_kv1"], request_id=row.pk).ends_at
        assert ends is not None
        with time_machine.travel(ends - dt.timedelta(seconds=1), tick=False):
            opened = visitor.get(address)
            assert opened.status_code == 200, door
            marks = {"If-None-Match": opened.get("ETag"), "If-Modified-Since": opened.get("Last-Modified")}
            known = {name: value for name, value in marks.items() if value}
            # nothing is asked of a page that has no mark
            assert visitor.get(address, headers=known).status_code == (304 if marked else 200), door
            assert bool(known) == marked, door
        with time_machine.travel(ends, tick=False):
            for headers in (known, {}):
                answer = visitor.get(address, headers=headers)
                assert answer.status_code in {403, 404}, (door, headers)
                assert not {"ETag", "Last-Modified"} & set(answer.headers), door
                assert secret.told_by(answer) == [], door


def test_pages_drawn_for_browsers(secret: Secret, as_person: SignIn, people: dict[str, User]) -> None:
    """The host would draw forms beside its answers, in which one chooses among titles and accounts of everybody."""
    import_module("documents.models").Tag.objects.create(name="Riêng của trưởng", owner=people["chief_kv1"])
    stranger = as_person("prosecutor_kv3", "add_sharelink", "view_sharelink")
    stranger.upload(title="Đơn")
    mine = Document.objects.exclude(pk__in=secret.ids).get().pk
    staff = as_person(User.objects.create_user("nhan_vien", is_staff=True), "add_sharelink")
    browser = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    kept = (secret.words[0], TITLE, "Riêng của trưởng", "prosecutor_kv1")
    for address in ("share_links/", f"documents/{mine}/", f"documents/{secret.statement}/", "documents/post_document/"):
        for visitor in (stranger, staff):
            for asked, headers in (
                (address, browser),
                (f"{address}?format=api", {}),
                (address, {"accept": "text/html"}),
            ):
                answer = visitor.get(f"/api/{asked}", headers=headers)
                told = answer.content.decode()
                assert [word for word in kept if word in told] == [], (asked, headers)
                assert answer["Content-Type"] == "application/json", (asked, headers)
    # whoever follows an address with a browser is answered as a program is
    assert stranger.get(f"/api/documents/{mine}/", headers=browser).json()["title"] == "Đơn"
    # and no view of the host's has such pages of its own
    drawing = [
        view.__name__
        for view in _views(get_resolver().url_patterns)
        if any(issubclass(each, BrowsableAPIRenderer) for each in view.renderer_classes)
    ]
    assert drawing == []


def _views(patterns: Any) -> list[Any]:
    """Return the classes of every view that answers as an API does."""
    found = []
    for each in patterns:
        if hasattr(each, "url_patterns"):
            found += _views(each.url_patterns)
            continue
        view = getattr(each.callback, "cls", None) or getattr(each.callback, "view_class", None)
        if view is not None and hasattr(view, "renderer_classes"):
            found.append(view)
    return found
