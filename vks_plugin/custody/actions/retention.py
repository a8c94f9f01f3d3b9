"""Saying how long cases are kept, and holding a case beyond that."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.access.policy import Level
from vks_plugin.access.queries import require
from vks_plugin.acts import tell
from vks_plugin.cases.actions.record import lock_case
from vks_plugin.cases.models import CaseFile
from vks_plugin.custody.actions.moving import said
from vks_plugin.custody.models import RetentionHold, RetentionRule
from vks_plugin.custody.models.retention import LONGEST
from vks_plugin.custody.queries.retention import may_change_rules, require_hold
from vks_plugin.custody.retention import GROUNDS, LIMITED, TERMS, UNDETERMINED
from vks_plugin.errors import BadInput, Conflict, NotAllowed, NotFound

MOST_HOLDS = 50
"""Holds in force one case may have."""


@transaction.atomic
def change_rule(*, actor: User, rule_id: int, term: str, years: int | None, source: str, reason: str) -> RetentionRule:
    """Say how long the cases of a row are kept.

    Args:
        years: for a limited term, nothing otherwise.
        source: the table of retention in force it is taken from; may be empty for a row that becomes undetermined.
        reason: why it is changed.

    Raises:
        NotAllowed: the actor is neither archivist nor chief procurator of the province.
        NotFound: there is no such row.
        BadInput: the term is none, or its years or its source are missing.
        Conflict: nothing would change.
    """
    if not may_change_rules(actor):
        raise NotAllowed(_("Chỉ Lưu trữ viên hoặc Viện trưởng tỉnh được sửa bảng thời hạn bảo quản."))
    row = RetentionRule.objects.select_for_update().filter(pk=rule_id).first()
    if row is None:
        raise NotFound(_("Không có dòng này trong bảng thời hạn bảo quản."))
    if term not in dict(TERMS):
        raise BadInput(_("Hãy chọn thời hạn bảo quản."), field="term")
    if term == LIMITED and not (years and 1 <= years <= LONGEST):
        raise BadInput(_("Hãy nhập số năm, từ 1 đến %(most)d.") % {"most": LONGEST}, field="years")
    if term != LIMITED and years is not None:
        raise BadInput(_("Chỉ nhập số năm cho “Có thời hạn”."), field="years")
    given = said(source, "source", least=0 if term == UNDETERMINED else 5, most=200)
    why = said(reason, "reason")
    if (row.term, row.years, row.source) == (term, years, given):
        raise Conflict(_("Dòng này đã đúng như vậy."))
    before, years_before = row.term, row.years
    row.term, row.years, row.source = term, years, given
    row.save(update_fields=["term", "years", "source"])
    tell(
        "retention_changed",
        actor=actor,
        case=None,
        rule=row.key,
        term_before=before,
        years_before=years_before,
        term=row.term,
        years=row.years,
        decision=given,
        reason=why,
    )
    return row


@transaction.atomic
def place_hold(*, actor: User, case: CaseFile, ground: str, reason: str) -> RetentionHold:
    """Keep a case from being disposed of until somebody ends that.

    Raises:
        NotFound, NotAllowed: the actor may not read the case, or leads neither its office nor the one above.
        BadInput: the ground is none, or the reason says nothing.
        Conflict: it is held for that ground already.
    """
    require(actor, case, Level.VIEW, doing=_("giữ hồ sơ lại"))
    require_hold(actor, case)
    if ground not in dict(GROUNDS):
        raise BadInput(_("Hãy chọn lý do giữ hồ sơ."), field="ground")
    why = said(reason, "reason")
    case = lock_case(case)
    open_ones = RetentionHold.objects.filter(case=case, ended_at__isnull=True)
    if open_ones.filter(ground=ground, reason=why).exists() or open_ones.count() >= MOST_HOLDS:
        raise Conflict(_("Hồ sơ đã được giữ lại vì lý do này."))
    row = RetentionHold.objects.create(case=case, ground=ground, reason=why, placed_by=actor)
    tell("hold_placed", actor=actor, case=case, hold=row.pk, ground=ground, reason=why)
    return row


@transaction.atomic
def end_hold(*, actor: User, case: CaseFile, hold_id: int, reason: str) -> RetentionHold:
    """End a hold that a leader placed.

    Raises:
        NotFound, NotAllowed: as for `place_hold`, or the case has no such hold.
        BadInput: the reason says nothing.
        Conflict: it is ended already.
    """
    require(actor, case, Level.VIEW, doing=_("thôi giữ hồ sơ"))
    require_hold(actor, case)
    why = said(reason, "reason")
    case = lock_case(case)
    row = RetentionHold.objects.filter(pk=hold_id, case=case).first()
    if row is None:
        raise NotFound(_("Vụ án không có lần giữ hồ sơ này."))
    if row.ended_at is not None:
        raise Conflict(_("Đã thôi giữ từ trước. Hãy tải lại trang."))
    row.ended_by, row.ended_at, row.end_reason = actor, timezone.now(), why
    row.save(update_fields=["ended_by", "ended_at", "end_reason"])
    tell("hold_ended", actor=actor, case=case, hold=row.pk, ground=row.ground, reason=why)
    return row
