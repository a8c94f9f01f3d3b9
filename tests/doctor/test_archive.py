"""Documents: whose they are, who reaches them and whether they are whole, broken and mended."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from documents.models import CustomFieldInstance, Document, DocumentType, Tag
from guardian.models import GroupObjectPermission, UserObjectPermission
from guardian.shortcuts import assign_perm

from tests.doctor.treatment import Ward, treats
from tests.people import FiledCase, file_pdf, register
from vks_plugin.access.actions import sweep
from vks_plugin.access.log import Reader, Reading
from vks_plugin.access.models import AccessEntry
from vks_plugin.access.tasks import write_left_readings
from vks_plugin.cases.models import CaseDocument, CaseFile, CatalogueType
from vks_plugin.conf import configuration
from vks_plugin.court.models import Bundle, RedactionWork
from vks_plugin.doctor import archive
from vks_plugin.doctor.results import Scope
from vks_plugin.filing.models import IntakeItem
from vks_plugin.host.permissions import grants_of
from vks_plugin.host.provision import case_code_field_id, storage_path_id, write_case_code
from vks_plugin.host.visibility import as_the_host
from vks_plugin.organization.actions import service_account_id
from vks_plugin.organization.models import ProcuracyUnit

if TYPE_CHECKING:
    from pytest_django import DjangoCaptureOnCommitCallbacks

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]


@pytest.fixture(autouse=True)
def swept(db: None) -> None:
    """Let the sweep of the day be over: the first request of a day puts right what fell due."""
    sweep()


def _reads(user: User, document_id: int) -> bool:
    client = Client()
    client.force_login(user)
    return client.get(f"/api/documents/{document_id}/").status_code == 200


def _shown_by_grants(user: User, document_id: int) -> bool:
    """Tell what the host's own rows say: its lists answer from the cases, files and other doors from these."""
    # permissions of an account are kept on the object
    return document_id in set(as_the_host(User.objects.get(pk=user.pk)))


def _grant(codename: str, holder: User | Group, document: Document) -> None:
    """Grant in bulk, as a script or another program does it: no signal tells the plugin."""
    kind = "user" if isinstance(holder, User) else "group"
    model: Any = UserObjectPermission if kind == "user" else GroupObjectPermission
    permission = Permission.objects.get(codename=codename)
    model.objects.bulk_create(
        [
            model(
                object_pk=str(document.pk),
                permission=permission,
                content_type_id=permission.content_type_id,
                **{kind: holder},
            )
        ]
    )


@treats("document-owners")
@pytest.mark.parametrize("owner", ["nobody", "prosecutor_kv3"])
def test_document_of_nobody_or_of_somebody_else(
    ward: Ward, filed_case: FiledCase, people: dict[str, User], owner: str
) -> None:
    ward.sound("document-owners")
    stranger = people["prosecutor_kv3"]
    document_id = filed_case.host_ids[0]
    Document.objects.filter(pk=document_id).update(owner=people.get(owner))
    assert _reads(stranger, document_id)
    result = ward.sick("document-owners", "error")
    assert str(document_id) in result.sentence
    ward.follow(result)
    ward.sound("document-owners")
    assert not _reads(stranger, document_id)


@treats("document-grants")
@pytest.mark.parametrize("damage", ["user", "group", "gone", "group deleted"])
def test_grants_that_differ_from_the_rules(
    ward: Ward, filed_case: FiledCase, people: dict[str, User], damage: str
) -> None:
    assert ward.sound("document-grants").sentence == "4/4"
    document = Document.objects.get(pk=filed_case.host_ids[3])
    stranger, chief = people["prosecutor_kv3"], people["chief_kv1"]
    if damage == "user":
        _grant("view_document", stranger, document)
    elif damage == "group":
        _grant("change_document", Group.objects.create(name="everybody"), document)
    elif damage == "gone":
        UserObjectPermission.objects.filter(object_pk=str(document.pk)).delete()
        GroupObjectPermission.objects.filter(object_pk=str(document.pk)).delete()
    else:
        # its grants go with it; what the rules name is then no group at all
        Group.objects.get(name="vks:QN-KV1:leaders").delete()
    assert _shown_by_grants(stranger, document.pk) == (damage == "user")
    result = ward.sick("document-grants", "error")
    assert str(document.pk) in result.sentence
    ward.follow(result)
    ward.sound("document-grants")
    assert not _shown_by_grants(stranger, document.pk)
    assert _shown_by_grants(chief, document.pk)


