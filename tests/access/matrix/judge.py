"""Reads an answer: does it say anything that the oracle does not allow, and does it say what it has to."""

from __future__ import annotations

import html
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import unquote

from django.core import mail
from django.db import connection

from tests.access.matrix import oracle
from tests.access.matrix.doors import ALIKE, FORBIDDEN, HIDDEN, ONLY_WHO_FILES, OPEN_TO_READERS, SAFE, Call
from tests.access.matrix.world import FIRST_NUMBER, IN_THE_ARCHIVE, KNOWN, STEP, World

_WORD = re.compile(
    r"zq[a-z]{6}q|\b2093-\d\d-\d\d\b|hs-qn[a-z0-9-]*-\d{4}-\d{4}|(?<!\d)73\d{5}(?!\d)|(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])"
)
_CHANGING = re.compile(r'^\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+"(\w+)"', re.IGNORECASE)
_KEPT_TABLES = re.compile(
    r"^(?:documents_(?:document|note|customfieldinstance|sharelink)|guardian_|vks_(?!access_entry|grant_sweep|temporary_access|saved_filter))"
)
"""Tables that say something of cases and case documents; what is asked, read or kept for oneself stands in others."""
ONLY = {
    "answers": oracle.answers,
    "appoints": oracle.appoints,
    "organizes": oracle.organizes,
    "governs": oracle.governs,
}
"""What changes who may see something, by what a request says it does, and who alone gets it done in an office."""
_SHELF = frozenset({"vks/custody", "api/vks/custody"})
"""Lists of what lies at one's office."""
_OF_PAPER = frozenset({"api/vks/cases/{code}/hand-overs", "api/vks/cases/{code}/custody/labels"})
"""Between whom paper of a case passed, and what is stuck on it: open to the office that has it too."""
_LISTS = re.compile(r"(?:vks/archive|api/vks)/(?:accessions|disposals)/\{pk\}")
"""What is handed to the archive, or disposed of, together."""


