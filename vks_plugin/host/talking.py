"""From which documents a language model of the host answers somebody who asks about all that he reads.

The host finds passages first, and answers from them piece by piece after its view has returned: whose text goes out is
known only then, and is told before the first piece does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextvars import ContextVar
from functools import wraps
from typing import Any

Tell = Callable[[Any, list[int]], None]
_tell: list[Tell] = []

_asking: ContextVar[Any] = ContextVar("vks_asking", default=None)
"""The request that the view looks at now."""
_answered: ContextVar[Any] = ContextVar("vks_answered", default=None)
"""The request of which a piece of the answer is being made now."""


def on_answered(tell: Tell) -> None:
    """Register what is told of a request and of the documents it is answered from; whatever it raises withholds these."""
    _tell[:] = [tell]


def remember_who_asks(post: Any) -> Any:
    """Wrap the door of the model."""

    @wraps(post)
    def inner(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        token = _asking.set(request)
        try:
            return post(self, request, *args, **kwargs)
        finally:
            _asking.reset(token)

    return inner


def remember_while_answering(stream: Any) -> Any:
    """Wrap what gives the answer in pieces, each made when it is fetched."""

    @wraps(stream)
    def talk(*args: Any, **named: Any) -> Iterator[Any]:
        return _pieces(_asking.get(), stream(*args, **named))

    return talk


def _pieces(request: Any, made: Iterator[Any]) -> Iterator[Any]:
    while True:
        token = _answered.set(request)
        try:
            piece = next(made)
        except StopIteration:
            return
        finally:
            _answered.reset(token)
        yield piece


def tell_what_is_answered_from(refer: Any) -> Any:
    """Wrap what names the documents of the passages that were found, which the host asks before it answers."""

    @wraps(refer)
    def told(documents: Any, top_nodes: list[Any]) -> Any:
        request = _answered.get()
        named = {str(node.metadata.get("document_id", "")) for node in top_nodes}
        found = sorted(int(each) for each in named if each.isdecimal())
        for tell in _tell if request is not None and found else []:
            tell(request, found)
        return refer(documents, top_nodes)

    return told
