"""The host's websocket, which stays open for hours: whoever holds it is asked about again with each message.

The host knows the account as it was when the socket was opened, and the readers of a document as they were when the message
was sent: who was signed out, switched off or stripped of powers since would go on hearing, and so would who held a post
until yesterday. What was looked up is good for a moment: a change of many documents sends a message for each of them to
everybody who is there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from importlib import import_module
from time import monotonic
from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import get_user
from django.db import close_old_connections
from django.http import HttpRequest
from documents import permissions

if TYPE_CHECKING:
    from django.contrib.auth.models import User

KEPT_SECONDS = 2.0
"""How long the answer about a socket holds: by so much whoever lost access may hear of a document too long."""
_freshened = 0.0

_before: list[Callable[[], object]] = []


def before_hearing(end: Callable[[], object]) -> None:
    """Register what ends whatever fell due: no request comes before a message that would see to it."""
    _before[:] = [end]


def _holder(scope: Any) -> User | None:
    """Return who holds a socket, as the database has the account now; None: signed out, switched off or gone."""
    request = HttpRequest()
    # read anew: the one the socket was opened with remembers what it said then
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(scope["session"].session_key)
    user = get_user(request)
    return user if user.is_authenticated else None


def _sees(user: User, document_id: int) -> bool:
    # by the name the answer from cases stands under, which counts days and minutes
    return bool(permissions.permitted_document_ids(user).filter(pk=document_id).exists())


@dataclass
class _Known:
    """What was looked up for one socket."""

    until: float
    """On the clock that only goes forward, in seconds."""
    user: User | None
    """Who holds it."""
    sees: set[int] = field(default_factory=set)
    """Documents that were found to be seen by that person; of others it is asked again, for access opens at once."""


def _remembered(consumer: Any) -> _Known | None:
    """Return what is still good of what was looked up for a socket."""
    known: _Known | None = getattr(consumer, "vks_known", None)
    return known if known is not None and monotonic() < known.until else None


def _freshen_connection() -> None:
    """Let go of what connection this thread has, if it is worn out: no request begins or ends here that would see to it.

    Not with each message: the host's own question before it uses the same connection, and a new one costs more than it.
    """
    global _freshened  # noqa: PLW0603 - all of it runs in one thread
    if monotonic() >= _freshened + KEPT_SECONDS:
        close_old_connections()
        _freshened = monotonic()


def _look_up(consumer: Any, document_id: int | None) -> tuple[User | None, bool]:
    """Return who holds a socket, and whether that person sees a document; a message of none is as it is."""
    known = _remembered(consumer)
    if known is None:
        _freshen_connection()
        for end in _before:
            end()
        known = consumer.vks_known = _Known(monotonic() + KEPT_SECONDS, _holder(consumer.scope))
    if known.user is None:
        return None, False
    if document_id is None or known.user.is_superuser:
        return known.user, True
    if document_id not in known.sees and _sees(known.user, document_id):
        known.sees.add(document_id)
    return known.user, document_id in known.sees


def ask_who_hears(hears: Any) -> Any:
    """Wrap the question whether a message is for who holds a socket."""

    @wraps(hears)
    async def hear(self: Any, data: Any) -> bool:
        # most messages are for few: the others are asked nothing more
        if not await hears(self, data):
            return False
        number = data.get("document_id")
        held = self.scope["user"]
        user, sees = await sync_to_async(_look_up)(self, number)
        if user is None:
            await self.close()
            return False
        self.scope["user"] = user
        # what somebody handed in goes on being told to that person until its end, whoever reads it by then
        handed_in = "task_id" in data and data.get("owner_id") == user.pk
        return (sees or handed_in) and (user is held or bool(await hears(self, data)))

    return hear


def ask_who_is_there(tells: Any) -> Any:
    """Wrap a message for everybody who is signed in."""

    @wraps(tells)
    async def tell(self: Any, event: Any) -> None:
        user, _sees = await sync_to_async(_look_up)(self, None)
        if user is None:
            await self.close()
        else:
            await tells(self, event)

    return tell
