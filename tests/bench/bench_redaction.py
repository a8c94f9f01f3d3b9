"""Papers that hide a name in every way a PDF can: what of it can still be found in the redacted copy.

    python -m tests.bench.bench_redaction [--papers 1000] [--seed 2026] [--processes 2] [--without-recognition]

The ways are those of `tests.court.hiding`, each paper has one of them in turn and some others beside it. Words are taken
out where they were proposed; what no program can read as words is marked by hand, as whoever redacts would. Then the copy
is looked through by pypdf, by pdfium, by recognition of its pictures (as they are, and what is faint in
them made black), in its metadata and every byte and unpacked object, and in what stands before each of its ends.

A name that stands somewhere as words and was not proposed counts as well. The same searches are run over the papers
themselves: a search that finds nothing there would prove nothing. The last line is the number of finds; none is the only good one.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import unicodedata
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
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


def layers_of(image: Image.Image, angles: set[int]) -> Iterator[Image.Image]:
    """Yield what is read of a picture: as it is and, where something faint is in it, that made black; turned by these angles."""
    dark = image.filter(ImageFilter.MinFilter(9)).point(lambda value: 255 if value < 200 else 0)
    faint = ImageChops.lighter(image.point(lambda value: 255 if value >= 252 else 0), dark)
    for layer in [image, faint] if faint.histogram()[0] > _SPECKS else [image]:
        # only what is not white: a large page takes the machine longer
        ink = ImageChops.invert(layer).point(lambda value: 255 if value > 3 else 0).getbbox()
        if ink is None:
            continue
        left, top, right, bottom = ink
        # too small a picture is not read at all
        cut = Image.new("L", (max(right - left + 40, 160), max(bottom - top + 40, 160)), 255)
        cut.paste(layer.crop(ink), (20, 20))
        for angle in sorted(angles):
            yield cut.rotate(-angle, expand=True, fillcolor=255) if angle else cut


def recognised(pictures: Sequence[Path]) -> list[str]:
    """Return the words in each picture; the machine is started once for all, which takes longer than reading one."""
    if not pictures:
        return []
    ran = subprocess.run(
        ["tesseract", "-", "-", "-l", "vie", "--psm", "11", "--dpi", str(_DOTS), "tsv"],
        input="".join(f"{path}\n" for path in pictures).encode(),
        capture_output=True,
        check=True,
        env={"OMP_THREAD_LIMIT": "1", "PATH": "/usr/bin:/bin"},
    )
    told = [""] * len(pictures)
    seen = set()
    for row in ran.stdout.decode("utf-8", "replace").splitlines()[1:]:
        cells = row.split("\t")
        seen.add(int(cells[1]))
        told[int(cells[1]) - 1] += f" {cells[_WORDS_AT]}" if len(cells) > _WORDS_AT else ""
    if len(seen) != len(pictures):
        message = f"{len(seen)} of {len(pictures)} pictures were read"
        raise RuntimeError(message)
    return told


_WORDS_AT = 11
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


def found_by(path: Path, paper: Paper) -> dict[str, str]:
    """Return which searches, but for recognition, find the name in a file, and what of it."""
    given = squeezed(paper.name.rsplit(" ", 1)[1])
    found = {}
    for label, told in (("pypdf", told_by_pypdf(path)), ("pdfium", told_by_pdfium(path))):
        if given in squeezed(told):
            found[label] = given
    names = needles(paper.name)
    if hit := next((each for data in every_byte(path) for each in names if each in data), None):
        found["metadata and bytes"] = repr(hit)
    if any(each in piece for data in revisions(path) for piece in pieces_of(data) for each in names):
        found["earlier revisions"] = "an earlier end"
    return found


def left_of(name: str, read: str) -> str:
    """Return what of a name is in recognised words; all but one letter of it counts as read."""
    given, text = squeezed(name.rsplit(" ", 1)[1]), squeezed(read)
    parts = [given, given[:-1], given[1:]] if len(given) > _SHORT else [given]
    return next((part for part in parts if part in text), "")


_SHORT = 5


class Batch:
    """Pictures that wait to be read together."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pictures: list[tuple[int, bool, Path]] = []

    def add(self, number: int, path: Path, angles: set[int], *, is_copy: bool) -> None:
        """Take the pictures of a file, of a paper with this number."""
        for image in to_be_read(path):
            for layer in layers_of(image, angles):
                target = self._folder / f"{len(self._pictures)}.png"
                layer.save(target, compress_level=1, dpi=(_DOTS, _DOTS))
                self._pictures.append((number, is_copy, target))

    def read(self) -> dict[tuple[int, bool], str]:
        """Return the words in the pictures of each paper and of each copy."""
        found: dict[tuple[int, bool], str] = {}
        told = recognised([path for _number, _copy, path in self._pictures])
        for (number, is_copy, _path), words in zip(self._pictures, told, strict=True):
            found[number, is_copy] = found.get((number, is_copy), "") + words
        self._pictures = []
        return found


@dataclass
class Tally:
    """What was found so far."""

    missed: int = 0
    bad: set[int] = field(default_factory=set)
    kept: int = 0
    asked: int = 0
    in_papers: Counter[str] = field(default_factory=Counter)
    in_copies: Counter[str] = field(default_factory=Counter)
    ways: Counter[str] = field(default_factory=Counter)

    def add(self, other: Tally) -> None:
        """Add what another process found."""
        self.missed += other.missed
        self.kept += other.kept
        self.asked += other.asked
        self.bad |= other.bad
        self.in_papers += other.in_papers
        self.in_copies += other.in_copies
        self.ways += other.ways


