"""Making decks, done by a worker."""

from __future__ import annotations

from celery import shared_task

from vks_plugin.court.deck.actions import build_deck


@shared_task(name="vks.court.make_deck", ignore_result=True)
def make_deck(*, export_id: str) -> None:
    """Make a queued deck."""
    build_deck(export_id)
