"""Batches of digitisation as a person may see them, and what stands in the way of their seal."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce, TruncDate
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from vks_plugin.access.policy import Level
from vks_plugin.access.queries import case_for, reach, require
from vks_plugin.cases.folio_queries import folio_report, rows_to_list
from vks_plugin.cases.folio_report import OF_DOCUMENTS, Finding, described
from vks_plugin.cases.models import Assignment, CaseDocument, CaseFile, DocumentInventory, Folio
from vks_plugin.cases.stages import PARTS
from vks_plugin.cases.validation import Sealing, may_be_sealed
from vks_plugin.custody.chain import plain
from vks_plugin.custody.models import (
    DigitisationBatch,
    DigitisationStep,
    PageChange,
    QualityFinding,
    SealedDocument,
    SealManifest,
)
from vks_plugin.custody.queries.retention import OVER, is_over
from vks_plugin.custody.states import (
    ALL_OF_THEM,
    DIGITISATION,
    DIGITISATION_STEPS,
    NOT_BEGUN,
    NOT_DIGITISED,
    Step,
    step_label,
)
from vks_plugin.custody.verify_ledger import canonical
from vks_plugin.custody.videos import VideoFile, videos_to_seal
from vks_plugin.errors import NotFound
from vks_plugin.host.files import newest_versions
from vks_plugin.language import spoken
from vks_plugin.organization.models import Appointment, ProcuracyUnit
from vks_plugin.organization.queries import display_name

NAMED = 10
"""Things a refusal names one by one."""

PATIENCE = dt.timedelta(hours=1)
"""How long a worker that reads the words of new pages is waited for; after that it is taken for lost."""
SCANNERS = (Assignment.Role.SCAN_OPERATOR,)
CONFIRMERS = (Assignment.Role.PROSECUTOR_LEAD, Assignment.Role.PROSECUTOR)


def sealed_documents() -> QuerySet[Any, Any]:
    """Return the host ids of every sealed document, for doors to ask."""
    return SealedDocument.objects.order_by().values("document_id")


def sealed_files(document_ids: Iterable[int]) -> dict[int, frozenset[str]]:
    """Return, by their host ids, the SHA-256 of original and archive copy of those of the documents that are sealed."""
    rows = SealedDocument.objects.filter(document_id__in=list(document_ids))
    return {row.document_id: frozenset({row.sha256, row.archive_sha256} - {""}) for row in rows}


def visible_batches(user: User) -> QuerySet[DigitisationBatch]:
    """Return the batches of the cases and parts of cases the person may know of."""
    allowed = Q(pk__in=[])
    for part, _label in PARTS:
        cases = CaseFile.objects.filter(reach(user, Level.METADATA, part=part)).order_by().values("pk")
        allowed |= Q(part=part, case_id__in=cases)
    return DigitisationBatch.objects.filter(allowed)


def batches_of(user: User, case: CaseFile) -> QuerySet[DigitisationBatch]:
    """Return the batches of a case in the parts the person may read, the newest first."""
    view = case_for(user, case.code)
    parts = [part for part, each in (("hsva", view.decision), ("hsks", view.internal)) if each.level >= Level.VIEW]
    return DigitisationBatch.objects.filter(case=case, part__in=parts).order_by("part", "-number")


def batch_for(user: User, code: str, pk: int | str) -> DigitisationBatch:
    """Return a batch of a case for somebody who may read its part.

    Raises:
        NotFound: there is none, or the person may not know of it.
        NotAllowed: the person knows of the case and may not read it.
    """
    case = case_for(user, code).case
    found = DigitisationBatch.objects.filter(case=case, pk=pk).select_related("case__unit__parent", "unit").first()
    require(user, case, Level.VIEW, part=found.part if found is not None else "hsva", doing=_("xem việc số hóa"))
    if found is None:
        raise NotFound(_("Vụ án không có đợt số hóa này."))
    return found


def papers_to_seal(batch: DigitisationBatch) -> QuerySet[CaseDocument]:
    """Return the documents a batch is about: those of its part that no earlier batch sealed."""
    return (
        CaseDocument.objects.filter(case_id=batch.case_id, part=batch.part)
        .exclude(document_id__in=sealed_documents())
        .select_related("document_type", "document")
    )


class FileFact(NamedTuple):
    """The files of a document: as they lie on the disk, or as the host says."""

    document: int
    version: int
    pages: int | None
    sha256: str
    archive_sha256: str


def to_freeze(
    batch: DigitisationBatch, papers: Iterable[CaseDocument], files: Iterable[FileFact], videos: Iterable[VideoFile]
) -> dict[str, Any]:
    """Return what a seal freezes: documents with files, descriptions and folios, in the order of their ids, and videos."""
    filed = {each.document_id: each for each in papers}
    folios: dict[int, list[list[Any]]] = {pk: [] for pk in filed}
    rows = Folio.objects.filter(case_id=batch.case_id, number__isnull=False).select_related("case_document")
    for folio in rows.order_by("number", "suffix"):
        if folio.case_document.document_id in folios:
            folios[folio.case_document.document_id].append([folio.label, folio.page])
    documents = []
    for fact in sorted(files):
        paper = filed[fact.document]
        documents.append(
            {
                "document": fact.document,
                "version": fact.version,
                "pages": fact.pages,
                "sha256": fact.sha256,
                "archive_sha256": fact.archive_sha256 or None,
                "type": paper.document_type.code if paper.document_type is not None else None,
                "title": paper.title,
                "number": paper.number,
                "date": paper.date.isoformat() if paper.date is not None else None,
                "folios": folios[fact.document],
            }
        )
    return {
        "documents": documents,
        "videos": [
            {"video": each.key, "document": each.document, "sha256": each.sha256, "size": each.size}
            for each in sorted(videos, key=lambda each: (each.document, each.key))
        ],
    }


def present_digest(batch: DigitisationBatch, papers: Iterable[CaseDocument] | None = None) -> str:
    """Return what stands for all that a seal of the batch would freeze now (see `to_freeze`; a few queries).

    Args:
        batch: the batch.
        papers: its documents; None: they are asked for.
    """
    chosen = list(papers_to_seal(batch) if papers is None else papers)
    files = [
        FileFact(pk, each.pk, each.page_count, each.checksum, each.archive_checksum or "")
        for pk, each in newest_versions([each.document for each in chosen]).items()
    ]
    said = to_freeze(batch, chosen, files, videos_to_seal(batch.case, batch.part))
    return hashlib.sha256(canonical(plain(said))).hexdigest()


def papers_to_sign(batch: DigitisationBatch) -> list[tuple[CaseDocument, bool]]:
    """Return the documents of a batch, and whether the present file of each came back signed (two queries)."""
    papers = list(papers_to_seal(batch))
    signed = PageChange.objects.filter(case_document__in=[each.pk for each in papers], kind=PageChange.Kind.SIGNED)
    files = set(signed.values_list("case_document_id", "sha256"))
    return [(each, (each.pk, each.sha256) in files) for each in papers]


def batch_checked_with(filed: CaseDocument) -> DigitisationBatch | None:
    """Return the batch whose quality passed with what is said of a document now, and which is not sealed; None: there is none."""
    rows = DigitisationBatch.objects.filter(case_id=filed.case_id, part=filed.part, state="cho_ky_so")
    return rows.exclude(Exists(SealedDocument.objects.filter(document_id=filed.document_id))).first()


def outdated_check(batch: DigitisationBatch, papers: Iterable[CaseDocument] | None = None) -> str:
    """Say why what was checked is not what would be sealed, in the reader's language; empty: it is.

    Args:
        batch: one whose quality passed.
        papers: its documents; None: they are asked for.
    """
    if not batch.checked_digest:
        return _(
            "Đợt này được kiểm tra khi việc kiểm tra chưa bao gồm tên, loại, số, ngày, bút lục: hãy lấy lại, chuyển kiểm tra "
            "rồi xác nhận lần nữa."
        )
    if batch.checked_digest != present_digest(batch, papers):
        return _(
            "Tệp, tên, loại, số, ngày, bút lục hoặc video của tài liệu đã thay đổi sau khi kiểm tra chất lượng: hãy lấy lại, "
            "chuyển kiểm tra rồi xác nhận lần nữa."
        )
    return ""


def scanned_by(batch: DigitisationBatch) -> frozenset[int]:
    """Return who scanned what the batch is about: whoever noted the step down, brought a document in or changed its pages.

    Who brought the same file back with a signature changed nothing that is to be checked.
    """
    steps = batch.steps.filter(step="quet").values_list("done_by_id", flat=True)
    papers = papers_to_seal(batch).order_by()
    changes = PageChange.objects.filter(case_document__in=papers.values("pk"), continues=False)
    changed = changes.values_list("changed_by_id", flat=True)
    return frozenset(steps) | frozenset(papers.values_list("filed_by_id", flat=True)) | frozenset(changed)


def is_being_read(papers: Iterable[CaseDocument]) -> bool:
    """Tell whether a worker still writes the words of new pages into a copy that is to be sealed."""
    since = timezone.now() - PATIENCE
    waiting = PageChange.objects.filter(case_document__in=list(papers), unread__gt=0, unread_error="")
    return waiting.filter(Q(unread_since__gte=since) | Q(unread_since__isnull=True, changed_at__gte=since)).exists()


class Obstacle(NamedTuple):
    """Something that stands in the way of a seal."""

    sentence: str
    things: tuple[str, ...] = ()
    """What it is about, by name."""


def steps_not_noted(batch: DigitisationBatch) -> list[Step]:
    """Return the steps people note down before a seal that nobody did; a seal waits for none of them (one query, or none)."""
    noted = {each.step for each in batch.steps.all()}
    by_hand = [each for each in DIGITISATION_STEPS if each.states and DIGITISATION.closed.isdisjoint(each.states)]
    return [each for each in by_hand if each.name not in noted]


class PageCount(NamedTuple):
    """How many pages were noted down on the way, and how many are filed (đủ trang)."""

    received: int
    """When the paper was taken in; 0: nobody counted."""
    scanned: int
    """Before anybody checked: what is scanned again afterwards replaces pages that are counted already."""
    filed: int
    reason: str
    """Why that is enough, from who let the quality pass; empty: nobody said so."""

    @property
    def is_short(self) -> bool:
        """Whether fewer are filed than were noted down."""
        return self.filed < max(self.received, self.scanned)

    @property
    def missing(self) -> tuple[str, ...]:
        """What is missing, in the reader's language."""
        noted = (
            (self.received, _("lúc tiếp nhận ghi %(noted)d trang, trong hồ sơ có %(filed)d, thiếu %(missing)d")),
            (self.scanned, _("lúc quét ghi %(noted)d trang, trong hồ sơ có %(filed)d, thiếu %(missing)d")),
        )
        return tuple(
            words % {"noted": pages, "filed": self.filed, "missing": pages - self.filed}
            for pages, words in noted
            if pages > self.filed
        )


