"""Write the bundle of a case into a file."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from vks_plugin.access.log import Act, Reader, or_withheld, record_case
from vks_plugin.access.queries import FACTS
from vks_plugin.cases.models import CaseFile
from vks_plugin.conf import configuration
from vks_plugin.court import actions
from vks_plugin.court.bundle import BundleResult, check_sources, write_addition, write_bundle
from vks_plugin.court.cautions import look_at
from vks_plugin.court.choosing import BY_PROFILE, Wishes
from vks_plugin.court.deck.locking import lock_all
from vks_plugin.court.models import Bundle
from vks_plugin.court.plan import CORNERS
from vks_plugin.custody import verify_ledger
from vks_plugin.custody.signing import configured_key, sign_beside
from vks_plugin.errors import VksError
from vks_plugin.hashing import sha256_of
from vks_plugin.language import speaking
from vks_plugin.management.actor import actor_of, told_as_command
from vks_plugin.management.passwords import add_password_arguments, wanted_password


class Command(BaseCommand):
    """Makes the same bundle as the case page does, without the queue."""

    help = "Lập tập hồ sơ của một vụ án (PDF có đóng số trang, bút lục, mục lục)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add what says which case, which papers, in what form and where to."""
        parser.add_argument("--case", required=True, metavar="CODE", help="mã vụ án")
        parser.add_argument("--preset", default=Bundle.Preset.WHOLE, choices=Bundle.Preset.values, help="mẫu tập")
        where = parser.add_mutually_exclusive_group(required=True)
        where.add_argument("--out", metavar="FILE", type=Path, help="tệp PDF sẽ ghi")
        where.add_argument(
            "--store", action="store_true", help="giữ tập trong vụ án như khi lập từ trang, đứng tên --user"
        )
        where.add_argument(
            "--check", action="store_true", help="chỉ xem trước: số trang, tài liệu không đưa vào, điểm nên xem"
        )
        parser.add_argument(
            "--user", metavar="NAME", help="lập với phạm vi của người này (mặc định: kiểm sát viên thụ lý chính)"
        )
        parser.add_argument("--folios", default="", metavar="LIST", help="chỉ tài liệu mang các bút lục này: 1-20, 35")
        parser.add_argument(
            "--documents", nargs="+", type=int, default=[], metavar="ID", help="chỉ các tài liệu này (số trong DMS)"
        )
        parser.add_argument("--volume-pages", type=int, default=0, metavar="N", help="số trang nhiều nhất của mỗi tập")
        parser.add_argument(
            "--volume-megabytes", type=int, default=0, metavar="N", help="dung lượng nhiều nhất mỗi tập"
        )
        parser.add_argument(
            "--corner",
            default="",
            choices=[*CORNERS, BY_PROFILE],
            help="vị trí bút lục; profile: theo cách đánh bút lục của hồ sơ",
        )
        parser.add_argument("--agency", action="store_true", help="ghi cơ quan đóng dấu bút lục")
        parser.add_argument("--redacted", action="store_true", help="dùng bản đã che, nếu có")
        parser.add_argument("--accept-gaps", action="store_true", help="vẫn lập khi thiếu bút lục")
        parser.add_argument("--skip-equal", action="store_true", help="bỏ tài liệu trùng, giữ bản đứng trước")
        parser.add_argument("--earlier", metavar="ID", type=UUID, help="tập đã lập mà tập này dựa vào")
        parser.add_argument("--manifest", metavar="FILE", type=Path, help="ghi cả bảng kê (JSON)")
        parser.add_argument(
            "--addition", metavar="FILE", type=Path, help="mẫu bo_sung: ghi riêng phần thêm, số trang như trong tập"
        )
        add_password_arguments(parser)
        parser.add_argument("--json", action="store_true", help="in kết quả dạng JSON")

    @told_as_command
    @speaking("vi")
    def handle(self, *_args: Any, **options: Any) -> None:
        """Write the file and print its pages and hash."""
        case = CaseFile.objects.select_related(*FACTS).filter(code=options["case"]).first()
        if case is None:
            message = f"Không có vụ án mã {options['case']}."
            raise CommandError(message)
        if why := _why_not(options):
            raise CommandError(why)
        if options["check"]:
            self._check(case, options)
        elif options["store"]:
            self._store(case, options)
        else:
            self._write(case, options)

    def _laid(self, case: CaseFile, options: dict[str, Any]) -> actions.LaidOut:
        actor = actor_of(case, options["user"])
        earlier = actions.earlier_bundle(actor, case, options["earlier"]) if options["earlier"] else None
        return actions.plan_for(
            actor=actor, case=case, preset=options["preset"], wishes=_wishes(options), earlier=earlier
        )

    def _check(self, case: CaseFile, options: dict[str, Any]) -> None:
        """Tell what would be made, without making it."""
        try:
            laid = self._laid(case, options)
            check_sources(laid.plan)
            actions.check_copies(case, laid.plan)
            laid, odd = _looked_at(laid, options)
        except VksError as error:
            raise CommandError(error.message) from error
        told = {
            "pages": laid.plan.page_count,
            "volumes": len(laid.plan.volumes),
            "documents": len(laid.filed),
            "left_out": [{"title": each.title, "why": why} for each, why in laid.left_out],
            "cautions": [_as_data(each) for each in odd],
        }
        if options["json"]:
            self.stdout.write(json.dumps(told, ensure_ascii=False))
            return
        self.stdout.write(f"{told['pages']} trang, {told['volumes']} tập, {told['documents']} tài liệu")
        for each, why in laid.left_out:
            self.stdout.write(f"Không đưa vào: {each.title}: {why}")
        for one in odd:
            self.stdout.write(f"Nên xem: {one.sentence}")

    def _store(self, case: CaseFile, options: dict[str, Any]) -> None:
        """Make it as the page of the case does, and keep it there."""
        try:
            actor = actor_of(case, options["user"])
            bundle = actions.bundle_at_once(
                actor=actor,
                case=case,
                preset=options["preset"],
                wishes=_wishes(options),
                earlier=options["earlier"],
            )
        except VksError as error:
            raise CommandError(error.message) from error
        odd = actions.oddities(actor, [bundle]).get(bundle.pk, [])
        kept_back = actions.kept_back(actor, [bundle]).get(bundle.pk, [])
        if options["json"]:
            row = {
                "id": str(bundle.pk),
                "pages": bundle.page_count,
                "documents": bundle.document_count,
                "sha256": bundle.sha256,
                "left_out": [{"title": each.title, "why": each.why} for each in kept_back],
                "cautions": [_as_data(each) for each in odd],
            }
            self.stdout.write(json.dumps(row, ensure_ascii=False))
            return
        self.stdout.write(
            f"{bundle.pk}: {bundle.page_count} trang, {bundle.document_count} tài liệu, SHA-256 {bundle.sha256}"
        )
        for each in kept_back:
            self.stdout.write(f"Không đưa vào: {each.title}: {each.why}")
        for one in odd:
            self.stdout.write(f"Nên xem: {one.sentence}")

    def _write(self, case: CaseFile, options: dict[str, Any]) -> None:
        out: Path = options["out"]
        try:
            password = wanted_password(options)
        except VksError as error:
            raise CommandError(error.message) from error
        if password is not None and (out.suffix.lower() != ".zip" or options["manifest"]):
            message = "Tập hồ sơ mã hóa là một tệp .zip có sẵn bảng kê: hãy nêu --out có đuôi .zip, bỏ --manifest."
            raise CommandError(message)
        # earlier files of that name stay until the new ones are complete and found sound
        try:
            place = out.parent if password is None else configuration().data_dir / "bundles"
            # of what is to be encrypted nothing else ever lies where it is written to
            place.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.TemporaryDirectory(dir=place, prefix=".vks-") as fresh:
                result, laid, sha256 = self._made(case, options, Path(fresh), password)
        except VksError as error:
            raise CommandError(error.message) from error
        except OSError as error:
            message = f"Không ghi được {out}: {error.strerror or error}."
            raise CommandError(message) from error
        files = [str(out.parent / each.path.name) for each in result.volumes] if password is None else [str(out)]
        if options["json"]:
            row: dict[str, Any] = {
                "file": files[0],
                "pages": result.page_count,
                "documents": len(laid.filed),
                "sha256": sha256,
                "left_out": [{"title": each.title, "why": why} for each, why in laid.left_out],
                "cautions": [_as_data(each) for each in self._odd],
            }
            if len(files) > 1:
                row["files"] = files
            self.stdout.write(json.dumps(row, ensure_ascii=False))
        else:
            self.stdout.write(
                f"{', '.join(files)}: {result.page_count} trang, {len(laid.filed)} tài liệu, SHA-256 {sha256}"
            )
            for each, why in laid.left_out:
                self.stdout.write(f"Không đưa vào: {each.title}: {why}")

    def _made(
        self, case: CaseFile, options: dict[str, Any], folder: Path, password: str | None
    ) -> tuple[BundleResult, actions.LaidOut, str]:
        """Make it, tell of it, put it in place; return what was written, what it holds, and the hash."""
        fresh = folder / options["out"].with_suffix(".pdf" if password is not None else options["out"].suffix).name
        with transaction.atomic():
            laid = self._laid(case, options)
        # named before the long work
        forms = check_sources(laid.plan)
        actions.check_copies(case, laid.plan)
        laid, self._odd = _looked_at(laid, options)
        for each in self._odd:
            # before the long work, and beside what scripts read
            self.stderr.write(f"Nên xem: {each.sentence}")
        key = configured_key()
        result = write_bundle(laid.plan, fresh, forms=forms)
        if options["addition"]:
            result = replace(result, addition=write_addition(laid.plan, folder / "bo-sung.pdf", forms=forms))
        actions.check_copies(case, laid.plan)
        actions.inspect_all(result)
        if key is not None:
            result = actions.sign_all(laid.plan, result, key)
        if password is None:
            self._hand_out(case, options, laid, result, result.sha256, folder=folder)
            return result, laid, result.sha256
        manifest = folder / "bang-ke.json"
        text = actions.manifest_text(laid.plan, result, key)
        manifest.write_text(text, encoding="utf-8")
        inside = [*(each.path for each in result.volumes), manifest, *_to_check_with(folder)]
        if key is not None:
            inside.append(sign_beside(manifest, key))
        with tempfile.TemporaryDirectory(dir=options["out"].parent, prefix=".vks-") as place:
            locked = Path(place) / "goi.zip"
            sha256 = _locked(inside, locked, password)
            self._hand_out(case, options, laid, result, sha256, folder=folder, locked=locked, manifest=text)
        return result, laid, sha256

    def _hand_out(
        self,
        case: CaseFile,
        options: dict[str, Any],
        laid: actions.LaidOut,
        result: BundleResult,
        sha256: str,
        *,
        folder: Path,
        locked: Path | None = None,
        manifest: str = "",
    ) -> None:
        """Tell of what was made, and put it in place: the file that is encrypted, or the volumes and the manifest."""
        key = configured_key() if options["manifest"] else None
        if options["manifest"]:
            manifest = actions.manifest_text(laid.plan, result, key)
        listed = hashlib.sha256(manifest.encode()).hexdigest() if manifest else None
        with transaction.atomic():
            with or_withheld():
                # whoever runs a command is known to the server, not to us
                record_case(Reader(None, command="vks_bundle"), Act.EXPORT, case, count=len(laid.filed))
            actions.tell_made(None, case, options["preset"], laid.filed, result, manifest=listed)
            if locked is not None:
                actions.tell_locked(None, case, options["preset"], sha256)
                locked.replace(options["out"])
                return
            for each in result.volumes:
                each.path.replace(options["out"].parent / each.path.name)
            if options["addition"]:
                shutil.move(folder / "bo-sung.pdf", options["addition"])
            if options["manifest"]:
                options["manifest"].write_text(manifest, encoding="utf-8")
                if key is not None:
                    sign_beside(options["manifest"], key)
                _to_check_with(options["manifest"].parent)


