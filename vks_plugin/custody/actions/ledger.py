"""Writing the ledger: entries, checkpoints, keys, exports."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import logging
import os
import secrets
import shutil
import tempfile
import uuid
import zipfile
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.access.log import Reader, or_withheld, record_case
from vks_plugin.access.models import LEDGER_COMMAND, AccessEntry
from vks_plugin.access.policy import LEADING
from vks_plugin.acts import BY_COMMAND, Told, command_running, tell
from vks_plugin.cases.models import CaseFile
from vks_plugin.conf import configuration
from vks_plugin.custody import into_log, keys, merkle, verify_ledger
from vks_plugin.custody.chain import SALT_LENGTH, SYSTEM, Actor, hide, linked, opened, pieces, plain, written_at
from vks_plugin.custody.checkpoint import SigningKey, checkpoint_text, sign_note
from vks_plugin.custody.heads import add_answer, add_heads, heads_path, read_answers, read_heads
from vks_plugin.custody.models import (
    LedgerCheckpoint,
    LedgerEntry,
    LedgerKey,
    LedgerLeaf,
    LedgerSubtree,
)
from vks_plugin.custody.queries import (
    Proof,
    contradiction,
    entries_in_log,
    hashes_of,
    heads_are_lost,
    heads_begun,
    kept,
    last_checkpoint,
    log_size,
    lost_heads,
    present_key,
    proven_entries,
    require_province,
    seen_fork,
)
from vks_plugin.custody.queries.heads import (
    HEADS_BEGUN,
    Contradiction,
    begun_late,
    believed_heads,
    restorations,
    root_at,
)
from vks_plugin.custody.queries.key_changes import keys_handed_out, signed_heads
from vks_plugin.custody.statements import ENTRY, Draft, End, Post, Row, append_on_server, ends, executing, write
from vks_plugin.custody.verify_ledger import RESTORED
from vks_plugin.errors import BadInput, Conflict, NotFound, Unavailable
from vks_plugin.organization.letters import in_office, write_to
from vks_plugin.organization.queries import display_name
from vks_plugin.printing import Printed
from vks_plugin.text import ascii_file_name, one_line
from vks_plugin.working import held_alone

logger = logging.getLogger("paperless.vks.custody")

KEY = verify_ledger.KEY
STRANGE_KEYS = "keys-not-trusted"
"""File of an export with the keys that somebody put into the table of keys; there where there are any."""


def _acting(user: User | None) -> Actor:
    """Return who acts, without the post."""
    command = command_running()
    if command is not None:
        # nobody signed in: whom it was told to act for stands beside what was done
        return Actor(None, f"{command.name} ({command.account})")
    return SYSTEM if user is None else Actor(user.pk, display_name(user))


def _post_in(posts: Sequence[Post], office: int | None) -> Post | None:
    """Return the post that counts in this office: the one there, else the first."""
    return next((each for each in posts if each.unit_id == office), posts[0] if posts else None)


def _commanded(user: User | None) -> dict[str, Any]:
    """Return what an entry says of the command that did it, and for whom."""
    command = command_running()
    if command is None:
        return {}
    whom = (display_name(user), user.pk) if user is not None else ("", None)
    return dict(zip(BY_COMMAND, (command.name, command.account, *whom), strict=True))


class Act(NamedTuple):
    """What one entry is to hold."""

    case: CaseFile | None
    """What it concerns; None for what concerns no single case, or the ledger itself."""
    data: Mapping[str, Any]
    """What everybody may read who is ever handed the ledger: numbers, codes, names of fields, hashes."""
    hidden: Sequence[tuple[str, Any]] = ()
    """Values by name that only some may read. The entry holds for each a hash that nobody can guess the value from; the
    values are kept beside it, and can be shown and compared later."""


def append(
    *,
    case: CaseFile | None,
    actor: User | None,
    kind: str,
    data: Mapping[str, Any],
    hidden: Sequence[tuple[str, Any]] = (),
) -> LedgerEntry:
    """Write an entry into the ledger of a case (see `append_each`)."""
    return append_each(actor=actor, kind=kind, acts=[Act(case, data, hidden)])[0]


def append_each(*, actor: User | None, kind: str, acts: Sequence[Act]) -> list[LedgerEntry]:
    """Write entries into the ledgers of their cases, and return them (see `_write_entries`)."""
    names = ("id", *ENTRY)
    written = _write_entries(actor=actor, kind=kind, acts=acts)
    return [LedgerEntry.from_db(connection.alias, names, (pk, *row[: len(ENTRY)])) for pk, row in written]


def _write_entries(*, actor: User | None, kind: str, acts: Sequence[Act]) -> list[tuple[int, Row]]:
    """Write entries into the ledgers of their cases, in the caller's transaction: what is rolled back leaves none.

    Each case is held until the transaction ends, so that its entries stand one behind the other. Entries that concern
    no case have a chain of their own; who writes into it holds it the same way, so they come last in an act.

    An entry that cannot be written takes the caller's act back with it: there is no way to go on without it.

    Args:
        actor: who acted; None for a worker or a command.
        kind: what was done.
        acts: what each entry holds.
    """
    acting, commanded = _acting(actor), _commanded(actor)
    # no savepoint: nobody goes back to before an entry and then on with the act
    with transaction.atomic(savepoint=False):
        drafts = [_draft(act, kind, acting, commanded) for act in acts]
        if connection.vendor == "postgresql":
            return _written_on_server(drafts, kind, acting)
        return _written_here(drafts, kind, acting)


def _draft(act: Act, kind: str, acting: Actor, commanded: Mapping[str, Any]) -> Draft:
    said, values = {**act.data, **commanded}, [(name, plain(value)) for name, value in act.hidden]
    salt = secrets.token_bytes(SALT_LENGTH) if values else b""
    if values:
        said["hidden"] = hide(salt, values)
    known = pieces(acting, kind, said)
    if act.case is None:
        return Draft(None, None, known, salt, values)
    return Draft(act.case.pk, act.case.unit_id, known, salt, values)


def _written_on_server(drafts: Sequence[Draft], kind: str, acting: Actor) -> list[tuple[int, Row]]:
    """Have PostgreSQL write the entries, and take back what is not to the byte what is put together here.

    Raises:
        Unavailable: it wrote something else; nothing of the act stays.
    """
    now = timezone.now()
    rows = []
    appended = append_on_server(drafts, kind=kind, person=acting.id, day=timezone.localdate(now), moment=now)
    for draft, there in zip(drafts, appended, strict=True):
        pk, ledger, seq, previous, at, role, unit, line, hash_ = there
        wanted = linked(draft.known, ledger=ledger, seq=seq, previous=previous, at=at, role=role, unit=unit)
        follows = (seq == 0) == (previous is None) and at >= now
        if not follows or wanted != (line, hash_):
            raise Unavailable(
                _(
                    "Cơ sở dữ liệu ghi mục sổ cái khác với mục phải ghi nên việc này chưa được lưu. Hãy báo quản trị chạy "
                    "vks_doctor."
                )
            )
        rows.append((pk, Row(ledger, draft.case_id, seq, kind, at, line, hash_, draft.salt, draft.hidden)))
    return rows


def _written_here(drafts: Sequence[Draft], kind: str, acting: Actor) -> list[tuple[int, Row]]:
    """Put the entries together and write them; on SQLite, where one transaction writes at a time."""
    rows = []
    execute, now = executing(), timezone.now()
    found, posts = ends(
        execute,
        {each.case_id for each in drafts if each.case_id is not None},
        without_case=any(each.case_id is None for each in drafts),
        person=acting.id,
        day=timezone.localdate(now),
    )
    for draft in drafts:
        end = found.get(draft.case_id)
        ledger, seq = (end.ledger, end.seq + 1) if end is not None else (uuid.uuid4(), 0)
        # a clock that was set back dates nothing before what it follows
        at = max(now, end.at) if end is not None else now
        post = _post_in(posts, draft.office)
        written = linked(
            draft.known,
            ledger=ledger,
            seq=seq,
            previous=end.hash if end is not None else None,
            at=at,
            role=post and post.role,
            unit=post and post.unit,
        )
        found[draft.case_id] = End(ledger, seq, written.hash, at)
        rows.append(Row(ledger, draft.case_id, seq, kind, at, *written, draft.salt, draft.hidden))
    return list(zip(write(execute, rows), rows, strict=True))


def record(kind: str, actor: User | None, told: Sequence[Told]) -> None:
    """Write the entries of an act that an action told of (`vks_plugin.acts`)."""
    acts = [Act(each.case, each.data, each.hidden) for each in told]  # type: ignore[arg-type]  # lower concepts know cases as rows only
    _write_entries(actor=actor, kind=kind, acts=acts)


# --- the key


def signing_key() -> SigningKey:
    """Return the key that signs now.

    Raises:
        Unavailable: there is none, or its file may not be used.
        Conflict: the file holds another key than the newest of the service that was recorded.
    """
    current = present_key()
    missing: Unavailable | None = None
    try:
        key = keys.read_key(keys.key_path())
        if current is not None and str(key.public) == current:
            return key
    except Unavailable as error:
        missing = error
    coming = keys.next_path()
    if current is not None and coming.exists():
        # a change of key was recorded, and the program ended before the file was in its place
        later = keys.read_key(coming)
        if str(later.public) == current:
            coming.replace(keys.key_path())
            return later
    if missing is not None:
        raise missing
    raise Conflict(
        _("Tệp khóa %(path)s không phải khóa mà sổ cái đã ghi: không ký. Hãy trả lại đúng tệp, hoặc thay khóa.")
        % {"path": keys.key_path()}
    )


def ensure_key() -> tuple[str, bool]:
    """Make the first key; return the public key that signs now, and whether it was made just now.

    Raises:
        Conflict: a file is there of which the ledger knows nothing.
        Unavailable: it cannot be written.
    """
    current = present_key()
    if current is not None:
        return current, False
    # the name of the log: random, so that no two are taken for each other, and telling nothing
    key = SigningKey.generate(f"vks-ledger/{uuid.uuid4()}")
    keys.write_key(keys.key_path(), key)
    try:
        with transaction.atomic():
            _record_key(key, before=None, old=None)
    except BaseException:
        _take_back(keys.key_path(), key)
        raise
    return str(key.public), True


def _record_key(key: SigningKey, *, before: str | None, old: SigningKey | None) -> None:
    public = str(key.public)
    LedgerKey.objects.create(text=public)
    # whoever writes into the database adds an entry like this one, not what the keys sign of it
    text = verify_ledger.change_text(key.name, before, public)
    signed = [each.signature_of(text) for each in (old, key) if each is not None]
    data = {"public": public, "before": before, "signed_by_the_one_before": old is not None, "signed": signed}
    append(case=None, actor=None, kind=KEY, data=data)


def rotate_key(*, lost: bool = False) -> str:
    """Put a new key in the place of the present one; return its public key.

    The change is an entry of the ledger, and the checkpoint that covers it is signed by both keys. What the old key
    signed stays valid; its file is gone afterwards.

    Args:
        lost: the present key cannot sign any more; the checkpoint is then signed by the new one alone, and the entry
            says so.

    Raises:
        NotFound: there is no key yet.
        Unavailable: the present key cannot sign, or the new one cannot be written.
        Conflict: the ledger does not go on from what was signed; the file of a change of key that was cut off holds a key
            the ledger names, or one nobody can read; or another change is under way.
    """
    # of two at once the one would write over the file the other is about to record
    with held_alone(configuration().data_dir / "ledger-key.lock") as alone:
        if not alone:
            raise Conflict(_("Đang có một lần thay khóa khác: hãy chờ xong rồi xem lại khóa."))
        return _rotate(lost=lost)


def _rotate(*, lost: bool) -> str:
    current = present_key()
    if current is None:
        raise NotFound(_("Sổ cái chưa có khóa: hãy chạy vks_ledger key."))
    old = None if lost else signing_key()
    key = SigningKey.generate(verify_ledger.parse_key(current).name)
    coming = keys.next_path()
    _clear_away(coming, current)
    keys.write_key(coming, key)
    try:
        with transaction.atomic():
            _record_key(key, before=current, old=old)
            _sign_head(*([old] if old is not None else []), key)
    except BaseException:
        _take_back(coming, key)
        raise
    coming.replace(keys.key_path())
    return str(key.public)


def _clear_away(path: Path, current: str) -> None:
    """Remove the file that a change of key left which was never recorded; any other stays.

    Raises:
        Conflict: it holds the key that signs now, which is not lost then.
    """
    try:
        left = str(keys.read_key(path).public)
    except Unavailable:
        # there is none, or nobody knows what is in it: it is not written over
        return
    if left == current:
        raise Conflict(
            _(
                "Khóa đang ký nằm ở tệp %(path)s, chưa mất: hãy chạy vks_ledger checkpoint để đưa về chỗ, rồi thay khóa không "
                "kèm --lost."
            )
            % {"path": path}
        )
    if not LedgerKey.objects.filter(text=left).exists():
        path.unlink()


def _take_back(path: Path, key: SigningKey) -> None:
    """Remove the file of a key that was not recorded; one that was, or of which that cannot be asked now, stays.

    Ctrl-C, or what is done once the transaction is certain, may end the program when the ledger names the key already.
    """
    with suppress(DatabaseError):
        if not LedgerKey.objects.filter(text=str(key.public)).exists():
            path.unlink(missing_ok=True)


# --- checkpoints


@transaction.atomic
def make_checkpoint() -> LedgerCheckpoint:
    """Sign the head of the log as it is now; the same head is signed once. It is remembered outside of the database too.

    Raises:
        Unavailable, Conflict: there is no key that may sign; or the log is no longer the one that was signed before.
    """
    return _sign_head()


def _sign_head(*signers: SigningKey) -> LedgerCheckpoint:
    """Sign the head as it is now, by the key that signs now unless others are named."""
    into_log.settle(connection)
    before = last_checkpoint()
    size = log_size()
    # asked once the size is known: where the key is changed meanwhile, the one of before signs no head that has the change
    signers = signers or (signing_key(),)
    _keep_subtrees(size)
    _refuse_another_log()
    # once it is certain: what is taken back was never a head
    transaction.on_commit(remember_heads, robust=True)
    transaction.on_commit(partial(_sign_answers, signers[-1]), robust=True)
    hashes = hashes_of(size)
    if before is not None and (before.size > size or merkle.head(hashes, before.size) != bytes(before.root)):
        raise _rewritten(before)
    if before is not None and before.size == size:
        return before
    fresh = LedgerEntry.objects.filter(case__isnull=True, leaf__index__gte=before.size if before else 0)
    told = fresh.filter(kind__in=(RESTORED, HEADS_BEGUN)).order_by("seq")
    answered = [each for each in told if each.kind == RESTORED or begun_late(each)]
    if answered:
        transaction.on_commit(partial(write_of_answers, answered), robust=True)
    root = merkle.head(hashes, size)
    note = sign_note(checkpoint_text(signers[-1].name, size, root, at=_signed_at(before, size)), *signers)
    try:
        with transaction.atomic():
            return LedgerCheckpoint.objects.create(size=size, root=root, note=note)
    except IntegrityError:
        there = last_checkpoint()
        if there is not None and there.size == size:
            # another process signed the same head meanwhile
            return there
        raise Conflict(
            _(
                "Cơ sở dữ liệu đã có điểm chốt %(size)d mục không do khóa của dịch vụ ký: có người chèn vào. Lần chốt này chưa ký "
                "được; sổ có thêm mục thì ký tiếp. Hãy chạy vks_ledger verify và báo lãnh đạo."
            )
            % {"size": size}
        ) from None


def _rewritten(before: LedgerCheckpoint) -> Conflict:
    """Return the refusal to sign what is not the continuation of the last head the database has."""
    return Conflict(
        _(
            "Sổ cái không còn khớp với điểm chốt %(size)d mục ngày %(day)s: không ký tiếp. "
            "Hãy chạy vks_ledger verify và báo lãnh đạo ngay."
        )
        % {"size": before.size, "day": f"{timezone.localtime(before.made_at):%d/%m/%Y}"}
    )


def refuse_to_sign() -> None:
    """Say why the next head would not be signed, reading only.

    Raises:
        Conflict, Unavailable: it would not; the sentence says why.
    """
    _refuse_another_log()
    before = last_checkpoint()
    if before is not None and root_at(before.size) != bytes(before.root):
        raise _rewritten(before)
    keys.read_key(keys.key_path())


def _contradiction() -> Contradiction | None:
    try:
        return contradiction()
    except OSError as error:
        told = {"path": heads_path(), "why": error.strerror or error}
        raise Unavailable(_("Không đọc được tệp ghi nhớ điểm chốt %(path)s: %(why)s.") % told) from error


def _refuse_another_log() -> None:
    """Refuse to sign what does not go on from a head that is remembered outside of the database, or of which nobody can
    tell because what was remembered is gone.

    Raises:
        Conflict: the database is an old one, another one, or was written anew; or the file is gone.
        Unavailable: the file cannot be read.
    """
    found = _contradiction()
    if found is None:
        _refuse_lost_heads()
    else:
        raise Conflict(
            _(
                "%(problem)s Không ký tiếp: báo lãnh đạo; nếu đã phục hồi có chủ ý thì lãnh đạo ghi bằng vks_ledger restored."
            )
            % {"problem": found.sentence}
        )


def _refuse_lost_heads() -> None:
    """Refuse where the file outside of the database is gone.

    Raises:
        Conflict: it is.
    """
    if heads_are_lost():
        raise Conflict(
            _(
                "Tệp ghi nhớ điểm chốt %(path)s đã mất: không ký tiếp. Hãy lấy lại tệp mới nhất từ máy khác; không còn bản "
                "nào thì đối chiếu sổ với điểm chốt trên giấy, rồi lãnh đạo tỉnh ghi nhận ở trang Sổ cái, hoặc bằng "
                "vks_ledger heads."
            )
            % {"path": heads_path()}
        )


def remember_heads() -> None:
    """Write every signed head the file outside of the database does not have into it, as far as it is one of this log and of
    the service's key (`believed_heads`): who writes into the table alone stops nobody who signs, `queries.verify` tells of it.

    A file that cannot be written stops nobody who works: the doctor tells. The first time, and where a ledger is older than
    the file, it is begun by itself; the ledger says so once the file is there, and from then on one that is gone is not begun
    anew here (see `begin_heads`).
    """
    try:
        if heads_are_lost():
            logger.error("signed heads are not remembered outside of the database: the file that had them is gone")
            return
        notes = _to_remember()
        add_heads(notes)
    except OSError as error:
        logger.error("a signed head was not remembered outside of the database: %s", type(error).__name__)
        return
    if notes and not heads_begun():
        with transaction.atomic():
            tell(HEADS_BEGUN, actor=None, case=None, heads=len(notes), reason="")


def _answer_note(key: SigningKey, entry: str) -> str:
    return sign_note(verify_ledger.answer_text(key.name, entry), key)


def _sign_answers(key: SigningKey) -> None:
    """Sign, in the file outside of the database, what could not be signed when somebody answered for a restored database.

    The key was lost with the database then, or such entries were not noted in the file yet.
    """
    path = heads_path()
    try:
        answers = read_answers(path)
        for each in restorations(read_heads(path)):
            if not answers.get(each.entry):
                add_answer(each.entry, _answer_note(key, each.entry))
    except OSError as error:
        logger.error("an answer was not noted outside of the database: %s", type(error).__name__)


def _to_remember() -> list[str]:
    believed, others = believed_heads(read_heads(heads_path()))
    for row in others:
        logger.error(
            "a head of %d entries in the database is not remembered: it is not one the service signed", row.size
        )
    return believed


def begin_heads(*, actor: User, reason: str, seen: str | None = None) -> int:
    """Begin the file outside of the database anew with the heads the database has; return how many they are.

    The ledger is told first: a file that is there before its entry is would let a program that ended in between sign without
    anybody's word. What cannot be written then is begun once more.

    Args:
        actor: who answers.
        reason: in words.
        seen: `LostHeads.key` of what was shown; None: nothing was shown, as to who types a command.

    Raises:
        NotAllowed: the actor leads no office of a province.
        BadInput: there is no reason.
        Conflict: the file is there; or the database is another one than was shown.
        Unavailable: the file cannot be read or written.
    """
    require_province(actor)
    said = one_line(reason)[:500]
    try:
        if not heads_are_lost():
            raise Conflict(_("Tệp ghi nhớ điểm chốt vẫn còn: không lập lại."))
        if not said:
            raise BadInput(_("Hãy ghi lý do."), field="reason")
        found = lost_heads()
        if seen is not None and (found is None or found.key != seen):
            raise Conflict(
                _("Sổ cái không còn như lúc bạn xem: hãy đọc lại câu báo động rồi ghi nhận."),
                field="reason",
            )
        # whether anything can be written there: an empty file remembers nothing
        add_heads([])
        notes = _to_remember()
        with transaction.atomic():
            tell(HEADS_BEGUN, actor=actor, case=None, heads=len(notes), reason=said)
        add_heads(notes)
    except OSError as error:
        told = {"path": heads_path(), "why": error.strerror or error}
        raise Unavailable(_("Không ghi được tệp ghi nhớ điểm chốt %(path)s: %(why)s.") % told) from error
    return len(notes)


def _write_to_province(said: str) -> int:
    people = in_office(LEADING, of_province=True)
    return len(write_to(people, lambda _user: said, where=_("Hãy mở trang Sổ cái.")))


def write_of_lost_heads() -> int:
    """Write to the leaders of the province that the file outside of the database is gone; return to how many."""
    try:
        if not heads_are_lost():
            return 0
    except OSError:
        # no head is signed then, and the doctor tells
        return 0
    return _write_to_province(_("Tệp ghi nhớ điểm chốt của sổ cái đã mất."))


def write_of_answers(entries: Sequence[LedgerEntry]) -> int:
    """Write to the leaders of the province what was answered for, in whoever's name; return to how many letters went out."""
    sent = 0
    for entry in entries:
        told = entry.said
        command, account, whom, _id = (told["data"].get(name) for name in BY_COMMAND)
        values = {"command": command, "account": account, "whom": whom, "name": told["actor"]["name"]}
        if entry.kind == RESTORED and command:
            said = _(
                "Sổ cái vừa có mục ghi nhận phục hồi cơ sở dữ liệu, bằng lệnh %(command)s của tài khoản máy chủ %(account)s, "
                "thay mặt %(whom)s."
            )
        elif entry.kind == RESTORED:
            said = _("Sổ cái vừa có mục ghi nhận phục hồi cơ sở dữ liệu, người ghi: %(name)s.")
        elif command:
            said = _(
                "Sổ cái vừa có mục lập tệp ghi nhớ điểm chốt, bằng lệnh %(command)s của tài khoản máy chủ %(account)s, "
                "thay mặt %(whom)s."
            )
        elif told["actor"]["id"] is None:
            said = _("Hệ thống vừa tự lập tệp ghi nhớ điểm chốt khi sổ cái đã có nhiều điểm chốt.")
        else:
            said = _("Sổ cái vừa có mục lập tệp ghi nhớ điểm chốt, người ghi: %(name)s.")
        sent += _write_to_province(one_line(said % values))
    return sent


