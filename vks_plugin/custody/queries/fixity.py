"""Which comparisons of stored files were made, and what they found."""

from __future__ import annotations

import datetime as dt

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils import timezone

from vks_plugin.access.queries import leads
from vks_plugin.cases.models import CaseDocument, CaseFile
from vks_plugin.custody.models import FixityFinding, FixityRun
from vks_plugin.organization.queries import province_ids


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
    """Return what the last finished comparison of all cases found and nobody has closed."""
    last = last_run()
    return FixityFinding.objects.filter(run=last, closed_at__isnull=True) if last else FixityFinding.objects.none()


def case_of(finding: FixityFinding) -> CaseFile | None:
    """Return the case a file belongs to; None: it is of no case, or of none any more."""
    if finding.document_id is None:
        return None
    filed = CaseDocument.objects.select_related("case").filter(document_id=finding.document_id).first()
    return filed.case if filed is not None else finding.run.case


def may_close(user: User, case: CaseFile | None) -> bool:
    """Tell whether the person may close an alarm: who leads the office of the case, or the province without a case."""
    return leads(user, [case.unit_id] if case is not None else province_ids())
