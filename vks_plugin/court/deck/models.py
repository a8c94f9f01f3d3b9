"""Presentations of a case in court, what stands on their slides, marks on folios, and decks that were made of them."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from vks_plugin.cases.models import CaseDocument, CaseFile
from vks_plugin.conf import configuration
from vks_plugin.court.deck.rules import GROUNDS_308
from vks_plugin.court.models import Made

if TYPE_CHECKING:
    import datetime as dt
    from uuid import UUID

    from django_stubs_ext.db.models.manager import RelatedManager


class Presentation(models.Model):
    """What the procuracy shows in court of one case (bài trình chiếu), slide after slide."""

    class Order(models.TextChoices):
        ACCUSED = "theo_bi_can", _("Theo bị can")
        ACT = "theo_hanh_vi", _("Theo hành vi")
        EVIDENCE = "theo_chung_cu", _("Theo chứng cứ")
        INDICTMENT = "theo_cao_trang", _("Theo cáo trạng")

    case = models.ForeignKey(CaseFile, on_delete=models.PROTECT, related_name="presentations")
    # counted in the case: what people and commands call it by
    number = models.PositiveSmallIntegerField(_("số"))
    title = models.CharField(_("tên bài"), max_length=200)
    order = models.CharField(_("cách xếp"), max_length=16, choices=Order.choices, default=Order.INDICTMENT)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    if TYPE_CHECKING:
        slides: RelatedManager[Slide]
        case_id: int

    class Meta:
        db_table = "vks_presentation"
        ordering = ("case", "number")
        verbose_name = _("bài trình chiếu")
        verbose_name_plural = _("bài trình chiếu")
        constraints = [models.UniqueConstraint(fields=["case", "number"], name="vks_presentation_numbered_once")]

    def __str__(self) -> str:
        return self.title


class Video(models.Model):
    """A video (đoạn ghi hình) that belongs to a paper of the case file, kept byte for byte; the host takes none.

    Who may see the paper may see it; it is cited by the paper's folios.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case_document = models.ForeignKey(
        CaseDocument, on_delete=models.PROTECT, related_name="videos", verbose_name=_("tài liệu kèm theo")
    )
    title = models.CharField(_("tên video"), max_length=200)
    container = models.CharField(max_length=8)
    codecs = models.CharField(_("mã hóa hình, tiếng"), max_length=100)
    seconds = models.FloatField(_("độ dài (giây)"))
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    size = models.PositiveBigIntegerField(_("dung lượng"))
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    if TYPE_CHECKING:
        case_document_id: int

    class Meta:
        db_table = "vks_video"
        ordering = ("-created_at",)
        verbose_name = _("video")
        verbose_name_plural = _("video")

    def __str__(self) -> str:
        return self.title

    @property
    def path(self) -> Path:
        """Where the file lies; names in it say nothing about the case."""
        return configuration().data_dir / "videos" / f"{self.id}.{self.container}"


