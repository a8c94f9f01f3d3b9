"""Every route under `/api/vks/`; names of routes start with `vks-`."""

from __future__ import annotations

from django.urls import re_path
from rest_framework.permissions import IsAuthenticated
from rest_framework.routers import APIRootView, DefaultRouter

from vks_plugin.access.api import (
    AccessLogViewSet,
    AppointmentViewSet,
    CaseAccessViewSet,
    CaseAssignmentViewSet,
    CaseExplainViewSet,
    ExplainViewSet,
    ReminderViewSet,
)
from vks_plugin.access.offices_api import DepartmentViewSet, UnitViewSet
from vks_plugin.access.temporary_api import CaseOversightViewSet, TemporaryAccessViewSet
from vks_plugin.access.transfers_api import (
    CaseTransferViewSet,
    CaseTrialUnitViewSet,
    RestructuringPlanViewSet,
    RestructuringViewSet,
)
from vks_plugin.cases.api import (
    RECORD_VIEWS,
    CalendarDayViewSet,
    CaseAppealViewSet,
    CaseBecomeViewSet,
    CaseDocumentViewSet,
    CaseEventViewSet,
    CaseFindingsViewSet,
    CaseFolioViewSet,
    CaseHistoryViewSet,
    CaseLimitViewSet,
    CaseMergeViewSet,
    CaseRelatedViewSet,
    CaseSplitViewSet,
    CaseViewSet,
    CatalogueTypeViewSet,
    ChargeViewSet,
    DeadlineViewSet,
    FolioCorrectionViewSet,
    FolioExplanationViewSet,
    FolioPageViewSet,
    FolioProfileViewSet,
    FolioReportViewSet,
    FolioStampViewSet,
    InventoryViewSet,
    KindViewSet,
    NumberFoliosViewSet,
    PossibleEventViewSet,
    VolumeProposalViewSet,
)
from vks_plugin.court.api import BundleViewSet, CaseBundleViewSet, FolioOriginViewSet
from vks_plugin.court.deck.api import DeckViewSet, MarkViewSet, PresentationViewSet, SlideViewSet
from vks_plugin.court.deck.video_api import VideoViewSet
from vks_plugin.court.pages_api import CasePageViewSet
from vks_plugin.court.redaction_api import (
    CaseRedactionViewSet,
    CaseRedactionWorkViewSet,
    RedactionViewSet,
    RedactionWorkViewSet,
)
from vks_plugin.court.sessions.api import CourtSessionViewSet
from vks_plugin.custody.api import (
    CaseDigitisationViewSet,
    CaseHandOverViewSet,
    CaseLedgerViewSet,
    CaseLoanViewSet,
    DigitisationBoardViewSet,
    HandOverViewSet,
    LedgerCheckpointViewSet,
    LedgerViewSet,
    LoanViewSet,
)
from vks_plugin.custody.api.accessions import AccessionViewSet
from vks_plugin.custody.api.copies import CaseCopyViewSet
from vks_plugin.custody.api.fixity import FixityAlarmViewSet, FixityRunViewSet
from vks_plugin.custody.api.keeping import CaseCustodyViewSet, CustodyViewSet, RegisterViewSet
from vks_plugin.custody.api.retention import (
    ArchiveDueViewSet,
    CaseHoldViewSet,
    CaseRetentionViewSet,
    HoldViewSet,
    RetentionRuleViewSet,
)
from vks_plugin.disposal.api import CaseTombstoneViewSet, DisposalViewSet, LapsedCaseViewSet
from vks_plugin.exchange.api import AccessLogExportViewSet, CaseExportViewSet, CaseImportViewSet, SavedFilterViewSet
from vks_plugin.filing.api import CaseUploadViewSet, DocumentViewSet, HandOverRecordViewSet, IntakeViewSet
from vks_plugin.rest import CODE, NUMBER, ApiMixin, NoSuchRoute


class VksRootView(ApiMixin, APIRootView):
    """Case files: the routes of the plugin."""

    permission_classes = (IsAuthenticated,)
    # the schema lists the routes themselves
    schema = None


class VksRouter(DefaultRouter):
    """The host's kind of router, with our root view and without addresses that end in a format."""

    APIRootView = VksRootView
    include_format_suffixes = False
    root_view_name = "vks-root"


