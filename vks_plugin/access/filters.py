"""Narrowing lists of the record of access, on the pages and in the API alike."""

from __future__ import annotations

import datetime as dt

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from vks_plugin.access.models import TemporaryAccess
from vks_plugin.access.temporary import in_state
from vks_plugin.cases.filters import DayFilter


class TemporaryAccessFilterSet(django_filters.FilterSet):
    """Narrows what one may know of."""

    state = django_filters.ChoiceFilter(
        method="standing", label=_("Tình trạng"), choices=TemporaryAccess.State.choices, empty_label=_("Tất cả")
    )
    kind = django_filters.ChoiceFilter(label=_("Loại"), choices=TemporaryAccess.Kind.choices, empty_label=_("Tất cả"))
    case = django_filters.CharFilter(field_name="case_code", lookup_expr="iexact", label=_("Mã vụ án"))
    since = DayFilter(method="from_day", label=_("Từ ngày"))
    until = DayFilter(method="to_day", label=_("đến hết ngày"))

    class Meta:
        model = TemporaryAccess
        fields: tuple[str, ...] = ()

    def standing(self, queryset: QuerySet[TemporaryAccess], _name: str, state: str) -> QuerySet[TemporaryAccess]:
        """Keep those that stand so now."""
        return in_state(queryset, state)

    def from_day(self, queryset: QuerySet[TemporaryAccess], _name: str, day: dt.date) -> QuerySet[TemporaryAccess]:
        """Keep what was asked for from this day on."""
        return queryset.filter(requested_at__gte=_midnight(day))

    def to_day(self, queryset: QuerySet[TemporaryAccess], _name: str, day: dt.date) -> QuerySet[TemporaryAccess]:
        """Keep what was asked for up to the end of this day."""
        return queryset.filter(requested_at__lt=_midnight(day) + dt.timedelta(days=1))


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time()))
