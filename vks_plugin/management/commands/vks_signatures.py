"""Read the signatures of documents that were filed before they could be read."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from vks_plugin.cases.models import CaseFile
from vks_plugin.errors import VksError
from vks_plugin.filing.signature_checks import Looked, read_earlier
from vks_plugin.language import speaking


class Command(BaseCommand):
    """Calls one action and prints how far it is."""

    help = "Đọc chữ ký số trong tệp PDF của tài liệu vào hồ sơ từ trước khi cài phần đọc chữ ký; tệp đã đọc thì bỏ qua."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add which documents, how many, and where to go on."""
        parser.add_argument("--case", metavar="CODE", help="chỉ vụ án này")
        parser.add_argument(
            "--limit", type=int, default=1000, metavar="N", help="xem nhiều nhất N tài liệu (mặc định 1000)"
        )
        parser.add_argument("--after", type=int, default=0, metavar="ID", help="chạy tiếp sau tài liệu số ID")

    @speaking("vi")
    def handle(self, *_args: Any, **options: Any) -> None:
        """Read and print.

        Raises:
            CommandError: there is no such case, or the part that reads signatures is not installed.
        """
        case = None
        if options["case"]:
            case = CaseFile.objects.filter(code=options["case"]).first()
            if case is None:
                message = f"Không có vụ án mã {options['case']}: hãy kiểm tra lại."
                raise CommandError(message)
        try:
            looked = read_earlier(
                case=case, after=max(options["after"], 0), most=max(options["limit"], 1), progress=self._tell
            )
        except VksError as error:
            raise CommandError(error.message) from error
        if looked.failed:
            self.stdout.write(f"{looked.failed} tệp có chữ ký số không đọc được: lý do ở trang chữ ký số của tài liệu.")
        if looked.left:
            self.stdout.write(f"Còn {looked.left} tài liệu: chạy tiếp với --after {looked.last}.")
        else:
            self.stdout.write("Đã xem hết.")

    def _tell(self, looked: Looked) -> None:
        self.stdout.write(
            f"Đã xem {looked.documents} tài liệu, đến tài liệu số {looked.last}: đọc chữ ký số của {looked.signed} tệp, "
            f"{looked.failed} không đọc được; còn {looked.left}."
        )
        self.stdout.flush()
