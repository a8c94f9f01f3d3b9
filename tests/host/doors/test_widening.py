"""Nobody gives a case document another owner or another reader through the host, superusers among them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.utils import timezone
from documents import tasks
from documents.data_models import ConsumableDocument, DocumentSource
from guardian.shortcuts import assign_perm

from tests.host.doors.conftest import STRANGERS, Kept, Secret, Visitor, host_model
from tests.people import file_pdf, pdf_bytes
from vks_plugin.access import actions as access
from vks_plugin.cases.models import CaseDocument, CatalogueType
from vks_plugin.filing.models import IntakeItem
from vks_plugin.host.models import CustomField, Document
from vks_plugin.host.permissions import grants_of
from vks_plugin.host.provision import CASE_CODE_FIELD, case_code_field_id
from vks_plugin.organization.actions import service_account_id

pytestmark = pytest.mark.django_db(transaction=True)

SignIn = Callable[..., Visitor]
Tell = Callable[[], Kept]

# read the case by right; what they may not do either is give it to others
READERS = ("prosecutor_kv1", "chief_kv1")
# somebody's own group of the host may well carry these
_POWERS = (
    "change_document",
    "delete_document",
    "add_document",
    "add_sharelink",
    "add_sharelinkbundle",
    "view_document",
)


@pytest.fixture
def everybody(as_person: SignIn, people: dict[str, User]) -> dict[str, Visitor]:
    """Return strangers, readers and a superuser, all with every model permission there is on documents."""
    found = {who: as_person(who, *_POWERS) for who in (*STRANGERS, *READERS)}
    return found | {"superuser": as_person(User.objects.create_superuser("toan_quyen"))}


def own_document(visitor: Visitor, title: str = "Công văn") -> int:
    """Return the id of a new document of the visitor's that is in no case."""
    before = set(Document.objects.values_list("pk", flat=True))
    assert visitor.upload(title=title).status_code == 200
    return Document.objects.exclude(pk__in=before).get().pk


def test_owner_and_readers_of_one_document(
    secret: Secret, kept: Tell, everybody: dict[str, Visitor], people: dict[str, User]
) -> None:
    before = kept()
    friend = people["prosecutor_kv3"].pk
    holders = {"users": [friend], "groups": []}
    for who, visitor in everybody.items():
        for change in (
            {"owner": friend},
            {"owner": None},
            {"set_permissions": {"view": holders, "change": holders}},
            {"set_permissions": {"view": holders}, "title": "Tên khác"},
        ):
            answer = visitor.ask("patch", f"/api/documents/{secret.statement}/", change)
            assert answer.status_code in {403, 404}, (who, change)
            assert kept() == before, (who, change)
    assert Document.objects.get(pk=secret.statement).title != "Tên khác"
    # the refusal says why to those who may know
    answer = everybody["superuser"].ask("patch", f"/api/documents/{secret.statement}/", {"owner": None})
    assert "hồ sơ vụ án" in answer.json()["detail"]


def test_sending_the_same_owner_back_is_no_change(secret: Secret, kept: Tell, everybody: dict[str, Visitor]) -> None:
    """As scripts do that read a document, change its title and write it whole."""
    before = kept()
    visitor = everybody["prosecutor_kv1"]
    owner = visitor.get(f"/api/documents/{secret.statement}/").json()["owner"]
    answer = visitor.ask("patch", f"/api/documents/{secret.statement}/", {"owner": owner, "title": "Bản cung số 2"})
    assert answer.status_code == 200
    assert CaseDocument.objects.get(document_id=secret.statement).title == "Bản cung số 2"
    assert kept() == before


