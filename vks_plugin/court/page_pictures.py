"""Pages of filed documents as pictures: to read, marked with who reads them, and to mark places on; and what the host shows."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.access.queries import CaseView, case_for
from vks_plugin.cases.models import CaseDocument
from vks_plugin.court.deck.queries import deck_view
from vks_plugin.court.deck.rendering import opened, render
from vks_plugin.court.watermark import marked_page, marked_picture
from vks_plugin.errors import BadInput, NotFound
from vks_plugin.host.files import readable_pdf
from vks_plugin.organization.queries import display_name

_DPI = 96
"""Of the picture of a page on which places are marked."""


def paper_to_read(user: User, code: str, document_id: int) -> CaseDocument:
    """Return a document of a case the person may read, as a borrower may too.

    Raises:
        NotFound: the person may not know of the case, or not read such a document in it.
    """
    filed = case_for(user, code).documents.filter(document_id=document_id).first()
    if filed is None or filed.document is None:
        raise NotFound(_("Không có tài liệu này trong hồ sơ nào bạn được xem."))
    return filed


def page_to_read(user: User, code: str, document_id: int, number: int) -> bytes:
    """Return a page, counted from 1, as a JPEG that says who looked at it, and when.

    Raises:
        NotFound: see `paper_to_read`; or it has no such page.
    """
    filed = paper_to_read(user, code, document_id)
    try:
        return marked_page(readable_pdf(filed.document), number, f"{_looking(user)} – {code}")
    except BadInput as error:
        raise NotFound(error.message) from error


def _looking(user: User) -> str:
    """Return who looks, and when."""
    return f"{display_name(user)} ({user.get_username()}) – {timezone.localtime():%H:%M:%S %d/%m/%Y}"


def lent_picture(user: User, document_id: int, picture: bytes) -> bytes:
    """Return the host's small picture of a filed document as WEBP, with who borrows it, when and of which case in it."""
    code = CaseDocument.objects.filter(document_id=document_id).values_list("case__code", flat=True).first()
    return marked_picture(picture, " – ".join(filter(None, (_looking(user), code))))


def instead_of_text(user: User) -> str:
    """Return what the host shows in the place of the recognised text to who only borrows a document."""
    return _(
        "Bản điện tử cho mượn: %(who)s. Chữ nhận dạng không hiện ở đây; hãy đọc trong trang của vụ án (/vks/), nơi mỗi trang "
        "mang tên người mượn và giờ xem. Tìm theo chữ vẫn ra tài liệu này."
    ) % {"who": _looking(user)}


def paper_to_mark(view: CaseView, document_id: int) -> CaseDocument:
    """Return a document of the case file on which places are marked.

    Raises:
        NotFound: there is none such in the case.
    """
    found = view.documents.filter(document_id=document_id, part="hsva").first()
    if found is None:
        raise NotFound(_("Không có tài liệu này trong hồ sơ vụ án."))
    return found


def page_to_mark(user: User, code: str, document_id: int, number: int) -> bytes:
    """Return a page, counted from 1, as a JPEG, for who may read what is prepared to be shown.

    Raises:
        NotFound, NotAllowed: see `deck_view` and `paper_to_mark`; or it has no such page.
    """
    filed = paper_to_mark(deck_view(user, code), document_id)
    with opened(readable_pdf(filed.document)) as pdf:
        if not 1 <= number <= len(pdf):
            raise NotFound(_("Trang này không có trong tệp: hãy kiểm tra lại số trang."))
        return render(pdf, number, dpi=_DPI).jpeg
