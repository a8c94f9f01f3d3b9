"""Papers and files become documents of a case."""

from __future__ import annotations

import datetime as dt
import os
import uuid
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from django.contrib.auth.models import User
from django.core.files import File
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.access.policy import Level
from vks_plugin.access.projection import grants_for, project_case
from vks_plugin.access.queries import FACTS, case_decision, require, visible_documents
from vks_plugin.acts import tell
from vks_plugin.cases.actions.folios import CLAIMED
from vks_plugin.cases.actions.record import note_change
from vks_plugin.cases.actions.registration import oddity_of
from vks_plugin.cases.actions.rules import enforce, refuse_archived, refuse_destroyed, refuse_taken_folios
from vks_plugin.cases.folios import NUMBERED_ONCE, Counting
from vks_plugin.cases.models import CaseChange, CaseDocument, CaseFile, CatalogueType, Folio, FolioExplanation
from vks_plugin.cases.record import DOCUMENT_FIELDS, OF_DOCUMENTS, Snapshot, title_of
from vks_plugin.cases.validation import Findings, Sensitivity, no_state_secrets
from vks_plugin.conf import configuration
from vks_plugin.custody.queries.hand_overs import waits_for_record
from vks_plugin.errors import BadInput, Conflict, NotAllowed, TooLarge, Unavailable, VksError
from vks_plugin.filing.inbox import is_waiting, waiting_or_wordless_among
from vks_plugin.filing.models import IntakeItem
from vks_plugin.filing.pdf import inspect_pdf
from vks_plugin.filing.signature_checks import look_at_commit
from vks_plugin.hashing import sha256_of
from vks_plugin.host.consume import Intake, forget_names, submit
from vks_plugin.host.erasing import erase_text
from vks_plugin.host.filed import frozen_among, refuse_frozen
from vks_plugin.host.files import newest_version, set_title
from vks_plugin.host.models import Document, Note
from vks_plugin.host.permissions import Grant, may_view
from vks_plugin.host.provision import case_code_field_id, case_code_on, storage_path_id, write_case_code
from vks_plugin.host.search import reindex_on_commit
from vks_plugin.host.sharing import revoke_links
from vks_plugin.organization.actions import service_account_id
from vks_plugin.text import composed, one_line

if TYPE_CHECKING:
    from vks_plugin.host.guard import CodeChange

_CHUNK = 1024 * 1024
_PAGES_PER_FOLIO = 2
"""A folio numbered by sheet has two sides; numbered by page it has one (TTLT 04/2018, Điều 35)."""


class Metadata(NamedTuple):
    """What is said of a document when it is filed, checked and cleaned."""

    document_type: CatalogueType | None
    part: str
    title: str
    number: str
    date: dt.date | None
    folio_from: int | None
    folio_to: int | None


def clean_metadata(
    *,
    document_type: CatalogueType | None,
    part: str,
    title: str,
    number: str,
    date: dt.date | None,
    folio_from: int | None,
    folio_to: int | None,
    page_count: int | None,
) -> Metadata:
    """Return what is said of a document, checked and cleaned.

    Raises:
        BadInput: it cannot be so; the sentence says what to correct.
    """
    refuse_secret(title, number)
    if document_type is not None and document_type.part == "hsks" and part == "hsva":
        raise BadInput(
            _("“%(type)s” là tài liệu nội bộ: chỉ vào hồ sơ kiểm sát, không vào hồ sơ vụ án.")
            % {"type": document_type.name},
            field="part",
        )
    if date is not None and date > timezone.localdate():
        raise BadInput(
            _("Ngày tài liệu %(day)s nằm trong tương lai: hãy kiểm tra lại.") % {"day": f"{date:%d/%m/%Y}"},
            field="date",
        )
    if date is not None and date.year < 1900:
        raise BadInput(_("Ngày tài liệu trước năm 1900: hãy kiểm tra lại."), field="date")
    if folio_to is not None and folio_from is None:
        raise BadInput(_("Hãy nhập bút lục đầu."), field="folio_from")
    if folio_from is not None:
        folio_to = folio_to if folio_to is not None else folio_from
        if folio_from < 1 or folio_to < folio_from:
            raise BadInput(
                _("Bút lục phải từ 1 trở lên, số cuối không nhỏ hơn số đầu: đang là %(first)d–%(last)d.")
                % {"first": folio_from, "last": folio_to},
                field="folio_from",
            )
        if part == "hsks":
            raise BadInput(
                _("Hồ sơ kiểm sát không mang số bút lục của hồ sơ vụ án: hãy bỏ trống bút lục."), field="folio_from"
            )
        if page_count is not None and folio_to - folio_from + 1 > page_count:
            raise BadInput(
                _(
                    "Bút lục %(first)d–%(last)d là %(folios)d bút lục nhưng tệp chỉ có %(pages)d trang: hãy kiểm tra lại."
                )
                % {"first": folio_from, "last": folio_to, "folios": folio_to - folio_from + 1, "pages": page_count},
                field="folio_to",
            )
    return Metadata(
        document_type=document_type,
        part=part,
        title=one_line(title)[:250] or (document_type.name if document_type is not None else ""),
        number=one_line(number)[:60],
        date=date,
        folio_from=folio_from,
        folio_to=folio_to,
    )


