"""Appointments, and the host groups that follow them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from django.contrib.auth.models import Group, User
from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.acts import tell
from vks_plugin.errors import BadInput, Conflict
from vks_plugin.host.permissions import document_permissions
from vks_plugin.organization.models import Appointment, DatedAccessSuspension, Department, ProcuracyUnit, ServiceAccount
from vks_plugin.organization.queries import dated_access_suspended, display_name
from vks_plugin.organization.roles import CIRCLES, GROUP_PREFIX, HOST_PERMISSIONS, OF_A_DEPARTMENT, Role, group_name

SERVICE_ACCOUNT = "vks-records"
"""User name of the account that owns every case document; nobody signs in as it."""


def ensure_service_account() -> tuple[User, bool]:
    """Return the account that owns case documents, and whether it was made just now.

    It is inactive and has no usable password; a foreign key of ours keeps it from being deleted.
    """
    user, made = User.objects.get_or_create(username=SERVICE_ACCOUNT, defaults={"is_active": False})
    # also on an account that was there before or was changed since: it owns every document
    if made or user.is_active or user.is_staff or user.is_superuser or user.has_usable_password():
        user.is_active = user.is_staff = user.is_superuser = False
        user.set_unusable_password()
        user.save(update_fields=["is_active", "is_staff", "is_superuser", "password"])
    user.groups.clear()
    user.user_permissions.clear()
    ServiceAccount.objects.get_or_create(user=user)
    return user, made


def service_account_id() -> int:
    """Return the id of the account that owns case documents, making the account on first need."""
    found = ServiceAccount.objects.values_list("user_id", flat=True).first()
    return found if found is not None else ensure_service_account()[0].pk


def ensure_group(unit: ProcuracyUnit, role: str, department: str = "") -> Group:
    """Return the host group for a role in a unit (or in a department of it), with the role's permissions in the host."""
    group, made = Group.objects.get_or_create(name=group_name(unit.code, role, department))
    if made:
        restore_permissions(group, role)
    return group


def restore_permissions(group: Group, role: str) -> None:
    """Give the group exactly the permissions of its role; an update of the plugin may have changed them."""
    group.permissions.set(document_permissions(HOST_PERMISSIONS[Role(role)]))


def restore_every_group() -> None:
    """Give each of our groups the permissions of its role: something took away what all groups may do."""
    roles = {CIRCLES.get(role, role): role for role in Role.values}
    for group in Group.objects.filter(name__startswith=GROUP_PREFIX):
        role = roles.get(group.name.rpartition(":")[2])
        if role is not None:
            restore_permissions(group, role)


@transaction.atomic
def appoint(
    *,
    user: User,
    unit: ProcuracyUnit,
    role: str,
    department: Department | None = None,
    capacity: str = Appointment.Capacity.REGULAR,
    starts_on: dt.date | None = None,
    ends_on: dt.date | None = None,
    actor: User | None = None,
) -> Appointment:
    """Appoint a person to a role in a unit; access follows at once when the day has come.

    Args:
        user: who gets the post.
        unit: the office.
        role: of `Role`.
        department: of the office, for roles that head one.
        capacity: how the post is held.
        starts_on: today when None.
        ends_on: its last day.
        actor: who recorded it; None when the system is set up.

    Raises:
        BadInput: unknown role, dates out of order or outside the unit's own, department of another unit or none for
            who heads one, days on which it does not exist, or somebody deputises without a last day.
        Conflict: the person already holds that role there from that day, or the office ended meanwhile.
    """
    starts_on = starts_on or timezone.localdate()
    if role not in Role.values:
        raise BadInput(_("Chức danh không có trong danh mục."), field="role")
    if capacity not in Appointment.Capacity.values:
        raise BadInput(_("Tư cách giữ chức danh không có trong danh mục."), field="capacity")
    if capacity == Appointment.Capacity.DEPUTISING and ends_on is None:
        raise BadInput(_("Ủy quyền khi vắng mặt phải có ngày kết thúc."), field="ends_on")
    if ends_on is not None and ends_on < starts_on:
        raise BadInput(_("Ngày kết thúc phải từ ngày bắt đầu trở đi."), field="ends_on")
    if unit.valid_to is not None and starts_on > unit.valid_to:
        raise BadInput(
            _("%(unit)s chỉ tồn tại đến %(day)s: hãy chọn đơn vị kế thừa.")
            % {"unit": unit.name, "day": f"{unit.valid_to:%d/%m/%Y}"},
            field="unit",
        )
    if department is None and role in OF_A_DEPARTMENT:
        # without one the post would open nothing
        raise BadInput(_("Hãy chọn phòng mà người này lãnh đạo."), field="department")
    if department is not None and department.unit_id != unit.pk:
        raise BadInput(_("Phòng này thuộc đơn vị khác."), field="department")
    try:
        with transaction.atomic():
            appointment = Appointment.objects.create(
                user=user,
                unit=unit,
                role=role,
                department=department,
                capacity=capacity,
                starts_on=starts_on,
                ends_on=ends_on,
            )
    except IntegrityError as error:
        raise Conflict(_("Người này đã giữ chức danh đó ở đơn vị từ ngày ấy."), field="role") from error
    # posts and cases before the office, and that before the ledger, as every act has it
    synchronise_memberships([user.pk])
    refuse_ended_meanwhile(unit)
    if department is not None:
        refuse_outside(department, starts_on, ends_on)
    appointment.warnings = _beside_another_head(appointment)
    tell(
        "appointed",
        actor=actor,
        case=None,
        unit=unit.code,
        department=department.code if department is not None else None,
        capacity=capacity,
        starts_on=starts_on,
        **_told_of(appointment),
    )
    return appointment


