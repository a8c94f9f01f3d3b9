"""What did not come along with a file and never will: a leader takes it for lost, or for kept for good; or it is found.

The twin of `settle_loan`. What is settled keeps the file out of nothing any more and is owed by nobody; it is told wherever the
file is. Found, it is owed again by who had kept it, and comes by a hand-over as everything does.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.acts import tell
from vks_plugin.custody.actions.hand_overs import as_step, locked
from vks_plugin.custody.actions.moving import SHORTEST_REASON, said
from vks_plugin.custody.handing import KEPT, SETTLEMENTS
from vks_plugin.custody.models import HandOver
from vks_plugin.custody.queries.settled import (
    EXHIBIT,
    VOLUME,
    lies_with_rest,
    may_find,
    may_settle,
    office_owed,
    settled_at,
)
from vks_plugin.custody.states import HAND_OVER
from vks_plugin.errors import BadInput, Conflict, NotAllowed
from vks_plugin.organization.queries import display_name, present_office
from vks_plugin.text import composed


def require_settling(actor: User, row: HandOver) -> None:
    """Refuse who does not lead the office that is owed what did not come along.

    Raises:
        NotAllowed: so it is.
    """
    if not may_settle(actor, row):
        raise NotAllowed(
            _("Chỉ lãnh đạo đơn vị đang chờ nhận phần chưa giao (%(unit)s) kết thúc được phần ấy.")
            % {"unit": office_owed(row).name}
        )


def require_finding(actor: User, row: HandOver) -> None:
    """Refuse who keeps the paper of neither the office that is owed what did not come along nor that of the case.

    Raises:
        NotAllowed: so it is.
    """
    if not may_find(actor, row):
        raise NotAllowed(
            _("Chỉ văn thư, lãnh đạo của đơn vị chờ nhận (%(unit)s), đơn vị thụ lý ghi được là đã tìm thấy.")
            % {"unit": office_owed(row).name}
        )


@transaction.atomic
def settle_rest(
    *,
    actor: User,
    row: HandOver,
    outcome: str,
    reason: str,
    volumes: Collection[int] = (),
    exhibits: Collection[int] = (),
) -> HandOver:
    """Wait no more for what did not come along: a leader takes it for lost, or for kept for good by who has it.

    Args:
        actor: a leader of the office that is owed it, see `office_owed`.
        row: the hand-over it was missing from.
        outcome: of `custody.handing.SETTLEMENTS`.
        reason: by which paper, and why; everybody who may know of the case reads it, and who sees
            that hand-over; records of the archive print it.
        volumes: numbers of volumes that are outstanding at that hand-over.
        exhibits: ids of exhibits that are.

    Raises:
        NotAllowed: the actor does not lead that office.
        BadInput: no such outcome, a reason that says nothing, nothing chosen, something that is not outstanding, or that the
            own office would keep from itself.
        Conflict: it is on its way, nobody received the rest yet, or the file was disposed of.
    """
    row = locked(row)
    require_settling(actor, row)
    _refuse_state(row)
    if outcome not in SETTLEMENTS:
        raise BadInput(_("Hãy chọn thất lạc, hay nơi đang giữ giữ hẳn."), field="outcome")
    chosen, things = _chosen(volumes, exhibits)
    _refuse_others(chosen, row.outstanding, "volumes")
    _refuse_others(things, row.outstanding_exhibits, "exhibits")
    keeps = present_office(row.giver_unit) if row.giver_unit is not None else None
    if outcome == KEPT and keeps is not None and keeps.pk == office_owed(row).pk:
        raise BadInput(
            _("Phần này ở chính %(unit)s: hãy giao nốt, hoặc ghi thất lạc nếu không còn.") % {"unit": keeps.name},
            field="outcome",
        )
    why = said(reason, "reason", least=SHORTEST_REASON, most=1000)
    _refuse_under_way(row, chosen, things)
    common = {
        "outcome": outcome,
        "at": timezone.now().isoformat(),
        "by": composed(display_name(actor)),
        "reason": why,
        "found_at": None,
    }
    pieces = [{"piece": VOLUME, "number": each, **common} for each in chosen]
    pieces += [{"piece": EXHIBIT, "number": each, **common} for each in things]
    _write(
        row,
        outstanding=[each for each in row.outstanding if each not in chosen],
        outstanding_exhibits=[each for each in row.outstanding_exhibits if each not in things],
        settled_pieces=[*row.settled_pieces, *pieces],
        steps=as_step(row, actor, "settle", why),
    )
    tell(
        "hand_over_settled",
        actor=actor,
        case=row.case,
        hand_over=row.pk,
        part=row.part,
        settlement=outcome,
        volume_numbers=chosen,
        exhibit_numbers=things,
        reason=why,
    )
    return row


@transaction.atomic
def find_rest(
    *,
    actor: User,
    row: HandOver,
    reason: str,
    volumes: Collection[int] = (),
    exhibits: Collection[int] = (),
) -> HandOver:
    """Record that what was settled is there after all: it is owed again, and comes by completing that hand-over.

    Where who had kept it has the rest by now, it is with the file at once.

    Args:
        actor: who keeps the paper of the office that is owed it, or of the case's.
        row: the hand-over it was missing from.
        reason: where it turned up.
        volumes: numbers of volumes that are settled at that hand-over.
        exhibits: ids of exhibits that are.

    Raises:
        NotAllowed: the actor keeps paper in neither.
        BadInput: a reason that says nothing, nothing chosen, or something that is not settled.
        Conflict: the file was disposed of.
    """
    row = locked(row)
    require_finding(actor, row)
    _refuse_state(row)
    chosen, things = _chosen(volumes, exhibits)
    settled = [each for each in settled_at(row) if each.is_so_at(None)]
    for piece, numbers, field in ((VOLUME, chosen, "volumes"), (EXHIBIT, things, "exhibits")):
        if set(numbers) - {each.number for each in settled if each.piece == piece}:
            raise BadInput(
                _("Hãy chọn trong những gì lãnh đạo đã ghi thất lạc, giữ hẳn ở lần giao nhận này."), field=field
            )
    why = said(reason, "reason", least=SHORTEST_REASON, most=1000)
    found = {(VOLUME, each) for each in chosen} | {(EXHIBIT, each) for each in things}
    now, here = timezone.now().isoformat(), lies_with_rest(row)
    _write(
        row,
        outstanding=row.outstanding if here else sorted({*row.outstanding, *chosen}),
        outstanding_exhibits=row.outstanding_exhibits if here else sorted({*row.outstanding_exhibits, *things}),
        settled_pieces=[_as_found(line, found, now) for line in row.settled_pieces],
        steps=as_step(row, actor, "find", why),
    )
    tell(
        "hand_over_found",
        actor=actor,
        case=row.case,
        hand_over=row.pk,
        part=row.part,
        volume_numbers=chosen,
        exhibit_numbers=things,
        with_file=here,
        reason=why,
    )
    return row


def _as_found(line: Any, found: Collection[tuple[str, int]], now: str) -> Any:
    """Return a line of what was settled, found by now where it is one of these; a damaged one as it is."""
    is_open = isinstance(line, dict) and line.get("found_at", now) is None
    return {**line, "found_at": now} if is_open and (line.get("piece"), line.get("number")) in found else line


def _chosen(volumes: Collection[int], exhibits: Collection[int]) -> tuple[list[int], list[int]]:
    if not volumes and not exhibits:
        raise BadInput(_("Hãy chọn tập, vật chứng."), field="volumes")
    return sorted(set(volumes)), sorted(set(exhibits))


def _refuse_others(chosen: Collection[int], outstanding: Collection[int], field: str) -> None:
    if set(chosen) - set(outstanding):
        raise BadInput(
            _("Hãy chọn trong những gì còn chưa giao ở lần giao nhận này; phần đã về hoặc đã kết thúc thì không chọn."),
            field=field,
        )


def _refuse_state(row: HandOver) -> None:
    if row.state != "da_nhan":
        raise Conflict(_("Lần giao nhận này chưa nhận: chưa có phần nào còn chưa giao."))
    if row.case.destroyed_at is not None:
        raise Conflict(_("Hồ sơ đã tiêu hủy."))


def _refuse_under_way(row: HandOver, volumes: Collection[int], exhibits: Collection[int]) -> None:
    """Refuse what somebody brings: who receives it would find that nobody waits for it.

    A draft nobody else knows of and can take away; what it lists is looked at again when it is sent.
    """
    under_way = HandOver.objects.filter(case=row.case, part=row.part, state__in=HAND_OVER.open - {"du_thao"})
    for each in under_way:
        listed = {line["number"] for line in each.volumes}
        if listed & set(volumes) or {line.get("id") for line in each.exhibits} & set(exhibits):
            raise Conflict(
                _("Phần này đang được giao nốt theo một lần giao chưa xong: hãy nhận, hoặc hủy lần giao đó trước.")
            )


def _write(row: HandOver, **changes: Any) -> None:
    # the case is held: nobody changes what is outstanding meanwhile
    HandOver.objects.filter(pk=row.pk).update(**changes)
    for name, value in changes.items():
        setattr(row, name, value)
