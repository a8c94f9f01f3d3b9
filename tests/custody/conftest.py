"""A ledger with entries of two cases, and its key."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection

from tests.outside import checked
from tests.people import register
from vks_plugin.custody import actions, into_log, queries
from vks_plugin.custody.models import LedgerEntry

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from vks_plugin.cases.models import CaseFile
    from vks_plugin.organization.models import ProcuracyUnit


def verified() -> list[str]:
    """Return what is wrong with the whole log as it is once what the test did is written for good.

    On PostgreSQL an entry gets its place in the log when its transaction ends, which that of a test does only after it.
    """
    into_log.settle(connection)
    return queries.verify().problems


@pytest.fixture
def key(db: None) -> str:
    """Return the public key that signs."""
    return actions.ensure_key()[0]


@pytest.fixture
def other_case(case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit]) -> CaseFile:
    """Return a second case, of the other office."""
    return register(actor=people["clerk_kv3"], unit=units["QN-KV3"], name="Vụ khác")


@pytest.fixture
def log(case: CaseFile, other_case: CaseFile, people: dict[str, User], key: str) -> list[LedgerEntry]:
    """Return the entries of a log in which those of two cases lie mixed, in the order of the log."""
    for number in range(6):
        actions.append(
            case=case if number % 3 else other_case,
            actor=people["prosecutor_kv1"],
            kind="note",
            data={"number": number},
            hidden=[("text", f"Nội dung {number}")],
        )
    # on PostgreSQL their places are given when the transaction ends, which that of a test does only after it
    into_log.settle(connection)
    return list(LedgerEntry.objects.order_by("leaf__index").select_related("leaf"))


class Export:
    """A folder that was handed out, to be checked as an outsider does it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def lines(self, name: str = "entries.jsonl") -> list[bytes]:
        return (self.folder / name).read_bytes().splitlines()

    def write(self, lines: list[bytes], name: str = "entries.jsonl") -> None:
        (self.folder / name).write_bytes(b"".join(line + b"\n" for line in lines))

    def said(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines()]

    def copy(self, folder: Path) -> Export:
        shutil.copytree(self.folder, folder)
        return Export(folder)

    def check(self, *words: str) -> tuple[int, str]:
        """Run the verifier that came with the export; return its status and words."""
        return checked(self.folder, *(words or (str(self.folder),)))


@pytest.fixture
def handed_out(tmp_path: Path) -> Callable[..., Export]:
    """Return a function that exports and returns the export."""

    def hand_out(name: str = "export", **chosen: Any) -> Export:
        actions.export(tmp_path / name, **chosen)
        return Export(tmp_path / name)

    return hand_out