def test_owner_and_readers_of_several(
    secret: Secret, kept: Tell, everybody: dict[str, Visitor], people: dict[str, User]
) -> None:
    before = kept()
    friend = people["prosecutor_kv3"].pk
    grants = {"view": {"users": [friend], "groups": []}, "change": {"users": [], "groups": []}}
    selections: tuple[dict[str, Any], ...] = ({"documents": secret.ids}, {"all": True, "filters": {}})
    for who, visitor in everybody.items():
        for selection in selections:
            for parameters in (
                {"set_permissions": grants},
                {"set_permissions": grants, "owner": friend, "merge": True},
            ):
                answer = visitor.ask(
                    "post",
                    "/api/documents/bulk_edit/",
                    {**selection, "method": "set_permissions", "parameters": parameters},
                )
                # a stranger's "all" holds nothing of the case
                assert answer.status_code == 403 or (who in STRANGERS and "all" in selection), (who, selection)
                assert kept() == before, (who, selection)


def test_links_for_the_whole_world(secret: Secret, everybody: dict[str, Visitor]) -> None:
    for who, visitor in everybody.items():
        link = visitor.ask("post", "/api/share_links/", {"document": secret.statement, "file_version": "original"})
        bundle = visitor.ask(
            "post", "/api/share_link_bundles/", {"document_ids": secret.ids, "file_version": "original"}
        )
        # a stranger gets the host's own words
        assert link.status_code == 403, who
        assert bundle.status_code in {400, 403}, who
        assert ("hồ sơ" in link.content.decode()) == ("hồ sơ" in bundle.content.decode()) == (who not in STRANGERS), who
    assert host_model("ShareLink").objects.count() == host_model("ShareLinkBundle").objects.count() == 0
    visitor = everybody["prosecutor_kv1"]
    mine = own_document(visitor)
    answer = visitor.ask("post", "/api/share_links/", {"document": mine, "file_version": "original"})
    assert answer.status_code == 201


def test_copies_by_page_tools(secret: Secret, kept: Tell, everybody: dict[str, Visitor]) -> None:
    """A copy would be the copier's own: to keep after the assignment, and to share."""
    before = kept()
    doors: dict[str, dict[str, Any]] = {
        "merge": {},
        "rotate": {"degrees": 90},
        "edit_pdf": {"operations": [{"page": 1}], "update_document": False},
        "remove_password": {"password": "x", "update_document": False},
        "delete": {},
    }
    methods: dict[str, dict[str, Any]] = {
        "split": {"pages": "1,2"},
        "merge": {"metadata_document_id": secret.statement},
        "delete_pages": {"pages": [1]},
    }
    for who, visitor in everybody.items():
        for door, parameters in doors.items():
            several = secret.ids if door in {"merge", "delete"} else [secret.statement]
            answer = visitor.ask("post", f"/api/documents/{door}/", {"documents": several, **parameters})
            assert answer.status_code == 403, (who, door)
        for method, parameters in methods.items():
            several = secret.ids if method == "merge" else [secret.statement]
            answer = visitor.ask(
                "post", "/api/documents/bulk_edit/", {"documents": several, "method": method, "parameters": parameters}
            )
            assert answer.status_code == 403, (who, method)
        assert kept() == before, who
    # a case document among one's own is enough to refuse, one's own alone are not touched
    visitor = everybody["prosecutor_kv1"]
    mine = [own_document(visitor), own_document(visitor)]
    assert visitor.ask("post", "/api/documents/merge/", {"documents": [*mine, secret.report]}).status_code == 403
    assert visitor.ask("post", "/api/documents/merge/", {"documents": mine}).status_code == 200
    assert Document.objects.count() == len(secret.ids) + 3


def _workflow(trigger: dict[str, Any], friend: User, **assigned: Any) -> Any:
    made = host_model("WorkflowTrigger").objects.create(**trigger)
    action = host_model("WorkflowAction").objects.create(type=1, assign_owner=friend, **assigned)
    action.assign_view_users.add(friend)
    workflow = host_model("Workflow").objects.create(name=f"Quy trình {made.pk}", order=0, enabled=True)
    workflow.triggers.add(made)
    workflow.actions.add(action)
    return workflow


