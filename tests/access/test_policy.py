"""The matrix, cell by cell, against a table written by hand here."""

from __future__ import annotations

import pytest

from vks_plugin.access.policy import RULES, CaseFacts, Level, Post, assigned_levels, decide, standing_viewers

CASE = CaseFacts(unit="QN-KV1", higher_unit="QN", restricted=False)
RESTRICTED = CaseFacts(unit="QN-KV1", higher_unit="QN", restricted=True)

OWN, ABOVE, OTHER = "QN-KV1", "QN", "QN-KV3"

# holder: level in the case file, in the supervision file, and both again for a restricted case
EXPECTED: dict[tuple[str, str], tuple[Level, Level, Level, Level]] = {
    (OWN, "chief_procurator"): (Level.MANAGE, Level.MANAGE, Level.MANAGE, Level.MANAGE),
    (OWN, "deputy_chief_procurator"): (Level.MANAGE, Level.MANAGE, Level.MANAGE, Level.MANAGE),
    (OWN, "records_clerk"): (Level.METADATA, Level.NONE, Level.NONE, Level.NONE),
    (ABOVE, "chief_procurator"): (Level.VIEW, Level.VIEW, Level.NONE, Level.NONE),
    (ABOVE, "deputy_chief_procurator"): (Level.VIEW, Level.VIEW, Level.NONE, Level.NONE),
    ("assigned", "prosecutor_lead"): (Level.CONTRIBUTE,) * 4,
    ("assigned", "prosecutor"): (Level.CONTRIBUTE,) * 4,
    ("assigned", "inspector"): (Level.CONTRIBUTE,) * 4,
    ("assigned", "scan_operator"): (Level.CONTRIBUTE, Level.NONE, Level.CONTRIBUTE, Level.NONE),
}

ROLES = [
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
    "prosecutor_lead",
]


@pytest.mark.parametrize("where", [OWN, ABOVE, OTHER, "assigned"])
@pytest.mark.parametrize("role", ROLES)
def test_every_cell_of_the_matrix(where: str, role: str) -> None:
    posts = [] if where == "assigned" else [Post(role, where)]
    assigned = [role] if where == "assigned" else []
    got = tuple(
        decide(posts=posts, assigned_as=assigned, case=case, part=part).level
        for case in (CASE, RESTRICTED)
        for part in ("hsva", "hsks")
    )
    assert got == EXPECTED.get((where, role), (Level.NONE,) * 4)


def test_the_highest_row_wins_and_gives_its_reason() -> None:
    decision = decide(posts=[Post("records_clerk", OWN)], assigned_as=["scan_operator"], case=CASE, part="hsva")
    assert (decision.level, decision.reason) == (Level.CONTRIBUTE, "Được giao số hóa hồ sơ này")


def test_a_province_case_has_no_unit_above() -> None:
    province = CaseFacts(unit="QN", higher_unit=None, restricted=False)
    assert decide(posts=[Post("chief_procurator", OWN)], assigned_as=[], case=province, part="hsva").level == Level.NONE
    assert standing_viewers(province, "hsva") == {Post("chief_procurator", "QN"), Post("deputy_chief_procurator", "QN")}


@pytest.mark.parametrize("part", ["hsva", "hsks"])
@pytest.mark.parametrize("case", [CASE, RESTRICTED])
def test_what_is_projected_is_what_is_decided(case: CaseFacts, part: str) -> None:
    for role in ROLES:
        for unit in (OWN, ABOVE, OTHER):
            level = decide(posts=[Post(role, unit)], assigned_as=[], case=case, part=part).level
            assert (Post(role, unit) in standing_viewers(case, part)) == (level >= Level.VIEW)
        level = decide(posts=[], assigned_as=[role], case=case, part=part).level
        assert assigned_levels(case, part).get(role, Level.NONE) == (level if level >= Level.VIEW else Level.NONE)


def test_no_row_stands_twice() -> None:
    keys = [(rule.relation, rule.role, rule.part) for rule in RULES]
    assert len(keys) == len(set(keys))
