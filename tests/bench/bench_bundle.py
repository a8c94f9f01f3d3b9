"""How long a bundle takes, against merging the very same files without stamps, index, links or bookmarks.

    python -m tests.bench.bench_bundle [--pages 200 2000] [--rounds 3]
    python -m tests.bench.bench_bundle --alone [--kind scans --scan-bytes 10000] --pages 50000
    python -m tests.bench.bench_bundle --late 10000
    python -m tests.bench.bench_bundle --agree 100000
    python -m tests.bench.bench_bundle --judge 10000

The files come first: scans (a picture of random dots on every page, as many bytes as a page scanned at
200 dpi takes), and copies of the demonstration's real forms. Then, in turns so that both see the same
machine, `qpdf --empty --pages` merges them and our writer bundles them, each in a process of its own; the
best of the rounds counts. Our imports are not counted, as a worker has them behind it; all else is: the
check of every source, the fonts, the fsync and the hash. Peak memory is that of our whole process.

The ratio of processor time is printed beside that of the clock: it says the same on a machine that
has other things to do.

With `--alone` the bundle is made once and measured without anything beside it: for sizes at which memory alone is asked.
`--late` adds 50 documents to a bundle of so many pages and writes it again; `--agree` bundles so many pages in volumes
and compares stamp, label, link and the printed row of the index on every page; `--judge` says what a check of a bundle
with `vks_verify_bundle` takes.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from vks_plugin.court.plan import BundlePlan

PAGES_A_FILE = 20
BUDGETS = {"scans": 1.25, "born-digital": 1.6}
"""Our time over qpdf's, at the most."""
JUDGED_FROM = 1000
"""Pages. Cover, index and fonts take a fifth of a second at any size, which is more than a merge of few pages."""
MEMORY_BUDGET = 512
"""Peak memory of our process in mebibytes, at any size."""

COLUMNS = (
    "pages are",
    "pages",
    "files",
    "MiB in",
    "MiB out",
    "qpdf s",
    "bundle s",
    "ratio",
    "at most",
    "ratio of processor time",
    "peak MiB",
    "at most",
    "kept",
)

_Result = TypeVar("_Result")

_MEBIBYTE = 1024 * 1024
_SCAN = (1654, 2339)
"""Pixels of an A4 page at 200 dpi."""
_SCAN_BYTES = 120_000
"""About what such a page takes when it is compressed as the host's archive copies are."""
_LATE_DOCUMENTS = 50
_LATE_BUDGET = 10.0
"""Seconds."""


class Measured(NamedTuple):
    """What one run took."""

    seconds: float
    """By the clock."""
    processor: float
    """Seconds of processor time."""
    peak: float = 0.0
    """Mebibytes."""


def make_scans(folder: Path, pages: int, *, size: int = _SCAN_BYTES) -> list[Path]:
    """Write files whose pages are pictures of so many bytes that cannot be compressed any further."""
    import pikepdf
    from pikepdf import Array, Dictionary, Name

    source = random.Random(2026)
    width, height = _SCAN
    paths = []
    for number, start in enumerate(range(0, pages, PAGES_A_FILE)):
        with pikepdf.new() as pdf:
            for _ in range(min(PAGES_A_FILE, pages - start)):
                picture = pdf.make_stream(source.randbytes(size))
                picture.Type, picture.Subtype = Name.XObject, Name.Image
                picture.Width, picture.Height = width, height
                picture.ColorSpace, picture.BitsPerComponent = Name.DeviceGray, 8
                picture.Filter = Name.DCTDecode
                page = Dictionary(
                    Type=Name.Page,
                    MediaBox=Array([0, 0, 595, 842]),
                    Resources=Dictionary(XObject=Dictionary(Im0=picture)),
                    Contents=pdf.make_stream(b"q 595 0 0 842 0 0 cm /Im0 Do Q"),
                )
                pdf.pages.append(pikepdf.Page(pdf.make_indirect(page)))
            paths.append(folder / f"scan-{number:05d}.pdf")
            pdf.save(paths[-1])
    return paths


