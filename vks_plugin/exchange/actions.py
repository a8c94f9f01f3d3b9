"""Loading a list: handed in, tried, loaded; each by a worker, and each going on where it was cut off.

The trial does everything and takes it back, case by case, so that it tells what would really happen.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import time
import uuid
from collections import Counter
from functools import partial
from pathlib import Path

from django.contrib.auth.models import User
from django.core.files import File
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.access.queries import units_to_register_in
from vks_plugin.acts import tell
from vks_plugin.cases.models import CaseImport, CaseImportRow
from vks_plugin.conf import configuration
from vks_plugin.errors import Conflict, NotAllowed, NotFound, TooLarge, Unavailable, VksError
from vks_plugin.exchange.loading import Loader, Outcome
from vks_plugin.exchange.planning import GivenCase, plan, rows_of
from vks_plugin.exchange.reading import Sheet, read_file
from vks_plugin.language import speaking
from vks_plugin.organization.models import ProcuracyUnit
from vks_plugin.text import one_line

logger = logging.getLogger("paperless.vks.exchange")

Status = CaseImport.Status
_TRYING = (Status.WAITING, Status.CHECKING)
_LOADING = (Status.QUEUED, Status.RUNNING)
_UNDER_WAY = (*_TRYING, *_LOADING)
KEPT_FOR = dt.timedelta(days=7)
"""How long a list that was tried and never loaded is kept."""
LOST_AFTER = dt.timedelta(minutes=2)
"""Without a sign of a worker for so long, a run may be taken up again."""
_SLICE = 600
"""Seconds after which a run makes way for other tasks; the host ends a task that takes half an hour."""
_CHUNK = 1024 * 1024


def folder() -> Path:
    """Return where lists lie until they are loaded."""
    return configuration().data_dir / "imports"


def path_of(row: CaseImport) -> Path:
    """Return where this list lies."""
    return folder() / row.stored_as


def imports_of(user: User) -> QuerySet[CaseImport]:
    """Return the person's own loadings, newest first."""
    return CaseImport.objects.filter(user_id=user.pk).select_related("unit")


