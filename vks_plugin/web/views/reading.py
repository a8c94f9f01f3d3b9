"""Reading a document of a case in the browser, every page marked with who reads it and when."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET

from vks_plugin.court.page_pictures import page_to_read, paper_to_read
from vks_plugin.court.watermark import page_count
from vks_plugin.host.files import readable_pdf
from vks_plugin.web.shell import SignedInRequest, page, show


@page
@require_GET
@xframe_options_sameorigin
def read(request: SignedInRequest, code: str, document_id: int) -> HttpResponse:
    """Show a document page by page."""
    filed = paper_to_read(request.user, code, document_id)
    pages = range(1, page_count(readable_pdf(filed.document)) + 1)
    return show(request, "vks/loans/read.html", {"filed": filed, "case": filed.case, "pages": pages})


@page
@require_GET
def read_page(request: SignedInRequest, code: str, document_id: int, number: int) -> HttpResponse:
    """Answer with one page as a picture."""
    return HttpResponse(page_to_read(request.user, code, document_id, number), content_type="image/jpeg")
