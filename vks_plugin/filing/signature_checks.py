"""What is kept of the signatures in a document's file: read by a worker when it is filed, and again when somebody asks."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError

from vks_plugin.access.policy import Level
from vks_plugin.access.queries import require
from vks_plugin.acts import tell
from vks_plugin.cases.actions.record import lock_case
from vks_plugin.cases.models import CaseDocument, CaseFile
from vks_plugin.conf import configuration
from vks_plugin.errors import BadInput, Conflict, Unavailable
from vks_plugin.filing.models import SignatureCheck
from vks_plugin.filing.pdf import is_signed
from vks_plugin.filing.signatures import (
    INTEGRITY_LABELS,
    NOT_INSTALLED,
    SOUND,
    TRUST_LABELS,
    UNUSABLE_ROOTS,
    NotRead,
    Signature,
    Verdict,
    is_installed,
    read_apart,
    roots_digest,
)
from vks_plugin.host.files import newest_version, newest_versions
from vks_plugin.host.models import Document
from vks_plugin.host.versions import PDF
from vks_plugin.text import gettext_noop
from vks_plugin.working import failure_kept

logger = logging.getLogger("paperless.vks.filing")

NO_QUEUE = gettext_noop("Hàng đợi xử lý không hoạt động: chưa kiểm tra chữ ký số, hãy báo quản trị rồi kiểm tra lại.")
STEP = 100
"""Documents filed earlier that are looked at between two words of how far it is."""
CRASHED = gettext_noop("Việc kiểm tra chữ ký số dừng giữa chừng: hãy kiểm tra lại, vẫn vậy thì báo quản trị.")


def roots_place() -> Path | None:
    """Return where the certificates lie that the office trusts; None: none are configured."""
    place = configuration().signature_roots
    return Path(place) if place else None


def _signed_version(filed: CaseDocument) -> Document | None:
    """Return the version of a document its readers see, if its file is a PDF somebody signed."""
    version = newest_version(filed.document)
    return version if version.mime_type == PDF and _holds_signatures(version) else None


def look_at_commit(filed: CaseDocument) -> None:
    """Have the signatures of a document read once its filing is committed, if its file has any."""

    def begin() -> None:
        version = _signed_version(filed)
        if version is not None:
            _ask(filed, version)

    transaction.on_commit(begin)


def check_again(*, actor: User, filed: CaseDocument) -> SignatureCheck:
    """Have the signatures of a document's file read by a worker.

    Raises:
        NotFound, NotAllowed: the actor may not work on this part of the case.
        Conflict: nobody signed the file.
    """
    require(actor, filed.case, Level.CONTRIBUTE, part=filed.part, doing=_("kiểm tra chữ ký số"))
    version = _signed_version(filed)
    if version is None:
        raise Conflict(_("Tệp của tài liệu này không có chữ ký số."))
    return _ask(filed, version)


def _ask(filed: CaseDocument, version: Document) -> SignatureCheck:
    check = _wait_for(filed, version)
    if check.state == SignatureCheck.State.WAITING:
        transaction.on_commit(partial(_send, check.pk))
    return check


def _wait_for(filed: CaseDocument, version: Document) -> SignatureCheck:
    installed = is_installed()
    state = SignatureCheck.State.WAITING if installed else SignatureCheck.State.FAILED
    check, _made = SignatureCheck.objects.update_or_create(
        case_document=filed,
        defaults={
            "sha256": version.checksum,
            "state": state,
            "error": "" if installed else NOT_INSTALLED,
            "signatures": [],
            "asked_at": timezone.now(),
        },
    )
    return check


def _send(check_id: int) -> None:
    from vks_plugin.filing.tasks import check_signatures  # noqa: PLC0415 - the task imports this module

    try:
        check_signatures.apply_async(kwargs={"check_id": check_id})
    except OperationalError:
        _failed(check_id, NO_QUEUE)


def _failed(check_id: int, sentence: str) -> None:
    SignatureCheck.objects.filter(pk=check_id).update(
        state=SignatureCheck.State.FAILED, error=sentence[:2000], checked_at=timezone.now()
    )


def run_check(check_id: int) -> None:
    """Read the signatures of a file and keep what was found; called by the worker."""
    check = SignatureCheck.objects.filter(pk=check_id).select_related("case_document__document", "case_document__case")
    row = check.first()
    if row is None:
        return
    filed = row.case_document
    with failure_kept(
        partial(_failed, row.pk), crashed=CRASHED, what=f"reading the signatures of check {row.pk}", logger=logger
    ):
        version = newest_version(filed.document)
        place = roots_place()
        try:
            digest = roots_digest(place)
        except OSError:
            _failed(row.pk, UNUSABLE_ROOTS)
            return
        try:
            found = read_apart(version.source_path, place)
        except NotRead as refusal:
            _failed(row.pk, str(refusal))
            return
        with transaction.atomic():
            case = lock_case(filed.case)
            keep_read(filed, version.checksum, ReadFile(found, digest))
            tell(
                "signatures_read",
                actor=None,
                case=case,
                filing=filed.pk,
                document=filed.document_id,
                part=filed.part,
                sha256=version.checksum,
                **told_of(found),
            )


class Looked(NamedTuple):
    """How far a look at documents that were filed before is."""

    documents: int
    signed: int
    """Of them, with signatures that nobody had read."""
    failed: int
    """Of these, which could not be read; why is kept with each."""
    last: int
    """Host id of the document looked at last; who goes on begins behind it."""
    left: int
    """Documents behind it."""


def read_earlier(
    *,
    case: CaseFile | None = None,
    after: int = 0,
    most: int = 1000,
    progress: Callable[[Looked], object] | None = None,
) -> Looked:
    """Read the signatures of documents that were filed before somebody could read them, one after another, in this process.

    What was read of the file as it is now is left alone, so whoever is cut off may begin anew as well as go on.

    Args:
        case: only its documents.
        after: begin behind the document with this host id.
        most: how many documents are looked at.
        progress: is told after each `STEP` of them.

    Raises:
        Unavailable: the part that reads signatures is not installed.
    """
    if not is_installed():
        raise Unavailable(_(NOT_INSTALLED))
    everything = CaseDocument.objects.all() if case is None else CaseDocument.objects.filter(case=case)
    rows = everything.order_by("document_id").select_related("document", "case")
    looked = Looked(0, 0, 0, after, rows.filter(document_id__gt=after).count())
    while looked.left and looked.documents < most:
        block = list(rows.filter(document_id__gt=looked.last)[: min(STEP, most - looked.documents)])
        if not block:
            break
        newest = newest_versions([each.document for each in block])
        read = dict(
            SignatureCheck.objects.filter(case_document__in=block, state=SignatureCheck.State.DONE).values_list(
                "case_document_id", "sha256"
            )
        )
        for filed in block:
            version = newest[filed.document_id]
            looked = looked._replace(documents=looked.documents + 1, last=filed.document_id, left=looked.left - 1)
            if version.mime_type != PDF or read.get(filed.pk) == version.checksum or not _holds_signatures(version):
                continue
            check = _wait_for(filed, version)
            # what went wrong is kept with the check, and the next document is not to blame
            with suppress(Exception):
                run_check(check.pk)
            check.refresh_from_db()
            failed = looked.failed + (check.state != SignatureCheck.State.DONE)
            looked = looked._replace(signed=looked.signed + 1, failed=failed)
        if progress is not None:
            progress(looked)
    return looked


def _holds_signatures(version: Document) -> bool:
    try:
        return is_signed(version.source_path)
    except (BadInput, OSError):
        # other checks tell of a file that cannot be opened
        return False


class ReadFile(NamedTuple):
    """The signatures of a file, and what stands for the roots they were judged by."""

    signatures: list[Signature]
    roots: str


def read_upload(path: Path, *, name: str, field: str) -> ReadFile:
    """Return the signatures of a file somebody hands in, refusing one that was changed after it was signed.

    Takes some seconds where there are any.

    Raises:
        BadInput: a signature does not hold, or none can be read; the sentence names the file.
        Unavailable: the part that reads signatures is not installed.
    """
    if not is_signed(path):
        return ReadFile([], "")
    if not is_installed():
        raise Unavailable(_(NOT_INSTALLED))
    place = roots_place()
    try:
        read = ReadFile(read_apart(path, place), roots_digest(place))
    except OSError as error:
        raise Unavailable(_(UNUSABLE_ROOTS)) from error
    except NotRead as refusal:
        raise BadInput(_(str(refusal)), field=field) from refusal
    for each in read.signatures:
        if each.verdict in {Verdict.INVALID, Verdict.UNREADABLE}:
            why = TRUST_LABELS[each.trust] if each.integrity in SOUND else INTEGRITY_LABELS[each.integrity]
            raise BadInput(
                _("Chữ ký số của %(signer)s trong tệp %(name)s không dùng được: %(why)s. Hãy ký lại tệp rồi đưa vào.")
                % {"signer": each.signer or "?", "name": name, "why": _(why)},
                field=field,
            )
    return read


def keep_read(filed: CaseDocument, sha256: str, read: ReadFile) -> None:
    """Keep what was read of the signatures of a document's file."""
    SignatureCheck.objects.update_or_create(
        case_document=filed,
        defaults={
            "sha256": sha256,
            "state": SignatureCheck.State.DONE,
            "error": "",
            "signatures": [each.as_json() for each in read.signatures],
            "roots": read.roots,
            "checked_at": timezone.now(),
        },
    )


