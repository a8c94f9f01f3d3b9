"""Groups that follow appointments, and the accounts of people in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from tests.host.doors.conftest import Secret, Visitor
from tests.people import PASSWORD
from vks_plugin.host import accounts
from vks_plugin.organization.actions import service_account_id

pytestmark = pytest.mark.django_db(transaction=True)

SignIn = Callable[..., Visitor]

_POWERS = (
    "view_user",
    "add_user",
    "change_user",
    "delete_user",
    "view_group",
    "add_group",
    "change_group",
    "delete_group",
)


@pytest.fixture
def administrators(secret: Secret, as_person: SignIn) -> dict[str, Visitor]:
    """Return who may edit accounts: somebody of the office, and a superuser."""
    return {
        "person": as_person("admin_province", *_POWERS),
        "superuser": as_person(User.objects.create_superuser("toan_quyen")),
    }


def told(account: User) -> tuple[Any, ...]:
    account.refresh_from_db()
    return (account.email, account.password, account.last_name, sorted(account.groups.values_list("name", flat=True)))


def test_nobody_is_put_into_a_group_of_an_office_or_taken_out(
    secret: Secret, administrators: dict[str, Visitor], as_person: SignIn, people: dict[str, User]
) -> None:
    """Whoever may edit accounts could make anybody, himself too, a leader of any office."""
    leaders = Group.objects.get(name="vks:QN-KV1:leaders")
    other = Group.objects.create(name="Tổ công tác")
    friend = people["prosecutor_kv3"]
    own = list(friend.groups.values_list("pk", flat=True))
    before = told(friend)
    for who, visitor in administrators.items():
        for groups in ([*own, leaders.pk, other.pk], [*own, f"+{leaders.pk}"], [other.pk], []):
            answer = visitor.ask("patch", f"/api/users/{friend.pk}/", {"groups": groups, "last_name": "Khác"})
            assert answer.status_code == 403, (who, groups)
            assert "bổ nhiệm" in answer.json()["detail"], (who, groups)
            assert told(friend) == before, (who, groups)
        new = {"username": f"moi_{who}", "password": PASSWORD, "groups": [leaders.pk], "user_permissions": []}
        assert visitor.ask("post", "/api/users/", new).status_code == 403, who
        assert not User.objects.filter(username=f"moi_{who}").exists(), who
        # other groups, and everything else about him
        answer = visitor.ask("patch", f"/api/users/{friend.pk}/", {"groups": [*own, other.pk], "last_name": "Phan Thị"})
        assert answer.status_code == 200, (who, answer.content)
        assert told(friend)[3] == sorted([*before[3], other.name]), who
        visitor.ask("patch", f"/api/users/{friend.pk}/", {"groups": own})
        new = {"username": f"moi_{who}", "password": PASSWORD, "groups": [other.pk], "user_permissions": []}
        assert visitor.ask("post", "/api/users/", new).status_code == 201, who
    assert as_person("prosecutor_kv3").found() == []
    assert as_person("chief_kv1").found() == secret.ids


def test_membership_written_past_every_door_is_put_right(
    secret: Secret, as_person: SignIn, people: dict[str, User]
) -> None:
    leaders = Group.objects.get(name="vks:QN-KV1:leaders")
    friend, chief = people["prosecutor_kv3"], people["chief_kv1"]
    leaders.user_set.add(friend)
    assert as_person("prosecutor_kv3").found() == []
    friend.groups.add(leaders)
    assert as_person("prosecutor_kv3").found() == []
    by_hand: tuple[Callable[[], Any], ...] = (
        lambda: chief.groups.remove(leaders),
        lambda: leaders.user_set.remove(chief),
        chief.groups.clear,
        leaders.user_set.clear,
    )
    for take_out in by_hand:
        take_out()
        # who was appointed stays
        assert as_person("chief_kv1").found() == secret.ids


def test_groups_that_follow_appointments_are_nobody_elses(
    secret: Secret, administrators: dict[str, Visitor], as_person: SignIn
) -> None:
    ours = Group.objects.get(name="vks:QN-KV1:prosecutor")
    other = Group.objects.create(name="Tổ công tác")
    permissions = sorted(ours.permissions.values_list("codename", flat=True))
    for who, visitor in administrators.items():
        requests: tuple[tuple[str, str, Any], ...] = (
            ("patch", f"/api/groups/{ours.pk}/", {"permissions": ["delete_document"]}),
            ("patch", f"/api/groups/{ours.pk}/", {"name": "Kiểm sát viên"}),
            ("delete", f"/api/groups/{ours.pk}/", None),
            ("patch", f"/api/groups/{other.pk}/", {"name": "vks:QN-KV9:prosecutor"}),
            ("post", "/api/groups/", {"name": "vks:QN-KV9:prosecutor", "permissions": []}),
        )
        for method, address, body in requests:
            answer = visitor.ask(method, address, body)
            assert answer.status_code == 403, (who, method, body)
            assert "vks:" in answer.json()["detail"], (who, method, body)
        assert visitor.ask("patch", f"/api/groups/{other.pk}/", {"permissions": []}).status_code == 200, who
    ours.refresh_from_db()
    assert (ours.name, sorted(ours.permissions.values_list("codename", flat=True))) == (
        "vks:QN-KV1:prosecutor",
        permissions,
    )
    assert not Group.objects.filter(name__startswith="vks:QN-KV9").exists()


def test_nobody_takes_over_the_account_of_somebody_with_a_post(
    secret: Secret, administrators: dict[str, Visitor], people: dict[str, User]
) -> None:
    victim = people["prosecutor_kv1"]
    before = told(victim)
    visitor = administrators["person"]
    for change in ({"password": "x9!Kq-another"}, {"email": "toi@example.org"}):
        answer = visitor.ask("patch", f"/api/users/{victim.pk}/", {**change, "last_name": "Khác"})
        assert answer.status_code == 403, change
        assert "siêu quản trị" in answer.json()["detail"], change
        assert told(victim) == before, change
    # as the host's dialogue sends an account back whose password nobody touched
    whole = visitor.get(f"/api/users/{victim.pk}/").json()
    answer = visitor.ask("patch", f"/api/users/{victim.pk}/", whole | {"is_active": False})
    assert answer.status_code == 200, answer.content
    assert told(victim) == before
    answer = administrators["superuser"].ask("patch", f"/api/users/{victim.pk}/", {"password": "x9!Kq-another"})
    assert answer.status_code == 200
    assert told(victim) != before
    # somebody without a post, and one's own
    guest = User.objects.create_user("khach")
    assert visitor.ask("patch", f"/api/users/{guest.pk}/", {"password": "x9!Kq-another"}).status_code == 200
    own = people["admin_province"]
    assert visitor.ask("patch", f"/api/users/{own.pk}/", {"email": "may@example.org"}).status_code == 200


def test_nobody_signs_in_as_the_account_that_owns_the_documents(
    secret: Secret, administrators: dict[str, Visitor]
) -> None:
    keeper = User.objects.get(pk=service_account_id())
    before = told(keeper)
    for who, visitor in administrators.items():
        for change in (
            {"password": "x9!Kq-another", "is_active": True},
            {"is_active": True},
            {"email": "a@example.org"},
        ):
            answer = visitor.ask("patch", f"/api/users/{keeper.pk}/", change)
            assert answer.status_code == 403, (who, change)
            assert told(keeper) == before, (who, change)
    assert not keeper.is_active
    answer = Client().post("/api/token/", {"username": keeper.username, "password": "x9!Kq-another"})
    assert answer.status_code == 400


def test_a_group_that_only_looks_like_ours_is_left_alone(administrators: dict[str, Visitor]) -> None:
    alike = Group.objects.create(name="Tổ vks:QN-KV1:prosecutor")
    assert not accounts.is_ours(alike.name)
    answer = administrators["superuser"].ask("patch", f"/api/groups/{alike.pk}/", {"name": "Tổ khác"})
    assert answer.status_code == 200
