"""Pages of a filed document, before its seal: turned, put in order, taken out, replaced; documents split and merged.

No file is changed. Whatever is done makes a new version of it in the host, in the transaction of the act; the file before
stays as an earlier version, and the ledger has the SHA-256 of both.
"""

from __future__ import annotations

import datetime as dt
import logging
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple, cast

from django.contrib.auth.models import User
from django.core.files import File
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError

from vks_plugin.access.policy import Level
from vks_plugin.access.projection import project_case
from vks_plugin.access.queries import require
from vks_plugin.acts import tell
from vks_plugin.cases.actions.folios import follow_folios
from vks_plugin.cases.actions.record import lock_case
from vks_plugin.cases.actions.rules import refuse_archived
from vks_plugin.cases.folio_queries import listed_labels
from vks_plugin.cases.folios import LARGEST_FOLIO, Label, cited
from vks_plugin.cases.models import CaseDocument, CaseFile, CatalogueType, Folio, FolioExplanation
from vks_plugin.conf import configuration
from vks_plugin.custody.actions.digitisation import note_signed, refuse_outdated
from vks_plugin.custody.models import DigitisationBatch, DigitisationStep, PageChange
from vks_plugin.custody.queries.digitisation import PATIENCE
from vks_plugin.custody.states import DIGITISATION, PAGES_OPEN, SIGNED_IN
from vks_plugin.errors import BadInput, Conflict, Unavailable
from vks_plugin.filing.actions import clean_metadata, file_document, receive
from vks_plugin.filing.continuation import only_signed
from vks_plugin.filing.page_map import Pages, Placed, check_pages, places, taken_out, touched, written
from vks_plugin.filing.pdf import inspect_pdf, is_signed, page_count_of, page_texts, rearrange
from vks_plugin.filing.signature_checks import keep_read, read_upload, told_of
from vks_plugin.hashing import sha256_of
from vks_plugin.host.filed import refuse_frozen
from vks_plugin.host.files import newest_version
from vks_plugin.host.models import Document
from vks_plugin.host.provision import write_case_code
from vks_plugin.host.search import reindex_on_commit
from vks_plugin.host.versions import (
    PDF,
    NewFile,
    add_document,
    add_version,
    join_as_version,
    recognise,
    recognises,
    replace_archive,
)
from vks_plugin.text import gettext_noop, one_line
from vks_plugin.working import failure_kept

logger = logging.getLogger("paperless.vks.filing")

LONGEST_REASON = 500
WITH_PAGE, IN_PLACE = "page", "place"
"""Whether the numbers of folios go along with their pages, or stay where they are while the pages change places."""

_ATTEMPTS = 3
_STOPPED = gettext_noop("Việc nhận dạng chữ của các trang mới dừng giữa chừng: hãy bấm “Nhận dạng lại”.")
_NAMED = 10
"""Pages a refusal names one by one."""


def refuse_closed(filed: CaseDocument, *, signing: bool = False) -> DigitisationBatch | None:
    """Refuse to change the pages of a document; return the batch that is open for its part, if any.

    Args:
        filed: the document.
        signing: nothing is changed, the confirmed file is signed: that is done after the confirmation.

    Raises:
        NotAllowed: it is sealed.
        Conflict: the archive has it, or somebody checks, confirms or seals the batch it belongs to.
    """
    refuse_archived(filed.case)
    refuse_frozen([filed.document_id])
    batch = DigitisationBatch.objects.filter(
        case_id=filed.case_id, part=filed.part, state__in=DIGITISATION.open
    ).first()
    if signing and batch is not None and batch.state == SIGNED_IN:
        if batch.confirmed_at is None:
            raise Conflict(
                _("Đợt số hóa %(number)d chờ kiểm sát viên xác nhận: xác nhận xong mới đưa bản đã ký số vào.")
                % {"number": batch.number}
            )
        return batch
    if batch is not None and batch.state not in PAGES_OPEN:
        raise Conflict(
            _("Đợt số hóa %(number)d đang ở trạng thái “%(state)s”: hãy trả lại quét hoặc lấy lại rồi mới sửa trang.")
            % {"number": batch.number, "state": batch.state_label}
        )
    return batch


class _Sources(NamedTuple):
    version: Document
    original: Path
    archive: Path | None
    pages: int


def _files(version: Document) -> tuple[Path, Path | None]:
    """Return the file whose pages are worked on, and the archive copy of the same pages, if any.

    Raises:
        BadInput: there is no PDF.
    """
    if version.mime_type == PDF:
        return version.source_path, version.archive_path
    # a picture that was handed in through the DMS: its PDF is what the host made of it
    if version.archive_path is None:
        raise BadInput(_("Tài liệu này không phải PDF: không sửa trang được."))
    return version.archive_path, None


def count_pages(filed: CaseDocument) -> int:
    """Return how many pages there are to work on; a copy made for reading may have others.

    Raises:
        BadInput: there is no PDF.
    """
    return page_count_of(_files(newest_version(filed.document))[0])


