"""What the host suggests for a document, which it keeps for fifty minutes and tells whoever asks next.

A suggestion of a language model is made from other documents too, those that look alike and that the asker may view, and
names tags and correspondents of the asker's own. So it is kept for the one who asked: another is given one of his own.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import replace
from functools import wraps
from typing import Any

from documents.models import Document

from vks_plugin.host.filed import every_lent

_asker: ContextVar[int | None] = ContextVar("vks_asks_for_suggestions", default=None)
_FOR = "vks_for"


def remember_for_whom(suggests: Any) -> Any:
    """Wrap a door of suggestions."""

    @wraps(suggests)
    def inner(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        token = _asker.set(request.user.pk)
        try:
            return suggests(self, request, *args, **kwargs)
        finally:
            _asker.reset(token)

    return inner


def keep_for_one(keeps: Any) -> Any:
    """Wrap what puts suggestions by."""

    @wraps(keeps)
    def keep(document_id: int, suggestions: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        return keeps(document_id, {**suggestions, _FOR: _asker.get()}, *args, **kwargs)

    return keep


def find_for_one(finds: Any) -> Any:
    """Wrap what looks for suggestions put by: for somebody else there are none."""

    @wraps(finds)
    def find(*args: Any, **kwargs: Any) -> Any:
        found = finds(*args, **kwargs)
        if found is None or found.suggestions.get(_FOR) != _asker.get():
            return None
        return replace(found, suggestions={key: each for key, each in found.suggestions.items() if key != _FOR})

    return find


def leave_lent_out(finds: Any) -> Any:
    """Wrap the question which documents a language model may be shown beside the one it suggests something for."""

    @wraps(finds)
    def find(user: Any, perms: Any, model: Any, *args: Any, **kwargs: Any) -> Any:
        found = finds(user, perms, model, *args, **kwargs)
        return found.exclude(pk__in=every_lent(user)) if model is Document else found

    return find
