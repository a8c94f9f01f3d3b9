"""Decks open in browsers of 2018 (Chrome 70, Firefox 62, Safari 12): what came later stays out of scripts and styles.

Scripts are read by a parser that knows no syntax after ES2017, and has learned none since: what it does not understand, these
browsers may not either. Of names it knows nothing; they are compared with a list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import esprima
import pytest

from vks_plugin.court.deck.html import ASSETS

_STYLE = re.compile(r"""/\*.*?\*/ | "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*' """, re.S | re.X)

YOUNGER_METHODS = re.compile(
    r"at|replaceAll|matchAll|fromEntries|allSettled|any|replaceChildren|toSorted|toReversed|findLast|findLastIndex|hasOwn|flat|"
    r"flatMap|trimStart|trimEnd|groupBy|showModal|checkVisibility|randomUUID"
)
YOUNGER_NAMES = re.compile(
    r"globalThis|structuredClone|queueMicrotask|BigInt|WeakRef|ResizeObserver|AggregateError|BroadcastChannel"
)
YOUNGER_STYLE = {
    "functions": r"(?<![\w-])(?:min|max|clamp|color-mix|env|fit-content)\(",
    "selectors": r":(?:is|where|has)\(|(?<!:not\():focus-visible|&",
    "properties": r"(?<![\w-])(?:inset|gap|row-gap|column-gap|aspect-ratio|accent-color|content-visibility|text-wrap|translate|rotate|"
    r"scale|scrollbar-gutter|backdrop-filter|(?:margin|padding|inset|border)-(?:inline|block)[\w-]*)\s*:",
    "values": r"overflow(?:-[xy])?\s*:\s*clip|position\s*:\s*sticky|display\s*:\s*(?:flow-root|contents)",
    "units and rules": r"\d[dsl]v[hw]\b|@(?:layer|container|property|supports)|rgba?\(\s*\d+\s+\d",
}


def younger_script(code: str) -> list[str]:
    """Return what a script uses that came later: the first syntax that is not understood, else names and patterns."""
    try:
        read = esprima.parseScript(code, {"tokens": True})
    except esprima.Error as error:
        return [f"syntax: {error}"]
    found = []
    tokens = [("", ""), *((token.type, token.value) for token in read.tokens), ("", "")]
    for (_, before), (kind, value), (_, after) in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if kind == "Identifier" and before == "." and after == "(" and YOUNGER_METHODS.fullmatch(value):
            found.append(value)
        if kind == "Identifier" and before != "." and YOUNGER_NAMES.fullmatch(value):
            found.append(value)
        # looking behind, names of groups, and flags: parts of a pattern that only the browser itself reads
        flags = set(value.rpartition("/")[2]) if kind == "RegularExpression" else set()
        if kind == "RegularExpression" and ("(?<" in value or "\\p{" in value or flags - set("gimuy")):
            found.append(value)
    # understood, and yet after ES2017: `{ ...each }` and `import()`
    younger = {("SpreadElement", "ObjectExpression"), ("RestElement", "ObjectPattern")}
    return found + [kind for kind, parent in _nodes(read.toDict()) if (kind, parent) in younger or kind == "Import"]


def _nodes(tree: Any, parent: str = "") -> Iterator[tuple[str, str]]:
    """Yield every kind of node with that of the node it stands in."""
    if isinstance(tree, list):
        for each in tree:
            yield from _nodes(each, parent)
    elif isinstance(tree, dict):
        kind = str(tree.get("type", ""))
        yield kind, parent
        for name, each in tree.items():
            if name != "tokens":
                yield from _nodes(each, kind)


def younger_style(text: str) -> list[tuple[str, str]]:
    """Return what a style sheet uses that came later, outside of comments and strings."""
    rules = _STYLE.sub('""', text)
    return [(name, match[0]) for name, pattern in YOUNGER_STYLE.items() for match in re.finditer(pattern, rules)]


@pytest.mark.parametrize("path", sorted(ASSETS.glob("*.js")), ids=lambda path: path.name)
def test_scripts_use_nothing_younger(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert younger_script(text) == []
    # browsers of that time know both by a name of their own, or not at all
    assert ("requestFullscreen" in text) == ("webkitRequestFullscreen" in text)
    assert not re.search(r"[\"'`]pointer(?:down|move|up)[\"'`]", text)


def test_styles_use_nothing_younger_without_something_in_its_place() -> None:
    text = (ASSETS / "deck.css").read_text(encoding="utf-8")
    assert younger_style(text) == []
    for rule in re.findall(r"\{([^{}]*)\}", text):
        assert "overflow-wrap: anywhere" not in rule or "word-break: break-word" in rule
        assert not re.search(r"(?<!-)user-select:", rule) or "-webkit-user-select:" in rule
        assert not re.search(r"(?<!-)print-color-adjust:", rule) or "-webkit-print-color-adjust:" in rule


@pytest.mark.parametrize(
    "code",
    [
        "a?.b",
        "a ?? b",
        "x ||= 1",
        "[1].at(-1)",
        "'a'.replaceAll('b', 'c')",
        "() => { try { a(); } catch { b(); } }",
        "f({ ...a })",
        "(({ a, ...b }) => b)(c)",
        "1_000",
        "class { #a = 1; }",
        "import('a')",
        "/(?<=a)b/",
        "/a.b/s",
        "structuredClone(a)",
    ],
)
def test_what_is_younger_is_found_and_words_about_it_are_not(code: str) -> None:
    assert younger_script(f"const y = {code};")
    words = code.replace("'", "’")
    assert not younger_script(f"// {code}\nconst y = /[?][?]/.test('{words}') ? f(...a) : `${{z}}`;")


@pytest.mark.parametrize("rule", ["inset: 0", "width: min(1px, 2vw)", "gap: 1em", "height: 90dvh", "overflow: clip"])
def test_styles_that_are_younger_are_found(rule: str) -> None:
    assert younger_style(f"a {{ {rule}; }}")
    assert not younger_style(f"/* {rule} */ a {{ min-width: 0; border-image: none; }}")
