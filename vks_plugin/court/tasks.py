"""Long work of the court concept, done by a worker."""

from __future__ import annotations

from celery import shared_task

from vks_plugin.court.actions import build
from vks_plugin.language import speaking


@shared_task(name="vks.court.make_bundle", ignore_result=True)
def make_bundle(*, bundle_id: str) -> None:
    """Make a queued bundle; papers for a court are in Vietnamese, whoever asked for them."""
    with speaking("vi"):
        build(bundle_id)
