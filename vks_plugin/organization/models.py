"""Offices, their succession in time, and who is appointed to what."""

from __future__ import annotations

import datetime as dt
from functools import reduce
from typing import Any, ClassVar, Self, TypeVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Length, Replace
from django.utils.translation import gettext_lazy as _

from vks_plugin.organization.roles import Role

_M = TypeVar("_M", bound=models.Model)


class InForceManager(models.Manager[_M]):
    """For records that hold from a day to a day and can be ended at a moment before."""

    def in_force(self, day: dt.date) -> models.QuerySet[_M]:
        """Return the records in force on `day`; the first and last day both count."""
        return self.filter(starts_on__lte=day, ended_at__isnull=True).filter(
            Q(ends_on__isnull=True) | Q(ends_on__gte=day)
        )

    def not_over(self, day: dt.date) -> models.QuerySet[_M]:
        """Return the records in force on `day` and those to come."""
        return self.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=day), ended_at__isnull=True)


class ExistingManager(models.Manager[_M]):
    """For what exists from a day to a day."""

    def on(self, day: dt.date) -> models.QuerySet[_M]:
        """Return what exists on `day`; the first and last day both count, and no first day means always."""
        begun = Q(valid_from__isnull=True) | Q(valid_from__lte=day)
        return self.filter(begun).filter(Q(valid_to__isnull=True) | Q(valid_to__gte=day))


class UnitManager(ExistingManager["ProcuracyUnit"]):
    """Finds offices by their code."""

    def get_by_natural_key(self, code: str) -> ProcuracyUnit:
        """Return the office with this code."""
        return self.get(code=code)


class ProcuracyUnit(models.Model):
    """An office of the People's Procuracy: the province, or one below it.

    Offices come and go: since 2025-07-01 regional offices stand where district
    offices stood, so both kinds are kept with the dates they are valid for.
    """

    class Kind(models.TextChoices):
        PROVINCE = "province", _("Cấp tỉnh")
        REGIONAL = "regional", _("Khu vực")
        DISTRICT = "district", _("Cấp huyện (trước 01/7/2025)")

    code = models.SlugField(_("mã đơn vị"), max_length=32, unique=True)
    name = models.CharField(_("tên đơn vị"), max_length=200)
    short_name = models.CharField(_("tên ngắn"), max_length=80)
    kind = models.CharField(_("cấp"), max_length=16, choices=Kind.choices)
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("đơn vị cấp trên"),
    )
    valid_from = models.DateField(_("có từ ngày"))
    valid_to = models.DateField(_("đến hết ngày"), null=True, blank=True)
    active_from = models.DateField(
        _("dùng hệ thống từ ngày"),
        null=True,
        blank=True,
        help_text=_("Để trống: chưa dùng. Đơn vị có thể chạy thử trước các đơn vị khác."),
    )
    position = models.PositiveSmallIntegerField(_("thứ tự"), default=0)

    objects: ClassVar[UnitManager] = UnitManager()

    class Meta:
        db_table = "vks_procuracy_unit"
        ordering = ("kind", "position", "code")
        verbose_name = _("đơn vị")
        verbose_name_plural = _("đơn vị")
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="vks_unit_dates_in_order",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def natural_key(self) -> tuple[str]:
        """Return what identifies the office across installations."""
        return (self.code,)

    def is_active(self, day: dt.date) -> bool:
        """Tell whether the office exists and uses the system on `day`."""
        if not self.valid_from <= day or (self.valid_to is not None and day > self.valid_to):
            return False
        return self.active_from is not None and self.active_from <= day


class UnitSuccession(models.Model):
    """An office took over from another on a day; figures and access follow it."""

    predecessor = models.ForeignKey(ProcuracyUnit, on_delete=models.PROTECT, related_name="successions")
    successor = models.ForeignKey(ProcuracyUnit, on_delete=models.PROTECT, related_name="precedessions")
    effective_date = models.DateField(_("từ ngày"))

    class Meta:
        db_table = "vks_unit_succession"
        constraints = [
            models.UniqueConstraint(fields=["predecessor", "successor"], name="vks_succession_once"),
            models.CheckConstraint(condition=~Q(predecessor=F("successor")), name="vks_succession_between_two"),
        ]

    def __str__(self) -> str:
        return f"{self.predecessor_id} → {self.successor_id}"


_CODE: Any = F("code")
BY_CODE = (reduce(lambda code, digit: Replace(code, Value(digit)), "0123456789", _CODE), Length("code"), "code")
"""Departments by their code as people count: P2 before P10. First what is no digit, then the shorter code."""


