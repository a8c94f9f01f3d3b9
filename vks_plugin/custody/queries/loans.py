"""Loans as one person may see them, and what that person may do with each."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.access.policy import LEADING, Level
from vks_plugin.access.queries import CaseView, case_for, reads_only_by_loan, visible_cases
from vks_plugin.cases.models import CaseFile, Folio, Volume
from vks_plugin.conf import configuration
from vks_plugin.custody.models import Holding, Keeper, LedgerEntry, Loan, LoanedPart, LoanRenewal
from vks_plugin.custody.queries.holding import open_holding
from vks_plugin.custody.states import LOAN, OVERDUE
from vks_plugin.errors import NotFound
from vks_plugin.organization.models import Appointment, ProcuracyUnit
from vks_plugin.organization.queries import (
    acting_for,
    appointments_in_force,
    display_name,
    looked_up,
    posts_in_force,
    taken_over_by,
)
from vks_plugin.organization.roles import OF_A_DEPARTMENT, Role

AT_THE_DESK = frozenset({Role.ARCHIVIST, Role.RECORDS_CLERK})
"""Whose work it is to hand files out and take them back; leaders of the office may too."""
SOON = 3
"""Days before the last one from which a loan is shown as due."""


@dataclass(frozen=True)
class Places:
    """Offices, by their ids, in which somebody has to do with loans."""

    led: frozenset[int]
    chief: frozenset[int]
    desk: frozenset[int]
    clerk: frozenset[int]
    """Of the desk, where the person is a records clerk, and so keeps the paper of the office."""
    office: frozenset[int]
    """Where the person heads the department that allows loans to the office's own people; never of restricted cases."""

    @property
    def any(self) -> frozenset[int]:
        """All of them."""
        return self.led | self.desk | self.office

    def hands_out(self, unit: int) -> bool:
        """Tell whether the person hands out and takes back files of an office."""
        return unit in self.desk or unit in self.led

    def allows(self, case: CaseFile, unit: int, *, own_people: bool) -> bool:
        """Tell whether the person decides about loans of a case by an office.

        To the people of its office the leaders there lend (and the head of the department the setting names, where the
        case is not restricted), to everybody else its chief.
        """
        if own_people:
            normal = case.confidentiality == CaseFile.Confidentiality.NORMAL
            return unit in self.led or (normal and unit in self.office)
        return unit in self.lends_outside

    @property
    def lends_outside(self) -> frozenset[int]:
        """Offices whose files the person lends to people outside: as their chief, or as a deputy where the setting lets them."""
        return self.chief | self.led if configuration().loan_deputies_lend_outside else self.chief


def places_of(user: User) -> Places:
    """Return where somebody has to do with loans, with the offices those took over from (two queries)."""
    return looked_up(("loan places", user.pk), lambda: _places_of(user))


def _places_of(user: User) -> Places:
    found: dict[str, set[int]] = defaultdict(set)
    named = configuration().loan_office_department
    for post in appointments_in_force(user) if user.is_active else ():
        if post.role in LEADING:
            found["led"].add(post.unit_id)
        if post.role == Role.CHIEF_PROCURATOR:
            found["chief"].add(post.unit_id)
        if post.role in AT_THE_DESK:
            found["desk"].add(post.unit_id)
        if post.role == Role.RECORDS_CLERK:
            found["clerk"].add(post.unit_id)
        if named and post.role in OF_A_DEPARTMENT and post.department is not None and post.department.code == named:
            found["office"].add(post.unit_id)
    for predecessor, successor in taken_over_by(set().union(*found.values())) if found else ():
        for units in found.values():
            if successor in units:
                units.add(predecessor)
    return Places(*(frozenset(found[name]) for name in ("led", "chief", "desk", "clerk", "office")))


def _answered_for_by(units: Iterable[int]) -> Q:
    """Return the condition on loans for which one of these offices answers: `Loan.lender_id` for the database."""
    here = sorted(units)
    went_out = Q(form=Loan.Form.PAPER, unit__isnull=False)
    return went_out & Q(unit__in=here) | ~went_out & Q(case__unit__in=here)


