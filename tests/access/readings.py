"""Reading the access log in tests, in the shortest words."""

from __future__ import annotations

from typing import Any

from vks_plugin.access.models import AccessEntry


def written(**narrow: Any) -> list[tuple[Any, ...]]:
    """Return the entries as (account, act, refused, document, count), the oldest first."""
    rows = AccessEntry.objects.filter(**narrow).order_by("pk")
    return list(rows.values_list("actor_username", "act", "refused", "document_id", "count"))


def forget() -> None:
    """Begin anew: what was written so far is left out of `written`, what was looked at is news again."""
    from django.db import connection

    from vks_plugin.access.log import forget_recent
    from vks_plugin.append_only import protect, unprotect

    forget_recent()
    unprotect(connection)
    AccessEntry.objects.all().delete()
    protect(connection, [AccessEntry])
