"""Papers that hold a name where programs and people look for it last: what redaction is tried with.

Each of `WAYS` puts the name into a paper in one way of its own. What somebody sees on the page and no program can read
as words (a scan, letters drawn as lines) is marked by hand, as whoever redacts would: those places are `Paper.frames`.
"""

from __future__ import annotations

import io
import math
import random
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import pikepdf
from fontTools import subset
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.ttLib import TTFont
from pikepdf import Array, Dictionary, Name, OutlineItem, String
from PIL import Image, ImageDraw, ImageFont

from vks_plugin.court.words import Box
from vks_plugin.papers.fonts import FILES, FONTS, REGULAR
from vks_plugin.text import folded

WIDTH, HEIGHT = 420.0, 595.0
KEPT = "Dong nay giu nguyen"
"""Words of every paper that nobody asked to take out."""
_FAMILY = ("Trần", "Nguyễn", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi", "Đỗ")
_MIDDLE = ("Thị", "Văn", "Đức", "Ngọc", "Hữu", "Mỹ")
_GIVEN = ("Khuyết", "Thuyết", "Nghiêm", "Trường", "Phượng", "Quỳnh", "Thoảng", "Khương", "Nhường", "Thưởng", "Khoánh")
_LETTERS = (
    "aàáảãạăằắẳẵặâầấẩẫậbcdđeèéẻẽẹêềếểễệghiìíỉĩịklmnoòóỏõọôồốổỗộơờớởỡợpqrstuùúủũụưừứửữựvxyỳýỷỹỵfjwz"
    "AĂÂBCDĐEÊGHIKLMNOÔƠPQRSTUƯVXYFJWZ0123456789 .,:-\u0300\u0301\u0303\u0309\u0323\u0302\u0306\u031b\ufb01ÐаеорсТКН"
)
_TCVN3 = dict(
    zip(
        "àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵĂÂÊÔƠƯĐ",
        "µ¸¶·¹¨»¾¼½Æ©ÇÊÈÉË®ÌÐÎÏÑªÒÕÓÔÖ×ÝØÜÞßãáâä«åèæçé¬êíëìîïóñòô\u00adõøö÷ùúýûüþ¡¢£¤¥¦§",
        strict=True,
    )
)
"""What the fonts of the nineties (TCVN 5712, VN3) take for Vietnamese letters: a program reads the right-hand side."""


@lru_cache(maxsize=1)
def _font() -> tuple[TTFont, bytes]:
    font = TTFont(FONTS / FILES[REGULAR], recalcTimestamp=False)
    for table in ("GSUB", "GPOS", "GDEF", "FFTM", "kern"):
        if table in font:
            del font[table]
    cutter = subset.Subsetter(subset.Options(layout_features=[], hinting=False, notdef_outline=True))
    cutter.populate(text=_LETTERS)
    cutter.subset(font)
    buffer = io.BytesIO()
    font.save(buffer)
    return TTFont(io.BytesIO(buffer.getvalue())), buffer.getvalue()


@dataclass
class Paper:
    """A paper being made; it has one page, or two."""

    pdf: pikepdf.Pdf
    source: random.Random
    name: str
    """With its tones, composed."""
    path: Path
    commands: list[str] = field(default_factory=list)
    frames: list[tuple[float, float, float, float]] = field(default_factory=list)
    """Places marked by hand: left, bottom, right, top in the page's own space."""
    angles: set[int] = field(default_factory=lambda: {0})
    """By which its words stand turned on the page, in degrees against the clock."""
    places: int = 0
    """How often the name stands there as words, which are to be proposed without anybody's help."""
    rotation: int = 0
    box: tuple[float, float, float, float] = (0.0, 0.0, WIDTH, HEIGHT)
    """What is shown of the page."""
    fonts: Dictionary = field(default_factory=Dictionary)
    drawings: Dictionary = field(default_factory=Dictionary)
    properties: Dictionary = field(default_factory=Dictionary)
    states: Dictionary = field(default_factory=Dictionary)
    patterns: Dictionary = field(default_factory=Dictionary)
    keys: dict[str, Any] = field(default_factory=dict)
    """Further entries of the page."""
    notes: list[Any] = field(default_factory=list)
    after: list[Callable[[Path], None]] = field(default_factory=list)
    """What is done to the file when it is written."""
    at: float = 500.0
    """Height of the next line."""

    @property
    def plain(self) -> str:
        """The name without tones, for fonts that have none."""
        return folded(self.name).title()

    def line(self) -> float:
        """Return the height of a line that is still free."""
        here = self.at
        self.at -= 34
        return here

    def resources(self) -> Dictionary:
        """Return what drawings of this paper may use."""
        return Dictionary(
            Font=self.fonts,
            XObject=self.drawings,
            Properties=self.properties,
            ExtGState=self.states,
            Pattern=self.patterns,
        )

    def simple(self) -> str:
        """Return the name of one of the fonts every reader has."""
        base = self.source.choice(("Helvetica", "Times-Roman", "Courier", "Helvetica-Oblique"))
        key = "/" + base.replace("-", "")
        self.fonts[key] = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name("/" + base))
        return key

    def embedded(self, key: str = "/V", *, means: dict[str, str] | None = None) -> str:
        """Return the name of an embedded font with Vietnamese letters; `means` is what letters claim to be."""
        font, data = _font()
        glyphs, scale = font.getBestCmap(), 1000 / font["head"].unitsPerEm
        file = self.pdf.make_stream(data)
        file.Length1 = len(data)
        descriptor = Dictionary(
            Type=Name.FontDescriptor,
            FontName=Name("/AAAAAA+LiberationSerif"),
            Flags=4,
            FontBBox=Array([-180, -300, 1010, 980]),
            ItalicAngle=0,
            Ascent=891,
            Descent=-216,
            CapHeight=660,
            StemV=80,
            FontFile2=file,
        )
        below = Dictionary(
            Type=Name.Font,
            Subtype=Name.CIDFontType2,
            BaseFont=descriptor.FontName,
            CIDSystemInfo=Dictionary(Registry=b"Adobe", Ordering=b"Identity", Supplement=0),
            FontDescriptor=self.pdf.make_indirect(descriptor),
            CIDToGIDMap=Name.Identity,
            W=Array([0, Array([round(font["hmtx"][each][0] * scale) for each in font.getGlyphOrder()])]),
        )
        pairs = []
        for code, glyph in sorted(glyphs.items()):
            said = (means or {}).get(chr(code), chr(code))
            pairs.append(f"<{font.getGlyphID(glyph):04X}> <{said.encode('utf-16-be').hex().upper()}>")
        blocks = [pairs[start : start + 100] for start in range(0, len(pairs), 100)]
        table = "\n".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks)
        text = (
            "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def "
            f"1 begincodespacerange <0000> <FFFF> endcodespacerange\n{table}\nendcmap end end"
        )
        self.fonts[key] = self.pdf.make_indirect(
            Dictionary(
                Type=Name.Font,
                Subtype=Name.Type0,
                BaseFont=descriptor.FontName,
                Encoding=Name("/Identity-H"),
                DescendantFonts=Array([self.pdf.make_indirect(below)]),
                ToUnicode=self.pdf.make_stream(text.encode("ascii")),
            )
        )
        return key

    def shown(self, words: str, *, size: float = 14, x: float = 40, y: float | None = None, how: str = "") -> str:
        """Return the commands for words, in one font or another."""
        where = self.line() if y is None else y
        if self.source.random() < 0.5:
            return f"BT {self.embedded()} {size:g} Tf {how} 1 0 0 1 {x:g} {where:g} Tm {coded(words)} Tj ET"
        return f"BT {self.simple()} {size:g} Tf {how} 1 0 0 1 {x:g} {where:g} Tm ({without_tones(words)}) Tj ET"

    def picture(self, image: Image.Image, **entries: Any) -> pikepdf.Stream:
        """Return a picture in grey as a stream."""
        stream = self.pdf.make_stream(image.convert("L").tobytes())
        stream.Type, stream.Subtype = Name.XObject, Name.Image
        stream.Width, stream.Height = image.size
        stream.ColorSpace, stream.BitsPerComponent = Name.DeviceGray, 8
        for key, value in entries.items():
            stream[f"/{key}"] = value
        return stream

    def form(self, commands: str, **entries: Any) -> pikepdf.Stream:
        """Return drawing commands as a stream of their own."""
        stream = self.pdf.make_stream(commands.encode("latin-1"))
        stream.Type, stream.Subtype, stream.BBox = Name.XObject, Name.Form, Array([-20, -20, WIDTH, HEIGHT])
        stream.Resources = self.resources()
        for key, value in entries.items():
            stream[f"/{key}"] = value
        return stream


