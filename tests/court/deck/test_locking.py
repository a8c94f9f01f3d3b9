"""Packages that leave encrypted: opened again with their password by other means, and not without."""

from __future__ import annotations

import hashlib
import io
import logging
import zipfile
from typing import TYPE_CHECKING, Any, cast

import pypdf
import pytest
import pyzipper
from django.apps import apps
from django.test import Client
from pypdf.errors import FileNotDecryptedError
from rest_framework.test import APIClient

from vks_plugin.court.deck import actions
from vks_plugin.court.deck.locking import checked_password, lock
from vks_plugin.court.deck.models import DeckExport
from vks_plugin.custody.models import LedgerEntry
from vks_plugin.errors import BadInput, Conflict

if TYPE_CHECKING:
    from pathlib import Path

    from django.contrib.auth.models import User
    from pytest_django import DjangoCaptureOnCommitCallbacks

    from tests.people import FiledCase

PASSWORD = "thuyen co lua-7 nui"


def opened(content: bytes, password: str) -> tuple[list[str], bytes]:
    """Return the names in an encrypted ZIP, and its first file."""
    with pyzipper.AESZipFile(io.BytesIO(content)) as archive:
        archive.setpassword(password.encode())
        return archive.namelist(), archive.read(archive.namelist()[0])


def test_a_zip_opens_with_its_password_alone_and_names_nothing(tmp_path: Path) -> None:
    inside = io.BytesIO()
    with zipfile.ZipFile(inside, "w") as archive:
        archive.writestr("trinh-chieu-HS-QN/Nguyen Thi Hoa.jpg", b"hinh" * 50)
    source = tmp_path / "goi.zip"
    source.write_bytes(inside.getvalue())
    target = io.BytesIO()
    lock(source, target, PASSWORD)
    content = target.getvalue()
    assert opened(content, PASSWORD) == (["goi-trinh-chieu.zip"], source.read_bytes())
    with pytest.raises(RuntimeError, match="password"):
        opened(content, PASSWORD + "!")
    # what Windows itself and plain tools see: a method they do not know, and no name of the package
    (info,) = zipfile.ZipFile(io.BytesIO(content)).infolist()
    assert (info.compress_type, info.flag_bits & 1, info.CRC) == (99, 1, 0)
    for word in (b"Hoa", b"HS-QN", b"hinh", PASSWORD.encode()):
        assert word not in content
    # a package that is no PDF any more is told, without the place where it lies
    source = tmp_path / "goi.pdf"
    source.write_bytes(b"%PDF-1.7")
    with pytest.raises(Conflict, match="bị hỏng"):
        lock(source, io.BytesIO(), PASSWORD)
    changed = bytearray(content)
    changed[len(content) // 2] ^= 1
    with pytest.raises(pyzipper.BadZipFile):
        opened(bytes(changed), PASSWORD)


@pytest.mark.parametrize(
    "password",
    [
        "",
        "ngan qua 1",
        "a" * 20,
        "ab" * 10,
        "mật khẩu của tôi 12",
        " thuyen co lua-7 nui",
        "x1!Y" * 17,
        "tab\tthuyen co lua",
    ],
)
def test_a_password_that_protects_nothing_or_cannot_be_typed_is_refused(password: str) -> None:
    with pytest.raises(BadInput) as refused:
        checked_password(password)
    assert refused.value.field == "password"
    assert not password or password not in refused.value.message


@pytest.mark.django_db
def test_a_package_that_is_to_leave_encrypted_leaves_in_no_other_way(
    filed_case: FiledCase,
    people: dict[str, User],
    settings: Any,
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    settings.VKS_DECK_UNSEALED = True
    caplog.set_level(logging.DEBUG)
    lead, case = people["prosecutor_kv1"], filed_case.case
    made = actions.create_presentation(actor=lead, case=case, title="Phiên tòa")
    values = {"kind": "but_luc", "case_document": filed_case.documents[0]}
    actions.add_slide(actor=lead, presentation=made, values=values)
    client, browser = APIClient(), Client()
    client.force_authenticate(lead)
    browser.force_login(lead)
    export: dict[str, DeckExport] = {}
    for file_type in ("html", "pdf"):
        with django_capture_on_commit_callbacks(execute=True):
            asked = {"format": file_type, "encrypted": True}
            told = client.post(f"/api/vks/cases/{case.code}/presentations/1/export/", asked, format="json")
        assert (told.status_code, told.data["encrypted"]) == (202, True)
        export[file_type] = DeckExport.objects.get(pk=told.data["id"])
        page, address = (f"{start}/vks/decks/{told.data['id']}/download/" for start in ("", "/api"))
        assert (browser.get(page).status_code, client.get(address).status_code) == (409, 409)
        for wrong in ({}, {"password": "ngan"}, {"password": "mật khẩu của tôi"}):
            assert client.post(address, wrong, format="json").status_code == 400
    shown = browser.get(f"/vks/cases/{case.code}/presentations/1/").content.decode()
    assert "7-Zip" in shown
    assert "Tải về, đặt mật khẩu" in shown
    ours = LedgerEntry.objects.filter(case=case, kind__startswith="deck_").order_by("seq")
    assert [(row.kind, row.said["data"]["encrypted"]) for row in ours] == [("deck_made", True)] * 2
    # on the page what was mistyped is told; nothing is handed out, and nothing is sent back
    address = f"/vks/decks/{export['html'].pk}/download/"
    refused = browser.post(address, {"password": PASSWORD, "again": PASSWORD + "!"})
    words = refused.content.decode()
    assert (refused.status_code, "không giống nhau" in words, PASSWORD in words) == (400, True, False)
    sent: Any = browser.post(address, {"password": PASSWORD, "again": PASSWORD})
    assert (sent.status_code, case.code in sent["Content-Disposition"]) == (200, False)
    content = b"".join(sent)
    sent.close()
    names, inner = opened(content, PASSWORD)
    assert (names, hashlib.sha256(inner).hexdigest()) == (["goi-trinh-chieu.zip"], export["html"].sha256)
    assert case.code.encode() not in content
    fetched = client.post(f"/api/vks/decks/{export['pdf'].pk}/download/", {"password": PASSWORD}, format="json")
    paper = b"".join(fetched)
    fetched.close()
    reader = pypdf.PdfReader(io.BytesIO(paper))
    assert reader.is_encrypted
    with pytest.raises(FileNotDecryptedError):
        reader.pages[0].extract_text()
    assert not reader.decrypt(PASSWORD + "!")
    assert reader.decrypt(PASSWORD)
    assert case.code in "".join(page.extract_text() for page in reader.pages)
    assert cast("Any", reader.trailer["/Encrypt"])["/R"] == 6
    # the ledger names the very file that went out, and the password is nowhere
    assert [row.said["data"]["sha256"] for row in ours.filter(kind="deck_encrypted")] == [
        hashlib.sha256(each).hexdigest() for each in (content, paper)
    ]
    stored = [str(row) for model in apps.get_models() for row in model._default_manager.values_list()]
    assert any(export["pdf"].sha256 in row for row in stored)
    assert not any(PASSWORD in row for row in stored)
    assert PASSWORD not in caplog.text
    assert sorted(each.name for each in export["pdf"].path.parent.iterdir()) == sorted(
        each.path.name for each in export.values()
    )