def counted_pages(batch: DigitisationBatch, filed: int | None = None) -> PageCount:
    """Return what was counted of a batch (two queries).

    Args:
        batch: the batch.
        filed: pages its documents have; None: they are asked for.
    """
    if filed is None:
        filed = papers_to_seal(batch).order_by().aggregate(pages=Sum("page_count"))["pages"] or 0
    noted = {"tiep_nhan": 0, "quet": 0}
    reason, was_checked = "", False
    for step, pages, note in batch.steps.order_by("pk").values_list("step", "pages", "note"):
        if step == "kiem_tra_chat_luong":
            reason, was_checked = note, True
        elif step == "tiep_nhan" or (step == "quet" and not was_checked):
            noted[step] += pages or 0
    # the last look may have been one that sent it back
    return PageCount(noted["tiep_nhan"], noted["quet"], filed, reason if batch.checked_by_id is not None else "")


def obstacles(batch: DigitisationBatch) -> list[Obstacle]:
    """Return everything that stands in the way of sealing a batch, in the reader's language (a few queries)."""
    case, papers = batch.case, list(papers_to_seal(batch))
    in_file = batch.part == "hsva"
    loose = [each.title for each in papers if each.document_type_id is None]
    defects = _open_defects(case) if in_file else []
    people = scanned_by(batch)
    facts = Sealing(
        inventories=DocumentInventory.objects.filter(case=case).count() if in_file else 1,
        open_defects=len(defects),
        unclassified=len(loose),
        scanned_by=people,
        checked_by=batch.checked_by_id,
        confirmed_by_prosecutor=batch.confirmed_at is not None,
    )
    about = {"document": tuple(loose), "folio": tuple(defects)}
    found = [Obstacle(spoken(each.sentence), about.get(each.part, ())) for each in may_be_sealed(facts)]
    if not papers:
        found.append(Obstacle(_("Không có tài liệu nào chưa niêm phong.")))
    count = counted_pages(batch, sum(each.page_count or 0 for each in papers))
    if count.is_short and not count.reason:
        found.append(
            Obstacle(
                _(
                    "Hồ sơ ít trang hơn số đã ghi: hãy quét bổ sung, hoặc người kiểm tra ghi lý do khi cho đạt chất lượng."
                ),
                count.missing,
            )
        )
    if facts.inventories and in_file:
        unlisted = [row.title for row in rows_to_list(case)]
        if unlisted:
            found.append(
                Obstacle(_("Còn bút lục đánh số sau bảng thống kê cuối: hãy lập thống kê bổ sung."), tuple(unlisted))
            )
    open_findings = batch.findings.filter(resolved_at__isnull=True).select_related("case_document")
    if open_findings:
        found.append(
            Obstacle(
                _("Còn lỗi chất lượng chưa khắc phục."),
                tuple(f"{each.case_document.title}: {each.get_kind_display()}" for each in open_findings),
            )
        )
    waiting = case.intake_items.filter(status="waiting", part=batch.part).count()
    if waiting:
        found.append(
            Obstacle(
                ngettext("Còn %(count)d tệp đang xử lý.", "Còn %(count)d tệp đang xử lý.", waiting) % {"count": waiting}
            )
        )
    outdated = outdated_check(batch, papers) if batch.checked_by_id is not None else ""
    if outdated:
        found.append(Obstacle(outdated))
    return found


