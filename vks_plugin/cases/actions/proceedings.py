"""Recording what happened in a case: the table of events decides, stage and status follow.

Events may be entered in any order; the whole history is replayed from where the case stood at registration.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.acts import tell
from vks_plugin.cases.actions.record import (
    check,
    clean_text,
    follow_up,
    lock_case,
    lock_record,
    note_change,
    told_of_suspended,
)
from vks_plugin.cases.deadlines import Span, parse_span
from vks_plugin.cases.models import Accused, CaseChange, CaseDocument, CaseFile, PreventiveMeasure, ProceduralEvent
from vks_plugin.cases.proceedings import (
    EVENTS,
    NEWCOMER,
    TO_ARCHIVE,
    Happening,
    ProceedingsError,
    State,
    Step,
    advance,
    replay,
)
from vks_plugin.cases.record import difference, title_of, values_of
from vks_plugin.cases.stages import ARCHIVED
from vks_plugin.errors import BadInput, Conflict
from vks_plugin.language import spoken
from vks_plugin.text import one_line

_FIELDS = (
    "event",
    "accused",
    "happened_on",
    "happened_at",
    "number",
    "agency",
    "signer_name",
    "signer_title",
    "ground",
    "amount",
    "asked_on",
    "named_day",
    "note",
    "override_reason",
)
MEASURE_EVENTS = {"tam_giu": "tam_giu", "tam_giam": "tam_giam", "bat": "bat_nguoi", "giu_khan_cap": "giu_khan_cap"}
"""The event that imposes a measure; the others are imposed by `ap_dung_bpnc`, whose ground names the measure."""
_MEASURE_OF = {event: measure for measure, event in MEASURE_EVENTS.items()}
_ENDS_CUSTODY = frozenset({"huy_bpnc", "tra_tu_do"})
_FIELD_OF_NEED = {"at": "happened_at", "on": "happened_on", "reason": "override_reason"}


@dataclass(frozen=True)
class Happened:
    """An event as entered."""

    event: str
    happened_on: dt.date
    happened_at: dt.time | None = None
    accused: Accused | None = None
    number: str = ""
    agency: str = ""
    signer_name: str = ""
    signer_title: str = ""
    ground: str = ""
    amount: str = ""
    asked_on: dt.date | None = None
    named_day: dt.date | None = None
    case_document: CaseDocument | None = field(default=None, compare=False)
    note: str = ""
    override_reason: str = ""


EVENT_COLUMNS = (
    "event",
    "happened_on",
    "happened_at",
    "accused_id",
    "ground",
    "amount",
    "number",
    "asked_on",
    "named_day",
    "override_reason",
)
"""Of a stored event, in the order `happening` takes them."""


@lru_cache(maxsize=512)
def _span(text: str) -> Span | None:
    try:
        return parse_span(text) if text else None
    except ValueError as error:
        raise BadInput(
            _("Thời gian ghi là số kèm đơn vị: 10d (ngày), 2m (tháng) hoặc 12h (giờ)."), field="amount"
        ) from error


def happening(
    event: str,
    on: dt.date,
    at: dt.time | None,
    accused: int | None,
    ground: str,
    amount: str,
    number: str,
    asked: dt.date | None,
    named_day: dt.date | None,
    reason: str,
) -> Happening:
    """Return a stored event as the pure rules read it.

    Raises:
        BadInput: the length of an extension cannot be read.
    """
    return Happening(event, on, at, accused, ground, _span(amount), number, asked, named_day, bool(reason), reason)


def happening_of(row: ProceduralEvent) -> Happening:
    """Return an event as the pure rules read it.

    Raises:
        BadInput: the length of an extension cannot be read.
    """
    return happening(*(getattr(row, name) for name in EVENT_COLUMNS))


def _order(row: ProceduralEvent) -> tuple[dt.date, bool, dt.time, int]:
    return (row.happened_on, row.happened_at is None, row.happened_at or dt.time.min, row.pk or 2**62)


def events_of(case: CaseFile) -> list[ProceduralEvent]:
    """Return the events that stand, oldest first."""
    return sorted(ProceduralEvent.objects.filter(case=case, withdrawn_at__isnull=True), key=_order)


def _start(case: CaseFile, people: list[Accused]) -> Step:
    states = {
        person.pk: State(person.registered_stage, person.registered_status) if person.registered_stage else NEWCOMER
        for person in people
    }
    return Step(State(case.registered_stage, case.registered_status), states)


def _reader(error: ProceedingsError) -> Conflict:
    """Return the refusal in the reader's language, at the field of the form."""
    return Conflict(spoken(error.message), field=_FIELD_OF_NEED.get(error.field or "", error.field))