@dataclass
class Answer:
    """What came back."""

    status: int
    body: bytes
    headers: dict[str, str]
    writes: list[str]
    """Tables that were written, of those that say something of cases."""
    cause: str = ""
    """What was raised and caught by nobody, where, and in which code of ours; empty: nothing."""

    @cached_property
    def text(self) -> str:
        """The body as text, archives unpacked, letters of JSON and HTML as they are read; and the headers."""
        data = self.body
        parts = [data.decode("utf-8", errors="ignore")]
        if data[:2] == b"PK":
            try:
                with zipfile.ZipFile(io.BytesIO(data)) as archive:
                    parts = archive.namelist()
                    parts += [archive.read(name).decode("utf-8", errors="ignore") for name in archive.namelist()]
            except zipfile.BadZipFile:
                pass
        parts += [unquote(value) for value in self.headers.values()]
        return html.unescape("\n".join(parts)).lower()

    @cached_property
    def words(self) -> set[str]:
        """Every word in it that could be somebody's secret."""
        return set(_WORD.findall(self.text))

    @cached_property
    def data(self) -> Any:
        """The body as JSON; None when it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def found(self) -> set[int]:
        """Return the ids of documents in a list."""
        rows = self.data.get("results", []) if isinstance(self.data, dict) else []
        return {row["id"] for row in rows if isinstance(row, dict) and "id" in row}


class Judge:
    """Knows, for each person, which words may be told."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.numbers = {written.pk: key for key, written in world.papers.items()}
        self._kept: dict[str, set[str]] = {}
        self._lent: dict[str, set[str]] = {}

    def kept_from(self, who: str) -> set[str]:
        """Return the words that somebody may not be told."""
        if who not in self._kept:
            self._kept[who] = {each.word for each in self.world.secrets if not self.world.allowed(who, each)}
        return self._kept[who]

    def _on_covers(self, who: str) -> set[str]:
        """Return what stands on the labels of paper that somebody gives out and takes in: no name."""
        return {
            each.word
            for each in self.world.secrets
            if each.sort == "case" and each.what == "code"
            if oracle.keeps_paper(self.world.facts, who, each.of)
        }

    def _on_lists(self, who: str, door: str) -> set[str]:
        """Return the codes on a list of what an office hands to its archive or disposes of: for who signs it."""
        facts, given = self.world.facts, "/accessions/" in door
        return {
            each.word
            for each in self.world.secrets
            if each.what == "code" and each.of in IN_THE_ARCHIVE
            if oracle.archive_known(facts, who, each.of) or (given and oracle.gives_to_archive(facts, who, each.of))
        }

    def _lent_to(self, who: str) -> set[str]:
        """Return what is in the files that somebody reads by a loan alone: the host shows no text and no picture of them."""
        if who not in self._lent:
            facts = self.world.facts
            self._lent[who] = {
                each.word
                for each in self.world.secrets
                if each.sort == "paper" and each.what in {"content", "file"}
                if oracle.reads(facts, who, each.of) and not oracle.takes_out(facts, who, each.of)
            }
        return self._lent[who]

    def forget(self) -> None:
        """Look at the facts again: they have changed."""
        self._kept.clear()
        self._lent.clear()

    # --- what must not be ------------------------------------------------------------------------

    def leaks(self, who: str, call: Call, answer: Answer, absent: Callable[[], Answer]) -> list[str]:
        """Return what an answer gives away, in words; empty when nothing."""
        asked = set(_WORD.findall(f"{unquote(call.path)} {call.body}".lower()))
        kept = self.kept_from(who)
        if call.door in _SHELF:
            kept = kept - self._on_covers(who)
        elif _LISTS.match(call.door):
            kept = kept - self._on_lists(who, call.door)
        if not call.door.startswith(("vks", "api/vks")):
            kept = kept | self._lent_to(who)
        found = sorted((answer.words & kept) - asked)
        problems = [f"tells {', '.join(self._name(word) for word in found[:4])}"] if found else []
        sort, _, key = call.about.partition(":")
        denied = self.hides(who, call)
        if denied and {HIDDEN, ALIKE} & call.flags:
            if HIDDEN in call.flags and answer.status < 300:
                problems.append(f"opens ({answer.status})")
            elif call.absent:
                other = absent()
                if self._said(answer, call.absent) != self._said(other, call.absent):
                    problems.append(f"differs from what does not exist ({answer.status}, {other.status})")
        if denied and answer.writes:
            problems.append(f"writes {', '.join(sorted(set(answer.writes)))}")
        if FORBIDDEN in call.flags and (answer.status < 300 or answer.writes) and not self._is_page(answer, call):
            problems.append(f"is done ({answer.status}; {', '.join(sorted(set(answer.writes)))})")
        if sort in ONLY and not ONLY[sort](self.world.facts, who, key):
            done = (
                answer.status < 300
                if call.door.startswith("api/")
                else bool(answer.writes) or self._is_saved(answer, call)
            )
            problems += [f"{sort} for {key} without being one who may ({answer.status})"] if done else []
        if sort == "case":
            problems += self._goes_too_far(who, call, key, answer)
        at_the_host = call.door.startswith("api/") and not call.door.startswith("api/vks")
        written = set(answer.writes)
        if sort == "paper" and not self.world.facts.papers[key].case and not denied:
            # the host e-mails what is in no case for whoever may take it out, who could send the file from anywhere
            written.discard("letters")
        if sort == "paper" and at_the_host and written and not oracle.changes(self.world.facts, who, key):
            problems.append(f"writes {', '.join(sorted(written))} without being one who may")
        return problems

    def hides(self, who: str, call: Call) -> bool:
        """Tell whether somebody may not know of what a request is about."""
        sort, _, key = call.about.partition(":")
        if call.door in _OF_PAPER and oracle.keeps_paper(self.world.facts, who, key):
            return False
        return self._denied(who, sort, key)

    def _goes_too_far(self, who: str, call: Call, key: str, answer: Answer) -> list[str]:
        reached = oracle.goes(self.world.facts, who, key)
        inside = max(reached, oracle.level(self.world.facts, who, key, "hsks"))
        problems = []
        changes = call.method not in SAFE
        if changes and inside < oracle.FILES and OPEN_TO_READERS not in call.flags and answer.writes:
            problems.append(f"writes {', '.join(sorted(set(answer.writes)))} without being one who files")
        if ONLY_WHO_FILES in call.flags and reached < oracle.FILES and answer.status < 300:
            problems.append(f"files ({answer.status})")
        return problems

    @staticmethod
    def _is_page(answer: Answer, call: Call) -> bool:
        """Tell whether a page of administration was merely shown again, or the asker sent away."""
        return call.door.startswith("admin/") and not answer.writes

    @staticmethod
    def _is_saved(answer: Answer, call: Call) -> bool:
        """Tell whether a page of administration did what it was sent: it leads on, and not to the page where one signs in."""
        leads = answer.status == 302 and "login" not in answer.headers.get("Location", "")
        return call.door.startswith("admin/") and call.method not in SAFE and leads

    def _denied(self, who: str, sort: str, key: str) -> bool:
        if sort == "paper":
            return not oracle.reads(self.world.facts, who, key)
        if sort in KNOWN:
            return not KNOWN[sort](self.world.facts, who, key)
        return sort == "case" and not oracle.knows(self.world.facts, who, key)

    def _name(self, word: str) -> str:
        secret = next(each for each in self.world.secrets if each.word == word)
        return f"{secret.what} of {secret.of}"

    @staticmethod
    def _said(answer: Answer, absent: Iterable[tuple[str, str]]) -> tuple[int, str, str]:
        text = answer.body.decode("utf-8", errors="ignore")
        place = answer.headers.get("Location", "")
        for here, there in absent:
            text, place = text.replace(there, here), place.replace(there, here)
        # marks against forged forms are new in every answer
        text = re.sub(r"\b[A-Za-z0-9]{64}\b", "", text)
        return answer.status, place, text

    # --- what must be ----------------------------------------------------------------------------

    def missing(self, who: str, call: Call, answer: Answer) -> list[str]:
        """Return what an answer ought to say and does not, or says beyond it in a list."""
        sort, _, office = call.about.partition(":")
        if sort in ONLY and answer.status >= 400 and ONLY[sort](self.world.facts, who, office):
            return [f"does not let {sort} for {office} who may ({answer.status})"]
        check = EXPECTED.get(call.expect)
        return check(self, who, call, answer) if check is not None else []

    def word(self, key: str, what: str) -> str:
        """Return a word of a case's record."""
        return next(each.word for each in self.world.secrets if each.of == key and each.what == what)

    def listed(self, who: str) -> set[str]:
        """Return what the host's lists show somebody."""
        return oracle.listed(self.world.facts, who)

    def found_by_words(self, who: str) -> set[str]:
        """Return what the host finds somebody by words of the text: not what is only lent."""
        return {key for key in self.listed(who) if oracle.takes_out(self.world.facts, who, key)}

    def names(self, numbers: Iterable[int]) -> set[str]:
        """Return the keys of documents."""
        return {self.numbers.get(number, f"#{number}") for number in numbers}


