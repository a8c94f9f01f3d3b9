"""Asking for a bundle, making it, handing it out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin import __version__
from vks_plugin.access.policy import Level
from vks_plugin.access.queries import case_for, reads_only_by_loan, require, visible_documents
from vks_plugin.acts import digest_of, tell
from vks_plugin.cases.folios import Counting
from vks_plugin.cases.models import CaseDocument, CaseFile
from vks_plugin.conf import configuration
from vks_plugin.court.bundle import (
    BundleResult,
    BundleStopped,
    WrittenVolume,
    check_sources,
    path_of_volume,
    too_heavy,
    unfinished,
    write_addition,
    write_bundle,
)
from vks_plugin.court.cautions import LABELS, Caution, Cautioned, Looked, look_at
from vks_plugin.court.choosing import (
    BY_PROFILE,
    HEADINGS,
    Choice,
    Offered,
    Wishes,
    another_file,
    choose,
    copies_told,
    corner_by_profile,
    is_file,
    offer,
)
from vks_plugin.court.halfway import Halfway, Seen
from vks_plugin.court.inspection import inspect_bundle
from vks_plugin.court.making import close, resume, send_again, send_new, taken
from vks_plugin.court.manifest import as_text, manifest_of
from vks_plugin.court.masking import PersonFacts, masked
from vks_plugin.court.models import OPEN, Bundle
from vks_plugin.court.plan import BundleDocument, BundlePlan, BundleRequest, Part, make_plan, without_equals
from vks_plugin.court.protected import masks_of
from vks_plugin.court.sessions.models import CourtSession
from vks_plugin.court.sessions.states import PLANNED
from vks_plugin.custody.queries import last_checkpoint
from vks_plugin.custody.signing import SUFFIX, OfficeKey, office_key, sign_beside, sign_pdf
from vks_plugin.errors import BadInput, Conflict, NotAllowed, NotFound
from vks_plugin.hashing import sha256_of
from vks_plugin.host.files import readable_pdf
from vks_plugin.language import speaking
from vks_plugin.text import ascii_file_name, composed, gettext_noop

MANIFEST, ADDITION, SIGNATURE = "manifest", "bo-sung", "chu-ky"
"""What may be fetched of a bundle besides its volumes."""
_LONGEST_NUMBER = 6
_MOST_NAMED = 10
"""Pages named in a sentence."""
_READ_AT_ONCE = 25
"""Pages read back before progress is told and a wish to stop is asked for."""
_CHECKED_AT_ONCE = 1_000
"""Pages of a bundle whose papers are opened while somebody waits; a longer one's the worker opens first of all."""


class LaidOut(NamedTuple):
    """A plan, and whose papers it holds."""

    plan: BundlePlan
    filed: list[CaseDocument]
    left_out: list[tuple[CaseDocument, str]]
    """What was asked for and is not in it, each with the reason."""


def documents_for(actor: User, case: CaseFile) -> list[CaseDocument]:
    """Return what may go into the actor's bundle: the case file only, in the order of proceedings."""
    view = case_for(actor, case.code)
    return list(view.documents.filter(part="hsva").prefetch_related("folios"))