def _part_of(part: str | None, document_type: CatalogueType | None) -> str:
    """Return the part of the file a document goes into: the one named, else its type's."""
    chosen = part or (document_type.part if document_type is not None else "hsva")
    if chosen not in {"hsva", "hsks"}:
        raise BadInput(_("Phần hồ sơ phải là hồ sơ vụ án hoặc hồ sơ kiểm sát."), field="part")
    return chosen


def _refuse_taken_folios(case: CaseFile, meta: Metadata, *, ignoring: int | None = None) -> None:
    """Refuse folios that another document, filed or on its way, already has."""
    if meta.folio_from is not None and meta.folio_to is not None:
        _refuse_taken(case, meta.folio_from, meta.folio_to, ignoring=ignoring)


def _refuse_taken(case: CaseFile, first: int, last: int, *, ignoring: int | None = None) -> None:
    refuse_taken_folios(case, first, last, document=ignoring)
    waiting = IntakeItem.objects.filter(
        case=case, status=IntakeItem.Status.WAITING, folio_from__lte=last, folio_to__gte=first
    ).first()
    if waiting is not None:
        raise Conflict(
            _("Bút lục %(first)d–%(last)d trùng với tệp “%(title)s” đang chờ xử lý: hãy kiểm tra lại số bút lục.")
            % {"first": first, "last": last, "title": waiting.title},
            field="folio_from",
        )


def _record_folios(filed: CaseDocument) -> None:
    """Write one row a folio; page by page when there is one for each, else only the first page is known.

    A stamp without a number, recorded before, gives way to the number.
    """
    if filed.folio_from is None or filed.folio_to is None:
        return
    Folio.objects.filter(case_document=filed, number__isnull=True).delete()
    numbers = range(filed.folio_from, filed.folio_to + 1)
    pages = filed.page_count or 0
    if pages == len(numbers):
        page_of = {number: index for index, number in enumerate(numbers, start=1)}
    elif pages == len(numbers) * _PAGES_PER_FOLIO:
        page_of = {number: 1 + _PAGES_PER_FOLIO * index for index, number in enumerate(numbers)}
        CaseDocument.objects.filter(pk=filed.pk).update(counting=Counting.SHEET)
    else:
        page_of = {filed.folio_from: 1}
    Folio.objects.bulk_create(
        Folio(case_id=filed.case_id, case_document=filed, number=number, page=page_of.get(number)) for number in numbers
    )


