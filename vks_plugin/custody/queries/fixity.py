"""Which comparisons of stored files were made, and what they found."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.contrib.auth.models import User
from django.db.models import BigIntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.access.policy import LEADING
from vks_plugin.access.queries import leads, visible_documents
from vks_plugin.cases.models import CaseDocument, CaseFile
from vks_plugin.custody.models import FixityFinding, FixityRun
from vks_plugin.errors import NotFound
from vks_plugin.organization.models import ProcuracyUnit
from vks_plugin.organization.queries import posts_in_force, province_ids


def last_run() -> FixityRun | None:
    """Return the last finished comparison of all cases."""
    return FixityRun.objects.filter(case__isnull=True, finished_at__isnull=False).order_by("-pk").first()


def is_due(days: int) -> bool:
    """Tell whether all cases are to be compared: a comparison was cut off, or the last one is so many days old."""
    return FixityRun.objects.filter(case__isnull=True, finished_at__isnull=True).exists() or is_overdue(days)


def is_overdue(days: int) -> bool:
    """Tell whether no comparison of all cases was finished for so many days, though files are older than that."""
    since = timezone.now() - dt.timedelta(days=days)
    last = last_run()
    if last is not None and last.finished_at is not None and last.finished_at > since:
        return False
    return CaseDocument.objects.filter(filed_at__lte=since).exists()


def open_findings() -> QuerySet[FixityFinding]:
    """Return what any comparison found and nobody has closed, as soon as it is found; what was found twice, once.

    A later comparison that finds nothing wrong closes nothing: somebody says what happened to the file.
    """
    return FixityFinding.objects.filter(closed_at__isnull=True, repeated=False)


def newest_finding() -> int:
    """Return the number of what was found last; 0: nothing ever was."""
    return FixityFinding.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def case_of(finding: FixityFinding) -> CaseFile | None:
    """Return the case a file belongs to; None: it is of no case, or of none any more."""
    if finding.document_id is None:
        return finding.case
    filed = CaseDocument.objects.select_related("case").filter(document_id=finding.document_id).first()
    return filed.case if filed is not None else finding.run.case


def may_close(user: User, case: CaseFile | None) -> bool:
    """Tell whether the person may close an alarm: who leads the office of the case, or the province without a case."""
    return leads(user, [case.unit_id] if case is not None else province_ids())


def leads_any(user: User) -> bool:
    """Tell whether the person leads an office: alarms are told to nobody else."""
    return bool(_offices(user))


def _offices(user: User) -> list[ProcuracyUnit]:
    return [unit for role, unit in posts_in_force(user) if role in LEADING] if user.is_active else []


def alarms_for(user: User) -> QuerySet[FixityFinding]:
    """Return the open alarms the person may close: of cases of the own office, of no case for leaders of the province.

    Each row is told its case by `of_case` (key) and `of_code`; None: the file is of no case.
    """
    offices = _offices(user)
    filed = CaseDocument.objects.filter(document_id=OuterRef("document_id"))
    rows = open_findings().annotate(
        of_case=Coalesce(Subquery(filed.values("case_id")[:1]), "case_id", output_field=BigIntegerField()),
        of_code=Coalesce(Subquery(filed.values("case__code")[:1]), "case__code"),
        of_unit=Coalesce(Subquery(filed.values("case__unit_id")[:1]), "case__unit_id", output_field=BigIntegerField()),
    )
    mine = Q(of_unit__in=[unit.pk for unit in offices])
    if any(unit.kind == ProcuracyUnit.Kind.PROVINCE for unit in offices):
        mine |= Q(of_unit__isnull=True)
    return (rows.filter(mine) if offices else rows.none()).select_related("run").order_by("pk")


def alarm_for(user: User, pk: int) -> FixityFinding:
    """Return an alarm the person may close, open or closed.

    Raises:
        NotFound: there is none, or none of the person's offices.
    """
    row = FixityFinding.objects.select_related("run__case", "case").filter(pk=pk).first()
    if row is None or not may_close(user, case_of(row)):
        raise NotFound(_("Không có sai lệch này trong phạm vi của bạn."))
    return row


def readable_paths(user: User, rows: Iterable[FixityFinding]) -> set[int]:
    """Return the keys of the alarms whose path the person may read: of documents the person reads, and of no document."""
    some = list(rows)
    ids = [each.document_id for each in some if each.document_id is not None]
    read = set(visible_documents(user).filter(document_id__in=ids).values_list("document_id", flat=True))
    filed = set(CaseDocument.objects.filter(document_id__in=ids).values_list("document_id", flat=True))
    return {each.pk for each in some if each.document_id not in filed or each.document_id in read}
