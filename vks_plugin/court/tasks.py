"""Long work of the court concept, done by a worker."""

from __future__ import annotations

from celery import shared_task

from vks_plugin.court.actions import build, resume_interrupted
from vks_plugin.court.models import Bundle


@shared_task(name="vks.court.make_bundle", ignore_result=True)
def make_bundle(*, bundle_id: str) -> None:
    """Make a queued bundle."""
    build(bundle_id)


@shared_task(name="vks.court.resume_bundles", ignore_result=True)
def resume_bundles() -> None:
    """Begin bundles anew whose worker is gone."""
    resume_interrupted(Bundle.objects.order_by("created_at"))
