"""Where somebody lives, as papers write it: `số 126, đường Trần Phú, Vân Đồn, tỉnh Quảng Ninh`, `thôn 3, xã Bằng Cả`.

Found are places that lead to a door or a hamlet; a district or a province alone leads to nobody. What is found is only
ever proposed: what looks like an address and is none costs a look.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from vks_plugin.text import folded

_KINDS = {
    "house": "số nhà|nhà số|căn hộ|phòng|số",
    "street": "đường|phố|ngõ|ngách|hẻm|kiệt|quốc lộ|đại lộ",
    "hamlet": "tổ dân phố|khu dân cư|khu phố|khối phố|khu|khối|thôn|xóm|ấp|bản|buôn|làng|sóc|phum|đội|cụm|tổ",
    "commune": "phường|xã|thị trấn|đặc khu",
    "above": "quận|huyện|thị xã|thành phố|tp|tỉnh",
}
_WRITTEN = {folded(word): word for words in _KINDS.values() for word in words.split("|")}
_KEYWORD = re.compile(
    r"(?<![^\W_])(?:" + "|".join(f"(?P<{kind}>{folded(words)})" for kind, words in _KINDS.items()) + r")\b\.?\s*"
)
_NUMBER = re.compile(r"(?:so\s*)?\d{1,4}[a-z]?(?:\s*[/-]\s*\d{1,4}[a-z]?)*(?![\w/-])")
_BETWEEN = re.compile(r"[\s,–-]*")
_WORD = re.compile(r"[^\W\d_]+|\d{1,4}(?![\w/])")
_ENDS = re.compile(r"[,;.:()\n–]|\s-\s|$")
_CUE = re.compile(
    r"\b(?:hktt|(?:noi\s+)?(?:dang\s+ky\s+)?(?:ho\s+khau\s+)?thuong\s+tru|tam\s+tru|noi\s+cu\s+tru|cu\s+tru|tru|cho\s+o"
    r"|noi\s+o(?:\s+hien\s+(?:tai|nay))?|dia\s+chi)\s*(?:tai)?\s*[:;]?\s*$"
)
_MOST_WORDS = 5
_USUAL_WORDS = 2
"""Of a name that no comma ends; what stands in the next line must not come along."""
_LONG_NAMES = ("ho chi minh", "thua thien hue")
_MOST_SEGMENTS = 8
_LONGEST_CUE = 50


class _Segment(NamedTuple):
    kind: str
    start: int
    end: int
    numbered: bool = False


@lru_cache(maxsize=4096)
def _plain(letter: str) -> str:
    return folded(letter)[:1] or letter


def letter_by_letter(text: str) -> tuple[str, str, Sequence[int]]:
    """Return the text with each letter and its marks in one, the same folded, and where each letter stood."""
    if unicodedata.is_normalized("NFC", text):
        return text, "".join(map(_plain, text)), range(len(text))
    places = [place for place, letter in enumerate(text) if not place or not unicodedata.combining(letter)]
    pieces = zip(places, [*places[1:], len(text)], strict=True)
    kept = "".join(unicodedata.normalize("NFC", text[start:end])[:1] for start, end in pieces)
    return kept, "".join(map(_plain, kept)), places


def _keywords(text: str, plain: str, start: int, end: int) -> Iterator[re.Match[str]]:
    """Yield words that say what follows: `phố` and not `phó`, unless the text has no tones at all."""
    without_tones = text.isascii()
    for found in _KEYWORD.finditer(plain, start, end):
        word = plain[found.start(str(found.lastgroup)) : found.end(str(found.lastgroup))]
        said = text[found.start() : found.start() + len(word)].casefold()
        if without_tones or said == _WRITTEN[word]:
            yield found


def _name(text: str, plain: str, start: int) -> int:
    """Return where a name ends that begins here with a capital; `start` if none does."""
    ends = _ENDS.search(plain, start)
    limit = ends.start() if ends is not None else len(plain)
    if (keyword := next(_keywords(text, plain, start + 1, limit), None)) is not None:
        limit = keyword.start()
    words = list(_WORD.finditer(plain, start, limit))
    if not words or words[0].start() != start or not text[start].isupper():
        return start
    # up to a comma everything belongs to it, `phường Trung tâm`; else as far as capitals go
    if ends is not None and limit == ends.start() and ends[0] == "," and len(words) <= _MOST_WORDS:
        return words[-1].end()
    usual = 3 if plain.startswith(_LONG_NAMES, start) else _USUAL_WORDS
    end = words[0].end()
    for word in words[1:usual]:
        if not text[word.start()].isupper():
            break
        end = word.end()
    return end


def _segment(text: str, plain: str, at: int) -> _Segment | None:
    keyword = next(_keywords(text, plain, at, len(plain)), None)
    if keyword is None or keyword.start() != at:
        return None
    kind = str(keyword.lastgroup)
    start = keyword.end()
    number = _NUMBER.match(plain, start) if kind != "above" else None
    if number is not None:
        return _Segment(kind, at, number.end(), numbered=True)
    end = start if kind == "house" else _name(text, plain, start)
    return _Segment(kind, at, end) if end > start else None


def _continued(text: str, plain: str, first: _Segment) -> list[_Segment]:
    """Return an address from its first part on."""
    found = [first]
    while len(found) < _MOST_SEGMENTS:
        between = _BETWEEN.match(plain, found[-1].end)
        at = between.end() if between is not None else found[-1].end
        if at >= len(plain):
            break
        following = _segment(text, plain, at)
        if following is None and len(found) > 1 and "," in plain[found[-1].end : at]:
            # a district or a province by its name alone
            end = _name(text, plain, at)
            following = _Segment("above", at, end) if end > at else None
        if following is None or _RANKS[following.kind] < _RANKS[found[-1].kind]:
            break
        found.append(following)
    return found


_RANKS = {"house": 0, "street": 0, "hamlet": 0, "commune": 1, "above": 2}
"""An address goes from the door upwards; what goes down again is another's."""


def _leads_to_a_door(parts: list[_Segment], before: str) -> bool:
    kinds = {part.kind for part in parts}
    told = any(part.numbered for part in parts) or "hamlet" in kinds
    if told and len(kinds) > 1 and kinds & {"house", "street", "hamlet"}:
        return True
    # without a number only where the paper itself says that somebody lives there
    return "commune" in kinds and len(parts) > 1 and _CUE.search(before) is not None


def addresses(text: str) -> Iterator[tuple[int, int]]:
    """Yield where an address begins in a text, and the place after its end."""
    if not text:
        return
    kept, plain, places = letter_by_letter(text)
    at = 0
    while (keyword := next(_keywords(kept, plain, at, len(plain)), None)) is not None:
        at = keyword.end()
        first = _segment(kept, plain, keyword.start())
        if first is None:
            continue
        parts = _continued(kept, plain, first)
        if _leads_to_a_door(parts, plain[max(0, first.start - _LONGEST_CUE) : first.start]):
            at = parts[-1].end
            yield places[first.start], places[at] if at < len(places) else len(text)
