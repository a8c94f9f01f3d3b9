"""Reading the access log: leaders of an office, of what concerned the cases their office held at that moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from vks_plugin.access.models import AccessEntry
from vks_plugin.access.queries import visible_cases, visible_documents
from vks_plugin.cases.models import CaseDocument
from vks_plugin.errors import NotAllowed
from vks_plugin.organization.models import ProcuracyUnit
from vks_plugin.organization.queries import looked_up, posts_in_force, taken_over_by
from vks_plugin.organization.roles import LEADERS


@dataclass(frozen=True)
class Led:
    """Offices a person leads today."""

    own: frozenset[int]
    """As chief or deputy chief procurator of that very office, or of the one that took over from it."""
    below: frozenset[int]
    """Offices below the province, for its leaders."""
    province: bool = False
    """Whether one of the own offices is that of a province."""

    @property
    def all(self) -> frozenset[int]:
        """Every office whose log the person reads."""
        return self.own | self.below


def offices_led(user: User) -> Led:
    """Return the offices whose access log a person reads (one query; for leaders two or three more)."""
    if not user.is_authenticated or not user.is_active:
        return Led(frozenset(), frozenset())
    return looked_up(("offices led", user.pk), lambda: _offices_led(user))


def _offices_led(user: User) -> Led:
    led = [unit for role, unit in posts_in_force(user) if role in LEADERS]
    provinces = [unit.pk for unit in led if unit.kind == ProcuracyUnit.Kind.PROVINCE]
    below = ProcuracyUnit.objects.filter(parent__in=provinces).values_list("pk", flat=True) if provinces else ()
    own = {unit.pk for unit in led}
    # what was read there while it was another office is for those to know who answer for its cases now
    own |= {predecessor for predecessor, _successor in taken_over_by(own)}
    return Led(frozenset(own), frozenset(below), bool(provinces))


def require_leader(user: User) -> Led:
    """Return the offices whose access log a person reads.

    Raises:
        NotAllowed: none. A superuser of the host is no leader.
    """
    led = offices_led(user)
    if not led.all:
        raise NotAllowed(
            _("Chỉ Viện trưởng, Phó Viện trưởng đọc được nhật ký truy cập của đơn vị. Nếu cần, hãy đề nghị lãnh đạo.")
        )
    return led


def visible_entries(user: User) -> QuerySet[AccessEntry]:
    """Return the entries a person reads, the newest first.

    Raises:
        NotAllowed: the person leads no office.
    """
    return AccessEntry.objects.filter(unit__in=require_leader(user).all).select_related("case", "unit")


@dataclass(frozen=True)
class Told:
    """An entry as one person may read it."""

    entry: AccessEntry
    case_code: str
    """Empty for a list, and for a case the person may not know of."""
    hidden: bool
    """Whether there is a case the person may not know of."""
    known: bool
    """Whether the person may open the case."""
    title: str
    """Of the document, as it is today; empty when the person may not see it."""
    folios: str


def entries_told(user: User, entries: Sequence[AccessEntry]) -> list[Told]:
    """Return what a person may read of some entries (at most a dozen small queries, for any number of them).

    The log holds no titles: they are looked up among what the person may see now. A case that an own office held is
    named to its leaders even when it has gone elsewhere; a restricted one of an office below is not.
    """
    led = offices_led(user)
    cases = {each.case_id for each in entries if each.case_id is not None}
    known = set(visible_cases(user).filter(pk__in=cases).values_list("pk", flat=True)) if cases else set()
    numbers = {each.document_id for each in entries if each.document_id is not None}
    seen: dict[int, CaseDocument] = {}
    if numbers:
        seen = {row.document_id: row for row in visible_documents(user).filter(document_id__in=numbers)}
    found = []
    for entry in entries:
        named = entry.case is not None and (entry.case_id in known or entry.unit_id in led.own)
        document = seen.get(entry.document_id) if entry.document_id is not None else None
        found.append(
            Told(
                entry=entry,
                case_code=entry.case.code if named and entry.case is not None else "",
                hidden=entry.case is not None and not named,
                known=entry.case_id in known,
                title=document.title if document is not None else "",
                folios=document.folio_label if document is not None else "",
            )
        )
    return found


def entries_by_unit(entries: QuerySet[AccessEntry]) -> dict[int, int]:
    """Count entries for each office (one query)."""
    return dict(entries.order_by().values_list("unit_id").annotate(number=Count("pk")))
