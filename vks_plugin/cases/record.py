"""The parts of a case's record that people edit: which fields each has, and how its values read in the history."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.translation import gettext

from vks_plugin.cases import penal_code
from vks_plugin.cases.deadlines import parse_span
from vks_plugin.cases.kinds import person_role_label
from vks_plugin.cases.models import (
    Accused,
    CaseDocument,
    CaseFile,
    CasePerson,
    Charge,
    DocumentInventory,
    Exhibit,
    Folio,
    FolioExplanation,
    PreventiveMeasure,
    ProceduralEvent,
    RelatedCase,
    Volume,
    WithheldPaper,
)
from vks_plugin.language import speaking
from vks_plugin.organization.models import Department, ProcuracyUnit
from vks_plugin.organization.queries import display_name
from vks_plugin.text import gettext_noop as _


@dataclass(frozen=True)
class Part:
    """One kind of row in the record."""

    name: str
    label: str
    model: type[models.Model]
    fields: tuple[str, ...]
    """Fields a person may set."""

    @property
    def people(self) -> bool:
        """Whether a row is somebody, so that names are searched by."""
        return "full_name" in self.fields


_HUMAN = (
    "full_name",
    "birth_date",
    "birth_precision",
    "birth_year",
    "sex",
    "id_number",
    "nationality",
    "ethnicity",
    "residence",
    "occupation",
    "is_legal_person",
    "registration_number",
    "legal_representative",
    "note",
)

FLAGS: tuple[str, ...] = (
    "is_key_case",
    "is_simplified",
    "is_learning_trial",
    "is_provincial_watch",
    "is_corruption",
    "has_legal_person",
    "involves_minor_accused",
    "involves_minor_victim",
    "is_sexual_abuse_minor",
    "is_closed_trial",
    "is_mobile_trial",
    "is_online_trial",
    "is_trial_in_absentia",
    "is_complex",
    "is_national_security",
    "is_special_agency",
    "is_flagrant",
)
"""Marks on a case. `has_legal_person`, `involves_minor_accused` and `involves_minor_victim` are also set by what is
entered of its people; they are never taken away by it."""

CASE_FIELDS: tuple[str, ...] = (
    "name",
    "init_decision_no",
    "init_decision_date",
    "init_decision_agency",
    "national_case_code",
    "crime_date",
    "crime_place",
    "charge_summary",
    "department",
    "handled_at",
    "leader_in_charge",
    "investigation_agency",
    "investigator",
    "court",
    "judge",
    "evidence_summary",
    "confidentiality",
    *FLAGS,
    "details",
    "note",
)
"""Fields of the case itself that a person may set. Stage and status follow from events, code and unit do not change."""

ACCUSED = Part(
    "accused",
    _("Bị can, bị cáo"),
    Accused,
    (
        *_HUMAN,
        "position",
        "other_name",
        "alias",
        "id_issued_on",
        "id_issued_by",
        "religion",
        "party_member",
        "position_title",
        "education",
        "prior_convictions",
        "prior_sanctions",
        "recidivism",
        "offence_date",
        "init_decision_no",
        "init_decision_date",
        "approval_no",
        "approval_date",
        "sentence",
    ),
)
PERSON = Part(
    "person",
    _("Người tham gia tố tụng"),
    CasePerson,
    (
        *_HUMAN,
        "role",
        "contact",
        "accused",
        "is_minor",
        "is_anonymous",
        "is_protected",
        "is_sexual_offence_victim",
    ),
)
CHARGE = Part(
    "charge",
    _("Tội danh"),
    Charge,
    (
        "accused",
        "code_version",
        "article",
        "clause",
        "points",
        "name",
        "crime_class",
        "basis",
        "decision_no",
        "charged_on",
        "ended_on",
        "note",
    ),
)
MEASURE = Part(
    "measure",
    _("Biện pháp ngăn chặn"),
    PreventiveMeasure,
    (
        "accused",
        "kind",
        "starts_on",
        "starts_at",
        "ends_on",
        "decision_no",
        "decision_date",
        "decision_agency",
        "approval_no",
        "approval_date",
        "facility",
        "extends",
        "ended_on",
        "end_reason",
    ),
)
EXHIBIT = Part(
    "exhibit",
    _("Vật chứng"),
    Exhibit,
    (
        "position",
        "name",
        "quantity",
        "features",
        "seal_number",
        "sealed_on",
        "sealed_by",
        "location",
        "accompanies_file",
        "folio",
        "handling",
        "note",
    ),
)
RELATION = Part(
    "relation",
    _("Vụ liên quan"),
    RelatedCase,
    ("relation", "other", "other_text", "decided_on", "decision_no", "note"),
)
VOLUME = Part("volume", _("Tập hồ sơ"), Volume, ("number", "title", "folio_from", "folio_to", "note"))
WITHHELD = Part(
    "withheld",
    _("Thẻ chỉ dẫn"),
    WithheldPaper,
    ("level", "number", "dated", "kept_at", "folio_from", "folio_to"),
)

PARTS_OF_RECORD: dict[str, Part] = {
    part.name: part for part in (ACCUSED, PERSON, CHARGE, MEASURE, EXHIBIT, RELATION, VOLUME, WITHHELD)
}


_OTHER_SUBJECTS: dict[str, tuple[str, type[models.Model]]] = {
    "case": (_("Vụ án"), CaseFile),
    "event": (_("Quyết định, sự kiện tố tụng"), ProceduralEvent),
    "folio": (_("Bút lục"), Folio),
    "explanation": (_("Giải trình bút lục"), FolioExplanation),
    "inventory": (_("Thống kê tài liệu"), DocumentInventory),
    "document": (_("Tài liệu"), CaseDocument),
    "internal_document": (_("Tài liệu hồ sơ kiểm sát"), CaseDocument),
    "office": (_("Đơn vị"), ProcuracyUnit),
    "department": (_("Phòng"), Department),
}
"""What else the history tells of."""


OF_DOCUMENTS = {"hsva": "document", "hsks": "internal_document"}
"""What the history calls a document, by the part of the file it lies in: not everybody who reads it reads both parts."""
DOCUMENT_FIELDS: tuple[str, ...] = (
    "document_type",
    "title",
    "number",
    "date",
    "characteristics",
    "folio_from",
    "folio_to",
)
"""What is said of a filed document and may be corrected; folios while it has none."""


def subject_label(subject: str) -> str:
    """Return what the history calls a part of the record, in the reader's language; the code itself for what is none."""
    if subject in PARTS_OF_RECORD:
        return gettext(PARTS_OF_RECORD[subject].label)
    return gettext(_OTHER_SUBJECTS[subject][0]) if subject in _OTHER_SUBJECTS else subject