def _run(case: CaseFile, people: list[Accused], rows: list[ProceduralEvent], new: ProceduralEvent | None) -> Step:
    """Replay `rows`, note in each where it led, and return where all of it leads; warnings are those of `new`.

    Raises:
        Conflict: the table does not allow one of them.
    """
    step = _start(case, people)
    told: list[Happening] = []
    warnings: tuple[str, ...] = ()
    for row in rows:
        happening = happening_of(row)
        before = step
        try:
            if row is new:
                step = advance(case.kind, step.case, step.accused, told, happening, override=happening.override)
                warnings = step.warnings
            else:
                step = replay(case.kind, [happening], start=Step(step.case, step.accused), history=told)
        except ProceedingsError as error:
            refusal = _reader(error)
            if row is new:
                raise refusal from error
            raise Conflict(
                _("Không ghi được: sự kiện “%(event)s” đã có sẽ không còn hợp lệ. %(why)s")
                % {"event": str(row), "why": refusal.message}
            ) from error
        told.append(happening)
        whose = row.accused_id
        then, now = (before.case, step.case) if whose is None else (before.accused[whose], step.accused[whose])
        row.stage_before, row.status_before, row.stage_after, row.status_after = *then, *now
    return Step(step.case, step.accused, warnings)


_leaving_archive: list[Callable[[CaseFile], None]] = []


def when_leaving_archive(*followers: Callable[[CaseFile], None]) -> None:
    """Let concepts above follow a case that is taken out of the archive; called when the program starts."""
    _leaving_archive[:] = followers


def _write_states(case: CaseFile, people: list[Accused], step: Step, rows: list[ProceduralEvent]) -> None:
    case.stage, case.status = step.case
    leaves = case.status != ARCHIVED and case.archived_at is not None
    if leaves:
        # taken out of the archive: it is worked on again, and handed over anew
        case.archived_at = None
    case.save(update_fields=["stage", "status", "archived_at"])
    for follow in _leaving_archive if leaves else ():
        follow(case)
    for person in people:
        person.stage, person.status = step.accused[person.pk]
    Accused.objects.bulk_update(people, ["stage", "status"])
    ProceduralEvent.objects.bulk_update(rows, ["stage_before", "stage_after", "status_before", "status_after"])


@transaction.atomic
def record_event(*, actor: User, case: CaseFile, happened: Happened) -> ProceduralEvent:
    """Record something that happened; stage, status, measures and time limits follow.

    The event returned carries in `warnings` what there is to say about it though it is accepted.

    Raises:
        BadInput: a value is malformed or in the future.
        Conflict: the table of events does not allow it; the sentence says what is possible. Or the archive has the case.
    """
    case = lock_record(case)
    from vks_plugin.cases.actions.deadlines import doubts  # noqa: PLC0415 - it builds on this module

    row = _record(actor=actor, case=case, happened=happened)
    row.warnings += doubts(case, row)
    _follow_in_measures(case, row)
    follow_up(case)
    return row