router = VksRouter()
# before the cases: no code is written in small letters
router.register("cases/export", CaseExportViewSet, basename="vks-case-export")
router.register("case-imports", CaseImportViewSet, basename="vks-case-import")
router.register("saved-filters", SavedFilterViewSet, basename="vks-saved-filter")
router.register("cases", CaseViewSet, basename="vks-case")
_OF_CASE = rf"cases/(?P<code>{CODE})"
router.register(rf"{_OF_CASE}/documents", CaseDocumentViewSet, basename="vks-case-document")
router.register(
    rf"{_OF_CASE}/documents/(?P<document_id>{NUMBER})/pages", CasePageViewSet, basename="vks-case-document-page"
)
router.register(rf"{_OF_CASE}/folios", CaseFolioViewSet, basename="vks-case-folio")
router.register(rf"{_OF_CASE}/folio-origins", FolioOriginViewSet, basename="vks-case-folio-origin")
router.register(rf"{_OF_CASE}/folio-report", FolioReportViewSet, basename="vks-case-folio-report")
router.register(rf"{_OF_CASE}/folio-explanations", FolioExplanationViewSet, basename="vks-case-folio-explanation")
router.register(rf"{_OF_CASE}/folio-stamps", FolioStampViewSet, basename="vks-case-folio-stamp")
router.register(rf"{_OF_CASE}/folio-pages", FolioPageViewSet, basename="vks-case-folio-page")
router.register(rf"{_OF_CASE}/folio-corrections", FolioCorrectionViewSet, basename="vks-case-folio-correction")
router.register(rf"{_OF_CASE}/number-folios", NumberFoliosViewSet, basename="vks-case-number-folios")
router.register(rf"{_OF_CASE}/volume-proposal", VolumeProposalViewSet, basename="vks-case-volume-proposal")
router.register(rf"{_OF_CASE}/inventories", InventoryViewSet, basename="vks-case-inventory")
for place, views in RECORD_VIEWS.items():
    router.register(rf"{_OF_CASE}/{place}", views, basename=f"vks-case-{place}")
