"""The form by which a bundle is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isfinite
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from vks_plugin.court.choosing import BY_PROFILE, Wishes
from vks_plugin.court.models import Bundle, Redaction
from vks_plugin.court.private import ADDRESSES, NUMBERS
from vks_plugin.court.redaction import Mark
from vks_plugin.court.redaction_works import Choosable
from vks_plugin.court.words import Box
from vks_plugin.errors import BadInput
from vks_plugin.web.fields import StyledForm

CORNER_CHOICES = [
    ("", _("Giữa, dưới trang")),
    (BY_PROFILE, _("Theo cách đánh bút lục của hồ sơ")),
    ("top_right", _("Góc trên bên phải")),
    ("top_left", _("Góc trên bên trái")),
    ("bottom_right", _("Góc dưới bên phải")),
    ("bottom_left", _("Góc dưới bên trái")),
]


class BundleForm(StyledForm):
    """Which papers, and in what form. Left empty, it asks for the whole case file."""

    preset = forms.ChoiceField(
        label=_("Mẫu tập"),
        choices=Bundle.Preset.choices,
        initial=Bundle.Preset.WHOLE,
        required=False,
        help_text=_(
            "Bản cho bị can, người bào chữa: lập được từ khi kết thúc điều tra (TTLT 02/2018). Tài liệu có bí mật nghề nghiệp, kinh doanh, đời tư, gia đình thì người lập bỏ ra: phần mềm không nhận biết được."
        ),
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
    redacted = forms.BooleanField(label=_("Dùng bản đã che, nếu có"), required=False)
    accept_gaps = forms.BooleanField(label=_("Vẫn lập khi thiếu bút lục"), required=False)
    skip_equal = forms.BooleanField(label=_("Bỏ tài liệu trùng, giữ bản đứng trước"), required=False)

    def __init__(self, *args: Any, bundles: list[Bundle] | None = None, remark: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if remark:
            self.fields["preset"].help_text = f"{self.fields['preset'].help_text} {remark}"
        finished = [each for each in bundles or () if each.status == Bundle.Status.DONE and each.layout]
        self.fields["earlier"].widget.choices = [
            ("", "–"),
            *((each.pk, f"{each.get_preset_display()} – {each.created_at:%d/%m/%Y %H:%M}") for each in finished),
        ]

    def clean_preset(self) -> str:
        """Return the preset: the whole case file when none is chosen."""
        return self.cleaned_data["preset"] or Bundle.Preset.WHOLE.value

    def wishes(self, documents: Iterable[int] = ()) -> Wishes:
        """Return what was asked for; of these documents (ids in the host) alone, if any are named."""
        given = self.cleaned_data
        return Wishes(
            documents=tuple(sorted(documents)),
            folios=given["folios"],
            volume_pages=given["volume_pages"] or 0,
            volume_megabytes=given["volume_megabytes"] or 0,
            corner=given["corner"],
            agency=given["agency"],
            redacted=given["redacted"],
            accept_gaps=given["accept_gaps"],
            skip_equal=given["skip_equal"],
        )


_POINTS_OF_A_MILLIMETRE = 72 / 25.4
_MOST_MILLIMETRES = 2000


class RedactionForm(StyledForm):
    """What is to be taken out of a paper, and on what ground."""

    terms = forms.CharField(
        label=_("Chữ cần che, mỗi dòng một cụm"),
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "Không phân biệt dấu, chữ hoa. Tên, số căn cước, nơi ở của người phải giữ kín trong vụ án đã tự có."
        ),
    )
    rectangles = forms.CharField(
        label=_("Khung cần che, mỗi dòng một khung"),
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": _("ví dụ: 1 20 35 60 8")}),
        help_text=_("Trang, cách mép trái, cách mép trên, rộng, cao; tính bằng milimét."),
    )
    numbers = forms.BooleanField(
        label=_("Đề nghị cả số căn cước, điện thoại, tài khoản, địa chỉ"), required=False, initial=True
    )
    page = forms.IntegerField(label=_("Xem trang"), required=False, min_value=1)
    ground = forms.ChoiceField(label=_("Căn cứ che"), choices=[("", "–"), *Redaction.Ground.choices], required=False)
    reason = forms.CharField(label=_("Lý do che"), required=False, max_length=500)

    def lines(self) -> list[str]:
        """Return the terms."""
        return [line.strip() for line in self.cleaned_data["terms"].splitlines() if line.strip()]

    def frames(self) -> list[Mark]:
        """Return the rectangles.

        Raises:
            BadInput: a line is none.
        """
        return frames_in(self.cleaned_data["rectangles"])


def frames_in(text: str) -> list[Mark]:
    """Return rectangles as people type them: a line each, `page left top width height` in millimetres.

    Raises:
        BadInput: a line is none.
    """
    found = []
    for line in text.splitlines():
        if not line.strip():
            continue
        try:
            page, left, top, width, height = (float(word.replace(",", ".")) for word in line.split())
        except ValueError:
            page = left = top = width = height = -1.0
        sides = (left, top, width, height)
        if (
            not all(isfinite(each) for each in (page, *sides))
            or page < 1
            or page != int(page)
            or not all(0 <= side <= _MOST_MILLIMETRES for side in sides)
            or not width * height
        ):
            raise BadInput(
                str(_("Khung “%(line)s” không hợp lệ: hãy ghi năm số như 1 20 35 60 8.") % {"line": line.strip()[:40]}),
                field="rectangles",
            )
        edges = (side * _POINTS_OF_A_MILLIMETRE for side in (left, top, left + width, top + height))
        found.append(Mark(int(page), Box(*(round(edge, 1) for edge in edges)), "khung"))
    return found


class RedactionSearchForm(StyledForm):
    """Whom and what to look for in all papers of a case."""

    people = forms.MultipleChoiceField(
        label=_("Người cần che"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=(),
    )
    terms = forms.CharField(
        label=_("Chữ khác cần tìm, mỗi dòng một cụm"),
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "Tên gọi khác, số tài khoản, biển số xe… mà thông tin của vụ án không có. Tên, bí danh, số căn cước, nơi ở, điện thoại của người được chọn đã tự có."
        ),
    )
    usual = forms.BooleanField(label=_("Cả mọi người phải giữ kín trong vụ án"), required=False)
    numbers = forms.BooleanField(label=_("Đề nghị cả số căn cước, điện thoại, tài khoản của bất kỳ ai"), required=False)
    addresses = forms.BooleanField(label=_("Đề nghị cả địa chỉ của bất kỳ ai (không tự chọn sẵn)"), required=False)

    def __init__(self, *args: Any, people: Sequence[Choosable], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["people"].choices = [(each.key, f"{each.name} – {each.role}") for each in people]  # type: ignore[attr-defined]

    def asked(self) -> dict[str, Any]:
        """Return what is to be looked for, as `request_search` takes it."""
        given = self.cleaned_data
        return {
            "people": given["people"],
            "terms": [line.strip() for line in given["terms"].splitlines() if line.strip()],
            "patterns": [*(NUMBERS if given["numbers"] else ()), *([ADDRESSES] if given["addresses"] else ())],
            "usual": given["usual"],
        }


class RedactionGroundForm(StyledForm):
    """On what ground something is taken out."""

    ground = forms.ChoiceField(label=_("Căn cứ che"), choices=[("", "–"), *Redaction.Ground.choices], required=False)
    reason = forms.CharField(label=_("Lý do che"), required=False, max_length=500)
