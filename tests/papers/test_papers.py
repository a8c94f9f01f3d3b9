"""A form is the same in every format, and nothing typed into it breaks one."""

from __future__ import annotations

import datetime as dt
import io
import re
import unicodedata
import zipfile
from dataclasses import replace
from typing import Any

import pytest
from docx import Document
from docx.oxml.ns import qn
from docx.shared import Length, Pt
from docx.text.paragraph import Paragraph
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from pypdf import PdfReader
from reportlab.pdfbase.ttfonts import TTFont

from tests.letters import vietnamese_letters
from vks_plugin.errors import BadInput
from vks_plugin.papers import (
    FORMATS,
    Annex,
    Column,
    OfficialPaper,
    Signature,
    content_type,
    number_in_words,
    write_paper,
    written_day,
)
from vks_plugin.papers.fonts import FILES, FONTS
from vks_plugin.papers.layout import agency_lines

COLUMNS = (
    Column("STT", 12, "center"),
    Column("Tên tài liệu", 85),
    Column("Số bút lục", 26, "center"),
    Column("Đặc điểm", 42),
)
POINT = 72 / 25.4


def paper(rows: list[tuple[str, ...]], **fields: Any) -> OfficialPaper:
    values: dict[str, Any] = {
        "agency": "Viện kiểm sát nhân dân khu vực 1 – Quảng Ninh",
        "higher_agency": "Viện kiểm sát nhân dân tỉnh Quảng Ninh",
        "title": "THỐNG KÊ TÀI LIỆU",
        "columns": COLUMNS,
        "day": dt.date(2026, 3, 5),
        "subtitle": ["Vụ án: Nguyễn Văn Ánh – Trộm cắp tài sản"],
        "closing": ["Bảng này có 2 tài liệu."],
        "signatures": [Signature("NGƯỜI LẬP", "Đỗ Hữu Ước")],
    }
    return OfficialPaper(rows=rows, **(values | fields))


def rows(number: int) -> list[tuple[str, ...]]:
    return [
        (str(n), f"Biên bản hỏi cung số {n}/BB-CSĐT", f"{2 * n - 1}–{2 * n}", "Bản chính") for n in range(1, number + 1)
    ]