router.register(rf"{_OF_CASE}/events", CaseEventViewSet, basename="vks-case-event")
router.register(rf"{_OF_CASE}/possible-events", PossibleEventViewSet, basename="vks-case-possible-event")
router.register(rf"{_OF_CASE}/deadlines", CaseLimitViewSet, basename="vks-case-deadline")
router.register(rf"{_OF_CASE}/history", CaseHistoryViewSet, basename="vks-case-history")
router.register(rf"{_OF_CASE}/ledger", CaseLedgerViewSet, basename="vks-case-ledger")
router.register(rf"{_OF_CASE}/loans", CaseLoanViewSet, basename="vks-case-loan")
router.register(rf"{_OF_CASE}/digitisation", CaseDigitisationViewSet, basename="vks-case-digitisation")
router.register(rf"{_OF_CASE}/hand-overs", CaseHandOverViewSet, basename="vks-case-hand-over")
router.register("hand-overs", HandOverViewSet, basename="vks-hand-over")
router.register(rf"hand-overs/(?P<id>{NUMBER})/record", HandOverRecordViewSet, basename="vks-hand-over-record")
router.register(rf"{_OF_CASE}/copies", CaseCopyViewSet, basename="vks-case-copy")
router.register(rf"{_OF_CASE}/custody", CaseCustodyViewSet, basename="vks-case-custody")
router.register("custody", CustodyViewSet, basename="vks-custody")
router.register("registers", RegisterViewSet, basename="vks-register")
router.register(rf"{_OF_CASE}/findings", CaseFindingsViewSet, basename="vks-case-findings")
router.register(rf"{_OF_CASE}/related", CaseRelatedViewSet, basename="vks-case-related")
router.register(rf"{_OF_CASE}/become", CaseBecomeViewSet, basename="vks-case-become")
router.register(rf"{_OF_CASE}/merge", CaseMergeViewSet, basename="vks-case-merge")
router.register(rf"{_OF_CASE}/appeal", CaseAppealViewSet, basename="vks-case-appeal")
router.register(rf"{_OF_CASE}/split", CaseSplitViewSet, basename="vks-case-split")
router.register(rf"{_OF_CASE}/upload", CaseUploadViewSet, basename="vks-case-upload")
router.register(rf"{_OF_CASE}/assignments", CaseAssignmentViewSet, basename="vks-case-assignment")
router.register(rf"{_OF_CASE}/bundles", CaseBundleViewSet, basename="vks-case-bundle")
router.register(rf"{_OF_CASE}/redactions", CaseRedactionViewSet, basename="vks-case-redaction")
router.register(rf"{_OF_CASE}/redaction-works", CaseRedactionWorkViewSet, basename="vks-case-redaction-work")
router.register(rf"{_OF_CASE}/videos", VideoViewSet, basename="vks-case-video")
router.register(rf"{_OF_CASE}/presentations", PresentationViewSet, basename="vks-case-presentation")
router.register(
    rf"{_OF_CASE}/presentations/(?P<number>{NUMBER})/slides", SlideViewSet, basename="vks-case-presentation-slide"
)
router.register(rf"{_OF_CASE}/marks", MarkViewSet, basename="vks-case-mark")
router.register("decks", DeckViewSet, basename="vks-deck")
router.register("court-sessions", CourtSessionViewSet, basename="vks-court-session")
router.register(rf"{_OF_CASE}/access", CaseAccessViewSet, basename="vks-case-access")
router.register(rf"{_OF_CASE}/explain", CaseExplainViewSet, basename="vks-case-explain")
router.register(rf"{_OF_CASE}/transfer", CaseTransferViewSet, basename="vks-case-transfer")
router.register(rf"{_OF_CASE}/trial-unit", CaseTrialUnitViewSet, basename="vks-case-trial-unit")
router.register(rf"{_OF_CASE}/oversight", CaseOversightViewSet, basename="vks-case-oversight")
router.register(rf"{_OF_CASE}/retention", CaseRetentionViewSet, basename="vks-case-retention")
router.register(rf"{_OF_CASE}/holds", CaseHoldViewSet, basename="vks-case-hold")
router.register(rf"{_OF_CASE}/tombstone", CaseTombstoneViewSet, basename="vks-case-tombstone")
router.register("archive/due", ArchiveDueViewSet, basename="vks-archive-due")
router.register("archive/holds", HoldViewSet, basename="vks-archive-hold")
router.register("archive/lapsed", LapsedCaseViewSet, basename="vks-archive-lapsed")
router.register("accessions", AccessionViewSet, basename="vks-accession")
router.register("disposals", DisposalViewSet, basename="vks-disposal")
router.register("fixity-alarms", FixityAlarmViewSet, basename="vks-fixity-alarm")
router.register("fixity-runs", FixityRunViewSet, basename="vks-fixity-run")
router.register("retention-rules", RetentionRuleViewSet, basename="vks-retention-rule")
router.register("temporary-access", TemporaryAccessViewSet, basename="vks-temporary-access")
router.register("restructurings/plans", RestructuringPlanViewSet, basename="vks-restructuring-plan")
router.register("restructurings", RestructuringViewSet, basename="vks-restructuring")
router.register("explain", ExplainViewSet, basename="vks-explain")
router.register("documents", DocumentViewSet, basename="vks-document")
router.register("intake", IntakeViewSet, basename="vks-intake")
router.register("bundles", BundleViewSet, basename="vks-bundle")
router.register("redactions", RedactionViewSet, basename="vks-redaction")
router.register("redaction-works", RedactionWorkViewSet, basename="vks-redaction-work")
router.register("units", UnitViewSet, basename="vks-unit")
router.register("departments", DepartmentViewSet, basename="vks-department")
router.register("document-types", CatalogueTypeViewSet, basename="vks-document-type")
router.register("kinds", KindViewSet, basename="vks-kind")
router.register("charges", ChargeViewSet, basename="vks-charge")
router.register("deadlines", DeadlineViewSet, basename="vks-deadline")
router.register("calendar-days", CalendarDayViewSet, basename="vks-calendar-day")
router.register("folio-profiles", FolioProfileViewSet, basename="vks-folio-profile")
router.register("reminders", ReminderViewSet, basename="vks-reminder")
router.register("access-log/export", AccessLogExportViewSet, basename="vks-access-log-export")
router.register("access-log", AccessLogViewSet, basename="vks-access-log")
router.register("ledger-checkpoints", LedgerCheckpointViewSet, basename="vks-ledger-checkpoint")
router.register("digitisation", DigitisationBoardViewSet, basename="vks-digitisation")
router.register("ledger", LedgerViewSet, basename="vks-ledger")
router.register("loans", LoanViewSet, basename="vks-loan")
router.register("appointments", AppointmentViewSet, basename="vks-appointment")

urlpatterns = [*router.urls, re_path(r"^.*$", NoSuchRoute.as_view(), name="vks-no-such-route")]
