"""Forms of the pages; what they accept is checked again by the actions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from vks_plugin.cases.folios import LARGEST_FOLIO
from vks_plugin.cases.models import Assignment, CatalogueType
from vks_plugin.organization.models import Appointment, Department, ProcuracyUnit
from vks_plugin.organization.queries import display_name
from vks_plugin.organization.roles import Role
from vks_plugin.text import folded
from vks_plugin.web.fields import DayField, StyledForm

if TYPE_CHECKING:
    _UserChoice = forms.ModelChoiceField[User]
    _DepartmentChoice = forms.ModelChoiceField[Department]
else:
    # generic only for type checkers
    _UserChoice = _DepartmentChoice = forms.ModelChoiceField

NOBODY = ("AnonymousUser", "consumer")
"""Accounts the host keeps for itself; it leaves them out of its own list of people too."""


class PersonChoice(_UserChoice):
    """A person, shown by full name."""

    def label_from_instance(self, obj: Any) -> str:
        """Return the full name with the user name, since two may share a name."""
        return f"{display_name(obj)} ({obj.get_username()})"


class DepartmentChoice(_DepartmentChoice):
    """A department, shown with its office."""

    def label_from_instance(self, obj: Any) -> str:
        """Return code and name with the office, since every office has a first department."""
        return f"{obj} ({obj.unit.short_name})"


def _called(plain: str) -> CatalogueType | None:
    """Return the only type whose name folds to this."""
    found = [each for each in CatalogueType.objects.all() if folded(each.name) == plain]
    return found[0] if len(found) == 1 else None


class TypeField(forms.CharField):
    """A document type, chosen from suggestions by code or name and typed freely."""

    def clean(self, value: Any) -> CatalogueType | None:
        """Return the type whose code stands before the dash, or whose name was typed in full, with or without accents."""
        text = super().clean(value).strip()
        if not text:
            return None
        code = text.split(" – ", 1)[0].strip()
        found = (
            CatalogueType.objects.filter(code__iexact=code).first()
            or CatalogueType.objects.filter(name__iexact=text).first()
            or _called(folded(text))
        )
        if found is None:
            raise forms.ValidationError(_("Loại tài liệu không có trong danh mục: hãy chọn trong danh sách gợi ý."))
        return found


class DescriptionForm(StyledForm):
    """What is said of a document."""

    document_type = TypeField(
        label=_("Loại tài liệu"),
        # the browser's own list, which knows accents apart, is for where no script runs
        widget=forms.TextInput(attrs={"list": "vks-types", "data-vks-suggest": "types", "autocomplete": "off"}),
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


class CorrectionForm(DescriptionForm):
    """What is said of a document that is filed."""

    characteristics = forms.CharField(
        label=_("Đặc điểm"), max_length=250, required=False, help_text=_("Cột thứ ba của thống kê tài liệu.")
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
    """Who works on a case, in which role.

    Where people may not all get the same roles, they stand below those they may get; that they may is checked again by
    the action.
    """

    user = PersonChoice(label=_("Người"), queryset=User.objects.none(), empty_label=_("Chọn…"))
    role = forms.ChoiceField(label=_("Vai trò"))
    starts_on = DayField(label=_("Từ ngày"), required=False)
    ends_on = DayField(label=_("Đến hết ngày"), required=False)

    def __init__(self, *args: Any, giving: Mapping[str, QuerySet[User]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        roles: Any = self.fields["role"]
        roles.choices = [(value, label) for value, label in Assignment.Role.choices if value in giving]
        chooser: Any = self.fields["user"]
        roles_of: dict[User, list[str]] = {}
        for role, found in giving.items():
            for user in found:
                roles_of.setdefault(user, []).append(role)
        # nobody stands there twice
        alike: dict[tuple[str, ...], list[User]] = {}
        for user, given in roles_of.items():
            alike.setdefault(tuple(given), []).append(user)
        chooser.queryset = User.objects.filter(pk__in={user.pk for user in roles_of})
        if len(alike) > 1:
            labels = dict(Assignment.Role.choices)
            chooser.choices = [
                ("", chooser.empty_label),
                *(
                    (
                        ", ".join(str(labels[role]) for role in given),
                        [(user.pk, chooser.label_from_instance(user)) for user in those],
                    )
                    for given, those in alike.items()
                ),
            ]
        else:
            chooser.queryset = chooser.queryset.order_by("last_name", "first_name", "username")


class ExplainForm(StyledForm):
    """Whose access is to be explained."""

    user = PersonChoice(
        label=_("Vì sao / vì sao không"),
        queryset=User.objects.none(),
        empty_label=_("Chọn…"),
        to_field_name="username",
    )

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
    department = DepartmentChoice(
        label=_("Phòng"),
        queryset=Department.objects.none(),
        required=False,
        empty_label="",
        help_text=_("Bắt buộc với Trưởng phòng, Phó Trưởng phòng."),
    )
    capacity = forms.ChoiceField(
        label=_("Tư cách"),
        choices=Appointment.Capacity.choices,
        initial=Appointment.Capacity.REGULAR,
        required=False,
    )
    starts_on = DayField(label=_("Từ ngày"), required=False)
    ends_on = DayField(label=_("Đến hết ngày"), required=False)

    def __init__(self, *args: Any, units: QuerySet[ProcuracyUnit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chooser: Any = self.fields["unit"]
        chooser.queryset = units
        departments: Any = self.fields["department"]
        there = Department.objects.on(timezone.localdate())
        departments.queryset = there.filter(unit__in=units).select_related("unit")
        people: Any = self.fields["user"]
        people.queryset = (
            User.objects.filter(is_active=True)
            .exclude(username__in=NOBODY)
            .order_by("last_name", "first_name", "username")
        )

    def clean_capacity(self) -> str:
        """Return how the post is held; a form without a choice means the ordinary way."""
        return self.cleaned_data["capacity"] or Appointment.Capacity.REGULAR