class Department(models.Model):
    """A department (phòng) of an office, such as P1."""

    unit = models.ForeignKey(ProcuracyUnit, on_delete=models.PROTECT, related_name="departments")
    code = models.CharField(_("mã phòng"), max_length=16)
    name = models.CharField(_("tên phòng"), max_length=200)
    # stages of cases below for which a department of a province is in charge
    stages = models.JSONField(_("phụ trách giai đoạn"), default=list, blank=True)
    verified = models.BooleanField(
        _("đã xác nhận"), default=False, help_text=_("Bộ số phòng phải được đơn vị xác nhận.")
    )
    valid_from = models.DateField(_("có từ ngày"), null=True, blank=True)
    valid_to = models.DateField(_("đến hết ngày"), null=True, blank=True)
    position = models.PositiveSmallIntegerField(_("thứ tự"), default=0)

    objects: ClassVar[ExistingManager[Self]] = ExistingManager()

    class Meta:
        db_table = "vks_department"
        ordering = ("unit", "position", *BY_CODE)
        verbose_name = _("phòng")
        verbose_name_plural = _("phòng")
        constraints = [
            models.UniqueConstraint(fields=["unit", "code"], name="vks_department_code_once"),
            models.CheckConstraint(
                condition=Q(valid_from__isnull=True) | Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="vks_department_dates_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} – {self.name}"

    def exists_on(self, day: dt.date) -> bool:
        """Tell whether the department exists on `day`."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


class Appointment(models.Model):
    """A person holds a role in an office between two days, both included.

    A post that ended stays on record: history names who could see what, and when.
    """

    class Capacity(models.TextChoices):
        """How the post is held; who acts or deputises may do what the post allows, between its days."""

        REGULAR = "regular", _("chính thức")
        ACTING = "acting", _("quyền, phụ trách")
        DEPUTISING = "deputising", _("được ủy quyền khi người giữ chức danh vắng mặt")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="vks_appointments",
        verbose_name=_("người"),
    )
    unit = models.ForeignKey(
        ProcuracyUnit, on_delete=models.PROTECT, related_name="appointments", verbose_name=_("đơn vị")
    )
    department = models.ForeignKey(
        Department,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="appointments",
        verbose_name=_("phòng"),
    )
    role = models.CharField(_("chức danh"), max_length=32, choices=Role.choices)
    capacity = models.CharField(
        _("tư cách"), max_length=16, choices=Capacity.choices, default=Capacity.REGULAR, blank=True
    )
    starts_on = models.DateField(_("từ ngày"))
    ends_on = models.DateField(_("đến hết ngày"), null=True, blank=True)
    ended_at = models.DateTimeField(
        _("chấm dứt lúc"), null=True, blank=True, help_text=_("Thời điểm chấm dứt trước hạn; quyền hết ngay lúc đó.")
    )

    warnings: tuple[str, ...] = ()
    """What there is to say about it though it is accepted; told once, when it is recorded."""

    objects: ClassVar[InForceManager[Self]] = InForceManager()

    class Meta:
        db_table = "vks_appointment"
        ordering = ("unit", "role", "user")
        verbose_name = _("bổ nhiệm")
        verbose_name_plural = _("bổ nhiệm")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "unit", "role", "starts_on"],
                condition=Q(department__isnull=True, ended_at__isnull=True),
                name="vks_appointment_once_a_day",
            ),
            # somebody may come to head two departments on one day
            models.UniqueConstraint(
                fields=["user", "unit", "role", "department", "starts_on"],
                condition=Q(department__isnull=False, ended_at__isnull=True),
                name="vks_appointment_once_in_department",
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="vks_appointment_dates_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.role} @ {self.unit_id}"


class ServiceAccount(models.Model):
    """Marks the host account that owns every case document.

    The host sets the owner of a deleted user's documents to nobody, and nobody
    means everybody may read them; the PROTECT below makes that deletion fail.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "vks_service_account"

    def __str__(self) -> str:
        return f"{self.user_id}"


class DatedAccessSuspension(models.Model):
    """While there is a row, posts and assignments with a last day open nothing.

    Written before the plugin is switched off: nobody would end them while it is.
    """

    since = models.DateTimeField(_("từ lúc"), auto_now_add=True)

    class Meta:
        db_table = "vks_dated_access_suspension"
        verbose_name = _("tạm dừng quyền có thời hạn")
        verbose_name_plural = _("tạm dừng quyền có thời hạn")

    def __str__(self) -> str:
        return f"{self.since:%d/%m/%Y %H:%M}"
