"""Opening a case to one person for a while, through the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from vks_plugin.access import temporary
from vks_plugin.access.api import CASE_CODE, OfCaseViewSet
from vks_plugin.access.filters import TemporaryAccessFilterSet
from vks_plugin.access.models import TemporaryAccess
from vks_plugin.access.temporary import Told
from vks_plugin.errors import BadInput
from vks_plugin.rest import (
    LARGEST_NUMBER,
    NUMBER,
    ApiViewSet,
    ComposedField,
    InputSerializer,
    PersonSerializer,
    refusals,
)

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request


class HeldPostSerializer(serializers.Serializer[Any]):
    """A post in force of whoever asked."""

    role = serializers.CharField()
    unit = serializers.CharField(source="unit.code", help_text="Code of the office.")
    department = serializers.CharField(source="department.code", default=None, allow_null=True)


class TemporaryAccessSerializer(serializers.Serializer[Told]):
    """A case opened to one person for a while, or asked for."""

    id = serializers.IntegerField(source="row.id")
    kind = serializers.CharField(source="row.kind", help_text="`emergency` (two people) or `oversight` (a department).")
    state = serializers.CharField(help_text=", ".join(f"`{each}`" for each in TemporaryAccess.State.values) + ".")
    case = serializers.CharField(source="row.case_code", help_text="Code as it was typed; there may be no such case.")
    case_name = serializers.CharField(
        source="case.name", default=None, allow_null=True, help_text="Null for who may not know of the case."
    )
    user = PersonSerializer(source="row.user")
    posts = HeldPostSerializer(many=True, help_text="Posts in force of that person.")
    reason = serializers.CharField(source="row.reason")
    hours = serializers.IntegerField(source="row.hours", help_text="For how long, counted from the approval.")
    requested_at = serializers.DateTimeField(source="row.requested_at")
    approved_by = serializers.SerializerMethodField(help_text="Who let it; null: nobody has.")
    starts_at = serializers.DateTimeField(source="row.starts_at", allow_null=True)
    ends_at = serializers.DateTimeField(source="row.ends_at", allow_null=True)
    ended_at = serializers.DateTimeField(
        source="row.ended_at", allow_null=True, help_text="When it was closed before its time, declined or withdrawn."
    )
    may = serializers.SerializerMethodField(help_text="What the asker may do: of `approve`, `decline`, `end`.")

    @extend_schema_field(PersonSerializer(allow_null=True))
    def get_approved_by(self, told: Told) -> Any:
        """Return account and name."""
        return PersonSerializer(told.row.approved_by).data if told.row.approved_by is not None else None

    @extend_schema_field({"type": "array", "items": {"type": "string"}})
    def get_may(self, told: Told) -> list[str]:
        """Return the acts."""
        return [
            *(("approve", "decline") if told.may_answer else ()),
            *(("end",) if told.may_end or told.may_withdraw else ()),
        ]


class TypedCodeSerializer(InputSerializer):
    """A case that somebody asks for by the code on a paper."""

    case = serializers.CharField(help_text="Its code; whoever asks is not told whether there is such a case.")
    as_written = serializers.BooleanField(
        default=False,
        help_text="The paper in hand has the code so, though it does not look like one that is given here; without it such a "
        "code is refused.",
    )


class EmergencySerializer(TypedCodeSerializer):
    """Which case is needed, why and for how long."""

    reason = ComposedField(help_text=f"At least {temporary.SHORTEST_REASON} letters.")
    hours = serializers.IntegerField(max_value=LARGEST_NUMBER, help_text="From 1 to `VKS_EMERGENCY_HOURS`.")


class OversightSerializer(InputSerializer):
    """Why a case is to be read."""

    reason = ComposedField(help_text=f"At least {temporary.SHORTEST_REASON} letters.")


@extend_schema_view(
    list=extend_schema(
        summary="Temporary access",
        description="One's own, and for leaders everything in their offices and those below; the newest first.",
        parameters=[
            OpenApiParameter("answerable", bool, description="Only requests that wait for the asker's answer."),
            OpenApiParameter("state", str, enum=TemporaryAccess.State.values, description="How it stands now."),
            OpenApiParameter("kind", str, enum=TemporaryAccess.Kind.values, description="Why it was opened."),
            OpenApiParameter("case", str, description="Code of the case."),
            OpenApiParameter("since", str, description="Asked for from this day on, `2026-11-24`."),
            OpenApiParameter("until", str, description="Asked for up to this day, included."),
        ],
        filters=False,
    ),
    create=extend_schema(
        summary="Ask for a case in an emergency",
        description="Nothing is open before a leader of the office of the case, or of the one above, approves.",
        request=EmergencySerializer,
        responses={201: TemporaryAccessSerializer, **refusals(400, 403, 409)},
    ),
)
class TemporaryAccessViewSet(ApiViewSet):
    """Temporary access."""

    queryset: QuerySet[Any] = TemporaryAccess.objects.none()
    serializer_class = TemporaryAccessSerializer
    lookup_value_regex = NUMBER
    filter_backends = (DjangoFilterBackend,)
    filterset_class = TemporaryAccessFilterSet

    def list(self, request: Request) -> Response:
        """Answer with those the asker may know of."""
        answerable = request.query_params.get("answerable", "").lower()
        if answerable not in {"", "true", "false"}:
            raise BadInput(_("Giá trị phải là true hoặc false."), field="answerable")
        shown = temporary.answerable_by if answerable == "true" else temporary.shown_to
        chosen = self.paginate_queryset(self.filter_queryset(shown(self.actor)))
        told = temporary.told_to(self.actor, chosen or [])
        return self.get_paginated_response(self.get_serializer(told, many=True).data)

    def create(self, _request: Request) -> Response:
        """Ask."""
        given = self.given(EmergencySerializer)
        try:
            row = temporary.request_emergency(
                actor=self.actor,
                code=given["case"],
                reason=given["reason"],
                hours=given["hours"],
                as_written=given["as_written"],
            )
        except BadInput as error:
            field = "case" if error.field == "code" else error.field
            raise BadInput(error.message, field=field) from error
        return self._told(row, status=201)

    def _told(self, row: TemporaryAccess, *, status: int = 200) -> Response:
        known = temporary.shown_to(self.actor).get(pk=row.pk)
        return self.shown(temporary.told_to(self.actor, [known])[0], status=status)

    @extend_schema(
        summary="Approve a request",
        description="For leaders of the office of the case or the one above, never for whoever asked. The documents are "
        "open before the answer is given, for the hours asked for.",
        request=None,
        responses={200: TemporaryAccessSerializer, **refusals(404, 409)},
    )
    @action(detail=True, methods=["post"])
    def approve(self, _request: Request, pk: str) -> Response:
        """Approve it."""
        return self._told(temporary.approve_emergency(actor=self.actor, request_id=int(pk)))

    @extend_schema(
        summary="Decline a request",
        request=None,
        responses={200: TemporaryAccessSerializer, **refusals(404)},
    )
    @action(detail=True, methods=["post"])
    def decline(self, _request: Request, pk: str) -> Response:
        """Decline it."""
        return self._told(temporary.decline_emergency(actor=self.actor, request_id=int(pk)))

    @extend_schema(
        summary="Close a temporary access, or take back an own request",
        description="For whoever has it and for leaders. What it opened closes before the answer is given.",
        request=None,
        responses={200: TemporaryAccessSerializer, **refusals(403, 404, 409)},
    )
    @action(detail=True, methods=["post"])
    def end(self, _request: Request, pk: str) -> Response:
        """Close it."""
        return self._told(temporary.end_temporary(actor=self.actor, access_id=int(pk)))


@extend_schema(parameters=[CASE_CODE])
@extend_schema_view(
    create=extend_schema(
        summary="Open a case below with a reason",
        description="For heads of the department above in charge of the stage, who know of the case. Open for "
        "`VKS_OVERSIGHT_DAYS`; the leaders of the office see who opened it and why.",
        request=OversightSerializer,
        responses={201: TemporaryAccessSerializer, **refusals(400, 403, 404)},
    ),
)
class CaseOversightViewSet(OfCaseViewSet):
    """Opening a case by reason of a department's stages."""

    queryset: QuerySet[Any] = TemporaryAccess.objects.none()
    serializer_class = TemporaryAccessSerializer

    def create(self, _request: Request, **_kwargs: str) -> Response:
        """Open it."""
        case = self.case_view().case
        reason = self.given(OversightSerializer)["reason"]
        row = temporary.open_for_oversight(actor=self.actor, case=case, reason=reason)
        known = temporary.shown_to(self.actor).get(pk=row.pk)
        return self.shown(temporary.told_to(self.actor, [known])[0], status=201)
