"""Lists of cases: which there are for a person, in what order, and what a row tells.

A list of a province is long. The database is asked three things only: which rows there are, how many, and the page
of them that is shown; what else a row tells is looked up for the rows of that page.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import User
from django.core.paginator import Page, Paginator
from django.db.models import Case, Count, DateField, Exists, F, OrderBy, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from vks_plugin.access.models import TemporaryAccess
from vks_plugin.access.policy import Decision, Level, decide
from vks_plugin.access.queries import FACTS, Lead, facts_of, leads_of, posts_of, reach
from vks_plugin.cases.models import Accused, Assignment, CaseDeadline, CaseDocument, CaseFile
from vks_plugin.cases.running import band
from vks_plugin.organization.models import Appointment, ProcuracyUnit

if TYPE_CHECKING:
    _Paginator = Paginator[CaseFile]
else:
    # generic only for type checkers
    _Paginator = Paginator


@dataclass(frozen=True)
class Deadline:
    """The next time limit of a case."""

    row: CaseDeadline
    band: str
    days_left: int
    """Below zero: so many days past."""

    @property
    def days_past(self) -> int:
        """How many days ago it was."""
        return -self.days_left


@dataclass(frozen=True)
class Listed:
    """What a row of a list tells beside the case's own columns."""

    decision: Decision
    main_accused: str | None
    led: Lead | None
    document_count: int
    next_deadline: Deadline | None
    """None for who may not read the case, as well."""

    @property
    def lead(self) -> User | None:
        """The lead prosecutor; None: nobody."""
        return self.led.user if self.led is not None else None

    @property
    def lead_left(self) -> bool:
        """Whether the lead prosecutor has no post there any more, so that nobody has the case."""
        return self.led is not None and self.led.left

    @property
    def lead_name(self) -> str:
        """The lead prosecutor's name; empty when there is none."""
        return self.led.name if self.led is not None else ""


def decisions_for(user: User, cases: Iterable[CaseFile]) -> dict[int, Decision]:
    """Return, by primary key, how far the person may go in each case file and why (three queries for all of them)."""
    chosen = list(cases)
    posts = posts_of(user)
    roles: dict[int, list[str]] = defaultdict(list)
    mine = Assignment.objects.in_force(timezone.localdate()).filter(user_id=user.pk)
    for case_id, role in mine.filter(case__in=[case.pk for case in chosen]).values_list("case_id", "role"):
        roles[case_id].append(role)
    granted: dict[int, list[str]] = defaultdict(list)
    opened = TemporaryAccess.objects.in_force(timezone.now()).filter(user_id=user.pk)
    for pk, kind in opened.filter(case__in=[case.pk for case in chosen]).values_list("case_id", "kind"):
        granted[pk or 0].append(kind)
    return {
        case.pk: decide(
            posts=posts, assigned_as=roles[case.pk], granted=granted[case.pk], case=facts_of(case), part="hsva"
        )
        for case in chosen
    }


ORDERS: Mapping[str, tuple[str | OrderBy, ...]] = {
    "code": ("code",),
    "name": ("folded_name", "pk"),
    "handled_at": ("handled_at", "pk"),
    "stage": ("stage", "-handled_at", "-pk"),
    "status": ("status", "-handled_at", "-pk"),
    "unit": ("unit_id", "-handled_at", "-pk"),
    "due": (F("due").asc(nulls_last=True), "pk"),
}
"""What a list can be ordered by; there is an index for each that a list of a whole province needs."""


def ordered(cases: QuerySet[CaseFile], order: str, user: User) -> QuerySet[CaseFile]:
    """Put cases in an order of `ORDERS`, turned round when it starts with `-`."""
    name = order.removeprefix("-")
    if name == "due":
        cases = with_due(cases, user)
    found = cases.order_by(*ORDERS[name])
    return found.reverse() if order.startswith("-") else found


