"""What stands in a finished bundle, whoever made it: the facts that `verification` judges.

Read with pypdf, which knows how the file hangs together, and pdfium, which knows where letters and pictures stand and
what shows. Neither wrote it, and nothing here knows of the program that did.
"""

from __future__ import annotations

import ctypes
import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium
from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, NullObject

from vks_plugin.court.old_fonts import is_old_font
from vks_plugin.court.shown import (
    LARGE_PICTURE,
    UNSEEN,
    Bars,
    accents_apart,
    is_loose,
    letters_of,
    objects_of,
    picture_of,
)
from vks_plugin.court.words import Box, as_drawn, shown_at
from vks_plugin.pdfium import pdfium_document

NUMBER = re.compile(r"(?:\btrang|\btr\.|\bpage|\bp\.)\s*([A-Z]?\d+[a-z]?)(?:\s*/\s*\d+)?", re.IGNORECASE)
ALONE = re.compile(r"[–—\-\s]*([A-Z]?\d{1,6}[a-z]?)[–—\-\s]*")
_FOLIO = re.compile(r"\bBL\s+(\d+[a-z]{0,3})\b(\s*\(mặt sau\))?")
_FOLIO_LINE = re.compile(r"\s*BL\s+\d+[a-z]{0,3}(\s*\(mặt sau\))?(\s+[–·].*)?\s*")
_VOLUME = re.compile(
    r"\b(?:tập(?: hồ sơ)?|quyển|volume|vol\.?)\s*(\d{1,3})\s*(?:/|of|trên)\s*(\d{1,3})\b", re.IGNORECASE
)
_EDGE_LINES = 3
_AT_ONCE = 200
"""Pages looked at before the file is opened anew."""
_DEEPEST = 40
_INK = 110
"""Shade of 255 below which a dot is ink and not paper."""
_INKED = 0.005
"""Of the place of a number: more ink than specks of dust make."""
_RUNNING = (
    "/JavaScript",
    "/Launch",
    "/SubmitForm",
    "/ImportData",
    "/GoToR",
    "/GoToE",
    "/URI",
    "/Movie",
    "/Sound",
    "/Rendition",
)
_MEDIA = ("/Widget", "/FileAttachment", "/Screen", "/Movie", "/Sound", "/RichMedia", "/3D")


@dataclass(frozen=True)
class Link:
    """A link on a page."""

    page: int
    """From 0, or -1 when it leads nowhere."""
    view: str
    """The kind of view it asks for, with its zoom."""
    text: str = ""
    """What is written there, from the left edge of the page to the right."""


class Bookmark(NamedTuple):
    """An entry of the outline."""

    depth: int
    title: str
    page: int
    """From 0, or -1 when it leads nowhere."""
    keeps_zoom: bool


@dataclass
class Page:
    """One page of a file."""

    label: str
    text: str = ""
    """In composed letters."""
    own: str = ""
    """The same without the lines that hold a number of the bundle."""
    numbers: frozenset[str] = frozenset()
    """What may be the number stamped on it; what nobody can see is none."""
    unseen: bool = False
    """Whether its number is there for programs alone."""
    folios: tuple[tuple[str, bool], ...] = ()
    """Folios that stand by themselves or beside the number, and whether it is the back of that sheet."""
    letters: int = 0
    looked_at: int = 0
    untold: int = 0
    """Letters, how many of them were looked at, and how many of those say nothing of what they are."""
    apart: int = 0
    """Accents that stand apart from their letters."""
    turn: int = 0
    """Quarters of a turn, with the clock, by which most of its own words stand off upright."""
    width: float = 0.0
    height: float = 0.0
    """In points, as shown."""
    dots: int = 0
    """Finest large picture, in dots an inch; 0 without one."""
    pictures: bool = False
    digest: str = ""
    """Of its pictures, as they lie in the file."""
    over_words: bool = False
    over_ink: bool = False
    """Whether its number stands over other words, over something drawn."""
    edge: float = -1.0
    """Points between its number and the nearest edge; -1 without a number."""
    loose_fonts: frozenset[str] = frozenset()
    """Fonts it names that do not lie in the file."""
    writes_loosely: bool = False
    """Whether something that shows is written with such a font."""
    barred: bool = False
    """Whether a black bar lies over words that are still there."""
    links: list[Link] = field(default_factory=list)


