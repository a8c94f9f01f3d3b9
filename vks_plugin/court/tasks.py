"""Long work of the court concept, done by a worker."""

from __future__ import annotations

from celery import shared_task

from vks_plugin.court.actions import build


@shared_task(name="vks.court.make_bundle", ignore_result=True)
def make_bundle(*, bundle_id: str) -> None:
    """Make a queued bundle."""
    build(bundle_id)
