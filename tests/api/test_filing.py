"""Getting papers into a case through the API: what is taken, what is refused, and that a refusal leaves nothing."""

from __future__ import annotations

import datetime as dt
import io
import unicodedata
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from tests.api.conftest import Everything, Snapshot, unfiled_document
from tests.people import file_pdf, pdf_bytes, register
from vks_plugin.access import actions as access
from vks_plugin.cases.models import CaseDocument, Folio
from vks_plugin.conf import configuration
from vks_plugin.filing import actions as filing
from vks_plugin.filing.models import IntakeItem
from vks_plugin.host.models import Document

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from rest_framework.test import APIClient

    from tests.people import FiledCase
    from vks_plugin.cases.models import CaseFile, CatalogueType
    from vks_plugin.organization.models import ProcuracyUnit

pytestmark = pytest.mark.django_db


def _upload(client: APIClient, case: CaseFile, content: bytes | None, name: str = "a.pdf", **fields: Any) -> Any:
    body: dict[str, Any] = {"document_type": "CT"} | {key: value for key, value in fields.items() if value is not None}
    if content is not None:
        body["file"] = SimpleUploadedFile(name, content, "application/pdf")
    return client.post(f"/api/vks/cases/{case.code}/upload/", body, format="multipart")


def _encrypted(*, user: str) -> bytes:
    buffer = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf_bytes())) as pdf:
        pdf.save(buffer, encryption=pikepdf.Encryption(owner="chu", user=user))
    return buffer.getvalue()


def _without_pages() -> bytes:
    buffer = io.BytesIO()
    pikepdf.new().save(buffer)
    return buffer.getvalue()


_tomorrow = (timezone.localdate() + dt.timedelta(days=1)).isoformat()

BAD: dict[str, tuple[Callable[[], bytes | None], dict[str, Any], int, str, str]] = {
    # what is wrong: content, fields, status, field, words of the sentence
    "no file": (lambda: None, {}, 400, "file", "Hãy chọn tệp"),
    "zero bytes": (lambda: b"", {}, 400, "file", "0 byte"),
    "not a PDF": (lambda: b"PK\x03\x04 quyet dinh", {}, 400, "file", "không phải PDF"),
    "truncated": (lambda: pdf_bytes(3)[:-900], {}, 400, "file", "hỏng"),
    "cut to its header": (lambda: pdf_bytes()[:40], {}, 400, "file", "hỏng"),
    "encrypted for its reader": (lambda: _encrypted(user="doc"), {}, 400, "file", "mật khẩu"),
    "encrypted for its owner": (lambda: _encrypted(user=""), {}, 400, "file", "mã hóa"),
    "no pages": (_without_pages, {}, 400, "file", "không có trang"),
    "over the limit": (lambda: pdf_bytes() + b"%" * 2_000_000, {}, 413, "file", "lớn hơn"),
    "too many pages": (lambda: pdf_bytes(12), {}, 400, "file", "tách"),
    "no type": (pdf_bytes, {"document_type": ""}, 400, "document_type", "loại tài liệu"),
    "unknown type": (pdf_bytes, {"document_type": "<b>"}, 400, "document_type", "danh mục"),
    "date in the future": (pdf_bytes, {"date": _tomorrow}, 400, "date", "tương lai"),
    "date that is none": (pdf_bytes, {"date": "31/13/2025"}, 400, "date", ""),
    "date before 1900": (pdf_bytes, {"date": "1899-12-31"}, 400, "date", "1900"),
    "folio zero": (pdf_bytes, {"folio_from": 0}, 400, "folio_from", "từ 1"),
    "folio below zero": (pdf_bytes, {"folio_from": -3}, 400, "folio_from", "từ 1"),
    "folios backwards": (pdf_bytes, {"folio_from": 5, "folio_to": 4}, 400, "folio_from", "không nhỏ hơn"),
    "only a last folio": (pdf_bytes, {"folio_to": 4}, 400, "folio_from", "bút lục đầu"),
    "more folios than pages": (pdf_bytes, {"folio_from": 10, "folio_to": 12}, 400, "folio_to", "1 trang"),
    "a folio no file has": (pdf_bytes, {"folio_from": 10**12}, 400, "folio_from", ""),
    "a folio that is no number": (pdf_bytes, {"folio_from": "mười"}, 400, "folio_from", ""),
    "internal paper in the case file": (
        pdf_bytes,
        {"document_type": "BCDX", "part": "hsva"},
        400,
        "part",
        "nội bộ",
    ),
    "folio on an internal paper": (
        pdf_bytes,
        {"document_type": "BCDX", "folio_from": 9},
        400,
        "folio_from",
        "bỏ trống",
    ),
    "a part there is not": (pdf_bytes, {"part": "hsxx"}, 400, "part", ""),
    "a title too long": (pdf_bytes, {"title": "x" * 251}, 400, "title", ""),
}


