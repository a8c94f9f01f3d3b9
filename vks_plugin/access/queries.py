"""What a person may see. Every reading of cases starts here."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial, reduce
from operator import or_
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from django.contrib.auth.models import User
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.access.models import TemporaryAccess
from vks_plugin.access.policy import (
    LEADING,
    MAY_APPOINT,
    MAY_ORGANIZE,
    MAY_REGISTER,
    MAY_SET_CALENDAR,
    NO_ACCOUNT,
    OVERSEEING,
    OVERSIGHT,
    POSTS_FOR,
    RULES,
    CaseFacts,
    Decision,
    Level,
    Post,
    Rule,
    Sensitivity,
    decide,
    relations_of,
)
from vks_plugin.cases.actions.rules import refuse_destroyed
from vks_plugin.cases.models import (
    Accused,
    Assignment,
    CaseChange,
    CaseDeadline,
    CaseDocument,
    CaseFile,
    CaseWords,
    RelatedCase,
)
from vks_plugin.cases.record import OF_DOCUMENTS
from vks_plugin.cases.stages import ARCHIVED, PARTS
from vks_plugin.errors import NotAllowed, NotFound
from vks_plugin.host.reading import roots_of
from vks_plugin.organization.models import Appointment, ProcuracyUnit
from vks_plugin.organization.queries import appointments_in_force, display_name, looked_up, posts_in_force, reading_only
from vks_plugin.text import folded, gettext_noop

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator


OUT_OF_SCOPE = gettext_noop("ngoài phạm vi")
"""Stands for a case that the reader may not know of, where another case points at it."""


@dataclass(frozen=True)
class CaseView:
    """A case as one person may see it."""

    case: CaseFile
    decision: Decision
    """Level on the case file (hsva) and why."""
    internal: Decision
    """Level on the supervision file (hsks) and why."""
    documents: QuerySet[CaseDocument]
    """Only those the person may view."""
    accused: QuerySet[Accused]
    assignments: QuerySet[Assignment]
    may: frozenset[str] = field(default_factory=frozenset)
    """Of `view`, `borrowed` (read for no other reason than a loan), `file`, `file_internal`, `assign`, `bundle`."""


FACTS = ("unit__parent", "department", "trial_unit")
"""What `facts_of` reads beside the case; to be selected with it."""

_MARKS: Mapping[Sensitivity, tuple[str, ...]] = MappingProxyType(
    {
        Sensitivity.SEXUAL_OFFENCE: ("involves_sexual_offence",),
        Sensitivity.PROTECTED: ("involves_minor_accused", "involves_minor_victim", "is_sexual_abuse_minor"),
    }
)
"""Marks on a case, one of which is enough to make it so sensitive."""


def facts_of(case: CaseFile) -> CaseFacts:
    """Return what the policy needs to know of a case (see `FACTS`)."""
    parent = case.unit.parent
    if case.confidentiality == CaseFile.Confidentiality.RESTRICTED:
        sensitivity = Sensitivity.RESTRICTED
    else:
        marked = (each for each, marks in _MARKS.items() if any(getattr(case, mark) for mark in marks))
        sensitivity = max(marked, default=Sensitivity.NORMAL)
    return CaseFacts(
        unit=case.unit.code,
        higher_unit=parent.code if parent is not None else None,
        sensitivity=sensitivity,
        department=case.department.code if case.department is not None else "",
        trial_unit=case.trial_unit.code if case.trial_unit is not None else None,
        stage=case.stage,
        under_appeal=case.stage == "phuc_tham" or case.status == "co_khang_cao_khang_nghi",
        archived=case.status == ARCHIVED,
    )


_MEETS = {
    "": Q(),
    "appeal": Q(stage="phuc_tham") | Q(status="co_khang_cao_khang_nghi"),
    "archived": Q(status=ARCHIVED),
}
"""What `CaseFacts.meets` tells, asked of the database."""


class _Kind(NamedTuple):
    """Cases of a kind: rows of the table hold for them alike."""

    up_to: Sensitivity
    when: str

    def cases(self) -> Q:
        """Return the condition on cases."""
        condition = _MEETS[self.when]
        if self.up_to < Sensitivity.RESTRICTED:
            condition &= Q(confidentiality=CaseFile.Confidentiality.NORMAL)
        for sensitivity, marks in _MARKS.items():
            if self.up_to < sensitivity:
                condition &= Q(**dict.fromkeys(marks, False))
        return condition


_EVERY_CASE = _Kind(Sensitivity.RESTRICTED, "")


def _may_act(user: User | None) -> bool:
    return user is not None and user.is_authenticated and user.is_active


def post_of(appointment: Appointment) -> Post:
    """Return an appointment as the policy reads it (`unit` and `department` are read)."""
    department = appointment.department
    return Post(
        appointment.role,
        appointment.unit.code,
        department.code if department is not None else "",
        frozenset(department.stages) if department is not None else frozenset(),
    )


def posts_of(user: User) -> list[Post]:
    """Return the posts the person holds today (one query)."""
    return [post_of(appointment) for appointment in appointments_in_force(user)]


def assignments_in_force(case: CaseFile) -> QuerySet[Assignment]:
    """Return who works on the case today."""
    return Assignment.objects.in_force(timezone.localdate()).filter(case=case).select_related("user")


def without_post(assigned: Iterable[tuple[CaseFile, int]]) -> set[tuple[int, int]]:
    """Return who of people assigned to cases left: no post today in an office that has to do with the case, or no account.

    The assignment opens nothing to them (see `decide`), though it stands. One query for all of them.

    Args:
        assigned: cases, each with its office, and the primary keys of the people.

    Returns:
        Primary keys of case and person.
    """
    pairs = list(assigned)
    offices: dict[int, set[int]] = defaultdict(set)
    rows = Appointment.objects.in_force(timezone.localdate()).filter(
        user_id__in={user_id for _case, user_id in pairs}, user__is_active=True
    )
    for user_id, unit_id in rows.values_list("user_id", "unit_id"):
        offices[user_id].add(unit_id)
    return {
        (case.pk, user_id)
        for case, user_id in pairs
        if offices[user_id].isdisjoint({case.unit_id, case.unit.parent_id, case.trial_unit_id})
    }


class Lead(NamedTuple):
    """Who leads a case."""

    user: User
    left: bool
    """Whether that person left (see `without_post`), so that nobody has the case."""

    @property
    def name(self) -> str:
        """The person's name."""
        return display_name(self.user)


