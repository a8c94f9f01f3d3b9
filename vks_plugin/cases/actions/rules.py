"""What the rules of validation mean for an act: a finding that blocks is its refusal."""

from __future__ import annotations

from django.utils.translation import gettext as _

from vks_plugin.cases.folio_queries import card_at
from vks_plugin.cases.models import CaseFile, Folio
from vks_plugin.cases.validation import Findings
from vks_plugin.errors import BadInput, Conflict, VksError
from vks_plugin.language import spoken


def refusal(findings: Findings, kind: type[VksError] = BadInput) -> VksError | None:
    """Return the refusal these findings make, with everything that blocks in one answer; None when nothing does."""
    blocking = [each for each in findings if each.severity == "block"]
    if not blocking:
        return None
    sentences = " ".join(spoken(each.sentence) for each in blocking)
    return kind(sentences, field=blocking[0].field or None)


def enforce(findings: Findings, kind: type[VksError] = BadInput) -> None:
    """Refuse where one of the findings blocks.

    Raises:
        VksError: of the kind asked for, with the sentences.
    """
    error = refusal(findings, kind)
    if error is not None:
        raise error


def refuse_taken_folios(
    case: CaseFile, first: int, last: int, *, document: int | None = None, card: int | None = None
) -> None:
    """Refuse whole numbers of folios that another paper has, be it filed or only on an index card (TTLT 04/2018, Điều 35).

    Args:
        case: the case.
        first: the first number.
        last: the last number.
        document: key of the filed document that is to have them; its own are no clash.
        card: key of the index card that is to have them; its own are no clash.

    Raises:
        Conflict: with the name of the other paper.
    """
    taken = (
        # a folio put in between, such as 5a, is of another paper than 5
        Folio.objects.filter(case=case, number__range=(first, last), suffix="")
        .exclude(case_document_id=document)
        .select_related("case_document")
        .order_by("number")
        .first()
    )
    if taken is not None:
        raise Conflict(
            _("Bút lục %(folio)s đã thuộc tài liệu “%(title)s”: hãy kiểm tra lại số bút lục.")
            % {"folio": taken.label, "title": taken.case_document.title},
            field="folio_from",
        )
    other = card_at(case, first, last, ignoring=card)
    if other is not None:
        raise Conflict(
            _("Bút lục %(first)d–%(last)d đã ghi ở thẻ chỉ dẫn %(card)s: hãy kiểm tra lại số bút lục.")
            % {"first": other.folio_from, "last": other.folio_to, "card": other},
            field="folio_from",
        )


def refuse_archived(case: CaseFile) -> None:
    """Refuse to add papers to a case, or to change its files or its record, while the archive has what was packed of it.

    Raises:
        Conflict: the archive has it.
    """
    if case.archived_at is not None:
        raise Conflict(closed_by_the_archive())


def closed_by_the_archive() -> str:
    """Return what a case that the archive has is closed to, and what to do about it."""
    return _(
        "Hồ sơ vụ án này đã nộp lưu: không thêm, không sửa tài liệu và thông tin vụ án được. Cần sửa thì lãnh đạo đơn vị rút sự "
        "kiện “Nộp lưu hồ sơ” với lý do, xong nộp lưu lại."
    )


def refuse_destroyed(case: CaseFile) -> None:
    """Refuse to act on a case whose file was disposed of.

    Raises:
        Conflict: it was.
    """
    if case.destroyed_at is not None:
        raise Conflict(_("Hồ sơ vụ án này đã tiêu hủy: không ghi, không thêm gì vào được nữa."))
