"""Hand-overs as one person may see them, and who may do what to one.

Both sides see the record of a hand-over and nothing else of the case: the office that receives a file does not have the
case yet, and the one that gave it away keeps what it signed (V14).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.access.policy import Level
from vks_plugin.access.queries import case_decision, facts_of, reach, who_can_see
from vks_plugin.access.transfers import may_transfer
from vks_plugin.cases.actions.registration import no_such_case, typed_code
from vks_plugin.cases.models import CaseDocument, CaseFile, CatalogueType, Exhibit, Folio, Volume
from vks_plugin.cases.stages import PARTS
from vks_plugin.custody.handing import (
    BACK,
    DIRECTIONS,
    KEPT,
    TRANSFER,
    as_written,
    directions_for,
    exhibit_line,
    is_lacking,
    volume_code,
)
from vks_plugin.custody.models import HandOver, Holding, Keeper, Loan, LoanedPart
from vks_plugin.custody.queries.holding import KeepingTold, holder_of, keeps_paper, named_cases, of_offices
from vks_plugin.custody.queries.loans import borrower_name, goes_back_to, slip_number
from vks_plugin.custody.queries.settled import (
    EXHIBIT,
    VOLUME,
    Settled,
    acts_on_rest,
    came_to_ours,
    left_with,
    numbers_settled,
    settled_at,
    settled_ever,
    settled_of,
)
from vks_plugin.custody.states import HAND_OVER, Move
from vks_plugin.errors import NotFound
from vks_plugin.organization.models import Appointment, ProcuracyUnit
from vks_plugin.organization.queries import (
    acting_for,
    display_name,
    looked_up,
    posts_in_force,
    present_office,
    taken_over_by,
    with_taken_over,
)
from vks_plugin.text import folded

PAPER_TYPE = "BBGNHS"
"""The signed record, in the catalogue of documents."""
WAITS_TOO_LONG = dt.timedelta(days=3)
"""A hand-over nobody received for so long is shown as late; a convention of this program, no period of any law."""
_MOST_PEOPLE = 500


def hand_overs_for(user: User) -> QuerySet[HandOver]:
    """Return the hand-overs the person may see, the newest first.

    Those of cases the person may know of, those of offices whose paper the person keeps, and those the person gives or
    receives; the receiving side sees one once it was sent.
    """
    if not user.is_active:
        return HandOver.objects.none()
    own = _offices_of(user)
    case_file = CaseFile.objects.filter(reach(user, Level.METADATA, part="hsva")).order_by().values("pk")
    internal = CaseFile.objects.filter(reach(user, Level.METADATA, part="hsks")).order_by().values("pk")
    seen = (
        Q(part="hsva", case__in=case_file)
        | Q(part="hsks", case__in=internal)
        | of_offices(user, unit="giver_unit")
        | Q(giver_person=user, giver_unit__in=own)
        | (
            Q(sent_at__isnull=False)
            & (of_offices(user, unit="receiver_unit") | Q(receiver_person=user, receiver_unit__in=own))
        )
        # who records what comes from outside draws it up
        | (Q(giver_unit__isnull=True) & of_offices(user, unit="receiver_unit"))
    )
    return HandOver.objects.filter(seen).select_related(
        "case__unit",
        "giver_unit__parent",
        "receiver_unit__parent",
        "giver_person",
        "receiver_person",
        "number_unit",
        "created_by",
    )


def hand_over_for(user: User, pk: int | str) -> HandOver:
    """Return one hand-over.

    Raises:
        NotFound: there is none, or the person may not know of it: the same sentence for both.
    """
    found = hand_overs_for(user).filter(pk=pk).first()
    if found is None:
        raise NotFound(_("Không có lần giao nhận này trong phạm vi của bạn."))
    return found


def coming_to(user: User) -> QuerySet[HandOver]:
    """Return what waits for this person to receive it: in own name, or for an office whose paper the person keeps."""
    mine = Q(receiver_person=user) | (Q(receiver_person__isnull=True) & of_offices(user, unit="receiver_unit"))
    inside = Q(receiver_unit__isnull=False)
    not_own = Q(giver_unit__isnull=True) | ~(Q(sent_by=user) | Q(giver_person=user))
    return hand_overs_for(user).filter(mine & inside & not_own, state="cho_nhan").order_by("sent_at", "pk")


def given_by(user: User) -> QuerySet[HandOver]:
    """Return what this person's side has given, or begun to give, and nobody received yet."""
    mine = (
        Q(giver_person=user)
        | of_offices(user, unit="giver_unit")
        | (Q(giver_unit__isnull=True) & of_offices(user, unit="receiver_unit"))
    )
    return hand_overs_for(user).filter(mine, state__in=HAND_OVER.open).order_by("sent_at", "pk")


def waiting_for_paper(user: User) -> QuerySet[HandOver]:
    """Return what was received and whose signed record is still to come, the oldest first."""
    mine = of_offices(user, unit="giver_unit") | of_offices(user, unit="receiver_unit")
    return hand_overs_for(user).filter(mine, awaits_paper=True, state="da_nhan").order_by("accepted_at", "pk")


def is_late(row: HandOver) -> bool:
    """Tell whether a hand-over has waited too long to be received."""
    return row.state == "cho_nhan" and row.sent_at is not None and row.sent_at < timezone.now() - WAITS_TOO_LONG


def late_for(user: User) -> QuerySet[HandOver]:
    """Return what this person's side gave or is to receive and that has waited too long, the longest first."""
    waiting = coming_to(user) | given_by(user)
    return waiting.filter(state="cho_nhan", sent_at__lt=timezone.now() - WAITS_TOO_LONG)


def gives(user: User, row: HandOver) -> bool:
    """Tell whether the person acts for the giving side: sends, cancels; for an agency outside our clerk does."""
    if row.giver_unit_id is None:
        return keeps_paper(user, row.case, [row.receiver_unit_id])
    if row.giver_person_id is not None and row.giver_person_id == user.pk:
        return _works_in(user, row.giver_unit_id)
    return keeps_paper(user, row.case, [row.giver_unit_id])


