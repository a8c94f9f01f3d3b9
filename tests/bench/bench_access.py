"""What two-level access costs: lists of anybody beside a superuser's, rows of the host, a transfer, a take-over of offices.

    python -m tests.bench.bench_access [--documents 200000] [--rounds 40] [--repeat 2] [--engine postgresql]

A database of its own for the real host, PostgreSQL and SQLite in turn, is filled with a province of 20 offices and 300 people and, for every
50 documents, a case; its first case has 500. Cases get a lead and a second person, some are marked, archived, before the
court above or tried by an office below. Grants are those that the projection writes for each case (a projection
afterwards has to find nothing to change), the search index is made by the host.

Then one door after another is asked in process, sign-in, access log and the whole answer inside the figure. Each round asks
the superuser, the person, and in every fourth round the person once more while the host answers from its own grants, as
with `VKS_QUICK_LISTS=false`; who goes first changes. So what else the machine does falls on all alike, and ratios hold.
A superuser has no post and therefore sees no case on our page: there the reference is the same page with every case
open to him without a condition.

A transfer and a take-over are timed to their effect: rows committed and the index written, before the caller is answered.
Beside a transfer stands what the host's own bulk edit takes to give loose documents the same grants.
"""

from __future__ import annotations

import argparse
import datetime as dt
import importlib
import itertools
import os
import platform
import random
import statistics
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import urlencode

from tests.bench import population

AGAINST_SUPERUSER = 1.5
"""At most so many times as long, at p95."""
GROUP_ROWS = 4
"""Rows of the host a document may have for groups, at most."""
ROWS_A_PERSON = 2
"""And for each person assigned to its case."""
TRANSFER = 1.0
"""Seconds for a case of `LARGE` documents."""
LARGE = 500
EDITED_BY_THE_HOST = 20
"""Documents of its own bulk edit; with all of a case it takes many minutes."""
SUCCESSION = 120.0
"""Seconds for 13 offices with 50,000 documents of 200,000."""
SMALL_OFFICES = 13
PEOPLE = 300
STOCK_EVERY = 4
COLUMNS = (
    "database",
    "door",
    "who",
    "may view",
    "superuser p50 ms",
    "p95 ms",
    "p50 ms",
    "p95 ms",
    "ratio at p95",
    "at most",
    "kept",
    "host's own p95 ms",
    "ratio",
)

_SYLLABLES = [
    first + rest
    for first in ("b", "ch", "d", "h", "kh", "l", "ng", "th", "tr", "v")
    for rest in ("an", "inh", "oi", "uc")
]
WORDS = [f"{one}{two}" for one in _SYLLABLES for two in _SYLLABLES][:800]
"""Words of documents; the n-th comes up n times more rarely than the first."""
SEARCHES = (WORDS[200], WORDS[40], WORDS[600], f"{WORDS[20]} {WORDS[90]}", WORDS[10], f"{WORDS[3]} {WORDS[350]}")


class Province(NamedTuple):
    """What was written."""

    askers: dict[str, Any]
    superuser: Any
    large_case: Any
    loose: list[int]
    small: list[Any]
    successor: Any


