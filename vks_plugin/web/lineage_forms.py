"""Forms of the acts by which a case grows out of another one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from django import forms
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from vks_plugin.access.queries import CaseView, facts_of, handles_appeal
from vks_plugin.cases.actions import ChargeInput
from vks_plugin.cases.actions.lineage import BECOMES, MERGES, REPORTER, REPORTER_BECOMES, SPLITS, TAKES_IN
from vks_plugin.cases.actions.registration import cases_of_appeal
from vks_plugin.cases.kinds import CRIMINAL, person_role_label
from vks_plugin.cases.models import Accused, CaseFile, CasePerson
from vks_plugin.cases.proceedings import EVENTS, State, allowed
from vks_plugin.cases.validation import SPLIT
from vks_plugin.errors import VksError
from vks_plugin.web.case_forms import charges_widget
from vks_plugin.web.fields import DayField, SeveralField, StyledForm, suggesting
from vks_plugin.web.record_forms import CaseCodeField

Placed = list[tuple[forms.BoundField, str]]

_NOT_CARRIED = "-"
"""Chosen of a reporter who is nobody in the case; an empty choice is none."""


class Act(NamedTuple):
    """Something that may be done with a whole case now."""

    label: Any
    address: str


def acts(view: CaseView) -> list[Act]:
    """Return what the table of events lets somebody who may edit the case do with it now (no query)."""
    case = view.case
    if "edit" not in view.may or case.kind not in EVENTS:
        return []
    now = {each.value for each in allowed(case.kind, State(case.stage, case.status))}
    found = []
    if BECOMES in now:
        found.append(Act(_("Trở thành vụ án hình sự"), reverse("vks:become", args=[case.code])))
    # of a kind in which a case can also take another in
    if MERGES in now and TAKES_IN in EVENTS[case.kind]:
        found.append(Act(_("Nhập vào vụ án khác"), reverse("vks:merge", args=[case.code])))
    if SPLITS in now:
        found.append(Act(_("Tách vụ án"), reverse("vks:split", args=[case.code])))
    return found


def appealing(user: User, view: CaseView) -> list[Act]:
    """Return the way to open a case for the appeal, for whom it is (three queries where the case is under appeal)."""
    case = view.case
    if "view" not in view.may or case.archived_at is not None or not facts_of(case).under_appeal:
        return []
    if not handles_appeal(user, case) or cases_of_appeal(case).exists():
        return []
    return [Act(_("Mở hồ sơ phúc thẩm"), reverse("vks:appeal", args=[case.code]))]


class _ActForm(StyledForm):
    """Base: fields in groups, each under its legend."""

    elsewhere: dict[str, str] = {}
    """Fields of the act, and where they stand in the form."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people: list[str] = []

    def _add(self, name: str, field: forms.Field) -> None:
        self.fields[name] = field
        self.style(field)

    def _tick(self, part: str, rows: Iterable[Accused | CasePerson], words: dict[int, str] | None = None) -> list[str]:
        """Add a box for each of these people and return the names of the fields."""
        names = []
        for row in rows:
            label = row.full_name if row.birth_year is None else f"{row.full_name} ({row.birth_year})"
            if words is not None:
                label = f"{label} – {words[row.pk]}"
            self._add(f"{part}_{row.pk}", forms.BooleanField(label=label, required=False))
            names.append(f"{part}_{row.pk}")
        return names

    def _ticked(self, part: str) -> list[int]:
        start = f"{part}_"
        return [
            int(name.removeprefix(start))
            for name, value in self.cleaned_data.items()
            if name.startswith(start) and value is True
        ]

    def placed(self, *rows: tuple[str, int]) -> Placed:
        """Return these fields with their widths of twelve."""
        return [(self[name], f"col-md-{width}") for name, width in rows]

    def groups(self) -> list[tuple[str, Placed]]:
        """Return the fields under their legends, in the order of the page."""
        raise NotImplementedError

    def refused(self, error: VksError) -> None:
        """Put a refusal's sentence at its field."""
        self.place(error, self.elsewhere)


class BecomeForm(_ActForm):
    """The decision by which a report becomes a case, and who comes with it."""

    elsewhere = {"charge": "case_charges"}

    init_decision_no = forms.CharField(
        label=_("Số quyết định khởi tố"), max_length=60, widget=forms.TextInput(attrs={"autofocus": True})
    )
    init_decision_date = DayField(label=_("Ngày quyết định khởi tố"))
    init_decision_agency = forms.CharField(label=_("Cơ quan ra quyết định"), max_length=200)
    handled_at = DayField(label=_("Ngày thụ lý"), required=False, help_text=_("Để trống: hôm nay."))
    name = forms.CharField(label=_("Tên vụ án"), max_length=250)
    case_charges = SeveralField(
        label=_("Tội danh của vụ án"),
        required=False,
        widget=charges_widget(_("Tội danh của vụ án")),
        help_text=_("Để trống: lấy tội danh đã ghi ở nguồn tin."),
    )
    form_token = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, report: CaseFile, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        suggesting(self.fields["init_decision_agency"], "agencies")
        self.fields["name"].widget.attrs["placeholder"] = gettext(CRIMINAL.name_example)
        self.reporters = []
        roles = [(role, gettext(person_role_label(role))) for role in REPORTER_BECOMES]
        for row in report.people.filter(role=REPORTER):
            choices = [("", _("Chọn…")), *roles, (_NOT_CARRIED, _("Không đưa vào vụ án"))]
            self._add(f"reporter_{row.pk}", forms.ChoiceField(label=row.full_name, choices=choices))
            self.reporters.append(f"reporter_{row.pk}")
        self.reported = self._tick("accused", report.accused.all())

    def groups(self) -> list[tuple[str, Placed]]:
        """Return the fields under their legends."""
        found = [
            (
                gettext("Quyết định khởi tố vụ án"),
                self.placed(
                    ("init_decision_no", 3), ("init_decision_date", 3), ("init_decision_agency", 4), ("handled_at", 2)
                ),
            ),
            (gettext("Vụ án"), self.placed(("name", 8), ("case_charges", 4))),
        ]
        if self.reporters:
            told = self.placed(*((name, 4) for name in self.reporters))
            found.append((gettext("Người tố giác, báo tin vào vụ án với tư cách"), told))
        if self.reported:
            told = self.placed(*((name, 4) for name in self.reported))
            found.append((gettext("Đưa vào danh sách bị can (chưa khởi tố bị can)"), told))
        return found

    def values(self) -> dict[str, Any]:
        """Return what was entered, for the action."""
        data = self.cleaned_data
        names = ("init_decision_no", "init_decision_date", "init_decision_agency", "handled_at", "name", "form_token")
        reporters = {int(name.removeprefix("reporter_")): data[name] for name in self.reporters}
        return {name: data[name] for name in names} | {
            "reporters": {pk: role for pk, role in reporters.items() if role != _NOT_CARRIED},
            "accused": self._ticked("accused"),
            "charges": [ChargeInput(text=text) for text in data["case_charges"]],
        }


