"""Paper that has to be handed over: who has it has its case no more, or no post where it belongs.

A prosecutor who is taken off a case hands its file over, with a record (domain: đổi KSV phải bàn giao). Nothing here opens
anything: of a case somebody may not know of, the code on the label is told and no more.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from vks_plugin.access.queries import CaseView, case_for
from vks_plugin.access.transfers import Consequence
from vks_plugin.cases.models import Assignment, CaseFile, Exhibit, Volume
from vks_plugin.cases.stages import PARTS
from vks_plugin.custody.models import CertifiedCopy, HandOver, Holding, Loan, LoanedPart
from vks_plugin.custody.queries.copies import copies_of
from vks_plugin.custody.queries.hand_overs import hand_overs_for, volumes_told
from vks_plugin.custody.queries.holding import KEEPING, in_hands, keeping_told, of_offices, offices_kept
from vks_plugin.custody.queries.loans import borrower_name, in_single_volumes, loans_of, shown_to
from vks_plugin.custody.queries.settled import EXHIBIT, VOLUME, settled_of
from vks_plugin.custody.states import COPY, HAND_OVER, LOAN
from vks_plugin.organization.models import Appointment
from vks_plugin.organization.queries import posts_in_force, with_taken_over
from vks_plugin.organization.roles import Role

_KEEPING_ANYWAY = KEEPING | {Role.ARCHIVIST}
"""Roles whose holders have paper of cases nobody assigned to them."""


def _posts(day: dt.date, *, person: str, unit: str) -> QuerySet[Appointment]:
    """Return the posts in force of the person of a row, in the office of that row or one that took over from it."""
    held = Appointment.objects.in_force(day).filter(user=OuterRef(person), user__is_active=True)
    taken = Q(unit__precedessions__predecessor=OuterRef(unit), unit__precedessions__effective_date__lte=day)
    return held.filter(Q(unit=OuterRef(unit)) | taken)


def _off_the_case(day: dt.date, *, person: str, since: str, whenever: Q) -> Q:
    """Return the condition on rows whose person was assigned to the case since they got the paper, and is no more.

    Args:
        day: today.
        person: the field of the person on the row.
        since: the field of the moment they got it: what somebody is given afterwards was given on purpose.
        whenever: rows of which it does not count, because that moment says something else.
    """
    mine = Assignment.objects.filter(case=OuterRef("case"), user=OuterRef(person))
    over = mine.filter(Q(ended_at__isnull=False) | Q(ends_on__lt=day))
    after = Q(ended_at__gte=OuterRef(since)) | Q(ended_at__isnull=True, ends_on__gte=OuterRef(f"{since}__date"))
    goes_on = mine.filter(ended_at__isnull=True).filter(Q(ends_on__isnull=True) | Q(ends_on__gte=day))
    return (Q(Exists(over.filter(after))) | (whenever & Q(Exists(over)))) & ~Q(Exists(goes_on))


def _left(rows: QuerySet[Holding], day: dt.date) -> QuerySet[Holding]:
    """Keep paper of people who have to hand it over; what is lent comes back by its loan.

    Of paper that passed to an office that took over from another, the moment is that of the take-over.
    """
    posts = _posts(day, person="person", unit="unit")
    rows = rows.filter(until__isnull=True, person__isnull=False).exclude(cause=Holding.Cause.LOAN)
    rows = rows.annotate(has_post=Exists(posts))
    keeps = Exists(posts.filter(role__in=_KEEPING_ANYWAY))
    off = _off_the_case(day, person="person", since="since", whenever=Q(cause=Holding.Cause.SUCCESSION))
    return rows.filter(Q(has_post=False) | (off & ~Q(keeps)))


def to_hand_over(user: User) -> QuerySet[Holding]:
    """Return the paper this person has to hand over, and that of the offices whose paper the person keeps; the oldest first.

    `has_post` of a row tells whether who has it still works there, and so only has the case no more.
    """
    return _left(in_hands(user), timezone.localdate()).order_by("since", "pk")


def to_bring_back(user: User) -> QuerySet[Loan]:
    """Return lent paper of `shown_to` whose borrower has no post any more, or has the case no more since it was lent."""
    day = timezone.localdate()
    out = shown_to(user).filter(form=Loan.Form.PAPER, state__in=["dang_muon", "tra_thieu"], borrower__isnull=False)
    posts = Appointment.objects.in_force(day).filter(user=OuterRef("borrower"), user__is_active=True)
    off = _off_the_case(day, person="borrower", since="issued_at", whenever=Q(pk__in=[]))
    return out.filter(~Q(Exists(posts)) | off).order_by("until", "pk")


def nobody_to_receive(user: User) -> QuerySet[HandOver]:
    """Return hand-overs that wait for one person who has no post there any more: the giving side takes them back."""
    day = timezone.localdate()
    posts = _posts(day, person="receiver_person", unit="receiver_unit")
    mine = of_offices(user, unit="giver_unit") | of_offices(user, unit="receiver_unit") | Q(giver_person=user)
    rows = hand_overs_for(user).filter(mine, state="cho_nhan", receiver_person__isnull=False)
    return rows.filter(~Q(Exists(posts))).order_by("sent_at", "pk")


@dataclass(frozen=True)
class LeftTold:
    """Paper to be handed over, as a line."""

    row: Holding
    volumes: list[int]
    """Numbers of the volumes that are with it; empty: it is not bound in numbered ones."""
    exhibits: int
    """How many exhibits go along with it."""
    hand_over: HandOver | None
    """The one under way, where the person may know of it."""
    gives: bool
    """Whether the person asking may give it out."""

    @property
    def why(self) -> str:
        """Why it has to be handed over."""
        if self.row.has_post:  # type: ignore[attr-defined]  # `_left` puts it there
            return _("thôi được phân công vụ án này")
        return _("không còn chức danh ở đơn vị giữ hồ sơ")


def left_told(user: User, rows: Collection[Holding]) -> list[LeftTold]:
    """Return rows of `to_hand_over` with what lies with them (nine queries for all of them)."""
    cases = {row.case_id for row in rows}
    files = {row.case_id for row in rows if row.part == "hsva"}
    volumes = _volumes(files)
    counted = Exhibit.objects.filter(case__in=files, accompanies_file=True).order_by().values("case")
    behind = _exhibits_left_behind(files)
    exhibits = dict(counted.exclude(pk__in=behind).annotate(n=Count("pk")).values_list("case", "n"))
    under_way = {
        (each.case_id, each.part): each
        for each in hand_overs_for(user).filter(case__in=cases, state__in=HAND_OVER.open)
    }
    kept = offices_kept(user)
    works = with_taken_over(unit.pk for _role, unit in posts_in_force(user)) if user.is_active else set()
    normal = CaseFile.Confidentiality.NORMAL
    return [
        LeftTold(
            row=row,
            volumes=volumes.get(row.case_id, []) if row.part == "hsva" else [],
            exhibits=exhibits.get(row.case_id, 0) if row.part == "hsva" else 0,
            hand_over=under_way.get((row.case_id, row.part)),
            gives=(row.person_id == user.pk and row.unit_id in works)
            or (row.unit_id in kept and (kept[row.unit_id] or row.case.confidentiality == normal)),
        )
        for row in rows
    ]


def _volumes(cases: Collection[int]) -> dict[int, list[int]]:
    """Return the numbers of the volumes of these case files that are neither lent alone nor left behind (four queries).

    Neither are those that a leader settled, for which nobody waits any more.
    """
    away = set(
        LoanedPart.objects.filter(case__in=cases, part="hsva", is_out=True, volume__gt=0).values_list("case", "volume")
    )
    behind = HandOver.objects.filter(case__in=cases, part="hsva", state="da_nhan").exclude(outstanding=[])
    for case, numbers in behind.values_list("case", "outstanding"):
        away |= {(case, number) for number in numbers}
    away |= {(each.hand_over.case_id, each.number) for each in settled_of(cases) if each.piece == VOLUME}
    found: dict[int, list[int]] = {}
    for case, number in Volume.objects.filter(case__in=cases).order_by("number").values_list("case", "number"):
        if (case, number) not in away:
            found.setdefault(case, []).append(number)
    return found


def _exhibits_left_behind(cases: Collection[int]) -> set[int]:
    """Return the ids of exhibits of these cases that did not come along with the file, waited for or not (two queries)."""
    behind = HandOver.objects.filter(case__in=cases, part="hsva", state="da_nhan").exclude(outstanding_exhibits=[])
    settled = {each.number for each in settled_of(cases) if each.piece == EXHIBIT}
    return settled | {pk for listed in behind.values_list("outstanding_exhibits", flat=True) for pk in listed}


def in_person(user: User, view: CaseView) -> dict[int, list[str]]:
    """Return what people have of the paper of a case, in words, by their ids: to who may know where that part is.

    Paper in their hands with its volumes and exhibits, volumes they borrowed, hand-overs that are not over.
    """
    case = view.case
    told = keeping_told(user, view)
    found: dict[int, list[str]] = {}
    labels = dict(PARTS)
    volumes = volumes_told(user, case, told) if told.holders else []
    for part, held in told.holders.items():
        person = held.keeper.person
        # an empty name: a borrower whom the person may not know
        if person is None or not held.name:
            continue
        with_file = sum(each.part == part and each.place == "with_file" for each in volumes)
        lines = [ngettext("%(n)d tập", "%(n)d tập", with_file) % {"n": with_file}] if with_file else []
        along = Exhibit.objects.filter(case=case, accompanies_file=True).exclude(
            pk__in=_exhibits_left_behind([case.pk])
        )
        exhibits = along.count() if part == "hsva" else 0
        if exhibits:
            lines.append(ngettext("%(n)d vật chứng đi kèm", "%(n)d vật chứng đi kèm", exhibits) % {"n": exhibits})
        if held.is_lent:
            lines.append(_("đang mượn"))
        words = _(labels[part])
        found.setdefault(person.pk, []).append(f"{words} ({', '.join(lines)})" if lines else words)
    for loan in in_single_volumes(loans_of(user, view)).exclude(borrower=None):
        numbers = ", ".join(map(str, loan.volumes))
        found.setdefault(loan.borrower_id or 0, []).append(_("tập %(numbers)s đang mượn") % {"numbers": numbers})
    for row in hand_overs_for(user).filter(case=case, state__in=HAND_OVER.open):
        for person_id in {row.giver_person_id, row.receiver_person_id} - {None}:
            said = _("lần giao nhận chưa xong") + (f" ({row.written_number})" if row.written_number else "")
            found.setdefault(person_id or 0, []).append(said)
    return found


def counted_in_person(people: Collection[int]) -> dict[tuple[int, int], str]:
    """Return how much paper somebody has in an office, in words: parts of files and loans, no names and no codes (two queries).

    Args:
        people: by their ids.

    Returns:
        By person and the office that has the paper, or lent it.
    """
    held = Holding.objects.filter(until__isnull=True, person__in=people, unit__isnull=False)
    held = held.exclude(cause=Holding.Cause.LOAN)
    lent = Loan.objects.filter(form=Loan.Form.PAPER, state__in=["dang_muon", "tra_thieu"], borrower__in=people)
    found: dict[tuple[int, int], list[str]] = {}
    for person, unit, n in held.order_by().values_list("person", "unit").annotate(n=Count("pk")):
        found[person, unit] = [ngettext("%(n)d phần hồ sơ", "%(n)d phần hồ sơ", n) % {"n": n}]
    for person, unit, n in lent.order_by().values_list("borrower", "unit").annotate(n=Count("pk")):
        words = ngettext("%(n)d lần mượn chưa trả", "%(n)d lần mượn chưa trả", n) % {"n": n}
        found.setdefault((person, unit), []).append(words)
    return {key: ", ".join(lines) for key, lines in found.items()}


def follows_transfer(actor: User, case: CaseFile) -> list[Consequence]:
    """Return what becomes of loans and paper of a case when another office gets it; names as far as the actor may know them."""
    view = case_for(actor, case.code)
    known = set(loans_of(actor, view).values_list("pk", flat=True))
    loans: dict[str, list[Loan]] = {}
    day = timezone.localdate()
    for loan in Loan.objects.filter(case=case).exclude(state__in=LOAN.closed).select_related("borrower"):
        if not loan.has_run_out(day):
            loans.setdefault(_kind_of(loan), []).append(loan)
    found = []
    for kind, label in (
        ("loan_revoked", _("Đã duyệt cho mượn mà chưa giao: tự hủy duyệt, người mượn nhận thư")),
        ("loan_out", _("Bản giấy đang cho mượn: đơn vị đã cho mượn đòi, nhận lại, rồi giao tiếp")),
        ("loan_electronic", _("Bản điện tử đang cho mượn: xem được đến hết hạn, đơn vị mới đóng được trước")),
        ("loan_asked", _("Đề nghị mượn chưa trả lời: đơn vị mới quyết định")),
    ):
        rows = loans.get(kind, [])
        people = sorted({borrower_name(row) for row in rows if row.pk in known})
        if rows:
            found.append(Consequence(kind, label, len(rows), people))
    copies = CertifiedCopy.objects.filter(case=case, state__in=COPY.open)
    for kind, label, state in (
        ("copy_withdrawn", _("Bản sao, trích lục đã duyệt mà chưa cấp: tự rút"), "da_duyet"),
        ("copy_asked", _("Đề nghị bản sao, trích lục chưa trả lời: đơn vị mới quyết định"), "de_nghi"),
    ):
        counted = copies.filter(state=state).count()
        people = sorted(set(copies_of(actor, view).filter(state=state).values_list("receiver_name", flat=True)))
        if counted:
            found.append(Consequence(kind, label, counted, people))
    open_rows = HandOver.objects.filter(case=case, state__in=HAND_OVER.open)
    if open_rows:
        seen = hand_overs_for(actor).filter(pk__in=[row.pk for row in open_rows])
        people = sorted({name for row in seen for name in (row.giver_name, row.receiver_name) if name})
        label = _("Lần giao nhận chưa xong: hủy, hoặc nhận xong ở các bên đã ghi")
        found.append(Consequence("hand_over", label, len(open_rows), people))
    told = keeping_told(actor, view)
    here = [held for held in told.holders.values() if held.keeper.unit is not None]
    if here:
        label = _("Hồ sơ giấy ở lại nơi đang giữ cho đến khi giao nhận với đơn vị mới")
        found.append(Consequence("paper", label, len(here), sorted({held.name for held in here if held.name})))
    return found


def _kind_of(loan: Loan) -> str:
    if loan.state == "de_nghi":
        return "loan_asked"
    if loan.state == "da_duyet":
        return "loan_revoked"
    return "loan_out" if loan.is_paper else "loan_electronic"
