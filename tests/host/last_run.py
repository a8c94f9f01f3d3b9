"""The record of the last green run on the real host, and whether it still stands."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from pathlib import Path
from typing import NamedTuple

TESTS = Path(__file__).resolve().parent.parent
HOST_FOLDER = TESTS.parent / "vks_plugin" / "host"
RECORD = Path(__file__).parent / "last-run.json"
TAG = "v3.0.5"
_NOT_IN_THE_SUITE = frozenset({"bench", "browser", "run.py"})
"""Journeys and benches are run, and say what they found, by themselves."""


class Fingerprint(NamedTuple):
    """What a run was about: our folder that knows the host, and the tests."""

    host: str
    tests: str


def _hash(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        if path.relative_to(folder).parts[0] in _NOT_IN_THE_SUITE:
            continue
        digest.update(f"{path.relative_to(folder).as_posix()}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def fingerprint() -> Fingerprint:
    """Return the fingerprint of the files as they are now; taken before a run, so that it stands for what ran."""
    return Fingerprint(host=_hash(HOST_FOLDER), tests=_hash(TESTS))


def record(*, of: Fingerprint, passed: int, failed: int, skipped: int) -> None:
    """Write what a run of these files showed."""
    facts = {
        "tag": TAG,
        "date": dt.datetime.now(tz=dt.UTC).date().isoformat(),
        "host_hash": of.host,
        "tests_hash": of.tests,
        "passed": passed,
        "failed": failed,
        "skipped": skipped,
    }
    RECORD.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


def verdict() -> str:
    """Return the sentence the test line ends with."""
    if not RECORD.is_file():
        return f"never proven on {TAG}: run the suite with --host=paperless --record-run"
    facts = json.loads(RECORD.read_text(encoding="utf-8"))
    now = fingerprint()
    if facts["host_hash"] != now.host:
        return f"stale: host/ changed since {facts['date']}"
    proven = f"proven on {facts['tag']} at {facts['date']} ({facts['passed']} tests)"
    return proven if facts["tests_hash"] == now.tests else f"{proven}; tests changed since"


if __name__ == "__main__":
    print(verdict())