def _difference(wanted: set[str], got: set[str]) -> list[str]:
    less, more = sorted(wanted - got), sorted(got - wanted)
    return ([f"lacks {', '.join(less[:4])}"] if less else []) + ([f"has {', '.join(more[:4])}"] if more else [])


Check = Callable[[Judge, str, Call, Answer], "list[str]"]


def _paper_says(what: str) -> Check:
    def check(judge: Judge, who: str, call: Call, answer: Answer) -> list[str]:
        key = call.about.partition(":")[2]
        facts = judge.world.facts
        if not oracle.reads(facts, who, key) or not oracle.uses_the_host(facts, who):
            return []
        if call.door.endswith(("/preview", "/download")) and not oracle.takes_out(facts, who, key):
            return [] if answer.status == 403 else [f"hands out what is only lent ({answer.status})"]
        if call.door.endswith("/thumb") and not oracle.takes_out(facts, who, key):
            # another picture, with a name in it
            return (
                [] if answer.status == 200 and answer.body[8:12] == b"WEBP" else [f"shows no picture ({answer.status})"]
            )
        # of several versions the newest is shown
        keys = [key, *(each for each, paper in facts.papers.items() if paper.version_of == key)]
        told = {judge.world.papers[each].words[what] for each in keys} & answer.words
        return [] if answer.status == 200 and told else [f"does not show {what} ({answer.status})"]

    return check


def _case_says(what: str, least: int) -> Check:
    def check(judge: Judge, who: str, call: Call, answer: Answer) -> list[str]:
        key = call.about.partition(":")[2]
        facts = judge.world.facts
        reached = oracle.goes(facts, who, key) if least >= oracle.READS else int(oracle.knows(facts, who, key))
        if reached < least:
            return []
        word = judge.word(key, what)
        return [] if answer.status == 200 and word in answer.words else [f"does not show {what} ({answer.status})"]

    return check


def _papers_of_case(judge: Judge, who: str, call: Call, answer: Answer) -> list[str]:
    key = call.about.partition(":")[2]
    facts = judge.world.facts
    if not oracle.knows(facts, who, key):
        return []
    wanted = {
        each
        for each, paper in facts.papers.items()
        if paper.case == key and not paper.version_of and oracle.level(facts, who, key, paper.part) >= oracle.READS
    }
    rows = answer.data.get("results", []) if isinstance(answer.data, dict) else []
    got = judge.names(int(row.get("document") or row.get("id")) for row in rows)
    return _difference(wanted, got)


def _every_paper(judge: Judge, who: str, call: Call, answer: Answer) -> list[str]:
    by_words = re.search(r"[?&](query|text)=", call.path)
    wanted = judge.found_by_words(who) if by_words else judge.listed(who)
    return _difference(wanted, judge.names(answer.found())) + (
        []
        if not isinstance(answer.data, dict) or answer.data.get("count", 0) == len(wanted)
        else [f"counts {answer.data['count']}"]
    )


