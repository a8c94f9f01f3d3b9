"""Lending a file: the request, the answer, handing out, longer terms, and taking back with its folios counted."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Collection, Iterable
from functools import partial
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.access.queries import visible_cases
from vks_plugin.access.temporary import (
    case_asked_for,
    close_for_loan,
    code_asked_for,
    lengthen_for_loan,
    open_for_loan,
)
from vks_plugin.acts import tell
from vks_plugin.cases.actions.record import lock_case
from vks_plugin.cases.models import CaseFile, Volume
from vks_plugin.conf import configuration
from vks_plugin.custody.actions.holding import pass_to
from vks_plugin.custody.actions.moving import SHORTEST_REASON, move, next_number, said
from vks_plugin.custody.models import HandOver, Holding, Keeper, Loan, LoanedPart, LoanRenewal, NumberSeries
from vks_plugin.custody.queries.hand_overs import outstanding_of
from vks_plugin.custody.queries.holding import holder_of
from vks_plugin.custody.queries.loans import (
    RELATED,
    SOON,
    LoanTold,
    borrower_name,
    goes_back_to,
    has_left,
    known_to,
    lenders_of,
    places_of,
    renewals_allowed,
    told_to,
)
from vks_plugin.custody.queries.settled import VOLUME, left_with, numbers_settled
from vks_plugin.custody.states import HAND_OVER, LOAN, OVERDUE
from vks_plugin.errors import BadInput, Conflict, NotAllowed, NotFound
from vks_plugin.host.mail import host_sends_mail
from vks_plugin.organization.letters import send_letter, write_to
from vks_plugin.organization.queries import acting_for, posts_in_force
from vks_plugin.text import gettext_noop, one_line

logger = logging.getLogger("paperless.vks.loans")

MOST_OPEN_REQUESTS = 20
"""Requests one person may have waiting at a time."""
MOST_VOLUMES = 200
LARGEST_COUNT = 100_000
"""Folios of a file."""
LEFT = "Vụ án chuyển sang đơn vị khác thụ lý: còn cần thì đề nghị lại, đơn vị mới quyết định."
"""Why what one office allowed is taken back when its case becomes another's; kept with the loan, so in one language."""
REMIND_EVERY = 7
"""Days between two letters about a file that should be back."""


def _short(text: str, *, field: str, longest: int) -> str:
    said = one_line(text)
    if len(said) > longest:
        raise BadInput(_("Nhiều nhất %(most)d chữ cái.") % {"most": longest}, field=field)
    return said


def _volumes(given: Iterable[int]) -> list[int]:
    numbers = sorted(set(given))
    if len(numbers) > MOST_VOLUMES or any(not 1 <= each <= 9999 for each in numbers):
        raise BadInput(_("Số tập từ 1 trở lên, ví dụ: 1, 2, 5. Để trống nếu mượn toàn bộ."), field="volumes")
    return numbers


def _term(until: dt.date, *, after: dt.date) -> dt.date:
    """Return a last day that is allowed.

    Raises:
        BadInput: it lies before tomorrow's eve, or too far away.
    """
    last = max(after, timezone.localdate()) + dt.timedelta(days=configuration().loan_days)
    if until < timezone.localdate() or until > last:
        raise BadInput(
            _("Hạn trả từ hôm nay đến %(day)s (mỗi lần nhiều nhất %(days)d ngày).")
            % {"day": f"{last:%d/%m/%Y}", "days": configuration().loan_days},
            field="until",
        )
    return until


def _end_of(day: dt.date) -> dt.datetime:
    """Return the last second of a day: what is told to last up to it is over with it."""
    return timezone.make_aware(dt.datetime.combine(day, dt.time(23, 59, 59)))


