"""Serializers of a case and of the rows of its record, read from the models.

Fields are typed as their columns are; what a value may be beyond that is checked where it is written, so that pages,
API and lists refuse with the same sentence. Columns with choices are texts here: an enumeration of ours could make the
host's schema name its own anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from django.contrib.auth.models import User
from django.db import models
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from vks_plugin.access.queries import FACTS, visible_cases
from vks_plugin.cases.actions.registration import no_such_case, typed_code
from vks_plugin.cases.models import CaseFile
from vks_plugin.language import spoken
from vks_plugin.organization.models import Department
from vks_plugin.rest import LARGEST_NUMBER, ComposedField, InputSerializer, PersonSerializer, printable

HELP: dict[str, str] = {
    "casefile.name": "As it is called in the papers.",
    "init_decision_no": "Number of the decision that opened the case, or prosecutes the accused; other kinds: see `number_label` of the kind.",
    "init_decision_date": "Its day.",
    "init_decision_agency": "Who issued it. Number, day and agency identify a case in the whole province.",
    "national_case_code": "Code of the national electronic dossier; unique.",
    "crime_date": "Day of the offence.",
    "crime_place": "Place of the offence.",
    "charge_summary": "The charges in a line, as lists show them.",
    "handled_at": "The day the office took the case.",
    "investigation_agency": "The investigating agency.",
    "investigator": "Its investigator.",
    "court": "The court.",
    "judge": "Its judge.",
    "evidence_summary": "The evidence in a few lines.",
    "confidentiality": "State secrets are not stored here.",
    "note": "A remark.",
    "is_key_case": "A key case (an diem).",
    "is_simplified": "Simplified procedure.",
    "is_learning_trial": "A trial others are to learn from.",
    "is_provincial_watch": "Watched by the centre or the province.",
    "is_corruption": "Corruption.",
    "has_legal_person": "A legal person is accused; set by what is entered of the accused and never taken away by it.",
    "involves_minor_accused": "An accused was under 18; set by what is entered and never taken away by it.",
    "involves_minor_victim": "A victim is under 18; set by what is entered and never taken away by it.",
    "is_sexual_abuse_minor": "Sexual abuse of somebody under 18.",
    "is_closed_trial": "Closed trial.",
    "is_mobile_trial": "Mobile trial.",
    "is_online_trial": "Online trial.",
    "is_trial_in_absentia": "Trial in absentia.",
    "is_complex": "A complex case; some limits are longer for it.",
    "is_national_security": "An offence against national security.",
    "is_special_agency": "Opened by an agency charged with some investigation only (Criminal Procedure Code, 164).",
    "is_flagrant": "Caught in the act, with clear evidence and identity (Criminal Procedure Code, 164).",
    "full_name": "Family name first, given name last; the name of a legal person.",
    "birth_date": "Any day within what is known, see `birth_precision`.",
    "birth_precision": "How much of `birth_date` is known.",
    "birth_year": "Taken from `birth_date` where there is one.",
    "id_number": "Number of the identity card.",
    "nationality": "Nationality.",
    "ethnicity": "Ethnic group.",
    "residence": "Where the person lives.",
    "occupation": "Occupation.",
    "is_legal_person": "Whether it is a legal person.",
    "registration_number": "Of a legal person.",
    "legal_representative": "Of a legal person.",
    "position": "Place in the order; the last when left out.",
    "other_name": "Another name.",
    "alias": "An alias.",
    "id_issued_on": "Day the identity card was issued.",
    "id_issued_by": "Who issued it.",
    "religion": "Religion.",
    "party_member": "Member of the Party.",
    "position_title": "Position held.",
    "education": "Education.",
    "prior_convictions": "Number of earlier convictions; null: not known.",
    "prior_sanctions": "Number of earlier sanctions; null: not known.",
    "recidivism": "Whether the accused is a recidivist.",
    "offence_date": "Day of this person's act where it is not that of the case.",
    "approval_no": "Number of the procuracy's approval.",
    "approval_date": "Its day.",
    "sentence": "The sentence.",
    "role": "One of the roles of the kind of case.",
    "contact": "How to reach the person.",
    "is_minor": "Under 18.",
    "is_anonymous": "Not named when the case is presented.",
    "is_protected": "Protected (BLTTHS, Article 484).",
    "is_sexual_offence_victim": "Victim of a sexual offence.",
    "charge.name": "Name of the offence; needed where the code of the day has no table here.",
    "code_version": "Id of the version of the penal code.",
    "article": "Article of the penal code.",
    "clause": "Clause of the article.",
    "points": "Points of the clause, such as `a, b`.",
    "crime_class": "`A`, `B`, `C`, `D` or empty; read from the code where it has the clause.",
    "basis": "Which paper charges so.",
    "decision_no": "Number of the decision.",
    "charged_on": "First day the charge holds.",
    "ended_on": "Last day, when it has ended.",
    "kind": "Which measure.",
    "starts_on": "First day.",
    "starts_at": "The hour, where it matters.",
    "ends_on": "Last day the order names.",
    "decision_date": "Day of the decision.",
    "decision_agency": "Who issued it.",
    "facility": "Where the person is held.",
    "extends": "Id of the measure this one prolongs.",
    "end_reason": "Why it ended.",
    "exhibit.name": "What it is.",
    "quantity": "How many or how much.",
    "features": "What it looks like.",
    "seal_number": "Number of the seal.",
    "sealed_on": "Day it was sealed.",
    "sealed_by": "Who sealed it.",
    "location": "Where it is.",
    "accompanies_file": "Goes with the case file and is numbered among its folios.",
    "folio": "Its folio, where it has one.",
    "handling": "What became of it.",
    "withheld.level": "Level of the state secret, as it stands on the paper.",
    "withheld.number": "Number of the paper.",
    "dated": "Day of the paper.",
    "kept_at": "Who keeps the paper, and where.",
    "withheld.folio_from": "First folio of the paper, where it is numbered with the file.",
    "withheld.folio_to": "Last folio of the paper.",
    "relation": "How the cases hang together.",
    "other_text": "The other case, where it is not in this system.",
    "decided_on": "Day of the decision.",
    "number": "Number of the volume, from 1.",
    "title": "Its title.",
    "folio_from": "First folio.",
    "folio_to": "Last folio.",
}
"""What a field is, for the schema, under its name or, where another model has the same, `model.name`.