def write_of_fork() -> int:
    """Write to the leaders of the province that the ledger does not go on from what was signed; return to how many."""
    if seen_fork() is None:
        return 0
    return _write_to_province(_("Sổ cái không nối tiếp điểm chốt đã ký."))


def record_restored(*, actor: User, reason: str, seen: str | None = None) -> LedgerEntry:
    """Answer for a database that was put back from a backup: heads signed since then are given up, and signing goes on.

    Args:
        actor: who answers.
        reason: in words.
        seen: `Contradiction.key` of what was shown; None: nothing was shown, as to who types a command.

    Raises:
        NotAllowed: the actor leads no office of a province.
        BadInput: there is no reason.
        Conflict: the ledger goes on from every head that is remembered; the file of them is gone; or it departs from another
            one than was shown.
        Unavailable: the file that remembers them cannot be read or written.
    """
    require_province(actor)
    found = _contradiction()
    if found is None:
        _refuse_lost_heads()
        raise Conflict(_("Sổ cái nối tiếp mọi điểm chốt đã ghi nhớ: không có lần phục hồi nào phải ghi."))
    said = one_line(reason)[:500]
    if not said:
        raise BadInput(_("Hãy ghi lý do."), field="reason")
    if seen is not None and seen != found.key:
        raise Conflict(
            _("Sổ cái không còn như lúc bạn xem: hãy đọc lại câu báo động rồi ghi nhận."),
            field="reason",
        )
    newest = found.newest
    # what is signed from now on must be told from what is given up; where one was signed by a clock that ran ahead, or this
    # one is slow, moments cannot tell them
    by_name = newest.at >= written_at(timezone.now())
    with transaction.atomic():
        tell(
            RESTORED,
            actor=actor,
            case=None,
            log_entries=log_size(),
            agreed_entries=found.agreed,
            head_entries=newest.size,
            head_root=newest.root.hex(),
            head_at=newest.at,
            given_up=[each.root.hex() for each in found.lost] if by_name else [],
            reason=said,
        )
        entry = LedgerEntry.objects.filter(case__isnull=True, kind=RESTORED).latest("seq")
        # before it is certain: an entry that is not in the file gives up nothing, and one of a transaction that is taken back
        # is no entry
        _note_answer(bytes(entry.hash).hex())
    return entry


