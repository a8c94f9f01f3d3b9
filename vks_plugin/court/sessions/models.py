"""Court sessions of a case (phiên tòa): planned, held or adjourned, with who took part and what came of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from vks_plugin.cases.models import CaseFile, ProceduralEvent
from vks_plugin.cases.trials import CourtLevel
from vks_plugin.court.deck.models import DeckExport
from vks_plugin.court.sessions.states import SESSION
from vks_plugin.organization.models import ProcuracyUnit

if TYPE_CHECKING:
    import datetime as dt
    from uuid import UUID

    from django_stubs_ext.db.models.manager import RelatedManager


class CourtSession(models.Model):
    """A session of the court in a case. None is ever deleted: it is the record of when the procuracy appeared, and who."""

    case = models.ForeignKey(CaseFile, on_delete=models.PROTECT, related_name="court_sessions")
    # counted in the case: what people call it by
    number = models.PositiveSmallIntegerField(_("số"))
    # the office that appears in it, as it was when it was planned: statistics count by it
    unit = models.ForeignKey(
        ProcuracyUnit, on_delete=models.PROTECT, related_name="+", verbose_name=_("đơn vị thực hành quyền công tố")
    )
    court_level = models.CharField(_("cấp xét xử"), max_length=12, choices=CourtLevel.choices, default=CourtLevel.FIRST)
    court = models.CharField(_("tòa án"), max_length=200)
    venue = models.CharField(_("nơi mở phiên tòa"), max_length=200, blank=True)
    starts_on = models.DateField(_("ngày mở phiên tòa"))
    starts_at = models.TimeField(_("giờ mở"), null=True, blank=True)
    # planned; of one that was held: the day it really ended
    ends_on = models.DateField(_("đến ngày"), null=True, blank=True)
    is_learning = models.BooleanField(_("phiên tòa rút kinh nghiệm"), default=False)
    learning_decided_on = models.DateField(_("ngày quyết định chọn rút kinh nghiệm"), null=True, blank=True)
    learning_organiser = models.CharField(_("đơn vị tổ chức rút kinh nghiệm"), max_length=200, blank=True)
    is_closed = models.BooleanField(_("xét xử kín"), default=False)
    is_mobile = models.BooleanField(_("xét xử lưu động"), default=False)
    is_online = models.BooleanField(_("xét xử trực tuyến"), default=False)
    participants = models.TextField(_("người tham gia khác"), max_length=2000, blank=True)
    state = models.CharField(
        _("trạng thái"),
        max_length=12,
        choices=[(value, value) for value, _label in SESSION.states],
        default=SESSION.first,
    )
    # why it was adjourned or called off
    reason = models.CharField(_("lý do"), max_length=500, blank=True)
    # the one that was adjourned to this
    previous = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="following", editable=False
    )
    # of `ShownKind`; none: nothing was shown on a screen
    shown_kinds = models.JSONField(_("đã trình chiếu"), default=list, blank=True)
    outcome = models.CharField(_("kết quả"), max_length=1000, blank=True)
    outcome_on = models.DateField(_("ngày có kết quả"), null=True, blank=True)
    verdict = models.ForeignKey(
        ProceduralEvent, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("bản án")
    )
    # what the office learned from it: work of the procuracy, not for every reader of the case
    remarks = models.TextField(_("nhận xét rút kinh nghiệm"), max_length=8000, blank=True)
    planned_at = models.DateTimeField(auto_now_add=True)
    planned_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    if TYPE_CHECKING:
        case_id: int
        unit_id: int
        verdict_id: int | None
        procurators: RelatedManager[SessionProcurator]
        logs: RelatedManager[ShowingLog]
        following: CourtSession

    class Meta:
        db_table = "vks_court_session"
        ordering = ("case", "number")
        verbose_name = _("phiên tòa")
        verbose_name_plural = _("phiên tòa")
        indexes = [models.Index(fields=["starts_on", "state"], name="vks_session_on")]
        constraints = [
            models.UniqueConstraint(fields=["case", "number"], name="vks_session_numbered_once"),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=models.F("starts_on")),
                name="vks_session_days_in_order",
            ),
            models.CheckConstraint(
                condition=~Q(state="da_dien_ra") | Q(ends_on__isnull=False), name="vks_session_held"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["hoan", "khong_mo"]) | ~Q(reason=""), name="vks_session_has_its_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id}: {self.number}"

    @property
    def state_label(self) -> str:
        """How it stands, in words."""
        return _now(SESSION.label(self.state))

    @property
    def last_day(self) -> dt.date:
        """The last day it lasts, or is planned for."""
        return self.ends_on or self.starts_on


class ShowingLog(models.Model):
    """What the presenter's window of a package noted of one day: which slide or folio was on the screen, and when.

    It is what a browser wrote on some computer and somebody brought back: a record of the office, no proof against it.
    """

    session = models.ForeignKey(CourtSession, on_delete=models.PROTECT, related_name="logs")
    export = models.ForeignKey(DeckExport, on_delete=models.PROTECT, related_name="logs", verbose_name=_("gói"))
    # of the file as it was handed in: the same one counts once
    sha256 = models.CharField(max_length=64, unique=True)
    # see `logs.Shown`
    entries = models.JSONField(default=list)
    imported_at = models.DateTimeField(auto_now_add=True)
    imported_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    if TYPE_CHECKING:
        session_id: int
        export_id: UUID

    class Meta:
        db_table = "vks_showing_log"
        ordering = ("session", "imported_at", "pk")
        verbose_name = _("nhật ký trình chiếu")
        verbose_name_plural = _("nhật ký trình chiếu")

    def __str__(self) -> str:
        return f"{self.session_id}: {self.sha256[:12]}"


class SessionProcurator(models.Model):
    """Somebody of the procuracy who takes part in a session (kiểm sát viên, kiểm tra viên tham gia)."""

    session = models.ForeignKey(CourtSession, on_delete=models.CASCADE, related_name="procurators")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    if TYPE_CHECKING:
        session_id: int
        user_id: int

    class Meta:
        db_table = "vks_session_procurator"
        ordering = ("session", "pk")
        constraints = [models.UniqueConstraint(fields=["session", "user"], name="vks_session_procurator_once")]

    def __str__(self) -> str:
        return f"{self.session_id}: {self.user_id}"
