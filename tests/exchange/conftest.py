"""What the tests of lists share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.api.conftest import snapshot
from tests.exchange.files import csv_text, written
from vks_plugin.cases.models import CaseImport
from vks_plugin.exchange import actions

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from pytest_django import DjangoCaptureOnCommitCallbacks

    from vks_plugin.organization.models import ProcuracyUnit

__all__ = ["snapshot"]

Load = Callable[..., CaseImport]


@pytest.fixture
def load(
    people: dict[str, User],
    units: dict[str, ProcuracyUnit],
    provisioned: None,
    tmp_path: Path,
    settings: Any,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> Load:
    """Return a function that loads rows as a list of KV1, or only tries them."""
    settings.VKS_DATA_DIR = tmp_path / "data"

    def loaded(
        *rows: Any, actor: str = "chief_kv1", trial: bool = False, unit: str = "QN-KV1", **more: Any
    ) -> CaseImport:
        content = rows[0] if len(rows) == 1 and isinstance(rows[0], bytes | str) else csv_text(rows)
        made = actions.hand_in(
            actor=people[actor],
            file=written(tmp_path, content),
            filename="ds.csv",
            unit=units[unit],
            load=not trial,
            queued=False,
            **more,
        )
        with django_capture_on_commit_callbacks(execute=True):
            while actions.run(made.pk):
                pass
        made.refresh_from_db()
        return made

    return loaded


def told(made: CaseImport) -> list[tuple[int, str, str]]:
    """Return row, outcome and sentences of each row."""
    assert not made.error, made.error
    return [(row.row, row.outcome, " ".join(row.sentences)) for row in made.rows.all()]


def outcomes(made: CaseImport) -> list[str]:
    """Return the outcome of each row."""
    return [outcome for _row, outcome, _sentences in told(made)]