def coded(words: str) -> str:
    """Return words as the embedded font writes them."""
    font, _data = _font()
    glyphs = font.getBestCmap()
    return "<" + "".join(f"{font.getGlyphID(glyphs[ord(letter)]):04X}" for letter in words) + ">"


def without_tones(words: str) -> str:
    """Return words in plain letters, as they were spelt."""
    return "".join(
        letter
        for letter in unicodedata.normalize("NFD", words.replace("Đ", "D").replace("đ", "d"))
        if not unicodedata.combining(letter)
    )


def _drawn(name: str, *, size: int = 44, ground: int = 255, ink: int = 0) -> Image.Image:
    """Return a picture of the name."""
    font = ImageFont.truetype(str(FONTS / FILES[REGULAR]), size)
    _left, top, right, bottom = font.getbbox(name)
    image = Image.new("L", (int(right) + 20, int(bottom - top) + 24), ground)
    ImageDraw.Draw(image).text((10, 12 - top), name, font=font, fill=ink)
    return image


# --- words a page shows --------------------------------------------------------------------------


def _in_a_line(paper: Paper) -> None:
    paper.commands.append(paper.shown(f"Ông {paper.name}, sinh năm 1990", size=paper.source.uniform(7, 20)))
    paper.places += 1


def _letter_by_letter(paper: Paper) -> None:
    pieces = " ".join(f"({letter}) {paper.source.randint(-60, 60)}" for letter in paper.plain)
    paper.commands.append(f"BT {paper.simple()} 14 Tf 1 0 0 1 40 {paper.line():g} Tm [{pieces}] TJ ET")
    paper.places += 1


