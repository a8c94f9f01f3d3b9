"""Checks that stop a start-up which would look healthy and lose something."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.db.migrations.loader import MigrationLoader


@register()
def migrations_present(app_configs: Sequence[Any] | None, **_: Any) -> list[CheckMessage]:
    """E001: without its migrations Django makes our tables from the models, silently without triggers."""
    loader = MigrationLoader(None, ignore_no_migrations=True)
    if "vks" not in loader.unmigrated_apps:
        return []
    return [
        Error(
            "vks_plugin không có thư mục migrations (migrations of vks_plugin cannot be imported).",
            hint="Cài lại gói bằng pip; trong bản mã nguồn, khôi phục liên kết vks_plugin/migrations → ../migrations.",
            id="vks.E001",
        )
    ]
