"""The chain of one case: an entry as bytes, and what links it to the one before.

What a reader has to know of it stands in `verify_ledger.py`, which travels with every export; this module writes what
that one reads. Whoever changes the form of an entry makes it version 2 there and keeps version 1.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from vks_plugin.custody.verify_ledger import FIRST, LedgerError, canonical, commitment, item_salt, leaf_hash
from vks_plugin.text import composed

SALT_LENGTH = 32


@dataclass(frozen=True)
class Actor:
    """Who acted, by the name, office and role of that moment."""

    id: int | None
    name: str
    unit: str | None = None
    role: str | None = None


SYSTEM = Actor(None, "")
"""Nobody signed in: a worker or a command acts for the system."""


@dataclass(frozen=True)
class Written:
    """An entry, and the hash the next one names."""

    line: bytes
    hash: bytes


def written_at(moment: dt.datetime) -> str:
    """Return a moment as an entry states it: UTC, to the microsecond."""
    return moment.astimezone(dt.UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


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
    """Write an entry.

    Args:
        ledger: of the case.
        seq: 0 for the first.
        previous: hash of the entry before; None for the first.
        at: when.
        actor: who.
        kind: what was done.
        data: what of; texts are composed, so that equal words have equal bytes.

    Raises:
        LedgerError: something in `data` is neither text, whole number, truth value, nothing, list nor object.
    """
    line = canonical(
        {
            "v": 1,
            "ledger": str(ledger),
            "seq": seq,
            "prev": FIRST if previous is None else previous.hex(),
            "at": written_at(at),
            "actor": {"id": actor.id, "name": composed(actor.name), "unit": actor.unit, "role": actor.role},
            "kind": kind,
            "data": plain(data),
        }
    )
    return Written(line, leaf_hash(line))


def plain(value: Any) -> Any:
    """Return a value with every text composed and mappings as objects."""
    if isinstance(value, str):
        return composed(value)
    if isinstance(value, Mapping):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
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
