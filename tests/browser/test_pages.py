"""Our pages on the screens, keyboards and in the browsers an office has."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.browser import journey
from tests.browser.desk import SCREEN
from tests.letters import vietnamese_letters

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.conftest import OfficeCase, Sit
    from tests.browser.demonstration import Demonstration
    from tests.browser.desk import Person

LONG_NAME = (
    "Nguyễn Thị Phương Uyên-Đặng và 37 đồng phạm – Tổ chức cho người khác trốn đi nước ngoài hoặc ở lại nước ngoài "
    "trái phép; Lừa đảo chiếm đoạt tài sản; Rửa tiền; Vi phạm quy định về hoạt động ngân hàng"
)

SECTIONS = (
    "info",
    "accused",
    "people",
    "measures",
    "events",
    "limits",
    "exhibits",
    "relations",
    "assignments",
    "history",
    "ledger",
)
"""Of the page of a case, beside its documents."""

CONTRAST = """
() => {
  const parse = (text) => {
    const numbers = text.match(/[\\d.]+/g).map(Number);
    return { r: numbers[0], g: numbers[1], b: numbers[2], a: numbers[3] ?? 1 };
  };
  const over = (top, under) => {
    const mix = (a, b) => a * top.a + b * (1 - top.a);
    return { r: mix(top.r, under.r), g: mix(top.g, under.g), b: mix(top.b, under.b), a: 1 };
  };
  const light = (colour) => {
    const [r, g, b] = [colour.r, colour.g, colour.b].map((value) => {
      const part = value / 255;
      return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    const layers = [];
    for (let each = element; each; each = each.parentElement) {
      layers.unshift(parse(getComputedStyle(each).backgroundColor));
    }
    return layers.reduce((under, top) => over(top, under), { r: 255, g: 255, b: 255, a: 1 });
  };
  const weak = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].filter((node) => node.nodeType === 3).map((node) => node.textContent.trim()).join("");
    const box = element.getBoundingClientRect();
    const style = getComputedStyle(element);
    if (!own || !box.width || box.right < 0 || style.visibility === "hidden" || element.closest(".visually-hidden, .visually-hidden-focusable, option, [disabled], .disabled")) continue;
    const under = behind(element);
    const text = over(parse(style.color), under);
    const [a, b] = [light(text), light(under)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) weak.push(`${ratio.toFixed(2)} ${element.tagName} “${own.slice(0, 40)}”`);
  }
  return weak;
}
"""
"""Texts with less contrast than WCAG 2.2 AA asks for (4.5 : 1)."""

GLYPHS = """
(letters) => {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 40;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const draw = (letter) => {
    context.clearRect(0, 0, 40, 40);
    context.font = `24px ${getComputedStyle(document.body).fontFamily}`;
    context.fillText(letter, 4, 30);
    return context.getImageData(0, 0, 40, 40).data.join();
  };
  // a code point that no font may draw
  const box = draw("\\u{10FFFE}");
  const seen = new Map();
  const wrong = [];
  for (const letter of letters) {
    const picture = draw(letter);
    if (picture === box) wrong.push(`${letter} is a box`);
    if (seen.has(picture)) wrong.push(`${letter} looks like ${seen.get(picture)}`);
    seen.set(picture, letter);
  }
  return wrong;
}
"""


def our_pages(code: str, document: int) -> dict[str, str]:
    """Return a page of each kind."""
    of_case = f"/vks/cases/{code}"
    return {
        "list": "/vks/",
        "nothing found": "/vks/?q=khongcogi",
        "registration": "/vks/cases/new/",
        "registration of a claim": "/vks/cases/new/?kind=civil",
        "limits of all cases": "/vks/deadlines/",
        "case": f"{of_case}/",
        **{name: f"{of_case}/record/{name}/" for name in SECTIONS},
        "edit": f"{of_case}/edit/",
        "new accused": f"{of_case}/record/accused/add/",
        "new charge": f"{of_case}/record/charge/add/",
        "new measure": f"{of_case}/record/measure/add/",
        "event": f"{of_case}/events/record/?event=ket_luan_dieu_tra&who=",
        "description": f"{of_case}/documents/{document}/",
        "why": f"{of_case}/explain/",
        "own cases with reasons": "/vks/explain/",
        "temporary access": "/vks/temporary-access/",
        "transfer": f"{of_case}/transfer/",
        "organisation": "/vks/organization/",
    }


def first_document(person: Person, code: str) -> int:
    """Return the host's number of a document of the case."""
    return int(person.ask(f"/api/vks/cases/{code}/documents/").json()["results"][0]["id"])


