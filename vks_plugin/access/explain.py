"""Why somebody may go so far in a case and no further: the chain of reasons with its days.

Pure, like the policy it explains. The answer itself is always the one of `decide`; what stands here is which row of
the table gives it, through which post or assignment and until when, and of every other row the first condition that
fails.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import NamedTuple

from vks_plugin.access.policy import (
    NO_ACCOUNT,
    RULES,
    CaseFacts,
    Decision,
    Level,
    Post,
    Rule,
    Sensitivity,
    decide,
    keeps_open,
    relations_of,
)
from vks_plugin.text import Sentence
from vks_plugin.text import gettext_noop as _

LEVEL_NAMES: Mapping[Level, str] = MappingProxyType(
    {
        Level.NONE: _("không có quyền"),
        Level.METADATA: _("biết có vụ án"),
        Level.VIEW: _("xem"),
        Level.CONTRIBUTE: _("nộp"),
        Level.MANAGE: _("quản lý"),
    }
)

REACH_NAMES: Mapping[Sensitivity, str] = MappingProxyType(
    {
        Sensitivity.NORMAL: _("vụ án thường"),
        Sensitivity.SEXUAL_OFFENCE: _("cả vụ xâm hại tình dục"),
        Sensitivity.PROTECTED: _("cả vụ xâm hại tình dục, vụ có người dưới 18 tuổi"),
        Sensitivity.RESTRICTED: _("cả vụ hạn chế nội bộ"),
    }
)
"""Which cases a row of the table is for, by the most sensitive of them."""

RESTRICTED = _("Vụ án hạn chế nội bộ: căn cứ này không áp dụng, phải được phân công vào vụ án.")
NO_HIGHER_UNIT = _("Đơn vị thụ lý không có đơn vị cấp trên.")
PROTECTED = _("Vụ án có người dưới 18 tuổi hoặc xâm hại tình dục người dưới 18 tuổi: căn cứ này không áp dụng.")
SEXUAL_OFFENCE = _(
    "Vụ án về tội xâm hại tình dục (tội danh thuộc Điều 141–147 BLHS năm 2015, hoặc có bị hại của tội ấy): căn cứ này không áp dụng."
)
_TOO_SENSITIVE: Mapping[Sensitivity, str] = MappingProxyType(
    {
        Sensitivity.SEXUAL_OFFENCE: SEXUAL_OFFENCE,
        Sensitivity.PROTECTED: PROTECTED,
        Sensitivity.RESTRICTED: RESTRICTED,
    }
)
KEPT_AMONG: Mapping[Sensitivity, str] = MappingProxyType(
    {
        Sensitivity.SEXUAL_OFFENCE: _(
            "Vụ án về tội xâm hại tình dục: phòng của đơn vị cấp trên không biết vụ án và không mở xem được, kể cả đã mở trước đó."
        ),
        Sensitivity.PROTECTED: _(
            "Vụ án có người dưới 18 tuổi hoặc xâm hại tình dục người dưới 18 tuổi: phòng của đơn vị cấp trên không biết vụ án và không mở xem được, kể cả đã mở trước đó."
        ),
        Sensitivity.RESTRICTED: _(
            "Vụ án hạn chế nội bộ: chỉ lãnh đạo đơn vị thụ lý, lãnh đạo đơn vị tại phiên tòa, người được phân công, người được duyệt truy cập khẩn cấp hoặc cho mượn xem được; "
            "văn thư, lưu trữ viên, lãnh đạo phòng và đơn vị cấp trên không thấy."
        ),
    }
)
"""Whom a case that is more than ordinary is closed to, for those who may read it; the rows of the table say the same."""
NO_POST = _("Không giữ chức danh nào.")
NO_POST_NEAR = _("Không còn chức danh tại đơn vị thụ lý, đơn vị cấp trên hay đơn vị được phân công xét xử.")
NO_TRIAL_UNIT = _("Vụ án chưa được phân công cho đơn vị cấp dưới xét xử.")
NEVER_GRANTED = _("Chưa được mở quyền tạm thời vào vụ án.")
NOT_IN_CHARGE = _("Không còn là lãnh đạo phòng cấp trên phụ trách giai đoạn hiện nay của vụ án.")
OTHER_DEPARTMENT = _("Không giữ chức danh này tại phòng thụ lý.")
OTHER_STAGE = _("Không giữ chức danh này tại phòng phụ trách giai đoạn của vụ án.")
_UNMET = {
    "appeal": _("Vụ án không ở giai đoạn từ khi có kháng cáo, kháng nghị đến hết phúc thẩm."),
    "archived": _("Hồ sơ chưa nộp lưu."),
}
NEVER_ASSIGNED = _("Chưa được phân công vai trò này trong vụ án.")
NO_SUCH_POST = _("Không giữ chức danh này tại %(unit)s.")
POST_ELSEWHERE = _("Giữ chức danh này tại %(other)s, không phải tại %(unit)s.")
_OF_A_POST = {
    "ended": _("Chức danh tại %(unit)s đã chấm dứt ngày %(day)s."),
    "passed": _("Chức danh tại %(unit)s chỉ đến hết ngày %(day)s."),
    "coming": _("Chức danh tại %(unit)s chỉ có từ ngày %(day)s."),
}
_OF_AN_ASSIGNMENT = {
    "ended": _("Phân công đã chấm dứt ngày %(day)s."),
    "passed": _("Phân công chỉ đến hết ngày %(day)s."),
    "coming": _("Phân công chỉ có từ ngày %(day)s."),
}
_OF_A_GRANT = {
    "ended": _("Quyền tạm thời đã đóng ngày %(day)s."),
    "passed": _("Quyền tạm thời chỉ đến hết ngày %(day)s."),
    "coming": _("Quyền tạm thời chỉ có từ ngày %(day)s."),
}


class Held(NamedTuple):
    """A post, an assignment to the case or a temporary access to it, whether it is in force or not."""

    role: str
    unit: str
    """Code of the office; empty for an assignment and for a temporary access."""
    starts_on: dt.date
    ends_on: dt.date | None = None
    """The last day, included; None: open."""
    ended_on: dt.date | None = None
    """The day it was ended before its time; from then on it never counts again."""
    department: str = ""
    """Code of the department a post is held in."""
    stages: frozenset[str] = frozenset()
    """Stages that department is in charge of over the offices below."""
    ends_at: dt.datetime | None = None
    """The very moment on its last day at which a temporary access is over."""

    @property
    def post(self) -> Post:
        """The post as the policy reads it."""
        return Post(self.role, self.unit, self.department, self.stages)

    def in_force(self, day: dt.date) -> bool:
        """Tell whether it counts on `day`."""
        return self.standing(day) == ""

    def standing(self, day: dt.date) -> str:
        """Return why it does not count on `day`: `ended`, `coming` or `passed`; empty when it counts."""
        if self.ended_on is not None:
            return "ended"
        if self.starts_on > day:
            return "coming"
        return "passed" if self.ends_on is not None and self.ends_on < day else ""


@dataclass(frozen=True)
class Row:
    """A row of the table, and what became of it for this person."""

    rule: Rule
    by: Held | None
    """What it holds through, or what comes nearest to it."""
    failed: str
    """The first condition that fails, as a sentence; empty: the row holds."""

    @property
    def holds(self) -> bool:
        """Whether the row gives its level."""
        return not self.failed


@dataclass(frozen=True)
class Explanation:
    """How far somebody may go in one part of a case, and why."""

    part: str
    decision: Decision
    """What `decide` says."""
    rows: tuple[Row, ...]
    """Every row of the table about this part, in its order."""
    lasts_until: dt.date | None
    """The last day of this level; None: nothing that is recorded ends or raises it."""
    then: Decision | None
    """What holds after that day."""
    unrestricted: Decision | None
    """What would hold were the case not restricted, where that makes a difference."""

    @property
    def granting(self) -> Row | None:
        """The row that gives the level."""
        holding = (row for row in self.rows if row.holds and row.rule.level == self.decision.level)
        return next(holding, None)

    def withheld(self) -> tuple[Row, ...]:
        """Return the rows that would have given more, each with what it lacks."""
        return tuple(row for row in self.rows if not row.holds and row.rule.level > self.decision.level)


def explain(
    *,
    posts: Iterable[Held],
    assignments: Iterable[Held],
    granted: Iterable[Held] = (),
    case: CaseFacts,
    part: str,
    day: dt.date,
    active: bool = True,
    names: Mapping[str, str] = MappingProxyType({}),
) -> Explanation:
    """Return how far a person may go in a part of a case on `day`, with the whole chain of reasons.

    Args:
        posts: the person's posts, those that ended or are to come too.
        assignments: the same of the person's assignments to this very case.
        granted: the same of the temporary access of the person to this very case.
        case: the case.
        part: `hsva` or `hsks`.
        day: the day asked about.
        active: whether the account may sign in at all.
        names: how offices are called, by code; a code that is missing is shown itself.
    """
    mine = _Person(tuple(posts), tuple(assignments), tuple(granted), active)
    decision = mine.decided(case, part, day)
    rows = []
    for rule in RULES:
        if rule.part != part:
            continue
        by, failed = _tried(rule, mine, case, day, names)
        rows.append(Row(rule, by, failed if active else NO_ACCOUNT))
    until, then = _next_change(mine, case, part, day, decision.level)
    open_to_all = mine.decided(replace(case, sensitivity=Sensitivity.NORMAL), part, day)
    return Explanation(
        part=part,
        decision=decision,
        rows=tuple(rows),
        lasts_until=until,
        then=then,
        unrestricted=open_to_all if open_to_all.level != decision.level else None,
    )


class _Person(NamedTuple):
    posts: tuple[Held, ...]
    assignments: tuple[Held, ...]
    granted: tuple[Held, ...]
    active: bool

    def decided(self, case: CaseFacts, part: str, day: dt.date) -> Decision:
        """Return what the policy says of the person on `day`."""
        if not self.active:
            return Decision(Level.NONE, NO_ACCOUNT)
        return decide(
            posts=[each.post for each in self.posts if each.in_force(day)],
            assigned_as=[each.role for each in self.assignments if each.in_force(day)],
            granted=[each.role for each in self.granted if each.in_force(day)],
            case=case,
            part=part,
        )


def _tried(
    rule: Rule, mine: _Person, case: CaseFacts, day: dt.date, names: Mapping[str, str]
) -> tuple[Held | None, str]:
    """Return what a row holds through or nearly would, and the first condition that fails."""
    if rule.relation in {"assigned", "granted"}:
        by, failed = _tried_mine(rule, mine, case, day)
    else:
        by, failed = _tried_post(rule, mine, case, day, names)
    if not failed and case.sensitivity > rule.up_to:
        failed = _TOO_SENSITIVE[case.sensitivity]
    if not failed and not case.meets(rule.when):
        failed = _UNMET[rule.when]
    return by, failed


def _tried_mine(rule: Rule, mine: _Person, case: CaseFacts, day: dt.date) -> tuple[Held | None, str]:
    assigned = rule.relation == "assigned"
    held = [each for each in (mine.assignments if assigned else mine.granted) if each.role == rule.role]
    if not held:
        return None, NEVER_ASSIGNED if assigned else NEVER_GRANTED
    failed = _not_in_force(held, day, _OF_AN_ASSIGNMENT if assigned else _OF_A_GRANT, {})
    standing = [each for each in mine.posts if each.in_force(day)]
    if not failed and assigned and not any(each.unit in case.units for each in standing):
        failed = NO_POST_NEAR
    if not failed and not standing:
        failed = NO_POST
    if not failed and not assigned and not keeps_open(rule.role, [each.post for each in standing], case):
        failed = NOT_IN_CHARGE
    return _nearest(held, day), failed


def _tried_post(
    rule: Rule, mine: _Person, case: CaseFacts, day: dt.date, names: Mapping[str, str]
) -> tuple[Held | None, str]:
    if rule.relation == "trial_unit":
        unit, none = case.trial_unit, NO_TRIAL_UNIT
    elif rule.relation.startswith("own_"):
        unit, none = case.unit, ""
    else:
        unit, none = (None if case.higher_unit == case.unit else case.higher_unit), NO_HIGHER_UNIT
    if unit is None:
        return None, none
    called = {"unit": names.get(unit, unit)}
    same_role = [each for each in mine.posts if each.role == rule.role]
    held = [each for each in same_role if each.unit == unit]
    fitting = [each for each in held if rule.relation in relations_of(each.post, case)]
    elsewhere = [each for each in same_role if each.unit != unit and each.in_force(day)]
    if fitting:
        return _nearest(fitting, day), _not_in_force(fitting, day, _OF_A_POST, called)
    if held:
        return _nearest(held, day), OTHER_DEPARTMENT if rule.relation == "own_department" else OTHER_STAGE
    if elsewhere:
        other = elsewhere[0].unit
        return None, Sentence(POST_ELSEWHERE, other=names.get(other, other), **called)
    return None, Sentence(NO_SUCH_POST, **called)


def _nearest(held: Sequence[Held], day: dt.date) -> Held:
    """Return the one in force that lasts longest; without one, the latest."""
    in_force = [each for each in held if each.in_force(day)]
    return (
        max(in_force, key=lambda each: each.ends_on or dt.date.max)
        if in_force
        else max(held, key=lambda each: each.starts_on)
    )


def _not_in_force(held: Sequence[Held], day: dt.date, sentences: Mapping[str, str], called: Mapping[str, str]) -> str:
    """Return why none of these counts on `day`; empty when one does."""
    nearest = _nearest(held, day)
    standing = nearest.standing(day)
    if not standing:
        return ""
    of = {"ended": nearest.ended_on, "passed": nearest.ends_on, "coming": nearest.starts_on}[standing]
    return Sentence(sentences[standing], day=f"{of:%d/%m/%Y}", **called)


def _next_change(
    mine: _Person, case: CaseFacts, part: str, day: dt.date, level: Level
) -> tuple[dt.date | None, Decision | None]:
    """Return the last day of the present level and what follows it, as far as it is recorded."""
    one = dt.timedelta(days=1)
    turning = set()
    for each in (*mine.posts, *mine.assignments, *mine.granted):
        if each.ended_on is not None:
            continue
        turning.add(each.starts_on)
        if each.ends_on is not None and each.ends_on < dt.date.max:
            turning.add(each.ends_on + one)
    for turn in sorted(turning):
        if turn > day:
            then = mine.decided(case, part, turn)
            if then.level != level:
                return turn - one, then
    return None, None
