"""Compare stored files with what was recorded of them."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from vks_plugin.cases.models import CaseFile
from vks_plugin.custody.actions.fixity import check_files, close_finding
from vks_plugin.errors import VksError
from vks_plugin.language import speaking
from vks_plugin.management.actor import account, told_as_command

_MEGABYTE = 1_000_000
_SHOWN = 50


class Command(BaseCommand):
    """Calls one action and prints what it found."""

    help = "Đối chiếu tệp đang lưu của tài liệu trong hồ sơ với mã băm đã ghi; nêu tệp bị đổi, mất, không đọc được, lạ."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add what to compare, how fast, and how an alarm is closed."""
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--case", metavar="CODE", help="chỉ vụ án này")
        what.add_argument("--all", action="store_true", help="mọi vụ án, và tệp không thuộc tài liệu nào")
        what.add_argument("--close", type=int, metavar="N", help="đóng sai lệch số N, cùng --by và --reason")
        parser.add_argument(
            "--limit-rate",
            type=int,
            default=0,
            metavar="MB/s",
            help="đọc nhiều nhất chừng này mỗi giây; 0, hay không ghi: không hạn chế",
        )
        parser.add_argument("--resume", action="store_true", help="chạy tiếp lần trước bị ngắt")
        parser.add_argument("--by", metavar="USER", help="--close: lãnh đạo đóng")
        parser.add_argument("--reason", default="", metavar="TEXT", help="--close: vì sao")
        parser.add_argument("--json", action="store_true", help="in kết quả dạng JSON")

    @told_as_command
    @speaking("vi")
    def handle(self, *_args: Any, **options: Any) -> None:
        """Compare and print.

        Raises:
            CommandError: there is no such case, or files are not as recorded.
        """
        try:
            if options["close"] is not None:
                self._close(options)
            else:
                self._compare(options)
        except VksError as error:
            raise CommandError(error.message) from error

    def _compare(self, options: dict[str, Any]) -> None:
        if options["limit_rate"] < 0:
            message = "--limit-rate là số MB mỗi giây, từ 1; 0 là không hạn chế."
            raise CommandError(message)
        case = None
        if options["case"]:
            case = CaseFile.objects.filter(code=options["case"]).first()
            if case is None:
                message = f"Không có vụ án mã {options['case']}: hãy kiểm tra lại."
                raise CommandError(message)
        run = check_files(case=case, most=options["limit_rate"] * _MEGABYTE, resume=options["resume"])
        findings = list(run.findings.order_by("pk"))
        if options["json"]:
            names = ("id", "kind", "document_id", "version_id", "archive", "path", "expected", "found")
            told = [{name: getattr(each, name) for name in names} for each in findings]
            row = {"run": run.pk, "documents": run.documents, "files": run.files, "bytes": run.octets}
            self.stdout.write(json.dumps(row | {"findings": told}, ensure_ascii=False))
        else:
            self.stdout.write(f"Đã đối chiếu {run.files} tệp của {run.documents} tài liệu, {run.octets} byte.")
            for each in findings[:_SHOWN]:
                self.stdout.write(f"{each.pk}: {each.get_kind_display()}: {each.path}")
        if findings:
            message = f"{len(findings)} tệp không như đã ghi: giữ nguyên máy, báo lãnh đạo."
            raise CommandError(message)

    def _close(self, options: dict[str, Any]) -> None:
        if not options["by"]:
            message = "Hãy nêu tài khoản người đóng bằng --by."
            raise CommandError(message)
        row = close_finding(actor=account(options["by"]), finding=options["close"], reason=options["reason"])
        self.stdout.write(f"Đã đóng sai lệch số {row.pk}.")