def unfold(page: Page) -> None:
    """Open every folded part."""
    page.evaluate("document.querySelectorAll('details').forEach((each) => each.setAttribute('open', ''))")


def fill_in(person: Person, *, number: str, name: str) -> None:
    """Fill in what a registration needs."""
    person.open("/vks/cases/new/")
    journey.field(person, "init_decision_no").fill(number)
    journey.field(person, "init_decision_date").fill("02/02/2026")
    journey.field(person, "init_decision_agency").fill("Công an phường Hồng Gai")
    journey.field(person, "name").fill(name)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_the_screen_and_can_be_read(sit: Sit, filed: OfficeCase, scheme: str) -> None:
    leader = sit(journey.LEADER, color_scheme=scheme)
    weak = {}
    for name, path in our_pages(filed.code, first_document(leader, filed.code)).items():
        assert leader.open(path) == 200, name
        assert leader.page.locator("html").get_attribute("data-bs-theme") == scheme, name
        unfold(leader.page)
        assert leader.width() <= SCREEN[0], name
        weak[name] = leader.page.evaluate(CONTRAST)
    assert {name: found for name, found in weak.items() if found} == {}


TALL = """
() => {
  const tops = [...document.querySelectorAll(".vks-bar .navbar-nav > li")].map((each) => each.getBoundingClientRect().top);
  return [Math.max(...tops) - Math.min(...tops), document.querySelector(".vks-bar").getBoundingClientRect().height];
}
"""


@pytest.mark.parametrize("language", ["vi-VN", "en-GB"])
def test_the_bar_is_one_line_whoever_looks(sit: Sit, language: str) -> None:
    """Those who lead a province, or appoint there, have the most in it; with numbers beside the words."""
    for who in (journey.LEADER, journey.CLERK, "quantri", "vt.tinh"):
        person = sit(who, locale=language)
        person.open("/vks/")
        person.page.evaluate(
            "document.querySelectorAll('.vks-bar .navbar-nav > li > a').forEach((each, place) => {"
            " const number = document.createElement('span'); number.className = 'badge text-bg-warning';"
            " number.textContent = '12'; if (place > 0 && place < 6 && !each.querySelector('.badge')) each.append(' ', number); })"
        )
        apart, height = person.page.evaluate(TALL)
        assert (apart < 10, height < 50) == (True, True), (who, apart, height)
        assert person.width() <= SCREEN[0], who


def test_the_menu_of_the_bar_is_gone_through_by_keyboard(sit: Sit) -> None:
    leader = sit(journey.LEADER)
    leader.open("/vks/")
    page = leader.page
    menu, link = page.locator(".vks-more summary"), page.get_by_role("link", name="Nhật ký truy cập")
    expect(link).to_be_hidden()
    menu.focus()
    page.keyboard.press("Enter")
    expect(link).to_be_visible()
    page.keyboard.press("Tab")
    assert focus(page) == {"name": "Nhật ký truy cập", "shown": True, "uncovered": True}
    page.keyboard.press("Escape")
    expect(link).to_be_hidden()
    assert page.evaluate("document.activeElement.closest('.vks-more') !== null")
    page.keyboard.press("Space")
    expect(link).to_be_visible()
    page.keyboard.press("Shift+Tab")
    expect(link).to_be_hidden()
    menu.click()
    page.get_by_role("heading", level=1).first.click()
    expect(link).to_be_hidden()
    menu.click()
    link.click()
    expect(page).to_have_url(re.compile("/vks/access-log/"))


