"""Pictures of the product for its documents: `python -m tests.browser.screenshots --data DIR --out docs/images`.

They show the demonstration, in Vietnamese, on the real host where there is one; on the
stand-in the two of the host's own interface are left out, without LibreOffice the slide it shows.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pypdf
import pypdfium2
from playwright.sync_api import expect, sync_playwright

from tests.browser.demonstration import READY, Demonstration
from tests.browser.desk import ARGUMENTS, CHROMIUM, SCREEN, Person
from tests.libreoffice import HERE, in_libreoffice
from vks_plugin.demonstration.hosts import choose

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CASE = "HS-QN-KV1-2025-0001"
INVESTIGATED = "HS-QN-KV1-2025-0002"
TRIED = "HS-QN-KV3-2025-0001"
CHIEF = "vt.tinh"
LEADER = "vt.kv1"
CLERK = "vanthu.kv1"
PROCURATOR = "ksv1.kv1"
_PRINTED = r"/print/|/slip/|/papers/record/$|/record/\?format=pdf$|/checkpoints/\d+/"
"""Links behind which a printed form lies."""
_LARGEST_IN_ALL = 2 * 1024 * 1024
_DRAWN_WITHIN = 2_500
"""Milliseconds the browser's own viewer takes to draw a page; it does not say when it has."""


