"""What the host tells us: translated into our actions, nothing decided here."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from celery.signals import task_failure, task_success
from django.contrib.auth.models import User
from django.core.management.base import CommandError
from django.core.signals import request_finished
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.access import offices, owed_entries, transfers
from vks_plugin.access.actions import project_everything, sweep
from vks_plugin.access.log import Act, reader_of, record_documents
from vks_plugin.access.projection import follow_posts, follow_record, project_case
from vks_plugin.access.queries import FACTS, lent_documents, readable_ids
from vks_plugin.access.waiting_readings import write_at_the_end
from vks_plugin.acts import tell
from vks_plugin.cases.actions.record import on_change
from vks_plugin.cases.models import CaseDocument
from vks_plugin.conf import configuration
from vks_plugin.court.deck.videos import kept_videos
from vks_plugin.court.kept import folders_of_made, made_files
from vks_plugin.court.page_pictures import instead_of_text, lent_picture
from vks_plugin.custody.actions.fixity import FOLDERS, KEPT
from vks_plugin.custody.actions.succession import accessions_in_hand, cases_in_accessions, take_accessions_along
from vks_plugin.custody.queries import sealed_documents
from vks_plugin.custody.queries.retention import on_disposed
from vks_plugin.custody.videos import SOURCES
from vks_plugin.disposal.actions import cases_in_disposals, disposals_in_hand, take_disposals_along
from vks_plugin.disposal.queries import folder_of_records, kept_before, signed_records
from vks_plugin.errors import Conflict, VksError
from vks_plugin.filing import actions as filing
from vks_plugin.filing import inbox
from vks_plugin.filing.models import IntakeItem
from vks_plugin.host import (
    accounts,
    actor,
    consume,
    filed,
    guard,
    importing,
    lending,
    queued,
    reading,
    refusals,
    repairs,
    sockets,
    talking,
    unowned,
    visibility,
    workflows,
)
from vks_plugin.host.erasing import erase_text
from vks_plugin.host.models import Document, document_consumption_finished, document_updated
from vks_plugin.host.provision import case_code_on, write_case_code
from vks_plugin.organization.actions import (
    on_posts_changed,
    restore_every_group,
    service_account_id,
    synchronise_memberships,
)
from vks_plugin.organization.models import Appointment, ServiceAccount
from vks_plugin.organization.queries import dated_access_suspended
from vks_plugin.organization.roles import GROUP_PREFIX

_CONSUME = "documents.tasks.consume_file"


def document_stored(sender: object, *, document: Document, **_extra: object) -> None:
    """The host stored a document and is about to index it; its transaction is still open.

    Raises:
        Conflict: it is a newer version of a filed document; the host undoes the whole of it.
    """
    if document.root_document_id is not None:
        if filed.filed_among([document.root_document_id]):
            # asked for before the document was filed: its door is closed now
            raise Conflict(_(refusals.FILE))
        if filing.unread_secrets([document.pk]):
            # asked for while the paper was called otherwise, or before it lay in the inbox: its door is closed now
            document.content = ""
            erase_text(document.pk)
        return
    item = _item_named_by(document)
    if item is not None and item.status == IntakeItem.Status.WAITING and item.sha256 == document.checksum:
        _take_back(document, item)
    elif item is not None and document.owner_id == service_account_id():
        # a part of the file, or made from it: it came with the readers of a case and no case will ever take them away
        inbox.keep_alone(document.pk)
    elif filing.is_named_secret(document) and account_of_records() is not None:
        # whether or not it is ours to look after, whoever the folder, the letter or a workflow would show it to; and no word
        # of it is to be found by searching
        inbox.keep_alone(document.pk)
        document.owner_id, document.content = service_account_id(), ""
        # the host reads the document anew for each workflow that looks at what was added, then stores and indexes it
        erase_text(document.pk)
    elif document.owner_id is None and inbox.take_unowned([document.pk]):
        document.owner_id = service_account_id()


def document_consumed(sender: object, *, document: Document, **_extra: object) -> None:
    """The host is done with a document it stored; its transaction is still open."""
    if document.root_document_id is None:
        filing.receive_consumed(document)


def _item_named_by(document: Document) -> IntakeItem | None:
    """Return what a document was handed in for: its file carries the item's id as its name."""
    try:
        item_id = uuid.UUID(Path(document.original_filename or "").stem)
    except ValueError:
        return None
    return IntakeItem.objects.select_related("case").filter(pk=item_id).first()


