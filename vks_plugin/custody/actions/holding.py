"""How the paper of a case passes from one keeper to the next: never none, never two.

Whether the actor may is decided by the act that passes it on (a hand-over, a loan, an accession).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.access.policy import Level
from vks_plugin.access.queries import require
from vks_plugin.acts import tell
from vks_plugin.cases.actions.record import lock_case
from vks_plugin.cases.actions.rules import enforce
from vks_plugin.cases.models import CaseFile
from vks_plugin.cases.stages import PARTS
from vks_plugin.cases.validation import ClosingHandOver, hand_over_closed
from vks_plugin.custody.models import HandOver, Holding, Keeper, LedgerEntry
from vks_plugin.custody.queries.hand_overs import in_the_way, offices_taking
from vks_plugin.custody.queries.holding import assumed_keeper, holder_of, keeps_paper, open_holding, volumes_out
from vks_plugin.custody.states import HAND_OVER
from vks_plugin.errors import BadInput, Conflict, NotAllowed
from vks_plugin.organization.models import ProcuracyUnit
from vks_plugin.organization.queries import display_name
from vks_plugin.text import folded, one_line

_MOMENT = dt.timedelta(microseconds=1)
_FIRST_YEAR = 1900
LONGEST_AGENCY = 200
"""Letters of the name of an agency outside."""
LONGEST_KNOWN_FROM = 300
"""Letters of what tells us that agencies outside passed paper on."""


@transaction.atomic
def pass_to(
    *,
    case: CaseFile,
    part: str,
    giver: Keeper,
    receiver: Keeper,
    cause: str,
    reference: int | None = None,
    happened_at: dt.datetime | None = None,
    known_from: str = "",
) -> Holding:
    """Let one part of the paper go from one keeper to another, at this moment or at one that is past.

    What was with the one until the moment is with the other from that moment on. Where nothing was recorded of the
    part yet, what was assumed of it is written down first. What was given before offices took over from the giver was
    never theirs: it goes from who had it then, and the entries of the take-overs alone still name them.

    Args:
        case: the case; held until the transaction ends, so that of two who give the same paper one is told of the other.
        part: `hsva` or `hsks`.
        giver: who has it, as the caller saw it.
        receiver: who gets it.
        cause: of `Holding.Cause`.
        reference: number of the hand-over, loan or accession it comes from.
        happened_at: when it did, not after now; None: now.
        known_from: what tells us of it, where agencies outside passed it on between them.

    Raises:
        BadInput: who had it got it later than that.
        Conflict: somebody else has it now, the receiver has it already, or it is lent and this is no return.
    """
    case = lock_case(case)
    moment = happened_at or timezone.now()
    present = _present(case, part, giver, now=moment)
    if present.cause == Holding.Cause.LOAN and cause != Holding.Cause.LOAN_RETURN:
        raise Conflict(_("Hồ sơ đang cho mượn (%(keeper)s): phải nhận trả trước.") % {"keeper": present.keeper_name})
    if cause not in {Holding.Cause.LOAN, Holding.Cause.LOAN_RETURN}:
        require_volumes_here(case, part)
    if receiver.is_same(giver):
        raise Conflict(_("Hồ sơ đã ở %(keeper)s.") % {"keeper": receiver.name})
    before = _taken_over_since(present, happened_at) if happened_at is not None else []
    if before:
        # it had left before those offices took over: none of them ever had it
        Holding.objects.filter(pk__in=[row.pk for row in (present, *before[:-1])]).delete()
        present = before[-1]
        Holding.objects.filter(pk=present.pk).update(until=None)
    if present.cause == Holding.Cause.ASSUMED and moment <= present.since:
        # since when it was there nobody said
        present.since = moment - _MOMENT
        present.save(update_fields=["since"])
    if happened_at is not None:
        refuse_before(present.since, happened_at)
    moment = max(moment, present.since + _MOMENT)
    if Holding.objects.filter(pk=present.pk, until__isnull=True).update(until=moment) != 1:
        raise Conflict(_("Hồ sơ vừa được người khác giao đi. Hãy tải lại trang."))
    return _open(case, part, receiver, since=moment, cause=cause, reference=reference, known_from=known_from)


def _present(case: CaseFile, part: str, giver: Keeper, *, now: dt.datetime) -> Holding:
    """Return the row by which somebody has the part; where nothing was recorded of it, that is written down first.

    Raises:
        Conflict: somebody else has it.
    """
    present = open_holding(case, part) or _begin(case, part, giver=giver, now=now)
    if not present.keeper.is_same(giver):
        raise Conflict(
            _("Hồ sơ đang ở %(keeper)s, không ở %(giver)s. Hãy tải lại trang.")
            % {"keeper": present.keeper_name, "giver": giver.name}
        )
    return present


def stay_with(case: CaseFile, part: str, keeper: Keeper) -> None:
    """Let a part lie where it is, with who is giver and receiver in one since offices took over; it is recorded there then.

    Raises:
        Conflict: somebody else has it.
    """
    _present(lock_case(case), part, keeper, now=timezone.now())


def _taken_over_since(present: Holding, happened_at: dt.datetime) -> list[Holding]:
    """Return who had the paper before offices took over that had not yet done so at a moment, the one who had it then last."""
    found: list[Holding] = []
    row = present
    while row.cause == Holding.Cause.SUCCESSION and happened_at <= row.since:
        earlier = Holding.objects.filter(case=row.case_id, part=row.part, since__lt=row.since).order_by("-since")
        before = earlier.first()
        if before is None:
            break
        found.append(before)
        row = before
    return found


def refuse_before(since: dt.datetime, happened_at: dt.datetime) -> None:
    """Refuse that paper was given before the giver got it; moments are stated to the minute.

    Raises:
        BadInput: so it is.
    """
    if happened_at < since.replace(second=0, microsecond=0):
        raise BadInput(
            _("Bên giao chỉ có hồ sơ từ %(since)s: giờ, ngày giao nhận không thể trước lúc ấy.")
            % {"since": f"{timezone.localtime(since):%H:%M %d/%m/%Y}"},
            field="happened_at",
        )


def refuse_moment(happened_at: dt.datetime) -> None:
    """Refuse what cannot be when an agency outside gave or got paper: a moment to come, or a slip of the finger.

    Raises:
        BadInput: so it is.
    """
    if happened_at > timezone.now():
        raise BadInput(_("Thời điểm nằm trong tương lai: hãy kiểm tra lại."), field="happened_at")
    if timezone.localtime(happened_at).year < _FIRST_YEAR:
        raise BadInput(_("Ngày này trước năm %(year)d: hãy kiểm tra lại.") % {"year": _FIRST_YEAR}, field="happened_at")


def office_called(agency: str) -> ProcuracyUnit | None:
    """Return the office of ours that uses the system under this name today; None: it is an agency outside."""
    today, name = timezone.localdate(), folded(agency)
    named = (unit for unit in ProcuracyUnit.objects.on(today) if name in {folded(unit.name), folded(unit.short_name)})
    return next((unit for unit in named if unit.is_active(today)), None)


def refuse_another(actor: User, case: CaseFile, part: str) -> None:
    """Refuse a second hand-over of a part, and say which one there is: nobody else could do away with a forgotten draft.

    Raises:
        Conflict: always.
    """
    there = in_the_way(actor, case, part)
    try:
        enforce(
            hand_over_closed(ClosingHandOver(others_open=True, other=there.words if there is not None else "")),
            Conflict,
        )
    except Conflict as error:
        error.blocked_by = there.row.pk if there is not None and there.may_open else None
        raise


def require_volumes_here(case: CaseFile, part: str, volumes: Collection[int] | None = None) -> None:
    """Refuse to give away paper of which volumes are out on loan while the rest stays.

    Args:
        case: the case.
        part: `hsva` or `hsks`.
        volumes: numbers of what is given; None: the part as a whole.

    Raises:
        Conflict: so it is, with their numbers.
    """
    out = volumes_out(case, part) if volumes is None else volumes_out(case, part) & set(volumes)
    if out:
        numbers = ", ".join(map(str, sorted(out)))
        raise Conflict(_("Hồ sơ đang cho mượn (tập %(numbers)s): phải nhận trả trước.") % {"numbers": numbers})


def _begin(case: CaseFile, part: str, *, giver: Keeper, now: dt.datetime) -> Holding:
    """Write down where paper was of which nothing is recorded.

    An agency outside that gives it, where it was taken to be at the office, is believed: it was there, and nobody had said so.
    """
    assumed = assumed_keeper(case, part)
    if giver.unit is None and part == "hsva":
        assumed = giver
    since = case.created_at
    if assumed.unit is not None:
        # where it was before the office took over from another nobody had said
        taken = LedgerEntry.objects.filter(case=case, kind="case_taken_over").order_by("-seq").first()
        since = taken.at if taken is not None else since
    return _open(case, part, assumed, since=min(since, now - _MOMENT), cause=Holding.Cause.ASSUMED)


def write_beginning(case: CaseFile) -> None:
    """Write down where each part is assumed to be, before something happens that the assumption rests on."""
    now = timezone.now()
    for part, _label in PARTS:
        if open_holding(case, part) is None:
            _begin(case, part, giver=assumed_keeper(case, part), now=now)


def end_keeping(case: CaseFile, moment: dt.datetime) -> list[Holding]:
    """Write down that nobody has the paper of a case any more, from the moment its file is disposed of: the one way in which
    paper gets to be with nobody.

    Returns:
        The rows that were ended.
    """
    rows = list(Holding.objects.filter(case=case, until__isnull=True).select_related("unit").order_by("part"))
    for row in rows:
        row.until = max(moment, row.since + _MOMENT)
        row.save(update_fields=["until"])
    return rows


def _open(
    case: CaseFile,
    part: str,
    keeper: Keeper,
    *,
    since: dt.datetime,
    cause: str,
    reference: int | None = None,
    known_from: str = "",
) -> Holding:
    return Holding.objects.create(
        case=case,
        part=part,
        unit=keeper.unit,
        agency=keeper.agency,
        person=keeper.person,
        person_name=display_name(keeper.person)[:200],
        since=since,
        cause=cause,
        reference=reference,
        known_from=known_from,
    )


@transaction.atomic
def state_beginning(*, actor: User, case: CaseFile, part: str, keeper: Keeper, since: dt.datetime) -> Holding:
    """Say who had a part of the paper before anything was recorded of it, where that is not what is assumed.

    Args:
        since: from when; not in the future.

    Raises:
        NotFound: the actor may not know of the case.
        NotAllowed: the actor is neither a records clerk nor a leader of its office.
        BadInput: a moment to come, or the supervision file outside the procuracy.
        Conflict: something is recorded already; from then on paper goes by hand-overs.
    """
    require(actor, case, Level.METADATA, doing=_("ghi nơi giữ hồ sơ"))
    case = lock_case(case)
    if not keeps_paper(actor, case, [case.unit_id]):
        raise NotAllowed(_("Chỉ văn thư, lãnh đạo đơn vị thụ lý ghi được nơi giữ hồ sơ."))
    if part not in dict(PARTS):
        raise BadInput(_("Phần hồ sơ không có trong danh mục."), field="part")
    if part == "hsks" and keeper.unit is None:
        raise BadInput(_("Hồ sơ kiểm sát không rời Viện kiểm sát."), field="agency")
    if since > timezone.now():
        raise BadInput(_("Thời điểm nằm trong tương lai: hãy kiểm tra lại."), field="since")
    if open_holding(case, part) is not None:
        raise Conflict(_("Nơi giữ hồ sơ đã được ghi: từ nay chỉ thay đổi bằng giao nhận."))
    clean = Keeper(unit=keeper.unit, agency=one_line(keeper.agency)[:200], person=keeper.person)
    made = _open(case, part, clean, since=since, cause=Holding.Cause.STATED)
    tell(
        "keeper_stated",
        actor=actor,
        case=case,
        part=part,
        unit=clean.unit.code if clean.unit is not None else None,
        person_id=clean.person.pk if clean.person is not None else None,
        since=since,
        keeper=clean.name,
    )
    return made


@transaction.atomic
def state_passed_on(
    *, actor: User, case: CaseFile, giver: str, agency: str, happened_at: dt.datetime, known_from: str
) -> Holding:
    """Say that the agency outside that has the case file passed it on to another one, without any of our offices between.

    Nothing else changes: what one of them kept back stays owed by that one. What was said wrongly is put right by saying where
    it went from there; no row is written anew.

    Args:
        actor: a clerk or leader of an office that would take the file in from outside.
        case: the case.
        giver: the agency that has it by the record, as the actor saw it.
        agency: who got it.
        happened_at: when, not after now and not before the one who gave it got it.
        known_from: number and day of the paper that says so, or who told us.

    Raises:
        NotFound: the actor may not know of the case.
        NotAllowed: the actor takes in no paper of it.
        BadInput: the agency is none, the one that has it, or an office that uses the system; a moment that cannot be; nothing is
            named that says so.
        Conflict: no agency outside is recorded as having it, or another one, or a hand-over of it is not over.
    """
    case = lock_case(case)
    require_stating_passed_on(actor, case)
    part, held = "hsva", holder_of(case)
    if held.is_lent:
        raise Conflict(_("Hồ sơ đang cho mượn (%(keeper)s): phải nhận trả trước.") % {"keeper": held.name})
    if held.keeper.unit is not None:
        raise Conflict(
            _("Hồ sơ đang ở %(keeper)s: chỉ ghi được khi hồ sơ đang ở cơ quan ngoài hệ thống.") % {"keeper": held.name}
        )
    if held.holding is None:
        raise Conflict(
            _(
                "Chưa ai ghi hồ sơ đang ở đâu, %(keeper)s chỉ là suy ra: nhận về từ cơ quan nào thì lập giao nhận với cơ quan ấy, không cần ghi việc này."
            )
            % {"keeper": held.name}
        )
    if folded(giver) != folded(held.keeper.agency):
        raise Conflict(
            _("Hồ sơ đang ở %(keeper)s, không ở %(giver)s. Hãy tải lại trang.")
            % {"keeper": held.name, "giver": one_line(giver)}
        )
    if HandOver.objects.filter(case=case, part=part, state__in=HAND_OVER.open).exists():
        refuse_another(actor, case, part)
    receiver = _agency_passed_on_to(agency, held.keeper.agency)
    known_from = one_line(known_from)
    if not known_from or len(known_from) > LONGEST_KNOWN_FROM:
        raise BadInput(
            _("Hãy ghi số, ngày văn bản hoặc nơi đã báo việc này (không quá %(most)d chữ cái).")
            % {"most": LONGEST_KNOWN_FROM},
            field="known_from",
        )
    refuse_moment(happened_at)
    made = pass_to(
        case=case,
        part=part,
        giver=held.keeper,
        receiver=receiver,
        cause=Holding.Cause.PASSED_ON,
        happened_at=happened_at,
        known_from=known_from,
    )
    tell(
        "paper_passed_on",
        actor=actor,
        case=case,
        part=part,
        happened_at=happened_at,
        giver=held.keeper.name,
        receiver=receiver.name,
        known_from=known_from,
    )
    return made


def require_stating_passed_on(actor: User, case: CaseFile) -> None:
    """Refuse who takes in no paper of the case from outside, and so has nothing to say of where it is there.

    Raises:
        NotFound: so it is, and the actor may not know of the case.
        NotAllowed: so it is.
    """
    if keeps_paper(actor, case, offices_taking(case)):
        return
    require(actor, case, Level.METADATA, doing=_("ghi nơi giữ hồ sơ"))
    raise NotAllowed(_("Chỉ văn thư, lãnh đạo của đơn vị nhận hồ sơ vụ án này về từ cơ quan ngoài ghi được việc này."))


def _agency_passed_on_to(agency: str, giver: str) -> Keeper:
    """Return the agency outside under its clean name.

    Raises:
        BadInput: it has none or too long a one, is the one that gave it, or an office that uses the system.
    """
    name = one_line(agency)
    if not name:
        raise BadInput(_("Hãy ghi tên cơ quan giao hoặc nhận."), field="agency")
    if len(name) > LONGEST_AGENCY:
        raise BadInput(_("Tên cơ quan dài quá 200 chữ cái."), field="agency")
    if folded(name) == folded(giver):
        raise BadInput(_("Hồ sơ đã ở %(keeper)s.") % {"keeper": giver}, field="agency")
    ours = office_called(name)
    if ours is not None:
        raise BadInput(
            _("%(unit)s dùng hệ thống này: đơn vị ấy tự ghi nhận hồ sơ về từ cơ quan đang giữ.") % {"unit": ours.name},
            field="agency",
        )
    return Keeper(agency=name)
