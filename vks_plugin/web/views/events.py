"""The course of the proceedings on the page of a case: what happened, what may be recorded next, and its limits."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from vks_plugin.access import actions
from vks_plugin.access.queries import CaseView, case_for
from vks_plugin.cases.deadlines import parse_span
from vks_plugin.cases.models import Accused, ProceduralEvent
from vks_plugin.cases.proceedings import EVENTS, Event, Happening
from vks_plugin.cases.queries import history_of, possible_events, timeline
from vks_plugin.custody.queries.accession import told_of_leaving
from vks_plugin.errors import BadInput, NotFound, VksError
from vks_plugin.language import spoken
from vks_plugin.organization.queries import display_name
from vks_plugin.web.event_forms import ChoiceOfEvent, EventForm, WithdrawalForm, grounds_of
from vks_plugin.web.shell import OURS, SignedInRequest, is_fragment, page, show
from vks_plugin.web.views.record import editable_view, header, in_archive, show_section


class Moment(NamedTuple):
    """An event of the time line."""

    row: ProceduralEvent
    recorded_by: str
    stage: str
    """The stage it led to, where it led to another one."""
    status: str
    """The status it led to, where it led to another one."""
    details: str
    """What the papers say of it, on one line."""


def _words(amount: str) -> str:
    return spoken(parse_span(amount).words) if amount else ""


def _details(row: ProceduralEvent) -> str:
    paper = row.case_document
    told = (
        _("số %(no)s") % {"no": row.number} if row.number else "",
        row.agency,
        ", ".join(each for each in (row.signer_name, row.signer_title) if each),
        _words(row.amount),
        row.ground_label,
        f"{row.named_day:%d/%m/%Y}" if row.named_day is not None else "",
        (paper.folio_label or paper.title) if paper is not None else "",
    )
    return " · ".join(each for each in told if each)


def _moment(row: ProceduralEvent) -> Moment:
    moved = row.withdrawn_at is None
    return Moment(
        row,
        display_name(row.recorded_by),
        row.stage_words if moved and row.stage_after != row.stage_before else "",
        row.status_words if moved and row.status_after != row.status_before else "",
        _details(row),
    )


def _whose(view: CaseView, given: str) -> Accused | None:
    return next((person for person in view.accused if str(person.pk) == given), None)


def _offered(view: CaseView, people: list[Accused], history: list[Happening]) -> list[Event]:
    """Return what may be recorded now, of the case or of any one of these people, in the order of the table."""
    now = {each.event.value for who in (None, *people) for each in possible_events(view.case, who, history) if each.now}
    return [event for event in EVENTS.get(view.case.kind, {}).values() if event.value in now]


def events_context(request: SignedInRequest, view: CaseView) -> dict[str, Any]:
    """Return what the section of events shows."""
    given = request.GET.get("who", "")
    who = _whose(view, given)
    rows = timeline(view.case)
    if given == "case":
        rows = rows.filter(accused__isnull=True)
    elif who is not None:
        rows = rows.filter(accused=who)
    context: dict[str, Any] = {
        "moments": [_moment(row) for row in rows],
        "who": given if given == "case" or who is not None else "",
        "people": list(view.accused),
        "refused": [],
    }
    if "edit" in view.may:
        history = history_of(view.case)
        possible = possible_events(view.case, who, history)
        now = [each.event for each in possible if each.now]
        context["choice"] = ChoiceOfEvent(
            people=context["people"],
            events=now if who is not None else _offered(view, context["people"], history),
            address=reverse("vks:section", args=[view.case.code, "events"]),
            initial={"who": given},
        )
        context["refused"] = [(_(each.event.label), each.brief) for each in possible if not each.now]
    return context


def _asked(view: CaseView, request: SignedInRequest) -> tuple[Event, Accused | None]:
    """Return which event of whom the address asks for.

    Raises:
        BadInput: none was chosen.
        NotFound: there is none of that name in this kind of case, or nobody of that number in this case.
    """
    event = EVENTS.get(view.case.kind, {}).get(request.GET.get("event", ""))
    given = request.GET.get("who", "")
    who = _whose(view, given)
    if not request.GET.get("event"):
        raise BadInput(_("Hãy chọn việc cần ghi."))
    if event is None or (given and who is None):
        raise NotFound(_("Vụ án này không có việc đó."))
    return event, who


def _show_form(
    request: SignedInRequest, view: CaseView, form: Any, *, row: str, status: int, **context: Any
) -> HttpResponse:
    context |= {
        "form": form,
        "row": row,
        "told": context.get("told", []),
        "address": request.get_full_path(),
        "back": reverse("vks:section", args=[view.case.code, "events"]),
        "case": view.case,
    }
    if is_fragment(request):
        return show(request, "vks/record/form.html", context, status=status)
    return show(request, "vks/record/form_page.html", header(view) | context, status=status)


def _saved(request: SignedInRequest, code: str, said: str, warnings: tuple[str, ...] = ()) -> HttpResponse:
    if not is_fragment(request):
        messages.success(request, said, extra_tags=OURS)
        for sentence in warnings:
            messages.warning(request, sentence, extra_tags=OURS)
        return redirect("vks:section", code=code, section="events")
    response = show_section(request, case_for(request.user, code), "events", said=said, warnings=warnings)
    response.headers["HX-Retarget"] = "#vks-case"
    response.headers["HX-Reswap"] = "outerHTML"
    return response


@page
@require_http_methods(["GET", "POST"])
def record(request: SignedInRequest, code: str) -> HttpResponse:
    """Record an event; the address says which, of whom."""
    view = editable_view(request, code)
    event, who = _asked(view, request)
    form = EventForm(
        request.POST if request.method == "POST" else None,
        event=event,
        people=view.accused if who is None and event.scope != "case" else None,
        papers=view.documents.filter(part="hsva"),
        grounds=grounds_of(event, view.case),
        measure_amount=event.value == "tam_giam",
    )
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                whom = who if who is not None else form.cleaned_data.get("who")
                made = actions.record_event(
                    actor=request.user, case=view.case, event=event.value, accused=whom, **form.values()
                )
            except VksError as error:
                form.refused(error)
                status = error.status
            else:
                return _saved(request, code, _("Đã ghi: %(event)s.") % {"event": made.label}, made.warnings)
    heading = _(event.label) if who is None else f"{_(event.label)}: {who.full_name}"
    told = [(_("Căn cứ pháp luật"), event.article)] if event.article else []
    return _show_form(request, view, form, row="event-new", status=status, heading=heading, button=_("Ghi"), told=told)


@page
@require_http_methods(["GET", "POST"])
def withdraw(request: SignedInRequest, code: str, pk: int) -> HttpResponse:
    """Take back an event recorded in error, for a reason."""
    view = case_for(request.user, code)
    archived = in_archive(view)
    if archived is None or archived.event != pk:
        # that it went to the archive is all that is taken back while the archive has it
        view = editable_view(request, code)
    event = ProceduralEvent.objects.filter(case=view.case, pk=pk).select_related("case").first()
    if event is None:
        raise NotFound(_("Không có sự kiện này."))
    form = WithdrawalForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                actions.withdraw_event(actor=request.user, event=event, reason=form.cleaned_data["reason"])
            except VksError as error:
                form.add_error(error.field if error.field in form.fields else None, error.message)
                status = error.status
            else:
                return _saved(request, code, _("Đã rút: %(event)s.") % {"event": event.label})
    leaves = archived is not None and archived.event == pk
    return _show_form(
        request,
        view,
        form,
        row=f"event-{pk}",
        status=status,
        heading=_("Đưa hồ sơ ra khỏi lưu trữ") if leaves else _("Rút: %(event)s") % {"event": str(event)},
        button=_("Đưa ra khỏi lưu trữ") if leaves else _("Rút sự kiện"),
        told=told_of_leaving(view) if leaves else [],
        dangerous=True,
        in_list=is_fragment(request),
    )
