"""Who is in a case and what they are charged with, held by, or left behind."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from vks_plugin.cases.kinds import person_role_label
from vks_plugin.cases.models.case import CaseFile
from vks_plugin.cases.persons import MAJORITY, BirthPrecision, age_on, last_possible_birth
from vks_plugin.cases.stages import AFTER_TRIAL, BEFORE_CHARGE, HOLDING, MEASURES

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager


class Sex(models.TextChoices):
    """As written in the papers; the law's own form leaves no third choice."""

    MALE = "nam", _("Nam")
    FEMALE = "nu", _("Nữ")


MEASURE_CHOICES = [(value, _(label)) for value, label in MEASURES]

_PRECISIONS = [
    (BirthPrecision.DAY, _("Đủ ngày, tháng, năm")),
    (BirthPrecision.MONTH, _("Chỉ biết tháng")),
    (BirthPrecision.QUARTER, _("Chỉ biết quý")),
    (BirthPrecision.HALF_YEAR, _("Chỉ biết nửa năm")),
    (BirthPrecision.YEAR, _("Chỉ biết năm")),
]


class Human(models.Model):
    """What accused and other people have in common."""

    full_name = models.CharField(_("họ và tên"), max_length=150)
    folded_name = models.CharField(max_length=150, editable=False)
    birth_date = models.DateField(_("ngày sinh"), null=True, blank=True)
    # how much of the date is known: a minor's unknown day is the last possible one (BLTTHS, Điều 417)
    birth_precision = models.CharField(_("mức chính xác"), max_length=12, choices=_PRECISIONS, blank=True)
    birth_year = models.PositiveSmallIntegerField(_("năm sinh"), null=True, blank=True)
    sex = models.CharField(_("giới tính"), max_length=8, choices=Sex.choices, blank=True)
    id_number = models.CharField(_("số căn cước"), max_length=20, blank=True)
    nationality = models.CharField(_("quốc tịch"), max_length=60, blank=True)
    ethnicity = models.CharField(_("dân tộc"), max_length=60, blank=True)
    residence = models.CharField(_("nơi cư trú"), max_length=250, blank=True)
    occupation = models.CharField(_("nghề nghiệp"), max_length=120, blank=True)
    is_legal_person = models.BooleanField(_("pháp nhân"), default=False)
    registration_number = models.CharField(_("mã số doanh nghiệp"), max_length=20, blank=True)
    legal_representative = models.CharField(_("người đại diện theo pháp luật"), max_length=150, blank=True)
    note = models.CharField(_("ghi chú"), max_length=500, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.full_name

    @property
    def born_no_later_than(self) -> dt.date | None:
        """The last day on which the person can have been born; None when not even the year is known."""
        return last_possible_birth(self.birth_date, self.birth_precision or BirthPrecision.DAY, self.birth_year)

    def is_minor_on(self, day: dt.date) -> bool | None:
        """Tell whether the person was under 18 that day, doubts counting for the minor; None: not known."""
        born = self.born_no_later_than
        return None if born is None else age_on(born, day) < MAJORITY


class Accused(Human):
    """A person or legal person prosecuted in a case."""

    Sex = Sex

    class Recidivism(models.TextChoices):
        NONE = "khong", _("Không")
        RECIDIVIST = "tai_pham", _("Tái phạm")
        DANGEROUS = "tai_pham_nguy_hiem", _("Tái phạm nguy hiểm")

    case = models.ForeignKey(CaseFile, on_delete=models.CASCADE, related_name="accused")
    position = models.PositiveSmallIntegerField(_("thứ tự"), default=1)
    other_name = models.CharField(_("tên khác"), max_length=150, blank=True)
    alias = models.CharField(_("bí danh"), max_length=150, blank=True)
    id_issued_on = models.DateField(_("ngày cấp"), null=True, blank=True)
    id_issued_by = models.CharField(_("nơi cấp"), max_length=150, blank=True)
    religion = models.CharField(_("tôn giáo"), max_length=60, blank=True)
    party_member = models.BooleanField(_("đảng viên"), default=False)
    position_title = models.CharField(_("chức vụ"), max_length=150, blank=True)
    education = models.CharField(_("trình độ học vấn"), max_length=60, blank=True)
    prior_convictions = models.PositiveSmallIntegerField(_("tiền án"), null=True, blank=True)
    prior_sanctions = models.PositiveSmallIntegerField(_("tiền sự"), null=True, blank=True)
    recidivism = models.CharField(
        _("tái phạm"), max_length=24, choices=Recidivism.choices, default=Recidivism.NONE, blank=True
    )
    # where the case has several acts; otherwise the day of the crime of the case
    offence_date = models.DateField(_("ngày phạm tội"), null=True, blank=True)
    init_decision_no = models.CharField(_("số quyết định khởi tố bị can"), max_length=60, blank=True)
    init_decision_date = models.DateField(_("ngày quyết định khởi tố bị can"), null=True, blank=True)
    approval_no = models.CharField(_("số quyết định phê chuẩn"), max_length=60, blank=True)
    approval_date = models.DateField(_("ngày phê chuẩn"), null=True, blank=True)
    sentence = models.CharField(_("hình phạt"), max_length=500, blank=True)
    stage = models.CharField(_("giai đoạn"), max_length=32, blank=True, editable=False)
    status = models.CharField(_("trạng thái"), max_length=32, blank=True, editable=False)
    # where this person stood when entered: what events are replayed from
    registered_stage = models.CharField(max_length=32, blank=True, editable=False)
    registered_status = models.CharField(max_length=32, blank=True, editable=False)

    if TYPE_CHECKING:
        charges: RelatedManager[Charge]
        measures: RelatedManager[PreventiveMeasure]
        case_id: int

    class Meta:
        db_table = "vks_accused"
        ordering = ("case", "position", "id")
        verbose_name = _("bị can, bị cáo")
        verbose_name_plural = _("bị can, bị cáo")
        indexes = [models.Index(fields=["folded_name"], name="vks_accused_name")]

    @property
    def role_label(self) -> str:
        """What the law calls this person now (BLTTHS, Điều 58 to 61): it follows the person's own stage.

        Before the decision that charges the person, who is held is called otherwise than who is not: whoever lists many
        reads `measures` with them. After the trial only who was judged is called convicted: `case__events` then, too.
        """
        return self.called(None)

    def called(self, told: list[tuple[str, int | None]] | None) -> str:
        """Return `role_label`; `told` is what happened in the case, where it was read already."""
        stage = self.stage or self.case.stage
        if self.case.kind_data.prosecutes and stage in AFTER_TRIAL:
            told = self.case.told_of_its_end() if told is None else told
            ended = self.case.ended(told, self.pk, stage, self.status or self.case.status)
            return gettext(self.case.kind_data.accused_label(stage, ended=ended))
        held = stage != BEFORE_CHARGE or any(
            each.kind in HOLDING and each.ended_on is None for each in self.measures.all()
        )
        return gettext(self.case.kind_data.accused_label(stage, held=held))

    @property
    def offence_day(self) -> dt.date | None:
        """The day of the act this person is prosecuted for."""
        return self.offence_date or self.case.crime_date

    @property
    def is_minor(self) -> bool:
        """Whether the person was under 18 at the act (validation rule V10)."""
        day = self.offence_day
        return day is not None and bool(self.is_minor_on(day))


class CasePerson(Human):
    """Somebody else in a case: victim, witness, defender, party; the kind of case says which roles there are."""

    Sex = Sex

    case = models.ForeignKey(CaseFile, on_delete=models.CASCADE, related_name="people")
    role = models.CharField(_("tư cách tham gia tố tụng"), max_length=32)
    contact = models.CharField(_("liên hệ"), max_length=150, blank=True)
    # whom a defender or representative stands for, where that is one of the accused
    accused = models.ForeignKey(
        Accused, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("bảo vệ cho")
    )
    is_minor = models.BooleanField(_("dưới 18 tuổi"), default=False)
    is_anonymous = models.BooleanField(_("ẩn danh khi trình chiếu"), default=False)
    is_protected = models.BooleanField(_("được bảo vệ (Điều 484)"), default=False)
    is_sexual_offence_victim = models.BooleanField(_("bị hại tội xâm hại tình dục"), default=False)

    if TYPE_CHECKING:
        case_id: int

    class Meta:
        db_table = "vks_case_person"
        ordering = ("case", "role", "id")
        verbose_name = _("người tham gia tố tụng")
        verbose_name_plural = _("người tham gia tố tụng")
        indexes = [models.Index(fields=["folded_name"], name="vks_case_person_name")]

    @property
    def role_label(self) -> str:
        """The role in words."""
        return gettext(person_role_label(self.role))


class Charge(models.Model):
    """An article, clause and points that somebody is charged with at a stage.

    A charge that is replaced stays, with the day it stopped to hold: what was charged when decides time limits
    (TTLT 04/2018, Điều 14). Name and class are kept as they were that day.
    """

    class Basis(models.TextChoices):
        INITIATION = "khoi_to", _("Khởi tố")
        CONCLUSION = "kldt", _("Kết luận điều tra")
        INDICTMENT = "cao_trang", _("Cáo trạng")
        JUDGMENT = "ban_an", _("Bản án")

    case = models.ForeignKey(CaseFile, on_delete=models.CASCADE, related_name="charges")
    # none: the case was opened before anybody was prosecuted
    accused = models.ForeignKey(
        Accused, on_delete=models.CASCADE, null=True, blank=True, related_name="charges", verbose_name=_("bị can")
    )
    code_version = models.CharField(_("bộ luật"), max_length=24)
    article = models.CharField(_("điều"), max_length=8)
    clause = models.PositiveSmallIntegerField(_("khoản"), null=True, blank=True)
    points = models.CharField(_("điểm"), max_length=40, blank=True)
    name = models.CharField(_("tội danh"), max_length=250)
    crime_class = models.CharField(_("loại tội phạm"), max_length=1, blank=True)
    basis = models.CharField(_("theo"), max_length=12, choices=Basis.choices, default=Basis.INITIATION)
    decision_no = models.CharField(_("số quyết định"), max_length=60, blank=True)
    charged_on = models.DateField(_("từ ngày"))
    ended_on = models.DateField(_("đến ngày"), null=True, blank=True)
    note = models.CharField(_("ghi chú"), max_length=250, blank=True)

    if TYPE_CHECKING:
        case_id: int

    class Meta:
        db_table = "vks_charge"
        ordering = ("case", F("accused__position").asc(nulls_first=True), "charged_on", "id")
        verbose_name = _("tội danh")
        verbose_name_plural = _("tội danh")
        indexes = [
            models.Index(
                fields=["code_version", "article", "clause", "case"],
                condition=Q(ended_on__isnull=True),
                name="vks_charge_article",
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("charged_on")), name="vks_charge_dates_in_order"
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        """How the charge is cited: `điểm a khoản 2 Điều 173`."""
        words = f"Điều {self.article}"
        if self.clause:
            words = f"khoản {self.clause} {words}"
        if self.points:
            words = f"điểm {self.points} {words}"
        return words


class PreventiveMeasure(models.Model):
    """A preventive measure against an accused (biện pháp ngăn chặn, BLTTHS Điều 109 and after)."""

    case = models.ForeignKey(CaseFile, on_delete=models.CASCADE, related_name="measures")
    accused = models.ForeignKey(Accused, on_delete=models.CASCADE, related_name="measures", verbose_name=_("bị can"))
    kind = models.CharField(_("biện pháp"), max_length=32, choices=MEASURE_CHOICES)
    starts_on = models.DateField(_("từ ngày"))
    starts_at = models.TimeField(_("giờ"), null=True, blank=True)
    # the last day the order names
    ends_on = models.DateField(_("đến hết ngày"), null=True, blank=True)
    decision_no = models.CharField(_("số lệnh, quyết định"), max_length=60, blank=True)
    decision_date = models.DateField(_("ngày lệnh, quyết định"), null=True, blank=True)
    decision_agency = models.CharField(_("cơ quan ra lệnh"), max_length=200, blank=True)
    approval_no = models.CharField(_("số phê chuẩn"), max_length=60, blank=True)
    approval_date = models.DateField(_("ngày phê chuẩn"), null=True, blank=True)
    facility = models.CharField(_("nơi giam giữ"), max_length=200, blank=True)
    # an extension names the order it prolongs
    extends = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="extensions",
        verbose_name=_("gia hạn của"),
    )
    # the day it really ended, when that was before or without a last day
    ended_on = models.DateField(_("chấm dứt ngày"), null=True, blank=True)
    # the event of the proceedings that imposed it; time limits are counted from there
    event = models.OneToOneField(
        "vks.ProceduralEvent", on_delete=models.SET_NULL, null=True, blank=True, related_name="measure", editable=False
    )
    end_reason = models.CharField(_("lý do chấm dứt"), max_length=250, blank=True)

    if TYPE_CHECKING:
        case_id: int

    class Meta:
        db_table = "vks_preventive_measure"
        ordering = ("case", "accused__position", "starts_on", "id")
        verbose_name = _("biện pháp ngăn chặn")
        verbose_name_plural = _("biện pháp ngăn chặn")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")), name="vks_measure_dates_in_order"
            ),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("starts_on")), name="vks_measure_end_in_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.starts_on:%d/%m/%Y}"

    def in_force_on(self, day: dt.date) -> bool:
        """Tell whether it holds on `day`."""
        last = min((each for each in (self.ends_on, self.ended_on) if each is not None), default=None)
        return self.starts_on <= day and (last is None or day <= last)


