"""Examine the installation and say how to mend what is wrong."""

from __future__ import annotations

import difflib
import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from vks_plugin.doctor.examination import Report, run
from vks_plugin.doctor.registry import BY_ID, CHECKS
from vks_plugin.doctor.results import Check, Scope, Status

_WORDS = {Status.OK: "OK", Status.SKIPPED: "BỎ QUA", Status.WARNING: "CHÚ Ý", Status.ERROR: "LỖI"}


class Command(BaseCommand):
    """Runs the checks and prints what they found; exit code 1 when something must be mended."""

    help = "Khám bản cài đặt: chỉ ra từng chỗ sai và cách sửa, không thay đổi gì. Mã thoát 1 khi có lỗi."
    # the checks of Django and of the host would stop the doctor where it is needed most
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Add `--only`, `--full` and `--json`."""
        parser.add_argument(
            "--only", action="append", metavar="ID", default=[], help="chỉ phép kiểm tra này (dùng được nhiều lần)"
        )
        parser.add_argument(
            "--full", action="store_true", help="đối chiếu mọi tài liệu thay vì lấy mẫu (có thể lâu hơn 5 giây)"
        )
        parser.add_argument("--json", action="store_true", help="in kết quả dạng JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run and print."""
        report = run(self._chosen(options["only"]), Scope(full=options["full"]))
        if options["json"]:
            summary = {**report.counts(), "seconds": report.seconds}
            rows = [finding.as_row() for finding in report.findings]
            self.stdout.write(json.dumps({"checks": rows, "summary": summary}, ensure_ascii=False, indent=1))
        else:
            self._print(report)
        if report.exit_code:
            sys.exit(report.exit_code)

    @staticmethod
    def _chosen(ids: list[str]) -> list[Check]:
        for each in ids:
            if each not in BY_ID:
                near = difflib.get_close_matches(each, BY_ID, n=3)
                hint = f": có phải {', '.join(near)}?" if near else ": xem danh sách trong docs/doctor.md."
                message = f"Không có phép kiểm tra {each}{hint}"
                raise CommandError(message, returncode=2)
        return [check for check in CHECKS if not ids or check.id in ids]

    def _print(self, report: Report) -> None:
        wide = max(len(finding.check.id) for finding in report.findings)
        for finding in report.findings:
            check, result = finding.check, finding.result
            self.stdout.write(f"{_WORDS[result.status]:<7} {check.id:<{wide}}  {check.title}")
            if result.status in {Status.WARNING, Status.ERROR}:
                self.stdout.write(f"        {result.sentence}")
                self.stdout.write(f"        → {result.mend}")
        counts = report.counts()
        self.stdout.write(
            f"\n{counts['error']} lỗi, {counts['warning']} chú ý, {counts['ok']} tốt, {counts['skipped']} bỏ qua "
            f"– {report.seconds:.1f} giây (errors, warnings, fine, skipped)."
        )