def may_have_lines(column: models.Field[Any, Any]) -> bool:
    """Tell whether a text of this column may have more lines than one; names and numbers have not."""
    return column.max_length is None or column.max_length > _LONG


_LONG = 400


def part_of(entry: models.Model) -> Part:
    """Return the part this row belongs to."""
    return next(part for part in PARTS_OF_RECORD.values() if part.model is type(entry))


def field_label(subject: str, name: str) -> str:
    """Return the label of a field in the reader's language; the name itself for what is no field any more.

    What a case is registered with stands in the history of the case, under the names of the parts.
    """
    if subject == "case" and name in PARTS_OF_RECORD:
        return gettext(PARTS_OF_RECORD[name].label)
    part = PARTS_OF_RECORD.get(subject)
    model = part.model if part is not None else _OTHER_SUBJECTS.get(subject, (name, None))[1]
    if model is None:
        return name
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return name
    label = str(getattr(field, "verbose_name", name))
    return label[:1].upper() + label[1:]


UNSET = "không"
"""How a mark that is not set reads in the history."""


def readable(entry: models.Model, name: str) -> str:
    """Return a field's value as people read it, for the history."""
    field = entry._meta.get_field(name)
    value = getattr(entry, name)
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "có" if value else UNSET
    if isinstance(value, dt.datetime):
        return f"{value:%d/%m/%Y %H:%M}"
    if isinstance(value, dt.date):
        return f"{value:%d/%m/%Y}"
    if isinstance(field, models.JSONField):
        return _details(entry, value)
    if isinstance(value, AbstractUser):
        return display_name(value)  # type: ignore[arg-type]
    if isinstance(entry, ProceduralEvent) and name in _EVENT_WORDS:
        return _EVENT_WORDS[name](entry)
    if isinstance(entry, CasePerson) and name == "role":
        return person_role_label(value)
    if isinstance(entry, Charge) and name == "code_version":
        return next((each.name for each in penal_code.versions() if each.id == value), str(value))
    if getattr(field, "choices", None):
        return str(dict(field.flatchoices).get(value, value))  # type: ignore[union-attr]
    return str(value)


_EVENT_WORDS: dict[str, Callable[[ProceduralEvent], str]] = {
    "event": lambda row: row.label,
    "ground": lambda row: row.ground_label,
    "amount": lambda row: str(parse_span(row.amount)),
}
"""What is stored of an event as a code, in words."""


def _details(entry: models.Model, stored: dict[str, Any]) -> str:
    """Return the fields only this kind has, each under its label."""
    known = entry.kind_data.fields if isinstance(entry, CaseFile) else ()
    told = []
    for field in known:
        value = stored.get(field.name)
        told.append((field.label, dict(field.choices).get(str(value), value)))
    return "; ".join(f"{label}: {value}" for label, value in told if value not in (None, ""))


def values_of(entry: models.Model, fields: tuple[str, ...]) -> dict[str, str]:
    """Return the readable value of each of these fields, in Vietnamese whoever asks: a history has one language."""
    with speaking("vi"):
        return {name: readable(entry, name) for name in fields}


def title_of(entry: models.Model) -> str:
    """Return what a row is called in the history."""
    with speaking("vi"):
        return str(entry)


def difference(before: dict[str, str], after: dict[str, str]) -> list[list[Any]]:
    """Return `[field, before, after]` for what differs."""
    return [[name, before.get(name, ""), value] for name, value in after.items() if before.get(name, "") != value]


class Snapshot:
    """What a row said, to tell later what was changed in it."""

    def __init__(self, entry: models.Model, fields: tuple[str, ...]) -> None:
        self.fields = fields
        self._stored = self._columns(entry)
        self._told = values_of(entry, fields)

    def _columns(self, entry: models.Model) -> dict[str, Any]:
        return {name: getattr(entry, str(entry._meta.get_field(name).attname)) for name in self.fields}  # type: ignore[union-attr]

    def changes(self, entry: models.Model) -> list[list[Any]]:
        """Return `[field, before, after]` for what is stored otherwise, also where it reads the same.

        Two accused may have one name: who is charged changes though the words do not.
        """
        stored, told = self._columns(entry), values_of(entry, self.fields)
        return [[name, self._told[name], told[name]] for name in self.fields if self._stored[name] != stored[name]]


def fingerprint(entry: models.Model) -> str:
    """Return what tells one state of a row from another: a form carries it, so that a change meanwhile is noticed."""
    told = json.dumps(values_of(entry, part_of(entry).fields), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:32]