def shown_to(user: User) -> QuerySet[Loan]:
    """Return the loans somebody may know of: the own ones, and those of the offices where the person decides or hands out.

    An office's are those of its cases, and the paper it lent of cases that went to another office since. Who hands out is
    shown those of cases the person may know of; of what left, who keeps the office's paper or handed it out, unless it is
    restricted.
    """
    places = places_of(user)
    chosen = Q(borrower=user) | Q(requested_by=user)
    normal = Q(case__confidentiality=CaseFile.Confidentiality.NORMAL)
    if places.led:
        chosen |= Q(case__unit_id__in=places.led) | _answered_for_by(places.led)
    if places.office:
        chosen |= (Q(case__unit_id__in=places.office) | _answered_for_by(places.office)) & normal
    if places.desk:
        known = visible_cases(user).filter(unit_id__in=places.desk).order_by()
        lent = Q(form=Loan.Form.PAPER) & (Q(unit__in=places.clerk) | Q(unit__in=places.desk, issued_by=user))
        chosen |= Q(case_id__in=known.values("pk")) | lent & normal
    return Loan.objects.filter(chosen)


def loans_of(user: User, view: CaseView) -> QuerySet[Loan]:
    """Return the loans of a case; who reads it for no other reason than a loan is shown the own ones."""
    rows = Loan.objects.filter(case=view.case)
    reads = max(view.decision.level, view.internal.level) >= Level.VIEW
    if reads and not reads_only_by_loan(user, view.case):
        return rows if view.internal.level >= Level.VIEW else rows.filter(Q(part="hsva") | Q(pk__in=_own(user)))
    return shown_to(user).filter(case=view.case)


def known_to(user: User, loan_id: int) -> QuerySet[Loan]:
    """Return one loan, if the person may know of it by `shown_to` or on the page of its case; else nothing."""
    shown = shown_to(user).filter(pk=loan_id)
    row = Loan.objects.filter(pk=loan_id).select_related("case").first()
    if row is None or row.case is None or shown.exists():
        return shown
    try:
        return loans_of(user, case_for(user, row.case.code)).filter(pk=loan_id)
    except NotFound:
        return shown


def _own(user: User) -> QuerySet[Loan, int]:
    return shown_to(user).order_by().values_list("pk", flat=True)


@dataclass(frozen=True)
class LoanTold:
    """A loan as one person may see it."""

    row: Loan
    case: CaseFile | None
    """None: the person may not know of the case, or there is none; the code is that which was typed."""
    state: str
    """As in the table of states; `qua_han` when the file should be back, `da_tra` when an electronic loan is over."""
    due_soon: bool
    posts: tuple[Appointment, ...]
    """The posts in force of the borrower."""
    renewals: tuple[LoanRenewal, ...]
    lends: bool
    """Whether the person hands out and takes back for the office that answers for it."""
    may: frozenset[str]
    """Of `approve`, `deny`, `withdraw`, `revoke`, `issue`, `return`, `renew`, `answer`, `settle`, `write_off` (for what is lost)."""

    @property
    def prints(self) -> bool:
        """Whether the person may have the slip."""
        return self.case is not None or self.lends

    @property
    def label(self) -> str:
        """What the state is called."""
        if self.state == OVERDUE[0]:
            return _(OVERDUE[1])
        return _(LOAN.label(self.state))

    @property
    def person(self) -> str:
        """Who borrows."""
        return borrower_name(self.row)

    @property
    def posts_in_words(self) -> list[str]:
        """What the borrower is, and where."""
        if self.row.borrower_id is None:
            return [self.row.outside_agency] if self.row.outside_agency else []
        return _in_words(self.posts)

    @property
    def posts_then(self) -> list[str]:
        """What the borrower was when the file was handed out; until then, what the borrower is."""
        if self.row.borrower is None or self.row.issued_at is None:
            return self.posts_in_words
        return posts_at(posts_held([self.row.borrower]), self.row.issued_at)

    @property
    def asked(self) -> LoanRenewal | None:
        """The renewal nobody has answered."""
        return next((each for each in self.renewals if each.granted is None), None)

    @property
    def decider(self) -> str:
        """Who answered the request."""
        return display_name(self.row.decided_by)

    @property
    def revoker(self) -> str:
        """Who took back what was allowed."""
        return display_name(self.row.revoked_by)

    @property
    def issuer(self) -> str:
        """Who handed it out."""
        return display_name(self.row.issued_by)

    @property
    def returner(self) -> str:
        """Who took it back."""
        return display_name(self.row.returned_by)

    @property
    def settler(self) -> str:
        """Who closed what came back short."""
        return display_name(self.row.settled_by)

    @property
    def requester(self) -> str:
        """Who recorded the request, where that was not the borrower."""
        return display_name(self.row.requested_by) if self.row.requested_by_id != self.row.borrower_id else ""

    @property
    def has_slip(self) -> bool:
        """Whether a slip can be printed: once it is allowed, for who allowed it and both sides to sign."""
        return bool(self.slip) or self.row.state == "da_duyet"

    @property
    def slip(self) -> str:
        """The number of the slip with its year; empty while there is none."""
        return slip_number(self.row)

    @property
    def what(self) -> str:
        """Which piece of the file."""
        row = self.row
        if not row.volumes:
            # by itself: what stands within an f-string is in no catalogue
            whole = _("toàn bộ")
            return f"{row.get_part_display()}, {whole}"
        volumes = _("tập %(numbers)s") % {"numbers": ", ".join(map(str, row.volumes))}
        return f"{row.get_part_display()}, {volumes}"


