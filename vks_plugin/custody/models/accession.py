"""Cases that are handed to the archive, and the package of each."""

from __future__ import annotations

import datetime as dt
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from vks_plugin.cases.models import CaseFile
from vks_plugin.conf import configuration
from vks_plugin.custody.states import ACCESSION
from vks_plugin.organization.models import ProcuracyUnit

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager


class Accession(models.Model):
    """An office hands cases to its archive (nộp lưu): one hand-over, one record, a package for each case."""

    unit = models.ForeignKey(ProcuracyUnit, on_delete=models.PROTECT, related_name="accessions")
    state = models.CharField(
        _("trạng thái"),
        max_length=16,
        choices=[(value, _(label)) for value, label in ACCESSION.states],
        default=ACCESSION.first,
    )
    # of the record of hand-over, in the series of the office and year; given when the archive takes it
    number = models.PositiveIntegerField(_("số biên bản"), null=True)
    number_year = models.PositiveSmallIntegerField(null=True)
    giver = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at: models.DateTimeField[dt.datetime, dt.datetime] = models.DateTimeField(auto_now_add=True)
    receiver = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    accepted_at = models.DateTimeField(null=True)
    # who asked to take it, and since when its packages are read again for that; nobody does when empty
    taker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    taking_at = models.DateTimeField(null=True)
    # when a worker was last heard of; none has it in hand when empty
    beat = models.DateTimeField(null=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True)

    if TYPE_CHECKING:
        items: RelatedManager[AccessionItem]
        unit_id: int
        giver_id: int

    class Meta:
        db_table = "vks_accession"
        ordering = ("-id",)
        verbose_name = _("lần nộp lưu")
        verbose_name_plural = _("lần nộp lưu")
        indexes = [models.Index(fields=["unit", "state"], name="vks_accession_of_unit")]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "number_year", "number"],
                condition=Q(number__isnull=False),
                name="vks_accession_numbered_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.pk}"

    @property
    def state_label(self) -> str:
        """The state in words."""
        return gettext(ACCESSION.label(self.state))


class AccessionItem(models.Model):
    """A case in an accession, with its package."""

    accession = models.ForeignKey(Accession, on_delete=models.PROTECT, related_name="items")
    case = models.ForeignKey(CaseFile, on_delete=models.PROTECT, related_name="accession_items")
    # a case is in one accession at a time that nobody has ended
    pending = models.BooleanField(default=True)
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    documents = models.PositiveIntegerField(default=0)
    pages = models.PositiveIntegerField(default=0)
    # in the package, of documents and videos, of every version; empty: packed before that was counted
    files = models.PositiveIntegerField(null=True)
    # the first and the last day its documents bear; empty: none bears one
    dated_from = models.DateField(null=True)
    dated_to = models.DateField(null=True)
    # over the documents that are in the package, as in the ledger
    digest = models.CharField(max_length=64, blank=True)
    # of the package; empty while it is not made
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    # when it was found whole by whoever takes it now
    read_at = models.DateTimeField(null=True)
    # as it was that day
    retention = models.CharField(max_length=60, blank=True)

    if TYPE_CHECKING:
        case_id: int

    class Meta:
        db_table = "vks_accession_item"
        ordering = ("accession", "case")
        constraints = [
            models.UniqueConstraint(fields=["case"], condition=Q(pending=True), name="vks_accession_one_pending"),
            models.UniqueConstraint(fields=["accession", "case"], name="vks_accession_case_once"),
        ]

    def __str__(self) -> str:
        return f"{self.accession_id} {self.case_id}"

    @property
    def path(self) -> Path:
        """Where the package lies; names say nothing about the case."""
        return configuration().data_dir / "accessions" / f"{self.key}.zip"
