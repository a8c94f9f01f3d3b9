"""Narrowing lists of custody, on pages and through the API alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import django_filters
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from vks_plugin.custody.models import Loan
from vks_plugin.custody.queries.loans import overdue
from vks_plugin.custody.states import LOAN, OVERDUE
from vks_plugin.text import one_line

if TYPE_CHECKING:
    from django.db.models import QuerySet


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
