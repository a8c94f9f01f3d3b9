"""Digitising a case on its page, and the board of all batches."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.core.validators import MaxValueValidator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from vks_plugin.access.policy import Level
from vks_plugin.access.queries import CaseView, reach
from vks_plugin.cases.models import CaseDocument, CaseFile
from vks_plugin.cases.stages import PARTS
from vks_plugin.custody import actions, queries
from vks_plugin.custody.models import DigitisationBatch, DigitisationStep, QualityFinding
from vks_plugin.custody.seal_record import write_record
from vks_plugin.custody.states import ALL_OF_THEM, DIGITISATION, DIGITISATION_STEPS, NOT_BEGUN, SIGNED_IN
from vks_plugin.errors import BadInput, Conflict, NotFound, VksError
from vks_plugin.organization.queries import display_name
from vks_plugin.papers import FORMATS
from vks_plugin.text import one_line
from vks_plugin.web.digitisation_forms import FindingForm, OpenForm, ReasonForm, StepForm
from vks_plugin.web.fields import DayField, StyledForm
from vks_plugin.web.shell import OURS, SignedInRequest, is_fragment, page, show

ON_A_PAGE = 50
PAPER_FORMATS = tuple(name for name in FORMATS if name != "xlsx")


@dataclass
class Card:
    """A batch as one person sees it on the page of its case."""

    batch: DigitisationBatch
    steps: list[tuple[str, list[DigitisationStep], bool]]
    """What each is called, who noted it, and whether the batch was sealed without anybody having done so."""
    findings: list[QualityFinding]
    obstacles: list[queries.Obstacle]
    holder: Any
    moves: list[tuple[str, str]] = field(default_factory=list)
    """Name and words of what this person may do with nothing but a reason."""
    works: bool = False
    checks: bool = False
    confirms: bool = False
    seals: bool = False
    step_form: StepForm | None = None
    finding_form: FindingForm | None = None
    reason_form: ReasonForm | None = None
    pass_form: ReasonForm | None = None
    """Asks why enough pages are there; None: they are."""
    missing: tuple[str, ...] = ()
    to_number: list[str] = field(default_factory=list)
    """Titles of documents that lack folios or a type, to who lets the quality pass or confirms: adding them undoes both."""
    manifest: Any = None
    to_sign: list[tuple[CaseDocument, bool]] = field(default_factory=list)
    """Documents that are confirmed and may be signed now, and whether each is."""


def _card(request: SignedInRequest, view: CaseView, batch: DigitisationBatch, holder: Any, bound: Any) -> Card:
    level = {"hsva": view.decision, "hsks": view.internal}[batch.part].level
    works = level >= Level.CONTRIBUTE
    batch.case = view.case
    noted: dict[str, list[DigitisationStep]] = {}
    for row in batch.steps.select_related("done_by"):
        row.who = display_name(row.done_by)  # type: ignore[attr-defined]
        # a check that passed says how many pages it was of
        row.returned = row.step == "kiem_tra_chat_luong" and row.pages is None  # type: ignore[attr-defined]
        noted.setdefault(row.step, []).append(row)
    manifest = getattr(batch, "manifest", None)
    left_out = queries.steps_not_noted(batch) if manifest is not None else []
    card = Card(
        batch=batch,
        steps=[(_(each.label), noted.get(each.name, []), each in left_out) for each in DIGITISATION_STEPS],
        findings=list(batch.findings.select_related("case_document", "found_by")),
        obstacles=queries.obstacles(batch) if batch.is_open else [],
        holder=holder,
        works=works,
        manifest=manifest,
    )

    def form(kind: str, make: Callable[..., Any], **options: Any) -> Any:
        prefix = f"{kind}-{batch.pk}"
        if bound is not None and bound[0] == prefix:
            return bound[1]
        return make(auto_id=f"{prefix}-%s", **options)

    if works:
        allowed = {each.name for each in DIGITISATION.moves_from(batch.state)} & actions.BY_HAND
        if level < Level.MANAGE:
            allowed -= {"cancel"}
        card.moves = [(each.name, _(each.label)) for each in DIGITISATION.moves if each.name in allowed]
        if any(batch.state in each.states for each in DIGITISATION_STEPS):
            card.step_form = form("step", StepForm, batch=batch, noted=noted)
        card.reason_form = form("reason", ReasonForm)
        card.seals = batch.state == SIGNED_IN
        if card.seals and batch.confirmed_at is not None:
            card.to_sign = queries.papers_to_sign(batch)
    if batch.state == "cho_kiem_tra" and actions.may_check(request.user, batch):
        card.checks = True
        card.finding_form = form("finding", FindingForm, papers=queries.papers_to_seal(batch))
        count = queries.counted_pages(batch)
        if count.is_short:
            card.missing, card.pass_form = count.missing, form("pass", ReasonForm)
    card.confirms = (
        batch.state == "cho_ky_so" and batch.confirmed_at is None and actions.may_confirm(request.user, batch)
    )
    if card.checks or card.confirms:
        card.to_number = queries.to_be_numbered(batch)
    return card


def digitisation_context(request: SignedInRequest, view: CaseView, *, bound: Any = None) -> dict[str, Any]:
    """Return what the section of a case shows: every batch, and what this person may do with each."""
    batches = list(
        queries.batches_of(request.user, view.case).select_related(
            "manifest", "supplements", "checked_by", "confirmed_by"
        )
    )
    waits = queries.holders(batches)
    working = {
        part
        for part, decision in (("hsva", view.decision), ("hsks", view.internal))
        if decision.level >= Level.CONTRIBUTE
    }
    busy = {each.part for each in batches if each.is_open}
    sealed = {each.part for each in batches if each.state in {"da_ket_thuc_so_hoa", "da_nop_luu"}}
    leading = {part for part in working if {"hsva": view.decision, "hsks": view.internal}[part].level >= Level.MANAGE}
    free = {part for part in working - busy if part not in sealed or part in leading}
    if view.case.archived_at is not None:
        # what the archive has is digitised no further
        free = set()
    open_form = bound[1] if bound is not None and bound[0] == "open" else None
    return {
        "cards": [_card(request, view, each, waits.get(each.pk), bound) for each in batches],
        "open_form": open_form or (OpenForm(parts=free, auto_id="open-%s") if free else None),
        "formats": PAPER_FORMATS,
        "parts": dict(PARTS),
    }


def _show(request: SignedInRequest, view: CaseView, error: VksError, bound: Any = None) -> HttpResponse:
    """Show the section with what was refused, and what was typed."""
    from vks_plugin.web.views.record import header, tabs  # noqa: PLC0415 - it builds on this module

    context = header(view) | digitisation_context(request, view, bound=bound)
    context |= {
        "tabs": tabs(view, request.user),
        "section": "digitisation",
        "section_template": "vks/record/digitisation.html",
        "refusal": error.message,
    }
    return show(request, "vks/record/page.html", context, status=error.status)


def _readable(request: SignedInRequest, code: str) -> CaseView:
    from vks_plugin.web.views.record import readable_view  # noqa: PLC0415 - it builds on this module

    return readable_view(request, code)


def _section(code: str) -> str:
    return reverse("vks:section", args=[code, "digitisation"])


@page
@require_POST
def open_batch(request: SignedInRequest, code: str) -> HttpResponse:
    """Open a batch."""
    view = _readable(request, code)
    form = OpenForm(request.POST, parts={part for part, _label in PARTS}, auto_id="open-%s")
    try:
        if not form.is_valid():
            raise BadInput(_("Chưa mở được đợt số hóa: hãy xem lại các ô."))
        made = actions.open_batch(actor=request.user, case=view.case, **form.cleaned_data)
    except VksError as error:
        return _show(request, view, error, ("open", form))
    messages.success(request, _("Đã mở đợt số hóa %(number)d.") % {"number": made.number}, extra_tags=OURS)
    return redirect(_section(code))


def _step(request: SignedInRequest, batch: DigitisationBatch) -> tuple[Any, Callable[[], Any]]:
    form = StepForm(request.POST, batch=batch, auto_id=f"step-{batch.pk}-%s")
    return form, lambda: actions.note_step(actor=request.user, batch=batch, **form.cleaned_data)


def _finding(request: SignedInRequest, batch: DigitisationBatch) -> tuple[Any, Callable[[], Any]]:
    form = FindingForm(request.POST, papers=queries.papers_to_seal(batch), auto_id=f"finding-{batch.pk}-%s")
    return form, lambda: actions.note_finding(actor=request.user, batch=batch, **form.cleaned_data)


def _plain(
    act: Callable[..., Any], *, reasoned: bool = False, kind: str = "reason", **options: Any
) -> Callable[[SignedInRequest, DigitisationBatch], tuple[Any, Callable[[], Any]]]:
    def prepare(request: SignedInRequest, batch: DigitisationBatch) -> tuple[Any, Callable[[], Any]]:
        form = ReasonForm(request.POST, auto_id=f"{kind}-{batch.pk}-%s")
        return form, lambda: act(
            actor=request.user,
            batch=batch,
            **options,
            **({"reason": form.cleaned_data["reason"]} if reasoned else {}),
        )

    return prepare


def _resolve(request: SignedInRequest, batch: DigitisationBatch) -> tuple[Any, Callable[[], Any]]:
    form = forms.Form(request.POST)
    number = request.POST.get("finding", "")
    known = number.isascii() and number.isdigit() and len(number) < 10
    finding = batch.findings.filter(pk=number).first() if known else None
    if finding is None:
        raise NotFound(_("Đợt số hóa không có lỗi này."))
    finding.batch = batch
    return form, lambda: actions.resolve_finding(actor=request.user, finding=finding)


ACTS: dict[str, tuple[str, Callable[[SignedInRequest, DigitisationBatch], tuple[Any, Callable[[], Any]]]]] = {
    "step": ("step", _step),
    "finding": ("finding", _finding),
    "resolve": ("", _resolve),
    "send-back": ("reason", _plain(actions.send_back, reasoned=True)),
    "pass": ("pass", _plain(actions.pass_quality, reasoned=True, kind="pass")),
    "confirm": ("reason", _plain(actions.confirm)),
    "seal": ("reason", _plain(actions.request_seal)),
    **{name: ("reason", _plain(actions.move_batch, reasoned=True, name=name)) for name in sorted(actions.BY_HAND)},
}
"""What the page sends, by the last word of the address: the form it comes from, and how it is read."""


@page
@require_POST
def act(request: SignedInRequest, code: str, pk: int, act: str) -> HttpResponse:
    """Do something with a batch."""
    view = _readable(request, code)
    batch = queries.batch_for(request.user, code, pk)
    known = ACTS.get(act)
    if known is None:
        raise NotFound(_("Không có việc này."))
    kind, prepare = known
    form, do = prepare(request, batch)
    try:
        if not form.is_valid():
            raise BadInput(_("Chưa ghi được: hãy xem lại các ô."))
        do()
    except VksError as error:
        return _show(request, view, error, (f"{kind}-{batch.pk}", form) if kind else None)
    if act == "seal":
        batch.refresh_from_db()
    sentence = _("Đang niêm phong.") if act == "seal" and batch.is_open else _("Đã ghi.")
    messages.success(request, sentence, extra_tags=OURS)
    return redirect(f"{_section(code)}#dot-{batch.pk}")


@page
@require_GET
def progress(request: SignedInRequest, code: str, pk: int) -> HttpResponse:
    """Show how far a seal is; once it is done, or did not come off, the page is loaded again."""
    batch = queries.batch_for(request.user, code, pk)
    if not is_fragment(request):
        return redirect(f"{_section(code)}#dot-{batch.pk}")
    response = show(request, "vks/digitisation/progress.html", {"batch": batch, "case": batch.case})
    if batch.seal_beat is None:
        response.headers["HX-Refresh"] = "true"
    return response


@page
@require_GET
def record(request: SignedInRequest, code: str, pk: int) -> HttpResponse:
    """Hand the record of a seal out as a file."""
    batch = queries.batch_for(request.user, code, pk)
    manifest = getattr(batch, "manifest", None)
    if manifest is None:
        raise Conflict(_("Đợt số hóa này chưa kết thúc."))
    return write_record(manifest, request.GET.get("format", "pdf")).as_answer()


# --- the board


# the day after the last one is counted with, and there is none after that of the year 9999
_NOT_TOO_FAR = MaxValueValidator(dt.date(2200, 12, 31), gettext_lazy("Ngày này sau năm 2200: hãy kiểm tra lại."))


class PeriodForm(StyledForm):
    """Between which days throughput is counted."""

    first = DayField(label=gettext_lazy("Từ ngày"), required=False, validators=[_NOT_TOO_FAR])
    last = DayField(label=gettext_lazy("Đến ngày"), required=False, validators=[_NOT_TOO_FAR])


@page
@require_GET
def board(request: SignedInRequest) -> HttpResponse:
    """Show every case the person may know of: in what step its file is, since when, whom it waits for, and what got done."""
    today = timezone.localdate()
    everything = queries.board_of(request.user)
    own = everything.narrowed(mine=request.user)
    has_own = queries.board_rows(own).exists()
    whose = request.GET.get("whose", "")
    if whose not in {"mine", "all"}:
        whose = "mine" if has_own else "all"
    found = own if whose == "mine" else everything
    units = queries.offices_on(everything)
    unit = one_line(request.GET.get("unit", ""))
    of_office = found.narrowed(unit=unit)
    step = request.GET.get("step", "")
    if step not in dict(queries.BOARD_STEPS):
        step = ""
    found = of_office.narrowed(step=step)
    stood = queries.counted_by_state(found)
    state = request.GET.get("state", "")
    if state not in dict(queries.BOARD_STATES) and state != ALL_OF_THEM:
        state = ""
    chosen = Paginator(queries.board_rows(found, state), ON_A_PAGE).get_page(request.GET.get("page"))
    form = PeriodForm(request.GET if request.GET.get("first") or request.GET.get("last") else None)
    asked = form.cleaned_data if form.is_bound and form.is_valid() else {}
    first = asked.get("first") or today.replace(day=1)
    last = asked.get("last") or max(today, first)
    kept = request.GET.copy()
    for key in ("page", "state"):
        kept.pop(key, None)
    rows = queries.board_lines(chosen)
    managed = reach(request.user, Level.MANAGE, part="hsva")
    context = {
        "rows": rows,
        "assigning": set(
            CaseFile.objects.filter(managed, pk__in={each.case.pk for each in rows}).values_list("pk", flat=True)
        ),
        "chosen": chosen,
        "stood": [each for each in stood if each.lines or each.state in DIGITISATION.open | {NOT_BEGUN[0]}],
        "everything": ALL_OF_THEM,
        "total": sum(each.lines for each in stood),
        "state": state,
        "whose": whose,
        "has_own": has_own,
        "units": units if len(units) > 1 else (),
        "unit": unit,
        "steps": [(name, _(label)) for name, label in queries.BOARD_STEPS],
        "step": step,
        "kept": kept.urlencode(),
        "period": form if form.is_bound else PeriodForm(initial={"first": first, "last": last}),
        "done": queries.throughput(of_office, first, last) if first <= last else [],
        "first": first,
        "last": last,
        "parts": dict(PARTS),
        "title": _("Số hóa hồ sơ"),
    }
    return show(request, "vks/digitisation/board.html", context)
