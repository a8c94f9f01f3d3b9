"""Papers that hide a name in every way a PDF can: what of it can still be found in the redacted copy.

    python -m tests.bench.bench_redaction [--papers 1000] [--seed 2026] [--without-recognition]

The ways are those of `tests.court.hiding`, each paper has one of them in turn and some others beside it. Words are taken
out where they were proposed; what no program can read as words is marked by hand, as whoever redacts would. Then the copy
is looked through by pypdf, by pdfium, by recognition of its pictures (as they are, and what is faint in
them made black), in its metadata and every byte and unpacked object, and in what stands before each of its ends.

A name that stands somewhere as words and was not proposed counts as well. The same searches are run over the papers
themselves: a search that finds nothing there would prove nothing. The last line is the number of finds; none is the only good one.
"""

from __future__ import annotations

import argparse
import io
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unicodedata
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pikepdf
import pypdf
import pypdfium2
from pikepdf import Name
from PIL import Image, ImageChops, ImageFilter, ImageStat

from tests.court.hiding import KEPT, Paper, frames_as_shown, make_paper, ways_of
from vks_plugin.court.redaction import Mark, propose, redact
from vks_plugin.court.words import Box, text_of_page
from vks_plugin.text import folded

EXTRACTORS = ("pypdf", "pdfium", "recognition", "metadata and bytes", "earlier revisions")
_DOTS = 200


def squeezed(text: str) -> str:
    """Return what two spellings of one name have in common."""
    return re.sub(r"[^a-z]", "", folded(text))


def told_by_pypdf(path: Path) -> str:
    """Return what pypdf reads: words, notes, bookmarks, fields, attached files, metadata."""
    reader = pypdf.PdfReader(path)
    if reader.is_encrypted:
        reader.decrypt("")
    parts = [str(reader.metadata), str(reader.outline), str(reader.get_fields() or ""), str(reader.named_destinations)]
    parts += [f"{name} {data}" for name, data in reader.attachments.items()]
    parts += list(reader.page_labels)
    if reader.xmp_metadata is not None:
        parts += [str(reader.xmp_metadata.dc_title), str(reader.xmp_metadata.dc_description)]
    for page in reader.pages:
        parts += [page.extract_text(), str(page.get("/Annots"))]
        parts += [str(each.get_object()) for each in page.get("/Annots") or []]
    return " ".join(parts)


def told_by_pdfium(path: Path) -> str:
    """Return what pdfium reads of the pages, as it stands there and letter by letter in the order they are shown."""
    pdf = pypdfium2.PdfDocument(path)
    try:
        parts = []
        for at in range(len(pdf)):
            words = pdf[at].get_textpage()
            parts += [words.get_text_bounded(), words.get_text_range(), text_of_page(pdf[at])]
        parts += [each.get_title() for each in pdf.get_toc()]
        return " ".join([*parts, str(pdf.get_metadata_dict())])
    finally:
        pdf.close()


def pictures_in(path: Path) -> Iterator[Image.Image]:
    """Yield every picture in a file, wherever it hangs."""
    with pikepdf.open(path) as pdf:
        for each in pdf.objects:
            if isinstance(each, pikepdf.Stream) and each.get("/Subtype") == Name.Image:
                yield pikepdf.PdfImage(each).as_pil_image().convert("L")


def shown(path: Path) -> Iterator[Image.Image]:
    """Yield every page as it is shown."""
    pdf = pypdfium2.PdfDocument(path)
    pdf.init_forms()
    try:
        for at in range(len(pdf)):
            yield pdf[at].render(scale=_DOTS / 72, may_draw_forms=True).to_pil().convert("L")
    finally:
        pdf.close()


def to_be_read(path: Path) -> Iterator[Image.Image]:
    """Yield the pages as they are shown, and pictures that are not just what is shown."""
    pages = list(shown(path))
    yield from pages
    for image in pictures_in(path):
        if all(image.size != page.size or _differ(image, page) > 1 for page in pages):
            yield image


def _differ(one: Image.Image, other: Image.Image) -> float:
    return float(ImageStat.Stat(ImageChops.difference(one, other)).mean[0])


