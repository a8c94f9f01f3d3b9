"""What people see of the signatures inside a document's file, from its filing on."""

from __future__ import annotations

import hashlib
import sys
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from tests.custody.batches import batch_in, sealed
from tests.filing.signing import SIGNER, authorities, changed, signed
from tests.people import FiledCase, file_pdf, pdf_bytes
from tests.web.conftest import Page
from vks_plugin.access.actions import draw_up_inventory
from vks_plugin.cases.models import CaseDocument, CatalogueType
from vks_plugin.custody import queries, verify_ledger
from vks_plugin.custody.actions import confirm, ensure_key, export, note_step
from vks_plugin.custody.actions.hand_overs import Terms, accept, hand_over
from vks_plugin.custody.handing import Checks
from vks_plugin.custody.models import LedgerEntry, PageChange
from vks_plugin.errors import BadInput, Conflict
from vks_plugin.filing import signature_checks
from vks_plugin.filing.actions import describe
from vks_plugin.filing.models import SignatureCheck
from vks_plugin.filing.page_map import Placed
from vks_plugin.filing.pages import attach_signed, change_pages
from vks_plugin.filing.signature_checks import run_check
from vks_plugin.filing.signatures import Integrity, Signature, Trust, read_signatures
from vks_plugin.host.files import newest_version

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.test import Client
    from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

    from tests.web.conftest import SignIn
    from vks_plugin.cases.models import CaseFile

pytestmark = pytest.mark.django_db

FORM = Path(__file__).parents[2] / "fixtures/demo/files/BaoCaoBatGiu.pdf"


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


