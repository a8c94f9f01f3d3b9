"""A demonstration that runs for the whole session, a browser, and people to sit at it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests import libreoffice
from tests.browser import journey
from tests.browser.demonstration import READY, Demonstration
from tests.browser.desk import ARGUMENTS, CHROMIUM, OF_THE_BROWSER, SCREEN, Person
from tests.plugin import HOST

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

HERE = Path(__file__).parent
HOST_INTERFACE = HERE / "test_host_interface.py"
"""What the host's own interface shows; the stand-in has none."""

_left_out: list[str] = []


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what needs a program that is not here; it is said so and never shown as passed."""
    needs: dict[str, tuple[bool, Callable[[pytest.Item], bool]]] = {
        "needs --host=paperless (the stand-in has no interface of its own)": (
            HOST != "paperless",
            lambda item: item.path == HOST_INTERFACE,
        ),
        "needs LibreOffice (soffice is not installed)": (
            not libreoffice.HERE,
            lambda item: item.get_closest_marker("libreoffice") is not None,
        ),
    }
    for why, (missing, concerns) in needs.items():
        left_out = [item for item in items if missing and concerns(item)]
        if left_out:
            items[:] = [item for item in items if item not in left_out]
            _left_out.append(f"{why}: {', '.join(item.name for item in left_out)}")
            config.hook.pytest_deselected(items=left_out)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name what could not be shown here."""
    for each in _left_out:
        terminalreporter.write_line(f"left out, {each}")


@pytest.fixture(scope="session")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    """Start the demonstration; at the end press Ctrl-C, and see that it ends well and leaves nothing running."""
    running = Demonstration(HOST, tmp_path_factory.mktemp("demonstration"))
    try:
        running.wait_for(READY)
        yield running
        assert running.process.poll() is None, running.said
        code, _took = running.interrupt(within=20)
        assert code == 0, running.said
        assert running.left_running() == []
        assert "Traceback" not in running.said
        assert "panic" not in running.said
    finally:
        running.kill()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start a browser without a window."""
    from playwright.sync_api import expect, sync_playwright

    # the worker reads papers on the same processor
    expect.set_options(timeout=30_000)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", CHROMIUM),
            args=ARGUMENTS,
        )
        yield started
        started.close()


@pytest.fixture
def offline(browser: Browser) -> Iterator[BrowserContext]:
    """Return a browser without a network, in which nothing may go wrong."""
    width, height = SCREEN
    context = browser.new_context(viewport={"width": width, "height": height}, offline=True)
    wrong: list[str] = []
    context.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    context.on("weberror", lambda error: wrong.append(str(error.error)))
    context.on(
        "request",
        lambda request: None if request.url.startswith(("file:", *OF_THE_BROWSER)) else wrong.append(request.url),
    )
    yield context
    context.close()
    assert wrong == []


@contextmanager
def _seated(browser: Browser, demonstration: Demonstration) -> Iterator[Sit]:
    people: list[Person] = []

    def seat(username: str | None = None, *, then: str = "/vks/", **options: Any) -> Person:
        person = Person(browser, demonstration, **options)
        people.append(person)
        return person.sign_in(username, then=then) if username is not None else person

    yield seat
    for person in people:
        person.leave()
    assert [error for person in people for error in person.seen.errors] == []
    assert [address for person in people for address in person.seen.elsewhere] == []


Sit = Callable[..., Person]
"""`sit("user")` seats that person, signed in; `sit()` one who is not; other words are options of the window."""


@pytest.fixture
def sit(browser: Browser, demonstration: Demonstration) -> Iterator[Sit]:
    """Seat people at browsers; at the end nothing may have gone wrong behind their pages."""
    with _seated(browser, demonstration) as seat:
        yield seat


@dataclass(frozen=True)
class OfficeCase:
    """The case of the journey as far as it has come."""

    code: str
    papers: list[journey.Paper]


@pytest.fixture(scope="session")
def registered(browser: Browser, demonstration: Demonstration) -> str:
    """The clerk registers the case; returns its code."""
    with _seated(browser, demonstration) as seat:
        return journey.register(seat(journey.CLERK))


@pytest.fixture(scope="session")
def filed(
    browser: Browser, demonstration: Demonstration, registered: str, tmp_path_factory: pytest.TempPathFactory
) -> OfficeCase:
    """The clerk files twenty forms."""
    papers = journey.papers(tmp_path_factory.mktemp("papers"))
    with _seated(browser, demonstration) as seat:
        journey.file(seat(journey.CLERK), registered, papers)
    return OfficeCase(registered, papers)


@pytest.fixture(scope="session")
def assigned(browser: Browser, demonstration: Demonstration, filed: OfficeCase) -> OfficeCase:
    """The leader assigns a procurator, who could not see the case before."""
    with _seated(browser, demonstration) as seat:
        before = seat(journey.PROCURATOR)
        assert filed.code not in before.rows()
        assert before.ask(f"/api/vks/cases/{filed.code}/").status == 404
        journey.assign(seat(journey.LEADER), filed.code, journey.PROCURATOR)
    return filed


@pytest.fixture(scope="session")
def bundled(
    browser: Browser, demonstration: Demonstration, assigned: OfficeCase, tmp_path_factory: pytest.TempPathFactory
) -> journey.Made:
    """The procurator makes the bundle and downloads it."""
    with _seated(browser, demonstration) as seat:
        return journey.bundle(seat(journey.PROCURATOR), assigned.code, tmp_path_factory.mktemp("bundle"))
