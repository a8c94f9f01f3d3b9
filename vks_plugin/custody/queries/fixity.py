"""Which comparisons of stored files were made, and what they found."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Literal

from django.contrib.auth.models import User
from django.db.models import BigIntegerField, Count, Max, OuterRef, Q, QuerySet, Subquery
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
    return _of_offices(user, open_findings())


def _of_offices(user: User, found: QuerySet[FixityFinding]) -> QuerySet[FixityFinding]:
    offices = _offices(user)
    filed = CaseDocument.objects.filter(document_id=OuterRef("document_id"))
    rows = found.annotate(
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


def titles_of(user: User, rows: Iterable[FixityFinding]) -> dict[int, str]:
    """Return what the papers of these alarms are called, with their folios, by the keys of the alarms: those the person reads."""
    some = [each for each in rows if each.document_id is not None]
    read = visible_documents(user).filter(document_id__in=[each.document_id for each in some])
    called = {
        each.document_id: ", ".join(filter(None, (f"“{each.title}”", each.folio_label)))
        for each in read.prefetch_related("folios")
    }
    return {each.pk: called[each.document_id] for each in some if each.document_id in called}


def matched_since(rows: Iterable[FixityFinding]) -> set[int]:
    """Return the keys of those alarms, as `alarms_for` returns them, whose file a later comparison found as it was recorded.

    What it finds wrong again stands in a row of its own, which takes the place of the one before.
    """
    some = list(rows)
    whole = last_run()
    cases = {each.of_case for each in some}  # type: ignore[attr-defined]  # annotated
    of_case = dict(
        FixityRun.objects.filter(case__in=cases, finished_at__isnull=False)
        .order_by()
        .values_list("case")
        .annotate(Max("pk"))
    )
    found = set()
    for each in some:
        # of a case its documents are read; packages and the rest with everything
        own = of_case.get(each.of_case, 0) if each.version_id is not None else 0  # type: ignore[attr-defined]
        if max(whole.pk if whole is not None else 0, own) > each.run_id:
            found.add(each.pk)
    return found


# --- comparing on demand


LOST = dt.timedelta(minutes=2)
"""A process that compares and was not heard of for so long is taken for lost; it is heard of every few seconds."""
NOT_TAKEN = dt.timedelta(minutes=10)
"""What no worker took within so long is taken for lost by the queue."""

State = Literal["waiting", "running", "stopping", "unfinished", "finished"]


def state_of(run: FixityRun) -> State:
    """Return how a comparison stands; what is unfinished can be gone on with."""
    if run.finished_at is not None:
        return "finished"
    silent = timezone.now() - run.touched_at
    if run.work == FixityRun.Work.WAITING and silent < NOT_TAKEN:
        return "waiting"
    if run.work == FixityRun.Work.WORKING and silent < LOST:
        return "stopping" if run.stop_asked else "running"
    return "unfinished"


GOING_ON: frozenset[State] = frozenset({"waiting", "running", "stopping"})
"""States in which another process is not to begin."""


def may_compare(user: User, case: CaseFile | None) -> bool:
    """Tell whether the person may have files compared: of a case, who may close its alarms; of all, see `may_compare_all`."""
    return may_close(user, case) if case is not None else may_compare_all(user)


def may_compare_all(user: User) -> bool:
    """Tell whether the person may have all files compared: who leads the province, or runs its machines.

    An administrator is told how many files differ, as by the doctor, and not which.
    """
    posts = posts_in_force(user) if user.is_active else []
    return any(unit.kind == ProcuracyUnit.Kind.PROVINCE and role in _COMPARE_ALL for role, unit in posts)


_COMPARE_ALL = LEADING | {"system_admin"}


def runs_for(user: User) -> QuerySet[FixityRun]:
    """Return the comparisons the person could have asked for, the newest first."""
    mine = Q(case__unit__in=[unit.pk for unit in _offices(user)])
    if may_compare_all(user):
        mine |= Q(case__isnull=True)
    return FixityRun.objects.filter(mine).select_related("case", "asked_by").order_by("-pk")


def run_for(user: User, pk: int) -> FixityRun:
    """Return a comparison the person could have asked for.

    Raises:
        NotFound: there is none, or none of the person's offices.
    """
    row = runs_for(user).filter(pk=pk).first()
    if row is None:
        raise NotFound(_("Không có lần đối chiếu này trong phạm vi của bạn."))
    return row


def newest_run(case: CaseFile | None) -> FixityRun | None:
    """Return the comparison of a case, or of all, that was begun last."""
    return FixityRun.objects.filter(case=case).select_related("case", "asked_by").order_by("-pk").first()


def documents_of(run: FixityRun) -> int:
    """Return how many documents a comparison reads, those it has read among them."""
    if run.finished_at is not None:
        return run.documents
    left = CaseDocument.objects.filter(pk__gt=run.behind)
    return run.documents + (left if run.case_id is None else left.filter(case=run.case_id)).count()


def counts_of(runs: Iterable[FixityRun]) -> dict[int, dict[str, int]]:
    """Return, by the keys of comparisons, how many files of each kind differ (one query)."""
    counted = {run.pk: dict.fromkeys(FixityFinding.Kind.values, 0) for run in runs}
    rows = FixityFinding.objects.filter(run__in=list(counted)).order_by().values_list("run", "kind")
    for run, kind, number in rows.annotate(number=Count("pk")):
        counted[run][kind] = number
    return counted


def findings_of(user: User, run: FixityRun) -> QuerySet[FixityFinding]:
    """Return what a comparison found, as far as the person may close it; told the case as by `alarms_for`."""
    return _of_offices(user, run.findings.all())


def sentence(row: FixityFinding, called: str = "") -> str:
    """Return what is wrong with a file and what to do, without its path, which is not for everybody.

    Args:
        row: what was found.
        called: what the paper is called, for who reads it; else its number is told.
    """
    if called:
        if row.version_id is None:
            which = _("Video kèm %(paper)s")
        else:
            which = _("Bản lưu của %(paper)s") if row.archive else _("Bản gốc của %(paper)s")
        file = which % {"paper": called}
    elif row.document_id is not None:
        if row.version_id is None:
            which = _("Video kèm tài liệu số %(number)d")
        else:
            which = _("Bản lưu của tài liệu số %(number)d") if row.archive else _("Bản gốc của tài liệu số %(number)d")
        file = which % {"number": row.document_id}
    else:
        file = _("Gói nộp lưu của vụ án") if row.case_id is not None else _("Tệp này")
    match row.kind:
        case FixityFinding.Kind.CHANGED:
            said = _("%(file)s bị đổi: nội dung không khớp mã băm đã ghi. Nhờ quản trị lấy lại tệp từ bản sao lưu.")
        case FixityFinding.Kind.MISSING:
            said = _("%(file)s bị mất: không còn ở nơi đã ghi. Nhờ quản trị lấy lại tệp từ bản sao lưu.")
        case FixityFinding.Kind.UNREADABLE:
            said = _("%(file)s không đọc được. Nhờ quản trị xem quyền của tệp và ổ đĩa.")
        case _other:
            said = _("%(file)s không thuộc tài liệu nào. Hỏi quản trị tệp từ đâu ra.")
    return said % {"file": file}
