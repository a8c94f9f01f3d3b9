"""The task queue, and messages that only this installation can have written."""

from __future__ import annotations

import hmac
import os
import pickle

from celery import Celery
from django.conf import settings
from kombu.serialization import register

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "paperless.settings")

_DIGEST = "sha256"


def _sign(data: bytes) -> bytes:
    return hmac.digest(settings.SECRET_KEY.encode(), data, _DIGEST)


HMAC_SIZE = 32
"""Bytes of signature before each message."""


def signed_pickle_dumps(obj: object) -> bytes:
    """Return the object as a message with its signature in front."""
    data = pickle.dumps(obj)
    return _sign(data) + data


def signed_pickle_loads(payload: bytes) -> object:
    """Return the object in a message.

    Raises:
        ValueError: the message was not written with this installation's secret key.
    """
    signature, data = payload[:HMAC_SIZE], payload[HMAC_SIZE:]
    if not hmac.compare_digest(signature, _sign(data)):
        message = "the message was not signed by this installation"
        raise ValueError(message)
    return pickle.loads(data)  # noqa: S301 - its signature was checked above


register(
    "signed-pickle",
    # the library's types know of text only; what is written and read here is bytes
    signed_pickle_dumps,  # type: ignore[arg-type]
    signed_pickle_loads,  # type: ignore[arg-type]
    content_type="application/x-signed-pickle",
    content_encoding="binary",
)

app = Celery("paperless")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
