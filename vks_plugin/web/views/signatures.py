"""The signatures inside a document's file: who signed, when, and whether it holds."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from vks_plugin.access.queries import CaseView, case_for
from vks_plugin.cases.models import CaseDocument
from vks_plugin.custody.states import SIGNED_IN
from vks_plugin.errors import BadInput, NotAllowed, NotFound, VksError
from vks_plugin.filing.pages import attach_signed, refuse_closed
from vks_plugin.filing.signature_checks import check_again, roots_place, signatures_of
from vks_plugin.filing.signatures import (
    INTEGRITY_LABELS,
    NOT_INSTALLED,
    REVOCATION_CHECKED,
    REVOCATION_UNCHECKED,
    STAMP_LABELS,
    TRUST_LABELS,
    VERDICT_LABELS,
    Signature,
    Verdict,
    is_installed,
)
from vks_plugin.host.files import newest_version
from vks_plugin.language import spoken
from vks_plugin.web.digitisation_forms import SignedForm
from vks_plugin.web.shell import OURS, SignedInRequest, page, show
from vks_plugin.web.views.filing import refuse_too_long

_BADGES = {
    Verdict.VALID: "text-bg-success",
    Verdict.UNPROVEN: "text-bg-warning",
    Verdict.INVALID: "text-bg-danger",
    Verdict.UNREADABLE: "text-bg-secondary",
}


class ShownSignature(NamedTuple):
    """A signature in words."""

    read: Signature
    verdict: str
    badge: str
    at: dt.datetime | None
    """When it was signed; proven where a time stamp proves it."""
    stamp: str
    integrity: str
    trust: str
    revocation: str
    valid_from: dt.datetime | None
    valid_to: dt.datetime | None


def in_words(read: Signature) -> ShownSignature:
    """Return a signature as it is told, in the reader's language."""
    return ShownSignature(
        read,
        verdict=spoken(VERDICT_LABELS[read.verdict]),
        badge=_BADGES[read.verdict],
        at=parse_datetime(read.proven_at or read.said_at),
        stamp=spoken(STAMP_LABELS[read.stamp]),
        integrity=spoken(INTEGRITY_LABELS[read.integrity]),
        trust=spoken(TRUST_LABELS[read.trust]),
        revocation=spoken(REVOCATION_CHECKED if read.revocation_checked else REVOCATION_UNCHECKED),
        valid_from=parse_datetime(read.valid_from),
        valid_to=parse_datetime(read.valid_to),
    )


def _filed(request: SignedInRequest, code: str, document_id: int) -> tuple[CaseView, CaseDocument]:
    view = case_for(request.user, code)
    filed = view.documents.select_related("case__unit__parent", "document").filter(document_id=document_id).first()
    if filed is None:
        raise NotFound(_("Không có tài liệu này trong hồ sơ nào bạn được xem."))
    return view, filed


@page
@require_http_methods(["GET", "POST"])
def signatures(request: SignedInRequest, code: str, document_id: int) -> HttpResponse:
    """Show what is known of a document's signatures; when sent, have them read again."""
    view, filed = _filed(request, code, document_id)
    if request.method == "POST":
        check_again(actor=request.user, filed=filed)
        messages.success(request, _("Đang kiểm tra chữ ký số."), extra_tags=OURS)
        return redirect("vks:signatures", code=code, document_id=document_id)
    return _show(request, view, filed, SignedForm())


@page
@require_POST
def signed(request: SignedInRequest, code: str, document_id: int) -> HttpResponse:
    """Take the signed file of a document in as its newest version."""
    refuse_too_long(request)
    view, filed = _filed(request, code, document_id)
    form = SignedForm(request.POST, request.FILES)
    try:
        if not form.is_valid():
            raise BadInput(_("Chưa ghi được: hãy xem lại các ô."))
        given = form.cleaned_data
        attach_signed(
            actor=request.user,
            filed=filed,
            seen=request.POST.get("seen", ""),
            file=given["file"],
            filename=given["file"].name,
            reason=given["reason"],
        )
    except NotAllowed:
        raise
    except VksError as error:
        if error.field in form.fields:
            form.add_error(error.field, error.message)
        return _show(request, view, filed, form, refusal=error.message, status=error.status)
    messages.success(request, _("Đã đưa bản đã ký số vào; tệp trước vẫn còn."), extra_tags=OURS)
    return redirect("vks:signatures", code=code, document_id=document_id)


def _show(
    request: SignedInRequest,
    view: CaseView,
    filed: CaseDocument,
    form: SignedForm,
    *,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    found = signatures_of(filed)
    may_work = ("file" if filed.part == "hsva" else "file_internal") in view.may
    closed, batch = "", None
    try:
        batch = refuse_closed(filed, signing=True)
    except VksError as error:
        closed = error.message
    context = {
        "filed": filed,
        "case": filed.case,
        "confirmed": batch if batch is not None and batch.state == SIGNED_IN else None,
        "found": found,
        "shown": [in_words(each) for each in found.signatures],
        "not_installed": "" if is_installed() else spoken(NOT_INSTALLED),
        "rootless": roots_place() is None,
        "may_check": may_work,
        "form": form if may_work and not closed and is_installed() else None,
        "closed": closed if may_work else "",
        "refusal": refusal,
        "seen": request.POST.get("seen", "") or newest_version(filed.document).checksum,
    }
    return show(request, "vks/cases/signatures.html", context, status=status)
