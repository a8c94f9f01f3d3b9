"""Reading the organisation through the API. Who is appointed to what: see `vks_plugin.access.api`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import django_filters
from django_filters.rest_framework import DjangoFilterBackend, FilterSet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin

from vks_plugin.organization.models import Department, ProcuracyUnit
from vks_plugin.rest import CODE, ApiViewSet, refusals

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


class UnitFilterSet(FilterSet):
    """Narrows the list of offices."""

    on = django_filters.DateFilter(method="existing_on", label="only offices that exist on this day")

    class Meta:
        model = ProcuracyUnit
        fields = ("kind",)

    def existing_on(self, queryset: QuerySet[ProcuracyUnit], _name: str, day: dt.date) -> QuerySet[ProcuracyUnit]:
        """Keep the offices that exist on `day`."""
        return queryset.filter(pk__in=ProcuracyUnit.objects.on(day).values("pk"))


@extend_schema_view(
    list=extend_schema(
        summary="Offices of the procuracy",
        description="Past ones too: figures and access follow succession. Read-only; signed-in people see them all.",
    ),
    retrieve=extend_schema(summary="One office", responses={200: UnitSerializer, **refusals(404)}),
)
class UnitViewSet(ListModelMixin, RetrieveModelMixin, ApiViewSet):
    """Offices."""

    queryset = ProcuracyUnit.objects.select_related("parent")
    serializer_class = UnitSerializer
    lookup_field = "code"
    lookup_value_regex = CODE
    filter_backends = (DjangoFilterBackend,)
    filterset_class = UnitFilterSet


class DepartmentSerializer(serializers.Serializer[Department]):
    """A department (phòng) of an office."""

    unit = serializers.CharField(source="unit.code", help_text="Code of the office.")
    code = serializers.CharField(help_text="Unique within its office.")
    name = serializers.CharField()
    verified = serializers.BooleanField(help_text="Whether the office itself confirmed this department.")


class DepartmentFilterSet(FilterSet):
    """Narrows the list of departments."""

    unit = django_filters.CharFilter(field_name="unit__code", label="code of an office")

    class Meta:
        model = Department
        fields: tuple[str, ...] = ()


@extend_schema_view(list=extend_schema(summary="Departments of the offices", description="Read-only."))
class DepartmentViewSet(ListModelMixin, ApiViewSet):
    """Departments."""

    queryset: QuerySet[Any] = Department.objects.select_related("unit").order_by("unit__code", "code")
    serializer_class = DepartmentSerializer
    filter_backends = (DjangoFilterBackend,)
    filterset_class = DepartmentFilterSet
