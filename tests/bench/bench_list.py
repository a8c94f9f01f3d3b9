"""How long the list of cases takes in a province of 100,000 cases, question by question.

    python -m tests.bench.bench_list [--cases 100000] [--rounds 40]

A PostgreSQL of its own, started as `tests/run.py` does it, is filled with the fictional province of `population.py`; lead
prosecutors, papers, marks and time limits are added. Then every question is asked of the page `/vks/`: sign-in, access,
narrowing, counting, the rows of the page and its HTML are all inside the figure. Each question is asked by a leader of an
office, a leader of the province and a procurator. Beside it stands what nothing can be faster than: a superuser's plain
`SELECT … ORDER BY handled_at DESC LIMIT 25` of the same table through the same library, without access, count or page.

The clock says what a person waits on this machine, which may have other things to do; processor time, of this process and
of its connection to the database, says what the work costs anywhere. The first round pays for compiled templates and does
not count.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import re
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

from tests.bench import population

BUDGET = 150
"""Milliseconds at p95, for each question."""
COLUMNS = ("who", "question", "cases found", "p50 ms", "p95 ms", "at most", "processor ms", "× plain SELECT", "kept")

QUESTIONS: dict[str, dict[str, str]] = {
    "first page": {},
    "page 2": {"page": "2"},
    "page in the middle": {"page": "middle"},
    "last page": {"page": "last"},
    "one word": {"q": "nguyen"},
    "three words": {"q": "nguyen van binh"},
    "a code": {"q": "HS-004242"},
    "a word in no case": {"q": "zzzz"},
    "stage and status": {"stage": "truy_to", "status": "da_truy_to"},
    "office": {"unit": "T-2"},
    "article": {"charge": "173.2"},
    "offence in words": {"charge": "ma túy"},
    "class and mark": {"crime_class": "C", "flags": "is_key_case"},
    "past its limit": {"band": "red"},
    "due within 10 days": {"due_within": "10"},
    "taken in one quarter": {"handled_from": "01/04/2025", "handled_to": "30/06/2025"},
    "lead prosecutor": {"lead": "officer-2-3"},
    "mine": {"mine": "on"},
    "nobody leads": {"needs_lead": "on"},
    "everything at once": {"q": "van", "stage": "thi_hanh_an", "charge": "173", "handled_from": "01/01/2025"},
    "by name": {"order": "name"},
    "by name, middle": {"order": "name", "page": "middle"},
    "by code": {"order": "code"},
    "by office, middle": {"order": "unit", "page": "middle"},
    "by stage, middle": {"order": "stage", "page": "middle"},
    "by time limit": {"order": "due"},
    "by time limit, middle": {"order": "due", "page": "middle"},
}

OFFICERS = 15
"""In each office."""


def fill(cases: int) -> dict[str, Any]:
    """Write the province into the database; return who asks."""
    from django.contrib.auth.models import User
    from django.db import connection
    from django.utils import timezone

    from vks_plugin.access.models import GrantSweep
    from vks_plugin.cases.actions.deadlines import refresh_all
    from vks_plugin.cases.models import Assignment, CaseDocument, CaseFile
    from vks_plugin.host.models import Document
    from vks_plugin.organization.models import Appointment

    units = population.offices()
    start = units[0].valid_from
    clerk = User.objects.create_user("clerk")
    population.fill(cases, units, clerk)
    posts = [(f"chief-{index}", unit, "chief_procurator") for index, unit in enumerate(units)]
    for index, unit in enumerate(units):
        posts += [(f"officer-{index}-{each}", unit, "prosecutor") for each in range(OFFICERS)]
    User.objects.bulk_create(User(username=name, last_name="Nguyễn Văn", first_name=name) for name, *_post in posts)
    people = {user.username: user for user in User.objects.all()}
    Appointment.objects.bulk_create(
        Appointment(user=people[name], unit=unit, role=role, starts_on=start) for name, unit, role in posts
    )
    chance = random.Random(2026)
    index_of = {unit.pk: index for index, unit in enumerate(units)}
    places = list(CaseFile.objects.order_by("pk").values_list("pk", "unit_id", "handled_at"))
    for low in range(0, len(places), 5000):
        chunk = places[low : low + 5000]
        Assignment.objects.bulk_create(
            Assignment(
                case_id=pk,
                user=people[f"officer-{index_of[unit]}-{chance.randrange(OFFICERS)}"],
                role="prosecutor_lead",
                starts_on=handled_at,
                assigned_by=clerk,
            )
            for pk, unit, handled_at in chunk
        )
        papers = Document.objects.bulk_create(
            Document(title="Tài liệu", content="", mime_type="application/pdf", checksum=f"{pk:064x}")
            for pk, *_rest in chunk
        )
        CaseDocument.objects.bulk_create(
            CaseDocument(
                case_id=pk, document=paper, part="hsva", title="Tài liệu", sha256=paper.checksum, filed_by=clerk
            )
            for (pk, *_rest), paper in zip(chunk, papers, strict=True)
        )
        marks: tuple[tuple[dict[str, Any], float], ...] = (
            ({"is_key_case": True}, 0.05),
            ({"is_corruption": True}, 0.01),
            ({"confidentiality": "han_che_noi_bo"}, 0.02),
        )
        for values, share in marks:
            chosen = [pk for pk, *_rest in chunk if chance.random() < share]
            CaseFile.objects.filter(pk__in=chosen).update(**values)
    refresh_all()
    # the first request of a day would bring every assignment up to date
    GrantSweep.objects.create(pk=1, swept_on=timezone.localdate())
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return {
        "leader of an office": people["chief-2"],
        "leader of the province": people["chief-0"],
        "procurator": people["officer-2-3"],
    }


class Measured(NamedTuple):
    """What one question took, in milliseconds."""

    p50: float
    p95: float
    processor: float
    each: list[float]
    """Every round, in order of length."""


def _p95(took: list[float]) -> float:
    """Return the 95th percentile of numbers in order."""
    return took[max(0, round(len(took) * 0.95) - 1)]


def _of_database() -> float:
    """Return the processor time of our connection's process so far, where it can be read."""
    from django.db import connection

    process = connection.connection.info.backend_pid
    try:
        fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def timed(ask: Callable[[], Any], rounds: int) -> Measured:
    """Ask so many times and once more."""
    ask()
    took = []
    worked, theirs = time.process_time(), _of_database()
    for _ in range(rounds):
        began = time.perf_counter()
        ask()
        took.append((time.perf_counter() - began) * 1000)
    processor = (time.process_time() - worked + _of_database() - theirs) * 1000 / rounds
    took.sort()
    return Measured(statistics.median(took), _p95(took), processor, took)


