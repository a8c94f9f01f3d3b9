"""Offices come and go, and begin to use the system one after another."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from tests.people import STARTED
from vks_plugin.access.queries import units_to_register_in, visible_cases
from vks_plugin.organization.models import Department, ProcuracyUnit, UnitSuccession

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from vks_plugin.cases.models import CaseFile

pytestmark = pytest.mark.django_db

DAY_BEFORE = STARTED - dt.timedelta(days=1)


@pytest.fixture
def district(units: dict[str, ProcuracyUnit]) -> ProcuracyUnit:
    """Return a district office that existed until the regional ones began, and that KV1 took over from."""
    office = ProcuracyUnit.objects.create(
        code="QN-HL",
        name="Viện kiểm sát nhân dân thành phố Hạ Long",
        short_name="VKSND TP Hạ Long",
        kind=ProcuracyUnit.Kind.DISTRICT,
        parent=units["QN"],
        valid_from=dt.date(2000, 1, 1),
        valid_to=DAY_BEFORE,
        active_from=dt.date(2020, 1, 1),
    )
    UnitSuccession.objects.create(predecessor=office, successor=units["QN-KV1"], effective_date=STARTED)
    return office


@pytest.mark.parametrize(
    ("day", "existing"),
    [
        (dt.date(1999, 12, 31), set()),
        (dt.date(2000, 1, 1), {"QN", "QN-HL"}),
        (DAY_BEFORE, {"QN", "QN-HL"}),
        (STARTED, {"QN", "QN-KV1", "QN-KV3"}),
        (dt.date(2999, 1, 1), {"QN", "QN-KV1", "QN-KV3"}),
    ],
)
def test_which_offices_exist_on_a_day(day: dt.date, existing: set[str], district: ProcuracyUnit) -> None:
    assert {unit.code for unit in ProcuracyUnit.objects.on(day)} == existing


def test_an_office_is_followed_by_another_from_a_day_on(
    district: ProcuracyUnit, units: dict[str, ProcuracyUnit]
) -> None:
    [succession] = district.successions.all()
    assert (succession.successor, succession.effective_date) == (units["QN-KV1"], STARTED)
    assert [each.predecessor for each in units["QN-KV1"].precedessions.all()] == [district]
    assert not units["QN-KV3"].precedessions.exists()


@pytest.mark.parametrize(
    ("active_from", "day", "active"),
    [
        (None, STARTED, False),
        (STARTED, DAY_BEFORE, False),
        (STARTED, STARTED, True),
        (dt.date(2026, 1, 1), dt.date(2025, 12, 31), False),
        (dt.date(2026, 1, 1), dt.date(2026, 1, 1), True),
        # named before the office existed: it cannot use what it is not there for
        (dt.date(2020, 1, 1), DAY_BEFORE, False),
    ],
)
def test_an_office_uses_the_system_from_its_own_day_on(
    active_from: dt.date | None, day: dt.date, active: bool, units: dict[str, ProcuracyUnit]
) -> None:
    units["QN-KV1"].active_from = active_from
    assert units["QN-KV1"].is_active(day) is active


def test_an_office_that_ended_uses_nothing_any_more(district: ProcuracyUnit) -> None:
    assert district.is_active(DAY_BEFORE)
    assert not district.is_active(STARTED)


def test_a_pilot_office_registers_while_the_others_wait(
    people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    ProcuracyUnit.objects.exclude(code="QN-KV1").update(active_from=None)
    assert [unit.code for unit in units_to_register_in(people["clerk_kv1"])] == ["QN-KV1"]
    assert not units_to_register_in(people["clerk_kv3"]).exists()


def test_an_office_that_stops_keeps_its_cases_readable(case: CaseFile, people: dict[str, User]) -> None:
    ProcuracyUnit.objects.filter(code="QN-KV1").update(active_from=None)
    assert list(visible_cases(people["chief_kv1"])) == [case]
    assert list(visible_cases(people["prosecutor_kv1"])) == [case]


REFUSED: dict[str, dict[str, Any]] = {
    "the same code twice": {"code": "QN-KV1"},
    "an end before the beginning": {"valid_to": dt.date(1999, 1, 1)},
}


@pytest.mark.parametrize("what", REFUSED)
def test_the_database_refuses_an_office_that_cannot_be(what: str, units: dict[str, ProcuracyUnit]) -> None:
    values: dict[str, Any] = {
        "code": "QN-KV9",
        "name": "Viện kiểm sát nhân dân khu vực 9",
        "short_name": "VKSND khu vực 9",
        "kind": "regional",
        "parent": units["QN"],
        "valid_from": STARTED,
    } | REFUSED[what]
    with pytest.raises(IntegrityError), transaction.atomic():
        ProcuracyUnit.objects.create(**values)
    assert ProcuracyUnit.objects.count() == len(units)


def test_a_succession_is_recorded_once_and_between_two_offices(
    district: ProcuracyUnit, units: dict[str, ProcuracyUnit]
) -> None:
    for pair in ((district, units["QN-KV1"]), (district, district)):
        with pytest.raises(IntegrityError), transaction.atomic():
            UnitSuccession.objects.create(predecessor=pair[0], successor=pair[1], effective_date=STARTED)
    # a district may have been divided
    UnitSuccession.objects.create(predecessor=district, successor=units["QN-KV3"], effective_date=STARTED)
    assert district.successions.count() == 2


def test_an_office_with_a_past_cannot_be_deleted(district: ProcuracyUnit, people: dict[str, User]) -> None:
    for office in (district, ProcuracyUnit.objects.get(code="QN-KV1"), ProcuracyUnit.objects.get(code="QN")):
        with pytest.raises(ProtectedError):
            office.delete()


def test_a_department_s_code_is_its_office_s_own(units: dict[str, ProcuracyUnit]) -> None:
    Department.objects.create(unit=units["QN-KV1"], code="P1", name="Bộ phận 1")
    with pytest.raises(IntegrityError), transaction.atomic():
        Department.objects.create(unit=units["QN"], code="P1", name="Phòng 1 lần nữa")
    assert str(Department.objects.get(unit=units["QN"])) == "P1 – Phòng 1"


def test_an_office_is_known_by_its_code_everywhere(units: dict[str, ProcuracyUnit]) -> None:
    assert ProcuracyUnit.objects.get_by_natural_key(*units["QN-KV1"].natural_key()) == units["QN-KV1"]
    assert str(units["QN-KV1"]) == "Viện kiểm sát nhân dân khu vực 1 – Quảng Ninh"