def leads_of(cases: Iterable[CaseFile]) -> dict[int, Lead]:
    """Return, by key of the case, who leads each of these cases today (two queries for all of them).

    Of several, where somebody stands in for the one who stays, whoever has a post comes before who left, and then who
    began later.

    Args:
        cases: each with its office.
    """
    chosen = {case.pk: case for case in cases}
    rows = list(
        Assignment.objects.in_force(timezone.localdate())
        .filter(case_id__in=chosen, role=Assignment.Role.PROSECUTOR_LEAD)
        .select_related("user")
        .order_by("starts_on", "pk")
    )
    left = without_post((chosen[row.case_id], row.user_id) for row in rows)
    found: dict[int, Lead] = {}
    for row in rows:
        gone = (row.case_id, row.user_id) in left
        if not gone or row.case_id not in found or found[row.case_id].left:
            found[row.case_id] = Lead(row.user, gone)
    return found


def without_lead(cases: QuerySet[CaseFile]) -> QuerySet[CaseFile]:
    """Narrow to the cases somebody is to be assigned to: nobody leads them today, or who does has left (see `leads_of`).

    What the archive has, and what was disposed of, waits for nobody.
    """
    today = timezone.localdate()
    around = reduce(or_, (Q(unit=OuterRef(each)) for each in ("case__unit", "case__unit__parent", "case__trial_unit")))
    posts = Appointment.objects.in_force(today).filter(around, user=OuterRef("user"))
    led = Assignment.objects.in_force(today).filter(
        Exists(posts), case=OuterRef("pk"), role=Assignment.Role.PROSECUTOR_LEAD, user__is_active=True
    )
    return cases.filter(~Exists(led), archived_at__isnull=True, destroyed_at__isnull=True).exclude(status=ARCHIVED)