_READ_FIRST = """TẬP HỒ SƠ VÀ BẢNG KÊ

Tự kiểm tra các tệp với bảng kê, không cần mạng (Python 3.9 trở lên), khi mọi tệp nằm cùng một thư mục:
    python3 verify_ledger.py BẢNG_KÊ.json --key KHÓA
KHÓA là khóa công khai của sổ cái trên bản giấy đã ký. Có bằng chứng của mục ghi việc lập tập (JSON, từ nhật ký lưu giữ của
vụ án) thì thêm --proof TỆP: khi đó biết cả bảng kê lẫn tệp chưa bị ai viết lại.
"""


def _to_check_with(folder: Path) -> list[Path]:
    """Put beside a manifest what it is checked with, and how; return both files. What was there before is left alone."""
    program, words = folder / "verify_ledger.py", folder / "DOC-TRUOC.txt"
    if not program.exists():
        shutil.copyfile(verify_ledger.__file__, program)
    if not words.exists():
        words.write_text(_READ_FIRST, encoding="utf-8")
    return [program, words]


def _wishes(options: dict[str, Any]) -> Wishes:
    return Wishes(
        documents=tuple(options["documents"]),
        folios=options["folios"],
        volume_pages=options["volume_pages"],
        volume_megabytes=options["volume_megabytes"],
        corner=options["corner"],
        agency=options["agency"],
        redacted=options["redacted"],
        accept_gaps=options["accept_gaps"],
        skip_equal=options["skip_equal"],
    )


