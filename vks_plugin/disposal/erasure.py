"""What of a case goes when its file is disposed of, what is blanked, and what stays: three literal tables.

Every table of this program stands in one of them, or has to do with no case (a test compares). What goes tells of the file or
of people: documents with all that was made of them, what was written about them, everybody's particulars. What stays tells
that there was such a case, what became of it and who dealt with it: the register, the ledger, custody, the access log.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.db import models
from django.db.models import Q

from vks_plugin.access.models import AccessEntry, DeadlineReminder, TemporaryAccess
from vks_plugin.acts import OF_DISPOSAL
from vks_plugin.cases.actions.record import search_text
from vks_plugin.cases.models import (
    Accused,
    Assignment,
    CaseChange,
    CaseDeadline,
    CaseDocument,
    CaseFile,
    CaseImportRow,
    CasePerson,
    CaseWords,
    Charge,
    DocumentInventory,
    Exhibit,
    Folio,
    FolioExplanation,
    PreventiveMeasure,
    ProceduralEvent,
    RelatedCase,
    Volume,
    WithheldPaper,
)
from vks_plugin.conf import configuration
from vks_plugin.court.deck.models import DeckExport, FolioMark, PlanMarker, Presentation, Slide, Video, VideoStill
from vks_plugin.court.models import Bundle, Redaction, RedactionWork
from vks_plugin.court.redactions import leftovers_of
from vks_plugin.court.sessions.models import CourtSession, SessionProcurator, ShowingLog
from vks_plugin.custody.models import (
    Accession,
    AccessionItem,
    CertifiedCopy,
    DigitisationBatch,
    DigitisationStep,
    FixityFinding,
    FixityRun,
    HandOver,
    Holding,
    LedgerCheckpoint,
    LedgerEntry,
    LedgerHidden,
    LedgerKey,
    LedgerLeaf,
    LedgerSubtree,
    Loan,
    LoanedPart,
    LoanRenewal,
    PageChange,
    QualityFinding,
    RetentionHold,
    SealedDocument,
    SealManifest,
)
from vks_plugin.disposal.models import DestructionBatch, DestructionItem, Tombstone
from vks_plugin.filing.models import IntakeItem, SignatureCheck
from vks_plugin.text import folded

NAME_LEFT = "Hồ sơ đã tiêu hủy"
"""What a case is called afterwards: names of cases name people."""

Model = type[models.Model]

ERASED: tuple[tuple[Model, tuple[str, ...]], ...] = (
    (ShowingLog, ("session__case",)),
    (DeckExport, ("presentation__case",)),
    # a photo may lie in a document that came from another case
    (PlanMarker, ("slide__presentation__case",)),
    (VideoStill, ("slide__presentation__case",)),
    (Slide, ("presentation__case",)),
    (Presentation, ("case",)),
    (Video, ("case_document__case",)),
    (FolioMark, ("case_document__case",)),
    (Redaction, ("case_document__case",)),
    (RedactionWork, ("case",)),
    (PageChange, ("case_document__case",)),
    (SignatureCheck, ("case_document__case",)),
    (Bundle, ("case",)),
    (QualityFinding, ("batch__case", "case_document__case")),
    (FolioExplanation, ("case", "about__case")),
    (DocumentInventory, ("case",)),
    (IntakeItem, ("case",)),
    (Volume, ("case",)),
    (Folio, ("case",)),
    (CaseDocument, ("case",)),
    (WithheldPaper, ("case",)),
    (Exhibit, ("case",)),
    (CasePerson, ("case",)),
    (CaseChange, ("case",)),
)
"""Tables whose rows go, in this order, each with how its rows are told by their case.

