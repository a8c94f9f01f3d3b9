"""Digitising a case batch by batch, up to the seal and past it."""

from __future__ import annotations

import datetime as dt
import hashlib
import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.apps import apps
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from tests.custody.batches import batch_in, sealed, staffed
from tests.custody.conftest import verified
from tests.custody.test_acts import data, hidden
from tests.filing.signing import signed
from tests.people import FiledCase, file_pdf
from vks_plugin.access import actions as access
from vks_plugin.access.transfers import transfer_case
from vks_plugin.cases.folios import Label
from vks_plugin.cases.models import CaseDocument, CaseFile, Folio
from vks_plugin.custody import actions, queries
from vks_plugin.custody.models import (
    DigitisationBatch,
    DigitisationStep,
    LedgerEntry,
    NumberSeries,
    PageChange,
    QualityFinding,
    SealedDocument,
    SealManifest,
)
from vks_plugin.custody.queries import digitisation as checked
from vks_plugin.custody.seal_record import as_paper
from vks_plugin.custody.states import DIGITISATION, DIGITISATION_STEPS, Step
from vks_plugin.custody.verify_ledger import canonical
from vks_plugin.custody.videos import VideoFile
from vks_plugin.errors import BadInput, Conflict, NotAllowed, NotFound, VksError
from vks_plugin.filing import actions as filing
from vks_plugin.filing import signature_checks
from vks_plugin.filing.pages import attach_signed
from vks_plugin.filing.signatures import read_signatures
from vks_plugin.host.filed import frozen_among
from vks_plugin.host.models import Document

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.contrib.auth.models import User
    from pytest_django import DjangoCaptureOnCommitCallbacks

    from vks_plugin.cases.models import CatalogueType
    from vks_plugin.organization.models import ProcuracyUnit

pytestmark = pytest.mark.django_db


def told(kind: str) -> list[dict[str, Any]]:
    rows = LedgerEntry.objects.filter(kind=kind).order_by("pk")
    return [{name: value for name, value in row.said["data"].items() if name != "hidden"} for row in rows]


def test_from_the_paper_to_the_seal(filed_case: FiledCase, people: dict[str, User]) -> None:
    batch = batch_in("da_ket_thuc_so_hoa", filed_case, people)
    manifest = batch.manifest
    said = manifest.said
    assert (batch.state, batch.number, manifest.number) == ("da_ket_thuc_so_hoa", 1, 1)
    assert canonical(said) == bytes(manifest.line)
    assert manifest.sha256 == hashlib.sha256(bytes(manifest.line)).hexdigest()
    assert (said["case"], said["part"], said["previous"], said["unit"]) == (
        filed_case.case.code,
        "hsva",
        None,
        "QN-KV1",
    )
    assert [row["folios"] for row in said["documents"]] == [
        [["1", 1], ["2", 2]],
        [["3", 1], ["4", 2], ["5", 3]],
        [["6", 1]],
    ]
    for row in said["documents"]:
        # what lies on the disk, not what a database says of it
        document = Document.objects.get(pk=row["document"])
        assert row["sha256"] == hashlib.sha256(document.source_path.read_bytes()).hexdigest()
        archive = document.archive_path
        assert row["archive_sha256"] == (hashlib.sha256(archive.read_bytes()).hexdigest() if archive else None)
    assert [name for _pk, name in said["scanned_by"]] == ["Lê Văn Quét"]
    assert (said["checked_by"][1], said["confirmed_by"][1]) == ("Mai Thị Ỷ", "Đỗ Hữu Ước")
    # the internal paper is of another part and stays open
    assert frozen_among(filed_case.host_ids) == {each.document_id for each in filed_case.documents}
    (entry,) = told("file_sealed")
    assert (entry["manifest"], entry["manifest_before"], entry["documents"], entry["folios"]) == (
        manifest.sha256,
        None,
        3,
        6,
    )
    assert [row["batch_state"] for row in told("digitisation_moved")] == ["dang_so_hoa", "cho_kiem_tra", "cho_ky_so"]
    assert [step.step for step in batch.steps.all()] == ["quet", "kiem_tra_chat_luong", "xac_nhan", "dong_ho_so"]
    assert verified() == []


