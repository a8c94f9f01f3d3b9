"""Redacting on the page: proposed, looked at before and after, made, fetched."""

from __future__ import annotations

import base64
import io
import re
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from tests.court.papers import difference, shades
from tests.people import FiledCase
from tests.web.conftest import Page, fetched
from vks_plugin.access.models import AccessEntry
from vks_plugin.court.models import Redaction

if TYPE_CHECKING:
    from tests.web.conftest import SignIn

pytestmark = pytest.mark.django_db


def as_they_would_be(response: Any) -> Image.Image:
    """Return the picture of the page as the copy would have it, in shades of grey."""
    _before, after = re.findall(r'src="data:image/png;base64,([^"]+)"', response.content.decode())
    return Image.open(io.BytesIO(base64.b64decode(after))).convert("L")


def test_a_copy_is_proposed_looked_at_made_and_fetched(filed_case: FiledCase, as_person: SignIn) -> None:
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
    # 20 mm from the corner, 8 high, at 72 dots to the inch: left of the words that stand in the middle of the black
    place = (60, 60, 90, 76)
    before, after = as_they_would_be(page), as_they_would_be(looked)
    assert shades(after.crop(place)) == (0, 0)
    assert shades(before.crop(place))[1] == 255
    below = (0, 90, *after.size)
    assert difference(before.crop(below), after.crop(below)) == 0
    made = client.post(
        address,
        {"rectangles": "1 20 20 50 8\n2 10,5 20 30 10", "ground": "khac", "reason": "Theo đề nghị", "make": "1"},
        follow=True,
    )
    assert "Tài liệu gốc giữ nguyên" in Page(made).text
    copy = Redaction.objects.get()
    assert [mark[0] for mark in copy.marks] == [1, 2]
    answer = client.get(address.replace("/redact/", "/redacted/"))
    assert fetched(answer) == copy.path.read_bytes()
    assert AccessEntry.objects.filter(document_id=paper.document_id, act="download").count() == 1
    assert "Theo đề nghị" in Page(client.get(address)).text
