"""How an entry gets its place in the log of the province: the database gives it when the act's transaction ends.

Transactions begin and end in different orders, and one of the host may take minutes. Whoever takes the head of the log
has to hold it until everybody can see his entry: taken in the middle of an act, it would keep the whole province waiting,
and two acts that then ask for each other's rows would stand still. Django has no step before the end of a transaction;
PostgreSQL has: a deferred constraint trigger runs as the last thing of a transaction, whoever began it. It takes the head
(an advisory lock of the transaction), writes the leaf and is done, so the head is held for the commit alone. On SQLite one
transaction writes at a time, and an ordinary trigger does the same.

A place is given in the database, so no code can forget it. Leaves are without gaps: a transaction that is rolled back
leaves none, and the next one waits for the end of the one before.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from django.db import connections
from django.db.migrations.operations.base import Operation

from vks_plugin.in_database import sources

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor
    from django.db.migrations.state import ProjectState

logger = logging.getLogger("paperless.vks.custody")

TRIGGER = "vks_ledger_into_log"
HEAD = 0x766B73
"""The advisory lock that stands for the head of the log on PostgreSQL."""
WITHOUT_CASE = HEAD + 1
"""The one that stands for the chain of what concerns no case; held from such an entry to the end of its act."""
_ADD = (
    'INSERT INTO "vks_ledger_leaf" ("index", "entry_id", "hash") '
    'SELECT COALESCE(MAX("index") + 1, 0), NEW."id", NEW."hash" FROM "vks_ledger_leaf"'
)
_BODY = f"BEGIN PERFORM pg_advisory_xact_lock({HEAD}); {_ADD}; RETURN NULL; END"


def making(vendor: str) -> list[str]:
    """Return the statements that make the trigger; one that is there is replaced."""
    if vendor == "sqlite":
        made = [f'CREATE TRIGGER "{TRIGGER}" AFTER INSERT ON "vks_ledger_entry" FOR EACH ROW BEGIN {_ADD}; END']
        return [*dropping(vendor), *made]
    fires = 'AFTER INSERT ON "vks_ledger_entry" DEFERRABLE INITIALLY DEFERRED FOR EACH ROW'
    return [
        *dropping(vendor),
        f'CREATE FUNCTION "{TRIGGER}"() RETURNS trigger LANGUAGE plpgsql AS $into_log$ {_BODY} $into_log$',
        f'CREATE CONSTRAINT TRIGGER "{TRIGGER}" {fires} EXECUTE FUNCTION "{TRIGGER}"()',
        f'ALTER TABLE "vks_ledger_entry" ENABLE ALWAYS TRIGGER "{TRIGGER}"',
    ]


def dropping(vendor: str) -> list[str]:
    """Return the statements that take it away."""
    if vendor == "sqlite":
        return [f'DROP TRIGGER IF EXISTS "{TRIGGER}"']
    return [f'DROP TRIGGER IF EXISTS "{TRIGGER}" ON "vks_ledger_entry"', f'DROP FUNCTION IF EXISTS "{TRIGGER}"()']


class PlaceInLog(Operation):
    """Migration: from now on the database gives each entry its place in the log."""

    reduces_to_sql = True
    reversible = True

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Leave the models as they are."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Make the trigger."""
        for statement in making(schema_editor.connection.vendor):
            schema_editor.execute(statement, params=None)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Drop it."""
        for statement in dropping(schema_editor.connection.vendor):
            schema_editor.execute(statement, params=None)

    def describe(self) -> str:
        """Say what is done."""
        return "Let the database give each ledger entry its place in the log"


_PRESENT = {
    "sqlite": "SELECT 1 FROM sqlite_master WHERE type = 'trigger' AND name = %s",
    "postgresql": "SELECT 1 FROM pg_trigger WHERE tgname = %s AND tgenabled IN ('O', 'A')",
}


def is_lost(connection: BaseDatabaseWrapper) -> bool:
    """Tell whether entries are there and the trigger is not, or does something else."""
    with connection.cursor() as cursor:
        if "vks_ledger_entry" not in connection.introspection.table_names(cursor):
            return False
        cursor.execute(_PRESENT[connection.vendor], [TRIGGER])
        gone = cursor.fetchone() is None
    return gone or sources(connection, [TRIGGER]).get(TRIGGER, _BODY) != _BODY


def make_again(*, using: str, plan: Any = None, **_signal: object) -> None:
    """Make the trigger again where a later change of the table dropped it (SQLite); connected to `post_migrate`."""
    if plan is None or any(backwards and migration.app_label == "vks" for migration, backwards in plan):
        return
    connection = connections[using]
    if is_lost(connection):
        with connection.cursor() as cursor:
            for statement in making(connection.vendor):
                cursor.execute(statement)
        logger.warning("the trigger of the ledger was gone and was made again")


def settle(connection: BaseDatabaseWrapper) -> None:
    """Give the entries of the present transaction their places now instead of at its end."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f'SET CONSTRAINTS "{TRIGGER}" IMMEDIATE')
            cursor.execute(f'SET CONSTRAINTS "{TRIGGER}" DEFERRED')