def recognised(image: Image.Image, angles: set[int]) -> str:
    """Return the words in a picture turned by these angles: as it is and, where something faint is in it, that made black."""
    dark = image.filter(ImageFilter.MinFilter(9)).point(lambda value: 255 if value < 200 else 0)
    faint = ImageChops.lighter(image.point(lambda value: 255 if value >= 252 else 0), dark)
    layers = [image, faint] if faint.histogram()[0] > _SPECKS else [image]
    found = []
    for layer in layers:
        # only what is not white: the machine reads a large page longer
        ink = ImageChops.invert(layer).point(lambda value: 255 if value > 3 else 0).getbbox()
        if ink is None:
            continue
        cut = layer.crop((ink[0] - 20, ink[1] - 20, ink[2] + 20, ink[3] + 20))
        # beyond the edge a crop is black
        cut.paste(255, (0, 0, cut.width, 20))
        cut.paste(255, (0, cut.height - 20, cut.width, cut.height))
        cut.paste(255, (0, 0, 20, cut.height))
        cut.paste(255, (cut.width - 20, 0, cut.width, cut.height))
        for angle in sorted(angles):
            turned = cut.rotate(-angle, expand=True, fillcolor=255) if angle else cut
            buffer = io.BytesIO()
            turned.save(buffer, "PNG", compress_level=1, dpi=(_DOTS, _DOTS))
            ran = subprocess.run(
                ["tesseract", "-", "-", "-l", "vie", "--psm", "11"],
                input=buffer.getvalue(),
                capture_output=True,
                check=True,
                env={"OMP_THREAD_LIMIT": "1", "PATH": "/usr/bin:/bin"},
            )
            found.append(ran.stdout.decode("utf-8", "replace"))
    return " ".join(found)


_SPECKS = 60
"""Faint dots that are no letters: what compression leaves."""


def needles(name: str) -> list[bytes]:
    """Return the name, and its last word alone, as files may spell it."""
    given = name.rsplit(" ", 1)[1]
    found = set()
    for words in (given, unicodedata.normalize("NFD", given), folded(given).title(), folded(given)):
        for coding in ("utf-8", "utf-16-be", "utf-16-le"):
            data = words.encode(coding)
            found |= {data, data.hex().encode("ascii"), data.hex().upper().encode("ascii")}
    return sorted(found)


def pieces_of(data: bytes) -> Iterator[bytes]:
    """Yield a file as it is and every stream in it that can be unpacked, whether the file still uses it or not."""
    yield data
    for begin in re.finditer(rb"stream\r?\n", data):
        try:
            yield zlib.decompressobj().decompress(data[begin.end() :])
        except zlib.error:
            continue


def every_byte(path: Path) -> Iterator[bytes]:
    """Yield the bytes of a file, and every object unpacked, but for the pictures."""
    yield from pieces_of(path.read_bytes())
    with pikepdf.open(path) as pdf:
        if pdf.Root.get("/Metadata") is not None:
            yield pdf.Root.Metadata.read_bytes()
        for each in pdf.objects:
            yield repr(each).encode("utf-8", "replace")
            yield from _strings(each)
            if isinstance(each, pikepdf.Stream) and each.get("/Filter") != Name.DCTDecode:
                yield each.read_bytes()


def _strings(thing: Any, depth: int = 0) -> Iterator[bytes]:
    if depth > 6 or not isinstance(thing, pikepdf.Object):
        return
    if isinstance(thing, pikepdf.String):
        yield bytes(thing)
        yield str(thing).encode("utf-8", "replace")
    elif isinstance(thing, pikepdf.Array):
        for each in thing:
            yield from _strings(each, depth + 1)
    elif isinstance(thing, pikepdf.Dictionary | pikepdf.Stream):
        for key in thing.keys():  # noqa: SIM118 - no mapping
            yield key.encode("utf-8", "replace")
            yield from _strings(thing[key], depth + 1)


def revisions(path: Path) -> Iterator[bytes]:
    """Yield what each earlier end of a file leaves of it."""
    data = path.read_bytes()
    ends = [each.end() for each in re.finditer(rb"%%EOF\s*", data)]
    for end in ends:
        if end < len(data) or len(ends) > 1:
            yield data[:end]
            yield data[end:]


