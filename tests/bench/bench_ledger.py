"""What an entry of the ledger costs beside one plain INSERT.

    python -m tests.bench.bench_ledger [--host paperless] [--rounds 300]

An entry with a hidden value stands beside one INSERT of the same bytes into a table with a key and nothing else: both are
committed in a transaction of their own, by the same process on the same connection, turn by turn, so that what else the
machine does falls on both alike. The INSERT goes past the ORM, knows no chain, no actor and no place in a log. SQLite is set
as the host sets it (write-ahead log, `synchronous=NORMAL`: no commit waits for the disk, so nothing is judged) and, as
`sqlite, synced`, so that every commit waits; PostgreSQL waits for the disk as it comes. `alone` is an entry in a transaction of its own, which no act of
the program has: an entry stands in the transaction of what it tells of. `in an act` is what it adds to a transaction that
writes such a row anyhow, and is what is judged; `25 together` is an act on 25 cases.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

from tests.bench import population

AIMED_AT = 2.0
COLUMNS = (
    "database",
    "INSERT ms",
    "alone ms",
    "ratio",
    "in an act ms",
    "ratio",
    "at most",
    "kept",
    "25 together ms",
    "statements",
)
_TABLE = "bench_plain"


def _plain_table() -> None:
    from django.db import connection

    kinds = ("BYTEA", "BIGSERIAL") if connection.vendor == "postgresql" else ("BLOB", "INTEGER")
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {_TABLE} (id {kinds[1]} PRIMARY KEY, line {kinds[0]} NOT NULL)")


def _ways() -> dict[str, Callable[[], Any]]:
    """Return what is compared; each call commits once."""
    from django.contrib.auth.models import User
    from django.db import connection, transaction

    from vks_plugin.acts import tell, tell_each
    from vks_plugin.cases.models import CaseFile
    from vks_plugin.custody.models import LedgerEntry
    from vks_plugin.organization.models import Appointment

    units = population.offices()
    clerk = User.objects.create_user("clerk", last_name="Nguyễn Văn", first_name="Thư")
    population.fill(200, units, clerk)
    cases = list(CaseFile.objects.select_related("unit"))
    Appointment.objects.create(user=clerk, unit=cases[0].unit, role="clerk", starts_on="2026-01-01")
    values = {
        "filing": 12,
        "document": 34,
        "sha256": "0" * 64,
        "pages": 7,
        "folio_from": 1,
        "folio_to": 7,
        "part": "hsva",
        "document_type": "bien_ban_hoi_cung",
        "dated": dt.date(2026, 3, 4),
        "title": "Biên bản hỏi cung bị can Nguyễn Văn A",
        "number": "12/BB",
    }
    tell("document_filed", actor=clerk, case=cases[0], **values)
    line = bytes(LedgerEntry.objects.get().line)
    turn = iter(range(10**9))

    def insert() -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"INSERT INTO {_TABLE} (line) VALUES (%s)", [line])

    def plain() -> None:
        with transaction.atomic():
            insert()

    def entry() -> None:
        case = cases[next(turn) % len(cases)]
        tell("document_filed", actor=clerk, case=case, **values)

    def act() -> None:
        with transaction.atomic():
            insert()
            entry()

    def together() -> None:
        tell_each("document_filed", actor=clerk, each=[(case, values) for case in cases[:25]])

    return {"plain": plain, "entry": entry, "act": act, "together": together}


def _statements(done: Callable[[], Any]) -> int:
    """Return how many statements something sends, its begin and end among them."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        done()
    return len(captured.captured_queries)


def _compare(name: str, ways: dict[str, Callable[[], Any]], rounds: int, *, durable: bool) -> bool:
    took: dict[str, list[float]] = {way: [] for way in ways}
    for turn in range(rounds + 20):
        for way, done in ways.items():
            if way == "together" and turn % 10:
                continue
            began = time.perf_counter()
            done()
            if turn >= 20:
                took[way].append((time.perf_counter() - began) * 1000)
    plain, entry, act, together = (statistics.median(took[way]) for way in ("plain", "entry", "act", "together"))
    added = act - plain
    kept = not durable or added <= AIMED_AT * plain
    cells = [name, f"{plain:.2f}", *(f"{cell:.2f}" for cell in (entry, entry / plain, added, added / plain))]
    cells += [f"{AIMED_AT:.1f}", "yes" if kept else "**no**"] if durable else ["–", "–"]
    cells += [f"{together:.1f}", str(_statements(ways["entry"]))]
    print("|", " | ".join(cells), "|", flush=True)
    return kept


def measure_entries(rounds: int, host: str) -> int:
    """Compare on the database this process is set up with."""
    population.set_up(host)
    from django.db import connection

    _plain_table()
    ways = _ways()
    good = _compare(connection.vendor, ways, rounds, durable=connection.vendor != "sqlite")
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous=FULL")
        good &= _compare("sqlite, synced", ways, rounds, durable=True)
    connection.close()
    return 0 if good else 1


def main(words: list[str]) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--host", default="lite", choices=["lite", "paperless"])
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--engine", choices=["sqlite", "postgresql"], help="only this database, in this process")
    options = parser.parse_args(words)
    if options.engine is not None:
        return measure_entries(options.rounds, options.host)
    print(
        f"{options.host}, Python {platform.python_version()}, {os.cpu_count()} CPUs; median of {options.rounds} rounds\n\n"
        f"| {' | '.join(COLUMNS)} |\n{'|---' * len(COLUMNS)}|",
        flush=True,
    )
    return population.on_each_database(["tests.bench.bench_ledger", *words], on_disk=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
