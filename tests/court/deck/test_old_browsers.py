"""Decks open in browsers of 2018 (Chrome 70, Firefox 62, Safari 12): what came later stays out of scripts and styles."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from vks_plugin.court.deck.html import ASSETS

_STRING = r""" "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*' """
_REGEX = r"""(?<=[(,=:\[!&|?{};\s])/(?![*/\s])(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*"""
_SCRIPT = re.compile(rf"/\*.*?\*/ | //[^\n]* | {_STRING} | {_REGEX}", re.S | re.X)
_STYLE = re.compile(rf"/\*.*?\*/ | {_STRING}", re.S | re.X)

YOUNGER_SCRIPT = {
    "optional chaining": r"\?\.(?!\d)",
    "nullish coalescing": r"\?\?",
    "logical assignment": r"(?:\|\||&&)=",
    "private fields": r"[\w)\]]\.#\w|^\s*#\w",
    "big integers and separators": r"\b\d+n\b|\b\d+_\d",
    "modules": r"^\s*(?:import|export)\b|\bimport\s*[.(]",
    "spread in objects": r"[{,]\s*\.\.\.\w[^\])]*\}",
    "catch without a name": r"\bcatch\s*\{",
    "methods": r"\.(?:at|replaceAll|matchAll|fromEntries|allSettled|any|replaceChildren|toSorted|toReversed|findLast|hasOwn|"
    r"trimStart|trimEnd|groupBy|showModal|checkVisibility)\(",
    "globals": r"\b(?:globalThis|structuredClone|queueMicrotask|BigInt|WeakRef|ResizeObserver|IntersectionObserver|randomUUID|"
    r"AggregateError)\b",
}
YOUNGER_STYLE = {
    "functions": r"(?<![\w-])(?:min|max|clamp|color-mix|env|fit-content)\(",
    "selectors": r":(?:is|where|has)\(|(?<!:not\():focus-visible|&",
    "properties": r"(?<![\w-])(?:inset|gap|row-gap|column-gap|aspect-ratio|accent-color|content-visibility|text-wrap|translate|rotate|"
    r"scale|scrollbar-gutter|(?:margin|padding|inset|border)-(?:inline|block)[\w-]*)\s*:",
    "units and rules": r"\d[dsl]v[hw]\b|@(?:layer|container|property)|rgba?\(\s*\d+\s+\d",
}


def younger(text: str, skipped: re.Pattern[str], patterns: dict[str, str]) -> list[tuple[str, str]]:
    """Return what a script or a style sheet uses that came later, outside of comments and strings."""
    code = skipped.sub('""', text)
    return [
        (name, match[0]) for name, pattern in patterns.items() for match in re.finditer(pattern, code, re.MULTILINE)
    ]


@pytest.mark.parametrize("path", sorted(ASSETS.glob("*.js")), ids=lambda path: path.name)
def test_scripts_use_nothing_younger(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert younger(text, _SCRIPT, YOUNGER_SCRIPT) == []
    # browsers of that time know both by a name of their own, or not at all
    assert ("requestFullscreen" in text) == ("webkitRequestFullscreen" in text)
    assert not re.search(r"[\"'`]pointer(?:down|move|up)[\"'`]", text)


def test_styles_use_nothing_younger_without_something_in_its_place() -> None:
    text = (ASSETS / "deck.css").read_text(encoding="utf-8")
    assert younger(text, _STYLE, YOUNGER_STYLE) == []
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
        "try { a(); } catch { b(); }",
        "f({ ...a })",
    ],
)
def test_what_is_younger_is_found_and_words_about_it_are_not(code: str) -> None:
    assert younger(f"const y = {code};", _SCRIPT, YOUNGER_SCRIPT)
    assert not younger(f'// {code}\nconst y = /[?][?]/.test("{code}");', _SCRIPT, YOUNGER_SCRIPT)


@pytest.mark.parametrize("rule", ["inset: 0", "width: min(1px, 2vw)", "gap: 1em", "height: 90dvh"])
def test_styles_that_are_younger_are_found(rule: str) -> None:
    assert younger(f"a {{ {rule}; }}", _STYLE, YOUNGER_STYLE)
    assert not younger(f"/* {rule} */ a {{ min-width: 0; border-image: none; }}", _STYLE, YOUNGER_STYLE)
