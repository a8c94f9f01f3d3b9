"""Settings: each one broken, reported, and set as the sentence says."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.conf import settings as django_settings

from tests.doctor.treatment import Ward, treats

PAGE = "ApplicationConfiguration"
PROXY = "paperless.auth.HttpRemoteUserMiddleware"

# check, Django's name of the setting, a sound value, one that breaks it, what the check reports
BROKEN: list[tuple[str, str, Any, Any, str]] = [
    ("debug", "DEBUG", False, True, "error"),
    ("time-zone", "TIME_ZONE", "Asia/Ho_Chi_Minh", "UTC", "error"),
    ("date-order", "DATE_ORDER", "DMY", "MDY", "warning"),
    ("allowed-hosts", "ALLOWED_HOSTS", ["hoso"], ["hoso", "*"], "warning"),
    ("auto-login", "AUTO_LOGIN_USERNAME", None, "vien-truong", "error"),
    ("sign-ups", "ACCOUNT_ALLOW_SIGNUPS", False, True, "error"),
    ("regular-login", "DISABLE_REGULAR_LOGIN", False, True, "error"),
    ("remote-user", "MIDDLEWARE", [], [PROXY], "warning"),
    ("sign-in-groups", "ACCOUNT_DEFAULT_GROUPS", ["staff"], ["staff", "vks:QN:leaders"], "error"),
    ("sign-in-groups", "SOCIAL_ACCOUNT_DEFAULT_GROUPS", [], ["vks:QN:prosecutor"], "error"),
    ("sign-in-groups", "SOCIAL_ACCOUNT_SYNC_GROUPS", False, True, "error"),
    ("artificial-intelligence", "AI_ENABLED", False, True, "error"),
    ("remote-ocr", "REMOTE_OCR_ENGINE", None, "azureai", "error"),
    ("update-check", "ENABLE_UPDATE_CHECK", False, "default", "warning"),
    ("update-check", "ENABLE_UPDATE_CHECK", False, True, "warning"),
    ("nltk", "NLTK_ENABLED", False, True, "warning"),
    ("outgoing-mail", "EMAIL_ENABLED", False, True, "warning"),
    ("script-before-intake", "PRE_CONSUME_SCRIPT", None, "/opt/send.sh", "warning"),
    ("script-after-intake", "POST_CONSUME_SCRIPT", None, "/opt/send.sh", "warning"),
    ("delete-duplicates", "CONSUMER_DELETE_DUPLICATES", False, True, "error"),
    ("barcodes", "CONSUMER_ENABLE_BARCODES", False, True, "warning"),
    ("barcodes", "CONSUMER_ENABLE_ASN_BARCODE", False, True, "warning"),
    ("recognition-language", "OCR_LANGUAGE", "vie+eng", "eng+vie", "error"),
    ("recognition-language", "OCR_LANGUAGE", "vie", "eng", "error"),
    ("recognition-scope", "OCR_PAGES", None, 3, "warning"),
    ("recognition-scope", "OCR_MODE", "auto", "off", "warning"),
    ("recognition-arguments", "OCR_USER_ARGS", None, '{"plugins": ["x"]}', "warning"),
    ("search-language", "SEARCH_LANGUAGE", None, "en", "error"),
    ("file-names", "FILENAME_FORMAT", "{{ added_year }}/{{ doc_pk }}", "{{ correspondent }}/{{ title }}", "warning"),
    ("file-names", "FILENAME_FORMAT", None, "{created_year}/{title}", "warning"),
    ("trash-delay", "EMPTY_TRASH_DELAY", 30, 1, "warning"),
    ("own-settings", "VKS_MAX_UPLOAD_BYTES", "1000", "nhiều", "error"),
    ("own-settings", "VKS_REGISTER_COLUMNS", "", "/không/có/cột.json", "error"),
    ("enabled", "VKS_ENABLED", "true", "false", "warning"),
]


@treats(*(row[0] for row in BROKEN))
@pytest.mark.parametrize(
    ("check_id", "setting", "sound", "broken", "level"), BROKEN, ids=[f"{row[0]}:{row[1]}={row[3]}" for row in BROKEN]
)
def test_setting_is_broken_reported_and_mended(
    ward: Ward, check_id: str, setting: str, sound: Any, broken: Any, level: str
) -> None:
    if not hasattr(django_settings, setting):
        # neither does the stand-in know some of the host's settings, nor the host ours when they are not set
        assert ward.host == "lite" or setting.startswith("VKS_")
    for other in {"OCR_MODE": ["OCR_PAGES"], "OCR_PAGES": ["OCR_MODE"]}.get(setting, []):
        setattr(ward.settings, other, None)
    setattr(ward.settings, setting, sound)
    ward.sound(check_id)
    setattr(ward.settings, setting, broken)
    result = ward.sick(check_id, level)
    ward.follow(result, by_hand={"python manage.py document_renamer": lambda _step: None})
    ward.sound(check_id)


def test_what_the_stand_in_does_not_have_is_said_and_not_judged(ward: Ward) -> None:
    ids = ["auto-login", "remote-ocr", "update-check", "recognition-scope", "script-after-intake", "audit-log"]
    statuses = {check_id: ward.ask(check_id).status for check_id in ids}
    if ward.host == "lite":
        assert set(statuses.values()) == {"skipped"}
    else:
        assert "skipped" not in statuses.values()


@treats("audit-log")
def test_audit_log_switched_off(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vks_plugin.doctor.configuration.is_stand_in", lambda: False)
    ward.settings.AUDIT_LOG_ENABLED = False
    ward.follow(ward.sick("audit-log", "warning"))
    ward.sound("audit-log")


@treats("secret-key")
@pytest.mark.parametrize("key", ["change-me", "change-me-change-me-change-me-change-me", "vks"])
def test_secret_key_that_can_be_guessed(ward: Ward, key: str) -> None:
    import subprocess
    import sys

    made: list[str] = []

    def make(step: str) -> None:
        made.append(
            subprocess.run(
                step.replace("python", sys.executable, 1), shell=True, capture_output=True, text=True, check=True
            ).stdout.strip()
        )

    ward.settings.SECRET_KEY = key
    result = ward.sick("secret-key", "error")
    assert f"{key} " not in result.sentence
    ward.follow(
        result,
        by_hand={
            "python -c": make,
            "PAPERLESS_SECRET_KEY=": lambda _step: setattr(ward.settings, "SECRET_KEY", made[0]),
        },
    )
    ward.sound("secret-key")


def test_misspelt_setting_of_ours(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    ward.sound("own-settings")
    monkeypatch.setenv("VKS_MAX_UPLOAD_BYTE", "1")
    result = ward.sick("own-settings", "warning")
    assert "VKS_MAX_UPLOAD_BYTE" in result.sentence
    ward.follow(result, by_hand={"VKS_MAX_UPLOAD_BYTE=": lambda step: monkeypatch.delenv(step.rstrip("="))})
    ward.sound("own-settings")


@pytest.mark.parametrize(
    ("check_id", "column", "value", "level"),
    [
        ("recognition-language", "language", "eng", "error"),
        ("artificial-intelligence", "ai_enabled", True, "error"),
        ("barcodes", "barcode_enable_tag", True, "warning"),
        ("recognition-scope", "mode", "off", "warning"),
        ("recognition-scope", "pages", 2, "warning"),
        ("recognition-arguments", "user_args", {"plugins": ["x"]}, "warning"),
    ],
)
def test_configuration_page_wins_over_the_environment(
    ward: Ward, check_id: str, column: str, value: Any, level: str
) -> None:
    if ward.host == "lite":
        with pytest.raises(LookupError):
            apps.get_app_config("paperless").get_model(PAGE)
        return
    model: Any = apps.get_app_config("paperless").get_model(PAGE)
    ward.sound(check_id)
    model.objects.update_or_create(pk=1, defaults={column: value})
    ward.follow(ward.sick(check_id, level))
    ward.sound(check_id)


@treats("days-off")
def test_days_off_by_exchange_that_nobody_entered(ward: Ward) -> None:
    with time_machine.travel(dt.datetime(2026, 10, 31, 3, tzinfo=dt.UTC), tick=False):
        ward.sound("days-off")
    # late in the year, the next one can be known
    with time_machine.travel(dt.datetime(2026, 11, 1, 3, tzinfo=dt.UTC), tick=False):
        result = ward.sick("days-off", "warning")
        assert "2027" in result.sentence
        assert "2026" not in result.sentence
        ward.follow(result)
        ward.sound("days-off")
    with time_machine.travel(dt.datetime(2028, 12, 1, 3, tzinfo=dt.UTC), tick=False):
        assert "2028, 2029" in ward.sick("days-off", "warning").sentence