def _record(*, actor: User, case: CaseFile, happened: Happened, quietly: bool = False) -> ProceduralEvent:
    values = clean_text({name: getattr(happened, name) for name in _FIELDS})
    if happened.happened_on > timezone.localdate():
        raise BadInput(
            _("Ngày %(day)s nằm trong tương lai: chỉ ghi việc đã xảy ra.")
            % {"day": f"{happened.happened_on:%d/%m/%Y}"},
            field="happened_on",
        )
    if happened.accused is not None and happened.accused.case_id != case.pk:
        raise BadInput(_("Bị can này thuộc vụ án khác."), field="accused")
    if happened.case_document is not None and happened.case_document.case_id != case.pk:
        raise BadInput(_("Văn bản này thuộc vụ án khác."), field="case_document")
    row = ProceduralEvent(case=case, case_document=happened.case_document, recorded_by=actor, **values)
    check(row)
    people = list(Accused.objects.filter(case=case))
    earlier = events_of(case)
    rows = sorted([*earlier, row], key=_order)
    before = _stands(case, people)
    step = _run(case, people, rows, row)
    row.save()
    row.warnings = tuple(spoken(each) for each in step.warnings)
    _write_states(case, people, step, earlier)
    _fill_in(case, row)
    if not quietly:
        note_change(
            case=case,
            actor=actor,
            act=CaseChange.Act.CREATED,
            subject="event",
            subject_id=row.pk,
            label=title_of(row),
            values=difference({}, values_of(row, _FIELDS)),
            reason=row.override_reason,
            told=True,
        )
    elif _stands(case, people) == before:
        # what is entered with the record is told with the record
        return row
    tell(
        "event_recorded",
        actor=actor,
        case=case,
        number=row.number,
        reason=row.override_reason,
        **_told_of(row, (row.stage_before, row.status_before), (row.stage_after, row.status_after)),
        **_stands(case, people),
    )
    return row


def _stands(case: CaseFile, people: list[Accused]) -> dict[str, Any]:
    """Return what the ledger is told of how a case stands: by that it is held, or kept so long."""
    return {
        "case_stage": case.stage,
        "case_status": case.status,
        **told_of_suspended(people),
    }


def _told_of(row: ProceduralEvent, before: tuple[str, str], after: tuple[str, str]) -> dict[str, Any]:
    """Return what the ledger is told of an event, with stage and status (of the case, or of the accused it is about)."""
    (stage_before, status_before), (stage, status) = before, after
    return {
        "event_id": row.pk,
        "event": row.event,
        "accused_id": row.accused_id,
        "happened_on": row.happened_on,
        "event_time": told_time(row.happened_at),
        "stage_before": stage_before,
        "stage": stage,
        "status_before": status_before,
        "status": status,
    }


def told_time(at: dt.time | None) -> str | None:
    """Return the hour of an event as the ledger is told of it."""
    return at.isoformat("seconds") if at is not None else None


def _fill_in(case: CaseFile, row: ProceduralEvent) -> None:
    """Write number and date of a decision where the record has a place for them that is still empty."""
    if row.event in {"ap_dung_ttrg", "huy_ttrg"}:
        case.is_simplified = row.event == "ap_dung_ttrg"
        case.save(update_fields=["is_simplified"])
    if row.accused is None:
        return
    number, day = {
        "khoi_to_bi_can": ("init_decision_no", "init_decision_date"),
        "phe_chuan_ktbc": ("approval_no", "approval_date"),
    }.get(row.event, ("", ""))
    if number and not getattr(row.accused, number):
        setattr(row.accused, number, row.number)
        setattr(row.accused, day, row.happened_on)
        row.accused.save(update_fields=[number, day])


