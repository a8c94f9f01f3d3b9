"""What the access log costs whoever reads a document: with and without it, in the same run, turn by turn.

    python -m tests.bench.bench_access_log [--host paperless] [--documents 2000] [--rounds 300]
    python -m tests.bench.bench_access_log --host paperless --province [--documents 200000]

A case with so many documents is written into a database of its own, SQLite and PostgreSQL in turn; or, with `--province`, the
whole archive of `bench_access`, a case for every 50 documents, 20 offices and 300 people. Its prosecutor opens
the details, the preview and the file of one of them through the host's own views; sign-in, access and the whole answer are
inside the figure. The same is asked of the same process without the middleware of the log. `a row` is a reading that is
kept, `again` one within the same minute, which is not. Of a paper in no case nothing is remembered: both columns have the
line in the file, and the question whether it is in a case. `control` is the ratio of a second client whose server has no
such middleware either to the first: how far from 1 it lies is how much the run cannot tell. `its own` is therefore clocked
apart: the milliseconds of the middleware itself in a reading that is kept, from the request to its answer, without the view.
`kept` judges the share of that in an answer without the log.

Clocks stop when the last byte of the answer is there. What the server does then, when it closes the answer, nobody waits for:
`after ms` is that, with the log less without it. There the row goes into the table.

Each round asks all of them one after another, behind one that is not counted, so that what else the machine does falls on all alike. Times are those which
one round in ten stays below, since a machine that has other work to do tells little by its medians; `processor` is the
ratio of this process's processor time until then, a row to none. The size of an entry is that of the table with its
indexes after 200,000 of them, over many cases and offices.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import platform
import random
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

from tests.bench import bench_access, population

AIMED_AT = 0.02
"""Share of an answer without the log that the log may take, at most."""
COLUMNS = (
    *("database", "door", "without ms", "control", "a row ms", "ratio", "processor", "again ms", "ratio"),
    *("its own ms", "share", "kept", "after ms"),
)
_WAYS = {"without": "without", "control": "control", "row": "with", "again": "with"}
"""How a door is asked, and by which client."""
ENTRIES = 200_000
_MIDDLEWARE = "vks_plugin.web.middleware.AccessLogMiddleware"


def fill(documents: int) -> tuple[Any, int, int]:
    """Write a case with documents; return who reads it, one of them, and a document in no case."""
    from django.conf import settings
    from django.contrib.auth.models import Permission, User

    from tests.people import pdf_bytes
    from vks_plugin.access.models import GrantSweep
    from vks_plugin.cases.models import Assignment, CaseDocument, CaseFile
    from vks_plugin.host.models import Document
    from vks_plugin.host.permissions import Grant, write_grants
    from vks_plugin.organization.actions import ensure_service_account, service_account_id
    from vks_plugin.organization.models import Appointment

    units = population.offices()
    clerk = User.objects.create_user("clerk")
    reader = User.objects.create_user("reader", last_name="Nguyễn Văn", first_name="Đọc")
    reader.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    population.fill(1, units, clerk)
    case = CaseFile.objects.get()
    today = dt.datetime.now(tz=dt.UTC).date()
    Appointment.objects.create(user=reader, unit=case.unit, role="prosecutor", starts_on=today)
    Assignment.objects.create(case=case, user=reader, role="prosecutor", starts_on=today, assigned_by=clerk)
    ensure_service_account()
    owner = User.objects.get(pk=service_account_id())
    content = pdf_bytes(12, "Biên bản hỏi cung bị can")
    papers = Document.objects.bulk_create(
        (
            Document(
                title=f"Tài liệu {number}",
                content="Bị can khai nhận. " * 300,
                mime_type="application/pdf",
                checksum=f"{number:064x}",
                filename=f"{number:07d}.pdf",
                owner=owner if number else reader,
            )
            for number in range(documents + 1)
        ),
        batch_size=500,
    )
    for paper in (papers[0], papers[-1]):
        path = Path(settings.ORIGINALS_DIR) / str(paper.filename)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    CaseDocument.objects.bulk_create(
        (
            CaseDocument(
                case=case, document=paper, part="hsva", title=paper.title, sha256=paper.checksum, filed_by=clerk
            )
            for paper in papers[1:]
        ),
        batch_size=500,
    )
    write_grants({paper.pk: frozenset({Grant("user", reader.pk, "view")}) for paper in papers[1:]}, owner_id=owner.pk)
    # the first request of a day would bring every assignment up to date
    GrantSweep.objects.create(pk=1, swept_on=dt.datetime.now().astimezone().date())
    return reader, papers[-1].pk, papers[0].pk


def fill_province(documents: int) -> tuple[Any, int, int]:
    """Write a province; return a procurator of it, a document of one of his cases, and one in no case."""
    from django.conf import settings
    from django.db import transaction

    from tests.people import pdf_bytes
    from vks_plugin.access.queries import readable_ids
    from vks_plugin.host.models import Document

    with transaction.atomic():
        province = bench_access.fill(documents)
    reader = province.askers["procurator"]
    filed = next(iter(readable_ids(reader)))
    Document.objects.filter(pk=province.loose[0]).update(owner=reader)
    path = Path(settings.ORIGINALS_DIR) / str(Document.objects.get(pk=filed).filename)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pdf_bytes(12, "Biên bản hỏi cung bị can"))
    return reader, filed, province.loose[0]


def clients(reader: Any) -> dict[str, Any]:
    """Return a client whose server logs, and two whose servers do not."""
    from django.conf import settings
    from django.test import Client

    made = {}
    every = list(settings.MIDDLEWARE)
    others = [each for each in every if each != _MIDDLEWARE]
    for name, middleware in (("with", every), ("without", others), ("control", others)):
        settings.MIDDLEWARE[:] = middleware
        client = Client()
        client.force_login(reader)
        # a client's server takes its middleware at the first request
        client.get("/api/documents/1/")
        made[name] = client
    settings.MIDDLEWARE[:] = every
    return made


class Took(NamedTuple):
    """How long an answer took, in milliseconds."""

    clock: float
    processor: float
    after: float
    """What its server did once it was out."""
    own: float
    """What the middleware of the log took of it, without the view."""


_closing = [0.0, 0.0]
"""Seconds spent in closing answers, by the clock and of the processor."""
_own = [0.0]
"""Seconds spent in the middleware of the log, but not in what it asks."""


def clock_the_log() -> None:
    """Have the time told that the middleware of the log itself takes; before any client takes it."""
    from vks_plugin.web.middleware import AccessLogMiddleware

    serve, see = AccessLogMiddleware.__call__, AccessLogMiddleware.process_view

    def served(self: Any, request: Any) -> Any:
        began, inside, get_response = time.perf_counter(), 0.0, self.get_response

        def asked(request: Any) -> Any:
            nonlocal inside
            start = time.perf_counter()
            try:
                return get_response(request)
            finally:
                inside = time.perf_counter() - start

        self.get_response = asked
        try:
            return serve(self, request)
        finally:
            self.get_response = get_response
            _own[0] += time.perf_counter() - began - inside

    def seen(self: Any, *about: Any) -> None:
        began = time.perf_counter()
        see(self, *about)
        # it runs within what `served` leaves out
        _own[0] += time.perf_counter() - began

    AccessLogMiddleware.__call__ = served  # type: ignore[method-assign]
    AccessLogMiddleware.process_view = seen  # type: ignore[method-assign, assignment]


def clock_the_closing() -> None:
    """Have the time told that a server spends on an answer once it is out."""
    from django.http.response import HttpResponseBase

    close = HttpResponseBase.close

    def clocked(self: Any) -> None:
        began, worked = time.perf_counter(), time.process_time()
        close(self)
        _closing[0] += time.perf_counter() - began
        _closing[1] += time.process_time() - worked

    HttpResponseBase.close = clocked  # type: ignore[method-assign]


def _asked(client: Any, address: str) -> Took:
    """Ask for an answer, to its last byte."""
    _closing[:] = 0.0, 0.0
    _own[0] = 0.0
    began, worked = time.perf_counter(), time.process_time()
    answer = client.get(address)
    assert answer.status_code == 200, answer.status_code
    if answer.streaming:
        b"".join(answer.streaming_content)
    clock, processor = time.perf_counter() - began, time.process_time() - worked
    return Took((clock - _closing[0]) * 1000, (processor - _closing[1]) * 1000, _closing[0] * 1000, _own[0] * 1000)


def _tenth(took: list[float]) -> float:
    return sorted(took)[len(took) // 10]


def entry_bytes(reader: Any) -> float:
    """Return how large an entry is, with its part of the indexes."""
    from django.db import connection
    from django.utils import timezone

    from vks_plugin.access.models import AccessEntry
    from vks_plugin.organization.queries import display_name

    def size() -> int:
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute("SELECT sum(pgsize) FROM dbstat WHERE name LIKE 'vks_access%'")
            else:
                cursor.execute("SELECT pg_total_relation_size('vks_access_entry')")
            return int(cursor.fetchone()[0])

    chance = random.Random(2026)
    before = size()
    for _block in range(ENTRIES // 5000):
        AccessEntry.objects.bulk_create(
            (
                AccessEntry(
                    at=timezone.now(),
                    actor_id=reader.pk,
                    actor_username=reader.username,
                    actor_name=display_name(reader),
                    act="preview",
                    address="10.20.30.40",
                    document_id=chance.randrange(200_000),
                    part="hsva",
                    # the database does not look for them
                    case_id=chance.randrange(4000),
                    unit_id=chance.randrange(20),
                )
                for _each in range(5000)
            ),
            batch_size=500,
        )
    return (size() - before) / ENTRIES


def run(documents: int, rounds: int, host: str, *, province: bool) -> int:
    """Measure on the database this process is set up with."""
    population.set_up(host)
    from django.db import connection

    from vks_plugin.access.log import forget_recent
    from vks_plugin.access.models import AccessEntry

    reader, filed, loose = (fill_province if province else fill)(documents)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM" if connection.vendor == "sqlite" else "VACUUM ANALYZE")
    clock_the_log()
    asking = clients(reader)
    doors = {
        "details": f"/api/documents/{filed}/",
        "preview": f"/api/documents/{filed}/preview/",
        "download": f"/api/documents/{filed}/download/",
        "details, in no case": f"/api/documents/{loose}/",
    }
    clock_the_closing()
    took: dict[tuple[str, str], list[Took]] = {(door, how): [] for door in doors for how in _WAYS}
    for turn in range(rounds + 10):
        for door, address in doors.items():
            forget_recent()
            found = {}
            # who goes first finds colder stores: that one is not counted
            _asked(asking["without"], address)
            for how in (
                ("without", "row", "again", "control"),
                ("row", "again", "control", "without"),
                ("control", "row", "again", "without"),
                ("row", "again", "without", "control"),
            )[turn % 4]:
                found[how] = _asked(asking[_WAYS[how]], address)
            if turn >= 10:
                for how, each in found.items():
                    took[door, how].append(each)
    good = True
    for door in doors:
        without, control, row, again = (_tenth([each.clock for each in took[door, how]]) for how in _WAYS)
        work = {how: _tenth([each.processor for each in took[door, how]]) for how in _WAYS}
        after = {how: _tenth([each.after for each in took[door, how]]) for how in _WAYS}
        own = _tenth([each.own for each in took[door, "row"]])
        good &= own / without <= AIMED_AT
        cells = [connection.vendor, door, f"{without:.2f}", f"{control / without:.3f}"]
        cells += [f"{row:.2f}", f"{row / without:.3f}"]
        cells += [
            f"{work['row'] / work['without']:.3f}",
            f"{again:.2f}",
            f"{again / without:.3f}",
            f"{own:.2f}",
            f"{own / without:.1%}",
            "yes" if own / without <= AIMED_AT else "**no**",
            f"{after['row'] - after['without']:.2f}",
        ]
        print("|", " | ".join(cells), "|", flush=True)
    written = AccessEntry.objects.count()
    size = entry_bytes(reader)
    print(f"\n{connection.vendor}: {written} entries written; {size:.0f} bytes an entry with its indexes\n", flush=True)
    connection.close()
    return 0 if good else 1


def main(words: list[str]) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--host", default="lite", choices=["lite", "paperless"])
    parser.add_argument("--documents", type=int, help="2,000 in one case, or 200,000 in a province")
    parser.add_argument("--province", action="store_true", help="a whole archive; needs the real host")
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--engine", choices=["sqlite", "postgresql"], help="only this database, in this process")
    options = parser.parse_args(words)
    if options.province and options.host != "paperless":
        parser.error("--province needs --host paperless")
    documents = options.documents or (200_000 if options.province else 2000)
    if options.engine is not None:
        return run(documents, options.rounds, options.host, province=options.province)
    print(
        f"{options.host}, Python {platform.python_version()}, {os.cpu_count()} CPUs; {documents:,} documents; "
        f"{options.rounds} rounds\n\n| {' | '.join(COLUMNS)} |\n{'|---' * len(COLUMNS)}|",
        flush=True,
    )
    # a row of a file waits for the disk, after the answer
    return population.on_each_database(["tests.bench.bench_access_log", *words], on_disk=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
