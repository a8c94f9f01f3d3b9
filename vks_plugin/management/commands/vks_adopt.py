"""Take older documents of the DMS into a case."""

from __future__ import annotations

import csv
import datetime as dt
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils.translation import gettext as _

from vks_plugin.access.queries import FACTS
from vks_plugin.cases.models import CaseDocument, CaseFile, CatalogueType
from vks_plugin.errors import BadInput, VksError
from vks_plugin.filing.actions import adopt
from vks_plugin.host.models import Document
from vks_plugin.host.permissions import grants_of
from vks_plugin.host.sharing import shared_documents
from vks_plugin.management.actor import account, told_as_command

COLUMNS = ("document", "case", "type", "part", "title", "number", "date", "folio_from", "folio_to")
"""Of a list given with `--manifest`; the first two are needed."""
_MOST_ROWS = 100_000


@dataclass
class Row:
    """One document to take over, and what became of it."""

    document: int
    case: str
    status: str = ""
    """`adopted`, `would_adopt`, `already` or `refused`."""
    detail: str = ""
    owner: str | None = None
    """Whose it was; None for a document that everybody could read."""
    grants_before: int = 0
    grants_after: int = 0
    shared: bool = False
    """Whether somebody could read it through a link; the link goes."""


def _number(text: str, name: str) -> int | None:
    if not text.strip():
        return None
    try:
        return int(text)
    except ValueError as error:
        raise BadInput(_("Cột %(name)s phải là số: “%(text)s”.") % {"name": name, "text": text[:40]}) from error