@transaction.atomic
def request_loan(
    *,
    actor: User,
    code: str,
    form: str,
    purpose: str,
    until: dt.date,
    part: str = "hsva",
    volumes: Iterable[int] = (),
    borrower: User | None = None,
    outside_name: str = "",
    outside_agency: str = "",
    as_written: bool = False,
) -> Loan:
    """Ask for a file; nothing is lent before somebody else allows it.

    Whoever asks for oneself is not told whether there is such a case. For other people, of our offices or outside,
    whoever hands out the files of its office records the request.

    Args:
        borrower: None with an empty `outside_name`: the actor.
        volumes: their numbers; none: the whole part.
        as_written: see `code_asked_for`.

    Raises:
        NotAllowed: the actor holds no post, or records for others a case of an office whose files others hand out.
        NotFound: for others, a case the actor may not know of.
        BadInput: what was entered cannot be used; of a case the actor may know of, also a volume that it does not have.
        Conflict: too many requests wait already, or the file was disposed of (see `case_asked_for`).
    """
    if not posts_in_force(actor):
        raise NotAllowed(_("Chỉ người đang giữ chức danh được đề nghị mượn hồ sơ."))
    code = code_asked_for(actor, code, as_written=as_written)
    name = _short(outside_name, field="outside_name", longest=150)
    agency = _short(outside_agency, field="outside_agency", longest=200)
    if agency and not name:
        raise BadInput(_("Hãy ghi họ tên người mượn của cơ quan này."), field="outside_name")
    if name and borrower is not None:
        raise BadInput(_("Chọn một người mượn: người của ngành hoặc người ngoài, không cả hai."), field="borrower")
    if form not in Loan.Form.values:
        raise BadInput(_("Hãy chọn mượn bản giấy hay bản điện tử."), field="form")
    if part not in {"hsva", "hsks"}:
        raise BadInput(_("Hãy chọn phần hồ sơ."), field="part")
    numbers = _volumes(volumes)
    if form == Loan.Form.ELECTRONIC:
        if part != "hsva":
            raise BadInput(_("Hồ sơ kiểm sát chỉ cho mượn bản giấy."), field="part")
        if numbers:
            raise BadInput(_("Bản điện tử mở toàn bộ hồ sơ vụ án: hãy để trống số tập."), field="volumes")
        if name:
            raise BadInput(_("Người ngoài ngành không có tài khoản: chỉ cho mượn bản giấy."), field="form")
    if name and part == "hsks":
        raise BadInput(_("Hồ sơ kiểm sát không rời Viện kiểm sát."), field="part")
    case = case_asked_for(actor, code)
    whose = None if name else borrower or actor
    if whose is None or whose.pk != actor.pk:
        case = _case_of_desk(actor, case)
    if (
        case is not None
        and visible_cases(actor).filter(pk=case.pk).exists()
        and (none := _not_bound(case, part, numbers))
    ):
        raise BadInput(
            _("Vụ án không có tập %(numbers)s: hãy xem lại số tập ở mục Giao nhận của vụ án.")
            % {"numbers": ", ".join(map(str, none))},
            field="volumes",
        )
    if whose is not None and (not whose.is_active or not posts_in_force(whose)):
        raise BadInput(_("Người mượn không giữ chức danh nào."), field="borrower")
    waiting = Loan.objects.filter(requested_by=actor, state=LOAN.first)
    if waiting.filter(until__gte=timezone.localdate()).count() >= MOST_OPEN_REQUESTS:
        raise Conflict(_("Bạn đang có quá nhiều đề nghị chờ duyệt."))
    row = Loan.objects.create(
        form=form,
        case_code=code,
        case=case,
        part=part,
        volumes=numbers,
        borrower=whose,
        outside_name=name,
        outside_agency=agency,
        purpose=said(purpose, "purpose", least=SHORTEST_REASON, most=1000),
        until=_term(until, after=timezone.localdate()),
        requested_by=actor,
    )
    tell(
        "loan_requested",
        actor=actor,
        case=case,
        loan_form=row.form,
        volume_numbers=row.volumes,
        due_on=row.until,
        asked_for=row.case_code,
        purpose=row.purpose,
        **_about(row),
    )
    logger.info("loan %d asked for by account %d", row.pk, actor.pk)
    return row


def _not_bound(case: CaseFile, part: str, numbers: Iterable[int]) -> list[int]:
    """Return which of these numbers no volume of a part has; none of a part that is not bound in numbered volumes here.

    A volume that is elsewhere, or that nobody waits for any more, is one of the case all the same.
    """
    if part != "hsva" or not numbers:
        return []
    there = set(Volume.objects.filter(case=case).values_list("number", flat=True))
    known = there | {*outstanding_of(case, part)} | {*numbers_settled(case.pk, part, VOLUME)}
    return sorted(set(numbers) - known) if there else []


def _case_of_desk(actor: User, case: CaseFile | None) -> CaseFile:
    places = places_of(actor)
    if not places.led | places.desk:
        raise NotAllowed(_("Chỉ lưu trữ viên, văn thư hoặc lãnh đạo đơn vị ghi đề nghị mượn thay người khác."))
    if case is None or not visible_cases(actor).filter(pk=case.pk).exists():
        raise NotFound(_("Không có vụ án nào mang mã này trong phạm vi của bạn."))
    if not places.hands_out(case.unit_id):
        raise NotAllowed(_("Hồ sơ này do đơn vị khác thụ lý: đơn vị đó ghi đề nghị mượn thay người khác."))
    return case


def _about(row: Loan) -> dict[str, Any]:
    """Return what the ledger is told of a loan in every act."""
    return {"loan": row.pk, "part": row.part, "person_id": row.borrower_id, "person": borrower_name(row)}