class Exhibit(models.Model):
    """A physical exhibit (vật chứng), and where it is."""

    case = models.ForeignKey(CaseFile, on_delete=models.CASCADE, related_name="exhibits")
    position = models.PositiveSmallIntegerField(_("thứ tự"), default=1)
    name = models.CharField(_("tên vật chứng"), max_length=250)
    quantity = models.CharField(_("số lượng"), max_length=60, blank=True)
    features = models.CharField(_("đặc điểm"), max_length=500, blank=True)
    seal_number = models.CharField(_("số niêm phong"), max_length=60, blank=True)
    sealed_on = models.DateField(_("ngày niêm phong"), null=True, blank=True)
    sealed_by = models.CharField(_("người niêm phong"), max_length=150, blank=True)
    location = models.CharField(_("nơi giữ"), max_length=200, blank=True)
    # goes with the case file and is numbered among its folios (TTLT 04/2018, Điều 36)
    accompanies_file = models.BooleanField(_("đi kèm hồ sơ, được đánh bút lục"), default=False)
    folio = models.PositiveIntegerField(_("bút lục"), null=True, blank=True)
    handling = models.CharField(_("xử lý"), max_length=250, blank=True)
    note = models.CharField(_("ghi chú"), max_length=250, blank=True)

    if TYPE_CHECKING:
        case_id: int

    class Meta:
        db_table = "vks_exhibit"
        ordering = ("case", "position", "id")
        verbose_name = _("vật chứng")
        verbose_name_plural = _("vật chứng")

    def __str__(self) -> str:
        return self.name
