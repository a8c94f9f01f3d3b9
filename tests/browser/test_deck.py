"""A deck opened from a folder in a browser without a network: found by folio, held back, released, never told too much."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pikepdf
import pytest
from PIL import Image, ImageChops, ImageStat
from playwright.sync_api import expect

from tests.browser.desk import SCREEN
from tests.browser.screen import goes_to, shown_sha256
from tests.court.deck.decks import CODE, HELD_FOLIO, NOTE, a_deck
from tests.court.deck.test_video import WEBM
from vks_plugin.court.deck.contents import DeckSlide, DeckVideo, PlanMark
from vks_plugin.court.deck.html import write_folder
from vks_plugin.court.deck.manifest import contents_of, digest_of_manifest
from vks_plugin.court.deck.rendering import opened, render
from vks_plugin.court.sessions.logs import checked, read

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a deck as it lies on a stick."""
    made = tmp_path_factory.mktemp("stick")
    write_folder(a_deck(tmp_path_factory.mktemp("papers")), made)
    return made


def court(context: BrowserContext, folder: Path) -> Page:
    page = context.new_page()
    page.goto((folder / "index.html").as_uri())
    expect(page.get_by_role("heading", level=1)).to_have_text("Vụ án Nguyễn Văn Ánh và đồng phạm")
    return page


def test_a_folio_is_found_by_its_number_and_is_the_one_of_the_manifest(offline: BrowserContext, folder: Path) -> None:
    page = court(offline, folder)
    manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    known = {entry["folio"]: entry["image_sha256"] for entry in manifest["pages"]}
    for folio in ("13", "2", "20", "12"):
        goes_to(page, folio)
        expect(page.locator(".strip-foot strong")).to_contain_text(f"BL {folio} ·")
        expect(page.locator(".strip-foot")).to_contain_text(f"HSVA số {CODE}")
        assert shown_sha256(page, folder) == known[folio]
    # one that is not in it, and one that may not be shown yet
    goes_to(page, "999")
    expect(page.get_by_role("status")).to_contain_text("không có BL 999")
    goes_to(page, HELD_FOLIO)
    expect(page.get_by_role("status")).to_contain_text("chưa được Hội đồng xét xử đồng ý")
    assert shown_sha256(page, folder) == known["12"]
    # enlarged, black and back
    before = page.locator(".page-image").bounding_box()
    page.keyboard.press("+")
    after = page.locator(".page-image").bounding_box()
    assert before is not None
    assert after is not None
    assert after["width"] > before["width"] * 1.2
    page.keyboard.press("b")
    expect(page.locator("#black")).to_be_visible()
    page.keyboard.press("b")
    expect(page.locator("#black")).to_be_hidden()


def test_the_slides_come_in_order_without_testimony_and_reserves(offline: BrowserContext, folder: Path) -> None:
    page = court(offline, folder)
    seen = []
    for _step in range(9):
        text = page.locator(".pane").first.inner_text()
        seen.append(text)
        # whatever is on it, the file is cited and nothing runs out of the window
        assert f"HSVA số {CODE}" in text
        assert NOTE not in text
        assert page.evaluate("document.documentElement.scrollWidth") == SCREEN[0]
        page.keyboard.press("ArrowRight")
    assert not any("Bị cáo khai tại cơ quan điều tra" in text for text in seen)
    assert not any("Quyết định khởi tố vụ án, trang" in text for text in seen)
    assert "<script>alert(1)</script>" in seen[1]
    # a reference in a text leads to its page, and back
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    page.locator(".folio-link", has_text="20").first.click()
    expect(page.locator(".strip-foot strong")).to_contain_text("BL 20 ·")
    page.keyboard.press("Backspace")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nội dung vụ án")


