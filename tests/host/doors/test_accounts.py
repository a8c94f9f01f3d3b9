"""Groups that follow appointments, and the accounts of people in them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.utils import timezone

from tests.host.doors.conftest import Secret, Visitor
from tests.people import PASSWORD
from vks_plugin.host import accounts
from vks_plugin.organization.actions import appoint, service_account_id
from vks_plugin.organization.models import Appointment, ProcuracyUnit

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
            # the host takes the spaces off
            ("post", "/api/groups/", {"name": "  vks:QN-KV9:prosecutor", "permissions": []}),
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


_PASSWORDS = {"usable_password": "true", "password1": "x9!Kq-another", "password2": "x9!Kq-another"}


def _form_of(visitor: Visitor, account: User, **changed: Any) -> dict[str, Any]:
    """Return the form of an account on the host's page of administration as a browser sends it, some of it changed."""
    form = visitor.get(f"/admin/auth/user/{account.pk}/change/").context["adminform"].form
    values: dict[str, Any] = {}
    for name, value in ({name: form[name].value() for name in form.fields} | changed).items():
        if isinstance(value, dt.datetime):
            local = timezone.localtime(value)
            values |= {f"{name}_0": f"{local:%Y-%m-%d}", f"{name}_1": f"{local:%H:%M:%S.%f}"}
        elif isinstance(value, list):
            values[name] = [getattr(each, "pk", each) for each in value]
        elif value not in (None, "", False):
            values[name] = value
    return values


@pytest.fixture
def staff(secret: Secret, as_person: SignIn, people: dict[str, User]) -> Visitor:
    """Return somebody of the office who may edit accounts, on the host's pages of administration too."""
    User.objects.filter(pk=people["admin_province"].pk).update(is_staff=True)
    return as_person("admin_province", *_POWERS)


def test_nobody_but_a_superuser_takes_over_a_superuser(
    staff: Visitor, as_person: SignIn, administrators: dict[str, Visitor]
) -> None:
    """A superuser is in no group of ours and has no post, and reads every case."""
    root = User.objects.create_superuser("goc", email="goc@example.org", password=PASSWORD)
    page = f"/admin/auth/user/{root.pk}/"

    def whole() -> Any:
        return User.objects.filter(pk=root.pk).values().get()

    before = whole()
    chosen = {"action": "delete_selected", "_selected_action": [str(root.pk)], "post": "yes"}
    refused: dict[str, Callable[[], Any]] = {
        "password": lambda: staff.post(f"{page}password/", _PASSWORDS),
        "hash": lambda: staff.post(f"{page}change/", _form_of(staff, root, password=make_password("x9!Kq-another"))),
        "address": lambda: staff.post(f"{page}change/", _form_of(staff, root, email="toi@example.org")),
        "user name": lambda: staff.post(f"{page}change/", _form_of(staff, root, username="khac")),
        "locked": lambda: staff.post(f"{page}change/", _form_of(staff, root, is_active=False)),
        "power": lambda: staff.post(f"{page}change/", _form_of(staff, root, is_superuser=False)),
        "deleted": lambda: staff.post(f"{page}delete/", {"post": "yes"}),
        "chosen": lambda: staff.post("/admin/auth/user/", chosen),
        "all": lambda: staff.post("/admin/auth/user/", chosen | {"select_across": "1"}),
        "all, said otherwise": lambda: staff.post(
            "/admin/auth/user/?is_superuser__exact=1", chosen | {"select_across": "2", "_selected_action": ["0"]}
        ),
        "the other button": lambda: staff.post("/admin/auth/user/", chosen | {"action": ["delete_selected", ""]}),
        "api password": lambda: staff.ask("patch", f"/api/users/{root.pk}/", {"password": "x9!Kq-another"}),
        "api locked": lambda: staff.ask("patch", f"/api/users/{root.pk}/", {"is_active": False}),
        "api deleted": lambda: staff.ask("delete", f"/api/users/{root.pk}/"),
    }
    for what, send in refused.items():
        answer = send()
        assert answer.status_code == 403, what
        said = answer.json()["detail"] if what.startswith("api") else answer.content.decode()
        assert "chỉ siêu quản trị đổi hoặc xóa" in said, what
        assert whole() == before, what
    assert root.password not in staff.get(f"{page}change/").content.decode()
    # superusers keep one another's accounts
    other = administrators["superuser"]
    changed = other.post(f"{page}change/", _form_of(other, root, email="moi@example.org", is_superuser=False))
    assert changed.status_code == 302, changed.context["adminform"].form.errors
    root.refresh_from_db()
    assert (root.email, root.is_superuser) == ("moi@example.org", False)
    assert other.post(f"{page}password/", _PASSWORDS).status_code == 302
    assert other.post(f"{page}delete/", {"post": "yes"}).status_code == 302
    assert not User.objects.filter(pk=root.pk).exists()


