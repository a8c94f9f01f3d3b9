"""A bundle made by the host's own worker, on a thread of its own, fed from a queue."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from celery.signals import task_postrun, worker_ready
from django.db import connections

from vks_plugin.court import actions as court
from vks_plugin.court.inspection import inspect_bundle
from vks_plugin.court.models import Bundle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.contrib.auth.models import User
    from pytest_django import Settings

    from tests.people import FiledCase

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

PATIENCE = 60
"""Seconds after which a worker that does nothing is a failure."""


class Watch:
    """What the worker did."""

    def __init__(self) -> None:
        self.ready = threading.Event()
        self.finished = threading.Event()
        self.thread = ""

    def started(self, **_signal: object) -> None:
        """The worker asks for work."""
        self.ready.set()

    def ended(self, *, task: object = None, **_signal: object) -> None:
        """A task is done; what its thread had open is closed, so that the test's database can go."""
        if getattr(task, "name", "") == "vks.court.make_bundle":
            self.thread = threading.current_thread().name
            connections.close_all()
            self.finished.set()


@pytest.fixture
def worker(filed_case: FiledCase, settings: Settings) -> Iterator[Watch]:
    """Run the host's worker beside the test, as the demonstration does; what the case holds was taken in before."""
    from celery import _state
    from celery.worker import state
    from paperless.celery import app

    from vks_plugin.demonstration.server import start_worker

    worker_state: Any = state
    celery_state: Any = _state
    watch = Watch()
    task_postrun.connect(watch.ended, weak=False)
    worker_ready.connect(watch.started, weak=False)
    settings.CELERY_TASK_ALWAYS_EAGER = False
    settings.CELERY_WORKER_MAX_TASKS_PER_CHILD = None
    thread = start_worker(app)
    try:
        assert watch.ready.wait(PATIENCE), "the worker did not start"
        yield watch
    finally:
        worker_state.should_stop = 0
        thread.join(PATIENCE)
        task_postrun.disconnect(watch.ended)
        worker_ready.disconnect(watch.started)
        # the next worker of this process is to run again
        worker_state.should_stop = None
        # a worker forbids the whole process to wait for a result
        celery_state._set_task_join_will_block(False)
    assert not thread.is_alive()


def test_the_worker_makes_what_was_asked_for(filed_case: FiledCase, people: dict[str, User], worker: Watch) -> None:
    bundle = court.request_bundle(actor=people["prosecutor_kv1"], case=filed_case.case)
    assert worker.finished.wait(PATIENCE), "the worker did not take the bundle"
    bundle.refresh_from_db()
    assert (bundle.status, bundle.error) == (Bundle.Status.DONE, "")
    assert worker.thread != threading.current_thread().name
    assert inspect_bundle(bundle.path).problems == []
