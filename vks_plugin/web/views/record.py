"""The pages of a case's record: its sections, and the forms that add, change and take out rows of them."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.db import models
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from vks_plugin.access import actions, temporary
from vks_plugin.access.explain import KEPT_AMONG
from vks_plugin.access.explanations import people_explained_in
from vks_plugin.access.models import TemporaryAccess
from vks_plugin.access.policy import Level
from vks_plugin.access.queries import (
    CaseView,
    case_for,
    facts_of,
    held_for_a_while,
    leads,
    leads_of,
    not_yours,
    readable_changes,
    related_cases,
    shown_values,
    visible_cases,
    who_can_see,
    without_post,
)
from vks_plugin.cases.actions.rules import closed_by_the_archive, refuse_archived
from vks_plugin.cases.kinds import Kind
from vks_plugin.cases.models import (
    Accused,
    Assignment,
    CaseChange,
    CaseFile,
    CatalogueType,
    Charge,
    PreventiveMeasure,
    ProceduralEvent,
    RelatedCase,
)
from vks_plugin.cases.penal_code import CLASS_NAMES
from vks_plugin.cases.proceedings import TO_ARCHIVE
from vks_plugin.cases.record import (
    CASE_FIELDS,
    FLAGS,
    PARTS_OF_RECORD,
    UNSET,
    field_label,
    fingerprint,
    readable,
    subject_label,
)
from vks_plugin.cases.stages import AFTER_TRIAL, PARTS, stage_label, status_label
from vks_plugin.custody.queries.hand_overs import exhibits_placed, settled_in_words
from vks_plugin.custody.queries.leaving import in_person
from vks_plugin.disposal.models import Tombstone
from vks_plugin.disposal.queries import tombstone_of
from vks_plugin.errors import NotAllowed, NotFound, VksError
from vks_plugin.organization.queries import display_name
from vks_plugin.web import limits
from vks_plugin.web.access_forms import handing_on
from vks_plugin.web.forms import AssignForm, ExplainForm
from vks_plugin.web.lineage_forms import acts, appealing
from vks_plugin.web.record_forms import ChargeForm, EntryForm, RemovalForm, editable_part, told_of_meanwhile
from vks_plugin.web.shell import OURS, SignedInRequest, is_fragment, page, show
from vks_plugin.web.views.digitisation import digitisation_context

CHANGES_ON_A_PAGE = 50


class Section(NamedTuple):
    """A section of the case page."""

    name: str
    label: Any
    part: str = ""
    """The part of the record that is edited there."""
    accused_only: bool = False


SECTIONS = (
    Section("documents", gettext_lazy("Tài liệu")),
    Section("info", gettext_lazy("Thông tin")),
    Section("accused", gettext_lazy("Bị can & tội danh"), "accused", accused_only=True),
    Section("people", gettext_lazy("Người tham gia"), "person"),
    Section("measures", gettext_lazy("Biện pháp ngăn chặn"), "measure", accused_only=True),
    Section("events", gettext_lazy("Diễn biến")),
    Section("limits", gettext_lazy("Thời hạn")),
    Section("exhibits", gettext_lazy("Vật chứng"), "exhibit"),
    Section("withheld", gettext_lazy("Thẻ chỉ dẫn"), "withheld"),
    Section("folios", gettext_lazy("Bút lục & tập")),
    Section("digitisation", gettext_lazy("Số hóa")),
    Section("presentations", gettext_lazy("Trình chiếu, phiên tòa")),
    Section("relations", gettext_lazy("Vụ liên quan"), "relation"),
    Section("assignments", gettext_lazy("Phân công")),
    Section("loans", gettext_lazy("Mượn hồ sơ")),
    Section("custody", gettext_lazy("Giao nhận")),
    Section("history", gettext_lazy("Lịch sử")),
    Section("retention", gettext_lazy("Lưu trữ")),
    Section("ledger", gettext_lazy("Nhật ký lưu giữ")),
)
_PAGES = {
    "documents": "vks:case",
    "folios": "vks:folios",
    "presentations": "vks:presentations",
    "custody": "vks:case_custody",
}
"""Sections that have pages of their own."""
SECTION_OF = {section.part: section.name for section in SECTIONS if section.part} | {"charge": "accused"}


@dataclass(frozen=True)
class Tab:
    """A section as it stands in the bar."""

    name: str
    label: str
    address: str
    count: int | None


def _counts(case: CaseFile, user: User) -> dict[str, int]:
    """Return how many rows each section has (one query), related cases as this person sees them from both sides."""

    def of(model: Any, **narrow: Any) -> Any:
        rows = model.objects.filter(case_id=OuterRef("pk"), **narrow).order_by().values("case_id")
        return Coalesce(Subquery(rows.annotate(number=Count("pk")).values("number")), 0)

    names = {
        "accused": "accused",
        "people": "person",
        "measures": "measure",
        "exhibits": "exhibit",
        "withheld": "withheld",
    }
    counted = {f"n_{name}": of(PARTS_OF_RECORD[part].model) for name, part in names.items()}
    told = RelatedCase.objects.filter(
        Q(case_id=OuterRef("pk")) | Q(other_id=OuterRef("pk"), case__in=visible_cases(user).values("pk"))
    ).order_by()
    # one number whichever side the row is of
    alike = told.annotate(one=Value(1)).values("one").annotate(number=Count("pk")).values("number")
    counted["n_relations"] = Coalesce(Subquery(alike), 0)
    row = CaseFile.objects.filter(pk=case.pk).annotate(**counted).values(*counted).get()
    return {name.removeprefix("n_"): number for name, number in row.items()}


def tabs(view: CaseView, user: User) -> list[Tab]:
    """Return the sections this case has, with how much is in each (a few queries)."""
    case = view.case
    counts = _counts(case, user)
    found = []
    for section in SECTIONS:
        if section.accused_only and not case.kind_data.has_accused:
            continue
        label = str(section.label)
        if section.name == "accused" and not case.kind_data.prosecutes:
            label = _(case.kind_data.accused_group_label)
        own = _PAGES.get(section.name)
        address = reverse(own, args=[case.code]) if own else reverse("vks:section", args=[case.code, section.name])
        found.append(Tab(section.name, label, address, counts.get(section.name)))
    return found


def class_words(crime_class: str) -> str:
    """Return the class of a crime as it stands beside the words “Loại tội phạm”; empty when none is known."""
    words = _(CLASS_NAMES[crime_class]) if crime_class else ""
    return words.removeprefix("tội phạm ")


class Left(NamedTuple):
    """A tombstone as it is shown."""

    stone: Tombstone
    types: list[tuple[str, str, int, int]]
    """Name of the type, part, documents, pages."""
    decided: list[tuple[str, str, dt.datetime]]
    """What somebody did, who, when."""
    settled: list[str]
    """Volumes and exhibits that had not been with the file, and what became of them."""


_DECIDED = {
    "drafted": gettext_lazy("Lập"),
    "first": gettext_lazy("Duyệt lần 1"),
    "second": gettext_lazy("Duyệt lần 2"),
    "recorded": gettext_lazy("Gắn biên bản đã ký"),
    "executed": gettext_lazy("Cho thực hiện"),
}


def tombstone_words(case: CaseFile) -> Left | None:
    """Return what is left of a file that was disposed of, in words; None: it was not (no query then)."""
    stone = tombstone_of(case)
    if stone is None:
        return None
    codes = {code for code, _part, _documents, _pages in stone.types}
    names = dict(CatalogueType.objects.filter(code__in=codes).values_list("code", "name"))
    parts = dict(PARTS)
    return Left(
        stone,
        [(names.get(code, code), _(parts.get(part, part)), number, pages) for code, part, number, pages in stone.types],
        [(str(_DECIDED[what]), name, dt.datetime.fromisoformat(when)) for _pk, name, what, when in stone.decided],
        settled_in_words([case.pk], stone.destroyed_at).get(case.pk, []),
    )


def header(view: CaseView) -> dict[str, Any]:
    """Return what stands above every section (four queries; who may only know of the case gets less)."""
    case = view.case
    reading = "view" in view.may
    lead = leads_of([case]).get(case.pk) if reading else None
    sensitivity = facts_of(case).sensitivity
    return {
        "view": view,
        "case": case,
        "tombstone": tombstone_words(case),
        "in_archive": in_archive(view) if reading else None,
        "kept_among": _(KEPT_AMONG[sensitivity]) if reading and sensitivity in KEPT_AMONG else "",
        "can_read": reading or "file_internal" in view.may,
        "may_edit": "edit" in view.may,
        "accused_names": [person.full_name for person in view.accused],
        "class_label": class_words(case.crime_class) if reading else "",
        "lead_name": lead.name if lead is not None else "",
        "lead_left": lead is not None and lead.left,
        "nearest": limits.nearest(case) if reading else None,
    }


class InArchive(NamedTuple):
    """What the page of a case says while the archive has it."""

    sentence: str
    event: int | None
    """That it went there, for whoever may take that back; None: this person may not."""


def in_archive(view: CaseView) -> InArchive | None:
    """Return what is said of a case that the archive has; None: it has not (one query where it has)."""
    case = view.case
    if case.archived_at is None or case.destroyed_at is not None:
        return None
    sent = ProceduralEvent.objects.filter(case=case, event=TO_ARCHIVE, withdrawn_at__isnull=True)
    event = sent.values_list("pk", flat=True).last() if view.decision.level >= Level.MANAGE else None
    return InArchive(closed_by_the_archive(), event)


def readable_view(request: SignedInRequest, code: str) -> CaseView:
    """Return the case for somebody who may read its record.

    Raises:
        NotFound: the person may not know of the case.
        NotAllowed: the person knows of it but may not read it.
    """
    view = case_for(request.user, code)
    if "view" not in view.may:
        raise NotAllowed(
            _(
                "Bạn biết vụ án này nhưng không đọc được tài liệu: chỉ người được phân công và lãnh đạo đọc được. "
                "Nếu cần, hãy đề nghị lãnh đạo đơn vị thụ lý phân công."
            )
        )
    return view


def editable_view(request: SignedInRequest, code: str) -> CaseView:
    """Return the case for somebody who may edit its record.

    Raises:
        NotFound: the person may not know of the case.
        NotAllowed: the person knows of it but may not edit it.
        Conflict: the archive has it.
    """
    view = case_for(request.user, code)
    if "edit" not in view.may:
        if view.decision.level >= Level.CONTRIBUTE:
            # who otherwise might is told what to do
            refuse_archived(view.case)
        raise not_yours(_("sửa hồ sơ"))
    return view


# --- sections


class ChargedPerson(NamedTuple):
    """Somebody prosecuted, with the charges that hold and those that held before."""

    person: Accused
    charges: list[Charge]
    earlier: list[Charge]
    details: list[tuple[str, str]]


_SHOWN_BESIDE = frozenset(
    {"full_name", "birth_date", "birth_year", "birth_precision", "sex", "position", "is_legal_person", "recidivism"}
)


def _details(entry: Any, names: tuple[str, ...], subject: str) -> list[tuple[str, str]]:
    """Return label and value of the fields that say something."""
    rows = [(field_label(subject, name), readable(entry, name)) for name in names]
    return [(label, value) for label, value in rows if value and value != "không"]


def _accused(view: CaseView) -> dict[str, Any]:
    case = view.case
    charges: dict[int | None, list[Charge]] = defaultdict(list)
    for charge in case.charges.all():
        charge.class_label = class_words(charge.crime_class)  # type: ignore[attr-defined]
        charges[charge.accused_id].append(charge)
    fields = tuple(name for name in PARTS_OF_RECORD["accused"].fields if name not in _SHOWN_BESIDE)
    people = []
    everybody = list(view.accused)
    models.prefetch_related_objects(everybody, "measures")
    if any(person.stage in AFTER_TRIAL for person in everybody):
        models.prefetch_related_objects([case], "events")
    for person in everybody:
        person.case = case
        person.stage_words = _(stage_label(person.stage or case.stage))  # type: ignore[attr-defined]
        person.status_words = _(status_label(person.status or case.status))  # type: ignore[attr-defined]
        mine = charges[person.pk]
        people.append(
            ChargedPerson(
                person,
                [each for each in mine if each.ended_on is None],
                [each for each in mine if each.ended_on is not None],
                _details(person, fields, "accused"),
            )
        )
    of_case = charges[None]
    return {
        "people": people,
        "case_charges": [each for each in of_case if each.ended_on is None],
        "case_earlier": [each for each in of_case if each.ended_on is not None],
    }


def _people(view: CaseView) -> dict[str, Any]:
    fields = (
        "residence",
        "contact",
        "occupation",
        "id_number",
        "nationality",
        "ethnicity",
        "registration_number",
        "legal_representative",
        "note",
    )
    rows = view.case.people.select_related("accused")
    return {"rows": [(person, _details(person, fields, "person")) for person in rows]}


def _measures(view: CaseView) -> dict[str, Any]:
    today = timezone.localdate()
    rows: QuerySet[PreventiveMeasure] = view.case.measures.select_related("accused", "extends")
    return {"rows": [(each, _standing(each, today)) for each in rows]}


def _standing(measure: PreventiveMeasure, today: dt.date) -> str:
    """Return whether a measure holds: `held`, `ended`, `passed` its last day, or `coming`."""
    if measure.in_force_on(today):
        return "held"
    if measure.ended_on is not None:
        return "ended"
    return "coming" if measure.starts_on > today else "passed"


def _exhibits(view: CaseView) -> dict[str, Any]:
    rows, placed = list(view.case.exhibits.all()), exhibits_placed(view.case)
    for row in rows:
        row.placed = placed.get(row.pk)  # type: ignore[attr-defined]  # read by the table alone
    return {"rows": rows}


def _relations(request: SignedInRequest, view: CaseView) -> dict[str, Any]:
    """Return the case's relations both ways; of a case the reader may not know of, nothing but that there is one."""
    found = related_cases(request.user, view.case)
    return {
        "rows": [each for each in found if not each.backwards],
        "back": [each for each in found if each.backwards],
        "acts": [*acts(view), *appealing(request.user, view)],
    }


