"""Work on filing that nobody waits for."""

from __future__ import annotations

from celery import shared_task

from vks_plugin.filing import inbox


@shared_task(name="vks.filing.take_unowned", ignore_result=True)
def take_unowned() -> None:
    """Take what lost its owner past every door."""
    inbox.take_unowned()
