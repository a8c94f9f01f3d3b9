"""Who gets what from every page.

The table below is written by hand. A page without a row fails the first test.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.utils import timezone

from tests.api.conftest import WHY, stored_files
from tests.people import PASSWORD, kept_pdf
from tests.web.conftest import Page, said
from vks_plugin.access.models import TemporaryAccess
from vks_plugin.cases.models import (
    Assignment,
    CaseFile,
    CaseImport,
    Charge,
    Exhibit,
    FolioProfile,
    ProceduralEvent,
    SavedFilter,
)
from vks_plugin.custody.models import Loan
from vks_plugin.organization.models import Appointment, Department, ProcuracyUnit
from vks_plugin.web.urls import urlpatterns

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.api.conftest import Everything, Snapshot
    from tests.web.conftest import SignIn
    from vks_plugin.cases.models import CatalogueType
    from vks_plugin.organization.models import ProcuracyUnit

pytestmark = pytest.mark.django_db

STRANGERS = ("prosecutor_kv3", "outsider", "admin_province", "other_prosecutor_kv1")
ASKERS = (*STRANGERS, "clerk_kv1", "prosecutor_kv1", "chief_kv1", "chief_province")
"""In the order of the columns: four who may know nothing of the case, one who may know that it
exists, the assigned prosecutor, the leader of the office, the leader of the province."""

TABLE = {
    # page, method           another outside admin colleague clerk assigned leader province
    ("case_list", "get"): "          200 200 200 200  200  200 200 200",
    ("filter_save", "post"): "       302 302 302 302  302  302 302 302",
    ("filter_delete", "post"): "     404 404 404 404  404  404 302 404",
    ("case_import_new", "get"): "    200 403 403 200  200  200 200 200",
    ("case_import_new", "post"): "   400 403 403 302  302  302 302 400",
    ("case_import_template", "get"): "200 200 200 200 200  200 200 200",
    ("case_import", "get"): "        404 404 404 404  404  404 200 404",
    ("case_import_load", "post"): "  404 404 404 404  404  404 302 404",
    ("case_import_discard", "post"): "404 404 404 404 404  404 302 404",
    ("case_import_report", "get"): " 404 404 404 404  404  404 200 404",
    ("case_export", "get"): "        200 200 200 200  200  200 200 200",
    ("case_new", "get"): "           200 403 403 200  200  200 200 200",
    ("case_new", "post"): "          400 403 403 302  302  302 302 400",
    ("case", "get"): "               404 404 404 404  200  200 200 200",
    ("case_edit", "get"): "          404 404 404 404  403  200 200 403",
    ("case_edit", "post"): "         404 404 404 404  403  302 302 403",
    # no report of crime
    ("become", "get"): "             404 404 404 404  403  404 404 403",
    ("become", "post"): "            404 404 404 404  403  404 404 403",
    ("merge", "get"): "              404 404 404 404  403  200 200 403",
    # into itself
    ("merge", "post"): "             404 404 404 404  403  409 409 403",
    ("split", "get"): "              404 404 404 404  403  200 200 403",
    ("split", "post"): "             404 404 404 404  403  302 302 403",
    # under no appeal
    ("appeal", "get"): "             404 404 404 404  403  403 403 409",
    ("appeal", "post"): "            404 404 404 404  403  403 403 409",
    ("section", "get"): "            404 404 404 404  403  200 200 200",
    ("entry_add", "get"): "          404 404 404 404  403  200 200 403",
    ("entry_add", "post"): "         404 404 404 404  403  302 302 403",
    ("entry", "get"): "              404 404 404 404  403  200 200 403",
    ("entry", "post"): "             404 404 404 404  403  302 302 403",
    ("entry_remove", "get"): "       404 404 404 404  403  200 200 403",
    ("entry_remove", "post"): "      404 404 404 404  403  302 302 403",
    ("charge_replace", "get"): "     404 404 404 404  403  200 200 403",
    ("charge_replace", "post"): "    404 404 404 404  403  302 302 403",
    ("event_record", "get"): "       404 404 404 404  403  200 200 403",
    ("event_record", "post"): "      404 404 404 404  403  302 302 403",
    ("event_withdraw", "get"): "     404 404 404 404  403  200 200 403",
    ("event_withdraw", "post"): "    404 404 404 404  403  302 302 403",
    ("deadlines", "get"): "          200 200 200 200  200  200 200 200",
    ("reminders_read", "post"): "    302 302 302 302  302  302 302 302",
    ("session", "get"): "            200 200 200 200  200  200 200 200",
    ("folios", "get"): "             404 404 404 404  403  200 200 200",
    ("folio_number", "get"): "       404 404 404 404  403  200 200 403",
    ("folio_number", "post"): "      404 404 404 404  403  302 302 403",
    ("folio_document", "get"): "     404 404 404 404  403  200 200 200",
    ("folio_document", "post"): "    404 404 404 404  403  302 302 403",
    ("folio_explain", "post"): "     404 404 404 404  403  302 302 403",
    ("folio_volumes", "get"): "      404 404 404 404  403  200 200 403",
    ("folio_volumes", "post"): "     404 404 404 404  403  302 302 403",
    ("folio_volume", "get"): "       404 404 404 404  403  200 200 403",
    ("folio_volume", "post"): "      404 404 404 404  403  302 302 403",
    ("inventory_new", "post"): "     404 404 404 404  403  302 302 403",
    ("inventory", "get"): "          404 404 404 404  403  200 200 200",
    ("suggest", "get"): "            404 404 404 404  200  200 200 200",
    ("upload", "post"): "            404 404 404 404  403  302 302 403",
    ("intake_retry", "post"): "      404 404 404 404  403  302 302 403",
    ("intake_discard", "post"): "    404 404 404 404  403  302 302 403",
    ("describe", "get"): "           404 404 404 404  404  200 200 403",
    ("describe", "post"): "          404 404 404 404  404  302 302 403",
    ("assign", "post"): "            404 404 404 404  302  302 302 302",
    ("assignment_end", "post"): "    404 404 404 404  403  302 302 403",
    # about oneself; about others: tests/web/test_explain.py
    ("explain", "get"): "            404 404 404 404  200  200 200 200",
    ("explain_cases", "get"): "      200 200 200 200  200  200 200 200",
    ("access_table", "get"): "       200 200 200 200  200  200 200 200",
    # what a transfer would take and give; it is confirmed in tests/web/test_transfers.py
    ("transfer", "get"): "           404 404 404 404  403  403 200 200",
    ("transfer", "post"): "          404 404 404 404  403  403 200 200",
    # no office is below that of the case
    ("trial_unit", "get"): "         404 404 404 404  403  403 200 403",
    ("trial_unit", "post"): "        404 404 404 404  403  403 400 403",
    # nobody here heads a department above
    ("oversee", "post"): "           404 404 404 404  403  403 403 403",
    ("temporary_access", "get"): "   200 200 200 200  200  200 200 200",
    ("temporary_access", "post"): "  302 403 302 302  302  302 302 302",
    ("temporary_approve", "post"): " 404 404 404 404  404  404 302 302",
    ("temporary_decline", "post"): " 404 404 404 404  404  404 302 302",
    ("temporary_end", "post"): "     404 404 404 404  404  404 302 302",
    ("read", "get"): "               404 404 404 404  404  200 200 200",
    ("read_page", "get"): "          404 404 404 404  404  200 200 200",
    ("loans", "get"): "              200 200 200 200  200  200 200 200",
    ("loans", "post"): "             302 403 302 302  302  302 302 302",
    ("loan", "get"): "               404 404 404 404  200  200 200 200",
    ("loan_slip", "get"): "          404 404 404 404  409  409 409 409",
    ("loan_act", "post"): "          404 404 404 404  403  403 302 403",
    ("bundle_make", "post"): "       404 404 404 404  403  302 302 302",
    ("bundle_choose", "get"): "      404 404 404 404  403  200 200 200",
    ("bundle_choose", "post"): "     404 404 404 404  403  302 302 302",
    ("bundle", "get"): "             404 404 404 404  404  200 200 200",
    ("bundle_cancel", "post"): "     404 404 404 404  404  409 409 409",
    ("bundle_go_on", "post"): "      404 404 404 404  404  409 409 409",
    ("bundle_download", "get"): "    404 404 404 404  404  200 200 200",
    # one is open and nothing was scanned in it
    ("digitisation_board", "get"): " 200 200 200 200  200  200 200 200",
    ("digitisation_open", "post"): " 404 404 404 404  403  302 302 403",
    ("digitisation_batch", "get"): " 404 404 404 404  403  302 302 302",
    ("digitisation_act", "post"): "  404 404 404 404  403  302 302 403",
    ("digitisation_record", "get"): "404 404 404 404  403  409 409 409",
    # who has the paper
    ("case_copies", "get"): "        404 404 404 404  200  200 200 200",
    ("case_copies", "post"): "       404 404 404 404  302  302 302 302",
    # there is none; what becomes of one: tests/custody/test_copies.py
    ("copy_paper", "get"): "         404 404 404 404  404  404 404 404",
    ("copy_act", "post"): "          404 404 404 404  404  404 404 404",
    ("custody", "get"): "            200 200 200 200  200  200 200 200",
    ("case_custody", "get"): "       404 404 404 404  200  200 200 200",
    ("keeper_state", "post"): "      404 404 404 404  302  403 302 403",
    # nobody recorded where it is
    ("passed_on", "post"): "         404 404 404 404  409  403 409 403",
    ("hand_over_new", "get"): "      404 404 404 404  200  403 200 403",
    ("hand_over_new", "post"): "     404 404 404 404  302  403 302 403",
    ("volume_labels", "get"): "      404 404 404 404  200  200 200 200",
    ("custody_register", "get"): "   403 403 403 403  200  403 200 200",
    ("hand_over", "get"): "          404 404 404 404  200  200 200 200",
    ("hand_over_print", "get"): "    404 404 404 404  200  200 200 200",
    # it is under way
    ("hand_over_edit", "get"): "     404 404 404 404  409  403 409 403",
    ("hand_over_edit", "post"): "    404 404 404 404  409  403 409 403",
    ("hand_over_act", "post"): "     404 404 404 404  302  403 302 403",
    ("pages", "get"): "              404 404 404 404  404  200 200 403",
    ("pages", "post"): "             404 404 404 404  404  302 302 403",
    # no page of it waits for its words
    ("pages_recognise", "post"): "   404 404 404 404  404  409 409 403",
    # an inventory lists the document already
    ("pages_split", "post"): "       404 404 404 404  404  409 409 403",
    ("pages_merge", "post"): "       404 404 404 404  404  409 409 403",
    # nobody signed this one
    ("signatures", "get"): "         404 404 404 404  404  200 200 200",
    ("signatures", "post"): "        404 404 404 404  404  409 409 403",
    # the file sent has no signature
    ("signed_version", "post"): "    404 404 404 404  404  400 400 403",
    ("redact", "get"): "             404 404 404 404  404  200 200 403",
    ("redact", "post"): "            404 404 404 404  404  302 302 403",
    # none was made of this one
    ("redacted", "get"): "           404 404 404 404  404  404 404 404",
    ("redaction_read", "post"): "    404 404 404 404  404  404 404 403",
    ("redactions", "get"): "         404 404 404 404  403  200 200 403",
    ("redactions", "post"): "        404 404 404 404  403  302 302 403",
    ("redaction_work", "get"): "     404 404 404 404  404  200 200 404",
    # nothing is ticked
    ("redaction_work", "post"): "    404 404 404 404  404  400 400 404",
    ("redaction_cancel", "post"): "  404 404 404 404  404  302 302 404",
    # nothing failed
    ("redaction_go_on", "post"): "   404 404 404 404  404  409 409 404",
    ("presentations", "get"): "      404 404 404 404  403  200 200 200",
    ("presentations", "post"): "     404 404 404 404  403  302 302 403",
    ("presentation", "get"): "       404 404 404 404  403  200 200 200",
    ("presentation", "post"): "      404 404 404 404  403  302 302 403",
    ("slide_new", "get"): "          404 404 404 404  403  200 200 403",
    ("slide_new", "post"): "         404 404 404 404  403  302 302 403",
    ("slide", "get"): "              404 404 404 404  403  200 200 403",
    ("slide", "post"): "             404 404 404 404  403  302 302 403",
    ("slide_drawing", "get"): "      404 404 404 404  403  200 200 200",
    ("case_videos", "get"): "        404 404 404 404  403  200 200 200",
    # nothing is sent
    ("case_videos", "post"): "       404 404 404 404  403  400 400 403",
    ("video", "get"): "              404 404 404 404  403  200 200 200",
    ("marks", "get"): "              404 404 404 404  403  200 200 200",
    ("marks", "post"): "             404 404 404 404  403  302 302 403",
    ("page_picture", "get"): "       404 404 404 404  403  200 200 200",
    ("court_sessions", "get"): "     200 200 200 200  200  200 200 200",
    # who leads above may plan an appeal; this form is for a trial
    ("court_session_new", "get"): "  404 404 404 404  403  200 200 200",
    ("court_session_new", "post"): " 404 404 404 404  403  302 302 400",
    ("court_session", "get"): "      404 404 404 404  403  200 200 200",
    ("court_session", "post"): "     404 404 404 404  403  302 302 403",
    ("court_session_edit", "get"): " 404 404 404 404  403  200 200 403",
    ("court_session_edit", "post"): "404 404 404 404  403  302 302 403",
    # who leads above has not composed it
    ("deck", "get"): "               404 404 404 404  404  200 200 404",
    ("deck_destroyed", "get"): "     404 404 404 404  404  200 200 403",
    ("deck_destroyed", "post"): "    404 404 404 404  404  302 302 403",
    ("deck_download", "get"): "      404 404 404 404  404  200 200 404",
    ("deck_download", "post"): "     404 404 404 404  404  200 200 404",
    ("access_log", "get"): "         403 403 403 403  403  403 200 200",
    ("archive", "get"): "            200 200 200 200  200  200 200 200",
    ("accessions", "get"): "         200 200 200 200  200  200 200 200",
    # the case is not finished
    ("accessions", "post"): "        404 404 404 404  409  403 409 403",
    # there is none; what becomes of one: tests/custody/test_accession.py
    ("accession", "get"): "          404 404 404 404  404  404 404 404",
    ("accession_accept", "post"): "  404 404 404 404  404  404 404 404",
    ("accession_cancel", "post"): "  404 404 404 404  404  404 404 404",
    ("accession_retry", "post"): "   404 404 404 404  404  404 404 404",
    ("accession_paper", "get"): "    404 404 404 404  404  404 404 404",
    ("accession_package", "get"): "  404 404 404 404  404  404 404 404",
    # leaders alone; what they find: tests/custody/test_fixity_pages.py
    ("fixity", "get"): "             403 403 200 403  403  403 200 200",
    # of all: who leads or administers the province; back to the whole page
    ("comparison", "get"): "         403 403 302 403  403  403 403 302",
    ("comparison", "post"): "        403 403 302 403  403  403 403 302",
    ("case_comparison", "get"): "    404 404 404 404  403  403 302 403",
    ("case_comparison", "post"): "   404 404 404 404  403  403 302 403",
    ("fixity_close", "post"): "      404 404 404 404  404  404 404 404",
    # who may read the case is told that only archivists draft
    ("disposals", "get"): "          200 200 200 200  200  200 200 200",
    ("disposals", "post"): "         404 404 404 404  404  403 403 403",
    # there is none; what becomes of one: tests/disposal
    ("disposal", "get"): "           404 404 404 404  404  404 404 404",
    ("disposal_act", "post"): "      404 404 404 404  404  404 404 404",
    ("disposal_paper", "get"): "     404 404 404 404  404  404 404 404",
    ("disposal_record", "get"): "    404 404 404 404  404  404 404 404",
    ("archive_holds", "get"): "      200 200 200 200  200  200 200 200",
    ("archive_rules", "get"): "      200 200 200 200  200  200 200 200",
    # there is none in these tests
    ("archive_rule", "get"): "       403 403 403 403  403  403 403 404",
    ("archive_rule", "post"): "      403 403 403 403  403  403 403 404",
    ("hold_place", "post"): "        404 404 404 404  403  403 302 302",
    ("hold_end", "post"): "          404 404 404 404  403  403 404 404",
    ("ledger", "get"): "             403 403 403 403  403  403 403 200",
    ("ledger_verifier", "get"): "    200 200 200 200  200  200 200 200",
    # nothing was put back from a backup
    ("ledger_heads", "post"): "      403 403 403 403  403  403 403 409",
    ("ledger_restored", "post"): "   403 403 403 403  403  403 403 409",
    # none was signed
    ("ledger_checkpoint", "get"): "  403 403 403 403  403  403 403 404",
    ("ledger_continuation", "get"): "403 403 403 403  403  403 403 404",
    ("case_ledger_proof", "get"): "  404 404 404 404  403  409 409 409",
    # nor is there a key to sign with
    ("case_ledger_export", "get"): " 404 404 404 404  403  403 503 503",
    ("organization", "get"): "       403 403 200 403  403  403 200 200",
    ("organization", "post"): "      403 403 302 403  403  403 302 302",
    ("appointment_end", "post"): "   404 404 302 404  404  404 302 302",
    ("restructuring", "get"): "      403 403 200 403  403  403 403 200",
    ("restructuring", "post"): "     403 403 302 403  403  403 403 302",
    # there is none yet
    ("restructuring_one", "get"): "  403 403 404 403  403  403 403 404",
    ("restructuring_resume", "post"): "403 403 404 403  403  403 403 404",
    ("offices", "get"): "            403 403 200 403  403  403 403 200",
    ("offices", "post"): "           403 403 302 403  403  403 403 302",
    ("office", "get"): "             403 403 200 403  403  403 403 200",
    ("office", "post"): "            403 403 302 403  403  403 403 302",
    ("department", "get"): "         403 403 200 403  403  403 403 200",
    ("department", "post"): "        403 403 302 403  403  403 403 302",
    ("unknown", "get"): "            404 404 404 404  404  404 404 404",
    ("unknown", "post"): "           404 404 404 404  404  404 404 404",
}


class Addresses:
    """The addresses and forms of a run through the table; made up where nothing exists."""

    def __init__(self, found: Everything | None) -> None:
        self.code = found.filed.case.code if found is not None else "HS-QN-KV1-2026-0001"
        self.document = document = found.filed.host_ids[0] if found is not None else 1
        item = found.failed.pk if found is not None else "6f9d6f0e-3c39-4f0e-8a5e-0d1f6f0f5a11"
        bundle = found.bundle.pk if found is not None else "0b0de1e2-7f0c-4d8e-9f43-51f3a5d1c0de"
        assignment = Assignment.objects.first()
        self.unit = found.filed.case.unit_id if found is not None else 1
        self.inspector = User.objects.get(username="inspector_kv1").pk
        self.outsider = User.objects.get(username="outsider").pk
        post = Appointment.objects.select_related("unit").get(user__username="inspector_kv1")
        self.post_unit = post.unit
        self.loose = found.loose.pk if found is not None else 9
        self.profile = FolioProfile.objects.get(code="VKS-TRUYTO").pk if FolioProfile.objects.exists() else 1
        exhibit, charge = Exhibit.objects.first(), Charge.objects.first()
        kept = SavedFilter.objects.first()
        tried = CaseImport.objects.order_by("pk").values_list("pk", flat=True).first() or 1
        event = ProceduralEvent.objects.filter(event="khoi_to_vu_an", withdrawn_at__isnull=True).first()
        asked = TemporaryAccess.objects.order_by("pk").values_list("pk", flat=True).first() or 1
        lent = Loan.objects.order_by("pk").values_list("pk", flat=True).first() or 1
        batch = found.batch.pk if found is not None else 1
        of_case = f"/vks/cases/{self.code}/"
        handed = found.handed.pk if found is not None else 1
        self.lead = User.objects.get(username="prosecutor_kv1").pk
        slide = found.presentation.slides.get().pk if found is not None else 1
        video = found.video.pk if found is not None else "0b0de1e2-7f0c-4d8e-9f43-51f3a5d1c0d0"
        deck = found.deck.pk if found is not None else "0b0de1e2-7f0c-4d8e-9f43-51f3a5d1c0df"
        work = found.redaction_work.pk if found is not None else "0b0de1e2-7f0c-4d8e-9f43-51f3a5d1c0d1"
        self.checksum = found.filed.documents[0].sha256 if found is not None else "0" * 64
        self.next = found.filed.documents[1].pk if found is not None else 2
        self.path = {
            "case_list": "/vks/",
            "filter_save": "/vks/filters/",
            "access_log": "/vks/access-log/",
            "archive": "/vks/archive/",
            "accessions": "/vks/archive/accessions/",
            "accession": "/vks/archive/accessions/9999/",
            "accession_accept": "/vks/archive/accessions/9999/accept/",
            "accession_cancel": "/vks/archive/accessions/9999/cancel/",
            "accession_retry": "/vks/archive/accessions/9999/retry/",
            "accession_paper": "/vks/archive/accessions/9999/papers/list/",
            "accession_package": f"/vks/archive/accessions/9999/cases/{self.code}/package/",
            "fixity": "/vks/archive/fixity/",
            "fixity_close": "/vks/archive/fixity/9999/close/",
            "comparison": "/vks/archive/fixity/comparison/",
            "case_comparison": f"{of_case}custody/comparison/",
            "disposals": "/vks/archive/disposals/",
            "disposal": "/vks/archive/disposals/9999/",
            "disposal_act": "/vks/archive/disposals/9999/submit/",
            "disposal_paper": "/vks/archive/disposals/9999/papers/list/",
            "disposal_record": "/vks/archive/disposals/9999/record/",
            "archive_holds": "/vks/archive/holds/",
            "archive_rules": "/vks/archive/rules/",
            "archive_rule": "/vks/archive/rules/9999/",
            "hold_place": f"{of_case}holds/",
            "hold_end": f"{of_case}holds/9999/end/",
            "ledger": "/vks/ledger/",
            "ledger_verifier": "/vks/ledger/verifier/",
            "ledger_heads": "/vks/ledger/heads/",
            "ledger_restored": "/vks/ledger/restored/",
            "custody": "/vks/custody/",
            "case_copies": f"{of_case}copies/",
            "copy_paper": f"{of_case}copies/9999/paper/",
            "copy_act": f"{of_case}copies/9999/approve/",
            "case_custody": f"{of_case}custody/",
            "keeper_state": f"{of_case}custody/keeper/",
            "passed_on": f"{of_case}custody/passed-on/",
            "hand_over_new": f"/vks/custody/new/?case={self.code}&part=hsks",
            "volume_labels": f"/vks/custody/labels/?case={self.code}",
            "custody_register": "/vks/custody/register/",
            "hand_over": f"/vks/custody/{handed}/",
            "hand_over_print": f"/vks/custody/{handed}/print/",
            "hand_over_edit": f"/vks/custody/{handed}/edit/",
            "hand_over_act": f"/vks/custody/{handed}/accept/",
            "ledger_checkpoint": "/vks/ledger/checkpoints/1/",
            "ledger_continuation": "/vks/ledger/checkpoints/1/continuation/",
            "case_ledger_proof": f"{of_case}ledger/0/proof/",
            "case_ledger_export": f"{of_case}ledger/export/",
            "filter_delete": f"/vks/filters/{kept.pk if kept is not None else 1}/delete/",
            "case_new": "/vks/cases/new/",
            "case_import_new": "/vks/cases/import/",
            "case_import_template": "/vks/cases/import/template/",
            "case_import": f"/vks/cases/import/{tried}/",
            "case_import_load": f"/vks/cases/import/{tried}/load/",
            "case_import_discard": f"/vks/cases/import/{tried}/discard/",
            "case_import_report": f"/vks/cases/import/{tried}/report/",
            "case_export": "/vks/cases/export/",
            "case": of_case,
            "case_edit": f"{of_case}edit/",
            "folios": f"{of_case}folios/",
            "folio_number": f"{of_case}folios/number/",
            "folio_document": f"{of_case}folios/documents/{document}/",
            "folio_explain": f"{of_case}folios/explain/",
            "folio_volumes": f"{of_case}folios/volumes/",
            "folio_volume": f"{of_case}folios/volumes/{found.record['volumes'].pk if found is not None else 1}/",
            "inventory_new": f"{of_case}folios/inventories/",
            "inventory": f"{of_case}folios/inventories/1/?format=xlsx",
            "become": f"{of_case}become/",
            "merge": f"{of_case}merge/",
            "split": f"{of_case}split/",
            "appeal": f"{of_case}appeal/",
            "section": f"{of_case}record/people/",
            "entry_add": f"{of_case}record/person/add/",
            "entry": f"{of_case}record/exhibit/{exhibit.pk if exhibit is not None else 1}/",
            "entry_remove": f"{of_case}record/exhibit/{exhibit.pk if exhibit is not None else 1}/remove/",
            "charge_replace": f"{of_case}record/charge/{charge.pk if charge is not None else 1}/replace/",
            "event_record": f"{of_case}events/record/?event=ket_luan_dieu_tra",
            "event_withdraw": f"{of_case}events/{event.pk if event is not None else 1}/withdraw/",
            "deadlines": "/vks/deadlines/",
            "reminders_read": "/vks/deadlines/read/",
            "session": "/vks/session/",
            "suggest": f"/vks/suggest/people/?case={self.code}",
            "upload": f"{of_case}upload/",
            "intake_retry": f"{of_case}intake/{item}/retry/",
            "intake_discard": f"{of_case}intake/{item}/discard/",
            "describe": f"{of_case}documents/{document}/",
            "pages": f"{of_case}documents/{document}/pages/",
            "pages_recognise": f"{of_case}documents/{document}/pages/recognise/",
            "pages_split": f"{of_case}documents/{document}/pages/split/",
            "pages_merge": f"{of_case}documents/{document}/pages/merge/",
            "signatures": f"{of_case}documents/{document}/signatures/",
            "signed_version": f"{of_case}documents/{document}/signatures/signed/",
            "redact": f"{of_case}documents/{document}/redact/",
            "redacted": f"{of_case}documents/{document}/redacted/",
            "redaction_read": f"{of_case}documents/{document}/redacted/read/",
            "redactions": f"{of_case}redactions/",
            "redaction_work": f"/vks/redactions/{work}/",
            "redaction_cancel": f"/vks/redactions/{work}/cancel/",
            "redaction_go_on": f"/vks/redactions/{work}/go-on/",
            "assign": f"{of_case}assign/",
            "assignment_end": f"{of_case}assignments/{assignment.pk if assignment is not None else 1}/end/",
            "explain": f"{of_case}explain/",
            "explain_cases": "/vks/explain/",
            "access_table": "/vks/explain/table/",
            "digitisation_board": "/vks/digitisation/",
            "digitisation_open": f"{of_case}digitisation/",
            "digitisation_batch": f"{of_case}digitisation/{batch}/",
            "digitisation_act": f"{of_case}digitisation/{batch}/start/",
            "digitisation_record": f"{of_case}digitisation/{batch}/record/",
            "transfer": f"{of_case}transfer/",
            "trial_unit": f"{of_case}trial-unit/",
            "oversee": f"{of_case}oversee/",
            "temporary_access": "/vks/temporary-access/",
            "temporary_approve": f"/vks/temporary-access/{asked}/approve/",
            "temporary_decline": f"/vks/temporary-access/{asked}/decline/",
            "temporary_end": f"/vks/temporary-access/{asked}/end/",
            "read": f"{of_case}documents/{document}/read/",
            "read_page": f"{of_case}documents/{document}/read/1/",
            "loans": "/vks/loans/",
            "loan": f"/vks/loans/{lent}/",
            "loan_slip": f"/vks/loans/{lent}/slip/",
            "loan_act": f"/vks/loans/{lent}/approve/",
            "restructuring": "/vks/organization/restructuring/",
            "restructuring_one": "/vks/organization/restructuring/1/",
            "restructuring_resume": "/vks/organization/restructuring/1/resume/",
            "bundle_make": f"{of_case}bundle/",
            "bundle_choose": f"{of_case}bundle/choose/",
            "bundle": f"/vks/bundles/{bundle}/",
            "bundle_cancel": f"/vks/bundles/{bundle}/cancel/",
            "bundle_go_on": f"/vks/bundles/{bundle}/go-on/",
            "bundle_download": f"/vks/bundles/{bundle}/download/",
            "court_sessions": "/vks/sessions/",
            "court_session_new": f"{of_case}sessions/new/",
            "court_session": f"{of_case}sessions/1/",
            "court_session_edit": f"{of_case}sessions/1/edit/",
            "case_videos": f"{of_case}videos/",
            "video": f"{of_case}videos/{video}/",
            "presentations": f"{of_case}presentations/",
            "presentation": f"{of_case}presentations/1/",
            "slide_new": f"{of_case}presentations/1/slides/new/?kind=noi_dung",
            "slide": f"{of_case}presentations/1/slides/{slide}/",
            "slide_drawing": f"{of_case}presentations/1/slides/{slide}/drawing/",
            "marks": f"{of_case}marks/{document}/",
            "page_picture": f"{of_case}marks/{document}/1/",
            "deck": f"/vks/decks/{deck}/",
            "deck_destroyed": f"/vks/decks/{deck}/destroyed/",
            "deck_download": f"/vks/decks/{deck}/download/",
            "organization": "/vks/organization/",
            "appointment_end": f"/vks/organization/appointments/{post.pk}/end/",
            "offices": "/vks/organization/offices/",
            "office": "/vks/organization/offices/QN-KV1/",
            "department": f"/vks/organization/offices/QN/departments/{Department.objects.get(code='P1').pk}/",
            "unknown": "/vks/khong-co/",
        }

    def body(self, name: str) -> dict[str, Any]:
        """Return a form that would be accepted from somebody who may."""
        bodies: dict[str, dict[str, Any]] = {
            "comparison": {"act": "start"},
            "case_comparison": {"act": "start"},
            "keeper_state": {"part": "hsks", "at": "unit", "since": "05/05/2026"},
            "passed_on": {
                "giver": "Tòa án nhân dân khu vực 1",
                "passed_to": "Tòa án nhân dân tỉnh Quảng Ninh",
                "happened_on": "05/05/2026",
                "happened_hour": "08:00",
                "known_from": "Công văn số 12/TA",
            },
            "hand_over_new": {
                "part": "hsks",
                "direction": "noi_bo",
                "reason": "nghien_cuu",
                "person": str(self.lead),
                "volumes": ["1"],
            },
            "hand_over_act": {
                "volumes": ["1"],
                "documents_complete": "on",
                "exhibits_complete": "on",
                "served": "on",
                "awaits_paper": "on",
            },
            "filter_save": {"name": "Án trộm", "query": "q=trom&page=3"},
            "case_import_new": {"unit": self.post_unit.code, "file": SimpleUploadedFile("ds.csv", b"x")},
            "case_new": {
                "unit": self.post_unit.code,
                "name": "Vụ mới",
                "init_decision_no": "900/QĐ",
                "init_decision_date": "04/05/2026",
                "init_decision_agency": "Công an tỉnh",
                "stage": "dieu_tra",
                "confidentiality": "thuong",
                "accused-TOTAL_FORMS": "0",
                "accused-INITIAL_FORMS": "0",
                "participants-TOTAL_FORMS": "0",
                "participants-INITIAL_FORMS": "0",
            },
            "accessions": {"case": [self.code]},
            "disposals": {"case": [self.code], "reason": "Hết thời hạn bảo quản, không còn giá trị"},
            "archive_rule": {"term": "vinh_vien", "source": "Bảng thời hạn số 1", "reason": "Theo bảng mới"},
            "hold_place": {"ground": "khieu_nai", "reason": "Đang giải quyết khiếu nại"},
            "hold_end": {"reason": "Đã giải quyết xong"},
            "become": {
                "init_decision_no": "901/QĐ",
                "init_decision_date": "04/05/2026",
                "init_decision_agency": "Công an tỉnh",
                "name": "Vụ mới",
            },
            "merge": {"target": self.code, "decision_no": "902/QĐ", "decided_on": "04/05/2026"},
            "split": {"decision_no": "903/QĐ", "decided_on": "04/05/2026", "agency": "Công an tỉnh", "name": "Vụ tách"},
            "case_edit": {
                "name": "Tên vụ đã sửa",
                "init_decision_no": "901/QĐ",
                "init_decision_date": "04/05/2026",
                "init_decision_agency": "Công an tỉnh",
                "handled_at": "05/05/2026",
            },
            "folio_number": {"act": "confirm", "profile": str(self.profile), "order": str(self.loose)},
            "folio_document": {"act": "place", "pages": "1-2"},
            "folio_explain": {"finding": "gap", "folio_from": "7", "folio_to": "9", "text": "Đánh nhầm."},
            "folio_volumes": {"most": "250"},
            "folio_volume": {"act": "change", "title": "Tập đã sửa", "folio_from": "1", "folio_to": "6"},
            "entry_add": {"role": "victim", "full_name": "Người mới được nhập"},
            "entry": {"name": "Tên vật chứng đã sửa"},
            "entry_remove": {"reason": "Nhập nhầm"},
            "event_record": {"happened_on": "06/05/2026", "number": "9/KLĐT"},
            "event_withdraw": {"reason": "Ghi nhầm"},
            "reminders_read": {"last": "9"},
            "charge_replace": {"text": "173.2", "basis": "cao_trang"},
            "upload": {
                "document_type": "CT",
                "file": SimpleUploadedFile("cáo trạng.pdf", kept_pdf(1, "Cáo trạng"), "application/pdf"),
            },
            "describe": {"document_type": "QDKTVA", "title": "Tên đã sửa", "folio_from": "1", "folio_to": "2"},
            "pages": {"seen": self.checksum, "turn-2": "90"},
            "signed_version": {
                "seen": self.checksum,
                "file": SimpleUploadedFile("ký.pdf", kept_pdf(2, "Chưa ký"), "application/pdf"),
            },
            "pages_split": {"seen": self.checksum, "split-after": "1", "split-title": "Phần sau"},
            "pages_merge": {"seen": self.checksum, "merge-other": str(self.next)},
            "redactions": {"terms": "Nguyễn Văn Ánh"},
            "redact": {"make": "1", "rectangles": "1 20 20 50 8", "ground": "khac", "reason": "Thử"},
            "assign": {"user": str(self.inspector), "role": "inspector"},
            "transfer": {"to": "QN-KV3", "decision": "12/QĐ-VKS"},
            "trial_unit": {"unit": "QN-KV3", "decision": "12/QĐ-VKS"},
            "digitisation_open": {"part": "hsks"},
            "oversee": {"reason": WHY},
            "temporary_access": {"code": self.code, "hours": "2", "reason": WHY},
            "case_copies": {
                "kind": "copy",
                "content": "Bút lục 1 đến 2",
                "copies": "1",
                "pages": "2",
                "receiver_name": "Lê Văn Nhận",
                "purpose": WHY,
            },
            "loans": {
                "code": self.code,
                "form": "paper",
                "part": "hsva",
                "until": f"{timezone.localdate():%d/%m/%Y}",
                "purpose": WHY,
            },
            "court_session_new": {
                "court_level": "so_tham",
                "court": "Tòa án",
                "starts_on": f"{timezone.localdate():%d/%m/%Y}",
            },
            "court_session_edit": {
                "court_level": "so_tham",
                "court": "Tòa án",
                "starts_on": f"{timezone.localdate():%d/%m/%Y}",
            },
            "court_session": {"act": "hold"},
            "deck_download": {"password": "thuyen co lua-7 nui", "again": "thuyen co lua-7 nui"},
            "deck_destroyed": {"destroyed_on": f"{timezone.localdate():%d/%m/%Y}", "copies": "USB số 2"},
            "bundle_choose": {"make": "1", "listed": "toan_bo:", "document": str(self.document)},
            "presentations": {"title": "Bài mới", "order": "theo_cao_trang"},
            "presentation": {"act": "export:pdf"},
            "slide_new": {"kind": "noi_dung", "title": "Nội dung", "text": "BL 1", "state": "hien"},
            "slide": {"title": "Sơ đồ mới", "diagram": "quan_he", "state": "hien"},
            "marks": {"page": "1", "area": "10 10 20 20"},
            "restructuring": {
                "to_QN-KV1": "QN-KV3",
                "effective_date": f"{timezone.localdate():%d/%m/%Y}",
                "decision": "12/QĐ-VKS",
                "act": "confirm",
            },
            "offices": {
                "code": "QN-KV9",
                "name": "Viện kiểm sát nhân dân khu vực 9",
                "short_name": "VKSND khu vực 9",
                "kind": "regional",
                "parent": str(ProcuracyUnit.objects.get(code="QN").pk),
                "position": "0",
                "valid_from": "01/01/2026",
            },
            "office": {"act": "department", "new-code": "BP1", "new-name": "Bộ phận 1", "new-position": "0"},
            "department": {"act": "end", "end-gone_from": f"{timezone.localdate():%d/%m/%Y}"},
            "organization": {"user": str(self.outsider), "unit": str(self.post_unit.pk), "role": "specialist"},
        }
        return bodies.get(name, {})

    def ask(self, client: Client, name: str, method: str, **headers: str) -> Any:
        """Send one request of the table; what an earlier one still had to say is forgotten."""
        client.cookies.pop("messages", None)
        if method == "get":
            return client.get(self.path[name], headers=headers)
        return client.post(self.path[name], self.body(name), headers=headers)


def _methods(view: Any) -> set[str]:
    """Return which of GET and POST a view answers, by asking what its decorator allows."""
    cells = [view]
    found: set[str] = set()
    while cells:
        each = cells.pop()
        for cell in getattr(each, "__closure__", None) or ():
            value = cell.cell_contents
            if isinstance(value, list | tuple) and set(value) <= {"GET", "HEAD", "POST"} and value:
                found |= {word.lower() for word in value}
            elif callable(value):
                cells.append(value)
        wrapped = getattr(each, "__wrapped__", None)
        if wrapped is not None:
            cells.append(wrapped)
    return (found - {"head"}) or {"get", "post"}


def test_every_page_has_a_row() -> None:
    pages = {(str(pattern.name), method) for pattern in urlpatterns for method in _methods(pattern.callback)}
    assert set(TABLE) == pages


def _as_the_table_says(
    asker: str, client: Client, addresses: Addresses, snapshot: Callable[[], Snapshot]
) -> dict[str, tuple[int, str, str]]:
    """Ask for every page as this person, see that the table is right, and return what was told."""
    column = ASKERS.index(asker)
    before = snapshot()
    wrong = []
    told = {}
    for (name, method), row in TABLE.items():
        with transaction.atomic():
            response = addresses.ask(client, name, method)
            expected = int(row.split()[column])
            if response.status_code != expected:
                wrong.append((name, method, expected, response.status_code))
            if response.status_code >= 400:
                assert snapshot() == before, f"{method} {name} was refused but changed something"
                assert Page(response).text.count("Về danh sách vụ án") <= 1
            told[f"{method} {name}"] = (response.status_code, response.get("Location", ""), said(response))
            transaction.set_rollback(True)
        for path in {path for path, _size in stored_files()} - {path for path, _size in before["files"]}:
            # an upload whose rows were rolled back
            Path(path).unlink()
    assert wrong == []
    return told


_IN_PARTS = {"prosecutor_kv3": False, "outsider": True, "admin_province": True, "other_prosecutor_kv1": False}
"""The strangers, and whether they ask for parts of pages alone: each once, the same view decides who is told."""


@pytest.mark.every_address
@pytest.mark.parametrize("asker", [each for each in ASKERS if _IN_PARTS.get(each, True)])
def test_each_asker_gets_what_the_table_says(
    asker: str, everything: Everything, as_person: SignIn, snapshot: Callable[[], Snapshot]
) -> None:
    _as_the_table_says(asker, as_person(asker), Addresses(everything), snapshot)


@pytest.mark.parametrize("asker", ["clerk_kv1", "prosecutor_kv1", "chief_province"])
def test_only_a_leader_assigns(
    asker: str, everything: Everything, as_person: SignIn, snapshot: Callable[[], Snapshot]
) -> None:
    client = as_person(asker)
    before = snapshot()
    addresses = Addresses(everything)
    answer = client.post(addresses.path["assign"], addresses.body("assign"), follow=True)
    assert "không có quyền phân công" in Page(answer).text
    assert snapshot() == before


def _everything_said(client: Client, addresses: Addresses, **headers: str) -> dict[str, tuple[int, str, str]]:
    told = {}
    for name, method in TABLE:
        with transaction.atomic():
            response = addresses.ask(client, name, method, **headers)
            told[f"{method} {name}"] = (response.status_code, response.get("Location", ""), said(response))
            transaction.set_rollback(True)
    return told


@pytest.mark.every_address
@pytest.mark.parametrize(
    ("asker", "part"),
    list(_IN_PARTS.items()),
    ids=[f"{asker}, {'parts' if part else 'pages'}" for asker, part in _IN_PARTS.items()],
)
def test_a_stranger_is_told_exactly_what_an_empty_archive_would_tell(
    asker: str,
    part: bool,
    people: dict[str, User],
    units: dict[str, ProcuracyUnit],
    catalogue: dict[str, CatalogueType],
    as_person: SignIn,
    snapshot: Callable[[], Snapshot],
    request: pytest.FixtureRequest,
) -> None:
    """And what the table says, of which the columns of those who ask for whole pages are asked here."""
    headers = {"HX-Request": "true"} if part else {}
    client = as_person(asker)
    empty = _everything_said(client, Addresses(None), **headers)
    found: Everything = request.getfixturevalue("everything")
    addresses = Addresses(found)
    if part:
        present = _everything_said(client, addresses, **headers)
    else:
        present = _as_the_table_says(asker, client, addresses, snapshot)
    # the office's next case number is known to whoever registers a case there
    if asker == "other_prosecutor_kv1":
        for page in ("post case_new", "post case_import_new"):
            assert empty.pop(page)[0] == present.pop(page)[0] == 302
    # whoever keeps offices is told before how much stands against the end of one: numbers, no case
    if asker == "admin_province" and part:
        before, after = (each.pop("get office")[2].splitlines() for each in (empty, present))
        more = " ".join(line for line in after if line not in before)
        assert "vụ án" in more
        assert [case.code for case in CaseFile.objects.all() if case.code in more or case.name in more] == []
    assert present == empty


def test_after_the_end_of_an_assignment_nothing_is_left(
    people: dict[str, User], catalogue: dict[str, CatalogueType], as_person: SignIn, request: pytest.FixtureRequest
) -> None:
    client = as_person("prosecutor_kv1")
    empty = _everything_said(client, Addresses(None))
    found: Everything = request.getfixturevalue("everything")
    addresses = Addresses(found)
    assert client.get(addresses.path["case"]).status_code == 200
    ended = as_person("chief_kv1").post(addresses.path["assignment_end"])
    assert ended.status_code == 302
    left = _everything_said(client, addresses)
    for page in ("post case_new", "post case_import_new"):
        assert empty.pop(page)[0] == left.pop(page)[0] == 302
    assert left == empty


def test_who_gives_the_own_assignment_up_is_not_led_back_into_the_case(
    everything: Everything, as_person: SignIn
) -> None:
    client = as_person("prosecutor_kv1")
    answer = client.post(Addresses(everything).path["assignment_end"], follow=True)
    assert answer.status_code == 200
    assert answer.redirect_chain[-1][0] == "/vks/"
    assert everything.filed.case.code not in said(answer)


@pytest.mark.parametrize("who", ["nobody", "locked"])
def test_who_is_not_signed_in_is_led_to_the_host_s_sign_in(
    who: str, everything: Everything, people: dict[str, User], snapshot: Callable[[], Snapshot]
) -> None:
    client = Client()
    if who == "locked":
        client.force_login(people["locked"])
    addresses = Addresses(everything)
    before = snapshot()
    for name, method in TABLE:
        response = addresses.ask(client, name, method)
        assert response.status_code == 302, (method, name)
        led = urlsplit(response["Location"])
        assert led.path == "/accounts/login/", (method, name)
        assert unquote(led.query) == f"next={addresses.path[name]}"
        assert everything.filed.case.name not in response.content.decode()
    assert snapshot() == before


def test_a_script_of_a_page_whose_person_signed_out_is_told_so_and_gets_no_page(everything: Everything) -> None:
    client = Client()
    addresses = Addresses(everything)
    for name, method in TABLE:
        response = addresses.ask(client, name, method, **{"HX-Request": "true"})
        assert (response.status_code, response.content) == (401, b""), (method, name)


def test_a_page_about_to_send_something_learns_who_is_signed_in_now(
    everything: Everything, people: dict[str, User]
) -> None:
    client = Client(enforce_csrf_checks=True)
    addresses = Addresses(everything)
    assert client.get(addresses.path["session"]).status_code == 302
    client.force_login(people["clerk_kv1"])
    answer = client.get(addresses.path["session"])
    assert answer["Cache-Control"] == "private, no-store"
    told = answer.json()
    assert told.keys() == {"user", "token"}
    assert told["user"] == people["clerk_kv1"].pk
    body = next(attributes for tag, attributes in Page(client.get("/vks/")).elements if tag == "body")
    assert body["data-vks-user"] == str(told["user"])
    # the token is one that forms are taken with
    sent = {"last": "9", "csrfmiddlewaretoken": told["token"]}
    assert client.post(addresses.path["reminders_read"], sent).status_code == 302


def test_signing_in_leads_back_to_the_page(everything: Everything) -> None:
    client = Client()
    address = f"/vks/cases/{everything.filed.case.code}/"
    led = client.get(address)["Location"]
    answer = client.post(led, {"login": "prosecutor_kv1", "password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, address)
    assert client.get(address).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/vks/x",
        "/vks/cases/",
        "/vks/cases//",
        "/vks/cases/HS-1/x/",
        "/vks/bundles/1/",
        "/vks/organization/x/",
        "/vks/cases/HS/documents/x/",
        "/vks/cases/%00/",
        "/vks/cases/..%2f..%2fadmin/",
        "/vks/%E1%BB%93/",
        "/vks/admin/",
        "/vks/share/abc",
    ],
)
def test_an_unknown_address_of_ours_is_never_answered_by_the_host(path: str, case: Any, as_person: SignIn) -> None:
    answer = as_person("prosecutor_kv1").get(path)
    assert answer.status_code == 404
    assert "Không tìm thấy" in Page(answer).text
    assert "Content-Security-Policy" in answer


def test_every_form_needs_its_token(
    everything: Everything, people: dict[str, User], snapshot: Callable[[], Snapshot]
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(people["chief_kv1"])
    addresses = Addresses(everything)
    before = snapshot()
    for name, method in TABLE:
        if method == "post":
            assert addresses.ask(client, name, method).status_code == 403, name
    assert snapshot() == before


def test_a_form_with_its_token_is_taken(everything: Everything, people: dict[str, User]) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(people["chief_kv1"])
    addresses = Addresses(everything)
    page = Page(client.get(addresses.path["case"]))
    token = page.fields["csrfmiddlewaretoken"]
    assert client.post(addresses.path["bundle_make"], {"csrfmiddlewaretoken": token}).status_code == 302
    # a script sends it in a header, which the page tells it
    body = next(attributes for tag, attributes in page.elements if tag == "body")
    assert token[:6]
    assert "X-CSRFToken" in body["hx-headers"]
    assert client.post(addresses.path["bundle_make"], headers={"X-CSRFToken": token}).status_code == 302


@pytest.mark.parametrize(
    ("name", "method"), [("case", "post"), ("upload", "get"), ("bundle_make", "get"), ("bundle", "delete")]
)
def test_a_page_answers_only_how_it_was_meant_to(
    name: str, method: str, everything: Everything, as_person: SignIn, snapshot: Callable[[], Snapshot]
) -> None:
    before = snapshot()
    answer = getattr(as_person("chief_kv1"), method)(Addresses(everything).path[name])
    assert answer.status_code == 405
    assert snapshot() == before
