"""The signatures inside a document's file: who signed, when, and whether it holds."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from vks_plugin.access.queries import case_for
from vks_plugin.errors import NotFound
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
from vks_plugin.language import spoken
from vks_plugin.web.shell import OURS, SignedInRequest, page, show

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


@page
@require_http_methods(["GET", "POST"])
def signatures(request: SignedInRequest, code: str, document_id: int) -> HttpResponse:
    """Show what is known of a document's signatures; when sent, have them read again."""
    view = case_for(request.user, code)
    filed = view.documents.select_related("case__unit__parent", "document").filter(document_id=document_id).first()
    if filed is None:
        raise NotFound(_("Không có tài liệu này trong hồ sơ nào bạn được xem."))
    if request.method == "POST":
        check_again(actor=request.user, filed=filed)
        messages.success(request, _("Đang kiểm tra chữ ký số."), extra_tags=OURS)
        return redirect("vks:signatures", code=code, document_id=document_id)
    found = signatures_of(filed)
    context = {
        "filed": filed,
        "case": filed.case,
        "found": found,
        "shown": [in_words(each) for each in found.signatures],
        "not_installed": "" if is_installed() else spoken(NOT_INSTALLED),
        "rootless": roots_place() is None,
        "may_check": ("file" if filed.part == "hsva" else "file_internal") in view.may,
    }
    return show(request, "vks/cases/signatures.html", context)
