"""Write the deck of a presentation, or check one."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from vks_plugin.access.log import Act, Reader, or_withheld, record_case
from vks_plugin.access.queries import FACTS
from vks_plugin.cases.models import CaseFile
from vks_plugin.conf import configuration
from vks_plugin.court.deck import actions
from vks_plugin.court.deck.html import write_folder
from vks_plugin.court.deck.locking import lock
from vks_plugin.court.deck.manifest import judge
from vks_plugin.court.deck.models import DeckExport, Presentation
from vks_plugin.court.deck.queries import deck_for, is_closed, presentation_of
from vks_plugin.court.deck.rendering import file_sha256
from vks_plugin.custody.signing import configured_key
from vks_plugin.errors import BadInput, VksError
from vks_plugin.hashing import sha256_of
from vks_plugin.language import speaking
from vks_plugin.management.actor import actor_of, told_as_command
from vks_plugin.management.passwords import add_password_arguments, wanted_password


def _plain_place(export: DeckExport) -> Path:
    """Return a folder of the server for what is not encrypted yet."""
    place = export.path.parent
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    return place


class Command(BaseCommand):
    """Makes the same deck as the case page does, without the queue."""

    help = "Xuất gói trình chiếu của một vụ án (thư mục hoặc ZIP mở bằng trình duyệt, PowerPoint, PDF), hoặc đối chiếu một gói."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add what says which presentation, in what form and where to, or what is to be checked."""
        parser.add_argument("--case", metavar="CODE", help="mã vụ án")
        parser.add_argument(
            "--presentation", type=int, metavar="N", help="bài trình chiếu số mấy (mặc định: bài mới nhất)"
        )
        parser.add_argument(
            "--compose", choices=Presentation.Order.values, help="soạn một bài mới từ hồ sơ theo cách xếp này rồi xuất"
        )
        parser.add_argument("--out", metavar="FILE_OR_DIR", type=Path, help="tệp hoặc thư mục sẽ ghi")
        parser.add_argument(
            "--format", default=DeckExport.Format.HTML, choices=DeckExport.Format.values, help="dạng gói"
        )
        parser.add_argument(
            "--check", metavar="FILE_OR_DIR", type=Path, help="đối chiếu một gói với hồ sơ, không xuất gì"
        )
        parser.add_argument(
            "--roots", metavar="PATH", type=Path, help="chứng thư gốc để xét chữ ký số (mặc định: VKS_SIGNATURE_ROOTS)"
        )
        parser.add_argument(
            "--user", metavar="NAME", help="xuất với phạm vi của người này (mặc định: kiểm sát viên thụ lý chính)"
        )
        parser.add_argument(
            "--closed-trial",
            action="store_true",
            help="vụ án xét xử kín: xác nhận chỉ chiếu trong phòng xử án, trước người được phép dự, đã thống nhất với chủ tọa",
        )
        add_password_arguments(parser)
        parser.add_argument("--json", action="store_true", help="in kết quả dạng JSON")

    @told_as_command
    @speaking("vi")
    def handle(self, *_args: Any, **options: Any) -> None:
        """Write the deck and print what is in it, or print what does not fit."""
        try:
            if options["check"] is not None:
                self._check(options["check"], options["roots"], as_json=options["json"])
            else:
                self._write(options)
        except VksError as error:
            raise CommandError(error.message) from error

    def _check(self, path: Path, roots: Path | None, *, as_json: bool) -> None:
        place = configuration().signature_roots
        found, signed = judge(path, roots or (Path(place) if place else None))
        if as_json:
            self.stdout.write(json.dumps({"problems": found, "signatures": signed}, ensure_ascii=False))
        else:
            for sentence in signed:
                self.stdout.write(sentence)
            if not found:
                self.stdout.write(f"{path}: mọi trang khớp với hồ sơ.")
        if found:
            raise CommandError("\n".join(found))

    def _write(self, options: dict[str, Any]) -> None:
        if not options["case"] or options["out"] is None:
            message = "Hãy nêu --case và --out, hoặc --check."
            raise CommandError(message)
        case = CaseFile.objects.select_related(*FACTS).filter(code=options["case"]).first()
        if case is None:
            message = f"Không có vụ án mã {options['case']}."
            raise CommandError(message)
        out: Path = options["out"].absolute()
        folder = options["format"] == DeckExport.Format.HTML and out.suffix.lower() != ".zip"
        self._look(out, folder=folder)
        password = wanted_password(options)
        if password is not None:
            self._look_encrypted(out, options["format"])
        key = configured_key()
        actor = actor_of(case, options["user"])
        closed = is_closed(case)
        if closed and not options["closed_trial"]:
            message = f"{actions.UNANSWERED} (--closed-trial)"
            raise BadInput(message)
        with transaction.atomic():
            deck, presentation = self._deck(case, actor, options)
        # a package like any other: it is confirmed as destroyed on the page of its case
        export = DeckExport(presentation=presentation, format=options["format"], requested_by=actor)
        export.encrypted = password is not None
        deck = replace(deck, package=str(export.pk), expires_on=actions.expiry_for(case))
        manifest: dict[str, Any]
        try:
            with (
                tempfile.TemporaryDirectory(dir=out.parent, prefix=".deck-") as place,
                tempfile.TemporaryDirectory(dir=_plain_place(export), prefix=".deck-") as plain,
            ):
                fresh = Path(place) / "deck"
                if password is not None:
                    # on the stick only what is encrypted ever lies
                    source = Path(plain) / export.path.name
                    manifest = actions.write_deck(deck, source, options["format"], key=key)
                    made = sha256_of(source)
                    with fresh.open("w+b") as stream:
                        lock(source, stream, password)
                elif folder:
                    fresh.mkdir()
                    manifest = write_folder(deck, fresh, key=key)
                else:
                    manifest = actions.write_deck(deck, fresh, options["format"], key=key)
                sha256 = file_sha256(fresh / "manifest.json" if folder else fresh)
                if password is None:
                    made = sha256
                # what is handed out was told before: it gets its name last
                with transaction.atomic():
                    with or_withheld():
                        # whoever runs a command is known to the server, not to us
                        record_case(Reader(None, command="vks_deck"), Act.EXPORT, case, count=len(deck.documents))
                    actions.record_made(export, deck, made, manifest)
                    if closed:
                        actions.tell_closed(None, export)
                    actions.tell_made(None, export, deck, made, manifest)
                    if password is not None:
                        actions.tell_locked(None, export, sha256)
                    if folder and out.exists():
                        out.rmdir()
                    fresh.replace(out)
        except BaseException as error:
            if options["compose"]:
                # composed for this deck alone
                actions.remove_presentation(actor=actor, presentation=presentation)
            if isinstance(error, OSError):
                message = f"Không ghi được {out}: {error.strerror or error}."
                raise CommandError(message) from error
            raise
        if options["json"]:
            row = {
                "file": str(options["out"]),
                "presentation": presentation.number,
                "slides": len(deck.slides),
                "pages": len(deck.pages),
                "documents": len(deck.documents),
                "sha256": sha256,
                "remarks": list(deck.remarks),
            }
            self.stdout.write(json.dumps(row, ensure_ascii=False))
            return
        for remark in deck.remarks:
            self.stdout.write(f"Lưu ý: {remark}")
        what = "manifest.json SHA-256" if folder else "SHA-256"
        self.stdout.write(
            f"{options['out']}: {len(deck.slides)} trang trình chiếu, {len(deck.pages)} trang hồ sơ, {what} {sha256}"
        )

    @staticmethod
    def _look(out: Path, *, folder: bool) -> None:
        if not out.parent.is_dir():
            message = f"Thư mục {out.parent} không có: hãy tạo trước."
            raise CommandError(message)
        if folder and out.exists() and (not out.is_dir() or any(out.iterdir())):
            message = f"{out} đã có: hãy nêu thư mục mới hoặc thư mục trống."
            raise CommandError(message)
        if not folder and out.is_dir():
            message = f"{out} là thư mục: hãy nêu tên tệp."
            raise CommandError(message)

    @staticmethod
    def _look_encrypted(out: Path, file_type: str) -> None:
        ending = ".pdf" if file_type == DeckExport.Format.PDF else ".zip"
        if out.suffix.lower() != ending:
            message = f"Gói mã hóa là một tệp {ending}: hãy nêu --out có đuôi ấy."
            raise CommandError(message)

    @staticmethod
    def _deck(case: CaseFile, actor: User, options: dict[str, Any]) -> tuple[Any, Presentation]:
        if options["compose"]:
            made = actions.create_presentation(actor=actor, case=case, order=options["compose"], compose=True)
            return deck_for(actor, made), made
        number = options["presentation"]
        if number is None:
            newest = Presentation.objects.filter(case=case).order_by("-number").first()
            if newest is None:
                message = "Vụ án chưa có bài trình chiếu: hãy soạn ở mục Trình chiếu, phiên tòa của vụ án, hoặc thêm --compose."
                raise CommandError(message)
            number = newest.number
        presentation = presentation_of(case, number)
        return deck_for(actor, presentation), presentation