def case_decision(user: User, case: CaseFile, part: str = "hsva") -> Decision:
    """Return how far the person may go in a part of the case, and why (three queries)."""
    if not _may_act(user):
        return Decision(Level.NONE, NO_ACCOUNT)
    roles = assignments_in_force(case).filter(user_id=user.pk).values_list("role", flat=True)
    granted = TemporaryAccess.objects.in_force(timezone.now()).filter(user_id=user.pk, case=case)
    return decide(
        posts=posts_of(user),
        assigned_as=roles,
        granted=granted.values_list("kind", flat=True),
        case=facts_of(case),
        part=part,
    )


def reads_only_by_loan(user: User, case: CaseFile) -> bool:
    """Tell whether the person reads the case file because it was lent in electronic form, and for no other reason."""
    return bool(lent_alone(user, [case]))


def lent_until(user: User, case: CaseFile) -> dt.datetime | None:
    """Return until when the person has the case on an electronic loan; None: it is not lent to the person (one query)."""
    lent = TemporaryAccess.objects.in_force(timezone.now()).filter(
        user_id=user.pk, kind=TemporaryAccess.Kind.LOAN, case=case
    )
    return lent.order_by("-ends_at").values_list("ends_at", flat=True).first()


def lent_alone(user: User, cases: Collection[CaseFile]) -> set[int]:
    """Return, by key, which of these cases the person reads for no other reason than an electronic loan.

    One query where nothing was lent to the person; four more for each case that was.
    """
    kind = TemporaryAccess.Kind.LOAN
    lent = TemporaryAccess.objects.in_force(timezone.now()).filter(
        user_id=user.pk, kind=kind, case_id__in=[case.pk for case in cases]
    )
    keys = set(lent.values_list("case_id", flat=True))
    found = set()
    for case in cases:
        if case.pk not in keys or case_decision(user, case).level < Level.VIEW:
            continue
        others = TemporaryAccess.objects.in_force(timezone.now()).filter(user_id=user.pk, case=case)
        roles = assignments_in_force(case).filter(user_id=user.pk).values_list("role", flat=True)
        decision = decide(
            posts=posts_of(user),
            assigned_as=roles,
            granted=others.exclude(kind=kind).values_list("kind", flat=True),
            case=facts_of(case),
            part="hsva",
        )
        if decision.level < Level.VIEW:
            found.add(case.pk)
    return found


def lent_documents(user: User, document_ids: Iterable[int] | None) -> set[int]:
    """Return which of these documents of the host, of all for None, somebody reads by an electronic loan alone.

    One query where nothing is lent to the person. A version counts as the document it is one of.
    """
    mine = TemporaryAccess.objects.in_force(timezone.now()).filter(user_id=user.pk, kind=TemporaryAccess.Kind.LOAN)
    cases = [row.case for row in mine.select_related(*(f"case__{each}" for each in FACTS)) if row.case is not None]
    lent = lent_alone(user, cases) if cases else set()
    if not lent:
        return set()
    filed = CaseDocument.objects.filter(case_id__in=lent)
    if document_ids is not None:
        filed = filed.filter(document_id__in=list(roots_of(document_ids)))
    return set(filed.values_list("document_id", flat=True))


def reach(user: User, at_least: Level = Level.METADATA, *, part: str | None = None) -> Q:
    """Return the condition on cases that the policy's table gives this person (at most four small queries).

    Args:
        user: who asks.
        at_least: how far the person has to be able to go.
        part: in `hsva` or in `hsks`; in either when None.
    """
    return looked_up(("reach", user.pk, at_least, part), lambda: _reach(user, at_least, part))


