"""What lies in a case file: document types, filed documents, volumes, folios, inventories."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Never

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from vks_plugin.cases import folio_report
from vks_plugin.cases.folios import Counting
from vks_plugin.cases.models.case import CaseFile
from vks_plugin.cases.stages import PARTS

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager

# A comparison with NULL is neither true nor false, and a check that is not false holds: hence `isnull=False` beside each
# comparison in the constraints below.
PART_CHOICES = [(value, _(label)) for value, label in PARTS]
COUNTING_CHOICES = [(Counting.PAGE.value, _("Theo trang có dấu")), (Counting.SHEET.value, _("Theo tờ"))]


class CatalogueTypeManager(models.Manager["CatalogueType"]):
    """Finds document types by their code."""

    def get_by_natural_key(self, code: str) -> CatalogueType:
        """Return the document type with this code."""
        return self.get(code=code)


class CatalogueType(models.Model):
    """A type of document that occurs in case files (loại tài liệu).

    The number of a form changes with every circular that replaces the last, so it
    is an attribute with its edition and never a key.
    """

    code = models.CharField(_("mã"), max_length=24, unique=True)
    name = models.CharField(_("tên tài liệu"), max_length=250)
    group_code = models.CharField(_("mã nhóm"), max_length=8)
    group_name = models.CharField(_("nhóm"), max_length=120)
    position = models.PositiveIntegerField(_("thứ tự"))
    part = models.CharField(_("phần hồ sơ"), max_length=8, choices=PART_CHOICES)
    issuer = models.CharField(_("nơi ban hành"), max_length=120, blank=True)
    form_number = models.CharField(_("số biểu mẫu"), max_length=24, blank=True)
    form_edition = models.CharField(_("ban hành kèm"), max_length=60, blank=True)
    verified = models.BooleanField(_("đã xác nhận"), default=False)
    sensitive = models.BooleanField(_("có thể có ảnh nhạy cảm"), default=False)
    # the host's document type this one shows as; the host's row may be deleted by its users
    host_type = models.ForeignKey(
        "documents.DocumentType", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )

    objects: ClassVar[CatalogueTypeManager] = CatalogueTypeManager()

    class Meta:
        db_table = "vks_catalogue_type"
        ordering = ("position",)
        verbose_name = _("loại tài liệu")
        verbose_name_plural = _("loại tài liệu")

    def __str__(self) -> str:
        return f"{self.code} – {self.name}"

    def natural_key(self) -> tuple[str]:
        """Return what identifies the type across installations."""
        return (self.code,)


class CaseDocument(models.Model):
    """A document of the DMS that is filed in a case.

    The PROTECT below, with its named relation, is what keeps the host from
    putting a filed document into its trash.
    """

    case = models.ForeignKey(CaseFile, on_delete=models.PROTECT, related_name="documents")
    document = models.OneToOneField("documents.Document", on_delete=models.PROTECT, related_name="case_document")
    # none: filed from the DMS and not yet classified
    document_type = models.ForeignKey(
        CatalogueType,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="documents",
        verbose_name=_("loại tài liệu"),
    )
    part = models.CharField(_("phần hồ sơ"), max_length=8, choices=PART_CHOICES)
    title = models.CharField(_("tên tài liệu"), max_length=250)
    number = models.CharField(_("số"), max_length=60, blank=True)
    date = models.DateField(_("ngày"), null=True, blank=True)
    # what a procedural paper has to say of itself (BLTTHS, Điều 132 khoản 2)
    issuer = models.CharField(_("cơ quan ban hành"), max_length=200, blank=True)
    place = models.CharField(_("nơi ban hành"), max_length=120, blank=True)
    signer_name = models.CharField(_("người ký"), max_length=150, blank=True)
    signer_title = models.CharField(_("chức vụ người ký"), max_length=120, blank=True)
    # third column of the inventory of documents (BLTTHS, Điều 131 khoản 4)
    characteristics = models.CharField(_("đặc điểm"), max_length=250, blank=True)
    # the first and the last of its folios; the rows of `Folio` are the truth
    folio_from = models.PositiveIntegerField(_("bút lục từ"), null=True, blank=True)
    suffix_from = models.CharField(max_length=4, blank=True, editable=False)
    folio_to = models.PositiveIntegerField(_("bút lục đến"), null=True, blank=True)
    suffix_to = models.CharField(max_length=4, blank=True, editable=False)
    counting = models.CharField(_("cách đếm"), max_length=8, choices=COUNTING_CHOICES, default=Counting.PAGE)
    page_count = models.PositiveIntegerField(_("số trang"), null=True, blank=True)
    sha256 = models.CharField(max_length=64, db_index=True)
    filed_at = models.DateTimeField(auto_now_add=True)
    filed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    if TYPE_CHECKING:
        folios: RelatedManager[Folio]
        case_id: int
        document_id: int

    class Meta:
        db_table = "vks_case_document"
        # the order of proceedings: numbered folios first and in their order, then by group and date
        ordering = (
            F("folio_from").asc(nulls_last=True),
            "suffix_from",
            F("document_type__position").asc(nulls_last=True),
            F("date").asc(nulls_last=True),
            "id",
        )
        verbose_name = _("tài liệu trong hồ sơ")
        verbose_name_plural = _("tài liệu trong hồ sơ")
        # who asks which documents somebody may view reads this alone
        indexes = [models.Index(fields=["case", "part", "document"], name="vks_document_of_case")]
        constraints = [
            models.CheckConstraint(
                condition=Q(folio_from__isnull=True, folio_to__isnull=True)
                | Q(folio_from__gte=1, folio_to__gte=F("folio_from"), folio_from__isnull=False, folio_to__isnull=False),
                name="vks_document_folios_in_order",
            ),
            # the supervision file is not part of the numbered case file
            models.CheckConstraint(
                condition=Q(part="hsva") | Q(folio_from__isnull=True), name="vks_folios_only_in_case_file"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def folio_label(self) -> str:
        """The folios as they are cited, such as `BL 12–14`; empty when there are none."""
        if self.folio_from is None:
            return ""
        first, last = f"{self.folio_from}{self.suffix_from}", f"{self.folio_to}{self.suffix_to}"
        return f"BL {first}" if first == last else f"BL {first}–{last}"


class FolioProfileManager(models.Manager["FolioProfile"]):
    """Finds profiles by their code."""

    def get_by_natural_key(self, code: str) -> FolioProfile:
        """Return the profile with this code."""
        return self.get(code=code)


class FolioProfile(models.Model):
    """How an agency stamps and numbers folios (TTLT 04/2018, Điều 35).

    Data, because agencies differ and their circulars change.
    """

    class Numbering(models.TextChoices):
        NONE = "none", _("Chỉ đóng dấu, không đánh số")
        ONCE = "once", _("Đánh số một lần từ 01 đến hết")
        CONTINUE = "continue", _("Đánh số nối tiếp")

    class Corner(models.TextChoices):
        TOP_RIGHT = "top_right", _("Góc trên bên phải")
        BOTTOM_RIGHT = "bottom_right", _("Góc dưới bên phải")
        TOP_LEFT = "top_left", _("Góc trên bên trái")
        BOTTOM_LEFT = "bottom_left", _("Góc dưới bên trái")

    code = models.SlugField(_("mã"), max_length=32, unique=True)
    name = models.CharField(_("tên"), max_length=150)
    # who stamps: a value of `Folio.StampedBy`
    agency = models.CharField(_("cơ quan"), max_length=16)
    numbering = models.CharField(_("đánh số"), max_length=8, choices=Numbering.choices)
    counting = models.CharField(_("cách đếm"), max_length=8, choices=COUNTING_CHOICES, default=Counting.PAGE)
    corner = models.CharField(_("vị trí dấu"), max_length=16, choices=Corner.choices, default=Corner.TOP_RIGHT)
    article = models.CharField(_("căn cứ"), max_length=120, blank=True)
    note = models.CharField(_("ghi chú"), max_length=250, blank=True)
    position = models.PositiveSmallIntegerField(_("thứ tự"), default=0)
    verified = models.BooleanField(_("đã xác nhận"), default=False)

    objects: ClassVar[FolioProfileManager] = FolioProfileManager()

    class Meta:
        db_table = "vks_folio_profile"
        ordering = ("position", "code")
        verbose_name = _("cách đánh bút lục")
        verbose_name_plural = _("cách đánh bút lục")

    def __str__(self) -> str:
        return self.name

    def natural_key(self) -> tuple[str]:
        """Return what identifies the profile across installations."""
        return (self.code,)


class Volume(models.Model):
    """A bound volume (tập) of the case file; its folios are one range without holes of other volumes."""

    case = models.ForeignKey(CaseFile, on_delete=models.CASCADE, related_name="volumes")
    number = models.PositiveSmallIntegerField(_("tập số"))
    title = models.CharField(_("tên tập"), max_length=200, blank=True)
    folio_from = models.PositiveIntegerField(_("bút lục từ"), null=True, blank=True)
    folio_to = models.PositiveIntegerField(_("bút lục đến"), null=True, blank=True)
    note = models.CharField(_("ghi chú"), max_length=250, blank=True)

    class Meta:
        db_table = "vks_volume"
        ordering = ("case", "number")
        verbose_name = _("tập hồ sơ")
        verbose_name_plural = _("tập hồ sơ")
        constraints = [
            models.UniqueConstraint(fields=["case", "number"], name="vks_volume_numbered_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="vks_volume_from_one"),
            models.CheckConstraint(
                condition=Q(folio_from__isnull=True, folio_to__isnull=True)
                | Q(folio_from__gte=1, folio_to__gte=F("folio_from"), folio_from__isnull=False, folio_to__isnull=False),
                name="vks_volume_folios_in_order",
            ),
        ]

    def __str__(self) -> str:
        return gettext("Tập %(number)d") % {"number": self.number}


class Folio(models.Model):
    """One folio (bút lục) and the page of the document that shows it.

    One row each, so that the database itself refuses a number claimed twice (TTLT 04/2018, Điều 35: numbered once,
    from 01 to the end). A stamp that is put on during the investigation has no number yet.
    """

    class State(models.TextChoices):
        PROVISIONAL = "tam", _("Tạm (chưa đánh số chính thức)")
        FINAL = "chinh_thuc", _("Chính thức")
        CORRECTED = "sua_co_giai_trinh", _("Sửa, có giải trình")
        MISSING = "thieu", _("Thiếu")

    class StampedBy(models.TextChoices):
        INVESTIGATION_AGENCY = "CQDT", _("Cơ quan điều tra")
        PROCURACY = "VKS", _("Viện kiểm sát")
        COURT = "TA", _("Tòa án")

    case = models.ForeignKey(CaseFile, on_delete=models.CASCADE, related_name="folios")
    case_document = models.ForeignKey(CaseDocument, on_delete=models.CASCADE, related_name="folios")
    number = models.PositiveIntegerField(_("số bút lục"), null=True, blank=True)
    suffix = models.CharField(_("hậu tố"), max_length=4, blank=True)
    page = models.PositiveIntegerField(_("trang"), null=True, blank=True)
    state = models.CharField(_("tình trạng"), max_length=24, choices=State.choices, default=State.FINAL)
    stamped_by = models.CharField(_("cơ quan đóng dấu"), max_length=8, choices=StampedBy.choices, blank=True)

    class Meta:
        db_table = "vks_folio"
        ordering = ("case", F("number").asc(nulls_last=True), "suffix", "case_document", "page")
        verbose_name = _("bút lục")
        verbose_name_plural = _("bút lục")
        constraints = [
            models.UniqueConstraint(fields=["case", "number", "suffix"], name="vks_folio_numbered_once"),
            models.UniqueConstraint(fields=["case_document", "page"], name="vks_folio_one_a_page"),
            models.CheckConstraint(
                condition=Q(number__gte=1, number__isnull=False)
                | Q(number__isnull=True, suffix="", state="tam", page__isnull=False),
                name="vks_folio_from_one",
            ),
            models.CheckConstraint(
                condition=~Q(state="tam") | Q(number__isnull=True), name="vks_folio_stamped_or_numbered"
            ),
        ]

    def __str__(self) -> str:
        return self.label or "–"

    @property
    def label(self) -> str:
        """The folio as it is cited: `125`, `125a`; empty for a stamp without a number."""
        return f"{self.number}{self.suffix}" if self.number is not None else ""


class WithheldPaper(models.Model):
    """Where a paper lies that is a state secret: an index card (thẻ chỉ dẫn), in place of the paper.

    State secrets are not kept on a machine that is connected, so a card says nothing of what the paper says: number,
    date, and who keeps it. There is no field for more.
    """

    class Level(models.TextChoices):
        SECRET = "mat", _("Mật")
        TOP_SECRET = "toi_mat", _("Tối mật")
        # the Procuracy itself has the two above (Quyết định 1180/QĐ-TTg, 2020); this one is for papers of others
        MOST_SECRET = "tuyet_mat", _("Tuyệt mật")

    case = models.ForeignKey(CaseFile, on_delete=models.CASCADE, related_name="withheld_papers")
    level = models.CharField(_("độ mật"), max_length=10, choices=Level.choices)
    number = models.CharField(_("số văn bản"), max_length=60)
    dated = models.DateField(_("ngày văn bản"))
    kept_at = models.CharField(_("nơi giữ bản giấy"), max_length=200)
    folio_from = models.PositiveIntegerField(_("bút lục từ"), null=True, blank=True)
    folio_to = models.PositiveIntegerField(_("bút lục đến"), null=True, blank=True)

    if TYPE_CHECKING:
        case_id: int

    class Meta:
        db_table = "vks_withheld_paper"
        ordering = ("case", "dated", "number", "id")
        verbose_name = _("thẻ chỉ dẫn")
        verbose_name_plural = _("thẻ chỉ dẫn")
        constraints = [
            models.CheckConstraint(
                condition=Q(folio_from__isnull=True, folio_to__isnull=True)
                | Q(folio_from__gte=1, folio_to__gte=F("folio_from"), folio_from__isnull=False, folio_to__isnull=False),
                name="vks_withheld_folios_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} ({self.dated:%d/%m/%Y})"


class FolioExplanation(models.Model):
    """Why folios are missing, claimed twice or corrected, why a page or a document has none (báo cáo giải trình).

    Nobody renumbers: what is wrong stays as it is and is explained (TTLT 04/2018, Điều 35). An explanation is about a
    range of folios, or about a document and, where they are named, some of its pages.
    """

    class Finding(models.TextChoices):
        GAP = folio_report.Finding.GAP.value, _("Thiếu số")
        DUPLICATE = folio_report.Finding.DUPLICATE.value, _("Trùng số")
        OVERLAP = folio_report.Finding.OVERLAP.value, _("Chồng lấn")
        MISSING = folio_report.Finding.MISSING.value, _("Thiếu giấy")
        CORRECTION = folio_report.Finding.CORRECTION.value, _("Nhầm, tẩy xóa")
        PAGE = folio_report.Finding.PAGE.value, _("Trang không có bút lục")
        PAGE_UNKNOWN = folio_report.Finding.PAGE_UNKNOWN.value, _("Chưa rõ bút lục ở trang nào")
        DOCUMENT = folio_report.Finding.DOCUMENT.value, _("Tài liệu không có bút lục")
        OUTSIDE_VOLUMES = folio_report.Finding.OUTSIDE_VOLUMES.value, _("Bút lục ngoài các tập")
        VOLUME_HOLE = folio_report.Finding.VOLUME_HOLE.value, _("Tập thiếu bút lục")
        VOLUME_OVERLAP = folio_report.Finding.VOLUME_OVERLAP.value, _("Hai tập trùng bút lục")
        VOLUME_ORDER = folio_report.Finding.VOLUME_ORDER.value, _("Tập không theo thứ tự bút lục")

    case = models.ForeignKey(CaseFile, on_delete=models.CASCADE, related_name="folio_explanations")
    finding = models.CharField(_("loại"), max_length=16, choices=Finding.choices)
    folio_from = models.PositiveIntegerField(_("bút lục từ"), null=True, blank=True)
    folio_to = models.PositiveIntegerField(_("bút lục đến"), null=True, blank=True)
    about = models.ForeignKey(
        CaseDocument,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="folio_explanations",
        verbose_name=_("tài liệu"),
    )
    page_from = models.PositiveIntegerField(_("từ trang"), null=True, blank=True)
    page_to = models.PositiveIntegerField(_("đến trang"), null=True, blank=True)
    text = models.CharField(_("giải trình"), max_length=1000)
    # the report itself, where it lies in the file
    case_document = models.ForeignKey(
        CaseDocument, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("báo cáo")
    )
    explained_at = models.DateTimeField(_("lúc"), auto_now_add=True)
    explained_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    if TYPE_CHECKING:
        case_id: int
        about_id: int | None
        case_document_id: int | None

    class Meta:
        db_table = "vks_folio_explanation"
        ordering = ("case", F("folio_from").asc(nulls_last=True), "about", "page_from", "id")
        verbose_name = _("giải trình bút lục")
        verbose_name_plural = _("giải trình bút lục")
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    folio_from__gte=1,
                    folio_to__gte=F("folio_from"),
                    folio_from__isnull=False,
                    folio_to__isnull=False,
                    about__isnull=True,
                )
                | Q(folio_from__isnull=True, folio_to__isnull=True, about__isnull=False),
                name="vks_explained_folios_in_order",
            ),
            models.CheckConstraint(
                condition=Q(page_from__isnull=True, page_to__isnull=True)
                | Q(
                    page_from__gte=1,
                    page_to__gte=F("page_from"),
                    page_from__isnull=False,
                    page_to__isnull=False,
                    about__isnull=False,
                ),
                name="vks_explained_pages_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id}: {self.finding} {self.folio_from or self.about_id}"


class DocumentInventory(models.Model):
    """An inventory of documents (thống kê tài liệu), or a supplementary one, as it was drawn up.

    BLTTHS, Điều 131 khoản 4: what is added later gets a supplementary inventory; the first one stays as it was.
    `rows` is what the printed list says; it and the names are kept as they stood that day.
    """

    case = models.ForeignKey(CaseFile, on_delete=models.PROTECT, related_name="inventories")
    number = models.PositiveSmallIntegerField(_("đợt"))
    drawn_up_on = models.DateField(_("ngày lập"))
    drawn_up_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    drawn_up_by_name = models.CharField(_("người lập"), max_length=200)
    unit_name = models.CharField(_("đơn vị"), max_length=200)
    # the office above, as it stands in the head of the paper
    higher_unit_name = models.CharField(max_length=200, blank=True)
    case_name = models.CharField(_("tên vụ án"), max_length=250)
    folio_from = models.PositiveIntegerField(_("bút lục từ"), null=True, blank=True)
    folio_to = models.PositiveIntegerField(_("bút lục đến"), null=True, blank=True)
    # [{"document", "title", "folios", "characteristics"}, …]; `document` is the host's id
    rows = models.JSONField(default=list)

    if TYPE_CHECKING:
        case_id: int

    class Meta:
        db_table = "vks_document_inventory"
        ordering = ("case", "number")
        verbose_name = _("thống kê tài liệu")
        verbose_name_plural = _("thống kê tài liệu")
        constraints = [models.UniqueConstraint(fields=["case", "number"], name="vks_inventory_numbered_once")]

    def __str__(self) -> str:
        return f"{self.case_id}: {self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write a new one.

        Raises:
            TypeError: it is drawn up already.
        """
        if self.pk is not None:
            message = "an inventory that is drawn up is not rewritten"
            raise TypeError(message)
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_kwargs: Any) -> Never:
        """Refuse.

        Raises:
            TypeError: always.
        """
        message = "an inventory that is drawn up is not deleted"
        raise TypeError(message)

    @property
    def is_supplementary(self) -> bool:
        """Whether it lists what came after the first one."""
        return self.number > 1
