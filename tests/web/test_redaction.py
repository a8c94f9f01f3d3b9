"""Redacting on the page: proposed, looked at before and after, made, fetched."""

from __future__ import annotations

import base64
import io
import re
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from tests.court.papers import difference, shades
from tests.people import FiledCase, pdf_bytes
from tests.web.conftest import Page, fetched
from vks_plugin.access.models import AccessEntry
from vks_plugin.cases.models import CasePerson
from vks_plugin.court import redactions
from vks_plugin.court.models import Redaction
from vks_plugin.host.files import readable_pdf

if TYPE_CHECKING:
    from pytest_django import DjangoCaptureOnCommitCallbacks

    from tests.web.conftest import SignIn

pytestmark = pytest.mark.django_db


def as_they_would_be(response: Any) -> Image.Image:
    """Return the picture of the page as the copy would have it, in shades of grey."""
    _before, after = re.findall(r'src="data:image/png;base64,([^"]+)"', response.content.decode())
    return Image.open(io.BytesIO(base64.b64decode(after))).convert("L")


def test_a_copy_is_proposed_looked_at_made_and_fetched(
    filed_case: FiledCase, as_person: SignIn, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    client = as_person("prosecutor_kv1")
    paper = filed_case.documents[0]
    address = f"/vks/cases/{filed_case.case.code}/documents/{paper.document_id}/redact/"
    page = client.get(address)
    assert page.status_code == 200
    assert page.content.decode().count("data:image/png;base64,") == 2
    assert AccessEntry.objects.filter(document_id=paper.document_id, act="view").exists()
    for wrong, sentence in (
        ({"rectangles": "1 2 3"}, "không hợp lệ"),
        ({"rectangles": "1 20 20 0 8"}, "không hợp lệ"),
        ({"rectangles": "nan 20 20 50 8"}, "không hợp lệ"),
        ({"rectangles": "1e999 20 20 50 8"}, "không hợp lệ"),
        ({"terms": "ab"}, "quá ngắn"),
        ({"make": "1"}, "Chưa chọn chỗ nào"),
        ({"make": "1", "rectangles": "1 20 20 50 8"}, "căn cứ che"),
    ):
        refused = client.post(address, {"ground": "" if "rectangles" in wrong else "bao_ve"} | wrong)
        assert refused.status_code == 400, wrong
        assert sentence in Page(refused).text
    assert not Redaction.objects.exists()
    looked = client.post(address, {"rectangles": "1 20 20 50 8", "look": "1"})
    # what was drawn goes along to the next page
    turned = client.post(address, {"rectangles": "1 20 20 50 8", "page": ["1", "2"]})
    assert "Trang 2, trước khi che" in Page(turned).text
    assert "1 20 20 50 8" in turned.content.decode()
    # 20 mm from the corner, 8 high, at 72 dots to the inch: left of the words that stand in the middle of the black
    place = (60, 60, 90, 76)
    before, after = as_they_would_be(page), as_they_would_be(looked)
    assert shades(after.crop(place)) == (0, 0)
    assert shades(before.crop(place))[1] == 255
    below = (0, 90, *after.size)
    assert difference(before.crop(below), after.crop(below)) == 0
    with django_capture_on_commit_callbacks(execute=True):
        asked = client.post(
            address,
            {"rectangles": "1 20 20 50 8\n2 10,5 20 30 10", "ground": "khac", "reason": "Theo đề nghị", "make": "1"},
        )
    assert asked.status_code == 302
    assert "Tài liệu gốc giữ nguyên" in Page(client.get(asked["Location"])).text
    copy = Redaction.objects.get()
    assert [mark[0] for mark in copy.marks] == [1, 2]
    assert "Theo đề nghị" in Page(client.get(address)).text
    # it is opened to be read, and taken away only once somebody has read it
    taken = address.replace("/redact/", "/redacted/")
    assert client.get(taken).status_code == 409
    assert fetched(client.get(f"{taken}?inline=1")) == copy.path.read_bytes()
    assert client.post(f"{taken}read/", {"sha256": "0" * 64}).status_code == 409
    assert client.post(f"{taken}read/", {"sha256": copy.sha256}).status_code == 302
    downloads = AccessEntry.objects.filter(document_id=paper.document_id, act="download", refused=False)
    before_it = downloads.count()
    assert fetched(client.get(taken)) == copy.path.read_bytes()
    assert downloads.count() == before_it + 1
    told = Page(client.get(f"/vks/cases/{filed_case.case.code}/redactions/")).text
    assert "đã đọc lại" in told
    assert "Chưa đọc lại" not in told


def test_a_person_is_looked_for_in_the_whole_file_chosen_and_taken_out(
    filed_case: FiledCase, as_person: SignIn, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    client, case = as_person("prosecutor_kv1"), filed_case.case
    first, second, third = filed_case.documents
    readable_pdf(first.document).write_bytes(pdf_bytes(first.page_count or 0, "Lời khai của Lê Thị Kín, 0912345678"))
    witness = CasePerson.objects.create(
        case=case, role="nguoi_lam_chung", full_name="Lê Thị Kín", folded_name="le thi kin"
    )
    address = f"/vks/cases/{case.code}/redactions/"
    assert "Lê Thị Kín – " in Page(client.get(address)).text
    nothing = client.post(address, {})
    assert (nothing.status_code, "Hãy chọn người" in Page(nothing).text) == (400, True)
    with django_capture_on_commit_callbacks(execute=True):
        asked = client.post(address, {"people": [f"person:{witness.pk}"], "numbers": "on", "terms": "<b>Ánh</b>"})
    page = client.get(asked["Location"])
    assert "<b>Ánh</b>" not in page.content.decode()
    assert AccessEntry.objects.filter(case=case, act="view", count=3).count() == 1
    picks = re.findall(r'name="pick" value="([^"]+)" id="[^"]+" checked', page.content.decode())
    assert len(picks) == 2
    bad = client.post(asked["Location"], {"pick": picks, "ground": "bao_ve", f"frames-{third.document_id}": "1 2"})
    assert (bad.status_code, "không hợp lệ" in Page(bad).text) == (400, True)
    # what was ticked stays so, and what was not does not come back
    again = client.post(asked["Location"], {"pick": picks[:1], "ground": ""})
    assert (again.status_code, again.content.decode().count(" checked")) == (400, 1)
    with django_capture_on_commit_callbacks(execute=True):
        made = client.post(
            asked["Location"],
            {"pick": picks[:1], "ground": "bao_ve", f"frames-{second.document_id}": "1 20 20 50 8"},
        )
    assert made.status_code == 302
    told = Page(client.get(asked["Location"])).text
    assert told.count("Chưa đọc lại") == 2
    kinds = {copy.case_document_id: {mark[-1] for mark in copy.marks} for copy in Redaction.objects.all()}
    assert kinds == {first.pk: {"nguoi"}, second.pk: {"khung"}}
    progress = client.get(asked["Location"], headers={"HX-Request": "true"})
    assert progress["HX-Refresh"] == "true"
    assert client.post(f"{asked['Location']}cancel/").status_code == 409


def test_a_long_paper_is_searched_by_a_worker(
    filed_case: FiledCase,
    as_person: SignIn,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    client, paper = as_person("prosecutor_kv1"), filed_case.documents[1]
    monkeypatch.setattr(redactions, "PAGES_AT_ONCE", 2)
    address = f"/vks/cases/{filed_case.case.code}/documents/{paper.document_id}/redact/"
    page = Page(client.get(address))
    assert "máy tìm ở nền" in page.text
    assert "được đề nghị che" not in page.text
    with django_capture_on_commit_callbacks(execute=True):
        asked = client.post(address, {"terms": "Luật Tố Tụng", "search": "1"})
    assert "3 chỗ, trang 1, 2, 3" in Page(client.get(asked["Location"])).text
