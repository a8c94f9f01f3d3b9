"""Numbering the folios of a case file. Whether the actor may is decided before, in `access`.

Điều 35 of Thông tư liên tịch 04/2018 in acts: pages are stamped (`stamp_pages`), numbered once and then onwards
(`number_folios`), and what went wrong is corrected with an explanation (`add_folio`, `correct_folios`, `explain`).
No act gives a numbered page another place, and none changes the folios of a document that is sealed. Every act is one transaction under the lock of its case.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from vks_plugin.acts import digest_of, tell
from vks_plugin.cases.actions.record import add_entry, lock_record, note_change, numbers_taken
from vks_plugin.cases.folio_queries import (
    as_unnumbered,
    explained_documents,
    labels_of,
    numbered_documents,
    papers_of,
    waiting_documents,
    withheld_labels,
)
from vks_plugin.cases.folio_report import ABOUT_DOCUMENTS, ABOUT_FOLIOS, Finding
from vks_plugin.cases.folios import (
    LARGEST_FOLIO,
    FolioError,
    Label,
    check_added,
    check_correction,
    check_order,
    check_start,
    cited,
    next_number,
    number_pages,
    runs,
)
from vks_plugin.cases.models import (
    CaseChange,
    CaseDocument,
    CaseFile,
    Folio,
    FolioExplanation,
    FolioProfile,
    Volume,
)
from vks_plugin.errors import BadInput, Conflict, NotFound
from vks_plugin.host.filed import refuse_frozen
from vks_plugin.language import speaking, told
from vks_plugin.text import one_line

CLAIMED: list[Callable[[CaseFile], list[tuple[int, int]]]] = []
"""Who else knows of numbers that are not in the file yet: files on their way, which lie above this concept."""

LONGEST_TEXT = 1000


@contextmanager
def _told() -> Iterator[None]:
    """Let a refusal of the pure rules reach the reader in the reader's language, and one of the database in words."""
    try:
        with told(), transaction.atomic():
            yield
    except IntegrityError as error:
        raise Conflict(_("Số bút lục hoặc trang này vừa được dùng: hãy tải lại trang rồi làm lại.")) from error


def claimed(case: CaseFile) -> list[Label]:
    """Return the numbers that files on their way have claimed."""
    return [Label(number) for claims in CLAIMED for first, last in claims(case) for number in range(first, last + 1)]


def _own(case: CaseFile, document: CaseDocument, *, field: str) -> CaseDocument:
    """Return the document if it lies in the case file; an internal one is treated as one that is not there."""
    found = papers_of(case).filter(pk=document.pk).first()
    if found is None:
        raise BadInput(_("Tài liệu này không nằm trong hồ sơ vụ án."), field=field)
    return found


def _needed(text: str, sentence: str, *, field: str) -> str:
    said = one_line(text)
    if not said:
        raise BadInput(sentence, field=field)
    if len(said) > LONGEST_TEXT:
        raise BadInput(_("Nội dung dài quá %(most)d ký tự.") % {"most": LONGEST_TEXT}, field=field)
    return said


def _note(
    case: CaseFile,
    actor: User,
    *,
    act: str,
    label: str,
    values: list[list[Any]],
    reason: str = "",
    told: bool = False,
) -> None:
    note_change(
        case=case,
        actor=actor,
        act=act,
        subject="folio",
        subject_id=case.pk,
        label=label,
        values=values,
        reason=reason,
        told=told,
    )


def follow_folios(documents: Collection[int]) -> None:
    """Write first and last folio of these documents beside their titles, from the rows, which are the truth."""
    labels: dict[int, list[Label]] = defaultdict(list)
    for folio in Folio.objects.filter(case_document__in=documents, number__isnull=False):
        labels[folio.case_document_id].append(Label(folio.number or 0, folio.suffix))
    for pk, inside in labels.items():
        first, last = min(inside), max(inside)
        CaseDocument.objects.filter(pk=pk).update(
            folio_from=first.number, suffix_from=first.suffix, folio_to=last.number, suffix_to=last.suffix
        )


def _pages_free(document: CaseDocument, pages: Collection[int], *, ignoring: Collection[int] = ()) -> None:
    taken = Folio.objects.filter(case_document=document, page__in=pages, number__isnull=False).exclude(pk__in=ignoring)
    folio = taken.first()
    if folio is not None:
        raise Conflict(
            _("Trang %(page)d đã mang bút lục %(label)s.") % {"page": folio.page, "label": folio.label}, field="page"
        )
    wrong = [page for page in pages if page < 1 or page > (document.page_count or LARGEST_FOLIO)]
    if wrong:
        raise BadInput(_("Tài liệu không có trang %(page)d.") % {"page": wrong[0]}, field="page")


