"""The host, the database and the libraries: each broken on the running installation."""

from __future__ import annotations

from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

import vks_plugin
from tests.doctor.treatment import Ward, treats
from vks_plugin.access.log import READ
from vks_plugin.append_only import protect, unprotect
from vks_plugin.custody import into_log
from vks_plugin.custody.statements import APPEND
from vks_plugin.host import version
from vks_plugin.host.contract import CALLABLES, DOORS, MODELS, NAMES, REAL_ONLY, SETTINGS, SIGNALS, resolve
from vks_plugin.in_database import Function


@treats("host-version")
@pytest.mark.parametrize("number", [(3, 0, 4), (3, 1, 0), (2, 20, 15)])
def test_other_version_of_the_host(ward: Ward, monkeypatch: pytest.MonkeyPatch, number: tuple[int, ...]) -> None:
    ward.sound("host-version")
    monkeypatch.setattr("paperless.version.__version__", number)
    result = ward.sick("host-version", "error")
    ward.follow(
        result,
        by_hand={
            "paperless-ngx:": lambda step: monkeypatch.setattr(
                "paperless.version.__version__", tuple(map(int, step.rpartition(":")[2].split(".")))
            )
        },
    )
    ward.sound("host-version")


def _with_another_parameter(query: str, user: object, *, search_mode: object, limit: int, strict: bool) -> None: ...


def _without_a_parameter(user: object) -> None: ...


@treats("host-contract")
@pytest.mark.parametrize(
    ("path", "changed", "named"),
    [
        ("documents.search.TantivyBackend.search_ids", _with_another_parameter, "+strict"),
        ("documents.search.TantivyBackend._build_tantivy_doc", _without_a_parameter, "effective_content"),
        ("documents.permissions.permitted_document_ids", None, "permitted_document_ids"),
        ("documents.models.Document.get_effective_content", None, "get_effective_content"),
        ("documents.views.DocumentViewSet.permission_classes", (), "PaperlessObjectPermissions"),
        ("documents.views.DocumentViewSet.filter_backends", (), "DocumentPermissionsFilter"),
    ],
)
def test_host_with_the_right_number_and_other_code(
    ward: Ward, monkeypatch: pytest.MonkeyPatch, path: str, changed: Any, named: str
) -> None:
    ward.sound("host-contract")
    owner = resolve(path.rpartition(".")[0])
    with monkeypatch.context() as branch:
        if changed is None:
            branch.delattr(owner, path.rpartition(".")[2])
        else:
            branch.setattr(owner, path.rpartition(".")[2], changed)
        result = ward.sick("host-contract", "error")
        assert named in result.sentence
        ward.sound("host-version")
        ward.follow(
            result, by_hand={f"git checkout v{'.'.join(map(str, version.OLDEST))}": lambda _step: branch.undo()}
        )
    ward.sound("host-contract")


