"""Forms of the pages; what they accept is checked again by the actions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.forms import formset_factory
from django.utils.translation import gettext_lazy as _

from vks_plugin.cases.actions import AccusedInput
from vks_plugin.cases.api import LARGEST_FOLIO
from vks_plugin.cases.filters import stage_choices
from vks_plugin.cases.models import Accused, Assignment, CaseFile, CatalogueType
from vks_plugin.organization.models import Department, ProcuracyUnit
from vks_plugin.organization.queries import display_name
from vks_plugin.organization.roles import Role

if TYPE_CHECKING:
    _UserChoice = forms.ModelChoiceField[User]
else:
    # generic only for type checkers
    _UserChoice = forms.ModelChoiceField

NOBODY = ("AnonymousUser", "consumer")
"""Accounts the host keeps for itself; it leaves them out of its own list of people too."""

DATE_FORMATS = ["%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y-%m-%d"]


class DayField(forms.DateField):
    """A day, typed as it is written in Vietnam."""

    def __init__(self, **options: Any) -> None:
        widget = forms.DateInput(
            format="%d/%m/%Y", attrs={"placeholder": "dd/mm/yyyy", "inputmode": "numeric", "autocomplete": "off"}
        )
        super().__init__(
            input_formats=DATE_FORMATS,
            widget=widget,
            error_messages={"invalid": _("Hãy nhập ngày dạng dd/mm/yyyy.")},
            **options,
        )


class StyledForm(forms.Form):
    """A form whose fields look like the host's."""

    template_name = "vks/form.html"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field.widget, forms.CheckboxInput):
                kind = "form-check-input"
            elif isinstance(field.widget, forms.Select):
                kind = "form-select form-select-sm"
            else:
                kind = "form-control form-control-sm"
            field.widget.attrs.setdefault("class", kind)

    def add_error(self, field: str | None, error: Any) -> None:
        """Keep the sentence, and mark the field it stands at.

        Not asked for in `__init__`: there the choices of a form are not set yet, and every choice would be refused.
        """
        super().add_error(field, error)
        if field is not None and field in self.fields:
            attributes = self.fields[field].widget.attrs
            attributes["aria-describedby"] = f"{self[field].auto_id}_error"
            if "is-invalid" not in attributes.get("class", ""):
                attributes["class"] = f"{attributes.get('class', '')} is-invalid"
        # whoever works by keyboard or screen reader is taken to what needs correcting first
        wrong = next((name for name in self.fields if name in self.errors), None)
        if wrong is not None:
            for each in self.fields.values():
                each.widget.attrs.pop("autofocus", None)
            self.fields[wrong].widget.attrs["autofocus"] = True


class PersonChoice(_UserChoice):
    """A person, shown by full name."""

    def label_from_instance(self, obj: Any) -> str:
        """Return the full name with the user name, since two may share a name."""
        return f"{display_name(obj)} ({obj.get_username()})"


