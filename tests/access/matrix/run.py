"""Asks: everybody, at every door, each request in a transaction of its own that is rolled back."""

from __future__ import annotations

import gc
import json
import random
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from zlib import crc32

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.test.client import MULTIPART_CONTENT, ClientHandler, encode_multipart

from tests.access.matrix.doors import HIDDEN, Call, calls
from tests.access.matrix.judge import Answer, Judge, noting_writes
from tests.access.matrix.world import World
from tests.people import pdf_bytes

_BOUNDARY = "BoUnDaRyStRiNg"

ACCEPTED: tuple[str, ...] = (
    "application/json",
    "application/json; version=9",
    "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
)
"""What is asked for at doors of the API by turns: the newest answer, the host's older one, and what a browser would show."""


@dataclass
class Outcome:
    """What a run found."""

    answers: int = 0
    extra: int = 0
    """Requests about what does not exist, made to compare with."""
    statuses: Counter[int] = field(default_factory=Counter)
    doors: set[tuple[str, str]] = field(default_factory=set)
    told: int = 0
    """Answers that said what they had to say."""
    leaks: list[str] = field(default_factory=list)
    lacks: list[str] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    """Answers of status 500 and above: how many of each door and cause."""
    seconds: float = 0.0

    @property
    def denials(self) -> int:
        """Answers that refused, hid, or sent to sign in."""
        return sum(count for status, count in self.statuses.items() if status in {301, 302, 401, 403, 404})

    def summary(self) -> str:
        """Return the figures in one line."""
        return (
            f"{self.answers} answers at {len(self.doors)} doors, {self.denials} denials, {self.told} told what they "
            f"had to, {len(self.leaks)} leaks, {len(self.lacks)} lacks, {self.faults.total()} faults, "
            f"{self.extra} comparisons, {self.seconds:.0f} s"
        )


class Asker:
    """Everybody, signed in.

    Args:
        turn: which person asks at which door for which sort of answer.
    """

    def __init__(self, world: World, turn: int = 0) -> None:
        self.world = world
        self._turn = turn
        self._clients: dict[str, Client] = {}
        self._file = pdf_bytes(1, "Tờ thử")
        # what the first request of a day or of a process does, it does for all
        self._handler = ClientHandler(enforce_csrf_checks=False)
        self.client("nobody").get("/api/vks/")

    def client(self, who: str) -> Client:
        """Return somebody's browser."""
        if who not in self._clients:
            client = Client(raise_request_exception=False)
            client.handler = self._handler
            account = self.world.accounts.get(who)
            if account is not None:
                client.force_login(account)
            self._clients[who] = client
        return self._clients[who]

    def ask(
        self, who: str, call: Call, *, swap: tuple[tuple[str, str], ...] = (), only_if: Mapping[str, str] | None = None
    ) -> Answer:
        """Send a request and take back what it did.

        Args:
            who: key of the person.
            call: the request.
            swap: what to put in place of what in address and body.
            only_if: headers on the condition of which an answer is wanted.
        """
        client = self.client(who)
        session = client.cookies.get(settings.SESSION_COOKIE_NAME)
        with transaction.atomic(), noting_writes() as written:
            answer = self._send(client, call, swap, {"Accept": self._accepted(who, call)} | dict(only_if or {}))
            body = b"".join(answer.streaming_content) if answer.streaming else answer.content
            answer.close()
            transaction.set_rollback(True)
        if "documents_document" in written:
            self.world.put_back()
        # whoever signed out, or was told something for the next page, has not
        client.cookies = SimpleCookie()
        if session is not None:
            client.cookies[settings.SESSION_COOKIE_NAME] = session.value
        headers = {name: str(value) for name, value in answer.items() if name not in {"Vary", "Allow"}}
        return Answer(answer.status_code, body, headers, written, _cause(answer.exc_info))

    def _accepted(self, who: str, call: Call) -> str:
        """Return which sort of answer somebody asks for; what an answer has to say is looked for in the newest."""
        if call.expect or call.method not in {"GET", "HEAD"}:
            return ACCEPTED[0]
        return ACCEPTED[crc32(f"{self._turn} {who} {call.method} {call.door}".encode()) % len(ACCEPTED)]

    def _send(self, client: Client, call: Call, swap: tuple[tuple[str, str], ...], asked: Mapping[str, str]) -> Any:
        path, body = call.path, call.body
        text = json.dumps(body, ensure_ascii=False) if body is not None else ""
        for here, there in swap:
            path, text = path.replace(here, there), text.replace(here, there)
        headers = {name: value for name, value in asked.items() if name != "Accept" or path.startswith("/api/")}
        if body is None:
            return client.generic(call.method, path, headers=headers)
        if call.form == "json":
            return client.generic(call.method, path, text.encode(), "application/json", headers=headers)
        said = {name: self._value(value) for name, value in json.loads(text).items()}
        data = encode_multipart(_BOUNDARY, said)
        return client.generic(
            call.method, path, data, MULTIPART_CONTENT.replace("BoUnDaRyStRiNg", _BOUNDARY), headers=headers
        )

    def _value(self, value: Any) -> Any:
        return SimpleUploadedFile("scan.pdf", self._file, "application/pdf") if value == "FILE" else value


_WRAPS = ("vks_plugin.web.middleware", "vks_plugin.rest")
"""What of ours every request goes through."""


