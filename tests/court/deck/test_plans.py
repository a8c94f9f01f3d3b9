"""Scene plans: numbers on a page of the case file, each with its photo; every rule holds for the plan and for each photo."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pptx
import pypdf
import pytest
from PIL import Image

from tests.custody.batches import seal_outright
from vks_plugin.access import actions as access
from vks_plugin.cases.models import CaseDocument, Folio
from vks_plugin.court.deck import actions
from vks_plugin.court.deck.manifest import check
from vks_plugin.court.deck.models import PlanMarker, Presentation, Slide
from vks_plugin.court.deck.queries import deck_for, drawing_of, obstacles_of
from vks_plugin.court.deck.rules import Rule
from vks_plugin.court.redactions import confirm_read, proposals, redact_document
from vks_plugin.custody.models import LedgerEntry
from vks_plugin.errors import BadInput, Conflict

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from tests.people import FiledCase

pytestmark = pytest.mark.django_db

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def lead(people: dict[str, User], settings: Any) -> User:
    """Return who leads the case; papers may be shown that nobody digitised to the end."""
    settings.VKS_DECK_UNSEALED = True
    return people["prosecutor_kv1"]


@pytest.fixture
def presentation(filed_case: FiledCase, lead: User) -> Presentation:
    """Return an empty presentation of the case."""
    return actions.create_presentation(actor=lead, case=filed_case.case, title="Phiên tòa")


def planned(
    presentation: Presentation, actor: User, filed: CaseDocument, *markers: dict[str, Any], **more: Any
) -> Slide:
    values = {"kind": "hien_truong", "case_document": filed, "title": "Hiện trường", "markers": list(markers), **more}
    return actions.add_slide(actor=actor, presentation=presentation, values=values)


def at(number: int, x: float = 0.5, y: float = 0.5, **more: Any) -> dict[str, Any]:
    return {"number": number, "x": x, "y": y, **more}


def rules(presentation: Presentation, actor: User) -> list[Rule]:
    return [each.rule for each in obstacles_of(actor, presentation) if each.blocks]


def test_a_plan_leads_to_its_photos_in_every_form_and_is_proved(
    filed_case: FiledCase, lead: User, presentation: Presentation, tmp_path: Path
) -> None:
    plan, photos = filed_case.documents[:2]
    folios = list(Folio.objects.filter(case_document=photos).order_by("page"))
    planned(
        presentation,
        lead,
        plan,
        at(3, 0.25, 0.4, folio=folios[0].label, caption="Con dao <dài> 20 cm"),
        at(1, 0.7, 0.5, document=photos.document_id, page=2, caption="Vết máu"),
        at(2, 0.5, 0.6, caption="Cửa sau"),
        crop=[0.2, 0.2, 0.6, 0.6],
    )
    deck = deck_for(lead, presentation)
    (slide,) = deck.slides
    # in the order of the numbers; places are those of the part that is shown
    assert [(each.number, round(each.x, 3), round(each.y, 3)) for each in slide.markers] == [
        (1, 0.833, 0.5),
        (2, 0.5, 0.667),
        (3, 0.083, 0.333),
    ]
    shown = deck.by_key
    assert [shown[each.page].folio if each.page else "" for each in slide.markers] == [
        folios[1].label,
        "",
        folios[0].label,
    ]
    own = Folio.objects.get(case_document=plan, page=1).label
    assert [shown[key].folio for key in slide.pages] == [own, folios[1].label, folios[0].label]
    assert slide.citation == f"BL {own}, {folios[0].label}–{folios[1].label} · HSVA số {filed_case.case.code}"
    assert {pk for pk, _sha256 in deck.documents} == {plan.document_id, photos.document_id}
    # the deck for a browser
    target = tmp_path / "goi.zip"
    actions.write_deck(deck, target, "html")
    assert check(target) == []
    with zipfile.ZipFile(target) as archive:
        names = {name.split("/", 1)[1]: name for name in archive.namelist()}
        data = json.loads(archive.read(names["data.js"]).decode().partition("=")[2].rstrip(";\n"))
        manifest = json.loads(archive.read(names["manifest.json"]))
    assert [(each["number"], each["page"]) for each in data["slides"][0]["markers"]] == [(1, 1), (2, None), (3, 2)]
    assert [each["folio"] for each in manifest["pages"]] == [own, folios[1].label, folios[0].label]
    # discs that can be moved, each leads to the slide of its photo
    actions.write_deck(deck, tmp_path / "goi.pptx", "pptx")
    slides = list(pptx.Presentation(str(tmp_path / "goi.pptx")).slides)
    discs = {shape.name: shape for shape in slides[0].shapes if shape.name.startswith("Số ")}
    assert [shape.text_frame.text for shape in discs.values()] == ["1", "2", "3"]
    leads = {name: disc.click_action.target_slide for name, disc in discs.items()}
    assert {name: slides.index(each) if each else None for name, each in leads.items()} == {
        "Số 1": 2,
        "Số 2": None,
        "Số 3": 3,
    }
    (picture,) = [shape for shape in slides[0].shapes if hasattr(shape, "image")]
    middle = discs["Số 1"].left + discs["Số 1"].width / 2
    assert abs(middle - picture.left - picture.width * 0.8333) < picture.width / 500
    # on paper with the list of the numbers, and the photos behind
    actions.write_deck(deck, tmp_path / "goi.pdf", "pdf")
    sheets = [page.extract_text() for page in pypdf.PdfReader(tmp_path / "goi.pdf").pages]
    assert len(sheets) == 3
    assert f"3. Con dao <dài> 20 cm (BL {folios[0].label})" in sheets[0]
    assert "2. Cửa sau" in sheets[0]
    # and as a picture of its own, with everything in it
    root = ET.fromstring(drawing_of(lead, presentation, presentation.slides.get()))
    texts = [each.text or "" for each in root.iter(f"{SVG}text")]
    assert f"3. Con dao <dài> 20 cm (BL {folios[0].label})" in texts
    assert len(list(root.iter(f"{SVG}circle"))) == 3
    (image,) = root.iter(f"{SVG}image")
    encoded = image.attrib["{http://www.w3.org/1999/xlink}href"].partition("base64,")[2]
    with zipfile.ZipFile(target) as archive:
        assert base64.b64decode(encoded) == archive.read(names["pages/p0001.jpg"])
    assert Image.open(io.BytesIO(base64.b64decode(encoded))).format == "JPEG"


def test_every_rule_holds_for_each_photo(
    filed_case: FiledCase, people: dict[str, User], lead: User, presentation: Presentation, settings: Any
) -> None:
    plan, photos, testimony = filed_case.documents
    slide = planned(presentation, lead, plan, at(1, document=testimony.document_id, page=1))
    assert rules(presentation, lead) == [Rule.TESTIMONY_PLACE]
    with pytest.raises(BadInput, match="là lời khai"):
        drawing_of(lead, presentation, slide)

    def photo(**more: Any) -> None:
        values = {
            "markers": [at(1, document=photos.document_id, page=1, **more), at(2, document=photos.document_id, page=2)]
        }
        actions.change_slide(actor=lead, presentation=presentation, slide_id=slide.pk, values=values)

    photo()
    assert rules(presentation, lead) == []
    # what is not sealed, or changed since
    settings.VKS_DECK_UNSEALED = False
    seal_outright(filed_case.case, [plan], by=lead)
    assert rules(presentation, lead) == [Rule.UNSEALED]
    settings.VKS_DECK_UNSEALED = True
    # somebody who is not to be named stands on the photos, and beside them
    values = {"role": "witness", "full_name": "Luật Tố Tụng", "is_protected": True}
    access.add_entry(actor=lead, case=filed_case.case, part="person", values=values)
    actions.change_slide(
        actor=lead, presentation=presentation, slide_id=slide.pk, values={"case_document": plan, "page_from": 1}
    )
    assert set(rules(presentation, lead)) == {Rule.PROTECTED_PERSON}
    (seen,) = {each.fingerprint for each in obstacles_of(lead, presentation) if each.confirmable}
    chief = people["chief_kv1"]
    actions.confirm_slide(actor=chief, presentation=presentation, slide_id=slide.pk, fingerprint=seen)
    assert rules(presentation, lead) == []
    told = [each.said["data"] for each in LedgerEntry.objects.filter(kind="exhibit_confirmed").order_by("pk")]
    assert [(each["document"], each["page_from"]) for each in told] == [
        (plan.document_id, 1),
        (photos.document_id, 1),
        (photos.document_id, 2),
    ]
    # another photo is another thing to answer for; redacted copies stand for what they were made of
    photo(caption="Chỗ của Luật Tố Tụng")
    assert rules(presentation, lead) == []
    values = {"markers": [at(1, document=photos.document_id, page=2)]}
    actions.change_slide(actor=lead, presentation=presentation, slide_id=slide.pk, values=values)
    assert set(rules(presentation, lead)) == {Rule.PROTECTED_PERSON}
    for paper in (plan, photos):
        marks = proposals(actor=lead, filed=paper, terms=["Luật Tố Tụng"], patterns=())
        copy = redact_document(actor=lead, filed=paper, marks=marks, ground="bao_ve")
        confirm_read(actor=lead, filed=paper, sha256=copy.sha256)
    photo(caption="Chỗ của Luật Tố Tụng")
    deck = deck_for(lead, presentation)
    assert all(page.redaction for page in deck.pages)
    assert "(đã che)" in deck.slides[0].citation
    assert deck.slides[0].markers[0].caption == "Chỗ của [Người làm chứng 1]"
    assert "Luật Tố Tụng" not in drawing_of(lead, presentation, slide)
    # what waits for the panel leaves in a deck alone, and every photo waits with its plan
    actions.change_slide(actor=lead, presentation=presentation, slide_id=slide.pk, values={"state": "cho_hdxx_dong_y"})
    assert all(page.held for page in deck_for(lead, presentation).pages)
    slide.refresh_from_db()
    with pytest.raises(Conflict, match="chờ HĐXX đồng ý"):
        drawing_of(lead, presentation, slide)
    # a photo that left the case is told of
    PlanMarker.objects.filter(number=1).update(case_document=None)
    (told_of,) = [each for each in obstacles_of(lead, presentation) if each.blocks]
    assert (told_of.rule, told_of.sentence) == (
        Rule.NO_DOCUMENT,
        "Trang 1: ảnh của số 1 không còn trong hồ sơ vụ án này: hãy chọn ảnh khác hoặc bỏ số đó.",
    )


def test_numbers_that_cannot_be_are_refused_and_nothing_changes(
    filed_case: FiledCase, lead: User, presentation: Presentation
) -> None:
    plan, photos, _testimony = filed_case.documents
    slide = planned(presentation, lead, plan, at(1, 0.9, 0.9, document=photos.document_id, page=1))
    before = list(PlanMarker.objects.values())
    state = actions.state_of(slide)
    wrong: list[tuple[Any, str]] = [
        ("x", "không đúng dạng"),
        ([at(0)], "số nguyên từ 1"),
        ([at(1), at(1)], "có hai lần"),
        ([at(1, 1.2)], "nằm trong trang"),
        ([at(1, float("nan"))], "nằm trong trang"),
        ([at(1, folio="999")], "không có trang nào mang BL 999"),
        ([at(1, folio="x")], "không phải số bút lục"),
        ([at(1, document=10**6, page=1)], "không có tài liệu này"),
        ([at(1, document=filed_case.internal.document_id, page=1)], "không có tài liệu này"),
        ([at(1, document=photos.document_id, page=99)], "không có trang đó"),
        ([at(1, caption="x" * 201)], "dài quá"),
        ([at(number + 1) for number in range(61)], "tối đa 60 số"),
    ]
    for markers, sentence in wrong:
        with pytest.raises(BadInput, match=sentence) as refused:
            actions.change_slide(
                actor=lead, presentation=presentation, slide_id=slide.pk, values={"markers": markers, "title": "Khác"}
            )
        assert refused.value.field == "markers"
    with pytest.raises(BadInput, match="ngoài vùng được cắt"):
        actions.change_slide(
            actor=lead, presentation=presentation, slide_id=slide.pk, values={"crop": [0, 0, 0.5, 0.5]}
        )
    slide.refresh_from_db()
    assert (list(PlanMarker.objects.values()), slide.title) == (before, "Hiện trường")
    # numbers tell two people apart who change the plan at once
    actions.change_slide(actor=lead, presentation=presentation, slide_id=slide.pk, values={"markers": [at(2)]})
    with pytest.raises(Conflict, match="Người khác vừa sửa"):
        actions.change_slide(
            actor=lead, presentation=presentation, slide_id=slide.pk, values={"markers": []}, seen=state
        )
    assert [each.number for each in PlanMarker.objects.all()] == [2]
    # a slide of another kind has none
    actions.change_slide(actor=lead, presentation=presentation, slide_id=slide.pk, values={"kind": "but_luc"})
    assert not PlanMarker.objects.exists()
