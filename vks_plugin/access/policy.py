"""Who may do what in a case: one table, one pure function.

The table is read by the projection onto the host's permissions, by the pages and
by the documentation; nothing else decides. It is this project's proposal for the
matrix the offices have yet to approve, not a quotation of any regulation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType
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


class Sensitivity(IntEnum):
    """How much a case has to be kept among few. State secrets are not among these: they are not stored here."""

    NORMAL = 0
    SEXUAL_OFFENCE = 1
    """A charge under Điều 141–147 of the code of 2015, in force or replaced, or a victim of such an offence: whoever it
    was done to, also without anybody under 18."""
    PROTECTED = 2
    """Persons under 18 or sexual abuse of one: by the marks on the case."""
    RESTRICTED = 3
    """Marked so by who works on the case."""


class Rule(NamedTuple):
    """One row of the matrix."""

    relation: str
    """How the person stands to the case, one of `RELATIONS`."""
    role: str
    """Role of the assignment or of the post; kind of the temporary access."""
    part: str
    """`hsva` case file or `hsks` supervision file."""
    level: Level
    up_to: Sensitivity
    """The most sensitive cases for which the row holds."""
    reason: str
    """In Vietnamese; translated by whoever shows it."""
    when: str = ""
    """A condition on where the case stands, one of `CONDITIONS`; empty: always."""


RELATIONS: Mapping[str, str] = MappingProxyType(
    {
        "assigned": _("được phân công vào vụ án"),
        "granted": _("được mở quyền tạm thời vào vụ án"),
        "own_unit": _("tại đơn vị thụ lý"),
        "own_department": _("tại phòng thụ lý"),
        "trial_unit": _("tại đơn vị được phân công xét xử"),
        "higher_unit": _("tại đơn vị cấp trên"),
        "higher_department": _("tại phòng của đơn vị cấp trên phụ trách giai đoạn của vụ án"),
    }
)
"""How somebody can stand to a case."""

CONDITIONS: Mapping[str, str] = MappingProxyType(
    {
        "appeal": _("từ khi có kháng cáo, kháng nghị đến hết phúc thẩm"),
        "archived": _("sau khi nộp lưu"),
    }
)
"""What a row can ask of where the case stands."""

_N, _P, _R = Sensitivity.NORMAL, Sensitivity.PROTECTED, Sensitivity.RESTRICTED

RULES: tuple[Rule, ...] = (
    Rule("assigned", "prosecutor_lead", "hsva", Level.CONTRIBUTE, _R, _("Kiểm sát viên thụ lý chính của vụ án")),
    Rule("assigned", "prosecutor_lead", "hsks", Level.CONTRIBUTE, _R, _("Kiểm sát viên thụ lý chính của vụ án")),
    Rule("assigned", "prosecutor", "hsva", Level.CONTRIBUTE, _R, _("Kiểm sát viên được phân công vào vụ án")),
    Rule("assigned", "prosecutor", "hsks", Level.CONTRIBUTE, _R, _("Kiểm sát viên được phân công vào vụ án")),
    Rule("assigned", "inspector", "hsva", Level.CONTRIBUTE, _R, _("Kiểm tra viên được phân công vào vụ án")),
    Rule("assigned", "inspector", "hsks", Level.CONTRIBUTE, _R, _("Kiểm tra viên được phân công vào vụ án")),
    Rule("assigned", "scan_operator", "hsva", Level.CONTRIBUTE, _R, _("Được giao số hóa hồ sơ này")),
    Rule("assigned", "qc_reviewer", "hsva", Level.VIEW, _R, _("Được giao kiểm tra chất lượng số hóa hồ sơ này")),
    # the province prosecutes, the office below appears at the trial (Điều 239)
    Rule(
        "assigned",
        "trial_prosecutor",
        "hsva",
        Level.CONTRIBUTE,
        _R,
        _("Kiểm sát viên được cử thực hành quyền công tố tại phiên tòa"),
    ),
    Rule(
        "assigned", "appeal_prosecutor", "hsva", Level.VIEW, _R, _("Kiểm sát viên được phân công phúc thẩm"), "appeal"
    ),
    # extensions beyond an office's own power, and cases put before the office above
    Rule("assigned", "reviewer", "hsva", Level.VIEW, _R, _("Được giao xét hồ sơ đề nghị của đơn vị cấp dưới")),
    Rule("granted", "emergency", "hsva", Level.VIEW, _R, _("Truy cập khẩn cấp đã được duyệt")),
    Rule("granted", "oversight", "hsva", Level.VIEW, _N, _("Phòng cấp trên mở xem theo khâu phụ trách, có lý do")),
    # who lends it leads the office that has the case; the supervision file is lent on paper alone
    Rule("granted", "loan", "hsva", Level.VIEW, _R, _("Mượn bản điện tử của hồ sơ, đã được duyệt")),
    Rule("own_unit", "chief_procurator", "hsva", Level.MANAGE, _R, _("Viện trưởng đơn vị thụ lý")),
    Rule("own_unit", "chief_procurator", "hsks", Level.MANAGE, _R, _("Viện trưởng đơn vị thụ lý")),
    Rule("own_unit", "deputy_chief_procurator", "hsva", Level.MANAGE, _R, _("Phó Viện trưởng đơn vị thụ lý")),
    Rule("own_unit", "deputy_chief_procurator", "hsks", Level.MANAGE, _R, _("Phó Viện trưởng đơn vị thụ lý")),
    Rule("own_unit", "records_clerk", "hsva", Level.METADATA, _P, _("Văn thư đơn vị thụ lý")),
    Rule("own_unit", "archivist", "hsva", Level.VIEW, _P, _("Lưu trữ viên đơn vị thụ lý"), "archived"),
    Rule("own_unit", "archivist", "hsks", Level.VIEW, _P, _("Lưu trữ viên đơn vị thụ lý"), "archived"),
    Rule("own_department", "department_head", "hsva", Level.VIEW, _P, _("Trưởng phòng của phòng thụ lý")),
    Rule("own_department", "department_head", "hsks", Level.VIEW, _P, _("Trưởng phòng của phòng thụ lý")),
    Rule("own_department", "deputy_department_head", "hsva", Level.VIEW, _P, _("Phó Trưởng phòng của phòng thụ lý")),
    Rule("own_department", "deputy_department_head", "hsks", Level.VIEW, _P, _("Phó Trưởng phòng của phòng thụ lý")),
    Rule("trial_unit", "chief_procurator", "hsva", Level.VIEW, _R, _("Viện trưởng đơn vị được phân công xét xử")),
    Rule(
        "trial_unit",
        "deputy_chief_procurator",
        "hsva",
        Level.VIEW,
        _R,
        _("Phó Viện trưởng đơn vị được phân công xét xử"),
    ),
    Rule("higher_unit", "chief_procurator", "hsva", Level.VIEW, _P, _("Viện trưởng đơn vị cấp trên")),
    Rule("higher_unit", "chief_procurator", "hsks", Level.VIEW, _P, _("Viện trưởng đơn vị cấp trên")),
    Rule("higher_unit", "deputy_chief_procurator", "hsva", Level.VIEW, _P, _("Phó Viện trưởng đơn vị cấp trên")),
    Rule("higher_unit", "deputy_chief_procurator", "hsks", Level.VIEW, _P, _("Phó Viện trưởng đơn vị cấp trên")),
    # they read it once they have given a reason: the row "granted", "oversight"
    Rule(
        "higher_department",
        "department_head",
        "hsva",
        Level.METADATA,
        _N,
        _("Trưởng phòng cấp trên phụ trách giai đoạn này"),
    ),
    Rule(
        "higher_department",
        "deputy_department_head",
        "hsva",
        Level.METADATA,
        _N,
        _("Phó Trưởng phòng cấp trên phụ trách giai đoạn này"),
    ),
)


class TableRow(NamedTuple):
    """What the matrix gives the holders of one role who stand alike to a case, as a table shows it."""

    relation: str
    role: str
    levels: Mapping[str, Level]
    """By part of the file; `Level.NONE` where no row of the matrix says more."""
    up_to: Sensitivity
    when: str


def as_table() -> list[TableRow]:
    """Return the matrix with both parts of the file beside each other; whom and when a row is for is the same for both."""
    rows: dict[tuple[str, str, Sensitivity, str], dict[str, Level]] = {}
    for rule in RULES:
        levels = rows.setdefault((rule.relation, rule.role, rule.up_to, rule.when), {})
        levels[rule.part] = rule.level
    return [
        TableRow(relation, role, {part: levels.get(part, Level.NONE) for part in ("hsva", "hsks")}, up_to, when)
        for (relation, role, up_to, when), levels in rows.items()
    ]


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


MAY_ORGANIZE: frozenset[str] = frozenset({"chief_procurator", "system_admin"})
"""Roles whose holders in the province may keep offices and departments, and let one office take over from others."""

MAY_SET_CALENDAR: frozenset[str] = frozenset({"system_admin"})
"""Roles whose holders in the province may say which days are off, which every office counts by."""

LEADING: frozenset[str] = frozenset({"chief_procurator", "deputy_chief_procurator"})
"""Roles whose holders lead an office: in the office itself, and over those below."""

OF_TRIAL_UNIT = "trial_prosecutor"
"""The assignment that the leaders of the office appointed for the trial give, and nobody else's people get (Điều 239)."""

