"""Running the checks: one after another, changing nothing, never falling over."""

from __future__ import annotations

import contextlib
import re
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction

from vks_plugin.doctor.results import Check, Result, Scope, Status, error

_READS = re.compile(r"\s*(SELECT|WITH|EXPLAIN|SHOW|PRAGMA\s+\w+\s*(\(.*\))?\s*;?\s*$|SAVEPOINT|RELEASE|ROLLBACK)", re.I)


class WouldChangeError(Exception):
    """A check tried to write to the database."""


@dataclass(frozen=True)
class Finding:
    """A check and what it answered."""

    check: Check
    result: Result

    def as_row(self) -> dict[str, str]:
        """Return it as the object printed by `--json`."""
        return {
            "id": self.check.id,
            "title": self.check.title,
            "level": self.check.level.value,
            "status": self.result.status.value,
            "sentence": self.result.sentence,
            "mend": self.result.mend,
        }


@dataclass(frozen=True)
class Report:
    """What was found."""

    findings: list[Finding]
    seconds: float

    def counts(self) -> dict[str, int]:
        """Return how many checks came out how; every status is there."""
        found = Counter(each.result.status for each in self.findings)
        return {status.value: found[status] for status in Status}

    @property
    def exit_code(self) -> int:
        """1 when something must be mended, else 0."""
        return 1 if self.counts()[Status.ERROR.value] else 0


def _refuse_writes(
    execute: Callable[..., Any],
    sql: str,
    params: Any,
    many: bool,  # noqa: FBT001 - Django's signature
    context: dict[str, Any],
) -> Any:
    if not _READS.match(sql):
        raise WouldChangeError(sql.split(None, 1)[0])
    return execute(sql, params, many, context)


@contextlib.contextmanager
def _reading_only() -> Iterator[None]:
    """Keep a check from writing, and what its failing query leaves behind from the next one."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(connection.execute_wrapper(_refuse_writes))
        if connection.in_atomic_block:
            # only then: on SQLite the host's transactions begin by taking the write lock
            stack.enter_context(transaction.atomic())
        yield


def _place(failure: BaseException) -> str:
    frames = [frame for frame in traceback.extract_tb(failure.__traceback__) if "vks_plugin" in frame.filename]
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"


def examine(check: Check, scope: Scope) -> Finding:
    """Run one check; one that breaks down is itself an error."""
    try:
        with _reading_only():
            return Finding(check, check.examine(scope))
    except ImproperlyConfigured as failure:
        what = str(failure)
    except Exception as failure:  # noqa: BLE001 - whatever it is, the other checks go on
        # the class alone: a message of the database may quote a row
        what = f"{type(failure).__name__}, {_place(failure)}"
    return Finding(
        check,
        error(
            f"Không kiểm tra được: {what}",
            "this check could not be carried out",
            mend="Sửa các lỗi khác trước, nhất là “migrations” và “database-engine”, rồi chạy lại "
            f"`python manage.py vks_doctor --only {check.id}` (mend the other errors first, then run it again).",
        ),
    )


def run(checks: Iterable[Check], scope: Scope | None = None) -> Report:
    """Run the checks in their order."""
    started = time.monotonic()
    findings = [examine(check, scope or Scope()) for check in checks]
    return Report(findings, round(time.monotonic() - started, 2))
