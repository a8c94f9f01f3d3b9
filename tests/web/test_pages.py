"""The page on which somebody turns, orders and replaces pages of a document, as at a desk without scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tests.custody.batches import batch_in
from tests.filing.test_pages import orders
from tests.people import FiledCase, pdf_bytes
from tests.web.conftest import Page
from vks_plugin.cases.models import CaseDocument
from vks_plugin.custody.models import PageChange
from vks_plugin.host.files import readable_pdf
from vks_plugin.web.views import pages as views

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from tests.web.conftest import SignIn

pytestmark = pytest.mark.django_db


def test_pages_are_put_right_without_a_script(
    filed_case: FiledCase, people: dict[str, User], as_person: SignIn
) -> None:
    batch_in("dang_so_hoa", filed_case, people)
    filed, scanner = filed_case.documents[1], as_person("scanner_kv1")
    case = filed_case.case
    where = reverse("vks:pages", args=[case.code, filed.document_id])
    assert where in Page(scanner.get(reverse("vks:case", args=[case.code]))).links()
    shown = Page(scanner.get(where))
    assert [shown.fields[f"order-{number}"] for number in (1, 2, 3)] == ["1", "2", "3"]
    pictures = [each["src"] for tag, each in shown.elements if tag == "img" and "/read/" in (each.get("src") or "")]
    assert len(pictures) == 3
    assert scanner.get(str(pictures[2])).headers["Content-Type"] == "image/jpeg"
    # what is refused is said, and what was typed stays
    sent = {"seen": shown.fields["seen"], "order-3": "1", "turn-2": "90", "reason": "Ngược"}
    refused = Page(scanner.post(where, sent))
    assert "Giữ nguyên chỗ" in refused.text
    assert (refused.fields["order-3"], refused.fields["reason"]) == ("1", "Ngược")
    for order, told in (
        ({"order-3": "9"}, "Tài liệu có 3 trang: thứ tự của trang 3 phải là số từ 1 đến 3."),
        ({"order-3": "0"}, "Tài liệu có 3 trang: thứ tự của trang 3 phải là số từ 1 đến 3."),
        ({"order-1": "2", "order-3": "2"}, "Hai trang cùng số thứ tự 2 (trang 1, trang 3): hãy cho mỗi trang một chỗ."),
    ):
        wrong = scanner.post(where, sent | {"numbers": "place"} | order)
        assert (wrong.status_code, told in Page(wrong).text, PageChange.objects.exists()) == (400, True, False)
        assert Page(wrong).fields | order == Page(wrong).fields
    assert scanner.post(where, sent | {"numbers": "place"}).status_code == 302
    assert orders(readable_pdf(filed.document)) == [("3/3", 0), ("1/3", 0), ("2/3", 90)]
    after = Page(scanner.get(where))
    assert "3, 1, 2+90" in after.text
    change = PageChange.objects.get()
    assert f"/api/documents/{filed.document_id}/preview/?version={filed.document_id}" in after.links()
    # the file before can still be read, by whoever reads the document and nobody else
    before = f"/api/documents/{filed.document_id}/preview/?version={change.version_before}"
    assert b"".join(scanner.get(before).streaming_content) == filed.document.source_path.read_bytes()  # type: ignore[attr-defined]
    assert as_person("prosecutor_kv3").get(before).status_code in {403, 404}
    # a page that was sent by somebody who saw the file before is refused
    assert scanner.post(where, sent | {"numbers": "place"}).status_code == 409
    assert PageChange.objects.count() == 1


def test_a_whole_document_is_scanned_again(
    filed_case: FiledCase, as_person: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    filed, client = filed_case.documents[1], as_person("prosecutor_kv1")
    where = reverse("vks:pages", args=[filed_case.case.code, filed.document_id])

    def sent(**fields: str) -> dict[str, object]:
        file = SimpleUploadedFile("quét.pdf", pdf_bytes(4, "Bản quét lại"), "application/pdf")
        return {"seen": Page(client.get(where)).fields["seen"], "scan": file, **fields}

    assert "Hãy nêu lý do" in Page(client.post(where, sent(whole="on"))).text
    assert client.post(where, sent(whole="on", reason="Mờ")).status_code == 302
    assert orders(readable_pdf(filed.document)) == [(f"{number}/4", 0) for number in range(1, 5)]
    assert "1=M1, 2=M2, 3=M3, =M4" in Page(client.get(where)).text
    assert client.post(where, sent(added="2-3", after="0", reason="Thiếu trang", **{"out-4": "on"})).status_code == 302
    told = [order for order, _turn in orders(readable_pdf(filed.document))]
    assert told == ["2/4", "3/4", "1/4", "2/4", "3/4"]
    # a long document is shown part by part; what is not shown stays as it is
    monkeypatch.setattr(views, "ON_A_PAGE", 2)
    part = Page(client.get(f"{where}?from=3"))
    assert {name for name in part.fields if name.startswith("order-")} == {"order-3", "order-4"}
    assert client.post(f"{where}?from=3", {"seen": part.fields["seen"], "turn-4": "180"}).status_code == 302
    assert [turn for _order, turn in orders(readable_pdf(filed.document))] == [0, 0, 0, 180, 0]


def test_the_same_through_the_api(filed_case: FiledCase, as_person: SignIn) -> None:
    filed, client = filed_case.documents[1], as_person("prosecutor_kv1")
    where = f"/api/vks/documents/{filed.document_id}/"
    change = {"seen": client.get(where).json()["sha256"], "pages": [{"page": 1}, {"page": 2}, {"page": 3, "turn": 90}]}
    told = client.post(f"{where}pages/", change, content_type="application/json")
    assert (told.status_code, told.json()["page_count"]) == (200, 3)
    assert told.json()["sha256"] != change["seen"]
    assert client.post(f"{where}pages/", change, content_type="application/json").status_code == 409
    for wrong in ("x", [1], {"page": 1}, [{"page": "a"}], [{"page": 9}], []):
        sent = {"seen": told.json()["sha256"], "pages": wrong}
        assert client.post(f"{where}pages/", sent, content_type="application/json").status_code == 400, wrong


def test_a_document_is_split_and_merged_from_its_page_and_through_the_api(
    filed_case: FiledCase, as_person: SignIn
) -> None:
    filed, client = filed_case.documents[1], as_person("prosecutor_kv1")
    where = reverse("vks:pages", args=[filed_case.case.code, filed.document_id])
    seen = Page(client.get(where)).fields["seen"]
    refused = client.post(f"{where}split/", {"seen": seen, "split-after": "3", "split-title": "Phiếu"})
    assert (refused.status_code, "từ 1 đến 2" in Page(refused).text) == (400, True)
    sent = {"seen": seen, "split-after": "2", "split-title": "Phiếu chuyển", "split-date": "02/03/2026"}
    assert client.post(f"{where}split/", sent).status_code == 302
    made = CaseDocument.objects.get(title="Phiếu chuyển")
    assert (made.folio_label, f"{made.date:%d/%m/%Y}") == ("BL 5", "02/03/2026")
    after = Page(client.get(where))
    assert "1-2" in after.text
    # only what stands next can be put behind it
    assert client.post(f"{where}merge/", {"seen": seen, "merge-other": filed_case.documents[0].pk}).status_code == 400
    assert client.post(f"{where}merge/", {"seen": seen, "merge-other": made.pk}).status_code == 409
    assert client.post(f"{where}merge/", {"seen": after.fields["seen"], "merge-other": made.pk}).status_code == 302
    assert "1-2, =M1" in Page(client.get(where)).text
    api = f"/api/vks/documents/{filed.document_id}/"
    sha256 = client.get(api).json()["sha256"]
    told = client.post(
        f"{api}split/", {"seen": sha256, "after": 1, "title": "Phần sau"}, content_type="application/json"
    )
    assert (told.status_code, told.json()["folio_from"], told.json()["page_count"]) == (201, 4, 2)
    given = {
        "other": told.json()["id"],
        "seen": client.get(api).json()["sha256"],
        "seen_other": told.json()["sha256"],
    }
    back = client.post(f"{api}merge/", given, content_type="application/json")
    assert (back.status_code, back.json()["folio_to"], back.json()["page_count"]) == (200, 5, 3)
