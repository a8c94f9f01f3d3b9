"""Recording court sessions: planned, changed, held, adjourned, called off; what came of them and what was learned."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.access.queries import CaseView, not_yours
from vks_plugin.acts import tell
from vks_plugin.cases.actions.record import check, clean_text, lock_case
from vks_plugin.cases.models import CaseFile, ProceduralEvent
from vks_plugin.cases.trials import CourtLevel, ShownKind
from vks_plugin.court.deck.models import DeckExport
from vks_plugin.court.sessions import logs
from vks_plugin.court.sessions.models import CourtSession, SessionProcurator, ShowingLog
from vks_plugin.court.sessions.queries import (
    PLAN,
    appearing_in,
    appearing_people,
    fingerprint,
    keeps,
    kinds_shown,
    office_at,
    session_view,
    verdicts_for,
)
from vks_plugin.court.sessions.states import CALLED_OFF, HELD, PLANNED, SESSION
from vks_plugin.custody.actions.moving import move, said
from vks_plugin.errors import BadInput, Conflict, NotFound, TooLarge
from vks_plugin.language import spoken
from vks_plugin.text import composed, gettext_noop, one_line

MOST_SESSIONS = 200
"""Sessions of one case."""
MOST_PROCURATORS = 20
MOST_LOGS = 100
"""Logs of what was shown in one session: some windows, some days, each saved more than once."""
SHORTEST_REASON = 3
LONGEST_WAIT = dt.timedelta(days=3 * 366)
"""How far ahead a session is planned at most: a year that is a slip of the finger lies beyond."""


def _held(actor: User, session: CourtSession) -> tuple[CaseView, CourtSession]:
    """Return a session as the database has it, with its case, which is held until the transaction ends.

    Raises:
        NotFound, NotAllowed: the actor may not record it.
    """
    view = session_view(actor, session.case.code)
    lock_case(view.case)
    row = CourtSession.objects.select_for_update().filter(pk=session.pk, case=view.case).first()
    if row is None:
        raise NotFound(_("Không có phiên tòa này trong phạm vi của bạn."))
    row.case = view.case
    if not keeps(actor, view, row.court_level):
        raise not_yours(_("ghi phiên tòa"))
    return view, row


def _set(row: CourtSession, values: Mapping[str, Any]) -> None:
    """Put a plan into a row, checked.

    Raises:
        BadInput: a value cannot be used.
    """
    for name, value in clean_text(values).items():
        if name not in PLAN:
            raise BadInput(_("Không sửa được trường này của phiên tòa."), field=name)
        setattr(row, name, value)
    if row.court_level not in CourtLevel.values:
        raise BadInput(_("Cấp xét xử không có trong danh mục."), field="court_level")
    if not row.court:
        raise BadInput(_("Hãy ghi tòa án xét xử."), field="court")
    if row.starts_on is None:
        raise BadInput(_("Hãy ghi ngày mở phiên tòa."), field="starts_on")
    check(row)
    if row.starts_on > timezone.localdate() + LONGEST_WAIT:
        raise BadInput(_("Ngày mở phiên tòa quá xa: hãy kiểm tra lại năm."), field="starts_on")
    _in_order(row.starts_on, row.ends_on)
    if not row.is_learning:
        row.learning_decided_on, row.learning_organiser = None, ""


def _in_order(starts_on: dt.date, ends_on: dt.date | None) -> None:
    if ends_on is not None and not starts_on <= ends_on <= starts_on + LONGEST_WAIT:
        raise BadInput(_("Ngày kết thúc phải từ ngày mở phiên tòa trở đi."), field="ends_on")


def _appear(row: CourtSession, people: Iterable[User]) -> None:
    """Say who takes part.

    Raises:
        BadInput: somebody who neither appears in the case nor was named before, or too many.
    """
    wanted = {each.pk: each for each in people}
    there = set(row.procurators.values_list("user_id", flat=True))
    if not wanted.keys() <= set(appearing_in(row).values_list("pk", flat=True)):
        raise BadInput(
            _("Người tham gia phiên tòa phải là kiểm sát viên, kiểm tra viên đang được phân công trong vụ án."),
            field="procurators",
        )
    if len(wanted) > MOST_PROCURATORS:
        raise BadInput(_("Nhiều nhất %(most)d người.") % {"most": MOST_PROCURATORS}, field="procurators")
    row.procurators.exclude(user__in=wanted).delete()
    SessionProcurator.objects.bulk_create(
        [SessionProcurator(session=row, user=each) for pk, each in wanted.items() if pk not in there]
    )


def _planned(row: CourtSession) -> dict[str, Any]:
    """Return what the ledger is told of a plan."""
    return {
        "session": row.number,
        "court_level": row.court_level,
        "session_on": row.starts_on,
        "until_day": row.ends_on,
        "unit": row.unit.code,
        "learning": row.is_learning,
        "closed": row.is_closed,
        "mobile": row.is_mobile,
        "online": row.is_online,
        "people": sorted(row.procurators.values_list("user_id", flat=True)),
        "court": row.court,
        "venue": row.venue,
    }


@transaction.atomic
def plan_session(
    *, actor: User, case: CaseFile, values: Mapping[str, Any], procurators: Iterable[User] = ()
) -> CourtSession:
    """Plan a session of the court.

    Args:
        actor: see `queries.keeps`.
        case: the case.
        values: of `PLAN`; marks that are left out are those of the case.
        procurators: who takes part; of those who are assigned to the case and appear in court.

    Raises:
        NotFound, NotAllowed: the actor may not.
        BadInput: a value cannot be used, or there are too many sessions already.
        Conflict: no court hears cases of this kind.
    """
    view = session_view(actor, case.code)
    court_level = str(values.get("court_level") or CourtLevel.FIRST)
    if not keeps(actor, view, court_level):
        raise not_yours(_("ghi phiên tòa"))
    if not view.case.kind_data.goes_to_court:
        raise Conflict(_("Loại hồ sơ này không có phiên tòa: hãy dự kiến ở vụ án đã khởi tố từ nguồn tin."))
    return _plan(actor, lock_case(view.case), {**values, "court_level": court_level}, procurators)


def _plan(
    actor: User,
    case: CaseFile,
    values: Mapping[str, Any],
    procurators: Iterable[User],
    previous: CourtSession | None = None,
) -> CourtSession:
    found = CourtSession.objects.filter(case=case)
    if found.count() >= MOST_SESSIONS:
        raise BadInput(_("Vụ án đã có %(most)d phiên tòa: hãy báo quản trị.") % {"most": MOST_SESSIONS})
    row = CourtSession(
        case=case,
        number=(found.aggregate(last=Max("number"))["last"] or 0) + 1,
        planned_by=actor,
        previous=previous,
        is_learning=case.is_learning_trial,
        is_closed=case.is_closed_trial,
        is_mobile=case.is_mobile_trial,
        is_online=case.is_online_trial,
        unit=case.unit,
    )
    _set(row, values)
    row.unit = office_at(case, row.court_level)
    row.save()
    _appear(row, procurators)
    tell("session_planned", actor=actor, case=case, **_planned(row))
    return row


@transaction.atomic
def change_session(
    *,
    actor: User,
    session: CourtSession,
    values: Mapping[str, Any],
    procurators: Iterable[User] | None = None,
    seen: str = "",
) -> CourtSession:
    """Change what is planned of a session that has not taken place.

    Args:
        values: of `PLAN`; what is left out stays.
        procurators: who takes part from now on; None: as it was.
        seen: the `fingerprint` of the plan the editor read; with it, a change by somebody else meanwhile is a conflict.

    Raises:
        NotFound, NotAllowed: the actor may not.
        BadInput: a value cannot be used.
        Conflict: the session was held, adjourned or called off; somebody changed the plan meanwhile; or a log that was
            taken in tells of other days.
    """
    view, row = _held(actor, session)
    if row.state != PLANNED:
        raise Conflict(
            _("Phiên tòa này “%(state)s”: không sửa dự kiến được nữa.") % {"state": _(SESSION.label(row.state))}
        )
    if seen and seen != fingerprint(row):
        raise Conflict(_("Người khác vừa sửa phiên tòa này: hãy tải lại trang, xem lại rồi lưu."))
    _set(row, values)
    if not keeps(actor, view, row.court_level):
        raise not_yours(_("ghi phiên tòa"))
    _mind_logs(row, row.last_day)
    row.unit = office_at(row.case, row.court_level)
    row.save(update_fields=[*PLAN, "unit"])
    if procurators is not None:
        _appear(row, procurators)
    tell("session_changed", actor=actor, case=row.case, **_planned(row))
    return row


def _around(first: dt.date, last: dt.date) -> tuple[dt.datetime, dt.datetime]:
    """Return between which moments something can have been shown in a session of these days."""
    begins, ends = first - logs.AROUND, last + logs.AROUND + dt.timedelta(days=1)
    return (
        timezone.make_aware(dt.datetime.combine(begins, dt.time())),
        timezone.make_aware(dt.datetime.combine(ends, dt.time())),
    )


def _mind_logs(row: CourtSession, last_day: dt.date) -> None:
    """Refuse days of which the logs that were taken in tell nothing.

    Raises:
        Conflict: something was shown on another day.
    """
    first, last = _around(row.starts_on, last_day)
    for entries in row.logs.values_list("entries", flat=True):
        told = [each[name] for each in entries for name in ("shown_at", "ended_at") if each[name]]
        moments = [dt.datetime.fromisoformat(each) for each in told]
        if any(not first <= moment <= last for moment in moments):
            raise Conflict(
                _("Nhật ký trình chiếu đã nạp có lần chiếu ngoài những ngày này: hãy giữ ngày phiên tòa khớp nhật ký."),
                field="starts_on",
            )


@transaction.atomic
def hold_session(
    *,
    actor: User,
    session: CourtSession,
    ends_on: dt.date | None = None,
    shown_kinds: Iterable[str] = (),
    outcome: str = "",
    outcome_on: dt.date | None = None,
    verdict: int | None = None,
) -> CourtSession:
    """Record that a session took place.

    Args:
        ends_on: its last day; None: the day it was planned for, or began.
        shown_kinds: of `ShownKind`; none: nothing was shown.
        outcome: what the court decided, in short; may be recorded later.
        verdict: key of the event of the proceedings that says it.

    Raises:
        NotFound, NotAllowed: the actor may not.
        BadInput: a value cannot be used, or its day has not come.
        Conflict: it was recorded already, or a log that was taken in tells of other days.
    """
    _view, row = _held(actor, session)
    today = timezone.localdate()
    last = ends_on or row.last_day
    if row.starts_on > today:
        raise BadInput(
            _("Phiên tòa dự kiến ngày %(day)s, chưa đến ngày: nếu đã mở sớm hơn, hãy sửa ngày trước.")
            % {"day": f"{row.starts_on:%d/%m/%Y}"}
        )
    if ends_on is None:
        last = min(last, today)
    if last > today:
        raise BadInput(_("Ngày này chưa đến: hãy kiểm tra lại."), field="ends_on")
    _in_order(row.starts_on, last)
    _mind_logs(row, last)
    # what a log says was shown is not unsaid
    kinds = _kinds([*row.shown_kinds, *shown_kinds])
    ended = _outcome(row, outcome, outcome_on, verdict)
    move(row, SESSION, "hold", ends_on=last, shown_kinds=kinds, **ended)
    tell(
        "session_held",
        actor=actor,
        case=row.case,
        session=row.number,
        session_on=row.starts_on,
        until_day=row.ends_on,
        shown_kinds=row.shown_kinds,
        event_id=row.verdict_id,
        outcome_on=row.outcome_on,
        outcome=row.outcome,
    )
    return row


def _kinds(given: Iterable[str]) -> list[str]:
    wanted = set(given)
    known = ShownKind.values
    if not wanted <= set(known):
        raise BadInput(_("Loại trình chiếu không có trong danh mục."), field="shown_kinds")
    return [each for each in known if each in wanted]


def _outcome(row: CourtSession, outcome: str, outcome_on: dt.date | None, verdict: int | None) -> dict[str, Any]:
    told = one_line(outcome)
    if len(told) > 1000:
        raise BadInput(_("Nhiều nhất %(most)d chữ cái.") % {"most": 1000}, field="outcome")
    event: ProceduralEvent | None = None
    if verdict is not None:
        event = verdicts_for(row).filter(pk=verdict).first()
        if event is None:
            raise BadInput(
                _("Hãy chọn bản án, quyết định đã ghi trong Diễn biến của chính vụ án này."), field="verdict"
            )
    day = outcome_on or (event.happened_on if event is not None else None)
    if told and day is None:
        raise BadInput(_("Hãy ghi ngày có kết quả."), field="outcome_on")
    if day is not None and not told and event is None:
        raise BadInput(_("Hãy ghi kết quả phiên tòa."), field="outcome")
    if day is not None and not row.starts_on <= day <= timezone.localdate():
        raise BadInput(
            _("Ngày có kết quả phải từ ngày mở phiên tòa đến hôm nay: hãy kiểm tra lại."), field="outcome_on"
        )
    return {"outcome": told, "outcome_on": day, "verdict": event}


@transaction.atomic
def correct_session(
    *,
    actor: User,
    session: CourtSession,
    reason: str,
    values: Mapping[str, Any] = MappingProxyType({}),
    procurators: Iterable[User] | None = None,
    shown_kinds: Iterable[str] | None = None,
    seen: str = "",
) -> CourtSession:
    """Put right what was written wrongly of a session that took place; what came of it has `record_outcome`.

    Args:
        reason: why; the ledger keeps it with what the session says from now on.
        values: of `PLAN`; what is left out stays.
        procurators: who took part; None: as it was.
        shown_kinds: of `ShownKind`; what logs say was shown stays. None: as it was.
        seen: the `fingerprint` of what the editor read; with it, a change by somebody else meanwhile is a conflict.

    Raises:
        NotFound, NotAllowed: the actor may not.
        BadInput: a value cannot be used, a day has not come, or no reason is given.
        Conflict: it was not held; somebody changed it meanwhile; a log tells of other days; or what was learned from it
            would hang in the air.
    """
    view, row = _held(actor, session)
    if row.state != HELD:
        raise Conflict(_("Hãy ghi phiên tòa đã diễn ra trước."))
    if seen and seen != fingerprint(row):
        raise Conflict(_("Người khác vừa sửa phiên tòa này: hãy tải lại trang, xem lại rồi lưu."))
    why = said(reason, "reason", least=SHORTEST_REASON)
    level = row.court_level
    _set(row, values)
    if not keeps(actor, view, row.court_level):
        raise not_yours(_("ghi phiên tòa"))
    row.ends_on = row.last_day
    for name in ("starts_on", "ends_on"):
        if getattr(row, name) > timezone.localdate():
            raise BadInput(_("Ngày này chưa đến: hãy kiểm tra lại."), field=name)
    if row.outcome_on is not None and row.outcome_on < row.starts_on:
        raise BadInput(_("Ngày có kết quả phải từ ngày mở phiên tòa đến hôm nay: hãy kiểm tra lại."), field="starts_on")
    if row.remarks and not row.is_learning:
        raise Conflict(_("Phiên tòa đã có nhận xét rút kinh nghiệm: hãy giữ dấu rút kinh nghiệm."), field="is_learning")
    _mind_logs(row, row.last_day)
    if shown_kinds is not None:
        logged = (kind for log in row.logs.select_related("export") for kind in kinds_shown(log))
        row.shown_kinds = _kinds([*shown_kinds, *logged])
    if row.court_level != level:
        # otherwise the office stays the one that appeared, whoever has the case today
        row.unit = office_at(row.case, row.court_level)
    row.save(update_fields=[*PLAN, "unit", "shown_kinds"])
    if procurators is not None:
        _appear(row, procurators)
    tell("session_corrected", actor=actor, case=row.case, **_planned(row), shown_kinds=row.shown_kinds, reason=why)
    return row


@transaction.atomic
def record_outcome(
    *,
    actor: User,
    session: CourtSession,
    outcome: str = "",
    outcome_on: dt.date | None = None,
    verdict: int | None = None,
) -> CourtSession:
    """Record, or put right, what came of a session that was held.

    Raises:
        NotFound, NotAllowed: the actor may not.
        BadInput: nothing is said, or a value cannot be used.
        Conflict: it was not held.
    """
    _view, row = _held(actor, session)
    ended = _outcome(row, outcome, outcome_on, verdict)
    if not ended["outcome"] and ended["verdict"] is None:
        raise BadInput(_("Hãy ghi kết quả phiên tòa."), field="outcome")
    _change_held(row, ended)
    tell(
        "session_outcome",
        actor=actor,
        case=row.case,
        session=row.number,
        event_id=row.verdict_id,
        outcome_on=row.outcome_on,
        outcome=row.outcome,
    )
    return row


def _change_held(row: CourtSession, values: Mapping[str, Any]) -> None:
    if CourtSession.objects.filter(pk=row.pk, state=HELD).update(**values) != 1:
        raise Conflict(_("Hãy ghi phiên tòa đã diễn ra trước."))
    for name, value in values.items():
        setattr(row, name, value)


@transaction.atomic
def remark_on_session(*, actor: User, session: CourtSession, remarks: str) -> CourtSession:
    """Write down what was learned from a session that was held for learning (rút kinh nghiệm).

    Raises:
        NotFound, NotAllowed: the actor may not.
        BadInput: nothing is said, or too much.
        Conflict: it was not held, or is not one for learning.
    """
    _view, row = _held(actor, session)
    told = composed(remarks).strip()
    if not 0 < len(told) <= 8000:
        raise BadInput(
            _("Hãy ghi rõ (từ %(least)d đến %(most)d chữ cái).") % {"least": 1, "most": 8000}, field="remarks"
        )
    if not row.is_learning:
        raise Conflict(_("Phiên tòa này không phải phiên tòa rút kinh nghiệm."))
    _change_held(row, {"remarks": told})
    tell("session_remarked", actor=actor, case=row.case, session=row.number, remarks=told)
    return row


@transaction.atomic
def adjourn_session(
    *,
    actor: User,
    session: CourtSession,
    reason: str,
    next_on: dt.date | None = None,
    next_at: dt.time | None = None,
) -> CourtSession:
    """Record that the court adjourned a session (hoãn phiên tòa).

    Args:
        reason: as the court gave it.
        next_on: the day on which it is to be opened again: a session is planned for it, with the same people and place.
            None: the court has not said.

    Returns:
        The session that was adjourned; what is planned next is its `following`.

    Raises:
        NotFound, NotAllowed: the actor may not.
        BadInput: no reason, or a day that does not lie after the first.
        Conflict: it was held or called off already.
    """
    _view, row = _held(actor, session)
    why = said(reason, "reason", least=SHORTEST_REASON)
    if next_on is not None and next_on <= row.starts_on:
        raise BadInput(_("Ngày mở lại phải sau ngày bị hoãn."), field="next_on")
    move(row, SESSION, "adjourn", reason=why)
    tell(
        "session_adjourned",
        actor=actor,
        case=row.case,
        session=row.number,
        session_on=row.starts_on,
        next_on=next_on,
        reason=why,
    )
    if next_on is not None:
        same = {name: getattr(row, name) for name in PLAN} | {
            "starts_on": next_on,
            "starts_at": next_at,
            "ends_on": None,
        }
        here = set(appearing_people(row.case))
        people = [each.user for each in row.procurators.select_related("user") if each.user in here]
        try:
            _plan(actor, row.case, same, people, previous=row)
        except BadInput as error:
            # its day is the only one that is new
            raise BadInput(error.message, field="next_on" if error.field == "starts_on" else error.field) from error
    return row


@transaction.atomic
def import_log(*, actor: User, session: CourtSession, content: bytes) -> tuple[ShowingLog, bool]:
    """Take in what the presenter's window noted; the same file counts once.

    Returns:
        The log, and whether it is new.

    Raises:
        NotFound, NotAllowed: the actor may not record the session.
        TooLarge: more than any log.
        BadInput: it is no log, or not of a package of this case, or not of this session; the sentence says which.
        Conflict: the session was called off, has too many logs, or the file was taken in for another.
    """
    _view, row = _held(actor, session)
    if row.state == CALLED_OFF:
        raise Conflict(_("Phiên tòa này “%(state)s”: không làm được việc này.") % {"state": row.state_label})
    if len(content) > logs.LARGEST:
        raise TooLarge(_("Nhật ký lớn hơn 1 MB: đây không phải tệp do cửa sổ người trình chiếu lưu."))
    sha256 = hashlib.sha256(content).hexdigest()
    known = ShowingLog.objects.filter(sha256=sha256).select_related("session").first()
    if known is not None and known.session_id == row.pk:
        return known, False
    try:
        log = logs.read(content)
        export = _package(row, log)
        first, last = _around(row.starts_on, row.last_day)
        shown = logs.checked(log, contents=export.contents, first=first, last=last)
    except logs.LogError as error:
        raise BadInput(spoken(error.sentence), field="file") from error
    if known is not None:
        raise Conflict(_("Nhật ký này đã được nạp cho một phiên tòa khác."))
    if row.logs.count() >= MOST_LOGS:
        raise Conflict(_("Phiên tòa đã có %(most)d nhật ký trình chiếu: hãy báo quản trị.") % {"most": MOST_LOGS})
    made = ShowingLog.objects.create(
        session=row, export=export, sha256=sha256, entries=[each.stored() for each in shown], imported_by=actor
    )
    kinds = _kinds([*row.shown_kinds, *kinds_shown(made)])
    CourtSession.objects.filter(pk=row.pk).update(shown_kinds=kinds)
    tell(
        "showing_imported",
        actor=actor,
        case=row.case,
        session=row.number,
        package=str(export.pk),
        entries=len(shown),
        sha256=sha256,
    )
    return made, True


def _package(row: CourtSession, log: Mapping[str, Any]) -> DeckExport:
    """Return the package a log is of.

    Raises:
        LogError: there is none of this case, or not with this manifest.
    """
    other = logs.LogError(gettext_noop("Nhật ký này không thuộc gói trình chiếu nào của vụ án."))
    try:
        key = UUID(log["package"])
    except ValueError as error:
        raise other from error
    export = DeckExport.objects.filter(
        pk=key, presentation__case=row.case, status=DeckExport.Status.DONE, format=DeckExport.Format.HTML
    ).first()
    if export is None or not export.manifest_sha256:
        raise other
    if log["manifest_sha256"] != export.manifest_sha256:
        raise logs.LogError(gettext_noop("Nhật ký này của một gói đã bị sửa: mã băm của manifest.json không khớp."))
    return export


@transaction.atomic
def call_off_session(*, actor: User, session: CourtSession, reason: str) -> CourtSession:
    """Record that a planned session does not take place at all.

    Raises:
        NotFound, NotAllowed: the actor may not.
        BadInput: no reason.
        Conflict: it was held or adjourned already, or a log tells that something was shown in it.
    """
    _view, row = _held(actor, session)
    why = said(reason, "reason", least=SHORTEST_REASON)
    if row.logs.exists():
        raise Conflict(_("Phiên tòa này đã có nhật ký trình chiếu: hãy ghi đã diễn ra hoặc hoãn."))
    move(row, SESSION, "call_off", reason=why)
    tell(
        "session_called_off",
        actor=actor,
        case=row.case,
        session=row.number,
        session_on=row.starts_on,
        reason=why,
    )
    return row