def test_workflows_that_assign_an_owner(
    secret: Secret,
    kept: Tell,
    as_person: SignIn,
    people: dict[str, User],
    catalogue: dict[str, CatalogueType],
) -> None:
    """Many archives have one that gives whatever is taken in to somebody."""
    before = kept()
    friend = people["prosecutor_kv3"]
    kinds = host_model("WorkflowTrigger").WorkflowTriggerType
    stranger = as_person("prosecutor_kv3")

    taken_in = (
        {"type": kinds.CONSUMPTION, "sources": ["1", "2", "3", "4"], "filter_filename": "*"},
        {"type": kinds.DOCUMENT_ADDED},
    )
    for number, trigger in enumerate(taken_in):
        workflow = _workflow(trigger, friend)
        item = file_pdf(
            actor=people["prosecutor_kv1"],
            case=secret.case,
            document_type=catalogue["QDKTBC"],
            content=pdf_bytes(1, "Quyết định khởi tố"),
            folio_from=10 + number,
            folio_to=10 + number,
        )
        item.refresh_from_db()
        assert (item.status, item.error) == (IntakeItem.Status.FILED, "")
        assert host_model("WorkflowRun").objects.filter(workflow=workflow).exists()
        workflow.delete()
    new = kept()
    assert {owner for _pk, owner, *_rest in new.documents} == {"vks-records"}
    assert len({tuple(grants) for grants in new.grants.values()}) == 1
    assert stranger.found() == []

    workflow = _workflow({"type": kinds.DOCUMENT_UPDATED}, friend)
    answer = as_person("prosecutor_kv1").ask("patch", f"/api/documents/{secret.statement}/", {"title": "Bản cung"})
    assert answer.status_code == 200
    assert host_model("WorkflowRun").objects.filter(workflow=workflow).exists()
    assert kept() == new
    workflow.delete()

    workflow = _workflow({"type": kinds.SCHEDULED, "schedule_offset_days": 0, "schedule_date_field": "added"}, friend)
    tasks.check_scheduled_workflows()  # type: ignore[attr-defined]
    assert host_model("WorkflowRun").objects.filter(workflow=workflow).count() == len(new.documents)
    assert kept() == new
    assert (stranger.found(), stranger.completed("tro")) == ([], [])
    assert kept().grants[secret.statement] == before.grants[secret.statement]


def test_a_workflow_cannot_file_what_its_owner_may_not(
    secret: Secret, kept: Tell, people: dict[str, User], tmp_path: Any
) -> None:
    """The field "Mã vụ án" set by a workflow counts as set by the owner it names."""
    field_id = case_code_field_id()
    source = {
        "type": host_model("WorkflowTrigger").WorkflowTriggerType.CONSUMPTION,
        "sources": ["1"],
        "filter_filename": "*",
    }
    for who, filed in (("prosecutor_kv3", False), ("prosecutor_kv1", True)):
        workflow = _workflow(source, people[who], assign_custom_fields_values={str(field_id): secret.case.code})
        workflow.actions.get().assign_custom_fields.add(field_id)
        known = set(Document.objects.values_list("pk", flat=True))
        _from_folder(tmp_path)
        document = Document.objects.exclude(pk__in=known).get()
        assert CaseDocument.objects.filter(document=document).exists() == filed, who
        assert document.custom_fields.exists() == filed, who
        workflow.delete()


def _from_folder(folder: Any) -> None:
    path = folder / "quet.pdf"
    path.write_bytes(pdf_bytes(1, "Bản quét không chủ"))
    tasks.consume_file.apply_async(
        kwargs={"input_doc": ConsumableDocument(source=DocumentSource.ConsumeFolder, original_file=path)},
        headers={"trigger_source": "folder_consume"},
    )


