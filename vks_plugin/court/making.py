"""Files that a worker makes: sent to it, made by one worker alone, begun anew when that worker is gone.

A worker holds the lock of what it makes as long as it lives, whatever ends it. Statuses are the same for all kinds.
"""

from __future__ import annotations

import datetime as dt
import logging
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError

from vks_plugin.court.models import FAILED, OPEN, QUEUED, RUNNING, Made
from vks_plugin.errors import Unavailable, VksError
from vks_plugin.language import speaking
from vks_plugin.working import failure_kept, held_alone

logger = logging.getLogger("paperless.vks.court")

Send = Callable[[str], object]
"""Hands the id of a row to the queue."""
_LOST_AFTER = dt.timedelta(minutes=10)
"""What waits longer is sent once more: the queue may have lost it. What was taken meanwhile is left alone."""
_AT_ONCE = 50
_LIVES = dt.timedelta(hours=12)
"""After which no worker goes on with something: it writes to it with every page, and looks through it at the end."""
MOST_ATTEMPTS = 3
"""Workers that may die of one thing, as of a page that takes all memory."""


def _all(row: Made) -> Any:
    """Return the rows of its kind; each kind has its own statuses, some of them the same."""
    return type(row)._default_manager


def send_new(row: Made, send: Send) -> None:
    """Hand a row that was just written to the queue; the row goes when there is none.

    Raises:
        Unavailable: the task queue cannot be reached.
    """
    try:
        send(str(row.pk))
    except Exception as error:
        _all(row).filter(pk=row.pk).delete()
        raise _no_queue(error) from error
    row.refresh_from_db()


def _no_queue(error: Exception) -> VksError:
    if isinstance(error, VksError):
        return error
    return Unavailable(_("Hàng đợi xử lý không hoạt động: hãy báo quản trị và thử lại sau."))


def send_again(row: Made, send: Send) -> None:
    """Hand a row that waits to the queue once more; where there is none, it goes on waiting and is sent the next time."""
    try:
        send(str(row.pk))
    except OperationalError:
        logger.warning("%s %s waits: the queue cannot be reached", row._meta.model_name, row.pk)


@contextmanager
def taken(row: Made, keep: Callable[[str], object], *, crashed: str) -> Iterator[bool]:
    """Take a queued row for this worker alone; False: another one has it, or it waits no longer.

    Args:
        row: what is to be made.
        keep: keeps the sentence of what goes wrong within.
        crashed: the sentence for what was no refusal, untranslated.
    """
    begun = {"status": RUNNING, "attempts": F("attempts") + 1}
    with held_alone(row.lock_path) as alone:
        if not alone or _all(row).filter(pk=row.pk, status=QUEUED).update(**begun) != 1:
            yield False
            return
        with failure_kept(keep, crashed=crashed, what=f"{row._meta.model_name} {row.pk}", logger=logger):
            yield True


def resume(rows: QuerySet[Any], send: Send, *, keeping_progress: bool = False) -> int:
    """Begin anew what no worker makes any more, and send again what no worker took; return how many.

    What `MOST_ATTEMPTS` workers died of fails, unless what is done already counts: then it looks itself what they died of.

    Args:
        rows: of one kind.
        send: hands one to the queue.
        keeping_progress: whether what is done already counts.
    """
    begun = 0
    for row in rows.filter(status__in=OPEN)[:_AT_ONCE]:
        if row.status == RUNNING:
            with held_alone(row.lock_path) as alone:
                if alone and row.attempts >= MOST_ATTEMPTS and not keeping_progress:
                    with speaking("vi"):
                        close(row, FAILED, error=died_of_it())
                    continue
                running = _all(row).filter(pk=row.pk, status=RUNNING)
                anew = {"status": QUEUED} if keeping_progress else {"status": QUEUED, "progress": 0}
                if not alone or running.update(**anew) != 1:
                    continue
        elif row.queued_at > timezone.now() - _LOST_AFTER:
            continue
        begun += 1
        transaction.on_commit(partial(send_again, row, send))
    return begun


def died_of_it() -> str:
    """Return the sentence for what is not begun once more."""
    return _("Máy dừng giữa chừng %(times)d lần khi làm việc này: hãy báo quản trị.") % {"times": MOST_ATTEMPTS}


def close(row: Made, status: str, **values: object) -> bool:
    """Close a running row; False when it was stopped meanwhile."""
    running = _all(row).filter(pk=row.pk, status=RUNNING)
    return bool(running.update(status=status, finished_at=timezone.now(), **values) == 1)


def remove_half_made(folder: Path, now: dt.datetime) -> int:
    """Remove what killed workers left half made in a folder, by a point before its name; return how many files and folders."""
    removed = 0
    for path in sorted(folder.glob(".*")):
        if now - _changed(path) <= _LIVES:
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
        removed += 1
    return removed


def _changed(path: Path) -> dt.datetime:
    """Return when something in it was last written."""
    newest = 0.0
    for each in (path, *path.rglob("*")):
        try:
            newest = max(newest, each.stat().st_mtime)
        except FileNotFoundError:
            continue
    return dt.datetime.fromtimestamp(newest, tz=dt.UTC) if newest else timezone.now()