def receives(user: User, row: HandOver) -> bool:
    """Tell whether the person acts for the receiving side, which alone closes a hand-over.

    What somebody receives in own name nobody else receives; for an agency outside our clerk records what it signed.
    """
    if row.receiver_unit_id is None:
        return keeps_paper(user, row.case, [row.giver_unit_id])
    if row.receiver_person_id is not None:
        return row.receiver_person_id == user.pk and _works_in(user, row.receiver_unit_id)
    return keeps_paper(user, row.case, [row.receiver_unit_id])


def is_own_gift(user: User, row: HandOver) -> bool:
    """Tell whether the person gave, or had in hand, what is handed over between our own sides.

    Both sides confirm: somebody else receives it. Of an agency outside our clerk records both, and its signed record proves it.
    """
    return not row.direction_data.is_outside and user.pk in {row.sent_by_id, row.giver_person_id}


def may_take(user: User, row: HandOver) -> bool:
    """Tell whether the person may take over a draft that somebody else of the giving side began (`gives`).

    Who is to receive it could not send it.
    """
    is_anothers = row.state == "du_thao" and row.created_by_id != user.pk
    return is_anothers and row.receiver_person_id != user.pk and gives(user, row)


@dataclass(frozen=True)
class InTheWay:
    """The hand-over that keeps another one of the same part from being begun, as one person may be told of it."""

    row: HandOver
    words: str
    """Whose it is and since when, and who may do away with it where the person may not."""
    may_open: bool
    """Whether the person may see it."""
    may_take: bool
    may_discard: bool
    """Whether the person may put it aside as a draft."""


def in_the_way(user: User, case: CaseFile, part: str) -> InTheWay | None:
    """Return what keeps somebody who hands the part over from beginning to; None: nothing does.

    Whoever may give the paper, or take it in, is told by whom and in which office it was begun, though it be another one: nobody
    else could ask there. What it says is told to who may see it.
    """
    rows = HandOver.objects.filter(case=case, part=part, state__in=HAND_OVER.open)
    row = rows.select_related("case", "giver_unit", "receiver_unit", "giver_person", "created_by").first()
    if row is None:
        return None
    is_draft, acts_for_it = row.state == "du_thao", gives(user, row)
    ours = row.giver_unit or row.receiver_unit
    said = {
        "maker": display_name(row.created_by),
        "office": present_office(ours).name if ours is not None else "",
        "number": row.written_number,
        "when": f"{timezone.localtime(row.created_at if is_draft or row.sent_at is None else row.sent_at):%H:%M %d/%m/%Y}",
    }
    if is_draft and acts_for_it:
        words = _("dự thảo của %(maker)s (%(office)s), lập lúc %(when)s: hãy tiếp nhận dự thảo ấy, hoặc bỏ kèm lý do")
        if row.created_by_id == user.pk:
            words = _("dự thảo của bạn (%(office)s), lập lúc %(when)s: hãy sửa và giao dự thảo ấy, hoặc bỏ kèm lý do")
    elif is_draft:
        words = _(
            "dự thảo của %(maker)s (%(office)s), lập lúc %(when)s: người ấy, hoặc văn thư, lãnh đạo đơn vị ấy, giao hoặc bỏ được"
        )
    elif row.state == "chua_nhan":
        words = _(
            "số %(number)s, %(office)s giao lúc %(when)s, bên nhận ghi chưa nhận: bên giao giao lại hoặc hủy trước"
        )
    else:
        words = _("số %(number)s, %(office)s giao lúc %(when)s, chờ nhận: hãy nhận hoặc hủy lần đó trước")
    return InTheWay(
        row,
        words % said,
        may_open=hand_overs_for(user).filter(pk=row.pk).exists(),
        may_take=may_take(user, row),
        may_discard=is_draft and acts_for_it,
    )


def _offices_of(user: User) -> set[int]:
    """Return the offices the person works in, with those they took over from."""

    def find() -> set[int]:
        return with_taken_over(unit.pk for _role, unit in posts_in_force(user))

    return looked_up(("offices worked in", user.pk), find)


def _works_in(user: User, unit_id: int) -> bool:
    return user.is_active and unit_id in _offices_of(user)


def takes_the_case_along(row: HandOver) -> bool:
    """Tell whether the case goes to the receiving office with its paper."""
    return (
        row.part == "hsva"
        and row.direction == "vks_vks"
        and row.reason == TRANSFER
        and row.receiver_unit_id != row.case.unit_id
    )


def moves_of(user: User, row: HandOver) -> tuple[Move, ...]:
    """Return what the person may do to a hand-over now."""
    giving = gives(user, row)
    receiving = receives(user, row) and not is_own_gift(user, row)
    may = {
        "accept": receiving,
        "reject": receiving,
        "send": giving
        and row.receiver_person_id != user.pk
        and (not takes_the_case_along(row) or may_transfer(user, row.case)),
        "cancel": giving,
    }
    return tuple(move for move in HAND_OVER.moves_from(row.state) if may[move.name])


def offices_taking(case: CaseFile) -> set[int]:
    """Return the offices that may receive the file from an agency outside.

    The office of the case, the one appointed for its trial, the one above while it is under appeal, and whoever gave it
    out last; of one that was taken over, who took over.
    """
    found = {case.unit_id, case.trial_unit_id}
    if facts_of(case).under_appeal:
        found.add(case.unit.parent_id)
    last = Holding.objects.filter(case=case, part="hsva", unit__isnull=False).order_by("-since").first()
    if last is not None:
        found.add(last.unit_id)
    there = acting_for(found)
    return there - {predecessor for predecessor, _successor in taken_over_by(there)}


def may_begin(user: User, case: CaseFile) -> bool:
    """Tell whether the person may begin some hand-over of a part of this case."""
    return bool(parts_to_give(user, case)) or may_take_in(user, case)


def owes_rest(user: User, case: CaseFile) -> bool:
    """Tell whether the person's office kept back what has to follow, though neither case nor file are its own any more."""
    kept = {row.giver_unit_id for part in ("hsva", "hsks") for row in outstanding_of(case, part).values()}
    kept |= {row.giver_unit_id for row in outstanding_exhibits_of(case).values()}
    return keeps_paper(user, case, kept - {None})