def test_a_file_from_the_folder_is_everybodys_until_it_is_filed(
    secret: Secret, as_person: SignIn, tmp_path: Any, settings: Any
) -> None:
    """Where others use the host too, and what carries nothing of ours is left to them."""
    settings.VKS_TAKE_EVERY_UNOWNED = False
    _from_folder(tmp_path)
    document = Document.objects.exclude(pk__in=secret.ids).get()
    assert document.owner is None
    stranger, reader = as_person("prosecutor_kv3"), as_person("prosecutor_kv1")
    assert stranger.found(text="khong chu") == [document.pk]
    assert stranger.completed("quet") == ["quet"]
    # a newer version, made while it was everybody's
    content = SimpleUploadedFile("v.pdf", pdf_bytes(1, "Bản sửa"), "application/pdf")
    assert stranger.post(f"/api/documents/{document.pk}/update_version/", {"document": content}).status_code == 200
    version = Document.objects.get(root_document=document)
    code = {"field": case_code_field_id(), "value": secret.case.code}
    answer = reader.ask("patch", f"/api/documents/{document.pk}/", {"custom_fields": [code], "title": "Biên bản mật"})
    assert answer.status_code == 200, answer.content
    for pk in (document.pk, version.pk):
        for door in ("", "metadata/", "preview/", "download/"):
            assert stranger.get(f"/api/documents/{pk}/{door}").status_code in {403, 404}, (pk, door)
    assert (stranger.found(), stranger.completed("quet"), stranger.completed("sua")) == ([], [], [])
    # the list of everything one may see, by a door that looks at versions too
    told = stranger.get("/api/search/", {"query": document.title[:4], "db_only": "true"}).json()["documents"]
    assert told == []
    assert reader.found(text="ban sua") == [document.pk]


def test_what_is_written_past_every_door_is_put_right(
    secret: Secret, kept: Tell, as_person: SignIn, people: dict[str, User]
) -> None:
    """As the host's shell and its administration pages write."""
    before = kept()
    friend = people["prosecutor_kv3"]
    stranger = as_person("prosecutor_kv3")
    document = Document.objects.get(pk=secret.statement)
    assign_perm("view_document", friend, document)
    assert kept() == before
    assign_perm("change_document", Group.objects.create(name="Tổ công tác"), document)
    assert kept() == before
    document.owner = None
    document.save()
    assert kept() == before
    assert (stranger.found(), stranger.completed("tro")) == ([], [])
    # one's own documents are nobody else's business
    mine = Document.objects.get(pk=own_document(stranger))
    assign_perm("view_document", people["clerk_kv1"], mine)
    mine.owner = people["clerk_kv1"]
    mine.save()
    assert (as_person("clerk_kv1").found(), stranger.found()) == ([mine.pk], [])