class Change(NamedTuple):
    """A change of the record, in words."""

    row: CaseChange
    part: str
    values: list[tuple[str, str, str]]


def _history(request: SignedInRequest, view: CaseView) -> dict[str, Any]:
    rows = Paginator(readable_changes(view), CHANGES_ON_A_PAGE).get_page(request.GET.get("page"))
    changes = []
    shown = shown_values(request.user, rows)
    for row in rows:
        values = [
            (_change_label(row.subject, name, view.case.kind_data), before, after)
            for name, before, after in shown[row.pk]
            # of a new row, the marks it does not carry say nothing
            if not (row.act == CaseChange.Act.CREATED and after == UNSET and _is_mark(row.subject, name))
        ]
        changes.append(Change(row, subject_label(row.subject), values))
    return {"changes": changes, "rows": rows}


def _is_mark(subject: str, name: str) -> bool:
    part = PARTS_OF_RECORD.get(subject)
    model: Any = part.model if part is not None else CaseFile if subject == "case" else None
    fields = {each.name: each for each in model._meta.get_fields()} if model is not None else {}
    return isinstance(fields.get(name), models.BooleanField)


def _case_label(name: str, kind: Kind) -> str:
    """Return what a field of the case is called in its kind: a report of crime is received, not decided."""
    own = {
        "init_decision_no": kind.number_label,
        "init_decision_date": kind.date_label,
        "init_decision_agency": kind.agency_label,
    }
    return _(own[name]) if name in own else field_label("case", name)


