"""What is kept about custody."""

from vks_plugin.custody.models.accession import Accession, AccessionItem
from vks_plugin.custody.models.copy import CertifiedCopy
from vks_plugin.custody.models.digitisation import (
    DigitisationBatch,
    DigitisationStep,
    PageChange,
    QualityFinding,
    SealedDocument,
    SealManifest,
)
from vks_plugin.custody.models.fixity import FixityFinding, FixityRun
from vks_plugin.custody.models.hand_over import HandOver
from vks_plugin.custody.models.holding import Holding, Keeper
from vks_plugin.custody.models.ledger import (
    LedgerCheckpoint,
    LedgerEntry,
    LedgerHidden,
    LedgerKey,
    LedgerLeaf,
    LedgerSubtree,
)
from vks_plugin.custody.models.loan import Loan, LoanedPart, LoanRenewal
from vks_plugin.custody.models.retention import RetentionHold, RetentionRule
from vks_plugin.custody.models.series import NumberSeries

__all__ = [
    "Accession",
    "AccessionItem",
    "CertifiedCopy",
    "DigitisationBatch",
    "DigitisationStep",
    "FixityFinding",
    "FixityRun",
    "HandOver",
    "Holding",
    "Keeper",
    "LedgerCheckpoint",
    "LedgerEntry",
    "LedgerHidden",
    "LedgerKey",
    "LedgerLeaf",
    "LedgerSubtree",
    "Loan",
    "LoanRenewal",
    "LoanedPart",
    "NumberSeries",
    "PageChange",
    "QualityFinding",
    "RetentionHold",
    "RetentionRule",
    "SealManifest",
    "SealedDocument",
]