def _mine(actor: User, loan_id: int, act: str) -> LoanTold:
    """Return a loan with which the person may do this, its case held.

    Raises:
        NotFound: the person may not know of it.
        Conflict: it is in no state this may be done in.
        NotAllowed: it is for somebody else to do.
    """
    known = known_to(actor, loan_id)
    row = known.select_related("case").first()
    if row is None:
        raise NotFound(_("Không có lần mượn hồ sơ nào như vậy."))
    if row.case is not None:
        lock_case(row.case)
    # as it is now that the case is held: it may have gone to another office meanwhile
    told = next(iter(told_to(actor, known)), None)
    if told is None:
        raise NotFound(_("Không có lần mượn hồ sơ nào như vậy."))
    if act not in told.may:
        needed = LOAN.move("return" if act in {"renew", "answer"} else act).sources
        if told.state not in needed and not (told.state == OVERDUE[0] and "dang_muon" in needed):
            raise Conflict(
                _("Không làm được việc này: lần mượn đang ở trạng thái “%(state)s”. Hãy tải lại trang.")
                % {"state": told.label}
            )
        raise NotAllowed(_(_REFUSED[act]))
    return told


def _case(row: Loan) -> CaseFile:
    """Return the case of a loan that somebody may decide about: there is one."""
    if row.case is None:
        raise NotFound(_("Không có lần mượn hồ sơ nào như vậy."))
    return row.case


_DECIDED = gettext_noop(
    "Cho mượn do lãnh đạo đơn vị thụ lý quyết định; cho người đơn vị khác, người ngoài ngành mượn do Viện trưởng. Không ai "
    "tự duyệt cho mình."
)
_REFUSED = {
    "approve": _DECIDED,
    "deny": _DECIDED,
    "withdraw": gettext_noop("Chỉ người mượn hoặc người ghi đề nghị rút được đề nghị."),
    "revoke": gettext_noop(
        "Hủy duyệt cho mượn do lãnh đạo đơn vị thụ lý; khi hạn trả đã qua hoặc người mượn không còn chức danh thì lưu trữ "
        "viên, văn thư cũng hủy được. Người mượn, người ghi đề nghị thì rút đề nghị."
    ),
    "issue": gettext_noop(
        "Lưu trữ viên, văn thư hoặc lãnh đạo của đơn vị thụ lý giao hồ sơ; không ai tự giao cho mình."
    ),
    "return": gettext_noop(
        "Lưu trữ viên, văn thư hoặc lãnh đạo của đơn vị cho mượn nhận lại hồ sơ; không ai tự nhận của mình."
    ),
    "settle": gettext_noop(
        "Lưu trữ viên, văn thư hoặc lãnh đạo của đơn vị cho mượn giải quyết phần thiếu; không ai tự giải quyết của mình."
    ),
    "renew": gettext_noop("Lần mượn này không gia hạn được nữa, hoặc đang có đề nghị gia hạn chờ trả lời."),
    "answer": gettext_noop("Không có đề nghị gia hạn nào chờ bạn trả lời."),
}


@transaction.atomic
def approve_loan(*, actor: User, loan_id: int) -> Loan:
    """Allow a loan; an electronic one is open from this moment to the end of its last day.

    Raises:
        NotFound, NotAllowed, Conflict: see `_mine`; or the borrower holds no post any more, the day has passed, or the case
            has no such volume.
    """
    told = _mine(actor, loan_id, "approve")
    row = told.row
    case = _case(row)
    if has_left(row, told.posts):
        raise Conflict(_("Người mượn không còn giữ chức danh nào."))
    if row.until < timezone.localdate():
        raise Conflict(_("Hạn trả đề nghị đã qua: hãy từ chối để người mượn đề nghị lại."))
    if none := _not_bound(case, row.part, row.volumes):
        # who asked without knowing of the case was not told
        raise Conflict(
            _("Vụ án không có tập %(numbers)s: hãy từ chối để người mượn đề nghị lại.")
            % {"numbers": ", ".join(map(str, none))}
        )
    move(row, LOAN, "approve", decided_at=timezone.now(), decided_by=actor)
    tell("loan_approved", actor=actor, case=case, **_about(row))
    if not row.is_paper:
        _open(row, case, actor)
    logger.info("loan %d approved by account %d", row.pk, actor.pk)
    return row