Choices are told besides.
"""


def explained(field: models.Field[Any, Any]) -> str:
    """Return what a column is, for the schema."""
    told = HELP.get(f"{field.model._meta.model_name}.{field.name}", HELP.get(field.name, ""))
    choices = [f"`{value}`" for value, _label in field.flatchoices if value != ""] if field.choices else []
    if choices:
        told = f"{told} One of {', '.join(choices)}{', or empty' if field.blank else ''}.".strip()
    return told


class SpokenField(serializers.CharField):
    """A sentence or label of a pure module, told in the language of the request."""

    def to_representation(self, value: Any) -> str:
        """Return it in that language."""
        return spoken(value)


class ValueSerializer(serializers.Serializer[Any]):
    """A value and what it is called."""

    value = serializers.CharField()
    label = SpokenField(help_text="In the language of the request.")  # type: ignore[assignment]  # so named in the answer

    def to_representation(self, row: Any) -> dict[str, Any]:
        """Return what stands first in a row of a table."""
        return {"value": row[0], "label": spoken(row[1])}


@extend_schema_field(OpenApiTypes.OBJECT)
class DetailsField(serializers.Field[dict[str, Any], Any, Any, Any]):
    """What only cases of one kind have, by name; which names there are is told by `kinds`."""

    MOST = 100

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Return texts, whole numbers and nothing else; their meaning is checked by the kind."""
        if not isinstance(data, Mapping) or len(data) > self.MOST:
            raise serializers.ValidationError(_("Thông tin riêng của loại phải là các cặp tên và giá trị."))
        text = ComposedField(allow_blank=True, max_length=10_000)
        found: dict[str, Any] = {}
        for name, value in data.items():
            if isinstance(value, str):
                found[printable(str(name))] = text.run_validation(value)
            elif value is None or (type(value) is int and abs(value) <= LARGEST_NUMBER):
                found[printable(str(name))] = value
            else:
                sentence = _("“%(field)s” phải là chữ hoặc số nguyên.")
                raise serializers.ValidationError(sentence % {"field": printable(str(name))})
        return found

    def to_representation(self, value: Any) -> dict[str, Any]:
        """Return them as they are stored."""
        return dict(value or {})


@extend_schema_field(OpenApiTypes.INT)
class RowField(serializers.Field[Any, Any, Any, Any]):
    """A row of the same case, by its id. One of another case is as unknown as one that is not there."""

    def __init__(self, model: type[models.Model], **options: Any) -> None:
        self.model = model
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> Any:
        """Return the row."""
        case: CaseFile = self.context["case"]
        row = None
        if type(data) is int and 0 < data <= LARGEST_NUMBER:
            row = self.model._default_manager.filter(case=case, pk=data).first()
        if row is None:
            raise serializers.ValidationError(_("Vụ án không có dòng mang số này."))
        cast("Any", row).case = case
        return row

    def to_representation(self, value: Any) -> int:
        """Return the id."""
        return int(value)


class NameField(serializers.CharField):
    """Something by its name or code; looked for only where the name is a text a database can be asked for."""

    def to_internal_value(self, data: Any) -> Any:
        """Return what bears the name."""
        name = super().to_internal_value(data)
        self.run_validators(name)
        return self.find(name)

    def find(self, name: str) -> Any:
        """Return what bears the name.

        Raises:
            ValidationError: there is none; the sentence is the same for one that the asker may not know of.
        """
        raise NotImplementedError


class CaseField(NameField):
    """Another case by its code, of those the asker may know of."""

    def find(self, name: str) -> CaseFile:
        """Return the case."""
        code = typed_code(name)
        found = visible_cases(self.context["request"].user).filter(code=code).select_related(*FACTS).first()
        if found is None:
            raise serializers.ValidationError(no_such_case(code))
        return found


