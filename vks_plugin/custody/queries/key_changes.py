"""Which keys are the service's: the entries by which keys changed, compared with the table of keys and with what they sign.

Whoever writes into the database adds rows to that table and entries to the log, which the next honest head covers. Neither
makes a key one of the service.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from vks_plugin.custody.checkpoint import signed_by
from vks_plugin.custody.heads import heads_path, read_heads
from vks_plugin.custody.models import LedgerCheckpoint, LedgerEntry, LedgerKey
from vks_plugin.custody.queries.heads import is_by, trusted_keys
from vks_plugin.custody.queries.tree import public_keys
from vks_plugin.custody.verify_ledger import KEY, LedgerError, PublicKey, parse_key, who_signed


class Change(NamedTuple):
    """An entry by which the log tells of a new key."""

    seq: int
    before: str | None
    public: str
    signed_before: bool
    """Whether it says that the key of before signs it too."""
    signers: frozenset[str] | None
    """Which of the two signed the change; None: the entry is of the form in which they did not."""

    @property
    def says_more_than_is_signed(self) -> bool:
        """Whether a key that the entry has sign the change did not."""
        named = {self.public, self.before} if self.signed_before else {self.public}
        return self.signers is not None and not named <= self.signers


def changes_of_key() -> list[Change]:
    """Return the entries by which the log tells of new keys, in their order; those of another shape are left out."""
    found = []
    for entry in LedgerEntry.objects.filter(case__isnull=True, kind=KEY).order_by("seq"):
        try:
            data = entry.said["data"]
            before, public = data["before"], data["public"]
        except (LedgerError, KeyError, TypeError):
            continue
        if isinstance(public, str) and (before is None or isinstance(before, str)):
            signers = who_signed(data["signed"], before, public, signed_by) if "signed" in data else None
            found.append(Change(entry.seq, before, public, data.get("signed_by_the_one_before") is True, signers))
    return found


def _vouched(trusted: set[str], changes: Sequence[Change], *, doubted: bool) -> set[str]:
    """Return these keys, and each that hangs on one of them by a change of which that one's signature stands in the entry.

    Args:
        trusted: keys of which more than the database says that they are the service's.
        changes: entries of changes of key.
        doubted: also keys of before of which an entry without signatures says that one of these took their place. Whoever
            writes into the database says so too.
    """
    grows = True
    while grows:
        fresh = set()
        for change in changes:
            signers = change.signers or frozenset()
            if change.before in trusted and {change.before, change.public} <= signers:
                fresh.add(change.public)
            if change.before is not None and change.public in trusted:
                fresh |= {change.before} if change.public in signers or (doubted and change.signers is None) else set()
        grows = bool(fresh - trusted)
        trusted = trusted | fresh
    return trusted


def _service_keys(there: Sequence[str], rows: Sequence[LedgerCheckpoint]) -> list[PublicKey]:
    """Return what `trusted_keys` does, and the keys of before of which these sign that they were lost."""
    trusting = trusted_keys(there, rows)
    names = _vouched({str(key) for key in trusting}, changes_of_key(), doubted=False)
    return [*trusting, *(key for key in public_keys() if str(key) in names and key not in trusting)]


def strange_among(rows: Sequence[LedgerCheckpoint], there: Sequence[str]) -> list[LedgerCheckpoint]:
    """Return those of the rows that somebody put there: no key of the service signed them, and they are not remembered.

    Where nobody can tell whose keys they are, the database is all there is, and none of them is named.

    Args:
        rows: all that the database has, the oldest first.
        there: the signed heads that are remembered.
    """
    remembered = set(there)
    others = [row for row in rows if row.note not in remembered]
    trusting = _service_keys(there, rows) if others else []
    return [row for row in others if not is_by(row, trusting)] if trusting else []


def signed_heads() -> QuerySet[LedgerCheckpoint]:
    """Return the heads the service signed: what somebody put beside them in the database is neither shown nor handed out.

    `queries.verify` names the others; one that goes out as a head of the log would make an honest log not valid.
    """
    try:
        there = read_heads(heads_path())
    except OSError:
        # nothing is signed or exported then, and the doctor tells
        there = []
    strange = strange_among(list(LedgerCheckpoint.objects.order_by("pk")), there)
    return LedgerCheckpoint.objects.exclude(pk__in=[row.pk for row in strange])


def _trusted() -> set[str]:
    try:
        there = read_heads(heads_path())
    except OSError:
        # nothing is signed then, and the doctor tells
        there = []
    rows = [] if there else list(LedgerCheckpoint.objects.order_by("pk"))
    return {str(key) for key in trusted_keys(there, rows)}


class HandedOut(NamedTuple):
    """The keys of the table as they go out with exports and proofs."""

    own: list[PublicKey]
    """Those the service signs or signed by; an outsider without paper believes them."""
    strange: list[PublicKey]
    """Those of which only the database says so: somebody put them there."""


def keys_handed_out() -> HandedOut:
    """Return the keys of the table, those of the service apart from what somebody added to it.

    They are those by which it signs, each that is bound to one of these by signatures of both, of a head or of a change of key,
    and those that signed what is remembered: all that signed a head that goes out (`signed_heads`). Where nobody can tell
    whose keys they are, the database is all there is, and none is called strange.
    """
    keys = public_keys()
    vouched = _vouched(_trusted(), changes_of_key(), doubted=False)
    own = [key for key in keys if str(key) in vouched]
    return HandedOut(own, [key for key in keys if key not in own]) if own else HandedOut(keys, [])


def present_key() -> str | None:
    """Return the key that signs now, as the ledger has it; None: there is none yet.

    It is the newest of those the service surely signs or signed by: a row that somebody added to the table takes the place of
    none, and a change of key does not name it as the key of before. The file may hold an older one that was put back, and
    nobody signs then.
    """
    there = list(LedgerKey.objects.order_by("pk").values_list("text", flat=True))
    if not there:
        return None
    changes = changes_of_key()
    trusted = _vouched(_trusted(), changes, doubted=False)
    named: dict[str, int] = {}
    for change in changes:
        named.setdefault(change.public, change.seq)
    # where nobody can tell whose keys they are, the database is all there is
    known = [key for key in there if key in trusted] or there[-1:]
    return max(known, key=lambda key: (named.get(key, -1), there.index(key)))


def key_problems() -> list[str]:
    """Compare the table of keys with the entries that name them, and these with what they sign; return sentences."""
    there, problems = set(LedgerKey.objects.values_list("text", flat=True)), []
    changes = changes_of_key()
    vouched = _vouched(_trusted(), changes, doubted=True)
    last: str | None = None
    seen: set[str] = set()
    signing = False
    for change in changes:
        wrong = _wrong(change, last, seen, signing=signing)
        if wrong is None and vouched & there and change.public not in vouched:
            wrong = _("dịch vụ chưa từng ký bằng khóa ấy")
        signing = signing or change.signers is not None
        if wrong is None:
            last = change.public
            seen.add(last)
        else:
            problems.append(
                _("Mục thay khóa số %(seq)d (khóa %(key)s) không được tin: %(why)s. Có người chèn mục vào sổ.")
                % {"seq": change.seq, "key": change.public, "why": wrong}
            )
    named = {change.public for change in changes}
    added = _("Khóa %(key)s có trong bảng khóa mà không mục nào của sổ ghi: có người chèn vào, không được tin.")
    gone = _("Khóa %(key)s có mục trong sổ mà bảng khóa không còn: bảng khóa đã bị sửa.")
    problems += [added % {"key": key} for key in sorted(there - named)]
    problems += [gone % {"key": key} for key in sorted(seen - there)]
    return problems


def _wrong(change: Change, last: str | None, seen: set[str], *, signing: bool) -> str | None:
    """Return what is wrong with an entry, by itself and beside those before it; None: nothing."""
    try:
        parse_key(change.public)
    except LedgerError:
        return _("mục không nêu một khóa")
    if change.signers is None and signing:
        return _("mục không có chữ ký của khóa, mà các mục trước đã có")
    if change.says_more_than_is_signed:
        return _("không do những khóa mục ấy nêu ký")
    if change.before != last:
        return _("khóa trước mà mục ấy nêu không phải khóa của mục trước")
    return _("khóa ấy đã có mục") if change.public in seen else None