def test_a_long_name_does_not_widen_the_page(sit: Sit) -> None:
    leader = sit(journey.LEADER)
    fill_in(leader, number="901/QĐ", name=LONG_NAME)
    leader.page.get_by_role("button", name="Đăng ký").click()
    expect(leader.page.get_by_role("heading", level=1)).to_have_text(LONG_NAME)
    assert leader.width() <= SCREEN[0]
    leader.open("/vks/")
    assert leader.width() <= SCREEN[0]


COVERED = """
() => {
  window.scrollTo(0, document.documentElement.scrollHeight);
  const head = document.querySelector(".vks-case-header").getBoundingClientRect();
  const paper = document.querySelector(".vks-right").getBoundingClientRect();
  return [head.bottom - paper.top, paper.bottom - window.innerHeight].map(Math.round);
}
"""


def test_the_header_of_a_case_covers_nothing_of_the_paper_beside_it(sit: Sit, filed: OfficeCase) -> None:
    leader = sit(journey.LEADER)
    leader.open(f"/vks/cases/{filed.code}/")
    unfold(leader.page)
    left = {}
    for name, note in (
        ("plain", ""),
        ("with a note", "Vụ án có người dưới 18 tuổi. " * 12),
        ("tall", "Ghi chú. " * 900),
    ):
        leader.page.evaluate(
            "(words) => { const note = document.createElement('p'); note.textContent = words;"
            " document.querySelector('.vks-case-header .vks-facts').after(note); }",
            note,
        )
        leader.page.wait_for_timeout(300)
        over, below = leader.page.evaluate(COVERED)
        left[name] = (over <= 0, below <= 0)
    assert set(left.values()) == {(True, True)}, left


def test_the_choice_between_light_and_dark_is_kept(sit: Sit) -> None:
    clerk = sit(journey.CLERK)
    shown = clerk.page.locator("html")
    assert shown.get_attribute("data-bs-theme") == "light"
    clerk.page.get_by_role("button", name="Sáng/tối").click()
    assert shown.get_attribute("data-bs-theme") == "dark"
    clerk.page.reload()
    assert shown.get_attribute("data-bs-theme") == "dark"
    background = clerk.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert all(int(part) < 60 for part in background.removeprefix("rgb(").removesuffix(")").split(","))


def test_no_script_or_style_is_written_into_a_page(sit: Sit, filed: OfficeCase) -> None:
    leader = sit(journey.LEADER)
    for name, path in our_pages(filed.code, first_document(leader, filed.code)).items():
        response = leader.page.goto(path)
        assert response is not None
        policy = response.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        written = leader.page.evaluate(
            """() => [...document.querySelectorAll("script:not([src]), style, [style], base")].map((each) => each.outerHTML)
            .concat([...document.querySelectorAll("*")].flatMap((each) => [...each.attributes])
            .filter((each) => each.name.startsWith("on") || each.value.startsWith("javascript:")).map((each) => each.name))"""
        )
        assert written == [], name


def test_a_script_that_got_into_a_page_would_not_run(sit: Sit) -> None:
    clerk = sit(journey.CLERK)
    clerk.page.evaluate(
        """() => {
          const script = document.createElement("script");
          script.textContent = "document.body.dataset.ran = 'yes'";
          document.body.append(script);
        }"""
    )
    assert clerk.page.locator("body").get_attribute("data-ran") is None
    # the browser says why, and that is the one error of this page
    assert len(clerk.seen.errors) == 1
    assert "Content Security Policy" in clerk.seen.errors.pop()


def test_nothing_is_asked_of_any_other_machine(sit: Sit, filed: OfficeCase) -> None:
    leader = sit(journey.LEADER)
    before = leader.seen.asked
    for path in our_pages(filed.code, first_document(leader, filed.code)).values():
        leader.page.goto(path, wait_until="networkidle")
    assert leader.seen.asked > before
    assert leader.seen.elsewhere == []