def _change_label(subject: str, name: str, kind: Kind) -> str:
    if subject == "case" and name == "accused" and kind.accused_group_label:
        return _(kind.accused_group_label)
    if subject == "case" and name in PARTS_OF_RECORD:
        # entered with the case when it was registered
        return _(PARTS_OF_RECORD[name].label)
    return _case_label(name, kind) if subject == "case" else field_label(subject, name)


def _info(view: CaseView) -> dict[str, Any]:
    case = view.case
    kind = case.kind_data
    names = [name for name in CASE_FIELDS if name not in {*FLAGS, "details", "name"}]
    rows = [(_case_label(name, kind), readable(case, name)) for name in names]
    details = [
        (
            _(field.label),
            _(dict(field.choices).get(case.details.get(field.name), str(case.details.get(field.name, "")))),
        )
        for field in kind.fields
    ]
    return {
        "rows": [row for row in [*details, *rows] if row[1]],
        "flags": [field_label("case", name) for name in FLAGS if getattr(case, name)],
        "registered_by": display_name(case.created_by),
    }


def _assignments(request: SignedInRequest, view: CaseView) -> dict[str, Any]:
    giving = actions.roles_to_give(request.user, view.case)
    opened = temporary.in_state(temporary.shown_to(request.user), TemporaryAccess.State.OPEN).filter(case=view.case)
    # those to begin later are seen, and taken back, too
    to_come = Assignment.objects.filter(case=view.case, ended_at__isnull=True, starts_on__gt=timezone.localdate())
    held = in_person(request.user, view)
    rows = [*view.assignments, *to_come.select_related("user")]
    readers = who_can_see(view.case)
    for_a_while = held_for_a_while(view.case, readers)
    left = {user_id for _case, user_id in without_post((view.case, each.user_id) for each in rows)}
    return {
        # nobody is assigned to what is no more
        "assign": AssignForm(giving=giving) if giving and view.case.destroyed_at is None else None,
        "explain": explain_form(view),
        "acts": handing_on(request.user, view),
        "assignments": [
            (
                each,
                display_name(each.user),
                each.role in giving or each.user_id == request.user.pk,
                "; ".join(held.get(each.user_id, [])),
                each.user_id in left,
            )
            for each in rows
        ],
        "opened": temporary.told_to(request.user, opened),
        "led": leads(request.user, [view.case.unit_id, view.case.unit.parent_id]),
        "readers": [
            (person, display_name(person), decision, for_a_while.get(person.pk)) for person, decision in readers
        ],
    }