def test_nobody_but_a_superuser_makes_staff_or_superusers(
    staff: Visitor, people: dict[str, User], administrators: dict[str, Visitor]
) -> None:
    """The host's page keeps one of the two flags to superusers, the API both."""
    friend, own = User.objects.create_user("khach"), people["admin_province"]
    own.refresh_from_db()
    for account, change in (
        (friend, {"is_staff": True}),
        (friend, {"is_superuser": True}),
        (own, {"is_superuser": True}),
        (own, {"is_staff": False}),
    ):
        before = (account.is_staff, account.is_superuser)
        answer = staff.post(f"/admin/auth/user/{account.pk}/change/", _form_of(staff, account, **change))
        assert answer.status_code == 403, change
        assert "Cờ nhân viên" in answer.content.decode(), change
        assert staff.ask("patch", f"/api/users/{account.pk}/", change).status_code == 403, change
        account.refresh_from_db()
        assert (account.is_staff, account.is_superuser) == before, change
    # what is left as it is is no change
    for account in (friend, own):
        form = _form_of(staff, account, last_name="Phan Thị")
        answer = staff.post(f"/admin/auth/user/{account.pk}/change/", form)
        assert answer.status_code == 302, answer.context["adminform"].form.errors
        account.refresh_from_db()
        assert account.last_name == "Phan Thị"
    other = administrators["superuser"]
    assert (
        other.post(f"/admin/auth/user/{friend.pk}/change/", _form_of(other, friend, is_staff=True)).status_code == 302
    )
    friend.refresh_from_db()
    assert friend.is_staff


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", MULTIPART_CONTENT])
def test_a_form_that_says_nothing_of_a_box_takes_nothing_away(
    staff: Visitor, people: dict[str, User], administrators: dict[str, Visitor], kind: str
) -> None:
    """The host takes a box that a whole form does not have for one that is not ticked."""

    def put(visitor: Visitor, account: User, **said: Any) -> Any:
        form = {"username": account.username, **said}
        body = encode_multipart(BOUNDARY, form) if kind == MULTIPART_CONTENT else urlencode(form, doseq=True)
        return visitor.put(f"/api/users/{account.pk}/", body, content_type=kind)

    def as_it_is(account: User) -> tuple[Any, ...]:
        account.refresh_from_db()
        groups = tuple(account.groups.values_list("name", flat=True))
        return account.is_staff, account.is_superuser, account.is_active, groups

    helper, friend = User.objects.create_user("nhan_vien", is_staff=True), people["prosecutor_kv3"]
    for account, rule in ((helper, "Cờ nhân viên"), (friend, "theo bổ nhiệm")):
        before = as_it_is(account)
        answer = put(staff, account)
        assert (answer.status_code, rule in answer.json()["detail"]) == (403, True), answer.content
        assert as_it_is(account) == before
    groups = list(friend.groups.values_list("pk", flat=True))
    assert put(staff, friend, groups=groups, is_active="on", last_name="Phan Thị").status_code == 200
    friend.refresh_from_db()
    assert (friend.is_active, friend.last_name, groups) == (
        True,
        "Phan Thị",
        list(friend.groups.values_list("pk", flat=True)),
    )
    assert put(staff, helper, is_staff="yes", is_active="1", last_name="Hoàng").status_code == 200
    assert as_it_is(helper) == (True, False, True, ())
    # superusers give and take both
    assert put(administrators["superuser"], helper).status_code == 200
    assert as_it_is(helper) == (False, False, False, ())
    # and a new one is nobody's to make staff
    for flag in ("is_staff", "is_superuser"):
        answer = staff.post("/api/users/", {"username": "moi", flag: "on"})
        assert (answer.status_code, "Cờ nhân viên" in answer.json()["detail"]) == (403, True)
    assert staff.post("/api/users/", {"username": "moi"}).status_code == 201