def _looked_at(laid: actions.LaidOut, options: dict[str, Any]) -> tuple[actions.LaidOut, list[actions.Odd]]:
    """Return what would be made once its papers are looked at, and what is odd in them."""
    laid, cautions = actions.told_apart(laid, look_at(laid.plan), skip=options["skip_equal"])
    return laid, [actions.odd_of(each.document, each.caution, each.pages, each.count) for each in cautions]


def _as_data(odd: actions.Odd) -> dict[str, Any]:
    return {"title": odd.title, "caution": odd.caution, "what": odd.what, "pages": odd.pages, "count": odd.count}


def _why_not(options: dict[str, Any]) -> str:
    """Return why these options do not go together; empty when they do."""
    out: Path | None = options["out"]
    if options["store"] and not options["user"]:
        return "Tập giữ trong vụ án đứng tên một người: hãy nêu --user."
    if out is None:
        if options["manifest"] or options["addition"] or options["encrypted"] or options["password_file"]:
            return "Bảng kê, phần thêm và tệp mã hóa chỉ ghi ra cùng --out."
        return ""
    if options["addition"] and (
        options["preset"] != Bundle.Preset.SUPPLEMENT or options["encrypted"] or options["password_file"]
    ):
        return "Phần thêm chỉ có ở mẫu bo_sung, không mã hóa: hãy bỏ --addition."
    for path in filter(None, (out, options["addition"], options["manifest"])):
        if not path.parent.is_dir():
            return f"Thư mục {path.parent} không có: hãy tạo trước."
        if path.is_dir():
            return f"{path} là thư mục: hãy nêu tên tệp."
    return ""


def _locked(files: list[Path], target: Path, password: str) -> str:
    """Write files into an encrypted ZIP, under names that tell nothing of the case; return its SHA-256."""
    names = {path: f"tap-{number}{path.suffix}" for number, path in enumerate(files, 1) if path.suffix == ".pdf"}
    with target.open("w+b") as stream:
        lock_all({names.get(path, path.name): path for path in files}, stream, password)
    return sha256_of(target)