def explain_form(view: CaseView, chosen: str = "") -> ExplainForm | None:
    """Return the form that asks about a colleague, for who may; another form beside it has a field of the same name."""
    if "assign" not in view.may:
        return None
    return ExplainForm(people=people_explained_in(view.case), auto_id="explain_%s", initial={"user": chosen})


def section_context(request: SignedInRequest, view: CaseView, name: str) -> dict[str, Any]:
    """Return what a section shows."""
    match name:
        case "accused":
            return _accused(view)
        case "people":
            return _people(view)
        case "measures":
            return _measures(view)
        case "exhibits":
            return _exhibits(view)
        case "withheld":
            return {"rows": view.case.withheld_papers.all()}
        case "relations":
            return _relations(request, view)
        case "history":
            return _history(request, view)
        case "ledger":
            from vks_plugin.web.views.ledger import ledger_context  # noqa: PLC0415 - used here only

            return ledger_context(request, view)
        case "retention":
            from vks_plugin.web.views.archive import retention_context  # noqa: PLC0415 - it builds on this module

            return retention_context(request, view)
        case "loans":
            from vks_plugin.web.views.loans import loans_context  # noqa: PLC0415 - used here only

            return loans_context(request, view)
        case "digitisation":
            return digitisation_context(request, view)
        case "assignments":
            return _assignments(request, view)
        case "events":
            from vks_plugin.web.views.events import events_context  # noqa: PLC0415 - it builds on this module

            return events_context(request, view)
        case "limits":
            return {"limits": limits.grouped(view.case)}
        case _:
            return _info(view)