def test_full_run_looks_at_every_document_and_a_sample_at_the_newest(
    ward: Ward, filed_case: FiledCase, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "SAMPLE", 2)
    assert ward.sound("document-grants").sentence == "2/4"
    newest = CaseDocument.objects.latest("pk").document_id
    for document_id in filed_case.host_ids:
        _grant("view_document", people["prosecutor_kv3"], Document.objects.get(pk=document_id))
    sampled = ward.sick("document-grants", "error").sentence
    assert "2/4" in sampled
    assert str(newest) in sampled
    assert "4/4" in ward.ask("document-grants", full=True).sentence


def test_every_document_is_looked_at_in_the_course_of_days(
    ward: Ward, filed_case: FiledCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "SAMPLE", 2)
    seen: set[int] = set()
    for day in range(3):
        date = dt.date(2026, 11, 1 + day)
        monkeypatch.setattr(timezone, "localdate", lambda date=date: date)
        chosen = {each.document_id for each in archive._chosen(Scope())}
        assert len(chosen) == 2
        seen |= chosen
    assert seen == set(filed_case.host_ids)


@treats("trashed-documents")
def test_case_document_in_the_trash(ward: Ward, filed_case: FiledCase) -> None:
    ward.sound("trashed-documents")
    lost = filed_case.host_ids[1]
    Document.objects.filter(pk=lost).update(deleted_at=timezone.now())
    ward.follow(ward.sick("trashed-documents", "error"))
    ward.sound("trashed-documents")
    assert Document.objects.filter(pk=lost).exists()


@treats("unfiled-codes")
@pytest.mark.parametrize("code", ["HS-KHONG-CO-2026-1", "real"])
def test_code_on_a_document_that_is_in_no_case(
    ward: Ward, filed_case: FiledCase, people: dict[str, User], code: str
) -> None:
    ward.sound("unfiled-codes")
    loose = Document.objects.create(
        title="Tờ rời", checksum="0" * 64, mime_type="application/pdf", owner=people["clerk_kv1"], filename="loose.pdf"
    )
    CustomFieldInstance.objects.create(
        document=loose,
        field_id=case_code_field_id(),
        value_text=filed_case.case.code if code == "real" else code,
    )
    result = ward.sick("unfiled-codes", "warning")
    assert str(loose.pk) in result.sentence
    assert "Tờ rời" not in result.sentence + result.mend
    ward.follow(result)
    ward.sound("unfiled-codes")
    assert CaseDocument.objects.count() == 4


@treats("case-codes")
@pytest.mark.parametrize("code", [None, "HS-QN-KV3-2026-00009"])
def test_filed_document_with_the_code_of_another_case(ward: Ward, filed_case: FiledCase, code: str | None) -> None:
    ward.sound("case-codes")
    document = Document.objects.get(pk=filed_case.host_ids[0])
    write_case_code(document, code)
    ward.follow(ward.sick("case-codes", "error"))
    ward.sound("case-codes")
    assert CustomFieldInstance.objects.get(document=document).value_text == filed_case.case.code


@treats("document-files")
@pytest.mark.parametrize("damage", ["gone", "empty"])
def test_file_of_a_document_gone_or_empty(ward: Ward, filed_case: FiledCase, tmp_path: Path, damage: str) -> None:
    ward.sound("document-files")
    path = Document.objects.get(pk=filed_case.host_ids[2]).source_path
    backup = tmp_path / "backup.pdf"
    shutil.copy(path, backup)
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(b"")
    result = ward.sick("document-files", "error")
    assert filed_case.documents[2].title not in result.sentence + result.mend
    ward.follow(result, by_hand={str(path): lambda step: shutil.copy(backup, step)})
    ward.sound("document-files")


