"""Acts of custody. Whether the actor may is decided before, in `access`, or in the act itself where it says so."""

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

__all__ = [
    "KEY",
    "Act",
    "append",
    "append_each",
    "ensure_key",
    "export",
    "make_checkpoint",
    "record",
    "rotate_key",
]
