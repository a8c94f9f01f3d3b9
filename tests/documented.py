"""Blocks of the documentation that are printed from the program."""

from __future__ import annotations

import os
import re
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent / "docs"


def block_of(page: Path, name: str) -> str:
    """Return what stands between `<!-- name: … -->` and `<!-- end -->`."""
    found = re.findall(rf"<!-- {name}: [^>]*-->\n(.*?)<!-- end -->", page.read_text(encoding="utf-8"), re.DOTALL)
    assert len(found) == 1, f"{page.name} should have one block “{name}”"
    return str(found[0])


def as_markdown(*rows: tuple[str, ...]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join(["", lines[0], "|" + "---|" * len(rows[0]), *lines[1:], "", ""])


def compare_block(page: Path, name: str, expected: str) -> None:
    """Compare a written block with what the code says now, or put it there when asked to."""
    if os.environ.get("WRITE_DOCUMENTATION"):
        text = page.read_text(encoding="utf-8")
        block = re.compile(rf"(<!-- {name}: [^>]*-->\n).*?(<!-- end -->)", re.DOTALL)
        page.write_text(block.sub(lambda found: f"{found[1]}{expected}{found[2]}", text), encoding="utf-8")
    assert block_of(page, name) == expected
