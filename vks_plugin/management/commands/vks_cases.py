"""List cases."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import QuerySet

from vks_plugin.access.case_lists import Deadline, next_deadlines
from vks_plugin.access.policy import Level
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
        user = None
        if options["user"]:
            user = User.objects.filter(username=options["user"]).first()
            if user is None:
                message = f"Không có người dùng {options['user']}: hãy kiểm tra tên đăng nhập."
                raise CommandError(message)
            cases = visible_cases(user)
        found = search_cases(cases, options["search"]).select_related("unit").prefetch_related("accused")
        # a person is told the class and the limits of cases that person may read
        readable = (
            set(visible_cases(user, at_least=Level.VIEW).values_list("pk", flat=True)) if user is not None else None
        )
        due = next_deadlines(found.order_by().values("pk"))
        rows = [_row(case, due, readable is None or case.pk in readable) for case in found]
        if options["json"]:
            self.stdout.write(json.dumps(rows, ensure_ascii=False, indent=1))
            return
        for row in rows:
            self.stdout.write(f"{row['code']}\t{row['unit']}\t{row['stage']}\t{row['name']}")


def _row(case: CaseFile, due: Mapping[int, Deadline], read: bool) -> dict[str, Any]:
    limit = due.get(case.pk) if read else None
    return {
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
        "crime_class": case.crime_class if read else "",
        "handled_at": case.handled_at.isoformat(),
        "accused": [person.full_name for person in case.accused.all()],
        "next_deadline": {
            "rule": limit.row.rule,
            "due_on": limit.row.due_on.isoformat(),
            "band": limit.band,
            "days_left": limit.days_left,
        }
        if limit is not None
        else None,
    }
