"""Pages and answers about filing."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from vks_plugin.access.queries import case_for
from vks_plugin.cases.models import CaseDocument, CatalogueType
from vks_plugin.conf import configuration
from vks_plugin.custody.queries.digitisation import batch_checked_with
from vks_plugin.errors import BadInput, NotAllowed, NotFound, TooLarge, VksError
from vks_plugin.filing import actions
from vks_plugin.filing.models import IntakeItem
from vks_plugin.host.filed import FROZEN, frozen_among
from vks_plugin.web.forms import CorrectionForm, UploadForm
from vks_plugin.web.shell import OURS, SignedInRequest, is_fragment, page, show

_FORM_OVERHEAD = 64 * 1024
"""What a request is larger than the file it carries, at the most."""


def _first_error(form: Any) -> str:
    for name, errors in form.errors.items():
        label = form.fields[name].label if name in form.fields else ""
        return f"{label}: {errors[0]}" if label else str(errors[0])
    return str(_("Biểu mẫu chưa đầy đủ."))


def refuse_too_long(request: SignedInRequest) -> None:
    """Refuse a file that is too large before the body is read into a temporary file.

    Raises:
        TooLarge: above `VKS_MAX_UPLOAD_BYTES`, by what the request says of itself.
    """
    limit = configuration().max_upload_bytes
    length = request.headers.get("Content-Length", "")
    if length.isdigit() and int(length) > limit + _FORM_OVERHEAD:
        raise TooLarge(
            _("Tệp lớn hơn %(limit)d MB: hãy tách thành nhiều tệp.") % {"limit": limit // (1024 * 1024)}, field="file"
        )


@page
@require_POST
def upload(request: SignedInRequest, code: str) -> HttpResponse:
    """Take one file in; the answer to a script is a sentence, to a form the case page."""
    refuse_too_long(request)
    view = case_for(request.user, code)
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        raise BadInput(_first_error(form))
    data = dict(form.cleaned_data)
    file = data.pop("file")
    item = actions.file_upload(actor=request.user, case=view.case, file=file, filename=file.name, **data)
    if is_fragment(request):
        return show(request, "vks/cases/uploaded.html", {"item": item})
    messages.success(request, _("Đã nhận tệp %(name)s, đang xử lý.") % {"name": item.filename}, extra_tags=OURS)
    return redirect("vks:case", code=code)


def _item(request: SignedInRequest, code: str, pk: UUID) -> IntakeItem:
    view = case_for(request.user, code)
    item = (
        IntakeItem.objects.select_related("case__unit__parent", "document_type").filter(pk=pk, case=view.case).first()
    )
    if item is None or (item.part == "hsks" and "file_internal" not in view.may):
        raise NotFound(_("Không có tệp này trong danh sách chờ."))
    return item


@page
@require_POST
def retry(request: SignedInRequest, code: str, pk: UUID) -> HttpResponse:
    """Try a failed file again."""
    actions.retry_failed(actor=request.user, item=_item(request, code, pk))
    messages.success(request, _("Đang thử lại."), extra_tags=OURS)
    return redirect("vks:case", code=code)


@page
@require_POST
def discard(request: SignedInRequest, code: str, pk: UUID) -> HttpResponse:
    """Take a failed file off the list."""
    actions.discard_failed(actor=request.user, item=_item(request, code, pk))
    messages.success(request, _("Đã bỏ tệp khỏi danh sách."), extra_tags=OURS)
    return redirect("vks:case", code=code)


@page
@require_http_methods(["GET", "POST"])
def describe(request: SignedInRequest, code: str, document_id: int) -> HttpResponse:
    """Correct what is said of a filed document."""
    view = case_for(request.user, code)
    filed: CaseDocument = get_object_or_404(view.documents, document_id=document_id)
    if ("file" if filed.part == "hsva" else "file_internal") not in view.may:
        raise NotAllowed(_("Bạn không sửa được thông tin tài liệu này."))
    initial = {
        "document_type": str(filed.document_type) if filed.document_type else "",
        "title": filed.title,
        "number": filed.number,
        "date": filed.date,
        "folio_from": filed.folio_from,
        "folio_to": filed.folio_to,
        "characteristics": filed.characteristics,
    }
    form = CorrectionForm(request.POST or None, initial=initial)
    form.fields["document_type"].widget.attrs["data-vks-query"] = f"part={filed.part}"
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                actions.describe(actor=request.user, filed=filed, **form.cleaned_data)
            except VksError as error:
                form.add_error(error.field if error.field in form.fields else None, error.message)
                status = error.status
            else:
                messages.success(request, _("Đã lưu thông tin tài liệu."), extra_tags=OURS)
                return redirect("vks:case", code=code)
    context = {
        "form": form,
        "filed": filed,
        "case": view.case,
        "types": CatalogueType.objects.filter(part=filed.part),
        "checked": batch_checked_with(filed),
        # what was typed stays in a form that is refused
        "closed": _(FROZEN) if request.method == "GET" and frozen_among([filed.document_id]) else "",
    }
    return show(request, "vks/cases/describe.html", context, status=status)
