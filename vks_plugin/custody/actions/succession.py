"""What an office had in hand of paper goes on with the office that takes over from it.

Paper it keeps passes to who takes over, by an entry of its own; what it began is ended there. What is over stays under the old
name: rows of earlier keepers, records that were numbered, accessions that were taken. Whether the actor may is decided by the
take-over (`vks_plugin.access.transfers`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.access.models import Restructuring
from vks_plugin.acts import tell_each
from vks_plugin.cases.models import CaseFile
from vks_plugin.custody.models import Accession, AccessionItem, DigitisationBatch, HandOver, Holding
from vks_plugin.custody.states import ACCESSION, DIGITISATION, HAND_OVER
from vks_plugin.organization.models import ProcuracyUnit
from vks_plugin.organization.queries import acting_for, with_taken_over

_MOMENT = dt.timedelta(microseconds=1)


def cases_with(offices: Collection[int]) -> Q:
    """Return the condition on cases of which these offices have paper, or part in a hand-over that is not over.

    So have they where they kept volumes or exhibits back from an office that is one with them by now.
    """
    held = Holding.objects.filter(until__isnull=True, unit__in=offices)
    named = (held, _under_way(offices), _in_one_place(offices))
    return Q(*(Q(pk__in=rows.order_by().values("case")) for rows in named), _connector=Q.OR)


def _under_way(offices: Collection[int]) -> QuerySet[HandOver]:
    """Return the hand-overs that still name these offices where it is not history yet: as receiver, or in a draft."""
    rows = HandOver.objects.filter(state__in=HAND_OVER.open)
    # who has given stays who has given: the record is numbered, and perhaps signed, under that name
    return rows.filter(Q(receiver_unit__in=offices) | Q(giver_unit__in=offices, number__isnull=True))


def _in_one_place(offices: Collection[int]) -> QuerySet[HandOver]:
    """Return the hand-overs by which an office kept something back whose file lies in the same office since one took over.

    What a person kept, and what belongs to a file that a person or a borrower has, are still in two places.
    """
    one = with_taken_over(acting_for(offices))
    here = Holding.objects.filter(case=OuterRef("case"), part=OuterRef("part"), until__isnull=True, unit__in=one)
    rows = HandOver.objects.filter(Exists(here.filter(person__isnull=True)), state="da_nhan", giver_unit__in=one)
    return rows.filter(giver_person__isnull=True).exclude(outstanding=[], outstanding_exhibits=[])


def take_paper_along(row: Restructuring, cases: Collection[int]) -> None:
    """Let paper of these cases, and hand-overs and batches of it, pass from the old offices to who takes over.

    Args:
        row: the take-over.
        cases: by their keys; held by the caller.
    """
    old = {unit.pk: unit.code for unit in row.predecessors.all()}
    before = {(each.case_id, each.part): old[each.unit_id] for each in _passed(row, cases, old) if each.unit_id}
    coming: dict[tuple[int, str], int] = {}
    for each in _under_way(old).filter(case__in=cases):
        sent = each.number is not None
        if each.giver_unit_id in old and not sent:
            each.giver_unit = row.successor
        if each.receiver_unit_id in old:
            each.receiver_unit = row.successor
        each.save(update_fields=["giver_unit", "receiver_unit"])
        if sent:
            coming[each.case_id, each.part] = each.pk
    DigitisationBatch.objects.filter(case__in=cases, unit__in=old, state__in=DIGITISATION.open).update(
        unit=row.successor
    )
    # with the paper itself passed, what one of the offices kept back from another is in its place again
    joined: dict[tuple[int, str], list[int]] = {}
    exhibits: dict[tuple[int, str], list[int]] = {}
    for each in _in_one_place(old).filter(case__in=cases).select_related("giver_unit").order_by("pk"):
        key = (each.case_id, each.part)
        joined[key] = sorted({*joined.get(key, []), *each.outstanding})
        exhibits[key] = sorted({*exhibits.get(key, []), *each.outstanding_exhibits})
        if each.giver_unit is not None:
            before.setdefault(key, each.giver_unit.code)
        coming.setdefault(key, each.pk)
        HandOver.objects.filter(pk=each.pk).update(outstanding=[], outstanding_exhibits=[])
    touched = sorted({*before, *coming})
    found = CaseFile.objects.in_bulk({case for case, _part in touched})
    common = {"restructuring": row.pk, "unit": row.successor.code}
    told = []
    for key in touched:
        now = {
            "unit_before": before.get(key),
            "hand_over": coming.get(key),
            "volume_numbers": joined.get(key),
            "exhibits_joined": exhibits.get(key),
        }
        told.append((found[key[0]], {**common, "part": key[1], **now}))
    tell_each("paper_taken_over", actor=row.started_by, each=told)


def _passed(row: Restructuring, cases: Collection[int], old: Collection[int]) -> list[Holding]:
    """Let who takes over keep what the old offices, and people in them, keep of these cases; return how it was."""
    present = list(Holding.objects.filter(case__in=cases, unit__in=old, until__isnull=True))
    if not present:
        return []
    now = max(timezone.now(), *(each.since + _MOMENT for each in present))
    Holding.objects.filter(pk__in=[each.pk for each in present]).update(until=now)
    Holding.objects.bulk_create(
        Holding(
            case_id=each.case_id,
            part=each.part,
            unit=row.successor,
            person_id=each.person_id,
            person_name=each.person_name,
            since=now,
            # what is lent stays lent, by the same slip
            cause=each.cause if each.cause == Holding.Cause.LOAN else Holding.Cause.SUCCESSION,
            reference=each.reference if each.cause == Holding.Cause.LOAN else row.pk,
        )
        for each in present
    )
    return present


def accessions_in_hand(unit: ProcuracyUnit) -> str:
    """Return a sentence on how many accessions of an office nobody has taken or called off; empty for none."""
    open_ones = Accession.objects.filter(unit=unit, state__in=ACCESSION.open).count()
    told = _("%(unit)s còn %(number)d lần nộp lưu chưa xong: hãy làm xong trước.")
    return told % {"unit": unit.name, "number": open_ones} if open_ones else ""


def cases_in_accessions(offices: Collection[int]) -> Iterable[int]:
    """Return the keys of cases in accessions of offices that nobody has taken or called off."""
    rows = Accession.objects.filter(unit__in=offices, state__in=ACCESSION.open)
    return AccessionItem.objects.filter(accession__in=rows).order_by().values_list("case_id", flat=True)


def take_accessions_along(row: Restructuring) -> None:
    """Let who takes over end the accessions that nobody has taken or called off: they get their number there."""
    old = {unit.pk: unit.code for unit in row.predecessors.all()}
    rows = Accession.objects.filter(unit__in=old, state__in=ACCESSION.open)
    # in the order every act holds cases in, and before the accession itself
    cases = CaseFile.objects.filter(pk__in=list(cases_in_accessions(old)))
    found = {case.pk: case for case in cases.select_for_update().order_by("pk")}
    for accession in rows.prefetch_related("items"):
        told = {"restructuring": row.pk, "accession": accession.pk, "unit_before": old[accession.unit_id]}
        # compared and set in one statement: what was taken meanwhile is the old office's
        if rows.filter(pk=accession.pk).update(unit=row.successor):
            each = [(found[item.case_id], {**told, "unit": row.successor.code}) for item in accession.items.all()]
            tell_each("accession_taken_over", actor=row.started_by, each=each)