def _sources(filed: CaseDocument, seen: str, *, signed: bool = False) -> _Sources:
    """Return the present files of a document, if they are those the person saw.

    Args:
        filed: the document.
        seen: SHA-256 of what the person saw.
        signed: whether the file may be one that somebody signed.

    Raises:
        Conflict: they are others by now, or somebody signed them.
        BadInput: there is no PDF.
    """
    version = newest_version(filed.document)
    if version.checksum != seen:
        raise _changed_meanwhile()
    original, archive = _files(version)
    pages = page_count_of(original)
    if archive is not None and page_count_of(archive) != pages:
        archive = None
    if not signed and is_signed(original):
        raise Conflict(
            _("Tệp có chữ ký số: sửa trang làm chữ ký mất giá trị. Hãy giữ nguyên tệp này, cần thì nộp bản khác.")
        )
    return _Sources(version, original, archive, pages)


def _changed_meanwhile() -> Conflict:
    return Conflict(_("Tệp của tài liệu vừa được người khác thay đổi: hãy tải lại trang rồi làm lại."))


@contextmanager
def _workshop() -> Iterator[Path]:
    """Lend a folder that only we can look into, for as long as files are put together."""
    place = configuration().data_dir / "pages"
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(dir=place) as folder:
        yield Path(folder)


def change_pages(
    *,
    actor: User,
    filed: CaseDocument,
    seen: str,
    placed: Pages,
    scan: File[bytes] | Path | None = None,
    numbers: str = WITH_PAGE,
    reason: str = "",
) -> PageChange:
    """Make a new version of a document's file with its pages turned, in another order, some left out or replaced.

    Args:
        actor: who does it; must be able to work on this part of the case.
        filed: the document.
        seen: SHA-256 of the file the person had before him.
        placed: the pages of the new file, in their order.
        scan: a PDF with pages that take the place of others, or that were missing.
        numbers: `page`: folios go along with their pages; `place`: they stay, since the paper is numbered in the order
            the pages have now.
        reason: needed where a page is left out, replaced or added.

    Raises:
        NotFound, NotAllowed: the actor may not work on this part, or the document is sealed.
        BadInput: the pages, the scan or the reason will not do.
        TooLarge: the scan is above `VKS_MAX_UPLOAD_BYTES`.
        Conflict: the file is another by now, somebody checks the batch, or folios, explanations or marks would be wrong.
    """
    require(actor, filed.case, Level.CONTRIBUTE, part=filed.part, doing=_("sửa trang tài liệu"))
    refuse_closed(filed)
    if numbers not in {WITH_PAGE, IN_PLACE}:
        raise BadInput(_("Hãy chọn số bút lục đi theo trang hay giữ nguyên chỗ."), field="numbers")
    said = _reason(reason)
    source = _sources(filed, seen)
    with _workshop() as folder, ExitStack() as undo:
        new, scanned = _received(scan, folder)
        check_pages(placed, pages=source.pages, scanned=scanned)
        out = taken_out(placed, source.pages)
        if not said and (out or any(each.scan is not None for each in placed)):
            raise BadInput(_("Hãy nêu lý do bỏ, thay hoặc thêm trang."), field="reason")
        made = _made(source, placed, new, folder)
        unread = _unread(made, placed) if recognises() else 0
        with transaction.atomic():
            case, filed = _held(filed, source)
            batch = refuse_closed(filed)
            _move_folios(filed, placed, out, source.pages, numbers)
            _move_findings(filed, placed)
            _refuse_marked(filed, touched(placed, source.pages))
            change = _store(
                actor,
                filed,
                source,
                made,
                kind=PageChange.Kind.CHANGED,
                unread=unread,
                page_map=written(placed),
                reason=said,
                undo=undo,
            )
            if batch is not None and new is not None:
                DigitisationStep.objects.create(batch=batch, step="quet", done_by=actor, pages=scanned, note=said)
            tell(
                "pages_changed",
                actor=actor,
                case=case,
                **_told(change, filed),
                page_map=change.page_map,
                scan_sha256=sha256_of(new) if new is not None else None,
                reason=said,
            )
            undo.pop_all()
    return change


def _received(scan: File[bytes] | Path | None, folder: Path) -> tuple[Path | None, int]:
    """Return the scan in our own folder and how many pages it has."""
    if scan is None:
        return None, 0
    name = one_line(Path(scan.name or "").name)[:250] or "ban-quet.pdf"
    path = folder / "scan.pdf"
    receive(scan, path, name=name)
    facts = inspect_pdf(path, name=name, max_pages=configuration().max_document_pages)
    if is_signed(path):
        raise BadInput(
            _("Tệp %(name)s có chữ ký số: lấy trang ra thì chữ ký mất giá trị. Hãy nộp tệp đó thành tài liệu riêng.")
            % {"name": name},
            field="scan",
        )
    return path, facts.page_count


