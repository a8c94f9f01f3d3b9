"""List offices and departments, add, change and end them."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from vks_plugin.access import offices
from vks_plugin.errors import VksError
from vks_plugin.management.actor import account, told_as_command
from vks_plugin.organization.models import Department, ProcuracyUnit

_DAYS = {"valid_from", "active_from", "valid_to"}


class Command(BaseCommand):
    """Does what the page of offices does; without a choice it lists what there is."""

    help = "Đơn vị và phòng: liệt kê, thêm, sửa (tên, thứ tự, giai đoạn phòng phụ trách, đơn vị cấp trên…), kết thúc."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add which office or department, and what becomes of it."""
        parser.add_argument("--unit", metavar="CODE", help="mã đơn vị")
        parser.add_argument("--department", metavar="CODE", help="mã phòng của đơn vị; bỏ trống: chính đơn vị")
        parser.add_argument("--add", action="store_true", help="thêm mới, mã là --unit hoặc --department")
        parser.add_argument(
            "--set",
            dest="values",
            metavar="FIELD=VALUE",
            action="append",
            default=[],
            help="mục và giá trị, ghi được nhiều lần: code, name, position, valid_from; đơn vị: short_name, kind, parent, "
            "active_from; phòng: stages (ngăn cách bằng dấu phẩy), verified (yes, no); 'valid_to=' mở lại",
        )
        parser.add_argument(
            "--end", metavar="DATE", type=dt.date.fromisoformat, help="kết thúc: không còn từ ngày này, dạng 2026-01-01"
        )
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="chỉ cho biết thay đổi ảnh hưởng bao nhiêu vụ án, người; với --end: còn vướng gì không",
        )
        parser.add_argument("--decision", metavar="TEXT", default="", help="số, ngày văn bản làm căn cứ")
        parser.add_argument(
            "--user", metavar="NAME", help="người quyết định: Viện trưởng hoặc quản trị hệ thống của tỉnh"
        )
        parser.add_argument("--json", action="store_true", help="in kết quả dạng JSON")

    @told_as_command
    def handle(self, *_args: Any, **options: Any) -> None:
        """List, or do what was asked and print what it concerned.

        Raises:
            CommandError: something is missing or refused.
        """
        if not options["unit"]:
            self._print(options, _listed())
            return
        if not options["user"] or not (options["add"] or options["values"] or options["end"]):
            raise CommandError(_("Hãy nêu --user và một trong --add, --set, --end."))
        actor = account(options["user"])
        try:
            told = _done(options, {"actor": actor, "decision": options["decision"]})
        except VksError as error:
            raise CommandError(error.message) from error
        self._print(options, told)

    def _print(self, options: dict[str, Any], told: Any) -> None:
        if options["json"]:
            self.stdout.write(json.dumps(told, ensure_ascii=False, default=str))
            return
        for row in told if isinstance(told, list) else [told]:
            self.stdout.write(
                "  ".join(f"{name}={value}" for name, value in row.items() if value not in (None, "", []))
            )


def _listed() -> list[dict[str, Any]]:
    """Return every office, each followed by its departments."""
    rows: list[dict[str, Any]] = []
    for unit in ProcuracyUnit.objects.select_related("parent").prefetch_related("departments"):
        said = {
            name: getattr(unit, name) for name in (*offices.UNIT_FIELDS, "valid_to") if name not in {"code", "parent"}
        }
        rows.append({"unit": unit.code, "parent": unit.parent.code if unit.parent is not None else None, **said})
        for each in unit.departments.all():
            said = {name: getattr(each, name) for name in (*offices.DEPARTMENT_FIELDS, "valid_to") if name != "code"}
            rows.append({"unit": unit.code, "department": each.code, **said})
    return rows


def _done(options: dict[str, Any], about: dict[str, Any]) -> dict[str, Any]:
    """Do what was asked, and return what it concerned."""
    values = dict(_pair(each) for each in options["values"])
    unit, department = options["unit"], options["department"]
    if options["add"] and options["dry_run"]:
        raise CommandError(_("Chỉ thử được việc sửa, kết thúc: thêm mới thì bỏ --dry-run."))
    found = ProcuracyUnit.objects.filter(code=unit).first()
    if options["add"] and not department:
        offices.add_unit(values={"code": unit, **values}, **about)
        return {"unit": unit}
    if found is None:
        raise CommandError(_("Không có đơn vị mang mã %(codes)s.") % {"codes": unit})
    if options["add"]:
        offices.add_department(unit=found, values={"code": department, **values}, **about)
        return {"unit": unit, "department": department}
    told = {"unit": unit, **({"department": department} if department else {})}
    row: dict[str, Any] = {"unit": found}
    if department:
        within = Department.objects.filter(unit=found, code=department).first()
        if within is None:
            raise CommandError(_("Đơn vị không có phòng mang mã này."))
        row = {"department": within}
    if options["end"]:
        about |= {"gone_from": options["end"], "trying": options["dry_run"]}
        ended = (offices.end_department if department else offices.end_unit)(**row, **about)
        return told | {"valid_to": ended.valid_to}
    if options["dry_run"]:
        about = {"actor": about["actor"]}
        effect = (offices.try_department if department else offices.try_unit)(**row, values=values, **about)
    else:
        effect = (offices.change_department if department else offices.change_unit)(**row, values=values, **about)
    return told | asdict(effect)


def _pair(text: str) -> tuple[str, Any]:
    """Return a field and its value as the action takes it.

    Raises:
        CommandError: it does not say both, or the value is not what the field holds.
    """
    name, equals, value = text.partition("=")
    try:
        if not equals:
            raise ValueError
        if name in _DAYS:
            return name, dt.date.fromisoformat(value) if value else None
        if name == "position":
            return name, int(value)
        if name == "stages":
            return name, [each for each in value.split(",") if each]
        if name == "verified":
            return name, {"yes": True, "no": False}[value]
        if name == "parent":
            return name, ProcuracyUnit.objects.get(code=value) if value else None
    except (ValueError, KeyError, ProcuracyUnit.DoesNotExist) as error:
        raise CommandError(_("“%(text)s” không đọc được: hãy viết dạng MỤC=GIÁ_TRỊ.") % {"text": text}) from error
    return name, value
