"""Forms about folios, volumes and inventories; what they accept is checked again by the actions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from vks_plugin.cases.folios import LARGEST_FOLIO, FolioError, Label, parse_label, parse_pages
from vks_plugin.cases.models import CaseDocument, FolioProfile
from vks_plugin.language import spoken
from vks_plugin.web.fields import DayField, StyledForm

REPORT_TYPES = ("BCGT",)
"""Types of document that are reports of explanation."""

_SHORT = {"size": 6, "autocomplete": "off"}


class LabelField(forms.CharField):
    """A folio as it stands on the page."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=12, widget=forms.TextInput(attrs=dict(_SHORT)), **options)

    def clean(self, value: Any) -> Label | None:
        """Return the folio; none when nothing was typed."""
        text = super().clean(value)
        if not text:
            return None
        try:
            return parse_label(text)
        except FolioError as error:
            raise forms.ValidationError(spoken(error.message)) from error


class PagesField(forms.CharField):
    """Pages of a document, such as `1, 3-5`."""

    def __init__(self, **options: Any) -> None:
        self.page_count = LARGEST_FOLIO
        super().__init__(widget=forms.TextInput(attrs={"placeholder": "1, 3-5", "autocomplete": "off"}), **options)

    def clean(self, value: Any) -> frozenset[int]:
        """Return the pages."""
        try:
            return parse_pages(super().clean(value), self.page_count)
        except FolioError as error:
            raise forms.ValidationError(spoken(error.message)) from error


class _NumberField(forms.IntegerField):
    def __init__(self, **options: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "numeric", "size": 6, "autocomplete": "off"})
        super().__init__(min_value=1, max_value=LARGEST_FOLIO, widget=widget, **options)


def _text(**options: Any) -> forms.CharField:
    return forms.CharField(label=_("Giải trình"), max_length=1000, widget=forms.TextInput(), **options)


class ReportChoice(forms.ModelChoiceField):  # type: ignore[type-arg]  # generic only for type checkers
    """The report of explanation, where it lies in the file."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            queryset=CaseDocument.objects.none(),
            required=False,
            label=_("Báo cáo giải trình"),
            empty_label=_("không có trong hồ sơ"),
            **options,
        )

    def label_from_instance(self, obj: Any) -> str:
        """Return title and folios."""
        return " – ".join(part for part in (obj.title, obj.folio_label) if part)


class _OfDocumentForm(StyledForm):
    """Base of the forms about one document."""

    act = ""
    heading: Any = ""
    button: Any = ""

    def __init__(self, *args: Any, filed: CaseDocument, papers: QuerySet[CaseDocument], **kwargs: Any) -> None:
        # several forms stand on one page
        super().__init__(*args, auto_id=f"id_{self.act}_%s", **kwargs)
        for field in self.fields.values():
            if isinstance(field, PagesField) and filed.page_count:
                field.page_count = filed.page_count
        if "report" in self.fields:
            chooser: Any = self.fields["report"]
            chooser.queryset = papers.filter(document_type__code__in=REPORT_TYPES)
            if not chooser.queryset.exists():
                del self.fields["report"]

    def given(self) -> Mapping[str, Any]:
        """Return what was entered, for the action."""
        return self.cleaned_data


class StampForm(_OfDocumentForm):
    """Which pages bear a stamp without a number."""

    act = "stamp"
    heading = _("Đóng dấu bút lục, chưa đánh số")
    button = _("Ghi trang đã đóng dấu")

    pages = PagesField(label=_("Trang đã đóng dấu"), required=False, help_text=_("Để trống: bỏ các dấu đã ghi."))
    profile = forms.ModelChoiceField(
        label=_("Cách đóng dấu"), queryset=FolioProfile.objects.exclude(numbering="continue"), empty_label=None
    )


class PlaceForm(_OfDocumentForm):
    """Which pages show the folios."""

    act = "place"
    heading = _("Bút lục nằm ở trang nào")
    button = _("Ghi trang")

    pages = PagesField(
        label=_("Các trang mang bút lục, theo thứ tự"), help_text=_("Mỗi bút lục một trang; số bút lục không đổi.")
    )


class CorrectForm(_OfDocumentForm):
    """A correction with its explanation."""

    act = "correct"
    heading = _("Sửa bút lục ghi nhầm, có giải trình")
    button = _("Sửa, có giải trình")

    first = LabelField(label=_("Bút lục"))
    last = LabelField(label=_("đến"), required=False)
    right = LabelField(label=_("Số đúng"), required=False, help_text=_("Các bút lục sau trong khoảng theo cùng."))
    missing = forms.BooleanField(label=_("Thiếu giấy"), required=False)
    text = _text()
    report = ReportChoice()


class AddForm(_OfDocumentForm):
    """A folio with a suffix."""

    act = "add"
    heading = _("Thêm bút lục có hậu tố, như 125a")
    button = _("Thêm, có giải trình")

    label = LabelField(label=_("Bút lục"))
    page = _NumberField(label=_("Trang"), required=False)
    text = _text()
    report = ReportChoice()


class ExplainForm(_OfDocumentForm):
    """Why the document, or some of its pages, has no folio."""

    act = "explain"
    heading = _("Giải trình trang, tài liệu không có bút lục")
    button = _("Ghi giải trình")

    page_from = _NumberField(label=_("Từ trang"), required=False, help_text=_("Để trống: cả tài liệu."))
    page_to = _NumberField(label=_("đến trang"), required=False)
    text = _text()
    report = ReportChoice()


class NumberForm(StyledForm):
    """How what waits is to be numbered; the order stands in hidden fields that the buttons rewrite."""

    profile = forms.ModelChoiceField(
        label=_("Cách đánh số"), queryset=FolioProfile.objects.exclude(numbering="none"), empty_label=None
    )
    first = _NumberField(label=_("Bắt đầu từ số"), required=False)
    reason = forms.CharField(label=_("Lý do bỏ trống các số trước"), max_length=500, required=False)
    without_reason = forms.CharField(
        label=_("Lý do trang, tài liệu không đánh số"), max_length=500, required=False, initial=_("Trang trắng, bìa")
    )
    order = forms.CharField(widget=forms.HiddenInput, required=False)
    left = forms.CharField(widget=forms.HiddenInput, required=False)
    without = forms.CharField(widget=forms.HiddenInput, required=False)
    row = _NumberField(label=_("Tài liệu thứ"), required=False)
    to_row = _NumberField(label=_("chuyển lên thứ"), required=False)
    blank = forms.CharField(label=_("Trang không đánh số"), max_length=500, required=False)


class VolumeForm(StyledForm):
    """A volume."""

    title = forms.CharField(label=_("Tên tập"), max_length=200, required=False)
    folio_from = _NumberField(label=_("Bút lục từ"), required=False)
    folio_to = _NumberField(label=_("đến"), required=False)
    note = forms.CharField(label=_("Ghi chú"), max_length=250, required=False)
    reason = forms.CharField(
        label=_("Lý do"), max_length=500, required=False, help_text=_("Cần ghi khi bỏ tập."), widget=forms.TextInput()
    )


class MostForm(StyledForm):
    """How large a volume may be."""

    most = _NumberField(label=_("Số bút lục mỗi tập, nhiều nhất"))


class InventoryForm(StyledForm):
    """When an inventory is drawn up."""

    day = DayField(label=_("Ngày lập"), required=False, help_text=_("Để trống: hôm nay."))
