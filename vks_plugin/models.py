"""Every model of the app, gathered so that Django finds them; each lives in its concept."""

from vks_plugin.access.models import GrantSweep
from vks_plugin.cases.models import Accused, Assignment, CaseDocument, CaseFile, CatalogueType, Folio
from vks_plugin.court.models import Bundle
from vks_plugin.filing.models import IntakeItem
from vks_plugin.organization.models import (
    Appointment,
    DatedAccessSuspension,
    Department,
    ProcuracyUnit,
    ServiceAccount,
    UnitSuccession,
)

__all__ = [
    "Accused",
    "Appointment",
    "Assignment",
    "Bundle",
    "CaseDocument",
    "CaseFile",
    "CatalogueType",
    "DatedAccessSuspension",
    "Department",
    "Folio",
    "GrantSweep",
    "IntakeItem",
    "ProcuracyUnit",
    "ServiceAccount",
    "UnitSuccession",
]
