"""What the archive has stays as it was packed, at every door, until a leader takes it out again."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.base import ContentFile
from django.test import TestCase
from django.utils import timezone
from documents.models import Document

from tests.filing.test_from_dms import client_of, write_code
from tests.people import FiledCase, file_pdf, pdf_bytes, register, waiting
from vks_plugin.access import actions as access
from vks_plugin.cases.models import CaseDocument, CaseFile, CatalogueType
from vks_plugin.conf import configuration
from vks_plugin.custody import actions as custody
from vks_plugin.errors import Conflict, NotAllowed, VksError
from vks_plugin.filing import actions as filing
from vks_plugin.filing.page_map import Placed
from vks_plugin.filing.pages import Described, attach_signed, change_pages, merge_documents, split_document
from vks_plugin.hashing import sha256_of
from vks_plugin.host.provision import case_code_on, write_case_code
from vks_plugin.organization.models import ProcuracyUnit
from vks_plugin.text import composed

if TYPE_CHECKING:
    from django.contrib.auth.models import User

pytestmark = pytest.mark.django_db


def test_nothing_is_added_to_it_and_nothing_of_it_is_changed(
    filed_case: FiledCase, people: dict[str, User], units: dict[str, ProcuracyUnit], catalogue: dict[str, CatalogueType]
) -> None:
    case, lead = filed_case.case, people["prosecutor_kv1"]
    first, second = filed_case.documents[:2]
    other = register(actor=people["clerk_kv1"], unit=units["QN-KV1"])
    access.assign(actor=people["chief_kv1"], case=other, user=lead, role="prosecutor_lead")
    loose = Document.objects.create(title="Đơn", checksum="0" * 64, mime_type="application/pdf", owner=lead)
    # handed in before, taken in by the host, or said to have failed, afterwards
    item = waiting(actor=lead, case=case, document_type=catalogue["BBHC"], first=90, last=90)
    left = configuration().data_dir / "intake" / f"{item.pk}.pdf"
    left.parent.mkdir(parents=True, exist_ok=True)
    left.write_bytes(b"%PDF-")
    type(item).objects.filter(pk=item.pk).update(sha256=sha256_of(left))
    item.refresh_from_db()
    seen = {each.pk: each.sha256 for each in (first, second)}
    CaseFile.objects.filter(pk=case.pk).update(status="da_nop_luu", archived_at=timezone.now())
    case.refresh_from_db()

    def papers() -> list[Any]:
        rows = CaseDocument.objects.order_by("pk")
        return [list(rows.values_list("case", "sha256", "title")), Document.global_objects.count()]

    before = papers()
    acts: dict[str, Callable[[], object]] = {
        "file": lambda: file_pdf(actor=lead, case=case, document_type=catalogue["BBHC"]),
        "adopt": lambda: filing.file_existing(actor=lead, case=case, document=loose),
        "describe": lambda: filing.describe(
            actor=lead, filed=CaseDocument.objects.get(pk=first.pk), document_type=first.document_type, title="Khác"
        ),
        "turn": lambda: change_pages(
            actor=lead, filed=CaseDocument.objects.get(pk=first.pk), seen=seen[first.pk], placed=[Placed(1, turn=90)]
        ),
        "sign": lambda: attach_signed(
            actor=lead,
            filed=CaseDocument.objects.get(pk=first.pk),
            seen=seen[first.pk],
            file=ContentFile(pdf_bytes(), name="ky.pdf"),
            filename="ky.pdf",
        ),
        "split": lambda: split_document(
            actor=lead,
            filed=CaseDocument.objects.get(pk=second.pk),
            seen=seen[second.pk],
            after=1,
            described=Described("Khác"),
        ),
        "merge": lambda: merge_documents(
            actor=lead,
            filed=CaseDocument.objects.get(pk=first.pk),
            other=CaseDocument.objects.get(pk=second.pk),
            seen=seen[first.pk],
            seen_other=seen[second.pk],
        ),
        "digitise": lambda: custody.open_batch(actor=lead, case=case),
        "try again": lambda: filing.retry_failed(actor=lead, item=item),
    }
    for name, act in acts.items():
        with pytest.raises((Conflict, NotAllowed), match="đã nộp lưu") as refused:
            act()
        assert isinstance(refused.value, VksError), name
    # the host's own doors: title, and another document written into the case, or one of it into another case
    client = client_of(lead)
    titled = client.patch(
        f"/api/documents/{first.document_id}/", json.dumps({"title": "Khác"}), content_type="application/json"
    )
    assert (titled.status_code, "đã nộp lưu" in composed(titled.content.decode())) == (403, True)
    assert write_code(lead, loose, case.code).status_code == 409
    assert write_code(lead, filed_case.internal.document, other.code).status_code in {403, 409}
    # past the doors: a task that was queued before, a row written by another program
    for each, kept in ((loose, None), (filed_case.internal.document, case.code)):
        write_case_code(each, case.code if kept is None else other.code)
        filing.follow_document(each, actor=lead)
        assert case_code_on(each) == kept
    write_case_code(loose, case.code)
    Document.objects.filter(pk=loose.pk).update(owner=filed_case.documents[0].document.owner_id, checksum=item.sha256)
    with pytest.raises(Conflict, match="đã nộp lưu"):
        filing.receive_consumed(Document.objects.get(pk=loose.pk))
    assert papers() == before
    # the page offers none of it
    page = client.get(f"/vks/cases/{case.code}/").content.decode()
    assert "vks-file" not in page
    assert f"/vks/cases/{case.code}/documents/{first.document_id}/pages/" not in page


def test_a_leader_takes_it_out_of_the_archive_with_a_reason(
    filed_case: FiledCase, people: dict[str, User], catalogue: dict[str, CatalogueType]
) -> None:
    from tests.custody.test_retention import ended
    from vks_plugin.cases import actions as cases

    case, lead = filed_case.case, people["prosecutor_kv1"]
    ended(case, lead)
    # by hand only where nothing is stored: papers go with a package
    with pytest.raises(Conflict, match="trang Lưu trữ"):
        access.record_event(actor=lead, case=case, event="nop_luu", happened_on=timezone.localdate())
    event = cases.record_event(
        actor=lead, case=case, happened=cases.Happened(event="nop_luu", happened_on=timezone.localdate())
    )
    CaseFile.objects.filter(pk=case.pk).update(archived_at=timezone.now())
    event.case.refresh_from_db()
    with pytest.raises(NotAllowed):
        access.withdraw_event(actor=lead, event=event, reason="Bổ sung bản án")
    access.withdraw_event(actor=people["chief_kv1"], event=event, reason="Bổ sung bản án")
    case.refresh_from_db()
    assert (case.status, case.archived_at) == ("dinh_chi", None)
    with TestCase.captureOnCommitCallbacks(execute=True):
        file_pdf(actor=lead, case=case, document_type=catalogue["BBHC"])
    assert CaseDocument.objects.filter(case=case).count() == 5
