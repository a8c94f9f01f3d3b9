"""Opening a case to one person for a while: in an emergency by two people, by reason of a department's stages, by a loan."""

from __future__ import annotations

import datetime as dt
import logging
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.access.models import TemporaryAccess
from vks_plugin.access.policy import LEADING, OVERSIGHT, Level, keeps_open
from vks_plugin.access.projection import hold_case, hold_cases, project_case, project_each
from vks_plugin.access.queries import FACTS, case_decision, facts_of, leads, posts_of, visible_cases
from vks_plugin.acts import tell, tell_each
from vks_plugin.cases.actions.record import lock_case
from vks_plugin.cases.actions.registration import check_code, typed_code
from vks_plugin.cases.actions.rules import refuse_destroyed
from vks_plugin.cases.models import CaseFile
from vks_plugin.conf import configuration
from vks_plugin.errors import BadInput, Conflict, NotAllowed, NotFound
from vks_plugin.organization.actions import hold_posts
from vks_plugin.organization.models import Appointment
from vks_plugin.organization.queries import display_name, posts_in_force
from vks_plugin.text import one_line

logger = logging.getLogger("paperless.vks.access")

SHORTEST_REASON = 20
"""Letters a reason has at least."""
MOST_OPEN_REQUESTS = 20
"""Requests one person may have waiting at a time."""
WAITS_HOURS = 24
"""After so long a request nobody answered has lapsed."""


def _offices_led(actor: User) -> list[int]:
    return [unit.pk for role, unit in posts_in_force(actor) if role in LEADING]


def _reason(text: str) -> str:
    reason = one_line(text)
    if not SHORTEST_REASON <= len(reason) <= 1000:
        raise BadInput(
            _("Hãy ghi rõ lý do (từ %(least)d đến 1000 chữ cái).") % {"least": SHORTEST_REASON}, field="reason"
        )
    return reason


def case_asked_for(actor: User, code: str) -> CaseFile | None:
    """Return the case of the code somebody typed to be let in; None: there is none, which whoever asks is not told.

    A file that was disposed of opens to nobody, and nobody could answer: only who may know of the case is told.

    Raises:
        Conflict: it was disposed of, and the actor may know of the case.
    """
    case = CaseFile.objects.filter(code=code).first()
    if case is None or case.destroyed_at is None:
        return case
    if visible_cases(actor).filter(pk=case.pk).exists():
        refuse_destroyed(case)
    return None


def code_asked_for(actor: User, code: str, *, as_written: bool = False) -> str:
    """Return the code somebody typed to be let in or to borrow, as codes are written.

    Args:
        actor: who typed it; the code of a case he knows of is right however it looks.
        code: as it was typed.
        as_written: the paper in hand has the code so, though it does not look like one (see `check_code`).

    Raises:
        BadInput: no code, or one that can be none; by its form alone, so that nobody is told which cases there are.
    """
    code = typed_code(code)
    if not code or len(code) > 40:
        raise BadInput(_("Hãy nhập mã vụ án."), field="code")
    if not visible_cases(actor).filter(code=code).exists():
        check_code(code, as_written=as_written)
    return code


def waiting(moment: dt.datetime | None = None) -> QuerySet[TemporaryAccess]:
    """Return the requests that somebody can still approve."""
    since = (moment or timezone.now()) - dt.timedelta(hours=WAITS_HOURS)
    return TemporaryAccess.objects.filter(
        kind=TemporaryAccess.Kind.EMERGENCY, approved_by__isnull=True, ended_at__isnull=True, requested_at__gt=since
    )