def plan_for(
    *,
    actor: User,
    case: CaseFile,
    preset: str = Bundle.Preset.WHOLE,
    wishes: Wishes | None = None,
    earlier: Bundle | None = None,
) -> LaidOut:
    """Lay the bundle out.

    Args:
        actor: for whom; what this person may not read is not in it.
        case: whose papers.
        preset: a value of `Bundle.Preset`.
        wishes: which papers, and in what form.
        earlier: the main bundle of a core bundle, or the one that is added to.

    Raises:
        NotFound, NotAllowed: the actor may not read the case.
        BadInput: there is nothing to bundle, or more than `VKS_MAX_BUNDLE_PAGES`; a wish that cannot be met;
            folios are missing and nobody explained why.
    """
    filed = _papers_of(actor, case)
    wishes = wishes or Wishes()
    # a court's paper, whatever language the person uses the pages in
    with speaking("vi"):
        chosen = choose(case, filed, preset=preset, wishes=wishes, earlier=earlier)
        # names that papers inside are kept back for, or were taken out of, stand on no cover, index or bookmark either
        masks = masks_of(case) if chosen.defence or chosen.redactions else []
        pages = sum(document.page_count or 0 for document in chosen.documents)
        limit = configuration().max_bundle_pages
        if pages > limit:
            raise BadInput(
                _("Tập hồ sơ có %(pages)d trang, quá %(limit)d: hãy chọn ít tài liệu hơn.")
                % {"pages": pages, "limit": limit}
            )
        planned = [[_as_planned(each, wishes, chosen, masks) for each in group] for group in chosen.groups]
        request = BundleRequest(
            case_code=case.code,
            case_name=masked(case.name, masks),
            office_name=case.unit.name,
            made_on=timezone.localdate(),
            title=str(Bundle.Preset(chosen.preset).label),
            documents=planned[0],
            late=planned[1:],
            heading=HEADINGS[Bundle.Preset(chosen.preset)],
            limits=wishes.limits(),
            corner=corner_by_profile(chosen.documents) if wishes.corner == BY_PROFILE else wishes.corner,
            notes=chosen.notes,
        )
        plan = make_plan(request)
        if earlier is not None and preset == Bundle.Preset.SUPPLEMENT:
            _hold_numbers(plan, earlier)
    return LaidOut(plan, chosen.documents, chosen.left_out)


def told_apart(laid: LaidOut, looked: Looked, *, skip: bool) -> tuple[LaidOut, list[Cautioned]]:
    """Return the layout once it is known what the papers show, and what is odd in those that stay.

    Args:
        laid: the layout without that.
        looked: what was seen in its papers.
        skip: whether papers that show the same as an earlier one are left out; else the index marks them.

    Raises:
        BadInput: everything that was to be added is there already.
    """

    def with_shown(documents: Iterable[BundleDocument]) -> list[BundleDocument]:
        return [replace(each, shown=looked.shown.get(each.path, "")) for each in documents]

    request = replace(
        laid.plan.request,
        documents=with_shown(laid.plan.request.documents),
        late=[with_shown(late) for late in laid.plan.request.late],
    )
    if not skip:
        return laid._replace(plan=make_plan(request)), looked.cautions
    request, dropped = without_equals(request)
    gone = {int(each.key): stays for each, stays in dropped}
    with speaking("vi"):
        left_out = [
            (
                each,
                _("Trùng với “%(title)s”%(folios)s, là bản được giữ.")
                % {"title": stays.title, "folios": f" (BL {stays.folios})" if stays.folios else ""},
            )
            for each in laid.filed
            if (stays := gone.get(each.document_id)) is not None
        ]
        if dropped:
            note = _("%(number)d tài liệu trùng không đưa vào; mục lục ghi bút lục của bản trùng.")
            request = replace(request, notes=[*request.notes, note % {"number": len(dropped)}])
    kept = LaidOut(
        make_plan(request),
        [each for each in laid.filed if each.document_id not in gone],
        [*laid.left_out, *left_out],
    )
    cautions = [
        each for each in looked.cautions if each.caution != Caution.ALIKE and int(each.document.key) not in gone
    ]
    return kept, cautions


def may_bundle(actor: User, case: CaseFile) -> None:
    """See that somebody may have bundles made.

    Raises:
        NotFound, NotAllowed: the actor may not read the case, or does so by a loan alone.
    """
    require(actor, case, Level.VIEW, doing=_("lập tập hồ sơ"))
    if reads_only_by_loan(actor, case):
        raise NotAllowed(
            _("Bạn mượn bản điện tử của hồ sơ này: đọc trong trang của vụ án, không lập tập, không tải về.")
        )


def _papers_of(actor: User, case: CaseFile) -> list[CaseDocument]:
    """Return what may go into the actor's bundle, once it is seen that there may be one, and something in it."""
    may_bundle(actor, case)
    filed = documents_for(actor, case)
    if not filed:
        raise BadInput(_("Vụ án chưa có tài liệu nào trong hồ sơ: hãy nộp tài liệu trước khi lập tập."))
    return filed


