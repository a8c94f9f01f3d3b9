"""The file outside of the database that remembers every head of the ledger that was signed.

Whoever puts an old copy of the database in its place, or writes the ledger anew, takes the signed heads in it along; not
this file, as long as it lies elsewhere than the backups of the database. A line is `{"note": …}`, as in an export, so that
the verifier reads it; `{"restored": …, "signed": …}` says that somebody answered for a restored database. Lines are added and
never taken away.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

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
            if not found and stream.tell() > _TAIL:
                stream.seek(0)
                found = _notes(stream.read())
    except FileNotFoundError:
        return None
    return found[-1] if found else None


def read_answers(path: Path) -> dict[str, str]:
    """Return, by the hash of the entry by which somebody answered for a restored database, the note the key signed of it.

    Empty where none was signed yet: the key was lost with the database.

    Raises:
        OSError: the file cannot be read.
    """
    try:
        return _answers(path.read_bytes())
    except FileNotFoundError:
        return {}


def _answers(data: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    for row in _rows(data):
        entry, note = row.get("restored"), row.get("signed", "")
        if isinstance(entry, str) and isinstance(note, str):
            found[entry] = note or found.get(entry, "")
    return found


def _notes(data: bytes) -> list[str]:
    return [row["note"] for row in _rows(data) if isinstance(row.get("note"), str)]


def _rows(data: bytes) -> Iterator[dict[str, Any]]:
    for line in data.splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if isinstance(row, dict):
            yield row


def add_heads(notes: Sequence[str]) -> None:
    """Write those of these signed notes that the file does not have yet behind the others, down to the disk.

    Raises:
        OSError: they cannot be written.
    """

    def fresh(there: bytes) -> list[dict[str, str]]:
        known = set(_notes(there))
        return [{"note": note} for note in dict.fromkeys(notes) if note not in known]

    _add(fresh)


def add_answer(entry: str, note: str) -> None:
    """Note, down to the disk, that somebody answered for a restored database: what a database alone cannot say.

    Args:
        entry: hash of the entry, as hexadecimal digits.
        note: what the key signed of it (`answer_text`); empty: nothing yet.

    Raises:
        OSError: it cannot be written.
    """

    def fresh(there: bytes) -> list[dict[str, str]]:
        known = _answers(there).get(entry)
        return [{"restored": entry, "signed": note}] if known is None or (note and not known) else []

    _add(fresh)


def _add(fresh_of: Callable[[bytes], list[dict[str, str]]]) -> None:
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
        fresh = fresh_of(there)
        if not fresh:
            return
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in fresh)
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