def focus(page: Page) -> dict[str, Any]:
    """Return what has the focus, and whether one can see that it has."""
    told: dict[str, Any] = page.evaluate(
        """async () => {
          // the browser scrolls to the focus with the next picture it draws
          for (let picture = 0; picture < 2; picture += 1) await new Promise(requestAnimationFrame);
          const each = document.activeElement;
          const style = getComputedStyle(each);
          const box = each.getBoundingClientRect();
          return {
            name: each.name || each.textContent.trim(),
            shown: (style.outlineStyle !== "none" && style.outlineWidth !== "0px") || style.boxShadow !== "none",
            // its middle is neither outside the window nor under something else
            uncovered: each.contains(document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2)),
          };
        }"""
    )
    return told


def tab_to(page: Page, name: str, *, most: int = 40) -> None:
    """Press Tab until the focus is there; it is visible at every stop."""
    for _ in range(most):
        page.keyboard.press("Tab")
        here = focus(page)
        assert here["shown"], here
        assert here["uncovered"], here
        if here["name"] == name:
            return
    message = f"Tab does not reach {name}"
    raise AssertionError(message)


def test_a_refused_form_leads_to_the_topmost_mistake(sit: Sit) -> None:
    clerk = sit(journey.CLERK)
    page = clerk.page
    clerk.open("/vks/cases/new/")
    journey.field(clerk, "init_decision_no").fill("1")
    date = journey.field(clerk, "init_decision_date")
    date.fill("31/02/2026")
    # the page asks who is signed in before it sends
    with page.expect_navigation():
        page.get_by_role("button", name="Đăng ký").click()
    assert focus(page)["name"] == "init_decision_date"
    expect(date).to_have_value("31/02/2026")
    # whoever does not see the red is told in words
    expect(date).to_have_accessible_description("Không có ngày 31/02/2026: hãy kiểm tra lại.")
    assert ["400" in error for error in clerk.seen.errors] == [True]
    clerk.seen.errors.clear()


def test_the_first_tab_leads_past_the_menu(sit: Sit) -> None:
    clerk = sit(journey.CLERK)
    clerk.open("/vks/organization/")
    clerk.seen.errors.clear()  # a clerk appoints nobody: the page says so, and the browser notes the 403
    clerk.page.keyboard.press("Tab")
    assert focus(clerk.page) == {"name": "Đến nội dung chính", "shown": True, "uncovered": True}
    clerk.page.keyboard.press("Enter")
    assert clerk.page.evaluate("document.activeElement.id") == "main"


def test_the_folded_parts_of_a_case_open_by_keyboard(sit: Sit, filed: OfficeCase) -> None:
    clerk = sit(journey.CLERK)
    clerk.open(f"/vks/cases/{filed.code}/")
    page = clerk.page
    intake = page.locator("#vks-file")
    expect(intake).to_be_hidden()
    page.get_by_role("link", name="Nộp tài liệu").focus()
    page.keyboard.press("Enter")
    expect(intake).to_be_visible()
    assert intake.evaluate("(each) => each.getBoundingClientRect().top < innerHeight")