def _in_two_fonts(paper: Paper) -> None:
    half = len(paper.plain) // 2
    y, one, other = paper.line(), paper.simple(), paper.simple()
    paper.commands.append(f"BT {one} 14 Tf 1 0 0 1 40 {y:g} Tm ({paper.plain[:half]}) Tj {other} 14 Tf")
    paper.commands.append(f"({paper.plain[half:]}) Tj ET")
    paper.places += 1


def _out_of_order(paper: Paper) -> None:
    paper.fonts["/Mono"] = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Courier)
    places = list(enumerate(paper.plain))
    paper.source.shuffle(places)
    y = paper.line()
    for at, letter in places:
        paper.commands.append(f"BT /Mono 14 Tf 1 0 0 1 {40 + at * 8.4:.1f} {y:g} Tm ({letter}) Tj ET")
    paper.places += 1


def _over_two_lines(paper: Paper) -> None:
    first, rest = paper.name.split(" ", 1)
    y = paper.line()
    paper.commands.append(paper.shown(f"Ngày ấy có mặt ông {first}", y=y))
    paper.commands.append(paper.shown(f"{rest}, trú tại xã Hoa", y=y - 17))
    paper.places += 1


def _white(paper: Paper) -> None:
    paper.commands.append(f"q {paper.source.choice((1, 0.985, 0.95))} g {paper.shown(paper.name)} Q")
    paper.places += 1


def _invisible(paper: Paper) -> None:
    paper.commands.append(paper.shown(paper.name, how="3 Tr") + " BT 0 Tr ET")
    paper.places += 1


def _over_a_scan(paper: Paper) -> None:
    """A scanned line with recognised words over it that lie a little beside."""
    image, y = _drawn(paper.name), paper.line()
    width, height = image.width * 0.36, image.height * 0.36
    paper.drawings["/Scan"] = paper.picture(image)
    paper.commands.append(f"q {width:.1f} 0 0 {height:.1f} 40 {y:g} cm /Scan Do Q")
    paper.commands.append(paper.shown(paper.name, how="3 Tr", x=43, y=y + 5) + " BT 0 Tr ET")
    paper.frames.append((38, y - 2, 42 + width, y + height + 2))
    paper.places += 1


def _layer(paper: Paper) -> None:
    off = paper.source.random() < 0.6
    layer = paper.pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String(paper.name)))
    paper.properties["/L"] = layer
    paper.pdf.Root.OCProperties = Dictionary(OCGs=Array([layer]), D=Dictionary(OFF=Array([layer] if off else [])))
    paper.commands.append(f"/OC /L BDC {paper.shown(paper.name)} EMC")
    paper.places += 1


def _in_a_drawing(paper: Paper) -> None:
    inner = paper.form(paper.shown(paper.name, x=5, y=5))
    paper.drawings["/Inner"] = inner
    middle = paper.form("q 1 0 0 1 10 3 cm /Inner Do Q")
    middle.Matrix = Array([1.2, 0, 0, 1.2, 0, 0])
    paper.drawings["/Middle"] = middle
    paper.commands.append(f"q 1 0 0 1 30 {paper.line() - 8:g} cm /Middle Do Q")
    paper.places += 1


def _clipped(paper: Paper) -> None:
    y = paper.line()
    rest = paper.source.choice((0.0, 6.0))
    paper.commands.append(f"q 30 {y - 4:g} 200 {rest:g} re W n {paper.shown(paper.name, y=y)} Q")
    paper.places += 1


def _as_a_stencil(paper: Paper) -> None:
    """Letters through which something is filled."""
    y = paper.line()
    words = paper.shown(paper.name, size=20, how="7 Tr", y=y)
    paper.commands.append(f"q {words} 0.2 g 30 {y - 10:g} 360 40 re f Q")
    paper.places += 1


def _thick(paper: Paper) -> None:
    words = paper.shown(paper.name, size=16, how=f"{paper.source.choice((1, 2))} Tr")
    paper.commands.append(f"q {paper.source.uniform(0.4, 1.2):.2f} w {words} Q BT 0 Tr ET")
    paper.places += 1


def _turned(paper: Paper) -> None:
    angle = paper.source.choice((90, 180, 270, 30, -20))
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    x, y = {90: (370, 60), 180: (380, 90), 270: (400, 330), 30: (150, 60), -20: (150, 160)}[angle]
    paper.commands.append(
        f"BT {paper.embedded()} 13 Tf {cos:.4f} {sin:.4f} {-sin:.4f} {cos:.4f} {x} {y} Tm {coded(paper.name)} Tj ET"
    )
    paper.angles.add(angle)
    paper.places += 1


def _stretched(paper: Paper) -> None:
    how = paper.source.choice(("60 Tz", "140 Tz", "2.5 Tc", "6 Tw", "4 Ts", "-0.6 Tc"))
    paper.commands.append(f"q {paper.shown(paper.name, how=how)} Q BT 100 Tz 0 Tc 0 Tw 0 Ts ET")
    paper.places += 1


def _slanted(paper: Paper) -> None:
    slope = paper.source.choice((0.35, 0.6, -0.4))
    paper.commands.append(f"BT {paper.embedded()} 16 Tf 1 0 {slope} 1 60 {paper.line():g} Tm {coded(paper.name)} Tj ET")
    paper.places += 1


def _mirrored(paper: Paper) -> None:
    y = paper.line()
    paper.commands.append(f"BT {paper.embedded()} 14 Tf 1 0 0 -1 40 {y:g} Tm {coded(paper.name)} Tj ET")
    paper.places += 1


