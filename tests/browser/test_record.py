"""The record of a case at a desk: registered by keyboard alone, edited, its events recorded, its limits read."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from django.utils import timezone
from playwright.sync_api import expect

from tests.browser import journey
from tests.browser.desk import SCREEN
from tests.browser.test_pages import focus, tab_to

if TYPE_CHECKING:
    import pytest
    from playwright.sync_api import Locator, Page

    from tests.browser.conftest import Sit
    from tests.browser.desk import Person

KEY = 60
"""Milliseconds between two keys: somebody who types well."""
REGISTERED_WITHIN = 90
"""Seconds in which a case with two accused and three charges is registered without a mouse."""

CASE = "HS-QN-KV1-2025-0001"
"""A case of the demonstration that the procuracy has received for the decision on prosecution."""
LEAD = "ksv1.kv1"
INSPECTOR = "ktv.kv1"


def types(page: Page, text: str) -> None:
    """Type at the speed of a person."""
    page.keyboard.type(text, delay=KEY)


def offered(page: Page) -> Locator:
    """Return the suggestions shown; a list to choose from has options as well."""
    return page.locator("#vks-suggestions [role=option]")


def picks(page: Page, text: str, *, expecting: str) -> None:
    """Type and take the first suggestion, when it is the one expected."""
    types(page, text)
    expect(offered(page).first).to_contain_text(expecting)
    page.keyboard.press("Enter")
    expect(page.locator("#vks-suggestions")).to_be_hidden()


def test_a_case_is_registered_by_keyboard_in_ninety_seconds(sit: Sit, capsys: pytest.CaptureFixture[str]) -> None:
    clerk = sit(journey.CLERK)
    page = clerk.page
    clerk.open("/vks/cases/new/")
    started = time.monotonic()
    assert focus(page)["name"] == "init_decision_no"
    types(page, "902/QĐ-CSĐT")
    tab_to(page, "init_decision_date", most=1)
    types(page, "3/4/2026")
    tab_to(page, "init_decision_agency", most=1)
    # an agency that stands in a case this person may know of
    types(page, "cong an thanh pho")
    expect(offered(page).first).to_contain_text("Công an thành phố Hạ Long")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    agency = journey.field(clerk, "init_decision_agency")
    expect(agency).to_have_value("Cơ quan Cảnh sát điều tra Công an thành phố Hạ Long")
    tab_to(page, "crime_date", most=2)
    types(page, "20/3/2026")
    tab_to(page, "accused-0-full_name", most=1)
    types(page, "Đỗ Đức Ưởng")
    tab_to(page, "accused-0-birth", most=1)
    types(page, "15/3/1990")
    tab_to(page, "accused-0-sex", most=2)
    types(page, "Na")
    tab_to(page, "accused-0-charges", most=2)
    picks(page, "173.2", expecting="Điều 173 khoản 2")
    tab_to(page, "accused-0-charges", most=1)
    picks(page, "lua dao chiem doat", expecting="Điều 174 khoản 1")
    page.keyboard.press("Alt+N")
    assert focus(page)["name"] == "accused-1-full_name"
    types(page, "Lê Thị Ổn")
    tab_to(page, "accused-1-birth", most=1)
    types(page, "1993")
    tab_to(page, "accused-1-charges", most=4)
    picks(page, "trom cap tai san", expecting="Điều 173 khoản 1")
    # proposed from what was entered
    expect(journey.field(clerk, "name")).to_have_value("Đỗ Đức Ưởng và đồng phạm – Trộm cắp tài sản")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Đã đăng ký vụ án")).to_be_visible()
    took = time.monotonic() - started
    with capsys.disabled():
        print(f"\nregistered by keyboard: two accused, three charges, {KEY} ms a key: {took:.1f} s")
    assert took <= REGISTERED_WITHIN
    expect(page.get_by_role("heading", level=1)).to_have_text("Đỗ Đức Ưởng và đồng phạm – Trộm cắp tài sản")
    expect(page.locator(".vks-facts dd").nth(1)).to_have_text("nghiêm trọng")
    page.get_by_role("link", name="Bị can & tội danh").click()
    people = page.locator(".vks-person")
    expect(people.nth(0)).to_contain_text("sinh 15/03/1990, nam")
    expect(people.nth(0)).to_contain_text("khoản 2 Điều 173 – Tội trộm cắp tài sản")
    expect(people.nth(0)).to_contain_text("khoản 1 Điều 174")
    expect(people.nth(1)).to_contain_text("Lê Thị Ổn")
    expect(people.nth(1)).to_contain_text("khoản 1 Điều 173")


def test_a_suggestion_is_a_combobox_to_whoever_hears_the_page(sit: Sit) -> None:
    clerk = sit(journey.CLERK)
    page = clerk.page
    clerk.open("/vks/cases/new/")
    charge = journey.field(clerk, "accused-0-charges").first
    charge.focus()
    expect(charge).to_have_role("combobox")
    expect(charge).to_have_attribute("aria-expanded", "false")
    page.keyboard.type("trom cap")
    listbox = page.get_by_role("listbox", name="Gợi ý")
    expect(listbox).to_be_visible()
    expect(charge).to_have_attribute("aria-expanded", "true")
    assert charge.get_attribute("aria-controls") == listbox.get_attribute("id")
    expect(page.get_by_role("status")).to_contain_text("gợi ý")
    options = offered(page)
    assert charge.get_attribute("aria-activedescendant") == options.nth(0).get_attribute("id")
    page.keyboard.press("ArrowDown")
    assert charge.get_attribute("aria-activedescendant") == options.nth(1).get_attribute("id")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    # round at the end, and Escape leaves what was typed
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(page.locator("#vks-suggestions")).to_be_hidden()
    expect(charge).to_have_value("trom cap")
    expect(charge).to_have_attribute("aria-expanded", "false")
    # with the list closed, Enter sends the form; what was typed is still there
    page.keyboard.press("Enter")
    expect(page.locator("#id_init_decision_no_error")).to_be_visible()
    assert journey.field(clerk, "accused-0-charges").first.input_value() == "trom cap"
    clerk.seen.errors.clear()


def test_a_field_is_left_with_what_was_typed(sit: Sit) -> None:
    clerk = sit(journey.CLERK)
    page = clerk.page
    clerk.open("/vks/cases/new/")
    agency = journey.field(clerk, "init_decision_agency")
    agency.focus()
    page.keyboard.type("Công an")
    expect(offered(page).first).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.locator("#vks-suggestions")).to_be_hidden()
    # offered, not taken: nobody chose it
    expect(agency).to_have_value("Công an")
    # a mouse takes one, and the focus stays
    agency.fill("cong an thanh pho")
    offered(page).filter(has_text="thành phố Hạ Long").click()
    expect(agency).to_have_value("Cơ quan Cảnh sát điều tra Công an thành phố Hạ Long")
    assert focus(page)["name"] == "init_decision_agency"
    # a charge that is sent before it was made out is in the name that nobody typed all the same
    for name, said in (
        ("init_decision_no", "78/QĐ-CSHS"),
        ("init_decision_date", "12/03/2026"),
        ("accused-0-full_name", "Lê Thị Gõ"),
    ):
        journey.field(clerk, name).fill(said)
    journey.field(clerk, "accused-0-charges").first.focus()
    page.keyboard.type("173.2")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Lê Thị Gõ – Trộm cắp tài sản")


def test_another_kind_keeps_what_was_typed(sit: Sit) -> None:
    clerk = sit(journey.CLERK)
    page = clerk.page
    clerk.open("/vks/cases/new/")
    journey.field(clerk, "init_decision_no").fill("12/TB-TLVA")
    page.get_by_role("link", name="Vụ án dân sự").click()
    expect(page.get_by_label("Số thụ lý của Tòa án")).to_have_value("12/TB-TLVA")
    expect(page.get_by_label("Quan hệ pháp luật")).to_be_visible()
    assert page.url.endswith("?kind=civil")
    expect(journey.field(clerk, "accused-0-full_name")).to_have_count(0)
    journey.field(clerk, "participants-0-role").select_option(label="Nguyên đơn")


def section(person: Person, name: str, code: str = CASE) -> None:
    """Open a section of the case."""
    assert person.open(f"/vks/cases/{code}/record/{name}/") == 200


def test_a_row_is_added_changed_and_taken_out_in_its_place_by_keyboard(sit: Sit) -> None:
    lead = sit(LEAD)
    page = lead.page
    section(lead, "exhibits")
    page.get_by_role("link", name="Thêm vật chứng").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#exhibit-new form")).to_be_visible()
    expect(page.locator("#exhibit-new [name=name]")).to_be_focused()
    # refused first: the sentence stands at its field and what was typed stays
    tab_to(page, "quantity", most=1)
    page.keyboard.type("02 chiếc")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#id_name_error")).to_be_visible()
    # the field is gone to once the refusal stands beside it
    expect(page.locator("#exhibit-new [name=name]")).to_be_focused()
    expect(page.get_by_label("Số lượng")).to_have_value("02 chiếc")
    lead.seen.errors.clear()
    page.keyboard.type("Điện thoại di động")
    page.keyboard.press("Control+Enter")
    row = page.locator("tr", has_text="Điện thoại di động")
    expect(row).to_contain_text("02 chiếc")
    expect(page.locator("#vks-messages")).to_contain_text("Đã thêm.")
    # the focus is at the row one came from
    expect(row.get_by_role("link", name="Sửa Điện thoại di động")).to_be_focused()
    page.keyboard.press("Enter")
    place = page.get_by_label("Nơi giữ")
    # the form has opened when its first field has the focus
    expect(page.locator("tr.vks-editing [name=name]")).to_be_focused()
    place.focus()
    page.keyboard.type("Kho vật chứng")
    page.keyboard.press("Control+Enter")
    expect(page.locator("tr", has_text="Điện thoại di động")).to_contain_text("Kho vật chứng")
    # the row is back when the focus is: it would take it away again
    expect(row.get_by_role("link", name="Sửa Điện thoại di động")).to_be_focused()
    page.get_by_role("link", name="Bỏ Điện thoại di động").focus()
    page.keyboard.press("Enter")
    reason = page.get_by_label("Lý do bỏ")
    expect(reason).to_be_focused()
    page.keyboard.type("Ghi trùng")
    page.keyboard.press("Enter")
    expect(page.locator("#vks-messages")).to_contain_text("Đã bỏ.")
    expect(page.locator("tr", has_text="Điện thoại di động")).to_have_count(0)
    assert lead.width() <= SCREEN[0]


def test_the_form_of_a_row_works_on_a_page_of_its_own(sit: Sit) -> None:
    """Opened in another tab, or before the script of the page was there, a form has no place to go back into."""
    lead = sit(LEAD)
    page = lead.page
    page.set_default_timeout(30_000)
    lead.open(f"/vks/cases/{CASE}/record/exhibit/add/")
    page.get_by_label("Tên vật chứng").fill("Xe đạp điện")
    page.get_by_role("button", name="Thêm").click()
    expect(page.locator("#vks-messages")).to_contain_text("Đã thêm.")
    remove = page.get_by_role("link", name="Bỏ Xe đạp điện").get_attribute("href")
    lead.open(str(remove))
    page.get_by_role("link", name="Thôi").click()
    expect(page.locator("tr", has_text="Xe đạp điện")).to_have_count(1)
    lead.open(str(remove))
    page.get_by_label("Lý do bỏ").fill("Ghi trùng")
    page.get_by_role("button", name="Bỏ dòng này").click()
    expect(page.locator("#vks-messages")).to_contain_text("Đã bỏ.")
    expect(page.locator("tr", has_text="Xe đạp điện")).to_have_count(0)


def test_leaving_a_form_leads_back_to_its_row(sit: Sit) -> None:
    lead = sit(LEAD)
    page = lead.page
    section(lead, "accused")
    page.get_by_role("link", name="Sửa Nguyễn Văn An").click()
    page.get_by_role("link", name="Thôi").click()
    expect(page.get_by_role("link", name="Sửa Nguyễn Văn An")).to_be_focused()
    expect(page.locator(".vks-editing")).to_have_count(0)


def test_two_people_at_one_case_do_not_write_over_each_other(sit: Sit) -> None:
    lead, inspector = sit(LEAD), sit(INSPECTOR)
    for person in (lead, inspector):
        person.open(f"/vks/cases/{CASE}/edit/")
        person.page.locator("details:has([name='judge'])").evaluate("(each) => each.setAttribute('open', '')")
    journey.field(inspector, "judge").fill("Trần Thị Thẩm")
    inspector.page.get_by_role("button", name="Lưu").click()
    expect(inspector.page.get_by_text("Đã lưu.")).to_be_visible()
    journey.field(lead, "investigator").fill("Hoàng Văn Tuyến, Trung tá")
    lead.page.get_by_role("button", name="Lưu").click()
    expect(lead.page.get_by_role("alert")).to_contain_text("Mai Thị Ỷ vừa sửa vụ án này")
    expect(journey.field(lead, "investigator")).to_have_value("Hoàng Văn Tuyến, Trung tá")
    # what the other changed is there already: nothing of it is written over
    expect(journey.field(lead, "judge")).to_have_value("Trần Thị Thẩm")
    lead.seen.errors.clear()
    lead.page.get_by_role("button", name="Lưu").click()
    expect(lead.page.get_by_text("Đã lưu.")).to_be_visible()
    expect(lead.page.locator(".vks-list")).to_contain_text("Hoàng Văn Tuyến, Trung tá")
    expect(lead.page.locator(".vks-list")).to_contain_text("Trần Thị Thẩm")


def test_an_event_is_recorded_by_keyboard_and_withdrawn(sit: Sit) -> None:
    lead = sit(LEAD)
    page = lead.page
    section(lead, "events")
    event = page.locator("#id_event")
    expect(event.locator("option[value='cao_trang']")).to_have_count(1)
    # one of the people chosen, only what may be recorded of that one is offered
    page.locator("#id_who").select_option(label="1. Nguyễn Văn An")
    expect(event.locator("option[value='cao_trang']")).to_have_count(0)
    expect(event.locator("option[value='huy_bpnc']")).to_have_count(1)
    section(lead, "events")
    event.focus()
    event.select_option(value="gia_han_truy_to")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#event-new form")).to_be_visible()
    expect(page.locator("#event-new [name=happened_on]")).to_be_focused()
    page.keyboard.type(f"{timezone.localdate():%d/%m/%Y}")
    page.locator("[name='number']").focus()
    page.keyboard.type("31/QĐ-VKS")
    page.locator("[name='length']").focus()
    page.keyboard.type("10")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#vks-messages")).to_contain_text("Đã ghi")
    row = page.locator(".vks-timeline li", has_text="31/QĐ-VKS")
    expect(row).to_contain_text("10 ngày")
    # the limit of the header went on with it
    nearest = page.locator(".vks-nearest")
    expect(nearest).to_contain_text("10 ngày")
    prolonged = nearest.inner_text()
    row.get_by_role("link", name="Rút").click()
    page.get_by_label("Lý do rút").fill("Ghi nhầm vụ")
    page.keyboard.press("Enter")
    expect(page.locator(".vks-timeline li.vks-withdrawn", has_text="31/QĐ-VKS")).to_contain_text("Ghi nhầm vụ")
    expect(nearest).not_to_have_text(prolonged)
    assert lead.width() <= SCREEN[0]


def test_the_morning_review_fits_one_screen_and_leads_to_the_case(sit: Sit) -> None:
    lead = sit(LEAD)
    page = lead.page
    page.get_by_role("link", name="Thời hạn").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Thời hạn, ngày")
    expect(page.get_by_role("link", name=CASE).first).to_be_visible()
    # the colours are said in words too, and counted
    expect(page.locator(".vks-bands li")).to_have_count(4)
    assert page.evaluate("document.documentElement.scrollHeight") <= SCREEN[1]
    page.get_by_role("link", name=CASE).first.click()
    expect(page.locator(".vks-limits").first).to_contain_text("nhận hồ sơ")
    assert lead.width() <= SCREEN[0]


def test_the_arithmetic_of_the_nearest_limit_opens_for_the_keyboard(sit: Sit) -> None:
    # how long the sentence is depends on the day: in a narrow window it is cut off on every day
    narrow = 900
    lead = sit("ksv2.kv1", viewport={"width": narrow, "height": SCREEN[1]})
    page = lead.page
    lead.open("/vks/cases/HS-QN-KV1-2025-0002/record/info/")
    arithmetic = page.locator("#vks-arithmetic")
    link = page.locator(".vks-nearest a")
    expect(link).to_have_accessible_description(arithmetic.inner_text())
    before = arithmetic.bounding_box()
    link.focus()
    after = arithmetic.bounding_box()
    assert before is not None
    assert after is not None
    assert after["height"] > before["height"], "it was cut off and is whole now"
    assert lead.width() <= narrow


def test_the_bar_of_sections_takes_two_lines_at_most_and_each_leads_somewhere(sit: Sit) -> None:
    lead = sit(LEAD)
    lead.open(f"/vks/cases/{CASE}/")
    links = lead.page.locator(".vks-tabs a")
    addresses = [str(each.get_attribute("href")) for each in links.all()]
    assert len(addresses) > 10
    for address in addresses:
        assert lead.open(address) == 200
        assert lead.width() <= SCREEN[0], address
        if links.count():
            assert links.evaluate_all("(all) => new Set(all.map((each) => each.getBoundingClientRect().top)).size") <= 2
            assert lead.page.locator(".vks-tabs a[aria-current=page]").get_attribute("href") == address


def test_the_record_is_kept_without_scripts(sit: Sit) -> None:
    clerk = sit(journey.CLERK, java_script_enabled=False)
    page = clerk.page
    clerk.open("/vks/cases/new/")
    journey.field(clerk, "init_decision_no").fill("906/QĐ")
    journey.field(clerk, "init_decision_date").fill("05/05/2026")
    journey.field(clerk, "init_decision_agency").fill("Công an phường Bãi Cháy")
    journey.field(clerk, "accused-0-full_name").fill("Vi Văn Tình")
    journey.field(clerk, "accused-0-charges").first.fill("249.1")
    page.get_by_role("button", name="Thêm người", exact=True).click()
    # the server gave the row; what was typed is there
    expect(journey.field(clerk, "accused-0-full_name")).to_have_value("Vi Văn Tình")
    expect(journey.field(clerk, "accused-0-charges").first).to_have_value("249.1")
    journey.field(clerk, "accused-1-full_name").fill("Vi Thị Lý")
    page.get_by_role("button", name="Đăng ký").click()
    name = "Vi Văn Tình và đồng phạm – Tàng trữ trái phép chất ma túy"
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    page.get_by_role("link", name="Người tham gia").click()
    page.get_by_role("link", name="Thêm người tham gia tố tụng").click()
    page.get_by_label("Tư cách tham gia tố tụng").select_option(label="Người làm chứng")
    page.get_by_label("Họ và tên").fill("Chu Thị Chứng")
    page.get_by_role("button", name="Thêm", exact=True).click()
    expect(page.get_by_text("Đã thêm.")).to_be_visible()
    expect(page.locator("tr", has_text="Chu Thị Chứng")).to_contain_text("Người làm chứng")
    page.get_by_role("link", name="Diễn biến").click()
    page.locator("#id_event").select_option(value="bat_nguoi")
    page.get_by_role("button", name="Ghi sự kiện").click()
    page.get_by_label("Đối với").select_option(label="1. Vi Văn Tình")
    page.locator("[name='happened_on']").fill("05/05/2026")
    page.get_by_role("button", name="Ghi", exact=True).click()
    expect(page.locator(".vks-timeline")).to_contain_text("Bắt – Vi Văn Tình")


def test_a_report_is_given_as_many_charges_as_it_needs(sit: Sit) -> None:
    lead = sit(LEAD)
    lead.open("/vks/cases/HS-NT-QN-KV1-2025-0001/become/")
    charges = lead.page.locator("input[name=case_charges]")
    expect(charges).to_have_count(2)
    for number, text in enumerate(("174.1", "175.1")):
        charges.nth(number).fill(text)
        lead.page.keyboard.press("Escape")
    expect(charges).to_have_count(3)
    expect(lead.page.get_by_label("Tội danh của vụ án 3")).to_be_visible()
