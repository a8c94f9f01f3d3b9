"""What a worker does for disposal. None of it is in a schedule: a person orders each."""

from __future__ import annotations

from celery import shared_task

from vks_plugin.disposal.actions import run_destruction


@shared_task(name="vks.disposal.destroy_batch", ignore_result=True)
def destroy_batch(*, batch_id: int) -> None:
    """Dispose of the files of a batch."""
    run_destruction(batch_id)