class DepartmentField(NameField):
    """A department of the office, by its code."""

    def find(self, name: str) -> Department | None:
        """Return the department; none for an empty code."""
        if not name:
            return None
        found = Department.objects.filter(unit=self.context["unit"], code=name).first()
        if found is None:
            raise serializers.ValidationError(_("Đơn vị không có phòng mang mã này."))
        return found


class AccountField(NameField):
    """A person by account; whether the person has a post that fits is decided by the action, in the same words."""

    def find(self, name: str) -> User:
        """Return the account."""
        found = User.objects.filter(username=name).first()
        if found is None:
            raise serializers.ValidationError(_("Người này không có chức danh tại đơn vị thụ lý hoặc đơn vị cấp trên."))
        return found


_NUMBERS: dict[type[models.Field[Any, Any]], int] = {
    models.PositiveSmallIntegerField: 2**15 - 1,
    models.PositiveIntegerField: LARGEST_NUMBER,
}


def _plain(field: models.Field[Any, Any], options: dict[str, Any]) -> serializers.Field[Any, Any, Any, Any]:
    """Return the serializer field of a column that is no relation."""
    if isinstance(field, models.JSONField):
        return DetailsField(**options)
    if isinstance(field, models.BooleanField):
        return serializers.BooleanField(**options)
    if isinstance(field, models.DateField):
        return serializers.DateField(**options)
    if isinstance(field, models.TimeField):
        return serializers.TimeField(**options)
    if type(field) in _NUMBERS:
        return serializers.IntegerField(min_value=0, max_value=_NUMBERS[type(field)], **options)
    if isinstance(field, models.CharField | models.TextField):
        longest = field.max_length or 5000
        return ComposedField(max_length=longest, allow_blank=field.blank, **options)
    message = f"{field} has no field in the API"
    raise TypeError(message)


def input_field(field: models.Field[Any, Any], *, filled_in: bool = False) -> serializers.Field[Any, Any, Any, Any]:
    """Return how a request sets a column; `filled_in`: it may be left out though it is never empty."""
    required = not (filled_in or field.null or field.blank or field.has_default())
    options: dict[str, Any] = {"required": required, "help_text": explained(field)}
    if field.null:
        options["allow_null"] = True
    related = field.related_model
    if related is None:
        return _plain(field, options)
    if related is CaseFile:
        return CaseField(**options | {"help_text": "Code of a case the asker may know of."})
    if related is Department:
        help_text = "Code of a department of the office."
        return DepartmentField(allow_blank=True, **options | {"help_text": help_text})
    if related is User:
        return AccountField(
            **options | {"help_text": "Account of somebody with a post in the office or the one above."}
        )
    return RowField(related, **options)


def output_field(field: models.Field[Any, Any], *, hidden: bool = False) -> serializers.Field[Any, Any, Any, Any]:
    """Return how a column is told; `hidden`: some are told null instead."""
    options: dict[str, Any] = {"help_text": explained(field), "read_only": True}
    if field.null or hidden:
        options["allow_null"] = True
    related = field.related_model
    if related is None:
        return _plain(field, options)
    if related is Department:
        return serializers.CharField(
            source="department.code", default=None, **options | {"help_text": "Code of the department."}
        )
    if related is User:
        return PersonSerializer(**options | {"help_text": "The leader in charge."})
    return RowField(related, source=field.attname, **options)


def serializer_of(
    name: str,
    purpose: str,
    fields: Mapping[str, serializers.Field[Any, Any, Any, Any]],
    *,
    base: type[serializers.Serializer[Any]] = serializers.Serializer,
) -> type[serializers.Serializer[Any]]:
    """Return a serializer class; its name is that of the component in the schema."""
    made: Any = type(name, (base,), {"__doc__": purpose, "__module__": __name__, **fields})
    return cast("type[serializers.Serializer[Any]]", made)


def columns(model: type[models.Model], names: Iterable[str]) -> list[models.Field[Any, Any]]:
    """Return these columns of a model."""
    return [cast("models.Field[Any, Any]", model._meta.get_field(name)) for name in names]


def input_of(
    name: str,
    purpose: str,
    model: type[models.Model],
    names: Iterable[str],
    *,
    filled_in: Iterable[str] = (),
    **more: Any,
) -> Any:
    """Return a serializer class for what a request may set.

    Args:
        name: of the component in the schema.
        purpose: its description.
        model: whose columns are set.
        names: which of them.
        filled_in: those that are found out where the request leaves them out.
        more: other fields.
    """
    fields = {each.name: input_field(each, filled_in=each.name in filled_in) for each in columns(model, names)}
    return serializer_of(name, purpose, fields | more, base=InputSerializer)


def output_of(name: str, purpose: str, model: type[models.Model], names: Iterable[str], **more: Any) -> Any:
    """Return a serializer class for what is told of a row, its id first."""
    fields: dict[str, Any] = {"id": serializers.IntegerField(read_only=True)}
    fields |= {each.name: output_field(each) for each in columns(model, names)}
    return serializer_of(name, purpose, fields | more)
