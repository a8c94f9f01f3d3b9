"""The case file and what lies in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from vks_plugin.cases.stages import PARTS, STAGES, STATUSES, accused_label
from vks_plugin.organization.models import Department, InForceManager, ProcuracyUnit

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager

STAGE_CHOICES = [(stage.value, _(stage.label)) for stage in STAGES]
STATUS_CHOICES = [(value, _(label)) for value, label in STATUSES]
PART_CHOICES = [(value, _(label)) for value, label in PARTS]


class CaseFile(models.Model):
    """A case registered by an office (vụ án, or another kind of matter).

    The initiating decision (number, date, agency) identifies a criminal case in
    the whole province; the national case software uses the same three as its key.
    """

    class Kind(models.TextChoices):
        CRIMINAL = "criminal", _("Vụ án hình sự")

    class Confidentiality(models.TextChoices):
        """State secrets are not among these: such papers are not stored here at all."""

        NORMAL = "thuong", _("Thường")
        RESTRICTED = "han_che_noi_bo", _("Hạn chế nội bộ")

    kind = models.CharField(_("loại"), max_length=16, choices=Kind.choices, default=Kind.CRIMINAL)
    code = models.CharField(_("mã vụ án"), max_length=40, unique=True)
    name = models.CharField(_("tên vụ án"), max_length=250)
    folded_name = models.CharField(max_length=250, editable=False)
    init_decision_no = models.CharField(_("số quyết định khởi tố"), max_length=60)
    init_decision_date = models.DateField(_("ngày quyết định khởi tố"))
    init_decision_agency = models.CharField(_("cơ quan ra quyết định khởi tố"), max_length=200)
    # the triple as compared: without case, tones and doubled spaces, so that a retyped one clashes
    init_decision_key = models.CharField(max_length=300, unique=True, editable=False)
    national_case_code = models.CharField(
        _("mã hồ sơ điện tử quốc gia"), max_length=60, null=True, blank=True, unique=True
    )
    crime_date = models.DateField(_("ngày phạm tội"), null=True, blank=True)
    crime_place = models.CharField(_("nơi phạm tội"), max_length=250, blank=True)
    charge_summary = models.CharField(_("tội danh"), max_length=250, blank=True)
    stage = models.CharField(_("giai đoạn"), max_length=32, choices=STAGE_CHOICES, default="dieu_tra")
    status = models.CharField(_("trạng thái"), max_length=32, choices=STATUS_CHOICES, default="dang_giai_quyet")
    unit = models.ForeignKey(
        ProcuracyUnit, on_delete=models.PROTECT, related_name="cases", verbose_name=_("đơn vị thụ lý")
    )
    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, null=True, blank=True, related_name="cases", verbose_name=_("phòng")
    )
    handled_at = models.DateField(_("ngày thụ lý"))
    confidentiality = models.CharField(
        _("độ nhạy cảm"), max_length=16, choices=Confidentiality.choices, default=Confidentiality.NORMAL
    )
    note = models.TextField(_("ghi chú"), blank=True)
    # one per form shown: the second click on "create" finds the case of the first
    form_token = models.UUIDField(null=True, blank=True, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    if TYPE_CHECKING:
        accused: RelatedManager[Accused]
        assignments: RelatedManager[Assignment]
        documents: RelatedManager[CaseDocument]
        unit_id: int

    class Meta:
        db_table = "vks_case_file"
        ordering = ("-handled_at", "-id")
        verbose_name = _("vụ án")
        verbose_name_plural = _("vụ án")
        indexes = [
            models.Index(fields=["unit", "stage"], name="vks_case_unit_stage"),
            models.Index(fields=["-handled_at", "-id"], name="vks_case_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.code} – {self.name}"

    @property
    def accused_label(self) -> str:
        """What the law calls the accused at the present stage."""
        return gettext(accused_label(self.stage))


class Accused(models.Model):
    """A person prosecuted in a case."""

    class Sex(models.TextChoices):
        MALE = "nam", _("Nam")
        FEMALE = "nu", _("Nữ")

    case = models.ForeignKey(CaseFile, on_delete=models.CASCADE, related_name="accused")
    position = models.PositiveSmallIntegerField(_("thứ tự"), default=1)
    full_name = models.CharField(_("họ và tên"), max_length=150)
    folded_name = models.CharField(max_length=150, editable=False)
    birth_year = models.PositiveSmallIntegerField(_("năm sinh"), null=True, blank=True)
    sex = models.CharField(_("giới tính"), max_length=8, choices=Sex.choices, blank=True)

    class Meta:
        db_table = "vks_accused"
        ordering = ("case", "position", "id")
        verbose_name = _("bị can, bị cáo")
        verbose_name_plural = _("bị can, bị cáo")
        indexes = [models.Index(fields=["folded_name"], name="vks_accused_name")]

    def __str__(self) -> str:
        return self.full_name


class Assignment(models.Model):
    """A person works on one case between two days, both included."""

    class Role(models.TextChoices):
        PROSECUTOR_LEAD = "prosecutor_lead", _("Kiểm sát viên thụ lý chính")
        PROSECUTOR = "prosecutor", _("Kiểm sát viên")
        INSPECTOR = "inspector", _("Kiểm tra viên")
        SCAN_OPERATOR = "scan_operator", _("Cán bộ số hóa")

    case = models.ForeignKey(CaseFile, on_delete=models.CASCADE, related_name="assignments")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="vks_assignments",
        verbose_name=_("người được phân công"),
    )
    role = models.CharField(_("vai trò"), max_length=24, choices=Role.choices)
    starts_on = models.DateField(_("từ ngày"))
    ends_on = models.DateField(_("đến hết ngày"), null=True, blank=True)
    ended_at = models.DateTimeField(_("chấm dứt lúc"), null=True, blank=True)
    assigned_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    objects: ClassVar[InForceManager[Self]] = InForceManager()

    class Meta:
        db_table = "vks_assignment"
        ordering = ("case", "role", "starts_on")
        verbose_name = _("phân công")
        verbose_name_plural = _("phân công")
        constraints = [
            models.UniqueConstraint(
                fields=["case", "user", "role"],
                condition=Q(ended_at__isnull=True, ends_on__isnull=True),
                name="vks_assignment_open_once",
            ),
            models.UniqueConstraint(
                fields=["case"],
                condition=Q(ended_at__isnull=True, ends_on__isnull=True, role="prosecutor_lead"),
                name="vks_one_lead_prosecutor",
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="vks_assignment_dates_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id}: {self.user_id} {self.role}"


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
    folio_from = models.PositiveIntegerField(_("bút lục từ"), null=True, blank=True)
    folio_to = models.PositiveIntegerField(_("bút lục đến"), null=True, blank=True)
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
            F("document_type__position").asc(nulls_last=True),
            F("date").asc(nulls_last=True),
            "id",
        )
        verbose_name = _("tài liệu trong hồ sơ")
        verbose_name_plural = _("tài liệu trong hồ sơ")
        constraints = [
            models.CheckConstraint(
                condition=Q(folio_from__isnull=True, folio_to__isnull=True)
                | Q(folio_from__gte=1, folio_to__gte=F("folio_from")),
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
        if self.folio_to == self.folio_from:
            return f"BL {self.folio_from}"
        return f"BL {self.folio_from}–{self.folio_to}"


class Folio(models.Model):
    """One numbered folio (bút lục) and the page of the document that shows it.

    One row each, so that the database itself refuses a number claimed twice
    (TTLT 04/2018, Điều 35: numbered once, from 01 to the end).
    """

    case = models.ForeignKey(CaseFile, on_delete=models.CASCADE, related_name="folios")
    case_document = models.ForeignKey(CaseDocument, on_delete=models.CASCADE, related_name="folios")
    number = models.PositiveIntegerField(_("số bút lục"))
    suffix = models.CharField(_("hậu tố"), max_length=4, blank=True)
    page = models.PositiveIntegerField(_("trang"), null=True, blank=True)

    class Meta:
        db_table = "vks_folio"
        ordering = ("case", "number", "suffix")
        verbose_name = _("bút lục")
        verbose_name_plural = _("bút lục")
        constraints = [
            models.UniqueConstraint(fields=["case", "number", "suffix"], name="vks_folio_numbered_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="vks_folio_from_one"),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The folio as it is cited: `125`, `125a`."""
        return f"{self.number}{self.suffix}"
