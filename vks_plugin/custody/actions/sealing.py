"""Sealing a batch of digitisation: every file is read, the manifest written, its hash put into the ledger.

Reading hundreds of files takes a while, so a worker does it; what it read is compared with what the database says in the
transaction that seals. A worker that is lost leaves nothing sealed, and whoever asks again starts anew.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.access.policy import Level
from vks_plugin.access.queries import require
from vks_plugin.acts import tell
from vks_plugin.cases.models import CaseDocument
from vks_plugin.custody.actions.digitisation import held
from vks_plugin.custody.actions.moving import move, next_number
from vks_plugin.custody.chain import plain, written_at
from vks_plugin.custody.models import DigitisationBatch, DigitisationStep, NumberSeries, SealedDocument, SealManifest
from vks_plugin.custody.queries.digitisation import NAMED, FileFact, Obstacle, obstacles, papers_to_seal, to_freeze
from vks_plugin.custody.signing import detached, office_key
from vks_plugin.custody.states import DIGITISATION
from vks_plugin.custody.verify_ledger import canonical
from vks_plugin.custody.videos import VideoFile, videos_to_seal
from vks_plugin.errors import BadInput, Conflict, Unavailable, VksError
from vks_plugin.hashing import sha256_of
from vks_plugin.host.files import files_of, newest_versions
from vks_plugin.organization.queries import display_name
from vks_plugin.text import gettext_noop
from vks_plugin.working import failure_kept

logger = logging.getLogger("paperless.vks.custody")

LOST = dt.timedelta(minutes=2)
"""A worker that was not heard of for so long is taken for lost."""
_BLOCK = 200


def _refuse(found: Sequence[Obstacle]) -> None:
    """Refuse with everything that stands in the way.

    Raises:
        BadInput: something does.
    """
    if not found:
        return
    told = []
    for each in found:
        named = "; ".join(each.things[:NAMED]) + ("; …" if len(each.things) > NAMED else "")
        told.append(f"{each.sentence.removesuffix('.')}: {named}." if named else each.sentence)
    raise BadInput(_("Chưa niêm phong được.") + " " + " ".join(told))


@transaction.atomic
def request_seal(*, actor: User, batch: DigitisationBatch) -> DigitisationBatch:
    """Have a worker seal a batch.

    Raises:
        NotFound, NotAllowed: the actor may not digitise this part of the case.
        BadInput: something stands in the way; the sentence names all of it (V05).
        Conflict: it is being sealed, or is in no state for it.
        Unavailable: the task queue cannot be reached.
    """
    require(actor, batch.case, Level.CONTRIBUTE, part=batch.part, doing=_("kết thúc số hóa"))
    batch = held(batch)
    if batch.state not in DIGITISATION.move("seal").sources:
        if batch.is_open:
            _refuse(obstacles(batch))
        raise Conflict(_("Đợt số hóa đang ở trạng thái “%(state)s”.") % {"state": batch.state_label})
    if batch.seal_beat is not None and timezone.now() - batch.seal_beat < LOST:
        raise Conflict(_("Đang niêm phong: hãy chờ."))
    _refuse(obstacles(batch))
    batch.seal_asked_by, batch.seal_beat, batch.seal_error = actor, timezone.now(), ""
    batch.seal_done, batch.seal_total = 0, papers_to_seal(batch).count()
    batch.save(update_fields=["seal_asked_by", "seal_beat", "seal_error", "seal_done", "seal_total"])
    transaction.on_commit(partial(_send, batch))
    return batch


def _send(batch: DigitisationBatch) -> None:
    from vks_plugin.custody.tasks import seal_batch  # noqa: PLC0415 - the task imports this module

    try:
        seal_batch.apply_async(kwargs={"batch_id": batch.pk})
    except Exception as error:
        DigitisationBatch.objects.filter(pk=batch.pk).update(seal_beat=None)
        if isinstance(error, VksError):
            raise
        raise Unavailable(_("Hàng đợi xử lý không hoạt động: hãy báo quản trị và thử lại sau.")) from error
    batch.refresh_from_db()


def run_seal(batch_id: int) -> None:
    """Seal a batch somebody asked to be sealed; called by the worker. What goes wrong is kept with it as a sentence."""
    asked = Q(pk=batch_id, seal_beat__isnull=False, state__in=DIGITISATION.move("seal").sources)
    batch = DigitisationBatch.objects.filter(asked).select_related("case__unit__parent", "seal_asked_by").first()
    if batch is None or batch.seal_asked_by is None:
        return
    crashed = gettext_noop("Không niêm phong được do lỗi hệ thống: hãy báo quản trị.")
    with failure_kept(partial(_failed, batch.pk), crashed=crashed, what=f"sealing batch {batch.pk}", logger=logger):
        read = read_files(list(papers_to_seal(batch)), progress=partial(_progress, batch.pk))
        heard = partial(_progress, batch.pk, len(read), len(read))
        videos = read_videos(videos_to_seal(batch.case, batch.part), progress=heard)
        seal(actor=batch.seal_asked_by, batch=batch, read=read, videos=videos)


def _progress(batch_id: int, done: int, total: int) -> None:
    DigitisationBatch.objects.filter(pk=batch_id).update(seal_done=done, seal_total=total, seal_beat=timezone.now())


def _failed(batch_id: int, sentence: str) -> None:
    DigitisationBatch.objects.filter(pk=batch_id).update(seal_beat=None, seal_error=sentence[:2000])


def read_files(papers: Sequence[CaseDocument], *, progress: Callable[[int, int], None] | None = None) -> list[FileFact]:
    """Read the files of the documents from the disk, original and archive copy.

    Raises:
        Conflict: a file is missing, or is not the one the host took in.
    """
    newest = newest_versions([each.document for each in papers])
    found = []
    for number, filed in enumerate(papers, start=1):
        version = newest[filed.document_id]
        original, archive = files_of(version)
        hashes = []
        for path, expected in ((original, version.checksum), (archive, version.archive_checksum)):
            if path is None:
                hashes.append("")
                continue
            if not path.is_file():
                raise Conflict(_("Tệp của tài liệu “%(title)s” không còn trên máy chủ.") % {"title": filed.title})
            hashes.append(sha256_of(path))
            if expected and hashes[-1] != expected:
                raise Conflict(
                    _("Tệp của tài liệu “%(title)s” không còn như lúc nộp: hãy báo quản trị, không niêm phong.")
                    % {"title": filed.title}
                )
        found.append(FileFact(filed.document_id, version.pk, version.page_count, *hashes))
        if progress is not None and (number % 10 == 0 or number == len(papers)):
            progress(number, len(papers))
    return found


def read_videos(videos: Sequence[VideoFile], *, progress: Callable[[], None] | None = None) -> Sequence[VideoFile]:
    """Read the videos that are to be sealed from the disk, and return them.

    Raises:
        Conflict: one is missing, or is not the one that was taken in.
    """
    for each in videos:
        if not each.path.is_file():
            raise Conflict(_("Tệp của video “%(title)s” không còn trên máy chủ.") % {"title": each.title})
        if sha256_of(each.path) != each.sha256:
            raise Conflict(
                _("Tệp của video “%(title)s” không còn như lúc nạp: hãy báo quản trị, không niêm phong.")
                % {"title": each.title}
            )
        if progress is not None:
            progress()
    return videos


@transaction.atomic
def seal(
    *, actor: User, batch: DigitisationBatch, read: Sequence[FileFact], videos: Sequence[VideoFile] = ()
) -> SealManifest:
    """Write the manifest of a batch, its entry in the ledger, and freeze its documents, all or nothing.

    Args:
        actor: who asked for it.
        batch: the batch.
        read: every file of the batch, see `read_files`.
        videos: what of its part is kept on film and sealed for the first time, see `read_videos`.

    Raises:
        NotFound, NotAllowed: the actor may not digitise this part of the case any more.
        BadInput: something stands in the way by now.
        Conflict: it was sealed meanwhile, or a document came, went or changed since its file was read.
        Unavailable: a key of the office is configured and cannot sign.
    """
    require(actor, batch.case, Level.CONTRIBUTE, part=batch.part, doing=_("kết thúc số hóa"))
    # one that is configured and cannot be used is told before anything is held
    key = office_key()
    batch = held(batch)
    _refuse(obstacles(batch))
    papers = {each.document_id: each for each in papers_to_seal(batch)}
    newest = newest_versions([each.document for each in papers.values()])
    same = {(each.document, each.version, each.sha256) for each in read}
    copies = {each.document: each.archive_sha256 for each in read}
    if same != {(pk, newest[pk].pk, newest[pk].checksum) for pk in papers} or any(
        # of a copy made long ago the host may have no record
        (newest[pk].archive_checksum or copies[pk]) != copies[pk]
        for pk in papers
    ):
        raise Conflict(_("Tài liệu vừa thay đổi trong lúc niêm phong: hãy thử lại."))
    if [each.fact for each in videos] != [each.fact for each in videos_to_seal(batch.case, batch.part)]:
        raise Conflict(_("Video của hồ sơ vừa thay đổi trong lúc niêm phong: hãy thử lại."))
    now = timezone.now()
    move(batch, DIGITISATION, "seal", state_since=now, seal_beat=None)
    before = batch.supplements.manifest if batch.supplements is not None else None
    said = _manifest(batch, papers, read, videos, at=now, previous=before.sha256 if before is not None else None)
    line = canonical(plain(said))
    year = timezone.localdate(now).year
    manifest = SealManifest.objects.create(
        batch=batch,
        case=batch.case,
        part=batch.part,
        unit=batch.case.unit,
        number=next_number(batch.case.unit, NumberSeries.Series.DIGITISATION, year),
        number_year=year,
        sealed_at=now,
        documents=len(papers),
        pages=sum(each.pages or 0 for each in read),
        folios=sum(len(each["folios"]) for each in said["documents"]),
        line=line,
        sha256=hashlib.sha256(line).hexdigest(),
        previous=before.sha256 if before is not None else "",
        signature=detached(line, key) if key is not None else None,
    )
    SealedDocument.objects.bulk_create(
        [
            SealedDocument(
                manifest=manifest,
                document_id=each.document,
                version_id=each.version,
                pages=each.pages,
                sha256=each.sha256,
                archive_sha256=each.archive_sha256,
            )
            for each in read
        ],
        batch_size=_BLOCK,
    )
    DigitisationStep.objects.create(batch=batch, step="dong_ho_so", done_by=actor, pages=manifest.pages or None)
    tell(
        "file_sealed",
        actor=actor,
        case=batch.case,
        batch=batch.number,
        part=batch.part,
        record=manifest.number,
        documents=manifest.documents,
        pages=manifest.pages,
        folios=manifest.folios,
        manifest=manifest.sha256,
        manifest_before=manifest.previous or None,
    )
    return manifest


def _manifest(
    batch: DigitisationBatch,
    papers: dict[int, CaseDocument],
    read: Sequence[FileFact],
    videos: Sequence[VideoFile],
    *,
    at: dt.datetime,
    previous: str | None,
) -> dict[str, Any]:
    """Return what a batch is sealed with; the order of documents is that of their ids."""
    people = batch.steps.filter(step="quet").select_related("done_by").order_by("done_at")
    scanners = {each.done_by_id: display_name(each.done_by) for each in people}
    return {
        "v": 1,
        "case": batch.case.code,
        "part": batch.part,
        "batch": batch.number,
        "unit": batch.case.unit.code,
        "at": written_at(at),
        "previous": previous,
        "scanned_by": [[pk, name] for pk, name in scanners.items()],
        "checked_by": [batch.checked_by_id, display_name(batch.checked_by)],
        "confirmed_by": [batch.confirmed_by.pk if batch.confirmed_by else None, display_name(batch.confirmed_by)],
        **to_freeze(batch, papers.values(), read, videos),
    }