def test_a_kind_of_paper_is_found_without_accents(sit: Sit, filed: OfficeCase) -> None:
    clerk = sit(journey.CLERK)
    clerk.open(f"/vks/cases/{filed.code}/")
    page = clerk.page
    page.get_by_role("link", name="Nộp tài liệu").click()
    kind = page.locator("#vks-file [name=document_type]").first
    kind.press_sequentially("lenh tam giam", delay=20)
    expect(page.locator("#vks-suggestions [role=option]").first).to_have_text("LTG – Lệnh tạm giam")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(kind).to_have_value("LTG – Lệnh tạm giam")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_double_click_makes_one_case(sit: Sit, scripts: bool) -> None:
    clerk = sit(journey.CLERK, java_script_enabled=scripts)
    number = "903/QĐ" if scripts else "904/QĐ"
    before = clerk.ask("/api/vks/cases/").json()["count"]
    fill_in(clerk, number=number, name="Phạm Văn Hai – Gây rối trật tự công cộng")
    clerk.page.get_by_role("button", name="Đăng ký").dblclick()
    clerk.page.wait_for_url("**/vks/cases/HS-*/")
    expect(clerk.page.get_by_text("Đã đăng ký vụ án").first).to_be_visible()
    found = clerk.ask(f"/api/vks/cases/?q={number}").json()
    assert found["count"] == 1
    assert clerk.ask("/api/vks/cases/").json()["count"] == before + 1


def test_every_letter_of_the_alphabet_is_drawn(sit: Sit) -> None:
    clerk = sit(journey.CLERK)
    letters = vietnamese_letters()
    assert clerk.page.evaluate(GLYPHS, list(letters)) == []


def test_a_name_typed_in_pieces_is_shown_and_found_composed(sit: Sit) -> None:
    clerk = sit(journey.CLERK)
    name = "Hoàng Thị Ngưỡng – Cướp giật tài sản"
    fill_in(clerk, number="905/QĐ", name=unicodedata.normalize("NFD", name))
    clerk.page.get_by_role("button", name="Đăng ký").click()
    expect(clerk.page.get_by_role("heading", level=1)).to_have_text(name)
    for typed in ("nguong hoang", "Ngưỡng", unicodedata.normalize("NFD", "Ngưỡng")):
        clerk.open("/vks/")
        clerk.page.get_by_label("Tìm theo mã, tên, bị can, số quyết định").fill(typed)
        clerk.page.get_by_role("button", name="Lọc").click()
        expect(clerk.page.locator("#vks-rows tbody tr")).to_have_count(1)
        expect(clerk.page.locator("#vks-rows")).to_contain_text(name)


def test_a_file_that_is_no_pdf_is_refused_beside_its_form(sit: Sit, filed: OfficeCase) -> None:
    clerk = sit(journey.CLERK)
    clerk.open(f"/vks/cases/{filed.code}/")
    page = clerk.page
    page.get_by_role("link", name="Nộp tài liệu").click()
    form = page.locator("[data-vks-template]")
    form.locator("input[type=file]").set_input_files(
        {"name": "ảnh.pdf", "mimeType": "application/pdf", "buffer": b"not a PDF at all"}
    )
    form.get_by_label("Loại tài liệu").fill("QDKTVA")
    form.get_by_role("button", name="Nộp").click()
    expect(form.get_by_role("alert")).to_be_visible()
    # what was typed is still there to be sent again
    expect(form.get_by_label("Loại tài liệu")).to_have_value("QDKTVA")
    assert len(journey.titles(clerk).all_inner_texts()) == journey.FILES
    assert len(clerk.seen.errors) == 1
    assert "400" in clerk.seen.errors.pop()


def test_a_file_handed_in_after_signing_out_is_not_shown_as_taken(sit: Sit, filed: OfficeCase) -> None:
    clerk = sit(journey.CLERK)
    clerk.open(f"/vks/cases/{filed.code}/")
    page = clerk.page
    page.get_by_role("link", name="Nộp tài liệu").click()
    form = page.locator("[data-vks-template]")
    form.locator("input[type=file]").set_input_files(filed.papers[0].path)
    clerk.context.clear_cookies(name="sessionid")
    form.get_by_role("button", name="Nộp").click()
    expect(form.locator("[data-vks-answer]")).to_contain_text("tệp chưa được nhận")
    assert form.locator("input[type=file]").evaluate("(each) => each.files.length") == 1
    clerk.seen.errors.clear()


TELEPHONE = {"width": 390, "height": 844}


