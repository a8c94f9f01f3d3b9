"""What most tests begin with is made once in each process and copied from then on.

On SQLite only, where a whole database is copied in milliseconds; elsewhere, and where a test is marked `afresh` or
overrides a fixture, the fixtures of `tests.people` make everything themselves. Either way it is they that hand it out.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ORDER = ("units", "people", "provisioned", "catalogue", "case", "filed_case")
"""Fixtures of `tests.people` in the order they build on one another."""

Stage = frozenset[str]
"""Which of them stand in the database before a test begins."""

NOTHING: Stage = frozenset()


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
    """Return what may stand before this test begins: the fixtures it asks for, if nobody has overridden them."""
    from django.db import connection

    item = request.node
    if connection.vendor != "sqlite" or item.get_closest_marker("afresh") is not None:
        return NOTHING
    definitions = item._fixtureinfo.name2fixturedefs
    asked = [name for name in ORDER if name in definitions]
    for name in asked:
        last = definitions[name][-1]
        # one that only says something about the filed case is no other case
        if last.func.__module__ != "tests.people" and "filed_case" not in last.argnames:
            return NOTHING
    return frozenset(asked) if "people" in asked or "case" in asked else NOTHING


@dataclass
class _Kept:
    database: sqlite3.Connection
    files: Path


class Stages:
    """The copies, and what the database holds between two tests."""

    def __init__(self) -> None:
        self._kept: dict[Stage, _Kept] = {}
        self._holds: Stage | None = None
        self.makers: dict[str, Callable[[], object]] = {}
        """How each thing is made, by name; `tests.people` says so."""

    def stand(self, stage: Stage, *, lasting: bool) -> None:
        """Let the database hold exactly this, before the transaction of a test begins.

        Args:
            stage: what is to stand.
            lasting: the test leaves the database as it found it.
        """
        from django.db import connection

        if connection.vendor != "sqlite":
            return
        connection.ensure_connection()
        if not self._kept:
            fresh_folders()
            self._keep(NOTHING)
            self._holds = NOTHING
        if stage not in self._kept:
            fresh_folders()
            self._put(NOTHING)
            for name in ORDER:
                if name in stage:
                    self.makers[name]()
            self._keep(stage)
        elif self._holds != stage:
            self._put(stage)
        self._holds = stage if lasting else None

    def files(self, stage: Stage) -> None:
        """Put what the host stored for this stage into its folders, which are empty."""
        if stage in self._kept:
            for name, folder in _folders().items():
                shutil.copytree(self._kept[stage].files / name, folder, dirs_exist_ok=True)

    def _keep(self, stage: Stage) -> None:
        from django.db import connection

        copy = sqlite3.connect(":memory:")
        connection.connection.backup(copy)
        files = Path(tempfile.mkdtemp(prefix="stage-", dir=_folders()["scratch"].parent))
        for name, folder in _folders().items():
            shutil.copytree(folder, files / name)
        self._kept[stage] = _Kept(copy, files)

    def _put(self, stage: Stage) -> None:
        from django.contrib.contenttypes.models import ContentType
        from django.db import connection

        self._kept[stage].database.backup(connection.connection)
        ContentType.objects.clear_cache()


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