@transaction.atomic
def request_emergency(*, actor: User, code: str, reason: str, hours: int, as_written: bool = False) -> TemporaryAccess:
    """Ask for a case in an emergency; nothing is open until a second person approves.

    Whoever asks is not told whether there is such a case.

    Args:
        as_written: see `code_asked_for`.

    Raises:
        NotAllowed: the actor holds no post.
        BadInput: no code, one that can be none, a reason that says nothing, or too many hours.
        Conflict: too many requests wait already, or see `case_asked_for`.
    """
    if not posts_in_force(actor):
        raise NotAllowed(_("Chỉ người đang giữ chức danh được đề nghị truy cập khẩn cấp."))
    code = code_asked_for(actor, code, as_written=as_written)
    most = configuration().emergency_hours
    if not 1 <= hours <= most:
        raise BadInput(_("Số giờ từ 1 đến %(most)d.") % {"most": most}, field="hours")
    if waiting().filter(user=actor).count() >= MOST_OPEN_REQUESTS:
        raise Conflict(_("Bạn đang có quá nhiều đề nghị chờ duyệt."))
    row = TemporaryAccess.objects.create(
        kind=TemporaryAccess.Kind.EMERGENCY,
        case_code=code,
        case=case_asked_for(actor, code),
        user=actor,
        reason=_reason(reason),
        hours=hours,
    )
    tell(
        "access_asked",
        actor=actor,
        case=row.case,
        access=row.pk,
        hours=row.hours,
        asked_for=row.case_code,
        reason=row.reason,
    )
    logger.warning("emergency access %d asked for by account %d", row.pk, actor.pk)
    return row


def _led_by(actor: User, offices: list[int]) -> Q:
    """Return the condition on those to cases of these offices, and of offices below that the actor may read."""
    readable = visible_cases(actor, at_least=Level.VIEW).order_by().values("pk")
    return Q(case__unit_id__in=offices) | Q(case__unit__parent_id__in=offices, case__in=readable)


def answerable_by(actor: User) -> QuerySet[TemporaryAccess]:
    """Return the requests this person may approve or decline: of cases of the offices the person leads and those below.

    Nobody opens to others what the policy's table closes to himself, as a restricted case is to the office above.
    """
    offices = _offices_led(actor)
    if not offices:
        return TemporaryAccess.objects.none()
    return (
        waiting()
        .filter(_led_by(actor, offices))
        .exclude(user=actor)
        .select_related("user", *(f"case__{each}" for each in FACTS))
    )


def shown_to(actor: User) -> QuerySet[TemporaryAccess]:
    """Return every temporary access the person may know of: the own ones, and those to cases of offices the person leads.

    Of the offices below, those to cases which the person may read.
    """
    return TemporaryAccess.objects.filter(Q(user=actor) | _led_by(actor, _offices_led(actor))).select_related(
        "user", "approved_by", "ended_by", *(f"case__{each}" for each in FACTS)
    )


def _standing(state: str, now: dt.datetime) -> Q:
    """Return the condition on those that stand so at a moment; each stands in one way."""
    begun = Q(starts_at__isnull=False)
    ended = Q(ended_at__isnull=False)
    asked_lately = Q(requested_at__gt=now - dt.timedelta(hours=WAITS_HOURS))
    return {
        TemporaryAccess.State.WAITING: ~begun & ~ended & asked_lately,
        TemporaryAccess.State.LAPSED: ~begun & ~ended & ~asked_lately,
        TemporaryAccess.State.WITHDRAWN: ~begun & ended & Q(ended_by=F("user")),
        TemporaryAccess.State.DECLINED: ~begun & ended & ~Q(ended_by=F("user")),
        TemporaryAccess.State.OPEN: begun & ~ended & Q(ends_at__gt=now),
        TemporaryAccess.State.OVER: begun & ~ended & Q(ends_at__lte=now),
        TemporaryAccess.State.CLOSED: begun & ended,
    }[TemporaryAccess.State(state)]


def in_state(rows: QuerySet[TemporaryAccess], state: str) -> QuerySet[TemporaryAccess]:
    """Keep those that stand so now."""
    return rows.filter(_standing(state, timezone.now()))


