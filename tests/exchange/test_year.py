"""A year of an office, loaded in one go: the report, the counts, and what is found of it afterwards."""

from __future__ import annotations

import datetime as dt
import os
from collections import Counter
from typing import TYPE_CHECKING

import pytest
import time_machine

from tests.exchange.conftest import Load
from tests.exchange.files import csv_text
from tests.exchange.year import HEADINGS, year
from vks_plugin.access.queries import search_cases, visible_cases
from vks_plugin.cases.models import Accused, Assignment, CaseFile, CasePerson, Charge
from vks_plugin.exchange import actions
from vks_plugin.text import folded

if TYPE_CHECKING:
    from django.contrib.auth.models import User

pytestmark = pytest.mark.django_db

LAST = dt.date(2026, 5, 4)
SIZE = int(os.environ.get("VKS_YEAR", "240"))
"""Cases in the list. An office has 1200 in a year: `VKS_YEAR=1200`; what is loaded row by row says the same of fewer."""
LEADS = ("prosecutor_kv1", "other_prosecutor_kv1")


def broken(cells: tuple[str, ...], number: str, column: str, value: str) -> tuple[str, ...]:
    """Return a row as it should not be, of a case of its own."""
    made = list(cells)
    made[HEADINGS.index("Số QĐ khởi tố")] = number
    made[HEADINGS.index("Số thụ lý kiểm sát")] = ""
    made[HEADINGS.index(column)] = value
    return tuple(made)


def test_the_same_seed_makes_the_same_list() -> None:
    assert year(50) == year(50)
    assert year(50) != year(50, seed=7)
    assert len({row.number for row in year(1200)}) == 1200


@pytest.mark.slow
@time_machine.travel(dt.datetime(2026, 5, 4, 3, tzinfo=dt.UTC), tick=False)
def test_a_year_is_loaded_in_one_go(load: Load, people: dict[str, User]) -> None:
    rows = year(SIZE, last=LAST, leads=LEADS)
    lines = [row.cells for row in rows]
    # a few slips among them, as there are in every list
    wrong = {
        SIZE // 12: broken(lines[0], "X1", "Ngày khởi tố", "30/02/2026"),
        SIZE // 3: broken(lines[0], "X2", "Bị can", "Nguyễn Văn A: 173.9"),
        SIZE // 2: broken(lines[0], "X3", "Giai đoạn", "đang xử"),
        SIZE - SIZE // 6: broken(lines[0], "X4", "KSV thụ lý chính", "người lạ"),
    }
    for place, cells in wrong.items():
        lines.insert(place, cells)
    made = load(csv_text([HEADINGS, *lines]), actor="chief_kv1")
    assert (made.status, made.total, made.done) == ("done", SIZE + 4, SIZE + 4)
    assert actions.summary_of(made) == {
        "created": {"rows": SIZE, "cases": SIZE},
        "updated": {"rows": 0, "cases": 0},
        "unchanged": {"rows": 0, "cases": 0},
        "refused": {"rows": 4, "cases": 4},
    }
    # the heading is the file's first row
    places = (("C", "Ngày khởi tố"), ("G", "Bị can"), ("I", "Giai đoạn"), ("N", "KSV thụ lý chính"))
    assert {row.row: row.sentences[0].split("”")[0] for row in made.rows.filter(outcome="refused")} == {
        place + 2: f"Ô {column}{place + 2} “{heading}" for place, (column, heading) in zip(wrong, places, strict=True)
    }
    assert CaseFile.objects.count() == SIZE
    assert Accused.objects.count() == Charge.objects.count() == sum(row.people for row in rows)
    assert CasePerson.objects.filter(role="victim").count() == sum(row.victims for row in rows)
    assert Assignment.objects.filter(role="prosecutor_lead").count() == SIZE
    assert Counter(CaseFile.objects.values_list("crime_class", flat=True)) == Counter(row.crime_class for row in rows)
    assert Counter(case.stage_label for case in CaseFile.objects.all()) == Counter(row.stage for row in rows)
    assert Counter(Charge.objects.values_list("article", flat=True)) == Counter(
        {
            article: sum(row.people for row in rows if row.article == article)
            for article in {r.article for r in rows} - {""}
        }
    )
    for row in (rows[0], rows[SIZE // 2], rows[-1]):
        case = CaseFile.objects.get(init_decision_no=row.number)
        assert case.name == row.cells[4]
        assert f"{case.init_decision_date:%d/%m/%Y}" == row.cells[2]
        assert case.accused.count() == row.people
        assert case.details == {"acceptance_number": row.cells[15], "folio_total": int(row.cells[16])}
        assert case in search_cases(visible_cases(people["chief_kv1"]), folded(f"{row.cells[4]} {row.number}"))
    # running limits follow from what was loaded
    assert CaseFile.objects.filter(stage="dieu_tra", crime_class="A", next_due_on__isnull=False).exists()
    again = load(csv_text([HEADINGS, *lines]), actor="chief_kv1", updates=True)
    assert actions.summary_of(again)["unchanged"] == {"rows": SIZE, "cases": SIZE}
