"""What every test gets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
from django.utils import translation

from tests.stages import Stage, fresh_folders, leaves_no_trace, stages, wanted_by

if TYPE_CHECKING:
    from collections.abc import Iterator

pytest_plugins = ["tests.people"]

# how long an example takes says how busy the machine is
hypothesis.settings.register_profile(
    "unhurried", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("unhurried")


@pytest.fixture(autouse=True)
def delivered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a client was answered counts as delivered, though the test reads no file to its end."""
    from django.test import Client

    from vks_plugin.access.waiting_readings import write_waiting

    plain = Client.request

    def request(self: Client, **asked: Any) -> Any:
        answer = plain(self, **asked)
        write_waiting()
        return answer

    monkeypatch.setattr(Client, "request", request)


@pytest.fixture(autouse=True)
def own_index_and_files(request: pytest.FixtureRequest) -> Iterator[None]:
    """Give each test that uses the database an empty search index and empty folders."""
    if "db" not in request.fixturenames and "transactional_db" not in request.fixturenames:
        yield
        return
    from django.core.cache import cache
    from documents.search import reset_backend

    from vks_plugin.access import waiting_readings
    from vks_plugin.access.log import forget_recent
    from vks_plugin.conf import configuration
    from vks_plugin.host import search

    # what a test begins with may be made now, in these very folders
    standing: Stage = request.getfixturevalue("stage")
    forget_recent()
    # what nobody read to the end, and closed
    waiting_readings._waiting._readings.clear()
    # what a rolled-back test wanted written into the index
    vars(search._pending).clear()
    configuration.cache_clear()
    cache.clear()
    fresh_folders()
    stages.files(standing)
    yield
    reset_backend()


@pytest.hookimpl(tryfirst=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest) -> None:
    """Put what a test begins with into the database, before pytest-django begins the test's transaction."""
    if fixturedef.argname == "_django_db_helper":
        with request.getfixturevalue("django_db_blocker").unblock():
            stages.stand(wanted_by(request), lasting=leaves_no_trace(request))


@pytest.fixture
def stage(request: pytest.FixtureRequest) -> Stage:
    """Return which of the fixtures of `tests.people` stand in the database since before the test."""
    request.getfixturevalue("_django_db_helper")
    return wanted_by(request)


@pytest.fixture(autouse=True, scope="session")
def nothing_is_emptied() -> Iterator[None]:
    """Leave what a transactional test left: the database is replaced as a whole before the next one."""
    from django.test import TransactionTestCase

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _self: None)
        yield


@pytest.fixture(autouse=True, scope="session")
def nothing_is_under_way() -> Iterator[None]:
    """Let a comparison of files look again at once: no host is at work on them beside the tests, but where one says so."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vks_plugin.custody.actions.fixity._SETTLES", 0)
        yield


@pytest.fixture(scope="session")
def first_language() -> str | None:
    """Return the language before any request was answered."""
    return translation.get_language()


@pytest.fixture(autouse=True)
def nobody_has_spoken_yet(first_language: str | None) -> Iterator[None]:
    """Forget, after a test, the language its requests were answered in."""
    yield
    if first_language is None:
        translation.deactivate_all()
    else:
        translation.activate(first_language)
