"""Filing a PDF from the case page: exact grants from the first moment, and nothing half-made."""

from __future__ import annotations

import datetime as dt
import json
import unicodedata
from io import StringIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.management import call_command
from documents.models import Document
from documents.search import get_backend
from documents.signals import document_consumption_finished

from tests.people import FiledCase, file_pdf, pdf_bytes, waiting
from vks_plugin.access.projection import grants_for
from vks_plugin.cases.models import CaseDocument, CaseFile, CatalogueType, Folio
from vks_plugin.conf import configuration
from vks_plugin.errors import BadInput, Conflict, NotAllowed, NotFound, TooLarge
from vks_plugin.filing import actions as filing
from vks_plugin.filing.models import IntakeItem
from vks_plugin.host.permissions import grants_of
from vks_plugin.organization.actions import service_account_id

pytestmark = pytest.mark.django_db(transaction=True)


def kept_files() -> list[Path]:
    return sorted(path for path in configuration().data_dir.rglob("*") if path.is_file())


def test_document_carries_everything_it_was_given(
    case: CaseFile, people: dict[str, User], catalogue: dict[str, CatalogueType]
) -> None:
    item = filing.file_upload(
        actor=people["prosecutor_kv1"],
        case=case,
        file=ContentFile(pdf_bytes(3)),
        filename=unicodedata.normalize("NFD", "Quyết định khởi tố.pdf"),
        document_type=catalogue["QDKTVA"],
        title="QĐ khởi tố vụ án {{ document }} " + unicodedata.normalize("NFD", "Nguyễn Văn Ánh"),
        number="12/QĐ-CSĐT",
        date=dt.date(2026, 3, 2),
        folio_from=1,
        folio_to=3,
    )
    item.refresh_from_db()
    assert (item.status, item.error) == (IntakeItem.Status.FILED, "")
    assert item.document_id is not None
    document = Document.objects.get(pk=item.document_id)
    filed = document.case_document
    assert document.document_type is not None
    assert document.title == filed.title == "QĐ khởi tố vụ án {{ document }} Nguyễn Văn Ánh"
    assert document.original_filename == "Quyết định khởi tố.pdf"
    assert document.created == dt.date(2026, 3, 2)
    assert document.document_type.name == "Quyết định khởi tố vụ án hình sự"
    assert document.owner_id == service_account_id()
    assert document.custom_fields.get().value == case.code
    assert "Ánh" not in str(document.filename)
    assert (filed.folio_label, filed.page_count, filed.sha256) == ("BL 1–3", 3, document.checksum)
    assert list(Folio.objects.values_list("number", "page")) == [(1, 1), (2, 2), (3, 3)]
    assert grants_of([document.pk])[document.pk] == set(grants_for(case, "hsva"))
    assert kept_files() == []


def test_grants_stand_before_anyone_hears_of_the_document(
    case: CaseFile, people: dict[str, User], catalogue: dict[str, CatalogueType]
) -> None:
    """The host indexes before it tells anybody; by then owner and grants must be exact already."""
    seen: list[tuple[int | None, bool]] = []

    def first_look(sender: object, document: Document, **_: object) -> None:
        seen.append((document.owner_id, grants_of([document.pk])[document.pk] == set(grants_for(case, "hsva"))))

    receivers = document_consumption_finished.receivers
    document_consumption_finished.connect(first_look, dispatch_uid="test.first_look")
    # our own receiver comes last for once: what is seen must hold without it
    receivers.insert(0, receivers.pop())
    document_consumption_finished.sender_receivers_cache.clear()
    try:
        file_pdf(actor=people["prosecutor_kv1"], case=case, document_type=catalogue["QDKTVA"])
    finally:
        document_consumption_finished.disconnect(dispatch_uid="test.first_look")
    assert seen == [(service_account_id(), True)]


def test_content_is_composed_so_that_words_are_found(
    case: CaseFile, people: dict[str, User], catalogue: dict[str, CatalogueType]
) -> None:
    text = unicodedata.normalize("NFD", "Quyết định khởi tố bị can Trần Thị Bưởi")
    item = file_pdf(
        actor=people["prosecutor_kv1"], case=case, document_type=catalogue["QDKTBC"], content=pdf_bytes(1, text)
    )
    item.refresh_from_db()
    assert item.document_id is not None
    document = Document.objects.get(pk=item.document_id)
    assert unicodedata.is_normalized("NFC", document.content)
    assert get_backend().search_ids("buoi", people["prosecutor_kv1"]) == [document.pk]


@pytest.fixture
def locked_pdf() -> bytes:
    import io

    buffer = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf_bytes(2))) as pdf:
        pdf.save(buffer, encryption=pikepdf.Encryption(user="bí mật", owner="chủ"))
    return buffer.getvalue()