def offered(
    *, actor: User, case: CaseFile, preset: str = Bundle.Preset.WHOLE, earlier: UUID | str | None = None
) -> list[Offered]:
    """Return which papers somebody may pick for a bundle, and which its preset leaves out, in the bundle's order.

    Raises:
        NotFound, NotAllowed: the actor may not read the case, or the earlier bundle.
        BadInput: there is nothing to bundle, or such a bundle cannot be made.
    """
    filed = _papers_of(actor, case)
    before = earlier_bundle(actor, case, earlier) if earlier else None
    return offer(case, filed, preset=preset, earlier=before)


def _hold_numbers(plan: BundlePlan, earlier: Bundle) -> None:
    """Make sure that no page of the earlier bundle got another number."""
    before = [row for rows in (earlier.layout["begun"], *earlier.layout["late"]) for row in rows]
    now = [[int(each.document.key), each.first_page] for each in plan.documents[: len(before)]]
    if now != [[document, first] for document, _sha256, _pages, first in before]:
        raise BadInput(_("Số trang của tập trước không giữ được: hãy lập tập mới."))


def layout_of(plan: BundlePlan) -> dict[str, Any]:
    """Return where every document stands, so that a later bundle can keep to it."""

    def rows(parts: Iterable[Part]) -> list[list[Any]]:
        return [
            [int(each.document.key), each.document.sha256, each.document.page_count, each.first_page]
            for part in parts
            for each in part.documents
        ]

    begun = [part for part in plan.parts if not part.supplement]
    return {"begun": rows(begun), "late": [rows([part]) for part in plan.parts if part.supplement]}


def _as_planned(filed: CaseDocument, wishes: Wishes, chosen: Choice, masks: Sequence[PersonFacts]) -> BundleDocument:
    kind = filed.document_type
    copy = chosen.redactions.get(filed.pk)
    # of a paper that goes in as it is, nothing is kept from its reader
    hidden = masks if copy is not None else ()
    path = copy.path if copy is not None else readable_pdf(filed.document)
    folios = {folio.page: folio.label for folio in filed.folios.all() if folio.page is not None and folio.label}
    stampers = {folio.stamped_by for folio in filed.folios.all() if folio.stamped_by}
    backs = {}
    if filed.counting == Counting.SHEET:
        backs = {page + 1: label for page, label in folios.items() if page + 1 not in folios}
    return BundleDocument(
        title=masked(filed.title, hidden),
        kind_name=kind.name if kind is not None else "",
        section_code=kind.group_code if kind is not None else "",
        section_name=kind.group_name if kind is not None else _("Tài liệu chưa phân loại"),
        number=masked(filed.number, hidden),
        date=filed.date,
        part=filed.part,
        path=path,
        page_count=filed.page_count or 0,
        folio_by_page=folios,
        characteristics=masked(filed.characteristics, hidden),
        back_by_page={page: label for page, label in backs.items() if page <= (filed.page_count or 0)},
        agency=", ".join(sorted(stampers)) if wishes.agency else "",
        agency_by_page={folio.page: folio.stamped_by for folio in filed.folios.all() if folio.page and folio.label},
        key=str(filed.document_id),
        sha256=filed.sha256,
        # a file that is not there is named when every source is looked at
        size=path.stat().st_size if path.is_file() else 0,
        main_page=chosen.main_pages.get(filed.pk, 0),
        redacted=copy is not None,
        copy_sha256=copy.sha256 if copy is not None else "",
    )


