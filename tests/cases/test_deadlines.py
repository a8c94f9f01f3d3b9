"""Time limits: the examples of the joint circular, one example of every rule, and what must hold of all of them."""

from __future__ import annotations

import datetime as dt
import json
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from vks_plugin.access import actions as access
from vks_plugin.cases.calendar import counting, is_day_off
from vks_plugin.cases.deadlines import CLASSES, Counting, DeadlineError, add_months, compute, deadline_rules
from vks_plugin.cases.models import CalendarDay, CaseDeadline, CaseFile

RULES = deadline_rules()
COUNTING = Counting(is_day_off=is_day_off)


def _due(rule: str, start: str, **options: Any) -> str:
    return compute(RULES[rule], dt.date.fromisoformat(start), counting=COUNTING, **options).due.isoformat()


@pytest.mark.parametrize(
    ("start", "held", "due", "days"),
    [("2018-03-04", 3, "2018-04-29", 57), ("2018-04-11", 6, "2018-06-03", 54)],
)
def test_the_examples_of_the_joint_circular(start: str, held: int, due: str, days: int) -> None:
    found = compute(RULES["tam_giam_dt"], dt.date.fromisoformat(start), crime_class="A", held_days=held)
    assert (found.due.isoformat(), found.counted_days) == (due, days)


@pytest.mark.parametrize(
    ("start", "extensions", "due"), [("2018-03-01", 0, "2018-03-04"), ("2018-03-05", 1, "2018-03-11")]
)
def test_holding_before_those_examples(start: str, extensions: int, due: str) -> None:
    assert _due("tam_giu", start, extensions=extensions) == due


@pytest.mark.parametrize(
    ("rule", "start", "options", "due"),
    [
        ("truy_to", "2025-03-03", {"crime_class": "B"}, "2025-03-24"),
        ("truy_to", "2025-03-03", {"crime_class": "C"}, "2025-04-02"),
        ("truy_to", "2025-03-03", {"crime_class": "C", "extensions": 1}, "2025-04-17"),
        ("dtbs_vks", "2024-12-31", {}, "2025-02-28"),
        ("cbxx", "2025-01-15", {"crime_class": "C"}, "2025-03-17"),
        ("khang_nghi_pt_cung_cap", "2025-08-26", {}, "2025-09-10"),
        ("khang_nghi_pt_cap_tren", "2025-08-26", {}, "2025-09-25"),
        ("tam_giam_dt", "2025-03-01", {"crime_class": "B"}, "2025-05-29"),
    ],
)
def test_worked_examples(rule: str, start: str, options: dict[str, Any], due: str) -> None:
    assert _due(rule, start, **options) == due


def test_a_limit_in_days_stays_on_a_day_off_where_the_office_says_so() -> None:
    still = Counting(move_days=False, is_day_off=is_day_off)
    assert compute(RULES["truy_to"], dt.date(2025, 3, 3), crime_class="A", counting=still).due == dt.date(2025, 3, 23)
    # for months the law itself moves it
    assert compute(RULES["cbxx"], dt.date(2025, 1, 15), crime_class="C", counting=still).due == dt.date(2025, 3, 17)


def test_the_day_of_the_event_may_count() -> None:
    early = Counting(start_offset=0, is_day_off=is_day_off)
    assert compute(RULES["khang_cao"], dt.date(2025, 8, 26), counting=early).due == dt.date(2025, 9, 9)


def test_the_arithmetic_can_be_read() -> None:
    found = compute(RULES["truy_to"], dt.date(2025, 3, 3), crime_class="B", counting=COUNTING)
    assert found.arithmetic == ("nhận hồ sơ 03/03/2025 + 20 ngày = 23/03/2025, Chủ nhật → 24/03/2025, Điều 240 khoản 1")
    custody = compute(RULES["tam_giam_dt"], dt.date(2018, 3, 4), crime_class="A", held_days=3)
    assert "2 tháng × 30 ngày/tháng = 60 ngày − 3 ngày đã tạm giữ, tạm giam = 57 ngày" in custody.arithmetic


def test_tet_and_swapped_days_are_known() -> None:
    # from 27 January to 2 February 2025 offices were closed
    assert _due("khang_cao_quyet_dinh", "2025-01-22") == "2025-02-03"
    # 26 April 2025 was worked for 2 May
    assert not is_day_off(dt.date(2025, 4, 26))
    assert is_day_off(dt.date(2025, 5, 2))