@pytest.mark.parametrize("model", [SealManifest, SealedDocument])
def test_nobody_rewrites_a_seal(filed_case: FiledCase, people: dict[str, User], model: Any) -> None:
    batch_in("da_ket_thuc_so_hoa", filed_case, people)
    with pytest.raises(DatabaseError), transaction.atomic():
        model.objects.update(pages=1)
    with pytest.raises(DatabaseError), transaction.atomic():
        model.objects.all().delete()
    assert model.objects.exclude(pages=1).exists()


def test_everything_that_stands_in_the_way_is_named_at_once(
    filed_case: FiledCase, people: dict[str, User], catalogue: dict[str, CatalogueType]
) -> None:
    staffed(filed_case, people)
    scanner = people["scanner_kv1"]
    batch = actions.open_batch(actor=scanner, case=filed_case.case)
    Folio.objects.filter(number=4).delete()
    CaseDocument.objects.filter(pk=filed_case.documents[0].pk).update(document_type=None)
    with pytest.raises(BadInput) as refusal:
        actions.request_seal(actor=scanner, batch=batch)
    for words in (
        "Chưa lập thống kê tài liệu",
        "Thiếu bút lục 4",
        "1 tài liệu chưa phân loại: " + filed_case.documents[0].title,
        "Chưa kiểm tra chất lượng",
        "Kiểm sát viên thụ lý chưa xác nhận",
    ):
        assert words in refusal.value.message
    assert not SealManifest.objects.exists()
    assert not frozen_among(filed_case.host_ids)


def test_who_scanned_does_not_check(filed_case: FiledCase, people: dict[str, User]) -> None:
    batch = batch_in("cho_kiem_tra", filed_case, people)
    document = filed_case.documents[0]
    # who noted the step down, and who brought the documents in
    for who in ("scanner_kv1", filed_case.documents[0].filed_by.username):
        for act in (
            lambda actor: actions.pass_quality(actor=actor, batch=batch),
            lambda actor: actions.note_finding(actor=actor, batch=batch, document=document, kind="mo"),
            lambda actor: actions.send_back(actor=actor, batch=batch),
        ):
            with pytest.raises(NotAllowed, match="phải là người khác"):
                act(people[who])
    # past every action: the seal asks again
    batch = actions.pass_quality(actor=people["inspector_kv1"], batch=batch)
    access.draw_up_inventory(actor=people["scanner_kv1"], case=filed_case.case)
    actions.confirm(actor=people["prosecutor_kv1"], batch=batch)
    DigitisationBatch.objects.update(checked_by=people["scanner_kv1"])
    with pytest.raises(BadInput, match="phải là người khác"):
        actions.request_seal(actor=people["scanner_kv1"], batch=batch)


def test_what_is_found_wrong_goes_back_and_is_put_right(filed_case: FiledCase, people: dict[str, User]) -> None:
    batch = batch_in("cho_kiem_tra", filed_case, people)
    scanner, checker = people["scanner_kv1"], people["inspector_kv1"]
    with pytest.raises(BadInput, match="ít nhất một lỗi"):
        actions.send_back(actor=checker, batch=batch)
    wrongs: tuple[dict[str, Any], ...] = (
        {"document": filed_case.internal},
        {"page": 9},
        {"kind": "khac"},
        {"kind": "không có"},
    )
    for wrong in wrongs:
        said: dict[str, Any] = {"document": filed_case.documents[0], "kind": "mo"} | wrong
        with pytest.raises(BadInput):
            actions.note_finding(actor=checker, batch=batch, **said)
    row = actions.note_finding(actor=checker, batch=batch, document=filed_case.documents[1], page=2, kind="sai_chieu")
    with pytest.raises(BadInput, match="Còn 1 lỗi"):
        actions.pass_quality(actor=checker, batch=batch)
    batch = actions.send_back(actor=checker, batch=batch, reason="Quét ngược trang 2.")
    assert batch.state == "tra_lai_quet"
    actions.resolve_finding(actor=scanner, finding=row)
    found, resolved = told("digitisation_finding"), told("digitisation_resolved")
    shown = {"document": filed_case.documents[1].document_id, "page": 2, "quality_kind": "sai_chieu"}
    assert found == [{"batch": 1, "part": "hsva", "finding_id": row.pk} | shown]
    assert resolved == [{"batch": 1, "part": "hsva", "finding_id": row.pk}]
    with pytest.raises(Conflict):
        actions.resolve_finding(actor=scanner, finding=row)
    batch = actions.move_batch(actor=scanner, batch=batch, name="submit")
    batch = actions.pass_quality(actor=checker, batch=batch)
    assert batch.state == "cho_ky_so"
    back = next(row for row in told("digitisation_moved") if row["batch_state"] == "tra_lai_quet")
    assert back["findings"] == 1