def told_by_pdf(data: bytes) -> str:
    return " ".join(" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(data)).pages)


def told_by_docx(data: bytes) -> list[list[str]]:
    """Return the rows of the form's own table, which stands between head and signatures."""
    table = Document(io.BytesIO(data)).tables[1]
    return [[cell.text for cell in row.cells] for row in table.rows]


def told_by_xlsx(data: bytes) -> list[list[str]]:
    sheet = load_workbook(io.BytesIO(data)).active
    values = [["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
    start = next(number for number, row in enumerate(values) if row[0] == "STT")
    return [row for row in values[start:] if row[0] == "STT" or re.fullmatch(r"\d+", row[0])]


@pytest.mark.parametrize("font", FILES)
def test_every_letter_of_the_alphabet_is_in_the_fonts_of_the_forms(font: str) -> None:
    drawn = TTFont(font, str(FONTS / FILES[font])).face.charToGlyph
    assert [letter for letter in vietnamese_letters() if not drawn.get(ord(letter))] == []


def test_an_agency_too_long_for_a_line_is_broken_before_its_place() -> None:
    told = agency_lines("Viện kiểm sát nhân dân khu vực 1 – Quảng Ninh")
    assert told == ["VIỆN KIỂM SÁT NHÂN DÂN", "KHU VỰC 1 – QUẢNG NINH"]
    assert agency_lines("Viện kiểm sát Hà Nội") == ["VIỆN KIỂM SÁT HÀ NỘI"]
    head = Document(io.BytesIO(write_paper(paper(rows(1)), "docx"))).tables[0].rows[0].cells[0]
    assert [line.text for line in head.paragraphs if line.text] == [
        "VIỆN KIỂM SÁT NHÂN DÂN",
        "TỈNH QUẢNG NINH",
        *told,
    ]


@pytest.mark.parametrize(
    ("day", "written"),
    [
        (dt.date(2026, 3, 5), "ngày 05 tháng 3 năm 2026"),
        (dt.date(2026, 1, 15), "ngày 15 tháng 01 năm 2026"),
        (dt.date(2026, 2, 9), "ngày 09 tháng 02 năm 2026"),
        (dt.date(2026, 12, 31), "ngày 31 tháng 12 năm 2026"),
    ],
)
def test_a_date_is_written_as_documents_state_it(day: dt.date, written: str) -> None:
    assert written_day(day) == written


def test_a_paper_is_dated_at_the_place_its_agency_names() -> None:
    day = dt.date(2026, 3, 2)

    def dated(agency: str, place: str = "") -> str:
        return OfficialPaper(agency=agency, title="PHIẾU", columns=(), rows=(), place=place, day=day).dated

    assert dated("Viện kiểm sát nhân dân tỉnh Quảng Ninh").startswith("Quảng Ninh, ngày 02")
    assert dated("Viện kiểm sát nhân dân khu vực 1 – Quảng Ninh").startswith("Quảng Ninh, ngày")
    assert dated("Viện kiểm sát nhân dân tỉnh Quảng Ninh", "Hạ Long").startswith("Hạ Long, ngày")
    # nothing is taken for a place that is none
    assert dated("Viện kiểm sát nhân dân khu vực 3").startswith("…")


def test_lines_of_a_cell_stay_lines() -> None:
    paper = OfficialPaper(
        agency="Viện kiểm sát nhân dân tỉnh Quảng Ninh",
        title="SỔ",
        columns=(Column("Ai", 80), Column("Gì", 85)),
        rows=[("Lê Thị Nhận\nỦy ban nhân dân phường", "Hồ sơ")],
    )
    (table,) = [each for each in Document(io.BytesIO(write_paper(paper, "docx"))).tables if len(each.rows) == 2]
    assert table.cell(1, 0).text == "Lê Thị Nhận\nỦy ban nhân dân phường"


def test_every_format_says_the_same() -> None:
    made = paper(rows(3))
    table = [["STT", "Tên tài liệu", "Số bút lục", "Đặc điểm"], *(list(row) for row in rows(3))]
    assert told_by_docx(write_paper(made, "docx")) == table
    assert told_by_xlsx(write_paper(made, "xlsx")) == table
    text = told_by_pdf(write_paper(made, "pdf"))
    for row in table:
        assert " ".join(row) in text
    for words in (
        "VIỆN KIỂM SÁT NHÂN DÂN",
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "ngày 05 tháng 3 năm 2026",
        "THỐNG KÊ TÀI LIỆU",
        "Vụ án: Nguyễn Văn Ánh – Trộm cắp tài sản",
        "Bảng này có 2 tài liệu.",
        "NGƯỜI LẬP",
        "Đỗ Hữu Ước",
    ):
        assert words in text, words
        docx = Document(io.BytesIO(write_paper(made, "docx")))
        whole = [each.text for each in docx.paragraphs] + [
            each.text for table in docx.tables for row in table.rows for cell in row.cells for each in cell.paragraphs
        ]
        assert any(words in each for each in whole), words
        cells = [str(cell.value) for row in load_workbook(io.BytesIO(write_paper(made, "xlsx"))).active for cell in row]
        assert any(words in each for each in cells), words


def test_the_page_is_that_of_an_official_paper() -> None:
    pdf = PdfReader(io.BytesIO(write_paper(paper(rows(60)), "pdf")))
    places: list[tuple[float, float]] = []

    def visit(text: str, frame: list[float], matrix: list[float], _font: object, _size: float) -> None:
        if text.strip():
            places.append((frame[0] * matrix[4] + frame[4], frame[3] * matrix[5] + frame[5]))

    for page in pdf.pages:
        assert [round(float(side)) for side in page.mediabox[2:]] == [595, 842]
        page.extract_text(visitor_text=visit)
    # left 30–35 mm, bottom 20–25 mm; at the top only the page number stands in the margin
    assert min(x for x, _y in places) >= 30 * POINT - 0.5
    assert min(y for _x, y in places) >= 20 * POINT - 0.5
    section = Document(io.BytesIO(write_paper(paper(rows(1)), "docx"))).sections[0]
    assert [round(side.mm) for side in (section.page_width, section.page_height) if side] == [210, 297]
    margins = (section.top_margin, section.bottom_margin, section.left_margin, section.right_margin)
    assert [round(side.mm) for side in margins if side] == [20, 20, 30, 15]
    sheet = load_workbook(io.BytesIO(write_paper(paper(rows(1)), "xlsx"))).active
    assert sheet.page_setup.paperSize == 9
    assert [round(side * 25.4) for side in (sheet.page_margins.top, sheet.page_margins.left)] == [20, 30]


def test_sizes_and_paragraphs_are_those_of_an_official_paper() -> None:
    """By the annex of Nghị định 30/2020: the name of the nation 12–13, motto, date and text 13–14, the number 13, paragraphs set
    in by 1 or 1.27 cm and 6 points apart."""
    said = "Hôm nay, hai bên giao nhận đủ hồ sơ vụ án với các tài liệu kê dưới đây, " * 3
    made = paper(rows(1), number="Số: 12/TK-VKS", place="Quảng Ninh", opening=[said, "Bên giao: ông An."])
    looked_for = {
        "CỘNG HÒA XÃ HỘI": (12, 13),
        "Độc lập": (13, 14),
        "VIỆN KIỂM SÁT": (12, 13),
        "Số: 12": (13, 13),
        "Quảng Ninh, ngày": (13, 14),
        "THỐNG KÊ": (13, 14),
        "Hôm nay": (13, 14),
        "Bảng này": (13, 14),
    }
    found: dict[str, tuple[float, float, float]] = {}

    def visit(text: str, frame: list[float], matrix: list[float], _font: object, size: float) -> None:
        for words in looked_for:
            if text.strip().startswith(words):
                place = frame[0] * matrix[4] + frame[4], frame[3] * matrix[5] + frame[5]
                found.setdefault(words, (size, *place))

    looked_for["Bên giao"] = (13, 14)
    PdfReader(io.BytesIO(write_paper(made, "pdf"))).pages[0].extract_text(visitor_text=visit)
    assert {words for words, (least, most) in looked_for.items() if not least <= found[words][0] <= most} == set()
    assert [round(found[words][1] - 30 * POINT, 1) for words in ("Hôm nay", "Bên giao")] == [36, 36]
    document = Document(io.BytesIO(write_paper(made, "docx")))
    cells = [cell for table in document.tables for row in table.rows for cell in row.cells]
    lines = [*document.paragraphs, *(line for cell in cells for line in cell.paragraphs)]
    for words, (least, most) in looked_for.items():
        line = next(line for line in lines if line.text.startswith(words))
        assert least <= line.runs[0].font.size.pt <= most, words
        if words in {"Hôm nay", "Bên giao", "Bảng này"}:
            form = line.paragraph_format
            assert (round(form.first_line_indent.mm, 1), form.space_before.pt, form.line_spacing) == (12.7, 6, 1)
    sheet = load_workbook(io.BytesIO(write_paper(made, "xlsx"))).active
    shown = {str(cell.value): cell.font.size for row in sheet for cell in row if cell.value}
    for words, (least, most) in looked_for.items():
        assert least <= next(size for value, size in shown.items() if value.startswith(words)) <= most, words


def test_a_docx_is_laid_out_as_the_pdf_is() -> None:
    """Narrow columns hold their words, no name stands alone on the next page, lines below the head are short on a wide page too."""

    def of(*, wide: bool) -> tuple[Any, list[int]]:
        document = Document(io.BytesIO(write_paper(paper(rows(3), code="0f" * 32, is_wide=wide), "docx")))
        halves = document.tables[0].rows[0].cells
        ruled = [(cell, line.paragraph_format.left_indent) for cell in halves for line in cell.paragraphs]
        return document, [round(Length(cell.width - 2 * indent).mm) for cell, indent in ruled if indent]

    (document, lines), (_wide, as_long) = of(wide=False), of(wide=True)
    assert lines == as_long == [28, 56]
    body, signing = document.tables[1:]
    margins = {
        each.tag.rpartition("}")[2]: int(each.get(qn("w:w"))) for each in body._tbl.tblPr.find(qn("w:tblCellMar"))
    }
    assert {side: round(width / 20) for side, width in margins.items()} == {
        "top": 2,
        "left": 3,
        "bottom": 2,
        "right": 3,
    }
    assert signing.rows[0]._tr.trPr.find(qn("w:cantSplit")) is not None
    told = [
        line
        for line in document.paragraphs
        if line.text.startswith("Bảng này") or line._p.findall(f".//{qn('w:drawing')}")
    ]
    # what is said last is on the page of the names, the code above it may stand on the one before
    assert [line.paragraph_format.keep_with_next for line in told] == [None, True]
    (code,) = document.inline_shapes
    assert round(code.width.mm) == round(code.height.mm) == 42


def test_pages_are_numbered_from_the_second_and_the_head_of_the_table_comes_again() -> None:
    data = write_paper(paper(rows(200)), "pdf")
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(data)).pages]
    assert len(pages) > 4
    assert all("Đặc điểm" in page for page in pages)
    assert pages[0].split()[0] == "VIỆN"
    assert [page.split()[0] for page in pages[1:]] == [str(number) for number in range(2, len(pages) + 1)]
    docx = Document(io.BytesIO(write_paper(paper(rows(2)), "docx")))
    assert "tblHeader" in docx.tables[1].rows[0]._tr.xml
    assert "PAGE" in docx.sections[0].header.paragraphs[0]._p.xml
    assert docx.sections[0].different_first_page_header_footer
    assert docx.sections[0].first_page_header.paragraphs[0].text == ""
    sheet = load_workbook(io.BytesIO(write_paper(paper(rows(2)), "xlsx"))).active
    head = next(cell.row for cell in sheet["A"] if cell.value == "STT")
    assert (sheet.print_title_rows, sheet.freeze_panes) == (f"${head}:${head}", f"A{head + 1}")


@pytest.mark.parametrize("name", list(FORMATS))
def test_two_thousand_rows_are_all_there_and_in_order(name: str) -> None:
    data = write_paper(paper(rows(2000)), name)
    wanted = [f"{n}/BB-CSĐT" for n in range(1, 2001)]
    if name == "pdf":
        told = told_by_pdf(data)
    elif name == "docx":
        told = " ".join(cell for row in told_by_docx(data) for cell in row)
    else:
        told = " ".join(cell for row in told_by_xlsx(data) for cell in row)
    assert re.findall(r"\d+/BB-CSĐT", told) == wanted


@pytest.mark.parametrize("name", list(FORMATS))
def test_the_same_form_gives_the_same_file(name: str) -> None:
    one, other = (write_paper(paper(rows(5)), name) for _time in range(2))
    if name == "pdf":
        assert one == other
        return
    for archive, again in [(zipfile.ZipFile(io.BytesIO(one)), zipfile.ZipFile(io.BytesIO(other)))]:
        assert archive.namelist() == again.namelist()
        for each in archive.namelist():
            if each != "docProps/core.xml":
                assert archive.read(each) == again.read(each), each


@pytest.mark.parametrize("name", list(FORMATS))
def test_markup_and_formulas_are_words(name: str) -> None:
    hostile = '=HYPERLINK("http://x","<b>&amp;</b>")<para>&]]></w:t>'
    data = write_paper(paper([("1", hostile, "1", "+1-1")], title=hostile, agency=hostile), name)
    if name == "pdf":
        assert "<para>" in told_by_pdf(data)
    elif name == "docx":
        assert told_by_docx(data)[1][1] == hostile
    else:
        assert told_by_xlsx(data)[1][1] == hostile
        sheet = load_workbook(io.BytesIO(data)).active
        assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "inlineStr", "n"}
        assert "<f>" not in zipfile.ZipFile(io.BytesIO(data)).read("xl/worksheets/sheet1.xml").decode()


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.text(max_size=250), min_size=4, max_size=4), st.text(max_size=100))
def test_no_text_breaks_a_form(values: list[str], words: str) -> None:
    made = paper([tuple(values)], closing=[words], agency=words or "VKS", signatures=[Signature(words, words)])
    for name in FORMATS:
        write_paper(made, name)
    said = Document(io.BytesIO(write_paper(made, "docx"))).tables[1].rows[1].cells[1].text
    kept = re.sub(r"[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]", "", unicodedata.normalize("NFC", values[1]))
    assert re.sub(r"[\t\n\r]", "", said) == kept


