"""The organisation as the API tells of it. Keeping it: `vks_plugin.access.offices_api`; who is appointed to what: `vks_plugin.access.api`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import django_filters
from django_filters.rest_framework import FilterSet
from rest_framework import serializers

from vks_plugin.organization.models import Department, ProcuracyUnit

if TYPE_CHECKING:
    import datetime as dt

    from django.db.models import QuerySet


class UnitSerializer(serializers.Serializer[ProcuracyUnit]):
    """An office, past or present."""

    code = serializers.CharField(help_text="Never reused.")
    name = serializers.CharField()
    short_name = serializers.CharField()
    kind = serializers.CharField(help_text="`province`, `regional`, or `district` (before 2025-07-01).")
    parent = serializers.CharField(  # type: ignore[assignment]  # the field is named so in the answer
        source="parent.code", default=None, allow_null=True, help_text="Code of the office above; null for a province."
    )
    valid_from = serializers.DateField(help_text="First day the office exists.")
    valid_to = serializers.DateField(allow_null=True, help_text="Last day; null while it exists.")
    active_from = serializers.DateField(
        allow_null=True, help_text="First day the office uses this system; null: it does not yet."
    )
    position = serializers.IntegerField(help_text="Where it stands among offices of its level.")


class UnitFilterSet(FilterSet):
    """Narrows the list of offices."""

    on = django_filters.DateFilter(method="existing_on", label="only offices that exist on this day")

    class Meta:
        model = ProcuracyUnit
        fields = ("kind",)

    def existing_on(self, queryset: QuerySet[ProcuracyUnit], _name: str, day: dt.date) -> QuerySet[ProcuracyUnit]:
        """Keep the offices that exist on `day`."""
        return queryset.filter(pk__in=ProcuracyUnit.objects.on(day).values("pk"))


class DepartmentSerializer(serializers.Serializer[Department]):
    """A department (phòng) of an office."""

    unit = serializers.CharField(source="unit.code", help_text="Code of the office.")
    code = serializers.CharField(help_text="Unique within its office.")
    id = serializers.IntegerField()
    name = serializers.CharField()
    stages = serializers.ListField(
        child=serializers.CharField(), help_text="Of cases below for which it is in charge in a province."
    )
    valid_from = serializers.DateField(allow_null=True, help_text="First day; null: as long as its office.")
    valid_to = serializers.DateField(allow_null=True, help_text="Last day; null while it exists.")
    position = serializers.IntegerField(help_text="Where it stands among those of its office.")
    verified = serializers.BooleanField(help_text="Whether the office itself confirmed this department.")


class DepartmentFilterSet(FilterSet):
    """Narrows the list of departments."""

    unit = django_filters.CharFilter(field_name="unit__code", label="code of an office")

    on = django_filters.DateFilter(method="existing_on", label="only departments that exist on this day")

    class Meta:
        model = Department
        fields: tuple[str, ...] = ()

    def existing_on(self, queryset: QuerySet[Department], _name: str, day: dt.date) -> QuerySet[Department]:
        """Keep the departments that exist on `day`."""
        return queryset.filter(pk__in=Department.objects.on(day).values("pk"))