def _reach(user: User, at_least: Level, part: str | None) -> Q:
    appointments = appointments_in_force(user) if _may_act(user) else []
    allowed = Q(pk__in=[])
    if not appointments:
        return allowed
    rules = [rule for rule in RULES if rule.level >= at_least and part in {None, rule.part}]
    own = {appointment.unit_id for appointment in appointments}
    below = looked_up(("below", frozenset(own)), lambda: _offices_below(own))
    overseen = Q(pk__in=[])
    for appointment in appointments:
        post = post_of(appointment)
        if post.role in OVERSEEING and post.department:
            overseen |= Q(unit_id__in=below[appointment.unit_id], stage__in=post.stages)
    for cases, kind, by_oversight in _mine(user, rules, own, own.union(*below.values())):
        # see `keeps_open`
        allowed |= Q(pk__in=cases) & kind.cases() & (overseen if by_oversight else Q())
    # by number and not by a join: an office has few below it, and the database then finds cases by its indexes
    places: dict[_Kind, set[int]] = defaultdict(set)
    for appointment in appointments:
        post = post_of(appointment)
        for rule in rules:
            kind = _Kind(rule.up_to, rule.when)
            if rule.role != post.role:
                continue
            if rule.relation == "own_unit":
                places[kind].add(appointment.unit_id)
            elif rule.relation == "higher_unit":
                places[kind] |= below[appointment.unit_id]
            elif rule.relation == "own_department" and post.department:
                allowed |= Q(unit_id=appointment.unit_id, department_id=appointment.department_id) & kind.cases()
            elif rule.relation == "higher_department" and post.department:
                allowed |= Q(unit_id__in=below[appointment.unit_id], stage__in=post.stages) & kind.cases()
            elif rule.relation == "trial_unit" and looked_up(("trials", frozenset(own)), partial(_try_any, own)):
                allowed |= Q(trial_unit_id=appointment.unit_id) & kind.cases()
    for kind, units in places.items():
        here = units if kind == _EVERY_CASE else units - places.get(_EVERY_CASE, set())
        if here:
            allowed |= Q(unit_id__in=sorted(here)) & kind.cases()
    return allowed


def cases_overseen(unit_id: int, stages: Collection[str]) -> QuerySet[CaseFile]:
    """Return the cases that the heads of a department of this office know of because it is in charge of these stages."""
    kinds = {_Kind(rule.up_to, rule.when) for rule in RULES if rule.relation == "higher_department"}
    allowed = reduce(or_, (kind.cases() for kind in kinds))
    return CaseFile.objects.filter(allowed, unit__parent_id=unit_id, stage__in=sorted(stages))


def _try_any(units: set[int]) -> bool:
    """Tell whether there is a case to be tried by one of these offices; most leaders get by without the question."""
    return CaseFile.objects.filter(trial_unit_id__in=units).exists()


def _mine(user: User, rules: Iterable[Rule], own: set[int], around: set[int]) -> Iterator[tuple[Any, _Kind, bool]]:
    """Yield cases that are open to this very person, with the kind of case for which that holds (two queries).

    Last comes whether it holds by oversight, which rests on a post.
    """
    sorts: dict[str, dict[tuple[_Kind, bool], set[str]]] = {"assigned": defaultdict(set), "granted": defaultdict(set)}
    for rule in rules:
        if rule.relation in sorts:
            by_oversight = (rule.relation, rule.role) == ("granted", OVERSIGHT)
            sorts[rule.relation][_Kind(rule.up_to, rule.when), by_oversight].add(rule.role)
    found: dict[str, Any] = {
        # an assignment counts while its holder is of an office that has to do with the case
        "assigned": Assignment.objects.in_force(timezone.localdate())
        .filter(Q(case__unit_id__in=around) | Q(case__trial_unit_id__in=own), user_id=user.pk)
        .values_list("role", "case_id"),
        "granted": TemporaryAccess.objects.in_force(timezone.now())
        .filter(user_id=user.pk)
        .values_list("kind", "case_id"),
    }
    for relation, kinds in sorts.items():
        if not kinds:
            continue
        # named one by one: a subquery beside other alternatives would make the database look at every case
        rows = found[relation].order_by()[: _MOST_BY_NUMBER + 1]
        few: list[tuple[str, int]] = looked_up((relation, user.pk), partial(list, rows))
        for (kind, by_oversight), chosen in kinds.items():
            if len(few) > _MOST_BY_NUMBER:
                column = "role" if relation == "assigned" else "kind"
                yield found[relation].filter(**{f"{column}__in": chosen}).values("case_id"), kind, by_oversight
            elif cases := {case for role, case in few if role in chosen}:
                yield sorted(cases), kind, by_oversight


_MOST_BY_NUMBER = 3000
"""Cases that are named one by one in a query."""
_MOST_WORDS = 12


