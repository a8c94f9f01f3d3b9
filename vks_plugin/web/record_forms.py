"""Forms of the parts of a case's record, made from the parts themselves: a field added to a part is in its form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth.models import User
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from vks_plugin.access.queries import search_cases, visible_cases
from vks_plugin.cases import penal_code
from vks_plugin.cases.actions import ChargeInput, charge_values
from vks_plugin.cases.actions.registration import CODE, no_such_case, typed_code
from vks_plugin.cases.kinds import Kind
from vks_plugin.cases.models import Accused, CaseFile, CasePerson, Charge, PreventiveMeasure
from vks_plugin.cases.record import CHARGE, OF_DOCUMENTS, PARTS_OF_RECORD, Part, fingerprint, may_have_lines
from vks_plugin.errors import VksError
from vks_plugin.text import one_line
from vks_plugin.web.fields import (
    Birth,
    BirthField,
    DayField,
    HourField,
    RememberingForm,
    StyledForm,
    birth_values,
    suggesting,
)

if TYPE_CHECKING:
    _Chooser = forms.ModelChoiceField[models.Model]
else:
    # generic only for type checkers
    _Chooser = forms.ModelChoiceField

_SUGGESTED = {
    "nationality": "nationalities",
    "ethnicity": "ethnicities",
    "agency": "agencies",
    "decision_agency": "agencies",
    "init_decision_agency": "agencies",
    "investigation_agency": "agencies",
    "court": "courts",
}
"""Texts that are offered while one types, by field."""


@dataclass(frozen=True)
class Layout:
    """Which fields stand where in a form, with their width of twelve."""

    main: tuple[tuple[str, int], ...]
    more: tuple[tuple[str, int], ...] = ()
    """Those in the fold."""


_HUMAN_MORE: tuple[tuple[str, int], ...] = (
    ("id_number", 3),
    ("nationality", 3),
    ("ethnicity", 3),
    ("occupation", 3),
    ("is_legal_person", 3),
    ("registration_number", 3),
    ("legal_representative", 6),
)

LAYOUTS: dict[str, Layout] = {
    "accused": Layout(
        (("full_name", 4), ("birth", 2), ("birth_precision", 2), ("sex", 2), ("offence_date", 2), ("residence", 12)),
        (
            ("other_name", 3),
            ("alias", 3),
            *_HUMAN_MORE,
            ("id_issued_on", 3),
            ("id_issued_by", 3),
            ("religion", 3),
            ("education", 3),
            ("position_title", 3),
            ("party_member", 3),
            ("prior_convictions", 2),
            ("prior_sanctions", 2),
            ("recidivism", 2),
            ("init_decision_no", 3),
            ("init_decision_date", 3),
            ("approval_no", 3),
            ("approval_date", 3),
            ("sentence", 6),
            ("note", 6),
            ("position", 2),
        ),
    ),
    "person": Layout(
        (
            ("role", 3),
            ("full_name", 3),
            ("birth", 2),
            ("birth_precision", 2),
            ("sex", 2),
            ("residence", 6),
            ("contact", 3),
            ("accused", 3),
            ("is_minor", 3),
            ("is_anonymous", 3),
            ("is_protected", 3),
            ("is_sexual_offence_victim", 3),
        ),
        (*_HUMAN_MORE, ("note", 12)),
    ),
    "measure": Layout(
        (
            ("accused", 4),
            ("kind", 4),
            ("starts_on", 2),
            ("ends_on", 2),
            ("decision_no", 3),
            ("decision_date", 2),
            ("decision_agency", 4),
            ("facility", 3),
        ),
        (
            ("starts_at", 2),
            ("approval_no", 2),
            ("approval_date", 2),
            ("extends", 6),
            ("ended_on", 3),
            ("end_reason", 9),
        ),
    ),
    "exhibit": Layout(
        (
            ("name", 5),
            ("quantity", 2),
            ("location", 5),
            ("features", 12),
            ("accompanies_file", 4),
            ("folio", 2),
            ("handling", 6),
        ),
        (("seal_number", 3), ("sealed_on", 2), ("sealed_by", 4), ("position", 3), ("note", 12)),
    ),
    "withheld": Layout(
        (("level", 2), ("number", 4), ("dated", 2), ("kept_at", 4), ("folio_from", 2), ("folio_to", 2)),
    ),
    "relation": Layout(
        (
            ("relation", 4),
            ("other", 4),
            ("other_text", 4),
            ("decision_no", 3),
            ("decided_on", 3),
            ("note", 6),
        )
    ),
}


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def field_for(model: type[models.Model], name: str) -> forms.Field:
    """Return the form field of a model's field that needs nothing of a case."""
    source: Any = model._meta.get_field(name)
    label = _capital(str(source.verbose_name))
    required = not source.blank and not source.null
    field: forms.Field
    if isinstance(source, models.BooleanField):
        field = forms.BooleanField(label=label, required=False)
    elif source.choices:
        choices = [(value, words) for value, words in source.flatchoices if value]
        field = forms.ChoiceField(label=label, required=required, choices=[("", "—"), *choices])
    elif isinstance(source, models.DateField):
        field = DayField(label=label, required=required)
    elif isinstance(source, models.TimeField):
        field = HourField(label=label, required=required)
    elif isinstance(source, models.IntegerField):
        widget = forms.TextInput(attrs={"inputmode": "numeric"})
        field = forms.IntegerField(label=label, required=False, min_value=0, max_value=32000, widget=widget)
    else:
        text: forms.Widget = forms.Textarea(attrs={"rows": 2}) if may_have_lines(source) else forms.TextInput()
        field = forms.CharField(label=label, required=required, max_length=source.max_length, widget=text)
        if name in _SUGGESTED:
            suggesting(field, _SUGGESTED[name])
    return field


