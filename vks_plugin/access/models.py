"""What access has to remember between requests."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from vks_plugin.cases.models import Accused, CaseFile


class GrantSweep(models.Model):
    """The last day on which dated appointments and assignments were brought up to date.

    One row. Whichever process first serves a request on a new day takes it and
    ends what is due before any page is shown.
    """

    swept_on = models.DateField()

    class Meta:
        db_table = "vks_grant_sweep"

    def __str__(self) -> str:
        return f"{self.swept_on:%Y-%m-%d}"


class DeadlineReminder(models.Model):
    """Somebody was told that a time limit draws near; kept until it is read.

    One for each person, limit and band of colour. It names case and limit by reference, so that nobody reads in
    an old reminder what the person may not see any more.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="vks_reminders")
    case = models.ForeignKey(CaseFile, on_delete=models.CASCADE, related_name="+")
    accused = models.ForeignKey(Accused, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    rule = models.CharField(max_length=48)
    due_on = models.DateField(_("hạn"))
    band = models.CharField(max_length=8)
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "vks_deadline_reminder"
        ordering = ("due_on", "id")
        verbose_name = _("nhắc thời hạn")
        verbose_name_plural = _("nhắc thời hạn")
        indexes = [models.Index(fields=["user", "read_at"], name="vks_reminder_unread")]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.rule} {self.due_on:%d/%m/%Y}"
