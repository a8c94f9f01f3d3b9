"""Workflows of the host act past every door: case documents, and files on their way into a case, are spared."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from auditlog.models import LogEntry  # type: ignore[import-untyped]
from django.contrib.auth.models import Permission, User
from django.core import mail
from django.db.models import Q
from documents import tasks

from tests.custody.batches import seal_outright
from tests.filing.test_inbox import Consume, come_in, one_office, reads
from tests.host.doors.conftest import Kept, Secret, Visitor, host_model
from tests.host.doors.test_files import version
from tests.people import file_pdf, pdf_bytes
from vks_plugin.cases.models import CaseDocument, CaseFile, CatalogueType
from vks_plugin.filing.models import IntakeItem
from vks_plugin.host.models import Document
from vks_plugin.host.provision import case_code_field_id, storage_path_id
from vks_plugin.organization.actions import service_account_id

__all__ = ["come_in", "one_office"]

pytestmark = pytest.mark.django_db(transaction=True)

SignIn = Callable[..., Visitor]
Tell = Callable[[], Kept]

_SOURCES = ["1", "2", "3", "4"]


@pytest.fixture(autouse=True)
def letters(settings: Any) -> None:
    settings.EMAIL_ENABLED = True


@pytest.fixture
def posted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the addresses that something was sent to."""
    webhooks = import_module("documents.workflows.webhooks")
    sent: list[str] = []
    monkeypatch.setattr(webhooks.send_webhook, "apply_async", lambda kwargs: sent.append(kwargs["url"]))
    return sent


def workflow(kind: str, **action: Any) -> Any:
    """Make a workflow that does something to every document there is."""
    trigger = host_model("WorkflowTrigger")
    told: dict[str, Any] = {"type": getattr(trigger.WorkflowTriggerType, kind)}
    if kind == "CONSUMPTION":
        told |= {"sources": _SOURCES, "filter_filename": "*"}
    if kind == "SCHEDULED":
        told |= {"schedule_offset_days": 0, "schedule_date_field": "added"}
    name = f"Quy trình {host_model('Workflow').objects.count()}"
    made = host_model("Workflow").objects.create(name=name, order=0, enabled=True)
    made.triggers.add(trigger.objects.create(**told))
    made.actions.add(host_model("WorkflowAction").objects.create(**action))
    return made


def outward() -> list[dict[str, Any]]:
    kinds = host_model("WorkflowAction").WorkflowActionType
    letter = host_model("WorkflowActionEmail").objects.create(
        subject="{{ doc_title }}", body="x", to="ai-do@example.org", include_document=True
    )
    hook = host_model("WorkflowActionWebhook").objects.create(
        url="https://example.org/", use_params=False, body="{{ doc_title }}", include_document=True
    )
    return [{"type": kinds.EMAIL, "email": letter}, {"type": kinds.WEBHOOK, "webhook": hook}]


def hand_in(secret: Secret, people: dict[str, User], catalogue: dict[str, CatalogueType]) -> IntakeItem:
    item = file_pdf(
        actor=people["prosecutor_kv1"], case=secret.case, document_type=catalogue["QDKTBC"], content=pdf_bytes(1, "Mật")
    )
    item.refresh_from_db()
    return item


@pytest.mark.parametrize("kind", ["CONSUMPTION", "DOCUMENT_ADDED", "DOCUMENT_UPDATED", "SCHEDULED"])
def test_none_sends_them_away(
    kind: str,
    secret: Secret,
    as_person: SignIn,
    people: dict[str, User],
    catalogue: dict[str, CatalogueType],
    posted: list[str],
) -> None:
    for action in outward():
        workflow(kind, **action)
    code = json.dumps({case_code_field_id(): secret.case.code})
    reader = as_person("prosecutor_kv1")
    assert hand_in(secret, people, catalogue).status == IntakeItem.Status.FILED
    reader.upload(title="Bản tự khai", custom_fields=code)
    assert reader.ask("patch", f"/api/documents/{secret.statement}/", {"title": "Bản cung"}).status_code == 200
    tasks.check_scheduled_workflows()  # type: ignore[attr-defined]
    assert (mail.outbox, posted) == ([], [])
    assert CaseDocument.objects.count() == 4
    # what is in no case goes where its owner's workflow sends it
    reader.upload(title="Thư mời họp")
    mine = Document.objects.filter(case_document=None).get()
    reader.ask("patch", f"/api/documents/{mine.pk}/", {"title": "Thư mời"})
    tasks.check_scheduled_workflows()  # type: ignore[attr-defined]
    assert len(mail.outbox) >= 1
    assert len(posted) >= 1


