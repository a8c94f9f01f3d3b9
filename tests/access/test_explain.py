"""The explanation says what the policy says, whatever somebody holds, and tells what is missing in words."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.access.test_policy import (
    ABOVE,
    APPEALED,
    ARCHIVED,
    CASE,
    OTHER,
    OWN,
    PROTECTED,
    PROVINCE,
    RESTRICTED,
    ROLES,
    TRIAL,
)
from vks_plugin.access.explain import Explanation, Held, explain
from vks_plugin.access.policy import RULES, CaseFacts, Decision, Level, Post, Sensitivity, decide

DAY = dt.date(2026, 3, 2)
ONE = dt.timedelta(days=1)
ASSIGNED_AS = [
    "prosecutor_lead",
    "prosecutor",
    "scan_operator",
    "trial_prosecutor",
    "appeal_prosecutor",
    "no_such_role",
]
GRANTED_AS = ["emergency", "oversight"]
STAGES = frozenset({"dieu_tra", "truy_to"})
NEAR = Held("qc_reviewer", OWN, dt.date(2020, 1, 1))

# starts, last day, ended before its time; whether it counts on DAY
SPANS: list[tuple[dt.date, dt.date | None, dt.date | None, bool]] = [
    (DAY, None, None, True),
    (DAY - ONE, None, None, True),
    (DAY, DAY, None, True),
    (DAY - ONE, DAY + ONE, None, True),
    (DAY - ONE, DAY - ONE, None, False),
    (DAY + ONE, None, None, False),
    (DAY + ONE, DAY + 3 * ONE, None, False),
    (DAY - ONE, None, DAY - ONE, False),
    (DAY - ONE, DAY + ONE, DAY, False),
    (DAY, dt.date.max, None, True),
]

spans = st.sampled_from(SPANS)
posts = st.lists(st.builds(lambda role, unit, span, place: (Held(role, unit, *span[:3], *place), span[3]),
                           st.sampled_from(ROLES), st.sampled_from([OWN, ABOVE, OTHER, TRIAL]), spans,
                           st.sampled_from([("", frozenset()), ("P2", STAGES)])), max_size=4)  # fmt: skip
assignments = st.lists(st.builds(lambda role, span: (Held(role, "", *span[:3]), span[3]),
                                 st.sampled_from(ASSIGNED_AS), spans), max_size=3)  # fmt: skip
grants = st.lists(st.builds(lambda role, span: (Held(role, "", *span[:3]), span[3]),
                            st.sampled_from(GRANTED_AS), spans), max_size=2)  # fmt: skip
cases = st.sampled_from([CASE, PROTECTED, RESTRICTED, APPEALED, ARCHIVED, PROVINCE])
parts = st.sampled_from(["hsva", "hsks"])


def _policy(
    held_posts: Iterable[tuple[Held, bool]],
    held: Iterable[tuple[Held, bool]],
    case: CaseFacts,
    part: str,
    granted: Iterable[tuple[Held, bool]] = (),
) -> Decision:
    return decide(
        posts=[Post(each.role, each.unit, each.department, each.stages) for each, counts in held_posts if counts],
        assigned_as=[each.role for each, counts in held if counts],
        granted=[each.role for each, counts in granted if counts],
        case=case,
        part=part,
    )


def _agrees(told: Explanation, decision: Decision) -> None:
    """Check that the answer is the policy's, and that the chain beside it leads to the same answer."""
    assert told.decision == decision
    holding = [row for row in told.rows if row.holds]
    assert max((row.rule.level for row in holding), default=Level.NONE) == decision.level
    assert all(row.by is not None for row in holding)
    granting = told.granting
    if decision.level == Level.NONE:
        assert granting is None
        assert holding == []
    else:
        assert granting is not None
        assert granting.rule.reason == decision.reason
    # each higher level has its rows, and each of them tells what it lacks
    assert {row.rule for row in told.withheld()} == {
        rule for rule in RULES if rule.part == told.part and rule.level > decision.level
    }
    assert all(row.failed for row in told.withheld())


