"""Who gets what from every route of the API.

The table below is written by hand. A route without a row fails the first test.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.urls import URLPattern
from django.utils import timezone
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from tests.api.conftest import WHY, Everything, Snapshot, new_row, stored_files
from tests.people import PASSWORD, kept_pdf, register
from vks_plugin.access import actions as access
from vks_plugin.access.models import TemporaryAccess
from vks_plugin.api import router
from vks_plugin.cases.models import Assignment, CalendarDay, CaseFile, CaseImport, SavedFilter
from vks_plugin.cases.record import FLAGS
from vks_plugin.court.sessions.models import CourtSession
from vks_plugin.custody.models import Loan
from vks_plugin.organization.models import Appointment, Department

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from vks_plugin.cases.models import CatalogueType
    from vks_plugin.organization.models import ProcuracyUnit

pytestmark = pytest.mark.django_db

STRANGERS = ("prosecutor_kv3", "outsider", "admin_province", "other_prosecutor_kv1")
ASKERS = (*STRANGERS, "clerk_kv1", "prosecutor_kv1", "chief_kv1", "chief_province")
"""In the order of the columns: four who may know nothing of the case, one who may know that it
exists, the assigned prosecutor, the leader of the office, the leader of the province."""

DAY_BY_DECREE = "2027-02-13"

TABLE = {
    # route, method           another outside admin colleague clerk assigned leader province
    ("vks-root", "get"): "                   200 200 200 200  200  200 200 200",
    ("vks-case-list", "get"): "              200 200 200 200  200  200 200 200",
    ("vks-case-list", "post"): "             403 403 403 201  201  201 201 403",
    ("vks-case-export-list", "get"): "       200 200 200 200  200  200 200 200",
    ("vks-case-import-list", "get"): "       200 200 200 200  200  200 200 200",
    ("vks-case-import-list", "post"): "      403 403 403 202  202  202 202 403",
    ("vks-case-import-detail", "get"): "     404 404 404 404  404  404 200 404",
    ("vks-case-import-rows", "get"): "       404 404 404 404  404  404 200 404",
    ("vks-case-import-load", "post"): "      404 404 404 404  404  404 202 404",
    ("vks-case-import-discard", "post"): "   404 404 404 404  404  404 200 404",
    ("vks-saved-filter-list", "get"): "      200 200 200 200  200  200 200 200",
    ("vks-saved-filter-list", "post"): "     201 201 201 201  201  201 201 201",
    ("vks-saved-filter-detail", "delete"): " 404 404 404 404  404  404 204 404",
    ("vks-case-detail", "get"): "            404 404 404 404  200  200 200 200",
    ("vks-case-detail", "patch"): "          404 404 404 404  403  200 200 403",
    ("vks-case-document-list", "get"): "     404 404 404 404  200  200 200 200",
    ("vks-case-folio-list", "get"): "        404 404 404 404  200  200 200 200",
    ("vks-case-event-list", "get"): "        404 404 404 404  403  200 200 200",
    ("vks-case-event-list", "post"): "       404 404 404 404  403  201 201 403",
    ("vks-case-event-detail", "get"): "      404 404 404 404  403  200 200 200",
    ("vks-case-event-withdraw", "post"): "   404 404 404 404  403  200 200 403",
    ("vks-case-possible-event-list", "get"): "404 404 404 404  403  200 200 200",
    ("vks-case-deadline-list", "get"): "     404 404 404 404  403  200 200 200",
    ("vks-case-folio-list", "post"): "       404 404 404 404  403  201 201 403",
    ("vks-case-folio-report-list", "get"): " 404 404 404 404  403  200 200 200",
    ("vks-case-folio-origin-detail", "get"): "404 404 404 404  403  200 200 200",
    ("vks-case-folio-explanation-list", "get"): "  404 404 404 404  403  200 200 200",
    ("vks-case-folio-explanation-list", "post"): " 404 404 404 404  403  201 201 403",
    ("vks-case-folio-stamp-list", "post"): " 404 404 404 404  403  200 200 403",
    ("vks-case-folio-page-list", "post"): "  404 404 404 404  403  200 200 403",
    ("vks-case-folio-correction-list", "post"): "  404 404 404 404  403  200 200 403",
    ("vks-case-number-folios-list", "get"): "404 404 404 404  403  200 200 403",
    ("vks-case-number-folios-list", "post"): "     404 404 404 404  403  201 201 403",
    ("vks-case-volume-proposal-list", "get"): "    404 404 404 404  403  200 200 200",
    ("vks-case-volume-proposal-list", "post"): "   404 404 404 404  403  201 201 403",
    ("vks-case-inventory-list", "get"): "    404 404 404 404  403  200 200 200",
    # nothing was numbered since the one there is
    ("vks-case-inventory-list", "post"): "   404 404 404 404  403  409 409 403",
    ("vks-case-inventory-detail", "get"): "  404 404 404 404  403  200 200 200",
    ("vks-case-inventory-file", "get"): "    404 404 404 404  403  200 200 200",
    ("vks-folio-profile-list", "get"): "     200 200 200 200  200  200 200 200",
    ("vks-case-history-list", "get"): "      404 404 404 404  403  200 200 200",
    ("vks-case-ledger-list", "get"): "       404 404 404 404  403  200 200 200",
    ("vks-case-hand-over-list", "get"): "    404 404 404 404  200  200 200 200",
    ("vks-case-hand-over-list", "post"): "   404 404 404 404  201  403 201 403",
    # of whom who gives it out may choose
    ("vks-case-hand-over-people", "get"): "  404 404 404 404  200  403 200 403",
    ("vks-case-copy-list", "get"): "         404 404 404 404  200  200 200 200",
    ("vks-case-copy-list", "post"): "        404 404 404 404  201  201 201 201",
    # there is none; what becomes of one: tests/custody/test_copies.py
    **{
        (f"vks-case-copy-{act}", "get" if act == "paper" else "post"): "404 404 404 404  404  404 404 404"
        for act in ("approve", "deny", "issue", "paper", "withdraw")
    },
    ("vks-case-custody-list", "get"): "      404 404 404 404  200  200 200 200",
    ("vks-case-custody-timeline", "get"): "  404 404 404 404  200  200 200 200",
    ("vks-case-custody-labels", "get"): "    404 404 404 404  200  200 200 200",
    ("vks-case-custody-keeper", "post"): "   404 404 404 404  201  403 201 403",
    # nobody recorded where it is
    ("vks-case-custody-passed-on", "post"): "404 404 404 404  409  403 409 403",
    ("vks-custody-list", "get"): "           200 200 200 200  200  200 200 200",
    ("vks-custody-summary", "get"): "        200 200 200 200  200  200 200 200",
    ("vks-custody-left", "get"): "           200 200 200 200  200  200 200 200",
    # of the office of the case
    ("vks-register-list", "get"): "          403 403 403 403  200  403 200 200",
    ("vks-register-detail", "get"): "        403 403 403 403  200  403 200 404",
    ("vks-register-file", "get"): "          403 403 403 403  200  403 200 404",
    # the second paper of the case
    ("vks-case-document-page-detail", "get"): " 404 404 404 404  404  200 200 200",
    ("vks-case-document-page-picture", "get"): "404 404 404 404  403  200 200 200",
    ("vks-hand-over-list", "get"): "         200 200 200 200  200  200 200 200",
    ("vks-hand-over-detail", "get"): "       404 404 404 404  200  200 200 200",
    ("vks-hand-over-file", "get"): "         404 404 404 404  200  200 200 200",
    # it is sent
    ("vks-hand-over-detail", "patch"): "     404 404 404 404  409  403 409 403",
    # it is sent already
    ("vks-hand-over-send", "post"): "        404 404 404 404  409  403 409 403",
    ("vks-hand-over-accept", "post"): "      404 404 404 404  200  403 200 403",
    ("vks-hand-over-reject", "post"): "      404 404 404 404  200  403 200 403",
    ("vks-hand-over-cancel", "post"): "      404 404 404 404  200  403 200 403",
    # no such paper is filed
    # nobody received it yet
    # it is a draft no more
    ("vks-hand-over-take", "post"): "        404 404 404 404  409  403 409 403",
    ("vks-hand-over-settle", "post"): "      404 404 404 404  403  403 409 403",
    ("vks-hand-over-find", "post"): "        404 404 404 404  409  403 409 403",
    ("vks-hand-over-attach", "post"): "      404 404 404 404  400  403 400 403",
    ("vks-hand-over-record-list", "post"): " 404 404 404 404  400  403 400 403",
    # no head is signed yet
    ("vks-case-ledger-proof", "get"): "      404 404 404 404  403  409 409 409",
    # nor is there a key to sign with
    ("vks-case-ledger-export", "get"): "     404 404 404 404  403  403 503 503",
    ("vks-ledger-list", "get"): "            403 403 403 403  403  403 403 200",
    ("vks-ledger-program", "get"): "         200 200 200 200  200  200 200 200",
    ("vks-ledger-checkpoint-list", "get"): " 403 403 403 403  403  403 403 200",
    ("vks-ledger-checkpoint-file", "get"): " 403 403 403 403  403  403 403 404",
    ("vks-ledger-checkpoint-continuation", "get"): "403 403 403 403 403 403 403 404",
    ("vks-ledger-standing", "get"): "        403 403 403 403  403  403 403 200",
    # nothing was put back from a backup
    ("vks-ledger-restored", "post"): "       403 403 403 403  403  403 403 409",
    ("vks-ledger-heads", "post"): "          403 403 403 403  403  403 403 409",
    ("vks-case-retention-list", "get"): "    404 404 404 404  403  200 200 200",
    # its file was not disposed of
    ("vks-case-tombstone-list", "get"): "    404 404 404 404  404  404 404 404",
    ("vks-archive-hold-list", "get"): "      200 200 200 200  200  200 200 200",
    ("vks-case-hold-list", "get"): "         404 404 404 404  403  200 200 200",
    ("vks-case-hold-list", "post"): "        404 404 404 404  403  403 201 201",
    # there is none yet
    ("vks-case-hold-end", "post"): "         404 404 404 404  403  403 404 404",
    # who hands a case over that is not finished; who drafts a disposal of one that is not archived
    ("vks-accession-list", "get"): "         200 200 200 200  200  200 200 200",
    ("vks-accession-list", "post"): "        404 404 404 404  409  403 409 403",
    ("vks-disposal-list", "get"): "          200 200 200 200  200  200 200 200",
    ("vks-disposal-list", "post"): "         404 404 404 404  404  403 403 403",
    ("vks-fixity-alarm-list", "get"): "      200 200 200 200  200  200 200 200",
    # there is none; what becomes of one: tests/custody, tests/disposal
    **{
        (f"vks-accession-{act}", method): "  404 404 404 404  404  404 404 404"
        for act, method in (
            *(("detail", "get"), ("paper", "get"), ("package", "get")),
            *(("accept", "post"), ("cancel", "post"), ("retry", "post")),
        )
    },
    **{
        (f"vks-disposal-{act}", method): "   404 404 404 404  404  404 404 404"
        for act, method in (
            *(("detail", "get"), ("paper", "get"), ("record", "get"), ("approve", "post"), ("attach", "post")),
            *(("cancel", "post"), ("close", "post"), ("deny", "post"), ("execute", "post"), ("submit", "post")),
        )
    },
    ("vks-fixity-alarm-close", "post"): "    404 404 404 404  404  404 404 404",
    ("vks-fixity-run-list", "get"): "        200 200 200 200  200  200 200 200",
    # of the case: who leads its office
    ("vks-fixity-run-list", "post"): "       404 404 404 404  403  403 202 403",
    ("vks-fixity-run-detail", "get"): "      404 404 404 404  404  404 404 404",
    ("vks-fixity-run-alarms", "get"): "      404 404 404 404  404  404 404 404",
    ("vks-fixity-run-stop", "post"): "       404 404 404 404  404  404 404 404",
    ("vks-archive-due-list", "get"): "       200 200 200 200  200  200 200 200",
    ("vks-archive-lapsed-list", "get"): "    200 200 200 200  200  200 200 200",
    ("vks-retention-rule-list", "get"): "    200 200 200 200  200  200 200 200",
    ("vks-retention-rule-detail", "patch"): "403 403 403 403  403  403 403 404",
    ("vks-case-digitisation-list", "get"): " 404 404 404 404  403  200 200 200",
    ("vks-case-digitisation-list", "post"): "404 404 404 404  403  201 201 403",
    ("vks-case-digitisation-detail", "get"): "404 404 404 404  403  200 200 200",
    ("vks-case-digitisation-steps", "post"): "404 404 404 404  403  200 200 403",
    ("vks-case-digitisation-move", "post"): " 404 404 404 404  403  200 200 403",
    # who brought the papers in does not check them; nobody does before they are handed over for it
    ("vks-case-digitisation-findings", "post"): "404 404 404 404  403  403 409 403",
    ("vks-case-digitisation-resolve", "post"): "404 404 404 404  403  404 404 404",
    ("vks-case-digitisation-seal", "post"): " 404 404 404 404  403  400 400 403",
    ("vks-case-digitisation-manifest", "get"): "404 404 404 404  403  409 409 409",
    ("vks-case-digitisation-record", "get"): "404 404 404 404  403  409 409 409",
    ("vks-digitisation-list", "get"): "      200 200 200 200  200  200 200 200",
    ("vks-digitisation-throughput", "get"): "200 200 200 200  200  200 200 200",
    ("vks-case-findings-list", "get"): "     404 404 404 404  403  200 200 200",
    ("vks-case-related-list", "get"): "      404 404 404 404  403  200 200 200",
    # no report of crime, and no second case to go into
    ("vks-case-become-list", "post"): "      404 404 404 404  403  409 409 403",
    ("vks-case-merge-list", "post"): "       404 404 404 404  403  409 409 403",
    ("vks-case-split-list", "post"): "       404 404 404 404  403  201 201 403",
    # under no appeal
    ("vks-case-appeal-list", "post"): "      404 404 404 404  403  403 403 409",
    ("vks-case-charges-replace", "post"): "  404 404 404 404  403  201 201 403",
    ("vks-case-upload-list", "post"): "      404 404 404 404  403  202 202 403",
    ("vks-case-assignment-list", "get"): "   404 404 404 404  200  200 200 200",
    ("vks-case-assignment-list", "post"): "  404 404 404 404  403  403 201 403",
    ("vks-case-assignment-end", "post"): "   404 404 404 404  403  200 200 403",
    ("vks-case-bundle-list", "get"): "       404 404 404 404  200  200 200 200",
    ("vks-case-bundle-list", "post"): "      404 404 404 404  403  202 202 202",
    ("vks-case-access-list", "get"): "       404 404 404 404  403  403 200 403",
    ("vks-case-transfer-list", "get"): "     404 404 404 404  403  403 200 200",
    ("vks-case-transfer-list", "post"): "    404 404 404 404  403  403 200 200",
    # no office is below that of the case
    ("vks-case-trial-unit-list", "post"): "  404 404 404 404  403  403 400 403",
    # nobody here heads a department above
    ("vks-case-oversight-list", "post"): "   404 404 404 404  403  403 403 403",
    ("vks-temporary-access-list", "get"): "  200 200 200 200  200  200 200 200",
    ("vks-temporary-access-list", "post"): " 201 403 201 201  201  201 201 201",
    ("vks-temporary-access-approve", "post"): "404 404 404 404  404  404 200 200",
    ("vks-temporary-access-decline", "post"): "404 404 404 404  404  404 200 200",
    ("vks-temporary-access-end", "post"): "  404 404 404 404  404  404 200 200",
    ("vks-case-loan-list", "get"): "         404 404 404 404  200  200 200 200",
    ("vks-loan-list", "get"): "              200 200 200 200  200  200 200 200",
    ("vks-loan-list", "post"): "             201 403 201 201  201  201 201 201",
    ("vks-loan-detail", "get"): "            404 404 404 404  200  200 200 200",
    ("vks-loan-approve", "post"): "          404 404 404 404  403  403 200 403",
    ("vks-loan-deny", "post"): "             404 404 404 404  403  403 200 403",
    ("vks-loan-withdraw", "post"): "         404 404 404 404  403  403 403 403",
    # nobody has answered yet
    # it is an electronic one nobody has allowed
    ("vks-loan-revoke", "post"): "           404 404 404 404  409  409 409 409",
    ("vks-loan-slip", "get"): "              404 404 404 404  409  409 409 409",
    ("vks-loan-issue", "post"): "            404 404 404 404  409  409 409 409",
    ("vks-loan-give-back", "post"): "        404 404 404 404  409  409 409 409",
    ("vks-loan-settle", "post"): "           404 404 404 404  409  409 409 409",
    ("vks-loan-renew", "post"): "            404 404 404 404  409  409 409 409",
    ("vks-loan-answer-renewal", "post"): "   404 404 404 404  409  409 409 409",
    ("vks-restructuring-list", "get"): "     403 403 200 403  403  403 403 200",
    ("vks-restructuring-list", "post"): "    403 403 202 403  403  403 403 202",
    # there is none yet
    ("vks-restructuring-detail", "get"): "   403 403 404 403  403  403 403 404",
    ("vks-restructuring-resume", "post"): "  403 403 404 403  403  403 403 404",
    ("vks-restructuring-plan-list", "post"): " 403 403 202 403  403  403 403 202",
    ("vks-restructuring-plan-detail", "get"): " 403 403 404 403  403  403 403 404",
    ("vks-restructuring-plan-resume", "post"): " 403 403 404 403  403  403 403 404",
    # about oneself; about others: tests/api/test_explain.py
    ("vks-case-explain-list", "get"): "      404 404 404 404  200  200 200 200",
    ("vks-explain-list", "get"): "           200 200 200 200  200  200 200 200",
    ("vks-explain-table", "get"): "          200 200 200 200  200  200 200 200",
    ("vks-document-explain", "get"): "       404 404 404 404  404  200 200 200",
    ("vks-document-detail", "get"): "        404 404 404 404  404  200 200 200",
    ("vks-document-detail", "patch"): "      404 404 404 404  404  200 200 403",
    ("vks-document-file", "post"): "         404 404 404 404  404  201 404 404",
    ("vks-document-pages", "post"): "        404 404 404 404  404  200 200 403",
    # nobody signed this one
    ("vks-document-signatures", "get"): "    404 404 404 404  404  200 200 200",
    ("vks-document-signatures", "post"): "   404 404 404 404  404  409 409 403",
    # the file sent has no signature
    ("vks-document-signed", "post"): "       404 404 404 404  404  400 400 403",
    # no page of it waits for its words
    ("vks-document-recognition", "get"): "   404 404 404 404  404  200 200 200",
    ("vks-document-recognition", "post"): "  404 404 404 404  404  409 409 403",
    # an inventory lists the documents already
    ("vks-document-split", "post"): "        404 404 404 404  404  409 409 403",
    ("vks-document-merge", "post"): "        404 404 404 404  404  409 409 403",
    ("vks-intake-list", "get"): "            200 200 200 200  200  200 200 200",
    ("vks-intake-detail", "get"): "          404 404 404 404  404  200 404 404",
    ("vks-intake-retry", "post"): "          404 404 404 404  404  202 404 404",
    ("vks-intake-discard", "post"): "        404 404 404 404  404  204 404 404",
    ("vks-bundle-detail", "get"): "          404 404 404 404  404  200 200 200",
    ("vks-bundle-cancel", "post"): "         404 404 404 404  404  409 409 409",
    ("vks-bundle-go-on", "post"): "          404 404 404 404  404  409 409 409",
    ("vks-bundle-download", "get"): "        404 404 404 404  404  200 200 200",
    ("vks-case-redaction-list", "get"): "    404 404 404 404  200  200 200 200",
    ("vks-case-redaction-list", "post"): "   404 404 404 404  403  202 202 403",
    ("vks-case-redaction-work-list", "get"): "    404 404 404 404  200  200 200 200",
    ("vks-case-redaction-work-list", "post"): "   404 404 404 404  403  202 202 403",
    ("vks-redaction-work-detail", "get"): "  404 404 404 404  404  200 200 404",
    ("vks-redaction-work-cancel", "post"): " 404 404 404 404  404  200 200 404",
    ("vks-redaction-work-copies", "post"): " 404 404 404 404  404  202 202 404",
    # nothing failed
    ("vks-redaction-work-go-on", "post"): "  404 404 404 404  404  409 409 404",
    ("vks-redaction-detail", "get"): "       404 404 404 404  404  200 200 200",
    ("vks-redaction-read", "post"): "        404 404 404 404  404  200 200 403",
    ("vks-redaction-reading", "get"): "      404 404 404 404  404  200 200 403",
    # nobody read it
    ("vks-redaction-download", "get"): "     404 404 404 404  404  409 409 409",
    ("vks-case-presentation-list", "get"): " 404 404 404 404  403  200 200 200",
    ("vks-case-presentation-list", "post"): "404 404 404 404  403  201 201 403",
    ("vks-case-presentation-detail", "get"): "    404 404 404 404  403  200 200 200",
    ("vks-case-presentation-detail", "patch"): "  404 404 404 404  403  200 200 403",
    # a deck was made of it
    ("vks-case-presentation-detail", "delete"): " 404 404 404 404  403  409 409 403",
    ("vks-case-presentation-obstacles", "get"): " 404 404 404 404  403  200 200 200",
    ("vks-case-presentation-export", "post"): "   404 404 404 404  403  202 202 403",
    ("vks-case-presentation-slide-list", "get"): "404 404 404 404  403  200 200 200",
    ("vks-case-presentation-slide-list", "post"): "   404 404 404 404  403  201 201 403",
    ("vks-case-presentation-slide-detail", "patch"): "404 404 404 404  403  200 200 403",
    ("vks-case-presentation-slide-detail", "delete"): "404 404 404 404  403  204 204 403",
    ("vks-case-presentation-slide-drawing", "get"): " 404 404 404 404  403  200 200 200",
    ("vks-case-presentation-slide-move", "post"): "   404 404 404 404  403  204 204 403",
    # it shows no document: for a leader there is nothing to confirm
    ("vks-case-presentation-slide-confirm", "post"): "404 404 404 404  403  403 400 403",
    ("vks-case-video-list", "get"): "        404 404 404 404  403  200 200 200",
    # the file sent is no video
    ("vks-case-video-list", "post"): "       404 404 404 404  403  400 400 403",
    ("vks-case-video-detail", "delete"): "   404 404 404 404  403  204 204 403",
    ("vks-case-video-file", "get"): "        404 404 404 404  403  200 200 200",
    ("vks-case-mark-list", "get"): "         404 404 404 404  403  200 200 200",
    ("vks-case-mark-list", "post"): "        404 404 404 404  403  201 201 403",
    ("vks-case-mark-detail", "delete"): "    404 404 404 404  403  204 204 403",
    # who leads above has not composed it
    ("vks-deck-list", "get"): "              200 200 200 200  200  200 200 200",
    ("vks-deck-destroyed", "post"): "        404 404 404 404  404  200 200 403",
    ("vks-deck-detail", "get"): "            404 404 404 404  404  200 200 404",
    ("vks-deck-download", "get"): "          404 404 404 404  404  200 200 404",
    ("vks-deck-download", "post"): "         404 404 404 404  404  200 200 404",
    ("vks-court-session-list", "get"): "     200 200 200 200  200  200 200 200",
    ("vks-court-session-list", "post"): "    404 404 404 404  403  201 201 403",
    ("vks-court-session-detail", "get"): "   404 404 404 404  404  200 200 200",
    ("vks-court-session-detail", "patch"): " 404 404 404 404  404  200 200 403",
    ("vks-court-session-hold", "post"): "    404 404 404 404  404  200 200 403",
    ("vks-court-session-adjourn", "post"): " 404 404 404 404  404  200 200 403",
    ("vks-court-session-call-off", "post"): "404 404 404 404  404  200 200 403",
    ("vks-court-session-shown-log", "get"): "404 404 404 404  404  200 200 200",
    # no log
    ("vks-court-session-import-log", "post"): "404 404 404 404  404  400 400 403",
    # it was not held yet
    ("vks-court-session-outcome", "post"): " 404 404 404 404  404  409 409 403",
    ("vks-court-session-remarks", "post"): " 404 404 404 404  404  409 409 403",
    ("vks-unit-list", "get"): "              200 200 200 200  200  200 200 200",
    ("vks-unit-detail", "get"): "            200 200 200 200  200  200 200 200",
    ("vks-unit-list", "post"): "             403 403 201 403  403  403 403 201",
    ("vks-unit-detail", "patch"): "          403 403 200 403  403  403 403 200",
    # it has people
    ("vks-unit-end", "post"): "              403 403 409 403  403  403 403 409",
    ("vks-department-list", "get"): "        200 200 200 200  200  200 200 200",
    ("vks-department-list", "post"): "       403 403 201 403  403  403 403 201",
    ("vks-department-detail", "get"): "      200 200 200 200  200  200 200 200",
    ("vks-department-detail", "patch"): "    403 403 200 403  403  403 403 200",
    ("vks-department-end", "post"): "        403 403 200 403  403  403 403 200",
    ("vks-document-type-list", "get"): "     200 200 200 200  200  200 200 200",
    ("vks-document-type-detail", "get"): "   200 200 200 200  200  200 200 200",
    ("vks-reminder-list", "get"): "          200 200 200 200  200  200 200 200",
    ("vks-reminder-read", "post"): "         200 200 200 200  200  200 200 200",
    ("vks-kind-list", "get"): "              200 200 200 200  200  200 200 200",
    ("vks-kind-detail", "get"): "            200 200 200 200  200  200 200 200",
    ("vks-charge-suggest", "get"): "         200 200 200 200  200  200 200 200",
    ("vks-deadline-list", "get"): "          200 200 200 200  200  200 200 200",
    ("vks-calendar-day-list", "get"): "      200 200 200 200  200  200 200 200",
    ("vks-calendar-day-detail", "put"): "    403 403 200 403  403  403 403 403",
    ("vks-calendar-day-detail", "delete"): " 403 403 204 403  403  403 403 403",
    ("vks-access-log-list", "get"): "        403 403 403 403  403  403 200 200",
    ("vks-access-log-export-list", "get"): " 403 403 403 403  403  403 200 200",
    ("vks-appointment-list", "get"): "       200 200 200 200  200  200 200 200",
    ("vks-appointment-list", "post"): "      403 403 201 403  403  403 201 201",
    ("vks-appointment-end", "post"): "       404 404 200 403  403  403 200 200",
}

# every part of the record alike
OF_A_PART = {
    ("list", "get"): "                       404 404 404 404  403  200 200 200",
    ("list", "post"): "                      404 404 404 404  403  201 201 403",
    ("detail", "get"): "                     404 404 404 404  403  200 200 200",
    ("detail", "patch"): "                   404 404 404 404  403  200 200 403",
    ("detail", "delete"): "                  404 404 404 404  403  204 204 403",
}
PARTS = ("accused", "people", "charges", "measures", "exhibits", "withheld", "relations", "volumes")
TABLE |= {(f"vks-case-{part}-{kind}", method): row for part in PARTS for (kind, method), row in OF_A_PART.items()}

# how many rows of the case's own things each asker finds in a list
COUNTS = {
    "vks-case-list": "                         0   0   0   0    1    1   1   1",
    "vks-explain-list": "                      0   0   0   0    1    1   1   1",
    "vks-temporary-access-list": "             0   0   0   0    0    0   1   1",
    "vks-loan-list": "                         0   0   0   0    1    0   1   0",
    "vks-case-copy-list": "                    -   -   -   -    0    0   0   0",
    "vks-case-custody-timeline": "             -   -   -   -    0    0   0   0",
    "vks-custody-list": "                      0   0   0   0    0    0   0   0",
    "vks-custody-left": "                      0   0   0   0    0    0   0   0",
    "vks-register-detail": "                   -   -   -   -    1    -   1   -",
    "vks-case-loan-list": "                    -   -   -   -    1    1   1   1",
    "vks-case-import-list": "                  0   0   0   0    0    0   1   0",
    "vks-case-import-rows": "                  -   -   -   -    -    -   1   -",
    "vks-saved-filter-list": "                 0   0   0   0    0    0   1   0",
    "vks-case-document-list": "                -   -   -   -    0    5   5   5",
    "vks-case-folio-list": "                   -   -   -   -    0    6   6   6",
    "vks-case-inventory-list": "               -   -   -   -    -    1   1   1",
    "vks-case-digitisation-list": "            -   -   -   -    -    1   1   1",
    "vks-digitisation-list": "                 0   0   0   0    1    1   1   1",
    "vks-case-bundle-list": "                  -   -   -   -    0    1   1   1",
    "vks-case-redaction-list": "               -   -   -   -    0    1   1   1",
    "vks-case-redaction-work-list": "          -   -   -   -    0    1   1   0",
    "vks-case-hand-over-list": "               -   -   -   -    1    1   1   1",
    "vks-hand-over-list": "                    0   0   0   0    1    1   1   1",
    "vks-deck-list": "                         0   0   0   0    0    0   0   0",
    "vks-court-session-list": "                0   0   0   0    0    1   1   1",
    "vks-intake-list": "                       0   0   0   0    0    1   0   0",
    "vks-accession-list": "                    0   0   0   0    0    0   0   0",
    "vks-disposal-list": "                     0   0   0   0    0    0   0   0",
    "vks-fixity-alarm-list": "                 0   0   0   0    0    0   0   0",
    "vks-fixity-run-list": "                   0   0   0   0    0    0   0   0",
    "vks-archive-due-list": "                  0   0   0   0    0    0   0   0",
    "vks-archive-lapsed-list": "               0   0   0   0    0    0   0   0",
    "vks-case-hold-list": "                    -   -   -   -    -    0   0   0",
    "vks-deadline-list": "                     0   0   0   0    0    3   3   3",
    "vks-case-event-list": "                   -   -   -   -    -    2   2   2",
    "vks-case-accused-list": "                 -   -   -   -    -    3   3   3",
    "vks-case-people-list": "                  -   -   -   -    -    1   1   1",
    "vks-case-charges-list": "                 -   -   -   -    -    1   1   1",
    "vks-case-measures-list": "                -   -   -   -    -    1   1   1",
    "vks-case-exhibits-list": "                -   -   -   -    -    1   1   1",
    "vks-case-withheld-list": "                -   -   -   -    -    1   1   1",
    "vks-case-relations-list": "               -   -   -   -    -    1   1   1",
    "vks-case-volumes-list": "                 -   -   -   -    -    1   1   1",
}


MADE = (
    "post vks-saved-filter-list",
    "post vks-case-import-list",
    "post vks-temporary-access-list",
    "post vks-case-copy-list",
    "post vks-loan-list",
    "post vks-restructuring-list",
    "post vks-restructuring-plan-list",
    "post vks-department-list",
)
"""Requests whose answer tells a new id, or the moment."""


_WITH_FILES = frozenset(
    {
        "vks-case-upload-list",
        "vks-case-import-list",
        "vks-court-session-import-log",
        "vks-document-signed",
        "vks-case-video-list",
    }
)


class Addresses:
    """The addresses and the request bodies of a run through the table; made up where nothing exists."""

    def __init__(self, found: Everything | None, appointment: int, assignment: int) -> None:
        code = found.filed.case.code if found is not None else "HS-QN-KV1-2026-0001"
        document = found.filed.host_ids[0] if found is not None else 1
        unfiled = found.unfiled.pk if found is not None else 5
        item = found.failed.pk if found is not None else "6f9d6f0e-3c39-4f0e-8a5e-0d1f6f0f5a11"
        bundle = found.bundle.pk if found is not None else "0b0de1e2-7f0c-4d8e-9f43-51f3a5d1c0de"
        event = found.record["measures"].event_id if found is not None else 1
        lent = Loan.objects.order_by("pk").values_list("pk", flat=True).first() or 1
        batch = found.batch.pk if found is not None else 1
        of_case = f"/api/vks/cases/{code}/"
        handed = found.handed.pk if found is not None else 1
        self.code = code
        second = found.filed.documents[1] if found is not None else None
        self.next = {
            "other": second.document_id if second is not None else 2,
            "seen_other": second.sha256 if second is not None else "0" * 64,
        }
        self.checksum = found.filed.documents[0].sha256 if found is not None else "0" * 64
        tried = CaseImport.objects.order_by("pk").values_list("pk", flat=True).first() or 1
        asked = TemporaryAccess.objects.order_by("pk").values_list("pk", flat=True).first() or 1
        kept = SavedFilter.objects.order_by("pk").values_list("pk", flat=True).first() or 1
        self.path = {
            "vks-root": "/api/vks/",
            "vks-case-list": "/api/vks/cases/",
            "vks-case-export-list": "/api/vks/cases/export/",
            "vks-case-import-list": "/api/vks/case-imports/",
            "vks-case-import-detail": f"/api/vks/case-imports/{tried}/",
            "vks-case-import-rows": f"/api/vks/case-imports/{tried}/rows/",
            "vks-case-import-load": f"/api/vks/case-imports/{tried}/load/",
            "vks-case-import-discard": f"/api/vks/case-imports/{tried}/discard/",
            "vks-saved-filter-list": "/api/vks/saved-filters/",
            "vks-saved-filter-detail": f"/api/vks/saved-filters/{kept}/",
            "vks-case-detail": of_case,
            "vks-case-document-list": f"{of_case}documents/",
            "vks-case-folio-list": f"{of_case}folios/",
            "vks-case-folio-origin-detail": f"{of_case}folio-origins/1/",
            "vks-case-upload-list": f"{of_case}upload/",
            "vks-case-assignment-list": f"{of_case}assignments/",
            "vks-case-assignment-end": f"{of_case}assignments/{assignment}/end/",
            "vks-case-bundle-list": f"{of_case}bundles/",
            "vks-case-access-list": f"{of_case}access/",
            "vks-case-transfer-list": f"{of_case}transfer/?to=QN-KV3",
            "vks-case-trial-unit-list": f"{of_case}trial-unit/",
            "vks-case-oversight-list": f"{of_case}oversight/",
            "vks-temporary-access-list": "/api/vks/temporary-access/",
            "vks-temporary-access-approve": f"/api/vks/temporary-access/{asked}/approve/",
            "vks-temporary-access-decline": f"/api/vks/temporary-access/{asked}/decline/",
            "vks-temporary-access-end": f"/api/vks/temporary-access/{asked}/end/",
            "vks-case-loan-list": f"{of_case}loans/",
            "vks-loan-list": "/api/vks/loans/",
            "vks-loan-detail": f"/api/vks/loans/{lent}/",
            "vks-loan-give-back": f"/api/vks/loans/{lent}/return/",
            **{
                f"vks-loan-{act}": f"/api/vks/loans/{lent}/{act}/"
                for act in ("approve", "deny", "withdraw", "revoke", "issue", "settle", "renew", "answer-renewal")
            },
            "vks-restructuring-list": "/api/vks/restructurings/",
            "vks-restructuring-detail": "/api/vks/restructurings/1/",
            "vks-restructuring-resume": "/api/vks/restructurings/1/resume/",
            "vks-restructuring-plan-list": "/api/vks/restructurings/plans/",
            "vks-restructuring-plan-detail": "/api/vks/restructurings/plans/1/",
            "vks-restructuring-plan-resume": "/api/vks/restructurings/plans/1/resume/",
            "vks-case-explain-list": f"{of_case}explain/",
            "vks-explain-list": "/api/vks/explain/",
            "vks-explain-table": "/api/vks/explain/table/",
            "vks-document-explain": f"/api/vks/documents/{document}/explain/",
            "vks-document-detail": f"/api/vks/documents/{document}/",
            "vks-document-file": f"/api/vks/documents/{unfiled}/file/",
            "vks-document-pages": f"/api/vks/documents/{document}/pages/",
            "vks-document-recognition": f"/api/vks/documents/{document}/recognition/",
            "vks-document-signatures": f"/api/vks/documents/{document}/signatures/",
            "vks-document-signed": f"/api/vks/documents/{document}/signed/",
            "vks-document-split": f"/api/vks/documents/{document}/split/",
            "vks-document-merge": f"/api/vks/documents/{document}/merge/",
            "vks-intake-list": "/api/vks/intake/",
            "vks-intake-detail": f"/api/vks/intake/{item}/",
            "vks-intake-retry": f"/api/vks/intake/{item}/retry/",
            "vks-intake-discard": f"/api/vks/intake/{item}/discard/",
            "vks-bundle-detail": f"/api/vks/bundles/{bundle}/",
            "vks-bundle-cancel": f"/api/vks/bundles/{bundle}/cancel/",
            "vks-bundle-go-on": f"/api/vks/bundles/{bundle}/go-on/",
            "vks-bundle-download": f"/api/vks/bundles/{bundle}/download/",
            "vks-unit-list": "/api/vks/units/",
            "vks-unit-detail": "/api/vks/units/QN-KV1/",
            "vks-unit-end": "/api/vks/units/QN-KV3/end/",
            "vks-department-list": "/api/vks/departments/",
            "vks-department-detail": f"/api/vks/departments/{Department.objects.get(code='P1').pk}/",
            "vks-department-end": f"/api/vks/departments/{Department.objects.get(code='P1').pk}/end/",
            "vks-document-type-list": "/api/vks/document-types/",
            "vks-document-type-detail": "/api/vks/document-types/QDKTVA/",
            "vks-access-log-list": "/api/vks/access-log/",
            "vks-access-log-export-list": "/api/vks/access-log/export/",
            "vks-appointment-list": "/api/vks/appointments/",
            "vks-reminder-list": "/api/vks/reminders/",
            "vks-reminder-read": "/api/vks/reminders/read/",
            "vks-appointment-end": f"/api/vks/appointments/{appointment}/end/",
            "vks-case-event-list": f"{of_case}events/",
            "vks-case-event-detail": f"{of_case}events/{event}/",
            "vks-case-event-withdraw": f"{of_case}events/{event}/withdraw/",
            "vks-case-possible-event-list": f"{of_case}possible-events/",
            "vks-case-deadline-list": f"{of_case}deadlines/",
            "vks-case-history-list": f"{of_case}history/",
            "vks-case-ledger-list": f"{of_case}ledger/",
            "vks-ledger-list": "/api/vks/ledger/",
            "vks-case-hand-over-list": f"{of_case}hand-overs/",
            "vks-case-hand-over-people": f"{of_case}hand-overs/people/?part=hsks",
            "vks-case-copy-list": f"{of_case}copies/",
            **{
                f"vks-case-copy-{act}": f"{of_case}copies/9999/{act}/"
                for act in ("approve", "deny", "issue", "paper", "withdraw")
            },
            "vks-case-custody-list": f"{of_case}custody/",
            **{
                f"vks-case-custody-{act}": f"{of_case}custody/{act}/"
                for act in ("timeline", "labels", "keeper", "passed-on")
            },
            "vks-custody-list": "/api/vks/custody/",
            **{f"vks-custody-{name}": f"/api/vks/custody/{name}/" for name in ("summary", "left")},
            "vks-register-list": "/api/vks/registers/",
            "vks-register-detail": "/api/vks/registers/giao-nhan/?unit=QN-KV1",
            "vks-register-file": "/api/vks/registers/giao-nhan/file/?unit=QN-KV1&format=xlsx",
            "vks-case-document-page-detail": f"{of_case}documents/{document}/pages/1/",
            "vks-case-document-page-picture": f"{of_case}documents/{document}/pages/1/picture/",
            "vks-case-ledger-proof": f"{of_case}ledger/0/proof/",
            "vks-case-ledger-export": f"{of_case}ledger/export/",
            "vks-ledger-checkpoint-file": "/api/vks/ledger-checkpoints/1/file/",
            "vks-archive-hold-list": "/api/vks/archive/holds/",
            "vks-loan-slip": f"/api/vks/loans/{lent}/slip/",
            "vks-hand-over-list": "/api/vks/hand-overs/",
            "vks-hand-over-detail": f"/api/vks/hand-overs/{handed}/",
            "vks-hand-over-file": f"/api/vks/hand-overs/{handed}/file/?format=docx",
            **{
                f"vks-hand-over-{act}": f"/api/vks/hand-overs/{handed}/{act}/"
                for act in ("send", "accept", "reject", "cancel", "attach", "settle", "find", "take")
            },
            "vks-hand-over-record-list": f"/api/vks/hand-overs/{handed}/record/",
            "vks-ledger-checkpoint-list": "/api/vks/ledger-checkpoints/",
            "vks-ledger-checkpoint-continuation": "/api/vks/ledger-checkpoints/1/continuation/",
            **{f"vks-ledger-{act}": f"/api/vks/ledger/{act}/" for act in ("standing", "restored", "heads")},
            "vks-ledger-program": "/api/vks/ledger/verifier/",
            "vks-case-retention-list": f"{of_case}retention/",
            "vks-case-tombstone-list": f"{of_case}tombstone/",
            "vks-case-hold-list": f"{of_case}holds/",
            "vks-case-hold-end": f"{of_case}holds/9999/end/",
            "vks-accession-list": "/api/vks/accessions/",
            "vks-accession-detail": "/api/vks/accessions/9999/",
            "vks-accession-paper": "/api/vks/accessions/9999/papers/list/",
            "vks-accession-package": f"/api/vks/accessions/9999/cases/{self.code}/package/",
            "vks-disposal-list": "/api/vks/disposals/",
            "vks-disposal-detail": "/api/vks/disposals/9999/",
            "vks-disposal-paper": "/api/vks/disposals/9999/papers/list/",
            **{f"vks-accession-{act}": f"/api/vks/accessions/9999/{act}/" for act in ("accept", "cancel", "retry")},
            **{
                f"vks-disposal-{act}": f"/api/vks/disposals/9999/{act}/"
                for act in ("approve", "attach", "cancel", "close", "deny", "execute", "record", "submit")
            },
            "vks-fixity-alarm-list": "/api/vks/fixity-alarms/",
            "vks-fixity-alarm-close": "/api/vks/fixity-alarms/9999/close/",
            "vks-fixity-run-list": "/api/vks/fixity-runs/",
            "vks-fixity-run-detail": "/api/vks/fixity-runs/9999/",
            "vks-fixity-run-alarms": "/api/vks/fixity-runs/9999/alarms/",
            "vks-fixity-run-stop": "/api/vks/fixity-runs/9999/stop/",
            "vks-archive-due-list": "/api/vks/archive/due/",
            "vks-archive-lapsed-list": "/api/vks/archive/lapsed/",
            "vks-retention-rule-list": "/api/vks/retention-rules/",
            "vks-retention-rule-detail": "/api/vks/retention-rules/9999/",
            "vks-case-digitisation-list": f"{of_case}digitisation/",
            **{
                f"vks-case-digitisation-{name}": f"{of_case}digitisation/{batch}/{name}/".replace("detail/", "")
                for name in ("detail", "steps", "move", "findings", "resolve", "seal", "manifest", "record")
            },
            "vks-digitisation-list": "/api/vks/digitisation/",
            "vks-digitisation-throughput": "/api/vks/digitisation/throughput/",
            "vks-case-findings-list": f"{of_case}findings/",
            "vks-case-related-list": f"{of_case}related/",
            "vks-case-become-list": f"{of_case}become/",
            "vks-case-merge-list": f"{of_case}merge/",
            "vks-case-split-list": f"{of_case}split/",
            "vks-case-appeal-list": f"{of_case}appeal/",
            "vks-kind-list": "/api/vks/kinds/",
            "vks-kind-detail": "/api/vks/kinds/criminal/",
            "vks-charge-suggest": "/api/vks/charges/suggest/?q=173.2",
            "vks-deadline-list": "/api/vks/deadlines/",
            "vks-calendar-day-list": "/api/vks/calendar-days/",
            "vks-calendar-day-detail": f"/api/vks/calendar-days/{DAY_BY_DECREE}/",
        }
        slide = found.presentation.slides.get().pk if found is not None else 1
        deck = found.deck.pk if found is not None else "0b0de1e2-7f0c-4d8e-9f43-51f3a5d1c0df"
        video = found.video.pk if found is not None else "0b0de1e2-7f0c-4d8e-9f43-51f3a5d1c0d0"
        mark = found.mark.pk if found is not None else 1
        copy = found.redaction.pk if found is not None else "0b0de1e2-7f0c-4d8e-9f43-51f3a5d1c0d2"
        work = found.redaction_work.pk if found is not None else "0b0de1e2-7f0c-4d8e-9f43-51f3a5d1c0d1"
        self.copied = found.redaction.sha256 if found is not None else "0" * 64
        presentation = f"{of_case}presentations/1/"
        planned = CourtSession.objects.order_by("pk").values_list("pk", flat=True).first() or 1
        self.path |= {
            "vks-court-session-list": "/api/vks/court-sessions/",
            "vks-court-session-detail": f"/api/vks/court-sessions/{planned}/",
            **{
                f"vks-court-session-{act}": f"/api/vks/court-sessions/{planned}/{act}/"
                for act in ("hold", "adjourn", "call-off", "outcome", "remarks", "import-log")
            },
            "vks-case-redaction-list": f"{of_case}redactions/",
            "vks-case-redaction-work-list": f"{of_case}redaction-works/",
            "vks-redaction-work-detail": f"/api/vks/redaction-works/{work}/",
            "vks-redaction-work-cancel": f"/api/vks/redaction-works/{work}/cancel/",
            "vks-redaction-work-copies": f"/api/vks/redaction-works/{work}/copies/",
            "vks-redaction-work-go-on": f"/api/vks/redaction-works/{work}/go-on/",
            "vks-redaction-detail": f"/api/vks/redactions/{copy}/",
            "vks-redaction-read": f"/api/vks/redactions/{copy}/read/",
            "vks-redaction-reading": f"/api/vks/redactions/{copy}/reading/",
            "vks-redaction-download": f"/api/vks/redactions/{copy}/download/",
            "vks-case-video-list": f"{of_case}videos/",
            "vks-case-video-detail": f"{of_case}videos/{video}/",
            "vks-case-video-file": f"{of_case}videos/{video}/file/",
            "vks-case-presentation-list": f"{of_case}presentations/",
            "vks-case-presentation-detail": presentation,
            "vks-case-presentation-obstacles": f"{presentation}obstacles/",
            "vks-case-presentation-export": f"{presentation}export/",
            "vks-case-presentation-slide-list": f"{presentation}slides/",
            "vks-case-presentation-slide-detail": f"{presentation}slides/{slide}/",
            "vks-case-presentation-slide-drawing": f"{presentation}slides/{slide}/drawing/",
            "vks-case-presentation-slide-move": f"{presentation}slides/{slide}/move/",
            "vks-case-presentation-slide-confirm": f"{presentation}slides/{slide}/confirm/",
            "vks-case-mark-list": f"{of_case}marks/",
            "vks-case-mark-detail": f"{of_case}marks/{mark}/",
            "vks-deck-list": "/api/vks/decks/",
            "vks-deck-destroyed": f"/api/vks/decks/{deck}/destroyed/",
            "vks-court-session-shown-log": f"/api/vks/court-sessions/{planned}/shown/",
            "vks-deck-detail": f"/api/vks/decks/{deck}/",
            "vks-deck-download": f"/api/vks/decks/{deck}/download/",
        }
        self.loose = found.loose.document_id if found is not None else 6
        self.numbered = document
        for name in ("report", "explanation", "stamp", "page", "correction"):
            plural = name if name == "report" else f"{name}s"
            self.path[f"vks-case-folio-{name}-list"] = f"{of_case}folio-{plural}/"
        self.path |= {
            "vks-case-number-folios-list": f"{of_case}number-folios/",
            "vks-case-volume-proposal-list": f"{of_case}volume-proposal/",
            "vks-case-inventory-list": f"{of_case}inventories/",
            "vks-case-inventory-detail": f"{of_case}inventories/1/",
            "vks-case-inventory-file": f"{of_case}inventories/1/file/?format=docx",
            "vks-folio-profile-list": "/api/vks/folio-profiles/",
        }
        self.accused = found.record["measures"].accused_id if found is not None else 1
        for part in PARTS:
            row = found.record[part].pk if found is not None else 1
            self.path[f"vks-case-{part}-list"] = f"{of_case}{part}/"
            self.path[f"vks-case-{part}-detail"] = f"{of_case}{part}/{row}/"
        self.path["vks-case-charges-replace"] = f"{self.path['vks-case-charges-detail']}replace/"

    def body(self, name: str, method: str = "post") -> dict[str, Any]:
        """Return a body that would be accepted from somebody who may."""
        if method == "delete" and "calendar" not in name:
            return {"reason": "Nhập nhầm"}
        if name == "vks-case-charges-replace":
            return {"text": "173.3", "charged_on": "2026-05-04"}
        part = name.removeprefix("vks-case-").partition("-")[0]
        if part in PARTS and method == "patch":
            own = {
                "measures": {"decision_no": "9"},
                "accused": {"occupation": "Tự do"},
                "withheld": {"kept_at": "Két số 9"},
            }
            return own.get(part, {"note": "Sửa"})
        if part in PARTS:
            return new_row(part, self.accused)
        if name == "vks-case-detail":
            return {"note": "Sửa"}
        shown: dict[str, dict[str, Any]] = {
            "vks-case-presentation-list": {"title": "Bài mới"},
            "vks-case-presentation-detail": {"title": "Bài khác"},
            "vks-case-presentation-export": {"format": "pdf"},
            "vks-case-presentation-slide-list": {"kind": "noi_dung", "text": "BL 1"},
            "vks-case-presentation-slide-detail": {"title": "Sơ đồ khác"},
            "vks-case-presentation-slide-move": {"to": 1},
            "vks-case-mark-list": {"document": self.numbered, "page": 1, "area": [0.1, 0.1, 0.2, 0.2]},
            "vks-case-redaction-work-list": {"terms": ["Nguyễn Văn Ánh"]},
            "vks-redaction-read": {"sha256": self.copied},
        }
        frame = {"page": 1, "left": 50, "top": 50, "right": 300, "bottom": 90}
        framed = {"documents": [{"document": self.numbered, "frames": [frame]}], "ground": "bao_ve"}
        shown |= {"vks-case-redaction-list": framed, "vks-redaction-work-copies": framed}
        if name in shown:
            return shown[name]
        bodies: dict[str, dict[str, Any]] = {
            "vks-court-session-list": {"case": self.code, "court": "Tòa án", "starts_on": f"{timezone.localdate()}"},
            "vks-court-session-detail": {"venue": "Phòng xử số 2"},
            "vks-court-session-adjourn": {"reason": "Vắng người bào chữa"},
            "vks-court-session-call-off": {"reason": "Trả hồ sơ"},
            "vks-court-session-outcome": {"outcome": "Tuyên án", "outcome_on": f"{timezone.localdate()}"},
            "vks-court-session-import-log": {"file": SimpleUploadedFile("nhat-ky.json", b"{}")},
            "vks-case-video-list": {"document": self.numbered, "file": SimpleUploadedFile("a.mp4", b"x" * 90)},
            "vks-deck-download": {"password": "thuyen co lua-7 nui"},
            "vks-deck-destroyed": {"destroyed_on": f"{timezone.localdate()}", "copies": "USB số 2"},
            "vks-court-session-remarks": {"remarks": "Tốt"},
            "vks-accession-list": {"cases": [self.code]},
            "vks-fixity-run-list": {"case": self.code},
            "vks-ledger-restored": {"seen": "0", "reason": "Phục hồi từ bản sao lưu"},
            "vks-ledger-heads": {"seen": "0", "reason": "Ổ đĩa hỏng"},
            "vks-disposal-list": {"cases": [self.code], "reason": "Hết thời hạn bảo quản, không còn giá trị"},
            "vks-case-hold-list": {"ground": "khieu_nai", "reason": "Đang giải quyết khiếu nại"},
            "vks-case-hold-end": {"reason": "Đã giải quyết xong"},
            "vks-retention-rule-detail": {"term": "vinh_vien", "source": "Bảng số 1", "reason": "Theo bảng mới"},
            "vks-case-hand-over-list": {
                "part": "hsks",
                "direction": "noi_bo",
                "reason": "nghien_cuu",
                "person": "prosecutor_kv1",
            },
            "vks-hand-over-accept": {
                "documents_complete": True,
                "exhibits_complete": True,
                "served": True,
                "awaits_paper": True,
            },
            "vks-case-custody-keeper": {"part": "hsks", "since": "2026-03-02"},
            "vks-case-custody-passed-on": {
                "giver": "Tòa án nhân dân khu vực 1",
                "agency": "Tòa án nhân dân tỉnh Quảng Ninh",
                "happened_at": "2026-03-02T08:00:00+07:00",
                "known_from": "Công văn số 12/TA",
            },
            "vks-hand-over-detail": {"note": "Hai tập"},
            "vks-hand-over-reject": {"missing": "Thiếu tập 2"},
            "vks-hand-over-cancel": {"reason": "Giao nhầm"},
            "vks-hand-over-attach": {"signed_paper": 1},
            "vks-hand-over-settle": {"volumes": [1], "outcome": "that_lac", "reason": "Công văn số 12 báo thất lạc"},
            "vks-hand-over-find": {"volumes": [1], "reason": "Đã thấy ở kho của đơn vị"},
            "vks-case-import-list": {"unit": "QN-KV1", "file": SimpleUploadedFile("ds.csv", b"x")},
            "vks-saved-filter-list": {"name": "Án trộm", "query": "q=trom"},
            "vks-case-list": {
                "unit": "QN-KV1",
                "name": "Vụ mới",
                "init_decision_no": "900/QĐ",
                "init_decision_date": "2026-05-04",
                "init_decision_agency": "Công an tỉnh",
            },
            "vks-case-upload-list": {
                "document_type": "CT",
                "file": SimpleUploadedFile("cáo trạng.pdf", kept_pdf(1, "Cáo trạng"), "application/pdf"),
            },
            "vks-case-event-list": {"event": "ket_luan_dieu_tra", "happened_on": "2026-03-10", "number": "5/KL"},
            "vks-case-event-withdraw": {"reason": "Nhập nhầm"},
            "vks-calendar-day-detail": {"is_day_off": True, "note": "Theo quyết định"},
            "vks-case-assignment-list": {"user": "inspector_kv1", "role": "inspector"},
            "vks-case-transfer-list": {"to": "QN-KV3", "decision": "12/QĐ-VKS"},
            "vks-case-trial-unit-list": {"unit": "QN-KV3", "decision": "12/QĐ-VKS"},
            "vks-case-oversight-list": {"reason": WHY},
            "vks-temporary-access-list": {"case": self.code, "reason": WHY, "hours": 2},
            "vks-case-copy-list": {
                "kind": "copy",
                "content": "Bút lục 1 đến 2",
                "copies": "1",
                "pages": "2",
                "receiver_name": "Lê Văn Nhận",
                "purpose": WHY,
            },
            "vks-case-copy-deny": {"reason": WHY},
            "vks-case-copy-issue": {"copies": 1, "pages": 2},
            "vks-loan-list": {
                "case": self.code,
                "form": "paper",
                "until": f"{timezone.localdate()}",
                "purpose": WHY,
            },
            "vks-loan-deny": {"reason": WHY},
            "vks-loan-revoke": {"reason": WHY},
            "vks-loan-issue": {"volume_count": 1, "folio_count": 6},
            "vks-loan-give-back": {"volume_count": 1, "folio_count": 6},
            "vks-loan-settle": {"found": True, "note": WHY},
            "vks-loan-renew": {"until": f"{timezone.localdate()}", "reason": WHY},
            "vks-loan-answer-renewal": {"granted": True},
            "vks-restructuring-list": {
                "predecessors": ["QN-KV1"],
                "successor": "QN-KV3",
                "effective_date": f"{timezone.localdate()}",
                "decision": "12/QĐ-VKS",
            },
            "vks-restructuring-plan-list": {
                "plan": [{"predecessor": "QN-KV1", "successor": "QN-KV3"}],
                "effective_date": f"{timezone.localdate()}",
                "decision": "12/QĐ-VKS",
            },
            "vks-case-digitisation-list": {"part": "hsks"},
            "vks-case-digitisation-steps": {"step": "tiep_nhan", "pages": 6},
            "vks-case-digitisation-move": {"move": "start"},
            "vks-case-digitisation-findings": {"document": self.numbered, "kind": "mo"},
            "vks-case-digitisation-resolve": {"finding": 1},
            "vks-case-become-list": {
                "init_decision_no": "901/QĐ",
                "init_decision_date": "2026-05-04",
                "init_decision_agency": "Công an tỉnh",
            },
            "vks-case-merge-list": {"target": self.code, "decision_no": "902/QĐ", "decided_on": "2026-05-04"},
            "vks-case-split-list": {
                "decision_no": "903/QĐ",
                "decided_on": "2026-05-04",
                "agency": "Công an tỉnh",
                "name": "Vụ tách",
            },
            "vks-case-folio-list": {"label": "6a", "document": self.loose, "page": 1, "text": "Bỏ sót."},
            "vks-case-folio-explanation-list": {"finding": "gap", "folio_from": 7, "folio_to": 9, "text": "Đánh nhầm."},
            "vks-case-folio-stamp-list": {"document": self.loose, "pages": [1], "profile": "VKS-KSDT"},
            "vks-case-folio-page-list": {"document": self.numbered, "pages": [1, 2]},
            "vks-case-folio-correction-list": {"first": "6", "right": "7", "text": "Gõ nhầm."},
            "vks-case-number-folios-list": {"profile": "VKS-TRUYTO"},
            "vks-case-volume-proposal-list": {"volumes": [{"folio_from": 1, "folio_to": 6}]},
            "vks-document-detail": {"title": "Tên đã sửa"},
            "vks-document-pages": {"seen": self.checksum, "pages": [{"page": 1}, {"page": 2, "turn": 90}]},
            "vks-document-signed": {
                "seen": self.checksum,
                "file": SimpleUploadedFile("ký.pdf", kept_pdf(2, "Chưa ký"), "application/pdf"),
            },
            "vks-document-split": {"seen": self.checksum, "after": 1, "title": "Phần sau"},
            "vks-document-merge": {"seen": self.checksum, **self.next},
            "vks-document-file": {"case": self.code, "document_type": "BBHC"},
            "vks-appointment-list": {"user": "outsider", "unit": "QN-KV1", "role": "specialist"},
            "vks-unit-list": {
                "code": "QN-KV9",
                "name": "Viện kiểm sát nhân dân khu vực 9",
                "short_name": "VKSND khu vực 9",
                "kind": "regional",
                "parent": "QN",
                "valid_from": "2026-01-01",
            },
            "vks-unit-detail": {"name": "Viện kiểm sát nhân dân khu vực 1"},
            "vks-unit-end": {"gone_from": f"{timezone.localdate()}"},
            "vks-department-list": {"unit": "QN-KV1", "code": "BP1", "name": "Bộ phận 1"},
            "vks-department-detail": {"name": "Phòng một"},
            "vks-department-end": {"gone_from": f"{timezone.localdate()}"},
        }
        return bodies.get(name, {})

    def ask(self, client: APIClient, name: str, method: str) -> Any:
        """Send one request of the table."""
        form = "multipart" if name in _WITH_FILES else "json"
        if method == "get":
            return client.get(self.path[name])
        send: Callable[..., Any] = getattr(client, method)
        return send(self.path[name], self.body(name, method), format=form)


@pytest.fixture(autouse=True)
def _calendar(db: None) -> None:
    CalendarDay.objects.create(day=DAY_BY_DECREE, is_day_off=False)


def routes() -> set[tuple[str, str]]:
    """Return every route of the API with each of its methods."""
    found = set()
    for pattern in cast("list[URLPattern]", router.urls):
        methods = getattr(pattern.callback, "actions", None) or {"get": "get"}
        # the framework adds HEAD to what answers GET, at the first request
        found |= {(str(pattern.name), method) for method in methods if method != "head"}
    return found


def _appointment() -> int:
    return Appointment.objects.get(user__username="inspector_kv1").pk


def _said(response: Any) -> Any:
    """Return what an answer tells, however it is sent."""
    attached = "attachment" in response.get("Content-Disposition", "")
    if getattr(response, "streaming", False) or attached or response.get("Content-Type") == "image/jpeg":
        return "a file"
    return response.json() if response.content else ""


def test_a_snapshot_tells_what_was_written_by_whatever_way(case: Any, snapshot: Callable[[], Snapshot]) -> None:
    """Else a refusal that changes something would not be noticed below."""
    before = snapshot()
    rows = CaseFile.objects.filter(pk=case.pk)
    with transaction.atomic():
        rows.update(note="Có ghi")
        assert snapshot() != before
        transaction.set_rollback(True)
    assert snapshot() == before
    with transaction.atomic():
        with transaction.atomic():
            rows.update(note="Ghi rồi lấy lại")
            transaction.set_rollback(True)
        assert snapshot() == before
    # past Django, as the ledger is
    with connection.cursor() as cursor:
        cursor.connection.execute(f"UPDATE vks_case_file SET note = 'Ghi thẳng' WHERE id = {case.pk}")
    assert snapshot() != before


def test_every_route_has_a_row() -> None:
    assert set(TABLE) == routes()


def _as_the_table_says(
    asker: str, client: APIClient, addresses: Addresses, snapshot: Callable[[], Snapshot]
) -> dict[str, tuple[int, str]]:
    """Ask for everything as this person, see that the table is right, and return what was told."""
    column = ASKERS.index(asker)
    before = snapshot()
    wrong = []
    told = {}
    for (name, method), row in TABLE.items():
        with transaction.atomic():
            response = addresses.ask(client, name, method)
            expected = int(row.split()[column])
            said = _said(response)
            told[f"{method} {name}"] = (response.status_code, json.dumps(said, ensure_ascii=False))
            if response.status_code != expected:
                wrong.append((name, method, expected, response.status_code, said))
            if response.status_code >= 400:
                assert set(response.json()) <= {"detail", "field"}, (name, method)
                assert snapshot() == before, f"{method} {name} was refused but changed something"
            counted = COUNTS.get(name, "").split()
            if method == "get" and counted and counted[column] != "-":
                assert response.json()["count"] == int(counted[column]), name
            transaction.set_rollback(True)
        for path in {path for path, _size in stored_files()} - {path for path, _size in before["files"]}:
            # an upload whose rows were rolled back
            Path(path).unlink()
    assert wrong == []
    return told


@pytest.mark.every_address
@pytest.mark.parametrize("asker", [each for each in ASKERS if each not in STRANGERS])
def test_each_asker_gets_what_the_table_says(
    asker: str,
    everything: Everything,
    as_person: Callable[[str], APIClient],
    snapshot: Callable[[], Snapshot],
) -> None:
    addresses = Addresses(everything, _appointment(), Assignment.objects.get().pk)
    _as_the_table_says(asker, as_person(asker), addresses, snapshot)


@pytest.mark.parametrize("how", ["nobody", "locked by session", "locked by token", "locked by password", "bad token"])
def test_who_is_not_signed_in_gets_nothing_at_all(
    how: str, everything: Everything, people: dict[str, User], snapshot: Callable[[], Snapshot]
) -> None:
    client = APIClient()
    if how == "locked by session":
        client.force_login(people["locked"])
    elif how == "locked by token":
        client.credentials(HTTP_AUTHORIZATION=f"Token {Token.objects.create(user=people['locked']).key}")
    elif how == "locked by password":
        pair = base64.b64encode(f"locked:{PASSWORD}".encode()).decode()
        client.credentials(HTTP_AUTHORIZATION=f"Basic {pair}")
    elif how == "bad token":
        client.credentials(HTTP_AUTHORIZATION="Token 0123456789")
    addresses = Addresses(everything, _appointment(), Assignment.objects.get().pk)
    before = snapshot()
    for name, method in TABLE:
        response = addresses.ask(client, name, method)
        assert response.status_code == 401, (name, method)
        assert set(response.json()) == {"detail"}
    assert snapshot() == before


def _everything_said(client: APIClient, addresses: Addresses) -> dict[str, tuple[int, str]]:
    told = {}
    for name, method in TABLE:
        with transaction.atomic():
            response = addresses.ask(client, name, method)
            told[f"{method} {name}"] = (response.status_code, json.dumps(_said(response), ensure_ascii=False))
            transaction.set_rollback(True)
    return told


@pytest.mark.every_address
@pytest.mark.parametrize("asker", STRANGERS)
def test_a_stranger_is_told_exactly_what_an_empty_archive_would_tell(
    asker: str,
    people: dict[str, User],
    catalogue: dict[str, CatalogueType],
    as_person: Callable[[str], APIClient],
    snapshot: Callable[[], Snapshot],
    request: pytest.FixtureRequest,
) -> None:
    """And what the table says, of which the columns of the strangers are asked here."""
    client = as_person(asker)
    empty = _everything_said(client, Addresses(None, _appointment(), 1))
    found: Everything = request.getfixturevalue("everything")
    addresses = Addresses(found, _appointment(), Assignment.objects.get().pk)
    present = _as_the_table_says(asker, client, addresses, snapshot)
    # the office's next case number is known to whoever registers a case there
    if asker == "other_prosecutor_kv1":
        assert empty.pop("post vks-case-list")[0] == present.pop("post vks-case-list")[0] == 201
    # ids of appointments made within the request differ
    for told in (empty, present):
        for made in MADE:
            if told[made][0] < 300:
                told[made] = (told[made][0], "")
        if told["post vks-appointment-list"][0] == 201:
            told["post vks-appointment-list"] = (201, "")
        if told["post vks-appointment-end"][0] == 200:
            told["post vks-appointment-end"] = (200, "")
    assert present == empty


def test_after_the_end_of_an_assignment_nothing_is_left(
    people: dict[str, User],
    catalogue: dict[str, CatalogueType],
    as_person: Callable[[str], APIClient],
    request: pytest.FixtureRequest,
) -> None:
    client = as_person("prosecutor_kv1")
    empty = _everything_said(client, Addresses(None, _appointment(), 1))
    found: Everything = request.getfixturevalue("everything")
    assignment = Assignment.objects.get()
    addresses = Addresses(found, _appointment(), assignment.pk)
    assert client.get(addresses.path["vks-case-detail"]).status_code == 200
    ended = as_person("chief_kv1").post(addresses.path["vks-case-assignment-end"])
    assert ended.status_code == 200
    assert ended.json()["ended_at"] is not None
    left = _everything_said(client, addresses)
    # still the owner of a paper of his own, which finds no case to go to; and still somebody who registers cases
    assert left.pop("post vks-document-file") == left["get vks-case-detail"]
    assert empty.pop("post vks-document-file")[0] == 404
    assert empty.pop("post vks-case-list")[0] == left.pop("post vks-case-list")[0] == 201
    for made in MADE:
        assert empty.pop(made)[0] == left.pop(made)[0]
    assert left == empty


def test_a_restricted_case_is_closed_to_clerk_and_province(
    people: dict[str, User], units: dict[str, ProcuracyUnit], as_person: Callable[[str], APIClient], provisioned: None
) -> None:
    made = register(actor=people["chief_kv1"], unit=units["QN-KV1"], confidentiality="han_che_noi_bo")
    access.assign(actor=people["chief_kv1"], case=made, user=people["prosecutor_kv1"], role="prosecutor")
    for asker, status, count in (
        ("clerk_kv1", 404, 0),
        ("chief_province", 404, 0),
        ("prosecutor_kv1", 200, 1),
        ("deputy_kv1", 200, 1),
    ):
        client = as_person(asker)
        assert client.get(f"/api/vks/cases/{made.code}/").status_code == status, asker
        assert client.get("/api/vks/cases/").json()["count"] == count, asker


OF_METADATA = {
    "code", "name", "kind", "kind_label", "stage", "stage_label", "status", "status_label", "unit", "department", "trial_unit",
    "charge_summary", "init_decision_no", "init_decision_date", "init_decision_agency", "national_case_code",
    "handled_at", "main_accused", "lead_prosecutor", "lead_left", "document_count", "confidentiality", "level", "reason",
    "accused", "accused_label", "assignments", "internal_level", "internal_reason", "may",
}  # fmt: skip
"""What is told of a case to who may only know that it exists."""


def test_who_may_only_know_of_a_case_is_told_nothing_of_its_record(
    everything: Everything, people: dict[str, User], as_person: Callable[[str], APIClient]
) -> None:
    case, leader = everything.filed.case, people["chief_kv1"]
    access.edit_case(
        actor=leader,
        case=case,
        values={
            "crime_date": dt.date(2026, 2, 1),
            "crime_place": "Phường Hồng Gai",
            "leader_in_charge": leader,
            "investigation_agency": "Cơ quan điều tra",
            "investigator": "Người điều tra",
            "court": "Tòa án",
            "judge": "Thẩm phán",
            "evidence_summary": "Vật chứng",
            "note": "Nguồn tin mật báo",
            **dict.fromkeys(FLAGS, True),
        },
    )
    told = as_person("clerk_kv1").get(f"/api/vks/cases/{case.code}/").json()
    read = as_person("chief_province").get(f"/api/vks/cases/{case.code}/").json()
    assert set(told) == set(read)
    assert {name for name, value in told.items() if value not in (None, "")} <= OF_METADATA
    assert (told["note"], told["crime_place"], told["crime_date"]) == ("", "", None)
    # what is kept back is really there
    assert {name for name in set(read) - OF_METADATA if read[name] in (None, "", {})} == {"details"}
    assert all(set(each) == {"id", "full_name", "birth_year", "sex"} for each in told["accused"])
    assert {each["id"] for each in told["accused"]} == {None}
    assert told["may"] == []
    # nor is it told by what the accused are called how the case ended
    CaseFile.objects.filter(pk=case.pk).update(stage="ket_thuc", status="dinh_chi")
    case.accused.update(stage="ket_thuc", status="dinh_chi")
    for name, label in (("clerk_kv1", "Bị can, bị cáo"), ("chief_province", "Bị can, bị cáo (đã đình chỉ)")):
        client = as_person(name)
        assert client.get(f"/api/vks/cases/{case.code}/").json()["accused_label"] == label
        page = client.get(f"/vks/cases/{case.code}/").content.decode()
        assert ("đã đình chỉ)" in page) == ("đình chỉ" in label), name


def test_who_may_only_know_of_a_case_reads_neither_note_nor_place(
    people: dict[str, User], units: dict[str, ProcuracyUnit], as_person: Callable[[str], APIClient]
) -> None:
    made = register(
        actor=people["chief_kv1"], unit=units["QN-KV1"], note="Nguồn tin mật báo", crime_place="Phường Hồng Gai"
    )
    told = as_person("clerk_kv1").get(f"/api/vks/cases/{made.code}/").json()
    assert (told["level"], told["note"], told["crime_place"], told["crime_date"]) == ("metadata", "", "", None)
    assert told["may"] == []
    assert as_person("chief_kv1").get(f"/api/vks/cases/{made.code}/").json()["note"] == "Nguồn tin mật báo"


def test_the_supervision_file_is_hidden_from_who_only_scans(
    everything: Everything, people: dict[str, User], as_person: Callable[[str], APIClient]
) -> None:
    access.assign(
        actor=people["chief_kv1"], case=everything.filed.case, user=people["scanner_kv1"], role="scan_operator"
    )
    client = as_person("scanner_kv1")
    told = client.get(f"/api/vks/cases/{everything.filed.case.code}/documents/").json()
    assert {each["part"] for each in told["results"]} == {"hsva"}
    assert told["count"] == 4
    assert client.get(f"/api/vks/documents/{everything.filed.internal.document_id}/").status_code == 404
    assert client.get(f"/api/vks/documents/{everything.filed.host_ids[0]}/").status_code == 200


def test_a_session_without_the_form_token_changes_nothing(
    case: Any, people: dict[str, User], snapshot: Callable[[], Snapshot]
) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(people["chief_kv1"])
    before = snapshot()
    addresses = Addresses(None, _appointment(), Assignment.objects.get().pk)
    for name, method in TABLE:
        if method != "get":
            assert addresses.ask(client, name, method).status_code == 403, (name, method)
    assert snapshot() == before


def test_token_and_password_open_the_same_doors(case: Any, people: dict[str, User]) -> None:
    token = APIClient()
    token.credentials(HTTP_AUTHORIZATION=f"Token {Token.objects.create(user=people['prosecutor_kv1']).key}")
    password = APIClient()
    pair = base64.b64encode(f"prosecutor_kv1:{PASSWORD}".encode()).decode()
    password.credentials(HTTP_AUTHORIZATION=f"Basic {pair}")
    assert token.get("/api/vks/cases/").json()["count"] == 1
    assert password.get("/api/vks/cases/").json() == token.get("/api/vks/cases/").json()