def state_of(row: TemporaryAccess) -> TemporaryAccess.State:
    """Return how one stands now, as `in_state` finds it."""
    state, now = TemporaryAccess.State, timezone.now()
    if row.starts_at is None:
        if row.ended_at is not None:
            return state.WITHDRAWN if row.ended_by_id == row.user_id else state.DECLINED
        return state.WAITING if row.requested_at > now - dt.timedelta(hours=WAITS_HOURS) else state.LAPSED
    if row.ended_at is not None:
        return state.CLOSED
    return state.OPEN if row.ends_at is not None and row.ends_at > now else state.OVER


@dataclass(frozen=True)
class Told:
    """A temporary access as one person may see it."""

    row: TemporaryAccess
    state: TemporaryAccess.State
    case: CaseFile | None
    """None: the person may not know of the case, or there is none; the code is that which was typed."""
    posts: tuple[Appointment, ...]
    """The posts in force of whoever asked."""
    may_answer: bool
    may_end: bool
    may_withdraw: bool

    @property
    def person(self) -> str:
        """Who asked."""
        return display_name(self.row.user)

    @property
    def approver(self) -> str:
        """Who let it; empty: nobody has."""
        return display_name(self.row.approved_by)

    @property
    def ender(self) -> str:
        """Who closed, declined or withdrew it; empty: nobody did."""
        return display_name(self.row.ended_by)

    @property
    def posts_in_words(self) -> list[str]:
        """What whoever asked is, and where."""
        return [
            f"{post.get_role_display()}, {post.unit.short_name}"
            + (f" – {post.department.code}" if post.department is not None else "")
            for post in self.posts
        ]


def told_to(actor: User, rows: Iterable[TemporaryAccess]) -> list[Told]:
    """Return rows of `shown_to` with what this person may know and do (a few queries for all of them)."""
    chosen = list(rows)
    keys = {row.case_id for row in chosen if row.case_id is not None}
    known = set(visible_cases(actor).filter(pk__in=keys).values_list("pk", flat=True)) if keys else set()
    offices = set(_offices_led(actor))
    posts: dict[int, list[Appointment]] = defaultdict(list)
    held = Appointment.objects.in_force(timezone.localdate()).filter(user_id__in={row.user_id for row in chosen})
    for post in held.select_related("unit", "department"):
        posts[post.user_id].append(post)
    found = []
    for row in chosen:
        state = state_of(row)
        own = row.user_id == actor.pk
        led = row.case is not None and bool({row.case.unit_id, row.case.unit.parent_id} & offices)
        found.append(
            Told(
                row=row,
                state=state,
                case=row.case if row.case_id in known else None,
                posts=tuple(posts[row.user_id]),
                may_answer=led and not own and state == TemporaryAccess.State.WAITING,
                may_end=(led or own) and state == TemporaryAccess.State.OPEN and row.kind != TemporaryAccess.Kind.LOAN,
                may_withdraw=own and state == TemporaryAccess.State.WAITING,
            )
        )
    return found


def _held(rows: QuerySet[TemporaryAccess], row_id: int) -> TemporaryAccess | None:
    """Return one of these rows with its case as both are now, held until the transaction ends; None: it is none of them.

    The case comes first, as in every act that opens or closes one: two acts then wait for each other, and for nothing else.
    """
    asked = rows.filter(pk=row_id).first()
    if asked is not None and asked.case is not None:
        hold_case(asked.case)
    return rows.filter(pk=row_id).select_for_update(of=("self",)).first() if asked is not None else None


def _answerable(actor: User, request_id: int) -> TemporaryAccess:
    found = _held(answerable_by(actor), request_id)
    if found is None:
        raise NotFound(_("Không có đề nghị nào như vậy chờ bạn duyệt."))
    return found


@transaction.atomic
def approve_emergency(*, actor: User, request_id: int) -> TemporaryAccess:
    """Let somebody into a case, from now on for the hours asked for.

    Raises:
        NotFound: there is no such request for the actor to answer (nobody approves an own request), or it has lapsed.
        Conflict: the person holds no post any more.
    """
    asker = waiting().filter(pk=request_id).values_list("user_id", flat=True).first()
    if asker is not None:
        hold_posts([asker])
    row = _answerable(actor, request_id)
    if not posts_in_force(row.user) or not row.user.is_active or row.case is None:
        raise Conflict(_("Người đề nghị không còn giữ chức danh nào."))
    row.approved_by = actor
    _open(row, dt.timedelta(hours=row.hours))
    tell("access_approved", actor=actor, case=row.case, until=row.ends_at, **_told_of(row))
    logger.warning("emergency access %d approved by account %d", row.pk, actor.pk)
    return row


