"""Writing the ledger: entries, checkpoints, keys, exports."""

from __future__ import annotations

import json
import logging
import os
import secrets
import shutil
import uuid
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.cases.models import CaseFile
from vks_plugin.custody import into_log, keys, merkle, verify_ledger
from vks_plugin.custody.chain import SALT_LENGTH, SYSTEM, Actor, hide, opened, plain, write_entry
from vks_plugin.custody.checkpoint import SigningKey, checkpoint_text, sign_note
from vks_plugin.custody.models import (
    LedgerCheckpoint,
    LedgerEntry,
    LedgerHidden,
    LedgerKey,
    LedgerSubtree,
)
from vks_plugin.custody.queries import (
    entries_in_log,
    hashes_of,
    kept,
    last_checkpoint,
    log_size,
    proven_entries,
    public_keys,
)
from vks_plugin.errors import Conflict, NotFound
from vks_plugin.organization.models import Appointment
from vks_plugin.organization.queries import display_name

logger = logging.getLogger("paperless.vks.custody")

KEY = "key"
"""What an entry is called that tells of a new signing key."""


def acting(user: User | None, case: CaseFile | None) -> Actor:
    """Return who acts, with the post that counts for this case: in its office, else any (one query)."""
    if user is None:
        return SYSTEM
    found = Appointment.objects.in_force(timezone.localdate()).filter(user_id=user.pk)
    posts = list(found.order_by("pk").values_list("role", "unit_id", "unit__code"))
    # the post in the office that holds the case comes first
    posts.sort(key=lambda post: case is not None and post[1] != case.unit_id)
    role, code = (posts[0][0], posts[0][2]) if posts else (None, None)
    return Actor(user.pk, display_name(user), code, role)


@transaction.atomic
def append(
    *,
    case: CaseFile | None,
    actor: User | None,
    kind: str,
    data: Mapping[str, Any],
    hidden: Sequence[tuple[str, Any]] = (),
) -> LedgerEntry:
    """Write an entry into the ledger of a case, in the caller's transaction: what is rolled back leaves none.

    The case is held until the transaction ends, so that its entries stand one behind the other.

    Args:
        case: what it concerns; None for what concerns the ledger itself.
        actor: who acted; None for a worker or a command.
        kind: what was done.
        data: what everybody may read who is ever handed the ledger: numbers, codes, names of fields, hashes.
        hidden: values by name that only some may read. The entry holds for each a hash that nobody can guess the value
            from; the values are kept beside it, and can be shown and compared later.
    """
    if case is not None:
        CaseFile.objects.select_for_update(no_key=True).filter(pk=case.pk).values_list("pk").get()
    elif connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [into_log.HEAD])
    last = LedgerEntry.objects.filter(case=case).order_by("-seq").values_list("ledger", "seq", "hash").first()
    ledger, seq, previous = last if last is not None else (uuid.uuid4(), -1, None)
    at = timezone.now()
    said = dict(data)
    values = [(name, plain(value)) for name, value in hidden]
    salt = secrets.token_bytes(SALT_LENGTH)
    if values:
        said["hidden"] = hide(salt, values)
    written = write_entry(
        ledger=ledger,
        seq=seq + 1,
        previous=bytes(previous) if previous is not None else None,
        at=at,
        actor=acting(actor, case),
        kind=kind,
        data=said,
    )
    entry = LedgerEntry.objects.create(
        ledger=ledger, case=case, seq=seq + 1, kind=kind, at=at, line=written.line, hash=written.hash
    )
    if values:
        LedgerHidden.objects.create(entry=entry, salt=salt, values=values)
    return entry


# --- the key


def signing_key() -> SigningKey:
    """Return the key that signs now.

    Raises:
        Unavailable: there is none, or its file may not be used.
        Conflict: the file holds another key than the one that was recorded last.
    """
    current = LedgerKey.objects.order_by("-pk").first()
    key = keys.read_key(keys.key_path())
    if current is not None and str(key.public) == current.text:
        return key
    coming = keys.next_path()
    if current is not None and coming.exists():
        # a change of key was recorded, and the program ended before the file was in its place
        later = keys.read_key(coming)
        if str(later.public) == current.text:
            coming.replace(keys.key_path())
            return later
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
    current = LedgerKey.objects.order_by("-pk").first()
    if current is not None:
        return current.text, False
    # the name of the log: random, so that no two are taken for each other, and telling nothing
    key = SigningKey.generate(f"vks-ledger/{uuid.uuid4()}")
    keys.write_key(keys.key_path(), key)
    try:
        with transaction.atomic():
            _record_key(key, before=None, signed_by_the_one_before=False)
    except BaseException:
        keys.key_path().unlink(missing_ok=True)
        raise
    return str(key.public), True


