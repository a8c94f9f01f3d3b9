"""Letters to leaders of what they have to look at; the pages tell of it whether or not a letter goes out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection

from django.contrib.auth.models import User
from django.core.mail import send_mail
from django.db.models import QuerySet
from django.utils import timezone

from vks_plugin.conf import configuration
from vks_plugin.host.mail import host_sends_mail
from vks_plugin.organization.models import Appointment, ProcuracyUnit

logger = logging.getLogger("paperless.vks.custody")


def in_office(
    roles: Collection[str], *, of_province: bool = False, units: Collection[int | None] | None = None
) -> QuerySet[User]:
    """Return who holds one of these posts today and has an address.

    Args:
        roles: which posts.
        of_province: of the province alone.
        units: of these offices alone, by their ids; of any when None.
    """
    posts = Appointment.objects.in_force(timezone.localdate()).filter(role__in=roles, user__is_active=True)
    if of_province:
        posts = posts.filter(unit__kind=ProcuracyUnit.Kind.PROVINCE)
    if units is not None:
        posts = posts.filter(unit__in=[pk for pk in units if pk is not None])
    return User.objects.filter(pk__in=posts.values("user_id")).exclude(email="").order_by("pk")


def write_to(people: QuerySet[User], said: Callable[[User], str], *, where: str) -> list[User]:
    """Write to each of these people, where the host sends any mail; return who got a letter.

    Args:
        people: to whom.
        said: the sentence for somebody, which is the subject too; empty: nothing is written.
        where: the sentence that says what page to open.
    """
    if not (configuration().reminder_email and host_sends_mail()):
        return []
    told = []
    for user in people:
        sentence = said(user)
        if not sentence:
            continue
        if send_letter(user.email, sentence, f"{sentence}\n\n{where}"):
            told.append(user)
    return told


def send_letter(address: str, subject: str, body: str) -> bool:
    """Send a letter and tell whether it went out; the pages tell of what it is about either way."""
    try:
        send_mail(subject, body, None, [address])
    except OSError as error:
        logger.warning("mail was not sent: %s", type(error).__name__)
        return False
    return True
