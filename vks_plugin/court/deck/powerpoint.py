"""A deck as PPTX: shapes an office program can edit, every folio page on a slide of its own, links between them.

Testimony that waits for the panel stands on slides the program leaves out when it presents, in its own way: they are hidden
until somebody unhides them.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pptx
from pptx.dml.color import RGBColor
from pptx.enum.shapes import MSO_CONNECTOR, MSO_SHAPE
from pptx.enum.text import MSO_ANCHOR, MSO_AUTO_SIZE, PP_ALIGN
from pptx.oxml.ns import qn
from pptx.util import Emu, Pt

from vks_plugin.court.deck.contents import Deck, DeckPage, DeckSlide, DeckStill, DeckVideo
from vks_plugin.court.deck.diagrams import COLOURS, EVENT, WORDS_COLOUR, Box, Diagram
from vks_plugin.court.deck.html import drawn_pages
from vks_plugin.court.deck.inside import put_into_pptx
from vks_plugin.court.deck.manifest import as_text, manifest_of, page_entry, signature_of
from vks_plugin.court.deck.plans import GROUND, INK, PIN_PART, told_of_mark
from vks_plugin.court.deck.rendering import Picture, file_sha256
from vks_plugin.court.deck.rules import AWAITS_PANEL, TITLE, cited_folios
from vks_plugin.custody.signing import OfficeKey
from vks_plugin.papers.layout import writable

FONT = "Times New Roman"
_INCH = 914_400
_WIDTH, _HEIGHT = round(13.333 * _INCH), round(7.5 * _INCH)


_RGB: Any = RGBColor
"""The library says nothing of what it takes."""


def _colour(code: str) -> RGBColor:
    """Return the colour of a code such as `#17541f`."""
    red, green, blue = bytes.fromhex(code.lstrip("#"))
    colour: RGBColor = _RGB(red, green, blue)
    return colour


_GREEN, _INK, _WHITE, _GREY, _WARN, _DARK = (
    _colour(each) for each in ("17541F", "14181D", "FFFFFF", "3C454E", "9A1B1B", "11161C")
)
_LINK = _colour("0B4F9C")
_MARKED = _colour("C01010")
_MOST_BUTTONS = 24
"""Folios of an exhibit that have a button of their own."""
_MARGIN = round(0.55 * _INCH)
_LARGEST_INSIDE = 100 * 1024 * 1024
"""Bytes of a video that is put into the file."""
_POWERPOINT_2010 = "http://schemas.microsoft.com/office/powerpoint/2010/main"
_FOOT = round(0.42 * _INCH)


def write_pptx(
    deck: Deck,
    target: Path,
    *,
    progress: Callable[[int], None] | None = None,
    key: OfficeKey | None = None,
) -> dict[str, Any]:
    """Write the deck into a file that has its manifest within, and the signature of a key; return the manifest.

    Raises:
        BadInput: a page cannot be drawn.
    """
    return _Writer(deck).write(target, progress or (lambda _done: None), key)


class _Writer:
    def __init__(self, deck: Deck) -> None:
        self.deck = deck
        self.file: Any = pptx.Presentation()
        self.file.slide_width, self.file.slide_height = Emu(_WIDTH), Emu(_HEIGHT)
        self.blank = self.file.slide_layouts[6]
        self.of_page: dict[str, Any] = {}
        self.of_slide: dict[int, Any] = {}
        self.by_folio: dict[str, str] = {}
        for page in deck.pages:
            if page.held:
                # what the panel has not let be made public is led to from its own slide alone
                continue
            self.by_folio.setdefault(page.folio.split(" ")[0], page.key)

    def write(self, target: Path, progress: Callable[[int], None], key: OfficeKey | None) -> dict[str, Any]:
        # made first, so that links have something to lead to
        for slide in self.deck.slides:
            self.of_slide[slide.number] = self._added(hidden=slide.state != "hien")
        for page in self.deck.pages:
            self.of_page[page.key] = self._added(hidden=True)
        pictures = {}
        entries = []
        for done, (page, picture) in enumerate(drawn_pages(self.deck), 1):
            pictures[page.key] = picture
            entries.append(page_entry(page, "", hashlib.sha256(picture.jpeg).hexdigest(), file_sha256(page.path)))
            self._page(page, picture)
            progress(done)
        for slide in self.deck.slides:
            self._slide(slide, pictures)
        properties = self.file.core_properties
        properties.title, properties.author = writable(self.deck.title)[:255], writable(self.deck.office)[:255]
        properties.language, properties.comments = "vi-VN", ""
        manifest = manifest_of(self.deck, entries, key=key)
        text = as_text(manifest)
        put_into_pptx(self.file, text, signature_of(text, key))
        self.file.save(str(target))
        return manifest

    def _added(self, *, hidden: bool) -> Any:
        made = self.file.slides.add_slide(self.blank)
        if hidden:
            made._element.set("show", "0")  # noqa: SLF001 - python-pptx has no way of its own to hide a slide
        return made

    # --- parts of a slide

    def _text(
        self,
        slide: Any,
        place: tuple[int, int, int, int],
        text: str,
        *,
        size: float,
        bold: bool = False,
        colour: RGBColor = _INK,
        align: Any = PP_ALIGN.LEFT,
        anchor: Any = MSO_ANCHOR.TOP,
        shrinks: bool = False,
    ) -> Any:
        box = slide.shapes.add_textbox(*(Emu(each) for each in place))
        frame = box.text_frame
        frame.word_wrap = True
        frame.vertical_anchor = anchor
        frame.auto_size = MSO_AUTO_SIZE.TEXT_TO_FIT_SHAPE if shrinks else MSO_AUTO_SIZE.NONE
        for number, line in enumerate(text.split("\n")):
            paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
            paragraph.alignment = align
            self._run(paragraph, line, size=size, bold=bold, colour=colour)
        return box

    def _run(self, paragraph: Any, text: str, *, size: float, bold: bool = False, colour: RGBColor = _INK) -> Any:
        run = paragraph.add_run()
        run.text = writable(text)
        run.font.name, run.font.size, run.font.bold = FONT, Pt(size), bold
        run.font.color.rgb = colour
        return run

    def _ground(self, slide: Any, colour: RGBColor) -> None:
        slide.background.fill.solid()
        slide.background.fill.fore_color.rgb = colour

    def _bar(self, slide: Any, top: int, height: int, colour: RGBColor) -> None:
        bar = slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, Emu(0), Emu(top), Emu(_WIDTH), Emu(height))
        bar.fill.solid()
        bar.fill.fore_color.rgb = colour
        bar.line.fill.background()

    def _foot(self, slide: Any, text: str, colour: RGBColor = _GREY) -> None:
        place = (_MARGIN, _HEIGHT - _FOOT - _INCH // 20, _WIDTH - 2 * _MARGIN, _FOOT)
        self._text(slide, place, text, size=14, colour=colour, anchor=MSO_ANCHOR.MIDDLE)

    def _leads_to(self, shape: Any, target: Any) -> None:
        shape.click_action.target_slide = target

    # --- pages of the case file

    def _page(self, page: DeckPage, picture: Picture) -> None:
        slide = self.of_page[page.key]
        self._ground(slide, _DARK)
        shown = self._picture(slide, picture, (0, 0, _WIDTH, _HEIGHT - _FOOT - _INCH // 12))
        self._marks(slide, page, shown)
        self._foot(
            slide,
            f"{page.placed} · HSVA số {self.deck.case_code}",
            _WHITE,
        )
        showing = next((each for each in self.deck.slides if page.key in each.pages), None)
        if showing is not None:
            back = self._button(slide, f"← Trang {showing.number}", (_INCH // 6, _INCH // 6))
            self._leads_to(back, self.of_slide[showing.number])

    def _marks(self, slide: Any, page: DeckPage, shown: Any) -> None:
        """Draw what was marked as frames that people can move or delete; the notes go where only who presents sees them."""
        for mark in page.marks:
            for x, y, wide, high in mark.areas:
                frame = slide.shapes.add_shape(
                    MSO_SHAPE.RECTANGLE,
                    Emu(shown.left + round(shown.width * x)),
                    Emu(shown.top + round(shown.height * y)),
                    Emu(round(shown.width * wide)),
                    Emu(round(shown.height * high)),
                )
                frame.name = "Đánh dấu"
                frame.fill.background()
                frame.line.color.rgb = _MARKED
                frame.line.width = Pt(2.25)
        notes = [mark.note for mark in page.marks if mark.note]
        if notes:
            slide.notes_slide.notes_text_frame.text = writable("\n".join(notes))

    def _picture(self, slide: Any, picture: Picture, place: tuple[int, int, int, int]) -> Any:
        left, top, width, height = place
        scale = min(width / picture.width, height / picture.height)
        wide, high = round(picture.width * scale), round(picture.height * scale)
        return slide.shapes.add_picture(
            io.BytesIO(picture.jpeg),
            Emu(left + (width - wide) // 2),
            Emu(top + (height - high) // 2),
            Emu(wide),
            Emu(high),
        )

    def _framed(self, picture: Any) -> None:
        """Show where a page ends: paper is as white as the slide it stands on."""
        picture.line.color.rgb = _GREY
        picture.line.width = Pt(0.75)

    def _button(self, slide: Any, words: str, at: tuple[int, int], width: float = 1.5) -> Any:
        shape = slide.shapes.add_shape(
            MSO_SHAPE.ROUNDED_RECTANGLE, Emu(at[0]), Emu(at[1]), Emu(round(width * _INCH)), Emu(round(0.4 * _INCH))
        )
        shape.fill.solid()
        shape.fill.fore_color.rgb = _GREEN
        shape.line.color.rgb = _WHITE
        frame = shape.text_frame
        frame.margin_left = frame.margin_right = Emu(_INCH // 20)
        frame.paragraphs[0].alignment = PP_ALIGN.CENTER
        self._run(frame.paragraphs[0], words, size=14, bold=True, colour=_WHITE)
        return shape

    # --- slides

    def _slide(self, slide: DeckSlide, pictures: dict[str, Picture]) -> None:
        made = self.of_slide[slide.number]
        if slide.kind == TITLE:
            self._title(made, slide)
        else:
            self._head(made, slide)
            if slide.markers:
                self._plan(made, slide, pictures[slide.pages[0]])
            elif slide.pages:
                self._exhibit(made, slide, pictures)
            elif slide.diagram is not None:
                self._diagram(made, slide.diagram)
            else:
                self._body(made, slide)
                if slide.video is not None:
                    self._video(made, slide.video, slide.still)
            self._foot(made, f"{slide.citation}    ·    {slide.number}")
        # what is to be thought of before anything is shown stands with the first slide
        remarks = [f"LƯU Ý: {remark}" for remark in self.deck.remarks] if slide.number == 1 else []
        notes = "\n".join([*remarks, *([slide.notes] if slide.notes else [])])
        if notes:
            made.notes_slide.notes_text_frame.text = writable(notes)

    def _title(self, made: Any, slide: DeckSlide) -> None:
        self._ground(made, _GREEN)
        width = _WIDTH - 2 * _MARGIN
        centred: dict[str, Any] = {"align": PP_ALIGN.CENTER, "colour": _WHITE}
        place = (_MARGIN, round(0.5 * _INCH), width, round(0.5 * _INCH))
        self._text(made, place, self.deck.office.upper(), size=20, **centred)
        place = (_MARGIN, round(1.7 * _INCH), width, round(2.2 * _INCH))
        self._text(
            made,
            place,
            slide.title or self.deck.title,
            size=48,
            bold=True,
            anchor=MSO_ANCHOR.BOTTOM,
            shrinks=True,
            **centred,
        )
        text = "\n".join(part for part in (slide.text, self.deck.case_under(slide)) if part)
        place = (_MARGIN, round(4.15 * _INCH), width, round(2.2 * _INCH))
        self._text(made, place, text, size=24, shrinks=True, **centred)
        self._foot(made, slide.citation, _WHITE)

    def _head(self, made: Any, slide: DeckSlide) -> None:
        place = (_MARGIN, round(0.22 * _INCH), _WIDTH - 2 * _MARGIN, round(0.85 * _INCH))
        self._text(made, place, slide.title, size=32, bold=True, colour=_GREEN, anchor=MSO_ANCHOR.MIDDLE, shrinks=True)
        self._bar(made, round(1.12 * _INCH), _INCH // 24, _GREEN)
        if slide.ground:
            words = slide.ground + (" – chờ HĐXX đồng ý" if slide.state == AWAITS_PANEL else "")
            place = (_MARGIN, round(1.2 * _INCH), _WIDTH - 2 * _MARGIN, round(0.45 * _INCH))
            self._text(made, place, words, size=18, colour=_WARN)

    def _body(self, made: Any, slide: DeckSlide) -> None:
        long = len(slide.text) + 60 * slide.text.count("\n")
        size = 28 if long < 520 else 22 if long < 1000 else 16
        place = (_MARGIN, round(1.4 * _INCH), _WIDTH - 2 * _MARGIN, _HEIGHT - round(2.9 * _INCH))
        self._text(made, place, slide.text, size=size, shrinks=True)
        # the folios the text refers to, where the deck has them
        at = _MARGIN
        for label in cited_folios(f"{slide.title}\n{slide.text}")[:8]:
            key = self.by_folio.get(label)
            if key is not None:
                button = self._button(made, f"BL {label}", (at, _HEIGHT - round(1.25 * _INCH)), 1.15)
                self._leads_to(button, self.of_page[key])
                at += round(1.3 * _INCH)

    def _video(self, made: Any, video: DeckVideo, still: DeckStill | None) -> None:
        place = (_MARGIN, _HEIGHT - round(1.3 * _INCH), _WIDTH - 2 * _MARGIN, round(0.6 * _INCH))
        words = f"{video.title}, {video.span}"
        if still is not None:
            words += f" – {still.words}"
        if video.container == "mp4" and video.path.stat().st_size <= _LARGEST_INSIDE:
            high = round(3.6 * _INCH)
            wide = min(round(high * video.width / video.height), _WIDTH - 2 * _MARGIN)
            at = (Emu((_WIDTH - wide) // 2), Emu(round(2.1 * _INCH)), Emu(wide), Emu(high))
            poster = io.BytesIO(still.jpeg) if still is not None else None
            movie = made.shapes.add_movie(str(video.path), *at, poster_frame_image=poster, mime_type="video/mp4")
            if _trimmed(movie, video):
                words += " – chỉ PowerPoint dừng đúng đoạn này, chương trình khác có thể phát cả video"
        else:
            if still is not None:
                room = (_MARGIN, round(2.1 * _INCH), _WIDTH - 2 * _MARGIN, round(3.6 * _INCH))
                self._picture(made, Picture(still.jpeg, still.width, still.height), room)
            # no office program plays the other kind, and a whole trial does not fit into one file
            words += " – mở trong gói trình chiếu bằng trình duyệt"
        self._text(made, place, words, size=18, align=PP_ALIGN.CENTER)

    def _exhibit(self, made: Any, slide: DeckSlide, pictures: dict[str, Picture]) -> None:
        pages = self.deck.by_key
        top = round((1.7 if slide.ground else 1.35) * _INCH)
        room = _WIDTH - 2 * _MARGIN - round(2.9 * _INCH)
        first = self._picture(made, pictures[slide.pages[0]], (_MARGIN, top, room, _HEIGHT - top - round(0.7 * _INCH)))
        self._framed(first)
        self._leads_to(first, self.of_page[slide.pages[0]])
        left = _WIDTH - _MARGIN - round(2.7 * _INCH)
        beyond = len(slide.pages) - _MOST_BUTTONS
        for number, key in enumerate(slide.pages[:_MOST_BUTTONS]):
            column, row = divmod(number, 12)
            at = (left + column * round(1.4 * _INCH), top + row * round(0.44 * _INCH))
            # what follows is reached from there, page by page
            more = f" (+{beyond})" if number == _MOST_BUTTONS - 1 and beyond > 0 else ""
            button = self._button(made, pages[key].citation + more, at, 1.3)
            self._leads_to(button, self.of_page[key])
        if slide.text:
            place = (left, top + round(5.35 * _INCH) // 2, round(2.7 * _INCH), round(2.2 * _INCH))
            if len(slide.pages) <= 5:
                self._text(made, place, slide.text, size=16, shrinks=True)

    def _plan(self, made: Any, slide: DeckSlide, picture: Picture) -> None:
        """Draw a scene plan: its numbers are discs that people can move, each leads to the slide of its photo."""
        top = round((1.7 if slide.ground else 1.35) * _INCH)
        height = _HEIGHT - top - round(0.7 * _INCH)
        beside = round(3.6 * _INCH)
        room = _WIDTH - 2 * _MARGIN - beside - _INCH // 5
        shown = self._picture(made, picture, (_MARGIN, top, room, height))
        self._framed(shown)
        self._leads_to(shown, self.of_page[slide.pages[0]])
        radius = round(max(PIN_PART * max(shown.width, shown.height), 0.14 * _INCH))
        for mark in slide.markers:
            x, y = shown.left + round(shown.width * mark.x), shown.top + round(shown.height * mark.y)
            at = (Emu(x - radius), Emu(y - radius), Emu(2 * radius), Emu(2 * radius))
            disc = made.shapes.add_shape(MSO_SHAPE.OVAL, *at)
            disc.name = f"Số {mark.number}"
            disc.fill.solid()
            disc.fill.fore_color.rgb = _colour(GROUND)
            disc.line.color.rgb = _colour(INK)
            disc.line.width = Pt(2)
            frame = disc.text_frame
            frame.word_wrap = False
            frame.vertical_anchor = MSO_ANCHOR.MIDDLE
            frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = Emu(0)
            frame.paragraphs[0].alignment = PP_ALIGN.CENTER
            size = max(round(radius / 12_700), 8)
            self._run(frame.paragraphs[0], str(mark.number), size=size, bold=True, colour=_colour(INK))
            if mark.page:
                self._leads_to(disc, self.of_page[mark.page])
        words = "\n".join(told_of_mark(mark, self.deck.by_key) for mark in slide.markers)
        long = len(words) / 34 + len(slide.markers)
        size = 18 if long < 16 else 14 if long < 26 else 11 if long < 40 else 8
        place = (_WIDTH - _MARGIN - beside, top, beside, height)
        self._text(made, place, words, size=size, shrinks=True)

    def _diagram(self, made: Any, diagram: Diagram) -> None:
        top, width = round(1.3 * _INCH), _WIDTH - _MARGIN
        height = _HEIGHT - top - round(0.6 * _INCH)
        scale = min(width / diagram.width, height / diagram.height)
        left = (_WIDTH - diagram.width * scale) / 2

        def at(x: float, y: float) -> tuple[Emu, Emu]:
            return Emu(round(left + x * scale)), Emu(round(top + y * scale))

        shapes: dict[str, Any] = {}
        for box in diagram.boxes:
            shapes[box.key] = self._box(made, box, at, scale)
        for line in diagram.lines:
            first, last = line.points[0], line.points[-1]
            for (x1, y1), (x2, y2) in pairwise(line.points):
                connector = made.shapes.add_connector(MSO_CONNECTOR.STRAIGHT, *at(x1, y1), *at(x2, y2))
                connector.line.width = Pt(1.5)
                connector.line.color.rgb = _GREY
                # fastened to their boxes, lines follow when somebody moves one
                if (x1, y1) == first and (site := _site(shapes[line.start], at(x1, y1))) is not None:
                    connector.begin_connect(shapes[line.start], site)
                if line.arrow and (x2, y2) == last:
                    _pointed(connector)
                if (x2, y2) == last and (site := _site(shapes[line.end], at(x2, y2))) is not None:
                    connector.end_connect(shapes[line.end], site)
                # behind the boxes
                made.shapes._spTree.insert(2, connector._element)  # noqa: SLF001 - no way of its own to the order
        for label in diagram.labels:
            x, y = at(label.x, label.y)
            place = (int(x), int(y), round(label.width * scale), round(label.height * scale))
            self._words(made, place, " ".join(label.lines), _points(18, scale))
        for heading in diagram.headings:
            x, y = at(heading.x, heading.y - 8)
            colour = _colour(COLOURS[heading.group][1])
            place = (int(x), int(y), round(heading.width * scale), round(46 * scale))
            self._text(
                made, place, heading.text, size=_points(26, scale), bold=True, colour=colour, align=PP_ALIGN.CENTER
            )

    def _words(self, made: Any, place: tuple[int, int, int, int], words: str, size: float) -> None:
        """Put words of a line on it; the line does not show through."""
        shape = made.shapes.add_textbox(*(Emu(each) for each in place))
        shape.fill.solid()
        shape.fill.fore_color.rgb = _WHITE
        frame = shape.text_frame
        frame.word_wrap = True
        frame.vertical_anchor = MSO_ANCHOR.MIDDLE
        frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = Emu(0)
        frame.paragraphs[0].alignment = PP_ALIGN.CENTER
        self._run(frame.paragraphs[0], words, size=size, colour=_colour(WORDS_COLOUR)).font.italic = True

    def _box(self, made: Any, box: Box, at: Callable[[float, float], tuple[Emu, Emu]], scale: float) -> Any:
        ground, border = COLOURS.get(box.group, COLOURS[EVENT])
        shape = made.shapes.add_shape(
            MSO_SHAPE.ROUNDED_RECTANGLE,
            *at(box.x, box.y),
            Emu(round(box.width * scale)),
            Emu(round(box.height * scale)),
        )
        shape.adjustments[0] = 0.08
        shape.name = box.key
        shape.fill.solid()
        shape.fill.fore_color.rgb = _colour(ground)
        shape.line.color.rgb = _colour(border)
        shape.line.width = Pt(1.5)
        frame = shape.text_frame
        frame.word_wrap = True
        frame.vertical_anchor = MSO_ANCHOR.MIDDLE
        frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = Emu(round(6 * scale))
        key = self.by_folio.get(box.folio)
        for number, (text, bold) in enumerate(
            [(" ".join(box.lines), True), *([(" ".join(box.note_lines), False)] if box.note_lines else [])]
        ):
            paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
            paragraph.alignment = PP_ALIGN.CENTER
            colour = _LINK if key is not None and not bold else _INK
            self._run(paragraph, text, size=_points(23 if bold else 18, scale), bold=bold, colour=colour)
        if key is not None:
            self._leads_to(shape, self.of_page[key])
        return shape


def _trimmed(movie: Any, video: DeckVideo) -> bool:
    """Have only the part play that is shown; return False where that is the whole video.

    The file of the video stays whole. What is left out is told in milliseconds from its beginning and from its end, in
    an extension of PowerPoint 2010 (MS-PPTX, CT_MediaTrim) that other programs may not know.
    """
    start = round(1000 * video.plays_from)
    end = round(1000 * max(video.seconds - video.plays_to, 0))
    if not start and not end:
        return False
    # the library writes the extension itself, without a trim
    (media,) = movie._element.iter(f"{{{_POWERPOINT_2010}}}media")  # noqa: SLF001 - no way of its own to it
    media.append(media.makeelement(f"{{{_POWERPOINT_2010}}}trim", {"st": str(start), "end": str(end)}))
    return True


def _pointed(connector: Any) -> None:
    """Have a connector point to its end."""
    line = connector.line._get_or_add_ln()  # noqa: SLF001 - no way of its own to the ends of a line
    line.append(line.makeelement(qn("a:tailEnd"), {"type": "triangle", "w": "med", "len": "med"}))


def _site(shape: Any, point: tuple[Emu, Emu]) -> int | None:
    """Return at which of the four places of a box, the middles of its sides, a line ends; None: at none of them."""
    across, down = shape.left + shape.width // 2, shape.top + shape.height // 2
    sites = (
        (across, shape.top),
        (shape.left, down),
        (across, shape.top + shape.height),
        (shape.left + shape.width, down),
    )
    near = _INCH // 50
    for number, (x, y) in enumerate(sites):
        if abs(x - point[0]) <= near and abs(y - point[1]) <= near:
            return number
    return None


def _points(units: float, scale: float) -> float:
    """Return a size of letters in points, from units of a diagram."""
    return max(round(units * scale / 12_700 * 2) / 2, 5)
