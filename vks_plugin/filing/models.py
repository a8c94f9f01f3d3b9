"""What is on its way into a case file."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from vks_plugin.cases.models import PART_CHOICES, CaseDocument, CaseFile, CatalogueType
from vks_plugin.filing.signatures import VERDICT_LABELS, Signature, Verdict


class IntakeItem(models.Model):
    """A file handed to the host together with what it is to become.

    The host works it through later, in a worker. The item waits for it, keeps the
    sentence that says why it failed, and keeps the file until it is filed.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", _("Đang xử lý")
        FILED = "filed", _("Đã vào hồ sơ")
        FAILED = "failed", _("Không xử lý được")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(CaseFile, on_delete=models.PROTECT, related_name="intake_items")
    status = models.CharField(_("trạng thái"), max_length=8, choices=Status.choices, default=Status.WAITING)
    filename = models.CharField(_("tên tệp"), max_length=250)
    sha256 = models.CharField(max_length=64, db_index=True)
    page_count = models.PositiveIntegerField(_("số trang"), default=0)
    document_type = models.ForeignKey(CatalogueType, on_delete=models.PROTECT, related_name="+")
    part = models.CharField(_("phần hồ sơ"), max_length=8, choices=PART_CHOICES)
    title = models.CharField(_("tên tài liệu"), max_length=250)
    number = models.CharField(_("số"), max_length=60, blank=True)
    date = models.DateField(_("ngày"), null=True, blank=True)
    folio_from = models.PositiveIntegerField(_("bút lục từ"), null=True, blank=True)
    folio_to = models.PositiveIntegerField(_("bút lục đến"), null=True, blank=True)
    error = models.TextField(_("lý do"), blank=True)
    document_id = models.PositiveIntegerField(null=True, blank=True)
    task_id = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "vks_intake_item"
        ordering = ("-created_at",)
        verbose_name = _("tệp chờ vào hồ sơ")
        verbose_name_plural = _("tệp chờ vào hồ sơ")

    def __str__(self) -> str:
        return self.filename


class SignatureCheck(models.Model):
    """What was read of the signatures inside a document's file; none: it has none, or nobody has looked yet."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Đang kiểm tra")
        DONE = "done", _("Đã kiểm tra")
        FAILED = "failed", _("Không kiểm tra được")

    case_document = models.OneToOneField(CaseDocument, on_delete=models.CASCADE, related_name="signature_check")
    # of the file that was read; a newer version has another
    sha256 = models.CharField(max_length=64)
    state = models.CharField(_("trạng thái"), max_length=8, choices=State.choices, default=State.WAITING)
    # as `filing.signatures.Signature` writes them
    signatures = models.JSONField(default=list)
    # stands for the certificates that were trusted then; empty: none were
    roots = models.CharField(max_length=64, blank=True)
    error = models.TextField(_("lý do"), blank=True)
    asked_at = models.DateTimeField(default=timezone.now)
    checked_at = models.DateTimeField(null=True, blank=True)

    if TYPE_CHECKING:
        case_document_id: int

    class Meta:
        db_table = "vks_signature_check"
        ordering = ("id",)
        verbose_name = _("lần kiểm tra chữ ký số")
        verbose_name_plural = _("lần kiểm tra chữ ký số")

    def __str__(self) -> str:
        return f"{self.case_document_id} {self.state}"

    @property
    def read(self) -> list[Signature]:
        """The signatures, in the order in which they were made."""
        return [Signature.parse(each) for each in self.signatures]

    @property
    def verdict(self) -> str:
        """The worst of its signatures; empty: nothing is known."""
        found = {each.verdict for each in self.read}
        worst = (Verdict.INVALID, Verdict.UNREADABLE, Verdict.UNPROVEN, Verdict.VALID)
        return next((str(each) for each in worst if each in found), "")

    @property
    def verdict_label(self) -> str:
        """The same in words, or that it is still looked at."""
        verdict = self.verdict
        return gettext(VERDICT_LABELS[verdict]) if verdict else str(self.get_state_display())
