"""Videos of a case: kept byte for byte, held until the panel decides, proved in the package."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

import pptx
import pypdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from PIL import Image

from tests.court.deck.test_video import FILES, MP4
from vks_plugin.access import actions as access
from vks_plugin.access.models import AccessEntry
from vks_plugin.court.deck import actions
from vks_plugin.court.deck.manifest import check
from vks_plugin.court.deck.models import Slide, Video, VideoStill
from vks_plugin.court.deck.queries import deck_for, obstacles_of
from vks_plugin.court.deck.rules import Rule
from vks_plugin.court.deck.stills import LONGEST
from vks_plugin.court.deck.videos import keep_video, remove_video
from vks_plugin.custody.models import LedgerEntry
from vks_plugin.errors import BadInput, Conflict, TooLarge

if TYPE_CHECKING:
    from pathlib import Path

    from django.contrib.auth.models import User

    from tests.people import FiledCase
    from vks_plugin.court.deck.models import Presentation

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(people: dict[str, User], settings: Any) -> User:
    """Return who leads the case; papers may be shown that nobody digitised to the end."""
    settings.VKS_DECK_UNSEALED = True
    return people["prosecutor_kv1"]


def kept(filed: FiledCase, lead: User, *, path: Path = MP4, paper: int = 1, **values: Any) -> Video:
    with path.open("rb") as file:
        document, size = filed.host_ids[paper], path.stat().st_size
        return keep_video(actor=lead, case=filed.case, file=file, size=size, document=document, **values)


def presented(filed: FiledCase, lead: User, video: Video, **values: Any) -> tuple[Presentation, Slide]:
    made = actions.create_presentation(actor=lead, case=filed.case, title="Phiên tòa")
    slide = actions.add_slide(
        actor=lead,
        presentation=made,
        values={"kind": "video", "video": video, "plays_from": 1, "plays_to": 2.5} | values,
    )
    return made, slide


def test_a_video_goes_from_the_page_into_every_format(filed_case: FiledCase, lead: User, tmp_path: Path) -> None:
    browser, code = Client(), filed_case.case.code
    browser.force_login(lead)
    address = f"/vks/cases/{code}/videos/"
    told = {"document": filed_case.host_ids[1], "title": "Camera cửa hàng"}
    refused = browser.post(address, told | {"file": SimpleUploadedFile("a.mp4", (FILES / "h265.mp4").read_bytes())})
    assert (refused.status_code, "H.265 (HEVC)" in refused.content.decode()) == (400, True)
    assert not Video.objects.exists()
    sent = browser.post(address, told | {"file": SimpleUploadedFile("a.mp4", MP4.read_bytes())})
    assert sent.status_code == 302
    video = Video.objects.get()
    digest = hashlib.sha256(MP4.read_bytes()).hexdigest()
    assert (video.sha256, video.path.read_bytes()) == (digest, MP4.read_bytes())
    assert LedgerEntry.objects.get(kind="video_kept").said["data"]["sha256"] == digest
    fetched: Any = browser.get(f"{address}{video.pk}/")
    assert b"".join(fetched) == MP4.read_bytes()
    fetched.close()
    made, _slide = presented(filed_case, lead, video, title="Bị cáo vào cửa hàng")
    deck = deck_for(lead, made)
    (slide,) = deck.slides
    assert slide.citation == f"BL 3–5 · HSVA số {code}"
    assert "Điều 313" in slide.ground
    assert (slide.pages, deck.pages, deck.documents) == ((), (), [(filed_case.host_ids[1], video.case_document.sha256)])
    written = {ending: tmp_path / f"goi.{ending}" for ending in ("zip", "pptx", "pdf")}
    for ending, path in written.items():
        actions.write_deck(deck, path, {"zip": "html"}.get(ending, ending))
    with zipfile.ZipFile(written["zip"]) as archive:
        names = {name.split("/", 1)[1]: name for name in archive.namelist()}
        assert archive.read(names["videos/v0001.mp4"]) == MP4.read_bytes()
        manifest = json.loads(archive.read(names["manifest.json"]))
    (entry,) = manifest["videos"]
    assert (entry["sha256"], entry["video"]) == (digest, str(video.pk))
    assert manifest["slides"][0]["plays"] == [1.0, 2.5]
    assert check(written["zip"]) == []
    (shown,) = pptx.Presentation(str(written["pptx"])).slides
    assert shown._element.get("show") == "0"
    # PowerPoint plays seconds 1 to 2.5 of the four: milliseconds left out at the beginning and at the end
    powerpoint_2010 = "{http://schemas.microsoft.com/office/powerpoint/2010/main}"
    (media,) = shown._element.iter(f"{powerpoint_2010}media")
    assert [(each.tag, dict(each.attrib)) for each in media] == [
        (f"{powerpoint_2010}trim", {"st": "1000", "end": "1500"})
    ]
    assert "chương trình khác có thể phát cả video" in " ".join(
        each.text_frame.text for each in shown.shapes if each.has_text_frame
    )
    with zipfile.ZipFile(written["pptx"]) as archive:
        assert MP4.read_bytes() in [archive.read(name) for name in archive.namelist() if "/media/" in name]
    (paper,) = pypdf.PdfReader(written["pdf"]).pages
    words = " ".join(paper.extract_text().split())
    assert "Camera cửa hàng, 00:01 – 00:02" in words
    assert "BL 3–5" in words
    # the file is another by now: nothing is made, and the package is no longer proved
    video.path.write_bytes(b"x")
    assert [each.rule for each in obstacles_of(lead, made) if each.blocks] == [Rule.NO_VIDEO]
    Video.objects.update(sha256="0" * 64)
    assert check(written["zip"]) == ["Video v0001 trong gói không phải video đã nạp vào vụ án."]


def frame(*, size: tuple[int, int] = (160, 120), kind: str = "JPEG", colour: str = "#c01010") -> str:
    """Return a picture as a browser sends it."""
    buffer = io.BytesIO()
    picture = Image.new("RGB", size, colour)
    picture.save(buffer, kind, **({"exif": picture.getexif(), "comment": b"secret"} if kind == "JPEG" else {}))
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def test_a_picture_drawn_from_a_video_stands_for_it_where_it_does_not_play(
    filed_case: FiledCase, people: dict[str, User], lead: User, tmp_path: Path
) -> None:
    browser, code = Client(), filed_case.case.code
    browser.force_login(lead)
    video = kept(filed_case, lead)
    made, slide = presented(filed_case, lead, video, title="Vào cửa hàng")
    page = f"/vks/cases/{code}/presentations/{made.number}/slides/{slide.pk}/"
    shown = browser.get(page).content.decode()
    assert 'name="still"' in shown
    assert "Bỏ ảnh đại diện đang có" not in shown
    given = {"title": "Vào cửa hàng", "video": str(video.pk), "plays_from": "1", "plays_to": "2.5"}
    refusals = {
        "không phải hình JPEG": (frame(kind="PNG"), "2"),
        "dùng được": ("data:image/jpeg;base64,AAAA", "2"),
        "lấy lại hình": (frame(size=(8, 8)), "2"),
        "ngoài đoạn được chiếu": (frame(), "3"),
        "lớn hơn 1 MB": ("A" * (LONGEST + 1), "2"),
    }
    for sentence, (picture, second) in refusals.items():
        refused = browser.post(page, given | {"still": picture, "still_at": second})
        assert refused.status_code in {400, 413}
        assert sentence in refused.content.decode()
    assert not VideoStill.objects.exists()
    assert browser.post(page, given | {"still": frame(), "still_at": "1.52"}).status_code == 302
    still = VideoStill.objects.get()
    assert (still.second, still.width, still.height, still.taken_by) == (1.52, 160, 120, lead)
    # written anew: nothing travels with it
    assert b"secret" not in bytes(still.jpeg)
    # a leader who answered for the part did not answer for this
    before = actions.state_of(slide)
    assert base64.b64encode(still.jpeg).decode() in browser.get(page).content.decode()
    assert AccessEntry.objects.filter(act="preview", document_id=filed_case.host_ids[1]).exists()
    deck = deck_for(lead, made)
    assert deck.slides[0].still is not None
    written = {ending: tmp_path / f"goi.{ending}" for ending in ("zip", "pptx", "pdf")}
    for ending, path in written.items():
        manifest = actions.write_deck(deck, path, {"zip": "html"}.get(ending, ending))
        entry = manifest["slides"][0]["still"]
        assert (entry["what"], entry["second"]) == ("ảnh trích từ video, giây 1,52", 1.52)
        assert (entry["sha256"], entry["video_sha256"]) == (still.sha256, video.sha256)
    assert check(written["zip"]) == []
    with zipfile.ZipFile(written["zip"]) as archive:
        (name,) = (each for each in archive.namelist() if each.endswith(entry["file"]))
        assert archive.read(name) == bytes(still.jpeg)
    (powerpoint,) = pptx.Presentation(str(written["pptx"])).slides
    assert bytes(still.jpeg) in [part.blob for part in powerpoint.part.package.iter_parts()]
    texts = [shape.text_frame.text for shape in powerpoint.shapes if shape.has_text_frame]
    assert any("ảnh trích từ video, giây 1,52" in each for each in texts)
    (sheet,) = pypdf.PdfReader(written["pdf"]).pages
    assert "Ảnh trích từ video, giây 1,52" in sheet.extract_text()
    assert [each.data for each in sheet.images] == [bytes(still.jpeg)]
    # only the record of what was made is missing, since these were made by no export
    unknown = "Tệp không còn đúng từng byte như khi xuất"
    assert [each[: len(unknown)] for each in check(written["pptx"]) + check(written["pdf"])] == [unknown] * 2
    file = pptx.Presentation(str(written["pptx"]))
    (part,) = (each for each in file.part.package.iter_parts() if each.blob == bytes(still.jpeg))
    part._blob = base64.b64decode(frame(colour="#00ff00").partition(",")[2])
    file.save(str(written["pptx"]))
    assert "Trang 1: ảnh đại diện của video không phải ảnh ghi trong danh mục." in check(written["pptx"])
    assert "Trang 1 của tệp có hình không phải bút lục nào trong danh mục." in check(written["pptx"])
    # testimony on film leaves no picture on paper
    actions.change_slide(actor=lead, presentation=made, slide_id=slide.pk, values={"ground_308": "b"})
    manifest = actions.write_deck(deck_for(lead, made), written["pdf"], "pdf")
    (sheet,) = pypdf.PdfReader(written["pdf"]).pages
    assert (manifest["slides"][0]["still"], list(sheet.images)) == (None, [])
    # it counts when two change the slide at once, and goes with another part, another video, or by hand
    slide.refresh_from_db()
    assert actions.state_of(slide) != before
    outside = browser.post(page, given | {"plays_from": "2"})
    assert (outside.status_code, "giây 1.52" in outside.content.decode()) == (400, True)
    assert browser.post(page, given | {"still_gone": "on"}).status_code == 302
    assert not VideoStill.objects.exists()
    browser.post(page, given | {"still": frame(), "still_at": "1.52"})
    other = kept(filed_case, lead, paper=0)
    assert browser.post(page, given | {"video": str(other.pk)}).status_code == 302
    assert not VideoStill.objects.exists()
    # through the API
    where = f"/api/vks/cases/{code}/presentations/{made.number}/slides/{slide.pk}/"
    body = {"still": {"picture": frame(), "second": 2}}
    answer = browser.patch(where, body, content_type="application/json")
    assert (answer.status_code, answer.json()["still"]["second"]) == (200, 2.0)
    wrong = browser.patch(where, {"still": {"picture": "x", "second": 2}}, content_type="application/json")
    assert (wrong.status_code, wrong.json()["field"]) == (400, "still")
    assert browser.patch(where, {"still": None}, content_type="application/json").json()["still"] is None


def test_a_picture_of_a_video_is_another_thing_to_answer_for(
    filed_case: FiledCase, people: dict[str, User], lead: User
) -> None:
    made, slide = presented(filed_case, lead, kept(filed_case, lead))
    values = {"role": "victim", "full_name": "Lò Thị Hoa", "is_minor": True}
    access.add_entry(actor=lead, case=filed_case.case, part="person", values=values)
    (seen,) = {each.fingerprint for each in obstacles_of(lead, made) if each.blocks}
    actions.confirm_slide(actor=people["chief_kv1"], presentation=made, slide_id=slide.pk, fingerprint=seen)
    assert [each for each in obstacles_of(lead, made) if each.blocks] == []
    still = {"still": {"picture": frame(), "second": 2}}
    actions.change_slide(actor=lead, presentation=made, slide_id=slide.pk, values=still)
    assert [each.rule for each in obstacles_of(lead, made) if each.blocks] == [Rule.PROTECTED_PERSON]


def test_a_video_waits_for_the_panel_and_where_somebody_is_protected_for_a_leader(
    filed_case: FiledCase, people: dict[str, User], lead: User
) -> None:
    video = kept(filed_case, lead)
    made, slide = presented(filed_case, lead, video, state="hien")
    assert slide.state == "cho_hdxx_dong_y"
    for wrong in ({"state": "hien"}, {"video": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Slide.objects.filter(pk=slide.pk).update(**wrong)

    def waiting() -> list[tuple[Rule, str]]:
        return [(each.rule, each.fingerprint) for each in obstacles_of(lead, made) if each.blocks]

    assert waiting() == []
    values = {"role": "victim", "full_name": "Lò Thị Hoa", "is_minor": True}
    access.add_entry(actor=lead, case=filed_case.case, part="person", values=values)
    ((rule, seen),) = waiting()
    assert rule == Rule.PROTECTED_PERSON
    actions.confirm_slide(actor=people["chief_kv1"], presentation=made, slide_id=slide.pk, fingerprint=seen)
    assert waiting() == []
    # another part is another thing to answer for
    actions.change_slide(actor=lead, presentation=made, slide_id=slide.pk, values={"plays_to": 3})
    assert [each[0] for each in waiting()] == [Rule.PROTECTED_PERSON]
    # testimony on film is testimony
    of_testimony = kept(filed_case, lead, paper=2)
    actions.add_slide(actor=lead, presentation=made, values={"kind": "video", "video": of_testimony})
    assert (Rule.TESTIMONY_PLACE, 2) in [(each.rule, each.slide) for each in obstacles_of(lead, made)]


def test_what_cannot_be_kept_is_refused_and_leaves_nothing(filed_case: FiledCase, lead: User, settings: Any) -> None:
    video = kept(filed_case, lead)
    with pytest.raises(Conflict, match="đã được nạp"):
        kept(filed_case, lead)
    for path in ("h265.mp4", "mpeg4.avi", "h264.mkv"):
        with pytest.raises(BadInput, match="Hãy chuyển sang MP4"):
            kept(filed_case, lead, path=FILES / path)
    with pytest.raises(BadInput, match="tài liệu đã đánh bút lục"), MP4.open("rb") as file:
        keep_video(actor=lead, case=filed_case.case, file=file, size=9, document=filed_case.internal.document_id)
    settings.VKS_MAX_UPLOAD_BYTES = 10_000
    with pytest.raises(TooLarge):
        kept(filed_case, lead, paper=0)
    assert [each.name for each in video.path.parent.iterdir()] == [video.path.name]
    made, slide = presented(filed_case, lead, video)
    after_the_end = {"plays_from": 4.2, "plays_to": 4.9}
    for wrong in (
        {"plays_from": 3, "plays_to": 2},
        {"plays_to": 600},
        {"plays_from": -1},
        after_the_end,
        {"video": None},
    ):
        with pytest.raises(BadInput):
            actions.change_slide(actor=lead, presentation=made, slide_id=slide.pk, values=wrong)
    with pytest.raises(Conflict, match="bỏ trang đó trước"):
        remove_video(actor=lead, case=filed_case.case, pk=video.pk)


def test_a_video_kept_with_the_wrong_paper_is_taken_out(
    filed_case: FiledCase, lead: User, django_capture_on_commit_callbacks: Any
) -> None:
    video = kept(filed_case, lead)
    with django_capture_on_commit_callbacks(execute=True):
        remove_video(actor=lead, case=filed_case.case, pk=video.pk)
    assert (Video.objects.count(), video.path.exists()) == (0, False)
    assert LedgerEntry.objects.get(kind="video_removed").said["data"]["sha256"] == video.sha256
