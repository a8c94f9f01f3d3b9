"""Functions in PostgreSQL for what is asked or written so often that planning it each time costs more than doing it.

PostgreSQL plans a statement anew whenever it is sent; within a function it plans each statement a few times in a
session and keeps the plan. Statements prepared by the client would spare the same, but not through a pooler that gives
each transaction another session. SQLite is in this process and needs none.

A function is made by a migration (`MakeFunction`). Changed, it needs a further migration that makes it again: whatever
`making` gives replaces the one that is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.db.migrations.operations.base import Operation

if TYPE_CHECKING:
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor
    from django.db.migrations.state import ProjectState


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
