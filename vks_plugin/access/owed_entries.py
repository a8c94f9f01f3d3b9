"""Index entries that a committed act still owes, so that a process killed in between leaves nobody readable for long."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Collection
from uuid import UUID

from django.utils import timezone

from vks_plugin.access.models import OwedEntries
from vks_plugin.host.search import Debts, reindexed, remembered_by

logger = logging.getLogger("paperless.vks.access")

ALIVE = dt.timedelta(minutes=1)
"""So long the process that owes entries is left to write them itself."""
_MOST = 500
"""Acts whose entries are written in one run."""


def _remember(document_ids: Collection[int]) -> UUID:
    return OwedEntries.objects.create(document_ids=sorted(document_ids)).pk


def _forget(rows: Collection[UUID]) -> None:
    OwedEntries.objects.filter(pk__in=rows).delete()


def connect() -> None:
    """Remember what is owed from now on."""
    remembered_by(Debts(_remember, _forget))


def write_owed() -> int:
    """Write the entries that a process owes and did not write; return of how many acts those were.

    Rows are read first and taken away last, by their own keys: what is owed meanwhile by another act stays.
    """
    rows = dict(
        OwedEntries.objects.filter(at__lt=timezone.now() - ALIVE)
        .order_by("at")
        .values_list("pk", "document_ids")[:_MOST]
    )
    if not rows:
        return 0
    if not reindexed(each for document_ids in rows.values() for each in document_ids):
        logger.error("the search index is locked: entries of %d acts stay owed", len(rows))
        return 0
    _forget(list(rows))
    logger.warning("index entries of %d acts were written for a process that had ended", len(rows))
    return len(rows)
