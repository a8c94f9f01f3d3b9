"""What happened in a case and when: events, time limits that follow from them, other cases, and every change of the record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Never

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from vks_plugin.cases.models.case import CaseFile
from vks_plugin.cases.models.papers import CaseDocument
from vks_plugin.cases.models.people import Accused
from vks_plugin.cases.proceedings import EVENTS, Event, event_label, ground_label
from vks_plugin.cases.stages import stage_label, status_label
from vks_plugin.organization.models import ProcuracyUnit
from vks_plugin.text import gettext_noop

if TYPE_CHECKING:
    import datetime as dt

    from django_stubs_ext.db.models.manager import RelatedManager


class ProceduralEvent(models.Model):
    """Something that happened in the proceedings: a decision, a receipt, a session (quyết định, sự kiện tố tụng).

    One table for decisions and other events, since a decision is an event with a number. `proceedings.py` says
    which events there are and what each does to stage and status. One entered in error is withdrawn, not deleted.
    """

    case = models.ForeignKey(CaseFile, on_delete=models.CASCADE, related_name="events")
    accused = models.ForeignKey(
        Accused, on_delete=models.CASCADE, null=True, blank=True, related_name="events", verbose_name=_("bị can")
    )
    event = models.CharField(_("sự kiện"), max_length=40)
    happened_on = models.DateField(_("ngày"))
    happened_at = models.TimeField(_("giờ"), null=True, blank=True)
    number = models.CharField(_("số"), max_length=60, blank=True)
    agency = models.CharField(_("cơ quan ban hành"), max_length=200, blank=True)
    signer_name = models.CharField(_("người ký"), max_length=150, blank=True)
    signer_title = models.CharField(_("chức vụ người ký"), max_length=120, blank=True)
    ground = models.CharField(_("căn cứ"), max_length=40, blank=True)
    # how long an extension is: `2m`, `10d`
    amount = models.CharField(_("thời gian"), max_length=8, blank=True)
    # when an extension was asked for
    asked_on = models.DateField(_("ngày đề nghị"), null=True, blank=True)
    # the day a decision names: of the trial, of the initiation of the case that is merged
    named_day = models.DateField(_("ngày nêu trong quyết định"), null=True, blank=True)
    case_document = models.ForeignKey(
        CaseDocument, on_delete=models.SET_NULL, null=True, blank=True, related_name="events", verbose_name=_("văn bản")
    )
    note = models.CharField(_("ghi chú"), max_length=500, blank=True)
    # why a limit of the law was passed over, where that is possible at all
    override_reason = models.CharField(_("lý do vượt giới hạn"), max_length=500, blank=True)
    stage_before = models.CharField(max_length=32, blank=True, editable=False)
    stage_after = models.CharField(max_length=32, blank=True, editable=False)
    status_before = models.CharField(max_length=32, blank=True, editable=False)
    status_after = models.CharField(max_length=32, blank=True, editable=False)
    recorded_at = models.DateTimeField(auto_now_add=True)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True, editable=False)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    withdrawal_reason = models.CharField(max_length=500, blank=True, editable=False)

    warnings: tuple[str, ...] = ()
    """What there is to say about it though it is accepted; told once, when it is recorded."""

    if TYPE_CHECKING:
        case_id: int
        accused_id: int | None

    class Meta:
        db_table = "vks_procedural_event"
        ordering = ("case", "happened_on", F("happened_at").asc(nulls_last=True), "id")
        verbose_name = _("quyết định, sự kiện tố tụng")
        verbose_name_plural = _("quyết định, sự kiện tố tụng")
        indexes = [models.Index(fields=["event", "happened_on"], name="vks_event_on")]

    def __str__(self) -> str:
        return f"{self.label} {self.happened_on:%d/%m/%Y}"

    @property
    def label(self) -> str:
        """What happened, in words."""
        row = self._row
        return gettext(row.label if row is not None else event_label(self.event))

    @property
    def stage_words(self) -> str:
        """The stage it led to, in words."""
        return gettext(stage_label(self.stage_after))

    @property
    def status_words(self) -> str:
        """The status it led to, in words."""
        return gettext(status_label(self.status_after))

    @property
    def ground_label(self) -> str:
        """The ground, in words."""
        row = self._row
        told = dict(row.grounds).get(self.ground) if row is not None else None
        return gettext(told or ground_label(self.event, self.ground))

    @property
    def article(self) -> str:
        """Where the law speaks of it."""
        row = self._row
        return row.article if row is not None else ""

    @property
    def _row(self) -> Event | None:
        return EVENTS.get(self.case.kind, {}).get(self.event)


class CaseDeadline(models.Model):
    """A time limit that runs in a case, computed from its events and kept for lists and reminders.

    Only those that run now and can be computed; `queries.limits_of` tells all of them.
    """

    case = models.ForeignKey(CaseFile, on_delete=models.CASCADE, related_name="deadlines")
    accused = models.ForeignKey(
        Accused, on_delete=models.CASCADE, null=True, blank=True, related_name="deadlines", verbose_name=_("bị can")
    )
    rule = models.CharField(_("thời hạn"), max_length=48)
    starts_on = models.DateField(_("từ ngày"))
    due_on = models.DateField(_("hạn"))
    # for limits in hours
    due_at = models.DateTimeField(null=True, blank=True)
    request_by = models.DateField(_("chậm nhất phải đề nghị gia hạn"), null=True, blank=True)
    counted_days = models.PositiveIntegerField(_("số ngày"), default=0)
    arithmetic = models.CharField(_("cách tính"), max_length=1000)
    article = models.CharField(_("căn cứ"), max_length=200)
    note = models.CharField(max_length=500, blank=True)
    # a duty to send, deliver or notify: shown with the case, not among the limits of the morning
    is_duty = models.BooleanField(default=False)
    # the last band of colour the people of the case were told of
    reminded_band = models.CharField(max_length=8, blank=True, editable=False)

    if TYPE_CHECKING:
        case_id: int
        accused_id: int | None

    class Meta:
        db_table = "vks_case_deadline"
        ordering = ("due_on", "case", "id")
        verbose_name = _("thời hạn")
        verbose_name_plural = _("thời hạn")
        indexes = [models.Index(fields=["due_on", "case"], name="vks_deadline_due")]

    def __str__(self) -> str:
        return f"{self.rule} {self.due_on:%d/%m/%Y}"


class CalendarDay(models.Model):
    """A day off or a working day by decree, where the shipped calendar does not know it (yet)."""

    day = models.DateField(_("ngày"), unique=True)
    is_day_off = models.BooleanField(_("nghỉ"), default=True)
    note = models.CharField(_("căn cứ"), max_length=200, blank=True)

    class Meta:
        db_table = "vks_calendar_day"
        ordering = ("day",)
        verbose_name = _("ngày nghỉ, ngày làm bù")
        verbose_name_plural = _("ngày nghỉ, ngày làm bù")

    def __str__(self) -> str:
        return f"{self.day:%d/%m/%Y}"


class RelatedCase(models.Model):
    """How a case hangs together with another: merged, split, transferred, grown out of a report of crime."""

    class Relation(models.TextChoices):
        MERGED_INTO = "nhap_vao", _("Nhập vào vụ")
        SPLIT_FROM = "tach_tu", _("Tách từ vụ")
        TRANSFERRED = "chuyen", _("Chuyển theo thẩm quyền")
        FROM_REPORT = "tu_nguon_tin", _("Khởi tố từ nguồn tin")
        APPEAL_OF = "phuc_tham_cua", _("Phúc thẩm của vụ")
        RELATED = "lien_quan", _("Liên quan")

    case = models.ForeignKey(CaseFile, on_delete=models.CASCADE, related_name="relations")
    relation = models.CharField(_("quan hệ"), max_length=16, choices=Relation.choices)
    # none: the other case is not in this system
    other = models.ForeignKey(
        CaseFile, on_delete=models.PROTECT, null=True, blank=True, related_name="related_from", verbose_name=_("vụ kia")
    )
    other_text = models.CharField(_("vụ ngoài hệ thống"), max_length=250, blank=True)
    decided_on = models.DateField(_("ngày"), null=True, blank=True)
    decision_no = models.CharField(_("số quyết định"), max_length=60, blank=True)
    note = models.CharField(_("ghi chú"), max_length=250, blank=True)

    if TYPE_CHECKING:
        case_id: int
        other_id: int | None

    class Meta:
        db_table = "vks_related_case"
        ordering = ("case", "id")
        verbose_name = _("vụ liên quan")
        verbose_name_plural = _("vụ liên quan")
        constraints = [
            models.CheckConstraint(
                condition=~Q(other=F("case")) | Q(other__isnull=True), name="vks_related_to_another"
            ),
            models.CheckConstraint(
                condition=Q(other__isnull=False) | ~Q(other_text=""), name="vks_related_to_something"
            ),
        ]

    def __str__(self) -> str:
        # not the other case: who reads this may not know of it
        return f"{self.get_relation_display()} {self.other_text}".strip()

    @property
    def back_label(self) -> str:
        """The relation in words, seen from the other case."""
        return gettext(_SEEN_FROM_THE_OTHER[self.relation])


_SEEN_FROM_THE_OTHER: dict[str, str] = {
    RelatedCase.Relation.MERGED_INTO: gettext_noop("Đã nhận nhập vụ"),
    RelatedCase.Relation.SPLIT_FROM: gettext_noop("Đã tách ra vụ"),
    RelatedCase.Relation.TRANSFERRED: gettext_noop("Chuyển theo thẩm quyền"),
    RelatedCase.Relation.FROM_REPORT: gettext_noop("Đã khởi tố thành vụ án"),
    RelatedCase.Relation.APPEAL_OF: gettext_noop("Có hồ sơ phúc thẩm"),
    RelatedCase.Relation.RELATED: gettext_noop("Liên quan"),
}


class CaseChange(models.Model):
    """One change of the record: who, when, what it was before and after. Rows are added and never changed.

    Names are those of the day: an account or a person that changes later does not change what was written.
    """

    class Act(models.TextChoices):
        CREATED = "created", _("Thêm")
        CHANGED = "changed", _("Sửa")
        REMOVED = "removed", _("Bỏ")

    case = models.ForeignKey(CaseFile, on_delete=models.PROTECT, related_name="changes")
    at = models.DateTimeField(auto_now_add=True)
    actor_id = models.PositiveBigIntegerField()
    actor_name = models.CharField(max_length=200)
    act = models.CharField(max_length=8, choices=Act.choices)
    # `case`, `accused`, `charge`…: the parts in `record.py`
    subject = models.CharField(max_length=24)
    subject_id = models.PositiveBigIntegerField()
    subject_label = models.CharField(max_length=250)
    # [[field, before, after], …] in the form people read
    values = models.JSONField(default=list)
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        db_table = "vks_case_change"
        ordering = ("case", "-id")
        indexes = [models.Index(fields=["case", "-id"], name="vks_change_of_case")]

    def __str__(self) -> str:
        return f"{self.case_id}: {self.act} {self.subject} {self.subject_id}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write a new row.

        Raises:
            TypeError: the row is there already.
        """
        if self.pk is not None:
            message = "a recorded change is not rewritten"
            raise TypeError(message)
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_kwargs: Any) -> Never:
        """Refuse.

        Raises:
            TypeError: always.
        """
        message = "a recorded change is not deleted"
        raise TypeError(message)


