"""Hand waiting files to the host again, after the queue was lost."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import gettext as _

from vks_plugin.filing.actions import resume_waiting


class Command(BaseCommand):
    """Only for an empty queue: a file still queued would be taken in twice, and refused the second time."""

    help = (
        "Đưa lại vào hàng đợi các tệp đang chờ vào hồ sơ, khi hàng đợi (Redis) đã mất; "
        "chỉ chạy khi hàng đợi trống và worker đang chạy."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add `--json`."""
        parser.add_argument("--json", action="store_true", help="in kết quả dạng JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Resume, and print how many files that were."""
        resumed = resume_waiting()
        if options["json"]:
            self.stdout.write(json.dumps({"resumed": resumed}))
            return
        self.stdout.write(_("Đã đưa lại %(number)d tệp vào hàng đợi.") % {"number": resumed})
