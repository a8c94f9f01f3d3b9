"""Handing over paper of a case (giao nhận): given by one side, received or not by the other.

Who may is decided here, by `custody.queries.hand_overs`: the giving side sends and cancels, the receiving side alone closes.
Of an agency outside, our clerk records both sides; its signed record proves it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.access.policy import LEADING, Level
from vks_plugin.access.queries import require
from vks_plugin.access.transfers import check_transfer, move_case, require_transfer
from vks_plugin.acts import tell
from vks_plugin.cases.actions.record import lock_case
from vks_plugin.cases.actions.rules import enforce
from vks_plugin.cases.kinds import CRIMINAL
from vks_plugin.cases.models import CaseDocument, CaseFile, CatalogueType
from vks_plugin.cases.validation import ClosingHandOver, hand_over_closed
from vks_plugin.custody.actions.holding import (
    LONGEST_AGENCY,
    office_called,
    pass_to,
    refuse_another,
    refuse_before,
    refuse_moment,
    require_volumes_here,
    stay_with,
)
from vks_plugin.custody.actions.moving import move, next_number
from vks_plugin.custody.handing import (
    CHECKS,
    DIRECTIONS,
    IN_PARTS,
    TRANSFER,
    Checks,
    as_written,
    exhibit_line,
    is_lacking,
    reasons_for,
)
from vks_plugin.custody.models import HandOver, Holding, Keeper, NumberSeries
from vks_plugin.custody.queries.hand_overs import (
    PAPER_TYPE,
    WAITS_TOO_LONG,
    away_from_giver,
    direction_to_complete,
    directions_of,
    exhibit_in_words,
    exhibits_meant,
    exhibits_of,
    exhibits_to_give,
    gives,
    hand_overs_for,
    is_own_gift,
    kept_back,
    knows_of,
    late_for,
    may_take,
    not_waited_for,
    offices_taking,
    outstanding_exhibits_of,
    pages_of,
    papers_to_attach,
    people_to_receive,
    receives,
    takes_paper,
    takes_the_case_along,
    told_of,
    volumes_of,
    volumes_settled,
    volumes_to_give,
)
from vks_plugin.custody.queries.holding import holder_of, keeps_paper, way_back
from vks_plugin.custody.queries.settled import EXHIBIT, VOLUME, left_with, numbers_settled, settled_at
from vks_plugin.custody.states import HAND_OVER
from vks_plugin.errors import BadInput, Conflict, NotAllowed
from vks_plugin.organization.letters import in_office, write_to
from vks_plugin.organization.models import ProcuracyUnit
from vks_plugin.organization.queries import acting_for, display_name, posts_in_force, present_office, with_taken_over
from vks_plugin.organization.roles import Role
from vks_plugin.text import composed, folded, one_line

_LARGEST = 2**31 - 1
REMIND_EVERY = 7
"""Days between two letters about what nobody received."""


@dataclass(frozen=True)
class Terms:
    """What a hand-over says before it is sent."""

    part: str
    direction: str
    reason: str
    other_unit: ProcuracyUnit | None = None
    """The office that receives, in `vks_vks`; the one that takes in, where paper comes from outside (None: that of the case)."""
    agency: str = ""
    """The agency outside, where one takes part."""
    person: User | None = None
    """Who receives it within the office; None: the office itself."""
    giver_name: str = ""
    giver_title: str = ""
    receiver_name: str = ""
    receiver_title: str = ""
    volumes: Collection[int] | None = None
    """Numbers of the volumes; None: all that are there."""
    exhibits: Collection[int] | None = None
    """Exhibits that go along, by their ids; None: all that accompany the file and are there, of a completion what is to come."""
    total_pages: int | None = None
    seal_condition: str = ""
    place: str = ""
    note: str = ""
    decision: str = ""
    """Number and day of the paper a transfer of the case rests on."""
    completes: HandOver | None = None
    """What came back in parts before, and is completed by this."""


def _titled(user: User, unit: ProcuracyUnit | None) -> str:
    """Return by which post somebody acts in an office, in words."""
    if unit is None:
        return ""
    roles = [role for role, where in posts_in_force(user) if where.pk == unit.pk] or [
        role for role, _where in posts_in_force(user)
    ]
    return str(Role(roles[0]).label) if roles else ""


@dataclass(frozen=True)
class Discarded:
    """A draft that is put aside for another hand-over of the same part, and why."""

    row: HandOver
    reason: str


@transaction.atomic
def draft(*, actor: User, case: CaseFile, terms: Terms, instead_of: Discarded | None = None) -> HandOver:
    """Begin a hand-over; the other side sees it once it is sent.

    Args:
        actor: who keeps the paper that is given, or taken in.
        case: the case.
        terms: what the hand-over says.
        instead_of: the draft that stands in the way; it is put aside in the same act, or neither is done.

    Raises:
        NotFound: the actor has nothing to do with paper of this case.
        NotAllowed: the actor does not keep the paper that is given, or taken in; or may not put the draft aside.
        BadInput: see `_filled`; or no reason why the draft is put aside.
        Conflict: the part is being handed over already, is lent (a volume of it is enough), or is not where it would be
            given from; or the draft is none any more.
    """
    case = lock_case(case)
    row = HandOver(case=case, part=terms.part, created_by=actor)
    _fill(row, actor, terms)
    if instead_of is not None:
        _put_aside(actor, row, instead_of)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        refuse_another(actor, case, row.part)
    return row


def _put_aside(actor: User, row: HandOver, draft_there: Discarded) -> None:
    there = HandOver.objects.filter(pk=draft_there.row.pk, case=row.case, part=row.part, state="du_thao").first()
    if there is None:
        raise Conflict(_("Dự thảo ấy đã gửi, đã bỏ, hoặc không của phần hồ sơ này: hãy tải lại trang."))
    try:
        cancel(actor=actor, row=there, reason=draft_there.reason)
    except BadInput as error:
        error.field = "discard_reason"
        raise


@transaction.atomic
def take_draft(*, actor: User, row: HandOver) -> HandOver:
    """Take over a draft somebody else of the giving side began: what it says stays, and the actor signs where its maker was to.

    Raises:
        NotAllowed: the actor is not of the giving side.
        BadInput: the actor is who is to receive it.
        Conflict: it is no draft any more, or the actor's own.
    """
    row = locked(row)
    require_giving(actor, row)
    if row.state != "du_thao":
        raise Conflict(_("Lần giao nhận này không còn là dự thảo: hãy tải lại trang."))
    if row.created_by_id == actor.pk:
        raise Conflict(_("Dự thảo này đã là của bạn."))
    if not may_take(actor, row):
        raise BadInput(_("Bạn là người nhận nên không tiếp nhận được dự thảo này."), field="person")
    maker = row.created_by
    steps = as_step(row, actor, "take", display_name(maker))
    changes: dict[str, Any] = {"created_by": actor, "steps": steps}
    if row.giver_person_id is None and row.giver_unit is not None and row.giver_name == display_name(maker)[:200]:
        changes |= {"giver_name": display_name(actor)[:200], "giver_title": _titled(actor, row.giver_unit)}
    # the case is held: nobody sends or discards it meanwhile
    HandOver.objects.filter(pk=row.pk).update(**changes)
    for name, value in changes.items():
        setattr(row, name, value)
    tell(
        "hand_over_draft_taken",
        actor=actor,
        case=row.case,
        hand_over=row.pk,
        part=row.part,
        person_id=maker.pk,
        person=display_name(maker),
    )
    return row


@transaction.atomic
def amend(*, actor: User, row: HandOver, terms: Terms) -> HandOver:
    """Change what a hand-over says before it is sent, or sent again.

    Raises:
        NotAllowed: the actor is not of the giving side.
        BadInput, Conflict: see `draft`; or it is under way.
    """
    row = locked(row)
    require_amending(actor, row)
    if terms.part != row.part:
        raise BadInput(_("Không đổi được phần hồ sơ: hãy hủy và lập lần giao mới."), field="part")
    _fill(row, actor, terms)
    row.save()
    return row


@transaction.atomic
def amend_parts(*, actor: User, row: HandOver, given: Mapping[str, Any]) -> HandOver:
    """Change some of what a hand-over says before it is sent; what is not given stays as it is.

    Args:
        actor: of the giving side.
        row: the hand-over.
        given: new values by their names in `Terms`.

    Raises:
        NotAllowed, BadInput, Conflict: see `amend`.
    """
    # as it is now, not as it was when it was read: somebody may have changed another part meanwhile
    row = locked(row)
    exhibits = row.exhibits
    row = amend(actor=actor, row=row, terms=replace(terms_of(row), **given))
    said, before = ([as_written(each) for each in listed] for listed in (row.exhibits, exhibits))
    if "exhibits" not in given and said != before:
        # told by what is written of them, which may have been corrected since
        row.exhibits = exhibits
        row.save(update_fields=["exhibits"])
    return row


def terms_of(row: HandOver) -> Terms:
    """Return what a hand-over says now, as `amend` takes it, for who changes a part of it."""
    there = exhibits_to_give(row.case, row.part, row.direction, row.completes)
    counted = pages_of(row.case, row.part, row.volumes)
    return Terms(
        part=row.part,
        direction=row.direction,
        reason=row.reason,
        other_unit=row.receiver_unit,
        agency=(row.giver_agency or row.receiver_agency) if row.direction_data.is_outside else "",
        person=row.receiver_person,
        giver_name=row.giver_name,
        giver_title=row.giver_title,
        receiver_name=row.receiver_name,
        receiver_title=row.receiver_title,
        volumes=[each["number"] for each in row.volumes],
        exhibits=[each["id"] for each in there if any(_is_same(said, each) for said in row.exhibits)],
        # what was counted is counted anew, of the volumes it will be then
        total_pages=row.total_pages if row.total_pages != counted else None,
        seal_condition=row.seal_condition,
        place=row.place,
        note=row.note,
        decision=row.decision,
        completes=row.completes,
    )


def require_amending(actor: User, row: HandOver) -> None:
    """Refuse to change what is under way or over, and who is not of the giving side.

    Raises:
        NotAllowed, Conflict: so it is.
    """
    require_giving(actor, row)
    if row.state not in HAND_OVER.move("send").sources:
        raise Conflict(_("Lần giao nhận này đã gửi đi: không sửa được nữa."))


def _fill(row: HandOver, actor: User, terms: Terms) -> None:
    case = row.case
    direction = DIRECTIONS.get(terms.direction) if terms.direction in directions_of(case, terms.completes) else None
    if direction is None:
        raise BadInput(_("Hướng giao nhận không có trong danh mục."), field="direction")
    if terms.part not in {"hsva", "hsks"}:
        raise BadInput(_("Phần hồ sơ không có trong danh mục."), field="part")
    if terms.part == "hsks" and direction.is_outside:
        raise BadInput(_("Hồ sơ kiểm sát không rời Viện kiểm sát."), field="part")
    if terms.reason not in reasons_for(case.kind, terms.direction):
        raise BadInput(_("Lý do này không đi với hướng giao nhận đã chọn."), field="reason")
    agency = one_line(terms.agency)
    if direction.is_outside and not agency:
        raise BadInput(_("Hãy ghi tên cơ quan giao hoặc nhận."), field="agency")
    if len(agency) > LONGEST_AGENCY:
        raise BadInput(_("Tên cơ quan dài quá 200 chữ cái."), field="agency")
    giver, receiver = _sides(row, actor, terms, agency)
    row.direction, row.reason, row.completes = terms.direction, terms.reason, terms.completes
    row.giver_unit, row.giver_agency, row.giver_person = giver.unit, giver.agency, giver.person
    row.receiver_unit, row.receiver_agency, row.receiver_person = receiver.unit, receiver.agency, receiver.person
    for name, value, longest in (
        ("giver_name", terms.giver_name, 200),
        ("giver_title", terms.giver_title, 120),
        ("receiver_name", terms.receiver_name, 200),
        ("receiver_title", terms.receiver_title, 120),
        ("seal_condition", terms.seal_condition, 250),
        ("place", terms.place, 200),
        ("note", terms.note, 500),
        ("decision", terms.decision, 200),
    ):
        text = one_line(value)
        if len(text) > longest:
            raise BadInput(_("Không quá %(most)d chữ cái.") % {"most": longest}, field=name)
        setattr(row, name, text)
    if giver.unit is not None:
        who = giver.person or actor
        row.giver_name = row.giver_name or display_name(who)[:200]
        row.giver_title = row.giver_title or _titled(who, giver.unit)
    if receiver.person is not None:
        row.receiver_name = display_name(receiver.person)[:200]
        row.receiver_title = row.receiver_title or _titled(receiver.person, receiver.unit)
    if terms.total_pages is not None and not 0 < terms.total_pages <= _LARGEST:
        raise BadInput(_("Tổng số trang không hợp lệ."), field="total_pages")
    _refuse_not_waited_for(actor, row, terms)
    row.volumes = _volumes(row, terms)
    before, row.exhibits = row.exhibits, _exhibits(case, terms)
    if not row.volumes and not row.exhibits:
        owes_volumes = terms.completes is None or bool(terms.completes.outstanding)
        raise BadInput(
            _("Hãy chọn các tập có trong hồ sơ.") if owes_volumes else _("Hãy chọn vật chứng được giao nốt."),
            field="volumes" if owes_volumes else "exhibits",
        )
    row.total_pages = terms.total_pages if terms.total_pages is not None else pages_of(case, terms.part, row.volumes)
    _require_here(row)
    if knows_of(actor, case):
        accused = case.accused.order_by("position", "pk").first()
        row.case_name, row.main_accused = case.name, accused.full_name[:200] if accused is not None else ""
    else:
        # who gives out paper of a case that is another office's reads the code on the label, also on the own record; what
        # somebody who knew had written of an exhibit stays
        row.exhibits = [{**each, "name": _written_of(each, before)} for each in row.exhibits]
    if takes_the_case_along(row):
        require_transfer(actor, case)
        if row.receiver_unit is not None:
            check_transfer(case, to=row.receiver_unit, decision=row.decision)


def _require_here(row: HandOver) -> None:
    """Refuse what cannot be received afterwards: volumes are out on loan, and the other side would sign for them.

    Raises:
        Conflict: so it is.
    """
    volumes = None if row.completes is None else [each["number"] for each in row.volumes]
    require_volumes_here(row.case, row.part, volumes)


def _refuse_not_waited_for(actor: User, row: HandOver, terms: Terms) -> None:
    """Refuse what was chosen and is settled; so is a file of which every volume is, where nothing was chosen.

    Raises:
        Conflict: so it is.
    """
    there = {each["number"] for each in volumes_to_give(row.case, terms.part, terms.direction, terms.completes)}
    nothing_left = terms.volumes is None and terms.completes is None and not there
    asked = {each["number"] for each in volumes_of(row.case, terms.part)} if nothing_left else set(terms.volumes or ())
    refuse_settled_among(actor, row.case, terms.part, volumes=asked - there, exhibits=terms.exhibits or ())


def refuse_settled_among(
    actor: User, case: CaseFile, part: str, *, volumes: Collection[int] = (), exhibits: Collection[int] = ()
) -> None:
    """Refuse volumes, or exhibits, that a leader took for lost, or for kept for good: they are found first.

    Raises:
        Conflict: one of these is; it says which, who said so, at which hand-over, and leads there who may open it.
    """
    if not (volumes or exhibits):
        return
    gone = not_waited_for(actor, case, part)
    for field, kind, numbers in (("volumes", VOLUME, volumes), ("exhibits", EXHIBIT, exhibits)):
        chosen = [each for each in gone if each.piece.piece == kind and each.piece.number in numbers]
        if chosen:
            error = Conflict(" ".join(each.words for each in chosen), field=field)
            error.blocked_by = next((each.piece.hand_over.pk for each in chosen if each.may_find), None)
            raise error


def _refuse_settled(row: HandOver) -> None:
    """Refuse what a leader took for lost, or for kept for good, since the hand-over was drawn up: it is found first.

    Raises:
        Conflict: so it is.
    """
    # what follows is what was missing, however the rest is bound by now
    completes = row.completes_id is not None
    volumes = numbers_settled(row.case_id, row.part, VOLUME) if completes else volumes_settled(row.case, row.part)
    exhibits = numbers_settled(row.case_id, row.part, EXHIBIT)
    gone = [str(each["label"]) for each in row.volumes if each["number"] in volumes]
    gone += [exhibit_in_words(each) for each in row.exhibits if each.get("id") in exhibits]
    if gone:
        raise Conflict(
            _(
                "Lãnh đạo đã ghi thất lạc, giữ hẳn: %(what)s. Nếu vẫn có thì ghi “Đã tìm thấy” ở lần giao nhận còn thiếu trước; nếu không thì sửa hoặc hủy lần giao này."
            )
            % {"what": ", ".join(gone)}
        )


def _sides(row: HandOver, actor: User, terms: Terms, agency: str) -> tuple[Keeper, Keeper]:
    """Return giver and receiver, and refuse who may not act for ours."""
    case = row.case
    before = terms.completes
    if before is not None and (
        (before.case_id, before.part) != (case.pk, terms.part)
        or not (before.outstanding or before.outstanding_exhibits)
    ):
        settled = before.case_id == case.pk and any(each.is_so_at(None) for each in settled_at(before))
        raise BadInput(
            _(
                "Lần giao trước chỉ còn phần lãnh đạo đã ghi thất lạc, giữ hẳn: tìm thấy thì bấm “Đã tìm thấy” ở lần ấy trước."
            )
            if settled
            else _("Lần giao trước không còn tập nào, vật chứng nào chưa giao."),
            field="completes",
        )
    if before is not None and terms.direction != direction_to_complete(before):
        raise BadInput(
            _("Phần còn lại của lần giao trước đi theo hướng “%(direction)s”.")
            % {"direction": _(DIRECTIONS[direction_to_complete(before)].label)},
            field="direction",
        )
    held = holder_of(case, terms.part)
    # what had stayed outside comes to the office, whoever borrowed the rest meanwhile
    if held.is_lent and (before is None or not DIRECTIONS[terms.direction].giver_outside):
        raise Conflict(_("Hồ sơ đang cho mượn (%(keeper)s): phải nhận trả trước.") % {"keeper": held.name})
    # under whatever direction: a clerk who chose the wrong one would record both sides alone
    if DIRECTIONS[terms.direction].is_outside and folded(agency) != folded(held.keeper.agency):
        _refuse_ours(agency)
    if DIRECTIONS[terms.direction].giver_outside:
        taking = terms.other_unit or present_office(case.unit)
        if taking.pk not in offices_taking(case):
            raise BadInput(
                _("%(unit)s không nhận hồ sơ vụ án này từ cơ quan ngoài.") % {"unit": taking.name}, field="other_unit"
            )
        if not keeps_paper(actor, case, [taking.pk]):
            raise no_keeper(actor, case)
        giver = _giver_outside(case, terms, agency)
        return giver, Keeper(unit=taking)
    if before is not None:
        return _completing(actor, case, terms, before)
    if held.keeper.unit is None:
        raise Conflict(_("Hồ sơ đang ở %(keeper)s: phải ghi nhận hồ sơ về trước khi giao đi.") % {"keeper": held.name})
    mine = held.keeper.person is not None and held.keeper.person.pk == actor.pk
    if not mine and not keeps_paper(actor, case, [held.keeper.unit.pk]):
        raise no_keeper(actor, case)
    return held.keeper, _receiver(case, held.keeper, terms, agency)


def _refuse_ours(agency: str) -> None:
    """Refuse that an office of ours is named as one outside, whose side one clerk alone would record.

    Raises:
        BadInput: so it is.
    """
    unit = office_called(agency)
    if unit is not None:
        raise BadInput(
            _("%(unit)s dùng hệ thống này: hãy chọn hướng “Giữa hai Viện kiểm sát”.") % {"unit": unit.name},
            field="agency",
        )


def no_keeper(actor: User, case: CaseFile) -> NotAllowed:
    """Return the refusal for who does not keep the paper.

    Raises:
        NotFound: the person may not know of the case.
    """
    if not hand_overs_for(actor).filter(case=case).exists():
        require(actor, case, Level.METADATA, doing=_("giao hồ sơ"))
    return NotAllowed(_("Chỉ văn thư, lãnh đạo của nơi đang giữ hồ sơ, hoặc người đang giữ, giao được hồ sơ."))


def _giver_outside(case: CaseFile, terms: Terms, agency: str) -> Keeper:
    held = holder_of(case, terms.part)
    if terms.completes is not None:
        return Keeper(agency=terms.completes.giver_agency)
    if held.holding is None:
        # nothing is recorded: who gives it had it
        return Keeper(agency=agency)
    if not held.keeper.agency:
        raise Conflict(_("Hồ sơ đang ở %(keeper)s.") % {"keeper": held.name}, field="agency")
    if folded(held.keeper.agency) != folded(agency):
        raise Conflict(
            _(
                "Hồ sơ đang ở %(keeper)s. Nếu cơ quan ấy đã chuyển thẳng hồ sơ cho %(agency)s thì ghi việc ấy trước, ở mục “Ghi cơ quan ngoài chuyển hồ sơ cho nhau”."
            )
            % {"keeper": held.name, "agency": agency},
            field="agency",
        )
    # a court gives back as a court: another direction has other checks, and the record would say the wrong article; of what
    # kind an agency is that got it from another one outside nobody said
    fitting = way_back(case, terms.part)
    if (
        fitting
        and held.holding.cause != Holding.Cause.PASSED_ON
        and terms.direction != fitting
        and fitting in directions_of(case)
    ):
        raise BadInput(
            _("Hồ sơ đang ở %(keeper)s theo lần giao đã ghi: hãy chọn hướng “%(direction)s”.")
            % {"keeper": held.name, "direction": _(DIRECTIONS[fitting].label)},
            field="direction",
        )
    return held.keeper


def _completing(actor: User, case: CaseFile, terms: Terms, before: HandOver) -> tuple[Keeper, Keeper]:
    if not keeps_paper(actor, case, [before.giver_unit_id]):
        raise no_keeper(actor, case)
    held = holder_of(case, terms.part)
    if (held.keeper.unit is None) != DIRECTIONS[terms.direction].receiver_outside:
        raise Conflict(_("Hồ sơ đang ở %(keeper)s.") % {"keeper": held.name})
    giver = present_office(before.giver_unit) if before.giver_unit is not None else None
    return Keeper(unit=giver, agency=before.giver_agency), Keeper(unit=held.keeper.unit, agency=held.keeper.agency)


def _receiver(case: CaseFile, giver: Keeper, terms: Terms, agency: str) -> Keeper:
    if DIRECTIONS[terms.direction].receiver_outside:
        return Keeper(agency=agency)
    if terms.direction == "vks_vks":
        to = terms.other_unit
        if to is None or (giver.unit is not None and to.pk == giver.unit.pk):
            raise BadInput(_("Hãy chọn đơn vị nhận, khác đơn vị giao."), field="other_unit")
        if not to.is_active(timezone.localdate()):
            raise BadInput(
                _("%(unit)s chưa dùng hệ thống hoặc không còn tồn tại.") % {"unit": to.name}, field="other_unit"
            )
        return Keeper(unit=to)
    unit = giver.unit
    if unit is None:
        raise BadInput(_("Hãy chọn đơn vị nhận, khác đơn vị giao."), field="other_unit")
    if terms.person is None and giver.person is None:
        raise BadInput(_("Hãy chọn người nhận."), field="person")
    if terms.person is not None:
        if giver.person is not None and giver.person.pk == terms.person.pk:
            raise BadInput(_("Người nhận đang giữ hồ sơ: hãy chọn người khác."), field="person")
        if terms.person not in people_to_receive(case, unit):
            raise BadInput(
                _("Người nhận phải làm việc tại đơn vị và được biết vụ án: hãy phân công trước khi giao."),
                field="person",
            )
    return Keeper(unit=unit, person=terms.person)


def _volumes(row: HandOver, terms: Terms) -> list[dict[str, Any]]:
    there = volumes_to_give(row.case, terms.part, terms.direction, terms.completes)
    chosen = there if terms.volumes is None else [each for each in there if each["number"] in set(terms.volumes)]
    # of a completion exhibits alone may follow
    none = not chosen and terms.completes is None
    if none or (terms.volumes is not None and set(terms.volumes) - {each["number"] for each in there}):
        raise BadInput(_("Hãy chọn các tập có trong hồ sơ."), field="volumes")
    if len(chosen) < len(there) and terms.completes is None and terms.reason != IN_PARTS:
        raise BadInput(_("Phải giao đủ các tập; chỉ khi trả hồ sơ mới được giao từng phần."), field="volumes")
    return chosen


def _exhibits(case: CaseFile, terms: Terms) -> list[dict[str, Any]]:
    there = exhibits_to_give(case, terms.part, terms.direction, terms.completes)
    wanted = exhibits_meant(there, terms.completes) if terms.exhibits is None else set(terms.exhibits)
    if terms.part == "hsva" and (others := wanted - {each["id"] for each in there}):
        if terms.completes is None:
            _refuse_outstanding(case, others)
        raise BadInput(
            _(
                "Vật chứng đã chọn không đi kèm hồ sơ này, hoặc chưa giao theo biên bản trước: hãy giao nốt biên bản ấy."
            ),
            field="exhibits",
        )
    return [each for each in there if each["id"] in wanted]


def _refuse_outstanding(case: CaseFile, chosen: Collection[int]) -> None:
    """Refuse to list exhibits that are known to be with somebody else than the giver, and say with whom.

    Raises:
        BadInput: so it is.
    """
    out = {pk: row for pk, row in outstanding_exhibits_of(case).items() if pk in chosen}
    # by quantity and seal: who hands over the paper need not know of the case
    lines = {each.pk: exhibit_line(each.pk, "", each.quantity, each.seal_number) for each in exhibits_of(case)}
    said = [
        _("%(exhibit)s đang ở %(keeper)s, chưa về theo biên bản số %(number)s")
        % {
            "exhibit": exhibit_in_words(lines.get(pk, exhibit_line(pk, "", "", ""))),
            "keeper": left_with(row),
            "number": row.written_number,
        }
        for pk, row in out.items()
    ]
    if said:
        raise BadInput(
            _("%(what)s: hãy bỏ chọn, và giao nốt biên bản ấy khi về.") % {"what": "; ".join(said)}, field="exhibits"
        )


def _is_same(said: Mapping[str, Any], exhibit: Mapping[str, Any]) -> bool:
    """Tell whether what a hand-over lists is this exhibit; what was listed before it was told which is known by its words."""
    if "id" in said:
        return bool(said["id"] == exhibit["id"])
    return as_written(said) in (as_written(exhibit), as_written(exhibit) | {"name": ""})


def _written_of(exhibit: Mapping[str, Any], before: Collection[Mapping[str, Any]]) -> str:
    """Return the name an exhibit was listed by before, where it is otherwise written the same; empty: it was not."""
    nameless = {**as_written(exhibit), "name": ""}
    named = (
        each["name"]
        for each in before
        if each.get("id", exhibit["id"]) == exhibit["id"] and {**as_written(each), "name": ""} == nameless
    )
    return next(named, "")


def locked(row: HandOver) -> HandOver:
    """Return a hand-over as it is now, its case held until the transaction ends."""
    lock_case(row.case)
    return HandOver.objects.select_related(
        "case__unit__parent",
        "giver_unit",
        "receiver_unit",
        "giver_person",
        "receiver_person",
        "completes",
        "created_by",
    ).get(pk=row.pk)


def require_giving(actor: User, row: HandOver) -> None:
    """Refuse who is not of the giving side.

    Raises:
        NotAllowed: so it is.
    """
    if not gives(actor, row):
        raise NotAllowed(_("Chỉ bên giao làm được việc này."))


def as_step(row: HandOver, actor: User, act: str, text: str = "") -> list[dict[str, str]]:
    """Return what was done to a hand-over, with this act at the end."""
    now = timezone.now()
    return [*row.steps, {"act": act, "at": now.isoformat(), "by": display_name(actor), "text": text}]


def _giver_now(row: HandOver) -> Keeper:
    """Return who gives: the one named, or who has the paper since taking over from that office."""
    if row.giver_unit is None:
        return row.giver
    if row.completes_id is not None:
        # volumes that stayed behind are in no row of keepers
        return replace(row.giver, unit=present_office(row.giver_unit))
    held = holder_of(row.case, row.part).keeper
    if held.unit is None or held.unit.pk not in acting_for([row.giver_unit_id]):
        return row.giver
    return held if replace(row.giver, unit=held.unit).is_same(held) else row.giver


@transaction.atomic
def send(*, actor: User, row: HandOver) -> HandOver:
    """Give: the other side is asked to receive it. The first time the record gets its number.

    Raises:
        NotAllowed: the actor is not of the giving side, or may not transfer the case that goes along.
        BadInput: the actor is who is to receive it.
        Conflict: it is under way or over, the paper is elsewhere now, or lent.
    """
    row = locked(row)
    require_giving(actor, row)
    if row.receiver_person_id == actor.pk:
        # nobody could receive it: not the giver, and nobody else in that name
        raise BadInput(
            _(
                "Bạn là người nhận nên không tự giao cho mình được: hãy lưu dự thảo, để văn thư khác hoặc lãnh đạo đơn vị giao."
            ),
            field="person",
        )
    if takes_the_case_along(row):
        require_transfer(actor, row.case)
    # refused and sent again by who took over: given in that name now
    row.giver_unit = _giver_now(row).unit
    if row.giver_unit is not None and row.giver_unit_id == row.receiver_unit_id and row.direction == "vks_vks":
        raise Conflict(_("Hai bên nay là một đơn vị: hãy hủy lần giao này."))
    if row.giver_unit is not None and row.completes_id is None:
        held = holder_of(row.case, row.part)
        if held.is_lent or not held.keeper.is_same(row.giver):
            raise Conflict(
                _("Hồ sơ đang ở %(keeper)s, không ở %(giver)s. Hãy tải lại trang.")
                % {"keeper": held.name, "giver": row.giver.name}
            )
    _require_here(row)
    _refuse_settled(row)
    now = timezone.now()
    changes: dict[str, Any] = {
        "sent_at": now,
        "sent_by": actor,
        "reminded_on": None,
        "giver_unit": row.giver_unit,
        "volumes": [each | {"received": None} for each in row.volumes],
        # what was listed before anybody marked exhibits stays as it is
        "exhibits": [each | {"received": None} if "received" in each else each for each in row.exhibits],
        "steps": as_step(row, actor, "send"),
        "documents_complete": None,
        "exhibits_complete": None,
        "served": None,
    }
    if row.number is None:
        unit = row.giver_unit or row.receiver_unit
        year = timezone.localdate().year
        # a number somebody only reported is on no paper, nor is that of the case file's record on another
        official = row.part == "hsva" and row.direction != "noi_bo"
        form = CatalogueType.objects.filter(code=PAPER_TYPE, verified=True).first() if official else None
        # register 13 is of case files of criminal cases; each register's numbers follow one another
        prosecuted = row.part == "hsva" and row.case.kind == CRIMINAL.value
        series = NumberSeries.Series.HAND_OVER if prosecuted else NumberSeries.Series.OTHER_HAND_OVER
        changes |= {
            "number_series": series.value,
            "number_unit": unit,
            "number_year": year,
            "numbered_at": now,
            "number": next_number(unit, series, year),
            "form_number": form.form_number if form is not None else "",
            "form_edition": form.form_edition if form is not None else "",
        }
    move(row, HAND_OVER, "send", **changes)
    tell(
        "hand_over_sent",
        actor=actor,
        case=row.case,
        **told_of(row),
        number=row.written_number,
        seal_condition=row.seal_condition,
    )
    return row


@transaction.atomic
def hand_over(*, actor: User, case: CaseFile, terms: Terms, instead_of: Discarded | None = None) -> HandOver:
    """Begin a hand-over and send it at once.

    Raises:
        NotFound, NotAllowed, BadInput, Conflict: see `draft` and `send`.
    """
    return send(actor=actor, row=draft(actor=actor, case=case, terms=terms, instead_of=instead_of))


@transaction.atomic
def accept(
    *,
    actor: User,
    row: HandOver,
    checks: Checks,
    received: Collection[int] | None = None,
    received_exhibits: Collection[int] | None = None,
    missing: str = "",
    receiver_name: str = "",
    receiver_title: str = "",
    signed_paper: CaseDocument | None = None,
    awaits_paper: bool = False,
    happened_at: dt.datetime | None = None,
) -> HandOver:
    """Receive: from this moment the paper is with the receiver, and with it the case where the hand-over transfers it.

    Exhibits that the giver is known to have and did not list are outstanding of it from then on.

    Args:
        actor: of the receiving side; for an agency outside, our clerk who records what it signed.
        row: the hand-over.
        checks: what was found, of `HandOver.checks`.
        received: numbers of the volumes that came; None: all.
        received_exhibits: ids of the listed exhibits that came; None: all if `checks` say so, else they were not counted one
            by one and words alone tell what is missing.
        missing: what did not come, where a file comes back in parts.
        receiver_name: who signed for the receiver; the actor, where the receiver is an office of ours.
        receiver_title: with which post.
        signed_paper: the signed record, filed in the case. An agency outside proves itself by it; between us it may be there.
        awaits_paper: that record is still to come: the hand-over counts, and stands in a list until it is there.
        happened_at: when both sides signed, of an agency outside; None: now. It is the moment of receipt for keepers, record
            and register; the entry of the ledger keeps its own.

    Raises:
        NotAllowed: the actor is not of the receiving side, or gave it.
        BadInput: a moment to come, before the giver had it, or stated between our own sides; a check is not passed (it then has to be refused), the record is no signed record of this case, or
            nothing is said of it.
        Conflict: it is not waiting to be received, or the paper is elsewhere.
    """
    row = locked(row)
    require_receiving(actor, row)
    _refuse_settled(row)
    if received_exhibits is None and checks.exhibits_complete:
        received_exhibits = _ids(row.exhibits)
    volumes, exhibits = _counted(actor, row, received), _counted_exhibits(actor, row, received_exhibits, checks)
    left, kept = _left(row, volumes, exhibits)
    missing = composed(missing).strip()[:2000]
    if (left or kept) and not missing:
        raise BadInput(_("Hãy ghi rõ những gì còn thiếu."), field="missing")
    unlisted = kept_back(row)
    short = _says_less(row, unlisted, checks)
    kept += [each["id"] for each in unlisted]
    exhibits = [*exhibits, *unlisted]
    # what the program knows nobody has to write
    missing = missing or ", ".join(map(exhibit_in_words, unlisted))[:2000]
    excused = {"documents_complete"} if left else set[str]()
    excused |= {"exhibits_complete"} if left or short or len(kept) > len(unlisted) else set[str]()
    wrong = tuple(
        (name, label) for name, label in row.checks.items() if getattr(checks, name) is not True and name not in excused
    )
    may_lack = _may_lack(row) | ({"exhibits_complete"} if short else frozenset[str]())
    enforce(hand_over_closed(ClosingHandOver(failed=wrong, may_lack=may_lack)))
    name = one_line(receiver_name)[:200] or row.receiver_name
    title = one_line(receiver_title)[:120] or row.receiver_title
    if row.receiver_unit is not None:
        name, title = name or display_name(actor)[:200], title or _titled(actor, row.receiver_unit)
    moment = _moment_of(row, happened_at)
    changes: dict[str, Any] = {
        **_found(row, checks),
        "volumes": volumes,
        "exhibits": exhibits,
        "missing": missing,
        "outstanding": left,
        "outstanding_exhibits": kept,
        "receiver_name": name,
        "receiver_title": title,
        "accepted_at": moment,
        "received_by": actor,
        "steps": as_step(row, actor, "accept", missing),
        **_proof(actor, row, signed_paper, awaits_paper=awaits_paper),
    }
    move(row, HAND_OVER, "accept", **changes)
    if row.completes is not None:
        came = {each["number"] for each in volumes if each["received"]}
        there = {each["id"] for each in exhibits if each.get("received")}
        settled = _settled(row.completes, volumes=came, exhibits=there, lacking=kept)
        stays = _stays_here(row, volumes=came, exhibits=there)
        HandOver.objects.filter(pk=row.pk).update(outstanding=[], outstanding_exhibits=[])
        row.outstanding, row.outstanding_exhibits = [], []
    else:
        giver = _giver_now(row)
        if giver.is_same(row.receiver):
            # of two offices of which the one took over from the other, or a third from both, paper lies where it is
            stay_with(row.case, row.part, giver)
        else:
            pass_to(
                case=row.case,
                part=row.part,
                giver=giver,
                receiver=row.receiver,
                cause=Holding.Cause.HAND_OVER,
                reference=row.pk,
                happened_at=happened_at,
            )
        settled, stays = _settle_earlier(row), _Said([], [])
    tell(
        "hand_over_accepted",
        actor=actor,
        case=row.case,
        **told_of(row),
        happened_at=row.accepted_at,
        **{key: getattr(row, key) for key in CHECKS},
        outstanding=left,
        exhibits_outstanding=kept,
        volumes_settled=settled.volumes,
        exhibits_settled=settled.exhibits,
        volumes_here=stays.volumes,
        exhibits_here=stays.exhibits,
        exhibits_lacking=[as_written(each) for each in exhibits if is_lacking(each)],
        document=row.signed_paper.document_id if row.signed_paper is not None else None,
        awaits_paper=row.awaits_paper,
        missing=missing,
    )
    if takes_the_case_along(row) and row.receiver_unit is not None:
        move_case(actor=actor, case=row.case, to=row.receiver_unit, decision=row.decision)
    return row


def _says_less(row: HandOver, unlisted: Collection[Mapping[str, Any]], checks: Checks) -> bool:
    """Tell whether exhibits that the giver keeps back without listing them make the check of exhibits one that need not be passed.

    Where the law has it made before a file is received as a whole it is made of what is listed.

    Raises:
        BadInput: so it is, and they are said to be all there: the record would say both.
    """
    short = bool(unlisted) and (row.reason == IN_PARTS or not row.article)
    if short and checks.exhibits_complete:
        raise BadInput(
            _(
                "Không có %(what)s (đang ở %(keeper)s) thì chưa đủ vật chứng: hãy bỏ đánh dấu “Đủ vật chứng”. Nếu vật ấy cũng giao lần này thì chọn “Chưa nhận”, bên giao sửa lần giao cho có vật ấy rồi giao lại."
            )
            % {"what": ", ".join(map(exhibit_in_words, unlisted)), "keeper": row.giver.place},
            field="exhibits_complete",
        )
    return short


def _may_lack(row: HandOver) -> frozenset[str]:
    """Return the checks that need not be passed where it is marked what did not come, which has to be possible one by one."""
    if row.reason != IN_PARTS:
        return frozenset()
    volumes = {"documents_complete"} if len(row.volumes) > 1 or row.completes_id is not None else set[str]()
    return frozenset(volumes | ({"exhibits_complete"} if _ids(row.exhibits) else set[str]()))


def _moment_of(row: HandOver, happened_at: dt.datetime | None) -> dt.datetime:
    """Return when paper changes hands: as it is stated of an agency outside, else now, when the receiving side says so itself."""
    if happened_at is None:
        return timezone.now()
    if not row.direction_data.is_outside:
        raise BadInput(
            _("Giữa các bên trong ngành, hồ sơ được nhận lúc bên nhận bấm Nhận: để trống giờ, ngày."),
            field="happened_at",
        )
    refuse_moment(happened_at)
    if row.completes is not None and row.completes.accepted_at is not None:
        refuse_before(row.completes.accepted_at, happened_at)
    return happened_at


def _found(row: HandOver, checks: Checks) -> dict[str, Any]:
    return {name: getattr(checks, name) if name in row.checks else None for name in CHECKS}


def _counted(actor: User, row: HandOver, received: Collection[int] | None) -> list[dict[str, Any]]:
    """Return the volumes, each with whether it came."""
    listed = {each["number"] for each in row.volumes}
    came = listed if received is None else set(received)
    refuse_settled_among(actor, row.case, row.part, volumes=came - listed)
    if came - listed:
        raise BadInput(_("Hãy chọn các tập có trong lần giao này."), field="volumes")
    return [{**each, "received": each["number"] in came} for each in row.volumes]


def _ids(exhibits: Collection[Mapping[str, Any]]) -> set[int]:
    """Return the ids of listed exhibits; those of before have none."""
    return {each["id"] for each in exhibits if "id" in each}


def _counted_exhibits(
    actor: User, row: HandOver, received: Collection[int] | None, checks: Checks
) -> list[dict[str, Any]]:
    """Return the exhibits, each with whether it came, as far as they were counted one by one."""
    listed: list[dict[str, Any]] = row.exhibits
    if received is None:
        return listed
    came = set(received)
    refuse_settled_among(actor, row.case, row.part, exhibits=came - _ids(listed))
    if came - _ids(listed):
        raise BadInput(_("Hãy chọn các vật chứng có trong lần giao này."), field="exhibits")
    counted = [{**each, "received": each["id"] in came} if "id" in each else each for each in listed]
    lacking = [exhibit_in_words(each) for each in counted if is_lacking(each)]
    if lacking and checks.exhibits_complete:
        # the record would say both
        raise BadInput(
            _("Không có %(what)s thì chưa đủ vật chứng: hãy bỏ đánh dấu “Đủ vật chứng”, hoặc đánh dấu vật chứng đã có.")
            % {"what": ", ".join(lacking)},
            field="exhibits_complete",
        )
    return counted


def _lacking(volumes: Collection[Mapping[str, Any]], exhibits: Collection[Mapping[str, Any]]) -> list[str]:
    """Return what did not come, in words."""
    labels = [str(each["label"]) for each in volumes if each["received"] is False]
    return labels + [exhibit_in_words(each) for each in exhibits if is_lacking(each)]


def _left(
    row: HandOver, volumes: Collection[Mapping[str, Any]], exhibits: Collection[Mapping[str, Any]]
) -> tuple[list[int], list[int]]:
    """Return the numbers of the volumes and the ids of the exhibits that the giver still has.

    Raises:
        BadInput: nothing came, or some of what has to come whole.
    """
    came = {each["number"] for each in volumes if each["received"]}
    follow = row.completes is not None and any(each.get("received") for each in exhibits)
    if not came and not follow:
        raise BadInput(
            _("Hãy chọn các tập có trong lần giao này.")
            if volumes
            else _("Hãy chọn các vật chứng có trong lần giao này."),
            field="volumes" if volumes else "exhibits",
        )
    lacking = _lacking(volumes, exhibits)
    if lacking and row.reason != IN_PARTS:
        raise BadInput(
            _("Còn thiếu %(what)s: hãy chọn “Chưa nhận” và ghi rõ phần thiếu.") % {"what": ", ".join(lacking)},
            field="volumes" if len(came) < len(volumes) else "exhibits",
        )
    kept = [each["id"] for each in exhibits if is_lacking(each)]
    listed = {each["number"] for each in volumes}
    if row.completes is not None:
        return sorted(listed - came), kept
    elsewhere = away_from_giver(row.case, row.part, row.direction)
    all_of_it = {each["number"] for each in volumes_of(row.case, row.part)} | listed
    return sorted(all_of_it - came - elsewhere), kept


class _Said(NamedTuple):
    """What earlier hand-overs are no longer missing, or are now, each with the number of that one first."""

    volumes: list[tuple[int, int]]
    exhibits: list[tuple[int, int]]


def _settled(
    before: HandOver, *, volumes: Collection[int], exhibits: Collection[int], lacking: Collection[int] = ()
) -> _Said:
    """Take these off what an earlier hand-over is missing; return what was on it.

    Args:
        before: the hand-over.
        volumes: numbers of volumes.
        exhibits: ids of exhibits.
        lacking: ids of exhibits that it is missing as well: who counted then, or listed them, had not said so.
    """
    owed = [*before.outstanding_exhibits, *(each for each in lacking if each not in before.outstanding_exhibits)]
    HandOver.objects.filter(pk=before.pk).update(
        outstanding=[each for each in before.outstanding if each not in volumes],
        outstanding_exhibits=[each for each in owed if each not in exhibits],
    )
    return _Said(
        [(before.pk, each) for each in before.outstanding if each in volumes],
        [(before.pk, each) for each in before.outstanding_exhibits if each in exhibits],
    )


def _stays_here(row: HandOver, *, volumes: Collection[int], exhibits: Collection[int]) -> _Said:
    """Let what followed to an office that has given the rest away meanwhile be what it kept back then; return it.

    It lies in the office, which gives it on by completing that hand-over, and who has the rest cannot bring it.
    """
    here, held = row.receiver_unit_id, holder_of(row.case, row.part)
    if here is None or held.is_lent or (held.keeper.unit is not None and here in acting_for([held.keeper.unit.pk])):
        return _Said([], [])
    given = HandOver.objects.filter(case=row.case, part=row.part, state="da_nhan", completes__isnull=True)
    left = given.filter(giver_unit__in=with_taken_over([here])).exclude(direction="noi_bo").order_by("pk").last()
    if left is None:
        # it never had the rest
        return _Said([], [])
    HandOver.objects.filter(pk=left.pk).update(
        outstanding=sorted({*left.outstanding, *volumes}),
        outstanding_exhibits=sorted({*left.outstanding_exhibits, *exhibits}),
    )
    return _Said([(left.pk, each) for each in sorted(volumes)], [(left.pk, each) for each in sorted(exhibits)])


def _settle_earlier(row: HandOver) -> _Said:
    """Take off earlier hand-overs what is no longer missing since this one was received; return it.

    Volumes and exhibits that came, or that this one now says are missing; and everything the receiver had kept back itself.
    Of exhibits that nobody counted it says neither.
    """
    said = {each["number"] for each in row.volumes} | set(row.outstanding)
    listed = _ids([each for each in row.exhibits if each.get("received") is not None])
    earlier = HandOver.objects.filter(case=row.case, part=row.part, state="da_nhan").order_by("pk")
    earlier = earlier.exclude(outstanding=[], outstanding_exhibits=[])
    found = _Said([], [])
    for before in earlier.exclude(pk=row.pk).select_related("giver_unit", "giver_person"):
        there = _has_the_rest(before, row)
        volumes, exhibits = _settled(
            before,
            volumes=before.outstanding if there else said,
            exhibits=before.outstanding_exhibits if there else listed,
        )
        found.volumes.extend(volumes)
        found.exhibits.extend(exhibits)
    return found


def _has_the_rest(before: HandOver, row: HandOver) -> bool:
    """Tell whether a file comes back to who kept volumes of it when giving it away."""
    if before.giver_unit_id is None:
        return before.giver.is_same(row.receiver)
    if row.receiver_unit_id not in acting_for([before.giver_unit_id]):
        return False
    # the office may be another by now, and one side of what was received after a take-over the old one
    went_out, comes_in = before.direction != "noi_bo", row.direction != "noi_bo"
    return (went_out and comes_in) or before.giver_person_id == row.receiver_person_id


def _proof(actor: User, row: HandOver, paper: CaseDocument | None, *, awaits_paper: bool) -> dict[str, Any]:
    """Return what is kept of the signed record; between offices and people of ours none is asked for, each acting itself."""
    if paper is None and not awaits_paper and row.direction_data.is_outside:
        raise BadInput(
            _("Hãy chọn biên bản đã ký trong hồ sơ (bản quét), hoặc đánh dấu chờ biên bản đã ký."),
            field="signed_paper",
        )
    if paper is not None:
        _check_paper(actor, row, paper)
    return {"signed_paper": paper, "awaits_paper": paper is None and awaits_paper}


def _check_paper(actor: User, row: HandOver, paper: CaseDocument) -> None:
    if not papers_to_attach(actor, row).filter(pk=paper.pk).exists():
        raise BadInput(
            _("Tài liệu này không phải biên bản giao nhận của vụ án, hoặc đã gắn với lần giao khác."),
            field="signed_paper",
        )


def look_before_leaving(case: CaseFile) -> None:
    """Refuse that a case goes to another office while its paper waits to take it along.

    The office that waits would take it away again from one that never agreed.

    Raises:
        Conflict: so it is.
    """
    waiting = HandOver.objects.filter(
        case=case, part="hsva", direction="vks_vks", reason=TRANSFER, state="cho_nhan"
    ).select_related("receiver_unit")
    for row in waiting:
        row.case = case
        if takes_the_case_along(row):
            raise Conflict(
                _("Vụ án đang chuyển cùng hồ sơ giấy theo lần giao chưa nhận: hãy nhận hoặc hủy lần giao đó trước.")
            )


def require_receiving(actor: User, row: HandOver) -> None:
    """Refuse who does not act for the receiving side, which alone closes a hand-over, and who gave it.

    Raises:
        NotAllowed: so it is.
    """
    enforce(hand_over_closed(ClosingHandOver(by_receiver=receives(actor, row))), NotAllowed)
    if is_own_gift(actor, row):
        raise NotAllowed(
            _(
                "Bạn là người giao lần này nên không tự nhận được: người khác của bên nhận (văn thư khác hoặc lãnh đạo đơn vị) kiểm đếm và nhận."
            )
        )


def require_side(actor: User, row: HandOver) -> None:
    """Refuse who acts for neither side.

    Raises:
        NotAllowed: so it is.
    """
    if not (gives(actor, row) or receives(actor, row)):
        raise NotAllowed(_("Chỉ người của bên giao hoặc bên nhận gắn được biên bản."))


@transaction.atomic
def attach_paper(*, actor: User, row: HandOver, paper: CaseDocument) -> HandOver:
    """Attach the signed record of a hand-over that was received: one that is waited for, or any time between us.

    Raises:
        NotAllowed: the actor is of neither side.
        BadInput: it is no signed record of this case.
        Conflict: it was not received, or has one.
    """
    row = locked(row)
    require_side(actor, row)
    if not takes_paper(row):
        raise Conflict(_("Lần giao nhận này chưa nhận, hoặc đã có biên bản."))
    _check_paper(actor, row, paper)
    steps = as_step(row, actor, "paper")
    # the case is held: nobody attaches another meanwhile
    HandOver.objects.filter(pk=row.pk).update(awaits_paper=False, signed_paper=paper, steps=steps)
    row.awaits_paper, row.signed_paper, row.steps = False, paper, steps
    tell(
        "hand_over_paper",
        actor=actor,
        case=row.case,
        hand_over=row.pk,
        part=row.part,
        document=paper.document_id,
        sha256=paper.sha256,
    )
    return row


@transaction.atomic
def reject(
    *,
    actor: User,
    row: HandOver,
    checks: Checks,
    missing: str = "",
    received: Collection[int] | None = None,
    received_exhibits: Collection[int] | None = None,
) -> HandOver:
    """Refuse to receive, naming what is missing; the paper stays with the giver.

    Args:
        actor: of the receiving side.
        row: the hand-over.
        checks: what was found, of `HandOver.checks`.
        missing: what is missing, in words; empty: the volumes and exhibits that did not come.
        received: numbers of the volumes that came; None: they were not counted.
        received_exhibits: ids of the listed exhibits that came; None: they were not counted.

    Raises:
        NotAllowed: the actor is not of the receiving side, or gave it.
        BadInput: nothing is named and everything came, or a volume or exhibit is not of this hand-over.
        Conflict: it is not waiting to be received.
    """
    row = locked(row)
    require_receiving(actor, row)
    volumes = row.volumes if received is None else _counted(actor, row, received)
    exhibits = _counted_exhibits(actor, row, received_exhibits, checks)
    missing = composed(missing).strip() or ", ".join(_lacking(volumes, exhibits))
    enforce(hand_over_closed(ClosingHandOver(refused=True, missing="" if len(missing) > 2000 else missing)))
    found = _found(row, checks)
    steps = as_step(row, actor, "reject", missing)
    move(row, HAND_OVER, "reject", missing=missing, volumes=volumes, exhibits=exhibits, steps=steps, **found)
    tell(
        "hand_over_rejected",
        actor=actor,
        case=row.case,
        hand_over=row.pk,
        part=row.part,
        **found,
        volumes_missing=[each["number"] for each in volumes if each["received"] is False],
        exhibits_missing=[each["id"] for each in exhibits if is_lacking(each)],
        exhibits_lacking=[as_written(each) for each in exhibits if is_lacking(each)],
        missing=missing,
    )
    return row


@transaction.atomic
def cancel(*, actor: User, row: HandOver, reason: str) -> HandOver:
    """Take back a hand-over nobody received; a number that was given stays given.

    The ledger hears of no draft, unless somebody else than its maker puts it aside; what it said stays to be read.

    Raises:
        NotAllowed: the actor is not of the giving side.
        BadInput: no reason.
        Conflict: it was received, or cancelled before.
    """
    row = locked(row)
    require_giving(actor, row)
    reason = composed(reason).strip()
    if not reason or len(reason) > 500:
        raise BadInput(_("Hãy ghi lý do hủy (không quá 500 chữ cái)."), field="reason")
    move(row, HAND_OVER, "cancel", steps=as_step(row, actor, "cancel", reason))
    if row.number is None:
        # a draft: nobody was told that it was there, but its maker counts on it
        if row.created_by_id != actor.pk:
            tell(
                "hand_over_draft_discarded",
                actor=actor,
                case=row.case,
                hand_over=row.pk,
                part=row.part,
                person_id=row.created_by_id,
                person=display_name(row.created_by),
                reason=reason,
            )
        return row
    tell("hand_over_cancelled", actor=actor, case=row.case, hand_over=row.pk, part=row.part, reason=reason)
    return row


def remind_of_hand_overs() -> int:
    """Write to both sides of hand-overs nobody received in time, once that is so and each week after; return to how many.

    To clerks, to leaders of those of restricted cases, and to who gives or receives in own name. Called once a day; a letter
    that went to nobody, on a day without mail or without this call, goes out on the next. It says how many, and nothing of a case.
    """
    today = timezone.localdate()
    waiting = HandOver.objects.filter(state="cho_nhan", sent_at__lt=timezone.now() - WAITS_TOO_LONG)
    long_ago = Q(reminded_on__isnull=True) | Q(reminded_on__lte=today - dt.timedelta(days=REMIND_EVERY))
    due = list(waiting.filter(long_ago))
    if not due:
        return 0
    own = {pk for row in due for pk in (row.giver_person_id, row.receiver_person_id) if pk is not None}
    clerks = in_office({"records_clerk"})
    at_the_desk = set(clerks.values_list("pk", flat=True))
    people = clerks | in_office(LEADING) | User.objects.filter(pk__in=own, is_active=True).exclude(email="")
    of: dict[int, set[int]] = {}

    def said(user: User) -> str:
        mine = late_for(user).filter(pk__in=[row.pk for row in due])
        if user.pk not in at_the_desk:
            of_own = Q(giver_person=user) | Q(receiver_person=user)
            mine = mine.filter(of_own | Q(case__confidentiality=CaseFile.Confidentiality.RESTRICTED))
        of[user.pk] = set(mine.values_list("pk", flat=True))
        return (
            _("%(count)d lần giao nhận hồ sơ quá %(days)d ngày chưa ai nhận.")
            % {"count": len(of[user.pk]), "days": WAITS_TOO_LONG.days}
            if of[user.pk]
            else ""
        )

    reached = write_to(
        people, said, where=_("Hãy mở trang Giữ hồ sơ, mục Quá hạn: nhận, ghi chưa nhận, hoặc bên giao hủy.")
    )
    told = {pk for user in reached for pk in of[user.pk]}
    HandOver.objects.filter(pk__in=told).update(reminded_on=today)
    return len(reached)
