"""Accounts, groups and what is provisioned: changed behind our back, and put right as the sentence says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command
from django.utils import timezone
from documents.models import CustomField, Document, DocumentType, StoragePath

from tests.doctor.treatment import Ward, treats
from vks_plugin.cases.models import CaseFile, CatalogueType
from vks_plugin.host.provision import CASE_CODE_FIELD, STORAGE_PATH
from vks_plugin.organization.actions import SERVICE_ACCOUNT, ensure_group, service_account_id, suspend_dated_access
from vks_plugin.organization.models import Appointment, ProcuracyUnit, ServiceAccount
from vks_plugin.organization.roles import Role, group_name

Damage = Callable[[User], object]


def _flag(name: str) -> Damage:
    return lambda user: User.objects.filter(pk=user.pk).update(**{name: True})


def _password(user: User) -> None:
    user.set_password("known to somebody")
    user.save()


@treats("service-account")
@pytest.mark.parametrize(
    "damage",
    [
        lambda _user: ServiceAccount.objects.all().delete(),
        _flag("is_active"),
        _flag("is_staff"),
        _flag("is_superuser"),
        _password,
        lambda user: user.user_permissions.add(Permission.objects.get(codename="view_document")),
        lambda user: user.groups.add(Group.objects.create(name="clerks")),
    ],
    ids=["unprotected", "active", "staff", "superuser", "password", "permission", "group"],
)
def test_account_that_owns_everything(ward: Ward, provisioned: None, damage: Damage) -> None:
    ward.sound("service-account")
    damage(User.objects.get(username=SERVICE_ACCOUNT))
    ward.follow(ward.sick("service-account", "error"))
    ward.sound("service-account")


def test_account_that_was_never_made(ward: Ward) -> None:
    ward.follow(ward.sick("service-account", "error"))
    ward.sound("service-account")
    owner = User.objects.get(username=SERVICE_ACCOUNT)
    assert (owner.is_active, owner.has_usable_password()) == (False, False)


@treats("units")
def test_no_office_in_use(ward: Ward, units: dict[str, ProcuracyUnit]) -> None:
    ward.sound("units")
    ProcuracyUnit.objects.update(active_from=None)
    ward.follow(ward.sick("units", "warning"))
    ward.sound("units")
    assert list(ProcuracyUnit.objects.filter(active_from__isnull=False).values_list("code", flat=True)) == ["QN"]


@treats("groups")
@pytest.mark.parametrize("damage", ["gone", "less", "more", "foreign"])
def test_group_of_a_role(ward: Ward, people: dict[str, User], damage: str) -> None:
    call_command("vks_setup", verbosity=0)
    ward.sound("groups")
    group = Group.objects.get(name="vks:QN-KV1:prosecutor")
    if damage == "gone":
        group.delete()
    elif damage == "less":
        group.permissions.remove(Permission.objects.get(codename="add_document"))
    elif damage == "more":
        group.permissions.add(Permission.objects.get(codename="delete_document"))
    else:
        group.permissions.add(Permission.objects.get(codename="change_user"))
    result = ward.sick("groups", "error")
    assert "vks:QN-KV1:prosecutor" in result.sentence
    ward.follow(result)
    ward.sound("groups")


@treats("memberships")
@pytest.mark.parametrize("damage", ["intruder", "absent"])
def test_member_without_a_post_and_post_without_membership(ward: Ward, people: dict[str, User], damage: str) -> None:
    ward.sound("memberships")
    group = Group.objects.get(name="vks:QN-KV1:leaders")
    who = "outsider" if damage == "intruder" else "chief_kv1"
    # in bulk, as a script or another program does it: no signal tells the plugin
    through = User.groups.through.objects
    if damage == "intruder":
        through.bulk_create([User.groups.through(user_id=people[who].pk, group_id=group.pk)])
    else:
        through.filter(user_id=people[who].pk, group_id=group.pk).delete()
    result = ward.sick("memberships", "error")
    assert f"{who} → vks:QN-KV1:leaders" in result.sentence
    ward.follow(result)
    ward.sound("memberships")


@treats("dated-access")
def test_dated_access_left_suspended(ward: Ward, people: dict[str, User]) -> None:
    Appointment.objects.filter(user=people["clerk_kv1"]).update(ends_on=dt.date(2099, 12, 31))
    ward.sound("dated-access")
    suspend_dated_access()
    # what the suspension takes away is not missing while it holds
    ward.sick("memberships", "error")
    User.groups.through.objects.filter(user_id=people["clerk_kv1"].pk).delete()
    ward.sound("memberships")
    ward.settings.VKS_ENABLED = "false"
    ward.sound("dated-access")
    ward.settings.VKS_ENABLED = "true"
    ward.follow(ward.sick("dated-access", "warning"))
    ward.sound("dated-access")
    ward.sound("memberships")
    assert people["clerk_kv1"].groups.count() == 1


@treats("superusers")
def test_superuser_with_a_post_and_too_many_of_them(ward: Ward, people: dict[str, User]) -> None:
    User.objects.create_superuser("root", password="x")
    assert ward.sound("superusers").sentence == "1"
    User.objects.filter(pk=people["prosecutor_kv1"].pk).update(is_superuser=True)
    result = ward.sick("superusers", "warning")
    assert "prosecutor_kv1" in result.sentence
    ward.follow(result)
    ward.sound("superusers")
    User.objects.create_superuser("root2", password="x")
    ward.sound("superusers")
    User.objects.create_superuser("root3", password="x")
    ward.follow(ward.sick("superusers", "warning"))
    assert ward.sound("superusers").sentence == "2"


@treats("user-administrators")
@pytest.mark.parametrize("through", ["own", "group"])
def test_somebody_who_may_edit_users(ward: Ward, people: dict[str, User], through: str) -> None:
    ward.sound("user-administrators")
    may = Permission.objects.get(codename="change_user")
    kept = Permission.objects.get(codename="view_user")
    if through == "own":
        people["clerk_kv1"].user_permissions.add(may, kept)
    else:
        clerks = Group.objects.create(name="clerks")
        clerks.permissions.add(may, kept)
        people["clerk_kv1"].groups.add(clerks)
    result = ward.sick("user-administrators", "warning")
    assert "clerk_kv1" in result.sentence
    ward.follow(result)
    ward.sound("user-administrators")
    clerk = User.objects.get(pk=people["clerk_kv1"].pk)
    assert clerk.has_perm("auth.view_user")
    assert not clerk.has_perm("auth.change_user")


@treats("locked-holders")
def test_a_locked_account_that_still_holds_a_post(ward: Ward, case: CaseFile, people: dict[str, User]) -> None:
    # one of the people of the tests is locked from the beginning
    Appointment.objects.filter(user__is_active=False).update(ended_at=timezone.now())
    ward.sound("locked-holders")
    who = people["prosecutor_kv1"]
    Document.objects.create(title="Đơn", mime_type="application/pdf", checksum="w" * 64, owner=who)
    # it was there before there were cases, and stays his
    earlier = timezone.now() - dt.timedelta(days=9000)
    Document.objects.create(title="Cũ", mime_type="application/pdf", checksum="x" * 64, owner=who, added=earlier)
    User.objects.filter(pk=who.pk).update(is_active=False)
    result = ward.sick("locked-holders", "warning")
    assert "prosecutor_kv1 (QN-KV1)" in result.sentence
    assert "1 vụ án còn giao cho họ, 1 tài liệu" in result.sentence
    ward.follow(result)
    ward.sound("locked-holders")
    # the colleagues who keep the inbox have it
    assert Document.objects.get(title="Đơn").owner_id == service_account_id()
    assert Document.objects.get(title="Cũ").owner_id == who.pk


@treats("staff")
def test_staff_who_is_no_superuser(ward: Ward, people: dict[str, User]) -> None:
    User.objects.create_superuser("root", password="x")
    ward.sound("staff")
    User.objects.filter(pk=people["admin_province"].pk).update(is_staff=True)
    result = ward.sick("staff", "warning")
    assert "admin_province" in result.sentence
    ward.follow(result)
    ward.sound("staff")


@treats("case-code-field")
def test_field_of_the_case_code(ward: Ward, provisioned: None) -> None:
    ward.sound("case-code-field")
    CustomField.objects.filter(name=CASE_CODE_FIELD).delete()
    ward.follow(ward.sick("case-code-field", "error"))
    ward.sound("case-code-field")
    # a selection, whose options everybody may read
    options = {"select_options": [{"label": "HS-QN-2026-0001", "id": "a"}]}
    CustomField.objects.filter(name=CASE_CODE_FIELD).update(data_type="select", extra_data=options)
    ward.follow(ward.sick("case-code-field", "error"))
    ward.sound("case-code-field")
    assert CustomField.objects.filter(data_type="select").count() == 1


@treats("storage-path")
def test_storage_path_that_tells(ward: Ward, provisioned: None) -> None:
    ward.sound("storage-path")
    StoragePath.objects.filter(name=STORAGE_PATH).update(path="{{ correspondent }}/{{ title }}")
    ward.follow(ward.sick("storage-path", "error"))
    ward.sound("storage-path")
    StoragePath.objects.filter(name=STORAGE_PATH).update(matching_algorithm=StoragePath.MATCH_AUTO)
    ward.follow(ward.sick("storage-path", "error"))
    ward.sound("storage-path")
    StoragePath.objects.filter(name=STORAGE_PATH).delete()
    ward.follow(ward.sick("storage-path", "error"))
    ward.sound("storage-path")


@treats("document-types")
def test_document_type_deleted_in_the_host(ward: Ward, catalogue: dict[str, CatalogueType]) -> None:
    ward.sound("document-types")
    DocumentType.objects.get(pk=str(catalogue["CT"].host_type_id)).delete()
    result = ward.sick("document-types", "error")
    assert "CT" in result.sentence
    ward.follow(result)
    ward.sound("document-types")


def test_empty_catalogue(ward: Ward) -> None:
    ward.follow(ward.sick("document-types", "error"))
    ward.sound("document-types")


def test_every_role_is_looked_at(ward: Ward, units: dict[str, ProcuracyUnit]) -> None:
    for role in Role.values:
        ensure_group(units["QN"], role)
        ensure_group(units["QN-KV1"], role)
    result = ward.sick("groups", "error")
    assert f"{len({group_name('QN', role) for role in Role.values})} nhóm" in result.sentence
