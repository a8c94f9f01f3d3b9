"""Acts of custody. Whether the actor may is decided before, in `access`, or in the act itself where it says so."""

from vks_plugin.custody.actions.digitisation import (
    BY_HAND,
    confirm,
    may_check,
    may_confirm,
    move_batch,
    note_finding,
    note_step,
    open_batch,
    pass_quality,
    resolve_finding,
    send_back,
)
from vks_plugin.custody.actions.ledger import (
    KEY,
    Act,
    append,
    append_each,
    ensure_key,
    export,
    make_checkpoint,
    record,
    rotate_key,
)
from vks_plugin.custody.actions.sealing import read_files, request_seal, run_seal, seal

__all__ = [
    "BY_HAND",
    "KEY",
    "Act",
    "append",
    "append_each",
    "confirm",
    "ensure_key",
    "export",
    "make_checkpoint",
    "may_check",
    "may_confirm",
    "move_batch",
    "note_finding",
    "note_step",
    "open_batch",
    "pass_quality",
    "read_files",
    "record",
    "request_seal",
    "resolve_finding",
    "rotate_key",
    "run_seal",
    "seal",
    "send_back",
]
