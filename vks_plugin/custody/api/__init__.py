"""Custody through the API."""

from vks_plugin.custody.api.digitisation import CaseDigitisationViewSet, DigitisationBoardViewSet
from vks_plugin.custody.api.ledger import CaseLedgerViewSet, LedgerCheckpointViewSet, LedgerViewSet
from vks_plugin.custody.api.loans import CaseLoanViewSet, LoanViewSet

__all__ = [
    "CaseDigitisationViewSet",
    "CaseLedgerViewSet",
    "CaseLoanViewSet",
    "DigitisationBoardViewSet",
    "LedgerCheckpointViewSet",
    "LedgerViewSet",
    "LoanViewSet",
]
