"""Batches of digitisation of a case, what was done in each, and what each was sealed with."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from vks_plugin.append_only import AppendOnly
from vks_plugin.cases.models import PART_CHOICES, CaseDocument, CaseFile
from vks_plugin.custody.states import DIGITISATION, DIGITISATION_STEPS
from vks_plugin.custody.verify_ledger import parsed
from vks_plugin.organization.models import ProcuracyUnit

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager

_OPEN = sorted(DIGITISATION.open)


class DigitisationBatch(models.Model):
    """A batch of digitisation (đợt số hóa) of one part of a case: the first, or a supplement to what is sealed.

    The state changes through `vks_plugin.custody.actions` alone, by the table `DIGITISATION`.
    """

    case = models.ForeignKey(CaseFile, on_delete=models.PROTECT, related_name="digitisation_batches")
    part = models.CharField(_("phần hồ sơ"), max_length=8, choices=PART_CHOICES)
    number = models.PositiveSmallIntegerField(_("đợt"))
    state = models.CharField(
        _("trạng thái"),
        max_length=24,
        choices=[(value, _(label)) for value, label in DIGITISATION.states],
        default=DIGITISATION.first,
    )
    # the office that digitises: throughput is counted by it, wherever the case goes afterwards
    unit = models.ForeignKey(ProcuracyUnit, on_delete=models.PROTECT, related_name="+", verbose_name=_("đơn vị"))
    # the sealed batch this one adds to
    supplements = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.CharField(_("lý do"), max_length=500, blank=True)
    opened_at = models.DateTimeField(_("mở lúc"), auto_now_add=True)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    state_since = models.DateTimeField(_("ở trạng thái này từ"), default=timezone.now)
    # who let the quality pass, and what stands for all that person had before him (`present_digest`): later changes are
    # noticed; empty though somebody checked: when descriptions were not looked at
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    checked_at = models.DateTimeField(null=True, blank=True)
    checked_digest = models.CharField(max_length=64, blank=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)
    # sealing is long work: who asked for it, when a worker was last heard of, how far it is, why it did not come off
    seal_asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    seal_beat = models.DateTimeField(null=True, blank=True)
    seal_done = models.PositiveIntegerField(default=0)
    seal_total = models.PositiveIntegerField(default=0)
    seal_error = models.TextField(blank=True)

    if TYPE_CHECKING:
        case_id: int
        supplements_id: int | None
        checked_by_id: int | None
        steps: RelatedManager[DigitisationStep]
        findings: RelatedManager[QualityFinding]
        manifest: SealManifest

    class Meta:
        db_table = "vks_digitisation_batch"
        ordering = ("case", "part", "number")
        verbose_name = _("đợt số hóa")
        verbose_name_plural = _("đợt số hóa")
        constraints = [
            models.UniqueConstraint(fields=["case", "part", "number"], name="vks_batch_numbered_once"),
            models.UniqueConstraint(
                fields=["case", "part"], condition=Q(state__in=_OPEN), name="vks_one_open_batch_a_part"
            ),
        ]
        indexes = [models.Index(fields=["state", "state_since"], name="vks_batch_in_state")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.part} {self.number}"

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to act."""
        return self.state in DIGITISATION.open

    @property
    def state_label(self) -> str:
        """The state in words."""
        return str(_(DIGITISATION.label(self.state)))


class DigitisationStep(models.Model):
    """Somebody did a step of the work; a step that is done again is a row again."""

    batch = models.ForeignKey(DigitisationBatch, on_delete=models.PROTECT, related_name="steps")
    step = models.CharField(
        _("bước"), max_length=24, choices=[(each.name, _(each.label)) for each in DIGITISATION_STEPS]
    )
    done_at = models.DateTimeField(_("lúc"), auto_now_add=True)
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    pages = models.PositiveIntegerField(_("số trang"), null=True, blank=True)
    note = models.CharField(_("ghi chú"), max_length=500, blank=True)

    if TYPE_CHECKING:
        batch_id: int
        done_by_id: int

    class Meta:
        db_table = "vks_digitisation_step"
        ordering = ("batch", "done_at", "id")
        verbose_name = _("bước số hóa")
        verbose_name_plural = _("bước số hóa")

    def __str__(self) -> str:
        return f"{self.batch_id} {self.step}"


class QualityFinding(models.Model):
    """What somebody who checks the quality found wrong, to be scanned or put right again."""

    class Kind(models.TextChoices):
        MISSING_PAGE = "thieu_trang", _("Thiếu trang")
        ORIENTATION = "sai_chieu", _("Sai chiều")
        ILLEGIBLE = "mo", _("Mờ, không đọc được")
        CROPPED = "mat_goc", _("Mất góc, lệch trang")
        ORDER = "sai_thu_tu", _("Sai thứ tự trang")
        TYPE = "sai_loai", _("Sai loại, sai tên")
        OTHER = "khac", _("Lỗi khác")

    batch = models.ForeignKey(DigitisationBatch, on_delete=models.PROTECT, related_name="findings")
    case_document = models.ForeignKey(
        CaseDocument, on_delete=models.PROTECT, related_name="quality_findings", verbose_name=_("tài liệu")
    )
    page = models.PositiveIntegerField(_("trang"), null=True, blank=True)
    kind = models.CharField(_("lỗi"), max_length=16, choices=Kind.choices)
    note = models.CharField(_("ghi chú"), max_length=500, blank=True)
    found_at = models.DateTimeField(auto_now_add=True)
    found_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    if TYPE_CHECKING:
        batch_id: int
        case_document_id: int

    class Meta:
        db_table = "vks_quality_finding"
        ordering = ("batch", "id")
        verbose_name = _("lỗi chất lượng")
        verbose_name_plural = _("lỗi chất lượng")

    def __str__(self) -> str:
        return f"{self.batch_id} {self.kind}"