@dataclass
class File:
    """One file of a bundle."""

    path: Path
    size: int
    sha256: str
    pages: list[Page] = field(default_factory=list)
    outline: list[Bookmark] = field(default_factory=list)
    opening: str = ""
    forbidden: set[str] = field(default_factory=set)
    dumb_fonts: set[str] = field(default_factory=set)
    old_fonts: set[str] = field(default_factory=set)
    title: str = ""
    language: str = ""
    tagged: bool = False
    signed: bool = False
    unscaled: bool = False
    """Whether it asks to be printed without being fitted to the sheet."""
    redactions_open: bool = False
    """Whether places are marked to be taken out and were not."""
    volume: tuple[int, int] = (0, 0)
    """Which of how many its first page says it is; zeroes when it says nothing."""
    everything: str = ""
    """Words outside the pages: titles, bookmarks, notes, metadata."""

    @property
    def front(self) -> set[int]:
        """Pages of cover and index, from 0: those with links, and what stands before the first of them."""
        linked = [at for at, page in enumerate(self.pages) if page.links]
        targets = {link.page for page in self.pages for link in page.links}
        return {at for at in range(linked[0]) if at not in targets} | set(linked) if linked else set()

    def documents(self) -> list[tuple[str, int]]:
        """Return title and first page, from 0, of each bookmark under which there is none: one for each document."""
        front = self.front
        return [
            (each.title, each.page)
            for at, each in enumerate(self.outline)
            if not (at + 1 < len(self.outline) and self.outline[at + 1].depth > each.depth) and each.page not in front
        ]


def read_file(path: Path) -> File:
    """Read a file.

    Raises:
        PyPdfError, PdfiumError, OSError, ValueError, KeyError, TypeError, RecursionError: it cannot be read.
    """
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    found = File(path, path.stat().st_size, digest)
    with path.open("rb") as stream:
        reader = PdfReader(stream)
        if reader.is_encrypted:
            found.forbidden.add("mã hóa")
            if not reader.decrypt(""):
                message = "locked"
                raise ValueError(message)
        _Reading(reader, found).all()
    _look(found)
    return found


def _resolve(value: Any) -> Any:
    for _level in range(_DEEPEST):
        if not isinstance(value, IndirectObject):
            break
        value = value.get_object()
    return None if isinstance(value, NullObject) else value


def _entries(value: Any) -> DictionaryObject:
    found = _resolve(value)
    return found if isinstance(found, DictionaryObject) else DictionaryObject()


def _listed(value: Any) -> list[Any]:
    found = _resolve(value)
    return list(found) if isinstance(found, ArrayObject) else []