@pytest.mark.parametrize("wrong", BAD)
def test_what_cannot_be_filed_is_refused_and_leaves_nothing(
    wrong: str,
    case: CaseFile,
    catalogue: dict[str, CatalogueType],
    as_person: Any,
    snapshot: Callable[[], Snapshot],
    settings: Any,
) -> None:
    settings.VKS_MAX_UPLOAD_BYTES = 1_000_000
    settings.VKS_MAX_DOCUMENT_PAGES = 10
    content, fields, status, field, words = BAD[wrong]
    before = snapshot()
    answer = _upload(as_person("prosecutor_kv1"), case, content(), **fields)
    told = answer.json()
    assert (answer.status_code, told.get("field")) == (status, field), told
    assert words in told["detail"]
    assert snapshot() == before


def test_a_body_that_is_no_form_is_refused(
    case: CaseFile, catalogue: Any, as_person: Any, snapshot: Callable[[], Snapshot]
) -> None:
    before = snapshot()
    address = f"/api/vks/cases/{case.code}/upload/"
    client = as_person("prosecutor_kv1")
    assert client.post(address, {"document_type": "CT"}, format="json").status_code == 415
    assert client.post(address, b"--x", content_type="multipart/form-data; boundary=x").status_code == 400
    assert client.post(address, b"", content_type="multipart/form-data").status_code == 400
    assert snapshot() == before


@pytest.mark.parametrize(
    ("first", "last", "named"), [(2, 3, "BL"), (5, 5, "Quyết định khởi tố bị can"), (6, 7, "Biên bản hỏi cung bị can")]
)
def test_a_folio_another_document_has_is_refused_by_name(
    first: int, last: int, named: str, filed_case: FiledCase, as_person: Any, snapshot: Callable[[], Snapshot]
) -> None:
    before = snapshot()
    answer = _upload(as_person("prosecutor_kv1"), filed_case.case, pdf_bytes(2), folio_from=first, folio_to=last)
    assert (answer.status_code, answer.json()["field"]) == (409, "folio_from")
    assert named.replace("BL", "Quyết định khởi tố vụ án hình sự") in answer.json()["detail"]
    assert snapshot() == before


def test_a_folio_of_a_file_still_on_its_way_is_refused(
    case: CaseFile, catalogue: Any, as_person: Any, snapshot: Callable[[], Snapshot]
) -> None:
    client = as_person("prosecutor_kv1")
    assert _upload(client, case, pdf_bytes(3), folio_from=1, folio_to=3).status_code == 202
    before = snapshot()
    answer = _upload(client, case, pdf_bytes(2), folio_from=3, folio_to=4)
    assert (answer.status_code, answer.json()["field"]) == (409, "folio_from")
    assert snapshot() == before


def test_the_same_file_twice_is_one_document(
    case: CaseFile, catalogue: Any, as_person: Any, snapshot: Callable[[], Snapshot]
) -> None:
    client, content = as_person("prosecutor_kv1"), pdf_bytes()
    assert _upload(client, case, content).status_code == 202
    before = snapshot()
    answer = _upload(client, case, content, name="khac.pdf", title="Tên khác")
    assert (answer.status_code, answer.json()["field"]) == (409, "file")
    assert snapshot() == before


def test_nobody_files_into_a_case_of_another_office(
    people: dict[str, User],
    units: dict[str, ProcuracyUnit],
    catalogue: Any,
    as_person: Any,
    snapshot: Callable[[], Snapshot],
) -> None:
    theirs = register(actor=people["chief_kv3"], unit=units["QN-KV3"])
    before = snapshot()
    for key in ("chief_kv1", "prosecutor_kv1", "clerk_kv1"):
        answer = _upload(as_person(key), theirs, pdf_bytes())
        assert answer.status_code == 404
        assert theirs.name not in answer.content.decode()
    assert snapshot() == before


def test_who_only_scans_files_no_internal_paper(
    case: CaseFile,
    people: dict[str, User],
    catalogue: Any,
    as_person: Any,
    snapshot: Callable[[], Snapshot],
) -> None:
    access.assign(actor=people["chief_kv1"], case=case, user=people["scanner_kv1"], role="scan_operator")
    before = snapshot()
    assert _upload(as_person("scanner_kv1"), case, pdf_bytes(), document_type="BCDX").status_code == 403
    assert snapshot() == before


