"""Asking for a bundle, making it, handing it out."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from urllib.parse import quote
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.access.policy import Level
from vks_plugin.access.queries import case_for, require, visible_documents
from vks_plugin.acts import digest_of, tell
from vks_plugin.cases.models import CaseDocument, CaseFile
from vks_plugin.conf import configuration
from vks_plugin.court.bundle import BundleResult, write_bundle
from vks_plugin.court.inspection import inspect_bundle
from vks_plugin.court.models import Bundle
from vks_plugin.court.plan import BundleDocument, BundlePlan, BundleRequest, make_plan
from vks_plugin.errors import BadInput, Conflict, NotFound, Unavailable, VksError
from vks_plugin.host.files import readable_pdf
from vks_plugin.language import speaking
from vks_plugin.text import ascii_file_name, composed

logger = logging.getLogger("paperless.vks.court")

_OPEN = (Bundle.Status.QUEUED, Bundle.Status.RUNNING)


def documents_for(actor: User, case: CaseFile) -> list[CaseDocument]:
    """Return what goes into the actor's bundle: the case file only, in the order of proceedings."""
    view = case_for(actor, case.code)
    return list(view.documents.filter(part="hsva").prefetch_related("folios"))


def plan_for(*, actor: User, case: CaseFile) -> tuple[BundlePlan, list[CaseDocument]]:
    """Lay the bundle out.

    Raises:
        NotFound, NotAllowed: the actor may not read the case.
        BadInput: there is nothing to bundle, or more than `VKS_MAX_BUNDLE_PAGES`.
    """
    require(actor, case, Level.VIEW, doing=_("lập tập hồ sơ"))
    filed = documents_for(actor, case)
    if not filed:
        raise BadInput(_("Vụ án chưa có tài liệu nào trong hồ sơ: hãy nộp tài liệu trước khi lập tập."))
    pages = sum(document.page_count or 0 for document in filed)
    limit = configuration().max_bundle_pages
    if pages > limit:
        raise BadInput(
            _("Tập hồ sơ có %(pages)d trang, quá %(limit)d: hãy chọn ít tài liệu hơn.")
            % {"pages": pages, "limit": limit}
        )
    # a court's paper, whatever language the person uses the pages in
    with speaking("vi"):
        request = BundleRequest(
            case_code=case.code,
            case_name=case.name,
            office_name=case.unit.name,
            made_on=timezone.localdate(),
            title=str(Bundle.Preset.WHOLE.label),
            documents=[_as_planned(document) for document in filed],
        )
    return make_plan(request), filed


def _as_planned(filed: CaseDocument) -> BundleDocument:
    kind = filed.document_type
    return BundleDocument(
        title=filed.title,
        kind_name=kind.name if kind is not None else "",
        section_code=kind.group_code if kind is not None else "",
        section_name=kind.group_name if kind is not None else _("Tài liệu chưa phân loại"),
        number=filed.number,
        date=filed.date,
        part=filed.part,
        path=readable_pdf(filed.document),
        page_count=filed.page_count or 0,
        folio_by_page={
            folio.page: folio.label for folio in filed.folios.all() if folio.page is not None and folio.label
        },
    )


@transaction.atomic
def request_bundle(*, actor: User, case: CaseFile, preset: str = Bundle.Preset.WHOLE) -> Bundle:
    """Queue a bundle of the case; a worker makes it.

    Asking again while one is being made returns that one.

    Raises:
        NotFound, NotAllowed: the actor may not read the case.
        BadInput: unknown preset, nothing to bundle, too many pages, or a source that cannot be bundled.
        Unavailable: the task queue cannot be reached.
    """
    if preset not in Bundle.Preset.values:
        raise BadInput(_("Mẫu tập hồ sơ không có trong danh mục."), field="preset")
    plan, filed = plan_for(actor=actor, case=case)
    CaseFile.objects.select_for_update().get(pk=case.pk)
    running = Bundle.objects.filter(case=case, preset=preset, requested_by=actor, status__in=_OPEN).first()
    if running is not None:
        return running
    bundle = Bundle.objects.create(
        case=case,
        preset=preset,
        requested_by=actor,
        total=plan.page_count,
        document_count=len(filed),
        document_ids=[document.document_id for document in filed],
    )
    transaction.on_commit(partial(_send, bundle))
    return bundle


def _send(bundle: Bundle) -> None:
    from vks_plugin.court.tasks import make_bundle  # noqa: PLC0415 - the task imports this module

    try:
        make_bundle.apply_async(kwargs={"bundle_id": str(bundle.pk)})
    except Exception as error:
        Bundle.objects.filter(pk=bundle.pk).delete()
        if isinstance(error, VksError):
            raise
        raise Unavailable(_("Hàng đợi xử lý không hoạt động: hãy báo quản trị và thử lại sau.")) from error
    bundle.refresh_from_db()


def build(bundle_id: UUID | str) -> None:
    """Make a queued bundle; called by the worker.

    Whatever goes wrong is kept with the bundle as a sentence. A bundle another worker took is left alone.
    """
    taken = Bundle.objects.filter(pk=bundle_id, status=Bundle.Status.QUEUED).update(status=Bundle.Status.RUNNING)
    if taken != 1:
        return
    bundle = Bundle.objects.select_related("case__unit__parent", "requested_by").get(pk=bundle_id)
    # a worker has no reader whose language it could follow, and the sentence is kept for all of them
    with speaking("vi"):
        _make(bundle)