def lenders_of(row: Loan) -> list[User]:
    """Return who can be written to at the desk a file was lent from; its leaders where none can, or the case is restricted.

    Two or three queries; `row.case` is read.
    """
    if row.case is None:
        return []
    offices = acting_for([row.lender_id])
    posts = Appointment.objects.in_force(timezone.localdate()).filter(unit__in=offices, user__is_active=True)
    posts = posts.exclude(user__email="").exclude(user=row.borrower_id)
    found: dict[int, User] = {}
    for roles in (AT_THE_DESK, LEADING) if row.case.confidentiality == CaseFile.Confidentiality.NORMAL else (LEADING,):
        found = {post.user_id: post.user for post in posts.filter(role__in=roles).select_related("user")}
        if found:
            break
    return list(found.values())


def posts_held(people: Collection[User]) -> QuerySet[Appointment]:
    """Return every post these people hold, held or are to hold, with its office."""
    return Appointment.objects.filter(user__in=people).select_related("unit").order_by("pk")


def held_at(posts: Iterable[Appointment], moment: dt.datetime) -> list[Appointment]:
    """Return those of these posts that were held at a moment."""
    day = timezone.localdate(moment)
    return [
        post
        for post in posts
        if post.starts_on <= day
        and (post.ends_on is None or post.ends_on >= day)
        and (post.ended_at is None or post.ended_at > moment)
    ]


def posts_at(posts: Iterable[Appointment], moment: dt.datetime) -> list[str]:
    """Return those of these posts that were held at a moment, in words."""
    return _in_words(held_at(posts, moment))


def _in_words(posts: Iterable[Appointment]) -> list[str]:
    return [f"{post.get_role_display()}, {post.unit.short_name}" for post in posts]


LOAN_ACTS = ("loan_approved", "loan_issued", "loan_returned")


def names_of_loan(row: Loan) -> dict[str, str]:
    """Return who acted in a loan, as the ledger has their names of that day: by the kind of entry, and `borrower`."""
    if row.case_id is None:
        return {}
    entries = entries_of(row.case_id, LOAN_ACTS, "loan", row.pk)
    return actors_then(entries) | borrower_then(entries)


def borrower_then(entries: Iterable[LedgerEntry]) -> dict[str, str]:
    """Return the `borrower` as the entry of the handing out has the name; nothing where it was erased."""
    issued = [entry for entry in entries if entry.kind == "loan_issued" and hasattr(entry, "hidden")]
    return {"borrower": dict(issued[-1].hidden.values)["person"]} if issued else {}


def entries_of(case: int, kinds: Collection[str], field: str, number: int) -> list[LedgerEntry]:
    """Return the entries of these kinds that tell of one row of a case, by the field that has its id; the oldest first."""
    return entries_by_row([case], kinds, field, [number])[number]


def entries_by_row(
    cases: Collection[int], kinds: Collection[str], field: str, numbers: Collection[int]
) -> dict[int, list[LedgerEntry]]:
    """Return the entries of these kinds that tell of some rows of these cases, by the row; see `entries_of` (one query)."""
    found: dict[int, list[LedgerEntry]] = {number: [] for number in numbers}
    entries = LedgerEntry.objects.filter(case__in=cases, kind__in=kinds).select_related("hidden")
    for entry in entries.order_by("case", "seq"):
        number = entry.said["data"].get(field)
        if number in found:
            found[number].append(entry)
    return found


def actors_then(entries: Iterable[LedgerEntry]) -> dict[str, str]:
    """Return the names of that day of who acted, by the kind of entry."""
    actors = {entry.kind: entry.said["actor"] for entry in entries}
    # a command has no account: for whom it acted the row tells
    return {kind: actor["name"] for kind, actor in actors.items() if actor["id"] is not None}


def borrower_name(row: Loan) -> str:
    """Return who borrows."""
    return display_name(row.borrower) if row.borrower is not None else row.outside_name


def slip_number(row: Loan) -> str:
    """Return the number of the slip with its year; empty while there is none."""
    if row.number is None or row.issued_at is None:
        return ""
    return f"{row.number}/{timezone.localtime(row.issued_at).year}"