def test_testimony_is_released_from_the_presenters_window_alone(offline: BrowserContext, folder: Path) -> None:
    page = court(offline, folder)
    with offline.expect_page() as opened:
        page.keyboard.press("n")
    presenter = opened.value
    expect(presenter.locator("#link")).to_have_text("Đang nối với màn hình Tòa")
    goes_to(presenter, "12")
    expect(page.locator(".strip-foot strong")).to_contain_text("BL 12 ·")
    expect(presenter.locator("#notes")).to_contain_text(NOTE)
    expect(presenter.locator("#next .strip-foot")).to_contain_text("BL 13")
    expect(presenter.locator("#clock")).to_have_text(re.compile(r"^\d\d:\d\d$"))
    # chosen, asked, and only then shown
    presenter.locator("#list li").nth(4).locator("button").click()
    expect(page.locator(".strip-foot strong")).to_contain_text("BL 12 ·")
    presenter.keyboard.press("r")
    expect(presenter.locator("#ask")).to_be_visible()
    presenter.keyboard.press("Escape")
    expect(page.locator(".strip-foot strong")).to_contain_text("BL 12 ·")
    presenter.keyboard.press("r")
    presenter.keyboard.press("Enter")
    expect(page.locator(".strip-foot strong")).to_contain_text(f"BL {HELD_FOLIO} ·")
    expect(page.locator(".strip-ground")).to_contain_text("Điểm a khoản 2 Điều 308")
    assert NOTE not in page.content()
    assert "Chỉ khi bị cáo chối" not in page.content()
    # taken back, and the way back does not lead there either
    goes_to(page, "20")
    expect(page.locator(".strip-foot strong")).to_contain_text("BL 20 ·")
    goes_to(page, HELD_FOLIO)
    expect(page.locator(".strip-foot strong")).to_contain_text(f"BL {HELD_FOLIO} ·")
    expect(presenter.locator("#now .strip-foot strong")).to_contain_text(f"BL {HELD_FOLIO} ·")
    presenter.keyboard.press("r")
    expect(page.locator(".strip-foot strong")).not_to_contain_text(f"BL {HELD_FOLIO} ·")
    for folio in ("20", "12"):
        page.keyboard.press("Backspace")
        expect(page.locator(".strip-foot strong")).to_contain_text(f"BL {folio} ·")
    presenter.keyboard.press("b")
    expect(page.locator("#black")).to_be_visible()


