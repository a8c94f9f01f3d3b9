"""Forms of certified copies and extracts; what they accept is checked again by the actions."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from vks_plugin.custody.models import CertifiedCopy
from vks_plugin.web.fields import StyledForm

_COUNT = {"inputmode": "numeric", "size": 5}


class CopyForm(StyledForm):
    """Copies of which papers somebody is to get."""

    kind = forms.ChoiceField(label=_("Loại"), choices=CertifiedCopy.Kind.choices)
    content = forms.CharField(
        label=_("Bản sao, trích lục gì"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Tài liệu, bút lục nào. Không cấp từ hồ sơ kiểm sát."),
    )
    copies = forms.IntegerField(label=_("Số bản"), widget=forms.TextInput(attrs=_COUNT))
    pages = forms.IntegerField(label=_("Số trang mỗi bản"), widget=forms.TextInput(attrs=_COUNT))
    receiver_name = forms.CharField(label=_("Người nhận"), max_length=150)
    receiver_agency = forms.CharField(label=_("Cơ quan"), max_length=200, required=False)
    purpose = forms.CharField(label=_("Mục đích"), max_length=1000)


class CopyIssueForm(StyledForm):
    """What was made in the end."""

    copies = forms.IntegerField(label=_("Số bản"), widget=forms.TextInput(attrs=_COUNT))
    pages = forms.IntegerField(label=_("Số trang mỗi bản"), widget=forms.TextInput(attrs=_COUNT))
