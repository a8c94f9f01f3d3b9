"""Write the bundle of a case into a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from vks_plugin.access.log import Act, Reader, or_withheld, record_case
from vks_plugin.access.queries import FACTS, assignments_in_force
from vks_plugin.cases.models import Assignment, CaseFile
from vks_plugin.court import actions
from vks_plugin.court.bundle import write_bundle
from vks_plugin.court.inspection import inspect_bundle
from vks_plugin.court.models import Bundle
from vks_plugin.errors import VksError
from vks_plugin.language import speaking


class Command(BaseCommand):
    """Makes the same bundle as the case page does, without the queue."""

    help = "Lập tập hồ sơ của một vụ án (PDF có đóng số trang, bút lục, mục lục)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add `--case`, `--preset`, `--out`, `--user` and `--json`."""
        parser.add_argument("--case", required=True, metavar="CODE", help="mã vụ án")
        parser.add_argument("--preset", default=Bundle.Preset.WHOLE, choices=Bundle.Preset.values, help="mẫu tập")
        parser.add_argument("--out", required=True, metavar="FILE", type=Path, help="tệp PDF sẽ ghi")
        parser.add_argument(
            "--user", metavar="NAME", help="lập với phạm vi của người này (mặc định: kiểm sát viên thụ lý chính)"
        )
        parser.add_argument("--json", action="store_true", help="in kết quả dạng JSON")

    @speaking("vi")
    def handle(self, *_args: Any, **options: Any) -> None:
        """Write the file and print its pages and hash."""
        case = CaseFile.objects.select_related(*FACTS).filter(code=options["case"]).first()
        if case is None:
            message = f"Không có vụ án mã {options['case']}."
            raise CommandError(message)
        out: Path = options["out"]
        if not out.parent.is_dir():
            message = f"Thư mục {out.parent} không có: hãy tạo trước."
            raise CommandError(message)
        if out.is_dir():
            message = f"{out} là thư mục: hãy nêu tên tệp PDF."
            raise CommandError(message)
        # an earlier file of that name stays until the new one is complete and found sound
        fresh = out.with_name(f".{out.name}.new")
        try:
            with transaction.atomic():
                plan, filed = actions.plan_for(actor=self._actor(case, options["user"]), case=case)
            result = write_bundle(plan, fresh)
            problems = inspect_bundle(fresh).problems
            if problems:
                raise CommandError("; ".join(problems))
            with transaction.atomic():
                with or_withheld():
                    # whoever runs a command is known to the server, not to us
                    record_case(Reader(None, command="vks_bundle"), Act.EXPORT, case, count=len(filed))
                actions.tell_made(None, case, options["preset"], filed, result)
                fresh.replace(out)
        except VksError as error:
            raise CommandError(error.message) from error
        except OSError as error:
            message = f"Không ghi được {out}: {error.strerror or error}."
            raise CommandError(message) from error
        finally:
            fresh.unlink(missing_ok=True)
        if options["json"]:
            row = {"file": str(out), "pages": result.page_count, "documents": len(filed), "sha256": result.sha256}
            self.stdout.write(json.dumps(row, ensure_ascii=False))
        else:
            self.stdout.write(f"{out}: {result.page_count} trang, {len(filed)} tài liệu, SHA-256 {result.sha256}")

    @staticmethod
    def _actor(case: CaseFile, name: str | None) -> User:
        if name:
            user = User.objects.filter(username=name).first()
            if user is None:
                message = f"Không có người dùng {name}: hãy kiểm tra tên đăng nhập."
                raise CommandError(message)
            return user
        lead = assignments_in_force(case).filter(role=Assignment.Role.PROSECUTOR_LEAD).first()
        if lead is None:
            message = "Vụ án chưa có kiểm sát viên thụ lý chính: hãy chỉ rõ --user."
            raise CommandError(message)
        return lead.user
