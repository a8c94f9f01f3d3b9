"""Pages on which the files of cases are disposed of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vks_plugin.access.queries import FACTS
from vks_plugin.cases.models import CaseFile
from vks_plugin.custody.queries.hand_overs import exhibits_still_out, settled_in_words, still_out_in_words
from vks_plugin.custody.queries.retention import term_words
from vks_plugin.custody.states import DISPOSAL
from vks_plugin.disposal import actions, papers
from vks_plugin.disposal.models import DestructionBatch
from vks_plugin.disposal.queries import (
    acts_for,
    batch_for,
    batches_for,
    exhibits_left,
    known_items,
    lapsed_cases,
    may_approve,
    obstacles,
    offices_to_draft_in,
    pieces_settled,
    record_for,
)
from vks_plugin.errors import BadInput, NotFound, VksError
from vks_plugin.filing.signatures import Signature
from vks_plugin.host.rest import leave_uncompressed
from vks_plugin.language import spoken
from vks_plugin.organization.queries import display_name
from vks_plugin.web.archive_forms import DisposalForm, ReasonForm, RecordForm
from vks_plugin.web.shell import OURS, SignedInRequest, page, show
from vks_plugin.web.views.filing import refuse_too_long
from vks_plugin.web.views.signatures import in_words

ON_A_PAGE = 50


@page
@require_http_methods(["GET", "POST"])
def disposals(request: SignedInRequest) -> HttpResponse:
    """Show the disposals of one's offices and the files whose period is over; draft one for those chosen."""
    form = DisposalForm(request.POST if request.method == "POST" else None)
    status, chosen = 200, request.POST.getlist("case")
    if request.method == "POST":
        try:
            row = actions.draft(actor=request.user, codes=chosen, reason=request.POST.get("reason", ""))
        except VksError as error:
            if error.status in {403, 404}:
                raise
            form.place(error)
            status = error.status
        else:
            messages.success(
                request, _("Đã lập đợt tiêu hủy: hãy in danh mục, xem lại rồi trình duyệt."), extra_tags=OURS
            )
            return redirect("vks:disposal", pk=row.pk)
    rows = Paginator(batches_for(request.user).annotate(cases=Count("items")), ON_A_PAGE).get_page(
        request.GET.get("page")
    )
    lapsed = lapsed_cases(request.user)
    against = obstacles([each.case for each in lapsed])
    keys = [each.case.pk for each in lapsed]
    left, settled = still_out_in_words(exhibits_still_out(keys)), settled_in_words(keys)
    context = {
        "rows": rows,
        "disposals": [
            {"row": each, "drafted_by": display_name(each.drafted_by), "mine": may_approve(request.user, each)}
            for each in rows
        ],
        "cases": [
            {
                "case": each.case,
                "term": term_words(each),
                "basis": spoken(each.retention.basis),
                "against": against.get(each.case.pk, ""),
                "exhibits": left.get(each.case.pk),
                "settled": settled.get(each.case.pk),
            }
            for each in lapsed
        ],
        "chosen": chosen,
        "form": form,
        "drafting": bool(offices_to_draft_in(request.user)),
        "part": "disposals",
    }
    return show(request, "vks/archive/disposals.html", context, status=status)


_STEPS = (
    ("drafted", gettext_lazy("Lập")),
    ("first", gettext_lazy("Duyệt lần 1")),
    ("second", gettext_lazy("Duyệt lần 2")),
    ("recorded", gettext_lazy("Gắn biên bản đã ký")),
    ("executed", gettext_lazy("Cho thực hiện")),
    ("ended", gettext_lazy("Không duyệt, hủy")),
)


def _steps(row: DestructionBatch) -> list[tuple[str, str, dt.datetime]]:
    found = []
    for name, label in _STEPS:
        who, when = getattr(row, f"{name}_by"), getattr(row, f"{name}_at")
        if who is not None and when is not None:
            found.append((str(label), display_name(who), when))
    return found


