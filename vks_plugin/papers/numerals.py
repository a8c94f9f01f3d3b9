"""Numbers in words, as forms ask for them beside the figures (“Viết bằng chữ”)."""

from __future__ import annotations

_DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
_BEYOND = 1_000_000


def _below_hundred(number: int) -> str:
    tens, ones = divmod(number, 10)
    if not tens:
        return _DIGITS[ones]
    said = "mười" if tens == 1 else f"{_DIGITS[tens]} mươi"
    if not ones:
        return said
    last = "lăm" if ones == 5 else "mốt" if ones == 1 and tens > 1 else _DIGITS[ones]
    return f"{said} {last}"


def _below_thousand(number: int, *, follows: bool) -> str:
    hundreds, rest = divmod(number, 100)
    if not hundreds and not follows:
        return _below_hundred(rest)
    said = f"{_DIGITS[hundreds]} trăm"
    if not rest:
        return said
    return f"{said} {'linh ' if rest < 10 else ''}{_below_hundred(rest)}"


def number_in_words(number: int) -> str:
    """Return a count in Vietnamese words, in small letters.

    Raises:
        ValueError: it is negative, or a million or more.
    """
    if not 0 <= number < _BEYOND:
        raise ValueError(number)
    thousands, rest = divmod(number, 1000)
    if not thousands:
        return _below_thousand(rest, follows=False)
    said = f"{_below_thousand(thousands, follows=False)} nghìn"
    return f"{said} {_below_thousand(rest, follows=True)}" if rest else said
