"""What a worker that is gone had finished of a bundle, so that the next one goes on from there.

It lies beside the bundle under a name with a point before it, where the nightly tidying up finds what nobody goes on
with. It holds as long as the plan does: every title, number, note and file is in the plan's fingerprint, so that what
is taken on is what would be written anew, byte for byte.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from vks_plugin import __version__
from vks_plugin.court.cautions import Caution, Cautioned, Looked
from vks_plugin.court.plan import BundlePlan
from vks_plugin.hashing import sha256_of


def fingerprint(plan: BundlePlan) -> str:
    """Return what two plans share only when they, and the files they name, are the same."""
    digest = hashlib.sha256(__version__.encode())
    digest.update(json.dumps(asdict(plan.request), default=str, sort_keys=True).encode())
    for planned in plan.documents:
        try:
            there = planned.document.path.stat()
        except OSError:
            # whoever looks at the sources says so by name
            continue
        digest.update(f"{there.st_size} {there.st_mtime_ns}\n".encode())
    return digest.hexdigest()


class Seen(NamedTuple):
    """What was seen in the papers of a bundle before a page was written."""

    forms: frozenset[Path]
    """Those that are filled-in forms; every paper can be used."""
    looked: Looked


class FinishedVolume(NamedTuple):
    """A volume that was complete, where it lies now."""

    path: Path
    sha256: str
    size: int
    """In bytes."""


class Halfway:
    """What is finished of one bundle."""

    def __init__(self, target: Path, advanced: Callable[[], object] = lambda: None) -> None:
        """Begin with what another worker left.

        Args:
            target: what the bundle is named after.
            advanced: is told when something more is finished.
        """
        self._path = target.with_name(f".{target.name}.halfway")
        self._advanced = advanced
        self._known: dict[str, Any] = {}
        try:
            self._known = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            # nobody began it, or the disk was full
            self._known = {}

    def begin(self, plan: BundlePlan) -> None:
        """Forget what was written for another plan."""
        told = fingerprint(plan)
        if self._known.get("plan") != told:
            self._known |= {"plan": told, "volumes": {}, "inspected": []}

    def seen(self, plan: BundlePlan) -> Seen | None:
        """Return what was seen in the papers of a plan; None when nobody looked."""
        kept = self._known.get("seen")
        if kept is None or kept["plan"] != fingerprint(plan):
            return None
        documents = [each.document for each in plan.documents]
        cautions = [
            Cautioned(documents[at], Caution(caution), tuple(pages), count)
            for at, caution, pages, count in kept["cautions"]
        ]
        shown = {Path(path): told for path, told in kept["shown"]}
        return Seen(frozenset(map(Path, kept["forms"])), Looked(cautions, shown))

    def keep_seen(self, plan: BundlePlan, seen: Seen) -> None:
        """Keep what was seen in the papers of a plan."""
        at = {id(each.document): place for place, each in enumerate(plan.documents)}
        cautions = seen.looked.cautions
        self._known["seen"] = {
            "plan": fingerprint(plan),
            "forms": sorted(map(str, seen.forms)),
            "cautions": [[at[id(each.document)], each.caution, each.pages, each.count] for each in cautions],
            "shown": [[str(path), told] for path, told in seen.looked.shown.items()],
        }
        self._keep()

    def volume(self, number: int, *places: Path) -> FinishedVolume | None:
        """Return a volume that is complete in one of these places, down to its last byte; None when it is not."""
        kept = self._known["volumes"].get(str(number))
        for path in places if kept is not None else ():
            if path.is_file() and path.stat().st_size == kept[1] and sha256_of(path) == kept[0]:
                return FinishedVolume(path, *kept)
        return None

    def keep_volume(self, number: int, sha256: str, size: int) -> None:
        """Keep that a volume is complete."""
        self._known["volumes"][str(number)] = [sha256, size]
        self._keep()
        self._advanced()

    def is_inspected(self, sha256: str) -> bool:
        """Tell whether a file of this content was read back and found sound."""
        return sha256 in self._known["inspected"]

    def keep_inspected(self, sha256: str) -> None:
        """Keep that a file of this content was read back and found sound."""
        self._known["inspected"].append(sha256)
        self._keep()
        self._advanced()

    def forget(self) -> None:
        """Remove it: the bundle is done, or cannot be made."""
        self._path.unlink(missing_ok=True)

    def _keep(self) -> None:
        fresh = self._path.with_suffix(".new")
        fresh.write_text(json.dumps(self._known), encoding="utf-8")
        fresh.replace(self._path)