def _follow_in_measures(case: CaseFile, row: ProceduralEvent) -> None:
    """Enter the measure an event imposes, and end those it ends."""
    if row.accused is None:
        return
    kind = row.ground if row.event == "ap_dung_bpnc" else _MEASURE_OF.get(row.event)
    if kind:
        PreventiveMeasure.objects.create(
            case=case,
            accused=row.accused,
            kind=kind,
            starts_on=row.happened_on,
            starts_at=row.happened_at,
            decision_no=row.number,
            decision_agency=row.agency,
            event=row,
        )
    if row.event in _ENDS_CUSTODY:
        open_ones = PreventiveMeasure.objects.filter(
            case=case, accused=row.accused, ended_on__isnull=True, starts_on__lte=row.happened_on
        )
        if row.event == "tra_tu_do":
            open_ones = open_ones.filter(kind__in=MEASURE_EVENTS)
        open_ones.update(ended_on=row.happened_on, end_reason=row.label)


@transaction.atomic
def withdraw_event(*, actor: User, event: ProceduralEvent, reason: str) -> None:
    """Take back an event that was recorded in error; it stays visible with the reason.

    Raises:
        BadInput: no reason is given.
        Conflict: it was withdrawn already, or what was recorded after it would not be possible without it; or the archive
            has the case, and it is not that event.
    """
    if not one_line(reason):
        raise BadInput(_("Hãy ghi lý do rút sự kiện này."), field="reason")
    # that it went to the archive is taken back while the archive has it; nothing else is
    case = lock_case(event.case) if event.event == TO_ARCHIVE else lock_record(event.case)
    current = ProceduralEvent.objects.filter(pk=event.pk, withdrawn_at__isnull=True).first()
    if current is None:
        raise Conflict(_("Sự kiện này đã được rút trước đó: hãy tải lại trang."))
    _withdraw(actor=actor, case=case, event=current, reason=reason)
    PreventiveMeasure.objects.filter(event=current).delete()
    follow_up(case)


def _withdraw(*, actor: User, case: CaseFile, event: ProceduralEvent, reason: str) -> None:
    people = list(Accused.objects.filter(case=case))
    rows = [row for row in events_of(case) if row.pk != event.pk]
    whose: CaseFile | Accused = next((person for person in people if person.pk == event.accused_id), case)
    before = (whose.stage, whose.status)
    step = _run(case, people, rows, None)
    event.withdrawn_at = timezone.now()
    event.withdrawn_by = actor
    event.withdrawal_reason = one_line(reason)[:500]
    event.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawal_reason"])
    _write_states(case, people, step, rows)
    note_change(
        case=case,
        actor=actor,
        act=CaseChange.Act.REMOVED,
        subject="event",
        subject_id=event.pk,
        label=title_of(event),
        values=[[name, value, ""] for name, value in values_of(event, _FIELDS).items() if value],
        reason=reason,
        told=True,
    )
    tell(
        "event_withdrawn",
        actor=actor,
        case=case,
        reason=event.withdrawal_reason,
        **_told_of(event, before, (whose.stage, whose.status)),
        **_stands(case, people),
    )


def follow_measure(*, actor: User, case: CaseFile, measure: PreventiveMeasure) -> None:
    """Record the event of a measure that was entered or changed as a row of its own.

    Raises:
        Conflict: the proceedings do not allow the measure now.
    """
    if measure.extends_id is not None:
        return
    event = measure.event
    if event is not None and (event.happened_on, event.happened_at, event.accused_id) != (
        measure.starts_on,
        measure.starts_at,
        measure.accused_id,
    ):
        _withdraw(actor=actor, case=case, event=event, reason=_("Sửa biện pháp ngăn chặn"))
        event = None
    if event is None:
        name = MEASURE_EVENTS.get(measure.kind, "ap_dung_bpnc")
        if name not in EVENTS.get(case.kind, {}):
            return
        try:
            measure.event = _record(
                actor=actor,
                case=case,
                happened=Happened(
                    event=name,
                    happened_on=measure.starts_on,
                    happened_at=measure.starts_at,
                    accused=measure.accused,
                    number=measure.decision_no,
                    agency=measure.decision_agency,
                    ground=measure.kind if name == "ap_dung_bpnc" else "",
                ),
            )
        except (BadInput, Conflict) as error:
            field = {"happened_on": "starts_on", "happened_at": "starts_at"}.get(error.field or "", error.field)
            raise type(error)(error.message, field=field) from error
        measure.save(update_fields=["event"])
    if measure.ended_on is not None and measure.kind in MEASURE_EVENTS:
        ended = ProceduralEvent.objects.filter(
            case=case,
            accused_id=measure.accused_id,
            event__in=_ENDS_CUSTODY,
            happened_on=measure.ended_on,
            withdrawn_at__isnull=True,
        )
        if not ended.exists():
            _record(
                actor=actor,
                case=case,
                happened=Happened(
                    event="huy_bpnc",
                    happened_on=measure.ended_on,
                    accused=measure.accused,
                    note=measure.end_reason,
                ),
            )


