"""Cases whose files are disposed of, and what is left of each."""

from __future__ import annotations

import datetime as dt
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from vks_plugin.append_only import AppendOnly
from vks_plugin.cases.models import CaseFile
from vks_plugin.conf import configuration
from vks_plugin.custody.states import DISPOSAL
from vks_plugin.organization.models import ProcuracyUnit

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager


def _person() -> Any:
    return models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")


class DestructionBatch(models.Model):
    """Files that an office disposes of together (đợt tiêu hủy): one appraisal, two approvals, one signed record."""

    unit = models.ForeignKey(ProcuracyUnit, on_delete=models.PROTECT, related_name="destruction_batches")
    state = models.CharField(
        _("trạng thái"),
        max_length=20,
        choices=[(value, _(label)) for value, label in DISPOSAL.states],
        default=DISPOSAL.first,
    )
    # why these files are worth keeping no longer (thuyết minh)
    reason = models.CharField(_("thuyết minh"), max_length=1000)
    # of the record; given with the second approval, so that the signed one bears it
    number = models.PositiveIntegerField(_("số biên bản"), null=True)
    year = models.PositiveSmallIntegerField(_("năm"), null=True)
    drafted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    drafted_at: models.DateTimeField[dt.datetime, dt.datetime] = models.DateTimeField(auto_now_add=True)
    first_by: Any = _person()
    first_at = models.DateTimeField(null=True)
    second_by = _person()
    second_at = models.DateTimeField(null=True)
    # who denied it or called it off, and why
    ended_by = _person()
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=500, blank=True)
    # the signed record, as a file beside the database
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    record_sha256 = models.CharField(max_length=64, blank=True)
    record_pages = models.PositiveIntegerField(default=0)
    # as `filing.signatures.Signature` writes them; none: it was signed by hand
    record_signatures = models.JSONField(default=list)
    recorded_by = _person()
    recorded_at = models.DateTimeField(null=True)
    executed_by = _person()
    executed_at = models.DateTimeField(null=True)
    # when a worker was last heard of; none has it in hand when empty
    beat = models.DateTimeField(null=True)
    error = models.CharField(max_length=500, blank=True)

    if TYPE_CHECKING:
        items: RelatedManager[DestructionItem]
        unit_id: int
        drafted_by_id: int
        first_by_id: int | None
        second_by_id: int | None

    class Meta:
        db_table = "vks_destruction_batch"
        ordering = ("-id",)
        verbose_name = _("đợt tiêu hủy")
        verbose_name_plural = _("đợt tiêu hủy")
        indexes = [models.Index(fields=["unit", "state"], name="vks_destruction_of_unit")]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "year", "number"],
                condition=Q(number__isnull=False),
                name="vks_destruction_numbered_once",
            ),
            # three people: one drafts, two approve
            models.CheckConstraint(
                condition=Q(first_by__isnull=True) | ~Q(first_by=F("drafted_by")), name="vks_destruction_first_another"
            ),
            models.CheckConstraint(
                condition=Q(second_by__isnull=True) | (~Q(second_by=F("drafted_by")) & ~Q(second_by=F("first_by"))),
                name="vks_destruction_second_another",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["dang_tieu_huy", "chua_xong", "da_tieu_huy"])
                | (Q(first_by__isnull=False, second_by__isnull=False, number__isnull=False) & ~Q(record_sha256="")),
                name="vks_destruction_approved_and_signed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"

    @property
    def state_label(self) -> str:
        """The state in words."""
        return gettext(DISPOSAL.label(self.state))

    @property
    def record_path(self) -> Path:
        """Where the signed record lies; names say nothing about the cases."""
        return configuration().data_dir / "disposals" / f"{self.key}.pdf"


