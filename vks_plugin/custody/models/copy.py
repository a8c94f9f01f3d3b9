"""Certified copies and extracts (chứng thực bản sao, trích lục): who got which papers of a file on paper, and what for."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from vks_plugin.cases.models import CaseFile
from vks_plugin.custody.states import COPY
from vks_plugin.organization.models import ProcuracyUnit

_STATE_CHOICES = [(value, value) for value, _label in COPY.states]


class CertifiedCopy(models.Model):
    """Copies of papers of a case file that somebody gets, from the request until they are given. None is ever deleted.

    On paper alone: nothing here hands out what the system has. Of the supervision file nobody gets copies.
    """

    class Kind(models.TextChoices):
        """What is made."""

        COPY = "copy", _("Chứng thực bản sao")
        EXTRACT = "extract", _("Trích lục hồ sơ")

    case = models.ForeignKey(CaseFile, on_delete=models.PROTECT, related_name="certified_copies")
    kind = models.CharField(_("loại"), max_length=8, choices=Kind.choices)
    content = models.CharField(_("bản sao, trích lục gì"), max_length=1000)
    copies = models.PositiveSmallIntegerField(_("số bản"))
    pages = models.PositiveIntegerField(_("số trang mỗi bản"))
    receiver_name = models.CharField(_("người nhận"), max_length=150)
    receiver_agency = models.CharField(_("cơ quan của người nhận"), max_length=200, blank=True)
    purpose = models.CharField(_("mục đích"), max_length=1000)
    state = models.CharField(_("trạng thái"), max_length=12, choices=_STATE_CHOICES, default=COPY.first)
    requested_at = models.DateTimeField(_("đề nghị lúc"), auto_now_add=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(_("trả lời lúc"), null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    denial = models.CharField(_("lý do từ chối"), max_length=1000, blank=True)
    # the office that gave them, and the number in its register of that year
    unit = models.ForeignKey(ProcuracyUnit, on_delete=models.PROTECT, null=True, related_name="+")
    number = models.PositiveIntegerField(_("số"), null=True)
    number_year = models.PositiveSmallIntegerField(null=True)
    issued_at: models.DateTimeField[dt.datetime | None, dt.datetime | None] = models.DateTimeField(
        _("cấp lúc"), null=True
    )
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    if TYPE_CHECKING:
        case_id: int
        unit_id: int | None
        requested_by_id: int

    class Meta:
        db_table = "vks_certified_copy"
        ordering = ("-requested_at", "-id")
        verbose_name = _("bản sao, trích lục")
        verbose_name_plural = _("bản sao, trích lục")
        indexes = [
            models.Index(fields=["case", "-requested_at"], name="vks_copy_of_case"),
            models.Index(fields=["unit", "issued_at"], name="vks_copy_of_register"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "number_year", "number"],
                condition=Q(number__isnull=False),
                name="vks_copy_numbered_once",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("requested_by")),
                name="vks_copy_not_by_who_asked",
            ),
            models.CheckConstraint(
                condition=(~Q(state="da_cap") & Q(unit__isnull=True, number__isnull=True, issued_at__isnull=True))
                | Q(
                    state="da_cap",
                    decided_by__isnull=False,
                    issued_by__isnull=False,
                    issued_at__isnull=False,
                    number__isnull=False,
                    unit__isnull=False,
                ),
                name="vks_copy_issued",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.kind}: {self.state}"

    @property
    def written_number(self) -> str:
        """The number with its year; empty while there is none."""
        if self.number is None or self.issued_at is None:
            return ""
        return f"{self.number}/{timezone.localtime(self.issued_at).year}"
