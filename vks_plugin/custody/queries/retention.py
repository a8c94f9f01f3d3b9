"""How long cases are kept, what holds them, and which are due for the archive."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from vks_plugin.access.policy import Level
from vks_plugin.access.queries import holds_post, leads, visible_cases
from vks_plugin.cases.models import Accused, CaseFile, ProceduralEvent, RelatedCase
from vks_plugin.cases.stages import ARCHIVED, SUSPENDED
from vks_plugin.conf import configuration
from vks_plugin.custody.models import RetentionHold, RetentionRule
from vks_plugin.custody.retention import (
    AUTOMATIC,
    TERMS,
    CaseState,
    Happened,
    HoldFacts,
    Retention,
    accession_due,
    asked_for,
    automatic_holds,
    retention_of,
)
from vks_plugin.errors import NotAllowed
from vks_plugin.organization.queries import province_ids

_OVER_BY_STATUS = (ARCHIVED, "da_giai_quyet", "da_nhap", "chuyen_tham_quyen")
OVER = Q(stage="ket_thuc") | Q(status__in=_OVER_BY_STATUS)
"""Cases in which nothing goes on any more."""


def is_over(case: CaseFile) -> bool:
    """Tell whether nothing goes on in a case any more, as `OVER` asks the database."""
    return case.stage == "ket_thuc" or case.status in _OVER_BY_STATUS


RULE_KEEPERS = frozenset({"archivist", "chief_procurator"})
"""Roles whose holders in the province may say how long cases are kept."""


def finishing_events() -> frozenset[str]:
    """Return which events finish a case, as it is configured."""
    return frozenset(each.strip() for each in configuration().finishing_events.split(",") if each.strip())


def may_change_rules(user: User) -> bool:
    """Tell whether the person may say how long cases are kept."""
    return holds_post(user, RULE_KEEPERS, province_ids())


def may_hold(user: User, case: CaseFile) -> bool:
    """Tell whether the person may place and end holds of a case: who leads its office or the one above."""
    return leads(user, [case.unit_id, case.unit.parent_id])


def require_hold(user: User, case: CaseFile) -> None:
    """Refuse who may not place or end holds.

    Raises:
        NotAllowed: the person leads neither the office of the case nor the one above.
    """
    if not may_hold(user, case):
        raise NotAllowed(_("Chỉ lãnh đạo đơn vị thụ lý hoặc cấp trên được giữ hồ sơ lại hoặc thôi giữ."))


@dataclass(frozen=True)
class Standing:
    """How a case stands with the archive."""

    case: CaseFile
    retention: Retention
    automatic: tuple[str, ...]
    """Of `AUTOMATIC`."""
    placed: tuple[RetentionHold, ...]
    """Holds that leaders placed and nobody ended."""

    @property
    def held(self) -> bool:
        """Whether anything holds it."""
        return bool(self.automatic or self.placed)

    @property
    def holds_in_words(self) -> list[str]:
        """What holds it."""
        labels = dict(AUTOMATIC)
        return [*(_(labels[each]) for each in self.automatic), *(each.get_ground_display() for each in self.placed)]

    @property
    def due_on(self) -> dt.date | None:
        """The last day to hand it to the archive; None: it is not finished."""
        day = self.retention.finished_on
        return accession_due(day) if day is not None else None


def standings(cases: Iterable[CaseFile]) -> list[Standing]:
    """Return how cases stand with the archive (six queries, however many they are)."""
    chosen: Sequence[CaseFile] = list(cases)
    keys = [case.pk for case in chosen]
    rules = [row.as_rule for row in RetentionRule.objects.all()]
    finishing = finishing_events()
    events: dict[int, list[Happened]] = defaultdict(list)
    rows = ProceduralEvent.objects.filter(case__in=keys, accused__isnull=True, withdrawn_at__isnull=True)
    for case, event, day in rows.values_list("case_id", "event", "happened_on"):
        events[case].append(Happened(event, day))
    suspended = set(
        Accused.objects.filter(case__in=keys, status=SUSPENDED).order_by().values_list("case_id", flat=True)
    )
    kin: dict[int, set[int]] = defaultdict(set)
    joined = (RelatedCase.Relation.SPLIT_FROM, RelatedCase.Relation.MERGED_INTO)
    ties = RelatedCase.objects.filter(Q(case__in=keys) | Q(other__in=keys), relation__in=joined, other__isnull=False)
    for one, other in ties.order_by().values_list("case_id", "other_id"):
        kin[one].add(other or 0)
        kin[other or 0].add(one)
    others = {each for key in keys for each in kin[key]}
    going_on = set(CaseFile.objects.filter(pk__in=others).exclude(OVER).order_by().values_list("pk", flat=True))
    placed: dict[int, list[RetentionHold]] = defaultdict(list)
    for hold in RetentionHold.objects.filter(case__in=keys, ended_at__isnull=True).select_related("placed_by"):
        placed[hold.case_id].append(hold)
    return [
        Standing(
            case,
            retention_of(CaseState(case.kind, case.crime_class, case.status, events[case.pk]), rules, finishing),
            automatic_holds(
                HoldFacts(
                    case.stage,
                    case.status,
                    case.pk in suspended,
                    bool(kin[case.pk] & going_on),
                    asked_for(events[case.pk]),
                )
            ),
            tuple(placed[case.pk]),
        )
        for case in chosen
    ]


def standing(case: CaseFile) -> Standing:
    """Return how a case stands with the archive."""
    return standings([case])[0]


def term_words(found: Standing) -> str:
    """Return how long a case is kept, in the reader's language."""
    years = found.retention.years
    return _("%(years)d năm") % {"years": years} if years else _(dict(TERMS)[found.retention.term])


