"""Forms of the archive: how long cases are kept, what holds one beyond that, and what is disposed of."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from vks_plugin.custody.models.retention import GROUND_CHOICES, LONGEST, TERM_CHOICES
from vks_plugin.web.fields import StyledForm


class RuleForm(StyledForm):
    """How long the cases of a row are kept, after which table, and why that is changed."""

    term = forms.ChoiceField(label=_("Thời hạn bảo quản"), choices=TERM_CHOICES)
    years = forms.IntegerField(
        label=_("Số năm"),
        required=False,
        min_value=1,
        max_value=LONGEST,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "size": 4}),
    )
    source = forms.CharField(
        label=_("Theo bảng thời hạn nào"),
        max_length=200,
        required=False,
        help_text=_("Số, ngày của văn bản đang có hiệu lực mà bạn đã đối chiếu."),
    )
    reason = forms.CharField(label=_("Lý do sửa"), max_length=500)


class HoldForm(StyledForm):
    """Why a case is kept back."""

    ground = forms.ChoiceField(label=_("Lý do giữ"), choices=[("", _("Chọn…")), *GROUND_CHOICES])
    reason = forms.CharField(label=_("Nêu rõ"), max_length=500)


class EndHoldForm(StyledForm):
    """Why a case is not kept back any more."""

    reason = forms.CharField(label=_("Lý do thôi giữ"), max_length=500)


class DisposalForm(StyledForm):
    """Why the files that were chosen are worth keeping no longer."""

    reason = forms.CharField(
        label=_("Thuyết minh"),
        max_length=1000,
        help_text=_("Vì sao hồ sơ hết giá trị; in trong danh mục và biên bản."),
    )


class ReasonForm(StyledForm):
    """Why a disposal is denied, or called off."""

    reason = forms.CharField(label=_("Lý do"), max_length=500)


class RecordForm(StyledForm):
    """The signed record."""

    file = forms.FileField(
        label=_("Biên bản đã ký (PDF)"),
        widget=forms.ClearableFileInput(attrs={"accept": "application/pdf,.pdf"}),
        allow_empty_file=True,
    )
