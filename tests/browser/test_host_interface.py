"""What people see in the host's own interface; the stand-in has none, so these need the real host."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser import journey
from tests.browser.demonstration import ROOT
from tests.browser.test_journey import documents, until_found

if TYPE_CHECKING:
    from tests.browser.conftest import OfficeCase, Sit
    from tests.browser.demonstration import Demonstration


def test_our_entry_stands_in_the_sidebar_and_leads_to_the_cases(sit: Sit) -> None:
    procurator = sit(journey.PROCURATOR, then="/dashboard")
    page = procurator.page
    entry = page.locator("#sidebarMenu").get_by_role("link", name="Hồ sơ vụ án")
    expect(entry).to_be_visible()
    # once the host has read this person's settings, which undo what was clicked before
    page.wait_for_load_state("networkidle")
    # it redraws its sidebar when it is narrowed, and on every change of page
    page.locator(".sidebar-slim-toggler").click()
    expect(entry).to_be_visible()
    expect(entry.locator("span")).to_be_hidden()
    page.locator(".sidebar-slim-toggler").click()
    page.locator("#sidebarMenu a[href='/documents']").click()
    # the host adds the order of the list to the address at once
    page.wait_for_url(re.compile(r"/documents($|\?)"))
    expect(entry).to_have_count(1)
    page.wait_for_load_state("networkidle")
    entry.click()
    page.wait_for_url("**/vks/")
    expect(page.get_by_role("heading", name="Vụ án", exact=True)).to_be_visible()


def test_the_search_box_finds_a_document_without_accents(sit: Sit, assigned: OfficeCase) -> None:
    procurator = sit(journey.PROCURATOR, then="/dashboard")
    until_found(procurator, "/api/documents/?query=ngoan")
    page = procurator.page
    page.get_by_placeholder("Tìm kiếm…").or_(page.get_by_placeholder("Tìm kiếm...")).first.fill("khuat quynh ngoan")
    hit = page.locator("pngx-global-search").get_by_text(journey.INTERROGATION)
    expect(hit).to_be_visible()
    # a single answer is opened at once
    page.keyboard.press("Enter")
    expect(page.locator("#vks-case")).to_contain_text(assigned.code)
    procurator.open("/documents?text=khuat%20quynh%20ngoan")
    expect(page.locator("pngx-document-card-small")).to_have_count(1)
    expect(page.locator("pngx-document-card-small")).to_contain_text(journey.INTERROGATION)


def test_a_document_of_the_dms_names_its_case(sit: Sit, assigned: OfficeCase) -> None:
    procurator = sit(journey.PROCURATOR)
    document = documents(procurator, assigned.code)[0]["id"]
    procurator.open(f"/documents/{document}")
    link = procurator.page.locator("#vks-case").get_by_role("link")
    expect(link).to_have_text(f"Vụ án {assigned.code} – {journey.CASE_NAME}")
    link.click()
    procurator.page.wait_for_url(f"**/vks/cases/{assigned.code}/")
    expect(procurator.page.locator(".vks-code")).to_have_text(assigned.code)


def test_a_stranger_finds_nothing_in_the_host_interface(sit: Sit, assigned: OfficeCase) -> None:
    stranger = sit(journey.STRANGER, then="/documents")
    page = stranger.page
    own = documents(stranger, "HS-QN-KV3-2025-0001")
    cards = page.locator("pngx-document-card-small")
    expect(cards).to_have_count(len(own))
    assert journey.ACCUSED not in page.content()
    box = page.get_by_placeholder("Tìm kiếm…").or_(page.get_by_placeholder("Tìm kiếm...")).first
    # a word of the stranger's own papers is found, so the box works
    box.fill("niem phong")
    expect(page.locator("pngx-global-search").get_by_text("Biên bản niêm phong").first).to_be_visible()
    box.fill("khuat quynh ngoan")
    expect(page.locator("pngx-global-search").get_by_text("Biên bản niêm phong")).to_have_count(0)
    expect(page.locator("pngx-global-search").get_by_text(journey.ACCUSED)).to_have_count(0)
    page.keyboard.press("Enter")
    page.wait_for_url("**/documents?**")
    expect(cards).to_have_count(0)


def test_a_case_opened_for_a_while_is_listed_until_it_is_closed(sit: Sit, assigned: OfficeCase) -> None:
    stranger, leader = sit(journey.STRANGER), sit(journey.LEADER)
    own = len(documents(stranger, "HS-QN-KV3-2025-0001"))
    journey.ask_for(stranger, assigned.code)
    journey.approve(leader, assigned.code)
    cards = stranger.page.locator("pngx-document-card-small")
    stranger.open("/documents")
    expect(cards).to_have_count(own + journey.FILES)
    # a picture that is asked for only when the case is closed again is refused, and the browser complains
    stranger.page.wait_for_load_state("networkidle")
    journey.close(leader, assigned.code)
    stranger.page.reload()
    expect(cards).to_have_count(own)
    assert journey.ACCUSED not in stranger.page.content()


def test_a_stranger_is_told_nothing_of_a_file(sit: Sit, assigned: OfficeCase) -> None:
    procurator, stranger = sit(journey.PROCURATOR), sit(journey.STRANGER)
    answers = set()
    for row in documents(procurator, assigned.code):
        path = f"/api/documents/{row['id']}/metadata/"
        assert "original_checksum" in procurator.ask(path).json()
        answer = stranger.ask(path)
        answers.add((answer.status, answer.text()))
    # one and the same refusal for all of them
    assert len(answers) == 1
    assert answers.pop()[0] in {403, 404}


def test_nothing_but_numbers_of_ones_own_on_the_dashboard(sit: Sit, assigned: OfficeCase) -> None:
    stranger = sit(journey.STRANGER, then="/dashboard")
    own = len(documents(stranger, "HS-QN-KV3-2025-0001"))
    total = stranger.page.locator("pngx-statistics-widget")
    expect(total).to_contain_text("Tổng số tài liệu")
    assert stranger.ask("/api/statistics/").json()["documents_total"] == own


def test_limits_that_draw_near_are_told_to_whoever_works_on_the_case(sit: Sit, demonstration: Demonstration) -> None:
    morning = "from vks_plugin.access.reminders import remind; remind()"
    words = ["manage", "--data", str(demonstration.folder), "shell", "-c", morning]
    subprocess.run([sys.executable, "-m", "vks_plugin.cli", *words], cwd=ROOT, check=True, capture_output=True)
    here, elsewhere = sit("ksv1.kv1", then="/dashboard"), sit("ksv1.kv3", then="/dashboard")
    for person, code, limit, foreign in (
        (here, "HS-QN-KV1-2025-0001", "Quyết định việc truy tố", "KV3"),
        (elsewhere, "HS-QN-KV3-2025-0001", "Mở phiên tòa sơ thẩm", "KV1"),
    ):
        notice = person.page.locator("#vks-reminders")
        expect(notice).to_be_visible()
        line = notice.locator("li", has_text=code)
        expect(line).to_contain_text(limit)
        expect(notice).not_to_contain_text(foreign)
        expect(line.get_by_role("link")).to_have_attribute("href", f"/vks/cases/{code}/")
        with person.page.expect_response("**/api/vks/reminders/read/") as answered:
            notice.locator(".btn-close").click()
        assert answered.value.ok
        # read is read, on the next page too
        with person.page.expect_response("**/api/vks/reminders/") as asked:
            person.page.reload()
        assert asked.value.json()["count"] == 0
        expect(notice).to_have_count(0)
