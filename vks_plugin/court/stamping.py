"""The stamp: which bundle page this is, and which folio lies on it.

It stands in a strip added below the page as it is displayed, and above it where an office
puts folios there, so it can hide nothing and is not mistaken for an older number. The page's own content streams stay as they
are; the font is embedded as a subset with a ToUnicode map.
"""

from __future__ import annotations

import io
import math
from functools import lru_cache
from typing import Any, NamedTuple

import pikepdf
from fontTools import subset
from fontTools.ttLib import TTFont
from pikepdf import Array, Dictionary, Name

from vks_plugin.papers.fonts import FILES, FONTS, REGULAR

STRIP = 22.0
"""Height of the strip, in points."""
_SIZE = 9.5
_MARGIN = 28.0
_GAP = 12.0
FONT_RESOURCE = "/VksStamp"
"""What pages call the stamp's font: a page that has it bears a stamp."""
_LETTERS = (
    "0123456789 ABCDEFGHIJKLMNOPQRSTUVWXYZĐabcdefghijklmnopqrstuvwxyz.()-/–·Tập hồ sơ trang mặt sau tập chính tr."
)
_BASE = 7.5
"""From the foot of a strip to the line its letters stand on."""


def stamp_text(page: int, total: int, volume: int = 1, volumes: int = 1) -> str:
    """Return the sentence stamped on a page; page, total and volumes are counted from 1."""
    which = f" {volume}/{volumes}" if volumes > 1 else ""
    return f"Tập hồ sơ{which} – trang {page}/{total}"


class StampFont:
    """One embedded subset font, shared by every page of a bundle."""

    def __init__(self) -> None:
        self._font, self._data = _subset()
        self._glyphs = self._font.getBestCmap()
        self._order = {name: self._font.getGlyphID(name) for name in self._font.getGlyphOrder()}
        self._scale = 1000 / self._font["head"].unitsPerEm
        self._widths = {name: self._font["hmtx"][name][0] * self._scale for name in self._font.getGlyphOrder()}
        self._widths_by_letter = {chr(code): self._widths[name] * _SIZE / 1000 for code, name in self._glyphs.items()}
        self._codes_by_letter = {chr(code): f"{self._order[name]:04X}" for code, name in self._glyphs.items()}

    def width(self, text: str) -> float:
        """Return the width of `text` in points at the stamp's size."""
        return float(sum(map(self._widths_by_letter.__getitem__, text)))

    def encode(self, text: str) -> bytes:
        """Return `text` as the hexadecimal string operand of the text-showing operator."""
        return f"<{''.join(map(self._codes_by_letter.__getitem__, text))}>".encode("ascii")

    def knows(self, text: str) -> str:
        """Return `text` without letters the subset does not hold."""
        return "".join(filter(self._codes_by_letter.__contains__, text))

    def put_into(self, pdf: pikepdf.Pdf) -> pikepdf.Object:
        """Return the font as an object of this PDF."""
        font, scale = self._font, self._scale
        name = Name("/VKSSTP+LiberationSerif")
        stream = pdf.make_stream(self._data)
        stream.Length1 = len(self._data)
        head, os2, hhea = font["head"], font["OS/2"], font["hhea"]
        descriptor = Dictionary(
            Type=Name.FontDescriptor,
            FontName=name,
            Flags=4,
            FontBBox=Array([round(value * scale) for value in (head.xMin, head.yMin, head.xMax, head.yMax)]),
            ItalicAngle=0,
            Ascent=round(hhea.ascent * scale),
            Descent=round(hhea.descent * scale),
            CapHeight=round(getattr(os2, "sCapHeight", hhea.ascent) * scale),
            StemV=80,
            FontFile2=stream,
        )
        widths = Array([0, Array([round(self._widths[glyph]) for glyph in font.getGlyphOrder()])])
        descendant = Dictionary(
            Type=Name.Font,
            Subtype=Name.CIDFontType2,
            BaseFont=name,
            CIDSystemInfo=Dictionary(Registry=b"Adobe", Ordering=b"Identity", Supplement=0),
            FontDescriptor=pdf.make_indirect(descriptor),
            CIDToGIDMap=Name.Identity,
            DW=500,
            W=widths,
        )
        return pdf.make_indirect(
            Dictionary(
                Type=Name.Font,
                Subtype=Name.Type0,
                BaseFont=name,
                Encoding=Name("/Identity-H"),
                DescendantFonts=Array([pdf.make_indirect(descendant)]),
                ToUnicode=pdf.make_stream(self._to_unicode()),
            )
        )

    def _to_unicode(self) -> bytes:
        pairs = [f"<{self._order[name]:04X}> <{code:04X}>" for code, name in sorted(self._glyphs.items())]
        lines = [
            "/CIDInit /ProcSet findresource begin 12 dict begin begincmap",
            "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def",
            "/CMapName /Adobe-Identity-UCS def /CMapType 2 def",
            "1 begincodespacerange <0000> <FFFF> endcodespacerange",
        ]
        # the format allows a hundred pairs in one block
        for start in range(0, len(pairs), 100):
            block = pairs[start : start + 100]
            lines += [f"{len(block)} beginbfchar", *block, "endbfchar"]
        lines.append("endcmap CMapName currentdict /CMap defineresource pop end end")
        return "\n".join(lines).encode("ascii")


