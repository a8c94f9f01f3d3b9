"""Bundles and redacted copies asked for and made."""

from __future__ import annotations

import datetime as dt
import uuid
from pathlib import Path

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from vks_plugin.cases.models import CaseDocument, CaseFile
from vks_plugin.conf import configuration
from vks_plugin.custody.signing import SUFFIX
from vks_plugin.organization.queries import display_name

QUEUED, RUNNING, FAILED = "queued", "running", "failed"
OPEN = (QUEUED, RUNNING)
"""Statuses of what a worker makes or is to make, the same for all kinds."""


class Made(models.Model):
    """A file that somebody asked for and a worker makes."""

    status: models.CharField[str, str]
    """Of each kind its own choices."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    progress = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    # host ids of the documents inside: whoever downloads must still be allowed to see them all
    document_ids = models.JSONField(default=list)
    sha256 = models.CharField(max_length=64, blank=True)
    error = models.TextField(_("lý do"), blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    # since when a worker is to do it: a search may have waited for days to be chosen from
    queued_at = models.DateTimeField(default=timezone.now)
    # how often a worker took it, of a redaction: since it last finished a paper
    attempts = models.PositiveSmallIntegerField(default=0)
    finished_at = models.DateTimeField(null=True, blank=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        abstract = True

    @property
    def requester(self) -> str:
        """Name of who asked for it."""
        return display_name(self.requested_by)

    @property
    def is_open(self) -> bool:
        """Whether a worker makes it or is to make it."""
        return self.status in OPEN

    @property
    def path(self) -> Path:
        """Where it lies, or what it is named after; names in it say nothing about the case."""
        raise NotImplementedError

    @property
    def lock_path(self) -> Path:
        """What its worker holds as long as it lives."""
        return self.path.with_suffix(".lock")


class Bundle(Made):
    """A court bundle (tập hồ sơ) of a case: one stamped and indexed PDF."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("Chờ lập")
        RUNNING = "running", _("Đang lập")
        DONE = "done", _("Đã xong")
        FAILED = "failed", _("Không lập được")
        CANCELLED = "cancelled", _("Đã dừng")

    class Preset(models.TextChoices):
        WHOLE = "toan_bo", _("Toàn bộ hồ sơ vụ án")
        COURT = "trinh_toa", _("Hồ sơ trình Tòa: cáo trạng và chứng cứ")
        LEADERS = "trinh_lanh_dao", _("Hồ sơ trình lãnh đạo")
        DEFENCE = "bi_can_bao_chua", _("Hồ sơ cho bị can, người bào chữa đọc")
        EXTRACT = "trich_luc", _("Trích lục hồ sơ")
        CORE = "tap_loi", _("Tập lõi, giữ số trang tập chính")
        SUPPLEMENT = "bo_sung", _("Bổ sung vào tập đã lập")

    case = models.ForeignKey(CaseFile, on_delete=models.PROTECT, related_name="bundles")
    preset = models.CharField(_("mẫu tập"), max_length=24, choices=Preset.choices, default=Preset.WHOLE)
    status = models.CharField(_("trạng thái"), max_length=12, choices=Status.choices, default=Status.QUEUED)
    page_count = models.PositiveIntegerField(_("số trang"), null=True, blank=True)
    document_count = models.PositiveIntegerField(_("số tài liệu"), null=True, blank=True)
    # what was asked for, see `actions.Wishes`; of a supplement also the preset the first bundle was made by
    options = models.JSONField(default=dict)
    # the main bundle of a core bundle, or the one this adds to
    earlier = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    # once it is done: {"begun": [[document, sha256, pages, first page], …], "late": [[…], …]}
    layout = models.JSONField(default=dict)
    # [{"volume", "first_page", "last_page", "bytes", "sha256"}, …]
    volumes = models.JSONField(default=list)
    # SHA-256 of what lies beside the volumes: {"addition": …, "manifest": …, "signature": …}, as far as it is there and known
    beside = models.JSONField(default=dict)
    # [[document, why], …]
    left_out = models.JSONField(default=list)
    # [[document, what is odd, pages, how many pages in all], …], see `cautions`
    cautions = models.JSONField(default=list)

    class Meta:
        db_table = "vks_bundle"
        ordering = ("-created_at",)
        verbose_name = _("tập hồ sơ")
        verbose_name_plural = _("tập hồ sơ")

    def __str__(self) -> str:
        return f"{self.case_id} {self.preset}"

    @property
    def path(self) -> Path:
        """Where the finished file lies, or what volumes are named after; names in it say nothing about the case."""
        return configuration().data_dir / "bundles" / f"{self.id}.pdf"

    @property
    def addition_path(self) -> Path:
        """Where that which a supplement added lies as a file of its own."""
        return self.path.with_name(f"{self.id}-bo-sung.pdf")

    @property
    def manifest_path(self) -> Path:
        """Where the manifest lies."""
        return self.path.with_suffix(".json")

    @property
    def signature_path(self) -> Path:
        """Where the signature of that list lies, if the office signs."""
        return self.path.with_suffix(f".json{SUFFIX}")

    @property
    def files_beside(self) -> dict[str, Path]:
        """Where that lies of which `beside` has the hashes."""
        return {"addition": self.addition_path, "manifest": self.manifest_path, "signature": self.signature_path}

    @property
    def is_signed(self) -> bool:
        """Whether the office signed what was made."""
        return self.signature_path.is_file()

    @property
    def may_go_on(self) -> bool:
        """Whether it was stopped or could not be made, and may be tried again."""
        return self.status in {self.Status.CANCELLED, self.Status.FAILED}

    @property
    def several(self) -> bool:
        """Whether it was made in volumes."""
        return len(self.volumes) > 1

    @property
    def left_out_count(self) -> int:
        """How many documents were kept back from those who will read it."""
        return len(self.left_out)