def _note_answer(entry: str) -> None:
    """Say in the file outside of the database that somebody answered for a restored database.

    Raises:
        Unavailable: it cannot be written.
    """
    try:
        note = _answer_note(signing_key(), entry)
    except (Unavailable, Conflict):
        # lost with the database, or newer than that: the first head that is signed again signs this too
        note = ""
    try:
        add_answer(entry, note)
    except OSError as error:
        told = {"path": heads_path(), "why": error.strerror or error}
        raise Unavailable(_("Không ghi được tệp ghi nhớ điểm chốt %(path)s: %(why)s.") % told) from error


def _signed_at(before: LedgerCheckpoint | None, size: int) -> str:
    """Return when a head is signed: never before what it covers, even where the clock was set back meanwhile."""
    stated, since = "", 0
    if before is not None:
        stated = verify_ledger.parse_checkpoint(verify_ledger.parse_note(before.note.encode()).text).at
        # an older head may say nothing of it
        since = before.size if stated else 0
    covered = LedgerLeaf.objects.filter(index__gte=since, index__lt=size)
    latest = covered.aggregate(latest=Max("entry__at"))["latest"]
    now = timezone.now()
    return max(stated, written_at(max(now, latest or now)))


def _keep_subtrees(size: int) -> None:
    """Keep the subtrees that became complete since the last time."""
    count = LedgerSubtree.objects.filter(level=merkle.STEP).count()
    fresh: dict[tuple[int, int], bytes] = {}

    def read(level: int, first: int, number: int) -> list[bytes]:
        places = [(level, first + each) for each in range(number)]
        before = sum(place not in fresh for place in places)
        return kept(level, first, before) + [fresh[place] for place in places[before:]]

    rows = []
    for subtree in merkle.completed(read, count << merkle.STEP, size):
        fresh[subtree.level, subtree.place] = subtree.hash
        rows.append(LedgerSubtree(level=subtree.level, index=subtree.place, hash=subtree.hash))
    # two that sign at once keep the same
    LedgerSubtree.objects.bulk_create(rows, batch_size=1000, ignore_conflicts=True)