def refuse(case: CaseFile, actor: User, kind: CatalogueType, error: type[Exception], **fields: Any) -> str:
    before = (IntakeItem.objects.count(), CaseDocument.objects.count(), Document.objects.count(), kept_files())
    with pytest.raises(error) as refusal:
        file_pdf(actor=actor, case=case, document_type=kind, **fields)
    after = (IntakeItem.objects.count(), CaseDocument.objects.count(), Document.objects.count(), kept_files())
    assert before == after
    return str(refusal.value)


def test_bad_files_are_refused_by_name(
    case: CaseFile, people: dict[str, User], catalogue: dict[str, CatalogueType], locked_pdf: bytes
) -> None:
    actor, kind = people["prosecutor_kv1"], catalogue["QDKTVA"]
    whole = pdf_bytes(3)
    bad = {
        "rỗng": b"",
        "không phải PDF": b"PK\x03\x04 not a pdf at all",
        "hỏng": whole[: len(whole) // 2],
        "mật khẩu": locked_pdf,
    }
    for word, content in bad.items():
        sentence = refuse(case, actor, kind, BadInput, content=content)
        assert word in sentence
        assert "Tài liệu.pdf" in sentence


def test_too_large_a_file_stops_at_the_limit(
    case: CaseFile, people: dict[str, User], catalogue: dict[str, CatalogueType], settings: Any
) -> None:
    settings.VKS_MAX_UPLOAD_BYTES = 1000
    sentence = refuse(case, people["prosecutor_kv1"], catalogue["QDKTVA"], TooLarge)
    assert "tách" in sentence


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"folio_from": 0, "folio_to": 1}, BadInput),
        ({"folio_from": 9, "folio_to": 7}, BadInput),
        ({"folio_to": 7}, BadInput),
        ({"folio_from": 7, "folio_to": 9}, BadInput),  # three folios, one page
        ({"date": dt.date(2200, 1, 1)}, BadInput),
        ({"part": "khac"}, BadInput),
    ],
)
def test_bad_metadata_is_refused(
    case: CaseFile,
    people: dict[str, User],
    catalogue: dict[str, CatalogueType],
    fields: dict[str, Any],
    error: type[Exception],
) -> None:
    refuse(case, people["prosecutor_kv1"], catalogue["QDKTVA"], error, **fields)


@pytest.mark.parametrize(
    "fields", [{"title": "Báo cáo Tối mật về vụ án"}, {"filename": unicodedata.normalize("NFD", "văn bản TỐI MẬT.pdf")}]
)
def test_a_paper_marked_as_a_state_secret_is_not_kept(
    case: CaseFile, people: dict[str, User], catalogue: dict[str, CatalogueType], fields: dict[str, str]
) -> None:
    given: dict[str, Any] = {"filename": "Tài liệu.pdf", "title": "Báo cáo"} | fields
    with pytest.raises(BadInput) as refusal:
        filing.file_upload(
            actor=people["prosecutor_kv1"],
            case=case,
            file=ContentFile(pdf_bytes(1)),
            document_type=catalogue["QDKTVA"],
            **given,
        )
    assert refusal.value.field == "title"
    assert "thẻ chỉ dẫn" in refusal.value.message
    assert kept_files() == []
    assert not IntakeItem.objects.exists()


def test_overlapping_folios_are_refused_with_the_other_title(
    filed_case: FiledCase, people: dict[str, User], catalogue: dict[str, CatalogueType]
) -> None:
    sentence = refuse(
        filed_case.case, people["prosecutor_kv1"], catalogue["CT"], Conflict, pages=4, folio_from=5, folio_to=8
    )
    assert "Bút lục 5" in sentence
    assert "Quyết định khởi tố bị can" in sentence


def test_folios_of_a_waiting_file_are_taken_too(
    filed_case: FiledCase, people: dict[str, User], catalogue: dict[str, CatalogueType]
) -> None:
    actor = people["prosecutor_kv1"]
    waiting(actor=actor, case=filed_case.case, document_type=catalogue["CT"], first=10, last=12)
    sentence = refuse(filed_case.case, people["prosecutor_kv1"], catalogue["CT"], Conflict, folio_from=12)
    assert "Cáo trạng" in sentence


def test_the_same_file_is_not_filed_twice(
    case: CaseFile, people: dict[str, User], catalogue: dict[str, CatalogueType]
) -> None:
    content = pdf_bytes(1)
    file_pdf(actor=people["prosecutor_kv1"], case=case, document_type=catalogue["QDKTVA"], content=content)
    refuse(case, people["prosecutor_kv1"], catalogue["QDKTVA"], Conflict, content=content)


def test_internal_papers_never_enter_the_case_file(
    case: CaseFile, people: dict[str, User], catalogue: dict[str, CatalogueType]
) -> None:
    refuse(case, people["prosecutor_kv1"], catalogue["BCDX"], BadInput, part="hsva")
    refuse(case, people["prosecutor_kv1"], catalogue["BCDX"], BadInput, folio_from=1)


