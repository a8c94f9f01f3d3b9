"""The host as its own processes start it: broken through its environment, mended by copying what the doctor says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import paperless
import pytest

ROOT = Path(__file__).parent.parent.parent
MANAGE = Path(paperless.__file__).parent.parent / "manage.py"
NOBODY = "redis://127.0.0.1:1"

# on both hosts
BROKEN = {
    "debug": {"PAPERLESS_DEBUG": "true"},
    "secret-key": {"PAPERLESS_SECRET_KEY": "vks"},
    "allowed-hosts": {},
    "time-zone": {"PAPERLESS_TIME_ZONE": "Europe/Berlin"},
    "date-order": {"PAPERLESS_DATE_ORDER": "YMD"},
    "delete-duplicates": {"PAPERLESS_CONSUMER_DELETE_DUPLICATES": "yes"},
    "file-names": {"PAPERLESS_FILENAME_FORMAT": "{{ correspondent }}/{{ title }}"},
    "own-settings": {"VKS_MAX_UPLOAD": "5"},
    "enabled": {"VKS_ENABLED": "no"},
    "recognition-language": {"PAPERLESS_OCR_LANGUAGE": "eng+vie"},
    "cache": {"PAPERLESS_CACHE_BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}
# only the real host knows these
BROKEN_REAL = {
    "auto-login": {"PAPERLESS_AUTO_LOGIN_USERNAME": "root"},
    "sign-ups": {"PAPERLESS_ACCOUNT_ALLOW_SIGNUPS": "true"},
    "regular-login": {"PAPERLESS_DISABLE_REGULAR_LOGIN": "true"},
    "remote-user": {"PAPERLESS_ENABLE_HTTP_REMOTE_USER": "true"},
    "sign-in-groups": {"PAPERLESS_SOCIAL_ACCOUNT_SYNC_GROUPS": "true"},
    "artificial-intelligence": {"PAPERLESS_AI_ENABLED": "true"},
    "remote-ocr": {"PAPERLESS_REMOTE_OCR_ENGINE": "azureai"},
    "update-check": {},
    "nltk": {},
    "outgoing-mail": {"PAPERLESS_EMAIL_HOST": "mail.example.vn"},
    "script-before-intake": {"PAPERLESS_PRE_CONSUME_SCRIPT": "/bin/true"},
    "script-after-intake": {"PAPERLESS_POST_CONSUME_SCRIPT": "/bin/true"},
    "barcodes": {"PAPERLESS_CONSUMER_ENABLE_BARCODES": "true"},
    "recognition-scope": {"PAPERLESS_OCR_PAGES": "2"},
    "recognition-arguments": {"PAPERLESS_OCR_USER_ARGS": '{"plugins": ["x"]}'},
    # follows from the recognition language; PAPERLESS_SEARCH_LANGUAGE itself keeps this host from starting
    "search-language": {},
    "trash-delay": {"PAPERLESS_EMPTY_TRASH_DELAY": "2"},
    "audit-log": {"PAPERLESS_AUDIT_LOG_ENABLED": "false"},
    "database-durability": {},
    "channel-layer": {"PAPERLESS_CHANNELS_BACKEND": "channels.layers.InMemoryChannelLayer"},
}


def _examined(environment: dict[str, str], *arguments: str) -> tuple[int, dict[str, Any], str]:
    done = subprocess.run(
        [sys.executable, str(MANAGE), "vks_doctor", "--json", *arguments],
        env=environment,
        cwd=MANAGE.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    # the host may say something of its own before
    begins = done.stdout.find('{\n "checks"')
    assert begins >= 0, done.stdout + done.stderr
    answer = json.loads(done.stdout[begins:])
    return done.returncode, {row["id"]: row for row in answer["checks"]}, done.stderr


@pytest.fixture
def environment(tmp_path: Path, host: str) -> dict[str, str]:
    """Return the environment of a new installation on which nothing was done but to make its folders."""
    for name in ("data/index", "data/log", "media", "consume", "scratch", "static"):
        (tmp_path / name).mkdir(parents=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PAPERLESS_", "VKS_", "CELERY_"))}
    return {
        **kept,
        "DJANGO_SETTINGS_MODULE": "paperless.settings",
        "PYTHONPATH": str(ROOT),
        "PAPERLESS_APPS": "vks_plugin",
        "PAPERLESS_SECRET_KEY": "y" * 64,
        "PAPERLESS_DATA_DIR": str(tmp_path / "data"),
        "PAPERLESS_LOGGING_DIR": str(tmp_path / "data" / "log"),
        "PAPERLESS_MEDIA_ROOT": str(tmp_path / "media"),
        "PAPERLESS_CONSUMPTION_DIR": str(tmp_path / "consume"),
        "PAPERLESS_SCRATCH_DIR": str(tmp_path / "scratch"),
        "PAPERLESS_STATICDIR": str(tmp_path / "static"),
        "PAPERLESS_REDIS": NOBODY,
        **({"VKS_DEMONSTRATION": "false", "VKS_TEST_HOST": "lite"} if host == "lite" else {}),
    }


@pytest.mark.slow
def test_environment_is_mended_by_copying_what_the_doctor_says(environment: dict[str, str], host: str) -> None:
    broken = BROKEN | (BROKEN_REAL if host == "paperless" else {})
    for variables in broken.values():
        environment.update(variables)
    code, before, noise = _examined(environment)
    assert code == 1
    assert "Traceback" not in noise
    for check_id in broken:
        assert before[check_id]["status"] in {"warning", "error"}, before[check_id]
        for step in re.findall(r"`((?:PAPERLESS|VKS)_\w+=[^`]*)`", before[check_id]["mend"]):
            name, _equals, value = step.partition("=")
            if value:
                environment[name] = value
            else:
                environment.pop(name, None)
        if check_id == "secret-key":
            environment["PAPERLESS_SECRET_KEY"] = "z" * 64
    code, after, noise = _examined(environment)
    assert "Traceback" not in noise
    for check_id in broken:
        if check_id == "cache":
            # the backend is right; that no Redis runs here is the next thing it says
            assert "redis" in after["cache"]["mend"]
            continue
        assert after[check_id]["status"] == "ok", after[check_id]
    # nothing was migrated: what needs tables says so, in one sentence each, and the rest goes on
    assert after["migrations"]["status"] == "error"
    assert after["broker"]["status"] == "error"
    assert after["static-files"]["status"] == "error"
    assert after["document-owners"]["status"] == "error"
    assert code == 1