OF_HIGHER_UNIT: frozenset[str] = frozenset({"appeal_prosecutor", "reviewer"})
"""Assignments for people of the office above, given by its leaders."""


_PROSECUTING = LEADING | {"department_head", "deputy_department_head", "prosecutor"}
_CLERICAL = {"specialist", "records_clerk", "archivist", "scan_operator", "qc_reviewer"}

POSTS_FOR: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "prosecutor_lead": _PROSECUTING,
        "prosecutor": _PROSECUTING,
        "trial_prosecutor": _PROSECUTING,
        "appeal_prosecutor": _PROSECUTING,
        "inspector": _PROSECUTING | {"inspector"},
        "reviewer": _PROSECUTING | {"inspector", "specialist"},
        # none of these is for who keeps the figures or runs the machines: they read no file
        "scan_operator": _PROSECUTING | _CLERICAL | {"inspector"},
        "qc_reviewer": _PROSECUTING | _CLERICAL | {"inspector"},
    }
)
"""For each assignment the posts whose holders may get it: what a prosecutor is given is no way to the file for others."""


OVERSIGHT = "oversight"
"""The temporary access that the heads of the department above in charge of the stage open themselves."""

OVERSEEING: frozenset[str] = frozenset(rule.role for rule in RULES if rule.relation == "higher_department")
"""Roles whose holders open it, and keep it while they are that."""


