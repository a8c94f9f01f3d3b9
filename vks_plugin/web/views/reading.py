"""Reading a document of a case in the browser, every page marked with who reads it and when."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET

from vks_plugin.access.queries import case_for
from vks_plugin.cases.models import CaseDocument
from vks_plugin.errors import BadInput, NotFound
from vks_plugin.host.files import readable_pdf
from vks_plugin.organization.queries import display_name
from vks_plugin.web.shell import SignedInRequest, page, show
from vks_plugin.web.watermark import marked_page, page_count


def _filed(request: SignedInRequest, code: str, document_id: int) -> CaseDocument:
    view = case_for(request.user, code)
    filed = view.documents.filter(document_id=document_id).first()
    if filed is None or filed.document is None:
        raise NotFound(_("Không có tài liệu này trong hồ sơ nào bạn được xem."))
    return filed


@page
@require_GET
@xframe_options_sameorigin
def read(request: SignedInRequest, code: str, document_id: int) -> HttpResponse:
    """Show a document page by page."""
    filed = _filed(request, code, document_id)
    pages = range(1, page_count(readable_pdf(filed.document)) + 1)
    return show(request, "vks/loans/read.html", {"filed": filed, "case": filed.case, "pages": pages})


@page
@require_GET
def read_page(request: SignedInRequest, code: str, document_id: int, number: int) -> HttpResponse:
    """Answer with one page as a picture."""
    filed = _filed(request, code, document_id)
    now = timezone.localtime()
    user = request.user
    words = f"{display_name(user)} ({user.get_username()}) – {now:%H:%M:%S %d/%m/%Y} – {code}"
    try:
        content = marked_page(readable_pdf(filed.document), number, words)
    except BadInput as error:
        raise NotFound(error.message) from error
    return HttpResponse(content, content_type="image/jpeg")
