"""The manifest within a PowerPoint file and a PDF: every page is the sealed one, and whatever is changed is told."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import pikepdf
import pptx
import pytest
from PIL import Image

from tests.custody.batches import seal_outright
from vks_plugin.court.deck import actions
from vks_plugin.court.deck.locking import lock
from vks_plugin.court.deck.manifest import check
from vks_plugin.court.deck.models import DeckExport
from vks_plugin.errors import BadInput
from vks_plugin.host.files import readable_pdf

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from tests.people import FiledCase

pytestmark = pytest.mark.django_db

TOUCHED = (
    "Tệp không còn đúng từng byte như khi xuất: chữ và hình vẽ trong đó có thể đã bị sửa, "
    "chỉ hình của các bút lục được đối chiếu."
)


def _pptx(path: Path, place: int, content: bytes) -> None:
    """Put a picture on a slide, as somebody does in an office program."""
    file = pptx.Presentation(str(path))
    file.slides[place].shapes.add_picture(io.BytesIO(content), 0, 0)
    file.save(str(path))


def test_powerpoint_and_pdf_prove_their_pages_against_the_seal(
    filed_case: FiledCase, people: dict[str, User], tmp_path: Path
) -> None:
    lead = people["prosecutor_kv1"]
    first, second, _testimony = filed_case.documents
    seal_outright(filed_case.case, [first, second], by=lead)
    presentation = actions.create_presentation(actor=lead, case=filed_case.case, title="Phiên tòa")
    for filed in (first, second):
        actions.add_slide(actor=lead, presentation=presentation, values={"kind": "but_luc", "case_document": filed})
    files = {}
    for kind in ("pptx", "pdf"):
        export = actions.request_deck(actor=lead, presentation=presentation, file_type=kind)
        actions.build_deck(export.pk)
        export.refresh_from_db()
        assert (export.status, export.error) == (DeckExport.Status.DONE, "")
        assert len(export.manifest_sha256) == 64
        assert check(export.path) == []
        files[kind] = tmp_path / f"goi.{kind}"
        files[kind].write_bytes(export.path.read_bytes())
    # a text that was changed is told; the pictures still hold
    file = pptx.Presentation(str(files["pptx"]))
    next(shape for shape in file.slides[0].shapes if shape.has_text_frame).text_frame.text = "Khác"
    file.save(str(files["pptx"]))
    assert check(files["pptx"]) == [TOUCHED]
    # another picture is none of the file's
    buffer = io.BytesIO()
    Image.new("RGB", (1200, 1600), "#ffffff").save(buffer, "JPEG")
    _pptx(files["pptx"], 1, buffer.getvalue())
    assert check(files["pptx"]) == [TOUCHED, "Trang 2 của tệp có hình không phải bút lục nào trong danh mục."]
    with pikepdf.open(files["pdf"], allow_overwriting_input=True) as pdf:
        (picture,) = (each for each in pdf.pages[0].resources["/XObject"].values())
        picture.write(buffer.getvalue(), filter=pikepdf.Name.DCTDecode)
        pdf.save(files["pdf"])
    label = str(first.folio_from)
    assert check(files["pdf"]) == [
        TOUCHED,
        "Trang 1 của tệp có hình không phải bút lục nào trong danh mục.",
        f"BL {label}: không đọc được tài liệu hoặc hình của trang.",
    ]
    # encrypted, nobody can look into it; a PDF of somebody else is no deck
    with (tmp_path / "khoa.pdf").open("w+b") as locked:
        lock(files["pdf"], locked, "bốn con ngựa".encode("ascii", "ignore").decode() + "dai 2026 xe lua")
    with pytest.raises(BadInput, match="có mật khẩu"):
        check(tmp_path / "khoa.pdf")
    with pytest.raises(BadInput, match="không phải gói trình chiếu"):
        check(readable_pdf(first.document))
    # the document was changed since it was sealed
    path = readable_pdf(second.document)
    path.write_bytes(path.read_bytes() + b"%")
    exported = DeckExport.objects.get(format="pptx").path
    assert any("hồ sơ nay có bản khác của tài liệu này" in each for each in check(exported))
