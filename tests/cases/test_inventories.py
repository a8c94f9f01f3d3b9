"""Inventories of documents: what they list, that they stay, and how they are read back from each format."""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone
from docx import Document
from openpyxl import load_workbook
from pypdf import PdfReader

from tests.api.conftest import snapshot
from tests.cases.papers import paper
from vks_plugin.access import actions as access
from vks_plugin.cases.actions.inventories import write_inventory
from vks_plugin.cases.folio_queries import rows_to_list
from vks_plugin.cases.folios import Label
from vks_plugin.cases.models import CaseDocument, DocumentInventory
from vks_plugin.errors import BadInput, Conflict, VksError
from vks_plugin.filing import actions as filing
from vks_plugin.language import speaking
from vks_plugin.organization.models import ProcuracyUnit

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from tests.api.conftest import Snapshot
    from tests.people import FiledCase
    from vks_plugin.cases.models import CaseFile, CatalogueType

__all__ = ["snapshot"]

pytestmark = pytest.mark.django_db

SECRET = "Đề xuất truy tố, nội bộ tuyệt đối"
FORMATS = ("pdf", "docx", "xlsx")


@pytest.fixture
def actor(people: dict[str, User]) -> User:
    return people["prosecutor_kv1"]


@pytest.fixture
def case(filed_case: FiledCase) -> CaseFile:
    """Return the filed case; its internal paper has a title that must not be seen anywhere."""
    CaseDocument.objects.filter(pk=filed_case.internal.pk).update(title=SECRET)
    return filed_case.case


def told(inventory: DocumentInventory) -> list[tuple[str, str, str]]:
    return [(row["title"], row["folios"], row["characteristics"]) for row in inventory.rows]


def read_back(content: bytes, name: str) -> list[tuple[str, ...]]:
    """Return the table of the form as another program reads it."""
    if name == "docx":
        table = Document(io.BytesIO(content)).tables[1]
        return [tuple(cell.text for cell in row.cells) for row in table.rows]
    if name == "xlsx":
        rows = [
            tuple("" if value is None else str(value) for value in row)
            for row in load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True)
        ]
        start = rows.index(next(row for row in rows if row[0] == "STT"))
        return [row for row in rows[start:] if row[0] == "STT" or row[0].isdigit()]
    text = " ".join(" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(content)).pages)
    found = re.findall(r"(STT) (Tên tài liệu) (Số bút lục) (Đặc điểm)", text)
    return found + re.findall(r"(\d+) (\D+ số \S+ ngày \S+) ([\d–]+)", text)


def everything_said(content: bytes, name: str) -> str:
    if name == "docx":
        return str(Document(io.BytesIO(content)).element.xml)
    if name == "xlsx":
        return " ".join(
            str(value) for row in load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True) for value in row
        )
    return " ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def test_the_inventory_lists_each_numbered_document_once(case: CaseFile, actor: User) -> None:
    inventory = access.draw_up_inventory(actor=actor, case=case)
    assert told(inventory) == [
        ("Quyết định khởi tố vụ án hình sự số 12 ngày 02/03/2026", "1–2", ""),
        ("Quyết định khởi tố bị can số 12 ngày 02/03/2026", "3–5", ""),
        ("Biên bản hỏi cung bị can số 12 ngày 02/03/2026", "6", ""),
    ]
    assert (inventory.number, inventory.folio_from, inventory.folio_to) == (1, 1, 6)
    assert inventory.drawn_up_by_name == "Đỗ Hữu Ước"
    change = case.changes.first()
    assert change is not None
    assert (change.subject, change.subject_label, change.act) == ("inventory", "THỐNG KÊ TÀI LIỆU", "created")


