"""The form of a case: registration and edit, on one screen, as the kind of the case has it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.db.models import Q, QuerySet
from django.forms import BaseFormSet, formset_factory
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from vks_plugin.cases.actions import AccusedInput, ChargeInput, charge_values
from vks_plugin.cases.kinds import Kind, KindField
from vks_plugin.cases.models import Accused, CaseFile, CasePerson
from vks_plugin.cases.naming import AND_OTHERS, offence_words, proposed_name
from vks_plugin.cases.record import ACCUSED, CASE_FIELDS, FLAGS, PERSON
from vks_plugin.errors import BadInput, VksError
from vks_plugin.organization.models import Department, ProcuracyUnit
from vks_plugin.organization.queries import colleagues, display_name
from vks_plugin.web.fields import (
    Choice,
    DayField,
    PickedField,
    RememberingForm,
    SeveralField,
    SeveralInputs,
    StyledForm,
    suggesting,
)
from vks_plugin.web.record_forms import LAYOUTS, Layout, field_for, human_fields, with_birth

if TYPE_CHECKING:
    _Rows = BaseFormSet["PersonRow"]
else:
    # generic only for type checkers
    _Rows = BaseFormSet

DETAIL = "detail_"
"""Stands before the names of fields only this kind has."""


def unit_choices(units: QuerySet[ProcuracyUnit]) -> list[Choice]:
    """Return offices as they are picked."""
    return [Choice(unit, f"{unit.code} – {unit.short_name}", (unit.code, unit.short_name, unit.name)) for unit in units]


def department_choices(units: Iterable[ProcuracyUnit], kept: Department | None = None) -> list[Choice]:
    """Return the present departments of these offices as they are picked, and the one a case lies in already."""
    of_units = Department.objects.filter(unit__in=list(units)).select_related("unit")
    there = Department.objects.on(timezone.localdate()).values("pk")
    rows = of_units.filter(Q(pk__in=there) | Q(pk=kept.pk if kept is not None else None))
    return [Choice(each, f"{each.code} – {each.name}", (each.code, each.name)) for each in rows]


def person_choices(units: Iterable[ProcuracyUnit]) -> list[Choice]:
    """Return the people with a post in one of these offices as they are picked."""
    found: dict[int, Choice] = {}
    for unit in units:
        for user in colleagues(unit):
            name = display_name(user)
            found.setdefault(user.pk, Choice(user, f"{name} ({user.get_username()})", (user.get_username(), name)))
    return list(found.values())


def with_parents(units: Iterable[ProcuracyUnit]) -> list[ProcuracyUnit]:
    """Return the offices and those above them: a leader of either may be in charge."""
    found = {unit.pk: unit for unit in units}
    for unit in list(found.values()):
        if unit.parent is not None:
            found.setdefault(unit.parent.pk, unit.parent)
    return list(found.values())


def detail_field(field: KindField) -> forms.Field:
    """Return the form field of a field only this kind has."""
    label, help_text = gettext(field.label), gettext(field.help) if field.help else ""
    words: dict[str, Any] = {"label": label, "help_text": help_text, "required": field.required}
    if field.type == "date":
        return DayField(**words)
    if field.type == "integer":
        return forms.IntegerField(min_value=0, widget=forms.TextInput(attrs={"inputmode": "numeric"}), **words)
    if field.type == "choice":
        return forms.ChoiceField(
            choices=[("", "—"), *((value, gettext(each)) for value, each in field.choices)], **words
        )
    if field.type == "long_text":
        return forms.CharField(max_length=field.longest, widget=forms.Textarea(attrs={"rows": 2}), **words)
    return forms.CharField(max_length=field.longest, **words)


def _shown(kind: Kind, case: CaseFile | None) -> list[str]:
    """Return the fields of the case that its form has: those of the kind, and others that are filled in already."""
    return [
        name
        for name in CASE_FIELDS
        if name != "details" and (name not in kind.left_out or (case is not None and getattr(case, name)))
    ]


class CaseForm(RememberingForm):
    """What is said of a case itself."""

    revision = forms.IntegerField(required=False, widget=forms.HiddenInput)
    form_token = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        kind: Kind,
        units: Sequence[ProcuracyUnit],
        case: CaseFile | None = None,
        may_assign: bool = False,
        initial: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        self.kind = kind
        self.case = case
        super().__init__(*args, initial={**(self._stored(case) if case else {}), **(initial or {})}, **kwargs)
        for name in _shown(kind, case):
            self.fields[name] = self._field(name, units)
        for each in kind.fields:
            self.fields[DETAIL + each.name] = detail_field(each)
        if case is None:
            self._add_registration(units, may_assign=may_assign)
        else:
            del self.fields["form_token"]
        if not department_choices(units, case.department if case else None):
            self.fields.pop("department", None)
        # as they stand on the page, so that the first one wrong is the topmost
        self.order_fields([name for rows in self.layout.values() for name, _width in rows])
        for field in self.fields.values():
            self.style(field)
        self.fields["init_decision_no"].widget.attrs["autofocus"] = True
        if case is None:
            del self.fields["read"]
        else:
            self.remember()

    @staticmethod
    def _stored(case: CaseFile) -> dict[str, Any]:
        values = {name: getattr(case, name) for name in CASE_FIELDS if name not in {"details", "leader_in_charge"}}
        values["department"] = str(case.department) if case.department is not None else ""
        leader = case.leader_in_charge
        values["leader_in_charge"] = f"{display_name(leader)} ({leader.get_username()})" if leader is not None else ""
        for each in case.kind_data.fields:
            stored = case.details.get(each.name)
            is_day = each.type == "date" and stored
            values[DETAIL + each.name] = dt.date.fromisoformat(stored) if is_day else stored
        return values | {"revision": case.revision}

    def _field(self, name: str, units: Sequence[ProcuracyUnit]) -> forms.Field:
        """Return the form field of a field of the case, under the label its kind has for it."""
        kind = self.kind
        field: forms.Field
        if name in {"department", "leader_in_charge"}:
            what = "departments" if name == "department" else "people"
            label = _("Phòng") if name == "department" else _("Lãnh đạo phụ trách")
            picked = PickedField(what=what, label=label, required=False)
            picked.choices = (
                (lambda: department_choices(units, self.case.department if self.case else None))
                if name == "department"
                else (lambda: person_choices(with_parents(units)))
            )
            picked.widget.attrs |= self._about()
            return picked
        field = field_for(CaseFile, name)
        labels = {
            "init_decision_no": kind.number_label,
            "init_decision_date": kind.date_label,
            "init_decision_agency": kind.agency_label,
        }
        if name in labels:
            field.label = gettext(labels[name])
        if name == "init_decision_agency" and not kind.has_accused:
            suggesting(field, "courts")
        if name == "name":
            # proposed from whoever is prosecuted and for what; the server does the same where no script runs
            field.required = not kind.has_accused or self.case is not None
            field.widget.attrs |= {"placeholder": gettext(kind.name_example), "data-others": AND_OTHERS}
            if self.case is None and kind.has_accused:
                field.help_text = _("Để trống: lấy từ bị can đầu tiên và tội danh.")
        if name == "handled_at" and self.case is None:
            field.required = False
            field.widget.attrs["placeholder"] = _("để trống: hôm nay")
        if name == "charge_summary":
            field.label = _("Tội danh (tóm tắt)")
            if self.case is None:
                field.help_text = _("Để trống: lấy từ tội danh đã nhập.")
        if name == "confidentiality":
            field.required = False
        return field

    def _about(self) -> dict[str, str]:
        """Return what the script says with a question, so that only people of the right office are offered."""
        if self.case is not None:
            return {"data-vks-query": f"case={self.case.code}"}
        return {"data-vks-with": "unit"}

    def _add_registration(self, units: Sequence[ProcuracyUnit], *, may_assign: bool) -> None:
        unit = PickedField(what="units", label=_("Đơn vị thụ lý"))
        unit.choices = lambda: unit_choices(ProcuracyUnit.objects.filter(pk__in=[each.pk for each in units]))
        self.fields["unit"] = unit
        stages = [(stage.value, gettext(stage.label)) for stage in self.kind.stages]
        self.fields["stage"] = forms.ChoiceField(label=_("Giai đoạn"), choices=stages, initial=self.kind.first_stage)
        self.fields["code"] = forms.CharField(
            label=_("Mã vụ án"), required=False, max_length=40, help_text=_("Để trống: hệ thống cấp mã kế tiếp.")
        )
        if self.kind.has_accused:
            self.fields["case_charges"] = SeveralField(
                label=_("Tội danh của vụ án, khi chưa có bị can"),
                required=False,
                widget=charges_widget(_("Tội danh của vụ án")),
            )
        if may_assign:
            lead = PickedField(what="people", label=_("Kiểm sát viên thụ lý chính"), required=False)
            lead.choices = lambda: person_choices(units)
            lead.widget.attrs |= self._about()
            self.fields["lead"] = lead
        self.fields["digitise_myself"] = forms.BooleanField(
            label=_("Tôi số hóa và nộp tài liệu của vụ án này"), required=False, initial=True
        )
        del self.fields["revision"]

    @property
    def layout(self) -> dict[str, tuple[tuple[str, int], ...]]:
        """Return the groups of fields in the order of the page, each with its width of twelve."""
        # what a kind asks for stands with what identifies the case; in a prosecution the rest waits in the fold
        details: list[tuple[str, int]] = []
        rest: list[tuple[str, int]] = []
        for each in self.kind.fields:
            width = {"long_text": 12, "choice": 4, "integer": 3, "date": 3}.get(each.type, 8 if each.required else 4)
            (rest if self.kind.prosecutes and not each.required else details).append((DETAIL + each.name, width))
        flags = [(name, 3) for name in FLAGS]
        return {
            "identity": (
                ("init_decision_no", 2),
                ("init_decision_date", 2),
                ("init_decision_agency", 4),
                ("handled_at", 2),
                ("crime_date", 2),
            ),
            "details": tuple(details),
            "charges": (("case_charges", 12),),
            "case": (
                ("name", 6),
                ("crime_place", 4),
                ("stage", 2),
                ("unit", 4),
                ("department", 3),
                ("lead", 5),
                ("charge_summary", 8),
                ("digitise_myself", 4),
            ),
            "agencies": (
                ("investigation_agency", 5),
                ("investigator", 3),
                ("leader_in_charge", 4),
                ("court", 5),
                ("judge", 3),
            ),
            "flags": tuple(flags),
            "more": (
                ("code", 3),
                ("national_case_code", 3),
                ("confidentiality", 3),
                *rest,
                ("evidence_summary", 6),
                ("note", 6),
            ),
        }

    def group(self, name: str) -> list[tuple[forms.BoundField, str]]:
        """Return the fields of a group that this form has, with their widths."""
        return [(self[field], f"col-md-{width}") for field, width in self.layout[name] if field in self.fields]

    def groups(self) -> dict[str, list[tuple[forms.BoundField, str]]]:
        """Return every group, for the page."""
        return {name: self.group(name) for name in self.layout}

    def opened(self) -> dict[str, bool]:
        """Tell of each group that is folded whether something in it is filled in or wrong."""
        empty = {None, "", False, CaseFile.Confidentiality.NORMAL.value}
        return {
            name: any(field.errors or field.value() not in empty for field, _width in self.group(name))
            for name in ("agencies", "flags", "more")
        }

    def values(self) -> dict[str, Any]:
        """Return what was entered, by field of the case."""
        data = self.cleaned_data
        values = {name: data[name] for name in CASE_FIELDS if name in data}
        if not values.get("confidentiality", "x"):
            values["confidentiality"] = CaseFile.Confidentiality.NORMAL
        values["details"] = {each.name: data.get(DETAIL + each.name) for each in self.kind.fields}
        return values

    def registration(self) -> dict[str, Any]:
        """Return what was entered of a new case, for the action."""
        data = self.cleaned_data
        names = ("unit", "stage", "form_token", "lead", "digitise_myself")
        fields = self.values() | {name: data[name] for name in names if name in data}
        fields["code"] = data["code"] or None
        fields["charges"] = [ChargeInput(text=text) for text in data.get("case_charges", [])]
        return fields

    def refused(self, error: VksError) -> None:
        """Put a refusal's sentence at its field."""
        details = {each.name: DETAIL + each.name for each in self.kind.fields}
        self.place(error, {"charge": "case_charges", **details})


