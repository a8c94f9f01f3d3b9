"""A page as a picture that says who looked at it, and when: what is lent is shown in no other form.

The words are part of the picture, so that they are on what is printed or saved too. A photograph of the screen cannot be
prevented; it carries the name as well.
"""

from __future__ import annotations

import io
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from vks_plugin.court.deck.rendering import opened, render_image
from vks_plugin.papers.fonts import BOLD, FILES, FONTS

DPI = 110
"""Enough to read a scan of small print, too little to pass for the paper."""
QUALITY = 80
_ANGLE = 30
_INK = (120, 0, 0, 46)
_FOOT = (120, 0, 0, 200)
_AS_WIDE = 0.94
"""How much of the width of a page a line at its foot may take."""
_EMPTY = (500, 707)
"""Width and height of a page of which the host has no picture that can be read."""


@lru_cache(maxsize=8)
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONTS / FILES[BOLD]), size)


def page_count(path: Path) -> int:
    """Return how many pages a PDF has.

    Raises:
        BadInput: it cannot be read.
    """
    with opened(path) as pdf:
        return len(pdf)


def marked_page(path: Path, number: int, words: str) -> bytes:
    """Return page `number`, counted from 1, as a JPEG with these words across it and at its foot.

    Raises:
        BadInput: the file cannot be read, or has no such page.
    """
    with opened(path) as pdf:
        image = render_image(pdf, number, dpi=DPI).convert("RGBA")
    return _written(_marked(image, words), "JPEG")


def marked_picture(data: bytes, words: str) -> bytes:
    """Return a small picture as WEBP with these words across it and at its foot; an empty page where it cannot be read."""
    try:
        with Image.open(io.BytesIO(data)) as picture:
            image = picture.convert("RGBA")
    except (OSError, Image.DecompressionBombError):
        image = Image.new("RGBA", _EMPTY, "white")
    return _written(_marked(image, words), "WEBP")


def _marked(image: Image.Image, words: str) -> Image.Image:
    image = Image.alpha_composite(image, _across(image.size, words))
    _at_the_foot(image, words)
    return image


def _written(image: Image.Image, form: str) -> bytes:
    buffer = io.BytesIO()
    image.convert("RGB").save(buffer, form, quality=QUALITY)
    return buffer.getvalue()


def _across(size: tuple[int, int], words: str) -> Image.Image:
    """Return a clear layer with the words again and again, slanted; of odd rows every second place is used."""
    width, height = size
    font = _font(max(14, width // 34))
    side = int((width**2 + height**2) ** 0.5)
    layer = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    draw = ImageDraw.Draw(layer)
    step = int(draw.textlength(words, font=font)) + width // 10
    for row, y in enumerate(range(0, side, max(60, height // 9))):
        for x in range(-(row % 2) * step // 2, side, step):
            draw.text((x, y), words, font=font, fill=_INK)
    layer = layer.rotate(_ANGLE)
    left, top = (side - width) // 2, (side - height) // 2
    return layer.crop((left, top, left + width, top + height))


def _at_the_foot(image: Image.Image, words: str) -> None:
    width, height = image.size
    font = _font(max(12, width // 60))
    draw = ImageDraw.Draw(image)
    lines = [""]
    for part in words.split(" "):
        longer = f"{lines[-1]} {part}".strip()
        if lines[-1] and draw.textlength(longer, font=font) > _AS_WIDE * width:
            lines.append(part)
        else:
            lines[-1] = longer
    for number, line in enumerate(reversed(lines)):
        left = (width - draw.textlength(line, font=font)) / 2
        draw.text((left, height - (1.8 + 1.2 * number) * font.size), line, font=font, fill=_FOOT)