class Post(NamedTuple):
    """A post in force: a role in a unit, or in a department of it."""

    role: str
    unit: str
    department: str = ""
    """Code of the department within the unit; empty: the office as a whole."""
    stages: frozenset[str] = frozenset()
    """Stages for which the department is in charge over the offices below."""


@dataclass(frozen=True)
class CaseFacts:
    """What the decision needs to know of a case."""

    unit: str
    higher_unit: str | None
    sensitivity: Sensitivity = Sensitivity.NORMAL
    department: str = ""
    """Code of the department that has it, within its unit."""
    trial_unit: str | None = None
    """The office appointed to appear at the trial (Điều 239)."""
    stage: str = ""
    under_appeal: bool = False
    archived: bool = False

    def meets(self, condition: str) -> bool:
        """Tell whether the case stands where a row asks it to."""
        return condition == "" or (self.under_appeal if condition == "appeal" else self.archived)

    @property
    def units(self) -> frozenset[str]:
        """The offices of which somebody has to be to work on it: who has left them all is assigned to nothing."""
        return frozenset(each for each in (self.unit, self.higher_unit, self.trial_unit) if each is not None)


@dataclass(frozen=True)
class Decision:
    """A level and why."""

    level: Level
    reason: str


def relations_of(post: Post, case: CaseFacts) -> frozenset[str]:
    """Return how the holder of a post stands to a case."""
    found = set()
    if post.unit == case.unit:
        found.add("own_unit")
        if post.department and post.department == case.department:
            found.add("own_department")
    elif case.higher_unit is not None and post.unit == case.higher_unit:
        found.add("higher_unit")
        if post.department and case.stage in post.stages:
            found.add("higher_department")
    if case.trial_unit is not None and post.unit == case.trial_unit:
        found.add("trial_unit")
    return frozenset(found)


