"""Custody through the API."""

from vks_plugin.custody.api.ledger import CaseLedgerViewSet, LedgerCheckpointViewSet, LedgerViewSet

__all__ = ["CaseLedgerViewSet", "LedgerCheckpointViewSet", "LedgerViewSet"]