def _take_back(document: Document, item: IntakeItem) -> None:
    """Say which case a file handed in is for, and undo what a workflow of the host did to its owner."""
    if document.owner_id != service_account_id():
        document.owner_id = service_account_id()
        document.save(update_fields=["owner"])
    write_case_code(document, item.case.code)


def keeps_its_readers(document: Document) -> bool:
    """Tell whether no workflow is to touch who reads a document: it is on its way into a case, or a state secret."""
    return bool(case_code_on(document)) or (filing.is_named_secret(document) and inbox.is_waiting(document))


def document_changed(sender: object, *, document: Document, **_extra: object) -> None:
    """The host changed a document, through its API or in bulk."""
    if document.owner_id is None:
        inbox.take_unowned([document.pk])
    filing.follow_document(document, actor=actor.current_actor())


def documents_imported(document_ids: Collection[int], before: inbox.Standing) -> None:
    """The host imported rows of another server, these documents without an owner among them; nothing is committed yet.

    Raises:
        CommandError: nothing may be imported so.
    """
    try:
        inbox.take_imported(document_ids, before)
    except VksError as refusal:
        raise CommandError(refusal.message) from refusal
    # what groups may do, and the grants of what was here before, went with the kinds of things that the host makes anew
    restore_every_group()
    project_everything()


def _item_id(kwargs: dict[str, Any] | None) -> str | None:
    """Return the item a consumption was for: its file carries the item's id as its name."""
    document = (kwargs or {}).get("input_doc")
    path = getattr(document, "original_file", None)
    if not isinstance(path, Path) or path.parent.name != "intake":
        return None
    return path.stem


def consumption_failed(sender: Any = None, **signal: Any) -> None:
    """The host could not take a file in."""
    if getattr(sender, "name", "") != _CONSUME:
        return
    kwargs = signal.get("kwargs") or {}
    consume.forget_failed(
        str(signal.get("task_id")), root_id=getattr(kwargs.get("input_doc"), "root_document_id", None)
    )
    item_id = _item_id(kwargs)
    if item_id is None:
        return
    error = signal.get("exception")
    while error is not None and not isinstance(error, VksError):
        error = error.__cause__ or error.__context__
    if isinstance(error, VksError):
        filing.mark_failed(item_id, error.message)
        return
    filing.mark_failed(
        item_id,
        _("Máy chủ không đọc được tệp này. Tệp vẫn được giữ: hãy thử lại, hoặc quét lại rồi nộp bản mới."),
    )


def consumption_ended(sender: Any = None, **_signal: Any) -> None:
    """The host finished with a file; if it made no document of it, say so."""
    if getattr(sender, "name", "") != _CONSUME:
        return
    request = getattr(sender, "request", None)
    item_id = _item_id(getattr(request, "kwargs", None))
    if item_id is not None:
        filing.mark_failed(item_id, _("Máy chủ đã dừng xử lý tệp này mà không tạo tài liệu. Hãy báo quản trị."))


def filed_documents() -> QuerySet[Any, Any]:
    """Return the host ids of the documents filed in a case, for its doors to ask."""
    return CaseDocument.objects.values("document_id")


def archived_documents() -> QuerySet[Any, Any]:
    """Return the host ids of the documents of cases the archive has, for the host's doors to ask."""
    return CaseDocument.objects.filter(case__archived_at__isnull=False).order_by().values("document_id")


def readable_documents(user: User) -> QuerySet[Any, Any] | None:
    """Return the host ids of the filed documents a person may view, for the host's own lists; None: ask the host."""
    # what is suspended is open by the policy and closed in the host
    return None if dated_access_suspended() else readable_ids(user)


def account_of_records() -> int | None:
    """Return the account that owns every filed document."""
    return ServiceAccount.objects.values_list("user_id", flat=True).first()


def keeper_of_unowned() -> int | None:
    """Return the account that owns whatever comes in without an owner; None: it is left to everybody."""
    return account_of_records() if configuration().take_every_unowned else None


