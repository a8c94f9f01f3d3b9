"""Functions in PostgreSQL for what is asked or written so often that planning it each time costs more than doing it.

PostgreSQL plans a statement anew whenever it is sent; within a function it plans each statement a few times in a
session and keeps the plan. Statements prepared by the client would spare the same, but not through a pooler that gives
each transaction another session. SQLite is in this process and needs none.

A function is made by a migration (`MakeFunction`). Changed, it needs a further migration that makes it again: whatever
`making` gives replaces the one that is there. One that somebody dropped or rewrote in the database is named by the doctor
(`database-functions`), and made again after every `migrate`.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import connections
from django.db.migrations.operations.base import Operation

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor
    from django.db.migrations.state import ProjectState


logger = logging.getLogger("paperless.vks.in_database")


class Function(NamedTuple):
    """A function of PostgreSQL, in its own language."""

    name: str
    takes: str
    """Names and types of its arguments."""
    returns: str
    body: str
    """From `DECLARE` or `BEGIN` to the `END` of all."""

    def making(self) -> list[str]:
        """Return the statements that make it; one that is there is replaced."""
        made = f'CREATE FUNCTION "{self.name}"({self.takes}) RETURNS {self.returns} LANGUAGE plpgsql AS $vks$\n'
        return [*self.dropping(), f"{made}{self.body}$vks$"]

    def dropping(self) -> list[str]:
        """Return the statements that take it away."""
        return [f'DROP FUNCTION IF EXISTS "{self.name}"']


class MakeFunction(Operation):
    """Migration: a function in PostgreSQL; on SQLite nothing."""

    reduces_to_sql = True
    reversible = True

    def __init__(self, function: Function) -> None:
        self.function = function

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Leave the models as they are."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Make it."""
        self._carry_out(schema_editor, self.function.making())

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Drop it."""
        self._carry_out(schema_editor, self.function.dropping())

    def _carry_out(self, schema_editor: BaseDatabaseSchemaEditor, statements: list[str]) -> None:
        if schema_editor.connection.vendor == "postgresql":
            for statement in statements:
                schema_editor.execute(statement, params=None)

    def describe(self) -> str:
        """Say what is done."""
        return f"Make the function {self.function.name} in PostgreSQL"


class DropFunction(MakeFunction):
    """Migration: a function in PostgreSQL is needed no more; on SQLite nothing."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Drop it."""
        super().database_backwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Make it."""
        super().database_forwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        """Say what is done."""
        return f"Drop the function {self.function.name} in PostgreSQL"


# --- on a running database ---------------------------------------------------------------------

FUNCTIONS: list[Function] = []
"""Every function that has to be there; whoever loads the app adds them."""


def sources(connection: BaseDatabaseWrapper, names: Collection[str]) -> dict[str, str]:
    """Return what functions of these names hold, by name, without what surrounds it; none on SQLite (one query)."""
    if connection.vendor != "postgresql":
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname, prosrc FROM pg_proc WHERE pg_function_is_visible(oid) AND proname = ANY(%s)", [list(names)]
        )
        return {name: source.strip() for name, source in cursor.fetchall()}


def altered(connection: BaseDatabaseWrapper) -> list[Function]:
    """Return the functions that are gone here, or hold something else; none on SQLite (one query)."""
    if connection.vendor != "postgresql":
        return []
    there = sources(connection, [each.name for each in FUNCTIONS])
    return [each for each in FUNCTIONS if there.get(each.name) != each.body.strip()]


def make_again(*, using: str, plan: Any = None, **_signal: object) -> None:
    """Make functions again that were dropped or rewritten; connected to `post_migrate`.

    A way back leaves them as the migration gone back to left them.
    """
    if plan is None or any(backwards and migration.app_label == "vks" for migration, backwards in plan):
        return
    connection = connections[using]
    for function in altered(connection):
        with connection.cursor() as cursor:
            for statement in function.making():
                cursor.execute(statement)
        logger.warning("the function %s was gone or another one, and was made again", function.name)