class CaseForm(StyledForm):
    """Registration of a case, on one screen."""

    unit = forms.ModelChoiceField(label=_("Đơn vị thụ lý"), queryset=ProcuracyUnit.objects.none(), empty_label=None)
    code = forms.CharField(
        label=_("Mã vụ án"), required=False, max_length=40, help_text=_("Để trống: hệ thống cấp mã kế tiếp.")
    )
    name = forms.CharField(
        label=_("Tên vụ án"),
        max_length=250,
        widget=forms.TextInput(attrs={"placeholder": _("Nguyễn Văn A và đồng phạm – Trộm cắp tài sản")}),
    )
    init_decision_no = forms.CharField(
        label=_("Số quyết định khởi tố"), max_length=60, widget=forms.TextInput(attrs={"autofocus": True})
    )
    init_decision_date = DayField(label=_("Ngày quyết định khởi tố"))
    init_decision_agency = forms.CharField(label=_("Cơ quan ra quyết định"), max_length=200)
    charge_summary = forms.CharField(label=_("Tội danh"), max_length=250, required=False)
    stage = forms.ChoiceField(label=_("Giai đoạn"), choices=stage_choices, initial="dieu_tra")
    handled_at = DayField(label=_("Ngày thụ lý"), required=False, help_text=_("Để trống: hôm nay."))
    department = forms.ModelChoiceField(label=_("Phòng"), queryset=Department.objects.none(), required=False)
    crime_date = DayField(label=_("Ngày phạm tội"), required=False)
    crime_place = forms.CharField(label=_("Nơi phạm tội"), max_length=250, required=False)
    confidentiality = forms.ChoiceField(
        label=_("Độ nhạy cảm"), choices=CaseFile.Confidentiality.choices, initial=CaseFile.Confidentiality.NORMAL
    )
    note = forms.CharField(label=_("Ghi chú"), required=False, widget=forms.Textarea(attrs={"rows": 1}))
    digitise_myself = forms.BooleanField(
        label=_("Tôi số hóa và nộp tài liệu của vụ án này"), required=False, initial=True
    )
    form_token = forms.UUIDField(widget=forms.HiddenInput, required=False)
    # as they stand on the page, so that the first one wrong is the topmost
    field_order = ("init_decision_no", "init_decision_date", "init_decision_agency", "name", "charge_summary", "unit")

    def __init__(self, *args: Any, units: QuerySet[ProcuracyUnit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._choice("unit").queryset = units
        self._choice("department").queryset = Department.objects.filter(unit__in=units)

    def _choice(self, name: str) -> Any:
        return self.fields[name]


class AccusedForm(StyledForm):
    """One person prosecuted."""

    full_name = forms.CharField(label=_("Họ và tên"), max_length=150, required=False)
    birth_year = forms.IntegerField(
        label=_("Năm sinh"), required=False, min_value=1900, widget=forms.TextInput(attrs={"inputmode": "numeric"})
    )
    sex = forms.ChoiceField(label=_("Giới tính"), required=False, choices=[("", "—"), *Accused.Sex.choices])

    def clean(self) -> dict[str, Any]:
        """Refuse a row without a name: what else was entered in it would be lost without a word."""
        data: dict[str, Any] = super().clean() or {}
        if self.has_changed() and not (data.get("full_name") or "").strip() and "full_name" not in self.errors:
            self.add_error("full_name", _("Hãy nhập họ và tên, hoặc bỏ trống cả dòng."))
        return data

    def as_input(self) -> AccusedInput:
        """Return what was entered, for the action."""
        data = self.cleaned_data
        return AccusedInput(data.get("full_name") or "", data.get("birth_year"), data.get("sex") or "")


AccusedFormSet = formset_factory(AccusedForm, extra=2, max_num=200, absolute_max=200)


class TypeField(forms.CharField):
    """A document type, chosen from suggestions by code or name and typed freely."""

    def clean(self, value: Any) -> CatalogueType | None:
        """Return the type whose code stands before the dash, or whose name was typed in full."""
        text = super().clean(value).strip()
        if not text:
            return None
        code = text.split(" – ", 1)[0].strip()
        found = (
            CatalogueType.objects.filter(code__iexact=code).first()
            or CatalogueType.objects.filter(name__iexact=text).first()
        )
        if found is None:
            raise forms.ValidationError(_("Loại tài liệu không có trong danh mục: hãy chọn trong danh sách gợi ý."))
        return found


class DescriptionForm(StyledForm):
    """What is said of a document."""

    document_type = TypeField(
        label=_("Loại tài liệu"), widget=forms.TextInput(attrs={"list": "vks-types", "autocomplete": "off"})
    )
    title = forms.CharField(
        label=_("Tên tài liệu"), max_length=250, required=False, help_text=_("Để trống: lấy tên loại tài liệu.")
    )
    number = forms.CharField(label=_("Số"), max_length=60, required=False)
    date = DayField(label=_("Ngày"), required=False)
    folio_from = forms.IntegerField(
        label=_("BL từ"),
        required=False,
        max_value=LARGEST_FOLIO,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "size": 4}),
    )
    folio_to = forms.IntegerField(
        label=_("BL đến"),
        required=False,
        max_value=LARGEST_FOLIO,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "size": 4}),
    )


class UploadForm(DescriptionForm):
    """A file and what it is."""

    file = forms.FileField(
        label=_("Tệp PDF"),
        widget=forms.ClearableFileInput(attrs={"accept": "application/pdf,.pdf"}),
        allow_empty_file=True,
    )
    field_order = ("file", "document_type", "title", "number", "date", "folio_from", "folio_to")


class AssignForm(StyledForm):
    """Who works on a case."""

    user = PersonChoice(label=_("Người"), queryset=User.objects.none(), empty_label=_("Chọn…"))
    role = forms.ChoiceField(label=_("Vai trò"), choices=Assignment.Role.choices)
    ends_on = DayField(label=_("Đến hết ngày"), required=False)

    def __init__(self, *args: Any, people: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chooser: Any = self.fields["user"]
        chooser.queryset = people


class AppointForm(StyledForm):
    """Who holds which post."""

    user = PersonChoice(label=_("Người"), queryset=User.objects.none(), empty_label=_("Chọn…"))
    unit = forms.ModelChoiceField(label=_("Đơn vị"), queryset=ProcuracyUnit.objects.none(), empty_label=_("Chọn…"))
    # nobody becomes chief because a list was left as it stood
    role = forms.ChoiceField(label=_("Chức danh"), choices=[("", _("Chọn…")), *Role.choices])
    starts_on = DayField(label=_("Từ ngày"), required=False)
    ends_on = DayField(label=_("Đến hết ngày"), required=False)

    def __init__(self, *args: Any, units: QuerySet[ProcuracyUnit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chooser: Any = self.fields["unit"]
        chooser.queryset = units
        people: Any = self.fields["user"]
        people.queryset = (
            User.objects.filter(is_active=True)
            .exclude(username__in=NOBODY)
            .order_by("last_name", "first_name", "username")
        )
