"""Enter days off and working days by decree, and recalculate time limits."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from vks_plugin.cases.actions.calendar import set_calendar_days
from vks_plugin.cases.actions.deadlines import refresh_all
from vks_plugin.cases.models import CalendarDay
from vks_plugin.errors import VksError


def _days(texts: list[str] | None) -> list[dt.date]:
    try:
        return [dt.date.fromisoformat(text) for text in texts or []]
    except ValueError as error:
        raise CommandError(_("Ngày phải viết theo dạng 2026-02-16.")) from error


class Command(BaseCommand):
    """Without a day it only lists what was entered."""

    help = "Nhập ngày nghỉ, ngày làm bù theo quyết định mà lịch đi kèm chưa biết, rồi tính lại thời hạn; không nêu ngày thì liệt kê."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the days."""
        parser.add_argument("--off", action="append", metavar="DATE", help="ngày nghỉ; nêu được nhiều lần")
        parser.add_argument("--worked", action="append", metavar="DATE", help="ngày làm bù; nêu được nhiều lần")
        parser.add_argument("--remove", action="append", metavar="DATE", help="bỏ một ngày đã nhập")
        parser.add_argument("--note", default="", metavar="TEXT", help="căn cứ, ví dụ số quyết định")
        parser.add_argument("--json", action="store_true", help="in kết quả dạng JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Enter the days, recalculate, and list what is entered.

        Raises:
            CommandError: a day cannot be read or is given in two senses.
        """
        off, worked, removed = (_days(options[name]) for name in ("off", "worked", "remove"))
        changed = 0
        if off or worked or removed:
            try:
                set_calendar_days(off=off, worked=worked, note=options["note"], removed=removed)
            except VksError as error:
                raise CommandError(error.message) from error
            done = refresh_all()
            changed = done.added + done.changed + done.removed
        rows = list(CalendarDay.objects.values("day", "is_day_off", "note"))
        if options["json"]:
            days = [{**row, "day": row["day"].isoformat()} for row in rows]
            self.stdout.write(json.dumps({"days": days, "recalculated": changed}, ensure_ascii=False))
            return
        for row in rows:
            kind = _("nghỉ") if row["is_day_off"] else _("làm việc")
            self.stdout.write(f"{row['day']:%d/%m/%Y} {kind} {row['note']}".rstrip())
        if off or worked or removed:
            self.stdout.write(_("Đã tính lại: %(number)d thời hạn thay đổi.") % {"number": changed})