class _Reading:
    """How the file hangs together: pages, fonts, links, bookmarks, what would run."""

    def __init__(self, reader: PdfReader, found: File) -> None:
        self._reader = reader
        self._found = found
        self._numbers = {
            page.indirect_reference.idnum: at for at, page in enumerate(reader.pages) if page.indirect_reference
        }
        self._named: dict[str, Any] | None = None
        self._loose: dict[int, str] = {}
        self._pictures: dict[int, str] = {}

    def all(self) -> None:
        """Read everything."""
        labels = list(self._reader.page_labels)
        for at, page in enumerate(self._reader.pages):
            self._found.pages.append(self._page(page, labels[at]))
            if at % _AT_ONCE == _AT_ONCE - 1:
                # the library keeps every object it has read
                self._reader.resolved_objects.clear()
        root = _entries(self._reader.trailer["/Root"])
        self._outline(_entries(root.get("/Outlines")).get("/First"), 0, set())
        self._catalogue(root)

    def _page(self, page: Any, label: str) -> Page:
        result = Page(label)
        pictures: list[str] = []
        loose: set[str] = set()
        self._resources(page.get("/Resources"), pictures, loose, 0)
        result.loose_fonts = frozenset(loose - {""})
        result.pictures = bool(pictures)
        result.digest = hashlib.sha256("".join(pictures).encode()).hexdigest() if pictures else ""
        if "/AA" in page:
            self._found.forbidden.add("lệnh tự chạy của trang")
        for reference in _listed(page.get("/Annots")):
            self._annotation(_entries(reference), result)
        return result

    def _resources(self, value: Any, pictures: list[str], loose: set[str], depth: int) -> None:
        resources = _entries(value)
        self._fonts(resources, loose)
        objects = _entries(resources.get("/XObject"))
        for name in objects:
            reference = objects.raw_get(name)
            number = reference.idnum if isinstance(reference, IndirectObject) else 0
            if number in self._pictures:
                pictures.append(self._pictures[number])
                continue
            thing = _entries(reference)
            if thing.get("/Subtype") == "/Form" and depth < _DEEPEST:
                self._resources(thing.get("/Resources"), pictures, loose, depth + 1)
            elif thing.get("/Subtype") == "/Image":
                digest = hashlib.sha256(getattr(thing, "_data", b"") or b"").hexdigest()
                pictures.append(digest)
                if isinstance(reference, IndirectObject):
                    self._pictures[number] = digest
                    # the library would keep every picture of the file in memory
                    self._reader.resolved_objects.pop((reference.generation, number), None)

    def _fonts(self, resources: DictionaryObject, loose: set[str]) -> None:
        fonts = _entries(resources.get("/Font"))
        for key in fonts:
            reference = fonts.raw_get(key)
            number = reference.idnum if isinstance(reference, IndirectObject) else 0
            if number not in self._loose:
                self._loose[number] = self._loose_name(_entries(reference), key)
            loose.add(self._loose[number])
            if not number:
                del self._loose[number]

    def _loose_name(self, font: DictionaryObject, key: str) -> str:
        """Note what is odd about a font; return its name when it does not lie in the file, else nothing."""
        if font.get("/Subtype") == "/Type3":
            return ""
        name = str(font.get("/BaseFont", key))
        below = _listed(font.get("/DescendantFonts"))
        descriptor = _entries((_entries(below[0]) if below else font).get("/FontDescriptor"))
        if font.get("/Subtype") == "/Type0" and "/ToUnicode" not in font:
            self._found.dumb_fonts.add(name)
        if is_old_font(name.removeprefix("/")):
            self._found.old_fonts.add(name)
        return "" if any(file in descriptor for file in ("/FontFile", "/FontFile2", "/FontFile3")) else name

    def _annotation(self, annotation: DictionaryObject, page: Page) -> None:
        found = self._found
        kind = str(annotation.get("/Subtype", ""))
        if kind in _MEDIA and not _is_signature(annotation):
            found.forbidden.add(
                {"/Widget": "ô biểu mẫu", "/FileAttachment": "tệp đính kèm"}.get(kind, "âm thanh, hình ảnh động")
            )
        if kind == "/Redact":
            found.redactions_open = True
        found.everything += f"\n{annotation.get('/Contents', '')}"
        action = _entries(annotation.get("/A"))
        does = str(action.get("/S", ""))
        if does in _RUNNING:
            found.forbidden.add(f"liên kết hoặc lệnh {does[1:]}")
        if "/AA" in annotation:
            found.forbidden.add("lệnh tự chạy của chú thích")
        if kind == "/Link" and does not in _RUNNING:
            target = annotation.get("/Dest") if "/Dest" in annotation else action.get("/D")
            at, view = self._target(target)
            corners = [float(_resolve(value)) for value in _listed(annotation.get("/Rect"))]
            page.links.append(_PlacedLink(at, view, "", (*corners,) if len(corners) == 4 else ()))

    def _target(self, value: Any) -> tuple[int, str]:
        """Return the page a destination leads to, from 0 or -1, and its view with its zoom."""
        target = _resolve(value)
        if isinstance(target, str):
            if self._named is None:
                self._named = dict(self._reader.named_destinations)
            named = self._named.get(str(target).removeprefix("/"), self._named.get(str(target)))
            target = named.dest_array if named is not None else None
        elif isinstance(target, DictionaryObject):
            target = _resolve(target.get("/D"))
        if not isinstance(target, ArrayObject) or not target:
            return -1, ""
        first = list.__getitem__(target, 0)
        at = self._numbers.get(first.idnum, -1) if isinstance(first, IndirectObject) else -1
        zoom = _resolve(target[4]) if len(target) > 4 else None
        view = str(target[1]) if len(target) > 1 else ""
        return at, f"{view} {zoom if zoom is not None else ''}".strip()

    def _outline(self, first: Any, depth: int, seen: set[int]) -> None:
        item = first
        while isinstance(item, IndirectObject) and item.idnum not in seen and depth <= _DEEPEST:
            seen.add(item.idnum)
            entry = _entries(item)
            action = _entries(entry.get("/A"))
            does = str(action.get("/S", ""))
            if does in _RUNNING:
                self._found.forbidden.add(f"dấu trang có lệnh {does[1:]}")
            page, view = self._target(entry.get("/Dest") if "/Dest" in entry else action.get("/D"))
            kind, _space, zoom = view.partition(" ")
            title = unicodedata.normalize("NFC", str(entry.get("/Title", "")))
            self._found.everything += f"\n{title}"
            self._found.outline.append(Bookmark(depth, title, page, kind == "/XYZ" and not _is_some(zoom)))
            if "/First" in entry:
                self._outline(entry.raw_get("/First"), depth + 1, seen)
            item = entry.raw_get("/Next") if "/Next" in entry else None

    def _catalogue(self, root: DictionaryObject) -> None:
        found = self._found
        names = _entries(root.get("/Names"))
        for key, words in (("/JavaScript", "mã JavaScript"), ("/EmbeddedFiles", "tệp đính kèm")):
            if key in names:
                found.forbidden.add(words)
        for key, words in (("/AcroForm", "biểu mẫu"), ("/AA", "lệnh tự chạy"), ("/Collection", "gói nhiều tệp")):
            if key in root:
                found.forbidden.add(words)
        form = _entries(root.get("/AcroForm"))
        fields = _resolve(form.get("/Fields"))
        if "/XFA" not in form and isinstance(fields, ArrayObject) and fields:
            found.signed = all(_is_signature(_entries(each)) for each in fields)
            if found.signed:
                # a form of signatures alone asks nobody to fill anything in
                found.forbidden.discard("biểu mẫu")
        opening = _resolve(root.get("/OpenAction"))
        if isinstance(opening, DictionaryObject):
            does = str(opening.get("/S", ""))
            if does != "/GoTo":
                found.forbidden.add(f"lệnh {does[1:]} khi mở tệp")
            opening = _resolve(opening.get("/D"))
        if opening is not None:
            found.opening = self._target(opening)[1]
        found.language = str(root.get("/Lang", ""))
        found.tagged = bool(_resolve(_entries(root.get("/MarkInfo")).get("/Marked"))) and "/StructTreeRoot" in root
        found.unscaled = str(_entries(root.get("/ViewerPreferences")).get("/PrintScaling", "")) == "/None"
        information: dict[str, Any] = dict(self._reader.metadata or {})
        found.title = str(information.get("/Title", "") or "")
        found.everything += "\n".join(str(value) for value in information.values())
        metadata = _resolve(root.get("/Metadata"))
        if metadata is not None and hasattr(metadata, "get_data"):
            found.everything += metadata.get_data().decode("utf-8", "replace")


