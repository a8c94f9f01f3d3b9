"""One family of errors for everything a person can get wrong.

Each carries the sentence that is shown to the reader and the HTTP status that
belongs to it. Whatever raises one of these has changed nothing.
"""

from __future__ import annotations

from typing import ClassVar


class VksError(Exception):
    """Base of the family; `str(error)` is the sentence shown to the person."""

    status: ClassVar[int] = 400

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        # the form field the sentence belongs beside, when there is one
        self.field = field
        # number of what stands in the way, of the kind that was to be made, where the person may see it
        self.blocked_by: int | None = None


class BadInput(VksError):  # noqa: N818 - named for what it says to the reader
    """What was entered or uploaded cannot be used as it is."""

    status = 400


class NotAllowed(VksError):  # noqa: N818
    """The person may see the thing but may not do this to it."""

    status = 403


class NotFound(VksError):  # noqa: N818
    """There is no such thing, or none that this person may know of."""

    status = 404


class Conflict(VksError):  # noqa: N818
    """It clashes with what is already recorded."""

    status = 409


class TooLarge(VksError):  # noqa: N818
    """More than the configured limit."""

    status = 413


class Unavailable(VksError):  # noqa: N818
    """A part this needs is not running; nothing was lost, try again later."""

    status = 503