def parts_to_give(user: User, case: CaseFile) -> list[str]:
    """Return the parts of a case the person may give out now: what the person has, or the own office."""
    found = []
    for part in ("hsva", "hsks"):
        keeper = holder_of(case, part).keeper
        if keeper.unit is None:
            continue
        mine = keeper.person is not None and keeper.person.pk == user.pk and _works_in(user, keeper.unit.pk)
        if mine or keeps_paper(user, case, [keeper.unit.pk]):
            found.append(part)
    return found


def may_take_in(user: User, case: CaseFile) -> bool:
    """Tell whether the person may record that the file comes from an agency outside."""
    outside = holder_of(case).keeper.unit is None
    if not outside:
        # what an office of ours kept does not come from outside
        owed = [*outstanding_of(case, "hsva").values(), *outstanding_exhibits_of(case).values()]
        outside = any(row.giver_unit_id is None for row in owed)
    return outside and keeps_paper(user, case, offices_taking(case))


def outside_keeper(user: User, case: CaseFile) -> str:
    """Return the agency outside that is recorded as having the case file, to who may say that it passed it on; else nothing."""
    held = holder_of(case)
    recorded = held.holding is not None and held.keeper.unit is None and not held.is_lent
    return held.keeper.agency if recorded and keeps_paper(user, case, offices_taking(case)) else ""


def case_to_hand_over(user: User, code: str) -> CaseFile:
    """Return a case somebody may begin a hand-over of, by its code as it is typed.

    An office that has the paper gives it out although the case is not its own, as after a trial it appeared at; so does one
    that kept back what has to follow.

    Raises:
        NotFound: there is none, or the person has nothing to do with its paper.
    """
    code = typed_code(code)
    case = CaseFile.objects.select_related("unit__parent", "department", "trial_unit").filter(code=code).first()
    if case is None or not (may_begin(user, case) or owes_rest(user, case) or knows_of(user, case)):
        raise NotFound(no_such_case(code))
    return case


def knows_of(user: User, case: CaseFile) -> bool:
    """Tell whether the person may know of the case, and what it is called, by either part."""
    return any(case_decision(user, case, part).level >= Level.METADATA for part in ("hsva", "hsks"))


def named_rows(user: User, rows: Collection[HandOver]) -> set[int]:
    """Return the keys of those hand-overs whose case the person may be told by name (two queries at most).

    Those of cases the person may know of, and those that wait for the own side to receive them, which reads what it is to
    sign for. Of others the code on the label, as in lists of what is in hand: an office that lost the case learns no name.
    """
    known = named_cases(user, rows)
    waiting = [row.pk for row in rows if row.case_id not in known and row.state == "cho_nhan"]
    told = {row.pk for row in rows if row.case_id in known}
    return told | set(coming_to(user).filter(pk__in=waiting).values_list("pk", flat=True)) if waiting else told


def named_on_record(user: User, row: HandOver) -> bool:
    """Tell whether the person, who sees the hand-over, may read on its page what the case is called (three queries at most).

    What its record says its sides read: it is printed for them, and was signed with it. That is the name it was written with, and
    not that of today. Where nobody wrote it in, who may be told the name of the case.
    """
    return bool(row.case_name) or row.pk in named_rows(user, [row])


def direction_to_complete(row: HandOver) -> str:
    """Return in which direction what did not come along follows: as the rest went, or from office to office.

    What one of our offices kept from an agency outside goes to the office of ours that has the rest from that agency by now.
    """
    return "vks_vks" if came_to_ours(row) is not None else row.direction


def directions_of(case: CaseFile, completes: HandOver | None = None) -> tuple[str, ...]:
    """Return the directions in which paper of a case can go now.

    Those that go with its kind, the way back of where it went last, whatever its kind, and that of the hand-over completed.
    """
    found = set(directions_for(case.kind))
    last = HandOver.objects.filter(case=case, state="da_nhan").order_by("-accepted_at", "-pk").first()
    if last is not None:
        found.add(BACK.get(last.direction, last.direction))
    if completes is not None:
        found.add(direction_to_complete(completes))
    return tuple(direction for direction in DIRECTIONS if direction in found)


def people_to_receive(case: CaseFile, unit: ProcuracyUnit) -> list[User]:
    """Return the people of an office who can be handed paper of a case: clerks, archivists, and who may read it.

    Of a restricted case clerks and archivists are asked too (about ten queries, however many people there are).
    """
    readers = {user.pk for part, _label in PARTS for user, _decision in who_can_see(case, part)}
    restricted = case.confidentiality == CaseFile.Confidentiality.RESTRICTED
    keeping = frozenset[str]() if restricted else frozenset({"records_clerk", "archivist"})
    rows = Appointment.objects.in_force(timezone.localdate()).filter(unit=unit, user__is_active=True)
    found: dict[int, User] = {}
    for row in rows.select_related("user").order_by("user__first_name", "user__last_name", "pk")[:_MOST_PEOPLE]:
        if row.user_id not in found and (row.role in keeping or row.user_id in readers):
            found[row.user_id] = row.user
    return list(found.values())


def told_of(row: HandOver) -> dict[str, Any]:
    """Return what the ledger is told of a hand-over, whether it is given or received (units and `completes` are read).

    Units, volumes and exhibits are those of the record that is signed: of what was received, what came.
    """
    folios = row.folio_range
    return {
        "hand_over": row.pk,
        "part": row.part,
        "direction": row.direction,
        "handing_reason": row.reason,
        "completes": row.completes_id,
        "unit_before": row.giver_unit.code if row.giver_unit is not None else None,
        "person_before_id": row.giver_person_id,
        "unit": row.receiver_unit.code if row.receiver_unit is not None else None,
        "person_id": row.receiver_person_id,
        "volumes": len(row.volumes),
        "volume_folios": [
            [each["number"], each["folio_from"], each["folio_to"]]
            for each in row.volumes
            if each["received"] is not False
        ],
        "folio_from": folios[0] if folios is not None else None,
        "folio_to": folios[1] if folios is not None else None,
        "pages": row.total_pages,
        "exhibits": len(row.exhibits),
        "exhibits_listed": [as_written(each) for each in row.exhibits if not is_lacking(each)],
        "giver": _side_in_words(row.giver_name, row.giver.place),
        "receiver": _side_in_words(row.receiver_name, row.receiver.place),
        **{name: getattr(row, name) for name in ON_RECORD},
    }


ON_RECORD = ("giver_title", "receiver_title", "place", "note")
"""What else the signed record says of a hand-over in words, by the names of its fields and of those of its entries."""


