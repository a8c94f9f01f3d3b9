"""Who is acting, for code the host calls without telling it: in a request, and in what a request left to the worker.

Who a request with a token or a password is from, the host finds out only in its view; who left a task to the worker,
it does not say at all. So the person is looked up when somebody asks, and travels with the task under our signature:
whoever can write into the queue but has not the server's secret names nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar, Token
from functools import cache
from typing import TYPE_CHECKING, Any

from celery.signals import before_task_publish, task_postrun, task_prerun
from django.contrib.auth import get_user_model
from django.core.signing import BadSignature, Signer

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.http import HttpRequest

WhoActs = Callable[[], "User | None"]


def _nobody() -> User | None:
    return None


_actor: ContextVar[WhoActs] = ContextVar("vks_actor", default=_nobody)

_HEADER = "vks_actor"
_TASK = "documents.tasks.bulk_update_documents"
"""The task in which the host tells us of documents that somebody changed in bulk."""

_running: dict[str, Token[WhoActs]] = {}
"""What to go back to when the task ends, by its id."""


def act_in(request: HttpRequest) -> Token[WhoActs]:
    """Take the person of this request for who acts, whenever it becomes known who that is."""

    def signed_in() -> User | None:
        # the host's API writes whom it took a request to be from into the request
        user: Any = getattr(request, "user", None)
        return user if user is not None and user.is_authenticated else None

    return _actor.set(signed_in)


reset_actor = _actor.reset


def current_actor() -> User | None:
    """Return who is behind what is being done; None in a command, and in a task that nobody left to the worker."""
    return _actor.get()()


def _signer(task_id: str) -> Signer:
    # no signature serves another task
    return Signer(salt=f"{_HEADER}:{task_id}")


def _send(headers: dict[str, Any] | None = None, **_signal: Any) -> None:
    """Send along who leaves a task to the worker."""
    if headers is None or headers.get("task") != _TASK:
        return
    actor = current_actor()
    # what a caller put there himself is not ours
    headers.pop(_HEADER, None)
    if actor is not None:
        headers[_HEADER] = _signer(str(headers["id"])).sign(str(actor.pk))


def _take_up(task_id: str = "", task: Any = None, **_signal: Any) -> None:
    """Act for who left the task to this worker."""
    sent = task.request.get(_HEADER) if task is not None and task.name == _TASK else None
    if not isinstance(sent, str):
        return
    try:
        key = int(_signer(task_id).unsign(sent))
    except (BadSignature, ValueError):
        return

    @cache
    def left_by() -> User | None:
        found: User | None = get_user_model().objects.filter(pk=key).first()
        return found

    _running[task_id] = _actor.set(left_by)


def _lay_down(task_id: str = "", **_signal: Any) -> None:
    token = _running.pop(task_id, None)
    if token is not None:
        _actor.reset(token)


def travel_with_tasks() -> None:
    """Let who acts be known to the worker too; twice is once."""
    before_task_publish.connect(_send, dispatch_uid="vks.actor_sent", weak=False)
    task_prerun.connect(_take_up, dispatch_uid="vks.actor_taken_up", weak=False)
    task_postrun.connect(_lay_down, dispatch_uid="vks.actor_laid_down", weak=False)