def _model(name: str) -> Any:
    return apps.get_model("documents", name)


@treats("unowned-documents")
def test_a_document_of_ours_that_is_everybodys(ward: Ward, filed_case: FiledCase) -> None:
    """By its storage path; what carries nothing of ours is the host's own business."""
    ward.sound("unowned-documents")
    ward.settings.VKS_TAKE_EVERY_UNOWNED = False
    for number, path in enumerate((storage_path_id(), None)):
        Document.objects.create(
            title="Bản quét",
            mime_type="application/pdf",
            checksum=f"{number:064x}",
            filename=f"quet-{number}.pdf",
            storage_path_id=path,
        )
    ward.follow(ward.sick("unowned-documents", "error"))
    ward.sound("unowned-documents")
    assert Document.objects.filter(owner__isnull=True).count() == 1


@treats("public-documents")
def test_document_that_came_in_without_an_owner(ward: Ward, filed_case: FiledCase, people: dict[str, User]) -> None:
    ward.sound("public-documents")
    ward.settings.VKS_TAKE_EVERY_UNOWNED = False
    scanned = Document.objects.create(title="Quét", checksum="4" * 64, mime_type="application/pdf", filename="scan.pdf")
    assert _reads(people["prosecutor_kv3"], scanned.pk)
    result = ward.sick("public-documents", "warning")
    assert f"số {scanned.pk}" in result.sentence
    Document.objects.filter(pk=scanned.pk).update(added=timezone.now() - dt.timedelta(days=40))
    # an archive that was there before is as its people left it
    assert f"số {scanned.pk}" not in ward.sick("public-documents", "warning").sentence
    Document.objects.filter(pk=scanned.pk).update(added=timezone.now())
    ward.follow(result)
    ward.sound("public-documents")
    assert not _reads(people["prosecutor_kv3"], scanned.pk)


@treats("inbox-office")
def test_inbox_that_nobody_keeps(ward: Ward, filed_case: FiledCase, people: dict[str, User]) -> None:
    result = ward.sick("inbox-office", "warning")
    assert "0 tài liệu" in result.sentence
    scanned = Document.objects.create(title="Quét", checksum="4" * 64, mime_type="application/pdf", filename="scan.pdf")
    call_command("vks_setup", verbosity=0)
    result = ward.sick("inbox-office", "warning")
    assert "1 tài liệu" in result.sentence
    assert grants_of([scanned.pk]) == {}
    ward.follow(result)
    ward.sound("inbox-office")
    held = {Group.objects.get(pk=each.holder_id).name for each in grants_of([scanned.pk])[scanned.pk]}
    assert held == {"vks:QN:records_clerk", "vks:QN:scan_operator"}
    ProcuracyUnit.objects.update(active_from=None)
    ward.settings.VKS_INBOX_UNIT = ""
    ward.absent("inbox-office")


@treats("named-secrets")
def test_papers_named_as_state_secrets(ward: Ward, filed_case: FiledCase) -> None:
    ward.sound("named-secrets")
    filed = filed_case.documents[0].document_id
    Document.objects.filter(pk=filed).update(title="Báo cáo_TỐI_MẬT Ánh")
    kept = {"checksum": "4" * 64, "mime_type": "application/pdf", "filename": "scan.pdf"}
    loose = Document.objects.create(title="Quét", original_filename="bao cao Anh toi mat.pdf", **kept)
    result = ward.sick("named-secrets", "warning")
    assert "2 tài liệu mang dấu độ mật ở tên, 1 đã vào hồ sơ" in result.sentence
    assert not any(word in result.sentence + result.mend for word in ("Ánh", "Anh", "TỐI"))
    ward.follow(result)
    assert not Document.global_objects.filter(pk=loose.pk).exists()
    # what is filed stays, whatever it is called
    assert "1 tài liệu mang dấu độ mật ở tên, 1 đã vào hồ sơ" in ward.sick("named-secrets", "warning").sentence
    Document.objects.filter(pk=filed).update(title="Báo cáo")
    ward.sound("named-secrets")


