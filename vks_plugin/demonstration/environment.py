"""The environment in which a host runs from one folder, without Redis and without other services."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
from pathlib import Path

from vks_plugin.demonstration.hosts import Host, HostError, choose

_MARK = "vks-host.json"


def default_folder(kind: str) -> Path:
    """Return where the demonstration of a host keeps its data when no folder is named."""
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "vks" / f"demo-{kind}"


def remembered(folder: Path) -> str | None:
    """Return the kind of host this data belongs to; None for a folder that has none yet.

    Raises:
        HostError: the folder says something that is no host.
    """
    path = folder / _MARK
    if not path.is_file():
        return None
    try:
        kind = json.loads(path.read_text(encoding="utf-8"))["host"]
    except (ValueError, KeyError, TypeError):
        kind = None
    if kind not in {"paperless", "lite"}:
        message = (
            f"{path} không cho biết dữ liệu thuộc máy chủ nào: hãy khôi phục tệp này hoặc dùng thư mục khác "
            "(that file does not say which host the data belongs to)."
        )
        raise HostError(message)
    return str(kind)


def host_for(folder: Path | None, kind: str) -> Host:
    """Return the host for this data; data made on one host is not opened with the other.

    Raises:
        HostError: the folder belongs to another host, or the host is not to be had.
    """
    made_on = remembered(folder) if folder is not None else None
    if made_on is None:
        return choose(kind)
    if kind not in {"auto", made_on}:
        message = (
            f"Dữ liệu trong {folder} được tạo với --host {made_on}: hãy dùng --host {made_on} hoặc thư mục khác "
            f"(this data was made with --host {made_on})."
        )
        raise HostError(message)
    return choose(made_on)


def _secret(folder: Path) -> str:
    path = folder / "secret-key"
    if not path.is_file():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48), encoding="ascii")
    return path.read_text(encoding="ascii")


def _ocr_languages() -> str:
    """Vietnamese first, which also switches the English stemmer of the index off; English alone without it."""
    program = shutil.which("tesseract")
    if program is None:
        return "vie+eng"
    listed = subprocess.run([program, "--list-langs"], capture_output=True, text=True, check=False).stdout  # noqa: S603 - fixed arguments
    return "vie+eng" if "vie" in listed.split() else "eng"


def prepare(folder: Path, host: Host, *, port: int = 8000) -> dict[str, str]:
    """Make the folders and return the environment variables.

    The folder remembers its host.

    Raises:
        HostError: the folder holds something else, or cannot be written.
    """
    folder = folder.resolve()
    mark = folder / _MARK
    try:
        if not mark.is_file() and folder.exists() and any(folder.iterdir()):
            # somebody's home, for one: it would be filled, and closed to everybody else
            message = f"{folder} không trống: hãy chọn thư mục mới cho dữ liệu (that folder is not empty)."
            raise HostError(message)
        for name in ("data/index", "data/log", "media", "consume", "scratch", "static"):
            # without a folder for it the index would live in memory, and its first documents vanish from search
            (folder / name).mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        if not mark.is_file():
            mark.write_text(json.dumps({"host": host.kind}) + "\n", encoding="utf-8")
    except OSError as error:
        message = f"Không dùng được {folder} làm thư mục dữ liệu: {error.strerror} (that folder cannot be used)."
        raise HostError(message) from error
    return {
        "DJANGO_SETTINGS_MODULE": "paperless.settings",
        "PAPERLESS_APPS": "vks_plugin",
        "PAPERLESS_SECRET_KEY": _secret(folder),
        "PAPERLESS_DATA_DIR": str(folder / "data"),
        "PAPERLESS_MEDIA_ROOT": str(folder / "media"),
        "PAPERLESS_CONSUMPTION_DIR": str(folder / "consume"),
        "PAPERLESS_SCRATCH_DIR": str(folder / "scratch"),
        "PAPERLESS_STATICDIR": str(folder / "static"),
        "PAPERLESS_LOGGING_DIR": str(folder / "data" / "log"),
        "PAPERLESS_URL": f"http://127.0.0.1:{port}",
        "PAPERLESS_ALLOWED_HOSTS": "127.0.0.1,localhost",
        "PAPERLESS_CSRF_TRUSTED_ORIGINS": f"http://127.0.0.1:{port},http://localhost:{port}",
        "PAPERLESS_TIME_ZONE": "Asia/Ho_Chi_Minh",
        "PAPERLESS_DATE_ORDER": "DMY",
        "PAPERLESS_OCR_LANGUAGE": _ocr_languages(),
        "PAPERLESS_REDIS": "redis://localhost:6379",
        "PAPERLESS_CACHE_BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "PAPERLESS_CHANNELS_BACKEND": "channels.layers.InMemoryChannelLayer",
        "CELERY_BROKER_URL": "memory://",
        "CELERY_RESULT_BACKEND": "cache+memory://",
        "PAPERLESS_AI_ENABLED": "false",
        "PAPERLESS_ENABLE_NLTK": "false",
        "PAPERLESS_ENABLE_UPDATE_CHECK": "false",
        "VKS_DEMONSTRATION": "true",
        # several offices are shown: one of them keeps what comes in without an owner
        "VKS_INBOX_UNIT": "QN-KV1",
        # a presentation can be tried without the work of a whole digitisation
        "VKS_DECK_UNSEALED": "true",
        # another `convert` on the path would break thumbnails
        "PATH": f"/usr/bin:{os.environ.get('PATH', '')}",
    }
