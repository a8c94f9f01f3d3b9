"""Names that are not to be told: found in a text, and replaced in it.

Values in, values out; whose names they are in a case is for `protected` to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from vks_plugin.court.old_fonts import readings_of
from vks_plugin.text import composed, folded


@dataclass(frozen=True)
class PersonFacts:
    """Somebody whose name is not to be told in court, and why."""

    name: str
    shown_as: str
    """What stands in place of the name: `[Bị hại 1]`."""
    why: str
    """Why, for the sentence: `người dưới 18 tuổi`."""
    other_names: tuple[str, ...] = ()
    young_victim: bool = False
    """Whether this is a victim under 18, whose pages a leader has to answer for one by one (validation rule V11)."""


_LETTER = r"[^\W\d_]"
_ADDRESSED = r"(?:cháu|em|bé|chị|anh|bà|ông|cô|chú|bác|cậu|mợ|dì|thím)"


@lru_cache(maxsize=4096)
def _plain(letter: str) -> str:
    return folded(letter) or (" " if letter.isspace() else "")


def _folded_map(text: str) -> tuple[str, list[int]]:
    """Return the text without tones and case, and for each of its letters where it stood."""
    letters: list[str] = []
    places: list[int] = []
    for place, letter in enumerate(text):
        plain = _plain(letter)
        if plain == " " and letters and letters[-1] == " ":
            continue
        for each in plain:
            letters.append(each)
            places.append(place)
    return "".join(letters), places


def _names(person: PersonFacts) -> list[str]:
    """Return every name of somebody, as it is looked for: without tones and case."""
    return [wanted for name in (person.name, *person.other_names) if (wanted := folded(name))]


def _joined(one: str, other: str) -> bool:
    return (one.isalpha() and other.isalpha()) or (one.isdigit() and other.isdigit())


def stands_alone(text: str, start: int, end: int) -> bool:
    """Tell whether what stands from `start` up to `end` is no part of a longer word or number.

    A digit or a line beside letters ends a word: `BBLK_Lê Thị Kín_2009`, and `Lê Thị Kín1` as recognition reads a stamp.
    """
    begins = start == 0 or not _joined(text[start - 1], text[start])
    return begins and (end >= len(text) or not _joined(text[end - 1], text[end]))


def _standing(plain: str, wanted: str) -> Iterator[tuple[int, int]]:
    """Yield where a name stands as a word of its own: its first place and the one after its last."""
    start = plain.find(wanted)
    while start >= 0:
        if stands_alone(plain, start, start + len(wanted)):
            yield start, start + len(wanted)
        start = plain.find(wanted, start + 1)


def addressed(text: str, person: PersonFacts) -> Iterator[re.Match[str]]:
    """Yield the given name alone, as people are spoken of: "cháu Hoa"; with its tones, since they tell names apart."""
    words = composed(person.name).split()
    if len(words) < 2:
        return iter(())
    return re.finditer(rf"(?<!{_LETTER}){_ADDRESSED}\s+({re.escape(words[-1])})(?!{_LETTER})", text, re.IGNORECASE)


def _spans(text: str, person: PersonFacts, mapped: tuple[str, list[int]]) -> list[tuple[int, int]]:
    plain, places = mapped
    spans = [
        (places[start], places[end - 1] + 1) for wanted in _names(person) for start, end in _standing(plain, wanted)
    ]
    return spans + [match.span(1) for match in addressed(text, person)]


def masked(text: str, people: Iterable[PersonFacts]) -> str:
    """Return the text with everybody's name replaced who is not to be named."""
    told = composed(text)
    # longest first: a name may be part of somebody else's
    for person in sorted(people, key=lambda each: -max(len(name) for name in (each.name, *each.other_names))):
        taken: list[tuple[int, int]] = []
        for start, end in sorted(
            _spans(told, person, _folded_map(told)), key=lambda span: (span[0] - span[1], span[0])
        ):
            if all(end <= first or start >= last for first, last in taken):
                taken.append((start, end))
        for start, end in sorted(taken, reverse=True):
            told = f"{told[:start]}{person.shown_as}{told[end:]}"
    return told


def named_in(text: str, people: Iterable[PersonFacts]) -> list[PersonFacts]:
    """Return who of these people is named in the text, however long it is, also where its fonts are from before Unicode."""
    looked_for = list(people)
    found = []
    for reading in readings_of(text) if looked_for else ():
        told, plain = composed(reading), folded(reading)
        found += [
            person
            for person in looked_for
            if person not in found
            and (
                any(next(_standing(plain, wanted), None) for wanted in _names(person))
                or next(addressed(told, person), None)
            )
        ]
    return [person for person in looked_for if person in found]