def receive(upload: File[bytes] | Path, target: Path, *, name: str) -> None:
    """Copy the upload to a place of ours, stopping at the limit."""
    limit = configuration().max_upload_bytes
    too_large = TooLarge(
        _("Tệp %(name)s lớn hơn %(limit)d MB: hãy tách thành nhiều tệp.")
        % {"name": name, "limit": limit // (1024 * 1024)},
        field="file",
    )
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    size = 0
    with target.open("xb") as sink:
        os.fchmod(sink.fileno(), 0o600)
        if isinstance(upload, Path):
            if upload.stat().st_size > limit:
                raise too_large
            with upload.open("rb") as stream:
                while block := stream.read(_CHUNK):
                    sink.write(block)
        else:
            for block in upload.chunks(_CHUNK):
                size += len(block)
                if size > limit:
                    raise too_large
                sink.write(block)
        sink.flush()
        os.fsync(sink.fileno())


def _holders(grants: Iterable[Grant]) -> dict[str, list[int]]:
    chosen: dict[str, list[int]] = {"view_users": [], "view_groups": [], "change_users": []}
    for grant in grants:
        key = f"{grant.action}_{grant.holder}s"
        if key in chosen:
            chosen[key].append(grant.holder_id)
    return chosen


def file_upload(
    *,
    actor: User,
    case: CaseFile,
    file: File[bytes] | Path,
    filename: str,
    document_type: CatalogueType | None,
    part: str | None = None,
    title: str = "",
    number: str = "",
    date: dt.date | None = None,
    folio_from: int | None = None,
    folio_to: int | None = None,
    decided: bool = False,
) -> IntakeItem:
    """Check a file and hand it to the host, with owner and grants set from the first moment.

    Args:
        decided: the caller has decided that the actor may hand in this one paper, as the clerk does the signed record of a hand-over.

    Returns:
        The item; it is `waiting` until a worker has taken the file in.

    Raises:
        NotFound, NotAllowed: the actor may not file in this part of this case.
        BadInput: the file or what is said of it cannot be used.
        TooLarge: above `VKS_MAX_UPLOAD_BYTES`.
        Conflict: a folio or the very same file is in the case already.
        Unavailable: the task queue cannot be reached; nothing was kept.
    """
    name = one_line(Path(filename.replace("\\", "/")).name)[:250] or "tai-lieu.pdf"
    chosen_part = _part_of(part, document_type)
    if not decided:
        require(actor, case, Level.CONTRIBUTE, part=chosen_part, doing=_("nộp tài liệu"))
    # before the file is kept anywhere, be it for a moment
    refuse_secret(name, title)
    item = IntakeItem(case=case, created_by=actor, filename=name)
    path = configuration().data_dir / "intake" / f"{item.pk}.pdf"
    try:
        receive(file, path, name=name)
        facts = inspect_pdf(path, name=name, max_pages=configuration().max_document_pages)
        meta = clean_metadata(
            document_type=document_type,
            part=chosen_part,
            title=title,
            number=number,
            date=date,
            folio_from=folio_from,
            folio_to=folio_to,
            page_count=facts.page_count,
        )
        if meta.document_type is None:
            raise BadInput(_("Hãy chọn loại tài liệu."), field="document_type")
        with transaction.atomic():
            # one at a time for each case, so that two uploads cannot claim the same folio
            _hold_open(case, meta.document_type)
            _refuse_same_file(actor, case, facts.sha256)
            _refuse_taken_folios(case, meta)
            item.sha256 = facts.sha256
            item.page_count = facts.page_count
            for field, value in meta._asdict().items():
                setattr(item, field, value)
            item.save(force_insert=True)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    _hand_over(item, path)
    return item


def _hold_open(case: CaseFile, kind: CatalogueType | None) -> None:
    """Hold a case that a paper of this type may still be added to until the transaction ends.

    Raises:
        Conflict: the archive has its file and nothing waits for such a paper, or it was disposed of.
    """
    held = CaseFile.objects.select_for_update().only("pk", "archived_at", "destroyed_at").get(pk=case.pk)
    refuse_destroyed(held)
    if not (held.archived_at and waits_for_record(held, kind)):
        refuse_archived(held)


def _refuse_same_file(actor: User, case: CaseFile, sha256: str) -> None:
    filed = CaseDocument.objects.filter(case=case, sha256=sha256).first()
    if filed is not None:
        if not visible_documents(actor).filter(pk=filed.pk).exists():
            # under which title is for those who may read it
            raise Conflict(_("Tệp này đã có trong hồ sơ."), field="file")
        raise Conflict(_("Tệp này đã có trong hồ sơ với tên “%(title)s”.") % {"title": filed.title}, field="file")
    if IntakeItem.objects.filter(case=case, sha256=sha256, status=IntakeItem.Status.WAITING).exists():
        raise Conflict(_("Tệp này đã được nộp và đang chờ xử lý."), field="file")


def _hand_over(item: IntakeItem, path: Path) -> None:
    case = item.case
    if case_code_field_id() is None:
        item.delete()
        path.unlink(missing_ok=True)
        raise Unavailable(_("Hệ thống chưa cài đặt xong (thiếu trường Mã vụ án): quản trị cần chạy lệnh vks_setup."))
    intake = Intake(
        path=path,
        filename=f"{item.pk}.pdf",
        owner_id=service_account_id(),
        created=item.date,
        host_type_id=item.document_type.host_type_id,
        storage_path_id=storage_path_id(),
        **_holders(grants_for(case, item.part)),
    )

    def send() -> None:
        try:
            task_id = submit(intake)
        except Exception as error:
            if IntakeItem.objects.filter(pk=item.pk, status=IntakeItem.Status.WAITING).delete()[0]:
                path.unlink(missing_ok=True)
            if isinstance(error, VksError):
                raise
            raise Unavailable(_("Hàng đợi xử lý không hoạt động: hãy báo quản trị và nộp lại sau.")) from error
        IntakeItem.objects.filter(pk=item.pk).update(task_id=task_id)
        item.refresh_from_db()

    transaction.on_commit(send)


def mark_failed(item_id: uuid.UUID | str, reason: str) -> None:
    """Record that the host could not take a file in; it stays where it was, to be tried again."""
    IntakeItem.objects.filter(pk=item_id, status=IntakeItem.Status.WAITING).update(
        status=IntakeItem.Status.FAILED, error=reason[:2000]
    )


@transaction.atomic
def discard_failed(*, actor: User, item: IntakeItem) -> None:
    """Take a failed item off the list, with its file.

    Raises:
        NotAllowed: the actor may not file in the case.
        Conflict: the item did not fail.
    """
    require(actor, item.case, Level.CONTRIBUTE, part=item.part, doing=_("nộp tài liệu"))
    if not IntakeItem.objects.filter(pk=item.pk, status=IntakeItem.Status.FAILED).delete()[0]:
        raise Conflict(_("Chỉ bỏ được tệp đã báo lỗi."))
    path = configuration().data_dir / "intake" / f"{item.pk}.pdf"
    transaction.on_commit(partial(path.unlink, missing_ok=True))


def receive_consumed(document: Document) -> CaseDocument | None:
    """File a document the host has just stored, if it belongs to a case.

    Runs inside the host's own transaction, before it moves the file: an error here
    undoes the consumption and leaves the file where it was.

    Raises:
        Conflict: the file went to the archive, or was disposed of, since it was handed in.
    """
    code = case_code_on(document)
    if code is None:
        document.content = composed(document.content or "")
        if is_named_secret(document) and is_waiting(document):
            _drop_text(document)
            _say_on(
                document,
                _(
                    "Tên mang dấu độ mật, hệ thống không lưu bí mật nhà nước: hãy lập thẻ chỉ dẫn trong trang của vụ án rồi "
                    "nhờ quản trị xóa tài liệu này. Chữ trên bản quét đã được bỏ. Nếu không mật, hãy quét hoặc gửi lại với "
                    "tên khác."
                ),
            )
        return None
    item = (
        IntakeItem.objects.select_related("case__unit__parent", "document_type", "created_by")
        .filter(case__code=code, sha256=document.checksum, status=IntakeItem.Status.WAITING)
        .order_by("created_at")
        .first()
        if document.owner_id == service_account_id()
        else None
    )
    document.content = composed(document.content or "")
    if item is not None:
        _hold_open(item.case, item.document_type)
        document.original_filename = item.filename
        document.save(update_fields=["content", "original_filename"])
        meta = Metadata(
            item.document_type, item.part, item.title, item.number, item.date, item.folio_from, item.folio_to
        )
        # only after the host is done with its own copy: it writes the title into its log, which staff may read;
        # and before the index is written, which happens at commit too
        transaction.on_commit(partial(set_title, document.pk, item.title))
        filed = file_document(case=item.case, document=document, actor=item.created_by, meta=meta)
        IntakeItem.objects.filter(pk=item.pk).update(status=IntakeItem.Status.FILED, document_id=document.pk)
        return filed
    return _file_from_dms(document, code, actor=document.owner)


def _file_from_dms(document: Document, code: str, *, actor: User | None) -> CaseDocument | None:
    """File a document whose code was written in the DMS; one that does not hold is taken off, and a note says why.

    The doors refused what they could: this is what changed since, or came past them, from a folder or a letter.
    """
    case = _open_case(code)
    found = _type_in_host(document.document_type_id)
    part = found.part if found is not None else "hsva"
    refusal = ""
    if is_named_secret(document):
        _drop_text(document)
        refusal = _(
            "Chưa đưa vào vụ án nào, Mã vụ án đã ghi được bỏ ra: tài liệu mang dấu độ mật nên không nộp, chữ trên bản quét đã "
            "được bỏ. Hãy lập thẻ chỉ dẫn trong trang của vụ án."
        )
    elif case is None or actor is None or case_decision(actor, case).level < Level.CONTRIBUTE:
        refusal = _(
            "Chưa đưa vào vụ án nào, Mã vụ án đã ghi được bỏ ra: không có vụ án mã ấy mà người ghi được nộp tài liệu, hoặc "
            "hồ sơ đã nộp lưu hay đã tiêu hủy. Hãy kiểm tra mã rồi ghi lại."
        )
    elif case_decision(actor, case, part).level < Level.CONTRIBUTE:
        refusal = _(
            "Chưa đưa vào vụ án nào, Mã vụ án đã ghi được bỏ ra: loại tài liệu này thuộc hồ sơ kiểm sát, nơi người ghi không "
            "được nộp. Hãy chọn loại khác, hoặc nhờ Kiểm sát viên thụ lý nộp."
        )
    if case is None or actor is None or refusal:
        write_case_code(document, None)
        _say_on(document, refusal)
        return None
    meta = Metadata(found, part, one_line(document.title), "", document.created, None, None)
    return file_document(case=case, document=document, actor=actor, meta=meta)


def _drop_text(document: Document) -> None:
    """Take the text of what a workflow calls a state secret only now: the host stores the document after this.

    It notes then what that differs in.
    """
    document.content = ""
    erase_text(document.pk)


def _drop_kept_text(document: Document) -> None:
    """Take the text, also of versions, of what was called a state secret only after the DMS had read it."""
    rows = Document.global_objects.filter(Q(pk=document.pk) | Q(root_document_id=document.pk)).exclude(content="")
    kept = list(rows.values_list("pk", flat=True))
    if not kept:
        return
    for pk in kept:
        erase_text(pk)
    _say_on(
        document,
        _(
            "Tên mới mang dấu độ mật, hệ thống không lưu bí mật nhà nước: chữ trên bản quét đã được bỏ. Hãy lập thẻ chỉ dẫn "
            "trong trang của vụ án rồi nhờ quản trị xóa tài liệu này. Nếu không mật, hãy sửa tiêu đề rồi xử lý lại tài liệu."
        ),
    )


def _type_in_host(host_type_id: int | None) -> CatalogueType | None:
    return CatalogueType.objects.filter(host_type_id=host_type_id).first() if host_type_id else None


def _say_on(document: Document, sentence: str) -> None:
    """Leave a note on a document, which says no code: who reads the note may not know of the case."""
    Note.objects.create(document=document, note=sentence, user_id=service_account_id())
    reindex_on_commit([document.pk])


def _open_case(code: str, *, beside: int | None = None) -> CaseFile | None:
    """Return the case of a code, held until the transaction ends; None: there is none to which papers may be added.

    Args:
        code: of the case.
        beside: another case, which is held too and must take papers as well.
    """
    # alone, and in the order every act holds cases in; whoever archives a file or disposes of it holds its case
    rows = CaseFile.objects.select_for_update().filter(Q(code=code) | Q(pk=beside)).order_by("pk")
    held = list(rows.only("pk", "code", "archived_at", "destroyed_at"))
    if not any(each.code == code for each in held) or any(each.archived_at or each.destroyed_at for each in held):
        return None
    return CaseFile.objects.select_related(*FACTS).get(code=code)


def _held_document(document: Document) -> bool:
    """Hold a document against the host's tasks, which ask whether it is filed (`host.queued`); tell whether it is there."""
    rows = Document.objects.select_for_update(no_key=True).filter(pk=document.pk)
    return bool(rows.order_by().values_list("pk"))


def file_document(*, case: CaseFile, document: Document, actor: User, meta: Metadata) -> CaseDocument:
    """Write the filing itself, then owner and grants, then the index."""
    _held_document(document)
    # what its readers see, not what it was before it was filed
    shown = newest_version(document)
    try:
        with transaction.atomic():
            filed = CaseDocument.objects.create(
                case=case,
                document_id=document.pk,
                page_count=shown.page_count,
                sha256=shown.checksum,
                filed_by=actor,
                **meta._asdict(),
            )
            _record_folios(filed)
    except IntegrityError as error:
        raise Conflict(
            _("Bút lục đã thuộc tài liệu khác, hoặc tài liệu đã ở trong một vụ án: hãy kiểm tra lại.")
        ) from error
    project_case(case, documents=[filed])
    # made while the document was nobody's case
    revoke_links([document.pk])
    forget_names(document.pk)
    document.owner_id = service_account_id()
    # the host indexed the document before it was told whose it is
    reindex_on_commit([document.pk])
    tell(
        "document_filed",
        actor=actor,
        case=case,
        folio_from=filed.folio_from,
        folio_to=filed.folio_to,
        document_type=filed.document_type.code if filed.document_type is not None else None,
        dated=filed.date,
        number=filed.number,
        **_told_of(filed),
    )
    look_at_commit(filed)
    return filed


def _told_of(filed: CaseDocument) -> dict[str, Any]:
    """Return what the ledger is told of a document that comes into a case or leaves it."""
    return {
        "filing": filed.pk,
        "document": filed.document_id,
        "sha256": filed.sha256,
        "pages": filed.page_count,
        "part": filed.part,
        "title": filed.title,
    }


@transaction.atomic
def file_existing(
    *, actor: User, case: CaseFile, document: Document, part: str | None = None, **said: Any
) -> CaseDocument:
    """File a document that is already in the DMS; from then on it is the case's.

    Args:
        actor: who files; it has to be that person's own document, or nobody's.
        case: where.
        document: of the DMS.
        part: `hsva` or `hsks`; that of the document type when left out.
        said: see `adopt`.

    Raises:
        NotFound, NotAllowed: the actor may not file in the case, or may not change the document.
        BadInput, Conflict: see `file_upload`.
    """
    require(actor, case, Level.CONTRIBUTE, part=_part_of(part, said.get("document_type")), doing=_("nộp tài liệu"))
    readable = document.pk in may_view(actor, [document.pk])
    filed_already = CaseDocument.objects.filter(document_id=document.pk).exists()
    # whoever cannot read it is not told that it is filed either
    if not readable or not (filed_already or is_waiting(document) or document.owner_id in {None, actor.pk}):
        raise NotAllowed(_("Chỉ người tải tài liệu lên mới đưa được tài liệu đó vào hồ sơ."))
    return adopt(actor=actor, case=case, document=document, part=part, **said)


@transaction.atomic
def adopt(
    *,
    actor: User,
    case: CaseFile,
    document: Document,
    document_type: CatalogueType | None = None,
    part: str | None = None,
    title: str = "",
    number: str = "",
    date: dt.date | None = None,
    folio_from: int | None = None,
    folio_to: int | None = None,
) -> CaseDocument:
    """File a document of the DMS whoever owns it; for an administrator who takes an older archive over.

    Raises:
        NotFound, NotAllowed: the actor, who is recorded as the one who filed it, may not file in the case.
        BadInput, Conflict: see `file_upload`; also a document in the trash, or a mere version of another.
    """
    chosen_part = _part_of(part, document_type)
    require(actor, case, Level.CONTRIBUTE, part=chosen_part, doing=_("nộp tài liệu"))
    if CaseDocument.objects.filter(document_id=document.pk).exists():
        raise Conflict(_("Tài liệu này đã ở trong một vụ án."))
    if document.root_document_id is not None:
        raise BadInput(_("Đây là một phiên bản: hãy chọn tài liệu gốc của nó."))
    # whatever it is to be called from now on
    _refuse_stored_secret(document.title, document.original_filename or "")
    meta = clean_metadata(
        document_type=document_type,
        part=chosen_part,
        title=title or document.title,
        number=number,
        date=date or document.created,
        folio_from=folio_from,
        folio_to=folio_to,
        page_count=newest_version(document).page_count,
    )
    _hold_open(case, meta.document_type)
    if not _held_document(document):
        raise Conflict(_("Tài liệu này vừa bị xóa: hãy tải lại trang."))
    _refuse_taken_folios(case, meta)
    write_case_code(document, case.code)
    return file_document(case=case, document=document, actor=actor, meta=meta)


@transaction.atomic
def describe(*, actor: User, filed: CaseDocument, document_type: CatalogueType | None, **fields: Any) -> CaseDocument:
    """Correct what is said of a filed document: type, title, number, date, characteristics; folios while it has none.

    Raises:
        NotAllowed: the actor may not file in the case, or the document is sealed.
        BadInput, Conflict: see `file_upload`; folios once numbered stay (TTLT 04/2018, Điều 35).
    """
    require(actor, filed.case, Level.CONTRIBUTE, part=filed.part, doing=_("sửa thông tin tài liệu"))
    refuse_frozen([filed.document_id])
    CaseFile.objects.select_for_update().get(pk=filed.case_id)
    # sealed, or described by somebody else, while this waited
    refuse_frozen([filed.document_id])
    filed = CaseDocument.objects.select_related("case__unit__parent", "document", "document_type").get(pk=filed.pk)
    meta = clean_metadata(
        document_type=document_type,
        part=filed.part,
        title=str(fields.get("title", filed.title)),
        number=str(fields.get("number", filed.number)),
        date=fields.get("date", filed.date),
        folio_from=fields.get("folio_from", filed.folio_from),
        folio_to=fields.get("folio_to", filed.folio_to),
        page_count=filed.page_count,
    )
    numbered = filed.folio_from is not None
    if numbered and (meta.folio_from, meta.folio_to) != (filed.folio_from, filed.folio_to):
        raise Conflict(_(NUMBERED_ONCE), field="folio_from")
    if not numbered:
        # one put in between, such as 5a, begins with a number that is another's
        _refuse_taken_folios(filed.case, meta, ignoring=filed.pk)
    before = Snapshot(filed, DOCUMENT_FIELDS)
    for field, value in meta._asdict().items():
        setattr(filed, field, value)
    # third column of the inventory of documents (BLTTHS, Điều 131 khoản 4)
    filed.characteristics = one_line(str(fields.get("characteristics", filed.characteristics)))[:250]
    if not _note_described(filed, before, actor=actor):
        return filed
    filed.save(update_fields=DOCUMENT_FIELDS)
    if not numbered:
        _record_folios(filed)
    document = filed.document
    document.title = filed.title[:127]
    if document_type is not None and document_type.host_type_id is not None:
        document.document_type_id = document_type.host_type_id
    if filed.date is not None:
        document.created = filed.date
    document.save(update_fields=["title", "document_type", "created", "modified"])
    reindex_on_commit([document.pk])
    return filed


def _note_described(filed: CaseDocument, before: Snapshot, *, actor: User | None) -> bool:
    """Write into the history and the ledger what is said of a document from now on; tell whether that is anything new.

    Args:
        filed: the document as it is about to be saved.
        before: what was said of it, of `DOCUMENT_FIELDS`.
        actor: who did it; None where the DMS did it by itself, which the history tells under the account of the service.
    """
    changed = before.changes(filed)
    if not changed:
        return False
    note_change(
        case=filed.case,
        actor=actor if actor is not None else User.objects.get(pk=service_account_id()),
        act=CaseChange.Act.CHANGED,
        subject=OF_DOCUMENTS[filed.part],
        subject_id=filed.pk,
        label=title_of(filed),
        values=changed,
        told=True,
    )
    tell(
        "document_described",
        actor=actor,
        case=filed.case,
        filing=filed.pk,
        document=filed.document_id,
        part=filed.part,
        fields=[name for name, _before, _after in changed],
        document_type=filed.document_type.code if filed.document_type is not None else None,
        dated=filed.date,
        folio_from=filed.folio_from,
        folio_to=filed.folio_to,
        title=filed.title,
        number=filed.number,
        changes=changed,
    )
    return True


def follow_document(document: Document, *, actor: User | None) -> None:
    """Keep a case in step after the DMS changed a document: its code, title, type or date.

    Refusals were made at the door (`check_code_changes`); here things are only put right.
    """
    code = case_code_on(document)
    filed = CaseDocument.objects.select_related("case__unit__parent").filter(document_id=document.pk).first()
    if filed is None:
        with transaction.atomic():
            if code:
                _file_from_dms(document, code, actor=actor or document.owner)
            elif is_named_secret(document) and is_waiting(document):
                _drop_kept_text(document)
        return
    frozen = bool(frozen_among([document.pk]))
    with transaction.atomic():
        if code and code != filed.case.code and not frozen:
            target = _open_case(code, beside=filed.case_id)
            if (
                target is not None
                and filed.folio_from is None
                and actor is not None
                and _may_move(actor, filed, target)
            ):
                moved = _told_of(filed)
                sides = {"document_moved_out": filed.case, "document_moved_in": target}
                filed.case = target
                filed.save(update_fields=["case"])
                _take_along(filed)
                # in the order of the cases, so that two that move documents to and fro wait for each other
                for act, side in sorted(sides.items(), key=lambda each: each[1].pk):
                    tell(act, actor=actor, case=side, **moved)
        if code != filed.case.code:
            write_case_code(document, filed.case.code)
            if code:
                _say_on(
                    document,
                    _(
                        "Tài liệu ở lại vụ án của nó, Mã vụ án được ghi lại như cũ: người ghi không được chuyển nó, nó đã mang "
                        "bút lục hay đã niêm phong, hoặc vụ án kia không nhận thêm tài liệu. Hãy kiểm tra rồi ghi lại."
                    ),
                )
        if frozen:
            _put_back(document, filed)
            return
        _follow_description(document, filed, actor=actor)
        project_case(filed.case, documents=[filed])
        reindex_on_commit([document.pk])


def _follow_description(document: Document, filed: CaseDocument, *, actor: User | None) -> None:
    """Say of a filed document what the DMS says of it now; what it only cuts short or has no word for stays."""
    before = Snapshot(filed, DOCUMENT_FIELDS)
    title = one_line(document.title)
    if title and title != one_line(filed.title[:127]):
        filed.title = title
    kind = filed.document_type
    if document.document_type_id and (kind is None or kind.host_type_id != document.document_type_id):
        found = CatalogueType.objects.filter(host_type_id=document.document_type_id, part=filed.part).first()
        filed.document_type = found or filed.document_type
    # the DMS has a date for every document; one that bears none is given its own on the page of the case
    if filed.date is not None:
        filed.date = document.created or filed.date
    if _note_described(filed, before, actor=actor):
        filed.save(update_fields=["title", "document_type", "date"])


def _put_back(document: Document, filed: CaseDocument) -> None:
    """Undo what was written past the doors on a document that is sealed; its readers are put right elsewhere."""
    wanted: dict[str, Any] = {"title": filed.title[:127]}
    if filed.document_type is not None and filed.document_type.host_type_id is not None:
        wanted["document_type_id"] = filed.document_type.host_type_id
    if filed.date is not None:
        wanted["created"] = filed.date
    changed = {name: value for name, value in wanted.items() if getattr(document, name) != value}
    if changed:
        type(document).objects.filter(pk=document.pk).update(**changed)
        reindex_on_commit([document.pk])


def _take_along(filed: CaseDocument) -> None:
    """Move what is recorded of the pages of a document that has no numbers with it into another case."""
    Folio.objects.filter(case_document=filed).update(case=filed.case)
    FolioExplanation.objects.filter(about=filed).update(case=filed.case)


def _may_move(actor: User, filed: CaseDocument, target: CaseFile) -> bool:
    return all(case_decision(actor, case, filed.part).level >= Level.CONTRIBUTE for case in (filed.case, target))


def _secret(names: Iterable[str]) -> Findings:
    return no_state_secrets(Sensitivity(texts=tuple(map(composed, names))))


def is_named_secret(document: Document) -> bool:
    """Tell whether what a document is called says of itself that it is a state secret (V13)."""
    return is_secret(document.title, document.original_filename or "")


def is_secret(*names: str) -> bool:
    """Tell whether one of these names says of a paper that it is a state secret (V13)."""
    return bool(_secret(names))


def unread_secrets(document_ids: Iterable[int]) -> set[int]:
    """Return which of these documents, or versions, are called a state secret and are not to be read again (one query).

    They wait in the inbox, or lost their words where they lie: a paper that came for a case stays with who handed it in.
    """
    rows = waiting_or_wordless_among(document_ids).values_list(
        "pk", "title", "original_filename", "root_document__title", "root_document__original_filename"
    )
    return {pk for pk, *names in rows if is_secret(*(name or "" for name in names))}


def refuse_secret(*names: str) -> None:
    """Refuse a paper with one of these names, where it says of itself that it is a state secret (V13).

    Raises:
        BadInput: it does.
    """
    enforce(_secret(names))


def _refuse_stored_secret(title: str, file_name: str) -> None:
    """Refuse to file what the DMS has already and what is called a state secret, saying what can still be done with it.

    A title is mended in the DMS; the name of its file nobody changes there.

    Raises:
        BadInput: it is called so.
    """
    of_file = is_secret(file_name)
    if not of_file and not is_secret(title):
        return
    if of_file:
        # whoever gave it another title has not reached the mark
        otherwise = _(
            "Nếu không mật: dấu nằm ở tên tệp “%(name)s”, tên ấy không sửa được trong DMS, nên hãy xóa tài liệu này rồi tải lên "
            "lại với tên tệp khác."
        ) % {"name": file_name[:120]}
    else:
        otherwise = _(
            "Nếu không mật: dấu nằm ở tiêu đề, hãy sửa tiêu đề trong DMS rồi nộp lại; chữ đã bỏ lúc nhận thì cho DMS xử lý lại "
            "trước khi nộp."
        )
    refusal = _(
        "Hệ thống không lưu tài liệu mật, tối mật, tuyệt mật: hãy lập thẻ chỉ dẫn (số, ngày, nơi giữ bản giấy) ở mục Thẻ chỉ "
        "dẫn của vụ án, rồi xóa tài liệu này trong DMS, cả trong thùng rác (tài liệu ở hộp nhận thì nhờ quản trị xóa)."
    )
    message = f"{refusal} {otherwise}"
    raise BadInput(message, field="title")


def check_code_changes(actor: User, changes: list[CodeChange]) -> None:
    """Refuse, before the host writes anything, a change of "Mã vụ án" that may not be.

    Raises:
        BadInput: no such case among those the actor may file in, or the field of a filed document is emptied.
        NotAllowed: the document is somebody else's, or of a type that belongs where the actor may not file.
        Conflict: the document has folios, which tie it to its case, or the other case takes no papers any more.
    """
    present = {
        pk: names
        for pk, *names in Document.objects.filter(
            pk__in=[change.document_id for change in changes if change.document_id is not None]
        ).values_list("pk", "title", "original_filename")
    }
    for change in changes:
        filed = (
            CaseDocument.objects.select_related("case__unit__parent").filter(document_id=change.document_id).first()
            if change.document_id is not None
            else None
        )
        if not change.new:
            if filed is not None:
                raise BadInput(_("Không bỏ trống Mã vụ án của tài liệu đã vào hồ sơ: hãy giữ nguyên trường này."))
            continue
        case = CaseFile.objects.select_related(*FACTS).filter(code=change.new).first()
        kind = _type_in_host(change.host_type_id) if filed is None else None
        part = filed.part if filed is not None else kind.part if kind is not None else "hsva"
        if case is None or case_decision(actor, case, filed.part if filed else "hsva").level < Level.CONTRIBUTE:
            unknown = _("Không có vụ án mã %(code)s mà bạn được nộp tài liệu: hãy kiểm tra lại Mã vụ án.") % {
                "code": change.new[:60]
            }
            message = f"{unknown} {oddity_of(change.new)}".strip()
            raise BadInput(message)
        if case_decision(actor, case, part).level < Level.CONTRIBUTE:
            raise NotAllowed(
                _(
                    "Loại tài liệu này thuộc hồ sơ kiểm sát, nơi bạn không được nộp tài liệu: hãy chọn loại khác, hoặc nhờ "
                    "Kiểm sát viên thụ lý nộp."
                )
            )
        refuse_destroyed(case)
        refuse_archived(case)
        title, name = present.get(change.document_id or 0, ("", ""))
        if change.document_id is None:
            refuse_secret(*change.names)
        else:
            # called otherwise by the same request, it has that name
            _refuse_stored_secret(next(filter(None, change.names), title or ""), name or "")
        if filed is not None and filed.folio_from is not None:
            raise Conflict(_("Tài liệu đã mang bút lục của vụ án: không chuyển sang vụ án khác được."))
        if filed is not None and not _may_move(actor, filed, case):
            raise NotAllowed(_("Bạn không được chuyển tài liệu này ra khỏi vụ án của nó."))


def retry_failed(*, actor: User, item: IntakeItem) -> IntakeItem:
    """Hand a failed file to the host once more.

    Raises:
        NotAllowed: the actor may not file in the case.
        Conflict: the item did not fail, its file is gone, or the case takes no papers any more.
    """
    require(actor, item.case, Level.CONTRIBUTE, part=item.part, doing=_("nộp tài liệu"))
    path = configuration().data_dir / "intake" / f"{item.pk}.pdf"
    if not path.exists() or sha256_of(path) != item.sha256:
        raise Conflict(_("Tệp không còn trên máy chủ: hãy nộp lại từ đầu."))
    with transaction.atomic():
        # its numbers were free for others while it had failed
        _hold_open(item.case, item.document_type)
        if item.folio_from is not None:
            _refuse_taken(item.case, item.folio_from, item.folio_to or item.folio_from)
        changed = IntakeItem.objects.filter(pk=item.pk, status=IntakeItem.Status.FAILED).update(
            status=IntakeItem.Status.WAITING, error=""
        )
        if changed != 1:
            raise Conflict(_("Chỉ thử lại được tệp đã báo lỗi."))
    item.refresh_from_db()
    _hand_over(item, path)
    return item


def _claimed_folios(case: CaseFile) -> list[tuple[int, int]]:
    """Return the numbers of files that wait for the host: nothing else may get them meanwhile."""
    waiting = IntakeItem.objects.filter(case=case, status=IntakeItem.Status.WAITING, folio_from__isnull=False)
    return [(first, last or first) for first, last in waiting.values_list("folio_from", "folio_to") if first]


CLAIMED.append(_claimed_folios)


def resume_waiting() -> int:
    """Hand every waiting file to the host again, after a queue that lived in memory was lost; return how many.

    Only for a start with an empty queue: a file still queued elsewhere would be taken in twice.
    """
    resumed = 0
    for item in IntakeItem.objects.filter(status=IntakeItem.Status.WAITING).select_related(
        "case__unit__parent", "document_type"
    ):
        path = configuration().data_dir / "intake" / f"{item.pk}.pdf"
        if path.exists():
            _hand_over(item, path)
            resumed += 1
        else:
            mark_failed(item.pk, _("Tệp không còn trên máy chủ: hãy nộp lại từ đầu."))
    return resumed