def test_fewer_pages_than_were_noted_pass_with_a_reason_alone(filed_case: FiledCase, people: dict[str, User]) -> None:
    staffed(filed_case, people)
    scanner, checker = people["scanner_kv1"], people["inspector_kv1"]
    batch = actions.open_batch(actor=scanner, case=filed_case.case)
    batch = actions.move_batch(actor=scanner, batch=batch, name="start")
    for step, pages in (("tiep_nhan", 7), ("quet", 300), ("quet", 200)):
        actions.note_step(actor=scanner, batch=batch, step=step, pages=pages)
    batch = actions.move_batch(actor=scanner, batch=batch, name="submit")
    said = "lúc tiếp nhận ghi 7 trang, trong hồ sơ có 6, thiếu 1; lúc quét ghi 500 trang, trong hồ sơ có 6, thiếu 494"
    with pytest.raises(BadInput, match=said) as refusal:
        actions.pass_quality(actor=checker, batch=batch, reason="  ")
    assert refusal.value.field == "reason"
    actions.note_finding(actor=checker, batch=batch, document=filed_case.documents[0], kind="thieu_trang")
    batch = actions.send_back(actor=checker, batch=batch, reason="Thiếu trang 2")
    # that it was sent back with a word is no reason to let it pass, and what is scanned again is counted already
    actions.note_step(actor=scanner, batch=batch, step="quet", pages=20)
    actions.resolve_finding(actor=scanner, finding=batch.findings.get())
    batch = actions.move_batch(actor=scanner, batch=batch, name="submit")
    count = queries.counted_pages(batch)
    assert (count.received, count.scanned, count.filed, count.reason) == (7, 500, 6, "")
    assert any(said in "; ".join(each.things) for each in queries.obstacles(batch))
    batch = actions.pass_quality(actor=checker, batch=batch, reason="Gõ nhầm: 6 trang, đếm lại đủ")
    entry = LedgerEntry.objects.filter(kind="digitisation_moved").latest("pk")
    assert (data(entry)["batch_state"], hidden(entry)) == ("cho_ky_so", {"reason": "Gõ nhầm: 6 trang, đếm lại đủ"})
    access.draw_up_inventory(actor=scanner, case=filed_case.case)
    batch = actions.confirm(actor=people["prosecutor_kv1"], batch=batch)
    assert queries.obstacles(batch) == []
    manifest = sealed(batch, scanner)
    assert any("khi quét 500 trang; lý do hồ sơ ít trang hơn: Gõ nhầm" in each for each in as_paper(manifest).closing)
    # what nobody noted down stops no seal, and is told
    left_out = ["kiem_tra_but_luc", "thao_gay", "ghep_dat_ten", "ocr", "ky_so"]
    assert [each.name for each in queries.steps_not_noted(batch)] == left_out
    line = "Bước không ghi nhận: Kiểm tra bút lục; Tháo gáy; Ghép, đặt tên; Nhận dạng chữ (OCR); Ký số."
    assert line in as_paper(manifest).closing
    # printed again it bears the name the case had then
    before = as_paper(manifest)
    access.edit_case(actor=people["prosecutor_kv1"], case=filed_case.case, values={"name": "Vụ án mang tên mới"})
    manifest = SealManifest.objects.get(pk=manifest.pk)
    assert (manifest.case.name, as_paper(manifest)) == ("Vụ án mang tên mới", before)