# --- stamps and numbers


@transaction.atomic
def stamp_pages(
    *, actor: User, case: CaseFile, document: CaseDocument, pages: Collection[int], profile: FolioProfile
) -> int:
    """Record which pages of a document bear a stamp without a number; return how many.

    The pages named take the place of those recorded before.

    Raises:
        BadInput: the document is not in the case file, or has no such page.
        NumberedOnceError: it has its numbers already.
    """
    with _told():
        case = lock_record(case)
        filed = _own(case, document, field="document")
        refuse_frozen([filed.document_id])
        check_order([filed.pk], left_out=(), waiting=[filed.pk], numbered=numbered_documents(case))
        _pages_free(filed, pages)
        Folio.objects.filter(case_document=filed, number__isnull=True).delete()
        Folio.objects.bulk_create(
            Folio(
                case=case,
                case_document=filed,
                number=None,
                page=page,
                state=Folio.State.PROVISIONAL,
                stamped_by=profile.agency,
            )
            for page in sorted(set(pages))
        )
        stamped = cited(Label(page) for page in pages)
        _note(
            case,
            actor,
            act=CaseChange.Act.CHANGED,
            label=filed.title,
            values=[["page", "", stamped], ["stamped_by", "", profile.agency]],
        )
        return len(set(pages))


@transaction.atomic
def number_folios(
    *,
    actor: User,
    case: CaseFile,
    profile: FolioProfile,
    order: Sequence[int],
    left_out: Collection[int] = (),
    without: Mapping[int, Collection[int]] | None = None,
    first: int | None = None,
    reason: str = "",
    without_reason: str = "",
) -> int:
    """Number everything that waits, at once and in this order, after the last number; return how many were given.

    Args:
        order: the documents (primary keys) as they lie in the file.
        left_out: those that get no number now, such as a cover.
        without: pages that get none, by document; those that bear no stamp while others do when left out.
        profile: how, and whose stamp it is.
        first: the first number; the next free one when left out.
        reason: why numbers are left out before `first`.
        without_reason: why pages and documents get none; kept as their explanation.

    Raises:
        NumberedOnceError: something in it is numbered already, or `first` is not after the last number.
        ChangedMeanwhileError: the documents are not those that wait.
        BadInput, Conflict: the profile does not number, or numbers once what is numbered in part.
    """
    with _told():
        case = lock_record(case)
        if profile.numbering == FolioProfile.Numbering.NONE:
            raise BadInput(
                _("“%(profile)s” không đánh số: hãy chọn cách khác.") % {"profile": profile}, field="profile"
            )
        labels = labels_of(case)
        if labels and profile.numbering == FolioProfile.Numbering.ONCE:
            raise Conflict(
                _("Hồ sơ đã có bút lục: chỉ đánh số nối tiếp, không đánh lại từ đầu (Điều 35)."), field="profile"
            )
        waiting = {each.pk: each for each in waiting_documents(case)}
        check_order(order, left_out=left_out, waiting=waiting, numbered=numbered_documents(case))
        refuse_frozen(waiting[pk].document_id for pk in order)
        taken = [*labels, *claimed(case)]
        start = next_number(taken) if first is None else first
        check_start(start, taken, explained=bool(one_line(reason)))
        facts = as_unnumbered([waiting[pk] for pk in order], without)
        numbers = number_pages(facts, first=start, counting=profile.counting)
        if not numbers:
            raise FolioError(_("Không trang nào được đánh số: hãy kiểm tra các trang bỏ trống."), field="order")
        Folio.objects.filter(case_document__in=order, number__isnull=True).delete()
        Folio.objects.bulk_create(
            (
                Folio(
                    case=case,
                    case_document_id=each.document,
                    number=each.number,
                    page=each.page,
                    state=Folio.State.FINAL,
                    stamped_by=profile.agency,
                )
                for each in numbers
            ),
            batch_size=1000,
        )
        numbered = {each.document for each in numbers}
        CaseDocument.objects.filter(pk__in=numbered).update(counting=profile.counting)
        follow_folios(numbered)
        if start > next_number(taken):
            _explain_range(case, actor, Finding.GAP, next_number(taken), start - 1, one_line(reason)[:LONGEST_TEXT])
        why = one_line(without_reason)[:LONGEST_TEXT]
        if why:
            for fact in facts:
                _explain_pages(case, actor, fact.document, fact.without, why, whole=fact.document not in numbered)
            for pk in set(left_out) - explained_documents(case):
                _explain_pages(case, actor, pk, (), why, whole=True)
        _note(
            case,
            actor,
            act=CaseChange.Act.CREATED,
            label=f"Đánh số bút lục {start}–{numbers[-1].number} ({len(numbered)} tài liệu)",
            values=[["number", "", f"{start}–{numbers[-1].number}"], ["stamped_by", "", profile.name]],
            reason=reason,
            told=True,
        )
        tell(
            "folios_numbered",
            actor=actor,
            case=case,
            folio_from=start,
            folio_to=numbers[-1].number,
            pages=len(numbers),
            documents=len(numbered),
            digest=digest_of((waiting[pk].document_id, waiting[pk].sha256) for pk in numbered),
            reason=one_line(reason)[:LONGEST_TEXT],
        )
        return len(numbers)