def make_papers(folder: Path, pages: int) -> list[Path]:
    """Copy the demonstration's real forms, made by a word processor, until there are so many pages."""
    import pikepdf

    import vks_plugin

    forms = sorted((Path(vks_plugin.__file__).parent / "fixtures/demo/files").glob("[!s]*.pdf"))
    paths: list[Path] = []
    there = 0
    while there < pages:
        form = forms[len(paths) % len(forms)]
        with pikepdf.open(form) as pdf:
            there += len(pdf.pages)
        paths.append(folder / f"paper-{len(paths):05d}.pdf")
        shutil.copyfile(form, paths[-1])
    return paths


def note_pages(sources: list[Path]) -> None:
    """Note beside each file how many pages it has and what its content hashes to, as the database does."""
    import pikepdf

    from vks_plugin.hashing import sha256_of

    for path in sources:
        with pikepdf.open(path) as pdf:
            path.with_suffix(".pages").write_text(str(len(pdf.pages)), encoding="ascii")
        path.with_suffix(".sha256").write_text(sha256_of(path), encoding="ascii")


def plan_of(sources: list[Path], *, late: int = 0, volume: int = 0) -> BundlePlan:
    """Lay these files out as a case would be: sections, a folio for every page, index, links and bookmarks.

    Args:
        sources: the files.
        late: how many of them, the last ones, were added afterwards.
        volume: most pages of a volume; 0 for one volume.
    """
    import datetime as dt

    from vks_plugin.court.plan import BundleDocument, BundleRequest, VolumeLimits, make_plan

    folio = 0
    documents = []
    for number, path in enumerate(sources):
        pages = int(path.with_suffix(".pages").read_text(encoding="ascii"))
        documents.append(
            BundleDocument(
                title=f"Tài liệu số {number + 1}",
                kind_name="Biên bản hỏi cung bị can",
                section_code=f"{number // 10:02d}",
                section_name=f"Nhóm tài liệu {number // 10}",
                number=f"{number + 1}/BB",
                date=dt.date(2026, 3, 2),
                part="hsva",
                path=path,
                page_count=pages,
                folio_by_page={page: str(folio + page) for page in range(1, pages + 1)},
                # copies of one form are marked as what they are
                sha256=path.with_suffix(".sha256").read_text(encoding="ascii"),
            )
        )
        folio += pages
    first = documents[: len(documents) - late]
    return make_plan(
        BundleRequest(
            case_code="HS-QN-KV1-2026-0001",
            case_name="Nguyễn Văn Ánh và đồng phạm – Trộm cắp tài sản",
            office_name="Viện kiểm sát nhân dân khu vực 1 – Quảng Ninh",
            made_on=dt.date(2026, 5, 4),
            title="Toàn bộ hồ sơ vụ án",
            documents=first,
            late=[documents[len(first) :]] if late else [],
            limits=VolumeLimits(pages=volume),
        )
    )


def bundle(target: Path, sources: list[Path]) -> None:
    """Bundle these files in one volume."""
    from vks_plugin.court.bundle import write_bundle

    write_bundle(plan_of(sources), target)


def _in_a_process_of_its_own(target: Path, sources: list[Path]) -> Measured:
    """Bundle in a new process, which tells how long it took after its start-up, and its peak memory."""
    names = target.with_suffix(".names")
    names.write_text("\n".join(map(str, sources)), encoding="utf-8")
    command = [sys.executable, "-m", "tests.bench.bench_bundle", "--child", str(target), str(names)]
    told = subprocess.run(command, capture_output=True, text=True, check=True, env=dict(os.environ)).stdout.split()
    return Measured(*map(float, told[-3:]))


def _child(words: list[str]) -> None:
    # what a worker has loaded long before
    from vks_plugin.court import bundle as _loaded  # noqa: F401

    began, worked = time.perf_counter(), time.process_time()
    bundle(Path(words[0]), [Path(name) for name in Path(words[1]).read_text(encoding="utf-8").splitlines()])
    seconds, processor = time.perf_counter() - began, time.process_time() - worked
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{seconds:.4f} {processor:.4f} {peak:.1f}")