def _own_font(paper: Paper) -> None:
    """A font whose letters are drawings (Type 3), with an empty or a wrong box around them."""
    letters = sorted(set(paper.plain) - {" "})
    paper.fonts["/Plain"] = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Courier)
    inside = Dictionary(Font=Dictionary(Plain=paper.fonts["/Plain"]))
    procedures = {
        f"/g{ord(letter)}": paper.pdf.make_stream(f"600 0 d0 BT /Plain 1000 Tf ({letter}) Tj ET".encode("ascii"))
        for letter in letters
    }
    first, last = ord(letters[0]), ord(letters[-1])
    pairs = "\n".join(f"<{ord(letter):02X}> <{ord(letter):04X}>" for letter in letters)
    paper.fonts["/Own"] = paper.pdf.make_indirect(
        Dictionary(
            Type=Name.Font,
            Subtype=Name.Type3,
            FontBBox=Array(paper.source.choice(([0, 0, 0, 0], [0, -200, 600, 800], [0, 0, 1, 1]))),
            FontMatrix=Array([0.001, 0, 0, 0.001, 0, 0]),
            CharProcs=Dictionary({key: procedures[key] for key in procedures}),
            Encoding=Dictionary(
                Type=Name.Encoding,
                Differences=Array([part for letter in letters for part in (ord(letter), Name(f"/g{ord(letter)}"))]),
            ),
            FirstChar=first,
            LastChar=last,
            Widths=Array([600] * (last - first + 1)),
            Resources=inside,
            ToUnicode=paper.pdf.make_stream(
                (
                    "/CIDInit /ProcSet findresource begin begincmap 1 begincodespacerange <00> <FF> endcodespacerange "
                    f"{len(letters)} beginbfchar {pairs} endbfchar endcmap end"
                ).encode("ascii")
            ),
        )
    )
    y, x, shown = paper.line(), 40.0, []
    for word in paper.plain.split():
        shown.append(f"1 0 0 1 {x:g} {y:g} Tm ({word}) Tj")
        x += (len(word) + 1) * 0.6 * 14
    paper.commands.append(f"BT /Own 14 Tf {' '.join(shown)} ET")
    paper.places += 1


def _decomposed(paper: Paper) -> None:
    words = unicodedata.normalize("NFD", paper.name)
    paper.commands.append(f"BT {paper.embedded()} 15 Tf 1 0 0 1 40 {paper.line():g} Tm {coded(words)} Tj ET")
    paper.places += 1


def _ligature(paper: Paper) -> None:
    """The name of a foreigner: two letters in one, which says that it is both or that it is itself."""
    paper.name = paper.source.choice(("Finlay Griffin", "Serafin Trafick", "Delfina Rafiyah"))
    means = {"\ufb01": paper.source.choice(("fi", "\ufb01"))}
    words = paper.name.replace("fi", "\ufb01")
    paper.commands.append(
        f"BT {paper.embedded('/Lig', means=means)} 15 Tf 1 0 0 1 40 {paper.line():g} Tm {coded(words)} Tj ET"
    )
    paper.places += 1


def _look_alike(paper: Paper) -> None:
    """Letters of other alphabets that look the same."""
    table = str.maketrans({"Đ": "Ð", "a": "а", "e": "е", "o": "о", "p": "р", "c": "с", "T": "Т", "K": "К", "H": "Н"})
    words = paper.plain.translate(table) if paper.source.random() < 0.7 else paper.name.replace("Đ", "Ð")
    paper.commands.append(f"BT {paper.embedded()} 15 Tf 1 0 0 1 40 {paper.line():g} Tm {coded(words)} Tj ET")
    paper.places += 1


def _old_encoding(paper: Paper) -> None:
    """A font of the nineties: on the page the right letters, in the file others."""
    font = paper.embedded("/VnTime", means=_TCVN3)
    paper.commands.append(f"BT {font} 15 Tf 1 0 0 1 40 {paper.line():g} Tm {coded(paper.name)} Tj ET")
    paper.places += 1


def _between_nothing(paper: Paper) -> None:
    """Letters with spaces of no width and soft hyphens between them."""
    means = {"w": "\u200b", "z": "\u00ad", "j": "\u200d"}
    font = paper.embedded("/Gaps", means=means)
    first, rest = paper.name[0], paper.name[1:]
    pieces = [coded(first)]
    for letter in rest:
        gap = paper.source.choice("wzj")
        wide = round(_font()[0]["hmtx"][_font()[0].getBestCmap()[ord(gap)]][0] * 1000 / 2048)
        pieces += [f"3 Tr {coded(gap)} Tj 0 Tr [{wide}] TJ", f"{coded(letter)}"]
    paper.commands.append(
        f"BT {font} 14 Tf 1 0 0 1 40 {paper.line():g} Tm {' Tj '.join(pieces)} Tj ET".replace("TJ Tj", "TJ")
    )
    paper.places += 1


def _upright(paper: Paper) -> None:
    """One letter below the other: read from the top."""
    for at, letter in enumerate(paper.plain.replace(" ", "")):
        paper.commands.append(f"BT {paper.simple()} 11 Tf 1 0 0 1 395 {480 - at * 13} Tm ({letter}) Tj ET")
    paper.places += 1


