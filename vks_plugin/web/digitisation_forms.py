"""Forms about batches of digitisation; what they accept is checked again by the actions."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from vks_plugin.cases.folios import LARGEST_FOLIO
from vks_plugin.cases.models import PART_CHOICES, CaseDocument
from vks_plugin.custody.models import DigitisationBatch, QualityFinding
from vks_plugin.custody.states import DIGITISATION_STEPS
from vks_plugin.web.fields import DayField, StyledForm


def _number(label: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        required=False,
        min_value=1,
        max_value=LARGEST_FOLIO,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "size": 6, "autocomplete": "off"}),
    )


class OpenForm(StyledForm):
    """A batch to open."""

    part = forms.ChoiceField(label=_("Phần hồ sơ"), choices=PART_CHOICES)
    reason = forms.CharField(
        label=_("Lý do"), max_length=500, required=False, help_text=_("Bắt buộc khi phần hồ sơ này đã niêm phong.")
    )

    def __init__(self, *args: Any, parts: set[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chooser: Any = self.fields["part"]
        chooser.choices = [(value, label) for value, label in PART_CHOICES if value in parts]


class StepForm(StyledForm):
    """A step that was done."""

    step = forms.ChoiceField(label=_("Bước đã làm"))
    pages = _number(_("Số trang"))
    note = forms.CharField(label=_("Ghi chú"), max_length=500, required=False)

    def __init__(self, *args: Any, batch: DigitisationBatch, noted: Collection[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chooser: Any = self.fields["step"]
        chooser.choices = [(each.name, _(each.label)) for each in DIGITISATION_STEPS if batch.state in each.states]
        # the one that comes next, as the work goes on
        self.initial["step"] = next((value for value, _label in chooser.choices if value not in noted), None)


class FindingForm(StyledForm):
    """A fault that was found."""

    document = forms.ModelChoiceField(label=_("Tài liệu"), queryset=CaseDocument.objects.none(), empty_label=_("Chọn…"))
    page = _number(_("Trang"))
    kind = forms.ChoiceField(label=_("Lỗi"), choices=[("", _("Chọn…")), *QualityFinding.Kind.choices])
    note = forms.CharField(label=_("Ghi chú"), max_length=500, required=False)

    def __init__(self, *args: Any, papers: QuerySet[CaseDocument], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chooser: Any = self.fields["document"]
        chooser.queryset = papers


class SignedForm(StyledForm):
    """The file of a document that was signed elsewhere."""

    file = forms.FileField(
        label=_("Tệp PDF đã ký số"),
        allow_empty_file=True,
        widget=forms.ClearableFileInput(attrs={"accept": "application/pdf"}),
    )
    reason = forms.CharField(
        label=_("Lý do"),
        max_length=500,
        required=False,
        help_text=_("Bắt buộc khi phần mềm ký ghi lại cả tệp thay vì chỉ thêm chữ ký."),
    )


class PagesForm(StyledForm):
    """What is to become of pages, beside what each of them says of itself."""

    scan = forms.FileField(
        label=_("Tệp PDF thay vào"),
        required=False,
        # an empty one is refused with a sentence that says what to do
        allow_empty_file=True,
        help_text=_("Bản quét có các trang thay vào hoặc trang còn thiếu."),
        widget=forms.ClearableFileInput(attrs={"accept": "application/pdf"}),
    )
    whole = forms.BooleanField(label=_("Thay toàn bộ tài liệu bằng tệp này"), required=False)
    added = forms.CharField(
        label=_("Thêm các trang của tệp này"), required=False, max_length=200, help_text=_("Ví dụ 2, 4-5.")
    )
    after = forms.IntegerField(
        label=_("Sau trang"),
        required=False,
        min_value=0,
        max_value=LARGEST_FOLIO,
        help_text=_("0: lên đầu; bỏ trống: xuống cuối."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "size": 6, "autocomplete": "off"}),
    )
    numbers = forms.ChoiceField(
        label=_("Số bút lục khi đổi thứ tự"),
        choices=[("page", _("Đi theo trang")), ("place", _("Giữ nguyên chỗ"))],
        required=False,
        help_text=_("Giữ nguyên chỗ: quét sai thứ tự, còn số đóng trên giấy đúng theo thứ tự mới."),
    )
    reason = forms.CharField(
        label=_("Lý do"), max_length=500, required=False, help_text=_("Bắt buộc khi bỏ, thay hoặc thêm trang.")
    )


class SplitForm(StyledForm):
    """Where a document is split, and what its second half is."""

    after = forms.IntegerField(
        label=_("Tách sau trang"),
        min_value=1,
        max_value=LARGEST_FOLIO,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "size": 6, "autocomplete": "off"}),
    )
    title = forms.CharField(label=_("Tên tài liệu tách ra"), max_length=250)
    number = forms.CharField(label=_("Số"), max_length=60, required=False)
    date = DayField(label=_("Ngày"), required=False)
    reason = forms.CharField(label=_("Lý do"), max_length=500, required=False)


class MergeForm(StyledForm):
    """The document whose pages are put behind those of another one."""

    other = forms.ModelChoiceField(
        label=_("Tài liệu ghép vào sau"), queryset=CaseDocument.objects.none(), empty_label=_("Chọn…")
    )
    reason = forms.CharField(label=_("Lý do"), max_length=500, required=False)

    def __init__(self, *args: Any, others: QuerySet[CaseDocument], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chooser: Any = self.fields["other"]
        chooser.queryset = others


class ReasonForm(StyledForm):
    """Why something is done."""

    reason = forms.CharField(label=_("Lý do"), max_length=500, required=False)
