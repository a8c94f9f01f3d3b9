"""The host's websocket, which stays open for hours: whoever holds it is asked about again with each message.

The host knows the account as it was when the socket was opened, and the readers of a document as they were when the message
was sent: who was signed out, switched off or stripped of powers since would go on hearing, and so would who held a post
until yesterday.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from importlib import import_module
from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import get_user
from django.db import close_old_connections
from django.http import HttpRequest
from documents import permissions

if TYPE_CHECKING:
    from django.contrib.auth.models import User

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


def _looked_up(scope: Any, document_id: int | None) -> tuple[User | None, bool]:
    """Return who holds a socket, and whether that person sees a document now; a message of none is as it is."""
    close_old_connections()
    try:
        for end in _before:
            end()
        user = _holder(scope)
        sees = user is not None and (document_id is None or user.is_superuser or _sees(user, document_id))
        return user, sees
    finally:
        close_old_connections()


def ask_who_hears(hears: Any) -> Any:
    """Wrap the question whether a message is for who holds a socket."""

    @wraps(hears)
    async def hear(self: Any, data: Any) -> bool:
        # most messages are for few: the others are asked nothing more
        if not await hears(self, data):
            return False
        number = data.get("document_id")
        user, sees = await sync_to_async(_looked_up)(self.scope, number)
        if user is None:
            await self.close()
            return False
        self.scope["user"] = user
        # what somebody handed in goes on being told to that person until its end, whoever reads it by then
        handed_in = "task_id" in data and data.get("owner_id") == user.pk
        return bool(await hears(self, data)) and (sees or handed_in)

    return hear


def ask_who_is_there(tells: Any) -> Any:
    """Wrap a message for everybody who is signed in."""

    @wraps(tells)
    async def tell(self: Any, event: Any) -> None:
        user, _sees = await sync_to_async(_looked_up)(self.scope, None)
        if user is None:
            await self.close()
        else:
            await tells(self, event)

    return tell
