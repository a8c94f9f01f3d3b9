"""Whether the ledger goes on from every head that was signed, by the file outside of the database that remembers them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from django.utils import timezone

from vks_plugin.custody import keys as key_files
from vks_plugin.custody import merkle
from vks_plugin.custody.chain import written_at
from vks_plugin.custody.checkpoint import signed_by
from vks_plugin.custody.heads import heads_path, newest_head, read_answers, read_heads
from vks_plugin.custody.models import LedgerCheckpoint, LedgerEntry
from vks_plugin.custody.queries.tree import kept, log_size, public_keys
from vks_plugin.custody.verify_ledger import (
    RESTORED,
    Checkpoint,
    LedgerError,
    PublicKey,
    Restored,
    leaf_hash,
    not_continued,
    open_checkpoint,
    parse_checkpoint,
    parse_note,
    restored,
    root_by_inclusion,
    still_claimed,
    subtrees_over,
)
from vks_plugin.errors import Conflict, Unavailable
from vks_plugin.language import is_english

HEADS_BEGUN = "ledger_heads_begun"
"""The act that begins the file of signed heads outside of the database."""
Problem = tuple[str, str]
"""A sentence in Vietnamese and one in English."""
RootAt = Callable[[int], bytes | None]


class Contradiction(NamedTuple):
    """The ledger does not go on from a head that is remembered."""

    newest: Checkpoint
    """The newest head that is remembered and not given up."""
    agreed: int
    """How many entries the ledger still has in common with what is remembered."""
    problem: Problem
    lost: Sequence[Checkpoint] = ()
    """The heads that are remembered, not given up, and of more than what is in common."""

    @property
    def key(self) -> str:
        """What tells this one from another, so that nobody answers for more than was shown."""
        return f"{self.newest.root.hex()}-{self.agreed}"

    @property
    def sentence(self) -> str:
        """What is wrong, in the language of the reader."""
        vietnamese, english = self.problem
        if is_english():
            return f"{english[0].upper()}{english[1:]}."
        # the verifier's word is that of its files; pages have one of their own
        return vietnamese.replace("Checkpoint", "Điểm chốt").replace("checkpoint", "điểm chốt")


def _read(level: int, first: int, count: int) -> Sequence[bytes]:
    """Return hashes of the tree; subtrees that no checkpoint has kept yet are computed."""
    try:
        return kept(level, first, count)
    except Conflict:
        if level == 0:
            raise
    below = level - merkle.STEP
    width = 1 << merkle.STEP
    return [subtrees_over(list(_read(below, each * width, width)))[0][1] for each in range(first, first + count)]


def root_at(size: int) -> bytes | None:
    """Return the head the ledger has at a size; None: entries are missing."""
    try:
        return merkle.head(merkle.Hashes(_read, size), size)
    except Conflict:
        return None


def opened_heads(
    notes: Iterable[str], keys: Sequence[PublicKey] | None = None
) -> tuple[list[Checkpoint], list[Checkpoint]]:
    """Return what signed notes say: those by a known key, and the others; what is no note is left out.

    Args:
        notes: signed notes.
        keys: those that are known; None: every key the ledger names.
    """
    known: list[Checkpoint] = []
    strange: list[Checkpoint] = []
    keys = public_keys() if keys is None else keys
    for note in notes:
        try:
            known.append(open_checkpoint(note.encode(), keys, signed_by))
        except LedgerError:
            try:
                strange.append(parse_checkpoint(parse_note(note.encode()).text))
            except LedgerError:
                continue
    return known, strange


def service_keys(notes: Sequence[str]) -> list[PublicKey]:
    """Return the keys of which more than the database says that the service signed by them.

    That is the key in the key file, and each that signed a head together with one of these, as a change of key does. The
    database gives the bytes of earlier keys, never that they are to be believed: whoever writes there adds one of his own.

    Args:
        notes: signed heads the service wrote down itself.
    """
    files = _keys_in_files()
    candidates = list({str(key): key for key in [*files, *public_keys()]}.values())
    # nobody signs while the key cannot be read: whoever signed last, as the file outside of the database says
    trusted = {str(key) for key in files} or set().union(*(_signers(note, candidates) for note in notes[-1:]))
    # most heads are signed once: a signature is not tested for what it cannot say
    several = (note for note in notes if note.count("\n\u2014 ") > 1)
    together = [signers for note in several if len(signers := _signers(note, candidates)) > 1]
    grows = True
    while grows:
        fresh = {key for signers in together if signers & trusted for key in signers} - trusted
        trusted |= fresh
        grows = bool(fresh)
    return [key for key in candidates if str(key) in trusted]


def _keys_in_files() -> list[PublicKey]:
    """Return the public half of the key that signs, and of the one that is about to take its place."""
    found = []
    for path in (key_files.key_path(), key_files.next_path()):
        try:
            found.append(key_files.read_key(path).public)
        except Unavailable:
            continue
    return found


def _signers(note: str, keys: Sequence[PublicKey]) -> set[str]:
    """Return who signed a note; nobody, where not every signature is that of one of these keys.

    A signature does not cover the others: anybody puts his own beside it.
    """
    try:
        signers = set(open_checkpoint(note.encode(), keys, signed_by).signers)
        return signers if len(signers) == len(parse_note(note.encode()).signatures) else set()
    except LedgerError:
        return set()


def believed_heads(there: Sequence[str]) -> tuple[list[str], list[LedgerCheckpoint]]:
    """Return the signed heads of the database, the oldest first: the notes that may be remembered outside of it, and the rows
    that may not.

    What is remembered is believed later against the database. So a row alone is not enough for it: the key of the service
    signed it, or one that signed what is remembered already, and the log has that head now.

    Args:
        there: the signed heads that are remembered.
    """
    rows = list(LedgerCheckpoint.objects.order_by("pk"))
    known, trusting, size = set(there), trusted_keys(there, rows), log_size()
    believed, others = [], []
    for row in rows:
        if row.note in known or (_signers(row.note, trusting) and _is_head(row.note, size)):
            believed.append(row.note)
        else:
            others.append(row)
    return believed, others


def trusted_keys(there: Sequence[str], rows: Sequence[LedgerCheckpoint]) -> list[PublicKey]:
    """Return the keys of the service, and those that signed what it remembers.

    Args:
        there: the signed heads that are remembered.
        rows: those of the database. Beside a file that remembers nothing yet they alone tell of changes of key.
    """
    keys = public_keys()
    trusted = {str(key) for key in service_keys(there or [row.note for row in rows])}
    for note in there:
        if all(str(key) in trusted for key in keys):
            break
        trusted |= _signers(note, keys)
    return [key for key in [*_keys_in_files(), *keys] if str(key) in trusted]


def last_checkpoint() -> LedgerCheckpoint | None:
    """Return the newest head that the service signed.

    Whoever writes into the table puts a larger one there: it proves nothing, and nobody who signs waits for it. One that the
    service did sign is larger than a log that was cut off, and that is told.
    """
    rows = LedgerCheckpoint.objects.order_by("-size")
    newest = rows.first()
    if newest is None or is_by(newest, _keys_in_files()):
        return newest
    try:
        there = read_heads(heads_path())
    except OSError:
        # signing is refused then, and the doctor tells
        there = []
    # all at once: a cursor on the server that is left half read is closed whenever, in whatever transaction is open then
    every = list(rows)
    trusting = trusted_keys(there, every[::-1])
    found = next((row for row in every if is_by(row, trusting)), None)
    # where nobody can tell whose keys they are, the database is all there is
    return found if found is not None or there else newest


def is_by(row: LedgerCheckpoint, keys: Sequence[PublicKey]) -> bool:
    """Tell whether one of these keys signed a head of so many entries as a row is of."""
    try:
        # another root beside a true note is a row that was changed, which nothing is signed behind
        return open_checkpoint(row.note.encode(), keys, signed_by).size == row.size
    except LedgerError:
        return False


def _is_head(note: str, size: int) -> bool:
    said = parse_checkpoint(parse_note(note.encode()).text)
    return said.size <= size and root_at(said.size) == said.root


def restorations(notes: Sequence[str]) -> list[Restored]:
    """Return every restored database the ledger tells of and somebody answered for on this server.

    Whoever owns the database can write the entry. The file outside of it says that the service did, or has a head behind it,
    as of those from before the file said so.

    Args:
        notes: the signed heads of the file.
    """
    rows = list(LedgerEntry.objects.filter(case__isnull=True, kind=RESTORED).select_related("leaf").order_by("seq"))
    if not rows:
        return []
    try:
        answers = read_answers(heads_path())
    except OSError:
        answers = {}
    found = []
    for row in rows:
        try:
            told = restored(row.said, bytes(row.line))
        except (LedgerError, KeyError, TypeError, AttributeError):
            # the check of the entries names it
            continue
        if told is not None and (told.entry in answers or _is_signed_on(row, notes)):
            found.append(told)
    return found


def _is_signed_on(row: LedgerEntry, notes: Sequence[str]) -> bool:
    """Tell whether a remembered head by a key of the service covers an entry.

    What is kept of the tree is not trusted with it, but the hashes lead there; nor is a key that stands in the database alone.
    """
    leaf = getattr(row, "leaf", None)
    if leaf is None:
        return False
    size, hash_ = log_size(), leaf_hash(bytes(row.line))
    known, _strange = opened_heads(notes, service_keys(notes))
    for head in sorted(known, key=lambda head: head.size):
        if not leaf.index < head.size <= size:
            continue
        try:
            path = merkle.inclusion_path(merkle.Hashes(_read, head.size), leaf.index, head.size)
        except Conflict:
            continue
        if root_by_inclusion(hash_, leaf.index, head.size, path) == head.root:
            return True
    return False


def contradicts(notes: Sequence[str], size: int, at: RootAt, *, given_up: Sequence[Restored]) -> Contradiction | None:
    """Return what of these heads the ledger does not go on from; None: it goes on from all of them.

    Args:
        notes: signed notes, the oldest first.
        size: how many entries the ledger has.
        at: gives its head at a size up to that.
        given_up: what restored databases gave up.
    """
    known, strange = _claimed(notes, given_up)
    # of a key that is not known, a head that agrees says nothing new, and one that does not may be of this log
    strange = [each for each in strange if each.size > size or at(each.size) != each.root]
    heads = [*known, *strange]
    problem = not_continued(known, size, at)
    if problem is None and strange:
        told = strange[-1]
        problem = (
            (
                f"Có điểm chốt {told.size} mục không do khóa nào sổ cái biết ký: cơ sở dữ liệu thuộc một sổ khác hoặc được phục hồi "
                "từ trước lần thay khóa, hoặc tệp ghi nhớ bị sửa."
            ),
            (
                f"a remembered head of {told.size} entries was signed by no key the ledger knows: this is another log, a backup "
                "from before a change of key was restored, or the file was changed"
            ),
        )
    if problem is None:
        return None
    agreed = max((each.size for each in heads if each.size <= size and at(each.size) == each.root), default=0)
    newest = max(heads, key=lambda each: (each.at, each.size))
    return Contradiction(newest, agreed, problem, [each for each in heads if each.size > agreed])


def _claimed(notes: Iterable[str], given_up: Sequence[Restored]) -> tuple[list[Checkpoint], list[Checkpoint]]:
    """Return what `opened_heads` does, without what restored databases gave up."""
    known, strange = opened_heads(notes)
    every = [*known, *strange]
    return still_claimed(known, given_up, every), still_claimed(strange, given_up, every)


def contradiction() -> Contradiction | None:
    """Return what of the remembered heads the ledger does not go on from, without reading the whole ledger.

    The newest head is compared, the largest and those that come back smaller: each was signed as the continuation of the
    one before it.

    Raises:
        OSError: the file cannot be read.
    """
    notes = read_heads(heads_path())
    if not notes:
        return None
    size, given_up = log_size(), restorations(notes)
    known, strange = _claimed(notes, given_up)
    if not strange and known:
        largest = max(known, key=lambda each: each.size)
        if known[-1] == largest and largest.size <= size and root_at(largest.size) == largest.root:
            return None
    return contradicts(notes, size, root_at, given_up=given_up)


def seen_fork() -> Contradiction | None:
    """Return what `contradiction` returns, at the cost of one question while the newest head is one the database has.

    A file that cannot be read tells nothing here; the doctor names it.
    """
    try:
        newest = newest_head(heads_path())
        if newest is None or LedgerCheckpoint.objects.filter(note=newest).exists():
            return None
        return contradiction()
    except OSError:
        return None


def recent_restorations(days: int) -> list[LedgerEntry]:
    """Return the entries of the last days that tell of a restored database, the oldest first."""
    return _written_within(days, RESTORED)


def recent_beginnings(days: int) -> list[LedgerEntry]:
    """Return the entries of the last days that tell of a file of heads begun where there were heads before, the oldest first."""
    return [each for each in _written_within(days, HEADS_BEGUN) if begun_late(each)]


def _written_within(days: int, kind: str) -> list[LedgerEntry]:
    """Return entries by the moment they state: another one in a column hides none."""
    since = written_at(timezone.now() - dt.timedelta(days=days))
    rows = LedgerEntry.objects.filter(case__isnull=True, kind=kind).order_by("seq")
    return [each for each in rows if each.said["at"] >= since]


def begun_late(entry: LedgerEntry) -> bool:
    """Tell whether this entry begins a file where there was one or were heads before.

    What the system begins by itself with the first head of all is no news; what somebody answers for is.
    """
    said, data = entry.said, entry.said["data"]
    answered = said["actor"]["id"] is not None or bool(data.get("on_behalf_of"))
    return answered or data.get("heads") != 1


def heads_begun() -> bool:
    """Tell whether the ledger says that the file was begun: it is written behind the file's first heads, never before.

    A fresh installation has no such entry, nor has one from before there was a file: for these it is begun by itself.
    """
    return LedgerEntry.objects.filter(case__isnull=True, kind=HEADS_BEGUN).exists()


def heads_are_lost() -> bool:
    """Tell whether the file remembers no head of any log although the ledger says that it was begun.

    Somebody removed the file or what was in it, or the disk on which it lies is not there. It is not begun anew by itself:
    an old database would then be remembered as if it were the newest.

    Raises:
        OSError: it cannot be read.
    """
    newest = newest_head(heads_path())
    if newest is not None and LedgerCheckpoint.objects.filter(note=newest).exists():
        return False
    return not any(opened_heads(read_heads(heads_path()))) and heads_begun()


class LostHeads(NamedTuple):
    """The file is gone; what the database itself has, for whoever compares it with paper."""

    size: int
    """Entries its newest signed head covers; 0: it has none."""
    made_at: dt.datetime | None
    key: str
    """What tells this database from another one, so that nobody answers for another than was shown."""


def lost_heads() -> LostHeads | None:
    """Return what a leader compares before a new file is begun; None: nothing is lost.

    A file that cannot be read tells nothing here; the doctor names it.
    """
    try:
        if not heads_are_lost():
            return None
    except OSError:
        return None
    last = last_checkpoint()
    if last is None:
        return LostHeads(0, None, "0")
    return LostHeads(last.size, last.made_at, f"{last.size}-{bytes(last.root).hex()}")


def is_remembered() -> bool:
    """Tell whether the newest signed head is in the file.

    Raises:
        OSError: it cannot be read.
    """
    last = last_checkpoint()
    return last is None or last.note in read_heads(heads_path())