def _open_defects(case: CaseFile) -> list[str]:
    """Return in words what of the numbering nobody explained; nothing lies outside of volumes before there are any."""
    bound = case.volumes.exists()
    return [
        spoken(described(each))
        for each in folio_report(case).open
        if bound or each.finding is not Finding.OUTSIDE_VOLUMES
    ]


def to_be_numbered(batch: DigitisationBatch) -> list[str]:
    """Return the titles of documents of a batch that lack folios or a type, which the check of quality covers: who adds them
    after the check has to have it done anew (a few queries).
    """
    papers = list(papers_to_seal(batch))
    lacking = {each.pk for each in papers if each.document_type_id is None}
    if batch.part == "hsva" and papers:
        for each in folio_report(batch.case).open:
            if each.finding in OF_DOCUMENTS:
                lacking.update(each.documents)
    return [each.title for each in papers if each.pk in lacking]


@dataclass(frozen=True)
class Holder:
    """Whom a batch waits for."""

    doing: str
    people: tuple[str, ...]


def holders(batches: Sequence[DigitisationBatch]) -> dict[int, Holder]:
    """Return by primary key whom each open batch waits for (one query, and a few for each whose quality passed)."""
    people = _assigned({each.case_id for each in batches})
    found = {each.pk: _holder(each, each.case_id, people) for each in batches if each.is_open}
    for each in batches:
        if each.state == "cho_ky_so" and (outdated_check(each) or to_be_numbered(each)):
            # neither a confirmation nor a seal comes off before that
            again = _("lấy lại, sửa, rồi kiểm tra và xác nhận lần nữa")
            found[each.pk] = Holder(again, _those_assigned(each.case_id, people, SCANNERS))
    return found


