"""Compute a time limit, without a case."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from vks_plugin.cases.calendar import counting
from vks_plugin.cases.deadlines import CLASSES, DeadlineError, compute, deadline_rules


def _moment(text: str) -> dt.date | dt.datetime:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        pass
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(
            _("Ngày phải viết theo dạng 2025-03-03, hoặc 2025-03-03T14:00 khi tính theo giờ: “%(text)s”.")
            % {"text": text[:40]}
        ) from error


class Command(BaseCommand):
    """Prints the last day of a limit with its arithmetic and article, or lists the limits."""

    help = "Tính một thời hạn tố tụng: hạn cuối, phép tính và điều luật; --list in danh mục thời hạn."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add what is computed."""
        parser.add_argument("--rule", metavar="ID", help="mã thời hạn, xem --list")
        parser.add_argument("--from", dest="start", metavar="DATE", help="ngày bắt đầu tính, ví dụ 2025-03-03")
        parser.add_argument("--class", dest="crime_class", choices=CLASSES, help="loại tội phạm")
        parser.add_argument("--extensions", type=int, default=0, metavar="N", help="số lần đã gia hạn")
        parser.add_argument("--held-days", type=int, default=0, metavar="N", help="số ngày đã tạm giữ")
        parser.add_argument("--list", action="store_true", help="in danh mục thời hạn")
        parser.add_argument("--json", action="store_true", help="in danh mục dạng JSON (kết quả tính luôn là JSON)")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the answer.

        Raises:
            CommandError: the question is incomplete or has no answer; the sentence says why.
        """
        rules = deadline_rules()
        if options["list"]:
            if options["json"]:
                rows = [{"id": each.id, "label": each.label, "article": each.article} for each in rules.values()]
                self.stdout.write(json.dumps(rows, ensure_ascii=False))
                return
            for each in rules.values():
                self.stdout.write(f"{each.id}: {each.label} – {each.article}")
            return
        if not options["rule"] or not options["start"]:
            raise CommandError(_("Hãy nêu --rule và --from, hoặc --list."))
        rule = rules.get(options["rule"])
        if rule is None:
            raise CommandError(_("Không có thời hạn mã %(id)s: xem vks_deadlines --list.") % {"id": options["rule"]})
        try:
            found = compute(
                rule,
                _moment(options["start"]),
                crime_class=options["crime_class"],
                extensions=options["extensions"],
                held_days=options["held_days"],
                counting=counting(),
            )
        except DeadlineError as error:
            raise CommandError(str(error)) from error
        answer = {
            "rule": rule.id,
            "label": rule.label,
            "start": found.start.isoformat(),
            "due": found.due.isoformat(),
            "counted_days": found.counted_days,
            "request_by": found.request_by.isoformat() if found.request_by is not None else None,
            "article": rule.article,
            "arithmetic": found.arithmetic,
            "note": rule.note,
        }
        self.stdout.write(json.dumps(answer, ensure_ascii=False))