@transaction.atomic
def place_folios(*, actor: User, case: CaseFile, document: CaseDocument, pages: Collection[int]) -> None:
    """Say which pages of a document show its folios, in their order; numbers stay as they are.

    Raises:
        BadInput: there are not as many pages as folios, or the document has no such page.
    """
    with _told():
        case = lock_record(case)
        filed = _own(case, document, field="document")
        refuse_frozen([filed.document_id])
        folios = list(
            Folio.objects.filter(case_document=filed, number__isnull=False)
            .exclude(state=Folio.State.MISSING)
            .order_by("number", "suffix")
        )
        chosen = sorted(set(pages))
        if len(chosen) != len(folios):
            raise BadInput(
                _("Tài liệu có %(folios)d bút lục nhưng bạn nêu %(pages)d trang: mỗi bút lục một trang.")
                % {"folios": len(folios), "pages": len(chosen)},
                field="pages",
            )
        _pages_free(filed, chosen, ignoring=[each.pk for each in folios])
        before = cited(Label(each.page) for each in folios if each.page is not None)
        # first away from the old pages, which may be those of another folio now
        Folio.objects.filter(pk__in=[each.pk for each in folios]).update(page=None)
        for folio, page in zip(folios, chosen, strict=True):
            folio.page = page
        Folio.objects.bulk_update(folios, ["page"], batch_size=500)
        after = cited(Label(page) for page in chosen)
        if before != after:
            _note(case, actor, act=CaseChange.Act.CHANGED, label=filed.title, values=[["page", before, after]])


# --- corrections and explanations


@transaction.atomic
def add_folio(
    *,
    actor: User,
    case: CaseFile,
    document: CaseDocument,
    label: Label,
    page: int | None,
    text: str,
    report: CaseDocument | None = None,
) -> Folio:
    """Enter a folio with a suffix, such as 125a, with its explanation.

    Raises:
        BadInput: no explanation, no such page, a label without suffix or without its number.
        Conflict: label or page is taken.
    """
    with _told():
        case = lock_record(case)
        filed = _own(case, document, field="document")
        refuse_frozen([filed.document_id])
        said = _needed(text, _("Hãy ghi giải trình."), field="text")
        taken = labels_of(case)
        check_added(label, taken)
        if page is None and (filed.page_count or 1) > 1:
            raise BadInput(_("Hãy nêu trang mang bút lục này."), field="page")
        page = page or 1
        _pages_free(filed, [page])
        Folio.objects.filter(case_document=filed, number__isnull=True).delete()
        folio = Folio.objects.create(
            case=case,
            case_document=filed,
            number=label.number,
            suffix=label.suffix,
            page=page,
            state=Folio.State.CORRECTED,
        )
        follow_folios([filed.pk])
        _explain_range(case, actor, Finding.CORRECTION, label.number, label.number, said, report=report)
        _note(
            case,
            actor,
            act=CaseChange.Act.CREATED,
            label=filed.title,
            values=[["number", "", str(label)], ["page", "", str(page)]],
            reason=said,
        )
        return folio


