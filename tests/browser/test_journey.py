"""One case through an office: registered, filed, assigned, found, bundled; and unseen by everybody else."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pypdf
from django.utils import timezone
from playwright.sync_api import expect

from tests.browser import journey
from tests.browser.desk import without_names

if TYPE_CHECKING:
    from tests.browser.conftest import OfficeCase, Sit
    from tests.browser.desk import Person

FOUND_WITHIN = 120
"""Seconds until the index knows who may read what."""

MISSING_CASE = "HS-QN-KV1-2026-9999"
MISSING_ID = 999_999
MISSING_BUNDLE = "0b0de1e2-7f0c-4d8e-9f43-51f3a5d1c0de"


def documents(person: Person, code: str) -> list[dict[str, Any]]:
    """Return the documents of the case as the API tells this person."""
    answer = person.ask(f"/api/vks/cases/{code}/documents/?page_size=100")
    assert answer.status == 200
    rows: list[dict[str, Any]] = answer.json()["results"]
    return rows


def until_found(person: Person, path: str) -> Any:
    """Ask until the answer is not empty: new readers enter the index in the background."""
    until = time.monotonic() + FOUND_WITHIN
    while True:
        told = person.ask(path).json()
        if (told["count"] if isinstance(told, dict) else told) or time.monotonic() > until:
            return told
        time.sleep(1)


def test_the_clerk_finds_the_new_case_in_the_list(sit: Sit, registered: str) -> None:
    clerk = sit(journey.CLERK)
    assert registered.startswith(f"HS-QN-KV1-{timezone.localdate():%Y}-")
    row = clerk.page.locator("#vks-rows tbody tr", has_text=registered)
    expect(row).to_contain_text(journey.CASE_NAME)
    expect(row).to_contain_text(journey.ACCUSED)
    row.get_by_role("link").click()
    expect(clerk.page.get_by_role("heading", level=1)).to_have_text(journey.CASE_NAME)
    expect(clerk.page.locator(".vks-case-header")).to_contain_text(f"{journey.ACCUSED} và 1 người khác")
    # both accused, as the form had them
    clerk.page.get_by_role("link", name="Bị can & tội danh").click()
    people = clerk.page.locator(".vks-person > header")
    expect(people.nth(0)).to_contain_text(f"{journey.ACCUSED} Bị can sinh năm 1987")
    expect(people.nth(1)).to_contain_text("Đỗ Thị Ưởng")
    expect(clerk.page.locator(".vks-person").first).to_contain_text("khoản 1 Điều 227")


def test_twenty_forms_lie_in_the_case_in_folio_order(sit: Sit, filed: OfficeCase) -> None:
    clerk = sit(journey.CLERK)
    clerk.open(f"/vks/cases/{filed.code}/")
    assert journey.titles(clerk).all_inner_texts() == [paper.title for paper in filed.papers]
    told = documents(clerk, filed.code)
    assert [(row["document_type"], row["folio_from"], row["folio_to"], row["page_count"]) for row in told] == [
        (paper.kind, paper.folio_from, paper.folio_to, paper.pages) for paper in filed.papers
    ]
    # none waits and none failed
    assert clerk.ask("/api/vks/intake/").json()["count"] == 0


def test_a_document_opens_beside_the_list(sit: Sit, filed: OfficeCase) -> None:
    clerk = sit(journey.CLERK)
    clerk.open(f"/vks/cases/{filed.code}/")
    with clerk.page.expect_response(lambda response: "/preview/" in response.url) as waiting:
        clerk.page.get_by_role("link", name=journey.INTERROGATION, exact=True).click()
    assert waiting.value.status == 200
    assert waiting.value.headers["content-type"] == "application/pdf"
    expect(clerk.page.locator("iframe[name=vks-preview]")).to_be_visible()
    expect(clerk.page.get_by_text("Chọn một tài liệu để xem tại đây.")).to_be_hidden()


def test_the_leader_assigns_and_everybody_sees_who_is_in_charge(sit: Sit, assigned: OfficeCase) -> None:
    leader = sit(journey.LEADER)
    row = leader.page.locator("#vks-rows tbody tr", has_text=assigned.code)
    expect(row).to_contain_text(journey.PROCURATOR_NAME)
    leader.open(f"/vks/cases/{assigned.code}/")
    leader.page.get_by_role("link", name="Phân công", exact=True).click()
    readers = leader.page.locator("#vks-people li").all_inner_texts()
    charge = f"{journey.PROCURATOR_NAME} – Kiểm sát viên thụ lý chính của vụ án"
    assert [reader for reader in readers if reader.startswith(charge)]
    assert not [reader for reader in readers if "Phan Thị Sáng" in reader]


def test_the_procurator_finds_the_case_without_accents(sit: Sit, assigned: OfficeCase) -> None:
    procurator = sit(journey.PROCURATOR)
    others = set(procurator.rows()) - {assigned.code}
    assert others
    procurator.page.get_by_label("Tìm theo mã, tên, bị can, số quyết định").press_sequentially("ngoan khuat")
    # the list narrows while typing
    expect(procurator.page.locator("#vks-rows tbody tr")).to_have_count(1)
    assert procurator.rows() == [assigned.code]
    assert "q=ngoan" in procurator.page.url
    procurator.page.get_by_role("link", name=assigned.code).click()
    assert len(journey.titles(procurator).all_inner_texts()) == journey.FILES


def test_the_procurator_finds_a_document_without_accents(sit: Sit, assigned: OfficeCase) -> None:
    procurator = sit(journey.PROCURATOR)
    mine = {row["title"]: row["id"] for row in documents(procurator, assigned.code)}
    told = until_found(procurator, "/api/documents/?query=ngoan")
    assert [row["id"] for row in told["results"]] == [mine[journey.INTERROGATION]]
    assert "ngoan" in until_found(procurator, "/api/search/autocomplete/?term=ngoa")


def test_the_bundle_shows_how_far_it_is(bundled: journey.Made) -> None:
    assert bundled.seen[0] in {"Chờ lập", "Đang lập"}
    assert bundled.seen[-1] == "Đã xong"


def test_the_bundle_opens_with_outline_labels_and_links(bundled: journey.Made, assigned: OfficeCase) -> None:
    assert assigned.code in bundled.name
    reader = pypdf.PdfReader(bundled.path)
    pages = sum(paper.pages for paper in assigned.papers)
    front = len(reader.pages) - pages
    assert front >= 2
    assert reader.page_labels == [str(number) for number in range(1, len(reader.pages) + 1)]
    # where each document begins
    begins, place = {}, front
    for paper in assigned.papers:
        begins[f"{paper.title} (tr. {place + 1})"] = place
        place += paper.pages
    entries = [entry for level in reader.outline for entry in (level if isinstance(level, list) else [level])]
    outline = {
        str(entry.title): reader.get_destination_page_number(entry)
        for entry in entries
        if isinstance(entry, pypdf.generic.Destination)
    }
    assert {title: page for title, page in outline.items() if title in begins} == begins
    links = [
        annotation.get_object()
        for page in reader.pages[:front]
        for annotation in page.get("/Annots", [])
        if annotation.get_object()["/Subtype"] == "/Link"
    ]
    numbers = {page.indirect_reference.idnum: number for number, page in enumerate(reader.pages)}  # type: ignore[union-attr]
    # a row of the index may be one link or one for each of its cells
    targets = [numbers[link["/Dest"][0].idnum] for link in links]
    assert sorted(set(targets)) == sorted(begins.values())


def test_every_page_of_the_bundle_carries_its_number_and_folio(bundled: journey.Made, assigned: OfficeCase) -> None:
    reader = pypdf.PdfReader(bundled.path)
    total = len(reader.pages)
    front = total - sum(paper.pages for paper in assigned.papers)
    cover = reader.pages[0].extract_text()
    assert assigned.code in cover
    # Vietnamese letters are letters in the file, not pictures of them
    assert journey.ACCUSED in " ".join(cover.split())
    index = " ".join(" ".join(page.extract_text().split()) for page in reader.pages[1:front])
    for paper in assigned.papers:
        assert paper.title in index
    for number, page in enumerate(reader.pages[front:], start=front + 1):
        text = page.extract_text()
        assert f"trang {number}/{total}" in text
        assert f"BL {number - front}" in text


def test_the_bundle_is_there_when_one_comes_back(sit: Sit, bundled: journey.Made, assigned: OfficeCase) -> None:
    procurator = sit(journey.PROCURATOR)
    procurator.open(f"/vks/cases/{assigned.code}/")
    row = procurator.page.locator(f"#bundle-{bundled.id}")
    expect(row).to_contain_text(f"{journey.FILES} tài liệu")
    with procurator.page.expect_download() as waiting:
        row.get_by_role("link", name="Tải về").click()
    assert waiting.value.path().read_bytes() == bundled.path.read_bytes()
    with procurator.page.expect_response(lambda response: "inline=1" in response.url) as opened:
        row.get_by_role("link", name="Xem").click()
    assert opened.value.status == 200
    assert opened.value.headers["content-disposition"].startswith("inline")


def test_who_is_not_signed_in_is_sent_to_sign_in(sit: Sit, bundled: journey.Made, assigned: OfficeCase) -> None:
    document = documents(sit(journey.PROCURATOR), assigned.code)[0]["id"]
    nobody = sit()
    for path in ("/vks/", f"/vks/cases/{assigned.code}/", f"/vks/bundles/{bundled.id}/download/"):
        assert nobody.open(path) == 200
        assert "/accounts/login/" in nobody.page.url
        assert journey.ACCUSED not in nobody.page.content()
    for path in (
        f"/api/vks/cases/{assigned.code}/",
        f"/api/vks/bundles/{bundled.id}/download/",
        f"/api/documents/{document}/preview/",
    ):
        assert nobody.ask(path).status == 401, path


def test_a_stranger_sees_none_of_it_in_our_pages(sit: Sit, bundled: journey.Made, assigned: OfficeCase) -> None:
    stranger = sit(journey.STRANGER)
    own = stranger.rows()
    assert own == ["HS-QN-KV3-2025-0001"]
    stranger.open("/vks/?q=khuat")
    assert stranger.rows() == []
    expect(stranger.page.get_by_text("Không có vụ án nào khớp.")).to_be_visible()
    stranger.open(f"/vks/?q={assigned.code}")
    assert stranger.rows() == []
    assert "QN-KV1" not in stranger.page.content().replace(assigned.code, "")
    document = documents(sit(journey.PROCURATOR), assigned.code)[0]["id"]
    for path, missing in (
        (f"/vks/cases/{assigned.code}/", f"/vks/cases/{MISSING_CASE}/"),
        (f"/vks/cases/{assigned.code}/documents/{document}/", f"/vks/cases/{MISSING_CASE}/documents/{MISSING_ID}/"),
        (f"/vks/bundles/{bundled.id}/", f"/vks/bundles/{MISSING_BUNDLE}/"),
        (f"/vks/bundles/{bundled.id}/download/", f"/vks/bundles/{MISSING_BUNDLE}/download/"),
    ):
        refused, none = stranger.ask(path), stranger.ask(missing)
        assert (refused.status, none.status) == (404, 404), path
        assert without_names(refused.text()) == without_names(none.text()), path


def test_the_page_of_a_foreign_case_is_a_page_and_not_the_case(sit: Sit, assigned: OfficeCase) -> None:
    stranger = sit(journey.STRANGER)
    assert stranger.open(f"/vks/cases/{assigned.code}/") == 404
    expect(stranger.page.get_by_role("heading", name="Không tìm thấy")).to_be_visible()
    assert journey.ACCUSED not in stranger.page.content()
    stranger.page.get_by_role("link", name="Về danh sách vụ án").click()
    assert stranger.rows() == ["HS-QN-KV3-2025-0001"]
    # the browser reports the refusal itself, once, and nothing else
    assert len(stranger.seen.errors) == 1
    assert "404" in stranger.seen.errors.pop()


def test_a_stranger_sees_none_of_it_in_our_api(sit: Sit, bundled: journey.Made, assigned: OfficeCase) -> None:
    procurator, stranger = sit(journey.PROCURATOR), sit(journey.STRANGER)
    assert stranger.ask("/api/vks/cases/").json()["count"] == 1
    assert stranger.ask("/api/vks/cases/?q=khuat").json()["count"] == 0
    document = documents(procurator, assigned.code)[0]["id"]
    case, none = f"/api/vks/cases/{assigned.code}/", f"/api/vks/cases/{MISSING_CASE}/"
    pairs = [
        (case + part, none + part) for part in ("", "documents/", "folios/", "assignments/", "bundles/", "access/")
    ]
    pairs += [
        (f"/api/vks/documents/{document}/", f"/api/vks/documents/{MISSING_ID}/"),
        (f"/api/vks/bundles/{bundled.id}/", f"/api/vks/bundles/{MISSING_BUNDLE}/"),
        (f"/api/vks/bundles/{bundled.id}/download/", f"/api/vks/bundles/{MISSING_BUNDLE}/download/"),
    ]
    for path, missing in pairs:
        if not path.endswith("access/"):
            assert procurator.ask(path).status == 200, path
        refused, absent = stranger.ask(path), stranger.ask(missing)
        assert (refused.status, absent.status) == (404, 404), path
        assert refused.text() == absent.text(), path


def test_a_stranger_sees_none_of_it_in_the_dms(sit: Sit, assigned: OfficeCase) -> None:
    procurator, stranger = sit(journey.PROCURATOR), sit(journey.STRANGER)
    hidden = {row["id"] for row in documents(procurator, assigned.code)}
    listed = stranger.ask("/api/documents/?page_size=1000").json()
    own = {row["id"] for row in listed["results"]}
    assert own == {row["id"] for row in documents(stranger, "HS-QN-KV3-2025-0001")}
    assert not own & hidden
    # words of the case and its papers; the first two are in papers of the stranger's own as well
    for word in ("quyet dinh", "bien ban", "ngoan", "khuat", assigned.code):
        found = stranger.ask(f"/api/documents/?query={word}&page_size=1000").json()
        assert {row["id"] for row in found["results"]} <= own, word
    assert stranger.ask("/api/documents/?query=bien ban").json()["count"] > 0
    assert until_found(procurator, "/api/search/autocomplete/?term=khua") == ["khuat"]
    assert stranger.ask("/api/search/autocomplete/?term=khua").json() == []
    assert "ngoan" not in stranger.ask("/api/search/autocomplete/?term=ngoa").json()
    assert stranger.ask("/api/search/autocomplete/?term=quye").json() != []


def test_a_stranger_opens_no_file_of_it_in_the_dms(sit: Sit, assigned: OfficeCase) -> None:
    procurator, stranger = sit(journey.PROCURATOR), sit(journey.STRANGER)
    opened = 0
    said = set()
    for document in [row["id"] for row in documents(procurator, assigned.code)]:
        assert procurator.ask(f"/api/documents/{document}/preview/").status == 200
        refused, absent = stranger.ask(f"/api/documents/{document}/"), stranger.ask(f"/api/documents/{MISSING_ID}/")
        assert (refused.status, refused.text()) == (absent.status, absent.text()) == (404, absent.text())
        for door in ("preview/", "download/", "thumb/"):
            answer = stranger.ask(f"/api/documents/{document}/{door}")
            assert answer.status in {403, 404}, door
            said.add((door, answer.status, answer.text()))
            opened += 1
    # the host says "not allowed" of a number that is taken, in the same words for each, and nothing of what it is
    assert opened == len(said) * journey.FILES
    assert not [text for _door, _status, text in said if len(text) > 120]