def test_contract_finds_a_changed_field_and_a_silent_signal(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    from vks_plugin.host import contract

    document = MODELS[0]
    monkeypatch.setitem(document.fields, "content", "BinaryField")
    monkeypatch.setitem(document.fields, "case_code", "TextField")
    sent = contract.Sent(SIGNALS[0].path, SIGNALS[0].module, ("document", "actor"))
    monkeypatch.setattr(contract, "SIGNALS", (sent,))
    monkeypatch.setattr(contract, "SETTINGS", (*SETTINGS, "NO_SUCH_SETTING"))
    assert contract.contract_problems() == [
        "documents.Document.content: TextField",
        "documents.Document.case_code",
        "documents.consumer: document_consumption_finished.send(actor=…)",
        "settings.NO_SUCH_SETTING",
    ]


def test_contract_covers_every_import_of_the_host() -> None:
    import ast

    folder = Path(vks_plugin.__file__).parent / "host"
    written = {each.path for each in (*CALLABLES, *DOORS, *REAL_ONLY, *SIGNALS)} | set(NAMES)
    written |= {each.label.replace(".", ".models.", 1) for each in MODELS}
    for path in folder.glob("*.py"):
        if path.name in {"contract.py", "probes.py"}:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in {"documents", "paperless"}:
                for alias in node.names:
                    name = f"{node.module}.{alias.name}"
                    assert any(each == name or each.startswith(f"{name}.") for each in written), (
                        f"{path.name} imports {name}: write what is relied on into host/contract.py"
                    )


@treats("stand-in")
def test_stand_in_outside_demonstration_and_tests(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    ward.sound("stand-in")
    lite = Path(vks_plugin.__file__).parent / "lite" / "paperless" / "__init__.py"
    monkeypatch.setattr("paperless.__file__", str(lite))
    ward.sound("stand-in")
    monkeypatch.delenv("VKS_TEST_HOST")
    result = ward.sick("stand-in", "error")
    monkeypatch.setenv("VKS_DEMONSTRATION", "true")
    ward.sound("stand-in")
    monkeypatch.delenv("VKS_DEMONSTRATION")
    ward.follow(
        result,
        by_hand={
            "unset PYTHONPATH": lambda _step: monkeypatch.setattr("paperless.__file__", "/src/paperless/__init__.py")
        },
    )
    ward.sound("stand-in")


@treats("mounted")
@pytest.mark.parametrize("part", ["urls", "middleware", "guard"])
def test_another_app_in_our_place(ward: Ward, monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    from django.conf import settings
    from documents.views import UnifiedSearchViewSet

    ward.sound("mounted")
    before = (settings.ROOT_URLCONF, settings.MIDDLEWARE, UnifiedSearchViewSet.permission_classes)
    if part == "urls":
        ward.settings.ROOT_URLCONF = "paperless.urls"
    elif part == "middleware":
        ward.settings.MIDDLEWARE = [each for each in settings.MIDDLEWARE if "DueMiddleware" not in each]
    else:
        monkeypatch.setattr(UnifiedSearchViewSet, "permission_classes", before[2][:2])

    def in_order(_step: str) -> None:
        ward.settings.ROOT_URLCONF, ward.settings.MIDDLEWARE = before[:2]
        monkeypatch.setattr(UnifiedSearchViewSet, "permission_classes", before[2])

    ward.follow(ward.sick("mounted", "error"), by_hand={"PAPERLESS_APPS=": in_order})
    ward.sound("mounted")


def test_switched_off_is_not_judged_by_its_place(ward: Ward) -> None:
    ward.settings.VKS_ENABLED = "false"
    ward.absent("mounted")


@treats("libraries")
@pytest.mark.parametrize("present", [None, "1.0"])
def test_library_missing_or_too_old(ward: Ward, monkeypatch: pytest.MonkeyPatch, present: str | None) -> None:
    ward.sound("libraries")
    real = metadata.version
    installed = [False]

    def told(name: str) -> str:
        if name != "pikepdf" or installed[0]:
            return real(name)
        if present is None:
            raise metadata.PackageNotFoundError(name)
        return present

    monkeypatch.setattr(metadata, "version", told)
    result = ward.sick("libraries", "error")
    ward.follow(result, by_hand={"pip install 'pikepdf>=": lambda _step: installed.__setitem__(0, True)})
    ward.sound("libraries")


@treats("database-engine")
def test_database_that_is_not_served(ward: Ward) -> None:
    from django.conf import settings

    ward.sound("database-engine")
    sound = settings.DATABASES["default"]["ENGINE"]
    try:
        settings.DATABASES["default"]["ENGINE"] = "django.db.backends.mysql"
        result = ward.sick("database-engine", "error")
        ward.follow(
            result,
            by_hand={
                "PAPERLESS_DBENGINE=postgresql": lambda _step: settings.DATABASES["default"].update(
                    ENGINE="django.db.backends.postgresql"
                )
            },
        )
        ward.sound("database-engine")
    finally:
        settings.DATABASES["default"]["ENGINE"] = sound


@treats("database-durability")
@pytest.mark.database
@pytest.mark.django_db(transaction=True)
def test_database_that_forgets_in_a_power_cut(ward: Ward) -> None:
    def run(statement: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement)

    def options(step: str) -> None:
        for statement in step.split("=", 2)[2].split(";"):
            run(statement)

    hands: dict[str, Callable[[str], None]] = {"PAPERLESS_DB_OPTIONS=init_command=": options}
    if connection.vendor == "sqlite":
        run("PRAGMA synchronous=NORMAL")
    else:
        run("SET synchronous_commit = off")
        hands = {
            "ALTER SYSTEM SET": lambda step: run(step.removeprefix("ALTER SYSTEM ")),
            "SELECT pg_reload_conf()": lambda _step: None,
        }
    result = ward.sick("database-durability", "warning")
    try:
        ward.follow(result, by_hand=hands)
        ward.sound("database-durability")
    finally:
        connection.close()


@treats("migrations")
@pytest.mark.database
@pytest.mark.django_db(transaction=True)
def test_database_behind_the_code(ward: Ward) -> None:
    ward.sound("migrations")
    try:
        # one step is behind; all of them are gone in tests/installation/test_existing_archive.py
        steps = MigrationLoader(connection).graph
        (last,) = steps.leaf_nodes("vks")
        (before,) = (each.key[1] for each in steps.node_map[last].parents if each.key[0] == "vks")
        call_command("migrate", "vks", before, verbosity=0)
        result = ward.sick("migrations", "error")
        assert "vks." in result.sentence
        ward.follow(result)
    finally:
        call_command("migrate", verbosity=0)
    ward.sound("migrations")


@treats("append-only")
@pytest.mark.database
@pytest.mark.django_db(transaction=True)
def test_log_that_can_be_rewritten(ward: Ward) -> None:
    ward.sound("append-only")
    if connection.vendor == "postgresql":
        # the triggers stay, and refuse nothing
        with connection.cursor() as cursor:
            cursor.execute(
                'CREATE OR REPLACE FUNCTION "vks_ledger_entry_refuse"() RETURNS trigger LANGUAGE plpgsql AS '
                "'BEGIN RETURN NEW; END'"
            )
        result = ward.sick("append-only", "error")
        assert "vks_ledger_entry" in result.sentence
        ward.follow(result)
    unprotect(connection)
    try:
        result = ward.sick("append-only", "error")
        assert "vks_ledger_entry" in result.sentence
        ward.follow(result)
    finally:
        protect(connection)
    ward.sound("append-only")


@treats("database-functions")
@pytest.mark.database
@pytest.mark.django_db(transaction=True)
def test_functions_that_are_gone_or_another(ward: Ward) -> None:
    ward.sound("database-functions")
    wrong = [f'DROP TRIGGER "{into_log.TRIGGER}"']
    named = [into_log.TRIGGER]
    if connection.vendor == "postgresql":
        nothing = f'CREATE OR REPLACE FUNCTION "{into_log.TRIGGER}"() RETURNS trigger LANGUAGE plpgsql AS '
        read = Function(READ.name, READ.takes, READ.returns, READ.body.replace("BEGIN", "BEGIN NULL;", 1))
        wrong = [*APPEND.dropping(), *read.making(), f"{nothing} 'BEGIN RETURN NULL; END'"]
        named = [READ.name, APPEND.name, into_log.TRIGGER]
    try:
        with connection.cursor() as cursor:
            for statement in wrong:
                cursor.execute(statement)
        result = ward.sick("database-functions", "error")
        assert f": {', '.join(named)}." in result.sentence
        ward.follow(result)
    finally:
        call_command("migrate", verbosity=0)
    ward.sound("database-functions")


def test_database_of_a_newer_plugin(ward: Ward) -> None:
    ward.sound("migrations")
    recorder = MigrationRecorder(connection)
    recorder.record_applied("vks", "9999_from_the_future")
    result = ward.sick("migrations", "error")
    ward.follow(
        result,
        by_hand={"pip install --upgrade": lambda _step: recorder.record_unapplied("vks", "9999_from_the_future")},
    )
    ward.sound("migrations")