RELATED = (
    "case__unit",
    "borrower",
    "requested_by",
    "decided_by",
    "revoked_by",
    "issued_by",
    "returned_by",
    "settled_by",
    "unit__parent",
    "access",
)
"""What telling of a loan reads beside it."""


def told_to(user: User, rows: QuerySet[Loan] | Iterable[Loan]) -> list[LoanTold]:
    """Return loans of `shown_to` or `loans_of` with what this person may know and do (five queries for all of them)."""
    chosen = list(rows.select_related(*RELATED)) if isinstance(rows, QuerySet) else list(rows)
    if not chosen:
        return []
    day = timezone.localdate()
    places = places_of(user)
    keys = {row.case_id for row in chosen if row.case_id is not None}
    known = set(visible_cases(user).filter(pk__in=keys).values_list("pk", flat=True))
    posts: dict[int | None, list[Appointment]] = defaultdict(list)
    held = Appointment.objects.in_force(day).filter(
        user_id__in=[row.borrower_id for row in chosen if row.borrower_id is not None]
    )
    for post in held.select_related("unit"):
        posts[post.user_id].append(post)
    renewals: dict[int, list[LoanRenewal]] = defaultdict(list)
    for each in LoanRenewal.objects.filter(loan__in=[row.pk for row in chosen]).select_related("decided_by"):
        renewals[each.loan_id].append(each)
    found = []
    for row in chosen:
        state = row.state
        if row.is_overdue(day):
            state = OVERDUE[0]
        elif row.has_run_out(day):
            state = "da_tra"
        mine = posts[row.borrower_id]
        lends = _lends(user, places, row, knows=row.case_id in known)
        found.append(
            LoanTold(
                row=row,
                case=row.case if row.case_id in known else None,
                state=state,
                due_soon=state == "dang_muon" and row.until <= day + dt.timedelta(days=SOON),
                posts=tuple(mine),
                renewals=tuple(renewals[row.pk]),
                lends=lends,
                may=_may(user, places, row, state, mine, renewals[row.pk], lends=lends),
            )
        )
    return found


def loan_told(user: User, loan_id: int) -> LoanTold:
    """Return one loan as the person may see it.

    Raises:
        NotFound: there is none, or none the person may know of.
    """
    found = told_to(user, known_to(user, loan_id))
    if not found:
        raise NotFound(_("Không có lần mượn hồ sơ nào như vậy."))
    return found[0]


def _lends(user: User, places: Places, row: Loan, *, knows: bool) -> bool:
    unit = row.lender_id
    if row.case is None or unit is None or user.pk == row.borrower_id or not places.hands_out(unit):
        return False
    # paper of a case that is another office's now: the code on its label, and that it comes back
    normal = row.case.confidentiality == CaseFile.Confidentiality.NORMAL
    keeps = unit in places.led or (normal and (unit in places.clerk or row.issued_by_id == user.pk))
    return knows or (row.is_paper and row.unit_id is not None and keeps)


def _is_of_office(row: Loan, posts: Iterable[Appointment]) -> bool:
    """Tell whether the borrower is one of the people of the office that answers for a loan."""
    unit = row.lender_id
    case = row.case
    # asked for what was lent by an office that may be gone; else it is the office of the case, as it is today
    offices = {unit} if case is None or unit == case.unit_id else acting_for([unit])
    return any(post.unit_id in offices for post in posts)


def _may(
    user: User,
    places: Places,
    row: Loan,
    state: str,
    posts: list[Appointment],
    renewals: list[LoanRenewal],
    *,
    lends: bool,
) -> frozenset[str]:
    unit = row.lender_id
    own = user.pk == row.borrower_id
    asked = own or user.pk == row.requested_by_id
    found = set()
    decides = (
        row.case is not None
        and unit is not None
        and not asked
        and places.allows(row.case, unit, own_people=_is_of_office(row, posts))
    )
    out = state in {"dang_muon", OVERDUE[0]}
    waits = any(each.granted is None for each in renewals)
    if decides and state == "de_nghi":
        found |= {"approve", "deny"}
    if asked and state in {"de_nghi", "da_duyet"}:
        found.add("withdraw")
    if lends and state == "da_duyet":
        found.add("issue")
    leads = unit in places.led and not asked
    # what cannot be handed out any more the desk clears away
    idle = row.until < timezone.localdate() or has_left(row, posts)
    if state == "da_duyet" and row.is_paper and (decides or leads or (lends and idle)):
        found.add("revoke")
    if out and (lends or (own and not row.is_paper)):
        found.add("return")
    if lends and state == "tra_thieu":
        found |= {"settle", "write_off"} if unit in places.led else {"settle"}
    if out and not waits and (own or lends) and sum(bool(each.granted) for each in renewals) < renewals_allowed():
        found.add("renew")
    if out and waits and decides and not any(each.granted is None and each.asked_by_id == user.pk for each in renewals):
        found.add("answer")
    return frozenset(found)


