"""Redaction as work of a worker: people and words looked for in papers of a case, then the copies of all of them.

What is found waits for a person to choose; nothing is taken out that nobody chose. Copies are made paper by paper, each
whole or not at all, and a work whose worker died goes on where that one stopped.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.access.policy import Level
from vks_plugin.access.queries import case_decision, reads_only_by_loan, require, visible_documents
from vks_plugin.cases.models import Accused, CaseDocument, CaseFile, CasePerson
from vks_plugin.conf import configuration
from vks_plugin.court.making import MOST_ATTEMPTS, close, died_of_it, resume, send_again, send_new, taken
from vks_plugin.court.masking import PersonFacts
from vks_plugin.court.models import OPEN, Redaction, RedactionWork
from vks_plugin.court.protected import protected_people
from vks_plugin.court.redaction import (
    MOST_MARKS,
    NEVER_TICKED,
    UNREADABLE,
    USUAL_PATTERNS,
    WHY_UNSEARCHED,
    Mark,
    Stopped,
    long_enough,
    search,
)
from vks_plugin.court.redactions import (
    check_ground,
    given_terms,
    leftovers_of,
    may_redact,
    names_of,
    redact_document,
    terms_of,
    usual_terms,
)
from vks_plugin.court.words import Box, comparable
from vks_plugin.errors import BadInput, Conflict, NotAllowed, NotFound, VksError
from vks_plugin.hashing import sha256_of
from vks_plugin.host.files import readable_pdf
from vks_plugin.language import speaking
from vks_plugin.text import gettext_noop, one_line
from vks_plugin.working import held_alone

logger = logging.getLogger("paperless.vks.court")

_Status, _Step = RedactionWork.Status, RedactionWork.Step
_PART = "hsva"
MOST_DOCUMENTS = 2000
MOST_FOUND = 20_000
"""Places in all papers of one work: nobody looks through more."""
_LONGEST_WORDS = 200
_BEAT = 1.0
"""Seconds between two looks at whether somebody stopped the work."""

# --- whom it may be about -------------------------------------------------------------------------


class Choosable(NamedTuple):
    """Somebody of the record who can be looked for."""

    key: str
    """`accused:3`, `person:5`."""
    name: str
    role: str
    person: Accused | CasePerson


def people_of(case: CaseFile) -> list[Choosable]:
    """Return everybody of the record: accused first, then the others."""
    accused = Accused.objects.filter(case=case).select_related("case").prefetch_related("measures", "case__events")
    others = CasePerson.objects.filter(case=case)
    return [
        *(Choosable(f"accused:{each.pk}", each.full_name, str(each.role_label), each) for each in accused),
        *(Choosable(f"person:{each.pk}", each.full_name, str(each.role_label), each) for each in others),
    ]


# --- asking ---------------------------------------------------------------------------------------


def request_search(
    *,
    actor: User,
    case: CaseFile,
    people: Iterable[str] = (),
    terms: Iterable[str] = (),
    patterns: Iterable[str] = (),
    documents: Iterable[int] = (),
    usual: bool = False,
) -> RedactionWork:
    """Queue a search in papers of the case; what it finds waits to be chosen from.

    Asking again for the same while it is looked for returns that work.

    Args:
        actor: somebody who may contribute to the case.
        case: the case.
        people: keys as `people_of` gives them: everything the record knows of these is looked for.
        terms: more words, such as a nickname or an account.
        patterns: keys of `USUAL_PATTERNS`: numbers and addresses, whoever's they are.
        documents: ids in the host; none: every paper of the case file.
        usual: whether everybody who is kept secret in the case is looked for.

    Raises:
        NotFound, NotAllowed: the actor may not redact here.
        BadInput: there is nothing to look for or nothing to look in.
        Unavailable: the task queue cannot be reached.
    """
    filed = _papers(actor, case, documents)
    # the title is kept for everybody
    with speaking("vi"):
        asked, known = list(people), {each.key: each for each in people_of(case)}
        unnamed = _("Người phải giữ kín")
    if unknown := [key for key in asked if key not in known]:
        raise BadInput(
            _("Không có người “%(key)s” trong vụ án: hãy tải lại trang.") % {"key": unknown[0][:40]}, field="people"
        )
    chosen = [known[key] for key in dict.fromkeys(asked)]
    looked_for = [term for each in chosen for term in terms_of(each.person)]
    by_name = [names_of(each.person) for each in chosen]
    if usual:
        looked_for += usual_terms(case)
        by_name += protected_people(case)
    looked_for += given_terms(terms)
    kinds = [kind for kind in USUAL_PATTERNS if kind in set(patterns)]
    for _kind, words in looked_for:
        if not long_enough(words):
            raise BadInput(_("“%(words)s” quá ngắn: hãy nêu ít nhất 3 chữ cái.") % {"words": words}, field="terms")
    if not looked_for and not kinds:
        raise BadInput(_("Hãy chọn người, hoặc nêu chữ cần tìm."), field="people")
    title = ", ".join([*(f"{each.name} ({each.role})" for each in chosen), *(one_line(term) for term in terms)])
    return _queued(
        actor,
        case,
        step=_Step.SEARCH,
        title=title[:200] or unnamed,
        wanted={
            "terms": [list(each) for each in dict.fromkeys(looked_for)],
            "patterns": kinds,
            "people": [[each.name, list(each.other_names)] for each in by_name],
        },
        document_ids=[each.document_id for each in filed],
        total=sum(each.page_count or 0 for each in filed),
    )


def require_redacting(actor: User, case: CaseFile) -> None:
    """Refuse who may not redact in a case.

    Raises:
        NotFound, NotAllowed: the actor may not.
    """
    require(actor, case, Level.CONTRIBUTE, doing=_("che thông tin"))
    if reads_only_by_loan(actor, case):
        raise NotAllowed(
            _("Bạn mượn bản điện tử của hồ sơ này: đọc trong trang của vụ án, không lập tập, không tải về.")
        )


def _in_the_file(user: User, case: CaseFile) -> QuerySet[CaseDocument]:
    """Return the papers of the case file, as it is at this moment, that somebody may read."""
    return visible_documents(user).filter(case=case, part=_PART)


def _papers(actor: User, case: CaseFile, documents: Iterable[int]) -> list[CaseDocument]:
    require_redacting(actor, case)
    wanted = set(documents)
    filed = list(_in_the_file(actor, case).order_by("pk"))
    if unknown := wanted - {each.document_id for each in filed}:
        raise BadInput(
            _("Tài liệu số %(number)d không có trong hồ sơ vụ án này.") % {"number": min(unknown)}, field="documents"
        )
    filed = [each for each in filed if not wanted or each.document_id in wanted]
    if not filed:
        raise BadInput(_("Vụ án chưa có tài liệu nào trong hồ sơ: hãy nộp tài liệu trước khi che."))
    if len(filed) > MOST_DOCUMENTS:
        raise BadInput(_("Nhiều nhất %(most)d tài liệu một lần.") % {"most": MOST_DOCUMENTS}, field="documents")
    return filed


@transaction.atomic
def request_copies(
    *, actor: User, case: CaseFile, marks: Mapping[int, Sequence[Mark]], ground: str, reason: str = ""
) -> RedactionWork:
    """Queue copies without what is marked.

    Args:
        actor: who answers for them.
        case: the case.
        marks: what goes, by the id of the document in the host.
        ground, reason: as for `redact_document`.

    Raises:
        NotFound, NotAllowed: the actor may not redact here.
        BadInput: nothing is marked, a mark cannot be, or no ground is given.
        Unavailable: the task queue cannot be reached.
    """
    filed = {each.document_id: each for each in _papers(actor, case, marks)}
    check_ground(ground, reason)
    if not marks or not all(marks.values()):
        raise BadInput(_("Chưa chọn chỗ nào để che."))
    chosen = []
    for document_id, some in marks.items():
        each = filed[document_id]
        may_redact(actor, each)
        _check_marks(some, each.page_count)
        chosen.append(_chosen_entry(each, _source_sha256(each), some))
    return _queued(
        actor,
        case,
        step=_Step.COPY,
        title=", ".join(filed[document_id].title for document_id in marks)[:200],
        chosen=chosen,
        document_ids=list(marks),
        total=sum(filed[document_id].page_count or 0 for document_id in marks),
        ground=ground,
        reason=reason.strip(),
    )


def _check_marks(marks: Sequence[Mark], page_count: int | None) -> None:
    if len(marks) > MOST_MARKS:
        raise BadInput(_("Nhiều nhất %(most)d chỗ che.") % {"most": MOST_MARKS})
    for mark in marks:
        if mark.page < 1 or (page_count and mark.page > page_count):
            raise BadInput(_("Tài liệu chỉ có %(pages)d trang.") % {"pages": page_count or 0}, field="page")


def _source_sha256(filed: CaseDocument) -> str:
    try:
        return sha256_of(readable_pdf(filed.document))
    except OSError as error:
        raise BadInput(_("Tệp của tài liệu này không đọc được để che: hãy báo quản trị kiểm tra.")) from error


def _chosen_entry(filed: CaseDocument, source_sha256: str, marks: Iterable[Mark]) -> dict[str, Any]:
    return {
        "filing": filed.pk,
        "sha256": filed.sha256,
        "source_sha256": source_sha256,
        "marks": [[mark.page, *mark.box, mark.kind] for mark in marks],
    }


@transaction.atomic
def _queued(actor: User, case: CaseFile, **values: Any) -> RedactionWork:
    CaseFile.objects.select_for_update().get(pk=case.pk)
    same = RedactionWork.objects.filter(
        case=case, requested_by=actor, status__in=OPEN, **{key: values[key] for key in values if key != "total"}
    ).first()
    if same is not None:
        resume_interrupted(RedactionWork.objects.filter(pk=same.pk))
        return same
    work = RedactionWork.objects.create(case=case, requested_by=actor, **values)
    transaction.on_commit(partial(send_new, work, _to_worker))
    return work


def _to_worker(work_id: str) -> None:
    from vks_plugin.court.tasks import redact  # noqa: PLC0415 - the task imports this module

    redact.apply_async(kwargs={"work_id": work_id})


def resume_interrupted(works: QuerySet[RedactionWork]) -> int:
    """Go on with works whose worker is gone, and send those again that no worker took; return how many."""
    return resume(works, _to_worker, keeping_progress=True)


# --- what was found, and choosing -----------------------------------------------------------------


@dataclass(frozen=True)
class Group:
    """The same words found in one paper, however often."""

    key: str
    kind: str
    words: str
    pages: tuple[int, ...]
    marks: tuple[int, ...]
    """Their numbers among the marks of the paper."""
    ticked: bool
    """Whether they are proposed to go; else somebody has to tick them."""


@dataclass(frozen=True)
class FoundIn:
    """What was found in one paper, and where nobody could look."""

    filed: CaseDocument
    marks: list[Mark]
    groups: list[Group]
    unsearched: list[tuple[str, list[int]]]
    """Why, in words, and the pages."""
    error: str


def found_in(user: User, work: RedactionWork) -> list[FoundIn]:
    """Return what a search found, paper by paper, of those that are in the case file still and the person may read."""
    filed = {
        each.pk: each for each in _in_the_file(user, work.case).filter(pk__in=[row["filing"] for row in work.found])
    }
    told = []
    for row in work.found:
        if row["filing"] not in filed:
            continue
        marks = [_mark(each) for each in row["marks"]]
        by_why: dict[str, list[int]] = {}
        for page, why in row["unsearched"]:
            by_why.setdefault(why, []).append(page)
        told.append(
            FoundIn(
                filed[row["filing"]],
                marks,
                _groups(row["filing"], marks),
                [(_(WHY_UNSEARCHED[why]), pages) for why, pages in by_why.items()],
                row["error"],
            )
        )
    return told


def _mark(row: Sequence[Any]) -> Mark:
    page, left, top, right, bottom, kind, *words = row
    return Mark(page, Box(left, top, right, bottom), kind, words[0] if words else "")


def _groups(filing: int, marks: Sequence[Mark]) -> list[Group]:
    same: dict[tuple[str, str], list[int]] = {}
    for number, mark in enumerate(marks):
        same.setdefault((mark.kind, " ".join(comparable(mark.text).split())), []).append(number)
    return [
        Group(
            key=f"{filing}-{numbers[0]}",
            kind=kind,
            words=" ".join(marks[numbers[0]].text.split()),
            pages=tuple(sorted({marks[number].page for number in numbers})),
            marks=tuple(numbers),
            ticked=kind not in NEVER_TICKED,
        )
        for (kind, _words), numbers in sorted(same.items(), key=lambda each: (each[0][0] in NEVER_TICKED, each[1][0]))
    ]


@transaction.atomic
def make_copies(
    *,
    actor: User,
    work: RedactionWork,
    picked: Mapping[int, Iterable[int] | None],
    frames: Mapping[int, Sequence[Mark]] | None = None,
    ground: str,
    reason: str = "",
) -> RedactionWork:
    """Have the copies made of what a search found and somebody chose.

    Args:
        actor: who answers for them.
        work: a search that is done.
        picked: by the id of the document in the host, the numbers of the marks that go; None: all that are proposed.
        frames: more places, by document; also in papers in which nothing was found.
        ground, reason: as for `redact_document`.

    Raises:
        NotFound, NotAllowed: the actor may not redact here.
        BadInput: nothing is chosen, a number or a place cannot be, or no ground is given.
        Conflict: it is no search that waits for somebody to choose.
    """
    row = RedactionWork.objects.select_for_update().get(pk=work_for(actor, work.pk).pk)
    if row.status != _Status.FOUND:
        raise Conflict(_("Việc che này không chờ chọn chỗ che: hãy tải lại trang."))
    check_ground(ground, reason)
    found = {each.filed.document_id: each for each in found_in(actor, row)}
    rows = {each["filing"]: each for each in row.found}
    frames = frames or {}
    chosen, documents, pages = [], [], 0
    for document_id in dict.fromkeys([*picked, *frames]):
        here = found.get(document_id)
        if here is None:
            raise BadInput(
                _("Tài liệu số %(number)d không có trong việc che này.") % {"number": document_id}, field="documents"
            )
        marks = [*_picked(here, picked.get(document_id, ())), *frames.get(document_id, ())]
        if not marks:
            continue
        may_redact(actor, here.filed)
        _check_marks(marks, here.filed.page_count)
        entry = _chosen_entry(here.filed, rows[here.filed.pk]["source_sha256"], marks)
        # what was looked at, and not what the paper may have become since
        chosen.append(entry | {"sha256": rows[here.filed.pk]["sha256"]})
        documents.append(document_id)
        pages += here.filed.page_count or 0
    if not chosen:
        raise BadInput(_("Chưa chọn chỗ nào để che."))
    row.step, row.status, row.progress, row.total = _Step.COPY, _Status.QUEUED, 0, pages
    row.chosen, row.document_ids, row.requested_by = chosen, documents, actor
    row.ground, row.reason, row.finished_at = ground, reason.strip(), None
    row.queued_at, row.attempts = timezone.now(), 0
    # what was found stood there to be chosen from; the words go
    row.found = []
    row.save()
    transaction.on_commit(partial(send_again, row, _to_worker))
    return row


def _picked(here: FoundIn, numbers: Iterable[int] | None) -> list[Mark]:
    if numbers is None:
        return [mark for mark in here.marks if mark.kind not in NEVER_TICKED]
    wanted = sorted(set(numbers))
    if wanted and (wanted[0] < 0 or wanted[-1] >= len(here.marks)):
        raise BadInput(_("Chỗ che này không có trong tài liệu: hãy tải lại trang."), field="documents")
    return [here.marks[number] for number in wanted]


# --- doing it -------------------------------------------------------------------------------------


def carry_out(work_id: UUID | str) -> None:
    """Do a queued work; called by the worker.

    Whatever goes wrong is kept with it as a sentence. One that another worker took is left alone.
    """
    work = RedactionWork.objects.select_related("case__unit__parent", "requested_by").filter(pk=work_id).first()
    if work is None:
        return
    crashed = gettext_noop("Không che được do lỗi hệ thống: hãy báo quản trị.")
    with taken(work, partial(_failed, work), crashed=crashed) as ours:
        if not ours:
            return
        work.refresh_from_db()
        try:
            if work.step == _Step.SEARCH:
                _look(work)
            else:
                _copy(work)
        except Stopped:
            logger.info("redaction %s was stopped", work.pk)


def _failed(work: RedactionWork, sentence: str) -> None:
    close(work, _Status.FAILED, error=sentence)


class _Beat:
    """Writes now and then how far a work is, and ends it where somebody stopped it."""

    def __init__(self, work: RedactionWork) -> None:
        self._work = work
        self._told = time.monotonic()
        self.done = 0
        """Pages of papers that are finished."""

    def __call__(self, pages: int) -> None:
        """Tell how many pages of this paper are done.

        Raises:
            Stopped: somebody stopped the work.
        """
        if time.monotonic() - self._told >= _BEAT:
            self.tell(pages)

    def tell(self, pages: int = 0, **values: object) -> None:
        """Tell at once, and write these values with it.

        Raises:
            Stopped: somebody stopped the work.
        """
        running = RedactionWork.objects.filter(pk=self._work.pk, status=_Status.RUNNING)
        if running.update(progress=min(self.done + pages, self._work.total), **values) != 1:
            raise Stopped
        self._told = time.monotonic()


def _look(work: RedactionWork) -> None:
    terms = [(kind, words) for kind, words in work.wanted["terms"]]
    people = [PersonFacts(name, "", "", tuple(others)) for name, others in work.wanted["people"]]
    papers = _in_the_file(work.requested_by, work.case).filter(document_id__in=work.document_ids)
    found = list(work.found)
    looked = {row["filing"] for row in found}
    beat, deadly = _Beat(work), work.attempts > MOST_ATTEMPTS
    for filed in papers.order_by("pk"):
        if filed.pk in looked:
            beat.done += filed.page_count or 0
            continue
        if deadly:
            found.append(_not_looked_in(filed, died_of_it()))
            deadly = False
        else:
            found.append(_looked_in(filed, terms, people, work.wanted["patterns"], work.requested_by, beat))
            if sum(len(row["marks"]) for row in found) > MOST_FOUND:
                raise BadInput(
                    _("Tìm thấy quá %(most)d chỗ trong hồ sơ: hãy chọn ít tài liệu hơn, hoặc nêu cụm chữ dài hơn.")
                    % {"most": MOST_FOUND}
                )
        beat.done += filed.page_count or 0
        beat.tell(found=found, attempts=1)
    # whom it looked for nobody needs to know any more
    close(work, _Status.FOUND, progress=work.total, found=found, wanted={})


def _looked_in(
    filed: CaseDocument,
    terms: Sequence[tuple[str, str]],
    people: Sequence[PersonFacts],
    patterns: Sequence[str],
    actor: User,
    after_page: Callable[[int], None],
) -> dict[str, Any]:
    row = _not_looked_in(filed, "")
    try:
        may_redact(actor, filed)
        row["source_sha256"] = _source_sha256(filed)
        seen = search(readable_pdf(filed.document), terms, people=people, patterns=patterns, after_page=after_page)
    except (VksError, *UNREADABLE) as error:
        return row | {"error": _sentence_of(error)}
    row["marks"] = [[each.page, *each.box, each.kind, each.text[:_LONGEST_WORDS]] for each in seen.marks]
    row["unsearched"] = [[each.page, each.why] for each in seen.unsearched]
    return row | {"pages": seen.pages}


def _not_looked_in(filed: CaseDocument, error: str) -> dict[str, Any]:
    row: dict[str, Any] = {"filing": filed.pk, "sha256": filed.sha256, "source_sha256": "", "pages": 0}
    return row | {"marks": [], "unsearched": [], "error": error}


def _sentence_of(error: Exception) -> str:
    """Return why nothing came of one paper; the others are gone on with."""
    if isinstance(error, VksError):
        return error.message
    logger.warning("a paper could not be redacted: %s", type(error).__name__)
    if isinstance(error, OSError):
        return _("Máy chủ không đọc hoặc không ghi được tệp, có thể đĩa đầy: hãy báo quản trị, rồi thử lại.")
    return _("Tệp của tài liệu này không đọc được để che: hãy báo quản trị kiểm tra.")


def _copy(work: RedactionWork) -> None:
    seen = _in_the_file(work.requested_by, work.case)
    made = set(Redaction.objects.filter(work=work).values_list("case_document_id", flat=True))
    beat, deadly = _Beat(work), work.attempts > MOST_ATTEMPTS
    # of a work that is begun once more; what this person may not read (any more) is told of anew
    failures: list[list[Any]] = [each for each in work.failures if each[0] is not None]
    failed = {document for document, _why in failures}
    for row in work.chosen:
        # asked of each when its turn comes: the papers before it may have taken hours
        filed = seen.filter(pk=row["filing"]).first()
        if filed is None:
            failures.append([None, _("Một tài liệu không còn trong phạm vi của bạn.")])
            continue
        if filed.pk in made or filed.document_id in failed:
            beat.done += filed.page_count or 0
            continue
        if deadly:
            failures.append([filed.document_id, died_of_it()])
            deadly = False
        else:
            try:
                _copy_one(work, filed, row, beat)
            except (VksError, *UNREADABLE) as error:
                failures.append([filed.document_id, _sentence_of(error)])
            else:
                made.add(filed.pk)
        beat.done += filed.page_count or 0
        beat.tell(failures=failures, attempts=1)
    if made:
        # what is needed to go on, as long as there is something to go on with
        kept: dict[str, Any] = {} if failures else {"chosen": []}
        close(work, _Status.DONE, progress=work.total, failures=failures, **kept)
    else:
        close(work, _Status.FAILED, failures=failures, error=failures[0][1])


def _copy_one(work: RedactionWork, filed: CaseDocument, row: Mapping[str, Any], beat: _Beat) -> None:
    if (filed.sha256, _source_sha256(filed)) != (row["sha256"], row["source_sha256"]):
        raise Conflict(_("Tài liệu đã có tệp khác từ lúc tìm: hãy tìm lại."))
    redact_document(
        actor=work.requested_by,
        filed=filed,
        marks=[_mark(each) for each in row["marks"]],
        ground=work.ground,
        reason=work.reason,
        work=work,
        after_page=beat,
    )


# --- following ------------------------------------------------------------------------------------


def may_have(user: User, work: RedactionWork) -> bool:
    """Tell whether the person may redact in the case, and read every paper the work is about, at this moment."""
    if case_decision(user, work.case).level < Level.CONTRIBUTE or reads_only_by_loan(user, work.case):
        return False
    here = CaseDocument.objects.filter(case=work.case, part=_PART, document_id__in=work.document_ids)
    seen = _in_the_file(user, work.case).filter(document_id__in=work.document_ids)
    return _is_open_to(work, _host_ids(here), _host_ids(seen))


def _is_open_to(work: RedactionWork, here: Set[int], seen: Set[int]) -> bool:
    """Tell whether somebody who may read some papers of the case file may follow a work.

    Args:
        work: of the case.
        here: the papers of the case file.
        seen: those of them the person may read.
    """
    about = set(work.document_ids)
    if work.step == _Step.SEARCH:
        # of a paper that left the case nothing is shown; the title of copies would name it
        about &= here
    return bool(about) and about <= seen


def _host_ids(papers: QuerySet[CaseDocument]) -> set[int]:
    return set(papers.values_list("document_id", flat=True))


def work_for(user: User, work_id: UUID | str) -> RedactionWork:
    """Return a work the person may follow.

    Raises:
        NotFound: there is none, or something in it is not for this person (any more).
    """
    found = RedactionWork.objects.select_related("case__unit__parent", "requested_by").filter(pk=work_id).first()
    if found is None or not may_have(user, found):
        raise NotFound(_("Không có việc che thông tin này trong phạm vi của bạn."))
    return found


def works_of(user: User, case: CaseFile) -> list[RedactionWork]:
    """Return the newest works of a case that the person may follow."""
    if case_decision(user, case).level < Level.CONTRIBUTE or reads_only_by_loan(user, case):
        return []
    here = _host_ids(CaseDocument.objects.filter(case=case, part=_PART))
    seen = _host_ids(_in_the_file(user, case))
    rows = RedactionWork.objects.filter(case=case).select_related("requested_by").defer("found", "chosen", "wanted")
    return [row for row in rows[:20] if _is_open_to(row, here, seen)]


@transaction.atomic
def go_on(*, actor: User, work: RedactionWork) -> RedactionWork:
    """Queue a work again that failed, or some of whose copies could not be made: what was chosen is still there.

    Papers that were looked in, and copies that were made, stay as they are.

    Raises:
        NotFound: there is none for this person.
        Conflict: nothing is left to be done.
    """
    row = RedactionWork.objects.select_for_update().get(pk=work_for(actor, work.pk).pk)
    if not row.may_go_on:
        raise Conflict(_("Việc che này không dừng vì lỗi: hãy tải lại trang."))
    row.status, row.error, row.failures, row.finished_at = _Status.QUEUED, "", [], None
    row.progress, row.requested_by, row.queued_at, row.attempts = 0, actor, timezone.now(), 0
    row.save()
    transaction.on_commit(partial(send_again, row, _to_worker))
    return row


def cancel_work(*, actor: User, work: RedactionWork) -> RedactionWork:
    """Stop a work, or give up what waits to be chosen from or failed; copies that are made stay.

    Raises:
        NotFound: there is none for this person.
        Conflict: it is over already.
    """
    row = work_for(actor, work.pk)
    stopped = RedactionWork.objects.filter(pk=row.pk, status__in=(*OPEN, _Status.FOUND, _Status.FAILED))
    if stopped.update(status=_Status.CANCELLED, **_EMPTIED, finished_at=timezone.now()) != 1:
        raise Conflict(_("Việc che này đã xong hoặc đã dừng."))
    # it still knows here what it was to make
    transaction.on_commit(partial(_clear_away, row))
    return RedactionWork.objects.select_related("case__unit__parent", "requested_by").get(pk=row.pk)


_EMPTIED: Mapping[str, Any] = {"wanted": {}, "found": [], "chosen": []}


def _clear_away(work: RedactionWork) -> None:
    """Remove what a worker that was killed left of copies; a living one does so itself."""
    with held_alone(work.lock_path) as alone:
        for path in leftovers_of(work) if alone else ():
            path.unlink(missing_ok=True)


# --- an end ---------------------------------------------------------------------------------------

_NOBODY_CHOSE = gettext_noop("Quá hạn chọn chỗ che: những gì máy tìm thấy đã được xóa. Cần che thì tìm lại.")
_NONE_LEFT = gettext_noop("Mọi tài liệu của việc này đã rời hồ sơ vụ án: những gì máy tìm thấy đã được xóa.")


def end_what_waits(now: dt.datetime) -> int:
    """End searches nobody chose from in time, and empty what works keep that nobody needs any more; return how many.

    The log of redaction stays: who had what taken out of which paper, on what ground. Of works that led to no copy not even
    the names stay that were looked for.
    """
    old = RedactionWork.objects.filter(finished_at__lt=now - dt.timedelta(days=configuration().redaction_days))
    ended = old.filter(status=_Status.FOUND).update(status=_Status.CANCELLED, error=_NOBODY_CHOSE, **_EMPTIED)
    over = old.exclude(status__in=(*OPEN, _Status.FOUND))
    over.exclude(**_EMPTIED).update(**_EMPTIED)
    over.filter(copies__isnull=True).exclude(title="").update(title="")
    searched = RedactionWork.objects.filter(step=_Step.SEARCH, status__in=(_Status.FOUND, _Status.FAILED))
    return ended + sum(_forget_what_left(pk) for pk in searched.exclude(found=[]).values_list("pk", flat=True))


@transaction.atomic
def _forget_what_left(work_id: UUID) -> bool:
    """Empty what was found in papers that left the case file; tell whether nothing was left to choose from."""
    work = RedactionWork.objects.select_for_update().get(pk=work_id)
    here = CaseDocument.objects.filter(case=work.case_id, part=_PART, pk__in=[row["filing"] for row in work.found])
    kept = set(here.values_list("pk", flat=True))
    rows = [row for row in work.found if row["filing"] in kept]
    if work.step != _Step.SEARCH or len(rows) == len(work.found):
        return False
    work.found = rows
    over = not rows and work.status == _Status.FOUND
    if over:
        work.status, work.error, work.finished_at = _Status.CANCELLED, _NONE_LEFT, timezone.now()
    work.save(update_fields=["found", "status", "error", "finished_at"])
    return over
