"""The matrix, cell by cell, against a table written by hand here."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from vks_plugin.access.explain import KEPT_AMONG
from vks_plugin.access.policy import (
    CONDITIONS,
    POSTS_FOR,
    RELATIONS,
    RULES,
    CaseFacts,
    Level,
    Post,
    Sensitivity,
    assigned_levels,
    decide,
    granted_levels,
    standing_viewers,
)
from vks_plugin.cases.models import Assignment
from vks_plugin.organization.roles import CIRCLES, HOST_PERMISSIONS, Role

OWN, ABOVE, OTHER, TRIAL = "QN-KV1", "QN", "QN-KV3", "QN-KV2"

CASE = CaseFacts(unit=OWN, higher_unit=ABOVE, stage="dieu_tra")
OFFENCE = replace(CASE, sensitivity=Sensitivity.SEXUAL_OFFENCE)
PROTECTED = replace(CASE, sensitivity=Sensitivity.PROTECTED)
RESTRICTED = replace(CASE, sensitivity=Sensitivity.RESTRICTED)
APPEALED = replace(CASE, stage="phuc_tham", under_appeal=True)
ARCHIVED = replace(CASE, stage="ket_thuc", archived=True)
PROVINCE = CaseFacts(unit=ABOVE, higher_unit=None, department="P2", trial_unit=TRIAL, stage="truy_to")
CASES = [CASE, OFFENCE, PROTECTED, RESTRICTED, APPEALED, ARCHIVED, PROVINCE]

# how somebody stands to the case, and as what: level in case file and supervision file of an ordinary case, one of a
# sexual offence, one with a person under 18, a restricted one, one under appeal, one archived. m knows of it, v views,
# c contributes, M manages.
TABLE = """
assigned   prosecutor_lead          cc cc cc cc cc cc
assigned   prosecutor               cc cc cc cc cc cc
assigned   inspector                cc cc cc cc cc cc
assigned   scan_operator            c- c- c- c- c- c-
assigned   qc_reviewer              v- v- v- v- v- v-
assigned   trial_prosecutor         c- c- c- c- c- c-
assigned   appeal_prosecutor        -- -- -- -- v- --
assigned   reviewer                 v- v- v- v- v- v-
granted    emergency                v- v- v- v- v- v-
granted    loan                     v- v- v- v- v- v-
granted    oversight                v- -- -- -- v- v-
own        chief_procurator         MM MM MM MM MM MM
own        deputy_chief_procurator  MM MM MM MM MM MM
own        records_clerk            m- m- m- -- m- m-
own        archivist                -- -- -- -- -- vv
above      chief_procurator         vv vv vv -- vv vv
above      deputy_chief_procurator  vv vv vv -- vv vv
department department_head          vv vv vv -- vv vv
department deputy_department_head   vv vv vv -- vv vv
stage      department_head          m- -- -- -- m- m-
stage      deputy_department_head   m- -- -- -- m- m-
trial      chief_procurator         v- v- v- v- v- v-
trial      deputy_chief_procurator  v- v- v- v- v- v-
"""
LEVELS = {"-": Level.NONE, "m": Level.METADATA, "v": Level.VIEW, "c": Level.CONTRIBUTE, "M": Level.MANAGE}
EXPECTED = {(row.split()[0], row.split()[1]): row.split()[2:] for row in TABLE.strip().splitlines()}
WHERE = ["assigned", "granted", "own", "above", "other", "department", "stage", "trial"]

POSTS = [
    "chief_procurator",
    "deputy_chief_procurator",
    "department_head",
    "deputy_department_head",
    "prosecutor",
    "inspector",
    "specialist",
    "records_clerk",
    "archivist",
    "scan_operator",
    "qc_reviewer",
    "statistics_officer",
    "system_admin",
]
ROLES = [
    *POSTS,
    "prosecutor_lead",
    "trial_prosecutor",
    "appeal_prosecutor",
    "reviewer",
    "emergency",
    "loan",
    "oversight",
]


def _overseer(case: CaseFacts) -> Post:
    """Return the post that opens a case by oversight."""
    return Post("department_head", ABOVE, "P7", frozenset({case.stage}))


def _situation(where: str, role: str, case: CaseFacts) -> tuple[list[Post], list[str], list[str], CaseFacts]:
    """Return posts, assignments and temporary access that put somebody there, and the case with what that takes."""
    bystander = Post("qc_reviewer", OWN)
    if where == "assigned":
        return [bystander], [role], [], case
    if where == "granted":
        post = _overseer(case) if role == "oversight" else Post("qc_reviewer", OTHER)
        return [post], [], [role], case
    if where == "department":
        return [Post(role, OWN, "P2")], [], [], replace(case, department="P2")
    if where == "stage":
        return [Post(role, ABOVE, "P7", frozenset({case.stage}))], [], [], case
    if where == "trial":
        return [Post(role, TRIAL)], [], [], replace(case, trial_unit=TRIAL)
    return [Post(role, {"own": OWN, "above": ABOVE, "other": OTHER}[where])], [], [], case


@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize("role", ROLES)
def test_every_cell_of_the_matrix(where: str, role: str) -> None:
    got = []
    for case in (CASE, OFFENCE, PROTECTED, RESTRICTED, APPEALED, ARCHIVED):
        posts, assigned, granted, there = _situation(where, role, case)
        got.append(
            tuple(
                decide(posts=posts, assigned_as=assigned, granted=granted, case=there, part=part).level
                for part in ("hsva", "hsks")
            )
        )
    expected = EXPECTED.get((where, role), ["--"] * 6)
    if where in {"department", "stage"} and role in {"chief_procurator", "deputy_chief_procurator", "records_clerk"}:
        # a post held in a department is one of the office as well
        expected = EXPECTED.get(("own" if where == "department" else "above", role), ["--"] * 6)
    if (where, role) == ("department", "archivist"):
        expected = EXPECTED["own", "archivist"]
    assert got == [tuple(LEVELS[letter] for letter in cell) for cell in expected]


def test_the_highest_row_wins_and_gives_its_reason() -> None:
    decision = decide(posts=[Post("records_clerk", OWN)], assigned_as=["scan_operator"], case=CASE, part="hsva")
    assert (decision.level, decision.reason) == (Level.CONTRIBUTE, "Được giao số hóa hồ sơ này")


def test_a_province_case_has_no_unit_above() -> None:
    province = CaseFacts(unit=ABOVE, higher_unit=None)
    assert decide(posts=[Post("chief_procurator", OWN)], assigned_as=[], case=province, part="hsva").level == Level.NONE
    assert standing_viewers(province, "hsva") == {Post("chief_procurator", "QN"), Post("deputy_chief_procurator", "QN")}


@pytest.mark.parametrize("role", ["prosecutor_lead", "prosecutor", "scan_operator", "reviewer"])
def test_an_assignment_opens_nothing_to_who_left_the_offices_of_the_case(role: str) -> None:
    for left in ([], [Post("prosecutor", OTHER)]):
        assert decide(posts=left, assigned_as=[role], case=CASE, part="hsva").level == Level.NONE
    for still in (OWN, ABOVE):
        assert decide(posts=[Post("specialist", still)], assigned_as=[role], case=CASE, part="hsva").level > Level.NONE
    trial = replace(CASE, trial_unit=OTHER)
    assert decide(posts=[Post("prosecutor", OTHER)], assigned_as=[role], case=trial, part="hsva").level > Level.NONE


@pytest.mark.parametrize("kind", ["emergency", "oversight"])
def test_temporary_access_ends_with_the_last_post(kind: str) -> None:
    assert decide(posts=[], assigned_as=[], granted=[kind], case=CASE, part="hsva").level == Level.NONE


def test_oversight_rests_on_the_post_that_opened_it() -> None:
    def level(*posts: Post, case: CaseFacts = CASE) -> Level:
        return decide(posts=posts, assigned_as=[], granted=["oversight"], case=case, part="hsva").level

    head = Post("department_head", ABOVE, "P2", frozenset({"dieu_tra", "truy_to"}))
    assert level(head) == Level.VIEW
    # another department, no head any more, moved to an office below, and no department in particular
    for other in (
        head._replace(department="P7", stages=frozenset({"phuc_tham"})),
        head._replace(role="prosecutor"),
        head._replace(unit=OTHER),
        head._replace(department=""),
    ):
        assert level(other) == Level.NONE, other
    assert level(head, Post("prosecutor", OTHER)) == Level.VIEW
    # the case goes on to a stage of another department, or to an office that is not below
    assert level(head, case=replace(CASE, stage="xet_xu_so_tham")) == Level.NONE
    assert level(head, case=replace(CASE, unit="LS-KV1", higher_unit="LS")) == Level.NONE


def test_a_department_reaches_its_own_cases_and_its_own_stages_only() -> None:
    head = Post("department_head", ABOVE, "P2", frozenset({"dieu_tra", "truy_to"}))
    assert decide(posts=[head], assigned_as=[], case=PROVINCE, part="hsva").level == Level.VIEW
    elsewhere = replace(PROVINCE, department="P3")
    assert decide(posts=[head], assigned_as=[], case=elsewhere, part="hsva").level == Level.NONE
    assert decide(posts=[head], assigned_as=[], case=CASE, part="hsva").level == Level.METADATA
    assert decide(posts=[head], assigned_as=[], case=APPEALED, part="hsva").level == Level.NONE
    # who heads no department in particular heads none
    whole = Post("department_head", ABOVE, "", frozenset({"dieu_tra"}))
    assert decide(posts=[whole], assigned_as=[], case=CASE, part="hsva").level == Level.NONE
    assert decide(posts=[whole], assigned_as=[], case=replace(PROVINCE, department=""), part="hsva").level == Level.NONE


@pytest.mark.parametrize("part", ["hsva", "hsks"])
@pytest.mark.parametrize("case", CASES)
def test_what_is_projected_is_what_is_decided(case: CaseFacts, part: str) -> None:
    near = Post("qc_reviewer", case.unit)
    for role, unit, department in itertools.product(ROLES, (OWN, ABOVE, OTHER, TRIAL), ("", "P2", "P7")):
        post = Post(role, unit, department)
        level = decide(posts=[post], assigned_as=[], case=case, part=part).level
        projected = standing_viewers(case, part) & {Post(role, unit), Post(role, unit, department)}
        assert bool(projected) == (level >= Level.VIEW), post
    for role in ROLES:
        level = decide(posts=[near], assigned_as=[role], case=case, part=part).level
        assert assigned_levels(case, part).get(role, Level.NONE) == (level if level >= Level.VIEW else Level.NONE)
        if role == "oversight" and case.higher_unit is None:
            # nobody is above to open it
            continue
        posts = [near, _overseer(case)] if role == "oversight" else [near]
        level = decide(posts=posts, assigned_as=[], granted=[role], case=case, part=part).level
        assert granted_levels(case, part).get(role, Level.NONE) == (level if level >= Level.VIEW else Level.NONE)


def test_no_row_stands_twice_and_each_is_of_a_known_sort() -> None:
    keys = [(rule.relation, rule.role, rule.part) for rule in RULES]
    assert len(keys) == len(set(keys))
    assert {rule.relation for rule in RULES} == set(RELATIONS)
    assert {rule.when for rule in RULES} - {""} == set(CONDITIONS)


@pytest.mark.parametrize("circle", sorted(set(CIRCLES.values())))
def test_roles_that_share_a_group_may_view_the_same(circle: str) -> None:
    def views(role: str) -> set[tuple[str, str, Sensitivity, str]]:
        return {
            (rule.relation, rule.part, rule.up_to, rule.when)
            for rule in RULES
            if rule.role == role and rule.level >= Level.VIEW
        }

    first, *others = [role for role, each in CIRCLES.items() if each == circle]
    assert others
    assert views(first)
    for other in others:
        assert views(other) == views(first)
        assert HOST_PERMISSIONS[Role(other)] == HOST_PERMISSIONS[Role(first)]


def test_what_the_page_says_of_a_case_that_is_kept_among_few_is_what_the_table_does() -> None:
    """Its sentences name those to whom it is closed, or open; a row that changes takes them along."""

    def closed_to(case: CaseFacts) -> set[tuple[str, str]]:
        return {(rule.relation, rule.role) for rule in RULES if rule.up_to < case.sensitivity}

    heads = {("higher_department", role) for role in ("department_head", "deputy_department_head")}
    assert closed_to(OFFENCE) == closed_to(PROTECTED) == {("granted", "oversight"), *heads}
    open_to = {(rule.relation, rule.role) for rule in RULES} - closed_to(RESTRICTED)
    leaders = {
        (place, role)
        for place in ("own_unit", "trial_unit")
        for role in ("chief_procurator", "deputy_chief_procurator")
    }
    assert {each for each in open_to if each[0] != "assigned"} == {
        ("granted", "emergency"),
        ("granted", "loan"),
        *leaders,
    }
    assert KEPT_AMONG.keys() == {each for each in Sensitivity if each > Sensitivity.NORMAL}


def test_each_assignment_is_for_posts_that_have_to_do_with_files() -> None:
    assert POSTS_FOR.keys() == set(Assignment.Role.values)
    for role, posts in POSTS_FOR.items():
        assert posts <= set(Role.values), role
        assert posts.isdisjoint({"statistics_officer", "system_admin"}), role
        # who reads the supervision file by it is a prosecutor or an inspector
        if any((rule.relation, rule.role, rule.part) == ("assigned", role, "hsks") for rule in RULES):
            assert posts.isdisjoint({"specialist", "records_clerk", "archivist", "scan_operator", "qc_reviewer"}), role
