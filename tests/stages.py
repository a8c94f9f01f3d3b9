"""What most tests begin with is made once in each process and copied from then on.

A fixture says how what it hands out is made (`kept_as`); a test that asks for it finds it in the database before its
transaction begins. Where a test is marked `afresh` or overrides a fixture, the fixtures make everything themselves.
Either way it is they that hand it out. SQLite copies its pages, PostgreSQL a template.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest

Stage = frozenset[str]
"""What stands in the database before a test begins, by the names given to `kept_as`."""

NOTHING: Stage = frozenset()

_Fixture = TypeVar("_Fixture", bound=Callable[..., Any])

_WORTH_KEEPING = frozenset({"people", "case"})
"""What takes longer to make than to copy has one of these in it."""


def kept_as(name: str, make: Callable[[], object]) -> Callable[[_Fixture], _Fixture]:
    """Say of a fixture what it needs in the database and how that is made; what it builds on is said before it."""

    def say(fixture: _Fixture) -> _Fixture:
        stages.makers[name] = make
        vars(fixture)["stage"] = name
        return fixture

    return say


def fresh_folders() -> None:
    """Empty the folders of the host and of ours, and let go of the search index."""
    from documents.search import reset_backend

    reset_backend()
    for folder in _folders().values():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)


def _folders() -> dict[str, Path]:
    from django.conf import settings

    return {
        "index": Path(settings.INDEX_DIR),
        "vks": Path(settings.DATA_DIR) / "vks",
        "media": Path(settings.MEDIA_ROOT),
        "scratch": Path(settings.SCRATCH_DIR),
    }


def wanted_by(request: pytest.FixtureRequest) -> Stage:
    """Return what may stand before this test begins: what its fixtures keep, if nobody has overridden them."""
    item = request.node
    if item.get_closest_marker("afresh") is not None:
        return NOTHING
    definitions = item._fixtureinfo.name2fixturedefs
    order = list(stages.makers)
    asked = set()
    for name, defined in definitions.items():
        last = defined[-1]
        kept = getattr(last.func, "stage", None)
        if kept is not None:
            asked.add(kept)
        elif name in order:
            # one that only says or adds something to what is kept is no other thing
            below = {getattr(each.func, "stage", None) for arg in last.argnames for each in definitions.get(arg, ())}
            if not below & set(order[order.index(name) :]):
                return NOTHING
            asked.add(name)
    return frozenset(asked) if asked & _WORTH_KEEPING else NOTHING


@dataclass
class _Kept:
    database: sqlite3.Connection | str
    files: Path


class Stages:
    """The copies, and what the database holds between two tests."""

    def __init__(self) -> None:
        self._kept: dict[Stage, _Kept] = {}
        self._holds: Stage | None = None
        self.makers: dict[str, Callable[[], object]] = {}
        """How each thing is made, by name, in the order they build on one another."""

    def stand(self, stage: Stage, *, lasting: bool) -> None:
        """Let the database hold exactly this, before the transaction of a test begins.

        Args:
            stage: what is to stand.
            lasting: the test leaves the database as it found it.
        """
        from django.db import connection

        connection.ensure_connection()
        if not self._kept:
            fresh_folders()
            self._keep(NOTHING)
            self._holds = NOTHING
        if stage not in self._kept:
            fresh_folders()
            self._put(NOTHING)
            for name, make in self.makers.items():
                if name in stage:
                    make()
            self._keep(stage)
        elif self._holds != stage:
            self._put(stage)
        self._holds = stage if lasting else None

    def files(self, stage: Stage) -> None:
        """Put what the host stored for this stage into its folders, which are empty."""
        if stage in self._kept:
            for name, folder in _folders().items():
                shutil.copytree(self._kept[stage].files / name, folder, dirs_exist_ok=True)

    def forget(self) -> None:
        """Remove the copies a database server keeps."""
        for kept in self._kept.values():
            if isinstance(kept.database, str):
                _replace(kept.database)
        self._kept.clear()
        self._holds = None

    def _keep(self, stage: Stage) -> None:
        from django.db import connection

        copy: sqlite3.Connection | str
        if connection.vendor == "sqlite":
            copy = sqlite3.connect(":memory:")
            connection.connection.backup(copy)
        else:
            name = str(connection.settings_dict["NAME"])
            copy = f"{name}_stage_{len(self._kept)}"
            _replace(copy, by=name)
        files = Path(tempfile.mkdtemp(prefix="stage-", dir=_folders()["scratch"].parent))
        for name, folder in _folders().items():
            shutil.copytree(folder, files / name)
        self._kept[stage] = _Kept(copy, files)

    def _put(self, stage: Stage) -> None:
        from django.contrib.contenttypes.models import ContentType
        from django.db import connection

        copy = self._kept[stage].database
        if isinstance(copy, str):
            _replace(str(connection.settings_dict["NAME"]), by=copy)
        else:
            copy.backup(connection.connection)
        ContentType.objects.clear_cache()


def _replace(database: str, *, by: str = "") -> None:
    """Let a database of the server go, and make it again as a copy of another if one is named."""
    from django.db import connection

    connection.close()
    quoted = connection.ops.quote_name
    with connection._nodb_cursor() as cursor:
        # what a thread of a test left open is closed too
        cursor.execute(f"DROP DATABASE IF EXISTS {quoted(database)} WITH (FORCE)")
        if by:
            cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [by])
            cursor.execute(f"CREATE DATABASE {quoted(database)} TEMPLATE {quoted(by)}")


stages = Stages()


def leaves_no_trace(request: pytest.FixtureRequest) -> bool:
    """Tell whether a test's transaction is taken back, as pytest-django decides it."""
    marker = request.node.get_closest_marker("django_db")
    transactional = marker is not None and (
        bool(marker.args and marker.args[0])
        or marker.kwargs.get("transaction", False)
        or marker.kwargs.get("reset_sequences", False)
    )
    names: Any = request.fixturenames
    return not transactional and "transactional_db" not in names and "live_server" not in names