@pytest.mark.parametrize("case", [CASE, RESTRICTED, PROVINCE])
@pytest.mark.parametrize("part", ["hsva", "hsks"])
def test_one_post_or_assignment_of_every_kind_in_every_state(case: CaseFacts, part: str) -> None:
    for (first, last, ended, counts), role, unit in itertools.product(SPANS, ROLES, (OWN, ABOVE, OTHER)):
        held = [(Held(role, unit, first, last, ended), counts)]
        told = explain(posts=[each for each, _ in held], assignments=[], case=case, part=part, day=DAY)
        _agrees(told, _policy(held, [], case, part))
    for (first, last, ended, counts), role in itertools.product(SPANS, ASSIGNED_AS):
        held = [(Held(role, "", first, last, ended), counts)]
        for near in ([], [NEAR]):
            told = explain(posts=near, assignments=[each for each, _ in held], case=case, part=part, day=DAY)
            _agrees(told, _policy([(each, True) for each in near], held, case, part))


@settings(max_examples=400)
@given(posts, assignments, grants, cases, parts)
def test_several_at_once(
    held_posts: list[tuple[Held, bool]],
    held: list[tuple[Held, bool]],
    granted: list[tuple[Held, bool]],
    case: CaseFacts,
    part: str,
) -> None:
    told = explain(
        posts=[each for each, _ in held_posts],
        assignments=[each for each, _ in held],
        granted=[each for each, _ in granted],
        case=case,
        part=part,
        day=DAY,
    )
    _agrees(told, _policy(held_posts, held, case, part, granted))
    open_case = replace(case, sensitivity=Sensitivity.NORMAL)
    otherwise = _policy(held_posts, held, open_case, part, granted)
    assert told.unrestricted == (otherwise if otherwise.level != told.decision.level else None)


@settings(max_examples=200)
@given(posts, assignments, cases, parts)
def test_the_last_day_of_a_level_is_its_last_day(
    held_posts: list[tuple[Held, bool]], held: list[tuple[Held, bool]], case: CaseFacts, part: str
) -> None:
    def on(day: dt.date) -> Explanation:
        return explain(
            posts=[each for each, _ in held_posts],
            assignments=[each for each, _ in held],
            case=case,
            part=part,
            day=day,
        )

    told = on(DAY)
    # everything recorded above has happened or ended five days later
    days = [DAY + number * ONE for number in range(1, 6)]
    changed = next((day for day in days if on(day).decision.level != told.decision.level), None)
    assert told.lasts_until == (changed - ONE if changed is not None else None)
    assert told.then == (on(changed).decision if changed is not None else None)


@given(posts, assignments, cases, parts)
def test_a_locked_account_opens_nothing(
    held_posts: list[tuple[Held, bool]], held: list[tuple[Held, bool]], case: CaseFacts, part: str
) -> None:
    told = explain(
        posts=[each for each, _ in held_posts],
        assignments=[each for each, _ in held],
        case=case,
        part=part,
        day=DAY,
        active=False,
    )
    assert told.decision.level == Level.NONE
    assert {row.failed for row in told.rows} == {"Chưa đăng nhập hoặc tài khoản đã khóa"}
    assert (told.lasts_until, told.then, told.unrestricted, told.granting) == (None, None, None, None)


def _why_not(
    relation: str,
    role: str,
    case: CaseFacts = CASE,
    *,
    posts: Iterable[Held] = (),
    assignments: Iterable[Held] = (),
) -> str:
    names = {OWN: "Khu vực 1", ABOVE: "Tỉnh"}
    told = explain(posts=[NEAR, *posts], assignments=assignments, case=case, part="hsva", day=DAY, names=names)
    row = next(row for row in told.rows if (row.rule.relation, row.rule.role) == (relation, role))
    assert not row.holds
    return str(row.failed)


START = dt.date(2025, 7, 1)


@pytest.mark.parametrize(
    ("held", "sentence"),
    [
        ([], "Chưa được phân công vai trò này trong vụ án."),
        ([Held("inspector", "", START)], "Chưa được phân công vai trò này trong vụ án."),
        ([Held("prosecutor", "", START, None, dt.date(2026, 1, 31))], "Phân công đã chấm dứt ngày 31/01/2026."),
        ([Held("prosecutor", "", START, dt.date(2026, 3, 1))], "Phân công chỉ đến hết ngày 01/03/2026."),
        ([Held("prosecutor", "", dt.date(2026, 3, 3))], "Phân công chỉ có từ ngày 03/03/2026."),
        # the latest one is what is told
        (
            [Held("prosecutor", "", START, None, START), Held("prosecutor", "", dt.date(2026, 5, 1))],
            "Phân công chỉ có từ ngày 01/05/2026.",
        ),
    ],
)
def test_why_an_assignment_does_not_open_it(held: list[Held], sentence: str) -> None:
    assert _why_not("assigned", "prosecutor", assignments=held) == sentence


