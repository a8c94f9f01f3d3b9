"""A province full of cases, written straight into a database: for benches that need many, not for tests.

Numbers, dates and proportions are invented and drawn from a seed; the rows are those the product's own actions
would write, as far as the benches read them.
"""

from __future__ import annotations

import datetime as dt
import gc
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from vks_plugin.organization.models import ProcuracyUnit

FAMILIES = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi", "Đỗ", "Ngô", "Dương", "Lý")
MIDDLES = ("Văn", "Thị", "Đức", "Minh", "Hữu", "Thu", "Quang", "Ngọc", "Thanh", "Bá")
GIVEN = ("An", "Bình", "Cường", "Dũng", "Hạnh", "Hương", "Khánh", "Linh", "Mạnh", "Nga", "Phúc", "Quân", "Sơn", "Tú")
# article, clause, class of crime, name, weight
OFFENCES = (
    ("173", 1, "A", "Tội trộm cắp tài sản", 28),
    ("173", 2, "B", "Tội trộm cắp tài sản", 12),
    ("249", 1, "B", "Tội tàng trữ trái phép chất ma túy", 18),
    ("249", 3, "C", "Tội tàng trữ trái phép chất ma túy", 5),
    ("251", 4, "D", "Tội mua bán trái phép chất ma túy", 5),
    ("134", 2, "B", "Tội cố ý gây thương tích", 12),
    ("260", 1, "B", "Tội vi phạm quy định về tham gia giao thông đường bộ", 8),
    ("321", 1, "A", "Tội đánh bạc", 8),
    ("174", 3, "C", "Tội lừa đảo chiếm đoạt tài sản", 4),
)
OFFICES = 20


@contextmanager
def database(engine: str, *, on_disk: bool = False) -> Iterator[dict[str, str] | None]:
    """Give the environment of a database of its own; None when PostgreSQL is not on this machine.

    Args:
        engine: `sqlite` or `postgresql`.
        on_disk: whether PostgreSQL's files must lie on the disk; for what is judged by how long a commit waits.
    """
    if engine == "sqlite":
        yield {}
        return
    from tests.run import postgresql

    with postgresql(on_disk=on_disk) as environment:
        yield environment


def on_each_database(words: list[str], *, on_disk: bool = False) -> int:
    """Run a bench on SQLite and on PostgreSQL, and return the worse exit status.

    Args:
        words: its module and what it is told; `--engine` and the database are added.
        on_disk: see `database`.
    """
    worst = 0
    for engine in ("sqlite", "postgresql"):
        with database(engine, on_disk=on_disk) as environment:
            if environment is None:
                sys.stderr.write("PostgreSQL is not installed: left out\n")
                continue
            # each database in a process of its own: Django is set up once
            command = [sys.executable, "-m", *words, "--engine", engine]
            worst = max(worst, subprocess.run(command, env={**os.environ, **environment}, check=False).returncode)
    return worst


def set_up(host: str = "lite") -> None:
    """Set Django up on a host, with a database made from nothing."""
    sys.argv = [sys.argv[0], f"--host={host}"]
    os.environ["VKS_TEST_HOST"] = host
    from tests import plugin

    assert host == plugin.HOST
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    # the suite's plugin leaves rubbish alone while it collects tests; a server does not
    gc.enable()


def offices() -> list[ProcuracyUnit]:
    """Make a province and the offices below it."""
    from vks_plugin.organization.models import ProcuracyUnit

    begun = dt.date(2000, 1, 1)
    province = ProcuracyUnit.objects.create(
        code="T", name="Tỉnh", short_name="Tỉnh", kind="province", valid_from=begun, active_from=begun
    )
    below = [
        ProcuracyUnit(
            code=f"T-{number}",
            name=f"Khu vực {number}",
            short_name=f"KV{number}",
            kind="regional",
            parent=province,
            valid_from=begun,
            active_from=begun,
        )
        for number in range(1, OFFICES)
    ]
    ProcuracyUnit.objects.bulk_create(below)
    return [province, *ProcuracyUnit.objects.filter(parent=province).order_by("pk")]


def _name(chance: random.Random) -> str:
    return f"{chance.choice(FAMILIES)} {chance.choice(MIDDLES)} {chance.choice(GIVEN)}"


