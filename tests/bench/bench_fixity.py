"""How fast `vks_fixity` compares stored files, beside `sha256sum` and `openssl dgst -sha256` on the same files in the same run.

    python -m tests.bench.bench_fixity [--host paperless] [--documents 200] [--kilobytes 2048] [--rounds 5]

One case has so many documents, each with an original and an archive copy of so many kilobytes. Turn by turn the two
programs read these files, and the command `vks_fixity --all` compares them as an administrator lets it: rows of the
database, what each file is recorded as, what no document names, the row of the run and its entry in the ledger, with no
bound on the rate. It runs in a process that is there already, as the worker's is; both programs are started. Files lie in
memory: what is told apart is the work, not the disk. The class that reads, alone, is beside it.
"""

from __future__ import annotations

import argparse
import io
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

AIMED_AT = 0.8
"""Of the rate of `sha256sum`."""


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _run(*command: str) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def _stored(documents: int, size: int) -> list[Path]:
    """Make a case with documents, and return where their files lie."""
    from tests import people as given
    from tests.bench.bench_seal import documents_of
    from vks_plugin.cases.models import CaseFile
    from vks_plugin.custody import actions

    given.make_world()
    actions.ensure_key()
    case = CaseFile.objects.select_related("unit__parent").get()
    return documents_of(case, given._catalogue()["BBHC"], given._people()["clerk_kv1"], documents, size)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--host", default="lite", choices=["lite", "paperless"])
    parser.add_argument("--documents", type=int, default=200)
    parser.add_argument("--kilobytes", type=int, default=2048)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()

    from tests.bench import population

    population.set_up(options.host)
    from django.core.management import call_command

    from vks_plugin.custody.actions.fixity import Pace
    from vks_plugin.custody.models import FixityRun, LedgerEntry

    paths = _stored(options.documents, options.kilobytes * 1024)
    names = [str(path) for path in paths]
    pace = Pace()
    ways: dict[str, Callable[[], Any]] = {
        "sha256sum": lambda: _run("sha256sum", *names),
        "openssl": lambda: _run("openssl", "dgst", "-sha256", *names),
        "reading class": lambda: [pace.sha256(path) for path in paths],
        "vks_fixity": lambda: call_command("vks_fixity", "--all", stdout=io.StringIO()),
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _round in range(options.rounds):
        for name, work in ways.items():
            times[name].append(_timed(work))
    runs = FixityRun.objects.filter(
        finished_at__isnull=False, files=len(paths), octets=len(paths) * options.kilobytes * 1024
    )
    entries = LedgerEntry.objects.filter(kind="fixity_checked").count()
    # what was compared in less time than it takes was not compared
    assert runs.count() == entries == options.rounds
    size = len(paths) * options.kilobytes / 1024
    rates = {name: size / statistics.median(taken) for name, taken in times.items()}
    ratio = rates["vks_fixity"] / rates["sha256sum"]
    print(
        f"| documents | files | MiB | {' | '.join(f'{name} MiB/s' for name in ways)} | of sha256sum | of openssl | at least |"
    )
    print(f"|{'---|' * (len(ways) + 6)}")
    told = " | ".join(f"{rates[name]:.0f}" for name in ways)
    beside = rates["vks_fixity"] / rates["openssl"]
    print(
        f"| {options.documents} | {len(paths)} | {size:.0f} | {told} | {ratio:.2f} | {beside:.2f} | {AIMED_AT} of sha256sum |"
    )
    sys.exit(0 if ratio >= AIMED_AT else 1)


if __name__ == "__main__":
    main()