def _open(row: Loan, case: CaseFile, actor: User) -> None:
    borrower = row.borrower
    assert borrower is not None  # noqa: S101 - the database keeps electronic loans to people with an account
    end_what_ran_out(Loan.objects.filter(case=case, borrower=borrower))
    if Loan.objects.filter(case=case, borrower=borrower, form=row.form, state="dang_muon").exists():
        raise Conflict(_("Người này đang mượn bản điện tử của hồ sơ này: hãy gia hạn lần mượn đó."))
    access = open_for_loan(case=case, user=borrower, approved_by=actor, ends_at=_end_of(row.until), reason=row.purpose)
    _hand_out(row, case, actor, access=access)


def _hand_out(row: Loan, case: CaseFile, actor: User, *, hands: Keeper | None = None, **changes: Any) -> None:
    """Let it go out; `hands` is who has the paper from now on, None where the rest stays or nothing moves."""
    now = timezone.now()
    year = timezone.localtime(now).year
    number = next_number(case.unit, NumberSeries.Series.LOAN, year)
    numbered: dict[str, Any] = {"unit": case.unit, "number": number, "number_year": year}
    move(row, LOAN, "issue", issued_at=now, issued_by=actor, **numbered, **changes)
    tell(
        "loan_issued",
        actor=actor,
        case=case,
        loan_form=row.form,
        loan_number=row.number,
        unit=case.unit.code,
        volume_numbers=row.volumes,
        volume_count=row.issued_volumes,
        folio_count=row.issued_folios,
        due_on=row.until,
        outside_agency=row.outside_agency,
        note=row.condition,
        **_with(hands),
        **_about(row),
    )


def _with(keeper: Keeper | None) -> dict[str, Any]:
    """Return what the ledger is told of who has the paper from now on; nothing where it did not move as a whole."""
    unit, person = (keeper.unit, keeper.person) if keeper is not None else (None, None)
    return {
        "keeper_unit": unit.code if unit is not None else None,
        "keeper_id": person.pk if person is not None else None,
    }


@transaction.atomic
def deny_loan(*, actor: User, loan_id: int, reason: str) -> Loan:
    """Turn a request down, with a reason that the borrower reads.

    Raises:
        NotFound, NotAllowed, Conflict: see `_mine`.
        BadInput: a reason that says nothing.
    """
    told = _mine(actor, loan_id, "deny")
    case = _case(told.row)
    denial = said(reason, "reason", least=SHORTEST_REASON, most=1000)
    row = move(told.row, LOAN, "deny", decided_at=timezone.now(), decided_by=actor, denial=denial)
    tell("loan_denied", actor=actor, case=case, reason=denial, **_about(row))
    return row


@transaction.atomic
def withdraw_loan(*, actor: User, loan_id: int) -> Loan:
    """Take back a request, or what was allowed and not handed out yet.

    Raises:
        NotFound, NotAllowed, Conflict: see `_mine`.
    """
    row = move(_mine(actor, loan_id, "withdraw").row, LOAN, "withdraw")
    tell("loan_withdrawn", actor=actor, case=row.case, **_about(row))
    return row


@transaction.atomic
def revoke_loan(*, actor: User, loan_id: int, reason: str) -> Loan:
    """Take back what was allowed and not handed out yet, on the side of who lends; the borrower reads why, and is written to.

    Raises:
        NotFound, NotAllowed, Conflict: see `_mine`.
        BadInput: a reason that says nothing.
    """
    told = _mine(actor, loan_id, "revoke")
    return _revoke(told.row, _case(told.row), actor, said(reason, "reason", least=SHORTEST_REASON, most=1000))


def _revoke(row: Loan, case: CaseFile, actor: User, reason: str) -> Loan:
    move(row, LOAN, "revoke", revoked_at=timezone.now(), revoked_by=actor, denial=reason)
    tell("loan_revoked", actor=actor, case=case, reason=reason, **_about(row))
    transaction.on_commit(partial(_write_of_revocation, row), robust=True)
    return row


def revoke_before_leaving(case: CaseFile, actor: User) -> None:
    """Take back what the office of a case allowed and did not hand out, when the case goes to another that never agreed."""
    for row in Loan.objects.filter(case=case, state="da_duyet").order_by("pk"):
        _revoke(row, case, actor, LEFT)


def _write_of_revocation(row: Loan) -> None:
    """Write to the borrower, or to who asked for somebody outside; code and day alone, the page says why."""
    asker = row.borrower_id or row.requested_by_id
    sentence = _("Hồ sơ %(code)s bạn đề nghị mượn đã được duyệt nay bị hủy duyệt.") % {"code": row.case_code}
    where = _("Lý do ở trang Mượn hồ sơ; còn cần thì đề nghị lại.")
    people = User.objects.filter(pk=asker, is_active=True).exclude(email="")
    write_to(people, lambda _user: sentence, where=where)


