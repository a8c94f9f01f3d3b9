"""Pages about folios: the report of the numbering, numbering itself, corrections, volumes, inventories."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vks_plugin.access import actions
from vks_plugin.access.policy import Level
from vks_plugin.access.queries import CaseView, case_for, require
from vks_plugin.cases.actions.folios import claimed
from vks_plugin.cases.actions.inventories import write_inventory
from vks_plugin.cases.actions.rules import refuse_archived
from vks_plugin.cases.folio_queries import (
    USUAL_VOLUME,
    Proposal,
    Reported,
    folio_state,
    label_of,
    papers_of,
    propose_numbering,
    rows_to_list,
    volumes_to_bind,
)
from vks_plugin.cases.folio_report import OF_DOCUMENTS, Finding
from vks_plugin.cases.folios import FolioError, Label, cited, parse_pages
from vks_plugin.cases.models import CaseDocument, DocumentInventory, Folio, FolioExplanation, Volume
from vks_plugin.cases.proceedings import event_label
from vks_plugin.court.tracing import trace
from vks_plugin.errors import BadInput, NotFound, VksError
from vks_plugin.language import spoken
from vks_plugin.organization.queries import display_name
from vks_plugin.papers import FORMATS
from vks_plugin.web.folio_forms import (
    AddForm,
    CorrectForm,
    ExplainForm,
    InventoryForm,
    MostForm,
    NumberForm,
    PlaceForm,
    StampForm,
    VolumeForm,
)
from vks_plugin.web.shell import OURS, SignedInRequest, page, show
from vks_plugin.web.views.record import header, tabs

DEFECTS_SHOWN = 200
"""Rows of the report on one page; a file with more has something wrong all over."""
FOLIOS_SHOWN = 500


def _opened(request: SignedInRequest, code: str, level: Level = Level.VIEW) -> CaseView:
    """Return the case for somebody who may go so far in the case file.

    Raises:
        NotFound: the person may not know of the case.
        NotAllowed: the person knows of it but may not do this.
    """
    view = case_for(request.user, code)
    require(request.user, view.case, level, doing=_("xem hồ sơ") if level is Level.VIEW else _("đánh số bút lục"))
    if level is not Level.VIEW:
        refuse_archived(view.case)
    return view


def _show(
    request: SignedInRequest, view: CaseView, template: str, context: Mapping[str, Any], *, status: int = 200
) -> HttpResponse:
    whole = header(view) | {
        "tabs": tabs(view, request.user),
        "section": "folios",
        "section_template": f"vks/folios/{template}.html",
        **context,
    }
    return show(request, "vks/record/page.html", whole, status=status)


def _paper(view: CaseView, document_id: int) -> CaseDocument:
    """Return a document of the case file.

    Raises:
        NotFound: there is none of that id; an internal one is treated alike.
    """
    found = papers_of(view.case).filter(document_id=document_id).first()
    if found is None:
        raise NotFound(_("Không có tài liệu này trong hồ sơ vụ án."))
    found.case = view.case
    return found


# --- the report


class ShownDefect(NamedTuple):
    """A row of the report, and what an explanation of it would be about."""

    reported: Reported
    explainable: bool
    folio_from: int | None
    folio_to: int | None


def _explainable(finding: str) -> bool:
    return finding in FolioExplanation.Finding.values and finding != Finding.CORRECTION


@page
@require_GET
def show_folios(request: SignedInRequest, code: str) -> HttpResponse:
    """Show how the numbering stands, with volumes and inventories, and where a folio leads that is asked for."""
    view = _opened(request, code)
    asked = request.GET.get("but_luc", "").strip()[:20]
    traced, untraced = None, ""
    if asked:
        try:
            traced = trace(request.user, code, asked)
        except (BadInput, NotFound) as error:
            untraced = error.message
    state = folio_state(view.case)
    bound = list(view.case.volumes.all())
    # documents that wait are told in one line, with the way to number them; a file that is not bound lacks no volume
    unnumbered = {Finding.DOCUMENT, Finding.PROVISIONAL}
    elsewhere = unnumbered | (set() if bound else {Finding.OUTSIDE_VOLUMES})
    rows = [each for each in state.defects if each.defect.finding not in elsewhere or each.defect.explained]
    context = {
        "asked": asked,
        "traced": traced,
        "decisions": [(each, _(event_label(each.event))) for each in traced.events] if traced is not None else [],
        "untraced": untraced,
        "report": state.report,
        "waiting": sum(each.defect.finding in unnumbered and not each.defect.explained for each in state.defects),
        "open": sum(not each.defect.explained for each in rows),
        "hidden": max(len(rows) - DEFECTS_SHOWN, 0),
        "defects": [
            ShownDefect(
                each,
                _explainable(each.defect.finding) and each.defect.finding not in OF_DOCUMENTS,
                each.defect.first.number if each.defect.first is not None else None,
                each.defect.last.number if each.defect.last is not None else None,
            )
            for each in rows[:DEFECTS_SHOWN]
        ],
        "volumes": bound,
        "outside": any(each.defect.finding == Finding.OUTSIDE_VOLUMES for each in state.defects),
        "most": MostForm(initial={"most": USUAL_VOLUME}),
        "inventories": [
            (each, display_name(each.drawn_up_by)) for each in view.case.inventories.select_related("drawn_up_by")
        ],
        "to_list": len(rows_to_list(view.case)),
        "formats": list(FORMATS),
        "inventory_form": InventoryForm(),
    }
    return _show(request, view, "folios", context)


@page
@require_POST
def explain(request: SignedInRequest, code: str) -> HttpResponse:
    """Explain a row of the report."""
    view = _opened(request, code, Level.CONTRIBUTE)
    ends = [request.POST.get(name, "") for name in ("folio_from", "folio_to")]
    folios = (int(ends[0]), int(ends[1])) if all(_is_number(each) for each in ends) else None
    try:
        actions.explain_folios(
            actor=request.user,
            case=view.case,
            finding=request.POST.get("finding", ""),
            text=request.POST.get("text", ""),
            folios=folios,
        )
    except VksError as error:
        messages.error(request, error.message, extra_tags=OURS)
    else:
        messages.success(request, _("Đã ghi giải trình."), extra_tags=OURS)
    return redirect("vks:folios", code=code)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 9


# --- numbering


class _Draft:
    """The order somebody is putting together; it lives in the form alone until it is confirmed."""

    def __init__(self, form: NumberForm) -> None:
        data = form.data
        self.order = self._numbers(data.get("order", ""))
        self.left_out = set(self._numbers(data.get("left", "")))
        self.without: dict[int, frozenset[int]] = {}
        for part in data.get("without", "").split(";"):
            document, _colon, pages = part.partition(":")
            if _is_number(document):
                self.without[int(document)] = frozenset(self._numbers(pages))

    @staticmethod
    def _numbers(text: str) -> list[int]:
        return [int(each) for each in text.split(",") if _is_number(each)]

    def change(self, act: str, *, row: int | None, place: int | None, pages: frozenset[int] | None) -> None:
        """Do what a button says: `up:ID`, `down:ID`, `out:ID`, `in:ID`, `move` or `blank`."""
        what, _colon, named = act.partition(":")
        key = int(named) if _is_number(named) else None
        chosen = self.order[row - 1] if row is not None and row <= len(self.order) else None
        if what in {"up", "down"} and key in self.order:
            at = self.order.index(key)
            self._put(at, max(at - 1, 0) if what == "up" else at + 1)
        elif what == "out" and key in self.order:
            self.order.remove(key)
            self.left_out.add(key)
        elif what == "in" and key in self.left_out:
            self.left_out.discard(key)
            self.order.append(key)
        elif what == "move" and chosen is not None and place is not None and row is not None:
            self._put(row - 1, place - 1)
        elif what == "blank" and chosen is not None and pages is not None:
            self.without[chosen] = pages

    def _put(self, at: int, place: int) -> None:
        self.order.insert(place, self.order.pop(at))


def _draft_data(proposal: Proposal) -> dict[str, str]:
    """Return the hidden fields that say the proposal again."""
    return {
        "order": ",".join(str(each.document.pk) for each in proposal.documents),
        "left": ",".join(str(each.pk) for each in proposal.left_out),
        "without": ";".join(
            f"{each.document.pk}:{','.join(str(page) for page in sorted(each.without))}"
            for each in proposal.documents
            if each.without
        ),
    }


@page
@require_http_methods(["GET", "POST"])
def number(request: SignedInRequest, code: str) -> HttpResponse:
    """Show how what waits would be numbered, let the order be changed, and number it once it is confirmed."""
    view = _opened(request, code, Level.CONTRIBUTE)
    case = view.case
    reserved = max((label.number for label in claimed(case)), default=0)
    if request.method == "GET":
        proposal = propose_numbering(case, reserved=reserved)
        initial = {"profile": proposal.profile, **_draft_data(proposal)}
        return _show_numbering(request, view, NumberForm(initial=initial), proposal)
    form = NumberForm(request.POST)
    draft = _Draft(form)
    act = request.POST.get("act", "")
    valid = form.is_valid()
    given = form.cleaned_data
    status = 200 if valid else 400
    if valid and act == "confirm":
        try:
            numbered = actions.number_folios(
                actor=request.user,
                case=case,
                profile=given["profile"],
                order=draft.order,
                left_out=draft.left_out,
                without=draft.without,
                first=given["first"],
                reason=given["reason"],
                without_reason=given["without_reason"],
            )
        except VksError as error:
            form.place(error)
            status = error.status
        else:
            messages.success(request, _("Đã đánh số %(count)d bút lục.") % {"count": numbered}, extra_tags=OURS)
            return redirect("vks:folios", code=code)
    elif valid:
        _rearrange(form, draft, act)
        status = 400 if form.errors else 200
    proposal = propose_numbering(
        case,
        order=draft.order,
        left_out=draft.left_out,
        without=draft.without,
        profile=given.get("profile"),
        first=given.get("first"),
        reserved=reserved,
    )
    kept = {name: request.POST.get(name, "") for name in ("profile", "first", "reason", "without_reason")}
    shown = NumberForm(kept | _draft_data(proposal))
    if status != 200:
        shown.is_valid()
        for field, errors in form.errors.items():
            for sentence in errors:
                shown.add_error(field if field in shown.fields else None, sentence)
    return _show_numbering(request, view, shown, proposal, status=status)


def _rearrange(form: NumberForm, draft: _Draft, act: str) -> None:
    given = form.cleaned_data
    pages = None
    if act == "blank":
        row = given["row"]
        filed = (
            CaseDocument.objects.filter(pk=draft.order[row - 1]).first() if row and row <= len(draft.order) else None
        )
        if filed is None:
            form.add_error("row", _("Hãy ghi số thứ tự của tài liệu trong bảng."))
            return
        try:
            pages = parse_pages(given["blank"], filed.page_count or 1)
        except FolioError as error:
            form.add_error("blank", spoken(error.message))
            return
    draft.change(act, row=given["row"], place=given["to_row"], pages=pages)


def _show_numbering(
    request: SignedInRequest, view: CaseView, form: NumberForm, proposal: Proposal, *, status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "proposal": proposal,
        # TTLT 04/2018, Điều 35: until the investigation ends pages are stamped and not numbered
        "too_early": view.case.kind == "criminal" and view.case.stage in {"khoi_to", "dieu_tra"},
    }
    return _show(request, view, "number", context, status=status)


# --- one document


def _correct(request: SignedInRequest, view: CaseView, _filed: CaseDocument, given: Mapping[str, Any]) -> None:
    actions.correct_folios(actor=request.user, case=view.case, **given)


def _add(request: SignedInRequest, view: CaseView, filed: CaseDocument, given: Mapping[str, Any]) -> None:
    actions.add_folio(actor=request.user, case=view.case, document=filed, **given)


def _stamp(request: SignedInRequest, view: CaseView, filed: CaseDocument, given: Mapping[str, Any]) -> None:
    actions.stamp_pages(actor=request.user, case=view.case, document=filed, **given)


def _place(request: SignedInRequest, view: CaseView, filed: CaseDocument, given: Mapping[str, Any]) -> None:
    actions.place_folios(actor=request.user, case=view.case, document=filed, **given)


def _explain(request: SignedInRequest, view: CaseView, filed: CaseDocument, given: Mapping[str, Any]) -> None:
    numbered = filed.folio_from is not None
    # of a document without any folio there is nothing to say page by page
    first = given["page_from"] if numbered else None
    actions.explain_folios(
        actor=request.user,
        case=view.case,
        finding=Finding.PAGE.value if numbered else Finding.DOCUMENT.value,
        document=filed,
        pages=(first, given["page_to"] or first) if first is not None else None,
        text=given["text"],
        report=given.get("report"),
    )


_ACTS: dict[str, tuple[type[Any], Callable[..., None]]] = {
    "stamp": (StampForm, _stamp),
    "place": (PlaceForm, _place),
    "correct": (CorrectForm, _correct),
    "add": (AddForm, _add),
    "explain": (ExplainForm, _explain),
}


def _forms(filed: CaseDocument, view: CaseView, **entered: Any) -> list[Any]:
    """Return the forms that fit a document: what is numbered is corrected, what is not is stamped."""
    numbered = filed.folio_from is not None
    names = ["correct", "place", "add", "explain"] if numbered else ["stamp", "add", "explain"]
    papers = papers_of(view.case)
    return [entered.get(name) or _ACTS[name][0](filed=filed, papers=papers) for name in names]


@page
@require_http_methods(["GET", "POST"])
def show_document(request: SignedInRequest, code: str, document_id: int) -> HttpResponse:
    """Show the folios of one document, and correct what is recorded of them."""
    view = _opened(request, code, Level.VIEW if request.method == "GET" else Level.CONTRIBUTE)
    filed = _paper(view, document_id)
    status = 200
    entered: dict[str, Any] = {}
    if request.method == "POST":
        act = request.POST.get("act", "")
        if act not in _ACTS:
            raise NotFound(_("Không có việc này."))
        kind, do = _ACTS[act]
        form = kind(request.POST, filed=filed, papers=papers_of(view.case))
        status = 400
        if form.is_valid():
            try:
                do(request, view, filed, form.given())
            except VksError as error:
                form.place(error)
                status = error.status
            else:
                messages.success(request, _("Đã ghi."), extra_tags=OURS)
                return redirect("vks:folio_document", code=code, document_id=document_id)
        entered[act] = form
    rows = list(Folio.objects.filter(case_document=filed).order_by("number", "suffix", "page")[: FOLIOS_SHOWN + 1])
    labels = [label for each in rows if (label := label_of(each)) is not None]
    context = {
        "filed": filed,
        "folios": rows[:FOLIOS_SHOWN],
        "more": len(rows) > FOLIOS_SHOWN,
        "cited": cited(labels) if len(rows) <= FOLIOS_SHOWN else filed.folio_label.removeprefix("BL "),
        "stamped": cited(Label(each.page) for each in rows if each.number is None and each.page),
        "explanations": [
            (each, display_name(each.explained_by))
            for each in FolioExplanation.objects.filter(about=filed).select_related("explained_by", "case_document")
        ],
        "forms": _forms(filed, view, **entered) if "edit" in view.may else [],
    }
    return _show(request, view, "document", context, status=status)


# --- volumes


@page
@require_http_methods(["GET", "POST"])
def volumes(request: SignedInRequest, code: str) -> HttpResponse:
    """Propose volumes for the folios that are in none, and bind them."""
    view = _opened(request, code, Level.CONTRIBUTE)
    form = MostForm(request.POST if request.method == "POST" else request.GET or {"most": USUAL_VOLUME})
    proposed = volumes_to_bind(view.case, most=form.cleaned_data["most"]) if form.is_valid() else []
    status = 200 if form.is_valid() else 400
    if request.method == "POST" and form.is_valid():
        titles = request.POST.getlist("title")
        try:
            actions.bind_volumes(
                actor=request.user,
                case=view.case,
                volumes=[
                    (titles[position][:200] if position < len(titles) else "", each.first or 0, each.last or 0)
                    for position, each in enumerate(proposed)
                ],
            )
        except VksError as error:
            form.add_error(None, error.message)
            status = error.status
        else:
            messages.success(request, _("Đã chia tập."), extra_tags=OURS)
            return redirect("vks:folios", code=code)
    return _show(request, view, "volumes", {"form": form, "proposed": proposed}, status=status)


@page
@require_http_methods(["GET", "POST"])
def volume(request: SignedInRequest, code: str, pk: int) -> HttpResponse:
    """Change a volume, or take out one entered in error."""
    view = _opened(request, code, Level.CONTRIBUTE)
    entry = Volume.objects.filter(case=view.case, pk=pk).first()
    if entry is None:
        raise NotFound(_("Dòng này đã bị bỏ: hãy tải lại trang."))
    fields = ("title", "folio_from", "folio_to", "note")
    form = VolumeForm(request.POST or None, initial={name: getattr(entry, name) for name in fields})
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            given = dict(form.cleaned_data)
            reason = given.pop("reason")
            try:
                if request.POST.get("act") == "remove":
                    actions.remove_entry(actor=request.user, entry=entry, reason=reason)
                else:
                    actions.change_entry(actor=request.user, entry=entry, values=given, reason=reason)
            except VksError as error:
                form.place(error)
                status = error.status
            else:
                messages.success(request, _("Đã lưu."), extra_tags=OURS)
                return redirect("vks:folios", code=code)
    return _show(request, view, "volume", {"form": form, "volume": entry}, status=status)


# --- inventories


@page
@require_POST
def draw_up(request: SignedInRequest, code: str) -> HttpResponse:
    """Draw up an inventory."""
    view = _opened(request, code, Level.CONTRIBUTE)
    form = InventoryForm(request.POST)
    if not form.is_valid():
        messages.error(request, str(form.errors["day"][0]), extra_tags=OURS)
        return redirect("vks:folios", code=code)
    try:
        made = actions.draw_up_inventory(actor=request.user, case=view.case, day=form.cleaned_data["day"])
    except VksError as error:
        messages.error(request, error.message, extra_tags=OURS)
    else:
        messages.success(
            request, _("Đã lập thống kê tài liệu, đợt %(number)d.") % {"number": made.number}, extra_tags=OURS
        )
    return redirect("vks:folios", code=code)


@page
@require_GET
def inventory(request: SignedInRequest, code: str, number: int) -> HttpResponse:
    """Hand an inventory out as a file."""
    view = _opened(request, code)
    found = DocumentInventory.objects.filter(case=view.case, number=number).select_related("case").first()
    if found is None:
        raise NotFound(_("Vụ án không có bảng thống kê tài liệu mang số này."))
    return write_inventory(found, request.GET.get("format", "pdf")).as_answer()
