"""Cases through the API."""

from vks_plugin.cases.api.cases import CaseViewSet
from vks_plugin.cases.api.papers import (
    LARGEST_FOLIO,
    CaseDocumentSerializer,
    CaseDocumentViewSet,
    CaseFolioViewSet,
    CatalogueTypeViewSet,
)

__all__ = [
    "LARGEST_FOLIO",
    "CaseDocumentSerializer",
    "CaseDocumentViewSet",
    "CaseFolioViewSet",
    "CaseViewSet",
    "CatalogueTypeViewSet",
]