class RedactionWork(Made):
    """Words or people looked for in papers of a case, and the copies made of those papers (việc che thông tin).

    It looks first, waits for somebody to choose, then makes the copies; or it makes copies of what was chosen already.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", _("Chờ làm")
        RUNNING = "running", _("Đang làm")
        FOUND = "found", _("Chờ chọn chỗ che")
        DONE = "done", _("Đã xong")
        FAILED = "failed", _("Không làm được")
        CANCELLED = "cancelled", _("Đã dừng")

    class Step(models.TextChoices):
        SEARCH = "tim", _("Tìm chỗ che")
        COPY = "che", _("Lập bản che")

    case = models.ForeignKey(CaseFile, on_delete=models.PROTECT, related_name="redaction_works")
    status = models.CharField(_("trạng thái"), max_length=12, choices=Status.choices, default=Status.QUEUED)
    step = models.CharField(_("bước"), max_length=4, choices=Step.choices, default=Step.SEARCH)
    # whom it is about, as the page says it; not looked for
    title = models.CharField(_("việc che"), max_length=200, blank=True)
    # what is looked for: {"terms": [[kind, words], …], "patterns": […], "people": [[name, other names], …]}; empty
    # once it is found
    wanted = models.JSONField(default=dict)
    # what was found: [{"filing", "sha256", "source_sha256", "pages", "marks": [[page, left, top, right, bottom, kind,
    # words], …], "unsearched": [[page, why], …], "error"}, …]; empty once it is chosen from
    found = models.JSONField(default=list)
    # what goes: [{"filing", "sha256", "source_sha256", "marks": [[page, left, top, right, bottom, kind], …]}, …]; empty
    # once all copies are made: they know it themselves
    chosen = models.JSONField(default=list)
    # documents of which no copy could be made: [[document, why], …]
    failures = models.JSONField(default=list)
    ground = models.CharField(_("căn cứ che"), max_length=12, blank=True)
    reason = models.CharField(_("lý do che"), max_length=500, blank=True)

    class Meta:
        db_table = "vks_redaction_work"
        ordering = ("-created_at",)
        verbose_name = _("việc che thông tin")
        verbose_name_plural = _("việc che thông tin")

    def __str__(self) -> str:
        return f"{self.case_id} {self.step} {self.status}"

    @property
    def path(self) -> Path:
        """What its lock is named after: its copies have names of their own."""
        return configuration().data_dir / "redactions" / f"{self.id}.work"

    @property
    def may_go_on(self) -> bool:
        """Whether it failed, or some of its copies could not be made, and it may be tried again."""
        if self.status == self.Status.FAILED:
            # empty once it is too late
            return bool(self.wanted if self.step == self.Step.SEARCH else self.chosen)
        return self.status == self.Status.DONE and bool(self.failures and self.chosen)

    @property
    def may_be_given_up(self) -> bool:
        """Whether there is something to stop, or something that waits for a person."""
        return self.is_open or self.status in {self.Status.FOUND, self.Status.FAILED}

    @property
    def kept_until(self) -> dt.datetime | None:
        """When what was found, or is needed to go on, will be emptied; None while a worker is at it, or nothing is kept."""
        waits = self.status == self.Status.FOUND or self.may_go_on
        if not waits or self.finished_at is None:
            return None
        return self.finished_at + dt.timedelta(days=configuration().redaction_days)

    def copy_id(self, filing: int) -> uuid.UUID:
        """Return the id of the copy it makes of a filed document: done once more, it is the same copy."""
        return uuid.uuid5(self.pk, str(filing))


class Redaction(models.Model):
    """A copy of a filed document in which something was taken out (bản đã che). The document itself stays as it is."""

    class Ground(models.TextChoices):
        PROTECTED = "bao_ve", _("Người được bảo vệ (Điều 484)")
        MINOR = "duoi_18", _("Người dưới 18 tuổi")
        VICTIM = "bi_hai", _("Danh dự, nhân phẩm của bị hại")
        PRIVACY = "doi_tu", _("Đời sống riêng tư, bí mật cá nhân, gia đình")
        OTHER = "khac", _("Lý do khác")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case_document = models.ForeignKey(CaseDocument, on_delete=models.PROTECT, related_name="redactions")
    # the case in whose ledger it was told: the paper may move to another; found by the paper alone
    made_in = models.ForeignKey(CaseFile, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    ground = models.CharField(_("căn cứ che"), max_length=12, choices=Ground.choices)
    reason = models.CharField(_("lý do che"), max_length=500, blank=True)
    # [[page, left, top, right, bottom, kind], …]: where, and not what stood there
    marks = models.JSONField(default=list)
    page_count = models.PositiveIntegerField(_("số trang"))
    # the file it was made from, and what the document was filed as then: another one makes this copy out of date
    source_sha256 = models.CharField(max_length=64)
    filed_sha256 = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    # the work that made it: begun anew, that leaves alone what is there
    work = models.ForeignKey(RedactionWork, on_delete=models.PROTECT, null=True, blank=True, related_name="copies")
    # who read it from the first page to the last and found nothing left: until then it does not go out
    read_at = models.DateTimeField(_("đọc lại lúc"), null=True, blank=True)
    read_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        db_table = "vks_redaction"
        ordering = ("-created_at",)
        verbose_name = _("bản đã che")
        verbose_name_plural = _("bản đã che")
        constraints = [
            models.UniqueConstraint(fields=["work", "case_document"], name="vks_redaction_once_a_work"),
            models.CheckConstraint(
                condition=Q(read_at__isnull=True, read_by__isnull=True)
                | Q(read_at__isnull=False, read_by__isnull=False),
                name="vks_redaction_read_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_document_id} {self.ground}"

    @property
    def maker(self) -> str:
        """Name of who had it made."""
        return display_name(self.created_by)

    @property
    def reader(self) -> str:
        """Name of who read it; empty: nobody did."""
        return display_name(self.read_by)

    @property
    def is_read(self) -> bool:
        """Whether somebody read it and confirmed that nothing is left."""
        return self.read_at is not None

    @property
    def path(self) -> Path:
        """Where the copy lies; names in it say nothing about the case."""
        return configuration().data_dir / "redactions" / f"{self.id}.pdf"
