"""Numbers of papers that follow one another without gaps, by office and year."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from vks_plugin.organization.models import ProcuracyUnit


class NumberSeries(models.Model):
    """The last number an office has given in a series in a year."""

    class Series(models.TextChoices):
        HAND_OVER = "hand_over", _("Biên bản giao nhận hồ sơ vụ án hình sự")
        OTHER_HAND_OVER = "other_hand_over", _("Biên bản giao nhận hồ sơ khác")
        LOAN = "loan", _("Phiếu mượn hồ sơ")
        COPY = "copy", _("Chứng thực bản sao, trích lục hồ sơ")
        DIGITISATION = "digitisation", _("Biên bản kết thúc số hóa")
        ACCESSION = "accession", _("Biên bản giao nhận hồ sơ nộp lưu")
        DISPOSAL = "disposal", _("Biên bản tiêu hủy")

    unit = models.ForeignKey(ProcuracyUnit, on_delete=models.PROTECT, related_name="number_series")
    series = models.CharField(_("loại văn bản"), max_length=24, choices=Series.choices)
    year = models.PositiveSmallIntegerField(_("năm"))
    last = models.PositiveIntegerField(_("số cuối"), default=0)

    class Meta:
        db_table = "vks_number_series"
        ordering = ("unit", "series", "-year")
        verbose_name = _("dãy số văn bản")
        verbose_name_plural = _("dãy số văn bản")
        constraints = [models.UniqueConstraint(fields=["unit", "series", "year"], name="vks_number_series_once")]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.series} {self.year}: {self.last}"