@transaction.atomic
def issue_loan(*, actor: User, loan_id: int, volume_count: int, folio_count: int, condition: str = "") -> Loan:
    """Hand the paper out: what goes is counted, numbered and is out nowhere else.

    Raises:
        NotFound, NotAllowed, Conflict: see `_mine`; or a piece of it is out already, or stayed with who had the file before.
        BadInput: counts that cannot be, or a volume the case does not have.
    """
    told = _mine(actor, loan_id, "issue")
    row = told.row
    case = _case(row)
    _counted(volume_count, folio_count)
    if row.until < timezone.localdate():
        raise Conflict(_("Hạn trả đã qua: hãy hủy duyệt cho mượn; còn cần thì người mượn đề nghị lại."))
    if has_left(row, told.posts):
        raise Conflict(_("Người mượn không còn giữ chức danh nào: hãy hủy duyệt cho mượn."))
    pieces = _pieces(row, case, volume_count)
    if HandOver.objects.filter(case=case, part=row.part, state__in=HAND_OVER.open).exists():
        raise Conflict(_("Hồ sơ đang giao nhận dở: hãy nhận xong hoặc hủy lần giao đó trước khi cho mượn."))
    holder = holder_of(case, row.part)
    if holder.keeper.unit is None or case.unit_id not in acting_for([holder.keeper.unit.pk]):
        raise Conflict(
            _("Hồ sơ đang ở %(keeper)s, không ở đơn vị để giao: hãy ghi giao nhận (hoặc nơi giữ ban đầu) trước.")
            % {"keeper": holder.name}
        )
    out = LoanedPart.objects.filter(case=case, part=row.part, is_out=True).select_related("loan")
    for piece in out:
        if piece.volume in pieces or 0 in pieces or piece.volume == 0:
            raise Conflict(
                _("Phần này đang cho mượn theo phiếu số %(slip)s, hạn trả %(day)s: nhận lại rồi mới giao tiếp.")
                % {"slip": piece.loan.number, "day": f"{piece.loan.until:%d/%m/%Y}"}
            )
    hands = None if row.volumes else _hands_of(row, told)
    _hand_out(
        row,
        case,
        actor,
        hands=hands,
        issued_volumes=volume_count,
        issued_folios=folio_count,
        condition=_short(condition, field="condition", longest=500),
    )
    if hands is not None:
        pass_to(
            case=case,
            part=row.part,
            giver=holder.keeper,
            receiver=hands,
            cause=Holding.Cause.LOAN,
            reference=row.pk,
        )
    LoanedPart.objects.bulk_create(
        LoanedPart(loan=row, case=case, part=row.part, volume=number) for number in sorted(pieces)
    )
    logger.info("loan %d handed out by account %d", row.pk, actor.pk)
    return row


def _hands_of(row: Loan, told: LoanTold) -> Keeper:
    """Return who has the paper of a whole part once it is handed out; of a few volumes the rest stays where it is."""
    if row.borrower is None:
        return Keeper(agency=row.outside_agency or row.outside_name)
    offices = {post.unit_id: post.unit for post in told.posts}
    near = offices.get(_case(row).unit_id) or next(iter(offices.values()))
    return Keeper(unit=near, person=row.borrower)


def _counted(volume_count: int, folio_count: int) -> None:
    if not 1 <= volume_count <= MOST_VOLUMES:
        raise BadInput(_("Số tập từ 1 đến %(most)d.") % {"most": MOST_VOLUMES}, field="volume_count")
    if not 1 <= folio_count <= LARGEST_COUNT:
        raise BadInput(_("Số bút lục từ 1 đến %(most)d.") % {"most": LARGEST_COUNT}, field="folio_count")


