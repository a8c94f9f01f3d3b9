"""Digitising a case on its page: each person sees what is theirs to do, the seal and its paper, the board."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pypdf
import pytest
from django.urls import reverse

from tests.custody.batches import batch_in, staffed
from tests.web.conftest import Page
from vks_plugin.access.models import AccessEntry
from vks_plugin.custody.models import DigitisationBatch

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from tests.people import FiledCase
    from tests.web.conftest import SignIn

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_batch_by_the_page_from_opening_to_the_paper(
    filed_case: FiledCase, people: dict[str, User], as_person: SignIn
) -> None:
    staffed(filed_case, people)
    code = filed_case.case.code
    scanner, checker, lead = (as_person(who) for who in ("scanner_kv1", "inspector_kv1", "prosecutor_kv1"))
    section = reverse("vks:section", args=[code, "digitisation"])
    assert scanner.post(reverse("vks:digitisation_open", args=[code]), {"part": "hsva"}).status_code == 302
    batch = DigitisationBatch.objects.get()

    def act(name: str) -> str:
        return reverse("vks:digitisation_act", args=[code, batch.pk, name])

    assert scanner.post(act("start")).status_code == 302
    refused = scanner.post(act("step"), {"step": "quet", "note": "Máy số 2"})
    assert refused.status_code == 400
    text = Page(refused).text
    assert "Hãy ghi số trang đã quét" in text
    # what was typed is still there
    assert 'value="Máy số 2"' in refused.content.decode()
    assert scanner.post(act("step"), {"step": "quet", "pages": "6"}).status_code == 302
    assert scanner.post(act("submit")).status_code == 302
    # who scanned is offered no check, who checks is
    assert "Ghi lỗi" not in Page(scanner.get(section)).text
    assert "Ghi lỗi" in Page(checker.get(section)).text
    document = filed_case.documents[0]
    assert checker.post(act("finding"), {"document": document.pk, "kind": "sai_chieu", "page": "1"}).status_code == 302
    assert checker.post(act("send-back")).status_code == 302
    assert scanner.post(act("resolve"), {"finding": batch.findings.get().pk}).status_code == 302
    assert scanner.post(act("submit")).status_code == 302
    assert checker.post(act("pass")).status_code == 302
    assert lead.post(act("confirm")).status_code == 302
    refused = scanner.post(act("seal"))
    assert (refused.status_code, "Chưa lập thống kê tài liệu" in Page(refused).text) == (400, True)
    assert scanner.post(reverse("vks:inventory_new", args=[code])).status_code == 302
    assert scanner.post(act("seal")).status_code == 302
    batch.refresh_from_db()
    assert batch.state == "da_ket_thuc_so_hoa", batch.seal_error
    manifest = batch.manifest
    assert manifest.sha256 in Page(scanner.get(section)).text
    paper = reverse("vks:digitisation_record", args=[code, batch.pk])
    said = " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(scanner.get(paper).content)).pages)
    for words in ("BIÊN BẢN KẾT THÚC SỐ HÓA", "Số: 1", code, "Lê Văn Quét", document.title):
        assert words in " ".join(said.split()), words
    assert manifest.sha256 in "".join(said.split())
    assert scanner.get(f"{paper}?format=docx").content[:2] == b"PK"
    out = scanner.get(reverse("vks-case-digitisation-manifest", args=[code, batch.pk]))
    assert json.loads(out.content) == manifest.said
    assert out.content == bytes(manifest.line)
    assert list(AccessEntry.objects.filter(act="export").values_list("count", flat=True)) == [3, 3, 3]


def test_the_board_tells_each_reader_what_waits_for_whom(
    filed_case: FiledCase, people: dict[str, User], as_person: SignIn
) -> None:
    batch_in("cho_ky_so", filed_case, people)
    board = reverse("vks:digitisation_board")
    for who in ("chief_kv1", "scanner_kv1", "chief_province"):
        text = Page(as_person(who).get(board)).text
        assert filed_case.case.code in text, who
        assert "kiểm sát viên xác nhận" in text
        assert "Đỗ Hữu Ước" in text
    for who in ("prosecutor_kv3", "other_prosecutor_kv1", "outsider"):
        text = Page(as_person(who).get(board)).text
        assert filed_case.case.code not in text, who
        assert "VKSND khu vực 1" not in text
    rows = as_person("chief_kv1").get("/api/vks/digitisation/throughput/").json()
    assert rows == [
        {
            "unit": "VKSND khu vực 1",
            "batches": 0,
            "documents": 0,
            "pages": 0,
            "folios": 0,
            "scanned": 6,
            "sent_back": 0,
        }
    ]
    asked = as_person("chief_kv1")
    for bad in ("throughput/?first=x", "throughput/?last=9999-12-31", "throughput/?first=0001-01-01", "?state=x"):
        assert asked.get(f"/api/vks/digitisation/{bad}").status_code == 400, bad
    far = asked.get(f"{board}?first=31/12/9999&unit=x")
    assert (far.status_code, "sau năm 2200" in Page(far).text) == (200, True)
    (row,) = as_person("clerk_kv1").get("/api/vks/digitisation/").json()["results"]
    assert (row["state"], row["people"], row["days"]) == ("cho_ky_so", ["Đỗ Hữu Ước"], 0)
