"""Writing cases. Whether the actor may is decided before, in `access`."""

from vks_plugin.cases.actions.charges import ChargeInput, add_charge, charge_values, correct_charge, replace_charge
from vks_plugin.cases.actions.lineage import Grown, become_criminal_case, merge_cases, open_appeal, split_case
from vks_plugin.cases.actions.proceedings import Happened, record_event, withdraw_event
from vks_plugin.cases.actions.record import add_entry, change_entry, edit_case, follow_up, remove_entry
from vks_plugin.cases.actions.registration import CODE, AccusedInput, create_case, init_decision_key

__all__ = [
    "CODE",
    "AccusedInput",
    "ChargeInput",
    "Grown",
    "Happened",
    "add_charge",
    "add_entry",
    "become_criminal_case",
    "change_entry",
    "charge_values",
    "correct_charge",
    "create_case",
    "edit_case",
    "follow_up",
    "init_decision_key",
    "merge_cases",
    "open_appeal",
    "record_event",
    "remove_entry",
    "replace_charge",
    "split_case",
    "withdraw_event",
]
