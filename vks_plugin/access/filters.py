"""Narrowing lists of the record of access, and the access log, on the pages and in the API alike."""

from __future__ import annotations

import datetime as dt

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from vks_plugin.access.log_queries import offices_led
from vks_plugin.access.models import AccessEntry, TemporaryAccess
from vks_plugin.access.queries import visible_cases
from vks_plugin.access.temporary import in_state
from vks_plugin.cases.filters import DayFilter
from vks_plugin.cases.models import CaseFile
from vks_plugin.organization.models import ProcuracyUnit
from vks_plugin.text import one_line

DAYS = 7
"""Days that are shown when no period is asked for, today among them."""


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


class AccessEntryFilterSet(django_filters.FilterSet):
    """Narrows the log; the last seven days unless a period is named."""

    person = django_filters.CharFilter(method="by_person", label=_("Người (tên hoặc tài khoản)"))
    case = django_filters.CharFilter(method="of_case", label=_("Mã vụ án"))
    document = django_filters.NumberFilter(
        method="of_document", label=_("Tài liệu, mã DMS"), min_value=1, max_value=2**31 - 1, decimal_places=0
    )
    act = django_filters.ChoiceFilter(label=_("Việc"), choices=AccessEntry.Act.choices, empty_label=_("Tất cả"))
    refused = django_filters.BooleanFilter(
        label=_("Chỉ lần bị từ chối"), method="only_refused", widget=forms.CheckboxInput
    )
    unit = django_filters.ModelChoiceFilter(
        label=_("Đơn vị"),
        queryset=ProcuracyUnit.objects.all(),
        to_field_name="code",
        empty_label=_("Tất cả"),
    )
    since = DayFilter(method="from_day", label=_("Từ ngày"))
    until = DayFilter(method="to_day", label=_("đến hết ngày"))

    class Meta:
        model = AccessEntry
        fields: tuple[str, ...] = ()

    def filter_queryset(self, queryset: QuerySet[AccessEntry]) -> QuerySet[AccessEntry]:
        """Narrow by everything asked for."""
        narrowed: QuerySet[AccessEntry] = super().filter_queryset(queryset)
        given = self.form.cleaned_data
        if not given.get("since") and not given.get("until"):
            narrowed = narrowed.filter(at__gte=_midnight(first_day()))
        return narrowed

    def by_person(self, queryset: QuerySet[AccessEntry], _name: str, words: str) -> QuerySet[AccessEntry]:
        """Keep the entries of an account, or of people whose name has these words."""
        text = one_line(words)
        return queryset.filter(Q(actor_username__iexact=text) | Q(actor_name__icontains=text))

    def of_case(self, queryset: QuerySet[AccessEntry], _name: str, code: str) -> QuerySet[AccessEntry]:
        """Keep the entries of a case; nothing of one the asker may not know of."""
        return queryset.filter(self._of(CaseFile.objects.filter(code__iexact=one_line(code))))

    def of_document(self, queryset: QuerySet[AccessEntry], _name: str, number: float) -> QuerySet[AccessEntry]:
        """Keep the entries of a document, and of exports of its whole case, which it was in."""
        case = CaseFile.objects.filter(documents__document_id=int(number))
        whole = Q(document_id__isnull=True, act=AccessEntry.Act.EXPORT)
        return queryset.filter(self._of(case), Q(document_id=int(number)) | whole)

    def _of(self, cases: QuerySet[CaseFile]) -> Q:
        """Return the condition that an entry is about one of these cases, as far as the asker may know of them.

        What an own office held is known to its leaders, what an office below holds as far as they may see it.
        """
        case_id = cases.values_list("pk", flat=True).first()
        user = self.request.user if self.request is not None else None
        if case_id is None or user is None:
            return Q(pk__in=[])
        if visible_cases(user).filter(pk=case_id).exists():
            return Q(case_id=case_id)
        return Q(case_id=case_id, unit_id__in=offices_led(user).own)

    def only_refused(self, queryset: QuerySet[AccessEntry], _name: str, wanted: bool) -> QuerySet[AccessEntry]:  # noqa: FBT001 - the signature django-filter calls
        """Keep refusals; not asked for them, keep everything."""
        return queryset.filter(refused=True) if wanted else queryset

    def from_day(self, queryset: QuerySet[AccessEntry], _name: str, day: dt.date) -> QuerySet[AccessEntry]:
        """Keep what happened from this day on."""
        return queryset.filter(at__gte=_midnight(day))

    def to_day(self, queryset: QuerySet[AccessEntry], _name: str, day: dt.date) -> QuerySet[AccessEntry]:
        """Keep what happened up to the end of this day."""
        return queryset.filter(at__lt=_midnight(day + dt.timedelta(days=1)))


def first_day() -> dt.date:
    """Return the first of the days that are shown when no period is asked for."""
    return timezone.localdate() - dt.timedelta(days=DAYS - 1)


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time()))
