"""Rows that are only added: what the database refuses, on SQLite and on PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, models, transaction
from django.test.utils import isolate_apps

from vks_plugin import append_only
from vks_plugin.access.models import AccessEntry

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture
def entries() -> Iterator[Any]:
    """Return a protected table with one row, keyed by number and by case and place."""
    with isolate_apps("vks_plugin"):

        class Entry(append_only.AppendOnly):
            case = models.IntegerField()
            place = models.IntegerField()
            text = models.CharField(max_length=20)

            class Meta:
                app_label = "vks"
                db_table = "vks_test_entry"
                constraints = [models.UniqueConstraint(fields=["case", "place"], name="vks_test_entry_once")]

    # a test's transaction is open: the editor must not open another, which SQLite refuses to make tables in
    with connection.cursor() as cursor:
        for statement in _statements(Entry):
            cursor.execute(statement)
    manager: Any = models.Manager()
    manager.model = Entry
    manager.create(case=1, place=0, text="as it was")
    yield manager
    with connection.cursor() as cursor:
        cursor.execute('DROP TABLE "vks_test_entry"')


def _statements(model: type[append_only.AppendOnly]) -> list[str]:
    key = "integer PRIMARY KEY AUTOINCREMENT" if connection.vendor == "sqlite" else "serial PRIMARY KEY"
    table = (
        f'CREATE TABLE "vks_test_entry" ("id" {key}, "case" integer, "place" integer, "text" varchar(20), '
        'UNIQUE ("case", "place"))'
    )
    return [table, *append_only.protecting(connection.vendor, model)]


def _refused(statement: str) -> None:
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_rows_are_added(entries: Any) -> None:
    entries.create(case=1, place=1, text="next")
    assert list(entries.order_by("pk").values_list("text", flat=True)) == ["as it was", "next"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE vks_test_entry SET text = 'changed'",
        "DELETE FROM vks_test_entry",
        (
            "INSERT INTO vks_test_entry (id, \"case\", place, text) SELECT id, 2, 0, 'changed' FROM vks_test_entry "
            "WHERE true ON CONFLICT (id) DO UPDATE SET text = 'changed'"
        ),
    ],
)
def test_no_row_is_changed_or_removed(entries: Any, statement: str) -> None:
    _refused(statement)
    assert list(entries.values_list("text", flat=True)) == ["as it was"]


def test_no_row_takes_the_place_of_another(entries: Any) -> None:
    if connection.vendor == "postgresql":
        _refused("TRUNCATE vks_test_entry")
        _refused("TRUNCATE vks_test_entry CASCADE")
    else:
        # SQLite removes the row that is in the way without telling a trigger on removal
        _refused(
            "INSERT OR REPLACE INTO vks_test_entry (id, \"case\", place, text) SELECT id, 9, 9, 'x' FROM vks_test_entry"
        )
        _refused("REPLACE INTO vks_test_entry (\"case\", place, text) VALUES (1, 0, 'x')")
        _refused("UPDATE OR REPLACE vks_test_entry SET text = 'x'")
    assert list(entries.values_list("text", flat=True)) == ["as it was"]


def test_own_code_that_slips_is_told_so(entries: Any) -> None:
    entry = entries.get()
    with pytest.raises(TypeError, match="not rewritten"):
        entry.save()
    with pytest.raises(TypeError, match="not deleted"):
        entry.delete()
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        entries.update(text="changed")


def test_a_session_that_plays_a_replica_is_refused_too(entries: Any) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
    _refused("DELETE FROM vks_test_entry")


@pytest.mark.django_db(transaction=True)
def test_every_append_only_table_is_protected_and_has_no_tie_to_the_host() -> None:
    models_of_ours = append_only.append_only_models()
    assert models_of_ours
    assert append_only.unprotected(connection) == []
    for model in models_of_ours:
        for field in model._meta.fields:
            tied: Any = field.related_model
            assert tied is None or tied._meta.app_label == "vks", (model, field.name)


@pytest.mark.django_db(transaction=True)
def test_a_changed_column_leaves_the_rows_protected(caplog: pytest.LogCaptureFixture) -> None:
    """SQLite makes the table anew for it, without its triggers; the next `migrate` notices."""
    field = AccessEntry._meta.get_field("actor_name")
    longer = models.CharField(max_length=400)
    longer.set_attributes_from_name("actor_name")
    longer.model = AccessEntry
    with connection.schema_editor() as editor:
        editor.alter_field(AccessEntry, field, longer)
    try:
        assert (append_only.unprotected(connection) == [AccessEntry]) is (connection.vendor == "sqlite")
        call_command("migrate", verbosity=0)
        assert append_only.unprotected(connection) == []
        told = [record.getMessage() for record in caplog.records if record.name == append_only.logger.name]
        assert len(told) == (1 if connection.vendor == "sqlite" else 0)
    finally:
        with connection.schema_editor() as editor:
            editor.alter_field(AccessEntry, longer, field)
        append_only.protect(connection)
