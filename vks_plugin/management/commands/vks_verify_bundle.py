"""Judge a finished bundle, whoever made it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

from django.core.management.base import BaseCommand, CommandError, CommandParser

from vks_plugin.conf import configuration
from vks_plugin.court.verification import WORDS, Asked, is_sound, read_manifest, verify
from vks_plugin.custody.verify_ledger import LedgerError, PublicKey, read_keys


class Command(BaseCommand):
    """Reads files alone: no case, no database."""

    help = "Kiểm tra một tập hồ sơ đã lập (kể cả bằng phần mềm khác) theo thông lệ tòa án nước ngoài, không phải quy định Việt Nam."
    requires_system_checks: ClassVar[list[str]] = []  # type: ignore[misc]  # the parent's is a list or a word

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the files and what they are compared with."""
        parser.add_argument("files", nargs="+", metavar="FILE", type=Path, help="tệp PDF; nhiều tập thì theo thứ tự")
        parser.add_argument("--manifest", metavar="FILE", type=Path, help="bảng kê của tập")
        parser.add_argument(
            "--earlier",
            action="append",
            default=[],
            metavar="FILE",
            type=Path,
            help="tập trước, để xem trang đã dẫn có giữ số; nhiều tệp thì theo thứ tự",
        )
        parser.add_argument(
            "--again",
            action="append",
            default=[],
            metavar="FILE",
            type=Path,
            help="chính tập này lập lại lần nữa, để xem có giống từng byte; nhiều tệp thì theo thứ tự",
        )
        parser.add_argument("--deck", metavar="DIR", type=Path, help="thư mục bài trình chiếu dùng với tập")
        parser.add_argument(
            "--absent", action="append", default=[], metavar="TEXT", help="chữ không được còn trong tệp"
        )
        parser.add_argument("--max-megabytes", type=int, default=0, metavar="N", help="mức của tòa cho một tệp")
        parser.add_argument(
            "--roots", metavar="PATH", type=Path, help="chứng thư gốc để xét chữ ký số (mặc định: VKS_SIGNATURE_ROOTS)"
        )
        parser.add_argument(
            "--ledger-key",
            metavar="FILE",
            type=Path,
            help="khóa công khai của sổ cái (vks_ledger key), để xét điểm chốt trong bảng kê",
        )
        parser.add_argument(
            "--sources", metavar="DIR", type=Path, help="thư mục tệp nguồn, để so với mã băm trong bảng kê"
        )
        parser.add_argument("--json", action="store_true", help="in kết quả dạng JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print a row for each requirement; exit status 1 when one is not met."""
        manifest = None
        if options["manifest"]:
            try:
                manifest = read_manifest(options["manifest"])
            except (OSError, ValueError) as error:
                message = f"Không đọc được bảng kê {options['manifest']}."
                raise CommandError(message) from error
        if options["sources"] and not options["sources"].is_dir():
            message = f"Không có thư mục {options['sources']}."
            raise CommandError(message)
        keys: tuple[PublicKey, ...] = ()
        if options["ledger_key"]:
            try:
                keys = keys_in(options["ledger_key"].read_text(encoding="utf-8"))
            except (OSError, UnicodeDecodeError, LedgerError) as error:
                message = f"Không đọc được khóa công khai {options['ledger_key']}."
                raise CommandError(message) from error
        place = configuration().signature_roots
        roots = options["roots"] or (Path(place) if place else None)
        rows = verify(
            options["files"],
            Asked(
                manifest=manifest,
                earlier=tuple(options["earlier"]),
                absent=tuple(options["absent"]),
                megabytes=options["max_megabytes"],
                roots=roots,
                manifest_path=options["manifest"],
                again=tuple(options["again"]),
                deck=options["deck"],
                ledger_keys=keys,
                sources=options["sources"],
            ),
        )
        sound = is_sound(rows)
        if options["json"]:
            told = {
                "files": [str(path) for path in options["files"]],
                "sound": sound,
                "rows": [row.as_data() for row in rows],
            }
            self.stdout.write(json.dumps(told, ensure_ascii=False))
        else:
            for row in rows:
                self.stdout.write(f"{row.number:>2}  {WORDS[row.state]:<20}  {row.name} ({row.source}): {row.sentence}")
            self.stdout.write("Theo thông lệ tòa án nước ngoài nêu trong ngoặc, không phải quy định Việt Nam.")
        if not sound:
            raise SystemExit(1)


def keys_in(text: str) -> tuple[PublicKey, ...]:
    """Return the public keys of a file: that of an export, or what `vks_ledger key` printed, with words before the key.

    Raises:
        LedgerError: a line holds none, or no line does.
    """
    keys = read_keys("\n".join(line.split()[-1] for line in text.splitlines() if line.strip() and line[0] != "#"))
    if not keys:
        vietnamese, english = "tệp không có khóa công khai", "the file holds no public key"
        raise LedgerError(vietnamese, english)
    return tuple(keys)
