"""Decks open in browsers of 2018 (Chrome 70, Firefox 62, Safari 12): what came later stays out of scripts and styles.

A parser takes scripts apart; syntax after ES2017, and names that are younger, are compared with lists.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import tree_sitter
import tree_sitter_javascript

from vks_plugin.court.deck.html import ASSETS

_STYLE = re.compile(r"""/\*.*?\*/ | "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*' """, re.S | re.X)

_PARSER = tree_sitter.Parser(tree_sitter.Language(tree_sitter_javascript.language()))

YOUNGER_SYNTAX = {
    *(
        "optional_chain",
        "??",
        "??=",
        "||=",
        "&&=",
        "field_definition",
        "class_static_block",
        "private_property_identifier",
    ),
    # `import` and `export` make a module, which no browser opens from a file
    *("import", "import_statement", "export_statement", "decorator", "hash_bang_line"),
}
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
    """Return what a script uses that came later: syntax, names and patterns."""
    found = []
    for node in _nodes(_PARSER.parse(code.encode()).root_node):
        text = (node.text or b"").decode()
        kind, parent = node.type, node.parent.type if node.parent is not None else ""
        inside = {each.type for each in node.children}
        younger = (
            kind in YOUNGER_SYNTAX
            or node.is_error
            or node.is_missing
            or (kind, parent) in {("spread_element", "object"), ("rest_pattern", "object_pattern")}
            or (kind == "catch_clause" and "(" not in inside)
            or (kind.startswith("generator_function") and "async" in inside)
            or (kind == "method_definition" and {"async", "*"} <= inside)
            or (kind == "for_in_statement" and "await" in inside)
            or (kind == "number" and re.search(r"_|^\d+n$", text))
            # looking behind, names of groups, and flags: parts of a pattern that only the browser itself reads
            or (kind == "regex_pattern" and ("(?<" in text or "\\p{" in text))
            or (kind == "regex_flags" and set(text) - set("gimuy"))
            or (kind == "identifier" and YOUNGER_NAMES.fullmatch(text))
        )
        if kind == "call_expression" and (called := node.child_by_field_name("function")) is not None:
            name = called.child_by_field_name("property")
            younger = name is not None and YOUNGER_METHODS.fullmatch((name.text or b"").decode())
        if younger:
            found.append(f"{kind}: {text[:60]}")
    return found


def _nodes(node: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    yield node
    for each in node.children:
        yield from _nodes(each)


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
        "10n",
        "class { static { a(); } }",
        "async function* () { yield 1; }",
        "async () => { for await (const b of c) d(b); }",
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