@treats("telling-names")
@pytest.mark.parametrize("kind", ["tag with code", "type with name", "tag with name apart"])
def test_name_everybody_reads_that_tells_of_a_case(ward: Ward, case: CaseFile, kind: str) -> None:
    Tag.objects.create(name="Khẩn")
    DocumentType.objects.create(name="Công văn")
    ward.sound("telling-names")
    if kind == "tag with code":
        Tag.objects.create(name=f"Vụ {case.code} (gấp)")
    elif kind == "type with name":
        DocumentType.objects.create(name="Nguyễn Văn Ánh")
    else:
        Tag.objects.create(name=unicodedata.normalize("NFD", "Đỗ Thị Ước"))
    result = ward.sick("telling-names", "warning")
    assert not any(word in result.sentence + result.mend for word in ("Ánh", "Ước", case.code))
    ward.follow(result)
    ward.sound("telling-names")


@treats("text-form")
def test_text_with_accents_apart_from_their_letters(ward: Ward, filed_case: FiledCase) -> None:
    from documents.search import SearchMode, get_backend

    ward.sound("text-form")
    document = Document.objects.get(pk=filed_case.host_ids[0])
    apart = unicodedata.normalize("NFD", "Quyết định khởi tố")
    Document.objects.filter(pk=document.pk).update(content=apart)
    ward.follow(ward.sick("text-form", "warning"))
    ward.sound("text-form")
    assert Document.objects.get(pk=document.pk).content == "Quyết định khởi tố"
    assert document.pk in get_backend().search_ids("khởi tố", None, search_mode=SearchMode.TEXT)


@treats("share-links")
@pytest.mark.parametrize("kind", ["link", "bundle", "version"])
def test_link_by_which_anybody_reads(ward: Ward, filed_case: FiledCase, people: dict[str, User], kind: str) -> None:
    if ward.host == "lite":
        ward.absent("share-links")
        return
    ward.sound("share-links")
    document = Document.objects.get(pk=filed_case.host_ids[0])
    other = Document.objects.create(
        title="x", checksum="1" * 64, mime_type="application/pdf", owner=people["outsider"], filename="other.pdf"
    )
    ended = timezone.now() - dt.timedelta(days=1)
    link, bundle = _model("ShareLink"), _model("ShareLinkBundle")
    link.objects.create(slug="elsewhere", document=other)
    link.objects.create(slug="ended", document=document, expiration=ended)
    ward.sound("share-links")
    if kind == "link":
        link.objects.create(slug="open", document=document)
    elif kind == "version":
        newer = Document.objects.create(
            title="x", checksum="2" * 64, mime_type="application/pdf", root_document=document, filename="newer.pdf"
        )
        link.objects.create(slug="open", document=newer, expiration=timezone.now() + dt.timedelta(days=1))
    else:
        made = bundle.objects.create(slug="open")
        made.documents.add(document, other)
    ward.follow(ward.sick("share-links", "error"))
    ward.sound("share-links")
    assert link.objects.filter(slug="elsewhere").exists()


def _workflow(action: dict[str, Any], **related: Any) -> Any:
    trigger = _model("WorkflowTrigger").objects.create(type=3)
    made = _model("WorkflowAction").objects.create(**action)
    for name, value in related.items():
        getattr(made, name).set(value)
    workflow = _model("Workflow").objects.create(name="Thông báo vụ Nguyễn Văn Ánh")
    workflow.triggers.add(trigger)
    workflow.actions.add(made)
    return workflow


@treats("outward-workflows")
@pytest.mark.parametrize("kind", [3, 4])
def test_workflow_that_sends_something_away(ward: Ward, provisioned: None, kind: int) -> None:
    if ward.host == "lite":
        ward.absent("outward-workflows")
        return
    ward.sound("outward-workflows")
    _workflow({"type": kind})
    result = ward.sick("outward-workflows", "error")
    assert "Ánh" not in result.sentence + result.mend
    ward.follow(result)
    ward.sound("outward-workflows")