def _page(
    request: SignedInRequest, row: DestructionBatch, *, status: int = 200, forms: dict[str, Any] | None = None
) -> HttpResponse:
    items = list(row.items.select_related("case").order_by("case_id"))
    known, left, settled = known_items(request.user, row), exhibits_left(row), pieces_settled(row)
    against: dict[int, str] = {}
    if row.state in DISPOSAL.open:
        waiting = [each.case_id for each in items if each.erased_at is None]
        against = obstacles(CaseFile.objects.select_related(*FACTS).filter(pk__in=waiting), batch=row)
    given = forms or {}
    context = {
        "row": row,
        "signed_by": [in_words(Signature.parse(each)) for each in row.record_signatures],
        "steps": _steps(row),
        "acts": acts_for(request.user, row),
        "items": [
            # why a case is held back, and what is elsewhere, is told to who may know of it
            (each, True, against.get(each.case_id, ""), left.get(each.case_id), settled.get(each.case_id))
            if each.case_id in known
            else (each, False, "", None, None)
            for each in items
        ],
        "may_print": len(known) == len(items),
        "has_outcome": papers.has_outcome(row),
        "record": given.get("attach") or RecordForm(auto_id="id_attach_%s"),
        "denial": given.get("deny") or ReasonForm(auto_id="id_deny_%s"),
        "cancelling": given.get("cancel") or ReasonForm(auto_id="id_cancel_%s"),
        "part": "disposals",
    }
    return show(request, "vks/archive/disposal.html", context, status=status)


@page
@require_GET
def disposal(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show one disposal."""
    return _page(request, batch_for(request.user, pk))


def _attach(*, actor: User, pk: int, request: SignedInRequest) -> DestructionBatch:
    refuse_too_long(request)
    # who may not is told so, whatever was sent
    batch_for(actor, pk)
    file = request.FILES.get("file")
    if file is None:
        raise BadInput(_("Hãy chọn tệp biên bản đã ký."), field="file")
    return actions.attach_record(actor=actor, pk=pk, file=file, filename=file.name or "")


_ACTS: dict[str, tuple[Callable[..., DestructionBatch], Any]] = {
    "submit": (actions.submit, gettext_lazy("Đã trình duyệt.")),
    "approve": (actions.approve, gettext_lazy("Đã duyệt.")),
    "deny": (actions.deny, gettext_lazy("Đã ghi là không duyệt; hồ sơ giữ nguyên.")),
    "cancel": (actions.cancel, gettext_lazy("Đã hủy đợt tiêu hủy; hồ sơ giữ nguyên.")),
    "attach": (_attach, gettext_lazy("Đã gắn biên bản đã ký.")),
    "execute": (actions.execute, gettext_lazy("Máy đang tiêu hủy hồ sơ.")),
    "close": (actions.close, gettext_lazy("Đã kết thúc đợt; hồ sơ chưa hủy giữ nguyên.")),
}
_SAY_WHY = frozenset({"deny", "cancel"})


@page
@require_POST
def act(request: SignedInRequest, pk: int, act: str) -> HttpResponse:
    """Take a disposal one step on."""
    if act not in _ACTS:
        raise NotFound(_("Không có nội dung này."))
    does, told = _ACTS[act]
    more: dict[str, Any] = {"reason": request.POST.get("reason", "")} if act in _SAY_WHY else {}
    if act == "attach":
        more = {"request": request}
    try:
        does(actor=request.user, pk=pk, **more)
    except VksError as error:
        if error.field is None or error.status in {403, 404}:
            raise
        form = (
            RecordForm(request.POST, request.FILES, auto_id="id_attach_%s")
            if act == "attach"
            else ReasonForm(request.POST, auto_id=f"id_{act}_%s")
        )
        form.place(error)
        return _page(request, batch_for(request.user, pk), status=error.status, forms={act: form})
    messages.success(request, told, extra_tags=OURS)
    return redirect("vks:disposal", pk=pk)


@page
@require_GET
def paper(request: SignedInRequest, pk: int, what: str) -> HttpResponse:
    """Answer with the list or the record, to who may know of every case in it."""
    return papers.paper_for(request.user, pk, what, request.GET.get("format", "pdf")).as_answer()


@page
@require_GET
def signed_record(request: SignedInRequest, pk: int) -> FileResponse:
    """Hand the signed record out, to who may know of every case in it."""
    row = record_for(request.user, pk)
    # closed by the response
    answer = FileResponse(row.record_path.open("rb"), content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="bien-ban-tieu-huy-{row.pk}.pdf"'
    leave_uncompressed(request)
    return answer
