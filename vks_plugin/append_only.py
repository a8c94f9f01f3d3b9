"""Tables whose rows are only ever added: the database itself refuses to change or remove one.

A model that subclasses `AppendOnly` is such a table. Three things go with it, all of them here:

1. **The model**: `class Entry(AppendOnly)`. It has no foreign key to a table of the host: deleting a user, the
   host's importer and Django's flush would run into the triggers. Names are kept as they were that day.
2. **A migration of its own**, after the one that makes the table: `operations = [ProtectRows("Entry")]`. It goes
   forwards and back.
3. Nothing else. After every `migrate` the triggers are looked for and made again where they are gone, since on SQLite
   a later change of a column rebuilds the table and drops them without a word; `vks_doctor` looks as well
   (`append-only`), and the tests lift them around the flush of a transactional test (`tests/conftest.py`).

What is refused is an `UPDATE` and a `DELETE` of any row, on PostgreSQL `TRUNCATE` too, on SQLite also an
`INSERT OR REPLACE` that would put another row in the place of one; all of them as an `IntegrityError`. Whoever owns the
database can drop a trigger: this protects against programs and slips, and the doctor tells when one is gone.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Never

from django.apps import apps as installed
from django.db import connections, models
from django.db.migrations.operations.base import Operation

from vks_plugin.in_database import sources

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor
    from django.db.migrations.state import ProjectState

logger = logging.getLogger("paperless.vks.append_only")

_LONGEST_NAME = 63
"""Of anything in PostgreSQL; what is longer would be cut off."""


class AppendOnly(models.Model):
    """Rows that are only added. What is refused here is a slip in our own code; the database refuses everybody."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write a new row.

        Raises:
            TypeError: the row is there already.
        """
        if not self._state.adding:
            message = f"a row of {self._meta.db_table} is not rewritten"
            raise TypeError(message)
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_kwargs: Any) -> Never:
        """Refuse.

        Raises:
            TypeError: always.
        """
        message = f"a row of {self._meta.db_table} is not deleted"
        raise TypeError(message)


def append_only_models() -> list[type[AppendOnly]]:
    """Return every model of the app whose rows are only added."""
    return [model for model in installed.get_app_config("vks").get_models() if issubclass(model, AppendOnly)]


# --- the SQL -----------------------------------------------------------------------------------


def _keys(model: type[models.Model]) -> Iterator[tuple[str, ...]]:
    """Yield the columns of each key by which one row could take another's place."""
    meta = model._meta
    columns = {field.name: str(field.column) for field in meta.local_concrete_fields}
    yield from ((columns[field.name],) for field in meta.local_concrete_fields if field.unique)
    together: list[Iterable[str]] = [*meta.unique_together]
    together += [each.fields for each in meta.constraints if isinstance(each, models.UniqueConstraint) and each.fields]
    yield from (tuple(columns[name] for name in names) for names in together)


def trigger_names(vendor: str, table: str) -> tuple[str, ...]:
    """Return the names of the triggers that protect a table."""
    acts = {"sqlite": ("update", "delete", "replace"), "postgresql": ("update", "delete", "truncate")}[vendor]
    return tuple(f"{table}_no_{act}" for act in acts)


def protecting(vendor: str, model: type[models.Model]) -> list[str]:
    """Return the statements that protect a model's table, on SQLite or PostgreSQL; present triggers are replaced."""
    table = model._meta.db_table
    names = trigger_names(vendor, table)
    if any(len(name) > _LONGEST_NAME for name in names):
        message = f"{table} is too long a name for a protected table"
        raise ValueError(message)
    refusal = f"{table} is append-only"
    if vendor == "sqlite":
        same = " OR ".join(
            "(" + " AND ".join(f'"{column}" = NEW."{column}"' for column in columns) + ")" for columns in _keys(model)
        )
        conditions = ("UPDATE", "DELETE", "INSERT")
        whens = ("", "", f'WHEN EXISTS (SELECT 1 FROM "{table}" WHERE {same}) ')  # noqa: S608 - names of our own models
        made = [
            f'CREATE TRIGGER "{name}" BEFORE {act} ON "{table}" FOR EACH ROW {when}'
            f"BEGIN SELECT RAISE(ABORT, '{refusal}'); END"
            for name, act, when in zip(names, conditions, whens, strict=True)
        ]
        return [*unprotecting(vendor, model), *made]
    function, refuse = _refusing(table)
    made = [f'CREATE OR REPLACE FUNCTION "{function}"() RETURNS trigger LANGUAGE plpgsql AS $refuse$ {refuse} $refuse$']
    for name, act, each in zip(names, ("UPDATE", "DELETE", "TRUNCATE"), ("ROW", "ROW", "STATEMENT"), strict=True):
        made += [
            f'CREATE TRIGGER "{name}" BEFORE {act} ON "{table}" FOR EACH {each} EXECUTE FUNCTION "{function}"()',
            # not even a session that plays a replica gets round it
            f'ALTER TABLE "{table}" ENABLE ALWAYS TRIGGER "{name}"',
        ]
    return [*unprotecting(vendor, model), *made]