@transaction.atomic
def request_bundle(
    *,
    actor: User,
    case: CaseFile,
    preset: str = Bundle.Preset.WHOLE,
    wishes: Wishes | None = None,
    earlier: UUID | str | None = None,
) -> Bundle:
    """Queue a bundle of the case; a worker makes it.

    Asking again for the same while one is being made returns that one.

    Raises:
        NotFound, NotAllowed: the actor may not read the case.
        BadInput: unknown preset, nothing to bundle, too many pages, or wishes that cannot be met.
        Unavailable: the task queue cannot be reached.
    """
    bundle, fresh = _asked_for(actor, case, preset, wishes or Wishes(), earlier)
    if fresh:
        transaction.on_commit(partial(send_new, bundle, _to_worker))
    else:
        resume_interrupted(Bundle.objects.filter(pk=bundle.pk))
    return bundle


def bundle_at_once(
    *,
    actor: User,
    case: CaseFile,
    preset: str = Bundle.Preset.WHOLE,
    wishes: Wishes | None = None,
    earlier: UUID | str | None = None,
) -> Bundle:
    """Make a bundle of the case here and now, and keep it in the case as one that was asked for on its page.

    Raises:
        Conflict: the same is being made by a worker.
        VksError: what `request_bundle` refuses, or what went wrong on the way; nothing is left but the row that says so.
    """
    with transaction.atomic():
        bundle, fresh = _asked_for(actor, case, preset, wishes or Wishes(), earlier)
    if not fresh:
        raise Conflict(_("Tập này đang được lập: hãy đợi, hoặc dừng tập đó."))
    build(bundle.pk)
    bundle.refresh_from_db()
    if bundle.status != Bundle.Status.DONE:
        raise BadInput(bundle.error or _("Tập hồ sơ đã được dừng theo yêu cầu."))
    return bundle


def _asked_for(
    actor: User, case: CaseFile, preset: str, wishes: Wishes, earlier: UUID | str | None
) -> tuple[Bundle, bool]:
    """Return the bundle that is wanted, and whether it is new: the same may be on its way."""
    if preset not in Bundle.Preset.values:
        raise BadInput(_("Mẫu tập hồ sơ không có trong danh mục."), field="preset")
    before = earlier_bundle(actor, case, earlier) if earlier else None
    laid = plan_for(actor=actor, case=case, preset=preset, wishes=wishes, earlier=before)
    if laid.plan.page_count <= _CHECKED_AT_ONCE:
        # a paper that cannot be bundled is named to whoever asks, and not to somebody who comes back later
        check_sources(laid.plan)
        check_copies(case, laid.plan)
    CaseFile.objects.select_for_update().get(pk=case.pk)
    running = Bundle.objects.filter(
        case=case,
        preset=preset,
        requested_by=actor,
        status__in=OPEN,
        earlier=before,
        options=wishes.as_data(),
    ).first()
    if running is not None:
        return running, False
    bundle = Bundle.objects.create(
        case=case,
        preset=preset,
        requested_by=actor,
        options=wishes.as_data(),
        earlier=before,
        total=laid.plan.page_count,
        document_count=len(laid.filed),
        document_ids=[document.document_id for document in laid.filed],
    )
    return bundle, True


def earlier_bundle(actor: User, case: CaseFile, bundle_id: UUID | str) -> Bundle:
    """Return a finished bundle of the case that another is to build on.

    Raises:
        NotFound: there is none, or something in it is not for this person (any more).
        BadInput: it is of another case, was never finished, or was made before layouts were kept.
    """
    bundle = bundle_for(actor, bundle_id)
    if bundle.case_id != case.pk or bundle.status != Bundle.Status.DONE or not bundle.layout:
        raise BadInput(_("Hãy chọn một tập đã lập xong của vụ án này."), field="earlier")
    return bundle


def _to_worker(bundle_id: str) -> None:
    from vks_plugin.court.tasks import make_bundle  # noqa: PLC0415 - the task imports this module

    make_bundle.apply_async(kwargs={"bundle_id": bundle_id})


def build(bundle_id: UUID | str) -> None:
    """Make a queued bundle; called by the worker.

    Whatever goes wrong is kept with the bundle as a sentence. A bundle another worker took is left alone.
    """
    bundle = Bundle.objects.select_related("case__unit__parent", "requested_by").filter(pk=bundle_id).first()
    if bundle is None:
        return
    crashed = gettext_noop("Không lập được tập hồ sơ do lỗi hệ thống: hãy báo quản trị.")
    with taken(bundle, partial(_failed, bundle), crashed=crashed) as ours:
        if ours:
            _write(bundle)