# --- handing out


def export(
    folder: Path,
    *,
    case: CaseFile | None = None,
    shown: Collection[str] = (),
    along: Callable[[Path], Mapping[str, str]] | None = None,
) -> LedgerCheckpoint:
    """Write the ledger, or that of one case, into a new folder together with what checks it.

    Args:
        folder: is made; nothing that is there is overwritten.
        case: only this one, each entry with its proof.
        shown: kinds of entries of the case whose hidden values are shown; the access log and the ledger have that they
            were.
        along: tells what goes out with the ledger of the case, by path, with its SHA-256; the list of it is signed with the
            head. Given the folder in which all else lies by then, so that the list can have that too.

    Raises:
        Conflict: something is there already; or the ledger is not the one that was signed, which `as_it_stands.export_as_it_stands`
            hands out all the same.
        Unavailable: there is no key to sign the head with, or that values are shown cannot be noted.
    """
    asked_at = timezone.now()
    with new_folder(folder) as fresh:
        try:
            checkpoint = make_checkpoint()
        except Conflict as error:
            raise Conflict(
                _(
                    "%(problem)s Để giao người giám định mà không ký gì thêm, quản trị xuất nguyên trạng: "
                    "vks_ledger export THƯ_MỤC --as-it-stands."
                )
                % {"problem": error.message}
            ) from error
        note = checkpoint.note
        keys = keys_handed_out()
        _write(fresh / "keys", "".join(f"{key}\n" for key in keys.own))
        if keys.strange:
            # shown to who examines it, and believed by no program
            _write(fresh / STRANGE_KEYS, "".join(f"{key}\n" for key in keys.strange))
        _write(fresh / "DOC-TRUOC.txt", _read_first(case, packed=along is not None, strange=bool(keys.strange)))
        if case is None:
            _write_whole(fresh, checkpoint)
        else:
            note = _write_case(fresh, checkpoint, case, shown, asked_at, along)
        _write(fresh / "checkpoint", note)
    return checkpoint