def _beside_another_head(post: Appointment) -> tuple[str, ...]:
    """Return a sentence where somebody else already heads the same office or department as its regular head in these days."""
    regular = Appointment.Capacity.REGULAR
    if post.role not in {Role.CHIEF_PROCURATOR, Role.DEPARTMENT_HEAD} or post.capacity != regular:
        return ()
    others = Appointment.objects.filter(
        unit=post.unit, department=post.department, role=post.role, capacity=regular, ended_at__isnull=True
    ).filter(Q(ends_on__isnull=True) | Q(ends_on__gte=post.starts_on))
    if post.ends_on is not None:
        others = others.filter(starts_on__lte=post.ends_on)
    others = others.filter(user__is_active=True).exclude(user=post.user_id).select_related("user")
    names = [display_name(each.user) for each in others.order_by("starts_on", "pk")]
    if not names:
        return ()
    return (
        _(
            "Chức danh %(role)s – chính thức ở %(place)s đang có người giữ: %(people)s. Nếu người ấy thôi giữ thì chấm dứt bổ "
            "nhiệm của người ấy."
        )
        % {
            "role": post.get_role_display(),
            "place": post.department.name if post.department is not None else post.unit.short_name,
            "people": ", ".join(names),
        },
    )


def keep_as_it_is(row: ProcuracyUnit | Department) -> None:
    """Let nobody end or change an office or a department until the transaction ends; who is at it is waited for.

    Foreign keys are deferred, so without this what is written of it waits for nobody before the commit, when it is too
    late to look. After the cases an act holds, and before it tells the ledger: who changes an office holds it in that order.
    """
    # on SQLite one transaction writes at a time
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            table = connection.ops.quote_name(row._meta.db_table)
            # a take-over, which holds its offices without their keys, is not held up
            cursor.execute(f"SELECT 1 FROM {table} WHERE id = %s FOR KEY SHARE", [row.pk])  # noqa: S608 - a table of our own


def refuse_ended_meanwhile(unit: ProcuracyUnit) -> None:
    """Refuse what was just written of an office that somebody ended at the same moment; nobody does from now on.

    Raises:
        Conflict: it has ended since it was read.
    """
    keep_as_it_is(unit)
    if ProcuracyUnit.objects.values_list("valid_to", flat=True).get(pk=unit.pk) != unit.valid_to:
        raise Conflict(
            _("%(unit)s vừa kết thúc: hãy tải lại trang rồi chọn đơn vị khác.") % {"unit": unit.name}, field="unit"
        )


def refuse_outside(department: Department, first: dt.date, last: dt.date | None) -> None:
    """Refuse what was just written of a department for days on which it does not exist; it is kept, as above.

    Args:
        department: the department.
        first: from this day on.
        last: to this one; None: for good.

    Raises:
        BadInput: it begins later, or ends before.
    """
    keep_as_it_is(department)
    present = Department.objects.get(pk=department.pk)
    if present.valid_to is not None and (last is None or last > present.valid_to):
        raise BadInput(
            _("Phòng %(code)s chỉ có đến hết ngày %(day)s: hãy chọn phòng khác.")
            % {"code": present.code, "day": f"{present.valid_to:%d/%m/%Y}"},
            field="department",
        )
    if present.valid_from is not None and first < present.valid_from:
        raise BadInput(
            _("Phòng %(code)s có từ ngày %(day)s: hãy chọn phòng khác hoặc đợi đến ngày đó.")
            % {"code": present.code, "day": f"{present.valid_from:%d/%m/%Y}"},
            field="department",
        )


def _told_of(post: Appointment) -> dict[str, Any]:
    """Return what the ledger is told of a post, whether it begins or ends."""
    return {
        "appointment": post.pk,
        "person_id": post.user_id,
        "person": display_name(post.user),
        "role": post.role,
        "ends_on": post.ends_on,
    }