def has_left(row: Loan, posts: Sequence[Appointment]) -> bool:
    """Tell whether the borrower is somebody of ours who holds no post any more."""
    return row.borrower is not None and not (row.borrower.is_active and posts)


def renewals_allowed() -> int:
    """Return how often a loan may be renewed."""
    return configuration().loan_renewals


def waiting_for(user: User) -> QuerySet[Loan]:
    """Return the loans on which the person's desk or decision may wait: requests, what is to be handed out, renewals."""
    places = places_of(user)
    if not places.any:
        return Loan.objects.none()
    open_renewals = LoanRenewal.objects.filter(granted__isnull=True).values("loan_id")
    waits = Q(state__in=["de_nghi", "da_duyet"]) | Q(state="dang_muon", pk__in=open_renewals)
    return shown_to(user).filter(waits).filter(_answered_for_by(places.any))


def overdue(rows: QuerySet[Loan], day: dt.date | None = None) -> QuerySet[Loan]:
    """Keep paper that should be back."""
    return rows.filter(form=Loan.Form.PAPER, state="dang_muon", until__lt=day or timezone.localdate())


def to_come_back(rows: QuerySet[Loan]) -> QuerySet[Loan]:
    """Keep paper that should be back, and what came back short and is not settled."""
    return overdue(rows) | rows.filter(state="tra_thieu")


def in_single_volumes(rows: QuerySet[Loan]) -> QuerySet[Loan]:
    """Keep loans of which single volumes are out while the rest of the part stayed or came back."""
    out = rows.filter(state="dang_muon", form=Loan.Form.PAPER).exclude(volumes=[])
    return out | rows.filter(state="tra_thieu", pk__in=LoanedPart.objects.filter(is_out=True).values("loan_id"))


def concerning(user: User) -> int:
    """Return on how many loans somebody waits for this person, or a file should be back (one query, mostly)."""
    late = to_come_back(Loan.objects.filter(Q(borrower=user) | Q(requested_by=user))).order_by()
    if not places_of(user).any:
        return late.count()
    mine = to_come_back(shown_to(user)).order_by().values("pk")
    waits = waiting_for(user).order_by().values("pk")
    return Loan.objects.filter(Q(pk__in=waits) | Q(pk__in=mine)).count()


def goes_back_to(row: Loan) -> Keeper | None:
    """Return who gets the paper of a loan back: who had it before, while still at work there; else the office, or who took over.

    None: it is not out, or single volumes are and the rest never left.
    """
    case = row.case
    lent = open_holding(case, row.part) if case is not None and row.is_paper else None
    if case is None or lent is None or (lent.cause, lent.reference) != (Holding.Cause.LOAN, row.pk):
        return None
    rows = Holding.objects.filter(case=case, part=row.part)
    # with the borrower it may have gone on under an office that took over: where it was lies before the first row of the loan
    out = rows.filter(cause=Holding.Cause.LOAN, reference=row.pk).earliest("since")
    before = rows.select_related("unit", "person").get(until=out.since)
    unit, person = before.unit, before.person
    assert unit is not None  # noqa: S101 - an office alone lends
    offices = acting_for([unit.pk])
    if person is not None and person.is_active:
        there = {post.pk: post for _role, post in posts_in_force(person) if post.pk in offices}
        if there:
            return Keeper(unit=there.get(unit.pk) or next(iter(there.values())), person=person)
    today = timezone.localdate()
    others = ProcuracyUnit.objects.filter(pk__in=offices).order_by("pk")
    after = next((each for each in (unit, case.unit, *others) if each.pk in offices and each.is_active(today)), unit)
    return Keeper(unit=after)


def counted(row: Loan) -> tuple[int | None, int | None]:
    """Return how many volumes and folios the record knows of what a loan is of; None where it does not know."""
    if row.case is None or row.part != "hsva" or not row.is_paper:
        return None, None
    volumes = Volume.objects.filter(case=row.case)
    if row.volumes:
        volumes = volumes.filter(number__in=row.volumes)
    chosen = list(volumes)
    folios = Folio.objects.filter(case=row.case, number__isnull=False)
    if not row.volumes:
        return len(chosen) or None, folios.count() or None
    within = Q(pk__in=[])
    for each in chosen:
        if each.folio_from is not None and each.folio_to is not None:
            within |= Q(number__gte=each.folio_from, number__lte=each.folio_to)
    return len(row.volumes), folios.filter(within).count() or None