class SensitivityForm(StyledForm):
    """Who may know of a case, where nothing else of it is changed any more."""

    confidentiality = forms.ChoiceField(label=_("Độ nhạy cảm"), choices=CaseFile.Confidentiality.choices)
    revision = forms.IntegerField(widget=forms.HiddenInput)


def charges_widget(words: Any) -> SeveralInputs:
    """Return inputs for charges, offered by number or words."""
    attributes = {
        "class": "form-control form-control-sm",
        "autocomplete": "off",
        "data-vks-suggest": "charges",
        "data-vks-strict": "",
        "data-vks-first": "",
        "data-vks-more": "",
        "data-vks-with": "crime_date",
        "placeholder": _("173.2 hoặc trom cap"),
    }
    return SeveralInputs(attributes, words=words)


class PersonRow(StyledForm):
    """A row of somebody, left out when nobody is named."""

    layout = Layout(())
    marked = "full_name"

    def clean(self) -> dict[str, Any]:
        """Refuse a row without a name: what else was entered in it would be lost without a word."""
        data: dict[str, Any] = super().clean() or {}
        if self.has_changed() and not (data.get("full_name") or "").strip() and "full_name" not in self.errors:
            self.add_error("full_name", _("Hãy nhập họ và tên, hoặc bỏ trống cả dòng."))
        return with_birth(self, data)

    @property
    def main(self) -> list[tuple[forms.BoundField, str]]:
        """The fields that always show, with their widths."""
        return [(self[name], f"col-md-{width}") for name, width in self.layout.main if name in self.fields]

    @property
    def more(self) -> list[tuple[forms.BoundField, str]]:
        """The fields in the fold."""
        return [(self[name], f"col-md-{width}") for name, width in self.layout.more if name in self.fields]

    @property
    def unfolded(self) -> bool:
        """Whether something in the fold is filled in or wrong."""
        return any(field.errors or field.value() not in {None, "", False, "khong"} for field, _width in self.more)

    def _arrange(self) -> None:
        self.order_fields([name for name, _width in (*self.layout.main, *self.layout.more)])
        for field in self.fields.values():
            # a row is empty as long as nobody is named
            field.required = False
            self.style(field)


