"""Who has the paper of a case, from a moment to a moment."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from vks_plugin.cases.models import CaseFile
from vks_plugin.cases.stages import PARTS
from vks_plugin.organization.models import ProcuracyUnit
from vks_plugin.organization.queries import display_name

PART_CHOICES = [(value, _(label)) for value, label in PARTS]


@dataclass(frozen=True)
class Keeper:
    """Who has paper or can have it: an office, somebody in an office, or an agency outside the system."""

    unit: ProcuracyUnit | None = None
    agency: str = ""
    """Name of the agency outside; empty for an office."""
    person: User | None = None
    """Who in the office; None: the office, in its cupboard."""

    def __post_init__(self) -> None:
        """Refuse what is nobody, or two at once."""
        if (self.unit is None) == (not self.agency) or (self.person is not None and self.unit is None):
            message = "a keeper is an office, or somebody in it, or an agency outside"
            raise ValueError(message)

    @property
    def place(self) -> str:
        """The office or agency in words."""
        return self.unit.name if self.unit is not None else self.agency

    @property
    def name(self) -> str:
        """The keeper in words: the person first, where there is one."""
        return f"{display_name(self.person)} – {self.place}" if self.person is not None else self.place

    def is_same(self, other: Keeper) -> bool:
        """Tell whether both are one; agencies are compared by their names."""
        return (
            (self.unit.pk if self.unit is not None else None) == (other.unit.pk if other.unit is not None else None)
            and self.agency == other.agency
            and (self.person.pk if self.person is not None else None)
            == (other.person.pk if other.person is not None else None)
        )


class Holding(models.Model):
    """One keeper has one part of the paper of a case. The row that has no end is where it is now.

    Written by `vks_plugin.custody.actions.holding` alone: a row is added, and ended once, by the row after it. One row is
    taken out again: of an office that took over, where a paper signed before says that the file had left by then.
    """

    class Cause(models.TextChoices):
        ASSUMED = "assumed", _("Suy ra khi ghi lần giao nhận đầu tiên")
        STATED = "stated", _("Ghi nơi giữ ban đầu")
        HAND_OVER = "hand_over", _("Giao nhận")
        LOAN = "loan", _("Cho mượn")
        LOAN_RETURN = "loan_return", _("Trả hồ sơ mượn")
        ACCESSION = "accession", _("Nộp lưu")
        SUCCESSION = "succession", _("Đơn vị kế thừa tiếp nhận")
        PASSED_ON = "passed_on", _("Cơ quan ngoài chuyển cho nhau")

    case = models.ForeignKey(CaseFile, on_delete=models.PROTECT, related_name="holdings")
    part = models.CharField(_("phần hồ sơ"), max_length=8, choices=PART_CHOICES)
    unit = models.ForeignKey(
        ProcuracyUnit, on_delete=models.PROTECT, null=True, related_name="holdings", verbose_name=_("đơn vị giữ")
    )
    agency = models.CharField(_("cơ quan ngoài hệ thống"), max_length=200, blank=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("người giữ"),
    )
    # as it was written on the paper of that day
    person_name = models.CharField(max_length=200, blank=True)
    since: models.DateTimeField[dt.datetime, dt.datetime] = models.DateTimeField(_("từ lúc"))
    until: models.DateTimeField[dt.datetime | None, dt.datetime | None] = models.DateTimeField(
        _("đến lúc"), null=True, blank=True
    )
    cause = models.CharField(_("căn cứ"), max_length=16, choices=Cause.choices)
    # number of the hand-over, loan, accession or take-over of offices that it comes from
    reference = models.PositiveBigIntegerField(null=True)
    # the paper or the person that told us of what agencies outside did between them; empty for every other cause
    known_from = models.CharField(_("biết từ"), max_length=300, blank=True)

    if TYPE_CHECKING:
        case_id: int
        unit_id: int | None
        person_id: int | None

    class Meta:
        db_table = "vks_holding"
        ordering = ("case", "part", "since", "id")
        verbose_name = _("nơi giữ hồ sơ")
        verbose_name_plural = _("nơi giữ hồ sơ")
        indexes = [
            models.Index(fields=["unit", "case"], condition=Q(until__isnull=True), name="vks_holding_of_unit"),
            models.Index(fields=["person", "case"], condition=Q(until__isnull=True), name="vks_holding_of_person"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "part"], condition=Q(until__isnull=True), name="vks_holding_one_keeper"
            ),
            models.UniqueConstraint(fields=["case", "part", "since"], name="vks_holding_one_at_a_moment"),
            models.CheckConstraint(
                condition=Q(unit__isnull=False, agency="")
                | (Q(unit__isnull=True, person__isnull=True) & ~Q(agency="")),
                name="vks_holding_office_or_agency",
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gt=F("since")), name="vks_holding_in_order"
            ),
            models.CheckConstraint(
                condition=Q(cause="passed_on", unit__isnull=True) | (~Q(cause="passed_on") & Q(known_from="")),
                name="vks_holding_passed_on_outside",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.part}: {self.unit_id or self.agency}"

    @property
    def keeper(self) -> Keeper:
        """Who has it (`unit` and `person` are read)."""
        return Keeper(unit=self.unit, agency=self.agency, person=self.person)

    @property
    def keeper_name(self) -> str:
        """Who has it, in words, under the name of that day."""
        place = self.unit.name if self.unit is not None else self.agency
        return f"{self.person_name} – {place}" if self.person_name else place