def resume_interrupted(bundles: QuerySet[Bundle]) -> int:
    """Begin bundles anew whose worker is gone, and send those again that no worker took; return how many."""
    return resume(bundles.select_related("case", "requested_by"), _to_worker)


def _failed(bundle: Bundle, sentence: str) -> None:
    close(bundle, Bundle.Status.FAILED, error=sentence)


def _write(bundle: Bundle) -> None:
    def progress(done: int, total: int) -> None:
        # what is written is read back: every page is gone through twice
        Bundle.objects.filter(pk=bundle.pk).update(progress=done, total=total * 2)

    def read(done: int) -> None:
        Bundle.objects.filter(pk=bundle.pk).update(progress=plan.page_count + min(done, plan.page_count))

    def should_stop() -> bool:
        return not Bundle.objects.filter(pk=bundle.pk, status=Bundle.Status.RUNNING).exists()

    laid = plan_for(
        actor=bundle.requested_by,
        case=bundle.case,
        preset=bundle.preset,
        wishes=Wishes.of(bundle.options),
        earlier=bundle.earlier,
    )
    # a key that is configured and cannot be used is told before the long work, and so is a paper that cannot be bundled
    key = office_key()
    bundle.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # a worker that finished something did not die of what the one before it died of
    check_copies(bundle.case, laid.plan)
    halfway = Halfway(bundle.path, lambda: Bundle.objects.filter(pk=bundle.pk).update(attempts=1))
    seen = halfway.seen(laid.plan)
    if seen is None:
        seen = Seen(check_sources(laid.plan), look_at(laid.plan, should_stop))
        if not should_stop():
            halfway.keep_seen(laid.plan, seen)
    forms = seen.forms
    laid, cautions = told_apart(laid, seen.looked, skip=bool(bundle.options.get("skip_equal")))
    plan = laid.plan
    # told while there is time to stop
    Bundle.objects.filter(pk=bundle.pk).update(
        total=plan.page_count * 2,
        left_out=_left_out(laid),
        cautions=[[int(each.document.key), each.caution.value, list(each.pages), each.count] for each in cautions],
    )
    target = bundle.path
    finished = stopped = False
    try:
        result = write_bundle(plan, target, forms=forms, progress=progress, should_stop=should_stop, halfway=halfway)
        added = write_addition(plan, bundle.addition_path, forms=forms, should_stop=should_stop)
        result = replace(result, addition=added)
        # nobody put another file there while it was read
        check_copies(bundle.case, plan)
        inspect_all(result, progress=read, should_stop=should_stop, halfway=halfway)
        if key is not None:
            result = sign_all(plan, result, key)
        bundle.manifest_path.write_text(manifest_text(plan, result, key), encoding="utf-8")
        if key is not None:
            sign_beside(bundle.manifest_path, key)
        beside = {name: sha256_of(path) for name, path in bundle.files_beside.items() if path.is_file()}
        with transaction.atomic():
            finished = close(
                bundle,
                Bundle.Status.DONE,
                page_count=result.page_count,
                progress=result.page_count,
                total=result.page_count,
                sha256=result.sha256,
                document_count=len(laid.filed),
                document_ids=[document.document_id for document in laid.filed],
                layout=layout_of(plan),
                volumes=[each.as_data() for each in result.volumes],
                beside=beside,
                left_out=_left_out(laid),
            )
            if finished:
                tell_made(
                    bundle.requested_by, bundle.case, bundle.preset, laid.filed, result, manifest=beside["manifest"]
                )
    except BundleStopped:
        stopped = True
        raise
    except BaseException:
        finished = False
        raise
    finally:
        if not stopped:
            halfway.forget()
        if not finished:
            paths = [path_of_volume(target, number + 1, len(plan.volumes)) for number in range(len(plan.volumes))]
            for path in paths if stopped else ():
                # it may be gone on with, and is tidied up when nobody does
                if path.exists():
                    path.replace(unfinished(path))
            for path in (*paths, bundle.addition_path, bundle.manifest_path, bundle.signature_path):
                path.unlink(missing_ok=True)


