"""What stands in the folder of a finished deck, whoever made it: what it loads, what it cites, which page a folio leads to.

Read as a browser without a network would, by code that knows nothing of the writer. Our own decks keep their slides in
`data.js`, plain JSON behind `window.DECK=`; what other programs write there is a script like any other.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

_LARGEST = 64 * 1024 * 1024
"""Bytes of a page, script or style sheet that is read."""
_READ = {".html", ".htm", ".js", ".mjs", ".css"}
_CITED = re.compile(r"\bBL\s+\d")
_DATA = re.compile(r"\s*window\.([A-Z_]+)\s*=")
_URL = re.compile(r"url\(\s*['\"]?([^'\")]+)")
_IMPORT = re.compile(r"@import\s+['\"]([^'\"]+)")
_BLOCK_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_TOKEN = re.compile(
    r"(?P<text>\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|/\*.*?\*/|(?<!:)//[^\n]*", re.DOTALL
)
"""A string or a comment of a script; each hides the other's signs."""
_NETWORK = re.compile(r"\b(?:https?|wss?|ftp)://[^\s\"'`<>)\\]+|(?<=[\"'`])//[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)
_NAMES = {
    "http://www.w3.org/1998/Math/MathML",
    "http://www.w3.org/1999/xhtml",
    "http://www.w3.org/1999/xlink",
    "http://www.w3.org/2000/svg",
    "http://www.w3.org/2000/xmlns/",
    "http://www.w3.org/XML/1998/namespace",
}
"""Names of XML vocabularies that look like addresses; nobody loads them."""


@dataclass(frozen=True)
class DeckPage:
    """A page of the deck's own list: the folio that is typed, and the file that is shown for it."""

    folio: str
    file: str
    is_there: bool
    """Whether the file lies in the folder."""


@dataclass
class FinishedDeck:
    """What was read."""

    pages: int = 0
    """HTML files."""
    others: int = 0
    """Scripts and style sheets."""
    links: int = 0
    """Addresses of files, all of them within the folder when there is no fault."""
    cites: int = 0
    """How often a folio is cited."""
    fault: str = ""
    """The first thing that does not open without a network, or cannot be read; empty when there is none."""
    shown: list[DeckPage] | None = field(default=None)
    """Pages with a folio, from the deck's data; None when there is no such data."""


def read_deck(folder: Path) -> FinishedDeck:
    """Return what the folder of a deck holds; a folder that is not there holds nothing."""
    deck = FinishedDeck()
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        kind = path.suffix.lower()
        if kind not in _READ or not path.is_file():
            continue
        if kind in {".html", ".htm"}:
            deck.pages += 1
        else:
            deck.others += 1
        name = path.relative_to(folder).as_posix()
        try:
            if path.stat().st_size > _LARGEST:
                deck.fault = deck.fault or f"{name} quá lớn để xét"
                continue
            # what a browser takes for a byte order mark is none of the words
            why = _KINDS[kind](path.read_text(encoding="utf-8-sig"), path, folder, deck)
        except (OSError, ValueError, RecursionError) as error:
            why = f"không đọc được ({type(error).__name__})"
        if why and not deck.fault:
            deck.fault = f"{name}: {why}"
    return deck


def _html(text: str, path: Path, folder: Path, deck: FinishedDeck) -> str:
    read = _References()
    read.feed(text)
    read.close()
    deck.cites += len(_CITED.findall(" ".join(read.words)))
    why = _first_fault([*read.found, *_loaded_by_styles("\n".join(read.styles))], path, folder, deck, read.anchors)
    return why or next((found for script in read.scripts if (found := _network_in(script))), "")


def _css(text: str, path: Path, folder: Path, deck: FinishedDeck) -> str:
    return _first_fault(_loaded_by_styles(text), path, folder, deck)


def _js(text: str, path: Path, folder: Path, deck: FinishedDeck) -> str:
    data = _DATA.match(text)
    try:
        value = json.loads(text[data.end() :].strip().removesuffix(";")) if data else None
    except ValueError:
        data = None
    if data is None:
        return _network_in(text)
    # words may name an address; data load nothing, but for the files the pages of the deck show
    if data.group(1) != "DECK" or not isinstance(value, dict):
        return ""
    deck.cites += sum(len(_CITED.findall(words)) for words in _strings(value.get("slides")))
    deck.shown = []
    # pages named relative to data.js are asked for by the page that loads it, which lies beside it
    for page in _objects(value.get("pages")):
        file = str(page.get("file", ""))
        is_there = bool(file) and not _why_not_offline(file, path, set(), folder)
        if folio := str(page.get("folio", "")).strip():
            deck.shown.append(DeckPage(folio, file, is_there))
    videos = [video for slide in _objects(value.get("slides")) for video in _objects([slide.get("video")])]
    named = [each.get(key) for each in (*_objects(value.get("pages")), *videos) for key in ("file", "still")]
    return _first_fault([str(name) for name in named if name], path, folder, deck)


_KINDS = {".html": _html, ".htm": _html, ".css": _css, ".js": _js, ".mjs": _js}


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _strings(value: Any) -> Iterator[str]:
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, dict):
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each