def _offices_below(units: Iterable[int]) -> dict[int, set[int]]:
    below: dict[int, set[int]] = defaultdict(set)
    rows = ProcuracyUnit.objects.filter(parent_id__in=list(units)).order_by()
    for pk, parent in rows.values_list("pk", "parent_id"):
        below[parent or 0].add(pk)
    return below


def visible_cases(user: User, *, at_least: Level = Level.METADATA) -> QuerySet[CaseFile]:
    """Return the cases the person may know of, straight from the policy's table.

    Superusers of the host get nothing from that alone: they read no case unless they hold a post.
    """
    return CaseFile.objects.filter(reach(user, at_least))


def search_cases(cases: QuerySet[CaseFile], text: str) -> QuerySet[CaseFile]:
    """Narrow to cases whose code, name, decision number or an accused's name has every word of `text`.

    Tones and đ/ơ/ư/ă do not matter, nor does the order of the words.
    """
    words = folded(text).split()[:_MOST_WORDS]
    if not words:
        return cases
    found = CaseWords.objects.order_by().values_list("pk", flat=True)
    for word in words:
        found = found.filter(GreaterThan(StrIndex("text", Value(word)), 0))
    # few are named one by one: the database then looks at no other case
    few = list(found[: _MOST_BY_NUMBER + 1])
    return cases.filter(pk__in=few if len(few) <= _MOST_BY_NUMBER else found)


def case_for(user: User, code: str) -> CaseView:
    """Return the case as this person may see it.

    Raises:
        NotFound: there is none with this code, or the person may not know of it: the same sentence for both.
    """
    case = CaseFile.objects.select_related(*FACTS, "created_by").filter(code=code).first()
    decision = case_decision(user, case) if case is not None else Decision(Level.NONE, "")
    internal = case_decision(user, case, "hsks") if case is not None else decision
    if case is None or max(decision.level, internal.level) < Level.METADATA:
        raise NotFound(_("Không có vụ án nào mang mã này trong phạm vi của bạn."))
    parts = [part for part, each in (("hsva", decision), ("hsks", internal)) if each.level >= Level.VIEW]
    may = set()
    if decision.level >= Level.VIEW:
        # what is lent is read here, and taken out in no form
        may |= {"view", "borrowed"} if reads_only_by_loan(user, case) else {"view", "bundle"}
    if decision.level >= Level.CONTRIBUTE:
        may |= {"file", "edit"}
    if internal.level >= Level.CONTRIBUTE:
        may.add("file_internal")
    if decision.level >= Level.MANAGE:
        may.add("assign")
    if case.archived_at is not None:
        # what the archive has is read and lent, and stays as it was packed
        may -= {"file", "file_internal", "edit"}
    if case.destroyed_at is not None:
        # what is left of it is read, and nothing is done to it
        may &= {"view"}
    return CaseView(
        case=case,
        decision=decision,
        internal=internal,
        documents=CaseDocument.objects.filter(case=case, part__in=parts).select_related("document_type", "document"),
        accused=case.accused.all(),
        assignments=assignments_in_force(case),
        may=frozenset(may),
    )


def visible_documents(user: User) -> QuerySet[CaseDocument]:
    """Return the filed documents the person may view, over all cases."""
    return CaseDocument.objects.filter(_readable(user)).select_related("case", "document_type", "document")


def readable_ids(user: User) -> QuerySet[CaseDocument, int]:
    """Return the host ids of the filed documents the person may view, to ask the host's tables with."""
    return CaseDocument.objects.filter(_readable(user)).order_by().values_list("document_id", flat=True)


def _readable(user: User) -> Q:
    with reading_only():
        reached = {part: reach(user, Level.VIEW, part=part) for part, _label in PARTS}

    def cases(condition: Q) -> QuerySet[CaseFile, Any]:
        return CaseFile.objects.filter(condition).order_by().values("pk")

    # the cases of any part come first, as a condition without alternatives: the database then goes from them to their
    # documents, and looks at no others; of few of them one part is taken out again
    every = reduce(or_, dict.fromkeys(reached.values()))
    chosen = Q(case_id__in=cases(every))
    for part, condition in reached.items():
        if condition == every:
            continue
        closed = CaseFile.objects.filter(every).exclude(condition).order_by().values_list("pk", flat=True)
        few = list(closed[: _MOST_BY_NUMBER + 1])
        if len(few) > _MOST_BY_NUMBER:
            chosen &= ~Q(part=part) | Q(case_id__in=cases(condition))
        elif few:
            chosen &= ~Q(part=part, case_id__in=few)
    return chosen


