"""Taking our place in the host at start-up; nothing of the host is patched on disk."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings


def mount_urls(urlconf: str) -> None:
    """Put our routes before the host's, whose last one catches everything."""
    settings.ROOT_URLCONF = urlconf


def mount_middleware(*dotted: str) -> None:
    """Append middleware; the host's own runs before it."""
    for name in dotted:
        if name not in settings.MIDDLEWARE:
            settings.MIDDLEWARE.append(name)


def mount_templates(folder: Path) -> None:
    """Let our templates win over those of the same name in the host's apps."""
    directories = settings.TEMPLATES[0]["DIRS"]
    if folder not in directories:
        directories.insert(0, folder)


def mount_schedule(entries: Mapping[str, Mapping[str, Any]]) -> None:
    """Add entries to Celery beat."""
    settings.CELERY_BEAT_SCHEDULE.update(entries)
