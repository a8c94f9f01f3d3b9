"""What is on its way into a case file."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from vks_plugin.cases.models import PART_CHOICES, CaseFile, CatalogueType


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