class DestructionItem(models.Model):
    """A case whose file is in a batch."""

    batch = models.ForeignKey(DestructionBatch, on_delete=models.PROTECT, related_name="items")
    case = models.ForeignKey(CaseFile, on_delete=models.PROTECT, related_name="destruction_items")
    # a case is in one batch at a time that nobody has ended
    pending = models.BooleanField(default=True)
    # as they were when it was drafted
    retention = models.CharField(max_length=60)
    kept_until = models.DateField()
    documents = models.PositiveIntegerField(default=0)
    pages = models.PositiveIntegerField(default=0)
    # when its rows were taken out, all of them at once; what is left then are files
    erased_at = models.DateTimeField(null=True)
    # paths of the files that are still to be removed, and documents that are still to be taken out of the index
    files_left = models.JSONField(default=list)
    index_left = models.JSONField(default=list)
    finished_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=500, blank=True)

    if TYPE_CHECKING:
        case_id: int
        batch_id: int

    class Meta:
        db_table = "vks_destruction_item"
        ordering = ("batch", "case")
        constraints = [
            models.UniqueConstraint(fields=["case"], condition=Q(pending=True), name="vks_destruction_one_pending"),
            models.UniqueConstraint(fields=["batch", "case"], name="vks_destruction_case_once"),
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True) | Q(erased_at__isnull=False), name="vks_destruction_in_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id} {self.case_id}"


class Tombstone(AppendOnly):
    """What is left of a file that was disposed of: that it was there, how much, what proves it, who decided. No names of persons.

    Those who decided are named, and nobody else.
    """

    case = models.OneToOneField(CaseFile, on_delete=models.PROTECT, related_name="tombstone")
    code = models.CharField(_("mã hồ sơ"), max_length=40)
    kind = models.CharField(_("loại"), max_length=32)
    unit_code = models.CharField(max_length=24)
    unit_name = models.CharField(_("đơn vị"), max_length=200)
    batch_id = models.PositiveBigIntegerField(_("đợt tiêu hủy"))
    record_number = models.PositiveIntegerField(_("biên bản số"))
    record_year = models.PositiveSmallIntegerField()
    record_sha256 = models.CharField(max_length=64)
    retention = models.CharField(_("thời hạn bảo quản"), max_length=60)
    finished_on = models.DateField(_("ngày kết thúc"))
    kept_until = models.DateField(_("bảo quản đến hết"))
    documents = models.PositiveIntegerField(_("số tài liệu"))
    pages = models.PositiveIntegerField(_("số trang"))
    folios = models.PositiveIntegerField(_("số bút lục"))
    volumes = models.PositiveIntegerField(_("số tập"))
    # [[code of the type, part, documents, pages], …]
    types = models.JSONField(default=list)
    # [[document, part, code of the type, pages, SHA-256 as filed, [[version, "original" | "archive", SHA-256], …]], …];
    # a video kept with it is one more there: [its UUID, "video", SHA-256]
    files = models.JSONField(default=list)
    # SHA-256 over a line `ID SHA256` for each document, as in the ledger
    digest = models.CharField(max_length=64)
    # [[account, name, "drafted" | "first" | "second" | "recorded" | "executed", when], …]
    decided = models.JSONField(default=list)
    destroyed_at: models.DateTimeField[dt.datetime, dt.datetime] = models.DateTimeField(_("tiêu hủy lúc"))

    if TYPE_CHECKING:
        case_id: int

    class Meta:
        db_table = "vks_tombstone"
        ordering = ("-id",)
        verbose_name = _("bia hồ sơ đã tiêu hủy")
        verbose_name_plural = _("bia hồ sơ đã tiêu hủy")

    def __str__(self) -> str:
        return self.code

    @property
    def originals(self) -> list[tuple[int, str]]:
        """Every version of every document, what was merged into one among them, with the SHA-256 of its original."""
        return [(version, sha256) for each in self.files for version, role, sha256 in each[5] if role == "original"]

    @property
    def videos(self) -> list[tuple[int, str, str]]:
        """Every video that was kept with a document: the document, its UUID, its SHA-256."""
        return [(each[0], key, sha256) for each in self.files for key, role, sha256 in each[5] if role == "video"]
