"""What was found when stored files were compared with what was recorded of them."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from vks_plugin.cases.models import CaseFile


class FixityRun(models.Model):
    """One comparison, of one case or of all; one that was cut off goes on where it was."""

    class Work(models.TextChoices):
        NONE = "", _("không ai chạy")
        WAITING = "waiting", _("chờ máy")
        WORKING = "working", _("đang chạy")

    # of all cases when empty
    case = models.ForeignKey(CaseFile, on_delete=models.PROTECT, null=True, blank=True, related_name="fixity_runs")
    started_at: models.DateTimeField[dt.datetime, dt.datetime] = models.DateTimeField(auto_now_add=True)
    touched_at: models.DateTimeField[dt.datetime, dt.datetime] = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    # up to which filed document it got
    behind = models.PositiveBigIntegerField(default=0)
    # up to which package of the archive it got, once it is through with the documents
    behind_package = models.PositiveBigIntegerField(default=0)
    # up to which of our own files, by its path, once it is through with those
    behind_kept = models.CharField(max_length=500, default="", blank=True)
    documents = models.PositiveIntegerField(default=0)
    files = models.PositiveIntegerField(default=0)
    octets = models.PositiveBigIntegerField(default=0)
    # whoever asked for it on a page or through the API; none: the clock or a command
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    # a process that was killed leaves it as it was, and is not heard of any more
    work = models.CharField(max_length=8, choices=Work.choices, default=Work.NONE, blank=True)
    stop_asked = models.BooleanField(default=False)

    class Meta:
        db_table = "vks_fixity_run"
        ordering = ("-id",)
        verbose_name = _("lần đối chiếu tệp")
        verbose_name_plural = _("lần đối chiếu tệp")

    def __str__(self) -> str:
        return f"{self.pk}"


class FixityFinding(models.Model):
    """A file that is not as it was recorded."""

    class Kind(models.TextChoices):
        CHANGED = "changed", _("bị đổi")
        MISSING = "missing", _("bị mất")
        UNREADABLE = "unreadable", _("không đọc được")
        EXTRA = "extra", _("không thuộc tài liệu nào")

    run = models.ForeignKey(FixityRun, on_delete=models.PROTECT, related_name="findings")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    # no foreign keys: a finding outlives what it is about
    document_id = models.PositiveBigIntegerField(null=True, blank=True)
    version_id = models.PositiveBigIntegerField(null=True, blank=True)
    archive = models.BooleanField(default=False)
    # whose package it is; the case of a document is looked up, since it may change
    case = models.ForeignKey(CaseFile, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    path = models.TextField()
    expected = models.CharField(max_length=64, blank=True)
    found = models.CharField(max_length=64, blank=True)
    # found again by a later comparison, whose row stands for it from then on
    repeated = models.BooleanField(default=False)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    closing_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        db_table = "vks_fixity_finding"
        ordering = ("run", "id")
        verbose_name = _("sai lệch của tệp")
        verbose_name_plural = _("sai lệch của tệp")
        indexes = [
            models.Index(fields=["id"], name="vks_fixity_open", condition=models.Q(closed_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.path}"
