"""Lists are tried and loaded by a worker."""

from __future__ import annotations

from celery import shared_task

from vks_plugin.exchange.actions import run


@shared_task(name="vks.exchange.run_import", ignore_result=True)
def run_import(*, import_id: int) -> None:
    """Try or load a list; a long one makes way for other tasks now and then."""
    if run(import_id):
        run_import.apply_async(kwargs={"import_id": import_id})
