"""A process may end at any moment: what it answered as done is there, and what it had not finished can be gone on with."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.db import connection

from tests import plugin
from tests.custody.killed import ACTS, prepare

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from tests.people import FiledCase

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.slow
def test_what_was_answered_is_there_wherever_the_process_is_killed(
    filed_case: FiledCase, people: dict[str, User], tmp_path: Path, host: str
) -> None:
    """Of all steps a few; `python -m tests.custody.killed` takes every one, on PostgreSQL too."""
    if connection.vendor != "sqlite":
        pytest.skip("its database is a file that is put back")
    prepare()
    base = tmp_path / "base"
    shutil.copytree(plugin.FOLDER, base)
    with closing(sqlite3.connect(base / "data" / "db.sqlite3")) as copy:
        connection.connection.backup(copy)
    words = [sys.executable, "-m", "tests.custody.killed", "--host", host, "--base", str(base)]
    ended = subprocess.run([*words, "--first", "40", "--every", "100"], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    for act in ACTS:
        assert f"{act}: " in ended.stdout
    assert "killed at 0 of them" not in ended.stdout
