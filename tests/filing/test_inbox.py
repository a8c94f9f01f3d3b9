"""Documents that come in without an owner: whose they become, who reads them meanwhile, and how they get into a case."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.db.models.signals import post_save
from django.test import Client
from django.utils import timezone
from documents.data_models import ConsumableDocument, DocumentMetadataOverrides, DocumentSource
from documents.models import CustomField, Tag
from documents.search import get_backend
from documents.signals import document_consumption_finished
from documents.tasks import consume_file
from guardian.shortcuts import assign_perm

from tests.people import pdf_bytes, waiting
from vks_plugin.access.actions import assign
from vks_plugin.access.models import GrantSweep
from vks_plugin.cases.models import CaseDocument, CaseFile, CatalogueType
from vks_plugin.errors import BadInput, NotAllowed
from vks_plugin.filing import inbox
from vks_plugin.filing.actions import file_existing
from vks_plugin.filing.tasks import take_unowned
from vks_plugin.host.models import CustomFieldInstance, Document, Note
from vks_plugin.host.permissions import Grant, grants_of, may_view
from vks_plugin.host.provision import case_code_field_id, storage_path_id
from vks_plugin.organization import actions as organization
from vks_plugin.organization.actions import service_account_id
from vks_plugin.organization.models import Appointment, ProcuracyUnit

pytestmark = pytest.mark.django_db(transaction=True)

STRANGERS = ("prosecutor_kv3", "clerk_kv3", "prosecutor_kv1", "outsider", "admin_province")
Consume = Callable[..., Document]


@pytest.fixture
def come_in(tmp_path: Path) -> Consume:
    """Return a function that takes a file in as the host's folder and its mail do: without an owner."""

    def consume(source: DocumentSource = DocumentSource.ConsumeFolder, name: str = "quet.pdf", **said: Any) -> Document:
        before = set(Document.objects.values_list("pk", flat=True))
        path = tmp_path / name
        path.write_bytes(pdf_bytes(1, "Bản quét không chủ"))
        consume_file.apply(
            kwargs={
                "input_doc": ConsumableDocument(source=source, original_file=path),
                "overrides": DocumentMetadataOverrides(**said),
            },
            headers={"trigger_source": "folder_consume" if source is DocumentSource.ConsumeFolder else "email_consume"},
            throw=True,
        )
        return Document.objects.exclude(pk__in=before).get()

    return consume


def reads(account: User, document: Document) -> tuple[bool, bool, bool]:
    """Tell whether somebody finds a document in the list, by a word of it, and as a completion."""
    client = Client()
    client.force_login(account)
    listed = client.get("/api/documents/", {"page_size": "100"})
    rows = listed.json()["results"] if listed.status_code == 200 else []
    found = client.get("/api/documents/", {"text": "khong chu"})
    hits = found.json()["results"] if found.status_code == 200 else []
    completed = client.get("/api/search/autocomplete/", {"term": "quet"})
    words = completed.json() if completed.status_code == 200 else []
    return (
        document.pk in [row["id"] for row in rows],
        document.pk in [row["id"] for row in hits],
        "quet" in words,
    )


@pytest.fixture
def one_office(settings: Any) -> None:
    settings.VKS_INBOX_UNIT = "QN-KV1"


@pytest.mark.parametrize("mark", ["path", "type", "tag", "nothing", "nothing, by mail"])
def test_what_is_ours_is_never_everybodys(
    mark: str,
    one_office: None,
    come_in: Consume,
    people: dict[str, User],
    catalogue: dict[str, CatalogueType],
    settings: Any,
) -> None:
    settings.VKS_INBOX_TAG = "Hồ sơ vụ án"
    if not mark.startswith("nothing"):
        settings.VKS_TAKE_EVERY_UNOWNED = False
    marks: dict[str, dict[str, Any]] = {
        "path": {"storage_path_id": storage_path_id()},
        "type": {"document_type_id": catalogue["BBHC"].host_type_id},
        "tag": {"tag_ids": [Tag.objects.create(name="Hồ sơ vụ án").pk]},
        "nothing": {},
        "nothing, by mail": {"source": DocumentSource.MailFetch},
    }
    indexed = []

    def look(sender: object, *, document: Document, **_extra: object) -> None:
        # the host has written its index by now, and its transaction is still open
        indexed.extend(get_backend().autocomplete("quet", 5, people["prosecutor_kv3"]))
        if Document.objects.get(pk=document.pk).owner is None:
            indexed.append("everybody's")

    document_consumption_finished.connect(look)
    try:
        document = come_in(**marks[mark])
    finally:
        document_consumption_finished.disconnect(look)
    assert indexed == []
    assert document.owner_id == service_account_id()
    clerks = [Group.objects.get(name=f"vks:QN-KV1:{role}").pk for role in ("records_clerk", "scan_operator")]
    assert grants_of([document.pk])[document.pk] == {
        Grant("group", pk, action) for pk in clerks for action in ("view", "change")
    }
    assert {who: reads(people[who], document) for who in STRANGERS} == dict.fromkeys(STRANGERS, (False,) * 3)
    assert reads(people["clerk_kv1"], document) == (True, True, True)
    assert reads(people["scanner_kv1"], document)[0]


