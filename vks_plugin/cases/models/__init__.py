"""The case file and what belongs to it."""

from vks_plugin.cases.models.case import Assignment, CaseFile, CaseWords
from vks_plugin.cases.models.papers import (
    PART_CHOICES,
    CaseDocument,
    CatalogueType,
    DocumentInventory,
    Folio,
    FolioExplanation,
    FolioProfile,
    Volume,
    WithheldPaper,
)
from vks_plugin.cases.models.people import Accused, CasePerson, Charge, Exhibit, PreventiveMeasure
from vks_plugin.cases.models.proceedings import (
    CalendarDay,
    CaseChange,
    CaseDeadline,
    CaseImport,
    CaseImportRow,
    ProceduralEvent,
    RelatedCase,
    SavedFilter,
)

__all__ = [
    "PART_CHOICES",
    "Accused",
    "Assignment",
    "CalendarDay",
    "CaseChange",
    "CaseDeadline",
    "CaseDocument",
    "CaseFile",
    "CaseImport",
    "CaseImportRow",
    "CasePerson",
    "CaseWords",
    "CatalogueType",
    "Charge",
    "DocumentInventory",
    "Exhibit",
    "Folio",
    "FolioExplanation",
    "FolioProfile",
    "PreventiveMeasure",
    "ProceduralEvent",
    "RelatedCase",
    "SavedFilter",
    "Volume",
    "WithheldPaper",
]
