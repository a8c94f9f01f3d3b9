"""How fast stored files are compared, beside `sha256sum` on the same files in the same run.

    python -m tests.bench.bench_fixity [--files 400] [--kilobytes 2048] [--rounds 5]

Both read files that the system has in memory, turn by turn, each in a process that is already there for ours and in one that
is started for `sha256sum`: what is told apart is the work on the bytes, not the disk. Ours reads with the class that the
nightly comparison reads with, without its bound; beside it, what one document more costs in queries is not measured here.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

AIMED_AT = 0.8


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=400)
    parser.add_argument("--kilobytes", type=int, default=2048)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()

    from tests.bench import population

    population.set_up()
    from vks_plugin.custody.actions.fixity import Pace

    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{number:05d}.pdf" for number in range(options.files)]
        for path in paths:
            path.write_bytes(os.urandom(options.kilobytes * 1024))
        size = options.files * options.kilobytes / 1024
        names = [str(path) for path in paths]
        pace, ours, theirs = Pace(), [], []
        for _round in range(options.rounds):
            theirs.append(_timed(lambda: subprocess.run(["sha256sum", *names], check=True, stdout=subprocess.DEVNULL)))
            ours.append(_timed(lambda: [pace.sha256(path) for path in paths]))
        rates = [size / statistics.median(times) for times in (theirs, ours)]
        ratio = rates[1] / rates[0]
        print("| files | MiB | sha256sum MiB/s | comparison MiB/s | ratio | at least |")
        print("|---|---|---|---|---|---|")
        print(f"| {options.files} | {size:.0f} | {rates[0]:.0f} | {rates[1]:.0f} | {ratio:.2f} | {AIMED_AT} |")
        sys.exit(0 if ratio >= AIMED_AT else 1)


if __name__ == "__main__":
    main()