@transaction.atomic
def end_appointment(*, appointment: Appointment, ends_on: dt.date | None = None, actor: User | None = None) -> None:
    """End a post: on a later day, or at this moment when no day is given.

    Raises:
        BadInput: the day lies before the post began.
        Conflict: somebody ended it already.
    """
    # two posts that end at once may give the same group: the one looks once the other is done
    hold_posts([appointment.user_id])
    if ends_on is not None:
        if ends_on < appointment.starts_on:
            raise BadInput(_("Ngày kết thúc phải từ ngày bắt đầu trở đi."), field="ends_on")
        changed = Appointment.objects.filter(pk=appointment.pk, ended_at__isnull=True).update(ends_on=ends_on)
    else:
        changed = Appointment.objects.filter(pk=appointment.pk, ended_at__isnull=True).update(ended_at=timezone.now())
    if changed != 1:
        raise Conflict(_("Bổ nhiệm này đã chấm dứt trước đó."))
    synchronise_memberships([appointment.user_id])
    last = ends_on if ends_on is not None else timezone.localdate()
    values = _told_of(appointment) | {"unit": appointment.unit.code, "ends_on": last}
    tell("appointment_ended", actor=actor, case=None, **values)


def hold_posts(user_ids: Collection[int]) -> None:
    """Hold the posts of people until the transaction ends: what is opened by one, and what ends it, wait for each other.

    Before any case is held, since who ends a post holds it first and then the cases that hung on it.
    """
    open_ones = Appointment.objects.filter(user_id__in=user_ids, ended_at__isnull=True).order_by("pk")
    list(open_ones.select_for_update(no_key=True).values_list("pk"))


@transaction.atomic
def synchronise_memberships(user_ids: Iterable[int] | None = None, today: dt.date | None = None) -> int:
    """Make membership of our groups follow the appointments in force; return how many changes that took.

    Groups that are not ours are left alone.

    Args:
        user_ids: only these people; everybody when None.
        today: the day to go by; the present one when None.
    """
    if user_ids is None:
        # for everybody the difference first; whoever it concerns is held then, and looked at again
        user_ids = _to_change(*_memberships(None, today))
    chosen = list(user_ids)
    if not chosen:
        return 0
    # another act may begin or end a post of theirs at this moment that gives the same group
    hold_posts(chosen)
    present, desired = _memberships(chosen, today)
    superfluous = [pk for pair, pk in present.items() if pair not in desired]
    User.groups.through.objects.filter(pk__in=superfluous).delete()
    missing = desired - present.keys()
    User.groups.through.objects.bulk_create(
        [User.groups.through(user_id=user, group_id=group) for user, group in sorted(missing)], ignore_conflicts=True
    )
    changed = _to_change(present, desired)
    if changed:
        for follower in _followers:
            follower(changed)
    return len(superfluous) + len(missing)


def _to_change(present: Mapping[tuple[int, int], int], desired: Collection[tuple[int, int]]) -> set[int]:
    """Return the people who are in a group they do not belong in, or the other way round."""
    return {user for user, _group in present.keys() ^ desired}


def _memberships(
    user_ids: Collection[int] | None, today: dt.date | None
) -> tuple[dict[tuple[int, int], int], set[tuple[int, int]]]:
    """Return who is in which group of ours, with the key of that row, and who is to be, by the ids of person and group."""
    day = today or timezone.localdate()
    appointments = Appointment.objects.in_force(day).select_related("unit", "department")
    membership = User.groups.through.objects.filter(group__name__startswith=GROUP_PREFIX)
    if dated_access_suspended():
        appointments = appointments.filter(ends_on__isnull=True)
    if user_ids is not None:
        appointments = appointments.filter(user_id__in=user_ids)
        membership = membership.filter(user_id__in=user_ids)
    desired = set()
    groups: dict[tuple[int, str, str], int] = {}
    for appointment in appointments:
        department = appointment.department.code if appointment.department is not None else ""
        key = (appointment.unit_id, appointment.role, department)
        if key not in groups:
            groups[key] = ensure_group(appointment.unit, appointment.role, department).pk
        desired.add((appointment.user_id, groups[key]))
    return {(row.user_id, row.group_id): row.pk for row in membership}, desired


_followers: list[Callable[[Collection[int]], None]] = []


def on_posts_changed(follower: Callable[[Collection[int]], None]) -> None:
    """Register what has to follow when posts of people (by their ids) begin or end, in the same transaction."""
    if follower not in _followers:
        _followers.append(follower)


def suspend_dated_access() -> None:
    """Let posts and assignments with a last day open nothing from the next projection on."""
    if not dated_access_suspended():
        DatedAccessSuspension.objects.create()


def resume_dated_access() -> None:
    """Let them open again what they opened, from the next projection on."""
    DatedAccessSuspension.objects.all().delete()