def _merge(program: str, target: Path, sources: list[Path]) -> Measured:
    began, worked = time.perf_counter(), _children()
    subprocess.run([program, "--empty", "--pages", *map(str, sources), "--", str(target)], check=True)
    return Measured(time.perf_counter() - began, _children() - worked)


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure(kind: str, pages: int, rounds: int, program: str, *, alone: bool = False, size: int = _SCAN_BYTES) -> bool:
    """Print one line of the table; tell whether it lies within the budget."""
    with tempfile.TemporaryDirectory(prefix="vks-bench-") as name:
        folder = Path(name)
        sources = make_scans(folder, pages, size=size) if kind == "scans" else make_papers(folder, pages)
        note_pages(sources)
        weight = sum(path.stat().st_size for path in sources) / _MEBIBYTE
        theirs: list[Measured] = []
        ours: list[Measured] = []
        # the first round warms the disk's cache for both and does not count
        for turn in range(0 if alone else rounds + 1):
            merged = _merge(program, folder / "merged.out", sources)
            bundled = _in_a_process_of_its_own(folder / "bundle.out", sources)
            if turn:
                theirs.append(merged)
                ours.append(bundled)
        if alone:
            ours.append(_in_a_process_of_its_own(folder / "bundle.out", sources))
        made = (folder / "bundle.out").stat().st_size / _MEBIBYTE
    peak = max(each.peak for each in ours)
    if alone:
        _row(
            kind,
            pages,
            len(sources),
            f"{weight:.0f}",
            f"{made:.0f}",
            "–",
            f"{ours[0].seconds:.2f}",
            "–",
            "–",
            "–",
            f"{peak:.0f}",
            MEMORY_BUDGET,
            _kept(peak <= MEMORY_BUDGET),
        )
        return peak <= MEMORY_BUDGET
    clock = [min(each.seconds for each in runs) for runs in (theirs, ours)]
    processor = [min(each.processor for each in runs) for runs in (theirs, ours)]
    ratio = clock[1] / clock[0]
    judged = pages >= JUDGED_FROM
    good = peak <= MEMORY_BUDGET and (ratio <= BUDGETS[kind] or not judged)
    _row(
        kind,
        pages,
        len(sources),
        f"{weight:.0f}",
        f"{made:.0f}",
        f"{clock[0]:.2f}",
        f"{clock[1]:.2f}",
        f"{ratio:.2f}",
        f"{BUDGETS[kind]:.2f}" if judged else "–",
        f"{processor[1] / processor[0]:.2f}",
        f"{peak:.0f}",
        MEMORY_BUDGET,
        _kept(good),
    )
    return good


def _row(*cells: object) -> None:
    print("|", " | ".join(map(str, cells)), "|", flush=True)


def _kept(good: bool) -> str:
    return "yes" if good else "no"


def add_late(pages: int) -> bool:
    """Add 50 documents of 20 pages to a bundle of scans; tell whether it took no longer than allowed and moved no page."""
    from vks_plugin.court.bundle import write_addition, write_bundle

    with tempfile.TemporaryDirectory(prefix="vks-bench-") as name:
        folder, later = Path(name), Path(name) / "late"
        later.mkdir()
        sources = make_scans(folder, pages)
        for at, path in enumerate(make_scans(later, PAGES_A_FILE * _LATE_DOCUMENTS)):
            sources.append(path.rename(later / f"late-{at:02d}.pdf"))
        note_pages(sources)
        before = plan_of(sources[:-_LATE_DOCUMENTS])
        write_bundle(before, folder / "before.out")
        began, worked = time.perf_counter(), time.process_time()
        after = plan_of(sources, late=_LATE_DOCUMENTS)
        write_bundle(after, folder / "after.out")
        write_addition(after, folder / "addition.out")
        seconds, processor = time.perf_counter() - began, time.process_time() - worked
    cited = [each.first_page for each in before.documents]
    moved = sum(one != other.first_page for one, other in zip(cited, after.documents, strict=False))
    good = seconds <= _LATE_BUDGET and not moved
    print("| pages | documents added | pages in all | seconds | of the processor | at most | citations moved | kept |")
    print("|---" * 8 + "|")
    _row(
        before.page_count,
        _LATE_DOCUMENTS,
        after.page_count,
        f"{seconds:.2f}",
        f"{processor:.2f}",
        _LATE_BUDGET,
        moved,
        _kept(good),
    )
    return good