_People = dict[tuple[int, str], list[str]]


def _assigned(cases: Collection[int]) -> _People:
    rows = Assignment.objects.in_force(timezone.localdate()).filter(case_id__in=cases).select_related("user")
    people: _People = defaultdict(list)
    for row in rows.order_by("pk"):
        people[row.case_id, row.role].append(display_name(row.user))
    return people


def _holder(batch: DigitisationBatch | None, case_id: int, people: _People) -> Holder:
    doing, roles = _waits_for(batch)
    return Holder(doing, _those_assigned(case_id, people, roles))


def _those_assigned(case_id: int, people: _People, roles: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for role in roles for name in people[case_id, role]))


def _waits_for(batch: DigitisationBatch | None) -> tuple[str, tuple[str, ...]]:
    if batch is None:
        return _("mở đợt số hóa"), (*SCANNERS, *CONFIRMERS)
    if batch.state == "cho_kiem_tra":
        return _("kiểm tra chất lượng"), (Assignment.Role.QC_REVIEWER,)
    if batch.state == "cho_ky_so" and batch.confirmed_at is None:
        return _("kiểm sát viên xác nhận"), CONFIRMERS
    if batch.state == "cho_ky_so":
        return _("đóng hồ sơ"), SCANNERS
    return _("số hóa"), SCANNERS


