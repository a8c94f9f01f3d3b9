"""Labels with a QR code to stick on what is carried about: a sheet of them as PDF."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import NamedTuple

from reportlab.graphics import renderPDF
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.lib.utils import simpleSplit
from reportlab.pdfgen.canvas import Canvas

from vks_plugin.papers.fonts import BOLD, REGULAR, register_fonts
from vks_plugin.papers.layout import writable

COLUMNS, ROWS = 2, 7
WIDTH, HEIGHT = 99.1, 38.1
"""Of a label in millimetres: the common sheet of fourteen."""
_LEFT, _TOP = 5.9, 15.2
_CODE = 32


class Label(NamedTuple):
    """One label."""

    code: str
    """What the QR code says; it stands below the words too, for whoever has no scanner."""
    heading: str
    lines: Sequence[str] = ()


def label_sheet(labels: Sequence[Label], *, title: str) -> bytes:
    """Return labels as PDF, fourteen on a page; the same labels give the same bytes."""
    register_fonts()
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=1, pageCompression=1, lang="vi-VN")
    canvas.setTitle(writable(title))
    for number, label in enumerate(labels):
        place = number % (COLUMNS * ROWS)
        if number and not place:
            canvas.showPage()
        row, column = divmod(place, COLUMNS)
        _draw(canvas, label, (_LEFT + column * WIDTH) * mm, A4[1] - (_TOP + (row + 1) * HEIGHT) * mm)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _draw(canvas: Canvas, label: Label, x: float, y: float) -> None:
    side = _CODE * mm
    widget = QrCodeWidget(label.code, barLevel="M", barWidth=side, barHeight=side)
    drawing = Drawing(side, side)
    drawing.add(widget)
    renderPDF.draw(drawing, canvas, x + 2 * mm, y + (HEIGHT - _CODE) * mm / 2)
    left, width = x + (_CODE + 5) * mm, (WIDTH - _CODE - 8) * mm
    height = y + HEIGHT * mm - 8 * mm
    for text, font, size, most in (
        (label.heading, BOLD, 15, 1),
        *((line, REGULAR, 9.5, 2) for line in label.lines),
        (label.code, REGULAR, 7.5, 2),
    ):
        for line in simpleSplit(writable(text), font, size, width)[:most]:
            canvas.setFont(font, size)
            canvas.drawString(left, height, line)
            height -= size * 1.25