def _made(source: _Sources, placed: Pages, scan: Path | None, folder: Path) -> NewFile:
    """Put the new files together: the original of originals, the archive copy of archive copies, so that words stay."""
    _refuse_too_long(len(placed))
    original, archive = folder / "original.pdf", None
    rearrange(source.original, original, placed, scan=scan)
    if source.archive is not None:
        archive = folder / "archive.pdf"
        rearrange(source.archive, archive, placed, scan=scan)
    text = page_texts(archive or original).text
    moved = scan is None and len(placed) == source.pages
    # a version whose words the host keeps without a layer on the pages
    kept = source.version.content if moved and not text else text
    return NewFile(original, archive, kept or "", len(placed))


def _store(
    actor: User,
    filed: CaseDocument,
    source: _Sources,
    made: NewFile,
    *,
    kind: PageChange.Kind,
    page_map: str,
    reason: str,
    undo: ExitStack,
    unread: int = 0,
    continues: bool = False,
) -> PageChange:
    """Write the new version, and what the case and the index know of the file."""
    version = add_version(filed.document, made, undo=undo)
    filed.page_count, filed.sha256 = made.pages, version.checksum
    CaseDocument.objects.filter(pk=filed.pk).update(page_count=filed.page_count, sha256=filed.sha256)
    reindex_on_commit([filed.document_id])
    change = PageChange.objects.create(
        case_document=filed,
        kind=kind,
        version_before=source.version.pk,
        version=version.pk,
        sha256_before=source.version.checksum,
        sha256=version.checksum,
        pages_before=source.pages,
        pages=made.pages,
        page_map=page_map,
        reason=reason,
        continues=continues,
        unread=unread,
        unread_since=timezone.now() if unread else None,
        changed_by=actor,
    )
    if unread:
        transaction.on_commit(partial(_send, change.pk))
    return change


# --- a file that was signed elsewhere


def attach_signed(
    *, actor: User, filed: CaseDocument, seen: str, file: File[bytes] | Path, filename: str, reason: str = ""
) -> PageChange:
    """Make a newer version of a document of the file somebody signed at his own machine, outside this system.

    Args:
        actor: who brings it; must be able to work on this part of the case.
        filed: the document.
        seen: SHA-256 of the file the person had before him.
        file: a PDF with at least one signature; each of them has to hold.
        filename: as the person calls it.
        reason: needed where the signed file was written anew, so that nothing but people can tell that it says the same;
            of a file a prosecutor has confirmed only one that continues it is taken.

    Raises:
        NotFound, NotAllowed: the actor may not work on this part, or the document is sealed.
        BadInput: it has no signature, one that does not hold, or another number of pages; or a reason is missing.
        TooLarge: above `VKS_MAX_UPLOAD_BYTES`.
        Conflict: the file is another by now, or somebody checks the batch.
        Unavailable: the part that reads signatures is not installed.
    """
    require(actor, filed.case, Level.CONTRIBUTE, part=filed.part, doing=_("đưa bản đã ký số vào"))
    batch = refuse_closed(filed, signing=True)
    confirmed = batch is not None and batch.state == SIGNED_IN
    said = _reason(reason)
    source = _sources(filed, seen, signed=True)
    name = one_line(Path(filename.replace("\\", "/")).name)[:250] or "ban-ky.pdf"
    with _workshop() as folder, ExitStack() as undo:
        path = folder / "signed.pdf"
        receive(file, path, name=name)
        pages = inspect_pdf(path, name=name, max_pages=configuration().max_document_pages).page_count
        if not is_signed(path):
            raise BadInput(
                _("Tệp %(name)s không có chữ ký số: hãy ký bằng phần mềm ký số rồi đưa vào.") % {"name": name},
                field="file",
            )
        if pages != source.pages:
            raise BadInput(
                _("Tệp %(name)s có %(pages)d trang, tài liệu có %(present)d: hãy ký đúng tệp của tài liệu này.")
                % {"name": name, "pages": pages, "present": source.pages},
                field="file",
            )
        signed = next((each for each in (source.original, source.archive) if each and only_signed(path, each)), None)
        same = signed is not None
        if confirmed:
            _refuse_unconfirmed(signed, source, name)
        read = read_upload(path, name=name, field="file")
        if not same and not said:
            raise BadInput(
                _(
                    "Phần mềm ký đã ghi lại tệp, không chứng minh được là cùng nội dung: hãy so lại bằng mắt rồi nêu lý do."
                ),
                field="reason",
            )
        placed = [Placed(page) for page in range(1, pages + 1)]
        made = NewFile(path, None, page_texts(path).text or source.version.content or "", pages)
        with transaction.atomic():
            case, filed = _held(filed, source, signing=True)
            batch = refuse_closed(filed, signing=True)
            if (batch is not None and batch.state == SIGNED_IN) != confirmed:
                raise _changed_meanwhile()
            if batch is not None and confirmed:
                refuse_outdated(batch)
            change = _store(
                actor,
                filed,
                source,
                made,
                kind=PageChange.Kind.SIGNED,
                page_map=written(placed),
                reason=said,
                continues=same,
                undo=undo,
            )
            keep_read(filed, change.sha256, read)
            tell(
                "signed_version",
                actor=actor,
                case=case,
                **_told(change, filed),
                continues=same,
                reason=said,
                **told_of(read.signatures),
            )
            if batch is not None and confirmed:
                note_signed(actor=actor, batch=batch, change=change)
            undo.pop_all()
    return change


