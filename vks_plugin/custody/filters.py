"""Narrowing lists of custody, on pages and through the API alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import django_filters
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from vks_plugin.cases.models import PART_CHOICES
from vks_plugin.custody.models import Holding, Loan
from vks_plugin.custody.queries.loans import overdue
from vks_plugin.custody.states import LOAN, OVERDUE
from vks_plugin.text import one_line

if TYPE_CHECKING:
    from django.db.models import QuerySet


class HoldingFilterSet(django_filters.FilterSet):
    """Narrows what is in somebody's hands by part, office, person, how it came there, and the code of the case."""

    part = django_filters.ChoiceFilter(choices=PART_CHOICES)
    unit = django_filters.CharFilter(field_name="unit__code", max_length=60)
    cause = django_filters.ChoiceFilter(choices=Holding.Cause.choices)
    case = django_filters.CharFilter(method="of_case", max_length=60)
    person = django_filters.CharFilter(field_name="person__username", max_length=150)
    mine = django_filters.BooleanFilter(method="in_own_name", label="In one's own name, not the office's.")

    class Meta:
        model = Holding
        fields: tuple[str, ...] = ()

    def of_case(self, queryset: QuerySet[Holding], _name: str, code: str) -> QuerySet[Holding]:
        """Keep those of a case, by the code that was typed."""
        return queryset.filter(case__code__iexact=one_line(code))

    def in_own_name(self, queryset: QuerySet[Holding], _name: str, mine: object) -> QuerySet[Holding]:
        """Keep what the person has, or what lies with the office."""
        user = self.request.user
        return queryset.filter(person=user) if mine else queryset.exclude(person=user)


class LoanFilterSet(django_filters.FilterSet):
    """Narrows loans by how they stand, what is lent, and the code of the case."""

    state = django_filters.ChoiceFilter(
        label=_("Trạng thái"),
        choices=[(value, _(label)) for value, label in (*LOAN.states, OVERDUE)],
        method="in_state",
        empty_label=_("Tất cả"),
    )
    form = django_filters.ChoiceFilter(label=_("Mượn"), choices=Loan.Form.choices, empty_label=_("Tất cả"))
    case = django_filters.CharFilter(label=_("Mã vụ án"), method="of_case", max_length=40)

    class Meta:
        model = Loan
        fields: tuple[str, ...] = ()

    def in_state(self, queryset: QuerySet[Loan], _name: str, state: str) -> QuerySet[Loan]:
        """Keep those that stand so today: what is overdue is on loan too, an electronic loan past its day is over."""
        passed = {"form": Loan.Form.ELECTRONIC, "state": "dang_muon", "until__lt": timezone.localdate()}
        if state == OVERDUE[0]:
            return overdue(queryset)
        if state == "dang_muon":
            return queryset.filter(state=state).exclude(**passed)
        if state == "da_tra":
            return queryset.filter(state=state) | queryset.filter(**passed)
        return queryset.filter(state=state)

    def of_case(self, queryset: QuerySet[Loan], _name: str, code: str) -> QuerySet[Loan]:
        """Keep those of a case, by the code that was typed."""
        return queryset.filter(case_code__iexact=one_line(code))
