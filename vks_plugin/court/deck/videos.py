"""Videos of a case: taken in, kept as they are, told to the ledger, handed out to who may see the paper they belong to."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from vks_plugin.acts import tell
from vks_plugin.cases.actions.record import lock_case
from vks_plugin.cases.actions.rules import refuse_archived
from vks_plugin.cases.models import CaseFile
from vks_plugin.conf import MEBIBYTE, configuration
from vks_plugin.court.deck.models import Slide, Video
from vks_plugin.court.deck.queries import deck_view
from vks_plugin.court.deck.video import examine
from vks_plugin.custody.videos import VideoFile, there_at_a_seal
from vks_plugin.errors import BadInput, Conflict, NotFound, TooLarge
from vks_plugin.language import told
from vks_plugin.text import one_line

MOST_VIDEOS = 100
"""Of one case."""
_AT_ONCE = MEBIBYTE


def videos_of(user: User, code: str) -> QuerySet[Video]:
    """Return the videos of a case whose papers the person may see, the newest first.

    Each row is told by `is_sealed` whether the file of the case was sealed when the video was in it already.

    Raises:
        NotFound, NotAllowed: the person may not see what is prepared for the court in this case.
    """
    papers = deck_view(user, code).documents.filter(part="hsva").values("pk")
    found = Video.objects.filter(case_document__in=papers).annotate(
        is_sealed=there_at_a_seal("case_document", "created_at")
    )
    return found.select_related("case_document__document_type", "created_by")


def video_of(user: User, code: str, pk: UUID | str) -> Video:
    """Return one of them.

    Raises:
        NotFound, NotAllowed: there is none, or the person may not see it.
    """
    found = videos_of(user, code).filter(pk=pk).first()
    if found is None:
        raise NotFound(_("Vụ án không có video này."))
    return found


def kept_videos(documents: Sequence[int]) -> Iterator[VideoFile]:
    """Yield the videos kept with documents, by the ids of these in the host, for custody: whoever asks sees to who may know."""
    rows = Video.objects.filter(case_document__document_id__in=documents).select_related("case_document").order_by()
    for each in rows:
        yield VideoFile(
            each.case_document.document_id, str(each.pk), each.path, each.sha256, each.size, title=each.title
        )


def keep_video(*, actor: User, case: CaseFile, file: BinaryIO, size: int, document: int, title: str = "") -> Video:
    """Keep a video, byte for byte, with a paper of the case file that has its folio.

    What is in it is looked at first, so that one that would not play at court is refused before anything is copied.

    Args:
        actor: somebody who may contribute to the case.
        case: the case.
        file: the file, open at its beginning.
        size: its bytes.
        document: id in the DMS of the paper the video belongs to: the minutes by which it came into the file.
        title: empty: that of the paper.

    Raises:
        NotFound, NotAllowed: the actor may not.
        BadInput: it is no video that plays everywhere, or the paper is none of the numbered case file.
        TooLarge: it is larger than uploads may be.
        Conflict: the case has it already, or has too many; or the archive has the case.
    """
    view = deck_view(actor, case.code, writing=True)
    filed = view.documents.filter(document_id=document, part="hsva", folio_from__isnull=False).first()
    if filed is None:
        raise BadInput(_("Hãy chọn tài liệu đã đánh bút lục mà video kèm theo."), field="document")
    limit = configuration().max_upload_bytes
    if size > limit:
        raise TooLarge(
            _("Video lớn hơn %(limit)d MB: hãy cắt lấy đoạn cần chiếu.") % {"limit": limit // MEBIBYTE}, field="file"
        )
    with told():
        facts = examine(file)
    video = Video(
        case_document=filed,
        title=one_line(title)[:200] or filed.title[:200],
        container=facts.container,
        codecs=facts.codecs,
        seconds=facts.seconds,
        width=facts.width,
        height=facts.height,
        created_by=actor,
    )
    video.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        video.size, video.sha256 = _copied(file, video.path)
        with transaction.atomic():
            # two at once: the second sees the first
            refuse_archived(CaseFile.objects.select_for_update().get(pk=case.pk))
            there = Video.objects.filter(case_document__case=case)
            if there.filter(sha256=video.sha256, case_document=filed).exists():
                raise Conflict(_("Video này đã được nạp cho tài liệu ấy."))
            if there.count() >= MOST_VIDEOS:
                raise Conflict(_("Vụ án đã có %(most)d video: hãy bỏ bớt.") % {"most": MOST_VIDEOS})
            video.save(force_insert=True)
            tell(
                "video_kept",
                actor=actor,
                case=case,
                video=str(video.pk),
                document=filed.document_id,
                sha256=video.sha256,
                size=video.size,
                codecs=video.codecs,
                title=video.title,
            )
    except BaseException:
        video.path.unlink(missing_ok=True)
        raise
    return video


def _copied(file: BinaryIO, target: Path) -> tuple[int, str]:
    file.seek(0)
    digest, size = hashlib.sha256(), 0
    with target.open("wb") as stream:
        target.chmod(0o600)
        while chunk := file.read(_AT_ONCE):
            digest.update(chunk)
            size += len(chunk)
            stream.write(chunk)
    return size, digest.hexdigest()


@transaction.atomic
def remove_video(*, actor: User, case: CaseFile, pk: UUID | str) -> None:
    """Take a video out that no slide shows: one kept with the wrong paper or in the wrong case.

    Raises:
        NotFound, NotAllowed: the actor may not, or there is none.
        Conflict: a slide shows it, it was there when the file was sealed, or the archive has the case.
    """
    deck_view(actor, case.code, writing=True)
    refuse_archived(lock_case(case))
    video = video_of(actor, case.code, pk)
    if Video.objects.filter(there_at_a_seal("case_document", "created_at"), pk=video.pk).exists():
        raise Conflict(
            _(
                "Video này có trong hồ sơ lúc niêm phong nên không bỏ được. Nếu nạp nhầm thì đừng dùng ở trang trình chiếu."
            )
        )
    if Slide.objects.filter(video=video).exists():
        raise Conflict(_("Có trang trình chiếu dùng video này: hãy bỏ trang đó trước."))
    tell(
        "video_removed",
        actor=actor,
        case=case,
        video=str(video.pk),
        document=video.case_document.document_id,
        sha256=video.sha256,
        title=video.title,
    )
    path = video.path
    video.delete()
    transaction.on_commit(lambda: path.unlink(missing_ok=True))


def opened_video(video: Video) -> BinaryIO:
    """Return the file of a video, open; whoever asked closes it.

    Raises:
        NotFound: it is not on the disk.
    """
    try:
        return video.path.open("rb")
    except OSError as error:
        raise NotFound(_("Tệp video không còn trên máy chủ: hãy báo quản trị.")) from error


def download_name(video: Video) -> str:
    """Return what a fetched video is called: whoever finds it learns nothing from its name."""
    return f"video-{str(video.pk)[:8]}.{video.container}"