def access_widened(document_ids: set[int]) -> None:
    """Put right and note that somebody wrote owner or grants of filed documents past the doors."""
    touched: dict[int, list[CaseDocument]] = defaultdict(list)
    rows = CaseDocument.objects.filter(document_id__in=document_ids)
    for each in rows.select_related(*(f"case__{fact}" for fact in FACTS)).order_by("case_id", "pk"):
        touched[each.case_id].append(each)
    for filed_here in touched.values():
        case = filed_here[0].case
        with transaction.atomic():
            changed = project_case(case, documents=filed_here)
            if changed.any:
                # who did it the signal does not know
                tell(
                    "access_put_right",
                    actor=None,
                    case=case,
                    documents=len(changed.any),
                    documents_too_open=len(changed.narrowed),
                )


def memberships_touched(user_ids: Iterable[int] | None) -> None:
    """Put right and note that somebody was put into a group of ours, or taken out, past every door."""
    with transaction.atomic():
        changes = synchronise_memberships(user_ids)
        if changes:
            tell("memberships_put_right", actor=None, case=None, memberships=changes)


def answered_from(request: HttpRequest, document_ids: list[int]) -> None:
    """Note from whose text a language model of the host answers somebody."""
    record_documents(reader_of(request), Act.TEXT, document_ids)


def service_accounts() -> QuerySet[Any, Any]:
    """Return the account that owns the case documents."""
    return ServiceAccount.objects.values("user_id")


def post_holders() -> QuerySet[Any, Any]:
    """Return whose posts are not over, those to come included."""
    return Appointment.objects.not_over(timezone.localdate()).values("user_id")


def connect() -> None:
    """Listen to the host, each receiver once, and stand at its doors."""
    consume.before_indexing(document_stored, dispatch_uid="vks.document_stored")
    # the host's workflows, which may call a paper otherwise, come before it; asked to listen once more, it stays behind them
    document_consumption_finished.disconnect(dispatch_uid="vks.document_consumed")
    document_consumption_finished.connect(document_consumed, dispatch_uid="vks.document_consumed")
    document_updated.connect(document_changed, dispatch_uid="vks.document_changed")
    task_failure.connect(consumption_failed, dispatch_uid="vks.consumption_failed", weak=False)
    task_success.connect(consumption_ended, dispatch_uid="vks.consumption_ended", weak=False)
    consume.keep_names_out_of_tasks(keeper_of_unowned, account_of_records, filing.is_secret)
    owed_entries.connect()
    request_finished.connect(write_at_the_end, dispatch_uid="vks.write_at_the_end")
    inbox.watch_owners()
    unowned.keep_private(keeper_of_unowned)
    importing.settle_imports(inbox.before_import, documents_imported)
    unowned.keep_in_bulk(inbox.in_reach, service_account_id, inbox.keep)
    actor.travel_with_tasks()
    queued.spare_what_is_filed()
    offices.before_ending(accessions_in_hand, disposals_in_hand, inbox.papers_in_hand, inbox.looked_after)
    offices.before_renaming(inbox.named_in_settings)
    transfers.waiting_in(inbox.papers_waiting_in)
    transfers.on_taken_over(
        take_accessions_along,
        take_disposals_along,
        inbox.follow_take_over,
        about=(cases_in_accessions, cases_in_disposals),
    )
    on_disposed(kept_before)
    filed.on_filed(filed_documents)
    filed.on_frozen(sealed_documents, archived_documents)
    filed.on_lent(lent_documents)
    lending.on_shown(picture=lent_picture, text=instead_of_text)
    talking.on_answered(answered_from)
    sockets.before_hearing(sweep)
    filed.on_arriving(keeps_its_readers)
    filed.on_named_secrets(filing.unread_secrets)
    accounts.on_groups(GROUP_PREFIX, memberships_touched)
    accounts.on_service_account(service_accounts)
    accounts.on_holders(post_holders)
    guard.on_case_code_change(filing.check_code_changes)
    guard.on_naming(filing.refuse_secret)
    on_change(follow_record)
    KEPT.extend(files for files in (signed_records, made_files) if files not in KEPT)
    FOLDERS.extend(folders for folders in (folder_of_records, folders_of_made) if folders not in FOLDERS)
    if kept_videos not in SOURCES:
        SOURCES.append(kept_videos)
    on_posts_changed(follow_posts)
    on_posts_changed(inbox.follow_posts)
    if configuration().quick_lists:
        visibility.answer_from(readable_documents, account_of_records)
    visibility.confirm_completions()
    repairs.on_widened(access_widened)
    workflows.spare_case_documents(lambda: configuration().data_dir / "intake", filing.is_secret)
    guard.stand_at_doors()
    reading.note_selections()