@transaction.atomic
def decline_emergency(*, actor: User, request_id: int) -> TemporaryAccess:
    """Turn a request down.

    Raises:
        NotFound: there is no such request for the actor to answer.
    """
    row = _answerable(actor, request_id)
    row.ended_at, row.ended_by = timezone.now(), actor
    row.save(update_fields=["ended_at", "ended_by"])
    tell("access_declined", actor=actor, case=row.case, **_told_of(row))
    return row


def may_oversee(actor: User, case: CaseFile) -> bool:
    """Tell whether the person can open the case by giving a reason (see the policy's row `granted`, `oversight`)."""
    in_charge = keeps_open(OVERSIGHT, posts_of(actor), facts_of(case))
    return in_charge and case_decision(actor, case).level == Level.METADATA


@transaction.atomic
def open_for_oversight(*, actor: User, case: CaseFile, reason: str) -> TemporaryAccess:
    """Open a case of an office below to the head of the department in charge of its stage, who says why.

    Raises:
        NotFound: the actor may not know of the case.
        NotAllowed: the case is not in a stage of the actor's department, or too sensitive.
        BadInput: a reason that says nothing.
    """
    # as it is now: somebody may have marked it meanwhile, or ended the post
    hold_posts([actor.pk])
    case = lock_case(case)
    if case_decision(actor, case).level < Level.METADATA:
        raise NotFound(_("Không có vụ án nào mang mã này trong phạm vi của bạn."))
    if not may_oversee(actor, case):
        raise NotAllowed(_("Chỉ lãnh đạo phòng cấp trên phụ trách giai đoạn này mở xem được vụ án, khi có lý do."))
    row = TemporaryAccess(
        kind=TemporaryAccess.Kind.OVERSIGHT,
        case_code=case.code,
        case=case,
        user=actor,
        reason=_reason(reason),
        hours=24 * configuration().oversight_days,
        approved_by=actor,
    )
    _open(row, dt.timedelta(days=configuration().oversight_days))
    tell("access_opened", actor=actor, case=case, access=row.pk, until=row.ends_at, reason=row.reason)
    logger.info("access %d for oversight by account %d", row.pk, actor.pk)
    return row