def plain() -> None:
    """Ask what a superuser's stock query asks: the newest rows of the table."""
    from vks_plugin.cases.models import CaseFile

    list(CaseFile.objects.order_by("-handled_at")[:25])


def measure(client: Any, who: str, question: str, rounds: int, reference: float) -> Measured:
    """Print one line of the table; return what it took."""
    asked = dict(QUESTIONS[question])
    page = asked.pop("page", "")
    words = client.get(f"/vks/?{urlencode(asked)}").content.decode()
    found = re.search(r">(\d+) vụ án<", words)
    count = int(found[1]) if found else 0
    pages = max(1, -(-count // 25))
    asked["page"] = {"middle": str(max(1, pages // 2)), "last": str(pages)}.get(page, page)
    address = f"/vks/?{urlencode(asked)}"
    took = timed(lambda: client.get(address), rounds)
    cells = [
        who,
        question,
        f"{count:,}",
        f"{took.p50:.0f}",
        f"{took.p95:.0f}",
        BUDGET,
        f"{took.processor:.0f}",
        f"{took.p50 / reference:.1f}",
        "yes" if took.p95 <= BUDGET else "**no**",
    ]
    print("|", " | ".join(str(cell) for cell in cells), "|", flush=True)
    return took


def run(cases: int, rounds: int, only: str) -> int:
    """Measure on the database this process is set up with; return 0 when every question lies within the budget."""
    population.set_up()
    from django.db import connection
    from django.test import Client

    began = time.perf_counter()
    askers = fill(cases)
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        version = cursor.fetchone()[0].split()[0]
        cursor.execute("SELECT pg_total_relation_size('vks_case_file')")
        size = cursor.fetchone()[0] / 1024 / 1024
    print(
        f"PostgreSQL {version}, Python {platform.python_version()}, {os.cpu_count()} CPUs; {cases:,} cases in "
        f"{population.OFFICES} offices, their table {size:.0f} MiB with its indexes, written in "
        f"{time.perf_counter() - began:.0f} s; {rounds} rounds"
    )
    reference = timed(plain, rounds)
    print(f"plain SELECT … LIMIT 25: p50 {reference.p50:.1f} ms, p95 {reference.p95:.1f} ms\n")
    print(f"| {' | '.join(COLUMNS)} |")
    print("|---" * len(COLUMNS) + "|")
    good = True
    together: dict[str, list[float]] = {}
    for who, person in askers.items():
        client = Client()
        client.force_login(person)
        together[who] = []
        for question in QUESTIONS:
            if only in question:
                took = measure(client, who, question, rounds, reference.p50)
                together[who] += took.each
                good &= took.p95 <= BUDGET
    together["everybody"] = [each for took in together.values() for each in took]
    print()
    for who, every in together.items():
        every.sort()
        if every:
            print(f"all questions of {who}: p50 {statistics.median(every):.0f} ms, p95 {_p95(every):.0f} ms")
    connection.close()
    return 0 if good else 1


def main(words: list[str]) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--only", default="", help="only questions with this in their name")
    options = parser.parse_args(words)
    with population.database("postgresql") as environment:
        if environment is None:
            sys.stderr.write("PostgreSQL is not installed: nothing to measure on\n")
            return 2
        os.environ.update(environment)
        return run(options.cases, options.rounds, options.only)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