@transaction.atomic
def correct_folios(
    *,
    actor: User,
    case: CaseFile,
    first: Label,
    last: Label | None = None,
    right: Label | None = None,
    missing: bool = False,
    text: str,
    report: CaseDocument | None = None,
) -> int:
    """Put right what is recorded of a folio or a range of them, with an explanation; return how many.

    Args:
        first: the folio as it is recorded.
        last: the last one of the range; only `first` when left out.
        right: what the first one should be; the others follow.
        missing: the paper is not there, though its number is known.
        text: the explanation.
        report: the report of explanation, where it lies in the file.

    Raises:
        NotFound: there is no such folio.
        NumberedOnceError: a folio would get another place among the others.
        BadInput: no explanation, nothing to correct, or a range that cannot shift.
        Conflict: a label is taken.
    """
    with _told():
        case = lock_record(case)
        said = _needed(text, _("Hãy ghi giải trình."), field="text")
        folios = {each.pk: each for each in Folio.objects.filter(case=case, number__isnull=False)}
        before = {pk: Label(each.number or 0, each.suffix) for pk, each in folios.items()}
        chosen = sorted((label, pk) for pk, label in before.items() if first <= label <= (last or first))
        if first not in before.values() or (last is not None and last not in before.values()):
            raise NotFound(_("Hồ sơ không có bút lục này."), field="first")
        if not missing and right is None:
            raise BadInput(_("Hãy ghi số đúng, hoặc đánh dấu là thiếu giấy."), field="right")
        concerned = {folios[pk].case_document_id for _label, pk in chosen}
        refuse_frozen(CaseDocument.objects.filter(pk__in=concerned).values_list("document_id", flat=True))
        changes = _shifted(chosen, right)
        check_correction(before, changes)
        for label in claimed(case):
            if label in changes.values():
                raise Conflict(_("Bút lục %(label)s thuộc tệp đang chờ xử lý.") % {"label": str(label)}, field="right")
        for label in withheld_labels(case) & set(changes.values()):
            raise Conflict(_("Bút lục %(label)s đã ghi ở một thẻ chỉ dẫn.") % {"label": str(label)}, field="right")
        state = Folio.State.MISSING if missing else Folio.State.CORRECTED
        for pk in _in_safe_order(before, {pk: changes.get(pk, label) for label, pk in chosen}):
            label = changes.get(pk, before[pk])
            Folio.objects.filter(pk=pk).update(
                number=label.number,
                suffix=label.suffix,
                state=state,
                **({"page": None} if missing else {}),
            )
        follow_folios({folios[pk].case_document_id for _label, pk in chosen})
        after = [changes.get(pk, label) for label, pk in chosen]
        finding = Finding.MISSING if missing else Finding.CORRECTION
        _explain_range(case, actor, finding, after[0].number, after[-1].number, said, report=report)
        # the history speaks Vietnamese, whatever language its reader asks for
        with speaking("vi"):
            values = [["state", "", str(state.label)]]
        if changes:
            values.append(["number", cited(label for label, _pk in chosen), cited(after)])
        _note(
            case,
            actor,
            act=CaseChange.Act.CHANGED,
            label=f"Bút lục {cited(label for label, _pk in chosen)}",
            values=values,
            reason=said,
        )
        return len(chosen)


def _shifted(chosen: Sequence[tuple[Label, int]], right: Label | None) -> dict[int, Label]:
    """Return the labels that are right: the first one as named, the others at the same distance."""
    if right is None or right == chosen[0][0]:
        return {}
    if len(chosen) == 1:
        return {chosen[0][1]: right}
    if right.suffix or any(label.suffix for label, _pk in chosen):
        raise BadInput(_("Bút lục có hậu tố thì sửa từng bút lục một."), field="right")
    distance = right.number - chosen[0][0].number
    changes = {pk: Label(label.number + distance) for label, pk in chosen}
    if any(label.number > LARGEST_FOLIO for label in changes.values()):
        raise BadInput(_("Số bút lục quá lớn: hãy kiểm tra lại."), field="right")
    return changes


def _in_safe_order(before: Mapping[int, Label], after: Mapping[int, Label]) -> list[int]:
    """Return the folios in an order in which none takes a label that another still has.

    No folio passes another one, so those that move up go from the top, those that move down from the bottom.
    """
    up = sorted((pk for pk in after if after[pk] > before[pk]), key=lambda pk: before[pk], reverse=True)
    return up + sorted((pk for pk in after if after[pk] <= before[pk]), key=lambda pk: before[pk])


