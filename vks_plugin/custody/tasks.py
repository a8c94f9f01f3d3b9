"""Work on custody that nobody waits for."""

from __future__ import annotations

from contextlib import suppress

from celery import shared_task

from vks_plugin.conf import configuration
from vks_plugin.custody.actions import (
    check_files,
    end_what_ran_out,
    make_checkpoint,
    remind_of_loans,
    run_seal,
    write_of_fork,
    write_of_lost_heads,
)
from vks_plugin.custody.actions.accession import run_acceptance, run_packing
from vks_plugin.custody.actions.fixity import BeingCompared, run_check
from vks_plugin.custody.actions.hand_overs import remind_of_hand_overs
from vks_plugin.custody.queries import is_due
from vks_plugin.errors import Conflict

_SLICE = 1200
"""Seconds; the host ends a task after half an hour."""


@shared_task(name="vks.custody.sign_the_day", ignore_result=True)
def sign_the_day() -> None:
    """Sign the head of the ledger, unless that is switched off.

    Raises:
        Unavailable, Conflict: it cannot be signed; the task fails where administrators see it, and the doctor tells. Leaders
            of the province are written to where the ledger does not go on from what was signed before, or what was signed
            is not remembered any more.
    """
    if not configuration().ledger_daily_checkpoint:
        return
    try:
        make_checkpoint()
    except Conflict:
        write_of_fork()
        write_of_lost_heads()
        raise


@shared_task(name="vks.custody.compare_files", ignore_result=True)
def compare_files() -> None:
    """Compare stored files for a while, where a comparison was cut off or is due again, and none is under way."""
    days, rate = configuration().fixity_days, configuration().fixity_rate
    if is_due(days):
        with suppress(BeingCompared):
            check_files(most=rate * 1_000_000, resume=True, seconds=_SLICE)


@shared_task(name="vks.custody.compare_as_asked", ignore_result=True)
def compare_as_asked(*, run_id: int) -> None:
    """Go on with a comparison somebody asked for, no faster than at night."""
    run_check(run_id, most=configuration().fixity_rate * 1_000_000, seconds=_SLICE)


@shared_task(name="vks.custody.seal_batch", ignore_result=True)
def seal_batch(*, batch_id: int) -> None:
    """Seal a batch of digitisation."""
    run_seal(batch_id)


@shared_task(name="vks.custody.look_after_loans", ignore_result=True)
def look_after_loans() -> None:
    """Note which electronic loans are over, and write to who is to bring a file back, or to receive one."""
    end_what_ran_out()
    remind_of_loans()
    remind_of_hand_overs()


@shared_task(name="vks.custody.pack_accession", ignore_result=True)
def pack_accession(*, accession_id: int) -> None:
    """Pack the cases of an accession."""
    run_packing(accession_id)


@shared_task(name="vks.custody.take_accession", ignore_result=True)
def take_accession(*, accession_id: int) -> None:
    """Read the packages of an accession again and take it into the archive."""
    run_acceptance(accession_id)
