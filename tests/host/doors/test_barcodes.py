"""Barcodes that the host reads take no file apart that was handed in to a case, whichever way they are switched on."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
import zxingcpp  # type: ignore[import-not-found,unused-ignore]  # the host brings it
from django.contrib.auth.models import User
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from tests.host.doors.conftest import Secret, Visitor, host_model
from tests.people import file_pdf
from vks_plugin.cases.models import CaseDocument, CatalogueType
from vks_plugin.filing.models import IntakeItem
from vks_plugin.host.models import Document
from vks_plugin.host.provision import case_code_field_id

pytestmark = pytest.mark.django_db(transaction=True)


def scan(*codes: str) -> bytes:
    """Return a PDF with a page for each of these codes, and one of words before and behind each."""
    made = io.BytesIO()
    paper = Canvas(made)
    for number, code in enumerate(["", *(page for each in codes for page in (each, ""))]):
        paper.drawString(72, 720, f"Trang {number + 1}")
        if code:
            drawn = zxingcpp.create_barcode(code, zxingcpp.BarcodeFormat.Code128).to_image(scale=3)
            paper.drawImage(ImageReader(Image.fromarray(drawn)), 72, 400, width=400, height=120)
        paper.showPage()
    paper.save()
    return made.getvalue()


def _switch_on(where: str, settings: Any) -> None:
    if where == "environment":
        settings.CONSUMER_ENABLE_BARCODES = settings.CONSUMER_ENABLE_ASN_BARCODE = True
        return
    on = {"barcodes_enabled": True, "barcode_enable_asn": True, "barcode_enable_tag": True}
    host_model("ApplicationConfiguration", app="paperless").objects.update_or_create(pk=1, defaults=on)


@pytest.mark.parametrize("where", ["environment", "configuration page"])
def test_no_code_takes_apart_or_numbers_what_was_handed_in_to_a_case(
    where: str, secret: Secret, people: dict[str, User], catalogue: dict[str, CatalogueType], settings: Any
) -> None:
    _switch_on(where, settings)
    before = set(Document.global_objects.values_list("pk", flat=True))
    item = file_pdf(
        actor=people["prosecutor_kv1"],
        case=secret.case,
        document_type=catalogue["QDKTBC"],
        content=scan("PATCHT", "ASN00123"),
    )
    item.refresh_from_db()
    assert (item.status, item.error) == (IntakeItem.Status.FILED, "")
    made = Document.global_objects.exclude(pk__in=before).get()
    assert (made.page_count, made.archive_serial_number) == (5, None)
    assert CaseDocument.objects.get(document_id=made.pk).case_id == secret.case.pk


def test_parts_of_what_was_uploaded_with_a_case_code_are_all_in_the_case(
    secret: Secret, as_person: Callable[..., Visitor], settings: Any
) -> None:
    _switch_on("environment", settings)
    code = json.dumps({case_code_field_id(): secret.case.code})
    as_person("prosecutor_kv1").upload(title="Bản tự khai", custom_fields=code, content=scan("PATCHT"))
    made = Document.global_objects.exclude(pk__in=secret.ids)
    assert [each.page_count for each in made] == [1, 1]
    assert {each.case_document.case_id for each in made} == {secret.case.pk}