def _read_first(case: CaseFile | None, *, packed: bool, strange: bool) -> str:
    """Return what stands beside an export for whoever is handed it: what it is, and how to check it without us."""
    of = f"CỦA VỤ ÁN {case.code}" if case is not None else "TOÀN BỘ"
    files = (
        "Lệnh này đọc cả các tệp của gói nộp lưu và so với sổ cái; các tệp BagIt cạnh thư mục data do chương trình bagit kiểm tra "
        "(bagit.py --validate THƯ_MỤC_GÓI).\n"
        if packed
        else ""
    )
    put_there = (
        f"Tệp {STRANGE_KEYS} có các khóa người khác chèn vào bảng khóa: không tin, không dùng để kiểm tra. In English: keys "
        "that somebody put into the table of keys; do not trust them.\n"
        if strange
        else ""
    )
    return f"""SỔ CÁI LƯU GIỮ HỒ SƠ {of}

Tự kiểm tra, không cần mạng, không cần cài gì ngoài Python 3.9 trở lên, ngay trong thư mục này:
    python3 verify_ledger.py . --key KHÓA
{files}{put_there}KHÓA là khóa công khai trên bản giấy đã ký; không nêu thì lấy khóa đi cùng (tệp keys) và phải so khóa ấy với bản giấy.
Mã thoát: 0 đạt, 1 không đạt, 2 không đọc được, 3 phải hỏi người đã ghi nhận phục hồi cơ sở dữ liệu. In English: run that command here; the key is on the signed paper.
"""


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Give a folder to write an export into; with the verifier in it, it takes its name once all is written.

    Raises:
        Conflict: something is there already.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Conflict(_("%(folder)s đã có nội dung: hãy nêu một thư mục mới.") % {"folder": folder})
    fresh = folder.with_name(f".{folder.name}.{os.getpid()}.new")
    fresh.mkdir(mode=0o700)
    try:
        shutil.copyfile(verify_ledger.__file__, fresh / "verify_ledger.py")
        yield fresh
        if folder.exists():
            folder.rmdir()
        fresh.rename(folder)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise


