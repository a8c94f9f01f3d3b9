"""Who may do what in a case: one table, one pure function.

The table is read by the projection onto the host's permissions, by the pages and
by the documentation; nothing else decides. It is this project's proposal for the
matrix the offices have yet to approve, not a quotation of any regulation.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from vks_plugin.text import gettext_noop as _


class Level(IntEnum):
    """How far a person may go; each level includes the ones before it."""

    NONE = 0
    METADATA = 1
    """Knows that the case exists, its number and who holds it; reads no document."""
    VIEW = 2
    CONTRIBUTE = 3
    """May also file documents."""
    MANAGE = 4
    """May also assign people."""


class Rule(NamedTuple):
    """One row of the matrix."""

    relation: str
    """`assigned` to the case; post in the case's `own_unit`; post in the unit above (`higher_unit`)."""
    role: str
    """Role of the assignment or of the post."""
    part: str
    """`hsva` case file or `hsks` supervision file."""
    level: Level
    restricted_too: bool
    """Whether the row also holds for cases marked as restricted."""
    reason: str
    """In Vietnamese; translated by whoever shows it."""


RULES: tuple[Rule, ...] = (
    Rule("assigned", "prosecutor_lead", "hsva", Level.CONTRIBUTE, True, _("Kiểm sát viên thụ lý chính của vụ án")),
    Rule("assigned", "prosecutor_lead", "hsks", Level.CONTRIBUTE, True, _("Kiểm sát viên thụ lý chính của vụ án")),
    Rule("assigned", "prosecutor", "hsva", Level.CONTRIBUTE, True, _("Kiểm sát viên được phân công vào vụ án")),
    Rule("assigned", "prosecutor", "hsks", Level.CONTRIBUTE, True, _("Kiểm sát viên được phân công vào vụ án")),
    Rule("assigned", "inspector", "hsva", Level.CONTRIBUTE, True, _("Kiểm tra viên được phân công vào vụ án")),
    Rule("assigned", "inspector", "hsks", Level.CONTRIBUTE, True, _("Kiểm tra viên được phân công vào vụ án")),
    Rule("assigned", "scan_operator", "hsva", Level.CONTRIBUTE, True, _("Được giao số hóa hồ sơ này")),
    Rule("own_unit", "chief_procurator", "hsva", Level.MANAGE, True, _("Viện trưởng đơn vị thụ lý")),
    Rule("own_unit", "chief_procurator", "hsks", Level.MANAGE, True, _("Viện trưởng đơn vị thụ lý")),
    Rule("own_unit", "deputy_chief_procurator", "hsva", Level.MANAGE, True, _("Phó Viện trưởng đơn vị thụ lý")),
    Rule("own_unit", "deputy_chief_procurator", "hsks", Level.MANAGE, True, _("Phó Viện trưởng đơn vị thụ lý")),
    Rule("own_unit", "records_clerk", "hsva", Level.METADATA, False, _("Văn thư đơn vị thụ lý")),
    Rule("higher_unit", "chief_procurator", "hsva", Level.VIEW, False, _("Viện trưởng đơn vị cấp trên")),
    Rule("higher_unit", "chief_procurator", "hsks", Level.VIEW, False, _("Viện trưởng đơn vị cấp trên")),
    Rule("higher_unit", "deputy_chief_procurator", "hsva", Level.VIEW, False, _("Phó Viện trưởng đơn vị cấp trên")),
    Rule("higher_unit", "deputy_chief_procurator", "hsks", Level.VIEW, False, _("Phó Viện trưởng đơn vị cấp trên")),
)

NO_REASON = _("Không có vai trò nào đối với vụ án này")
NO_ACCOUNT = _("Chưa đăng nhập hoặc tài khoản đã khóa")

MAY_REGISTER: frozenset[str] = frozenset(
    {
        "chief_procurator",
        "deputy_chief_procurator",
        "prosecutor",
        "inspector",
        "specialist",
        "records_clerk",
        "scan_operator",
    },
)
"""Roles whose holders may register a case of their own unit."""

MAY_APPOINT: frozenset[str] = frozenset({"chief_procurator", "system_admin"})
"""Roles whose holders may record appointments: the chief in the own unit and those below, the administrator anywhere."""


MAY_SET_CALENDAR: frozenset[str] = frozenset({"system_admin"})
"""Roles whose holders in the province may say which days are off, which every office counts by."""


class Post(NamedTuple):
    """A post in force: a role in a unit."""

    role: str
    unit: str


@dataclass(frozen=True)
class CaseFacts:
    """What the decision needs to know of a case."""

    unit: str
    higher_unit: str | None
    restricted: bool


@dataclass(frozen=True)
class Decision:
    """A level and why."""

    level: Level
    reason: str


def decide(*, posts: Iterable[Post], assigned_as: Iterable[str], case: CaseFacts, part: str) -> Decision:
    """Return the highest level any row of the table gives, with that row's reason.

    Args:
        posts: the person's posts in force.
        assigned_as: the roles of the person's assignments to this very case in force.
        case: the case.
        part: `hsva` or `hsks`.
    """
    held = {("assigned", role) for role in assigned_as}
    for post in posts:
        if post.unit == case.unit:
            held.add(("own_unit", post.role))
        elif case.higher_unit is not None and post.unit == case.higher_unit:
            held.add(("higher_unit", post.role))
    best = Decision(Level.NONE, NO_REASON)
    for rule in RULES:
        if rule.part != part or (rule.relation, rule.role) not in held:
            continue
        if case.restricted and not rule.restricted_too:
            continue
        if rule.level > best.level:
            best = Decision(rule.level, rule.reason)
    return best


def standing_viewers(case: CaseFacts, part: str) -> frozenset[Post]:
    """Return the posts whose every holder may view this part of the case."""
    viewers = set()
    for rule in RULES:
        if rule.part != part or rule.level < Level.VIEW or (case.restricted and not rule.restricted_too):
            continue
        if rule.relation == "own_unit":
            viewers.add(Post(rule.role, case.unit))
        elif rule.relation == "higher_unit" and case.higher_unit is not None:
            viewers.add(Post(rule.role, case.higher_unit))
    return frozenset(viewers)


def assigned_levels(case: CaseFacts, part: str) -> dict[str, Level]:
    """Return, for each assignment role that may see this part, how far it may go."""
    return {
        rule.role: rule.level
        for rule in RULES
        if rule.relation == "assigned"
        and rule.part == part
        and rule.level >= Level.VIEW
        and (rule.restricted_too or not case.restricted)
    }