A document may have come from another case: what was written about its pages there goes with it."""

BLANKED: tuple[tuple[Model, str, Mapping[str, Any]], ...] = (
    (Charge, "case", {"note": ""}),
    (PreventiveMeasure, "case", {"end_reason": ""}),
    (
        ProceduralEvent,
        "case",
        {"signer_name": "", "signer_title": "", "note": "", "override_reason": "", "withdrawal_reason": ""},
    ),
    (CaseDeadline, "case", {"note": ""}),
    (RelatedCase, "case", {"note": ""}),
    (TemporaryAccess, "case", {"reason": ""}),
    (DigitisationBatch, "case", {"reason": "", "seal_error": ""}),
    (DigitisationStep, "batch__case", {"note": ""}),
    (
        HandOver,
        "case",
        {
            "case_name": "",
            "main_accused": "",
            "exhibits": [],
            "outstanding_exhibits": [],
            "seal_condition": "",
            "note": "",
            "missing": "",
        },
    ),
    (Holding, "case", {"known_from": ""}),
    (Loan, "case", {"purpose": "", "denial": "", "condition": "", "difference": "", "settlement": ""}),
    (
        CertifiedCopy,
        "case",
        {"content": "", "receiver_name": "", "receiver_agency": "", "purpose": "", "denial": ""},
    ),
    (LoanRenewal, "loan__case", {"reason": "", "denial": ""}),
    (CourtSession, "case", {"participants": "", "outcome": "", "remarks": ""}),
    (RetentionHold, "case", {"reason": "", "end_reason": ""}),
)
"""Tables whose rows stay without what people wrote in them. Beside these: the case itself, its accused, its words, its
findings, the steps of its hand-overs and why pieces of them were taken for lost."""

BESIDE: tuple[Model, ...] = (CaseFile, Accused, CaseWords, CaseImportRow, FixityFinding, LedgerHidden)
"""Tables that `erase` sees to one by one."""

KEPT: tuple[Model, ...] = (
    AccessEntry,
    Accession,
    AccessionItem,
    Assignment,
    DeadlineReminder,
    DestructionBatch,
    DestructionItem,
    FixityRun,
    LedgerCheckpoint,
    LedgerEntry,
    LedgerKey,
    LedgerLeaf,
    LedgerSubtree,
    LoanedPart,
    SealManifest,
    SealedDocument,
    SessionProcurator,
    Tombstone,
)
"""Tables that stay as they are. Most of them the database itself refuses to change."""


def files_made_of(case: CaseFile) -> list[Path]:
    """Return the files this program made of a case or keeps for it; some may not be there."""
    data = configuration().data_dir
    found = [each.path for each in Redaction.objects.filter(case_document__case=case)]
    # of a work that is over: one that is not keeps the case from being disposed of
    for work in RedactionWork.objects.filter(case=case):
        found += [path for path in leftovers_of(work) if path.exists()]
    found += [each.path for each in Video.objects.filter(case_document__case=case)]
    found += [each.path for each in DeckExport.objects.filter(presentation__case=case)]
    found += [data / "intake" / f"{pk}.pdf" for pk in IntakeItem.objects.filter(case=case).values_list("pk", flat=True)]
    for pk in Bundle.objects.filter(case=case).values_list("pk", flat=True):
        # volumes, manifest and addition are named after the bundle, with a point before them while they are written
        found += sorted([*(data / "bundles").glob(f"{pk}*"), *(data / "bundles").glob(f".{pk}*")])
    for item in AccessionItem.objects.filter(case=case):
        found.append(item.path)
        found += sorted(item.path.parent.glob(f"{item.key}*.part"))
    return found


def erase(case: CaseFile, now: dt.datetime) -> None:
    """Take out and blank what the tables above say, in the caller's transaction.

    Raises:
        ProtectedError: something else holds on to a row.
    """
    papers = CaseDocument.objects.filter(case=case).order_by()
    documents = list(papers.values_list("document_id", flat=True))
    Bundle.objects.filter(case=case).update(earlier=None)
    # a paper may have come from another case, where an explanation or a hand-over rests on it
    FolioExplanation.objects.filter(case_document__in=papers.values("pk")).update(case_document=None)
    HandOver.objects.filter(Q(case=case, signed_paper__isnull=False) | Q(signed_paper__in=papers.values("pk"))).update(
        signed_paper=None, awaits_paper=True
    )
    # a paper redacted here may have gone to another case since: its copy goes with it, and not with this case
    Redaction.objects.filter(work__case=case).exclude(case_document__case=case).update(work=None)
    for model, paths in ERASED:
        for path in paths:
            model._default_manager.filter(**{path: case}).delete()
    for model, path, values in BLANKED:
        rows = model._default_manager.filter(**{path: case}).order_by().values_list("pk", flat=True)
        model._default_manager.filter(pk__in=list(rows)).update(**values)
    for row in HandOver.objects.filter(case=case).exclude(steps=[]).only("steps", "settled_pieces"):
        row.steps = [each | {"text": ""} for each in row.steps]
        row.settled_pieces = [each | {"reason": ""} for each in row.settled_pieces]
        row.save(update_fields=["steps", "settled_pieces"])
    # what may not be empty where it says something
    RelatedCase.objects.filter(case=case).exclude(other_text="").update(other_text="–")
    CourtSession.objects.filter(case=case).exclude(reason="").update(reason="–")
    CaseImportRow.objects.filter(code=case.code).update(sentences=[])
    alarms = FixityFinding.objects.filter(Q(document_id__in=documents) | Q(case=case), closed_at__isnull=True)
    alarms.update(closed_at=now, closing_reason=NAME_LEFT)
    LedgerHidden.objects.filter(entry__case=case).exclude(entry__kind__in=OF_DISPOSAL).delete()
    _blank_people(case)
    _blank_case(case, now)


def _blank_people(case: CaseFile) -> None:
    """Leave of everybody prosecuted that there was somebody, of which sex, and what became of the person."""
    for place, person in enumerate(Accused.objects.filter(case=case), start=1):
        for field in Accused._meta.concrete_fields:
            if isinstance(field, models.CharField) and not field.choices and field.name not in _TOLD_OF_PEOPLE:
                setattr(person, field.name, "")
        person.full_name = f"Bị can số {place}"
        person.folded_name = folded(person.full_name)
        person.birth_date = person.birth_year = person.id_issued_on = None
        person.birth_precision = ""
        person.save()


_TOLD_OF_PEOPLE = frozenset({"stage", "status", "registered_stage", "registered_status"})


def _blank_case(case: CaseFile, now: dt.datetime) -> None:
    values: dict[str, Any] = {
        "name": NAME_LEFT,
        "folded_name": folded(NAME_LEFT),
        "crime_place": "",
        "investigator": "",
        "judge": "",
        "evidence_summary": "",
        "details": {},
        "note": "",
        "next_due_on": None,
        "destroyed_at": now,
        "revision": case.revision + 1,
    }
    for name, value in values.items():
        setattr(case, name, value)
    case.save(update_fields=list(values))
    CaseWords.objects.filter(case=case).update(text=search_text(case, []))