def write_extract(case: CaseFile) -> Printed:
    """Return the ledger of a case as a ZIP file, without hidden values; see `export`.

    Raises:
        Unavailable: there is no key to sign the head with.
    """
    name = ascii_file_name(f"so-cai {case.code}")
    buffer = io.BytesIO()
    place = configuration().data_dir
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(dir=place, prefix=".ledger-") as above:
        folder = Path(above) / name
        export(folder, case=case)
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
            for path in sorted(folder.iterdir()):
                package.write(path, f"{name}/{path.name}")
    return Printed(f"{name}.zip", "application/zip", buffer.getvalue())


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _write_whole(folder: Path, checkpoint: LedgerCheckpoint) -> None:
    with (folder / "entries.jsonl").open("wb") as stream:
        stream.writelines(line + b"\n" for line in entries_in_log(checkpoint.size))
    earlier = signed_heads().filter(size__lt=checkpoint.size).order_by("size")
    with (folder / "checkpoints.jsonl").open("w", encoding="utf-8") as text:
        text.writelines(json.dumps({"note": row.note}, ensure_ascii=False) + "\n" for row in earlier)
        # by which the verifier believes entries that a database alone could hold
        key = signing_key()
        for each in restorations(read_heads(heads_path())):
            answer = {"restored": each.entry, "signed": _answer_note(key, each.entry)}
            text.write(json.dumps(answer, ensure_ascii=False) + "\n")