def fill(count: int, units: list[ProcuracyUnit], clerk: User, *, seed: int = 7, until: dt.date | None = None) -> None:
    """Write `count` cases with accused, charges, custody and events over the five years before `until`."""
    from django.utils import timezone

    from vks_plugin.cases.actions.record import search_text
    from vks_plugin.cases.actions.registration import init_decision_key
    from vks_plugin.cases.models import Accused, CaseFile, CaseWords, Charge, ProceduralEvent
    from vks_plugin.text import folded

    chance = random.Random(seed)
    last = until or timezone.localdate()
    weights = [row[4] for row in OFFENCES]
    for begin in range(0, count, 5000):
        numbers = range(begin, min(begin + 5000, count))
        cases: list[CaseFile] = []
        people: list[Accused] = []
        charges: list[Charge] = []
        events: list[ProceduralEvent] = []
        words: list[CaseWords] = []
        for number in numbers:
            day = last - dt.timedelta(days=chance.randrange(5, 1825))
            article, clause, crime_class, offence, _weight = chance.choices(OFFENCES, weights)[0]
            mine = [
                Accused(full_name=_name(chance), birth_year=chance.randrange(1960, 2008), position=position)
                for position in range(1, chance.choices((1, 2, 3, 6), (60, 25, 10, 5))[0] + 1)
            ]
            agency = f"Cơ quan điều tra {chance.randrange(1, 15)}"
            case = CaseFile(
                code=f"HS-{number:06d}",
                name=f"{mine[0].full_name} – {offence}",
                init_decision_no=f"{number}/QĐ",
                init_decision_date=day,
                init_decision_agency=agency,
                init_decision_key=init_decision_key(f"{number}/QĐ", day, agency),
                charge_summary=offence,
                crime_class=crime_class,
                crime_date=day - dt.timedelta(days=20),
                unit=units[number % len(units)],
                handled_at=day + dt.timedelta(days=2),
                created_by=clerk,
            )
            case.folded_name = folded(case.name)
            words.append(CaseWords(case=case, text=search_text(case, mine)))
            age = (last - day).days
            told: list[tuple[str, int, dict[str, Any]]] = [("khoi_to_vu_an", 0, {"number": "1"})]
            for offset, event, stage, status, more in (
                (60, "ket_luan_dieu_tra", "dieu_tra", "dang_giai_quyet", {"number": "9"}),
                (62, "nhan_ho_so", "truy_to", "dang_giai_quyet", {}),
                (78, "cao_trang", "truy_to", "da_truy_to", {"number": "7"}),
                (80, "chuyen_toa", "xet_xu_so_tham", "da_truy_to", {}),
                (82, "toa_thu_ly", "xet_xu_so_tham", "da_truy_to", {}),
                (140, "tuyen_an", "xet_xu_so_tham", "da_xet_xu_st", {"number": "5"}),
                (175, "co_hieu_luc", "thi_hanh_an", "co_hieu_luc", {}),
            ):
                if age < offset:
                    break
                told.append((event, offset, more))
                case.stage, case.status = stage, status
            cases.append(case)
            for person in mine:
                person.case, person.folded_name = case, folded(person.full_name)
                person.stage, person.status = case.stage, case.status
                person.registered_stage, person.registered_status = "dieu_tra", "dang_giai_quyet"
                charges.append(
                    Charge(
                        case=case,
                        accused=person,
                        code_version="blhs_2015_2017",
                        article=article,
                        clause=clause,
                        name=offence,
                        crime_class=crime_class,
                        charged_on=day,
                    )
                )
            people += mine
            events += [
                ProceduralEvent(
                    case=case, event=event, happened_on=day + dt.timedelta(days=offset), recorded_by=clerk, **more
                )
                for event, offset, more in told
            ]
            if chance.random() < 0.5:
                events.append(
                    ProceduralEvent(
                        case=case,
                        accused=mine[0],
                        event="tam_giam",
                        happened_on=day + dt.timedelta(days=3),
                        recorded_by=clerk,
                    )
                )
        CaseFile.objects.bulk_create(cases, batch_size=1000)
        CaseWords.objects.bulk_create(words, batch_size=2000)
        Accused.objects.bulk_create(people, batch_size=2000)
        Charge.objects.bulk_create(charges, batch_size=2000)
        ProceduralEvent.objects.bulk_create(events, batch_size=2000)