def _refuse_unconfirmed(signed: Path | None, source: _Sources, name: str) -> None:
    """Refuse a file that is not, to the byte, the confirmed one with a signature behind it.

    Args:
        signed: the file before that it continues; None: neither.
        source: the files before.
        name: what the person calls the signed file.

    Raises:
        BadInput: it continues neither.
        Conflict: the file before is no longer what it was when it was checked.
    """
    if signed is None:
        raise BadInput(
            _(
                "Tệp %(name)s không phải đúng tệp kiểm sát viên đã xác nhận rồi ký thêm: hãy tải tệp ở đây về, ký bằng phần mềm "
                "ghi thêm chữ ký vào cuối tệp, không sửa hay lưu lại tệp trước khi ký. Muốn đổi nội dung thì lấy lại đợt số hóa, "
                "kiểm tra và xác nhận lần nữa."
            )
            % {"name": name},
            field="file",
        )
    version = source.version
    known = version.archive_checksum if signed == version.archive_path else version.checksum
    if not known or sha256_of(signed) != known:
        raise Conflict(_("Tệp của tài liệu này không còn như lúc kiểm tra: hãy báo quản trị, không đưa bản ký vào."))


# --- words of new pages


def _unread(made: NewFile, placed: Pages) -> int:
    """Return how many pages of the new scan have no words that could be read."""
    new = {place for place, each in enumerate(placed, start=1) if each.scan is not None}
    return len(new.intersection(page_texts(made.archive or made.original).without)) if new else 0


def _send(change_id: int) -> None:
    from vks_plugin.filing.tasks import recognise_pages  # noqa: PLC0415 - the task imports this module

    try:
        recognise_pages.apply_async(kwargs={"change_id": change_id})
    except OperationalError:
        # the pages are there all the same, they are only not found by their words
        _not_read(change_id, gettext_noop("Hàng đợi xử lý không hoạt động: chữ của các trang mới chưa được nhận dạng."))


def _not_read(change_id: int, sentence: str) -> None:
    PageChange.objects.filter(pk=change_id).update(unread_error=sentence[:2000])


class Recognition(NamedTuple):
    """How far the words of pages that were put into a document are."""

    state: str
    """`done`: every page was read, or none had to be; `waiting`: a worker reads them; `failed`: they can be read again."""
    pages: int = 0
    """Pages without words."""
    error: str = ""
    """What went wrong, in Vietnamese."""
    since: dt.datetime | None = None
    """When a worker was asked last."""


def recognition_of(filed: CaseDocument) -> Recognition:
    """Tell how far the words of a document's new pages are (one query)."""
    row = filed.page_changes.filter(unread__gt=0).order_by("-pk").first()
    if row is None:
        return Recognition("done")
    since = row.unread_since or row.changed_at
    # of a worker that is gone nobody has to wait for ever
    error = row.unread_error or (_STOPPED if since < timezone.now() - PATIENCE else "")
    return Recognition("failed" if error else "waiting", row.unread, error, since)


def recognise_again(*, actor: User, filed: CaseDocument) -> None:
    """Have the words of new pages recognised once more, where that failed or its worker is gone.

    No entry of the ledger: neither the file nor its hash changes, only the copy that is read and searched.

    Raises:
        NotFound, NotAllowed: the actor may not work on this part, or the document is sealed.
        Conflict: no page waits for its words, a worker is reading them, or somebody checks the batch.
        Unavailable: this host recognises no words.
    """
    require(actor, filed.case, Level.CONTRIBUTE, part=filed.part, doing=_("nhận dạng lại chữ"))
    refuse_closed(filed)
    with transaction.atomic():
        lock_case(filed.case)
        known = recognition_of(filed)
        if known.state == "done":
            raise Conflict(_("Tài liệu này không có trang nào chờ nhận dạng chữ."))
        if known.state == "waiting":
            raise Conflict(_("Chữ của các trang mới đang được nhận dạng: hãy chờ vài phút."))
        if not recognises():
            raise Unavailable(_("Máy chủ này không nhận dạng được chữ: hãy báo quản trị."))
        waiting = filed.page_changes.filter(unread__gt=0).order_by("-pk")
        waiting.update(unread_error="", unread_since=timezone.now())
        transaction.on_commit(partial(_send, waiting.values_list("pk", flat=True)[0]))


