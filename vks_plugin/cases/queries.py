"""Reading the record of one case. Whether the asker may is decided before, in `access`."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from django.db.models import QuerySet

from vks_plugin.cases.actions.proceedings import events_of, happening_of
from vks_plugin.cases.models import Accused, CaseChange, CaseFile, ProceduralEvent
from vks_plugin.cases.proceedings import EVENTS, Event, Happening, State, allowed, why_not
from vks_plugin.language import spoken


class Possible(NamedTuple):
    """An event, and whether it may be recorded now."""

    event: Event
    now: bool
    why_not: str = ""
    """Why it may not, in the present language."""
    brief: str = ""
    """The reason alone, where the whole sentence would say each time what may be recorded instead."""


def timeline(case: CaseFile) -> QuerySet[ProceduralEvent]:
    """Return everything recorded of the proceedings, oldest first; withdrawn events are included and say so."""
    return (
        ProceduralEvent.objects.filter(case=case)
        .select_related("accused", "case_document", "recorded_by", "withdrawn_by", "case")
        .order_by("happened_on", "happened_at", "pk")
    )


def history_of(case: CaseFile) -> list[Happening]:
    """Return what was recorded of the proceedings as the pure rules read it, oldest first (one query)."""
    return [happening_of(row) for row in events_of(case)]


def possible_events(
    case: CaseFile, accused: Accused | None = None, history: list[Happening] | None = None
) -> list[Possible]:
    """Return every event of the case's kind and whether it may be recorded now, in the order of the table.

    Args:
        case: the case.
        accused: for events that concern this person alone.
        history: what was recorded, for who asks of several people at once; read here otherwise (one query).
    """
    if history is None:
        history = history_of(case)
    if case.kind not in EVENTS:
        return []
    state = State(case.stage, case.status)
    person = State(accused.stage, accused.status) if accused is not None else None
    pk = accused.pk if accused is not None else None
    now = {event.value for event in allowed(case.kind, state, person, history)}
    found = []
    for event in EVENTS[case.kind].values():
        if event.value in now:
            found.append(Possible(event, now=True))
            continue
        refusal = why_not(event, state, person, history, pk)
        sentence = spoken(refusal.message)
        found.append(
            Possible(event, now=False, why_not=sentence, brief=spoken(refusal.brief) if refusal.brief else sentence)
        )
    return found


def names_at(asked: Sequence[tuple[CaseFile | None, dt.datetime | None]]) -> list[str]:
    """Return what cases were called at a moment, one by one (one query): for papers that are printed again.

    Args:
        asked: a case, and the moment; None: now.
    """
    renamed: dict[int, list[tuple[dt.datetime, str]]] = defaultdict(list)
    changes = CaseChange.objects.filter(
        case__in={case.pk for case, _moment in asked if case is not None}, subject="case", act=CaseChange.Act.CHANGED
    )
    for case, at, values in changes.order_by("pk").values_list("case_id", "at", "values"):
        renamed[case] += [(at, before) for field, before, _after in values if field == "name"]
    return [
        next((before for at, before in renamed[case.pk] if moment is not None and at > moment), case.name)
        if case is not None
        else ""
        for case, moment in asked
    ]
