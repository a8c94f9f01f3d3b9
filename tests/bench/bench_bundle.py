"""How long a bundle takes, against merging the very same files without stamps, index, links or bookmarks.

    python -m tests.bench.bench_bundle [--pages 200 2000] [--rounds 3]

The files come first: scans (a picture of random dots on every page, as many bytes as a page scanned at
200 dpi takes), and copies of the demonstration's real forms. Then, in turns so that both see the same
machine, `qpdf --empty --pages` merges them and our writer bundles them, each in a process of its own; the
best of the rounds counts. Our imports are not counted, as a worker has them behind it; all else is: the
check of every source, the fonts, the fsync and the hash. Peak memory is that of our whole process.

The ratio of processor time is printed beside that of the clock: it says the same on a machine that
has other things to do.
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
from pathlib import Path
from typing import NamedTuple

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

_MEBIBYTE = 1024 * 1024
_SCAN = (1654, 2339)
"""Pixels of an A4 page at 200 dpi."""
_SCAN_BYTES = 120_000
"""About what such a page takes when it is compressed as the host's archive copies are."""


class Measured(NamedTuple):
    """What one run took."""

    seconds: float
    """By the clock."""
    processor: float
    """Seconds of processor time."""
    peak: float = 0.0
    """Mebibytes."""


def make_scans(folder: Path, pages: int) -> list[Path]:
    """Write files whose pages are pictures that cannot be compressed any further."""
    import pikepdf
    from pikepdf import Array, Dictionary, Name

    source = random.Random(2026)
    width, height = _SCAN
    paths = []
    for number, start in enumerate(range(0, pages, PAGES_A_FILE)):
        with pikepdf.new() as pdf:
            for _ in range(min(PAGES_A_FILE, pages - start)):
                picture = pdf.make_stream(source.randbytes(_SCAN_BYTES))
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


MAKERS: dict[str, Callable[[Path, int], list[Path]]] = {"scans": make_scans, "born-digital": make_papers}


def bundle(target: Path, sources: list[Path]) -> None:
    """Bundle these files as a case would be: sections, a folio for every page, index, links and bookmarks."""
    import datetime as dt

    from vks_plugin.court.bundle import write_bundle
    from vks_plugin.court.plan import BundleDocument, BundleRequest, make_plan

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
            )
        )
        folio += pages
    plan = make_plan(
        BundleRequest(
            case_code="HS-QN-KV1-2026-0001",
            case_name="Nguyễn Văn Ánh và đồng phạm – Trộm cắp tài sản",
            office_name="Viện kiểm sát nhân dân khu vực 1 – Quảng Ninh",
            made_on=dt.date(2026, 5, 4),
            title="Toàn bộ hồ sơ vụ án",
            documents=documents,
        )
    )
    write_bundle(plan, target)


def _in_a_process_of_its_own(target: Path, sources: list[Path]) -> Measured:
    """Bundle in a new process, which tells how long it took after its start-up, and its peak memory."""
    command = [sys.executable, "-m", "tests.bench.bench_bundle", "--child", str(target), *map(str, sources)]
    told = subprocess.run(command, capture_output=True, text=True, check=True, env=dict(os.environ)).stdout.split()
    return Measured(*map(float, told[-3:]))


def _child(words: list[str]) -> None:
    # what a worker has loaded long before
    from vks_plugin.court import bundle as _loaded  # noqa: F401

    began, worked = time.perf_counter(), time.process_time()
    bundle(Path(words[0]), [Path(word) for word in words[1:]])
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


def measure(kind: str, pages: int, rounds: int, program: str) -> bool:
    """Print one line of the table; tell whether it lies within the budget."""
    import pikepdf

    with tempfile.TemporaryDirectory(prefix="vks-bench-") as name:
        folder = Path(name)
        sources = MAKERS[kind](folder, pages)
        for path in sources:
            with pikepdf.open(path) as pdf:
                path.with_suffix(".pages").write_text(str(len(pdf.pages)), encoding="ascii")
        size = sum(path.stat().st_size for path in sources) / _MEBIBYTE
        theirs: list[Measured] = []
        ours: list[Measured] = []
        # the first round warms the disk's cache for both and does not count
        for turn in range(rounds + 1):
            merged = _merge(program, folder / "merged.out", sources)
            bundled = _in_a_process_of_its_own(folder / "bundle.out", sources)
            if turn:
                theirs.append(merged)
                ours.append(bundled)
        made = (folder / "bundle.out").stat().st_size / _MEBIBYTE
    clock = [min(each.seconds for each in runs) for runs in (theirs, ours)]
    processor = [min(each.processor for each in runs) for runs in (theirs, ours)]
    peak = max(each.peak for each in ours)
    ratio = clock[1] / clock[0]
    judged = pages >= JUDGED_FROM
    good = peak <= MEMORY_BUDGET and (ratio <= BUDGETS[kind] or not judged)
    cells = [
        kind,
        pages,
        len(sources),
        f"{size:.0f}",
        f"{made:.0f}",
        f"{clock[0]:.2f}",
        f"{clock[1]:.2f}",
        f"{ratio:.2f}",
        f"{BUDGETS[kind]:.2f}" if judged else "–",
        f"{processor[1] / processor[0]:.2f}",
        f"{peak:.0f}",
        MEMORY_BUDGET,
        "yes" if good else "no",
    ]
    print("|", " | ".join(str(cell) for cell in cells), "|", flush=True)
    return good


def main(words: list[str]) -> int:
    """Run the measurements; return 0 when all lie within their budgets."""
    if words[:1] == ["--child"]:
        _child(words[1:])
        return 0
    parser = argparse.ArgumentParser(description="time and memory of a bundle, beside qpdf's merge of the same files")
    parser.add_argument("--pages", type=int, nargs="+", default=[200, 2000], metavar="N")
    parser.add_argument("--kind", choices=[*MAKERS], nargs="+", default=[*MAKERS])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args(words)
    program = shutil.which("qpdf")
    if program is None:
        sys.stderr.write("qpdf is not installed: nothing to compare with\n")
        return 2
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]
    print(f"{version}; Python {platform.python_version()}; {os.cpu_count()} CPUs; best of {options.rounds}\n")
    print(f"| {' | '.join(COLUMNS)} |")
    print("|---" * len(COLUMNS) + "|")
    results = [measure(kind, pages, options.rounds, program) for kind in options.kind for pages in options.pages]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
