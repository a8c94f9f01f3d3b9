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
from vks_plugin.cases.proceedings import event_label
from vks_plugin.court.tracing import trace
from vks_plugin.errors import VksError


class Command(BaseCommand):
    """Prints the report of the numbering, as a person may see it or for whoever holds the server."""

    help = "Kiểm tra bút lục của một vụ án: thiếu, trùng, chồng lấn, trang và tài liệu không có bút lục, tập hồ sơ."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add `--case`, `--user` and `--json`."""
        parser.add_argument("--case", metavar="CODE", required=True, help="mã vụ án")
        parser.add_argument("--user", metavar="NAME", help="như người này được xem")
        parser.add_argument(
            "--folio", metavar="N", help="chỉ tra bút lục này về tài liệu, sổ cái, tập hồ sơ; cùng --user"
        )
        parser.add_argument("--json", action="store_true", help="in dạng JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the report, or where one folio leads."""
        if options["folio"]:
            self._trace(options)
            return
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

    def _trace(self, options: dict[str, Any]) -> None:
        if not options["user"]:
            message = "Tra bút lục theo phạm vi của một người: hãy nêu --user."
            raise CommandError(message)
        try:
            found = trace(self._person(options["user"]), options["case"], options["folio"])
        except VksError as error:
            raise CommandError(error.message) from error
        told = {
            "folio": found.folio.label,
            "document": found.filed.document_id,
            "title": found.filed.title,
            "number": found.filed.number,
            "page": found.folio.page,
            "decisions": [
                {"event": each.event, "number": each.number, "happened_on": each.happened_on.isoformat()}
                for each in found.events
            ],
            "history": [
                {
                    "seq": each.entry.seq,
                    "act": each.entry.said["kind"],
                    "at": each.entry.stated.isoformat(),
                    "label": each.label,
                }
                for each in found.history
            ],
            "bundles": [{"bundle": str(each.bundle.pk), "page": each.page} for each in found.bundles],
        }
        if options["json"]:
            self.stdout.write(json.dumps(told, ensure_ascii=False, indent=1))
            return
        self.stdout.write(
            f"{found.folio.label}\t{found.filed.document_id}\t{found.filed.title}\t{found.folio.page or '?'}"
        )
        for step in found.events:
            self.stdout.write(f"{event_label(step.event)}\t{step.number}\t{step.happened_on:%d/%m/%Y}")
        for entry in found.history:
            self.stdout.write(f"{entry.entry.seq}\t{entry.entry.stated:%d/%m/%Y %H:%M}\t{entry.label}\t{entry.actor}")
        for bundled in found.bundles:
            self.stdout.write(f"{bundled.bundle.pk}\t{bundled.page}")

    @staticmethod
    def _person(username: str) -> User:
        user = User.objects.filter(username=username).first()
        if user is None:
            message = f"Không có người dùng {username}: hãy kiểm tra tên đăng nhập."
            raise CommandError(message)
        return user

    @classmethod
    def _case(cls, code: str, username: str | None) -> CaseFile:
        if not username:
            case = CaseFile.objects.filter(code=code).first()
            if case is None:
                message = f"Không có vụ án mã {code}."
                raise CommandError(message)
            return case
        user = cls._person(username)
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
