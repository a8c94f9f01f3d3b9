"""What the forms of the pages are made of: days, births, what is picked from a list, and how errors stand in them."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from django import forms
from django.forms.widgets import ChoiceWidget
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from vks_plugin.cases.persons import BirthPrecision
from vks_plugin.errors import VksError
from vks_plugin.text import folded, one_line

FIRST_YEAR = 1900
"""No day of a case lies before it."""
DATE_FORMATS = ["%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y-%m-%d"]
_WRITTEN = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2\d{4}", re.ASCII)


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

    def to_python(self, value: Any) -> dt.date | None:
        """Return the day; one that is written as days are and that no month has is told as such."""
        try:
            return super().to_python(value)
        except forms.ValidationError:
            _refuse_no_day(value)
            raise

    def validate(self, value: Any) -> None:
        """Refuse a year that is a slip of the finger, where it was typed: `10/11/0025`."""
        super().validate(value)
        if value is not None and value.year < FIRST_YEAR:
            raise forms.ValidationError(
                gettext("Ngày này trước năm %(year)d: hãy kiểm tra lại.") % {"year": FIRST_YEAR}
            )


def _refuse_no_day(typed: Any) -> None:
    """Refuse the 31st of a month of thirty days by saying so: how it is written is not what is wrong."""
    text = one_line(str(typed))
    found = _WRITTEN.fullmatch(text)
    if found is not None and 1 <= int(found[1]) <= 31 and 1 <= int(found[3]) <= 12:
        raise forms.ValidationError(gettext("Không có ngày %(day)s: hãy kiểm tra lại.") % {"day": text})


class HourField(forms.TimeField):
    """An hour of the day, typed as 14:30 or 14h30."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            input_formats=["%H:%M", "%Hh%M", "%Hh"],
            widget=forms.TimeInput(
                format="%H:%M", attrs={"placeholder": "14:30", "autocomplete": "off", "type": "text"}
            ),
            error_messages={"invalid": _("Hãy nhập giờ dạng 14:30.")},
            **options,
        )


class AsWrittenField(forms.BooleanField):
    """Whether the paper in hand has a code as it was typed, asked once its form was doubted."""

    def __init__(self) -> None:
        super().__init__(label=_("Mã ghi đúng như vậy trên giấy"), required=False)


@dataclass(frozen=True)
class Birth:
    """What is known of somebody's birth, as it is stored."""

    date: dt.date | None = None
    year: int | None = None
    precision: str = ""

    @property
    def typed(self) -> str:
        """What one types to say it again."""
        if self.date is None:
            return str(self.year) if self.year else ""
        if self.precision not in {"", BirthPrecision.DAY} and self.date.day == 1:
            return f"{self.date:%m/%Y}"
        return f"{self.date:%d/%m/%Y}"


_MONTH = re.compile(r"(\d{1,2})[/.-](\d{4})")


class BirthField(forms.CharField):
    """A day, a month or a year of birth; how much of it is known follows from what was typed."""

    def __init__(self, **options: Any) -> None:
        widget = forms.TextInput(attrs={"placeholder": _("dd/mm/yyyy hoặc năm"), "autocomplete": "off"})
        super().__init__(label=_("Ngày sinh hoặc năm sinh"), max_length=20, required=False, widget=widget, **options)

    def clean(self, value: Any) -> Birth:
        """Return what is known."""
        birth = self._read(one_line(super().clean(value)))
        today = timezone.localdate()
        if birth.date is not None and birth.date > today:
            raise forms.ValidationError(_("Ngày sinh nằm trong tương lai: hãy kiểm tra lại."))
        if birth.year is not None and not FIRST_YEAR <= birth.year <= today.year:
            raise forms.ValidationError(
                gettext("Không thể sinh năm %(year)d: hãy kiểm tra lại.") % {"year": birth.year}
            )
        return birth

    @staticmethod
    def _read(text: str) -> Birth:
        if not text:
            return Birth()
        if re.fullmatch(r"\d{4}", text):
            return Birth(None, int(text), BirthPrecision.YEAR)
        month = _MONTH.fullmatch(text)
        if month is not None and 1 <= int(month[1]) <= 12:
            return Birth(dt.date(int(month[2]), int(month[1]), 1), int(month[2]), BirthPrecision.MONTH)
        for layout in DATE_FORMATS:
            try:
                day = dt.datetime.strptime(text, layout).date()  # noqa: DTZ007 - a day of birth has no time zone
            except ValueError:
                continue
            return Birth(day, day.year, BirthPrecision.DAY)
        _refuse_no_day(text)
        raise forms.ValidationError(_("Hãy nhập dạng 15/03/1990, 03/1990 hoặc chỉ năm 1990."))