def _pieces(row: Loan, case: CaseFile, volume_count: int) -> set[int]:
    """Return the numbers of the volumes that go out, with 0 for the part as a whole; what stayed elsewhere does not go along."""
    there = set(Volume.objects.filter(case=case).values_list("number", flat=True)) if row.part == "hsva" else set()
    elsewhere = outstanding_of(case, row.part)
    gone = numbers_settled(case.pk, row.part, VOLUME)
    if row.volumes:
        if lost := sorted(gone.keys() & set(row.volumes)):
            raise Conflict(
                _("Tập %(number)d không còn cùng hồ sơ, %(why)s: hãy từ chối hoặc để người mượn đề nghị lại.")
                % {"number": lost[0], "why": gone[lost[0]].words}
            )
        if away := sorted(elsewhere.keys() & set(row.volumes)):
            raise Conflict(
                _("Tập %(numbers)s còn ở %(keeper)s, chưa về cùng hồ sơ: ghi nhận hồ sơ về rồi mới cho mượn tập đó.")
                % {"numbers": ", ".join(map(str, away)), "keeper": left_with(elsewhere[away[0]])}
            )
        missing = set(row.volumes) - there
        if there and missing:
            raise BadInput(
                _("Hồ sơ không có tập %(numbers)s: hãy từ chối hoặc để người mượn đề nghị lại.")
                % {"numbers": ", ".join(map(str, sorted(missing)))},
                field="volume_count",
            )
        if volume_count != len(row.volumes):
            raise BadInput(
                _("Phiếu duyệt cho mượn %(count)d tập: giao đúng các tập đó.") % {"count": len(row.volumes)},
                field="volume_count",
            )
        return set(row.volumes)
    is_bound = bool(there)
    there -= gone.keys()
    here = there - elsewhere.keys()
    if there > here and volume_count > len(here):
        numbers = sorted(there - here)
        raise BadInput(
            _("Tập %(numbers)s còn ở %(keeper)s, chưa về cùng hồ sơ: giao được nhiều nhất %(count)d tập.")
            % {
                "numbers": ", ".join(map(str, numbers)),
                "keeper": left_with(elsewhere[numbers[0]]),
                "count": len(here),
            },
            field="volume_count",
        )
    # of a file that is not bound in numbered volumes any more nobody can say how many are there
    if gone and is_bound and volume_count > len(here):
        first = min(gone)
        raise BadInput(
            _("Tập %(number)d không còn cùng hồ sơ, %(why)s: giao được nhiều nhất %(count)d tập.")
            % {"number": first, "why": gone[first].words, "count": len(here)},
            field="volume_count",
        )
    return {0} | here


@transaction.atomic
def return_loan(
    *,
    actor: User,
    loan_id: int,
    volume_count: int | None = None,
    folio_count: int | None = None,
    note: str = "",
    missing_volumes: Iterable[int] = (),
) -> Loan:
    """Take back what was lent. Paper is counted again, and what differs from the counts at the start is written down.

    What came back short stays open, and volumes that did not come stay out, until that is settled.

    Args:
        volume_count: how many volumes came back; None for an electronic loan, which closes at this moment.
        folio_count: how many folios.
        note: required where the counts differ.
        missing_volumes: numbers of the volumes that did not come, where fewer came than went out.

    Raises:
        NotFound, NotAllowed, Conflict: see `_mine`.
        BadInput: nothing was counted, a difference is not explained, or it is not said which volumes are missing.
    """
    told = _mine(actor, loan_id, "return")
    row = told.row
    case = _case(row)
    changes: dict[str, Any] = {"difference": _short(note, field="note", longest=1000)}
    complete, short = True, False
    missing: set[int] = set()
    if row.is_paper:
        if volume_count is None or folio_count is None:
            raise BadInput(_("Hãy đếm và ghi số tập, số bút lục trả."), field="folio_count")
        if not (0 <= volume_count <= MOST_VOLUMES and 0 <= folio_count <= LARGEST_COUNT):
            raise BadInput(_("Số tập, số bút lục trả không hợp lệ: hãy đếm lại."), field="folio_count")
        complete = (volume_count, folio_count) == (row.issued_volumes, row.issued_folios)
        if not complete and len(changes["difference"]) < SHORTEST_REASON:
            raise BadInput(
                _(
                    "Lúc giao: %(volumes)d tập, %(folios)d bút lục. Số trả khác số giao: hãy đếm lại; nếu vẫn khác, ghi rõ thiếu "
                    "hoặc thừa gì."
                )
                % {"volumes": row.issued_volumes, "folios": row.issued_folios},
                field="note",
            )
        changes |= {"returned_volumes": volume_count, "returned_folios": folio_count}
        lacking = max((row.issued_volumes or 0) - volume_count, 0)
        missing = _missing(row, lacking, missing_volumes)
        short = lacking > 0 or folio_count < (row.issued_folios or 0)
    act = "return_short" if short else "return"
    move(row, LOAN, act, returned_at=timezone.now(), returned_by=actor, **changes)
    LoanedPart.objects.filter(loan=row).exclude(volume__in=missing).update(is_out=False)
    back = goes_back_to(row)
    if back is not None:
        pass_to(
            case=case,
            part=row.part,
            giver=holder_of(case, row.part).keeper,
            receiver=back,
            cause=Holding.Cause.LOAN_RETURN,
            reference=row.pk,
        )
    LoanRenewal.objects.filter(loan=row, granted__isnull=True).update(granted=False, decided_at=timezone.now())
    if row.access is not None:
        close_for_loan(row.access, actor)
    _tell_return(row, case, actor, complete=complete, missing=missing, back=back)
    return row