def show_section(
    request: SignedInRequest,
    view: CaseView,
    name: str,
    *,
    at: str = "",
    said: str = "",
    warnings: tuple[str, ...] = (),
) -> HttpResponse:
    """Show a case with one of its sections; `at` names the row that has the focus."""
    context = header(view) | section_context(request, view, name)
    context |= {
        "tabs": tabs(view, request.user),
        "section": name,
        "section_template": f"vks/record/{name}.html",
        "at": at,
        "said": said,
        "warnings": warnings,
    }
    template = "vks/record/inner.html" if is_fragment(request) else "vks/record/page.html"
    return show(request, template, context)


@page
@require_GET
def section(request: SignedInRequest, code: str, section: str) -> HttpResponse:
    """Show one section of the record."""
    view = readable_view(request, code)
    known = {each.name for each in SECTIONS if view.case.kind_data.has_accused or not each.accused_only}
    if section not in known:
        raise NotFound(_("Không có mục này."))
    if section in _PAGES:
        return redirect(_PAGES[section], code=code)
    return show_section(request, view, section, at=request.GET.get("at", ""))


# --- rows


def _form(
    view: CaseView,
    request: SignedInRequest,
    part: str,
    entry: Any = None,
    *,
    replacing: bool = False,
    data: QueryDict | None = None,
) -> Any:
    """Return the form of a row: with what is recorded, or bound to `data`."""
    initial = {"accused": request.GET.get("accused")} if entry is None else None
    if part == "charge":
        return ChargeForm(data, case=view.case, entry=entry, replacing=replacing, initial=initial)
    return EntryForm(data, part=PARTS_OF_RECORD[part], case=view.case, user=request.user, entry=entry, initial=initial)


