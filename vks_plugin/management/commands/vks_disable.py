"""Make the installation safe to run without the plugin."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils.translation import gettext as _

from vks_plugin.access.actions import project_everything
from vks_plugin.conf import configuration
from vks_plugin.court.models import OPEN, Bundle
from vks_plugin.filing.models import IntakeItem
from vks_plugin.organization.actions import suspend_dated_access


class Command(BaseCommand):
    """Ends dated grants and keeps owners, so that switching the plugin off widens nobody's access."""

    help = (
        "Chuẩn bị tắt vks_plugin: thu hồi các quyền có thời hạn, giữ nguyên chủ sở hữu và quyền khác; "
        "sau đó đặt VKS_ENABLED=false và khởi động lại."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add `--json` and `--force`."""
        parser.add_argument("--json", action="store_true", help="in kết quả dạng JSON")
        parser.add_argument("--force", action="store_true", help="cả khi còn tệp hoặc tập hồ sơ đang chờ xử lý")

    def handle(self, *_args: Any, **options: Any) -> None:
        """End what nobody would end later.

        Raises:
            CommandError: work is under way that only the plugin can finish.
        """
        waiting = IntakeItem.objects.filter(status=IntakeItem.Status.WAITING).count()
        running = Bundle.objects.filter(status__in=OPEN).count()
        if (waiting or running) and not options["force"]:
            raise CommandError(
                _(
                    "Còn %(files)d tệp đang chờ vào hồ sơ và %(bundles)d tập hồ sơ đang tạo: hãy đợi xong rồi chạy lại, "
                    "hoặc dùng --force (tệp vẫn được giữ, và vào hồ sơ khi bật lại)."
                )
                % {"files": waiting, "bundles": running}
            )
        with transaction.atomic():
            suspend_dated_access()
            swept = project_everything()
        if options["json"]:
            self.stdout.write(json.dumps({**asdict(swept), "enabled": configuration().enabled}))
            return
        self.stdout.write(
            _("Đã thu hồi quyền có thời hạn: %(documents)d tài liệu của %(cases)d vụ án, %(memberships)d nhóm quyền.")
            % asdict(swept)
        )
        self.stdout.write(_("Bây giờ hãy đặt VKS_ENABLED=false rồi khởi động lại web, worker và beat."))
        self.stdout.write(_("Bật lại: bỏ VKS_ENABLED=false, khởi động lại, rồi chạy vks_setup."))