def _side_in_words(name: str, place: str) -> str:
    return f"{name} – {place}" if name else place


def volumes_of(case: CaseFile, part: str) -> list[dict[str, Any]]:
    """Return the volumes of a part as a hand-over lists them; one that holds everything where none is bound yet."""

    def line(number: int, label: str, first: int | None, last: int | None) -> dict[str, Any]:
        code = volume_code(case.code, part, number)
        return {"number": number, "label": label, "code": code, "folio_from": first, "folio_to": last, "received": None}

    if part == "hsva":
        bound = [
            line(each.number, str(each), each.folio_from, each.folio_to) for each in Volume.objects.filter(case=case)
        ]
        if bound:
            return bound
        numbers = (
            Folio.objects.filter(case=case, number__isnull=False).order_by("number").values_list("number", flat=True)
        )
        return [line(1, _("Tập %(number)d") % {"number": 1}, numbers.first(), numbers.last())]
    return [line(1, _("Tập %(number)d") % {"number": 1}, None, None)]


def away_from_giver(case: CaseFile, part: str, direction: str) -> set[int]:
    """Return the volumes that cannot come along with the file: they stayed with somebody who had it before.

    An agency outside may bring what it kept back itself before; what another agency, or one of our offices, kept back it
    never had. What nobody waits for any more comes along once it is found.
    """
    gone = set(volumes_settled(case, part))
    return gone | _not_with_giver(case, part, outstanding_of(case, part), direction)


def volumes_settled(case: CaseFile, part: str) -> dict[int, Settled]:
    """Return which of the volumes that `volumes_of` lists nobody waits for now, by their numbers (two queries).

    Of a case file that is bound no more the one line stands for all that is there, whatever number a lost volume had.
    """
    if part == "hsva" and not Volume.objects.filter(case=case).exists():
        return {}
    return numbers_settled(case.pk, part, VOLUME)


def _not_with_giver(case: CaseFile, part: str, missing: Mapping[int, HandOver], direction: str) -> set[int]:
    if not missing:
        return set()
    # who gives it is who has it; agencies are known by their names, as where they are typed
    agency = holder_of(case, part).keeper.agency if DIRECTIONS[direction].giver_outside else ""
    own = folded(agency)
    return {number for number, row in missing.items() if not agency or folded(row.giver_agency) != own}


def volumes_to_give(case: CaseFile, part: str, direction: str, completes: HandOver | None) -> list[dict[str, Any]]:
    """Return the volumes that can be handed over in a direction; of a completion, those that are still to come."""
    there = volumes_of(case, part)
    if completes is not None:
        lines = {number: line for number in completes.outstanding for line in _lines(completes, number)}
        # of what was taken out of the record, or is bound otherwise by now, the hand-over still says what it was
        lines |= {each["number"]: each for each in there if each["number"] in lines}
        return [lines[number] for number in sorted(lines)]
    away = away_from_giver(case, part, direction)
    return [each for each in there if each["number"] not in away]


def pages_of(case: CaseFile, part: str, lines: Iterable[Mapping[str, Any]]) -> int | None:
    """Return how many pages the papers of these volumes have that are stored here; None: none is (two queries).

    Args:
        case: the case.
        part: of its file.
        lines: as `volumes_of` returns them; where none is bound, one stands for the whole part.
    """
    chosen = list(lines)
    if not chosen:
        # exhibits alone follow
        return None
    if part != "hsva" or not Volume.objects.filter(case=case).exists():
        counted = CaseDocument.objects.filter(case=case, part=part).values_list("page_count", flat=True)
        return sum(each or 0 for each in counted) or None
    # a volume that does not say its folios does not say its pages
    unsaid = any(each["folio_from"] is None for each in chosen)
    return None if unsaid else sum(_pages_within(case, chosen).values()) or None


def left_loose(case: CaseFile) -> int:
    """Return how many papers of the case file lie in none of its volumes, so that they go along with none (four queries).

    Where no volume is bound everything goes along; where one does not say its folios nobody knows. The records of the
    hand-overs themselves belong in no volume.
    """
    volumes = list(Volume.objects.filter(case=case).values("folio_from", "folio_to"))
    if not volumes or any(each["folio_from"] is None for each in volumes):
        return 0
    records = HandOver.objects.filter(case=case, number__isnull=False)
    attached = {row.signed_paper_id for row in records}
    written = {row.written_number for row in records}
    # handed in and not attached yet: by the number it was filed under
    own = Q(pk__in=attached - {None}) | Q(document_type__code=PAPER_TYPE, number__in=written)
    filed = CaseDocument.objects.filter(case=case, part="hsva").exclude(own).values_list("pk", flat=True)
    return len(set(filed) - _pages_within(case, volumes).keys())


def _pages_within(case: CaseFile, lines: Iterable[Mapping[str, Any]]) -> dict[int, int]:
    """Return how many pages lie in these volumes of each paper that has some there; a page without a folio goes with the one before."""
    ranges = [(each["folio_from"], each["folio_to"]) for each in lines if each["folio_from"] is not None]
    folios: dict[int, list[tuple[int, bool]]] = {}
    counts: dict[int, int] = {}
    numbered = Folio.objects.filter(case=case, case_document__part="hsva", number__isnull=False)
    for paper, number, page, count in numbered.order_by("number", "suffix").values_list(
        "case_document", "number", "page", "case_document__page_count"
    ):
        inside = any(first <= number <= last for first, last in ranges)
        folios.setdefault(paper, []).append((page or 1, inside))
        counts[paper] = count or 0
    found = {}
    for paper, pages in folios.items():
        if any(inside for _page, inside in pages):
            # the pages before the first folio go with it
            starts = [0, *(page - 1 for page, _inside in sorted(pages)[1:]), counts[paper]]
            spans = zip(starts, starts[1:], sorted(pages), strict=False)
            found[paper] = sum(max(0, end - start) for start, end, (_page, inside) in spans if inside)
    return found


def exhibits_of(case: CaseFile) -> list[Exhibit]:
    """Return the exhibits that go along with the file."""
    return list(Exhibit.objects.filter(case=case, accompanies_file=True))