def run_recognition(change_id: int) -> None:
    """Have the words of new pages recognised; called by the worker. What goes wrong is kept with the change as a sentence."""
    change = PageChange.objects.filter(pk=change_id, unread__gt=0).select_related("case_document__case").first()
    if change is None:
        return
    crashed = gettext_noop(
        "Không nhận dạng được chữ của các trang mới: trang vẫn xem được, nhưng không tìm được theo chữ."
    )
    with failure_kept(
        partial(_not_read, change.pk), crashed=crashed, what=f"recognition for change {change.pk}", logger=logger
    ):
        # somebody may change pages meanwhile: then the newest file is read again
        if not any(_read(change.case_document_id) for _attempt in range(_ATTEMPTS)):
            raise _changed_meanwhile()


def _read(case_document: int) -> bool:
    """Recognise the pages without words of the newest version; tell whether it is still the newest once that is done."""
    filed = CaseDocument.objects.select_related("document", "case").get(pk=case_document)
    version = newest_version(filed.document)
    shown = version.archive_path or version.source_path
    pages = page_texts(shown).without
    with _workshop() as folder, ExitStack() as undo:
        blank, words, archive = (folder / name for name in ("blank.pdf", "words.pdf", "archive.pdf"))
        found = False
        if pages:
            rearrange(version.source_path, blank, [Placed(page) for page in pages])
            found = recognise(blank, words)
        if found:
            place = {page: at for at, page in enumerate(pages, start=1)}
            rearrange(
                shown,
                archive,
                [Placed(page, place.get(page)) for page in range(1, page_count_of(shown) + 1)],
                scan=words,
            )
        with transaction.atomic():
            lock_case(filed.case)
            now = newest_version(filed.document)
            if (now.pk, now.archive_checksum) != (version.pk, version.archive_checksum):
                return False
            refuse_frozen([filed.document_id])
            if found:
                replace_archive(now, archive, page_texts(archive).text, undo=undo)
                reindex_on_commit([filed.document_id])
            PageChange.objects.filter(case_document=filed).update(unread=0, unread_error="")
            undo.pop_all()
    return True


def _share_unread(
    filed: CaseDocument, made: CaseDocument, first: NewFile, second: NewFile, change: PageChange, rest: Pages
) -> None:
    """Let each half of a document say which of its pages still have no words, so that both can be read again.

    Of a document whose pages were all read nothing has to be said.
    """
    failed = filed.page_changes.filter(unread__gt=0).order_by("-pk").first()
    if failed is None:
        return
    left, gone = (len(page_texts(each.archive or each.original).without) for each in (first, second))
    filed.page_changes.filter(unread__gt=0).update(unread=left)
    if gone:
        PageChange.objects.create(
            case_document=made,
            kind=PageChange.Kind.SPLIT,
            version_before=change.version_before,
            version=newest_version(made.document).pk,
            sha256_before=change.sha256_before,
            sha256=made.sha256,
            pages_before=change.pages_before,
            pages=second.pages,
            page_map=written(rest),
            reason=change.reason,
            unread=gone,
            unread_error=failed.unread_error,
            unread_since=failed.unread_since or failed.changed_at,
            changed_by=change.changed_by,
        )


# --- one document becomes two, two become one


@dataclass(frozen=True)
class Described:
    """What is said of the document that comes out of another; see `file_upload`."""

    title: str
    document_type: CatalogueType | None = None
    number: str = ""
    date: dt.date | None = None


def split_document(
    *, actor: User, filed: CaseDocument, seen: str, after: int, described: Described, reason: str = ""
) -> CaseDocument:
    """Make a document of its own of the pages after one; its folios go along. Return the new document.

    Raises:
        NotFound, NotAllowed, Conflict: see `change_pages`; also where an inventory lists the document already, or a
            folio does not say on which page it is.
        BadInput: there is no such page, none would be left on one side, or what is said of the new document will not do.
    """
    require(actor, filed.case, Level.CONTRIBUTE, part=filed.part, doing=_("tách tài liệu"))
    refuse_closed(filed)
    said = _reason(reason)
    source = _sources(filed, seen)
    if not 1 <= after < source.pages:
        raise BadInput(
            _("Tài liệu có %(count)d trang: hãy tách sau một trang từ 1 đến %(last)d.")
            % {"count": source.pages, "last": source.pages - 1},
            field="after",
        )
    meta = clean_metadata(
        document_type=described.document_type or filed.document_type,
        part=filed.part,
        title=described.title,
        number=described.number,
        date=described.date,
        folio_from=None,
        folio_to=None,
        page_count=source.pages - after,
    )
    rest = [Placed(page) for page in range(after + 1, source.pages + 1)]
    with _workshop() as folder, _workshop() as other, ExitStack() as undo:
        first = _made(source, unchanged(after), None, folder)
        second = _made(source, rest, None, other)
        with transaction.atomic():
            case, filed = _held(filed, source)
            _refuse_listed(case, filed)
            _refuse_unread(filed)
            _refuse_marked(filed, {page.page or 0 for page in rest})
            document = add_document(filed.document, second, title=meta.title, undo=undo)
            write_case_code(document, case.code)
            made = file_document(case=case, document=document, actor=actor, meta=meta)
            CaseDocument.objects.filter(pk=made.pk).update(counting=filed.counting)
            _part_with(filed, made, after)
            change = _store(
                actor,
                filed,
                source,
                first,
                kind=PageChange.Kind.SPLIT,
                page_map=written(unchanged(after)),
                reason=said,
                undo=undo,
            )
            made.refresh_from_db()
            _share_unread(filed, made, first, second, change, rest)
            tell(
                "document_split",
                actor=actor,
                case=case,
                **_told(change, filed),
                new_document=made.document_id,
                new_sha256=made.sha256,
                folio_from=made.folio_from,
                folio_to=made.folio_to,
                title=made.title,
                reason=said,
            )
            undo.pop_all()
    return made


