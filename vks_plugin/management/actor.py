"""For whom a command that works on one case does its work."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.core.management.base import CommandError

from vks_plugin.access.queries import assignments_in_force
from vks_plugin.cases.models import Assignment, CaseFile


def actor_of(case: CaseFile, name: str | None) -> User:
    """Return the account of this name; without one, whoever leads the case.

    Raises:
        CommandError: there is no such account, or nobody leads the case.
    """
    if name:
        user = User.objects.filter(username=name).first()
        if user is None:
            message = f"Không có người dùng {name}: hãy kiểm tra tên đăng nhập."
            raise CommandError(message)
        return user
    lead = assignments_in_force(case).filter(role=Assignment.Role.PROSECUTOR_LEAD).first()
    if lead is None:
        message = "Vụ án chưa có kiểm sát viên thụ lý chính: hãy chỉ rõ --user."
        raise CommandError(message)
    return lead.user
