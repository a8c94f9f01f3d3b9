"""Checks of accounts, groups and what is provisioned."""

from __future__ import annotations

import json

from django.contrib.auth.models import Group, Permission, User
from django.db.models import Q
from django.utils import timezone

from vks_plugin.cases.models import Assignment, CatalogueType
from vks_plugin.doctor.results import Result, Scope, error, ok, some, warning
from vks_plugin.filing.inbox import papers_kept_by
from vks_plugin.host import probes
from vks_plugin.host.provision import CASE_CODE_FIELD, STORAGE_PATH, STORAGE_TEMPLATE
from vks_plugin.organization.actions import SERVICE_ACCOUNT
from vks_plugin.organization.models import Appointment, ProcuracyUnit, ServiceAccount
from vks_plugin.organization.queries import dated_access_suspended
from vks_plugin.organization.roles import GROUP_PREFIX, HOST_PERMISSIONS, Role, group_name

SETUP = "Chạy `python manage.py vks_setup` (run the setup again; it changes nothing that is in place)."

_MOST_SUPERUSERS = 2


def service_account(_scope: Scope) -> Result:
    """The account that owns every case document: there, protected from deletion, and nobody signs in as it."""
    found = ServiceAccount.objects.select_related("user").first()
    if found is None:
        return error(
            f"Thiếu tài khoản hệ thống {SERVICE_ACCOUNT} hoặc khóa bảo vệ nó: tài liệu không có chủ là ai cũng đọc được.",
            "the account that owns case documents is missing or unprotected",
            mend=SETUP,
        )
    user = found.user
    flaws = {
        "is_active": user.is_active,
        "is_staff": user.is_staff,
        "is_superuser": user.is_superuser,
        "password": user.has_usable_password(),
    }
    wrong = [name for name, present in flaws.items() if present]
    if user.groups.exists() or user.user_permissions.exists():
        wrong.append("groups")
    if not wrong:
        return ok()
    return error(
        f"Tài khoản hệ thống {user.username} đăng nhập được hoặc có quyền riêng ({', '.join(wrong)}): "
        "người dùng nó thấy mọi tài liệu.",
        "somebody could sign in as the account that owns every document",
        mend=f"Chạy `python manage.py vks_setup`; nếu vẫn báo thì khóa tài khoản số {user.pk} trên trang quản trị "
        "(run the setup; or lock the account).",
    )


def _units_in_use() -> list[ProcuracyUnit]:
    today = timezone.localdate()
    return list(ProcuracyUnit.objects.on(today).filter(active_from__lte=today))


def units(_scope: Scope) -> Result:
    """Some office uses the system."""
    if _units_in_use():
        return ok()
    today = timezone.localdate()
    waiting = ProcuracyUnit.objects.on(today).filter(kind=ProcuracyUnit.Kind.PROVINCE).order_by("code").first()
    code = waiting.code if waiting is not None else "all"
    return warning(
        "Chưa đơn vị nào dùng hệ thống: không ai đăng ký được vụ án.",
        "no office uses the system yet",
        mend=f"Chạy `python manage.py vks_setup --activate {code}` với mã các đơn vị bắt đầu dùng (name those that begin).",
    )


def groups(_scope: Scope) -> Result:
    """Every role of every office in use has its group, with exactly the permissions of the role."""
    wanted = {group_name(unit.code, role): Role(role) for unit in _units_in_use() for role in Role.values}
    present: dict[str, set[str]] = {
        name: set() for name in Group.objects.filter(name__in=wanted).values_list("name", flat=True)
    }
    foreign: set[str] = set()
    rows = Permission.objects.filter(group__name__in=wanted).values_list(
        "group__name", "codename", "content_type__app_label"
    )
    for name, codename, label in rows:
        if label == "documents":
            present[name].add(codename)
        else:
            foreign.add(name)
    missing = sorted(wanted.keys() - present.keys())
    # a permission the stand-in does not have cannot be given there
    known = set(Permission.objects.filter(content_type__app_label="documents").values_list("codename", flat=True))
    changed = sorted(
        name
        for name, codenames in present.items()
        if codenames != HOST_PERMISSIONS[wanted[name]] & known or name in foreign
    )
    if not missing and not changed:
        return ok()
    return error(
        f"{len(missing)} nhóm quyền thiếu, {len(changed)} nhóm có quyền khác với chức danh: {some(missing + changed)}.",
        "groups are missing or carry other permissions than their role",
        mend=SETUP,
    )


