"""How long it takes to recalculate the time limits of every case, against merely reading what they follow from.

    python -m tests.bench.bench_deadlines [--cases 100000] [--database postgresql sqlite]

A database of its own is filled with cases of five years. Then, in the same process: everything the limits follow
from is read and thrown away (the reference); all limits are computed for the first time, when every row is new;
and recalculated, which is what happens every morning.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable

from tests.bench import population

BUDGET = 30.0
"""Seconds for 100,000 cases, at the most, when they are recalculated."""


def _timed(work: Callable[[], object]) -> tuple[float, object]:
    began = time.perf_counter()
    found = work()
    return time.perf_counter() - began, found


def measure(cases: int, engine: str) -> None:
    """Fill the database this process is set up with, measure, and print one line."""
    population.set_up()
    from django.contrib.auth.models import User

    from vks_plugin.cases.actions.deadlines import refresh_all
    from vks_plugin.cases.models import Accused, CaseDeadline, CaseFile, Charge, ProceduralEvent

    units = population.offices()
    population.fill(cases, units, User.objects.create_user("clerk"))

    def read() -> int:
        count = 0
        for model in (CaseFile, Accused, Charge, ProceduralEvent, CaseDeadline):
            for _row in model._default_manager.order_by("pk").values_list().iterator(chunk_size=5000):
                count += 1
        return count

    first, made = _timed(refresh_all)
    reading, rows = _timed(read)
    again, found = _timed(refresh_all)
    sys.stdout.write(
        f"| {engine} | {cases:,} | {rows:,} | {CaseDeadline.objects.count():,} | {reading:.1f} | {first:.1f} "
        f"| {again:.1f} | {again / reading:.1f} | {BUDGET * cases / 100_000:.0f} "
        f"| {'yes' if again <= BUDGET * cases / 100_000 else 'NO'} |\n"
    )
    assert made is not None
    assert found is not None


def main() -> int:
    """Run the command line; each database in a process of its own."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--database", nargs="+", choices=["postgresql", "sqlite"], default=["postgresql", "sqlite"])
    parser.add_argument("--measure", choices=["postgresql", "sqlite"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(options.cases, options.measure)
        return 0
    sys.stdout.write(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n\n")
    sys.stdout.write(
        "| database | cases | rows read | limits | reading s | first time s | recalculated s | ratio | at most s | kept |\n"
        "|---|---|---|---|---|---|---|---|---|---|\n"
    )
    sys.stdout.flush()
    for engine in options.database:
        with population.database(engine) as environment:
            if environment is None:
                sys.stdout.write(f"left out: {engine} is not on this machine\n")
                continue
            command = [sys.executable, "-m", "tests.bench.bench_deadlines", "--measure", engine]
            subprocess.run([*command, "--cases", str(options.cases)], env={**os.environ, **environment}, check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
