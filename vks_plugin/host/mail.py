"""Whether the host sends e-mail at all."""

from __future__ import annotations

from django.conf import settings


def host_sends_mail() -> bool:
    """Tell whether somebody set up a mail server; the host's default is none."""
    return bool(getattr(settings, "EMAIL_ENABLED", False))
