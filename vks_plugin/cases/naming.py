"""What a case is called in the papers, proposed from who is prosecuted for what."""

from __future__ import annotations

from collections.abc import Sequence

from vks_plugin.text import one_line

_OFFENCE = "Tội "

AND_OTHERS = "và đồng phạm"
"""Part of the name of a case, which is Vietnamese whoever enters it."""


def offence_words(name: str) -> str:
    """Return the name of an offence as the name of a case has it: without the word for offence."""
    words = one_line(name)
    if words.casefold().startswith(_OFFENCE.casefold()):
        words = words[len(_OFFENCE) :]
    return words[:1].upper() + words[1:]


def proposed_name(people: Sequence[str], offence: str = "", *, longest: int = 250) -> str:
    """Return `Nguyễn Văn A và đồng phạm – Trộm cắp tài sản`; empty while nobody is named."""
    named = [one_line(each) for each in people if one_line(each)]
    if not named:
        return ""
    words = named[0] + (f" {AND_OTHERS}" if len(named) > 1 else "")
    if offence:
        words = f"{words} – {offence_words(offence)}"
    return words[:longest].rstrip()
