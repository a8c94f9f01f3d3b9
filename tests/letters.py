"""The letters that whatever is shown or printed has to be able to draw."""

from __future__ import annotations

import unicodedata


def vietnamese_letters() -> str:
    """Return every letter of the alphabet with every tone, small and capital."""
    tones = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
    vowels = [unicodedata.normalize("NFC", vowel + tone) for vowel in "aăâeêioôơuưy" for tone in tones]
    letters = "".join(vowels) + "đ"
    assert len(letters) == 73
    return letters + letters.upper()