@pytest.mark.parametrize(
    ("held", "sentence"),
    [
        ([], "Không giữ chức danh này tại Khu vực 1."),
        ([Held("chief_procurator", OTHER, START)], f"Giữ chức danh này tại {OTHER}, không phải tại Khu vực 1."),
        ([Held("chief_procurator", OTHER, START, None, START)], "Không giữ chức danh này tại Khu vực 1."),
        (
            [Held("chief_procurator", OWN, START, None, dt.date(2026, 1, 31))],
            "Chức danh tại Khu vực 1 đã chấm dứt ngày 31/01/2026.",
        ),
        (
            [Held("chief_procurator", OWN, START, dt.date(2026, 3, 1))],
            "Chức danh tại Khu vực 1 chỉ đến hết ngày 01/03/2026.",
        ),
        ([Held("chief_procurator", OWN, dt.date(2026, 4, 1))], "Chức danh tại Khu vực 1 chỉ có từ ngày 01/04/2026."),
    ],
)
def test_why_a_post_does_not_open_it(held: list[Held], sentence: str) -> None:
    assert _why_not("own_unit", "chief_procurator", posts=held) == sentence


def test_why_a_department_a_trial_or_an_appeal_does_not_open_it() -> None:
    head = Held("department_head", OWN, START, department="P3")
    assert _why_not("own_department", "department_head", posts=[head]) == "Không giữ chức danh này tại phòng thụ lý."
    above = Held("department_head", ABOVE, START, department="P7", stages=frozenset({"phuc_tham"}))
    assert (
        _why_not("higher_department", "department_head", posts=[above])
        == "Không giữ chức danh này tại phòng phụ trách giai đoạn của vụ án."
    )
    chief = [Held("chief_procurator", TRIAL, START)]
    assert _why_not("trial_unit", "chief_procurator", posts=chief).startswith("Vụ án chưa được phân công")
    appeal = [Held("appeal_prosecutor", "", START)]
    assert _why_not("assigned", "appeal_prosecutor", assignments=appeal).startswith("Vụ án không ở giai đoạn")


def test_an_assignment_that_outlives_the_post_says_so() -> None:
    told = explain(
        posts=[Held("prosecutor", OWN, START, None, dt.date(2026, 2, 1)), Held("prosecutor", OTHER, START)],
        assignments=[Held("prosecutor_lead", "", START)],
        case=CASE,
        part="hsva",
        day=DAY,
    )
    assert told.decision.level == Level.NONE
    row = next(row for row in told.rows if row.rule.role == "prosecutor_lead")
    assert row.failed == "Không còn chức danh tại đơn vị thụ lý, đơn vị cấp trên hay đơn vị được phân công xét xử."


def test_a_restricted_case_is_named_as_the_reason_only_where_it_is() -> None:
    held = [Held("chief_procurator", ABOVE, START)]
    restricted = "Vụ án hạn chế nội bộ: căn cứ này không áp dụng, phải được phân công vào vụ án."
    assert _why_not("higher_unit", "chief_procurator", RESTRICTED, posts=held) == restricted
    assert _why_not("higher_unit", "deputy_chief_procurator", RESTRICTED, posts=held) != restricted
    told = explain(posts=held, assignments=[], case=RESTRICTED, part="hsva", day=DAY)
    assert told.unrestricted == Decision(Level.VIEW, "Viện trưởng đơn vị cấp trên")
    assert _why_not("higher_unit", "chief_procurator", PROVINCE) == "Đơn vị thụ lý không có đơn vị cấp trên."


def test_what_ends_when_and_what_is_left_then() -> None:
    told = explain(
        posts=[Held("records_clerk", OWN, START)],
        assignments=[Held("scan_operator", "", START, dt.date(2026, 3, 31))],
        case=CASE,
        part="hsva",
        day=DAY,
    )
    assert (told.decision.level, told.lasts_until) == (Level.CONTRIBUTE, dt.date(2026, 3, 31))
    assert told.then == Decision(Level.METADATA, "Văn thư đơn vị thụ lý")
    assert told.granting is not None
    assert told.granting.by == Held("scan_operator", "", START, dt.date(2026, 3, 31))