@pytest.mark.django_db(transaction=True)
def test_an_upload_becomes_a_document_of_the_case(case: CaseFile, catalogue: Any, as_person: Any) -> None:
    client = as_person("prosecutor_kv1")
    name = unicodedata.normalize("NFD", "Cáo trạng số 12.pdf")
    answer = _upload(
        client,
        case,
        pdf_bytes(2, "Cáo trạng"),
        name=name,
        title=unicodedata.normalize("NFD", "Cáo trạng đối với Ước"),
        number=unicodedata.normalize("NFD", "12/CT-VKSKV1"),
        date="2026-06-01",
        folio_from="1",
        folio_to="2",
    )
    assert answer.status_code == 202, answer.content.decode()
    item = client.get(f"/api/vks/intake/{answer.json()['id']}/").json()
    assert (item["status"], item["error"]) == ("filed", "")
    assert item["filename"] == unicodedata.normalize("NFC", name)
    told = client.get(f"/api/vks/documents/{item['document']}/").json()
    assert told["title"] == unicodedata.normalize("NFC", "Cáo trạng đối với Ước")
    assert told["number"] == "12/CT-VKSKV1"
    assert (told["case"], told["folios"], told["part"], told["page_count"]) == (case.code, "BL 1–2", "hsva", 2)
    assert told["filed_by"] == {"username": "prosecutor_kv1", "name": "Đỗ Hữu Ước"}
    document = Document.objects.get(pk=item["document"])
    assert document.owner is not None
    assert document.owner.username == "vks-records"
    assert list((configuration().data_dir / "intake").iterdir()) == []


def test_empty_fields_of_a_form_count_as_left_out(case: CaseFile, catalogue: Any, as_person: Any) -> None:
    answer = _upload(
        as_person("prosecutor_kv1"),
        case,
        pdf_bytes(),
        part="",
        title="",
        number="",
        date="",
        folio_from="",
        folio_to="",
    )
    assert answer.status_code == 202, answer.content.decode()
    assert answer.json()["title"] == "Cáo trạng"
    assert (answer.json()["folio_from"], answer.json()["date"], answer.json()["part"]) == (None, None, "hsva")


def test_a_path_in_the_name_of_a_file_goes_nowhere(case: CaseFile, catalogue: Any, as_person: Any) -> None:
    answer = _upload(as_person("prosecutor_kv1"), case, pdf_bytes(), name="..\\..\\<b>etc.pdf")
    assert answer.status_code == 202
    assert "/" not in answer.json()["filename"]
    assert "\\" not in answer.json()["filename"]
    stored = list((configuration().data_dir / "intake").iterdir())
    assert [path.name for path in stored] == [f"{answer.json()['id']}.pdf"]


@pytest.mark.django_db(transaction=True)
def test_an_item_the_host_cannot_take_in_is_listed_and_can_be_tried_again(
    case: CaseFile, people: dict[str, User], catalogue: dict[str, CatalogueType], as_person: Any
) -> None:
    client = as_person("prosecutor_kv1")
    item = _failed(case, people, catalogue)
    listed = client.get("/api/vks/intake/").json()
    assert [(each["id"], each["error"]) for each in listed["results"]] == [(str(item.pk), "Máy chủ bận.")]
    again = client.post(f"/api/vks/intake/{item.pk}/retry/")
    assert again.status_code == 202
    assert client.get(f"/api/vks/intake/{item.pk}/").json()["status"] == "filed"
    assert client.get("/api/vks/intake/").json()["count"] == 0
    assert client.post(f"/api/vks/intake/{item.pk}/retry/").status_code == 409
    assert client.post(f"/api/vks/intake/{item.pk}/discard/").status_code == 409
    assert CaseDocument.objects.filter(case=case).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_failed_item_can_be_given_up_with_its_file(
    case: CaseFile, people: dict[str, User], catalogue: dict[str, CatalogueType], as_person: Any
) -> None:
    item = _failed(case, people, catalogue)
    assert as_person("chief_kv1").post(f"/api/vks/intake/{item.pk}/discard/").status_code == 404
    assert as_person("prosecutor_kv1").post(f"/api/vks/intake/{item.pk}/discard/").status_code == 204
    assert not IntakeItem.objects.exists()
    assert list((configuration().data_dir / "intake").iterdir()) == []


def _failed(case: CaseFile, people: dict[str, User], catalogue: dict[str, CatalogueType]) -> IntakeItem:
    from django.db import transaction

    class PowerCutError(Exception):
        pass

    content = pdf_bytes()
    path = configuration().data_dir / "intake"
    # the hand-over is queued at commit: undone here, the row is written again without it, as after a crash
    try:
        with transaction.atomic():
            item = file_pdf(actor=people["prosecutor_kv1"], case=case, document_type=catalogue["CT"], content=content)
            raise PowerCutError
    except PowerCutError:
        item.save(force_insert=True)
    assert (path / f"{item.pk}.pdf").read_bytes() == content
    filing.mark_failed(item.pk, "Máy chủ bận.")
    return item


