"""Handing a file in on the case page."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pikepdf
import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.people import FiledCase, pdf_bytes, register
from tests.web.conftest import Page
from vks_plugin.access import actions as access
from vks_plugin.cases.models import CaseDocument, CatalogueType
from vks_plugin.conf import MEBIBYTE, configuration
from vks_plugin.filing import actions as filing
from vks_plugin.filing.models import IntakeItem
from vks_plugin.web.forms import TypeField

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

    from tests.api.conftest import Everything, Snapshot
    from tests.web.conftest import SignIn
    from vks_plugin.cases.models import CaseFile
    from vks_plugin.organization.models import ProcuracyUnit

pytestmark = pytest.mark.django_db

PART = {"HX-Request": "true"}


def locked(*, user: str) -> bytes:
    buffer = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf_bytes(2))) as pdf:
        pdf.save(buffer, encryption=pikepdf.Encryption(user=user, owner="chủ"))
    return buffer.getvalue()


def sized(size: int) -> bytes:
    """Return a PDF of exactly so many bytes."""
    padding = size
    while True:
        buffer = io.BytesIO()
        with pikepdf.open(io.BytesIO(pdf_bytes(1))) as pdf:
            pdf.pages[0].obj.Padding = pdf.make_stream(b"x" * padding)
            pdf.save(buffer, compress_streams=False, static_id=True)
        beyond = buffer.tell() - size
        if beyond == 0:
            return buffer.getvalue()
        padding -= beyond


def form(content: bytes | None = None, name: str = "Tài liệu.pdf", **fields: Any) -> dict[str, Any]:
    """Return an upload that would be accepted, with the changes of a test."""
    data = pdf_bytes(2) if content is None else content
    return {
        "file": SimpleUploadedFile(name, data, "application/pdf"),
        "document_type": "QDKTVA – Quyết định khởi tố vụ án hình sự",
        "number": "12/QĐ-CSĐT",
        "date": "02/03/2026",
        **fields,
    }


def test_a_file_goes_into_the_case(
    case: CaseFile,
    catalogue: dict[str, CatalogueType],
    as_person: SignIn,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    client = as_person("prosecutor_kv1")
    address = f"/vks/cases/{case.code}/"
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(f"{address}upload/", form(folio_from="1", folio_to="2"), headers=PART)
    assert answer.status_code == 200
    assert Page(answer).text == "Đã nhận Tài liệu.pdf (2 trang)."
    filed = CaseDocument.objects.get()
    assert (filed.title, filed.number, filed.folio_label) == (
        "Quyết định khởi tố vụ án hình sự",
        "12/QĐ-CSĐT",
        "BL 1–2",
    )
    shown = Page(client.get(address))
    assert "BL 1–2" in shown.words
    assert any(link.startswith(f"/api/documents/{filed.document_id}/preview/") for link in shown.links())
    # where the next paper may go on is told, not filled in
    assert shown.fields["folio_from"] == ""
    assert "Bút lục tiếp theo: 3 ." in shown.text


def test_without_scripts_the_form_leads_back_to_the_case(
    case: CaseFile, catalogue: dict[str, CatalogueType], as_person: SignIn
) -> None:
    client = as_person("prosecutor_kv1")
    answer = client.post(f"/vks/cases/{case.code}/upload/", form(), follow=True)
    assert answer.redirect_chain == [(f"/vks/cases/{case.code}/", 302)]
    page = Page(answer)
    assert "Đã nhận tệp Tài liệu.pdf, đang xử lý." in page.text
    # on its way: the part that lists documents asks again by itself until it is there
    part = next(attributes for _tag, attributes in page.elements if attributes.get("id") == "vks-documents")
    assert part["hx-trigger"] == "every 3s"
    assert "(Tài liệu.pdf)" in page.text


def test_a_name_from_another_system_is_composed(
    case: CaseFile,
    catalogue: dict[str, CatalogueType],
    as_person: SignIn,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    name = unicodedata.normalize("NFD", "Biên bản hỏi cung – Đỗ Hữu Ước.pdf")
    title = unicodedata.normalize("NFD", "Biên bản hỏi cung bị can")
    with django_capture_on_commit_callbacks(execute=True):
        answer = as_person("prosecutor_kv1").post(
            f"/vks/cases/{case.code}/upload/", form(name=name, title=title, document_type="bbhc"), headers=PART
        )
    assert "Biên bản hỏi cung – Đỗ Hữu Ước.pdf" in answer.content.decode()
    item = IntakeItem.objects.get()
    assert (item.filename, item.title) == ("Biên bản hỏi cung – Đỗ Hữu Ước.pdf", "Biên bản hỏi cung bị can")
    assert CaseDocument.objects.get().title == "Biên bản hỏi cung bị can"


def test_a_kind_of_paper_typed_in_full_is_taken_without_accents(catalogue: dict[str, CatalogueType]) -> None:
    for typed in (
        "bien ban hoi cung bi can",
        "BIÊN BẢN HỎI CUNG BỊ CAN",
        unicodedata.normalize("NFD", "biên bản hỏi cung bị can"),
    ):
        assert TypeField().clean(typed) == catalogue["BBHC"], typed
    # two are called so: which one is meant nobody can tell
    CatalogueType.objects.filter(code="CT").update(name="Biên bản hỏi cung bị cán")
    with pytest.raises(ValidationError, match="danh mục"):
        TypeField().clean("bien ban hoi cung bi can")


BAD: dict[str, tuple[Callable[[], dict[str, Any]], int, str]] = {
    "no bytes": (lambda: form(b""), 400, "rỗng"),
    "not a PDF": (lambda: form(b"PK\x03\x04" + b"x" * 2000, name="ảnh.pdf"), 400, "không phải PDF"),
    "cut off": (lambda: form(pdf_bytes(3)[:1200]), 400, "hỏng"),
    "locked for readers": (lambda: form(locked(user="bí mật")), 400, "mật khẩu"),
    "locked for changes": (lambda: form(locked(user="")), 400, "mật khẩu"),
    "no file": (lambda: {key: value for key, value in form().items() if key != "file"}, 400, "Tệp PDF"),
    "no type": (lambda: form(document_type=""), 400, "Loại tài liệu"),
    "type that is none": (lambda: form(document_type="Giấy gì đó"), 400, "danh mục"),
    "date to come": (lambda: form(date="01/01/2999"), 400, "tương lai"),
    "date that is none": (lambda: form(date="30/02/2026"), 400, "Không có ngày 30/02/2026"),
    "date long past": (lambda: form(date="01/01/1802"), 400, "1900"),
    "more folios than pages": (lambda: form(folio_from="1", folio_to="9"), 400, "chỉ có 2 trang"),
    "folios backwards": (lambda: form(folio_from="9", folio_to="8"), 400, "9–8"),
    "folio nought": (lambda: form(folio_from="0"), 400, "từ 1 trở lên"),
    "folio below nought": (lambda: form(folio_from="-3"), 400, "từ 1 trở lên"),
    "folio in words": (lambda: form(folio_from="mười"), 400, "BL từ"),
    "folio without a first": (lambda: form(folio_to="3"), 400, "bút lục đầu"),
    "folio no database holds": (lambda: form(folio_from="99999999999999999999"), 400, ""),
    "folio PostgreSQL cannot hold": (lambda: form(folio_from="2147483648"), 400, ""),
    "null byte": (lambda: form(title="a\x00b"), 400, ""),
    "title too long": (lambda: form(title="x" * 251), 400, "250"),
}


@pytest.mark.parametrize("part", [False, True], ids=["page", "part"])
@pytest.mark.parametrize("what", BAD, ids=list(BAD))
def test_what_cannot_be_used_is_refused_with_a_sentence(
    what: str,
    part: bool,
    case: CaseFile,
    catalogue: dict[str, CatalogueType],
    as_person: SignIn,
    snapshot: Callable[[], Snapshot],
) -> None:
    make, status, words = BAD[what]
    before = snapshot()
    answer = as_person("prosecutor_kv1").post(f"/vks/cases/{case.code}/upload/", make(), headers=PART if part else {})
    assert answer.status_code == status
    page = Page(answer)
    alert = next(
        (
            page.after[number]
            for number, (_tag, attributes) in enumerate(page.elements)
            if attributes.get("role") == "alert"
        ),
        page.words,
    )
    assert words.lower() in " ".join(alert).lower()
    # never a sentence of the machine
    assert not any(english in page.text for english in ("Enter a", "Select a", "This field", "Ensure"))
    assert snapshot() == before


def test_a_folio_has_one_document(filed_case: FiledCase, as_person: SignIn, snapshot: Callable[[], Snapshot]) -> None:
    before = snapshot()
    answer = as_person("prosecutor_kv1").post(
        f"/vks/cases/{filed_case.case.code}/upload/", form(folio_from="5", folio_to="6"), headers=PART
    )
    assert answer.status_code == 409
    assert Page(answer).text.startswith("Bút lục 5 đã thuộc tài liệu “Quyết định khởi tố bị can”")
    assert snapshot() == before


def test_the_same_file_goes_in_once(
    case: CaseFile,
    catalogue: dict[str, CatalogueType],
    as_person: SignIn,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    client, address, content = as_person("prosecutor_kv1"), f"/vks/cases/{case.code}/upload/", pdf_bytes(1)
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(address, form(content), headers=PART).status_code == 200
    answer = client.post(address, form(content, name="Bản khác.pdf"), headers=PART)
    assert answer.status_code == 409
    assert "đã có trong hồ sơ với tên “Quyết định khởi tố vụ án hình sự”" in Page(answer).text
    assert CaseDocument.objects.count() == 1


@pytest.mark.parametrize("beyond", [1, 100 * 1024], ids=["a byte beyond", "far beyond"])
def test_a_file_above_the_limit_is_refused_and_not_kept(
    beyond: int,
    case: CaseFile,
    catalogue: dict[str, CatalogueType],
    as_person: SignIn,
    snapshot: Callable[[], Snapshot],
    settings: Settings,
) -> None:
    settings.VKS_MAX_UPLOAD_BYTES = MEBIBYTE
    before = snapshot()
    client, address = as_person("prosecutor_kv1"), f"/vks/cases/{case.code}/upload/"
    for headers in ({}, PART):
        answer = client.post(address, form(sized(MEBIBYTE + beyond)), headers=headers)
        assert answer.status_code == 413
        assert "lớn hơn 1 MB: hãy tách thành nhiều tệp." in Page(answer).text
    assert snapshot() == before
    # a file of exactly the limit is not above it
    assert client.post(address, form(sized(MEBIBYTE)), headers=PART).status_code == 200


def test_another_office_s_case_takes_nothing_and_says_nothing(
    people: dict[str, User],
    units: dict[str, ProcuracyUnit],
    catalogue: dict[str, CatalogueType],
    as_person: SignIn,
    snapshot: Callable[[], Snapshot],
) -> None:
    theirs = register(actor=people["clerk_kv3"], unit=units["QN-KV3"], name="Vụ của khu vực ba")
    client = as_person("prosecutor_kv1")
    before = snapshot()
    answers = [
        client.post(f"/vks/cases/{code}/upload/", form(**change), headers=PART)
        for code in (theirs.code, "HS-QN-KV3-2026-9999")
        # what is wrong with the file is not looked at either
        for change in ({}, {"content": b""}, {"document_type": "x"})
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert snapshot() == before


def test_who_only_scans_files_no_internal_paper(
    case: CaseFile,
    people: dict[str, User],
    catalogue: dict[str, CatalogueType],
    as_person: SignIn,
    snapshot: Callable[[], Snapshot],
) -> None:
    access.assign(actor=people["chief_kv1"], case=case, user=people["scanner_kv1"], role="scan_operator")
    before = snapshot()
    client, address = as_person("scanner_kv1"), f"/vks/cases/{case.code}/upload/"
    answer = client.post(address, form(document_type="BCDX"), headers=PART)
    assert answer.status_code == 403
    assert "không có quyền nộp tài liệu" in Page(answer).text
    assert snapshot() == before
    assert client.post(address, form(), headers=PART).status_code == 200


def test_a_failed_file_is_tried_again_or_given_up(
    everything: Everything,
    as_person: SignIn,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    client = as_person("prosecutor_kv1")
    address = f"/vks/cases/{everything.filed.case.code}/"
    page = Page(client.get(address))
    assert "Máy chủ không đọc được tệp này." in page.text
    assert "hx-get" not in next(
        attributes for _tag, attributes in page.elements if attributes.get("id") == "vks-documents"
    )
    kept = configuration().data_dir / "intake" / f"{everything.failed.pk}.pdf"
    assert kept.is_file()
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"{address}intake/{everything.failed.pk}/retry/")
    everything.failed.refresh_from_db()
    assert everything.failed.status == IntakeItem.Status.FILED, everything.failed.error
    assert "Cáo trạng" in Page(client.get(address)).words
    # there is nothing left to give up
    assert client.post(f"{address}intake/{everything.failed.pk}/discard/").status_code == 409


def test_giving_a_failed_file_up_removes_it(
    everything: Everything,
    as_person: SignIn,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    client = as_person("prosecutor_kv1")
    address = f"/vks/cases/{everything.filed.case.code}/"
    kept = configuration().data_dir / "intake" / f"{everything.failed.pk}.pdf"
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(f"{address}intake/{everything.failed.pk}/discard/", follow=True)
    assert "Đã bỏ tệp khỏi danh sách." in Page(answer).text
    assert not kept.exists()
    assert not IntakeItem.objects.filter(pk=everything.failed.pk).exists()


def test_an_internal_file_that_failed_is_not_shown_to_who_only_scans(
    everything: Everything, people: dict[str, User], catalogue: dict[str, CatalogueType], as_person: SignIn
) -> None:
    case = everything.filed.case
    access.assign(actor=people["chief_kv1"], case=case, user=people["scanner_kv1"], role="scan_operator")
    IntakeItem.objects.filter(pk=everything.failed.pk).update(part="hsks", title="Báo cáo đề xuất mật")
    client = as_person("scanner_kv1")
    assert "Báo cáo đề xuất mật" not in client.get(f"/vks/cases/{case.code}/").content.decode()
    for act in ("retry", "discard"):
        assert client.post(f"/vks/cases/{case.code}/intake/{everything.failed.pk}/{act}/").status_code == 404
    assert "Báo cáo đề xuất mật" in as_person("chief_kv1").get(f"/vks/cases/{case.code}/").content.decode()


def test_an_item_of_another_case_is_not_reached_through_one_s_own(
    everything: Everything, people: dict[str, User], units: dict[str, ProcuracyUnit], as_person: SignIn
) -> None:
    own = register(actor=people["other_prosecutor_kv1"], unit=units["QN-KV1"], digitise_myself=True)
    client = as_person("other_prosecutor_kv1")
    for act in ("retry", "discard"):
        answer = client.post(f"/vks/cases/{own.code}/intake/{everything.failed.pk}/{act}/")
        assert answer.status_code == 404
    assert client.get(f"/vks/cases/{own.code}/documents/{everything.filed.host_ids[0]}/").status_code == 404
    everything.failed.refresh_from_db()
    assert everything.failed.status == IntakeItem.Status.FAILED


def test_without_a_queue_nothing_is_kept_and_the_person_is_told(
    case: CaseFile,
    catalogue: dict[str, CatalogueType],
    as_person: SignIn,
    snapshot: Callable[[], Snapshot],
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    def unreachable(*_args: object) -> str:
        raise ConnectionRefusedError

    before = snapshot()
    # the broker is not ours
    monkeypatch.setattr(filing, "submit", unreachable)
    monkeypatch.setattr("django.db.transaction.on_commit", lambda act: act())
    answer = as_person("prosecutor_kv1").post(f"/vks/cases/{case.code}/upload/", form(), headers=PART)
    assert answer.status_code == 503
    assert "Hàng đợi xử lý không hoạt động" in Page(answer).text
    assert snapshot() == before