def test_a_supplement_lists_only_what_came_since(
    case: CaseFile, actor: User, catalogue: dict[str, CatalogueType]
) -> None:
    first = access.draw_up_inventory(actor=actor, case=case)
    paper(case, catalogue["CT"], 2, title="Cáo trạng", folio_from=7, folio_to=8)
    forgotten = paper(case, catalogue["BBHC"], 1, title="Bản tự khai")
    access.add_folio(actor=actor, case=case, document=forgotten, label=Label(6, "a"), page=1, text="Bỏ sót.")
    second = access.draw_up_inventory(actor=actor, case=case)
    assert told(second) == [
        ("Bản tự khai ngày 02/03/2026", "6a", "BL 6a: đã sửa, có giải trình"),
        ("Cáo trạng ngày 02/03/2026", "7–8", ""),
    ]
    first.refresh_from_db()
    assert [row["folios"] for row in first.rows] == ["1–2", "3–5", "6"]
    # what an earlier supplement lists is not listed again either
    paper(case, catalogue["CT"], 1, folio_from=9, folio_to=9)
    third = access.draw_up_inventory(actor=actor, case=case)
    assert [row["folios"] for row in third.rows] == ["9"]
    assert [each.number for each in DocumentInventory.objects.filter(case=case)] == [1, 2, 3]


def test_with_nothing_new_there_is_no_supplement(
    case: CaseFile,
    actor: User,
    people: dict[str, User],
    units: dict[str, ProcuracyUnit],
    snapshot: Callable[[], Snapshot],
) -> None:
    from tests.people import register

    empty = register(actor=actor, unit=units["QN-KV1"], digitise_myself=True)
    access.draw_up_inventory(actor=actor, case=case)
    before = snapshot()
    for of, words in ((case, "từ bảng thống kê trước"), (empty, "Chưa có bút lục nào")):
        with pytest.raises(Conflict, match=words):
            access.draw_up_inventory(actor=actor, case=of)
    assert snapshot() == before


def test_a_day_that_cannot_be_is_refused(case: CaseFile, actor: User, snapshot: Callable[[], Snapshot]) -> None:
    today = timezone.localdate()
    before = snapshot()
    with pytest.raises(BadInput, match="tương lai") as refused:
        access.draw_up_inventory(actor=actor, case=case, day=today + dt.timedelta(days=1))
    assert refused.value.field == "day"
    assert snapshot() == before
    yesterday = today - dt.timedelta(days=1)
    access.draw_up_inventory(actor=actor, case=case, day=yesterday)
    paper(case, None, 1, folio_from=7, folio_to=7)
    with pytest.raises(BadInput, match=f"{yesterday:%d/%m/%Y}"):
        access.draw_up_inventory(actor=actor, case=case, day=yesterday - dt.timedelta(days=1))


def test_an_inventory_stays_as_it_was_drawn_up(
    case: CaseFile, filed_case: FiledCase, actor: User, catalogue: dict[str, CatalogueType]
) -> None:
    inventory = access.draw_up_inventory(actor=actor, case=case, day=dt.date(2026, 3, 5))
    before = {name: write_inventory(inventory, name).content for name in FORMATS}
    filing.describe(actor=actor, filed=filed_case.documents[0], document_type=catalogue["CT"], title="Tên khác hẳn")
    access.edit_case(actor=actor, case=case, values={"name": "Vụ án đổi tên"})
    ProcuracyUnit.objects.update(name="Viện kiểm sát đổi tên")
    actor.last_name = "Đổi Tên"
    actor.save()
    again = DocumentInventory.objects.get(pk=inventory.pk)
    assert write_inventory(again, "pdf").content == before["pdf"]
    for name in FORMATS:
        said = everything_said(write_inventory(again, name).content, name)
        assert said == everything_said(before[name], name)
        assert "đổi tên" not in said.lower()
    again.rows = []
    with pytest.raises(TypeError):
        again.save()
    with pytest.raises(TypeError):
        again.delete()
    assert DocumentInventory.objects.get(pk=inventory.pk).rows == inventory.rows


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_read_back_says_what_the_inventory_says(name: str, case: CaseFile, actor: User) -> None:
    inventory = access.draw_up_inventory(actor=actor, case=case, day=dt.date(2026, 3, 5))
    written = write_inventory(inventory, name)
    assert written.name == f"{case.code.lower()}-thong-ke-tai-lieu-1.{name}"
    table = read_back(written.content, name)
    assert table[0] == ("STT", "Tên tài liệu", "Số bút lục", "Đặc điểm")
    assert [(row[1], row[2]) for row in table[1:]] == [(title, folios) for title, folios, _features in told(inventory)]
    said = " ".join(everything_said(written.content, name).split())
    for words in (
        "Khoản 4 Điều 131 Bộ luật Tố tụng hình sự",
        case.code,
        "Bảng này có 3 tài liệu, 6 bút lục (số nhỏ nhất 1, số lớn nhất 6).",
        "ngày 05 tháng 3 năm 2026",
        "Đỗ Hữu Ước",
    ):
        assert words in said, words


