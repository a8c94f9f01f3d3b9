"""A form as DOCX, to be edited in an office program."""

from __future__ import annotations

import datetime as dt
import io
from typing import TYPE_CHECKING, Any

from docx import Document
from docx.enum.section import WD_ORIENTATION, WD_SECTION_START
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from PIL import Image
from reportlab.graphics.barcode.qr import QrCodeWidget

from vks_plugin.papers import layout
from vks_plugin.papers.layout import Annex, Column, OfficialPaper, agency_lines, writable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from docx.document import Document as DocumentObject
    from docx.table import Table, _Cell
    from docx.text.paragraph import Paragraph

FONT = "Times New Roman"
_QUIET = 4
"""Modules of white around a QR code."""
_MADE = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
"""The day the file itself is from does not matter; the same form gives the same file."""


def _element(name: str, **attributes: str) -> Any:
    made = OxmlElement(name)
    for key, value in attributes.items():
        made.set(qn(f"w:{key}"), value)
    return made


def _said(
    paragraph: Paragraph,
    text: str,
    *,
    size: float = layout.BODY_SIZE,
    bold: bool = False,
    italic: bool = False,
    centred: bool = False,
) -> Paragraph:
    run = paragraph.add_run(writable(text))
    run.font.size = Pt(size)
    run.bold, run.italic = bold, italic
    if centred:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    return paragraph


def _body(document: DocumentObject, text: str) -> Paragraph:
    """Write a paragraph of the text."""
    paragraph = _said(document.add_paragraph(), text)
    paragraph.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
    form = paragraph.paragraph_format
    form.space_before, form.first_line_indent, form.line_spacing = Pt(layout.SPACING), Mm(layout.INDENT), 1.0
    return paragraph


def _into(cell: _Cell, text: str, **how: Any) -> None:
    """Write the next paragraph of a cell, which has an empty one to begin with."""
    empty = len(cell.paragraphs) == 1 and not cell.paragraphs[0].text
    _said(cell.paragraphs[0] if empty else cell.add_paragraph(), text, centred=True, **how)


def _unframed(document: DocumentObject, widths: list[float]) -> list[_Cell]:
    table = document.add_table(rows=1, cols=len(widths))
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    _set_widths(table, widths)
    # who signs signs on the page that says what as
    table.rows[0]._tr.get_or_add_trPr().append(_element("w:cantSplit"))  # noqa: SLF001 - python-docx has no way of its own to it
    return list(table.rows[0].cells)


def _set_widths(table: Table, widths: list[float]) -> None:
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Mm(width)
    for cell, width in zip(table.rows[0].cells, widths, strict=True):
        cell.width = Mm(width)


def _head(document: DocumentObject, paper: OfficialPaper) -> None:
    widths = [paper.text_width * 0.44, paper.text_width * 0.56]
    left, right = _unframed(document, widths)
    for line in agency_lines(paper.higher_agency) if paper.higher_agency else []:
        _into(left, line, size=layout.AGENCY_SIZE)
    for line in agency_lines(paper.agency):
        _into(left, line, size=layout.AGENCY_SIZE, bold=True)
    _ruled(left.paragraphs[-1], length=28, within=widths[0])
    if paper.number:
        _into(left, paper.number, size=layout.NUMBER_SIZE)
    _into(right, layout.NATIONAL_TITLE, size=layout.NATIONAL_SIZE, bold=True)
    _into(right, layout.MOTTO, size=layout.MOTTO_SIZE, bold=True)
    _ruled(right.paragraphs[-1], length=56, within=widths[1])
    if paper.dated:
        _into(right, paper.dated, size=layout.DATED_SIZE, italic=True)


def _ruled(paragraph: Paragraph, *, length: float, within: float) -> None:
    """Draw the short line that stands below the agency and the motto, as the border of an empty line.

    Args:
        paragraph: below which it stands.
        length: of the line, in millimetres.
        within: width of the cell, in the middle of which it stands.
    """
    indent = (within - length) / 2
    after = OxmlElement("w:p")
    paragraph._p.addnext(after)  # noqa: SLF001 - python-docx has no way of its own to a paragraph's border
    rule = type(paragraph)(after, paragraph._parent)  # noqa: SLF001
    rule.paragraph_format.left_indent = rule.paragraph_format.right_indent = Mm(indent)
    rule.paragraph_format.line_spacing = Pt(4)
    borders = _element("w:pBdr")
    borders.append(_element("w:top", val="single", sz="6", space="1", color="000000"))
    rule._p.get_or_add_pPr().append(borders)  # noqa: SLF001


