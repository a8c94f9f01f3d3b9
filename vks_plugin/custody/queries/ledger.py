"""Reading the ledger: what is kept of the tree, proofs, the whole log as a stream."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from vks_plugin.access.log_queries import offices_led
from vks_plugin.access.policy import Level
from vks_plugin.access.queries import CaseView, case_for, leads, require
from vks_plugin.acts import DESTROYED, OF_DISPOSAL
from vks_plugin.cases.models import CaseFile
from vks_plugin.custody import merkle
from vks_plugin.custody.chain import is_as_recorded
from vks_plugin.custody.checkpoint import signed_by
from vks_plugin.custody.heads import heads_path, read_heads
from vks_plugin.custody.models import LedgerCheckpoint, LedgerEntry, LedgerLeaf
from vks_plugin.custody.queries.columns import Columns, ColumnsCompared, columns_of
from vks_plugin.custody.queries.findings import in_short
from vks_plugin.custody.queries.heads import (
    contradicts,
    last_checkpoint,
    opened_heads,
    restorations,
    root_at,
)
from vks_plugin.custody.queries.key_changes import key_problems, keys_handed_out, signed_heads, strange_among
from vks_plugin.custody.queries.recorded import found_in_cases, found_in_retention
from vks_plugin.custody.queries.tree import hashes_of, log_size, public_keys
from vks_plugin.custody.verify_ledger import (
    FIRST,
    LedgerError,
    check_log,
    compare_with,
    entry_of,
    leaf_hash,
    open_checkpoint,
)
from vks_plugin.errors import Conflict, NotAllowed, NotFound
from vks_plugin.text import gettext_noop


def of_case(user: User, code: str) -> QuerySet[LedgerEntry]:
    """Return the ledger of a case, for who may read the case, in its order.

    Raises:
        NotFound, NotAllowed: the person may not know of the case, or may not read it.
    """
    case = case_for(user, code).case
    require(user, case, Level.VIEW, doing=_("xem sổ cái"))
    return LedgerEntry.objects.filter(case=case).select_related("leaf", "hidden", "case").order_by("seq")


def reads_reasons(user: User, case: CaseFile) -> bool:
    """Tell whether the person leads the office of a case or the one above, and so reads reasons of temporary access."""
    return leads(user, [case.unit_id, case.unit.parent_id])


def case_of_extract(user: User, code: str) -> CaseFile:
    """Return a case whose extract the person may have: an extract says in the open what pages show to few.

    For leaders of its office and the one above who read both parts.

    Raises:
        NotFound, NotAllowed: the person may not know of the case, or not read all of its ledger.
    """
    view = case_for(user, code)
    require(user, view.case, Level.VIEW, doing=_("xem sổ cái"))
    if not may_have_extract(user, view):
        raise NotAllowed(_("Chỉ lãnh đạo đơn vị thụ lý và đơn vị cấp trên xuất được sổ cái của vụ án."))
    return view.case


def may_have_extract(user: User, view: CaseView) -> bool:
    """Tell whether the person may have the extract of a case that was looked up for the person."""
    return min(view.decision.level, view.internal.level) >= Level.VIEW and reads_reasons(user, view.case)


def touches_internal(data: Mapping[str, Any]) -> bool:
    """Tell whether an entry tells of the supervision file, by itself or beside the case file."""
    return data.get("part") == "hsks" or "hsks" in (data.get("parts") or ())


def proof_for(user: User, code: str, seq: int) -> Proof:
    """Return the proof of an entry of a case, for who may read that entry.

    Raises:
        NotFound, NotAllowed: the person may not read the case, or the entry is of a paper of the supervision file that the
            person may not read; or there is no such entry.
        Conflict: no checkpoint covers it yet.
    """
    entry = of_case(user, code).filter(seq=seq).first()
    if entry is None:
        raise NotFound(_("Sổ cái không có mục số %(seq)d của vụ án này.") % {"seq": seq})
    if touches_internal(entry.said["data"]) and case_for(user, code).internal.level < Level.VIEW:
        raise NotAllowed(_("Mục này về hồ sơ kiểm sát, không nằm trong phạm vi của bạn."))
    return prove(entry.case, seq)


def of_province(user: User) -> QuerySet[LedgerEntry]:
    """Return what concerns no single case, for leaders of the province, the newest first.

    Raises:
        NotAllowed: the person leads no office of a province.
    """
    require_province(user)
    return LedgerEntry.objects.filter(case__isnull=True).select_related("leaf", "hidden").order_by("-seq")


def checkpoints_for(user: User) -> QuerySet[LedgerCheckpoint]:
    """Return every head the service signed, for leaders of the province, the newest first.

    Raises:
        NotAllowed: the person leads no office of a province.
    """
    require_province(user)
    return signed_heads().order_by("-size")


def checkpoint_for(user: User, size: int) -> LedgerCheckpoint:
    """Return a signed head by how many entries it covers, for leaders of the province.

    Raises:
        NotAllowed: the person leads no office of a province.
        NotFound: no head of that size was signed.
    """
    found = checkpoints_for(user).filter(size=size).first()
    if found is None:
        raise NotFound(_("Không có điểm chốt này."))
    return found


def continuation_for(user: User, since: int, until: int | None = None) -> Continuation:
    """Return the proof that a signed head continues an earlier one, for leaders of the province; see `prove_continuation`.

    Raises:
        NotAllowed: the person leads no office of a province.
        NotFound, Conflict: see `prove_continuation`.
    """
    require_province(user)
    return prove_continuation(since, until)


def require_province(user: User) -> None:
    """Refuse who does not read the ledger of the province.

    Raises:
        NotAllowed: the person leads no office of a province; a superuser of the host is no leader.
    """
    if not offices_led(user).province:
        raise NotAllowed(_("Chỉ Viện trưởng, Phó Viện trưởng tỉnh đọc được sổ cái của tỉnh."))


class Proof(NamedTuple):
    """What shows somebody outside that an entry is in the signed log."""

    entry: LedgerEntry
    leaf: int
    path: list[bytes]
    checkpoint: LedgerCheckpoint

    def as_data(self) -> dict[str, Any]:
        """Return it as the file the verifier reads."""
        return {
            "entry": bytes(self.entry.line).decode(),
            "leaf": self.leaf,
            "path": [each.hex() for each in self.path],
            "checkpoint": self.checkpoint.note,
            "keys": [str(key) for key in keys_handed_out().own],
        }


def prove(case: CaseFile | None, seq: int) -> Proof:
    """Return the proof of an entry against the newest checkpoint.

    Raises:
        NotFound: there is no such entry.
        Conflict: no checkpoint covers it yet.
    """
    entry = LedgerEntry.objects.filter(case=case, seq=seq).select_related("leaf").first()
    if entry is None:
        raise NotFound(_("Sổ cái không có mục số %(seq)d của vụ án này.") % {"seq": seq})
    checkpoint = last_checkpoint()
    if checkpoint is None or entry.leaf.index >= checkpoint.size:
        raise Conflict(_("Mục này chưa nằm trong điểm chốt nào: hãy chạy vks_ledger checkpoint trước."))
    path = merkle.inclusion_path(hashes_of(checkpoint.size), entry.leaf.index, checkpoint.size)
    return Proof(entry, entry.leaf.index, path, checkpoint)


class Continuation(NamedTuple):
    """What shows somebody outside that a later signed head only added to an earlier one (RFC 9162, 2.1.4)."""

    before: LedgerCheckpoint
    after: LedgerCheckpoint
    path: list[bytes]

    def as_data(self) -> dict[str, Any]:
        """Return it as the file the verifier reads."""
        return {
            "from": self.before.note,
            "to": self.after.note,
            "path": [each.hex() for each in self.path],
            "keys": [str(key) for key in keys_handed_out().own],
        }


def prove_continuation(since: int, until: int | None = None) -> Continuation:
    """Return the proof that a signed head continues an earlier one.

    Args:
        since: how many entries the earlier one covers.
        until: the same of the later one; None: the newest.

    Raises:
        NotFound: no head was signed at one of these sizes.
        Conflict: the later one covers less.
    """
    last = last_checkpoint()
    wanted = [since, until if until is not None or last is None else last.size]
    found = {row.size: row for row in signed_heads().filter(size__in=[size for size in wanted if size])}
    for size in wanted:
        if size not in found:
            raise NotFound(_("Sổ cái không có điểm chốt nào ở %(size)s mục.") % {"size": size or 0})
    before, after = (found[size] for size in wanted if size is not None)
    if before.size > after.size:
        raise Conflict(_("Điểm chốt sau phải có số mục lớn hơn điểm chốt trước."))
    return Continuation(before, after, merkle.consistency_path(hashes_of(after.size), before.size, after.size))


class Verified(NamedTuple):
    """What a check of the whole ledger found."""

    entries: int
    ledgers: int
    checkpoints: int
    problems: list[str]
    """Sentences; none: it holds."""


class _Beside:
    """Compares what is kept beside entries, one after the other in the order of the log, with what they say of it.

    Values may be missing where the law took them: the case was disposed of afterwards, and they are none of those that
    stay then.
    """

    def __init__(self) -> None:
        self.changed: list[int] = []
        """Places of entries beside which something else is kept than was recorded."""
        self._missing: dict[str, list[tuple[int, int]]] = {}
        self._lost: list[int] = []
        self._destroyed: dict[str, int] = {}

    def look(self, place: int, line: bytes, salt: bytes | None, values: Any) -> None:
        """Look at an entry; one that cannot be read is told of by others."""
        if salt is None and b'"hidden":[[' not in line and _OF_DESTROYED not in line:
            return
        try:
            said = entry_of(line)
        except LedgerError:
            return
        kind, data = said.said["kind"], said.said["data"]
        if kind == DESTROYED:
            self._destroyed[said.ledger] = said.seq
        if is_as_recorded(data, salt, values):
            return
        if salt is not None:
            self.changed.append(place)
        elif kind in OF_DISPOSAL:
            self._lost.append(place)
        else:
            self._missing.setdefault(said.ledger, []).append((said.seq, place))

    def problems(self) -> list[str]:
        """Return sentences, once all entries were looked at."""
        lost = list(self._lost)
        for ledger, missing in self._missing.items():
            lost += [place for seq, place in missing if seq > self._destroyed.get(ledger, -1)]
        told = [_(CHANGED_BESIDE) % {"place": place} for place in self.changed[:_MOST]]
        return told + [_(LOST_BESIDE) % {"place": place} for place in sorted(lost)[:_MOST]]


_OF_DESTROYED = f'"kind":"{DESTROYED}"'.encode()
CHANGED_BESIDE = gettext_noop("Giá trị ẩn lưu bên cạnh mục ở vị trí %(place)d đã bị sửa: không khớp mã băm trong mục.")
LOST_BESIDE = gettext_noop("Giá trị ẩn của mục ở vị trí %(place)d đã mất, mà không việc tiêu hủy nào xóa nó.")


def _stored(problems: list[str], beside: _Beside, columns: ColumnsCompared) -> Iterator[bytes]:
    """Yield the lines in the order of the log; note what the columns and values beside them say otherwise."""
    hidden = ("entry__hidden__salt", "entry__hidden__values")
    asked = ("index", "hash", "entry__hash", "entry__line", *hidden, *columns_of("entry__"))
    rows = LedgerLeaf.objects.order_by("index").values_list(*asked)
    for place, (index, leaf, hash_, stored, salt, values, *written) in enumerate(rows.iterator(chunk_size=4000)):
        line = bytes(stored or b"")
        if stored is not None:
            columns.look(index, line, Columns(*written))
        beside.look(index, line, None if salt is None else bytes(salt), values)
        if index != place and len(problems) < _MOST:
            problems.append(_("Sổ cái thiếu mục ở vị trí %(place)d.") % {"place": place})
        if not leaf_hash(line) == bytes(leaf) == bytes(hash_ or b"") and len(problems) < _MOST:
            problems.append(
                _("Mục ở vị trí %(place)d đã bị sửa: nội dung không khớp mã băm lưu bên cạnh.") % {"place": place}
            )
        yield line


_MOST = 20
_COUNTED = 10_000
"""Findings in what cases, and what holds and periods say, after which no more are looked for."""
TAIL = 200
"""Entries that `verify_tail` looks at."""


def verify_tail() -> list[str]:
    """Check the newest entries and what they hang on, without reading the whole; return sentences, none: it holds.

    Each of them is hashed, compared with its leaf and with the entry before it in its chain; the last checkpoint is
    compared with what is kept of the tree. What is hidden beside them is compared with what they say of it, and so are their
    columns; of the ledgers they are of, and of all that are of the same cases or of none, the case is.
    """
    problems: list[str] = []
    rows = list(LedgerEntry.objects.order_by("-pk").select_related("leaf", "hidden")[:TAIL])
    chains = {row.ledger for row in rows}
    lowest = min((row.seq for row in rows), default=0)
    before = LedgerEntry.objects.filter(ledger__in=chains, seq__gte=lowest - 1).values_list("ledger", "seq", "hash")
    hashes = {(ledger, seq): bytes(hash_).hex() for ledger, seq, hash_ in before.iterator()}
    for row in rows:
        found = leaf_hash(bytes(row.line))
        leaf = getattr(row, "leaf", None)
        if leaf is None:
            problems.append(_("%(number)d mục không có vị trí trong sổ chung của tỉnh.") % {"number": 1})
        elif not found == bytes(row.hash) == bytes(leaf.hash):
            problems.append(
                _("Mục ở vị trí %(place)d đã bị sửa: nội dung không khớp mã băm lưu bên cạnh.") % {"place": leaf.index}
            )
        else:
            try:
                prev = entry_of(bytes(row.line)).prev
            except LedgerError as error:
                told = {"place": leaf.index, "why": error.vietnamese}
                problems.append(_("Mục ở vị trí %(place)d đã bị sửa: %(why)s.") % told)
                continue
            if prev != (hashes.get((row.ledger, row.seq - 1)) if row.seq else FIRST):
                problems.append(_("Mục ở vị trí %(place)d không nối với mục trước của nó.") % {"place": leaf.index})
    problems += _tail_beside(rows) + _tail_columns(rows)
    last = last_checkpoint()
    try:
        if last is not None and merkle.head(hashes_of(last.size), last.size) != bytes(last.root):
            problems.append(_("Sổ cái không còn khớp với điểm chốt %(size)d mục.") % {"size": last.size})
    except Conflict as error:
        problems.append(error.message)
    problems += key_problems()
    problems += _strange_heads()
    return problems[:_MOST]


def _strange_heads() -> list[str]:
    """Return sentences about heads that somebody put into the database and that the log has not, wherever they stand."""
    size = log_size()
    rows = list(LedgerCheckpoint.objects.order_by("pk"))
    strange = strange_among(rows, _remembered([]))
    wrong = [row for row in strange if row.size > size or root_at(row.size) != bytes(row.root)]
    return [strange_head(row.size) for row in sorted(wrong, key=lambda row: row.size)[:_MOST]]


def _tail_beside(rows: Sequence[LedgerEntry]) -> list[str]:
    beside = _Beside()
    # a disposal is never older than what it took, and its entries lie together
    for row in sorted(rows, key=lambda row: row.pk):
        leaf, kept = getattr(row, "leaf", None), getattr(row, "hidden", None)
        if leaf is not None:
            salt, values = (None, None) if kept is None else (bytes(kept.salt), kept.values)
            beside.look(leaf.index, bytes(row.line), salt, values)
    return beside.problems()


def _tail_columns(rows: Sequence[LedgerEntry]) -> list[str]:
    compared = ColumnsCompared()
    begins = (
        Q(ledger__in={row.ledger for row in rows}) | Q(case__in={row.case_id for row in rows}) | Q(case__isnull=True)
    )
    looked_at = LedgerEntry.objects.filter(Q(pk__in=[row.pk for row in rows]) | (Q(seq=0) & begins))
    found = looked_at.filter(leaf__isnull=False).order_by("pk").values_list("leaf__index", "line", *columns_of())
    for place, line, *written in found.iterator():
        compared.look(place, bytes(line), Columns(*written))
    return compared.problems()


def unsigned_since() -> dt.datetime | None:
    """Return when the oldest entry was written that no checkpoint covers; None: all are covered."""
    last = last_checkpoint()
    fresh = LedgerLeaf.objects.filter(index__gte=last.size if last is not None else 0).order_by("index")
    moment: dt.datetime | None = fresh.values_list("entry__at", flat=True).first()
    return moment


def verify(*, processes: int = 1, heads: Sequence[str] = ()) -> Verified:
    """Check everything: each entry, each chain, the tree, every checkpoint ever signed, and what was recorded of files.

    Entries are read once, as a stream; what is kept of the tree is not trusted but computed anew. So are the heads at the
    sizes of those that are remembered outside of the database.

    Args:
        processes: how many do the work.
        heads: further signed heads, which were kept elsewhere.
    """
    problems: list[str] = []
    keys = public_keys()
    remembered = _remembered(problems)
    rows = list(LedgerCheckpoint.objects.order_by("size"))
    added = {row.pk for row in strange_among(sorted(rows, key=lambda row: row.pk), remembered)}
    checkpoints, strange = [], []
    for row in rows:
        try:
            signed = open_checkpoint(row.note.encode(), keys, signed_by)
        except LedgerError as error:
            # a note nobody can read may be a true one that was changed
            if row.pk in added and opened_heads([row.note], keys)[1]:
                problems.append(strange_head(row.size))
                continue
            problems.append(_("Điểm chốt %(size)d mục: %(why)s") % {"size": row.size, "why": error.vietnamese})
            continue
        if (signed.size, signed.root) != (row.size, bytes(row.root)):
            problems.append(_("Điểm chốt %(size)d mục: bản ký và bản lưu khác nhau.") % {"size": row.size})
        if row.pk in added:
            strange.append(signed)
        else:
            checkpoints.append(signed)
    beside, columns = _Beside(), ColumnsCompared()
    kept = [*remembered, *heads]
    sizes = [each.size for some in (checkpoints, strange, *opened_heads(kept)) for each in some]
    found = check_log(_stored(problems, beside, columns), sizes=sizes, processes=processes)
    problems += [vietnamese for vietnamese, _english in found.problems] + beside.problems() + columns.problems()
    for checkpoint in checkpoints:
        problem = compare_with(checkpoint, found)
        if problem is not None:
            problems.append(problem[0])
            break
    problems += [strange_head(each.size) for each in strange if compare_with(each, found) is not None]
    forked = contradicts(kept, found.size, found.roots.get, given_up=restorations(kept))
    problems += [forked.sentence] if forked is not None else []
    problems += key_problems()
    entries = LedgerEntry.objects.count()
    if entries > found.size:
        problems.append(_("%(number)d mục không có vị trí trong sổ chung của tỉnh.") % {"number": entries - found.size})
    problems += in_short(found_in_cases(), found_in_retention(), most=_MOST, counted=_COUNTED)
    return Verified(found.size, found.ledgers, len(checkpoints), problems)


def strange_head(size: int) -> str:
    """Return what is said of a head in the database that the service did not sign."""
    return _(
        "Điểm chốt %(size)d mục trong cơ sở dữ liệu không do khóa của dịch vụ ký: có người chèn vào, không được tin, sổ vẫn được "
        "ký tiếp."
    ) % {"size": size}


def _remembered(problems: list[str]) -> list[str]:
    """Return the signed heads of the file outside of the database; note that it cannot be read."""
    try:
        return read_heads(heads_path())
    except OSError as error:
        told = {"path": heads_path(), "why": error.strerror or error}
        problems.append(_("Không đọc được tệp ghi nhớ điểm chốt %(path)s: %(why)s.") % told)
        return []


def entries_in_log(size: int) -> Iterator[bytes]:
    """Yield the lines of the first entries of the log, in its order."""
    rows = LedgerLeaf.objects.filter(index__lt=size).order_by("index").values_list("entry__line", flat=True)
    return (bytes(line) for line in rows.iterator(chunk_size=4000))


def proven_entries(case: CaseFile, checkpoint: LedgerCheckpoint) -> Sequence[Proof]:
    """Return the entries of a case that a checkpoint covers, each with its proof."""
    hashes = hashes_of(checkpoint.size)
    rows = LedgerEntry.objects.filter(case=case, leaf__index__lt=checkpoint.size).select_related("leaf", "hidden")
    return [
        Proof(row, row.leaf.index, merkle.inclusion_path(hashes, row.leaf.index, checkpoint.size), checkpoint)
        for row in rows.order_by("seq")
    ]