@dataclass(frozen=True)
class Throughput:
    """What an office sealed and scanned in a period."""

    unit: str
    batches: int
    documents: int
    pages: int
    folios: int
    scanned: int
    """Pages noted down as scanned, sealed or not."""
    sent_back: int
    """Findings of quality."""
    open: int
    """Batches that are open now, whenever they were begun."""
    not_begun: int
    """Cases now of which no batch was opened."""


def throughput(board: Board, first: dt.date, last: dt.date) -> list[Throughput]:
    """Return what each office got done between two days, both included, and what it still has (nine queries at most)."""
    batches = board.batches
    begin = timezone.make_aware(dt.datetime.combine(first, dt.time.min))
    end = timezone.make_aware(dt.datetime.combine(last + dt.timedelta(days=1), dt.time.min))
    chosen = batches.order_by().values("pk")
    sealed = (
        SealManifest.objects.filter(batch_id__in=chosen, sealed_at__gte=begin, sealed_at__lt=end)
        .order_by()
        .values_list("unit__short_name")
        .annotate(Count("pk"), Sum("documents"), Sum("pages"), Sum("folios"))
    )
    steps = DigitisationStep.objects.filter(batch_id__in=chosen, step="quet", done_at__gte=begin, done_at__lt=end)
    scanned = _by_office(steps.annotate(who=F("done_by"), at=F("done_at"), amount=Coalesce(F("pages"), 0)))
    findings = QualityFinding.objects.filter(batch_id__in=chosen, found_at__gte=begin, found_at__lt=end)
    wrong = _by_office(findings.annotate(who=F("found_by"), at=F("found_at"), amount=Value(1)))
    done: dict[str, tuple[int, int, int, int]] = {
        unit: (n, docs, pages, folios) for unit, n, docs, pages, folios in sealed
    }
    going = dict(
        batches.filter(state__in=DIGITISATION.open)
        .order_by()
        .values_list("case__unit__short_name")
        .annotate(Count("pk"))
    )
    waiting = dict(board.not_begun.order_by().values_list("unit__short_name").annotate(Count("pk")))
    return [
        Throughput(
            unit,
            *done.get(unit, (0, 0, 0, 0)),
            scanned.get(unit, 0),
            wrong.get(unit, 0),
            going.get(unit, 0),
            waiting.get(unit, 0),
        )
        for unit in sorted({*done, *scanned, *wrong, *going, *waiting})
    ]