def forget_measure(*, actor: User, case: CaseFile, event: ProceduralEvent | None, reason: str) -> None:
    """Withdraw the event of a measure that was taken out of the record.

    Raises:
        Conflict: what was recorded after it would not be possible without it.
    """
    if event is not None and event.withdrawn_at is None:
        _withdraw(actor=actor, case=case, event=event, reason=reason)


FROM_ACCUSED = (
    ("khoi_to_bi_can", "init_decision_no", "init_decision_date"),
    ("phe_chuan_ktbc", "approval_no", "approval_date"),
)
"""Events that are entered with somebody accused, with the fields they follow."""


def follow_identity(*, actor: User, case: CaseFile) -> None:
    """Record the event that number, date and agency of the case tell of, or correct it after they were edited."""
    event = case.kind_data.first_event
    if event:
        _follow(
            actor,
            case,
            Happened(event, case.init_decision_date, number=case.init_decision_no, agency=case.init_decision_agency),
        )


def follow_accused(*, actor: User, case: CaseFile, accused: Accused) -> None:
    """Record the decisions against an accused that are entered with the person, or correct them."""
    for event, number, day in FROM_ACCUSED:
        happened_on = getattr(accused, day)
        if happened_on is not None and event in EVENTS.get(case.kind, {}):
            _follow(actor, case, Happened(event, happened_on, accused=accused, number=getattr(accused, number)))


def _follow(actor: User, case: CaseFile, happened: Happened) -> None:
    """Record or correct an event whose facts are entered elsewhere; where proceedings do not allow it, leave it out."""
    row = ProceduralEvent.objects.filter(
        case=case, event=happened.event, accused=happened.accused, withdrawn_at__isnull=True
    ).first()
    if row is None:
        try:
            _record(actor=actor, case=case, happened=happened, quietly=True)
        except (BadInput, Conflict):
            # an old case registered late: the record stands without the event, which a person may add
            return
    elif (row.happened_on, row.number) != (happened.happened_on, happened.number):
        row.happened_on, row.number = happened.happened_on, happened.number
        row.agency = happened.agency or row.agency
        row.save(update_fields=["happened_on", "number", "agency"])


def settle_newcomer(*, case: CaseFile, accused: Accused, joins_as: State | None = None) -> None:
    """Give somebody entered later a state of his own: charged where the decision is named, held at most otherwise.

    Args:
        joins_as: where somebody stands who comes from another case; None: nobody does.
    """
    if joins_as is not None:
        accused.registered_stage, accused.registered_status = joins_as
    elif accused.init_decision_date is not None or not case.kind_data.prosecutes:
        accused.registered_stage, accused.registered_status = case.stage, case.kind_data.first_status
    else:
        accused.registered_stage, accused.registered_status = NEWCOMER
    accused.stage, accused.status = accused.registered_stage, accused.registered_status


def typed(values: dict[str, Any]) -> Happened:
    """Return an event from keyword values.

    Raises:
        BadInput: there is no such field.
    """
    try:
        return Happened(**values)
    except TypeError as error:
        raise BadInput(_("Sự kiện có trường không dùng được: hãy kiểm tra lại.")) from error
