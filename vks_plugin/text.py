"""Vietnamese text: one stored form, a folded form to search by, a mark on what is to be translated.

The host's index folds tones and đ/ơ/ư/ă away, but text that arrives decomposed
(NFD, as many PDFs and macOS file names are) is cut into pieces by it, so every
text is composed (NFC) before it is stored.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_SPACES = re.compile(r"\s+")
# among them those that are not seen: they turn the direction of what follows, or hide in a name that is then not found
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")


def composed(text: str) -> str:
    """Return `text` in NFC without control characters; line breaks and tabs stay."""
    if text.isascii() and text.isprintable():
        return text
    text = unicodedata.normalize("NFC", text)
    # none of the characters that are left out can be printed
    return text if text.isprintable() else _CONTROL.sub("", text)


NUL = "\0"
"""A character PostgreSQL stores in no text and compares with none."""


def one_line(text: str) -> str:
    """Return `text` in NFC on one line, with single spaces and none at the ends."""
    return _SPACES.sub(" ", composed(text)).strip()


def folded(text: str) -> str:
    """Return `text` lower-cased without tone or letter marks: 'Đỗ Hữu' becomes 'do huu'."""
    return unicodedata.normalize("NFD", one_line(text).casefold()).translate(_PLAIN)


class _Plain(dict[int, int | None]):
    """What becomes of a letter that was parted from its marks: whole papers go through here, letter by letter."""

    def __missing__(self, code: int) -> int | None:
        self[code] = kept = None if unicodedata.combining(chr(code)) else code
        return kept


_PLAIN = _Plain({ord("đ"): ord("d")})


def given_name_key(full_name: str) -> tuple[str, str]:
    """Sort key for Vietnamese names: the given name, which stands last, then the whole name."""
    whole = folded(full_name)
    return whole.rsplit(" ", 1)[-1], whole


def gettext_noop(sentence: str) -> str:
    """Mark a sentence of a pure module for translation; whoever shows it has it translated."""
    return sentence


def ascii_file_name(text: str, *, limit: int = 120) -> str:
    """Return `text` as a file name of plain letters, digits, dots and dashes, at most `limit` long."""
    name = re.sub(r"[^a-z0-9.]+", "-", folded(text)).strip("-.")
    return name[:limit].strip("-.") or "tai-lieu"


class Sentence(str):
    """A sentence that is filled in already and can still be translated: it keeps its words and what was filled in."""

    __slots__ = ("template", "values")

    template: str
    values: dict[str, object]

    def __new__(cls, template: str, **values: object) -> Sentence:
        """Fill `values` into `template`, which was marked with `gettext_noop`."""
        made = super().__new__(cls, template % values if values else template)
        made.template = template
        made.values = values
        return made


class Listing(str):
    """Several sentences in one text that can still be translated one by one."""

    __slots__ = ("between", "parts")

    parts: tuple[str, ...]
    between: str

    def __new__(cls, parts: Iterable[str], between: str = ", ") -> Listing:
        """Join the sentences."""
        kept = tuple(parts)
        made = super().__new__(cls, between.join(kept))
        made.parts = kept
        made.between = between
        return made
