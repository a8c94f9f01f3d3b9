"""Disposal: which files may be disposed of, who may do what, what a person sees of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.access.policy import LEADING
from vks_plugin.access.queries import FACTS, holds_post, visible_cases
from vks_plugin.acts import DESTROYED
from vks_plugin.cases.models import CaseFile, ProceduralEvent
from vks_plugin.cases.stages import ARCHIVED
from vks_plugin.conf import configuration
from vks_plugin.court.deck.models import DeckExport
from vks_plugin.court.models import OPEN, Bundle, RedactionWork
from vks_plugin.custody.actions.fixity import KeptFile, KeptFolder
from vks_plugin.custody.models import (
    AccessionItem,
    CertifiedCopy,
    DigitisationBatch,
    HandOver,
    Loan,
    LoanedPart,
    RetentionRule,
)
from vks_plugin.custody.queries.accession import ARCHIVIST, longest_silence
from vks_plugin.custody.queries.hand_overs import (
    exhibits_still_out,
    settled_in_words,
    still_out_in_words,
    with_volumes_elsewhere,
)
from vks_plugin.custody.queries.loans import entries_by_row
from vks_plugin.custody.queries.retention import Kept, Standing, finishing_events, standings
from vks_plugin.custody.queries.settled import found_before, kept_from_itself
from vks_plugin.custody.retention import LIMITED, UNDETERMINED
from vks_plugin.custody.states import COPY, DIGITISATION, DISPOSAL, HAND_OVER, LOAN
from vks_plugin.disposal.models import DestructionBatch, DestructionItem, Tombstone
from vks_plugin.errors import NotFound
from vks_plugin.filing.models import IntakeItem
from vks_plugin.organization.models import ProcuracyUnit
from vks_plugin.organization.queries import acting_for, posts_in_force, province_ids, with_taken_over

MOST_LOOKED_AT = 2000
"""Archived cases, the longest finished first, among which those are looked for whose period is over."""
MOST_SHOWN = 200
_AT_ONCE = 200


def _roles(setting: str) -> frozenset[str]:
    return frozenset(each.strip() for each in setting.split(",") if each.strip())


def kept_before(cases: Collection[int]) -> dict[int, Kept]:
    """Return, by the keys of cases, how long files that were disposed of had been kept, as their tombstones say."""
    rows = Tombstone.objects.filter(case__in=cases).values_list("case_id", "retention", "kept_until")
    return {case: Kept(term, until) for case, term, until in rows}


def first_roles() -> frozenset[str]:
    """Return the roles of the office whose holders approve first."""
    return _roles(configuration().disposal_first_roles)


def second_roles() -> frozenset[str]:
    """Return the roles of the province whose holders approve second."""
    return _roles(configuration().disposal_second_roles)


def may_draft(user: User, unit_id: int) -> bool:
    """Tell whether the person may draft, submit and carry out a disposal: an archivist of the office."""
    return holds_post(user, {ARCHIVIST}, acting_for([unit_id]))


def may_approve(user: User, batch: DestructionBatch) -> bool:
    """Tell whether the person is the one to approve or deny now: never who drafted it, nor who approved before."""
    if user.pk in {batch.drafted_by_id, batch.first_by_id}:
        return False
    if batch.state in DISPOSAL.move("approve_first").sources:
        return holds_post(user, first_roles(), acting_for([batch.unit_id]))
    if batch.state in DISPOSAL.move("approve_second").sources:
        return holds_post(user, second_roles(), province_ids())
    return False


def may_cancel(user: User, batch: DestructionBatch) -> bool:
    """Tell whether the person may call it off: an archivist of the office, or who approves."""
    return (
        may_draft(user, batch.unit_id)
        or holds_post(user, first_roles(), acting_for([batch.unit_id]))
        or holds_post(user, second_roles(), province_ids())
    )


def is_at_work(batch: DestructionBatch) -> bool:
    """Tell whether a worker carries a disposal out, or is about to; one that was cut off is said to be lost after a while."""
    since = batch.beat or batch.executed_at
    return batch.state == "dang_tieu_huy" and since is not None and timezone.now() - since < longest_silence()


def batches_for(user: User) -> QuerySet[DestructionBatch]:
    """Return the disposals of offices whose archivist or leader the person is, or which the person leads from above.

    Those of offices that were taken over are their successors' to read, and to end.
    """
    own, below = set(), set()
    if user.is_active:
        for role, unit in posts_in_force(user):
            if role == ARCHIVIST or role in LEADING | first_roles():
                own.add(unit.pk)
            if role in LEADING or (role in second_roles() and unit.kind == ProcuracyUnit.Kind.PROVINCE):
                below.add(unit.pk)
    own, below = with_taken_over(own), with_taken_over(below)
    rows = DestructionBatch.objects.filter(Q(unit_id__in=own | below) | Q(unit__parent_id__in=below))
    people = ("drafted_by", "first_by", "second_by", "ended_by", "recorded_by", "executed_by")
    return rows.select_related("unit__parent", *people).order_by("-pk")


def batch_for(user: User, pk: int) -> DestructionBatch:
    """Return a disposal the person may know of.

    Raises:
        NotFound: there is none, or none of the person's offices.
    """
    found = batches_for(user).filter(pk=pk).first()
    if found is None:
        raise NotFound(_("Không có đợt tiêu hủy này trong phạm vi của bạn."))
    return found


def batches_waiting_for(user: User) -> int:
    """Return how many disposals wait for this person to approve them."""
    first, second, provinces = first_roles(), second_roles(), set(province_ids())
    posts = posts_in_force(user)
    offices = with_taken_over(unit.pk for role, unit in posts if role in first)
    waiting = Q(state__in=DISPOSAL.move("approve_first").sources, unit_id__in=offices)
    if any(role in second and unit.pk in provinces for role, unit in posts):
        waiting |= Q(state__in=DISPOSAL.move("approve_second").sources)
    return batches_for(user).filter(waiting).exclude(drafted_by=user).exclude(first_by=user).count()


def known_items(user: User, batch: DestructionBatch) -> set[int]:
    """Return the keys of the cases of a disposal that the person may know of."""
    keys = batch.items.values("case_id")
    return set(visible_cases(user).filter(pk__in=keys).values_list("pk", flat=True))


def knows_all(user: User, batch: DestructionBatch) -> bool:
    """Tell whether the person may know of every case of a disposal, which is who may have its papers."""
    return not batch.items.exclude(case__in=visible_cases(user).order_by().values("pk")).exists()


def acts_for(user: User, batch: DestructionBatch) -> frozenset[str]:
    """Return what the person may do with a disposal now: of `submit`, `approve`, `deny`, `attach`, `execute`, `close`, `cancel`."""
    open_moves = {move.name for move in DISPOSAL.moves_from(batch.state)}
    found = set()
    if may_draft(user, batch.unit_id):
        found |= open_moves & {"submit", "attach", "execute", "close"}
        if is_at_work(batch):
            found.discard("execute")
    if may_approve(user, batch):
        found |= {"approve", "deny"}
    if "cancel" in open_moves and may_cancel(user, batch):
        found.add("cancel")
    return frozenset(found)


def record_for(user: User, pk: int) -> DestructionBatch:
    """Return a disposal whose signed record the person may have: who may know of every case in it.

    Raises:
        NotFound: there is none, or the person may not know of all that it names.
    """
    batch = batch_for(user, pk)
    if not knows_all(user, batch) or not batch.record_sha256 or not batch.record_path.is_file():
        raise NotFound(_("Không có biên bản đã ký trong phạm vi của bạn."))
    return batch


def tombstone_of(case: CaseFile) -> Tombstone | None:
    """Return what is left of a file that was disposed of; None: it was not."""
    return Tombstone.objects.filter(case=case).first() if case.destroyed_at is not None else None


def offices_to_draft_in(user: User) -> set[int]:
    """Return the offices, by id, whose disposals the person may draft."""
    return {unit.pk for role, unit in posts_in_force(user) if role == ARCHIVIST}


def lapsed_cases(user: User) -> list[Standing]:
    """Return the archived cases whose period is over and that the person may have disposed of, the longest finished first.

    At most `MOST_SHOWN`, looked for among `MOST_LOOKED_AT`: what is disposed of makes room for the next.
    """
    years = RetentionRule.objects.filter(term=LIMITED).order_by("years").values_list("years", flat=True).first()
    units = offices_to_draft_in(user)
    if years is None or not units:
        return []
    today = timezone.localdate()
    finished = ProceduralEvent.objects.filter(
        case=OuterRef("pk"), event__in=finishing_events(), accused__isnull=True, withdrawn_at__isnull=True
    )
    day = finished.order_by("-happened_on", "-pk").values("happened_on")[:1]
    rows = (
        visible_cases(user)
        .filter(unit_id__in=units, status=ARCHIVED, destroyed_at__isnull=True)
        .annotate(over_on=day)
        .filter(over_on__year__lt=today.year - years)
        .select_related(*FACTS)
        .order_by("over_on", "pk")[:MOST_LOOKED_AT]
    )
    cases, found = list(rows), list[Standing]()
    for start in range(0, len(cases), _AT_ONCE):
        found += [each for each in standings(cases[start : start + _AT_ONCE]) if each.retention.is_over(today)]
        if len(found) >= MOST_SHOWN:
            break
    return found[:MOST_SHOWN]


def destroyed_documents() -> list[tuple[int, str]]:
    """Return the documents that were disposed of and all their versions, by id and SHA-256 of the original."""
    stones = Tombstone.objects.order_by("pk").only("files")
    return [each for stone in stones.iterator(chunk_size=200) for each in stone.originals]


def signed_records(case: CaseFile | None) -> Iterator[KeptFile]:
    """Yield the signed records of disposals, as they were attached; leaders of the province are told of them.

    One speaks of many cases: it is read when all are.
    """
    if case is not None:
        return
    rows = DestructionBatch.objects.exclude(record_sha256="").order_by("pk")
    for each in rows.iterator(chunk_size=200):
        yield KeptFile(each.record_path, each.record_sha256)


def folder_of_records() -> Iterator[KeptFolder]:
    """Yield where those records lie."""

    def known(ids: Collection[UUID]) -> Iterable[UUID]:
        return DestructionBatch.objects.filter(key__in=ids).values_list("key", flat=True)

    yield KeptFolder(DestructionBatch().record_path.parent, known)


def unfinished_batches() -> list[int]:
    """Return the disposals that a person ordered, that no worker has in hand, and of which files are left."""
    rows = DestructionBatch.objects.filter(state__in=["dang_tieu_huy", "chua_xong"]).order_by("pk")
    cut_off = [each for each in rows if not is_at_work(each)]
    left = set(
        DestructionItem.objects.filter(batch__in=cut_off, erased_at__isnull=False, finished_at__isnull=True)
        .order_by()
        .values_list("batch_id", flat=True)
    )
    return [each.pk for each in cut_off if each.state == "dang_tieu_huy" or each.pk in left]


def exhibits_left(batch: DestructionBatch) -> dict[int, list[str]]:
    """Return which exhibits did not come along with the files of a disposal, in words, by case.

    Of a file that is gone, as the entries of the ledger say; what they were nobody knows any more. It is no obstacle: an
    exhibit that somebody else has is kept or disposed of by rules of its own.
    """
    items = list(batch.items.values_list("case_id", "erased_at"))
    out = exhibits_still_out([case for case, erased in items if erased is None])
    gone = [case for case, erased in items if erased is not None]
    for entry in entries_by_row(gone, (DESTROYED,), "disposal", [batch.pk])[batch.pk]:
        if entry.case_id is not None:
            out[entry.case_id] = set(entry.said["data"].get("exhibits_outstanding") or ())
    return still_out_in_words(out)


def pieces_settled(batch: DestructionBatch) -> dict[int, list[str]]:
    """Return which volumes and exhibits of the files of a disposal nobody waits for, in words, by case.

    Of what is gone without why, and as it was on the day it went.
    """
    found: dict[int, list[str]] = {}
    for at, cases in _by_day(dict(batch.items.values_list("case_id", "erased_at"))):
        found |= settled_in_words(cases, at)
    return found


def _by_day(moments: Mapping[int, dt.datetime | None]) -> Iterator[tuple[dt.datetime | None, list[int]]]:
    """Yield each day on which files went, by its last moment, with these files; None: those that are there.

    Nothing is settled or found of what is gone, and offices are called by the day.
    """
    days: dict[dt.date | None, list[int]] = {}
    for case, at in moments.items():
        days.setdefault(timezone.localdate(at) if at is not None else None, []).append(case)
    for cases in days.values():
        last = [at for case in cases if (at := moments[case]) is not None]
        yield (max(last) if last else None), cases


# --- what stands against it


def _keys(rows: QuerySet[Any, Any]) -> frozenset[int]:
    return frozenset(each for each in rows if each is not None)


def obstacles(cases: Iterable[CaseFile], *, batch: DestructionBatch | None = None) -> dict[int, str]:
    """Return, by key, why files may not be disposed of; a case that is not in the answer may be (some seventeen queries).

    Args:
        cases: each with `FACTS`.
        batch: the disposal they are in; being in it is no obstacle then.
    """
    found = standings(cases)
    keys = [each.case.pk for each in found]
    lent = Loan.objects.filter(case__in=keys, state__in=LOAN.open)
    out = LoanedPart.objects.filter(case__in=keys, is_out=True)
    copied = CertifiedCopy.objects.filter(case__in=keys, state__in=COPY.open)
    moving = HandOver.objects.filter(case__in=keys, state__in=HAND_OVER.open)
    scanned = DigitisationBatch.objects.filter(case__in=keys, state__in=DIGITISATION.open)
    going = AccessionItem.objects.filter(case__in=keys, pending=True)
    others = DestructionItem.objects.filter(case__in=keys, pending=True)
    if batch is not None:
        others = others.exclude(batch=batch)
    bundles = Bundle.objects.filter(case__in=keys, status__in=OPEN)
    redactions = RedactionWork.objects.filter(case__in=keys, status__in=OPEN)
    decks = DeckExport.objects.filter(presentation__case__in=keys, status__in=OPEN)
    coming = IntakeItem.objects.filter(case__in=keys, status=IntakeItem.Status.WAITING)
    busy: tuple[tuple[Collection[int], str], ...] = (
        (
            _keys(lent.values_list("case_id", flat=True)) | _keys(out.values_list("case_id", flat=True)),
            _("đang cho mượn"),
        ),
        (_keys(moving.values_list("case_id", flat=True)), _("đang giao nhận")),
        (
            _keys(with_volumes_elsewhere(keys).values_list("case_id", flat=True)),
            _("còn tập chưa về cùng hồ sơ: ghi nhận, hoặc lãnh đạo ghi thất lạc, giữ hẳn"),
        ),
        *(({key}, found_before(numbers)) for key, numbers in kept_from_itself(keys).items()),
        (_keys(copied.values_list("case_id", flat=True)), _("đang cấp bản sao, trích lục")),
        (_keys(scanned.values_list("case_id", flat=True)), _("đang số hóa")),
        (_keys(going.values_list("case_id", flat=True)), _("đang nộp lưu")),
        (_keys(others.values_list("case_id", flat=True)), _("đang trong một đợt tiêu hủy khác")),
        (
            _keys(bundles.values_list("case_id", flat=True))
            | _keys(redactions.values_list("case_id", flat=True))
            | _keys(decks.values_list("presentation__case_id", flat=True))
            | _keys(coming.values_list("case_id", flat=True)),
            _("máy đang lập tập, gói, bản che hoặc nhận tệp: hãy chờ xong"),
        ),
    )
    told = {}
    for each in found:
        why = _not_over(each) or next((words for taken, words in busy if each.case.pk in taken), "")
        if why:
            told[each.case.pk] = why
    return told


def _not_over(found: Standing) -> str:
    """Return why the period of a case does not let it be disposed of; empty: it does."""
    case, kept = found.case, found.retention
    if case.destroyed_at is not None:
        return _("đã tiêu hủy")
    if case.status != ARCHIVED:
        return _("chưa nộp lưu")
    if kept.finished_on is None:
        return _("chưa ghi ngày kết thúc")
    if kept.rule is None or kept.term == UNDETERMINED:
        return _("thời hạn bảo quản chưa xác định")
    if kept.ends_on is None:
        return _("bảo quản vĩnh viễn")
    if not kept.is_over(timezone.localdate()):
        return _("còn bảo quản đến hết %(day)s") % {"day": f"{kept.ends_on:%d/%m/%Y}"}
    if found.held:
        return _("đang giữ lại: %(why)s") % {"why": ", ".join(found.holds_in_words)}
    return ""
