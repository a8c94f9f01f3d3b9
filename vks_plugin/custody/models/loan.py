"""Loans (mượn hồ sơ): a paper file lent for a while, or its digitised papers opened to one person until a day."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from vks_plugin.access.models import TemporaryAccess
from vks_plugin.cases.models import PART_CHOICES, CaseFile
from vks_plugin.custody.states import LOAN
from vks_plugin.organization.models import ProcuracyUnit

_STATE_CHOICES = [(value, value) for value, _label in LOAN.states]


class Loan(models.Model):
    """A loan from the request to the return. None is ever deleted: it is the record of who had the file, and until when.

    Who asks is not told whether there is a case of that code, so the code is kept as it was typed and `case` may be
    empty. Who borrows is somebody with a post in an office of ours, or somebody outside, named by whoever records it.
    """

    class Form(models.TextChoices):
        """What is lent."""

        PAPER = "paper", _("bản giấy")
        ELECTRONIC = "electronic", _("bản điện tử")

    form = models.CharField(_("hình thức"), max_length=12, choices=Form.choices)
    # as it was typed: who asks is not told whether there is such a case
    case_code = models.CharField(_("mã vụ án"), max_length=40)
    case = models.ForeignKey(
        CaseFile, on_delete=models.PROTECT, null=True, related_name="loans", verbose_name=_("vụ án")
    )
    part = models.CharField(_("phần hồ sơ"), max_length=8, choices=PART_CHOICES, default="hsva")
    # numbers of volumes; empty: the whole part
    volumes = models.JSONField(_("tập"), default=list)
    borrower = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="vks_loans",
        verbose_name=_("người mượn"),
    )
    outside_name = models.CharField(_("người mượn ngoài đơn vị"), max_length=150, blank=True)
    outside_agency = models.CharField(_("cơ quan của người mượn"), max_length=200, blank=True)
    purpose = models.CharField(_("mục đích"), max_length=1000)
    until = models.DateField(_("trả trước hết ngày"))
    state = models.CharField(_("trạng thái"), max_length=12, choices=_STATE_CHOICES, default=LOAN.first)
    requested_at = models.DateTimeField(_("đề nghị lúc"), auto_now_add=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(_("trả lời lúc"), null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    # why it was not lent: refused, or allowed and taken back
    denial = models.CharField(_("lý do từ chối"), max_length=1000, blank=True)
    revoked_at = models.DateTimeField(_("hủy duyệt lúc"), null=True)
    revoked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    # the office that lent it, and the number of its slip there in that year
    unit = models.ForeignKey(ProcuracyUnit, on_delete=models.PROTECT, null=True, related_name="+")
    number = models.PositiveIntegerField(_("số phiếu"), null=True)
    number_year = models.PositiveSmallIntegerField(null=True)
    issued_at = models.DateTimeField(_("giao lúc"), null=True)
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    issued_volumes = models.PositiveSmallIntegerField(_("số tập giao"), null=True)
    issued_folios = models.PositiveIntegerField(_("số bút lục giao"), null=True)
    condition = models.CharField(_("tình trạng lúc giao"), max_length=500, blank=True)
    returned_at = models.DateTimeField(_("trả lúc"), null=True)
    # nobody: an electronic loan whose day has passed
    returned_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    returned_volumes = models.PositiveSmallIntegerField(_("số tập trả"), null=True)
    returned_folios = models.PositiveIntegerField(_("số bút lục trả"), null=True)
    difference = models.CharField(_("ghi chú, chênh lệch khi trả"), max_length=1000, blank=True)
    # what became of what was missing when it came back
    settled_at = models.DateTimeField(_("giải quyết phần thiếu lúc"), null=True)
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    settlement = models.CharField(_("phần thiếu được giải quyết"), max_length=1000, blank=True)
    # the case opened to the borrower of an electronic loan
    access = models.OneToOneField(TemporaryAccess, on_delete=models.PROTECT, null=True, related_name="+")
    # the last day on which people were written to about it
    reminded_on = models.DateField(null=True)

    if TYPE_CHECKING:
        case_id: int | None
        borrower_id: int | None
        requested_by_id: int
        unit_id: int | None

    class Meta:
        db_table = "vks_loan"
        ordering = ("-requested_at", "-id")
        verbose_name = _("lần mượn hồ sơ")
        verbose_name_plural = _("mượn hồ sơ")
        indexes = [
            models.Index(fields=["case", "-requested_at"], name="vks_loan_of_case"),
            models.Index(fields=["borrower", "state"], name="vks_loan_of_borrower"),
            models.Index(fields=["state", "until"], name="vks_loan_due"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "number_year", "number"],
                condition=Q(number__isnull=False),
                name="vks_loan_numbered_once",
            ),
            models.CheckConstraint(
                condition=Q(borrower__isnull=False, outside_name="")
                | Q(borrower__isnull=True, form="paper") & ~Q(outside_name=""),
                name="vks_loan_one_borrower",
            ),
            # two people: who borrows or asked is not who lets it
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("requested_by")),
                name="vks_loan_not_by_who_asked",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | Q(borrower__isnull=True) | ~Q(decided_by=F("borrower")),
                name="vks_loan_not_by_borrower",
            ),
            # what is out was let out, counted and numbered
            models.CheckConstraint(
                condition=~Q(state__in=["dang_muon", "tra_thieu", "da_tra"])
                | Q(
                    case__isnull=False,
                    decided_by__isnull=False,
                    issued_at__isnull=False,
                    number__isnull=False,
                    unit__isnull=False,
                ),
                name="vks_loan_issued",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["tra_thieu", "da_tra"]) | Q(returned_at__isnull=False),
                name="vks_loan_returned",
            ),
            models.CheckConstraint(
                condition=~Q(state="huy_duyet")
                | Q(form="paper", revoked_at__isnull=False, revoked_by__isnull=False, issued_at__isnull=True),
                name="vks_loan_revoked",
            ),
            models.CheckConstraint(
                condition=~Q(state="tra_thieu") | Q(form="paper", settled_at__isnull=True), name="vks_loan_short"
            ),
            models.CheckConstraint(
                condition=~Q(form="electronic") | ~Q(state__in=["dang_muon", "da_tra"]) | Q(access__isnull=False),
                name="vks_loan_opens",
            ),
            models.UniqueConstraint(
                fields=["case", "borrower"],
                condition=Q(form="electronic", state="dang_muon"),
                name="vks_loan_opens_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_code}: {self.state}"

    @property
    def is_paper(self) -> bool:
        """Whether paper changes hands."""
        return self.form == self.Form.PAPER

    @property
    def lender_id(self) -> int | None:
        """The id of the office that answers for it: of paper that went out, the one that lent it; else that of the case.

        A case may go to another office while its paper is out: the paper comes back to where it was, and an electronic
        copy is the present office's to close. None: there is no such case.
        """
        if self.is_paper and self.unit_id is not None:
            return self.unit_id
        return self.case.unit_id if self.case is not None else None

    def is_overdue(self, day: dt.date) -> bool:
        """Tell whether the file should be back; an electronic loan is over by itself."""
        return self.state == "dang_muon" and self.is_paper and self.until < day

    def has_run_out(self, day: dt.date) -> bool:
        """Tell whether an electronic loan is over by its day, whether or not that was noted yet."""
        return self.state == "dang_muon" and not self.is_paper and self.until < day


class LoanedPart(models.Model):
    """A piece of a paper file that is out: a volume, or all of a part (volume 0, beside each of its volumes).

    A volume that did not come back with the others stays out until that is settled.

    The database keeps each piece from being out twice.
    """

    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="pieces")
    case = models.ForeignKey(CaseFile, on_delete=models.PROTECT, related_name="+")
    part = models.CharField(max_length=8, choices=PART_CHOICES)
    volume = models.PositiveSmallIntegerField()
    is_out = models.BooleanField(default=True)

    if TYPE_CHECKING:
        loan_id: int

    class Meta:
        db_table = "vks_loaned_part"
        ordering = ("loan", "volume")
        constraints = [
            models.UniqueConstraint(
                fields=["case", "part", "volume"], condition=Q(is_out=True), name="vks_loaned_part_out_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.loan_id}: {self.part} {self.volume}"


class LoanRenewal(models.Model):
    """A longer term, asked for by the borrower and allowed or not by who may allow the loan. Earlier terms stay."""

    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="renewals")
    until_before = models.DateField(_("hạn cũ"))
    until = models.DateField(_("hạn mới"))
    reason = models.CharField(_("lý do"), max_length=1000)
    asked_at = models.DateTimeField(_("đề nghị lúc"), auto_now_add=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(_("trả lời lúc"), null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    # none: nobody has answered
    granted = models.BooleanField(_("được gia hạn"), null=True)
    denial = models.CharField(_("lý do từ chối"), max_length=1000, blank=True)

    class Meta:
        db_table = "vks_loan_renewal"
        ordering = ("loan", "pk")
        verbose_name = _("lần gia hạn mượn")
        verbose_name_plural = _("gia hạn mượn")
        constraints = [
            models.CheckConstraint(condition=Q(until__gt=F("until_before")), name="vks_loan_renewal_longer"),
            models.CheckConstraint(
                condition=Q(granted__isnull=True, decided_at__isnull=True)
                | Q(granted__isnull=False, decided_at__isnull=False),
                name="vks_loan_renewal_answered",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("asked_by")),
                name="vks_loan_renewal_by_two",
            ),
            models.UniqueConstraint(
                fields=["loan"], condition=Q(granted__isnull=True), name="vks_loan_renewal_one_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.loan_id} → {self.until:%d/%m/%Y}"