def agree(pages: int) -> bool:
    """Compare stamp, label, link and printed row of the index on every page of volumes; tell whether all agree."""
    import pypdfium2
    from pypdf import PdfReader

    from vks_plugin.court.bundle import write_bundle
    from vks_plugin.court.inspection import inspect_bundle

    mismatches = seen = rows = 0
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="vks-bench-") as name:
        folder = Path(name)
        sources = make_scans(folder, pages, size=100)
        note_pages(sources)
        plan = plan_of(sources, volume=3000)
        for volume, written in zip(plan.volumes, write_bundle(plan, folder / "bundle.out").volumes, strict=True):
            found = inspect_bundle(written.path, first_page=volume.first_page)
            seen += found.page_count
            mismatches += len(found.problems)
            folios = [mark.removeprefix("BL ") for mark in volume.marks()]
            mismatches += sum(one != other for one, other in zip(found.folios, folios, strict=True))
            mismatches += abs(found.page_count - volume.page_count)
            starts = [each.first_page for each in volume.documents]
            mismatches += [end + volume.first_page - 1 for _start, end in found.links] != starts
            inside = {(depth, page + volume.first_page - 1) for depth, _title, page in found.outline}
            mismatches += sum((1, start) not in inside for start in starts)
            reader, drawn = PdfReader(written.path), pypdfium2.PdfDocument(written.path)
            for (start, end), each in zip(found.links, volume.documents, strict=True):
                text = drawn[start - 1].get_textpage()
                places = [link.get_object() for link in reader.pages[start - 1]["/Annots"]]  # type: ignore[attr-defined]
                place = next(link for link in places if link["/Contents"] == f"Trang {each.first_page}")
                left, bottom, right, top = (float(value) for value in place["/Rect"])
                printed = text.get_text_bounded(left=left, bottom=bottom, right=right, top=top)
                mismatches += f"{end + volume.first_page - 1}–{each.last_page}" not in "".join(printed.split())
                rows += 1
            drawn.close()
    print("| pages | volumes | rows of an index | mismatches | seconds |")
    print("|---" * 5 + "|")
    _row(seen, len(plan.volumes), rows, mismatches, f"{time.perf_counter() - began:.0f}")
    return not mismatches and seen == plan.page_count and rows == len(plan.documents)


def judge(pages: int) -> bool:
    """Print what a check of a bundle takes; tell whether the bundle passed."""
    from vks_plugin.court.verification import State, is_sound, verify

    with tempfile.TemporaryDirectory(prefix="vks-bench-") as name:
        folder = Path(name)
        sources = make_papers(folder, pages)
        note_pages(sources)
        _in_a_process_of_its_own(folder / "bundle.out", sources)
        named = (folder / "bundle.out").rename(folder / "HS-QN-KV1-2026-0001 Toàn bộ 2026-05-04.pdf")
        began = time.perf_counter()
        rows = verify([named])
        seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print("| pages | seconds | peak MiB | sound |")
    print("|---" * 4 + "|")
    _row(pages, f"{seconds:.0f}", f"{peak:.0f}", _kept(is_sound(rows)))
    for row in rows:
        if row.state == State.BROKEN:
            print(f"{row.number}: {row.sentence}")
    return is_sound(rows)