def test_a_title_as_wide_as_a_file_name_stays_in_its_column() -> None:
    long = "quyet_dinh_khoi_to_vu_an_hinh_su_" * 7
    data = write_paper(paper([("1", long, "1", ""), ("2", "Cáo trạng", "2", "")]), "pdf")
    page = PdfReader(io.BytesIO(data)).pages[0]
    assert long in "".join(page.extract_text().split())
    assert "2 Cáo trạng 2" in " ".join(page.extract_text().split())


@pytest.mark.parametrize("name", list(FORMATS))
def test_a_form_is_dated_where_it_is_signed_and_has_an_annex_behind(name: str) -> None:
    """What the list and the record of an accession are made of."""
    annex = Annex("BẢNG KÊ GÓI", COLUMNS, rows(2), closing=["Hết bảng kê."])
    made = paper(
        [],
        columns=(),
        subject=["Giao nhận hồ sơ"],
        is_dated_below=True,
        signatures=[Signature("BÊN GIAO"), Signature("BÊN NHẬN", "Đỗ Hữu Ước", post="Lưu trữ viên")],
        annex=annex,
    )
    said = _in_order(write_paper(made, name), name)
    told = [
        "THỐNG KÊ",
        "Giao nhận",
        "Bảng này có",
        "ngày 05 tháng",
        "BÊN NHẬN",
        "Đỗ Hữu",
        "Lưu trữ",
        "BẢNG KÊ",
        "2/BB",
        "Hết",
    ]
    places = [said.index(each) for each in told]
    assert places == sorted(places)
    assert said.count("ngày 05 tháng 3 năm 2026") == 1
    undated = _in_order(write_paper(replace(made, day=None), name), name)
    assert "Quảng Ninh, ngày … tháng … năm ……" in undated
    # columns are counted below their headings, on every page
    counted = _in_order(write_paper(paper(rows(50), numbers_columns=True), name), name)
    assert len(re.findall(r"Đặc điểm\s+\(1\)\s+\(2\)\s+\(3\)\s+\(4\)", counted)) == (2 if name == "pdf" else 1)