@pytest.mark.django_db
def test_a_decree_the_shipped_calendar_does_not_know() -> None:
    # 9 February 2026 + 15 days is Tuesday 24 February, the Monday before it a working day
    before = counting()
    assert compute(RULES["khang_cao"], dt.date(2026, 2, 9), counting=before).due == dt.date(2026, 2, 24)
    CalendarDay.objects.create(day=dt.date(2026, 2, 24), is_day_off=True)
    CalendarDay.objects.create(day=dt.date(2026, 2, 28), is_day_off=False)
    after = counting()
    assert compute(RULES["khang_cao"], dt.date(2026, 2, 9), counting=after).due == dt.date(2026, 2, 25)
    # a Saturday made a working day is one on which a limit ends
    assert compute(RULES["khang_cao"], dt.date(2026, 2, 13), counting=before).due == dt.date(2026, 3, 2)
    assert compute(RULES["khang_cao"], dt.date(2026, 2, 13), counting=after).due == dt.date(2026, 2, 28)


@pytest.mark.django_db
def test_the_calendar_is_asked_once_for_any_number_of_cases(django_assert_num_queries: Any) -> None:
    CalendarDay.objects.create(day=dt.date(2026, 2, 24), is_day_off=True)
    with django_assert_num_queries(1):
        found = counting()
        for day in range(1, 29):
            compute(RULES["khang_cao"], dt.date(2026, 2, day), counting=found)
    # what was computed with one holds for the next that is the same
    assert counting() == found
    assert hash(counting()) == hash(found)


def test_extensions_of_months_are_one_longer_limit() -> None:
    # 31 October + 4 + 4 months: no short month on the way may cut days off
    assert _due("dieu_tra", "2025-10-31", crime_class="C", extensions=1) == "2026-06-30"
    found = compute(RULES["dieu_tra"], dt.date(2025, 3, 3), crime_class="B", counting=COUNTING)
    assert found.request_by == dt.date(2025, 5, 24)


@pytest.mark.parametrize(("most", "months"), [("A", 4), ("B", 8), ("C", 12), ("D", 20)])
def test_investigation_at_its_longest(most: str, months: int) -> None:
    rule = RULES["dieu_tra"]
    number = sum(most in table for table in rule.extensions)
    assert compute(rule, dt.date(2025, 1, 6), crime_class=most, extensions=number).due >= add_months(
        dt.date(2025, 1, 6), months
    )
    assert rule.amount[most].number + sum(table[most].number for table in rule.extensions if most in table) == months
    with pytest.raises(DeadlineError, match="gia hạn"):
        compute(rule, dt.date(2025, 1, 6), crime_class=most, extensions=number + 1)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_every_rule_computes_and_gives_its_source(rule: Any) -> None:
    start: dt.date = (
        dt.datetime(2025, 3, 3, 14, 0)  # noqa: DTZ001 - the office clock
        if "h" in {span.unit for span in rule.amount.values()}
        else dt.date(2025, 3, 3)
    )
    assert rule.article.startswith(("Điều", "TTLT"))
    for each in CLASSES:
        if "" not in rule.amount and each not in rule.amount:
            with pytest.raises(DeadlineError, match="không áp dụng"):
                compute(rule, start, crime_class=each)
            continue
        found = compute(rule, start, crime_class=each, counting=COUNTING)
        assert (found.due < start) == rule.before
        assert rule.article in found.arithmetic
        assert f"{found.due:%d/%m/%Y}" in found.arithmetic
    if "" not in rule.amount:
        with pytest.raises(DeadlineError, match="loại A, B, C hoặc D"):
            compute(rule, start)


_days = st.dates(min_value=dt.date(2000, 1, 1), max_value=dt.date(2060, 12, 31))
_procedural = [
    each
    for each in RULES.values()
    if each.mode == "procedural" and not each.before and "h" not in {s.unit for s in each.amount.values()}
]


@given(day=_days, rule=st.sampled_from(_procedural), crime_class=st.sampled_from(CLASSES))
def test_a_procedural_limit_never_ends_on_a_day_off_and_never_early(day: dt.date, rule: Any, crime_class: str) -> None:
    if "" not in rule.amount and crime_class not in rule.amount:
        return
    found = compute(rule, day, crime_class=crime_class, counting=COUNTING)
    plain = compute(rule, day, crime_class=crime_class, counting=Counting(is_day_off=lambda _day: False))
    assert isinstance(found.due, dt.date)
    assert not is_day_off(found.due)
    assert found.due >= plain.due
    # everything between is off
    assert all(is_day_off(plain.due + dt.timedelta(days=n)) for n in range((found.due - plain.due).days))


@given(day=_days, held=st.integers(0, 9), crime_class=st.sampled_from(CLASSES))
def test_custody_is_never_moved_and_counts_its_first_day(day: dt.date, held: int, crime_class: str) -> None:
    rule = RULES["tam_giam_dt"]
    found = compute(rule, day, crime_class=crime_class, held_days=held)
    assert found.counted_days == rule.amount[crime_class].number * 30 - held
    assert found.due == day + dt.timedelta(days=found.counted_days - 1)


