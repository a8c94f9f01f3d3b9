"""Narrowing lists of court sessions, on pages and through the API alike; what statistics count is narrowed so too."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import django_filters
from django import forms
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from vks_plugin.cases.filters import DayFilter
from vks_plugin.cases.trials import CourtLevel
from vks_plugin.court.sessions.models import CourtSession
from vks_plugin.court.sessions.states import HELD, SESSION
from vks_plugin.organization.models import ProcuracyUnit
from vks_plugin.text import one_line

if TYPE_CHECKING:
    from django.db.models import QuerySet


def _states() -> list[tuple[str, str]]:
    return [(value, gettext(label)) for value, label in SESSION.states]


_EITHER = forms.Select(choices=[("", _("Tất cả")), ("true", _("Có")), ("false", _("Không"))])
"""A switch that may be left open."""


class SessionFilterSet(django_filters.FilterSet):
    """Narrows sessions by how they stand, whose they are, their kind and their day."""

    state = django_filters.ChoiceFilter(label=_("Trạng thái"), choices=_states, empty_label=_("Tất cả"))
    unit = django_filters.ModelChoiceFilter(
        label=_("Đơn vị"), queryset=ProcuracyUnit.objects.all(), to_field_name="code", empty_label=_("Tất cả")
    )
    court_level = django_filters.ChoiceFilter(
        label=_("Cấp xét xử"), choices=CourtLevel.choices, empty_label=_("Tất cả")
    )
    learning = django_filters.BooleanFilter(field_name="is_learning", label=_("Rút kinh nghiệm"), widget=_EITHER)
    closed = django_filters.BooleanFilter(field_name="is_closed", label=_("Xét xử kín"), widget=_EITHER)
    mobile = django_filters.BooleanFilter(field_name="is_mobile", label=_("Xét xử lưu động"), widget=_EITHER)
    online = django_filters.BooleanFilter(field_name="is_online", label=_("Xét xử trực tuyến"), widget=_EITHER)
    presented = django_filters.BooleanFilter(method="with_presentation", label=_("Có trình chiếu"), widget=_EITHER)
    since = DayFilter(method="from_day", label=_("Từ ngày"))
    until = DayFilter(method="to_day", label=_("đến hết ngày"))
    case = django_filters.CharFilter(label=_("Mã vụ án"), method="of_case", max_length=40)

    class Meta:
        model = CourtSession
        fields: tuple[str, ...] = ()

    def with_presentation(
        self,
        queryset: QuerySet[CourtSession],
        _name: str,
        wanted: bool,  # noqa: FBT001 - the signature django-filter calls
    ) -> QuerySet[CourtSession]:
        """Keep those that were held and in which something was shown, or the others."""
        shown = Q(state=HELD) & ~Q(shown_kinds=[])
        return queryset.filter(shown if wanted else ~shown)

    def from_day(self, queryset: QuerySet[CourtSession], _name: str, day: dt.date) -> QuerySet[CourtSession]:
        """Keep those that open from this day on."""
        return queryset.filter(starts_on__gte=day)

    def to_day(self, queryset: QuerySet[CourtSession], _name: str, day: dt.date) -> QuerySet[CourtSession]:
        """Keep those that open up to this day."""
        return queryset.filter(starts_on__lte=day)

    def of_case(self, queryset: QuerySet[CourtSession], _name: str, code: str) -> QuerySet[CourtSession]:
        """Keep those of a case."""
        return queryset.filter(case__code__iexact=one_line(code))