def _in_order(data: bytes, name: str) -> str:
    """Return what a form says, from its head to its end."""
    if name == "pdf":
        return told_by_pdf(data)
    if name == "xlsx":
        cells = [str(cell.value) for row in load_workbook(io.BytesIO(data)).active for cell in row if cell.value]
        return " ".join(cells)
    parts = Document(io.BytesIO(data)).iter_inner_content()
    written = [
        [part.text] if isinstance(part, Paragraph) else [cell.text for row in part.rows for cell in row.cells]
        for part in parts
    ]
    return " ".join(" ".join(each) for each in written)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "không"),
        (4, "bốn"),
        (10, "mười"),
        (11, "mười một"),
        (15, "mười lăm"),
        (20, "hai mươi"),
        (21, "hai mươi mốt"),
        (105, "một trăm linh năm"),
        (115, "một trăm mười lăm"),
        (1001, "một nghìn không trăm linh một"),
        (12_350, "mười hai nghìn ba trăm năm mươi"),
    ],
)
def test_a_number_is_written_in_words(number: int, words: str) -> None:
    assert number_in_words(number) == words


def test_a_form_without_rows_has_its_head() -> None:
    made = paper([])
    assert told_by_docx(write_paper(made, "docx")) == [["STT", "Tên tài liệu", "Số bút lục", "Đặc điểm"]]
    assert "Đặc điểm" in told_by_pdf(write_paper(made, "pdf"))
    assert len(told_by_xlsx(write_paper(made, "xlsx"))) == 1