def test_who_may_not_file_files_nothing(
    case: CaseFile, people: dict[str, User], catalogue: dict[str, CatalogueType]
) -> None:
    for name in ("prosecutor_kv3", "chief_kv3", "other_prosecutor_kv1", "admin_province", "outsider", "locked"):
        refuse(case, people[name], catalogue["QDKTVA"], NotFound)
    for name in ("clerk_kv1", "chief_province"):
        refuse(case, people[name], catalogue["QDKTVA"], NotAllowed)


def test_scan_operator_files_nothing_internal(
    case: CaseFile, people: dict[str, User], catalogue: dict[str, CatalogueType]
) -> None:
    from vks_plugin.access.actions import assign

    assign(actor=people["chief_kv1"], case=case, user=people["scanner_kv1"], role="scan_operator")
    refuse(case, people["scanner_kv1"], catalogue["BCDX"], NotAllowed)
    item = file_pdf(actor=people["scanner_kv1"], case=case, document_type=catalogue["QDKTVA"])
    item.refresh_from_db()
    assert item.status == IntakeItem.Status.FILED


def test_a_file_the_host_cannot_read_stays_and_can_be_tried_again(
    case: CaseFile,
    people: dict[str, User],
    catalogue: dict[str, CatalogueType],
    settings: Any,
) -> None:
    thumbnails = settings.THUMBNAIL_DIR
    # a thumbnail folder that is a file: the host fails while it stores
    thumbnails.parent.mkdir(parents=True, exist_ok=True)
    thumbnails.write_text("in the way")
    item = file_pdf(actor=people["prosecutor_kv1"], case=case, document_type=catalogue["QDKTVA"], folio_from=1)
    item.refresh_from_db()
    assert item.status == IntakeItem.Status.FAILED
    assert item.error.startswith("Máy chủ không đọc được tệp này")
    assert (CaseDocument.objects.count(), Document.objects.count(), Folio.objects.count()) == (0, 0, 0)
    assert [path.stem for path in kept_files()] == [str(item.pk)]
    thumbnails.unlink()
    again = filing.retry_failed(actor=people["prosecutor_kv1"], item=item)
    again.refresh_from_db()
    assert again.status == IntakeItem.Status.FILED
    assert CaseDocument.objects.get().folio_label == "BL 1"
    assert kept_files() == []


def test_discarding_a_failed_file_removes_it(
    case: CaseFile, people: dict[str, User], catalogue: dict[str, CatalogueType], settings: Any
) -> None:
    settings.THUMBNAIL_DIR.parent.mkdir(parents=True, exist_ok=True)
    settings.THUMBNAIL_DIR.write_text("in the way")
    item = file_pdf(actor=people["prosecutor_kv1"], case=case, document_type=catalogue["QDKTVA"])
    with pytest.raises(NotFound):
        filing.discard_failed(actor=people["prosecutor_kv3"], item=item)
    assert kept_files()
    filing.discard_failed(actor=people["prosecutor_kv1"], item=item)
    assert (kept_files(), IntakeItem.objects.count()) == ([], 0)


def test_a_folio_once_numbered_stays(
    filed_case: FiledCase, people: dict[str, User], catalogue: dict[str, CatalogueType]
) -> None:
    filed = filed_case.documents[2]
    with pytest.raises(Conflict):
        filing.describe(
            actor=people["prosecutor_kv1"], filed=filed, document_type=catalogue["BBHC"], folio_from=7, folio_to=7
        )
    filing.describe(
        actor=people["prosecutor_kv1"], filed=filed, document_type=catalogue["CT"], title="Cáo trạng số 5", number="5"
    )
    filed.refresh_from_db()
    assert (filed.title, filed.number, filed.document_type, filed.folio_label) == (
        "Cáo trạng số 5",
        "5",
        catalogue["CT"],
        "BL 6",
    )
    assert Document.objects.get(pk=filed.document_id).title == "Cáo trạng số 5"
    assert get_backend().search_ids('"cao trang so"', people["prosecutor_kv1"]) == [filed.document_id]


def test_a_lost_queue_is_handed_over_again(
    case: CaseFile,
    people: dict[str, User],
    catalogue: dict[str, CatalogueType],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as lost:
        lost.setattr("vks_plugin.filing.actions.submit", lambda _intake: "lost")
        item = file_pdf(actor=people["prosecutor_kv1"], case=case, document_type=catalogue["CT"])
    item.refresh_from_db()
    assert item.status == IntakeItem.Status.WAITING
    out = StringIO()
    call_command("vks_resume", json=True, stdout=out)
    assert json.loads(out.getvalue()) == {"resumed": 1}
    item.refresh_from_db()
    assert item.status == IntakeItem.Status.FILED, item.error
    # what is filed is not handed over a second time
    out = StringIO()
    call_command("vks_resume", json=True, stdout=out)
    assert json.loads(out.getvalue()) == {"resumed": 0}
