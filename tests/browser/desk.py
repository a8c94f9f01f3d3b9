"""Somebody at a browser: signs in, looks at pages, and nothing that goes wrong there stays unseen."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

if TYPE_CHECKING:
    from playwright.sync_api import APIResponse, Browser, BrowserContext, ConsoleMessage, Page, Response, WebError

    from tests.browser.demonstration import Demonstration

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SCREEN = (1366, 768)
"""The screen most desks of an office have."""

OF_THE_BROWSER = ("data:", "blob:", "about:", "chrome:", "chrome-extension:")
"""Beginnings of addresses that no network is asked for."""


@dataclass
class Seen:
    """What happened behind the pages."""

    errors: list[str] = field(default_factory=list)
    """Errors in the console, uncaught exceptions, answers of 500 and above."""
    elsewhere: list[str] = field(default_factory=list)
    """Addresses asked for that are not the demonstration's."""
    asked: int = 0
    """Requests in all."""


class Person:
    """One person with a browser window of their own."""

    def __init__(self, browser: Browser, demonstration: Demonstration, **options: Any) -> None:
        width, height = SCREEN
        settings: dict[str, Any] = {
            "viewport": {"width": width, "height": height},
            "locale": "vi-VN",
            "timezone_id": "Asia/Ho_Chi_Minh",
            "base_url": demonstration.base,
            # where things are is looked at when they are there, not on the way
            "reduced_motion": "reduce",
        }
        self.demonstration = demonstration
        self.base = demonstration.base
        self.context: BrowserContext = browser.new_context(**(settings | options))
        self.context.set_default_timeout(30_000)
        self.seen = Seen()
        self.context.on("request", lambda request: self._note(request.url))
        self.context.on("console", self._listen)
        self.context.on("response", self._answered)
        self.context.on("weberror", self._thrown)
        self.page: Page = self.context.new_page()
        self.page.on("websocket", lambda socket: self._note(socket.url.replace("ws", "http", 1)))

    def _note(self, url: str) -> None:
        self.seen.asked += 1
        if not url.startswith((f"{self.base}/", *OF_THE_BROWSER)):
            self.seen.elsewhere.append(url)

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type != "error":
            return
        # the browser asks for this of its own accord on pages of the host that name no icon
        if urlsplit(message.location["url"]).path == "/favicon.ico":
            return
        self.seen.errors.append(f"{self.page.url}: {message.text} ({message.location['url']})")

    def _thrown(self, error: WebError) -> None:
        thrown = error.error
        where = getattr(thrown, "stack", None) or str(thrown)
        self.seen.errors.append(f"uncaught on {error.page.url if error.page else '?'}: {where[:800]}")

    def _answered(self, response: Response) -> None:
        if response.status >= 500:
            self.seen.errors.append(f"{response.status} for {response.url}")

    def sign_in(self, username: str, *, then: str = "/vks/") -> Person:
        """Sign in on the host's own page, or go on with the session of an earlier window of this person.

        The host takes thirty sign-ins a minute from one address.
        """
        kept = self.demonstration.sessions.get(username)
        if kept is not None:
            self.context.add_cookies(kept)
            self.open(then)
            return self
        self.page.goto(f"/accounts/login/?next={quote(then)}")
        self.page.fill("input[name=login], input[name=username]", username)
        self.page.fill("input[name=password]", self.demonstration.password)
        self.page.press("input[name=password]", "Enter")
        self.page.wait_for_url(f"{self.base}{then}")
        self.demonstration.sessions[username] = self.context.cookies()
        return self

    def open(self, path: str) -> int:
        """Go to an address; return the status of the answer."""
        response = self.page.goto(path)
        assert response is not None
        return response.status

    def ask(self, path: str) -> APIResponse:
        """Ask the API with this person's session."""
        return self.context.request.get(path, headers={"Accept": "application/json; version=10"})

    def rows(self) -> list[str]:
        """Return the case codes of the list shown."""
        return [text.strip() for text in self.page.locator("#vks-rows tbody td:first-child").all_inner_texts()]

    def width(self) -> int:
        """Return how wide the page is; more than the window means scrolling sideways."""
        return int(self.page.evaluate("document.documentElement.scrollWidth"))

    def leave(self) -> None:
        """Close the window."""
        self.context.close()


def without_names(text: str, *names: str) -> str:
    """Return an answer without what differs between two askings: the names asked for and form tokens."""
    for name in names:
        text = text.replace(name, "…")
    text = re.sub(r'("X-CSRFToken": "|name="csrfmiddlewaretoken" value=")[A-Za-z0-9]+', r"\1", text)
    return re.sub(r"(X-CSRFToken&quot;: &quot;)[A-Za-z0-9]+", r"\1", text)