@dataclass(frozen=True)
class Related:
    """How a case hangs together with another, as one person may see it."""

    entry: RelatedCase
    label: str
    """Seen from the case that was asked about."""
    other: CaseFile | None
    """None: it is outside the system, or the person may not know of it."""
    text: str
    """What was written of a case outside the system."""
    documents: int
    """Papers filed in the other case that the person may read."""
    backwards: bool
    """Whether the other case says so, not this one."""

    @property
    def hidden(self) -> bool:
        """Whether there is a case the person may not know of."""
        return self.other is None and not self.text


def related_cases(user: User, case: CaseFile) -> list[Related]:
    """Return the cases this one hangs together with, whichever of the two says so (three queries).

    What another case says of this one is told to those who may know of that case.
    """
    rows = list(
        RelatedCase.objects.filter(Q(case=case) | Q(other=case))
        .select_related("case__unit", "other__unit")
        .order_by("decided_on", "pk")
    )
    keys = {each for row in rows for each in (row.case_id, row.other_id) if each is not None} - {case.pk}
    known = set(visible_cases(user).filter(pk__in=keys).values_list("pk", flat=True)) if keys else set()
    counted = visible_documents(user).filter(case__in=known).order_by().values_list("case_id")
    documents = dict(counted.annotate(number=Count("pk"))) if known else {}
    found = []
    for row in rows:
        backwards = row.other_id == case.pk
        there = row.case if backwards else row.other
        other = there if there is not None and there.pk in known else None
        if backwards and other is None:
            continue
        found.append(
            Related(
                entry=row,
                label=row.back_label if backwards else row.get_relation_display(),
                other=other,
                text="" if backwards else row.other_text,
                documents=documents.get(other.pk, 0) if other is not None else 0,
                backwards=backwards,
            )
        )
    return found


def visible_deadlines(user: User) -> QuerySet[CaseDeadline]:
    """Return the time limits that run in the cases the person may read, the nearest first."""
    readable = visible_cases(user, at_least=Level.VIEW)
    return (
        CaseDeadline.objects.filter(case__in=readable.values("pk"))
        .select_related("case__unit", "accused")
        .order_by("due_on", "pk")
    )


def require_calendar(user: User) -> None:
    """Refuse who may not say which days are off: it moves the limits of every office.

    Like the first appointment of an installation, that is for the province's system administrator and a superuser
    of the host: whoever keeps the system, not whoever is bound by the limits.

    Raises:
        NotAllowed: the person may not.
    """
    posts = posts_in_force(user) if _may_act(user) else []
    keeps = any(role in MAY_SET_CALENDAR and unit.kind == ProcuracyUnit.Kind.PROVINCE for role, unit in posts)
    if not keeps and not (_may_act(user) and user.is_superuser):
        raise NotAllowed(_("Chỉ quản trị hệ thống của tỉnh được sửa lịch nghỉ."))


def may_organize(user: User) -> bool:
    """Tell whether the person may keep offices and departments, and let one office take over from others.

    Like the calendar that is for who keeps the system for the province, its chief procurator, and a superuser of the host.
    """
    if not _may_act(user):
        return False
    posts = posts_in_force(user)
    keeps = any(role in MAY_ORGANIZE and unit.kind == ProcuracyUnit.Kind.PROVINCE for role, unit in posts)
    return keeps or user.is_superuser


def units_to_register_in(user: User) -> QuerySet[ProcuracyUnit]:
    """Return the units in which the person may register cases today."""
    if not _may_act(user):
        return ProcuracyUnit.objects.none()
    day = timezone.localdate()
    ids = [unit.pk for role, unit in posts_in_force(user, day) if role in MAY_REGISTER and unit.is_active(day)]
    return ProcuracyUnit.objects.filter(pk__in=ids)


