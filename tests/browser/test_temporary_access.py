"""A case of another office is opened to somebody for a while, and closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser import journey
from tests.browser.test_journey import documents

if TYPE_CHECKING:
    from tests.browser.conftest import OfficeCase, Sit


def test_an_emergency_takes_two_people_and_ends(sit: Sit, assigned: OfficeCase) -> None:
    asker, leader = sit(journey.STRANGER), sit(journey.LEADER)
    of_case = f"/vks/cases/{assigned.code}/"
    own = asker.rows()
    journey.ask_for(asker, assigned.code)
    # nothing is open before somebody else says so
    assert asker.ask(of_case).status == 404
    mine = asker.page.get_by_role("region", name="Của bạn", exact=True).locator("tbody tr", has_text=assigned.code)
    expect(mine).to_contain_text("chờ duyệt")
    expect(asker.page.get_by_role("button", name="Duyệt")).to_have_count(0)
    expect(asker.page.locator(".vks-bar").get_by_role("link", name="Quyền tạm thời")).to_have_text("Quyền tạm thời")
    expect(leader.page.locator(".vks-bar")).not_to_contain_text("Quyền tạm thời 1")
    journey.approve(leader, assigned.code)
    asker.page.reload()
    mine.get_by_role("link", name=assigned.code).click()
    titles = journey.titles(asker)
    assert len(titles.all_inner_texts()) == journey.FILES
    # to read, and nothing to do with it
    expect(asker.page.get_by_role("link", name="Nộp tài liệu")).to_have_count(0)
    expect(asker.page.get_by_role("link", name="Sửa thông tin")).to_have_count(0)
    document = documents(asker, assigned.code)[0]["id"]
    assert asker.ask(f"/api/documents/{document}/preview/").status == 200
    journey.close(leader, assigned.code)
    assert asker.ask(of_case).status == 404
    assert asker.ask(f"/api/documents/{document}/preview/").status in {403, 404}
    listed = asker.ask("/api/documents/?page_size=1000").json()["results"]
    assert document not in {row["id"] for row in listed}
    asker.open("/vks/")
    assert asker.rows() == own


def test_the_confirmation_of_a_transfer_is_read_before_anything_moves(sit: Sit, assigned: OfficeCase) -> None:
    leader = sit(journey.LEADER)
    page = leader.page
    leader.open(f"/vks/cases/{assigned.code}/")
    page.get_by_role("link", name="Chuyển vụ án").click()
    page.get_by_label("Chuyển cho").select_option(value="QN-KV3")
    page.get_by_label("Số, ngày văn bản").fill("12/QĐ-VKS")
    page.keyboard.press("Control+Enter")
    loses = page.locator("section", has_text="Hết quyền xem ngay")
    expect(loses).to_contain_text(journey.PROCURATOR_NAME)
    page.get_by_role("link", name="Thôi").click()
    assert leader.ask(f"/api/vks/cases/{assigned.code}/").json()["unit"] == "QN-KV1"
