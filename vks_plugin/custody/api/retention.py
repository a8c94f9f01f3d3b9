"""How long cases are kept and what holds them, through the API."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from vks_plugin.access.api import CASE_CODE, OfCaseViewSet
from vks_plugin.access.policy import Level
from vks_plugin.access.queries import require
from vks_plugin.cases.models import CaseFile
from vks_plugin.custody.actions.retention import change_rule, end_hold, place_hold
from vks_plugin.custody.models import RetentionHold, RetentionRule
from vks_plugin.custody.queries.hand_overs import exhibits_still_out, settled_in_words, still_out_in_words
from vks_plugin.custody.queries.retention import Standing, finished_cases, holds_for, holds_of, standing, standings
from vks_plugin.custody.retention import AUTOMATIC, GROUNDS, OUTCOMES, TERMS
from vks_plugin.language import spoken
from vks_plugin.rest import NUMBER, ApiViewSet, ComposedField, InputSerializer, PersonSerializer, refusals

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request


def _among(rows: tuple[tuple[str, str], ...]) -> str:
    return ", ".join(f"`{value}`" for value, _label in rows) + "."


class RetentionSerializer(serializers.Serializer[Standing]):
    """How a case stands with the archive."""

    case = serializers.CharField(source="case.code")
    name = serializers.CharField(source="case.name")
    unit = serializers.CharField(source="case.unit.code")
    term = serializers.CharField(source="retention.term", help_text=f"Of {_among(TERMS)}")
    years = serializers.IntegerField(source="retention.years", allow_null=True, help_text="For `co_thoi_han`.")
    outcome = serializers.CharField(
        source="retention.outcome", help_text=f"What it came to: of {_among(OUTCOMES)} Empty: not known."
    )
    finished_on = serializers.DateField(source="retention.finished_on", allow_null=True)
    due_on = serializers.DateField(allow_null=True, help_text="The last day to hand it to the archive.")
    ends_on = serializers.DateField(
        source="retention.ends_on", allow_null=True, help_text="The last day it is kept; null: no last day is known."
    )
    basis = serializers.SerializerMethodField(help_text="Why, in words.")
    automatic_holds = serializers.ListField(
        source="automatic",
        child=serializers.CharField(),
        help_text=f"Holds that follow from the case: of {_among(AUTOMATIC)}",
    )
    holds = serializers.SerializerMethodField(help_text="Ids of the holds in force that leaders placed.")

    def get_basis(self, found: Standing) -> str:
        """Return the sentence."""
        return spoken(found.retention.basis)

    def get_holds(self, found: Standing) -> list[int]:
        """Return the ids."""
        return [each.pk for each in found.placed]


class DueCaseSerializer(RetentionSerializer):
    """A case that is to be handed to the archive or disposed of; what is told of it is found for all of a page at once."""

    exhibits_outstanding = serializers.SerializerMethodField(
        help_text="Exhibits that did not come along with the file, by quantity and seal with who has them; no obstacle."
    )
    pieces_settled = serializers.SerializerMethodField(
        help_text="Volumes and exhibits that a leader took for lost or for kept for good, each with who said so and why."
    )

    def get_exhibits_outstanding(self, found: Standing) -> list[str]:
        """Return the words."""
        told: dict[int, list[str]] = self.context["exhibits"]
        return told.get(found.case.pk, [])

    def get_pieces_settled(self, found: Standing) -> list[str]:
        """Return the words."""
        told: dict[int, list[str]] = self.context["settled"]
        return told.get(found.case.pk, [])


def exhibits_of(rows: Iterable[Standing]) -> dict[str, Any]:
    """Return what `DueCaseSerializer` is to know of cases."""
    keys = [each.case.pk for each in rows]
    return {"exhibits": still_out_in_words(exhibits_still_out(keys)), "settled": settled_in_words(keys)}


class HoldSerializer(serializers.Serializer[RetentionHold]):
    """A hold that a leader placed."""

    id = serializers.IntegerField()
    ground = serializers.CharField(help_text=f"Of {_among(GROUNDS)}")
    reason = serializers.CharField()
    placed_by = PersonSerializer()
    placed_at = serializers.DateTimeField()
    ended_by = PersonSerializer(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    end_reason = serializers.CharField()


class HoldOfCaseSerializer(HoldSerializer):
    """A hold in the list of all cases."""

    case = serializers.CharField(source="case.code")
    case_name = serializers.CharField(source="case.name")


class PlaceHoldSerializer(InputSerializer):
    """Why a case is held back."""

    ground = serializers.CharField(help_text=f"Of {_among(GROUNDS)}")
    reason = ComposedField(max_length=500)


class EndHoldSerializer(InputSerializer):
    """Why it is held back no longer."""

    reason = ComposedField(max_length=500)


class RetentionRuleSerializer(serializers.Serializer[RetentionRule]):
    """A row of the table of retention; an empty text means any."""

    id = serializers.IntegerField()
    kind = serializers.CharField()
    crime_class = serializers.CharField(help_text="`A` to `D`.")
    outcome = serializers.CharField(help_text=f"Of {_among(OUTCOMES)}")
    term = serializers.CharField(help_text=f"Of {_among(TERMS)}")
    years = serializers.IntegerField(allow_null=True)
    source = serializers.CharField(help_text="The table in force it was taken from.")  # type: ignore[assignment]  # so named in the answer


class ChangeRuleSerializer(InputSerializer):
    """How long the cases of a row are kept."""

    term = serializers.CharField(help_text=f"Of {_among(TERMS)}")
    years = serializers.IntegerField(required=False, allow_null=True, default=None)
    source = ComposedField(max_length=200, required=False, allow_blank=True, default="")  # type: ignore[assignment]  # so named in the answer
    reason = ComposedField(max_length=500)


@extend_schema(parameters=[CASE_CODE])
@extend_schema_view(
    list=extend_schema(
        summary="How long a case is kept",
        description="With the day it counts from, the rule, and what holds it. For those who may read the case.",
        responses={200: RetentionSerializer, **refusals(403, 404)},
    ),
)
class CaseRetentionViewSet(OfCaseViewSet):
    """How a case stands with the archive."""

    queryset: QuerySet[Any] = CaseFile.objects.none()
    serializer_class = RetentionSerializer
    pagination_class = None

    def list(self, _request: Request, **_kwargs: str) -> Response:
        """Answer with it."""
        case = self.case_view().case
        require(self.actor, case, Level.VIEW, doing=_("xem việc lưu trữ"))
        return self.shown(standing(case))


@extend_schema(parameters=[CASE_CODE])
@extend_schema_view(
    list=extend_schema(
        summary="Holds of a case",
        description="Those that leaders placed, the newest first, ended ones too.",
        responses={200: HoldSerializer, **refusals(403, 404)},
    ),
    create=extend_schema(
        summary="Hold a case back",
        description="For leaders of its office or the one above. It is not disposed of until the hold is ended.",
        request=PlaceHoldSerializer,
        responses={201: HoldSerializer, **refusals(400, 403, 404, 409)},
    ),
)
class CaseHoldViewSet(OfCaseViewSet):
    """Holds of a case."""

    queryset: QuerySet[Any] = RetentionHold.objects.none()
    serializer_class = HoldSerializer
    lookup_value_regex = NUMBER

    def list(self, _request: Request, **_kwargs: str) -> Response:
        """Answer with a page of them."""
        case = self.case_view().case
        require(self.actor, case, Level.VIEW, doing=_("xem việc lưu trữ"))
        return self.page(holds_of(case))

    def create(self, _request: Request, **_kwargs: str) -> Response:
        """Place one."""
        case = self.case_view().case
        return self.shown(place_hold(actor=self.actor, case=case, **self.given(PlaceHoldSerializer)), status=201)

    @extend_schema(
        summary="End a hold",
        parameters=[OpenApiParameter("id", int, OpenApiParameter.PATH)],
        request=EndHoldSerializer,
        responses={200: HoldSerializer, **refusals(400, 403, 404, 409)},
    )
    @action(detail=True, methods=["post"])
    def end(self, _request: Request, pk: str, **_kwargs: str) -> Response:
        """End it."""
        case = self.case_view().case
        reason = self.given(EndHoldSerializer)["reason"]
        return self.shown(end_hold(actor=self.actor, case=case, hold_id=int(pk), reason=reason))


@extend_schema_view(
    list=extend_schema(
        summary="Cases due for the archive",
        description="Finished and not in the archive, the longest finished first, of those the asker may know of.",
        responses={200: DueCaseSerializer},
    ),
)
class ArchiveDueViewSet(ApiViewSet):
    """Cases due for the archive."""

    queryset: QuerySet[Any] = CaseFile.objects.none()
    serializer_class = DueCaseSerializer

    def list(self, _request: Request) -> Response:
        """Answer with a page of them."""
        found: Any = standings(self.paginate_queryset(finished_cases(self.actor)) or [])
        context = dict(self.get_serializer_context()) | exhibits_of(found)
        return self.get_paginated_response(DueCaseSerializer(found, many=True, context=context).data)


@extend_schema_view(
    list=extend_schema(
        summary="What leaders hold back",
        description="In every case the asker may read; those in force first.",
        responses={200: HoldOfCaseSerializer},
    ),
)
class HoldViewSet(ApiViewSet):
    """Holds of all cases."""

    queryset: QuerySet[Any] = RetentionHold.objects.none()
    serializer_class = HoldOfCaseSerializer

    def list(self, _request: Request) -> Response:
        """Answer with a page of them."""
        return self.page(holds_for(self.actor))


@extend_schema_view(
    list=extend_schema(
        summary="How long cases are kept",
        description="All rows. They ship undetermined: no period is invented.",
        responses={200: RetentionRuleSerializer(many=True)},
    ),
    partial_update=extend_schema(
        summary="Say how long the cases of a row are kept",
        description="For archivists and the chief procurator of the province, with the table in force and a reason.",
        request=ChangeRuleSerializer,
        responses={200: RetentionRuleSerializer, **refusals(400, 403, 404, 409)},
    ),
)
class RetentionRuleViewSet(ApiViewSet):
    """The table of retention."""

    queryset: QuerySet[Any] = RetentionRule.objects.none()
    serializer_class = RetentionRuleSerializer
    lookup_value_regex = NUMBER
    # all of them are the answer
    pagination_class = None

    def list(self, _request: Request) -> Response:
        """Answer with all of them."""
        return Response(self.get_serializer(RetentionRule.objects.all(), many=True).data)

    def partial_update(self, _request: Request, pk: str) -> Response:
        """Change one."""
        given = self.given(ChangeRuleSerializer)
        return self.shown(change_rule(actor=self.actor, rule_id=int(pk), **given))