def units_to_assign_in(user: User) -> QuerySet[ProcuracyUnit]:
    """Return the units whose cases the person may assign people to, by the policy's table."""
    if not _may_act(user):
        return ProcuracyUnit.objects.none()
    managing = {(rule.relation, rule.role) for rule in RULES if rule.part == "hsva" and rule.level >= Level.MANAGE}
    chosen = Q(pk__in=[])
    for role, unit in posts_in_force(user):
        if ("own_unit", role) in managing:
            chosen |= Q(pk=unit.pk)
        if ("higher_unit", role) in managing:
            chosen |= Q(parent_id=unit.pk)
    return ProcuracyUnit.objects.filter(chosen)


def units_to_appoint_in(user: User) -> QuerySet[ProcuracyUnit]:
    """Return the units whose appointments the person may record."""
    if not _may_act(user):
        return ProcuracyUnit.objects.none()
    if user.is_superuser:
        # the first appointment of an installation has to come from somebody
        return ProcuracyUnit.objects.all()
    chosen = Q(pk__in=[])
    for role, unit in posts_in_force(user):
        if role not in MAY_APPOINT:
            continue
        if role == "system_admin" and unit.kind == ProcuracyUnit.Kind.PROVINCE:
            return ProcuracyUnit.objects.all()
        chosen |= Q(pk=unit.pk) | Q(parent_id=unit.pk)
    return ProcuracyUnit.objects.filter(chosen)


def leads(user: User, units: Iterable[int | None]) -> bool:
    """Tell whether the person leads one of these offices (by their ids) today."""
    return holds_post(user, LEADING, units)


def sees_preparations(user: User, view: CaseView) -> bool:
    """Tell whether the person may see what is prepared to be shown in a case.

    That is work of the procuracy, not part of the case file: who may only read the case file, such as somebody to whom it
    was opened for a while, does not see it. Who works on the case does, and who leads them, at the office of the trial too
    (Điều 239).
    """
    leading = view.internal.level >= Level.VIEW or leads(user, [view.case.trial_unit_id])
    return view.decision.level >= Level.CONTRIBUTE or (view.decision.level >= Level.VIEW and leading)


def holds_post(user: User, roles: Collection[str], units: Iterable[int | None]) -> bool:
    """Tell whether the person holds one of these roles today in one of these offices (by their ids)."""
    wanted = set(units)
    return _may_act(user) and any(role in roles and unit.pk in wanted for role, unit in posts_in_force(user))


def handles_appeal(user: User, case: CaseFile) -> bool:
    """Tell whether an appeal of the case is this person's: he leads the office above, or is assigned to the appeal."""
    parent_id = case.unit.parent_id
    if parent_id is None or (case.trial_unit is not None and case.trial_unit.parent_id == case.unit_id):
        # the judgment of the court below, where another office appeared, is heard where the case lies already
        return False
    if leads(user, [parent_id]):
        return True
    if not holds_post(user, POSTS_FOR[Assignment.Role.APPEAL_PROSECUTOR], [parent_id]):
        return False
    return assignments_in_force(case).filter(user=user, role=Assignment.Role.APPEAL_PROSECUTOR).exists()


def require(user: User, case: CaseFile, level: Level, *, part: str = "hsva", doing: str) -> Decision:
    """Return the decision, or refuse.

    Args:
        doing: what the person wanted, for the sentence ("nộp tài liệu").

    Raises:
        NotFound: the person may not even know of the case.
        NotAllowed: the person knows of it but may not do this.
        Conflict: more than reading is wanted, and the file was disposed of.
    """
    decision = case_decision(user, case, part)
    if decision.level >= level:
        if level > Level.VIEW:
            refuse_destroyed(case)
        return decision
    if max(decision.level, case_decision(user, case).level) < Level.METADATA:
        raise NotFound(_("Không có vụ án nào mang mã này trong phạm vi của bạn."))
    raise not_yours(doing)


def not_yours(doing: str) -> NotAllowed:
    """Return the refusal for somebody who knows of a case but may not do this in it.

    Args:
        doing: what the person wanted, for the sentence ("nộp tài liệu").
    """
    return NotAllowed(
        _("Bạn không có quyền %(doing)s trong vụ án này. Hãy đề nghị lãnh đạo đơn vị thụ lý phân công.")
        % {"doing": doing}
    )


