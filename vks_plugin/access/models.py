"""What access has to remember between requests."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from vks_plugin.append_only import AppendOnly
from vks_plugin.cases.models import PART_CHOICES, Accused, CaseFile
from vks_plugin.organization.models import ProcuracyUnit

if TYPE_CHECKING:
    import datetime as dt


class GrantSweep(models.Model):
    """The last day on which dated appointments and assignments were brought up to date.

    One row. Whichever process first serves a request on a new day takes it and
    ends what is due before any page is shown.
    """

    swept_on = models.DateField()

    class Meta:
        db_table = "vks_grant_sweep"

    def __str__(self) -> str:
        return f"{self.swept_on:%Y-%m-%d}"


class TemporaryAccessManager(models.Manager["TemporaryAccess"]):
    """Finds those that open something at a moment."""

    def in_force(self, moment: dt.datetime) -> QuerySet[TemporaryAccess]:
        """Return those approved, begun, and neither ended nor past at `moment`."""
        return self.filter(starts_at__lte=moment, ends_at__gt=moment, ended_at__isnull=True)


class TemporaryAccess(models.Model):
    """A case opened to one person until a moment, with a reason.

    In an emergency one asks and another approves; until then nothing is open. A head of a department of the office above
    opens a case within the department's stages alone, by saying why. An electronic loan opens it to the borrower until
    the day of the loan. None is ever deleted: it is the record of who could read what, why, and who let it.
    """

    class Kind(models.TextChoices):
        """Why it was opened; a row of the policy's table each."""

        EMERGENCY = "emergency", _("khẩn cấp")
        OVERSIGHT = "oversight", _("theo khâu phụ trách")
        LOAN = "loan", _("mượn bản điện tử")

    class State(models.TextChoices):
        """How one stands at a moment; see `vks_plugin.access.temporary.in_state`."""

        WAITING = "waiting", _("chờ duyệt")
        OPEN = "open", _("đang mở")
        CLOSED = "closed", _("đã đóng trước hạn")
        OVER = "over", _("đã hết giờ")
        DECLINED = "declined", _("không được duyệt")
        WITHDRAWN = "withdrawn", _("người đề nghị đã rút")
        LAPSED = "lapsed", _("không ai trả lời")

    kind = models.CharField(_("loại"), max_length=16, choices=Kind.choices)
    # as it was typed: who asks is not told whether there is such a case
    case_code = models.CharField(_("mã vụ án"), max_length=40)
    case = models.ForeignKey(
        CaseFile, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("vụ án")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="vks_temporary_access", verbose_name=_("người")
    )
    reason = models.CharField(_("lý do"), max_length=1000)
    hours = models.PositiveSmallIntegerField(_("số giờ"))
    requested_at = models.DateTimeField(_("đề nghị lúc"), auto_now_add=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("người duyệt"),
    )
    starts_at = models.DateTimeField(_("mở từ"), null=True, blank=True)
    ends_at = models.DateTimeField(_("đến"), null=True, blank=True)
    ended_at = models.DateTimeField(_("đóng lúc"), null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    # whether the host's grants still are to be taken back
    projected = models.BooleanField(default=False, editable=False)

    objects: ClassVar[TemporaryAccessManager] = TemporaryAccessManager()

    if TYPE_CHECKING:
        case_id: int | None
        user_id: int
        ended_by_id: int | None

    class Meta:
        db_table = "vks_temporary_access"
        ordering = ("-requested_at", "-id")
        verbose_name = _("quyền tạm thời")
        verbose_name_plural = _("quyền tạm thời")
        indexes = [
            models.Index(fields=["ends_at"], condition=Q(projected=True), name="vks_temporary_due"),
            models.Index(fields=["user", "ends_at"], name="vks_temporary_of_user"),
            models.Index(fields=["case", "-requested_at"], name="vks_temporary_of_case"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(starts_at__isnull=True, ends_at__isnull=True)
                | Q(starts_at__isnull=False, ends_at__gt=F("starts_at"), case__isnull=False, approved_by__isnull=False),
                name="vks_temporary_approved",
            ),
            # two people: who asked in an emergency is not who let it
            models.CheckConstraint(
                condition=~Q(kind="emergency") | Q(approved_by__isnull=True) | ~Q(approved_by=F("user")),
                name="vks_emergency_by_two",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.case_code}: {self.user_id}"


class Restructuring(models.Model):
    """One office takes over the cases of others; kept with its progress, so that it can go on after a stop.

    Which offices those are is in their successions. Cases move a few at a time, each wholly or not at all.
    """

    successor = models.ForeignKey(
        ProcuracyUnit, on_delete=models.PROTECT, related_name="+", verbose_name=_("đơn vị mới")
    )
    predecessors = models.ManyToManyField(ProcuracyUnit, related_name="+", verbose_name=_("các đơn vị cũ"))
    effective_date = models.DateField(_("từ ngày"))
    decided_by = models.CharField(_("theo văn bản"), max_length=200)
    carries_posts = models.BooleanField(_("chuyển cả chức danh"), default=True)
    total = models.PositiveIntegerField(_("số vụ án"), default=0)
    done = models.PositiveIntegerField(_("đã chuyển"), default=0)
    started_at = models.DateTimeField(_("bắt đầu lúc"), auto_now_add=True)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    # when a worker last had it in hand, or until when it waits in the queue for one; empty: neither
    touched_at = models.DateTimeField(null=True, blank=True, editable=False)
    finished_at = models.DateTimeField(_("xong lúc"), null=True, blank=True)

    class Meta:
        db_table = "vks_restructuring"
        ordering = ("-started_at",)
        verbose_name = _("sắp xếp đơn vị")
        verbose_name_plural = _("sắp xếp đơn vị")

    def __str__(self) -> str:
        return f"→ {self.successor_id} {self.effective_date:%d/%m/%Y}"


class DeadlineReminder(models.Model):
    """Somebody was told that a time limit draws near; kept until it is read.

    One for each person, limit and band of colour. It names case and limit by reference, so that nobody reads in
    an old reminder what the person may not see any more.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="vks_reminders")
    case = models.ForeignKey(CaseFile, on_delete=models.CASCADE, related_name="+")
    accused = models.ForeignKey(Accused, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    rule = models.CharField(max_length=48)
    due_on = models.DateField(_("hạn"))
    band = models.CharField(max_length=8)
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "vks_deadline_reminder"
        ordering = ("due_on", "id")
        verbose_name = _("nhắc thời hạn")
        verbose_name_plural = _("nhắc thời hạn")
        indexes = [models.Index(fields=["user", "read_at"], name="vks_reminder_unread")]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.rule} {self.due_on:%d/%m/%Y}"


class OwedEntries(models.Model):
    """Documents whose entries in the search index a committed act still owes.

    A row is written in the transaction of the act and goes once the entries are written. One that stays is of a process
    that ended in between.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # the host's ids
    document_ids = models.JSONField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "vks_owed_entries"
        indexes = [models.Index(fields=["at"], name="vks_owed_since")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}: {len(self.document_ids)}"


LEDGER_COMMAND = "vks_ledger"
"""The command that takes values out of the ledger; what it notes in the access log counts those, not documents."""


class AccessEntry(AppendOnly):
    """Somebody read a case document, took it out, or was refused it. Rows are only added; the database sees to that.

    A row holds nothing of what a document says, its title neither. Names are those of the day; person and document are
    plain numbers, since a foreign key to a table of the host would tie deleting a user there to this table. Case and
    office are ours and are never deleted; the database does not check them (`db_constraint`), because that check would
    make every reading wait for whoever is changing the case at that moment.
    """

    class Act(models.TextChoices):
        VIEW = "view", _("Xem thông tin, văn bản")
        TEXT = "text", _("Nhận toàn văn trong danh sách, kết quả tìm")
        PREVIEW = "preview", _("Mở tệp để xem")
        DOWNLOAD = "download", _("Tải về")
        PRINT = "print", _("In")
        EXPORT = "export", _("Xuất tập hồ sơ, thống kê tài liệu")
        SHARE = "share", _("Chia sẻ, gửi ra ngoài")
        CASE_LIST = "case_list", _("Xuất danh sách vụ án")
        LOG = "log", _("Xuất nhật ký truy cập")

    at = models.DateTimeField(_("lúc"))
    # none: a command on the server
    actor_id = models.PositiveBigIntegerField(null=True)
    actor_username = models.CharField(max_length=150)
    actor_name = models.CharField(_("người"), max_length=310)
    is_superuser = models.BooleanField(default=False)
    act = models.CharField(_("việc"), max_length=12, choices=Act.choices)
    refused = models.BooleanField(_("bị từ chối"), default=False)
    # the host's id; none: the case as a whole, or a list
    document_id = models.PositiveBigIntegerField(null=True)
    part = models.CharField(max_length=8, choices=PART_CHOICES, blank=True)
    # none: a list over several cases
    case = models.ForeignKey(
        CaseFile, on_delete=models.PROTECT, null=True, related_name="+", db_constraint=False, db_index=False
    )
    # the office that held the case at that moment
    unit = models.ForeignKey(
        ProcuracyUnit, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    # documents in an export, or values of the ledger (`is_of_values`); cases or entries in a list
    count = models.PositiveIntegerField(default=1)
    address = models.GenericIPAddressField(null=True)

    class Meta:
        db_table = "vks_access_entry"
        ordering = ("-at", "-id")
        verbose_name = _("nhật ký truy cập")
        verbose_name_plural = _("nhật ký truy cập")
        indexes = [
            models.Index(fields=["at"], name="vks_access_at"),
            models.Index(fields=["unit", "at"], name="vks_access_of_unit"),
            models.Index(fields=["case", "at"], name="vks_access_of_case"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor_username}: {self.act}"

    @property
    def is_of_values(self) -> bool:
        """Whether values of a case's ledger went out, and no documents."""
        return self.act == self.Act.EXPORT and self.actor_id is None and self.actor_name == LEDGER_COMMAND

    @property
    def act_label(self) -> str:
        """What was done, in words."""
        return gettext("Xuất giá trị của sổ cái") if self.is_of_values else self.get_act_display()