def _end_note(
    checkpoint: LedgerCheckpoint, proofs: Sequence[Proof], asked_at: dt.datetime, listed: str, code: str
) -> str:
    """Return the head signed once more, together with how many entries the case has and with which it ends.

    Without that an extract could be cut off at its end, and what is left of it would still be proven. The list of files
    is signed for the same reason: of copies with recognised words the ledger has no hash before the seal.
    """
    key = signing_key()
    last = proofs[-1].entry
    end = verify_ledger.End(str(last.ledger), len(proofs), bytes(last.hash).hex())
    signed = verify_ledger.parse_checkpoint(verify_ledger.parse_note(checkpoint.note.encode()).text)
    at = max(signed.at, written_at(max([asked_at, *(proof.entry.stated for proof in proofs)])))
    root = bytes(checkpoint.root)
    text = checkpoint_text(key.name, checkpoint.size, root, at=at, ends=[end], files=listed, case=code)
    return sign_note(text, key)


def _write_case(
    folder: Path,
    checkpoint: LedgerCheckpoint,
    case: CaseFile,
    shown: Collection[str],
    asked_at: dt.datetime,
    along: Callable[[Path], Mapping[str, str]] | None,
) -> str:
    """Write the ledger of one case with its proofs, and return the checkpoint that says where it ends."""
    proofs = proven_entries(case, checkpoint)
    if not proofs:
        # what says nothing would be found valid
        raise Conflict(
            _(
                "Vụ án %(code)s không có mục nào trong sổ cái nên không có gì để xuất. Vụ án có từ trước khi có sổ cái thì ghi một "
                "việc rồi xuất lại; nếu không, hãy chạy vks_ledger verify và báo lãnh đạo."
            )
            % {"code": case.code}
        )
    with (folder / "entries.jsonl").open("wb") as stream:
        stream.writelines(bytes(proof.entry.line) + b"\n" for proof in proofs)
    with (folder / "proofs.jsonl").open("w", encoding="utf-8") as text:
        for proof in proofs:
            text.write(json.dumps({"leaf": proof.leaf, "path": [each.hex() for each in proof.path]}) + "\n")
    if shown:
        _note_shown(case, _write_openings(folder, proofs, shown))
    signed = ""
    if along is not None:
        listed = "".join(f"{hash_}  {name}\n" for name, hash_ in sorted(along(folder).items()))
        _write(folder / verify_ledger.FILES, listed)
        signed = hashlib.sha256(listed.encode()).hexdigest()
    return _end_note(checkpoint, proofs, asked_at, signed, case.code)