@lru_cache(maxsize=1)
def _subset() -> tuple[TTFont, bytes]:
    font = TTFont(FONTS / FILES[REGULAR], recalcTimestamp=False)
    # left out before they are read: reading them takes longer than all the rest
    for table in ("GSUB", "GPOS", "GDEF", "FFTM", "kern"):
        if table in font:
            del font[table]
    options = subset.Options(layout_features=[], hinting=False, notdef_outline=True)
    cutter = subset.Subsetter(options)
    cutter.populate(text=_LETTERS)
    cutter.subset(font)
    buffer = io.BytesIO()
    font.save(buffer, reorderTables=True)
    data = buffer.getvalue()
    return TTFont(io.BytesIO(data), recalcTimestamp=False), data


def _numbers(page: pikepdf.Page, key: str) -> tuple[float, ...]:
    """Return a box of a page, as it is written there; empty without one."""
    found: Any = page.obj.get(key)
    if found is None:
        return ()
    text = found.unparse(resolved=True)
    if b"R" in text:
        return tuple(float(value) for value in found)
    return _read(text)


@lru_cache(maxsize=256)
def _read(box: bytes) -> tuple[float, ...]:
    return tuple(float(part) for part in box.strip(b"[] ").split())


def _box(media: tuple[float, ...], crop: tuple[float, ...]) -> tuple[float, float, float, float]:
    """Return the displayed box of a page in its own coordinates, corners in order."""
    mx0, my0, mx1, my1 = media
    x0, y0, x1, y1 = crop or media
    x0, x1 = sorted((x0, x1))
    y0, y1 = sorted((y0, y1))
    mx0, mx1 = sorted((mx0, mx1))
    my0, my1 = sorted((my0, my1))
    # a crop box is cut by the media box (ISO 32000-1, 14.11.2)
    inside = max(x0, mx0), max(y0, my0), min(x1, mx1), min(y1, my1)
    return inside if inside[0] < inside[2] and inside[1] < inside[3] else (mx0, my0, mx1, my1)


class Stamp(NamedTuple):
    """What a stamp makes of a page."""

    box: bytes
    """The page's new size, as it is written."""
    ground: bytes
    """Commands that end the page's own and draw the strips: the same for pages of one size."""
    words: bytes
    """Commands that write on them."""


def stamp(page: pikepdf.Page, *, font: StampFont, text: str, left: str, folio: str, corner: str = "") -> Stamp:
    """Return the strips below and, for a folio that stands there, above the page as displayed, and what is written on them.

    The commands are preceded by a `q` before the page's own, so that its graphics state cannot reach the stamp.

    Args:
        page: a page, with what it inherits as its own.
        font: the bundle's stamp font.
        text: the number of the page in words.
        left: what stands at the left (the case code).
        folio: the folio, such as `BL 125`; empty for a page without one.
        corner: where the folio stands; one of `plan.CORNERS`.
    """
    rotation = int(page.obj.get("/Rotate", 0)) % 360
    unit = float(page.obj.get("/UserUnit", 1))
    box = _box(_numbers(page, "/MediaBox") or tuple(map(float, page.mediabox)), _numbers(page, "/CropBox"))
    page_width, page_height = (box[2] - box[0]) * unit, (box[3] - box[1]) * unit
    if rotation in {90, 270}:
        page_width, page_height = page_height, page_width
    parts, above, wide = _arrange(
        page_width, font=font, text=text, left=font.knows(left), folio=font.knows(folio), corner=corner
    )
    new_box, ground = _ground(box, rotation, unit, wide, above=bool(above))
    words = [b"BT /VksStamp %.1f Tf" % _SIZE]
    for x, said in parts:
        words.append(b"1 0 0 1 %.2f %.2f Tm %s Tj" % (x, _BASE, font.encode(said)))
    for x, said in above:
        words.append(b"1 0 0 1 %.2f %.2f Tm %s Tj" % (x, page_height + STRIP + _BASE, font.encode(said)))
    words.append(b"ET Q\n")
    return Stamp(new_box, ground, b"\n".join(words))


