"""A sound installation to break."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.custody.conftest import key, log, other_case  # noqa: F401 - fixtures
from tests.doctor.treatment import Ward

if TYPE_CHECKING:
    from pytest_django import Settings


@pytest.fixture
def ward(db: None, settings: Settings, host: str) -> Ward:
    """Return the installation as the suite runs on it."""
    return Ward(settings, host)