def _sent(request: SignedInRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def _part(view: CaseView, name: str) -> str:
    part = editable_part(name, view.case.kind_data)
    if part is None:
        raise NotFound(_("Hồ sơ không có phần này."))
    return part.name


def _entry(view: CaseView, part: str, pk: int) -> Any:
    model = PARTS_OF_RECORD[part].model
    related = {"charge": ("accused",), "measure": ("accused",), "person": ("accused",)}.get(part, ())
    entry: Any = model._default_manager.select_related(*related).filter(case=view.case, pk=pk).first()
    if entry is None:
        raise NotFound(_("Dòng này đã bị bỏ: hãy tải lại trang."))
    entry.case = view.case
    return entry


_TABLES = frozenset({"person", "measure", "exhibit", "withheld", "relation", "charge"})
"""Parts whose rows are rows of a table; a form in the place of one is one as well."""


def _show_form(
    request: SignedInRequest,
    view: CaseView,
    form: Any,
    *,
    part: str,
    row: str,
    heading: str,
    button: str,
    status: int = 200,
    dangerous: bool = False,
    told: list[tuple[str, str]] | None = None,
) -> HttpResponse:
    """Show the form of a row: in its place to a script, on a page of its own otherwise."""
    name = SECTION_OF[part]
    context = {
        "form": form,
        "row": row,
        "heading": heading,
        "button": button,
        "dangerous": dangerous,
        "told": told or [],
        "in_table": part in _TABLES and is_fragment(request),
        "address": request.get_full_path(),
        "back": reverse("vks:section", args=[view.case.code, name]),
        "case": view.case,
    }
    if is_fragment(request):
        return show(request, "vks/record/form.html", context, status=status)
    return show(request, "vks/record/form_page.html", header(view) | context, status=status)


def _saved(request: SignedInRequest, code: str, part: str, at: str, said: str) -> HttpResponse:
    """Show the section as it is now."""
    name = SECTION_OF[part]
    if not is_fragment(request):
        messages.success(request, said, extra_tags=OURS)
        return redirect(f"{reverse('vks:section', args=[code, name])}#{at}")
    # read again: everything of the case may follow from one row
    response = show_section(request, case_for(request.user, code), name, at=at, said=said)
    response.headers["HX-Retarget"] = "#vks-case"
    response.headers["HX-Reswap"] = "outerHTML"
    return response


@page
@require_http_methods(["GET", "POST"])
def add_entry(request: SignedInRequest, code: str, part: str) -> HttpResponse:
    """Add a row to a part of the record."""
    view = editable_view(request, code)
    part = _part(view, part)
    form = _form(view, request, part, data=_sent(request))
    whose = request.GET.get("accused", "")
    row = f"charge-new-{whose if whose.isdigit() else 0}" if part == "charge" else f"{part}-new"
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                if part == "charge":
                    accused = form.cleaned_data.get("accused")
                    made = actions.charge(actor=request.user, case=view.case, accused=accused, given=form.charge())
                else:
                    made = actions.add_entry(actor=request.user, case=view.case, part=part, values=form.values())
            except VksError as error:
                form.refused(error)
                status = error.status
            else:
                return _saved(request, code, part, f"{part}-{made.pk}", _("Đã thêm."))
    heading = f"{_('Thêm')}: {_(PARTS_OF_RECORD[part].label)}"
    return _show_form(request, view, form, part=part, row=row, heading=heading, button=_("Thêm"), status=status)


@page
@require_http_methods(["GET", "POST"])
def change_entry(request: SignedInRequest, code: str, part: str, pk: int) -> HttpResponse:
    """Change a row of the record."""
    view = editable_view(request, code)
    part = _part(view, part)
    entry = _entry(view, part, pk)
    form = _form(view, request, part, entry, data=_sent(request))
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                _write(request, entry, part, form)
            except VksError as error:
                status = error.status
                now = _entry(view, part, pk)
                if fingerprint(now) == form.cleaned_data["seen"]:
                    form.refused(error)
                else:
                    form = _meanwhile(view, request, part, now)
            else:
                return _saved(request, code, part, f"{part}-{pk}", _("Đã lưu."))
    heading = f"{_('Sửa')}: {entry}"
    return _show_form(
        request, view, form, part=part, row=f"{part}-{pk}", heading=heading, button=_("Lưu"), status=status
    )


def _meanwhile(view: CaseView, request: SignedInRequest, part: str, entry: Any) -> Any:
    """Return the form after somebody else changed the row: what was typed stays, what that person changed is in it."""
    data, both = _form(view, request, part, entry).reconciled(request.POST)
    form = _form(view, request, part, entry, data=data)
    form.is_valid()
    told_of_meanwhile(form, view.case, both)
    return form


def _write(request: SignedInRequest, entry: Any, part: str, form: Any) -> None:
    values = form.values(entry) if part == "charge" else form.values()
    actions.change_entry(actor=request.user, entry=entry, values=values, seen=form.cleaned_data["seen"])


@page
@require_http_methods(["GET", "POST"])
def replace_charge(request: SignedInRequest, code: str, pk: int) -> HttpResponse:
    """Put another charge in the place of one that held until then."""
    view = editable_view(request, code)
    entry = _entry(view, _part(view, "charge"), pk)
    form = _form(view, request, "charge", entry, replacing=True, data=_sent(request))
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                made = actions.replace_charge(actor=request.user, charge=entry, given=form.charge())
            except VksError as error:
                form.refused(error)
                status = error.status
            else:
                return _saved(request, code, "charge", f"charge-{made.pk}", _("Đã thay đổi tội danh."))
    heading = _("Thay đổi tội danh: %(charge)s") % {"charge": f"{entry.reference} – {entry.name}"}
    return _show_form(
        request,
        view,
        form,
        part="charge",
        row=f"charge-{pk}",
        heading=heading,
        button=_("Thay đổi"),
        status=status,
    )


@page
@require_http_methods(["GET", "POST"])
def remove_entry(request: SignedInRequest, code: str, part: str, pk: int) -> HttpResponse:
    """Take a row out of the record, for a reason."""
    view = editable_view(request, code)
    part = _part(view, part)
    entry = _entry(view, part, pk)
    form = RemovalForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                actions.remove_entry(actor=request.user, entry=entry, reason=form.cleaned_data["reason"])
            except VksError as error:
                form.place(error)
                status = error.status
            else:
                at = f"charge-new-{entry.accused_id or 0}" if part == "charge" else f"{part}-new"
                return _saved(request, code, part, at, _("Đã bỏ."))
    fields = PARTS_OF_RECORD[part].fields
    return _show_form(
        request,
        view,
        form,
        part=part,
        row=f"{part}-{pk}",
        heading=_("Bỏ: %(row)s") % {"row": str(entry)},
        button=_("Bỏ dòng này"),
        status=status,
        dangerous=True,
        told=_details(entry, fields, part),
    )