def exhibits_to_give(case: CaseFile, part: str, direction: str, completes: HandOver | None) -> list[dict[str, Any]]:
    """Return the exhibits that can be handed over in a direction, as a hand-over lists them.

    Those that go along with the file and are with who gives it; of a completion, those that are still to come, and of what
    nobody marked or listed then whatever goes along with the file.
    """
    if part != "hsva":
        return []
    settled = numbers_settled(case.pk, part, EXHIBIT)
    there = {each.pk: _listed(each) for each in exhibits_of(case) if each.pk not in settled}
    missing = outstanding_exhibits_of(case)
    if completes is None:
        away = _not_with_giver(case, part, missing, direction)
        return [line for pk, line in there.items() if pk not in away]
    followed = HandOver.objects.filter(completes=completes, state="da_nhan")
    came = {each.get("id") for row in (completes, *followed) for each in row.exhibits if each.get("received")}
    elsewhere = {pk for pk, row in missing.items() if row.pk != completes.pk}
    lines = {pk: line for pk, line in there.items() if pk not in came | elsewhere}
    owed = set(completes.outstanding_exhibits)
    lines |= {each.pk: _listed(each) for each in Exhibit.objects.filter(case=case, pk__in=owed)}
    # of what was taken out of the record meanwhile the hand-over still says what it was
    if gone := owed - {*lines}:
        lines |= {pk: {**line, "received": None} for pk, line in _lines_of([case.pk]).items() if pk in gone}
    return list(lines.values())


def exhibits_known_with(case: CaseFile, giver: Keeper) -> list[dict[str, Any]]:
    """Return the exhibits that go along with the file and are with its giver, as far as this is known (about six queries).

    They came there by a hand-over that was received and by none went on; what is outstanding, or nobody waits for, is told by
    that. Of what accompanies the file and never went anywhere, or was not counted when it last did, nobody knows.
    """
    last = _last_taken(case)
    if not last:
        return []
    away = {*outstanding_exhibits_of(case), *numbers_settled(case.pk, "hsva", EXHIBIT)}
    agencies = _passed_on_by(case) | {folded(giver.agency)} if giver.unit is None else set[str]()

    def is_there(row: HandOver) -> bool:
        if row.receiver_unit_id is None:
            return folded(row.receiver_agency) in agencies
        return giver.unit is not None and giver.unit.pk in acting_for([row.receiver_unit_id])

    there = {pk for pk, row in last.items() if pk not in away and is_there(row)}
    return [_listed(each) for each in exhibits_of(case) if each.pk in there] if there else []


def _last_taken(case: CaseFile) -> dict[int, HandOver]:
    """Return by which hand-over each exhibit went last, by their ids; one that was not counted then is left out."""
    found: dict[int, HandOver] = {}
    rows = HandOver.objects.filter(case=case, part="hsva", state="da_nhan").select_related("receiver_unit")
    # one at a time: they are received in the order in which they were begun
    for row in rows.order_by("pk"):
        listed = [each for each in row.exhibits if "id" in each]
        found |= {each["id"]: row for each in listed if each.get("received")}
        for each in listed:
            if each.get("received") is None:
                found.pop(each["id"], None)
    return found


def _passed_on_by(case: CaseFile) -> set[str]:
    """Return the agencies outside through which the case file came to the one that has it, with that one, as they are compared.

    What one passes on to the next goes with the file, as its volumes do.
    """
    found: set[str] = set()
    for held in Holding.objects.filter(case=case, part="hsva").order_by("-since", "-pk"):
        if held.unit_id is not None:
            break
        found.add(folded(held.agency))
        if held.cause != Holding.Cause.PASSED_ON:
            break
    return found


@dataclass(frozen=True)
class ExhibitPlaced:
    """Where an exhibit is, by what hand-overs and leaders said of it."""

    words: str
    is_with_file: bool


def exhibits_placed(case: CaseFile) -> dict[int, ExhibitPlaced]:
    """Return where exhibits of a case are, by their ids, as far as custody knows (about ten queries).

    To who reads the case file. Of what never went along with it nothing is known but what was entered.
    """
    found: dict[int, ExhibitPlaced] = {}
    last = _last_taken(case)
    holder = holder_of(case).keeper
    with_file = {each["id"] for each in exhibits_known_with(case, holder)} if last else set[int]()
    for pk, row in last.items():
        if pk in with_file:
            found[pk] = ExhibitPlaced(_("Cùng hồ sơ: %(keeper)s") % {"keeper": holder.place}, is_with_file=True)
        else:
            where = present_office(row.receiver_unit).name if row.receiver_unit is not None else row.receiver_agency
            words = _("Đã giao %(keeper)s (biên bản số %(number)s), chưa ghi về cùng hồ sơ")
            found[pk] = ExhibitPlaced(words % {"keeper": where, "number": row.written_number}, is_with_file=False)
    for pk, each in numbers_settled(case.pk, "hsva", EXHIBIT).items():
        found[pk] = ExhibitPlaced(each.words[:1].upper() + each.words[1:], is_with_file=False)
    for pk, row in outstanding_exhibits_of(case).items():
        words = _("Còn ở %(keeper)s, chưa về (biên bản số %(number)s)")
        found[pk] = ExhibitPlaced(words % {"keeper": left_with(row), "number": row.written_number}, is_with_file=False)
    return found


def kept_back(row: HandOver) -> list[dict[str, Any]]:
    """Return the exhibits that the giver is known to have and does not give by a hand-over nobody received yet, marked so.

    Within an office nothing is kept back: it has the exhibit whoever of its people has the file.
    """
    ours = row.giver_unit_id
    within = ours is not None and row.receiver_unit_id is not None and row.receiver_unit_id in acting_for([ours])
    # what was listed before it was told which exhibit it is cannot be told from what is not listed
    unsaid = any("id" not in each for each in row.exhibits)
    if row.part != "hsva" or row.completes_id is not None or within or unsaid:
        return []
    listed = {each["id"] for each in row.exhibits}
    known = [each for each in exhibits_known_with(row.case, row.giver) if each["id"] not in listed]
    # who drew it up without knowing of the case wrote no names
    return [{**each, "name": each["name"] if row.case_name else "", "received": False} for each in known]


def kept_back_now(row: HandOver) -> list[dict[str, Any]]:
    """Return `kept_back` of what is still to be received; what was received lists it itself, and of a refusal nothing moved."""
    return kept_back(row) if row.state in {"du_thao", "cho_nhan"} else []