@pytest.mark.parametrize("kind", ["CONSUMPTION", "DOCUMENT_ADDED", "DOCUMENT_UPDATED", "SCHEDULED"])
def test_none_moves_them_to_the_bin_or_works_on_their_file(
    kind: str,
    secret: Secret,
    kept: Tell,
    as_person: SignIn,
    people: dict[str, User],
    catalogue: dict[str, CatalogueType],
) -> None:
    before = kept()
    kinds = host_model("WorkflowAction").WorkflowActionType
    workflow(kind, type=kinds.PASSWORD_REMOVAL, passwords=["x"])
    workflow(kind, type=kinds.MOVE_TO_TRASH)
    item = hand_in(secret, people, catalogue)
    assert (item.status, item.error) == (IntakeItem.Status.FILED, "")
    as_person("prosecutor_kv1").ask("patch", f"/api/documents/{secret.statement}/", {"title": "Bản cung"})
    tasks.check_scheduled_workflows()  # type: ignore[attr-defined]
    after = kept()
    assert [row for row in after.documents if row[0] in secret.ids] == before.documents
    assert not Document.global_objects.filter(deleted_at__isnull=False).exists()
    assert not Document.global_objects.filter(root_document__isnull=False).exists()


def test_none_takes_readers_away(secret: Secret, kept: Tell, as_person: SignIn) -> None:
    before = kept()
    kinds = host_model("WorkflowAction").WorkflowActionType
    for number, removed in enumerate(("owners", "permissions", "custom_fields", "storage_paths")):
        made = workflow("DOCUMENT_UPDATED", type=kinds.REMOVAL, **{f"remove_all_{removed}": True})
        answer = as_person("prosecutor_kv1").ask(
            "patch", f"/api/documents/{secret.statement}/", {"title": f"Bản cung {number}"}
        )
        assert answer.status_code == 200, removed
        assert host_model("WorkflowRun").objects.filter(workflow=made).exists(), removed
        made.delete()
        assert kept() == before, removed
    document = Document.objects.get(pk=secret.statement)
    assert document.storage_path_id == storage_path_id()
    assert document.custom_fields.get().value == secret.case.code


def test_tags_by_a_workflow_stay_open(secret: Secret, kept: Tell, as_person: SignIn) -> None:
    before = kept()
    tag = host_model("Tag").objects.create(name="Đã sửa")
    made = workflow("DOCUMENT_UPDATED", type=host_model("WorkflowAction").WorkflowActionType.ASSIGNMENT)
    made.actions.get().assign_tags.add(tag)
    as_person("prosecutor_kv1").ask("patch", f"/api/documents/{secret.statement}/", {"title": "Bản cung"})
    assert Document.objects.get(pk=secret.statement).tags.get() == tag
    assert kept() == before


def test_none_renames_what_is_sealed(secret: Secret, as_person: SignIn, people: dict[str, User]) -> None:
    papers = CaseDocument.objects.filter(document_id=secret.statement)
    seal_outright(secret.case, list(papers), by=people["chief_kv1"])
    kinds = host_model("WorkflowAction").WorkflowActionType
    workflow("DOCUMENT_UPDATED", type=kinds.ASSIGNMENT, assign_title="Tên máy đặt")
    visitor = as_person("prosecutor_kv1")
    for pk in secret.ids:
        assert visitor.ask("patch", f"/api/documents/{pk}/", {"tags": []}).status_code == 200
    titles = dict(Document.objects.values_list("pk", "title"))
    assert titles[secret.report] == "Tên máy đặt"
    assert titles[secret.statement] != "Tên máy đặt"


