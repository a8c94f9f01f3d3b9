"""Taking something out of a copy of a filed document: proposed, looked at, made."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from urllib.parse import quote

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from vks_plugin.access.queries import case_for
from vks_plugin.cases.models import CaseDocument
from vks_plugin.court import redactions as actions
from vks_plugin.court.redaction import PATTERNS, Mark, page_preview
from vks_plugin.errors import NotAllowed, VksError
from vks_plugin.host.files import readable_pdf
from vks_plugin.host.rest import leave_uncompressed
from vks_plugin.text import ascii_file_name, composed
from vks_plugin.web.court_forms import RedactionForm
from vks_plugin.web.shell import OURS, SignedInRequest, page, show

KINDS = {
    "nguoi": gettext_lazy("Người phải giữ kín"),
    "dia_chi": gettext_lazy("Nơi ở"),
    "can_cuoc": gettext_lazy("Số căn cước"),
    "dien_thoai": gettext_lazy("Điện thoại"),
    "tai_khoan": gettext_lazy("Số tài khoản"),
    "chu": gettext_lazy("Chữ được nêu"),
    "khung": gettext_lazy("Khung"),
}


def key_of(mark: Mark) -> str:
    """Return what tells a place from the others, for a form."""
    return ":".join(map(str, (mark.page, *mark.box)))


@dataclass(frozen=True)
class _Choice:
    """A place that may be taken out, as the page shows it."""

    mark: Mark
    chosen: bool

    @property
    def key(self) -> str:
        """What tells it from the others."""
        return key_of(self.mark)

    @property
    def kind(self) -> str:
        """Why it is proposed, in words."""
        return str(KINDS[self.mark.kind])


def _filed(request: SignedInRequest, code: str, document_id: int) -> CaseDocument:
    view = case_for(request.user, code)
    if "borrowed" in view.may:
        raise NotAllowed(
            _("Bạn mượn bản điện tử của hồ sơ này: đọc trong trang của vụ án, không lập tập, không tải về.")
        )
    filed: CaseDocument = get_object_or_404(view.documents, document_id=document_id)
    filed.case = view.case
    return filed


@page
@require_http_methods(["GET", "POST"])
def redact(request: SignedInRequest, code: str, document_id: int) -> HttpResponse:
    """Propose what to take out, show the page before and after, and make the copy."""
    filed = _filed(request, code, document_id)
    posted = request.method == "POST"
    form = RedactionForm(request.POST if posted else {"numbers": "on"})
    status = 200
    valid = form.is_valid()
    terms, patterns = (form.lines(), PATTERNS if form.cleaned_data["numbers"] else ()) if valid else ([], PATTERNS)
    try:
        # who may not redact is refused before anything is said of the form
        found = actions.proposals(actor=request.user, filed=filed, terms=terms, patterns=patterns)
    except VksError as error:
        if not posted or error.field not in form.fields:
            raise
        form.add_error(error.field, error.message)
        found, status = [], error.status
    # what nobody has looked at yet is proposed; what was looked at is as it was left
    kept, seen = set(request.POST.getlist("chosen")), set(request.POST.get("seen", "").split())
    choices = [_Choice(mark, (key := key_of(mark)) in kept or key not in seen) for mark in found]
    frames: list[Mark] = []
    try:
        frames = form.frames() if valid else []
        marks = [each.mark for each in choices if each.chosen] + frames
        if posted and "make" in request.POST and valid and status == 200:
            actions.redact_document(
                actor=request.user,
                filed=filed,
                marks=marks,
                ground=form.cleaned_data["ground"],
                reason=form.cleaned_data["reason"],
            )
            messages.success(request, _("Đã có bản che. Tài liệu gốc giữ nguyên."), extra_tags=OURS)
            return redirect("vks:case", code=code)
    except VksError as error:
        form.add_error(error.field if error.field in form.fields else None, error.message)
        marks, status = [each.mark for each in choices if each.chosen] + frames, error.status
    if not valid:
        status = 400
    first = marks[0].page if marks else 1
    number = min((form.cleaned_data.get("page") if valid else None) or first, filed.page_count or 1)
    boxes = [mark.box for mark in marks if mark.page == number]
    context = {
        "form": form,
        "case": filed.case,
        "filed": filed,
        "choices": choices,
        "seen": " ".join(each.key for each in choices),
        "number": number,
        "before": _as_address(page_preview(readable_pdf(filed.document), number, boxes, after=False)),
        "after": _as_address(page_preview(readable_pdf(filed.document), number, boxes, after=True)),
        "copies": filed.redactions.select_related("created_by")[:10],
    }
    return show(request, "vks/cases/redact.html", context, status=status)


def _as_address(picture: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(picture).decode('ascii')}"


@page
@require_GET
def redacted(request: SignedInRequest, code: str, document_id: int) -> FileResponse:
    """Hand out the copy that stands in for a document."""
    filed = _filed(request, code, document_id)
    copy = actions.redacted_copy(filed)
    # closed by the response
    response = FileResponse(copy.path.open("rb"), content_type="application/pdf")
    full = composed(f"{filed.case.code} {filed.folio_label or filed.document_id} đã che")
    kind = "inline" if request.GET.get("inline") == "1" else "attachment"
    response["Content-Disposition"] = (
        f"{kind}; filename=\"{ascii_file_name(full)}.pdf\"; filename*=UTF-8''{quote(full, safe='')}.pdf"
    )
    leave_uncompressed(request)
    return response
