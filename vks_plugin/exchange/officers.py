"""People of an office as lists name them: by account, by full name, or by both."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from django.contrib.auth.models import User
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.organization.models import Appointment, ProcuracyUnit
from vks_plugin.organization.queries import display_name
from vks_plugin.text import folded, one_line

_BOTH = re.compile(r"(?P<name>.*)\((?P<account>[^()]+)\)\s*")


class OfficerError(ValueError):
    """Nobody, or more than one, is meant; the sentence says what to write."""


def is_same(user: User | None, words: str) -> bool:
    """Tell whether these words name this person."""
    if user is None:
        return False
    both = _BOTH.fullmatch(words)
    if both:
        return one_line(both["account"]).casefold() == user.get_username().casefold()
    return folded(words) in {folded(user.get_username()), folded(display_name(user))}


@dataclass
class Officers:
    """Who can be meant; each office is looked up once."""

    _of: dict[int, list[User]] = field(default_factory=dict)

    def find(self, words: str, unit: ProcuracyUnit) -> User:
        """Return the person these words name among the holders of a post in the office or the one above.

        Raises:
            OfficerError: there is none, or more than one.
        """
        meant = [user for user in self._people(unit) if is_same(user, words)]
        if len(meant) == 1:
            return meant[0]
        told = {"words": one_line(words)[:60], "count": len(meant)}
        if meant:
            raise OfficerError(_("có %(count)d người tên “%(words)s”: hãy ghi tên đăng nhập.") % told)
        raise OfficerError(
            _("không có ai tên “%(words)s” giữ chức danh tại đơn vị thụ lý hoặc đơn vị cấp trên.") % told
        )

    def _people(self, unit: ProcuracyUnit) -> list[User]:
        if unit.pk not in self._of:
            posts = Appointment.objects.in_force(timezone.localdate()).filter(
                Q(unit=unit) | Q(unit_id=unit.parent_id), user__is_active=True
            )
            found = User.objects.filter(pk__in=posts.values("user_id"))
            self._of[unit.pk] = list(found)
        return self._of[unit.pk]
