"""Forms of lending; what they accept is checked again by the actions."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from vks_plugin.cases.models import PART_CHOICES
from vks_plugin.conf import configuration
from vks_plugin.custody.models import Loan
from vks_plugin.organization.models import Appointment
from vks_plugin.web.fields import AsWrittenField, DayField, StyledForm
from vks_plugin.web.forms import PersonChoice

_COUNT = {"inputmode": "numeric", "size": 5}


class VolumesField(forms.CharField):
    """Numbers of volumes, typed as `1, 2, 5` or `1-3`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            max_length=200,
            required=False,
            widget=forms.TextInput(attrs={"placeholder": "1, 2, 5", "autocomplete": "off"}),
            **options,
        )

    def clean(self, value: Any) -> list[int]:
        """Return the numbers; none: the whole file."""
        text = super().clean(value)
        found: list[int] = []
        for piece in re.split(r"[,;\s]+", text.strip()):
            if not piece:
                continue
            match = re.fullmatch(r"(\d{1,4})(?:[-–](\d{1,4}))?", piece)
            last = int(match[2] or match[1]) if match is not None else 0
            if match is None or last < int(match[1]):
                raise forms.ValidationError(gettext("Hãy ghi số tập dạng 1, 2, 5 hoặc 1-3."))
            found += range(int(match[1]), last + 1)
        return found


class LoanForm(StyledForm):
    """Which file is asked for, by whom and until when."""

    code = forms.CharField(
        label=_("Mã vụ án"), max_length=40, widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})
    )
    form = forms.ChoiceField(label=_("Mượn"), choices=Loan.Form.choices, initial=Loan.Form.PAPER)
    part = forms.ChoiceField(label=_("Phần hồ sơ"), choices=PART_CHOICES, initial="hsva")
    volumes = VolumesField(label=_("Tập số"), help_text=_("Để trống: toàn bộ."))
    until = DayField(label=_("Trả trước hết ngày"))
    purpose = forms.CharField(label=_("Mục đích"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))
    as_written = AsWrittenField()
    borrower = PersonChoice(
        label=_("Mượn thay cho"), queryset=User.objects.none(), required=False, empty_label=_("Chính tôi")
    )
    outside_name = forms.CharField(label=_("Hoặc người ngoài ngành"), max_length=150, required=False)
    outside_agency = forms.CharField(label=_("Cơ quan"), max_length=200, required=False)

    def __init__(self, *args: Any, for_others: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        days = configuration().loan_days
        self.fields["until"].help_text = gettext("Nhiều nhất %(days)d ngày.") % {"days": days}
        if not for_others:
            for name in ("borrower", "outside_name", "outside_agency"):
                del self.fields[name]
            return
        chooser: Any = self.fields["borrower"]
        posts = Appointment.objects.in_force(timezone.localdate())
        chooser.queryset = User.objects.filter(pk__in=posts.values("user_id"), is_active=True).order_by(
            "last_name", "first_name", "username"
        )


class IssueForm(StyledForm):
    """What is handed out."""

    volume_count = forms.IntegerField(label=_("Số tập"), widget=forms.TextInput(attrs=_COUNT))
    folio_count = forms.IntegerField(label=_("Số bút lục"), widget=forms.TextInput(attrs=_COUNT))
    condition = forms.CharField(
        label=_("Tình trạng"), max_length=500, required=False, help_text=_("Rách, mờ, thiếu tờ… nếu có.")
    )


class ReturnForm(StyledForm):
    """What came back."""

    volume_count = forms.IntegerField(label=_("Số tập trả"), widget=forms.TextInput(attrs=_COUNT))
    folio_count = forms.IntegerField(label=_("Số bút lục trả"), widget=forms.TextInput(attrs=_COUNT))
    missing_volumes = VolumesField(label=_("Tập còn thiếu"), help_text=_("Để trống nếu đủ."))
    note = forms.CharField(
        label=_("Ghi chú, chênh lệch"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )


class SettleForm(StyledForm):
    """What became of what was missing."""

    found = forms.TypedChoiceField(
        label=_("Phần thiếu"),
        choices=[("yes", _("Đã trả đủ")), ("no", _("Không tìm thấy, kết thúc"))],
        coerce=lambda value: value == "yes",
    )
    note = forms.CharField(label=_("Ghi rõ"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, may_write_off: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_write_off:
            chooser: Any = self.fields["found"]
            chooser.choices = chooser.choices[:1]


class RenewForm(StyledForm):
    """A longer term."""

    until = DayField(label=_("Hạn mới"))
    reason = forms.CharField(label=_("Lý do"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))


class DenialForm(StyledForm):
    """Why not."""

    reason = forms.CharField(label=_("Lý do"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))