def birth_values(birth: Birth, chosen: str) -> dict[str, Any]:
    """Return the fields of a person for what was typed and the precision chosen beside it, if any.

    Raises:
        forms.ValidationError: a year alone cannot be known to the month, the quarter or the half-year.
    """
    if chosen and birth.date is None and chosen != BirthPrecision.YEAR:
        raise forms.ValidationError(
            _("Hãy nhập cả tháng (ví dụ 03/1990): khoảng đã biết được tính từ đó; hoặc chọn “Chỉ biết năm”.")
        )
    precision = chosen or birth.precision
    return {"birth_date": birth.date, "birth_year": birth.year, "birth_precision": precision}


class Choice(NamedTuple):
    """Something that can be picked, and what one may type to pick it."""

    value: Any
    label: str
    also: tuple[str, ...] = ()


class PickedField(forms.CharField):
    """One of a list, typed: its label, another name of it, or words that only one of the list has.

    The script offers the list while one types; without it the field is a plain text field that takes the same words.
    """

    def __init__(self, *, what: str, **options: Any) -> None:
        options.setdefault("max_length", 300)
        super().__init__(**options)
        self.what = what
        self.choices: Callable[[], Iterable[Choice]] = tuple
        self.widget.attrs.update({"data-vks-suggest": what, "data-vks-strict": "", "autocomplete": "off"})

    def clean(self, value: Any) -> Any:
        """Return what was picked; None when nothing was typed."""
        text = one_line(super().clean(value))
        if not text:
            return None
        rows = list(self.choices())
        typed = folded(text)
        for found in (
            [row for row in rows if typed in {folded(name) for name in (row.label, *row.also)}],
            [row for row in rows if all(word in folded(f"{row.label} {' '.join(row.also)}") for word in typed.split())],
        ):
            if len(found) == 1:
                return found[0].value
            if found:
                raise forms.ValidationError(
                    gettext("Có %(count)d mục khớp “%(text)s”: hãy chọn một mục trong gợi ý.")
                    % {"count": len(found), "text": text[:80]}
                )
        raise forms.ValidationError(
            gettext("Không có “%(text)s” trong danh sách: hãy chọn trong gợi ý.") % {"text": text[:80]}
        )


class SeveralInputs(forms.Widget):
    """As many text inputs of one name as there are values, and one more to go on in."""

    template_name = "vks/several.html"
    least = 2

    def __init__(self, attrs: dict[str, Any] | None = None, *, words: Any = "") -> None:
        super().__init__(attrs)
        self.words = words

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        """Return every value sent under the name."""
        found = data.getlist(name) if hasattr(data, "getlist") else data.get(name, [])
        return [found] if isinstance(found, str) else list(found)

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """Tell whether none was sent."""
        return name not in data

    def id_for_label(self, id_: str) -> str:
        """Return the first input's."""
        return f"{id_}_0" if id_ else id_

    def format_value(self, value: Any) -> Any:
        """Return the values as they were typed."""
        return [str(each) for each in value or [] if each]

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Return the inputs."""
        context = super().get_context(name, value, attrs)
        typed = self.format_value(value)
        empty = max(1, self.least - len(typed))
        base = context["widget"]["attrs"]
        identity = base.pop("id", "")
        # whoever is to correct something is led to one place
        focused = base.pop("autofocus", False)
        context["widget"]["words"] = self.words
        context["widget"]["inputs"] = [
            {"value": each, "id": f"{identity}_{number}", "focused": bool(focused) and number == 0}
            for number, each in enumerate([*typed, *[""] * empty])
        ]
        return context


class SeveralField(forms.Field):
    """Several texts under one name; empty ones are left out."""

    widget = SeveralInputs

    def clean(self, value: Any) -> list[str]:
        """Return what was typed, on one line each."""
        texts = [one_line(str(each))[:300] for each in value or []]
        return [each for each in texts if each]

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Tell whether anything was typed."""
        return [each for each in data or [] if each] != [each for each in initial or [] if each]


def suggesting(field: forms.Field, what: str, **also: str) -> forms.Field:
    """Let the script offer what has been entered before or is in a list; anything else may be typed all the same."""
    field.widget.attrs.update({"data-vks-suggest": what, "autocomplete": "off", **also})
    return field


