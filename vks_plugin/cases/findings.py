"""What is to be looked at again in a case: the rules of validation, asked about everything that is recorded of it.

The number of queries does not depend on how much that is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from django.utils import timezone

from vks_plugin.cases import validation
from vks_plugin.cases.actions.deadlines import facts_before
from vks_plugin.cases.actions.proceedings import events_of, happening_of
from vks_plugin.cases.calendar import counting
from vks_plugin.cases.deadlines import deadline_rules
from vks_plugin.cases.folio_queries import folio_report, papers_of
from vks_plugin.cases.folio_report import Finding as Defective
from vks_plugin.cases.models import Accused, CaseDeadline, CaseFile, CasePerson, Charge, ProceduralEvent, RelatedCase
from vks_plugin.cases.proceedings import EVENTS
from vks_plugin.cases.validation import Finding
from vks_plugin.language import spoken

_ON_ITS_WAY_TO_COURT = frozenset({"da_truy_to"})
"""Statuses in which the court is to be told of custody that ends (Điều 244)."""


def findings(case: CaseFile) -> list[Finding]:
    """Return what the rules find, those that block first, then in the order of the rules."""
    accused = list(case.accused.all())
    for person in accused:
        person.case = case
    charges = list(case.charges.all())
    events = events_of(case)
    relations = list(RelatedCase.objects.filter(case=case)) + list(RelatedCase.objects.filter(other=case))
    found = [
        *validation.days_in_order(_days(case, accused, events)),
        *_folios(case),
        *_limits(case, accused, charges, events),
        *_custody(case, accused),
        *_minors(case, accused, charges),
        *validation.merged_and_split(_ancestry(case, accused, relations)),
        *validation.days_stored(_stored_days(case)),
    ]
    return sorted(found, key=lambda each: (each.severity != "block", each.rule))


def _days(case: CaseFile, accused: Sequence[Accused], events: Sequence[ProceduralEvent]) -> validation.DaysOfCase:
    recorded = tuple(validation.RecordedEvent(each.pk, happening_of(each)) for each in events)
    found = validation.DaysOfCase(
        recorded, opened_on=case.init_decision_date, crime_on=case.crime_date, handled_on=case.handled_at
    )
    if not case.kind_data.prosecutes:
        return found
    # what is recorded as events is compared there
    told = {(each.event, each.accused_id) for each in events}
    initiated = ("khoi_to_vu_an", None) in told
    people = []
    for person in accused:
        charged = ("khoi_to_bi_can", person.pk) in told
        approved = ("phe_chuan_ktbc", person.pk) in told
        people.append(
            validation.AccusedDays(
                person.pk,
                person.full_name,
                initiated_on=None if initiated and charged else case.init_decision_date,
                charged_on=person.init_decision_date,
                approved_on=None if charged and approved else person.approval_date,
            )
        )
    return replace(found, accused=tuple(people))


def _folios(case: CaseFile) -> Iterable[Finding]:
    """Look at the numbering once there is one: while a case is investigated its papers have no numbers."""
    report = folio_report(case)
    if not report.last:
        return ()
    if not case.volumes.exists():
        # nothing is missing from a volume before there are any
        inside = tuple(each for each in report.defects if each.finding is not Defective.OUTSIDE_VOLUMES)
        report = replace(report, defects=inside)
    found = validation.folios_complete(report)
    # documents are known by their number in the host
    host_ids = dict(papers_of(case).order_by().values_list("pk", "document_id"))
    return [replace(each, entry=host_ids.get(each.entry or 0)) if each.part == "document" else each for each in found]


def _limits(
    case: CaseFile, accused: Sequence[Accused], charges: Sequence[Charge], events: Sequence[ProceduralEvent]
) -> Iterable[Finding]:
    if not any(each.amount for each in events) or case.kind not in EVENTS:
        return ()
    recorded = tuple(validation.RecordedEvent(each.pk, happening_of(each)) for each in events)
    facts = facts_before(case, accused, charges)
    return validation.extensions_within_limits(validation.LimitsOfCase(case.kind, recorded, facts, counting()))


def _custody(case: CaseFile, accused: Sequence[Accused]) -> Iterable[Finding]:
    names = {person.pk: person.full_name for person in accused}
    rules = {rule.id for rule in deadline_rules().values() if rule.mode == "custody"}
    rows = CaseDeadline.objects.filter(case=case, rule__in=rules)
    to_court = case.status in _ON_ITS_WAY_TO_COURT
    custody = tuple(
        validation.Custody(row.pk, names.get(row.accused_id or 0, ""), row.due_on, to_court) for row in rows
    )
    return validation.custody_seen_to(validation.CustodyOfCase(custody, timezone.localdate()))


def _minors(case: CaseFile, accused: Sequence[Accused], charges: Sequence[Charge]) -> Iterable[Finding]:
    victims = list(CasePerson.objects.filter(case=case, role="victim"))
    if not case.kind_data.prosecutes:
        return
    ages = tuple(
        validation.AccusedAge(
            person.pk, person.full_name, person.born_no_later_than, person.offence_day, case.init_decision_date
        )
        for person in accused
        if not person.is_legal_person
    )
    yield from validation.minors_among_accused(validation.MinorsAmongAccused(ages, case.is_closed_trial))
    day = case.crime_date or case.init_decision_date
    yield from validation.minor_victims(
        validation.MinorVictims(
            tuple(
                validation.Victim(
                    each.pk, each.full_name, each.is_minor or bool(each.is_minor_on(day)), each.is_sexual_offence_victim
                )
                for each in victims
            ),
            articles=frozenset(
                each.article for each in charges if each.ended_on is None and each.code_version.startswith("blhs_2015")
            ),
            is_sexual_abuse_minor=case.is_sexual_abuse_minor,
            is_closed_trial=case.is_closed_trial,
        )
    )


def _ancestry(case: CaseFile, accused: Sequence[Accused], relations: Sequence[RelatedCase]) -> validation.Ancestry:
    own = [each for each in relations if each.case_id == case.pk]
    others = [each for each in relations if each.case_id != case.pk]
    merged = next((each.pk for each in own if each.relation == RelatedCase.Relation.MERGED_INTO), None)
    # a case outside the system is written down as a related one
    splits = [each for each in others if each.relation == RelatedCase.Relation.SPLIT_FROM]
    splits += [each for each in own if each.relation == RelatedCase.Relation.RELATED]
    return validation.Ancestry(
        case.status,
        merged_into=merged,
        splits=len(splits),
        people_split=sum(person.status == validation.SPLIT for person in accused),
    )


def _stored_days(case: CaseFile) -> list[validation.StoredDay]:
    return [
        validation.StoredDay(field.name, field.label, str(case.details[field.name]))
        for field in case.kind_data.fields
        if field.type == "date" and case.details.get(field.name)
    ]


class ShownFinding(NamedTuple):
    """A finding in the reader's language."""

    rule: str
    title: str
    severity: str
    sentence: str
    part: str
    entry: int | None
    field: str


def shown(found: Iterable[Finding]) -> list[ShownFinding]:
    """Return findings as they are read, with what each rule asks for."""
    titles = {rule.id: rule.title for rule in validation.RULES}
    return [
        ShownFinding(
            each.rule,
            spoken(titles[each.rule]),
            each.severity,
            spoken(each.sentence),
            each.part,
            each.entry,
            each.field,
        )
        for each in found
    ]
