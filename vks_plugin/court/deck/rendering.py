"""Pages of filed PDFs as pictures, and the words on them."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import pypdfium2
from django.utils.translation import gettext as _
from PIL import Image

from vks_plugin.court.words import page_of, text_of_page
from vks_plugin.errors import BadInput
from vks_plugin.hashing import sha256_of
from vks_plugin.pdfium import pdfium_document
from vks_plugin.text import composed, folded

DPI = 144
"""An A4 page then has 1,191 × 1,684 pixels: twice as many as fit on a projector, so that it can be enlarged."""
LARGEST_SIDE = 2600
"""Pixels of the longer side of a picture, however large the page is."""
QUALITY = 82
_MOST_PIXELS = 40_000_000
_SUBSAMPLING = 2

Area = tuple[float, float, float, float]
"""x, y, width, height as parts of the page, from its upper left corner."""


def within(area: Area, crop: Area | None) -> Area | None:
    """Return a place of a page as parts of the piece that is shown of it, cut off at its edges; None: outside."""
    if crop is None:
        return area
    (x, y, width, height), (left, top, wide, high) = area, crop
    first, last = max((x - left) / wide, 0.0), min((x + width - left) / wide, 1.0)
    upper, lower = max((y - top) / high, 0.0), min((y + height - top) / high, 1.0)
    return (first, upper, last - first, lower - upper) if first < last and upper < lower else None


class Picture(NamedTuple):
    """A page as a picture."""

    jpeg: bytes
    width: int
    height: int


@lru_cache(maxsize=2048)
def _hash_of(path: str, _size: int, _changed: int) -> str:
    return sha256_of(Path(path))


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file; of one that did not change it is worked out once."""
    facts = path.stat()
    return _hash_of(str(path), facts.st_size, facts.st_mtime_ns)


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """Open a PDF, with what is filled into its form fields.

    Raises:
        BadInput: it cannot be read.
    """
    with ExitStack() as stack:
        try:
            pdf = stack.enter_context(pdfium_document(path, forms=True))
        except (OSError, pypdfium2.PdfiumError) as error:
            # the message of the library may quote the path
            raise BadInput(
                _("Không mở được tệp PDF của một tài liệu: hãy báo quản trị kiểm tra kho tài liệu.")
            ) from error
        yield pdf


def render(pdf: Any, number: int, *, crop: Area | None = None, dpi: int = DPI) -> Picture:
    """Return page `number`, counted from 1, as a JPEG.

    Raises:
        BadInput: there is no such page, or it cannot be drawn.
    """
    image = render_image(pdf, number, crop=crop, dpi=dpi)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=QUALITY, subsampling=_SUBSAMPLING)
    return Picture(buffer.getvalue(), image.width, image.height)


def render_image(pdf: Any, number: int, *, crop: Area | None = None, dpi: int = DPI) -> Image.Image:
    """Return page `number`, counted from 1, or a part of it, as a reader shows it.

    Raises:
        BadInput: there is no such page, or it cannot be drawn.
    """
    if not 1 <= number <= len(pdf):
        raise BadInput(_("Trang cần chiếu không có trong tệp: hãy kiểm tra lại khoảng trang."))
    page = pdf[number - 1]
    try:
        width, height = page.get_size()
        part = crop or (0.0, 0.0, 1.0, 1.0)
        # a small part is drawn larger, since it is shown as large as a whole page
        scale = min(
            dpi / 72 * min(1 / max(part[2], part[3], 0.05), 2.5),
            LARGEST_SIDE / max(width * part[2], height * part[3], 1),
            # the whole page is drawn before the part is cut out of it
            (_MOST_PIXELS / max(width * height, 1)) ** 0.5,
        )
        # as the picture is kept: nothing is turned round or copied once more
        image: Image.Image = page.render(scale=scale, rev_byteorder=True).to_pil()
        if image.mode != "RGB":
            image = image.convert("RGB")
    except pypdfium2.PdfiumError as error:
        raise BadInput(_("Không vẽ được một trang của tài liệu: hãy báo quản trị kiểm tra tệp.")) from error
    finally:
        page.close()
    if crop is not None:
        x, y, wide, high = crop
        left, top = round(x * image.width), round(y * image.height)
        image = image.crop((left, top, round((x + wide) * image.width), round((y + high) * image.height)))
    return image


