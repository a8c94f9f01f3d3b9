"""Write the bundle of a case into a file."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from vks_plugin.access.log import Act, Reader, or_withheld, record_case
from vks_plugin.access.queries import FACTS
from vks_plugin.cases.models import CaseFile
from vks_plugin.court import actions
from vks_plugin.court.bundle import BundleResult, write_bundle
from vks_plugin.court.choosing import Wishes
from vks_plugin.court.models import Bundle
from vks_plugin.court.plan import CORNERS
from vks_plugin.custody.signing import office_key, sign_beside
from vks_plugin.errors import VksError
from vks_plugin.language import speaking
from vks_plugin.management.actor import actor_of


class Command(BaseCommand):
    """Makes the same bundle as the case page does, without the queue."""

    help = "Lập tập hồ sơ của một vụ án (PDF có đóng số trang, bút lục, mục lục)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add what says which case, which papers, in what form and where to."""
        parser.add_argument("--case", required=True, metavar="CODE", help="mã vụ án")
        parser.add_argument("--preset", default=Bundle.Preset.WHOLE, choices=Bundle.Preset.values, help="mẫu tập")
        parser.add_argument("--out", required=True, metavar="FILE", type=Path, help="tệp PDF sẽ ghi")
        parser.add_argument(
            "--user", metavar="NAME", help="lập với phạm vi của người này (mặc định: kiểm sát viên thụ lý chính)"
        )
        parser.add_argument("--folios", default="", metavar="LIST", help="chỉ tài liệu mang các bút lục này: 1-20, 35")
        parser.add_argument("--volume-pages", type=int, default=0, metavar="N", help="số trang nhiều nhất của mỗi tập")
        parser.add_argument(
            "--volume-megabytes", type=int, default=0, metavar="N", help="dung lượng nhiều nhất mỗi tập"
        )
        parser.add_argument("--corner", default="", choices=CORNERS, help="vị trí bút lục")
        parser.add_argument("--redacted", action="store_true", help="dùng bản đã che, nếu có")
        parser.add_argument("--accept-gaps", action="store_true", help="vẫn lập khi thiếu bút lục")
        parser.add_argument("--earlier", metavar="ID", type=UUID, help="tập đã lập mà tập này dựa vào")
        parser.add_argument("--manifest", metavar="FILE", type=Path, help="ghi cả bảng kê (JSON)")
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
        # earlier files of that name stay until the new ones are complete and found sound
        try:
            with tempfile.TemporaryDirectory(dir=out.parent, prefix=".vks-") as fresh:
                result, laid = self._made(case, options, Path(fresh) / out.name)
        except VksError as error:
            raise CommandError(error.message) from error
        except OSError as error:
            message = f"Không ghi được {out}: {error.strerror or error}."
            raise CommandError(message) from error
        files = [str(out.parent / each.path.name) for each in result.volumes]
        if options["json"]:
            row: dict[str, Any] = {
                "file": files[0],
                "pages": result.page_count,
                "documents": len(laid.filed),
                "sha256": result.sha256,
                "left_out": [{"title": each.title, "why": why} for each, why in laid.left_out],
            }
            if len(files) > 1:
                row["files"] = files
            self.stdout.write(json.dumps(row, ensure_ascii=False))
        else:
            self.stdout.write(
                f"{', '.join(files)}: {result.page_count} trang, {len(laid.filed)} tài liệu, SHA-256 {result.sha256}"
            )
            for each, why in laid.left_out:
                self.stdout.write(f"Không đưa vào: {each.title}: {why}")

    def _made(self, case: CaseFile, options: dict[str, Any], fresh: Path) -> tuple[BundleResult, actions.LaidOut]:
        """Make it, tell of it, put it in place; return what was written and what it holds."""
        with transaction.atomic():
            actor = actor_of(case, options["user"])
            earlier = actions.earlier_bundle(actor, case, options["earlier"]) if options["earlier"] else None
            wishes = Wishes(
                folios=options["folios"],
                volume_pages=options["volume_pages"],
                volume_megabytes=options["volume_megabytes"],
                corner=options["corner"],
                redacted=options["redacted"],
                accept_gaps=options["accept_gaps"],
            )
            laid = actions.plan_for(actor=actor, case=case, preset=options["preset"], wishes=wishes, earlier=earlier)
        key = office_key()
        result = write_bundle(laid.plan, fresh)
        actions.inspect_all(result)
        if key is not None:
            result = actions.sign_all(laid.plan, result, key)
        with transaction.atomic():
            with or_withheld():
                # whoever runs a command is known to the server, not to us
                record_case(Reader(None, command="vks_bundle"), Act.EXPORT, case, count=len(laid.filed))
            actions.tell_made(None, case, options["preset"], laid.filed, result)
            for each in result.volumes:
                each.path.replace(options["out"].parent / each.path.name)
            if options["manifest"]:
                options["manifest"].write_text(actions.manifest_text(laid.plan, result), encoding="utf-8")
                if key is not None:
                    sign_beside(options["manifest"], key)
        return result, laid