def _missing(row: Loan, lacking: int, named: Iterable[int]) -> set[int]:
    """Return which volumes did not come back; nobody can say it of a file that is not bound in numbered ones.

    Raises:
        BadInput: it is not said, or other volumes are named than went out.
    """
    out = set(LoanedPart.objects.filter(loan=row, volume__gt=0).values_list("volume", flat=True))
    told = set(named) or (out if len(out) == lacking else set())
    # the whole may have been counted otherwise than the record numbers it
    exact = len(out) == row.issued_volumes
    if told - out or len(told) > lacking or (out and lacking and len(told) < (lacking if exact else 1)):
        raise BadInput(
            _("Trả thiếu %(count)d tập: hãy ghi đúng số các tập đã giao mà chưa trả.") % {"count": lacking}
            if lacking
            else _("Số tập trả đủ: hãy để trống các tập còn thiếu."),
            field="missing_volumes",
        )
    return told


@transaction.atomic
def settle_loan(*, actor: User, loan_id: int, found: bool, note: str) -> Loan:
    """Close what came back short: what was missing is there again, or a leader takes it for lost.

    Args:
        actor: who hands files out there; what is taken for lost is for leaders alone.
        loan_id: the loan.
        found: whether it came.
        note: what came and how it was counted, or by which paper it is taken for lost.

    Raises:
        NotFound, NotAllowed, Conflict: see `_mine`; or somebody who does not lead takes it for lost.
        BadInput: a note that says nothing.
    """
    told = _mine(actor, loan_id, "settle")
    row, case = told.row, _case(told.row)
    if not found and "write_off" not in told.may:
        raise NotAllowed(_("Chỉ lãnh đạo đơn vị cho mượn kết thúc được phần không tìm thấy."))
    said_of_it = said(note, "note", least=SHORTEST_REASON, most=1000)
    move(row, LOAN, "settle", settled_at=timezone.now(), settled_by=actor, settlement=said_of_it)
    LoanedPart.objects.filter(loan=row).update(is_out=False)
    tell("loan_settled", actor=actor, case=case, found=found, note=said_of_it, **_about(row))
    return row


def _tell_return(
    row: Loan,
    case: CaseFile,
    actor: User | None,
    *,
    complete: bool,
    missing: Collection[int] = (),
    back: Keeper | None = None,
) -> None:
    tell(
        "loan_returned",
        actor=actor,
        case=case,
        loan_form=row.form,
        volume_count=row.returned_volumes,
        folio_count=row.returned_folios,
        complete=complete,
        volumes_missing=sorted(missing),
        note=row.difference,
        **_with(back),
        **_about(row),
    )


@transaction.atomic
def ask_renewal(*, actor: User, loan_id: int, until: dt.date, reason: str) -> LoanRenewal:
    """Ask for a longer term.

    Raises:
        NotFound, NotAllowed, Conflict: see `_mine`; or it was renewed as often as it may be.
        BadInput: no longer term, too long a one, or a reason that says nothing.
    """
    told = _mine(actor, loan_id, "renew")
    row = told.row
    case = _case(row)
    if until <= row.until:
        raise BadInput(_("Hạn mới phải sau hạn cũ %(day)s.") % {"day": f"{row.until:%d/%m/%Y}"}, field="until")
    renewal = LoanRenewal.objects.create(
        loan=row,
        until_before=row.until,
        until=_term(until, after=row.until),
        reason=said(reason, "reason", least=SHORTEST_REASON, most=1000),
        asked_by=actor,
    )
    tell("loan_renewal_asked", actor=actor, case=case, due_on=until, reason=renewal.reason, **_about(row))
    return renewal


@transaction.atomic
def answer_renewal(*, actor: User, loan_id: int, granted: bool, reason: str = "") -> Loan:
    """Allow a longer term, or not; what an electronic loan opened stays open with it.

    Args:
        granted: whether it is allowed.
        reason: why not.

    Raises:
        NotFound, NotAllowed, Conflict: see `_mine`; or the loan was renewed as often as it may be, or is over.
        BadInput: a refusal without a reason.
    """
    told = _mine(actor, loan_id, "answer")
    row, renewal = told.row, told.asked
    case = _case(row)
    assert renewal is not None  # noqa: S101 - what there is to answer was looked for
    denial = "" if granted else said(reason, "reason", least=SHORTEST_REASON, most=1000)
    if granted and sum(bool(each.granted) for each in told.renewals) >= renewals_allowed():
        raise Conflict(_("Lần mượn này đã gia hạn %(most)d lần, không gia hạn nữa.") % {"most": renewals_allowed()})
    changed = LoanRenewal.objects.filter(pk=renewal.pk, granted__isnull=True).update(
        granted=granted, decided_at=timezone.now(), decided_by=actor, denial=denial
    )
    if not changed:
        raise Conflict(_("Đề nghị gia hạn này đã được trả lời."))
    if not granted:
        tell("loan_renewal_denied", actor=actor, case=case, reason=denial, **_about(row))
        return row
    if renewal.until < timezone.localdate():
        raise Conflict(_("Hạn mới đã qua: hãy từ chối để người mượn đề nghị lại."))
    row.until = renewal.until
    row.save(update_fields=["until"])
    if row.access is not None:
        lengthen_for_loan(row.access, _end_of(row.until))
    tell("loan_renewed", actor=actor, case=case, due_before=renewal.until_before, due_on=renewal.until, **_about(row))
    return row


