"""Work on filing that nobody waits for."""

from __future__ import annotations

from celery import shared_task

from vks_plugin.filing import inbox, pages, signature_checks


@shared_task(name="vks.filing.take_unowned", ignore_result=True)
def take_unowned() -> None:
    """Take what lost its owner past every door, and hand over what waited for an office to be named."""
    inbox.take_unowned()
    inbox.hand_to_keepers()


@shared_task(name="vks.filing.recognise_pages", ignore_result=True)
def recognise_pages(*, change_id: int) -> None:
    """Recognise the words of pages that were put into a document."""
    pages.run_recognition(change_id)


@shared_task(name="vks.filing.check_signatures", ignore_result=True)
def check_signatures(*, check_id: int) -> None:
    """Read the signatures inside a document's file."""
    signature_checks.run_check(check_id)
