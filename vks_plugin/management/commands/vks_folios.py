"""Tell what is wrong with the numbering of a case."""

from __future__ import annotations

import json
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from vks_plugin.access.policy import Level
from vks_plugin.access.queries import case_for, require
from vks_plugin.cases.folio_queries import Reported, folio_state
from vks_plugin.cases.models import CaseFile
from vks_plugin.errors import VksError


class Command(BaseCommand):
    """Prints the report of the numbering, as a person may see it or for whoever holds the server."""

    help = "Kiểm tra bút lục của một vụ án: thiếu, trùng, chồng lấn, trang và tài liệu không có bút lục, tập hồ sơ."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add `--case`, `--user` and `--json`."""
        parser.add_argument("--case", metavar="CODE", required=True, help="mã vụ án")
        parser.add_argument("--user", metavar="NAME", help="như người này được xem")
        parser.add_argument("--json", action="store_true", help="in dạng JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the report."""
        state = folio_state(self._case(options["case"], options["user"]))
        found = {
            "documents": state.report.documents,
            "folios": state.report.folios,
            "last": state.report.last,
            "open": len(state.open),
            "defects": [self._row(each) for each in state.defects],
        }
        if options["json"]:
            self.stdout.write(json.dumps(found, ensure_ascii=False, indent=1))
            return
        self.stdout.write(f"{found['documents']}\t{found['folios']}\t{found['last']}\t{found['open']}")
        for each in state.defects:
            told = "; ".join(reason.text for reason in each.explanations)
            self.stdout.write("\t".join((each.sentence, ", ".join(str(filed) for filed in each.documents), told)))

    @staticmethod
    def _case(code: str, username: str | None) -> CaseFile:
        if not username:
            case = CaseFile.objects.filter(code=code).first()
            if case is None:
                message = f"Không có vụ án mã {code}."
                raise CommandError(message)
            return case
        user = User.objects.filter(username=username).first()
        if user is None:
            message = f"Không có người dùng {username}: hãy kiểm tra tên đăng nhập."
            raise CommandError(message)
        try:
            case = case_for(user, code).case
            require(user, case, Level.VIEW, doing="xem hồ sơ")
        except VksError as error:
            raise CommandError(error.message) from error
        return case

    @staticmethod
    def _row(reported: Reported) -> dict[str, Any]:
        defect = reported.defect
        return {
            "finding": defect.finding.value,
            "sentence": reported.sentence,
            "folio_from": str(defect.first or ""),
            "folio_to": str(defect.last or ""),
            "documents": [{"document": each.document_id, "title": each.title} for each in reported.documents],
            "pages": list(defect.pages),
            "volumes": list(defect.volumes),
            "explained": defect.explained,
            "explanations": [each.text for each in reported.explanations],
        }