def test_refusals_do_not_tell_strangers_what_is_filed(
    secret: Secret, as_person: SignIn, people: dict[str, User]
) -> None:
    """A filed document, somebody's unfiled one, one in the trash and none at all are answered alike."""

    def owned(who: str, number: int) -> int:
        told = {"title": f"Riêng {number}", "mime_type": "application/pdf", "checksum": f"{number:064x}"}
        return Document.objects.create(owner=people[who], **told).pk

    unfiled, binned = owned("prosecutor_kv1", 1), owned("prosecutor_kv1", 2)
    Document.objects.get(pk=binned).delete()
    links = CustomField.objects.create(name="Kèm theo", data_type="documentlink")
    fields: tuple[dict[str, Any], ...] = (
        {"custom_fields": []},
        {"custom_fields": [{"field": case_code_field_id(), "value": "X"}]},
        {"owner": None},
    )
    for stranger in STRANGERS:
        visitor = as_person(
            stranger, "change_document", "add_document", "add_sharelink", "add_sharelinkbundle", "view_document"
        )
        mine = owned(stranger, STRANGERS.index(stranger) + 3)
        for body in fields:
            answers = {
                visitor.ask("patch", f"/api/documents/{pk}/", body).content
                for pk in (secret.statement, unfiled, 999999)
            }
            assert len(answers) == 1, (stranger, body)
        bulk: list[dict[str, Any]] = [
            {
                "method": "modify_custom_fields",
                "parameters": {"add_custom_fields": {}, "remove_custom_fields": [case_code_field_id()]},
            },
            {"method": "delete", "parameters": {}},
            {"method": "rotate", "parameters": {"degrees": 90}},
        ]
        asked: list[tuple[str, dict[str, Any]]] = [
            *(("documents/bulk_edit", {"documents": [mine, "HERE"], **body}) for body in bulk),
            ("documents/bulk_download", {"documents": [mine, "HERE"]}),
            ("documents/selection_data", {"documents": ["HERE"]}),
            ("documents/selection_data", {"documents": ["HERE.0"]}),
            ("documents/merge", {"documents": [mine, "HERE"]}),
            ("documents/email", {"documents": ["HERE"], "addresses": "a@b.vn", "subject": "x", "message": "y"}),
            ("share_links", {"document": "HERE", "file_version": "original"}),
            ("share_link_bundles", {"document_ids": [mine, "HERE"], "file_version": "original"}),
            ("storage_paths/test", {"document": "HERE", "path": "{{ title }}"}),
            ("trash", {"documents": ["HERE"], "action": "restore"}),
        ]
        for door, body in asked:
            told = set()
            for pk in (secret.statement, unfiled, binned, 999999):
                said = json.loads(json.dumps(body).replace('"HERE"', str(pk)).replace("HERE", str(pk)))
                answer = visitor.ask("post", f"/api/{door}/", said)
                told.add((answer.status_code, answer.content.replace(f'"{pk}'.encode(), b'"#')))
            assert len(told) == 1, (stranger, door, told)
            assert {status for status, _text in told} <= {400, 403}, (stranger, door)
        linked = {
            visitor.ask(
                "patch", f"/api/documents/{mine}/", {"custom_fields": [{"field": links.pk, "value": [pk]}]}
            ).content
            for pk in (secret.statement, unfiled, binned, 999999)
        }
        assert len(linked) == 1, stranger
        like = {
            (answer.status_code, answer.content)
            for pk in (secret.statement, unfiled, binned, 999999)
            for answer in [visitor.get(f"/api/documents/?more_like_id={pk}")]
        }
        assert len(like) == 1, stranger
        # of what they may see they are told as ever
        assert visitor.ask("post", "/api/documents/selection_data/", {"documents": [mine]}).status_code == 200
        assert visitor.get(f"/api/documents/?more_like_id={mine}").status_code == 200


def test_a_code_put_on_by_bulk_edit(secret: Secret, kept: Tell, as_person: SignIn, people: dict[str, User]) -> None:
    stranger = as_person("prosecutor_kv3")
    mine = own_document(stranger)
    before = kept()
    field_id = case_code_field_id()
    for selection in ({"documents": [mine]}, {"documents": [mine, secret.report]}, {"all": True, "filters": {}}):
        for added in ({str(field_id): secret.case.code}, [field_id]):
            answer = stranger.ask(
                "post",
                "/api/documents/bulk_edit/",
                {
                    **selection,
                    "method": "modify_custom_fields",
                    "parameters": {"add_custom_fields": added, "remove_custom_fields": []},
                },
            )
            assert answer.status_code in {400, 403} or added == [field_id], (selection, added)
            assert kept() == before, (selection, added)
    # the reader neither takes documents out of the case this way
    answer = as_person("prosecutor_kv1").ask(
        "post",
        "/api/documents/bulk_edit/",
        {
            "documents": secret.ids,
            "method": "modify_custom_fields",
            "parameters": {"add_custom_fields": [], "remove_custom_fields": [field_id]},
        },
    )
    assert answer.status_code == 400
    assert kept() == before


def test_an_upload_with_a_code_of_somebody_elses_case(secret: Secret, kept: Tell, as_person: SignIn) -> None:
    before = kept()
    field_id = case_code_field_id()
    for stranger in STRANGERS[:-1]:
        visitor = as_person(stranger, "add_document")
        sentences = set()
        for code in (secret.case.code, "HS-QN-KV1-2026-9999"):
            answer = visitor.upload(custom_fields=json.dumps({str(field_id): code}))
            assert answer.status_code == 400, stranger
            sentences.add(answer.content.decode().replace(code, "MÃ"))
        assert len(sentences) == 1, stranger
        assert kept() == before, stranger