def import_for(user: User, pk: int | str) -> CaseImport:
    """Return one of the person's own loadings.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    found = imports_of(user).filter(pk=pk).first()
    if found is None:
        raise NotFound(_("Không có lần nạp này."))
    return found


def summary_of(row: CaseImport) -> dict[str, dict[str, int]]:
    """Return rows and cases by outcome (one query)."""
    counted = row.rows.order_by().values_list("outcome", "row", "first_row")
    found = {outcome: {"rows": 0, "cases": 0} for outcome in CaseImportRow.Outcome.values}
    for outcome, number, first in counted:
        found[outcome]["rows"] += 1
        found[outcome]["cases"] += number == first
    return found


@transaction.atomic
def hand_in(
    *,
    actor: User,
    file: File[bytes] | Path,
    filename: str,
    unit: ProcuracyUnit | None = None,
    updates: bool = False,
    load: bool = False,
    queued: bool = True,
) -> CaseImport:
    """Take a list in and have it tried by a worker; with `load`, loaded without a trial.

    Args:
        actor: on whose behalf cases are registered and changed.
        file: the list.
        filename: what it is called.
        unit: the office of rows that name none.
        updates: whether cases that are there are changed.
        load: whether to load at once.
        queued: whether a worker is to be sent; otherwise the caller runs it.

    Raises:
        NotAllowed: the actor registers no cases, or none in that office.
        TooLarge: above `VKS_MAX_IMPORT_BYTES`.
        Unavailable: the task queue cannot be reached; nothing was kept.
    """
    units = units_to_register_in(actor)
    if not units.exists():
        raise NotAllowed(
            _("Bạn chưa có chức danh đăng ký vụ án tại đơn vị đang dùng hệ thống. Hãy liên hệ lãnh đạo đơn vị.")
        )
    if unit is not None and not units.filter(pk=unit.pk).exists():
        raise NotAllowed(_("Bạn không đăng ký vụ án cho đơn vị này."), field="unit")
    _clear_abandoned()
    row = CaseImport.objects.create(
        user=actor,
        unit=unit,
        filename=one_line(Path(filename.replace("\\", "/")).name)[:200] or "danh-sach",
        stored_as=uuid.uuid4().hex,
        updates=updates,
        status=Status.QUEUED if load else Status.WAITING,
    )
    _keep(file, path_of(row), name=row.filename)
    if queued:
        transaction.on_commit(partial(_send, row))
    return row


def _keep(file: File[bytes] | Path, target: Path, *, name: str) -> None:
    limit = configuration().max_import_bytes
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    blocks = iter([file.read_bytes()]) if isinstance(file, Path) else file.chunks(_CHUNK)
    size = 0
    with target.open("xb") as sink:
        os.fchmod(sink.fileno(), 0o600)
        for block in blocks:
            size += len(block)
            if size > limit:
                target.unlink()
                raise TooLarge(
                    _("Tệp %(name)s lớn hơn %(limit)d MB: hãy chia thành nhiều tệp.")
                    % {"name": name, "limit": limit // (1024 * 1024)},
                    field="file",
                )
            sink.write(block)


def _send(row: CaseImport) -> None:
    from vks_plugin.exchange.tasks import run_import  # noqa: PLC0415 - the task imports this module

    try:
        run_import.apply_async(kwargs={"import_id": row.pk})
    except Exception as error:
        path_of(row).unlink(missing_ok=True)
        CaseImport.objects.filter(pk=row.pk).delete()
        if isinstance(error, VksError):
            raise
        raise Unavailable(_("Hàng đợi xử lý không hoạt động: hãy báo quản trị và thử lại sau.")) from error
    row.refresh_from_db()


def is_lost(row: CaseImport) -> bool:
    """Tell whether the worker that had it in hand seems to be gone."""
    return row.status in _UNDER_WAY and row.touched_at < timezone.now() - LOST_AFTER


@transaction.atomic
def load(*, actor: User, pk: int | str) -> CaseImport:
    """Load a list that was tried, or take up a run whose worker is gone.

    Raises:
        NotFound: there is none, or it is somebody else's.
        Conflict: it is loaded already, was discarded, or a worker has it in hand.
    """
    row = import_for(actor, pk)
    row = CaseImport.objects.select_for_update().get(pk=row.pk)
    if row.status == Status.CHECKED:
        row.rows.all().delete()
        row.status, row.done, row.ended_at = Status.QUEUED, 0, None
    elif not is_lost(row):
        raise Conflict(_("Danh sách này đang được xử lý, đã nạp hoặc đã bỏ."))
    row.touched_at = timezone.now()
    row.save(update_fields=["status", "done", "ended_at", "touched_at"])
    transaction.on_commit(partial(_resend, row))
    return row


def _resend(row: CaseImport) -> None:
    from vks_plugin.exchange.tasks import run_import  # noqa: PLC0415 - the task imports this module

    try:
        run_import.apply_async(kwargs={"import_id": row.pk})
    except VksError:
        raise
    except Exception as error:
        raise Unavailable(_("Hàng đợi xử lý không hoạt động: hãy báo quản trị và thử lại sau.")) from error
    row.refresh_from_db()


def resume_lost() -> int:
    """Send a worker again for every run whose worker is gone; return how many."""
    lost = CaseImport.objects.filter(status__in=_UNDER_WAY, touched_at__lt=timezone.now() - LOST_AFTER)
    rows = list(lost)
    for row in rows:
        _resend(row)
    return len(rows)


@transaction.atomic
def discard(*, actor: User, pk: int | str) -> CaseImport:
    """Give up a list that was tried; what it says is deleted from the server.

    Raises:
        NotFound: there is none, or it is somebody else's.
        Conflict: it is being loaded, or was.
    """
    row = import_for(actor, pk)
    changed = CaseImport.objects.filter(
        pk=row.pk, status__in=[Status.CHECKED, Status.FAILED, Status.WAITING, Status.CHECKING]
    ).update(status=Status.DISCARDED, ended_at=timezone.now())
    if changed != 1:
        raise Conflict(_("Danh sách này đang nạp, đã nạp hoặc đã bỏ."))
    _forget(row)
    row.refresh_from_db()
    return row


def _forget(row: CaseImport) -> None:
    """Delete the file, and what the rows of a trial tell of it."""
    if row.stored_as:
        transaction.on_commit(partial(path_of(row).unlink, missing_ok=True))
    CaseImport.objects.filter(pk=row.pk).update(stored_as="")


def _clear_abandoned() -> None:
    """Delete lists that were tried long ago and never loaded: they hold people's data."""
    old = CaseImport.objects.filter(
        status__in=[Status.CHECKED, Status.FAILED], touched_at__lt=timezone.now() - KEPT_FOR
    )
    for row in old.exclude(stored_as=""):
        _forget(row)
        CaseImport.objects.filter(pk=row.pk).update(status=Status.DISCARDED)


# --- the worker's part


