"""Forms of the acts that open a case to other people: to another office, to an office at the trial, to one person for a while."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from vks_plugin.access.queries import CaseView, leads
from vks_plugin.access.temporary import SHORTEST_REASON
from vks_plugin.access.transfers import offices_for_transfer, offices_for_trial
from vks_plugin.cases.models import CaseFile
from vks_plugin.conf import configuration
from vks_plugin.organization.models import ProcuracyUnit
from vks_plugin.web.fields import AsWrittenField, DayField, StyledForm
from vks_plugin.web.lineage_forms import Act

_DECISION = _("Số, ngày văn bản")


class OversightForm(StyledForm):
    """Why somebody is to read a case; how much has to be said is checked by the action."""

    reason = forms.CharField(label=_("Lý do"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        told = gettext("Ít nhất %(least)d chữ cái. Lãnh đạo đơn vị thụ lý đọc được.")
        self.fields["reason"].help_text = told % {"least": SHORTEST_REASON}


class TransferForm(StyledForm):
    """To which office a case goes, and by which paper."""

    to = forms.ModelChoiceField(
        label=_("Chuyển cho"), queryset=ProcuracyUnit.objects.none(), to_field_name="code", empty_label=_("Chọn…")
    )
    decision = forms.CharField(label=_DECISION, max_length=200)

    def __init__(self, *args: Any, case: CaseFile, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chooser: Any = self.fields["to"]
        chooser.queryset = offices_for_transfer(case)
        chooser.widget.attrs["autofocus"] = True


class TrialUnitForm(StyledForm):
    """Which office below appears at the trial, and by which decision."""

    unit = forms.ModelChoiceField(
        label=_("Đơn vị tại phiên tòa"),
        queryset=ProcuracyUnit.objects.none(),
        to_field_name="code",
        empty_label=_("Chọn…"),
    )
    decision = forms.CharField(label=_DECISION, max_length=200)

    def __init__(self, *args: Any, case: CaseFile, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chooser: Any = self.fields["unit"]
        chooser.queryset = offices_for_trial(case)
        chooser.widget.attrs["autofocus"] = True
        if case.trial_unit is not None:
            # none chosen takes the appointment back
            chooser.required = False
            chooser.empty_label = _("Không đơn vị nào (thu hồi phân công)")


class EmergencyForm(OversightForm):
    """Which case somebody needs in an emergency, why and for how long."""

    code = forms.CharField(
        label=_("Mã vụ án"), max_length=40, widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})
    )
    hours = forms.IntegerField(label=_("Số giờ"), widget=forms.TextInput(attrs={"inputmode": "numeric", "size": 4}))
    as_written = AsWrittenField()
    field_order = ("code", "hours", "reason", "as_written")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        most = configuration().emergency_hours
        self.fields["hours"].help_text = gettext("Từ 1 đến %(most)d.") % {"most": most}
        self.fields["hours"].initial = min(8, most)


class RestructuringForm(StyledForm):
    """Which offices are taken over by which, from when and by which paper: a choice for each office that may be."""

    effective_date = DayField(label=_("Có hiệu lực từ ngày"))
    decision = forms.CharField(label=_DECISION, max_length=200)
    carries_posts = forms.BooleanField(
        label=_("Người đang giữ chức danh ở đơn vị cũ giữ chức danh đó ở đơn vị mới"), required=False, initial=True
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        day = timezone.localdate()
        # those that are there, and past ones in which cases were left
        there = Q(valid_to__isnull=True) | Q(valid_to__gte=day) | Q(pk__in=CaseFile.objects.values("unit_id"))
        self._old = {
            f"to_{unit.code}": unit
            for unit in ProcuracyUnit.objects.filter(there)
            .exclude(kind=ProcuracyUnit.Kind.PROVINCE)
            .order_by("valid_to", "code")
        }
        new = {unit.code: unit for unit in ProcuracyUnit.objects.on(day).filter(active_from__lte=day)}
        for name, unit in self._old.items():
            choices = [("", _("giữ nguyên")), *((code, each.name) for code, each in new.items() if each != unit)]
            field = forms.TypedChoiceField(
                label=unit.name, choices=choices, coerce=new.__getitem__, empty_value=None, required=False
            )
            self.style(field)
            self.fields[name] = field
        self.fields["effective_date"].initial = day

    @property
    def offices(self) -> list[forms.BoundField]:
        """The choice of each old office."""
        return [self[name] for name in self._old]

    @property
    def rows(self) -> dict[str, str]:
        """By the code of each old office, the field of its choice."""
        return {unit.code: name for name, unit in self._old.items()}

    @property
    def plan(self) -> list[tuple[ProcuracyUnit, ProcuracyUnit]]:
        """Each old office that was chosen, with the one that takes it over."""
        chosen = ((unit, self.cleaned_data[name]) for name, unit in self._old.items())
        return [(old, new) for old, new in chosen if new is not None]


def handing_on(user: User, view: CaseView) -> list[Act]:
    """Return by which acts this person may hand the case, or its trial, to another office (one query, or two)."""
    case = view.case
    found: list[Act] = []
    if case.destroyed_at is not None:
        return found
    if leads(user, [case.unit_id, case.unit.parent_id]):
        found.append(Act(_("Chuyển vụ án"), reverse("vks:transfer", args=[case.code])))
    # one that was appointed can be taken back also when no office is below any more
    if (
        "assign" in view.may
        and case.kind_data.prosecutes
        and (case.trial_unit is not None or offices_for_trial(case).exists())
    ):
        found.append(Act(_("Phân công đơn vị xét xử (Điều 239)"), reverse("vks:trial_unit", args=[case.code])))
    return found
