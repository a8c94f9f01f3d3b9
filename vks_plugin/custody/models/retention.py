"""How long cases are kept, as data; and what holds a case beyond that."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from vks_plugin.cases.kinds import KINDS
from vks_plugin.cases.models import CaseFile
from vks_plugin.cases.penal_code import CLASS_NAMES
from vks_plugin.custody.retention import GROUNDS, LIMITED, OUTCOMES, TERMS, UNDETERMINED, Rule

TERM_CHOICES = [(value, _(label)) for value, label in TERMS]
GROUND_CHOICES = [(value, _(label)) for value, label in GROUNDS]
LONGEST = 200
"""Years that are no slip of the finger."""


class RetentionRule(models.Model):
    """A row of the table of retention (thời hạn bảo quản): which cases, and how long.

    It ships with every row undetermined: no table in force was confirmed. Empty columns mean any.
    """

    kind = models.CharField(_("loại vụ án"), max_length=24, blank=True)
    crime_class = models.CharField(_("loại tội phạm"), max_length=1, blank=True)
    outcome = models.CharField(_("kết quả giải quyết"), max_length=24, blank=True)
    term = models.CharField(_("thời hạn bảo quản"), max_length=16, choices=TERM_CHOICES, default=UNDETERMINED)
    years = models.PositiveSmallIntegerField(_("số năm"), null=True, blank=True)
    # the table in force it was taken from
    source = models.CharField(_("căn cứ"), max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        db_table = "vks_retention_rule"
        ordering = ("position", "id")
        verbose_name = _("thời hạn bảo quản")
        verbose_name_plural = _("thời hạn bảo quản")
        constraints = [
            models.UniqueConstraint(fields=["kind", "crime_class", "outcome"], name="vks_retention_rule_once"),
            models.CheckConstraint(
                condition=Q(term=LIMITED, years__isnull=False, years__gte=1) | Q(~Q(term=LIMITED), years__isnull=True),
                name="vks_retention_years_of_a_term",
            ),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def key(self) -> str:
        """What names it in the ledger."""
        return "/".join(each or "*" for each in (self.kind, self.crime_class, self.outcome))

    @property
    def as_rule(self) -> Rule:
        """The row as the pure rules read it."""
        return Rule(self.kind, self.crime_class, self.outcome, self.term, self.years)

    @property
    def kind_label(self) -> str:
        """The kind of case in words."""
        return gettext(KINDS[self.kind].label) if self.kind in KINDS else self.kind

    @property
    def class_label(self) -> str:
        """The class of crime in words."""
        return gettext(CLASS_NAMES[self.crime_class]) if self.crime_class in CLASS_NAMES else ""

    @property
    def outcome_label(self) -> str:
        """The outcome in words."""
        return gettext(dict(OUTCOMES).get(self.outcome, ""))


class RetentionHold(models.Model):
    """A leader keeps a case from being disposed of (tạm giữ lại), until somebody ends that with a reason."""

    case = models.ForeignKey(CaseFile, on_delete=models.PROTECT, related_name="holds")
    ground = models.CharField(_("lý do"), max_length=16, choices=GROUND_CHOICES)
    reason = models.CharField(_("nêu rõ"), max_length=500)
    placed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    placed_at: models.DateTimeField[dt.datetime, dt.datetime] = models.DateTimeField(auto_now_add=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(_("lý do gỡ"), max_length=500, blank=True)

    if TYPE_CHECKING:
        case_id: int

    class Meta:
        db_table = "vks_retention_hold"
        ordering = ("-id",)
        verbose_name = _("lệnh giữ hồ sơ")
        verbose_name_plural = _("lệnh giữ hồ sơ")
        indexes = [models.Index(fields=["case", "ended_at"], name="vks_hold_of_case")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.ground}"
