"""Stand-in for the package `paperless` of Paperless-ngx; used when none is at hand."""

from paperless.celery import app as celery_app

__all__ = ["celery_app"]
