"""What becomes of the paper of a case when another office gets the case."""

from __future__ import annotations

from django.contrib.auth.models import User

from vks_plugin.cases.models import CaseFile
from vks_plugin.custody.actions.copies import withdraw_before_leaving
from vks_plugin.custody.actions.hand_overs import look_before_leaving
from vks_plugin.custody.actions.holding import write_beginning
from vks_plugin.custody.actions.loans import revoke_before_leaving


def before_leaving(case: CaseFile, actor: User) -> None:
    """Let the paper stay where it is until it is handed over, unless it takes the case along.

    What is out on loan comes back to the office that lent it; what was only allowed is taken back, copies too.

    Raises:
        Conflict: the paper is on its way to another office and would take the case along.
    """
    look_before_leaving(case)
    write_beginning(case)
    revoke_before_leaving(case, actor)
    withdraw_before_leaving(case, actor)
