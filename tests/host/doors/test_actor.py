"""Who changes documents in bulk is known to the worker that tells us of it, and nobody else is believed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from celery import current_app
from celery.app.trace import trace_task
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from rest_framework.authtoken.models import Token

from tests.host.doors.conftest import Secret
from tests.people import register
from vks_plugin.access.actions import assign
from vks_plugin.cases.models import CaseChange, CaseDocument, CaseFile, CatalogueType
from vks_plugin.filing import inbox
from vks_plugin.host import actor
from vks_plugin.host.models import Document, Note
from vks_plugin.host.provision import case_code_field_id, case_code_on
from vks_plugin.organization.models import ProcuracyUnit

pytestmark = pytest.mark.django_db(transaction=True)

Work = Callable[..., None]


@pytest.fixture
def work(settings: Any) -> Iterator[Work]:
    """Return a function that does the bulk edit in the queue as a worker would: from the message alone, later.

    What else is sent, or was sent by whoever had this process before, is nobody's here and left undone.
    """
    settings.CELERY_TASK_ALWAYS_EAGER = False
    current_app.conf.task_always_eager = False
    with current_app.connection_for_read() as connection, connection.SimpleQueue("celery") as queue:
        queue.clear()

    def next_task(**forged: str) -> None:
        with current_app.connection_for_read() as connection, connection.SimpleQueue("celery") as queue:
            while True:
                message = queue.get(timeout=5)
                message.ack()
                if message.headers["task"] == "documents.tasks.bulk_update_documents":
                    break
        arguments, named, _embedded = message.decode()
        task = current_app.tasks[message.headers["task"]]
        assert actor.current_actor() is None
        result = trace_task(
            task, message.headers["id"], arguments, named, request=message.headers | forged, app=current_app
        )
        assert result.info is None, result
        assert actor.current_actor() is None

    yield next_task
    current_app.conf.task_always_eager = True


def in_bulk(user: User, documents: list[int], method: str, **parameters: Any) -> None:
    """Change documents as a script with a token does."""
    token, _made = Token.objects.get_or_create(user=user)
    body = {"documents": documents, "method": method, "parameters": parameters}
    answer = Client().post(
        "/api/documents/bulk_edit/",
        json.dumps(body),
        content_type="application/json",
        headers={"authorization": f"Token {token.key}"},
    )
    assert answer.status_code == 200, answer.content


def test_what_waits_in_the_inbox_is_filed_by_who_gave_it_its_code(
    secret: Secret,
    work: Work,
    people: dict[str, User],
    units: dict[str, ProcuracyUnit],
    catalogue: dict[str, CatalogueType],
    settings: Any,
) -> None:
    settings.VKS_INBOX_UNIT = "QN-KV1"
    scanner, lead, field = people["scanner_kv1"], people["prosecutor_kv1"], case_code_field_id()
    assign(actor=people["chief_kv1"], case=secret.case, user=scanner, role="scan_operator")
    papers = [
        Document.objects.create(title=f"Quét {number}", checksum=f"{number}" * 64, mime_type="application/pdf")
        for number in range(2)
    ]
    inbox.keep([each.pk for each in papers])

    def give_code(paper: Document) -> None:
        in_bulk(
            scanner,
            [paper.pk],
            "modify_custom_fields",
            add_custom_fields={field: secret.case.code},
            remove_custom_fields=[],
        )

    give_code(papers[0])
    work()
    assert CaseDocument.objects.get(document=papers[0]).filed_by == scanner
    # the same, moved to another case, and described otherwise
    other = register(actor=people["clerk_kv1"], unit=units["QN-KV1"])
    assign(actor=people["chief_kv1"], case=other, user=lead, role="prosecutor_lead")
    in_bulk(
        lead, [papers[0].pk], "modify_custom_fields", add_custom_fields={field: other.code}, remove_custom_fields=[]
    )
    work()
    moved = CaseDocument.objects.get(document=papers[0])
    assert moved.case == other
    in_bulk(lead, [papers[0].pk], "set_document_type", document_type=catalogue["CT"].host_type_id)
    work()
    change = CaseChange.objects.get(subject_id=moved.pk, act=CaseChange.Act.CHANGED)
    assert (change.actor_id, change.case) == (lead.pk, other)
    # nobody is believed who cannot sign, and a signature serves one task
    give_code(papers[1])
    CaseFile.objects.filter(pk=secret.case.pk).update(archived_at=timezone.now())
    work()
    # archived while this waited: whoever gave the code is told
    assert case_code_on(papers[1]) is None
    note = Note.objects.get(document=papers[1]).note
    assert ("Chưa đưa vào vụ án nào" in note, secret.case.code in note) == (True, False)


def test_nobody_is_believed_who_cannot_sign(
    secret: Secret, work: Work, people: dict[str, User], catalogue: dict[str, CatalogueType]
) -> None:
    lead, chief = people["prosecutor_kv1"], people["chief_kv1"]
    filed = CaseDocument.objects.get(document=secret.report)
    # an honest one first, of another task
    signed = actor._signer("1" * 36).sign(str(chief.pk))
    for forged, kind in ((str(chief.pk), "BBHC"), (signed, "CT")):
        CaseChange.objects.all().delete()
        in_bulk(lead, [secret.report], "set_document_type", document_type=catalogue[kind].host_type_id)
        work(vks_actor=forged)
        told = CaseChange.objects.get(subject_id=filed.pk, act=CaseChange.Act.CHANGED)
        assert told.actor_id not in {lead.pk, chief.pk}