def _left_out(laid: LaidOut) -> list[list[Any]]:
    return [[document.document_id, why] for document, why in laid.left_out]


def manifest_text(plan: BundlePlan, result: BundleResult, key: OfficeKey | None = None) -> str:
    """Return the manifest of what was just written, with the newest signed head of the ledger and who signs."""
    checkpoint = last_checkpoint()
    note = checkpoint.note if checkpoint is not None else ""
    return as_text(
        manifest_of(plan, result, tool=f"vks-plugin {__version__}", checkpoint=note, signer=key.name if key else "")
    )


def inspect_all(
    result: BundleResult,
    *,
    progress: Callable[[int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    halfway: Halfway | None = None,
) -> None:
    """Read every file of a bundle with another library than the one that wrote it.

    Args:
        result: what was written.
        progress: called now and then with the pages read of all files so far.
        should_stop: asked as often; a true answer ends the reading.
        halfway: which files another worker read, and where it is kept that this one did.

    Raises:
        BadInput: a reader in court would trip over something.
        BundleStopped: `should_stop` answered true.
    """
    read = 0

    def looked_at(page: int) -> None:
        if page % _READ_AT_ONCE:
            return
        if should_stop is not None and should_stop():
            raise BundleStopped(_("Tập hồ sơ đã được dừng theo yêu cầu."))
        if progress is not None:
            progress(read + page)

    for each in result.files:
        if halfway is not None and halfway.is_inspected(each.sha256):
            read += each.last_page - each.first_page + 1
            continue
        found = inspect_bundle(each.path, first_page=each.first_page, looked_at=looked_at)
        if found.problems:
            raise BadInput(_("Tập hồ sơ lập ra không đạt kiểm tra: %(problem)s") % {"problem": found.problems[0]})
        read += found.page_count
        if halfway is not None:
            halfway.keep_inspected(each.sha256)


def check_copies(case: CaseFile, plan: BundlePlan) -> None:
    """Refuse a bundle into which something else would go than the redacted copies that were made and read.

    Raises:
        Conflict: what lies on the server is not the copy of which the ledger has the SHA-256; the sentence names the paper.
    """
    copies = [each.document for each in plan.documents if each.document.copy_sha256]
    told = copies_told(case, [each.copy_sha256 for each in copies])
    for each in copies:
        if each.copy_sha256 not in told or not is_file(each.path, each.copy_sha256):
            raise another_file(each.title)


def sign_all(plan: BundlePlan, result: BundleResult, key: OfficeKey) -> BundleResult:
    """Sign every file of a bundle, as the last thing that happens to it; return what they are then.

    Raises:
        BadInput: a volume is heavier than allowed with its signature.
    """

    def signed(each: WrittenVolume) -> WrittenVolume:
        sign_pdf(each.path, key)
        size = each.path.stat().st_size
        if plan.request.limits.size and size > plan.request.limits.size:
            raise too_heavy(each.number)
        return replace(each, sha256=sha256_of(each.path), size=size)

    return replace(
        result,
        volumes=tuple(signed(each) for each in result.volumes),
        addition=signed(result.addition) if result.addition is not None else None,
    )


def tell_made(
    actor: User | None,
    case: CaseFile,
    preset: str,
    filed: Sequence[CaseDocument],
    result: BundleResult,
    *,
    manifest: str | None = None,
) -> None:
    """Tell the ledger of a bundle that is finished.

    Args:
        manifest: SHA-256 of its manifest; None: none goes with it.
    """
    tell(
        "bundle_made",
        actor=actor,
        case=case,
        preset=preset,
        pages=result.page_count,
        documents=len(filed),
        digest=digest_of((document.document_id, document.sha256) for document in filed),
        sha256=result.sha256,
        addition_sha256=result.addition.sha256 if result.addition is not None else None,
        manifest=manifest,
    )


def tell_locked(actor: User | None, case: CaseFile, preset: str, sha256: str) -> None:
    """Tell the ledger of the encrypted file that goes out."""
    tell("bundle_encrypted", actor=actor, case=case, preset=preset, sha256=sha256)


def may_have(user: User, bundle: Bundle) -> bool:
    """Tell whether the person may read everything in a bundle at this moment."""
    inside = set(bundle.document_ids)
    seen = set(visible_documents(user).filter(document_id__in=inside).values_list("document_id", flat=True))
    return bool(inside) and inside <= seen and not reads_only_by_loan(user, bundle.case)


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
    if reads_only_by_loan(user, case):
        return []
    seen = set(visible_documents(user).filter(case=case).values_list("document_id", flat=True))
    return [bundle for bundle in case.bundles.all()[:20] if set(bundle.document_ids) <= seen and bundle.document_ids]


class KeptBack(NamedTuple):
    """A document that was asked for and is not in a bundle."""

    document_id: int
    """In the host."""
    title: str
    why: str


def kept_back(user: User, bundles: Iterable[Bundle]) -> dict[UUID, list[KeptBack]]:
    """Return what each of these bundles leaves out and why, of that which the person may see (one query)."""
    rows = {bundle.pk: bundle.left_out for bundle in bundles if bundle.left_out}
    asked = {document for each in rows.values() for document, _why in each}
    if not asked:
        return {}
    seen = dict(visible_documents(user).filter(document_id__in=asked).values_list("document_id", "title"))
    return {
        pk: [KeptBack(document, seen[document], why) for document, why in each if document in seen]
        for pk, each in rows.items()
    }


@dataclass(frozen=True)
class Odd:
    """Something to look at in a document before it is handed out in a bundle."""

    document_id: int
    """In the host."""
    title: str
    caution: str
    """A value of `cautions.Caution`."""
    what: str
    """In words."""
    pages: list[int]
    """Of the document, from 1; the first of them."""
    count: int
    """Of all such pages."""

    @property
    def told(self) -> str:
        """Where it is odd, and how: `trang 2, 3: chữ nằm nghiêng`."""
        named = ", ".join(str(page) for page in self.pages[:_MOST_NAMED])
        if named and self.count > _MOST_NAMED:
            where = _("trang %(pages)s… (%(count)d trang)") % {"pages": named, "count": self.count}
        else:
            where = _("trang %(pages)s") % {"pages": named} if named else ""
        return ": ".join(part for part in (where, self.what) if part)

    @property
    def sentence(self) -> str:
        """What a person is told."""
        return f"{self.title}, {self.told}"


def odd_of(document: BundleDocument, caution: str, pages: Sequence[int], count: int) -> Odd:
    """Return what is told of a caution."""
    return Odd(int(document.key or 0), document.title, caution, _(LABELS.get(caution, caution)), list(pages), count)


def oddities(user: User, bundles: Iterable[Bundle]) -> dict[UUID, list[Odd]]:
    """Return what is to be looked at in each of these bundles, of documents the person may see (one query)."""
    rows = {bundle.pk: bundle.cautions for bundle in bundles if bundle.cautions}
    asked = {document for each in rows.values() for document, *_told in each}
    if not asked:
        return {}
    seen = dict(visible_documents(user).filter(document_id__in=asked).values_list("document_id", "title"))
    return {
        pk: [
            Odd(document, seen[document], caution, _(LABELS.get(caution, caution)), pages, count)
            for document, caution, pages, count in each
            if document in seen
        ]
        for pk, each in rows.items()
    }


def cancel_bundle(*, actor: User, bundle: Bundle) -> None:
    """Stop a bundle that is not finished.

    Raises:
        Conflict: it is finished already.
    """
    bundle_for(actor, bundle.pk)
    changed = Bundle.objects.filter(pk=bundle.pk, status__in=OPEN).update(
        status=Bundle.Status.CANCELLED, finished_at=timezone.now()
    )
    if changed != 1:
        raise Conflict(_("Tập hồ sơ này đã lập xong hoặc đã dừng."))


@transaction.atomic
def go_on(*, actor: User, bundle: Bundle) -> Bundle:
    """Queue a bundle again that was stopped or could not be made, for whoever asks now; finished volumes are taken on.

    Raises:
        NotFound: there is none for this person.
        Conflict: it is being made, or done.
    """
    bundle_for(actor, bundle.pk)
    row = Bundle.objects.select_for_update().get(pk=bundle.pk)
    if not row.may_go_on:
        raise Conflict(_("Tập hồ sơ này đang được lập hoặc đã lập xong: hãy tải lại trang."))
    row.status, row.error, row.finished_at = Bundle.Status.QUEUED, "", None
    row.progress, row.requested_by, row.queued_at, row.attempts = 0, actor, timezone.now(), 0
    row.save()
    transaction.on_commit(partial(send_again, row, _to_worker))
    return row


def finished_file(bundle: Bundle, piece: str = "") -> Path:
    """Return a finished file.

    Args:
        bundle: whose.
        piece: number of the volume (the first when empty), `manifest`, `chu-ky`: its signature, or `bo-sung`: what a supplement added.

    Raises:
        Conflict: it is not finished.
        NotFound: there is no such piece, or the file is no longer there.
    """
    if bundle.status != Bundle.Status.DONE:
        raise Conflict(_("Tập hồ sơ chưa lập xong."))
    if piece == MANIFEST:
        path = bundle.manifest_path
    elif piece == SIGNATURE:
        path = bundle.signature_path
        if not path.is_file():
            raise NotFound(_("Bảng kê của tập này không được ký số."))
    elif piece == ADDITION and bundle.preset == Bundle.Preset.SUPPLEMENT:
        path = bundle.addition_path
    else:
        count = max(len(bundle.volumes), 1)
        number = int(piece) if piece.isdecimal() and len(piece) < _LONGEST_NUMBER else int(not piece)
        if not 1 <= number <= count:
            raise NotFound(_("Tập hồ sơ không có phần này."))
        path = path_of_volume(bundle.path, number, count)
    if not path.is_file():
        raise NotFound(_("Tệp không còn trên máy chủ: hãy lập lại tập hồ sơ."))
    return path


def content_disposition(bundle: Bundle, piece: str = "", *, inline: bool = False) -> str:
    """Return the header that names a fetched file: case code, preset, volume, and the day of the hearing or of the making.

    The name stands there twice: in plain letters for any program, in Vietnamese (RFC 6266) for those that read it.
    """
    made_on = timezone.localtime(bundle.created_at)
    with speaking("vi"):
        name = bundle.get_preset_display()
    if piece in {MANIFEST, ADDITION, SIGNATURE}:
        name += " phần thêm" if piece == ADDITION else " bảng kê"
    elif bundle.several:
        name += f" tập {piece or 1}-{len(bundle.volumes)}"
    heard_on = _next_hearing(bundle.case, made_on.date())
    day = f"phiên tòa {heard_on:%Y-%m-%d}" if heard_on is not None else f"{made_on:%Y-%m-%d}"
    full = composed(f"{bundle.case.code} {name} {day}")
    kind = "inline" if inline else "attachment"
    ending = {MANIFEST: "json", SIGNATURE: f"json{SUFFIX}"}.get(piece, "pdf")
    return f"{kind}; filename=\"{ascii_file_name(full)}.{ending}\"; filename*=UTF-8''{quote(full, safe='')}.{ending}"


def _next_hearing(case: CaseFile, since: dt.date) -> dt.date | None:
    """Return the day of the next session of the court that was planned when a bundle was made; None without one."""
    planned = CourtSession.objects.filter(case=case, state=PLANNED, starts_on__gte=since)
    return planned.order_by("starts_on").values_list("starts_on", flat=True).first()


def content_type(piece: str) -> str:
    """Return what kind of file a piece is."""
    return {MANIFEST: "application/json", SIGNATURE: "application/pkcs7-signature"}.get(piece, "application/pdf")