def _lines_of(cases: Collection[int]) -> dict[int, dict[str, Any]]:
    """Return exhibits as hand-overs of these cases list them, by their ids: where one was marked as not there, as it was then (one query)."""
    listed: dict[int, dict[str, Any]] = {}
    lacking: dict[int, dict[str, Any]] = {}
    rows = HandOver.objects.filter(case__in=cases, part="hsva", state="da_nhan").order_by("pk")
    for row in rows.only("exhibits"):
        listed |= {each["id"]: each for each in row.exhibits if "id" in each}
        lacking |= {each["id"]: each for each in row.lacking_exhibits}
    return listed | lacking


def exhibits_meant(lines: Iterable[Mapping[str, Any]], completes: HandOver | None) -> set[int]:
    """Return which of `exhibits_to_give` are handed over where nothing is said: all, of a completion what is still to come."""
    marked = completes is not None and any(each.get("received") is not None for each in completes.exhibits)
    there = {each["id"] for each in lines}
    return there & set(completes.outstanding_exhibits) if completes is not None and marked else there


def _listed(row: Exhibit) -> dict[str, Any]:
    return exhibit_line(row.pk, row.name, row.quantity, row.seal_number)


def exhibit_in_words(line: Mapping[str, Any]) -> str:
    """Return what a listed exhibit is called; one whose name was left out is told by what is on its seal."""
    seal = _("niêm phong số %(seal)s") % {"seal": line["seal"]} if line["seal"] else ""
    said = (line["quantity"], line["name"]) if line["name"] else (line["quantity"], _("vật chứng"), seal)
    return " ".join(filter(None, said))


def outstanding_of(case: CaseFile, part: str) -> dict[int, HandOver]:
    """Return the volumes that did not come along with the file, each with the hand-over it was missing from."""
    rows = with_volumes_elsewhere([case.pk]).filter(part=part)
    return {number: row for row in rows.select_related("giver_unit") for number in row.outstanding}


def numbers_elsewhere(case: CaseFile) -> dict[int, str]:
    """Return the numbers of volumes of the case file that did not come along with it, or never will, each with why."""
    found = {number: each.words for number, each in numbers_settled(case.pk, "hsva", VOLUME).items()}
    for number, row in outstanding_of(case, "hsva").items():
        found[number] = _("còn ở %(keeper)s, chưa về") % {"keeper": left_with(row)}
    return found


def with_volumes_elsewhere(cases: Collection[int]) -> QuerySet[HandOver]:
    """Return the hand-overs of these cases, given by their keys, at which volumes stayed behind that have not come since."""
    return HandOver.objects.filter(case__in=cases, state="da_nhan").exclude(outstanding=[])


def outstanding_exhibits_of(case: CaseFile) -> dict[int, HandOver]:
    """Return the ids of exhibits that did not come along with the file, each with the hand-over they were missing from."""
    rows = HandOver.objects.filter(case=case, part="hsva", state="da_nhan").exclude(outstanding_exhibits=[])
    return {pk: row for row in rows.select_related("giver_unit") for pk in row.outstanding_exhibits}


def exhibits_still_out(cases: Collection[int]) -> dict[int, set[int]]:
    """Return, by case, the ids of the exhibits that did not come along with the file and have not followed since (one query)."""
    rows = HandOver.objects.filter(case__in=cases, part="hsva", state="da_nhan").exclude(outstanding_exhibits=[])
    found: dict[int, set[int]] = {}
    for case, numbers in rows.values_list("case_id", "outstanding_exhibits"):
        found.setdefault(case, set()).update(numbers)
    return found


def still_out_in_words(out: Mapping[int, Collection[int]], at: dt.datetime | None = None) -> dict[int, list[str]]:
    """Return what these exhibits are and who has them, by case (two queries, and one for each hand-over they stayed behind at).

    By quantity and seal and without their names, which may be of people: lists and records of many files go to people who
    read none of them.

    Args:
        out: ids of exhibits that did not come along, by case.
        at: the moment of which offices are named; None: as they are now.
    """
    lines = _lines_of(out) if out else {}
    places: dict[int, str] = {}
    rows = HandOver.objects.filter(case__in=out, part="hsva", state="da_nhan").select_related("giver_unit")
    for row in rows.order_by("pk"):
        # of a file that is gone nobody owes it any more: who had it last
        for pk in ({each["id"] for each in row.lacking_exhibits} | {*row.outstanding_exhibits}) & {*out[row.case_id]}:
            places[pk] = left_with(row, at)
    found = {}
    for case, numbers in out.items():
        said = [(lines.get(pk, exhibit_line(pk, "", "", "")), places.get(pk)) for pk in sorted(numbers)]
        words = [exhibit_in_words({**line, "name": ""}) + (f" ({place})" if place else "") for line, place in said]
        if words:
            found[case] = words
    return found


def settled_in_words(cases: Collection[int], at: dt.datetime | None = None) -> dict[int, list[str]]:
    """Return which volumes and exhibits of case files nobody waits for, what became of them and why, by case (four queries at most).

    Exhibits by quantity and seal, as `still_out_in_words` has them.

    Args:
        cases: by their keys.
        at: how it was at that moment; None: how it is now.
    """
    pieces = [each for each in settled_ever(cases) if each.is_so_at(at)]
    lines = _lines_of({each.hand_over.case_id for each in pieces}) if pieces else {}
    found: dict[int, list[str]] = {}
    for each in sorted(pieces, key=lambda one: (one.piece != VOLUME, one.number)):
        found.setdefault(each.hand_over.case_id, []).append(f"{_called(each, lines)}: {each.words_on(at)}")
    return found


def _called(each: Settled, lines: Mapping[int, Mapping[str, Any]], *, named: bool = False) -> str:
    """Return what a settled piece is called; an exhibit by its name only to who may know that."""
    if each.piece == VOLUME:
        return _("Tập %(number)d") % {"number": each.number}
    line = lines.get(each.number, exhibit_line(each.number, "", "", ""))
    return exhibit_in_words(line if named else {**line, "name": ""})


@dataclass(frozen=True)
class PieceTold:
    """A volume or exhibit that a leader settled, as one person may see it."""

    piece: Settled
    called: str
    """What it is called."""


