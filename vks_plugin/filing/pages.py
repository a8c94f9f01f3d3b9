"""Pages of a filed document, before its seal: turned, put in order, taken out, replaced by a better scan.

No file is changed. Whatever is done makes a new version of it in the host, in the transaction of the act; the file before
stays as an earlier version, and the ledger has the SHA-256 of both.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from django.contrib.auth.models import User
from django.core.files import File
from django.db import transaction
from django.utils.translation import gettext as _

from vks_plugin.access.policy import Level
from vks_plugin.access.queries import require
from vks_plugin.acts import tell
from vks_plugin.cases.actions.record import lock_case
from vks_plugin.cases.folios import LARGEST_FOLIO, Label, cited
from vks_plugin.cases.models import CaseDocument, Folio, FolioExplanation
from vks_plugin.conf import configuration
from vks_plugin.custody.models import DigitisationBatch, DigitisationStep, PageChange
from vks_plugin.custody.states import DIGITISATION, PAGES_OPEN
from vks_plugin.errors import BadInput, Conflict
from vks_plugin.filing.actions import receive
from vks_plugin.filing.page_map import Pages, Placed, check_pages, places, taken_out, touched, written
from vks_plugin.filing.pdf import inspect_pdf, is_signed, page_count_of, page_texts, rearrange
from vks_plugin.hashing import sha256_of
from vks_plugin.host.filed import refuse_frozen
from vks_plugin.host.files import newest_version
from vks_plugin.host.models import Document
from vks_plugin.host.search import reindex_on_commit
from vks_plugin.host.versions import PDF, NewFile, add_version
from vks_plugin.text import one_line

LONGEST_REASON = 500
WITH_PAGE, IN_PLACE = "page", "place"
"""Whether the numbers of folios go along with their pages, or stay where they are while the pages change places."""

_NAMED = 10
"""Pages a refusal names one by one."""


def refuse_closed(filed: CaseDocument) -> DigitisationBatch | None:
    """Refuse to change the pages of a document; return the batch that is open for its part, if any.

    Raises:
        NotAllowed: it is sealed.
        Conflict: somebody checks, confirms or seals the batch it belongs to.
    """
    refuse_frozen([filed.document_id])
    batch = DigitisationBatch.objects.filter(
        case_id=filed.case_id, part=filed.part, state__in=DIGITISATION.open
    ).first()
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


def _sources(filed: CaseDocument, seen: str) -> _Sources:
    """Return the present files of a document, if they are those the person saw.

    Raises:
        Conflict: they are others by now, or somebody signed them.
        BadInput: there is no PDF.
    """
    version = newest_version(filed.document)
    if version.checksum != seen:
        raise _changed_meanwhile()
    original, archive = version.source_path, version.archive_path
    if version.mime_type != PDF:
        # a picture that was handed in through the DMS: its PDF is what the host made of it
        if archive is None:
            raise BadInput(_("Tài liệu này không phải PDF: không sửa trang được."))
        original, archive = archive, None
    pages = page_count_of(original)
    if archive is not None and page_count_of(archive) != pages:
        archive = None
    if is_signed(original):
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
    said = one_line(reason)
    if len(said) > LONGEST_REASON:
        raise BadInput(_("Nội dung dài quá %(most)d ký tự.") % {"most": LONGEST_REASON}, field="reason")
    source = _sources(filed, seen)
    with _workshop() as folder, ExitStack() as undo:
        new, scanned = _received(scan, folder)
        check_pages(placed, pages=source.pages, scanned=scanned)
        out = taken_out(placed, source.pages)
        if not said and (out or any(each.scan is not None for each in placed)):
            raise BadInput(_("Hãy nêu lý do bỏ, thay hoặc thêm trang."), field="reason")
        made = _made(source, placed, new, folder)
        with transaction.atomic():
            case = lock_case(filed.case)
            filed = CaseDocument.objects.select_related("document").get(pk=filed.pk)
            batch = refuse_closed(filed)
            if filed.case_id != case.pk or newest_version(filed.document).pk != source.version.pk:
                raise _changed_meanwhile()
            _move_folios(filed, placed, out, source.pages, numbers)
            _move_findings(filed, placed)
            _refuse_marked(filed, touched(placed, source.pages))
            change = _store(
                actor,
                filed,
                source,
                made,
                kind=PageChange.Kind.CHANGED,
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
                filing=filed.pk,
                document=filed.document_id,
                part=filed.part,
                version=change.version,
                sha256_before=change.sha256_before,
                sha256=change.sha256,
                pages_before=change.pages_before,
                pages=change.pages,
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
    original, archive = folder / "original.pdf", None
    rearrange(source.original, original, placed, scan=scan)
    if source.archive is not None:
        archive = folder / "archive.pdf"
        rearrange(source.archive, archive, placed, scan=scan)
    most = configuration().max_document_pages
    if len(placed) > most:
        raise BadInput(
            _("Tài liệu sẽ có %(pages)d trang, quá %(limit)d.") % {"pages": len(placed), "limit": most}, field="pages"
        )
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
) -> PageChange:
    """Write the new version, and what the case and the index know of the file."""
    version = add_version(filed.document, made, undo=undo)
    filed.page_count, filed.sha256 = made.pages, version.checksum
    CaseDocument.objects.filter(pk=filed.pk).update(page_count=filed.page_count, sha256=filed.sha256)
    reindex_on_commit([filed.document_id])
    return PageChange.objects.create(
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
        changed_by=actor,
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
