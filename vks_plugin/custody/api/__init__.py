"""Custody through the API."""

from vks_plugin.custody.api.digitisation import CaseDigitisationViewSet, DigitisationBoardViewSet
from vks_plugin.custody.api.hand_overs import CaseHandOverViewSet, HandOverViewSet
from vks_plugin.custody.api.ledger import CaseLedgerViewSet, LedgerCheckpointViewSet, LedgerViewSet
from vks_plugin.custody.api.loans import CaseLoanViewSet, LoanViewSet

__all__ = [
    "CaseDigitisationViewSet",
    "CaseHandOverViewSet",
    "CaseLedgerViewSet",
    "CaseLoanViewSet",
    "DigitisationBoardViewSet",
    "HandOverViewSet",
    "LedgerCheckpointViewSet",
    "LedgerViewSet",
    "LoanViewSet",
]
