"""Narrowing a list of cases, on the pages and in the API alike."""

from __future__ import annotations

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from vks_plugin.access.queries import search_cases
from vks_plugin.cases.kinds import KINDS, all_stages, all_statuses
from vks_plugin.cases.models import Assignment, CaseFile
from vks_plugin.organization.models import ProcuracyUnit


def kind_choices() -> list[tuple[str, str]]:
    """Return the kinds in the reader's language."""
    return [(kind.value, gettext(kind.label)) for kind in KINDS.values()]


def stage_choices() -> list[tuple[str, str]]:
    """Return the stages of all kinds in the reader's language."""
    return [(value, gettext(label)) for value, label in all_stages()]


def status_choices() -> list[tuple[str, str]]:
    """Return the statuses of all kinds in the reader's language."""
    return [(value, gettext(label)) for value, label in all_statuses()]


class CaseFilterSet(django_filters.FilterSet):
    """Narrows to a text, a stage, a status, an office, and one's own cases; needs the request for the last."""

    q = django_filters.CharFilter(method="search", label=_("Mã, tên vụ án, bị can, số quyết định"))
    kind = django_filters.ChoiceFilter(label=_("Loại"), choices=kind_choices, empty_label=_("Tất cả"))
    stage = django_filters.ChoiceFilter(label=_("Giai đoạn"), choices=stage_choices, empty_label=_("Tất cả"))
    status = django_filters.ChoiceFilter(label=_("Trạng thái"), choices=status_choices, empty_label=_("Tất cả"))
    unit = django_filters.ModelChoiceFilter(
        label=_("Đơn vị"), queryset=ProcuracyUnit.objects.all(), to_field_name="code", empty_label=_("Tất cả")
    )
    mine = django_filters.BooleanFilter(method="only_mine", label=_("Phân công cho tôi"), widget=forms.CheckboxInput)

    class Meta:
        model = CaseFile
        fields: tuple[str, ...] = ()

    def search(self, queryset: QuerySet[CaseFile], _name: str, text: str) -> QuerySet[CaseFile]:
        """Keep cases that have every word of `text`, whatever its tones."""
        return search_cases(queryset, text)

    def only_mine(self, queryset: QuerySet[CaseFile], _name: str, wanted: bool) -> QuerySet[CaseFile]:  # noqa: FBT001 - the signature django-filter calls
        """Keep the cases the asker is assigned to today."""
        if not wanted or self.request is None:
            return queryset
        mine = Assignment.objects.in_force(timezone.localdate()).filter(user_id=self.request.user.pk)
        return queryset.filter(pk__in=mine.values("case_id"))
