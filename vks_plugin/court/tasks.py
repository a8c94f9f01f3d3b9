"""Long work of the court concept, done by a worker."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from vks_plugin.court import redaction_works
from vks_plugin.court.actions import build, resume_interrupted
from vks_plugin.court.deck import actions as decks
from vks_plugin.court.deck.models import DeckExport
from vks_plugin.court.making import remove_half_made
from vks_plugin.court.models import Bundle, RedactionWork
from vks_plugin.court.redactions import remove_leftovers


@shared_task(name="vks.court.make_bundle", ignore_result=True)
def make_bundle(*, bundle_id: str) -> None:
    """Make a queued bundle."""
    build(bundle_id)


@shared_task(name="vks.court.redact", ignore_result=True)
def redact(*, work_id: str) -> None:
    """Look for what is to be taken out of papers, or make their copies."""
    redaction_works.carry_out(work_id)


@shared_task(name="vks.court.resume_bundles", ignore_result=True)
def resume_bundles() -> None:
    """Begin bundles, decks and redactions anew whose worker is gone."""
    resume_interrupted(Bundle.objects.order_by("created_at"))
    decks.resume_interrupted(DeckExport.objects.order_by("created_at"))
    redaction_works.resume_interrupted(RedactionWork.objects.order_by("created_at"))


@shared_task(name="vks.court.tidy_up", ignore_result=True)
def tidy_up() -> None:
    """End redactions nobody goes on with, and remove what killed workers left of copies, bundles and decks."""
    now = timezone.now()
    redaction_works.end_what_waits(now)
    remove_leftovers(now)
    for kind in (Bundle, DeckExport):
        remove_half_made(kind().path.parent, now)
