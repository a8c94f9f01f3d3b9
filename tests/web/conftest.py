"""What the tests of the pages share."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from tests.api.conftest import Everything, snapshot
from tests.api.conftest import everything as papers_of_everything
from tests.people import recorded

if TYPE_CHECKING:
    from django.contrib.auth.models import User

__all__ = ["papers_of_everything", "snapshot"]

SignIn = Callable[[str], Client]

_TOKEN = re.compile(
    r"""(name="csrfmiddlewaretoken" value="|"X-CSRFToken": "|X-CSRFToken&quot;: &quot;|name="form_token" value="|"token": ")[^"&]*"""
)


@pytest.fixture
def everything(papers_of_everything: Everything, people: dict[str, User]) -> Everything:
    """Return one of each thing, with a record that has one row of each part."""
    recorded(actor=people["prosecutor_kv1"], case=papers_of_everything.filed.case)
    return papers_of_everything


@pytest.fixture
def as_person(people: dict[str, User]) -> SignIn:
    """Return a function from a person's key to a browser signed in as that person."""

    def sign_in(key: str) -> Client:
        client = Client()
        client.force_login(people[key])
        return client

    return sign_in


def said(response: Any) -> str:
    """Return what an answer tells, without the tokens that differ with every page."""
    picture = response.get("Content-Type", "").startswith("image/")
    if picture or getattr(response, "streaming", False) or "attachment" in response.get("Content-Disposition", ""):
        return "a file"
    return _TOKEN.sub(r"\1…", response.content.decode(errors="replace"))


def fetched(response: Any) -> bytes:
    """Return the whole of a file that is sent in pieces."""
    return b"".join(response.streaming_content)


class Page(HTMLParser):
    """A page taken apart: its words, its elements, its forms."""

    def __init__(self, response: Any) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.written_in: list[str] = []
        """Words inside `script` and `style` elements."""
        self.fields: dict[str, str] = {}
        """Name and entered value of every field, as a browser would send them again."""
        self.after: dict[int, list[str]] = {}
        """Words that follow the element of this number, up to the next one."""
        self._inside = ""
        self._select = ""
        self.feed(response.content.decode(errors="replace"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the element."""
        attributes = {name: value or "" for name, value in attrs}
        self.elements.append((tag, attributes))
        self._inside = tag
        name = attributes.get("name", "")
        if tag == "input" and name:
            if attributes.get("type") == "checkbox":
                if "checked" in attributes:
                    self.fields[name] = attributes.get("value", "on")
            else:
                self.fields[name] = attributes.get("value", "")
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in attributes:
            self.fields[self._select] = attributes.get("value", "")
        elif tag == "textarea" and name:
            self.fields[name] = ""
            self._select = name

    def handle_endtag(self, tag: str) -> None:
        """Leave the element."""
        self._inside = ""
        if tag in {"select", "textarea"}:
            self._select = ""

    def handle_data(self, data: str) -> None:
        """Note the words."""
        if self._inside in {"script", "style"}:
            self.written_in.append(data)
        elif self._inside == "textarea" and self._select:
            self.fields[self._select] = data.strip()
        if data.strip():
            self.words.append(" ".join(data.split()))
            self.after.setdefault(len(self.elements) - 1, []).append(self.words[-1])

    @property
    def text(self) -> str:
        """All words of the page in order."""
        return " ".join(self.words)

    def links(self) -> list[str]:
        """Return where the page leads."""
        return [attributes["href"] for tag, attributes in self.elements if tag == "a" and "href" in attributes]

    def error_at(self, field: str) -> str:
        """Return the sentence that stands at a field; empty when there is none."""
        for number, (_tag, attributes) in enumerate(self.elements):
            if attributes.get("id") == f"id_{field}_error":
                return " ".join(self.after.get(number, []))
        return ""
