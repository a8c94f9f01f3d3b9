"""Where Celery looks for the tasks of the app, and when beat starts some; each lives in its concept."""

from celery.schedules import crontab

from vks_plugin.access.tasks import (
    end_what_fell_due,
    put_access_right,
    recalculate_deadlines,
    remind_of_deadlines,
    restructure,
    write_left_readings,
    write_of_leading_post,
    write_owed_entries,
)
from vks_plugin.court.deck.tasks import make_deck
from vks_plugin.court.tasks import make_bundle, redact, resume_bundles, tidy_up
from vks_plugin.custody.tasks import (
    compare_as_asked,
    compare_files,
    look_after_loans,
    pack_accession,
    seal_batch,
    sign_the_day,
)
from vks_plugin.disposal.tasks import destroy_batch
from vks_plugin.exchange.tasks import run_import
from vks_plugin.filing.tasks import recognise_pages, take_unowned
from vks_plugin.host.search import write_entries

__all__ = [
    "SCHEDULE",
    "compare_as_asked",
    "compare_files",
    "destroy_batch",
    "end_what_fell_due",
    "look_after_loans",
    "make_bundle",
    "make_deck",
    "pack_accession",
    "put_access_right",
    "recalculate_deadlines",
    "recognise_pages",
    "redact",
    "remind_of_deadlines",
    "restructure",
    "resume_bundles",
    "run_import",
    "seal_batch",
    "sign_the_day",
    "take_unowned",
    "tidy_up",
    "write_entries",
    "write_left_readings",
    "write_of_leading_post",
    "write_owed_entries",
]

SCHEDULE = {
    "vks: end what fell due": {
        "task": end_what_fell_due.name,
        "schedule": crontab(minute="1"),
        # a worker that was away for a day does not need to run it 24 times
        "options": {"expires": 3000},
    },
    "vks: write index entries a process still owes": {
        "task": write_owed_entries.name,
        "schedule": crontab(minute="*/5"),
        "options": {"expires": 280},
    },
    "vks: write readings of a process that ended": {
        "task": write_left_readings.name,
        "schedule": crontab(minute="*/5"),
        "options": {"expires": 280},
    },
    "vks: take what has no owner": {
        "task": take_unowned.name,
        "schedule": crontab(minute="16,46"),
        "options": {"expires": 1700},
    },
    "vks: go on with bundles": {
        "task": resume_bundles.name,
        "schedule": crontab(minute="*/10"),
        "options": {"expires": 500},
    },
    "vks: end redactions nobody goes on with, and tidy up": {
        "task": tidy_up.name,
        "schedule": crontab(hour="2", minute="10"),
        "options": {"expires": 20 * 3600},
    },
    "vks: put access right": {
        "task": put_access_right.name,
        "schedule": crontab(hour="2", minute="30"),
        "options": {"expires": 6 * 3600},
    },
    "vks: sign the ledger": {
        "task": sign_the_day.name,
        # after the day's work; what comes later is signed with the next day's
        "schedule": crontab(hour="21", minute="45"),
        "options": {"expires": 6 * 3600},
    },
    "vks: compare stored files": {
        "task": compare_files.name,
        # a slice each: what is not done goes on with the next one
        "schedule": crontab(hour="0,1,3,4", minute="20"),
        "options": {"expires": 1800},
    },
    "vks: look after loans": {
        "task": look_after_loans.name,
        "schedule": crontab(hour="5", minute="40"),
        "options": {"expires": 12 * 3600},
    },
    "vks: remind of deadlines": {
        "task": remind_of_deadlines.name,
        # before the morning's review; one that comes late is still of use
        "schedule": crontab(hour="5", minute="30"),
        "options": {"expires": 12 * 3600},
    },
}
"""In the time zone of the host."""