def run(import_id: int) -> bool:
    """Try or load a list from where it stands; tell whether there is more to do.

    A run that is done, given up, or in another worker's hands is left alone.
    """
    row = CaseImport.objects.select_related("user", "unit__parent").filter(pk=import_id).first()
    if row is None or row.status not in _UNDER_WAY:
        return False
    trial = row.status in _TRYING
    status = Status.CHECKING if trial else Status.RUNNING
    if CaseImport.objects.filter(pk=row.pk, status=row.status).update(status=status, touched_at=timezone.now()) != 1:
        return False
    row.status = status
    # the report is kept for whoever comes back to it, in the language of the offices
    with speaking("vi"):
        try:
            sheet = read_file(path_of(row), name=row.filename)
        except VksError as error:
            _end(row, Status.FAILED, error=error.message[:500])
            return False
        except FileNotFoundError:
            _end(row, Status.FAILED, error=_("Tệp không còn trên máy chủ: hãy nộp lại."))
            return False
        return _work(row, sheet, trial=trial)


def _work(row: CaseImport, sheet: Sheet, *, trial: bool) -> bool:
    cases = plan(sheet)
    notes = list(sheet.told)
    if sheet.unknown:
        notes.append(_("Cột không có trong danh mục, bỏ qua: %(columns)s.") % {"columns": "; ".join(sheet.unknown)})
    CaseImport.objects.filter(pk=row.pk).update(total=len(sheet.lines), notes=notes)
    loader = Loader(actor=row.user, unit=row.unit, updates=row.updates)
    behind = set(row.rows.values_list("row", flat=True))
    began = time.monotonic()
    done = len(behind)
    for case in cases:
        if case.lines[0] in behind:
            continue
        if time.monotonic() - began > _SLICE:
            return True
        with transaction.atomic():
            # whoever else has it in hand waits here, and then sees that it is not alone
            now = CaseImport.objects.select_for_update().get(pk=row.pk)
            if now.status != row.status or now.done != done:
                return False
            rows = _rows(row, case, loader, trial=trial)
            CaseImportRow.objects.bulk_create(rows)
            done += len(rows)
            CaseImport.objects.filter(pk=row.pk).update(done=done, touched_at=timezone.now())
    _end(row, Status.CHECKED if trial else Status.DONE)
    return False


def _rows(row: CaseImport, case: GivenCase, loader: Loader, *, trial: bool) -> list[CaseImportRow]:
    refused = CaseImportRow.Outcome.REFUSED
    told: dict[int, tuple[str, ...]]
    if case.problems:
        outcome = Outcome(refused)
        told = {number: tuple(sentences) for number, sentences in rows_of(case)}
    else:
        outcome = _load(case, loader, trial=trial)
        told = {case.lines[0]: outcome.sentences}
    # a code that was only tried is given to the next one that asks
    code = "" if trial and outcome.kind == CaseImportRow.Outcome.CREATED else outcome.code
    return [
        CaseImportRow(
            case_import=row,
            row=number,
            first_row=case.lines[0],
            outcome=outcome.kind,
            code=code,
            sentences=list(told.get(number, ())),
        )
        for number in case.lines
    ]


def _load(case: GivenCase, loader: Loader, *, trial: bool) -> Outcome:
    try:
        with transaction.atomic():
            outcome = loader.load(case)
            transaction.set_rollback(trial)
    except VksError as error:
        return Outcome(CaseImportRow.Outcome.REFUSED, sentences=(error.message,))
    except Exception as error:  # noqa: BLE001 - one row that nobody foresaw does not stop the others
        # the class alone: messages may quote the list
        logger.error("a row of import failed: %s", type(error).__name__)
        return Outcome(CaseImportRow.Outcome.REFUSED, sentences=(_("Lỗi hệ thống: hãy báo quản trị."),))
    return outcome


@transaction.atomic
def _end(row: CaseImport, status: str, *, error: str = "") -> None:
    changed = CaseImport.objects.filter(pk=row.pk, status=row.status).update(
        status=status, error=error, touched_at=timezone.now(), ended_at=timezone.now()
    )
    if changed == 1 and status in {Status.DONE, Status.FAILED}:
        _forget(row)
    if changed == 1 and status == Status.DONE:
        outcomes = Counter(row.rows.values_list("outcome", flat=True))
        tell(
            "list_imported",
            actor=row.user,
            case=None,
            case_import=row.pk,
            rows=outcomes.total(),
            rows_refused=outcomes[CaseImportRow.Outcome.REFUSED],
        )