def merge_documents(
    *, actor: User, filed: CaseDocument, other: CaseDocument, seen: str, seen_other: str, reason: str = ""
) -> PageChange:
    """Put the pages of another document behind those of one; the other is then an earlier version of it.

    Raises:
        NotFound, NotAllowed, Conflict: see `change_pages`, for both documents; also where they do not follow each other,
            an inventory lists one of them, or something else names the other one.
    """
    require(actor, filed.case, Level.CONTRIBUTE, part=filed.part, doing=_("ghép tài liệu"))
    if other.case_id != filed.case_id or other.part != filed.part or other.pk == filed.pk:
        raise BadInput(_("Chỉ ghép được hai tài liệu của cùng một phần hồ sơ."), field="other")
    refuse_closed(filed)
    refuse_closed(other)
    said = _reason(reason)
    source, behind = _sources(filed, seen), _sources(other, seen_other)
    placed = [*unchanged(source.pages), *(Placed(None, page) for page in range(1, behind.pages + 1))]
    with _workshop() as folder, ExitStack() as undo:
        joined = _joined(source, behind, placed, folder)
        with transaction.atomic():
            case, filed = _held(filed, source)
            _case, other = _held(other, behind)
            for each in (filed, other):
                _refuse_listed(case, each)
            _refuse_apart(filed, other)
            _refuse_marked(other, set(range(1, behind.pages + 1)))
            _take_over(filed, other, source.pages)
            _refuse_named(other)
            title, document, sha256 = other.title, other.document, other.sha256
            other.delete()
            write_case_code(document, None)
            join_as_version(document, filed.document)
            change = _store(
                actor,
                filed,
                source,
                joined,
                kind=PageChange.Kind.MERGED,
                page_map=written(placed),
                reason=said,
                undo=undo,
            )
            follow_folios([filed.pk])
            filed.refresh_from_db()
            # nobody holds a grant on what is a version now
            project_case(case, documents=[filed])
            reindex_on_commit([document.pk])
            tell(
                "documents_merged",
                actor=actor,
                case=case,
                **_told(change, filed),
                merged_document=document.pk,
                merged_sha256=sha256,
                title=title,
                reason=said,
            )
            undo.pop_all()
    return change


def _reason(reason: str) -> str:
    said = one_line(reason)
    if len(said) > LONGEST_REASON:
        raise BadInput(_("Nội dung dài quá %(most)d ký tự.") % {"most": LONGEST_REASON}, field="reason")
    return said


def _told(change: PageChange, filed: CaseDocument) -> dict[str, Any]:
    """Return what the ledger is told of the files before and after."""
    return {
        "filing": filed.pk,
        "document": filed.document_id,
        "part": filed.part,
        "version": change.version,
        "sha256_before": change.sha256_before,
        "sha256": change.sha256,
        "pages_before": change.pages_before,
        "pages": change.pages,
    }


def _held(filed: CaseDocument, source: _Sources, *, signing: bool = False) -> tuple[CaseFile, CaseDocument]:
    """Return case and document as they are now, held until the transaction ends.

    Raises:
        Conflict: the document is another one by now, or in another case.
    """
    case = lock_case(filed.case)
    now = CaseDocument.objects.select_related("document", "document_type").filter(pk=filed.pk, case=case).first()
    if now is None or newest_version(now.document).pk != source.version.pk:
        raise _changed_meanwhile()
    refuse_closed(now, signing=signing)
    now.case = case
    return case, now


def _joined(source: _Sources, behind: _Sources, placed: Pages, folder: Path) -> NewFile:
    _refuse_too_long(len(placed))
    original, archive = folder / "original.pdf", None
    rearrange(source.original, original, placed, scan=behind.original)
    if source.archive is not None or behind.archive is not None:
        archive = folder / "archive.pdf"
        rearrange(source.archive or source.original, archive, placed, scan=behind.archive or behind.original)
    text = page_texts(archive or original).text
    kept = "\n\n".join(filter(None, (source.version.content, behind.version.content)))
    return NewFile(original, archive, text or kept, len(placed))