@pytest.mark.parametrize("signing", [1, 2])
def test_who_gets_a_paper_stands_at_the_lower_left(signing: int) -> None:
    told = paper(
        rows(2),
        signatures=[Signature("VIỆN TRƯỞNG"), Signature("NGƯỜI NHẬN")][:signing],
        recipients=["Công an tỉnh <Quảng Ninh>", "Lưu: VT, HSVA"],
    )
    said = ["Nơi nhận:", "- Công an tỉnh <Quảng Ninh>;", "- Lưu: VT, HSVA."]
    found: dict[str, tuple[float, float, str, float]] = {}

    def seen(text: str, frame: list[float], matrix: list[float], font: Any, size: float) -> None:
        if text.strip():
            place = frame[0] * matrix[4] + frame[4], frame[3] * matrix[5] + frame[5]
            found[text.strip()] = (*place, font["/BaseFont"], size)

    PdfReader(io.BytesIO(write_paper(told, "pdf"))).pages[0].extract_text(visitor_text=seen)
    at = [found[line] for line in said]
    assert [(font.rpartition("+")[2], size) for *_place, font, size in at] == [
        ("LiberationSerif-BoldItalic", 12),
        ("LiberationSerif", 11),
        ("LiberationSerif", 11),
    ]
    # beside one who signs, and below several; the list goes down
    title, head = found["VIỆN TRƯỞNG"][1], at[0][1]
    assert abs(title - head) < 3 if signing == 1 else title - head > 22 * POINT
    assert head > at[1][1] > at[2][1]
    assert all(x < 45 * POINT for x, *_rest in at)
    document = Document(io.BytesIO(write_paper(told, "docx")))
    holder = document.tables[-1].rows[0].cells[0] if signing == 1 else document
    shown = [each for each in holder.paragraphs if each.text in said]
    assert [each.text for each in shown] == said
    assert [(each.runs[0].font.size, each.runs[0].bold, each.runs[0].italic) for each in shown] == [
        (Pt(12), True, True),
        (Pt(11), False, False),
        (Pt(11), False, False),
    ]
    cells = [str(cell.value) for row in load_workbook(io.BytesIO(write_paper(told, "xlsx"))).active for cell in row]
    assert [cell for cell in cells if cell in said] == said


