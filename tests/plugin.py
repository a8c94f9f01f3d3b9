"""Chooses the host before Django is set up; loaded early, by `-p tests.plugin`.

`--host=lite` (default) runs on the stand-in shipped with the package,
`--host=paperless` on the real Paperless-ngx v3.0.5.
"""

from __future__ import annotations

import gc
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    pass

ROOT = Path(__file__).resolve().parent.parent
LITE = ROOT / "vks_plugin" / "lite"
DOORS = Path(__file__).parent / "host" / "doors"


def real_host() -> Path | None:
    """Return the `src` folder of the real host, or None when there is none on this machine."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    named = os.environ.get("PAPERLESS_SRC")
    source = Path(named) if named else cache / "vks" / "paperless-ngx-3.0.5" / "src"
    return source if (source / "paperless" / "version.py").is_file() else None


def _chosen() -> str:
    for index, word in enumerate(sys.argv):
        if word.startswith("--host="):
            return word.partition("=")[2]
        if word == "--host" and index + 1 < len(sys.argv):
            return sys.argv[index + 1]
    # workers of pytest-xdist do not see the command line, but inherit the environment
    return os.environ.get("VKS_TEST_HOST", "lite")


def _prepare(host: str) -> Path:
    source = LITE
    if host == "paperless":
        found = real_host()
        if found is None:
            message = "no Paperless-ngx v3.0.5 found: set PAPERLESS_SRC to its src folder, or use --host=lite"
            raise pytest.UsageError(message)
        source = found
    elif host != "lite":
        message = f"--host must be lite or paperless, not {host}"
        raise pytest.UsageError(message)
    folder = Path(tempfile.mkdtemp(prefix="vks-tests-"))
    for name in ("data/index", "media", "consume", "scratch", "static"):
        (folder / name).mkdir(parents=True)
    os.environ.update(
        {
            "VKS_TEST_HOST": host,
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "PAPERLESS_SECRET_KEY": "only-for-tests",
            "PAPERLESS_APPS": "vks_plugin",
            "PAPERLESS_DATA_DIR": str(folder / "data"),
            "PAPERLESS_MEDIA_ROOT": str(folder / "media"),
            "PAPERLESS_CONSUMPTION_DIR": str(folder / "consume"),
            "PAPERLESS_SCRATCH_DIR": str(folder / "scratch"),
            "PAPERLESS_STATICDIR": str(folder / "static"),
            "PAPERLESS_CACHE_BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "PAPERLESS_CHANNELS_BACKEND": "channels.layers.InMemoryChannelLayer",
            "PAPERLESS_REDIS": "redis://localhost:6379",
            "PAPERLESS_AI_ENABLED": "false",
            "PAPERLESS_ENABLE_NLTK": "false",
            "PAPERLESS_OCR_LANGUAGE": "vie+eng",
            "PAPERLESS_TIME_ZONE": "Asia/Ho_Chi_Minh",
            "PAPERLESS_DATE_ORDER": "DMY",
        }
    )
    # Debian's tools first: another `convert` on the path breaks thumbnails
    os.environ["PATH"] = f"/usr/bin:{os.environ.get('PATH', '')}"
    for path in (str(ROOT), str(source)):
        if path in sys.path:
            sys.path.remove(path)
        sys.path.insert(0, path)
    return folder


# half a million objects that stay are made while tests are collected; looking for rubbish among them takes seconds
gc.disable()
HOST = _chosen()
FOLDER = _prepare(HOST)
_RUN_OF = pytest.StashKey[Any]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--host` and `--record-run`."""
    parser.addoption("--host", default="lite", choices=["lite", "paperless"], help="the host the suite runs on")
    parser.addoption(
        "--record-run", action="store_true", help="after a green run on the real host, write tests/host/last-run.json"
    )


def pytest_report_header() -> str:
    """Say which host and database the run is on."""
    from django.conf import settings

    engine = settings.DATABASES["default"]["ENGINE"].rsplit(".", 1)[-1]
    return f"host: {HOST}; database: {engine}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what opens doors of the real host when that host is not there; never shown as passed."""
    if HOST == "paperless":
        return
    left_out = [item for item in items if DOORS in item.path.parents]
    if left_out:
        items[:] = [item for item in items if DOORS not in item.path.parents]
        config.hook.pytest_deselected(items=left_out)


def pytest_collection_finish() -> None:
    """Look for rubbish again, but no more among what was collected."""
    gc.enable()
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Note what a run that is to be recorded runs on; others may edit files meanwhile."""
    if session.config.getoption("--record-run") and not hasattr(session.config, "workerinput"):
        from tests.host.last_run import fingerprint

        session.config.stash[_RUN_OF] = fingerprint()


def _not_to_record(config: pytest.Config, exitstatus: int) -> str:
    """Return why a run proves nothing about the whole suite on the real host; empty when it does."""
    if HOST != "paperless":
        return f"it ran on {HOST}"
    if exitstatus != 0:
        return "it was not green"
    chosen = [config.getoption(name, None) for name in ("keyword", "markexpr", "deselect", "ignore", "ignore_glob")]
    if config.args_source is not pytest.Config.ArgsSource.TESTPATHS or any(chosen):
        return "it was only a part of the suite"
    return ""


def pytest_terminal_summary(terminalreporter: Any, exitstatus: int, config: pytest.Config) -> None:
    """Record a green run of everything on the real host when asked to, or say why it is not recorded."""
    if hasattr(config, "workerinput") or not config.getoption("--record-run"):
        return
    from tests.host.last_run import RECORD, record, verdict

    reason = _not_to_record(config, exitstatus)
    if reason:
        terminalreporter.write_line(f"not recorded in {RECORD.name}: {reason}")
        return
    counts = {name: len(terminalreporter.stats.get(name, [])) for name in ("passed", "failed", "skipped")}
    record(of=config.stash[_RUN_OF], **counts)
    terminalreporter.write_line(f"recorded in {RECORD.name}: {verdict()}")


def pytest_unconfigure() -> None:
    """Remove the run's folder."""
    shutil.rmtree(FOLDER, ignore_errors=True)


@pytest.fixture(scope="session")
def host() -> str:
    """Name the host of this run: `lite` or `paperless`."""
    return HOST
