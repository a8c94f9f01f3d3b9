"""The steps of one case through an office, each done by clicking and typing."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

from tests.browser.demonstration import PAPERS

if TYPE_CHECKING:
    from tests.browser.desk import Person

CLERK = "vanthu.kv1"
LEADER = "vt.kv1"
PROCURATOR = "ksv2.kv1"
PROCURATOR_NAME = "Ngô Bá Khánh"
STRANGER = "ksv1.kv3"
"""A procurator of another regional office, who has a case and documents of his own there."""

ACCUSED = "Khuất Quỳnh Ngoạn"
"""A name no other case of the demonstration has."""
CASE_NAME = f"{ACCUSED} và đồng phạm – Vi phạm quy định về khai thác tài nguyên"
INTERROGATION = f"Biên bản hỏi cung bị can {ACCUSED}"

FILES = 20
_CONSUMED_WITHIN = 420_000
"""The worker takes files one after another, and those of the demonstration come first."""


@dataclass(frozen=True)
class Paper:
    """A real form of the demonstration, as this case files it."""

    path: Path
    kind: str
    title: str
    pages: int
    folio_from: int
    folio_to: int


def papers(folder: Path) -> list[Paper]:
    """Copy twenty born-digital forms under the names an office gives to scans: `…_BL4-5_QDKTVA.pdf`."""
    rows: list[dict[str, Any]] = [
        row
        for case in json.loads((PAPERS / "cases.json").read_text(encoding="utf-8"))
        for row in case["documents"]
        if row["folio_from"] is not None and not row["file"].startswith("scan-")
    ]
    # of all offices, so that the same form also lies in a case the stranger may read
    rows.sort(key=lambda row: str(row["file"]).lower())
    chosen = rows[:FILES]
    assert len(chosen) == FILES
    made = []
    folio = 1
    for row in chosen:
        last = folio + int(row["pages"]) - 1
        target = folder / f"QN-KV1_77_2026_T1_BL{folio}-{last}_{row['type']}.pdf"
        shutil.copyfile(PAPERS / "files" / row["file"], target)
        title = INTERROGATION if row["type"] == "BBHC" else row["title"]
        made.append(Paper(target, row["type"], title, int(row["pages"]), folio, last))
        folio = last + 1
    assert INTERROGATION in [paper.title for paper in made]
    return made


def field(person: Person, name: str) -> Any:
    """Return the fields of this name on the page; a form set carries an empty row that is not on it."""
    return person.page.locator(f"[name='{name}']")


def register(person: Person) -> str:
    """Register the case on its page; return its code."""
    page = person.page
    page.get_by_role("link", name="Đăng ký vụ án").first.click()
    field(person, "init_decision_no").fill("77/QĐ-CSHS")
    field(person, "init_decision_date").fill("12/03/2026")
    field(person, "init_decision_agency").fill("Cơ quan Cảnh sát điều tra Công an tỉnh Quảng Ninh")
    field(person, "accused-0-full_name").fill(ACCUSED)
    field(person, "accused-0-birth").fill("1987")
    field(person, "accused-0-charges").first.fill("227.1")
    page.get_by_role("button", name="Thêm người", exact=True).click()
    field(person, "accused-1-full_name").fill("Đỗ Thị Ưởng")
    field(person, "name").fill(CASE_NAME)
    page.get_by_role("button", name="Đăng ký").click()
    expect(page.get_by_text("Đã đăng ký vụ án")).to_be_visible()
    return page.locator(".vks-code").inner_text().strip()


def file(person: Person, code: str, chosen: list[Paper]) -> None:
    """Hand all the papers in at once, and wait until every one is a document of the case."""
    page = person.page
    person.open(f"/vks/cases/{code}/")
    page.locator("[data-vks-template] input[type=file]").set_input_files([paper.path for paper in chosen])
    forms = page.locator("form.vks-file")
    expect(forms).to_have_count(len(chosen))
    for index, paper in enumerate(chosen):
        form = forms.nth(index)
        # read from the name of the file
        expect(form.locator("[name=folio_from]")).to_have_value(str(paper.folio_from))
        expect(form.locator("[name=folio_to]")).to_have_value(str(paper.folio_to))
        assert form.locator("[name=document_type]").input_value().startswith(f"{paper.kind} – ")
        form.locator("[name=title]").fill(paper.title)
    page.get_by_role("button", name="Nộp tất cả").click()
    expect(page.locator("[data-vks-files] .alert-success")).to_have_count(len(chosen), timeout=120_000)
    # the list refreshes itself while the worker goes on
    expect(titles(person)).to_have_count(len(chosen), timeout=_CONSUMED_WITHIN)


def titles(person: Person) -> Any:
    """Return the links to the documents on the case page."""
    return person.page.locator("#vks-documents tbody tr:not(.vks-group) td:nth-child(2) a")


def assign(person: Person, code: str, username: str) -> None:
    """Assign somebody to the case as the procurator in charge."""
    page = person.page
    person.open(f"/vks/cases/{code}/")
    page.get_by_role("link", name="Phân công", exact=True).click()
    chooser = page.get_by_label("Người", exact=False).and_(page.locator("select"))
    wanted = chooser.locator("option", has_text=f"({username})")
    chooser.select_option(value=wanted.get_attribute("value"))
    page.get_by_label("Vai trò").select_option(label="Kiểm sát viên thụ lý chính")
    page.get_by_role("button", name="Phân công", exact=True).click()
    expect(page.get_by_text("Đã phân công.")).to_be_visible()


WHY = "Bị can bỏ trốn, cần đối chiếu lời khai ngay trong đêm."
"""Why the stranger needs the case."""


def ask_for(person: Person, code: str) -> None:
    """Ask for a case in an emergency."""
    page = person.page
    page.get_by_role("link", name="Quyền tạm thời").click()
    panel = page.locator("details", has_text="Đề nghị truy cập khẩn cấp")
    if panel.get_attribute("open") is None:
        panel.locator("summary").click()
    panel.get_by_label("Mã vụ án").fill(code)
    panel.get_by_label("Số giờ").fill("2")
    panel.get_by_label("Lý do").fill(WHY)
    panel.get_by_role("button", name="Gửi đề nghị").click()
    expect(page.get_by_text("Đã gửi đề nghị.")).to_be_visible()


def approve(person: Person, code: str) -> None:
    """Let in whoever asked for the case."""
    page = person.page
    person.open("/vks/")
    page.get_by_role("link", name="Quyền tạm thời").click()
    request = page.get_by_role("region", name="Chờ bạn trả lời").locator("tbody tr", has_text=code)
    expect(request).to_contain_text(WHY)
    request.get_by_role("button", name="Duyệt").click()
    expect(page.get_by_text("Đã duyệt: vụ án mở đến")).to_be_visible()


def close(person: Person, code: str) -> None:
    """Close what is open to others, on the page of the case."""
    page = person.page
    person.open(f"/vks/cases/{code}/record/assignments/")
    row = page.locator(".vks-temporary tbody tr", has_text=WHY)
    row.get_by_role("button", name="Đóng").click()
    expect(page.get_by_text("Đã đóng quyền tạm thời.")).to_be_visible()
    expect(page.locator(".vks-temporary")).to_have_count(0)


@dataclass(frozen=True)
class Made:
    """A bundle made and downloaded through the page."""

    id: str
    path: Path
    name: str
    """The file name the browser was offered."""
    seen: list[str]
    """What the page said while it was being made."""


def bundle(person: Person, code: str, folder: Path) -> Made:
    """Ask for the bundle, watch it being made, download it."""
    page = person.page
    person.open(f"/vks/cases/{code}/")
    page.get_by_role("link", name="Tập hồ sơ trình Tòa").click()
    page.get_by_role("button", name="Lập tập hồ sơ").click()
    row = page.locator("#vks-new-bundle .vks-bundle")
    expect(row.locator("progress")).to_be_visible()
    seen = [row.locator(".badge").inner_text()]
    ready = row.get_by_role("link", name="Tải về")
    expect(ready).to_be_visible(timeout=120_000)
    seen.append(row.locator(".badge").inner_text())
    with page.expect_download() as waiting:
        ready.click()
    target = folder / "bundle.pdf"
    waiting.value.save_as(target)
    identity = str(row.get_attribute("id")).removeprefix("bundle-")
    return Made(identity, target, waiting.value.suggested_filename, seen)
