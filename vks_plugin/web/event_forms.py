"""Forms by which events of the proceedings are chosen, recorded and withdrawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from vks_plugin.cases.models import Accused, CaseDocument, CaseFile
from vks_plugin.cases.proceedings import SENT, Event
from vks_plugin.errors import VksError
from vks_plugin.web.fields import DayField, HourField, StyledForm

if TYPE_CHECKING:
    from django.db.models import QuerySet

    _PersonChoice = forms.ModelChoiceField[Accused]
    _PaperChoice = forms.ModelChoiceField[CaseDocument]
else:
    # generic only for type checkers
    _PersonChoice = _PaperChoice = forms.ModelChoiceField


class _WhoChoice(_PersonChoice):
    """Somebody prosecuted in the case."""

    def label_from_instance(self, obj: Any) -> str:
        """Return the place in the indictment with the name, since two may share a name."""
        return f"{obj.position}. {obj.full_name}"


_UNITS = [("d", pgettext_lazy("length", "ngày")), ("m", pgettext_lazy("length", "tháng"))]


class ChoiceOfEvent(StyledForm):
    """Whom an event concerns, and which it is: only what may be recorded now is offered."""

    who = forms.ChoiceField(label=_("Đối với"), required=False)
    event = forms.ChoiceField(label=_("Việc"))

    def __init__(self, *args: Any, people: list[Accused], events: list[Event], address: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        who: Any = self.fields["who"]
        who.choices = [
            ("", gettext("Vụ án, hoặc chọn một người")),
            *((str(person.pk), f"{person.position}. {person.full_name}") for person in people),
        ]
        # another choice here changes what may be recorded
        who.widget.attrs |= {
            "hx-get": address,
            "hx-trigger": "change",
            "hx-target": "#vks-events-offered",
            "hx-select": "#vks-events-offered",
            "hx-swap": "outerHTML",
        }
        of_case = [(event.value, gettext(event.label)) for event in events if event.scope != "accused"]
        of_one = [(event.value, gettext(event.label)) for event in events if event.scope == "accused"]
        groups = [(gettext("Của vụ án"), of_case), (gettext("Của một người"), of_one)]
        chooser: Any = self.fields["event"]
        # nothing is recorded because it stood first in the list
        chooser.choices = [("", gettext("Chọn…")), *((name, rows) for name, rows in groups if rows)]


class EventForm(StyledForm):
    """An event; which fields there are follows from the table of events."""

    who = _WhoChoice(label=_("Đối với"), queryset=Accused.objects.none(), empty_label="—")
    happened_on = DayField(label=_("Ngày"))
    happened_at = HourField(label=_("Giờ"), required=False)
    number = forms.CharField(label=_("Số văn bản"), max_length=60, required=False)
    agency = forms.CharField(
        label=_("Cơ quan ban hành"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"data-vks-suggest": "agencies", "autocomplete": "off"}),
    )
    ground = forms.ChoiceField(label=_("Căn cứ"), required=False)
    length = forms.IntegerField(label=_("Thời gian"), required=False, min_value=1, max_value=999)
    unit = forms.ChoiceField(label=_("Tính theo"), required=False, choices=_UNITS)
    asked_on = DayField(label=_("Ngày đề nghị"), required=False)
    named_day = DayField(label=_("Ngày nêu trong quyết định"), required=False)
    signer_name = forms.CharField(label=_("Người ký"), max_length=150, required=False)
    signer_title = forms.CharField(label=_("Chức vụ người ký"), max_length=120, required=False)
    case_document = _PaperChoice(
        label=_("Văn bản trong hồ sơ"), queryset=CaseDocument.objects.none(), required=False, empty_label="—"
    )
    note = forms.CharField(label=_("Ghi chú"), max_length=500, required=False)
    override_reason = forms.CharField(
        label=_("Lý do vượt giới hạn"),
        max_length=500,
        required=False,
        help_text=_("Chỉ ghi khi hệ thống yêu cầu: vì sao vẫn ghi nhận việc vượt số lần hoặc thời gian luật cho."),
    )

    def __init__(
        self,
        *args: Any,
        event: Event,
        people: QuerySet[Accused] | None,
        papers: QuerySet[CaseDocument],
        grounds: list[tuple[str, str]],
        measure_amount: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.event = event
        needs = set(event.needs)
        if people is None:
            del self.fields["who"]
        else:
            # the address names nobody, and the event may be one of somebody
            self.fields["who"].queryset = people  # type: ignore[attr-defined]
            self.fields["who"].required = event.scope == "accused"
        next(iter(self.fields.values())).widget.attrs["autofocus"] = True
        self.fields["case_document"].queryset = papers  # type: ignore[attr-defined]
        if grounds:
            self.fields["ground"].choices = [("", "—"), *grounds]  # type: ignore[attr-defined]
            self.fields["ground"].required = "ground" in needs
        else:
            del self.fields["ground"]
        self.fields["number"].required = "number" in needs
        self.fields["happened_at"].required = "time" in needs
        if "amount" in needs or measure_amount:
            self.fields["length"].required = "amount" in needs
        else:
            del self.fields["length"], self.fields["unit"]
        if "amount" not in needs:
            del self.fields["asked_on"]
        if event.value not in {"qd_xet_xu", "hoan_phien_toa", "nhan_vu_nhap"}:
            del self.fields["named_day"]
        if not self.data.get("override_reason") and not (self.is_bound and event.soft):
            self.fields["override_reason"].widget.attrs["data-vks-rare"] = ""

    @property
    def main(self) -> list[tuple[Any, str]]:
        """Fields that are always shown, with their width."""
        wide = {"who": "col-md-4", "agency": "col-md-4", "ground": "col-md-8", "note": "col-md-8"}
        shown = (
            "who",
            "happened_on",
            "happened_at",
            "number",
            "agency",
            "ground",
            "length",
            "unit",
            "asked_on",
            "named_day",
        )
        names = [name for name in (*shown, "note") if name in self.fields]
        if "override_reason" in self.errors:
            names.append("override_reason")
        return [(self[name], wide.get(name, "col-md-2" if name != "override_reason" else "col-12")) for name in names]

    @property
    def more(self) -> list[tuple[Any, str]]:
        """Fields in the fold."""
        names = ["signer_name", "signer_title", "case_document"]
        if "override_reason" not in self.errors:
            names.append("override_reason")
        return [(self[name], "col-md-4" if name != "override_reason" else "col-12") for name in names]

    @property
    def unfolded(self) -> bool:
        """Whether the fold is open: something in it is wrong or was typed."""
        return any(field.errors or field.value() for field, _width in self.more)

    def values(self) -> dict[str, Any]:
        """Return the fields of the event."""
        data = dict(self.cleaned_data)
        data.pop("who", None)
        length, unit = data.pop("length", None), data.pop("unit", "d")
        data["amount"] = f"{length}{unit}" if length else ""
        return data

    def refused(self, error: VksError) -> None:
        """Put a refusal beside the field it is about."""
        self.place(error, {"amount": "length", "accused": "who"})


class WithdrawalForm(StyledForm):
    """Why an event is taken back."""

    reason = forms.CharField(
        label=_("Lý do rút"),
        max_length=500,
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
        error_messages={"required": _("Hãy ghi lý do rút sự kiện này.")},
    )


def grounds_of(event: Event, case: CaseFile) -> list[tuple[str, str]]:
    """Return the grounds an event may have: for papers sent, the duties that are open in this case."""
    if event.value != SENT:
        return [(value, gettext(label)) for value, label in event.grounds]
    from vks_plugin.web.limits import rule_label  # noqa: PLC0415 - it builds on queries this module does not need

    duties = case.deadlines.filter(is_duty=True).values_list("rule", flat=True)
    return [(rule, rule_label(rule)) for rule in dict.fromkeys(duties)]
