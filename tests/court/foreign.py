"""A bundle as other programs make it: drawn with ReportLab, joined and bookmarked with pypdf, by none of our code."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pypdf
from PIL import Image, ImageDraw, ImageFont
from pypdf.annotations import Link
from pypdf.generic import ArrayObject, Fit, FloatObject, NameObject, NullObject, TextStringObject
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from vks_plugin.papers.fonts import FILES, FONTS, REGULAR

FONT = "Foreign"
NAME = "TA-2026-17 Ho so vu an 2026-09-15.pdf"
TITLES = ("Biên bản khám nghiệm hiện trường", "Kết luận giám định pháp y", "Bản ảnh hiện trường")
LINES = (
    "Hồi 8 giờ 30 phút, tại hiện trường, Hội đồng khám nghiệm tiến hành xem xét dấu vết {number}.",
    "Người chứng kiến ký tên xác nhận nội dung biên bản là đúng, không có ý kiến gì khác {number}.",
    "Các dấu vết thu được ghi vào biên bản, niêm phong theo quy định, giao cho điều tra viên {number}.",
)

Draw = Callable[[Canvas, int], None]


def scan(words: str = "", *, turned: int = 0) -> Image.Image:
    """Return an A4 page scanned at 200 dpi, with a block of words."""
    picture = Image.new("L", (1654, 2339), 250)
    pen = ImageDraw.Draw(picture)
    font = ImageFont.truetype(str(FONTS / FILES[REGULAR]), 44)
    for row in range(30):
        pen.text((150, 200 + row * 62), words or f"The quick brown fox jumps over the lazy dog, line {row}", 20, font)
    return picture.rotate(turned, expand=False) if turned else picture


def foreign(
    path: Path,
    *,
    number: Draw | None = None,
    page: dict[int, Draw] | None = None,
    finish: Callable[[pypdf.PdfWriter], None] | None = None,
    title: Callable[[str, int], str] = lambda title, first: f"{title} (p. {first})",
) -> Path:
    """Write a bundle of three documents of two pages behind a cover and an index: eight pages.

    Args:
        path: where to.
        number: draws the number of a page; the usual one when left out.
        page: draws a page, by its number, in place of the usual one.
        finish: changes the file before it is written.
        title: of a bookmark, from the document's title and its first page.
    """
    if FONT not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont(FONT, str(FONTS / FILES[REGULAR])))
    buffer = io.BytesIO()
    # names a font on every page that it never writes with
    canvas = Canvas(buffer, pagesize=A4, invariant=1)
    rows = []
    for at in range(1, 9):
        canvas.setFont(FONT, 11)
        if at == 1:
            canvas.drawCentredString(A4[0] / 2, 500, "HỒ SƠ VỤ ÁN số 17/2026")
        elif at == 2:
            for row, name in enumerate(TITLES):
                y = 700 - row * 30
                canvas.drawString(60, y, f"{row + 1}. {name}, ngày 02/03/2026")
                canvas.drawRightString(530, y, f"{3 + row * 2}-{4 + row * 2}")
                rows.append((50, y - 6, 540, y + 16))
        elif page and at in page:
            page[at](canvas, at)
        else:
            for row in range(12):
                canvas.drawString(60, 740 - row * 20, LINES[row % 3].format(number=at * 100 + row))
        canvas.setFont(FONT, 10)
        (number or (lambda drawn, at: drawn.drawRightString(540, 30, f"Page {at} of 8")))(canvas, at)
        canvas.showPage()
    canvas.save()
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(buffer.getvalue()))
    writer.add_outline_item(title=f"Index {title('', 2)}", page_number=1, fit=Fit.xyz())
    for row, name in enumerate(TITLES):
        writer.add_outline_item(title=title(name, 3 + row * 2), page_number=2 + row * 2, fit=Fit.xyz())
        writer.add_annotation(1, Link(rect=rows[row], target_page_index=2 + row * 2, fit=Fit.xyz()))
    writer.add_metadata({"/Title": "Hồ sơ vụ án số 17/2026"})
    root: Any = writer.root_object
    root[NameObject("/Lang")] = TextStringObject("vi-VN")
    first: Any = writer.pages[0].indirect_reference
    root[NameObject("/OpenAction")] = ArrayObject(
        [first, NameObject("/XYZ"), NullObject(), NullObject(), FloatObject(1)]
    )
    if finish is not None:
        finish(writer)
    writer.write(path)
    return path


def picture(image: Image.Image, **options: Any) -> Draw:
    """Return what fills a page with a picture."""

    def draw(canvas: Canvas, _at: int) -> None:
        canvas.drawImage(ImageReader(image), 0, 0, *A4, **options)

    return draw
