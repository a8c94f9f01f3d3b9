"""Alarms of the comparison of stored files through the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from vks_plugin.custody.actions.fixity import close_finding
from vks_plugin.custody.models import FixityFinding
from vks_plugin.custody.queries.fixity import alarm_for, alarms_for, case_of, readable_paths
from vks_plugin.rest import NUMBER, ApiViewSet, ComposedField, InputSerializer, PersonSerializer, refusals

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request


class AlarmSerializer(serializers.Serializer[FixityFinding]):
    """A stored file that is not as it was recorded."""

    id = serializers.IntegerField()
    case = serializers.SerializerMethodField(help_text="Code of the case; null: the file is of no case.")
    kind = serializers.CharField(help_text="Of `changed`, `missing`, `unreadable`, `extra` (of no document).")
    document = serializers.IntegerField(source="document_id", allow_null=True, help_text="Its id in the host.")
    archive = serializers.BooleanField(help_text="Whether it is the archive copy; else the original.")
    path = serializers.SerializerMethodField(help_text="Empty for who may not read the document.")
    expected = serializers.CharField(help_text="SHA-256 as recorded; empty: none was.")
    found = serializers.CharField(help_text="SHA-256 as found; empty: it could not be read.")
    found_at = serializers.DateTimeField(source="run.finished_at", allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    closed_by = PersonSerializer(allow_null=True)
    closing_reason = serializers.CharField()

    def get_case(self, row: FixityFinding) -> str | None:
        """Return the code."""
        if hasattr(row, "of_code"):
            code: str | None = row.of_code
            return code
        case = case_of(row)
        return case.code if case is not None else None

    def get_path(self, row: FixityFinding) -> str:
        """Return the path, for who may read it."""
        return row.path if row.pk in self.context["readable"] else ""


class CloseAlarmSerializer(InputSerializer):
    """Why an alarm needs nobody any more."""

    reason = ComposedField(max_length=500)


@extend_schema_view(
    list=extend_schema(
        summary="Alarms of stored files",
        description="Open ones, for leaders: of cases of the own office; of no case for leaders of the province. Others find none.",
        responses={200: AlarmSerializer},
    ),
)
class FixityAlarmViewSet(ApiViewSet):
    """Alarms of the comparison of stored files."""

    queryset: QuerySet[Any] = FixityFinding.objects.none()
    serializer_class = AlarmSerializer
    lookup_value_regex = NUMBER

    def list(self, _request: Request) -> Response:
        """Answer with a page of them."""
        return self.page(alarms_for(self.actor), lambda rows: {"readable": readable_paths(self.actor, rows)})

    @extend_schema(
        summary="Close an alarm with a reason",
        description="Mends no file: the next comparison tells of it again.",
        parameters=[OpenApiParameter("id", int, OpenApiParameter.PATH)],
        request=CloseAlarmSerializer,
        responses={200: AlarmSerializer, **refusals(400, 404, 409)},
    )
    @action(detail=True, methods=["post"])
    def close(self, _request: Request, pk: str) -> Response:
        """Close it."""
        row = alarm_for(self.actor, int(pk))
        row = close_finding(actor=self.actor, finding=row.pk, reason=self.given(CloseAlarmSerializer)["reason"])
        return self.shown(row, readable=readable_paths(self.actor, [row]))