class Kept(NamedTuple):
    """How long a file is kept."""

    term: str
    """In words."""
    until: dt.date | None
    """The last day; None: no last day is known."""

    @property
    def words(self) -> str:
        """Both, in the reader's language."""
        if self.until is None:
            return self.term
        return _("%(term)s, đến hết %(day)s") % {"term": self.term, "day": f"{self.until:%d/%m/%Y}"}


_disposed: list[Callable[[Collection[int]], Mapping[int, Kept]]] = []


def on_disposed(told: Callable[[Collection[int]], Mapping[int, Kept]]) -> None:
    """Register what returns, by the keys of cases, how long the files that were disposed of had been kept."""
    _disposed[:] = [told]


def kept_now(cases: Iterable[CaseFile]) -> dict[int, Kept]:
    """Return, by key, how long files are kept as it is known today; those that were disposed of, as it was known then."""
    chosen = list(cases)
    found = {each.case.pk: Kept(term_words(each), each.retention.ends_on) for each in standings(chosen)}
    gone = [case.pk for case in chosen if case.destroyed_at is not None]
    if gone:
        for told in _disposed:
            found |= told(gone)
    return found


def finished_cases(user: User) -> QuerySet[CaseFile]:
    """Return the finished cases the person may know of that are not in the archive, the longest finished first."""
    finished = ProceduralEvent.objects.filter(
        case=OuterRef("pk"), event__in=finishing_events(), accused__isnull=True, withdrawn_at__isnull=True
    )
    rows = visible_cases(user).filter(OVER, Exists(finished)).exclude(status=ARCHIVED)
    day = finished.order_by("-happened_on", "-pk").values("happened_on")[:1]
    return (
        rows.select_related("unit__parent", "department", "trial_unit").annotate(over_on=day).order_by("over_on", "pk")
    )


def holds_for(user: User) -> QuerySet[RetentionHold]:
    """Return the holds on cases the person may read, those in force first."""
    readable = visible_cases(user, at_least=Level.VIEW)
    rows = RetentionHold.objects.filter(case__in=readable.values("pk"))
    return rows.select_related("case__unit", "placed_by", "ended_by").order_by("ended_at", "-pk")


def holds_of(case: CaseFile) -> QuerySet[RetentionHold]:
    """Return every hold of a case, the newest first."""
    return RetentionHold.objects.filter(case=case).select_related("placed_by", "ended_by").order_by("-pk")