def memberships(_scope: Scope) -> Result:
    """Members of our groups are those appointed, and nobody else."""
    appointments = Appointment.objects.in_force(timezone.localdate())
    if dated_access_suspended():
        appointments = appointments.filter(ends_on__isnull=True)
    wanted: set[tuple[int, str]] = {
        (user, group_name(unit, role, department or ""))
        for user, unit, role, department in appointments.values_list(
            "user_id", "unit__code", "role", "department__code"
        )
    }
    through = User.groups.through.objects.filter(group__name__startswith=GROUP_PREFIX)
    present = set(through.values_list("user_id", "group__name"))
    intruders, absent = present - wanted, wanted - present
    if not intruders and not absent:
        return ok()
    names = dict(User.objects.filter(pk__in={user for user, _ in intruders | absent}).values_list("pk", "username"))
    listed = sorted(f"{names.get(user, user)} → {name}" for user, name in intruders | absent)
    return error(
        f"{len(intruders)} người ở trong nhóm quyền mà không có bổ nhiệm, {len(absent)} người thiếu nhóm: {some(listed)}.",
        "members of our groups differ from the appointments",
        mend=SETUP,
    )


def superusers(_scope: Scope) -> Result:
    """A superuser reads every case, whatever the rules say."""
    active = User.objects.filter(is_superuser=True, is_active=True)
    appointed = set(Appointment.objects.in_force(timezone.localdate()).values_list("user_id", flat=True))
    names = dict(active.values_list("pk", "username"))
    working = sorted(name for pk, name in names.items() if pk in appointed)
    if working:
        return warning(
            f"{some(working)} vừa có chức danh vừa là siêu quản trị: đọc mọi vụ án ngoài quy tắc.",
            "people with a post are superusers and read every case",
            mend="Dùng tài khoản riêng cho quản trị, và bỏ quyền siêu quản trị của người có chức danh: "
            + " ".join(f'`PATCH /api/users/{pk}/ {{"is_superuser": false}}`' for pk in sorted(names) if pk in appointed)
            + " (use a separate account).",
        )
    if len(names) > _MOST_SUPERUSERS:
        spare = sorted(names)[_MOST_SUPERUSERS:]
        return warning(
            f"Có {len(names)} tài khoản siêu quản trị: mỗi tài khoản đọc được mọi vụ án.",
            "there are many superusers, each of whom reads every case",
            mend="Giữ hai tài khoản, bỏ quyền ở những tài khoản không cần: "
            + " ".join(f'`PATCH /api/users/{pk}/ {{"is_superuser": false}}`' for pk in spare)
            + " (keep two).",
        )
    return ok(f"{len(names)}")


def user_administrators(_scope: Scope) -> Result:
    """Who may edit users or groups can give any permission of the host, and reset passwords of who has no post."""
    may = Permission.objects.filter(
        content_type__app_label="auth", codename__in=["add_user", "change_user", "add_group", "change_group"]
    )
    people = User.objects.filter(is_active=True, is_superuser=False).filter(
        Q(user_permissions__in=may) | Q(groups__permissions__in=may)
    )
    names = sorted(set(people.values_list("username", flat=True)))
    if not names:
        return ok()
    steps = []
    for pk in sorted(set(people.filter(user_permissions__in=may).values_list("pk", flat=True))):
        kept = Permission.objects.filter(user=pk).exclude(pk__in=may).order_by("pk").values_list("codename", flat=True)
        steps.append(f'`PATCH /api/users/{pk}/ {{"user_permissions": {json.dumps(list(kept))}}}`')
    for pk in sorted(set(Group.objects.filter(user__in=people, permissions__in=may).values_list("pk", flat=True))):
        kept = Permission.objects.filter(group=pk).exclude(pk__in=may).order_by("pk").values_list("codename", flat=True)
        steps.append(f'`PATCH /api/groups/{pk}/ {{"permissions": {json.dumps(list(kept))}}}`')
    return warning(
        f"{some(names)} sửa được người dùng hoặc nhóm: tự cho mình quyền của DMS, tự vào nhóm không phải vks:…, lập tài khoản "
        "hoặc đặt lại mật khẩu của người không giữ chức danh.",
        "people may edit users or groups: give themselves permissions of the host, join groups that are not vks:…, make "
        "accounts or reset passwords of who has no post",
        mend=f"Bỏ quyền sửa người dùng và nhóm của họ trên trang Người dùng & nhóm, hoặc qua API: {' '.join(steps)} "
        "(take that permission away).",
    )