def test_on_a_telephone_nothing_but_tables_scrolls_sideways(
    sit: Sit, filed: OfficeCase, demonstration: Demonstration
) -> None:
    leader = sit(journey.LEADER, viewport=TELEPHONE)
    slides = {"title": "Trình chiếu", "compose": True}
    shown = demonstration.send(f"/api/vks/cases/{filed.code}/presentations/", journey.LEADER, slides)
    pages = our_pages(filed.code, first_document(leader, filed.code)) | {
        "import": "/vks/cases/import/",
        "export": "/vks/cases/export/",
        "folios": f"/vks/cases/{filed.code}/folios/",
        "presentation": f"/vks/cases/{filed.code}/presentations/{shown['number']}/",
    }
    wide = {}
    for name, path in pages.items():
        assert leader.open(path) == 200, name
        unfold(leader.page)
        if leader.width() > TELEPHONE["width"]:
            wide[name] = leader.width()
    assert wide == {}
    # the menu is there as a whole
    for link in ("Vụ án", "Thời hạn", "Đăng xuất"):
        expect(leader.page.get_by_role("link", name=link, exact=True).first).to_be_in_viewport()


def test_a_word_without_an_end_does_not_widen_a_page(sit: Sit) -> None:
    leader = sit(journey.LEADER)
    fill_in(leader, number="906/QĐ", name="B" * 250)
    journey.field(leader, "accused-0-full_name").fill("A" * 150)
    leader.page.get_by_role("button", name="Đăng ký").click()
    leader.page.wait_for_url("**/vks/cases/HS-*/")
    here = leader.page.url
    for address in (here, f"{here}record/accused/", f"{here}record/history/", "/vks/", "/vks/deadlines/"):
        leader.open(address)
        assert leader.width() <= SCREEN[0], address


def test_what_was_typed_outlives_a_session_that_ended(sit: Sit) -> None:
    clerk = sit(journey.CLERK)
    name = "Đinh Văn Hết – Phiên làm việc đã hết"
    fill_in(clerk, number="907/QĐ", name=name)
    clerk.context.clear_cookies(name="sessionid")
    page = clerk.page
    page.get_by_role("button", name="Đăng ký").click()
    told = page.locator("#vks-messages [role=alert]")
    expect(told).to_contain_text("Bạn đã đăng xuất, chưa gửi gì đi")
    expect(journey.field(clerk, "name")).to_have_value(name)
    # a part of a page asked for now is no page for signing in
    page.get_by_role("link", name="Nguồn tin về tội phạm").click()
    expect(journey.field(clerk, "name")).to_have_value(name)
    expect(page.locator("input[type=password]")).to_have_count(0)
    # signed in again in another tab, the token of forms is another one
    with clerk.context.expect_page() as opened:
        told.get_by_role("link", name="Đăng nhập (thẻ mới)").click()
    tab = opened.value
    tab.fill("input[name=login], input[name=username]", journey.CLERK)
    tab.fill("input[name=password]", clerk.demonstration.password)
    tab.press("input[name=password]", "Enter")
    tab.wait_for_url("**/vks/cases/new/**")
    clerk.demonstration.sessions[journey.CLERK] = clerk.context.cookies()
    page.get_by_role("button", name="Đăng ký").click()
    page.wait_for_url("**/vks/cases/HS-*/")
    assert page.get_by_role("heading", level=1).inner_text() == name


def test_a_form_is_not_sent_as_somebody_else(sit: Sit) -> None:
    clerk = sit(journey.CLERK)
    fill_in(clerk, number="908/QĐ", name="Đinh Văn Khác – Người khác đã đăng nhập")
    other = sit(journey.LEADER)
    theirs: Any = other.context.cookies()
    clerk.context.add_cookies(theirs)
    clerk.page.get_by_role("button", name="Đăng ký").click()
    expect(clerk.page.locator("#vks-messages [role=alert]")).to_contain_text("người khác đăng nhập")
    assert other.ask("/api/vks/cases/?q=908/QĐ").json()["count"] == 0


