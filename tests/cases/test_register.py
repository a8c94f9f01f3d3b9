"""Registering a case: what is kept, and what is refused with nothing half-made."""

from __future__ import annotations

import datetime as dt
import unicodedata
import uuid
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from tests.people import register
from vks_plugin.access.queries import search_cases, visible_cases
from vks_plugin.cases.actions import AccusedInput
from vks_plugin.cases.models import Accused, Assignment, CaseFile
from vks_plugin.errors import BadInput, Conflict, NotAllowed
from vks_plugin.organization.models import ProcuracyUnit

pytestmark = pytest.mark.django_db


def test_codes_count_per_unit_and_year(people: dict[str, User], units: dict[str, ProcuracyUnit]) -> None:
    codes = [
        register(actor=people["clerk_kv1"], unit=units["QN-KV1"], handled_at=dt.date(year, 3, 2)).code
        for year in (2026, 2026)
    ]
    codes.append(register(actor=people["clerk_kv3"], unit=units["QN-KV3"]).code)
    assert codes == ["HS-QN-KV1-2026-0001", "HS-QN-KV1-2026-0002", "HS-QN-KV3-2026-0001"]


def test_the_same_decision_is_refused_and_only_the_other_unit_named(
    people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    register(actor=people["clerk_kv1"], unit=units["QN-KV1"], name="Vụ án Phạm Bí Mật", init_decision_no="77/QĐ-CSĐT")
    with pytest.raises(Conflict) as refusal:
        # retyped: no tones, other case, doubled spaces
        register(
            actor=people["clerk_kv3"],
            unit=units["QN-KV3"],
            init_decision_no="77/qd-csdt",
            init_decision_agency="CO QUAN  canh sat dieu tra cong an tinh",
        )
    assert units["QN-KV1"].name in refusal.value.message
    assert "Bí Mật" not in refusal.value.message
    assert "HS-QN" not in refusal.value.message
    assert CaseFile.objects.count() == 1


def test_second_click_finds_the_case_of_the_first(people: dict[str, User], units: dict[str, ProcuracyUnit]) -> None:
    token = uuid.uuid4()
    first, second = (
        register(
            actor=people["clerk_kv1"],
            unit=units["QN-KV1"],
            form_token=token,
            init_decision_no="5/QĐ",
            digitise_myself=True,
        )
        for _ in range(2)
    )
    assert first == second
    assert (CaseFile.objects.count(), Accused.objects.count(), Assignment.objects.count()) == (1, 2, 1)


def test_names_are_stored_composed(people: dict[str, User], units: dict[str, ProcuracyUnit]) -> None:
    decomposed = unicodedata.normalize("NFD", "Nguyễn Thị Hường")
    case = register(
        actor=people["clerk_kv1"], unit=units["QN-KV1"], name=decomposed, accused=[AccusedInput(decomposed)]
    )
    assert case.name == "Nguyễn Thị Hường"
    assert case.accused.get().full_name == "Nguyễn Thị Hường"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": "  "}, "name"),
        ({"name": "x" * 251}, "name"),
        ({"init_decision_no": ""}, "init_decision_no"),
        ({"init_decision_agency": ""}, "init_decision_agency"),
        ({"init_decision_date": dt.date(2200, 1, 1)}, "init_decision_date"),
        ({"init_decision_date": dt.date(1026, 1, 1)}, "init_decision_date"),
        ({"handled_at": dt.date(2200, 1, 1)}, "handled_at"),
        ({"crime_date": dt.date(2200, 1, 1)}, "crime_date"),
        ({"code": "<script>alert(1)</script>"}, "code"),
        ({"code": "../../etc"}, "code"),
        ({"stage": "khong_co"}, "stage"),
        ({"confidentiality": "toi_mat"}, "confidentiality"),
        ({"accused": [AccusedInput("Lê Văn Tám", 2300)]}, "accused"),
    ],
)
def test_bad_fields_are_named_and_nothing_is_made(
    people: dict[str, User], units: dict[str, ProcuracyUnit], fields: dict[str, Any], field: str
) -> None:
    with pytest.raises(BadInput) as refusal:
        register(actor=people["clerk_kv1"], unit=units["QN-KV1"], **fields)
    assert refusal.value.field == field
    assert refusal.value.message.endswith((".", ")."))
    assert CaseFile.objects.count() == 0


def test_nobody_registers_for_another_unit(people: dict[str, User], units: dict[str, ProcuracyUnit]) -> None:
    for name in ("clerk_kv3", "chief_province", "archivist_province", "outsider", "locked", "admin_province"):
        with pytest.raises(NotAllowed):
            register(actor=people[name], unit=units["QN-KV1"])
    assert CaseFile.objects.count() == 0


def test_a_unit_not_yet_using_the_system_registers_nothing(
    people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    units["QN-KV1"].active_from = timezone.localdate() + dt.timedelta(days=1)
    units["QN-KV1"].save()
    with pytest.raises(NotAllowed):
        register(actor=people["clerk_kv1"], unit=units["QN-KV1"])
    units["QN-KV1"].active_from = timezone.localdate()
    units["QN-KV1"].save()
    assert register(actor=people["clerk_kv1"], unit=units["QN-KV1"]).pk


@pytest.mark.parametrize(
    ("words", "hit"),
    [
        ("anh nguyen van", True),
        ("Ước Đỗ", True),
        ("uoc do thi", True),
        ("trom cap", True),
        ("0001", True),
        ("hs-qn-kv1-2026-0001", True),
        ("1/qđ", True),
        ("nguyen thi", True),  # one word from each of two people: words count, not persons
        ("tran", False),
    ],
)
def test_cases_are_found_without_accents_in_any_order(
    people: dict[str, User], units: dict[str, ProcuracyUnit], words: str, hit: bool
) -> None:
    register(actor=people["clerk_kv1"], unit=units["QN-KV1"], init_decision_no="1/QĐ-CSĐT")
    register(
        actor=people["clerk_kv3"],
        unit=units["QN-KV3"],
        name="Trần Tám – Giết người",
        accused=[AccusedInput("Trần Tám")],
        init_decision_no="1/QĐ-CSĐT",
        init_decision_date=dt.date(2026, 3, 4),
    )
    found = search_cases(visible_cases(people["clerk_kv1"]), words)
    assert [case.unit_id for case in found] == ([units["QN-KV1"].pk] if hit else [])


def test_a_name_carries_no_sign_that_is_not_seen(people: dict[str, User], units: dict[str, ProcuracyUnit]) -> None:
    made = register(
        actor=people["chief_kv1"],
        unit=units["QN-KV1"],
        name="Nguyễn\u200b Văn \u202eÁnh\ufeff",
        accused=[AccusedInput("Đỗ\u2066 Ước\u2069")],
    )
    assert made.name == "Nguyễn Văn Ánh"
    assert made.accused.get().full_name == "Đỗ Ước"