def _note_shown(case: CaseFile, values: Counter[str]) -> None:
    """Note which values of a case go out; without that they do not."""
    if not values:
        return
    count = values.total()
    with or_withheld(), transaction.atomic():
        record_case(Reader(None, command=LEDGER_COMMAND), AccessEntry.Act.EXPORT, case, count=count)
        tell("ledger_values_shown", actor=None, case=case, entry_kinds=", ".join(sorted(values)), values=count)


def _write_openings(folder: Path, proofs: Sequence[Proof], shown: Collection[str]) -> Counter[str]:
    """Show hidden values; return how many, by the kind of their entries."""
    values: Counter[str] = Counter()
    with (folder / verify_ledger.OPENINGS).open("w", encoding="utf-8") as text:
        for proof in proofs:
            hidden = getattr(proof.entry, "hidden", None)
            if hidden is None or proof.entry.kind not in shown:
                continue
            for place, (name, value) in enumerate(hidden.values):
                values[proof.entry.kind] += 1
                text.write(opening(proof.entry, bytes(hidden.salt), place, name, value))
    return values


def opening(entry: LedgerEntry, salt: bytes, place: int, name: Any, value: Any) -> str:
    """Return the line that shows a hidden value of an entry together with what it is compared by."""
    row = {
        "ledger": str(entry.ledger),
        "seq": entry.seq,
        "place": place,
        "name": name,
        "value": value,
        "salt": opened(salt, place),
    }
    return json.dumps(row, ensure_ascii=False) + "\n"