def _table(
    document: DocumentObject,
    columns: Sequence[Column],
    heads: Sequence[Sequence[str]],
    rows: Sequence[Sequence[str]],
) -> None:
    table = document.add_table(rows=len(heads), cols=len(columns))
    table.style = "Table Grid"
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    _set_widths(table, [column.width for column in columns])
    # as on the PDF: words do not touch the lines; the schema wants it before the look
    margins = _element("w:tblCellMar")
    for side, padding in (("w:top", 0.7), ("w:left", 1.1), ("w:bottom", 0.7), ("w:right", 1.1)):
        margins.append(_element(side, w=str(Mm(padding).twips), type="dxa"))
    look = table._tbl.tblPr.find(qn("w:tblLook"))  # noqa: SLF001 - python-docx knows no margins of cells
    look.addprevious(margins)
    for place, (line, headings) in enumerate(zip(table.rows, heads, strict=True)):
        for cell, heading in zip(line.cells, headings, strict=True):
            _into(cell, heading, size=12, bold=not place)
            cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
        head = line._tr.get_or_add_trPr()  # noqa: SLF001 - python-docx has no way of its own to repeated rows
        head.append(_element("w:cantSplit"))
        head.append(_element("w:tblHeader"))
    widths = [str(Mm(column.width).twips) for column in columns]
    for row in rows:
        # row by row through python-docx takes minutes for two thousand of them
        made = _element("w:tr")
        properties = _element("w:trPr")
        properties.append(_element("w:cantSplit"))
        made.append(properties)
        for value, column, width in zip(row, columns, widths, strict=True):
            made.append(_cell(value, column.align, width))
        table._tbl.append(made)  # noqa: SLF001


def _cell(value: str, align: str, width: str) -> Any:
    cell = _element("w:tc")
    properties = _element("w:tcPr")
    properties.append(_element("w:tcW", w=width, type="dxa"))
    properties.append(_element("w:vAlign", val="center"))
    cell.append(properties)
    paragraph = _element("w:p")
    if align == "center":
        how = _element("w:pPr")
        how.append(_element("w:jc", val="center"))
        paragraph.append(how)
    run = _element("w:r")
    size = _element("w:rPr")
    size.append(_element("w:sz", val="24"))
    run.append(size)
    for number, line in enumerate(writable(value).split("\n")):
        if number:
            # an end of line within the text itself is a blank in an office program
            run.append(_element("w:br"))
        text = _element("w:t")
        text.text = line
        text.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        run.append(text)
    paragraph.append(run)
    cell.append(paragraph)
    return cell


def _page_numbers(document: DocumentObject) -> None:
    """Number pages at the top from the second one on."""
    section = document.sections[0]
    section.different_first_page_header_footer = True
    paragraph = section.header.paragraphs[0]
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for kind, text in (("begin", ""), ("", "PAGE"), ("end", "")):
        run = paragraph.add_run()
        run.font.size = Pt(13)
        if kind:
            run._r.append(_element("w:fldChar", fldCharType=kind))  # noqa: SLF001 - python-docx knows no fields
        else:
            instruction = _element("w:instrText")
            instruction.text = text
            run._r.append(instruction)  # noqa: SLF001


def _code(document: DocumentObject, text: str) -> None:
    """Write a QR code as a picture, as large as on the PDF."""
    widget: Any = QrCodeWidget(text.encode(), barLevel="M")  # type: ignore[arg-type]  # takes bytes too; it would not write every letter
    widget.qr.make()
    modules = widget.qr.modules
    side = len(modules) + 2 * _QUIET
    picture = Image.new("1", (side, side), 1)
    for y, row in enumerate(modules):
        for x, dark in enumerate(row):
            picture.putpixel((x + _QUIET, y + _QUIET), not dark)
    buffer = io.BytesIO()
    picture.resize((side * 8, side * 8), Image.Resampling.NEAREST).save(buffer, "PNG")
    document.add_picture(buffer, width=Mm(42))


