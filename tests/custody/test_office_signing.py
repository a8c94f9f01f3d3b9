"""The key of the office signs what the system makes; what it signed is judged by other programs."""

from __future__ import annotations

import datetime as dt
import json
import re
import subprocess
import zipfile
from typing import TYPE_CHECKING

import bagit
import pikepdf
import pytest
from django.test import Client

from tests.custody.batches import batch_in, sealed
from tests.custody.test_accession import archivist, packed  # noqa: F401 - a fixture
from tests.filing.signing import authorities, certified
from tests.people import FiledCase, pdf_bytes
from vks_plugin.court import actions as court
from vks_plugin.court import verification
from vks_plugin.court.deck import actions as decks
from vks_plugin.court.deck import manifest
from vks_plugin.court.deck.locking import lock
from vks_plugin.court.deck.models import DeckExport
from vks_plugin.court.models import Bundle
from vks_plugin.court.verification import Asked, State, is_sound, read_manifest, verify
from vks_plugin.custody.signing import UnusableKey, configured_key, detached, office_key, sign_pdf
from vks_plugin.errors import Unavailable
from vks_plugin.filing.signatures import Integrity, Verdict, read_signatures
from vks_plugin.hashing import sha256_of

if TYPE_CHECKING:
    from pathlib import Path

    from django.contrib.auth.models import User
    from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

OFFICE_KEY = "Hệ thống hồ sơ VKS Quảng Ninh"
PASSWORD = b"mat-khau-rat-rieng"


@pytest.fixture
def configured(settings: Settings, tmp_path: Path) -> Path:
    """Configure a key whose certificate leads to the root; return its file."""
    made = certified(OFFICE_KEY, authorities().between)
    key, password = tmp_path / "office.p12", tmp_path / "office.password"
    key.write_bytes(made.pkcs12(PASSWORD, authorities().between))
    password.write_bytes(PASSWORD + b"\n")
    for each in (key, password):
        each.chmod(0o600)
    settings.VKS_SIGNING_KEY, settings.VKS_SIGNING_PASSWORD_FILE = str(key), str(password)
    authorities().roots(tmp_path / "roots")
    return key


def holds(content: Path, signature: Path, roots: Path) -> bool:
    """Ask OpenSSL, which shares no code with what signed."""
    command = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-purpose", "any", "-out", "/dev/null"]
    command += ["-in", str(signature), "-content", str(content), "-CAfile", str(roots / "goc.pem")]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_what_is_signed_holds_for_other_programs_until_a_byte_changes(configured: Path, tmp_path: Path) -> None:
    key = office_key()
    assert key is not None
    assert key.name == OFFICE_KEY
    content, beside = tmp_path / "bảng kê.json", tmp_path / "bảng kê.json.p7s"
    content.write_bytes(b'{"v":1}\n')
    beside.write_bytes(detached(content.read_bytes(), key))
    assert holds(content, beside, tmp_path / "roots")
    content.write_bytes(b'{"v":2}\n')
    assert not holds(content, beside, tmp_path / "roots")
    path, before = tmp_path / "tập.pdf", pdf_bytes(3, "Tập hồ sơ")
    path.write_bytes(before)
    sign_pdf(path, key)
    assert path.read_bytes().startswith(before)
    (found,) = read_signatures(path, tmp_path / "roots")
    assert (found.verdict, found.integrity, found.signer) == (Verdict.VALID, Integrity.UNCHANGED, OFFICE_KEY)


