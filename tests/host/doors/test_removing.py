"""A filed document stays: nobody deletes it, and it is still found; nor does its owner's account go."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User

from tests.host.doors.conftest import STRANGERS, Kept, Secret, Visitor, host_model
from vks_plugin.host.models import Document
from vks_plugin.organization.actions import service_account_id

pytestmark = pytest.mark.django_db(transaction=True)

SignIn = Callable[..., Visitor]
Tell = Callable[[], Kept]


def test_a_filed_document_is_not_deleted(secret: Secret, kept: Tell, as_person: SignIn) -> None:
    before = kept()
    visitors = {
        who: as_person(who, "delete_document", "change_document", "view_document")
        for who in (*STRANGERS, "prosecutor_kv1", "chief_kv1")
    }
    visitors["superuser"] = as_person(User.objects.create_superuser("toan_quyen"))
    for who, visitor in visitors.items():
        requests = (
            ("delete", f"/api/documents/{secret.statement}/", None),
            ("post", "/api/documents/delete/", {"documents": secret.ids}),
            ("post", "/api/documents/bulk_edit/", {"documents": secret.ids, "method": "delete", "parameters": {}}),
            ("post", "/api/trash/", {"documents": secret.ids, "action": "empty"}),
            (
                "post",
                "/api/documents/merge/",
                {"documents": secret.ids, "delete_originals": True, "metadata_document_id": secret.statement},
            ),
        )
        for method, path, body in requests:
            answer = visitor.ask(method, path, body)
            assert answer.status_code in {400, 403, 404}, (who, path)
            assert kept() == before, (who, path)
        assert visitor.get("/api/trash/").json()["count"] == 0
    assert Document.objects.get(pk=secret.statement).source_path.is_file()
    # the refusal says why to whoever may see the document
    answer = visitors["superuser"].ask("delete", f"/api/documents/{secret.statement}/")
    assert "hồ sơ vụ án" in answer.json()["detail"]


def test_ones_own_document_is_deleted_as_ever(secret: Secret, as_person: SignIn) -> None:
    visitor = as_person("prosecutor_kv1", "delete_document")
    for door in ("delete", "bulk"):
        visitor.upload(title="Nháp")
        mine = Document.objects.exclude(pk__in=secret.ids).get().pk
        if door == "delete":
            assert visitor.ask("delete", f"/api/documents/{mine}/").status_code == 204
        else:
            # one's own among the case's: nothing of the request is done
            both = visitor.ask("post", "/api/documents/delete/", {"documents": [mine, secret.report]})
            assert both.status_code == 403
            assert visitor.ask("post", "/api/documents/delete/", {"documents": [mine]}).status_code == 200
        assert sorted(Document.objects.values_list("pk", flat=True)) == secret.ids


def test_a_workflow_does_not_move_it_to_the_bin(secret: Secret, kept: Tell, as_person: SignIn) -> None:
    before = kept()
    trigger = host_model("WorkflowTrigger")
    made = trigger.objects.create(type=trigger.WorkflowTriggerType.DOCUMENT_UPDATED)
    actions = host_model("WorkflowAction")
    workflow = host_model("Workflow").objects.create(name="Dọn dẹp", order=0, enabled=True)
    workflow.triggers.add(made)
    workflow.actions.add(actions.objects.create(type=actions.WorkflowActionType.MOVE_TO_TRASH))
    as_person("prosecutor_kv1").ask("patch", f"/api/documents/{secret.statement}/", {"title": "Bản cung"})
    assert kept() == before


def test_accounts_that_cases_depend_on_stay(secret: Secret, kept: Tell, as_person: SignIn) -> None:
    """The host would empty the owner of whatever the account owns, and what nobody owns is everybody's."""
    before = kept()
    superuser = as_person(User.objects.create_superuser("toan_quyen"))
    keeper, author = User.objects.get(pk=service_account_id()), User.objects.get(username="prosecutor_kv1")
    for account in (keeper, author):
        answer = superuser.ask("delete", f"/api/users/{account.pk}/")
        assert answer.status_code == 409, account.username
        assert "khóa tài khoản" in answer.json()["detail"]
        superuser.post(f"/admin/auth/user/{account.pk}/delete/", {"post": "yes"})
        assert User.objects.filter(pk=account.pk).exists(), account.username
    assert kept() == before
    for stranger in STRANGERS:
        assert as_person(stranger).found() == [], stranger
    # somebody whom no case names
    guest = User.objects.create_user("khach")
    assert superuser.ask("delete", f"/api/users/{guest.pk}/").status_code == 204
