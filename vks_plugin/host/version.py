"""Which hosts and databases the plugin serves."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from paperless.version import __version__ as host_version

import vks_plugin

OLDEST = (3, 0, 5)
"""Every assumption in this folder was tried on this version."""
BELOW = (3, 1, 0)
"""First version not known to keep them."""


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(str(part) for part in version)


def version_problem(version: tuple[int, ...] = host_version) -> str:
    """Return the sentence that says why this host version cannot be used, or an empty text."""
    if OLDEST <= tuple(version) < BELOW:
        return ""
    return (
        f"vks_plugin chạy với Paperless-ngx từ {_dotted(OLDEST)} đến trước {_dotted(BELOW)}, máy này đang có "
        f"{_dotted(version)}: hãy cài đúng phiên bản Paperless-ngx, hoặc bỏ vks_plugin khỏi PAPERLESS_APPS. "
        f"(vks_plugin serves Paperless-ngx {_dotted(OLDEST)} up to but not including {_dotted(BELOW)}.)"
    )


def database_problem(engine: str | None = None) -> str:
    """Return the sentence that says why this database cannot be used, or an empty text."""
    engine = engine or settings.DATABASES["default"]["ENGINE"]
    if engine.rsplit(".", 1)[-1] in {"sqlite3", "postgresql"}:
        return ""
    return (
        f"Cơ sở dữ liệu {engine.rsplit('.', 1)[-1]} không được hỗ trợ: hãy dùng PostgreSQL "
        "(PAPERLESS_DBENGINE=postgresql) hoặc SQLite. (MariaDB and MySQL are not served; use PostgreSQL or SQLite.)"
    )


def refuse_unsupported() -> None:
    """Stop the start-up on a host or a database the plugin does not serve.

    Raises:
        ImproperlyConfigured: with the sentence that says what to do.
    """
    for problem in (version_problem(), database_problem()):
        if problem:
            raise ImproperlyConfigured(problem)


def is_stand_in() -> bool:
    """Tell whether the host is the stand-in shipped for demonstration and tests."""
    import paperless  # noqa: PLC0415 - only its place on disk is looked at

    # a real host may lie under a folder of any name
    return Path(paperless.__file__).resolve().is_relative_to(Path(vks_plugin.__file__).resolve().parent / "lite")
