"""Breaking an installation, and mending it by doing what the doctor says and nothing else.

`Ward.follow` carries out whatever stands between backticks in the sentence: settings,
management commands, shell commands on folders, requests to the host's API.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from django.conf import settings as django_settings
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command
from django.test import Client
from documents.models import CustomFieldInstance, Document, DocumentType, StoragePath, Tag

from vks_plugin.doctor.examination import examine
from vks_plugin.doctor.registry import BY_ID
from vks_plugin.doctor.results import Result, Scope, Status

if TYPE_CHECKING:
    from pytest_django import Settings

TREATED: set[str] = set()
"""Checks that have a test in which they fail and are mended."""

_STEP = re.compile(r"`([^`]+)`")
_ASSIGNMENT = re.compile(r"^((?:PAPERLESS|VKS|CELERY)_[A-Z_]+)=(.*)$", re.S)


def treats(*ids: str) -> Callable[[Any], Any]:
    """Mark a test in which these checks fail and are mended."""
    TREATED.update(ids)
    return lambda test: test


def _flag(value: str) -> bool:
    return value.lower() in {"1", "true", "yes", "on"}


def _or_none(value: str) -> str | None:
    return value or None


def _without(name: str) -> Callable[[str], list[str]]:
    """Return what leaves an entry of a list setting out."""
    return lambda _value: [each for each in getattr(django_settings, name) if "RemoteUser" not in each]


# how the host reads its environment (an empty value: the line is gone); tested against the host itself in
# test_environment.py
SETTINGS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "PAPERLESS_TIME_ZONE": ("TIME_ZONE", str),
    "PAPERLESS_DATE_ORDER": ("DATE_ORDER", str),
    "PAPERLESS_DEBUG": ("DEBUG", _flag),
    "PAPERLESS_ALLOWED_HOSTS": ("ALLOWED_HOSTS", lambda value: value.split(",")),
    "PAPERLESS_AUTO_LOGIN_USERNAME": ("AUTO_LOGIN_USERNAME", _or_none),
    "PAPERLESS_ACCOUNT_ALLOW_SIGNUPS": ("ACCOUNT_ALLOW_SIGNUPS", _flag),
    "PAPERLESS_DISABLE_REGULAR_LOGIN": ("DISABLE_REGULAR_LOGIN", _flag),
    "PAPERLESS_ENABLE_HTTP_REMOTE_USER": ("MIDDLEWARE", _without("MIDDLEWARE")),
    "PAPERLESS_ENABLE_HTTP_REMOTE_USER_API": ("MIDDLEWARE", _without("MIDDLEWARE")),
    "PAPERLESS_ACCOUNT_DEFAULT_GROUPS": ("ACCOUNT_DEFAULT_GROUPS", lambda _value: []),
    "PAPERLESS_SOCIAL_ACCOUNT_DEFAULT_GROUPS": ("SOCIAL_ACCOUNT_DEFAULT_GROUPS", lambda _value: []),
    "PAPERLESS_SOCIAL_ACCOUNT_SYNC_GROUPS": ("SOCIAL_ACCOUNT_SYNC_GROUPS", _flag),
    "PAPERLESS_AI_ENABLED": ("AI_ENABLED", _flag),
    "PAPERLESS_REMOTE_OCR_ENGINE": ("REMOTE_OCR_ENGINE", _or_none),
    "PAPERLESS_ENABLE_UPDATE_CHECK": ("ENABLE_UPDATE_CHECK", _flag),
    "PAPERLESS_ENABLE_NLTK": ("NLTK_ENABLED", _flag),
    "PAPERLESS_EMAIL_HOST": ("EMAIL_ENABLED", _flag),
    "PAPERLESS_EMAIL_HOST_USER": ("EMAIL_ENABLED", _flag),
    "PAPERLESS_PRE_CONSUME_SCRIPT": ("PRE_CONSUME_SCRIPT", _or_none),
    "PAPERLESS_POST_CONSUME_SCRIPT": ("POST_CONSUME_SCRIPT", _or_none),
    "PAPERLESS_CONSUMER_DELETE_DUPLICATES": ("CONSUMER_DELETE_DUPLICATES", _flag),
    "PAPERLESS_CONSUMER_ENABLE_BARCODES": ("CONSUMER_ENABLE_BARCODES", _flag),
    "PAPERLESS_CONSUMER_ENABLE_ASN_BARCODE": ("CONSUMER_ENABLE_ASN_BARCODE", _flag),
    "PAPERLESS_OCR_LANGUAGE": ("OCR_LANGUAGE", str),
    "PAPERLESS_OCR_MODE": ("OCR_MODE", lambda value: value or "auto"),
    "PAPERLESS_OCR_PAGES": ("OCR_PAGES", _or_none),
    "PAPERLESS_OCR_USER_ARGS": ("OCR_USER_ARGS", _or_none),
    "PAPERLESS_SEARCH_LANGUAGE": ("SEARCH_LANGUAGE", _or_none),
    "PAPERLESS_FILENAME_FORMAT": ("FILENAME_FORMAT", _or_none),
    "PAPERLESS_EMPTY_TRASH_DELAY": ("EMPTY_TRASH_DELAY", int),
    "PAPERLESS_AUDIT_LOG_ENABLED": ("AUDIT_LOG_ENABLED", _flag),
    "VKS_SIGNING_KEY": ("VKS_SIGNING_KEY", str),
    "VKS_SIGNATURE_ROOTS": ("VKS_SIGNATURE_ROOTS", str),
    "CELERY_TASK_ALWAYS_EAGER": ("CELERY_TASK_ALWAYS_EAGER", _flag),
    "PAPERLESS_WORKER_TIMEOUT": ("CELERY_TASK_TIME_LIMIT", int),
    "PAPERLESS_CACHE_BACKEND": (
        "CACHES",
        lambda value: {name: {**each, "BACKEND": value} for name, each in django_settings.CACHES.items()},
    ),
    "PAPERLESS_CHANNELS_BACKEND": (
        "CHANNEL_LAYERS",
        lambda value: {"default": {"BACKEND": value or "channels_redis.pubsub.RedisPubSubChannelLayer"}},
    ),
    "VKS_MAX_UPLOAD_BYTES": ("VKS_MAX_UPLOAD_BYTES", _or_none),
    "VKS_ENABLED": ("VKS_ENABLED", str),
    "VKS_REGISTER_COLUMNS": ("VKS_REGISTER_COLUMNS", str),
    "VKS_TAKE_EVERY_UNOWNED": ("VKS_TAKE_EVERY_UNOWNED", _flag),
    "VKS_INBOX_UNIT": ("VKS_INBOX_UNIT", str),
}


class Ward:
    """One installation with a doctor at hand."""

    def __init__(self, settings: Settings, host: str) -> None:
        self.settings = settings
        self.host = host

    def ask(self, check_id: str, *, full: bool = False) -> Result:
        """Run one check."""
        return examine(BY_ID[check_id], Scope(full=full)).result

    def sound(self, check_id: str) -> Result:
        """Assert that nothing is wrong."""
        result = self.ask(check_id)
        assert result.status is Status.OK, (check_id, result)
        return result

    def sick(self, check_id: str, level: str) -> Result:
        """Assert that the check reports something of this level, in both languages and with a way to mend it."""
        result = self.ask(check_id)
        assert result.status == level, (check_id, result)
        assert re.search(r"[À-ỹ]", result.sentence), result.sentence
        assert re.search(r"\([\x20-\x7e“”–—’→…]+\)$", result.sentence), result.sentence
        assert _STEP.search(result.mend), result.mend
        return result

    def absent(self, check_id: str) -> Result:
        """Assert that the check says it has nothing to look at here, and why."""
        result = self.ask(check_id)
        assert result.status is Status.SKIPPED, (check_id, result)
        assert result.sentence
        return result

    def follow(self, result: Result, *, by_hand: Mapping[str, Callable[[str], Any]] | None = None) -> None:
        """Do what the sentence says.

        Args:
            result: what the doctor said.
            by_hand: what stands in for a step no test can take, by the words the step begins with.
        """
        steps = _STEP.findall(result.mend)
        assert steps, result.mend
        for step in steps:
            hand = next((act for start, act in (by_hand or {}).items() if step.startswith(start)), None)
            if hand is not None:
                hand(step)
            else:
                self._take(step)

    def _take(self, step: str) -> None:
        assignment = _ASSIGNMENT.match(step)
        words = shlex.split(step) if assignment is None else []
        if assignment is not None:
            name, read = SETTINGS[assignment[1]]
            setattr(self.settings, name, read(assignment[2]))
        elif words[:2] == ["python", "manage.py"]:
            call_command(*words[2:])
        elif words[0] in {"mkdir", "chmod", "chown", "rm", "mv"}:
            subprocess.run(words, check=True)
        elif words[0] in {"PATCH", "DELETE", "POST"}:
            self._request(*step.split(" ", 2))
        else:
            message = f"nobody knows how to follow {step!r}"
            raise AssertionError(message)

    def _request(self, method: str, path: str, body: str = "{}") -> None:
        values = json.loads(body)
        # our own doors are there too
        if self.host == "lite" and not path.startswith("/api/vks/"):
            _by_hand(method, path, values)
            return
        root, _made = User.objects.get_or_create(username="root", defaults={"is_superuser": True, "is_staff": True})
        client = Client()
        client.force_login(root)
        answer = client.generic(method, path, json.dumps(values), content_type="application/json")
        assert answer.status_code in {200, 201, 204}, (path, answer.status_code, answer.content[:300])


def _by_hand(method: str, path: str, values: dict[str, Any]) -> None:
    """Do to the rows what the request does on the real host; the stand-in has no such doors."""
    if path == "/api/documents/bulk_edit/":
        parameters = values["parameters"]
        if values["method"] == "set_permissions":
            Document.objects.filter(pk__in=values["documents"]).update(owner=parameters["owner"])
            return
        if values["method"] == "delete":
            Document.objects.filter(pk__in=values["documents"]).delete()
            return
        assert values["method"] == "modify_custom_fields"
        CustomFieldInstance.objects.filter(
            document_id__in=values["documents"], field_id__in=parameters["remove_custom_fields"]
        ).delete()
        return
    if path == "/api/trash/":
        assert values["action"] == "empty"
        Document.deleted_objects.filter(pk__in=values["documents"]).hard_delete()
        return
    models: dict[str, Any] = {
        "users": User,
        "groups": Group,
        "tags": Tag,
        "document_types": DocumentType,
        "storage_paths": StoragePath,
    }
    name, pk = path.strip("/").split("/")[1:]
    row = models[name].objects.get(pk=pk)
    assert method == "PATCH"
    for key, value in values.items():
        if key in {"user_permissions", "permissions"}:
            getattr(row, key).set(Permission.objects.filter(codename__in=value))
        else:
            setattr(row, key, value)
    row.save()