def test_two_sign_beside_each_other() -> None:
    made = paper(rows(1), signatures=[Signature("BÊN GIAO", "Trần Thị Thư"), Signature("BÊN NHẬN", "Lý Thị Mơ")])
    cells = Document(io.BytesIO(write_paper(made, "docx"))).tables[2].rows[0].cells
    assert ["Trần Thị Thư" in cells[0].text, "Lý Thị Mơ" in cells[1].text] == [True, True]
    text = told_by_pdf(write_paper(made, "pdf"))
    assert "BÊN GIAO" in text
    assert "Lý Thị Mơ" in text


@pytest.mark.parametrize("name", ["", "PDF", "odt", "../pdf"])
def test_an_unknown_format_is_refused_with_those_there_are(name: str) -> None:
    for act in (lambda: write_paper(paper(rows(1)), name), lambda: content_type(name)):
        with pytest.raises(BadInput, match="pdf, docx hoặc xlsx") as refused:
            act()
        assert refused.value.field == "format"


def _pages(made: OfficialPaper) -> list[str]:
    return [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(write_paper(made, "pdf"))).pages]


CLOSING = [
    "Tổng số: 8 tài liệu.",
    "Người quét: Đỗ Hữu Ước.",
    "Từ lúc ghi trên, các tài liệu được giữ nguyên. " * 4,
]


def test_no_more_than_what_does_not_fit_goes_on_the_next_page() -> None:
    """Totals and code stay below the rows; names are on a page with the paragraph they stand below."""
    signatures = [Signature(f"CHỨC DANH {place}", name) for place, name in enumerate(("Đỗ Hữu Ước", "Lê Thị Mai"))]
    moved = 0
    for number in range(3, 22):
        made = paper(rows(number), closing=CLOSING, code="0f" * 32, signatures=signatures)
        first, *rest = _pages(made)
        if not rest:
            continue
        (last,) = rest
        assert "Lê Thị Mai" in last
        assert "Từ lúc ghi trên" in last, number
        moved += "Tổng số" in first
    assert moved > 4


def test_signatures_that_nearly_fit_stand_closer_on_the_same_page() -> None:
    pages = {number: len(_pages(paper(rows(number), is_wide=True))) for number in range(1, 12)}
    most = max(number for number, count in pages.items() if count == 1)
    told: list[float] = []

    def seen(text: str, cm: list[float], tm: list[float], _font: Any, _size: float) -> None:
        if text.strip() in {"NGƯỜI LẬP", "Đỗ Hữu Ước"}:
            told.append(cm[5] + tm[5])

    apart = []
    for number in (1, most):
        told.clear()
        PdfReader(io.BytesIO(write_paper(paper(rows(number), is_wide=True), "pdf"))).pages[0].extract_text(
            visitor_text=seen
        )
        apart.append(max(told) - min(told))
    assert apart[0] - apart[1] > 10 * POINT


def test_a_number_too_long_for_its_column_is_broken_at_a_hyphen() -> None:
    narrow = (Column("STT", 12, "center"), Column("Hồ sơ", 46), Column("Ghi chú", 107))
    codes = ["HS-DS-QN-KV1-2025-0001", "HS-QN-KV1-2025-0003", "Mã HS-NCTN-DS-QN-KV1-2025-0001-0002"]
    made = paper([("–", code, "") for code in codes], columns=narrow)
    lines = PdfReader(io.BytesIO(write_paper(made, "pdf"))).pages[0].extract_text().splitlines()
    told = [line.removeprefix("–").strip() for line in lines]
    # whole where it fits, otherwise a line ends with a hyphen
    for line in ("HS-DS-QN-KV1-2025-", "0001", "HS-QN-KV1-2025-0003", "HS-NCTN-DS-QN-KV1-", "2025-0001-0002"):
        assert line in told, told
