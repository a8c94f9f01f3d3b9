"""Papers of every making, each with a name that must go: what of it can still be found in the redacted copy.

    python -m tests.bench.bench_redaction [--papers 1000] [--seed 2026]

Each paper holds a name in words of random size, place and mode (shown, invisible, in a layer that is switched off), in a
note, a bookmark, the metadata, an attached file, behind the end of the file; some pages are turned, some names stand in
two pieces. The copy is searched by pypdf, by pdfium, letter by letter as the pages show them, and in every byte and
unpacked object. The last line is the number of papers in which something was found; none is the only good one.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

import pikepdf
import pypdf
import pypdfium2
from pikepdf import Array, Dictionary, Name, OutlineItem, String

from vks_plugin.court.redaction import propose, redact
from vks_plugin.court.words import text_of_page

_FAMILY = ("Tran", "Nguyen", "Le", "Pham", "Hoang", "Vu")
_MIDDLE = ("Thi", "Van", "Duc", "Ngoc")
_GIVEN = ("Khuyet", "Quyet", "Nghiem", "Truong", "Phuong")


def make_paper(path: Path, source: random.Random) -> str:
    """Write a paper and return the name in it."""
    name = " ".join(source.choice(words) for words in (_FAMILY, _MIDDLE, _GIVEN))
    with pikepdf.new() as pdf:
        font = pdf.make_indirect(
            Dictionary(
                Type=Name.Font,
                Subtype=Name.Type1,
                BaseFont=source.choice([Name.Helvetica, Name("/Times-Roman"), Name.Courier]),
            )
        )
        layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String(name)))
        commands = []
        for at in range(source.randint(1, 6)):
            size, x, y = source.uniform(7, 22), source.uniform(40, 250), 780 - at * 90
            words = f"BT /F {size:.1f} Tf {source.choice([0, 0, 0, 3])} Tr 1 0 0 1 {x:.1f} {y} Tm "
            if source.random() < 0.3:
                first, rest = name.split(" ", 1)
                words += f"({first} ) Tj ({rest}) Tj ET"
            else:
                words += f"(Ong {name}, sinh nam 1990) Tj ET"
            commands.append(f"/OC /L BDC {words} EMC" if source.random() < 0.3 else words)
        note = Dictionary(Type=Name.Annot, Subtype=Name.Text, Rect=Array([9, 9, 20, 20]), Contents=String(name))
        page = Dictionary(
            Type=Name.Page,
            MediaBox=Array([0, 0, 595, 842]),
            Rotate=source.choice([0, 0, 0, 90, 180, 270]),
            Resources=Dictionary(Font=Dictionary(F=font), Properties=Dictionary(L=layer)),
            Contents=pdf.make_stream(" ".join(commands).encode("ascii")),
            Annots=Array([pdf.make_indirect(note)]),
        )
        pdf.pages.append(pikepdf.Page(pdf.make_indirect(page)))
        pdf.Root.OCProperties = Dictionary(OCGs=Array([layer]), D=Dictionary(OFF=Array([layer])))
        pdf.attachments["a.txt"] = name.encode("ascii")
        pdf.docinfo = pdf.make_indirect(Dictionary(Title=String(name)))
        with pdf.open_outline() as outline:
            outline.root.append(OutlineItem(name, 0))
        pdf.save(path)
    with path.open("ab") as stream:
        stream.write(f"\n% {name}".encode("ascii"))
    return name


def left_in(copy: Path, name: str) -> list[str]:
    """Return where the name is still found."""
    given = name.rsplit(" ", 1)[1]
    found = []
    reader = pypdf.PdfReader(copy)
    told = [page.extract_text() for page in reader.pages] + [str(reader.metadata), str(reader.outline)]
    if any(given in each for each in told) or reader.attachments:
        found.append("pypdf")
    pdf = pypdfium2.PdfDocument(copy)
    if any(
        given in pdf[at].get_textpage().get_text_bounded() or given in text_of_page(pdf[at]) for at in range(len(pdf))
    ):
        found.append("pdfium")
    pdf.close()
    raw = [copy.read_bytes()]
    with pikepdf.open(copy) as opened:
        for each in opened.objects:
            raw.append(repr(each).encode())
            if isinstance(each, pikepdf.Stream) and each.get("/Filter") != Name.DCTDecode:
                raw.append(each.read_bytes())
    if any(given.encode("ascii") in each for each in raw):
        found.append("bytes")
    return found


def main(words: list[str]) -> int:
    """Run the papers; return 0 when nothing was found in any."""
    parser = argparse.ArgumentParser(description="what is left of a name in redacted copies")
    parser.add_argument("--papers", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=2026)
    options = parser.parse_args(words)
    source = random.Random(options.seed)
    bad = missed = 0
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="vks-bench-") as folder:
        paper, copy = Path(folder) / "a.pdf", Path(folder) / "b.pdf"
        for number in range(options.papers):
            name = make_paper(paper, source)
            marks = propose(paper, [("nguoi", name)])
            if not marks:
                missed += 1
                print(f"paper {number}: the name was not proposed")
                continue
            redact(paper, copy, marks)
            found = left_in(copy, name)
            if found:
                bad += 1
                print(f"paper {number}: found by {', '.join(found)}")
    print(f"{options.papers} papers in {time.perf_counter() - began:.0f} s; not proposed: {missed}; found again: {bad}")
    return 1 if bad or missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
