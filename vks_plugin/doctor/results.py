"""What a check is, and what it answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """How a check came out."""

    OK = "ok"
    SKIPPED = "skipped"
    """There is nothing to look at here; the sentence says why."""
    WARNING = "warning"
    """It works, but somebody should know."""
    ERROR = "error"
    """Something is lost, leaks or does not run."""


@dataclass(frozen=True)
class Result:
    """The answer of one check."""

    status: Status
    sentence: str = ""
    """What is the matter: Vietnamese first, English in brackets. Never anything out of a case but its code."""
    mend: str = ""
    """What to do. Commands and settings stand between backticks, ready to be copied."""


@dataclass(frozen=True)
class Scope:
    """How far the checks are to look."""

    full: bool = False
    """Compare every document, however long that takes, instead of a sample."""


@dataclass(frozen=True)
class Check:
    """One thing that is looked at."""

    id: str
    """How scripts and the manual call it: English, with hyphens."""
    title: str
    """What it is about, in Vietnamese."""
    level: Status
    """The worst it reports: `error` or `warning`."""
    examine: Callable[[Scope], Result]
    """Looks and changes nothing."""
    waits: float = 0.0
    """The longest it waits for something outside this process and its database, in seconds."""


def both(vietnamese: str, english: str) -> str:
    """Return a sentence in the two languages of the product."""
    return f"{vietnamese} ({english})"


def ok(sentence: str = "") -> Result:
    """Nothing is wrong."""
    return Result(Status.OK, sentence)


def skipped(vietnamese: str, english: str) -> Result:
    """Nothing can be said here, for this reason."""
    return Result(Status.SKIPPED, both(vietnamese, english))


def warning(vietnamese: str, english: str, *, mend: str) -> Result:
    """Somebody should know."""
    return Result(Status.WARNING, both(vietnamese, english), mend)


def error(vietnamese: str, english: str, *, mend: str) -> Result:
    """This must be mended."""
    return Result(Status.ERROR, both(vietnamese, english), mend)


def environment(*assignments: str, begins: bool = True) -> str:
    """Tell to change variables of the environment: `NAME=VALUE` sets one, `NAME=` takes its line out.

    Args:
        assignments: what to change.
        begins: whether this begins a sentence.
    """
    put = [f"`{each}`" for each in assignments if not each.endswith("=")]
    drop = [f"`{each}`" for each in assignments if each.endswith("=")]
    what = [f"đặt {', '.join(put)}"] if put else []
    what += [f"bỏ dòng {', '.join(drop)}"] if drop else []
    told = " và ".join(what)
    first = told[0].upper() if begins else told[0]
    return (
        f"{first}{told[1:]} trong paperless.conf hoặc docker-compose.env, rồi khởi động lại web, tác vụ nền "
        "và lịch (change the host's environment, then restart web, worker and beat)."
    )


def some(values: list[str], *, most: int = 5) -> str:
    """List the first few and say how many more there are."""
    more = f" … (+{len(values) - most})" if len(values) > most else ""
    return ", ".join(values[:most]) + more
