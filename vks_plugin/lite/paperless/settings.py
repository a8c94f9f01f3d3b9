"""Settings, read from the same `PAPERLESS_*` environment variables as the host's own."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from django.core.exceptions import ImproperlyConfigured


def _flag(name: str, *, default: bool = False) -> bool:
    return os.environ.get(name, str(default)).strip().lower() in {"1", "true", "yes", "on", "t", "y"}


def _list(name: str, default: str = "") -> list[str]:
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


def _folder(name: str, default: Path) -> Path:
    return Path(os.environ.get(name) or default).resolve()


BASE_DIR = Path(__file__).resolve().parent.parent
_home = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "vks-lite"

DATA_DIR = _folder("PAPERLESS_DATA_DIR", _home / "data")
MEDIA_ROOT = _folder("PAPERLESS_MEDIA_ROOT", _home / "media")
STATIC_ROOT = _folder("PAPERLESS_STATICDIR", _home / "static")
CONSUMPTION_DIR = _folder("PAPERLESS_CONSUMPTION_DIR", _home / "consume")
SCRATCH_DIR = _folder("PAPERLESS_SCRATCH_DIR", Path(tempfile.gettempdir()) / "vks-lite")
LOGGING_DIR = _folder("PAPERLESS_LOGGING_DIR", DATA_DIR / "log")
ORIGINALS_DIR = MEDIA_ROOT / "documents" / "originals"
ARCHIVE_DIR = MEDIA_ROOT / "documents" / "archive"
THUMBNAIL_DIR = MEDIA_ROOT / "documents" / "thumbnails"
INDEX_DIR = DATA_DIR / "index"
MEDIA_LOCK = MEDIA_ROOT / "media.lock"
EMPTY_TRASH_DIR: Path | None = None
EMPTY_TRASH_DELAY = 30

DEBUG = _flag("PAPERLESS_DEBUG")
SECRET_KEY = os.environ.get("PAPERLESS_SECRET_KEY", "")
if not SECRET_KEY.strip() or SECRET_KEY == "change-me":  # noqa: S105 - the value the host refuses too
    _message = "PAPERLESS_SECRET_KEY chưa được đặt (set it to a long random text)."
    raise ImproperlyConfigured(_message)

FORCE_SCRIPT_NAME = os.environ.get("PAPERLESS_FORCE_SCRIPT_NAME")
BASE_URL = (FORCE_SCRIPT_NAME or "") + "/"
LOGIN_URL = BASE_URL + "accounts/login/"
LOGIN_REDIRECT_URL = BASE_URL + "dashboard"
LOGOUT_REDIRECT_URL = LOGIN_URL + "?loggedout=1"
STATIC_URL = os.environ.get("PAPERLESS_STATIC_URL", BASE_URL + "static/")

PAPERLESS_URL = os.environ.get("PAPERLESS_URL")
ALLOWED_HOSTS = _list("PAPERLESS_ALLOWED_HOSTS", "*")
CSRF_TRUSTED_ORIGINS = _list("PAPERLESS_CSRF_TRUSTED_ORIGINS")
if PAPERLESS_URL:
    ALLOWED_HOSTS.append(urlparse(PAPERLESS_URL).hostname or "")
    CSRF_TRUSTED_ORIGINS.append(PAPERLESS_URL)
if "*" not in ALLOWED_HOSTS:
    ALLOWED_HOSTS.append("localhost")

INSTALLED_APPS = [
    "whitenoise.runserver_nostatic",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "paperless",
    "documents.apps.DocumentsConfig",
    "rest_framework",
    "rest_framework.authtoken",
    "django_filters",
    "guardian",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    *_list("PAPERLESS_APPS"),
]

MIDDLEWARE = [
    "paperless.middleware._SaysWhatItIs",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "paperless.middleware.ApiVersionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "paperless.urls"
WSGI_APPLICATION = "paperless.wsgi.application"
ASGI_APPLICATION = "paperless.asgi.application"
X_FRAME_OPTIONS = "SAMEORIGIN"
DATA_UPLOAD_MAX_NUMBER_FIELDS = None

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

STORAGES: dict[str, Any] = {
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
}

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        # first, so that an unknown caller is answered 401 and no browser dialogue
        "rest_framework.authentication.TokenAuthentication",
        "rest_framework.authentication.BasicAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_VERSIONING_CLASS": "rest_framework.versioning.AcceptHeaderVersioning",
    "DEFAULT_VERSION": "10",
    "ALLOWED_VERSIONS": ["9", "10"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Máy chủ thay thế của vks_plugin (stand-in host, not Paperless-ngx)",
    "VERSION": "3.0.5",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX_INSERT": FORCE_SCRIPT_NAME or "",
}

AUTHENTICATION_BACKENDS = [
    "guardian.backends.ObjectPermissionBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
COOKIE_PREFIX = os.environ.get("PAPERLESS_COOKIE_PREFIX", "")
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrftoken"
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid"
LANGUAGE_COOKIE_NAME = f"{COOKIE_PREFIX}django_language"
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"


def _database() -> dict[str, Any]:
    engine = os.environ.get("PAPERLESS_DBENGINE") or ("postgresql" if "PAPERLESS_DBHOST" in os.environ else "sqlite")
    if engine == "postgresql":
        found: dict[str, Any] = {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": os.environ.get("PAPERLESS_DBHOST"),
            "NAME": os.environ.get("PAPERLESS_DBNAME", "paperless"),
            "USER": os.environ.get("PAPERLESS_DBUSER", "paperless"),
            "PASSWORD": os.environ.get("PAPERLESS_DBPASS", "paperless"),
            "CONN_HEALTH_CHECKS": True,
        }
        if os.environ.get("PAPERLESS_DBPORT"):
            found["PORT"] = int(os.environ["PAPERLESS_DBPORT"])
        return found
    if engine != "sqlite":
        message = f"PAPERLESS_DBENGINE={engine}: hãy dùng sqlite hoặc postgresql (use sqlite or postgresql)."
        raise ImproperlyConfigured(message)
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(DATA_DIR / "db.sqlite3"),
        "OPTIONS": {
            "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA busy_timeout=5000",
            # a transaction that reads first and writes later would otherwise fail instead of waiting
            "transaction_mode": "IMMEDIATE",
        },
    }


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"

LANGUAGE_CODE = "en-us"
LANGUAGES = [("en-us", "English (US)"), ("vi-vn", "Tiếng Việt")]
LOCALE_PATHS: list[str | Path] = []
TIME_ZONE = os.environ.get("PAPERLESS_TIME_ZONE", "UTC")
USE_I18N = True
USE_TZ = True

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"verbose": {"format": "[{asctime}] [{levelname}] [{name}] {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "verbose", "level": "INFO"}},
    "root": {"handlers": ["console"]},
    "loggers": {"paperless": {"level": "DEBUG"}},
}

_redis = os.environ.get("PAPERLESS_REDIS", "redis://localhost:6379")
CELERY_BROKER_URL = _redis
CELERY_RESULT_BACKEND = _redis
CELERY_RESULT_EXPIRES = 3600
CELERY_RESULT_SERIALIZER = "signed-pickle"
CELERY_TASK_SERIALIZER = "signed-pickle"
CELERY_ACCEPT_CONTENT = ["application/json", "application/x-signed-pickle"]
CELERY_TIMEZONE = TIME_ZONE
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CONCURRENCY = int(os.environ.get("PAPERLESS_TASK_WORKERS", "1"))
CELERY_TASK_TRACK_STARTED = True
CELERY_TASK_TIME_LIMIT = int(os.environ.get("PAPERLESS_WORKER_TIMEOUT", "1800"))
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULE: dict[str, Any] = {}
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "celerybeat-schedule.db")

CACHES = {
    "default": {
        "BACKEND": os.environ.get("PAPERLESS_CACHE_BACKEND", "django.core.cache.backends.redis.RedisCache"),
        "LOCATION": _redis,
        "KEY_PREFIX": os.environ.get("PAPERLESS_REDIS_PREFIX", ""),
    }
}

AUDIT_LOG_ENABLED = False
AI_ENABLED = False
NLTK_ENABLED = False
CONSUMER_DELETE_DUPLICATES = _flag("PAPERLESS_CONSUMER_DELETE_DUPLICATES")
FILENAME_FORMAT = os.environ.get("PAPERLESS_FILENAME_FORMAT")
DATE_ORDER = os.environ.get("PAPERLESS_DATE_ORDER", "DMY")
OCR_LANGUAGE = os.environ.get("PAPERLESS_OCR_LANGUAGE", "eng")
# Vietnamese has no stemmer: words are compared whole
SEARCH_LANGUAGE: str | None = None
EMAIL_ENABLED = False
APP_TITLE = os.environ.get("PAPERLESS_APP_TITLE")
