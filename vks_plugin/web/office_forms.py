"""Forms of offices and departments."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as now_in_words
from django.utils.translation import gettext_lazy as _

from vks_plugin.access.offices import DEPARTMENT_FIELDS, UNIT_FIELDS, in_use
from vks_plugin.cases.kinds import all_stages
from vks_plugin.organization.models import Department, ProcuracyUnit
from vks_plugin.web.fields import DayField, StyledForm


class _OfficeForm(StyledForm):
    """What an office and a department have in common: only what somebody touches is sent on.

    Each field carries what it showed, so that what another changed meanwhile is not written over.
    """

    of: tuple[str, ...]

    name = forms.CharField(label=_("Tên"), max_length=200)
    position = forms.IntegerField(label=_("Thứ tự"), min_value=0, max_value=999, initial=0)
    decision = forms.CharField(
        label=_("Căn cứ"), max_length=200, required=False, help_text=_("Số, ngày văn bản, nếu có.")
    )

    def __init__(self, *args: Any, row: ProcuracyUnit | Department | None = None, **kwargs: Any) -> None:
        initial = {name: getattr(row, name) for name in self.of} if row is not None else {}
        super().__init__(*args, initial=initial, **kwargs)
        for name in self.of:
            self.fields[name].show_hidden_initial = row is not None
        if row is not None and in_use(row):
            for name in {"code", "kind"} & self.fields.keys():
                self.fields[name].disabled = True
                self.fields[name].help_text = _("Đã dùng: không đổi nữa.")

    @property
    def values(self) -> dict[str, Any]:
        """What was touched; of a new one everything that was filled in."""
        return {name: self.cleaned_data[name] for name in self.of if name in self.changed_data}

    @property
    def was_ticked(self) -> str:
        """What a list of boxes showed, to be sent back with it; empty for a form without one."""
        return self["stages"].as_hidden(only_initial=True) if self.fields["name"].show_hidden_initial else ""

    @property
    def shown(self) -> list[forms.BoundField]:
        """The fields in their order on the page."""
        return [self[name] for name in (*self.of, "decision")]


class UnitForm(_OfficeForm):
    """An office."""

    of = UNIT_FIELDS

    code = forms.CharField(label=_("Mã đơn vị"), max_length=32)
    short_name = forms.CharField(label=_("Tên ngắn"), max_length=80)
    kind = forms.ChoiceField(label=_("Cấp"), choices=[("", _("Chọn…")), *ProcuracyUnit.Kind.choices])
    parent = forms.ModelChoiceField(
        label=_("Đơn vị cấp trên"), queryset=ProcuracyUnit.objects.none(), required=False, empty_label=_("Không có")
    )
    valid_from = DayField(label=_("Có từ ngày"))
    active_from = DayField(label=_("Dùng hệ thống từ ngày"), required=False)

    def __init__(self, *args: Any, row: ProcuracyUnit | None = None, **kwargs: Any) -> None:
        super().__init__(*args, row=row, **kwargs)
        above: Any = self.fields["parent"]
        there = ProcuracyUnit.objects.on(timezone.localdate())
        above.queryset = there
        if row is not None:
            above.queryset = ProcuracyUnit.objects.filter(Q(pk__in=there) | Q(pk=row.parent_id)).exclude(pk=row.pk)


class DepartmentForm(_OfficeForm):
    """A department."""

    of = DEPARTMENT_FIELDS

    code = forms.CharField(label=_("Mã phòng"), max_length=16)
    stages = forms.MultipleChoiceField(
        label=_("Phụ trách giai đoạn của vụ án ở đơn vị cấp dưới"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    valid_from = DayField(label=_("Có từ ngày"), required=False)
    verified = forms.BooleanField(label=_("Đơn vị đã xác nhận phòng này"), required=False)

    def __init__(self, *args: Any, row: Department | None = None, **kwargs: Any) -> None:
        super().__init__(*args, row=row, **kwargs)
        chooser: Any = self.fields["stages"]
        chooser.choices = [(value, now_in_words(label)) for value, label in all_stages()]


class EndForm(StyledForm):
    """Since when it is no more."""

    gone_from = DayField(label=_("Không còn từ ngày"))
    decision = forms.CharField(
        label=_("Căn cứ"), max_length=200, required=False, help_text=_("Số, ngày văn bản, nếu có.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["gone_from"].initial = timezone.localdate()