def test_a_supplement_says_that_it_is_one(case: CaseFile, actor: User) -> None:
    access.draw_up_inventory(actor=actor, case=case)
    paper(case, None, 1, folio_from=7, folio_to=7)
    second = access.draw_up_inventory(actor=actor, case=case)
    for name in FORMATS:
        said = everything_said(write_inventory(second, name).content, name)
        assert "THỐNG KÊ TÀI LIỆU BỔ SUNG (đợt 2)" in " ".join(said.split())


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_internal_is_ever_in_an_inventory(
    name: str, case: CaseFile, filed_case: FiledCase, actor: User
) -> None:
    assert CaseDocument.objects.get(pk=filed_case.internal.pk).title == SECRET
    assert filed_case.internal.document_id not in {row.document for row in rows_to_list(case)}
    inventory = access.draw_up_inventory(actor=actor, case=case)
    assert filed_case.internal.document_id not in {row["document"] for row in inventory.rows}
    assert "nội bộ" not in everything_said(write_inventory(inventory, name).content, name)


def test_what_is_particular_about_a_document_is_the_third_column(
    case: CaseFile, filed_case: FiledCase, actor: User
) -> None:
    CaseDocument.objects.filter(pk=filed_case.documents[1].pk).update(characteristics="Bản sao, mờ trang 2")
    access.correct_folios(actor=actor, case=case, first=Label(4), missing=True, text="Thiếu khi nhận.")
    inventory = access.draw_up_inventory(actor=actor, case=case)
    assert told(inventory)[1][2] == "Bản sao, mờ trang 2; BL 4: thiếu giấy"


def test_a_number_corrected_after_the_inventory_comes_into_the_next(case: CaseFile, actor: User) -> None:
    access.draw_up_inventory(actor=actor, case=case)
    access.correct_folios(actor=actor, case=case, first=Label(6), right=Label(7), text="Gõ nhầm.")
    second = access.draw_up_inventory(actor=actor, case=case)
    assert [(row["folios"], row["characteristics"]) for row in second.rows] == [("7", "BL 7: đã sửa, có giải trình")]


def test_an_inventory_is_in_vietnamese_whoever_asks(case: CaseFile, actor: User) -> None:
    inventory = access.draw_up_inventory(actor=actor, case=case)
    with speaking("en"):
        assert "THỐNG KÊ TÀI LIỆU" in everything_said(write_inventory(inventory, "pdf").content, "pdf")
    with speaking("vi"), pytest.raises(VksError, match="pdf, docx hoặc xlsx"):
        write_inventory(inventory, "odt")


def test_two_thousand_documents_are_listed_and_printed(
    case: CaseFile, actor: User, catalogue: dict[str, CatalogueType]
) -> None:
    rows: list[dict[str, Any]] = [
        {"document": n, "title": f"Biên bản số {n}/BB ngày 01/01/2026", "folios": str(n), "characteristics": ""}
        for n in range(1, 2001)
    ]
    inventory = DocumentInventory.objects.create(
        case=case,
        number=1,
        drawn_up_on=dt.date(2026, 3, 5),
        drawn_up_by=actor,
        drawn_up_by_name="Đỗ Hữu Ước",
        unit_name="Viện kiểm sát",
        case_name=case.name,
        folio_from=1,
        folio_to=2000,
        rows=rows,
    )
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(write_inventory(inventory, "pdf").content)).pages]
    assert len(pages) > 40
    assert all("Đặc điểm" in page for page in pages[:-1])
    assert [int(n) for n in re.findall(r"(\d+)/BB", " ".join(pages))] == list(range(1, 2001))
