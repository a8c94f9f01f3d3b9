"""What our API shares with the host's, so that a script pages through both alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from paperless.views import StandardPagination as HostPagination

if TYPE_CHECKING:
    from django.http import HttpRequest

__all__ = ["StandardPagination", "leave_uncompressed"]


class StandardPagination(HostPagination):
    """The host's pages, also of what is put together from several tables."""

    def get_all_result_ids(self) -> Any:
        """Return the numbers that the host's older version of the API tells of a whole list; none where its rows have none."""
        rows = self.page.paginator.object_list if self.page is not None else None
        if isinstance(rows, QuerySet) and not rows.query.combinator:
            return rows.values_list("pk", flat=True)
        return []


def leave_uncompressed(request: HttpRequest) -> None:
    """Keep the host's compression off this answer.

    It would squeeze a finished PDF again, block by block, and drop the length that a
    browser needs for its progress bar.
    """
    request.compress_exempt = True  # type: ignore[attr-defined]
