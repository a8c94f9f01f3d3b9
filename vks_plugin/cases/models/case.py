"""The case file, and who works on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from vks_plugin.cases.kinds import CRIMINAL, Kind, kind_of
from vks_plugin.cases.proceedings import how_it_ended
from vks_plugin.cases.stages import AFTER_TRIAL, BEFORE_CHARGE, CONVICTED, DROPPED, HOLDING, OF_SEVERAL
from vks_plugin.organization.models import Department, InForceManager, ProcuracyUnit

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager

    from vks_plugin.cases.models.papers import (
        CaseDocument,
        DocumentInventory,
        Folio,
        FolioExplanation,
        Volume,
        WithheldPaper,
    )
    from vks_plugin.cases.models.people import Accused, CasePerson, Charge, Exhibit, PreventiveMeasure
    from vks_plugin.cases.models.proceedings import CaseChange, CaseDeadline, ProceduralEvent, RelatedCase


ON_APPEAL = "pt:"
"""How the key of a case begins that the office above opened for an appeal: the decision is that of the case below."""


class CaseFile(models.Model):
    """A case registered by an office (vụ án, or another kind of matter).

    The initiating decision (number, date, agency) identifies a criminal case in
    the whole province; the national case software uses the same three as its key.
    Other kinds keep in the same three columns what identifies them; `kinds.py` has their labels.
    What only one kind has is in `details`, in the shape its kind describes.
    """

    class Confidentiality(models.TextChoices):
        """State secrets are not among these: such papers are not stored here at all."""

        NORMAL = "thuong", _("Thường")
        RESTRICTED = "han_che_noi_bo", _("Hạn chế nội bộ")

    kind = models.CharField(_("loại"), max_length=24, default=CRIMINAL.value)
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
    # the heaviest class of crime of any charge in force (BLHS, Điều 9); written with every change of a charge
    crime_class = models.CharField(_("loại tội phạm"), max_length=1, blank=True, editable=False)
    stage = models.CharField(_("giai đoạn"), max_length=32, default="dieu_tra")
    status = models.CharField(_("trạng thái"), max_length=32, default="dang_giai_quyet")
    # where it stood when it was registered: what events are replayed from
    registered_stage = models.CharField(max_length=32, default="dieu_tra", editable=False)
    registered_status = models.CharField(max_length=32, default="dang_giai_quyet", editable=False)
    unit = models.ForeignKey(
        ProcuracyUnit, on_delete=models.PROTECT, related_name="cases", verbose_name=_("đơn vị thụ lý")
    )
    # appointed to appear at the trial of a case that the office above prosecutes (Điều 239)
    trial_unit = models.ForeignKey(
        ProcuracyUnit,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="trials",
        verbose_name=_("đơn vị được phân công xét xử"),
    )
    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, null=True, blank=True, related_name="cases", verbose_name=_("phòng")
    )
    handled_at = models.DateField(_("ngày thụ lý"))
    leader_in_charge = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("lãnh đạo phụ trách"),
    )
    investigation_agency = models.CharField(_("cơ quan điều tra"), max_length=200, blank=True)
    investigator = models.CharField(_("điều tra viên"), max_length=150, blank=True)
    court = models.CharField(_("tòa án"), max_length=200, blank=True)
    judge = models.CharField(_("thẩm phán"), max_length=150, blank=True)
    evidence_summary = models.TextField(_("vật chứng (tóm tắt)"), max_length=2000, blank=True)
    is_key_case = models.BooleanField(_("án điểm"), default=False)
    is_simplified = models.BooleanField(_("thủ tục rút gọn"), default=False)
    is_learning_trial = models.BooleanField(_("phiên tòa rút kinh nghiệm"), default=False)
    is_provincial_watch = models.BooleanField(_("Trung ương, tỉnh theo dõi"), default=False)
    is_corruption = models.BooleanField(_("tham nhũng"), default=False)
    has_legal_person = models.BooleanField(_("có pháp nhân phạm tội"), default=False)
    involves_minor_accused = models.BooleanField(_("bị can chưa thành niên"), default=False)
    involves_minor_victim = models.BooleanField(_("bị hại dưới 18 tuổi"), default=False)
    is_sexual_abuse_minor = models.BooleanField(_("xâm hại tình dục người dưới 18 tuổi"), default=False)
    # a charge of any time, or a victim, says so; written with every change of the record
    involves_sexual_offence = models.BooleanField(_("tội xâm hại tình dục"), default=False, editable=False)
    is_closed_trial = models.BooleanField(_("xét xử kín"), default=False)
    is_mobile_trial = models.BooleanField(_("xét xử lưu động"), default=False)
    is_online_trial = models.BooleanField(_("phiên tòa trực tuyến"), default=False)
    is_trial_in_absentia = models.BooleanField(_("xét xử vắng mặt"), default=False)
    is_complex = models.BooleanField(_("vụ án phức tạp"), default=False)
    is_national_security = models.BooleanField(_("xâm phạm an ninh quốc gia"), default=False)
    # which limits apply to agencies charged with some investigation only (BLTTHS, Điều 164)
    is_special_agency = models.BooleanField(_("cơ quan được giao một số hoạt động điều tra khởi tố"), default=False)
    is_flagrant = models.BooleanField(_("quả tang, chứng cứ và lai lịch rõ ràng"), default=False)
    details = models.JSONField(_("thông tin riêng của loại"), default=dict, blank=True)
    confidentiality = models.CharField(
        _("độ nhạy cảm"), max_length=16, choices=Confidentiality.choices, default=Confidentiality.NORMAL
    )
    note = models.TextField(_("ghi chú"), blank=True)
    # one per form shown: the second click on "create" finds the case of the first
    form_token = models.UUIDField(null=True, blank=True, unique=True, editable=False)
    # the day of the next time limit that runs; kept with the limits, so that a long list can be ordered by it
    next_due_on = models.DateField(null=True, blank=True, editable=False)
    # what the host's grants on its documents were last made from, so that they follow every act that changes it
    projected_from = models.CharField(max_length=200, blank=True, editable=False)
    # since when the archive has its file (nộp lưu), as packed and accepted; empty again once it is taken out of the archive
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)
    # when its file was disposed of (tiêu hủy); what is left is the tombstone
    destroyed_at = models.DateTimeField(null=True, blank=True, editable=False)
    # counts changes, so that who saves what was read before somebody else's change is told
    revision = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    if TYPE_CHECKING:
        accused: RelatedManager[Accused]
        assignments: RelatedManager[Assignment]
        changes: RelatedManager[CaseChange]
        charges: RelatedManager[Charge]
        deadlines: RelatedManager[CaseDeadline]
        documents: RelatedManager[CaseDocument]
        events: RelatedManager[ProceduralEvent]
        exhibits: RelatedManager[Exhibit]
        folio_explanations: RelatedManager[FolioExplanation]
        folios: RelatedManager[Folio]
        inventories: RelatedManager[DocumentInventory]
        measures: RelatedManager[PreventiveMeasure]
        people: RelatedManager[CasePerson]
        relations: RelatedManager[RelatedCase]
        volumes: RelatedManager[Volume]
        withheld_papers: RelatedManager[WithheldPaper]
        unit_id: int
        department_id: int | None
        trial_unit_id: int | None

    class Meta:
        db_table = "vks_case_file"
        ordering = ("-handled_at", "-id")
        verbose_name = _("vụ án")
        verbose_name_plural = _("vụ án")
        # those of the list carry what decides who sees a row: a page of a whole province is then found in the index alone
        indexes = [
            models.Index(
                fields=["-handled_at", "-id", "unit", "confidentiality", "kind", "stage", "status"],
                name="vks_case_newest",
            ),
            models.Index(fields=["unit", "-handled_at", "-id", "confidentiality", "stage"], name="vks_case_of_unit"),
            models.Index(fields=["stage", "-handled_at", "-id", "unit", "confidentiality"], name="vks_case_by_stage"),
            models.Index(fields=["folded_name", "id", "unit", "confidentiality"], name="vks_case_by_name"),
            models.Index(fields=["next_due_on", "id", "unit", "confidentiality"], name="vks_case_by_due"),
            models.Index(fields=["kind", "status"], name="vks_case_kind_status"),
        ]

    def __str__(self) -> str:
        return f"{self.code} – {self.name}"

    @property
    def is_on_appeal(self) -> bool:
        """Whether the office opened it for the appeal of a case of the office below, whose decision it has."""
        return self.init_decision_key.startswith(ON_APPEAL)

    @property
    def kind_data(self) -> Kind:
        """What there is to know of the kind."""
        return kind_of(self.kind)

    @property
    def kind_label(self) -> str:
        """The kind in words."""
        return gettext(self.kind_data.label)

    @property
    def stage_label(self) -> str:
        """The stage in words."""
        return gettext(self.kind_data.stage_label(self.stage))

    @property
    def status_label(self) -> str:
        """The status in words."""
        return gettext(self.kind_data.status_label(self.status))

    @property
    def accused_label(self) -> str:
        """What the law calls the accused at the present stage; after the trial, as it ended for all of them (two queries)."""
        if self.kind_data.prosecutes and self.stage in AFTER_TRIAL:
            told = self.told_of_its_end()
            called = {each.called(told) for each in self.accused.all()}
            if called:
                return called.pop() if len(called) == 1 else gettext(OF_SEVERAL)
            ended = self.ended(told, None, self.stage, self.status)
            return gettext(self.kind_data.accused_label(self.stage, ended=ended))
        held = self.stage != BEFORE_CHARGE or self.measures.filter(kind__in=HOLDING, ended_on__isnull=True).exists()
        return gettext(self.kind_data.accused_label(self.stage, held=held))

    @property
    def accused_label_outside(self) -> str:
        """`accused_label` for who may only know of the case: how it ended, and who is held, stands in its record."""
        if self.kind_data.prosecutes and self.stage in AFTER_TRIAL:
            return gettext(OF_SEVERAL)
        # who is held is not charged yet either
        return gettext(self.kind_data.accused_label(self.stage, held=False))

    def told_of_its_end(self) -> list[tuple[str, int | None]]:
        """Return event and accused of what happened, oldest first: how it ended is read from that.

        One query; none where whoever lists many people of the case has read its `events`.
        """
        return [(each.event, each.accused_id) for each in self.events.all() if each.withdrawn_at is None]

    def ended(self, told: list[tuple[str, int | None]], accused: int | None, stage: str, status: str) -> str:
        """Return how it ended, of `stages.py`, for one accused or the case; where no event tells, stage and status do."""
        if found := how_it_ended(self.kind, told, accused):
            return found
        if status in {CONVICTED, DROPPED}:
            return status
        return "" if stage == "ket_thuc" else CONVICTED


class CaseWords(models.Model):
    """What a list is searched by: code, name, decision number and accused of a case, without accents.

    A table of its own, because a search that finds little reads all of it: it is a tenth of the size of the cases.
    """

    case = models.OneToOneField(CaseFile, on_delete=models.CASCADE, primary_key=True, related_name="words")
    text = models.TextField()

    class Meta:
        db_table = "vks_case_words"

    def __str__(self) -> str:
        return self.text


class Assignment(models.Model):
    """A person works on one case between two days, both included."""

    class Role(models.TextChoices):
        PROSECUTOR_LEAD = "prosecutor_lead", _("Kiểm sát viên thụ lý chính")
        PROSECUTOR = "prosecutor", _("Kiểm sát viên")
        INSPECTOR = "inspector", _("Kiểm tra viên")
        SCAN_OPERATOR = "scan_operator", _("Cán bộ số hóa")
        QC_REVIEWER = "qc_reviewer", _("Cán bộ kiểm tra chất lượng")
        TRIAL_PROSECUTOR = "trial_prosecutor", _("Kiểm sát viên tại phiên tòa (Điều 239)")
        APPEAL_PROSECUTOR = "appeal_prosecutor", _("Kiểm sát viên phúc thẩm")
        REVIEWER = "reviewer", _("Người xét hồ sơ đề nghị")

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
