"""The app as the host loads it."""

from __future__ import annotations

from pathlib import Path

from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class VksConfig(AppConfig):
    """Takes its place in the host once every model is loaded."""

    name = "vks_plugin"
    label = "vks"
    verbose_name = _("Hồ sơ vụ án")
    # the host's own default is AutoField; without this, migrations would differ by host
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Mount pages, middleware and receivers, unless the plugin is switched off.

        Raises:
            ImproperlyConfigured: host version, database or a setting of ours is not served.
        """
        from vks_plugin import acts, checks, in_database  # noqa: F401, PLC0415 - checks registers them; apps must be loaded first
        from vks_plugin.access import log, transfers  # noqa: PLC0415 - beside models
        from vks_plugin.append_only import protect_after_migration  # noqa: PLC0415 - defines a model
        from vks_plugin.cases.actions import proceedings, record  # noqa: PLC0415 - beside models
        from vks_plugin.conf import configuration  # noqa: PLC0415 - reads Django's settings
        from vks_plugin.custody import actions, into_log, statements  # noqa: PLC0415 - beside models
        from vks_plugin.custody.actions.accession import leave_archive  # noqa: PLC0415 - beside models
        from vks_plugin.custody.actions.leaving import before_leaving  # noqa: PLC0415 - beside models
        from vks_plugin.custody.actions.succession import cases_with, take_paper_along  # noqa: PLC0415 - beside models
        from vks_plugin.custody.queries.hand_overs import numbers_elsewhere  # noqa: PLC0415 - beside models
        from vks_plugin.custody.queries.leaving import follows_transfer  # noqa: PLC0415 - beside models
        from vks_plugin.host import mounting, version  # noqa: PLC0415 - imports the host's models

        version.refuse_unsupported()
        # switched off or not: what was recorded stays
        post_migrate.connect(protect_after_migration, sender=self, dispatch_uid="vks.protect_after_migration")
        in_database.FUNCTIONS[:] = [statements.APPEND, log.READ]
        post_migrate.connect(in_database.make_again, sender=self, dispatch_uid="vks.in_database")
        post_migrate.connect(into_log.make_again, sender=self, dispatch_uid="vks.into_log")
        acts.recorded_by(actions.record)
        transfers.before_leaving(before_leaving)
        transfers.told_before_leaving(follows_transfer)
        proceedings.when_leaving_archive(leave_archive)
        record.numbers_are_taken_by(numbers_elsewhere)
        transfers.goes_along(transfers.Companion(cases_with, take_paper_along))
        if not configuration().enabled:
            return
        from vks_plugin import receivers, tasks  # noqa: PLC0415 - import models

        mounting.mount_urls("vks_plugin.urls")
        mounting.mount_middleware(
            "vks_plugin.web.middleware.ActorMiddleware",
            "vks_plugin.web.middleware.DueMiddleware",
            "vks_plugin.web.middleware.HostPageMiddleware",
            "vks_plugin.web.middleware.AccessLogMiddleware",
        )
        mounting.mount_schedule(tasks.SCHEDULE)
        locale = str(Path(__file__).parent / "locale")
        if locale not in settings.LOCALE_PATHS:
            settings.LOCALE_PATHS = [*settings.LOCALE_PATHS, locale]
        receivers.connect()
