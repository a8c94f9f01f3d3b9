"""A presentation composed by hand on its pages: begun, put in order, marked, exported, fetched."""

from __future__ import annotations

import html
import io
import re
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from vks_plugin.access import actions as access
from vks_plugin.access.models import AccessEntry
from vks_plugin.cases.models import Folio
from vks_plugin.court.deck import actions as decks
from vks_plugin.court.deck.models import DeckExport, FolioMark, PlanMarker, Presentation
from vks_plugin.court.deck.queries import slides_of

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from pytest_django import DjangoCaptureOnCommitCallbacks

    from tests.people import FiledCase
    from tests.web.conftest import SignIn

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def unsealed(settings: Any) -> None:
    """Let papers be shown that nobody digitised to the end."""
    settings.VKS_DECK_UNSEALED = True


def text_of(response: Any) -> str:
    text: str = response.content.decode()
    return html.unescape(text)


def seen_in(page: Any) -> str:
    """Return which state of a slide its form was made from."""
    found = re.search(r'name="seen" value="([0-9a-f]{64})"', text_of(page))
    assert found is not None
    return found[1]


def test_a_presentation_is_composed_on_its_pages(
    filed_case: FiledCase,
    people: dict[str, User],
    as_person: SignIn,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    lead = as_person("prosecutor_kv1")
    base = f"/vks/cases/{filed_case.case.code}/presentations/"
    shown = text_of(lead.get(base))
    assert "Chưa có bài trình chiếu nào" in shown
    assert 'id="vks-tab-presentations"' in shown
    assert lead.post(base, {"order": "theo_chung_cu", "compose": "on"}).status_code == 302
    made = Presentation.objects.get()
    where = f"{base}{made.number}/"
    assert len(slides_of(made)) == 5
    # testimony asks for its ground where it is chosen
    paper = filed_case.documents[2]
    new = f"{where}slides/new/?kind=loi_khai"
    refused = lead.post(new, {"kind": "loi_khai", "case_document": paper.pk, "title": "Lời khai"})
    assert refused.status_code == 400
    assert "mâu thuẫn với lời khai" in text_of(refused)
    assert lead.post(new, {"kind": "loi_khai", "case_document": paper.pk, "ground_308": "b"}).status_code == 302
    # what is ticked in the list of folios comes at the end; testimony in it is told of
    ticked = [filed_case.documents[0].pk, paper.pk, filed_case.internal.pk]
    assert lead.post(where, {"act": "papers", "paper": ticked}).status_code == 302
    slides = slides_of(made)
    assert [slide.kind for slide in slides][-3:] == ["loi_khai", "but_luc", "but_luc"]
    page = text_of(lead.get(where))
    assert "Trang 8: “Biên bản hỏi cung bị can” là lời khai" in page
    assert re.search(r'value="export:html" +disabled', page)
    assert filed_case.internal.title not in page
    lead.post(where, {"act": f"remove:{slides[-1].pk}"})
    lead.post(where, {"act": f"up:{slides[5].pk}"})
    lead.post(where, {"act": f"down:{slides[0].pk}"})
    order = [slides[each].pk for each in (1, 0, 2, 3, 5, 4, 6)]
    assert [slide.pk for slide in slides_of(made)] == order
    # a diagram by hand
    diagram = f"{where}slides/{slides[1].pk}/"
    first = filed_case.case.accused.all()[0]
    assert lead.get(diagram).status_code == 200
    key = f"accused:{first.pk}"
    given = {
        "title": "Quan hệ",
        "diagram": "quan_he",
        "state": "hien",
        f"d-label-{key}": "Bị cáo <đầu vụ>",
        f"d-x-{key}": "10",
        f"d-y-{key}": "20",
    }
    assert lead.post(diagram, given).status_code == 302
    assert slides_of(made)[0].edits["places"] == {key: [10.0, 20.0]}
    drawing = lead.get(f"{diagram}drawing/")
    assert drawing["Content-Type"].startswith("image/svg+xml")
    assert "sandbox" in drawing["Content-Security-Policy"]
    assert b"&lt;" in drawing.content
    assert lead.post(diagram, given | {f"d-x-{key}": "nhiều"}).status_code == 400
    # boxes say which they are to whoever moves them; nobody who saves second takes away what another saved
    assert b"data-" not in drawing.content
    assert drawing["Content-Disposition"].startswith("attachment; ")
    assert f'data-key="accused:{first.pk}"'.encode() in lead.get(f"{diagram}drawing/?keys=1").content
    seen = seen_in(lead.get(diagram))
    assert lead.post(diagram, given | {f"d-x-{key}": "30", "seen": seen}).status_code == 302
    late = lead.post(diagram, given | {f"d-x-{key}": "500", f"d-label-{key}": "Gõ sau", "seen": seen})
    assert late.status_code == 409
    assert "Người khác vừa sửa trang này" in text_of(late)
    assert 'value="500"' in text_of(late)
    assert "Gõ sau" in text_of(late)
    assert slides_of(made)[0].edits["places"] == {f"accused:{first.pk}": [30.0, 20.0]}
    # what was wrong in a form does not make it newer than it is
    assert seen_in(lead.post(diagram, given | {f"d-x-{key}": "nhiều", "seen": seen})) == seen
    assert lead.post(diagram, given | {f"d-x-{key}": "500", "seen": seen_in(late)}).status_code == 302
    assert slides_of(made)[0].edits["places"] == {f"accused:{first.pk}": [500.0, 20.0]}
    # boxes and lines added by hand; what cannot be kept is told where it was typed, and comes back
    act, line = "own:1", f"link-{key}>own:1"
    form = text_of(lead.get(diagram))
    assert (f'name="d-label-{act}"' in form, '<option value="own:1">Ô mới 1</option>' in form) == (True, True)
    own = {f"d-kind-{act}": "act", f"d-label-{act}": "Lấy xe <đêm>", f"d-day-{act}": "28/02/2026", "d-start0": key}
    for wrong, sentence in (
        ({}, "Đường nối cần hai ô khác nhau"),
        ({"d-end0": key}, "Đường nối cần hai ô khác nhau"),
        ({"d-end0": act, f"d-label-{act}": ""}, "Hãy ghi tên ô, hoặc đánh dấu Bỏ"),
        ({"d-end0": act, f"d-folio-{act}": "999"}, "hồ sơ vụ án không có BL 999"),
        ({"d-end0": act, "d-words0": "x" * 61}, "dài quá 60 chữ"),
        ({"d-end0": act, f"d-day-{act}": "31/02/2026"}, "Không có ngày 31/02/2026"),
    ):
        refused = lead.post(diagram, given | own | wrong)
        assert (refused.status_code, sentence in text_of(refused)) == (400, True), sentence
        assert "28/02/2026" in text_of(refused) or f"d-day-{act}" in wrong
    assert not slides_of(made)[0].edits["boxes"]
    assert lead.post(diagram, given | own | {"d-end0": act, "d-words0": "thực hiện"}).status_code == 302
    kept = slides_of(made)[0].edits
    assert kept["boxes"] == [{"key": act, "kind": "act", "label": "Lấy xe <đêm>", "day": "2026-02-28", "folio": ""}]
    assert (kept["added"], kept["words"]) == ([[key, act]], [[key, act, "thực hiện"]])
    shown = lead.get(f"{diagram}drawing/").content.decode()
    assert ("Lấy xe &lt;đêm&gt;" in shown, "thực hiện" in shown, "28/02/2026" in shown) == (True, True, True)
    # a name that was emptied is asked for; a box that goes takes its line along
    assert lead.post(diagram, given).status_code == 400
    again = {name: value for name, value in own.items() if name != "d-start0"}
    assert lead.post(diagram, given | again | {f"d-words-{key}>{act}": "tự nhận"}).status_code == 302
    assert slides_of(made)[0].edits["words"] == [[key, act, "tự nhận"]]
    assert f'name="d-{line}"' in text_of(lead.get(diagram))
    assert lead.post(diagram, given | again | {f"d-gone-{act}": "on"}).status_code == 302
    kept = slides_of(made)[0].edits
    assert (kept["boxes"], kept["added"], kept["words"]) == ([], [], [])
    # marks
    marks = f"/vks/cases/{filed_case.case.code}/marks/{filed_case.host_ids[0]}/"
    assert lead.post(marks, {"page": "2", "quote": "dấu hiệu tội phạm", "note": "Chỉ vào đây"}).status_code == 302
    assert lead.post(marks, {"page": "2", "quote": "không có"}).status_code == 400
    assert lead.post(marks, {"page": "2", "area": "10 10 x"}).status_code == 400
    assert "Chỉ vào đây" in text_of(lead.get(f"{marks}?page=2"))
    assert "Chỉ vào đây" not in text_of(as_person("chief_kv1").get(f"{marks}?page=2"))
    picture = lead.get(f"{marks}2/")
    assert Image.open(io.BytesIO(picture.content)).format == "JPEG"
    assert lead.get(f"{marks}9/").status_code == 404
    lead.post(marks, {"remove": FolioMark.objects.get().pk, "page": "2"})
    assert not FolioMark.objects.exists()
    # and out
    with django_capture_on_commit_callbacks(execute=True):
        assert lead.post(where, {"act": "export:html"}).status_code == 302
    deck = DeckExport.objects.get()
    assert (deck.status, deck.error) == ("done", "")
    page = text_of(lead.get(where))
    assert f"/vks/decks/{deck.pk}/download/" in page
    fetched = lead.get(f"/vks/decks/{deck.pk}/download/")
    files = zipfile.ZipFile(io.BytesIO(b"".join(fetched))).namelist()
    assert sum(name.endswith(".jpg") for name in files) == 6
    assert AccessEntry.objects.filter(act="export", count=3, actor_id=people["prosecutor_kv1"].pk).exists()
    assert lead.post(where, {"act": "remove"}).status_code == 302
    page = text_of(lead.get(where))
    assert "giữ lại để đối chiếu" in page
    # behind closed doors whoever takes one out answers for who is in the room
    assert 'name="closed_trial"' not in page
    type(filed_case.case).objects.filter(pk=filed_case.case.pk).update(is_closed_trial=True)
    lead.post(where, {"act": "export:pdf"})
    page = text_of(lead.get(where))
    assert "Vụ án xét xử kín: hãy xác nhận" in page
    assert 'name="closed_trial"' in page
    assert lead.post(where, {"act": "export:pdf", "closed_trial": "1"}).status_code == 302
    assert DeckExport.objects.filter(format="pdf").count() == 1


def test_a_leader_confirms_on_the_page_and_others_are_not_offered_it(
    filed_case: FiledCase, people: dict[str, User], as_person: SignIn
) -> None:
    lead = as_person("prosecutor_kv1")
    base = f"/vks/cases/{filed_case.case.code}/presentations/"
    values = {"role": "witness", "full_name": "Luật Tố Tụng", "is_protected": True}
    access.add_entry(actor=people["prosecutor_kv1"], case=filed_case.case, part="person", values=values)
    lead.post(base, {"order": "theo_cao_trang", "title": "Bài"})
    lead.post(f"{base}1/", {"act": "papers", "paper": [filed_case.documents[0].pk]})
    slide = slides_of(Presentation.objects.get())[0]
    assert "Xác nhận cho chiếu" not in text_of(lead.get(f"{base}1/"))
    assert "[Người làm chứng 1]" in text_of(lead.get(f"{base}1/"))
    assert lead.post(f"{base}1/", {"act": f"confirm:{slide.pk}"}).status_code == 302
    slide.refresh_from_db()
    assert slide.confirmed_by is None
    chief = as_person("chief_kv1")
    offered = re.search(rf'value="(confirm:{slide.pk}:[0-9a-f]{{64}})"', chief.get(f"{base}1/").content.decode())
    assert offered is not None
    chief.post(f"{base}1/", {"act": f"confirm:{slide.pk}:{'0' * 64}"})
    assert "vừa được sửa" in text_of(chief.get(f"{base}1/"))
    chief.post(f"{base}1/", {"act": offered[1]})
    slide.refresh_from_db()
    assert slide.confirmed_by == people["chief_kv1"]
    assert "xuất được" in text_of(chief.get(f"{base}1/"))
    # of a victim under 18 the button says what is answered for, also where somebody else is named on the page
    young = {"role": "victim", "full_name": "Bộ Luật Tố", "is_minor": True}
    access.add_entry(actor=people["prosecutor_kv1"], case=filed_case.case, part="person", values=young)
    page = text_of(chief.get(f"{base}1/"))
    assert page.count("lãnh đạo vụ án xác nhận cho chiếu") == 1
    assert page.count("Xác nhận phần được chiếu không cho biết người này") == 1
    assert ">Xác nhận cho chiếu<" not in page


def test_a_scene_plan_is_put_together_on_its_page(
    filed_case: FiledCase, people: dict[str, User], as_person: SignIn
) -> None:
    lead = as_person("prosecutor_kv1")
    made = decks.create_presentation(actor=people["prosecutor_kv1"], case=filed_case.case)
    where = f"/vks/cases/{filed_case.case.code}/presentations/{made.number}/slides/"
    plan, photos, _testimony = filed_case.documents
    new = {"kind": "hien_truong", "case_document": plan.pk, "title": "Hiện trường", "state": "hien"}
    assert lead.post(f"{where}new/?kind=hien_truong", new).status_code == 302
    (slide,) = slides_of(made)
    page = f"{where}{slide.pk}/"
    label = Folio.objects.get(case_document=photos, page=1).label
    shown = text_of(lead.get(page))
    assert f"/vks/cases/{filed_case.case.code}/marks/{plan.document_id}/1/" in shown
    assert "data-vks-plan" in shown
    given = {"title": "Hiện trường", "case_document": plan.pk, "page_from": 1, "state": "hien"}
    first = {"m-number0": "1", "m-folio0": f"BL {label}", "m-caption0": "Con <dao>", "m-x0": "20,5", "m-y0": "30"}
    for wrong, sentence in (
        ({"m-folio0": "999"}, "không có trang nào mang BL 999"),
        ({"m-x0": "200"}, "vị trí từ 0 đến 100 phần trăm"),
        ({"m-number0": ""}, "Hãy ghi số của dòng này"),
        ({"m-number1": "1"}, "Số 1 có hai lần"),
        ({"crop": "0 0 10 10"}, "ngoài vùng được cắt"),
    ):
        refused = lead.post(page, given | first | wrong)
        assert refused.status_code == 400
        assert sentence in text_of(refused)
        assert "Con <dao>" in text_of(refused)
    assert not PlanMarker.objects.exists()
    seen = seen_in(lead.get(page))
    assert lead.post(page, given | first | {"seen": seen}).status_code == 302
    (marker,) = PlanMarker.objects.all()
    assert (marker.x, marker.y, marker.case_document, marker.page) == (0.205, 0.3, photos, 1)
    assert f'value="{label}"' in text_of(lead.get(page))
    late = lead.post(page, given | first | {"m-x0": "77", "seen": seen})
    assert late.status_code == 409
    assert 'value="77"' in text_of(late)
    svg = lead.get(f"{page}drawing/")
    assert svg["Content-Type"].startswith("image/svg+xml")
    assert "sandbox" in svg["Content-Security-Policy"]
    assert b"Con &lt;dao&gt;" in svg.content
    assert AccessEntry.objects.filter(act="download", document_id=photos.document_id).exists()
    # a photo without a folio is not lost to somebody who saves the page
    Folio.objects.filter(case_document=photos, page=1).delete()
    shown = text_of(lead.get(page))
    assert f'name="m-marker0" value="{marker.pk}"' in shown
    unnamed = {"m-folio0": "", "m-marker0": str(marker.pk), "m-unnamed0": "True"}
    kept = lead.post(page, given | first | unnamed | {"m-x0": "40"})
    assert kept.status_code == 302
    marker = PlanMarker.objects.get()
    assert (marker.x, marker.case_document, marker.page) == (0.4, photos, 1)
    # and stands in the way of the plan as it would of a slide
    refused = lead.get(f"{page}drawing/")
    assert refused.status_code == 400
    assert "chưa đánh số bút lục" in text_of(refused)
    assert lead.post(page, given | first | unnamed | {"m-gone0": "on"}).status_code == 302
    assert not PlanMarker.objects.exists()


def sent(response: Any) -> dict[str, str]:
    """Return the rows of a scene plan as a browser would send them back."""
    page = re.findall(r'<input [^>]*name="((?:m-|seen)[^"]*)"([^>]*)>', text_of(response))
    values = {name: re.search(r'value="([^"]*)"', rest) for name, rest in page if "checkbox" not in rest}
    return {name: html.unescape(value.group(1)) if value else "" for name, value in values.items()}


def test_photos_without_a_folio_stay_with_their_numbers_when_two_change_a_plan_at_once(
    filed_case: FiledCase, people: dict[str, User], as_person: SignIn
) -> None:
    actor = people["prosecutor_kv1"]
    made = decks.create_presentation(actor=actor, case=filed_case.case)
    plan, photos, _testimony = filed_case.documents
    count = photos.page_count or 1
    assert count >= 2
    markers = [{"number": place, "x": 0.1 * place, "y": 0.5} for place in range(1, 10)]
    markers[1] |= {"document": photos.document_id, "page": 1}
    markers[2] |= {"document": photos.document_id, "page": 2}
    values = {"kind": "hien_truong", "case_document": plan, "title": "Hiện trường", "markers": markers}
    slide = decks.add_slide(actor=actor, presentation=made, values=values)
    Folio.objects.filter(case_document=photos).delete()
    page = f"/vks/cases/{filed_case.case.code}/presentations/{made.number}/slides/{slide.pk}/"
    given = {"title": "Hiện trường", "case_document": plan.pk, "page_from": 1, "state": "hien"}
    one, other = as_person("prosecutor_kv1"), as_person("prosecutor_kv1")
    first, second = (given | sent(each.get(page)) for each in (one, other))
    # the second takes number 1 away, so that every row moves up, and most of the others
    assert (
        other.post(page, second | {"m-gone0": "on"} | {f"m-gone{place}": "on" for place in range(3, 9)}).status_code
        == 302
    )
    # the first calls number 3 number 12 meanwhile; told of it, they save over it
    late = one.post(page, first | {"m-number2": "12", "m-caption8": "dòng cuối"})
    assert late.status_code == 409
    again = sent(late)
    assert again["m-caption8"] == "dòng cuối"
    assert one.post(page, given | again).status_code == 302
    kept = {each.number: (each.case_document_id, each.page) for each in PlanMarker.objects.all()}
    nothing = (None, None)
    assert kept == dict.fromkeys([1, *range(4, 10)], nothing) | {2: (photos.pk, 1), 12: (photos.pk, 2)}
    # a photo somebody took away meanwhile cannot be kept, and no other comes in its place
    first, second = (given | sent(each.get(page)) for each in (one, other))
    assert other.post(page, second | {"m-gone1": "on"}).status_code == 302
    refused = one.post(page, first)
    assert refused.status_code == 400
    assert "Số 2: người khác vừa bỏ ảnh của số này" in text_of(refused)
    answered = sent(refused)
    late = one.post(page, given | answered | {"m-gone1": "on"})
    assert late.status_code == 409
    assert one.post(page, given | sent(late) | {"m-gone1": "on"}).status_code == 302
    assert {each.number: each.page for each in PlanMarker.objects.exclude(page=None)} == {12: 2}
