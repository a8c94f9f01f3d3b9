"""What tells of somebody's private life by itself, whoever's it is: numbers of identity cards, telephones and accounts, addresses.

Redaction proposes to take it out of papers, and nothing written for the court's screen may have it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from vks_plugin.court.accounts import accounts
from vks_plugin.court.addresses import addresses
from vks_plugin.court.words import comparable

PATTERNS: dict[str, re.Pattern[str]] = {
    "can_cuoc": re.compile(r"(?<!\d)\d{12}(?!\d)|(?<!\d)\d{9}(?!\d)"),
    "dien_thoai": re.compile(r"(?<!\d)(?:\+84|0)(?:[ .-]?\d){9}(?!\d)"),
}
"""Numbers that are told by themselves; looked for in words without accents."""
ACCOUNTS = "tai_khoan"
ADDRESSES = "noi_o"
"""What is proposed as somebody's address, whoever's it is."""
NUMBERS = (*PATTERNS, ACCOUNTS)
"""Numbers that are proposed without being named."""
_READ: dict[str, Callable[[str], Iterator[tuple[int, int]]]] = {ACCOUNTS: accounts, ADDRESSES: addresses}
"""What is told by the words around it."""


def private_places(text: str, kinds: Iterable[str]) -> Iterator[tuple[str, int, int]]:
    """Yield kind, beginning and the place after the end of everything of these kinds (of `NUMBERS`, `ADDRESSES`)."""
    plain = comparable(text)
    for kind in kinds:
        read = _READ.get(kind)
        found = read(text) if read else (match.span() for match in PATTERNS[kind].finditer(plain))
        for start, end in found:
            yield kind, start, end


def tells_of(text: str, *kinds: str) -> bool:
    """Tell whether a text has something of these kinds."""
    return next(private_places(text, kinds), None) is not None