def test_a_key_that_cannot_be_used_is_refused_and_nothing_of_it_is_told(
    configured: Path, settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    password = tmp_path / "office.password"

    def refusal() -> str:
        caplog.clear()
        with pytest.raises(UnusableKey) as refused:
            configured_key()
        why = str(refused.value)
        with pytest.raises(Unavailable, match="hãy báo quản trị") as told:
            office_key()
        # who asked reads no file and no setting of the server; the log has them
        assert not re.search(r"VKS_|chmod|" + re.escape(str(tmp_path)), told.value.message)
        assert why in caplog.text
        return why

    for each in (configured, password):
        each.chmod(0o640)
        assert (each.name in (said := refusal()), "chmod 600" in said) == (True, True)
        each.chmod(0o600)
    password.write_bytes(b"mat-khau-khac")
    wrong = refusal()
    assert "mật khẩu" in wrong
    assert "mat-khau-khac" not in wrong + caplog.text
    password.write_bytes(PASSWORD)
    good = configured.read_bytes()
    configured.write_bytes(good[:-40])
    assert "PKCS#12" in refusal()
    today = dt.datetime.now(dt.UTC)
    configured.write_bytes(certified("Cũ", authorities().between, ends=today - dt.timedelta(days=1)).pkcs12(PASSWORD))
    assert "không còn hiệu lực" in refusal()
    configured.unlink()
    assert "Không đọc được" in refusal()
    settings.VKS_SIGNING_KEY = ""
    assert office_key() is None


@pytest.mark.django_db
def test_a_bundle_and_its_manifest_are_signed_last_and_verified(
    configured: Path,
    filed_case: FiledCase,
    people: dict[str, User],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    # in this process, which is quicker
    monkeypatch.setattr(verification, "read_apart", read_signatures)
    actor = people["prosecutor_kv1"]
    with django_capture_on_commit_callbacks(execute=True):
        bundle = court.request_bundle(actor=actor, case=filed_case.case, preset="toan_bo")
    bundle.refresh_from_db()
    assert (bundle.status, bundle.error) == (Bundle.Status.DONE, "")
    roots = tmp_path / "roots"
    manifest = read_manifest(bundle.manifest_path)
    # what the list, the ledger and the page say is the file as it was signed
    assert sha256_of(bundle.path) == bundle.sha256 == manifest["volumes"][0]["sha256"]
    assert holds(bundle.manifest_path, bundle.signature_path, roots)
    assert manifest["signer"] == OFFICE_KEY
    # under the name it is handed out with
    handed = tmp_path / f"{bundle.case.code} Toàn bộ 2026-05-04.pdf"
    handed.write_bytes(bundle.path.read_bytes())
    asked = Asked(manifest, roots=roots, manifest_path=bundle.manifest_path)
    judged = verify([handed], asked)
    rows = {row.number: row for row in judged}
    assert is_sound(judged), [row for row in judged if row.state is State.BROKEN]
    # without a signed head of the ledger there is something to look at, and the list is signed by whom it names
    assert (rows[19].state, rows[28].state) == (State.MET, State.LOOK)
    assert re.search(f"{OFFICE_KEY} ký lúc [0-9:]{{5}} [0-9/]{{10}}: hợp lệ", rows[28].sentence)
    assert rows[29].state is State.MET
    assert OFFICE_KEY in rows[29].sentence
    client = Client()
    client.force_login(actor)
    answer = client.get(f"/vks/bundles/{bundle.pk}/download/?piece=chu-ky")
    assert b"".join(answer.streaming_content) == bundle.signature_path.read_bytes()  # type: ignore[attr-defined]
    assert ".json.p7s" in answer["Content-Disposition"]
    # a word of the list that is changed breaks its signature; a signature of nothing is no reason to fail
    bundle.manifest_path.write_bytes(bundle.manifest_path.read_bytes().replace(b'"title"', b'"titlE"', 1))
    for _spoilt in range(2):
        row = next(row for row in verify([handed], asked) if row.number == 28)
        assert (row.state, "Chữ ký" in row.sentence or "không hợp lệ" in row.sentence) == (State.BROKEN, True)
        bundle.signature_path.write_bytes(b"0")
    # a byte of what was signed
    content = bundle.path.read_bytes()
    spoiled = tmp_path / bundle.path.name
    at = content.index(b"/MediaBox")
    spoiled.write_bytes(content[:at] + b"/MediaBoX" + content[at + 9 :])
    assert {row.number: row for row in verify([spoiled], Asked(roots=roots))}[29].state is State.BROKEN
    # a key that cannot be used: told, and nothing goes out unsigned
    configured.chmod(0o644)
    with django_capture_on_commit_callbacks(execute=True):
        second = court.request_bundle(actor=actor, case=filed_case.case, preset="toan_bo")
    second.refresh_from_db()
    assert second.status == Bundle.Status.FAILED
    assert "hãy báo quản trị" in second.error
    assert not second.path.exists()


@pytest.mark.django_db
def test_every_form_of_a_deck_says_who_signed_it_until_something_is_changed(
    configured: Path,
    filed_case: FiledCase,
    people: dict[str, User],
    tmp_path: Path,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # in this process, which is quicker
    monkeypatch.setattr(manifest, "read_apart", read_signatures)
    settings.VKS_DECK_UNSEALED = True
    lead, roots = people["prosecutor_kv1"], tmp_path / "roots"
    made = decks.create_presentation(actor=lead, case=filed_case.case, title="Phiên tòa")
    paper = {"kind": "but_luc", "case_document": filed_case.documents[0], "page_from": 1, "page_to": 1}
    decks.add_slide(actor=lead, presentation=made, values=paper)
    files = {}
    for kind in ("html", "pptx", "pdf"):
        export = decks.request_deck(actor=lead, presentation=made, file_type=kind)
        decks.build_deck(export.pk)
        export.refresh_from_db()
        assert (export.status, export.error) == (DeckExport.Status.DONE, "")
        files[kind] = export.path
        judged = manifest.judge(export.path, roots)
        assert judged.problems == []
        by_key = f"do {OFFICE_KEY} ký lúc [0-9:]{{5}} [0-9/]{{10}}: hợp lệ"
        told = [rf"Danh mục {by_key}\."]
        if kind == "pdf":
            told.insert(0, rf"Tệp PDF {by_key}, không thay đổi từ khi ký\.")
        assert all(re.fullmatch(*each) for each in zip(told, judged.signed, strict=True)), judged.signed
        # nobody vouches for the key where no root is known, and that is no fault of the deck
        unknown = manifest.judge(export.path)
        assert (unknown.problems, "chưa xác nhận được người ký" in unknown.signed[-1]) == ([], True)
    # beside the manifest, for other programs
    with zipfile.ZipFile(files["html"]) as archive:
        archive.extractall(tmp_path / "goi")
    (folder,) = (tmp_path / "goi").iterdir()
    content, beside = folder / "manifest.json", folder / "manifest.json.p7s"
    assert holds(content, beside, roots)
    assert f"chữ ký số của {OFFICE_KEY}" in (folder / "DOC-TRUOC.txt").read_text(encoding="utf-8-sig")
    # a word of the manifest, a signature that is gone, one of somebody else
    text, signature = content.read_bytes(), beside.read_bytes()
    content.write_bytes(text.replace(b'"Phi', b'"phi', 1))
    assert [each for each in manifest.judge(folder, roots).problems if "không hợp lệ" in each] != []
    content.write_bytes(text)
    beside.unlink()
    assert manifest.judge(folder, roots) == (
        [f"Danh mục ghi {OFFICE_KEY} ký nhưng trong gói không có chữ ký (manifest.json.p7s)."],
        [],
    )
    beside.write_bytes(b"0" + signature)
    assert "Chữ ký của danh mục: " in manifest.judge(folder, roots).problems[0]
    configured.write_bytes(certified("Người khác", authorities().between).pkcs12(PASSWORD, authorities().between))
    other = office_key()
    assert other is not None
    beside.write_bytes(detached(text, other))
    assert manifest.judge(folder, roots).problems == [f"Danh mục ghi {OFFICE_KEY} ký nhưng chữ ký là của Người khác."]
    # an encrypted PDF is written anew: no broken signature stands in it, and that of the manifest goes on holding
    locked, opened = tmp_path / "khóa.pdf", tmp_path / "mở.pdf"
    with locked.open("w+b") as stream:
        lock(files["pdf"], stream, "bon con ngua dai 2026")
    with pikepdf.open(locked, password="bon con ngua dai 2026") as pdf:
        pdf.save(opened)
    judged = manifest.judge(opened, roots)
    assert [each.partition(" do ")[0] for each in judged.signed] == ["Danh mục"]
    assert [each[:27] for each in judged.problems] == ["Tệp không còn đúng từng byt"]
    # a key that cannot be used: told, and nothing goes out unsigned
    configured.chmod(0o644)
    export = decks.request_deck(actor=lead, presentation=made, file_type="html")
    decks.build_deck(export.pk)
    export.refresh_from_db()
    assert (export.status, "hãy báo quản trị" in export.error, export.path.exists()) == (
        DeckExport.Status.FAILED,
        True,
        False,
    )


@pytest.mark.django_db
@pytest.mark.usefixtures("archivist")
def test_the_package_for_the_archive_carries_the_signature_of_its_lists(
    configured: Path,
    filed_case: FiledCase,
    people: dict[str, User],
    tmp_path: Path,
    settings: Settings,
) -> None:
    batch = batch_in("confirmed", filed_case, people)
    settings.VKS_SIGNING_KEY = str(tmp_path / "không có.p12")
    with pytest.raises(Unavailable, match="hãy báo quản trị"):
        sealed(batch, people["scanner_kv1"])
    settings.VKS_SIGNING_KEY = str(configured)
    manifest = sealed(batch, people["scanner_kv1"])
    # the seal's own list, as who may read the case fetches it, with the signature of that day though the key is gone
    settings.VKS_SIGNING_KEY = ""
    client = Client()
    client.force_login(people["prosecutor_kv1"])
    where = f"/api/vks/cases/{filed_case.case.code}/digitisation/{batch.pk}/manifest/"
    content, beside = tmp_path / "niêm phong.json", tmp_path / "niêm phong.json.p7s"
    content.write_bytes(client.get(where).content)
    beside.write_bytes(client.get(f"{where}?signature=true").content)
    assert holds(content, beside, tmp_path / "roots")
    assert beside.read_bytes() == bytes(manifest.signature or b"")
    settings.VKS_SIGNING_KEY = str(configured)
    row = packed(people, filed_case)
    with zipfile.ZipFile(row.items.get().path) as archive:
        archive.extractall(tmp_path)
    folder = tmp_path / filed_case.case.code
    bag = bagit.Bag(str(folder))
    assert bag.validate()
    # the list that covers every other file
    listed = folder / "tagmanifest-sha256.txt"
    assert holds(listed, listed.with_name(f"{listed.name}.p7s"), tmp_path / "roots")
    seals = sorted((folder / "data" / "metadata").glob("seal-*.json"))
    assert len(seals) == 1
    assert [each.with_name(f"{each.name}.p7s").read_bytes() for each in seals] == [beside.read_bytes()]
    assert json.loads((folder / "data" / "metadata" / "case.json").read_text())["code"] == filed_case.case.code
