"""A diagram whose boxes are moved by mouse and by keyboard, saved, and not lost to somebody who saves at the same time."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.court.deck.test_video import WEBM

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from tests.browser.conftest import Sit
    from tests.browser.demonstration import Demonstration

CASE = "HS-QN-KV1-2025-0001"
LEAD = "ksv1.kv1"


def looked_at(page: Page, name: str) -> None:
    """Keep a picture where somebody asked for one."""
    folder = os.environ.get("VKS_SCREENSHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png")


def corner(box: Locator) -> tuple[float, float]:
    """Return where a box stands on the screen."""
    found = box.locator("rect").bounding_box()
    assert found is not None
    return found["x"], found["y"]


def drag(page: Page, box: Locator, across: float, down: float) -> None:
    found = box.locator("rect").bounding_box()
    assert found is not None
    x, y = found["x"] + found["width"] / 2, found["y"] + found["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + across / 2, y + down / 2)
    page.mouse.move(x + across, y + down)
    page.mouse.up()


def covered(page: Page) -> int:
    """Return how many pairs of boxes lie on each other."""
    return int(
        page.evaluate(
            """() => {
              const all = [...document.querySelectorAll("svg.vks-canvas g[data-key] rect")].map((each) => each.getBoundingClientRect());
              return all.flatMap((one, at) => all.slice(at + 1).filter((other) =>
                one.left < other.right - 1 && other.left < one.right - 1 && one.top < other.bottom - 1 && other.top < one.bottom - 1)).length;
            }"""
        )
    )


def test_boxes_are_moved_by_mouse_and_by_keyboard_and_kept(demonstration: Demonstration, sit: Sit) -> None:
    # a paper that is filed meanwhile is a box more
    demonstration.wait_until_filed()
    lead = sit(LEAD)
    page = lead.page
    lead.open(f"/vks/cases/{CASE}/presentations/")
    page.get_by_role("button", name="Lập bài trình chiếu").click()
    row = page.locator(".vks-slides tbody tr").filter(has_text="Sơ đồ").first
    row.get_by_role("link", name="Sửa trang").click()
    canvas = page.locator("svg.vks-canvas")
    expect(canvas).to_be_visible()
    boxes = canvas.locator("g[data-key]")
    assert boxes.count() > 1
    address = page.url
    one, other = boxes.nth(0), boxes.nth(1)
    key = str(one.get_attribute("data-key"))
    left, top = (page.locator(f'[data-vks-box="{key}"] input[name*="-{name}"]') for name in "xy")
    told = page.locator("#vks-moved")
    still = [corner(boxes.nth(at)) for at in range(1, boxes.count())]
    looked_at(page, "diagram-before")
    # by mouse, to where there is room
    before = corner(one)
    drag(page, one, 40, 160)
    expect(told).to_contain_text("chưa lưu")
    moved = corner(one)
    assert (round(moved[0] - before[0], -1), moved[1] > before[1] + 50) == (40, True)
    x, y = float(left.input_value()), float(top.input_value())
    assert (x % 10, y % 10) == (0, 0)
    # by keyboard
    one.focus()
    for each in ("ArrowRight", "ArrowRight", "Shift+ArrowDown", "ArrowLeft"):
        page.keyboard.press(each)
    assert (float(left.input_value()), float(top.input_value())) == (x + 10, y + 50)
    expect(told).to_contain_text(f"trái {x + 10:g}, trên {y + 50:g}")
    looked_at(page, "diagram-moved")
    # onto another: it is put below that, and said so
    here, there = corner(one), corner(other)
    drag(page, one, there[0] - here[0] + 9, there[1] - here[1] + 9)
    expect(told).to_contain_text("được đặt xuống dưới")
    assert covered(page) == 0
    looked_at(page, "diagram-put-below")
    second = sit(LEAD)
    second.open(address.removeprefix(lead.base))
    expect(second.page.locator("svg.vks-canvas")).to_be_visible()
    as_left, placed = [corner(boxes.nth(at)) for at in range(boxes.count())], (left.input_value(), top.input_value())
    page.get_by_role("button", name="Lưu", exact=True).click()
    expect(page.get_by_text("Đã lưu trang trình chiếu.")).to_be_visible()
    expect(canvas).to_be_visible()
    assert (float(left.input_value()), float(top.input_value())) == tuple(map(float, placed))
    # the message above moves the page down; what stands beside what stays
    shift = corner(boxes.nth(1))[1] - as_left[1][1]
    for at in range(boxes.count()):
        now = corner(boxes.nth(at))
        assert abs(now[0] - as_left[at][0]) < 3
        assert abs(now[1] - shift - as_left[at][1]) < 3
    assert len(still) == boxes.count() - 1
    # whoever had the page open before is told, and keeps what they did
    theirs = second.page.locator("svg.vks-canvas g[data-key]").nth(0)
    drag(second.page, theirs, 30, 200)
    kept = [second.page.locator(f'[data-vks-box="{key}"] input[name*="-{name}"]').input_value() for name in "xy"]
    second.page.get_by_role("button", name="Lưu", exact=True).click()
    expect(second.page.get_by_text("Người khác vừa sửa trang này")).to_be_visible()
    expect(second.page.locator("svg.vks-canvas")).to_be_visible()
    assert kept == [
        second.page.locator(f'[data-vks-box="{key}"] input[name*="-{name}"]').input_value() for name in "xy"
    ]
    looked_at(second.page, "diagram-second")
    assert ["409" in error for error in second.seen.errors] == [True]
    second.seen.errors.clear()
    lead.open(address.removeprefix(lead.base))
    assert (float(left.input_value()), float(top.input_value())) == tuple(map(float, placed))
    # an act the record does not have: added, joined and written on by keys alone
    expect(canvas).to_be_visible()
    was = boxes.count()
    page.get_by_role("button", name="Thêm ô").press("Enter")
    page.keyboard.type("Bỏ chạy, vứt dao xuống mương nước")
    act = canvas.locator('g[data-key="own:1"]')
    expect(act).to_contain_text("vứt dao")
    act.focus()
    page.keyboard.press("n")
    expect(told).to_contain_text("Nối từ")
    one.focus()
    page.keyboard.press("Enter")
    expect(told).to_contain_text("Đã nối")
    page.keyboard.type("do ai làm")
    # a second one by mouse, joined by mouse; then a box is left out; all of it is undone, from the last
    page.get_by_role("button", name="Thêm ô").click()
    wrong = canvas.locator('g[data-key="own:2"]')
    expect(wrong).to_be_visible()
    wrong.click()
    page.get_by_role("button", name="Nối", exact=True).click()
    other.click()
    ends = page.locator("[data-vks-line]:visible select")
    assert [each.input_value() for each in ends.all()] == [
        "own:1",
        key,
        "own:2",
        str(other.get_attribute("data-key")),
        "",
        "",
    ]
    other.focus()
    page.keyboard.press("Delete")
    expect(other).to_have_class(re.compile("vks-gone"))
    looked_at(page, "diagram-added")
    other.focus()
    page.keyboard.press("Control+z")
    expect(other).not_to_have_class(re.compile("vks-gone"))
    for _ in range(2):
        page.get_by_role("button", name="Hoàn tác").click()
    expect(wrong).to_be_hidden()
    assert [each.input_value() for each in ends.all()] == ["own:1", key, "", ""]
    page.get_by_role("button", name="Lưu", exact=True).click()
    expect(page.get_by_text("Đã lưu trang trình chiếu.")).to_be_visible()
    expect(canvas.locator(f'g[data-start="own:1"][data-end="{key}"]')).to_have_text("do ai làm")
    expect(act).to_contain_text("vứt dao")
    assert (boxes.count(), covered(page)) == (was + 1, 0)
    looked_at(page, "diagram-added-saved")


def test_numbers_are_put_on_a_plan_by_mouse_and_by_keyboard_and_kept(sit: Sit) -> None:
    lead = sit(LEAD)
    page = lead.page
    lead.open(f"/vks/cases/{CASE}/presentations/")
    page.get_by_label("Tự xếp các trang từ hồ sơ").uncheck()
    page.get_by_role("button", name="Lập bài trình chiếu").click()
    page.get_by_role("link", name="Thêm: Sơ đồ hiện trường").click()
    chooser = page.get_by_label("Tài liệu")
    label = str(chooser.locator("option").filter(has_text="BL ").first.inner_text())
    chooser.select_option(label=label)
    page.get_by_label("Tiêu đề").fill("Hiện trường")
    page.get_by_role("button", name="Lưu", exact=True).click()
    plan, pins = page.locator(".vks-plan"), page.locator(".vks-pin")
    picture = plan.locator("img")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 500
    folio = re.findall(r"\d+[a-z]?", label)[0]
    # by mouse: where one clicks, and elsewhere
    box = plan.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * 0.25, box["y"] + box["height"] * 0.2)
    expect(pins).to_have_count(1)
    expect(page.locator("#vks-placed")).to_contain_text("Đã đặt số 1")
    # the folio of the photo is asked for next
    page.keyboard.type(folio)
    page.keyboard.press("Tab")
    page.keyboard.type("Con dao")
    x = page.locator('input[name="m-x0"]')
    assert abs(float(x.input_value()) - 25) < 0.6
    pins.first.hover()
    start = pins.first.bounding_box()
    assert start is not None
    page.mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
    page.mouse.down()
    page.mouse.move(start["x"] + start["width"] / 2 + box["width"] * 0.1, start["y"] + start["height"] / 2, steps=3)
    page.mouse.up()
    assert abs(float(x.input_value()) - 35) < 0.8
    # by keyboard: a new one, moved, and one taken away again
    page.get_by_role("button", name="Thêm số").press("Enter")
    for each in ("ArrowRight", "Shift+ArrowDown"):
        page.keyboard.press(each)
    assert [page.locator(f'input[name="m-{side}1"]').input_value() for side in "xy"] == ["50.5", "52.5"]
    page.get_by_role("button", name="Thêm số").press("Enter")
    expect(pins).to_have_count(3)
    page.keyboard.press("Delete")
    expect(pins).to_have_count(2)
    looked_at(page, "plan-before")
    page.get_by_role("button", name="Lưu", exact=True).click()
    expect(page.get_by_text("Đã lưu trang trình chiếu.")).to_be_visible()
    expect(pins).to_have_count(2)
    assert [pin.get_attribute("aria-label") for pin in pins.all()] == ["1: Con dao", "2"]
    assert page.locator('input[name="m-folio0"]').input_value() == folio
    looked_at(page, "plan-saved")


def test_a_frame_of_a_video_becomes_the_picture_that_stands_for_it(sit: Sit) -> None:
    lead = sit(LEAD)
    page = lead.page
    lead.open(f"/vks/cases/{CASE}/videos/")
    page.get_by_label("Tệp video").set_input_files(WEBM)
    page.get_by_label("Tài liệu kèm theo").select_option(index=1)
    page.get_by_label("Tên video").fill("Camera cửa hàng")
    page.get_by_role("button", name="Nạp video").click()
    expect(page.get_by_text("Đã nạp video.")).to_be_visible()
    lead.open(f"/vks/cases/{CASE}/presentations/")
    page.get_by_role("button", name="Lập bài trình chiếu").click()
    page.wait_for_url("**/presentations/*/")
    lead.open(f"{page.url.removeprefix(lead.demonstration.base)}slides/new/?kind=video")
    page.get_by_role("button", name="Mở video để lấy hình").click()
    expect(page.locator("#vks-still-told")).to_have_text("Hãy chọn video trước.")
    page.get_by_label("Tiêu đề").fill("Vào cửa hàng")
    page.locator('select[name="video"]').select_option(label="Camera cửa hàng")
    page.get_by_label("Từ giây").fill("1")
    page.get_by_label("Đến giây").fill("3")
    page.get_by_role("button", name="Mở video để lấy hình").click()
    video, told = page.locator(".vks-still video"), page.locator("#vks-still-told")
    expect(video).to_be_visible()
    page.wait_for_function(
        "() => { const v = document.querySelector('.vks-still video'); return !v.seeking && v.currentTime >= 1; }"
    )

    def at(second: float) -> None:
        page.evaluate(
            """second => new Promise((done) => {
              const video = document.querySelector(".vks-still video");
              video.addEventListener("seeked", done, { once: true });
              video.currentTime = second;
            })""",
            second,
        )
        page.get_by_role("button", name="Lấy hình làm ảnh đại diện").click()

    at(3.5)
    expect(told).to_contain_text("nằm ngoài đoạn được chiếu")
    at(2)
    expect(told).to_contain_text("Đã lấy hình ở giây 2, chưa lưu")
    looked_at(page, "still-taken")
    page.get_by_role("button", name="Lưu", exact=True).click()
    expect(page.get_by_text("Đã thêm trang trình chiếu.")).to_be_visible()
    page.locator(".vks-slides tbody tr").filter(has_text="Vào cửa hàng").get_by_role("link", name="Sửa trang").click()
    kept = page.locator(".vks-still-kept")
    expect(kept).to_be_visible()
    # the picture is that of the video: the colours of the test picture, and no black frame
    colours = kept.evaluate(
        """image => {
          const canvas = document.createElement("canvas");
          [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
          const pen = canvas.getContext("2d");
          pen.drawImage(image, 0, 0);
          const pixels = pen.getImageData(0, 0, canvas.width, canvas.height).data;
          const seen = new Set();
          for (let at = 0; at < pixels.length; at += 4) seen.add([0, 1, 2].map((part) => pixels[at + part] >> 6).join());
          return [canvas.width, canvas.height, seen.size];
        }"""
    )
    assert colours[:2] == [160, 120]
    assert colours[2] > 8
    looked_at(page, "still-kept")
    # one frame is one decision: it can be taken away again
    page.get_by_label("Bỏ ảnh đại diện đang có").check()
    page.get_by_role("button", name="Lưu", exact=True).click()
    page.locator(".vks-slides tbody tr").filter(has_text="Vào cửa hàng").get_by_role("link", name="Sửa trang").click()
    expect(page.locator("#vks-still-none")).to_be_visible()