def _record_key(key: SigningKey, *, before: str | None, signed_by_the_one_before: bool) -> None:
    LedgerKey.objects.create(text=str(key.public))
    data = {"public": str(key.public), "before": before, "signed_by_the_one_before": signed_by_the_one_before}
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
        Unavailable, Conflict: the present key cannot sign, or the new one cannot be written.
    """
    current = LedgerKey.objects.order_by("-pk").first()
    if current is None:
        raise NotFound(_("Sổ cái chưa có khóa: hãy chạy vks_ledger key."))
    old = None if lost else signing_key()
    key = SigningKey.generate(verify_ledger.parse_key(current.text).name)
    coming = keys.next_path()
    coming.unlink(missing_ok=True)
    keys.write_key(coming, key)
    try:
        with transaction.atomic():
            _record_key(key, before=current.text, signed_by_the_one_before=old is not None)
            _sign_head(*([old] if old is not None else []), key)
    except BaseException:
        coming.unlink(missing_ok=True)
        raise
    coming.replace(keys.key_path())
    return str(key.public)


# --- checkpoints


@transaction.atomic
def make_checkpoint() -> LedgerCheckpoint:
    """Sign the head of the log as it is now; the same head is signed once.

    Raises:
        Unavailable, Conflict: there is no key that may sign; or the log is no longer the one that was signed before.
    """
    return _sign_head(signing_key())


def _sign_head(*signers: SigningKey) -> LedgerCheckpoint:
    into_log.settle(connection)
    size = log_size()
    before = last_checkpoint()
    _keep_subtrees(size)
    hashes = hashes_of(size)
    if before is not None and (before.size > size or merkle.head(hashes, before.size) != bytes(before.root)):
        raise Conflict(
            _(
                "Sổ cái không còn khớp với điểm chốt %(size)d mục ngày %(day)s: không ký tiếp. "
                "Hãy chạy vks_ledger verify và báo lãnh đạo ngay."
            )
            % {"size": before.size, "day": f"{timezone.localtime(before.made_at):%d/%m/%Y}"}
        )
    if before is not None and before.size == size:
        return before
    root = merkle.head(hashes, size)
    note = sign_note(checkpoint_text(signers[-1].name, size, root), *signers)
    try:
        with transaction.atomic():
            return LedgerCheckpoint.objects.create(size=size, root=root, note=note)
    except IntegrityError:
        # another process signed the same head meanwhile
        return LedgerCheckpoint.objects.get(size=size)


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


def export(folder: Path, *, case: CaseFile | None = None, shown: Collection[str] = ()) -> LedgerCheckpoint:
    """Write the ledger, or that of one case, into a new folder together with what checks it.

    Args:
        folder: is made; nothing that is there is overwritten.
        case: only this one, each entry with its proof.
        shown: kinds of entries of the case whose hidden values are shown.

    Raises:
        Conflict: something is there already.
        Unavailable: there is no key to sign the head with.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Conflict(_("%(folder)s đã có nội dung: hãy nêu một thư mục mới.") % {"folder": folder})
    checkpoint = make_checkpoint()
    fresh = folder.with_name(f".{folder.name}.{os.getpid()}.new")
    fresh.mkdir(mode=0o700)
    try:
        if case is None:
            _write_whole(fresh, checkpoint)
        else:
            _write_case(fresh, checkpoint, case, shown)
        _write(fresh / "checkpoint", checkpoint.note)
        _write(fresh / "keys", "".join(f"{key}\n" for key in public_keys()))
        shutil.copyfile(verify_ledger.__file__, fresh / "verify_ledger.py")
        if folder.exists():
            folder.rmdir()
        fresh.rename(folder)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    return checkpoint


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _write_whole(folder: Path, checkpoint: LedgerCheckpoint) -> None:
    with (folder / "entries.jsonl").open("wb") as stream:
        stream.writelines(line + b"\n" for line in entries_in_log(checkpoint.size))
    earlier = LedgerCheckpoint.objects.filter(size__lt=checkpoint.size).order_by("size")
    with (folder / "checkpoints.jsonl").open("w", encoding="utf-8") as text:
        text.writelines(json.dumps({"note": row.note}, ensure_ascii=False) + "\n" for row in earlier)


def _write_case(folder: Path, checkpoint: LedgerCheckpoint, case: CaseFile, shown: Collection[str]) -> None:
    proofs = proven_entries(case, checkpoint)
    with (folder / "entries.jsonl").open("wb") as stream:
        stream.writelines(bytes(proof.entry.line) + b"\n" for proof in proofs)
    with (folder / "proofs.jsonl").open("w", encoding="utf-8") as text:
        for proof in proofs:
            text.write(json.dumps({"leaf": proof.leaf, "path": [each.hex() for each in proof.path]}) + "\n")
    if not shown:
        return
    with (folder / "openings.jsonl").open("w", encoding="utf-8") as text:
        for proof in proofs:
            hidden = getattr(proof.entry, "hidden", None)
            if hidden is None or proof.entry.kind not in shown:
                continue
            for place, (name, value) in enumerate(hidden.values):
                row = {
                    "ledger": str(proof.entry.ledger),
                    "seq": proof.entry.seq,
                    "place": place,
                    "name": name,
                    "value": value,
                    "salt": opened(bytes(hidden.salt), place),
                }
                text.write(json.dumps(row, ensure_ascii=False) + "\n")