@lru_cache(maxsize=256)
def _ground(
    box: tuple[float, float, float, float], rotation: int, unit: float, wide: float, *, above: bool
) -> tuple[bytes, bytes]:
    """Return the new size of a page of this one, and the commands for its strips."""
    x0, y0, x1, y1 = box
    page_width, page_height = (x1 - x0) * unit, (y1 - y0) * unit
    if rotation in {90, 270}:
        page_width, page_height = page_height, page_width
    extra, strip, head = (wide - page_width) / unit, STRIP / unit, (STRIP / unit if above else 0.0)
    # the strip lies at the bottom as displayed, and a page too narrow for it grows to the right as displayed;
    # in page space these are other sides when the page is turned
    if rotation == 0:
        grown, matrix = (x0, y0 - strip, x1 + extra, y1 + head), (1, 0, 0, 1, x0, y0 - strip)
    elif rotation == 90:
        grown, matrix = (x0 - head, y0, x1 + strip, y1 + extra), (0, 1, -1, 0, x1 + strip, y0)
    elif rotation == 180:
        grown, matrix = (x0 - extra, y0 - head, x1, y1 + strip), (-1, 0, 0, -1, x1, y1 + strip)
    else:
        grown, matrix = (x0 - strip, y0 - extra, x1 + head, y1), (0, -1, 1, 0, x0 - strip, y1)
    scale = 1 / unit
    commands = [b"\nQ q", " ".join(f"{value:.4f}" for value in matrix).encode("ascii") + b" cm"]
    if unit != 1:
        commands.append(f"{scale:.6f} 0 0 {scale:.6f} 0 0 cm".encode("ascii"))
    if extra > 0:
        # what the page hid beyond its edge stays hidden
        height = page_height + STRIP
        commands.append(f"1 g {page_width:.2f} 0 {wide - page_width:.2f} {height:.2f} re f".encode("ascii"))
    commands.append(_strip(wide, 0, STRIP))
    if above:
        commands.append(_strip(wide, page_height + STRIP, page_height + STRIP))
    return Array([round(value, 3) for value in grown]).unparse(), b"\n".join([*commands, b""])


def _strip(width: float, foot: float, line: float) -> bytes:
    """Return the commands for a white strip and the line between it and the page."""
    return (
        f"1 g 0 {foot:.2f} {width:.2f} {STRIP:.2f} re f 0.55 G 0.5 w 0 {line:.2f} m {width:.2f} {line:.2f} l S 0 g"
    ).encode("ascii")


_Words = list[tuple[float, str]]


def _arrange(
    page_width: float, *, font: StampFont, text: str, left: str, folio: str, corner: str
) -> tuple[_Words, _Words, float]:
    """Return what stands where below and above the page, from the left edge, and how wide the strips are.

    Number and folio are always there and never touch, on a receipt as on a map: a page too narrow for
    them makes room beside itself. The case code stands where there is room for it.
    """
    text_width, folio_width = font.width(text), font.width(folio)
    margin = min(_MARGIN, page_width * 0.05)
    on_top = bool(folio) and corner.startswith("top")
    beside = folio_width + _GAP if folio and not on_top else 0.0
    needed = 2 * margin + max(text_width + beside, folio_width)
    wide = page_width if page_width >= needed else float(math.ceil(needed))
    number_at = right = wide - margin - text_width
    folio_at = margin if corner.endswith("left") else wide - margin - folio_width
    parts: _Words = [(number_at, text)]
    above: _Words = []
    free_from = margin
    if on_top:
        above = [(folio_at, folio)]
    elif folio and corner == "bottom_right":
        middle = (wide - text_width) / 2
        parts = [(middle if middle + text_width + _GAP <= folio_at else margin, text), (folio_at, folio)]
    elif folio and corner == "bottom_left":
        free_from = margin + folio_width + _GAP
    elif folio:
        middle = (wide - folio_width) / 2
        parts.insert(0, (middle if middle + folio_width + _GAP <= right else margin, folio))
    ends = free_from + font.width(left) + _GAP
    if left and ends <= parts[0][0]:
        parts.insert(0, (free_from, left))
    if folio and corner == "bottom_left":
        parts.insert(0, (margin, folio))
    return parts, above, wide