class AccusedRow(PersonRow):
    """One person prosecuted, with the charges."""

    layout = Layout(
        (("full_name", 3), ("birth", 2), ("birth_precision", 2), ("sex", 1), ("residence", 4)),
        (("offence_date", 3), *((name, width) for name, width in LAYOUTS["accused"].more if name != "position")),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in human_fields(Accused, ACCUSED.fields):
            if name != "position":
                self.fields[name] = field
        self.fields["charges"] = SeveralField(label=_("Tội danh"), widget=charges_widget(_("Tội danh")))
        self._arrange()

    def values(self) -> dict[str, Any]:
        """Return what was entered, by field of the record."""
        data = self.cleaned_data
        return {name: data[name] for name in ACCUSED.fields if name in data}

    def check_charges(self, *, crime_day: dt.date | None, charged_on: dt.date) -> list[str]:
        """Return the names of the offences; a charge that cannot be made out is marked at its row."""
        day = self.cleaned_data.get("offence_date") or crime_day
        names = []
        for text in self.cleaned_data.get("charges", []):
            try:
                names.append(charge_values(ChargeInput(text=text), offence_day=day, charged_on=charged_on)["name"])
            except BadInput as error:
                self.add_error("charges", error.message)
        return names

    def as_input(self) -> AccusedInput:
        """Return what was entered, for the action."""
        values = self.values()
        charges = [ChargeInput(text=text) for text in self.cleaned_data.get("charges", [])]
        return AccusedInput(
            values.pop("full_name"), values.pop("birth_year", None), values.pop("sex", ""), charges, values
        )


class ParticipantRow(PersonRow):
    """One other person in the case."""

    layout = Layout(
        (
            ("role", 3),
            ("full_name", 3),
            ("birth", 2),
            ("sex", 1),
            ("residence", 3),
        ),
        (
            ("is_minor", 2),
            ("is_anonymous", 3),
            ("is_protected", 3),
            ("is_sexual_offence_victim", 4),
            ("birth_precision", 3),
            ("contact", 3),
            *((name, width) for name, width in LAYOUTS["person"].more),
        ),
    )

    def __init__(self, *args: Any, kind: Kind, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in human_fields(CasePerson, PERSON.fields):
            if name == "role":
                roles = [(value, gettext(label)) for value, label in kind.person_roles]
                self.fields[name] = forms.ChoiceField(label=_("Tư cách"), choices=[("", "—"), *roles])
            elif name != "accused":
                self.fields[name] = field
        self._arrange()

    def clean(self) -> dict[str, Any]:
        """Ask in which role somebody is in the case."""
        data = super().clean()
        if data.get("full_name") and not data.get("role") and "role" not in self.errors:
            self.add_error("role", _("Hãy chọn tư cách tham gia tố tụng."))
        return data

    def values(self) -> dict[str, Any]:
        """Return what was entered, by field of the record."""
        data = self.cleaned_data
        return {name: data[name] for name in PERSON.fields if name in data}


class Rows(_Rows):
    """Rows of people, of which those left empty do not count."""

    def filled(self) -> list[Any]:
        """Return the rows in which somebody is named."""
        return [form for form in self.forms if form.has_changed()]


MOST_ROWS = 200
AccusedRows = formset_factory(AccusedRow, formset=Rows, extra=1, max_num=MOST_ROWS, absolute_max=MOST_ROWS)
ParticipantRows = formset_factory(ParticipantRow, formset=Rows, extra=1, max_num=MOST_ROWS, absolute_max=MOST_ROWS)


def propose(form: CaseForm, accused: Sequence[AccusedRow], offences: Sequence[str]) -> None:
    """Fill in name and summary of the charges where they were left empty."""
    data = form.cleaned_data
    if not data.get("name"):
        named = [row.cleaned_data.get("full_name") or "" for row in accused]
        data["name"] = proposed_name(named, offences[0] if offences else "")
        if not data["name"]:
            form.add_error("name", _("Hãy nhập tên vụ án, hoặc nhập bị can để hệ thống đề xuất tên."))
    if "charge_summary" in form.fields and not data.get("charge_summary"):
        data["charge_summary"] = "; ".join(dict.fromkeys(map(offence_words, offences)))[:250]


def case_offences(form: CaseForm) -> list[str]:
    """Return the names of the offences of the case itself; one that cannot be made out is marked at its field."""
    data = form.cleaned_data
    names = []
    for text in data.get("case_charges", []):
        given = ChargeInput(text=text)
        try:
            day, charged = data.get("crime_date"), data["init_decision_date"]
            names.append(charge_values(given, offence_day=day, charged_on=charged)["name"])
        except BadInput as error:
            form.add_error("case_charges", error.message)
    return names
