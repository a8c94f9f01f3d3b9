"""For whom a command does its work."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from vks_plugin.access.queries import assignments_in_force
from vks_plugin.cases.models import Assignment, CaseFile


def account(name: str) -> User:
    """Return the account of this name, for whom something is done.

    Raises:
        CommandError: there is none, or it is switched off: nothing is done in the name of who has left.
    """
    user = User.objects.filter(username=name, is_active=True).first()
    if user is None:
        raise CommandError(_("Không có tài khoản đang hoạt động tên %(name)s.") % {"name": name})
    return user


def actor_of(case: CaseFile, name: str | None) -> User:
    """Return the account of this name; without one, whoever leads the case.

    Raises:
        CommandError: there is no such account in use, or nobody leads the case.
    """
    if name:
        return account(name)
    lead = assignments_in_force(case).filter(role=Assignment.Role.PROSECUTOR_LEAD).first()
    if lead is None:
        message = "Vụ án chưa có kiểm sát viên thụ lý chính: hãy chỉ rõ --user."
        raise CommandError(message)
    return lead.user
