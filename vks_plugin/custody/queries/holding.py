"""Who has the paper of a case, and what is in somebody's hands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from vks_plugin.access.policy import LEADING, Level
from vks_plugin.access.queries import CaseView, holds_post, visible_cases
from vks_plugin.cases.models import CaseFile, ProceduralEvent
from vks_plugin.conf import configuration
from vks_plugin.custody.models import HandOver, Holding, Keeper, Loan, LoanedPart
from vks_plugin.organization.queries import acting_for, looked_up, posts_in_force, taken_over_by
from vks_plugin.organization.roles import Role
from vks_plugin.text import gettext_noop

KEEPING = LEADING | {"records_clerk"}
"""Roles whose holders give out and take in the paper of their office."""

_AT_THE_AGENCY = frozenset({"nguon_tin", "khoi_to", "dieu_tra"})
"""Stages in which the investigation agency has the case file (BLTTHS, Điều 131, 232)."""
_AT_THE_COURT = frozenset({"xet_xu_so_tham", "phuc_tham", "giam_doc_tham_tai_tham", "thi_hanh_an"})
"""Stages in which the court has the file of a criminal case: it went there with the indictment (BLTTHS, Điều 244)."""
_FINISHED = "ket_thuc"
A_COURT = "Tòa án"
"""The keeper where the record does not say which court; written down as it is, whatever language somebody reads."""
GONE = gettext_noop("Không còn: hồ sơ đã tiêu hủy")
_MOST_SINGLE = 100
_OF_CRIMES = frozenset({"criminal", "crime_report"})


@dataclass(frozen=True)
class Holder:
    """Who has a part of the paper, and how that is known."""

    keeper: Keeper
    name: str
    since: dt.datetime | None
    """None: nothing is recorded, it is assumed."""
    holding: Holding | None

    @property
    def is_assumed(self) -> bool:
        """Whether nobody has said so yet."""
        if self.holding is None:
            return self.since is None
        return self.holding.cause == Holding.Cause.ASSUMED

    @property
    def is_lent(self) -> bool:
        """Whether it is out on loan, and so cannot be handed over."""
        return self.holding is not None and self.holding.cause == Holding.Cause.LOAN


def open_holding(case: CaseFile, part: str) -> Holding | None:
    """Return the row of who has the part now; None: nothing is recorded (one query)."""
    return Holding.objects.filter(case=case, part=part, until__isnull=True).select_related("unit", "person").first()


def kept_though_gone() -> QuerySet[Holding]:
    """Return the rows that say somebody still has paper of a file that was disposed of: older disposals did not end them."""
    return Holding.objects.filter(until__isnull=True, case__destroyed_at__isnull=False).order_by("case_id", "part")


def assumed_keeper(case: CaseFile, part: str) -> Keeper:
    """Return who is taken to have a part of which nothing is recorded.

    The case file is at the investigation agency while it investigates, at the court once it went there; everything else
    is at the office of the case. Of a finished case the events say whether it went to court (one query then). Whether it
    stays there, and whose file is the court's all along, `VKS_FILES_AT_COURT` says.
    """
    if part == "hsva" and _went_to_court(case):
        return Keeper(agency=case.court or A_COURT)
    agency = case.investigation_agency or case.init_decision_agency
    if part == "hsva" and case.kind in _OF_CRIMES and case.stage in _AT_THE_AGENCY and agency:
        return Keeper(agency=agency)
    return Keeper(unit=case.unit)


def _went_to_court(case: CaseFile) -> bool:
    by_custom = {each.strip() for each in configuration().files_at_court.split(",")}
    if case.kind != "criminal":
        return case.kind in by_custom
    if case.stage != _FINISHED or "finished" not in by_custom:
        return case.stage in _AT_THE_COURT
    passed = ProceduralEvent.objects.filter(case=case, withdrawn_at__isnull=True)
    return passed.filter(Q(stage_before__in=_AT_THE_COURT) | Q(stage_after__in=_AT_THE_COURT)).exists()


def holder_of(case: CaseFile, part: str = "hsva") -> Holder:
    """Return who has a part of the paper of a case now (one query); of a file that was disposed of, nobody."""
    if case.destroyed_at is not None:
        return Holder(Keeper(agency=GONE), _(GONE), case.destroyed_at, None)
    found = open_holding(case, part)
    if found is None:
        keeper = assumed_keeper(case, part)
        return Holder(keeper, keeper.name, None, None)
    return Holder(found.keeper, found.keeper_name, found.since, found)


_WAYS_BACK = {"vks_ta": "ta_vks", "vks_cqdt": "cqdt_vks", "vks_khac": "khac_vks"}


def way_back(case: CaseFile, part: str = "hsva") -> str:
    """Return the direction in which paper that was handed out of our offices comes back; empty: it was not.

    Of what agencies outside passed on between them: that of the one it was handed to, which need not be that of the last.
    """
    found = open_holding(case, part)
    if found is not None and found.cause == Holding.Cause.PASSED_ON:
        went = Holding.objects.filter(case=case, part=part, since__lt=found.since).exclude(cause=found.cause)
        found = went.order_by("-since").first()
    if found is None or found.cause != Holding.Cause.HAND_OVER or found.reference is None:
        return ""
    gone = HandOver.objects.filter(pk=found.reference).values_list("direction", flat=True).first()
    return _WAYS_BACK.get(gone or "", "")


def volumes_out(case: CaseFile, part: str) -> set[int]:
    """Return the numbers of the volumes of a part that are out on loan (one query)."""
    out = LoanedPart.objects.filter(case=case, part=part, is_out=True, volume__gt=0)
    return set(out.values_list("volume", flat=True))


def keeps_paper(user: User, case: CaseFile, units: Iterable[int | None]) -> bool:
    """Tell whether the person gives out and takes in paper of this case in one of these offices.

    Clerks have no hand in cases that only leaders may know of.
    """
    restricted = case.confidentiality == CaseFile.Confidentiality.RESTRICTED
    return holds_post(user, LEADING if restricted else KEEPING, acting_for(units))


def offices_kept(user: User) -> dict[int, bool]:
    """Return the offices whose paper the person gives out and takes in, by their ids, with those they took over from.

    The value tells whether the person leads there, and so has to do with restricted cases too.
    """
    return looked_up(("offices kept", user.pk), lambda: _offices_kept(user))


def _offices_kept(user: User) -> dict[int, bool]:
    if not user.is_active:
        return {}
    found: dict[int, bool] = {}
    for role, unit in posts_in_force(user):
        if role in KEEPING:
            found[unit.pk] = found.get(unit.pk, False) or role in LEADING
    for predecessor, successor in taken_over_by(found):
        found[predecessor] = found.get(predecessor, False) or found[successor]
    return found


def archives_kept(user: User) -> set[int]:
    """Return the offices whose archive the person keeps, by their ids, with those they took over from."""
    found = {unit.pk for role, unit in posts_in_force(user) if role == Role.ARCHIVIST} if user.is_active else set()
    return found | {predecessor for predecessor, _successor in taken_over_by(found)} if found else found


@dataclass(frozen=True)
class KeepingTold:
    """Where the paper of a case is and was, as one person may see it."""

    holders: dict[str, Holder]
    """By part, those the person may know of; a borrower whom the person may not know has an empty name."""
    lines: list[Holding]
    """Every keeper of these parts, the present ones first."""
    single: list[Loan]
    """Single volumes that were lent while the rest stayed, the latest first; to who may know the borrowers."""
    named: frozenset[str]
    """Parts whose borrowers the person may know."""


def keeping_told(user: User, view: CaseView) -> KeepingTold:
    """Return where each part is and was: to who may know of the part, keeps its paper, or has it.

    Who borrowed it is told to who reads the part (for another reason than a loan), keeps its paper, or borrowed it.
    """
    case, holders, named = view.case, {}, set()
    for part, decision in (("hsva", view.decision), ("hsks", view.internal)):
        held = holder_of(case, part)
        office = held.keeper.unit.pk if held.keeper.unit is not None and not held.is_lent else None
        keeps = keeps_paper(user, case, [case.unit_id, office])
        mine = held.keeper.person is not None and held.keeper.person.pk == user.pk
        if decision.level < Level.METADATA and not (keeps or mine):
            continue
        reads = decision.level >= Level.VIEW and not (part == "hsva" and "borrowed" in view.may)
        if keeps or reads:
            named.add(part)
        holders[part] = held if keeps or reads or mine or not held.is_lent else replace(held, name="")
    rows = Holding.objects.filter(case=case, part__in=holders).select_related("unit", "person")
    rows = rows.filter(~Q(cause=Holding.Cause.LOAN) | Q(part__in=named) | Q(person=user))
    single = Loan.objects.filter(Q(part__in=named) | Q(borrower=user), case=case, form="paper", issued_at__isnull=False)
    single = single.exclude(volumes=[]).select_related("borrower").order_by("-issued_at", "-pk")
    return KeepingTold(holders, list(rows.order_by("part", "-since")), list(single[:_MOST_SINGLE]), frozenset(named))


def of_offices(user: User, *, unit: str, case: str = "case") -> Q:
    """Return the condition on rows that concern paper of the person's offices.

    Args:
        unit: path to the office on the row.
        case: path to the case on the row.
    """
    kept = offices_kept(user)
    leading = sorted(pk for pk, leads in kept.items() if leads)
    keeping = sorted(pk for pk, leads in kept.items() if not leads)
    normal = {f"{case}__confidentiality": CaseFile.Confidentiality.NORMAL}
    return Q(**{f"{unit}__in": leading}) | Q(**{f"{unit}__in": keeping}, **normal)


def in_hands(user: User) -> QuerySet[Holding]:
    """Return what the person has, and what the offices have whose paper the person keeps, the newest first.

    Only what is recorded: of a case without any row nobody has taken anything into his hands here. What is lent to the
    person is among it.
    """
    mine = Q(person=user) if user.is_active else Q(pk__in=[])
    rows = Holding.objects.filter(until__isnull=True).filter(mine | of_offices(user, unit="unit"))
    return rows.select_related("case", "unit", "person").order_by("-since", "-pk")


def named_cases(user: User, rows: Iterable[Holding | HandOver]) -> set[int]:
    """Return the keys of those cases of these rows whose name the person may know (one query).

    Who has paper of another case reads the code on its label, and no more: a name says who is accused of what.
    """
    return set(visible_cases(user).filter(pk__in={row.case_id for row in rows}).values_list("pk", flat=True))