def _has_versions(judge: Judge, key: str) -> bool:
    """Tell whether a document is found by the words of another one, or another one by its words."""
    papers = judge.world.facts.papers
    return bool(papers[key].version_of) or any(paper.version_of == key for paper in papers.values())


def _found_paper(judge: Judge, who: str, call: Call, answer: Answer) -> list[str]:
    key = call.about.partition(":")[2]
    if _has_versions(judge, key):
        return []
    wanted = judge.listed(who) if "title_search=" in call.path else judge.found_by_words(who)
    return _difference({key} & wanted, judge.names(answer.found()))


def _completed(judge: Judge, who: str, call: Call, answer: Answer) -> list[str]:
    key = call.about.partition(":")[2]
    paper = judge.world.facts.papers[key]
    if paper.binned or _has_versions(judge, key):
        # completed for its readers or not, as the index was left; others are looked after as everywhere
        return []
    word = judge.world.papers[key].words["content"]
    got = {word} & answer.words
    return _difference({word} if key in judge.found_by_words(who) else set(), got)


def _searched(judge: Judge, who: str, call: Call, answer: Answer) -> list[str]:
    key = call.about.partition(":")[2]
    if _has_versions(judge, key):
        return []
    rows = answer.data.get("documents", []) if isinstance(answer.data, dict) else []
    wanted = judge.listed(who) if "db_only=" in call.path else judge.found_by_words(who)
    return _difference({key} & wanted, judge.names(row["id"] for row in rows))


def _count(judge: Judge, who: str, call: Call, answer: Answer) -> list[str]:
    rows = answer.data.get("results", []) if isinstance(answer.data, dict) else []
    counted = sum(row.get("document_count", 0) for row in rows)
    wanted = len(judge.listed(who))
    return [] if counted == wanted or answer.status != 200 else [f"counts {counted}, not {wanted}"]


def _statistics(judge: Judge, who: str, call: Call, answer: Answer) -> list[str]:
    if answer.status != 200:
        return []
    # asks for no permission on documents: who has no post is told how many belong to nobody; whoever has been given
    # the host's permission to see figures over all is told how many documents there are
    facts = judge.world.facts
    wanted = sum(
        oracle.reads(facts, who, key) or facts.people[who].staff
        for key, paper in facts.papers.items()
        if not paper.version_of and not paper.binned
    )
    counted = answer.data["documents_total"]
    return [] if counted == wanted else [f"counts {counted}, not {wanted}"]


def _every_case(judge: Judge, who: str, call: Call, answer: Answer) -> list[str]:
    world = judge.world
    wanted = {world.codes[key] for key in oracle.known_cases(world.facts, who)}
    rows = answer.data.get("results", []) if isinstance(answer.data, dict) else []
    return _difference(wanted, {row["code"] for row in rows})


def _every_case_on_the_page(judge: Judge, who: str, call: Call, answer: Answer) -> list[str]:
    world = judge.world
    wanted = {world.codes[key].lower() for key in oracle.known_cases(world.facts, who)}
    return _difference(wanted, {word for word in answer.words if word.startswith("hs-")})


def _found_case(judge: Judge, who: str, call: Call, answer: Answer) -> list[str]:
    key = call.about.partition(":")[2]
    wanted = {judge.word(key, "accused")} if oracle.knows(judge.world.facts, who, key) else set()
    names = {judge.word(each, "accused") for each in judge.world.codes}
    return _difference(wanted, answer.words & names)


EXPECTED: dict[str, Check] = {
    **{what: _paper_says(what) for what in ("title", "file", "note", "checksum")},
    "code": _case_says("code", oracle.KNOWS),
    **{what: _case_says(what, oracle.READS) for what in ("person", "exhibit", "measure", "withheld")},
    "papers": _papers_of_case,
    "every paper": _every_paper,
    "found paper": _found_paper,
    "completed": _completed,
    "searched": _searched,
    "count": _count,
    "statistics": _statistics,
    "every case": _every_case,
    "every case on the page": _every_case_on_the_page,
    "found case": _found_case,
}


@contextmanager
def noting_writes() -> Iterator[list[str]]:
    """Note which tables that say something of cases are written meanwhile, and letters that leave the house."""
    written: list[str] = []
    sent = len(getattr(mail, "outbox", ()))

    def note(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        match = _CHANGING.match(sql) if sql[:1] in "IUDiud " else None
        if match is not None and _KEPT_TABLES.match(match[1]):
            written.append(match[1])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield written
    if len(getattr(mail, "outbox", ())) > sent:
        written.append("letters")


assert str(FIRST_NUMBER + 40 * STEP).startswith("73")
