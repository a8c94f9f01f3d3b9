"""Where Celery looks for the tasks of the app; each lives in its concept."""

from vks_plugin.court.tasks import make_bundle

__all__ = ["make_bundle"]
