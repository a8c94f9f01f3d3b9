"""What is kept of the tree over all entries, and of its signed heads."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _

from vks_plugin.custody import merkle
from vks_plugin.custody.models import LedgerKey, LedgerLeaf, LedgerSubtree
from vks_plugin.custody.verify_ledger import LedgerError, PublicKey, parse_key
from vks_plugin.errors import Conflict


def log_size() -> int:
    """Return how many entries have their place in the log."""
    last: int | None = LedgerLeaf.objects.aggregate(last=Max("index"))["last"]
    return 0 if last is None else last + 1


def public_keys() -> list[PublicKey]:
    """Return every key that signs or once signed, the oldest first; a row that is no key stops nobody (`key_problems`)."""
    found = []
    for text in LedgerKey.objects.values_list("text", flat=True):
        with suppress(LedgerError):
            found.append(parse_key(text))
    return found


def kept(level: int, first: int, count: int) -> list[bytes]:
    """Return hashes that are kept: leaves at level 0, else subtrees.

    Raises:
        Conflict: some are missing.
    """
    rows: QuerySet[Any, Any]
    if level == 0:
        rows = LedgerLeaf.objects.filter(index__gte=first, index__lt=first + count)
    else:
        rows = LedgerSubtree.objects.filter(level=level, index__gte=first, index__lt=first + count)
    if count == 0:
        return []
    found = [bytes(each) for each in rows.order_by("index").values_list("hash", flat=True)]
    if len(found) != count:
        raise Conflict(_("Sổ cái thiếu mục: hãy chạy vks_ledger verify và báo lãnh đạo."))
    return found


def hashes_of(size: int) -> merkle.Hashes:
    """Return what is kept of the tree of this size."""
    return merkle.Hashes(kept, size)