def _cause(raised: Any) -> str:
    """Return what a request ended with, where it was raised, and the innermost code of ours that called it."""
    if not raised:
        return ""
    kind, _error, trace = raised
    places = [(frame.f_globals.get("__name__", "?"), frame.f_code.co_name) for frame, _line in traceback.walk_tb(trace)]
    ours = [".".join(each) for each in places if each[0].startswith("vks_plugin.") and not each[0].startswith(_WRAPS)]
    through = f", through {ours[-1]}" if ours else ", nothing of ours"
    return f"{kind.__name__} in {'.'.join(places[-1])}{through}"


def cells(world: World, *, only: Callable[[Call], bool] | None = None) -> list[tuple[str, Call]]:
    """Return every person with every request."""
    return [(who, call) for call in calls(world) if only is None or only(call) for who in _askers(world, call)]


def _askers(world: World, call: Call) -> Iterable[str]:
    """Return who tries a door: everybody, but for doors that take seconds, or that ask for one flag of an account only."""
    if call.askers:
        return call.askers
    if call.door in {"api/schema", "api/status"}:
        return ("nobody", "outsider", "lead_kv1", "staff")
    return _ALIKE if call.door.startswith(("admin/", "accounts/", "api/auth/")) else world.facts.people


_ALIKE = (
    "nobody",
    "locked",
    "outsider",
    "staff",
    "superuser",
    "lead_kv1",
    "chief_kv1",
    "clerk_kv1",
    "colleague_kv1",
    "machines_province",
)
"""Who tries the doors of sign-in and administration, where the office and the case of a person do not count."""


_CONDITIONS: tuple[dict[str, str], ...] = (
    {"If-None-Match": "*"},
    {"If-Modified-Since": "Fri, 31 Dec 2100 00:00:00 GMT"},
    {"If-Match": '"zqstate"'},
    {"Range": "bytes=0-0"},
)
"""An answer to these tells that there is something, and since when, before it tells what."""
_ASKED_SO = 6
"""One in so many requests for what is hidden from the asker is asked on such a condition."""


def condition(who: str, call: Call, turn: int) -> dict[str, str]:
    """Return on which condition a request is made: another share of them each turn, the others on none."""
    number = crc32(f"{who} {call.method} {call.path}".encode()) + turn
    return _CONDITIONS[number // _ASKED_SO % len(_CONDITIONS)] if number % _ASKED_SO == 0 else {}


def sample(found: list[tuple[str, Call]], share: float, seed: int) -> Iterator[tuple[str, Call]]:
    """Yield a share of the cells: which ones the seed says, every door among them."""
    chance = random.Random(seed)
    seen: set[tuple[str, str]] = set()
    order = list(range(len(found)))
    chance.shuffle(order)
    wanted = int(len(found) * share)
    chosen = set(order[:wanted])
    for number in order[wanted:]:
        door = (found[number][1].door, found[number][1].method)
        if door not in seen:
            seen.add(door)
            chosen.add(number)
    yield from (found[number] for number in sorted(chosen))


def go(
    world: World,
    chosen: Iterable[tuple[str, Call]],
    *,
    asker: Asker | None = None,
    stop_at: int = 0,
    seconds: float = 0,
    turn: int = 0,
    say: Callable[[str], object] = lambda _line: None,
) -> Outcome:
    """Ask, and judge every answer.

    Args:
        stop_at: give up after so many problems; 0: never.
        seconds: stop after so much time; 0: never.
        turn: which requests for what is hidden are made on a condition.
        say: is told how far the run is.
    """
    asker, judge, outcome = asker or Asker(world), Judge(world), Outcome()
    compared: dict[tuple[str, str, str], Answer] = {}
    began = time.monotonic()
    # everything that is there stays: looking through it again and again costs a sixth of the time
    gc.collect()
    gc.freeze()
    for who, call in chosen:
        hides = call.method == "GET" and HIDDEN in call.flags and judge.hides(who, call)
        only_if = condition(who, call, turn) if hides else {}
        answer = asker.ask(who, call, only_if=only_if)

        def absent(who: str = who, call: Call = call, only_if: Mapping[str, str] = only_if) -> Answer:
            pattern = call.path
            for here, there in call.absent:
                pattern = pattern.replace(here, there)
            key = (who, call.door + call.method + pattern + str(only_if), str(call.body).replace(call.absent[0][0], ""))
            if key not in compared:
                outcome.extra += 1
                compared[key] = asker.ask(who, call, swap=call.absent, only_if=only_if)
            return compared[key]

        outcome.answers += 1
        outcome.statuses[answer.status] += 1
        outcome.doors.add((call.door, call.method))
        cell = f"{who}: {call.name}{f' {only_if}' if only_if else ''}"
        if answer.status >= 500:
            written = f", written: {', '.join(sorted(set(answer.writes)))}" if answer.writes else ""
            outcome.faults[f"{call.method} {call.door} → {answer.status} {answer.cause}{written}"] += 1
        outcome.leaks += [f"{cell} [{call.about}] → {problem}" for problem in judge.leaks(who, call, answer, absent)]
        lacks = judge.missing(who, call, answer)
        outcome.lacks += [f"{cell} → {problem}" for problem in lacks]
        outcome.told += bool(call.expect) and not lacks
        if outcome.answers % 1000 == 0:
            outcome.seconds = time.monotonic() - began
            say(outcome.summary())
        if stop_at and len(outcome.leaks) + len(outcome.lacks) >= stop_at:
            break
        if seconds and time.monotonic() - began > seconds:
            break
    gc.unfreeze()
    outcome.seconds = time.monotonic() - began
    return outcome
