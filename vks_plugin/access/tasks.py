"""Work on access that nobody waits for."""

from __future__ import annotations

from celery import shared_task

from vks_plugin.access import actions
from vks_plugin.access.actions import put_right_at_night, sweep
from vks_plugin.access.owed_entries import write_owed
from vks_plugin.access.reminders import remind
from vks_plugin.access.transfers import run_restructuring, send_again
from vks_plugin.access.waiting_readings import write_left
from vks_plugin.cases.actions.deadlines import refresh_all


@shared_task(name="vks.access.end_what_fell_due", ignore_result=True)
def end_what_fell_due() -> None:
    """End dated posts and assignments also on days when nobody opens a page."""
    sweep()


@shared_task(name="vks.access.write_owed_entries", ignore_result=True)
def write_owed_entries() -> None:
    """Write the index entries that a process was killed before it could write."""
    write_owed()


@shared_task(name="vks.access.write_left_readings", ignore_result=True)
def write_left_readings() -> None:
    """Write into the access log what processes of the server had answered before they ended."""
    write_left()


@shared_task(name="vks.access.put_access_right", ignore_result=True)
def put_access_right() -> None:
    """Undo, every night, what was changed past the plugin."""
    put_right_at_night()


@shared_task(name="vks.access.recalculate_deadlines", ignore_result=True)
def recalculate_deadlines() -> None:
    """Recalculate every limit after a change of the calendar."""
    refresh_all()


@shared_task(name="vks.access.remind_of_deadlines", ignore_result=True)
def remind_of_deadlines() -> None:
    """Recalculate every limit, since the calendar may have changed, and tell people of those that draw near."""
    refresh_all()
    remind()


@shared_task(name="vks.access.restructure", ignore_result=True)
def restructure(*, restructuring_id: int) -> None:
    """Move the cases of offices that are taken over; a long take-over makes way for other tasks now and then."""
    if run_restructuring(restructuring_id):
        send_again(restructuring_id)


@shared_task(name="vks.access.write_of_leading_post", ignore_result=True)
def write_of_leading_post(*, post_id: int, actor_id: int) -> None:
    """Write to leaders of a post that somebody who does not lead has given."""
    actions.write_of_leading_post(post_id, actor_id)