def _posts(units: list[Any], departments: list[Any]) -> Iterator[tuple[str, Any, str, Any]]:
    """Yield user name, office, role and department of each post."""
    for index, unit in enumerate(units):
        roles = ["chief_procurator", "deputy_chief_procurator", "deputy_chief_procurator", "records_clerk", "archivist"]
        roles += ["scan_operator", "specialist"]
        if index == 0:
            for department in departments:
                yield f"head-{department.code}", unit, "department_head", department
            roles += ["prosecutor"] * (PEOPLE // len(units) - len(roles) - len(departments))
        else:
            roles += ["prosecutor"] * (PEOPLE // len(units) - len(roles))
        for number, role in enumerate(roles):
            yield f"{role}-{index}-{number}", unit, role, None


def _people(units: list[Any]) -> tuple[dict[str, Any], dict[int, list[Any]]]:
    """Appoint 300 people; return them by name, and who handles cases in each office."""
    from django.contrib.auth.models import User

    from vks_plugin.organization.actions import synchronise_memberships
    from vks_plugin.organization.models import Appointment, Department

    stages = (["dieu_tra"], ["truy_to", "xet_xu_so_tham"], ["phuc_tham", "thi_hanh_an"])
    departments = [
        Department.objects.create(unit=units[0], code=f"P{number}", name=f"Phòng {number}", stages=charge)
        for number, charge in enumerate(stages, start=1)
    ]
    posts = list(_posts(units, departments))
    User.objects.bulk_create(User(username=name, last_name="Nguyễn Văn", first_name=name) for name, *_post in posts)
    people = {user.username: user for user in User.objects.all()}
    Appointment.objects.bulk_create(
        Appointment(user=people[name], unit=unit, role=role, department=department, starts_on=units[0].valid_from)
        for name, unit, role, department in posts
    )
    synchronise_memberships()
    handlers = defaultdict(list)
    for name, unit, role, _department in posts:
        if role == "prosecutor":
            handlers[unit.pk].append(people[name])
    return people, handlers


def _cases(units: list[Any], handlers: dict[int, list[Any]], clerk: Any, cases: int, chance: random.Random) -> None:
    """Write the cases: a quarter of them in the 13 small offices."""
    from vks_plugin.cases.models import Assignment, CaseFile
    from vks_plugin.organization.models import Department

    small, large = units[-SMALL_OFFICES:], units[:-SMALL_OFFICES]
    turn = itertools.cycle(large)
    pattern = [place for unit in small for place in (unit, next(turn), next(turn), next(turn))]
    population.fill(cases, pattern, clerk)
    departments = list(Department.objects.order_by("code"))
    rows = list(CaseFile.objects.order_by("pk"))
    assignments = []
    for case in rows:
        draw = chance.random
        case.involves_minor_victim = draw() < 0.05
        case.confidentiality = "han_che_noi_bo" if draw() < 0.02 else "thuong"
        case.status = "da_nop_luu" if case.stage == "thi_hanh_an" and draw() < 0.3 else case.status
        if case.unit_id == units[0].pk:
            case.department = chance.choice(departments)
            case.trial_unit = chance.choice(units[1:]) if draw() < 0.3 else None
        for user, role in zip(chance.sample(handlers[case.unit_id], 2), ("prosecutor_lead", "prosecutor"), strict=True):
            assignments.append(
                Assignment(case=case, user=user, role=role, starts_on=case.handled_at, assigned_by=clerk)
            )
    fields = ["involves_minor_victim", "confidentiality", "status", "department", "trial_unit"]
    CaseFile.objects.bulk_update(rows, fields, batch_size=200)
    Assignment.objects.bulk_create(assignments, batch_size=500)


def _documents(documents: int, chance: random.Random, clerk: Any, owner: Any, loose_owner: Any) -> list[int]:
    """Write the documents of the cases; return some that are in none."""
    from vks_plugin.cases.models import CaseDocument, CaseFile
    from vks_plugin.host.models import Document

    weights = list(itertools.accumulate(1 / rank for rank in range(1, len(WORDS) + 1)))
    numbers = itertools.count(1)
    today = dt.datetime.now(tz=dt.UTC).date()

    def paper(user: Any) -> Any:
        number = next(numbers)
        return Document(
            title=f"Biên bản {number}",
            content=" ".join(chance.choices(WORDS, cum_weights=weights, k=30)),
            mime_type="application/pdf",
            checksum=f"{number:064x}",
            filename=f"{number:07d}.pdf",
            created=today - dt.timedelta(days=chance.randrange(1800)),
            owner=user,
        )

    keys = list(CaseFile.objects.order_by("pk").values_list("pk", flat=True))
    places = [keys[0]] * LARGE + [keys[1 + number % (len(keys) - 1)] for number in range(documents - LARGE)]
    for low in range(0, documents, 5000):
        chunk = places[low : low + 5000]
        papers = Document.objects.bulk_create((paper(owner) for _place in chunk), batch_size=500)
        CaseDocument.objects.bulk_create(
            (
                CaseDocument(
                    case_id=case,
                    document=each,
                    part="hsks" if chance.random() < 0.1 else "hsva",
                    title=each.title,
                    sha256=each.checksum,
                    filed_by=clerk,
                )
                for case, each in zip(chunk, papers, strict=True)
            ),
            batch_size=500,
        )
    loose = Document.objects.bulk_create((paper(loose_owner) for _number in range(LARGE)), batch_size=500)
    return [each.pk for each in loose]


def _grants() -> None:
    """Write the grants of every case, and see on some that the projection would have written the same."""
    from vks_plugin.access.projection import grants_for, project_cases
    from vks_plugin.access.queries import FACTS
    from vks_plugin.cases.models import CaseFile
    from vks_plugin.host.permissions import write_grants
    from vks_plugin.organization.actions import service_account_id

    owner = service_account_id()
    cases = CaseFile.objects.select_related(*FACTS).order_by("pk")
    for low in range(0, cases.count(), 100):
        desired = {}
        for case in cases[low : low + 100]:
            by_part = {part: grants_for(case, part) for part in ("hsva", "hsks")}
            for document, part in case.documents.order_by().values_list("document_id", "part"):
                desired[document] = by_part[part]
        write_grants(desired, owner_id=owner)
    again = project_cases(list(cases[:5]))
    assert not again.any, "the projection writes other grants"


def fill(documents: int) -> Province:
    """Write the province."""
    from django.contrib.auth.models import User
    from django.utils import timezone
    from documents.search import get_backend

    from vks_plugin.access.models import GrantSweep
    from vks_plugin.cases.models import CaseFile
    from vks_plugin.host.models import Document
    from vks_plugin.organization.actions import ensure_service_account

    chance = random.Random(2026)
    units = population.offices()
    superuser = User.objects.create_superuser("superuser")
    clerk = User.objects.create_user("clerk")
    people, handlers = _people(units)
    _cases(units, handlers, clerk, documents // 50, chance)
    owner, _made = ensure_service_account()
    loose = _documents(documents, chance, clerk, owner, people["records_clerk-1-3"])
    _grants()
    # only the real host can make its index anew
    index: Any = get_backend()
    every: Any = Document.objects.all()
    fields = ("correspondent", "document_type", "storage_path", "owner")
    every = every.select_related(*fields).prefetch_related("tags", "notes", "custom_fields", "versions")
    index.rebuild(every, writer_heap_bytes=128_000_000)
    # the first request of a day would bring every assignment up to date
    GrantSweep.objects.create(pk=1, swept_on=timezone.localdate())
    return Province(
        askers={
            "procurator": handlers[units[1].pk][0],
            "leader of an office": people["chief_procurator-1-0"],
            "leader of the province": people["chief_procurator-0-0"],
            "head of a department": people["head-P2"],
            "archivist": people["archivist-1-4"],
            "clerk, who reads nothing": people["records_clerk-1-3"],
        },
        superuser=superuser,
        large_case=CaseFile.objects.order_by("pk").first(),
        loose=loose,
        small=units[-SMALL_OFFICES:],
        successor=units[1],
    )


@contextmanager
def _the_host_s_own() -> Iterator[None]:
    """Let the host answer from its own grants, as with `VKS_QUICK_LISTS=false`."""
    from vks_plugin.host.visibility import replaced

    for (owner, name), (host, _ours) in replaced.items():
        setattr(owner, name, host)
    try:
        yield
    finally:
        for (owner, name), (_host, ours) in replaced.items():
            setattr(owner, name, ours)


def _open_every_case_to(superuser: Any) -> None:
    from django.db.models import Q

    from vks_plugin.access import queries

    by_posts = queries._reach

    def reach(user: Any, at_least: Any, part: str | None) -> Q:
        return Q() if user.pk == superuser.pk else by_posts(user, at_least, part)

    vars(queries)["_reach"] = reach


def _asked(client: Any, address: str) -> float:
    """Return how long an answer took, in milliseconds."""
    began = time.perf_counter()
    answer = client.get(address)
    took = (time.perf_counter() - began) * 1000
    assert answer.status_code == 200, (address, answer.status_code)
    return took


def _p95(took: list[float]) -> float:
    return sorted(took)[max(0, round(len(took) * 0.95) - 1)]


def _addresses(province: Province, user: Any) -> dict[str, list[str]]:
    """Return, for each door, what is asked in turn."""
    from vks_plugin.access.queries import readable_ids

    chance = random.Random(user.pk)
    readable = list(readable_ids(user))
    details = chance.sample(readable, min(50, len(readable)))
    lists = [{"page": "1"}, {"page": "2"}, {"page": "1", "ordering": "title"}]
    more = {"page_size": "50", "truncate_content": "true"}
    pages = [{"page": "1"}, {"page": "2"}, {"q": "van"}, {"order": "name"}]
    return {
        "document list": [f"/api/documents/?{urlencode({**asked, **more})}" for asked in lists],
        "document": [f"/api/documents/{document}/" for document in details],
        "search": [f"/api/documents/?{urlencode({'text': words, **more})}" for words in SEARCHES],
        "case list": [f"/vks/?{urlencode(asked)}" for asked in pages],
    }


def doors(province: Province, rounds: int, vendor: str) -> bool:
    """Print a line for each door and person; return whether all keep the bound."""
    from django.test import Client
    from documents.permissions import permitted_document_ids

    reference = Client()
    reference.force_login(province.superuser)
    _open_every_case_to(province.superuser)
    print(f"| {' | '.join(COLUMNS)} |\n{'|---' * len(COLUMNS)}|", flush=True)
    good = True
    for who, user in province.askers.items():
        client = Client()
        client.force_login(user)
        visible = permitted_document_ids(user).count()
        for door, addresses in _addresses(province, user).items():
            took: dict[str, list[float]] = {"superuser": [], "person": [], "host": []}
            # each is asked once before, so that nobody pays for compiled templates and cold pages
            for turn in range(-len(addresses) if addresses else 0, rounds if addresses else 0):
                address = addresses[turn % len(addresses)]
                for each in ("superuser", "person") if turn % 2 else ("person", "superuser"):
                    measured = _asked(client if each == "person" else reference, address)
                    if turn >= 0:
                        took[each].append(measured)
                if door != "case list" and turn % STOCK_EVERY == 0 and turn >= 0:
                    with _the_host_s_own():
                        took["host"].append(_asked(client, address))
            if not took["person"]:
                continue
            theirs, mine = _p95(took["superuser"]), _p95(took["person"])
            kept = mine / theirs <= AGAINST_SUPERUSER
            good &= kept
            cells = [vendor, door, who, f"{visible:,}", f"{statistics.median(took['superuser']):.0f}", f"{theirs:.0f}"]
            cells += [f"{statistics.median(took['person']):.0f}", f"{mine:.0f}", f"{mine / theirs:.2f}"]
            cells += [str(AGAINST_SUPERUSER), "yes" if kept else "**no**"]
            host = took["host"]
            cells += [f"{_p95(host):.0f}", f"{_p95(host) / theirs:.1f}"] if host else ["–", "–"]
            print("|", " | ".join(cells), "|", flush=True)
    return good


def rows(vendor: str) -> bool:
    """Print how many rows of the host documents have; return whether all keep the bound."""
    from django.db.models import Count
    from guardian.models import GroupObjectPermission, UserObjectPermission

    from vks_plugin.cases.models import Assignment, CaseDocument

    groups = Counter(dict(GroupObjectPermission.objects.values_list("object_pk").annotate(rows=Count("pk"))))
    users = Counter(dict(UserObjectPermission.objects.values_list("object_pk").annotate(rows=Count("pk"))))
    assigned = dict(Assignment.objects.values_list("case").annotate(people=Count("user", distinct=True)))
    found: dict[str, list[tuple[int, float]]] = defaultdict(list)
    fields = ("document_id", "case_id", "case__unit__kind", "case__trial_unit", "case__status")
    for document, case, kind, trial, status in CaseDocument.objects.order_by().values_list(*fields):
        name = "of the province" if kind == "province" else "of an office below"
        name += ", tried by an office below" if trial else ""
        name += ", archived" if status == "da_nop_luu" else ""
        found[name].append((groups[str(document)], users[str(document)] / assigned[case]))
    print(
        "\n| database | documents of cases | documents | rows for groups | at most | for each person | at most | kept |"
    )
    print("|---" * 8 + "|")
    good = True
    for name, each in sorted(found.items()):
        most, person = max(group for group, _person in each), max(person for _group, person in each)
        kept = most <= GROUP_ROWS and person <= ROWS_A_PERSON
        good &= kept
        mean = statistics.mean(group for group, _person in each)
        cells = [vendor, name, f"{len(each):,}", f"{mean:.2f}, most {most}", GROUP_ROWS, f"{person:g}", ROWS_A_PERSON]
        print("|", " | ".join(str(cell) for cell in [*cells, "yes" if kept else "**no**"]), "|", flush=True)
    return good


def _seconds(act: Callable[[], Any]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def _by_the_host(province: Province) -> float:
    """Return how long the host's own bulk edit takes for a document, to give loose ones the grants of a case."""
    from vks_plugin.access.projection import grants_for

    given: dict[str, Any] = {action: {"users": [], "groups": []} for action in ("view", "change")}
    for grant in grants_for(province.large_case, "hsva"):
        given[grant.action][f"{grant.holder}s"].append(grant.holder_id)
    owner = province.superuser
    bulk_edit = importlib.import_module("documents.bulk_edit")
    some = province.loose[:EDITED_BY_THE_HOST]
    return _seconds(lambda: bulk_edit.set_permissions(some, set_permissions=given, owner=owner)) / len(some)


def transfer(province: Province, vendor: str) -> bool:
    """Print how long a transfer there and back takes; return whether it keeps the bound."""
    from django.contrib.auth.models import User

    from vks_plugin.access.queries import FACTS
    from vks_plugin.access.transfers import transfer_case
    from vks_plugin.cases.models import CaseFile
    from vks_plugin.host.search import find_documents
    from vks_plugin.organization.models import Appointment, ProcuracyUnit

    case = CaseFile.objects.select_related(*FACTS).get(pk=province.large_case.pk)
    filed = set(case.documents.values_list("document_id", flat=True))
    chiefs = {
        row.unit_id: row.user for row in Appointment.objects.filter(role="chief_procurator").select_related("user")
    }
    host = _by_the_host(province)
    here, there = case.unit, ProcuracyUnit.objects.get(code="T-3")
    took = []
    for number in range(4):
        source, target = (here, there) if number % 2 == 0 else (there, here)
        actor = User.objects.get(pk=chiefs[source.pk].pk)
        act = partial(transfer_case, actor=actor, case=case, to=target, decision=f"{number}/QĐ")
        took.append(_seconds(act))
        found = set(find_documents(User.objects.get(pk=chiefs[target.pk].pk), "Biên bản", limit=1_000_000))
        assert filed <= found, "who took over does not find it"
    most = max(took)
    kept = most <= TRANSFER
    print(
        "\n| database | transfer of a case of | s, four times | at most | kept | ms a document | the host's bulk edit | ratio |"
    )
    print("|---" * 8 + "|")
    cells = [vendor, f"{len(filed)} documents", ", ".join(f"{each:.2f}" for each in took), f"{TRANSFER:g}"]
    cells += ["yes" if kept else "**no**", f"{most / len(filed) * 1000:.1f}", f"{host * 1000:.0f}"]
    cells += [f"{most / len(filed) / host:.3f}"]
    print("|", " | ".join(cells), "|", flush=True)
    return kept


def succession(province: Province, vendor: str, documents: int) -> bool:
    """Print how long an office takes to take over from 13 others; return whether it keeps the bound."""
    from django.utils import timezone

    from vks_plugin.access.projection import project_cases
    from vks_plugin.access.queries import FACTS
    from vks_plugin.access.transfers import begin_restructuring, continue_restructuring
    from vks_plugin.cases.models import CaseDocument, CaseFile

    filed = CaseDocument.objects.filter(case__unit__in=province.small).count()
    moved = CaseFile.objects.filter(unit__in=province.small).count()
    keys = list(CaseFile.objects.filter(unit__in=province.small).values_list("pk", flat=True)[:5])

    def take_over() -> None:
        row = begin_restructuring(
            actor=province.superuser,
            predecessors=province.small,
            successor=province.successor,
            effective_date=timezone.localdate(),
            decision="1/NQ",
        )
        for _each in continue_restructuring(row):
            pass

    took = _seconds(take_over)
    cases = list(CaseFile.objects.filter(pk__in=keys).select_related(*FACTS))
    assert all(case.unit_id == province.successor.pk for case in cases)
    assert not project_cases(cases).any, "what moved is not as the projection has it"
    kept = took <= SUCCESSION * min(1, filed / 50_000)
    print(
        "\n| database | offices | cases | documents | of | s | ms a document | at most s | kept |\n" + "|---" * 9 + "|"
    )
    cells = [vendor, len(province.small), f"{moved:,}", f"{filed:,}", f"{documents:,}", f"{took:.1f}"]
    cells += [f"{took / filed * 1000:.2f}", f"{SUCCESSION:g} for 50,000", "yes" if kept else "**no**"]
    print("|", " | ".join(str(cell) for cell in cells), "|", flush=True)
    return kept


def run(documents: int, rounds: int, repeat: int, only: list[str]) -> int:
    """Measure on the database this process is set up with; return 0 when everything lies within its bound."""
    population.set_up("paperless")
    from django.db import connection, transaction

    began = time.perf_counter()
    with transaction.atomic():
        province = fill(documents)
    if connection.vendor == "postgresql":
        # as its own worker does; on SQLite the host never has the tables counted
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    print(f"\n{connection.vendor}: written in {time.perf_counter() - began:.0f} s\n", flush=True)
    vendor = connection.vendor
    good = True
    if "rows" in only:
        good &= rows(vendor)
    for _time in range(repeat if "doors" in only else 0):
        print(f"\nload {os.getloadavg()[0]:.1f}\n")
        good &= doors(province, rounds, vendor)
    if "transfer" in only:
        good &= transfer(province, vendor)
    if "succession" in only:
        good &= succession(province, vendor, documents)
    print(f"\nload {os.getloadavg()[0]:.1f}\n", flush=True)
    connection.close()
    return 0 if good else 1


PARTS = ("rows", "doors", "transfer", "succession")


def main(words: list[str]) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--documents", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--repeat", type=int, default=1, help="how often the doors are asked, one table each time")
    parser.add_argument("--only", nargs="+", default=list(PARTS), choices=PARTS)
    parser.add_argument("--engine", choices=["sqlite", "postgresql"], help="only this database")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(words)
    if options.here:
        return run(options.documents, options.rounds, options.repeat, options.only)
    print(
        f"Python {platform.python_version()}, {os.cpu_count()} CPUs; {options.documents:,} documents in "
        f"{options.documents // 50:,} cases, {population.OFFICES} offices, {PEOPLE} people; {options.rounds} rounds",
        flush=True,
    )
    worst = 0
    for engine in [options.engine] if options.engine else ["postgresql", "sqlite"]:
        with population.database(engine) as environment:
            if environment is None:
                sys.stderr.write("PostgreSQL is not installed: left out\n")
                continue
            # each database in a process of its own: Django is set up once
            command = [sys.executable, "-m", "tests.bench.bench_access", *words, "--here"]
            worst = max(worst, subprocess.run(command, env={**os.environ, **environment}, check=False).returncode)
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
