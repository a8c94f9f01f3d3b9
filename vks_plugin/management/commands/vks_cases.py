"""List cases."""

from __future__ import annotations

import json
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import QuerySet

from vks_plugin.access.queries import search_cases, visible_cases
from vks_plugin.cases.models import CaseFile


class Command(BaseCommand):
    """Lists the cases a person may see, or all of them for whoever holds the server."""

    help = "Liệt kê vụ án: tất cả, hoặc những vụ người dùng --user được biết."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add `--user`, `--search` and `--json`."""
        parser.add_argument("--user", metavar="NAME", help="chỉ những vụ người này được biết")
        parser.add_argument("--search", metavar="TEXT", default="", help="lọc theo mã, tên, bị can, số quyết định")
        parser.add_argument("--json", action="store_true", help="in dạng JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print one row a case."""
        cases: QuerySet[CaseFile] = CaseFile.objects.all()
        if options["user"]:
            user = User.objects.filter(username=options["user"]).first()
            if user is None:
                message = f"Không có người dùng {options['user']}: hãy kiểm tra tên đăng nhập."
                raise CommandError(message)
            cases = visible_cases(user)
        cases = search_cases(cases, options["search"]).select_related("unit").prefetch_related("accused")
        rows = [
            {
                "code": case.code,
                "name": case.name,
                "kind": case.kind,
                "stage": case.stage,
                "status": case.status,
                "unit": case.unit.code,
                "init_decision_no": case.init_decision_no,
                "init_decision_date": case.init_decision_date.isoformat(),
                "init_decision_agency": case.init_decision_agency,
                "national_case_code": case.national_case_code,
                "charge_summary": case.charge_summary,
                "handled_at": case.handled_at.isoformat(),
                "accused": [person.full_name for person in case.accused.all()],
            }
            for case in cases
        ]
        if options["json"]:
            self.stdout.write(json.dumps(rows, ensure_ascii=False, indent=1))
            return
        for row in rows:
            self.stdout.write(f"{row['code']}\t{row['unit']}\t{row['stage']}\t{row['name']}")
