"""A form as PDF."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape

from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.colors import black
from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY, TA_LEFT
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    HRFlowable,
    KeepTogether,
    LongTable,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)
from reportlab.platypus.flowables import _ContainerSpace

from vks_plugin.papers import layout
from vks_plugin.papers.fonts import BOLD, BOLD_ITALIC, ITALIC, REGULAR, register_fonts
from vks_plugin.papers.layout import Annex, Column, OfficialPaper, Signature, agency_lines, writable

_STEP = 1.25
"""Height of a line, in times its size: single."""
_RULED = 8
"""Points that the line below the agency and the motto takes."""
_ROOM, _LESS_ROOM, _LEAST_ROOM = 22, 14, 11
"""Millimetres for a signature; where two rows of them stand on one sheet; and where they would else stand on the next one."""
_ANY_HEIGHT = 1e6
"""Points, more than anything takes."""
_ANNEX_BEGINS = 75
"""Millimetres that have to be left on a page for an annex to begin on it: its title, the head and some rows of its table."""

_BODY = ParagraphStyle(
    "body",
    fontName=REGULAR,
    fontSize=layout.BODY_SIZE,
    leading=16.5,
    alignment=TA_JUSTIFY,
    spaceBefore=layout.SPACING,
    firstLineIndent=layout.INDENT * mm,
)
_CENTRED = ParagraphStyle("centred", parent=_BODY, alignment=TA_CENTER, spaceBefore=2, firstLineIndent=0)
_TITLE = ParagraphStyle("title", parent=_CENTRED, fontName=BOLD, fontSize=layout.TITLE_SIZE, leading=18, spaceBefore=14)
_SUBJECT = ParagraphStyle("subject", parent=_CENTRED, fontName=BOLD)
_DATED = ParagraphStyle("dated", parent=_CENTRED, fontName=ITALIC, fontSize=layout.DATED_SIZE)
_CELL = ParagraphStyle("cell", fontName=REGULAR, fontSize=12, leading=14.5)
_NUMBER = re.compile(r"[\w-]+[,.;]?")
"""What is broken at hyphens: keys and signed heads are not, as somebody copies them from the sheet line by line."""
_BESIDE_CELL = 3
"""Points left free at both sides of a cell."""
_CELL_CENTRED = ParagraphStyle("cell-centred", parent=_CELL, alignment=TA_CENTER)
_CELL_HEAD = ParagraphStyle("cell-head", parent=_CELL_CENTRED, fontName=BOLD)
_SIGN_TITLE = ParagraphStyle("sign-title", parent=_CENTRED, fontName=BOLD)
_SIGN_NOTE = ParagraphStyle("sign-note", parent=_CENTRED, fontName=ITALIC, fontSize=12)
_RECIPIENTS_TITLE = ParagraphStyle(
    "recipients-title",
    parent=_CENTRED,
    fontName=BOLD_ITALIC,
    fontSize=layout.RECIPIENTS_TITLE_SIZE,
    alignment=TA_LEFT,
)
_RECIPIENTS = ParagraphStyle(
    "recipients", parent=_CENTRED, fontSize=layout.RECIPIENTS_SIZE, leading=13.5, alignment=TA_LEFT, spaceBefore=0
)


class _Head(Flowable):
    """Agency on the left, national title and motto on the right, number and date below."""

    _LEFT_SHARE = 0.46
    _GAP = 3 * mm

    def __init__(self, paper: OfficialPaper) -> None:
        super().__init__()
        self.paper = paper
        self.width = paper.text_width * mm
        self._left = [
            *self._lines(agency_lines(paper.higher_agency), REGULAR),
            *self._lines(agency_lines(paper.agency), BOLD),
        ]
        number = self._height(layout.NUMBER_SIZE) + _RULED if paper.number else 0
        dated = self._height(layout.DATED_SIZE) if paper.dated else 0
        left = len(self._left) * self._height(layout.AGENCY_SIZE) + number
        right = self._height(layout.NATIONAL_SIZE) + self._height(layout.MOTTO_SIZE) + _RULED + dated
        self.height = max(left, right) + 6

    @staticmethod
    def _height(size: float) -> float:
        return size * _STEP

    def _lines(self, texts: Sequence[str], font: str) -> list[tuple[str, str]]:
        width = self.width * self._LEFT_SHARE - self._GAP
        return [(line, font) for text in texts for line in simpleSplit(text, font, layout.AGENCY_SIZE, width) if text]

    def wrap(self, _width: float, _height: float) -> tuple[float, float]:
        """Return the space it takes."""
        return self.width, self.height

    def draw(self) -> None:
        """Draw both halves, each centred on its own line."""
        left = (self.width * self._LEFT_SHARE - self._GAP) / 2
        right = self.width * (1 + self._LEFT_SHARE) / 2
        y = self.height
        for line, font in self._left:
            y = self._say(line, font, layout.AGENCY_SIZE, left, y)
        if self._left:
            # a third to a half of the line above it
            self._rule(left, y, stringWidth(self._left[-1][0], BOLD, layout.AGENCY_SIZE) * 0.4)
        if self.paper.number:
            self._say(writable(self.paper.number), REGULAR, layout.NUMBER_SIZE, left, y - _RULED)
        y = self._say(layout.NATIONAL_TITLE, BOLD, layout.NATIONAL_SIZE, right, self.height)
        y = self._say(layout.MOTTO, BOLD, layout.MOTTO_SIZE, right, y)
        self._rule(right, y, stringWidth(layout.MOTTO, BOLD, layout.MOTTO_SIZE))
        self._say(writable(self.paper.dated), ITALIC, layout.DATED_SIZE, right, y - _RULED)

    def _say(self, text: str, font: str, size: float, x: float, y: float) -> float:
        """Write a line below `y`; return where the next one begins."""
        self.canv.setFont(font, size)
        self.canv.drawCentredString(x, y - size, text)
        return y - self._height(size)

    def _rule(self, x: float, y: float, width: float) -> None:
        self.canv.line(x - width / 2, y - 3, x + width / 2, y - 3)


def _number_page(canvas: Canvas, document: Any) -> None:
    """Write the page number in the middle of the upper margin."""
    width, height = document.pagesize
    canvas.setFont(REGULAR, layout.BODY_SIZE)
    canvas.drawCentredString(width / 2, height - layout.TOP * mm / 2 - 4, str(canvas.getPageNumber()))


def _said(text: str, style: ParagraphStyle) -> Paragraph:
    return Paragraph(escape(writable(text)).replace("\n", "<br/>"), style)


def _broken(text: str, width: float) -> str:
    """Return what stands in a cell of so many points; a number too long for a line, as that of a case, ends it with a hyphen."""

    def fitted(found: re.Match[str]) -> str:
        word = found[0]
        if "-" not in word or not _NUMBER.fullmatch(word) or stringWidth(word, REGULAR, _CELL.fontSize) <= width:
            return word
        lines = [""]
        for piece in re.split("(?<=-)", word):
            if lines[-1] and stringWidth(lines[-1] + piece, REGULAR, _CELL.fontSize) > width:
                lines.append(piece)
            else:
                lines[-1] += piece
        return "\n".join(lines)

    return re.sub(r"\S+", fitted, text)


def _table(columns: Sequence[Column], heads: Sequence[Sequence[str]], rows: Sequence[Sequence[str]]) -> Flowable:
    styles = [_CELL_CENTRED if column.align == "center" else _CELL for column in columns]
    cells = [
        [_said(heading, _CELL_CENTRED if place else _CELL_HEAD) for heading in row] for place, row in enumerate(heads)
    ]
    free = [column.width * mm - 2 * _BESIDE_CELL for column in columns]
    cells += [
        [_said(_broken(value, width), style) for value, style, width in zip(row, styles, free, strict=True)]
        for row in rows
    ]
    # two thousand rows take three seconds
    table = LongTable(cells, colWidths=[column.width * mm for column in columns], repeatRows=len(heads))
    table.setStyle(
        TableStyle(
            [
                ("GRID", (0, 0), (-1, -1), 0.5, black),
                ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
                ("LEFTPADDING", (0, 0), (-1, -1), _BESIDE_CELL),
                ("RIGHTPADDING", (0, 0), (-1, -1), _BESIDE_CELL),
                ("TOPPADDING", (0, 0), (-1, -1), 2),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
            ]
        )
    )
    return table


def _recipients(paper: OfficialPaper) -> list[Flowable]:
    lines = [_said(line, _RECIPIENTS) for line in paper.recipient_lines]
    return [_said(layout.RECIPIENTS_TITLE, _RECIPIENTS_TITLE), *lines] if lines else []


def _signatures(paper: OfficialPaper, signatures: Sequence[Signature], *, room: float) -> Flowable:
    """Return the places to sign beside each other, with so many millimetres for a signature."""
    last = len(signatures) - 1
    cells: list[list[Flowable]] = [
        [
            *([_said(paper.dated_below if place == last else "", _DATED)] if paper.dated_below else []),
            _said(each.title, _SIGN_TITLE),
            _said(each.note, _SIGN_NOTE),
            Spacer(1, room * mm),
            _said(each.name, _SIGN_TITLE),
            *([_said(each.post, _CENTRED)] if each.post else []),
        ]
        for place, each in enumerate(signatures)
    ]
    if len(cells) == 1:
        # one alone stands on the right, with who gets the paper beside it
        cells.insert(0, _recipients(paper))
    table = Table([cells], colWidths=[paper.text_width * mm / len(cells)] * len(cells))
    table.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP")]))
    return table


def _signed(paper: OfficialPaper, *, room: float) -> list[Flowable]:
    """Return the places to sign and the paragraph they stand below: no name is alone on a page."""
    told: list[Flowable] = [_said(line, _BODY) for line in paper.closing_signed]
    if paper.signatures:
        told += [Spacer(1, 4 * mm), _signatures(paper, paper.signatures, room=room)]
    return told


class _Ending(_ContainerSpace, Flowable):
    """What is said at the end and who signs it: on the page of the last rows where that can be, else what does not fit goes on.

    Signatures that nearly fit get less room each.
    """

    def __init__(self, said: list[Flowable], roomy: list[Flowable], tight: list[Flowable]) -> None:
        super().__init__()
        self._said, self._roomy, self._tight = said, roomy, tight
        # the space above and below it is that of its first and last part
        self._content = [*said, *roomy]

    def wrap(self, width: float, _height: float) -> tuple[float, float]:
        """Return more than there is on a page, so that it is asked for its parts."""
        return width, float("inf")

    def split(self, width: float, height: float) -> list[Flowable]:
        """Return its parts as they stand on what is left of a page."""
        for signed in (self._roomy, self._tight):
            parts = [*self._said, *signed]
            if self._height(parts, width) <= height:
                return parts
        # something that takes no room comes first: the first part has to fit
        return [Spacer(1, 0), *self._said, KeepTogether(self._roomy)]

    def _height(self, parts: Sequence[Flowable], width: float) -> float:
        taken = above = 0.0
        for place, each in enumerate(parts):
            below = above
            above = each.getSpaceAfter()
            taken += each.wrapOn(self.canv, width, _ANY_HEIGHT)[1]
            # what is above the first is taken into account by who asks
            taken += max(each.getSpaceBefore(), below) if place else 0
        return taken


def _annex(annex: Annex) -> list[Flowable]:
    above = [_said(annex.title, _TITLE), *(_said(line, _CENTRED) for line in annex.subtitle)]
    table = _table(annex.columns, [[column.heading for column in annex.columns]], annex.rows)
    return [
        # the title is on no other page than what it stands above
        CondPageBreak(_ANNEX_BEGINS * mm),
        Spacer(1, 6 * mm),
        *above,
        Spacer(1, 4 * mm),
        table,
        Spacer(1, 3 * mm),
        *(_said(line, _BODY) for line in annex.closing),
    ]


def _code(text: str) -> Flowable:
    """Return a QR code, printed large enough to be read from a copy."""
    side = 42 * mm
    widget = QrCodeWidget(text.encode(), barLevel="M", barWidth=side, barHeight=side)  # type: ignore[arg-type]  # takes bytes too; it would not write every letter
    drawing = Drawing(side, side)
    drawing.add(widget)
    return drawing


def as_pdf(paper: OfficialPaper) -> bytes:
    """Return the form as PDF; the same form gives the same bytes."""
    register_fonts()
    buffer = io.BytesIO()
    # the library's own A4 has more digits than 210 by 297 millimetres
    document = BaseDocTemplate(
        buffer,
        pagesize=landscape(A4) if paper.is_wide else A4,
        title=writable(paper.title),
        author=writable(paper.agency),
        lang="vi-VN",
        invariant=1,
        pageCompression=1,
    )
    frame = Frame(
        layout.LEFT * mm,
        layout.BOTTOM * mm,
        paper.text_width * mm,
        (paper.page_size[1] - layout.TOP - layout.BOTTOM) * mm,
        leftPadding=0,
        rightPadding=0,
        topPadding=0,
        bottomPadding=0,
    )
    document.addPageTemplates(
        [
            PageTemplate("first", [frame], autoNextPageTemplate="later"),
            PageTemplate("later", [frame], onPage=_number_page),
        ]
    )
    story: list[Flowable] = [_Head(paper), _said(paper.title, _TITLE)]
    story += [_said(line, _SUBJECT) for line in paper.subject]
    if paper.subject:
        story.append(HRFlowable(width=24 * mm, thickness=0.7, color=black, spaceBefore=3, spaceAfter=3))
    story += [_said(line, _CENTRED) for line in paper.subtitle]
    if paper.opening:
        story.append(Spacer(1, 3 * mm))
    story += [_said(line, _BODY) for line in paper.opening]
    if paper.columns:
        story += [Spacer(1, 5 * mm), _table(paper.columns, paper.heads, paper.rows), Spacer(1, 3 * mm)]
    said: list[Flowable] = [_said(line, _BODY) for line in paper.closing_apart]
    if paper.code:
        said += [Spacer(1, 3 * mm), _code(paper.code)]
    if said or paper.closing or paper.signatures:
        room = _LESS_ROOM if paper.later_signatures else _ROOM
        story.append(_Ending(said, _signed(paper, room=room), _signed(paper, room=_LEAST_ROOM)))
    if paper.later_signatures:
        story.append(KeepTogether([Spacer(1, 4 * mm), _signatures(paper, paper.later_signatures, room=_LESS_ROOM)]))
    if paper.recipients and not paper.signs_alone:
        story.append(KeepTogether([Spacer(1, 3 * mm), *_recipients(paper)]))
    if paper.annex is not None:
        story += _annex(paper.annex)
    document.build(story)
    return buffer.getvalue()
