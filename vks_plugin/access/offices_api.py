"""Keeping offices and departments through the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.response import Response

from vks_plugin.access import offices
from vks_plugin.errors import BadInput, NotFound
from vks_plugin.organization.api import (
    DepartmentFilterSet,
    DepartmentSerializer,
    UnitFilterSet,
    UnitSerializer,
)
from vks_plugin.organization.models import BY_CODE, Department, ProcuracyUnit
from vks_plugin.rest import CODE, NUMBER, ApiViewSet, ComposedField, InputSerializer, refusals

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet
    from rest_framework.request import Request


@extend_schema_field(OpenApiTypes.STR)
class UnitField(serializers.Field[Any, Any, Any, Any]):
    """An office by its code."""

    def to_internal_value(self, data: Any) -> ProcuracyUnit:
        """Return the office."""
        found = ProcuracyUnit.objects.filter(code=str(data)[:60]).first()
        if found is None:
            raise serializers.ValidationError(_("Không có đơn vị mang mã này."))
        return found


class UnitChangeSerializer(InputSerializer):
    """What is said of an office; only what is sent changes."""

    code = serializers.CharField(required=False, max_length=60, help_text="Only while nothing was recorded under it.")
    name = ComposedField(required=False)
    short_name = ComposedField(required=False)
    kind = serializers.CharField(required=False, help_text="`province`, `regional` or `district`; as the code.")
    parent = UnitField(  # type: ignore[assignment]  # the field is named so in the answer
        required=False, allow_null=True, help_text="Code of the office above; null for a province alone."
    )
    position = serializers.IntegerField(required=False)
    valid_from = serializers.DateField(required=False)
    active_from = serializers.DateField(required=False, allow_null=True)
    valid_to = serializers.DateField(required=False, allow_null=True, help_text="Null takes an end back; else `end`.")
    decision = ComposedField(
        required=False, allow_blank=True, default="", help_text="Number and day of the paper it rests on."
    )
    dry_run = serializers.BooleanField(
        required=False, default=False, help_text="Tell whom it concerns; change nothing."
    )


class DepartmentChangeSerializer(InputSerializer):
    """What is said of a department; only what is sent changes."""

    code = serializers.CharField(required=False, max_length=60, help_text="Only while nothing was recorded under it.")
    name = ComposedField(required=False)
    stages = serializers.ListField(child=serializers.CharField(max_length=40), required=False, max_length=40)
    position = serializers.IntegerField(required=False)
    valid_from = serializers.DateField(required=False, allow_null=True)
    valid_to = serializers.DateField(required=False, allow_null=True, help_text="Null takes an end back; else `end`.")
    verified = serializers.BooleanField(required=False)
    decision = ComposedField(
        required=False, allow_blank=True, default="", help_text="Number and day of the paper it rests on."
    )
    dry_run = serializers.BooleanField(
        required=False, default=False, help_text="Tell whom it concerns; change nothing."
    )


class NewDepartmentSerializer(DepartmentChangeSerializer):
    """A department to add: `unit`, `code` and `name` have to be there."""

    unit = UnitField(help_text="Code of its office.")


class EndOfficeSerializer(InputSerializer):
    """Since when it exists no more."""

    gone_from = serializers.DateField(help_text="First day on which it is no more; not one to come.")
    decision = ComposedField(
        required=False, allow_blank=True, default="", help_text="Number and day of the paper it rests on."
    )
    dry_run = serializers.BooleanField(
        source="trying",
        required=False,
        default=False,
        help_text="End nothing: the answer is the refusal there would be, or how it would stand.",
    )


class EffectSerializer(serializers.Serializer[offices.Effect]):
    """Whom and what a change concerns."""

    gained = serializers.IntegerField(help_text="Cases that come within reach of the heads, or of the leaders above.")
    lost = serializers.IntegerField(help_text="Cases that go out of reach.")
    people = serializers.IntegerField(help_text="Who holds such a post today.")
    documents = serializers.IntegerField(help_text="Documents whose readers are written anew.")
    closed = serializers.IntegerField(help_text="Cases opened by a reason that close.")


def _split(given: Mapping[str, Any]) -> tuple[dict[str, Any], str, bool]:
    """Return the values to set, the paper, and whether it is only tried."""
    values = dict(given)
    return values, values.pop("decision"), values.pop("dry_run")


@extend_schema_view(
    list=extend_schema(
        summary="Offices of the procuracy",
        description="Past ones too: figures and access follow succession. Signed-in people see them all.",
    ),
    retrieve=extend_schema(summary="One office", responses={200: UnitSerializer, **refusals(404)}),
    create=extend_schema(
        summary="Add an office",
        description="For the chief procurator and the system administrator of the province.",
        request=UnitChangeSerializer,
        responses={201: UnitSerializer, **refusals(400, 403, 409)},
    ),
    partial_update=extend_schema(
        summary="Change an office, or tell whom that would concern",
        description="With another office above, its leaders read the cases before the answer is given, and those of the one "
        "before do no more.",
        request=UnitChangeSerializer,
        responses={200: EffectSerializer, **refusals(400, 403, 404, 409)},
    ),
)
class UnitViewSet(ListModelMixin, RetrieveModelMixin, ApiViewSet):
    """Offices."""

    queryset = ProcuracyUnit.objects.select_related("parent")
    serializer_class = UnitSerializer
    lookup_field = "code"
    lookup_value_regex = CODE
    filter_backends = (DjangoFilterBackend,)
    filterset_class = UnitFilterSet

    def _unit(self, code: str) -> ProcuracyUnit:
        found = offices.units_for(self.actor).filter(code=code).first()
        if found is None:
            raise NotFound(_("Không có đơn vị mang mã này."))
        return found

    def create(self, _request: Request) -> Response:
        """Add one."""
        offices.require_organizer(self.actor)
        values, decision, dry_run = _split(self.given(UnitChangeSerializer))
        _refuse_trying(dry_run)
        return self.shown(offices.add_unit(actor=self.actor, values=values, decision=decision), status=201)

    def partial_update(self, _request: Request, code: str) -> Response:
        """Change one."""
        unit = self._unit(code)
        values, decision, dry_run = _split(self.given(UnitChangeSerializer))
        if dry_run:
            effect = offices.try_unit(actor=self.actor, unit=unit, values=values)
        else:
            effect = offices.change_unit(actor=self.actor, unit=unit, values=values, decision=decision)
        return Response(EffectSerializer(effect).data)

    @extend_schema(
        summary="End an office that has nothing left",
        description="One that has cases is taken over by another: see `restructurings`.",
        request=EndOfficeSerializer,
        responses={200: UnitSerializer, **refusals(400, 403, 404, 409)},
    )
    @action(detail=True, methods=["post"])
    def end(self, _request: Request, code: str) -> Response:
        """End it."""
        unit = self._unit(code)
        return self.shown(offices.end_unit(actor=self.actor, unit=unit, **self.given(EndOfficeSerializer)))


def _refuse_trying(dry_run: bool) -> None:  # noqa: FBT001 - what the request said
    if dry_run:
        raise BadInput(_("Chỉ thử được việc sửa: thêm mới thì bỏ dry_run."), field="dry_run")


@extend_schema_view(
    list=extend_schema(summary="Departments of the offices", description="Past ones too."),
    retrieve=extend_schema(summary="One department", responses={200: DepartmentSerializer, **refusals(404)}),
    create=extend_schema(
        summary="Add a department",
        description="For the chief procurator and the system administrator of the province.",
        request=NewDepartmentSerializer,
        responses={201: DepartmentSerializer, **refusals(400, 403, 409)},
    ),
    partial_update=extend_schema(
        summary="Change a department, or tell whom that would concern",
        description="With other stages its heads see other cases of the offices below before the answer is given.",
        request=DepartmentChangeSerializer,
        responses={200: EffectSerializer, **refusals(400, 403, 404, 409)},
    ),
)
class DepartmentViewSet(ListModelMixin, RetrieveModelMixin, ApiViewSet):
    """Departments."""

    queryset: QuerySet[Any] = Department.objects.select_related("unit").order_by("unit__code", "position", *BY_CODE)
    serializer_class = DepartmentSerializer
    lookup_value_regex = NUMBER
    filter_backends = (DjangoFilterBackend,)
    filterset_class = DepartmentFilterSet

    def create(self, _request: Request) -> Response:
        """Add one."""
        offices.require_organizer(self.actor)
        values, decision, dry_run = _split(self.given(NewDepartmentSerializer))
        _refuse_trying(dry_run)
        unit = values.pop("unit")
        made = offices.add_department(actor=self.actor, unit=unit, values=values, decision=decision)
        return self.shown(made, status=201)

    def partial_update(self, _request: Request, pk: str) -> Response:
        """Change one."""
        department = offices.department_for(self.actor, pk)
        values, decision, dry_run = _split(self.given(DepartmentChangeSerializer))
        if dry_run:
            effect = offices.try_department(actor=self.actor, department=department, values=values)
        else:
            effect = offices.change_department(
                actor=self.actor, department=department, values=values, decision=decision
            )
        return Response(EffectSerializer(effect).data)

    @extend_schema(
        summary="End a department that has nobody and no case that is not archived",
        request=EndOfficeSerializer,
        responses={200: DepartmentSerializer, **refusals(400, 403, 404, 409)},
    )
    @action(detail=True, methods=["post"])
    def end(self, _request: Request, pk: str) -> Response:
        """End it."""
        department = offices.department_for(self.actor, pk)
        given = self.given(EndOfficeSerializer)
        return self.shown(offices.end_department(actor=self.actor, department=department, **given))
