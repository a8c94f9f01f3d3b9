"""The file outside of the database that remembers every head of the ledger that was signed.

Whoever puts an old copy of the database in its place, or writes the ledger anew, takes the signed heads in it along; not
this file, as long as it lies elsewhere than the backups of the database. A line is `{"note": …}`, as in an export, so that
the verifier reads it. Lines are added and never taken away.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Sequence
from pathlib import Path

from vks_plugin.conf import configuration


def heads_path() -> Path:
    """Return where the file lies."""
    return configuration().ledger_heads_dir / "heads.jsonl"


def read_heads(path: Path) -> list[str]:
    """Return the signed notes of a file, the oldest first; one that is not there has none.

    A line that was cut off while it was written is left out: what it said is written again behind it.

    Raises:
        OSError: it cannot be read.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return []
    return _notes(data)


_TAIL = 8192
"""Bytes at the end of the file among which its last line is; a note has a few hundred."""


def newest_head(path: Path) -> str | None:
    """Return the signed note the file ends with; None: it has none.

    Raises:
        OSError: it cannot be read.
    """
    try:
        with path.open("rb") as stream:
            stream.seek(max(path.stat().st_size - _TAIL, 0))
            found = _notes(stream.read())
    except FileNotFoundError:
        return None
    return found[-1] if found else None


def _notes(data: bytes) -> list[str]:
    found = []
    for line in data.splitlines():
        try:
            note = json.loads(line)["note"]
        except (ValueError, KeyError, TypeError):
            continue
        if isinstance(note, str):
            found.append(note)
    return found


def add_heads(notes: Sequence[str]) -> None:
    """Write those of these signed notes that the file does not have yet behind the others, down to the disk.

    Raises:
        OSError: they cannot be written.
    """
    path = heads_path()
    is_new = not path.exists()
    made = [each for each in path.parents if not each.exists()]
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(handle, "a+b") as stream:
        if is_new and os.geteuid() == 0:
            # made by root, used by the service: whose folder it lies in; one that somebody prepared stays theirs
            owner = (made[-1] if made else path).parent.stat()
            for each in (*made, path):
                os.chown(each, owner.st_uid, owner.st_gid)
        # a night's work and somebody's command may sign at once
        fcntl.flock(stream, fcntl.LOCK_EX)
        stream.seek(0)
        there = stream.read()
        known = set(_notes(there))
        fresh = [note for note in dict.fromkeys(notes) if note not in known]
        if not fresh:
            return
        lines = "".join(json.dumps({"note": note}, ensure_ascii=False) + "\n" for note in fresh)
        ended = b"" if not there or there.endswith(b"\n") else b"\n"
        stream.write(ended + lines.encode())
        stream.flush()
        os.fsync(stream.fileno())
    if is_new:
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