def _timed(kind: str, pages: int, step: str, work: Callable[[], _Result]) -> _Result:
    began, worked = time.perf_counter(), time.process_time()
    result = work()
    _row(kind, pages, step, f"{time.perf_counter() - began:.2f}", f"{time.process_time() - worked:.2f}")
    return result


def _steps_of(kind: str, pages: int, make: Callable[[Path, int], list[Path]]) -> bool:
    from vks_plugin.court.bundle import check_sources, write_bundle
    from vks_plugin.court.cautions import look_at
    from vks_plugin.court.halfway import Halfway
    from vks_plugin.court.inspection import inspect_bundle
    from vks_plugin.court.manifest import as_text, manifest_of

    with tempfile.TemporaryDirectory(prefix="vks-bench-") as name:
        folder = Path(name)
        sources = make(folder, pages)
        note_pages(sources)
        if program := shutil.which("qpdf"):
            merged = _merge(program, folder / "merged.out", sources)
            _row(kind, pages, "qpdf", f"{merged.seconds:.2f}", f"{merged.processor:.2f}")
        timed = partial(_timed, kind, pages)
        target = folder / "bundle.out"
        plan = timed("plan", lambda: plan_of(sources))
        forms = timed("checks of the sources", lambda: check_sources(plan))
        timed("look at the pages", lambda: look_at(plan))
        made = timed("writer and hash", lambda: write_bundle(plan, target, forms=forms, halfway=Halfway(target)))
        found = timed("reading back", lambda: [inspect_bundle(each.path) for each in made.volumes])
        timed("manifest", lambda: as_text(manifest_of(plan, made, tool="bench", checkpoint="", signer="")))
        return not any(each.problems for each in found)


def steps(pages: int) -> bool:
    """Print what each step of a worker takes beside qpdf's merge; tell whether the files were found sound.

    Left out are the queue, the rows of the database and the one entry of the ledger, which do not grow with the pages.
    """
    print("| pages are | pages | step | s | s of processor time |")
    print("|---" * 5 + "|")
    return all([_steps_of("scans", pages, make_scans), _steps_of("born-digital", pages, make_papers)])


def main(words: list[str]) -> int:
    """Run the measurements; return 0 when all lie within their budgets."""
    if words[:1] == ["--child"]:
        _child(words[1:])
        return 0
    parser = argparse.ArgumentParser(description="time and memory of a bundle, beside qpdf's merge of the same files")
    parser.add_argument("--pages", type=int, nargs="+", default=[200, 2000], metavar="N")
    parser.add_argument("--kind", choices=[*BUDGETS], nargs="+", default=[*BUDGETS])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--alone", action="store_true", help="measure the bundle once, beside nothing")
    parser.add_argument("--scan-bytes", type=int, default=_SCAN_BYTES, metavar="N")
    parser.add_argument("--late", type=int, metavar="PAGES", help="add 50 documents to a bundle of so many pages")
    parser.add_argument("--agree", type=int, metavar="PAGES", help="compare stamp, label, link and index of all pages")
    parser.add_argument("--judge", type=int, metavar="PAGES", help="time and memory of a check of the finished bundle")
    parser.add_argument("--steps", type=int, metavar="PAGES", help="what each step of a worker takes")
    options = parser.parse_args(words)
    asked_for = ((options.late, add_late), (options.agree, agree), (options.judge, judge), (options.steps, steps))
    for asked, run in asked_for:
        if asked:
            return 0 if run(asked) else 1
    program = shutil.which("qpdf")
    if program is None:
        sys.stderr.write("qpdf is not installed: nothing to compare with\n")
        return 2
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]
    print(f"{version}; Python {platform.python_version()}; {os.cpu_count()} CPUs; best of {options.rounds}\n")
    print(f"| {' | '.join(COLUMNS)} |")
    print("|---" * len(COLUMNS) + "|")
    results = [
        measure(kind, pages, options.rounds, program, alone=options.alone, size=options.scan_bytes)
        for kind in options.kind
        for pages in options.pages
    ]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
