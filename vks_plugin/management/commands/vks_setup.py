"""Provision what the plugin needs; running it again changes nothing that is in place."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core import serializers
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

import vks_plugin
from vks_plugin.access.actions import project_everything
from vks_plugin.cases.models import CatalogueType, FolioProfile
from vks_plugin.conf import configuration
from vks_plugin.custody.actions import ensure_key
from vks_plugin.custody.keys import key_path
from vks_plugin.custody.models import RetentionRule
from vks_plugin.errors import VksError
from vks_plugin.filing.inbox import hand_to_keepers, inbox_unit, take_unowned
from vks_plugin.host import provision
from vks_plugin.management.actor import told_as_command
from vks_plugin.organization.actions import (
    ensure_group,
    ensure_service_account,
    restore_permissions,
    resume_dated_access,
)
from vks_plugin.organization.models import Department, ProcuracyUnit, UnitSuccession
from vks_plugin.organization.roles import Role

REFERENCE_DATA = ("units", "departments", "document_types", "folio_profiles", "retention_rules")
"""Fixtures loaded by the setup, in order."""


def _already(instance: models.Model) -> bool:
    if isinstance(instance, CatalogueType | FolioProfile):
        return type(instance).objects.filter(code=instance.code).exists()
    # one whose code was put right is known by its name
    if isinstance(instance, ProcuracyUnit):
        return ProcuracyUnit.objects.filter(Q(code=instance.code) | Q(name=instance.name)).exists()
    if isinstance(instance, Department):
        alike = Q(code=instance.code) | Q(name=instance.name)
        return Department.objects.filter(alike, unit=instance.unit).exists()
    if isinstance(instance, UnitSuccession):
        return UnitSuccession.objects.filter(predecessor=instance.predecessor, successor=instance.successor).exists()
    if isinstance(instance, RetentionRule):
        told = {"kind": instance.kind, "crime_class": instance.crime_class, "outcome": instance.outcome}
        return RetentionRule.objects.filter(**told).exists()
    message = f"no rule for {type(instance).__name__} in the reference data"
    raise TypeError(message)


def load_missing(names: Iterable[str]) -> dict[str, int]:
    """Add what is missing of these fixtures; what an office has changed since stays as it is."""
    made: dict[str, int] = {}
    folder = Path(vks_plugin.__file__).parent / "fixtures"
    for name in names:
        text = (folder / f"{name}.json").read_text(encoding="utf-8")
        made[name] = 0
        for each in serializers.deserialize("json", text):
            if not _already(each.object):
                each.save()
                made[name] += 1
    return made


class Command(BaseCommand):
    """Provisions reference data, groups, custom field, document types, storage path and service account."""

    help = (
        "Chuẩn bị dữ liệu dùng chung, nhóm quyền, trường Mã vụ án, loại tài liệu và tài khoản hệ thống (chạy lại được)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add `--json` and `--activate`."""
        parser.add_argument("--json", action="store_true", help="in kết quả dạng JSON")
        parser.add_argument(
            "--activate",
            nargs="+",
            metavar="CODE",
            default=[],
            help="cho các đơn vị này dùng hệ thống từ hôm nay ('all': mọi đơn vị đang tồn tại)",
        )

    @told_as_command
    def handle(self, *_args: Any, **options: Any) -> None:
        """Provision, and print how much was made just now."""
        with transaction.atomic():
            made = self._provision(options["activate"])
        # afterwards: a file is not taken back with a transaction
        made["ledger_key"], told = self._ledger_key()
        if options["json"]:
            self.stdout.write(json.dumps({"made": made}, ensure_ascii=False))
            return
        for name, number in made.items():
            self.stdout.write(f"{name}: {number}")
        for sentence in told:
            self.stdout.write(sentence)
        if not ProcuracyUnit.objects.filter(active_from__lte=timezone.localdate()).exists():
            self.stdout.write("Chưa đơn vị nào dùng hệ thống: chạy lại với --activate MÃ_ĐƠN_VỊ.")
        elif inbox_unit() is None:
            self.stdout.write(
                "Chưa đơn vị nào trông hộp nhận: tài liệu vào máy mà không có chủ thì chỉ quản trị đọc được. Đặt "
                "VKS_INBOX_UNIT bằng mã đơn vị có văn thư, cán bộ số hóa trông hộp nhận, rồi chạy lại."
            )

    def _provision(self, activate: list[str]) -> dict[str, int]:
        today = timezone.localdate()
        made: dict[str, int] = load_missing(REFERENCE_DATA)
        made["service_account"] = int(ensure_service_account()[1])
        made["custom_field"] = int(provision.ensure_case_code_field()[1])
        made["storage_path"] = int(provision.ensure_storage_path()[1])
        # a type that an office renamed since keeps the one it has
        without = list(CatalogueType.objects.filter(host_type__isnull=True))
        types, made["host_document_types"] = provision.ensure_document_types(each.name for each in without)
        for each in without:
            each.host_type_id = types[each.name]
            each.save(update_fields=["host_type"])
        made["activated_units"] = self._activate(activate)
        made["groups"] = self._groups(ProcuracyUnit.objects.on(today))
        # also what `vks_disable` took away
        if configuration().enabled:
            resume_dated_access()
        swept = project_everything()
        made["memberships"], made["documents_put_right"] = swept.memberships, swept.documents
        made["unowned_documents_taken"] = take_unowned()
        made["inbox_documents_handed_over"] = hand_to_keepers()
        return made

    def _ledger_key(self) -> tuple[int, list[str]]:
        """Make the key that signs the ledger where there is none; what stands in the way stops nothing else."""
        try:
            public, made = ensure_key()
        except VksError as refusal:
            self.stderr.write(refusal.message)
            return 0, []
        if not made:
            return 0, []
        return 1, [
            f"Đã tạo khóa ký sổ cái tại {key_path()}: hãy cất một bản sao tách khỏi bản sao lưu cơ sở dữ liệu.",
            f"Khóa công khai, in ra giấy và giữ ngoài máy chủ: {public}",
        ]

    @staticmethod
    def _activate(codes: list[str]) -> int:
        today = timezone.localdate()
        existing = ProcuracyUnit.objects.on(today)
        unknown = sorted(set(codes) - {"all", *existing.values_list("code", flat=True)})
        if unknown:
            message = f"Không có đơn vị nào đang tồn tại mang mã {', '.join(unknown)}: hãy kiểm tra lại --activate."
            raise CommandError(message)
        units = existing.filter(active_from__isnull=True)
        if "all" not in codes:
            units = units.filter(code__in=codes)
        return units.update(active_from=today)

    @staticmethod
    def _groups(units: Iterable[ProcuracyUnit]) -> int:
        from django.contrib.auth.models import Group  # noqa: PLC0415 - only counted here

        before = Group.objects.count()
        for unit in units:
            for role in Role.values:
                restore_permissions(ensure_group(unit, role), role)
        return Group.objects.count() - before