MEDDLING: dict[str, Callable[[], Any]] = {
    "owners removed": lambda: _workflow({"type": 2, "remove_all_owners": True}),
    "grants removed": lambda: _workflow({"type": 2, "remove_all_permissions": True}),
    "case code removed": lambda: _workflow({"type": 2}, remove_custom_fields=[case_code_field_id()]),
    "case code written": lambda: _workflow({"type": 1}, assign_custom_fields=[case_code_field_id()]),
    "owner": lambda: _workflow({"type": 1, "assign_owner": User.objects.create_user("somebody")}),
    "grant": lambda: _workflow({"type": 1}, assign_view_groups=[Group.objects.create(name="everybody")]),
    "trash": lambda: _workflow({"type": 6}),
}


@treats("meddling-workflows")
@pytest.mark.parametrize("kind", MEDDLING)
def test_workflow_that_changes_owners_and_grants(ward: Ward, provisioned: None, kind: str) -> None:
    if ward.host == "lite":
        ward.absent("meddling-workflows")
        return
    _model("Workflow").objects.all().delete()
    ours = _workflow({"type": 1, "assign_owner_id": service_account_id()})
    ward.sound("meddling-workflows")
    _model("Workflow").objects.filter(pk=ours.pk).update(name="Của ta")
    MEDDLING[kind]()
    ward.follow(ward.sick("meddling-workflows", "warning"))
    ward.sound("meddling-workflows")
    assert _model("Workflow").objects.get(pk=ours.pk).enabled


@pytest.fixture
def waiting(
    ward: Ward,
    case: CaseFile,
    people: dict[str, User],
    catalogue: dict[str, CatalogueType],
    monkeypatch: pytest.MonkeyPatch,
) -> IntakeItem:
    """Return a file that was handed in and that no worker has taken."""
    with monkeypatch.context() as queue:
        queue.setattr("vks_plugin.filing.actions.submit", lambda _intake: "lost")
        return file_pdf(actor=people["prosecutor_kv1"], case=case, document_type=catalogue["CT"])


@treats("waiting-intake")
def test_file_that_waits_for_ever(ward: Ward, waiting: IntakeItem) -> None:
    ward.sound("waiting-intake")
    IntakeItem.objects.update(created_at=timezone.now() - dt.timedelta(hours=2))
    ward.follow(ward.sick("waiting-intake", "error"))
    ward.sound("waiting-intake")
    waiting.refresh_from_db()
    assert waiting.status == IntakeItem.Status.FILED


@treats("waiting-readings")
def test_reading_that_never_came_into_the_log(ward: Ward, filed_case: FiledCase, people: dict[str, User]) -> None:
    ward.sound("waiting-readings")
    reading = Reading.now(Reader(people["prosecutor_kv1"]), "download", [filed_case.documents[0].document_id])
    left = configuration().data_dir / "access-log" / "left.jsonl"
    left.parent.mkdir(exist_ok=True)
    left.write_text(json.dumps(reading.as_kept()) + "\n")
    # the next task will take it
    ward.sound("waiting-readings")
    os.utime(left, (0, 0))
    result = ward.sick("waiting-readings", "error")
    ward.follow(result, by_hand={"celery": lambda _step: write_left_readings(), ".unreadable": lambda _step: None})
    ward.sound("waiting-readings")
    assert AccessEntry.objects.get().actor_username == "prosecutor_kv1"
    left.with_suffix(".unreadable").write_text("?")
    ward.sick("waiting-readings", "error")


@treats("failed-intake")
@pytest.mark.parametrize("way", ["retry", "discard"])
def test_file_that_could_not_be_filed(ward: Ward, waiting: IntakeItem, people: dict[str, User], way: str) -> None:
    ward.sound("failed-intake")
    IntakeItem.objects.update(status=IntakeItem.Status.FAILED, error="Tệp của Nguyễn Văn Ánh hỏng")
    result = ward.sick("failed-intake", "warning")
    assert waiting.case.code in result.sentence
    assert "Ánh" not in result.sentence + result.mend

    def on_the_page(address: str) -> None:
        client = Client()
        client.force_login(people["prosecutor_kv1"])
        assert str(waiting.pk) in client.get(address).content.decode()
        assert client.post(f"{address}intake/{waiting.pk}/{way}/").status_code < 400

    ward.follow(result, by_hand={"/vks/cases/": on_the_page})
    ward.sound("failed-intake")
    assert CaseDocument.objects.count() == (1 if way == "retry" else 0)


