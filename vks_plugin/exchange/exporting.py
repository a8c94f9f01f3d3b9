"""The list of cases as a file: what the asker may see, in columns that the loading understands.

Who may only know that a case exists gets what a row of the list tells, and empty cells for the rest; read back, an empty
cell says nothing. Cases are looked up again in blocks while the file is written, so that access which ends meanwhile
ends the rows too.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import User
from django.db.models import QuerySet, TextChoices
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from vks_plugin.access.case_lists import decisions_for
from vks_plugin.access.policy import Level
from vks_plugin.access.queries import FACTS, Lead, leads_of, visible_cases
from vks_plugin.cases import penal_code
from vks_plugin.cases.kinds import KINDS, kind_of
from vks_plugin.cases.models import Accused, Assignment, CaseFile, CasePerson, Charge
from vks_plugin.exchange.cells import written_flag
from vks_plugin.exchange.columns import Column, columns
from vks_plugin.exchange.loading import birth_recorded, officer_words
from vks_plugin.exchange.people import GivenCharge, GivenPerson, letters, written_charges, written_people
from vks_plugin.exchange.writing import Value

_BLOCK = 500
"""Cases looked up at once."""
_LONGEST_CELL = 32_000
"""A spreadsheet program takes 32,767 letters a cell and cuts the rest off."""


class Layout(TextChoices):
    """What is a row."""

    CASE = "case", _("Mỗi vụ án một dòng")
    ACCUSED = "accused", _("Mỗi bị can một dòng")


@dataclass
class _Block:
    """A block of cases with what their rows need."""

    cases: list[CaseFile]
    levels: dict[int, Level]
    accused: dict[int, list[Accused]] = field(default_factory=lambda: defaultdict(list))
    people: dict[int, list[CasePerson]] = field(default_factory=lambda: defaultdict(list))
    charges: dict[tuple[int, int | None], list[Charge]] = field(default_factory=lambda: defaultdict(list))
    assigned: dict[tuple[int, str], list[User]] = field(default_factory=lambda: defaultdict(list))
    leads: dict[int, Lead] = field(default_factory=dict)


def columns_of(cases: QuerySet[CaseFile], layout: str) -> list[Column]:
    """Return the columns of such a file: those of every case, and of the kinds that occur in it."""
    kinds = [kind_of(value) for value in cases.order_by().values_list("kind", flat=True).distinct()]
    details = {each.name for kind in kinds for each in kind.fields}
    roles = {role for kind in kinds for role, _label in kind.person_roles}
    prosecuted = any(kind.has_accused for kind in kinds)
    chosen = []
    for column in columns():
        if column.source == "details" and column.field not in details:
            continue
        if column.source == "people" and column.field not in roles:
            continue
        if column.source == "accused" and (layout != Layout.ACCUSED or not prosecuted):
            continue
        if column.name == "accused" and (layout == Layout.ACCUSED or not prosecuted):
            continue
        chosen.append(column)
    return chosen


def export(user: User, cases: QuerySet[CaseFile], layout: str) -> tuple[list[str], Iterator[list[Value]]]:
    """Return the headings and the rows of a file.

    Args:
        user: who asks; decides what each row tells.
        cases: which cases, narrowed and in order; those the person may not know of are left out.
        layout: what is a row.
    """
    chosen = columns_of(cases, layout)
    keys = list(cases.values_list("pk", flat=True))
    return [column.heading for column in chosen], _rows(user, keys, chosen, layout)


def _rows(user: User, keys: Sequence[int], chosen: Sequence[Column], layout: str) -> Iterator[list[Value]]:
    for start in range(0, len(keys), _BLOCK):
        block = _block(user, keys[start : start + _BLOCK])
        for case in block.cases:
            people: Sequence[Accused | None] = block.accused[case.pk] if layout == Layout.ACCUSED else ()
            for accused in people or (None,):
                yield [_value(column, case, accused, block) for column in chosen]


def _block(user: User, keys: Sequence[int]) -> _Block:
    known = visible_cases(user).select_related(*FACTS, "leader_in_charge").in_bulk(list(keys))
    cases = [known[key] for key in keys if key in known]
    block = _Block(cases, {pk: each.level for pk, each in decisions_for(user, cases).items()})
    found = [case.pk for case in cases]
    readable = [pk for pk in found if block.levels[pk] >= Level.VIEW]
    for person in Accused.objects.filter(case__in=found):
        block.accused[person.case_id].append(person)
    for other in CasePerson.objects.filter(case__in=readable):
        block.people[other.case_id].append(other)
    for charge in Charge.objects.filter(case__in=readable, ended_on__isnull=True).order_by("charged_on", "pk"):
        block.charges[charge.case_id, charge.accused_id].append(charge)
    posts = Assignment.objects.in_force(timezone.localdate()).filter(case__in=found).select_related("user")
    for post in posts.order_by("pk"):
        block.assigned[post.case_id, post.role].append(post.user)
    block.leads = leads_of(cases)
    return block


def _value(column: Column, case: CaseFile, accused: Accused | None, block: _Block) -> Value:
    reads = block.levels[case.pk] >= Level.VIEW
    if not (reads or column.known_to_all):
        return None
    if column.source == "details":
        return _plain(column, case.details.get(column.field))
    if column.source == "assignment" and column.field == Assignment.Role.PROSECUTOR_LEAD:
        # of several, whoever the list names, too
        lead = block.leads.get(case.pk)
        return officer_words(lead.user) if lead is not None else ""
    if column.source == "assignment":
        return "; ".join(officer_words(user) for user in block.assigned[case.pk, column.field])
    if column.source == "told":
        lead = block.leads.get(case.pk)
        return written_flag(lead.left) if lead is not None else None
    if column.source == "people":
        people = [each for each in block.people[case.pk] if each.role == column.field]
        return _fitting(_given(each) for each in people)
    if column.source == "accused":
        return _of_accused(column, case, accused, block) if accused is not None else None
    match column.form:
        case "accused":
            named = block.accused[case.pk]
            if not reads:
                return _fitting(GivenPerson(each.full_name) for each in named)
            return _fitting(_given(each, _charges(case, each, block)) for each in named)
        case "charges":
            return written_charges(_charges(case, None, block))
        case "kind":
            return KINDS[case.kind].label
        case "stage":
            return {stage.value: stage.label for stage in case.kind_data.stages}.get(case.stage, case.stage)
        case "status":
            return dict(case.kind_data.statuses).get(case.status, case.status)
        case "unit":
            return case.unit.code
        case "department":
            return case.department.code if case.department is not None else ""
        case "officer":
            return officer_words(case.leader_in_charge)
        case _:
            return _plain(column, getattr(case, column.field))


def _plain(column: Column, value: Any) -> Value:
    """Return a value as it stands in a cell."""
    if value is None or value == "":
        return None
    if column.form == "flag":
        return written_flag(bool(value))
    if column.form == "choice":
        return dict(column.choices).get(value, str(value))
    if column.form == "day":
        return value if isinstance(value, dt.date) else dt.date.fromisoformat(str(value))
    return value if isinstance(value, int) else str(value)


def _of_accused(column: Column, case: CaseFile, person: Accused, block: _Block) -> Value:
    if column.form == "charges":
        return written_charges(_charges(case, person, block))
    if column.form == "birth":
        return str(birth_recorded(person))
    return _plain(column, getattr(person, column.field))


def _given(person: Accused | CasePerson, charges: tuple[GivenCharge, ...] = ()) -> GivenPerson:
    return GivenPerson(
        name=person.full_name,
        birth=birth_recorded(person),
        sex=person.sex,
        is_legal_person=person.is_legal_person,
        charges=charges,
    )


def _charges(case: CaseFile, person: Accused | None, block: _Block) -> tuple[GivenCharge, ...]:
    day = (person.offence_date if person is not None else None) or case.crime_date
    day = day or (person.init_decision_date if person is not None else None) or case.init_decision_date
    meant = penal_code.version_on(day) or penal_code.versions()[0]
    tables: Mapping[str, bool] = {version.id: version.has_articles for version in penal_code.versions()}
    found = []
    for charge in block.charges[case.pk, person.pk if person is not None else None]:
        points = letters(charge.points)
        found.append(
            GivenCharge(
                article=charge.article,
                clause=charge.clause,
                points=points if all(each in penal_code.POINTS for each in points) else (),
                # a table gives the name; without one it is told
                name="" if tables.get(charge.code_version, False) else charge.name,
                code_version="" if charge.code_version == meant.id else charge.code_version,
            )
        )
    return tuple(found)


def _fitting(people: Iterable[GivenPerson]) -> str:
    """Return people as they fit into a cell, none of them cut in two."""
    words = ""
    for person in people:
        longer = f"{words}; {written_people([person])}" if words else written_people([person])
        if len(longer) > _LONGEST_CELL:
            break
        words = longer
    return words