@pytest.mark.parametrize("kind", ["CONSUMPTION", "DOCUMENT_ADDED"])
def test_what_calls_itself_a_state_secret_is_sent_nowhere_and_keeps_its_mark_and_no_word(
    kind: str,
    one_office: None,
    come_in: Consume,
    people: dict[str, User],
    catalogue: dict[str, CatalogueType],
    posted: list[str],
) -> None:
    for action in outward():
        workflow(kind, **action)
    kinds = host_model("WorkflowAction").WorkflowActionType
    workflow(kind, type=kinds.ASSIGNMENT, assign_title="Thư đến")
    by_title = come_in(name="quet.pdf", title="Báo cáo TỐI MẬT")
    assert (by_title.title, by_title.content) == ("Báo cáo TỐI MẬT", "")
    Document.objects.filter(pk=by_title.pk).delete()
    assert come_in(name="quet_TỐI_MẬT.pdf").content == ""
    assert (mail.outbox, posted) == ([], [])
    # the host's own log of changes has no word of them either
    trail = json.dumps([entry.changes for entry in LogEntry.objects.all()], ensure_ascii=False)
    assert "quet_TỐI_MẬT.pdf" in trail
    assert "không chủ" not in trail


@pytest.mark.parametrize("meant_for", ["nobody", "a case", "a case, of somebody"])
def test_what_a_workflow_calls_a_state_secret_keeps_no_word(
    meant_for: str,
    one_office: None,
    come_in: Consume,
    as_person: SignIn,
    people: dict[str, User],
    catalogue: dict[str, CatalogueType],
    case: CaseFile,
) -> None:
    kinds = host_model("WorkflowAction").WorkflowActionType
    workflow("DOCUMENT_ADDED", type=kinds.ASSIGNMENT, assign_title="Báo cáo TỐI MẬT")
    said: dict[str, Any] = {} if meant_for == "nobody" else {"custom_fields": {case_code_field_id(): case.code}}
    reader = people["prosecutor_kv1" if meant_for == "a case, of somebody" else "clerk_kv1"]
    if meant_for == "a case, of somebody":
        said["owner_id"] = reader.pk
    paper = come_in(name="quet.pdf", **said)
    assert (paper.title, paper.content, "chữ trên" in paper.notes.get().note.lower()) == ("Báo cáo TỐI MẬT", "", True)
    assert not CaseDocument.objects.exists()
    assert reads(reader, paper)[:2] == (True, False)
    # nor do they come back, whosever it is now: as its name is, so it stays
    visitor, address = as_person(reader, "change_document", "add_document"), f"/api/documents/{paper.pk}/"
    again = {"documents": [paper.pk]}
    for answer in (
        visitor.ask("post", "/api/documents/reprocess/", again),
        visitor.ask("post", "/api/documents/rotate/", again | {"degrees": 90}),
        visitor.ask("patch", address, {"content": "Bản quét không chủ"}),
        visitor.post(f"{address}update_version/", version("Bản quét không chủ")),
    ):
        assert answer.status_code == 403, answer.content
        assert "độ mật" in answer.json()["detail"]
    assert Document.objects.get(pk=paper.pk).content == ""
    trail = json.dumps([entry.changes for entry in LogEntry.objects.all()], ensure_ascii=False)
    assert "quet.pdf" in trail
    assert "không chủ" not in trail
    # the workflow was wrong
    assert visitor.ask("patch", address, {"title": "Báo cáo"}).status_code == 200
    if meant_for == "a case, of somebody":
        assert visitor.ask("post", "/api/documents/reprocess/", again).status_code == 200
        assert "không chủ" in Document.objects.get(pk=paper.pk).content