def _by_office(rows: QuerySet[Any]) -> dict[str, int]:
    """Return how much was done in each office (two queries, one more where cases went elsewhere).

    What is done of a batch is its office's. Once the case is another's, it is done by the office of whoever did it.

    Args:
        rows: of a `batch`, each annotated with `who` did it, `at` what moment, and the `amount`.
    """
    stays = Q(batch__unit=F("batch__case__unit"))
    counted = rows.filter(stays).order_by().values_list("batch__unit__short_name").annotate(Sum("amount"))
    found = defaultdict(int, counted)
    gone = list(rows.exclude(stays).order_by().values_list("batch__unit", "who", "at", "amount"))
    offices: dict[int, str] = {}
    posts: dict[int, list[Appointment]] = defaultdict(list)
    for post in Appointment.objects.filter(user__in={who for _unit, who, _at, _amount in gone}).select_related("unit"):
        posts[post.user_id].append(post)
        offices[post.unit_id] = post.unit.short_name
    begun_in = {unit for unit, _who, _at, _amount in gone} - offices.keys()
    offices.update(ProcuracyUnit.objects.filter(pk__in=begun_in).values_list("pk", "short_name"))
    for unit, who, at, amount in gone:
        day = timezone.localdate(at)
        worked = {post.unit_id for post in posts[who] if _was_held(post, day)}
        found[offices[unit if unit in worked or not worked else min(worked)]] += amount
    return dict(found)


def _was_held(post: Appointment, day: dt.date) -> bool:
    ended = post.ends_on if post.ended_at is None else timezone.localdate(post.ended_at)
    return post.starts_on <= day and (ended is None or day <= ended)


# --- the board: every case, whether somebody began with it or not


@dataclass(frozen=True)
class Board:
    """What one person may see of digitisation: every batch, and every case of whose file none was opened."""

    batches: QuerySet[DigitisationBatch]
    without: QuerySet[CaseFile]

    @property
    def not_begun(self) -> QuerySet[CaseFile]:
        """Cases that are still worked on here."""
        return self.without.exclude(_OVER)

    @property
    def never_digitised(self) -> QuerySet[CaseFile]:
        """Cases that went without."""
        return self.without.filter(_OVER)

    def narrowed(self, *, unit: str = "", mine: User | None = None, step: str = "") -> Board:
        """Return the board of one office, by its code, of the cases somebody is assigned to, or of batches in a step."""
        batches, without = self.batches, self.without
        if unit:
            batches, without = batches.filter(case__unit__code=unit), without.filter(unit__code=unit)
        if mine is not None:
            own = Assignment.objects.in_force(timezone.localdate()).filter(user=mine).order_by().values("case_id")
            batches, without = batches.filter(case_id__in=own), without.filter(pk__in=own)
        if step:
            there = _in_step().filter(step=step).order_by().values("pk")
            batches, without = batches.filter(pk__in=there), without.none()
        return Board(batches, without)


_OVER = OVER | Q(destroyed_at__isnull=False)
"""Nothing of such a case has to be digitised any more: the archive takes what never was in a batch as it is."""


def board_of(user: User) -> Board:
    """Return the board of somebody: whatever of digitisation is in cases and parts the person may know of."""
    begun = DigitisationBatch.objects.filter(case=OuterRef("pk"), part="hsva").exclude(state="da_huy")
    cases = CaseFile.objects.filter(reach(user, Level.METADATA, part="hsva"))
    return Board(visible_batches(user), cases.filter(~Exists(begun)))