def _refuse_too_long(pages: int) -> None:
    most = configuration().max_document_pages
    if pages > most:
        raise BadInput(
            _("Tài liệu sẽ có %(pages)d trang, quá %(limit)d.") % {"pages": pages, "limit": most}, field="pages"
        )


def _refuse_unread(filed: CaseDocument) -> None:
    """Refuse to split what a worker is reading: it would look for words in one half only.

    Raises:
        Conflict: it is; of a worker that is gone nobody has to wait for ever.
    """
    if recognition_of(filed).state == "waiting":
        raise Conflict(_("Chữ của các trang mới đang được nhận dạng: hãy chờ vài phút rồi tách."))


def _refuse_listed(case: CaseFile, filed: CaseDocument) -> None:
    """Refuse to split or merge what an inventory lists under its name: that list stays as it is (BLTTHS, Điều 131)."""
    rows = Folio.objects.filter(case_document=filed, number__isnull=False)
    if {Label(each.number or 0, each.suffix) for each in rows} & listed_labels(case):
        raise Conflict(
            _("Tài liệu “%(title)s” đã ở trong thống kê tài liệu: không tách, ghép được nữa.") % {"title": filed.title}
        )


def _refuse_apart(filed: CaseDocument, other: CaseDocument) -> None:
    """Refuse to merge documents whose folios are not one run, or only one of which has any."""
    labels = {
        each.pk: sorted(
            Label(row.number or 0, row.suffix) for row in Folio.objects.filter(case_document=each, number__isnull=False)
        )
        for each in (filed, other)
    }
    first, second = labels[filed.pk], labels[other.pk]
    if not first and not second:
        return
    if not first or not second:
        raise Conflict(_("Một tài liệu có bút lục, tài liệu kia chưa có: hãy đánh số rồi mới ghép."), field="other")
    between = Folio.objects.filter(
        case_id=filed.case_id, number__gte=first[0].number, number__lte=second[-1].number
    ).exclude(case_document__in=[filed, other])
    if first[-1] > second[0] or any(first[0] < Label(row.number or 0, row.suffix) < second[-1] for row in between):
        raise Conflict(
            _("Bút lục của hai tài liệu không liền nhau: chỉ ghép tài liệu đứng ngay sau vào tài liệu trước."),
            field="other",
        )


def _part_with(filed: CaseDocument, made: CaseDocument, after: int) -> None:
    """Give what hangs on the pages after one to the document that they make.

    Raises:
        Conflict: a folio says no page, or an explanation is about pages of both.
    """
    if Folio.objects.filter(case_document=filed, page__isnull=True).exists():
        raise Conflict(_("Có bút lục chưa rõ ở trang nào: hãy ghi trang của từng bút lục rồi mới tách."))
    for row in FolioExplanation.objects.filter(about=filed, page_to__gt=after):
        if (row.page_from or 0) <= after:
            raise Conflict(
                _("Đã có giải trình về trang %(first)d–%(last)d: các trang này phải còn đủ và liền nhau.")
                % {"first": row.page_from, "last": row.page_to},
                field="after",
            )
        FolioExplanation.objects.filter(pk=row.pk).update(
            about=made, page_from=F("page_from") - after, page_to=F("page_to") - after
        )
    moved = Folio.objects.filter(case_document=filed, page__gt=after)
    numbered = moved.filter(number__isnull=False).exists()
    moved.update(case_document=made, page=F("page") - after)
    filed.quality_findings.filter(page__gt=after).update(case_document=made, page=F("page") - after)
    if not Folio.objects.filter(case_document=filed, number__isnull=False).exists():
        CaseDocument.objects.filter(pk=filed.pk).update(folio_from=None, folio_to=None, suffix_from="", suffix_to="")
    follow_folios([filed.pk, made.pk] if numbered else [filed.pk])


def _take_over(filed: CaseDocument, other: CaseDocument, pages: int) -> None:
    """Give what hangs on the pages of one document to the document they stand in from now on, behind its own."""
    Folio.objects.filter(case_document=other).update(case_document=filed, page=F("page") + pages)
    FolioExplanation.objects.filter(about=other).update(
        about=filed, page_from=F("page_from") + pages, page_to=F("page_to") + pages
    )
    other.quality_findings.update(case_document=filed, page=F("page") + pages)
    other.page_changes.update(case_document=filed)


def _refuse_named(other: CaseDocument) -> None:
    """Refuse to let a document go that something else of ours still names, whatever it is.

    Raises:
        Conflict: something does.
    """
    # those without a way back among them
    relations = [
        each for each in CaseDocument._meta.get_fields(include_hidden=True) if each.auto_created and not each.concrete
    ]
    for relation in relations:
        model, field = cast("Any", relation.related_model), cast("Any", relation).field
        if model._default_manager.filter(**{field.name: other}).exists():
            raise Conflict(
                _("Tài liệu “%(title)s” đang được nêu ở nơi khác (%(what)s): không ghép được.")
                % {"title": other.title, "what": model._meta.verbose_name},
                field="other",
            )