def _tiny(paper: Paper) -> None:
    paper.commands.append(paper.shown(paper.name, size=paper.source.choice((1.0, 2.5, 4.0))))
    paper.places += 1


def _huge(paper: Paper) -> None:
    y = paper.line() - 10
    paper.commands.append(paper.shown(paper.name, size=36, x=5, y=y))
    paper.commands.append(paper.shown(paper.name, size=26, x=20, y=y - 34))
    paper.at -= 60
    paper.places += 1


def _under_a_bar(paper: Paper) -> None:
    """What people take for redaction: a black bar drawn over words."""
    y = paper.line()
    paper.commands.append(f"{paper.shown(paper.name, y=y)} q 0 g 36 {y - 5:g} 220 20 re f Q")
    paper.places += 1


def _under_a_picture(paper: Paper) -> None:
    y = paper.line()
    paper.drawings["/Cover"] = paper.picture(Image.new("L", (8, 8), 255))
    paper.commands.append(f"{paper.shown(paper.name, y=y)} q 260 0 0 24 36 {y - 6:g} cm /Cover Do Q")
    paper.places += 1


def _thin_as_air(paper: Paper) -> None:
    paper.states["/Air"] = Dictionary(ca=paper.source.choice((0.02, 0.1, 0.4)), BM=Name.Multiply)
    paper.commands.append(f"q /Air gs {paper.shown(paper.name, size=18)} Q")
    paper.places += 1


def _said_otherwise(paper: Paper) -> None:
    """Words for which the file gives others to whoever copies them."""
    said = paper.source.choice(("", "X", "dong trong"))
    paper.commands.append(f"/Span << /ActualText ({said}) >> BDC {paper.shown(paper.name)} EMC")
    paper.places += 1


def _says_the_name(paper: Paper) -> None:
    """Other words, for which the file gives the name, to whoever copies or listens."""
    text = String(paper.name).unparse().decode("latin-1")
    paper.commands.append(
        f"/Span << /ActualText {text} /Alt {text} /E {text} >> BDC {paper.shown('Mot nguoi khac')} EMC"
    )
    paper.places += 1


# --- what is seen and read by no program ---------------------------------------------------------


def _framed(paper: Paper, command: str, image: Image.Image) -> None:
    y = paper.line() - 6
    width, height = image.width * 0.36, image.height * 0.36
    paper.commands.append(f"q {width:.1f} 0 0 {height:.1f} 40 {y:g} cm {command} Q")
    paper.frames.append((39, y - 1, 41 + width, y + height + 1))


def _scan(paper: Paper) -> None:
    image = _drawn(paper.name)
    paper.drawings["/Photo"] = paper.picture(image, Metadata=paper.pdf.make_stream(paper.name.encode("utf-8")))
    _framed(paper, "/Photo Do", image)


def _soft_mask(paper: Paper) -> None:
    image = _drawn(paper.name, ground=0, ink=255)
    black = Image.new("L", image.size, 0)
    paper.drawings["/Soft"] = paper.picture(black, SMask=paper.picture(image))
    _framed(paper, "/Soft Do", image)


def _stencil_picture(paper: Paper) -> None:
    image = _drawn(paper.name).convert("1")
    stream = paper.pdf.make_stream(image.tobytes())
    stream.Type, stream.Subtype, stream.ImageMask = Name.XObject, Name.Image, True
    stream.Width, stream.Height, stream.BitsPerComponent = image.width, image.height, 1
    paper.drawings["/Stencil"] = stream
    _framed(paper, "0 g /Stencil Do", image)


def _inline_picture(paper: Paper) -> None:
    image = _drawn(paper.name, size=30)
    data = image.tobytes().hex()
    _framed(paper, f"BI /W {image.width} /H {image.height} /CS /G /BPC 8 /F /AHx ID {data}> EI", image)


def _alternate_picture(paper: Paper) -> None:
    """A picture of nothing, beside which the file has another for print."""
    other = paper.pdf.make_indirect(paper.picture(_drawn(paper.name)))
    white = Image.new("L", (60, 12), 255)
    paper.drawings["/Two"] = paper.picture(white, Alternates=Array([Dictionary(Image=other, DefaultForPrinting=True)]))
    paper.commands.append(f"q 60 0 0 12 40 {paper.line():g} cm /Two Do Q")
    paper.keys["Thumb"] = other


def _lines_for_letters(paper: Paper) -> None:
    font, _data = _font()
    glyphs, drawn, x, y = font.getGlyphSet(), [], 40.0, paper.line()
    cmap = font.getBestCmap()
    scale = 15 / font["head"].unitsPerEm
    for letter in paper.name:
        pen = DecomposingRecordingPen(glyphs)
        glyphs[cmap[ord(letter)]].draw(pen)
        for what, points in pen.value:
            places = [(x + px * scale, y + py * scale) for px, py in (each for each in points if each is not None)]
            if what == "moveTo":
                drawn.append(f"{places[0][0]:.2f} {places[0][1]:.2f} m")
            elif what in {"lineTo", "qCurveTo"}:
                drawn += [f"{px:.2f} {py:.2f} l" for px, py in places]
            else:
                drawn.append("h")
        x += font["hmtx"][cmap[ord(letter)]][0] * scale
    paper.commands.append(f"q 0 g {' '.join(drawn)} f Q")
    paper.frames.append((38, y - 5, x + 2, y + 16))