def test_what_was_shown_is_noted_and_saved_and_a_package_past_its_day_asks(
    offline: BrowserContext, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    deck = replace(a_deck(tmp_path_factory.mktemp("papers")), package="6f9d6f0e", expires_on=dt.date(2026, 1, 5))
    folder = tmp_path_factory.mktemp("stick")
    manifest = write_folder(deck, folder)
    page = offline.new_page()
    page.goto((folder / "index.html").as_uri())
    # it asks plainly, shows nothing of the case, and is no lock
    expect(page.get_by_role("alertdialog")).to_contain_text("Gói đã hết hạn ngày 05/01/2026")
    page.keyboard.press("ArrowRight")
    page.keyboard.type("12")
    assert page.locator(".pane").first.inner_text() == ""
    page.get_by_role("button", name="Vẫn mở gói").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    with offline.expect_page() as opened:
        page.keyboard.press("n")
    presenter = opened.value
    expect(presenter.locator("#link")).to_have_text("Đang nối với màn hình Tòa")
    goes_to(presenter, "12")
    presenter.locator("#list li").nth(4).locator("button").click()
    presenter.keyboard.press("r")
    presenter.keyboard.press("Enter")
    expect(page.locator(".strip-foot strong")).to_contain_text(f"BL {HELD_FOLIO} ·")
    presenter.keyboard.press("b")
    expect(page.locator("#black")).to_be_visible()
    expect(presenter.locator("#log-words")).to_contain_text("3 lần chiếu")
    with presenter.expect_download() as loaded:
        presenter.get_by_role("button", name="Lưu nhật ký trình chiếu").click()
    content = Path(loaded.value.path()).read_bytes()
    log = read(content)
    assert (log["package"], log["manifest_sha256"]) == ("6f9d6f0e", digest_of_manifest(manifest))
    now = dt.datetime.now(dt.UTC)
    first, last = now - dt.timedelta(hours=1), now + dt.timedelta(minutes=1)
    shown = checked(log, contents=contents_of(manifest), first=first, last=last)
    pages = contents_of(manifest)["pages"]
    assert [(each.slide, pages.get(each.page, "")) for each in shown] == [(1, ""), (4, "12"), (5, HELD_FOLIO)]
    assert [each.released_at is not None for each in shown] == [False, False, True]
    # the screen is black: nothing stands on it any more
    assert all(each.ended_at is not None for each in shown)
    # kept by the browser, where it keeps anything for such pages
    page.reload()
    page.get_by_role("button", name="Vẫn mở gói").click()
    expect(presenter.locator("#log-words")).to_contain_text("4 lần chiếu")
    if os.environ.get("VKS_PICTURES"):
        presenter.screenshot(path=Path(os.environ["VKS_PICTURES"]) / "presenter.png")


def test_two_windows_on_the_screen_keep_one_log(offline: BrowserContext, folder: Path) -> None:
    first, second = (court(offline, folder) for _each in range(2))
    day = first.evaluate("ShownLog.days()[0][0]")

    def noted(page: Page) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = page.evaluate("day => ShownLog.saved(day).entries", day)
        assert all(each["ended_at"] is None or each["ended_at"] >= each["shown_at"] for each in entries)
        return entries

    goes_to(first, "12")
    goes_to(second, "20")
    # the clock of the computer is put right, some minutes back, while a page stands on the screen
    first.clock.set_system_time(dt.datetime.now(dt.UTC) - dt.timedelta(minutes=2))
    goes_to(first, "13")
    told = noted(first)
    assert {each["page"] for each in told} == {each["page"] for each in noted(second)}
    assert len({each["page"] for each in told} - {""}) == 3
    # what is begun anew in one is begun anew in the other
    second.evaluate("day => ShownLog.clear(day)", day)
    assert len(noted(second)) == 1


def test_a_part_of_a_video_is_played_once_the_panel_agrees_and_stops_with_the_black_screen(
    offline: BrowserContext, tmp_path_factory: pytest.TempPathFactory
) -> None:
    deck = a_deck(tmp_path_factory.mktemp("papers"))
    played = DeckVideo("v0001", "1", "Camera", 9, "0" * 64, "0" * 64, WEBM, "webm", 4.0, 160, 120, 1.0, 3.0)
    ground = "Điều 313 BLTTHS: Hội đồng xét xử quyết định cho xem ghi âm, ghi hình"
    slide = DeckSlide(
        9, "video", "cho_hdxx_dong_y", "Vào cửa hàng", "", "Riêng tôi", "BL 40", ground=ground, video=played
    )
    folder = tmp_path_factory.mktemp("stick")
    # a reserve that stands first comes only when it is called: the title opens the showing
    reserve = replace(deck.slides[7], number=10)
    write_folder(replace(deck, slides=(reserve, *deck.slides, slide)), folder)
    page = court(offline, folder)
    with offline.expect_page() as opened:
        page.keyboard.press("n")
    presenter = opened.value
    expect(presenter.locator("#link")).to_have_text("Đang nối với màn hình Tòa")
    presenter.locator("#list li").nth(9).locator("button").click()
    assert page.locator("video").count() == 0
    presenter.keyboard.press("r")
    presenter.keyboard.press("Enter")
    video = page.locator("video")
    expect(video).to_be_visible()
    expect(page.locator(".strip-ground")).to_contain_text("Điều 313")
    expect(page.locator(".strip-foot strong")).to_contain_text("Video 00:01 – 00:03 · BL 40")
    # only where the panel looks it is heard
    assert presenter.locator("#now video").evaluate("video => video.muted && !video.controls")
    page.wait_for_function("document.querySelector('video').readyState >= 2")
    assert video.evaluate("video => [video.paused, video.currentTime >= 1]") == [True, True]
    presenter.keyboard.press("k")
    page.wait_for_function(
        "() => { const v = document.querySelector('video'); return !v.paused && v.currentTime > 1.2; }"
    )
    # a pen is taken: it goes on where it was
    page.keyboard.press("p")
    page.wait_for_function(
        "() => { const v = document.querySelector('video'); return !v.paused && v.currentTime > 1.3; }"
    )
    page.keyboard.press("b")
    page.wait_for_function("document.querySelector('video').paused")
    page.keyboard.press("b")
    page.keyboard.press("k")
    page.wait_for_function(
        "() => { const v = document.querySelector('video'); return v.paused && v.currentTime > 2.8; }"
    )
    assert video.evaluate("video => video.currentTime") < 3.4
    assert "Riêng tôi" not in page.content()
    # taken back
    presenter.keyboard.press("r")
    expect(page.locator("video")).to_have_count(0)


def test_what_a_hearing_needs_is_at_hand_and_the_court_sees_neither_notes_nor_clock(
    offline: BrowserContext, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """One hearing: pages against the seal, the plan and its photos, light, pen, two pages, black, paper, the presenter's window."""
    deck = a_deck(tmp_path_factory.mktemp("papers"))
    marks = (
        PlanMark(1, 0.3, 0.3, "Con dao", "p0002"),
        PlanMark(2, 0.6, 0.6, "Vết máu", "p0003"),
        PlanMark(3, 0.5, 0.9, "Cửa"),
    )
    pages = ("p0001", "p0002", "p0003")
    plan = DeckSlide(9, "hien_truong", "hien", "Sơ đồ hiện trường", "", "", "BL 12–14", pages=pages, markers=marks)
    folder = tmp_path_factory.mktemp("stick")
    manifest = write_folder(replace(deck, slides=(*deck.slides, plan)), folder)
    loaded: list[str] = []
    offline.on("request", lambda request: loaded.append(request.url))
    page = court(offline, folder)
    foot = page.locator(".pane.active .strip-foot strong, .pane:not([hidden]) .strip-foot strong").first
    # the page on the screen is the sealed one, drawn again from the sealed file
    by_key, entries = deck.by_key, {entry["folio"]: entry for entry in manifest["pages"]}
    for folio in ("13", "20"):
        entry = entries[folio]
        sealed = by_key[entry["key"]]
        goes_to(page, folio)
        expect(foot).to_contain_text(f"BL {folio} ·")
        assert entry["sealed_sha256"] == hashlib.sha256(sealed.path.read_bytes()).hexdigest()
        with opened(sealed.path) as pdf:
            again = hashlib.sha256(render(pdf, sealed.page, crop=sealed.crop).jpeg).hexdigest()
        assert shown_sha256(page, folder) == entry["image_sha256"] == again
    # the plan: numbers lead to their photos, and back
    page.keyboard.press("End")
    for _each in range(2):
        page.keyboard.press("ArrowLeft")
    expect(page.locator(".plan-list li")).to_have_count(3)
    page.locator(".pin", has_text="2").click()
    expect(foot).to_contain_text("BL 14 ·")
    expect(page.locator(".strip-text")).to_have_text("Số 2: Vết máu")
    page.keyboard.press("Backspace")
    expect(foot).to_contain_text("BL 12 ·")
    goes_to(page, "a1")
    expect(foot).to_contain_text("BL 13 ·")
    goes_to(page, "a3")
    expect(page.locator("#said")).to_contain_text("Số 3: Cửa")
    # a light follows the mouse
    page.keyboard.press("s")
    page.mouse.move(500, 300)
    light = page.locator(".spotlight").first
    expect(light).to_be_visible()
    assert light.evaluate("light => getComputedStyle(light).getPropertyValue('--x').trim()") == "500px"
    page.keyboard.press("Escape")
    expect(light).to_be_hidden()
    # a pen that leaves the page as it was
    inked = """() => { const a = document.querySelector('.ink'); return a.getContext('2d').getImageData(0, 0, a.width, a.height).data.some(Boolean); }"""
    page.keyboard.press("p")
    assert not page.evaluate(inked)
    page.mouse.move(600, 300)
    page.mouse.down()
    page.mouse.move(760, 420, steps=4)
    page.mouse.up()
    assert page.evaluate(inked)
    page.keyboard.press("e")
    assert not page.evaluate(inked)
    page.keyboard.press("p")
    # two pages beside each other, each called up by its number
    page.keyboard.press("v")
    goes_to(page, "20")
    page.keyboard.press("Tab")
    goes_to(page, "2")
    shown = page.locator(".pane .strip-foot strong")
    expect(shown).to_have_count(2)
    assert [text.split(" ·")[0] for text in shown.all_inner_texts()] == ["BL 20", "BL 2"]
    page.keyboard.press("v")
    # the presenter alone has notes, what comes next and the clock
    with offline.expect_page() as window:
        page.keyboard.press("n")
    presenter = window.value
    expect(presenter.locator("#link")).to_have_text("Đang nối với màn hình Tòa")
    assert [url for url in loaded if url.endswith("notes.js")] == [(folder / "notes.js").as_uri()]
    goes_to(presenter, "12")
    expect(presenter.locator("#notes")).to_contain_text(NOTE)
    expect(presenter.locator("#clock")).to_have_text(re.compile(r"^\d\d:\d\d$"))
    told = str(presenter.locator("#elapsed").inner_text())
    assert re.fullmatch(r"\d\d:\d\d", told)
    presenter.keyboard.press("b")
    expect(page.locator("#black")).to_be_visible()
    presenter.keyboard.press("b")
    expect(page.locator("#black")).to_be_hidden()
    # on paper: every slide that may be shown, none that waits
    page.evaluate("window.print = () => { window.printed = document.getElementById('paper').textContent; }")
    page.keyboard.press("i")
    page.wait_for_function("window.printed")
    printed = str(page.evaluate("window.printed"))
    assert f"BL {HELD_FOLIO} ·" not in printed
    assert all(f"BL {folio} ·" in printed for folio in ("1", "2", "12", "13", "14", "20"))
    for text in (printed, page.content()):
        assert NOTE not in text
        assert not re.search(r"\b\d\d:\d\d\b", text)
    assert page.locator("#clock, #elapsed, #notes").count() == 0
    assert page.evaluate("typeof window.DECK_NOTES") == "undefined"


def _called_out(page: Page, folder: Path) -> tuple[float, float, float, float]:
    """Return the part of the page that stands enlarged; the box shows just that part of the page's picture.

    In parts of the page's width and height: left, top, right, bottom.
    """
    part, sheet = page.locator(".callout-part"), page.locator(".callout-from.large").locator("xpath=..")
    expect(part).to_be_visible()
    part.locator("img").evaluate("image => image.decode()")
    whole, taken, box = sheet.bounding_box(), page.locator(".callout-from").bounding_box(), part.bounding_box()
    assert whole is not None
    assert taken is not None
    assert box is not None
    assert box["width"] > taken["width"] * 1.3
    # beside what it shows, and within the screen
    assert any(
        box[at] >= taken[at] + taken[size] or box[at] + box[size] <= taken[at]  # type: ignore[literal-required]
        for at, size in (("x", "width"), ("y", "height"))
    )
    assert 0 <= box["x"] < box["x"] + box["width"] <= SCREEN[0]
    left, top = (taken["x"] - whole["x"]) / whole["width"], (taken["y"] - whole["y"]) / whole["height"]
    area = (left, top, left + taken["width"] / whole["width"], top + taken["height"] / whole["height"])
    with Image.open(folder / str(sheet.locator("img").get_attribute("src"))) as picture:
        width, height = picture.size
        cut = (area[0] * width, area[1] * height, area[2] * width, area[3] * height)
        size = (round(box["width"] / 4), round(box["height"] / 4))
        wanted = picture.convert("L").resize(size, box=cut)
    seen = Image.open(io.BytesIO(page.screenshot(clip=box))).convert("L").resize(size)
    assert ImageStat.Stat(wanted).extrema[0][0] < 120  # there are letters that could differ
    assert ImageStat.Stat(ImageChops.difference(wanted, seen)).mean[0] < 6
    return area


def _drags(page: Page, sheet: Any, area: tuple[float, float, float, float]) -> None:
    frame = sheet.bounding_box()
    points = [(frame["x"] + frame["width"] * area[at], frame["y"] + frame["height"] * area[at + 1]) for at in (0, 2)]
    page.mouse.move(*points[0])
    page.mouse.down()
    page.mouse.move(*points[1], steps=3)
    page.mouse.up()


def test_a_part_of_a_page_is_called_out_above_it_with_its_citation(
    offline: BrowserContext, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """By mouse, by keys, from the presenter's window, on a page that was turned and in one of two panes."""
    papers, folder = (tmp_path_factory.mktemp(name) for name in ("papers", "stick"))
    deck = a_deck(papers)
    with pikepdf.open(papers / "kt.pdf", allow_overwriting_input=True) as pdf:
        for each in pdf.pages:
            each.rotate(90, relative=True)
        pdf.save()
    write_folder(deck, folder)
    page = court(offline, folder)
    box, words = page.locator("#callout"), page.locator(".callout-words")
    # a card is no page of the file
    page.keyboard.press("t")
    expect(page.get_by_role("status")).to_contain_text("Chỉ trích được từ trang bút lục")
    goes_to(page, "13")
    page.keyboard.press("t")
    # two lines, then another one
    sheet = page.locator(".pane .page-sheet").first
    _drags(page, sheet, (0.1, 0.05, 0.6, 0.13))
    expect(words).to_have_text("BL 13 · Biên bản khám xét, trang 2/3")
    assert _called_out(page, folder) == pytest.approx((0.1, 0.05, 0.6, 0.13), abs=0.01)
    # moved and made larger by keys, while it stands there; Enter leads back to the frame, and to the box again
    for key in ("ArrowDown", "Shift+ArrowRight", "Shift+ArrowDown"):
        page.keyboard.press(key)
    assert _called_out(page, folder) == pytest.approx((0.1, 0.07, 0.62, 0.17), abs=0.01)
    page.keyboard.press("Enter")
    expect(box).to_be_hidden()
    expect(page.locator(".callout-from")).to_be_visible()
    page.keyboard.press("Enter")
    expect(box).to_be_visible()
    # paper shows pages, and no boxes
    page.emulate_media(media="print")
    expect(box).to_be_hidden()
    page.emulate_media(media="screen")
    # it ends with its page
    goes_to(page, "1")
    expect(page.locator(".strip-foot strong")).to_contain_text("BL 1 ·")
    expect(box).to_be_hidden()
    expect(page.locator(".callout-from")).to_have_count(0)
    # from the presenter's window, of a page that was turned
    with offline.expect_page() as window:
        page.keyboard.press("n")
    presenter = window.value
    expect(presenter.locator("#link")).to_have_text("Đang nối với màn hình Tòa")
    presenter.keyboard.press("t")
    expect(presenter.locator("#now .callout-from")).to_be_visible()
    _drags(presenter, presenter.locator("#now .page-sheet"), (0.75, 0.08, 0.95, 0.3))
    expect(words).to_have_text("BL 1 · Quyết định khởi tố vụ án, trang 1/2")
    if os.environ.get("VKS_PICTURES"):
        page.screenshot(path=Path(os.environ["VKS_PICTURES"]) / "callout.png")
    assert _called_out(page, folder) == pytest.approx((0.75, 0.08, 0.95, 0.3), abs=0.02)
    presenter.keyboard.press("ArrowLeft")
    expect(presenter.locator("#now .callout-from.large")).to_be_visible()
    assert _called_out(page, folder) == pytest.approx((0.73, 0.08, 0.93, 0.3), abs=0.02)
    presenter.keyboard.press("Escape")
    expect(box).to_be_hidden()
    # of two pages the one that is being spoken about, the other as it was
    page.keyboard.press("v")
    goes_to(page, "13")
    page.keyboard.press("Tab")
    goes_to(page, "12")
    page.keyboard.press("t")
    _drags(page, page.locator(".pane").nth(1).locator(".page-sheet"), (0.1, 0.05, 0.6, 0.13))
    expect(words).to_have_text("BL 12 · Biên bản khám xét, trang 1/3")
    assert page.locator(".pane").nth(0).locator(".callout-from").count() == 0
    page.keyboard.press("t")
    expect(box).to_be_hidden()