@pytest.mark.parametrize("kind", ["CONSUMPTION", "DOCUMENT_ADDED"])
@pytest.mark.parametrize("path", ["ours", "none"])
def test_what_calls_itself_a_state_secret_is_the_keepers_where_others_use_the_host_too(
    kind: str,
    path: str,
    one_office: None,
    come_in: Consume,
    people: dict[str, User],
    catalogue: dict[str, CatalogueType],
    settings: Any,
) -> None:
    """A workflow gives it to somebody, or files it where ours lie; left out, and not taken, it would be everybody's."""
    settings.VKS_TAKE_EVERY_UNOWNED = False
    friend = people["prosecutor_kv3"]
    told: dict[str, Any] = {"type": host_model("WorkflowAction").WorkflowActionType.ASSIGNMENT, "assign_owner": friend}
    if path == "ours":
        told["assign_storage_path_id"] = storage_path_id()
    workflow(kind, **told).actions.get().assign_view_users.add(people["outsider"])
    paper = come_in(name="quet_TỐI_MẬT.pdf")
    assert (paper.owner_id, paper.content) == (service_account_id(), "")
    strangers = ("prosecutor_kv3", "outsider", "prosecutor_kv1", "admin_province")
    assert {who: reads(people[who], paper) for who in strangers} == dict.fromkeys(strangers, (False,) * 3)
    assert reads(people["clerk_kv1"], paper)[:2] == (True, False)
    # what bears no mark is theirs
    other = come_in(name="thu.pdf")
    assert other.owner_id == friend.pk


@pytest.mark.parametrize("kind", ["CONSUMPTION", "DOCUMENT_ADDED"])
@pytest.mark.parametrize("source", ["upload", "case page"])
def test_an_upload_for_a_case_stays_with_who_handed_it_in(
    kind: str,
    source: str,
    secret: Secret,
    as_person: SignIn,
    people: dict[str, User],
    catalogue: dict[str, CatalogueType],
) -> None:
    """A workflow that gives whatever comes in to somebody, shows it to him and files it elsewhere."""
    friend = people["prosecutor_kv3"]
    other = host_model("StoragePath").objects.create(name="Khác", path="{{ title }}")
    kinds = host_model("WorkflowAction").WorkflowActionType
    made = workflow(
        kind,
        type=kinds.ASSIGNMENT,
        assign_owner=friend,
        assign_storage_path=other,
        assign_custom_fields_values={str(case_code_field_id()): "HS-QN-KV9-2026-0001"},
    )
    made.actions.get().assign_view_users.add(friend)
    made.actions.get().assign_custom_fields.add(case_code_field_id())
    if source == "upload":
        code = json.dumps({case_code_field_id(): secret.case.code})
        as_person("prosecutor_kv1").upload(title="Bản tự khai", custom_fields=code)
    else:
        hand_in(secret, people, catalogue)
    new = CaseDocument.objects.exclude(document_id__in=secret.ids).get()
    assert (new.case, new.filed_by) == (secret.case, people["prosecutor_kv1"])
    assert Document.objects.get(pk=new.document_id).storage_path != other
    assert Document.objects.get(pk=new.document_id).custom_fields.get().value == secret.case.code
    assert new.document_id in as_person("chief_kv1").found()
    stranger = as_person("prosecutor_kv3")
    assert (stranger.found(), stranger.completed("can"), stranger.completed("mat")) == ([], [], [])