class StyledForm(forms.Form):
    """A form whose fields look like the host's."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            self.style(field)

    @staticmethod
    def style(field: forms.Field) -> None:
        """Give a field the look of its kind."""
        if isinstance(field.widget, forms.CheckboxInput | forms.CheckboxSelectMultiple):
            kind = "form-check-input"
        elif isinstance(field.widget, forms.Select):
            kind = "form-select form-select-sm"
        else:
            kind = "form-control form-control-sm"
        field.widget.attrs.setdefault("class", kind)
        if isinstance(field, forms.IntegerField):
            # Django's own Vietnamese sentences are hardly Vietnamese
            field.error_messages |= {
                "invalid": _("Hãy nhập số nguyên."),
                "min_value": _("Hãy nhập số từ %(limit_value)s trở lên."),
                "max_value": _("Hãy nhập số không quá %(limit_value)s."),
            }

    def add_error(self, field: str | None, error: Any) -> None:
        """Keep the sentence, and mark the field it stands at.

        Not asked for in `__init__`: there the choices of a form are not set yet, and every choice would be refused.
        """
        super().add_error(field, error)
        if field is not None and field in self.fields:
            attributes = self.fields[field].widget.attrs
            attributes["aria-describedby"] = f"{self[field].auto_id}_error"
            attributes["aria-invalid"] = "true"
            if "is-invalid" not in attributes.get("class", ""):
                attributes["class"] = f"{attributes.get('class', '')} is-invalid"
        # whoever works by keyboard or screen reader is taken to what needs correcting first
        wrong = next((name for name in self.fields if name in self.errors), None)
        if wrong is not None:
            for each in self.fields.values():
                each.widget.attrs.pop("autofocus", None)
            self.fields[wrong].widget.attrs["autofocus"] = True

    def place(self, error: VksError, elsewhere: Mapping[str, str] | None = None) -> None:
        """Put the sentence of a refusal at the field it belongs to.

        Args:
            error: the refusal.
            elsewhere: names of fields in the record, and where they stand in this form.
        """
        field = (elsewhere or {}).get(error.field or "", error.field)
        self.add_error(field if field in self.fields else None, error.message)


class RememberingForm(StyledForm):
    """A form that carries what its reader saw, so that what somebody else changed meanwhile is not written over."""

    read = forms.CharField(required=False, widget=forms.HiddenInput)

    def remember(self) -> None:
        """Note what the form shows; called when every field is there."""
        self.initial["read"] = json.dumps(self.as_typed(), ensure_ascii=False)

    def as_typed(self) -> dict[str, str]:
        """Return what a browser sends back for every field nobody touches."""
        return {name: _as_typed(self[name]) for name in self.fields if name != "read"}

    def reconciled(self, posted: QueryDict) -> tuple[QueryDict, dict[str, str]]:
        """Return what was sent, with what others changed meanwhile where the sender changed nothing.

        Called on a form that shows the record as it is now. What both changed stays as it was sent, and is
        returned with what the record says now.

        Args:
            posted: what was sent, of a form that was read before.
        """
        try:
            loaded = json.loads(posted.get("read", ""))
        except ValueError:
            loaded = None
        read: dict[str, Any] = loaded if isinstance(loaded, dict) else {}
        data = posted.copy()
        both: dict[str, str] = {}
        now = self.as_typed()
        for name, text in now.items():
            several = _takes_several(self.fields[name].widget)
            sent = _of_several(posted.getlist(name)) if several else posted.get(name, "")
            if self.fields[name].widget.is_hidden:
                # which state was read: from here on, this one
                data[name] = text
            elif name in read and _same(sent, str(read[name])):
                if several:
                    data.setlist(name, text.split())
                elif text:
                    data[name] = text
                else:
                    data.pop(name, None)
            elif not _same(str(read.get(name, "")), text) and not _same(sent, text):
                both[name] = text
        data["read"] = json.dumps(now, ensure_ascii=False)
        return data, both


def _same(one: str, other: str) -> bool:
    return one.split() == other.split()


def _takes_several(widget: forms.Widget) -> bool:
    return isinstance(widget, ChoiceWidget) and widget.allow_multiple_selected


def _of_several(values: Iterable[Any]) -> str:
    return " ".join(sorted(str(each) for each in values))


def _as_typed(field: forms.BoundField) -> str:
    value = field.field.prepare_value(field.initial)
    widget = field.field.widget
    if _takes_several(widget):
        return _of_several(value or ())
    if isinstance(widget, forms.CheckboxInput):
        return "on" if value else ""
    if isinstance(widget, forms.Select):
        return "" if value is None else str(value)
    return str(widget.format_value(value) or "")