def _pattern(paper: Paper) -> None:
    y = paper.line()
    cell = paper.pdf.make_stream(paper.shown(paper.name, x=2, y=5).encode("latin-1"))
    cell.Type, cell.PatternType, cell.PaintType, cell.TilingType = Name.Pattern, 1, 1, 1
    cell.BBox, cell.XStep, cell.YStep = Array([0, 0, 240, 24]), 240, 24
    cell.Matrix = Array([1, 0, 0, 1, 40, y])
    cell.Resources = Dictionary(Font=paper.fonts)
    paper.patterns["/Cell"] = cell
    paper.commands.append(f"q /Pattern cs /Cell scn 40 {y:g} 240 24 re f Q")
    paper.frames.append((39, y - 1, 281, y + 25))


def _unreadable_font(paper: Paper) -> None:
    """Letters whose codes mean nothing to a program."""
    means = {letter: chr(0xE000 + at) for at, letter in enumerate(_LETTERS)}
    y = paper.line()
    font = paper.embedded("/Codes", means=means)
    paper.commands.append(f"BT {font} 15 Tf 1 0 0 1 40 {y:g} Tm {coded(paper.name)} Tj ET")
    paper.frames.append((37, y - 6, 41 + 9 * len(paper.name), y + 16))


# --- what stands on the page without being of it -------------------------------------------------


def _look(paper: Paper, words: str) -> pikepdf.Stream:
    return paper.pdf.make_indirect(paper.form(paper.shown(words, x=4, y=6), BBox=Array([0, 0, 260, 24])))


def _note(paper: Paper, kind: str, **entries: Any) -> Any:
    y = paper.line() - 6
    entries.setdefault("Rect", Array([40, y, 300, y + 24]))
    made = paper.pdf.make_indirect(Dictionary(Type=Name.Annot, Subtype=Name(f"/{kind}"), **entries))
    paper.notes.append(made)
    return made


def _pop_up(paper: Paper) -> None:
    _note(
        paper,
        paper.source.choice(("Text", "Highlight", "Popup", "Caret")),
        Rect=Array([9, 9, 20, 20]),
        Contents=String(paper.name),
        T=String(paper.name),
        Subj=String(paper.name),
        RC=String(f"<body><p>{paper.name}</p></body>"),
    )


def _written_over(paper: Paper) -> None:
    _note(
        paper,
        "FreeText",
        F=4,
        Contents=String(paper.name),
        DA=String("/Helv 14 Tf"),
        AP=Dictionary(N=_look(paper, paper.name)),
    )
    paper.places += 1


def _rubber_stamp(paper: Paper) -> None:
    _note(paper, "Stamp", F=4, AP=Dictionary(N=_look(paper, f"Đã nhận: {paper.name}")))
    paper.places += 1


def _hidden_note(paper: Paper) -> None:
    _note(paper, "FreeText", F=2, Contents=String(paper.name), AP=Dictionary(N=_look(paper, paper.name)))


def _field(paper: Paper) -> None:
    made = _note(
        paper,
        "Widget",
        FT=Name.Tx,
        T=String(f"ho_ten {paper.name}"),
        TU=String(paper.name),
        V=String(paper.name),
        DV=String(paper.name),
        DA=String("/Helv 12 Tf 0 g"),
        F=4,
        AP=Dictionary(N=_look(paper, paper.name)),
    )
    paper.pdf.Root.AcroForm = Dictionary(Fields=Array([made]), DA=String("/Helv 12 Tf 0 g"))
    paper.places += 1


def _field_without_look(paper: Paper) -> None:
    helvetica = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    made = _note(paper, "Widget", FT=Name.Tx, T=String("ten"), V=String(paper.plain), DA=String("/Helv 12 Tf 0 g"), F=4)
    paper.pdf.Root.AcroForm = Dictionary(
        Fields=Array([made]), NeedAppearances=True, DR=Dictionary(Font=Dictionary(Helv=helvetica))
    )
    paper.places += 1


def _script(paper: Paper) -> None:
    run = Dictionary(S=Name.JavaScript, JS=String(f"app.alert('{paper.name}')"))
    paper.pdf.Root.OpenAction = run
    paper.pdf.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array([String(paper.name), run])))
    paper.keys["AA"] = Dictionary(O=run)
    _note(paper, "Link", A=Dictionary(S=Name.URI, URI=String(f"https://example.invalid/{paper.plain}")))


def _attached(paper: Paper) -> None:
    paper.pdf.attachments[f"{paper.plain}.txt"] = paper.name.encode("utf-8")
    file = paper.pdf.make_stream(paper.name.encode("utf-8"))
    file.Type = Name.EmbeddedFile
    told = Dictionary(
        Type=Name.Filespec, F=String(f"{paper.plain}.txt"), EF=Dictionary(F=paper.pdf.make_indirect(file))
    )
    _note(paper, "FileAttachment", FS=told, Contents=String(paper.name))


def _bookmarks(paper: Paper) -> None:
    paper.after.append(_add_bookmarks(paper.name))