class Command(BaseCommand):
    """Files chosen documents of an existing archive; everything else of the archive stays as it is."""

    help = "Đưa các tài liệu có sẵn trong kho vào hồ sơ vụ án; --dry-run chỉ cho biết điều gì sẽ thay đổi."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add what chooses the documents, and `--dry-run`."""
        parser.add_argument("--user", required=True, help="người đưa vào hồ sơ; phải được nộp tài liệu vào vụ án")
        parser.add_argument("--case", metavar="CODE", help="mã vụ án")
        parser.add_argument("--document", type=int, nargs="+", metavar="ID", default=[], help="số của tài liệu")
        parser.add_argument("--type", metavar="CODE", help="loại tài liệu, mã trong danh mục")
        parser.add_argument("--part", choices=["hsva", "hsks"], help="phần hồ sơ; mặc định theo loại tài liệu")
        parser.add_argument("--manifest", type=Path, metavar="CSV", help=f"bảng kê có các cột {', '.join(COLUMNS)}")
        parser.add_argument("--dry-run", action="store_true", help="không ghi gì, chỉ báo")
        parser.add_argument("--json", action="store_true", help="in kết quả dạng JSON")

    @told_as_command
    def handle(self, *_args: Any, **options: Any) -> None:
        """Take each document over by itself, so that one refusal holds up no other; then report.

        Raises:
            CommandError: the choice is unusable, or at least one document was refused.
        """
        actor = account(options["user"])
        rows = [self._take(actor, fields, dry=options["dry_run"]) for fields in self._chosen(options)]
        if options["json"]:
            self.stdout.write(json.dumps([asdict(row) for row in rows], ensure_ascii=False))
        else:
            for row in rows:
                self._print(row)
        refused = sum(row.status == "refused" for row in rows)
        if refused:
            raise CommandError(
                _(
                    "%(refused)d trong %(all)d tài liệu chưa vào hồ sơ: sửa theo từng dòng rồi chạy lại (chạy lại an toàn)."
                )
                % {"refused": refused, "all": len(rows)}
            )

    @staticmethod
    def _chosen(options: dict[str, Any]) -> list[dict[str, str]]:
        if options["manifest"] is not None:
            if options["document"] or options["case"]:
                raise CommandError(_("Dùng --manifest, hoặc --case với --document, không dùng cả hai."))
            try:
                with options["manifest"].open(encoding="utf-8-sig", newline="") as stream:
                    reader = csv.DictReader(stream)
                    unknown = set(reader.fieldnames or ()) - set(COLUMNS)
                    if unknown or not {"document", "case"} <= set(reader.fieldnames or ()):
                        raise CommandError(
                            _("Bảng kê phải có cột document, case và chỉ các cột: %(columns)s.")
                            % {"columns": ", ".join(COLUMNS)}
                        )
                    rows = [{key: value or "" for key, value in row.items() if key} for row in reader]
            except (OSError, UnicodeDecodeError, csv.Error) as error:
                raise CommandError(_("Không đọc được bảng kê (cần CSV, mã UTF-8): %(why)s") % {"why": error}) from error
            if len(rows) > _MOST_ROWS:
                raise CommandError(_("Bảng kê dài quá %(most)d dòng: hãy chia nhỏ.") % {"most": _MOST_ROWS})
            return rows
        if not options["document"] or not options["case"]:
            raise CommandError(_("Hãy nêu --case và --document, hoặc --manifest."))
        return [
            {
                "document": str(pk),
                "case": options["case"],
                "type": options["type"] or "",
                "part": options["part"] or "",
            }
            for pk in dict.fromkeys(options["document"])
        ]

    @staticmethod
    def _take(actor: User, fields: dict[str, str], *, dry: bool) -> Row:
        row = Row(document=0, case=fields["case"].strip())
        try:
            row.document = _number(fields["document"], "document") or 0
            document = Document.objects.select_related("owner").filter(pk=row.document).first()
            if document is None:
                raise BadInput(_("Không có tài liệu này (hoặc đang ở thùng rác)."))
            row.owner = document.owner.username if document.owner is not None else None
            row.grants_before = len(grants_of([document.pk]).get(document.pk, ()))
            row.shared = document.pk in shared_documents([document.pk])
            present = CaseDocument.objects.filter(document_id=document.pk).select_related("case").first()
            if present is not None and present.case.code == row.case:
                row.status, row.grants_after = "already", row.grants_before
                return row
            case = CaseFile.objects.select_related(*FACTS).filter(code=row.case).first()
            if case is None:
                raise BadInput(_("Không có vụ án mang mã này."))
            code = fields.get("type", "").strip()
            kind = CatalogueType.objects.filter(code=code).first() if code else None
            if code and kind is None:
                raise BadInput(_("Loại tài liệu không có trong danh mục."))
            if kind is None and document.document_type_id is not None:
                kind = CatalogueType.objects.filter(host_type_id=document.document_type_id).first()
            date = fields.get("date", "").strip()
            with transaction.atomic():
                adopt(
                    actor=actor,
                    case=case,
                    document=document,
                    document_type=kind,
                    part=fields.get("part", "").strip() or None,
                    title=fields.get("title", ""),
                    number=fields.get("number", ""),
                    date=dt.date.fromisoformat(date) if date else None,
                    folio_from=_number(fields.get("folio_from", ""), "folio_from"),
                    folio_to=_number(fields.get("folio_to", ""), "folio_to"),
                )
                row.grants_after = len(grants_of([document.pk]).get(document.pk, ()))
                # tried with everything it involves, then undone
                transaction.set_rollback(dry)
            row.status = "would_adopt" if dry else "adopted"
        except VksError as error:
            row.status, row.detail = "refused", error.message
        except ValueError:
            row.status, row.detail = "refused", _("Ngày phải viết theo dạng 2026-03-31.")
        return row

    def _print(self, row: Row) -> None:
        words = {
            "adopted": _("đã vào hồ sơ"),
            "would_adopt": _("sẽ vào hồ sơ"),
            "already": _("đã ở trong hồ sơ từ trước"),
            "refused": _("không được"),
        }[row.status]
        line = f"{row.document} → {row.case}: {words}"
        if row.detail:
            line += f" – {row.detail}"
        if row.status in {"adopted", "would_adopt"}:
            owner = row.owner if row.owner is not None else _("không có chủ (mọi người đọc được)")
            line += _(" – chủ cũ: %(owner)s; số quyền: %(before)d → %(after)d") % {
                "owner": owner,
                "before": row.grants_before,
                "after": row.grants_after,
            }
            if row.shared:
                line += _("; hủy liên kết chia sẻ")
        self.stdout.write(line)