def test_a_document_of_the_dms_is_filed_and_then_seen_by_the_case(
    everything: Everything, as_person: Any, people: dict[str, User]
) -> None:
    client, address = as_person("prosecutor_kv1"), f"/api/vks/documents/{everything.unfiled.pk}/"
    leader = as_person("chief_kv1")
    assert client.get(address).status_code == leader.get(address).status_code == 404
    body = {"case": everything.filed.case.code, "document_type": "BBHC", "folio_from": 7, "folio_to": 9}
    answer = client.post(f"{address}file/", body, format="json")
    assert answer.status_code == 201, answer.content.decode()
    assert answer.json()["folios"] == "BL 7–9"
    assert leader.get(address).json() == answer.json()
    again = client.post(f"{address}file/", body, format="json")
    assert again.status_code == 409


@pytest.mark.parametrize(
    ("changes", "status", "field"),
    [
        ({"case": "HS-KHONG-CO"}, 404, None),
        ({"case": None}, 400, "case"),
        ({"document_type": "KHONG"}, 400, "document_type"),
        ({"folio_from": 5, "folio_to": 6}, 409, "folio_from"),
        ({"folio_from": 20, "folio_to": 30}, 400, "folio_to"),
        ({"date": _tomorrow}, 400, "date"),
    ],
)
def test_a_document_that_cannot_be_filed_stays_as_it_was(
    changes: dict[str, Any],
    status: int,
    field: str | None,
    everything: Everything,
    as_person: Any,
    snapshot: Callable[[], Snapshot],
) -> None:
    before = snapshot()
    body = {"case": everything.filed.case.code, "document_type": "BBHC"} | changes
    answer = as_person("prosecutor_kv1").post(
        f"/api/vks/documents/{everything.unfiled.pk}/file/",
        {key: value for key, value in body.items() if value is not None},
        format="json",
    )
    assert (answer.status_code, answer.json().get("field")) == (status, field)
    assert snapshot() == before


def test_an_unowned_paper_of_somebody_else_is_not_taken(
    case: CaseFile, catalogue: Any, people: dict[str, User], as_person: Any, snapshot: Callable[[], Snapshot]
) -> None:
    theirs = unfiled_document(people["prosecutor_kv3"])
    before = snapshot()
    body = {"case": case.code, "document_type": "CT"}
    answer = as_person("prosecutor_kv1").post(f"/api/vks/documents/{theirs.pk}/file/", body, format="json")
    assert answer.status_code == 404
    assert snapshot() == before


def test_what_is_said_of_a_document_can_be_corrected(filed_case: FiledCase, as_person: Any) -> None:
    client, address = as_person("prosecutor_kv1"), f"/api/vks/documents/{filed_case.host_ids[2]}/"
    before = client.get(address).json()
    title = unicodedata.normalize("NFD", "Biên bản hỏi cung lần hai")
    answer = client.patch(address, {"title": title, "date": "2026-03-09"}, format="json")
    assert answer.status_code == 200
    corrected = {"title": unicodedata.normalize("NFC", title), "date": "2026-03-09"}
    assert client.get(address).json() == answer.json() == before | corrected
    assert client.get(f"/api/documents/{filed_case.host_ids[2]}/").json()["title"] == corrected["title"]


@pytest.mark.parametrize(
    ("changes", "status", "field"),
    [
        ({"folio_from": 60, "folio_to": 60}, 409, "folio_from"),
        ({"folio_from": None, "folio_to": None}, 409, "folio_from"),
        ({"date": _tomorrow}, 400, "date"),
        ({"document_type": "BCDX"}, 400, "part"),
        ({"document_type": "KHONG"}, 400, "document_type"),
        ({"title": None}, 400, "title"),
        ({"number": "x" * 61}, 400, "number"),
    ],
)
def test_a_correction_that_cannot_be_changes_nothing(
    changes: dict[str, Any],
    status: int,
    field: str,
    filed_case: FiledCase,
    as_person: Any,
    snapshot: Callable[[], Snapshot],
) -> None:
    before = snapshot()
    answer = as_person("prosecutor_kv1").patch(f"/api/vks/documents/{filed_case.host_ids[2]}/", changes, format="json")
    assert (answer.status_code, answer.json().get("field")) == (status, field)
    assert snapshot() == before


def test_part_and_case_of_a_document_are_not_corrected_in_passing(filed_case: FiledCase, as_person: Any) -> None:
    client, address = as_person("prosecutor_kv1"), f"/api/vks/documents/{filed_case.host_ids[0]}/"
    before = client.get(address).json()
    for name, value in {"part": "hsks", "case": "HS-KHAC", "sha256": "0", "id": 9, "page_count": 1}.items():
        answer = client.patch(address, {"title": "Tên khác", name: value}, format="json")
        assert (answer.status_code, answer.json()["field"]) == (400, name)
    assert client.get(address).json() == before
    assert Folio.objects.filter(case=filed_case.case).count() == 6