class PageChange(models.Model):
    """Somebody made another file of a document before its seal; the file before stays with the host as a version."""

    class Kind(models.TextChoices):
        CHANGED = "doi_trang", _("Sửa trang")
        SPLIT = "tach", _("Tách tài liệu")
        MERGED = "ghep", _("Ghép tài liệu")
        SIGNED = "ky_so", _("Đưa bản đã ký số vào")

    case_document = models.ForeignKey(CaseDocument, on_delete=models.PROTECT, related_name="page_changes")
    kind = models.CharField(_("việc"), max_length=12, choices=Kind.choices)
    # ids of rows of the host; no foreign keys, which would go with the rows
    version_before = models.PositiveIntegerField()
    version = models.PositiveIntegerField()
    sha256_before = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64)
    pages_before = models.PositiveIntegerField(_("số trang trước"))
    pages = models.PositiveIntegerField(_("số trang"))
    # as `filing.page_map.written` writes it
    page_map = models.TextField(_("các trang"))
    reason = models.CharField(_("lý do"), max_length=500, blank=True)
    # of a signed file: it is the file before, to the byte, with nothing added but signatures
    continues = models.BooleanField(_("ký trên đúng tệp trước"), default=False)
    # pages of the new scan without words, which a worker recognises; 0: none, or done
    unread = models.PositiveIntegerField(default=0)
    unread_error = models.TextField(blank=True)
    # when a worker was asked to recognise them last; empty: when the change was made
    unread_since = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField(_("lúc"), auto_now_add=True)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    if TYPE_CHECKING:
        case_document_id: int
        changed_by_id: int

    class Meta:
        db_table = "vks_page_change"
        ordering = ("case_document", "id")
        verbose_name = _("lần sửa trang")
        verbose_name_plural = _("lần sửa trang")

    def __str__(self) -> str:
        return f"{self.case_document_id} {self.kind}"


class SealManifest(AppendOnly):
    """What a batch was sealed with, as bytes that never change; the ledger has their SHA-256."""

    batch = models.OneToOneField(DigitisationBatch, on_delete=models.PROTECT, related_name="manifest")
    case = models.ForeignKey(CaseFile, on_delete=models.PROTECT, related_name="seal_manifests")
    part = models.CharField(max_length=8, choices=PART_CHOICES)
    unit = models.ForeignKey(ProcuracyUnit, on_delete=models.PROTECT, related_name="+")
    # of the printed record, in the series of the office and year
    number = models.PositiveIntegerField(_("số"))
    number_year = models.PositiveSmallIntegerField(null=True)
    sealed_at: models.DateTimeField[dt.datetime, dt.datetime] = models.DateTimeField(_("niêm phong lúc"))
    documents = models.PositiveIntegerField(_("số tài liệu"))
    pages = models.PositiveIntegerField(_("số trang"))
    folios = models.PositiveIntegerField(_("số bút lục"))
    # canonical JSON (RFC 8785); its members are told in docs/custody.md
    line = models.BinaryField()
    sha256 = models.CharField(max_length=64, unique=True)
    # hash of the manifest this one adds to; empty for the first
    previous = models.CharField(max_length=64, blank=True)
    # of the bytes, by the key of the office (CMS, DER); none: there was no key then
    signature = models.BinaryField(null=True)

    if TYPE_CHECKING:
        batch_id: int
        case_id: int

    class Meta:
        db_table = "vks_seal_manifest"
        ordering = ("case", "part", "id")
        verbose_name = _("bảng kê niêm phong")
        verbose_name_plural = _("bảng kê niêm phong")
        indexes = [models.Index(fields=["unit", "sealed_at"], name="vks_sealed_by_unit")]
        constraints = [models.UniqueConstraint(fields=["unit", "number_year", "number"], name="vks_seal_numbered_once")]

    def __str__(self) -> str:
        return self.sha256

    @property
    def said(self) -> dict[str, Any]:
        """What the manifest says, from its bytes."""
        said: dict[str, Any] = parsed(bytes(self.line))
        return said


class SealedDocument(AppendOnly):
    """A document that is sealed: the doors of the host and of ours ask for it by its number."""

    manifest = models.ForeignKey(SealManifest, on_delete=models.PROTECT, related_name="sealed_documents")
    # no foreign key: the table is append-only
    document_id = models.PositiveIntegerField(unique=True)
    version_id = models.PositiveIntegerField()
    pages = models.PositiveIntegerField(null=True)
    sha256 = models.CharField(max_length=64)
    archive_sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        db_table = "vks_sealed_document"
        ordering = ("manifest", "id")
        verbose_name = _("tài liệu đã niêm phong")
        verbose_name_plural = _("tài liệu đã niêm phong")

    def __str__(self) -> str:
        return f"{self.document_id}"