@treats("stuck-bundles")
def test_bundle_nobody_makes_any_more(ward: Ward, filed_case: FiledCase, people: dict[str, User]) -> None:
    person = people["prosecutor_kv1"]
    made = Bundle.objects.create(
        case=filed_case.case, requested_by=person, status=Bundle.Status.RUNNING, document_ids=filed_case.host_ids[:3]
    )
    ward.sound("stuck-bundles")
    Bundle.objects.update(queued_at=timezone.now() - dt.timedelta(hours=2))
    result = ward.sick("stuck-bundles", "warning")

    def on_the_page(address: str) -> None:
        client = Client()
        client.force_login(person)
        assert client.post(f"{address}cancel/").status_code < 400

    ward.follow(result, by_hand={"/vks/bundles/": on_the_page})
    ward.sound("stuck-bundles")
    made.refresh_from_db()
    assert made.status == Bundle.Status.CANCELLED


@treats("stuck-bundles")
def test_redaction_nobody_works_at_any_more(ward: Ward, filed_case: FiledCase, people: dict[str, User]) -> None:
    person = people["prosecutor_kv1"]
    work = RedactionWork.objects.create(
        case=filed_case.case, requested_by=person, document_ids=filed_case.host_ids[:1], wanted={"terms": []}
    )
    ward.sound("stuck-bundles")
    # found long ago, chosen from just now
    RedactionWork.objects.update(created_at=timezone.now() - dt.timedelta(days=2))
    ward.sound("stuck-bundles")
    RedactionWork.objects.update(queued_at=timezone.now() - dt.timedelta(hours=2))
    result = ward.sick("stuck-bundles", "warning")

    def on_the_page(address: str) -> None:
        client = Client()
        client.force_login(person)
        assert client.post(f"{address}cancel/").status_code < 400

    ward.follow(result, by_hand={"/vks/redactions/": on_the_page})
    ward.sound("stuck-bundles")
    work.refresh_from_db()
    assert work.status == RedactionWork.Status.CANCELLED


def test_nothing_said_quotes_a_case(
    ward: Ward,
    filed_case: FiledCase,
    people: dict[str, User],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    """Everything that can be wrong with documents at once: names and titles appear nowhere."""
    from vks_plugin.doctor.examination import run
    from vks_plugin.doctor.registry import CHECKS

    IntakeItem.objects.update(status=IntakeItem.Status.FAILED, error="Nguyễn Văn Ánh")
    for document in Document.objects.all():
        document.source_path.unlink()
        write_case_code(document, "HS-SAI")
    UserObjectPermission.objects.all().delete()
    Document.objects.update(owner=None, deleted_at=timezone.now())
    shutil.rmtree(configuration().data_dir)
    said = " ".join(f"{finding.result.sentence} {finding.result.mend}" for finding in run(CHECKS).findings)
    assert "document" in said
    for secret in ("Ánh", "Ước", "Trộm cắp", "Quyết định khởi tố", "12/", filed_case.case.init_decision_no):
        assert secret not in said, secret


def test_other_documents_of_the_archive_are_none_of_our_business(
    ward: Ward, filed_case: FiledCase, people: dict[str, User]
) -> None:
    before = [ward.ask(check_id).status for check_id in ("document-owners", "document-grants", "case-codes")]
    theirs = Document.objects.create(
        title="Hóa đơn", checksum="3" * 64, mime_type="application/pdf", filename="bill.pdf"
    )
    assign_perm("view_document", people["outsider"], theirs)
    register(actor=people["clerk_kv1"], unit=filed_case.case.unit)
    after = [ward.ask(check_id).status for check_id in ("document-owners", "document-grants", "case-codes")]
    assert before == after == ["ok", "ok", "ok"]
