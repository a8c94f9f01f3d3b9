"""Let offices take over the cases of others."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import fields
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from vks_plugin.access.models import Restructuring
from vks_plugin.access.transfers import Leaving, begin_plan, continue_restructuring, is_stopped, preview_plan
from vks_plugin.errors import VksError
from vks_plugin.management.actor import account, told_as_command
from vks_plugin.organization.models import ProcuracyUnit


class Command(BaseCommand):
    """Moves the cases in this very process; cut off, it is gone on with by `--resume` or on the page."""

    help = (
        "Sắp xếp đơn vị: đơn vị mới nhận mọi vụ án của các đơn vị cũ, một hay nhiều đơn vị mới một lần (--plan); "
        "dừng giữa chừng thì chạy lại với --resume."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add what is taken over by whom, and `--resume`."""
        parser.add_argument("--from", dest="old", metavar="CODES", help="mã các đơn vị cũ, ngăn cách bằng dấu phẩy")
        parser.add_argument("--to", dest="new", metavar="CODE", help="mã đơn vị mới")
        parser.add_argument(
            "--plan",
            metavar="ROWS",
            help="thay cho --from, --to: nhiều đơn vị mới trong một lần, dạng CŨ,CŨ=MỚI;CŨ,CŨ=MỚI",
        )
        parser.add_argument(
            "--on", metavar="DATE", type=dt.date.fromisoformat, help="ngày có hiệu lực, dạng 2025-07-01"
        )
        parser.add_argument("--decision", metavar="TEXT", help="số, ngày văn bản làm căn cứ")
        parser.add_argument(
            "--user", metavar="NAME", help="người quyết định: Viện trưởng hoặc quản trị hệ thống của tỉnh"
        )
        parser.add_argument("--without-posts", action="store_true", help="không chuyển chức danh sang đơn vị mới")
        parser.add_argument(
            "--resume",
            action="store_true",
            help="tiếp tục những lần sắp xếp đang dừng; cùng --to: của đơn vị mới ấy, kể cả lần đang chờ",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="chỉ đếm những gì sẽ chuyển, hoặc nêu điều cản trở; không chuyển gì"
        )
        parser.add_argument("--json", action="store_true", help="in kết quả dạng JSON")

    @told_as_command
    def handle(self, *_args: Any, **options: Any) -> None:
        """Begin or go on, and print how far it is.

        Raises:
            CommandError: something is missing or refused, or nothing has stopped.
        """
        if options["dry_run"]:
            self._tell_what_leaves(options)
            return
        rows = self._stopped(options["new"]) if options["resume"] else self._begun(options)
        for row in rows:
            for each in continue_restructuring(row):
                if not options["json"]:
                    self.stdout.write(_("%(done)d/%(total)d vụ án") % {"done": each.done, "total": each.total})
        if options["json"]:
            told = [
                {
                    "id": row.pk,
                    "successor": row.successor.code,
                    "done": row.done,
                    "total": row.total,
                    "finished_at": row.finished_at.isoformat() if row.finished_at is not None else None,
                }
                for row in rows
            ]
            self.stdout.write(json.dumps(told, ensure_ascii=False))

    @staticmethod
    def _stopped(named: str | None) -> list[Restructuring]:
        unfinished = Restructuring.objects.filter(finished_at__isnull=True).select_related("successor", "started_by")
        if named:
            # who names one knows that its worker is gone: what waits in a queue that lost it seems to wait for hours
            unfinished = unfinished.filter(successor__code=named)
        rows = [row for row in unfinished.order_by("started_at") if named or is_stopped(row)]
        if not rows:
            raise CommandError(_("Không có lần sắp xếp nào đang dừng."))
        return rows

    def _tell_what_leaves(self, options: dict[str, Any]) -> None:
        if options["resume"]:
            raise CommandError(_("Chỉ thử được lần sắp xếp chưa bắt đầu: đã dùng --resume thì bỏ --dry-run."))
        try:
            found = preview_plan(**_wanted(options))
        except VksError as error:
            raise CommandError(error.message) from error
        told = [{"predecessor": each.old.code, "successor": each.new.code, **_counted(each)} for each in found]
        if options["json"]:
            self.stdout.write(json.dumps(told, ensure_ascii=False))
            return
        for row in told:
            self.stdout.write(
                _(
                    "%(predecessor)s → %(successor)s: %(cases)d vụ án, %(posts)d chức danh của %(people)d người, giấy của "
                    "%(paper)d vụ án, %(inbox)d tài liệu chờ trong hộp nhận"
                )
                % row
            )

    @staticmethod
    def _begun(options: dict[str, Any]) -> list[Restructuring]:
        try:
            return begin_plan(**_wanted(options))
        except VksError as error:
            raise CommandError(error.message) from error


def _counted(row: Leaving) -> dict[str, int]:
    """Return what goes from one office, by its name."""
    return {each.name: getattr(row, each.name) for each in fields(row) if each.name not in {"old", "new"}}


def _wanted(options: dict[str, Any]) -> dict[str, Any]:
    """Return the plan that the words of a command ask for, as the action takes it.

    Raises:
        CommandError: something is missing, or there is no such person or office.
    """
    if options["plan"] is None and options["old"] and options["new"]:
        options["plan"] = f"{options['old']}={options['new']}"
    if not all(options[name] for name in ("plan", "on", "decision", "user")):
        raise CommandError(_("Hãy nêu --from và --to (hoặc --plan), --on, --decision và --user; hoặc --resume."))
    actor = account(options["user"])
    pairs = _pairs(options["plan"])
    units = {
        unit.code: unit for unit in ProcuracyUnit.objects.filter(code__in={code for both in pairs for code in both})
    }
    missing = [code for code in dict.fromkeys(code for both in pairs for code in both) if code not in units]
    if missing:
        raise CommandError(_("Không có đơn vị mang mã %(codes)s.") % {"codes": ", ".join(missing)})
    return {
        "actor": actor,
        "plan": [(units[old], units[new]) for old, new in pairs],
        "effective_date": options["on"],
        "decision": options["decision"],
        "carries_posts": not options["without_posts"],
    }


def _pairs(plan: str) -> list[tuple[str, str]]:
    """Return each old office of a plan with the one that takes it over, by their codes.

    Raises:
        CommandError: a row does not name both.
    """
    found = []
    for row in filter(None, (each.strip() for each in plan.split(";"))):
        olds, _equals, new = row.partition("=")
        codes = [code.strip() for code in olds.split(",") if code.strip()]
        if not codes or not new.strip():
            raise CommandError(_("Dòng “%(row)s” phải có dạng CŨ,CŨ=MỚI.") % {"row": row})
        found += [(code, new.strip()) for code in codes]
    return found
