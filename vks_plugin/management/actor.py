"""For whom a command does its work."""

from __future__ import annotations

import os
import pwd
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from vks_plugin.access.queries import assignments_in_force
from vks_plugin.acts import by_command
from vks_plugin.cases.models import Assignment, CaseFile


def system_account() -> str:
    """Return as whom a command runs on the server; its number, where it has no name there."""
    number = os.getuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def told_as_command(handle: Callable[..., None]) -> Callable[..., None]:
    """Make the ledger name the command and its account on the server for whatever it does in somebody's name."""

    @wraps(handle)
    def wrapped(self: Any, *args: Any, **options: Any) -> None:
        with by_command(type(self).__module__.rpartition(".")[2], system_account()):
            handle(self, *args, **options)

    return wrapped


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