def who_can_see(case: CaseFile, part: str = "hsva") -> list[tuple[User, Decision]]:
    """Return everybody the policy lets view this part of the case, with the reason (four queries)."""
    roles: dict[int, list[str]] = defaultdict(list)
    for user_id, role in assignments_in_force(case).values_list("user_id", "role"):
        roles[user_id].append(role)
    granted: dict[int, list[str]] = defaultdict(list)
    for user_id, kind in TemporaryAccess.objects.in_force(timezone.now()).filter(case=case).values_list("user", "kind"):
        granted[user_id].append(kind)
    units = [unit for unit in (case.unit, case.unit.parent, case.trial_unit) if unit is not None]
    posts: dict[int, list[Post]] = defaultdict(list)
    rows = Appointment.objects.in_force(timezone.localdate()).select_related("unit", "department")
    # who was let in may be of any office
    for row in rows.filter(Q(unit__in=units) | Q(user_id__in=list(granted))):
        posts[row.user_id].append(post_of(row))
    facts = facts_of(case)
    people: Iterable[User] = User.objects.filter(pk__in=posts.keys(), is_active=True)
    # all of an office is looked at: asking for each person would cost queries by the hundred
    seen = [
        (
            person,
            decide(
                posts=posts[person.pk],
                assigned_as=roles[person.pk],
                granted=granted[person.pk],
                case=facts,
                part=part,
            ),
        )
        for person in people
    ]
    return sorted(
        [(person, decision) for person, decision in seen if decision.level >= Level.VIEW],
        key=lambda pair: (-pair[1].level, pair[0].username),
    )


def held_for_a_while(case: CaseFile, readers: Iterable[tuple[User, Decision]]) -> dict[int, Appointment]:
    """Return, by person, the post by which somebody of `who_can_see` reads the case, where it is an acting one or ends.

    Who reads it by a regular post without a last day as well is not among them (one query).
    """
    why = {person.pk: decision.reason for person, decision in readers}
    facts, found, for_good = facts_of(case), dict[int, Appointment](), set()
    posts = Appointment.objects.in_force(timezone.localdate()).filter(user_id__in=why)
    for post in posts.select_related("unit", "department").order_by("starts_on", "pk"):
        near = relations_of(post_of(post), facts)
        if not any(
            rule.role == post.role and rule.relation in near and rule.reason == why[post.user_id] for rule in RULES
        ):
            continue
        if post.capacity in {"", Appointment.Capacity.REGULAR} and post.ends_on is None:
            for_good.add(post.user_id)
        found[post.user_id] = post
    return {user_id: post for user_id, post in found.items() if user_id not in for_good}


def readable_changes(view: CaseView) -> QuerySet[CaseChange]:
    """Return the history of a case for somebody who reads it, newest first; of the supervision file for who reads that."""
    rows = CaseChange.objects.filter(case=view.case).order_by("-pk")
    return rows if view.internal.level >= Level.VIEW else rows.exclude(subject=OF_DOCUMENTS["hsks"])


def shown_values(user: User, changes: Iterable[CaseChange]) -> dict[int, list[list[str]]]:
    """Return, by primary key, what each change of a history says (one query, or none).

    A related case is written there with code and name; who may not know of it is not told them.
    """
    chosen = list(changes)

    def codes(change: CaseChange) -> set[str]:
        if change.subject != "relation":
            return set()
        return {_code_in(each) for name, *values in change.values if name == "other" for each in values if each}

    named = {code for change in chosen for code in codes(change)}
    known = set(visible_cases(user).filter(code__in=named).values_list("code", flat=True)) if named else set()

    def told(change: CaseChange, name: str, value: str) -> str:
        hidden = change.subject == "relation" and name == "other" and value and _code_in(value) not in known
        return _(OUT_OF_SCOPE) if hidden else value

    return {
        change.pk: [
            [name, told(change, name, before), told(change, name, after)] for name, before, after in change.values
        ]
        for change in chosen
    }


def _code_in(told: str) -> str:
    """Return the code with which a case is named in a history."""
    return told.split(" – ", 1)[0]
