"""Tell why somebody may or may not see a case or a document."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.paginator import Paginator
from django.utils import timezone

from vks_plugin.access.explanations import (
    answer,
    case_told,
    explained,
    loose_document,
    loose_told,
    readers_of_loose,
    told,
)
from vks_plugin.access.queries import FACTS, visible_cases, who_can_see
from vks_plugin.cases.models import CaseDocument, CaseFile
from vks_plugin.cases.stages import PARTS
from vks_plugin.host.models import Document

CASES_ON_A_PAGE = 100


class Command(BaseCommand):
    """Explains access both ways, for whoever holds the server."""

    help = "Giải thích vì sao một người xem được hay không xem được một vụ án, một tài liệu; hoặc ai xem được."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add `--user`, `--case`, `--document`, `--page` and `--json`."""
        parser.add_argument("--user", metavar="NAME", help="người được hỏi; bỏ trống: mọi người xem được")
        where = parser.add_mutually_exclusive_group()
        where.add_argument("--case", metavar="CODE", help="mã vụ án; không nêu vụ án, tài liệu: mọi vụ người này biết")
        where.add_argument("--document", metavar="ID", type=int, help="số của tài liệu trong DMS")
        parser.add_argument(
            "--page", metavar="N", type=int, default=1, help="trang của danh sách vụ án, mỗi trang 100 vụ"
        )
        parser.add_argument("--json", action="store_true", help="in dạng JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the answer."""
        user = self._user(options["user"]) if options["user"] else None
        filed = self._filed(options["document"]) if options["document"] is not None else None
        loose = self._loose(options["document"]) if options["document"] is not None and filed is None else None
        case = filed.case if filed is not None else self._case(options["case"]) if options["case"] else None
        parts = (filed.part,) if filed is not None else tuple(code for code, _label in PARTS)
        found: Any
        if case is not None:
            documents = [filed] if filed is not None else list(CaseDocument.objects.filter(case=case))
            people = [user] if user is not None else self._readers(case, parts)
            answers = [told(answer(each, case, documents, parts=parts)) for each in people]
            found = answers[0] if user is not None else answers
            lines = [line for each in answers for line in _lines(each)]
        elif loose is not None:
            people = [user] if user is not None else readers_of_loose(loose)
            answers = [loose_told(each, loose) for each in people]
            found = answers[0] if user is not None else answers
            lines = [line for each in answers for line in _lines(each)]
        elif user is not None:
            found = self._cases(user, options["page"])
            lines = [line for each in found["results"] for line in _case_lines(each)]
            lines.append(f"Trang {found['page']}/{found['pages']}, {found['count']} vụ án.")
        else:
            message = "Hãy nêu --user, hoặc --case, hoặc --document."
            raise CommandError(message)
        if options["json"]:
            self.stdout.write(json.dumps(found, ensure_ascii=False, indent=1, default=str))
            return
        for line in lines or ["Không ai xem được."]:
            self.stdout.write(line)

    @staticmethod
    def _user(name: str) -> User:
        user = User.objects.filter(username=name).first()
        if user is None:
            message = f"Không có người dùng {name}: hãy kiểm tra tên đăng nhập."
            raise CommandError(message)
        return user

    @staticmethod
    def _case(code: str) -> CaseFile:
        case = CaseFile.objects.select_related(*FACTS).filter(code=code).first()
        if case is None:
            message = f"Không có vụ án mã {code}."
            raise CommandError(message)
        return case

    @staticmethod
    def _filed(host_id: int) -> CaseDocument | None:
        return CaseDocument.objects.select_related("case__unit__parent").filter(document_id=host_id).first()

    @staticmethod
    def _loose(host_id: int) -> Document:
        document = loose_document(host_id)
        if document is None:
            message = f"Không có tài liệu số {host_id} trong DMS: đã ở thùng rác, là phiên bản của tài liệu khác, hoặc gõ sai số."
            raise CommandError(message)
        return document

    @staticmethod
    def _readers(case: CaseFile, parts: Iterable[str]) -> list[User]:
        return list({user.pk: user for part in parts for user, _decision in who_can_see(case, part)}.values())

    @staticmethod
    def _cases(user: User, number: int) -> dict[str, Any]:
        pages = Paginator(visible_cases(user).select_related(*FACTS).order_by("code"), CASES_ON_A_PAGE)
        if not 1 <= number <= pages.num_pages:
            message = f"Không có trang {number}: danh sách có {pages.num_pages} trang."
            raise CommandError(message)
        rows = explained(user, list(pages.page(number)))
        return {
            "user": user.get_username(),
            "count": pages.count,
            "page": number,
            "pages": pages.num_pages,
            "results": [case_told(case, parts) for case, parts in rows],
        }


def _lines(found: Mapping[str, Any]) -> list[str]:
    lines = [f"{found['name']} ({found['user']}) – {found['case'] or 'chưa ở vụ án nào'}"]
    for part in found["parts"]:
        lines += _part_lines(part)
        lines += [
            f"    {row['level_name']}: {row['reason']} – "
            + (f"có, {_held(row['through'])}" if row["holds"] else f"không. {row['failed']}")
            for row in part["rows"]
        ]
    host = found["host"]
    lines.append(f"  DMS cho xem {host['shown']}/{host['documents']} tài liệu.")
    for grant in host["grants"]:
        through = f"nhóm {grant['name']}" if grant["holder"] == "group" else "chính tài khoản này"
        lines.append(f"    {grant['action']} qua {through}: {grant['documents']} tài liệu")
    for each in host["differing"]:
        missing, extra = ", ".join(each["missing"]) or "—", ", ".join(each["extra"]) or "—"
        owner = each["owner"] or "—"
        lines.append(f"    Tài liệu {each['document']}: thiếu {missing}; thừa {extra}; chủ {owner}")
    lines += [f"    {sentence}" for sentence in found["notes"]]
    lines += [f"  ! {sentence}" for sentence in found["warnings"]]
    return lines


def _case_lines(found: Mapping[str, Any]) -> list[str]:
    return [f"{found['case']} {found['name']}", *(line for part in found["parts"] for line in _part_lines(part))]


def _part_lines(part: Mapping[str, Any]) -> list[str]:
    through = f" – {_held(part['through'])}" if part["through"] else ""
    lines = [f"  {part['part_name']}: {part['level_name']}. {part['reason']}{through}."]
    if part["lasts_until"]:
        lines.append(f"    {_until(part)}; sau đó: {part['then_level_name']} – {part['then_reason']}.")
    if part.get("unrestricted_level"):
        otherwise = f"{part['unrestricted_level_name']} – {part['unrestricted_reason']}"
        lines.append(f"    Nếu là vụ án thường: {otherwise}.")
    return lines


def _until(part: Mapping[str, Any]) -> str:
    if part["lasts_until_moment"]:
        return f"Đến {timezone.localtime(part['lasts_until_moment']):%H:%M %d/%m/%Y}"
    return f"Đến hết ngày {part['lasts_until']:%d/%m/%Y}"


def _held(through: Mapping[str, Any]) -> str:
    unit = f" ({through['unit']})" if through["unit"] else ""
    ends = f"đến hết ngày {through['ends_on']:%d/%m/%Y}" if through["ends_on"] else "không thời hạn"
    if through["ends_at"]:
        ends = f"đến {timezone.localtime(through['ends_at']):%H:%M %d/%m/%Y}"
    return f"{through['role_name']}{unit}, từ {through['starts_on']:%d/%m/%Y} {ends}"
