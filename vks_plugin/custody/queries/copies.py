"""Certified copies and extracts as one person may see them, and what that person may do with each."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from vks_plugin.access.policy import Level
from vks_plugin.access.queries import CaseView, visible_cases
from vks_plugin.cases.models import CaseFile
from vks_plugin.custody.models import CertifiedCopy
from vks_plugin.custody.queries.loans import actors_then, entries_of, places_of
from vks_plugin.custody.states import COPY
from vks_plugin.organization.queries import display_name

_READ = ("case__unit__parent", "requested_by", "decided_by", "issued_by", "unit__parent")


@dataclass(frozen=True)
class CopyTold:
    """A copy or extract as one person may see it."""

    row: CertifiedCopy
    may: frozenset[str]
    """Of `approve`, `deny`, `withdraw` and `issue`."""

    @property
    def label(self) -> str:
        """What the state is called."""
        return _(COPY.label(self.row.state))

    @property
    def requester(self) -> str:
        """Who recorded the request."""
        return display_name(self.row.requested_by)

    @property
    def decider(self) -> str:
        """Who answered it."""
        return display_name(self.row.decided_by)

    @property
    def issuer(self) -> str:
        """Who gave it out."""
        return display_name(self.row.issued_by)

    @property
    def prints(self) -> bool:
        """Whether its paper can be printed: once it is allowed, for the three to sign."""
        return self.row.state in {"da_duyet", "da_cap"}


def may_ask(user: User, view: CaseView) -> bool:
    """Tell whether the person asks for copies of a case: who reads its file (not by a loan alone), and its desk and leaders."""
    return _reads(view) or places_of(user).hands_out(view.case.unit_id)


def _reads(view: CaseView) -> bool:
    return view.decision.level >= Level.VIEW and "borrowed" not in view.may


def copies_of(user: User, view: CaseView) -> QuerySet[CertifiedCopy]:
    """Return the copies of a case: to who may ask for some all of them, to others their own."""
    rows = CertifiedCopy.objects.filter(case=view.case).select_related(*_READ)
    return rows if may_ask(user, view) else rows.filter(requested_by=user)


def copies_waiting(user: User) -> QuerySet[CertifiedCopy]:
    """Return what waits for this person's decision or desk, the oldest first, of cases the person may know of."""
    places = places_of(user)
    if not places.any:
        return CertifiedCopy.objects.none()
    decides = Q(state="de_nghi", case__unit__in=places.lends_outside) & ~Q(requested_by=user)
    gives = Q(state="da_duyet", case__unit__in=places.desk | places.led)
    rows = CertifiedCopy.objects.filter(decides | gives, case__in=visible_cases(user).order_by().values("pk"))
    return rows.select_related(*_READ).order_by("requested_at", "pk")


def copy_told(user: User, row: CertifiedCopy) -> CopyTold:
    """Return one with what the person may do with it."""
    places, case = places_of(user), row.case
    asked = user.pk == row.requested_by_id
    found = set()
    if row.state == "de_nghi" and not asked and decides(user, case):
        found |= {"approve", "deny"}
    if row.state in COPY.move("withdraw").sources and (asked or case.unit_id in places.led):
        found.add("withdraw")
    if row.state == "da_duyet" and places.hands_out(case.unit_id):
        found.add("issue")
    return CopyTold(row, frozenset(found))


COPY_ACTS = ("copy_approved", "copy_issued")


def names_of_copy(row: CertifiedCopy) -> dict[str, str]:
    """Return who allowed a copy and gave it out, as the ledger has their names of that day: by the kind of entry."""
    return actors_then(entries_of(row.case_id, COPY_ACTS, "copy", row.pk))


def decides(user: User, case: CaseFile) -> bool:
    """Tell whether the person lets copies of a case be given: who lends its file to people outside."""
    return places_of(user).allows(case, case.unit_id, own_people=False)
