"""Which language an answer is in.

Sentences are written in Vietnamese, the language of the offices, and that is what workers, commands and
requests that ask for nothing speak. English is for whoever asks for it.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from django.conf import settings
from django.utils import translation

from vks_plugin.errors import VksError
from vks_plugin.text import Listing, Sentence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpRequest
    from rest_framework.request import Request

Language = Literal["vi", "en"]

_ACTIVE: dict[Language, str] = {"vi": "vi", "en": "en-gb"}
"""What Django is told. English is not `en`: the host's default language is `en-us`, to which Django falls back
for every sentence it has no translation of. With a catalogue that `en-us` reads, workers and commands, and
pages for Vietnamese readers too, would speak English."""


def language_of(request: HttpRequest | Request) -> Language:
    """Return the language of an answer: Vietnamese, unless English is asked for.

    What was chosen in the host's own settings counts first. A browser asks for English when it
    names it and not Vietnamese: most of the offices' machines name English beside it, unasked.
    """
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    if chosen:
        return "en" if chosen.lower().startswith("en") else "vi"
    asked = [part.split(";")[0].strip().lower() for part in request.headers.get("Accept-Language", "").split(",")]
    english = any(each.startswith("en") for each in asked)
    return "en" if english and not any(each.startswith("vi") for each in asked) else "vi"


def speaking(language: Language) -> translation.override:
    """Return a context in which sentences come out in this language."""
    return translation.override(_ACTIVE[language])


def speak(language: Language) -> None:
    """Make sentences come out in this language until the next request chooses anew.

    For answers that are rendered after the view has returned.
    """
    translation.activate(_ACTIVE[language])


def is_english() -> bool:
    """Tell whether sentences come out in English just now."""
    return translation.get_language() == _ACTIVE["en"]


def spoken(sentence: str) -> str:
    """Return a sentence of a pure module in the present language, what was filled into it too."""
    if isinstance(sentence, Listing):
        return sentence.between.join(spoken(part) for part in sentence.parts)
    if not isinstance(sentence, Sentence):
        return translation.gettext(sentence) if sentence else ""
    if not sentence.values:
        return translation.gettext(sentence.template)
    words = {key: spoken(each) if isinstance(each, str) else each for key, each in sentence.values.items()}
    return translation.gettext(sentence.template) % words


@contextmanager
def told() -> Iterator[None]:
    """Let a refusal of a pure module reach the reader in the reader's language."""
    try:
        yield
    except VksError as error:
        error.message = spoken(error.message)
        error.args = (error.message,)
        raise
