"""What our API shares with the host's, so that a script pages through both alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paperless.views import StandardPagination

if TYPE_CHECKING:
    from django.http import HttpRequest

__all__ = ["StandardPagination", "leave_uncompressed"]


def leave_uncompressed(request: HttpRequest) -> None:
    """Keep the host's compression off this answer.

    It would squeeze a finished PDF again, block by block, and drop the length that a
    browser needs for its progress bar.
    """
    request.compress_exempt = True  # type: ignore[attr-defined]
