"""From a folio back to its document, what the ledger says of it, the decision it is and the bundles that show it."""

from __future__ import annotations

import datetime as dt
import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from rest_framework.test import APIClient

from tests.people import FiledCase
from tests.web.conftest import Page
from vks_plugin.acts import ACTS
from vks_plugin.cases.models import CaseDocument, Folio, ProceduralEvent
from vks_plugin.court import actions as court
from vks_plugin.court.inspection import inspect_bundle
from vks_plugin.court.models import Bundle
from vks_plugin.court.tracing import OF_DOCUMENTS, Bundled, trace
from vks_plugin.custody.models import LedgerEntry
from vks_plugin.errors import NotFound

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.fixture
def bundled(filed_case: FiledCase, people: dict[str, User]) -> Bundle:
    """Return a bundle of the case, one of whose papers is the decision of a step that was recorded."""
    actor = people["prosecutor_kv1"]
    ProceduralEvent.objects.create(
        case=filed_case.case,
        event="khoi_to_vu_an",
        happened_on=dt.date(2026, 3, 2),
        number="12/QĐ",
        case_document=filed_case.documents[1],
        recorded_by=actor,
    )
    return court.bundle_at_once(actor=actor, case=filed_case.case)


def test_a_folio_leads_to_its_paper_its_history_and_the_page_of_a_bundle(
    filed_case: FiledCase, bundled: Bundle, people: dict[str, User]
) -> None:
    case, filed = filed_case.case, filed_case.documents[1]
    folio = Folio.objects.filter(case_document=filed).order_by("number").last()
    assert folio is not None
    found = trace(people["prosecutor_kv1"], case.code, f"BL {folio.label}")
    assert (found.filed, found.folio) == (filed, folio)
    assert [each.number for each in found.events] == ["12/QĐ"]
    # the page named is the page on which that folio is stamped, and no other paper's acts are told
    ((bundle, page),) = found.bundles
    assert inspect_bundle(bundle.path).folios[page - 1] == folio.label
    # a link leads to that page, also of a file that is the second of the bundle
    assert found.bundles[0].place == ("", page)
    bundle.volumes = [
        {"volume": 1, "first_page": 1, "last_page": page - 1},
        {"volume": 2, "first_page": page, "last_page": page + 9},
    ]
    assert Bundled(bundle, page).place == ("2", 1)
    acts = {each.entry.kind for each in found.history}
    assert "document_filed" in acts
    assert acts <= OF_DOCUMENTS
    mine = [
        entry.seq
        for entry in LedgerEntry.objects.filter(case=case, kind__in=OF_DOCUMENTS)
        if entry.said["data"].get("document") == filed.document_id
    ]
    assert sorted(each.entry.seq for each in found.history) == sorted(mine)
    # another file than the one in the bundle is not said to be in it
    CaseDocument.objects.filter(pk=filed.pk).update(sha256="0" * 64)
    assert trace(people["prosecutor_kv1"], case.code, folio.label).bundles == []


def test_nobody_is_led_to_what_they_may_not_read(
    filed_case: FiledCase, bundled: Bundle, people: dict[str, User]
) -> None:
    code = filed_case.case.code
    with pytest.raises(NotFound):
        trace(people["prosecutor_kv3"], code, "1")
    with pytest.raises(NotFound, match="Không có bút lục 99"):
        trace(people["prosecutor_kv1"], code, "99")
    # whoever reads the case and may have no bundle of it is told of none
    bundled.document_ids = [*bundled.document_ids, 999_999]
    bundled.save()
    assert trace(people["prosecutor_kv1"], code, "1").bundles == []


def test_the_page_the_route_and_the_command_say_the_same(
    filed_case: FiledCase, bundled: Bundle, people: dict[str, User], client: Client
) -> None:
    case, filed = filed_case.case, filed_case.documents[1]
    label = Folio.objects.filter(case_document=filed).order_by("number").first()
    assert label is not None
    api = APIClient()
    api.force_authenticate(people["prosecutor_kv1"])
    told = api.get(f"/api/vks/cases/{case.code}/folio-origins/{label.label}/").json()
    assert (told["document"], told["decisions"][0]["number"]) == (filed.document_id, "12/QĐ")
    client.force_login(people["prosecutor_kv1"])
    page = Page(client.get(f"/vks/cases/{case.code}/folios/?but_luc={label.label}"))
    for said in (
        f"Bút lục {label.label}",
        str(ACTS["document_filed"].label),
        "12/QĐ",
        f"trang {told['bundles'][0]['page']}",
    ):
        assert said in page.text, said
    odd = client.get(f"/vks/cases/{case.code}/folios/?but_luc=%3Cb%3E9")
    assert (odd.status_code, "<b>9" in odd.content.decode()) == (200, False)
    assert "không phải số bút lục" in Page(odd).text

    def command(*words: str) -> Any:
        out = io.StringIO()
        call_command("vks_folios", "--case", case.code, "--folio", label.label, "--json", *words, stdout=out)
        return json.loads(out.getvalue())

    said = command("--user", "prosecutor_kv1")
    assert [each["seq"] for each in said["history"]] == [each["seq"] for each in told["history"]]
    assert said["bundles"] == [{"bundle": str(bundled.pk), "page": told["bundles"][0]["page"]}]
    with pytest.raises(CommandError, match="hãy nêu --user"):
        command()