def _add_bookmarks(name: str) -> Callable[[Path], None]:
    def add(path: Path) -> None:
        with pikepdf.open(path, allow_overwriting_input=True) as pdf:
            with pdf.open_outline() as outline:
                outline.root.append(OutlineItem(name, 0))
            where = Array([pdf.pages[0].obj, Name.Fit])
            pdf.Root.Dests = Dictionary({f"/{folded(name).replace(' ', '')}": where})
            pdf.Root.PageLabels = Dictionary(Nums=Array([0, Dictionary(P=String(name))]))
            pdf.save(path)

    return add


def _metadata(paper: Paper) -> None:
    told = {f"/{key}": String(paper.name) for key in ("Title", "Author", "Subject", "Keywords", "Creator", "NguoiKhai")}
    paper.pdf.docinfo = paper.pdf.make_indirect(Dictionary(told))
    with paper.pdf.open_metadata(set_pikepdf_as_editor=False) as metadata:
        metadata["dc:description"] = paper.name
        metadata["dc:title"] = paper.name
    paper.keys["Metadata"] = paper.pdf.make_stream(paper.name.encode("utf-8"))
    paper.keys["PieceInfo"] = Dictionary(Vks=Dictionary(Private=String(paper.name), LastModified=String("D:2026")))
    paper.keys["Thumb"] = paper.picture(_drawn(paper.name, size=20))


def _structure(paper: Paper) -> None:
    element = paper.pdf.make_indirect(
        Dictionary(
            Type=Name.StructElem,
            S=Name.Figure,
            Alt=String(paper.name),
            ActualText=String(paper.name),
            T=String(paper.name),
        )
    )
    paper.pdf.Root.StructTreeRoot = paper.pdf.make_indirect(Dictionary(Type=Name.StructTreeRoot, K=Array([element])))
    paper.pdf.Root.MarkInfo = Dictionary(Marked=True)


# --- the file ------------------------------------------------------------------------------------


def _earlier_revision(paper: Paper) -> None:
    """Words that a program took away by adding a newer page behind: the older one is still in the file."""
    paper.commands.append(paper.shown(paper.name))
    paper.after.append(_replace_page)


def _replace_page(path: Path) -> None:
    data = path.read_bytes()
    with pikepdf.open(path) as pdf:
        page = pdf.pages[0].obj
        contents, number = page.Contents, page.objgen[0]
        new = f"q Q BT /Kept 12 Tf 40 40 Td ({KEPT}) Tj ET".encode("ascii")
        changed = page.unparse(resolved=True)
        size = len(pdf.objects) + 2
        root = pdf.Root.objgen[0]
        at = contents.objgen[0]
    start = data.rfind(b"startxref")
    before = int(data[start:].split()[1])
    out = bytearray(data)
    if not out.endswith(b"\n"):
        out += b"\n"
    places = {}
    places[at] = len(out)
    out += b"%d 0 obj\n<< /Length %d >>\nstream\n%s\nendstream\nendobj\n" % (at, len(new), new)
    places[number] = len(out)
    out += b"%d 0 obj\n%s\nendobj\n" % (number, changed)
    table = len(out)
    out += b"xref\n" + b"".join(b"%d 1\n%010d 00000 n \n" % (key, place) for key, place in sorted(places.items()))
    out += b"trailer\n<< /Size %d /Root %d 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n" % (size, root, before, table)
    path.write_bytes(out)


def _around_the_file(paper: Paper) -> None:
    def add(path: Path) -> None:
        words = paper.name.encode("utf-8")
        path.write_bytes(
            path.read_bytes() + b"\n% " + words + b"\n" + paper.plain.encode("ascii").hex().encode("ascii")
        )

    paper.after.append(add)


def _left_over(paper: Paper) -> None:
    """Objects no page uses, in a drawing no page draws."""
    paper.drawings["/Unused"] = paper.form(paper.shown(paper.name, y=20))
    paper.pdf.Root.VksPrivate = paper.pdf.make_indirect(
        Array([String(paper.name), paper.pdf.make_stream(paper.name.encode("utf-16-be"))])
    )


def _beyond_the_edge(paper: Paper) -> None:
    paper.commands.append(paper.shown(paper.name, y=paper.source.choice((-40.0, 700.0))))
    paper.keys["MediaBox"] = Array([-100, -100, WIDTH + 100, HEIGHT + 200])
    paper.keys["CropBox"] = Array([0, 0, WIDTH, HEIGHT])


def _alone(paper: Paper) -> None:
    paper.commands.append(paper.shown(paper.name))
    paper.places += 1


def _other_corner(paper: Paper) -> None:
    """A page whose corner is not the origin, or whose crop box is larger than itself."""
    _alone(paper)
    if paper.source.random() < 0.5:
        paper.keys["CropBox"] = Array([-50, -80, WIDTH + 90, HEIGHT + 60])
        return
    paper.box = (20.0, -30.0, WIDTH + 60, HEIGHT)
    paper.keys["MediaBox"] = Array([WIDTH + 60, HEIGHT, 20, -30])


def _inherited_box(paper: Paper) -> None:
    """A page that has its size from the tree of pages."""
    _alone(paper)
    paper.keys["inherited"] = True


def _other_unit(paper: Paper) -> None:
    _alone(paper)
    paper.keys["UserUnit"] = 1.5


