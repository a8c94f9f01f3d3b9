"""The form by which a bundle is asked for."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from vks_plugin.court.choosing import Wishes
from vks_plugin.court.models import Bundle
from vks_plugin.web.fields import StyledForm

CORNER_CHOICES = [
    ("", _("Giữa, dưới trang")),
    ("top_right", _("Góc trên bên phải")),
    ("top_left", _("Góc trên bên trái")),
    ("bottom_right", _("Góc dưới bên phải")),
    ("bottom_left", _("Góc dưới bên trái")),
]


class BundleForm(StyledForm):
    """Which papers, and in what form. Left empty, it asks for the whole case file."""

    preset = forms.ChoiceField(
        label=_("Mẫu tập"), choices=Bundle.Preset.choices, initial=Bundle.Preset.WHOLE, required=False
    )
    earlier = forms.UUIDField(
        label=_("Dựa vào tập đã lập"),
        required=False,
        widget=forms.Select,
        help_text=_("Chỉ cho “Tập lõi” và “Bổ sung vào tập đã lập”."),
    )
    folios = forms.CharField(
        label=_("Chỉ các bút lục"),
        required=False,
        max_length=500,
        widget=forms.TextInput(attrs={"placeholder": "1-20, 35"}),
        help_text=_("Để trống là cả hồ sơ."),
    )
    volume_pages = forms.IntegerField(label=_("Số trang mỗi tập, nhiều nhất"), required=False, min_value=1)
    volume_megabytes = forms.IntegerField(label=_("Dung lượng mỗi tập (MB), nhiều nhất"), required=False, min_value=1)
    corner = forms.ChoiceField(label=_("Vị trí bút lục"), choices=CORNER_CHOICES, required=False)
    agency = forms.BooleanField(label=_("Ghi cơ quan đóng dấu bút lục"), required=False)
    accept_gaps = forms.BooleanField(label=_("Vẫn lập khi thiếu bút lục"), required=False)

    def __init__(self, *args: Any, bundles: list[Bundle] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        finished = [each for each in bundles or () if each.status == Bundle.Status.DONE and each.layout]
        self.fields["earlier"].widget.choices = [
            ("", "–"),
            *((each.pk, f"{each.get_preset_display()} – {each.created_at:%d/%m/%Y %H:%M}") for each in finished),
        ]

    def clean_preset(self) -> str:
        """Return the preset: the whole case file when none is chosen."""
        return self.cleaned_data["preset"] or Bundle.Preset.WHOLE.value

    def wishes(self) -> Wishes:
        """Return what was asked for."""
        given = self.cleaned_data
        return Wishes(
            folios=given["folios"],
            volume_pages=given["volume_pages"] or 0,
            volume_megabytes=given["volume_megabytes"] or 0,
            corner=given["corner"],
            agency=given["agency"],
            accept_gaps=given["accept_gaps"],
        )
