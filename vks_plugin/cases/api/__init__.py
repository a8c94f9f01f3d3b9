"""Cases through the API."""

from vks_plugin.cases.api.cases import CaseViewSet
from vks_plugin.cases.api.findings import CaseFindingsViewSet
from vks_plugin.cases.api.folios import (
    FolioCorrectionViewSet,
    FolioExplanationViewSet,
    FolioPageViewSet,
    FolioProfileViewSet,
    FolioReportViewSet,
    FolioStampViewSet,
    InventoryViewSet,
    NumberFoliosViewSet,
    VolumeProposalViewSet,
)
from vks_plugin.cases.api.lineage import (
    CaseAppealViewSet,
    CaseBecomeViewSet,
    CaseMergeViewSet,
    CaseRelatedViewSet,
    CaseSplitViewSet,
)
from vks_plugin.cases.api.papers import (
    CaseDocumentSerializer,
    CaseDocumentViewSet,
    CaseFolioViewSet,
    CatalogueTypeViewSet,
)
from vks_plugin.cases.api.proceedings import (
    CaseEventViewSet,
    CaseLimitViewSet,
    DeadlineViewSet,
    PossibleEventViewSet,
)
from vks_plugin.cases.api.record import RECORD_VIEWS, CaseHistoryViewSet
from vks_plugin.cases.api.reference import CalendarDayViewSet, ChargeViewSet, KindViewSet

__all__ = [
    "RECORD_VIEWS",
    "CalendarDayViewSet",
    "CaseAppealViewSet",
    "CaseBecomeViewSet",
    "CaseDocumentSerializer",
    "CaseDocumentViewSet",
    "CaseEventViewSet",
    "CaseFindingsViewSet",
    "CaseFolioViewSet",
    "CaseHistoryViewSet",
    "CaseLimitViewSet",
    "CaseMergeViewSet",
    "CaseRelatedViewSet",
    "CaseSplitViewSet",
    "CaseViewSet",
    "CatalogueTypeViewSet",
    "ChargeViewSet",
    "DeadlineViewSet",
    "FolioCorrectionViewSet",
    "FolioExplanationViewSet",
    "FolioPageViewSet",
    "FolioProfileViewSet",
    "FolioReportViewSet",
    "FolioStampViewSet",
    "InventoryViewSet",
    "KindViewSet",
    "NumberFoliosViewSet",
    "PossibleEventViewSet",
    "VolumeProposalViewSet",
]