def rest_told(row: HandOver) -> list[tuple[str, int, str]]:
    """Return what is still to come of a hand-over, each by its kind, its number and what it is called (one query)."""
    lines = _lines_told_by(row) if row.outstanding_exhibits else {}
    volumes = {each["number"]: each["label"] for each in row.volumes}
    found = [
        (VOLUME, each, volumes.get(each, _("Tập %(number)d") % {"number": each})) for each in sorted(row.outstanding)
    ]
    return found + [
        (EXHIBIT, pk, exhibit_in_words(lines.get(pk, exhibit_line(pk, "", "", ""))))
        for pk in sorted(row.outstanding_exhibits)
    ]


def settled_told(row: HandOver) -> list[PieceTold]:
    """Return all that was ever settled of what a hand-over was missing (one query)."""
    found = settled_at(row)
    lines = _lines_told_by(row) if found else {}
    return [PieceTold(each, _called(each, lines, named=True)) for each in found]


@dataclass(frozen=True)
class NotWaitedFor:
    """A settled piece that cannot come along before it is recorded as found, as who hands over or receives is told of it."""

    piece: Settled
    called: str
    code: str
    """What is on the label of the volume; empty: it is an exhibit."""
    may_find: bool
    """Whether the person may record that it was found."""

    @property
    def words(self) -> str:
        """What became of it, who said so at which hand-over, and what comes first; without the reason, which is of the case."""
        became = replace(self.piece, reason="").words
        return _(
            "%(what)s: %(became)s, theo biên bản %(number)s. Nếu vẫn có thì ghi “Đã tìm thấy” ở biên bản ấy trước."
        ) % {"what": self.called, "became": became, "number": self.piece.hand_over.written_number}


def not_waited_for(user: User, case: CaseFile, part: str) -> list[NotWaitedFor]:
    """Return what nobody waits for now of a part, volumes first (one query where there is none)."""
    pieces = settled_of([case.pk], part)
    if not pieces:
        return []
    named, lines = knows_of(user, case), _lines_of([case.pk])
    known = set(hand_overs_for(user).filter(case=case).values_list("pk", flat=True))
    found = []
    for each in sorted(pieces, key=lambda one: (one.piece != VOLUME, one.number)):
        code = volume_code(case.code, part, each.number) if each.piece == VOLUME else ""
        may = each.hand_over.pk in known and "find" in acts_on_rest(user, each.hand_over)
        found.append(NotWaitedFor(each, _called(each, lines, named=named), code, may))
    return found


def _lines_told_by(row: HandOver) -> dict[int, dict[str, Any]]:
    """Return exhibits by their ids as a hand-over lists them; what it does not list itself without a name."""
    listed = {pk: {**line, "name": ""} for pk, line in _lines_of([row.case_id]).items()}
    return listed | {each["id"]: each for each in row.exhibits if "id" in each}


def pieces_told(case: CaseFile, told: KeepingTold) -> list[PieceTold]:
    """Return all that was ever settled of the parts whose keepers the person was told of, the latest first (four queries)."""
    lines = _lines_of([case.pk]) if "hsva" in told.holders else {}
    found = [
        PieceTold(each, _called(each, lines, named="hsva" in told.named))
        for part in told.holders
        for each in settled_ever([case.pk], part)
    ]
    return sorted(found, key=lambda one: one.piece.at, reverse=True)


@dataclass(frozen=True)
class CameLater:
    """What came after the rest of a file and by what, or what a loan lacked once that is over, as one person may see it."""

    part: str
    at: dt.datetime
    giver: str
    """Who had kept it, in words; empty: somebody who borrowed it and whom the person may not know."""
    receiver: str
    """Who took it in, in words."""
    called: tuple[str, ...] = ()
    """Volumes and exhibits; empty of a loan that came back short: what lacked is only counted."""
    volumes: tuple[int, ...] = ()
    exhibits: tuple[int, ...] = ()
    hand_over: HandOver | None = None
    """The one that brought it."""
    loan: Loan | None = None
    """Of which it was missing: it came, or a leader took it for lost."""

    @property
    def slip(self) -> str:
        """Number and year of the slip of that loan."""
        return slip_number(self.loan) if self.loan is not None else ""


def came_later(case: CaseFile, told: KeepingTold) -> list[CameLater]:
    """Return what came after the rest of the parts whose keepers the person was told of, the latest first (three queries).

    No keeper of a part changes by it, so that it is in no row of theirs.
    """
    rows = HandOver.objects.filter(case=case, part__in=told.holders, state="da_nhan", completes__isnull=False)
    found = []
    for row in rows.select_related("giver_unit", "giver_person", "receiver_unit", "receiver_person", "completes"):
        volumes = [each for each in row.volumes if each["received"]]
        exhibits = [each for each in row.exhibits if each.get("received")]
        named = row.part in told.named
        words = [str(each["label"]) for each in volumes]
        words += [exhibit_in_words(each if named else {**each, "name": ""}) for each in exhibits]
        sides = _side_in_words(row.giver_name, row.giver.place), _side_in_words(row.receiver_name, row.receiver.place)
        assert row.accepted_at is not None  # noqa: S101 - the database keeps it of what was received
        numbers = tuple(each["number"] for each in volumes), tuple(each["id"] for each in exhibits if "id" in each)
        found.append(CameLater(row.part, row.accepted_at, *sides, tuple(words), *numbers, hand_over=row))
    short = Loan.objects.filter(case=case, part__in=told.holders, form=Loan.Form.PAPER, settled_at__isnull=False)
    for loan in short.select_related("borrower", "settled_by", "unit"):
        assert loan.settled_at is not None  # noqa: S101 - as it was asked for
        lender = loan.unit.name if loan.unit is not None else ""
        receiver = _side_in_words(display_name(loan.settled_by) if loan.settled_by is not None else "", lender)
        giver = (borrower_name(loan) or loan.outside_agency) if loan.part in told.named else ""
        found.append(CameLater(loan.part, loan.settled_at, giver, receiver, loan=loan))
    return sorted(found, key=lambda one: one.at, reverse=True)