@pytest.mark.parametrize("begins", [0, 1])
def test_nobody_takes_over_the_account_of_who_is_to_have_a_post(
    staff: Visitor, administrators: dict[str, Visitor], units: dict[str, ProcuracyUnit], begins: int
) -> None:
    """Before its first day nobody is in a group by it: a password set today would open the cases tomorrow."""
    today = timezone.localdate()
    guest = User.objects.create_user("sapden", email="den@example.org", password=PASSWORD)
    address, page = f"/api/users/{guest.pk}/", f"/admin/auth/user/{guest.pk}/"
    assert staff.ask("patch", address, {"username": "sap_den"}).status_code == 200
    guest.refresh_from_db()
    post = appoint(
        user=guest, unit=units["QN-KV1"], role="chief_procurator", starts_on=today + dt.timedelta(days=begins)
    )
    assert guest.groups.exists() == (begins == 0)
    before = (guest.username, guest.email, guest.password)
    for change in (
        {"password": make_password("x9!Kq-another")},
        {"email": "toi@example.org"},
        {"username": "toi"},
    ):
        answer = staff.ask("patch", address, {**change, "last_name": "Khác"})
        assert answer.status_code == 403, change
        assert "sắp giữ chức danh" in answer.json()["detail"], change
        answer = staff.post(f"{page}change/", _form_of(staff, guest, **change))
        assert answer.status_code == 403, change
    assert staff.post(f"{page}change/", _form_of(staff, guest, email="")).status_code == 403
    assert staff.post(f"{page}password/", _PASSWORDS).status_code == 403
    guest.refresh_from_db()
    assert (guest.username, guest.email, guest.password) == before
    # the rest of the account, and a superuser
    assert staff.ask("patch", address, {"username": guest.username, "last_name": "Phan Thị"}).status_code == 200
    assert administrators["superuser"].ask("patch", address, {"username": "den_roi"}).status_code == 200
    # the post is over
    Appointment.objects.filter(pk=post.pk).update(ended_at=timezone.now())
    guest.groups.clear()
    assert staff.ask("patch", address, {"password": "x9!Kq-another"}).status_code == 200


@pytest.mark.parametrize(
    "rows",
    [
        "account/emailaddress",
        "authtoken/tokenproxy",
        "mfa/authenticator",
        "socialaccount/socialaccount",
        "socialaccount/socialapp",
        "socialaccount/socialtoken",
    ],
)
def test_no_page_of_administration_gives_another_way_in(
    staff: Visitor, as_person: SignIn, people: dict[str, User], rows: str
) -> None:
    """Whatever permissions of the host somebody was given: ways to sign in as others are for superusers."""
    people["admin_province"].user_permissions.add(
        *Permission.objects.filter(content_type__app_label__in=["account", "authtoken", "mfa", "socialaccount"])
    )
    visitor = as_person("admin_province")
    chief = people["chief_kv1"].pk
    for page in ("", "add/", f"{chief}/change/", f"{chief}/delete/"):
        for answer in (visitor.get(f"/admin/{rows}/{page}"), visitor.post(f"/admin/{rows}/{page}", {"user": chief})):
            # what is not there, or has no such page for anybody, leads to another page
            assert answer.status_code in {302, 403, 404}, (page, answer.status_code)
            assert answer.status_code == 403 or page not in {"", "add/"}, page


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