class Album:
    """A folder of pictures."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.made: list[Path] = []

    def shoot(self, page: Page, name: str) -> None:
        """Keep what the window shows."""
        path = self.folder / f"{name}.png"
        page.screenshot(path=path)
        self.made.append(path)

    def draw(self, pdf: Path, pages: dict[str, int], *, scale: float = 1.2) -> None:
        """Keep pages of a PDF, by name and number counted from 1."""
        document = pypdfium2.PdfDocument(pdf)
        for name, number in pages.items():
            path = self.folder / f"{name}.png"
            document[number - 1].render(scale=scale).to_pil().save(path)
            self.made.append(path)
        document.close()

    def shrink(self) -> int:
        """Reduce the colours where `pngquant` is at hand; return the bytes of all pictures."""
        program = shutil.which("pngquant")
        if program is not None:
            for path in self.made:
                subprocess.run(
                    [program, "--force", "--skip-if-larger", "--speed=1", "--strip", "--output", path, "64", path],
                    check=False,
                )
        return sum(path.stat().st_size for path in self.made)


def case_list(album: Album, chief: Person, name: str) -> None:
    """Shoot the list of all cases."""
    chief.open("/vks/")
    album.shoot(chief.page, name)


def registration(album: Album, clerk: Person) -> None:
    """Shoot the form, filled in; nothing is registered."""
    clerk.open("/vks/cases/new/")
    page = clerk.page
    for name, value in (
        ("init_decision_no", "215/QĐ-CQĐT"),
        ("init_decision_date", "12/03/2026"),
        ("init_decision_agency", "Cơ quan Cảnh sát điều tra Công an tỉnh Quảng Ninh"),
        ("crime_date", "08/03/2026"),
        ("accused-0-full_name", "Hoàng Đình Nghĩa"),
        ("accused-0-birth", "17/06/1994"),
        ("accused-0-residence", "Phường Hồng Gai, Hạ Long"),
    ):
        page.locator(f"[name='{name}']").fill(value)
    page.locator("[name='accused-0-sex']").select_option(label="Nam")
    charges = page.locator("[name='accused-0-charges']")
    charges.first.press_sequentially("134.2")
    page.locator("#vks-suggestions [role=option]").first.click()
    charges.nth(1).press_sequentially("gay roi trat tu")
    expect(page.locator("#vks-suggestions [role=option]").first).to_be_visible()
    album.shoot(page, "registration")


def case(album: Album, procurator: Person) -> None:
    """Shoot a case with one of its documents beside it."""
    procurator.open(f"/vks/cases/{CASE}/")
    procurator.page.get_by_role("link", name="Quyết định khởi tố vụ án", exact=True).click()
    procurator.page.wait_for_timeout(_DRAWN_WITHIN)
    album.shoot(procurator.page, "case")


def record(album: Album, browser: Browser, demonstration: Demonstration) -> None:
    """Shoot the record of a case under investigation, one before the decision on prosecution, and one at trial."""
    for username, code, section, name, scheme in (
        ("ksv2.kv1", INVESTIGATED, "accused", "case-investigation", "light"),
        (PROCURATOR, CASE, "events", "case-prosecution", "light"),
        ("ksv1.kv3", TRIED, "limits", "case-trial", "light"),
        ("ksv2.kv1", INVESTIGATED, "people", "case-dark", "dark"),
    ):
        person = Person(browser, demonstration, color_scheme=scheme).sign_in(username)
        person.open(f"/vks/cases/{code}/record/{section}/")
        album.shoot(person.page, name)
        person.leave()
    leader = Person(browser, demonstration).sign_in(LEADER)
    leader.open("/vks/deadlines/?whose=all")
    album.shoot(leader.page, "deadlines")


def handing_on(album: Album, browser: Browser, demonstration: Demonstration) -> None:
    """Shoot requests that wait, and a transfer to be confirmed; one request is answered, nothing is transferred."""
    for username, code, hours, reason in (
        ("ksv1.kv3", CASE, 8, "Bị can trong vụ tôi thụ lý khai cùng gây án, cần đối chiếu lời khai ngay trong đêm."),
        ("vanthu.kv3", INVESTIGATED, 2, "Công an báo bắt được người bị truy nã, cần quyết định khởi tố bị can ngay."),
    ):
        asker = Person(browser, demonstration).sign_in(username)
        asker.open("/vks/temporary-access/")
        page = asker.page
        page.locator("[name=code]").fill(code)
        page.locator("[name=hours]").fill(str(hours))
        page.locator("[name=reason]").fill(reason)
        page.get_by_role("button", name="Gửi đề nghị").click()
        expect(page.get_by_text("Đã gửi đề nghị.")).to_be_visible()
        asker.leave()
    leader = Person(browser, demonstration).sign_in(LEADER)
    leader.open("/vks/temporary-access/")
    leader.page.locator("tr", has_text=INVESTIGATED).get_by_role("button", name="Duyệt").first.click()
    expect(leader.page.get_by_text("Đã duyệt")).to_be_visible()
    leader.open("/vks/temporary-access/")
    album.shoot(leader.page, "temporary-access")
    leader.open(f"/vks/cases/{CASE}/transfer/")
    leader.page.get_by_label("Chuyển cho").select_option(value="QN-KV3")
    leader.page.get_by_label("Số, ngày văn bản").fill("118/QĐ-VKS ngày 20/11/2026")
    leader.page.get_by_role("button", name="Xem ai hết quyền").click()
    expect(leader.page.get_by_text("Hết quyền xem ngay")).to_be_visible()
    album.shoot(leader.page, "transfer")


def bundle(album: Album, procurator: Person, scratch: Path) -> None:
    """Make a bundle, shoot it where it lies ready, and draw its first pages."""
    procurator.open(f"/vks/cases/{CASE}/")
    page = procurator.page
    page.get_by_role("link", name="Tập hồ sơ trình Tòa").click()
    page.get_by_role("button", name="Lập tập hồ sơ").click()
    row = page.locator("#vks-new-bundle .vks-bundle")
    ready = row.get_by_role("link", name="Tải về")
    expect(ready).to_be_visible(timeout=120_000)
    with page.expect_download() as waiting:
        ready.click()
    target = scratch / "bundle.pdf"
    waiting.value.save_as(target)
    row.get_by_role("link", name="Xem").click()
    page.wait_for_timeout(_DRAWN_WITHIN)
    album.shoot(page, "bundle")
    album.draw(target, {"bundle-cover": 1, "bundle-index": 2, "bundle-page": 9})


def custody(album: Album, browser: Browser, demonstration: Demonstration) -> None:
    """Shoot who has the file, what is on the way, how far the digitisation of an office is, and the ledger."""
    for username, address, name in (
        ("vanthu.kv3", f"/vks/cases/{TRIED}/custody/", "custody"),
        (CLERK, "/vks/custody/", "in-my-hands"),
        (LEADER, "/vks/digitisation/", "digitisation-board"),
        (CHIEF, "/vks/ledger/", "ledger"),
    ):
        person = Person(browser, demonstration).sign_in(username)
        person.open(address)
        album.shoot(person.page, name)
        person.leave()


def forms(album: Album, browser: Browser, demonstration: Demonstration, scratch: Path) -> None:
    """Draw the papers that acts of custody print, each as its page hands it out."""
    year = dt.datetime.now(tz=dt.UTC).year
    register = f"register=giao-nhan&unit=QN-KV1&first=01/01/{year}&last=31/12/{year}&format=pdf"
    for username, page, link, name in (
        (LEADER, "/vks/custody/", r"/vks/custody/\d+/", "form-hand-over"),
        (LEADER, "/vks/loans/", r"/vks/loans/\d+/", "form-loan"),
        (CHIEF, f"/vks/cases/{TRIED}/record/digitisation/", "", "form-seal"),
        (CHIEF, "/vks/archive/accessions/", r"/vks/archive/accessions/\d+/", "form-accession"),
        (CHIEF, "/vks/archive/disposals/", r"/vks/archive/disposals/\d+/", "form-disposal"),
        (CHIEF, "/vks/ledger/", "", "form-checkpoint"),
        (LEADER, f"/vks/custody/register/?{register}", "", "form-register"),
    ):
        person = Person(browser, demonstration).sign_in(username)
        address = page
        if "format=pdf" not in page:
            person.open(page)
            pages = [each for each in _links(person) if re.fullmatch(link, each)] if link else [page]
            address = next(paper for each in pages for paper in _papers(person, each))
        answer = person.context.request.get(address)
        assert answer.headers["content-type"] == "application/pdf", (name, answer.status)
        file = scratch / f"{name}.pdf"
        file.write_bytes(answer.body())
        album.draw(file, {name: 1}, scale=0.9)
        person.leave()


def _papers(person: Person, page: str) -> list[str]:
    person.open(page)
    return [each for each in _links(person) if re.search(_PRINTED, each)]


def _links(person: Person) -> list[str]:
    found: list[str] = person.page.locator("a[href^='/vks/']").evaluate_all(
        "links => links.map(link => link.getAttribute('href'))"
    )
    return found


def presentation(album: Album, browser: Browser, demonstration: Demonstration, scratch: Path) -> None:
    """Shoot a presentation where it is composed, and its package opened from a folder without a network."""
    person = Person(browser, demonstration).sign_in("ksv1.kv3")
    person.open(f"/vks/cases/{TRIED}/presentations/1/")
    album.shoot(person.page, "presentation")
    plan = person.page.locator("tr", has_text="Sơ đồ hiện trường").get_by_role("link", name="Sửa")
    person.open(plan.first.get_attribute("href") or "")
    person.page.wait_for_timeout(_DRAWN_WITHIN)
    album.shoot(person.page, "scene-plan")
    person.open(f"/vks/cases/{TRIED}/redactions/")
    person.page.get_by_role("checkbox").first.check()
    person.page.get_by_role("button", name="Tìm trong cả hồ sơ").click()
    expect(person.page.get_by_role("button", name="Lập các bản đã che")).to_be_visible(timeout=120_000)
    album.shoot(person.page, "redaction")
    person.open(f"/vks/cases/{TRIED}/presentations/1/")
    link = person.page.locator("a[href$='/download/']").first
    with person.page.expect_download() as waiting:
        link.click()
    package = scratch / "package.zip"
    waiting.value.save_as(package)
    shutil.unpack_archive(package, scratch / "package")
    index = next((scratch / "package").rglob("index.html"))
    width, height = SCREEN
    offline = browser.new_context(viewport={"width": width, "height": height}, offline=True)
    court = offline.new_page()
    court.goto(index.as_uri())
    for name, steps in (("deck-diagram", 1), ("deck", 2)):
        for _ in range(steps):
            court.keyboard.press("ArrowRight")
        court.wait_for_timeout(_DRAWN_WITHIN)
        album.shoot(court, name)
    # a line of that page, as the court is made to read it
    court.keyboard.press("t")
    sheet = court.locator(".page-sheet").first.bounding_box()
    assert sheet is not None
    for place, (x, y) in enumerate(((0.13, 0.404), (0.94, 0.447))):
        court.mouse.move(sheet["x"] + sheet["width"] * x, sheet["y"] + sheet["height"] * y)
        if not place:
            court.mouse.down()
    court.mouse.up()
    # its buttons go by themselves
    court.wait_for_timeout(_DRAWN_WITHIN + 500)
    album.shoot(court, "deck-callout")
    court.keyboard.press("Escape")
    with court.expect_popup() as opened:
        court.keyboard.press("n")
    opened.value.set_viewport_size({"width": width, "height": height})
    opened.value.wait_for_timeout(_DRAWN_WITHIN)
    album.shoot(opened.value, "deck-presenter")
    offline.close()
    if HERE:
        powerpoint(album, person, scratch)
    person.leave()


def powerpoint(album: Album, person: Person, scratch: Path) -> None:
    """Draw the first exhibit of a deck in PowerPoint's form as LibreOffice shows it."""
    person.open(f"/vks/cases/{TRIED}/presentations/1/")
    person.page.get_by_role("button", name="PowerPoint", exact=True).click()
    made = person.page.locator(".vks-bundle", has_text="PowerPoint").locator("a[href$='/download/']")
    expect(made.first).to_be_visible(timeout=120_000)
    with person.page.expect_download() as waiting:
        made.first.click()
    file = scratch / "deck.pptx"
    waiting.value.save_as(file)
    slides = in_libreoffice(file, scratch)
    shown = [" ".join(page.extract_text().split()) for page in pypdf.PdfReader(slides).pages]
    first = next(number for number, words in enumerate(shown, 1) if re.search(r"BL \d+ BL \d+", words))
    album.draw(slides, {"deck-powerpoint": first})


