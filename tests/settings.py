"""The chosen host's own settings, made fit for tests."""

from __future__ import annotations

import os
import sys
from pathlib import Path

if "paperless" not in sys.modules and not os.environ.get("VKS_TEST_HOST"):
    # type checkers load this module without pytest
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "vks_plugin" / "lite"))
    os.environ.setdefault("PAPERLESS_SECRET_KEY", "only-for-tests")
    os.environ.setdefault("PAPERLESS_APPS", "vks_plugin")

from paperless.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CELERY_TASK_ALWAYS_EAGER = True
CELERY_BROKER_URL = "memory://"
CELERY_RESULT_BACKEND = "cache+memory://"
ALLOWED_HOSTS = ["*"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES = {
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
}