def open_for_loan(
    *, case: CaseFile, user: User, approved_by: User, ends_at: dt.datetime, reason: str
) -> TemporaryAccess:
    """Open a case to who borrows it in electronic form, in the caller's transaction, which tells the ledger.

    Whether it may be lent is decided before.
    """
    length = ends_at - timezone.now()
    row = TemporaryAccess(
        kind=TemporaryAccess.Kind.LOAN,
        case_code=case.code,
        case=case,
        user=user,
        reason=reason,
        hours=-(-length // dt.timedelta(hours=1)),
        approved_by=approved_by,
    )
    _open(row, length)
    return row


def lengthen_for_loan(row: TemporaryAccess, ends_at: dt.datetime) -> None:
    """Let what a loan opened stay open until a later moment, in the caller's transaction, which tells the ledger."""
    row.ends_at = ends_at
    row.save(update_fields=["ends_at"])


def close_for_loan(row: TemporaryAccess, actor: User) -> None:
    """Close what a loan opened, in the caller's transaction, which tells the ledger; what is over already stays so."""
    if not row.projected:
        return
    row.ended_at, row.ended_by, row.projected = timezone.now(), actor, False
    row.save(update_fields=["ended_at", "ended_by", "projected"])
    if row.case is not None:
        project_case(row.case)


def _told_of(row: TemporaryAccess) -> dict[str, Any]:
    """Return what the ledger is told of an access that somebody else has or asked for."""
    return {"access": row.pk, "person_id": row.user_id, "person": display_name(row.user)}


def _open(row: TemporaryAccess, length: dt.timedelta) -> None:
    row.starts_at = timezone.now()
    row.ends_at = row.starts_at + length
    row.projected = True
    row.save()
    if row.case is not None:
        project_case(row.case)


@transaction.atomic
def end_temporary(*, actor: User, access_id: int) -> TemporaryAccess:
    """Close a temporary access before its time.

    Raises:
        NotFound: the actor may not know of it.
        NotAllowed: the actor neither has it nor leads the office of the case or the one above.
        Conflict: it is closed already.
    """
    row = _held(shown_to(actor), access_id)
    if row is None:
        raise NotFound(_("Không có quyền tạm thời nào như vậy."))
    if row.user_id != actor.pk and not (
        row.case is not None and leads(actor, [row.case.unit_id, row.case.unit.parent_id])
    ):
        raise NotAllowed(_("Chỉ người được mở quyền hoặc lãnh đạo đơn vị đóng được quyền này."))
    now = timezone.now()
    if row.ended_at is not None or (row.ends_at is not None and row.ends_at <= now):
        raise Conflict(_("Quyền này đã đóng trước đó."))
    if row.kind == TemporaryAccess.Kind.LOAN:
        raise Conflict(_("Quyền này theo phiếu mượn: hãy ghi trả ở trang Mượn hồ sơ."))
    row.ended_at, row.ended_by, row.projected = now, actor, False
    row.save(update_fields=["ended_at", "ended_by", "projected"])
    if row.case is not None:
        project_case(row.case)
    match state_of(row):
        case TemporaryAccess.State.WITHDRAWN:
            tell("access_withdrawn", actor=actor, case=row.case, access=row.pk)
        case TemporaryAccess.State.DECLINED:
            tell("access_declined", actor=actor, case=row.case, **_told_of(row))
        case _:
            tell("access_closed", actor=actor, case=row.case, **_told_of(row))
    return row


def close_for_transfer(*, actor: User, case: CaseFile) -> None:
    """Close what leaders of an office opened in an emergency, as the case goes to another, whose leaders open anew.

    In the caller's transaction, which projects the case. What is lent stays lent until the day on its slip. What waits for
    an answer waits for the leaders there.
    """
    now = timezone.now()
    open_ones = TemporaryAccess.objects.filter(
        case=case, kind=TemporaryAccess.Kind.EMERGENCY, starts_at__isnull=False, ended_at__isnull=True, ends_at__gt=now
    )
    for row in open_ones.select_for_update(of=("self",)).select_related("user").order_by("pk"):
        row.ended_at, row.ended_by, row.projected = now, actor, False
        row.save(update_fields=["ended_at", "ended_by", "projected"])
        tell("access_closed", actor=actor, case=case, **_told_of(row))


def next_end() -> dt.datetime | None:
    """Return when the next temporary access is over whose grants are still to be taken back (one small query)."""
    open_ones = TemporaryAccess.objects.filter(projected=True)
    return open_ones.order_by("ends_at").values_list("ends_at", flat=True).first()


@transaction.atomic
def close_what_is_over(moment: dt.datetime | None = None) -> int:
    """Take back what temporary access opened whose time is over; return how many that were."""
    over = TemporaryAccess.objects.filter(projected=True, ends_at__lte=moment or timezone.now())
    # the cases first, see `_held`
    held = hold_cases([key for key in over.values_list("case_id", flat=True) if key is not None])
    rows = list(
        over.filter(case__in=held)
        .select_for_update(of=("self",))
        .select_related("user", *(f"case__{each}" for each in FACTS))
    )
    TemporaryAccess.objects.filter(pk__in=[row.pk for row in rows]).update(projected=False)
    project_each(CaseFile.objects.filter(pk__in=[case.pk for case in held]))
    tell_each("access_over", actor=None, each=[(row.case, _told_of(row)) for row in rows])
    return len(rows)