@given(day=_days, later=st.integers(0, 400), rule=st.sampled_from(_procedural), crime_class=st.sampled_from(CLASSES))
def test_who_starts_later_ends_no_earlier(day: dt.date, later: int, rule: Any, crime_class: str) -> None:
    if "" not in rule.amount and crime_class not in rule.amount:
        return
    first = compute(rule, day, crime_class=crime_class, counting=COUNTING)
    second = compute(rule, day + dt.timedelta(days=later), crime_class=crime_class, counting=COUNTING)
    assert second.due >= first.due


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"rule": "truy_to", "start": "2025-03-03"}, "loại A, B, C hoặc D"),
        ({"rule": "khong_co", "start": "2025-03-03"}, "vks_deadlines --list"),
        ({"rule": "khang_cao", "start": "03/03/2025"}, "2025-03-03"),
        ({"rule": "khang_cao", "start": "2025-02-30"}, "2025-03-03"),
        ({"rule": "ktva_gui", "start": "2025-03-03"}, "hãy nêu cả giờ"),
        ({"rule": "khang_cao", "start": "2025-03-03", "held_days": 3}, "tạm giam"),
        ({"rule": "tam_giam_dt", "start": "2025-03-03", "crime_class": "A", "held_days": 60}, "ít hơn 60"),
        ({"rule": "tam_giam_dt", "start": "2025-03-03", "crime_class": "A", "held_days": -1}, "từ 0"),
        ({"rule": "khang_cao", "start": "2025-03-03", "extensions": 1}, "gia hạn 0 lần"),
        ({"rule": "khang_cao", "start": "9999-12-31"}, "phạm vi lịch"),
        ({"rule": "khang_cao"}, "--from"),
    ],
)
@pytest.mark.django_db
def test_the_command_says_what_is_wrong(words: dict[str, Any], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        call_command("vks_deadlines", stdout=StringIO(), **words)


@pytest.mark.django_db
def test_the_command_answers_without_a_case() -> None:
    out = StringIO()
    call_command("vks_deadlines", rule="truy_to", start="2025-03-03", crime_class="B", stdout=out)
    answer = json.loads(out.getvalue())
    assert {key: answer[key] for key in ("due", "counted_days", "article")} == {
        "due": "2025-03-24",
        "counted_days": 21,
        "article": "Điều 240 khoản 1",
    }
    out = StringIO()
    call_command("vks_deadlines", rule="ktva_gui", start="2025-03-03T14:00", stdout=out)
    assert json.loads(out.getvalue())["due"] == "2025-03-04T14:00:00"


@pytest.mark.django_db
def test_days_by_decree_are_entered_and_taken_back() -> None:
    out = StringIO()
    call_command(
        "vks_calendar", off=["2026-02-23"], worked=["2026-02-28"], note="Quyết định số 1", json=True, stdout=out
    )
    assert json.loads(out.getvalue()) == {
        "days": [
            {"day": "2026-02-23", "is_day_off": True, "note": "Quyết định số 1"},
            {"day": "2026-02-28", "is_day_off": False, "note": "Quyết định số 1"},
        ],
        "recalculated": 0,
    }
    # Monday after Tết, made a day off: Tuesday
    assert compute(RULES["khang_cao"], dt.date(2026, 2, 5), counting=counting()).due == dt.date(2026, 2, 24)
    # changed, not entered twice
    call_command("vks_calendar", worked=["2026-02-23"], stdout=StringIO())
    assert compute(RULES["khang_cao"], dt.date(2026, 2, 5), counting=counting()).due == dt.date(2026, 2, 23)
    call_command("vks_calendar", remove=["2026-02-23", "2026-02-28"], stdout=StringIO())
    assert not CalendarDay.objects.exists()
    for wrong in ({"off": ["23/02/2026"]}, {"off": ["2026-02-23"], "worked": ["2026-02-23"]}):
        with pytest.raises(CommandError, match=r"2026-02-16|hai lần"):
            call_command("vks_calendar", stdout=StringIO(), **wrong)
    assert not CalendarDay.objects.exists()


@pytest.mark.django_db
def test_a_decree_moves_the_limits_that_are_kept(people: dict[str, User], case: CaseFile) -> None:
    access.record_event(
        actor=people["prosecutor_kv1"],
        case=case,
        event="ket_luan_dieu_tra",
        happened_on=dt.date(2026, 5, 20),
        number="9/KLĐT",
    )
    kept = CaseDeadline.objects.get(case=case, rule="kldt_giao_vks")
    # two days: Friday 22 May
    assert kept.due_on == dt.date(2026, 5, 22)
    out = StringIO()
    call_command("vks_calendar", off=["2026-05-22"], json=True, stdout=out)
    assert json.loads(out.getvalue())["recalculated"] >= 1
    kept.refresh_from_db()
    assert kept.due_on == dt.date(2026, 5, 25)
