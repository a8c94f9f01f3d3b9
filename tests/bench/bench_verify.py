"""How long the verifier that travels with an export takes over a large ledger.

    python -m tests.bench.bench_verify [--entries 1000000] [--cases 4000] [--processes 2]

The export is written here without a database: entries of the size and with the hidden values of a filed document, spread over
the cases as they would come, with a checkpoint signed by a key of its own. Then `verify_ledger.py`, copied beside it, is run
as an expert runs it, with nothing installed, and once more on a copy in which one letter of one entry is another.
"""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import os
import platform
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

from vks_plugin.custody import verify_ledger
from vks_plugin.custody.checkpoint import SigningKey, checkpoint_text, sign_note
from vks_plugin.custody.verify_ledger import FIRST, Tree, canonical, leaf_hash

AIMED_AT = 10.0
"""Seconds for a million entries on two processes."""
COLUMNS = (
    "entries",
    "MiB",
    "processes",
    "processor s",
    "s",
    "at most",
    "kept",
    "found valid",
    "one letter changed found",
)


_BEGAN = dt.datetime(2026, 1, 5, 8, tzinfo=dt.UTC)


def _entries(count: int, cases: int) -> Iterator[bytes]:
    """Return the lines of a ledger, chained case by case."""
    chance = random.Random(1)
    ledgers = [str(uuid.UUID(int=chance.getrandbits(128), version=4)) for _ in range(cases)]
    heads = dict.fromkeys(ledgers, (0, FIRST))
    for number in range(count):
        ledger = chance.choice(ledgers)
        seq, before = heads[ledger]
        proof = hashlib.sha256(number.to_bytes(8, "big")).hexdigest()
        said = {
            "v": 1,
            "ledger": ledger,
            "seq": seq,
            "prev": before,
            # one after the other, as a ledger is written
            "at": f"{_BEGAN + dt.timedelta(seconds=number * 20, microseconds=number % 1_000_000):%Y-%m-%dT%H:%M:%S.%f}Z",
            "actor": {"id": 12, "name": "Nguyễn Văn Thư", "unit": "QN-KV1", "role": "clerk"},
            "kind": "document_filed",
            "data": {
                "document": number,
                "document_type": "bien_ban_hoi_cung",
                "folio_from": 1 + number % 900,
                "folio_to": 7 + number % 900,
                "hidden": [["title", proof], ["number", proof]],
                "pages": 7,
                "part": "hsva",
                "sha256": proof,
            },
        }
        line = canonical(said)
        heads[ledger] = (seq + 1, leaf_hash(line).hex())
        yield line


def _written(folder: Path, count: int, cases: int) -> None:
    """Write the export of such a ledger."""
    tree = Tree()
    with (folder / "entries.jsonl").open("wb") as stream:
        for line in _entries(count, cases):
            stream.write(line + b"\n")
            tree.add(0, leaf_hash(line))
    key = SigningKey("bench/ledger", os.urandom(32))
    note = sign_note(checkpoint_text(key.name, count, tree.root()), key)
    (folder / "checkpoint").write_text(note, encoding="utf-8")
    (folder / "keys").write_text(f"{key.public}\n", encoding="utf-8")
    shutil.copy(verify_ledger.__file__, folder / "verify_ledger.py")


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _verified(folder: Path, processes: int) -> tuple[float, float, int]:
    """Return how many seconds the verifier took, how many of the processor, and its status."""
    began, used = time.perf_counter(), _processor()
    words = [sys.executable, "-I", "-S", str(folder / "verify_ledger.py"), str(folder), "--processes", str(processes)]
    ended = subprocess.run(words, capture_output=True, check=False, cwd="/")
    return time.perf_counter() - began, _processor() - used, ended.returncode


def _changed(entries: Path) -> None:
    """Make one letter of one entry in the middle another."""
    with entries.open("r+b") as stream:
        stream.seek(entries.stat().st_size // 2)
        stream.readline()
        begin = stream.tell()
        line = stream.readline()
        stream.seek(begin + line.index(b"hsva"))
        stream.write(b"hsks")


def main(words: list[str]) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--cases", type=int, default=4000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args(words)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _written(folder, options.entries, options.cases)
        size = (folder / "entries.jsonl").stat().st_size
        print(
            f"Python {platform.python_version()}, {os.cpu_count()} CPUs; best of {options.rounds}\n\n"
            f"| {' | '.join(COLUMNS)} |\n{'|---' * len(COLUMNS)}|",
            flush=True,
        )
        took = [_verified(folder, options.processes) for _ in range(options.rounds)]
        best, used, _status = min(took)
        _changed(folder / "entries.jsonl")
        found = _verified(folder, options.processes)[-1] == 1
        valid = all(status == 0 for *_times, status in took)
        kept = best <= AIMED_AT * options.entries / 1_000_000
        cells = [f"{options.entries:,}", f"{size / 2**20:,.0f}", str(options.processes), f"{used:.1f}", f"{best:.1f}"]
        cells += [f"{AIMED_AT * options.entries / 1_000_000:.0f}", "yes" if kept else "**no**"]
        cells += ["yes" if valid else "**no**", "yes" if found else "**no**"]
        print("|", " | ".join(cells), "|", flush=True)
    return 0 if kept and valid and found else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