def offices_on(board: Board) -> list[ProcuracyUnit]:
    """Return the offices whose cases stand on a board (one query)."""
    batches, cases = board.batches.order_by(), board.without.order_by()
    chosen = Q(pk__in=batches.values("case__unit_id")) | Q(pk__in=cases.values("unit_id"))
    return list(ProcuracyUnit.objects.filter(chosen))


_BY_HAND = {
    state: [each.name for each in DIGITISATION_STEPS if state in each.states]
    for state in ("dang_so_hoa", "tra_lai_quet")
}
"""Steps people note down themselves while the papers are scanned."""
BOARD_STEPS = tuple((each.name, each.label) for each in DIGITISATION_STEPS if each.name != "phuc_hoi_gay")
"""Steps something on the board is in: name and label. Paper is bound again whenever it suits, nothing waits for it."""


def _last_noted(state: str, since: str = "") -> Subquery:
    """Return the step last noted down of those people note down in a state."""
    rows = DigitisationStep.objects.filter(batch=OuterRef("pk"), step__in=_BY_HAND[state])
    if since:
        rows = rows.filter(done_at__gte=OuterRef(since))
    return Subquery(rows.order_by("-done_at", "-pk").values("step")[:1])


def _in_step() -> QuerySet[Any, Any]:
    """Return batches with the step each is in as `step`; empty once nobody has to act.

    Where people note down what they do, that is the step last noted: noted again and again while it goes on, as scanning is
    with the pages of each time. Before the first one it is what comes first, after a batch was sent back the scanning.
    """
    signed = DigitisationStep.objects.filter(batch=OuterRef("pk"), step="ky_so", done_at__gte=OuterRef("confirmed_at"))
    step = Case(
        When(state="cho_so_hoa", then=Value("tiep_nhan")),
        When(state="dang_so_hoa", then=Coalesce(_last_noted("dang_so_hoa"), Value("tiep_nhan"))),
        When(state="tra_lai_quet", then=Coalesce(_last_noted("tra_lai_quet", "state_since"), Value("quet"))),
        When(state="cho_kiem_tra", then=Value("kiem_tra_chat_luong")),
        When(state="cho_ky_so", confirmed_at__isnull=True, then=Value("xac_nhan")),
        When(Q(Exists(signed), state="cho_ky_so"), then=Value("dong_ho_so")),
        When(state="cho_ky_so", then=Value("ky_so")),
        default=Value(""),
        output_field=CharField(),
    )
    return DigitisationBatch.objects.annotate(step=step)


def _since_in_step(batch: DigitisationBatch, step: str) -> dt.datetime:
    """Return since when a batch is in its step (its steps are read)."""
    if step in {"ky_so", "dong_ho_so"} and batch.confirmed_at is not None:
        signed = [each.done_at for each in batch.steps.all() if each.step == "ky_so"]
        return max(signed) if step == "dong_ho_so" and signed else batch.confirmed_at
    noted = [each for each in batch.steps.all() if each.step in _BY_HAND.get(batch.state, ())]
    if batch.state == "tra_lai_quet":
        noted = [each for each in noted if each.done_at >= batch.state_since]
    begun = None
    for each in reversed(noted):
        if each.step != step:
            break
        begun = each.done_at
    return begun if begun is not None else batch.state_since