def _half_cut(paper: Paper) -> None:
    """A name of which the edge of the page leaves a part."""
    paper.commands.append(paper.shown(paper.name, size=16, y=0.0 if paper.source.random() < 0.5 else HEIGHT - 8))
    paper.keys["MediaBox"] = Array([0, -50, WIDTH, HEIGHT + 50])
    paper.keys["CropBox"] = Array([0, 0, WIDTH, HEIGHT])
    paper.places += 1


def _locked_open(paper: Paper) -> None:
    """Encrypted, with no password asked for."""
    _alone(paper)

    def lock(path: Path) -> None:
        with pikepdf.open(path, allow_overwriting_input=True) as pdf:
            pdf.save(path, encryption=pikepdf.Encryption(owner="x", user="", R=6))

    paper.after.append(lock)


WAYS: dict[str, Callable[[Paper], None]] = {
    each.__name__.strip("_"): each
    for each in (
        _in_a_line,
        _letter_by_letter,
        _in_two_fonts,
        _out_of_order,
        _over_two_lines,
        _white,
        _invisible,
        _over_a_scan,
        _layer,
        _in_a_drawing,
        _clipped,
        _as_a_stencil,
        _thick,
        _turned,
        _stretched,
        _slanted,
        _mirrored,
        _own_font,
        _decomposed,
        _ligature,
        _look_alike,
        _old_encoding,
        _between_nothing,
        _upright,
        _tiny,
        _huge,
        _under_a_bar,
        _under_a_picture,
        _thin_as_air,
        _said_otherwise,
        _says_the_name,
        _scan,
        _soft_mask,
        _stencil_picture,
        _inline_picture,
        _alternate_picture,
        _lines_for_letters,
        _pattern,
        _unreadable_font,
        _pop_up,
        _written_over,
        _rubber_stamp,
        _hidden_note,
        _field,
        _field_without_look,
        _script,
        _attached,
        _bookmarks,
        _metadata,
        _structure,
        _earlier_revision,
        _around_the_file,
        _left_over,
        _beyond_the_edge,
        _other_corner,
        _inherited_box,
        _other_unit,
        _half_cut,
        _locked_open,
    )
}
_BY_THEMSELVES = frozenset({"earlier_revision", "ligature"})
"""What does not go with others: it replaces the page, or the name."""
_SHAPES = ("beyond_the_edge", "other_corner", "inherited_box", "other_unit", "half_cut")
_FORMS = ("field", "field_without_look")
_FILES = ("bookmarks", "around_the_file", "locked_open", "earlier_revision")


def ways_of(number: int, source: random.Random) -> list[str]:
    """Return in which ways the paper with this number hides the name: one after the other, and others beside it."""
    names = list(WAYS)
    first = names[number % len(names)]
    if first in _BY_THEMSELVES:
        return [first]
    chosen = [first]
    for other in source.sample(names, source.randint(0, 3)):
        taken = {*chosen}
        clash = other in _BY_THEMSELVES or any(
            other in group and taken & {*group} for group in (_SHAPES, _FORMS, _FILES)
        )
        if not clash and other not in taken:
            chosen.append(other)
    # what is done to the finished file comes in the order of the list; a lock comes last
    return sorted(chosen, key=lambda way: (way == "locked_open", names.index(way)))


def make_paper(path: Path, ways: list[str], source: random.Random) -> Paper:
    """Write a paper that holds a name in these ways."""
    name = " ".join(source.choice(words) for words in (_FAMILY, _MIDDLE, _GIVEN))
    with pikepdf.new() as pdf:
        paper = Paper(pdf, source, name, path)
        paper.rotation = source.choice((0, 0, 0, 90, 180, 270))
        for way in ways:
            WAYS[way](paper)
        paper.fonts["/Kept"] = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
        paper.commands.insert(0, f"BT /Kept 12 Tf 40 40 Td ({KEPT}) Tj ET")
        inherited = paper.keys.pop("inherited", False)
        page = Dictionary(
            Type=Name.Page,
            MediaBox=Array([0, 0, WIDTH, HEIGHT]),
            Resources=paper.resources(),
            Contents=pdf.make_stream("\n".join(paper.commands).encode("latin-1")),
            Rotate=paper.rotation,
        )
        if paper.notes:
            page.Annots = Array(paper.notes)
        for key, value in paper.keys.items():
            page[f"/{key}"] = value
        pdf.pages.append(pikepdf.Page(pdf.make_indirect(page)))
        if inherited:
            pdf.Root.Pages.MediaBox = page.MediaBox
            pdf.Root.Pages.Rotate = paper.rotation
            del pdf.pages[0].obj["/MediaBox"], pdf.pages[0].obj["/Rotate"]
        pdf.save(path, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    for change in paper.after:
        change(path)
    return paper


def frames_as_shown(paper: Paper) -> list[Box]:
    """Return the places marked by hand as the page is shown, in points from its upper left corner."""
    x0, y0, x1, y1 = paper.box
    found = []
    for left, bottom, right, top in paper.frames:
        edges = {
            0: (left - x0, y1 - top, right - x0, y1 - bottom),
            90: (bottom - y0, left - x0, top - y0, right - x0),
            180: (x1 - right, bottom - y0, x1 - left, top - y0),
            270: (y1 - top, x1 - right, y1 - bottom, x1 - left),
        }
        found.append(Box(*edges[paper.rotation]))
    return found
