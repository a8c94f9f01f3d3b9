"""The paper of a case of twelve volumes goes from the clerk to the procurator, as the two of them do it at their desks."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser import journey
from tests.browser.test_pages import focus, tab_to
from tests.browser.test_record import picks, types

if TYPE_CHECKING:
    import pytest
    from playwright.sync_api import Page

    from tests.browser.conftest import Sit
    from tests.browser.demonstration import Demonstration

VOLUMES = 12
SCANNER = 4
"""Milliseconds between two characters of a scanner that stands in for a keyboard."""
REACH = 400
"""Milliseconds from one volume to the next: the hand of who scans them off a trolley."""
RECEIVER = "ksv2.kv1"


def bound(demonstration: Demonstration) -> str:
    """Return a case of twelve volumes whose paper its office has, assigned to the receiver."""
    case = {
        "unit": "QN-KV1",
        "name": "Lục Văn Cẩn – Trộm cắp tài sản",
        "stage": "truy_to",
        "init_decision_no": "512/QĐ-CSĐT",
        "init_decision_date": "2026-02-03",
        "init_decision_agency": "Cơ quan Cảnh sát điều tra Công an tỉnh Quảng Ninh",
    }
    code: str = demonstration.send("/api/vks/cases/", journey.CLERK, case)["code"]
    lead = {"user": RECEIVER, "role": "prosecutor_lead"}
    demonstration.send(f"/api/vks/cases/{code}/assignments/", journey.LEADER, lead)
    for number in range(1, VOLUMES + 1):
        volume = {"number": number, "folio_from": 200 * number - 199, "folio_to": 200 * number}
        demonstration.send(f"/api/vks/cases/{code}/volumes/", RECEIVER, volume)
    return code


def scans(page: Page, code: str, numbers: range) -> None:
    """Hold the scanner at one label after the other: it types at once and ends with Enter."""
    for number in numbers:
        page.wait_for_timeout(REACH)
        page.keyboard.type(f"{code}-HSVA-T{number:02d}", delay=SCANNER)
        page.keyboard.press("Enter")
        assert focus(page)["name"] == "codes", number


def test_twelve_volumes_are_handed_over_by_scanning_their_labels(
    sit: Sit, demonstration: Demonstration, capsys: pytest.CaptureFixture[str]
) -> None:
    code = bound(demonstration)
    clerk, receiver = sit(journey.CLERK), sit(RECEIVER, then="/vks/custody/")
    page, there = clerk.page, receiver.page
    keeper = page.locator(".vks-facts dd").filter(has_text="Viện kiểm sát nhân dân khu vực 1").first

    # the clerk gives: neither a mouse nor a second look is needed
    clerk.open("/vks/custody/")
    started = time.monotonic()
    assert focus(page)["name"] == "case"
    picks(page, code, expecting=code)
    page.keyboard.press("Enter")
    page.wait_for_url("**/vks/custody/new/**")
    assert focus(page)["name"] == "direction"
    types(page, "N")
    tab_to(page, "Chọn", most=1)
    page.keyboard.press("Enter")
    page.wait_for_url("**direction=noi_bo**")
    assert focus(page)["name"] == "reason"
    # of the reasons the first that begins so, and of the people
    types(page, "Ng")
    tab_to(page, "person", most=1)
    types(page, "Ng")
    tab_to(page, "codes", most=1)
    state, counter = page.locator("[data-vks-scan-state]"), page.locator("[data-vks-scanned]")
    # all are ticked and none is scanned; the label of another case counts for none
    expect(counter).to_have_text(f"đã quét 0/{VOLUMES}")
    page.keyboard.type("HS-QN-KV1-2025-0001-HSVA-T01\n", delay=SCANNER)
    expect(state).to_contain_text("Không phải nhãn của tập nào ở đây: HS-QN-KV1-2025-0001-HSVA-T01")
    expect(counter).to_have_text(f"đã quét 0/{VOLUMES}")
    scans(page, code, range(1, VOLUMES))
    # what is missing is told before the last label
    expect(state).to_have_text(f"Còn thiếu: Tập {VOLUMES}")
    scans(page, code, range(VOLUMES, VOLUMES + 1))
    expect(state).to_have_text("Đã quét đủ.")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Đã giao, chờ bên nhận.")).to_be_visible()
    given = time.monotonic() - started
    expect(page.locator(".vks-facts")).to_contain_text("Nghiên cứu hồ sơ")
    # nobody has received it: the paper is still the office's
    clerk.open(f"/vks/cases/{code}/custody/")
    expect(keeper).not_to_contain_text(journey.PROCURATOR_NAME)

    # the receiver counts again
    receiver.open("/vks/custody/")
    started = time.monotonic()
    coming = there.get_by_role("region", name="Đang đến").locator("tr", has_text=code)
    coming.get_by_role("link").first.click()
    state, counter = there.locator("[data-vks-scan-state]"), there.locator("[data-vks-scanned]")
    expect(counter).to_have_text(f"đã quét 0/{VOLUMES}")
    expect(there.get_by_label("Quét hoặc gõ mã nhãn tập")).to_be_focused()
    scans(there, code, range(1, VOLUMES))
    there.keyboard.press("Control+Enter")
    # with one still on the trolley it is refused, and the count goes on where it was
    expect(there.locator("#vks-volumes-error")).to_contain_text(f"Còn thiếu Tập {VOLUMES}")
    receiver.seen.errors.clear()
    expect(state).to_have_text(f"Còn thiếu: Tập {VOLUMES}")
    expect(counter).to_have_text(f"đã quét {VOLUMES - 1}/{VOLUMES}")
    scans(there, code, range(VOLUMES, VOLUMES + 1))
    expect(state).to_have_text("Đã quét đủ.")
    # a label of another case is told, and changes nothing
    there.keyboard.type("HS-QN-KV1-2025-0001-HSVA-T01\n", delay=SCANNER)
    expect(state).to_contain_text("Không phải nhãn của tập nào ở đây: HS-QN-KV1-2025-0001-HSVA-T01")
    expect(state).not_to_contain_text("Nhãn tập có dạng")
    expect(counter).to_have_text(f"đã quét {VOLUMES}/{VOLUMES}")
    # and of what is no label at all, what one looks like
    there.keyboard.type("HS-QN-KV1-2025-0001\n", delay=SCANNER)
    expect(state).to_contain_text(f"HS-QN-KV1-2025-0001. Nhãn tập có dạng {code}-HSVA-T01.")
    for name in ("documents_complete", "exhibits_complete"):
        tab_to(there, name, most=VOLUMES + 1)
        there.keyboard.press("Space")
    there.keyboard.press("Control+Enter")
    expect(there.get_by_text("Đã nhận hồ sơ.")).to_be_visible()
    received = time.monotonic() - started
    with capsys.disabled():
        print(f"\n{VOLUMES} volumes: given in {given:.1f} s, received in {received:.1f} s")

    clerk.open(f"/vks/cases/{code}/custody/")
    expect(keeper).to_contain_text(journey.PROCURATOR_NAME)
    expect(page.locator("tr", has_text="Đã nhận")).to_contain_text(f"{VOLUMES} tập, BL 1–{200 * VOLUMES}")
    acts = clerk.ask(f"/api/vks/cases/{code}/ledger/").json()["results"]
    told = {row["act"]: row for row in acts}
    for act, person in (("hand_over_sent", "Trần Thị Thư"), ("hand_over_accepted", journey.PROCURATOR_NAME)):
        assert told[act]["actor"]["name"] == person
        values = {each["name"]: each["value"] for each in told[act]["values"]}
        assert (values["volumes"], values["folio_from"], values["folio_to"]) == (VOLUMES, 1, 200 * VOLUMES)