class Slide(models.Model):
    """One slide of a presentation.

    What it shows of the case file are pages of one filed document; there is no other way for a picture to get in, so
    that each can be proved to be the one that was filed. The one exception is `VideoStill`.
    """

    class Kind(models.TextChoices):
        TITLE = "tieu_de", _("Tiêu đề")
        EXHIBIT = "but_luc", _("Bút lục")
        IMAGE = "hinh_anh", _("Hình ảnh")
        TEXT = "noi_dung", _("Nội dung")
        DIAGRAM = "so_do", _("Sơ đồ")
        TESTIMONY = "loi_khai", _("Lời khai")
        VIDEO = "video", _("Video")
        PLAN = "hien_truong", _("Sơ đồ hiện trường")

    class State(models.TextChoices):
        SHOWN = "hien", _("Chiếu theo thứ tự")
        RESERVE = "du_phong", _("Dự phòng: chỉ mở khi gọi")
        AWAITS_PANEL = "cho_hdxx_dong_y", _("Chờ HĐXX đồng ý")

    class Diagram(models.TextChoices):
        CONNECTIONS = "quan_he", _("Người – tội danh – chứng cứ")
        TIMELINE = "dien_bien", _("Diễn biến theo thời gian")

    presentation = models.ForeignKey(Presentation, on_delete=models.CASCADE, related_name="slides")
    position = models.PositiveIntegerField(_("thứ tự"))
    kind = models.CharField(_("loại trang"), max_length=12, choices=Kind.choices)
    state = models.CharField(_("khi chiếu"), max_length=16, choices=State.choices, default=State.SHOWN)
    title = models.CharField(_("tiêu đề"), max_length=200, blank=True)
    text = models.TextField(_("nội dung"), max_length=4000, blank=True)
    # for whoever presents; never on the screen of the court
    notes = models.TextField(_("ghi chú của người trình chiếu"), max_length=8000, blank=True)
    case_document = models.ForeignKey(
        CaseDocument,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="slides",
        verbose_name=_("tài liệu"),
    )
    page_from = models.PositiveIntegerField(_("từ trang"), null=True, blank=True)
    page_to = models.PositiveIntegerField(_("đến trang"), null=True, blank=True)
    # the copy in which something was taken out; it is taken as well wherever somebody on the pages is not to be named
    redacted = models.BooleanField(_("chiếu bản đã che"), default=False)
    # of an image: [x, y, width, height] as parts of the page; none: the whole page
    crop = models.JSONField(_("vùng cắt"), null=True, blank=True)
    ground_308 = models.CharField(
        _("căn cứ công bố lời khai (Điều 308)"),
        max_length=1,
        blank=True,
        choices=[(key, f"{key}) {_(words)}") for key, words in GROUNDS_308.items()],
    )
    video = models.ForeignKey(
        Video, on_delete=models.PROTECT, null=True, blank=True, related_name="slides", verbose_name=_("video")
    )
    # seconds of the video that are played; none: from its beginning, to its end
    plays_from = models.FloatField(_("từ giây"), null=True, blank=True)
    plays_to = models.FloatField(_("đến giây"), null=True, blank=True)
    diagram = models.CharField(_("sơ đồ"), max_length=12, blank=True, choices=Diagram.choices)
    # what people changed of a diagram made from the case: see `diagrams.Edits`
    edits = models.JSONField(default=dict, blank=True)
    # a leader answers for showing it although it may tell who somebody protected is; holds for this very content only
    confirmed_for = models.CharField(max_length=64, blank=True, editable=False)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    confirmed_at = models.DateTimeField(null=True, blank=True, editable=False)

    if TYPE_CHECKING:
        case_document_id: int | None
        presentation_id: int
        video_id: UUID | None
        markers: RelatedManager[PlanMarker]

    class Meta:
        db_table = "vks_slide"
        ordering = ("presentation", "position", "id")
        verbose_name = _("trang trình chiếu")
        verbose_name_plural = _("trang trình chiếu")
        constraints = [
            models.CheckConstraint(
                condition=Q(page_from__isnull=True, page_to__isnull=True)
                | Q(
                    page_from__gte=1,
                    page_to__gte=models.F("page_from"),
                    page_from__isnull=False,
                    page_to__isnull=False,
                ),
                name="vks_slide_pages_in_order",
            ),
            # BLTTHS, Điều 308: no testimony without its ground, and none before the panel agrees
            models.CheckConstraint(
                condition=~Q(kind="loi_khai") | Q(ground_308__in=["a", "b", "c", "d"], state="cho_hdxx_dong_y"),
                name="vks_testimony_has_its_ground",
            ),
            # BLTTHS, Điều 313: the panel decides that a recording is played
            models.CheckConstraint(
                condition=~Q(kind="video") | Q(state="cho_hdxx_dong_y", video__isnull=False),
                name="vks_video_awaits_the_panel",
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.get_kind_display()


class VideoStill(models.Model):
    """A picture drawn from a video at one moment, that stands for it where it does not play.

    The browser of whoever composes the slide drew it: nothing here can prove that it is of the video, so it is told as a
    picture taken by somebody and never as a page that was filed.
    """

    slide = models.OneToOneField(Slide, on_delete=models.CASCADE, related_name="still")
    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="+")
    second = models.FloatField(_("ở giây"))
    jpeg = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    taken_at = models.DateTimeField(auto_now_add=True)
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    if TYPE_CHECKING:
        video_id: UUID

    class Meta:
        db_table = "vks_video_still"
        verbose_name = _("ảnh đại diện của video")
        verbose_name_plural = _("ảnh đại diện của video")

    def __str__(self) -> str:
        return f"{self.second:g}"


class PlanMarker(models.Model):
    """A number on a scene plan: where it stands, what is there, and the page of the case file that shows it closer."""

    slide = models.ForeignKey(Slide, on_delete=models.CASCADE, related_name="markers")
    number = models.PositiveSmallIntegerField(_("số trên sơ đồ"))
    # as parts of the page the plan is drawn on, from its upper left corner, whatever part of it is shown
    x = models.FloatField(_("trái"))
    y = models.FloatField(_("trên"))
    caption = models.CharField(_("chú thích"), max_length=200, blank=True)
    case_document = models.ForeignKey(
        CaseDocument,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="plan_markers",
        verbose_name=_("tài liệu có ảnh"),
    )
    # none: a number without a photo; one whose document is gone still has its page, and is told of
    page = models.PositiveIntegerField(_("trang có ảnh"), null=True, blank=True)
    redacted = models.BooleanField(_("ảnh lấy ở bản đã che"), default=False)

    if TYPE_CHECKING:
        case_document_id: int | None
        slide_id: int

    class Meta:
        db_table = "vks_plan_marker"
        ordering = ("slide", "number")
        verbose_name = _("số trên sơ đồ hiện trường")
        verbose_name_plural = _("số trên sơ đồ hiện trường")
        constraints = [
            models.UniqueConstraint(fields=["slide", "number"], name="vks_plan_number_once"),
            models.CheckConstraint(
                condition=Q(number__gte=1, x__gte=0, x__lte=1, y__gte=0, y__lte=1), name="vks_plan_number_on_the_page"
            ),
            models.CheckConstraint(
                condition=Q(case_document__isnull=True) | Q(page__gte=1, page__isnull=False),
                name="vks_plan_photo_has_its_page",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}"


class FolioMark(models.Model):
    """A place on a page of the case file that somebody points at, with a note."""

    case_document = models.ForeignKey(CaseDocument, on_delete=models.CASCADE, related_name="marks")
    page = models.PositiveIntegerField(_("trang"))
    # [[x, y, width, height], …] as parts of the page, from its upper left corner
    areas = models.JSONField(_("vùng đánh dấu"))
    # the words that were marked; empty: a rectangle
    quote = models.CharField(_("đoạn chữ"), max_length=500, blank=True)
    note = models.CharField(_("ghi chú"), max_length=1000, blank=True)
    shared = models.BooleanField(_("cả nhóm vụ án thấy"), default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    if TYPE_CHECKING:
        case_document_id: int

    class Meta:
        db_table = "vks_folio_mark"
        ordering = ("case_document", "page", "id")
        verbose_name = _("đánh dấu trên bút lục")
        verbose_name_plural = _("đánh dấu trên bút lục")
        constraints = [models.CheckConstraint(condition=Q(page__gte=1), name="vks_mark_on_a_page")]

    def __str__(self) -> str:
        return f"{self.case_document_id}: {self.page}"


class DeckExport(Made):
    """A deck that was asked for: a presentation as a file that goes to court."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("Chờ lập")
        RUNNING = "running", _("Đang lập")
        DONE = "done", _("Đã xong")
        FAILED = "failed", _("Không lập được")

    class Format(models.TextChoices):
        HTML = "html", _("Gói trình chiếu (ZIP, mở bằng trình duyệt)")
        PPTX = "pptx", "PowerPoint"
        PDF = "pdf", _("PDF để in")

    presentation = models.ForeignKey(Presentation, on_delete=models.PROTECT, related_name="exports")
    format = models.CharField(_("dạng"), max_length=8, choices=Format.choices, default=Format.HTML)
    status = models.CharField(_("trạng thái"), max_length=12, choices=Status.choices, default=Status.QUEUED)
    # whether it leaves the server with a password alone; which one, nobody but who fetched it knows
    encrypted = models.BooleanField(_("chỉ đưa ra khi đã mã hóa"), default=False)
    # of manifest.json of a ZIP: a log of what was shown names it
    manifest_sha256 = models.CharField(max_length=64, blank=True)
    # what it can show: {"slides": [as in the manifest], "pages": {key: folio}}
    contents = models.JSONField(default=dict, blank=True)
    # its last day; copies are to be destroyed after it
    expires_on = models.DateField(_("hết hạn"), null=True, blank=True)
    # that every copy that went out was destroyed, as somebody confirmed
    destroyed_on = models.DateField(_("ngày hủy"), null=True, blank=True)
    destroyed_person = models.CharField(_("người hủy"), max_length=150, blank=True)
    destroyed_copies = models.CharField(_("nơi đã lưu gói"), max_length=300, blank=True)
    destroyed_at = models.DateTimeField(null=True, blank=True)
    destroyed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        db_table = "vks_deck_export"
        ordering = ("-created_at",)
        verbose_name = _("gói trình chiếu")
        verbose_name_plural = _("gói trình chiếu")
        constraints = [
            models.CheckConstraint(
                condition=Q(destroyed_at__isnull=True, destroyed_on__isnull=True)
                | Q(
                    status="done",
                    destroyed_at__isnull=False,
                    destroyed_on__isnull=False,
                    destroyed_by__isnull=False,
                ),
                name="vks_deck_destroyed_by_somebody",
            )
        ]

    def __str__(self) -> str:
        return f"{self.presentation_id} {self.format}"

    @property
    def path(self) -> Path:
        """Where the finished file lies; names in it say nothing about the case."""
        ending = "zip" if self.format == self.Format.HTML else self.format
        return configuration().data_dir / "decks" / f"{self.id}.{ending}"

    @property
    def is_here(self) -> bool:
        """Whether the file can be fetched: a command writes its own elsewhere, and of a destroyed one nothing is kept."""
        return self.status == self.Status.DONE and self.path.is_file()

    def is_overdue(self, day: dt.date) -> bool:
        """Tell whether it is past its day and nobody confirmed that it was destroyed."""
        out = self.status == self.Status.DONE and self.destroyed_at is None
        return out and self.expires_on is not None and self.expires_on < day