def told_of(found: Collection[Signature]) -> dict[str, Any]:
    """Return what the ledger is told of signatures; the names are among what it hides."""
    return {
        "signatures": len(found),
        "signatures_valid": _count(found, Verdict.VALID),
        "signatures_invalid": _count(found, Verdict.INVALID),
        "signers": "; ".join(each.signer or "?" for each in found),
    }


def _count(found: Collection[Signature], verdict: Verdict) -> int:
    return sum(each.verdict is verdict for each in found)


class Read(NamedTuple):
    """What is known of the signatures of a document's file as it is now."""

    state: str
    """`unsigned`, `unchecked`, `waiting`, `failed`, `stale` (of the file before), `done`."""
    check: SignatureCheck | None
    signatures: list[Signature]
    other_roots: bool = False
    """Whether other certificates are trusted now than when it was read."""


def signatures_of(filed: CaseDocument) -> Read:
    """Return what is known of the signatures of a document's file (the file itself is opened)."""
    version = _signed_version(filed)
    row = SignatureCheck.objects.filter(case_document=filed).first()
    if version is None:
        return Read("unsigned", None, [])
    if row is None:
        return Read("unchecked", None, [])
    if row.sha256 != version.checksum:
        return Read("stale", row, [])
    try:
        other = row.state == SignatureCheck.State.DONE and roots_digest(roots_place()) != row.roots
    except OSError:
        other = True
    return Read(str(row.state), row, row.read, other)