def test_what_was_filed_before_the_part_was_installed_is_read_by_a_command_that_goes_on_where_it_stopped(
    case: CaseFile,
    people: dict[str, User],
    catalogue: dict[str, CatalogueType],
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    sound = signed()
    with monkeypatch.context() as before, django_capture_on_commit_callbacks(execute=True):
        before.setitem(sys.modules, "pyhanko", None)
        for content in (sound, pdf_bytes(1), changed(sound)):
            file_pdf(actor=people["prosecutor_kv1"], case=case, document_type=catalogue["CT"], content=content)
        with pytest.raises(CommandError, match="vks-plugin"):
            call_command("vks_signatures", stdout=StringIO())
    assert not SignatureCheck.objects.exclude(state="failed").exists()
    ids = list(CaseDocument.objects.filter(case=case).order_by("document_id").values_list("document_id", flat=True))

    def read(*words: str) -> list[str]:
        out = StringIO()
        call_command("vks_signatures", *words, stdout=out)
        return out.getvalue().splitlines()

    told = read("--limit", "2")
    assert told[-1] == f"Còn 1 tài liệu: chạy tiếp với --after {ids[1]}."
    assert list(SignatureCheck.objects.filter(state="done").values_list("case_document__document", flat=True)) == [
        ids[0]
    ]
    told = read("--case", case.code, "--after", str(ids[1]))
    assert told == [
        f"Đã xem 1 tài liệu, đến tài liệu số {ids[2]}: đọc chữ ký số của 1 tệp, 0 không đọc được; còn 0.",
        "Đã xem hết.",
    ]
    found = dict(SignatureCheck.objects.filter(state="done").values_list("case_document__document", "sha256"))
    assert found.keys() == {ids[0], ids[2]}
    entries = LedgerEntry.objects.filter(kind="signatures_read").order_by("pk")
    assert {(each.said["data"]["document"], each.said["data"]["signatures_invalid"]) for each in entries} == {
        (ids[0], 0),
        (ids[2], 1),
    }
    # whoever begins anew reads nothing twice
    assert "đọc chữ ký số của 0 tệp" in read()[0]
    assert entries.count() == 2
    with pytest.raises(CommandError, match="HS-KHONG-CO"):
        read("--case", "HS-KHONG-CO")


def _sent(client: Client, where: str, content: bytes, **more: str) -> Any:
    seen = Page(client.get(where)).fields["seen"]
    return client.post(f"{where}signed/", {"seen": seen, "file": SimpleUploadedFile("ký.pdf", content), **more})


def test_a_file_signed_at_the_own_machine_comes_back_as_the_newest_version(
    filed_case: FiledCase, as_person: SignIn, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # in this process, which is quicker: that it is read apart is tested above
    monkeypatch.setattr(signature_checks, "read_apart", read_signatures)
    settings.VKS_SIGNATURE_ROOTS = str(authorities().roots(tmp_path / "roots"))
    filed, client = filed_case.documents[0], as_person("prosecutor_kv1")
    before, root = filed.sha256, filed.document
    present = root.source_path.read_bytes()
    where = reverse("vks:signatures", args=[filed_case.case.code, filed.document_id])
    good = signed(present)
    later = changed(good)
    for content, words in (
        (pdf_bytes(2, "Chưa ký"), "không có chữ ký số"),
        (signed(pdf_bytes(3, "Tệp khác")), "có 3 trang"),
        (later, "Nội dung bị thay đổi sau khi ký"),
        # signed, but by nothing that shows it to be this very file
        (signed(pdf_bytes(2, "Ghi lại")), "nêu lý do"),
    ):
        refused = _sent(client, where, content)
        assert (refused.status_code, words in Page(refused).text) == (400, True), words
    filed.refresh_from_db()
    assert (filed.sha256, PageChange.objects.count()) == (before, 0)
    assert _sent(client, where, good).status_code == 302
    filed = CaseDocument.objects.get(pk=filed.pk)
    newest = newest_version(filed.document)
    assert newest.source_path.read_bytes() == good
    assert (newest.checksum, root.source_path.read_bytes()) == (filed.sha256, present)
    told = Page(client.get(where)).text
    assert SIGNER in told
    assert "Hợp lệ" in told
    entry = LedgerEntry.objects.get(kind="signed_version").said["data"]
    assert (entry["sha256_before"], entry["sha256"], entry["continues"]) == (before, filed.sha256, True)
    assert (entry["signatures"], entry["signatures_valid"]) == (1, 1)
    assert SIGNER not in str(entry)
    # a leader signs behind the first, through the API
    api = f"/api/vks/documents/{filed.document_id}/"
    twice = signed(good, authorities().second, field="Lãnh đạo")
    given = {"seen": client.get(api).json()["sha256"], "file": SimpleUploadedFile("ký hai.pdf", twice)}
    answer = client.post(f"{api}signed/", given)
    assert (answer.status_code, answer.json()["state"]) == (201, "done")
    assert [(each["signer"], each["verdict"]) for each in answer.json()["signatures"]] == [
        (SIGNER, "valid"),
        ("Trần Thị Lãnh Đạo", "valid"),
    ]
    assert client.post(f"{api}signed/", given | {"file": SimpleUploadedFile("x.pdf", twice)}).status_code == 409
    # who reads has no form, who may not read finds nothing
    assert f"{where}signed/" not in Page(as_person("chief_province").get(where)).text
    assert as_person("prosecutor_kv3").get(where).status_code == 404


def test_what_was_confirmed_is_signed_and_sealed_as_signed(
    filed_case: FiledCase,
    people: dict[str, User],
    as_person: SignIn,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(signature_checks, "read_apart", read_signatures)
    settings.VKS_SIGNATURE_ROOTS = str(authorities().roots(tmp_path / "roots"))
    ensure_key()
    case, filed, lead, scanner = (
        filed_case.case,
        filed_case.documents[0],
        people["prosecutor_kv1"],
        people["scanner_kv1"],
    )
    batch, client = batch_in("cho_ky_so", filed_case, people), as_person("prosecutor_kv1")
    where = reverse("vks:signatures", args=[case.code, filed.document_id])
    assert "chờ kiểm sát viên xác nhận" in Page(client.get(where)).text

    def to_sign() -> dict[int, bool] | None:
        papers = client.get(f"/api/vks/cases/{case.code}/digitisation/{batch.pk}/").json()["papers"]
        return None if papers is None else {each["id"]: each["signed"] for each in papers}

    assert to_sign() is None
    draw_up_inventory(actor=scanner, case=case)
    batch = confirm(actor=lead, batch=batch)
    assert to_sign() == dict.fromkeys([each.document_id for each in filed_case.documents], False)
    confirmed, present = batch.checked_digest, filed.document.source_path.read_bytes()
    for content in (
        # begins with every byte of the confirmed file and covers a page of it, then signs that
        signed(changed(present)),
        signed(pdf_bytes(2, "Ghi lại")),
    ):
        refused = _sent(client, where, content, reason="Đã so bằng mắt")
        assert (refused.status_code, "không phải đúng tệp kiểm sát viên đã xác nhận" in Page(refused).text) == (
            400,
            True,
        )
    assert not PageChange.objects.exists()

    def offered() -> bytes:
        (link,) = [each for each in Page(client.get(where)).links() if "/download/" in each]
        return client.get(link).getvalue()

    # what the page hands out to be signed is taken when it comes back
    good = signed(offered())
    # whoever let the quality pass may bring it: the file is the one that was checked
    assert _sent(as_person("inspector_kv1"), where, good).status_code == 302
    assert offered() == good
    twice = signed(good, authorities().second, field="Lãnh đạo")
    assert _sent(client, where, twice).status_code == 302
    page = Page(client.get(reverse("vks:section", args=[case.code, "digitisation"]))).text
    assert "đã ký số" in page
    assert [each for each, signed in (to_sign() or {}).items() if signed] == [filed.document_id]
    steps = batch.steps.filter(step="ky_so").values_list("done_by__username", "note", "pages")
    assert set(steps) == {("inspector_kv1", filed.title, 2), ("prosecutor_kv1", filed.title, 2)}
    batch.refresh_from_db()
    told = [row.said["data"] for row in LedgerEntry.objects.filter(kind="digitisation_signed").order_by("seq")]
    digests = [each[name] for each in told for name in ("digest_before", "digest")]
    assert digests == [confirmed, told[0]["digest"], told[0]["digest"], batch.checked_digest]
    assert filed.title not in str(told)
    assert queries.obstacles(batch) == []
    manifest = sealed(batch, scanner)
    (row,) = [each for each in manifest.said["documents"] if each["document"] == filed.document_id]
    assert row["sha256"] == hashlib.sha256(twice).hexdigest()
    held = {part: manifest.said[part] for part in ("documents", "videos")}
    assert hashlib.sha256(verify_ledger.canonical(held)).hexdigest() == batch.checked_digest
    read = read_signatures(newest_version(filed.document).source_path)
    assert [each.integrity for each in read] == [Integrity.EXTENDED, Integrity.UNCHANGED]
    export(tmp_path / "so", case=case)
    assert verify_ledger.main([str(tmp_path / "so")]) == 0
    # sealed, it takes no more signatures
    assert "niêm phong" in Page(client.get(where)).text


def test_a_confirmed_form_of_the_police_is_signed(
    filed_case: FiledCase,
    people: dict[str, User],
    catalogue: dict[str, CatalogueType],
    as_person: SignIn,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # its pages inherit what a library would write to each of them, under numbers that are those of the signature
    monkeypatch.setattr(signature_checks, "read_apart", read_signatures)
    with django_capture_on_commit_callbacks(execute=True):
        item = file_pdf(
            actor=people["prosecutor_kv1"],
            case=filed_case.case,
            document_type=catalogue["CT"],
            content=FORM.read_bytes(),
            title="Mẫu của công an",
            folio_from=7,
            folio_to=7,
        )
    item.refresh_from_db()
    batch = batch_in("confirmed", filed_case, people)
    client, where = (
        as_person("prosecutor_kv1"),
        reverse("vks:signatures", args=[filed_case.case.code, item.document_id]),
    )
    (link,) = [each for each in Page(client.get(where)).links() if "/download/" in each]
    present = client.get(link).getvalue()
    for content in (signed(changed(present)), changed(signed(present))):
        assert _sent(client, where, content, reason="Đã so bằng mắt").status_code == 400
    good = signed(present, box=(40, 40, 200, 90))
    assert _sent(client, where, good).status_code == 302
    twice = signed(good, authorities().second, field="Lãnh đạo")
    assert _sent(client, where, twice).status_code == 302
    assert list(PageChange.objects.values_list("continues", flat=True)) == [True, True]
    manifest = sealed(batch, people["scanner_kv1"])
    assert hashlib.sha256(twice).hexdigest() in {each["sha256"] for each in manifest.said["documents"]}


def test_nothing_is_signed_into_a_batch_that_changed_since_its_check(
    filed_case: FiledCase, people: dict[str, User], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(signature_checks, "read_apart", read_signatures)
    batch, filed = batch_in("confirmed", filed_case, people), filed_case.documents[0]
    path = tmp_path / "signed.pdf"
    original = filed.document.source_path
    path.write_bytes(signed(original.read_bytes()))

    def bring() -> None:
        attach_signed(
            actor=people["prosecutor_kv1"], filed=filed, seen=filed.sha256, file=path, filename="ký.pdf", reason="Ký"
        )

    other = filed_case.documents[1]
    describe(actor=people["prosecutor_kv1"], filed=other, document_type=other.document_type, title="Tên khác")
    with pytest.raises(Conflict, match="đã thay đổi sau khi kiểm tra"):
        bring()
    describe(actor=people["prosecutor_kv1"], filed=other, document_type=other.document_type, title=other.title)
    # another file was put in the place of the confirmed one on the server, and signed
    kept = original.read_bytes()
    original.write_bytes(pdf_bytes(2, "Tráo"))
    path.write_bytes(signed(original.read_bytes()))
    with pytest.raises(Conflict, match="không còn như lúc kiểm tra"):
        bring()
    original.write_bytes(kept)
    assert not PageChange.objects.exists()
    # by hand the step names what was signed
    with pytest.raises(BadInput, match="đã ký số tài liệu nào"):
        note_step(actor=people["scanner_kv1"], batch=batch, step="ky_so")


def test_who_signed_a_record_is_told_beside_the_act(
    filed_case: FiledCase, people: dict[str, User], as_person: SignIn
) -> None:
    kind = CatalogueType.objects.create(code="BBGNHS", name="Biên bản", group_code="00", position=1, part="hsva")
    paper = filed_case.documents[0]
    CaseDocument.objects.filter(pk=paper.pk).update(document_type=kind)
    clerk = people["clerk_kv1"]
    terms = Terms(
        part="hsva", direction="cqdt_vks", reason="ket_thuc_dt", agency="Công an tỉnh", giver_name="Lê Văn Điều"
    )
    passed = Checks(documents_complete=True, exhibits_complete=True, served=True)
    row = accept(
        actor=clerk,
        row=hand_over(actor=clerk, case=filed_case.case, terms=terms),
        checks=passed,
        signed_paper=CaseDocument.objects.get(pk=paper.pk),
    )
    found = Signature(Integrity.UNCHANGED, Trust.TRUSTED, signer=SIGNER, said_at="2026-11-05T08:30:00+07:00")
    SignatureCheck.objects.create(case_document=paper, sha256=paper.sha256, state="done", signatures=[found.as_json()])
    where = reverse("vks:hand_over", args=[row.pk])
    assert f"{SIGNER} ký số lúc 08:30 05/11/2026" in Page(as_person("prosecutor_kv1").get(where)).text
    # the clerk deals with the paper: who signed it is told, the document itself stays closed
    listed = as_person("clerk_kv1")
    assert f"{SIGNER} ký số lúc 08:30 05/11/2026" in Page(listed.get(where)).text
    assert listed.get(reverse("vks:signatures", args=[filed_case.case.code, paper.document_id])).status_code in {
        403,
        404,
    }
    # of the file before nothing is told
    SignatureCheck.objects.update(sha256="0" * 64)
    for username in ("prosecutor_kv1", "clerk_kv1"):
        assert SIGNER not in Page(as_person(username).get(where)).text