def test_what_calls_itself_a_state_secret_is_the_keepers_alone_and_found_by_no_word_of_it(
    one_office: None, come_in: Consume, people: dict[str, User], catalogue: dict[str, CatalogueType], case: CaseFile
) -> None:
    ours, shown = people["prosecutor_kv1"], people["chief_kv1"]
    said: dict[str, Any] = {"owner_id": ours.pk, "view_users": [shown.pk]}
    # a letter to somebody who shows his to others is both of theirs
    other = come_in(DocumentSource.MailFetch, name="thu.pdf", **said)
    assert (reads(ours, other)[:2], reads(shown, other)[:2]) == ((True, True),) * 2
    Document.objects.filter(pk=other.pk).delete()
    secret = come_in(DocumentSource.MailFetch, name="quet_TỐI_MẬT.pdf", **said)
    for who in (*STRANGERS, "chief_kv1"):
        assert reads(people[who], secret) == (False, False, False), who
    assert reads(people["clerk_kv1"], secret)[:2] == (True, False)
    assert (secret.owner_id, secret.content) == (service_account_id(), "")
    assert "thẻ chỉ dẫn" in Note.objects.get(document=secret).note
    # a keeper who files it by another title files what the file is called
    keeper = people["scanner_kv1"]
    assign(actor=shown, case=case, user=keeper, role="scan_operator")
    with pytest.raises(BadInput, match="thẻ chỉ dẫn") as refusal:
        file_existing(actor=keeper, case=case, document=secret, title="Báo cáo")
    # the title of it is none: what is said to help is what does
    assert "tên tệp “quet_TỐI_MẬT.pdf”" in refusal.value.message
    assert "tải lên lại với tên tệp khác" in refusal.value.message
    Document.objects.filter(pk=secret.pk).delete()
    again = come_in(name="bao_cao.pdf", title="Báo cáo TỐI MẬT")
    with pytest.raises(BadInput, match="sửa tiêu đề trong DMS"):
        file_existing(actor=keeper, case=case, document=again, title="Báo cáo")
    Document.objects.filter(pk=again.pk).update(title="Báo cáo")
    again.refresh_from_db()
    assert file_existing(actor=keeper, case=case, document=again).title == "Báo cáo"


def test_where_others_use_the_host_their_papers_stay_as_it_has_them(
    one_office: None, come_in: Consume, people: dict[str, User], catalogue: dict[str, CatalogueType], settings: Any
) -> None:
    settings.VKS_TAKE_EVERY_UNOWNED = False
    document = come_in()
    take_unowned()
    document.refresh_from_db()
    assert document.owner is None
    assert reads(people["prosecutor_kv3"], document) == (True, True, True)


def test_what_was_there_before_stays_as_it_was(
    one_office: None, people: dict[str, User], catalogue: dict[str, CatalogueType]
) -> None:
    old = Document.objects.create(
        title="Văn bản cũ",
        mime_type="application/pdf",
        checksum="0" * 64,
        document_type_id=catalogue["BBHC"].host_type_id,
        added="2020-01-01T00:00:00Z",
    )
    assert inbox.take_unowned() == 0
    old.save()
    old.refresh_from_db()
    assert old.owner is None