def try_papers(numbers: Sequence[int], seed: int, keep: Path | None, *, recognition: bool) -> Tally:
    """Make, redact and search these papers."""
    tally = Tally()
    with tempfile.TemporaryDirectory(prefix="vks-bench-") as name:
        folder = Path(name)
        batch, papers = Batch(folder), {}
        for number in numbers:
            path, copy = folder / f"{number}.pdf", folder / f"{number}-copy.pdf"
            source = random.Random(f"{seed}/{number}")
            ways = ways_of(number, source)
            tally.ways.update(ways)
            paper = make_paper(path, ways, source)
            papers[number] = (paper, ways)
            angles = {(angle - paper.rotation) % 360 for angle in paper.angles} | {-paper.rotation % 360}
            tally.in_papers.update(found_by(path, paper).keys())
            marks = propose(path, [("nguoi", paper.name)])
            if len(marks) < paper.places:
                tally.missed += 1
                _told(number, ways, "the name was not proposed", keep, folder)
            marks += [Mark(1, box, "khung") for box in frames_as_shown(paper)]
            # where nothing of it shows somebody takes out something else, and the rest must not come along
            redact(path, copy, marks or [Mark(1, Box(2, 2, 12, 12), "khung")])
            found = found_by(copy, paper)
            tally.in_copies.update(found.keys())
            if found:
                tally.bad.add(number)
                _told(number, ways, f"found by {found}", keep, folder)
            if recognition:
                batch.add(number, copy, angles, is_copy=True)
                if number % _CONTROLLED == 0:
                    batch.add(number, path, angles, is_copy=False)
        for (number, is_copy), read in batch.read().items():
            paper, ways = papers[number]
            left = left_of(paper.name, read)
            if not is_copy:
                tally.asked += 1
                tally.in_papers["recognition"] += bool(left)
                continue
            tally.kept += squeezed(KEPT) in squeezed(read)
            if left:
                tally.bad.add(number)
                tally.in_copies["recognition"] += 1
                _told(number, ways, f"recognition reads {left}", keep, folder)
    return tally


_CONTROLLED = 10
"""Of so many papers one is read before it is redacted, too: control enough for what takes longest."""
_TOGETHER = 10
"""Papers whose pictures are read at one start of the machine; so many lie on the disk at a time, for each process."""
_BATCHES_A_PROCESS = 5
"""Then it ends, and what the libraries kept of its papers with it."""


def _told(number: int, ways: Sequence[str], what: str, keep: Path | None, folder: Path) -> None:
    print(f"paper {number} ({', '.join(ways)}): {what}", flush=True)
    for name in (f"{number}.pdf", f"{number}-copy.pdf"):
        if keep and (folder / name).exists():
            shutil.copy(folder / name, keep / name)


def main(words: list[str]) -> int:
    """Run the papers; return 0 when nothing was found in any."""
    parser = argparse.ArgumentParser(description="what is left of a name in redacted copies")
    parser.add_argument("--papers", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--first", type=int, default=0, help="number of the first paper")
    parser.add_argument("--only", type=int, nargs="+", metavar="N", help="these papers alone")
    parser.add_argument("--keep", type=Path, help="folder for papers and copies in which something was found")
    parser.add_argument("--without-recognition", action="store_true")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="that work beside each other")
    options = parser.parse_args(words)
    recognition = not options.without_recognition and shutil.which("tesseract") is not None
    numbers = options.only or list(range(options.first, options.first + options.papers))
    some = [numbers[start : start + _TOGETHER] for start in range(0, len(numbers), _TOGETHER)]
    work = partial(try_papers, seed=options.seed, keep=options.keep, recognition=recognition)
    tally, began, done = Tally(), time.perf_counter(), 0
    # not forked: what the libraries of this process hold is not theirs
    context = multiprocessing.get_context("spawn")
    with context.Pool(options.processes, maxtasksperchild=_BATCHES_A_PROCESS) as pool:
        for told in pool.imap_unordered(work, some):
            tally.add(told)
            done = min(done + _TOGETHER, len(numbers))
            seconds = time.perf_counter() - began
            print(f"… {done} papers, {seconds:.0f} s, {len(tally.bad)} found again", flush=True)
        pool.close()
        pool.join()
    print(f"ways: {len(tally.ways)}, each in {min(tally.ways.values())} to {max(tally.ways.values())} papers")
    print("| search | papers in which it finds the name | copies in which it finds it |")
    print("|---|---|---|")
    for each in EXTRACTORS:
        beside = f" of {tally.asked}" if each == "recognition" else ""
        print(f"| {each} | {tally.in_papers[each]}{beside} | {tally.in_copies[each]} |")
    if recognition:
        print(f"the line nobody marked is still read in {tally.kept} copies")
    seconds, most = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    print(f"at most {most} MiB in a process, {options.processes} processes, {_TOGETHER} papers at a time in each")
    print(f"{len(numbers)} papers in {seconds:.0f} s; not proposed: {tally.missed}; found again: {len(tally.bad)}")
    return 1 if tally.bad or tally.missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
