"""Who is acting in this request, for code the host calls without telling it."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.contrib.auth.models import User

_actor: ContextVar[User | None] = ContextVar("vks_actor", default=None)

set_actor = _actor.set
reset_actor = _actor.reset


def current_actor() -> User | None:
    """Return the signed-in person of the request being served; None in a worker or a command."""
    return _actor.get()