def _make(bundle: Bundle) -> None:
    try:
        _write(bundle)
    except VksError as error:
        _end(bundle, Bundle.Status.FAILED, error=error.message)
    except Exception as error:
        # the class alone: messages may quote the documents
        logger.error("bundle %s failed: %s", bundle.pk, type(error).__name__)
        _end(bundle, Bundle.Status.FAILED, error=str(_("Không lập được tập hồ sơ do lỗi hệ thống: hãy báo quản trị.")))
        raise


def _write(bundle: Bundle) -> None:
    plan, filed = plan_for(actor=bundle.requested_by, case=bundle.case)
    target = bundle.path
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)

    def progress(done: int, total: int) -> None:
        Bundle.objects.filter(pk=bundle.pk).update(progress=done, total=total)

    def should_stop() -> bool:
        return not Bundle.objects.filter(pk=bundle.pk, status=Bundle.Status.RUNNING).exists()

    result = write_bundle(plan, target, progress=progress, should_stop=should_stop)
    problems = inspect_bundle(target).problems
    if problems:
        target.unlink(missing_ok=True)
        raise BadInput(_("Tập hồ sơ lập ra không đạt kiểm tra: %(problem)s") % {"problem": problems[0]})
    try:
        with transaction.atomic():
            finished = _end(
                bundle,
                Bundle.Status.DONE,
                page_count=result.page_count,
                progress=result.page_count,
                total=result.page_count,
                sha256=result.sha256,
                document_count=len(filed),
                document_ids=[document.document_id for document in filed],
            )
            if finished:
                tell_made(bundle.requested_by, bundle.case, bundle.preset, filed, result)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    if not finished:
        target.unlink(missing_ok=True)


def tell_made(
    actor: User | None, case: CaseFile, preset: str, filed: Sequence[CaseDocument], result: BundleResult
) -> None:
    """Tell the ledger of a bundle that is finished."""
    tell(
        "bundle_made",
        actor=actor,
        case=case,
        preset=preset,
        pages=result.page_count,
        documents=len(filed),
        digest=digest_of((document.document_id, document.sha256) for document in filed),
        sha256=result.sha256,
    )


def _end(bundle: Bundle, status: str, **values: object) -> bool:
    """Close a running bundle; False when it was cancelled meanwhile."""
    changed = Bundle.objects.filter(pk=bundle.pk, status=Bundle.Status.RUNNING).update(
        status=status, finished_at=timezone.now(), **values
    )
    return changed == 1


def may_have(user: User, bundle: Bundle) -> bool:
    """Tell whether the person may read everything in a bundle at this moment."""
    inside = set(bundle.document_ids)
    seen = set(visible_documents(user).filter(document_id__in=inside).values_list("document_id", flat=True))
    return bool(inside) and inside <= seen


def bundle_for(user: User, bundle_id: UUID | str) -> Bundle:
    """Return a bundle the person may have.

    Raises:
        NotFound: there is none, or something in it is not for this person (any more).
    """
    bundle = Bundle.objects.select_related("case__unit__parent", "requested_by").filter(pk=bundle_id).first()
    if bundle is not None and may_have(user, bundle):
        return bundle
    raise NotFound(_("Không có tập hồ sơ này trong phạm vi của bạn."))


def bundles_of(user: User, case: CaseFile) -> list[Bundle]:
    """Return the bundles of a case that the person may have, newest first."""
    seen = set(visible_documents(user).filter(case=case).values_list("document_id", flat=True))
    return [bundle for bundle in case.bundles.all()[:20] if set(bundle.document_ids) <= seen and bundle.document_ids]


def cancel_bundle(*, actor: User, bundle: Bundle) -> None:
    """Stop a bundle that is not finished.

    Raises:
        Conflict: it is finished already.
    """
    bundle_for(actor, bundle.pk)
    changed = Bundle.objects.filter(pk=bundle.pk, status__in=_OPEN).update(
        status=Bundle.Status.CANCELLED, finished_at=timezone.now()
    )
    if changed != 1:
        raise Conflict(_("Tập hồ sơ này đã lập xong hoặc đã dừng."))


def finished_file(bundle: Bundle) -> Path:
    """Return the finished file.

    Raises:
        Conflict: it is not finished.
        NotFound: the file is no longer there.
    """
    if bundle.status != Bundle.Status.DONE:
        raise Conflict(_("Tập hồ sơ chưa lập xong."))
    if not bundle.path.is_file():
        raise NotFound(_("Tệp không còn trên máy chủ: hãy lập lại tập hồ sơ."))
    return bundle.path


def content_disposition(bundle: Bundle, *, inline: bool = False) -> str:
    """Return the header that names a fetched bundle: case code, preset and day.

    The name stands there twice: in plain letters for any program, in Vietnamese (RFC 6266) for those that read it.
    """
    made_on = timezone.localtime(bundle.created_at)
    with speaking("vi"):
        full = composed(f"{bundle.case.code} {bundle.get_preset_display()} {made_on:%Y-%m-%d}")
    kind = "inline" if inline else "attachment"
    return f"{kind}; filename=\"{ascii_file_name(full)}.pdf\"; filename*=UTF-8''{quote(full, safe='')}.pdf"
