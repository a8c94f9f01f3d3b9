"""Cases through the API."""

from vks_plugin.cases.api.cases import CaseViewSet
from vks_plugin.cases.api.papers import (
    LARGEST_FOLIO,
    CaseDocumentSerializer,
    CaseDocumentViewSet,
    CaseFolioViewSet,
    CatalogueTypeViewSet,
)
from vks_plugin.cases.api.record import RECORD_VIEWS, CaseHistoryViewSet

__all__ = [
    "LARGEST_FOLIO",
    "RECORD_VIEWS",
    "CaseDocumentSerializer",
    "CaseDocumentViewSet",
    "CaseFolioViewSet",
    "CaseHistoryViewSet",
    "CaseViewSet",
    "CatalogueTypeViewSet",
]