def host_interface(album: Album, leader: Person) -> None:
    """Shoot our entry in the host's sidebar, and a document that names its case."""
    leader.open("/documents")
    page = leader.page
    expect(page.locator("#vks-sidebar")).to_be_visible()
    cards = page.locator("pngx-document-card-small")
    expect(cards.first).to_be_visible()
    page.wait_for_load_state("networkidle")
    album.shoot(page, "host-sidebar")
    rows = leader.ask(f"/api/vks/cases/{CASE}/documents/").json()["results"]
    document = next(row["id"] for row in rows if row["document_type"] == "QDKTVA")
    leader.open(f"/documents/{document}")
    expect(page.locator("#vks-case")).to_be_visible()
    expect(page.locator(".page[data-loaded=true] canvas").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    album.shoot(page, "host-document")


def take(browser: Browser, demonstration: Demonstration, album: Album, scratch: Path) -> None:
    """Take every picture."""
    chief = Person(browser, demonstration).sign_in(CHIEF)
    case_list(album, chief, "case-list")
    chief.open("/vks/organization/")
    album.shoot(chief.page, "organisation")
    registration(album, Person(browser, demonstration).sign_in(CLERK))
    procurator = Person(browser, demonstration).sign_in(PROCURATOR)
    case(album, procurator)
    record(album, browser, demonstration)
    handing_on(album, browser, demonstration)
    bundle(album, procurator, scratch)
    custody(album, browser, demonstration)
    forms(album, browser, demonstration, scratch)
    presentation(album, browser, demonstration, scratch)
    dark = Person(browser, demonstration, color_scheme="dark").sign_in(CHIEF)
    case_list(album, dark, "case-list-dark")
    if demonstration.host == "paperless":
        host_interface(album, Person(browser, demonstration).sign_in(LEADER))


def main() -> int:
    """Start the demonstration, take the pictures, stop it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="data of the demonstration; kept, so that a second run is quicker")
    parser.add_argument("--out", type=Path, required=True, help="folder of the pictures")
    options = parser.parse_args()
    album = Album(options.out)
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.data or Path(scratch) / "data"
        demonstration = Demonstration(choose("auto").kind, folder)
        try:
            demonstration.wait_for(READY)
            demonstration.wait_until_filed()
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path=os.environ.get("CHROMIUM", CHROMIUM), args=ARGUMENTS
                )
                take(browser, demonstration, album, Path(scratch))
                browser.close()
            demonstration.interrupt(within=20)
        finally:
            demonstration.kill()
    size = album.shrink()
    print(f"{len(album.made)} pictures, {size // 1024} KiB, on {demonstration.host}: {options.out}")
    return 0 if size < _LARGEST_IN_ALL else 1


if __name__ == "__main__":
    sys.exit(main())
