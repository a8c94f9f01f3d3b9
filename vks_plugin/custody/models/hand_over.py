"""Hand-overs (giao nhận): paper goes from a giver to a receiver, and both sign."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from vks_plugin.cases.models import CaseDocument, CaseFile
from vks_plugin.custody.handing import CHECKS, DIRECTIONS, REASONS, Direction, article_of, checks_for, is_lacking
from vks_plugin.custody.models.holding import PART_CHOICES, Keeper
from vks_plugin.custody.models.series import NumberSeries
from vks_plugin.custody.states import HAND_OVER
from vks_plugin.organization.models import ProcuracyUnit


def _side(**options: Any) -> Any:
    return models.ForeignKey(ProcuracyUnit, on_delete=models.PROTECT, null=True, blank=True, **options)


def _person(**options: Any) -> Any:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", **options
    )


_MISSING = re.compile(r"^(?:còn\s+)?thiếu(?!\s+sót)[\s:]+(?=\S)", re.IGNORECASE)


class HandOver(models.Model):
    """One part of the paper of a case is given and received, or not.

    States and what leads from one to another: `custody.states.HAND_OVER`; changed by `custody.actions.hand_overs` alone. Names, posts and
    what the case is called are kept as they stood when it was sent: that is what was signed.
    """

    case = models.ForeignKey(CaseFile, on_delete=models.PROTECT, related_name="hand_overs")
    part = models.CharField(_("phần hồ sơ"), max_length=8, choices=PART_CHOICES)
    direction = models.CharField(
        _("hướng giao nhận"), max_length=16, choices=[(each.value, _(each.label)) for each in DIRECTIONS.values()]
    )
    reason = models.CharField(
        _("lý do"), max_length=24, choices=[(value, _(label)) for value, label in REASONS.items()]
    )
    state = models.CharField(
        _("trạng thái"),
        max_length=16,
        choices=[(value, _(label)) for value, label in HAND_OVER.states],
        default=HAND_OVER.first,
    )
    # number of the record, given when it is sent, of the office that draws it up; each series has a register of its own
    number_series = models.CharField(
        max_length=24,
        blank=True,
        choices=[
            (each.value, each.label) for each in (NumberSeries.Series.HAND_OVER, NumberSeries.Series.OTHER_HAND_OVER)
        ],
    )
    number_unit = _side(related_name="+")
    number_year = models.PositiveSmallIntegerField(null=True)
    number = models.PositiveIntegerField(_("số biên bản"), null=True)
    # number and edition of the form it is printed on, as the catalogue had them then
    form_number = models.CharField(max_length=24, blank=True)
    form_edition = models.CharField(max_length=60, blank=True)

    giver_unit = _side(related_name="hand_overs_given", verbose_name=_("đơn vị giao"))
    giver_agency = models.CharField(_("cơ quan giao"), max_length=200, blank=True)
    giver_person = _person(verbose_name=_("người giữ giao"))
    giver_name = models.CharField(_("họ tên người giao"), max_length=200, blank=True)
    giver_title = models.CharField(_("chức vụ người giao"), max_length=120, blank=True)
    receiver_unit = _side(related_name="hand_overs_received", verbose_name=_("đơn vị nhận"))
    receiver_agency = models.CharField(_("cơ quan nhận"), max_length=200, blank=True)
    receiver_person = _person(verbose_name=_("người nhận"))
    receiver_name = models.CharField(_("họ tên người nhận"), max_length=200, blank=True)
    receiver_title = models.CharField(_("chức vụ người nhận"), max_length=120, blank=True)

    case_name = models.CharField(max_length=250)
    main_accused = models.CharField(max_length=200, blank=True)
    # [{"number", "label", "code", "folio_from", "folio_to", "received"}, …]
    volumes = models.JSONField(default=list)
    total_pages = models.PositiveIntegerField(_("tổng số trang"), null=True, blank=True)
    # [{"id", "name", "quantity", "seal", "received"}, …]; rows of before have neither the first nor the last: nobody marked
    # which of them came, and what was missing is told by words alone
    exhibits = models.JSONField(default=list)
    seal_condition = models.CharField(_("tình trạng niêm phong"), max_length=250, blank=True)
    place = models.CharField(_("nơi giao nhận"), max_length=200, blank=True)
    note = models.CharField(_("ghi chú"), max_length=500, blank=True)
    # number and day of the paper a transfer of the case rests on
    decision = models.CharField(_("số, ngày văn bản chuyển vụ án"), max_length=200, blank=True)

    documents_complete = models.BooleanField(null=True)
    exhibits_complete = models.BooleanField(null=True)
    served = models.BooleanField(null=True)
    missing = models.TextField(_("còn thiếu"), max_length=2000, blank=True)
    # numbers of volumes that stayed with the giver
    outstanding = models.JSONField(default=list)
    # ids of exhibits that stayed with the giver
    outstanding_exhibits = models.JSONField(default=list)
    # what nobody waits for any more, each time a leader said so:
    # [{"piece" ("volume", "exhibit"), "number", "outcome", "at", "by", "reason", "found_at"}, …]
    settled_pieces = models.JSONField(default=list)
    # what came back in parts is completed by another hand-over
    completes = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="completed_by", verbose_name=_("giao nốt")
    )
    signed_paper = models.ForeignKey(
        CaseDocument,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("biên bản đã ký"),
    )
    awaits_paper = models.BooleanField(_("chờ biên bản đã ký"), default=False)
    # [{"act", "at", "by", "text"}, …], so that both sides read what went before; the ledger is the proof
    steps = models.JSONField(default=list)

    # who draws it up: of a draft that somebody took over, that one
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at: models.DateTimeField[dt.datetime, dt.datetime] = models.DateTimeField(auto_now_add=True)
    # the first time it was sent: a register that was printed keeps the row, however often it is sent again
    numbered_at: models.DateTimeField[dt.datetime | None, dt.datetime | None] = models.DateTimeField(null=True)
    sent_at: models.DateTimeField[dt.datetime | None, dt.datetime | None] = models.DateTimeField(null=True)
    # the last day on which somebody was written to of its waiting, since it was sent
    reminded_on: models.DateField[dt.date | None, dt.date | None] = models.DateField(null=True)
    # who gave it the last time; between our own sides another account receives
    sent_by = _person(verbose_name=_("người ghi giao"))
    received_by = _person(verbose_name=_("người ghi nhận"))
    # the day of receipt exists only once the file is received (Điều 238, 276 in their directions); of an agency outside as it
    # is stated, which may be days before it is recorded
    accepted_at: models.DateTimeField[dt.datetime | None, dt.datetime | None] = models.DateTimeField(null=True)

    if TYPE_CHECKING:
        case_id: int
        created_by_id: int
        giver_unit_id: int | None
        receiver_unit_id: int | None
        giver_person_id: int | None
        receiver_person_id: int | None
        number_unit_id: int | None
        completes_id: int | None
        sent_by_id: int | None
        received_by_id: int | None
        signed_paper_id: int | None

    class Meta:
        db_table = "vks_hand_over"
        ordering = ("-id",)
        verbose_name = _("giao nhận hồ sơ")
        verbose_name_plural = _("giao nhận hồ sơ")
        indexes = [
            models.Index(fields=["giver_unit", "state"], name="vks_hand_over_given"),
            models.Index(fields=["receiver_unit", "state"], name="vks_hand_over_received"),
            models.Index(fields=["number_unit", "numbered_at"], name="vks_hand_over_of_register"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "part"],
                condition=Q(state__in=sorted(HAND_OVER.open)),
                name="vks_hand_over_one_open",
            ),
            models.UniqueConstraint(
                fields=["number_unit", "number_series", "number_year", "number"],
                condition=Q(number__isnull=False),
                name="vks_hand_over_numbered_once",
            ),
            models.CheckConstraint(
                condition=(
                    Q(giver_unit__isnull=False, giver_agency="") | (Q(giver_unit__isnull=True) & ~Q(giver_agency=""))
                )
                & (
                    Q(receiver_unit__isnull=False, receiver_agency="")
                    | (Q(receiver_unit__isnull=True) & ~Q(receiver_agency=""))
                )
                & (Q(giver_unit__isnull=False) | Q(receiver_unit__isnull=False)),
                name="vks_hand_over_two_sides",
            ),
            # the supervision file never leaves the procuracy
            models.CheckConstraint(
                condition=~Q(part="hsks") | Q(giver_unit__isnull=False, receiver_unit__isnull=False),
                name="vks_hand_over_internal_stays",
            ),
            models.CheckConstraint(
                condition=(~Q(state="da_nhan") & Q(accepted_at__isnull=True))
                | (
                    Q(state="da_nhan", accepted_at__isnull=False)
                    & (
                        Q(giver_unit__isnull=False, receiver_unit__isnull=False)
                        | Q(signed_paper__isnull=False)
                        | Q(awaits_paper=True)
                    )
                ),
                name="vks_hand_over_accepted_proven",
            ),
            # two people: who gave, or had it in hand, is not who receives; of an agency outside our clerk records both
            models.CheckConstraint(
                condition=Q(received_by__isnull=True)
                | Q(giver_unit__isnull=True)
                | Q(receiver_unit__isnull=True)
                | (
                    (Q(sent_by__isnull=True) | ~Q(received_by=F("sent_by")))
                    & (Q(giver_person__isnull=True) | ~Q(received_by=F("giver_person")))
                ),
                name="vks_hand_over_not_by_who_gave",
            ),
            models.CheckConstraint(
                condition=~Q(state="chua_nhan") | ~Q(missing=""), name="vks_hand_over_refusal_names_why"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.part}: {self.direction} {self.state}"

    @property
    def giver(self) -> Keeper:
        """Who gives (`giver_unit` and `giver_person` are read)."""
        return Keeper(unit=self.giver_unit, agency=self.giver_agency, person=self.giver_person)

    @property
    def receiver(self) -> Keeper:
        """Who receives (`receiver_unit` and `receiver_person` are read)."""
        return Keeper(unit=self.receiver_unit, agency=self.receiver_agency, person=self.receiver_person)

    @property
    def direction_data(self) -> Direction:
        """What there is to know of the direction."""
        return DIRECTIONS[self.direction]

    @property
    def checks(self) -> dict[str, str]:
        """What is checked before it is received, each by its field with its words (`case` is read)."""
        wanted = checks_for(self.case.kind, self.part, self.direction, completes=self.completes_id is not None)
        return {name: CHECKS[name] for name in wanted}

    @property
    def article(self) -> str:
        """The article that says what is checked; empty: a convention of this program (`case` is read)."""
        return article_of(self.case.kind, self.part, self.direction)

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to act."""
        return self.state in HAND_OVER.open

    @property
    def state_label(self) -> str:
        """The state in words."""
        return gettext(HAND_OVER.label(self.state))

    @property
    def written_number(self) -> str:
        """Number and year of the record, such as `12/2026`; empty before it is sent."""
        return f"{self.number}/{self.number_year}" if self.number is not None else ""

    @property
    def series_label(self) -> str:
        """What the numbers of the series of this one are for; an office has two, which both begin with 1 each year."""
        if not self.number_series:
            return ""
        other = self.number_series == NumberSeries.Series.OTHER_HAND_OVER
        return gettext("hồ sơ khác") if other else gettext("hồ sơ vụ án hình sự")

    @property
    def receiving_name(self) -> str:
        """Who received it, is to, or refused it last; empty: nobody is named."""
        refused = [each["by"] for each in self.steps if each["act"] == "reject"]
        # of an agency outside our clerk records what it refused
        refuses = self.state == "chua_nhan" and self.receiver_unit_id is not None
        return self.receiver_name or (refused[-1] if refuses and refused else "")

    @property
    def lacking(self) -> str:
        """What is missing, without saying once more that it is, for where “Còn thiếu:” stands before it."""
        return _MISSING.sub("", self.missing.strip(), count=1)

    @property
    def lacking_exhibits(self) -> list[dict[str, Any]]:
        """The exhibits that were marked as not being there when they were counted."""
        return [each for each in self.exhibits if is_lacking(each)]

    @property
    def folio_range(self) -> tuple[int, int] | None:
        """First and last folio of what is handed over; None where no volume says."""
        first = [each["folio_from"] for each in self.volumes if each["folio_from"] is not None]
        last = [each["folio_to"] for each in self.volumes if each["folio_to"] is not None]
        return (min(first), max(last)) if first and last else None

    @property
    def folio_stretches(self) -> list[tuple[int, int]]:
        """The folios of what is handed over, first and last of each stretch that has none of another volume in it."""
        found: list[tuple[int, int]] = []
        said = [(each["folio_from"], each["folio_to"]) for each in self.volumes]
        for first, last in sorted(each for each in said if None not in each):
            if found and first <= found[-1][1] + 1:
                found[-1] = (found[-1][0], max(last, found[-1][1]))
            else:
                found.append((first, last))
        return found

    @property
    def folios_cited(self) -> str:
        """The folios as they are cited, such as `1–12, 19–23`; empty where no volume says."""
        return ", ".join(str(first) if first == last else f"{first}–{last}" for first, last in self.folio_stretches)

    @property
    def folios_counted(self) -> str:
        """How many folios they are and which, as printed papers say it; empty where no volume says."""
        said = [f"số {first}" if first == last else f"từ {first} đến {last}" for first, last in self.folio_stretches]
        return f"{self.folio_count} bút lục ({', '.join(said)})" if said else ""

    @property
    def folio_count(self) -> int:
        """How many folios the volumes have together, by their first and last."""
        return sum(
            each["folio_to"] - each["folio_from"] + 1
            for each in self.volumes
            if each["folio_from"] is not None and each["folio_to"] is not None
        )
