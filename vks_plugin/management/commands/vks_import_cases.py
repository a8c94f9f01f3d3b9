"""Load a list of cases."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from vks_plugin.cases.models import CaseImport, CaseImportRow
from vks_plugin.errors import VksError
from vks_plugin.exchange import actions
from vks_plugin.language import speaking
from vks_plugin.management.actor import account, told_as_command
from vks_plugin.organization.models import ProcuracyUnit


class Command(BaseCommand):
    """Does what the page does, on behalf of a person who may register cases, without the queue."""

    help = "Nạp danh sách vụ án (CSV hoặc XLSX); --dry-run chỉ kiểm tra. Nạp lại an toàn: dòng đã nạp giữ nguyên."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the file, `--user`, `--unit`, `--update`, `--dry-run` and `--json`."""
        parser.add_argument("file", metavar="FILE", type=Path, help="danh sách vụ án, .csv hoặc .xlsx")
        parser.add_argument("--user", required=True, metavar="NAME", help="nạp nhân danh người này")
        parser.add_argument("--unit", metavar="CODE", help="đơn vị của các dòng không ghi đơn vị")
        parser.add_argument("--update", action="store_true", help="cập nhật cả vụ đã có")
        parser.add_argument("--dry-run", action="store_true", help="không ghi gì, chỉ báo")
        parser.add_argument("--json", action="store_true", help="in kết quả dạng JSON")

    @told_as_command
    @speaking("vi")
    def handle(self, *_args: Any, **options: Any) -> None:
        """Load, and print what became of each row.

        Raises:
            CommandError: the list cannot be used, or at least one row was refused.
        """
        actor = account(options["user"])
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(_("Không có tệp %(path)s.") % {"path": path})
        unit = None
        if options["unit"]:
            unit = ProcuracyUnit.objects.select_related("parent").filter(code=options["unit"]).first()
            if unit is None:
                raise CommandError(_("Không có đơn vị mang mã %(code)s.") % {"code": options["unit"]})
        try:
            made = actions.hand_in(
                actor=actor,
                file=path,
                filename=path.name,
                unit=unit,
                updates=options["update"],
                load=not options["dry_run"],
                queued=False,
            )
        except VksError as error:
            raise CommandError(error.message) from error
        while actions.run(made.pk):
            made.refresh_from_db(fields=["done", "total"])
            self.stderr.write(f"{made.done}/{made.total}")
        made.refresh_from_db()
        if made.status == CaseImport.Status.FAILED:
            raise CommandError(made.error)
        if options["dry_run"]:
            actions.discard(actor=actor, pk=made.pk)
        self._report(made, as_json=options["json"])

    def _report(self, made: CaseImport, *, as_json: bool) -> None:
        rows = list(made.rows.all())
        counts = actions.summary_of(made)
        if as_json:
            told = {
                "import": made.pk,
                "total": made.total,
                "notes": made.notes,
                "counts": counts,
                "rows": [
                    {"row": row.row, "outcome": row.outcome, "code": row.code, "sentences": row.sentences}
                    for row in rows
                ],
            }
            self.stdout.write(json.dumps(told, ensure_ascii=False))
        else:
            for note in made.notes:
                self.stdout.write(note)
            for row in rows:
                words = [f"{row.row}: {row.get_outcome_display()}", row.code, *row.sentences]
                self.stdout.write("\t".join(each for each in words if each))
            for outcome in CaseImportRow.Outcome:
                found = counts[outcome.value]
                amount = _("%(rows)d dòng, %(cases)d vụ") % found
                self.stdout.write(f"{outcome.label}: {amount}")
        refused = counts[CaseImportRow.Outcome.REFUSED]["rows"]
        if refused:
            raise CommandError(
                _("%(refused)d trong %(all)d dòng chưa nạp: sửa theo từng dòng rồi nạp lại (nạp lại an toàn).")
                % {"refused": refused, "all": made.total}
            )