@dataclass(frozen=True)
class _PlacedLink(Link):
    """A link and where it stands in the page's own space; its words are read later."""

    corners: tuple[float, ...] = ()


def _is_some(zoom: str) -> bool:
    try:
        return bool(float(zoom or 0))
    except ValueError:
        return False


def _is_signature(form_field: DictionaryObject) -> bool:
    """Tell whether this is a signature, its place on a page among that, with nothing that would run."""
    return (
        str(form_field.get("/FT", "")) == "/Sig" and "/V" in form_field and not {"/A", "/AA", "/Kids"} & set(form_field)
    )


def _look(found: File) -> None:
    """See what each page shows."""
    for start in range(0, len(found.pages), _AT_ONCE):
        # the library keeps what it has read as long as the file is open
        with pdfium_document(found.path) as pdf:
            for at, page in enumerate(found.pages[start : start + _AT_ONCE], start=start):
                shown = pdf[at]
                _Look(shown, page).all()
                shown.close()
    first = found.pages[0].text if found.pages else ""
    said = _VOLUME.search(" ".join(first.split()))
    found.volume = (int(said[1]), int(said[2])) if said else (0, 0)


class _Line(NamedTuple):
    start: int
    text: str


class _Look:
    """What one page shows."""

    def __init__(self, page: pypdfium2.PdfPage, result: Page) -> None:
        self._page = page
        self._result = result
        self._words = page.get_textpage()
        self._count = self._words.count_chars()
        self._text = _characters(self._words, self._count)
        self._matrix = as_drawn(page)

    def all(self) -> None:
        """Look at everything."""
        result = self._result
        result.width, result.height = self._page.get_size()
        lines = [_Line(found.start(), found[0]) for found in re.finditer(r"[^\r\n\ufffe\x02]+", self._text)]
        lines = [line for line in lines if line.text.strip()]
        stamped = self._numbers(lines)
        result.text = unicodedata.normalize("NFC", "\n".join(line.text.strip() for line in lines))
        result.apart = accents_apart(self._text)
        own = [line for line in lines if line not in stamped and not _is_number(line.text)]
        result.own = unicodedata.normalize("NFC", "\n".join(line.text.strip() for line in own))
        self._letters(stamped)
        self._drawn()
        for at, link in enumerate(result.links):
            if isinstance(link, _PlacedLink):
                result.links[at] = Link(link.page, link.view, self._written_at(link.corners))
        self._words.close()

    def _numbers(self, lines: Sequence[_Line]) -> list[_Line]:
        """Find the number; return the lines that hold it, and those that hold a folio."""
        result = self._result
        edge = [*lines[:_EDGE_LINES], *lines[-_EDGE_LINES:]]
        said: dict[str, list[tuple[_Line, int, int]]] = {}
        for line in lines:
            for found in NUMBER.finditer(line.text):
                said.setdefault(found[1], []).append((line, line.start + found.start(), line.start + found.end()))
        for line in edge:
            if alone := ALONE.fullmatch(line.text.strip()):
                said.setdefault(alone[1], []).append((line, line.start, line.start + len(line.text)))
        stamped: list[_Line] = []
        for line, start, end in reversed(said.get(result.label, [])):
            if self._settle_number(start, end):
                stamped.append(line)
                break
        else:
            result.unseen = bool(said.pop(result.label, None))
        result.numbers = frozenset(said)
        folios = []
        for line in lines:
            if line in stamped or _FOLIO_LINE.fullmatch(line.text):
                folios += [(label, bool(back)) for label, back in _FOLIO.findall(line.text)]
                stamped.append(line)
        result.folios = tuple(folios)
        return stamped

    def _letter_at(self, place: int) -> int:
        """Return which letter stands at a place of the text; -1 for none."""
        return int(pdfium.FPDFText_GetCharIndexFromTextIndex(self._words.raw, place))

    def _settle_number(self, start: int, end: int) -> bool:
        """Tell whether a number can be seen; if so, what it stands on and how far from the edge."""
        left, right, bottom, top = (ctypes.c_double() for _side in range(4))
        boxes: list[tuple[float, float, float, float]] = []
        objects: dict[int, Any] = {}
        for place in range(start, end):
            letter = self._letter_at(place)
            if letter < 0 or self._text[place].isspace():
                continue
            if not pdfium.FPDFText_GetCharBox(self._words.raw, letter, left, right, bottom, top):
                continue
            drawn = pdfium.FPDFText_GetTextObject(self._words.raw, letter)
            if not drawn:
                continue
            if pdfium.FPDFTextObj_GetTextRenderMode(drawn) in UNSEEN:
                return False
            objects[ctypes.addressof(drawn.contents)] = drawn
            boxes.append((left.value, bottom.value, right.value, top.value))
        if not boxes:
            return False
        own = (min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes))
        shown = shown_at(self._matrix, own)
        result = self._result
        if shown.right <= 0 or shown.bottom <= 0 or shown.left >= result.width or shown.top >= result.height:
            return False
        result.edge = min(shown.left, shown.top, result.width - shown.right, result.height - shown.bottom)
        result.over_words = self._has_other_words(own, self._text[start:end])
        result.over_ink = self._has_ink(shown, list(objects.values()))
        return True

    def _has_other_words(self, place: tuple[float, float, float, float], number: str) -> bool:
        left, bottom, right, top = place
        shrink = min((top - bottom) * 0.2, 1.5)
        there = self._words.get_text_bounded(left + shrink, bottom + shrink, right - shrink, top - shrink)
        return len("".join(there.split())) > len("".join(number.split())) + 1

    def _has_ink(self, place: Box, number: Sequence[Any]) -> bool:
        """Tell whether something is drawn where the number stands, once the number is taken away."""
        colours = []
        for each in number:
            shades = [ctypes.c_uint() for _shade in range(4)]
            pdfium.FPDFPageObj_GetFillColor(each, *shades)
            colours.append([shade.value for shade in shades])
            pdfium.FPDFPageObj_SetFillColor(each, 0, 0, 0, 0)
        width, height = self._result.width, self._result.height
        margins = (place.left, height - place.bottom, width - place.right, place.top)
        picture = self._page.render(scale=2, crop=tuple(max(0.0, margin) for margin in margins), grayscale=True)
        shades_seen = picture.to_pil().histogram()
        picture.close()
        for each, colour in zip(number, colours, strict=True):
            pdfium.FPDFPageObj_SetFillColor(each, *colour)
        return bool(sum(shades_seen[:_INK]) > _INKED * max(sum(shades_seen), 1))

    def _letters(self, stamped: Sequence[_Line]) -> None:
        """Look at some letters: which way up they stand, and whether they say what they are."""
        apart = [(self._letter_at(line.start), self._letter_at(line.start + len(line.text) - 1)) for line in stamped]

        def in_the_stamp(letter: int) -> bool:
            return any(first <= letter <= last for first, last in apart)

        result = self._result
        result.letters = len("".join(result.text.split()))
        result.looked_at, result.untold, result.turn = letters_of(self._page, self._words, in_the_stamp)

    def _drawn(self) -> None:
        """Look at pictures and bars."""
        result = self._result
        bars = Bars()
        for drawn, matrix in objects_of(self._page):
            kind = pdfium.FPDFPageObj_GetType(drawn)
            if kind == pdfium.FPDF_PAGEOBJ_TEXT:
                bars.word(drawn)
                if result.loose_fonts and not result.writes_loosely:
                    result.writes_loosely = is_loose(drawn)
            elif kind == pdfium.FPDF_PAGEOBJ_IMAGE:
                picture = picture_of(drawn, matrix, result.width * result.height)
                if picture is not None and picture.share >= LARGE_PICTURE:
                    result.dots = max(result.dots, picture.dots)
            elif kind == pdfium.FPDF_PAGEOBJ_PATH:
                bars.path(drawn)
        result.barred = bars.hide_words(self._words)

    def _written_at(self, corners: Sequence[float]) -> str:
        """Return what stands beside a link, over the whole width of the page as it is written there."""
        if len(corners) != 4:
            return ""
        y0, y1 = sorted((corners[1], corners[3]))
        x0, _y0, x1, _y1 = self._page.get_bbox()
        said = self._words.get_text_bounded(x0, y0 + 1, x1, y1 - 1)
        return unicodedata.normalize("NFC", " ".join(said.replace("\ufffe", "").replace("\x02", "").split()))


def _is_number(line: str) -> bool:
    return bool(ALONE.fullmatch(line.strip()))


def _characters(words: pypdfium2.PdfTextPage, count: int) -> str:
    """Return the text with places that lead back to its letters."""
    if count <= 0:
        return ""
    room = (ctypes.c_ushort * (count + 1))()
    written = pdfium.FPDFText_GetText(words.raw, 0, count, room)
    return bytes(room)[: max(written - 1, 0) * 2].decode("utf-16-le", "replace")