# --- what hangs on pages by their number


def _move_folios(filed: CaseDocument, placed: Pages, out: list[int], pages: int, numbers: str) -> None:
    """Let the folios of a document follow its pages, or keep their places.

    Raises:
        Conflict: a page with a number would be left out, or the numbers would no longer follow each other.
    """
    rows = list(Folio.objects.filter(case_document=filed, page__isnull=False))
    explained = list(FolioExplanation.objects.filter(about=filed, page_from__isnull=False))
    if not rows and not explained:
        return
    if numbers == IN_PLACE:
        if len(placed) != pages or out:
            raise Conflict(
                _("Số bút lục chỉ giữ nguyên chỗ khi không bỏ, không thêm trang: hãy làm riêng hai việc này."),
                field="numbers",
            )
        return
    lost = [each for each in rows if each.page in out]
    if lost:
        labels = cited(Label(each.number, each.suffix) for each in lost if each.number is not None)
        raise Conflict(
            _("Trang %(pages)s mang bút lục %(labels)s nên không bỏ được: hãy thay bằng bản quét khác.")
            % {"pages": _named(sorted(each.page or 0 for each in lost)), "labels": labels or _("tạm")},
            field="pages",
        )
    where = places(placed)
    following = sorted(
        (Label(each.number, each.suffix), where[each.page]) for each in rows if each.number is not None and each.page
    )
    if any(later[1] < earlier[1] for earlier, later in pairwise(following)):
        raise Conflict(
            _(
                "Sau khi xếp lại, số bút lục không còn theo thứ tự trang. Nếu số đóng trên giấy theo đúng thứ tự mới, hãy chọn "
                "“Giữ nguyên chỗ”; nếu không, hãy xem lại thứ tự."
            ),
            field="numbers",
        )
    _move_explanations(explained, where)
    # out of the way first: no page of a document has two folios, not even for a moment
    for row in rows:
        Folio.objects.filter(pk=row.pk).update(page=LARGEST_FOLIO + (row.page or 0))
    for row in rows:
        Folio.objects.filter(pk=row.pk).update(page=where[row.page or 0])


def _named(pages: list[int]) -> str:
    shown = ", ".join(str(page) for page in pages[:_NAMED])
    return f"{shown}, …" if len(pages) > _NAMED else shown


def _move_explanations(explained: list[FolioExplanation], where: dict[int, int]) -> None:
    for row in explained:
        first, last = row.page_from or 0, row.page_to or row.page_from or 0
        moved = sorted(where.get(page, 0) for page in range(first, last + 1))
        if moved[0] == 0 or moved[-1] - moved[0] != last - first:
            raise Conflict(
                _("Đã có giải trình về trang %(first)d–%(last)d: các trang này phải còn đủ và liền nhau.")
                % {"first": first, "last": last},
                field="pages",
            )
        FolioExplanation.objects.filter(pk=row.pk).update(page_from=moved[0], page_to=moved[-1])


def _move_findings(filed: CaseDocument, placed: Pages) -> None:
    """Let what was found wrong with a page follow it; of one that is gone only the fault of the document is left."""
    where = places(placed)
    for finding in filed.quality_findings.filter(page__isnull=False):
        place = where.get(finding.page or 0)
        if place != finding.page:
            filed.quality_findings.filter(pk=finding.pk).update(page=place)


def _refuse_marked(filed: CaseDocument, pages: set[int]) -> None:
    """Refuse where somebody points at one of these pages, which would then be another.

    Raises:
        Conflict: a mark or a slide does.
    """
    marked = set(filed.marks.values_list("page", flat=True))
    for first, last in filed.slides.filter(page_from__isnull=False).values_list("page_from", "page_to"):
        marked |= set(range(first or 0, (last or first or 0) + 1))
    marked |= {page for page in filed.plan_markers.values_list("page", flat=True) if page is not None}
    found = sorted(marked & pages)
    if found:
        raise Conflict(
            _("Trang %(pages)s đang có đánh dấu hoặc ở bài trình chiếu: hãy bỏ đánh dấu, trang trình chiếu đó trước.")
            % {"pages": _named(found)},
            field="pages",
        )


def unchanged(pages: int) -> list[Placed]:
    """Return the pages of a file as they are."""
    return [Placed(page) for page in range(1, pages + 1)]


def pages_of_scan(scan: File[bytes]) -> int:
    """Return how many pages an uploaded file has; it is looked at more closely when it is taken in.

    Raises:
        BadInput: it is no PDF that can be read.
    """
    with _workshop() as folder:
        path = folder / "scan.pdf"
        name = one_line(Path(scan.name or "").name)[:250] or "ban-quet.pdf"
        receive(scan, path, name=name)
        scan.seek(0)
        return inspect_pdf(path, name=name, max_pages=configuration().max_document_pages).page_count
