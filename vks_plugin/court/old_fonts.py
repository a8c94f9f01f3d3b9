"""What the fonts of the time before Unicode draw where a program reads other letters: right on paper, wrong when copied.

Fonts of TCVN 5712 (`.VnTime`) draw one letter for each code; those of VNI (`VNI-Times`) write a letter and its mark as
two codes. A text may be in either, and nothing in it says so: each is tried.
"""

from __future__ import annotations

import re
import unicodedata

_NAMES = re.compile(r"(?:[A-Z]{6}\+)?(?:\.Vn|VNI[-_ ])", re.IGNORECASE)
_TCVN = str.maketrans(
    "µ¸¶·¹¨»¾¼½Æ©ÇÊÈÉË®ÌÐÎÏÑªÒÕÓÔÖ×ÝØÜÞßãáâä«åèæçé¬êíëìîïóñòô\u00adõøö÷ùúýûüþ¡¢£¤¥¦§",
    "àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵĂÂÊÔƠƯĐ",
)
_TONES = dict(zip("ùøûõï", "\u0301\u0300\u0309\u0303\u0323", strict=True))
"""Marks of VNI that stand behind a letter: acute, grave, hook, tilde, dot below."""
_CIRCUMFLEX = dict(zip("âáàåãä", ("", *_TONES.values()), strict=True))
_BREVE = dict(zip("êéèúüë", ("", *_TONES.values()), strict=True))
_VNI_ALONE = dict(
    zip("ñöôæìíòóîÑÖÔÆÌÍÒÓÎ", "đươỉìíịĩỵĐƯƠỈÌÍỊĨỴ", strict=True),
)
_MARKED_LETTERS = "aeouyöôAEOUYÖÔ"


def _vni_pairs() -> dict[str, str]:
    """Return what each two codes of VNI stand for."""
    found: dict[str, str] = {}
    for letter in _MARKED_LETTERS:
        base = _VNI_ALONE.get(letter, letter)
        marks = {mark: base + tone for mark, tone in _TONES.items()}
        if letter in "aeoAEO":
            marks |= {mark: f"{base}\u0302{tone}" for mark, tone in _CIRCUMFLEX.items()}
        if letter in "aA":
            marks |= {mark: f"{base}\u0306{tone}" for mark, tone in _BREVE.items()}
        for mark, meant in marks.items():
            # a capital's mark is a capital, and many write a small one
            found[letter + mark] = found[letter + mark.upper()] = unicodedata.normalize("NFC", meant)
    return found


_VNI = _vni_pairs() | _VNI_ALONE
_VNI_CODES = re.compile("|".join(sorted(map(re.escape, _VNI), key=len, reverse=True)))
_NEVER_IN_VIETNAMESE = re.compile(
    "[¸·¾¼½©®ªÞßäëåæçïñöøûüþÆÇËÏÐÑÖ×ØÛÜÄÅÎµ¶¹¨¡¢£¤¥¦¬]"
    "|[aA][àáãâèéêùõÀÁÃÂÈÉÊÙÕ]|[eE][âáàãùõÂÁÀÃÙÕ]|[oO][âùõÂÙÕ]|[uUyYôÔ][ùõÙÕ]|[a-z][ÀÁÂÃÈÉÊÌÍÐÒÓÔÕÙÚÝ]"
)
"""Codes that old fonts use and Vietnamese in Unicode does not, by themselves or behind that letter."""


def is_old_font(name: str) -> bool:
    """Tell by its name, a subset's mark before it or not, whether a font is from before Unicode."""
    return _NAMES.match(name) is not None


def in_tcvn(text: str) -> str:
    """Return what a text in a font of TCVN 5712 shows; letter for letter."""
    return text.translate(_TCVN)


def in_vni(text: str) -> tuple[str, list[int]]:
    """Return what a text in a font of VNI shows, and for each of its letters which one of the text it comes from.

    A letter and its mark are one letter, which comes from the place of the first.
    """
    letters: list[str] = []
    places: list[int] = []
    at = 0
    for found in _VNI_CODES.finditer(text):
        letters.append(text[at : found.start()])
        places.extend(range(at, found.start()))
        meant = _VNI[found[0]]
        letters.append(meant)
        places.append(found.start())
        at = found.end()
    letters.append(text[at:])
    places.extend(range(at, len(text)))
    return "".join(letters), places


def may_be_old(text: str) -> bool:
    """Tell whether a text holds letters that Vietnamese in Unicode has no use for."""
    return _NEVER_IN_VIETNAMESE.search(text) is not None


def readings_of(text: str) -> tuple[str, ...]:
    """Return what a text may say: itself and, where it may be in an old font, what that shows."""
    if not may_be_old(text):
        return (text,)
    return text, in_tcvn(text), in_vni(text)[0]