def _recipients(first: Paragraph, paper: OfficialPaper) -> None:
    """Write who gets the paper, in this paragraph and the ones it is followed by."""
    _said(first, layout.RECIPIENTS_TITLE, size=layout.RECIPIENTS_TITLE_SIZE, bold=True, italic=True)
    first.paragraph_format.space_before = Pt(0 if paper.signs_alone else layout.SPACING * 2)
    for line in reversed(paper.recipient_lines):
        after = OxmlElement("w:p")
        first._p.addnext(after)  # noqa: SLF001 - python-docx puts nothing behind a paragraph
        _said(type(first)(after, first._parent), line, size=layout.RECIPIENTS_SIZE)  # noqa: SLF001
        first.paragraph_format.keep_with_next = True


def _annex(document: DocumentObject, annex: Annex) -> None:
    title = _said(document.add_paragraph(), annex.title, size=layout.TITLE_SIZE, bold=True, centred=True)
    title.paragraph_format.space_before = Pt(24)
    above = [title, *(_said(document.add_paragraph(), line, centred=True) for line in annex.subtitle)]
    for paragraph in above:
        paragraph.paragraph_format.keep_with_next = True
    above[-1].paragraph_format.space_after = Pt(10)
    _table(document, annex.columns, [[column.heading for column in annex.columns]], annex.rows)
    for line in annex.closing:
        _body(document, line)


def as_docx(paper: OfficialPaper) -> bytes:
    """Return the form as DOCX."""
    document = Document()
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = FONT, Pt(layout.BODY_SIZE)
    normal.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)
    normal.paragraph_format.space_after = Pt(0)
    section = document.sections[0]
    section.start_type = WD_SECTION_START.NEW_PAGE
    section.page_width, section.page_height = (Mm(each) for each in paper.page_size)
    section.orientation = WD_ORIENTATION.LANDSCAPE if paper.is_wide else WD_ORIENTATION.PORTRAIT
    section.top_margin, section.bottom_margin = Mm(layout.TOP), Mm(layout.BOTTOM)
    section.left_margin, section.right_margin = Mm(layout.LEFT), Mm(layout.RIGHT)
    section.header_distance = Mm(layout.TOP / 2)
    properties = document.core_properties
    properties.title, properties.author = writable(paper.title)[:255], writable(paper.agency)[:255]
    properties.comments, properties.language = "", "vi-VN"
    properties.created = properties.modified = _MADE
    _page_numbers(document)
    _head(document, paper)
    title = _said(document.add_paragraph(), paper.title, size=layout.TITLE_SIZE, bold=True, centred=True)
    title.paragraph_format.space_before = Pt(14)
    for line in paper.subject:
        _said(document.add_paragraph(), line, bold=True, centred=True)
    if paper.subject:
        _ruled(document.paragraphs[-1], length=24, within=paper.text_width)
    for line in paper.subtitle:
        _said(document.add_paragraph(), line, centred=True)
    for line in paper.opening:
        _body(document, line)
    if paper.columns:
        document.paragraphs[-1].paragraph_format.space_after = Pt(10)
        _table(document, paper.columns, paper.heads, paper.rows)
    for line in paper.closing_apart:
        _body(document, line)
    if paper.code:
        _code(document, paper.code)
    for line in paper.closing_signed:
        _body(document, line).paragraph_format.keep_with_next = True
    for signatures in filter(None, (paper.signatures, paper.later_signatures)):
        document.add_paragraph().paragraph_format.keep_with_next = True
        count = max(len(signatures), 2)
        cells = _unframed(document, [paper.text_width / count] * count)
        # one alone stands on the right
        for place, (cell, signature) in enumerate(zip(cells[-len(signatures) :], signatures, strict=True), start=1):
            if paper.dated_below:
                # a blank keeps those beside it on one line
                dated = paper.dated_below if place == len(signatures) else "\u00a0"
                _into(cell, dated, size=layout.DATED_SIZE, italic=True)
            _into(cell, signature.title, bold=True)
            _into(cell, signature.note, size=12, italic=True)
            for _line in range(2 if paper.later_signatures else 4):
                cell.add_paragraph().paragraph_format.keep_with_next = True
            _said(cell.add_paragraph(), signature.name, bold=True, centred=True)
            if signature.post:
                _said(cell.add_paragraph(), signature.post, centred=True)
        if paper.recipients and paper.signs_alone:
            _recipients(cells[0].paragraphs[0], paper)
    if paper.recipients and not paper.signs_alone:
        _recipients(document.add_paragraph(), paper)
    if paper.annex is not None:
        _annex(document, paper.annex)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()