def test_one_that_reaches_papers_of_others_is_the_superusers(
    secret: Secret, one_office: None, come_in: Consume, as_person: SignIn, people: dict[str, User], posted: list[str]
) -> None:
    """Who may edit accounts gives himself every permission of the host: what waits in an inbox is not his for it."""
    powers = ("view_user", "change_user", "add_workflow")
    visitor, own = as_person("admin_province", *powers[:2]), people["admin_province"].pk
    of_workflows = Q(content_type__app_label="documents", content_type__model__startswith="workflow")
    every = list(
        Permission.objects.filter(of_workflows | Q(codename__in=powers)).values_list("codename", flat=True).distinct()
    )
    assert visitor.ask("patch", f"/api/users/{own}/", {"user_permissions": every}).status_code == 200
    kinds = host_model("WorkflowAction").WorkflowActionType
    start = {"type": 1, "sources": [1, 2, 3], "filter_filename": "*"}
    hook = {"url": "https://example.org/", "use_params": False, "body": "x", "include_document": True}
    letter = {"subject": "x", "body": "x", "to": "toi@example.org", "include_document": True}
    code, groups = case_code_field_id(), list(people["clerk_kv1"].groups.values_list("pk", flat=True))
    # whoever files in a case reads what is filed there
    coded = {"assign_custom_fields": [code], "assign_custom_fields_values": {str(code): secret.case.code}}
    wanted: tuple[dict[str, Any], ...] = (
        {"type": kinds.ASSIGNMENT, **coded},
        {"type": kinds.REMOVAL, "remove_custom_fields": [code]},
        {"type": kinds.REMOVAL, "remove_all_custom_fields": True},
        {"type": kinds.REMOVAL, "remove_all_permissions": True},
        {"type": kinds.REMOVAL, "remove_view_groups": groups},
        {"type": kinds.REMOVAL, "remove_change_users": [people["clerk_kv1"].pk]},
        {"type": kinds.ASSIGNMENT, "assign_owner": own},
        {"type": kinds.ASSIGNMENT, "assign_view_users": [own]},
        {
            "type": kinds.ASSIGNMENT,
            "assign_change_groups": list(people["admin_province"].groups.values_list("pk", flat=True)),
        },
        {"type": kinds.REMOVAL, "remove_all_owners": True},
        {"type": kinds.WEBHOOK, "webhook": hook},
        {"type": kinds.EMAIL, "email": letter},
        {"type": kinds.MOVE_TO_TRASH},
    )
    standing = workflow("DOCUMENT_ADDED", type=kinds.ASSIGNMENT, assign_owner=people["clerk_kv1"], assign_title="x")
    standing.triggers.update(filter_filename="chỉ tệp này")
    trigger, action = standing.triggers.get().pk, standing.actions.get().pk
    field = host_model("CustomField").objects.create(name="Ghi chú", data_type="string")
    harmless = {"type": kinds.ASSIGNMENT, "assign_title": "{original_filename}", "assign_custom_fields": [field.pk]}

    def told() -> list[Any]:
        return [
            list(host_model(name).objects.order_by("pk").values())
            for name in (
                "Workflow",
                "WorkflowTrigger",
                "WorkflowAction",
                "WorkflowActionWebhook",
                "WorkflowActionEmail",
            )
        ]

    def whole(*actions: dict[str, Any], **said: Any) -> dict[str, Any]:
        return {"name": "Của tôi", "order": 9, "triggers": [start], "actions": list(actions), **said}

    refused: list[tuple[str, str, dict[str, Any]]] = [
        *(("post", "/api/workflows/", whole(harmless, each)) for each in wanted),
        *(("post", "/api/workflow_actions/", each) for each in wanted if not {"email", "webhook"} & set(each)),
        # by what stands already
        ("post", "/api/workflows/", whole(harmless | {"id": action})),
        ("post", "/api/workflows/", whole(harmless, triggers=[start | {"id": trigger, "type": 2}])),
        ("patch", f"/api/workflows/{standing.pk}/", {"triggers": [start]}),
        ("patch", f"/api/workflows/{standing.pk}/", {"enabled": True}),
        ("patch", f"/api/workflow_triggers/{trigger}/", {"type": 2, "filter_filename": None}),
        ("patch", f"/api/workflow_actions/{action}/", {"type": 1, "assign_title": "y"}),
    ]
    before = told()
    for method, address, body in refused:
        answer = visitor.ask(method, address, body)
        assert (answer.status_code, "siêu quản trị" in answer.content.decode()) == (403, True), (body, answer.content)
        assert told() == before, body
    waits = come_in()
    assert (posted, as_person("admin_province").found()) == ([], [])
    assert reads(people["clerk_kv1"], waits)[0]
    # what only describes is whoever's was let
    assert visitor.ask("post", "/api/workflows/", whole(harmless)).status_code == 201
    made = host_model("Workflow").objects.get(name="Của tôi")
    assert visitor.ask("patch", f"/api/workflows/{made.pk}/", {"enabled": False}).status_code == 200
    assert visitor.ask("delete", f"/api/workflows/{standing.pk}/").status_code == 204
    root = as_person(User.objects.create_superuser("toan_quyen"))
    for each in wanted:
        answer = root.ask("post", "/api/workflows/", whole(each, name="Của quản trị", enabled=False))
        assert answer.status_code == 201, answer.content
        address = f"/api/workflows/{answer.json()['id']}/"
        assert visitor.ask("patch", address, {"enabled": True}).status_code == 403, each
        assert root.ask("delete", address).status_code == 204
