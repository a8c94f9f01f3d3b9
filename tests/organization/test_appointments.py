"""Who holds which post, and what follows from it at once: groups of the host, and what can be read."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.contrib.auth.models import Group, Permission, User
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from tests.people import STARTED, FiledCase
from vks_plugin.access import actions as access
from vks_plugin.access.policy import Level
from vks_plugin.access.queries import case_decision, visible_cases
from vks_plugin.cases.models import CaseFile
from vks_plugin.errors import BadInput, Conflict, NotAllowed
from vks_plugin.host.permissions import may_view
from vks_plugin.organization import actions as organization
from vks_plugin.organization.models import Appointment, Department, ProcuracyUnit
from vks_plugin.organization.queries import colleagues, display_name, posts_in_force
from vks_plugin.organization.roles import HOST_PERMISSIONS, Role, group_name

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.django_db

TODAY = dt.date(2026, 5, 4)
ONE_DAY = dt.timedelta(days=1)


@pytest.fixture
def today() -> Iterator[dt.date]:
    """Let it be noon of 4 May 2026 in Hạ Long."""
    with time_machine.travel(dt.datetime(2026, 5, 4, 5, tzinfo=dt.UTC), tick=False):
        yield TODAY


def groups(user: User) -> set[str]:
    return set(User.objects.get(pk=user.pk).groups.values_list("name", flat=True))


# --- days ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("starts", "ends", "held"),
    [
        (-1, None, True),
        (0, None, True),
        (1, None, False),
        (-9, 0, True),
        (-9, -1, False),
        (0, 0, True),
        (-9, 9, True),
    ],
)
def test_the_first_and_the_last_day_both_count(
    starts: int, ends: int | None, held: bool, today: dt.date, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    organization.appoint(
        user=people["outsider"],
        unit=units["QN-KV1"],
        role="prosecutor",
        starts_on=today + starts * ONE_DAY,
        ends_on=None if ends is None else today + ends * ONE_DAY,
    )
    assert (posts_in_force(people["outsider"]) == [("prosecutor", units["QN-KV1"])]) is held
    assert groups(people["outsider"]) == ({"vks:QN-KV1:prosecutor"} if held else set())
    assert (people["outsider"] in colleagues(units["QN-KV1"])) is held


def test_a_post_begins_today_when_no_day_is_named(
    today: dt.date, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    post = organization.appoint(user=people["outsider"], unit=units["QN-KV1"], role="archivist")
    assert (post.starts_on, post.ends_on, post.ended_at) == (today, None, None)


def test_the_day_is_that_of_the_office_and_not_of_greenwich(
    people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    # half past one in the morning of 5 May in Hạ Long, still the fourth in Greenwich
    with time_machine.travel(dt.datetime(2026, 5, 4, 18, 30, tzinfo=dt.UTC), tick=False):
        post = organization.appoint(user=people["outsider"], unit=units["QN-KV1"], role="archivist")
        assert post.starts_on == dt.date(2026, 5, 5)
        assert groups(people["outsider"]) == {"vks:QN-KV1:archivist"}


# --- leaving ---------------------------------------------------------------------------------------------------------


def _reads(user: User, filed: FiledCase) -> tuple[bool, bool, int]:
    """Return whether somebody finds the case, may view its papers in the host, and what its page answers."""
    account = User.objects.get(pk=user.pk)
    client = Client()
    client.force_login(account)
    seen = may_view(account, filed.host_ids)
    assert len(seen) in {0, len(filed.host_ids)}
    return (
        visible_cases(account).filter(pk=filed.case.pk).exists(),
        bool(seen),
        client.get(f"/vks/cases/{filed.case.code}/").status_code,
    )


def test_who_leaves_a_post_loses_group_and_papers_in_the_same_moment(
    filed_case: FiledCase, people: dict[str, User]
) -> None:
    assert _reads(people["deputy_kv1"], filed_case) == (True, True, 200)
    assert groups(people["deputy_kv1"]) == {"vks:QN-KV1:leaders"}
    post = Appointment.objects.get(user=people["deputy_kv1"])
    organization.end_appointment(appointment=post)
    assert _reads(people["deputy_kv1"], filed_case) == (False, False, 404)
    assert groups(people["deputy_kv1"]) == set()
    post.refresh_from_db()
    # the past stays on record
    assert post.ended_at is not None
    assert case_decision(people["deputy_kv1"], filed_case.case).level == Level.NONE


def test_the_host_s_own_doors_close_with_the_post(filed_case: FiledCase, people: dict[str, User]) -> None:
    client = Client()
    client.force_login(people["deputy_kv1"])
    document = filed_case.documents[0].document_id
    doors = (
        f"/api/documents/{document}/",
        f"/api/documents/{document}/preview/",
        f"/api/documents/{document}/download/",
    )
    assert [client.get(door).status_code for door in doors] == [200, 200, 200]
    organization.end_appointment(appointment=Appointment.objects.get(user=people["deputy_kv1"]))
    assert all(client.get(door).status_code in {403, 404} for door in doors)
    listing = client.get("/api/documents/")
    assert listing.status_code == 403 or listing.json()["count"] == 0


def test_one_post_of_two_closes_only_what_it_opened(
    filed_case: FiledCase, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    user = people["chief_kv3"]
    second = organization.appoint(user=user, unit=units["QN-KV1"], role="deputy_chief_procurator")
    assert groups(user) == {"vks:QN-KV3:leaders", "vks:QN-KV1:leaders"}
    assert _reads(user, filed_case) == (True, True, 200)
    organization.end_appointment(appointment=second)
    assert groups(user) == {"vks:QN-KV3:leaders"}
    assert _reads(user, filed_case) == (False, False, 404)


def test_a_dated_end_closes_the_door_on_the_morning_after(filed_case: FiledCase, people: dict[str, User]) -> None:
    now = timezone.localtime().replace(hour=12)
    post = Appointment.objects.get(user=people["deputy_kv1"])
    organization.end_appointment(appointment=post, ends_on=now.date() + ONE_DAY)
    assert _reads(people["deputy_kv1"], filed_case) == (True, True, 200)
    with time_machine.travel(now + ONE_DAY):
        assert _reads(people["deputy_kv1"], filed_case) == (True, True, 200)
    with time_machine.travel(now + 2 * ONE_DAY):
        # the first request of the day, whoever makes it, ends what fell due
        Client().get("/vks/")
        assert _reads(people["deputy_kv1"], filed_case) == (False, False, 404)
        assert groups(people["deputy_kv1"]) == set()


def test_a_post_to_come_opens_nothing_before_its_day(
    filed_case: FiledCase, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    now = timezone.localtime().replace(hour=12)
    organization.appoint(
        user=people["outsider"], unit=units["QN-KV1"], role="deputy_chief_procurator", starts_on=now.date() + ONE_DAY
    )
    assert _reads(people["outsider"], filed_case) == (False, False, 404)
    with time_machine.travel(now + ONE_DAY):
        Client().get("/vks/")
        assert _reads(people["outsider"], filed_case) == (True, True, 200)


def test_a_post_ends_once(people: dict[str, User]) -> None:
    post = Appointment.objects.get(user=people["deputy_kv1"])
    organization.end_appointment(appointment=post)
    with pytest.raises(Conflict, match="đã chấm dứt"):
        organization.end_appointment(appointment=post)
    with pytest.raises(Conflict, match="đã chấm dứt"):
        organization.end_appointment(appointment=post, ends_on=timezone.localdate())


def test_an_end_before_the_beginning_is_refused(people: dict[str, User]) -> None:
    post = Appointment.objects.get(user=people["deputy_kv1"])
    with pytest.raises(BadInput) as refusal:
        organization.end_appointment(appointment=post, ends_on=STARTED - ONE_DAY)
    assert refusal.value.field == "ends_on"
    assert groups(people["deputy_kv1"]) == {"vks:QN-KV1:leaders"}


# --- refusals --------------------------------------------------------------------------------------------------------


def test_the_same_post_twice_is_refused_and_changes_nothing(
    people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    before = list(Appointment.objects.values_list())
    with pytest.raises(Conflict) as refusal:
        organization.appoint(
            user=people["deputy_kv1"], unit=units["QN-KV1"], role="deputy_chief_procurator", starts_on=STARTED
        )
    assert refusal.value.field == "role"
    assert list(Appointment.objects.values_list()) == before
    assert groups(people["deputy_kv1"]) == {"vks:QN-KV1:leaders"}
    # also when two clicks arrive at the same time
    with pytest.raises(IntegrityError), transaction.atomic():
        Appointment.objects.create(
            user=people["deputy_kv1"], unit=units["QN-KV1"], role="deputy_chief_procurator", starts_on=STARTED
        )


def test_who_left_can_be_appointed_again_on_the_same_day(
    people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    first = organization.appoint(user=people["outsider"], unit=units["QN-KV1"], role="prosecutor")
    organization.end_appointment(appointment=first)
    organization.appoint(user=people["outsider"], unit=units["QN-KV1"], role="prosecutor")
    assert Appointment.objects.filter(user=people["outsider"]).count() == 2
    assert groups(people["outsider"]) == {"vks:QN-KV1:prosecutor"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"role": "king"}, "role"),
        ({"role": ""}, "role"),
        ({"starts_on": TODAY, "ends_on": TODAY - ONE_DAY}, "ends_on"),
        ({"department": "elsewhere"}, "department"),
        ({"unit": "ended"}, "unit"),
    ],
)
def test_an_appointment_that_cannot_be_is_refused(
    change: dict[str, object], field: str, today: dt.date, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    ProcuracyUnit.objects.filter(code="QN-KV3").update(valid_to=TODAY - ONE_DAY)
    units["QN-KV3"].refresh_from_db()
    named = {
        "elsewhere": Department.objects.get(unit=units["QN"]),
        "ended": units["QN-KV3"],
    }
    values: dict[str, object] = {"user": people["outsider"], "unit": units["QN-KV1"], "role": "prosecutor"} | {
        key: named.get(str(value), value) for key, value in change.items()
    }
    before = Appointment.objects.count()
    with pytest.raises(BadInput) as refusal:
        organization.appoint(**values)  # type: ignore[arg-type]
    assert refusal.value.field == field
    assert Appointment.objects.count() == before
    assert groups(people["outsider"]) == set()


def test_the_database_refuses_days_out_of_order(people: dict[str, User], units: dict[str, ProcuracyUnit]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Appointment.objects.create(
            user=people["outsider"], unit=units["QN-KV1"], role="prosecutor", starts_on=TODAY, ends_on=TODAY - ONE_DAY
        )


@pytest.mark.parametrize(
    ("actor", "unit", "may"),
    [
        ("chief_kv1", "QN-KV1", True),
        ("chief_province", "QN-KV1", True),
        ("chief_province", "QN", True),
        ("admin_province", "QN-KV3", True),
        ("chief_kv1", "QN-KV3", False),
        ("chief_kv1", "QN", False),
        ("deputy_kv1", "QN-KV1", False),
        ("prosecutor_kv1", "QN-KV1", False),
        ("outsider", "QN-KV1", False),
    ],
)
def test_who_may_record_appointments(
    actor: str, unit: str, may: bool, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    newcomer = User.objects.create_user("newcomer")
    if may:
        post = access.record_appointment(actor=people[actor], unit=units[unit], user=newcomer, role="inspector")
        access.end_appointment(actor=people[actor], appointment=post)
        return
    with pytest.raises(NotAllowed):
        access.record_appointment(actor=people[actor], unit=units[unit], user=newcomer, role="inspector")
    other = Appointment.objects.filter(unit=units[unit]).exclude(user=people[actor]).first()
    assert other is not None
    with pytest.raises(NotAllowed):
        access.end_appointment(actor=people[actor], appointment=other)
    assert groups(newcomer) == set()


@pytest.mark.parametrize(
    ("actor", "unit"),
    [
        *((who, "QN-KV1") for who in ("deputy_kv1", "prosecutor_kv1", "clerk_kv1", "chief_kv3", "archivist_province")),
        # who may appoint others there
        ("admin_province", "QN-KV1"),
        ("admin_province", "QN"),
        ("chief_province", "QN-KV1"),
        ("chief_kv1", "QN-KV1"),
    ],
)
def test_nobody_makes_himself_a_leader(
    actor: str, unit: str, today: dt.date, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    himself, before = people[actor], groups(people[actor])
    for said in ({"role": "chief_procurator"}, {"role": "deputy_chief_procurator", "capacity": "acting"}):
        with pytest.raises(NotAllowed):
            access.record_appointment(actor=himself, unit=units[unit], user=himself, **said)
    with pytest.raises(NotAllowed):
        access.record_appointment(
            actor=himself, unit=units[unit], user=himself, role="prosecutor", capacity="deputising", ends_on=today
        )
    assert groups(himself) == before


def test_nobody_prolongs_a_post_of_his_own(
    today: dt.date, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    admin, chief, last = people["admin_province"], people["chief_province"], today + 9 * ONE_DAY
    post = access.record_appointment(
        actor=chief, unit=units["QN-KV1"], user=admin, role="chief_procurator", capacity="deputising", ends_on=last
    )
    with pytest.raises(NotAllowed, match="tự kéo dài"):
        access.end_appointment(actor=admin, appointment=post, ends_on=last + ONE_DAY)
    post.refresh_from_db()
    assert post.ends_on == last
    access.end_appointment(actor=chief, appointment=post, ends_on=last + ONE_DAY)
    post.refresh_from_db()
    access.end_appointment(actor=admin, appointment=post, ends_on=last)


def test_who_leads_until_a_day_assigns_himself_for_no_longer(
    today: dt.date, case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    deputy, last = people["other_prosecutor_kv1"], today + 9 * ONE_DAY
    organization.appoint(
        user=deputy, unit=units["QN-KV1"], role="chief_procurator", capacity="deputising", ends_on=last
    )
    for ends_on in (None, last + ONE_DAY):
        with pytest.raises(NotAllowed, match=f"{last:%d/%m/%Y}"):
            access.assign(actor=deputy, case=case, user=deputy, role="prosecutor", ends_on=ends_on)

    def goes_on(starts: int, ends: int) -> None:
        organization.appoint(
            user=deputy,
            unit=units["QN-KV1"],
            role="deputy_chief_procurator",
            capacity="acting",
            starts_on=last + starts * ONE_DAY,
            ends_on=last + ends * ONE_DAY,
        )

    # appointed again, but not from the day after: there is a day between on which the case would be kept
    goes_on(2, 9)
    with pytest.raises(NotAllowed, match=f"{last:%d/%m/%Y}"):
        access.assign(actor=deputy, case=case, user=deputy, role="prosecutor", ends_on=last + 5 * ONE_DAY)
    goes_on(1, 1)
    with pytest.raises(NotAllowed, match=f"{last + 9 * ONE_DAY:%d/%m/%Y}"):
        access.assign(actor=deputy, case=case, user=deputy, role="prosecutor")
    access.assign(actor=deputy, case=case, user=deputy, role="prosecutor", ends_on=last + 9 * ONE_DAY)
    # who leads for good works on a file himself
    access.assign(actor=people["chief_kv1"], case=case, user=people["chief_kv1"], role="prosecutor")


# --- groups ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", Role.values)
def test_a_role_s_group_carries_exactly_its_permissions_in_the_host(
    role: str, units: dict[str, ProcuracyUnit], host: str
) -> None:
    group = organization.ensure_group(units["QN-KV1"], role)
    known = set(Permission.objects.values_list("codename", flat=True))
    # the stand-in has neither saved views nor tasks; the product's host has everything named
    wanted = HOST_PERMISSIONS[Role(role)] if host == "paperless" else HOST_PERMISSIONS[Role(role)] & known
    shared = {
        "chief_procurator": "leaders",
        "deputy_chief_procurator": "leaders",
        "department_head": "department_leaders",
        "deputy_department_head": "department_leaders",
    }
    assert group.name == f"vks:QN-KV1:{shared.get(role, role)}" == group_name("QN-KV1", role)
    assert set(group.permissions.values_list("codename", flat=True)) == wanted
    assert {"view_document", "view_customfield"} <= wanted
    # nobody deletes evidence, administers people or sees others' settings through a post
    for codename in HOST_PERMISSIONS[Role(role)]:
        assert "delete_document" not in codename
        assert not codename.endswith(("_user", "_group", "_logentry", "_sharelink", "_workflow", "_mailaccount"))


def test_permissions_somebody_added_to_a_group_are_taken_back(units: dict[str, ProcuracyUnit]) -> None:
    group = organization.ensure_group(units["QN-KV1"], "prosecutor")
    before = set(group.permissions.values_list("codename", flat=True))
    group.permissions.add(Permission.objects.get(codename="delete_document"))
    group.permissions.remove(Permission.objects.get(codename="view_document"))
    organization.restore_permissions(group, "prosecutor")
    assert set(group.permissions.values_list("codename", flat=True)) == before
    assert "view_document" in before
    assert "delete_document" not in before


def _written_past_everything(user: User, group: Group) -> None:
    """Put somebody into a group as a script on the database would: no signal is sent."""
    User.groups.through.objects.create(user_id=user.pk, group_id=group.pk)


def test_membership_follows_appointments_and_nothing_else(
    people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    ours = organization.ensure_group(units["QN-KV1"], "chief_procurator")
    theirs = Group.objects.create(name="Nhóm của DMS")
    people["outsider"].groups.add(theirs)
    _written_past_everything(people["outsider"], ours)
    User.groups.through.objects.filter(user=people["prosecutor_kv1"]).delete()
    assert organization.synchronise_memberships() == 2
    # what is not ours stays
    assert groups(people["outsider"]) == {"Nhóm của DMS"}
    assert groups(people["prosecutor_kv1"]) == {"vks:QN-KV1:prosecutor"}
    assert organization.synchronise_memberships() == 0


def test_membership_of_one_person_leaves_the_others_alone(
    people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    ours = organization.ensure_group(units["QN-KV1"], "chief_procurator")
    _written_past_everything(people["outsider"], ours)
    organization.synchronise_memberships([people["prosecutor_kv1"].pk])
    assert groups(people["outsider"]) == {"vks:QN-KV1:leaders"}


def test_a_group_that_only_looks_like_ours_by_its_end_is_left_alone(people: dict[str, User]) -> None:
    other = Group.objects.create(name="avks:QN-KV1:prosecutor")
    people["outsider"].groups.add(other)
    organization.synchronise_memberships()
    assert groups(people["outsider"]) == {"avks:QN-KV1:prosecutor"}


def test_a_locked_account_is_nobody_s_colleague_and_reads_nothing(
    filed_case: FiledCase, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    assert people["locked"] not in colleagues(units["QN-KV1"])
    assert not visible_cases(people["locked"]).exists()
    assert case_decision(people["locked"], filed_case.case).level == Level.NONE


# --- names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("last", "first", "shown"),
    [("Đỗ Hữu", "Ước", "Đỗ Hữu Ước"), ("", "Ước", "Ước"), ("Đỗ", "", "Đỗ"), ("", "", "uoc.kv1")],
)
def test_a_name_is_written_family_name_first(last: str, first: str, shown: str) -> None:
    assert display_name(User(username="uoc.kv1", last_name=last, first_name=first)) == shown


def test_nobody_has_no_name() -> None:
    assert display_name(None) == ""


def test_the_account_that_owns_the_papers_is_nobody(filed_case: FiledCase) -> None:
    account, made = organization.ensure_service_account()
    assert not made
    assert not account.is_active
    assert not account.has_usable_password()
    assert (account.is_staff, account.is_superuser) == (False, False)
    assert groups(account) == set()
    with pytest.raises(Exception, match="protected"):
        account.delete()
