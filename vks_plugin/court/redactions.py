"""Redacted copies of filed documents: proposed, made by a named person on a ground, told to the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from vks_plugin.access.policy import Level
from vks_plugin.access.queries import require
from vks_plugin.acts import tell
from vks_plugin.cases.models import CaseDocument, CaseFile
from vks_plugin.court.choosing import redactions_of
from vks_plugin.court.models import Redaction
from vks_plugin.court.protected import people_to_mask, protected_people
from vks_plugin.court.redaction import MOST_MARKS, PATTERNS, Mark, long_enough, propose, redact
from vks_plugin.errors import BadInput, NotFound
from vks_plugin.hashing import sha256_of
from vks_plugin.host.files import readable_pdf

MOST_PAGES = 200
"""Pages of one document that are drawn while somebody waits."""
MOST_TERMS = 100


def usual_terms(case: CaseFile) -> list[tuple[str, str]]:
    """Return kind and words of everything by which a person who is kept secret could be known."""
    found = []
    for person, _why in people_to_mask(case):
        found += [
            ("nguoi", person.full_name),
            ("can_cuoc", person.id_number),
            ("dia_chi", person.residence),
            ("dien_thoai", person.contact),
        ]
    # in court an accused under 18 is not named either; who makes a copy for the defence unticks these
    for young in protected_people(case):
        found += [("nguoi", name) for name in (young.name, *young.other_names) if ("nguoi", name) not in found]
    # an initial or a house number alone cannot be looked for; the person who makes the copy sees the page
    return [(kind, words.strip()) for kind, words in found if long_enough(words)]


def proposals(
    *, actor: User, filed: CaseDocument, terms: Iterable[str] = (), patterns: Iterable[str] = tuple(PATTERNS)
) -> list[Mark]:
    """Return what would be taken out: the usual terms of the case, the terms given, and numbers.

    Raises:
        NotFound, NotAllowed: the actor may not redact here.
        BadInput: the paper is too long or cannot be read, or a term means nothing.
    """
    _may(actor, filed)
    given = [("chu", term) for term in terms]
    if len(given) > MOST_TERMS:
        raise BadInput(_("Nhiều nhất %(most)d chữ cần che.") % {"most": MOST_TERMS}, field="terms")
    return propose(
        readable_pdf(filed.document),
        [*usual_terms(filed.case), *given],
        people=protected_people(filed.case),
        patterns=patterns,
    )


def _may(actor: User, filed: CaseDocument) -> None:
    require(actor, filed.case, Level.CONTRIBUTE, doing=_("che thông tin"))
    if filed.part != "hsva":
        raise BadInput(_("Hồ sơ kiểm sát không đưa ra ngoài nên không cần che."))
    if (filed.page_count or 0) > MOST_PAGES:
        raise BadInput(_("Tài liệu dài quá %(most)d trang: chưa che được ở đây.") % {"most": MOST_PAGES}, field="page")


def redact_document(
    *, actor: User, filed: CaseDocument, marks: Sequence[Mark], ground: str, reason: str = ""
) -> Redaction:
    """Make a copy of the document without what is marked.

    Raises:
        NotFound, NotAllowed: the actor may not redact here.
        BadInput: nothing is marked, no ground is given, or the paper cannot be read.
    """
    _may(actor, filed)
    if ground not in Redaction.Ground.values:
        raise BadInput(_("Hãy chọn căn cứ che."), field="ground")
    if ground == Redaction.Ground.OTHER and not reason.strip():
        raise BadInput(_("Hãy ghi lý do che."), field="reason")
    if len(marks) > MOST_MARKS:
        raise BadInput(_("Nhiều nhất %(most)d chỗ che.") % {"most": MOST_MARKS})
    source = readable_pdf(filed.document)
    made = Redaction(
        case_document=filed,
        ground=ground,
        reason=reason.strip(),
        marks=[[mark.page, *mark.box, mark.kind] for mark in marks],
        filed_sha256=filed.sha256,
        created_by=actor,
    )
    made.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        made.page_count = redact(source, made.path, marks)
        made.source_sha256, made.sha256 = sha256_of(source), sha256_of(made.path)
        with transaction.atomic():
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


def redacted_copy(filed: CaseDocument) -> Redaction:
    """Return the copy that stands in for a document.

    Raises:
        NotFound: there is none, or the document has changed since.
    """
    found = redactions_of([filed]).get(filed.pk)
    if found is None:
        raise NotFound(_("Tài liệu này chưa có bản đã che."))
    return found