@lru_cache(maxsize=1000)
def _text_of(path: str, _size: int, _changed: int, number: int) -> str:
    with opened(Path(path)) as pdf:
        return _text(pdf, number)


def _text(pdf: Any, number: int) -> str:
    if not 1 <= number <= len(pdf):
        return ""
    page = page_of(pdf, number - 1)
    textpage = page.get_textpage()
    try:
        # as written, and put in order by where the letters stand: names come apart in the one, columns in the other
        return composed(f"{textpage.get_text_bounded()}\n{text_of_page(page)}")
    finally:
        textpage.close()
        page.close()


def page_texts(path: Path, numbers: Sequence[int]) -> list[str]:
    """Return the recognised text of these pages; of a file that did not change it is read once.

    Raises:
        BadInput: the file cannot be read.
    """
    try:
        facts = path.stat()
    except OSError as error:
        raise BadInput(_("Không mở được tệp PDF của một tài liệu: hãy báo quản trị kiểm tra kho tài liệu.")) from error
    return [_text_of(str(path), facts.st_size, facts.st_mtime_ns, number) for number in numbers]


def page_sizes(path: Path) -> list[tuple[float, float]]:
    """Return width and height of every page as it is shown, in points.

    Raises:
        BadInput: the file cannot be read.
    """
    with opened(path) as pdf:
        return [pdf.get_page_size(number) for number in range(len(pdf))]


def areas_of_words(path: Path, number: int, words: str) -> list[Area]:
    """Return where these words stand on a page, a rectangle a line; none when they do not stand there.

    Tones, case and the breaks of lines do not matter.

    Raises:
        BadInput: the file cannot be read, or has no such page.
    """
    with opened(path) as pdf:
        if not 1 <= number <= len(pdf):
            raise BadInput(_("Trang này không có trong tệp: hãy kiểm tra lại số trang."))
        page = pdf[number - 1]
        textpage = page.get_textpage()
        try:
            count = textpage.count_chars()
            letters = textpage.get_text_range(0, count)
            start = _found(letters, words)
            if start is None:
                return []
            width, height = page.get_size()
            boxes = [textpage.get_charbox(place) for place in range(*start) if place < count]
            return _rows([box for box in boxes if box[2] > box[0]], width, height)
        finally:
            textpage.close()
            page.close()


def _found(letters: str, words: str) -> tuple[int, int] | None:
    plain: list[str] = []
    places: list[int] = []
    for place, letter in enumerate(letters):
        for each in folded(letter):
            if not each.isspace():
                plain.append(each)
                places.append(place)
    wanted = "".join(folded(words).split())
    at = "".join(plain).find(wanted) if wanted else -1
    return (places[at], places[at + len(wanted) - 1] + 1) if at >= 0 else None


def _rows(boxes: Sequence[tuple[float, float, float, float]], width: float, height: float) -> list[Area]:
    """Put the boxes of letters (left, bottom, right, top in points) together to one rectangle for each line."""
    rows: list[list[float]] = []
    for left, bottom, right, top in boxes:
        middle = (bottom + top) / 2
        if rows and rows[-1][1] <= middle <= rows[-1][3] and left >= rows[-1][0] - 2:
            row = rows[-1]
            row[0], row[1], row[2], row[3] = (
                min(row[0], left),
                min(row[1], bottom),
                max(row[2], right),
                max(row[3], top),
            )
        else:
            rows.append([left, bottom, right, top])
    return [
        (
            round(max(left - 1, 0) / width, 4),
            round(max(height - top - 1, 0) / height, 4),
            round(min(right - left + 2, width) / width, 4),
            round(min(top - bottom + 2, height) / height, 4),
        )
        for left, bottom, right, top in rows
    ]