def decide(
    *,
    posts: Iterable[Post],
    assigned_as: Iterable[str],
    case: CaseFacts,
    part: str,
    granted: Iterable[str] = (),
) -> Decision:
    """Return the highest level any row of the table gives, with that row's reason.

    An assignment counts for who holds a post in an office that has to do with the case, a temporary access as
    `keeps_open` says: leaving a post ends at that moment what hung on it.

    Args:
        posts: the person's posts in force.
        assigned_as: the roles of the person's assignments to this very case in force.
        case: the case.
        part: `hsva` or `hsks`.
        granted: the kinds of temporary access to this very case the person has now.
    """
    mine = list(posts)
    held = {(relation, post.role) for post in mine for relation in relations_of(post, case)}
    if any(post.unit in case.units for post in mine):
        held |= {("assigned", role) for role in assigned_as}
    held |= {("granted", kind) for kind in granted if keeps_open(kind, mine, case)}
    best = Decision(Level.NONE, NO_REASON)
    for rule in RULES:
        if rule.part == part and (rule.relation, rule.role) in held and _holds(rule, case) and rule.level > best.level:
            best = Decision(rule.level, rule.reason)
    return best


def keeps_open(kind: str, posts: Iterable[Post], case: CaseFacts) -> bool:
    """Tell whether a temporary access of a kind counts for who holds these posts.

    Oversight rests on the post by which it is opened: it counts as long as the person heads a department that is in
    charge of the stage in which the case is, over the office that has it. The others count with any post.
    """
    if kind == OVERSIGHT:
        return any(post.role in OVERSEEING and "higher_department" in relations_of(post, case) for post in posts)
    return any(True for _post in posts)


def _holds(rule: Rule, case: CaseFacts) -> bool:
    return case.sensitivity <= rule.up_to and case.meets(rule.when)


def standing_viewers(case: CaseFacts, part: str) -> frozenset[Post]:
    """Return the posts whose every holder may view this part of the case; a department is named where it matters."""
    viewers = set()
    for rule in RULES:
        if rule.part != part or rule.level < Level.VIEW or not _holds(rule, case):
            continue
        if rule.relation == "own_unit":
            viewers.add(Post(rule.role, case.unit))
        elif rule.relation == "own_department" and case.department:
            viewers.add(Post(rule.role, case.unit, case.department))
        elif rule.relation == "trial_unit" and case.trial_unit is not None:
            viewers.add(Post(rule.role, case.trial_unit))
        elif rule.relation == "higher_unit" and case.higher_unit is not None:
            viewers.add(Post(rule.role, case.higher_unit))
    return frozenset(viewers)


def assigned_levels(case: CaseFacts, part: str) -> dict[str, Level]:
    """Return, for each assignment role that may see this part, how far it may go."""
    return _levels("assigned", case, part)


def granted_levels(case: CaseFacts, part: str) -> dict[str, Level]:
    """Return, for each kind of temporary access that may see this part, how far it may go."""
    return _levels("granted", case, part)


def _levels(relation: str, case: CaseFacts, part: str) -> dict[str, Level]:
    return {
        rule.role: rule.level
        for rule in RULES
        if rule.relation == relation and rule.part == part and rule.level >= Level.VIEW and _holds(rule, case)
    }