class SavedFilter(models.Model):
    """A filter of the case list that somebody keeps under a name."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="vks_saved_filters")
    name = models.CharField(_("tên bộ lọc"), max_length=60)
    # the part of the list's address after the question mark
    query = models.CharField(max_length=1000)
    saved_at: models.DateTimeField[dt.datetime, dt.datetime] = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "vks_saved_filter"
        ordering = ("user", "name")
        verbose_name = _("bộ lọc đã lưu")
        verbose_name_plural = _("bộ lọc đã lưu")
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="vks_saved_filter_name_once")]

    def __str__(self) -> str:
        return self.name


class CaseImport(models.Model):
    """One loading of a list of cases: tried first, then done, row by row; a run that is cut off goes on where it was."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("Chờ kiểm tra")
        CHECKING = "checking", _("Đang kiểm tra")
        CHECKED = "checked", _("Đã kiểm tra, chưa nạp")
        QUEUED = "queued", _("Chờ nạp")
        RUNNING = "running", _("Đang nạp")
        DONE = "done", _("Đã nạp")
        FAILED = "failed", _("Không đọc được")
        DISCARDED = "discarded", _("Đã bỏ")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    # for rows that name no office
    unit = models.ForeignKey(
        ProcuracyUnit, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("đơn vị")
    )
    filename = models.CharField(max_length=200)
    # a name of our own below the data folder; empty when the file is gone
    stored_as = models.CharField(max_length=60, blank=True, editable=False)
    updates = models.BooleanField(_("cập nhật vụ đã có"), default=False)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.WAITING)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    # what there is to say of the file as a whole
    notes = models.JSONField(default=list)
    error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    # when a worker last had it in hand
    touched_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    if TYPE_CHECKING:
        rows: RelatedManager[CaseImportRow]
        user_id: int

    class Meta:
        db_table = "vks_case_import"
        ordering = ("-id",)
        verbose_name = _("lần nạp danh sách vụ án")
        verbose_name_plural = _("lần nạp danh sách vụ án")

    def __str__(self) -> str:
        return self.filename


class CaseImportRow(models.Model):
    """What became, or would become, of one row of a list."""

    class Outcome(models.TextChoices):
        CREATED = "created", _("Đăng ký mới")
        UPDATED = "updated", _("Cập nhật")
        UNCHANGED = "unchanged", _("Giữ nguyên")
        REFUSED = "refused", _("Từ chối")

    case_import = models.ForeignKey(CaseImport, on_delete=models.CASCADE, related_name="rows")
    # as the file counts them
    row = models.PositiveIntegerField()
    # the first row of the same case
    first_row = models.PositiveIntegerField()
    outcome = models.CharField(max_length=12, choices=Outcome.choices)
    code = models.CharField(max_length=40, blank=True)
    sentences = models.JSONField(default=list)

    class Meta:
        db_table = "vks_case_import_row"
        ordering = ("case_import", "row")
        constraints = [models.UniqueConstraint(fields=["case_import", "row"], name="vks_import_row_once")]

    def __str__(self) -> str:
        return f"{self.row}: {self.outcome}"