def listed(user: User, cases: Sequence[CaseFile]) -> dict[int, Listed]:
    """Return, by primary key, what the rows of one page tell (eight queries for all of them)."""
    keys = [case.pk for case in cases]
    decisions = decisions_for(user, cases)
    people = Accused.objects.filter(case__in=keys).order_by("case", "-position", "-pk")
    # of each case the first one comes last, and stays
    accused = dict(people.values_list("case_id", "full_name"))
    leads = leads_of(cases)
    documents = dict(
        CaseDocument.objects.filter(case__in=keys, part="hsva")
        .order_by()
        .values_list("case_id")
        .annotate(number=Count("pk"))
    )
    readable = [pk for pk in keys if decisions[pk].level >= Level.VIEW]
    due = next_deadlines(readable)
    return {
        pk: Listed(
            decision=decisions[pk],
            main_accused=accused.get(pk),
            led=leads.get(pk),
            document_count=documents.get(pk, 0),
            next_deadline=due.get(pk),
        )
        for pk in keys
    }


def next_deadlines(cases: Any) -> dict[int, Deadline]:
    """Return the next time limit of each of these cases that has one (one query); whether it may be told is asked before.

    Duties to send papers stay on the page of the case, here as in its header and in the review: most of them are over
    in a day, and a list in which every case is red for one says nothing of the proceedings.

    Args:
        cases: primary keys, or a query for them.
    """
    today = timezone.localdate()
    rows = CaseDeadline.objects.filter(case__in=cases, is_duty=False).order_by("case", "-due_on", "-pk")
    # of each case the first one comes last, and stays
    return {row.case_id: Deadline(row, band(row.due_on, today), (row.due_on - today).days) for row in rows}


class CasePaginator(_Paginator):
    """Pages of a long list, in as few looks at the table as there can be.

    A question that finds few cases is answered in one pass: what it finds is counted, and put in order by number. Where it
    finds many, they are counted apart, a page holds only keys until it is known, and one beyond the middle is read from
    the other end.
    """

    few = 2000
    """Cases up to which one pass is enough."""

    def __init__(self, cases: QuerySet[CaseFile], per_page: int) -> None:
        """Take `cases` in a definite order."""
        super().__init__(cases, per_page)
        self.cases = cases

    @cached_property
    def _found(self) -> list[int] | None:
        """The keys of all cases in no order; None when there are many."""
        keys = list(self.cases.order_by().values_list("pk", flat=True)[: self.few + 1])
        return keys if len(keys) <= self.few else None

    @cached_property
    def count(self) -> int:
        """How many there are."""
        return len(self._found) if self._found is not None else self.cases.order_by().count()

    def page(self, number: Any) -> Page[CaseFile]:
        """Return a page, with the offices of its cases."""
        number = self.validate_number(number)
        first = (number - 1) * self.per_page
        last = min(first + self.per_page, self.count)
        cases = self.cases if self._found is None else self.cases.filter(pk__in=self._found)
        ordered = cases.values_list("pk", flat=True)
        if first > self.count // 2:
            keys = list(ordered.reverse()[self.count - last : self.count - first])[::-1]
        else:
            keys = list(ordered[first:last])
        rows = CaseFile.objects.filter(pk__in=keys).select_related(*FACTS).in_bulk()
        # one that is gone meanwhile is gone
        return Page([rows[key] for key in keys if key in rows], number, self)


def with_document_count(cases: QuerySet[CaseFile]) -> QuerySet[CaseFile]:
    """Add `document_count`, to order by; dear on a long list."""
    count = (
        CaseDocument.objects.filter(case_id=OuterRef("pk"), part="hsva")
        .order_by()
        .values("case_id")
        .annotate(number=Count("pk"))
        .values("number")
    )
    return cases.annotate(document_count=Coalesce(Subquery(count), 0))


def with_due(cases: QuerySet[CaseFile], user: User) -> QuerySet[CaseFile]:
    """Add `due`, the day of the next time limit, to order by; none for cases the person may not read."""
    readable = reach(user, Level.VIEW)
    due = Case(When(readable, then=F("next_due_on")), default=Value(None), output_field=DateField())
    return cases.annotate(due=due)


def offices_of_list(cases: QuerySet[CaseFile]) -> QuerySet[ProcuracyUnit]:
    """Return the offices that have any of these cases, to narrow a list by."""
    return ProcuracyUnit.objects.filter(Exists(cases.filter(unit=OuterRef("pk")).order_by()))


def officers_of(units: Iterable[ProcuracyUnit]) -> QuerySet[User]:
    """Return who holds a post in these offices today, to narrow a list by lead prosecutor."""
    posts = Appointment.objects.in_force(timezone.localdate()).filter(unit__in=list(units))
    return User.objects.filter(pk__in=posts.values("user_id")).order_by("last_name", "first_name", "username")