def test_the_repair_goes_by_the_policy_of_today(secret: Secret, people: dict[str, User]) -> None:
    """Somebody whose assignment has ended by date is a stranger again."""
    colleague = people["other_prosecutor_kv1"]
    access.assign(
        actor=people["chief_kv1"],
        case=secret.case,
        user=colleague,
        role="prosecutor",
        starts_on=dt.date(2026, 1, 1),
        ends_on=dt.date(2026, 1, 31),
    )
    document = Document.objects.get(pk=secret.statement)
    assign_perm("view_document", colleague, document)
    assert not colleague.has_perm("documents.view_document", document)


def test_what_an_import_brings(
    secret: Secret, as_person: SignIn, people: dict[str, User], settings: Any, tmp_path: Path
) -> None:
    """The host's command writes rows in bulk: without an owner they would be everybody's, those of old days for good."""
    # the host takes its watch over changes off for the rest of the process
    settings.AUDIT_LOG_ENABLED = False
    settings.VKS_INBOX_UNIT = "QN-KV1"
    old = Document.objects.create(title="Công văn cũ", mime_type="application/pdf", checksum="0" * 64).pk
    Document.objects.filter(pk=old).update(owner=None, added=timezone.now() - dt.timedelta(days=4000))
    stranger, clerk, reader = map(as_person, ("prosecutor_kv3", "clerk_kv1", "prosecutor_kv1"))
    # what was here before there were cases is left as it is
    assert old in stranger.found()
    call_command("document_exporter", tmp_path, data_only=True, no_progress_bar=True, stdout=StringIO())
    Document.objects.get(pk=old).hard_delete()
    before = grants_of(secret.ids)

    def load() -> None:
        call_command("document_importer", tmp_path, data_only=True, no_progress_bar=True, stdout=StringIO())

    load()
    assert Document.objects.get(pk=old).owner_id == service_account_id()
    assert old not in stranger.found()
    assert old in clerk.found()
    # the host takes every grant away on the way
    assert grants_of(secret.ids) == before
    assert set(reader.found()) == set(secret.ids)
    # what our groups may do in the host goes with it, too: of those the export does not name for good
    clerks = Group.objects.get(name="vks:QN-KV1:records_clerk")
    kept = set(clerks.permissions.values_list("codename", flat=True))
    manifest = tmp_path / "manifest.json"
    exported = json.loads(manifest.read_text(encoding="utf-8"))
    write = partial(manifest.write_text, encoding="utf-8")
    write(json.dumps([row for row in exported if row["model"] != "auth.group"]))
    load()
    assert kept
    assert set(clerks.permissions.values_list("codename", flat=True)) == kept
    # an export of another server has others under the number of ours: nothing of it is taken in
    Document.objects.filter(pk=old).update(title="Công văn mới")
    field = case_code_field_id()
    for stood, stands, sentence in (
        ("vks-records", "nguoi-la", "tài khoản nguoi-la đè lên tài khoản vks-records, chủ"),
        ("chief_kv1", "nguoi-la", "tài khoản nguoi-la đè lên tài khoản chief_kv1, người"),
        (CASE_CODE_FIELD, "Số lưu", "đè lên trường “Mã vụ án”"),
    ):
        write(json.dumps(exported).replace(json.dumps(stood), json.dumps(stands)))
        with pytest.raises(CommandError, match=sentence):
            load()
        assert User.objects.get(pk=service_account_id()).username == "vks-records"
        assert User.objects.get(pk=people["chief_kv1"].pk).username == "chief_kv1"
        assert case_code_field_id() == field
        assert Document.objects.get(pk=old).title == "Công văn mới"