def _explain_range(
    case: CaseFile,
    actor: User,
    finding: Finding,
    first: int,
    last: int,
    text: str,
    *,
    report: CaseDocument | None = None,
) -> FolioExplanation:
    return FolioExplanation.objects.create(
        case=case,
        finding=finding.value,
        folio_from=first,
        folio_to=last,
        text=text,
        case_document=_own(case, report, field="report") if report is not None else None,
        explained_by=actor,
    )


def _explain_pages(
    case: CaseFile, actor: User, document: int, pages: Collection[int], text: str, *, whole: bool
) -> None:
    """Keep why a document, or some of its pages, got no number."""
    if whole:
        FolioExplanation.objects.create(
            case=case, finding=Finding.DOCUMENT.value, about_id=document, text=text, explained_by=actor
        )
        return
    FolioExplanation.objects.bulk_create(
        FolioExplanation(
            case=case,
            finding=Finding.PAGE.value,
            about_id=document,
            page_from=first.number,
            page_to=last.number,
            text=text,
            explained_by=actor,
        )
        for first, last in runs(Label(page) for page in pages)
    )


@transaction.atomic
def explain(
    *,
    actor: User,
    case: CaseFile,
    finding: str,
    text: str,
    folios: tuple[int, int] | None = None,
    document: CaseDocument | None = None,
    pages: tuple[int, int] | None = None,
    report: CaseDocument | None = None,
) -> FolioExplanation:
    """Write down why something in the numbering is as it is; an explanation stays.

    Args:
        finding: a value of `FolioExplanation.Finding`.
        folios: first and last number it is about.
        document: the document it is about.
        pages: first and last page of it; the whole of it when left out.
        report: the report of explanation, where it lies in the file.

    Raises:
        BadInput: no text, an unknown finding, or one that needs folios or a document.
    """
    with _told():
        case = lock_record(case)
        said = _needed(text, _("Hãy ghi giải trình."), field="text")
        if finding not in FolioExplanation.Finding.values:
            raise BadInput(_("Loại giải trình không có trong danh mục."), field="finding")
        if finding in ABOUT_FOLIOS:
            if folios is None or not 1 <= folios[0] <= folios[1] <= LARGEST_FOLIO:
                raise BadInput(_("Hãy nêu bút lục đầu và cuối cần giải trình."), field="folio_from")
            explanation = _explain_range(case, actor, Finding(finding), *folios, said, report=report)
            subject = f"BL {folios[0]}" if folios[0] == folios[1] else f"BL {folios[0]}–{folios[1]}"
        else:
            if document is None or finding not in ABOUT_DOCUMENTS:
                raise BadInput(_("Hãy nêu tài liệu cần giải trình."), field="document")
            filed = _own(case, document, field="document")
            if pages is not None and not 1 <= pages[0] <= pages[1] <= (filed.page_count or LARGEST_FOLIO):
                raise BadInput(_("Tài liệu không có trang %(page)d.") % {"page": pages[1]}, field="pages")
            explanation = FolioExplanation.objects.create(
                case=case,
                finding=finding,
                about=filed,
                page_from=pages[0] if pages is not None else None,
                page_to=pages[1] if pages is not None else None,
                text=said,
                case_document=_own(case, report, field="report") if report is not None else None,
                explained_by=actor,
            )
            subject = filed.title
        with speaking("vi"):
            kind = str(explanation.get_finding_display())
        note_change(
            case=case,
            actor=actor,
            act=CaseChange.Act.CREATED,
            subject="explanation",
            subject_id=explanation.pk,
            label=subject,
            values=[["finding", "", kind], ["text", "", said]],
        )
        return explanation


# --- volumes


@transaction.atomic
def bind_volumes(*, actor: User, case: CaseFile, volumes: Sequence[tuple[str, int, int]]) -> list[Volume]:
    """Add volumes after those there are: title, first and last folio of each.

    Numbers of volumes that are elsewhere, see `record.numbers_taken`, are left out.

    Raises:
        BadInput: there is none, or a range runs backwards.
        Conflict: two volumes would hold the same folio.
    """
    case = lock_record(case)
    if not volumes:
        raise BadInput(_("Không còn bút lục nào ngoài các tập."), field="volumes")
    last = max((each.number for each in case.volumes.all()), default=0)
    taken = numbers_taken(case)
    free = (number for number in count(last + 1) if number not in taken)
    return [
        add_entry(
            actor=actor,
            case=case,
            part="volume",
            values={"number": number, "title": title, "folio_from": first, "folio_to": final},
        )
        for number, (title, first, final) in zip(free, volumes, strict=False)
    ]
