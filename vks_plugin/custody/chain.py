"""The chain of one case: an entry as bytes, and what links it to the one before.

What a reader has to know of it stands in `verify_ledger.py`, which travels with every export; this module writes what
that one reads. Whoever changes the form of an entry makes it version 2 there and keeps version 1.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from vks_plugin.custody.verify_ledger import FIRST, LedgerError, canonical, commitment, item_salt, leaf_hash
from vks_plugin.text import composed

SALT_LENGTH = 32


class Actor(NamedTuple):
    """Who acted, by the name, office and role of that moment."""

    id: int | None
    name: str
    unit: str | None = None
    role: str | None = None


SYSTEM = Actor(None, "")
"""Nobody signed in: a worker or a command acts for the system."""


class Written(NamedTuple):
    """An entry, and the hash the next one names."""

    line: bytes
    hash: bytes


def written_at(moment: dt.datetime) -> str:
    """Return a moment as an entry states it: UTC, to the microsecond."""
    return moment.astimezone(dt.UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


class Pieces(NamedTuple):
    """What of an entry is known before its chain is held, as members of its canonical JSON."""

    who: str
    """Of the actor, what stands before the post."""
    said: str
    """Of the entry, what stands between `at` and `ledger`."""


def pieces(actor: Actor, kind: str, data: Mapping[str, Any]) -> Pieces:
    """Write what of an entry is known before its chain is held.

    Args:
        actor: who; the post may be unknown yet.
        kind: what was done.
        data: what of; texts are composed, so that equal words have equal bytes.

    Raises:
        LedgerError: something in `data` is neither text, whole number, truth value, nothing, list nor object.
    """
    return Pieces(_who(actor.id, actor.name), canonical({"data": plain(data), "kind": kind})[1:-1].decode())


@lru_cache(maxsize=1000)
def _who(person: int | None, name: str) -> str:
    return canonical({"id": person, "name": composed(name)})[1:-1].decode()


@lru_cache(maxsize=1000)
def _word(text: str | None) -> str:
    return canonical(text).decode()


def linked(
    known: Pieces,
    *,
    ledger: UUID,
    seq: int,
    previous: bytes | None,
    at: dt.datetime,
    role: str | None,
    unit: str | None,
) -> Written:
    """Put an entry together: names in the order canonical JSON has them.

    Args:
        known: see `pieces`.
        ledger: of the case.
        seq: 0 for the first.
        previous: hash of the entry before; None for the first.
        at: when.
        role: of the post the actor acted by.
        unit: where that is.
    """
    before = FIRST if previous is None else previous.hex()
    line = (
        f'{{"actor":{{{known.who},"role":{_word(role)},"unit":{_word(unit)}}},"at":"{written_at(at)}",{known.said},'
        f'"ledger":"{ledger}","prev":"{before}","seq":{seq},"v":1}}'
    ).encode()
    return Written(line, leaf_hash(line))


def write_entry(
    *,
    ledger: UUID,
    seq: int,
    previous: bytes | None,
    at: dt.datetime,
    actor: Actor,
    kind: str,
    data: Mapping[str, Any],
) -> Written:
    """Write an entry of which everything is known; see `pieces` and `linked`."""
    known = pieces(actor, kind, data)
    return linked(known, ledger=ledger, seq=seq, previous=previous, at=at, role=actor.role, unit=actor.unit)


def plain(value: Any) -> Any:
    """Return a value with every text composed and mappings as objects."""
    if isinstance(value, str):
        return composed(value)
    # asked before what takes longer to tell
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, (dict, Mapping)):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    return value


def hide(salt: bytes, values: Sequence[tuple[str, Any]]) -> list[list[str]]:
    """Return, for each named value, its name and what stands for it in the entry (see `opened`)."""
    return [[name, commitment(item_salt(salt, place), value)] for place, (name, value) in enumerate(values)]


def is_as_recorded(said: Mapping[str, Any], salt: bytes | None, values: Any) -> bool:
    """Tell whether what is kept beside an entry is what the entry holds the hashes of.

    Args:
        said: the data of the entry.
        salt: what is kept; None: nothing is.
        values: pairs of name and value, as they are stored.
    """
    kept: list[list[str]] = []
    if salt is not None:
        try:
            kept = hide(salt, [(name, value) for name, value in values])
        except (TypeError, ValueError, LedgerError):
            return False
    return bool(kept == said.get("hidden", []))


def opened(salt: bytes, place: int) -> str:
    """Return what is shown together with a value so that others can compare it with the entry."""
    return item_salt(salt, place).hex()