@pytest.mark.parametrize("door", ["one", "several"])
def test_who_takes_the_owner_off_shows_it_to_nobody_for_a_moment(
    door: str, host: str, one_office: None, come_in: Consume, people: dict[str, User], provisioned: None, settings: Any
) -> None:
    """The host would have it everybody's at once; several at a time until its worker tells of it."""
    if host == "lite":
        pytest.skip("no door of the stand-in changes an owner")
    owner = people["prosecutor_kv1"]
    document = come_in(owner_id=owner.pk)
    old = Document.objects.create(title="Cũ", mime_type="application/pdf", checksum="0" * 64, owner=owner)
    Document.objects.filter(pk=old.pk).update(added="2020-01-01T00:00:00Z")
    between = []

    def look(sender: object, *, instance: Document, **_signal: object) -> None:
        if instance.pk == document.pk:
            between.append(any(reads(people["prosecutor_kv3"], document)))

    client = Client()
    client.force_login(owner)
    # no worker comes by
    settings.CELERY_TASK_ALWAYS_EAGER = False
    post_save.connect(look, sender=Document)
    try:
        if door == "one":
            answer = client.patch(
                f"/api/documents/{document.pk}/", json.dumps({"owner": None}), content_type="application/json"
            )
        else:
            nobody: dict[str, list[int]] = {"users": [], "groups": []}
            asked = {
                "documents": [old.pk, document.pk],
                "method": "set_permissions",
                "parameters": {"owner": None, "set_permissions": {"view": nobody, "change": nobody}},
            }
            answer = client.post("/api/documents/bulk_edit/", json.dumps(asked), content_type="application/json")
    finally:
        post_save.disconnect(look, sender=Document)
    assert answer.status_code == 200, answer.content
    assert not any(between)
    assert between or door == "several"
    document.refresh_from_db()
    old.refresh_from_db()
    assert document.owner_id == service_account_id()
    assert {who: reads(people[who], document) for who in STRANGERS} == dict.fromkeys(STRANGERS, (False,) * 3)
    assert reads(people["clerk_kv1"], document)[0]
    # what was there before the system is its people's to show
    assert (old.owner_id is None) == (door == "several")


def test_which_office(units: dict[str, ProcuracyUnit], settings: Any) -> None:
    """Several use the system: none is guessed. With one, it is that one's."""
    assert inbox.inbox_unit() is None
    ProcuracyUnit.objects.exclude(code="QN-KV3").update(active_from=None)
    found = inbox.inbox_unit()
    assert found is not None
    assert found.code == "QN-KV3"
    settings.VKS_INBOX_UNIT = "QN-KV1"
    found = inbox.inbox_unit()
    assert found is not None
    assert found.code == "QN-KV1"
    settings.VKS_INBOX_UNIT = "QN-KV9"
    assert inbox.inbox_unit() is None