def test_a_batch_that_passed_short_of_pages_without_a_reason_is_not_sealed(
    filed_case: FiledCase, people: dict[str, User]
) -> None:
    batch = batch_in("confirmed", filed_case, people)
    # as one that passed before pages were compared
    DigitisationStep.objects.create(batch=batch, step="tiep_nhan", pages=50, done_by=people["scanner_kv1"])
    with pytest.raises(BadInput, match="lúc tiếp nhận ghi 50 trang, trong hồ sơ có 6, thiếu 44"):
        actions.request_seal(actor=people["scanner_kv1"], batch=batch)


def test_what_changes_after_the_check_is_checked_again(
    filed_case: FiledCase,
    people: dict[str, User],
    catalogue: dict[str, CatalogueType],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    batch = batch_in("confirmed", filed_case, people)
    with django_capture_on_commit_callbacks(execute=True):
        file_pdf(actor=people["scanner_kv1"], case=filed_case.case, document_type=catalogue["CT"])
    with pytest.raises(BadInput, match="đã thay đổi sau khi kiểm tra"):
        actions.request_seal(actor=people["scanner_kv1"], batch=batch)
    batch = actions.move_batch(actor=people["scanner_kv1"], batch=batch, name="recall", reason="Bổ sung cáo trạng.")
    assert (batch.state, batch.checked_by, batch.confirmed_at) == ("tra_lai_quet", None, None)


def test_what_was_checked_and_confirmed_is_all_that_is_sealed(
    filed_case: FiledCase,
    people: dict[str, User],
    catalogue: dict[str, CatalogueType],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    batch, lead, scanner = batch_in("confirmed", filed_case, people), people["prosecutor_kv1"], people["scanner_kv1"]
    filed = filed_case.documents[1]
    copy = Document.objects.filter(pk=filed.document_id)
    film = VideoFile(filed.document_id, "v1", Path("v1.mp4"), "a" * 64, 9, "Băng ghi hình")

    def described(**said: Any) -> Callable[[], Any]:
        kind = said.pop("kind", filed.document_type)
        return lambda: filing.describe(actor=lead, filed=filed, document_type=kind, **said)

    changes: dict[str, Callable[[], Any]] = {
        "title": described(title="Tên sửa sau khi xác nhận"),
        "type": described(kind=catalogue["CT"]),
        "number": described(number="9/QĐ"),
        "date": described(date=dt.date(2026, 2, 2)),
        "folio": lambda: Folio.objects.filter(case_document=filed).update(page=None),
        "archive copy": lambda: copy.update(archive_checksum="b" * 64),
        "film": lambda: monkeypatch.setattr(checked, "videos_to_seal", lambda *_: [film]),
    }
    assert queries.obstacles(batch) == []
    for name, change in changes.items():
        with transaction.atomic():
            change()
            found = " ".join(each.sentence for each in queries.obstacles(batch))
            assert "đã thay đổi sau khi kiểm tra chất lượng" in found, name
            with pytest.raises(BadInput, match="đã thay đổi sau khi kiểm tra"):
                sealed(batch, scanner)
            transaction.set_rollback(True)
        monkeypatch.undo()
    # what a seal does not hold, and what is saved as it was
    described(characteristics="02 tờ")()
    described(title=filed.title)()
    # what the prosecutor confirmed, and then signed, is what the manifest holds: anybody who has both can compare them
    monkeypatch.setattr(signature_checks, "read_apart", read_signatures)
    path = tmp_path / "signed.pdf"
    path.write_bytes(signed(filed.document.source_path.read_bytes()))
    brought = attach_signed(actor=lead, filed=filed, seen=filed.sha256, file=path, filename="ký.pdf")
    batch.refresh_from_db()
    manifest = sealed(batch, scanner)
    held = {part: manifest.said[part] for part in ("documents", "videos")}
    # the record names it by its place in the table
    record = as_paper(manifest)
    (place,) = [row[0] for row in record.rows if row[4] == brought.sha256[: len(row[4])]]
    assert f"Tài liệu đã ký số sau khi xác nhận: số thứ tự {place}." in record.closing
    assert told("digitisation_signed") == [
        {
            "batch": 1,
            "part": "hsva",
            "document": filed.document_id,
            "sha256_before": filed.sha256,
            "sha256": brought.sha256,
            "digest_before": told("digitisation_confirmed")[-1]["digest"],
            "digest": hashlib.sha256(canonical(held)).hexdigest(),
        }
    ]


def test_what_was_checked_before_descriptions_counted_is_checked_again(
    filed_case: FiledCase, people: dict[str, User]
) -> None:
    batch = batch_in("confirmed", filed_case, people)
    upgrade = importlib.import_module("vks_plugin.migrations.0033_checks_of_descriptions")
    upgrade.forget_digests(apps, None)
    batch.refresh_from_db()
    (obstacle,) = queries.obstacles(batch)
    assert "chưa bao gồm tên, loại, số, ngày, bút lục: hãy lấy lại" in obstacle.sentence
    scanner = people["scanner_kv1"]
    batch = actions.move_batch(actor=scanner, batch=batch, name="recall", reason="Kiểm tra lại cả tên, số.")
    batch = actions.move_batch(actor=scanner, batch=batch, name="submit")
    batch = actions.pass_quality(actor=people["inspector_kv1"], batch=batch)
    upgrade.forget_digests(apps, None)
    batch.refresh_from_db()
    with pytest.raises(Conflict, match="chưa bao gồm tên"):
        actions.confirm(actor=people["prosecutor_kv1"], batch=batch)
    DigitisationBatch.objects.update(checked_digest=queries.present_digest(batch))
    batch = actions.confirm(actor=people["prosecutor_kv1"], batch=batch)
    assert sealed(batch, scanner).documents == 3


def test_quality_does_not_pass_while_a_worker_writes_into_the_copy(
    filed_case: FiledCase, people: dict[str, User]
) -> None:
    batch, filed = batch_in("cho_kiem_tra", filed_case, people), filed_case.documents[0]
    same = {"version": 1, "version_before": 1, "sha256": "a" * 64, "sha256_before": "b" * 64}
    change = PageChange.objects.create(
        case_document=filed,
        kind="doi_trang",
        pages=2,
        pages_before=2,
        unread=1,
        changed_by=people["scanner_kv1"],
        **same,
    )
    with pytest.raises(BadInput, match="đang được nhận dạng"):
        actions.pass_quality(actor=people["inspector_kv1"], batch=batch)
    # one that is lost is waited for no longer
    PageChange.objects.filter(pk=change.pk).update(unread_since=timezone.now() - dt.timedelta(hours=2))
    assert actions.pass_quality(actor=people["inspector_kv1"], batch=batch).state == "cho_ky_so"


def test_a_file_that_is_not_as_it_was_filed_is_not_sealed(filed_case: FiledCase, people: dict[str, User]) -> None:
    batch = batch_in("confirmed", filed_case, people)
    path = filed_case.documents[1].document.source_path
    content = path.read_bytes()
    path.write_bytes(content + b"%")
    with pytest.raises(Conflict, match="không còn như lúc nộp"):
        sealed(batch, people["scanner_kv1"])
    path.unlink()
    with pytest.raises(Conflict, match="không còn trên máy chủ"):
        sealed(batch, people["scanner_kv1"])
    batch.refresh_from_db()
    assert (batch.state, SealManifest.objects.count(), NumberSeries.objects.count()) == ("cho_ky_so", 0, 0)


def test_a_document_that_changes_while_files_are_read_is_noticed(
    filed_case: FiledCase, people: dict[str, User]
) -> None:
    batch = batch_in("confirmed", filed_case, people)
    read = actions.read_files(list(queries.papers_to_seal(batch)))
    for other in (read[:-1], [*read[:-1], read[-1]._replace(sha256="0" * 64)]):
        with pytest.raises(Conflict, match="vừa thay đổi"):
            actions.seal(actor=people["scanner_kv1"], batch=batch, read=other)
    assert not SealedDocument.objects.exists()


def test_the_worker_seals_once_and_keeps_what_went_wrong(
    filed_case: FiledCase,
    people: dict[str, User],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    batch = batch_in("confirmed", filed_case, people)
    path = filed_case.documents[0].document.source_path
    content = path.read_bytes()
    path.write_bytes(b"x")
    with django_capture_on_commit_callbacks(execute=True):
        actions.request_seal(actor=people["scanner_kv1"], batch=batch)
    batch.refresh_from_db()
    assert (batch.state, batch.seal_beat) == ("cho_ky_so", None)
    assert "không còn như lúc nộp" in batch.seal_error
    path.write_bytes(content)
    with django_capture_on_commit_callbacks(execute=True):
        actions.request_seal(actor=people["scanner_kv1"], batch=batch)
        with pytest.raises(Conflict, match="Đang niêm phong"):
            actions.request_seal(actor=people["scanner_kv1"], batch=batch)
    batch.refresh_from_db()
    assert (batch.state, batch.seal_error, batch.seal_done) == ("da_ket_thuc_so_hoa", "", 3)
    actions.run_seal(batch.pk)
    assert SealManifest.objects.count() == 1


def test_a_supplement_is_opened_by_a_leader_and_chained(
    filed_case: FiledCase,
    people: dict[str, User],
    catalogue: dict[str, CatalogueType],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    first = batch_in("da_ket_thuc_so_hoa", filed_case, people)
    scanner, chief, checker = people["scanner_kv1"], people["chief_kv1"], people["inspector_kv1"]
    case = filed_case.case
    with pytest.raises(NotAllowed):
        actions.open_batch(actor=scanner, case=case, reason="Có cáo trạng.")
    with pytest.raises(BadInput, match="lý do"):
        actions.open_batch(actor=chief, case=case)
    batch = actions.open_batch(actor=chief, case=case, reason="Có cáo trạng.")
    assert (batch.number, batch.supplements) == (2, first)
    with pytest.raises(Conflict, match="chưa kết thúc"):
        actions.open_batch(actor=chief, case=case, reason="Lần nữa.")
    with django_capture_on_commit_callbacks(execute=True):
        file_pdf(actor=scanner, case=case, document_type=catalogue["CT"], folio_from=7)
    batch = actions.move_batch(actor=scanner, batch=batch, name="start")
    actions.note_step(actor=scanner, batch=batch, step="quet", pages=1)
    batch = actions.move_batch(actor=scanner, batch=batch, name="submit")
    batch = actions.pass_quality(actor=checker, batch=batch)
    batch = actions.confirm(actor=people["prosecutor_kv1"], batch=batch)
    with pytest.raises(BadInput, match="thống kê bổ sung"):
        actions.request_seal(actor=scanner, batch=batch)
    access.draw_up_inventory(actor=scanner, case=case)
    manifest = sealed(batch, scanner)
    assert (manifest.previous, manifest.said["previous"]) == (first.manifest.sha256, first.manifest.sha256)
    assert [row["folios"] for row in manifest.said["documents"]] == [[["7", 1]]]
    assert (manifest.documents, manifest.number, SealedDocument.objects.count()) == (1, 2, 4)
    assert verified() == []
    first.refresh_from_db()
    assert first.state == "da_ket_thuc_so_hoa"
    # no number of the office and year is given twice
    again = DigitisationBatch.objects.create(case=case, part="hsks", number=1, unit=case.unit, opened_by=chief)
    manifest.pk, manifest._state.adding, manifest.batch, manifest.sha256 = None, True, again, "f" * 64
    with pytest.raises(IntegrityError), transaction.atomic():
        manifest.save()
    manifest.number = 3
    manifest.save()


def test_what_is_sealed_keeps_its_words_and_folios(
    filed_case: FiledCase, people: dict[str, User], catalogue: dict[str, CatalogueType]
) -> None:
    batch_in("da_ket_thuc_so_hoa", filed_case, people)
    lead, case = people["prosecutor_kv1"], filed_case.case
    document = filed_case.documents[1]
    before = list(Folio.objects.order_by("pk").values()), list(CaseDocument.objects.order_by("pk").values())
    acts: tuple[Callable[[], Any], ...] = (
        lambda: filing.describe(actor=lead, filed=document, document_type=catalogue["CT"], title="Khác"),
        lambda: access.place_folios(actor=lead, case=case, document=document, pages=[1, 2, 3]),
        lambda: access.add_folio(actor=lead, case=case, document=document, label=Label(5, "a"), page=3, text="Sót."),
        lambda: access.correct_folios(actor=lead, case=case, first=Label(6), right=Label(7), text="Nhầm."),
        lambda: access.correct_folios(actor=lead, case=case, first=Label(6), missing=True, text="Mất."),
    )
    for act in acts:
        with pytest.raises(NotAllowed, match="niêm phong"):
            act()
    assert (list(Folio.objects.order_by("pk").values()), list(CaseDocument.objects.order_by("pk").values())) == before
    # what is not sealed is described as ever
    filing.describe(actor=lead, filed=filed_case.internal, document_type=catalogue["BCDX"], title="Đề xuất khác")


def test_what_is_written_past_the_doors_is_put_back(filed_case: FiledCase, people: dict[str, User]) -> None:
    batch_in("da_ket_thuc_so_hoa", filed_case, people)
    filed = filed_case.documents[0]
    document = filed.document
    document.title, document.document_type_id = "Tên viết đè", None
    document.save()
    filing.follow_document(document, actor=people["prosecutor_kv1"])
    filed.refresh_from_db()
    document.refresh_from_db()
    assert (document.title, filed.title) == (filed_case.documents[0].title, filed_case.documents[0].title)
    assert filed.document_type is not None
    assert document.document_type_id == filed.document_type.host_type_id


def test_strangers_and_readers_do_nothing(filed_case: FiledCase, people: dict[str, User]) -> None:
    batch = batch_in("cho_ky_so", filed_case, people)
    before = batch.state
    acts: tuple[Callable[[User], Any], ...] = (
        lambda actor: actions.note_step(actor=actor, batch=batch, step="ky_so"),
        lambda actor: actions.move_batch(actor=actor, batch=batch, name="recall", reason="x"),
        lambda actor: actions.pass_quality(actor=actor, batch=batch),
        lambda actor: actions.confirm(actor=actor, batch=batch),
        lambda actor: actions.request_seal(actor=actor, batch=batch),
        lambda actor: actions.open_batch(actor=actor, case=filed_case.case),
    )
    for act in acts:
        for who, error in (("prosecutor_kv3", NotFound), ("clerk_kv1", NotAllowed), ("chief_province", NotAllowed)):
            with pytest.raises(error):
                act(people[who])
    # only leaders give a batch up, and only a prosecutor of the case confirms
    with pytest.raises(NotAllowed):
        actions.move_batch(actor=people["scanner_kv1"], batch=batch, name="cancel", reason="x")
    for who in ("scanner_kv1", "inspector_kv1", "chief_kv1"):
        with pytest.raises(NotAllowed, match="kiểm sát viên được phân công"):
            actions.confirm(actor=people[who], batch=batch)
    batch.refresh_from_db()
    assert (batch.state, batch.confirmed_at) == (before, None)


def test_each_act_of_everybody_keeps_to_the_table(filed_case: FiledCase, people: dict[str, User]) -> None:
    """In every state each act and step does what the table allows, by whose it is, and else nothing at all."""
    batch = batch_in("confirmed", filed_case, people)
    scanner, checker, chief = people["scanner_kv1"], people["inspector_kv1"], people["chief_kv1"]
    strangers = [people[who] for who in ("prosecutor_kv3", "clerk_kv1", "chief_province")]
    whose = {"pass": checker, "send_back": checker, "cancel": chief, "open": chief}

    def returned(actor: User) -> None:
        # there is something to send it back for: only its state may stand in the way
        document = filed_case.documents[0]
        QualityFinding.objects.create(batch=batch, case_document=document, kind="mo", found_by=checker)
        actions.send_back(actor=actor, batch=batch)

    def moves(name: str) -> Callable[[User], Any]:
        return lambda actor: actions.move_batch(actor=actor, batch=batch, name=name, reason="Sai.")

    def notes(step: Step) -> Callable[[User], Any]:
        return lambda actor: actions.note_step(
            actor=actor, batch=batch, step=step.name, pages=1, note="Quyết định khởi tố"
        )

    acts: dict[str, Callable[[User], Any]] = {name: moves(name) for name in ("start", "submit", "recall", "cancel")}
    acts |= {
        "pass": lambda actor: actions.pass_quality(actor=actor, batch=batch),
        "send_back": returned,
        "seal": lambda actor: sealed(batch, actor),
        # once a batch is over the next may be begun, unless the archive has the file
        "open": lambda actor: actions.open_batch(actor=actor, case=filed_case.case, reason="Có thêm."),
    }
    acts |= {step.name: notes(step) for step in DIGITISATION_STEPS}
    sources = {move.name: move.sources for move in DIGITISATION.moves}
    sources |= {step.name: step.states for step in DIGITISATION_STEPS}
    sources["open"] = DIGITISATION.closed - {"da_nop_luu"}
    # these are made where the archive takes the case or gives it up: gone through in test_accession.py
    assert acts.keys() | {"accession", "leave_archive"} == sources.keys()
    checked = {field: getattr(batch, field) for field in ("checked_by", "checked_at", "checked_digest", "confirmed_at")}

    def everything() -> list[Any]:
        models = (DigitisationBatch, DigitisationStep, QualityFinding, SealManifest, SealedDocument, LedgerEntry)
        return [list(model.objects.order_by("pk").values()) for model in models]

    wrong: list[tuple[str, str, str]] = []
    for state, _label in DIGITISATION.states:
        with transaction.atomic():
            DigitisationBatch.objects.filter(pk=batch.pk).update(state=state, **checked)
            if state == "da_nop_luu":
                CaseFile.objects.filter(pk=filed_case.case.pk).update(archived_at=timezone.now())
            before = everything()
            for name, act in acts.items():
                right = whose.get(name, scanner)
                for actor in [right, *(strangers if state in sources[name] else [])]:
                    with transaction.atomic():
                        try:
                            with transaction.atomic():
                                act(actor)
                            done = True
                        except VksError:
                            done = False
                        now = DigitisationBatch.objects.get(pk=batch.pk).state
                        moved = [move.target for move in DIGITISATION.moves if move.name == name] or [state]
                        if (
                            done != (actor is right and state in sources[name])
                            or now != (moved[0] if done else state)
                            or (everything() == before) == done
                        ):
                            wrong.append((state, name, actor.username))
                        transaction.set_rollback(True)
            transaction.set_rollback(True)
    assert wrong == []


def test_pages_count_for_the_office_whose_people_scanned_them(
    filed_case: FiledCase, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    batch = batch_in("dang_so_hoa", filed_case, people)
    before = sum(each or 0 for each in batch.steps.filter(step="quet").values_list("pages", flat=True))
    batch.steps.create(step="quet", pages=7, done_by=people["scanner_kv1"])
    transfer_case(actor=people["chief_kv1"], case=filed_case.case, to=units["QN-KV3"], decision="1/QĐ")
    batch.steps.create(step="quet", pages=5, done_by=people["clerk_kv3"])
    today = timezone.localdate()
    rows = checked.throughput(checked.board_of(people["chief_province"]), today, today)
    assert {each.unit: each.scanned for each in rows if each.scanned} == {
        units["QN-KV1"].short_name: before + 7,
        units["QN-KV3"].short_name: 5,
    }