def test_what_is_to_be_taken_out_is_drawn_on_the_page(sit: Sit, assigned: OfficeCase) -> None:
    procurator = sit(journey.PROCURATOR)
    document = first_document(procurator, assigned.code)
    page = procurator.page
    assert procurator.open(f"/vks/cases/{assigned.code}/documents/{document}/redact/") == 200
    shown = page.locator("[data-vks-taking-out]")
    lines = page.locator("textarea[name=rectangles]")
    shown.scroll_into_view_if_needed()
    frame = shown.bounding_box()
    assert frame is not None
    # a click draws nothing
    page.mouse.click(frame["x"] + 20, frame["y"] + 20)
    assert lines.input_value() == ""
    for start in (0.1, 0.5):
        page.mouse.move(frame["x"] + frame["width"] * start, frame["y"] + frame["height"] * 0.1)
        page.mouse.down()
        page.mouse.move(frame["x"] + frame["width"] * (start + 0.3), frame["y"] + frame["height"] * 0.2, steps=4)
        page.mouse.up()
    told = [[float(word) for word in line.split()] for line in lines.input_value().splitlines()]
    # an A4 page is 210 by 297 millimetres
    assert [row[0] for row in told] == [1, 1]
    for row, left in zip(told, (21, 105), strict=True):
        assert all(abs(a - b) < 3 for a, b in zip(row[1:], (left, 29.7, 63, 29.7), strict=True)), row
    # the page has shown a picture of the paper as it is from the start: only another one answers the button
    after = page.get_by_role("img", name="sau khi che")
    untouched = after.get_attribute("src") or ""
    page.get_by_role("button", name="Xem lại").click()
    expect(after).not_to_have_attribute("src", untouched)
    page.wait_for_function("(picture) => picture.complete", arg=after.element_handle())
    dark = after.evaluate(
        """(picture) => {
          const canvas = document.createElement("canvas");
          [canvas.width, canvas.height] = [picture.naturalWidth, picture.naturalHeight];
          const pen = canvas.getContext("2d");
          pen.drawImage(picture, 0, 0);
          return [0.15, 0.45, 0.6].map((x) => pen.getImageData(canvas.width * x, canvas.height * 0.12, 1, 1).data[0]);
        }"""
    )
    assert dark[0] < 60, dark
    assert dark[1] > 200, dark
    assert dark[2] < 60, dark
    assert len(lines.input_value().split()) == 10


def test_a_page_is_recognised_before_it_is_moved_and_a_click_shows_it_whole(sit: Sit, assigned: OfficeCase) -> None:
    procurator = sit(journey.PROCURATOR)
    page, document = procurator.page, first_document(procurator, assigned.code)
    assert procurator.open(f"/vks/cases/{assigned.code}/documents/{document}/pages/") == 200
    first = page.locator(".vks-sheet").first
    picture = first.locator("img")
    frame = picture.bounding_box()
    assert frame is not None
    # as tall as the title of a form needs
    assert frame["height"] >= 350
    dialog = page.locator("[data-vks-large]")
    expect(dialog).to_be_hidden()
    picture.click()
    shown = dialog.get_by_role("img", name="Trang 1")
    expect(shown).to_be_visible()
    large = shown.bounding_box()
    assert large is not None
    # every dot that was drawn, as far as the screen is wide
    assert large["width"] >= min(SCREEN[0], shown.evaluate("(each) => each.naturalWidth")) * 0.9
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    # turned, it is shown as it is to be
    first.get_by_role("button", name="Xoay phải trang 1").click()
    # by keyboard too
    first.locator("[data-vks-enlarge]").focus()
    page.keyboard.press("Enter")
    expect(dialog.locator("img")).to_have_class("vks-turn-90")
    # its first line is not below the screen
    assert dialog.evaluate("(each) => each.querySelector('img').getBoundingClientRect().top < 120")
    dialog.get_by_role("button", name="Đóng").click()
    expect(dialog).to_be_hidden()
    assert procurator.width() <= SCREEN[0]