class MergeForm(_ActForm):
    """The decision by which a case goes into another one."""

    decision_no = forms.CharField(label=_("Số quyết định nhập vụ án"), max_length=60)
    decided_on = DayField(label=_("Ngày quyết định"))
    agency = forms.CharField(label=_("Cơ quan ra quyết định"), max_length=200, required=False)
    note = forms.CharField(label=_("Ghi chú"), max_length=500, required=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        suggesting(self.fields["agency"], "agencies")
        self._add("target", CaseCodeField(label=_("Nhập vào vụ án"), user=user))
        self.order_fields(["target"])
        self.fields["target"].widget.attrs["autofocus"] = True

    def groups(self) -> list[tuple[str, Placed]]:
        """Return the fields under their legends."""
        rows = self.placed(("target", 12), ("decision_no", 3), ("decided_on", 3), ("agency", 6), ("note", 12))
        return [(gettext("Quyết định nhập vụ án"), rows)]

    def values(self) -> dict[str, Any]:
        """Return what was entered, for the action."""
        return dict(self.cleaned_data)


class SplitForm(_ActForm):
    """The decision by which a case of its own is split off, and who goes with it."""

    decision_no = forms.CharField(
        label=_("Số quyết định tách vụ án"), max_length=60, widget=forms.TextInput(attrs={"autofocus": True})
    )
    decided_on = DayField(label=_("Ngày quyết định"))
    agency = forms.CharField(label=_("Cơ quan ra quyết định"), max_length=200)
    name = forms.CharField(label=_("Tên vụ án mới"), max_length=250)
    init_decision_no = forms.CharField(
        label=_("Số quyết định khởi tố riêng, nếu có"),
        max_length=60,
        required=False,
        help_text=_("Để trống: lấy quyết định tách vụ án."),
    )
    init_decision_date = DayField(label=_("Ngày quyết định khởi tố riêng"), required=False)
    init_decision_agency = forms.CharField(label=_("Cơ quan khởi tố riêng"), max_length=200, required=False)
    form_token = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, source: CaseFile, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("agency", "init_decision_agency"):
            suggesting(self.fields[name], "agencies")
        self.fields["name"].widget.attrs["placeholder"] = gettext(source.kind_data.name_example)
        self.accused = self._tick("accused", source.accused.exclude(status=SPLIT))
        others = list(source.people.all())
        self.others = self._tick("person", others, {row.pk: row.role_label for row in others})

    def groups(self) -> list[tuple[str, Placed]]:
        """Return the fields under their legends."""
        found = [
            (
                gettext("Quyết định tách vụ án"),
                self.placed(("decision_no", 3), ("decided_on", 3), ("agency", 6)),
            ),
            (
                gettext("Vụ án mới"),
                self.placed(
                    ("name", 12), ("init_decision_no", 4), ("init_decision_date", 4), ("init_decision_agency", 4)
                ),
            ),
        ]
        if self.accused:
            found.append((gettext("Bị can tách ra"), self.placed(*((name, 4) for name in self.accused))))
        if self.others:
            found.append(
                (gettext("Người khác liên quan đến vụ mới"), self.placed(*((name, 4) for name in self.others)))
            )
        return found

    def values(self) -> dict[str, Any]:
        """Return what was entered, for the action."""
        data = self.cleaned_data
        names = (
            "decision_no",
            "decided_on",
            "agency",
            "name",
            "init_decision_no",
            "init_decision_date",
            "init_decision_agency",
            "form_token",
        )
        return {name: data[name] for name in names} | {
            "accused": self._ticked("accused"),
            "people": self._ticked("person"),
        }


class AppealForm(_ActForm):
    """What the office above calls the case in which it handles an appeal."""

    name = forms.CharField(label=_("Tên vụ án"), max_length=250, widget=forms.TextInput(attrs={"autofocus": True}))
    handled_at = DayField(label=_("Ngày thụ lý"), required=False, help_text=_("Để trống: hôm nay."))
    form_token = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def groups(self) -> list[tuple[str, Placed]]:
        """Return the fields under their legends."""
        return [(gettext("Hồ sơ phúc thẩm"), self.placed(("name", 9), ("handled_at", 3)))]

    def values(self) -> dict[str, Any]:
        """Return what was entered, for the action."""
        return dict(self.cleaned_data)