def locked_holders(_scope: Scope) -> Result:
    """A locked account opens nothing, but its posts, assignments and papers stay its own until a post is ended."""
    posts = Appointment.objects.not_over(timezone.localdate()).filter(user__is_active=False)
    rows = list(posts.order_by("pk").values_list("pk", "user__username", "unit__code"))
    if not rows:
        return ok()
    people = posts.values("user_id")
    cases = (
        Assignment.objects.in_force(timezone.localdate()).filter(user__in=people).values("case_id").distinct().count()
    )
    loose = papers_kept_by(set(people.values_list("user_id", flat=True)))
    who = sorted({f"{name} ({unit})" for _pk, name, unit in rows})
    return warning(
        f"{some(who)} đã bị khóa tài khoản mà còn chức danh: {cases} vụ án còn giao cho họ, {loose} tài liệu họ đưa vào khi "
        "giữ chức danh mà chưa vào hồ sơ còn là của riêng họ.",
        "locked accounts still hold posts: their cases wait, and what they put in and did not file stays their own",
        mend="Nếu họ không quay lại: lãnh đạo chấm dứt chức danh ở trang Tổ chức, hoặc "
        + " ".join(f"`POST /api/vks/appointments/{pk}/end/`" for pk, _name, _unit in rows)
        + ", rồi phân công lại; số tài liệu ấy sẽ vào hộp nhận của đơn vị (end their posts, then assign anew).",
    )


def staff(_scope: Scope) -> Result:
    """The Django admin shows staff the names of every group and account."""
    people = User.objects.filter(is_active=True, is_staff=True, is_superuser=False).order_by("pk")
    names = dict(people.values_list("pk", "username"))
    if not names:
        return ok()
    return warning(
        f"{some(sorted(names.values()))} vào được trang quản trị Django dù không phải siêu quản trị.",
        "staff who are not superusers reach the Django admin",
        mend="Bỏ cờ nhân viên: "
        + " ".join(f'`PATCH /api/users/{pk}/ {{"is_staff": false}}`' for pk in names)
        + " (take the staff flag away).",
    )


def case_code_field(_scope: Scope) -> Result:
    """The field that ties a document to a case: a text field, since options of a selection are readable by all."""
    found = probes.case_code_fields()
    if any(each.is_text for each in found):
        return ok()
    if not found:
        return error(
            f"Thiếu trường “{CASE_CODE_FIELD}”: không nộp được tài liệu nào.",
            "the custom field for the case code is missing; nothing can be filed",
            mend=SETUP,
        )
    ids = [each.id for each in found]
    return error(
        f"Trường “{CASE_CODE_FIELD}” không phải trường chữ: mã vụ án không ghi được, hoặc ai cũng đọc được.",
        "the custom field for the case code is not a text field",
        mend="Đổi tên trường đó bằng `python manage.py shell -c 'from vks_plugin.host.models import CustomField; "
        f'CustomField.objects.filter(pk__in={ids}).update(name="{CASE_CODE_FIELD} (cũ)")\'`, rồi chạy '
        "`python manage.py vks_setup` (rename it, then run the setup).",
    )


def storage_path(_scope: Scope) -> Result:
    """Paths of case documents say nothing of the case."""
    found = probes.case_storage_paths()
    if not found:
        return error(
            f"Thiếu đường dẫn lưu trữ “{STORAGE_PATH}”: tệp hồ sơ nằm lẫn với tệp khác, tên tệp theo mẫu chung.",
            "the storage path of case documents is missing",
            mend=SETUP,
        )
    changed = [each for each in found if each.template != STORAGE_TEMPLATE or each.matches_by_itself]
    if not changed:
        return ok()
    steps = " ".join(
        f'`PATCH /api/storage_paths/{each.id}/ {{"path": "{STORAGE_TEMPLATE}", "matching_algorithm": 0}}`'
        for each in changed
    )
    return error(
        f"Đường dẫn lưu trữ “{STORAGE_PATH}” đã bị đổi mẫu hoặc tự gán: tên tệp có thể lộ vụ án.",
        "the storage path of case documents was changed; file names may tell about cases",
        mend=f"Đặt lại: {steps} (set it back).",
    )


def document_types(_scope: Scope) -> Result:
    """The catalogue is there, each entry with its document type in the host."""
    total = CatalogueType.objects.count()
    loose = list(
        CatalogueType.objects.filter(host_type__isnull=True).order_by("position").values_list("code", flat=True)
    )
    if total and not loose:
        return ok()
    return error(
        f"Danh mục có {total} loại tài liệu, {len(loose)} loại chưa có trong máy chủ{': ' + some(loose) if loose else ''}.",
        "the catalogue of document types is empty or not known to the host",
        mend=SETUP,
    )