def _refusing(table: str) -> tuple[str, str]:
    """Return the name and the body of the function that refuses, in PostgreSQL."""
    return (
        f"{table}_refuse",
        f"BEGIN RAISE EXCEPTION '{table} is append-only' USING ERRCODE = 'restrict_violation'; END",
    )


def unprotecting(vendor: str, model: type[models.Model]) -> list[str]:
    """Return the statements that take the protection off again."""
    table = model._meta.db_table
    if vendor == "sqlite":
        return [f'DROP TRIGGER IF EXISTS "{name}"' for name in trigger_names(vendor, table)]
    dropped = [f'DROP TRIGGER IF EXISTS "{name}" ON "{table}"' for name in trigger_names(vendor, table)]
    return [*dropped, f'DROP FUNCTION IF EXISTS "{table}_refuse"()']


class ProtectRows(Operation):
    """Migration: protect the rows of a model from now on."""

    reduces_to_sql = True
    reversible = True

    def __init__(self, name: str) -> None:
        self.name = name

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Leave the models as they are: triggers are none of Django's business."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Make the triggers."""
        self._execute(protecting, schema_editor, to_state.apps.get_model(app_label, self.name))

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Drop them."""
        self._execute(unprotecting, schema_editor, to_state.apps.get_model(app_label, self.name))

    def describe(self) -> str:
        """Say what is done."""
        return f"Let the database refuse to change or remove rows of {self.name}"

    @property
    def migration_name_fragment(self) -> str:
        """Name a migration that does only this."""
        return f"{self.name.lower()}_append_only"

    @staticmethod
    def _execute(statements: Any, schema_editor: BaseDatabaseSchemaEditor, model: type[models.Model]) -> None:
        for statement in statements(schema_editor.connection.vendor, model):
            # no parameters, so that nothing in it is taken for one
            schema_editor.execute(statement, params=None)


# --- on a running database ---------------------------------------------------------------------

_PRESENT = {
    "sqlite": "SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": (
        "SELECT relname, tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
        "WHERE NOT tgisinternal AND tgenabled IN ('O', 'A') AND pg_table_is_visible(pg_class.oid)"
    ),
}


def unprotected(connection: BaseDatabaseWrapper) -> list[type[AppendOnly]]:
    """Return the append-only models that have a table here which lacks one of its triggers, or whose function refuses nothing.

    Two queries; three on PostgreSQL.
    """
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        cursor.execute(_PRESENT[connection.vendor])
        present = set(cursor.fetchall())
    refusing = dict(_refusing(model._meta.db_table) for model in append_only_models())
    there = sources(connection, refusing)
    found = []
    for model in append_only_models():
        table = model._meta.db_table
        wanted = {(table, name) for name in trigger_names(connection.vendor, table)}
        name, body = _refusing(table)
        if table in tables and not (wanted <= present and there.get(name, body) == body):
            found.append(model)
    return found


def protect(connection: BaseDatabaseWrapper, some: Iterable[type[AppendOnly]] | None = None) -> None:
    """Make the triggers of these models, or of all that have a table here and lack one."""
    chosen = unprotected(connection) if some is None else list(some)
    with connection.cursor() as cursor:
        for model in chosen:
            for statement in protecting(connection.vendor, model):
                cursor.execute(statement)


def unprotect(connection: BaseDatabaseWrapper) -> None:
    """Drop the triggers of every append-only model; for tests that empty the database afterwards."""
    with connection.cursor() as cursor:
        for model in append_only_models():
            for statement in unprotecting(connection.vendor, model):
                cursor.execute(statement)


def protect_after_migration(*, using: str, plan: Any = None, **_signal: object) -> None:
    """Make triggers again that a migration of another kind dropped; connected to `post_migrate`.

    A way back leaves the tables as the migration gone back to left them. Django's flush sends the same signal
    without a plan; who flushes puts the triggers back (`tests/conftest.py`).
    """
    if plan is None or any(backwards and migration.app_label == "vks" for migration, backwards in plan):
        return
    connection = connections[using]
    gone = unprotected(connection)
    protect(connection, gone)
    for model in gone:
        logger.warning("the triggers of %s were gone and were made again", model._meta.db_table)
