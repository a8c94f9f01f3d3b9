"""What people see of the signatures inside a document's file, from its filing on."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from tests.filing.signing import SIGNER, authorities, signed
from tests.people import file_pdf
from tests.web.conftest import Page
from vks_plugin.cases.models import CaseDocument, CatalogueType
from vks_plugin.custody.models import LedgerEntry
from vks_plugin.errors import Conflict
from vks_plugin.filing.models import SignatureCheck
from vks_plugin.filing.page_map import Placed
from vks_plugin.filing.pages import change_pages
from vks_plugin.filing.signature_checks import run_check

if TYPE_CHECKING:
    from pathlib import Path

    from django.contrib.auth.models import User
    from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

    from tests.web.conftest import SignIn
    from vks_plugin.cases.models import CaseFile

pytestmark = pytest.mark.django_db


@pytest.fixture
def filed(
    case: CaseFile,
    people: dict[str, User],
    catalogue: dict[str, CatalogueType],
    tmp_path: Path,
    settings: Settings,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> CaseDocument:
    """File a signed PDF as a person does, under roots that know its signer."""
    settings.VKS_SIGNATURE_ROOTS = str(authorities().roots(tmp_path / "roots"))
    with django_capture_on_commit_callbacks(execute=True):
        item = file_pdf(
            actor=people["prosecutor_kv1"],
            case=case,
            document_type=catalogue["CT"],
            content=signed(),
            title="Cáo trạng ký số",
        )
    item.refresh_from_db()
    assert item.document_id is not None
    return CaseDocument.objects.get(document_id=item.document_id)


def test_who_signed_and_when_is_told_from_the_filing_on(
    filed: CaseDocument, people: dict[str, User], as_person: SignIn, settings: Settings, tmp_path: Path
) -> None:
    client, code = as_person("prosecutor_kv1"), filed.case.code
    where = reverse("vks:signatures", args=[code, filed.document_id])
    listed = Page(client.get(reverse("vks:case", args=[code])))
    assert where in listed.links()
    assert "chữ ký số: Hợp lệ" in listed.text
    told = Page(client.get(where)).text
    for words in (SIGNER, "Không thay đổi từ khi ký", "Bao trùm cả tệp", "Thu hồi: chưa kiểm tra", "giờ máy người ký"):
        assert words in told
    # the host's own work on the file (recognition, an archive copy) took nothing from it
    api = client.get(f"/api/vks/documents/{filed.document_id}/signatures/").json()
    assert (api["state"], api["error"], api["sha256"]) == ("done", "", filed.sha256)
    assert [(each["verdict"], each["signer"], each["trust"]) for each in api["signatures"]] == [
        ("valid", SIGNER, "trusted")
    ]
    english = Page(client.get(where, headers={"Accept-Language": "en"})).text
    assert "Valid" in english
    assert "Hợp lệ" not in english
    entry = LedgerEntry.objects.get(kind="signatures_read").said["data"]
    assert (entry["document"], entry["sha256"], entry["signatures"]) == (filed.document_id, filed.sha256, 1)
    assert (entry["signatures_valid"], entry["signatures_invalid"]) == (1, 0)
    assert SIGNER not in str(entry)
    # what would break the signature is refused
    turned = [Placed(2), Placed(1)]
    with pytest.raises(Conflict, match="chữ ký"):
        change_pages(actor=people["prosecutor_kv1"], filed=filed, seen=filed.sha256, placed=turned, reason="Ngược")
    # the same file under no roots: said before anything is read again
    settings.VKS_SIGNATURE_ROOTS = ""
    shown = Page(client.get(where)).text
    assert "Chưa cấu hình chứng thư gốc" in shown
    assert "Chứng thư gốc được cấu hình đã đổi" in shown
    SignatureCheck.objects.all().delete()
    assert "chưa được kiểm tra" in Page(client.get(where)).text
    # roots that cannot be read are no reason to guess
    settings.VKS_SIGNATURE_ROOTS = str(tmp_path / "không có")
    row = SignatureCheck.objects.create(case_document=filed, sha256=filed.sha256)
    run_check(row.pk)
    assert "VKS_SIGNATURE_ROOTS" in Page(client.get(where)).text
    assert client.get(f"/api/vks/documents/{filed.document_id}/signatures/").json()["state"] == "failed"


def test_where_the_part_that_reads_is_not_installed_the_page_says_so(
    case: CaseFile,
    people: dict[str, User],
    catalogue: dict[str, CatalogueType],
    as_person: SignIn,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    content = signed()
    monkeypatch.setitem(sys.modules, "pyhanko", None)
    with django_capture_on_commit_callbacks(execute=True):
        file_pdf(actor=people["prosecutor_kv1"], case=case, document_type=catalogue["CT"], content=content)
    filed = CaseDocument.objects.get(case=case, document_type__code="CT")
    client = as_person("prosecutor_kv1")
    where = reverse("vks:signatures", args=[case.code, filed.document_id])
    shown = Page(client.get(where)).text
    assert "pip install 'vks-plugin[signatures]'" in shown
    assert shown.count("pip install") == 1
    assert client.post(where).status_code == 302
    assert SignatureCheck.objects.get().state == "failed"
    assert "hợp lệ" not in Page(client.get(reverse("vks:case", args=[case.code]))).text.lower()
    assert not LedgerEntry.objects.filter(kind="signatures_read").exists()
