"""What the rules of validation find in a case, through the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.response import Response

from vks_plugin.access.api import CASE_CODE
from vks_plugin.cases.api.record import OfRecordViewSet
from vks_plugin.cases.findings import findings, shown
from vks_plugin.cases.models import CaseFile
from vks_plugin.rest import refusals

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request


class FindingSerializer(serializers.Serializer[Any]):
    """Something to be looked at again."""

    rule = serializers.CharField(help_text="Id of the rule, `V01` to `V18`.")
    title = serializers.CharField(help_text="What the rule asks for, in words.")
    severity = serializers.CharField(help_text="`block` keeps an act from being done; `warn` does not.")
    sentence = serializers.CharField(help_text="What was found, for a person.")
    part = serializers.CharField(
        help_text="Where: `case`, a part of the record such as `accused`, or `event`, `deadline`, `folio`, `document`."
    )
    entry = serializers.IntegerField(allow_null=True, help_text="Id of the row in that part; null: no single one.")
    field = serializers.CharField(help_text="Name of the field; empty: no single one.")


@extend_schema(parameters=[CASE_CODE])
@extend_schema_view(
    list=extend_schema(
        summary="What the rules find in a case",
        description="What blocks first, then in the order of the rules; all of it, not in pages. For those who may read "
        "the case. Nothing is changed by it, and no time limit is said to be broken.",
        responses={200: FindingSerializer(many=True), **refusals(403, 404)},
    ),
)
class CaseFindingsViewSet(OfRecordViewSet):
    """Findings of a case."""

    queryset: QuerySet[Any] = CaseFile.objects.none()
    serializer_class = FindingSerializer
    # all of them are the answer
    pagination_class = None
    filter_backends: Any = ()

    def list(self, _request: Request, **_kwargs: str) -> Response:
        """Answer with all of them."""
        return Response(self.get_serializer(shown(findings(self.opened())), many=True).data)
