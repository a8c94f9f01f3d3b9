"""The custody ledger: check it, sign its head, prove an entry or that it goes on, hand it out, keep its key."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from vks_plugin.cases.models import CaseFile
from vks_plugin.custody import actions, queries
from vks_plugin.custody.printed import checkpoint_pdf
from vks_plugin.custody.verify_ledger import LedgerError, read_notes
from vks_plugin.errors import VksError
from vks_plugin.language import speaking
from vks_plugin.management.actor import account, told_as_command

_WORDS = ("verify", "checkpoint", "prove", "export", "key", "restored", "heads")


class Command(BaseCommand):
    """Each of its words calls one action or query."""

    help = (
        "Sổ cái: kiểm tra (verify), chốt và ký (checkpoint), chứng minh một mục hoặc sự nối tiếp (prove), xuất (export), "
        "khóa ký (key), ghi nhận phục hồi cơ sở dữ liệu (restored), lập lại tệp ghi nhớ điểm chốt đã mất (heads)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add what to do and its options."""
        parser.add_argument("what", choices=_WORDS, help="việc cần làm")
        parser.add_argument("dir", nargs="?", metavar="DIR", type=Path, help="export: thư mục mới sẽ ghi")
        parser.add_argument("--case", metavar="CODE", help="prove, export: chỉ vụ án này")
        parser.add_argument("--seq", type=int, metavar="N", help="prove: số thứ tự của mục trong vụ án")
        parser.add_argument(
            "--since", type=int, metavar="N", help="prove: chứng minh điểm chốt sau nối tiếp điểm chốt N mục"
        )
        parser.add_argument("--until", type=int, metavar="N", help="prove --since: điểm chốt sau; mặc định là mới nhất")
        parser.add_argument(
            "--out", metavar="FILE", type=Path, help="prove: ghi bằng chứng, checkpoint: bản in PDF, vào tệp này"
        )
        parser.add_argument(
            "--show", action="append", default=[], metavar="KIND", help="export: mở giá trị của loại mục này"
        )
        parser.add_argument(
            "--as-it-stands",
            action="store_true",
            help="export: chép nguyên trạng toàn bộ sổ, không ký, khi sổ bị nghi đã bị sửa và không ký tiếp được",
        )
        parser.add_argument("--processes", type=int, default=2, metavar="N", help="verify: số tiến trình")
        parser.add_argument(
            "--heads",
            action="append",
            default=[],
            type=Path,
            metavar="FILE",
            help="verify: điểm chốt giữ ở nơi khác (bản ký, chữ chép từ bản in, hoặc bản sao heads.jsonl)",
        )
        parser.add_argument("--by", metavar="USER", help="restored, heads: lãnh đạo tỉnh ghi nhận")
        parser.add_argument("--reason", default="", metavar="TEXT", help="restored, heads: vì sao")
        parser.add_argument("--rotate", action="store_true", help="key: thay khóa")
        parser.add_argument("--lost", action="store_true", help="key --rotate: khóa cũ đã mất, chỉ khóa mới ký")
        parser.add_argument("--json", action="store_true", help="in kết quả dạng JSON")

    @told_as_command
    @speaking("vi")
    def handle(self, *_args: Any, **options: Any) -> None:
        """Do it and print.

        Raises:
            CommandError: it was refused, or the ledger does not hold.
        """
        does: dict[str, Callable[[dict[str, Any]], None]] = {
            "verify": self._verify,
            "checkpoint": self._checkpoint,
            "prove": self._prove,
            "export": self._export,
            "key": self._key,
            "restored": self._restored,
            "heads": self._heads,
        }
        try:
            does[options["what"]](options)
        except VksError as error:
            raise CommandError(error.message) from error
        except LedgerError as error:
            raise CommandError(error.vietnamese) from error
        except OSError as error:
            message = f"Không ghi được: {error.strerror or error}."
            raise CommandError(message) from error

    def _print(self, options: dict[str, Any], row: dict[str, Any], *lines: str) -> None:
        for line in [json.dumps(row, ensure_ascii=False)] if options["json"] else lines:
            self.stdout.write(line)

    def _verify(self, options: dict[str, Any]) -> None:
        elsewhere = [note.decode("utf-8", "replace") for path in options["heads"] for note in read_notes(path)]
        found = queries.verify(processes=options["processes"], heads=elsewhere)
        row = {
            "entries": found.entries,
            "ledgers": found.ledgers,
            "checkpoints": found.checkpoints,
            "problems": found.problems,
        }
        holds = (
            f"Sổ cái nguyên vẹn: {found.entries} mục của {found.ledgers} sổ, {found.checkpoints} điểm chốt. "
            f"(The ledger holds: {found.entries} entries, {found.checkpoints} checkpoints.)"
        )
        self._print(options, row, *(found.problems or [holds]))
        if found.problems:
            message = (
                f"Sổ cái không nguyên vẹn: {len(found.problems)} điểm sai. Giữ nguyên máy và báo lãnh đạo ngay. "
                f"(The ledger does not hold: {len(found.problems)} problems. Leave the machine as it is.)"
            )
            raise CommandError(message)

    def _checkpoint(self, options: dict[str, Any]) -> None:
        made = actions.make_checkpoint()
        if options["out"] is not None:
            options["out"].write_bytes(checkpoint_pdf(made))
        self._print(options, {"size": made.size, "root": bytes(made.root).hex(), "note": made.note}, made.note)

    @staticmethod
    def _case(options: dict[str, Any]) -> CaseFile | None:
        if not options["case"]:
            return None
        case = CaseFile.objects.filter(code=options["case"]).first()
        if case is None:
            message = f"Không có vụ án mã {options['case']}."
            raise CommandError(message)
        return case

    def _prove(self, options: dict[str, Any]) -> None:
        if (options["seq"] is None) == (options["since"] is None):
            message = "Hãy nêu --seq (số thứ tự của mục), hoặc --since (số mục của điểm chốt trước)."
            raise CommandError(message)
        if options["seq"] is not None:
            data = queries.prove(self._case(options), options["seq"]).as_data()
        else:
            data = queries.prove_continuation(options["since"], options["until"]).as_data()
        text = json.dumps(data, ensure_ascii=False, indent=1)
        if options["out"] is None:
            self.stdout.write(text)
            return
        options["out"].write_text(text + "\n", encoding="utf-8")
        told = {"leaf": data["leaf"]} if "leaf" in data else {}
        self._print(options, {"file": str(options["out"]), **told}, f"{options['out']}")

    def _export(self, options: dict[str, Any]) -> None:
        folder: Path | None = options["dir"]
        if folder is None:
            message = "Hãy nêu thư mục sẽ ghi."
            raise CommandError(message)
        if options["as_it_stands"]:
            self._export_as_it_stands(folder, options)
            return
        case = self._case(options)
        if options["show"] and case is None:
            message = "--show chỉ dùng cùng --case: không mở giá trị của mọi vụ án cùng lúc."
            raise CommandError(message)
        made = actions.export(folder, case=case, shown=options["show"])
        self._print(
            options,
            {"folder": str(folder), "size": made.size},
            f"Đã xuất vào {folder}, chốt ở {made.size} mục. Kiểm tra: python3 {folder}/verify_ledger.py {folder} "
            "(exported; check it with that command)",
        )

    def _export_as_it_stands(self, folder: Path, options: dict[str, Any]) -> None:
        if options["case"] or options["show"]:
            message = "--as-it-stands xuất toàn bộ sổ cùng mọi giá trị ẩn: không dùng cùng --case, --show."
            raise CommandError(message)
        number = actions.export_as_it_stands(folder)
        self._print(
            options,
            {"folder": str(folder), "entries": number},
            f"Đã chép nguyên trạng {number} mục vào {folder}, không ký gì. Có giá trị ẩn: chỉ giao cho người giám định. Kiểm tra: "
            f"python3 {folder}/verify_ledger.py {folder} (exported as it stands, nothing was signed; check it with that command)",
        )

    @staticmethod
    def _leader(options: dict[str, Any]) -> User:
        if not options["by"]:
            message = "Hãy nêu tài khoản lãnh đạo tỉnh bằng --by."
            raise CommandError(message)
        return account(options["by"])

    def _heads(self, options: dict[str, Any]) -> None:
        number = actions.begin_heads(actor=self._leader(options), reason=options["reason"])
        self._print(
            options, {"heads": number}, f"Đã lập lại tệp ghi nhớ với {number} điểm chốt và ghi vào sổ cái (begun anew)."
        )

    def _restored(self, options: dict[str, Any]) -> None:
        entry = actions.record_restored(actor=self._leader(options), reason=options["reason"])
        self._print(
            options,
            {"entry": entry.seq, **entry.said["data"]},
            "Đã ghi vào sổ cái. Hãy chạy vks_ledger checkpoint để ký tiếp.",
        )

    def _key(self, options: dict[str, Any]) -> None:
        if options["lost"] and not options["rotate"]:
            message = "--lost chỉ dùng cùng --rotate."
            raise CommandError(message)
        if options["rotate"]:
            text, made = actions.rotate_key(lost=options["lost"]), True
        else:
            text, made = actions.ensure_key()
        self._print(options, {"public": text, "made": made}, f"Khóa công khai của sổ cái (public key): {text}")
