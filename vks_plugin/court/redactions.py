"""Redacted copies of filed documents: proposed, made by a named person on a ground, read before they go out."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from urllib.parse import quote

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vks_plugin.access.policy import Level
from vks_plugin.access.queries import reads_only_by_loan, require, visible_documents
from vks_plugin.acts import tell
from vks_plugin.cases.models import Accused, CaseDocument, CaseFile, CasePerson
from vks_plugin.court.choosing import another_file, copies_told, is_file, redactions_of
from vks_plugin.court.making import remove_half_made
from vks_plugin.court.masking import PersonFacts
from vks_plugin.court.models import Redaction, RedactionWork
from vks_plugin.court.protected import people_to_mask, protected_people
from vks_plugin.court.redaction import MOST_MARKS, USUAL_PATTERNS, Mark, half_made, long_enough, propose, redact
from vks_plugin.errors import BadInput, Conflict, NotFound
from vks_plugin.hashing import sha256_of
from vks_plugin.host.files import readable_pdf
from vks_plugin.text import ascii_file_name, composed
from vks_plugin.working import held_alone

MOST_PAGES = 5000
"""Pages of one document; more are parts of a file that somebody scanned in one go."""
PAGES_AT_ONCE = 100
"""Pages of one document that are searched while somebody waits; in longer ones a worker looks."""
MOST_TERMS = 100


def usual_terms(case: CaseFile) -> list[tuple[str, str]]:
    """Return kind and words of everything by which a person who is kept secret could be known."""
    found = []
    for person, _why in people_to_mask(case):
        found += terms_of(person)
    # in court an accused under 18 is not named either; who makes a copy for the defence unticks these
    for young in protected_people(case):
        found += [("nguoi", name) for name in (young.name, *young.other_names) if long_enough(name)]
    return list(dict.fromkeys(found))


_PHONE = re.compile(r"(?:\+?84|0)(?:[ .-]?\d){9}(?!\d)")
_NAMES_A_DOOR = re.compile(r"\d|\b(?:thôn|xóm|ấp|bản|buôn|làng|tổ|khu|đường|phố|ngõ)\b", re.IGNORECASE)
_SHORTEST_ADDRESS = 6


def terms_of(person: Accused | CasePerson) -> list[tuple[str, str]]:
    """Return kind and words of everything the record knows somebody by."""
    names = names_of(person)
    found = [("nguoi", name) for name in (names.name, *names.other_names)]
    found += [("can_cuoc", person.id_number), ("chu", person.registration_number)]
    found += [("dia_chi", address) for address in _ways_to_write(person.residence)]
    if isinstance(person, CasePerson):
        phones = [re.sub(r"\D", "", number) for number in _PHONE.findall(person.contact)]
        written = [number if number.startswith("0") else f"0{number[2:]}" for number in phones]
        found += [("dien_thoai", each) for number in written for each in (number, f"+84{number[1:]}")]
        found.append(("dien_thoai", person.contact))
    # an initial or a house number alone cannot be looked for; the person who makes the copy sees the page
    return list(dict.fromkeys((kind, words.strip()) for kind, words in found if long_enough(words)))


def names_of(person: Accused | CasePerson) -> PersonFacts:
    """Return the names of somebody: by these, and by the given name, people are spoken of."""
    others = (person.other_name, person.alias) if isinstance(person, Accused) else ()
    return PersonFacts(person.full_name, "", "", tuple(name for name in (*others, person.legal_representative) if name))


def _ways_to_write(residence: str) -> list[str]:
    """Return an address, and its beginnings that still lead to a door: not every paper names the province."""
    parts = [part.strip() for part in residence.split(",") if part.strip()]
    beginnings = [", ".join(parts[:count]) for count in range(len(parts), 1, -1)]
    return [residence, *(each for each in beginnings if _NAMES_A_DOOR.search(each) and len(each) > _SHORTEST_ADDRESS)]


def proposals(
    *, actor: User, filed: CaseDocument, terms: Iterable[str] = (), patterns: Iterable[str] = USUAL_PATTERNS
) -> list[Mark]:
    """Return what would be taken out: the usual terms of the case, the terms given, numbers and addresses.

    Raises:
        NotFound, NotAllowed: the actor may not redact here.
        BadInput: the paper is too long to be searched at once or cannot be read, or a term means nothing.
    """
    may_redact(actor, filed)
    if (filed.page_count or 0) > PAGES_AT_ONCE:
        raise BadInput(
            _("Tài liệu dài quá %(most)d trang: hãy để máy tìm ở nền.") % {"most": PAGES_AT_ONCE}, field="terms"
        )
    return propose(
        readable_pdf(filed.document),
        [*usual_terms(filed.case), *given_terms(terms)],
        people=protected_people(filed.case),
        patterns=patterns,
    )


def given_terms(terms: Iterable[str]) -> list[tuple[str, str]]:
    """Return words that somebody typed, as terms.

    Raises:
        BadInput: there are too many.
    """
    given = [("chu", term) for term in terms]
    if len(given) > MOST_TERMS:
        raise BadInput(_("Nhiều nhất %(most)d chữ cần che.") % {"most": MOST_TERMS}, field="terms")
    return given


def may_redact(actor: User, filed: CaseDocument) -> None:
    """Refuse who may not redact this document.

    Raises:
        NotFound, NotAllowed: the actor may not redact here.
        BadInput: it is none that leaves the office, or too long.
    """
    require(actor, filed.case, Level.CONTRIBUTE, doing=_("che thông tin"))
    if filed.part != "hsva":
        raise BadInput(_("Hồ sơ kiểm sát không đưa ra ngoài nên không cần che."))
    if (filed.page_count or 0) > MOST_PAGES:
        raise BadInput(
            _("Tài liệu dài quá %(most)d trang: hãy tách thành nhiều tài liệu rồi che.") % {"most": MOST_PAGES},
            field="page",
        )


def check_ground(ground: str, reason: str) -> None:
    """Refuse a redaction nobody could answer for.

    Raises:
        BadInput: no ground is given, or none in words where it is another than those of the list.
    """
    if ground not in Redaction.Ground.values:
        raise BadInput(_("Hãy chọn căn cứ che."), field="ground")
    if ground == Redaction.Ground.OTHER and not reason.strip():
        raise BadInput(_("Hãy ghi lý do che."), field="reason")
    if len(reason) > _LONGEST_REASON:
        raise BadInput(_("Nhiều nhất %(most)d chữ cái.") % {"most": _LONGEST_REASON}, field="reason")


_LONGEST_REASON = 500


def redact_document(
    *,
    actor: User,
    filed: CaseDocument,
    marks: Sequence[Mark],
    ground: str,
    reason: str = "",
    work: RedactionWork | None = None,
    after_page: Callable[[int], None] | None = None,
) -> Redaction:
    """Make a copy of the document without what is marked.

    Args:
        actor: who answers for it.
        filed: the document.
        marks: what goes.
        ground: a value of `Redaction.Ground`.
        reason: in words.
        work: what it is made for; done once more, it writes over what the time before left behind.
        after_page: told how many pages are done; what it raises ends the work and leaves nothing.

    Raises:
        NotFound, NotAllowed: the actor may not redact here.
        BadInput: nothing is marked, no ground is given, or the paper cannot be read.
        Conflict: the paper went to another case meanwhile.
    """
    may_redact(actor, filed)
    check_ground(ground, reason)
    if len(marks) > MOST_MARKS:
        raise BadInput(_("Nhiều nhất %(most)d chỗ che.") % {"most": MOST_MARKS})
    source = readable_pdf(filed.document)
    made = Redaction(
        case_document=filed,
        made_in=filed.case,
        ground=ground,
        reason=reason.strip(),
        marks=[[mark.page, *mark.box, mark.kind] for mark in marks],
        filed_sha256=filed.sha256,
        created_by=actor,
        work=work,
    )
    if work is not None:
        made.pk = work.copy_id(filed.pk)
    made.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        made.page_count = redact(source, made.path, marks, after_page=after_page)
        made.source_sha256, made.sha256 = sha256_of(source), sha256_of(made.path)
        with transaction.atomic():
            if not CaseDocument.objects.filter(pk=filed.pk, case=filed.case, part=filed.part).exists():
                raise Conflict(_("Tài liệu đã rời hồ sơ vụ án khi đang lập bản che."))
            made.save(force_insert=True)
            tell(
                "document_redacted",
                actor=actor,
                case=filed.case,
                filing=filed.pk,
                document=filed.document_id,
                source_sha256=made.source_sha256,
                sha256=made.sha256,
                pages=made.page_count,
                marks=len(marks),
                redaction_ground=ground,
                reason=made.reason,
            )
    except BaseException:
        made.path.unlink(missing_ok=True)
        raise
    return made


def leftovers_of(work: RedactionWork) -> list[Path]:
    """Return where a worker that was killed may have left something of copies of a work; some are not there.

    No worker may be at it: it may have written a copy and be about to say so.
    """
    of = set(CaseDocument.objects.filter(document_id__in=work.document_ids).values_list("pk", flat=True))
    ids = [work.copy_id(filing) for filing in of | {row["filing"] for row in work.chosen}]
    known = set(Redaction.objects.filter(pk__in=ids).values_list("pk", flat=True))
    paths = {pk: Redaction(pk=pk).path for pk in ids}
    return [*map(half_made, paths.values()), *(path for pk, path in paths.items() if pk not in known)]


_UNKNOWN = dt.timedelta(days=30)
"""For so long a file may be one of a database that somebody is about to bring back."""


def remove_leftovers(now: dt.datetime) -> int:
    """Remove what killed workers left of copies, and copies no row knows of; return how many files.

    Where there is no copy at all the database is taken to be another than the folder's, and whole files stay.
    """
    folder = Redaction(pk=uuid.uuid4()).path.parent
    removed = remove_half_made(folder, now)
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        try:
            age = now - dt.datetime.fromtimestamp(path.stat().st_mtime, tz=dt.UTC)
        except FileNotFoundError:
            continue
        if age <= _UNKNOWN:
            continue
        if path.suffix == ".lock":
            # a lock goes with its worker; one that nobody holds goes by being held here
            with held_alone(path):
                pass
        elif _is_unknown(path):
            path.unlink(missing_ok=True)
            removed += 1
    return removed


def _is_unknown(path: Path) -> bool:
    """Tell whether it is a copy by its name, and no row knows of it."""
    try:
        pk = uuid.UUID(path.stem)
    except ValueError:
        return False
    return not Redaction.objects.filter(pk=pk).exists() and Redaction.objects.exists()


def newest_copy(filed: CaseDocument) -> Redaction:
    """Return the newest copy of the document as it is now, read or not.

    Raises:
        NotFound: there is none, or the document has changed since.
    """
    found = redactions_of([filed]).get(filed.pk)
    if found is None:
        raise NotFound(_("Tài liệu này chưa có bản đã che."))
    return found


def _as_made(copy: Redaction) -> Redaction:
    """Return a copy once it is certain that the file is the one that was made, by the ledger.

    Raises:
        Conflict: it is not.
    """
    filed = copy.case_document
    if not is_file(copy.path, copy.sha256) or not copies_told(filed.case, [copy.sha256]):
        raise another_file(filed.title)
    return copy


def redacted_copy(filed: CaseDocument) -> Redaction:
    """Return the copy that stands in for a document and may go out.

    Raises:
        NotFound: there is none, or the document has changed since.
        Conflict: nobody read it yet, or another file lies in its place.
    """
    found = _as_made(newest_copy(filed))
    if not found.is_read:
        raise Conflict(_("Bản đã che chưa được đọc lại: hãy đọc hết các trang rồi bấm “Tôi đã đọc lại”."))
    return found


def copy_to_open(actor: User, filed: CaseDocument) -> Redaction:
    """Return the newest copy to be opened where it lies; one nobody read is opened by who may redact, to read it.

    Raises:
        NotFound, NotAllowed: there is none, or none for this person yet.
        Conflict: another file lies in its place.
    """
    found = _as_made(newest_copy(filed))
    if not found.is_read:
        may_redact(actor, filed)
    return found


def confirm_read(*, actor: User, filed: CaseDocument, sha256: str) -> Redaction:
    """Record that somebody read the newest copy and found nothing left of what was to go; from then on it may go out.

    Args:
        actor: whoever may redact, also who made the copy.
        filed: the document.
        sha256: of the copy that was read: another may have been made meanwhile.

    Raises:
        NotFound, NotAllowed: the actor may not redact here, or there is no copy.
        Conflict: it is another copy than the one that was read, or it was confirmed already; or another file lies in its
            place.
    """
    may_redact(actor, filed)
    copy = _as_made(newest_copy(filed))
    if copy.sha256 != sha256:
        raise Conflict(_("Bản đã che đã được lập lại từ lúc bạn đọc: hãy đọc bản mới."))
    with transaction.atomic():
        unread = Redaction.objects.filter(pk=copy.pk, read_at__isnull=True)
        if unread.update(read_at=timezone.now(), read_by=actor) != 1:
            raise Conflict(_("Bản đã che này đã được xác nhận đọc lại."))
        tell(
            "redaction_read",
            actor=actor,
            case=filed.case,
            filing=filed.pk,
            document=filed.document_id,
            sha256=copy.sha256,
            pages=copy.page_count,
        )
    copy.refresh_from_db()
    return copy


EMPTY_FRAME = gettext_lazy("Khung không che gì: cạnh phải phải lớn hơn cạnh trái, cạnh dưới lớn hơn cạnh trên.")


def copies_in(actor: User, case: CaseFile) -> QuerySet[Redaction]:
    """Return every copy made in a case, newest first, of documents the person may read."""
    if reads_only_by_loan(actor, case):
        return Redaction.objects.none()
    seen = visible_documents(actor).filter(case=case).values("pk")
    return _with_all().filter(case_document__in=seen)


def copy_for(actor: User, copy_id: uuid.UUID | str) -> Redaction:
    """Return a copy of a document the person may read.

    Raises:
        NotFound: there is none.
    """
    copy = _with_all().filter(pk=copy_id).first()
    if (
        copy is None
        or not visible_documents(actor).filter(pk=copy.case_document_id).exists()
        or reads_only_by_loan(actor, copy.case_document.case)
    ):
        raise NotFound(_("Không có bản đã che này trong phạm vi của bạn."))
    return copy


def _with_all() -> QuerySet[Redaction]:
    return Redaction.objects.select_related(
        "case_document__document", "case_document__case__unit__parent", "created_by", "read_by"
    )


def the_same(copy: Redaction, newest: Redaction) -> Redaction:
    """Return the copy asked for, which has to be the one that stands in for its document.

    Raises:
        Conflict: another one does.
    """
    if copy != newest:
        raise Conflict(_("Tài liệu đã có bản che khác mới hơn: hãy dùng bản đó."))
    return newest


def content_disposition(copy: Redaction, kind: str) -> str:
    """Return the header that names a copy: case code and folio, in plain letters and in Vietnamese (RFC 6266)."""
    filed = copy.case_document
    full = composed(f"{filed.case.code} {filed.folio_label or filed.document_id} đã che")
    return f"{kind}; filename=\"{ascii_file_name(full)}.pdf\"; filename*=UTF-8''{quote(full, safe='')}.pdf"


def standing(copies: Iterable[Redaction]) -> list[tuple[Redaction, bool]]:
    """Return each copy, and whether it is the one that stands in for its document now (one query)."""
    rows = list(copies)
    newest = redactions_of(list({row.case_document_id: row.case_document for row in rows}.values()))
    return [(row, row == newest.get(row.case_document_id)) for row in rows]