def test_without_an_office_nobody_reads_it_until_one_is_named(
    come_in: Consume, people: dict[str, User], provisioned: None, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    document = come_in()
    assert document.owner_id == service_account_id()
    assert grants_of([document.pk]) == {}
    call_command("vks_setup")
    assert "VKS_INBOX_UNIT" in capsys.readouterr().out
    assert not reads(people["clerk_kv1"], document)[0]
    settings.VKS_INBOX_UNIT = "QN-KV1"
    take_unowned()
    call_command("vks_setup")
    assert "VKS_INBOX_UNIT" not in capsys.readouterr().out
    assert reads(people["clerk_kv1"], document)[0]
    assert not reads(people["clerk_kv3"], document)[0]
    assert inbox.hand_to_keepers() == 0


def test_a_part_of_what_was_handed_in_to_a_case_is_read_by_the_inbox_alone(
    one_office: None, come_in: Consume, case: CaseFile, people: dict[str, User], catalogue: dict[str, CatalogueType]
) -> None:
    """It carries the readers its case had on the day it was handed in, and no case that takes them away again."""
    reader = people["prosecutor_kv3"]
    item = waiting(actor=people["chief_kv1"], case=case, document_type=catalogue["BBHC"], first=1, last=1)
    said = {"owner_id": service_account_id(), "view_users": [reader.pk], "change_users": [reader.pk]}
    other, part = come_in(filename="quet.pdf", **said), come_in(filename=f"{item.pk}.pdf", **said)
    asked = Client()
    asked.force_login(reader)
    # as the host would leave it, and as it is left
    assert asked.get(f"/api/documents/{other.pk}/").status_code == 200
    assert asked.get(f"/api/documents/{part.pk}/").status_code == 404
    assert (part.owner_id, reads(people["clerk_kv1"], part)[:2]) == (service_account_id(), (True, True))


def test_a_clerk_files_it(
    one_office: None, come_in: Consume, case: CaseFile, people: dict[str, User], catalogue: dict[str, CatalogueType]
) -> None:
    by_field, by_panel = (come_in(storage_path_id=storage_path_id()) for _number in range(2))
    assign(actor=people["chief_kv1"], case=case, user=people["scanner_kv1"], role="scan_operator")
    client = Client()
    client.force_login(people["scanner_kv1"])
    code = [{"field": case_code_field_id(), "value": case.code}]
    answer = client.patch(
        f"/api/documents/{by_field.pk}/", json.dumps({"custom_fields": code}), content_type="application/json"
    )
    assert answer.status_code == 200, answer.content
    with pytest.raises(NotAllowed):
        file_existing(actor=people["prosecutor_kv1"], case=case, document=by_panel)
    file_existing(actor=people["scanner_kv1"], case=case, document=by_panel)
    assert set(CaseDocument.objects.values_list("document_id", "filed_by__username")) == {
        (by_field.pk, "scanner_kv1"),
        (by_panel.pk, "scanner_kv1"),
    }
    # from now on it is the case's: the clerk knows of it by his post, no longer by the inbox
    assert reads(people["prosecutor_kv1"], by_panel)[0]


@pytest.mark.parametrize("how", ["account", "several accounts"])
def test_what_a_deleted_account_leaves_behind(
    how: str, one_office: None, come_in: Consume, people: dict[str, User], provisioned: None, settings: Any
) -> None:
    """The host empties the owner, and what nobody owns is everybody's."""
    settings.VKS_TAKE_EVERY_UNOWNED = False
    guest = User.objects.create_user("khach")
    ours = come_in(owner_id=guest.pk, storage_path_id=storage_path_id())
    other = come_in(owner_id=guest.pk)
    assert ours.owner == guest
    if how == "account":
        guest.delete()
    else:
        User.objects.filter(username="khach").delete()
    ours.refresh_from_db()
    other.refresh_from_db()
    assert (ours.owner_id, other.owner_id) == (service_account_id(), None)
    assert {who: reads(people[who], ours)[0] for who in STRANGERS} == dict.fromkeys(STRANGERS, False)
    assert reads(people["clerk_kv1"], ours)[0]


def test_who_leaves_an_office_leaves_there_what_he_had_not_filed(
    people: dict[str, User], units: dict[str, ProcuracyUnit], catalogue: dict[str, CatalogueType]
) -> None:
    leaver, friend = people["prosecutor_kv1"], people["other_prosecutor_kv1"]
    today, post = timezone.localdate(), Appointment.objects.get(user=people["prosecutor_kv1"])

    def put_in(title: str, days_ago: int) -> Document:
        made = Document.objects.create(title=title, checksum=title[-1] * 64, mime_type="application/pdf", owner=leaver)
        Document.objects.filter(pk=made.pk).update(added=timezone.now() - dt.timedelta(days=days_ago))
        assign_perm("view_document", friend, made)
        return made

    # from before he had any post, and of a day on which he had one in another office as well
    Appointment.objects.filter(pk=post.pk).update(starts_on=today - dt.timedelta(days=20))
    CustomField.objects.update(created=timezone.now() - dt.timedelta(days=90))
    older, before, since = put_in("Giấy 1", 40), put_in("Giấy 2", 9), put_in("Giấy 3", 2)
    organization.appoint(user=leaver, unit=units["QN-KV3"], role="prosecutor", starts_on=today - dt.timedelta(days=5))
    owners = Document.objects.order_by("pk").values_list("owner_id", flat=True)
    assert set(owners.all()) == {leaver.pk}
    organization.end_appointment(appointment=post)
    assert list(owners.all()) == [leaver.pk, service_account_id(), leaver.pk]
    clerk = Group.objects.get(name="vks:QN-KV1:records_clerk").pk
    found = grants_of([before.pk])[before.pk]
    assert {Grant("group", clerk, "view"), Grant("user", friend.pk, "view")} <= found
    assert [before.pk in may_view(people[who], [before.pk]) for who in ("clerk_kv1", "clerk_kv3")] == [True, False]
    assert may_view(leaver, [older.pk, before.pk, since.pk]) == {older.pk, since.pk}
    # the last day of the other post goes by
    Appointment.objects.filter(user=leaver, ended_at=None).update(ends_on=today - dt.timedelta(days=1))
    GrantSweep.objects.update(swept_on=today - dt.timedelta(days=1))
    Client().get("/api/vks/")
    assert list(owners.all()) == [leaver.pk, service_account_id(), service_account_id()]
    assert since.pk in may_view(people["clerk_kv3"], [since.pk])
    assert since.pk not in may_view(people["clerk_kv1"], [since.pk])


def test_the_sweep(
    one_office: None, come_in: Consume, case: CaseFile, people: dict[str, User], catalogue: dict[str, CatalogueType]
) -> None:
    """What lost its owner past every door, as by the host's bulk edit, which sends no signal."""
    document = come_in(storage_path_id=storage_path_id())
    coded = come_in(owner_id=people["prosecutor_kv1"].pk)
    CustomFieldInstance.objects.create(document=coded, field_id=case_code_field_id(), value_text="HS-QN-KV9-2026-0001")
    Document.objects.update(owner=None)
    get_backend().add_or_update(Document.objects.get(pk=document.pk))
    assert reads(people["prosecutor_kv3"], document) == (True, True, True)
    assert inbox.unowned_in_reach() == [document.pk, coded.pk]
    take_unowned()
    assert inbox.unowned_in_reach() == []
    assert not Document.objects.exclude(owner_id=service_account_id()).exists()
    assert reads(people["prosecutor_kv3"], document) == (False, False, False)
    assert inbox.take_unowned() == 0