def human_fields(model: type[Accused | CasePerson], names: Iterable[str]) -> Iterator[tuple[str, forms.Field]]:
    """Yield the fields of somebody; day, year and precision of birth become one field and a choice beside it."""
    for name in names:
        if name == "birth_date":
            yield "birth", BirthField()
        elif name != "birth_year":
            field = field_for(model, name)
            if name == "birth_precision":
                # followed from what was typed unless chosen
                empty = [("", _("theo ngày đã nhập"))]
                field.choices = [*empty, *(choice for choice in field.choices if choice[0])]  # type: ignore[attr-defined]
            yield name, field


class AccusedChoice(_Chooser):
    """Somebody prosecuted in the case."""

    def label_from_instance(self, obj: Any) -> str:
        """Return the place in the indictment with the name, since two may share a name."""
        return f"{obj.position}. {obj.full_name}"


class MeasureChoice(_Chooser):
    """An order that another prolongs."""

    def label_from_instance(self, obj: Any) -> str:
        """Return whom it concerns, what it is and from when."""
        return f"{obj.accused.full_name}: {obj.get_kind_display()} {obj.starts_on:%d/%m/%Y} {obj.decision_no}".strip()


class CaseCodeField(forms.CharField):
    """Another case, by its code; only one the asker may know of."""

    def __init__(self, *, user: User, **options: Any) -> None:
        super().__init__(max_length=300, **options)
        self.user = user
        suggesting(self, "cases")

    def prepare_value(self, value: Any) -> Any:
        """Show a case as it is picked."""
        if isinstance(value, int):
            value = visible_cases(self.user).filter(pk=value).first()
        return str(value) if isinstance(value, CaseFile) else value

    def clean(self, value: Any) -> CaseFile | None:
        """Return the case whose code stands before the dash, or that alone has these words."""
        text = one_line(super().clean(value))
        if not text:
            return None
        cases = visible_cases(self.user)
        found = cases.filter(code__iexact=text.split(" – ", 1)[0].strip()).first()
        if found is None:
            several = list(search_cases(cases, text)[:2])
            found = several[0] if len(several) == 1 else None
        if found is None:
            # a name was typed where a code might stand
            code = typed_code(text)
            raise forms.ValidationError(
                no_such_case(code)
                if CODE.fullmatch(code)
                else _("Không có vụ án nào mang mã này trong phạm vi của bạn.")
            )
        return found


class SeenForm(RememberingForm):
    """A form of a row, which knows the state of the row its reader saw."""

    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    layout = Layout(())

    def _placed(self, rows: Iterable[tuple[str, int]]) -> list[tuple[forms.BoundField, str]]:
        return [(self[name], f"col-md-{width}") for name, width in rows if name in self.fields]

    @property
    def main(self) -> list[tuple[forms.BoundField, str]]:
        """The fields that always show, with their widths."""
        return self._placed(self.layout.main)

    @property
    def more(self) -> list[tuple[forms.BoundField, str]]:
        """The fields in the fold."""
        return self._placed(self.layout.more)

    @property
    def unfolded(self) -> bool:
        """Whether something in the fold is filled in or wrong."""
        return any(field.errors or field.value() not in {None, "", False, "khong"} for field, _width in self.more)


