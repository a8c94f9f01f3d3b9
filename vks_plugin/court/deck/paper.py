"""A deck on paper: one slide on each sheet, in case no screen works. What waits for the panel is named and not shown."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from reportlab.lib.colors import HexColor, black, white
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from vks_plugin.court.deck.contents import Deck, DeckPage, DeckSlide, DeckStill, PlanMark
from vks_plugin.court.deck.diagrams import (
    COLOURS,
    EVENT,
    WORDS_COLOUR,
    Diagram,
    arrow_head,
    baselines,
    label_baselines,
    wrap,
)
from vks_plugin.court.deck.html import drawn_pages
from vks_plugin.court.deck.inside import put_into_pdf
from vks_plugin.court.deck.manifest import as_text, manifest_of, page_entry, signature_of
from vks_plugin.court.deck.plans import GROUND, INK, PIN_PART, told_of_mark
from vks_plugin.court.deck.rendering import Picture, file_sha256
from vks_plugin.court.deck.rules import AWAITS_PANEL, TITLE
from vks_plugin.custody.signing import OfficeKey, sign_pdf
from vks_plugin.papers.fonts import BOLD, ITALIC, REGULAR, register_fonts
from vks_plugin.papers.layout import writable

_WIDE, _HIGH = landscape(A4)
_GREEN = HexColor("#17541f")
_MARGIN = 34.0
_FOOT = 26.0


def write_pdf(
    deck: Deck,
    target: Path,
    *,
    progress: Callable[[int], None] | None = None,
    key: OfficeKey | None = None,
) -> dict[str, Any]:
    """Write the deck into a file: slides on A4 across, pages of the case file upright as they are.

    It has its manifest within, with the pages that are printed; return that. A key signs the manifest, and the file as the last
    thing that happens to it.

    Raises:
        BadInput: a page cannot be drawn.
    """
    register_fonts()
    # nothing of testimony on film stands on paper, nor in the manifest of it
    slides = tuple(
        replace(slide, still=None) if slide.still is not None and not slide.still.printed else slide
        for slide in deck.slides
    )
    deck = replace(deck, slides=slides)
    held = {page.key for page in deck.pages if page.held}
    pictures: dict[str, Picture] = {}
    entries = []
    for done, (page, picture) in enumerate(drawn_pages(deck), 1):
        if page.key not in held:
            pictures[page.key] = picture
            entries.append(page_entry(page, "", hashlib.sha256(picture.jpeg).hexdigest(), file_sha256(page.path)))
        if progress is not None:
            progress(done)
    canvas = Canvas(str(target), pagesize=(_WIDE, _HIGH), pageCompression=1, lang="vi")
    canvas.setTitle(writable(deck.title))
    canvas.setAuthor(writable(deck.office))
    pages = deck.by_key
    for slide in deck.slides:
        canvas.bookmarkPage(f"s{slide.number}")
        canvas.addOutlineEntry(writable(f"{slide.number}. {slide.title}")[:120], f"s{slide.number}", 0)
        if slide.state == AWAITS_PANEL:
            _held(canvas, deck, slide)
        elif slide.pages:
            for place, name in enumerate(slide.pages):
                _page(canvas, deck, slide, pages[name], pictures[name], slide.markers if place == 0 else ())
        else:
            _words(canvas, deck, slide)
    canvas.save()
    manifest = manifest_of(deck, entries, key=key)
    text = as_text(manifest)
    put_into_pdf(target, text, signature_of(text, key))
    if key is not None:
        sign_pdf(target, key)
    return manifest


def _foot(canvas: Canvas, left: str, right: str, width: float) -> None:
    canvas.setFont(REGULAR, 11)
    canvas.setFillColor(black)
    (line,) = wrap(left, width - 2 * _MARGIN - 60, 11, most=1) or ("",)
    canvas.drawString(_MARGIN, _FOOT, line)
    canvas.drawRightString(width - _MARGIN, _FOOT, right)
    canvas.setLineWidth(0.5)
    canvas.line(_MARGIN, _FOOT + 14, width - _MARGIN, _FOOT + 14)


def _lines(
    canvas: Canvas,
    text: str,
    y: float,
    *,
    font: str,
    size: float,
    width: float,
    centred: bool = False,
    lowest: float = 56,
) -> float:
    for part in text.split("\n"):
        for line in wrap(part, width, size, bold=font == BOLD, most=60):
            if y < lowest:
                return y
            canvas.setFont(font, size)
            if centred:
                canvas.drawCentredString(_WIDE / 2, y, line)
            else:
                canvas.drawString(_MARGIN, y, line)
            y -= size * 1.3
    return y


def _words(canvas: Canvas, deck: Deck, slide: DeckSlide) -> None:
    canvas.setPageSize((_WIDE, _HIGH))
    if slide.kind == TITLE:
        canvas.setFillColor(black)
        _lines(canvas, deck.office.upper(), _HIGH - 60, font=REGULAR, size=15, width=_WIDE - 80, centred=True)
        canvas.setFillColor(_GREEN)
        y = _lines(canvas, slide.title or deck.title, _HIGH * 0.62, font=BOLD, size=34, width=_WIDE - 120, centred=True)
        canvas.setFillColor(black)
        y = _lines(canvas, slide.text, y - 8, font=REGULAR, size=18, width=_WIDE - 120, centred=True)
        y = _lines(canvas, deck.case_under(slide), y - 8, font=ITALIC, size=16, width=_WIDE - 120, centred=True)
        for remark in deck.remarks:
            y = _lines(canvas, f"Lưu ý: {remark}", y - 10, font=BOLD, size=13, width=_WIDE - 120, centred=True)
    else:
        y = _head(canvas, slide)
        if slide.diagram is not None:
            _diagram(canvas, slide.diagram, y)
        else:
            size = 18 if len(slide.text) < 1400 else 13
            _lines(canvas, slide.text, y - size, font=REGULAR, size=size, width=_WIDE - 2 * _MARGIN)
    _foot(canvas, slide.citation, str(slide.number), _WIDE)
    canvas.showPage()


def _head(canvas: Canvas, slide: DeckSlide) -> float:
    canvas.setFillColor(_GREEN)
    y = _lines(canvas, slide.title, _HIGH - 44, font=BOLD, size=24, width=_WIDE - 2 * _MARGIN)
    canvas.setStrokeColor(_GREEN)
    canvas.setLineWidth(2)
    canvas.line(_MARGIN, y + 18, _WIDE - _MARGIN, y + 18)
    canvas.setFillColor(black)
    canvas.setStrokeColor(black)
    return y + 4


def _held(canvas: Canvas, deck: Deck, slide: DeckSlide) -> None:
    canvas.setPageSize((_WIDE, _HIGH))
    y = _head(canvas, slide)
    y = _lines(canvas, slide.ground, y - 26, font=BOLD, size=16, width=_WIDE - 2 * _MARGIN)
    words = "Lời khai này chỉ được công bố khi Hội đồng xét xử đồng ý, vì vậy không in ở đây."
    if slide.video is not None:
        words = "Video này chỉ được phát khi Hội đồng xét xử quyết định; giấy không phát được."
        told = f"{slide.video.title}, {slide.video.span}"
        y = _lines(canvas, told, y - 14, font=REGULAR, size=16, width=_WIDE - 2 * _MARGIN)
    y = _lines(canvas, words, y - 14, font=ITALIC, size=16, width=_WIDE - 2 * _MARGIN)
    if slide.still is not None:
        _still(canvas, slide.still, y)
    _foot(canvas, slide.citation, str(slide.number), _WIDE)
    canvas.showPage()


def _still(canvas: Canvas, still: DeckStill, top: float) -> None:
    """Draw the picture that stands for a video, and say what it is."""
    bottom = _FOOT + 44
    room_wide, room_high = _WIDE - 2 * _MARGIN, top - bottom
    scale = min(room_wide / still.width, room_high / still.height)
    width, height = still.width * scale, still.height * scale
    left = (_WIDE - width) / 2
    canvas.drawImage(ImageReader(io.BytesIO(still.jpeg)), left, bottom, width, height)
    canvas.setLineWidth(0.5)
    canvas.rect(left, bottom, width, height)
    canvas.setFont(ITALIC, 13)
    canvas.drawCentredString(_WIDE / 2, bottom - 18, f"{still.words[:1].upper()}{still.words[1:]}")


_LIST_SIZE = 11.0
_LIST_HIGHEST = 230.0


def _page(
    canvas: Canvas, deck: Deck, slide: DeckSlide, page: DeckPage, picture: Picture, markers: tuple[PlanMark, ...] = ()
) -> None:
    """Draw a page of the case file; of a scene plan with its numbers, and what each of them is below or overleaf."""
    wide, high = (A4[0], A4[1]) if picture.height >= picture.width else (_WIDE, _HIGH)
    canvas.setPageSize((wide, high))
    canvas.setFont(BOLD, 12)
    (title,) = wrap(slide.title, wide - 2 * _MARGIN, 12, bold=True, most=1) or ("",)
    canvas.drawString(_MARGIN, high - 28, title)
    numbers = _number_lines(deck, markers, (wide - 2 * _MARGIN - 20) / 2)
    rows = -(-len(numbers) // 2)
    below = rows * _LIST_SIZE * 1.3 + 12 if numbers else 0.0
    overleaf = below > _LIST_HIGHEST
    below = 0.0 if overleaf else below
    room_wide, room_high = wide - 2 * _MARGIN, high - 44 - _FOOT - 22 - below
    scale = min(room_wide / picture.width, room_high / picture.height)
    width, height = picture.width * scale, picture.height * scale
    left, bottom = (wide - width) / 2, _FOOT + 20 + below + (room_high - height) / 2
    canvas.drawImage(ImageReader(io.BytesIO(picture.jpeg)), left, bottom, width, height)
    canvas.setLineWidth(0.5)
    canvas.rect(left, bottom, width, height)
    canvas.setStrokeColor(HexColor("#be7800"))
    canvas.setLineWidth(1.5)
    for mark in page.marks:
        for x, y, mark_wide, mark_high in mark.areas:
            top = bottom + height * (1 - y - mark_high)
            canvas.rect(left + width * x, top, width * mark_wide, height * mark_high)
    for pin in markers:
        _pin(canvas, pin, left + width * pin.x, bottom + height * (1 - pin.y), PIN_PART * max(width, height))
    canvas.setStrokeColor(black)
    citation = f"{page.placed} · HSVA số {deck.case_code}"
    if numbers and not overleaf:
        _listed(canvas, numbers, rows, _FOOT + 14 + below - _LIST_SIZE, wide)
    _foot(canvas, citation, str(slide.number), wide)
    canvas.showPage()
    rows = int((high - 44 - _FOOT - 40) // (_LIST_SIZE * 1.3))
    for start in range(0, len(numbers) if overleaf else 0, 2 * rows):
        canvas.setPageSize((wide, high))
        canvas.setFont(BOLD, 12)
        canvas.drawString(_MARGIN, high - 28, title)
        _listed(canvas, numbers[start : start + 2 * rows], rows, high - 56, wide)
        _foot(canvas, citation, str(slide.number), wide)
        canvas.showPage()


def _number_lines(deck: Deck, markers: tuple[PlanMark, ...], width: float) -> list[str]:
    return [line for mark in markers for line in wrap(told_of_mark(mark, deck.by_key), width - 8, _LIST_SIZE, most=4)]


def _listed(canvas: Canvas, lines: list[str], rows: int, top: float, wide: float) -> None:
    """Write what the numbers of a plan are, in two columns."""
    canvas.setFont(REGULAR, _LIST_SIZE)
    for place, line in enumerate(lines):
        column, row = divmod(place, rows)
        canvas.drawString(_MARGIN + column * (wide - 2 * _MARGIN + 20) / 2, top - row * _LIST_SIZE * 1.3, line)


def _pin(canvas: Canvas, mark: PlanMark, x: float, y: float, radius: float) -> None:
    canvas.setFillColor(HexColor(GROUND))
    canvas.setStrokeColor(HexColor(INK))
    canvas.setLineWidth(radius / 6)
    canvas.circle(x, y, radius, stroke=1, fill=1)
    canvas.setFillColor(HexColor(INK))
    canvas.setFont(BOLD, radius)
    canvas.drawCentredString(x, y - radius * 0.36, str(mark.number))
    canvas.setFillColor(black)


def _diagram(canvas: Canvas, diagram: Diagram, top: float) -> None:
    room_wide, room_high = _WIDE - 2 * _MARGIN, top - _FOOT - 26
    scale = min(room_wide / diagram.width, room_high / diagram.height)
    canvas.saveState()
    # from the upper left corner downwards, as diagrams are laid out
    canvas.translate((_WIDE - diagram.width * scale) / 2, top)
    canvas.scale(scale, -scale)
    canvas.setStrokeColor(HexColor("#5b6570"))
    canvas.setLineWidth(2)
    for line in diagram.lines:
        for (x1, y1), (x2, y2) in pairwise(line.points):
            canvas.line(x1, y1, x2, y2)
    canvas.setFillColor(HexColor("#5b6570"))
    for line in diagram.lines:
        if line.arrow:
            tip, *wings = arrow_head(line)
            head = canvas.beginPath()
            head.moveTo(*tip)
            for corner in wings:
                head.lineTo(*corner)
            head.close()
            canvas.drawPath(head, stroke=0, fill=1)
    for box in diagram.boxes:
        ground, border = COLOURS.get(box.group, COLOURS[EVENT])
        canvas.setFillColor(HexColor(ground))
        canvas.setStrokeColor(HexColor(border))
        canvas.roundRect(box.x, box.y, box.width, box.height, 8, stroke=1, fill=1)
        canvas.setFillColor(black)
        for text, y, size, bold in baselines(box):
            _upright(canvas, text, box.x + box.width / 2, y, BOLD if bold else REGULAR, size)
    for label in diagram.labels:
        canvas.setFillColor(white)
        canvas.roundRect(label.x, label.y, label.width, label.height, 4, stroke=0, fill=1)
        canvas.setFillColor(HexColor(WORDS_COLOUR))
        for text, y, size in label_baselines(label):
            _upright(canvas, text, label.x + label.width / 2, y, ITALIC, size)
    for heading in diagram.headings:
        canvas.setFillColor(HexColor(COLOURS[heading.group][1]))
        _upright(canvas, heading.text, heading.x + heading.width / 2, heading.y + 26, BOLD, 26)
    canvas.restoreState()
    canvas.setFillColor(black)


def _upright(canvas: Canvas, text: str, x: float, y: float, font: str, size: float) -> None:
    canvas.saveState()
    canvas.translate(x, y)
    canvas.scale(1, -1)
    canvas.setFont(font, size)
    canvas.drawCentredString(0, 0, writable(text))
    canvas.restoreState()