def _loaded_by_styles(text: str) -> list[str]:
    said = _BLOCK_COMMENT.sub(" ", text)
    return [each.strip() for each in (*_URL.findall(said), *_IMPORT.findall(said))]


def _network_in(script: str) -> str:
    """Return why a script needs a network; empty when no address of one stands in it, comments apart."""
    said = _TOKEN.sub(lambda token: token.group() if token.group("text") else " ", script)
    found = next((each for each in _NETWORK.findall(said) if each not in _NAMES), "")
    return f"lệnh có địa chỉ mạng {found[:100]}" if found else ""


def _first_fault(
    addresses: Sequence[str], page: Path, folder: Path, deck: FinishedDeck, anchors: set[str] | None = None
) -> str:
    deck.links += len(addresses)
    return next((why for each in addresses if (why := _why_not_offline(each, page, anchors or set(), folder))), "")


class _References(HTMLParser):
    """Collects what a page of a deck says and refers to."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.anchors: set[str] = set()
        self.words: list[str] = []
        self.scripts: list[str] = []
        self.styles: list[str] = []
        self._into = self.words

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the addresses and the names of one element."""
        self._into = {"script": self.scripts, "style": self.styles}.get(tag, self.words)
        for name, value in attrs:
            if not value:
                continue
            if name in {"href", "src", "poster", "data", "action"}:
                self.found.append(value)
            elif name == "srcset":
                self.found += [each.split()[0] for each in value.split(", ") if each.strip()]
            elif name in {"id", "name"}:
                self.anchors.add(value)
            elif name == "style":
                self.styles.append(value)
            elif name.startswith("on"):
                self.scripts.append(value)

    def handle_endtag(self, tag: str) -> None:
        """Go back to the words of the page."""
        self._into = self.words

    def handle_data(self, data: str) -> None:
        """Note words, or the inside of a script or style."""
        self._into.append(data)


def _why_not_offline(address: str, page: Path, anchors: set[str], folder: Path) -> str:
    """Return why an address does not open without a network; empty when it does."""
    parts = urlsplit(address)
    if parts.scheme in {"data", "blob"} or address.startswith(("javascript:void", "about:blank")):
        return ""
    if parts.scheme or parts.netloc:
        return f"liên kết ra mạng {parts.scheme}://{parts.netloc}"
    if not parts.path:
        named = unquote(parts.fragment)
        return "" if not named or named in anchors else f"không có chỗ “{named}”"
    target = (page.parent / unquote(parts.path)).resolve()
    if not target.is_relative_to(folder.resolve()):
        return f"liên kết ra ngoài gói: {parts.path}"
    return "" if target.exists() else f"không có tệp {parts.path}"