class EntryForm(SeenForm):
    """A row of a part of the record."""

    def __init__(
        self,
        *args: Any,
        part: Part,
        case: CaseFile,
        user: User,
        entry: Any = None,
        initial: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        self.part = part
        self.layout = LAYOUTS[part.name]
        given: dict[str, Any] = {}
        if entry is not None:
            given = {name: getattr(entry, entry._meta.get_field(name).attname) for name in part.fields}
            given["birth"] = Birth(
                given.get("birth_date"), given.get("birth_year"), given.get("birth_precision", "")
            ).typed
            given["seen"] = fingerprint(entry)
        super().__init__(*args, initial={**given, **(initial or {})}, **kwargs)
        model: Any = part.model
        names = human_fields(model, part.fields) if part.people else ((name, None) for name in part.fields)
        for name, field in names:
            self.fields[name] = self._of_the_case(name, case, user) or field or field_for(model, name)
        order = [name for name, _width in (*self.layout.main, *self.layout.more)]
        self.order_fields(order)
        if "position" in self.fields:
            self.fields["position"].required = False
        for field in self.fields.values():
            self.style(field)
        first = next(iter(order))
        self.fields[first].widget.attrs["autofocus"] = True
        self.remember()

    def _of_the_case(self, name: str, case: CaseFile, user: User) -> forms.Field | None:
        """Return a field whose choices are the case's own."""
        model: Any = self.part.model
        if name == "role":
            roles = [(value, gettext(label)) for value, label in case.kind_data.person_roles]
            return forms.ChoiceField(label=_("Tư cách tham gia tố tụng"), choices=[("", "—"), *roles])
        if name == "accused":
            source = model._meta.get_field(name)
            return AccusedChoice(
                label=_capital(str(source.verbose_name)),
                queryset=case.accused.all(),
                required=not source.null,
                empty_label="—",
            )
        if name == "extends":
            measures = PreventiveMeasure.objects.filter(case=case).select_related("accused")
            return MeasureChoice(label=_("Gia hạn của"), queryset=measures, required=False, empty_label="—")
        if name == "other":
            return CaseCodeField(label=_("Vụ kia"), user=user, required=False)
        return None

    def clean(self) -> dict[str, Any]:
        """Put day, year and precision of birth back in their places."""
        data: dict[str, Any] = super().clean() or {}
        return with_birth(self, data)

    def values(self) -> dict[str, Any]:
        """Return what was entered, by field of the record."""
        data = self.cleaned_data
        values = {name: data[name] for name in self.part.fields if name in data}
        if values.get("position", 0) is None:
            del values["position"]
        return values

    def refused(self, error: VksError) -> None:
        """Put a refusal's sentence at its field."""
        self.place(error, {"birth_date": "birth", "birth_year": "birth"})


def with_birth(form: StyledForm, data: dict[str, Any]) -> dict[str, Any]:
    """Replace what was typed of a birth by the fields it is stored in; what cannot be is marked at its field."""
    birth = data.pop("birth", None)
    if isinstance(birth, Birth):
        try:
            data |= birth_values(birth, data.get("birth_precision") or "")
        except forms.ValidationError as error:
            form.add_error("birth", error)
    return data


_VERSIONS = [("", _("theo ngày phạm tội"))]


class ChargeForm(SeenForm):
    """A charge, typed by number or words."""

    part = CHARGE
    layout = Layout(
        (("accused", 4), ("text", 8), ("basis", 3), ("charged_on", 3), ("decision_no", 3), ("note", 3)),
        (("code_version", 4), ("name", 6), ("crime_class", 2)),
    )

    text = forms.CharField(
        label=_("Tội danh"), max_length=300, help_text=_("Số điều, khoản (173.2) hoặc vài chữ trong tên (trom cap).")
    )
    basis = forms.ChoiceField(label=_("Theo"), choices=Charge.Basis.choices)
    charged_on = DayField(label=_("Từ ngày"), required=False, help_text=_("Để trống: hôm nay."))
    decision_no = forms.CharField(label=_("Số quyết định"), required=False, max_length=60)
    note = forms.CharField(label=_("Ghi chú"), required=False, max_length=250)
    code_version = forms.ChoiceField(label=_("Bộ luật"), required=False)
    name = forms.CharField(
        label=_("Tên tội danh"),
        required=False,
        max_length=250,
        help_text=_("Chỉ cần khi bộ luật không có bảng điều luật trong hệ thống."),
    )
    crime_class = forms.ChoiceField(
        label=_("Loại tội phạm"), required=False, choices=[("", "—"), *((each, each) for each in "ABCD")]
    )

    def __init__(
        self,
        *args: Any,
        case: CaseFile,
        entry: Charge | None = None,
        replacing: bool = False,
        initial: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        given: dict[str, Any] = {}
        if entry is not None:
            given = {name: getattr(entry, name) for name in ("decision_no", "note", "code_version", "crime_class")}
            given |= {"text": charge_text(entry), "basis": entry.basis, "seen": fingerprint(entry)}
            version = penal_code.version_of(entry.code_version)
            given["name"] = "" if version.has_articles else entry.name
            given["charged_on"] = entry.charged_on
            if replacing:
                given |= {"charged_on": None, "decision_no": "", "note": ""}
        super().__init__(*args, initial={**given, **(initial or {})}, **kwargs)
        self.fields["accused"] = AccusedChoice(
            label=_("Bị can"), queryset=case.accused.all(), required=False, empty_label=_("cả vụ án")
        )
        if entry is not None:
            del self.fields["accused"]
        day = (
            entry.accused.offence_day if entry is not None and entry.accused is not None else None
        ) or case.crime_date
        suggesting(self.fields["text"], "charges", **{"data-vks-strict": "", "data-vks-first": ""})
        if day is not None:
            self.fields["text"].widget.attrs["data-vks-query"] = f"on={day.isoformat()}"
        self.fields["text"].widget.attrs["autofocus"] = True
        versions: Any = self.fields["code_version"]
        versions.choices = [*_VERSIONS, *((each.id, each.name) for each in penal_code.versions())]
        for field in self.fields.values():
            self.style(field)
        self.remember()

    def charge(self) -> ChargeInput:
        """Return what was entered, for the action."""
        data = self.cleaned_data
        names = ("text", "name", "crime_class", "code_version", "basis", "decision_no", "charged_on", "note")
        return ChargeInput(**{name: data[name] for name in names})

    def values(self, charge: Charge) -> dict[str, Any]:
        """Return what was entered, as fields of a charge that was entered wrong.

        Raises:
            BadInput: no charge can be made out.
        """
        day = charge.accused.offence_day if charge.accused is not None else charge.case.crime_date
        return charge_values(self.charge(), offence_day=day, charged_on=charge.charged_on)

    def refused(self, error: VksError) -> None:
        """Put a refusal's sentence at its field."""
        self.place(error, {"charge": "text"})


def charge_text(charge: Charge) -> str:
    """Return a charge as one picks it."""
    place = f"Điều {charge.article}"
    if charge.clause:
        place += f" khoản {charge.clause}"
    if charge.points:
        place += f" điểm {charge.points}"
    return f"{place} – {charge.name}"


class RemovalForm(StyledForm):
    """Why a row is taken out."""

    reason = forms.CharField(
        label=_("Lý do bỏ"),
        max_length=500,
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
        error_messages={"required": _("Hãy ghi lý do bỏ dòng này.")},
    )


def editable_part(name: str, kind: Kind) -> Part | None:
    """Return the part of this name that is edited on the case page; None when there is none for this kind."""
    if name not in LAYOUTS and name != CHARGE.name:
        return None
    if name in {"accused", "charge", "measure"} and not kind.has_accused:
        return None
    return PARTS_OF_RECORD[name]


def told_of_meanwhile(form: RememberingForm, case: CaseFile, both: Mapping[str, str]) -> None:
    """Say on a form that somebody changed the record meanwhile, and at each field both changed, what it says now.

    Args:
        form: with what was typed and, elsewhere, what the record says now.
        case: the case.
        both: what the record says now of the fields that both changed.
    """
    # a paper described anew is no change of the record
    last = case.changes.exclude(subject__in=OF_DOCUMENTS.values()).first()
    tell_meanwhile(form, both, last.actor_name if last is not None else "")


def tell_meanwhile(form: RememberingForm, both: Mapping[str, str], name: str = "") -> None:
    """Say the same of whatever a form shows; an empty name where it is not known who it was."""
    form.add_error(
        None,
        gettext(
            "%(name)s vừa sửa vụ án này. Phần bạn nhập còn nguyên, phần người đó sửa đã có bên dưới; chỗ hai người "
            "cùng sửa thì có ghi chú. Hãy xem lại rồi bấm Lưu lần nữa."
        )
        % {"name": name or gettext("Người khác")},
    )
    for place, text in both.items():
        field = form.fields[place]
        if isinstance(field, forms.ChoiceField):
            choices: Any = field.choices
            chosen = text.split() if isinstance(field, forms.ModelMultipleChoiceField) else [text]
            text = ", ".join(str(label) for value, label in choices if str(value) in chosen) or text  # noqa: PLW2901 - in words
        # the field as it is shown has its own copy of these words
        form[place].help_text = gettext("Hồ sơ nay ghi: %(value)s") % {"value": text or gettext("(trống)")}