def found_by(path: Path, paper: Paper, *, recognition: bool) -> dict[str, str]:
    """Return which searches find the name in a file, and what of it."""
    wanted, given = squeezed(paper.name), squeezed(paper.name.rsplit(" ", 1)[1])
    found = {}
    for label, told in (("pypdf", told_by_pypdf(path)), ("pdfium", told_by_pdfium(path))):
        if given in squeezed(told):
            found[label] = given
    if recognition:
        angles = {angle - paper.rotation for angle in paper.angles} | {0}
        shot = [recognised(image, angles) for image in to_be_read(path)]
        # of a name half of which is left, all but a letter counts as read
        parts = {wanted, given, given[:-1], given[1:]} if len(given) > 5 else {wanted, given}
        read = squeezed(" ".join(shot))
        if any(part in read for part in parts):
            found["recognition"] = next(part for part in parts if part in read)
    names = needles(paper.name)
    if hit := next((each for data in every_byte(path) for each in names if each in data), None):
        found["metadata and bytes"] = repr(hit)
    if any(each in piece for data in revisions(path) for piece in pieces_of(data) for each in names):
        found["earlier revisions"] = "an earlier end"
    return found


def is_kept(copy: Path, paper: Paper) -> bool:
    """Tell whether what nobody marked is still there to read; only pages that stand upright are asked."""
    return squeezed(KEPT) in squeezed(" ".join(recognised(image, {-paper.rotation}) for image in shown(copy)))


def main(words: list[str]) -> int:
    """Run the papers; return 0 when nothing was found in any."""
    parser = argparse.ArgumentParser(description="what is left of a name in redacted copies")
    parser.add_argument("--papers", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--first", type=int, default=0, help="number of the first paper")
    parser.add_argument("--only", type=int, nargs="+", metavar="N", help="these papers alone")
    parser.add_argument("--keep", type=Path, help="folder for papers and copies in which something was found")
    parser.add_argument("--without-recognition", action="store_true")
    options = parser.parse_args(words)
    recognition = not options.without_recognition and shutil.which("tesseract") is not None
    bad = missed = kept = asked = 0
    control: Counter[str] = Counter()
    in_copies: Counter[str] = Counter()
    by_way: Counter[str] = Counter()
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="vks-bench-") as folder:
        path, copy = Path(folder) / "a.pdf", Path(folder) / "b.pdf"
        for number in options.only or range(options.first, options.first + options.papers):
            source = random.Random(f"{options.seed}/{number}")
            ways = ways_of(number, source)
            by_way.update(ways)
            paper = make_paper(path, ways, source)
            # recognition of every tenth paper is control enough; it takes longest
            control.update(found_by(path, paper, recognition=recognition and number % 10 == 0).keys())
            marks = propose(path, [("nguoi", paper.name)])
            if len(marks) < paper.places:
                missed += 1
                print(f"paper {number} ({', '.join(ways)}): the name was not proposed", flush=True)
            marks += [Mark(1, box, "khung") for box in frames_as_shown(paper)]
            if not marks:
                # nothing of it shows; somebody takes out something else, and the rest must not come along
                marks = [Mark(1, Box(2, 2, 12, 12), "khung")]
            redact(path, copy, marks)
            found = found_by(copy, paper, recognition=recognition)
            in_copies.update(found.keys())
            if found:
                bad += 1
                print(f"paper {number} ({', '.join(ways)}): found by {found}", flush=True)
                if options.keep:
                    shutil.copy(path, options.keep / f"{number}.pdf")
                    shutil.copy(copy, options.keep / f"{number}-copy.pdf")
            if recognition and number % 10 == 0:
                asked += 1
                kept += is_kept(copy, paper)
            if number % 50 == 49:
                print(f"… {number + 1} papers, {time.perf_counter() - began:.0f} s", flush=True)
    print(f"ways: {len(by_way)}, each in {min(by_way.values())} to {max(by_way.values())} papers")
    print("| search | papers in which it finds the name | copies in which it finds it |")
    print("|---|---|---|")
    for each in EXTRACTORS:
        beside = f" of {asked}" if each == "recognition" else ""
        print(f"| {each} | {control[each]}{beside} | {in_copies[each]} |")
    print(f"words nobody marked are still read in {kept} of {asked} copies")
    print(f"{options.papers} papers in {time.perf_counter() - began:.0f} s; not proposed: {missed}; found again: {bad}")
    return 1 if bad or missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