@dataclass(frozen=True)
class ExhibitTold:
    """An exhibit that stayed with who gave the file, as one person may see it."""

    pk: int
    name: str
    """Empty for who neither reads the case file nor keeps its paper: descriptions may be of people."""
    quantity: str
    seal: str
    place: str
    """Who has it."""
    hand_over: HandOver
    """The one it was missing from."""

    @property
    def words(self) -> str:
        """What it is called."""
        return exhibit_in_words({"name": self.name, "quantity": self.quantity, "seal": self.seal})


def exhibits_told(case: CaseFile, told: KeepingTold) -> list[ExhibitTold]:
    """Return the exhibits that stayed behind, to who was told where the case file is (two queries)."""
    if "hsva" not in told.holders:
        return []
    found = []
    missing = outstanding_exhibits_of(case)
    lines = _lines_of([case.pk]) if missing else {}
    for pk, row in missing.items():
        # as the record says
        line = lines.get(pk, exhibit_line(pk, "", "", ""))
        name = line["name"] if "hsva" in told.named else ""
        found.append(ExhibitTold(pk, name, line["quantity"], line["seal"], left_with(row), row))
    return found


@dataclass(frozen=True)
class VolumeTold:
    """Where a volume of a part is, as one person may see it."""

    part: str
    line: dict[str, Any]
    """As a hand-over lists it."""
    place: str
    """`with_file`, `left_behind` (with who gave the file without it, or had given it when this came), `lent`, `at_office`
    (it came after the rest was lent), `lost` or `kept` (for good, by who gave the file without it): a leader said so."""
    name: str
    """Who has it; empty: somebody who borrowed it and whom the person may not know."""
    hand_over: HandOver | None = None
    """The one it was missing from."""
    loan: Loan | None = None
    """By which it went out alone, where the person may know of it."""
    settled: Settled | None = None
    """What a leader said of it, where nobody waits for it any more."""


def volumes_told(user: User, case: CaseFile, told: KeepingTold) -> list[VolumeTold]:
    """Return where every volume of the parts is whose keepers the person was told of (about five queries)."""
    out = {
        (each.part, each.volume): each.loan
        for each in LoanedPart.objects.filter(
            case=case, part__in=told.holders, is_out=True, volume__gt=0
        ).select_related("loan__borrower")
    }
    found = []
    for part, holder in told.holders.items():
        missing = outstanding_of(case, part)
        settled, gone = numbers_settled(case.pk, part, VOLUME), volumes_settled(case, part)
        lines = volumes_of(case, part)
        # bound in numbered volumes the rest was lent with those that were there
        apart = holder.is_lent and any(each == part for each, _number in out)
        listed = {each["number"] for each in lines}
        # of what was bound otherwise meanwhile the hand-over still says how it was called
        apart_from_it = {number: row for number, row in missing.items() if number not in listed}
        apart_from_it |= {
            number: each.hand_over for number, each in settled.items() if number not in listed or number not in gone
        }
        there = [(line, gone) for line in lines]
        there += [(each, settled) for number, row in apart_from_it.items() for each in _lines(row, number)]
        for line, of_line in there:
            number = line["number"]
            loan = out.get((part, number))
            if number in missing:
                row = missing[number]
                found.append(VolumeTold(part, line, "left_behind", left_with(row), hand_over=row))
            elif number in of_line:
                each_gone = of_line[number]
                where = "kept" if each_gone.outcome == KEPT else "lost"
                found.append(
                    VolumeTold(part, line, where, each_gone.place, hand_over=each_gone.hand_over, settled=each_gone)
                )
            elif loan is not None:
                known = part in told.named or loan.borrower_id == user.pk
                name = (borrower_name(loan) or loan.outside_agency) if known else ""
                found.append(VolumeTold(part, line, "lent", name, loan=loan if known else None))
            elif apart and holder.holding is not None and holder.holding.reference is not None:
                back = goes_back_to(Loan.objects.select_related("case__unit").get(pk=holder.holding.reference))
                found.append(VolumeTold(part, line, "at_office", back.name if back is not None else case.unit.name))
            else:
                found.append(VolumeTold(part, line, "lent" if holder.is_lent else "with_file", holder.name))
    return found


def _lines(row: HandOver, number: int) -> list[dict[str, Any]]:
    """Return a volume as a hand-over lists it, before anybody counts; what another one lists by its number alone."""
    said = [{**each, "received": None} for each in row.volumes if each["number"] == number]
    label = _("Tập %(number)d") % {"number": number}
    code = volume_code(row.case.code, row.part, number)
    return said or [
        {"number": number, "label": label, "code": code, "folio_from": None, "folio_to": None, "received": None}
    ]


def takes_paper(row: HandOver) -> bool:
    """Tell whether a signed record may be attached: what was received has none yet, and there is a file to have one."""
    return row.state == "da_nhan" and row.signed_paper_id is None and row.case.destroyed_at is None


def waits_for_record(case: CaseFile, kind: CatalogueType | None) -> bool:
    """Tell whether a paper of this type is the signed record that a hand-over of the case waits for."""
    if kind is None or kind.code != PAPER_TYPE:
        return False
    return HandOver.objects.filter(case=case, state="da_nhan", awaits_paper=True).exists()


def may_hand_in(user: User, row: HandOver) -> bool:
    """Tell whether the person may hand in the scan of the signed record that is waited for: whoever may attach it, and be it the clerk who reads nothing of the case."""
    waits = takes_paper(row) and row.awaits_paper
    return waits and (gives(user, row) or receives(user, row)) and may_attach(user, row)


def may_attach(user: User, row: HandOver) -> bool:
    """Tell whether the person may be shown which records are filed in the case.

    Where an agency outside takes part it is our clerk; another office that receives sees its hand-over and nothing of the case.
    """
    return row.direction_data.is_outside or case_decision(user, row.case).level >= Level.METADATA


def papers_to_attach(user: User, row: HandOver) -> QuerySet[CaseDocument]:
    """Return the signed records that are filed in the case and belong to no other hand-over, to who may be shown them.

    By number and day: the clerk who attaches one does not read what is filed.
    """
    if not may_attach(user, row):
        return CaseDocument.objects.none()
    taken = HandOver.objects.filter(case=row.case, signed_paper__isnull=False).values("signed_paper")
    filed = CaseDocument.objects.filter(case=row.case, document_type__code=PAPER_TYPE)
    return filed.exclude(pk__in=taken).order_by("-date", "-pk")
