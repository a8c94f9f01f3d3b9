"""Installing the plugin, and taking it off, leaves an archive that was there before as it was."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from documents.models import CustomField, CustomFieldInstance, Document, DocumentType, Tag
from documents.search import get_backend
from guardian.shortcuts import assign_perm

from vks_plugin.append_only import unprotected

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]

Rows = dict[str, dict[Any, tuple[Any, ...]]]


@pytest.fixture
def archive() -> list[Document]:
    """Return the documents of an archive in use: public, owned, shared with a group, tagged, with fields."""
    keeper = User.objects.create_user("vanthu", password="x", last_name="Văn", first_name="Thư")
    reader = User.objects.create_user("chuyenvien")
    group = Group.objects.create(name="Văn phòng")
    reader.groups.add(group)
    kind = DocumentType.objects.create(name="Công văn")
    # the office uses a name of ours for a type of its own
    taken = DocumentType.objects.create(name="Cáo trạng", match="cáo trạng", matching_algorithm=1, owner=keeper)
    field = CustomField.objects.create(name="Nơi gửi", data_type=CustomField.FieldDataType.STRING)
    tag = Tag.objects.create(name="Khẩn", owner=keeper)
    documents = []
    for number, (owner, title, of_type) in enumerate(
        [(None, "Lịch công tác", kind), (keeper, "Công văn đến", kind), (keeper, "Bản cũ", taken)], start=1
    ):
        document = Document.objects.create(
            title=title,
            content=f"Nội dung công khai {number}",
            mime_type="application/pdf",
            checksum=f"{number:064x}",
            owner=owner,
            document_type=of_type,
            page_count=number,
        )
        document.tags.add(tag)
        CustomFieldInstance.objects.create(document=document, field=field, value_text="Công an tỉnh")
        documents.append(document)
    assign_perm("view_document", group, documents[1])
    assign_perm("documents.view_document", reader)
    with get_backend().batch_update() as batch:
        for document in documents:
            batch.add_or_update(document)
    return documents


def _rows() -> Rows:
    """Return every row of every table that is not ours, by primary key."""
    found: Rows = {}
    for model in apps.get_models(include_auto_created=True):
        if model._meta.app_label == "vks" or not model._meta.managed:
            continue
        manager = getattr(model, "global_objects", model._base_manager)
        found[model._meta.label] = {row[0]: row for row in manager.values_list("pk", *_columns(model))}
    return found


def _columns(model: Any) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]


def _added(before: Rows, after: Rows) -> dict[str, int]:
    """Return how many rows came by table, after asserting that each row of `before` is as it was."""
    for table, rows in before.items():
        for pk, row in rows.items():
            assert after[table].get(pk) == row, (table, pk)
    return {table: len(rows) - len(before[table]) for table, rows in after.items() if len(rows) != len(before[table])}


def _tables() -> set[str]:
    """Return the tables of ours that are there."""
    return {table for table in connection.introspection.table_names() if table.startswith("vks_")}


def test_setup_adds_its_own_rows_and_touches_no_other(archive: list[Document]) -> None:
    before = _rows()
    call_command("vks_setup", verbosity=0)
    added = _added(before, _rows())
    # what may come: groups of ours with their permissions, one account, one field, one path, types
    assert set(added) <= {
        "auth.Group",
        "auth.Group_permissions",
        "auth.User",
        "documents.CustomField",
        "documents.StoragePath",
        "documents.DocumentType",
        # the host notes what is created
        "auditlog.LogEntry",
    }
    assert (added["auth.User"], added["documents.CustomField"], added["documents.StoragePath"]) == (1, 1, 1)
    assert not Group.objects.filter(pk__gt=max(before["auth.Group"])).exclude(name__startswith="vks:").exists()


def test_people_see_and_find_what_they_did_before(archive: list[Document]) -> None:
    def seen() -> dict[str, Any]:
        answers = {}
        for name in ("vanthu", "chuyenvien"):
            client = Client()
            client.force_login(User.objects.get(username=name))
            answers[name] = [
                client.get(path).json()
                for path in (
                    "/api/documents/?ordering=id",
                    "/api/documents/?text=khai",
                    "/api/search/autocomplete/?term=noi",
                )
            ]
        return answers

    before = seen()
    assert before["chuyenvien"][0]["count"] == 2
    call_command("vks_setup", activate=["all"], verbosity=0)
    assert seen() == before


def test_migrations_go_back_and_forth_beside_an_archive(archive: list[Document]) -> None:
    before = _rows()
    # rows that Django keeps of each app's models come and go with the app
    kept = {"contenttypes.ContentType", "auth.Permission", "auth.Group_permissions"}
    ours = _tables()
    assert ours
    assert unprotected(connection) == []
    last = MigrationExecutor(connection).loader.graph.leaf_nodes("vks")
    MigrationExecutor(connection).migrate([("vks", None)])
    assert not _tables()
    # a migration protects the rows that are only added, and going back before it takes that off
    MigrationExecutor(connection).migrate([("vks", "0002_append_only")])
    assert unprotected(connection) == []
    call_command("migrate", "vks", "0001_initial", verbosity=0)
    assert unprotected(connection) != []
    MigrationExecutor(connection).migrate(last)
    assert _tables() == ours
    assert unprotected(connection) == []
    after = _rows()
    assert not {table: n for table, n in _added(before, after).items() if table not in kept}


def test_models_have_the_migrations_they_need() -> None:
    call_command("makemigrations", "vks", check=True, dry_run=True, verbosity=0)