@dataclass(frozen=True)
class BoardLine:
    """A batch on the board, or a case without one."""

    case: CaseFile
    batch: DigitisationBatch | None
    since: dt.date
    """Since when it stands so; of a case without a batch, when the office took it in."""
    holder: Holder | None
    """Whom it waits for; None: nobody."""
    step: str = ""
    """The step it is in, of `BOARD_STEPS`; empty: none was begun, or all are over."""
    step_since: dt.date | None = None

    @property
    def part(self) -> str:
        """The part of the file it is about."""
        return self.batch.part if self.batch is not None else "hsva"

    @property
    def state(self) -> str:
        """How it stands: a state of the table, or one of a case without a batch."""
        if self.batch is not None:
            return self.batch.state
        return NOT_BEGUN[0] if self.holder is not None else NOT_DIGITISED[0]

    @property
    def label(self) -> str:
        """The state in words."""
        return _(dict(BOARD_STATES)[self.state])

    @property
    def days(self) -> int:
        """How many days it has stood so."""
        return (timezone.localdate() - self.since).days

    @property
    def step_label(self) -> str:
        """The step in words."""
        return _(step_label(self.step)) if self.step else ""

    @property
    def step_days(self) -> int | None:
        """How many days it has been in the step."""
        return (timezone.localdate() - self.step_since).days if self.step_since is not None else None


BOARD_STATES = (NOT_BEGUN, *DIGITISATION.states, NOT_DIGITISED)
"""How something on the board stands: value and label."""


def board_rows(board: Board, state: str = "") -> QuerySet[Any, Any]:
    """Return the lines of the board as rows for `board_lines`, the one that stands so longest first.

    Args:
        board: whose.
        state: of `BOARD_STATES`, or `ALL_OF_THEM`; empty: what somebody still has to act on.
    """
    everything = state == ALL_OF_THEM
    chosen: list[QuerySet[Any, Any]] = []
    states = {state} if state in dict(DIGITISATION.states) else set(DIGITISATION.open if not state else ())
    if states or everything:
        batches = board.batches if everything else board.batches.filter(state__in=states)
        stood = batches.order_by().annotate(about=F("case_id"), batch=F("pk"), since=TruncDate("state_since"))
        chosen.append(stood.values_list("about", "batch", "since"))
    without = {"": board.not_begun, NOT_BEGUN[0]: board.not_begun, NOT_DIGITISED[0]: board.never_digitised}
    cases = board.without if everything else without.get(state)
    if cases is not None:
        taken = cases.order_by().annotate(
            about=F("pk"), batch=Value(None, output_field=IntegerField()), since=F("handled_at")
        )
        chosen.append(taken.values_list("about", "batch", "since"))
    first, *rest = chosen
    return first.union(*rest, all=True).order_by("since", "about", "batch")


def board_lines(rows: Iterable[Any]) -> list[BoardLine]:
    """Return rows of `board_rows` with what is said of each (four queries, however many they are)."""
    chosen = list(rows)
    cases = CaseFile.objects.select_related("unit").in_bulk([case for case, _batch, _since in chosen])
    batches: dict[int, Any] = (
        _in_step().prefetch_related("steps").in_bulk([batch for _case, batch, _since in chosen if batch is not None])
    )
    people = _assigned(cases)
    found = []
    for case_id, batch_id, since in chosen:
        case, batch = cases[case_id], batches.get(batch_id)
        worked_on = case.destroyed_at is None and not is_over(case)
        waits = worked_on if batch is None else batch.is_open
        step = ""
        begun: dt.date | None = None
        if batch is not None and batch.step:
            step, begun = batch.step, timezone.localdate(_since_in_step(batch, batch.step))
        found.append(BoardLine(case, batch, since, _holder(batch, case_id, people) if waits else None, step, begun))
    return found


class Stood(NamedTuple):
    """How much of the board is in a state."""

    state: str
    label: str
    lines: int


def counted_by_state(board: Board) -> list[Stood]:
    """Return how much of the board is in each state, in the order of the table (three queries)."""
    counts = dict(board.batches.order_by().values_list("state").annotate(Count("pk")))
    counts |= {NOT_BEGUN[0]: board.not_begun.count(), NOT_DIGITISED[0]: board.never_digitised.count()}
    return [Stood(state, _(label), counts.get(state, 0)) for state, label in BOARD_STATES]