@transaction.atomic
def end_what_ran_out(rows: Any = None) -> int:
    """Note that electronic loans whose day has passed are over, which they are by themselves; return how many."""
    chosen = Loan.objects.all() if rows is None else rows
    passed = chosen.filter(form=Loan.Form.ELECTRONIC, state="dang_muon", until__lt=timezone.localdate())
    ended = 0
    for row in passed.select_related(*RELATED).order_by("pk"):
        move(row, LOAN, "return", returned_at=_end_of(row.until))
        LoanRenewal.objects.filter(loan=row, granted__isnull=True).update(granted=False, decided_at=timezone.now())
        if row.case is not None:
            _tell_return(row, row.case, None, complete=True)
        ended += 1
    return ended


def remind_of_loans(today: dt.date | None = None) -> int:
    """Write of what is due soon, and each week of paper that should be back or is missing; return of how many loans.

    To the borrower; and to the desk that lent paper once it should be back, or where the borrower has no account to write
    to. An electronic loan ends by itself: of it the borrower is told before. The pages show all of it at any time; a letter
    goes out where the host sends any, and one that went to nobody goes out on the next day. It names codes and days alone.
    """
    day = today or timezone.localdate()
    soon = dt.timedelta(days=SOON)
    out = Q(state="dang_muon", until__lte=day + soon) & (Q(form=Loan.Form.PAPER) | Q(until__gte=day))
    rows = Loan.objects.filter(out | Q(state="tra_thieu")).select_related("borrower", "case")
    if not (configuration().reminder_email and host_sends_mail()):
        return 0
    told: set[int] = set()
    at_desks: dict[User, list[tuple[int, str]]] = {}
    for row in rows:
        short = row.state == "tra_thieu"
        late = short or row.until < day
        last = row.reminded_on
        if last is not None and not short and last < row.until - soon:
            # of the day it was to be back before it was renewed
            last = None
        first_late = not short and last is not None and last <= row.until
        if last is not None and not (late and (first_late or last <= day - dt.timedelta(days=REMIND_EVERY))):
            continue
        sentence = _reminder(row, late=late)
        borrower = row.borrower
        if borrower is not None and borrower.email and borrower.is_active:
            closing = (
                _("Hãy trả, hoặc đề nghị gia hạn ở trang Mượn hồ sơ.")
                if row.is_paper
                else _("Còn cần đọc thì đề nghị gia hạn ở trang Mượn hồ sơ trước ngày ấy; không thì quyền xem tự đóng.")
            )
            if send_letter(borrower.email, sentence, f"{sentence}\n\n{closing}"):
                told.add(row.pk)
        if late or borrower is None:
            for each in lenders_of(row):
                at_desks.setdefault(each, []).append((row.pk, sentence))
    for each, about in at_desks.items():
        sentences = [sentence for _pk, sentence in about]
        subject = sentences[0] if len(sentences) == 1 else _("Hồ sơ cho mượn chưa trả: %(n)d") % {"n": len(sentences)}
        closing = _("Hãy đòi lại, hoặc ghi việc trả ở trang Mượn hồ sơ.")
        if send_letter(each.email, subject, "\n".join(sentences) + f"\n\n{closing}"):
            told |= {pk for pk, _sentence in about}
    # a letter that went to nobody is written again on the next day
    Loan.objects.filter(pk__in=told).update(reminded_on=day)
    return len(told)


def _reminder(row: Loan, *, late: bool) -> str:
    if row.state == "tra_thieu":
        words = _("Hồ sơ %(code)s mượn đã trả thiếu, hạn trả %(day)s.")
    elif late:
        words = _("Hồ sơ %(code)s mượn đã quá hạn trả %(day)s.")
    elif not row.is_paper:
        words = _("Bản điện tử hồ sơ %(code)s bạn mượn xem được đến hết ngày %(day)s.")
    else:
        words = _("Hồ sơ %(code)s mượn đến hạn trả %(day)s.")
    return words % {"code": row.case_code, "day": f"{row.until:%d/%m/%Y}"}
